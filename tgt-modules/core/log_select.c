/* SPDX-License-Identifier: GPL-2.0-only */
/* LOG SELECT (SPC-5 6.7): resets, parameters that are set, and parameters that are kept over a power cycle. */
#include <string.h>

#include "internal.h"

enum { SELECT_PCR = 0x02, SELECT_SP = 0x01 };
enum { PC_THRESHOLD, PC_CUMULATIVE, PC_DEFAULT_THRESHOLD, PC_DEFAULT_CUMULATIVE };

/* ---- what is kept ---- */

enum { KEPT_HEAD = 4, VALUE_MAX = 255 };

void vtl_log_state_put(struct vtl_dev *dev, struct vtl_reply *r)
{
	const struct vtl_log_page *row;
	const struct vtl_log_param *p;

	for (row = vtl_log_next(dev, NULL); row; row = vtl_log_next(dev, row)) {
		if (!row->saved || vtl_log_find(dev, row->code, row->subcode) != row)
			continue;
		for (p = row->params; p && p->len; p++) {
			uint8_t kept[KEPT_HEAD + VALUE_MAX] = { row->code, row->subcode };

			if (!p->set || !p->get)
				continue;
			put_be16(kept + 2, p->code);
			p->get(dev, p, kept + KEPT_HEAD);
			vtl_state_put(r, VTL_STATE_LOG_PARAMETER, kept, (uint16_t)(KEPT_HEAD + p->len));
		}
	}
}

static const struct vtl_log_param *param_find(const struct vtl_log_page *row, uint16_t code)
{
	const struct vtl_log_param *p;

	for (p = row->params; p && p->len; p++) {
		if (p->code == code)
			return p;
	}
	return NULL;
}

void vtl_log_state_get(struct vtl_dev *dev, const uint8_t *data, uint32_t len)
{
	const struct vtl_log_page *row = len > KEPT_HEAD ? vtl_log_find(dev, data[0], data[1]) : NULL;
	const struct vtl_log_param *p = row && row->saved ? param_find(row, get_be16(data + 2)) : NULL;

	if (p && p->set && p->len == len - KEPT_HEAD && !p->set(dev, p, data + KEPT_HEAD))
		vtl_dev_log(dev, 4, "log parameter %02X/%02X %04Xh that was kept is refused", row->code, row->subcode,
			    p->code);
}

static bool keeps_logs(const struct vtl_dev *dev)
{
	const struct vtl_log_page *row;

	for (row = vtl_log_next(dev, NULL); dev->state && row; row = vtl_log_next(dev, row)) {
		if (row->saved && vtl_log_find(dev, row->code, row->subcode) == row)
			return true;
	}
	return false;
}

/* ---- parameter lists ---- */

/* A list that is gone through twice: first to find what is wrong, then to set what it says. */
struct list {
	struct vtl_cmd *cmd;
	struct vtl_dev *dev;
	const uint8_t *p;
	uint32_t len;
	bool apply;
};

static bool bad(struct list *l, uint32_t byte, unsigned bit)
{
	vtl_cmd_bad_param(l->cmd, byte, bit);
	return false;
}

