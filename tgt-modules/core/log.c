/* SPDX-License-Identifier: GPL-2.0-only */
/* Log pages and LOG SENSE (SPC-5 6.8, 7.3). */
#include <string.h>

#include "internal.h"

#define SUPPORTED_PAGES	0x00
#define ALL_SUBPAGES	0xff

/* A model's own page. One without a whole header stands for a page that this model has not. */
static const struct vtl_model_page *model_find(const struct vtl_dev *dev, uint8_t code, uint8_t subcode)
{
	return vtl_model_page(dev->id.log, code, subcode);
}

/* Rows of both tables, a type's own before its twin. */
const struct vtl_log_page *vtl_log_next(const struct vtl_dev *dev, const struct vtl_log_page *row)
{
	const struct vtl_log_page *own = dev->type->log_pages;
	bool in_own = false;
	const struct vtl_log_page *r;

	if (!row)
		return own && own->name ? own : vtl_spc_log;
	for (r = own; r && r->name; r++)
		in_own |= r == row;
	row++;
	if (row->name)
		return row;
	return in_own && vtl_spc_log->name ? vtl_spc_log : NULL;
}

/* Of rows with the same codes the first that this device has; where a model gives the page, any serves. */
const struct vtl_log_page *vtl_log_find(const struct vtl_dev *dev, uint8_t code, uint8_t subcode)
{
	const struct vtl_model_page *model = model_find(dev, code, subcode);
	const struct vtl_log_page *row, *any = NULL;

	if (model && model->len < 4)
		return NULL;
	for (row = vtl_log_next(dev, NULL); row; row = vtl_log_next(dev, row)) {
		if (row->code != code || row->subcode != subcode)
			continue;
		if (!row->present || row->present(dev, row))
			return row;
		any = any ? any : row;
	}
	return model ? any : NULL;
}

/* ---- parameters ---- */

/* Thresholds are never met: all ones. Lists have no thresholds or defaults, whatever PC says (SPC-5 7.3.2.1). */
void vtl_log_put(struct vtl_log *log, uint16_t code, uint8_t control, const void *value, uint8_t len)
{
	bool counter = !(control & 0x01);

	if (code < log->from)
		return;
	vtl_put16(log->reply, code);
	vtl_put8(log->reply, control);
	vtl_put8(log->reply, len);
	if (counter && log->pc != 1) {
		uint8_t fill = log->pc == 3 ? 0x00 : 0xff;

		while (len--)
			vtl_put8(log->reply, fill);
		return;
	}
	vtl_put_bytes(log->reply, value, len);
}

void vtl_log_number(const struct vtl_log_param *param, uint8_t *value, uint64_t n)
{
	unsigned i;

	if (param->len < 8 && n >> (8 * param->len))
		n = UINT64_MAX;
	for (i = param->len; i-- > 0; n >>= 8)
		value[i] = (uint8_t)n;
}

void vtl_log_put_number(struct vtl_log *log, uint16_t code, uint8_t control, uint64_t value, uint8_t len)
{
	const struct vtl_log_param param = { .len = len };
	uint8_t b[8];

	vtl_log_number(&param, b, value);
	vtl_log_put(log, code, control, b, len);
}

static void put_params(struct vtl_dev *dev, const struct vtl_log_page *row, struct vtl_log *log)
{
	const struct vtl_log_param *param;

	for (param = row->params; param && param->len; param++) {
		uint8_t value[256] = { 0 };

		if (param->get)
			param->get(dev, param, value);
		vtl_log_put(log, param->code, param->control, value, param->len);
	}
	if (row->fill)
		row->fill(dev, log);
}

/* The model's parameters, with core's values of those that core has. */
static void put_model(struct vtl_dev *dev, const struct vtl_model_page *model, const struct vtl_log_page *row,
		      struct vtl_log *log)
{
	uint8_t core[4096];
	struct vtl_reply r;
	struct vtl_log all = { .reply = &r, .pc = 1, .nexus = log->nexus };

	vtl_reply_mem(&r, core, sizeof(core));
	if (row)
		put_params(dev, row, &all);
	vtl_log_put_model(log, model, core, vtl_reply_stored(&r));
}

/* ---- lists of pages ---- */

static bool supported(const struct vtl_dev *dev, uint8_t code, uint8_t subcode)
{
	const struct vtl_model_page *model = model_find(dev, code, subcode);

	if (code == SUPPORTED_PAGES && !subcode)
		return true;
	return model ? model->len >= 4 : vtl_log_find(dev, code, subcode) != NULL;
}

/* The smallest subpage of a page above `after`, -1 if there is none. */
static int next_subpage(const struct vtl_dev *dev, uint8_t code, int after)
{
	const struct vtl_model_pages *model = dev->id.log;
	const struct vtl_log_page *row;
	int best = code == SUPPORTED_PAGES && after < 0 ? 0 : ALL_SUBPAGES;
	unsigned i;

	for (row = vtl_log_next(dev, NULL); row; row = vtl_log_next(dev, row)) {
		if (row->code == code && row->subcode > after && row->subcode < best &&
		    supported(dev, code, row->subcode))
			best = row->subcode;
	}
	for (i = 0; model && i < model->count; i++) {
		const struct vtl_model_page *page = &model->row[i];

		if (page->code == code && page->subcode > after && page->subcode < best && page->len >= 4)
			best = page->subcode;
	}
	return best < ALL_SUBPAGES ? best : -1;
}

