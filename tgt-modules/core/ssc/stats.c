/* SPDX-License-Identifier: GPL-2.0-only */
/* What a drive counts in its life, and what it counts on a cartridge: in its state, and in the cartridge's memory. */
#include <string.h>

#include "tape_impl.h"

#define MIB	1048576ull

enum { STATE_LIFE = VTL_STATE_OF_TYPE + 0x10 };
enum { NUMBERS_MAX = 32 };
#define NUMBERS(type)	(sizeof(type) / sizeof(uint64_t))

static void put_numbers(uint8_t *bytes, const uint64_t *n, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		put_be64(bytes + 8 * i, n[i]);
}

/* What an older version kept has fewer: the others stay. */
static void get_numbers(uint64_t *n, unsigned count, const uint8_t *bytes, uint32_t len)
{
	unsigned i;

	for (i = 0; i < count && 8 * i + 8 <= len; i++)
		n[i] = get_be64(bytes + 8 * i);
}

/* ---- the drive ---- */

void tape_life_state_put(struct vtl_dev *dev, struct vtl_reply *r)
{
	uint8_t bytes[8 * NUMBERS_MAX];

	_Static_assert(NUMBERS(struct tape_life) <= NUMBERS_MAX, "room for all numbers");
	put_numbers(bytes, &tape_of_dev(dev)->life.born_ms, NUMBERS(struct tape_life));
	vtl_state_put(r, STATE_LIFE, bytes, 8 * NUMBERS(struct tape_life));
}

void tape_life_state_get(struct vtl_dev *dev, uint16_t tag, const uint8_t *data, uint32_t len)
{
	if (tag == STATE_LIFE)
		get_numbers(&tape_of_dev(dev)->life.born_ms, NUMBERS(struct tape_life), data, len);
}

uint64_t tape_millimetres(const struct vtl_tape *t, uint64_t bytes)
{
	const struct vtl_medium_model *m = t->medium;

	if (!m || !m->capacity)
		return 0;
	return (uint64_t)((double)bytes / (double)m->capacity * m->length_m * 1000.0 * (m->wraps ? m->wraps : 1));
}

/* A failure is reckoned as a data set that was lost. */
uint64_t tape_efficiency(uint64_t done, uint64_t failed, uint64_t whole)
{
	uint64_t sets = done / TAPE_DATA_SET + 1;

	return done || failed ? whole * sets / (sets + failed) : 0;
}

/* Between the partition's ends the position in bytes follows from that in objects. */
uint64_t tape_bytes_here(const struct vtl_tape *t)
{
	struct media_usage usage;
	struct media_pos pos;

	if (!t->media)
		return 0;
	media_tell(t->media, &pos);
	media_usage(t->media, pos.partition, &usage);
	return usage.objects ? (uint64_t)((double)usage.used * (double)pos.object / (double)usage.objects) : 0;
}

void tape_life_unloaded(struct vtl_tape *t)
{
	media_counters(t->media, &t->last);
	t->life.written += t->last.written_store;
	t->life.read += t->last.read_store;
	t->life.millimetres += tape_millimetres(t, t->last.written_store + t->last.read_store);
	vtl_state_touch(&t->dev);
}

void tape_moving(struct vtl_tape *t)
{
	struct media_pos pos = { 0 };

	t->begun = t->dev.env->now_ms(t->dev.env);
	if (t->media)
		media_tell(t->media, &pos);
	t->begun_partition = pos.partition;
}

/* What went to and from the partition in which the command began: going to another first puts out what is buffered. */
static void count_partition(struct vtl_tape *t)
{
	unsigned p = t->begun_partition;
	struct media_counters c;

	tape_counters(t, &c);
	t->tally.part_written[p] += c.written_store - t->counted.written_store;
	t->tally.part_read[p] += c.read_store - t->counted.read_store;
	if (t->activity == TAPE_VERIFYING)
		t->tally.verify_bytes += c.read_store - t->counted.read_store;
	else if (t->activity == TAPE_READING && t->io.reversed)
		t->tally.reverse_bytes += c.read_store - t->counted.read_store;
	t->counted = c;
}

