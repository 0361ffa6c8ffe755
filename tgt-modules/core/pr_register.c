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

/* Registers the nexus and all ports of the list, or none; false if that ended the command. */
static bool register_listed(struct vtl_pr_request *q)
{
	uint32_t at = IDS_AT;
	unsigned n = 0, len = 1;
	struct vtl_nexus_id id = q->nexus->id;

	if (q->len < IDS_AT || get_be32(q->list + 24) != q->len - IDS_AT) {
		vtl_cmd_check(q->cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return false;
	}
	for (;;) {
		if (!vtl_pr_add(q->dev, &id, q->action_key)) {
			no_resources(q);
			break;
		}
		n++;
		if (at == q->len)
			return true;
		len = next_id(q, at, &id);
		if (!len)
			break;
		at += len;
	}
	take_back(q, n);
	return false;
}

/* ---- REGISTER ---- */

/*
 * APTPL from now on as this request says. False, the command ended: that is more than can be kept, and the last `added`
 * registrations are taken back.
 */
static bool keep(struct vtl_pr_request *q, bool aptpl, unsigned added)
{
	bool before = q->pr->aptpl;

	q->pr->aptpl = aptpl;
	if (!aptpl || vtl_state_fits(q->dev))
		return true;
	take_back(q, added);
	q->pr->aptpl = before;
	no_resources(q);
	return false;
}

/* ALL_TG_PT, for the registration of this nexus or the last `added`. */
static void widen(struct vtl_pr_request *q, unsigned added)
{
	struct vtl_pr_reg *reg = q->pr->regs;
	unsigned skip = q->pr->count - added;

	if (!added) {
		vtl_pr_widen(q->dev, q->reg);
		return;
	}
	while (skip--)
		reg = reg->next;
	for (; reg; reg = reg->next)
		vtl_pr_widen(q->dev, reg);
}

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

/* A new registration, alone or with a list; how many, 0 if that ended the command. */
static unsigned add(struct vtl_pr_request *q)
{
	unsigned before = q->pr->count;

	if (q->list[20] & SPEC_I_PT)
		return register_listed(q) ? q->pr->count - before : 0;
	if (vtl_pr_add(q->dev, &q->nexus->id, q->action_key))
		return 1;
	no_resources(q);
	return 0;
}

/* SPC-5 5.14.7 */
void vtl_pr_register(struct vtl_pr_request *q)
{
	unsigned added = 0;

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
	if (!q->reg) {
		added = add(q);
		if (!added)
			return;
	}
	/* who goes does not decide for those who stay */
	if (q->action_key && !keep(q, q->list[20] & APTPL, added))
		return;
	if (q->reg && q->action_key)
		q->reg->key = q->action_key;
	else if (q->reg)
		unregister(q);
	if (q->action_key && q->list[20] & ALL_TG_PT)
		widen(q, added);
	q->pr->generation++;
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
	bool added;

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
	added = !to;
	if (added)
		to = vtl_pr_add(q->dev, &id, q->action_key);
	if (!to) {
		no_resources(q);
		return;
	}
	if (!keep(q, flags & APTPL, added))
		return;
	to->key = q->action_key;
	q->pr->holder = to;
	if (flags & UNREG)
		vtl_pr_remove(q->dev, q->reg);
	q->pr->generation++;
	vtl_pr_good(q);
}
