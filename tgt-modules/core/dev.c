/* SPDX-License-Identifier: GPL-2.0-only */
/* A device and its queue: commands come in from any door, run one at a time, and end exactly once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int vtl_dev_init(struct vtl_dev *dev, struct vtl_env *env, const struct vtl_dev_type *type,
		 const struct vtl_identity *id)
{
	dev->type = type;
	dev->env = env;
	dev->id = *id;
	snprintf(dev->serial, sizeof(dev->serial), "%s", id->serial);
	dev->id.serial = dev->serial;
	dev->queue_tail = &dev->queue;
	dev->powered_on = env->now_ms(env);
	return vtl_mode_init(dev);
}

void vtl_dev_fini(struct vtl_dev *dev)
{
	vtl_mode_fini(dev);
	vtl_pr_free(dev);
	vtl_seen_free(dev);
	vtl_names_free(dev);
	vtl_buffers_free(dev);
}

void vtl_dev_log(struct vtl_dev *dev, int level, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n = snprintf(text, sizeof(text), "%s %s: ", dev->id.inquiry->product, dev->serial);

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	dev->env->log(dev->env, level, text);
}

bool vtl_dev_idle(const struct vtl_dev *dev)
{
	return !dev->running && !dev->queue && !dev->saver.busy && !dev->saver.later;
}

int vtl_dev_direction(const struct vtl_dev *dev, const uint8_t *cdb, unsigned cdb_len)
{
	enum vtl_sense reason;
	const struct vtl_op *op = vtl_op_find(dev, cdb, cdb_len, &reason);

	return op ? op->direction : VTL_DATA_NONE;
}

bool vtl_dev_descriptor_sense(const struct vtl_dev *dev)
{
	const uint8_t *control = vtl_mode_page(dev, 0x0a, 0);

	return control && (control[2] & 0x04);
}

/* ---- how a command runs ---- */

/* The row's demands, in the order in which SAM-5 5.3.3 ranks their statuses; true if the command may run. */
static bool admit(struct vtl_dev *dev, struct vtl_cmd *cmd, enum vtl_sense reason)
{
	const struct vtl_op *op = cmd->op;
	struct vtl_sense_extra extra = { 0 };
	struct vtl_sense_row attention;
	enum vtl_sense sense;

	if (op && vtl_res_conflict(cmd->nexus, op->res)) {
		vtl_cmd_conflict(cmd);
	} else if (!(op && (op->flags & VTL_OP_SKIP_UA)) && vtl_ua_take(cmd->nexus, &attention)) {
		cmd->sense_len = vtl_sense_build_row(cmd->sense, sizeof(cmd->sense), vtl_dev_descriptor_sense(dev),
						     &attention, NULL);
		vtl_cmd_status(cmd, SAM_CHECK_CONDITION);
	} else if (!op && reason == SENSE_INVALID_FIELD_IN_CDB) {
		vtl_cmd_bad_cdb(cmd, 1, 4);
	} else if (!op) {
		vtl_cmd_check(cmd, reason, NULL);
	} else if (cmd->cdb_len < op->len) {
		vtl_cmd_bad_cdb(cmd, cmd->cdb_len, VTL_NO_BIT);
	} else if (vtl_op_reserved_bit(op, cmd->cdb, &extra.field)) {
		vtl_cmd_bad_cdb(cmd, extra.field.byte, extra.field.bit);
	} else if (!(op->flags & VTL_OP_BESIDE) && dev->type->gate &&
		   (sense = dev->type->gate(dev, cmd, &extra)) != SENSE_NONE) {
		vtl_cmd_check(cmd, sense, &extra);
	} else {
		return true;
	}
	return false;
}

static void run(struct vtl_dev *dev, struct vtl_cmd *cmd)
{
	enum vtl_sense reason = SENSE_NONE;

	if (!cmd->op)
		vtl_op_find(dev, cmd->cdb, cmd->cdb_len, &reason);
	if (admit(dev, cmd, reason))
		cmd->op->run(cmd);
}

/* Tasks stand in the queue as commands of no nexus. */
static bool is_task(const struct vtl_cmd *cmd)
{
	return !cmd->nexus;
}

static void enqueue(struct vtl_dev *dev, struct vtl_cmd *cmd)
{
	cmd->queue_next = NULL;
	*dev->queue_tail = cmd;
	dev->queue_tail = &cmd->queue_next;
}

static void dequeue(struct vtl_dev *dev, struct vtl_cmd **link)
{
	struct vtl_cmd *cmd = *link;

	*link = cmd->queue_next;
	if (dev->queue_tail == &cmd->queue_next)
		dev->queue_tail = link;
	cmd->queue_next = NULL;
}

