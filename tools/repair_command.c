/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl media repair`: makes anew what can be made anew of a damaged cartridge. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "json.h"
#include "text.h"

struct repairing {
	struct call *call;
	const char *id;
	bool apply;
	json_t *repaired, *lost;
	struct progress progress;
};

static void report(void *arg, bool lost, unsigned partition, uint64_t object, const char *text)
{
	struct repairing *r = arg;
	const char *what = lost ? "lost" : r->apply ? "repaired" : "to be repaired";

	json_array_append_new(lost ? r->lost : r->repaired,
			      json_pack("{s:i, s:o, s:s}", "partition", (int)partition, "object",
					object == UINT64_MAX ? json_null() : json_integer((json_int_t)object), "text",
					text));
	if (r->call->json)
		return;
	if (object == UINT64_MAX)
		printf("%s: partition %u: %s: %s\n", r->id, partition, what, text);
	else
		printf("%s: partition %u, object %llu: %s: %s\n", r->id, partition, (unsigned long long)object, what,
		       text);
}

static void step(void *arg, uint64_t done, uint64_t all)
{
	struct repairing *r = arg;

	r->progress.all = all;
	progress_step(&r->progress, done);
}

/* What the library and the models know of a cartridge: for one that does not say itself any more. False: nothing. */
static bool known_info(struct call *call, const struct library_cartridge *c, struct library_size size,
		       struct media_info *info)
{
	const struct vtl_models *models = call_models(call);
	const struct vtl_medium_model *medium = models ? vtl_models_medium(models, c->form) : NULL;

	if (medium)
		library_media_info(info, medium, c->kind, c->barcode, size);
	return medium;
}

/* One line, and the exit code: what is lost, or not yet done, is a failure. */
static int outcome(const struct repairing *r, const struct media_repair *repair, enum media_err err,
		   const struct why *why)
{
	struct call *call = r->call;

	if (err == MEDIA_CORRUPT && repair->lost)
		return call_fail(call, EXIT_FAILED, "%s: some of it is lost", r->id);
	if (err)
		return call_fail(call, err == MEDIA_BUSY ? EXIT_BUSY : EXIT_FAILED, "%s: %s", r->id,
				 *why->text ? why->text : media_strerror(err));
	if (repair->repaired && !r->apply)
		return call_fail(call, EXIT_FAILED, "%s: nothing was changed: --apply repairs it", r->id);
	if (!call->json)
		printf("%s: %s\n", r->id, repair->repaired ? "repaired" : "sound");
	return 0;
}

static int repair_one(struct call *call, const struct library *library, struct library_size size)
{
	struct repairing r = { .call = call, .id = call->arg[1], .apply = call_option(call, "apply") };
	struct media_repair repair = { .apply = r.apply, .report = report, .progress = step, .arg = &r };
	struct media_info info = { 0 };
	struct media_store *store;
	struct why why = { "" };
	enum media_err err;
	int code = open_store(call, library, r.id, &store), printed = 0;

	if (code)
		return code;
	if (known_info(call, library_find(library, r.id), size, &info))
		repair.info = &info;
	r.repaired = json_array();
	r.lost = json_array();
	progress_begin(&r.progress, r.id, 0, 0);
	err = media_repair(store, &repair, &why);
	progress_end(&r.progress, repair.bytes);
	store->ops->destroy(store);
	if (call->json)
		printed = call_print_json(call, json_pack("{s:s, s:b, s:O, s:O, s:o}", "cartridge", r.id, "applied",
							  r.apply, "repaired", r.repaired, "lost", r.lost, "error",
							  err == MEDIA_OK || repair.lost ? json_null()
											 : json_string(why.text)));
	json_decref(r.repaired);
	json_decref(r.lost);
	code = outcome(&r, &repair, err, &why);
	return code ? code : printed;
}

static int repair(struct call *call)
{
	struct library *library;
	struct library_size size = { 0 };
	int err = call_number(call, "capacity", 1, INT64_MAX, &size.bytes);

	if (!err)
		err = open_library(call, call->arg[0], LIBRARY_READ, &library);
	if (err)
		return err;
	err = repair_one(call, library, size);
	library_close(library);
	return err;
}

static const struct option_row options[] = {
	{ "apply", NULL, "do it; without, nothing is changed" },
	{ "capacity", "SIZE", "what it had, should it not say so itself any more; else the medium's own" },
	{ NULL },
};

const struct command repair_command = {
	.name = "media repair",
	.synopsis = "LIBRARY BARCODE",
	.summary = "make anew what can be made anew of a damaged cartridge",
	.text = "Says what of it can be made anew, and which objects are lost; with --apply, does it. Made anew are: a "
		"file of which one of two copies is damaged, the list of a partition's segments with the end of data "
		"and all counts (from the segments), indexes, the beginning of a segment, an empty cartridge memory "
		"in place of a lost one, and the description of the cartridge from what the library knows of it. "
		"Objects that are lost keep their numbers: reading one fails, all others read.\n\n"
		"What is replaced is kept beside it, in files whose names begin with \"kept\". A cartridge that is in "
		"use in a drive is not touched (exit code 4). The exit code is 0 only when nothing is lost and "
		"nothing is left to be repaired.",
	.options = options,
	.json = "`cartridge`, `applied`, `repaired` and `lost`: each with `partition`, `object` (or null) and `text`; "
		"`error` (null, or why it could not be looked at).",
	.example = "  vtl media repair main VTL001L8\n  vtl media repair main VTL001L8 --apply",
	.min_args = 2,
	.max_args = 2,
	.run = repair,
};
