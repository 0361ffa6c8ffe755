/* SPDX-License-Identifier: GPL-2.0-only */
/* The cartridge's memory: attributes as rows, READ ATTRIBUTE, and what the drive keeps there (SPC-5 7.4). */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "catalog.h"
#include "tape_impl.h"

#define MIB	1048576ull

enum {
	MAM_LOAD_COUNT = 0x0003,
	MAM_INIT_COUNT = 0x0007,
	MAM_CHANGE_REFERENCE = 0x0009,
	MAM_LAST_DEVICE = 0x020a,	/* to 020D */
	MAM_WRITTEN_LIFE = 0x0220,
	MAM_READ_LIFE = 0x0221,
	MAM_WRITTEN_LOAD = 0x0222,
	MAM_READ_LOAD = 0x0223,
};

#define MAM_DEVICE_LEN	40	/* vendor (8), serial number (32) */

void tape_medium_serial(const struct vtl_tape *t, char serial[2 * MEDIA_UUID_LEN + 1])
{
	const struct media_info *info = media_info(t->media);
	unsigned i;

	for (i = 0; i < MEDIA_UUID_LEN; i++)
		sprintf(serial + 2 * i, "%02X", info->uuid[i]);
}

void tape_medium_date(const struct vtl_tape *t, char date[16])
{
	time_t created = (time_t)media_info(t->media)->created;
	struct tm tm;

	date[0] = '\0';
	if (gmtime_r(&created, &tm))
		strftime(date, 16, "%Y%m%d", &tm);
}

static void get_remaining(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	struct media_usage u;

	media_usage(t->media, partition, &u);
	vtl_put64(r, u.left / MIB);
}

static void get_maximum(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	struct media_usage u;

	media_usage(t->media, partition, &u);
	vtl_put64(r, u.capacity / MIB);
}

static void get_alerts(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	vtl_put64(r, vtl_alerts(&t->dev, NULL));
}

static uint64_t mam_size(const struct vtl_tape *t)
{
	return t->medium ? t->medium->mam_bytes : 0;
}

static uint64_t mam_used(const struct vtl_tape *t)
{
	const struct media_attr *a;
	uint64_t used = 0;
	unsigned p;

	for (p = 0; p < media_info(t->media)->geometry.partitions; p++)
		for (a = media_attr_next(t->media, p, 0); a && a->id < TAPE_MAM_PRIVATE;
		     a = media_attr_next(t->media, p, (uint16_t)(a->id + 1)))
			used += a->len + 5u;
	return used;
}

uint64_t tape_mam_space(const struct vtl_tape *t)
{
	uint64_t used = mam_used(t), size = mam_size(t);

	return used < size ? size - used : 0;
}

static void get_mam_space(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	vtl_put64(r, tape_mam_space(t));
}

static void get_organization(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	const struct vtl_density *d = tape_density(t, media_info(t->media)->density);

	vtl_put_text(r, d ? d->organization : "", 8);
}

static void get_density(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	vtl_put8(r, media_info(t->media)->density);
}

static void get_manufacturer(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	vtl_put_text(r, t->medium ? t->medium->manufacturer : "", 8);
}

static void get_serial(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	char serial[2 * MEDIA_UUID_LEN + 1];

	tape_medium_serial(t, serial);
	vtl_put_text(r, serial, 32);
}

static void get_length(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	vtl_put32(r, t->medium ? t->medium->length_m : 0);
}

static void get_width(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	vtl_put32(r, t->medium ? t->medium->width : 0);
}

static void get_date(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	char date[16];

	tape_medium_date(t, date);
	vtl_put_text(r, date, 8);
}

static void get_mam_size(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	vtl_put64(r, mam_size(t));
}

static void get_medium_type(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	vtl_put8(r, media_info(t->media)->kind == MEDIA_WORM_DATA ? 0x80 : 0x00);
}

static void get_type_information(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	vtl_put16(r, 0);
}

static void get_barcode(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	vtl_put_text(r, media_info(t->media)->barcode, 32);
}

/*
 * Medium and partition usage history (SPC-5 7.4.2.2): for this mount, the last one, and all of them what was written,
 * retries of that, what was read, retries of that; then loads, changes of partition, and how often it was formatted.
 */
static void put_usage(const struct vtl_tape *t, const uint64_t mib[3][2], unsigned width, struct vtl_reply *r)
{
	struct tape_volume life = tape_volume_life(t);
	const uint64_t errors[3][2] = {
		{ life.write_errors - t->volume.write_errors, life.read_errors - t->volume.read_errors },
		{ life.last_write_errors, life.last_read_errors },
		{ life.write_errors, life.read_errors },
	};
	uint64_t rows[15];
	unsigned i;

	for (i = 0; i < 12; i++)
		rows[i] = i & 1 ? errors[i / 4][i / 2 & 1] : mib[i / 4][i / 2 & 1] / MIB;
	rows[12] = tape_mam_number(t, MAM_LOAD_COUNT);
	rows[13] = 0;
	rows[14] = tape_mam_number(t, MAM_INIT_COUNT);
	for (i = 0; i < 15; i++) {
		if (width == 6)
			vtl_put48(r, rows[i]);
		else
			vtl_put32(r, rows[i] < UINT32_MAX ? (uint32_t)rows[i] : UINT32_MAX);
	}
}

