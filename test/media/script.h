/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a script of tape operations and keeps, beside, what the tape must then hold. */
#ifndef TEST_SCRIPT_H
#define TEST_SCRIPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "media.h"

#define MODEL_BLOCK	(320u << 10)	/* largest length of a block */
#define MODEL_OBJECTS	96
#define MODEL_ATTRS	4	/* identifiers 1 to MODEL_ATTRS of partition 0 */
#define MODEL_SETMARK	UINT32_MAX
#define SCRIPT_MAX	64	/* steps */

enum step_op {
	END,
	WRITE,			/* a: length in bytes, of data that nobody else wrote */
	MARKS,			/* a: how many, synchronously */
	MARKS_IMMEDIATE,
	SETMARKS,		/* as MARKS */
	SYNC,
	LOCATE,			/* object a of partition b */
	SPACE_END,
	ERASE,
	FORMAT,			/* into a partitions */
	ATTR,			/* attribute a gets length b */
	ATTR_DELETE,
	PROTECT,		/* a: write-protected or not */
	CODEC,			/* a */
	KEY,			/* a: blocks are encrypted from now on, or not */
	REOPEN,
	KILL,			/* not closed, and opened again; the store is a fault store */
	FAIL,			/* the next call of the fault store's operation a fails, with EIO */
};

struct step {
	enum step_op op;
	uint32_t a, b;
};

struct model_object {
	uint32_t seed, len;	/* len 0: a filemark; or, with seed MODEL_SETMARK, a setmark */
};

struct model_tape {
	unsigned formatting, partitions, current;
	uint64_t object;
	bool write_protected;
	struct {
		unsigned count;
		struct model_object object[MODEL_OBJECTS];
	} part[MEDIA_MAX_PARTITIONS];
	struct {
		uint32_t seed, len;
		bool set;
	} attr[MODEL_ATTRS + 1];
};

/* What one step changed. `before` and `after` count the changes of the store, if it is a recording one. */
struct mark {
	size_t before, after;
	struct model_tape model;	/* after the step */
	bool durable;			/* everything of the model is, once the step is done */
};

struct script {
	struct media_store *store;
	struct media *media;
	uint32_t seed;
	unsigned marks;
	struct mark mark[SCRIPT_MAX + 2];
	enum media_err failed;		/* the first failure, which ends the script */
};

/* A cartridge of `partitions` for scripts, made in an empty store; a WORM one. */
void script_create(struct media_store *store, unsigned partitions);
void script_create_worm(struct media_store *store, unsigned partitions);

/* Opens it for scripts, without compression; what is encrypted is decrypted. */
enum media_err script_open(struct media_store *store, struct media **media, struct why *why);

/*
 * Opens the cartridge in `store`, as script_create() made it, does the steps, and closes it. mark[0] is the state
 * found, then there is one more for every step, and the last one is of closing. `recorded` (may be NULL)
 * tells how many changes the store has recorded.
 */
void script_run(struct script *script, struct media_store *store, unsigned partitions, const struct step *steps,
		size_t (*recorded)(const struct media_store *store));

/* Does one request that must complete at once; its outcome. */
enum media_err script_do(struct media *media, struct media_req *req);

/* The block or attribute of a seed. */
void script_data(uint8_t *buf, uint32_t seed, uint32_t len);

/*
 * Reads the whole tape: what it holds, in terms of the data of seeds 1 to `seeds`. False, with the reason, when
 * something cannot be read or is the data of none.
 */
bool script_read(struct media *media, uint32_t seeds, struct model_tape *found, struct why *why);

#endif
