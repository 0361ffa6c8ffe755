/* SPDX-License-Identifier: GPL-2.0-only */
/* PERSISTENT RESERVE OUT: REGISTER, REGISTER AND IGNORE EXISTING KEY, REGISTER AND MOVE (SPC-5 5.14.7, 5.14.8). */
#include "pr_request.h"

/* Bits of byte 20; of byte 17 for REGISTER AND MOVE. */
enum { SPEC_I_PT = 0x08, ALL_TG_PT = 0x04, APTPL = 0x01, UNREG = 0x02 };

/* SPC-5 5.14.11.3: the nexus gives up its registration. */
static void unregister(struct vtl_pr_request *q)
{
	if (q->pr->holder == q->reg)
		vtl_pr_end_reservation(q);
	vtl_pr_remove(q->dev, q->reg);
}

/* ---- SPEC_I_PT: a list of initiator ports ---- */

#define IDS_AT	28u

/* The TransportID at `at` of the list, of a port that has no registration yet; 0, the command ended: there is none. */
static unsigned next_id(struct vtl_pr_request *q, uint32_t at, struct vtl_nexus_id *id)
{
	unsigned len = vtl_transport_id(q->list + at, q->len - at, id);

	id->target_port = q->nexus->id.target_port;
	if (len && !vtl_pr_find(q->dev, id))
		return len;
	vtl_cmd_bad_param(q->cmd, at, VTL_NO_BIT);
	return 0;
}

static void no_resources(struct vtl_pr_request *q)
{
	vtl_cmd_check(q->cmd, SENSE_INSUFFICIENT_REGISTRATION_RESOURCES, NULL);
}

/* Takes back the last `n` registrations. */
static void take_back(struct vtl_pr_request *q, unsigned n)
{
	while (n--) {
		struct vtl_pr_reg *last = q->pr->regs;

		while (last->next)
			last = last->next;
		vtl_pr_remove(q->dev, last);
	}
}

/* Those that were just made are for all target ports. */
static void widen_new(struct vtl_pr_request *q)
{
	struct vtl_pr_reg *reg;

	for (reg = q->pr->regs; reg; reg = reg->next) {
		if (reg->all_ports)
			vtl_pr_widen(q->dev, reg);
	}
}

/* Registers the nexus and all ports of the list, or none; false if that ended the command. */
static bool register_listed(struct vtl_pr_request *q, bool all_ports)
{
	uint32_t at = IDS_AT;
	unsigned n = 0, len = 1;
	struct vtl_nexus_id id = q->nexus->id;
	struct vtl_pr_reg *reg;

	if (q->len < IDS_AT || get_be32(q->list + 24) != q->len - IDS_AT) {
		vtl_cmd_check(q->cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return false;
	}
	for (;;) {
		reg = vtl_pr_add(q->dev, &id, q->action_key);
		if (!reg) {
			no_resources(q);
			break;
		}
		reg->all_ports = all_ports;
		n++;
		if (at == q->len) {
			widen_new(q);
			return true;
		}
		len = next_id(q, at, &id);
		if (!len)
			break;
		at += len;
	}
	take_back(q, n);
	return false;
}

/* ---- REGISTER ---- */

/* The bits of byte 20 that cannot be; ends the command then. */
static bool bad_flags(struct vtl_pr_request *q)
{
	uint8_t flags = q->list[20];

	if (flags & SPEC_I_PT && (q->sa != PR_REGISTER || q->reg))
		vtl_cmd_bad_param(q->cmd, 20, 3);
	else if (flags & APTPL && !q->dev->state)
		vtl_cmd_bad_param(q->cmd, 20, 0);
	else if (!(flags & SPEC_I_PT) && q->len != PR_LIST_LEN)
		vtl_cmd_check(q->cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
	else
		return false;
	return true;
}

/* A new registration, alone or with a list; false if that ended the command. */
static bool add(struct vtl_pr_request *q)
{
	uint8_t flags = q->list[20];

	if (flags & SPEC_I_PT)
		return register_listed(q, flags & ALL_TG_PT);
	q->reg = vtl_pr_add(q->dev, &q->nexus->id, q->action_key);
	if (!q->reg) {
		no_resources(q);
		return false;
	}
	if (flags & ALL_TG_PT)
		vtl_pr_widen(q->dev, q->reg);
	return true;
}

/* SPC-5 5.14.7 */
void vtl_pr_register(struct vtl_pr_request *q)
{
	if (q->sa == PR_REGISTER && q->key != (q->reg ? q->reg->key : 0)) {
		vtl_cmd_conflict(q->cmd);
		return;
	}
	if (bad_flags(q))
		return;
	if (!q->reg && !q->action_key) {
		vtl_cmd_good(q->cmd);
		return;
	}
	if (q->reg && q->action_key) {
		q->reg->key = q->action_key;
		if (q->list[20] & ALL_TG_PT)
			vtl_pr_widen(q->dev, q->reg);
	} else if (q->reg) {
		unregister(q);
	} else if (!add(q)) {
		return;
	}
	q->pr->generation++;
	/* who goes does not decide for those who stay */
	if (q->action_key)
		q->pr->aptpl = q->list[20] & APTPL;
	vtl_pr_good(q);
}

/* ---- REGISTER AND MOVE ---- */

/* Where the reservation goes; false, the command ended: to nobody. */
static bool destination(struct vtl_pr_request *q, struct vtl_nexus_id *id)
{
	uint32_t len = get_be32(q->list + 20);

	if (len != q->len - PR_LIST_LEN) {
		vtl_cmd_check(q->cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return false;
	}
	if (vtl_transport_id(q->list + PR_LIST_LEN, len, id) != len || !len) {
		vtl_cmd_bad_param(q->cmd, PR_LIST_LEN, VTL_NO_BIT);
		return false;
	}
	id->target_port = get_be16(q->list + 18);
	if (!id->target_port) {
		vtl_cmd_bad_param(q->cmd, 18, VTL_NO_BIT);
		return false;
	}
	if (vtl_pr_covers(q->reg, id)) {
		vtl_cmd_bad_param(q->cmd, PR_LIST_LEN, VTL_NO_BIT);
		return false;
	}
	return true;
}

/* SPC-5 5.14.8 */
void vtl_pr_move(struct vtl_pr_request *q)
{
	uint8_t flags = q->list[17];
	struct vtl_nexus_id id;
	struct vtl_pr_reg *to;

	if (!q->pr->type || q->pr->holder != q->reg) {
		vtl_cmd_conflict(q->cmd);
		return;
	}
	if (!q->action_key) {
		vtl_cmd_bad_param(q->cmd, 8, VTL_NO_BIT);
		return;
	}
	if (flags & APTPL && !q->dev->state) {
		vtl_cmd_bad_param(q->cmd, 17, 0);
		return;
	}
	if (!destination(q, &id))
		return;
	to = vtl_pr_find(q->dev, &id);
	if (!to)
		to = vtl_pr_add(q->dev, &id, q->action_key);
	if (!to) {
		no_resources(q);
		return;
	}
	to->key = q->action_key;
	q->pr->holder = to;
	if (flags & UNREG)
		vtl_pr_remove(q->dev, q->reg);
	q->pr->generation++;
	q->pr->aptpl = flags & APTPL;
	vtl_pr_good(q);
}
