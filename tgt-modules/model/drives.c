/* SPDX-License-Identifier: GPL-2.0-only */
/* Drives from model files. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "build.h"

#define M(member)	.offset = offsetof(struct vtl_drive_model, member), \
			.size = sizeof(((struct vtl_drive_model *)0)->member)

const struct model_field model_drive_fields[] = {
	{ "description", FIELD_TEXT, M(description) },
	{ "family", FIELD_TEXT, M(family), true },
	{ "vendor", FIELD_TEXT, M(inquiry.vendor), true },
	{ "product", FIELD_TEXT, M(inquiry.product), true },
	{ "revision", FIELD_TEXT, M(inquiry.revision), true },
	{ "inquiry_version", FIELD_NUMBER, M(inquiry.version), true, .max = 0xff },
	{ "version_descriptors", FIELD_NUMBERS, M(inquiry.version_descriptor), .max = 0xffff },
	{ "inquiry_vendor_specific", FIELD_BYTES, M(inquiry.vendor_specific) },
	{ "inquiry_data", FIELD_BYTES, M(inquiry.data) },
	{ "medium_types", FIELD_BYTES, M(medium_types) },
	{ "transport", FIELD_BYTES, M(transport) },
	{ "serial_length", FIELD_NUMBER, M(serial_len), true, .min = 4, .max = 32 },
	{ "serial_format", FIELD_TEXT, M(serial_format), true },
	{ "block_min", FIELD_NUMBER, M(block_min), .max = MEDIA_MAX_BLOCK },
	{ "block_max", FIELD_NUMBER, M(block_max), true, .min = 512, .max = MEDIA_MAX_BLOCK },
	{ "block_granularity", FIELD_NUMBER, M(block_granularity), .max = 31 },
	{ "partitions", FIELD_NUMBER, M(max_partitions), .min = 1, .max = MEDIA_MAX_PARTITIONS },
	{ "worm", FIELD_BOOL, M(worm) },
	{ "encryption", FIELD_BOOL, M(encryption) },
	{ "external_encryption", FIELD_BOOL, M(external_encryption) },
	{ "lbp_rscrc", FIELD_BOOL, M(lbp_rscrc) },
	{ "lbp_crc32c", FIELD_BOOL, M(lbp_crc32c) },
	{ "lbp_crc32c_method", FIELD_NUMBER, M(lbp_crc32c_method), .min = 2, .max = 0xff },
	{ "append_only", FIELD_BOOL, M(append_only) },
	{ "compression_algorithm", FIELD_NUMBER, M(compression_algorithm), .max = 0xff },
	{ "load_ms", FIELD_NUMBER, M(time_ms[VTL_TIME_LOAD]), .max = VTL_MOST_TIME },
	{ "thread_ms", FIELD_NUMBER, M(time_ms[VTL_TIME_THREAD]), .max = VTL_MOST_TIME },
	{ "unload_ms", FIELD_NUMBER, M(time_ms[VTL_TIME_UNLOAD]), .max = VTL_MOST_TIME },
	{ "rewind_ms", FIELD_NUMBER, M(time_ms[VTL_TIME_REWIND]), .max = VTL_MOST_TIME },
	{ "position_ms", FIELD_NUMBER, M(time_ms[VTL_TIME_POSITION]), .max = VTL_MOST_TIME },
	{ "erase_ms", FIELD_NUMBER, M(time_ms[VTL_TIME_ERASE]), .max = VTL_MOST_TIME },
	{ "format_ms", FIELD_NUMBER, M(time_ms[VTL_TIME_FORMAT]), .max = VTL_MOST_TIME },
	{ "clean_ms", FIELD_NUMBER, M(time_ms[VTL_TIME_CLEAN]), .max = VTL_MOST_TIME },
	{ 0 }
};

static const struct conf_schema takes_schema[] = { { .name = "data" }, { .name = "worm" }, { 0 } };

const struct conf_schema model_drive_schema[] = {
	{ .name = "write_densities", .list = true },
	{ .name = "read_densities", .list = true },
	{ .name = "default_density" },
	{ .name = "takes", .section = takes_schema },
	{ .name = "unsupported", .list = true },
	{ .name = "commands", .list = true },
	{ .name = "complete" },
	{ .name = "mode", .section = model_page_schema },
	{ .name = "vpd", .section = model_page_schema },
	{ .name = "log", .section = model_page_schema },
	{ 0 }
};

static const struct vtl_density *find_density(struct model_load *load, const struct conf_section *from,
					      const char *option, const struct conf_value *value)
{
	const struct model_source *source = model_source_find(load, KIND_DENSITY, value->text);

	if (source && source->model)
		return source->model;
	model_wrong(load, from, value->line, "%s: there is no density \"%s\"", option, value->text);
	return NULL;
}

struct density_row {
	struct vtl_density density;
	bool writable;
};

static int compare_density(const void *a, const void *b)
{
	return ((const struct density_row *)a)->density.code - ((const struct density_row *)b)->density.code;
}

static bool add_densities(struct model_load *load, const struct model_source *source, const char *option,
			  bool writable, struct density_row *row, unsigned *n)
{
	const struct conf_section *from = model_giver(source, option);
	const struct vtl_density *density;
	const struct conf_value *value;

	for (unsigned i = 0; from && (value = conf_value(from, option, i)); i++) {
		density = find_density(load, from, option, value);
		if (!density)
			return false;
		for (unsigned j = 0; j < *n; j++) {
			if (row[j].density.code == density->code)
				return model_wrong(load, from, value->line, "%s: density %02Xh is there twice", option,
						   density->code);
		}
		row[*n].density = *density;
		row[(*n)++].writable = writable;
	}
	return true;
}

static unsigned count_values(const struct model_source *source, const char *option)
{
	const struct conf_section *from = model_giver(source, option);

	return from ? conf_count(from, option) : 0;
}

/* In the order of their codes, as REPORT DENSITY SUPPORT wants them (SSC-5 7.8). */
static bool fill_densities(struct model_load *load, const struct model_source *source, struct vtl_drive_model *drive)
{
	unsigned room = count_values(source, "write_densities") + count_values(source, "read_densities"), n = 0;
	const struct conf_section *from = model_giver(source, "default_density");
	const struct vtl_density *standard;
	struct density_row *row;
	struct vtl_density *density;
	bool *writable;

	if (!room)
		return model_wrong(load, source->section, 0, "drive \"%s\" lacks the option 'write_densities'",
				   conf_title(source->section));
	row = model_alloc(load, room * sizeof(*row));
	density = model_alloc(load, room * sizeof(*density));
	writable = model_alloc(load, room * sizeof(*writable));
	if (!row || !density || !writable || !add_densities(load, source, "write_densities", true, row, &n) ||
	    !add_densities(load, source, "read_densities", false, row, &n))
		return false;
	qsort(row, n, sizeof(*row), compare_density);
	for (unsigned i = 0; i < n; i++) {
		density[i] = row[i].density;
		writable[i] = row[i].writable;
		if (writable[i])
			drive->default_density = density[i].code;
	}
	drive->density = density;
	drive->density_writable = writable;
	drive->densities = n;
	if (from) {
		standard = find_density(load, from, "default_density", conf_value(from, "default_density", 0));
		if (!standard)
			return false;
		drive->default_density = standard->code;
	}
	return true;
}

