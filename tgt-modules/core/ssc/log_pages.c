/* SPDX-License-Identifier: GPL-2.0-only */
/* Log pages of a tape drive (SSC-3 8.2): counters and capacities as they are at the moment of asking. */
#include <string.h>
#include <time.h>

#include "tape_impl.h"

#define MB	1000000ull
#define MIB	1048576ull

/* A number of p->len bytes; all ones if it does not fit. */
static void put_number(const struct vtl_log_param *p, uint8_t *value, uint64_t n)
{
	unsigned i;

	if (p->len < 8 && n >> (8 * p->len))
		n = UINT64_MAX;
	for (i = p->len; i-- > 0; n >>= 8)
		value[i] = (uint8_t)n;
}

/* ---- 0Ch Sequential-access Device ---- */

enum { WRITTEN_HOST, WRITTEN_STORE, READ_STORE, READ_HOST };

static uint64_t counter(const struct vtl_tape *t, uint32_t which)
{
	struct media_counters c;

	tape_counters(t, &c);
	return (const uint64_t[]){ c.written_host, c.written_store, c.read_store, c.read_host }[which];
}

static void get_counter(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_number(p, value, counter(tape_of_dev(dev), p->arg));
}

static void get_counter_mb(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_number(p, value, counter(tape_of_dev(dev), p->arg) / MB);
}

enum { BOP_TO_EOD, BOP_TO_EW, EW_TO_EOP, BOP_TO_HERE };

/* Of the current partition, in MB. Between its ends the position in bytes follows from that in objects. */
static void get_stretch(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	struct media_usage usage;
	struct media_pos pos;
	uint64_t ew, here;

	if (!t->media)
		return;
	media_tell(t->media, &pos);
	media_usage(t->media, pos.partition, &usage);
	ew = media_info(t->media)->geometry.part[pos.partition].early_warning;
	here = usage.objects ? (uint64_t)((double)usage.used * (double)pos.object / (double)usage.objects) : 0;
	put_number(p, value, (const uint64_t[]){ usage.used, usage.capacity - ew, ew, here }[p->arg] / MB);
}

static const struct vtl_log_param device_params[] = {
	{ .code = 0x0000, .len = 8, .get = get_counter, .arg = WRITTEN_HOST },
	{ .code = 0x0001, .len = 8, .get = get_counter, .arg = WRITTEN_STORE },
	{ .code = 0x0002, .len = 8, .get = get_counter, .arg = READ_STORE },
	{ .code = 0x0003, .len = 8, .get = get_counter, .arg = READ_HOST },
	{ .code = 0x0004, .len = 4, .get = get_stretch, .arg = BOP_TO_EOD },
	{ .code = 0x0005, .len = 4, .get = get_stretch, .arg = BOP_TO_EW },
	{ .code = 0x0006, .len = 4, .get = get_stretch, .arg = EW_TO_EOP },
	{ .code = 0x0007, .len = 4, .get = get_stretch, .arg = BOP_TO_HERE },
	{ .code = 0x0100, .len = 4 },	/* cleaning requested: never */
	{ 0 },
};

/* ---- 17h Volume Statistics ---- */

static uint64_t attribute(const struct vtl_tape *t, uint16_t id)
{
	const struct media_attr *a = t->media ? media_attr_get(t->media, 0, id) : NULL;

	return a && a->len == 8 ? get_be64(a->data) : 0;
}

static void get_valid(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	value[0] = tape_of_dev(dev)->media ? 1 : 0;
}

static void get_attribute(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_number(p, value, attribute(tape_of_dev(dev), (uint16_t)p->arg));
}

/* Bytes after compression that were written to or read from this medium in its life. */
static uint64_t life_bytes(const struct vtl_tape *t, uint32_t which)
{
	uint64_t before = which == WRITTEN_STORE ? t->life_written : t->life_read;

	return t->media ? before * MIB + counter(t, which) : 0;
}

static void get_life_mb(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_number(p, value, life_bytes(tape_of_dev(dev), p->arg) / MB);
}

/* LTO counts data sets: 2,472,960 bytes each from LTO-5 on. */
static void get_life_sets(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_number(p, value, life_bytes(tape_of_dev(dev), p->arg) / 2472960);
}

/* Host bytes per stored byte of this load, in hundredths. */
static void get_ratio(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	uint64_t store = counter(t, p->arg);
	uint64_t host = counter(t, p->arg == WRITTEN_STORE ? WRITTEN_HOST : READ_HOST);

	put_number(p, value, store ? host * 100 / store : 0);
}

/* Of all partitions, in MB. */
static void get_total(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	struct media_usage usage;
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; t->media && i < media_info(t->media)->geometry.partitions; i++) {
		media_usage(t->media, i, &usage);
		sum += p->arg ? usage.used : usage.capacity;
	}
	put_number(p, value, sum / MB);
}

static void put_text(const struct vtl_log_param *p, uint8_t *value, const char *text)
{
	struct vtl_reply r;

	vtl_reply_mem(&r, value, p->len);
	vtl_put_text(&r, text, p->len);
}

