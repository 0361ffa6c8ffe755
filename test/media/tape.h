/* SPDX-License-Identifier: GPL-2.0-only */
/* A cartridge under test: requests in one call each, jobs run when the test wants them to. */
#ifndef TEST_TAPE_H
#define TEST_TAPE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "media.h"

/* An executor that keeps jobs until they are run. */
struct held_exec {
	struct media_exec base;
	struct media_job *first;
};

struct tape {
	struct media_store *store;	/* the test's */
	struct media *media;
	struct held_exec held;
	bool hold;			/* use `held` instead of the inline executor */
	unsigned jobs;			/* how many of those it held have run */
	size_t ring_bytes;
	struct media_memory *memory;
	struct media_writers *writers;
	uint64_t segment_bytes;
};

/* What the tests' cartridges are, unless they want it otherwise: one partition of 1 GiB. */
struct media_info tape_info(void);

/* Creates it in an empty store, and opens it. */
void tape_create(struct tape *tape, struct media_store *store, const struct media_info *info);
enum media_err tape_open(struct tape *tape);
void tape_close(struct tape *tape);
/* Closes and opens it again. */
void tape_reopen(struct tape *tape);

/* Carries a request out to its end, running jobs as needed. */
enum media_err tape_do(struct tape *tape, struct media_req *req);
/* Runs the oldest job that waits. False: none does. */
bool tape_run_job(struct tape *tape);

/* Block number `seed`: the same bytes every time; about half of it compresses. */
void tape_fill(uint8_t *buf, uint32_t len, uint64_t seed);

enum media_err tape_write(struct tape *tape, uint32_t len, uint64_t seed);
enum media_err tape_marks(struct tape *tape, int64_t count, bool immediate);
enum media_err tape_sync(struct tape *tape);
enum media_err tape_erase(struct tape *tape);
/* `count` is what is left, for SPACE, the residual. */
enum media_err tape_space(struct tape *tape, enum media_op op, int64_t count, uint64_t *residual);
enum media_err tape_locate(struct tape *tape, enum media_op op, unsigned partition, int64_t count);
/* Reads whatever is there, up to 16 MiB; *len is its whole length. */
enum media_err tape_read(struct tape *tape, uint8_t *buf, uint32_t room, uint32_t *len);

/* Fails unless the next object is this block. */
void expect_block(struct tape *tape, uint32_t len, uint64_t seed);
/* Fails unless a read says so. */
void expect_read(struct tape *tape, enum media_err err);
/* Fails unless the position is there. */
void expect_at(struct tape *tape, uint64_t object, uint64_t filemarks);

/* Verifies the cartridge, which must be closed: the number of findings. */
unsigned tape_verify(struct media_store *store, bool print);

/* A random number from a state that is not 0. */
uint64_t tape_draw(uint64_t *state);

/* The only log of partition 0, or the nth in order: its name. */
void tape_file(struct media_store *store, const char *suffix, unsigned nth, char name[32]);

#endif
