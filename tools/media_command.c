/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl media`: creates, lists, shows and verifies cartridges. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common.h"
#include "json.h"
#include "text.h"

#define MAX_MEDIA_ROWS	(CALL_MAX_ARGS - 1)

static int create(struct call *call)
{
	struct library_place place = { LIBRARY_NOWHERE, 0 };
	const char *where = call_option(call, "place");
	struct plan_media media[MAX_MEDIA_ROWS];
	struct why why = { "" };
	struct access access;
	struct library_size size = { .uncompressed = call_option(call, "uncompressed") };
	unsigned rows = call->args - 1;
	int err = call_number(call, "capacity", 1, INT64_MAX, &size.bytes);

	if (err)
		return err;
	if (where && !library_place_parse(where, &place))
		return call_usage(call, "--place %s: the form is slot:N, io:N or shelf", where);
	if (!call_models(call))
		return EXIT_FAILED;
	for (unsigned r = 0; r < rows; r++)
		if (!plan_media(call->models, call->arg[r + 1], &media[r], &why))
			return call_usage(call, "%s", why.text);
	err = open_access(call, call->arg[0], &access);
	if (!err)
		err = add_cartridges(call, &access, media, rows, size, place);
	close_access(&access);
	return err;
}

struct foreign_list {
	struct grid *grid;
	json_t *json;
};

static void list_foreign(void *arg, const char *name, const char *format)
{
	struct foreign_list *list = arg;

	json_array_append_new(list->json, json_pack("{s:s, s:s}", "name", name, "format", format));
	grid_row(list->grid, name, format, "foreign", "-", NULL);
}

static int list(struct call *call)
{
	struct foreign_list foreign = { NULL };
	const struct library_cartridge *c;
	struct library *library;
	struct grid *grid;
	json_t *json;
	char place[24];
	int err = open_library(call, call->arg[0], LIBRARY_READ, &library);

	if (err)
		return err;
	json = json_array();
	grid = grid_new("CARTRIDGE", "MEDIUM", "KIND", "PLACE", NULL);
	for (unsigned n = 0; (c = library_nth(library, n)); n++) {
		json_t *row = library_cartridge_json(c);

		library_place_text(c->place, place, sizeof(place));
		json_object_set_new(row, "place", json_string(place));
		json_array_append_new(json, row);
		grid_row(grid, c->id, c->form, library_kind_name(c->kind), place, NULL);
	}
	foreign.grid = grid;
	foreign.json = json_array();
	library_each_foreign(library, list_foreign, &foreign);
	if (call->json) {
		err = call_print_json(call, json_pack("{s:O, s:O}", "cartridges", json, "foreign", foreign.json));
		grid_free(grid);
	} else {
		grid_print(grid);
	}
	json_decref(foreign.json);
	json_decref(json);
	library_close(library);
	return err;
}

int open_store(struct call *call, const struct library *library, const char *id, struct media_store **store)
{
	const struct library_cartridge *c = library_find(library, id);
	struct why why = { "" };
	int err;

	if (!c)
		return call_fail(call, EXIT_NOT_FOUND, "%s: no such cartridge in %s", id, library_conf(library)->name);
	err = library_media_store(library, c->id, store, &why);
	return err ? call_fail(call, err, "%s", why.text) : 0;
}

static void uuid_text(const uint8_t *uuid, char *buf, size_t size)
{
	snprintf(buf, size, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", uuid[0], uuid[1],
		 uuid[2], uuid[3], uuid[4], uuid[5], uuid[6], uuid[7], uuid[8], uuid[9], uuid[10], uuid[11], uuid[12],
		 uuid[13], uuid[14], uuid[15]);
}

static void time_text(uint64_t seconds, char *buf, size_t size)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(buf, size, "?");
}

static json_t *info_json(const struct media_info *info, const struct media *media)
{
	json_t *parts = json_array();
	char uuid[40], created[32];

	uuid_text(info->uuid, uuid, sizeof(uuid));
	time_text(info->created, created, sizeof(created));
	for (unsigned p = 0; p < info->geometry.partitions; p++) {
		json_t *part = json_pack("{s:i, s:I, s:I}", "partition", (int)p,
					 "capacity", (json_int_t)info->geometry.part[p].capacity,
					 "early_warning", (json_int_t)info->geometry.part[p].early_warning);
		struct media_usage usage;

		if (media) {
			media_usage(media, p, &usage);
			json_object_set_new(part, "used", json_integer((json_int_t)usage.used));
			json_object_set_new(part, "objects", json_integer((json_int_t)usage.objects));
			json_object_set_new(part, "filemarks", json_integer((json_int_t)usage.filemarks));
		}
		json_array_append_new(parts, part);
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:b, s:b, s:s, s:o}", "uuid", uuid, "barcode", info->barcode,
			 "medium", info->form, "kind", library_kind_name(info->kind), "density", info->density,
			 "write_protected", info->write_protected, "uncompressed", info->count_uncompressed, "created",
			 created, "partitions", parts);
}

static void info_print(const struct media_info *info, const struct media *media)
{
	char uuid[40], created[32], capacity[16], used[16];

	uuid_text(info->uuid, uuid, sizeof(uuid));
	time_text(info->created, created, sizeof(created));
	printf("cartridge: %s\nmedium:    %s, %s, density %02Xh%s%s\nuuid:      %s\ncreated:   %s\n",
	       *info->barcode ? info->barcode : "(no barcode)", info->form, library_kind_name(info->kind),
	       info->density, info->write_protected ? ", write protected" : "",
	       info->count_uncompressed ? ", capacity counts uncompressed data" : "", uuid, created);
	for (unsigned p = 0; p < info->geometry.partitions; p++) {
		struct media_usage usage = { 0 };

		text_size(info->geometry.part[p].capacity, capacity, sizeof(capacity));
		if (media)
			media_usage(media, p, &usage);
		text_size(usage.used, used, sizeof(used));
		if (media)
			printf("partition %u: %s of %s used, %llu objects, %llu filemarks\n", p, used, capacity,
			       (unsigned long long)usage.objects, (unsigned long long)usage.filemarks);
		else
			printf("partition %u: %s (in use: what is on it cannot be seen now)\n", p, capacity);
	}
}

static int show(struct call *call)
{
	const struct media_options options = { .owner = "vtl media show", .read_only = true };
	struct media_store *store;
	struct media *media = NULL;
	struct library *library;
	struct media_info info;
	struct why why = { "" };
	enum media_err merr;
	int err = open_library(call, call->arg[0], LIBRARY_READ, &library);

	if (err)
		return err;
	err = open_store(call, library, call->arg[1], &store);
	if (err)
		goto out_close;
	merr = media_peek(store, &info, &why);
	if (merr) {
		err = call_fail(call, EXIT_FAILED, "%s", why.text);
		goto out_destroy;
	}
	/* What is on a cartridge is seen only while nobody writes it. */
	if (info.kind != MEDIA_CLEANING) {
		merr = media_open(store, &media_exec_inline, &options, &media, &why);
		if (merr && merr != MEDIA_BUSY)
			err = call_fail(call, EXIT_FAILED, "%s", why.text);
		if (merr)
			media = NULL;
	}
	if (call->json) {
		int code = call_print_json(call, info_json(&info, media));

		err = err ? err : code;
	} else {
		info_print(&info, media);
	}
	if (media)
		media_close(media);
out_destroy:
	store->ops->destroy(store);
out_close:
	library_close(library);
	return err;
}

struct verifying {
	struct call *call;
	const char *id;
	json_t *findings, *notes;
	struct progress progress;
};

static void report(void *arg, unsigned partition, uint64_t object, const char *text)
{
	struct verifying *v = arg;

	json_array_append_new(v->findings, json_pack("{s:i, s:o, s:s}", "partition", (int)partition, "object",
			      object == UINT64_MAX ? json_null() : json_integer((json_int_t)object), "text", text));
	if (v->call->json)
		return;
	if (object == UINT64_MAX)
		printf("%s: partition %u: %s\n", v->id, partition, text);
	else
		printf("%s: partition %u, object %llu: %s\n", v->id, partition, (unsigned long long)object, text);
}

static void note(void *arg, unsigned partition, const char *text)
{
	struct verifying *v = arg;

	json_array_append_new(v->notes, json_pack("{s:i, s:s}", "partition", (int)partition, "text", text));
	if (!v->call->json)
		printf("%s: partition %u: note: %s\n", v->id, partition, text);
}

static void step(void *arg, uint64_t done, uint64_t all)
{
	struct verifying *v = arg;

	v->progress.all = all;
	progress_step(&v->progress, done);
}

/* 0, or an exit code after a message; appends what it found to `json`. */
static int verify_one(struct call *call, const struct library *library, const char *id, json_t *json)
{
	struct verifying v = { .call = call, .id = id };
	struct media_verify verify = { .report = report, .note = note, .progress = step, .arg = &v };
	struct media_store *store;
	struct why why = { "" };
	enum media_err err;
	char size[16];
	int code = open_store(call, library, id, &store);

	if (code)
		return code;
	v.findings = json_array();
	v.notes = json_array();
	progress_begin(&v.progress, id, 0, 0);
	err = media_verify(store, &verify, &why);
	progress_end(&v.progress, verify.bytes);
	store->ops->destroy(store);
	json_array_append_new(json,
			      json_pack("{s:s, s:b, s:I, s:I, s:I, s:o, s:o, s:o}", "cartridge", id, "sound",
					err == MEDIA_OK, "blocks", (json_int_t)verify.blocks, "filemarks",
					(json_int_t)verify.filemarks, "bytes", (json_int_t)verify.bytes, "error",
					err == MEDIA_OK || !*why.text ? json_null() : json_string(why.text),
					"findings", v.findings, "notes", v.notes));
	if (err == MEDIA_OK && !call->json)
		printf("%s: sound, %llu blocks, %llu filemarks, %s\n", id, (unsigned long long)verify.blocks,
		       (unsigned long long)verify.filemarks, text_size(verify.bytes, size, sizeof(size)));
	if (err == MEDIA_OK)
		return 0;
	if (err == MEDIA_VERSION && !*why.text)
		return call_fail(call, EXIT_FAILED, "%s has objects that only a newer version can read", id);
	if (err == MEDIA_CORRUPT)
		return call_fail(call, EXIT_FAILED, "%s is damaged", id);
	return call_fail(call, err == MEDIA_BUSY ? EXIT_BUSY : err == MEDIA_NOENT ? EXIT_NOT_FOUND : EXIT_FAILED,
			 "%s: %s", id, *why.text ? why.text : media_strerror(err));
}

static int verify(struct call *call)
{
	const struct library_cartridge *c;
	struct library *library;
	json_t *json;
	int code = 0, err = open_library(call, call->arg[0], LIBRARY_READ, &library);

	if (err)
		return err;
	json = json_array();
	/* All are looked at; the first failure decides the exit code. */
	for (unsigned i = 1; i < call->args; i++) {
		err = verify_one(call, library, call->arg[i], json);
		code = code ? code : err;
	}
	for (unsigned n = 0; call->args == 1 && (c = library_nth(library, n)); n++) {
		err = c->kind == MEDIA_CLEANING ? 0 : verify_one(call, library, c->id, json);
		code = code ? code : err;
	}
	if (call->json) {
		err = call_print_json(call, json_pack("{s:O}", "cartridges", json));
		code = code ? code : err;
	}
	json_decref(json);
	library_close(library);
	return code;
}

static const struct option_row create_options[] = {
	{ "capacity", "SIZE", "capacity in place of the medium's own, e.g. 10G" },
	{ "uncompressed", NULL, "let capacity count what hosts write, however well it compresses" },
	{ "place", "PLACE", "where one cartridge goes: slot:N, io:N or shelf; else the first empty slots" },
	{ NULL },
};

const struct command media_commands[4] = {
	{
		.name = "media create",
		.synopsis = "LIBRARY TYPE:COUNT:BARCODE…",
		.summary = "make cartridges and put them into a library",
		.text = "Barcodes are counted up: LTO-8:3:VTL021L8 makes VTL021L8 to VTL023L8. WORM and cleaning "
			"cartridges are told by the barcode's suffix, or by a fourth part, :worm or :cleaning. With "
			":null a cartridge keeps lengths of blocks and filemarks, but no data, which is counted and "
			"thrown away: for tests of performance. Its blocks read as zeros. A library that a daemon "
			"serves gets them from it at once.",
		.options = create_options,
		.example = "  vtl media create main LTO-8:3:VTL021L8",
		.min_args = 2,
		.max_args = CALL_MAX_ARGS,
		.run = create,
	},
	{
		.name = "media list",
		.synopsis = "LIBRARY",
		.summary = "list a library's cartridges and where they are",
		.json = "`cartridges`: each with `id`, `barcode`, `medium`, `kind` (data, worm, cleaning, null), "
			"`source` (the slot that it last came from, or null) and `place`; `foreign`: tapes of other "
			"programs that lie in the library's folder, each with `name` and `format`.",
		.min_args = 1,
		.max_args = 1,
		.run = list,
	},
	{
		.name = "media show",
		.synopsis = "LIBRARY BARCODE",
		.summary = "show one cartridge: what it is, and what is on it",
		.json = "`uuid`, `barcode`, `medium`, `kind`, `density`, `write_protected`, `uncompressed` (its "
			"capacity counts what hosts write, not what is stored), `created` and `partitions`: each with "
			"`partition`, `capacity`, `early_warning` and, unless it is in use, `used`, `objects` and "
			"`filemarks`. Sizes are in bytes.",
		.min_args = 2,
		.max_args = 2,
		.run = show,
	},
	{
		.name = "media verify",
		.synopsis = "LIBRARY [BARCODE…]",
		.summary = "read every stored byte of cartridges and check it",
		.text = "All cartridges, if none is named. Nothing is changed. A cartridge that is in use in a drive "
			"is not looked at (exit code 4).",
		.json = "`cartridges`: each with `cartridge`, `sound`, `blocks`, `filemarks`, `bytes`, `error` (null, "
			"or why it was not read) `findings`: each with `partition`, `object` (or null) and `text`, and "
			"`notes`: what costs no data, an index that will be made anew, each with `partition` and "
			"`text`.",
		.min_args = 1,
		.max_args = CALL_MAX_ARGS,
		.run = verify,
	},
};
