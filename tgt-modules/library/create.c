/* SPDX-License-Identifier: GPL-2.0-only */
/* Making and deleting libraries: all of it, or nothing. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parts.h"

#define NAA_LOCAL	(3ull << 60)	/* locally assigned (SPC-5 7.7.6.6.4): we own no IEEE company id */
#define TRIES		10000		/* for a serial number that nobody has */

struct serials {
	char (*row)[LIBRARY_SERIAL_LEN + 1];
	unsigned count;
	bool failed;
};

static void add_serial(void *arg, const char *serial)
{
	struct serials *s = arg;
	void *grown = realloc(s->row, (s->count + 1) * sizeof(*s->row));

	if (!grown) {
		s->failed = true;
		return;
	}
	s->row = grown;
	snprintf(s->row[s->count++], sizeof(*s->row), "%s", serial);
}

static int add_serials(void *arg, const char *dir)
{
	library_conf_serials(dir, add_serial, arg);
	return 0;
}

/* A serial number that no device of any library under the root has. */
static bool draw_serial(struct serials *taken, const char *format, unsigned len, char *serial, struct why *why)
{
	uint64_t n;

	for (unsigned i = 0; i < TRIES; i++) {
		unsigned k = 0;

		if (getrandom(&n, sizeof(n), 0) != sizeof(n) || !vtl_model_serial(format, n, serial, len + 1))
			break;
		while (k < taken->count && strcmp(taken->row[k], serial))
			k++;
		if (k < taken->count)
			continue;
		add_serial(taken, serial);
		return !taken->failed;
	}
	why_set(why, "no serial number could be found after the format \"%s\"", format);
	return false;
}

static bool draw_naa(uint64_t *naa)
{
	if (getrandom(naa, sizeof(*naa), 0) != sizeof(*naa))
		return false;
	*naa = (*naa & ~(0xfull << 60)) | NAA_LOCAL;
	return true;
}

static bool check_count(const char *what, unsigned count, const struct vtl_library_model *model,
			const struct vtl_element_range *range, struct why *why)
{
	if (count <= range->max)
		return true;
	why_set(why, "%u %s: a %s takes at most %u", count, what, model->name, range->max);
	return false;
}

static bool check_counts(const struct vtl_library_model *model, unsigned drives, unsigned slots,
			 unsigned import_exports, struct why *why)
{
	return check_count("drives", drives, model, &model->drive, why) &&
	       check_count("slots", slots, model, &model->storage, why) &&
	       check_count("import/export slots", import_exports, model, &model->import_export, why);
}

bool library_check_counts(const struct library_conf *conf, struct why *why)
{
	return check_counts(conf->model, conf->drives, conf->slots, conf->import_exports, why);
}

/* Every check of the plan that needs no disk. */
static enum library_err check_plan(const struct vtl_models *models, const struct library_plan *plan,
				   const struct vtl_library_model **library, unsigned *drives, struct why *why)
{
	const struct vtl_library_model *model = vtl_models_library(models, plan->model);

	if (!model) {
		why_set(why, "there is no model of a library named \"%s\"", plan->model);
		return LIBRARY_NOT_FOUND;
	}
	*library = model;
	*drives = 0;
	for (unsigned i = 0; i < plan->drive_rows; i++) {
		if (!vtl_models_drive(models, plan->drives[i].model)) {
			why_set(why, "there is no model of a drive named \"%s\"", plan->drives[i].model);
			return LIBRARY_NOT_FOUND;
		}
		if (plan->drives[i].count > 0xffff) {
			why_set(why, "%u drives are too many", plan->drives[i].count);
			return LIBRARY_USAGE;
		}
		*drives += plan->drives[i].count;
	}
	return check_counts(model, *drives, plan->slots, plan->import_exports, why) ? LIBRARY_OK : LIBRARY_USAGE;
}

/* Where it is to be: conf->dir and conf->name; the parent exists. */
static enum library_err check_name(const struct library_plan *plan, struct library_conf *conf, struct why *why)
{
	const char *slash = strrchr(plan->name, '/'), *name = slash ? slash + 1 : plan->name;
	const char *parent = slash ? plan->name : library_root();
	char path[PATH_MAX], *real;

	if (!library_name_ok(name, LIBRARY_NAME_LEN)) {
		why_set(why, "\"%s\" is no name for a library: up to %u of A-Z a-z 0-9 . _ -, no dot first", name,
			LIBRARY_NAME_LEN);
		return LIBRARY_USAGE;
	}
	snprintf(path, sizeof(path), "%.*s", slash ? (int)(slash - plan->name) : (int)strlen(parent),
		 slash == plan->name ? "/" : parent);
	if (!slash && mkdir(path, 0755) && errno != EEXIST) {
		why_set(why, "%s: %s", path, strerror(errno));
		return LIBRARY_FAILED;
	}
	real = realpath(*path ? path : "/", NULL);
	if (!real || !library_path(conf->dir, sizeof(conf->dir), "%s/%s", strcmp(real, "/") ? real : "", name)) {
		why_set(why, "%s: %s", path, strerror(real ? ENAMETOOLONG : errno));
		free(real);
		return LIBRARY_FAILED;
	}
	free(real);
	strcpy(conf->name, name);
	if (!access(conf->dir, F_OK)) {
		why_set(why, "%s is there already", conf->dir);
		return LIBRARY_FAILED;
	}
	return LIBRARY_OK;
}

