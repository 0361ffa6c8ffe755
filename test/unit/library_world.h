/* SPDX-License-Identifier: GPL-2.0-only */
/* Libraries under test: in a directory of their own, with the shipped models. */
#ifndef TEST_LIBRARY_WORLD_H
#define TEST_LIBRARY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "parts.h"

struct lib_world {
	struct vtl_models *models;
	char root[64];			/* VTL_LIBRARY_ROOT */
	bool mounted;			/* a file system of its own is there: lib_end() takes it away */
};

/* cmocka's setup and teardown. */
int lib_begin(void **state);
int lib_end(void **state);
#define LIB_TEST(f)	cmocka_unit_test_setup_teardown(f, lib_begin, lib_end)

/* An L700 with two LTO-8 drives, 24 slots and 4 for import and export; made; opened. They fail the test. */
struct library_plan lib_plan(const char *name);
void lib_create(struct lib_world *f, const char *name);
struct library *lib_open(struct lib_world *f, const char *name, enum library_mode mode);
/* How many entries a directory has. */
unsigned lib_entries(const char *dir);
/* A cartridge of 64 MiB, in a place or (NULL) where there is room. */
enum library_err lib_add(struct lib_world *f, struct library *l, const char *medium, enum media_kind kind,
			 const char *barcode, const char *place, struct why *why);
/* What a move calls when it is done: sets its owner to itself. */
void lib_moved(struct library_move *move);
/* A move that ends at once; `why` may be NULL. */
enum library_err lib_move(struct library *l, const char *from, const char *to, struct why *why);
/* What is in a place; "": nothing. */
const char *lib_in(const struct library *l, const char *place);

#endif
