/* SPDX-License-Identifier: GPL-2.0-only */
/* PERSISTENT RESERVE OUT: what is asked, by whom, and the reservation itself (SPC-5 5.14.5 to 5.14.11, 6.17). */
#include "pr_request.h"

/* ---- the reservation ---- */

/* It ends. Those whom a registrants only or all registrants type let in are told (SPC-5 5.14.11.2). */
void vtl_pr_end_reservation(struct vtl_pr_request *q)
{
	bool tell = vtl_pr_type_registrants(q->pr->type);

	q->pr->type = 0;
	q->pr->holder = NULL;
	if (tell)
		vtl_pr_attention(q->dev, SENSE_RESERVATIONS_RELEASED, q->nexus);
}

static void begin_reservation(struct vtl_pr_request *q)
{
	q->pr->type = q->type;
	q->pr->holder = vtl_pr_type_all(q->type) ? NULL : q->reg;
}

/* SPC-5 5.14.9 */
static void do_reserve(struct vtl_pr_request *q)
{
	if (q->pr->type && !(vtl_pr_holds(q->pr, q->reg) && q->pr->type == q->type)) {
		vtl_cmd_conflict(q->cmd);
		return;
	}
	if (!q->pr->type)
		begin_reservation(q);
	vtl_pr_good(q);
}

/* SPC-5 5.14.11.2 */
static void do_release(struct vtl_pr_request *q)
{
	if (vtl_pr_holds(q->pr, q->reg)) {
		if (q->pr->type != q->type) {
			vtl_cmd_check(q->cmd, SENSE_INVALID_RELEASE, NULL);
			return;
		}
		vtl_pr_end_reservation(q);
	}
	vtl_pr_good(q);
}

/* SPC-5 5.14.11.6 */
static void do_clear(struct vtl_pr_request *q)
{
	vtl_pr_attention(q->dev, SENSE_RESERVATIONS_PREEMPTED, q->nexus);
	while (q->pr->regs)
		vtl_pr_remove(q->dev, q->pr->regs);
	q->pr->generation++;
	vtl_pr_good(q);
}

/* ---- preempting ---- */

/* What PREEMPT AND ABORT does to a nexus beside. */
static void abort_nexus(struct vtl_pr_request *q, struct vtl_nexus *nexus)
{
	bool prevent = nexus->prevent;

	nexus->prevent = false;
	if (prevent && q->dev->type->prevent_changed)
		q->dev->type->prevent_changed(q->dev);
	vtl_dev_abort_nexus(q->dev, nexus, q->cmd);
}

/* One registration is preempted: its nexuses are told, lose their prevent, and with ABORT their commands. */
static void preempt_one(struct vtl_pr_request *q, struct vtl_pr_reg *reg)
{
	struct vtl_nexus *nexus;

	for (nexus = q->dev->nexuses; nexus; nexus = nexus->next) {
		if (nexus == q->nexus || !vtl_pr_covers(reg, &nexus->id))
			continue;
		if (q->sa == PR_PREEMPT_AND_ABORT)
			abort_nexus(q, nexus);
		vtl_ua(nexus, SENSE_REGISTRATIONS_PREEMPTED);
	}
	vtl_pr_remove(q->dev, reg);
}

/* Preempts every registration with a key (`any`: every one); keeps the caller's own if `keep_own`. Returns how many. */
static unsigned preempt_all(struct vtl_pr_request *q, bool any, bool keep_own)
{
	struct vtl_pr_reg *reg, *next;
	unsigned n = 0;

	for (reg = q->pr->regs; reg; reg = next) {
		next = reg->next;
		if ((!any && reg->key != q->action_key) || (keep_own && reg == q->reg))
			continue;
		preempt_one(q, reg);
		n++;
	}
	return n;
}

/* The reservation itself is preempted and becomes the caller's (SPC-5 5.14.11.4.4). */
static void preempt_reservation(struct vtl_pr_request *q)
{
	uint8_t old = q->pr->type;

	q->pr->type = 0;
	q->pr->holder = NULL;
	preempt_all(q, vtl_pr_type_all(old), true);
	begin_reservation(q);
	if (old != q->type && vtl_pr_type_registrants(old))
		vtl_pr_attention(q->dev, SENSE_RESERVATIONS_RELEASED, q->nexus);
}

