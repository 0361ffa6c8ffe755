/* SPDX-License-Identifier: GPL-2.0-only */
/* Moves as chains of steps: eject, a durable change of the inventory, load. What fails is put back where it was. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "robot_impl.h"

void robot_say(struct robot *robot, int level, const char *fmt, ...)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "%s: ", robot->conf->name);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	robot->env->log(robot->env, level, text);
}

static void say(const struct robot_op *op, const char *what, const char *why)
{
	char from[32], to[32];

	robot_say(op->robot, 3, "%s, %s to %s: %s", what, library_place_text(op->leg[0].from, from, sizeof(from)),
		  library_place_text(op->leg[0].to, to, sizeof(to)), why);
}

/* ---- time ---- */

static uint64_t now(const struct robot *robot)
{
	return robot->changer ? robot->env->now_ms(robot->env) : 0;
}

static bool can_give_up(const struct robot_op *op)
{
	return (op->move || op->held || op->asked) &&
	       (op->phase == ROBOT_QUEUED || op->phase == ROBOT_EJECTING || op->phase == ROBOT_LOADING ||
		op->phase == ROBOT_ASKING);
}

static void set_clock(struct robot *robot)
{
	uint64_t at = UINT64_MAX;

	if (!robot->changer)
		return;
	for (const struct robot_op *op = robot->ops; op; op = op->next) {
		if (op->wake && op->wake < at)
			at = op->wake;
		if (can_give_up(op) && op->deadline < at)
			at = op->deadline;
	}
	robot->env->set_timer(robot->env, robot->changer, at);
}

/* ---- steps ---- */

static void pump(struct robot *robot);

/* Tells whoever ordered it how it ended; the operation itself may go on. */
static void answer(struct robot_op *op, enum vtl_move_result result)
{
	struct vtl_move *move = op->move;

	if (op->asked)
		robot_memory_answer(op, result);
	op->move = NULL;
	if (!move)
		return;
	move->result = result;
	move->part = op->part;
	move->done(move);
}

void robot_op_finish(struct robot_op *op, enum vtl_move_result result)
{
	struct robot *robot = op->robot;
	struct robot_op **at;

	for (at = &robot->ops; *at != op; at = &(*at)->next)
		;
	*at = op->next;
	answer(op, result);
	if (op->held)
		op->held(op->arg, false);
	if (op->done)
		op->done(op->arg);
	robot_memory_free(op->memory);
	free(op);
	set_clock(robot);
	pump(robot);
}

static void after_hook(struct robot_op *op, bool ok)
{
	robot_op_finish(op, op->result);
}

static void load_next(struct robot_op *op);

static void load_done(struct vtl_drive_req *request)
{
	load_next(container_of(request, struct robot_op, request));
}

static void open_work(struct media_job *job)
{
	struct robot_op *op = container_of(job, struct robot_op, job);

	op->store = NULL;
	if (library_media_store(op->robot->library, op->cartridge, &op->store, &op->why) != LIBRARY_OK)
		op->store = NULL;
}

static void open_done(struct media_job *job)
{
	struct robot_op *op = container_of(job, struct robot_op, job);
	struct vtl_drive *drive = robot_drive(op->robot, op->loading);

	op->request.done = load_done;
	drive->ops->load(drive, op->store, op->store ? NULL : op->why.text, &op->request);
}

/* The drive of the leg that gets a cartridge: the one that it goes to, or the one that it is put back into. */
static struct library_place load_place(const struct robot_op *op, const struct robot_leg *leg)
{
	static const struct library_place nowhere = { LIBRARY_NOWHERE, 0 };
	bool back = op->kind == ROBOT_MOVE && op->result != VTL_MOVE_OK;

	if (back)
		return leg->ejected ? leg->from : nowhere;
	return leg->to.kind == LIBRARY_DRIVE ? leg->to : nowhere;
}

/* Puts into drives what the inventory has in them, one after the other; then the operation ends with its result. */
static void load_next(struct robot_op *op)
{
	const struct library_cartridge *cartridge = NULL;

	while (op->step < op->legs && !cartridge) {
		op->loading = load_place(op, &op->leg[op->step++]);
		cartridge = library_at(op->robot->library, op->loading);
	}
	if (!cartridge) {
		if (op->kind == ROBOT_MOVE && op->result == VTL_MOVE_OK)
			robot_hook_run(op, ROBOT_AFTER, after_hook);
		else
			robot_op_finish(op, op->result);
		return;
	}
	robot_drive(op->robot, op->loading)->ops->expect(robot_drive(op->robot, op->loading));
	memcpy(op->cartridge, cartridge->id, sizeof(op->cartridge));
	op->job.work = open_work;
	op->job.done = open_done;
	op->robot->env->exec->submit(op->robot->env->exec, &op->job);
}

