/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands of chance: whatever an initiator sends, a command ends once and harms nothing. */
#include <string.h>

#include "internal.h"
#include "scsi_chance.h"
#include "scsi_invariants.h"

#define OPS_MAX	256

uint32_t chance_below(struct chance *c, uint32_t below)
{
	c->state = c->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((c->state >> 33) % below);
}

/* A byte of a field: mostly small, since large numbers are all refused alike. */
static uint8_t draw_byte(struct chance *c, uint8_t mask)
{
	switch (chance_below(c, 4)) {
	case 0:
		return 0;
	case 1:
		return (uint8_t)chance_below(c, 4) & mask;
	case 2:
		return (uint8_t)(1u << chance_below(c, 8)) & mask;
	default:
		return (uint8_t)chance_below(c, 256) & mask;
	}
}

static const struct vtl_op *draw_op(struct chance *c, const struct vtl_dev *dev)
{
	const struct vtl_op *ops[OPS_MAX], *op;
	unsigned n = 0;

	for (op = vtl_op_next(dev, NULL); op && n < OPS_MAX; op = vtl_op_next(dev, op))
		ops[n++] = op;
	return ops[chance_below(c, n)];
}

static void draw_cdb(struct chance *c, const struct vtl_op *op, uint8_t cdb[16])
{
	unsigned i;

	memset(cdb, 0, 16);
	for (i = 1; i < op->len; i++)
		cdb[i] = draw_byte(c, op->usage[i]);
	cdb[0] = op->opcode;
	if (op->sa != VTL_NO_SA)
		cdb[1] = (uint8_t)((cdb[1] & 0xe0) | op->sa);
	/* now and then nothing is right */
	if (!chance_below(c, 32))
		cdb[chance_below(c, 16)] ^= (uint8_t)(1u << chance_below(c, 8));
}

/* Mode pages as they are, with a few bits turned: noise alone would never get past their headers. */
static uint32_t draw_mode_list(struct chance *c, struct vtl_dev *dev, bool ten, uint8_t *data)
{
	struct vtl_mode_header header = { 0 };
	uint32_t len = ten ? 8 : 4, turns = chance_below(c, 3), most = ten ? CHANCE_DATA_MAX : 255;
	unsigned i, skip = chance_below(c, 4);

	memset(data, 0, 8);
	if (dev->type->mode_header)
		dev->type->mode_header(dev, 0, &header);
	data[ten ? 2 : 1] = header.medium_type;
	data[ten ? 3 : 2] = header.device_specific;
	if (header.has_block_descriptor && chance_below(c, 2)) {
		data[ten ? 7 : 3] = sizeof(header.block_descriptor);
		memcpy(data + len, header.block_descriptor, sizeof(header.block_descriptor));
		len += sizeof(header.block_descriptor);
	}
	for (i = 0; i < dev->mode_count; i++) {
		uint8_t page[VTL_MODE_PAGE_MAX];

		if (skip && chance_below(c, skip + 1))
			continue;
		if (len + dev->mode[i].len > most)
			break;
		vtl_mode_show(dev->nexuses, &dev->mode[i], 0, page);
		memcpy(data + len, page, dev->mode[i].len);
		len += dev->mode[i].len;
	}
	while (turns--)
		data[chance_below(c, len)] ^= (uint8_t)(1u << chance_below(c, 8));
	return chance_below(c, 8) ? len : chance_below(c, len + 1);
}

/* A Set Data Encryption page, of few keys, so that what one wrote another reads; one bit of some is wrong. */
static uint32_t draw_encryption(struct chance *c, uint8_t *page)
{
	uint32_t len = 52;

	memset(page, 0, len);
	page[1] = 0x10;
	page[4] = (uint8_t)(chance_below(c, 3) << 5 | !chance_below(c, 8));
	page[5] = chance_below(c, 4) ? 0x40 : (uint8_t)(chance_below(c, 4) << 6 | chance_below(c, 2) << 5);
	page[6] = (uint8_t)chance_below(c, 3);
	page[7] = (uint8_t)chance_below(c, 4);
	page[8] = 1;
	page[19] = 32;
	memset(page + 20, (int)chance_below(c, 3), 32);
	for (unsigned type = 0; type < 4; type++) {
		unsigned n = type == 3 ? 64 : chance_below(c, 13);

		if (type == 3 ? page[6] != 1 : chance_below(c, type == 2 ? 16 : 2) != 0)
			continue;
		memset(page + len, 0, 4 + n);
		page[len] = (uint8_t)type;
		page[len + 3] = (uint8_t)n;
		memcpy(page + len + 4, "tgt-vtl record", n < 14 ? n : 14);
		len += 4 + n;
	}
	page[3] = (uint8_t)(len - 4);
	if (!chance_below(c, 4))
		page[chance_below(c, len)] ^= (uint8_t)(1u << chance_below(c, 8));
	return chance_below(c, 8) ? len : chance_below(c, len + 1);
}