/* SPC-5 5.14.11.4 and 5.14.11.5 */
static void do_preempt(struct vtl_pr_request *q)
{
	bool all = vtl_pr_type_all(q->pr->type);

	if (!q->action_key && !all) {
		vtl_cmd_bad_param(q->cmd, 8, VTL_NO_BIT);
		return;
	}
	if (q->pr->type && (all ? !q->action_key : q->pr->holder->key == q->action_key)) {
		preempt_reservation(q);
	} else if (!preempt_all(q, false, false)) {
		vtl_cmd_conflict(q->cmd);
		return;
	}
	q->pr->generation++;
	vtl_pr_good(q);
}

/* ---- the command ---- */

static const struct {
	void (*run)(struct vtl_pr_request *q);
	bool needs_registration;	/* of this nexus, with its key */
	bool scope_and_type;		/* they matter */
	bool longer;			/* the list may be longer than its fixed part */
} actions[] = {
	[PR_REGISTER] = { vtl_pr_register, .longer = true },
	[PR_RESERVE] = { do_reserve, .needs_registration = true, .scope_and_type = true },
	[PR_RELEASE] = { do_release, .needs_registration = true, .scope_and_type = true },
	[PR_CLEAR] = { do_clear, .needs_registration = true },
	[PR_PREEMPT] = { do_preempt, .needs_registration = true, .scope_and_type = true },
	[PR_PREEMPT_AND_ABORT] = { do_preempt, .needs_registration = true, .scope_and_type = true },
	[PR_REGISTER_AND_IGNORE] = { vtl_pr_register },
	[PR_REGISTER_AND_MOVE] = { vtl_pr_move, .needs_registration = true, .longer = true },
};

void vtl_pr_good(struct vtl_pr_request *q)
{
	bool kept = q->was_kept || q->pr->aptpl;
	bool preempted = q->sa == PR_PREEMPT || q->sa == PR_PREEMPT_AND_ABORT;

	vtl_reservations_changed(q->dev, preempted);
	if (preempted)
		vtl_reservations_changed(q->dev, false);

	if (!q->pr->regs)
		q->pr->aptpl = false;
	if (kept && q->dev->state)
		vtl_state_save_then(q->cmd, vtl_state_end_saved);
	else
		vtl_cmd_good(q->cmd);
}

/* What is wrong with CDB or list; ends the command then. */
static bool refused(struct vtl_cmd *cmd)
{
	uint8_t sa = cmd->cdb[1] & 0x1f;
	uint32_t len = get_be32(cmd->cdb + 5);

	if (actions[sa].scope_and_type && cmd->cdb[2] >> 4) {
		vtl_cmd_bad_cdb(cmd, 2, 7);
		return true;
	}
	if (actions[sa].scope_and_type && !vtl_pr_type_valid(cmd->cdb[2] & 0x0f)) {
		vtl_cmd_bad_cdb(cmd, 2, 3);
		return true;
	}
	if (len < PR_LIST_LEN || (len > PR_LIST_LEN && !actions[sa].longer)) {
		vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return true;
	}
	return !vtl_cmd_has_out(cmd, len);
}

void vtl_pr_out(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	struct vtl_pr_request q = {
		.cmd = cmd, .nexus = cmd->nexus, .dev = dev, .list = cmd->out, .len = get_be32(cmd->cdb + 5),
		.sa = cmd->cdb[1] & 0x1f, .type = cmd->cdb[2] & 0x0f,
	};

	if (dev->reserved) {
		vtl_cmd_conflict(cmd);
		return;
	}
	if (refused(cmd))
		return;
	q.pr = vtl_pr_get(dev);
	if (!q.pr) {
		vtl_cmd_check(cmd, SENSE_INSUFFICIENT_REGISTRATION_RESOURCES, NULL);
		return;
	}
	q.was_kept = q.pr->aptpl;
	q.reg = vtl_pr_reg(cmd->nexus);
	q.key = get_be64(cmd->out);
	q.action_key = get_be64(cmd->out + 8);
	if (actions[q.sa].needs_registration && (!q.reg || q.reg->key != q.key)) {
		vtl_cmd_conflict(cmd);
		return;
	}
	actions[q.sa].run(&q);
}