/* Each phase with drives has the time of its own. */
void robot_op_enter(struct robot_op *op, enum robot_phase phase)
{
	op->phase = phase;
	op->step = 0;
	op->deadline = now(op->robot) + op->robot->conf->drive_timeout * 1000ull;
	set_clock(op->robot);
}

static void load_all(struct robot_op *op, enum vtl_move_result result)
{
	op->result = result;
	robot_op_enter(op, ROBOT_LOADING);
	load_next(op);
}

static void change_done(struct library_move *change)
{
	struct robot_op *op = container_of(change, struct robot_op, change);

	if (change->err != LIBRARY_OK)
		say(op, "the inventory could not be written", change->why.text);
	load_all(op, change->err == LIBRARY_OK ? VTL_MOVE_OK : VTL_MOVE_NOT_DURABLE);
}

static void change_inventory(struct robot_op *op)
{
	op->change.from = op->leg[0].from;
	op->change.to = op->leg[0].to;
	if (op->legs > 1)
		op->change.second = op->leg[1].to;
	op->change.done = change_done;
	robot_op_enter(op, ROBOT_CHANGING);
	library_move(op->robot->library, op->robot->env->exec, &op->change);
}

static void eject_next(struct robot_op *op);

static void eject_done(struct vtl_drive_req *request)
{
	struct robot_op *op = container_of(request, struct robot_op, request);

	if (request->err != MEDIA_OK)
		say(op, "what was written last could not be stored", media_strerror(request->err));
	op->leg[op->step - 1].ejected = true;
	if (op->kind == ROBOT_DISMOUNT) {
		robot_op_finish(op, VTL_MOVE_OK);
	} else if (request->err != MEDIA_OK || !op->move) {
		/* Nobody waits for it any more: it came too late, and goes back. */
		load_all(op, VTL_MOVE_DRIVE_FAILED);
	} else {
		eject_next(op);
	}
}

bool robot_drive_empty(const struct robot *robot, struct library_place place)
{
	const struct vtl_drive *drive = robot_drive(robot, place);

	return !drive || drive->ops->state(drive) == VTL_DRIVE_EMPTY;
}

static void eject_next(struct robot_op *op)
{
	while (op->step < op->legs) {
		struct library_place from = op->leg[op->step++].from;

		if (from.kind != LIBRARY_DRIVE || robot_drive_empty(op->robot, from))
			continue;
		op->part = op->step == 1 ? VTL_PART_SOURCE : VTL_PART_DESTINATION;
		op->request.done = eject_done;
		op->request.err = MEDIA_OK;
		robot_drive(op->robot, from)->ops->eject(robot_drive(op->robot, from), &op->request);
		return;
	}
	change_inventory(op);
}

/* ---- the queue ---- */

/* The arm is there. Things may have changed meanwhile. */
static void arrive(struct robot_op *op)
{
	enum vtl_move_result result = robot_check(op);

	op->wake = 0;
	robot_op_enter(op, ROBOT_EJECTING);
	if (result == VTL_MOVE_OK)
		eject_next(op);
	else
		robot_op_finish(op, result);
}

static void before_hook(struct robot_op *op, bool ok)
{
	unsigned ms = op->robot->conf->move_ms * op->legs;

	if (!ok) {
		op->part = VTL_PART_SOURCE;
		robot_op_finish(op, VTL_MOVE_INTERVENTION);
	} else if (!op->robot->changer || !ms) {
		arrive(op);
	} else {
		op->wake = now(op->robot) + ms;
		set_clock(op->robot);
	}
}

static void begin(struct robot_op *op)
{
	struct robot *robot = op->robot;
	enum vtl_move_result result;

	op->phase = ROBOT_PREPARING;
	if (op->kind == ROBOT_HOLD) {
		void (*held)(void *arg, bool ok) = op->held;

		op->held = NULL;
		held(op->arg, true);
		return;
	}
	if (op->kind == ROBOT_MOUNT) {
		if (robot_drive_empty(robot, op->leg[0].to))
			load_all(op, VTL_MOVE_OK);
		else
			robot_op_finish(op, VTL_MOVE_OK);
		return;
	}
	if (op->kind == ROBOT_DISMOUNT) {
		if (robot_drive_empty(robot, op->leg[0].from))
			robot_op_finish(op, VTL_MOVE_OK);
		else
			eject_next(op);
		return;
	}
	if (op->kind == ROBOT_MEMORY) {
		robot_memory_begin(op);
		return;
	}
	result = robot_check(op);
	if (result != VTL_MOVE_OK)
		robot_op_finish(op, result);
	else
		robot_hook_run(op, ROBOT_BEFORE, before_hook);
}

