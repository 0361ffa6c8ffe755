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
#define DOMAIN_LEN	4

/* Byte 2 of every element descriptor (SMC-3 6.11.3 and following) */
enum {
	ELEMENT_FULL = 0x01,
	ELEMENT_IMPEXP = 0x02,
	ELEMENT_EXCEPT = 0x04,
	ELEMENT_ACCESS = 0x08,
	ELEMENT_EXENAB = 0x10,
	ELEMENT_INENAB = 0x20,
};
#define ELEMENT_SVALID	0x80	/* byte 9 */
#define ELEMENT_ED	0x08

/* Byte 1 of a page */
enum { PAGE_PVOLTAG = 0x80, PAGE_AVOLTAG = 0x40 };

/* The elements of one type that a report shows, and how. */
struct page {
	enum vtl_element_type type;
	uint32_t first, end;		/* addresses [first, end) */
	uint32_t count;			/* so many of them: with a search, those that it finds */
	uint16_t descriptor_len;
};

struct report {
	const struct vtl_inventory *inventory;
	const struct vtl_library_model *model;
	const struct smc_query *query;
	bool alternates;		/* with alternate volume tags */
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
	if (report->alternates)
		len += SMC_VOLUME_TAG_LEN;
	if (type == VTL_DRIVE && (shows_identifiers(report) || report->model->media_domain))
		len += identifier_room(report->model);
	if (report->model->media_domain)
		len += DOMAIN_LEN;
	return (uint16_t)len;
}

/* A pattern of SEND VOLUME TAG (SMC-3 6.19): what follows an asterisk does not matter. */
static bool matches(const char *pattern, const char *text)
{
	for (; *pattern && *pattern != '*'; pattern++, text++)
		if (!*text || (*pattern != '?' && *pattern != *text))
			return false;
	return *pattern == '*' || !*text;
}

bool smc_search_finds(const struct smc_search *search, const struct vtl_element *element)
{
	for (unsigned i = 0; element->full && i < VTL_TAGS; i++) {
		const struct vtl_volume_tag *tag = &element->tag[i];

		if (search->in[i] && tag->text[0] && matches(search->pattern, tag->text) &&
		    (search->any_sequence || (tag->sequence >= search->min && tag->sequence <= search->max)))
			return true;
	}
	return false;
}

/* The next element of a page at or above `address`, which is below its end; false if there is none. */
static bool next_element(const struct report *report, const struct page *page, uint32_t address,
			 struct vtl_element *element)
{
	const struct vtl_inventory *inv = report->inventory;

	for (; address < page->end; address++) {
		*element = (struct vtl_element){ .type = page->type, .address = (uint16_t)address };
		if (!inv->ops->get(inv, (uint16_t)address, element))
			element->source = VTL_NO_ADDRESS;
		if (!report->query->search || smc_search_finds(report->query->search, element))
			return true;
	}
	return false;
}