enum { TEXT_SERIAL, TEXT_BARCODE, TEXT_MANUFACTURER, TEXT_PERSONALITY, TEXT_DATE };

static void get_text(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	char serial[2 * MEDIA_UUID_LEN + 1] = "", date[16] = "";
	const char *rows[] = {
		[TEXT_SERIAL] = serial, [TEXT_BARCODE] = t->media ? media_info(t->media)->barcode : "",
		[TEXT_MANUFACTURER] = t->medium ? t->medium->manufacturer : "",
		[TEXT_PERSONALITY] = t->medium ? t->medium->name : "", [TEXT_DATE] = date,
	};

	if (t->media) {
		tape_medium_serial(t, serial);
		tape_medium_date(t, date);
	}
	put_text(p, value, rows[p->arg]);
}

static void get_protected(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	value[0] = t->media && media_info(t->media)->write_protected;
}

static void get_worm(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	value[0] = t->media && media_info(t->media)->kind == MEDIA_WORM_DATA;
}

static const struct vtl_log_param volume_params[] = {
	{ .code = 0x0000, .control = VTL_LOG_LIST, .len = 1, .get = get_valid },
	{ .code = 0x0001, .control = VTL_LOG_LIST, .len = 4, .get = get_attribute, .arg = 0x0003 },
	{ .code = 0x0002, .control = VTL_LOG_LIST, .len = 8, .get = get_life_sets, .arg = WRITTEN_STORE },
	{ .code = 0x0003, .control = VTL_LOG_LIST, .len = 4 },	/* retries and errors: there are none */
	{ .code = 0x0004, .control = VTL_LOG_LIST, .len = 2 },
	{ .code = 0x0005, .control = VTL_LOG_LIST, .len = 2 },
	{ .code = 0x0006, .control = VTL_LOG_LIST, .len = 2 },
	{ .code = 0x0007, .control = VTL_LOG_LIST, .len = 8, .get = get_life_sets, .arg = READ_STORE },
	{ .code = 0x0008, .control = VTL_LOG_LIST, .len = 4 },
	{ .code = 0x0009, .control = VTL_LOG_LIST, .len = 2 },
	{ .code = 0x000c, .control = VTL_LOG_LIST, .len = 2 },
	{ .code = 0x000d, .control = VTL_LOG_LIST, .len = 2 },
	{ .code = 0x000e, .control = VTL_LOG_LIST, .len = 4, .get = get_counter_mb, .arg = WRITTEN_STORE },
	{ .code = 0x000f, .control = VTL_LOG_LIST, .len = 4, .get = get_counter_mb, .arg = READ_STORE },
	{ .code = 0x0010, .control = VTL_LOG_LIST, .len = 8, .get = get_life_mb, .arg = WRITTEN_STORE },
	{ .code = 0x0011, .control = VTL_LOG_LIST, .len = 8, .get = get_life_mb, .arg = READ_STORE },
	{ .code = 0x0012, .control = VTL_LOG_LIST, .len = 2, .get = get_ratio, .arg = WRITTEN_STORE },
	{ .code = 0x0013, .control = VTL_LOG_LIST, .len = 2, .get = get_ratio, .arg = READ_STORE },
	{ .code = 0x0016, .control = VTL_LOG_LIST, .len = 4, .get = get_total, .arg = 0 },
	{ .code = 0x0017, .control = VTL_LOG_LIST, .len = 4, .get = get_total, .arg = 1 },
	{ .code = 0x0040, .control = VTL_LOG_LIST_ASCII, .len = 32, .get = get_text, .arg = TEXT_SERIAL },
	{ .code = 0x0042, .control = VTL_LOG_LIST_ASCII, .len = 32, .get = get_text, .arg = TEXT_BARCODE },
	{ .code = 0x0043, .control = VTL_LOG_LIST_ASCII, .len = 8, .get = get_text, .arg = TEXT_MANUFACTURER },
	{ .code = 0x0045, .control = VTL_LOG_LIST_ASCII, .len = 9, .get = get_text, .arg = TEXT_PERSONALITY },
	{ .code = 0x0046, .control = VTL_LOG_LIST_ASCII, .len = 8, .get = get_text, .arg = TEXT_DATE },
	{ .code = 0x0080, .control = VTL_LOG_LIST, .len = 1, .get = get_protected },
	{ .code = 0x0081, .control = VTL_LOG_LIST, .len = 1, .get = get_worm },
	{ .code = 0x0082, .control = VTL_LOG_LIST, .len = 1 },	/* too hot: never */
	/* Passes over the tape: at least one with each load. */
	{ .code = 0x0101, .control = VTL_LOG_LIST, .len = 4, .get = get_attribute, .arg = 0x0003 },
	{ .code = 0x0102, .control = VTL_LOG_LIST, .len = 4, .get = get_attribute, .arg = 0x0003 },
	{ 0 },
};

enum { PARTITION_NATIVE, PARTITION_USED, PARTITION_REMAINING };

