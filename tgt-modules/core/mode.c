/* SPDX-License-Identifier: GPL-2.0-only */
/* The mode pages of a device: built from the type's rows and the model's bytes, kept in the order of their codes. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/*
 * SPC-5 7.5.8 Control: D_SENSE can be changed. Status TASK ABORTED tells of commands that another initiator aborted
 * (TAS); the queue is in order (QUEUE ALGORITHM MODIFIER 0).
 */
static const uint8_t control[12] = { 0x0a, 0x0a, 0x00, 0x00, 0x00, 0x40 };
static const uint8_t control_mask[12] = { [2] = 0x04 };

/* SPC-5 7.5.9 Control Extension: only commands set the timestamp, and it runs on (TCMOS, SCSIP). */
static const uint8_t control_extension[32] = { [4] = 0x06 };

/* SPC-5 7.5.15, 7.5.16: iSCSI has no parameters of its own (RFC 7144). */
static const uint8_t protocol_specific[8] = { [2] = 0x05 };

/* Came with SPC-3 and SPC-4. */
static bool since_spc3(const struct vtl_dev *dev)
{
	return dev->id.inquiry->version >= 5;
}

/* SPC-5 7.5.10 Disconnect-Reconnect: when a device has or wants data; a burst of 512 KiB. */
static const uint8_t disconnect[16] = { 0x02, 0x0e, 0x32, 0x32, [10] = 0x04 };

const struct vtl_mode_page vtl_spc_mode[] = {
	{ .code = 0x02, .name = "Disconnect-Reconnect", .len = sizeof(disconnect), .bytes = disconnect },
	{ .code = 0x0a, .name = "Control", .len = sizeof(control), .bytes = control, .changeable = control_mask },
	{ .code = 0x0a,
	  .subcode = 0x01,
	  .name = "Control Extension",
	  .len = sizeof(control_extension),
	  .bytes = control_extension,
	  .present = since_spc3 },
	{ .code = 0x18,
	  .name = "Protocol Specific Logical Unit",
	  .len = sizeof(protocol_specific),
	  .bytes = protocol_specific,
	  .present = since_spc3 },
	{ .code = 0x19,
	  .name = "Protocol Specific Port",
	  .len = sizeof(protocol_specific),
	  .bytes = protocol_specific,
	  .present = since_spc3 },
	/* Power Condition (SPC-5 7.5.14): no condition but active is ever entered */
	{ .code = 0x1a, .name = "Power Condition", .len = 40, .present = since_spc3 },
	{ .code = 0x1c,
	  .name = "Informational Exceptions Control",
	  .len = 12,
	  .bytes = vtl_exceptions_page,
	  .changeable = vtl_exceptions_mask,
	  .check = vtl_exceptions_check,
	  .apply = vtl_exceptions_apply },
	{ 0 }
};

static unsigned header_len(uint8_t subcode)
{
	return subcode ? 4 : 2;
}

/* PS, SPF, codes and length are the engine's to write, whatever a row or model says. */
static void write_header(const struct vtl_mode_state *state, uint8_t *page)
{
	page[0] = state->code;
	if (state->subcode) {
		page[0] |= 0x40;
		page[1] = state->subcode;
		put_be16(page + 2, (uint16_t)(state->len - 4));
	} else {
		page[1] = (uint8_t)(state->len - 2);
	}
}

/* Page 00h comes last, as the standard has it for vendor specific pages without format (SPC-5 6.13.1). */
static unsigned rank(uint8_t code, uint8_t subcode)
{
	return (code ? code : 0x40u) << 8 | subcode;
}

struct vtl_mode_state *vtl_mode_find(const struct vtl_dev *dev, uint8_t code, uint8_t subcode)
{
	unsigned i;

	for (i = 0; i < dev->mode_count; i++) {
		if (dev->mode[i].code == code && dev->mode[i].subcode == subcode)
			return &dev->mode[i];
	}
	return NULL;
}

const uint8_t *vtl_mode_page(const struct vtl_dev *dev, uint8_t code, uint8_t subcode)
{
	return vtl_mode_page_edit((struct vtl_dev *)dev, code, subcode);
}

uint8_t *vtl_mode_page_edit(struct vtl_dev *dev, uint8_t code, uint8_t subcode)
{
	struct vtl_mode_state *state = vtl_mode_find(dev, code, subcode);

	return state ? state->current : NULL;
}

static bool is_per_nexus(const struct vtl_mode_state *state)
{
	return state->row && state->row->per_nexus;
}