/* Cuts the range of a type down to what lies at or above the starting address; false if nothing is left. */
static bool page_of(const struct report *report, enum vtl_element_type type, struct page *page)
{
	const struct vtl_inventory *inv = report->inventory;
	uint32_t first = inv->ops->first(inv, type), end = first + inv->ops->count(inv, type);
	struct vtl_element element;

	if (report->query->type != VTL_ANY && report->query->type != type)
		return false;
	if (first < report->query->start)
		first = report->query->start;
	if (first >= end)
		return false;
	*page = (struct page){ type, first, end, end - first, descriptor_length(report, type) };
	if (!report->query->search)
		return true;
	page->count = 0;
	for (uint32_t at = first; at < end && next_element(report, page, at, &element); at = element.address + 1u)
		if (page->count++ == 0)
			page->first = element.address;
	return page->count;
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

bool smc_accessible(const struct vtl_element *element)
{
	if (element->hindrance != VTL_REACHABLE)
		return false;
	return element->type != VTL_DRIVE || !element->drive || drive_accessible(element->drive);
}

uint16_t smc_exception(const struct vtl_element *element)
{
	static const uint16_t of[] = {
		[VTL_REACHABLE] = 0, [VTL_STATION_OPEN] = 0x3a02, [VTL_MAGAZINE_OUT] = 0x3b11,
		[VTL_ELEMENT_DISABLED] = 0x3b18, [VTL_DRIVE_OUT] = 0x3b1a,
	};

	if (element->hindrance != VTL_REACHABLE)
		return of[element->hindrance];
	/* The drive has it and cannot use it. */
	if (element->type == VTL_DRIVE && element->drive &&
	    element->drive->ops->state(element->drive) == VTL_DRIVE_REFUSED)
		return element->kind == MEDIA_CLEANING ? 0x3003 : 0x3000;
	return 0;
}

static uint8_t element_flags(const struct vtl_element *element)
{
	uint8_t flags = (element->full ? ELEMENT_FULL : 0) | (smc_exception(element) ? ELEMENT_EXCEPT : 0);
	uint8_t access = smc_accessible(element) ? ELEMENT_ACCESS : 0;

	switch (element->type) {
	case VTL_STORAGE:
	case VTL_DRIVE:
		return flags | access;
	case VTL_IMPORT_EXPORT:
		return flags | access | ELEMENT_INENAB | ELEMENT_EXENAB |
		       (element->full && element->operator_placed ? ELEMENT_IMPEXP : 0);
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

/* An element without a cartridge, or a cartridge without that tag: zeros, undefined (SMC-3 4.9). */
static void put_volume_tag(uint8_t *p, const struct vtl_volume_tag *tag)
{
	if (!tag->text[0])
		return;
	memset(p, ' ', MEDIA_MAX_BARCODE);
	memcpy(p, tag->text, strnlen(tag->text, MEDIA_MAX_BARCODE));
	put_be16(p + 34, tag->sequence);
}

static void put_serial(uint8_t *p, const struct vtl_drive *drive, unsigned len)
{
	const char *serial = drive->ops->serial(drive);

	memset(p, ' ', len);
	memcpy(p, serial, strnlen(serial, len));
}

/*
 * CODE SET, IDENTIFIER TYPE, IDENTIFIER LENGTH and IDENTIFIER (SMC-3 6.11.6). The room is the model's; an identifier
 * that is shorter says so and is followed by zeros.
 */
static void put_identifier(uint8_t *p, const struct vtl_drive *drive, const struct vtl_library_model *model)
{
	uint8_t designator[IDENTIFIER_HEAD + IDENTIFIER_MAX] = { 0 };
	unsigned len = identifier_room(model);

	if (model->dvcid == VTL_DVCID_SERIAL || model->dvcid == VTL_DVCID_PADDED) {
		p[0] = 0x02;	/* ASCII; type 0: vendor specific */
		p[3] = (uint8_t)(model->dvcid == VTL_DVCID_PADDED ? strnlen(drive->ops->serial(drive), len) : len);
		put_serial(p + IDENTIFIER_HEAD, drive, len);
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

/*
 * What StorageTek's libraries have at the end (SL500 Interface Reference Manual, 96122, Read Element Status; so has the
 * SL150's): Media Domain and Media Type, the last two characters of the cartridge's label; for drives Transport
 * Domain and Transport Type, and where no identifier was asked for, the serial number behind them. FFh: not known.
 */
static void put_domains(const struct report *report, const struct vtl_element *element, uint8_t *p)
{
	unsigned room = identifier_room(report->model);

	if (element->type == VTL_DRIVE && shows_identifiers(report))
		p += room;
	if (element->full)
		memset(p, 0xff, 2);
	if (element->full && element->label[0])
		memcpy(p, element->label, 2);
	if (element->type != VTL_DRIVE)
		return;
	memset(p + 2, 0xff, 2);
	if (element->transport[0])
		memcpy(p + 2, element->transport, 2);
	if (!shows_identifiers(report) && element->drive)
		put_serial(p + DOMAIN_LEN, element->drive, room);
}

static void put_descriptor(const struct report *report, const struct vtl_element *element, uint8_t *p)
{
	put_be16(p, element->address);
	p[2] = element_flags(element);
	put_be16(p + 4, smc_exception(element));
	if (element->hindrance == VTL_ELEMENT_DISABLED)
		p[9] |= ELEMENT_ED;
	if (element->full) {
		p[9] |= medium_type[element->kind];
		if (element->source != VTL_NO_ADDRESS) {
			p[9] |= ELEMENT_SVALID;
			put_be16(p + 10, element->source);
		}
	}
	p += DESCRIPTOR_HEAD;
	if (report->query->volume_tags) {
		put_volume_tag(p, &element->tag[VTL_TAG_PRIMARY]);
		p += SMC_VOLUME_TAG_LEN;
	}
	if (report->alternates) {
		put_volume_tag(p, &element->tag[VTL_TAG_ALTERNATE]);
		p += SMC_VOLUME_TAG_LEN;
	}
	if (element->type == VTL_DRIVE && element->drive && shows_identifiers(report))
		put_identifier(p, element->drive, report->model);
	if (report->model->media_domain)
		put_domains(report, element, p + IDENTIFIER_HEAD);
}

/* false: the buffer is full */
static bool put_page(struct report *report, const struct page *page)
{
	uint8_t *p = take(report, PAGE_HEADER);
	uint32_t at = page->first;

	if (!p)
		return false;
	p[0] = (uint8_t)page->type;
	p[1] = (report->query->volume_tags ? PAGE_PVOLTAG : 0) | (report->alternates ? PAGE_AVOLTAG : 0);
	put_be16(p + 2, page->descriptor_len);
	put_be24(p + 5, page->count * page->descriptor_len);
	for (uint32_t i = 0; i < page->count; i++) {
		struct vtl_element element;

		p = take(report, page->descriptor_len);
		if (!p || !next_element(report, page, at, &element))
			return false;
		put_descriptor(report, &element, p);
		at = element.address + 1u;
	}
	return true;
}

/* The highest address of what a page reports. */
static uint32_t last_of(const struct report *report, const struct page *page)
{
	struct vtl_element element = { .address = (uint16_t)(page->first + page->count - 1) };
	uint32_t at = page->first;

	if (!report->query->search)
		return element.address;
	for (uint32_t i = 0; i < page->count && next_element(report, page, at, &element); i++)
		at = element.address + 1u;
	return element.address;
}

void smc_report_elements(const struct vtl_inventory *inventory, const struct vtl_library_model *model,
			 const struct smc_query *query, uint8_t *buf, uint32_t size, struct smc_report *result)
{
	struct report report = { inventory, model, query, .buf = buf, .size = size };
	uint32_t bytes = 0;
	uint8_t *p;

	*result = (struct smc_report){ 0 };
	report.alternates = query->volume_tags && inventory->ops->has_alternates(inventory);
	plan(&report);
	for (unsigned i = 0; i < report.pages; i++) {
		result->elements += report.page[i].count;
		bytes += PAGE_HEADER + report.page[i].count * report.page[i].descriptor_len;
	}
	if (report.pages > 0)
		result->last = last_of(&report, &report.page[report.pages - 1]);
	p = take(&report, REPORT_HEADER);
	if (!p)
		return;
	if (report.pages > 0)
		put_be16(p, (uint16_t)report.page[0].first);
	put_be16(p + 2, (uint16_t)result->elements);
	p[4] = query->header4;
	put_be24(p + 5, bytes);
	for (unsigned i = 0; i < report.pages && put_page(&report, &report.page[i]); i++)
		;
	result->used = report.used;
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

void smc_type_order(const struct vtl_inventory *inv, enum vtl_element_type order[SMC_TYPES])
{
	unsigned n = 0, i;

	for (int type = VTL_TRANSPORT; type <= VTL_DRIVE; type++) {
		for (i = n++; i > 0 && inv->ops->first(inv, order[i - 1]) >
				       inv->ops->first(inv, (enum vtl_element_type)type); i--)
			order[i] = order[i - 1];
		order[i] = (enum vtl_element_type)type;
	}
}
