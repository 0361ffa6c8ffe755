/* SPDX-License-Identifier: GPL-2.0-only */
/* What a changer asks of a cartridge's memory: of the drive that has it, or of the cartridge, as work of the robot. */
#include <stdlib.h>
#include <string.h>

#include "robot_impl.h"

/* Its own of everything: whoever asked may be told before a drive answers that it does not. */
struct robot_memory {
	struct robot_op *op;
	struct vtl_memory_request request;
	struct vtl_memory_visit visit;
	char cartridge[MEDIA_MAX_BARCODE + 8];
	struct media_job job;
	struct media_store *store;
	struct why why;
	uint8_t data[];
};

void robot_memory_free(struct robot_memory *memory)
{
	free(memory);
}

void robot_memory_answer(struct robot_op *op, enum vtl_move_result result)
{
	const struct vtl_memory_request *from = &op->memory->request;
	struct vtl_inventory_memory *asked = op->asked;
	struct vtl_memory_request *to = &asked->request;

	op->asked = NULL;
	asked->result = result;
	if (result == VTL_MOVE_OK) {
		to->used = from->used;
		to->sense = from->sense;
		to->extra = from->extra;
		if (!to->write && from->used)
			memcpy(to->data, from->data, from->used);
	}
	asked->done(asked);
}

static void drive_done(struct vtl_memory_request *request)
{
	robot_op_finish(container_of(request, struct robot_memory, request)->op, VTL_MOVE_OK);
}

static void visit_done(struct vtl_memory_visit *visit)
{
	struct robot_memory *memory = container_of(visit, struct robot_memory, visit);

	if (visit->err)
		robot_say(memory->op->robot, 4, "the memory of cartridge %s cannot be asked: %s", memory->cartridge,
			  visit->why.text);
	robot_op_finish(memory->op, VTL_MOVE_OK);
}

static void open_work(struct media_job *job)
{
	struct robot_memory *memory = container_of(job, struct robot_memory, job);

	memory->store = NULL;
	if (library_media_store(memory->op->robot->library, memory->cartridge, &memory->store, &memory->why))
		memory->store = NULL;
}

static void open_done(struct media_job *job)
{
	struct robot_memory *memory = container_of(job, struct robot_memory, job);
	struct robot *robot = memory->op->robot;

	if (!memory->store) {
		robot_say(robot, 4, "the memory of cartridge %s cannot be asked: %s", memory->cartridge,
			  memory->why.text);
		memory->request.sense = SENSE_MEMORY_NOT_ACCESSIBLE;
		robot_op_finish(memory->op, VTL_MOVE_OK);
		return;
	}
	memory->visit = (struct vtl_memory_visit){
		.env = robot->env, .models = library_models(robot->library), .store = memory->store, .destroys = true,
		.owner = robot->conf->name, .request = &memory->request, .done = visit_done,
	};
	vtl_memory_visit(&memory->visit);
}

void robot_memory_begin(struct robot_op *op)
{
	struct robot *robot = op->robot;
	struct library_place place = op->leg[0].from;
	enum vtl_move_result result = vtl_move_hindered(robot_hindrance(robot, place));
	const struct library_cartridge *cartridge = library_at(robot->library, place);
	struct robot_memory *memory = op->memory;

	if (result == VTL_MOVE_OK && !cartridge)
		result = VTL_MOVE_SOURCE_EMPTY;
	if (result != VTL_MOVE_OK) {
		robot_op_finish(op, result);
		return;
	}
	if (place.kind == LIBRARY_DRIVE && !robot_drive_empty(robot, place)) {
		robot_op_enter(op, ROBOT_ASKING);
		memory->request.done = drive_done;
		robot_drive(robot, place)->ops->memory(robot_drive(robot, place), &memory->request);
		return;
	}
	memcpy(memory->cartridge, cartridge->id, sizeof(memory->cartridge));
	memory->job.work = open_work;
	memory->job.done = open_done;
	robot->env->exec->submit(robot->env->exec, &memory->job);
}

void robot_inventory_memory(struct vtl_inventory *inv, struct vtl_inventory_memory *asked)
{
	struct robot *robot = robot_of(inv);
	struct library_place place = robot_place(robot, asked->address);
	const struct vtl_memory_request *request = &asked->request;
	struct robot_op *op = NULL;

	if (place.kind != LIBRARY_NOWHERE)
		op = robot_op_new(robot, ROBOT_MEMORY, place, place);
	if (op)
		op->memory = calloc(1, sizeof(*op->memory) + request->len);
	if (!op || !op->memory) {
		free(op);
		asked->result = place.kind == LIBRARY_NOWHERE ? VTL_MOVE_NO_ELEMENT : VTL_MOVE_NOT_DURABLE;
		asked->done(asked);
		return;
	}
	op->asked = asked;
	op->memory->op = op;
	op->memory->request = (struct vtl_memory_request){
		.write = request->write, .data = op->memory->data, .len = request->len,
	};
	memcpy(op->memory->request.cdb, request->cdb, sizeof(request->cdb));
	if (request->write && request->len)
		memcpy(op->memory->data, request->data, request->len);
	robot_op_submit(op);
}
