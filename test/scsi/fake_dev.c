/* SPDX-License-Identifier: GPL-2.0-only */
/* A small device on the engine, to test the engine itself. */
#include <stdlib.h>
#include <string.h>

#include "fake_dev.h"

static struct fake *fake_of(struct vtl_dev *dev)
{
	return (struct fake *)dev;
}

/* ---- commands ---- */

static void fake_wait(struct vtl_cmd *cmd)
{
	struct fake *fake = fake_of(vtl_cmd_dev(cmd));

	fake->waits++;
	fake->parked = cmd;
}

void fake_finish(struct fake *fake)
{
	struct vtl_cmd *cmd = fake->parked;

	assert_non_null(cmd);
	fake->parked = NULL;
	vtl_cmd_good(cmd);
}

static void fake_read(struct vtl_cmd *cmd)
{
	struct vtl_reply r;
	unsigned i;

	fake_of(vtl_cmd_dev(cmd))->reads++;
	vtl_reply_cmd(&r, cmd, cmd->cdb[4]);
	for (i = 0; i < 64; i++)
		vtl_put8(&r, (uint8_t)i);
	vtl_cmd_reply(cmd, &r);
}

static void fake_write(struct vtl_cmd *cmd)
{
	if (!vtl_cmd_has_out(cmd, cmd->cdb[4]))
		return;
	fake_of(vtl_cmd_dev(cmd))->writes++;
	vtl_cmd_good(cmd);
}

static void fake_task_run(struct vtl_task *task)
{
	fake_of(task->dev)->task_running = true;
}

void fake_finish_task(struct fake *fake)
{
	assert_true(fake->task_running);
	fake->task_running = false;
	vtl_task_end(&fake->task);
}

static void fake_immed(struct vtl_cmd *cmd)
{
	struct fake *fake = fake_of(vtl_cmd_dev(cmd));

	fake->task.run = fake_task_run;
	vtl_task_next(&fake->dev, &fake->task);
	vtl_cmd_good(cmd);
}

#define SECONDS .nominal = 1, .recommended = 60

static const struct vtl_op fake_ops[] = {
	{ .opcode = FAKE_TUR, .sa = VTL_NO_SA, .len = 6, .name = "TEST UNIT READY", .res = VTL_RES_SPC2,
	  .flags = VTL_OP_MEDIUM, SECONDS, .run = vtl_spc_good },
	{ .opcode = FAKE_WAIT, .sa = VTL_NO_SA, .len = 6, .name = "WAIT", .usage = { 0, 0x01 }, SECONDS,
	  .run = fake_wait },
	{ .opcode = FAKE_READ, .sa = VTL_NO_SA, .len = 6, .name = "READ", .usage = { 0, 0, 0, 0, 0xff },
	  .direction = VTL_DATA_IN, .flags = VTL_OP_MEDIUM, SECONDS, .run = fake_read },
	{ .opcode = FAKE_WRITE, .sa = VTL_NO_SA, .len = 6, .name = "WRITE", .usage = { 0, 0, 0, 0, 0xff },
	  .direction = VTL_DATA_OUT, .flags = VTL_OP_MEDIUM | VTL_OP_WRITE, SECONDS, .run = fake_write },
	{ .opcode = FAKE_IMMED, .sa = VTL_NO_SA, .len = 6, .name = "IMMED", SECONDS, .run = fake_immed },
	{ .opcode = FAKE_ACTION, .sa = 1, .len = 16, .name = "ACTION - ONE", .usage = { 0, 0x60, 0xff },
	  .res = VTL_RES_READ, SECONDS, .run = vtl_spc_good },
	{ .opcode = FAKE_ACTION, .sa = 3, .len = 16, .name = "ACTION - THREE", .res = VTL_RES_READ, SECONDS,
	  .run = vtl_spc_good },
	{ 0 }
};

/* ---- mode pages ---- */

/* The last byte counts how often the page was applied: a live value. */
static void refresh_recovery(struct vtl_dev *dev, unsigned pc, uint8_t *page)
{
	page[11] = pc == 0 ? (uint8_t)fake_of(dev)->applied : 0;
}

/* Byte 2: at most 200, and even: odd values are rounded down. Byte 3 must not be 255. */
static enum vtl_sense check_compression(struct vtl_dev *dev, const uint8_t *old, uint8_t *page, struct vtl_field *bad)
{
	if (page[3] == 255) {
		*bad = (struct vtl_field){ 3, 7 };
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	}
	if (page[2] > 200) {
		*bad = (struct vtl_field){ 2, VTL_NO_BIT };
		return SENSE_PARAMETER_VALUE_INVALID;
	}
	if (!(page[2] & 1))
		return SENSE_NONE;
	page[2]--;
	return SENSE_ROUNDED_PARAMETER;
}

static void apply_compression(struct vtl_dev *dev, struct vtl_nexus *nexus, const uint8_t *page)
{
	struct fake *fake = fake_of(dev);

	fake->applied++;
	fake->last_byte = page[15];
}