uint8_t *vtl_mode_current(const struct vtl_mode_state *state, const struct vtl_nexus *nexus)
{
	return is_per_nexus(state) ? nexus->pages + state->own : state->current;
}

const uint8_t *vtl_nexus_mode_page(const struct vtl_nexus *nexus, uint8_t code, uint8_t subcode)
{
	const struct vtl_mode_state *state = vtl_mode_find(nexus->dev, code, subcode);

	return state ? vtl_mode_current(state, nexus) : NULL;
}

void vtl_mode_show(const struct vtl_nexus *nexus, const struct vtl_mode_state *state, unsigned pc, uint8_t *page)
{
	const uint8_t *from[] = { vtl_mode_current(state, nexus), state->mask, state->standard, state->saved };
	struct vtl_dev *dev = nexus->dev;

	memcpy(page, from[pc & 3], state->len);
	if (pc != 1 && state->row && state->row->refresh)
		state->row->refresh(dev, pc, page);
	write_header(state, page);
	if (dev->state && state->savable)
		page[0] |= 0x80;		/* PS */
}

bool vtl_mode_saves(const struct vtl_dev *dev)
{
	unsigned i;

	for (i = 0; dev->state && i < dev->mode_count; i++) {
		if (dev->mode[i].savable)
			return true;
	}
	return false;
}

/* All of a nexus's own values become the saved ones. */
static void reset_own(struct vtl_nexus *nexus)
{
	const struct vtl_dev *dev = nexus->dev;
	unsigned i;

	for (i = 0; i < dev->mode_count; i++) {
		if (is_per_nexus(&dev->mode[i]))
			memcpy(nexus->pages + dev->mode[i].own, dev->mode[i].saved, dev->mode[i].len);
	}
}

int vtl_mode_nexus_init(struct vtl_nexus *nexus)
{
	if (!nexus->dev->mode_own)
		return 0;
	nexus->pages = calloc(1, nexus->dev->mode_own);
	if (!nexus->pages)
		return -1;
	reset_own(nexus);
	return 0;
}

void vtl_mode_reset(struct vtl_dev *dev)
{
	struct vtl_nexus *nexus;
	unsigned i;

	for (nexus = dev->nexuses; nexus; nexus = nexus->next)
		reset_own(nexus);
	for (i = 0; i < dev->mode_count; i++) {
		struct vtl_mode_state *state = &dev->mode[i];
		bool changed = memcmp(state->current, state->saved, state->len);

		memcpy(state->current, state->saved, state->len);
		if (changed && state->row && state->row->apply)
			state->row->apply(dev, NULL, state->current);
	}
}

/* ---- saved values ---- */

void vtl_mode_state_put(const struct vtl_dev *dev, struct vtl_reply *r)
{
	unsigned i;

	for (i = 0; i < dev->mode_count; i++) {
		const struct vtl_mode_state *state = &dev->mode[i];
		uint8_t row[2 + VTL_MODE_PAGE_MAX];

		if (!state->savable || !memcmp(state->saved, state->standard, state->len))
			continue;
		row[0] = state->code;
		row[1] = state->subcode;
		memcpy(row + 2, state->saved, state->len);
		vtl_state_put(r, VTL_STATE_MODE_PAGE, row, (uint16_t)(2 + state->len));
	}
}

/* Only what can still be changed is taken over, and only if the page still accepts it. */
void vtl_mode_state_get(struct vtl_dev *dev, const uint8_t *data, uint32_t len)
{
	struct vtl_mode_state *state = len > 2 ? vtl_mode_find(dev, data[0], data[1]) : NULL;
	struct vtl_field bad;
	enum vtl_sense sense = SENSE_NONE;
	unsigned i;

	if (!state || !state->savable || len - 2 != state->len)
		return;
	memcpy(state->next, state->standard, state->len);
	for (i = header_len(state->subcode); i < state->len; i++)
		state->next[i] = (uint8_t)((state->standard[i] & ~state->mask[i]) | (data[2 + i] & state->mask[i]));
	if (state->row && state->row->check)
		sense = state->row->check(dev, state->standard, state->next, &bad);
	if (sense == SENSE_NONE || sense == SENSE_ROUNDED_PARAMETER)
		memcpy(state->saved, state->next, state->len);
}

/* ---- building ---- */

static const struct vtl_model_page *model_page(const struct vtl_dev *dev, uint8_t code, uint8_t subcode)
{
	return vtl_model_page(dev->id.mode, code, subcode);
}

