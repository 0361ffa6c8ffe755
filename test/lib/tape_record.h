/* SPDX-License-Identifier: GPL-2.0-only */
/* What a cartridge has to hold after its daemon was killed: objects follow from seed, generation and number. */
#ifndef TEST_TAPE_RECORD_H
#define TEST_TAPE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#define RECORD_MAX_BLOCK	(128u << 10)
#define RECORD_RUNS		512
#define RECORD_BURSTS		8

/* A logical object: a filemark, or a block of bytes. */
struct object {
	bool filemark;
	bool synchronous;		/* a filemark that is waited for, or a flush after a block */
	uint32_t len;
	uint64_t key;			/* for object_fill() */
};
struct object object_of(uint64_t seed, uint32_t generation, uint64_t number);
void object_fill(const struct object *object, uint8_t *buf);

/*
 * One partition of a cartridge. Objects 0 to `end` are durable, in runs, each from an object on in one generation.
 * Upon that came bursts: each overwrote from one object on in a generation of its own, and nothing is behind what it
 * wrote. While the daemon lives all of it is there. After a crash the runs are, or the bursts up to any object of any.
 */
struct tape_record {
	uint64_t end;
	uint32_t runs, bursts;
	struct record_run {
		uint64_t from;
		uint32_t generation;
	} run[RECORD_RUNS];
	struct record_burst {
		uint64_t from, sent;	/* objects below `sent` may be there */
		uint32_t generation;
	} burst[RECORD_BURSTS];
};

/* Whether another burst can begin there. If not, the bursts have to become durable, or the tape begins anew at 0. */
bool record_has_room(const struct tape_record *record, uint64_t from);
/* From now on, `generation` is written from object `from` on, which is not beyond the end. */
void record_begin(struct tape_record *record, uint64_t from, uint32_t generation);
/* The number of the next object, and that one more may be there. */
uint64_t record_sent(struct tape_record *record);
/* It was refused after all; if it was the first one of its burst, nothing was cut off either. */
void record_refused(struct tape_record *record);
/* All that was sent is durable; whether it is so already. */
void record_durable(struct tape_record *record);
bool record_is_durable(const struct tape_record *record);
/* What a living daemon has: the number of objects, and each of them. */
uint64_t record_end(const struct tape_record *record);
struct object record_object(const struct tape_record *record, uint64_t seed, uint64_t number);

/* Whether a block of `len` bytes, or (data NULL) a filemark, is this object. */
bool object_is(const struct object *object, const uint8_t *data, uint32_t len);

/* Reading back after a crash: begin, then object for each thing found, then end; a false answer ends it. */
struct reading {
	struct tape_record *record;
	uint64_t seed;
	uint64_t number;		/* of the next object */
	uint32_t candidates; /* bit n: so far it may be the tape with the first n bursts, the last cut short */
	char fault[256];		/* why an answer was false */
};
void reading_begin(struct reading *reading, struct tape_record *record, uint64_t seed);
/* A block of `len` bytes, or (NULL) a filemark. */
bool reading_object(struct reading *reading, const uint8_t *data, uint32_t len);
/* End of data: whether everything is there that has to be. If so, it is durable from now on. */
bool reading_end(struct reading *reading);

#endif
