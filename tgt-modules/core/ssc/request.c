/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a command's requests to the medium one after another, without recursion, and ends the command. */
#include <string.h>

#include "tape_impl.h"

/* What is in progress after IMMED is told by these (SPC-5 5.11, progress indication). */
static const struct {
	const char *name;
	enum vtl_sense sense;		/* of REQUEST SENSE */
	enum vtl_sense busy;		/* of TEST UNIT READY */
} activity_rows[] = {
	[TAPE_IDLE] = { "idle", SENSE_NONE },
	[TAPE_READING] = { "reading", SENSE_NONE },
	[TAPE_WRITING] = { "writing", SENSE_NONE },
	[TAPE_VERIFYING] = { "verifying", SENSE_VERIFY_IN_PROGRESS },
	[TAPE_SPACING] = { "spacing", SENSE_NONE },
	[TAPE_LOCATING] = { "locating", SENSE_LOCATE_IN_PROGRESS },
	[TAPE_REWINDING] = { "rewinding", SENSE_REWIND_IN_PROGRESS },
	[TAPE_LOADING] = { "loading", SENSE_BECOMING_READY },
	[TAPE_UNLOADING] = { "unloading", SENSE_NOT_READY },
	[TAPE_FORMATTING] = { "formatting", SENSE_FORMAT_IN_PROGRESS, SENSE_FORMAT_IN_PROGRESS },
	[TAPE_SETTING_CAPACITY] = { "setting capacity", SENSE_SET_CAPACITY_IN_PROGRESS, SENSE_OPERATION_IN_PROGRESS },
	[TAPE_ERASING] = { "erasing", SENSE_ERASE_OPERATION_IN_PROGRESS, SENSE_OPERATION_IN_PROGRESS },
};

const char *tape_activity_name(enum tape_activity activity)
{
	return activity_rows[activity].name;
}

enum vtl_sense tape_in_progress(const struct vtl_tape *t)
{
	return t->cmd ? SENSE_NONE : activity_rows[t->activity].sense;
}

enum vtl_sense tape_busy(const struct vtl_tape *t)
{
	return activity_rows[t->activity].busy;
}

static void end_deferred(struct vtl_tape *t)
{
	struct vtl_sense_extra extra = { .deferred = true };
	enum vtl_sense sense = vtl_sense_of_media(t->req.err, true, &extra);

	if (t->activity == TAPE_UNLOADING)
		tape_volume_stays(t);
	tape_failed(t, sense);
	tape_end(t, sense, &extra);
}

/*
 * A request that failed because of writes accepted before did nothing itself: its command ends with a deferred error
 * (SPC-5 4.4.7), but for a WRITE that waits for its own blocks, and work that has no command to report to.
 */
static bool ends_deferred(const struct vtl_tape *t)
{
	return t->req.deferred && t->cmd && !t->io.wait;
}

static bool next(struct vtl_tape *t)
{
	if (ends_deferred(t)) {
		end_deferred(t);
		return false;
	}
	if (t->req.op == MEDIA_OP_READ)
		tape_keys_read(t);
	return t->step(t);
}

/* Requests that may complete at once, one after another, before others get their turn on this thread. */
#define TURN	1024

static void pump(struct vtl_tape *t);

static void pause_work(struct media_job *job)
{
}

static void pause_done(struct media_job *job)
{
	struct vtl_tape *t = (struct vtl_tape *)((char *)job - offsetof(struct vtl_tape, pause));

	if (t->pausing)
		t->pausing = false;	/* still inside submit(): the loop there goes on */
	else
		pump(t);
}

/* Goes once through the executor; true if that was done at once. */
static bool paused(struct vtl_tape *t)
{
	bool at_once;

	t->pause = (struct media_job){ .work = pause_work, .done = pause_done };
	t->pausing = true;
	t->dev.env->exec->submit(t->dev.env->exec, &t->pause);
	at_once = !t->pausing;
	t->pausing = false;
	return at_once;
}

