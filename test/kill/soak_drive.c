/* SPDX-License-Identifier: GPL-2.0-only */
/* The soak's drive commands that have nothing to do with the model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "be.h"
#include "soak.h"
#include "tape.h"

#define LONGEST_LOAD_S	300
#define LABEL		0x0803	/* user medium text label (SPC-5 7.4.2.4) */
#define LABEL_LEN	160

/* With a key, so that blocks in the clear and others are read alike. */
static bool set_key(struct worker *w, unsigned drive, bool encrypt)
{
	enum { LOCAL = 1 << 5, ENCRYPT = 2, MIXED = 3, PAGE = 52 };
	uint8_t page[PAGE] = { 0x00, 0x10, 0x00, PAGE - 4, LOCAL, 0x40, encrypt ? ENCRYPT : 0, MIXED, 1, [19] = 32 };
	struct initiator_command c = { .cdb = { 0xb5, 0x20, 0, 0x10, [9] = PAGE }, .cdb_len = 12,
				       .direction = INITIATOR_OUT, .data = page, .len = PAGE };

	memcpy(page + 20, "one key for all that is encrypte", 32);
	return soak_do(w, w->drive[drive], &c, "set data encryption");
}

bool drive_set_up(struct worker *w, unsigned drive)
{
	return set_key(w, drive, false);
}

/* What MODE SENSE says of a page goes back with the page as `change` makes it. */
static bool set_page(struct worker *w, unsigned drive, uint8_t page, void (*change)(uint8_t *page, uint32_t generation),
		     uint32_t generation)
{
	uint8_t list[128];
	struct initiator_command sense = { .cdb = { 0x1a, 0x08, page, 0, sizeof(list) }, .cdb_len = 6,
					   .direction = INITIATOR_IN, .data = list, .len = sizeof(list) };
	struct initiator_command select = { .cdb = { 0x15, 0x10 }, .cdb_len = 6,
					    .direction = INITIATOR_OUT, .data = list };

	if (!soak_do(w, w->drive[drive], &sense, "mode sense"))
		return false;
	select.len = sense.actual;
	select.cdb[4] = (uint8_t)sense.actual;
	list[0] = list[1] = 0;
	list[4] &= 0x3f;
	change(list + 4, generation);
	return soak_do(w, w->drive[drive], &select, "mode select");
}

static void change_compression(uint8_t *page, uint32_t generation)
{
	page[2] = (uint8_t)((page[2] & 0x7f) | (generation & 2 ? 0x80 : 0));
}

bool drive_set_writing(struct worker *w, unsigned drive, uint32_t generation)
{
	return set_page(w, drive, 0x0f, change_compression, generation) && set_key(w, drive, generation & 1);
}

bool drive_wait_ready(struct worker *w, unsigned drive)
{
	time_t begin = time(NULL);

	while (time(NULL) < begin + LONGEST_LOAD_S) {
		static const struct timespec pause = { 0, 1000000 };
		struct initiator_command cmd = { .cdb_len = 6 };

		if (!soak_send(w, w->drive[drive], &cmd))
			return false;
		if (cmd.status == SCSI_GOOD)
			return true;
		if (cmd.sense.key != KEY_NOT_READY || cmd.sense.asc != 0x04)
			soak_fail("drive %u is not ready: %x/%02x/%02x", drive, cmd.sense.key, cmd.sense.asc,
				  cmd.sense.ascq);
		nanosleep(&pause, NULL);
	}
	soak_fail("drive %u is not ready after %u seconds", drive, LONGEST_LOAD_S);
}

bool drive_locate(struct worker *w, unsigned drive, unsigned partition, uint64_t object)
{
	struct initiator_command c = { .cdb = { 0x92, 0x02, 0, (uint8_t)partition }, .cdb_len = 16 };

	put_be64(c.cdb + 4, object);
	if (!soak_do(w, w->drive[drive], &c, "locate"))
		return false;
	w->soak->drive[drive].partition = partition;
	w->soak->drive[drive].object = object;
	return true;
}

bool drive_expect_position(struct worker *w, unsigned drive)
{
	const struct drive *d = &w->soak->drive[drive];
	const struct cartridge *c = changer_cartridge(w->soak, d);
	const struct tape_record *tape = &c->tape[d->partition];
	uint8_t data[32];
	struct initiator_command ask = { .cdb = { 0x34, 0x06 }, .cdb_len = 10, .direction = INITIATOR_IN,
					 .data = data, .len = sizeof(data) };
	uint64_t filemarks = 0;

	if (!soak_do(w, w->drive[drive], &ask, "read position"))
		return false;
	for (uint64_t n = 0; n < d->object; n++)
		filemarks += record_object(tape, w->soak->state.seed, n).filemark;
	if (get_be32(data + 4) != d->partition || get_be64(data + 8) != d->object || get_be64(data + 16) != filemarks)
		soak_fail("%s: the drive is in partition %u before object %llu and filemark %llu, not %u, %llu, %llu",
			  c->tag, get_be32(data + 4), (unsigned long long)get_be64(data + 8),
			  (unsigned long long)get_be64(data + 16), d->partition, (unsigned long long)d->object,
			  (unsigned long long)filemarks);
	return true;
}

