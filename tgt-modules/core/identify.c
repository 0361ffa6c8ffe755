/* SPDX-License-Identifier: GPL-2.0-only */
/* What an initiator tells a device to keep: identifying information (device identifier) and timestamp (SPC-5). */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- identifying information (SPC-5 6.32, 6.42; SPC-3 called it the device identifier) ---- */

/* INFORMATION TYPE, and how long each may be. 7Fh asks for the list of the others. */
enum { TYPE_PERIPHERAL = 0x00, TYPE_TEXT = 0x02, TYPE_LIST = 0x7f };

static const struct {
	uint8_t type;
	uint16_t most;
} types[] = {
	{ TYPE_PERIPHERAL, 64 },
	{ TYPE_TEXT, 256 },
};

#define TYPES	(sizeof(types) / sizeof(types[0]))

struct vtl_name {
	uint16_t len[TYPES];
	uint8_t text[TYPES][256];
};

void vtl_names_free(struct vtl_dev *dev)
{
	free(dev->names);
	dev->names = NULL;
}

/* The row of a type, -1 if there is none. */
static int type_row(uint8_t type)
{
	unsigned i;

	for (i = 0; i < TYPES; i++) {
		if (types[i].type == type)
			return (int)i;
	}
	return -1;
}

static bool name_set(struct vtl_dev *dev, unsigned row, const uint8_t *text, uint16_t len)
{
	if (!dev->names)
		dev->names = calloc(1, sizeof(*dev->names));
	if (!dev->names)
		return false;
	if (len)
		memcpy(dev->names->text[row], text, len);
	dev->names->len[row] = len;
	return true;
}

void vtl_name_state_put(const struct vtl_dev *dev, struct vtl_reply *r)
{
	uint8_t row[1 + 256];
	unsigned i;

	for (i = 0; dev->names && i < TYPES; i++) {
		uint16_t len = dev->names->len[i];

		if (!len)
			continue;
		row[0] = types[i].type;
		memcpy(row + 1, dev->names->text[i], len);
		vtl_state_put(r, VTL_STATE_NAME, row, (uint16_t)(1 + len));
	}
}

void vtl_name_state_get(struct vtl_dev *dev, const uint8_t *data, uint32_t len)
{
	int row = len ? type_row(data[0]) : -1;

	if (row >= 0 && len - 1 <= types[row].most && !name_set(dev, (unsigned)row, data + 1, (uint16_t)(len - 1)))
		vtl_dev_log(dev, 4, "no memory for the identifying information that was kept");
}

void vtl_report_information(struct vtl_cmd *cmd)
{
	const struct vtl_dev *dev = vtl_cmd_dev(cmd);
	uint8_t type = cmd->cdb[10] >> 1;
	int row = type_row(type);
	struct vtl_reply r;
	unsigned i;

	if (row < 0 && type != TYPE_LIST) {
		vtl_cmd_bad_cdb(cmd, 10, 7);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 6));
	vtl_put32(&r, 0);
	for (i = 0; type == TYPE_LIST && i < TYPES; i++) {
		vtl_put8(&r, (uint8_t)(types[i].type << 1));
		vtl_put8(&r, 0);
		vtl_put16(&r, types[i].most);
	}
	if (row >= 0 && dev->names)
		vtl_put_bytes(&r, dev->names->text[row], dev->names->len[row]);
	vtl_patch16(&r, 2, (uint16_t)(r.len - 4));
	vtl_cmd_reply(cmd, &r);
}

void vtl_set_information(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	uint32_t len = get_be32(cmd->cdb + 6);
	int row = type_row(cmd->cdb[10] >> 1);

	if (row < 0) {
		vtl_cmd_bad_cdb(cmd, 10, 7);
		return;
	}
	if (len > types[row].most) {
		vtl_cmd_bad_cdb(cmd, 6, 7);
		return;
	}
	if (!vtl_cmd_has_out(cmd, len))
		return;
	if (!name_set(dev, (unsigned)row, cmd->out, (uint16_t)len)) {
		vtl_cmd_check(cmd, SENSE_INSUFFICIENT_RESOURCES, NULL);
		return;
	}
	vtl_ua_all(dev, SENSE_DEVICE_IDENTIFIER_CHANGED, cmd->nexus);
	if (dev->state)
		vtl_state_save_then(cmd, vtl_state_end_saved);
	else
		vtl_cmd_good(cmd);
}

/* ---- timestamp (SPC-5 5.3, 6.38, 6.46) ---- */

/* TIMESTAMP ORIGIN */
enum { ORIGIN_SET = 0x02, ORIGIN_OTHER = 0x03 };
enum { TIMESTAMP_LIST_LEN = 12 };

void vtl_report_timestamp(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	struct vtl_env *env = dev->env;
	uint64_t time = dev->clock_set ? dev->clock + env->now_ms(env) - dev->clock_since : env->wall_ms(env);
	struct vtl_reply r;

	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 6));
	vtl_put16(&r, TIMESTAMP_LIST_LEN - 2);
	vtl_put8(&r, dev->clock_set ? ORIGIN_SET : ORIGIN_OTHER);
	vtl_put8(&r, 0);
	vtl_put48(&r, time);
	vtl_put16(&r, 0);
	vtl_cmd_reply(cmd, &r);
}

void vtl_set_timestamp(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	uint32_t len = get_be32(cmd->cdb + 6);

	if (len && len != TIMESTAMP_LIST_LEN) {
		vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return;
	}
	if (!vtl_cmd_has_out(cmd, len))
		return;
	if (!len) {
		vtl_cmd_good(cmd);
		return;
	}
	dev->clock_set = true;
	dev->clock = get_be48(cmd->out + 4);
	dev->clock_since = dev->env->now_ms(dev->env);
	vtl_ua_all(dev, SENSE_TIMESTAMP_CHANGED, cmd->nexus);
	vtl_cmd_good(cmd);
}
