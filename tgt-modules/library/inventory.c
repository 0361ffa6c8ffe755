/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads the inventory and sets it right where it disagrees with the configuration or with media/. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parts.h"

#define MAX_INVENTORY	(1u << 30)	/* bytes */

static void moved(void *arg, const struct library_cartridge *cartridge, struct library_place was)
{
	char from[24], to[24];

	library_add_note(arg, "cartridge %s was in %s, which is taken or not there any more: it is in %s now",
			 cartridge->id, library_place_text(was, from, sizeof(from)),
			 library_place_text(cartridge->place, to, sizeof(to)));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_names(char **name, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(name[i]);
	free(name);
}

/* The folders of media/, sorted; what was being made when a crash came is deleted. -errno, or how many. */
static int list_media(const char *media, char ***names)
{
	DIR *dir = opendir(media);
	struct dirent *entry;
	char **name = NULL, path[PATH_MAX];
	unsigned n = 0, room = 0;
	int rc = 0;

	*names = NULL;
	if (!dir)
		return -errno;
	while (!rc && (entry = readdir(dir))) {
		if (!strncmp(entry->d_name, LIBRARY_NEW_PREFIX, strlen(LIBRARY_NEW_PREFIX)) &&
		    library_path(path, sizeof(path), "%s/%s", media, entry->d_name))
			(void)library_remove_tree(path);
		if (entry->d_name[0] == '.')
			continue;
		if (n == room) {
			char **grown = realloc(name, (room = room ? room * 2 : 256) * sizeof(*name));

			if (!grown) {
				rc = -ENOMEM;
				break;
			}
			name = grown;
		}
		name[n] = strdup(entry->d_name);
		rc = name[n] ? 0 : -ENOMEM;
		n += !rc;
	}
	closedir(dir);
	if (rc) {
		free_names(name, n);
		return rc;
	}
	if (n)
		qsort(name, n, sizeof(*name), compare_names);
	*names = name;
	return (int)n;
}

/* Takes in a folder that the inventory does not know, if it is a cartridge. */
static void take_in(struct library *library, const char *id)
{
	struct library_cartridge c = { .source = { LIBRARY_NOWHERE, 0 } };
	struct media_store *store;
	struct media_info info;
	struct why why = { "" };
	enum media_err err;
	char place[24];

	if (strlen(id) >= sizeof(c.id) || library_media_store(library, id, &store, &why))
		return library_add_note(library, "%s/%s is not a cartridge", LIBRARY_MEDIA_NAME, id);
	err = media_peek(store, &info, &why);
	store->ops->destroy(store);
	if (err)
		return library_add_note(library, "%s/%s is not a cartridge that can be used: %s", LIBRARY_MEDIA_NAME,
					id, why.text);
	strcpy(c.id, id);
	if (id[0] != '@' && strlen(id) <= MEDIA_MAX_BARCODE)
		strcpy(c.barcode, id);
	memcpy(c.form, info.form, sizeof(c.form));
	c.kind = info.kind;
	c.place = table_spare(&library->table);
	if (!table_put(&library->table, &c))
		return library_add_note(library, "no memory for cartridge %s", id);
	library_add_note(library, "cartridge %s was not in the inventory: it is in %s now", id,
			 library_place_text(c.place, place, sizeof(place)));
}

/* Returns whether the table was changed. */
static bool compare_media(struct library *library)
{
	unsigned notes = library->notes;
	char media[PATH_MAX], **name;
	unsigned k = 0;
	int n = -ENAMETOOLONG;

	if (library_path(media, sizeof(media), "%s/" LIBRARY_MEDIA_NAME, library->conf.dir))
		n = list_media(media, &name);
	if (n < 0) {
		library_add_note(library, "%s cannot be read: %s", LIBRARY_MEDIA_NAME, strerror(-n));
		return false;
	}
	for (unsigned i = 0; i < library->table.count; i++) {
		const char *id = library->table.row[i]->id;

		while (k < (unsigned)n && strcmp(name[k], id) < 0)
			k++;
		/* It keeps its place: its file system may only be missing for now. */
		if (k == (unsigned)n || strcmp(name[k], id))
			library_add_note(library, "cartridge %s has no folder in %s", id, LIBRARY_MEDIA_NAME);
	}
	for (int i = 0; i < n; i++)
		if (!table_find(&library->table, name[i]))
			take_in(library, name[i]);
	free_names(name, (unsigned)n);
	return library->notes != notes;
}

/* Calls back with the id of each cartridge that is being made, or deleted. */
static void each_left(struct library *library, const char *prefix,
		      void (*each)(struct library *library, const char *id))
{
	char media[PATH_MAX];
	struct dirent *entry;
	DIR *dir = NULL;

	if (library_path(media, sizeof(media), "%s/" LIBRARY_MEDIA_NAME, library->conf.dir))
		dir = opendir(media);
	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, prefix, strlen(prefix)))
			each(library, entry->d_name + strlen(prefix));
	if (dir)
		closedir(dir);
}

