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

/* Bytes from `at` on, where the state is x; returns the state behind them. */
static uint64_t fill_piece(uint8_t *buf, uint32_t at, uint32_t len, uint64_t x)
{
	for (uint32_t end = at + len; at < end; at += sizeof(x), buf += sizeof(x)) {
		if (!(at & 64)) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
		}
		memcpy(buf, &x, end - at < sizeof(x) ? end - at : sizeof(x));
	}
	return x;
}

/* Every other 64 bytes repeat, so that blocks shrink, but not to nothing. */
void object_fill(const struct object *object, uint8_t *buf)
{
	fill_piece(buf, 0, object->len, object->key | 1);
}

bool object_is(const struct object *object, const uint8_t *data, uint32_t len)
{
	uint8_t piece[64];
	uint64_t x = object->key | 1;

	if (object->filemark || !data)
		return object->filemark && !data;
	if (object->len != len)
		return false;
	for (uint32_t at = 0; at < len; at += sizeof(piece)) {
		uint32_t n = len - at < sizeof(piece) ? len - at : (uint32_t)sizeof(piece);

		x = fill_piece(piece, at, sizeof(piece), x);
		if (memcmp(piece, data + at, n))
			return false;
	}
	return true;
}

/* In which generation an object is, when the first `bursts` bursts are there. */
static uint32_t generation_at(const struct tape_record *record, uint32_t bursts, uint64_t number)
{
	uint32_t i = record->runs;

	while (bursts > 0 && record->burst[bursts - 1].from > number)
		bursts--;
	if (bursts)
		return record->burst[bursts - 1].generation;
	while (i > 1 && record->run[i - 1].from > number)
		i--;
	return record->run[i - 1].generation;
}

/* Behind the last object that the first `bursts` bursts may have left. */
static uint64_t end_of(const struct tape_record *record, uint32_t bursts)
{
	return bursts ? record->burst[bursts - 1].sent : record->end;
}

/* The first `bursts` bursts, of which the last one ended before object `end`, are durable. */
static void fold(struct tape_record *record, uint32_t bursts, uint64_t end)
{
	for (uint32_t i = 0; i < bursts; i++) {
		const struct record_burst *burst = &record->burst[i];

		while (record->runs && record->run[record->runs - 1].from >= burst->from)
			record->runs--;
		if (record->runs && record->run[record->runs - 1].generation == burst->generation)
			continue;
		if (burst->sent > burst->from)
			record->run[record->runs++] = (struct record_run){ burst->from, burst->generation };
	}
	record->end = end;
	record->bursts = 0;
}

bool record_has_room(const struct tape_record *record, uint64_t from)
{
	return record->bursts < RECORD_BURSTS && (from == 0 || record->runs + record->bursts < RECORD_RUNS);
}

/* The last burst wrote nothing and took nothing away. */
static bool is_idle(const struct tape_record *record)
{
	const struct record_burst *last = record->bursts ? &record->burst[record->bursts - 1] : NULL;

	return last && last->sent == last->from && last->from == end_of(record, record->bursts - 1);
}

bool record_is_durable(const struct tape_record *record)
{
	return !record->bursts || (record->bursts == 1 && is_idle(record));
}

void record_begin(struct tape_record *record, uint64_t from, uint32_t generation)
{
	if (is_idle(record))
		record->bursts--;
	record->burst[record->bursts++] = (struct record_burst){ from, from, generation };
}

uint64_t record_sent(struct tape_record *record)
{
	return record->burst[record->bursts - 1].sent++;
}

void record_refused(struct tape_record *record)
{
	struct record_burst *last = &record->burst[record->bursts - 1];

	if (--last->sent == last->from)
		record->bursts--;
}

/* What is written on in the same generation is a burst of its own, so that there always is one to write in. */
void record_durable(struct tape_record *record)
{
	struct record_burst last;

	if (!record->bursts)
		return;
	last = record->burst[record->bursts - 1];
	fold(record, record->bursts, last.sent);
	record_begin(record, last.sent, last.generation);
}

uint64_t record_end(const struct tape_record *record)
{
	return end_of(record, record->bursts);
}

struct object record_object(const struct tape_record *record, uint64_t seed, uint64_t number)
{
	return object_of(seed, generation_at(record, record->bursts, number), number);
}

void reading_begin(struct reading *r, struct tape_record *record, uint64_t seed)
{
	r->record = record;
	r->seed = seed;
	r->number = 0;
	r->candidates = (2u << record->bursts) - 1;
	r->fault[0] = '\0';
}

bool reading_object(struct reading *r, const uint8_t *data, uint32_t len)
{
	const struct tape_record *record = r->record;
	uint32_t generation = 0, left = 0;
	bool known = false, equal = false;

	for (uint32_t n = 0; n <= record->bursts; n++) {
		uint32_t here;

		if (!(r->candidates & 1u << n) || r->number >= end_of(record, n))
			continue;
		here = generation_at(record, n, r->number);
		if (!known || here != generation) {
			struct object object = object_of(r->seed, here, r->number);

			equal = object_is(&object, data, len);
			generation = here;
			known = true;
		}
		left |= equal ? 1u << n : 0;
	}
	r->candidates = left;
	if (!left) {
		snprintf(r->fault, sizeof(r->fault), "object %" PRIu64 " is %s%" PRIu32 ", which nobody wrote there",
			 r->number, data ? "a block of length " : "a filemark ", len);
		return false;
	}
	r->number++;
	return true;
}

/* Of the bursts that may have ended here the last one counts: it says most of what was overwritten. */
bool reading_end(struct reading *r)
{
	struct tape_record *record = r->record;

	for (uint32_t n = record->bursts + 1; n-- > 0;) {
		uint64_t least = n ? record->burst[n - 1].from : record->end;

		if (!(r->candidates & 1u << n) || r->number < least || r->number > end_of(record, n))
			continue;
		if (n)
			record->burst[n - 1].sent = r->number;
		fold(record, n, r->number);
		return true;
	}
	snprintf(r->fault, sizeof(r->fault), "the data ends at object %" PRIu64 ", but %" PRIu64
		 " were acknowledged as durable", r->number, record->end);
	return false;
}
