/* SPDX-License-Identifier: GPL-2.0-only */
/* Libraries from model files. */
#include <stdlib.h>
#include <string.h>

#include "build.h"

#define LAST_ADDRESS	0xfffe	/* FFFFh means "none" on the wire (SMC-3 6.15) */

#define M(member)	.offset = offsetof(struct vtl_library_model, member), \
			.size = sizeof(((struct vtl_library_model *)0)->member)

static const char *const dvcid_words[] = { "none", "t10", "serial", "padded", NULL };

const struct model_field model_library_fields[] = {
	{ "description", FIELD_TEXT, M(description) },
	{ "family", FIELD_TEXT, M(family), true },
	{ "vendor", FIELD_TEXT, M(inquiry.vendor), true },
	{ "product", FIELD_TEXT, M(inquiry.product), true },
	{ "revision", FIELD_TEXT, M(inquiry.revision), true },
	{ "inquiry_version", FIELD_NUMBER, M(inquiry.version), true, .max = 0xff },
	{ "version_descriptors", FIELD_NUMBERS, M(inquiry.version_descriptor), .max = 0xffff },
	{ "inquiry_vendor_specific", FIELD_BYTES, M(inquiry.vendor_specific) },
	{ "inquiry_data", FIELD_BYTES, M(inquiry.data) },
	{ "serial_length", FIELD_NUMBER, M(serial_len), true, .min = 4, .max = 32 },
	{ "serial_format", FIELD_TEXT, M(serial_format), true },
	{ "transport_start", FIELD_NUMBER, M(transport.start), true, .max = LAST_ADDRESS },
	{ "transport_max", FIELD_NUMBER, M(transport.max), .min = 1, .max = 0xffff },
	{ "storage_start", FIELD_NUMBER, M(storage.start), true, .max = LAST_ADDRESS },
	{ "storage_max", FIELD_NUMBER, M(storage.max), .max = 0xffff },
	{ "import_export_start", FIELD_NUMBER, M(import_export.start), true, .max = LAST_ADDRESS },
	{ "import_export_max", FIELD_NUMBER, M(import_export.max), .max = 0xffff },
	{ "drive_start", FIELD_NUMBER, M(drive.start), true, .max = LAST_ADDRESS },
	{ "drive_max", FIELD_NUMBER, M(drive.max), .max = 0xffff },
	{ "dvcid", FIELD_WORD, M(dvcid), .words = dvcid_words },
	{ "dvcid_length", FIELD_NUMBER, M(dvcid_len), .max = 255 },
	{ "dvcid_always", FIELD_BOOL, M(dvcid_always) },
	{ "media_domain", FIELD_BOOL, M(media_domain) },
	{ "stations", FIELD_NUMBERS, M(stations), .max = 0xffff },
	{ "station_magazines", FIELD_BOOL, M(station_magazines) },
	{ "magazine_slots", FIELD_NUMBER, M(magazine_slots), .max = 0xffff },
	{ "move_ms", FIELD_NUMBER, M(move_ms), .max = 3600000 },
	{ "barcode_length", FIELD_NUMBER, M(barcode_max), .min = 1, .max = MEDIA_MAX_BARCODE },
	{ 0 }
};

const struct conf_schema model_library_schema[] = {
	{ .name = "unsupported", .list = true },
	{ .name = "commands", .list = true },
	{ .name = "complete" },
	{ .name = "mode", .section = model_page_schema },
	{ .name = "vpd", .section = model_page_schema },
	{ .name = "log", .section = model_page_schema },
	{ 0 }
};

struct range_row {
	const char *start, *max;
	struct vtl_element_range *range;
};

/* A range without a stated maximum reaches to where the next one starts. */
static bool fit_ranges(struct model_load *load, const struct model_source *source, struct range_row *row, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct conf_section *from = model_giver(source, row[i].start);
		unsigned start = row[i].range->start, next = LAST_ADDRESS + 1;
		const char *who = "the last address";

		for (unsigned j = 0; j < n; j++) {
			if (j != i && row[j].range->start >= start && row[j].range->start < next) {
				next = row[j].range->start;
				who = row[j].start;
			}
		}
		if (model_giver(source, row[i].max)) {
			from = model_giver(source, row[i].max);
			if (!row[i].range->max || start + row[i].range->max <= next)
				continue;
			return model_wrong(load, from, conf_value(from, row[i].max, 0)->line,
					   "%s: %u elements from address %u on overlap %s, %u", row[i].max,
					   row[i].range->max, start, who, next);
		}
		if (row[i].range->max)		/* a default */
			continue;
		if (next == start)
			return model_wrong(load, from, conf_value(from, row[i].start, 0)->line,
					   "%s: address %u is that of %s", row[i].start, start, who);
		row[i].range->max = next - start;
	}
	return true;
}

bool model_finish_library(struct model_load *load, const struct model_source *source, void *model)
{
	static const unsigned dvcid_lengths[] = { [VTL_DVCID_T10] = 34, [VTL_DVCID_SERIAL] = 10,
						   [VTL_DVCID_PADDED] = 32 };
	struct vtl_library_model *library = model;
	struct range_row ranges[] = {
		{ "transport_start", "transport_max", &library->transport },
		{ "storage_start", "storage_max", &library->storage },
		{ "import_export_start", "import_export_max", &library->import_export },
		{ "drive_start", "drive_max", &library->drive },
	};

	if (!model_giver(source, "transport_max"))
		library->transport.max = 1;
	if (!model_giver(source, "barcode_length"))
		library->barcode_max = MEDIA_MAX_BARCODE;
	if (!model_giver(source, "dvcid_length"))
		library->dvcid_len = dvcid_lengths[library->dvcid];
	return model_check_serial(load, source, library->serial_format, library->serial_len) &&
	       fit_ranges(load, source, ranges, sizeof(ranges) / sizeof(*ranges)) &&
	       model_check_inquiry(load, source, &library->inquiry) &&
	       model_command_lists(load, source, &library->commands) &&
	       model_pages(load, source, &library->inquiry, &library->mode, &library->vpd, &library->log);
}
