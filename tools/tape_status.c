/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl tape URL status`: what a drive says of itself, its medium and its position. */
#include <stdio.h>
#include <string.h>

#include "be.h"
#include "command.h"
#include "tape.h"

struct drive_status {
	char vendor[9], product[17], revision[5], serial[64];
	uint8_t device_type;
	bool ready;
	char reason[192];		/* why it is not */
	bool has_limits;
	uint32_t block_min, block_max;
	bool has_mode;
	bool write_protected;
	uint8_t density, medium_type;
	uint32_t block;			/* 0: variable */
	struct tape_position position;
};

/* Copies a field without the blanks around it, as printable ASCII. */
static void copy_field(char *to, const uint8_t *from, unsigned len)
{
	while (len && *from == ' ') {
		from++;
		len--;
	}
	while (len && (from[len - 1] == ' ' || from[len - 1] == '\0'))
		len--;
	for (unsigned i = 0; i < len; i++)
		to[i] = from[i] >= 0x20 && from[i] < 0x7f ? from[i] : '?';
	to[len] = '\0';
}

static int get_inquiry(struct initiator *drive, struct drive_status *s, struct why *why)
{
	uint8_t data[96] = { 0 }, page[68] = { 0 };
	struct initiator_command std = { .cdb = { 0x12, 0, 0, 0, sizeof(data) }, .cdb_len = 6,
					 .direction = INITIATOR_IN, .data = data, .len = sizeof(data) };
	struct initiator_command vpd = { .cdb = { 0x12, 1, 0x80, 0, sizeof(page) }, .cdb_len = 6,
					 .direction = INITIATOR_IN, .data = page, .len = sizeof(page) };
	int err = initiator_do(drive, &std, "inquiry", why);

	if (err)
		return err;
	s->device_type = data[0] & 0x1f;
	copy_field(s->vendor, data + 8, 8);
	copy_field(s->product, data + 16, 16);
	copy_field(s->revision, data + 32, 4);
	if (initiator_do(drive, &vpd, "inquiry", NULL) == 0 && page[3] < sizeof(s->serial))
		copy_field(s->serial, page + 4, page[3]);
	return 0;
}

static void get_ready(struct initiator *drive, struct drive_status *s)
{
	struct initiator_command tur = { .cdb = { 0 }, .cdb_len = 6 };
	struct why why = { "" };

	s->ready = initiator_send(drive, &tur, &why) == 0 && tur.status == SCSI_GOOD;
	if (!s->ready && tur.status == SCSI_CHECK_CONDITION)
		sense_text(&tur.sense, s->reason, sizeof(s->reason));
	else if (!s->ready)
		snprintf(s->reason, sizeof(s->reason), "SCSI status %02Xh", tur.status);
}

static void get_limits(struct initiator *drive, struct drive_status *s)
{
	uint8_t data[6] = { 0 };
	struct initiator_command c = { .cdb = { 0x05 }, .cdb_len = 6, .direction = INITIATOR_IN,
				       .data = data, .len = sizeof(data) };

	s->has_limits = initiator_do(drive, &c, "", NULL) == 0 && c.actual == sizeof(data);
	s->block_max = get_be24(data + 1);
	s->block_min = get_be16(data + 4);
}

static void get_mode(struct initiator *drive, struct drive_status *s)
{
	uint8_t data[252] = { 0 };
	struct initiator_command c = { .cdb = { 0x1a, 0, 0, 0, sizeof(data) }, .cdb_len = 6,
				       .direction = INITIATOR_IN, .data = data, .len = sizeof(data) };

	if (initiator_do(drive, &c, "", NULL) || c.actual < 4)
		return;
	s->has_mode = true;
	s->medium_type = data[1];
	s->write_protected = data[2] & 0x80;
	if (data[3] >= 8 && c.actual >= 12) {
		s->density = data[4];
		s->block = get_be24(data + 9);
	}
}

static json_t *position_json(const struct tape_position *p)
{
	if (!p->known)
		return json_null();
	return json_pack("{s:i, s:I, s:o, s:b, s:b}", "partition", (int)p->partition, "object", (json_int_t)p->object,
			 "filemark", p->has_filemark ? json_integer((json_int_t)p->filemark) : json_null(),
			 "bop", p->bop, "eop", p->eop);
}

static json_t *status_json(const struct drive_status *s)
{
	json_t *limits = s->has_limits ? json_pack("{s:I, s:I}", "min", (json_int_t)s->block_min,
						   "max", (json_int_t)s->block_max) : json_null();

	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "vendor", s->vendor, "product", s->product, "revision", s->revision, "serial", s->serial,
			 "ready", s->ready, "reason", s->ready ? json_null() : json_string(s->reason),
			 "block_limits", limits,
			 "write_protected", s->has_mode ? json_boolean(s->write_protected) : json_null(),
			 "density", s->has_mode ? json_integer(s->density) : json_null(),
			 "block", s->has_mode ? json_integer(s->block) : json_null(),
			 "position", position_json(&s->position));
}

static void status_print(const struct drive_status *s)
{
	const struct tape_position *p = &s->position;

	printf("drive:    %s %s, revision %s%s%s\n", s->vendor, s->product, s->revision,
	       *s->serial ? ", serial " : "", s->serial);
	printf("state:    %s%s%s\n", s->ready ? "ready" : s->reason,
	       s->ready && s->write_protected ? ", write protected" : "",
	       s->ready && p->bop ? ", at the beginning" : "");
	if (s->has_limits)
		printf("blocks:   %u to %u bytes, %s\n", s->block_min, s->block_max,
		       s->block ? "fixed" : "variable");
	if (s->has_mode && s->ready)
		printf("medium:   density %02Xh, type %02Xh\n", s->density, s->medium_type);
	if (p->known && p->has_filemark)
		printf("position: partition %u, object %llu, filemark %llu\n", p->partition,
		       (unsigned long long)p->object, (unsigned long long)p->filemark);
	else if (p->known)
		printf("position: partition %u, object %llu\n", p->partition, (unsigned long long)p->object);
}

int tape_status(struct call *call, struct initiator *device)
{
	struct drive_status status = { "" };
	struct why why = { "" };
	int err = get_inquiry(device, &status, &why);

	if (err)
		return call_fail(call, err, "%s", why.text);
	if (status.device_type != 0x01)
		return call_fail(call, EXIT_FAILED, "%s is not a tape drive (device type %02Xh)", call->arg[0],
				 status.device_type);
	get_ready(device, &status);
	get_limits(device, &status);
	get_mode(device, &status);
	if (status.ready)
		(void)tape_position(device, &status.position, NULL);
	if (call->json)
		return call_print_json(call, status_json(&status));
	status_print(&status);
	return EXIT_DONE;
}
