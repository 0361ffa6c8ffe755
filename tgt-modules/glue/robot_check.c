/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a move can be, as things are now: what the robot gets at, what is full or empty, what a drive takes. */
#include "robot_impl.h"

/* Whether the robot gets at a place, and whatever else does not depend on what else moves. */
static enum vtl_move_result place_check(const struct robot *robot, struct library_place place)
{
	if (place.kind == LIBRARY_SHELF)
		return VTL_MOVE_OK;
	if (robot_address(robot, place) == VTL_NO_ADDRESS)
		return VTL_MOVE_NO_ELEMENT;
	return vtl_move_hindered(robot_hindrance(robot, place));
}

static enum vtl_move_result source_check(const struct robot *robot, struct library_place from)
{
	enum vtl_move_result result = from.kind == LIBRARY_SHELF ? VTL_MOVE_NO_ELEMENT : place_check(robot, from);

	if (result != VTL_MOVE_OK)
		return result;
	if (!library_at(robot->library, from))
		return VTL_MOVE_SOURCE_EMPTY;
	if (from.kind == LIBRARY_DRIVE && robot_drive(robot, from)->ops->removal_prevented(robot_drive(robot, from)))
		return VTL_MOVE_DRIVE_PREVENTED;
	return VTL_MOVE_OK;
}

/* `leaves`: a place that this operation empties, so that it may be full now. */
static enum vtl_move_result destination_check(const struct robot *robot, const struct robot_leg *leg,
					      const struct library_place *leaves)
{
	const struct library_cartridge *cartridge = library_at(robot->library, leg->from);
	enum vtl_move_result result = place_check(robot, leg->to);
	const struct vtl_drive_model *model;

	if (result != VTL_MOVE_OK)
		return result;
	if (library_at(robot->library, leg->to) &&
	    (!leaves || leaves->kind != leg->to.kind || leaves->number != leg->to.number))
		return VTL_MOVE_DESTINATION_FULL;
	if (leg->to.kind != LIBRARY_DRIVE)
		return VTL_MOVE_OK;
	model = robot->conf->drive[leg->to.number - 1].model;
	if (vtl_drive_access(model, cartridge->form, cartridge->kind) != VTL_ACCESS_NONE)
		return VTL_MOVE_OK;
	return cartridge->kind == MEDIA_CLEANING ? VTL_MOVE_CLEANING : VTL_MOVE_INCOMPATIBLE;
}

enum vtl_move_result robot_check(struct robot_op *op)
{
	static const enum vtl_move_part from_part[] = { VTL_PART_SOURCE, VTL_PART_DESTINATION };
	static const enum vtl_move_part to_part[] = { VTL_PART_DESTINATION, VTL_PART_SECOND };
	enum vtl_move_result result = VTL_MOVE_OK;

	for (unsigned i = 0; result == VTL_MOVE_OK && i < op->legs; i++) {
		op->part = from_part[i];
		result = source_check(op->robot, op->leg[i].from);
	}
	for (unsigned i = 0; result == VTL_MOVE_OK && i < op->legs; i++) {
		op->part = to_part[i];
		result = destination_check(op->robot, &op->leg[i], op->legs > 1 ? &op->leg[1 - i].from : NULL);
	}
	return result;
}
