/* SPDX-License-Identifier: GPL-2.0-only */
/* change, rename, delete: verbs that make another library of one that is served. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verbs_impl.h"

struct verb_alter {
	struct serve_alter alter;
	struct control_request *request;
	struct serve_library *library;
};

/* The drives of the library, for whoever wants to know what a change has made of them. */
static json_t *drives_json(struct serve_library *sl)
{
	const struct library_conf *conf = library_conf(serve_library(sl));
	json_t *drives = json_array();

	for (unsigned i = 0; i < conf->drives; i++) {
		const struct serve_unit *unit = serve_drive(sl, i + 1);

		if (unit)
			json_array_append_new(drives, json_pack("{s:i, s:s, s:s, s:s, s:o}", "number", (int)i + 1,
						      "id", unit->id, "model", conf->drive[i].model->name,
						      "serial", unit->serial, "urls", verb_unit_urls(unit)));
	}
	return drives;
}

static void alter_done(struct serve_alter *sa)
{
	struct verb_alter *va = sa->owner;

	if (sa->alter.err != LIBRARY_OK)
		control_refuse(va->request, (enum control_code)sa->alter.err, "%s", sa->alter.why.text);
	else
		control_answer(va->request, json_pack("{s:s, s:i, s:o}", "dir",
				library_conf(serve_library(va->library))->dir, "busy", (int)sa->busy,
				"drives", drives_json(va->library)));
	free(va);
}

/* NULL after a refusal. */
static struct verb_alter *alter_new(struct verb_call *call, enum library_alteration what)
{
	struct verb_alter *va = calloc(1, sizeof(*va));

	if (!va) {
		control_refuse(call->request, CONTROL_FAILED, "out of memory");
		return NULL;
	}
	va->request = call->request;
	va->library = call->library;
	va->alter.alter.what = what;
	va->alter.done = alter_done;
	va->alter.owner = va;
	return va;
}

static bool refuse(struct verb_call *call, enum control_code code, const char *text, const char *what)
{
	control_refuse(call->request, code, "%s%s", text, what);
	return false;
}

/* A number from 0 to FFFFh; false after a refusal. */
static bool number(struct verb_call *call, const json_t *value, const char *key, unsigned *n)
{
	json_int_t given = json_integer_value(value);

	if (!json_is_integer(value) || given < 0 || given > 0xffff)
		return refuse(call, CONTROL_USAGE, key, ": a number from 0 to 65535");
	*n = (unsigned)given;
	return true;
}

static bool read_stations(struct verb_call *call, struct library_edit *edit)
{
	const json_t *list = json_object_get(call->params, "stations"), *value;
	unsigned n = 0;
	size_t i;

	if (!list)
		return true;
	if (json_array_size(list) > LIBRARY_STATIONS || !json_is_array(list))
		return refuse(call, CONTROL_USAGE, "stations", ": the slots of each, of at most 8");
	edit->set_stations = true;
	json_array_foreach(list, i, value) {
		if (!number(call, value, "stations", &edit->station[n]))
			return false;
		n += edit->station[n] > 0;
	}
	return true;
}

static bool read_drives(struct verb_call *call, struct library_edit *edit)
{
	const json_t *add = json_object_get(call->params, "add"), *remove = json_object_get(call->params, "remove");
	const json_t *value;
	size_t i;

	if (json_array_size(add) > LIBRARY_EDIT_ROWS || json_array_size(remove) > LIBRARY_EDIT_ROWS)
		return refuse(call, CONTROL_USAGE, "add, remove", ": too many rows");
	json_array_foreach(add, i, value) {
		const char *model = json_string_value(json_object_get(value, "model"));

		edit->add[i].model = vtl_models_drive(serve_models(call->library), model ? model : "");
		if (!edit->add[i].model)
			return refuse(call, CONTROL_NOT_FOUND,
				      "the daemon, since it opened the library, knows no drive model ",
				      model ? model : "");
		if (!number(call, json_object_get(value, "count"), "count", &edit->add[i].count))
			return false;
		edit->add_rows++;
	}
	json_array_foreach(remove, i, value) {
		edit->remove[i] = json_string_value(value);	/* the request's, which lives until it is answered */
		if (!edit->remove[i])
			return refuse(call, CONTROL_USAGE, "remove", ": ids of drives, or drive:N");
		edit->removes++;
	}
	return true;
}

static bool read_codecs(struct verb_call *call, struct library_edit *edit)
{
	const json_t *list = json_object_get(call->params, "codecs"), *value;
	size_t i;

	if (json_array_size(list) > LIBRARY_EDIT_ROWS)
		return refuse(call, CONTROL_USAGE, "codecs", ": too many rows");
	json_array_foreach(list, i, value) {
		const char *codec = json_string_value(json_object_get(value, "codec"));

		edit->codec[i].drive = json_string_value(json_object_get(value, "drive"));
		if (!edit->codec[i].drive || !codec ||
		    !library_codec_parse(codec, &edit->codec[i].codec, &edit->codec[i].level))
			return refuse(call, CONTROL_USAGE, "codecs", ": drive, and codec as in lz4 or zlib:9");
		edit->codecs++;
	}
	return true;
}

void verb_change(struct verb_call *call)
{
	struct verb_alter *va = alter_new(call, LIBRARY_ALTER_PARTS);
	const json_t *slots = json_object_get(call->params, "slots");
	struct library_edit *edit;

	if (!va)
		return;
	edit = &va->alter.alter.edit;
	edit->set_slots = slots;
	if ((slots && !number(call, slots, "slots", &edit->slots)) || !read_stations(call, edit) ||
	    !read_drives(call, edit) || !read_codecs(call, edit))
		free(va);
	else
		serve_alter(call->library, &va->alter);
}

static void alter_by_text(struct verb_call *call, enum library_alteration what, const char *key)
{
	const char *text = verb_text(call, key);
	struct verb_alter *va;

	if (!text) {
		refuse(call, CONTROL_USAGE, key, " is missing");
		return;
	}
	va = alter_new(call, what);
	if (!va)
		return;
	va->alter.alter.text = text;
	serve_alter(call->library, &va->alter);
}

void verb_rename(struct verb_call *call)
{
	alter_by_text(call, LIBRARY_ALTER_NAME, "name");
}

/* A cartridge may not be on its way to a drive meanwhile: that is why the robot rests for it too. */
void verb_delete(struct verb_call *call)
{
	alter_by_text(call, LIBRARY_ALTER_DELETE, "barcode");
}