static bool same(struct library_place a, struct library_place b)
{
	return a.kind == b.kind && a.number == b.number;
}

static bool share(const struct robot_op *a, const struct robot_op *b)
{
	if (a->kind == ROBOT_HOLD || b->kind == ROBOT_HOLD)
		return true;
	for (unsigned i = 0; i < a->legs; i++)
		for (unsigned k = 0; k < b->legs; k++)
			if (same(a->leg[i].from, b->leg[k].from) || same(a->leg[i].from, b->leg[k].to) ||
			    same(a->leg[i].to, b->leg[k].from) || same(a->leg[i].to, b->leg[k].to))
				return true;
	return false;
}

static bool must_wait(const struct robot *robot, const struct robot_op *op)
{
	const struct robot_op *before;

	for (before = robot->ops; before != op; before = before->next)
		if (share(before, op))
			return true;
	return false;
}

/* Starts what may start. Steps that end at once come back here: the outer call does their part. */
static void pump(struct robot *robot)
{
	struct robot_op *op;

	if (robot->pumping)
		return;
	robot->pumping = true;
	for (op = robot->ops; op;) {
		if (op->phase != ROBOT_QUEUED || must_wait(robot, op)) {
			op = op->next;
			continue;
		}
		begin(op);
		op = robot->ops;
	}
	robot->pumping = false;
}

/* A drive that has not answered in time. What waits behind it ends undone; its own move goes on for nobody. */
static void give_up(struct robot_op *op)
{
	enum vtl_move_result result = VTL_MOVE_DRIVE_FAILED;

	if (op->phase == ROBOT_LOADING)
		result = op->result == VTL_MOVE_OK ? VTL_MOVE_LOAD_FAILED : op->result;
	if (op->kind == ROBOT_MOVE)
		say(op, "a drive does not answer", robot_strerror(result));
	if (op->phase == ROBOT_QUEUED)
		robot_op_finish(op, result);
	else
		answer(op, result);
}

void robot_inventory_tick(struct vtl_inventory *inv)
{
	struct robot *robot = robot_of(inv);
	uint64_t at = now(robot);
	struct robot_op *op;

	/* Each step may end operations: begin anew after one. */
	for (op = robot->ops; op;) {
		if (op->wake && op->wake <= at)
			arrive(op);
		else if (can_give_up(op) && op->deadline <= at)
			give_up(op);
		else {
			op = op->next;
			continue;
		}
		op = robot->ops;
	}
	set_clock(robot);
}

struct robot_op *robot_op_new(struct robot *robot, enum robot_kind kind, struct library_place from,
			      struct library_place to)
{
	struct robot_op *op = calloc(1, sizeof(*op));

	if (!op)
		return NULL;
	op->robot = robot;
	op->kind = kind;
	op->leg[0] = (struct robot_leg){ from, to, false };
	op->legs = 1;
	op->deadline = UINT64_MAX;
	return op;
}

void robot_op_submit(struct robot_op *op)
{
	struct robot *robot = op->robot;
	struct robot_op **end;

	for (end = &robot->ops; *end; end = &(*end)->next)
		;
	*end = op;
	/* Whatever it waits for ends in this time, or does not end at all. */
	if (op->move || op->held || op->asked)
		op->deadline = now(robot) + robot->conf->drive_timeout * 1000ull + 2ull * robot->conf->move_ms;
	set_clock(robot);
	pump(robot);
}

/* A move, or with `second` (not LIBRARY_NOWHERE) an exchange. */
static void submit_move(struct robot *robot, struct library_place from, struct library_place to,
			struct library_place second, struct vtl_move *move)
{
	struct robot_op *op = robot_op_new(robot, ROBOT_MOVE, from, to);

	if (!op) {
		move->result = VTL_MOVE_NOT_DURABLE;
		move->part = VTL_PART_SOURCE;
		move->done(move);
		return;
	}
	if (second.kind != LIBRARY_NOWHERE)
		op->leg[op->legs++] = (struct robot_leg){ to, second, false };
	op->move = move;
	robot_op_submit(op);
}

