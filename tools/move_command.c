/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl load`, `vtl unload` and `vtl move`: what the robot does, through the daemon or on the files. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common.h"
#include "text.h"

static void moved(struct library_move *move)
{
}

/* On the files, at once: the inline executor ends before it returns. */
static int move_on_files(struct call *call, struct access *access, struct library_place from, struct library_place to)
{
	struct library_move move = { .from = from, .to = to, .done = moved };

	if (library_reach(access->library, from, &move.why) || library_reach(access->library, to, &move.why))
		return call_fail(call, EXIT_BUSY, "%s", move.why.text);
	library_move(access->library, &media_exec_inline, &move);
	return move.err ? call_fail(call, move.err, "%s", move.why.text) : EXIT_DONE;
}

static json_t *request_of(const struct access *access, const char *verb)
{
	return json_pack("{s:s, s:s}", "do", verb, "library", access->dir);
}

static void set_place(json_t *request, const char *key, struct library_place place)
{
	char text[24];

	json_object_set_new(request, key, json_string(library_place_text(place, text, sizeof(text))));
}

static int ask(struct call *call, struct access *access, json_t *request)
{
	json_t *answer;
	int code;

	answer = ask_daemon(call, access->socket, request, ASK_TO_MOVE, &code);
	json_decref(answer);
	return code;
}

/* A drive by its number from 1, by "drive:N", or by its id. 0, or an exit code after a message. */
static int drive_place(struct call *call, const struct library_conf *conf, const char *text,
		       struct library_place *place)
{
	uint64_t number;

	*place = (struct library_place){ LIBRARY_DRIVE, 0 };
	if (text_parse_number(text, &number))
		place->number = number <= conf->drives ? (unsigned)number : 0;
	else
		(void)library_place_parse(text, place);
	for (unsigned i = 0; i < conf->drives; i++)
		if (strcasecmp(conf->drive[i].id, text) == 0)
			*place = (struct library_place){ LIBRARY_DRIVE, i + 1 };
	if (place->kind == LIBRARY_DRIVE && place->number >= 1 && place->number <= conf->drives &&
	    !conf->drive[place->number - 1].absent)
		return 0;
	return call_fail(call, EXIT_NOT_FOUND, "%s has no drive %s: they are 1 to %u", conf->name, text, conf->drives);
}

/* Opens the way to the library, and finds the drive in its configuration. */
static int begin(struct call *call, struct access *access, struct library_place *drive)
{
	struct library *library;
	int err = open_library(call, call->arg[0], LIBRARY_READ, &library);

	if (err)
		return err;
	err = drive_place(call, library_conf(library), call->arg[1], drive);
	library_close(library);
	return err ? err : open_access(call, call->arg[0], access);
}

static int load(struct call *call)
{
	const struct library_cartridge *cartridge;
	struct library_place drive = { LIBRARY_NOWHERE, 0 };
	struct access access = { "" };
	json_t *request;
	int err = begin(call, &access, &drive);

	if (err)
		return err;
	if (!access.library) {
		request = request_of(&access, "load");
		json_object_set_new(request, "drive", json_integer(drive.number));
		json_object_set_new(request, "barcode", json_string(call->arg[2]));
		return ask(call, &access, request);
	}
	cartridge = library_find(access.library, call->arg[2]);
	if (!cartridge)
		err = call_fail(call, EXIT_NOT_FOUND, "%s: no such cartridge in %s", call->arg[2],
				library_conf(access.library)->name);
	else
		err = move_on_files(call, &access, cartridge->place, drive);
	close_access(&access);
	return err;
}

static int unload(struct call *call)
{
	const struct library_cartridge *cartridge;
	struct library_place drive = { LIBRARY_NOWHERE, 0 }, to;
	struct access access = { "" };
	json_t *request;
	int err = begin(call, &access, &drive);

	if (err)
		return err;
	if (!access.library) {
		request = request_of(&access, "unload");
		json_object_set_new(request, "drive", json_integer(drive.number));
		return ask(call, &access, request);
	}
	cartridge = library_at(access.library, drive);
	to = cartridge ? library_home(access.library, cartridge) : drive;
	if (!cartridge)
		err = call_fail(call, EXIT_NOT_FOUND, "drive %u is empty", drive.number);
	else if (to.kind == LIBRARY_NOWHERE)
		err = call_fail(call, EXIT_BUSY, "no slot is empty");
	else
		err = move_on_files(call, &access, drive, to);
	close_access(&access);
	return err;
}

static int move(struct call *call)
{
	struct library_place from, to;
	struct access access;
	json_t *request;
	int err;

	if (!library_place_parse(call->arg[1], &from))
		return call_usage(call, "%s: a place is slot:N, drive:N, io:N or shelf", call->arg[1]);
	if (!library_place_parse(call->arg[2], &to))
		return call_usage(call, "%s: a place is slot:N, drive:N, io:N or shelf", call->arg[2]);
	err = open_access(call, call->arg[0], &access);
	if (err)
		return err;
	if (access.library) {
		err = move_on_files(call, &access, from, to);
		close_access(&access);
		return err;
	}
	request = request_of(&access, "move");
	set_place(request, "from", from);
	set_place(request, "to", to);
	return ask(call, &access, request);
}

static const char note[] = "This is what an operator does at the library: initiators are told by unit attentions. "
			   "While a daemon serves the "
			   "library, it does the work; else it is done on the files.";

const struct command move_commands[3] = {
	{
		.name = "load",
		.synopsis = "LIBRARY DRIVE BARCODE",
		.summary = "put a cartridge into a drive, from wherever it is",
		.text = note,
		.example = "  vtl load main 1 VTL001L8",
		.min_args = 3, .max_args = 3, .run = load,
	},
	{
		.name = "unload",
		.synopsis = "LIBRARY DRIVE",
		.summary = "put the cartridge of a drive back into its slot",
		.text = note,
		.min_args = 2, .max_args = 2, .run = unload,
	},
	{
		.name = "move",
		.synopsis = "LIBRARY FROM TO",
		.summary = "move a cartridge from place to place: slot:N, drive:N, io:N, shelf",
		.text = note,
		.example = "  vtl move main slot:3 io:1",
		.min_args = 3, .max_args = 3, .run = move,
	},
};
