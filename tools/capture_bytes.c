/* SPDX-License-Identifier: GPL-2.0-only */
/* Captured bytes in a model file: what lives is marked, the rest is written as it came. */
#include "capture_write.h"

#include <string.h>


#define MOST_MARKS	256
#define SERIAL_MATCH	6	/* so many characters of the serial number are no coincidence */

/* A stretch that stands for something: the number, a name; or bytes that live, where `what` is NULL. */
struct mark {
	uint32_t at, len;
	const char *what;
	bool sized;		/* its length is written too */
};

struct marks {
	struct mark mark[MOST_MARKS];
	unsigned count;
};

static void add_mark(struct marks *marks, uint32_t at, uint32_t len, const char *what, bool sized)
{
	for (unsigned i = 0; i < marks->count; i++)
		if (at < marks->mark[i].at + marks->mark[i].len && marks->mark[i].at < at + len)
			return;
	if (marks->count < MOST_MARKS)
		marks->mark[marks->count++] = (struct mark){ at, len, what, sized };
}

/* Everywhere that the serial number stands, or its beginning. */
static void mark_serial(const struct captured *c, const struct captured_bytes *bytes, uint32_t from,
			struct marks *marks)
{
	size_t len = strlen(c->serial);

	for (uint32_t at = from; len >= SERIAL_MATCH && at + SERIAL_MATCH <= bytes->len; at++) {
		uint32_t n = 0;

		while (n < len && at + n < bytes->len && bytes->data[at + n] == (uint8_t)c->serial[n])
			n++;
		if (n < SERIAL_MATCH)
			continue;
		/* only its beginning: fields have an even length, and what follows may be like it by chance */
		if (n < len)
			n = n < 12 ? n & ~1u : 12;
		/* a field that is longer is filled with blanks */
		while (n >= len && at + n < bytes->len && bytes->data[at + n] == ' ')
			n++;
		if (n <= 255)
			add_mark(marks, at, n, "serial", true);
		at += n - 1;
	}
}

/* Device Identification (SPC-5 7.7.6): names and numbers that are each device's and each port's own. */
static void mark_designators(const struct captured_bytes *bytes, struct marks *marks)
{
	uint32_t at = 4;

	while (at + 4 <= bytes->len && at + 4 + bytes->data[at + 3] <= bytes->len) {
		const uint8_t *d = bytes->data + at;
		unsigned type = d[1] & 0x0f, association = d[1] >> 4 & 3;

		if (type == 3 && d[3] == 8)
			add_mark(marks, at + 4, 8, association ? "port-naa" : "naa", false);
		else if (type == 4 && d[3] == 4)
			add_mark(marks, at + 6, 2, "port", false);
		at += 4u + d[3];
	}
}

static const struct mark *mark_at(const struct marks *marks, uint32_t at)
{
	for (unsigned i = 0; i < marks->count; i++)
		if (marks->mark[i].at <= at && at < marks->mark[i].at + marks->mark[i].len)
			return &marks->mark[i];
	return NULL;
}

static void write_hex(FILE *file, const char *option, const struct captured_bytes *bytes, const struct marks *marks)
{
	fprintf(file, "%s = \"", option);
	for (uint32_t at = 0; at < bytes->len; at++) {
		const struct mark *mark = mark_at(marks, at);

		if (at && at % 32 == 0)
			fputs("\n\t\t", file);
		else if (at && at % 4 == 0)
			fputc(' ', file);
		if (!mark)
			fprintf(file, "%02X", bytes->data[at]);
		else if (!mark->what)
			fputs("..", file);
		else if (mark->at == at && mark->sized)
			fprintf(file, " <%s %u>", mark->what, mark->len);
		else if (mark->at == at)
			fprintf(file, " <%s>", mark->what);
	}
	fputs("\"", file);
}

void capture_write_inquiry(FILE *file, const struct captured *c)
{
	struct marks marks = { .count = 0 };

	mark_serial(c, &c->inquiry, 36, &marks);
	fputc('\t', file);
	write_hex(file, "inquiry_data", &c->inquiry, &marks);
	fputc('\n', file);
}

