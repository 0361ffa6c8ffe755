/* SPDX-License-Identifier: GPL-2.0-only */
/* REPORT SUPPORTED OPERATION CODES (SPC-5 6.35): the opcode table, as initiators may read it. */
#include "internal.h"

/* REPORTING OPTIONS */
enum { ALL_COMMANDS = 0, ONE_WITHOUT_SA = 1, ONE_WITH_SA = 2, ONE_EITHER = 3 };

/* SPC-5 6.35.4 */
static void put_timeouts(struct vtl_reply *r, const struct vtl_dev *dev, const struct vtl_op *op)
{
	uint32_t nominal, recommended;

	vtl_op_timeouts(dev, op, &nominal, &recommended);
	vtl_put16(r, 10);
	vtl_put16(r, 0);
	vtl_put32(r, nominal);
	vtl_put32(r, recommended);
}

static void put_all(struct vtl_reply *r, const struct vtl_dev *dev, bool timeouts)
{
	const struct vtl_op *op;

	vtl_put32(r, 0);
	for (op = vtl_op_next(dev, NULL); op; op = vtl_op_next(dev, op)) {
		bool sa = op->sa != VTL_NO_SA;

		vtl_put16(r, (uint16_t)(op->opcode << 8));
		vtl_put16(r, sa ? (uint16_t)op->sa : 0);
		vtl_put16(r, (timeouts ? 0x02 : 0) | (sa ? 0x01 : 0));
		vtl_put16(r, op->len);
		if (timeouts)
			put_timeouts(r, dev, op);
	}
	vtl_patch32(r, 0, (uint32_t)(r->len - 4));
}

/* SPC-5 6.35.3; SUPPORT 1: not supported, 3: as the standard says */
static void put_one(struct vtl_reply *r, const struct vtl_dev *dev, const struct vtl_op *op, bool timeouts)
{
	uint8_t usage[sizeof(op->usage)];
	unsigned i;

	if (!op) {
		vtl_put32(r, 0x00010000);
		return;
	}
	for (i = 0; i < sizeof(usage); i++)
		usage[i] = op->usage[i];
	usage[0] = op->opcode;
	if (op->sa != VTL_NO_SA)
		usage[1] = (uint8_t)((usage[1] & 0xe0) | op->sa);
	vtl_put16(r, timeouts ? 0x83 : 0x03);
	vtl_put16(r, op->len);
	vtl_put_bytes(r, usage, op->len);
	if (timeouts)
		put_timeouts(r, dev, op);
}

/* The row asked for (NULL: none such). False: the question does not fit the operation code; `bad` says where. */
static bool look_up(struct vtl_cmd *cmd, unsigned options, const struct vtl_op **op, struct vtl_field *bad)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	uint8_t opcode = cmd->cdb[3];
	uint16_t sa = get_be16(cmd->cdb + 4);
	bool has_sa = vtl_op_has_sa(dev, opcode), alone = vtl_op_get(dev, opcode, VTL_NO_SA) != NULL;

	*bad = (struct vtl_field){ 3, 7 };
	switch (options) {
	case ONE_WITHOUT_SA:
		*op = vtl_op_get(dev, opcode, VTL_NO_SA);
		return alone || !has_sa;
	case ONE_WITH_SA:
		*op = sa <= 0x1f ? vtl_op_get(dev, opcode, sa) : NULL;
		return has_sa || !alone;
	case ONE_EITHER:
		if (has_sa)
			*op = sa <= 0x1f ? vtl_op_get(dev, opcode, sa) : NULL;
		else
			*op = sa ? NULL : vtl_op_get(dev, opcode, VTL_NO_SA);
		return true;
	default:
		*bad = (struct vtl_field){ 2, 2 };
		return false;
	}
}

void vtl_report_opcodes(struct vtl_cmd *cmd)
{
	unsigned options = cmd->cdb[2] & 0x07;
	bool timeouts = cmd->cdb[2] & 0x80;
	const struct vtl_op *op;
	struct vtl_field bad;
	struct vtl_reply r;

	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 6));
	if (options == ALL_COMMANDS) {
		put_all(&r, vtl_cmd_dev(cmd), timeouts);
	} else if (look_up(cmd, options, &op, &bad)) {
		put_one(&r, vtl_cmd_dev(cmd), op, timeouts);
	} else {
		vtl_cmd_bad_cdb(cmd, bad.byte, bad.bit);
		return;
	}
	vtl_cmd_reply(cmd, &r);
}
