/* SPDX-License-Identifier: GPL-2.0-only */
/* MODE SENSE(6) and (10) (SPC-5 6.13, 6.14). */
#include "internal.h"

#define ALL_PAGES	0x3f
#define ALL_SUBPAGES	0xff

/* Whether a page answers to what the CDB asks for. */
static bool wanted(const struct vtl_mode_state *state, uint8_t code, uint8_t subcode)
{
	if (subcode == ALL_SUBPAGES)
		return code == ALL_PAGES || code == state->code;
	if (code == ALL_PAGES)
		return subcode == 0 && state->subcode == 0;
	return code == state->code && subcode == state->subcode;
}

static void put_header(struct vtl_reply *r, const struct vtl_mode_header *h, bool block_descriptor, bool ten)
{
	uint8_t length = block_descriptor ? sizeof(h->block_descriptor) : 0;

	if (ten)
		vtl_put16(r, 0);
	else
		vtl_put8(r, 0);
	vtl_put8(r, h->medium_type);
	vtl_put8(r, h->device_specific);
	if (ten) {
		vtl_put16(r, 0);
		vtl_put16(r, length);
	} else {
		vtl_put8(r, length);
	}
	vtl_put_bytes(r, h->block_descriptor, length);
}

/* MODE DATA LENGTH does not count itself; what MODE SENSE(6) cannot count it does not send. */
static void put_length(struct vtl_reply *r, bool ten)
{
	if (ten) {
		vtl_patch16(r, 0, r->len - 2 < 0xffff ? (uint16_t)(r->len - 2) : 0xffff);
		return;
	}
	if (r->len > 0x100)
		r->len = 0x100;
	vtl_patch8(r, 0, (uint8_t)(r->len - 1));
}

/*
 * Whether there is anything to show; else `bad` is the field that asks for nothing that is there. All pages may be
 * none, and page 00h alone asks for the header (what st does).
 */
static bool any_wanted(const struct vtl_dev *dev, uint8_t code, uint8_t subcode, struct vtl_field *bad)
{
	bool known = code == ALL_PAGES;
	unsigned i;

	for (i = 0; i < dev->mode_count; i++) {
		known |= dev->mode[i].code == code;
		if (wanted(&dev->mode[i], code, subcode))
			return true;
	}
	*bad = known ? (struct vtl_field){ 3, 7 } : (struct vtl_field){ 2, 5 };
	return code == ALL_PAGES ? subcode == 0 || subcode == ALL_SUBPAGES : code == 0 && subcode == 0;
}

static void mode_sense(struct vtl_cmd *cmd, uint32_t allocation, bool ten)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	uint8_t code = cmd->cdb[2] & 0x3f, subcode = cmd->cdb[3], page[VTL_MODE_PAGE_MAX] = { 0 };
	unsigned pc = cmd->cdb[2] >> 6, i;
	struct vtl_mode_header header = { 0 };
	struct vtl_field bad;
	struct vtl_reply r;

	if (pc == 3 && !vtl_mode_saves(dev)) {
		vtl_cmd_check(cmd, SENSE_SAVING_NOT_SUPPORTED, NULL);
		return;
	}
	if (!any_wanted(dev, code, subcode, &bad)) {
		vtl_cmd_bad_cdb(cmd, bad.byte, bad.bit);
		return;
	}
	if (dev->type->mode_header)
		dev->type->mode_header(dev, pc, &header);
	vtl_reply_cmd(&r, cmd, allocation);
	put_header(&r, &header, header.has_block_descriptor && !(cmd->cdb[1] & 0x08), ten);
	for (i = 0; i < dev->mode_count; i++) {
		if (!wanted(&dev->mode[i], code, subcode))
			continue;
		vtl_mode_show(cmd->nexus, &dev->mode[i], pc, page);
		vtl_put_bytes(&r, page, dev->mode[i].len);
	}
	put_length(&r, ten);
	vtl_cmd_reply(cmd, &r);
}

void vtl_mode_sense6(struct vtl_cmd *cmd)
{
	mode_sense(cmd, cmd->cdb[4], false);
}

void vtl_mode_sense10(struct vtl_cmd *cmd)
{
	mode_sense(cmd, get_be16(cmd->cdb + 7), true);
}