static bool parse_access(struct model_load *load, const struct conf_section *section, const char *option,
			 enum vtl_access *access)
{
	static const char *const words[] = { "none", "read", "write" };
	const struct conf_value *value = conf_value(section, option, 0);

	*access = VTL_ACCESS_NONE;
	if (!value)
		return true;
	for (unsigned i = 0; i < 3; i++) {
		if (!strcmp(value->text, words[i])) {
			*access = (enum vtl_access)i;
			return true;
		}
	}
	return model_wrong(load, section, value->line, "%s: '%s' is none of none, read, write", option, value->text);
}

static bool wrong_takes(struct model_load *load, const struct conf_section *section, const char *what)
{
	const struct conf_value *value = conf_value(section, "data", 0);

	return model_wrong(load, section, value ? value->line : 0, "takes \"%s\": %s", conf_title(section), what);
}

static bool read_takes(struct model_load *load, const struct vtl_drive_model *drive,
		       const struct conf_section *section, struct vtl_drive_medium *row)
{
	const struct model_source *source = model_source_find(load, KIND_MEDIUM, conf_title(section));
	unsigned i = 0;

	if (!source || !source->model)
		return wrong_takes(load, section, "there is no medium of that name");
	row->medium = source->model;
	if (!parse_access(load, section, "data", &row->access) ||
	    !parse_access(load, section, "worm", &row->worm_access))
		return false;
	if (row->medium->cleaning || (!row->access && !row->worm_access))
		return true;
	while (i < drive->densities && drive->density[i].code != row->medium->density)
		i++;
	if (i == drive->densities)
		return wrong_takes(load, section, "its density is none of this drive's densities");
	if (!drive->density_writable[i] && (row->access == VTL_ACCESS_WRITE || row->worm_access == VTL_ACCESS_WRITE))
		return wrong_takes(load, section, "its density is one that this drive only reads");
	return true;
}

