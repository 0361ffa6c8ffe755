/* SPDX-License-Identifier: GPL-2.0-only */
/* INQUIRY: standard data from the model, and the VPD pages that all devices have (SPC-5 6.7, 7.7). */
#include <string.h>

#include "internal.h"

/* ---- designators ---- */

/* SPC-5 7.7.6.4: vendor, product, serial number: as a drive's label reads. */
void vtl_put_t10_designator(struct vtl_reply *r, const struct vtl_dev *dev)
{
	size_t serial = strlen(dev->serial);

	vtl_put8(r, 0x02);
	vtl_put8(r, 0x01);
	vtl_put8(r, 0);
	vtl_put8(r, (uint8_t)(24 + serial));
	vtl_put_text(r, dev->id.inquiry->vendor, 8);
	vtl_put_text(r, dev->id.inquiry->product, 16);
	vtl_put_bytes(r, dev->serial, serial);
}

/* FNV-1a, over the terminating NUL too. */
static uint64_t hash(uint64_t h, const char *text)
{
	do {
		h = (h ^ (uint8_t)*text) * 0x100000001b3u;
	} while (*text++);
	return h;
}

/* SPC-5 7.7.6.6. Without an assigned name: NAA 3h, locally assigned, the same whenever the serial number is. */
uint64_t vtl_naa(const struct vtl_dev *dev)
{
	uint64_t naa = dev->id.naa;

	if (naa)
		return naa;
	naa = hash(hash(0xcbf29ce484222325u, dev->id.inquiry->vendor), dev->serial);
	return 0x3000000000000000u | naa >> 4;
}

void vtl_put_naa_designator(struct vtl_reply *r, const struct vtl_dev *dev)
{
	vtl_put32(r, 0x01030008);
	vtl_put64(r, vtl_naa(dev));
}

/* ---- VPD pages ---- */

static const struct vtl_model_page *model_page(const struct vtl_dev *dev, uint8_t code)
{
	return vtl_model_page(dev->id.vpd, code, 0);
}

static const struct vtl_vpd_page *in_table(const struct vtl_vpd_page *row, const struct vtl_dev *dev, uint8_t code)
{
	for (; row && row->name; row++) {
		if (row->code == code && (!row->present || row->present(dev)))
			return row;
	}
	return NULL;
}

/* Of rows with the same code the first that this device has, the type's own before the common ones. */
static const struct vtl_vpd_page *row_find(const struct vtl_dev *dev, uint8_t code)
{
	const struct vtl_vpd_page *row = in_table(dev->type->vpd_pages, dev, code);

	return row ? row : in_table(vtl_spc_vpd, dev, code);
}

/* A model takes a page away by giving it no bytes; pages 00h and 83h are never missed (SPC-5 7.7.1). */
static bool supported(const struct vtl_dev *dev, uint8_t code)
{
	const struct vtl_model_page *model = model_page(dev, code);

	return model ? model->len >= 4 : row_find(dev, code) != NULL;
}

const char *vtl_vpd_name(const struct vtl_dev *dev, uint8_t code)
{
	const struct vtl_vpd_page *row = row_find(dev, code);

	return !supported(dev, code) ? NULL : row ? row->name : "";
}

static void fill_supported(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	unsigned code;

	for (code = 0; code <= 0xff; code++) {
		if (supported(dev, (uint8_t)code))
			vtl_put8(r, (uint8_t)code);
	}
}

static void fill_serial(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put_bytes(r, dev->serial, strlen(dev->serial));
}

static void fill_identification(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put_t10_designator(r, dev);
	vtl_put_naa_designator(r, dev);
	vtl_put_port_designators(r, dev, nexus->id.target_port);
}

/* PROTECT of the standard data. */
static bool protects(struct vtl_dev *dev)
{
	uint8_t data[VTL_INQUIRY_LEN] = { 0 };

	if (dev->type->inquiry)
		dev->type->inquiry(dev, data);
	return data[5] & 0x01;
}

/*
 * SPC-5 7.7.7: SPT 001b is logical block protection (SSC-5 4.2.29); simple task attribute (SIMPSUP); unit attentions
 * are cleared per nexus (LUICLR).
 */
static void fill_extended(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put8(r, protects(dev) ? 0x08 : 0);
	vtl_put8(r, 0x01);
	vtl_put8(r, 0);
	vtl_put8(r, 0x01);
	vtl_put_zero(r, 56);
}

/* SPC-5 7.7.9: pages that each nexus has for itself; all others are shared by all initiators. */
static void fill_policy(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	unsigned i;

	for (i = 0; i < dev->mode_count; i++) {
		const struct vtl_mode_state *state = &dev->mode[i];

		if (state->row && state->row->per_nexus) {
			vtl_put8(r, state->code);
			vtl_put8(r, state->subcode);
			vtl_put16(r, 0x0300);
		}
	}
	vtl_put32(r, 0x3fff0000);
}