/* What follows the header of REPORT DENSITY SUPPORT. */
void capture_write_medium_types(FILE *file, const struct captured *c)
{
	const struct captured_bytes *all = &c->medium_types;
	struct captured_bytes rows = { all->data + 4, all->len > 4 ? all->len - 4 : 0 };
	static const struct marks none;

	if (!rows.len || rows.len % MODEL_MEDIUM_TYPE_LEN)
		return;
	fputc('\t', file);
	write_hex(file, "medium_types", &rows, &none);
	fputc('\n', file);
}

/* ---- pages ---- */

static void write_page(FILE *file, const char *kind, const struct captured_page *page, const struct marks *marks)
{
	fprintf(file, "\t%s \"%02X", kind, page->code);
	if (page->subcode)
		fprintf(file, "/%02X", page->subcode);
	fputs("\" {", file);
	if (page->bytes.data && page->bytes.len) {
		fputs("\n\t\t", file);
		write_hex(file, "data", &page->bytes, marks);
		if (page->mask.data && page->mask.len == page->bytes.len) {
			/* its header is that of the page */
			static const struct marks none;

			fputs("\n\t\t", file);
			write_hex(file, "changeable", &page->mask, &none);
		}
		fputs("\n\t}\n", file);
	} else {
		fputs(" }\n", file);
	}
}

/* 00h and 88h, the pages that there are and the ports through which somebody is there, are made anew each time. */
static void write_vpd(FILE *file, const struct captured *c, struct captured_page page)
{
	struct marks marks = { .count = 0 };

	if (page.code == 0x00 || page.code == 0x88)
		page.bytes.data = NULL;
	if (page.bytes.data && page.code == 0x83)
		mark_designators(&page.bytes, &marks);
	if (page.bytes.data)
		mark_serial(c, &page.bytes, 4, &marks);
	write_page(file, "vpd", &page, &marks);
}

/* The changer's element addresses are those of its inventory. */
static void write_mode(FILE *file, const struct captured *c, const struct captured_page *page)
{
	struct marks marks = { .count = 0 };

	if (c->changer && page->code == 0x1d && !page->subcode && page->bytes.len >= 18)
		add_mark(&marks, 2, 16, NULL, false);
	write_page(file, "mode", page, &marks);
}

/* Pages of the standards whose values all live: counters, states, times. */
static bool lives(uint8_t code)
{
	return (code >= 0x02 && code <= 0x06) || (code >= 0x0c && code <= 0x14) || (code >= 0x16 && code <= 0x1b) ||
	       code == 0x2e || (code >= 0x30 && code <= 0x34) || (code >= 0x37 && code <= 0x3e);
}

static void write_log(FILE *file, const struct captured_page *page)
{
	struct captured_page copy = *page;
	struct marks marks = { .count = 0 };
	uint32_t at = 4;

	/* PAGE CODE and SPF alone: DS says whether something can be saved here and now */
	if (copy.bytes.len >= 4)
		copy.bytes.data[0] &= 0x7f;
	while (at + 4 <= page->bytes.len && at + 4 + page->bytes.data[at + 3] <= page->bytes.len) {
		uint8_t control = page->bytes.data[at + 2], len = page->bytes.data[at + 3];

		if (len && (lives(page->code) || !(control & 0x01)) && marks.count < MOST_MARKS)
			marks.mark[marks.count++] = (struct mark){ at + 4, len, NULL, false };
		at += 4u + len;
	}
	/* more parameters than can be marked: all of them core's, if it has the page */
	if (marks.count == MOST_MARKS && lives(page->code))
		copy.bytes.data = NULL;
	write_page(file, "log", &copy, &marks);
}

void capture_write_pages(FILE *file, const struct captured *c)
{
	for (unsigned i = 0; i < c->vpd.count; i++)
		write_vpd(file, c, c->vpd.page[i]);
	for (unsigned i = 0; i < c->mode.count; i++)
		write_mode(file, c, &c->mode.page[i]);
	for (unsigned i = 0; i < c->log.count; i++)
		write_log(file, &c->log.page[i]);
}
