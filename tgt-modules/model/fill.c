/* SPDX-License-Identifier: GPL-2.0-only */
/* Fills the members of a model from the options of its section and of those that it inherits from. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

bool model_wrong(struct model_load *load, const struct conf_section *section, unsigned line, const char *fmt, ...)
{
	char text[sizeof(load->why->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	why_set(load->why, "%s:%u: %s", conf_section_path(section), line ? line : conf_end_line(section), text);
	return false;
}

const struct conf_section *model_giver(const struct model_source *source, const char *option)
{
	for (; source; source = source->base)
		if (conf_count(source->section, option))
			return source->section;
	return NULL;
}

static bool store_number(const struct model_field *f, unsigned long long n, void *to)
{
	n /= f->unit ? f->unit : 1;
	switch (f->size) {
	case 1:
		*(uint8_t *)to = (uint8_t)n;
		break;
	case 2:
		*(uint16_t *)to = (uint16_t)n;
		break;
	case 4:
		*(uint32_t *)to = (uint32_t)n;
		break;
	default:
		*(uint64_t *)to = n;
	}
	return true;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

bool model_hex(struct model_load *load, const struct conf_section *section, const char *option,
	       const struct conf_value *value, const uint8_t **data, unsigned *len)
{
	uint8_t *buf = model_alloc(load, strlen(value->text) / 2 + 1);
	const char *p = value->text;
	unsigned n = 0;

	if (!buf)
		return false;
	while (*p) {
		if (isspace((unsigned char)*p)) {
			p++;
			continue;
		}
		if (hex_digit(p[0]) < 0 || hex_digit(p[1]) < 0) {
			return model_wrong(load, section, value->line, "%s: '%.2s' is not a byte in hexadecimal",
					   option, p);
		}
		buf[n++] = (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
		p += 2;
	}
	*data = buf;
	*len = n;
	return true;
}

static bool fill_word(struct model_load *load, const struct conf_section *from, const struct model_field *f,
		      const struct conf_value *value, void *to)
{
	for (unsigned i = 0; f->words[i]; i++) {
		if (!strcmp(value->text, f->words[i])) {
			*(unsigned *)to = i;
			return true;
		}
	}
	return model_wrong(load, from, value->line, "%s: '%s' is none of those known: %s, %s …", f->name, value->text,
			   f->words[0], f->words[1]);
}

static bool fill_numbers(struct model_load *load, const struct conf_section *from, const struct model_field *f,
			 void *to)
{
	const struct conf_value *value;
	unsigned long long n;

	for (unsigned i = 0; (value = conf_value(from, f->name, i)); i++) {
		if (i == f->size / sizeof(uint16_t))
			return model_wrong(load, from, value->line, "%s: more than %u values", f->name, i);
		if (!conf_number(from, f->name, value, f->min, f->max, &n, load->why))
			return false;
		((uint16_t *)to)[i] = (uint16_t)n;
	}
	return true;
}

static bool fill_one(struct model_load *load, const struct conf_section *from, const struct model_field *f, void *model)
{
	const struct conf_value *value = conf_value(from, f->name, 0);
	uint8_t *to = (uint8_t *)model + f->offset;
	unsigned long long n;

	switch (f->type) {
	case FIELD_TEXT:
		return conf_text(from, f->name, value, f->size - 1, (char *)to, load->why);
	case FIELD_NUMBER:
		return conf_number(from, f->name, value, f->min, f->max, &n, load->why) && store_number(f, n, to);
	case FIELD_BOOL:
		return conf_bool(from, f->name, value, (bool *)to, load->why);
	case FIELD_WORD:
		return fill_word(load, from, f, value, to);
	case FIELD_HEX:
		return model_hex(load, from, f->name, value, (const uint8_t **)to,
				 (unsigned *)((uint8_t *)model + f->len_offset));
	case FIELD_NUMBERS:
		return fill_numbers(load, from, f, to);
	}
	return false;
}

bool model_fill(struct model_load *load, const struct model_source *source, const struct model_field *field,
		void *model)
{
	for (const struct model_field *f = field; f->name; f++) {
		const struct conf_section *from = model_giver(source, f->name);

		if (from) {
			if (!fill_one(load, from, f, model))
				return false;
		} else if (f->required) {
			return model_wrong(load, source->section, 0, "%s \"%s\" lacks the option '%s'",
					   model_kinds[source->kind].name, conf_title(source->section), f->name);
		}
	}
	return true;
}

bool model_check_serial(struct model_load *load, const struct model_source *source, const char *format, unsigned len)
{
	const struct conf_section *from = model_giver(source, "serial_format");
	char serial[64];

	if (vtl_model_serial(format, 0, serial, len + 1))
		return true;
	return model_wrong(load, from, conf_value(from, "serial_format", 0)->line,
			   "serial_format: '%s' is not a text of at most %u characters with one %%0Nu or %%0NX", format,
			   len);
}

bool model_unsupported(struct model_load *load, const struct model_source *source, const uint16_t **list,
		       unsigned *count)
{
	const struct conf_section *from = model_giver(source, "unsupported");
	unsigned n = from ? conf_count(from, "unsupported") : 0;
	unsigned long long opcode;
	uint16_t *to;

	if (!n)
		return true;
	to = model_alloc(load, n * sizeof(*to));
	if (!to)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (!conf_number(from, "unsupported", conf_value(from, "unsupported", i), 0, 0xff, &opcode, load->why))
			return false;
		to[i] = (uint16_t)opcode;
	}
	*list = to;
	*count = n;
	return true;
}
