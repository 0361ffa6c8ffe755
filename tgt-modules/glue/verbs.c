/* SPDX-License-Identifier: GPL-2.0-only */
/* The verbs, one row each, and those that move cartridges or show what there is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "changer.h"
#include "json.h"
#include "verbs_impl.h"

/* ---- parameters ---- */

const char *verb_text(const struct verb_call *call, const char *key)
{
	return json_string_value(json_object_get(call->params, key));
}

/* By directory, or by name where only one has it. */
static struct serve_library *find_library(const struct verb_call *call, const char *name)
{
	struct serve_library *sl, *found = NULL;
	const struct library_conf *conf;

	for (sl = serve_next(call->serve, NULL); sl; sl = serve_next(call->serve, sl)) {
		conf = library_conf(serve_library(sl));
		if (!strcmp(conf->dir, name))
			return sl;
		if (strcmp(conf->name, name))
			continue;
		if (found)
			return NULL;
		found = sl;
	}
	return found;
}

static bool place_param(const struct verb_call *call, const char *key, struct library_place *place)
{
	const char *text = verb_text(call, key);

	if (text && library_place_parse(text, place))
		return true;
	control_refuse(call->request, CONTROL_USAGE, "%s: \"%s\" is no place: slot:N, drive:N, io:N or shelf", key,
		       text ? text : "");
	return false;
}

/* A drive by number or id; 0 after a refusal. */
static unsigned drive_param(const struct verb_call *call)
{
	const struct library_conf *conf = library_conf(serve_library(call->library));
	const json_t *value = json_object_get(call->params, "drive");
	const char *id = json_string_value(value);
	unsigned i;

	for (i = 0; i < conf->drives; i++)
		if (!conf->drive[i].absent &&
		    (id ? !strcmp(conf->drive[i].id, id) : json_integer_value(value) == (json_int_t)i + 1))
			return i + 1;
	if (json_is_integer(value))
		control_refuse(call->request, CONTROL_NOT_FOUND, "library %s has no drive %lld", conf->name,
			       (long long)json_integer_value(value));
	else
		control_refuse(call->request, CONTROL_NOT_FOUND, "library %s has no drive %s", conf->name,
			       id ? id : "");
	return 0;
}

/* ---- status ---- */

static const char *const state_name[] = {
	[VTL_DRIVE_EMPTY] = "empty",	   [VTL_DRIVE_LOADING] = "loaded",  [VTL_DRIVE_READY] = "ready",
	[VTL_DRIVE_UNLOADING] = "loaded",  [VTL_DRIVE_UNLOADED] = "loaded", [VTL_DRIVE_REFUSED] = "failed",
	[VTL_DRIVE_CLEANING] = "loaded",
};

static void add_url(void *arg, const char *url)
{
	json_array_append_new(arg, json_string(url));
}

json_t *verb_unit_urls(const struct serve_unit *unit)
{
	json_t *urls = json_array();
	const struct serve_door *door;

	for (door = unit->doors; door; door = door->next)
		door->urls(door, add_url, urls);
	return urls;
}

static void drive_status(struct serve_library *sl, unsigned number, json_t *json)
{
	const struct vtl_drive *drive = serve_drive_port(sl, number);
	struct media_counters counters;
	struct media_pos pos;

	if (!drive)
		return;
	json_object_set_new(json, "state", json_string(state_name[drive->ops->state(drive)]));
	json_object_set_new(json, "activity", json_string(drive->ops->activity(drive)));
	json_object_set_new(json, "urls", verb_unit_urls(serve_drive(sl, number)));
	if (!drive->ops->mounted(drive, &pos, &counters))
		return;
	json_object_set_new(json, "position",
			    json_pack("{s:i, s:I, s:I}", "partition", (int)pos.partition, "object",
				      (json_int_t)pos.object, "filemark", (json_int_t)pos.filemarks));
	json_object_set_new(json, "counters",
			    json_pack("{s:I, s:I, s:I, s:I}", "written_host", (json_int_t)counters.written_host,
				      "written_store", (json_int_t)counters.written_store, "read_host",
				      (json_int_t)counters.read_host, "read_store", (json_int_t)counters.read_store));
}

