/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of a tape drive that move no data. */
#include <stdio.h>
#include <string.h>

#include "be.h"
#include "command.h"
#include "tape.h"

#define MAX_SPACE6	0x7fffff

int tape_simple(struct initiator *drive, uint8_t opcode, uint8_t byte1, uint8_t byte4, const char *what,
		struct why *why)
{
	struct initiator_command c = { .cdb = { opcode, byte1, 0, 0, byte4, 0 }, .cdb_len = 6 };

	return initiator_do(drive, &c, what, why);
}

/* READ POSITION long form (SSC-5 7.5.6): 32 bytes, the one that counts filemarks. */
static int position_long(struct initiator *drive, struct tape_position *p, struct why *why)
{
	uint8_t data[32] = { 0 };
	struct initiator_command c = { .cdb = { 0x34, 0x06 }, .cdb_len = 10, .direction = INITIATOR_IN,
				       .data = data, .len = sizeof(data) };
	int err = initiator_do(drive, &c, "read position", why);

	if (err || c.actual < sizeof(data))
		return err ? err : EXIT_FAILED;
	p->bop = data[0] & 0x80;
	p->eop = data[0] & 0x40;
	p->known = !(data[0] & 0x04);			/* LONU */
	p->has_filemark = !(data[0] & 0x08);		/* MPU */
	p->partition = get_be32(data + 4);
	p->object = get_be64(data + 8);
	p->filemark = get_be64(data + 16);
	return 0;
}

int tape_position(struct initiator *drive, struct tape_position *p, struct why *why)
{
	uint8_t data[20] = { 0 };
	struct initiator_command c = { .cdb = { 0x34, 0x00 }, .cdb_len = 10, .direction = INITIATOR_IN,
				       .data = data, .len = sizeof(data) };
	int err;

	memset(p, 0, sizeof(*p));
	if (position_long(drive, p, NULL) == 0)
		return 0;
	/* Older drives have the short form alone. */
	err = initiator_do(drive, &c, "read position", why);
	if (err)
		return err;
	if (c.actual < sizeof(data)) {
		why_set(why, "read position: the drive sent %u bytes of 20", c.actual);
		return EXIT_FAILED;
	}
	p->bop = data[0] & 0x80;
	p->eop = data[0] & 0x40;
	p->known = !(data[0] & 0x04);			/* BPU */
	p->partition = data[1];
	p->object = get_be32(data + 4);
	return 0;
}

/* Names what stopped a SPACE, and where, in words. */
static int space_stopped(const struct initiator_command *c, int64_t count, int err, struct why *why)
{
	const struct sense *s = &c->sense;
	const char *met = NULL;
	int64_t done = s->has_information ? (count < 0 ? -count : count) - s->information : -1;

	if (!s->valid)
		return err;
	if (s->key == KEY_BLANK_CHECK || (s->asc == 0 && s->ascq == 0x05))
		met = "end of data";
	else if (s->eom && s->ascq == 0x04)
		met = "beginning of partition";
	else if (s->eom)
		met = "end of partition";
	else if (s->filemark)
		met = "a filemark";
	if (!met)
		return err;
	if (done >= 0)
		why_set(why, "stopped at %s after %lld of %lld", met, (long long)done,
			(long long)(count < 0 ? -count : count));
	else
		why_set(why, "stopped at %s", met);
	return EXIT_FAILED;
}

int tape_space(struct initiator *drive, enum tape_space code, int64_t count, struct why *why)
{
	struct initiator_command c = { .cdb = { 0x11, code }, .cdb_len = 6 };
	int err;

	if (count >= -MAX_SPACE6 - 1 && count <= MAX_SPACE6) {
		put_be24(c.cdb + 2, (uint32_t)count & 0xffffff);
	} else {
		c.cdb[0] = 0x91;
		c.cdb_len = 16;
		put_be64(c.cdb + 4, (uint64_t)count);
	}
	err = initiator_do(drive, &c, "space", why);
	return err ? space_stopped(&c, count, err, why) : 0;
}

int tape_locate(struct initiator *drive, uint64_t object, int partition, struct why *why)
{
	struct initiator_command c = { .cdb = { 0x2b, partition >= 0 ? 0x02 : 0 }, .cdb_len = 10 };

	if (object <= UINT32_MAX) {
		put_be32(c.cdb + 3, (uint32_t)object);
		c.cdb[8] = partition >= 0 ? partition : 0;
	} else {
		c.cdb[0] = 0x92;
		c.cdb_len = 16;
		c.cdb[3] = partition >= 0 ? partition : 0;
		put_be64(c.cdb + 4, object);
	}
	return initiator_do(drive, &c, "locate", why);
}

int tape_filemarks(struct initiator *drive, uint32_t count, struct why *why)
{
	struct initiator_command c = { .cdb = { 0x10 }, .cdb_len = 6 };
	int err;

	put_be24(c.cdb + 2, count);
	err = initiator_do(drive, &c, "write filemarks", why);
	/* Early warning: they are written all the same (SSC-5 7.14). */
	if (err && c.sense.valid && c.sense.key == KEY_NO_SENSE && c.sense.eom)
		return 0;
	return err;
}
