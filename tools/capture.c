/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads a device as it describes itself, with commands that change nothing. */
#include "capture.h"

#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "command.h"

#define ROOM		65535u		/* what an allocation length of two bytes can say */
#define ATTENTIONS	8		/* this many in a row are tried again */
#define TAPE_ALERT	0x2e

struct reader {
	struct initiator *device;
	struct why *why;
	bool alerts;
};

const struct captured_page *captured_page(const struct captured_pages *pages, uint8_t code, uint8_t subcode)
{
	for (unsigned i = 0; i < pages->count; i++)
		if (pages->page[i].code == code && pages->page[i].subcode == subcode)
			return &pages->page[i];
	return NULL;
}

/*
 * One question. A device that does not know it (ILLEGAL REQUEST) or has nothing to say now (NOT READY) leaves `answer`
 * empty; that is no error.
 */
static int ask(struct reader *r, const uint8_t *cdb, unsigned cdb_len, uint32_t room, const char *what,
	       struct captured_bytes *answer)
{
	struct initiator_command command = { .cdb_len = cdb_len, .direction = INITIATOR_IN, .len = room };
	uint8_t *data = calloc(1, room), *less;
	int err = 0, tries = 0;

	*answer = (struct captured_bytes){ 0 };
	if (!data) {
		why_set(r->why, "out of memory");
		return EXIT_FAILED;
	}
	memcpy(command.cdb, cdb, cdb_len);
	command.data = data;
	do {
		err = initiator_send(r->device, &command, r->why);
	} while (!err && command.status == SCSI_CHECK_CONDITION && command.sense.key == KEY_UNIT_ATTENTION &&
		 ++tries < ATTENTIONS);
	if (!err && command.status == SCSI_GOOD) {
		less = realloc(data, command.actual ? command.actual : 1);
		*answer = (struct captured_bytes){ less ? less : data, command.actual };
		return 0;
	}
	free(data);
	if (err || (command.status == SCSI_CHECK_CONDITION &&
		    (command.sense.key == KEY_ILLEGAL || command.sense.key == KEY_NOT_READY)))
		return err;
	return initiator_judge(&command, what, r->why);
}

static struct captured_page *add_page(struct reader *r, struct captured_pages *pages, uint8_t code, uint8_t subcode)
{
	struct captured_page *grown = realloc(pages->page, (pages->count + 1) * sizeof(*grown));

	if (!grown) {
		why_set(r->why, "out of memory");
		return NULL;
	}
	pages->page = grown;
	grown[pages->count] = (struct captured_page){ .code = code, .subcode = subcode };
	return &grown[pages->count++];
}

/* Bytes of a page with its length in bytes 2 and 3, no more than were sent. */
static void cut(struct captured_bytes *bytes)
{
	if (bytes->len >= 4 && bytes->len > 4u + get_be16(bytes->data + 2))
		bytes->len = 4u + get_be16(bytes->data + 2);
}

/* ---- INQUIRY ---- */

static int inquire(struct reader *r, bool page, uint8_t code, struct captured_bytes *answer)
{
	const uint8_t cdb[6] = { 0x12, page, code, page ? 0x40 : 0, page ? 0x00 : 0xff };

	return ask(r, cdb, sizeof(cdb), page ? 0x4000 : 0xff, "INQUIRY", answer);
}

static void take_text(char *to, const uint8_t *from, unsigned len)
{
	while (len && (from[len - 1] == ' ' || !from[len - 1]))
		len--;
	for (unsigned i = 0; i < len; i++)
		to[i] = from[i] < 0x20 || from[i] > 0x7e ? ' ' : (char)from[i];
	to[len] = 0;
}

static int read_inquiry(struct reader *r, struct captured *c)
{
	const uint8_t *d;
	int err = inquire(r, false, 0, &c->inquiry);

	if (err)
		return err;
	d = c->inquiry.data;
	if (c->inquiry.len < 36 || ((d[0] & 0x1f) != 0x01 && (d[0] & 0x1f) != 0x08)) {
		why_set(r->why, "the device is neither a tape drive nor a medium changer");
		return EXIT_FAILED;
	}
	if (c->inquiry.len > 5u + d[4])
		c->inquiry.len = 5u + d[4];
	c->changer = (d[0] & 0x1f) == 0x08;
	take_text(c->vendor, d + 8, 8);
	take_text(c->product, d + 16, 16);
	take_text(c->revision, d + 32, 4);
	return 0;
}