void tape_moved(struct vtl_tape *t)
{
	uint64_t ms = t->dev.env->now_ms(t->dev.env) - t->begun;

	if (t->activity == TAPE_IDLE || !t->media)
		return;
	count_partition(t);
	t->life.motion_ms += ms;
	if (t->activity == TAPE_WRITING)
		t->life.write_ms += ms;
	else if (t->activity == TAPE_READING || t->activity == TAPE_VERIFYING)
		t->life.read_ms += ms;
}

/* ---- a load ---- */

struct tape_tally tape_tally(const struct vtl_tape *t, enum tape_since since)
{
	const struct tape_tally *before = &t->since[since];
	struct tape_tally n = t->tally;

	tape_counters(t, &n.bytes);
	n.bytes.written_host -= before->bytes.written_host;
	n.bytes.written_store -= before->bytes.written_store;
	n.bytes.read_host -= before->bytes.read_host;
	n.bytes.read_store -= before->bytes.read_store;
	n.blocks_written -= before->blocks_written;
	n.blocks_read -= before->blocks_read;
	n.reverse_bytes -= before->reverse_bytes;
	n.verify_bytes -= before->verify_bytes;
	n.write_errors -= before->write_errors;
	n.read_errors -= before->read_errors;
	n.reverse_errors -= before->reverse_errors;
	n.verify_errors -= before->verify_errors;
	n.other_errors -= before->other_errors;
	return n;
}

void tape_tally_reset(struct vtl_tape *t, enum tape_since since)
{
	t->since[since] = t->tally;
	tape_counters(t, &t->since[since].bytes);
}

/* ---- failures ---- */

/* The last failures of medium or hardware (SSC-5, Tape Diagnostic Data); one that repeats is kept once. */
static void keep_fault(struct vtl_tape *t, const struct vtl_sense_row *row)
{
	uint8_t *newest = t->fault[0], fault[TAPE_FAULT_LEN] = { 0 };
	uint64_t now = t->dev.env->wall_ms(t->dev.env);
	char serial[2 * MEDIA_UUID_LEN + 1] = "";
	struct vtl_mode_header header;
	struct vtl_reply text;

	tape_mode_header(&t->dev, 0, &header);
	fault[2] = header.block_descriptor[0];
	fault[3] = header.medium_type;
	fault[9] = row->key;
	fault[10] = row->asc;
	fault[11] = row->ascq;
	vtl_reply_mem(&text, fault + 16, 4);
	vtl_put_text(&text, t->model->inquiry.revision, 4);
	fault[24] = t->cmd ? t->cmd->op->opcode : 0;
	fault[25] = t->cmd && t->cmd->op->sa != VTL_NO_SA ? (uint8_t)t->cmd->op->sa : 0;
	if (t->media)
		tape_medium_serial(t->media, serial);
	vtl_reply_mem(&text, fault + 28, 32);
	vtl_put_text(&text, serial, 32);
	if (!memcmp(newest + 10, fault + 10, 2) && (newest[9] & 0x0f) == row->key && newest[24] == fault[24] &&
	    !memcmp(newest + 28, fault + 28, 32)) {
		newest[9] |= 0x80;	/* REPEAT */
		return;
	}
	put_be32(fault + 4, (uint32_t)(t->life.motion_ms / 3600000));
	put_be32(fault + 20, (uint32_t)((t->life.motion_ms - t->life.motion_cleaned) / 3600000));
	fault[60] = 0x03;		/* timestamp origin: by another means than SET TIMESTAMP */
	put_be48(fault + 62, now);
	memmove(t->fault[1], t->fault[0], sizeof(t->fault) - sizeof(t->fault[0]));
	memcpy(newest, fault, sizeof(fault));
}

