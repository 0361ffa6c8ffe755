/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl io`: import/export stations, magazines and the shelf, through the daemon or on the files. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "text.h"

static void moved(struct library_move *move)
{
}

static int on_files(struct call *call, struct access *access, struct library_io *io)
{
	struct why why = { "" };
	int err = (int)library_io_prepare(access->library, io, &why);

	if (err)
		return call_fail(call, err, "%s", why.text);
	io->move.done = moved;
	library_move(access->library, &media_exec_inline, &io->move);
	return io->move.err ? call_fail(call, (int)io->move.err, "%s", io->move.why.text) : EXIT_DONE;
}

/* The command's second word is the action. */
static int run(struct call *call)
{
	const char *action = strchr(call->command->name, ' ') + 1;
	struct library_io io = { .action = library_io_by_name(action), .what = call->arg[1] };
	struct access access = { "" };
	json_t *request, *answer;
	int err;

	if (call->args > 2 && (!library_place_parse(call->arg[2], &io.to) || io.to.kind != LIBRARY_IO))
		return call_usage(call, "%s: a cartridge comes in through io:N", call->arg[2]);
	err = open_access(call, call->arg[0], &access);
	if (err)
		return err;
	if (access.library) {
		err = on_files(call, &access, &io);
		close_access(&access);
		return err;
	}
	request = json_pack("{s:s, s:s, s:s, s:s}", "do", "io", "library", access.dir, "action", action, "what",
			    call->arg[1]);
	if (call->args > 2)
		json_object_set_new(request, "to", json_string(call->arg[2]));
	answer = ask_daemon(call, access.socket, request, ASK_TO_MOVE, &err);
	json_decref(answer);
	return err;
}

static const char *state_name(const struct library_bay *bay, uint8_t state)
{
	if (state & LIBRARY_PLACE_OUT)
		return "out";
	if (state & LIBRARY_PLACE_OPEN)
		return "open";
	return bay->station ? "closed" : "in";
}

static bool disabled(const struct library *library, struct library_place place)
{
	return library_place_state(library, place) & LIBRARY_PLACE_DISABLED;
}

static void list_bay(const struct library *library, const struct library_bay *bay, json_t *json, struct grid *grid)
{
	const char *state = state_name(bay, library_place_state(library, bay->first));
	json_t *places = json_array();
	struct library_place place = bay->first;
	char name[24], text[24];

	library_bay_text(bay, name, sizeof(name));
	for (; place.number < bay->first.number + bay->count; place.number++) {
		const struct library_cartridge *c = library_at(library, place);

		library_place_text(place, text, sizeof(text));
		json_array_append_new(places, json_pack("{s:s, s:o, s:b}", "place", text, "cartridge",
							c ? json_string(c->id) : json_null(), "disabled",
							disabled(library, place)));
		if (c || bay->station)
			grid_row(grid, name, disabled(library, place) ? "disabled" : state, text, c ? c->id : "-",
				 NULL);
	}
	json_array_append_new(json, json_pack("{s:s, s:s, s:o}", "bay", name, "state", state, "places", places));
}

static int list(struct call *call)
{
	struct library *library;
	struct library_bay bay;
	struct grid *grid;
	json_t *json, *shelf;
	int err = open_library(call, call->arg[0], LIBRARY_READ, &library);

	if (err)
		return err;
	json = json_array();
	shelf = json_array();
	grid = grid_new("BAY", "STATE", "PLACE", "CARTRIDGE", NULL);
	for (int station = 1; station >= 0; station--)
		for (unsigned n = 1; library_bay_nth(library_conf(library), station, n, &bay); n++)
			list_bay(library, &bay, json, grid);
	for (unsigned n = 0; library_nth(library, n); n++) {
		const struct library_cartridge *c = library_nth(library, n);

		if (c->place.kind != LIBRARY_SHELF)
			continue;
		json_array_append_new(shelf, json_string(c->id));
		grid_row(grid, "shelf", "-", "-", c->id, NULL);
	}
	if (call->json) {
		err = call_print_json(call, json_pack("{s:O, s:O}", "bays", json, "shelf", shelf));
		grid_free(grid);
	} else {
		grid_print(grid);
	}
	json_decref(json);
	json_decref(shelf);
	library_close(library);
	return err;
}

static const char note[] =
	"While an initiator of the changer prevents removal, nothing is taken out. Initiators are told by unit "
	"attentions. While a daemon serves the library, it does the work; else it is done on the files.";

const struct command io_commands[7] = {
	{
		.name = "io list",
		.synopsis = "LIBRARY",
		.summary = "show import/export stations, magazines and the shelf",
		.json = "`bays`: each with `bay`, `state` (open, closed, in, out) and `places`: each with `place`, "
			"`cartridge` (or null) and `disabled`; `shelf`: cartridges outside the library.",
		.min_args = 1,
		.max_args = 1,
		.run = list,
	},
	{
		.name = "io open",
		.synopsis = "LIBRARY STATION|magazine:N",
		.summary = "open an import/export station, or unlock a magazine: the robot does not get at it until it "
			   "is closed",
		.text = note,
		.example = "  vtl io open main station:1",
		.min_args = 2,
		.max_args = 2,
		.run = run,
	},
	{
		.name = "io close",
		.synopsis = "LIBRARY STATION|magazine:N",
		.summary = "close an import/export station, or lock a magazine",
		.text = note,
		.min_args = 2,
		.max_args = 2,
		.run = run,
	},
	{
		.name = "io insert",
		.synopsis = "LIBRARY BARCODE|magazine:N [io:N]",
		.summary = "put a cartridge of the shelf into a station, or a magazine into the library",
		.text = note,
		.example = "  vtl io insert main VTL001L8 io:2",
		.min_args = 2,
		.max_args = 3,
		.run = run,
	},
	{
		.name = "io remove",
		.synopsis = "LIBRARY BARCODE|io:N|magazine:N",
		.summary = "take a cartridge out of a station to the shelf, or a magazine out of the library",
		.text = note,
		.example = "  vtl io remove main io:2",
		.min_args = 2,
		.max_args = 2,
		.run = run,
	},
	{
		.name = "io disable",
		.synopsis = "LIBRARY slot:N|io:N|drive:N",
		.summary = "disable an element: the robot keeps off it until it is enabled",
		.text = note,
		.example = "  vtl io disable main slot:3",
		.min_args = 2,
		.max_args = 2,
		.run = run,
	},
	{
		.name = "io enable",
		.synopsis = "LIBRARY slot:N|io:N|drive:N",
		.summary = "enable an element that was disabled",
		.text = note,
		.min_args = 2,
		.max_args = 2,
		.run = run,
	},
};
