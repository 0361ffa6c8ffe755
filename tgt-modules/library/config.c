/* SPDX-License-Identifier: GPL-2.0-only */
/* library.conf: what a library consists of. FORMAT.md "library.conf". */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "parts.h"

#define VERSION		1
#define LAST_ADDRESS	0xfffeu		/* FFFFh means "none" on the wire */

static const struct conf_schema drive_schema[] = {
	{ .name = "model" }, { .name = "serial" },	{ .name = "naa" }, { .name = "address" },
	{ .name = "codec" }, { .name = "codec_level" }, { .name = "buffer" }, { .name = "absent" },
	{ .name = "vendor" }, { .name = "product" },	{ .name = "revision" },
	{ .name = "load_ms" }, { .name = "thread_ms" },	{ .name = "unload_ms" }, { .name = "rewind_ms" },
	{ .name = "position_ms" }, { .name = "erase_ms" }, { .name = "format_ms" }, { .name = "clean_ms" }, { 0 }
};

static const struct conf_schema schema[] = {
	{ .name = "version" },		{ .name = "model" },		  { .name = "serial" },
	{ .name = "vendor" },		{ .name = "product" },		  { .name = "revision" },
	{ .name = "naa" },		{ .name = "slots" },		  { .name = "import_exports" },
	{ .name = "transport_address" }, { .name = "slot_address" },	  { .name = "import_export_address" },
	{ .name = "drive_address" },	{ .name = "stations", .list = true }, { .name = "station_magazines" },
	{ .name = "magazine_slots" },	{ .name = "move_ms" },		  { .name = "drive_timeout" },
	{ .name = "hook_timeout" },	{ .name = "move_hook_before", .list = true },
	{ .name = "move_hook_after", .list = true }, { .name = "drive", .section = drive_schema }, { 0 }
};

/* Reading one section: after the first failure nothing more happens. */
struct reader {
	const struct conf_section *section;
	struct why *why;
	bool failed;
};

static const struct conf_value *need(struct reader *r, const char *option)
{
	const struct conf_value *value = conf_value(r->section, option, 0);

	if (!value && !r->failed) {
		r->failed = true;
		why_set(r->why, "%s:%u: the option '%s' is missing", conf_section_path(r->section),
			conf_end_line(r->section), option);
	}
	return r->failed ? NULL : value;
}

static void wrong(struct reader *r, const char *option, const struct conf_value *value, const char *what)
{
	if (!r->failed)
		why_set(r->why, "%s:%u: %s: '%s' %s", conf_section_path(r->section), value->line, option, value->text,
			what);
	r->failed = true;
}

static unsigned long long number(struct reader *r, const char *option, unsigned long long min, unsigned long long max)
{
	const struct conf_value *value = need(r, option);
	unsigned long long n = min;

	if (value && !conf_number(r->section, option, value, min, max, &n, r->why))
		r->failed = true;
	return n;
}

static void text(struct reader *r, const char *option, char *to, unsigned size)
{
	const struct conf_value *value = need(r, option);

	if (value && !conf_text(r->section, option, value, size - 1, to, r->why))
		r->failed = true;
	else if (value && !*to)
		wrong(r, option, value, "is empty");
}

static void read_times(struct reader *r, struct library_drive *drive)
{
	for (enum vtl_time i = 0; i < VTL_TIMES; i++)
		if (conf_value(r->section, vtl_time_name(i), 0))
			drive->time_ms[i] = (unsigned)number(r, vtl_time_name(i), 0, VTL_MOST_TIME);
}

static void optional_text(struct reader *r, const char *option, char *to, unsigned size)
{
	if (conf_value(r->section, option, 0))
		text(r, option, to, size);
}

static void read_identity(struct reader *r, struct library_identity *identity)
{
	memset(identity, 0, sizeof(*identity));
	optional_text(r, "vendor", identity->vendor, sizeof(identity->vendor));
	optional_text(r, "product", identity->product, sizeof(identity->product));
	optional_text(r, "revision", identity->revision, sizeof(identity->revision));
}