static void fill_drives(const struct vtl_models *models, const struct library_plan *plan, struct library_conf *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < plan->drive_rows; i++) {
		for (unsigned k = 0; k < plan->drives[i].count; k++, n++) {
			struct library_drive *d = &conf->drive[n];

			snprintf(d->id, sizeof(d->id), "D%u", n + 1);
			d->model = vtl_models_drive(models, plan->drives[i].model);
			d->codec = MEDIA_CODEC_ZLIB;
			d->address = (uint16_t)(conf->drive_start + n);
			if (d->model && plan->drive_times_of_model)
				memcpy(d->time_ms, d->model->time_ms, sizeof(d->time_ms));
		}
	}
}

static bool draw_drives(struct library_conf *conf, struct serials *serials, struct why *why)
{
	for (unsigned i = 0; i < conf->drives; i++) {
		struct library_drive *d = &conf->drive[i];

		if (!d->serial[0] &&
		    !draw_serial(serials, d->model->serial_format, d->model->serial_len, d->serial, why))
			return false;
		if (!d->naa && !draw_naa(&d->naa))
			return false;
	}
	return true;
}

bool library_draw_drives(struct library_conf *conf, struct why *why)
{
	struct serials serials = { NULL };
	struct why unimportant;
	bool ok;

	(void)library_each(add_serials, &serials, &unimportant);
	add_serial(&serials, conf->serial);
	for (unsigned i = 0; i < conf->drives; i++)
		if (conf->drive[i].serial[0])
			add_serial(&serials, conf->drive[i].serial);
	ok = draw_drives(conf, &serials, why);
	free(serials.row);
	return ok;
}

bool library_draw_changer(struct library_conf *conf, struct why *why)
{
	struct serials serials = { NULL };
	struct why unimportant;
	bool ok;

	(void)library_each(add_serials, &serials, &unimportant);
	ok = (conf->serial[0] || draw_serial(&serials, conf->model->serial_format, conf->model->serial_len,
					     conf->serial, why)) &&
	     draw_naa(&conf->naa);
	free(serials.row);
	return ok;
}

/* As the model has them; what is left over belongs to the last one. */
void library_divide_stations(struct library_conf *conf)
{
	unsigned left = conf->import_exports, n = 0;

	memset(conf->station, 0, sizeof(conf->station));
	for (; n + 1 < LIBRARY_STATIONS && left && conf->model->stations[n + 1]; n++) {
		conf->station[n] = left < conf->model->stations[n] ? left : conf->model->stations[n];
		left -= conf->station[n];
	}
	conf->station[n] += left;
}

static enum library_err fill_conf(const struct vtl_models *models, const struct library_plan *plan,
				  struct library_conf *conf, struct why *why)
{
	const struct vtl_library_model *model = conf->model;
	conf->drive = calloc(conf->drives + 1, sizeof(*conf->drive));
	if (!conf->drive) {
		why_set(why, "no memory");
		return LIBRARY_FAILED;
	}
	conf->slots = plan->slots;
	conf->import_exports = plan->import_exports;
	library_divide_stations(conf);
	conf->station_magazines = model->station_magazines;
	conf->magazine_slots = model->magazine_slots;
	conf->move_ms = plan->robot_time_of_model ? model->move_ms : plan->move_ms;
	conf->drive_timeout = LIBRARY_DRIVE_TIMEOUT;
	conf->hook_timeout = LIBRARY_HOOK_TIMEOUT;
	conf->transport_start = model->transport.start;
	conf->storage_start = model->storage.start;
	conf->import_export_start = model->import_export.start;
	conf->drive_start = model->drive.start;
	fill_drives(models, plan, conf);
	return library_draw_changer(conf, why) && library_draw_drives(conf, why) ? LIBRARY_OK : LIBRARY_FAILED;
}

static int fail(struct why *why, int rc, const char *path)
{
	why_set(why, "%s: %s", path, strerror(-rc));
	return rc;
}

int library_make_door(struct media_store *drives, const struct library_conf *conf, unsigned number)
{
	const char *id = conf->drive[number - 1].id;
	char name[LIBRARY_NAME_LEN + sizeof(LIBRARY_DRIVE_SUFFIX)], text[256];

	snprintf(name, sizeof(name), "%s" LIBRARY_DRIVE_SUFFIX, id);
	snprintf(text, sizeof(text),
		 "This stands for drive %s of the tape library %s: it is the backing-store in targets.conf.\n", id,
		 conf->name);
	return drives->ops->replace(drives, name, text, strlen(text));
}

