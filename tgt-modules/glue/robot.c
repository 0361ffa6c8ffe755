/* SPDX-License-Identifier: GPL-2.0-only */
/* Moves as chains of steps: eject, a durable change of the inventory, load. What fails is put back where it was. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "robot.h"

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

enum robot_kind { ROBOT_MOVE, ROBOT_MOUNT, ROBOT_DISMOUNT };

/* One thing that the robot does. Those that share no place go on side by side; others wait for those before them. */
struct robot_op {
	struct robot *robot;
	struct robot_op *next;
	enum robot_kind kind;
	bool started;
	struct library_place from, to;		/* both the drive's for mount and dismount */
	enum vtl_move_result result;
	struct vtl_move *move;			/* ROBOT_MOVE */
	void (*done)(void *arg);		/* ROBOT_DISMOUNT */
	void *arg;

	struct library_move change;
	struct vtl_drive_req request;
	unsigned loading;			/* drive that is about to get a cartridge */
	char cartridge[MEDIA_MAX_BARCODE + 8];	/* and which */
	struct media_job open;
	struct media_store *store;
	struct why why;
};

struct robot {
	struct vtl_inventory inventory;
	struct library *library;
	const struct library_conf *conf;
	struct vtl_env *env;
	struct vtl_drive *const *drives;
	struct robot_op *ops;			/* in order */
	bool pumping;
};

static struct robot *robot_of(const struct vtl_inventory *inv)
{
	return container_of(inv, struct robot, inventory);
}

static void say(struct robot *robot, const char *what, const struct robot_op *op, const char *why)
{
	char text[1024], from[32], to[32];

	snprintf(text, sizeof(text), "%s: %s, %s to %s: %s", robot->conf->name, what,
		 library_place_text(op->from, from, sizeof(from)), library_place_text(op->to, to, sizeof(to)), why);
	robot->env->log(robot->env, 3, text);
}

/* ---- places and addresses ---- */

/* Storage, import/export and transport elements lie in a row each; a drive has an address of its own. */
struct run {
	enum library_place_kind place;
	enum vtl_element_type type;
	uint16_t start;
	unsigned count;
};

#define RUNS 4

static void robot_runs(const struct robot *robot, struct run run[RUNS])
{
	const struct library_conf *conf = robot->conf;

	run[0] = (struct run){ LIBRARY_TRANSPORT, VTL_TRANSPORT, conf->transport_start, 1 };
	run[1] = (struct run){ LIBRARY_SLOT, VTL_STORAGE, conf->storage_start, conf->slots };
	run[2] = (struct run){ LIBRARY_IO, VTL_IMPORT_EXPORT, conf->import_export_start, conf->import_exports };
	run[3] = (struct run){ LIBRARY_DRIVE, VTL_DRIVE, conf->drive_start, conf->drives };
}

uint16_t robot_address(const struct robot *robot, struct library_place place)
{
	struct run run[RUNS];
	unsigned i;

	if (!place.number)
		return VTL_NO_ADDRESS;
	if (place.kind == LIBRARY_DRIVE)
		return place.number <= robot->conf->drives ? robot->conf->drive[place.number - 1].address :
							     VTL_NO_ADDRESS;
	robot_runs(robot, run);
	for (i = 0; i < RUNS; i++)
		if (run[i].place == place.kind && place.number <= run[i].count)
			return (uint16_t)(run[i].start + place.number - 1);
	return VTL_NO_ADDRESS;
}

struct library_place robot_place(const struct robot *robot, uint16_t address)
{
	struct run run[RUNS];
	unsigned i;

	for (i = 0; i < robot->conf->drives; i++)
		if (robot->conf->drive[i].address == address)
			return (struct library_place){ LIBRARY_DRIVE, i + 1 };
	robot_runs(robot, run);
	for (i = 0; i < RUNS; i++)
		if (run[i].place != LIBRARY_DRIVE && address >= run[i].start && address < run[i].start + run[i].count)
			return (struct library_place){ run[i].place, address - run[i].start + 1u };
	return (struct library_place){ LIBRARY_NOWHERE, 0 };
}