static void read_drive(struct reader *r, const struct vtl_models *models, struct library_drive *drive)
{
	const struct conf_value *value = need(r, "model");

	if (!library_name_ok(conf_title(r->section), LIBRARY_DRIVE_ID_LEN)) {
		why_set(r->why, "%s:%u: \"%s\" is no name of a drive: up to %u of A-Z a-z 0-9 . _ -",
			conf_section_path(r->section), conf_end_line(r->section), conf_title(r->section),
			LIBRARY_DRIVE_ID_LEN);
		r->failed = true;
		return;
	}
	strcpy(drive->id, conf_title(r->section));
	drive->model = value ? vtl_models_drive(models, value->text) : NULL;
	if (value && !drive->model)
		wrong(r, "model", value, "is no known model of a drive");
	text(r, "serial", drive->serial, sizeof(drive->serial));
	read_identity(r, &drive->identity);
	drive->naa = number(r, "naa", 1, ULLONG_MAX);
	drive->address = (uint16_t)number(r, "address", 0, LAST_ADDRESS);
	value = conf_value(r->section, "codec", 0);
	drive->codec = value ? media_codec_by_name(value->text) : MEDIA_CODEC_ZLIB;
	if (value && drive->codec == MEDIA_CODEC_COUNT)
		wrong(r, "codec", value, "is no known codec");
	if (conf_value(r->section, "codec_level", 0))
		drive->codec_level = (int)number(r, "codec_level", 0, 22);
	if (!r->failed && drive->codec_level > media_codec_max_level(drive->codec))
		wrong(r, "codec_level", conf_value(r->section, "codec_level", 0), "is more than the codec has");
	if (conf_value(r->section, "buffer", 0))
		drive->buffer = (unsigned)number(r, "buffer", 1, LIBRARY_MOST_BUFFER);
	read_times(r, drive);
	value = conf_value(r->section, "absent", 0);
	if (value && !r->failed)
		r->failed = !conf_bool(r->section, "absent", value, &drive->absent, r->why);
}

static bool clash(const struct library_conf *conf, struct why *why, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

static bool clash(const struct library_conf *conf, struct why *why, const char *text, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, text);
	vsnprintf(what, sizeof(what), text, ap);
	va_end(ap);
	why_set(why, "%s/" LIBRARY_CONF_NAME ": %s", conf->dir, what);
	return false;
}

/* No element may have the address of another. */
static bool check_addresses(const struct library_conf *conf, struct why *why)
{
	struct range {
		const char *what;
		unsigned start, count;
	} range[] = {
		{ "transport", conf->transport_start, 1 },
		{ "slots", conf->storage_start, conf->slots },
		{ "import_exports", conf->import_export_start, conf->import_exports },
		{ "drive", 0, 1 },
	};

	for (unsigned d = 0; d <= conf->drives; d++) {
		/* drives one by one: they are few, and may lie apart */
		range[3].start = d < conf->drives ? conf->drive[d].address : 0;
		range[3].count = d < conf->drives;
		for (unsigned i = 0; i < 4; i++) {
			if (range[i].count && range[i].start + range[i].count - 1 > LAST_ADDRESS)
				return clash(conf, why, "%s: element addresses end at %u", range[i].what,
					     LAST_ADDRESS);
			for (unsigned j = 0; j < i; j++) {
				if (!range[i].count || !range[j].count ||
				    range[i].start + range[i].count <= range[j].start ||
				    range[j].start + range[j].count <= range[i].start)
					continue;
				return clash(conf, why,
					     "the element addresses of %s (%u and on) and %s (%u and on) overlap",
					     range[j].what, range[j].start, range[i].what, range[i].start);
			}
		}
	}
	return true;
}

bool library_conf_check(const struct library_conf *conf, struct why *why)
{
	for (unsigned i = 0; i < conf->drives; i++) {
		for (unsigned j = 0; j < i; j++) {
			const struct library_drive *a = &conf->drive[i], *b = &conf->drive[j];

			if (a->address == b->address || !strcmp(a->serial, b->serial))
				return clash(conf, why, "drives %s and %s have the same %s", b->id, a->id,
					     a->address == b->address ? "address" : "serial number");
		}
	}
	return check_addresses(conf, why);
}

static void read_top(struct reader *r, const struct vtl_models *models, struct library_conf *conf)
{
	const struct conf_value *value;

	if (number(r, "version", 1, 0xffff) > VERSION)
		wrong(r, "version", conf_value(r->section, "version", 0), "is newer than this program");
	value = need(r, "model");
	conf->model = value ? vtl_models_library(models, value->text) : NULL;
	if (value && !conf->model)
		wrong(r, "model", value, "is no known model of a library");
	text(r, "serial", conf->serial, sizeof(conf->serial));
	read_identity(r, &conf->identity);
	conf->naa = number(r, "naa", 1, ULLONG_MAX);
	conf->slots = (unsigned)number(r, "slots", 0, LAST_ADDRESS);
	conf->import_exports = (unsigned)number(r, "import_exports", 0, LAST_ADDRESS);
	conf->transport_start = (uint16_t)number(r, "transport_address", 0, LAST_ADDRESS);
	conf->storage_start = (uint16_t)number(r, "slot_address", 0, LAST_ADDRESS);
	conf->import_export_start = (uint16_t)number(r, "import_export_address", 0, LAST_ADDRESS);
	conf->drive_start = (uint16_t)number(r, "drive_address", 0, LAST_ADDRESS);
}

enum library_err library_conf_load(const struct vtl_models *models, struct library_conf *conf, struct why *why)
{
	char path[PATH_MAX];
	struct reader r = { .why = why };
	struct conf *file;

