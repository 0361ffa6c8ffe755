/* SPDX-License-Identifier: GPL-2.0-only */
/* Densities and media from model files. */
#include <string.h>

#include "build.h"

#define D(member)	.offset = offsetof(struct vtl_density, member), \
			.size = sizeof(((struct vtl_density *)0)->member)
#define M(member)	.offset = offsetof(struct vtl_medium_model, member), \
			.size = sizeof(((struct vtl_medium_model *)0)->member)

const struct model_field model_density_fields[] = {
	{ "code", FIELD_NUMBER, D(code), true, .max = 0xff },
	{ "secondary", FIELD_NUMBER, D(secondary), .max = 0xff },
	{ "organization", FIELD_TEXT, D(organization), true },
	{ "name", FIELD_TEXT, D(name), true },
	{ "description", FIELD_TEXT, D(description), true },
	{ "bits_per_mm", FIELD_NUMBER, D(bits_per_mm), true, .max = 0xffffff },
	{ "width", FIELD_NUMBER, D(width), true, .max = 0xffff },
	{ "tracks", FIELD_NUMBER, D(tracks), true, .max = 0xffff },
	{ "capacity", FIELD_NUMBER, D(capacity_mb), true, .max = 0xffffffffull * 1000000, .unit = 1000000 },
	{ 0 }
};

const struct model_field model_medium_fields[] = {
	{ "description", FIELD_TEXT, M(description) },
	{ "family", FIELD_TEXT, M(family), true },
	{ "medium_type", FIELD_NUMBER, M(medium_type), .max = 0xff },
	{ "worm_medium_type", FIELD_NUMBER, M(worm_medium_type), .max = 0xff },
	{ "capacity", FIELD_NUMBER, M(capacity), .max = 1ull << 60 },
	{ "early_warning", FIELD_NUMBER, M(early_warning), .max = 1ull << 50 },
	{ "partitions", FIELD_NUMBER, M(max_partitions), .min = 1, .max = MEDIA_MAX_PARTITIONS },
	{ "wraps", FIELD_NUMBER, M(wraps), .max = 4096 },
	{ "mam_size", FIELD_NUMBER, M(mam_bytes), .max = 1 << 24 },
	{ "length", FIELD_NUMBER, M(length_m), .max = 100000 },
	{ "width", FIELD_NUMBER, M(width), .max = 0xffff },
	{ "manufacturer", FIELD_TEXT, M(manufacturer) },
	{ "worm_suffix", FIELD_TEXT, M(worm_suffix) },
	{ "cleaning_suffix", FIELD_TEXT, M(cleaning_suffix) },
	{ "cleaning", FIELD_BOOL, M(cleaning) },
	{ "universal", FIELD_BOOL, M(universal) },
	{ 0 }
};

const struct conf_schema model_medium_schema[] = { { .name = "density" }, { .name = "suffix", .list = true }, { 0 } };

bool model_finish_density(struct model_load *load, const struct model_source *source, void *model)
{
	struct vtl_density *density = model;

	if (!model_giver(source, "secondary"))
		density->secondary = density->code;
	return true;
}

static bool lacks(struct model_load *load, const struct model_source *source, const char *option)
{
	return model_wrong(load, source->section, 0, "medium \"%s\" lacks the option '%s'", conf_title(source->section),
			   option);
}

static bool fill_suffixes(struct model_load *load, const struct model_source *source, struct vtl_medium_model *medium)
{
	const struct conf_section *from = model_giver(source, "suffix");
	const struct conf_value *value;

	for (unsigned i = 0; from && (value = conf_value(from, "suffix", i)); i++) {
		if (i == sizeof(medium->suffix) / sizeof(*medium->suffix))
			return model_wrong(load, from, value->line, "suffix: more than %u values", i);
		if (!conf_text(from, "suffix", value, 2, medium->suffix[i], load->why))
			return false;
	}
	return true;
}

bool model_finish_medium(struct model_load *load, const struct model_source *source, void *model)
{
	struct vtl_medium_model *medium = model;
	const struct conf_section *from = model_giver(source, "density");
	const struct model_source *density;

	if (!fill_suffixes(load, source, medium))
		return false;
	if (medium->cleaning)
		return true;
	if (!from)
		return lacks(load, source, "density");
	density = model_source_find(load, KIND_DENSITY, conf_value(from, "density", 0)->text);
	if (!density || !density->model)
		return model_wrong(load, from, conf_value(from, "density", 0)->line,
				   "density: there is no density \"%s\"", conf_value(from, "density", 0)->text);
	medium->density = ((struct vtl_density *)density->model)->code;
	if (!model_giver(source, "capacity"))
		return lacks(load, source, "capacity");
	if (!model_giver(source, "partitions"))
		medium->max_partitions = 1;
	if (medium->early_warning >= medium->capacity)
		return model_wrong(load, source->section, 0, "medium \"%s\": early_warning is not below capacity",
				   conf_title(source->section));
	return true;
}
