/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device supports, as rows for people: the same tables that REPORT SUPPORTED OPERATION CODES answers from. */
#include <string.h>

#include "catalog.h"
#include "changer.h"
#include "internal.h"
#include "tape.h"

typedef void each_fn(void *arg, const struct vtl_catalog_row *row);

static void commands(struct vtl_dev *dev, each_fn *each, void *arg)
{
	const struct vtl_op *op;

	for (op = vtl_op_next(dev, NULL); op; op = vtl_op_next(dev, op))
		each(arg, &(struct vtl_catalog_row){
			.kind = VTL_CATALOG_COMMAND, .code = op->opcode, .sub = op->sa, .name = op->name,
			.len = op->len, .nominal = op->nominal, .recommended = op->recommended });
}

static void mode_pages(struct vtl_dev *dev, each_fn *each, void *arg)
{
	unsigned i;

	for (i = 0; i < dev->mode_count; i++) {
		const struct vtl_mode_state *state = &dev->mode[i];

		each(arg, &(struct vtl_catalog_row){
			.kind = VTL_CATALOG_MODE_PAGE, .code = state->code, .sub = state->subcode ? state->subcode : -1,
			.name = state->row && state->row->name ? state->row->name : "", .len = state->len,
			.writable = state->savable });
	}
}

static void log_pages(struct vtl_dev *dev, each_fn *each, void *arg)
{
	unsigned code, subcode;

	for (code = 0; code < 0x3f; code++) {
		for (subcode = 0; subcode <= 0xff; subcode++) {
			const char *name = vtl_log_name(dev, (uint8_t)code, (uint8_t)subcode);

			if (name)
				each(arg, &(struct vtl_catalog_row){
					.kind = VTL_CATALOG_LOG_PAGE, .code = (uint16_t)code,
					.sub = subcode ? (int)subcode : -1, .name = name });
		}
	}
}

static void vpd_pages(struct vtl_dev *dev, each_fn *each, void *arg)
{
	unsigned code;

	for (code = 0; code <= 0xff; code++) {
		const char *name = vtl_vpd_name(dev, (uint8_t)code);

		if (name)
			each(arg, &(struct vtl_catalog_row){
				.kind = VTL_CATALOG_VPD_PAGE, .code = (uint16_t)code, .sub = -1, .name = name });
	}
}

static void all(struct vtl_dev *dev, each_fn *each, void *arg)
{
	commands(dev, each, arg);
	mode_pages(dev, each, arg);
	log_pages(dev, each, arg);
	vpd_pages(dev, each, arg);
	if (dev->type->catalog)
		dev->type->catalog(dev, each, arg);
}

/* ---- a device that nobody talks to ---- */

static uint64_t no_time(struct vtl_env *env)
{
	return 0;
}

static void no_random(struct vtl_env *env, void *buf, size_t len)
{
	memset(buf, 0, len);
}

static void no_timer(struct vtl_env *env, struct vtl_dev *dev, uint64_t at_ms)
{
}

static void no_log(struct vtl_env *env, int level, const char *text)
{
}

static const struct vtl_env nowhere = {
	.now_ms = no_time, .wall_ms = no_time, .random = no_random, .set_timer = no_timer, .log = no_log,
};

bool vtl_catalog_drive(const struct vtl_models *models, const struct vtl_drive_model *model, each_fn *each, void *arg)
{
	struct vtl_tape_config config = { .model = model, .models = models, .serial = "0" };
	struct vtl_env env = nowhere;
	struct vtl_dev *dev = vtl_tape_new(&env, &config);

	if (!dev)
		return false;
	all(dev, each, arg);
	vtl_tape_free(dev);
	return true;
}

bool vtl_catalog_library(const struct vtl_library_model *model, each_fn *each, void *arg)
{
	static const struct vtl_inventory_ops no_elements;
	struct vtl_inventory inventory = { .ops = &no_elements };
	struct vtl_changer_config config = { .model = model, .serial = "0", .inventory = &inventory };
	struct vtl_env env = nowhere;
	struct vtl_dev *dev = vtl_changer_new(&env, &config);

	if (!dev)
		return false;
	all(dev, each, arg);
	vtl_changer_free(dev);
	return true;
}
