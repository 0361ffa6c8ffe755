/* SPDX-License-Identifier: GPL-2.0-only */
/* Log pages that count errors and blocks of a load: 02h to 06h, 16h, and what vendors count beside (33h to 3Dh). */
#include <string.h>

#include "tape_impl.h"

#define KIB	1024u

/* A number of a load's tally: where it lies there, and which reset counts. */
#define TALLY(since, member) \
	.get = get_tally, .set = set_tally, .arg = (uint32_t)((since) << 16 | offsetof(struct tape_tally, member))

static uint64_t tally_number(struct vtl_dev *dev, uint32_t arg)
{
	struct tape_tally tally = tape_tally(tape_of_dev(dev), (enum tape_since)(arg >> 16));
	uint64_t n;

	memcpy(&n, (const char *)&tally + (arg & 0xffff), sizeof(n));
	return n;
}

static void get_tally(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, tally_number(dev, p->arg));
}

/* LOG SELECT: counts on from there. What counts from the load on cannot be set. */
static bool set_tally(struct vtl_dev *dev, const struct vtl_log_param *p, const uint8_t *value)
{
	enum tape_since since = (enum tape_since)(p->arg >> 16);
	uint64_t n = 0, all = tally_number(dev, (uint32_t)(SINCE_LOAD << 16) | (p->arg & 0xffff));
	unsigned i;

	if (since == SINCE_LOAD)
		return false;
	for (i = 0; i < p->len; i++)
		n = n << 8 | value[i];
	n = all - n;
	memcpy((char *)&tape_of_dev(dev)->since[since] + (p->arg & 0xffff), &n, sizeof(n));
	return true;
}

/* ---- 02h to 05h (SPC-5 7.3.5 and on): nothing recovers what a file system does not deliver ---- */

#define ERROR_PARAMS(since, bytes_member, errors_member)			\
	{ .code = 0x0000, .len = 4 },						\
	{ .code = 0x0001, .len = 4 },						\
	{ .code = 0x0002, .len = 4 },						\
	{ .code = 0x0003, .len = 4 },						\
	{ .code = 0x0004, .len = 4 },						\
	{ .code = 0x0005, .len = 8, TALLY(since, bytes_member) },		\
	{ .code = 0x0006, .len = 4, TALLY(since, errors_member) },		\
	{ 0 }

const struct vtl_log_param tape_write_error_params[] = {
	ERROR_PARAMS(SINCE_WRITE, bytes.written_store, write_errors),
};
const struct vtl_log_param tape_read_error_params[] = {
	ERROR_PARAMS(SINCE_READ, bytes.read_store, read_errors),
};
const struct vtl_log_param tape_reverse_error_params[] = {
	ERROR_PARAMS(SINCE_REVERSE, reverse_bytes, reverse_errors),
};
const struct vtl_log_param tape_verify_error_params[] = {
	ERROR_PARAMS(SINCE_VERIFY, verify_bytes, verify_errors),
};

/* ---- 06h Non-Medium Error (SPC-5 7.3.13): hardware, and commands that were aborted ---- */

const struct vtl_log_param tape_non_medium_params[] = {
	{ .code = 0x0000, .len = 4, TALLY(SINCE_OTHER, other_errors) },
	{ 0 },
};

/* ---- 16h Tape Diagnostic Data (SSC-5 8.2) ---- */

static void get_fault(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	memcpy(value, tape_of_dev(dev)->fault[p->code], TAPE_FAULT_LEN);
}

static bool set_fault(struct vtl_dev *dev, const struct vtl_log_param *p, const uint8_t *value)
{
	memcpy(tape_of_dev(dev)->fault[p->code], value, TAPE_FAULT_LEN);
	return true;
}

#define FAULT(n) \
	{ .code = n, .control = VTL_LOG_LIST, .len = TAPE_FAULT_LEN, .get = get_fault, .set = set_fault }
const struct vtl_log_param tape_fault_params[] = {
	FAULT(0), FAULT(1), FAULT(2), FAULT(3), FAULT(4), FAULT(5), FAULT(6), FAULT(7), FAULT(8), FAULT(9), FAULT(10),
	FAULT(11), { 0 },
};
#undef FAULT
_Static_assert(sizeof(tape_fault_params) / sizeof(tape_fault_params[0]) == TAPE_FAULTS + 1, "a parameter for each");

/* ---- 33h Write Errors, 34h Read Forward Errors: IBM's LTO, of a mount; two bytes each ---- */

#define NOTHING(n)	{ .code = n, .len = 2 }

