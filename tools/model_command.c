/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl model`: lists, shows and checks models of libraries, drives and media. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "command.h"
#include "model_manual.h"
#include "model_table.h"
#include "text.h"

static json_t *drive_json(const struct vtl_drive_model *m)
{
	static const char *const access[] = { "none", "read", "write" };
	json_t *media = json_array(), *densities = json_array();

	for (unsigned i = 0; i < m->media_count; i++)
		json_array_append_new(media, json_pack("{s:s, s:s, s:s}", "medium", m->media[i].medium->name,
				      "data", access[m->media[i].access], "worm", access[m->media[i].worm_access]));
	for (unsigned i = 0; i < m->densities; i++)
		json_array_append_new(densities, json_pack("{s:i, s:s, s:b}", "code", m->density[i].code,
				      "name", m->density[i].name, "writable", m->density_writable[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "kind", "drive", "name", m->name,
			 "description", m->description, "family", m->family, "vendor", m->inquiry.vendor,
			 "product", m->inquiry.product, "revision", m->inquiry.revision,
			 "block_min", (json_int_t)m->block_min, "block_max", (json_int_t)m->block_max, "media", media,
			 "densities", densities);
}

static json_t *medium_json(const struct vtl_medium_model *m)
{
	json_t *suffixes = json_array();

	for (unsigned i = 0; i < sizeof(m->suffix) / sizeof(m->suffix[0]); i++)
		if (*m->suffix[i])
			json_array_append_new(suffixes, json_string(m->suffix[i]));
	return json_pack("{s:s, s:s, s:s, s:b, s:i, s:I, s:I, s:i, s:o, s:s, s:s}", "kind", "medium", "name", m->name,
			 "description", m->description, "cleaning", m->cleaning, "density", m->density,
			 "capacity", (json_int_t)m->capacity, "early_warning", (json_int_t)m->early_warning,
			 "partitions", (int)m->max_partitions, "suffixes", suffixes, "worm_suffix", m->worm_suffix,
			 "cleaning_suffix", m->cleaning_suffix);
}

static json_t *range_json(const struct vtl_element_range *r)
{
	return json_pack("{s:i, s:i}", "start", r->start, "max", (int)r->max);
}

static json_t *library_model_json(const struct vtl_library_model *m)
{
	json_t *stations = json_array();

	for (unsigned i = 0; i < sizeof(m->stations) / sizeof(m->stations[0]) && m->stations[i]; i++)
		json_array_append_new(stations, json_integer(m->stations[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:i, s:i}",
			 "kind", "library", "name", m->name,
			 "description", m->description, "family", m->family, "vendor", m->inquiry.vendor,
			 "product", m->inquiry.product, "revision", m->inquiry.revision,
			 "transport", range_json(&m->transport), "storage", range_json(&m->storage),
			 "import_export", range_json(&m->import_export), "drive", range_json(&m->drive),
			 "stations", stations, "station_magazines", m->station_magazines,
			 "magazine_slots", (int)m->magazine_slots, "move_ms", (int)m->move_ms);
}

/* Every model as JSON, libraries first. */
static json_t *all_json(const struct vtl_models *models)
{
	json_t *all = json_array();
	const void *m;

	for (unsigned n = 0; (m = vtl_models_library_at(models, n)); n++)
		json_array_append_new(all, library_model_json(m));
	for (unsigned n = 0; (m = vtl_models_drive_at(models, n)); n++)
		json_array_append_new(all, drive_json(m));
	for (unsigned n = 0; (m = vtl_models_medium_at(models, n)); n++)
		json_array_append_new(all, medium_json(m));
	return all;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static int list(struct call *call)
{
	const struct vtl_models *models = call_models(call);
	json_t *all, *model;
	struct grid *t;
	size_t i;

	if (!models)
		return EXIT_FAILED;
	all = all_json(models);
	if (call->json)
		return call_print_json(call, json_pack("{s:o}", "models", all));
	t = grid_new("KIND", "MODEL", "DESCRIPTION", NULL);
	json_array_foreach(all, i, model)
		grid_row(t, text_of(model, "kind"), text_of(model, "name"), text_of(model, "description"), NULL);
	grid_print(t);
	json_decref(all);
	return EXIT_DONE;
}

/* One fact of a model a line; rows of a list one after the other. */
static void print_value(const char *key, const json_t *value)
{
	char *text;

	if (json_is_string(value) && !*json_string_value(value))
		return;
	if (json_is_array(value)) {
		const json_t *row;
		size_t i;

		json_array_foreach(value, i, row)
			print_value(i ? "" : key, row);
		return;
	}
	printf("%-16s", key);
	if (json_is_object(value)) {
		const json_t *field;
		const char *name;

		json_object_foreach((json_t *)value, name, field) {
			text = json_dumps(field, JSON_ENCODE_ANY);
			printf("%s %s  ", name, text ? text : "");
			free(text);
		}
	} else if (json_is_string(value)) {
		fputs(json_string_value(value), stdout);
	} else {
		text = json_dumps(value, JSON_ENCODE_ANY);
		fputs(text ? text : "", stdout);
		free(text);
	}
	putchar('\n');
}

static int show(struct call *call)
{
	const struct vtl_models *models = call_models(call);
	const void *m;
	const char *key;
	json_t *json, *value;

	if (!models)
		return EXIT_FAILED;
	if ((m = vtl_models_library(models, call->arg[0])))
		json = library_model_json(m);
	else if ((m = vtl_models_drive(models, call->arg[0])))
		json = drive_json(m);
	else if ((m = vtl_models_medium(models, call->arg[0])))
		json = medium_json(m);
	else
		return call_fail(call, EXIT_NOT_FOUND, "there is no model %s; `vtl model list` shows what there is",
				 call->arg[0]);
	if (call->json)
		return call_print_json(call, json);
	json_object_foreach(json, key, value)
		print_value(key, value);
	json_decref(json);
	return EXIT_DONE;
}

/* Loads the installed models, and with them, as if it were installed too, the file: it may inherit from theirs. */
static int check(struct call *call)
{
	char dir[] = "/tmp/vtl-model-XXXXXX", link[64], path[8192];
	struct vtl_models *models;
	struct why why = { "" };
	char *file = realpath(call->arg[0], NULL), *at;
	struct stat st;

	if (!file || stat(file, &st) < 0) {
		free(file);
		return call_fail(call, errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILED, "%s: %s", call->arg[0],
				 strerror(errno));
	}
	if (!mkdtemp(dir)) {
		free(file);
		return call_fail(call, EXIT_FAILED, "%s: %s", dir, strerror(errno));
	}
	snprintf(link, sizeof(link), "%s/checked.conf", dir);
	snprintf(path, sizeof(path), "%s:%s", vtl_models_path(), S_ISDIR(st.st_mode) ? file : dir);
	if (!S_ISDIR(st.st_mode) && symlink(file, link) < 0)
		why_set(&why, "%s: %s", link, strerror(errno));
	models = *why.text ? NULL : vtl_models_load(path, &why);
	unlink(link);
	rmdir(dir);
	free(file);
	if (models) {
		vtl_models_free(models);
		return call->json ? call_print_json(call, json_pack("{s:b}", "ok", 1)) : EXIT_DONE;
	}
	/* The reason names the file as it was called here. */
	at = strstr(why.text, link);
	if (at)
		return call_fail(call, EXIT_FAILED, "%.*s%s%s", (int)(at - why.text), why.text, call->arg[0],
				 at + strlen(link));
	return call_fail(call, EXIT_FAILED, "%s", why.text);
}

/* Log page 2Eh: reading it clears the flags of some drives (SPC-5 7.3.20), so that others do not see them. */
static bool may_read_alerts(const struct call *call)
{
	char answer[8] = "";

	if (call_option(call, "tape-alert"))
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	fputs("Read log page 2Eh, TapeAlert, too? Some drives clear its flags then. [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
}

/* A name for a model: the product's, in the characters of names. */
static void name_model(const struct captured *captured, char name[MODEL_NAME_LEN + 1])
{
	snprintf(name, MODEL_NAME_LEN + 1, "%s-%s", captured->vendor, captured->product);
	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '.' && *p != '_')
			*p = '-';
}

static int write_captured(struct call *call, const struct captured *captured)
{
	const char *path = call_option(call, "output"), *given = call_option(call, "name");
	FILE *file = path ? fopen(path, "wx") : stdout;
	char name[MODEL_NAME_LEN + 1];
	struct why why = { "" };
	int err;

	if (!file)
		return call_fail(call, EXIT_FAILED, "%s: %s", path, strerror(errno));
	name_model(captured, name);
	err = capture_write(captured, given ? given : name, call->arg[0], call->models, file, &why);
	if (path && fclose(file) && !err) {
		why_set(&why, "%s: %s", path, strerror(errno));
		err = EXIT_FAILED;
	}
	if (err && path)
		unlink(path);
	return err ? call_fail(call, err, "%s", why.text) : EXIT_DONE;
}

static int capture(struct call *call)
{
	struct captured captured;
	struct initiator *device;
	struct why why = { "" };
	int err;

	if (!call_models(call))
		return EXIT_FAILED;
	err = initiator_connect(call->arg[0], &device, &why);
	if (err)
		return call_fail(call, err, "%s", why.text);
	err = capture_read(device, may_read_alerts(call), &captured, &why);
	initiator_disconnect(device);
	err = err ? call_fail(call, err, "%s", why.text) : write_captured(call, &captured);
	captured_free(&captured);
	return err;
}

static const struct option_row capture_options[] = {
	{ "name", "NAME", "what to call the model; else after vendor and product", false },
	{ "output", "FILE", "write it to a new file, in place of standard output", false },
	{ "tape-alert", NULL, "read log page 2Eh too, which clears the flags of some drives", false },
	{ 0 },
};

static const char model_json_keys[] =
	"`kind` (library, drive, medium), `name`, `description`. A library: `family`, `vendor`, `product`, `revision`, "
	"and `transport`, `storage`, `import_export`, `drive` with `start` and `max`, `stations`, `station_magazines`, "
	"`magazine_slots`, `move_ms`. A drive: `family`, `vendor`, `product`, `revision`, `block_min`, `block_max`, "
	"`media` (`medium`, `data`, `worm`), `densities` (`code`, `name`, `writable`). A medium: `cleaning`, "
	"`density`, `capacity`, `early_warning` (bytes), `partitions`, `suffixes`, `worm_suffix`, `cleaning_suffix`.";

const struct command model_commands[5] = {
	{
		.name = "model list",
		.synopsis = "",
		.summary = "list the models of libraries, drives and media",
		.text = "The manual page of this command lists those that come with tgt-vtl; others are files in "
			"/etc/tgt-vtl/models.",
		.json = "`models`: each as `vtl model show` prints it.",
		.run = list,
		.more = model_manual,
	},
	{
		.name = "model show",
		.synopsis = "MODEL",
		.summary = "show one model",
		.json = model_json_keys,
		.min_args = 1,
		.max_args = 1,
		.run = show,
	},
	{
		.name = "model commands",
		.synopsis = "MODEL",
		.summary = "list the commands, pages and attributes that a drive or a library supports",
		.text = "The tables are those from which the device itself answers: REPORT SUPPORTED OPERATION CODES, "
			"the lists of mode, log and vital product data pages, and the attributes of the cartridge's "
			"memory. Codes are hexadecimal; after a stroke comes the service action or subpage. The "
			"sections below are those of one drive.",
		.json = "`model`, and lists of rows with `code`, `name` and, where there is one, `length` in bytes: "
			"`commands` (`service_action`, `nominal_timeout`, `recommended_timeout` in seconds), "
			"`mode_pages` (`subpage`, `writable`), `log_pages` (`subpage`), `vpd_pages`, `attributes` "
			"(`writable`).",
		.example = "vtl model commands IBM-LTO9",
		.min_args = 1,
		.max_args = 1,
		.run = model_table,
		.more = model_table_manual,
	},
	{
		.name = "model check",
		.synopsis = "FILE",
		.summary = "check a model file, or a folder of them",
		.json = "`ok`: true.",
		.text = "The file is read together with those that are installed, from which it may inherit. Errors "
			"name file and line.",
		.min_args = 1,
		.max_args = 1,
		.run = check,
	},
	{
		.name = "model capture",
		.synopsis = "URL|/dev/sgN",
		.summary = "write the model of a device, real or virtual",
		.text = "Reads what a tape drive or changer says of itself and writes a model file from which the same "
			"device can be made: identity, pages, densities, commands, element addresses. Nothing on the "
			"device is changed. TapeAlert, log page 2Eh, is read only if you say so.\n\n"
			"The file marks what is each device's own, and what lives. Put it into /etc/tgt-vtl/models.",
		.example = "vtl model capture /dev/sg3 --name MY-DRIVE --output /etc/tgt-vtl/models/my-drive.conf",
		.options = capture_options,
		.min_args = 1,
		.max_args = 1,
		.run = capture,
	},
};
