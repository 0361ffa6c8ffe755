/* SPDX-License-Identifier: GPL-2.0-only */
/* How a volume is divided: FORMAT MEDIUM, SET CAPACITY and the Medium Partition mode page (SSC-5 7.1, 7.9, 8.5.6). */
#include <string.h>

#include "tape_impl.h"

enum { PAGE_PARTITION = 0x11, PAGE_LEN = 16, MOST_SHOWN = 4 };
enum { FLAG_FDP = 0x80, FLAG_SDP = 0x40, FLAG_IDP = 0x20, FLAG_PSUM = 0x18, FLAG_POFM = 0x04 };
enum { PSUM_SHIFT = 3, PSUM_UNITS = 3, THE_REST = 0xffff };

/* How much a volume is, whatever its partitions are now: kept in the cartridge's memory from the first change on. */
struct volume_size {
	uint64_t native, usable, early_warning;		/* bytes */
};

static struct volume_size volume_size(const struct vtl_tape *t)
{
	const struct media_geometry *g = &media_info(t->media)->geometry;
	const struct media_attr *a = media_attr_get(t->media, 0, TAPE_MAM_SIZE);
	struct volume_size size = { 0 };
	unsigned p;

	if (a && a->len == 24) {
		size.native = get_be64(a->data);
		size.usable = get_be64(a->data + 8);
		size.early_warning = get_be64(a->data + 16);
		return size;
	}
	for (p = 0; p < g->partitions; p++) {
		size.usable += g->part[p].capacity;
		if (g->part[p].early_warning > size.early_warning)
			size.early_warning = g->part[p].early_warning;
	}
	size.native = size.usable;
	return size;
}

static enum media_err keep_volume_size(struct vtl_tape *t, const struct volume_size *size)
{
	uint8_t value[24];
	struct media_attr a = { TAPE_MAM_SIZE, MEDIA_ATTR_BINARY, sizeof(value), value };

	put_be64(value, size->native);
	put_be64(value + 8, size->usable);
	put_be64(value + 16, size->early_warning);
	return media_attr_set(t->media, 0, &a);
}

/* ---- the mode page ---- */

static unsigned most_partitions(const struct vtl_tape *t)
{
	unsigned most = t->model->max_partitions;

	if (t->medium && t->medium->max_partitions < most)
		most = t->medium->max_partitions;
	if (most > MOST_SHOWN)
		most = MOST_SHOWN;
	return most ? most : 1;
}

/* The exponent of ten in which sizes are shown: 9, as LTO drives have it, but for volumes that are small. */
static unsigned unit_exponent(uint64_t bytes)
{
	unsigned exponent = 9;

	if (bytes >= 1000000000)
		return exponent;
	for (exponent = 0; bytes > 60000; bytes /= 10)
		exponent++;
	return exponent;
}

static uint64_t power_of_ten(unsigned exponent)
{
	uint64_t n = 1;

	while (exponent--)
		n *= 10;
	return n;
}

/* What the page shows of the medium (PSUM 11b, POFM: it is FORMAT MEDIUM that changes it). */
static void show_medium(const struct vtl_tape *t, uint8_t *page)
{
	const struct media_info *info;
	uint64_t sum = 0, unit;
	unsigned p;

	memset(page + 3, 0, PAGE_LEN - 3);
	page[2] = (uint8_t)(most_partitions(t) - 1);
	page[4] = PSUM_UNITS << PSUM_SHIFT | FLAG_POFM;
	page[5] = 0x03;
	page[6] = 9;
	if (!t->media)
		return;
	info = media_info(t->media);
	for (p = 0; p < info->geometry.partitions; p++)
		sum += info->geometry.part[p].capacity;
	page[6] = (uint8_t)unit_exponent(sum);
	unit = power_of_ten(page[6]);
	page[3] = (uint8_t)(info->geometry.partitions - 1);
	for (p = 0; p < info->geometry.partitions && p < MOST_SHOWN; p++) {
		uint64_t size = (info->geometry.part[p].capacity + unit / 2) / unit;

		put_be16(page + 8 + 2 * p, size >= THE_REST ? THE_REST - 1 : (uint16_t)size);
	}
}

void tape_partition_refresh(struct vtl_dev *dev, unsigned pc, uint8_t *page)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	if (!t->partitioning || pc)
		show_medium(t, page);
	page[2] = (uint8_t)(most_partitions(t) - 1);
}

enum vtl_sense tape_partition_check(struct vtl_dev *dev, const uint8_t *old, uint8_t *page, struct vtl_field *bad)
{
	unsigned how = page[4] & (FLAG_FDP | FLAG_SDP | FLAG_IDP), p, rest = 0;