static const uint8_t recovery[12] = { [3] = 0x11 };
static const uint8_t compression[16] = { [2] = 0x20, [4] = 0x44 };
static const uint8_t compression_mask[16] = { [2] = 0xff, [3] = 0xff };
static const uint8_t configuration[16] = { [3] = 0x33 };
static const uint8_t configuration_mask[16] = { [3] = 0x0f };
static const uint8_t extension[32] = { [5] = 0x80 };
static const uint8_t extension_mask[32] = { [5] = 0xf0, [6] = 0xff };

static const struct vtl_mode_page fake_mode[] = {
	{ .code = 0x10, .len = 16, .bytes = configuration, .changeable = configuration_mask },
	{ .code = 0x01, .len = 12, .bytes = recovery, .refresh = refresh_recovery },
	{ .code = 0x10, .subcode = 0x01, .len = 32, .bytes = extension, .changeable = extension_mask },
	{ .code = 0x0f, .len = 16, .bytes = compression, .changeable = compression_mask, .check = check_compression,
	  .apply = apply_compression },
	{ 0 }
};

static void fake_mode_header(struct vtl_dev *dev, unsigned pc, struct vtl_mode_header *h)
{
	struct fake *fake = fake_of(dev);

	h->has_block_descriptor = true;
	if (pc == 1) {
		h->block_descriptor[0] = 0xff;
		return;
	}
	h->medium_type = 0x98;
	h->device_specific = fake->write_protected ? 0x90 : 0x10;
	h->block_descriptor[0] = pc == 0 ? fake->density : 0;
}

/* Density FFh is no density. */
static enum vtl_sense fake_mode_header_check(const struct vtl_nexus *nexus, struct vtl_mode_header *h,
					     struct vtl_field *bad)
{
	if (!h->has_block_descriptor || h->block_descriptor[0] != 0xff)
		return SENSE_NONE;
	*bad = (struct vtl_field){ 4, 7 };
	return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
}

static bool fake_mode_header_apply(struct vtl_dev *dev, const struct vtl_mode_header *h)
{
	struct fake *fake = fake_of(dev);
	uint8_t old = fake->density;

	if (h->has_block_descriptor)
		fake->density = h->block_descriptor[0];
	return fake->density != old;
}

/* ---- log pages ---- */

static void get_counter(struct vtl_dev *dev, const struct vtl_log_param *param, uint8_t *value)
{
	put_be32(value, fake_of(dev)->counter + param->arg);
}

/* Up to 7fffffffh. */
static bool set_counter(struct vtl_dev *dev, const struct vtl_log_param *param, const uint8_t *value)
{
	if (value[0] & 0x80)
		return false;
	fake_of(dev)->counter = get_be32(value);
	return true;
}

static const struct vtl_log_param counters[] = {
	{ .code = 0x0002, .control = VTL_LOG_COUNTER, .len = 4, .get = get_counter, .set = set_counter },
	{ .code = 0x0005, .control = VTL_LOG_COUNTER, .len = 4, .get = get_counter, .arg = 1000 },
	{ 0 }
};

static void fill_counters(struct vtl_dev *dev, struct vtl_log *log)
{
	vtl_log_put_number(log, 0x0100, VTL_LOG_LIST, 0x12345, 3);
	vtl_log_put_number(log, 0x0101, VTL_LOG_LIST, 0x1234567, 3);
}

static void reset_counters(struct vtl_dev *dev)
{
	fake_of(dev)->counter = 0;
	fake_of(dev)->log_resets++;
}

static void counters_reported(struct vtl_dev *dev, struct vtl_nexus *nexus)
{
	fake_of(dev)->log_reports++;
}

static const struct vtl_log_param flags[] = {
	{ .code = 1, .control = VTL_LOG_LIST, .len = 1 },
	{ 0 }
};

static const struct vtl_log_page fake_log[] = {
	{ .code = 0x2e, .name = "Flags", .params = flags },
	{ .code = 0x0c, .name = "Counters", .params = counters, .fill = fill_counters, .reset = reset_counters,
	  .reported = counters_reported, .saved = true },
	{ .code = 0x0c, .subcode = 0x42, .name = "More counters", .params = counters },
	{ 0 }
};

/* ---- VPD ---- */

static void fill_b0(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put16(r, 0x0100);
}

static const struct vtl_vpd_page fake_vpd[] = {
	{ 0xb0, "Capabilities", fill_b0 },
	{ 0 }
};

/* ---- hooks ---- */

static enum vtl_sense fake_gate(struct vtl_dev *dev, const struct vtl_cmd *cmd, struct vtl_sense_extra *extra)
{
	struct fake *fake = fake_of(dev);

	if ((cmd->op->flags & VTL_OP_MEDIUM) && !fake->loaded)
		return SENSE_NO_MEDIUM;
	if ((cmd->op->flags & VTL_OP_WRITE) && fake->write_protected)
		return SENSE_WRITE_PROTECTED;
	return SENSE_NONE;
}