/*
 * Runs what waits until something keeps the queue. Not re-entered: what complete() submits, or a task that a handler
 * puts in front, is taken by the loop that is already turning.
 */
static void pump(struct vtl_dev *dev)
{
	if (dev->pumping)
		return;
	dev->pumping = true;
	while (!dev->running && dev->queue) {
		struct vtl_cmd *cmd = dev->queue;

		dequeue(dev, &dev->queue);
		dev->running = cmd;
		if (is_task(cmd)) {
			struct vtl_task *task = (struct vtl_task *)((char *)cmd - offsetof(struct vtl_task, cmd));

			task->run(task);
		} else {
			run(dev, cmd);
		}
	}
	dev->pumping = false;
}

void vtl_dev_submit(struct vtl_dev *dev, struct vtl_cmd *cmd)
{
	enum vtl_sense reason;

	cmd->status = SAM_GOOD;
	cmd->in_used = cmd->out_used = 0;
	cmd->sense_len = 0;
	cmd->aborted = cmd->ended = false;
	memset(&cmd->scratch, 0, sizeof(cmd->scratch));
	if (!cmd->in)
		cmd->in_len = 0;
	if (!cmd->out)
		cmd->out_len = 0;
	cmd->op = vtl_op_find(dev, cmd->cdb, cmd->cdb_len, &reason);
	if (cmd->op && (cmd->op->flags & VTL_OP_BESIDE)) {
		run(dev, cmd);
		return;
	}
	enqueue(dev, cmd);
	pump(dev);
}

/* ---- how a command ends ---- */

enum { SECURITY_PROTOCOL_OUT = 0xb5 };

void vtl_cmd_status(struct vtl_cmd *cmd, uint8_t status)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);

	if (cmd->ended) {
		vtl_dev_log(dev, 3, "internal error: %s ended twice", cmd->op ? cmd->op->name : "a command");
		return;
	}
	cmd->ended = true;
	cmd->status = status;
	if (cmd->aborted) {
		cmd->status = SAM_TASK_ABORTED;
		cmd->sense_len = 0;
		cmd->in_used = 0;
	}
	if (dev->running == cmd)
		dev->running = NULL;
	/* A key may lie there, in memory that is not ours and may be in a core dump. */
	if (cmd->cdb[0] == SECURITY_PROTOCOL_OUT && cmd->out)
		explicit_bzero(cmd->out, cmd->out_len);
	cmd->complete(cmd);
	pump(dev);
}

void vtl_cmd_good(struct vtl_cmd *cmd)
{
	enum vtl_sense exception = vtl_alert_exception(vtl_cmd_dev(cmd), cmd);

	if (exception == SENSE_NONE)
		vtl_cmd_status(cmd, SAM_GOOD);
	else
		vtl_cmd_check(cmd, exception, NULL);
}

void vtl_cmd_reply(struct vtl_cmd *cmd, const struct vtl_reply *r)
{
	cmd->in_used = vtl_reply_stored(r);
	vtl_cmd_status(cmd, SAM_GOOD);
}

void vtl_cmd_check(struct vtl_cmd *cmd, enum vtl_sense sense, const struct vtl_sense_extra *extra)
{
	cmd->sense_len = vtl_sense_build(cmd->sense, sizeof(cmd->sense), vtl_dev_descriptor_sense(vtl_cmd_dev(cmd)),
					 sense, extra);
	vtl_cmd_status(cmd, SAM_CHECK_CONDITION);
}

void vtl_cmd_bad_cdb(struct vtl_cmd *cmd, unsigned byte, unsigned bit)
{
	struct vtl_sense_extra extra = {
		.sks = VTL_SKS_CDB_FIELD,
		.field = { (uint16_t)byte, (uint8_t)bit },
	};

	vtl_cmd_check(cmd, SENSE_INVALID_FIELD_IN_CDB, &extra);
}

void vtl_cmd_bad_param_as(struct vtl_cmd *cmd, enum vtl_sense sense, unsigned byte, unsigned bit)
{
	struct vtl_sense_extra extra = {
		.sks = VTL_SKS_PARAM_FIELD,
		.field = { (uint16_t)byte, (uint8_t)bit },
	};

	vtl_cmd_check(cmd, sense, &extra);
}

void vtl_cmd_bad_param(struct vtl_cmd *cmd, unsigned byte, unsigned bit)
{
	vtl_cmd_bad_param_as(cmd, SENSE_INVALID_FIELD_IN_PARAMETER_LIST, byte, bit);
}

void vtl_cmd_conflict(struct vtl_cmd *cmd)
{
	vtl_cmd_status(cmd, SAM_RESERVATION_CONFLICT);
}

void vtl_cmd_busy(struct vtl_cmd *cmd)
{
	vtl_cmd_status(cmd, SAM_BUSY);
}