/* One that is in the inventory was made as a whole: only its name is missing. */
static void finish(struct library *library, const char *id)
{
	char dir[PATH_MAX], temp[PATH_MAX], path[PATH_MAX];

	if (!table_find(&library->table, id) ||
	    !library_path(dir, sizeof(dir), "%s/" LIBRARY_MEDIA_NAME, library->conf.dir) ||
	    !library_path(temp, sizeof(temp), "%s/" LIBRARY_NEW_PREFIX "%s", dir, id) ||
	    !library_path(path, sizeof(path), "%s/%s", dir, id) || !access(path, F_OK))
		return;
	if (!rename(temp, path))
		(void)library_sync_dir(dir);
}

/* Where a crash came in between, deletion goes on: the inventory forgets it, */
static void forget(struct library *library, const char *id)
{
	char path[PATH_MAX];

	if (!table_find(&library->table, id) ||
	    !library_path(path, sizeof(path), "%s/" LIBRARY_MEDIA_NAME "/%s", library->conf.dir, id) ||
	    !access(path, F_OK))
		return;
	table_remove(&library->table, id);
	library_add_note(library, "cartridge %s was being deleted: it is gone now", id);
}

/* and then its folder goes. */
static void remove_gone(struct library *library, const char *id)
{
	char path[PATH_MAX];

	if (library_path(path, sizeof(path), "%s/" LIBRARY_MEDIA_NAME "/" LIBRARY_GONE_PREFIX "%s",
			 library->conf.dir, id))
		(void)library_remove_tree(path);
}

static enum library_err read_file(struct library *library, struct journal_found *found, bool *changed, struct why *why)
{
	struct media_store *store = library->store;
	enum library_err err = LIBRARY_OK;
	struct why text = { "" };
	uint8_t *buf;
	size_t len;
	int rc = media_store_read(store, LIBRARY_INVENTORY_NAME, MAX_INVENTORY, &buf, &len);

	memset(found, 0, sizeof(*found));
	if (rc == -ENOENT) {
		library_add_note(library, "the inventory is missing: a new one begins");
		*changed = true;
		return LIBRARY_OK;
	}
	if (rc < 0)
		why_set(&text, "%s", strerror(-rc));
	if (rc < 0 || (err = journal_replay(buf, len, &library->table, found, &text))) {
		why_set(why, "%s/" LIBRARY_INVENTORY_NAME ": %.300s", library->conf.dir, text.text);
		err = LIBRARY_FAILED;
	}
	if (rc >= 0)
		free(buf);
	if (found->damaged)
		library_add_note(library, "%u records of the inventory are damaged: places of cartridges may be old",
				 found->damaged);
	*changed = !found->clean;
	return err;
}

enum library_err library_inventory_load(struct library *library, struct why *why)
{
	struct journal_found found;
	unsigned notes;
	bool changed;
	enum library_err err = read_file(library, &found, &changed, why);

	if (err)
		return err;
	notes = library->notes;
	library_mark_bays(library);
	if (library->mode == LIBRARY_OWN) {
		each_left(library, LIBRARY_NEW_PREFIX, finish);
		each_left(library, LIBRARY_GONE_PREFIX, forget);
	}
	table_settle(&library->table, moved, library);
	changed |= library->notes != notes;
	if (library->mode == LIBRARY_READ)
		return LIBRARY_OK;
	library->journal.store = library->store;
	library->journal.name = LIBRARY_INVENTORY_NAME;
	library->journal.seq = found.seq;
	changed |= compare_media(library);
	if (changed ? journal_checkpoint(&library->journal, &library->table, why)
		    : journal_open(&library->journal, &found, why))
		return LIBRARY_FAILED;
	each_left(library, LIBRARY_GONE_PREFIX, remove_gone);
	return LIBRARY_OK;
}