static int make_drives(const char *temp, const struct library_conf *conf, struct why *why)
{
	struct media_store *store;
	char path[PATH_MAX];
	int rc;

	if (!library_path(path, sizeof(path), "%s/" LIBRARY_DRIVES_NAME, temp))
		return fail(why, -ENAMETOOLONG, temp);
	if (mkdir(path, 0700) && errno != EEXIST)
		return fail(why, -errno, path);
	rc = media_store_posix(path, false, &store, why);
	if (rc < 0)
		return rc;
	for (unsigned i = 1; i <= conf->drives && rc >= 0; i++)
		rc = library_make_door(store, conf, i);
	store->ops->destroy(store);
	return rc < 0 ? fail(why, rc, path) : 0;
}

/* Everything inside the directory. */
int library_make_parts(const char *temp, struct media_store *store, const struct library_conf *conf, struct why *why)
{
	struct journal journal = { .store = store, .name = LIBRARY_INVENTORY_NAME };
	char path[PATH_MAX];
	struct table table;
	int rc = make_drives(temp, conf, why);

	if (rc < 0)
		return rc;
	if (!library_path(path, sizeof(path), "%s/" LIBRARY_MEDIA_NAME, temp))
		return fail(why, -ENAMETOOLONG, temp);
	if (mkdir(path, 0700) && errno != EEXIST)
		return fail(why, -errno, path);
	if (!table_init(&table, 0, 0, 0))
		return fail(why, -ENOMEM, temp);
	rc = journal_checkpoint(&journal, &table, why);
	journal_close(&journal);
	table_free(&table);
	if (rc < 0)
		return rc;
	return library_conf_save(store, conf, why) ? -EIO : 0;
}

/* Under a name that is no library's until all of it is there. */
static enum library_err make_dir(const struct library_conf *conf, struct why *why)
{
	char temp[PATH_MAX], parent[PATH_MAX];
	struct media_store *store;
	int rc;

	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(conf->dir, '/') - conf->dir), conf->dir);
	if (!library_path(temp, sizeof(temp), "%s/" LIBRARY_NEW_PREFIX "%s", parent, conf->name)) {
		fail(why, -ENAMETOOLONG, conf->dir);
		return LIBRARY_FAILED;
	}
	(void)library_remove_tree(temp);
	rc = media_store_posix(temp, true, &store, why);
	if (rc < 0)
		return LIBRARY_FAILED;
	rc = library_make_parts(temp, store, conf, why);
	store->ops->destroy(store);
	if (!rc && renameat2(AT_FDCWD, temp, AT_FDCWD, conf->dir, RENAME_NOREPLACE))
		rc = fail(why, -errno, conf->dir);
	if (!rc) {
		rc = library_sync_dir(*parent ? parent : "/");
		if (rc < 0) {
			fail(why, rc, parent);
			(void)library_remove_tree(conf->dir);
		}
	}
	if (rc)
		(void)library_remove_tree(temp);
	return rc ? LIBRARY_FAILED : LIBRARY_OK;
}

enum library_err library_create(const struct vtl_models *models, const struct library_plan *plan, struct why *why)
{
	struct library_conf *conf = calloc(1, sizeof(*conf));
	enum library_err err;

	if (!conf) {
		why_set(why, "no memory");
		return LIBRARY_FAILED;
	}
	err = check_plan(models, plan, &conf->model, &conf->drives, why);
	if (!err)
		err = check_name(plan, conf, why);
	if (!err)
		err = fill_conf(models, plan, conf, why);
	if (!err)
		err = make_dir(conf, why);
	library_conf_free(conf);
	free(conf);
	return err;
}

enum library_err library_delete(const struct vtl_models *models, const char *name, struct why *why)
{
	struct library_conf *conf = calloc(1, sizeof(*conf));
	struct media_store *store = NULL;
	char gone[PATH_MAX], *slash;
	enum library_err err = LIBRARY_FAILED;
	int rc;

	if (!conf) {
		why_set(why, "no memory");
		return LIBRARY_FAILED;
	}
	err = library_find_dir(name, conf, why);
	if (err)
		goto out;
	err = LIBRARY_FAILED;
	if (media_store_posix(conf->dir, false, &store, why) < 0)
		goto out;
	rc = store->ops->lock(store, "vtl, deleting it", why);
	if (rc < 0) {
		err = rc == -EBUSY ? LIBRARY_BUSY : LIBRARY_FAILED;
		goto out;
	}
	slash = strrchr(conf->dir, '/');
	if (!library_path(gone, sizeof(gone), "%.*s/" LIBRARY_GONE_PREFIX "%s", (int)(slash - conf->dir), conf->dir,
			  slash + 1)) {
		fail(why, -ENAMETOOLONG, conf->dir);
		goto out;
	}
	/* At once it is no library any more; a crash leaves a folder that the next deletion takes away. */
	rc = library_remove_tree(gone);
	if (!rc && rename(conf->dir, gone))
		rc = -errno;
	if (!rc)
		rc = library_remove_tree(gone);
	if (rc)
		fail(why, rc, conf->dir);
	else
		err = LIBRARY_OK;
out:
	if (store)
		store->ops->destroy(store);
	free(conf);
	return err;
}
