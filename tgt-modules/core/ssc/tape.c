/* SPDX-License-Identifier: GPL-2.0-only */
/* A tape drive as the engine sees it: making and freeing it, and the checks before a command. */
#include <stdlib.h>

#include "tape_impl.h"

#define TAPE_OPTIONAL	8
/*
 * What keeps a command from running: a failure of earlier work that has yet to be told (SPC-5 4.4.7), no medium, a
 * medium that cannot be written.
 */
enum vtl_sense tape_gate(struct vtl_dev *dev, const struct vtl_cmd *cmd, struct vtl_sense_extra *extra)
{
	struct vtl_tape *t = tape_of_dev(dev);
	enum vtl_sense sense = t->deferred;

	tape_moving(t);
	if (!(cmd->op->flags & VTL_OP_MEDIUM))
		return SENSE_NONE;
	if (sense != SENSE_NONE) {
		*extra = t->deferred_extra;
		t->deferred = SENSE_NONE;
		return sense;
	}
	sense = tape_not_ready(t);
	if (sense != SENSE_NONE && tape_waits(t))
		*extra = (struct vtl_sense_extra){ .sks = VTL_SKS_PROGRESS, .progress = tape_progress(t) };
	if (sense == SENSE_NONE && cmd->op->flags & VTL_OP_WRITE) {
		sense = tape_not_writable(t);
		tape_alert_for(t, sense);
	}
	return sense;
}

static enum vtl_sense request_sense(struct vtl_dev *dev, struct vtl_sense_extra *extra)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	bool busy = t->state == VTL_DRIVE_LOADING || t->state == VTL_DRIVE_CLEANING;
	enum vtl_sense sense = busy ? tape_not_ready(t) : tape_in_progress(t);

	if (sense != SENSE_NONE)
		*extra = (struct vtl_sense_extra){ .sks = VTL_SKS_PROGRESS, .progress = tape_progress(t) };
	return sense;
}

/* Nothing but time is left of what runs. */
static void abort_waiting(struct vtl_dev *dev, struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of_dev(dev);

	if (t->cmd == cmd)
		tape_wait_cut(t);
}

static void reset(struct vtl_dev *dev, enum vtl_reset what)
{
	struct vtl_tape *t = tape_of_dev(dev);

	t->block_length = 0;
	t->buffered = 1;
	tape_keys_forget_all(t);
	if (t->media)
		media_discard_lost(t->media);
}

/* ---- what only some drives have ---- */

static bool has_partitions(const struct vtl_drive_model *m)
{
	return m->max_partitions > 1;
}

static bool has_append_only(const struct vtl_drive_model *m)
{
	return m->append_only;
}

static bool has_display(const struct vtl_drive_model *m)
{
	return tape_is(m, "3592") || tape_is(m, "t10000") || tape_is(m, "9840") || tape_is(m, "9940");
}

static bool has_encryption(const struct vtl_drive_model *m)
{
	return m->encryption;
}

/* LTO-9 and later, and enterprise drives. */
static bool has_order(const struct vtl_drive_model *m)
{
	return (tape_is(m, "lto") && m->default_density >= 0x60) || tape_is(m, "3592") || tape_is(m, "t10000");
}

/* LTO-5 and later. */
static bool has_wraps(const struct vtl_drive_model *m)
{
	return tape_is(m, "lto") && m->default_density >= 0x58;
}

/* Commands that a model has if it has what they are for. */
static const struct {
	uint16_t opcode;		/* or operation code and service action, as in vtl_identity.unsupported */
	bool (*has)(const struct vtl_drive_model *m);
} optional_rows[TAPE_OPTIONAL] = {
	{ 0x04, has_partitions },		/* FORMAT MEDIUM */
	{ 0x06, has_display },			/* LOAD DISPLAY */
	{ 0xa2, has_encryption },		/* SECURITY PROTOCOL IN */
	{ 0xb5, has_encryption },		/* SECURITY PROTOCOL OUT */
	{ 0x82, has_append_only },		/* ALLOW OVERWRITE */
	{ 0xa31d, has_order },			/* RECEIVE RECOMMENDED ACCESS ORDER */
	{ 0xa31f, has_wraps },			/* READ END OF WRAP POSITION */
	{ 0xa41d, has_order },			/* GENERATE RECOMMENDED ACCESS ORDER */
};