void robot_carry(struct robot *robot, struct library_place from, struct library_place to, struct vtl_move *move)
{
	submit_move(robot, from, to, (struct library_place){ LIBRARY_NOWHERE, 0 }, move);
}

void robot_inventory_move(struct vtl_inventory *inv, struct vtl_move *move)
{
	struct robot *robot = robot_of(inv);

	submit_move(robot, robot_place(robot, move->source), robot_place(robot, move->destination),
		    robot_place(robot, move->second), move);
}

void robot_mount(struct robot *robot, unsigned drive)
{
	struct library_place place = { LIBRARY_DRIVE, drive };
	struct robot_op *op = robot_op_new(robot, ROBOT_MOUNT, place, place);

	if (op)
		robot_op_submit(op);
	else
		robot_say(robot, 3, "no memory to load a drive");
}

void robot_dismount(struct robot *robot, unsigned drive, void (*done)(void *arg), void *arg)
{
	struct library_place place = { LIBRARY_DRIVE, drive };
	struct robot_op *op = robot_op_new(robot, ROBOT_DISMOUNT, place, place);

	if (!op) {
		robot_say(robot, 3, "no memory to unload a drive");
		done(arg);
		return;
	}
	op->done = done;
	op->arg = arg;
	robot_op_submit(op);
}

void robot_hold(struct robot *robot, void (*held)(void *arg, bool ok), void *arg)
{
	struct library_place nowhere = { LIBRARY_NOWHERE, 0 };
	struct robot_op *op = robot_op_new(robot, ROBOT_HOLD, nowhere, nowhere);

	if (!op) {
		held(arg, false);
		return;
	}
	op->held = held;
	op->arg = arg;
	robot_op_submit(op);
}

/* The one that holds is the first: it waited for all before it. */
void robot_resume(struct robot *robot)
{
	robot_op_finish(robot->ops, VTL_MOVE_OK);
}

bool robot_idle(const struct robot *robot)
{
	return !robot->ops;
}

const char *robot_strerror(enum vtl_move_result result)
{
	static const char *const text[VTL_MOVE_RESULTS] = {
		[VTL_MOVE_OK] = "done",
		[VTL_MOVE_SOURCE_EMPTY] = "there is no cartridge",
		[VTL_MOVE_DESTINATION_FULL] = "the destination is full",
		[VTL_MOVE_NO_ELEMENT] = "the library has no such place",
		[VTL_MOVE_PREVENTED] = "an initiator prevents the removal",
		[VTL_MOVE_DRIVE_PREVENTED] = "an initiator of the drive prevents the removal",
		[VTL_MOVE_INCOMPATIBLE] = "the drive does not take such a cartridge",
		[VTL_MOVE_CLEANING] = "the drive does not take such a cleaning cartridge",
		[VTL_MOVE_STATION_OPEN] = "the import/export station is open",
		[VTL_MOVE_MAGAZINE_OUT] = "the magazine is not in the library",
		[VTL_MOVE_DISABLED] = "the element is disabled",
		[VTL_MOVE_DRIVE_OUT] = "the drive is not in the library",
		[VTL_MOVE_NOT_DURABLE] = "the inventory could not be written; nothing has moved",
		[VTL_MOVE_DRIVE_FAILED] =
			"the drive does not give the cartridge up, or could not store what was written last; "
			"it is still in it",
		[VTL_MOVE_LOAD_FAILED] = "the cartridge is in the drive, which does not answer",
		[VTL_MOVE_INTERVENTION] = "the program that runs before a move refused it",
	};

	return text[result];
}

struct vtl_inventory *robot_inventory(struct robot *robot)
{
	return &robot->inventory;
}

struct robot *robot_new(struct library *library, struct vtl_env *env, struct vtl_drive *const *drives)
{
	struct robot *robot = calloc(1, sizeof(*robot));

	if (!robot)
		return NULL;
	robot->inventory.ops = &robot_inventory_ops;
	robot->library = library;
	robot->conf = library_conf(library);
	robot->env = env;
	robot->drives = drives;
	return robot;
}

void robot_set_changer(struct robot *robot, struct vtl_dev *changer)
{
	robot->changer = changer;
}

void robot_set_drives(struct robot *robot, struct vtl_drive *const *drives)
{
	robot->drives = drives;
}

void robot_free(struct robot *robot)
{
	free(robot);
}