/* ---- core's inventory port ---- */

static unsigned inventory_count(const struct vtl_inventory *inv, enum vtl_element_type type)
{
	struct run run[RUNS];
	unsigned i, count = 0;

	robot_runs(robot_of(inv), run);
	for (i = 0; i < RUNS; i++)
		if (type == VTL_ANY || type == run[i].type)
			count += run[i].count;
	return count;
}

static uint16_t inventory_first(const struct vtl_inventory *inv, enum vtl_element_type type)
{
	struct run run[RUNS];
	uint16_t first = VTL_NO_ADDRESS;
	unsigned i;

	robot_runs(robot_of(inv), run);
	for (i = 0; i < RUNS; i++)
		if ((type == VTL_ANY || type == run[i].type) && run[i].count && run[i].start < first)
			first = run[i].start;
	return first;
}

static enum vtl_element_type type_of(enum library_place_kind kind)
{
	static const enum vtl_element_type type[] = {
		[LIBRARY_SLOT] = VTL_STORAGE,
		[LIBRARY_DRIVE] = VTL_DRIVE,
		[LIBRARY_IO] = VTL_IMPORT_EXPORT,
		[LIBRARY_TRANSPORT] = VTL_TRANSPORT,
		[LIBRARY_SHELF] = VTL_ANY,
	};

	return type[kind];
}

static bool inventory_get(const struct vtl_inventory *inv, uint16_t address, struct vtl_element *element)
{
	struct robot *robot = robot_of(inv);
	struct library_place place = robot_place(robot, address);
	const struct library_cartridge *cartridge;

	if (place.kind == LIBRARY_NOWHERE)
		return false;
	memset(element, 0, sizeof(*element));
	element->type = type_of(place.kind);
	element->address = address;
	element->number = place.number;
	element->source = VTL_NO_ADDRESS;
	if (place.kind == LIBRARY_DRIVE)
		element->drive = robot->drives[place.number - 1];
	cartridge = library_at(robot->library, place);
	if (!cartridge)
		return true;
	element->full = true;
	element->operator_placed = cartridge->operator_placed;
	memcpy(element->barcode, cartridge->barcode, sizeof(element->barcode));
	element->kind = cartridge->kind;
	if (cartridge->source.kind == LIBRARY_SLOT)
		element->source = robot_address(robot, cartridge->source);
	return true;
}

/* ---- steps ---- */

static void pump(struct robot *robot);

static void finish(struct robot_op *op, enum vtl_move_result result)
{
	struct robot *robot = op->robot;
	struct robot_op **at;

	for (at = &robot->ops; *at != op; at = &(*at)->next)
		;
	*at = op->next;
	if (op->move) {
		op->move->result = result;
		op->move->done(op->move);
	} else if (op->done) {
		op->done(op->arg);
	}
	free(op);
	pump(robot);
}

static void load_done(struct vtl_drive_req *request)
{
	struct robot_op *op = container_of(request, struct robot_op, request);

	finish(op, op->result);
}

static void open_work(struct media_job *job)
{
	struct robot_op *op = container_of(job, struct robot_op, open);

	op->store = NULL;
	if (library_media_store(op->robot->library, op->cartridge, &op->store, &op->why) != LIBRARY_OK)
		op->store = NULL;
}

static void open_done(struct media_job *job)
{
	struct robot_op *op = container_of(job, struct robot_op, open);
	struct vtl_drive *drive = op->robot->drives[op->loading - 1];

	op->request.done = load_done;
	drive->ops->load(drive, op->store, op->store ? NULL : op->why.text, &op->request);
}

/* Puts the cartridge that the inventory has in that drive into it; then the operation ends with `result`. */
static void load_into(struct robot_op *op, struct library_place place, enum vtl_move_result result)
{
	const struct library_cartridge *cartridge = library_at(op->robot->library, place);

	op->result = result;
	if (!cartridge) {
		finish(op, result);
		return;
	}
	op->loading = place.number;
	op->robot->drives[place.number - 1]->ops->expect(op->robot->drives[place.number - 1]);
	memcpy(op->cartridge, cartridge->id, sizeof(op->cartridge));
	op->open.work = open_work;
	op->open.done = open_done;
	op->robot->env->exec->submit(op->robot->env->exec, &op->open);
}

