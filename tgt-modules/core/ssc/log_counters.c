/* SPDX-License-Identifier: GPL-2.0-only */
/* Log pages that count what the drive does: errors, life, status, compression, usage (SSC-5 8.2; LTO's 30h to 34h). */
#include <string.h>

#include "tape_impl.h"

#define MIB	1048576ull

static void put_number(const struct vtl_log_param *p, uint8_t *value, uint64_t n)
{
	unsigned i;

	if (p->len < 8 && n >> (8 * p->len))
		n = UINT64_MAX;
	for (i = p->len; i-- > 0; n >>= 8)
		value[i] = (uint8_t)n;
}

/* ---- what the drive remembers of its life ---- */

enum { STATE_LIFE = VTL_STATE_OF_TYPE + 0x10 };
#define LIFE_NUMBERS	(sizeof(struct tape_life) / sizeof(uint64_t))

void tape_life_state_put(struct vtl_dev *dev, struct vtl_reply *r)
{
	const struct tape_life *life = &tape_of_dev(dev)->life;
	const uint64_t *n = (const uint64_t *)life;
	uint8_t bytes[8 * LIFE_NUMBERS];
	unsigned i;

	for (i = 0; i < LIFE_NUMBERS; i++)
		put_be64(bytes + 8 * i, n[i]);
	vtl_state_put(r, STATE_LIFE, bytes, sizeof(bytes));
}

void tape_life_state_get(struct vtl_dev *dev, uint16_t tag, const uint8_t *data, uint32_t len)
{
	struct tape_life *life = &tape_of_dev(dev)->life;
	uint64_t *n = (uint64_t *)life;
	unsigned i;

	if (tag != STATE_LIFE)
		return;
	for (i = 0; i < LIFE_NUMBERS && 8 * i + 8 <= len; i++)
		n[i] = get_be64(data + 8 * i);
}

/* What went through the drive, with what the cartridge that is in it has added. */
static uint64_t life_number(const struct vtl_tape *t, size_t at)
{
	uint64_t n;

	memcpy(&n, (const char *)&t->life + at, sizeof(n));
	if (t->media && (at == offsetof(struct tape_life, written) || at == offsetof(struct tape_life, read))) {
		struct media_counters c;

		media_counters(t->media, &c);
		n += at == offsetof(struct tape_life, written) ? c.written_store : c.read_store;
	}
	return n;
}

static void get_life(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_number(p, value, life_number(tape_of_dev(dev), p->arg));
}

/* Hours since the drive was made anew here, by the clock: it has no other. */
static void get_power_on_hours(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	uint64_t now = dev->env->wall_ms(dev->env);

	put_number(p, value, t->life.born_ms && now > t->life.born_ms ? (now - t->life.born_ms) / 3600000 : 0);
}

static void get_serial(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	struct vtl_reply r;

	vtl_reply_mem(&r, value, p->len);
	vtl_put_text(&r, dev->serial, p->len);
}

#define LIFE(member)	.get = get_life, .arg = offsetof(struct tape_life, member)

/* ---- 02h, 03h Write and Read Error Counters (SPC-5 7.3.5): what a file system does not deliver is uncorrected ---- */

const struct vtl_log_param tape_write_error_params[] = {
	{ .code = 0x0000, .len = 4 },	/* corrected, without and with delay; retries: there are none */
	{ .code = 0x0001, .len = 4 },
	{ .code = 0x0002, .len = 4 },
	{ .code = 0x0003, .len = 4 },
	{ .code = 0x0004, .len = 4 },
	{ .code = 0x0005, .len = 8, LIFE(written) },
	{ .code = 0x0006, .len = 4, LIFE(write_errors) },
	{ 0 },
};

const struct vtl_log_param tape_read_error_params[] = {
	{ .code = 0x0000, .len = 4 },
	{ .code = 0x0001, .len = 4 },
	{ .code = 0x0002, .len = 4 },
	{ .code = 0x0003, .len = 4 },
	{ .code = 0x0004, .len = 4 },
	{ .code = 0x0005, .len = 8, LIFE(read) },
	{ .code = 0x0006, .len = 4, LIFE(read_errors) },
	{ 0 },
};

/* ---- 06h Non-Medium Errors: none ---- */

const struct vtl_log_param tape_non_medium_params[] = {
	{ .code = 0x0000, .len = 4 },
	{ 0 },
};

/* ---- 11h DT Device Status (SSC-5 8.2.5, ADC-4 very high frequency data) ---- */

enum { VHF_PAMR = 0x80, VHF_CMPR = 0x10, VHF_WRTP = 0x08, VHF_DINIT = 0x01 };
enum { VHF_INXTN = 0x80, VHF_RAA = 0x20, VHF_MPRSNT = 0x10, VHF_MSTD = 0x04, VHF_MTHRD = 0x02, VHF_MOUNTED = 0x01 };