static json_t *library_status(struct serve_library *sl)
{
	json_t *json = library_json(serve_library(sl)), *drives = json_object_get(json, "drives");
	unsigned i;

	for (i = 0; i < json_array_size(drives); i++)
		drive_status(sl, i + 1, json_array_get(drives, i));
	json_object_set_new(json_object_get(json, "changer"), "urls", verb_unit_urls(serve_changer(sl)));
	return json;
}

static void do_status(struct verb_call *call)
{
	json_t *libraries = json_array();
	struct serve_library *sl;

	for (sl = serve_next(call->serve, NULL); sl; sl = serve_next(call->serve, sl))
		if (!call->library || sl == call->library)
			json_array_append_new(libraries, library_status(sl));
	control_answer(call->request, json_pack("{s:i, s:i, s:s, s:I, s:o}", "pid", (int)getpid(), "control_port",
						call->control_port, "version", VTL_VERSION, "buffers",
						(json_int_t)serve_buffers(call->serve), "libraries", libraries));
}

/* ---- moves ---- */

struct verb_move {
	struct vtl_move move;
	struct control_request *request;
	struct serve_library *library;
	struct library_place from, to;
};

static enum control_code code_of(enum vtl_move_result result)
{
	switch (result) {
	case VTL_MOVE_SOURCE_EMPTY:
	case VTL_MOVE_NO_ELEMENT:
		return CONTROL_NOT_FOUND;
	case VTL_MOVE_DESTINATION_FULL:
	case VTL_MOVE_PREVENTED:
	case VTL_MOVE_DRIVE_PREVENTED:
	case VTL_MOVE_STATION_OPEN:
	case VTL_MOVE_MAGAZINE_OUT:
	case VTL_MOVE_DISABLED:
	case VTL_MOVE_DRIVE_OUT:
		return CONTROL_BUSY;
	default:
		return CONTROL_FAILED;
	}
}

/* Initiators hear of it as of an operator's doing (SMC-3 6.8: import/export element accessed; medium changed). */
static void move_done(struct vtl_move *move)
{
	struct verb_move *vm = move->owner;
	char from[32], to[32];

	library_place_text(vm->from, from, sizeof(from));
	library_place_text(vm->to, to, sizeof(to));
	if (move->result == VTL_MOVE_OK) {
		vtl_changer_event(serve_changer(vm->library)->dev,
				  vm->from.kind == LIBRARY_IO || vm->to.kind == LIBRARY_IO ? VTL_EVENT_IMPORT_EXPORT
											   : VTL_EVENT_INVENTORY,
				  NULL);
		control_answer(vm->request, json_pack("{s:s, s:s}", "from", from, "to", to));
	} else {
		control_refuse(vm->request, code_of(move->result), "%s to %s: %s", from, to,
			       robot_strerror(move->result));
	}
	free(vm);
}

static void start_move(struct verb_call *call, struct library_place from, struct library_place to)
{
	struct verb_move *vm = calloc(1, sizeof(*vm));

	if (!vm) {
		control_refuse(call->request, CONTROL_FAILED, "out of memory");
		return;
	}
	vm->request = call->request;
	vm->library = call->library;
	vm->from = from;
	vm->to = to;
	vm->move.done = move_done;
	vm->move.owner = vm;
	robot_carry(serve_robot(call->library), from, to, &vm->move);
}

static void do_move(struct verb_call *call)
{
	struct library_place from, to;

	if (place_param(call, "from", &from) && place_param(call, "to", &to))
		start_move(call, from, to);
}

static void do_load(struct verb_call *call)
{
	const char *barcode = verb_text(call, "barcode");
	const struct library_cartridge *cartridge;
	unsigned drive = drive_param(call);

	if (!drive)
		return;
	cartridge = barcode ? library_find(serve_library(call->library), barcode) : NULL;
	if (!cartridge)
		control_refuse(call->request, CONTROL_NOT_FOUND, "library %s has no cartridge %s",
			       library_conf(serve_library(call->library))->name, barcode ? barcode : "");
	else if (cartridge->place.kind == LIBRARY_SHELF)
		control_refuse(call->request, CONTROL_NOT_FOUND,
			       "cartridge %s is on the shelf, out of the robot's reach", barcode);
	else
		start_move(call, cartridge->place, (struct library_place){ LIBRARY_DRIVE, drive });
}

