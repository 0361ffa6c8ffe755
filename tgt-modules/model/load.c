/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds model files, reads them, settles who inherits from whom, and builds the models. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "build.h"

#define DEFAULT_PATH	"/usr/share/tgt-vtl/models:/etc/tgt-vtl/models"
#define MAX_FIELDS	64

const struct model_kind_info model_kinds[KIND_COUNT] = {
	[KIND_DENSITY] = { "density", model_density_fields, NULL, sizeof(struct vtl_density), 0, model_finish_density },
	[KIND_MEDIUM] = { "medium", model_medium_fields, model_medium_schema, sizeof(struct vtl_medium_model),
			  offsetof(struct vtl_medium_model, name), model_finish_medium },
	[KIND_DRIVE] = { "drive", model_drive_fields, model_drive_schema, sizeof(struct vtl_drive_model),
			 offsetof(struct vtl_drive_model, name), model_finish_drive },
	[KIND_LIBRARY] = { "library", model_library_fields, model_library_schema, sizeof(struct vtl_library_model),
			   offsetof(struct vtl_library_model, name), model_finish_library },
};

void *model_alloc(struct model_load *load, size_t len)
{
	struct vtl_models *models = load->models;
	void **blocks = realloc(models->blocks, (models->block_count + 1) * sizeof(*blocks));
	void *block = NULL;

	if (blocks) {
		models->blocks = blocks;
		block = calloc(1, len ? len : 1);
	}
	if (block)
		blocks[models->block_count++] = block;
	else
		why_set(load->why, "no memory for the models");
	return block;
}

void vtl_models_free(struct vtl_models *models)
{
	if (!models)
		return;
	for (unsigned i = 0; i < models->block_count; i++)
		free(models->blocks[i]);
	for (unsigned k = 0; k < KIND_COUNT; k++)
		free(models->by_kind[k].row);
	free(models->blocks);
	free(models);
}

const struct model_source *model_source_find(const struct model_load *load, enum model_kind kind, const char *name)
{
	for (unsigned i = 0; i < load->sources; i++) {
		const struct model_source *s = &load->source[i];

		if (s->kind == kind && !s->replaced && !strcasecmp(conf_title(s->section), name))
			return s;
	}
	return NULL;
}

/* The schema of a whole file: what all kinds of section may hold. */
struct file_schema {
	struct conf_schema kind[KIND_COUNT + 1];
	struct conf_schema option[KIND_COUNT][MAX_FIELDS];
};

static void make_schema(struct file_schema *schema)
{
	memset(schema, 0, sizeof(*schema));
	for (unsigned k = 0; k < KIND_COUNT; k++) {
		struct conf_schema *o = schema->option[k];

		schema->kind[k].name = model_kinds[k].name;
		schema->kind[k].section = o;
		(o++)->name = "inherit";
		(o++)->name = "abstract";
		for (const struct model_field *f = model_kinds[k].field; f->name; f++, o++) {
			o->name = f->name;
			o->list = f->type == FIELD_NUMBERS;
		}
		for (const struct conf_schema *m = model_kinds[k].more; m && m->name; m++)
			*o++ = *m;
	}
}

static bool good_name(const char *name)
{
	size_t len = strlen(name);

	return len && len <= MODEL_NAME_LEN &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static bool add_source(struct model_load *load, enum model_kind kind, const struct conf_section *section, unsigned dir)
{
	struct model_source *grown = realloc(load->source, (load->sources + 1) * sizeof(*grown));
	const struct conf_value *abstract = conf_value(section, "abstract", 0);
	struct model_source *added;

	if (!grown) {
		why_set(load->why, "no memory for the models");
		return false;
	}
	load->source = grown;
	if (!good_name(conf_title(section)))
		return model_wrong(load, section, 0,
				   "%s \"%s\": a name has 1 to %u of the characters A-Z a-z 0-9 . _ -",
				   model_kinds[kind].name, conf_title(section), MODEL_NAME_LEN);
	for (unsigned i = 0; i < load->sources; i++) {
		struct model_source *s = &load->source[i];

		if (s->kind != kind || s->replaced || strcasecmp(conf_title(s->section), conf_title(section)))
			continue;
		if (s->dir == dir) {
			return model_wrong(load, section, 0, "%s \"%s\" is there already, in %s:%u",
					   model_kinds[kind].name, conf_title(section),
					   conf_section_path(s->section), conf_end_line(s->section));
		}
		s->replaced = true;
	}
	added = &load->source[load->sources++];
	*added = (struct model_source){ .kind = kind, .section = section, .dir = dir };
	return !abstract || conf_bool(section, "abstract", abstract, &added->abstract, load->why);
}

static bool read_file(struct model_load *load, const char *path, const struct file_schema *schema, unsigned dir)
{
	struct conf **grown = realloc(load->conf, (load->confs + 1) * sizeof(*grown));
	const struct conf_section *section, *top;

	if (!grown) {
		why_set(load->why, "no memory for the models");
		return false;
	}
	load->conf = grown;
	load->conf[load->confs] = conf_read(path, schema->kind, load->why);
	if (!load->conf[load->confs])
		return false;
	top = conf_top(load->conf[load->confs++]);
	for (unsigned k = 0; k < KIND_COUNT; k++)
		for (unsigned i = 0; (section = conf_sub(top, model_kinds[k].name, i)); i++)
			if (!add_source(load, (enum model_kind)k, section, dir))
				return false;
	return true;
}

static int is_model_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".conf");
}

