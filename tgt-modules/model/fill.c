/* SPDX-License-Identifier: GPL-2.0-only */
/* Fills the members of a model from the options of its section and of those that it inherits from. */
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
	case FIELD_BYTES:
		return model_bytes(load, from, f->name, value, NULL, (struct vtl_model_bytes *)to);
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

/* SPC-5 6.7.2: ADDITIONAL LENGTH counts what follows byte 4. */
bool model_check_inquiry(struct model_load *load, const struct model_source *source,
			 const struct vtl_model_inquiry *inquiry)
{
	const struct conf_section *from = model_giver(source, "inquiry_data");

	if (!from || (inquiry->data.len >= 36 && inquiry->data.data[4] == inquiry->data.len - 5))
		return true;
	return model_wrong(load, from, conf_value(from, "inquiry_data", 0)->line,
			   "inquiry_data: %u bytes are no standard INQUIRY data, or byte 4 does not say so",
			   inquiry->data.len);
}
