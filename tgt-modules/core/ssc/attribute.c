/* SPDX-License-Identifier: GPL-2.0-only */
/* READ ATTRIBUTE of the mounted cartridge, and what the drive keeps in its memory (SPC-5 7.4). */
#include "tape_impl.h"

#define MIB	1048576ull


struct tape_memory tape_memory_of(const struct vtl_tape *t)
{
	return (struct tape_memory){
		.media = t->media,
		.medium = t->medium,
		.density = tape_density(t, media_info(t->media)->density),
		.alerts = vtl_alerts(&t->dev, NULL),
		.life = tape_volume_life(t),
		.before = t->volume,
	};
}

/* READ ATTRIBUTE, SPC-5 6.17 */
void tape_read_attribute(struct vtl_cmd *cmd)
{
	const struct tape_memory m = tape_memory_of(tape_of(cmd));
	struct vtl_sense_extra extra = { 0 };
	enum vtl_sense sense;
	struct vtl_reply r;

	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 10));
	sense = tape_memory_read(&m, cmd->cdb, &r, &extra);
	if (sense == SENSE_NONE)
		vtl_cmd_reply(cmd, &r);
	else
		vtl_cmd_check(cmd, sense, &extra);
}

/* ---- what the drive keeps in the cartridge's memory ---- */

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
	mam_set_number(t, MAM_LOAD_COUNT, tape_mam_number(t->media, MAM_LOAD_COUNT) + 1);
	mam_set_number(t, MAM_INIT_COUNT, tape_mam_number(t->media, MAM_INIT_COUNT));
	/* Zero would say that the reference is not available, and LTFS would keep no coherency. */
	if (!tape_mam_number(t->media, MAM_CHANGE_REFERENCE))
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
	reference = (uint32_t)tape_mam_number(t->media, MAM_CHANGE_REFERENCE) + 1;
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
