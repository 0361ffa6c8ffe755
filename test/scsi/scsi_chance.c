/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands of chance: whatever an initiator sends, a command ends once and harms nothing. */
#include <string.h>

#include "scsi_invariants.h"

#define OPS_MAX	256
#define DATA_MAX	4096

struct chance {
	struct vtl_nexus *nexus;
	struct sim *sim;
	uint64_t state;
	const struct vtl_op *ops[OPS_MAX];
	unsigned op_count;
};

static uint32_t draw(struct chance *c, uint32_t below)
{
	c->state = c->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((c->state >> 33) % below);
}

/* A byte of a field: mostly small, since large numbers are all refused alike. */
static uint8_t draw_byte(struct chance *c, uint8_t mask)
{
	switch (draw(c, 4)) {
	case 0:
		return 0;
	case 1:
		return (uint8_t)draw(c, 4) & mask;
	case 2:
		return (uint8_t)(1u << draw(c, 8)) & mask;
	default:
		return (uint8_t)draw(c, 256) & mask;
	}
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
	if (!draw(c, 32))
		cdb[draw(c, 16)] ^= (uint8_t)(1u << draw(c, 8));
}

/* All mode pages as they are, with a few bits turned: noise alone would never get past their headers. */
static uint32_t draw_mode_list(struct chance *c, bool ten, uint8_t *data)
{
	struct io *io = ten ? io_in(c->nexus, DATA_MAX, CDB(0x5a, 0, 0x3f, 0xff, 0, 0, 0, DATA_MAX >> 8, 0, 0)) :
			      io_in(c->nexus, 255, CDB(0x1a, 0, 0x3f, 0, 255, 0));
	uint32_t len = io->cmd.in_used, turns = draw(c, 3);

	memcpy(data, io->in, len);
	if (len)
		data[0] = 0;
	if (len > 1 && ten)
		data[1] = 0;
	while (len && turns--)
		data[draw(c, len)] ^= (uint8_t)(1u << draw(c, 8));
	return draw(c, 8) ? len : draw(c, len + 1);
}

/* Data-out that has a chance. Where the CDB ends in a length, it is mostly that long. */
static uint32_t draw_out(struct chance *c, const struct vtl_op *op, uint8_t *cdb, uint8_t *data)
{
	uint32_t len = draw(c, 3) ? draw(c, 64) : draw(c, DATA_MAX), i;

	if (op->direction != VTL_DATA_OUT)
		return draw(c, 8) ? 0 : len;
	if (!draw(c, 8))
		len = 0;
	for (i = 0; i < len; i++)
		data[i] = draw_byte(c, 0xff);
	if ((op->opcode == 0x15 || op->opcode == 0x55) && draw(c, 8)) {
		len = draw_mode_list(c, op->opcode == 0x55, data);
		cdb[1] = 0x10;
	}
	if (draw(c, 4) && op->usage[op->len - 2] == 0xff) {
		cdb[op->len - 2] = (uint8_t)len;
		if (op->usage[op->len - 3] == 0xff)
			cdb[op->len - 3] = (uint8_t)(len >> 8);
		else
			len &= 0xff;
	}
	return len;
}

static void one(struct chance *c)
{
	const struct vtl_op *op = c->ops[draw(c, c->op_count)];
	uint8_t cdb[16], data[DATA_MAX];
	uint32_t out_len, in_len = draw(c, 3) ? draw(c, 512) : draw(c, 70000);
	unsigned waited = 0, cdb_len = draw(c, 64) ? 16 : draw(c, 17);
	struct io *io;

	draw_cdb(c, op, cdb);
	out_len = draw_out(c, op, cdb, data);
	if (op->direction == VTL_DATA_OUT)
		in_len = 0;
	io = io_start(c->nexus, cdb, cdb_len, data, out_len, in_len);
	while (!io_done(io)) {
		assert_true(waited++ < 100000);
		if (!sim_run_jobs(c->sim))
			sim_advance(c->sim, 1000);
	}
	expect_sane(io);
}

void inv_chance(struct vtl_nexus *nexus, struct sim *sim, unsigned commands, uint64_t seed)
{
	struct chance c = { .nexus = nexus, .sim = sim, .state = seed };
	const struct vtl_op *op;

	for (op = vtl_op_next(nexus->dev, NULL); op && c.op_count < OPS_MAX; op = vtl_op_next(nexus->dev, op))
		c.ops[c.op_count++] = op;
	while (commands--)
		one(&c);
}