/* Millions of small blocks in one command must not hold up the thread that serves everybody. */
static void pump(struct vtl_tape *t)
{
	unsigned n = 0;

	t->used = true;
	t->rests = false;
	while (media_submit(t->media, &t->req)) {
		if (!next(t))
			return;
		if (++n % TURN == 0 && !paused(t))
			return;
	}
}

static void request_done(struct media_req *req)
{
	struct vtl_tape *t = (struct vtl_tape *)((char *)req - offsetof(struct vtl_tape, req));

	if (next(t))
		pump(t);
}

struct media_req *tape_req(struct vtl_tape *t, enum media_op op)
{
	memset(&t->req, 0, sizeof(t->req));
	t->req.op = op;
	t->req.done = request_done;
	return &t->req;
}

static bool synced(struct vtl_tape *t)
{
	if (t->req.err) {
		tape_fail(t, t->req.err, true, NULL);
		return false;
	}
	t->unsynced = false;
	return t->then(t);
}

void tape_start_now(struct vtl_tape *t, bool (*then)(struct vtl_tape *t))
{
	if (then(t))
		pump(t);
}

void tape_start(struct vtl_tape *t, bool (*then)(struct vtl_tape *t))
{
	if (!t->unsynced) {
		tape_start_now(t, then);
		return;
	}
	t->then = then;
	t->step = synced;
	tape_req(t, MEDIA_OP_SYNC);
	pump(t);
}

static void run_task(struct vtl_task *task)
{
	struct vtl_tape *t = tape_of_dev(task->dev);

	t->begin(t);
}

void tape_begin(struct vtl_cmd *cmd, bool immediate, enum tape_activity activity, void (*begin)(struct vtl_tape *t))
{
	struct vtl_tape *t = tape_of(cmd);

	t->io.wait = false;
	t->activity = activity;
	tape_sets_out(t);
	if (!immediate) {
		t->cmd = cmd;
		begin(t);
		return;
	}
	t->cmd = NULL;
	t->begin = begin;
	t->task.run = run_task;
	vtl_task_next(&t->dev, &t->task);
	vtl_cmd_good(cmd);
}

void tape_idle(struct vtl_tape *t)
{
	t->activity = TAPE_IDLE;
	tape_keys_ended(t);
}

static void end_now(struct vtl_tape *t, enum vtl_sense sense, const struct vtl_sense_extra *extra)
{
	struct vtl_cmd *cmd = t->cmd;

	tape_moved(t);
	t->cmd = NULL;
	t->under_way = false;
	tape_idle(t);
	if (cmd && (sense != SENSE_NONE || extra)) {
		vtl_cmd_check(cmd, sense, extra);
	} else if (cmd) {
		vtl_cmd_good(cmd);
	} else {
		if (sense != SENSE_NONE) {
			t->deferred = sense;
			t->deferred_extra = extra ? *extra : (struct vtl_sense_extra){ 0 };
			t->deferred_extra.deferred = true;
		}
		vtl_task_end(&t->task);
	}
}

static void end_late(struct vtl_tape *t)
{
	struct vtl_sense_extra extra = t->late_extra;

	end_now(t, t->late, t->late_with ? &extra : NULL);
}

/* What was done is done; how long that takes on a real drive is made up for now. */
void tape_end(struct vtl_tape *t, enum vtl_sense sense, const struct vtl_sense_extra *extra)
{
	uint64_t ms = tape_activity_ms(t);

	if (!ms) {
		end_now(t, sense, extra);
		return;
	}
	t->late = sense;
	t->late_with = extra;
	if (extra)
		t->late_extra = *extra;
	tape_wait(t, ms, end_late);
}

void tape_fail(struct vtl_tape *t, enum media_err err, bool writing, const struct vtl_sense_extra *known)
{
	struct vtl_sense_extra extra = { 0 };
	enum vtl_sense sense;

	if (known)
		extra = *known;
	sense = vtl_sense_of_media(err, writing, &extra);
	if (err == MEDIA_KEY_ORIGIN && t->crypt.checks)
		sense = SENSE_ENCRYPTION_MODE_MISMATCH;
	tape_failed(t, sense);
	tape_end(t, sense, &extra);
}