	conf->drive = NULL;
	conf->drives = 0;
	conf->own = NULL;
	memset(conf->station, 0, sizeof(conf->station));
	memset(conf->hook, 0, sizeof(conf->hook));
	conf->station_magazines = false;
	conf->magazine_slots = 0;
	if (!library_path(path, sizeof(path), "%s/" LIBRARY_CONF_NAME, conf->dir)) {
		why_set(why, "%s: the path is too long", conf->dir);
		return LIBRARY_FAILED;
	}
	file = conf_read(path, schema, why);
	if (!file)
		return LIBRARY_FAILED;
	r.section = conf_top(file);
	read_top(&r, models, conf);
	if (!r.failed)
		r.failed = !library_conf_robot(r.section, conf, why);
	while (conf_sub(conf_top(file), "drive", conf->drives))
		conf->drives++;
	conf->drive = calloc(conf->drives + 1, sizeof(*conf->drive));
	if (!conf->drive) {
		why_set(why, "no memory");
		r.failed = true;
	}
	for (unsigned i = 0; !r.failed && i < conf->drives; i++) {
		r.section = conf_sub(conf_top(file), "drive", i);
		read_drive(&r, models, &conf->drive[i]);
	}
	r.section = conf_top(file);
	if (!r.failed)
		r.failed = !library_conf_check(conf, why) || !library_own_identity(conf, why);
	if (r.failed)
		library_conf_free(conf);
	conf_free(file);
	return r.failed ? LIBRARY_FAILED : LIBRARY_OK;
}

void library_conf_serials(const char *dir, void (*each)(void *arg, const char *serial), void *arg)
{
	char path[PATH_MAX];
	const struct conf_section *drive;
	const struct conf_value *value;
	struct conf *file;
	struct why why;

	if (!library_path(path, sizeof(path), "%s/" LIBRARY_CONF_NAME, dir) || !(file = conf_read(path, schema, &why)))
		return;
	value = conf_value(conf_top(file), "serial", 0);
	if (value)
		each(arg, value->text);
	for (unsigned i = 0; (drive = conf_sub(conf_top(file), "drive", i)); i++) {
		value = conf_value(drive, "serial", 0);
		if (value)
			each(arg, value->text);
	}
	conf_free(file);
}

static const char head[] =
	"# A tape library of tgt-vtl. This file says what the library consists of; which cartridge is where is in\n"
	"# `inventory`. vtl rewrites this file as a whole: remarks added here are lost then.\n"
	"# Backup software knows the devices by their serial numbers and element addresses: leave those as they are.\n";

static void write_identity(FILE *f, const char *indent, const struct library_identity *identity)
{
	if (identity->vendor[0])
		fprintf(f, "%svendor = \"%s\"\n", indent, identity->vendor);
	if (identity->product[0])
		fprintf(f, "%sproduct = \"%s\"\n", indent, identity->product);
	if (identity->revision[0])
		fprintf(f, "%srevision = \"%s\"\n", indent, identity->revision);
}

static void write_text(FILE *f, const struct library_conf *conf)
{
	fprintf(f, "%s\nversion = %u\nmodel = \"%s\"\n", head, VERSION, conf->model->name);
	fprintf(f, "serial = \"%s\"\nnaa = 0x%016llx\n", conf->serial, (unsigned long long)conf->naa);
	write_identity(f, "", &conf->identity);
	fprintf(f, "slots = %u\nimport_exports = %u\n", conf->slots, conf->import_exports);
	fprintf(f, "transport_address = %u\nimport_export_address = %u\ndrive_address = %u\nslot_address = %u\n",
		conf->transport_start, conf->import_export_start, conf->drive_start, conf->storage_start);
	library_conf_robot_write(f, conf);
	for (unsigned i = 0; i < conf->drives; i++) {
		const struct library_drive *d = &conf->drive[i];

		fprintf(f, "\ndrive \"%s\" {\n\tmodel = \"%s\"\n\tserial = \"%s\"\n", d->id, d->model->name, d->serial);
		write_identity(f, "\t", &d->identity);
		fprintf(f, "\tnaa = 0x%016llx\n\taddress = %u\n", (unsigned long long)d->naa, d->address);
		fprintf(f, "\tcodec = \"%s\"\n\tcodec_level = %d\n", media_codec_name(d->codec), d->codec_level);
		if (d->buffer)
			fprintf(f, "\tbuffer = %u\n", d->buffer);
		for (enum vtl_time t = 0; t < VTL_TIMES; t++)
			if (d->time_ms[t])
				fprintf(f, "\t%s = %u\n", vtl_time_name(t), d->time_ms[t]);
		if (d->absent)
			fputs("\tabsent = true\n", f);
		fputs("}\n", f);
	}
}

enum library_err library_conf_save(struct media_store *store, const struct library_conf *conf, struct why *why)
{
	char *buf = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&buf, &len);
	int rc = -ENOMEM;

	if (f) {
		write_text(f, conf);
		if (!fclose(f))
			rc = store->ops->replace(store, LIBRARY_CONF_NAME, buf, len);
	}
	free(buf);
	if (rc >= 0)
		return LIBRARY_OK;
	why_set(why, "%s/" LIBRARY_CONF_NAME ": %s", conf->dir, strerror(-rc));
	return LIBRARY_FAILED;
}