static bool too_short(struct list *l)
{
	vtl_cmd_check(l->cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
	return false;
}

/* One parameter. Each function here ends the command and returns false where something is wrong. */
static bool take_param(struct list *l, const struct vtl_log_page *row, uint32_t at)
{
	const struct vtl_log_param *p = param_find(row, get_be16(l->p + at));
	uint8_t old[VALUE_MAX] = { 0 };

	if (!p || !p->set || row->fixed)
		return bad(l, at, 7);
	if (l->p[at + 3] != p->len)
		return bad(l, at + 3, 7);
	if (l->apply) {
		p->set(l->dev, p, l->p + at + 4);
		return true;
	}
	/* set() alone knows whether it takes the value: tried, and put back */
	if (p->get)
		p->get(l->dev, p, old);
	if (!p->set(l->dev, p, l->p + at + 4))
		return bad(l, at + 4, 7);
	p->set(l->dev, p, old);
	return true;
}

static bool take_page(struct list *l, uint32_t at, uint32_t *next)
{
	const uint8_t *p = l->p + at;
	const struct vtl_log_page *row;
	int last = -1;

	if (l->len - at < 4 || l->len - at - 4 < get_be16(p + 2))
		return too_short(l);
	if (!(p[0] & 0x40) && p[1])
		return bad(l, at + 1, 7);
	row = vtl_log_find(l->dev, p[0] & 0x3f, p[1]);
	if (!row)
		return bad(l, at + (vtl_log_bad_page(l->dev, p[0] & 0x3f).byte == 3 ? 1 : 0), VTL_NO_BIT);
	*next = at + 4 + get_be16(p + 2);
	for (at += 4; at < *next; at += 4u + l->p[at + 3]) {
		if (*next - at < 4 || *next - at - 4 < l->p[at + 3])
			return too_short(l);
		if (get_be16(l->p + at) <= last)
			return bad(l, at, 7);
		last = get_be16(l->p + at);
		if (!take_param(l, row, at))
			return false;
	}
	return true;
}

/* SPC-5 6.7.1: pages ascend. */
static bool take_list(struct list *l)
{
	uint32_t at = 0, next;
	int last = -1;

	while (at < l->len) {
		int page = l->len - at >= 2 ? (l->p[at] & 0x3f) << 8 | l->p[at + 1] : 0x10000;

		if (page <= last)
			return bad(l, at, 5);
		last = page;
		if (!take_page(l, at, &next))
			return false;
		at = next;
	}
	return true;
}

/* ---- the command ---- */

/* What is not a question of the list; ends the command then. */
static bool refused(struct vtl_cmd *cmd, uint32_t len)
{
	uint8_t code = cmd->cdb[2] & 0x3f, subcode = cmd->cdb[3], pc = cmd->cdb[2] >> 6;
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	struct vtl_field field = vtl_log_bad_page(dev, code);

	if (cmd->cdb[1] & SELECT_SP && !keeps_logs(dev))
		vtl_cmd_bad_cdb(cmd, 1, 0);
	else if (len && cmd->cdb[1] & SELECT_PCR)
		vtl_cmd_bad_cdb(cmd, 1, 1);
	else if (len && (code || subcode))
		vtl_cmd_bad_cdb(cmd, code ? 2 : 3, code ? 5 : 7);
	else if (len && pc != PC_CUMULATIVE)
		vtl_cmd_bad_cdb(cmd, 2, 7);	/* thresholds and defaults are what they are */
	else if (!len && (code || subcode) && !vtl_log_find(dev, code, subcode))
		vtl_cmd_bad_cdb(cmd, field.byte, field.bit);
	else
		return false;
	return true;
}

/* PCR, or PC 11b: default cumulative values of one page or, for page 00h, of all. */
static void reset(struct vtl_dev *dev, uint8_t code, uint8_t subcode)
{
	bool all = !code && !subcode;
	const struct vtl_log_page *row;

	for (row = vtl_log_next(dev, NULL); row; row = vtl_log_next(dev, row)) {
		if ((all || (row->code == code && row->subcode == subcode)) && row->reset &&
		    vtl_log_find(dev, row->code, row->subcode) == row)
			row->reset(dev);
	}
}

void vtl_log_select(struct vtl_cmd *cmd)
{
	uint32_t len = get_be16(cmd->cdb + 7);
	struct list l = { .cmd = cmd, .dev = vtl_cmd_dev(cmd), .p = cmd->out, .len = len };
	bool resets = !len && (cmd->cdb[1] & SELECT_PCR || cmd->cdb[2] >> 6 == PC_DEFAULT_CUMULATIVE);

	if (refused(cmd, len) || !vtl_cmd_has_out(cmd, len) || !take_list(&l))
		return;
	l.apply = true;
	if (len)
		take_list(&l);
	if (resets)
		reset(l.dev, cmd->cdb[2] & 0x3f, cmd->cdb[3]);
	if (len || resets) {
		vtl_ua_all(l.dev, SENSE_LOG_PARAMETERS_CHANGED, cmd->nexus);
		vtl_state_touch(l.dev);
	}
	if (cmd->cdb[1] & SELECT_SP)
		vtl_state_save_then(cmd, vtl_state_end_saved);
	else
		vtl_cmd_good(cmd);
}