/* SDP: partitions of equal size; POFM: by the FORMAT MEDIUM that follows (SSC-5 8.5.4). */
static void change_partitions(uint8_t *page, uint32_t partitions)
{
	page[3] = (uint8_t)(partitions - 1);
	page[4] = 0x40 | 0x18 | 0x04;
	page[6] = 9;
}

bool drive_format(struct worker *w, unsigned drive, unsigned partitions)
{
	struct initiator_command format = { .cdb = { 0x04, 0, 1 }, .cdb_len = 6 };

	return drive_locate(w, drive, 0, 0) && set_page(w, drive, 0x11, change_partitions, partitions) &&
	       soak_do(w, w->drive[drive], &format, "format medium");
}

bool drive_write_label(struct worker *w, unsigned drive, uint32_t label)
{
	uint8_t list[9 + LABEL_LEN] = { 0, 0, 0, 5 + LABEL_LEN, LABEL >> 8, LABEL & 0xff, 2, 0, LABEL_LEN };
	struct initiator_command c = { .cdb = { 0x8d, 0x01, [13] = sizeof(list) }, .cdb_len = 16,
				       .direction = INITIATOR_OUT, .data = list, .len = sizeof(list) };

	snprintf((char *)list + 9, LABEL_LEN, "label %u", label);
	return soak_do(w, w->drive[drive], &c, "write attribute");
}

bool drive_read_label(struct worker *w, unsigned drive, uint32_t *label)
{
	uint8_t list[9 + LABEL_LEN + 1] = { 0 };
	struct initiator_command c = {
		.cdb = { 0x8c, [8] = LABEL >> 8, [9] = LABEL & 0xff, [13] = sizeof(list) - 1 },
		.cdb_len = 16, .direction = INITIATOR_IN, .data = list, .len = sizeof(list) - 1,
	};

	*label = 0;
	if (!soak_send(w, w->drive[drive], &c))
		return false;
	if (c.status == SCSI_GOOD && (c.actual != 9 + LABEL_LEN || sscanf((char *)list + 9, "label %u", label) != 1))
		soak_fail("the label is \"%.*s\"", LABEL_LEN, list + 9);
	if (c.status != SCSI_GOOD && (c.sense.key != KEY_ILLEGAL || c.sense.asc != 0x24))
		soak_fail("read attribute: %x/%02x/%02x", c.sense.key, c.sense.asc, c.sense.ascq);
	return true;
}

bool drive_ask(struct worker *w, unsigned drive)
{
	static const struct {
		uint8_t cdb[12];
		unsigned cdb_len;
		bool medium;		/* may fail without one */
	} row[] = {
		{ { 0x12, 0, 0, 0, 0xff }, 6 },			/* INQUIRY */
		{ { 0x03, 0, 0, 0, 0xfc }, 6 },			/* REQUEST SENSE */
		{ { 0x1a, 0, 0x3f, 0, 0xff }, 6 },		/* MODE SENSE: all pages */
		{ { 0x4d, 0, 0x40, [7] = 4, 0 }, 10 },		/* LOG SENSE: supported pages */
		{ { 0x4d, 0, 0x4c, [7] = 4, 0 }, 10 },		/* sequential-access device */
		{ { 0x44, [7] = 4, 0 }, 10, true },		/* REPORT DENSITY SUPPORT */
		{ { 0xa3, 0x0c, [8] = 4, 0 }, 12 },		/* REPORT SUPPORTED OPERATION CODES */
		{ { 0x05 }, 6 },				/* READ BLOCK LIMITS */
		{ { 0x00 }, 6, true },				/* TEST UNIT READY */
	};
	uint8_t data[1024];
	unsigned n = soak_draw(w, sizeof(row) / sizeof(row[0]));
	struct initiator_command c = { .cdb_len = row[n].cdb_len, .direction = INITIATOR_IN,
				       .data = data, .len = sizeof(data) };

	memcpy(c.cdb, row[n].cdb, row[n].cdb_len);
	if (!c.cdb[0])
		c.direction = INITIATOR_NONE;
	else if (c.cdb_len == 6)
		c.len = c.cdb[0] == 0x05 ? 6 : c.cdb[4];
	if (!soak_send(w, w->drive[drive], &c))
		return false;
	if (c.status != SCSI_GOOD && !(row[n].medium && c.sense.key == KEY_NOT_READY))
		soak_fail("opcode %02x ends with status %02x, %x/%02x/%02x", c.cdb[0], c.status, c.sense.key,
			  c.sense.asc, c.sense.ascq);
	return true;
}