static enum vtl_sense fake_request_sense(struct vtl_dev *dev, struct vtl_sense_extra *extra)
{
	struct fake *fake = fake_of(dev);

	if (fake->progress) {
		extra->sks = VTL_SKS_PROGRESS;
		extra->progress = fake->progress;
	}
	return fake->idle_sense;
}

static void fake_abort(struct vtl_dev *dev, struct vtl_cmd *cmd)
{
	struct fake *fake = fake_of(dev);

	fake->aborts++;
	if (fake->end_on_abort && fake->parked == cmd)
		fake_finish(fake);
}

static void fake_reset(struct vtl_dev *dev, enum vtl_reset what)
{
	fake_of(dev)->resets++;
}

static void fake_tick(struct vtl_dev *dev)
{
	fake_of(dev)->ticks++;
}

static enum vtl_sense fake_self_test(struct vtl_dev *dev)
{
	return fake_of(dev)->self_test;
}

/* ---- what is kept ---- */

static void fake_state_put(struct vtl_dev *dev, struct vtl_reply *r)
{
	vtl_state_put(r, VTL_STATE_OF_TYPE + 1, &fake_of(dev)->keepsake, 1);
}

static void fake_state_get(struct vtl_dev *dev, uint16_t tag, const uint8_t *data, uint32_t len)
{
	if (tag == VTL_STATE_OF_TYPE + 1 && len == 1)
		fake_of(dev)->keepsake = data[0];
}

static uint32_t state_load(struct vtl_state *port, uint8_t *buf, uint32_t size)
{
	struct fake_state *state = (struct fake_state *)port;

	assert_true(state->len <= size);
	memcpy(buf, state->data, state->len);
	return state->len;
}

static bool state_save(struct vtl_state *port, const uint8_t *data, uint32_t len, struct why *why)
{
	struct fake_state *state = (struct fake_state *)port;

	assert_true(len <= sizeof(state->data));
	if (state->fail) {
		why_set(why, "the test says so");
		return false;
	}
	memcpy(state->data, data, len);
	state->len = len;
	state->saves++;
	return true;
}

void fake_state_init(struct fake_state *state)
{
	state->port = (struct vtl_state){ .load = state_load, .save = state_save };
}

static void fake_prevent_changed(struct vtl_dev *dev)
{
	fake_of(dev)->prevent_changes++;
}

static const struct vtl_dev_type fake_type = {
	.peripheral = 0x01,
	.ops = fake_ops,
	.mode_pages = fake_mode,
	.log_pages = fake_log,
	.vpd_pages = fake_vpd,
	.gate = fake_gate,
	.request_sense = fake_request_sense,
	.mode_header = fake_mode_header,
	.mode_header_check = fake_mode_header_check,
	.mode_header_apply = fake_mode_header_apply,
	.self_test = fake_self_test,
	.abort = fake_abort,
	.reset = fake_reset,
	.tick = fake_tick,
	.prevent_changed = fake_prevent_changed,
	.state_put = fake_state_put,
	.state_get = fake_state_get,
};

static const struct vtl_model_inquiry inquiry = {
	.vendor = "VENDOR", .product = "PRODUCT-1", .revision = "R1",
	.version = 6,
	.version_descriptor = { 0x0300, 0x0960 },
	.vendor_specific = { .data = (const uint8_t *)"specific", .len = 8 },
};

const struct vtl_identity fake_identity = { .inquiry = &inquiry, .serial = "SERIAL0001" };

void fake_init_as(struct fake *fake, struct sim *sim, const struct vtl_identity *id)
{
	memset(fake, 0, sizeof(*fake));
	fake->loaded = true;
	fake->density = 0x5e;
	assert_int_equal(vtl_dev_init(&fake->dev, &sim->env, &fake_type, id), 0);
}

void fake_init(struct fake *fake, struct sim *sim)
{
	fake_init_as(fake, sim, &fake_identity);
}

void fake_fini(struct fake *fake)
{
	assert_true(vtl_dev_idle(&fake->dev));
	while (fake->dev.nexuses)
		vtl_nexus_lost(fake->dev.nexuses);
	vtl_dev_fini(&fake->dev);
	io_free_all();
}

void fake_power_cycle(struct fake_world *w)
{
	fake_fini(&w->fake);
	fake_init(&w->fake, &w->sim);
	fake_state_init(&w->kept);
	vtl_dev_power_on(&w->fake.dev, &w->kept.port);
	w->a = sim_initiator(&w->fake.dev, 1);
	w->b = sim_initiator(&w->fake.dev, 2);
}

int fake_setup(void **state)
{
	struct fake_world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	sim_init(&w->sim);
	fake_init(&w->fake, &w->sim);
	w->a = sim_initiator(&w->fake.dev, 1);
	w->b = sim_initiator(&w->fake.dev, 2);
	*state = w;
	return 0;
}

int fake_teardown(void **state)
{
	struct fake_world *w = *state;

	fake_fini(&w->fake);
	free(w);
	return 0;
}