	if (page[3] >= most_partitions(tape_of_dev(dev))) {
		*bad = (struct vtl_field){ .byte = 3, .bit = VTL_NO_BIT };
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	}
	if (how & (how - 1)) {		/* at most one way to divide */
		*bad = (struct vtl_field){ .byte = 4, .bit = 7 };
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	}
	for (p = 0; how == FLAG_IDP && p <= page[3]; p++) {
		if (get_be16(page + 8 + 2 * p) != THE_REST || !rest++)
			continue;
		*bad = (struct vtl_field){ .byte = (uint16_t)(8 + 2 * p), .bit = VTL_NO_BIT };
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	}
	return SENSE_NONE;
}

void tape_partition_apply(struct vtl_dev *dev, struct vtl_nexus *nexus, const uint8_t *page)
{
	struct vtl_tape *t = tape_of_dev(dev);
	uint8_t shown[PAGE_LEN] = { 0 };

	show_medium(t, shown);
	t->partitioning = nexus && memcmp(shown + 3, page + 3, PAGE_LEN - 3);
}

/* ---- what a division comes to ---- */

/*
 * The step in which partitions are made: a pair of wraps, out and back, on drives that divide a tape by wraps. Small
 * volumes are cut finer, so that each partition gets something.
 */
static uint64_t size_step(const struct vtl_tape *t, const struct volume_size *size, unsigned n)
{
	unsigned pairs = t->medium ? t->medium->wraps / 2 : 0;
	uint64_t step = size->native / (pairs ? pairs : 100);

	if (step > size->usable / (4 * n))
		step = size->usable / (4 * n);
	return step ? step : 1;
}

static uint64_t stated_size(const uint8_t *page, unsigned p)
{
	static const unsigned exponent[] = { 0, 3, 6 };
	unsigned psum = (page[4] & FLAG_PSUM) >> PSUM_SHIFT;
	uint64_t unit = power_of_ten(psum == PSUM_UNITS ? page[6] & 0x0f : exponent[psum]);

	return get_be16(page + 8 + 2 * p) * unit;
}

/* IDP: sizes as stated, rounded up; one of them, FFFFh or else the last, takes what is left. */
static bool divide_as_stated(const uint8_t *page, uint64_t usable, uint64_t step, struct media_geometry *g)
{
	uint64_t sum = 0;
	unsigned p, rest = g->partitions;

	for (p = 0; p < g->partitions; p++) {
		uint64_t want = stated_size(page, p), count = (want + step - 1) / step;

		if (get_be16(page + 8 + 2 * p) == THE_REST) {
			rest = p;
			continue;
		}
		if (want > usable)
			return false;
		g->part[p].capacity = (count ? count : 1) * step;
		sum += g->part[p].capacity;
	}
	if (rest < g->partitions) {
		g->part[rest].capacity = sum < usable ? usable - sum : 0;
		return sum + step <= usable;
	}
	p = g->partitions - 1;
	if (sum <= usable)
		return true;
	/* Rounding up has made them too many. */
	sum -= g->part[p].capacity;
	g->part[p].capacity = sum < usable ? usable - sum : 0;
	return sum + step <= usable;
}

/* FDP: all but the first as small as can be. SDP: all the same. */
static void divide_by_drive(bool fixed, uint64_t usable, uint64_t step, struct media_geometry *g)
{
	uint64_t others = fixed ? step : usable / g->partitions;
	unsigned p;

	for (p = 1; p < g->partitions; p++)
		g->part[p].capacity = others;
	g->part[0].capacity = usable - others * (g->partitions - 1);
}

/* What the page asks for; false: it asks for nothing, or for more than there is. */
static bool divide(const struct vtl_tape *t, const struct volume_size *size, struct media_geometry *g)
{
	const uint8_t *page = vtl_mode_page(&t->dev, PAGE_PARTITION, 0);
	uint64_t step;

	if (!page || !t->partitioning || !(page[4] & (FLAG_FDP | FLAG_SDP | FLAG_IDP)))
		return false;
	g->partitions = page[3] + 1u;
	if (g->partitions > most_partitions(t))
		return false;
	step = size_step(t, size, g->partitions);
	if (g->partitions == 1)
		g->part[0].capacity = size->usable;
	else if (!(page[4] & FLAG_IDP))
		divide_by_drive(page[4] & FLAG_FDP, size->usable, step, g);
	else
		return divide_as_stated(page, size->usable, step, g);
	return true;
}

/* After early warning there is room to close the volume; in a small partition an eighth of it. */
static void set_early_warnings(const struct volume_size *size, struct media_geometry *g)
{
	unsigned p;

	for (p = 0; p < g->partitions; p++) {
		uint64_t most = g->part[p].capacity / 8;

		g->part[p].early_warning = size->early_warning < most ? size->early_warning : most;
	}
}

