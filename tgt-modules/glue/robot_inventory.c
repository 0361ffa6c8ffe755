/* SPDX-License-Identifier: GPL-2.0-only */
/* core's inventory port: places as element addresses, what is in them, volume tags, and the doors of stations. */
#include <stdlib.h>
#include <string.h>

#include "changer.h"
#include "robot_impl.h"

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

	robot_runs(robot, run);
	for (i = 0; i < RUNS; i++)
		if (run[i].place != LIBRARY_DRIVE && address >= run[i].start && address < run[i].start + run[i].count)
			return (struct library_place){ run[i].place, address - run[i].start + 1u };
	for (i = 0; i < robot->conf->drives; i++)
		if (robot->conf->drive[i].address == address)
			return (struct library_place){ LIBRARY_DRIVE, i + 1 };
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

enum vtl_hindrance robot_hindrance(const struct robot *robot, struct library_place place)
{
	uint8_t state = library_place_state(robot->library, place);

	if (place.kind == LIBRARY_DRIVE && !robot->drives[place.number - 1])
		return VTL_DRIVE_OUT;
	if (state & LIBRARY_PLACE_OUT)
		return place.kind == LIBRARY_DRIVE ? VTL_DRIVE_OUT : VTL_MAGAZINE_OUT;
	if (state & LIBRARY_PLACE_DISABLED)
		return VTL_ELEMENT_DISABLED;
	if (!(state & LIBRARY_PLACE_OPEN))
		return VTL_REACHABLE;
	return place.kind == LIBRARY_IO ? VTL_STATION_OPEN : VTL_MAGAZINE_OUT; /* unlocked, it may be gone any moment */
}

/* A barcode that begins so stands for none: the cartridge has a name, and no label that the robot could read. */
#define NO_LABEL "NOBAR"

static void fill_tags(const struct library_cartridge *cartridge, struct vtl_element *element)
{
	if (strncmp(cartridge->barcode, NO_LABEL, strlen(NO_LABEL)))
		strcpy(element->tag[VTL_TAG_PRIMARY].text, cartridge->barcode);
	for (unsigned i = 0; i < VTL_TAGS; i++) {
		if (!cartridge->tag[i].set)
			continue;
		memcpy(element->tag[i].text, cartridge->tag[i].text, sizeof(element->tag[i].text));
		element->tag[i].sequence = cartridge->tag[i].sequence;
	}
}

/* What some libraries tell of cartridges and drives, beside what all do. A robot reads it from the label. */
static void fill_domains(struct robot *robot, const struct library_cartridge *cartridge, struct library_place place,
			 struct vtl_element *element)
{
	const struct vtl_medium_model *m = robot->known;
	const struct vtl_model_bytes *transport;

	if (place.kind == LIBRARY_DRIVE) {
		transport = &robot->conf->drive[place.number - 1].model->transport;
		if (transport->len == sizeof(element->transport))
			memcpy(element->transport, transport->data, sizeof(element->transport));
	}
	if (!cartridge || !strncmp(cartridge->barcode, NO_LABEL, strlen(NO_LABEL)))
		return;
	if (!m || strcmp(m->name, cartridge->form))
		robot->known = m = vtl_models_medium(library_models(robot->library), cartridge->form);
	if (m)
		memcpy(element->label,
		       cartridge->kind == MEDIA_CLEANING ? m->cleaning_suffix :
		       cartridge->kind == MEDIA_WORM_DATA ? m->worm_suffix : m->suffix[0], sizeof(element->label));
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
	element->hindrance = robot_hindrance(robot, place);
	if (place.kind == LIBRARY_DRIVE)
		element->drive = robot->drives[place.number - 1];
	cartridge = library_at(robot->library, place);
	if (robot->conf->model->media_domain)
		fill_domains(robot, cartridge, place, element);
	if (!cartridge)
		return true;
	element->full = true;
	element->operator_placed = cartridge->operator_placed;
	fill_tags(cartridge, element);
	element->kind = cartridge->kind;
	if (cartridge->source.kind == LIBRARY_SLOT)
		element->source = robot_address(robot, cartridge->source);
	return true;
}

