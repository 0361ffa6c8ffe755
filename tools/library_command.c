/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl library`: creates, lists, shows and deletes libraries. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "json.h"
#include "text.h"

#define MAX_MEDIA_ROWS	64

static int read_drives(struct call *call, struct library_plan *plan)
{
	struct why why = { "" };
	const char *text;
	unsigned count;

	for (unsigned n = 0; (text = call_option_nth(call, "drives", n)); n++) {
		if (n == sizeof(plan->drives) / sizeof(plan->drives[0]))
			return call_usage(call, "--drives is given more than %u times", n);
		if (!plan_drives(text, &count, &plan->drives[n].model, &why))
			return call_usage(call, "--drives %s", why.text);
		if (!vtl_models_drive(call->models, plan->drives[n].model))
			return call_fail(call, EXIT_NOT_FOUND,
					 "there is no drive model %s; `vtl model list` shows what there is",
					 plan->drives[n].model);
		plan->drives[n].count = count;
		plan->drive_rows++;
	}
	return 0;
}

static int read_media(struct call *call, struct plan_media *media, unsigned *rows, uint64_t slots)
{
	struct why why = { "" };
	const char *text;
	uint64_t all = 0;

	for (*rows = 0; (text = call_option_nth(call, "media", *rows)); (*rows)++) {
		if (*rows == MAX_MEDIA_ROWS)
			return call_usage(call, "--media is given more than %d times", MAX_MEDIA_ROWS);
		if (!plan_media(call->models, text, &media[*rows], &why))
			return call_usage(call, "--media %s", why.text);
		all += media[*rows].count;
	}
	if (all > slots)
		return call_usage(call, "--media asks for %llu cartridges, and there are %llu slots",
				  (unsigned long long)all, (unsigned long long)slots);
	return 0;
}

static int read_robot_time(struct call *call, struct library_plan *plan)
{
	const char *text = call_option(call, "robot-time");
	uint64_t ms = 0;

	plan->robot_time_of_model = text && !strcmp(text, "model");
	if (plan->robot_time_of_model)
		return 0;
	if (call_number(call, "robot-time", 0, LIBRARY_MOST_MOVE_MS, &ms))
		return EXIT_USAGE;
	plan->move_ms = (unsigned)ms;
	return 0;
}

/* Fills a library that was just created; when that fails, nothing of it is left. */
static int fill(struct call *call, const char *name, const struct plan_media *media, unsigned rows)
{
	struct access access = { "" };
	struct why why = { "" };
	int err = open_library(call, name, LIBRARY_OWN, &access.library);

	if (!err)
		err = add_cartridges(call, &access, media, rows, (struct library_size){ 0, false },
				     (struct library_place){ LIBRARY_NOWHERE, 0 });
	close_access(&access);
	if (err && library_delete(call->models, name, &why))
		call_fail(call, err, "and it could not be taken away again: %s", why.text);
	return err;
}

struct listing {
	struct call *call;
	json_t *json;
	struct grid *grid;
	int code;
};

static int list_one(void *arg, const char *dir)
{
	struct listing *l = arg;
	const struct library_conf *conf;
	char drives[16], slots[16], cartridges[16], holder[256];
	struct library *library;
	unsigned n = 0;
	int err = open_library(l->call, dir, LIBRARY_READ, &library);

	if (err) {
		l->code = err;	/* and on with the others */
		return 0;
	}
	conf = library_conf(library);
	while (library_nth(library, n))
		n++;
	library_holder(conf->dir, holder, sizeof(holder));
	snprintf(drives, sizeof(drives), "%u", library_drives(conf));
	snprintf(slots, sizeof(slots), "%u", conf->slots);
	snprintf(cartridges, sizeof(cartridges), "%u", n);
	json_array_append_new(l->json, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:o}", "name", conf->name,
						 "dir", conf->dir, "model", conf->model->name, "serial", conf->serial,
						 "drives", (int)library_drives(conf), "slots", (int)conf->slots,
						 "import_exports", (int)conf->import_exports, "cartridges", (int)n,
						 "holder", *holder ? json_string(holder) : json_null()));
	grid_row(l->grid, conf->name, conf->model->name, drives, slots, cartridges, *holder ? holder : "-", NULL);
	library_close(library);
	return 0;
}

static int list(struct call *call)
{
	struct listing l = { .call = call };
	struct why why = { "" };
	int err;

	if (!call_models(call))
		return EXIT_FAILED;
	l.json = json_array();
	l.grid = grid_new("LIBRARY", "MODEL", "DRIVES", "SLOTS", "CARTRIDGES", "SERVED BY", NULL);
	err = library_each(list_one, &l, &why);
	if (err)
		l.code = call_fail(call, err, "%s", why.text);
	if (call->json) {
		err = call_print_json(call, json_pack("{s:O}", "libraries", l.json));
		l.code = l.code ? l.code : err;
		grid_free(l.grid);
	} else {
		grid_print(l.grid);
	}
	json_decref(l.json);
	return l.code;
}

static int show(struct call *call)
{
	struct library *library;
	const struct library_conf *conf;
	struct grid *grid;
	unsigned n = 0;
	int err = open_library(call, call->arg[0], LIBRARY_READ, &library);

	if (err)
		return err;
	if (call->json) {
		err = call_print_json(call, library_json(library));
		library_close(library);
		return err;
	}
	conf = library_conf(library);
	while (library_nth(library, n))
		n++;
	printf("%s: %s %s (%s), serial %s, in %s\n", conf->name, conf->model->inquiry.vendor,
	       conf->model->inquiry.product, conf->model->name, conf->serial, conf->dir);
	printf("%u drives, %u slots, %u import/export slots, %u cartridges\n\n", library_drives(conf), conf->slots,
	       conf->import_exports, n);
	grid = grid_new("DRIVE", "ID", "MODEL", "SERIAL", "ADDRESS", "CARTRIDGE", NULL);
	for (unsigned i = 0; i < conf->drives; i++) {
		const struct library_drive *d = &conf->drive[i];
		const struct library_cartridge *c = library_at(library, (struct library_place){ LIBRARY_DRIVE, i + 1 });
		char number[16], address[16];

		snprintf(number, sizeof(number), "%u", i + 1);
		snprintf(address, sizeof(address), "%u", d->address);
		if (d->absent)
			grid_row(grid, number, "-", "-", "-", address, "-", NULL);
		else
			grid_row(grid, number, d->id, d->model->name, d->serial, address, c ? c->id : "-", NULL);
	}
	grid_print(grid);
	library_close(library);
	return EXIT_DONE;
}

/* Half a library is not left behind by Ctrl-C either. */
static void block_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, old);
}

static int create(struct call *call)
{
	struct library_plan plan = { .name = call->arg[0], .model = call_option(call, "model") };
	uint64_t slots = 0, import_exports = 0;
	struct plan_media media[MAX_MEDIA_ROWS];
	struct why why = { "" };
	unsigned rows;
	sigset_t old;
	int err;

	if (!plan.model || !call_option(call, "slots"))
		return call_usage(call, "needs --%s", plan.model ? "slots N" : "model MODEL");
	if (call_number(call, "slots", 0, 65535, &slots) ||
	    call_number(call, "import-export", 0, 65535, &import_exports) || read_robot_time(call, &plan))
		return EXIT_USAGE;
	plan.slots = (unsigned)slots;
	plan.import_exports = (unsigned)import_exports;
	plan.drive_times_of_model = call_option(call, "drive-times");
	if (!call_models(call))
		return EXIT_FAILED;
	err = read_drives(call, &plan);
	if (!err)
		err = read_media(call, media, &rows, slots);
	if (err)
		return err;
	block_signals(&old);
	err = library_create(call->models, &plan, &why);
	if (err)
		call_fail(call, err, "%s", why.text);
	else
		err = fill(call, plan.name, media, rows);
	sigprocmask(SIG_SETMASK, &old, NULL);	/* a signal that came ends us now */
	if (err)
		return err;
	return call->json ? show(call) : EXIT_DONE;
}

/* Deleting takes the cartridges along: a person types the name, a program says --yes. */
static bool confirmed(struct call *call, const struct library_conf *conf, unsigned cartridges)
{
	char line[LIBRARY_NAME_LEN + 2];

	if (call_option(call, "yes"))
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	fprintf(stderr, "This deletes %s with %u cartridges and all their data. Type its name to go on: ", conf->dir,
		cartridges);
	if (!fgets(line, sizeof(line), stdin))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return strcmp(line, conf->name) == 0;
}

static int delete(struct call *call)
{
	struct library *library;
	struct why why = { "" };
	char dir[4096];
	unsigned n = 0;
	bool yes;
	int err = open_library(call, call->arg[0], LIBRARY_READ, &library);

	if (err)
		return err;
	while (library_nth(library, n))
		n++;
	yes = confirmed(call, library_conf(library), n);
	snprintf(dir, sizeof(dir), "%s", library_conf(library)->dir);
	library_close(library);
	if (!yes)
		return call_usage(call, "%s and its %u cartridges stay: --yes was not given", dir, n);
	err = library_delete(call->models, dir, &why);
	return err ? call_fail(call, err, "%s", why.text) : EXIT_DONE;
}

static const char library_json_keys[] =
	"`name`, `dir`, `model`, `vendor`, `product`, `serial`, `address` (null), `elements`: each with `place`, "
	"`address` and `cartridge` (null, or its `id`, `barcode`, `medium`, `kind` and `source`); `shelf`: cartridges "
	"in no element; `drives`: each with `number`, `id`, `model`, `vendor`, `product`, `serial`, `address`, "
	"`state`, `activity`, `cartridge`, `position` (null) and `urls` (none); `changer`: its `urls` (none).";

static const struct option_row create_options[] = {
	{ "model", "MODEL", "the library's model, e.g. STK-L700" },
	{ "drives", "N×MODEL", "drives, e.g. 2×IBM-LTO8 or 2xIBM-LTO8", true },
	{ "slots", "N", "storage slots" },
	{ "import-export", "N", "import/export slots (0)" },
	{ "robot-time", "MS|model",
	  "milliseconds that the robot takes for a cartridge (0); model: as long as a real one "
	  "of this model" },
	{ "drive-times", NULL,
	  "let drives take as long as real ones of their models to load, thread, position, rewind and unload; "
	  "library.conf has the figures then, drive by drive (else they take no time)" },
	{ "media", "TYPE:COUNT:BARCODE",
	  "cartridges for the first slots, barcodes counted up: LTO-8:20:VTL001L8 makes "
	  "VTL001L8 to VTL020L8; WORM and cleaning cartridges are told by the barcode's suffix, or by a fourth "
	  "part, :worm or :cleaning",
	  true },
	{ NULL },
};

static const struct option_row delete_options[] = {
	{ "yes", NULL, "do not ask" },
	{ NULL },
};

const struct command library_commands[4] = {
	{
		.name = "library create",
		.synopsis = "NAME",
		.summary = "create a tape library",
		.text = "NAME is a name under " LIBRARY_ROOT
			", or a path with a slash in it. `vtl model list` shows the "
			"models of libraries, drives and media. When anything fails, nothing is left behind.",
		.options = create_options,
		.json = library_json_keys,
		.example = "  vtl library create main --model STK-L700 --drives 2xIBM-LTO8 --slots 24 --import-export "
			   "4 \\\n"
			   "      --media LTO-8:20:VTL001L8 --media LTO-CLN:1:CLN001CU",
		.min_args = 1,
		.max_args = 1,
		.run = create,
	},
	{
		.name = "library list",
		.synopsis = "",
		.summary = "list the libraries",
		.json = "`libraries`: each with `name`, `dir`, `model`, `serial`, `drives`, `slots`, `import_exports`, "
			"`cartridges` (how many) and `holder` (who serves it, or null).",
		.run = list,
	},
	{
		.name = "library show",
		.synopsis = "NAME",
		.summary = "show one library: what it is, and its drives",
		.json = library_json_keys,
		.min_args = 1,
		.max_args = 1,
		.run = show,
	},
	{
		.name = "library delete",
		.synopsis = "NAME",
		.summary = "delete a library and all its cartridges",
		.text = "A library that a daemon serves is not deleted.",
		.options = delete_options,
		.min_args = 1,
		.max_args = 1,
		.run = delete,
	},
};