static int read_vpd(struct reader *r, struct captured *c)
{
	const struct captured_page *serial;
	struct captured_bytes list;
	int err = inquire(r, true, 0, &list);

	cut(&list);
	c->vpd.listed = list.len >= 4;
	for (uint32_t i = 4; !err && i < list.len; i++) {
		struct captured_page *page = add_page(r, &c->vpd, list.data[i], 0);

		err = page ? inquire(r, true, page->code, &page->bytes) : EXIT_FAILED;
		if (!err)
			cut(&page->bytes);
	}
	free(list.data);
	serial = captured_page(&c->vpd, 0x80, 0);
	if (!err && serial && serial->bytes.len > 4)
		take_text(c->serial, serial->bytes.data + 4,
			  serial->bytes.len - 4 < 64 ? serial->bytes.len - 4 : 64);
	return err;
}

/* ---- mode pages ---- */

enum { CHANGEABLE = 1, DEFAULT = 2 };

static int sense_modes(struct reader *r, unsigned control, uint8_t subcode, struct captured_bytes *answer)
{
	const uint8_t ten[10] = { 0x5a, 0x08, (uint8_t)(control << 6 | 0x3f), subcode, 0, 0, 0, 0x40, 0x00 };
	const uint8_t six[6] = { 0x1a, 0x08, (uint8_t)(control << 6 | 0x3f), subcode, 0xff };
	int err = ask(r, ten, sizeof(ten), 0x4000, "MODE SENSE(10)", answer);
	uint32_t header = 8;

	if (!err && !answer->data) {
		err = ask(r, six, sizeof(six), 0xff, "MODE SENSE(6)", answer);
		header = 4;
	}
	if (err || !answer->data)
		return err;
	if (answer->len < header) {
		answer->len = 0;
		return 0;
	}
	header += header == 8 ? get_be16(answer->data + 6) : answer->data[3];
	if (header > answer->len)
		header = answer->len;
	memmove(answer->data, answer->data + header, answer->len - header);
	answer->len -= header;
	return 0;
}

/* Bytes of the mode page at `p`, with its header; 0: `len` bytes hold no whole one. */
static uint32_t mode_page_len(const uint8_t *p, uint32_t len)
{
	uint32_t n = len < 2 ? 0 : !(p[0] & 0x40) ? 2u + p[1] : len < 4 ? 0 : 4u + get_be16(p + 2);

	return n <= len ? n : 0;
}

static int copy(struct reader *r, const uint8_t *p, uint32_t len, struct captured_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct captured_bytes){ malloc(len), len };
	if (!bytes->data) {
		why_set(r->why, "out of memory");
		return EXIT_FAILED;
	}
	memcpy(bytes->data, p, len);
	return 0;
}

static int read_modes(struct reader *r, struct captured *c, unsigned control)
{
	struct captured_bytes all;
	int err = sense_modes(r, control, 0xff, &all);
	uint32_t n;

	if (!err && !all.data)			/* a device that knows no subpages */
		err = sense_modes(r, control, 0, &all);
	c->mode.listed |= all.data != NULL;
	for (uint32_t at = 0; !err && (n = mode_page_len(all.data + at, all.len - at)); at += n) {
		const uint8_t *p = all.data + at;
		uint8_t subcode = p[0] & 0x40 ? p[1] : 0;
		struct captured_page *page = (struct captured_page *)captured_page(&c->mode, p[0] & 0x3f, subcode);

		if (control == DEFAULT && !page)
			page = add_page(r, &c->mode, p[0] & 0x3f, subcode);
		if (page)
			err = copy(r, p, n, control == DEFAULT ? &page->bytes : &page->mask);
		else if (control == DEFAULT)
			err = EXIT_FAILED;
	}
	free(all.data);
	return err;
}

/* ---- log pages ---- */

static int sense_log(struct reader *r, uint8_t code, uint8_t subcode, struct captured_bytes *answer)
{
	const uint8_t cdb[10] = { 0x4d, 0, (uint8_t)(0x40 | code), subcode, 0, 0, 0, 0xff, 0xff };
	int err = ask(r, cdb, sizeof(cdb), ROOM, "LOG SENSE", answer);

	cut(answer);
	return err;
}