static void get_medium_usage(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	struct tape_volume life = tape_volume_life(t);
	const uint64_t bytes[3][2] = {
		{ life.written - t->volume.written, life.read - t->volume.read },
		{ life.last_written, life.last_read },
		{ life.written, life.read },
	};

	put_usage(t, bytes, 6, r);
}

/* Of the last mount only the whole is known. */
static void get_partition_usage(const struct vtl_tape *t, unsigned partition, struct vtl_reply *r)
{
	struct tape_volume life = tape_volume_life(t);
	bool alone = media_info(t->media)->geometry.partitions == 1;
	const uint64_t bytes[3][2] = {
		{ t->tally.part_written[partition], t->tally.part_read[partition] },
		{ alone ? life.last_written : 0, alone ? life.last_read : 0 },
		{ life.part_written[partition], life.part_read[partition] },
	};

	put_usage(t, bytes, 4, r);
}

/* Ascending. Rows without get() are there when they are stored. */
static const struct tape_attr attr_rows[] = {
	{ 0x0000, "Remaining capacity in partition", MEDIA_ATTR_BINARY, 8, false, get_remaining },
	{ 0x0001, "Maximum capacity in partition", MEDIA_ATTR_BINARY, 8, false, get_maximum },
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
	{ 0x0340, "Medium usage history", MEDIA_ATTR_BINARY, 90, false, get_medium_usage },
	{ 0x0341, "Partition usage history", MEDIA_ATTR_BINARY, 60, false, get_partition_usage },
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

void tape_attr_catalog(struct vtl_dev *dev, void (*each)(void *arg, const struct vtl_catalog_row *row), void *arg)
{
	size_t i;

	for (i = 0; i < ATTR_ROWS; i++)
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
static const struct media_attr *stored_attr(const struct vtl_tape *t, const struct tape_attr *row, unsigned partition)
{
	return media_attr_get(t->media, row->host ? partition : 0, row->id);
}

/* The existing attribute with the smallest identifier >= `from`. */
static bool attr_next(const struct vtl_tape *t, unsigned partition, uint32_t from, struct attr_found *found)
{
	const struct media_attr *stored;
	size_t i;

	if (from >= TAPE_MAM_PRIVATE)
		return false;
	stored = media_attr_next(t->media, partition, (uint16_t)from);
	if (stored && stored->id >= TAPE_MAM_PRIVATE)
		stored = NULL;
	for (i = 0; i < ATTR_ROWS; i++) {
		const struct tape_attr *row = &attr_rows[i];
		const struct media_attr *a = row->get ? NULL : stored_attr(t, row, partition);

		if (row->id < from || (!row->get && !a))
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
static void put_value(const struct vtl_tape *t, unsigned partition, const struct attr_found *a, struct vtl_reply *r)
{
	bool read_only = a->row ? !a->row->host : a->id < 0x0800;

	vtl_put16(r, a->id);
	vtl_put8(r, (uint8_t)((read_only ? 0x80 : 0) | (a->stored ? a->stored->format : a->row->format)));
	vtl_put16(r, a->stored ? a->stored->len : a->row->len);
	if (a->stored)
		vtl_put_bytes(r, a->stored->data, a->stored->len);
	else
		a->row->get(t, partition, r);
}

/* ATTRIBUTE VALUES and ATTRIBUTE LIST. */
static void put_existing(const struct vtl_tape *t, unsigned partition, uint32_t from, bool values, struct vtl_reply *r)
{
	struct attr_found a;

	for (; attr_next(t, partition, from, &a); from = a.id + 1u) {
		if (values)
			put_value(t, partition, &a, r);
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

static void put_attributes(const struct vtl_tape *t, const struct vtl_cmd *cmd, struct vtl_reply *r)
{
	unsigned action = cmd->cdb[1] & 0x1f, partition = cmd->cdb[7];
	uint32_t from = get_be16(cmd->cdb + 8);

	vtl_put32(r, 0);
	if (action == RA_SUPPORTED)
		put_supported(from, r);
	else
		put_existing(t, partition, from, action == RA_VALUES, r);
	vtl_patch32(r, 0, (uint32_t)(r->len - 4));
}

/* READ ATTRIBUTE, SPC-5. The first attribute that is asked for must be there: LTFS relies on it. */
void tape_read_attribute(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);
	unsigned action = cmd->cdb[1] & 0x1f, partitions = media_info(t->media)->geometry.partitions;
	uint16_t first = get_be16(cmd->cdb + 8);
	struct attr_found a;
	struct vtl_reply r;

	if (cmd->cdb[5]) {
		vtl_cmd_bad_cdb(cmd, 5, VTL_NO_BIT);
		return;
	}
	if (cmd->cdb[7] >= partitions) {
		vtl_cmd_bad_cdb(cmd, 7, VTL_NO_BIT);
		return;
	}
	if (action == RA_VALUES && !(attr_next(t, cmd->cdb[7], first, &a) && a.id == first)) {
		vtl_cmd_bad_cdb(cmd, 8, VTL_NO_BIT);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 10));
	if (action == RA_VOLUMES)
		put_range(1, &r);
	else if (action == RA_PARTITIONS)
		put_range(partitions, &r);
	else
		put_attributes(t, cmd, &r);
	vtl_cmd_reply(cmd, &r);
}

/* ---- what the drive keeps in the cartridge's memory ---- */

uint64_t tape_mam_number(const struct vtl_tape *t, uint16_t id)
{
	const struct media_attr *a = media_attr_get(t->media, 0, id);
	uint64_t n = 0;
	unsigned i;

	for (i = 0; a && a->len <= 8 && i < a->len; i++)
		n = n << 8 | a->data[i];
	return n;
}

static void mam_set(struct vtl_tape *t, uint16_t id, const uint8_t *data)
{
	const struct tape_attr *row = tape_attr_row(id);
	struct media_attr a = { .id = id, .format = row->format, .len = row->len, .data = data };
	enum media_err err = media_attr_set(t->media, 0, &a);

	/* A cartridge on a read-only store has its memory read-only, too: it reads all the same. */
	if (err && err != MEDIA_RDONLY)
		vtl_dev_log(&t->dev, 4, "cartridge memory: %s", media_strerror(err));
}

static void mam_set_number(struct vtl_tape *t, uint16_t id, uint64_t n)
{
	uint8_t value[8];

	put_be64(value, n);
	mam_set(t, id, value + 8 - tape_attr_row(id)->len);
}

/* The last four drives that loaded it, the latest first. */
static void mam_push_device(struct vtl_tape *t)
{
	uint8_t value[MAM_DEVICE_LEN];
	struct vtl_reply r;
	uint16_t id;

	for (id = MAM_LAST_DEVICE + 3; id > MAM_LAST_DEVICE; id--) {
		const struct media_attr *a = media_attr_get(t->media, 0, (uint16_t)(id - 1));

		if (!a || a->len != MAM_DEVICE_LEN)
			continue;
		memcpy(value, a->data, sizeof(value));
		mam_set(t, id, value);
	}
	vtl_reply_mem(&r, value, sizeof(value));
	vtl_put_text(&r, t->model->inquiry.vendor, 8);
	vtl_put_text(&r, t->dev.serial, 32);
	mam_set(t, MAM_LAST_DEVICE, value);
}

void tape_mam_loaded(struct vtl_tape *t)
{
	tape_worm_loaded(t);
	tape_volume_loaded(t);
	mam_set_number(t, MAM_LOAD_COUNT, tape_mam_number(t, MAM_LOAD_COUNT) + 1);
	mam_set_number(t, MAM_INIT_COUNT, tape_mam_number(t, MAM_INIT_COUNT));
	/* Zero would say that the reference is not available, and LTFS would keep no coherency. */
	if (!tape_mam_number(t, MAM_CHANGE_REFERENCE))
		mam_set_number(t, MAM_CHANGE_REFERENCE, 1);
	mam_push_device(t);
	mam_set_number(t, MAM_WRITTEN_LIFE, t->volume.written / MIB);
	mam_set_number(t, MAM_READ_LIFE, t->volume.read / MIB);
	mam_set_number(t, MAM_WRITTEN_LOAD, 0);
	mam_set_number(t, MAM_READ_LOAD, 0);
}

/* The volume change reference counts up with the first change of a load, and leaves out 0 and FFFFFFFFh. */
void tape_mam_changing(struct vtl_tape *t)
{
	uint32_t reference;

	if (t->changed)
		return;
	t->changed = true;
	reference = (uint32_t)tape_mam_number(t, MAM_CHANGE_REFERENCE) + 1;
	mam_set_number(t, MAM_CHANGE_REFERENCE, reference == 0 || reference == UINT32_MAX ? 1 : reference);
}

void tape_mam_unloading(struct vtl_tape *t)
{
	struct media_counters c;

	media_counters(t->media, &c);
	mam_set_number(t, MAM_WRITTEN_LOAD, c.written_store / MIB);
	mam_set_number(t, MAM_READ_LOAD, c.read_store / MIB);
	mam_set_number(t, MAM_WRITTEN_LIFE, (t->volume.written + c.written_store) / MIB);
	mam_set_number(t, MAM_READ_LIFE, (t->volume.read + c.read_store) / MIB);
	tape_worm_unloading(t);
	tape_volume_unloading(t);
}
