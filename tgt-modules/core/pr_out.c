/* SPDX-License-Identifier: GPL-2.0-only */
/* PERSISTENT RESERVE OUT (SPC-5 5.14.5 to 5.14.11, 6.17). */
#include "pr.h"

/* Service actions. */
enum { REGISTER = 0, RESERVE, RELEASE, CLEAR, PREEMPT, PREEMPT_AND_ABORT, REGISTER_AND_IGNORE };

#define LIST_LEN	24

struct request {
	struct vtl_cmd *cmd;
	struct vtl_nexus *nexus;
	struct vtl_dev *dev;
	struct vtl_pr *pr;
	struct vtl_pr_reg *reg;		/* of the nexus, or NULL */
	uint64_t key, action_key;	/* RESERVATION KEY, SERVICE ACTION RESERVATION KEY */
	uint8_t sa, type;
};

/* The reservation ends. Those whom a registrants only or all registrants type let in are told (SPC-5 5.14.11.2). */
static void end_reservation(struct request *q)
{
	bool tell = vtl_pr_type_registrants(q->pr->type);

	q->pr->type = 0;
	q->pr->holder = NULL;
	if (tell)
		vtl_pr_attention(q->dev, SENSE_RESERVATIONS_RELEASED, q->nexus);
}

static void begin_reservation(struct request *q)
{
	q->pr->type = q->type;
	q->pr->holder = vtl_pr_type_all(q->type) ? NULL : q->reg;
}

/* SPC-5 5.14.11.3: the nexus gives up its registration. */
static void unregister(struct request *q)
{
	if (q->pr->holder == q->reg)
		end_reservation(q);
	vtl_pr_remove(q->dev, q->reg);
}

/* SPC-5 5.14.7 */
static void do_register(struct request *q)
{
	if (q->sa == REGISTER && q->key != (q->reg ? q->reg->key : 0)) {
		vtl_cmd_conflict(q->cmd);
		return;
	}
	if (q->reg && q->action_key) {
		q->reg->key = q->action_key;
	} else if (q->reg) {
		unregister(q);
	} else if (q->action_key && !vtl_pr_add(q->dev, &q->nexus->id, q->action_key)) {
		vtl_cmd_check(q->cmd, SENSE_INSUFFICIENT_REGISTRATION_RESOURCES, NULL);
		return;
	}
	q->pr->generation++;
	vtl_cmd_good(q->cmd);
}

/* SPC-5 5.14.9 */
static void do_reserve(struct request *q)
{
	if (q->pr->type && !(vtl_pr_holds(q->pr, q->reg) && q->pr->type == q->type)) {
		vtl_cmd_conflict(q->cmd);
		return;
	}
	if (!q->pr->type)
		begin_reservation(q);
	vtl_cmd_good(q->cmd);
}

/* SPC-5 5.14.11.2 */
static void do_release(struct request *q)
{
	if (!vtl_pr_holds(q->pr, q->reg)) {
		vtl_cmd_good(q->cmd);
		return;
	}
	if (q->pr->type != q->type) {
		vtl_cmd_check(q->cmd, SENSE_INVALID_RELEASE, NULL);
		return;
	}
	end_reservation(q);
	vtl_cmd_good(q->cmd);
}

/* SPC-5 5.14.11.6 */
static void do_clear(struct request *q)
{
	vtl_pr_attention(q->dev, SENSE_RESERVATIONS_PREEMPTED, q->nexus);
	while (q->pr->regs)
		vtl_pr_remove(q->dev, q->pr->regs);
	q->pr->generation++;
	vtl_cmd_good(q->cmd);
}

/* One registration is preempted: its nexus is told, loses its prevent, and with ABORT its commands. */
static void preempt_one(struct request *q, struct vtl_pr_reg *reg)
{
	struct vtl_nexus *nexus = vtl_pr_nexus(q->dev, reg);

	vtl_pr_remove(q->dev, reg);
	if (!nexus || nexus == q->nexus)
		return;
	if (q->sa == PREEMPT_AND_ABORT) {
		bool prevent = nexus->prevent;

		nexus->prevent = false;
		if (prevent && q->dev->type->prevent_changed)
			q->dev->type->prevent_changed(q->dev);
		vtl_dev_abort_nexus(q->dev, nexus, q->cmd);
	}
	vtl_ua(nexus, SENSE_REGISTRATIONS_PREEMPTED);
}

/* Preempts every registration with a key (`any`: every one); keeps the caller's own if `keep_own`. Returns how many. */
static unsigned preempt_all(struct request *q, bool any, bool keep_own)
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
static void preempt_reservation(struct request *q)
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
static void do_preempt(struct request *q)
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
	vtl_cmd_good(q->cmd);
}

static const struct {
	void (*run)(struct request *q);
	bool needs_registration;	/* of this nexus, with its key */
	bool scope_and_type;		/* they matter */
} actions[] = {
	[REGISTER] = { do_register },
	[RESERVE] = { do_reserve, true, true },
	[RELEASE] = { do_release, true, true },
	[CLEAR] = { do_clear, true },
	[PREEMPT] = { do_preempt, true, true },
	[PREEMPT_AND_ABORT] = { do_preempt, true, true },
	[REGISTER_AND_IGNORE] = { do_register },
};

/* What is wrong with CDB or list; ends the command then. */
static bool refused(struct vtl_cmd *cmd)
{
	uint8_t sa = cmd->cdb[1] & 0x1f;

	if (actions[sa].scope_and_type && cmd->cdb[2] >> 4) {
		vtl_cmd_bad_cdb(cmd, 2, 7);
		return true;
	}
	if (actions[sa].scope_and_type && !vtl_pr_type_valid(cmd->cdb[2] & 0x0f)) {
		vtl_cmd_bad_cdb(cmd, 2, 3);
		return true;
	}
	if (get_be32(cmd->cdb + 5) != LIST_LEN) {
		vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return true;
	}
	if (!vtl_cmd_has_out(cmd, LIST_LEN))
		return true;
	/* SPEC_I_PT, ALL_TG_PT and APTPL are for registrations only, and refused as PR IN says (6.17.3) */
	if ((sa == REGISTER || sa == REGISTER_AND_IGNORE) && (cmd->out[20] & 0x0d)) {
		vtl_cmd_bad_param(cmd, 20, cmd->out[20] & 0x08 ? 3 : cmd->out[20] & 0x04 ? 2 : 0);
		return true;
	}
	return false;
}

void vtl_pr_out(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	struct request q = {
		.cmd = cmd, .nexus = cmd->nexus, .dev = dev,
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
	q.reg = vtl_pr_reg(cmd->nexus);
	q.key = get_be64(cmd->out);
	q.action_key = get_be64(cmd->out + 8);
	if (actions[q.sa].needs_registration && (!q.reg || q.reg->key != q.key)) {
		vtl_cmd_conflict(cmd);
		return;
	}
	actions[q.sa].run(&q);
}
