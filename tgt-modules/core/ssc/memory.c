/* SPDX-License-Identifier: GPL-2.0-only */
/* The cartridge's memory: attributes as rows, and READ ATTRIBUTE of whichever cartridge (SPC-5 6.17, 7.4). */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "catalog.h"
#include "tape_impl.h"

#define MIB	1048576ull

void tape_medium_serial(const struct media *media, char serial[2 * MEDIA_UUID_LEN + 1])
{
	const struct media_info *info = media_info(media);
	unsigned i;

	for (i = 0; i < MEDIA_UUID_LEN; i++)
		sprintf(serial + 2 * i, "%02X", info->uuid[i]);
}

void tape_medium_date(const struct media *media, char date[16])
{
	time_t created = (time_t)media_info(media)->created;
	struct tm tm;

	date[0] = '\0';
	if (gmtime_r(&created, &tm))
		strftime(date, 16, "%Y%m%d", &tm);
}

static void get_remaining(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	struct media_usage u;

	media_usage(m->media, partition, &u);
	vtl_put64(r, u.left / MIB);
}

static void get_maximum(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	struct media_usage u;

	media_usage(m->media, partition, &u);
	vtl_put64(r, u.capacity / MIB);
}

static void get_alerts(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	vtl_put64(r, m->alerts);
}

static uint64_t mam_size(const struct tape_memory *m)
{
	return m->medium ? m->medium->mam_bytes : 0;
}

/* A cleaning cartridge has no tape to be parted, and a memory all the same. */
static unsigned partitions(const struct tape_memory *m)
{
	unsigned n = media_info(m->media)->geometry.partitions;

	return n ? n : 1;
}

static uint64_t mam_used(const struct tape_memory *m)
{
	const struct media_attr *a;
	uint64_t used = 0;
	unsigned p;

	for (p = 0; p < partitions(m); p++)
		for (a = media_attr_next(m->media, p, 0); a && a->id < TAPE_MAM_PRIVATE;
		     a = media_attr_next(m->media, p, (uint16_t)(a->id + 1)))
			used += a->len + 5u;
	return used;
}

uint64_t tape_memory_space(const struct tape_memory *m)
{
	uint64_t used = mam_used(m), size = mam_size(m);

	return used < size ? size - used : 0;
}

static void get_mam_space(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	vtl_put64(r, tape_memory_space(m));
}

static void get_organization(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	vtl_put_text(r, m->density ? m->density->organization : "", 8);
}

static void get_density(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	vtl_put8(r, media_info(m->media)->density);
}

static void get_manufacturer(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	vtl_put_text(r, m->medium ? m->medium->manufacturer : "", 8);
}

static void get_serial(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	char serial[2 * MEDIA_UUID_LEN + 1];

	tape_medium_serial(m->media, serial);
	vtl_put_text(r, serial, 32);
}

static void get_length(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	vtl_put32(r, m->medium ? m->medium->length_m : 0);
}

static void get_width(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	vtl_put32(r, m->medium ? m->medium->width : 0);
}

static void get_date(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	char date[16];

	tape_medium_date(m->media, date);
	vtl_put_text(r, date, 8);
}

static void get_mam_size(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	vtl_put64(r, mam_size(m));
}

static void get_medium_type(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	static const uint8_t type[MEDIA_KIND_COUNT] = { [MEDIA_CLEANING] = 0x01, [MEDIA_WORM_DATA] = 0x80 };

	vtl_put8(r, type[media_info(m->media)->kind]);
}

/* Of a cleaning cartridge: how often it cleans in all. */
static void get_type_information(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	vtl_put16(r, media_info(m->media)->kind == MEDIA_CLEANING ? TAPE_CLEANING_USES : 0);
}

static void get_barcode(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	vtl_put_text(r, media_info(m->media)->barcode, 32);
}

/*
 * Medium and partition usage history (SPC-5 7.4.2.2): for this mount, the last one, and all of them what was written,
 * retries of that, what was read, retries of that; then loads, changes of partition, and how often it was formatted.
 */
static void put_usage(const struct tape_memory *m, const uint64_t mib[3][2], unsigned width, struct vtl_reply *r)
{
	const struct tape_volume *life = &m->life;
	const uint64_t errors[3][2] = {
		{ life->write_errors - m->before.write_errors, life->read_errors - m->before.read_errors },
		{ life->last_write_errors, life->last_read_errors },
		{ life->write_errors, life->read_errors },
	};
	uint64_t rows[15];
	unsigned i;

	for (i = 0; i < 12; i++)
		rows[i] = i & 1 ? errors[i / 4][i / 2 & 1] : mib[i / 4][i / 2 & 1] / MIB;
	rows[12] = tape_mam_number(m->media, MAM_LOAD_COUNT);
	rows[13] = 0;
	rows[14] = tape_mam_number(m->media, MAM_INIT_COUNT);
	for (i = 0; i < 15; i++) {
		if (width == 6)
			vtl_put48(r, rows[i]);
		else
			vtl_put32(r, rows[i] < UINT32_MAX ? (uint32_t)rows[i] : UINT32_MAX);
	}
}

