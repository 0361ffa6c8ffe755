/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds element status data from the inventory, for any number of elements, into a buffer of any size. */
#include "status.h"

#include <string.h>

#include "be.h"

#define REPORT_HEADER	8
#define PAGE_HEADER	8
#define DESCRIPTOR_HEAD	12
#define IDENTIFIER_HEAD	4
#define IDENTIFIER_MAX	255

/* Byte 2 of every element descriptor (SMC-3 6.11.3 and following) */
enum {
	ELEMENT_FULL = 0x01,
	ELEMENT_IMPEXP = 0x02,
	ELEMENT_ACCESS = 0x08,
	ELEMENT_EXENAB = 0x10,
	ELEMENT_INENAB = 0x20,
};
#define ELEMENT_SVALID	0x80	/* byte 9 */

/* The elements of one type that a report shows, and how. */
struct page {
	enum vtl_element_type type;
	uint16_t first;
	uint32_t count;
	uint16_t descriptor_len;
};

struct report {
	const struct vtl_inventory *inventory;
	const struct vtl_library_model *model;
	const struct smc_query *query;
	struct page page[4];		/* in the order of addresses */
	unsigned pages;
	uint8_t *buf;
	uint32_t size, used;
};

/* Room for the next `len` bytes, zeroed, or NULL when they do not fit as a whole. */
static uint8_t *take(struct report *report, uint32_t len)
{
	uint8_t *p = report->buf + report->used;

	if (len > report->size - report->used)
		return NULL;
	report->used += len;
	memset(p, 0, len);
	return p;
}

static bool shows_identifiers(const struct report *report)
{
	return report->model->dvcid != VTL_DVCID_NONE && (report->query->identifiers || report->model->dvcid_always);
}

/* IDENTIFIER LENGTH is one byte. */
static unsigned identifier_room(const struct vtl_library_model *model)
{
	return model->dvcid_len < IDENTIFIER_MAX ? model->dvcid_len : IDENTIFIER_MAX;
}

static uint16_t descriptor_length(const struct report *report, enum vtl_element_type type)
{
	unsigned len = DESCRIPTOR_HEAD + IDENTIFIER_HEAD;

	if (report->query->volume_tags)
		len += SMC_VOLUME_TAG_LEN;
	if (type == VTL_DRIVE && shows_identifiers(report))
		len += identifier_room(report->model);
	return (uint16_t)len;
}

/* Cuts the range of a type down to what lies at or above the starting address; false if nothing is left. */
static bool page_of(const struct report *report, enum vtl_element_type type, struct page *page)
{
	const struct vtl_inventory *inv = report->inventory;
	uint32_t first = inv->ops->first(inv, type), end = first + inv->ops->count(inv, type);

	if (report->query->type != VTL_ANY && report->query->type != type)
		return false;
	if (first < report->query->start)
		first = report->query->start;
	if (first >= end)
		return false;
	page->type = type;
	page->first = (uint16_t)first;
	page->count = end - first;
	page->descriptor_len = descriptor_length(report, type);
	return true;
}

/* Which pages there are: sorted by address, and together no more elements than asked for. */
static void plan(struct report *report)
{
	uint32_t left = report->query->count;
	unsigned i;

	for (int type = VTL_TRANSPORT; type <= VTL_DRIVE; type++) {
		struct page page;

		if (!page_of(report, (enum vtl_element_type)type, &page))
			continue;
		for (i = report->pages++; i > 0 && report->page[i - 1].first > page.first; i--)
			report->page[i] = report->page[i - 1];
		report->page[i] = page;
	}
	for (i = 0; i < report->pages && left > 0; i++) {
		if (report->page[i].count > left)
			report->page[i].count = left;
		left -= report->page[i].count;
	}
	report->pages = i;
}

static bool drive_accessible(const struct vtl_drive *drive)
{
	switch (drive->ops->state(drive)) {
	case VTL_DRIVE_LOADING:
	case VTL_DRIVE_UNLOADING:
	case VTL_DRIVE_CLEANING:
		return false;
	default:
		return !drive->ops->removal_prevented(drive);
	}
}

static uint8_t element_flags(const struct vtl_element *element)
{
	uint8_t flags = element->full ? ELEMENT_FULL : 0;

	switch (element->type) {
	case VTL_STORAGE:
		return flags | ELEMENT_ACCESS;
	case VTL_IMPORT_EXPORT:
		return flags | ELEMENT_ACCESS | ELEMENT_INENAB | ELEMENT_EXENAB |
		       (element->full && element->operator_placed ? ELEMENT_IMPEXP : 0);
	case VTL_DRIVE:
		return flags | (drive_accessible(element->drive) ? ELEMENT_ACCESS : 0);
	default:
		return flags;
	}
}

