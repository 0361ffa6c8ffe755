/* SPDX-License-Identifier: GPL-2.0-only */
/* Log pages that tell of the drive: status, life, compression, and how well it does (SSC-5 8.2; IBM's 37h). */
#include <string.h>

#include "tape_impl.h"

#define MIB	1048576ull
#define HOUR_MS	3600000u

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
	value[3] = vtl_alerts(dev, NULL) ? 0x01 : 0;	/* TAFC */
}

/* Milliseconds after which the flags may have changed. */
static void get_polling_delay(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, 100);
}

const struct vtl_log_param tape_status_params[] = {
	{ .code = 0x0000, .control = VTL_LOG_LIST, .len = 4, .get = get_vhf },
	{ .code = 0x0001, .control = VTL_LOG_LIST, .len = 2, .get = get_polling_delay },
	{ 0 },
};

/* ---- 12h TapeAlert Response, 13h Requested Recovery ---- */

static void get_alerts(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	put_be64(value, vtl_alerts(dev, NULL));
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

/* What went through the drive, with what the cartridge that is in it has added. */
static uint64_t life_number(const struct vtl_tape *t, size_t at)
{
	uint64_t n;

	memcpy(&n, (const char *)&t->life + at, sizeof(n));
	if (t->media && at == offsetof(struct tape_life, millimetres)) {
		struct media_counters c;

		media_counters(t->media, &c);
		n += tape_millimetres(t, c.written_store + c.read_store);
	}
	return n;
}

static void get_life(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, life_number(tape_of_dev(dev), p->arg));
}

static void get_life_hours(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, life_number(tape_of_dev(dev), p->arg) / HOUR_MS);
}

static void get_metres(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, life_number(tape_of_dev(dev), p->arg) / 1000);
}

static void get_hours_since_clean(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct tape_life *life = &tape_of_dev(dev)->life;

	vtl_log_number(p, value, (life->motion_ms - life->motion_cleaned) / HOUR_MS);
}

/* Milliseconds since the drive was made anew here, by the clock: it has no other. */
static uint64_t powered_ms(struct vtl_dev *dev)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	uint64_t now = dev->env->wall_ms(dev->env);

	return t->life.born_ms && now > t->life.born_ms ? now - t->life.born_ms : 0;
}

static void get_power_on_hours(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, powered_ms(dev) / HOUR_MS);
}

static void get_powered_ms(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, powered_ms(dev));
}

/* Per cent of its time that the drive reads, writes, moves the tape. */
static void get_duty(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	uint64_t all = powered_ms(dev), part = life_number(tape_of_dev(dev), p->arg) * 100;

	vtl_log_number(p, value, all ? part / all : 0);
}

static void get_prevented(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	value[0] = vtl_dev_prevented(dev);
}

static void get_serial(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	struct vtl_reply r;

	vtl_reply_mem(&r, value, p->len);
	vtl_put_text(&r, dev->serial, p->len);
}

#define STATISTIC(code_, len_, get_, member) \
	{ .code = code_, .control = VTL_LOG_LIST, .len = len_, .get = get_, .arg = offsetof(struct tape_life, member) }