const struct vtl_log_param tape_lto_write_params[] = {
	NOTHING(0x00), NOTHING(0x01), NOTHING(0x02), NOTHING(0x03), NOTHING(0x04), NOTHING(0x05), NOTHING(0x06),
	NOTHING(0x07), { .code = 0x08, .len = 2, TALLY(SINCE_LTO_WRITE, write_errors) }, NOTHING(0x09), NOTHING(0x0a),
	NOTHING(0x0b), NOTHING(0x0c), NOTHING(0x0d), NOTHING(0x0e), NOTHING(0x0f), NOTHING(0x10), NOTHING(0x11),
	{ 0 },
};

const struct vtl_log_param tape_lto_read_params[] = {
	NOTHING(0x00), NOTHING(0x01), NOTHING(0x02), NOTHING(0x03), NOTHING(0x04), NOTHING(0x05), NOTHING(0x06),
	NOTHING(0x07), NOTHING(0x08), NOTHING(0x09), NOTHING(0x0a), NOTHING(0x0b), NOTHING(0x0c), NOTHING(0x0d),
	NOTHING(0x0e), NOTHING(0x0f), NOTHING(0x10), NOTHING(0x11), NOTHING(0x12), NOTHING(0x13), NOTHING(0x14),
	{ .code = 0x15, .len = 2, TALLY(SINCE_LTO_READ, read_errors) }, NOTHING(0x16), NOTHING(0x17), NOTHING(0x18),
	NOTHING(0x19), NOTHING(0x1a), NOTHING(0x1b), NOTHING(0x1c), NOTHING(0x1d), NOTHING(0x1e),
	{ 0 },
};

/* 3592: 32h, 34h and (backward) 36h hold the parameters that its own software reads: transients, temps, retries. */
const struct vtl_log_param tape_3592_write_params[] = {
	{ .code = 0x01, .len = 4 }, { .code = 0x02, .len = 4 }, { .code = 0x06, .len = 4 }, { .code = 0x07, .len = 4 },
	{ .code = 0x08, .len = 4, TALLY(SINCE_LTO_WRITE, write_errors) },
	{ 0 },
};

const struct vtl_log_param tape_3592_read_params[] = {
	{ .code = 0x01, .len = 4 }, { .code = 0x02, .len = 4 }, { .code = 0x06, .len = 4 }, { .code = 0x07, .len = 4 },
	{ .code = 0x15, .len = 4, TALLY(SINCE_LTO_READ, read_errors) },
	{ 0 },
};

/* ---- 38h Blocks/Bytes Transferred: IBM's, of a mount ---- */

static void get_kib(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, tally_number(dev, p->arg) / KIB);
}

static void get_sets(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	vtl_log_number(p, value, tally_number(dev, p->arg) / TAPE_DATA_SET);
}

enum { CAPACITY_PARTITION, TRAVERSED_PARTITION, CAPACITY_VOLUME, TRAVERSED_VOLUME, LEFT_VOLUME, LEFT_PARTITION };

/* Capacities in KiB; how much of it lies before the position, in 255ths. */
static void get_extent(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	struct media_usage one, all = { 0 };
	uint64_t here, before = 0, rows[6];
	struct media_pos pos;
	unsigned i;

	if (!t->media)
		return;
	media_tell(t->media, &pos);
	for (i = 0; i < media_info(t->media)->geometry.partitions; i++) {
		media_usage(t->media, i, &one);
		before += i < pos.partition ? one.capacity : 0;
		all.capacity += one.capacity;
		all.left += one.left;
	}
	media_usage(t->media, pos.partition, &one);
	here = tape_bytes_here(t);
	rows[CAPACITY_PARTITION] = one.capacity / KIB;
	rows[TRAVERSED_PARTITION] = (uint64_t)((double)here * 255 / (double)(one.capacity ? one.capacity : 1));
	rows[CAPACITY_VOLUME] = all.capacity / KIB;
	rows[TRAVERSED_VOLUME] = (uint64_t)((double)(before + here) * 255 / (double)(all.capacity ? all.capacity : 1));
	rows[LEFT_VOLUME] = all.left / KIB;
	rows[LEFT_PARTITION] = one.left / KIB;
	vtl_log_number(p, value, rows[p->arg]);
}

#define TRANSFERRED(member)	.arg = (uint32_t)(SINCE_TRANSFERRED << 16 | offsetof(struct tape_tally, member))