static void do_unload(struct verb_call *call)
{
	const struct library *library = serve_library(call->library);
	const struct library_cartridge *cartridge;
	struct library_place from = { LIBRARY_DRIVE, 0 }, to;

	from.number = drive_param(call);
	if (!from.number)
		return;
	cartridge = library_at(library, from);
	if (!cartridge) {
		control_refuse(call->request, CONTROL_NOT_FOUND, "drive %u is empty", from.number);
		return;
	}
	to = library_home(library, cartridge);
	if (to.kind == LIBRARY_NOWHERE)
		control_refuse(call->request, CONTROL_BUSY, "no slot is empty");
	else
		start_move(call, from, to);
}

/* ---- add ---- */

static bool kind_param(const struct verb_call *call, enum media_kind *kind)
{
	const char *text = verb_text(call, "kind");

	*kind = library_kind_by_name(text ? text : "data");
	if (*kind < MEDIA_KIND_COUNT)
		return true;
	control_refuse(call->request, CONTROL_USAGE, "kind: \"%s\" is none of data, worm, cleaning, null", text);
	return false;
}

struct verb_add {
	struct library_add add;
	struct control_request *request;
	struct serve_library *library;
};

static void add_done(struct library_add *add)
{
	struct verb_add *va = add->owner;
	char text[32];

	if (add->err == LIBRARY_OK) {
		vtl_changer_event(serve_changer(va->library)->dev,
				  add->place.kind == LIBRARY_IO ? VTL_EVENT_IMPORT_EXPORT : VTL_EVENT_INVENTORY, NULL);
		library_place_text(add->place, text, sizeof(text));
		control_answer(va->request, json_pack("{s:s}", "place", text));
	} else {
		control_refuse(va->request, (enum control_code)add->err, "%s", add->why.text);
	}
	free(va);
}

static void start_add(struct verb_call *call, const struct library_add *what)
{
	struct verb_add *va = calloc(1, sizeof(*va));

	if (!va) {
		control_refuse(call->request, CONTROL_FAILED, "out of memory");
		return;
	}
	va->add = *what;
	va->add.done = add_done;
	va->add.owner = va;
	va->request = call->request;
	va->library = call->library;
	library_add(serve_library(call->library), call->env->exec, &va->add);
}

/* Drive and hand get cartridges from the robot alone: one put there otherwise would be in a drive that is empty. */
static bool add_place_param(const struct verb_call *call, struct library_place *place)
{
	if (!verb_text(call, "place"))
		return true;
	if (!place_param(call, "place", place))
		return false;
	if (place->kind != LIBRARY_DRIVE && place->kind != LIBRARY_TRANSPORT)
		return true;
	control_refuse(call->request, CONTROL_USAGE,
		       "%s: while the library is served, a new cartridge goes to slot:N, io:N or shelf",
		       verb_text(call, "place"));
	return false;
}

static void do_add(struct verb_call *call)
{
	const char *form = verb_text(call, "medium");
	json_int_t capacity = json_integer_value(json_object_get(call->params, "capacity"));
	struct library_add add = {
		.medium = form ? vtl_models_medium(serve_models(call->library), form) : NULL,
		.barcode = verb_text(call, "barcode"),	/* the request's, which lives until it is answered */
		.size = { (uint64_t)capacity, json_is_true(json_object_get(call->params, "uncompressed")) },
	};

	if (!add.medium)
		control_refuse(call->request, CONTROL_NOT_FOUND, "there is no medium model %s", form ? form : "");
	else if (!add.barcode || capacity < 0)
		control_refuse(call->request, CONTROL_USAGE, add.barcode ? "capacity is negative" :
									   "barcode is missing");
	else if (kind_param(call, &add.kind) && add_place_param(call, &add.place))
		start_add(call, &add);
}

/* ---- stations and magazines ---- */

struct verb_io {
	struct library_io io;
	struct control_request *request;
	struct serve_library *library;
	char what[64];
};