const struct vtl_log_param tape_statistics_params[] = {
	STATISTIC(0x0000, 4, get_life, loads),
	STATISTIC(0x0001, 4, get_life, cleanings),
	STATISTIC(0x0002, 4, get_power_on_hours, born_ms),
	STATISTIC(0x0003, 4, get_life_hours, motion_ms),
	STATISTIC(0x0004, 4, get_metres, millimetres),
	STATISTIC(0x0005, 4, get_life_hours, incompatible_ms),
	{ .code = 0x0006, .control = VTL_LOG_LIST, .len = 4 },	/* temperature, power consumption: never too much */
	{ .code = 0x0007, .control = VTL_LOG_LIST, .len = 4 },
	STATISTIC(0x0008, 4, get_hours_since_clean, motion_cleaned),
	STATISTIC(0x000c, 4, get_life, power_cycles),
	STATISTIC(0x000d, 4, get_life, loads),
	STATISTIC(0x000e, 4, get_life, write_errors),
	STATISTIC(0x000f, 4, get_life, read_errors),
	STATISTIC(0x0010, 6, get_powered_ms, born_ms),
	STATISTIC(0x0011, 1, get_duty, read_ms),
	STATISTIC(0x0012, 1, get_duty, write_ms),
	STATISTIC(0x0013, 1, get_duty, motion_ms),
	{ .code = 0x0040, .control = VTL_LOG_LIST_ASCII, .len = 32, .get = get_serial },
	{ .code = 0x0041, .control = VTL_LOG_LIST_ASCII, .len = 32, .get = get_serial },
	{ .code = 0x0080, .control = VTL_LOG_LIST, .len = 1, .get = get_prevented },
	{ .code = 0x0081, .control = VTL_LOG_LIST, .len = 1 },	/* too hot: never */
	{ 0 },
};

/* ---- 0Dh Temperature (SPC-5 7.3.22): as a drive in a cool room has it, by what it does ---- */

static void get_temperature(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	value[1] = (uint8_t)(t->activity != TAPE_IDLE ? 38 : t->media ? 34 : 30);
}

const struct vtl_log_param tape_temperature_params[] = {
	{ .code = 0x0000, .control = VTL_LOG_LIST, .len = 2, .get = get_temperature },
	{ 0 },
};

/* ---- 15h Service Buffers Information (ADC-3): the buffer that takes a drive's dump ---- */

static void get_dump_buffer(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	struct vtl_reply r;

	value[0] = 0x01;			/* BUFFER ID of READ BUFFER */
	value[2] = 0x02;			/* code set: ASCII */
	vtl_reply_mem(&r, value + 4, p->len - 4u);
	vtl_put_text(&r, "Drive dump", p->len - 4u);
}

const struct vtl_log_param tape_buffer_params[] = {
	{ .code = 0x0000, .control = VTL_LOG_LIST, .len = 16, .get = get_dump_buffer },
	{ 0 },
};

/* ---- 18h Protocol Specific Port (SPC-5 7.3.17): iSCSI has nothing to tell but that it is iSCSI ---- */

static void get_protocol(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	value[0] = 0x05;
}

const struct vtl_log_param tape_port_params[] = {
	{ .code = 0x0001, .control = VTL_LOG_LIST, .len = 4, .get = get_protocol },
	{ 0 },
};

/* ---- 1Ah Power Condition Transitions (SPC-5 7.3.16): active once, and never anything else ---- */

static void get_to_active(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, tape_of_dev(dev)->life.power_cycles);
}

const struct vtl_log_param tape_power_params[] = {
	{ .code = 0x0001, .control = VTL_LOG_LIST, .len = 4, .get = get_to_active },
	{ .code = 0x0004, .control = VTL_LOG_LIST, .len = 4 },
	{ 0 },
};

/* ---- 3Eh Device Status, as DLT and HP's LTO have it ---- */

static void get_device_type(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	value[p->len - 1] = 0x01;
}

static void get_device_cleaning(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	value[0] = tape_of_dev(dev)->state == VTL_DRIVE_CLEANING;
}

const struct vtl_log_param tape_device_params[] = {
	{ .code = 0x0000, .control = VTL_LOG_LIST, .len = 2, .get = get_device_type },
	{ .code = 0x0001, .control = VTL_LOG_LIST, .len = 1, .get = get_device_cleaning },
	STATISTIC(0x0002, 4, get_life, loads),
	STATISTIC(0x0003, 4, get_life, cleanings),
	{ .code = 0x0004, .control = VTL_LOG_LIST_ASCII, .len = 10, .get = get_serial },
	{ 0 },
};

/* ---- 34h Performance Data of HP's LTO: in 100,000 bytes per second ---- */

enum { RATE_IN, RATE_MOST, RATE_NOW };