static const uint8_t dt_activity[] = {
	[TAPE_IDLE] = 0x00, [TAPE_READING] = 0x05, [TAPE_WRITING] = 0x06, [TAPE_VERIFYING] = 0x05,
	[TAPE_SPACING] = 0x07, [TAPE_LOCATING] = 0x07, [TAPE_REWINDING] = 0x08, [TAPE_LOADING] = 0x02,
	[TAPE_UNLOADING] = 0x03, [TAPE_FORMATTING] = 0x0a, [TAPE_SETTING_CAPACITY] = 0x0a, [TAPE_ERASING] = 0x09,
};

static uint8_t present_flags(const struct vtl_tape *t)
{
	static const uint8_t rows[] = {
		[VTL_DRIVE_EMPTY] = 0,
		[VTL_DRIVE_LOADING] = VHF_INXTN | VHF_MPRSNT,
		[VTL_DRIVE_READY] = VHF_MPRSNT | VHF_MSTD | VHF_MTHRD | VHF_MOUNTED,
		[VTL_DRIVE_UNLOADING] = VHF_INXTN | VHF_MPRSNT | VHF_MSTD,
		[VTL_DRIVE_UNLOADED] = VHF_RAA | VHF_MPRSNT,
		[VTL_DRIVE_REFUSED] = VHF_RAA | VHF_MPRSNT | VHF_MSTD,
		[VTL_DRIVE_CLEANING] = VHF_INXTN | VHF_MPRSNT | VHF_MSTD,
	};

	return rows[t->state];
}

static void get_vhf(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	value[0] = VHF_DINIT | (vtl_dev_prevented(dev) ? VHF_PAMR : 0);
	if (t->media) {
		const uint8_t *compression = vtl_mode_page(dev, 0x0f, 0);

		value[0] |= tape_not_writable(t) != SENSE_NONE ? VHF_WRTP : 0;
		value[0] |= compression && compression[2] & 0x80 ? VHF_CMPR : 0;
	}
	value[1] = present_flags(t);
	value[2] = t->activity ? dt_activity[t->activity] : t->state == VTL_DRIVE_LOADING ? 0x02 : 0x00;
	value[3] = t->alerts ? 0x01 : 0;	/* TAFC */
}

/* Milliseconds after which the flags may have changed. */
static void get_polling_delay(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_number(p, value, 100);
}

const struct vtl_log_param tape_status_params[] = {
	{ .code = 0x0000, .control = VTL_LOG_LIST, .len = 4, .get = get_vhf },
	{ .code = 0x0001, .control = VTL_LOG_LIST, .len = 2, .get = get_polling_delay },
	{ 0 },
};

/* ---- 12h TapeAlert Response, 13h Requested Recovery ---- */

static void get_alerts(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_be64(value, tape_of_dev(dev)->alerts);
}

const struct vtl_log_param tape_response_params[] = {
	{ .code = 0x0000, .control = VTL_LOG_LIST, .len = 8, .get = get_alerts },
	{ 0 },
};

/* What an operator or a library is asked to do: to take the cartridge out where the drive cannot use it, or nothing. */
static void get_recovery(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	value[0] = tape_of_dev(dev)->state == VTL_DRIVE_REFUSED ? 0x02 : 0x00;
}

const struct vtl_log_param tape_recovery_params[] = {
	{ .code = 0x0000, .control = VTL_LOG_LIST, .len = 1, .get = get_recovery },
	{ 0 },
};

/* ---- 14h Device Statistics (SSC-5 8.2.6) ---- */

const struct vtl_log_param tape_statistics_params[] = {
	{ .code = 0x0000, .control = VTL_LOG_LIST, .len = 4, LIFE(loads) },
	{ .code = 0x0001, .control = VTL_LOG_LIST, .len = 4, LIFE(cleanings) },
	{ .code = 0x0002, .control = VTL_LOG_LIST, .len = 4, .get = get_power_on_hours },
	{ .code = 0x0008, .control = VTL_LOG_LIST, .len = 4 },	/* none of it with an incompatible medium */
	{ .code = 0x000c, .control = VTL_LOG_LIST, .len = 4, LIFE(power_cycles) },
	{ .code = 0x000d, .control = VTL_LOG_LIST, .len = 4, LIFE(loads) },
	{ .code = 0x000e, .control = VTL_LOG_LIST, .len = 4, LIFE(write_errors) },
	{ .code = 0x000f, .control = VTL_LOG_LIST, .len = 4, LIFE(read_errors) },
	{ .code = 0x0040, .control = VTL_LOG_LIST_ASCII, .len = 32, .get = get_serial },
	{ .code = 0x0041, .control = VTL_LOG_LIST_ASCII, .len = 32, .get = get_serial },
	{ 0 },
};

/* ---- 1Bh, 32h Data Compression ---- */

enum { READ_RATIO, WRITE_RATIO, TO_HOST, FROM_TAPE, FROM_HOST, TO_TAPE };

/* Since the load, or since LOG SELECT has reset the page. */
static struct media_counters counters(const struct vtl_tape *t)
{
	struct media_counters c;