void tape_failed(struct vtl_tape *t, enum vtl_sense sense)
{
	const struct vtl_sense_row *row = vtl_sense_row(sense);
	bool other = row->key == KEY_HARDWARE_ERROR || row->key == KEY_ABORTED;
	bool reading = sense == SENSE_READ_ERROR;

	tape_alert_for(t, sense);
	if (!other && row->key != KEY_MEDIUM_ERROR)
		return;
	t->life.write_errors += sense == SENSE_WRITE_ERROR;
	t->tally.write_errors += sense == SENSE_WRITE_ERROR;
	t->life.read_errors += reading;
	t->tally.read_errors += reading && t->activity != TAPE_VERIFYING && !t->io.reversed;
	t->tally.reverse_errors += reading && t->io.reversed;
	t->tally.verify_errors += reading && t->activity == TAPE_VERIFYING;
	t->life.other_errors += other;
	t->tally.other_errors += other;
	t->life.incompatible_ms = sense == SENSE_NOT_READY_INCOMPATIBLE ? t->life.motion_ms : t->life.incompatible_ms;
	keep_fault(t, row);
	vtl_state_touch(&t->dev);
}

/* ---- the cartridge ---- */

static uint64_t mount_read_errors(const struct vtl_tape *t)
{
	return t->tally.read_errors + t->tally.reverse_errors + t->tally.verify_errors;
}

struct tape_volume tape_volume_life(const struct vtl_tape *t)
{
	struct tape_volume v = { 0 };
	struct media_counters c;
	unsigned p;

	if (!t->media)
		return v;
	v = t->volume;
	media_counters(t->media, &c);
	v.written += c.written_store;
	v.read += c.read_store;
	v.written_host += c.written_host;
	v.read_host += c.read_host;
	v.write_errors += t->tally.write_errors;
	v.read_errors += mount_read_errors(t);
	for (p = 0; p < MEDIA_MAX_PARTITIONS; p++) {
		v.part_written[p] += t->tally.part_written[p];
		v.part_read[p] += t->tally.part_read[p];
	}
	return v;
}

void tape_mam_set_private(struct vtl_tape *t, uint16_t id, const uint8_t *data, unsigned len)
{
	struct media_attr a = { id, MEDIA_ATTR_BINARY, (uint16_t)len, data };
	enum media_err err = media_attr_set(t->media, 0, &a);

	if (err && err != MEDIA_RDONLY)
		vtl_dev_log(&t->dev, 4, "cartridge memory: %s", media_strerror(err));
}

void tape_volume_kept(const struct media *media, struct tape_volume *volume)
{
	const struct media_attr *kept = media_attr_get(media, 0, TAPE_MAM_VOLUME);

	memset(volume, 0, sizeof(*volume));
	volume->written = tape_mam_number(media, MAM_WRITTEN_LIFE) * MIB;
	volume->read = tape_mam_number(media, MAM_READ_LIFE) * MIB;
	if (kept)
		get_numbers(&volume->written, NUMBERS(struct tape_volume), kept->data, kept->len);
}

/* Real drives, too, find by a mark in the cartridge's memory that it was not unloaded: what they counted is lost. */
void tape_volume_loaded(struct vtl_tape *t)
{
	tape_volume_kept(t->media, &t->volume);
	if (media_attr_get(t->media, 0, TAPE_MAM_MOUNTED))
		tape_alert(t, ALERT_LOST_STATISTICS);
	tape_mam_set_private(t, TAPE_MAM_MOUNTED, (const uint8_t *)"\1", 1);
}

void tape_volume_unloading(struct vtl_tape *t)
{
	struct tape_volume life;
	uint8_t bytes[8 * NUMBERS(struct tape_volume)];
	struct media_counters c;

	count_partition(t);
	life = tape_volume_life(t);
	media_counters(t->media, &c);
	life.last_written = c.written_store;
	life.last_read = c.read_store;
	life.last_write_errors = t->tally.write_errors;
	life.last_read_errors = mount_read_errors(t);
	put_numbers(bytes, &life.written, NUMBERS(struct tape_volume));
	tape_mam_set_private(t, TAPE_MAM_VOLUME, bytes, sizeof(bytes));
	media_attr_delete(t->media, 0, TAPE_MAM_MOUNTED);
}

void tape_volume_stays(struct vtl_tape *t)
{
	tape_alert(t, ALERT_UNLOAD_FAILURE);
	tape_mam_set_private(t, TAPE_MAM_MOUNTED, (const uint8_t *)"\1", 1);
}