static void get_rate(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	struct tape_tally tally = tape_tally(t, SINCE_LOAD);
	uint64_t ms = t->life.write_ms + t->life.read_ms;
	uint64_t bytes = p->arg == RATE_IN ? tally.bytes.written_host : tally.bytes.written_store;

	vtl_log_number(p, value, ms ? bytes / 100 / ms : 0);
}

const struct vtl_log_param tape_performance_params[] = {
	{ .code = 0x0000, .control = VTL_LOG_LIST, .len = 2 },	/* repositions per 100 MB */
	{ .code = 0x0001, .control = VTL_LOG_LIST, .len = 2, .get = get_rate, .arg = RATE_IN },
	{ .code = 0x0002, .control = VTL_LOG_LIST, .len = 2, .get = get_rate, .arg = RATE_MOST },
	{ .code = 0x0003, .control = VTL_LOG_LIST, .len = 2, .get = get_rate, .arg = RATE_NOW },
	{ .code = 0x0004, .control = VTL_LOG_LIST, .len = 2, .get = get_rate, .arg = RATE_MOST },
	{ 0 },
};

/* ---- 37h Performance Characteristics: IBM's; subpages of a mount and of a life ---- */

enum { QUALITY_DRIVE, QUALITY_MEDIUM, QUALITY_HOST };

struct done {
	uint64_t bytes, failed;
};

static struct done done_by(const struct vtl_tape *t, unsigned what, bool life)
{
	struct tape_tally tally = tape_tally(t, SINCE_LOAD);
	struct tape_volume volume = tape_volume_life(t);
	struct done mount = {
		tally.bytes.written_store + tally.bytes.read_store,
		tally.write_errors + tally.read_errors + tally.reverse_errors + tally.verify_errors,
	};

	switch (what) {
	case QUALITY_HOST:
		return (struct done){ t->life.written + t->life.read + mount.bytes,
				      life ? t->life.other_errors : tally.other_errors };
	case QUALITY_MEDIUM:
		return life ? (struct done){ volume.written + volume.read, volume.write_errors + volume.read_errors }
			    : mount;
	default:
		return life ? (struct done){ t->life.written + t->life.read + mount.bytes,
					     t->life.write_errors + t->life.read_errors } : mount;
	}
}

/* One byte: 1 is best, 255 worst, 0 not known. */
static void get_quality(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	struct done done = done_by(tape_of_dev(dev), p->arg & 0x0f, p->arg & 0x10);

	if (done.bytes || done.failed)
		value[0] = (uint8_t)(255 - tape_efficiency(done.bytes, done.failed, 254));
}

#define LIST(code_, len_, get_, arg_) \
	{ .code = code_, .control = VTL_LOG_LIST, .len = len_, .get = get_, .arg = arg_ }
/* There is no second host port, and none to the library. */
#define QUALITY_PARAMS(life)							\
	LIST(0x0000, 1, get_quality, (life) | QUALITY_DRIVE),			\
	LIST(0x0001, 1, get_quality, (life) | QUALITY_MEDIUM),			\
	LIST(0x0010, 1, get_quality, (life) | QUALITY_HOST),			\
	LIST(0x0011, 1, get_quality, (life) | QUALITY_HOST),			\
	LIST(0x0012, 1, NULL, 0), LIST(0x001a, 1, NULL, 0), { 0 }

const struct vtl_log_param tape_quality_mount_params[] = { QUALITY_PARAMS(0) };
const struct vtl_log_param tape_quality_life_params[] = { QUALITY_PARAMS(0x10) };

/* Host commands: how much of what was read and written went well, per cent in 65536ths. */
static void get_host_efficiency(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	struct tape_tally tally = tape_tally(t, SINCE_LOAD);
	bool write = p->arg & 1, life = p->arg & 0x10;
	uint64_t bytes = write ? tally.bytes.written_store : tally.bytes.read_store;
	uint64_t failed = write ? tally.write_errors : tally.read_errors;

	if (life) {
		bytes += write ? t->life.written : t->life.read;
		failed = write ? t->life.write_errors : t->life.read_errors;
	}
	vtl_log_number(p, value, tape_efficiency(bytes, failed, 100 << 16));
}