static int read_log_page(struct reader *r, struct captured *c, uint8_t code, uint8_t subcode)
{
	struct captured_page *page;

	if ((code == 0 && subcode == 0) || subcode == 0xff)	/* lists of pages */
		return 0;
	page = add_page(r, &c->log, code, subcode);
	if (!page)
		return EXIT_FAILED;
	return code == TAPE_ALERT && !r->alerts ? 0 : sense_log(r, code, subcode, &page->bytes);
}

static int read_logs(struct reader *r, struct captured *c)
{
	struct captured_bytes list;
	unsigned step = 2;
	int err = sense_log(r, 0, 0xff, &list);

	if (!err && !list.data) {
		err = sense_log(r, 0, 0, &list);
		step = 1;
	}
	c->log.listed = list.len >= 4;
	for (uint32_t i = 4; !err && i + step <= list.len; i += step)
		err = read_log_page(r, c, list.data[i] & 0x3f, step == 2 ? list.data[i + 1] : 0);
	free(list.data);
	return err;
}

/* ---- the rest ---- */

static int read_commands(struct reader *r, struct captured *c)
{
	uint8_t cdb[12] = { 0xa3, 0x0c, 0x80, 0, 0, 0, 0, 0, 0x40, 0x00 };	/* RCTD: with timeouts */
	int err = ask(r, cdb, sizeof(cdb), 0x4000, "REPORT SUPPORTED OPERATION CODES", &c->commands);

	if (err || c->commands.len)
		return err;
	cdb[2] = 0;
	return ask(r, cdb, sizeof(cdb), 0x4000, "REPORT SUPPORTED OPERATION CODES", &c->commands);
}

static int read_drive(struct reader *r, struct captured *c)
{
	uint8_t densities[10] = { 0x44, 0, 0, 0, 0, 0, 0, 0x20, 0x00 };
	const uint8_t limits[6] = { 0x05 };
	int err = ask(r, densities, sizeof(densities), 0x2000, "REPORT DENSITY SUPPORT", &c->densities);

	densities[1] = 0x02;	/* MEDIUM TYPE */
	if (!err)
		err = ask(r, densities, sizeof(densities), 0x2000, "REPORT DENSITY SUPPORT", &c->medium_types);
	return err ? err : ask(r, limits, sizeof(limits), 6, "READ BLOCK LIMITS", &c->limits);
}

/* Element 4 is the data transfer element; CURDATA: nothing may move for it. */
static int read_changer(struct reader *r, struct captured *c)
{
	uint8_t cdb[12] = { 0xb8, 0x04, 0, 0, 0, 1, 0x03, 0, 0x04, 0x00 };
	int err = ask(r, cdb, sizeof(cdb), 0x400, "READ ELEMENT STATUS", &c->drives);

	cdb[6] = 0x02;
	return err ? err : ask(r, cdb, sizeof(cdb), 0x400, "READ ELEMENT STATUS", &c->drives_plain);
}

int capture_read(struct initiator *device, bool alerts, struct captured *captured, struct why *why)
{
	struct reader r = { device, why, alerts };
	int err;

	memset(captured, 0, sizeof(*captured));
	err = read_inquiry(&r, captured);
	if (!err)
		err = read_vpd(&r, captured);
	if (!err)
		err = read_modes(&r, captured, DEFAULT);
	if (!err)
		err = read_modes(&r, captured, CHANGEABLE);
	if (!err)
		err = read_logs(&r, captured);
	if (!err)
		err = read_commands(&r, captured);
	if (!err)
		err = captured->changer ? read_changer(&r, captured) : read_drive(&r, captured);
	return err;
}

static void free_pages(struct captured_pages *pages)
{
	for (unsigned i = 0; i < pages->count; i++) {
		free(pages->page[i].bytes.data);
		free(pages->page[i].mask.data);
	}
	free(pages->page);
}

void captured_free(struct captured *captured)
{
	free_pages(&captured->vpd);
	free_pages(&captured->mode);
	free_pages(&captured->log);
	free(captured->inquiry.data);
	free(captured->commands.data);
	free(captured->densities.data);
	free(captured->medium_types.data);
	free(captured->limits.data);
	free(captured->drives.data);
	free(captured->drives_plain.data);
	memset(captured, 0, sizeof(*captured));
}