struct vtl_field vtl_log_bad_page(const struct vtl_dev *dev, uint8_t code)
{
	return next_subpage(dev, code, -1) >= 0 ? (struct vtl_field){ 3, 7 } : (struct vtl_field){ 2, 5 };
}

/* Whether a page has the list of its subpages: those that have any, and 00h, the list of all. */
static bool has_subpages(const struct vtl_dev *dev, uint8_t code)
{
	return code == SUPPORTED_PAGES || next_subpage(dev, code, 0) > 0;
}

const char *vtl_log_name(const struct vtl_dev *dev, uint8_t code, uint8_t subcode)
{
	const struct vtl_log_page *row = vtl_log_find(dev, code, subcode);

	if (row)
		return row->name;
	if (code == SUPPORTED_PAGES && subcode == ALL_SUBPAGES)
		return "Supported Log Pages and Subpages";
	if (subcode == ALL_SUBPAGES)
		return has_subpages(dev, code) ? "Supported Subpages" : NULL;
	if (!supported(dev, code, subcode))
		return NULL;
	return code == SUPPORTED_PAGES ? "Supported Log Pages" : "";
}

static void put_pair(struct vtl_reply *r, uint8_t code, uint8_t subcode)
{
	vtl_put8(r, code);
	vtl_put8(r, subcode);
}

/* Pages and subpages with this code, in order. */
static void put_subpages(const struct vtl_dev *dev, uint8_t code, struct vtl_reply *r)
{
	int subcode = -1;

	while ((subcode = next_subpage(dev, code, subcode)) >= 0)
		put_pair(r, code, (uint8_t)subcode);
	if (has_subpages(dev, code))
		put_pair(r, code, ALL_SUBPAGES);
}

/* SPC-5 7.3.19 to 7.3.21: the list of pages; of pages and subpages; of the subpages of one page. */
static void put_list(const struct vtl_dev *dev, uint8_t code, uint8_t subcode, struct vtl_reply *r)
{
	uint8_t c;

	if (code != SUPPORTED_PAGES) {
		put_subpages(dev, code, r);
		return;
	}
	for (c = 0; c < 0x3f; c++) {
		if (subcode == ALL_SUBPAGES)
			put_subpages(dev, c, r);
		else if (next_subpage(dev, c, -1) >= 0)
			vtl_put8(r, c);
	}
}

/* ---- LOG SENSE ---- */

/* The page's bytes after its header. False: nothing such; `bad` says which field of the CDB asks for it. */
static bool put_page(struct vtl_cmd *cmd, struct vtl_log *log, struct vtl_field *bad)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	uint8_t code = cmd->cdb[2] & 0x3f, subcode = cmd->cdb[3];
	bool list = (code == SUPPORTED_PAGES && !subcode) || (subcode == ALL_SUBPAGES && has_subpages(dev, code));
	bool there = supported(dev, code, subcode);
	const struct vtl_model_page *model = model_find(dev, code, subcode);
	const struct vtl_log_page *row = vtl_log_find(dev, code, subcode);
	uint64_t before = log->reply->len;

	if (!list && !there) {
		*bad = vtl_log_bad_page(dev, code);
		return false;
	}
	/* lists know no parameter pointer; in others it must not lie beyond the last parameter */
	*bad = (struct vtl_field){ 5, 7 };
	if (log->from && list)
		return false;
	if (list)
		put_list(dev, code, subcode, log->reply);
	else if (model)
		put_model(dev, model, row, log);
	else
		put_params(dev, row, log);
	return !log->from || log->reply->len > before;
}

void vtl_log_sense(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	struct vtl_reply r;
	struct vtl_log log = {
		.reply = &r, .from = get_be16(cmd->cdb + 5), .pc = cmd->cdb[2] >> 6, .nexus = cmd->nexus,
	};
	const struct vtl_log_page *row;
	struct vtl_field bad;
	bool disable_save;

	vtl_reply_cmd(&r, cmd, get_be16(cmd->cdb + 7));
	/* the header comes last: where the page is refused, nothing has been written */
	r.len = 4;
	if (!put_page(cmd, &log, &bad)) {
		vtl_cmd_bad_cdb(cmd, bad.byte, bad.bit);
		return;
	}
	row = vtl_log_find(dev, cmd->cdb[2] & 0x3f, cmd->cdb[3]);
	disable_save = !dev->state || !row || !row->saved;
	vtl_patch8(&r, 0, (uint8_t)((disable_save ? 0x80 : 0) | (cmd->cdb[3] ? 0x40 : 0) | (cmd->cdb[2] & 0x3f)));
	vtl_patch8(&r, 1, cmd->cdb[3]);
	vtl_patch16(&r, 2, r.len - 4 < 0xffff ? (uint16_t)(r.len - 4) : 0xffff);
	if (row && row->reported && vtl_reply_stored(&r) > 4)
		row->reported(dev, cmd->nexus);
	vtl_cmd_reply(cmd, &r);
}