#define HOSTS_PARAMS(life)							\
	LIST(0x03d0, 4, get_host_efficiency, life),				\
	LIST(0x04d0, 4, get_host_efficiency, (life) | 1), { 0 }

const struct vtl_log_param tape_hosts_mount_params[] = { HOSTS_PARAMS(0) };
const struct vtl_log_param tape_hosts_life_params[] = { HOSTS_PARAMS(0x10) };

/* Capacity that rewriting has cost: none. */
const struct vtl_log_param tape_capacity_loss_params[] = {
	{ .code = 0x7113, .control = VTL_LOG_LIST, .len = 4 },
	{ 0 },
};

/* ---- 1Bh, 32h Data Compression ---- */

enum { READ_RATIO, WRITE_RATIO, TO_HOST, FROM_TAPE, FROM_HOST, TO_TAPE };

static uint64_t hundredths(uint64_t host, uint64_t store)
{
	return store ? host * 100 / store : 0;
}

static uint64_t compression_value(const struct vtl_tape *t, const struct vtl_log_param *p)
{
	struct media_counters c = tape_tally(t, (enum tape_since)(p->arg >> 8)).bytes;

	return (const uint64_t[]){
		[READ_RATIO] = hundredths(c.read_host, c.read_store),
		[WRITE_RATIO] = hundredths(c.written_host, c.written_store),
		[TO_HOST] = c.read_host, [FROM_TAPE] = c.read_store,
		[FROM_HOST] = c.written_host, [TO_TAPE] = c.written_store,
	}[p->arg & 0xff];
}

static void get_compression_ratio(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, compression_value(tape_of_dev(dev), p));
}

/* Whole megabytes, and the bytes beyond them. */
static void get_megabytes(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, compression_value(tape_of_dev(dev), p) / MIB);
}

static void get_rest(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, compression_value(tape_of_dev(dev), p) % MIB);
}

static void get_compression_on(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const uint8_t *page = vtl_mode_page(dev, 0x0f, 0);

	value[0] = page && page[2] & 0x80 ? 1 : 0;
}

#define COMPRESSION_PARAMS(since)									\
	{ .code = 0x0000, .len = 2, .get = get_compression_ratio, .arg = (since) << 8 | READ_RATIO },	\
	{ .code = 0x0001, .len = 2, .get = get_compression_ratio, .arg = (since) << 8 | WRITE_RATIO },	\
	{ .code = 0x0002, .len = 4, .get = get_megabytes, .arg = (since) << 8 | TO_HOST },		\
	{ .code = 0x0003, .len = 4, .get = get_rest, .arg = (since) << 8 | TO_HOST },			\
	{ .code = 0x0004, .len = 4, .get = get_megabytes, .arg = (since) << 8 | FROM_TAPE },		\
	{ .code = 0x0005, .len = 4, .get = get_rest, .arg = (since) << 8 | FROM_TAPE },			\
	{ .code = 0x0006, .len = 4, .get = get_megabytes, .arg = (since) << 8 | FROM_HOST },		\
	{ .code = 0x0007, .len = 4, .get = get_rest, .arg = (since) << 8 | FROM_HOST },			\
	{ .code = 0x0008, .len = 4, .get = get_megabytes, .arg = (since) << 8 | TO_TAPE },		\
	{ .code = 0x0009, .len = 4, .get = get_rest, .arg = (since) << 8 | TO_TAPE }

const struct vtl_log_param tape_compression_params[] = {
	COMPRESSION_PARAMS(SINCE_COMPRESSION),
	{ .code = 0x0100, .control = VTL_LOG_LIST, .len = 1, .get = get_compression_on },
	{ 0 },
};

const struct vtl_log_param tape_compression_lto_params[] = {
	COMPRESSION_PARAMS(SINCE_COMPRESSION_LTO),
	{ 0 },
};
