/* SPDX-License-Identifier: GPL-2.0-only */
/* SEND VOLUME TAG and REQUEST VOLUME ELEMENT ADDRESS (SMC-3 6.19, 6.14): finding cartridges by tag, and giving tags. */
#include <stdlib.h>
#include <string.h>

#include "smc.h"

enum { VOLTAG = 0x10, TYPE_CODE = 0x0f, ACTION = 0x1f };

#define LIST_LEN	40	/* bytes of the parameter list */
enum { LIST_TEMPLATE = 0, LIST_MIN = 34, LIST_MAX = 38 };

enum tag_kind { TAG_TRANSLATE, TAG_ASSERT, TAG_REPLACE, TAG_UNDEFINE };

/* SEND ACTION CODE */
static const struct tag_action {
	uint8_t code;
	enum tag_kind kind;
	bool in[VTL_TAGS];		/* translate: where to look. Else: which one to change */
	bool any_sequence;
} actions[] = {
	{ 0x00, TAG_TRANSLATE, { true, true }, false },
	{ 0x01, TAG_TRANSLATE, { true, false }, false },
	{ 0x02, TAG_TRANSLATE, { false, true }, false },
	{ 0x04, TAG_TRANSLATE, { true, true }, true },
	{ 0x05, TAG_TRANSLATE, { true, false }, true },
	{ 0x06, TAG_TRANSLATE, { false, true }, true },
	{ 0x08, TAG_ASSERT, { true, false }, false },
	{ 0x09, TAG_ASSERT, { false, true }, false },
	{ 0x0a, TAG_REPLACE, { true, false }, false },
	{ 0x0b, TAG_REPLACE, { false, true }, false },
	{ 0x0c, TAG_UNDEFINE, { true, false }, false },
	{ 0x0d, TAG_UNDEFINE, { false, true }, false },
};

static const struct tag_action *find_action(uint8_t code)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (actions[i].code == code)
			return &actions[i];
	return NULL;
}

static struct smc_nexus *nexus_state(struct vtl_nexus *nexus)
{
	if (!nexus->own)
		nexus->own = calloc(1, sizeof(struct smc_nexus));
	return nexus->own;
}

