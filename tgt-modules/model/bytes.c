/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes in model files: hexadecimal, with places for what is different on each device. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

struct parser {
	struct model_load *load;
	const struct conf_section *section;
	const char *option;
	const struct conf_value *value;
	const struct vtl_model_inquiry *inquiry;
	uint8_t *data;
	unsigned len;
	struct vtl_model_live *live;
	unsigned lives;
};

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

static bool wrong(struct parser *p, const char *at, const char *what)
{
	size_t len = *at == '<' ? strcspn(at, ">") + 1 : 2;

	return model_wrong(p->load, p->section, p->value->line, "%s: '%.*s' %s", p->option, (int)strnlen(at, len), at,
			   what);
}

/* What stands between < and >, and how many bytes it takes if no number follows. */
static const struct insert {
	const char *name;
	unsigned len;			/* 0: a number must follow */
	bool fixed;			/* no number may follow */
	int live;			/* enum vtl_live; -1: text of the model */
	unsigned text;			/* offset in struct vtl_model_inquiry */
} inserts[] = {
	{ "serial", 0, false, VTL_LIVE_SERIAL, 0 },
	{ "naa", 8, true, VTL_LIVE_NAA, 0 },
	{ "port-naa", 8, true, VTL_LIVE_PORT_NAA, 0 },
	{ "port", 2, true, VTL_LIVE_PORT, 0 },
	{ "vendor", 8, false, -1, offsetof(struct vtl_model_inquiry, vendor) },
	{ "product", 16, false, -1, offsetof(struct vtl_model_inquiry, product) },
	{ "revision", 4, false, -1, offsetof(struct vtl_model_inquiry, revision) },
};

static const struct insert *find_insert(const char *name, size_t len)
{
	for (unsigned i = 0; i < sizeof(inserts) / sizeof(*inserts); i++)
		if (strlen(inserts[i].name) == len && !strncmp(inserts[i].name, name, len))
			return &inserts[i];
	return NULL;
}

/* `<name>` or `<name length>`; `*at` goes behind it. */
static bool parse_insert(struct parser *p, const char **at)
{
	const char *name = *at + 1;
	const struct insert *insert = find_insert(name, strcspn(name, " >"));
	char *end = (char *)name + strcspn(name, " >");
	unsigned long len = insert ? insert->len : 0;

	if (!insert || (insert->live < 0 && !p->inquiry))
		return wrong(p, *at, "is nothing that is known here");
	if (*end == ' ' && !insert->fixed)
		len = strtoul(end, &end, 10);
	if (*end != '>' || !len || len > 255)
		return wrong(p, *at, "does not say how many bytes it takes (1 to 255)");
	if (insert->live >= 0) {
		p->live[p->lives++] = (struct vtl_model_live){ .what = (enum vtl_live)insert->live,
							       .at = (uint16_t)p->len, .len = (uint16_t)len };
		p->len += (unsigned)len;
	} else {
		const char *text = (const char *)p->inquiry + insert->text;
		size_t have = strnlen(text, len);

		memset(p->data + p->len, ' ', len);
		memcpy(p->data + p->len, text, have);
		p->len += (unsigned)len;
	}
	*at = end + 1;
	return true;
}

/* The most bytes and places that a text may stand for. */
static void measure(const char *text, size_t *bytes, size_t *places)
{
	*bytes = strlen(text) / 2 + 1;
	*places = 0;
	for (; *text; text++) {
		if (*text == '<') {
			(*places)++;
			*bytes += 255;
		}
	}
}

bool model_bytes(struct model_load *load, const struct conf_section *section, const char *option,
		 const struct conf_value *value, const struct vtl_model_inquiry *inquiry, struct vtl_model_bytes *bytes)
{
	struct parser p = { load, section, option, value, inquiry, NULL, 0, NULL, 0 };
	const char *at = value->text;
	size_t most, places;

	measure(at, &most, &places);
	p.data = model_alloc(load, most);
	p.live = places ? model_alloc(load, places * sizeof(*p.live)) : NULL;
	if (!p.data || (places && !p.live))
		return false;
	while (*at) {
		if (isspace((unsigned char)*at)) {
			at++;
		} else if (*at == '<') {
			if (!parse_insert(&p, &at))
				return false;
		} else if (at[0] == '.' && at[1] == '.') {
			p.data[p.len++] = 0;
			at += 2;
		} else if (hex_digit(at[0]) < 0 || hex_digit(at[1]) < 0) {
			return wrong(&p, at, "is not a byte in hexadecimal");
		} else {
			p.data[p.len++] = (uint8_t)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
			at += 2;
		}
	}
	*bytes = (struct vtl_model_bytes){ p.data, p.len, p.live, p.lives };
	return true;
}