/* ---- carrying it out ---- */

static bool formatted(struct vtl_tape *t)
{
	if (t->req.err) {
		tape_fail(t, t->req.err, true, NULL);
		return false;
	}
	t->partitioning = false;
	tape_end(t, SENSE_NONE, NULL);
	return false;
}

static bool format_first(struct vtl_tape *t)
{
	tape_req(t, MEDIA_OP_FORMAT)->geometry = &t->geometry;
	t->step = formatted;
	return true;
}

/* Memory of partitions that are gone; and no partition holds any more what its coherency tells of (SPC-5 7.4.3). */
static void forget_partitions(struct vtl_tape *t)
{
	const struct media_attr *a;
	unsigned p;

	for (p = 0; p < MEDIA_MAX_PARTITIONS; p++) {
		while (p >= t->geometry.partitions && (a = media_attr_next(t->media, p, 0)))
			if (media_attr_delete(t->media, p, a->id))
				break;
		if (p < t->geometry.partitions && media_attr_get(t->media, p, TAPE_MAM_COHERENCY) &&
		    media_attr_delete(t->media, p, TAPE_MAM_COHERENCY))
			vtl_dev_log(&t->dev, 4, "cartridge memory: coherency of partition %u stays", p);
	}
}

static void format(struct vtl_tape *t)
{
	tape_mam_changing(t);
	forget_partitions(t);
	t->allowed.what = ALLOW_NOTHING;
	t->unsynced = true;	/* the memory becomes durable before the medium changes */
	tape_start(t, format_first);
}

/* What both commands need: the beginning of the volume, and permission. Ends the command and returns false else. */
static bool may_format(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);
	enum vtl_sense sense = tape_may_format(t);
	struct media_pos pos;

	media_tell(t->media, &pos);
	if (sense == SENSE_NONE && (pos.partition || !pos.bop))
		sense = SENSE_POSITION_PAST_BOM;
	if (sense == SENSE_NONE)
		return true;
	tape_alert_for(t, sense);
	vtl_cmd_check(cmd, sense, NULL);
	return false;
}

static void begin(struct vtl_cmd *cmd, const struct volume_size *size, const struct media_geometry *geometry)
{
	struct vtl_tape *t = tape_of(cmd);

	if (keep_volume_size(t, size)) {
		vtl_cmd_check(cmd, SENSE_INSUFFICIENT_RESOURCES, NULL);
		return;
	}
	t->geometry = *geometry;
	set_early_warnings(size, &t->geometry);
	tape_begin(cmd, cmd->cdb[1] & 0x01, cmd->cdb[0] == 0x0b ? TAPE_SETTING_CAPACITY : TAPE_FORMATTING, format);
}

enum { FORMAT_DEFAULT = 0, FORMAT_PARTITION = 1, FORMAT_DEFAULT_PARTITION = 2 };

/* FORMAT MEDIUM, SSC-5 7.1. To verify there is nothing: what is formatted is empty. */
void tape_format_medium(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);
	struct media_geometry g = { .partitions = 1 };
	struct volume_size size;
	unsigned how = cmd->cdb[2] & 0x0f;

	if (how > FORMAT_DEFAULT_PARTITION) {
		vtl_cmd_bad_cdb(cmd, 2, 3);
		return;
	}
	if (get_be16(cmd->cdb + 3)) {
		vtl_cmd_bad_cdb(cmd, 3, VTL_NO_BIT);
		return;
	}
	if (!may_format(cmd))
		return;
	size = volume_size(t);
	g.part[0].capacity = size.usable;
	if (how != FORMAT_DEFAULT && !divide(t, &size, &g))
		vtl_cmd_check(cmd, SENSE_PARAMETER_VALUE_INVALID, NULL);
	else
		begin(cmd, &size, &g);
}

/* SET CAPACITY, SSC-5 7.9: one partition of that proportion of the volume, n/65535. */
void tape_set_capacity(struct vtl_cmd *cmd)
{
	struct media_geometry g = { .partitions = 1 };
	struct volume_size size;
	unsigned proportion = get_be16(cmd->cdb + 3);

	if (!may_format(cmd))
		return;
	size = volume_size(tape_of(cmd));
	size.usable = (uint64_t)((unsigned __int128)size.native * proportion / 0xffff);
	/* Something must be left to write a label on: not less than LTO drives leave. */
	if (size.usable < size.native / 64)
		size.usable = size.native / 64 ? size.native / 64 : 1;
	g.part[0].capacity = size.usable;
	begin(cmd, &size, &g);
}