static bool model_page_fits(struct vtl_dev *dev, const struct vtl_model_page *page)
{
	if (page->len > header_len(page->subcode) && page->len <= VTL_MODE_PAGE_MAX &&
	    (page->subcode || page->len <= 0xff + 2))
		return true;
	if (page->len)
		vtl_dev_log(dev, 4, "mode page %02X/%02X of the model: a length of %u bytes is not possible; left out",
			    page->code, page->subcode, page->len);
	return false;
}

/* Bytes and mask of one page: the model's where it has them, else the row's. Either may be NULL, not both. */
static int build_page(struct vtl_dev *dev, const struct vtl_mode_page *row, const struct vtl_model_page *model)
{
	struct vtl_mode_state *state = &dev->mode[dev->mode_count];
	/* hooks may rely on their row's length, however short the model's page is */
	size_t len = model ? model->len : row->len, size = row && row->len > len ? row->len : len;
	const uint8_t *mask = model && model->changeable ? model->changeable : row ? row->changeable : NULL;
	size_t mask_len = model && model->changeable ? model->len : row ? row->len : 0, i;

	state->row = row;
	state->code = row ? row->code : model->code;
	state->subcode = row ? row->subcode : model->subcode;
	state->len = (uint16_t)len;
	state->current = calloc(6, size);
	if (!state->current)
		return -1;
	state->standard = state->current + size;
	state->mask = state->standard + size;
	state->next = state->mask + size;
	state->saved = state->next + size;
	state->undo = state->saved + size;
	if (model)
		memcpy(state->standard, model->data, len);
	else if (row->bytes)
		memcpy(state->standard, row->bytes, len);
	if (mask)
		memcpy(state->mask, mask, mask_len < len ? mask_len : len);
	write_header(state, state->standard);
	memcpy(state->current, state->standard, size);
	memcpy(state->saved, state->standard, size);
	for (i = header_len(state->subcode); i < len; i++)
		state->savable |= state->mask[i] != 0;
	if (is_per_nexus(state)) {
		state->own = dev->mode_own;
		dev->mode_own += size;
	}
	dev->mode_count++;
	return 0;
}

/* The rows of one table that are not there yet. A model takes a page away by giving it no bytes. */
static int build_table(struct vtl_dev *dev, const struct vtl_mode_page *row)
{
	for (; row && row->len; row++) {
		const struct vtl_model_page *model = model_page(dev, row->code, row->subcode);

		if (vtl_mode_find(dev, row->code, row->subcode) || (model && !model->len))
			continue;
		if (!model && row->present && !row->present(dev))
			continue;
		if (build_page(dev, row, model && model_page_fits(dev, model) ? model : NULL))
			return -1;
	}
	return 0;
}

static int build_model(struct vtl_dev *dev)
{
	unsigned i;

	for (i = 0; dev->id.mode && i < dev->id.mode->count; i++) {
		const struct vtl_model_page *model = &dev->id.mode->row[i];

		if (vtl_mode_find(dev, model->code, model->subcode) || !model_page_fits(dev, model))
			continue;
		if (build_page(dev, NULL, model))
			return -1;
	}
	return 0;
}

static unsigned table_len(const struct vtl_mode_page *row)
{
	unsigned n = 0;

	while (row && row[n].len)
		n++;
	return n;
}

static int by_rank(const void *a, const void *b)
{
	const struct vtl_mode_state *x = a, *y = b;

	return (int)rank(x->code, x->subcode) - (int)rank(y->code, y->subcode);
}

int vtl_mode_init(struct vtl_dev *dev)
{
	unsigned most = table_len(dev->type->mode_pages) + table_len(vtl_spc_mode) +
			(dev->id.mode ? dev->id.mode->count : 0);

	dev->mode_count = 0;
	dev->mode_own = 0;
	dev->mode = calloc(most, sizeof(*dev->mode));
	if (!dev->mode)
		return -1;
	if (build_table(dev, dev->type->mode_pages) || build_table(dev, vtl_spc_mode) || build_model(dev)) {
		vtl_mode_fini(dev);
		return -1;
	}
	qsort(dev->mode, dev->mode_count, sizeof(*dev->mode), by_rank);
	return 0;
}

void vtl_mode_fini(struct vtl_dev *dev)
{
	unsigned i;

	for (i = 0; i < dev->mode_count; i++)
		free(dev->mode[i].current);
	free(dev->mode);
	dev->mode = NULL;
	dev->mode_count = 0;
}
