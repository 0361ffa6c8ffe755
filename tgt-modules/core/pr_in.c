/* SPDX-License-Identifier: GPL-2.0-only */
/* PERSISTENT RESERVE IN (SPC-5 6.16). */
#include "pr.h"

/* As SPC-2 5.5.1: while a RESERVE holds, whoever's, persistent reservations are out of reach. */
static bool begin(struct vtl_cmd *cmd, struct vtl_reply *r)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);

	if (dev->reserved) {
		vtl_cmd_conflict(cmd);
		return false;
	}
	vtl_reply_cmd(r, cmd, get_be16(cmd->cdb + 7));
	return true;
}

static void put_head(struct vtl_reply *r, const struct vtl_dev *dev)
{
	vtl_put32(r, dev->pr ? dev->pr->generation : 0);
	vtl_put32(r, 0);
}

static void finish(struct vtl_cmd *cmd, struct vtl_reply *r)
{
	vtl_patch32(r, 4, (uint32_t)(r->len - 8));
	vtl_cmd_reply(cmd, r);
}

/* SPC-5 6.16.2 */
void vtl_pr_in_keys(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	const struct vtl_pr_reg *reg;
	struct vtl_reply r;

	if (!begin(cmd, &r))
		return;
	put_head(&r, dev);
	for (reg = dev->pr ? dev->pr->regs : NULL; reg; reg = reg->next)
		vtl_put64(&r, reg->key);
	finish(cmd, &r);
}

/* SPC-5 6.16.3 */
void vtl_pr_in_reservation(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	const struct vtl_pr *pr = dev->pr;
	struct vtl_reply r;

	if (!begin(cmd, &r))
		return;
	put_head(&r, dev);
	if (pr && pr->type) {
		vtl_put64(&r, pr->holder ? pr->holder->key : 0);
		vtl_put32(&r, 0);
		vtl_put8(&r, 0);
		vtl_put8(&r, pr->type);
		vtl_put16(&r, 0);
	}
	finish(cmd, &r);
}

/* SPC-5 6.16.4 */
enum { CAN_CRH = 0x10, CAN_SIP = 0x08, CAN_ATP = 0x04, CAN_PTPL = 0x01, CAN_TMV = 0x80, CAN_PTPL_ACTIVE = 0x01 };

void vtl_pr_in_capabilities(struct vtl_cmd *cmd)
{
	const struct vtl_dev *dev = vtl_cmd_dev(cmd);
	uint16_t mask = 0;
	struct vtl_reply r;
	uint8_t type;

	if (!begin(cmd, &r))
		return;
	/* the mask's bit n of its first byte is type n, but for type 8: bit 0 of the second */
	for (type = 1; type < 8; type++)
		mask |= (uint16_t)(vtl_pr_type_valid(type) ? 0x100u << type : 0);
	mask |= vtl_pr_type_valid(8) ? 1 : 0;
	vtl_put16(&r, 8);
	vtl_put8(&r, CAN_CRH | CAN_SIP | CAN_ATP | (dev->state ? CAN_PTPL : 0));
	vtl_put8(&r, CAN_TMV | (dev->pr && dev->pr->aptpl ? CAN_PTPL_ACTIVE : 0));
	vtl_put16(&r, mask);
	vtl_put16(&r, 0);
	vtl_cmd_reply(cmd, &r);
}

/* SPC-5 6.16.5 */
void vtl_pr_in_full_status(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	const struct vtl_pr *pr = dev->pr;
	const struct vtl_pr_reg *reg;
	struct vtl_reply r;

	if (!begin(cmd, &r))
		return;
	put_head(&r, dev);
	for (reg = pr ? pr->regs : NULL; reg; reg = reg->next) {
		bool holds = vtl_pr_holds(pr, reg);

		vtl_put64(&r, reg->key);
		vtl_put32(&r, 0);
		vtl_put8(&r, (uint8_t)((reg->all_ports ? 0x02 : 0) | (holds ? 0x01 : 0)));
		vtl_put8(&r, holds ? pr->type : 0);
		vtl_put32(&r, 0);
		vtl_put16(&r, reg->all_ports ? 0 : reg->id.target_port);
		vtl_put32(&r, reg->id.transport_id_len);
		vtl_put_bytes(&r, reg->id.transport_id, reg->id.transport_id_len);
	}
	finish(cmd, &r);
}