static void get_medium_usage(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	const struct tape_volume *life = &m->life;
	const uint64_t bytes[3][2] = {
		{ life->written - m->before.written, life->read - m->before.read },
		{ life->last_written, life->last_read },
		{ life->written, life->read },
	};

	put_usage(m, bytes, 6, r);
}

/* Of the last mount only the whole is known. */
static void get_partition_usage(const struct tape_memory *m, unsigned partition, struct vtl_reply *r)
{
	const struct tape_volume *life = &m->life, *before = &m->before;
	bool alone = media_info(m->media)->geometry.partitions == 1;
	const uint64_t bytes[3][2] = {
		{ life->part_written[partition] - before->part_written[partition],
		  life->part_read[partition] - before->part_read[partition] },
		{ alone ? life->last_written : 0, alone ? life->last_read : 0 },
		{ life->part_written[partition], life->part_read[partition] },
	};

	put_usage(m, bytes, 4, r);
}

/* Ascending. Rows without get() are there when they are stored. */
static const struct tape_attr attr_rows[] = {
	{ 0x0000, "Remaining capacity in partition", MEDIA_ATTR_BINARY, 8, false, get_remaining, true },
	{ 0x0001, "Maximum capacity in partition", MEDIA_ATTR_BINARY, 8, false, get_maximum, true },
	{ 0x0002, "TapeAlert flags", MEDIA_ATTR_BINARY, 8, false, get_alerts },
	{ MAM_LOAD_COUNT, "Load count", MEDIA_ATTR_BINARY, 8, false, NULL },
	{ 0x0004, "MAM space remaining", MEDIA_ATTR_BINARY, 8, false, get_mam_space },
	{ 0x0005, "Assigning organization", MEDIA_ATTR_ASCII, 8, false, get_organization },
	{ 0x0006, "Formatted density code", MEDIA_ATTR_BINARY, 1, false, get_density },
	{ MAM_INIT_COUNT, "Initialization count", MEDIA_ATTR_BINARY, 2, false, NULL },
	{ 0x0008, "Volume identifier", MEDIA_ATTR_ASCII, 32, false, get_barcode },
	{ MAM_CHANGE_REFERENCE, "Volume change reference", MEDIA_ATTR_BINARY, 4, false, NULL },
	{ MAM_LAST_DEVICE, "Device vendor and serial number at last load", MEDIA_ATTR_ASCII, MAM_DEVICE_LEN, false,
	  NULL },
	{ MAM_LAST_DEVICE + 1, "Device vendor and serial number at load 1 before", MEDIA_ATTR_ASCII, MAM_DEVICE_LEN,
	  false, NULL },
	{ MAM_LAST_DEVICE + 2, "Device vendor and serial number at load 2 before", MEDIA_ATTR_ASCII, MAM_DEVICE_LEN,
	  false, NULL },
	{ MAM_LAST_DEVICE + 3, "Device vendor and serial number at load 3 before", MEDIA_ATTR_ASCII, MAM_DEVICE_LEN,
	  false, NULL },
	{ MAM_WRITTEN_LIFE, "MiB written in medium life", MEDIA_ATTR_BINARY, 8, false, NULL },
	{ MAM_READ_LIFE, "MiB read in medium life", MEDIA_ATTR_BINARY, 8, false, NULL },
	{ MAM_WRITTEN_LOAD, "MiB written in last load", MEDIA_ATTR_BINARY, 8, false, NULL },
	{ MAM_READ_LOAD, "MiB read in last load", MEDIA_ATTR_BINARY, 8, false, NULL },
	{ 0x0340, "Medium usage history", MEDIA_ATTR_BINARY, 90, false, get_medium_usage, true },
	{ 0x0341, "Partition usage history", MEDIA_ATTR_BINARY, 60, false, get_partition_usage, true },
	{ 0x0400, "Medium manufacturer", MEDIA_ATTR_ASCII, 8, false, get_manufacturer },
	{ 0x0401, "Medium serial number", MEDIA_ATTR_ASCII, 32, false, get_serial },
	{ 0x0402, "Medium length", MEDIA_ATTR_BINARY, 4, false, get_length },
	{ 0x0403, "Medium width", MEDIA_ATTR_BINARY, 4, false, get_width },
	{ 0x0404, "Assigning organization", MEDIA_ATTR_ASCII, 8, false, get_organization },
	{ 0x0405, "Medium density code", MEDIA_ATTR_BINARY, 1, false, get_density },
	{ 0x0406, "Medium manufacture date", MEDIA_ATTR_ASCII, 8, false, get_date },
	{ 0x0407, "MAM capacity", MEDIA_ATTR_BINARY, 8, false, get_mam_size },
	{ 0x0408, "Medium type", MEDIA_ATTR_BINARY, 1, false, get_medium_type },
	{ 0x0409, "Medium type information", MEDIA_ATTR_BINARY, 2, false, get_type_information },
	{ 0x0800, "Application vendor", MEDIA_ATTR_ASCII, 8, true, NULL },
	{ 0x0801, "Application name", MEDIA_ATTR_ASCII, 32, true, NULL },
	{ 0x0802, "Application version", MEDIA_ATTR_ASCII, 8, true, NULL },
	{ 0x0803, "User medium text label", MEDIA_ATTR_TEXT, 160, true, NULL },
	{ 0x0804, "Date and time last written", MEDIA_ATTR_ASCII, 12, true, NULL },
	{ 0x0805, "Text localization identifier", MEDIA_ATTR_BINARY, 1, true, NULL },
	{ 0x0806, "Barcode", MEDIA_ATTR_ASCII, 32, true, NULL },
	{ 0x0807, "Owning host textual name", MEDIA_ATTR_TEXT, 80, true, NULL },
	{ 0x0808, "Media pool", MEDIA_ATTR_TEXT, 160, true, NULL },
	{ 0x0809, "Partition user text label", MEDIA_ATTR_TEXT, 16, true, NULL },
	{ 0x080a, "Load/unload at partition", MEDIA_ATTR_BINARY, 1, true, NULL },
	{ 0x080b, "Application format version", MEDIA_ATTR_ASCII, 16, true, NULL },
	{ TAPE_MAM_COHERENCY, "Volume coherency information", MEDIA_ATTR_BINARY, 70, true, NULL },
	{ 0x0820, "Medium globally unique identifier", MEDIA_ATTR_BINARY, 36, true, NULL },
	{ 0x0821, "Media pool globally unique identifier", MEDIA_ATTR_BINARY, 36, true, NULL },
	{ 0x1623, "Volume lock (LTFS)", MEDIA_ATTR_BINARY, 1, true, NULL },
};

