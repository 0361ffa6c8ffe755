/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps what a cartridge has to hold, and judges what is read back. */
#include "tape_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* One object in 16 is a filemark, half of them waited for; after one block in 32 comes a flush. */
struct object object_of(uint64_t seed, uint32_t generation, uint64_t number)
{
	uint64_t key = mix(mix(seed ^ (uint64_t)generation << 32) + number);
	struct object object = { .filemark = (key & 15) == 0, .key = key };

	object.synchronous = object.filemark ? key & 16 : (key & 31) == 1;
	if (!object.filemark)
		object.len = 1 + (uint32_t)(key >> 32) % RECORD_MAX_BLOCK;
	return object;
}

/* Every other 64 bytes repeat, so that blocks shrink, but not to nothing. */
void object_fill(const struct object *object, uint8_t *buf)
{
	uint64_t x = object->key | 1;

	for (uint32_t at = 0; at < object->len; at += sizeof(x)) {
		uint32_t n = object->len - at < sizeof(x) ? object->len - at : sizeof(x);

		if (!(at & 64)) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
		}
		memcpy(buf + at, &x, n);
	}
}

static uint32_t generation_at(const struct tape_record *record, uint64_t number)
{
	uint32_t i = record->runs;

	while (i > 1 && record->run[i - 1].from > number)
		i--;
	return record->run[i - 1].generation;
}

static bool matches(struct reading *r, uint32_t generation, const uint8_t *data, uint32_t len)
{
	struct object object = object_of(r->seed, generation, r->number);

	if (object.filemark || !data)
		return object.filemark && !data;
	if (object.len != len)
		return false;
	object_fill(&object, r->expected);
	return !memcmp(r->expected, data, len);
}

void reading_begin(struct reading *r, struct tape_record *record, uint64_t seed)
{
	r->record = record;
	r->seed = seed;
	r->number = 0;
	r->may_be_old = !record->writing || record->durable == 0;
	r->may_be_new = record->writing;
	r->fault[0] = '\0';
}

bool reading_object(struct reading *r, const uint8_t *data, uint32_t len)
{
	const struct tape_record *record = r->record;
	bool certain = !record->writing || r->number < record->from;
	bool old = r->number < record->end && matches(r, generation_at(record, r->number), data, len);

	if (!certain) {
		r->may_be_old = r->may_be_old && old;
		r->may_be_new = r->may_be_new && r->number < record->sent &&
				matches(r, record->generation, data, len);
	}
	if (certain ? !old : !r->may_be_old && !r->may_be_new) {
		snprintf(r->fault, sizeof(r->fault), "object %" PRIu64 " is %s%" PRIu32 ", which nobody wrote there",
			 r->number, data ? "a block of length " : "a filemark ", len);
		return false;
	}
	r->number++;
	return true;
}

bool reading_end(struct reading *r)
{
	struct tape_record *record = r->record;
	uint64_t least = record->end;

	if (record->writing)
		least = record->durable ? record->durable : record->from;
	if (r->number < least) {
		snprintf(r->fault, sizeof(r->fault), "the data ends at object %" PRIu64 ", but %" PRIu64
			 " were acknowledged as durable", r->number, least);
		return false;
	}
	if (record->writing && r->may_be_new) {
		while (record->runs && record->run[record->runs - 1].from >= record->from)
			record->runs--;
		record->run[record->runs].from = record->from;
		record->run[record->runs++].generation = record->generation;
	}
	record->end = r->number;
	record->writing = false;
	return true;
}

void record_begin(struct tape_record *record, uint64_t from, uint32_t generation)
{
	record->writing = true;
	record->from = record->sent = from;
	record->generation = generation;
	record->durable = 0;
}