static bool fill_media(struct model_load *load, const struct model_source *source, struct vtl_drive_model *drive)
{
	const struct conf_section *section;
	struct vtl_drive_medium *rows, row;
	unsigned n = 0;

	for (const struct model_source *s = source; s; s = s->base)
		for (unsigned i = 0; conf_sub(s->section, "takes", i); i++)
			n++;
	rows = model_alloc(load, (n + 1) * sizeof(*rows));
	if (!rows)
		return false;
	n = 0;
	for (const struct model_source *s = source; s; s = s->base) {
		for (unsigned i = 0; (section = conf_sub(s->section, "takes", i)); i++) {
			unsigned j = 0;

			if (!read_takes(load, drive, section, &row))
				return false;
			while (j < n && rows[j].medium != row.medium)
				j++;
			if (j == n)		/* else nearer in the chain: it wins */
				rows[n++] = row;
		}
	}
	drive->media = rows;
	drive->media_count = n;
	return true;
}

static bool check_transport(struct model_load *load, const struct model_source *source,
			    const struct vtl_drive_model *drive)
{
	const struct conf_section *from = model_giver(source, "transport");

	if (!from || drive->transport.len == 2)
		return true;
	return model_wrong(load, from, conf_value(from, "transport", 0)->line,
			   "transport: %u bytes are not a domain and a type", drive->transport.len);
}

static bool check_medium_types(struct model_load *load, const struct model_source *source,
			       const struct vtl_drive_model *drive)
{
	const struct conf_section *from = model_giver(source, "medium_types");

	if (!from || drive->medium_types.len % MODEL_MEDIUM_TYPE_LEN == 0)
		return true;
	return model_wrong(load, from, conf_value(from, "medium_types", 0)->line,
			   "medium_types: %u bytes are no descriptors of %u bytes each", drive->medium_types.len,
			   MODEL_MEDIUM_TYPE_LEN);
}

bool model_finish_drive(struct model_load *load, const struct model_source *source, void *model)
{
	struct vtl_drive_model *drive = model;

	if (!model_giver(source, "block_min"))
		drive->block_min = 1;
	if (!model_giver(source, "lbp_crc32c_method"))
		drive->lbp_crc32c_method = 0x02;
	if (!model_giver(source, "partitions"))
		drive->max_partitions = 1;
	if (drive->block_min > drive->block_max)
		return model_wrong(load, source->section, 0, "drive \"%s\": block_min is above block_max",
				   conf_title(source->section));
	return model_check_serial(load, source, drive->serial_format, drive->serial_len) &&
	       fill_densities(load, source, drive) && fill_media(load, source, drive) &&
	       model_check_inquiry(load, source, &drive->inquiry) && check_medium_types(load, source, drive) &&
	       check_transport(load, source, drive) &&
	       model_command_lists(load, source, &drive->commands) &&
	       model_pages(load, source, &drive->inquiry, &drive->mode, &drive->vpd, &drive->log);
}