#define ATTR_ROWS	(sizeof(attr_rows) / sizeof(attr_rows[0]))

const struct tape_attr *tape_attr_row(uint16_t id)
{
	size_t i;

	for (i = 0; i < ATTR_ROWS; i++)
		if (attr_rows[i].id == id)
			return &attr_rows[i];
	return NULL;
}

void vtl_memory_catalog(struct vtl_dev *dev, void (*each)(void *arg, const struct vtl_catalog_row *row), void *arg)
{
	size_t i;

	for (i = 0; vtl_op_has_sa(dev, 0x8c) && i < ATTR_ROWS; i++)
		each(arg, &(struct vtl_catalog_row){
			.kind = VTL_CATALOG_ATTRIBUTE, .code = attr_rows[i].id, .sub = -1, .name = attr_rows[i].name,
			.len = attr_rows[i].len, .writable = attr_rows[i].host });
}

/* An attribute that exists: found by attr_next(), put by put_value(). */
struct attr_found {
	uint16_t id;
	const struct tape_attr *row;		/* may be NULL: stored, and known to no row */
	const struct media_attr *stored;	/* may be NULL: computed */
};

/* What is the medium's as a whole lies in partition 0 and is shown in all; what hosts write is per partition. */
static const struct media_attr *stored_attr(const struct tape_memory *m, const struct tape_attr *row,
					    unsigned partition)
{
	return media_attr_get(m->media, row->host ? partition : 0, row->id);
}

/* The existing attribute with the smallest identifier >= `from`. */
static bool attr_next(const struct tape_memory *m, unsigned partition, uint32_t from, struct attr_found *found)
{
	bool tape = media_info(m->media)->geometry.partitions;
	const struct media_attr *stored;
	size_t i;

	if (from >= TAPE_MAM_PRIVATE)
		return false;
	stored = media_attr_next(m->media, partition, (uint16_t)from);
	if (stored && stored->id >= TAPE_MAM_PRIVATE)
		stored = NULL;
	for (i = 0; i < ATTR_ROWS; i++) {
		const struct tape_attr *row = &attr_rows[i];
		const struct media_attr *a = row->get ? NULL : stored_attr(m, row, partition);

		if (row->id < from || (!row->get && !a) || (row->of_tape && !tape))
			continue;
		if (stored && stored->id < row->id)
			break;
		*found = (struct attr_found){ .id = row->id, .row = row, .stored = a };
		return true;
	}
	if (!stored)
		return false;
	*found = (struct attr_found){ .id = stored->id, .row = tape_attr_row(stored->id), .stored = stored };
	return true;
}