static void change_done(struct library_move *change)
{
	struct robot_op *op = container_of(change, struct robot_op, change);

	if (change->err != LIBRARY_OK) {
		say(op->robot, "the inventory could not be written", op, change->why.text);
		if (op->from.kind == LIBRARY_DRIVE)
			load_into(op, op->from, VTL_MOVE_NOT_DURABLE);
		else
			finish(op, VTL_MOVE_NOT_DURABLE);
	} else if (op->to.kind == LIBRARY_DRIVE) {
		load_into(op, op->to, VTL_MOVE_OK);
	} else {
		finish(op, VTL_MOVE_OK);
	}
}

static void change_inventory(struct robot_op *op)
{
	op->change.from = op->from;
	op->change.to = op->to;
	op->change.done = change_done;
	library_move(op->robot->library, op->robot->env->exec, &op->change);
}

static void eject_done(struct vtl_drive_req *request)
{
	struct robot_op *op = container_of(request, struct robot_op, request);

	if (request->err != MEDIA_OK)
		say(op->robot, "what was written last could not be stored", op, media_strerror(request->err));
	if (op->kind == ROBOT_DISMOUNT)
		finish(op, VTL_MOVE_OK);
	else if (request->err != MEDIA_OK)
		load_into(op, op->from, VTL_MOVE_DRIVE_FAILED);
	else
		change_inventory(op);
}

static void eject(struct robot_op *op)
{
	struct vtl_drive *drive = op->robot->drives[op->from.number - 1];

	op->request.done = eject_done;
	op->request.err = MEDIA_OK;
	drive->ops->eject(drive, &op->request);
}

/* Why a move cannot be, as things are now. */
static enum vtl_move_result move_check(const struct robot_op *op)
{
	struct robot *robot = op->robot;
	const struct library_cartridge *cartridge;
	const struct vtl_drive *drive;

	if (robot_address(robot, op->from) == VTL_NO_ADDRESS ||
	    (robot_address(robot, op->to) == VTL_NO_ADDRESS && op->to.kind != LIBRARY_SHELF))
		return VTL_MOVE_NO_ELEMENT;
	cartridge = library_at(robot->library, op->from);
	if (!cartridge)
		return VTL_MOVE_SOURCE_EMPTY;
	if (library_at(robot->library, op->to))
		return VTL_MOVE_DESTINATION_FULL;
	if (op->from.kind == LIBRARY_DRIVE) {
		drive = robot->drives[op->from.number - 1];
		if (drive->ops->removal_prevented(drive))
			return VTL_MOVE_PREVENTED;
	}
	if (op->to.kind == LIBRARY_DRIVE && vtl_drive_access(robot->conf->drive[op->to.number - 1].model,
							     cartridge->form, cartridge->kind) == VTL_ACCESS_NONE)
		return VTL_MOVE_INCOMPATIBLE;
	return VTL_MOVE_OK;
}

static bool drive_empty(const struct robot_op *op)
{
	const struct vtl_drive *drive = op->robot->drives[op->from.number - 1];

	return drive->ops->state(drive) == VTL_DRIVE_EMPTY;
}

static void begin(struct robot_op *op)
{
	enum vtl_move_result result;

	op->started = true;
	if (op->kind == ROBOT_MOUNT) {
		if (drive_empty(op))
			load_into(op, op->to, VTL_MOVE_OK);
		else
			finish(op, VTL_MOVE_OK);
		return;
	}
	if (op->kind == ROBOT_DISMOUNT) {
		if (drive_empty(op))
			finish(op, VTL_MOVE_OK);
		else
			eject(op);
		return;
	}
	result = move_check(op);
	if (result != VTL_MOVE_OK)
		finish(op, result);
	else if (op->from.kind == LIBRARY_DRIVE && !drive_empty(op))
		eject(op);
	else
		change_inventory(op);
}

