/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl library change`, `vtl library rename`, `vtl media delete`: what makes another library of one, served or not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "text.h"

static void altered(struct library_alter *alter)
{
}

static int alter_files(struct call *call, struct access *access, struct library_alter *alter)
{
	alter->done = altered;
	library_alter(access->library, &media_exec_inline, alter);
	return alter->err ? call_fail(call, (int)alter->err, "%s", alter->why.text) : EXIT_DONE;
}

/* Takes the request. */
static int alter_served(struct call *call, struct access *access, json_t *request, json_t **answer)
{
	int err;

	json_object_set_new(request, "library", json_string(access->dir));
	*answer = ask_daemon(call, access->socket, request, ASK_TO_MOVE, &err);
	return err;
}

/* ---- vtl library change ---- */

/* "4,4": slots of each station; "0" for none. */
static bool parse_stations(const char *text, unsigned station[LIBRARY_STATIONS])
{
	unsigned n = 0;
	char *end;

	for (;; text = end + 1) {
		unsigned long count = strtoul(text, &end, 10);

		if (*text < '0' || *text > '9' || count > 0xffff || n == LIBRARY_STATIONS)
			return false;
		if (count)
			station[n++] = (unsigned)count;
		if (!*end)
			return true;
		if (*end != ',')
			return false;
	}
}

static int read_drives(struct call *call, struct library_edit *edit)
{
	struct why why = { "" };
	const char *text, *model;

	for (unsigned n = 0; (text = call_option_nth(call, "add-drives", n)); n++) {
		if (!plan_drives(text, &edit->add[n].count, &model, &why))
			return call_usage(call, "--add-drives %s", why.text);
		edit->add[n].model = vtl_models_drive(call->models, model);
		if (!edit->add[n].model)
			return call_fail(call, EXIT_NOT_FOUND,
					 "there is no drive model %s; `vtl model list` shows what there is", model);
		edit->add_rows++;
	}
	while ((text = call_option_nth(call, "remove-drive", edit->removes)))
		edit->remove[edit->removes++] = text;
	return 0;
}

/* "D1=lz4", "drive:2=zlib:9". The drive's name is cut off the option's own text. */
static int read_codecs(struct call *call, struct library_edit *edit)
{
	const char *text;

	for (; (text = call_option_nth(call, "codec", edit->codecs)); edit->codecs++) {
		const char *codec = strchr(text, '=');

		if (!codec || codec == text ||
		    !library_codec_parse(codec + 1, &edit->codec[edit->codecs].codec, &edit->codec[edit->codecs].level))
			return call_usage(call, "--codec %s: the form is DRIVE=CODEC or DRIVE=CODEC:LEVEL, the codec "
					  "none, zlib, lz4, zstd or lzo", text);
		edit->codec[edit->codecs].drive = strndup(text, (size_t)(codec - text));
		if (!edit->codec[edit->codecs].drive)
			return call_fail(call, EXIT_FAILED, "out of memory");
	}
	return 0;
}

static int read_edit(struct call *call, struct library_edit *edit)
{
	const char *stations = call_option(call, "stations");
	uint64_t slots = 0;
	int err;

	_Static_assert(CALL_MAX_OPTIONS <= LIBRARY_EDIT_ROWS, "each option has a row");
	edit->set_slots = call_option(call, "slots");
	err = call_number(call, "slots", 0, 65535, &slots);
	edit->slots = (unsigned)slots;
	edit->set_stations = stations;
	if (!err && stations && !parse_stations(stations, edit->station))
		err = call_usage(call, "--stations %s: the slots of each station, as in 4,4; 0 for none", stations);
	if (!err)
		err = read_drives(call, edit);
	if (!err)
		err = read_codecs(call, edit);
	if (!err && !call->options)
		err = call_usage(call, "needs something that is to change");
	return err;
}

static json_t *request_of(const struct call *call, const struct library_edit *edit)
{
	json_t *request = json_pack("{s:s}", "do", "change"), *stations = json_array();
	json_t *add = json_array(), *remove = json_array(), *codecs = json_array();

	if (edit->set_slots)
		json_object_set_new(request, "slots", json_integer(edit->slots));
	for (unsigned i = 0; i < LIBRARY_STATIONS && edit->station[i]; i++)
		json_array_append_new(stations, json_integer(edit->station[i]));
	if (edit->set_stations)
		json_object_set(request, "stations", stations);
	json_decref(stations);
	for (unsigned i = 0; i < edit->add_rows; i++)
		json_array_append_new(add, json_pack("{s:s, s:i}", "model", edit->add[i].model->name, "count",
						     (int)edit->add[i].count));
	json_object_set_new(request, "add", add);
	for (unsigned i = 0; i < edit->removes; i++)
		json_array_append_new(remove, json_string(edit->remove[i]));
	json_object_set_new(request, "remove", remove);
	for (unsigned i = 0; i < edit->codecs; i++) {
		const char *codec = call_option_nth(call, "codec", i);

		json_array_append_new(codecs, json_pack("{s:s, s:s}", "drive", edit->codec[i].drive, "codec",
							strchr(codec, '=') + 1));
	}
	json_object_set_new(request, "codecs", codecs);
	return request;
}

/* The answer for a library that is not served, as a daemon would give it. */
static json_t *files_answer(const struct library_conf *conf)
{
	json_t *drives = json_array();

	for (unsigned i = 0; i < conf->drives; i++) {
		const struct library_drive *d = &conf->drive[i];

		if (!d->absent)
			json_array_append_new(drives, json_pack("{s:i, s:s, s:s, s:s, s:[]}", "number", (int)i + 1,
						      "id", d->id, "model", d->model->name, "serial", d->serial,
						      "urls"));
	}
	return json_pack("{s:s, s:i, s:o}", "dir", conf->dir, "busy", 0, "drives", drives);
}

static void print_drives(const json_t *answer)
{
	struct grid *grid = grid_new("DRIVE", "ID", "MODEL", "SERIAL", "URL", NULL);
	const json_t *drive;
	char number[16];
	size_t i;

	json_array_foreach(json_object_get(answer, "drives"), i, drive) {
		const json_t *url = json_array_get(json_object_get(drive, "urls"), 0);

		snprintf(number, sizeof(number), "%d", (int)json_integer_value(json_object_get(drive, "number")));
		grid_row(grid, number, json_string_value(json_object_get(drive, "id")),
			 json_string_value(json_object_get(drive, "model")),
			 json_string_value(json_object_get(drive, "serial")),
			 url ? json_string_value(url) : "-", NULL);
	}
	grid_print(grid);
}

static int report(struct call *call, struct library_edit *edit, json_t *answer)
{
	json_int_t busy = json_integer_value(json_object_get(answer, "busy"));

	if (call->json)
		return call_print_json(call, json_incref(answer));
	if (!edit->add_rows && !edit->removes)
		return EXIT_DONE;
	print_drives(answer);
	if (busy)
		fprintf(stderr, "vtl: %lld logical units of drives that are gone were in use: tgtadm may delete them\n",
			(long long)busy);
	fprintf(stderr, "vtl: so that a restart of tgtd serves it as it is now: `vtl targets %s` prints the piece of "
		"targets.conf anew\n", call->arg[0]);
	return EXIT_DONE;
}

static int change(struct call *call)
{
	struct library_alter *alter = calloc(1, sizeof(*alter));
	struct access access = { "" };
	json_t *answer = NULL;
	int err = EXIT_FAILED;

	if (alter && call_models(call))
		err = read_edit(call, &alter->edit);
	if (!err)
		err = open_access(call, call->arg[0], &access);
	if (!err && access.library) {
		err = alter_files(call, &access, alter);
		answer = err ? NULL : files_answer(library_conf(access.library));
	} else if (!err) {
		err = alter_served(call, &access, request_of(call, &alter->edit), &answer);
	}
	if (!err)
		err = report(call, &alter->edit, answer);
	json_decref(answer);
	close_access(&access);
	for (unsigned i = 0; alter && i < alter->edit.codecs; i++)
		free((char *)(uintptr_t)alter->edit.codec[i].drive);
	free(alter);
	return err;
}

/* ---- by a word ---- */

static int by_text(struct call *call, struct access *access, enum library_alteration what, const char *verb,
		   const char *key, const char *text)
{
	struct library_alter alter = { .what = what, .text = text };
	json_t *answer = NULL;
	int err;

	if (access->library)
		return alter_files(call, access, &alter);
	err = alter_served(call, access, json_pack("{s:s, s:s}", "do", verb, key, text), &answer);
	json_decref(answer);
	return err;
}

static int rename_library(struct call *call)
{
	struct access access = { "" };
	bool served;
	int err = open_access(call, call->arg[0], &access);

	if (err)
		return err;
	served = !access.library;
	err = by_text(call, &access, LIBRARY_ALTER_NAME, "rename", "name", call->arg[1]);
	close_access(&access);
	if (!err && served)
		fprintf(stderr, "vtl: targets.conf knows it by the old name: `vtl targets %s` prints that piece anew\n",
			call->arg[1]);
	return err;
}

/* All that is on them goes: a person types yes, a program says --yes. */
static bool confirmed(struct call *call, unsigned cartridges)
{
	char line[8];

	if (call_option(call, "yes"))
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	fprintf(stderr, "This deletes %u cartridges and all their data. Type yes to go on: ", cartridges);
	return fgets(line, sizeof(line), stdin) && strcmp(line, "yes\n") == 0;
}

static int delete_media(struct call *call)
{
	struct access access = { "" };
	int err;

	if (!confirmed(call, call->args - 1))
		return call_usage(call, "nothing was deleted: --yes was not given");
	err = open_access(call, call->arg[0], &access);
	for (unsigned i = 1; !err && i < call->args; i++)
		err = by_text(call, &access, LIBRARY_ALTER_DELETE, "delete", "barcode", call->arg[i]);
	close_access(&access);
	return err;
}

static const struct option_row change_options[] = {
	{ "slots", "N", "how many slots there are from now on; those that go, from the last one on, must be empty" },
	{ "stations", "N[,N…]", "import/export slots of each station from now on; 0 for none" },
	{ "add-drives", "N×MODEL", "drives that come, e.g. 2xIBM-LTO9; empty bays are filled first", true },
	{ "remove-drive", "DRIVE", "a drive that goes, by id or as drive:N; it must be empty", true },
	{ "codec", "DRIVE=CODEC",
	  "what data compression means in a drive: none, zlib, lz4, zstd or lzo, with a level as in zlib:9", true },
	{ NULL },
};

static const struct option_row delete_options[] = {
	{ "yes", NULL, "do not ask" },
	{ NULL },
};

const struct command alter_commands[3] = {
	{
		.name = "library change",
		.synopsis = "LIBRARY",
		.summary = "change what a library consists of, also while it is served",
		.text = "All of it is done, or nothing; an element that is to go and is not empty is named (exit code "
			"4). Element addresses, numbers and serial numbers of what stays do not change: a drive that "
			"is taken out from between others leaves an empty bay, for the next one.\n\n"
			"While a daemon serves the library, the robot comes to rest first, and everything else goes "
			"on. Drives that are new get a logical unit in each target that has the changer, those that "
			"are gone lose theirs, and initiators are told by unit attentions. targets.conf is yours: `vtl "
			"targets` prints its piece anew.\n\n"
			"The codec of a drive is for blocks that are written from now on, also on the cartridge that "
			"is in it; one cartridge may have blocks of several. Whether blocks are compressed at all, "
			"hosts say by the mode pages for data compression (0Fh) and device configuration (10h).",
		.options = change_options,
		.json = "`dir`, `busy` (logical units of drives that are gone, which were in use and are left to "
			"tgtadm) and `drives`: each with `number`, `id`, `model`, `serial` and `urls`.",
		.example = "  vtl library change main --slots 40 --add-drives 2xIBM-LTO9 --remove-drive D1",
		.min_args = 1,
		.max_args = 1,
		.run = change,
	},
	{
		.name = "library rename",
		.synopsis = "LIBRARY NAME",
		.summary = "give a library another name, also while it is served",
		.text = "Its folder gets that name, where it is. Initiators notice nothing. targets.conf names "
			"libraries by their folders: write it anew before tgtd starts next.",
		.min_args = 2,
		.max_args = 2,
		.run = rename_library,
	},
	{
		.name = "media delete",
		.synopsis = "LIBRARY BARCODE…",
		.summary = "delete cartridges and all that is on them",
		.text = "A cartridge in a drive is not deleted (exit code 4).",
		.options = delete_options,
		.min_args = 2,
		.max_args = CALL_MAX_ARGS,
		.run = delete_media,
	},
};