/* The last two bytes before CONTROL, where most CDBs have the length of their list. */
static uint32_t set_length(const struct vtl_op *op, uint8_t *cdb, uint32_t len)
{
	unsigned at = op->len == 6 ? 4u : op->len == 10 ? 8u : op->len == 12 ? 9u : 13u;

	if (op->usage[at] != 0xff)
		return len;
	cdb[at] = (uint8_t)len;
	if (op->usage[at - 1] != 0xff)
		return len & 0xff;
	cdb[at - 1] = (uint8_t)(len >> 8);
	if (at > 2 && op->usage[at - 2] == 0xff)
		cdb[at - 2] = 0;
	if (at > 3 && op->usage[at - 3] == 0xff)
		cdb[at - 3] = 0;
	return len;
}

/* Data-out that has a chance: mostly as long as the CDB says. */
static uint32_t draw_out(struct chance *c, struct vtl_dev *dev, const struct vtl_op *op, struct chance_step *step)
{
	uint32_t len = chance_below(c, 3) ? chance_below(c, 64) : chance_below(c, CHANCE_DATA_MAX), i;

	if (op->direction != VTL_DATA_OUT)
		return chance_below(c, 8) ? 0 : len;
	if (!chance_below(c, 8))
		len = 0;
	for (i = 0; i < len; i++)
		step->out[i] = draw_byte(c, 0xff);
	if ((op->opcode == 0x15 || op->opcode == 0x55) && chance_below(c, 8)) {
		len = draw_mode_list(c, dev, op->opcode == 0x55, step->out);
		step->cdb[1] = 0x10 | (chance_below(c, 4) ? 0 : 0x01);
	}
	if (op->opcode == 0xb5 && op->len == 12 && dev->type->peripheral == 0x01 && chance_below(c, 8)) {
		len = draw_encryption(c, step->out);
		step->cdb[1] = 0x20;
		step->cdb[2] = 0;
		step->cdb[3] = 0x10;
	}
	if (op->opcode == 0x5f && chance_below(c, 4))
		len = 24;
	return chance_below(c, 4) ? set_length(op, step->cdb, len) : len;
}

void chance_draw(struct chance *c, struct vtl_nexus *nexus, struct chance_step *step)
{
	const struct vtl_op *op = draw_op(c, nexus->dev);
	unsigned i;

	memset(step, 0, offsetof(struct chance_step, out));
	draw_cdb(c, op, step->cdb);
	if (op->opcode == 0xa2 && chance_below(c, 8)) {
		static const uint8_t pages[] = { 0x00, 0x01, 0x10, 0x11, 0x12, 0x20, 0x21, 0x21 };

		step->cdb[1] = 0x20;
		step->cdb[2] = 0;
		step->cdb[3] = pages[chance_below(c, sizeof(pages))];
	}
	memset(step->out, 0, sizeof(step->out));
	step->out_len = draw_out(c, nexus->dev, op, step);
	step->in_len = chance_below(c, 3) ? chance_below(c, 512) : chance_below(c, 70000);
	if (op->direction == VTL_DATA_OUT)
		step->in_len = 0;
	step->cdb_len = chance_below(c, 64) ? 16 : chance_below(c, 17);
	for (i = 0; i < 16 && !chance_below(c, 256); i++)
		step->cdb[i] = (uint8_t)chance_below(c, 256);
}

struct io *chance_do(struct sim *sim, struct vtl_nexus *nexus, const struct chance_step *step, bool abort)
{
	unsigned waited = 0;
	struct io *io;

	sim->hold_jobs |= abort;
	io = io_start(nexus, step->cdb, step->cdb_len, step->out, step->out_len, step->in_len);
	if (abort && !io_done(io))
		vtl_dev_abort(nexus->dev, &io->cmd);
	if (abort)
		sim->hold_jobs = false;
	while (!io_done(io)) {
		assert_true(waited++ < 100000);
		if (!sim_run_jobs(sim))
			sim_advance(sim, 1000);
	}
	if (abort)
		sim_run_jobs(sim);
	return expect_sane(io);
}

void inv_chance(struct vtl_nexus *nexus, struct sim *sim, unsigned commands, uint64_t seed)
{
	struct chance c = { .state = seed };
	struct chance_step step;

	while (commands--) {
		chance_draw(&c, nexus, &step);
		chance_do(sim, nexus, &step, false);
	}
}