/* Nothing to list: no network address (SPC-5 7.7.8), nothing specific to a protocol (7.7.11). */
static void fill_nothing(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
}

/* SPC-5 7.7.15: six bytes, a company's identifier (EUI-48) and a number of its own. HP's drives name themselves so. */
static void fill_software(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put24(r, 0x0060b0);
	vtl_put24(r, 0);
}

/* Came with SPC-3 and SPC-4. */
static bool since_spc3(const struct vtl_dev *dev)
{
	return dev->id.inquiry->version >= 5;
}

static bool is_hp(const struct vtl_dev *dev)
{
	return since_spc3(dev) && !strncmp(dev->id.inquiry->vendor, "HP", 2) && dev->type->peripheral == 0x01;
}

const struct vtl_vpd_page vtl_spc_vpd[] = {
	{ 0x00, "Supported VPD Pages", fill_supported },
	{ 0x80, "Unit Serial Number", fill_serial },
	{ 0x83, "Device Identification", fill_identification },
	{ 0x84, "Software Interface Identification", fill_software, is_hp },
	{ 0x85, "Management Network Addresses", fill_nothing, is_hp },
	{ 0x86, "Extended INQUIRY Data", fill_extended },
	{ 0x87, "Mode Page Policy", fill_policy, since_spc3 },
	{ 0x88, "SCSI Ports", vtl_vpd_ports, since_spc3 },
	{ 0x90, "Protocol Specific Logical Unit Information", fill_nothing, since_spc3 },
	{ 0 }
};

static void put_vpd(struct vtl_cmd *cmd, uint8_t code, struct vtl_reply *r)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	const struct vtl_model_page *model = model_page(dev, code);

	if (model) {
		vtl_put_bytes(r, model->data, model->len);
		vtl_patch_live(r, 0, dev, cmd->nexus, model->live, model->lives);
		vtl_patch8(r, 0, dev->type->peripheral);
		return;
	}
	vtl_put8(r, dev->type->peripheral);
	vtl_put8(r, code);
	vtl_put16(r, 0);
	row_find(dev, code)->fill(dev, cmd->nexus, r);
	vtl_patch16(r, 2, (uint16_t)(r->len - 4));
}

/* ---- standard data ---- */

/* What is the model's in all of them: its name, and what is this device's own in the bytes that it gives. */
static void finish_standard(struct vtl_cmd *cmd, uint64_t at, const struct vtl_model_bytes *bytes, struct vtl_reply *r)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	const struct vtl_model_inquiry *inquiry = dev->id.inquiry;
	uint8_t name[28];
	struct vtl_reply text;

	vtl_reply_mem(&text, name, sizeof(name));
	vtl_put_text(&text, inquiry->vendor, 8);
	vtl_put_text(&text, inquiry->product, 16);
	vtl_put_text(&text, inquiry->revision, 4);
	vtl_patch8(r, 0, dev->type->peripheral);
	vtl_patch8(r, 2, inquiry->version);
	vtl_patch_bytes(r, 8, name, sizeof(name));
	vtl_patch_live(r, at, dev, cmd->nexus, bytes->live, bytes->lives);
}

static void put_standard(struct vtl_cmd *cmd, struct vtl_reply *r)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	const struct vtl_model_inquiry *inquiry = dev->id.inquiry;
	unsigned i, n = inquiry->vendor_specific.len < 20 ? inquiry->vendor_specific.len : 20;
	uint8_t data[VTL_INQUIRY_LEN] = { 0 };

	if (inquiry->data.len) {
		vtl_put_bytes(r, inquiry->data.data, inquiry->data.len);
		finish_standard(cmd, 0, &inquiry->data, r);
		return;
	}
	data[1] = 0x80;				/* RMB */
	data[3] = 0x02;				/* RESPONSE DATA FORMAT */
	data[4] = VTL_INQUIRY_LEN - 5;
	data[5] = since_spc3(dev) ? 0x10 : 0;	/* TPGS: access states are reported and cannot be set */
	data[7] = 0x02;				/* CMDQUE */
	if (n)
		memcpy(data + 36, inquiry->vendor_specific.data, n);
	for (i = 0; i < 8; i++)
		put_be16(data + 58 + 2 * i, inquiry->version_descriptor[i]);
	if (dev->type->inquiry)
		dev->type->inquiry(dev, data);
	vtl_put_bytes(r, data, sizeof(data));
	finish_standard(cmd, 36, &inquiry->vendor_specific, r);
}

void vtl_inquiry(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	bool evpd = cmd->cdb[1] & 0x01;
	uint8_t code = cmd->cdb[2];
	struct vtl_reply r;

	if (evpd ? !supported(dev, code) : code != 0) {
		vtl_cmd_bad_cdb(cmd, 2, 7);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be16(cmd->cdb + 3));
	if (evpd)
		put_vpd(cmd, code, &r);
	else
		put_standard(cmd, &r);
	vtl_cmd_reply(cmd, &r);
}