/* MAM ATTRIBUTE format (SPC-5 7.4.1): identifier, READ ONLY and FORMAT, length, value. */
static void put_value(const struct tape_memory *m, unsigned partition, const struct attr_found *a, struct vtl_reply *r)
{
	bool read_only = a->row ? !a->row->host : a->id < 0x0800;

	vtl_put16(r, a->id);
	vtl_put8(r, (uint8_t)((read_only ? 0x80 : 0) | (a->stored ? a->stored->format : a->row->format)));
	vtl_put16(r, a->stored ? a->stored->len : a->row->len);
	if (a->stored)
		vtl_put_bytes(r, a->stored->data, a->stored->len);
	else
		a->row->get(m, partition, r);
}

/* ATTRIBUTE VALUES and ATTRIBUTE LIST. */
static void put_existing(const struct tape_memory *m, unsigned partition, uint32_t from, bool values,
			 struct vtl_reply *r)
{
	struct attr_found a;

	for (; attr_next(m, partition, from, &a); from = a.id + 1u) {
		if (values)
			put_value(m, partition, &a, r);
		else
			vtl_put16(r, a.id);
	}
}

static void put_supported(uint32_t from, struct vtl_reply *r)
{
	size_t i;

	for (i = 0; i < ATTR_ROWS; i++)
		if (attr_rows[i].id >= from)
			vtl_put16(r, attr_rows[i].id);
}

enum { RA_VALUES = 0x00, RA_LIST = 0x01, RA_VOLUMES = 0x02, RA_PARTITIONS = 0x03, RA_SUPPORTED = 0x05 };

/* Volume list and partition list (SPC-5, READ ATTRIBUTE): first number, and how many. */
static void put_range(unsigned count, struct vtl_reply *r)
{
	vtl_put16(r, 2);
	vtl_put8(r, 0);
	vtl_put8(r, (uint8_t)count);
}

static void put_attributes(const struct tape_memory *m, const uint8_t *cdb, struct vtl_reply *r)
{
	unsigned action = cdb[1] & 0x1f;
	uint32_t from = get_be16(cdb + 8);

	vtl_put32(r, 0);
	if (action == RA_SUPPORTED)
		put_supported(from, r);
	else
		put_existing(m, cdb[7], from, action == RA_VALUES, r);
	vtl_patch32(r, 0, (uint32_t)(r->len - 4));
}

static enum vtl_sense bad_cdb(struct vtl_sense_extra *extra, uint16_t byte)
{
	extra->sks = VTL_SKS_CDB_FIELD;
	extra->field = (struct vtl_field){ byte, VTL_NO_BIT };
	return SENSE_INVALID_FIELD_IN_CDB;
}

enum vtl_sense tape_memory_addressed(const struct tape_memory *m, const uint8_t *cdb, struct vtl_sense_extra *extra)
{
	if (cdb[5])
		return bad_cdb(extra, 5);
	return cdb[7] >= partitions(m) ? bad_cdb(extra, 7) : SENSE_NONE;
}

/* The first attribute that is asked for must be there: LTFS relies on it. */
enum vtl_sense tape_memory_read(const struct tape_memory *m, const uint8_t *cdb, struct vtl_reply *r,
				struct vtl_sense_extra *extra)
{
	enum vtl_sense sense = tape_memory_addressed(m, cdb, extra);
	uint16_t first = get_be16(cdb + 8);
	unsigned action = cdb[1] & 0x1f;
	struct attr_found a;

	if (sense != SENSE_NONE)
		return sense;
	if (action == RA_VALUES && !(attr_next(m, cdb[7], first, &a) && a.id == first))
		return bad_cdb(extra, 8);
	if (action == RA_VOLUMES)
		put_range(1, r);
	else if (action == RA_PARTITIONS)
		put_range(partitions(m), r);
	else
		put_attributes(m, cdb, r);
	return SENSE_NONE;
}

uint64_t tape_mam_number(const struct media *media, uint16_t id)
{
	const struct media_attr *a = media_attr_get(media, 0, id);
	uint64_t n = 0;
	unsigned i;

	for (i = 0; a && a->len <= 8 && i < a->len; i++)
		n = n << 8 | a->data[i];
	return n;
}