const struct vtl_log_param tape_transferred_params[] = {
	{ .code = 0x0000, .len = 8, TALLY(SINCE_TRANSFERRED, blocks_written) },
	{ .code = 0x0001, .len = 8, .get = get_kib, TRANSFERRED(bytes.written_host) },
	{ .code = 0x0002, .len = 8, TALLY(SINCE_TRANSFERRED, blocks_read) },
	{ .code = 0x0003, .len = 8, .get = get_kib, TRANSFERRED(bytes.read_host) },
	/* processed by the device, and transferred to and from the tape: nothing is written twice here */
	{ .code = 0x0004, .len = 4, .get = get_sets, TRANSFERRED(bytes.written_store) },
	{ .code = 0x0005, .len = 6, .get = get_kib, TRANSFERRED(bytes.written_store) },
	{ .code = 0x0006, .len = 4, .get = get_sets, TRANSFERRED(bytes.read_store) },
	{ .code = 0x0007, .len = 6, .get = get_kib, TRANSFERRED(bytes.read_store) },
	{ .code = 0x0008, .len = 4, .get = get_sets, TRANSFERRED(bytes.written_store) },
	{ .code = 0x0009, .len = 6, .get = get_kib, TRANSFERRED(bytes.written_store) },
	{ .code = 0x000a, .len = 4, .get = get_sets, TRANSFERRED(bytes.read_store) },
	{ .code = 0x000b, .len = 6, .get = get_kib, TRANSFERRED(bytes.read_store) },
	{ .code = 0x000c, .control = VTL_LOG_LIST, .len = 6, .get = get_extent, .arg = CAPACITY_PARTITION },
	{ .code = 0x000d, .control = VTL_LOG_LIST, .len = 4, .get = get_extent, .arg = TRAVERSED_PARTITION },
	{ .code = 0x000e, .control = VTL_LOG_LIST, .len = 6, .get = get_extent, .arg = CAPACITY_VOLUME },
	{ .code = 0x000f, .control = VTL_LOG_LIST, .len = 4, .get = get_extent, .arg = TRAVERSED_VOLUME },
	{ .code = 0x0010, .control = VTL_LOG_LIST, .len = 6, .get = get_extent, .arg = LEFT_VOLUME },
	{ .code = 0x0011, .control = VTL_LOG_LIST, .len = 6, .get = get_extent, .arg = LEFT_PARTITION },
	{ 0 },
};

/* ---- 39h, 3Bh Host Port Interface Errors: IBM's; an IP network tells a target of none ---- */

const struct vtl_log_param tape_host_error_params[] = {
	NOTHING(0x07), NOTHING(0x08), NOTHING(0x09), NOTHING(0x0a), { .code = 0x10, .len = 4 },
	{ 0 },
};

/* ---- 3Dh Drive Statistics: T10000's, what its own software reads ---- */

/* Tenths of a per cent; quality indexes in sixteenths of a tenth. */
static void get_t10000_quality(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	struct tape_tally tally = tape_tally(t, SINCE_LOAD);
	struct tape_volume life = tape_volume_life(t);
	uint64_t done[] = {
		[0] = life.written + life.read, [1] = tally.bytes.read_store, [2] = tally.bytes.written_store,
	};
	uint64_t failed[] = {
		[0] = life.write_errors + life.read_errors, [1] = tally.read_errors, [2] = tally.write_errors,
	};
	unsigned which = p->arg & 0x0f;

	vtl_log_number(p, value, tape_efficiency(done[which], failed[which], p->arg & 0x10 ? 16000 : 1000));
}

const struct vtl_log_param tape_t10000_params[] = {
	{ .code = 0x0104, .len = 4 }, { .code = 0x0105, .len = 4 }, { .code = 0x0106, .len = 4 },
	{ .code = 0x0107, .len = 4 }, { .code = 0x0108, .len = 4 }, { .code = 0x0112, .len = 4 },
	{ .code = 0x0203, .len = 4 },
	{ .code = 0x0204, .len = 4, TALLY(SINCE_LOAD, other_errors) },
	{ .code = 0x0400, .control = VTL_LOG_LIST, .len = 4, .get = get_t10000_quality, .arg = 0 },
	{ .code = 0x0401, .control = VTL_LOG_LIST, .len = 4, .get = get_t10000_quality, .arg = 0x11 },
	{ .code = 0x0402, .control = VTL_LOG_LIST, .len = 4, .get = get_t10000_quality, .arg = 0x12 },
	{ .code = 0x0407, .control = VTL_LOG_LIST, .len = 4, .get = get_t10000_quality, .arg = 2 },
	{ 0 },
};
