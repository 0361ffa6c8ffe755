/* SPDX-License-Identifier: GPL-2.0-only */
/* What a cartridge has to hold after its daemon was killed: objects follow from seed, generation and number. */
#ifndef TEST_TAPE_RECORD_H
#define TEST_TAPE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#define RECORD_MAX_BLOCK	(128u << 10)
#define RECORD_RUNS		512

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
 * One cartridge. What was read back last is certain: objects 0 to `end`, in runs, each from an object on in one
 * generation. Upon that, `generation` was written from object `from` on; nothing is behind what was written last.
 */
struct tape_record {
	uint64_t end;
	uint32_t runs;
	struct {
		uint64_t from;
		uint32_t generation;
	} run[RECORD_RUNS];

	bool writing;			/* the fields below mean something */
	uint32_t generation;
	uint64_t from;
	uint64_t durable;		/* objects below are acknowledged as durable; 0: nothing was yet */
	uint64_t sent;			/* objects below may be there */
};

/* Reading back: begin, then object for each thing found, then end; a false answer ends it. Large: not for the stack. */
struct reading {
	struct tape_record *record;
	uint64_t seed;
	uint64_t number;		/* of the next object */
	bool may_be_old, may_be_new;	/* what lies from record->from on */
	uint8_t expected[RECORD_MAX_BLOCK];
	char fault[256];		/* why an answer was false */
};
void reading_begin(struct reading *reading, struct tape_record *record, uint64_t seed);
/* A block of `len` bytes, or (NULL) a filemark. */
bool reading_object(struct reading *reading, const uint8_t *data, uint32_t len);
/* End of data: whether everything is there that has to be. If so, it is certain from now on. */
bool reading_end(struct reading *reading);

/* From now on, `generation` is written from object `from` on, which is not beyond the end. */
void record_begin(struct tape_record *record, uint64_t from, uint32_t generation);

#endif
