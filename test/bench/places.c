/* SPDX-License-Identifier: GPL-2.0-only */
/* Times commands that position, and those of a changer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "unit.h"

#define FILL_BLOCK	64u		/* bytes */
#define FILL_AT_ONCE	2048u		/* blocks in a command */
#define MARKS_AT_ONCE	10000u

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static uint64_t draw(uint64_t *state, uint64_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state % below;
}

/* Sorts what was measured. */
static void tell(const char *name, double *t, unsigned count, const char *end)
{
	qsort(t, count, sizeof(*t), compare);
	printf("\"%s\": {\"median\": %.1f, \"max\": %.0f}%s", name, t[count / 2], t[count - 1], end);
}

/* LOCATE(16) to an object or (dest type 1) a filemark (SSC-5 7.3). */
static double locate(struct unit *unit, uint64_t to, bool filemark)
{
	uint8_t cdb[16] = { 0x92, filemark ? 0x08 : 0 };

	put_be64(cdb + 4, to);
	return unit_time(unit, cdb, 16);
}

/* SPACE(16) (SSC-5 7.19). */
static double space(struct unit *unit, unsigned code, int64_t count)
{
	uint8_t cdb[16] = { 0x91, (uint8_t)code };

	put_be64(cdb + 4, (uint64_t)count);
	return unit_time(unit, cdb, 16);
}

/* Over filemarks where there are many, else over blocks; from somewhere forward to somewhere. */
static double space_somewhere(struct unit *unit, uint64_t objects, uint64_t filemarks, uint64_t *state)
{
	uint64_t most = filemarks > objects / 2 ? filemarks : objects - filemarks;
	uint64_t from = draw(state, most), to = draw(state, most);

	locate(unit, from, filemarks > objects / 2);
	return space(unit, filemarks > objects / 2, (int64_t)(to - from));
}

int bench_places(struct unit *unit, uint64_t objects, uint64_t filemarks, unsigned count)
{
	static const uint8_t load[6] = { 0x1b, 0, 0, 0, 1 }, tur[6], rewind_tape[6] = { 0x01 };
	double *t = calloc(count, sizeof(*t)), loaded, first;
	uint64_t state = 88172645463325252u;

	if (!t || !count || !objects)
		unit_die(unit, "nothing to measure");
	loaded = unit_now();
	unit_must(unit, "LOAD", load, 6);
	unit_wait_ready(unit);
	loaded = unit_now() - loaded;
	first = locate(unit, objects / 3, false);
	printf("{\"load_us\": %.0f, \"first_locate_us\": %.0f, ", loaded * 1e6, first);
	for (unsigned i = 0; i < count; i++)
		t[i] = unit_time(unit, tur, 6);
	tell("tur", t, count, ", ");
	for (unsigned i = 0; i < count; i++)
		t[i] = locate(unit, draw(&state, objects), false);
	tell("locate", t, count, ", ");
	for (unsigned i = 0; i < count && filemarks; i++)
		t[i] = locate(unit, draw(&state, filemarks), true);
	if (filemarks)
		tell("locate_filemark", t, count, ", ");
	for (unsigned i = 0; i < count; i++)
		t[i] = space_somewhere(unit, objects, filemarks, &state);
	tell("space", t, count, ", ");
	for (unsigned i = 0; i < count; i++) {
		unit_must(unit, "REWIND", rewind_tape, 6);
		t[i] = space(unit, 3, 0);
	}
	tell("space_eod", t, count, "}\n");
	free(t);
	return 0;
}

/* MODE SELECT(6) of a block descriptor alone: blocks of a fixed length, or (0) of any (SSC-5 8.5). */
static void set_block_length(struct unit *unit, uint32_t length)
{
	static const uint8_t select[6] = { 0x15, 0x10, 0, 0, 12 };
	uint8_t list[12] = { 0, 0, 0x10, 8 };

	put_be24(list + 9, length);
	if (unit_command_out(unit, select, 6, list, sizeof(list)) != SCSI_STATUS_GOOD)
		unit_die(unit, "MODE SELECT");
}

int bench_fill(struct unit *unit, uint64_t blocks, uint64_t filemarks)
{
	static const uint8_t rewind_tape[6] = { 0x01 };
	static uint8_t data[FILL_BLOCK * FILL_AT_ONCE];

	unit_must(unit, "REWIND", rewind_tape, 6);
	set_block_length(unit, FILL_BLOCK);
	for (uint64_t n = 0; n < blocks; n += FILL_AT_ONCE) {
		uint32_t now = blocks - n < FILL_AT_ONCE ? (uint32_t)(blocks - n) : FILL_AT_ONCE;
		uint8_t cdb[6] = { 0x0a, 1 };

		put_be24(cdb + 2, now);
		if (unit_command_out(unit, cdb, 6, data, now * FILL_BLOCK) != SCSI_STATUS_GOOD)
			unit_die(unit, "WRITE");
	}
	for (uint64_t n = 0; n < filemarks; n += MARKS_AT_ONCE) {
		uint8_t cdb[6] = { 0x10, 1 };

		put_be24(cdb + 2, filemarks - n < MARKS_AT_ONCE ? (uint32_t)(filemarks - n) : MARKS_AT_ONCE);
		unit_must(unit, "WRITE FILEMARKS", cdb, 6);
	}
	unit_must(unit, "WRITE FILEMARKS", (const uint8_t[6]){ 0x10 }, 6);
	set_block_length(unit, 0);
	puts("{}");
	return 0;
}

/* ---- the changer ---- */

/* Addresses of the first storage element that is full, and of one that is empty. */
static void find_elements(struct unit *unit, uint8_t *buf, unsigned len, uint16_t *full, uint16_t *empty)
{
	for (unsigned at = 8; at + 8 <= len;) {
		unsigned one = get_be16(buf + at + 2), end = at + 8 + get_be24(buf + at + 5);
		bool storage = buf[at] == 2;

		for (at += 8; at < end && at + one <= len; at += one) {
			if (storage && buf[at + 2] & 1 && !*full)
				*full = get_be16(buf + at);
			else if (storage && !(buf[at + 2] & 1) && !*empty)
				*empty = get_be16(buf + at);
		}
	}
	if (!*full || !*empty)
		unit_die(unit, "no element to move from or to");
}

int bench_changer(struct unit *unit, unsigned count)
{
	static const uint8_t status[12] = { 0xb8, 0x10, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff };
	static uint8_t buf[65535];
	double *t = calloc(count, sizeof(*t)), begin;
	uint16_t from = 0, to = 0;
	unsigned len = 0;

	if (!t || !count)
		unit_die(unit, "nothing to measure");
	for (unsigned i = 0; i < count; i++) {
		begin = unit_now();
		len = unit_in(unit, "READ ELEMENT STATUS", status, 12, buf, sizeof(buf));
		t[i] = (unit_now() - begin) * 1e6;
	}
	find_elements(unit, buf, len, &from, &to);
	printf("{\"elements\": %u, ", get_be16(buf + 2));
	tell("element_status", t, count, ", ");
	for (unsigned i = 0; i < count; i++) {
		uint8_t move[12] = { 0xa5 };

		put_be16(move + 4, i % 2 ? to : from);
		put_be16(move + 6, i % 2 ? from : to);
		t[i] = unit_time(unit, move, 12);
	}
	tell("move", t, count, "}\n");
	free(t);
	return 0;
}
