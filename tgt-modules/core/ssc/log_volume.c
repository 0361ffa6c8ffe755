/* SPDX-License-Identifier: GPL-2.0-only */
/* Log pages that tell of the cartridge: 17h Volume Statistics (SSC-5 8.2), and LTO's Tape Usage, 30h. */
#include <string.h>

#include "tape_impl.h"

#define MB	1000000ull


#define VOLUME(member)	offsetof(struct tape_volume, member)

static uint64_t volume_number(const struct vtl_tape *t, uint32_t at)
{
	struct tape_volume life = tape_volume_life(t);
	uint64_t n;

	memcpy(&n, (const char *)&life + at, sizeof(n));
	return n;
}

static void get_life(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, volume_number(tape_of_dev(dev), p->arg));
}

static void get_life_mb(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, volume_number(tape_of_dev(dev), p->arg) / MB);
}

static void get_life_sets(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, volume_number(tape_of_dev(dev), p->arg) / TAPE_DATA_SET);
}

/* Threads and passes over the tape: one with each load. */
static void get_loads(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	vtl_log_number(p, value, t->media ? tape_mam_number(t->media, MAM_LOAD_COUNT) : 0);
}

/* ---- of this mount ---- */

#define TALLY(member)	offsetof(struct tape_tally, member)

static uint64_t mount_number(const struct vtl_tape *t, uint32_t at)
{
	struct tape_tally tally = tape_tally(t, SINCE_LOAD);
	uint64_t n;

	memcpy(&n, (const char *)&tally + at, sizeof(n));
	return n;
}

static void get_mount(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, mount_number(tape_of_dev(dev), p->arg));
}

static void get_mount_mb(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, mount_number(tape_of_dev(dev), p->arg) / MB);
}

/* Host bytes per stored byte of this load, in hundredths. */
static void get_ratio(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	struct media_counters c = tape_tally(tape_of_dev(dev), SINCE_LOAD).bytes;
	uint64_t host = p->arg ? c.read_host : c.written_host, store = p->arg ? c.read_store : c.written_store;

	vtl_log_number(p, value, store ? host * 100 / store : 0);
}

/* Milliseconds since it was mounted: it is ready at once then. */
static void get_mounted_ms(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	vtl_log_number(p, value, t->media ? dev->env->now_ms(dev->env) - t->mounted_ms : 0);
}

/* ---- what it is ---- */

static void get_valid(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	value[0] = tape_of_dev(dev)->media ? 1 : 0;
}

enum { ALL_CAPACITY, ALL_USED };

/* Of all partitions, in MB. */
static void get_total(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	struct media_usage usage;
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; t->media && i < media_info(t->media)->geometry.partitions; i++) {
		media_usage(t->media, i, &usage);
		sum += p->arg == ALL_USED ? usage.used : usage.capacity;
	}
	vtl_log_number(p, value, sum / MB);
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
	struct vtl_reply r;

	if (t->media) {
		tape_medium_serial(t->media, serial);
		tape_medium_date(t->media, date);
	}
	vtl_reply_mem(&r, value, p->len);
	vtl_put_text(&r, rows[p->arg], p->len);
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

#define NUMBER(code_, len_, get_, arg_) \
	{ .code = code_, .control = VTL_LOG_LIST, .len = len_, .get = get_, .arg = arg_ }
#define TEXT(code_, len_, arg_) \
	{ .code = code_, .control = VTL_LOG_LIST_ASCII, .len = len_, .get = get_text, .arg = arg_ }

const struct vtl_log_param tape_volume_params[] = {
	NUMBER(0x0000, 1, get_valid, 0),
	NUMBER(0x0001, 4, get_loads, 0),
	NUMBER(0x0002, 8, get_life_sets, VOLUME(written)),
	NUMBER(0x0003, 4, NULL, 0),		/* retries: there are none */
	NUMBER(0x0004, 2, get_life, VOLUME(write_errors)),
	NUMBER(0x0005, 2, NULL, 0),		/* suspended writes */
	NUMBER(0x0006, 2, NULL, 0),
	NUMBER(0x0007, 8, get_life_sets, VOLUME(read)),
	NUMBER(0x0008, 4, NULL, 0),
	NUMBER(0x0009, 2, get_life, VOLUME(read_errors)),
	NUMBER(0x000c, 2, get_mount, TALLY(write_errors)),
	NUMBER(0x000d, 2, get_mount, TALLY(read_errors)),
	NUMBER(0x000e, 4, get_mount_mb, TALLY(bytes.written_store)),
	NUMBER(0x000f, 4, get_mount_mb, TALLY(bytes.read_store)),
	NUMBER(0x0010, 8, get_life_mb, VOLUME(written)),
	NUMBER(0x0011, 8, get_life_mb, VOLUME(read)),
	NUMBER(0x0012, 2, get_ratio, 0),
	NUMBER(0x0013, 2, get_ratio, 1),
	NUMBER(0x0014, 6, get_mounted_ms, 0),
	NUMBER(0x0015, 6, get_mounted_ms, 0),
	NUMBER(0x0016, 4, get_total, ALL_CAPACITY),
	NUMBER(0x0017, 4, get_total, ALL_USED),
	TEXT(0x0040, 32, TEXT_SERIAL),
	TEXT(0x0042, 32, TEXT_BARCODE),
	TEXT(0x0043, 8, TEXT_MANUFACTURER),
	TEXT(0x0045, 9, TEXT_PERSONALITY),
	TEXT(0x0046, 8, TEXT_DATE),
	NUMBER(0x0080, 1, get_protected, 0),
	NUMBER(0x0081, 1, get_worm, 0),
	NUMBER(0x0082, 1, NULL, 0),		/* too hot: never */
	NUMBER(0x0101, 4, get_loads, 0),
	NUMBER(0x0102, 4, get_loads, 0),
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
		mb = (const uint64_t[]){ u.capacity, u.used, u.left }[which] / MB;
		put_be16(records + 8 * p, 0x0700);
		put_be16(records + 8 * p + 2, (uint16_t)p);
		put_be32(records + 8 * p + 4, mb > UINT32_MAX - 2 ? UINT32_MAX - 1 : (uint32_t)mb);
	}
	vtl_log_put(log, code, VTL_LOG_LIST, records, (uint8_t)(8 * n));
}

void tape_volume_fill(struct vtl_dev *dev, struct vtl_log *log)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	if (!t->media)
		return;
	put_partitions(t, log, 0x0202, PARTITION_NATIVE);
	put_partitions(t, log, 0x0203, PARTITION_USED);
	put_partitions(t, log, 0x0204, PARTITION_REMAINING);
}

const struct vtl_log_param tape_usage_params[] = {
	{ .code = 0x0001, .len = 4, .get = get_loads },
	{ .code = 0x0002, .len = 8, .get = get_life_sets, .arg = VOLUME(written) },
	{ .code = 0x0003, .len = 4 },
	{ .code = 0x0004, .len = 2, .get = get_life, .arg = VOLUME(write_errors) },
	{ .code = 0x0005, .len = 2 },
	{ .code = 0x0006, .len = 2 },
	{ .code = 0x0007, .len = 8, .get = get_life_sets, .arg = VOLUME(read) },
	{ .code = 0x0008, .len = 4 },
	{ .code = 0x0009, .len = 2, .get = get_life, .arg = VOLUME(read_errors) },
	{ .code = 0x000a, .len = 2 },
	{ .code = 0x000b, .len = 2 },
	{ 0 },
};