/* The identification, without the blanks or zeros that fill it up; false if it has other characters than a tag may. */
static bool read_text(const uint8_t *list, bool wildcards, char text[MEDIA_MAX_BARCODE + 1])
{
	unsigned len = MEDIA_MAX_BARCODE;

	while (len && (list[len - 1] == ' ' || !list[len - 1]))
		len--;
	memcpy(text, list, len);
	text[len] = '\0';
	for (unsigned i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~' || (!wildcards && strchr(" *?", text[i])))
			return false;
	return len;
}

static bool list_ok(struct vtl_cmd *cmd)
{
	static const uint8_t reserved[] = { 32, 33, 36, 37 };

	for (unsigned i = 0; i < sizeof(reserved); i++)
		if (cmd->out[reserved[i]]) {
			vtl_cmd_bad_param(cmd, reserved[i], VTL_NO_BIT);
			return false;
		}
	return true;
}

static void translate(struct vtl_cmd *cmd, const struct tag_action *action, struct smc_nexus *state)
{
	struct smc_search search = { .any_sequence = action->any_sequence };
	enum vtl_element_type type = cmd->cdb[1] & TYPE_CODE;

	if (type > VTL_DRIVE) {
		vtl_cmd_bad_cdb(cmd, 1, 3);
		return;
	}
	if (!read_text(cmd->out + LIST_TEMPLATE, true, search.pattern)) {
		vtl_cmd_bad_param(cmd, LIST_TEMPLATE, VTL_NO_BIT);
		return;
	}
	memcpy(search.in, action->in, sizeof(search.in));
	search.min = get_be16(cmd->out + LIST_MIN);
	search.max = get_be16(cmd->out + LIST_MAX);
	if (!search.any_sequence && search.min > search.max) {
		vtl_cmd_bad_param(cmd, LIST_MAX, VTL_NO_BIT);
		return;
	}
	*state = (struct smc_nexus){ action->code, true, search, type, get_be16(cmd->cdb + 2) };
	vtl_cmd_good(cmd);
}

static void change_done(struct vtl_inventory_change *change)
{
	struct vtl_cmd *cmd = change->owner;
	struct smc_nexus *state = cmd->nexus->own;

	if (change->result != VTL_MOVE_OK) {
		smc_check_field(cmd, smc_sense_of(change->result), 2);
		return;
	}
	state->translate = false;
	vtl_ua_all(vtl_cmd_dev(cmd), SENSE_MEDIUM_CHANGED, cmd->nexus);
	vtl_cmd_good(cmd);
}

static void change_tag(struct vtl_cmd *cmd, const struct tag_action *action, struct smc_nexus *state)
{
	struct smc *smc = smc_cmd(cmd);
	enum vtl_tag which = action->in[VTL_TAG_PRIMARY] ? VTL_TAG_PRIMARY : VTL_TAG_ALTERNATE;
	struct vtl_volume_tag tag = { "" };
	uint16_t address = get_be16(cmd->cdb + 2);
	struct vtl_element element;

	if (cmd->cdb[1] & TYPE_CODE) {
		vtl_cmd_bad_cdb(cmd, 1, 3);
		return;
	}
	if (action->kind != TAG_UNDEFINE) {
		if (!read_text(cmd->out + LIST_TEMPLATE, false, tag.text)) {
			vtl_cmd_bad_param(cmd, LIST_TEMPLATE, VTL_NO_BIT);
			return;
		}
		tag.sequence = get_be16(cmd->out + LIST_MIN);
	}
	if (!smc->inventory->ops->get(smc->inventory, address, &element)) {
		smc_check_field(cmd, SENSE_INVALID_ELEMENT_ADDRESS, 2);
	} else if (smc_elements_reserved(cmd->nexus, address, 1)) {
		vtl_cmd_conflict(cmd);
	} else if (!element.full) {
		smc_check_field(cmd, SENSE_SOURCE_EMPTY, 2);
	} else if (action->kind == TAG_ASSERT && element.tag[which].text[0]) {
		smc_check_field(cmd, SENSE_COMMAND_SEQUENCE, 5);	/* it has one: that is what replace is for */
	} else {
		state->action = action->code;
		smc->change = (struct vtl_inventory_change){ address, cmd->nexus, change_done, .owner = cmd };
		smc->inventory->ops->set_tag(smc->inventory, &smc->change, which, &tag);
	}
}

void smc_send_volume_tag(struct vtl_cmd *cmd)
{
	const struct tag_action *action = find_action(cmd->cdb[5] & ACTION);
	uint16_t len = get_be16(cmd->cdb + 8);
	struct smc_nexus *state;

	if (!action) {
		vtl_cmd_bad_cdb(cmd, 5, 4);
		return;
	}
	if (len == 0 && action->kind != TAG_UNDEFINE) {	/* no list is no error, and asks for nothing */
		vtl_cmd_good(cmd);
		return;
	}
	if (len && len != LIST_LEN) {
		vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return;
	}
	if (len && (!vtl_cmd_has_out(cmd, len) || !list_ok(cmd)))
		return;
	state = nexus_state(cmd->nexus);
	if (!state)
		vtl_cmd_check(cmd, SENSE_INSUFFICIENT_RESOURCES, NULL);
	else if (action->kind == TAG_TRANSLATE)
		translate(cmd, action, state);
	else
		change_tag(cmd, action, state);
}

/*
 * What the last search of this initiator finds, piece by piece: what was reported once is not reported again, so that
 * the next command goes on. The inventory is looked at now, not when the search was ordered.
 */
void smc_request_volume_element_address(struct vtl_cmd *cmd)
{
	const struct smc *smc = smc_cmd(cmd);
	const uint8_t *cdb = cmd->cdb;
	struct smc_nexus *state = cmd->nexus->own;
	uint32_t size = get_be24(cdb + 7), start = get_be16(cdb + 2);
	enum vtl_element_type type = cdb[1] & TYPE_CODE;
	struct smc_query query = { .type = type, .count = get_be16(cdb + 4), .volume_tags = cdb[1] & VOLTAG };
	struct smc_report report;

	if (type > VTL_DRIVE) {
		vtl_cmd_bad_cdb(cmd, 1, 3);
		return;
	}
	if (size > cmd->in_len)
		size = cmd->in_len;
	query.header4 = state ? state->action : 0;
	if (!state || !state->translate || (type != VTL_ANY && state->type != VTL_ANY && type != state->type))
		query.count = 0;
	if (state && type == VTL_ANY)
		query.type = state->type;
	if (state) {
		query.search = &state->search;
		query.start = start > state->next ? start : state->next;
	}
	smc_report_elements(smc->inventory, smc->model, &query, cmd->in, size, &report);
	cmd->in_used = report.used;
	/* A header alone only asked how long the answer would be. */
	if (report.elements && report.used > 8)
		state->next = report.last + 1;
	vtl_cmd_good(cmd);
}
