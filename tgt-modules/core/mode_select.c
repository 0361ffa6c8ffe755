/* SPDX-License-Identifier: GPL-2.0-only */
/* MODE SELECT(6) and (10) (SPC-5 6.11, 6.12): all of the list is right, or none of it is done. */
#include <string.h>

#include "internal.h"

struct select {
	struct vtl_cmd *cmd;
	struct vtl_dev *dev;
	bool ten, rounded;
	const uint8_t *list;
	uint32_t len;
	uint32_t header_len, descriptor_len;	/* bytes */
	struct vtl_mode_header header;
};

static bool list_too_short(struct select *s)
{
	vtl_cmd_check(s->cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
	return false;
}

static bool bad_param(struct select *s, enum vtl_sense sense, unsigned byte, unsigned bit)
{
	vtl_cmd_bad_param_as(s->cmd, sense, byte, bit);
	return false;
}

/* Where a field lies in this list that mode_header_check() named as of MODE SELECT(6). */
static unsigned header_byte(const struct select *s, unsigned byte)
{
	if (!s->ten)
		return byte;
	return byte < 4 ? byte + 1 : byte + 4;
}

/* Each function ends the command and returns false where something is wrong. */
static bool parse_header(struct select *s)
{
	const uint8_t *p = s->list;
	enum vtl_sense sense;
	struct vtl_field bad = { 0 };

	s->header_len = s->ten ? 8 : 4;
	if (s->len < s->header_len)
		return list_too_short(s);
	if (s->ten && (p[4] & 0x01))
		return bad_param(s, SENSE_INVALID_FIELD_IN_PARAMETER_LIST, 4, 0);	/* LONGLBA */
	s->header.medium_type = p[s->ten ? 2 : 1];
	s->header.device_specific = p[s->ten ? 3 : 2];
	s->descriptor_len = s->ten ? get_be16(p + 6) : p[3];
	if (s->descriptor_len) {
		struct vtl_mode_header now = { 0 };

		if (s->dev->type->mode_header)
			s->dev->type->mode_header(s->dev, 0, &now);
		if (!now.has_block_descriptor || s->descriptor_len != sizeof(now.block_descriptor))
			return bad_param(s, SENSE_INVALID_FIELD_IN_PARAMETER_LIST, s->ten ? 6 : 3, VTL_NO_BIT);
		if (s->len - s->header_len < s->descriptor_len)
			return list_too_short(s);
		s->header.has_block_descriptor = true;
		memcpy(s->header.block_descriptor, p + s->header_len, s->descriptor_len);
	}
	if (!s->dev->type->mode_header_check)
		return true;
	sense = s->dev->type->mode_header_check(s->cmd->nexus, &s->header, &bad);
	if (sense == SENSE_ROUNDED_PARAMETER)
		s->rounded = true;
	else if (sense != SENSE_NONE)
		return bad_param(s, sense, header_byte(s, bad.byte), bad.bit);
	return true;
}

/* The page that a header in the list means, with its header's length; NULL if there is something wrong with it. */
static struct vtl_mode_state *find_page(struct select *s, uint32_t at, uint32_t *header_len)
{
	const uint8_t *p = s->list + at;
	uint32_t room = s->len - at, length;
	bool spf = p[0] & 0x40;
	uint8_t code = p[0] & 0x3f;
	struct vtl_mode_state *state;

	*header_len = spf ? 4 : 2;
	if (room < *header_len) {
		list_too_short(s);
		return NULL;
	}
	state = vtl_mode_find(s->dev, code, spf ? p[1] : 0);
	if (!state || (spf && !p[1])) {
		bool known = spf && vtl_mode_find(s->dev, code, 0);

		bad_param(s, SENSE_INVALID_FIELD_IN_PARAMETER_LIST, at + (known ? 1 : 0), known ? 7 : 5);
		return NULL;
	}
	length = spf ? get_be16(p + 2) : p[1];
	if (length != state->len - *header_len) {
		bad_param(s, SENSE_INVALID_FIELD_IN_PARAMETER_LIST, at + *header_len / 2, VTL_NO_BIT);
		return NULL;
	}
	if (room < state->len) {
		list_too_short(s);
		return NULL;
	}
	return state;
}

/* One page: bits that cannot change are as they are, and the page's own rules are kept. */
static bool check_page(struct select *s, struct vtl_mode_state *state, uint32_t at, uint32_t header_len)
{
	uint8_t old[VTL_MODE_PAGE_MAX] = { 0 };
	struct vtl_field bad = { 0 };
	enum vtl_sense sense;
	uint32_t i;

	vtl_mode_show(s->cmd->nexus, state, 0, old);
	for (i = header_len; i < state->len; i++) {
		uint8_t wrong = (s->list[at + i] ^ old[i]) & (uint8_t)~state->mask[i];

		if (wrong)
			return bad_param(s, SENSE_INVALID_FIELD_IN_PARAMETER_LIST, at + i,
					 (unsigned)(31 - __builtin_clz(wrong)));
	}
	memcpy(state->next, old, header_len);
	memcpy(state->next + header_len, s->list + at + header_len, state->len - header_len);
	state->touched = true;
	if (!state->row || !state->row->check)
		return true;
	sense = state->row->check(s->dev, old, state->next, &bad);
	if (sense == SENSE_ROUNDED_PARAMETER)
		s->rounded = true;
	else if (sense != SENSE_NONE)
		return bad_param(s, sense, at + bad.byte, bad.bit);
	return true;
}

static bool check_pages(struct select *s)
{
	uint32_t at = s->header_len + s->descriptor_len;

	/* without PF only a header and a block descriptor have a meaning (SPC-5 6.11) */
	if (at < s->len && !(s->cmd->cdb[1] & 0x10)) {
		vtl_cmd_bad_cdb(s->cmd, 1, 4);
		return false;
	}
	while (at < s->len) {
		uint32_t header_len;
		struct vtl_mode_state *state = find_page(s, at, &header_len);

		if (!state || !check_page(s, state, at, header_len))
			return false;
		at += state->len;
	}
	return true;
}

static struct vtl_mode_state *twin_of(const struct vtl_dev *dev, const struct vtl_mode_state *state)
{
	return state->row && state->row->tell_twin ? vtl_mode_find(dev, state->row->twin, 0) : NULL;
}

/* True if anything is different now that all initiators share. */
static bool commit(struct vtl_cmd *cmd, const struct vtl_mode_header *header)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	bool changed = dev->type->mode_header_apply && dev->type->mode_header_apply(dev, header);
	unsigned i;

	for (i = 0; i < dev->mode_count; i++) {
		struct vtl_mode_state *state = &dev->mode[i], *twin;
		uint8_t *current = vtl_mode_current(state, cmd->nexus), old[VTL_MODE_PAGE_MAX];

		if (!state->touched)
			continue;
		vtl_mode_show(cmd->nexus, state, 0, old);
		changed |= current == state->current && memcmp(old, state->next, state->len) != 0;
		memcpy(current, state->next, state->len);
		twin = twin_of(dev, state);
		if (twin)
			state->row->tell_twin(current, twin->current);
		if (state->row && state->row->apply)
			state->row->apply(dev, cmd->nexus, current);
	}
	return changed;
}