/* A change of what the inventory knows, on its way to the disk. */
struct inventory_request {
	struct robot *robot;
	struct vtl_inventory_change *change;
	struct library_move move;
};

static void request_done(struct library_move *move)
{
	struct inventory_request *request = container_of(move, struct inventory_request, move);
	struct vtl_inventory_change *change = request->change;

	if (move->err == LIBRARY_OK)
		change->result = VTL_MOVE_OK;
	else if (move->err == LIBRARY_NOT_FOUND)
		change->result = VTL_MOVE_SOURCE_EMPTY;
	else
		change->result = VTL_MOVE_NOT_DURABLE;
	if (change->result == VTL_MOVE_NOT_DURABLE)
		robot_say(request->robot, 3, "the inventory could not be written: %s", move->why.text);
	/* Whoever closes a station may have been at it. */
	if (change->result == VTL_MOVE_OK && move->change == LIBRARY_CHANGE_STATE &&
	    !(move->state & LIBRARY_PLACE_OPEN) && request->robot->changer)
		vtl_changer_event(request->robot->changer, VTL_EVENT_IMPORT_EXPORT, change->cause);
	free(request);
	change->done(change);
}

/* NULL after change->done(). */
static struct inventory_request *request_new(struct vtl_inventory *inv, struct vtl_inventory_change *change)
{
	struct robot *robot = robot_of(inv);
	struct library_place place = robot_place(robot, change->address);
	struct inventory_request *request = place.kind == LIBRARY_NOWHERE ? NULL : calloc(1, sizeof(*request));

	if (!request) {
		change->result = place.kind == LIBRARY_NOWHERE ? VTL_MOVE_NO_ELEMENT : VTL_MOVE_NOT_DURABLE;
		change->done(change);
		return NULL;
	}
	request->robot = robot;
	request->change = change;
	request->move.from = place;
	request->move.done = request_done;
	return request;
}

static void inventory_set_tag(struct vtl_inventory *inv, struct vtl_inventory_change *change, enum vtl_tag which,
			      const struct vtl_volume_tag *tag)
{
	struct inventory_request *request = request_new(inv, change);

	if (!request)
		return;
	request->move.change = LIBRARY_CHANGE_TAG;
	request->move.which = which == VTL_TAG_PRIMARY ? LIBRARY_TAG_PRIMARY : LIBRARY_TAG_ALTERNATE;
	request->move.tag.set = which == VTL_TAG_PRIMARY || tag->text[0];
	request->move.tag.sequence = tag->sequence;
	memcpy(request->move.tag.text, tag->text, sizeof(request->move.tag.text));
	library_move(request->robot->library, request->robot->env->exec, &request->move);
}

static void inventory_set_open(struct vtl_inventory *inv, struct vtl_inventory_change *change, bool open)
{
	struct inventory_request *request = request_new(inv, change);
	struct library_bay bay;

	if (!request)
		return;
	if (!library_bay_of(request->robot->conf, request->move.from, &bay)) {
		free(request);
		change->result = VTL_MOVE_NO_ELEMENT;
		change->done(change);
		return;
	}
	request->move.change = LIBRARY_CHANGE_STATE;
	request->move.from = bay.first;
	request->move.count = bay.count;
	request->move.keep = (uint8_t)~LIBRARY_PLACE_OPEN;
	request->move.state = open ? LIBRARY_PLACE_OPEN : 0;
	library_move(request->robot->library, request->robot->env->exec, &request->move);
}

static bool inventory_has_alternates(const struct vtl_inventory *inv)
{
	return library_has_alternates(robot_of(inv)->library);
}

const struct vtl_inventory_ops robot_inventory_ops = {
	.count = inventory_count,
	.first = inventory_first,
	.get = inventory_get,
	.move = robot_inventory_move,
	.set_tag = inventory_set_tag,
	.set_open = inventory_set_open,
	.memory = robot_inventory_memory,
	.has_alternates = inventory_has_alternates,
	.tick = robot_inventory_tick,
};
