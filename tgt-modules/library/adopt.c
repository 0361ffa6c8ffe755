/* SPDX-License-Identifier: GPL-2.0-only */
/* Libraries made in a folder that is there, as tgt's own changer has them, and the tapes of others that lie there. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "foreign.h"
#include "parts.h"

static enum library_err fill(const struct library_adoption *a, struct library_conf *conf, struct why *why)
{
	conf->model = a->model;
	conf->identity = a->identity;
	strcpy(conf->serial, a->serial);
	conf->slots = a->slots;
	conf->import_exports = a->import_exports;
	conf->drives = a->drives;
	library_divide_stations(conf);
	conf->station_magazines = a->model->station_magazines;
	conf->magazine_slots = a->model->magazine_slots;
	conf->drive_timeout = LIBRARY_DRIVE_TIMEOUT;
	conf->hook_timeout = LIBRARY_HOOK_TIMEOUT;
	conf->transport_start = a->transport_start;
	conf->storage_start = a->storage_start;
	conf->import_export_start = a->import_export_start;
	conf->drive_start = a->drive_start;
	conf->drive = calloc(a->drives + 1u, sizeof(*conf->drive));
	if (!conf->drive) {
		why_set(why, "no memory");
		return LIBRARY_FAILED;
	}
	memcpy(conf->drive, a->drive, a->drives * sizeof(*conf->drive));
	for (unsigned i = 0; i < a->drives; i++) {
		snprintf(conf->drive[i].id, sizeof(conf->drive[i].id), "D%u", i + 1);
		conf->drive[i].codec = MEDIA_CODEC_ZLIB;
		conf->drive[i].address = (uint16_t)(a->drive_start + i);
	}
	return library_draw_changer(conf, why) && library_draw_drives(conf, why) && library_conf_check(conf, why) ?
	       LIBRARY_OK : LIBRARY_FAILED;
}

enum library_err library_adopt(const struct library_adoption *a, struct why *why)
{
	struct library_conf *conf = calloc(1, sizeof(*conf));
	struct media_store *store = NULL;
	enum library_err err = LIBRARY_FAILED;
	char *real = realpath(a->dir, NULL);

	if (!conf || !real || strlen(real) >= sizeof(conf->dir)) {
		why_set(why, "%s: there is no such folder, or no memory", a->dir);
		goto out;
	}
	strcpy(conf->dir, real);
	snprintf(conf->name, sizeof(conf->name), "%.*s", LIBRARY_NAME_LEN, strrchr(real, '/') + 1);
	err = fill(a, conf, why);
	if (!err && media_store_posix(real, false, &store, why) < 0)
		err = LIBRARY_FAILED;
	if (!err && library_make_parts(real, store, conf, why))
		err = LIBRARY_FAILED;
out:
	if (store)
		store->ops->destroy(store);
	if (conf)
		library_conf_free(conf);
	free(conf);
	free(real);
	return err;
}

static void look_through(const char *dir, void (*each)(void *arg, const char *name, const char *format), void *arg)
{
	struct dirent **entry;
	char path[PATH_MAX];
	const char *format;
	struct stat st;
	int n = scandir(dir, &entry, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (library_path(path, sizeof(path), "%s/%s", dir, entry[i]->d_name) && !stat(path, &st) &&
		    S_ISREG(st.st_mode) && (format = media_foreign_format(path)))
			each(arg, entry[i]->d_name, format);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
}

void library_each_foreign(const struct library *library, void (*each)(void *arg, const char *name, const char *format),
			  void *arg)
{
	char media[PATH_MAX];

	look_through(library->conf.dir, each, arg);
	if (library_path(media, sizeof(media), "%s/" LIBRARY_MEDIA_NAME, library->conf.dir))
		look_through(media, each, arg);
}
