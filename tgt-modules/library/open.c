/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening and closing a library, and what an open one can be asked. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

enum library_err library_media_err(enum media_err err)
{
	static const enum library_err rows[MEDIA_ERR_COUNT] = {
		[MEDIA_OK] = LIBRARY_OK,
		[MEDIA_INVALID] = LIBRARY_USAGE,
		[MEDIA_NOENT] = LIBRARY_NOT_FOUND,
		[MEDIA_BUSY] = LIBRARY_BUSY,
	};

	return err == MEDIA_OK || rows[err] ? rows[err] : LIBRARY_FAILED;
}

void library_add_note(struct library *library, const char *fmt, ...)
{
	char **grown = realloc(library->note, (library->notes + 1) * sizeof(*grown));
	va_list ap;

	if (!grown)
		return;
	library->note = grown;
	va_start(ap, fmt);
	if (vasprintf(&grown[library->notes], fmt, ap) >= 0)
		library->notes++;
	va_end(ap);
}

void library_mark_bays(struct library *library)
{
	struct library_place place = { LIBRARY_DRIVE, 1 };

	for (; place.number <= library->conf.drives; place.number++)
		table_set_state(&library->table, place, 1,
				library->conf.drive[place.number - 1].absent ? LIBRARY_PLACE_OUT : 0,
				(uint8_t)~LIBRARY_PLACE_OUT);
}

static enum library_err take_lock(struct library *library, const char *owner, struct why *why)
{
	int rc;

	if (library->mode == LIBRARY_READ)
		return LIBRARY_OK;
	rc = library->store->ops->lock(library->store, owner, why);
	library->locked = rc == 0;
	return rc == -EBUSY ? LIBRARY_BUSY : rc < 0 ? LIBRARY_FAILED : LIBRARY_OK;
}

static enum library_err open_parts(struct library *library, const char *owner, struct why *why)
{
	char drives[PATH_MAX];
	enum library_err err;

	if (!library_path(drives, sizeof(drives), "%s/" LIBRARY_DRIVES_NAME, library->conf.dir)) {
		why_set(why, "%s: the path is too long", library->conf.dir);
		return LIBRARY_FAILED;
	}
	if (media_store_posix(library->conf.dir, false, &library->store, why) < 0 ||
	    media_store_posix(drives, false, &library->drives, why) < 0)
		return LIBRARY_FAILED;
	/* The lock first: what is read after it cannot change any more. */
	err = take_lock(library, owner, why);
	if (!err)
		err = library_conf_load(library->models, &library->conf, why);
	if (!err && !table_init(&library->table, library->conf.slots, library->conf.drives,
				library->conf.import_exports)) {
		why_set(why, "no memory for the inventory");
		err = LIBRARY_FAILED;
	}
	return err ? err : library_inventory_load(library, why);
}

enum library_err library_open(const struct vtl_models *models, const char *name, enum library_mode mode,
			      const char *owner, struct library **library, struct why *why)
{
	struct library *l = calloc(1, sizeof(*l));
	enum library_err err;

	if (!l) {
		why_set(why, "no memory");
		return LIBRARY_FAILED;
	}
	l->mode = mode;
	l->waiting_end = &l->waiting;
	l->group_end = &l->group;
	l->models = models;
	err = library_find_dir(name, &l->conf, why);
	if (!err)
		err = open_parts(l, owner ? owner : "", why);
	if (!err)
		*library = l;
	else
		library_close(l);
	return err;
}

void library_close(struct library *library)
{
	if (!library)
		return;
	journal_close(&library->journal);
	if (library->drives)
		library->drives->ops->destroy(library->drives);
	if (library->locked)
		library->store->ops->unlock(library->store);
	if (library->store)
		library->store->ops->destroy(library->store);
	for (unsigned i = 0; i < library->notes; i++)
		free(library->note[i]);
	free(library->note);
	free(library->record);
	table_free(&library->table);
	library_conf_free(&library->conf);
	free(library);
}

const struct library_conf *library_conf(const struct library *library)
{
	return &library->conf;
}

const struct vtl_models *library_models(const struct library *library)
{
	return library->models;
}

const char *library_note(const struct library *library, unsigned n)
{
	return n < library->notes ? library->note[n] : NULL;
}

const struct library_cartridge *library_at(const struct library *library, struct library_place place)
{
	return table_at(&library->table, place);
}

const struct library_cartridge *library_find(const struct library *library, const char *id)
{
	return table_find(&library->table, id);
}

const struct library_cartridge *library_nth(const struct library *library, unsigned n)
{
	return n < library->table.count ? library->table.row[n] : NULL;
}

uint8_t library_place_state(const struct library *library, struct library_place place)
{
	return table_state(&library->table, place);
}

bool library_has_alternates(const struct library *library)
{
	return library->table.alternates;
}