static void apply(struct vtl_cmd *cmd, const struct vtl_mode_header *header, bool rounded)
{
	if (commit(cmd, header))
		vtl_ua_all(vtl_cmd_dev(cmd), SENSE_MODE_PARAMETERS_CHANGED, cmd->nexus);
	if (rounded)
		vtl_cmd_check(cmd, SENSE_ROUNDED_PARAMETER, NULL);
	else
		vtl_cmd_good(cmd);
}

/* ---- SP: the values of all pages that can be saved, those of this list among them (SPC-5 6.11) ---- */

/* What a nexus has set for itself becomes the others' default only if the list says so. */
static void begin_saving(const struct vtl_nexus *nexus)
{
	struct vtl_dev *dev = nexus->dev;
	unsigned i;

	for (i = 0; i < dev->mode_count; i++) {
		struct vtl_mode_state *state = &dev->mode[i];

		if (!state->savable)
			continue;
		memcpy(state->undo, state->saved, state->len);
		if (state->touched)
			memcpy(state->saved, state->next, state->len);
		else if (vtl_mode_current(state, nexus) == state->current)
			memcpy(state->saved, state->current, state->len);
	}
	for (i = 0; i < dev->mode_count; i++) {
		struct vtl_mode_state *twin = dev->mode[i].touched ? twin_of(dev, &dev->mode[i]) : NULL;

		if (twin && twin->savable)
			dev->mode[i].row->tell_twin(dev->mode[i].next, twin->saved);
	}
}

/* What is left to do when all is saved: in the command's scratch. */
struct saving {
	struct vtl_mode_header header;
	bool rounded;
};
_Static_assert(sizeof(struct saving) <= VTL_SAVE_SCRATCH, "no room in scratch");

/* Nothing is changed that could not be saved. */
static void saved(struct vtl_cmd *cmd, bool ok)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	struct saving saving;
	unsigned i;

	for (i = 0; !ok && i < dev->mode_count; i++) {
		if (dev->mode[i].savable)
			memcpy(dev->mode[i].saved, dev->mode[i].undo, dev->mode[i].len);
	}
	memcpy(&saving, &cmd->scratch, sizeof(saving));
	if (cmd->aborted || !ok)
		vtl_state_end_saved(cmd, ok);
	else
		apply(cmd, &saving.header, saving.rounded);
}

static void mode_select(struct vtl_cmd *cmd, uint32_t len, bool ten)
{
	struct select s = { .cmd = cmd, .dev = vtl_cmd_dev(cmd), .ten = ten, .list = cmd->out, .len = len };
	bool save = cmd->cdb[1] & 0x01;
	unsigned i;

	if (save && !vtl_mode_saves(s.dev)) {
		vtl_cmd_bad_cdb(cmd, 1, 0);
		return;
	}
	if (!vtl_cmd_has_out(cmd, len))
		return;
	if (!len) {
		vtl_cmd_good(cmd);
		return;
	}
	for (i = 0; i < s.dev->mode_count; i++)
		s.dev->mode[i].touched = false;
	if (!parse_header(&s) || !check_pages(&s))
		return;
	if (save) {
		const struct saving saving = { s.header, s.rounded };

		memcpy(&cmd->scratch, &saving, sizeof(saving));
		begin_saving(cmd->nexus);
		vtl_state_save_then(cmd, saved);
	} else {
		apply(cmd, &s.header, s.rounded);
	}
}

void vtl_mode_select6(struct vtl_cmd *cmd)
{
	mode_select(cmd, cmd->cdb[4], false);
}

void vtl_mode_select10(struct vtl_cmd *cmd)
{
	mode_select(cmd, get_be16(cmd->cdb + 7), true);
}