bool vtl_cmd_has_out(struct vtl_cmd *cmd, uint32_t len)
{
	if (len <= cmd->out_len) {
		cmd->out_used = len;
		return true;
	}
	vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
	return false;
}

/* ---- tasks ---- */

static void prepare_task(struct vtl_dev *dev, struct vtl_task *task)
{
	memset(&task->cmd, 0, sizeof(task->cmd));
	task->dev = dev;
}

void vtl_task_submit(struct vtl_dev *dev, struct vtl_task *task)
{
	prepare_task(dev, task);
	enqueue(dev, &task->cmd);
	pump(dev);
}

void vtl_task_next(struct vtl_dev *dev, struct vtl_task *task)
{
	prepare_task(dev, task);
	task->cmd.queue_next = dev->queue;
	if (!dev->queue)
		dev->queue_tail = &task->cmd.queue_next;
	dev->queue = &task->cmd;
	pump(dev);
}

void vtl_task_end(struct vtl_task *task)
{
	struct vtl_dev *dev = task->dev;

	if (dev->running == &task->cmd)
		dev->running = NULL;
	pump(dev);
}

/* ---- aborts and resets ---- */

static void abort_running(struct vtl_dev *dev)
{
	struct vtl_cmd *cmd = dev->running;

	cmd->aborted = true;
	if (dev->type->abort)
		dev->type->abort(dev, cmd);
}

void vtl_dev_abort(struct vtl_dev *dev, struct vtl_cmd *cmd)
{
	struct vtl_cmd **link;

	if (dev->running == cmd) {
		abort_running(dev);
		return;
	}
	for (link = &dev->queue; *link; link = &(*link)->queue_next) {
		if (*link == cmd) {
			dequeue(dev, link);
			cmd->aborted = true;
			vtl_cmd_status(cmd, SAM_TASK_ABORTED);
			return;
		}
	}
}

/* Takes the waiting commands of a nexus (NULL: of all) out of the queue, as a list of their own. */
static struct vtl_cmd *detach(struct vtl_dev *dev, const struct vtl_nexus *nexus)
{
	struct vtl_cmd *list = NULL, **tail = &list, **link = &dev->queue;

	while (*link) {
		struct vtl_cmd *cmd = *link;

		if (is_task(cmd) || (nexus && cmd->nexus != nexus)) {
			link = &cmd->queue_next;
			continue;
		}
		dequeue(dev, link);
		*tail = cmd;
		tail = &cmd->queue_next;
	}
	return list;
}

static void end_aborted(struct vtl_cmd *list)
{
	while (list) {
		struct vtl_cmd *cmd = list;

		list = cmd->queue_next;
		cmd->queue_next = NULL;
		cmd->aborted = true;
		vtl_cmd_status(cmd, SAM_TASK_ABORTED);
	}
}

void vtl_dev_abort_nexus(struct vtl_dev *dev, const struct vtl_nexus *nexus, const struct vtl_cmd *except)
{
	struct vtl_cmd *running = dev->running;

	end_aborted(detach(dev, nexus));
	if (running && running != except && dev->running == running && running->nexus == nexus)
		abort_running(dev);
}

/* SAM-5 6.3.2, 6.3.3: nothing that was submitted before runs on; nothing new starts until all is reset. */
void vtl_dev_reset(struct vtl_dev *dev, enum vtl_reset what)
{
	static const enum vtl_sense attention[] = {
		[VTL_RESET_POWER_ON] = SENSE_POWER_ON,
		[VTL_RESET_BUS] = SENSE_BUS_RESET,
		[VTL_RESET_LOGICAL_UNIT] = SENSE_LUN_RESET,
	};
	bool pumping = dev->pumping, prevented = vtl_dev_prevented(dev);
	struct vtl_cmd *waiting = detach(dev, NULL), *running = dev->running;
	struct vtl_nexus *nexus;

	dev->pumping = true;
	dev->reserved = NULL;
	if (what == VTL_RESET_POWER_ON)
		vtl_pr_power_on(dev);
	if (what == VTL_RESET_POWER_ON)
		dev->clock_set = false;
	for (nexus = dev->nexuses; nexus; nexus = nexus->next)
		nexus->prevent = false;
	vtl_seen_free(dev);
	vtl_mode_reset(dev);
	vtl_ua_all(dev, attention[what], NULL);
	if (dev->type->reset)
		dev->type->reset(dev, what);
	if (prevented && dev->type->prevent_changed)
		dev->type->prevent_changed(dev);
	end_aborted(waiting);
	if (running && dev->running == running && !is_task(running))
		abort_running(dev);
	dev->pumping = pumping;
	pump(dev);
}

void vtl_dev_tick(struct vtl_dev *dev)
{
	if (dev->type->tick)
		dev->type->tick(dev);
}
