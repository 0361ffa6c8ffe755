/* SPDX-License-Identifier: GPL-2.0-only */
/* What a model supports, as the tables say from which its devices answer. */
#include <stdio.h>

#include "catalog.h"
#include "model_table.h"
#include "text.h"

/* The model whose tables the manual shows. */
#define MANUAL_MODEL	"IBM-LTO9"

static const struct {
	const char *key, *title;	/* of JSON; of a section of the manual */
} kinds[VTL_CATALOG_COUNT] = {
	[VTL_CATALOG_COMMAND] = { "commands", "COMMANDS" },
	[VTL_CATALOG_MODE_PAGE] = { "mode_pages", "MODE PAGES" },
	[VTL_CATALOG_LOG_PAGE] = { "log_pages", "LOG PAGES" },
	[VTL_CATALOG_VPD_PAGE] = { "vpd_pages", "VITAL PRODUCT DATA PAGES" },
	[VTL_CATALOG_ATTRIBUTE] = { "attributes", "ATTRIBUTES OF THE CARTRIDGE'S MEMORY" },
};

static void row_json(void *arg, const struct vtl_catalog_row *row)
{
	json_t *json = json_object();

	json_object_set_new(json, "code", json_integer(row->code));
	if (row->sub >= 0)
		json_object_set_new(json, row->kind == VTL_CATALOG_COMMAND ? "service_action" : "subpage",
				    json_integer(row->sub));
	json_object_set_new(json, "name", json_string(row->name));
	if (row->len)
		json_object_set_new(json, "length", json_integer(row->len));
	if (row->kind == VTL_CATALOG_COMMAND) {
		json_object_set_new(json, "nominal_timeout", json_integer(row->nominal));
		json_object_set_new(json, "recommended_timeout", json_integer(row->recommended));
	}
	if (row->kind == VTL_CATALOG_MODE_PAGE || row->kind == VTL_CATALOG_ATTRIBUTE)
		json_object_set_new(json, "writable", json_boolean(row->writable));
	json_array_append_new(json_object_get(arg, kinds[row->kind].key), json);
}

/* The tables of a drive or a library; NULL: there is no such model, or no memory. */
static json_t *model_json(const struct vtl_models *models, const char *name)
{
	const struct vtl_drive_model *drive = vtl_models_drive(models, name);
	const struct vtl_library_model *library = vtl_models_library(models, name);
	json_t *table;

	if (!drive && !library)
		return NULL;
	table = json_pack("{s:s}", "model", drive ? drive->name : library->name);
	for (unsigned i = 0; i < VTL_CATALOG_COUNT; i++)
		json_object_set_new(table, kinds[i].key, json_array());
	if (drive ? vtl_catalog_drive(models, drive, row_json, table) : vtl_catalog_library(library, row_json, table))
		return table;
	json_decref(table);
	return NULL;
}

/* ---- for people ---- */

static long number(const json_t *row, const char *key)
{
	return (long)json_integer_value(json_object_get(row, key));
}

/* "A3/0C", "0A/F0", "0806" */
static const char *code_text(const json_t *row, unsigned kind, char text[16])
{
	const json_t *sub = json_object_get(row, kind == VTL_CATALOG_COMMAND ? "service_action" : "subpage");

	if (sub)
		snprintf(text, 16, "%02lX/%02lX", number(row, "code"), (long)json_integer_value(sub));
	else
		snprintf(text, 16, kind == VTL_CATALOG_ATTRIBUTE ? "%04lX" : "%02lX", number(row, "code"));
	return text;
}

/* "12 bytes, 60 s", "16 bytes, can be changed" */
static const char *fact_text(const json_t *row, unsigned kind, char text[64])
{
	long length = number(row, "length");
	const char *can = kind == VTL_CATALOG_ATTRIBUTE ? "written by hosts" : "can be changed";

	*text = '\0';
	if (kind == VTL_CATALOG_COMMAND)
		snprintf(text, 64, "%ld bytes, at most %ld s", length, number(row, "recommended_timeout"));
	else if (length)
		snprintf(text, 64, "%ld byte%s%s%s", length, length == 1 ? "" : "s",
			 json_is_true(json_object_get(row, "writable")) ? ", " : "",
			 json_is_true(json_object_get(row, "writable")) ? can : "");
	return text;
}

static const char *name_text(const json_t *row)
{
	const char *name = json_string_value(json_object_get(row, "name"));

	return *name ? name : "(the model's own)";
}

static void print_kind(const json_t *rows, unsigned kind)
{
	struct grid *grid = grid_new("CODE", kinds[kind].title, "", NULL);
	char code[16], fact[64];
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		grid_row(grid, code_text(row, kind, code), name_text(row), fact_text(row, kind, fact), NULL);
	grid_print(grid);
}

int model_table(struct call *call)
{
	const struct vtl_models *models = call_models(call);
	json_t *table;

	if (!models)
		return EXIT_FAILED;
	table = model_json(models, call->arg[0]);
	if (!table)
		return call_fail(call, EXIT_NOT_FOUND, "there is no drive or library %s; `vtl model list` shows what "
				 "there is", call->arg[0]);
	if (call->json)
		return call_print_json(call, table);
	for (unsigned i = 0; i < VTL_CATALOG_COUNT; i++) {
		const json_t *rows = json_object_get(table, kinds[i].key);

		if (i && json_array_size(rows))
			putchar('\n');
		print_kind(rows, i);
	}
	json_decref(table);
	return EXIT_DONE;
}

bool model_table_manual(const struct manual *manual)
{
	struct why why = { "" };
	struct vtl_models *models = vtl_models_load(NULL, &why);
	json_t *table = models ? model_json(models, MANUAL_MODEL) : NULL;
	char title[96], code[16], fact[64], text[256];
	const json_t *row;
	size_t n;

	if (!table) {
		fprintf(stderr, "vtl help: %s\n", models ? "there is no model " MANUAL_MODEL : why.text);
		vtl_models_free(models);
		return false;
	}
	for (unsigned i = 0; i < VTL_CATALOG_COUNT; i++) {
		snprintf(title, sizeof(title), "%s OF " MANUAL_MODEL, kinds[i].title);
		manual->section(title);
		json_array_foreach(json_object_get(table, kinds[i].key), n, row) {
			bool facts = *fact_text(row, i, fact);

			snprintf(text, sizeof(text), "%s%s%s", name_text(row), facts ? ": " : "", fact);
			manual->entry(code_text(row, i, code), text);
		}
	}
	json_decref(table);
	vtl_models_free(models);
	return true;
}
