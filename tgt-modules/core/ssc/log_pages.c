/* SPDX-License-Identifier: GPL-2.0-only */
/* Log pages of a tape drive (SSC-3 8.2): counters and capacities as they are at the moment of asking. */
#include <string.h>
#include <time.h>

#include "tape_impl.h"

#define MB	1000000ull
#define MIB	1048576ull

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
	vtl_log_number(p, value, counter(tape_of_dev(dev), p->arg));
}

enum { BOP_TO_EOD, BOP_TO_EW, EW_TO_EOP, BOP_TO_HERE };

/* Of the current partition, in MB. */
static void get_stretch(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	struct media_usage usage;
	struct media_pos pos;
	uint64_t ew;

	if (!t->media)
		return;
	media_tell(t->media, &pos);
	media_usage(t->media, pos.partition, &usage);
	ew = media_info(t->media)->geometry.part[pos.partition].early_warning;
	vtl_log_number(p, value, (const uint64_t[]){
		usage.used, usage.capacity - ew, ew, tape_bytes_here(t) }[p->arg] / MB);
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

/* ---- 2Eh TapeAlert ---- */

/* Of Device Configuration Extension, byte 4: reading does not clear; LOG SELECT of all pages leaves them. */
enum { PAGE_DEVICE = 0x10, SUB_EXTENSION = 0x01, EXTENSION_TASER = 0x04, EXTENSION_TAPLSD = 0x01 };

static bool extension(const struct vtl_dev *dev, uint8_t bit)
{
	const uint8_t *page = vtl_mode_page(dev, PAGE_DEVICE, SUB_EXTENSION);

	return page && page[4] & bit;
}

static void alerts_reported(struct vtl_dev *dev, struct vtl_nexus *nexus)
{
	if (!extension(dev, EXTENSION_TAPLSD))
		vtl_alert_reported(dev, nexus);
}

static void reset_alerts(struct vtl_dev *dev)
{
	if (!extension(dev, EXTENSION_TASER))
		vtl_alert_reset(dev);
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
	vtl_log_number(p, value, (p->arg & 0x10 ? u.capacity : u.left) / MIB);
}

static const struct vtl_log_param capacity_params[] = {
	{ .code = 0x0001, .len = 4, .get = get_capacity, .arg = 0 },
	{ .code = 0x0002, .len = 4, .get = get_capacity, .arg = 1 },
	{ .code = 0x0003, .len = 4, .get = get_capacity, .arg = 0x10 },
	{ .code = 0x0004, .len = 4, .get = get_capacity, .arg = 0x11 },
	{ 0 },
};

/* ---- which drive has which page ---- */

/*
 * As sg_logs lists them of real drives, where such lists are known (IBM ULT3580-TD6 and -TDA, HP Ultrium 6), with
 * what the software for a family reads; others by their manuals. The first row that fits a model is its own.
 */
static const struct {
	const char *family;		/* as in the model */
	uint8_t density;		/* of the first generation; 0: all */
	uint8_t code[28];
} page_rows[] = {
	{ "lto", 0x58, { 0x02, 0x03, 0x06, 0x0c, 0x11, 0x12, 0x14, 0x16, 0x17, 0x1a, 0x1b, 0x2e, 0x30, 0x31, 0x32, 0x33,
			 0x34, 0x37, 0x38, 0x39, 0x3b } },
	{ "lto", 0, { 0x02, 0x03, 0x06, 0x0c, 0x2e, 0x30, 0x31, 0x32, 0x33, 0x34, 0x37, 0x38, 0x39 } },
	{ "hp-lto", 0x58, { 0x02, 0x03, 0x0c, 0x0d, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x1b, 0x2e, 0x30,
			    0x31, 0x32, 0x34, 0x3e } },
	{ "hp-lto", 0, { 0x02, 0x03, 0x0c, 0x0d, 0x2e, 0x30, 0x31, 0x32, 0x34, 0x3e } },
	{ "3592", 0, { 0x02, 0x03, 0x06, 0x0c, 0x11, 0x12, 0x14, 0x16, 0x17, 0x1a, 0x1b, 0x2e, 0x31, 0x32, 0x34, 0x36,
		       0x37, 0x38, 0x39, 0x3b } },
	{ "t10000", 0, { 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x0d, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x1b, 0x2e, 0x31,
			 0x3d } },
	{ "9840", 0, { 0x02, 0x03, 0x04, 0x06, 0x0c, 0x2e, 0x31 } },
	{ "9940", 0, { 0x02, 0x03, 0x04, 0x06, 0x0c, 0x2e, 0x31 } },
	{ "sdlt", 0, { 0x02, 0x03, 0x0c, 0x2e, 0x31, 0x32, 0x3e } },
	{ "dlt", 0, { 0x02, 0x03, 0x0c, 0x2e, 0x31, 0x32, 0x3e } },
	{ "", 0, { 0x02, 0x03, 0x06, 0x0c, 0x2e, 0x31 } },
};

static bool listed(const struct vtl_dev *dev, const struct vtl_log_page *row)
{
	const struct vtl_drive_model *m = ((const struct vtl_tape *)dev)->model;
	unsigned i, j;

	for (i = 0; *page_rows[i].family; i++) {
		if (!strcmp(page_rows[i].family, m->family) && m->default_density >= page_rows[i].density)
			break;
	}
	for (j = 0; j < sizeof(page_rows[i].code); j++) {
		if (page_rows[i].code[j] == row->code)
			return true;
	}
	return false;
}

static bool of_3592(const struct vtl_dev *dev, const struct vtl_log_page *row)
{
	return tape_is(((const struct vtl_tape *)dev)->model, "3592");
}

static bool of_hp(const struct vtl_dev *dev, const struct vtl_log_page *row)
{
	return !strncmp(((const struct vtl_tape *)dev)->model->family, "hp-", 3) && listed(dev, row);
}

#define RESET(function, since)				\
	static void function(struct vtl_dev *dev)	\
	{						\
		tape_tally_reset(tape_of_dev(dev), since);	\
	}

RESET(reset_write, SINCE_WRITE)
RESET(reset_read, SINCE_READ)
RESET(reset_reverse, SINCE_REVERSE)
RESET(reset_verify, SINCE_VERIFY)
RESET(reset_other, SINCE_OTHER)
RESET(reset_compression, SINCE_COMPRESSION)
RESET(reset_compression_lto, SINCE_COMPRESSION_LTO)
RESET(reset_lto_write, SINCE_LTO_WRITE)
RESET(reset_lto_read, SINCE_LTO_READ)
RESET(reset_transferred, SINCE_TRANSFERRED)

#define PAGE(code_, sub, name_, params_, ...) \
	{ .code = code_, .subcode = sub, .name = name_, .params = params_, .present = listed, __VA_ARGS__ }

/* Of two rows with one code the special one first. */
const struct vtl_log_page tape_log_pages[] = {
	PAGE(0x02, 0, "Write Error Counters", tape_write_error_params, .reset = reset_write),
	PAGE(0x03, 0, "Read Error Counters", tape_read_error_params, .reset = reset_read),
	PAGE(0x04, 0, "Read Reverse Error Counters", tape_reverse_error_params, .reset = reset_reverse),
	PAGE(0x05, 0, "Verify Error Counters", tape_verify_error_params, .reset = reset_verify),
	PAGE(0x06, 0, "Non-Medium Errors", tape_non_medium_params, .reset = reset_other),
	PAGE(0x0c, 0, "Sequential-access Device", device_params),
	PAGE(0x0d, 0, "Temperature", tape_temperature_params),
	PAGE(0x11, 0, "DT Device Status", tape_status_params),
	PAGE(0x12, 0, "TapeAlert Response", tape_response_params),
	PAGE(0x13, 0, "Requested Recovery", tape_recovery_params),
	PAGE(0x14, 0, "Device Statistics", tape_statistics_params),
	PAGE(0x15, 0, "Service Buffers Information", tape_buffer_params),
	PAGE(0x16, 0, "Tape Diagnostic Data", tape_fault_params, .saved = true, .fixed = true),
	PAGE(0x17, 0, "Volume Statistics", tape_volume_params, .fill = tape_volume_fill),
	PAGE(0x18, 0, "Protocol Specific Port", tape_port_params),
	PAGE(0x1a, 0, "Power Condition Transitions", tape_power_params),
	PAGE(0x1b, 0, "Data Compression", tape_compression_params, .reset = reset_compression),
	PAGE(0x2e, 0, "TapeAlert", NULL, .fill = vtl_alert_fill, .reported = alerts_reported,
	     .reset = reset_alerts),
	PAGE(0x30, 0, "Tape Usage", tape_usage_params),
	PAGE(0x31, 0, "Tape Capacity", capacity_params),
	{
		.code = 0x32, .name = "Write Errors (3592)", .params = tape_3592_write_params,
		.reset = reset_lto_write, .present = of_3592,
	},
	PAGE(0x32, 0, "Data Compression (LTO)", tape_compression_lto_params, .reset = reset_compression_lto),
	PAGE(0x33, 0, "Write Errors (LTO)", tape_lto_write_params, .reset = reset_lto_write),
	{
		.code = 0x34, .name = "Read Forward Errors (3592)", .params = tape_3592_read_params,
		.reset = reset_lto_read, .present = of_3592,
	},
	{ .code = 0x34, .name = "Performance Data (HP LTO)", .params = tape_performance_params, .present = of_hp },
	PAGE(0x34, 0, "Read Forward Errors (LTO)", tape_lto_read_params, .reset = reset_lto_read),
	PAGE(0x36, 0, "Read Backward Errors (3592)", tape_3592_read_params, .reset = reset_lto_read),
	PAGE(0x37, 0x00, "Performance Characteristics", tape_quality_life_params),
	PAGE(0x37, 0x11, "Performance Characteristics: host commands", tape_hosts_life_params),
	PAGE(0x37, 0x40, "Performance Characteristics: quality of this mount", tape_quality_mount_params),
	PAGE(0x37, 0x51, "Performance Characteristics: host commands of this mount", tape_hosts_mount_params),
	PAGE(0x37, 0x64, "Performance Characteristics: capacity", tape_capacity_loss_params),
	PAGE(0x37, 0x80, "Performance Characteristics: quality of its life", tape_quality_life_params),
	PAGE(0x37, 0x91, "Performance Characteristics: host commands of its life", tape_hosts_life_params),
	PAGE(0x38, 0, "Blocks/Bytes Transferred", tape_transferred_params, .reset = reset_transferred),
	PAGE(0x39, 0, "Host Port 0 Interface Errors", tape_host_error_params),
	PAGE(0x3b, 0, "Host Port 1 Interface Errors", tape_host_error_params),
	PAGE(0x3d, 0, "Drive Statistics (T10000)", tape_t10000_params),
	PAGE(0x3e, 0, "Device Status", tape_device_params),
	{ 0 },
};
