/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages in model files: `mode "0A/F0" { data = "8A F0 …" }` gives bytes, also `vpd "B1"` and `log "31"`. */
/*
 * Without data it is core's own page; `absent = true` takes it away. With `complete = true` in the model there are no
 * others.
 */
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "build.h"

const struct conf_schema model_page_schema[] = {
	{ .name = "data" }, { .name = "changeable" }, { .name = "absent" }, { 0 }
};

enum page_kind { PAGE_MODE, PAGE_VPD, PAGE_LOG };

static const struct page_kind_info {
	const char *section;
	uint8_t max_code;
	bool subcodes;
} kinds[] = {
	[PAGE_MODE] = { "mode", 0x3e, true },
	[PAGE_VPD] = { "vpd", 0xff, false },
	[PAGE_LOG] = { "log", 0x3f, true },
};

static bool fail(struct model_load *load, const struct conf_section *section, const char *section_name,
		 const char *what)
{
	const struct conf_value *value = conf_value(section, "data", 0);

	return model_wrong(load, section, value ? value->line : 0, "%s \"%s\": %s", section_name, conf_title(section),
			   what);
}

static bool parse_title(const char *title, const struct page_kind_info *info, struct vtl_model_page *page)
{
	char *end;
	unsigned long code = strtoul(title, &end, 16), sub = 0;

	if (end == title || title[0] == '-' || code > info->max_code)
		return false;
	if (*end == '/' && info->subcodes) {
		const char *from = end + 1;

		sub = strtoul(from, &end, 16);
		if (end == from || *from == '-' || sub > 0xfe)
			return false;
	}
	page->code = (uint8_t)code;
	page->subcode = (uint8_t)sub;
	return !*end;
}

/* Whether the header of the page agrees with its code and length: NULL, or what is wrong. */
static const char *check_header(enum page_kind kind, const struct vtl_model_page *page)
{
	const uint8_t *d = page->data;
	unsigned header = kind == PAGE_MODE && !page->subcode ? 2 : 4, said;

	if (page->len < header)
		return "the data is shorter than the header of a page";
	switch (kind) {
	case PAGE_MODE:		/* SPC-5 7.5.6: page_0 and sub_page formats */
		if ((d[0] & 0x3f) != page->code || !!(d[0] & 0x40) != !!page->subcode)
			return "the first byte of the data is not this page's code";
		if (page->subcode && d[1] != page->subcode)
			return "the second byte of the data is not this page's subcode";
		said = page->subcode ? get_be16(d + 2) : d[1];
		break;
	case PAGE_VPD:		/* SPC-5 7.7.1; the first byte is core's to set */
		if (d[1] != page->code)
			return "the second byte of the data is not this page's code";
		said = get_be16(d + 2);
		break;
	default:		/* SPC-5 7.3.2 */
		if ((d[0] & 0x3f) != page->code || (page->subcode && d[1] != page->subcode))
			return "the first bytes of the data are not this page's code";
		said = get_be16(d + 2);
	}
	return said == page->len - header ? NULL : "the page length in the data is not that of the data";
}

static bool read_mask(struct model_load *load, enum page_kind kind, const struct conf_section *section,
		      struct vtl_model_page *page)
{
	const struct conf_value *mask = conf_value(section, "changeable", 0);
	struct vtl_model_bytes bytes;

	if (!mask)
		return true;
	if (kind != PAGE_MODE)
		return fail(load, section, kinds[kind].section, "only mode pages have changeable bits");
	if (!model_bytes(load, section, "changeable", mask, NULL, &bytes))
		return false;
	page->changeable = bytes.data;
	return bytes.len == page->len ||
	       fail(load, section, kinds[kind].section, "data and changeable differ in length");
}

static bool read_page(struct model_load *load, enum page_kind kind, const struct conf_section *section,
		      const struct vtl_model_inquiry *inquiry, struct vtl_model_page *page)
{
	const struct page_kind_info *info = &kinds[kind];
	const struct conf_value *data = conf_value(section, "data", 0), *absent = conf_value(section, "absent", 0);
	struct vtl_model_bytes bytes;
	const char *wrong;
	bool gone = false;

	if (!parse_title(conf_title(section), info, page))
		return fail(load, section, info->section, "no such page code (like \"0A\" or \"0A/F0\")");
	if (absent && !conf_bool(section, "absent", absent, &gone, load->why))
		return false;
	if (!data) {
		page->own = !gone;
		return !conf_value(section, "changeable", 0) ||
		       fail(load, section, info->section, "lacks the option 'data'");
	}
	if (gone)
		return fail(load, section, info->section, "is absent and has data");
	if (!model_bytes(load, section, "data", data, inquiry, &bytes))
		return false;
	page->data = bytes.data;
	page->len = bytes.len;
	page->live = bytes.live;
	page->lives = bytes.lives;
	wrong = check_header(kind, page);
	if (wrong)
		return fail(load, section, info->section, wrong);
	return read_mask(load, kind, section, page);
}

static int compare(const void *a, const void *b)
{
	const struct vtl_model_page *x = a, *y = b;

	return x->code != y->code ? x->code - y->code : x->subcode - y->subcode;
}

static bool read_kind(struct model_load *load, const struct model_source *source, enum page_kind kind,
		      const struct vtl_model_inquiry *inquiry, struct vtl_model_pages *pages)
{
	const struct conf_section *section;
	struct vtl_model_page *rows, page;
	unsigned n = 0, have = 0;

	for (const struct model_source *s = source; s; s = s->base)
		for (unsigned i = 0; conf_sub(s->section, kinds[kind].section, i); i++)
			n++;
	if (!n)
		return true;
	rows = model_alloc(load, n * sizeof(*rows));
	if (!rows)
		return false;
	for (const struct model_source *s = source; s; s = s->base) {
		for (unsigned i = 0; (section = conf_sub(s->section, kinds[kind].section, i)); i++) {
			unsigned j = 0;

			memset(&page, 0, sizeof(page));
			if (!read_page(load, kind, section, inquiry, &page))
				return false;
			while (j < have && compare(&rows[j], &page))
				j++;
			if (j == have)		/* else nearer in the chain: it wins */
				rows[have++] = page;
		}
	}
	qsort(rows, have, sizeof(*rows), compare);
	pages->row = rows;
	pages->count = have;
	return true;
}

bool model_pages(struct model_load *load, const struct model_source *source, const struct vtl_model_inquiry *inquiry,
		 struct vtl_model_pages *mode, struct vtl_model_pages *vpd, struct vtl_model_pages *log)
{
	const struct conf_section *from = model_giver(source, "complete");
	bool complete = false;

	if (from && !conf_bool(from, "complete", conf_value(from, "complete", 0), &complete, load->why))
		return false;
	mode->complete = vpd->complete = log->complete = complete;
	return read_kind(load, source, PAGE_MODE, inquiry, mode) && read_kind(load, source, PAGE_VPD, inquiry, vpd) &&
	       read_kind(load, source, PAGE_LOG, inquiry, log);
}