static bool same(struct library_place a, struct library_place b)
{
	return a.kind == b.kind && a.number == b.number;
}

static bool must_wait(const struct robot *robot, const struct robot_op *op)
{
	const struct robot_op *before;

	for (before = robot->ops; before != op; before = before->next)
		if (same(before->from, op->from) || same(before->from, op->to) || same(before->to, op->from) ||
		    same(before->to, op->to))
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
		if (op->started || must_wait(robot, op)) {
			op = op->next;
			continue;
		}
		begin(op);
		op = robot->ops;
	}
	robot->pumping = false;
}

static struct robot_op *op_new(struct robot *robot, enum robot_kind kind, struct library_place from,
			       struct library_place to)
{
	struct robot_op *op = calloc(1, sizeof(*op));

	if (!op)
		return NULL;
	op->robot = robot;
	op->kind = kind;
	op->from = from;
	op->to = to;
	return op;
}

static void op_submit(struct robot_op *op)
{
	struct robot_op **end;

	for (end = &op->robot->ops; *end; end = &(*end)->next)
		;
	*end = op;
	pump(op->robot);
}

void robot_carry(struct robot *robot, struct library_place from, struct library_place to, struct vtl_move *move)
{
	struct robot_op *op = op_new(robot, ROBOT_MOVE, from, to);

	if (!op) {
		move->result = VTL_MOVE_NOT_DURABLE;
		move->done(move);
		return;
	}
	op->move = move;
	op_submit(op);
}

static void inventory_move(struct vtl_inventory *inv, struct vtl_move *move)
{
	struct robot *robot = robot_of(inv);

	robot_carry(robot, robot_place(robot, move->source), robot_place(robot, move->destination), move);
}

void robot_mount(struct robot *robot, unsigned drive)
{
	struct library_place place = { LIBRARY_DRIVE, drive };
	struct robot_op *op = op_new(robot, ROBOT_MOUNT, place, place);

	if (op)
		op_submit(op);
	else
		robot->env->log(robot->env, 3, "no memory to load a drive");
}

void robot_dismount(struct robot *robot, unsigned drive, void (*done)(void *arg), void *arg)
{
	struct library_place place = { LIBRARY_DRIVE, drive };
	struct robot_op *op = op_new(robot, ROBOT_DISMOUNT, place, place);

	if (!op) {
		robot->env->log(robot->env, 3, "no memory to unload a drive");
		done(arg);
		return;
	}
	op->done = done;
	op->arg = arg;
	op_submit(op);
}

bool robot_idle(const struct robot *robot)
{
	return !robot->ops;
}

const char *robot_strerror(enum vtl_move_result result)
{
	static const char *const text[] = {
		[VTL_MOVE_OK] = "done",
		[VTL_MOVE_SOURCE_EMPTY] = "there is no cartridge",
		[VTL_MOVE_DESTINATION_FULL] = "the destination is full",
		[VTL_MOVE_NO_ELEMENT] = "the library has no such place",
		[VTL_MOVE_PREVENTED] = "an initiator prevents the removal",
		[VTL_MOVE_INCOMPATIBLE] = "the drive does not take such a cartridge",
		[VTL_MOVE_NOT_DURABLE] = "the inventory could not be written; nothing has moved",
		[VTL_MOVE_DRIVE_FAILED] =
			"the drive could not store what was written last; the cartridge is still in it",
	};

	return text[result];
}

struct vtl_inventory *robot_inventory(struct robot *robot)
{
	return &robot->inventory;
}

struct robot *robot_new(struct library *library, struct vtl_env *env, struct vtl_drive *const *drives)
{
	static const struct vtl_inventory_ops ops = {
		.count = inventory_count,
		.first = inventory_first,
		.get = inventory_get,
		.move = inventory_move,
	};
	struct robot *robot = calloc(1, sizeof(*robot));

	if (!robot)
		return NULL;
	robot->inventory.ops = &ops;
	robot->library = library;
	robot->conf = library_conf(library);
	robot->env = env;
	robot->drives = drives;
	return robot;
}

void robot_free(struct robot *robot)
{
	free(robot);
}