/* What this drive has not: by its model, and by those rows. */
static int list_lacks(struct vtl_tape *t, struct vtl_identity *id)
{
	const struct vtl_drive_model *m = t->model;
	unsigned i, n = m->commands.unsupported_count;

	t->lacks = calloc(n + TAPE_OPTIONAL, sizeof(*t->lacks));
	if (!t->lacks)
		return -1;
	for (i = 0; i < n; i++)
		t->lacks[i] = m->commands.unsupported[i];
	for (i = 0; i < TAPE_OPTIONAL; i++)
		if (!optional_rows[i].has(m))
			t->lacks[n++] = optional_rows[i].opcode;
	id->unsupported = t->lacks;
	id->unsupported_count = n;
	return 0;
}

/* PROTECT (SPC-5 6.7.2) */
static void inquiry(struct vtl_dev *dev, uint8_t data[VTL_INQUIRY_LEN])
{
	data[5] |= tape_protection_present(dev) ? 0x01 : 0;
}

static const struct vtl_dev_type tape_type = {
	.peripheral = 0x01,
	.ops = tape_ops,
	.mode_pages = tape_mode_pages,
	.log_pages = tape_log_pages,
	.vpd_pages = tape_vpd_pages,
	.gate = tape_gate,
	.request_sense = request_sense,
	.more_sense = tape_more_sense,
	.inquiry = inquiry,
	.mode_header = tape_mode_header,
	.mode_header_check = tape_mode_header_check,
	.mode_header_apply = tape_mode_header_apply,
	.abort = abort_waiting,
	.reset = reset,
	.tick = tape_tick,
	.catalog = vtl_memory_catalog,
	.state_put = tape_life_state_put,
	.state_get = tape_life_state_get,
	.nexus_lost = tape_keys_nexus_lost,
	.reservations_changed = tape_keys_reservations_changed,
};

struct vtl_dev *vtl_tape_new(struct vtl_env *env, const struct vtl_tape_config *config)
{
	const struct vtl_drive_model *m = config->model;
	struct vtl_identity id = {
		.inquiry = &m->inquiry, .serial = config->serial, .naa = config->naa,
		.mode = &m->mode, .vpd = &m->vpd, .log = &m->log,
		.commands = &m->commands,
	};
	struct vtl_tape *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->drive.ops = &tape_drive_ops;
	t->model = m;
	t->element = config->element;
	snprintf(t->library_serial, sizeof(t->library_serial), "%s",
		 config->library_serial ? config->library_serial : "");
	t->models = config->models;
	t->codec = config->codec;
	t->codec_level = config->codec_level;
	t->ring_bytes = config->ring_bytes;
	t->memory = config->memory;
	if (config->time_ms)
		memcpy(t->time_ms, config->time_ms, sizeof(t->time_ms));
	t->writers = config->writers;
	t->buffered = 1;
	snprintf(t->owner, sizeof(t->owner), "tape drive %s", config->serial);
	if (!tape_protection_init(t) || list_lacks(t, &id) || vtl_dev_init(&t->dev, env, &tape_type, &id)) {
		free(t->lacks);
		free(t->rscrc);
		free(t);
		return NULL;
	}
	vtl_dev_power_on(&t->dev, config->state);
	if (!t->life.born_ms)
		t->life.born_ms = env->wall_ms(env);
	t->life.power_cycles++;
	return &t->dev;
}

void vtl_tape_set_codec(struct vtl_dev *dev, enum media_codec codec, int level)
{
	struct vtl_tape *t = tape_of_dev(dev);

	t->codec = codec;
	t->codec_level = level;
	tape_apply_modes(t);
}

struct vtl_drive *vtl_tape_drive(struct vtl_dev *dev)
{
	return &tape_of_dev(dev)->drive;
}

enum vtl_rest vtl_tape_rest(struct vtl_dev *dev)
{
	struct vtl_tape *t = tape_of_dev(dev);
	bool used = t->used;

	t->used = false;
	if (!t->media || t->rests)
		return VTL_RESTS;
	t->rests = !used && media_rest(t->media);
	return t->rests ? VTL_RESTED : VTL_AWAKE;
}

void vtl_tape_free(struct vtl_dev *dev)
{
	struct vtl_tape *t = tape_of_dev(dev);

	tape_keys_forget_all(t);
	vtl_dev_fini(dev);
	tape_order_forget(t);
	free(t->lacks);
	free(t->rscrc);
	free(t->whole);
	free(t->compare);
	free(t);
}