/* MEDIUM TYPE by kind of cartridge (SMC-3 6.11.3) */
static const uint8_t medium_type[MEDIA_KIND_COUNT] = {
	[MEDIA_DATA] = 1,
	[MEDIA_WORM_DATA] = 4,
	[MEDIA_CLEANING] = 2,
	[MEDIA_NULL] = 1,
};

/* An element without a cartridge, or a cartridge without a label, has a tag of zeros: undefined. */
static void put_volume_tag(uint8_t *p, const struct vtl_element *element)
{
	if (!element->full || !element->barcode[0])
		return;
	memset(p, ' ', MEDIA_MAX_BARCODE);
	memcpy(p, element->barcode, strnlen(element->barcode, MEDIA_MAX_BARCODE));
}

/*
 * CODE SET, IDENTIFIER TYPE, IDENTIFIER LENGTH and IDENTIFIER (SMC-3 6.11.6). The room is the model's; an identifier
 * that is shorter says so and is followed by zeros.
 */
static void put_identifier(uint8_t *p, const struct vtl_drive *drive, const struct vtl_library_model *model)
{
	uint8_t designator[IDENTIFIER_HEAD + IDENTIFIER_MAX] = { 0 };
	unsigned len = identifier_room(model);

	if (model->dvcid == VTL_DVCID_SERIAL) {
		const char *serial = drive->ops->serial(drive);

		p[0] = 0x02;	/* ASCII; type 0: vendor specific */
		p[3] = (uint8_t)len;
		memset(p + IDENTIFIER_HEAD, ' ', len);
		memcpy(p + IDENTIFIER_HEAD, serial, strnlen(serial, len));
		return;
	}
	if (drive->ops->designator(drive, designator, sizeof(designator)) < IDENTIFIER_HEAD)
		return;
	if (designator[3] < len)
		len = designator[3];
	p[0] = designator[0] & 0x0f;
	p[1] = designator[1] & 0x0f;
	p[3] = (uint8_t)len;
	memcpy(p + IDENTIFIER_HEAD, designator + IDENTIFIER_HEAD, len);
}

static void put_descriptor(const struct report *report, const struct vtl_element *element, uint8_t *p)
{
	put_be16(p, element->address);
	p[2] = element_flags(element);
	if (element->full) {
		p[9] = medium_type[element->kind];
		if (element->source != VTL_NO_ADDRESS) {
			p[9] |= ELEMENT_SVALID;
			put_be16(p + 10, element->source);
		}
	}
	p += DESCRIPTOR_HEAD;
	if (report->query->volume_tags) {
		put_volume_tag(p, element);
		p += SMC_VOLUME_TAG_LEN;
	}
	if (element->type == VTL_DRIVE && shows_identifiers(report))
		put_identifier(p, element->drive, report->model);
}

/* false: the buffer is full */
static bool put_page(struct report *report, const struct page *page)
{
	uint8_t *p = take(report, PAGE_HEADER);

	if (!p)
		return false;
	p[0] = (uint8_t)page->type;
	p[1] = report->query->volume_tags ? 0x80 : 0;
	put_be16(p + 2, page->descriptor_len);
	put_be24(p + 5, page->count * page->descriptor_len);
	for (uint32_t i = 0; i < page->count; i++) {
		struct vtl_element element = { .type = page->type, .address = (uint16_t)(page->first + i) };

		p = take(report, page->descriptor_len);
		if (!p)
			return false;
		if (report->inventory->ops->get(report->inventory, element.address, &element))
			put_descriptor(report, &element, p);
	}
	return true;
}

uint32_t smc_report_elements(const struct vtl_inventory *inventory, const struct vtl_library_model *model,
			     const struct smc_query *query, uint8_t *buf, uint32_t size)
{
	struct report report = { inventory, model, query, .buf = buf, .size = size };
	uint32_t elements = 0, bytes = 0;
	uint8_t *p;

	plan(&report);
	p = take(&report, REPORT_HEADER);
	if (!p)
		return 0;
	for (unsigned i = 0; i < report.pages; i++) {
		elements += report.page[i].count;
		bytes += PAGE_HEADER + report.page[i].count * report.page[i].descriptor_len;
	}
	if (report.pages > 0)
		put_be16(p, report.page[0].first);
	put_be16(p + 2, (uint16_t)elements);
	put_be24(p + 5, bytes);
	for (unsigned i = 0; i < report.pages && put_page(&report, &report.page[i]); i++)
		;
	return report.used;
}

enum vtl_element_type smc_type_of(const struct vtl_inventory *inventory, uint16_t address)
{
	for (int type = VTL_TRANSPORT; type <= VTL_DRIVE; type++) {
		uint32_t first = inventory->ops->first(inventory, (enum vtl_element_type)type);

		if (address >= first && address - first < inventory->ops->count(inventory, (enum vtl_element_type)type))
			return (enum vtl_element_type)type;
	}
	return VTL_ANY;
}