	tape_counters(t, &c);
	c.written_host -= t->since.written_host;
	c.written_store -= t->since.written_store;
	c.read_host -= t->since.read_host;
	c.read_store -= t->since.read_store;
	return c;
}

static uint64_t hundredths(uint64_t host, uint64_t store)
{
	return store ? host * 100 / store : 0;
}

static uint64_t compression_value(const struct vtl_tape *t, uint32_t which)
{
	struct media_counters c = counters(t);

	return (const uint64_t[]){
		[READ_RATIO] = hundredths(c.read_host, c.read_store),
		[WRITE_RATIO] = hundredths(c.written_host, c.written_store),
		[TO_HOST] = c.read_host, [FROM_TAPE] = c.read_store,
		[FROM_HOST] = c.written_host, [TO_TAPE] = c.written_store,
	}[which];
}

static void get_compression_ratio(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_number(p, value, compression_value(tape_of_dev(dev), p->arg));
}

/* Whole megabytes, and the bytes beyond them. */
static void get_megabytes(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_number(p, value, compression_value(tape_of_dev(dev), p->arg) / MIB);
}

static void get_rest(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_number(p, value, compression_value(tape_of_dev(dev), p->arg) % MIB);
}

static void get_compression_on(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const uint8_t *page = vtl_mode_page(dev, 0x0f, 0);

	value[0] = page && page[2] & 0x80 ? 1 : 0;
}

const struct vtl_log_param tape_compression_params[] = {
	{ .code = 0x0000, .len = 2, .get = get_compression_ratio, .arg = READ_RATIO },
	{ .code = 0x0001, .len = 2, .get = get_compression_ratio, .arg = WRITE_RATIO },
	{ .code = 0x0002, .len = 4, .get = get_megabytes, .arg = TO_HOST },
	{ .code = 0x0003, .len = 4, .get = get_rest, .arg = TO_HOST },
	{ .code = 0x0004, .len = 4, .get = get_megabytes, .arg = FROM_TAPE },
	{ .code = 0x0005, .len = 4, .get = get_rest, .arg = FROM_TAPE },
	{ .code = 0x0006, .len = 4, .get = get_megabytes, .arg = FROM_HOST },
	{ .code = 0x0007, .len = 4, .get = get_rest, .arg = FROM_HOST },
	{ .code = 0x0008, .len = 4, .get = get_megabytes, .arg = TO_TAPE },
	{ .code = 0x0009, .len = 4, .get = get_rest, .arg = TO_TAPE },
	{ .code = 0x0100, .control = VTL_LOG_LIST, .len = 1, .get = get_compression_on },
	{ 0 },
};

void tape_compression_reset(struct vtl_dev *dev)
{
	struct vtl_tape *t = tape_of_dev(dev);

	tape_counters(t, &t->since);
}

/* ---- 30h Tape Usage, 33h Write Errors, 34h Read Forward Errors (LTO) ---- */

/* Of this cartridge. */
static void get_cartridge_number(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	if (t->media)
		put_number(p, value, tape_mam_number(t, (uint16_t)p->arg));
}

/* Data sets of LTO: 2,472,960 bytes from LTO-5 on; what is stored on this cartridge in its life. */
static void get_data_sets(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	struct media_counters c;

	if (!t->media)
		return;
	media_counters(t->media, &c);
	put_number(p, value, (p->arg ? t->life_read * MIB + c.read_store : t->life_written * MIB + c.written_store) /
				     2472960);
}

const struct vtl_log_param tape_usage_params[] = {
	{ .code = 0x0001, .len = 4, .get = get_cartridge_number, .arg = 0x0003 },	/* threads: one a load */
	{ .code = 0x0002, .len = 8, .get = get_data_sets, .arg = 0 },
	{ .code = 0x0003, .len = 4 },
	{ .code = 0x0004, .len = 2, LIFE(write_errors) },
	{ .code = 0x0005, .len = 2 },
	{ .code = 0x0006, .len = 2 },
	{ .code = 0x0007, .len = 8, .get = get_data_sets, .arg = 1 },
	{ .code = 0x0008, .len = 4 },
	{ .code = 0x0009, .len = 2, LIFE(read_errors) },
	{ .code = 0x000a, .len = 2 },
	{ .code = 0x000b, .len = 2 },
	{ 0 },
};

const struct vtl_log_param tape_lto_write_params[] = {
	{ .code = 0x0000, .len = 4 },
	{ .code = 0x0001, .len = 4 },
	{ .code = 0x0002, .len = 4 },
	{ .code = 0x0006, .len = 4 },
	{ .code = 0x0007, .len = 4 },
	{ .code = 0x0008, .len = 4, LIFE(write_errors) },
	{ 0 },
};

const struct vtl_log_param tape_lto_read_params[] = {
	{ .code = 0x0000, .len = 4 },
	{ .code = 0x0001, .len = 4 },
	{ .code = 0x0002, .len = 4 },
	{ .code = 0x0006, .len = 4 },
	{ .code = 0x0007, .len = 4 },
	{ .code = 0x0015, .len = 4, LIFE(read_errors) },
	{ 0 },
};