/* A directory that does not exist holds no models. A file stands for a directory with that file. */
static bool read_dir(struct model_load *load, const char *dir, const struct file_schema *schema, unsigned number)
{
	struct dirent **entry;
	char path[4096];
	bool ok = true;
	int n = scandir(dir, &entry, is_model_file, alphasort);

	if (n < 0 && errno == ENOENT)
		return true;
	if (n < 0 && errno == ENOTDIR)
		return read_file(load, dir, schema, number);
	if (n < 0) {
		why_set(load->why, "%s: %s", dir, strerror(errno));
		return false;
	}
	for (int i = 0; i < n; i++) {
		if (ok) {
			snprintf(path, sizeof(path), "%s/%s", dir, entry[i]->d_name);
			ok = read_file(load, path, schema, number);
		}
		free(entry[i]);
	}
	free(entry);
	return ok;
}

static bool read_path(struct model_load *load, const char *path)
{
	struct file_schema schema;
	char *copy = strdup(path), *save = NULL;
	unsigned number = 0;
	bool ok = true;

	if (!copy) {
		why_set(load->why, "no memory for the models");
		return false;
	}
	make_schema(&schema);
	for (char *dir = strtok_r(copy, ":", &save); dir && ok; dir = strtok_r(NULL, ":", &save))
		ok = read_dir(load, dir, &schema, number++);
	free(copy);
	if (ok && !load->sources) {
		why_set(load->why, "no models in %s", path);
		ok = false;
	}
	return ok;
}

/* What `source` inherits from: its own name means the one that it replaces. */
static struct model_source *find_base(const struct model_load *load, const struct model_source *source,
				      const char *name)
{
	bool own = !strcasecmp(name, conf_title(source->section));

	for (unsigned i = load->sources; i-- > 0;) {
		struct model_source *s = &load->source[i];

		if (s->kind == source->kind && !strcasecmp(conf_title(s->section), name) &&
		    (own ? s->dir < source->dir : !s->replaced))
			return s;
	}
	return NULL;
}

static bool resolve(struct model_load *load, struct model_source *source)
{
	const struct conf_value *inherit = conf_value(source->section, "inherit", 0);
	struct model_source *base;

	if (source->resolved)
		return true;
	source->resolving = true;
	if (inherit) {
		base = find_base(load, source, inherit->text);
		if (!base) {
			return model_wrong(load, source->section, inherit->line, "inherit: there is no %s \"%s\"",
					   model_kinds[source->kind].name, inherit->text);
		}
		if (base->resolving) {
			return model_wrong(load, source->section, inherit->line,
					   "inherit: \"%s\" inherits from itself by way of \"%s\"",
					   conf_title(source->section), inherit->text);
		}
		if (!resolve(load, base))
			return false;
		source->base = base;
	}
	source->resolving = false;
	source->resolved = true;
	return true;
}

static bool build(struct model_load *load, struct model_source *source)
{
	const struct model_kind_info *info = &model_kinds[source->kind];
	struct model_list *list = &load->models->by_kind[source->kind];
	void **row = realloc(list->row, (list->count + 1) * sizeof(*row));

	if (!row) {
		why_set(load->why, "no memory for the models");
		return false;
	}
	list->row = row;
	source->model = model_alloc(load, info->size);
	if (!source->model || !model_fill(load, source, info->field, source->model))
		return false;
	if (source->kind != KIND_DENSITY)
		strcpy((char *)source->model + info->name_offset, conf_title(source->section));
	list->row[list->count++] = source->model;
	return info->finish(load, source, source->model);
}

static int compare_model(const void *a, const void *b)
{
	/* media, drives and libraries all begin with their name */
	return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static bool build_all(struct model_load *load)
{
	for (unsigned i = 0; i < load->sources; i++)
		if (!resolve(load, &load->source[i]))
			return false;
	for (unsigned k = 0; k < KIND_COUNT; k++) {
		struct model_list *list = &load->models->by_kind[k];

		for (unsigned i = 0; i < load->sources; i++) {
			struct model_source *s = &load->source[i];

			if (s->kind == k && !s->replaced && !s->abstract && !build(load, s))
				return false;
		}
		if (k != KIND_DENSITY && list->count)
			qsort(list->row, list->count, sizeof(*list->row), compare_model);
	}
	return true;
}

_Static_assert(offsetof(struct vtl_medium_model, name) == 0 && offsetof(struct vtl_drive_model, name) == 0 &&
	       offsetof(struct vtl_library_model, name) == 0, "models are sorted and found by their first member");

const char *vtl_models_path(void)
{
	const char *path = getenv("VTL_MODEL_PATH");

	return path && *path ? path : DEFAULT_PATH;
}

struct vtl_models *vtl_models_load(const char *path, struct why *why)
{
	struct model_load load = { .models = calloc(1, sizeof(*load.models)), .why = why };
	bool ok = load.models;

	if (!path || !*path)
		path = vtl_models_path();
	if (!ok)
		why_set(why, "no memory for the models");
	ok = ok && read_path(&load, path) && build_all(&load);
	for (unsigned i = 0; i < load.confs; i++)
		conf_free(load.conf[i]);
	free(load.conf);
	free(load.source);
	if (ok)
		return load.models;
	vtl_models_free(load.models);
	return NULL;
}
