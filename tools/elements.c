/* SPDX-License-Identifier: GPL-2.0-only */
/* Decodes element status data; every length in it is checked against the bytes that came. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "be.h"
#include "elements.h"

#define ID_T10		0x01
#define T10_NAMES	24	/* vendor and product before the serial number */
#define TAG_LEN		36	/* a volume tag: 32 characters, sequence number (SMC-3 6.11.6) */

static void copy_text(char *to, const uint8_t *from, unsigned len)
{
	if (len > 32)
		len = 32;
	while (len && (from[len - 1] == ' ' || from[len - 1] == '\0'))
		len--;
	for (unsigned i = 0; i < len; i++)
		to[i] = from[i] >= 0x20 && from[i] < 0x7f ? from[i] : '?';
	to[len] = '\0';
}

/* A device identifier (SMC-3 6.11.5): a serial number alone, or in the T10 form, behind vendor and product. */
static void decode_identifier(const uint8_t *id, struct element *e)
{
	unsigned skip = (id[1] & 0x0f) == ID_T10 && id[3] > T10_NAMES ? T10_NAMES : 0;

	copy_text(e->serial, id + 4 + skip, id[3] - skip);
}

/* One descriptor; `flags` are those of its page. At least 12 bytes. */
static void decode_element(const uint8_t *d, unsigned len, uint8_t flags, struct element *e)
{
	unsigned at = 12;

	e->address = get_be16(d);
	e->full = d[2] & 0x01;
	e->except = d[2] & 0x04;
	e->accessible = d[2] & 0x08;
	e->asc = d[4];
	e->ascq = d[5];
	e->has_source = d[9] & 0x80;
	e->source = get_be16(d + 10);
	if ((flags & 0x80) && at + TAG_LEN <= len) {
		copy_text(e->barcode, d + at, 32);
		at += TAG_LEN;
	}
	if (flags & 0x40)
		at += TAG_LEN;
	if (e->type == ELEMENT_DRIVE && at + 4 <= len && at + 4 + d[at + 3] <= len)
		decode_identifier(d + at, e);
}

static void number_elements(struct elements *elements)
{
	unsigned next[ELEMENT_DRIVE + 1] = { [ELEMENT_STORAGE] = 1 };

	next[ELEMENT_IMPORT_EXPORT] = 1 + elements_of_type(elements, ELEMENT_STORAGE);
	for (unsigned i = 0; i < elements->count; i++)
		elements->row[i].number = next[elements->row[i].type]++;
}

int elements_decode(const uint8_t *data, uint32_t len, struct elements *elements, struct why *why)
{
	uint32_t at = 8, end;

	memset(elements, 0, sizeof(*elements));
	if (len < 8) {
		why_set(why, "element status of %u bytes", len);
		return -1;
	}
	end = 8 + get_be24(data + 5);
	if (end > len) {
		why_set(why, "element status announces %u bytes and has %u", end, len);
		return -1;
	}
	while (at + 8 <= end) {
		const uint8_t *page = data + at;
		uint32_t size = get_be16(page + 2), bytes = get_be24(page + 5);
		unsigned count = size ? bytes / size : 0;

		if (at + 8 + bytes > end || (count && size < 12) || page[0] < 1 || page[0] > 4) {
			why_set(why, "malformed element status page at byte %u", at);
			return -1;
		}
		if (count) {
			struct element *row = realloc(elements->row, (elements->count + count) * sizeof(*row));

			if (!row) {
				why_set(why, "out of memory");
				return -1;
			}
			elements->row = row;
			memset(row + elements->count, 0, count * sizeof(*row));
		}
		for (unsigned i = 0; i < count; i++) {
			struct element *e = &elements->row[elements->count++];

			e->type = page[0];
			decode_element(page + 8 + i * size, size, page[1], e);
		}
		at += 8 + bytes;
	}
	number_elements(elements);
	return 0;
}

void elements_free(struct elements *elements)
{
	free(elements->row);
	memset(elements, 0, sizeof(*elements));
}

const struct element *elements_nth(const struct elements *elements, enum element_type type, unsigned n)
{
	for (unsigned i = 0; i < elements->count; i++)
		if (elements->row[i].type == type && n-- == 0)
			return &elements->row[i];
	return NULL;
}

unsigned elements_of_type(const struct elements *elements, enum element_type type)
{
	unsigned n = 0;

	for (unsigned i = 0; i < elements->count; i++)
		n += elements->row[i].type == type;
	return n;
}

static bool is_slot(const struct element *e)
{
	return e->type == ELEMENT_STORAGE || e->type == ELEMENT_IMPORT_EXPORT;
}

const struct element *elements_slot(const struct elements *elements, unsigned slot)
{
	for (const struct element *e = elements->row; e < elements->row + elements->count; e++)
		if (is_slot(e) && e->number == slot)
			return e;
	return NULL;
}

unsigned elements_slot_of(const struct elements *elements, uint16_t address)
{
	for (const struct element *e = elements->row; e < elements->row + elements->count; e++)
		if (is_slot(e) && e->address == address)
			return e->number;
	return 0;
}

unsigned elements_slot_by_barcode(const struct elements *elements, const char *barcode)
{
	for (const struct element *e = elements->row; e < elements->row + elements->count; e++)
		if (is_slot(e) && e->full && strcasecmp(e->barcode, barcode) == 0)
			return e->number;
	return 0;
}