/* Volume partition record list (SSC-4, Volume Statistics): records of length (less one), reserved, partition and MB. */
static void put_partitions(const struct vtl_tape *t, struct vtl_log *log, uint16_t code, unsigned which)
{
	uint8_t records[8 * MEDIA_MAX_PARTITIONS];
	unsigned n = media_info(t->media)->geometry.partitions, p;
	struct media_usage u;

	for (p = 0; p < n; p++) {
		uint64_t mb;

		media_usage(t->media, p, &u);
		mb = (const uint64_t[]){ u.capacity, u.used, u.capacity - u.used }[which] / MB;
		put_be16(records + 8 * p, 0x0700);
		put_be16(records + 8 * p + 2, (uint16_t)p);
		put_be32(records + 8 * p + 4, mb > UINT32_MAX - 2 ? UINT32_MAX - 1 : (uint32_t)mb);
	}
	vtl_log_put(log, code, VTL_LOG_LIST, records, (uint8_t)(8 * n));
}

static void fill_volume(struct vtl_dev *dev, struct vtl_log *log)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	if (!t->media)
		return;
	put_partitions(t, log, 0x0202, PARTITION_NATIVE);
	put_partitions(t, log, 0x0203, PARTITION_USED);
	put_partitions(t, log, 0x0204, PARTITION_REMAINING);
}

/* ---- 2Eh TapeAlert ---- */

static void fill_alerts(struct vtl_dev *dev, struct vtl_log *log)
{
	unsigned flag;

	for (flag = 1; flag <= 64; flag++)
		vtl_log_put_number(log, (uint16_t)flag, VTL_LOG_LIST, tape_alert_is_set(tape_of_dev(dev), flag), 1);
}

/* Reading the page clears the flags (SSC-5, TapeAlert). */
static void alerts_reported(struct vtl_dev *dev, struct vtl_nexus *nexus)
{
	tape_of_dev(dev)->alerts = 0;
}

/* ---- 31h Tape Capacity ---- */

/* By partition, in MiB; the first two partitions come first, as LTO drives with more have it. */
static void get_capacity(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	unsigned partition = p->arg & 0x0f;
	struct media_usage u;

	if (!t->media || partition >= media_info(t->media)->geometry.partitions)
		return;
	media_usage(t->media, partition, &u);
	put_number(p, value, (p->arg & 0x10 ? u.capacity : u.capacity - u.used) / MIB);
}

static const struct vtl_log_param capacity_params[] = {
	{ .code = 0x0001, .len = 4, .get = get_capacity, .arg = 0 },
	{ .code = 0x0002, .len = 4, .get = get_capacity, .arg = 1 },
	{ .code = 0x0003, .len = 4, .get = get_capacity, .arg = 0x10 },
	{ .code = 0x0004, .len = 4, .get = get_capacity, .arg = 0x11 },
	{ 0 },
};

static bool is_lto(const struct vtl_dev *dev)
{
	return tape_is(((const struct vtl_tape *)dev)->model, "lto");
}

/* Drives that know of partitions and volume statistics know these, too. */
static bool is_recent(const struct vtl_dev *dev)
{
	return ((const struct vtl_tape *)dev)->model->append_only;
}

const struct vtl_log_page tape_log_pages[] = {
	{ .code = 0x02, .name = "Write Error Counters", .params = tape_write_error_params },
	{ .code = 0x03, .name = "Read Error Counters", .params = tape_read_error_params },
	{ .code = 0x06, .name = "Non-Medium Errors", .params = tape_non_medium_params },
	{ .code = 0x0c, .name = "Sequential-access Device", .params = device_params },
	{ .code = 0x11, .name = "DT Device Status", .params = tape_status_params, .present = is_recent },
	{ .code = 0x12, .name = "TapeAlert Response", .params = tape_response_params, .present = is_recent },
	{ .code = 0x13, .name = "Requested Recovery", .params = tape_recovery_params, .present = is_recent },
	{ .code = 0x14, .name = "Device Statistics", .params = tape_statistics_params, .present = is_recent },
	{ .code = 0x17, .name = "Volume Statistics", .params = volume_params, .fill = fill_volume },
	{
		.code = 0x1b, .name = "Data Compression", .params = tape_compression_params,
		.reset = tape_compression_reset, .present = is_recent,
	},
	{ .code = 0x2e, .name = "TapeAlert", .fill = fill_alerts, .reported = alerts_reported },
	{ .code = 0x30, .name = "Tape Usage", .params = tape_usage_params, .present = is_lto },
	{ .code = 0x31, .name = "Tape Capacity", .params = capacity_params },
	{
		.code = 0x32, .name = "Data Compression (LTO)", .params = tape_compression_params,
		.reset = tape_compression_reset, .present = is_lto,
	},
	{ .code = 0x33, .name = "Write Errors (LTO)", .params = tape_lto_write_params, .present = is_lto },
	{ .code = 0x34, .name = "Read Forward Errors (LTO)", .params = tape_lto_read_params, .present = is_lto },
	{ 0 },
};