static void io_done(struct library_move *move)
{
	static const enum vtl_inventory_event event[] = {
		[LIBRARY_IO_ACCESSED] = VTL_EVENT_IMPORT_EXPORT,
		[LIBRARY_IO_MAGAZINE_OUT] = VTL_EVENT_MAGAZINE_OUT,
		[LIBRARY_IO_MAGAZINE_IN] = VTL_EVENT_MAGAZINE_IN,
		[LIBRARY_IO_MAGAZINE_LOCKED] = VTL_EVENT_MAGAZINE_LOCKED,
		[LIBRARY_IO_MAGAZINE_UNLOCKED] = VTL_EVENT_MAGAZINE_UNLOCKED,
		[LIBRARY_IO_DISABLED] = VTL_EVENT_DISABLED,
		[LIBRARY_IO_ENABLED] = VTL_EVENT_ENABLED,
	};
	struct verb_io *vi = move->owner;
	char text[32];

	if (move->err != LIBRARY_OK) {
		control_refuse(vi->request, (enum control_code)move->err, "%s", move->why.text);
	} else {
		if (vi->io.event != LIBRARY_IO_SILENT)
			vtl_changer_event(serve_changer(vi->library)->dev, event[vi->io.event], NULL);
		library_place_text(move->change == LIBRARY_CHANGE_MOVE ? move->to : move->from, text, sizeof(text));
		control_answer(vi->request, json_pack("{s:s}", "place", text));
	}
	free(vi);
}

static void do_io(struct verb_call *call)
{
	const char *action = verb_text(call, "action"), *what = verb_text(call, "what");
	struct library *library = serve_library(call->library);
	struct verb_io *vi = calloc(1, sizeof(*vi));
	enum library_err err = LIBRARY_FAILED;
	struct why why = { "out of memory" };

	if (vi) {
		vi->io.action = library_io_by_name(action ? action : "");
		vi->io.what = vi->what;
		snprintf(vi->what, sizeof(vi->what), "%s", what ? what : "");
		vi->request = call->request;
		vi->library = call->library;
		err = LIBRARY_USAGE;
		why_set(&why, "action: \"%s\" is none of open, close, insert, remove, disable, enable",
			action ? action : "");
	}
	if (vi && verb_text(call, "to") && !place_param(call, "to", &vi->io.to)) {
		free(vi);
		return;
	}
	if (vi && vi->io.action < LIBRARY_IO_ACTIONS)
		err = library_io_prepare(library, &vi->io, &why);
	if (err == LIBRARY_OK && vi->io.takes_out && vtl_changer_prevented(serve_changer(call->library)->dev)) {
		err = LIBRARY_BUSY;
		why_set(&why, "an initiator prevents removal");
	}
	if (err != LIBRARY_OK) {
		control_refuse(call->request, (enum control_code)err, "%s", why.text);
		free(vi);
		return;
	}
	vi->io.move.done = io_done;
	vi->io.move.owner = vi;
	library_move(library, call->env->exec, &vi->io.move);
}

/* ---- dispatch ---- */

static const struct verb {
	const char *name;
	bool one_library;			/* else `library` may be missing */
	void (*run)(struct verb_call *call);
} verbs[] = {
	{ "status", false, do_status },
	{ "move", true, do_move },
	{ "load", true, do_load },
	{ "unload", true, do_unload },
	{ "add", true, do_add },
	{ "io", true, do_io },
	{ "change", true, verb_change },
	{ "rename", true, verb_rename },
	{ "delete", true, verb_delete },
};

void verbs_handle(struct serve *serve, struct vtl_env *env, int control_port, struct control_request *request)
{
	struct verb_call call = {
		.serve = serve,
		.env = env,
		.control_port = control_port,
		.request = request,
		.params = control_params(request),
	};
	const char *name = verb_text(&call, "library");
	unsigned i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].name, control_verb(request)))
			break;
	if (i == sizeof(verbs) / sizeof(verbs[0])) {
		control_refuse(request, CONTROL_USAGE, "there is no verb %s", control_verb(request));
		return;
	}
	call.library = name ? find_library(&call, name) : NULL;
	if (name && !call.library)
		control_refuse(request, CONTROL_NOT_FOUND, "no library %s is served here", name);
	else if (!name && verbs[i].one_library)
		control_refuse(request, CONTROL_USAGE, "library is missing");
	else
		verbs[i].run(&call);
}
