/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes of a library itself: its elements and drives, its name, cartridges that are deleted; all, or nothing. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parts.h"

#define NAMES	100000		/* for a drive that is new */

static struct library_alter *alter_of(struct library_task *task)
{
	return (struct library_alter *)((char *)task - offsetof(struct library_alter, task));
}

/* ---- elements and drives ---- */

static enum library_err parts_begin(struct library *library, struct library_alter *alter, struct why *why)
{
	enum library_err err = library_edit_conf(library, &alter->edit, &alter->next, why);

	if (err)
		return err;
	if (table_reserve(&library->table, alter->next->slots, alter->next->drives, alter->next->import_exports))
		return LIBRARY_OK;
	why_set(why, "no memory");
	return LIBRARY_FAILED;
}

static bool has_drive(const struct library_conf *conf, const char *id)
{
	for (unsigned i = 0; i < conf->drives; i++)
		if (!strcmp(conf->drive[i].id, id))
			return true;
	return false;
}

static bool has_file(const struct library_conf *conf, const char *id, const char *suffix)
{
	char path[PATH_MAX];

	return !library_path(path, sizeof(path), "%s/" LIBRARY_DRIVES_NAME "/%s%s", conf->dir, id, suffix) ||
	       !access(path, F_OK);
}

/* By its number, or the next that nobody has: nor has left files, for what a drive keeps is not for another. */
static bool name_drive(struct library_conf *next, unsigned number, struct why *why)
{
	char id[16];

	for (unsigned n = number; n < number + NAMES; n++) {
		snprintf(id, sizeof(id), "D%u", n);
		if (has_drive(next, id) || has_file(next, id, LIBRARY_DRIVE_SUFFIX) ||
		    has_file(next, id, LIBRARY_STATE_SUFFIX))
			continue;
		strcpy(next->drive[number - 1].id, id);
		return true;
	}
	why_set(why, "no name is left for a drive");
	return false;
}

static bool is_in(const struct library_conf *conf, const char *id)
{
	for (unsigned i = 0; i < conf->drives; i++)
		if (!conf->drive[i].absent && !strcmp(conf->drive[i].id, id))
			return true;
	return false;
}

/* What lies in drives/ for those that are in `conf` and not in `other`. */
static void remove_files(struct library *library, const struct library_conf *conf, const struct library_conf *other)
{
	static const char *const suffix[] = { LIBRARY_DRIVE_SUFFIX, LIBRARY_STATE_SUFFIX };
	char name[LIBRARY_NAME_LEN + sizeof(LIBRARY_DRIVE_SUFFIX)];

	for (unsigned i = 0; i < conf->drives; i++) {
		if (conf->drive[i].absent || !conf->drive[i].id[0] || is_in(other, conf->drive[i].id))
			continue;
		for (unsigned k = 0; k < 2; k++) {
			snprintf(name, sizeof(name), "%s%s", conf->drive[i].id, suffix[k]);
			(void)library->drives->ops->remove(library->drives, name);
		}
	}
}

static enum library_err make_doors(struct library *library, struct library_conf *next, struct why *why)
{
	int rc = 0;

	for (unsigned i = 0; i < next->drives; i++) {
		if (next->drive[i].id[0])
			continue;
		if (!name_drive(next, i + 1, why))
			return LIBRARY_FAILED;
		rc = library_make_door(library->drives, next, i + 1);
		if (rc >= 0)
			continue;
		why_set(why, "%s/" LIBRARY_DRIVES_NAME ": %s", next->dir, strerror(-rc));
		return LIBRARY_FAILED;
	}
	return LIBRARY_OK;
}

/* Files that a drive needs come before it is in library.conf, and go after it is not. */
static enum library_err parts_make(struct library *library, struct library_alter *alter, struct why *why)
{
	struct library_conf *next = alter->next;
	struct why unimportant;
	enum library_err err;

	if (!library_draw_drives(next, why))
		return LIBRARY_FAILED;
	if (!library_conf_check(next, why))
		return LIBRARY_USAGE;
	err = make_doors(library, next, why);
	if (!err && (err = library_conf_save(library->store, next, why))) {
		/* It may be there all the same: put back what holds. */
		if (library_conf_save(library->store, &library->conf, &unimportant))
			why_set(why, "%s/" LIBRARY_CONF_NAME " could not be written, nor written back: what it says "
				"holds when the library is opened next", next->dir);
	}
	if (err)
		remove_files(library, next, &library->conf);
	else
		remove_files(library, &library->conf, next);
	return err;
}

static void parts_end(struct library *library, struct library_alter *alter)
{
	struct library_drive *old = library->conf.drive;

	library->conf = *alter->next;
	alter->next->drive = old;
	table_set_places(&library->table, library->conf.slots, library->conf.drives, library->conf.import_exports);
	library_mark_bays(library);
}

/* ---- its name ---- */

static bool new_dir(const struct library_conf *conf, const char *name, char path[PATH_MAX])
{
	return library_path(path, PATH_MAX, "%.*s/%s", (int)(strrchr(conf->dir, '/') - conf->dir), conf->dir, name);
}

static enum library_err name_begin(struct library *library, struct library_alter *alter, struct why *why)
{
	char path[PATH_MAX];

	if (!library_name_ok(alter->text, LIBRARY_NAME_LEN)) {
		why_set(why, "\"%s\" is no name for a library: up to %u of A-Z a-z 0-9 . _ -, no dot first",
			alter->text, LIBRARY_NAME_LEN);
		return LIBRARY_USAGE;
	}
	if (new_dir(&library->conf, alter->text, path) && strlen(path) < sizeof(library->conf.dir))
		return LIBRARY_OK;
	why_set(why, "%s: the path is too long", alter->text);
	return LIBRARY_FAILED;
}

static enum library_err name_make(struct library *library, struct library_alter *alter, struct why *why)
{
	char path[PATH_MAX], parent[PATH_MAX];
	int rc = 0;

	(void)new_dir(&library->conf, alter->text, path);
	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (renameat2(AT_FDCWD, library->conf.dir, AT_FDCWD, path, RENAME_NOREPLACE))
		rc = -errno;
	if (!rc) {
		rc = library_sync_dir(*parent ? parent : "/");
		if (rc)
			(void)rename(path, library->conf.dir);
	}
	if (!rc)
		return LIBRARY_OK;
	why_set(why, "%s: %s", path, strerror(-rc));
	return LIBRARY_FAILED;
}

static void name_end(struct library *library, struct library_alter *alter)
{
	char path[PATH_MAX];

	(void)new_dir(&library->conf, alter->text, path);
	snprintf(library->conf.dir, sizeof(library->conf.dir), "%s", path);
	snprintf(library->conf.name, sizeof(library->conf.name), "%s", alter->text);
}

/* ---- a cartridge ---- */

static enum library_err delete_begin(struct library *library, struct library_alter *alter, struct why *why)
{
	const struct library_cartridge *c = table_find(&library->table, alter->text);
	char text[24];

	if (!c) {
		why_set(why, "%s: no such cartridge in %s", alter->text, library->conf.name);
		return LIBRARY_NOT_FOUND;
	}
	if (c->place.kind != LIBRARY_DRIVE && c->place.kind != LIBRARY_TRANSPORT)
		return LIBRARY_OK;
	why_set(why, "cartridge %s is in %s", c->id, library_place_text(c->place, text, sizeof(text)));
	return LIBRARY_BUSY;
}

static enum library_err delete_make(struct library *library, struct library_alter *alter, struct why *why)
{
	return library_delete_cartridge(library, alter->text, why);
}

static void delete_end(struct library *library, struct library_alter *alter)
{
	table_remove(&library->table, alter->text);
}

/* ---- all ---- */

static const struct alteration {
	enum library_err (*begin)(struct library *library, struct library_alter *alter, struct why *why);
	enum library_err (*make)(struct library *library, struct library_alter *alter, struct why *why);
	void (*end)(struct library *library, struct library_alter *alter);	/* it is durable */
} alterations[] = {
	[LIBRARY_ALTER_PARTS] = { parts_begin, parts_make, parts_end },
	[LIBRARY_ALTER_NAME] = { name_begin, name_make, name_end },
	[LIBRARY_ALTER_DELETE] = { delete_begin, delete_make, delete_end },
};

static enum library_err alter_begin(struct library_task *task, struct why *why)
{
	struct library_alter *alter = alter_of(task);

	if (task->library->mode == LIBRARY_OWN)
		return alterations[alter->what].begin(task->library, alter, why);
	why_set(why, "the library is open for reading only");
	return LIBRARY_FAILED;
}

static enum library_err alter_make(struct library_task *task, struct why *why)
{
	struct library_alter *alter = alter_of(task);

	return alterations[alter->what].make(task->library, alter, why);
}

static void alter_end(struct library_task *task, enum library_err err, const struct why *why)
{
	struct library_alter *alter = alter_of(task);

	alter->err = err;
	alter->why = *why;
	if (!err)
		alterations[alter->what].end(task->library, alter);
	library_edit_free(alter->next);
	alter->next = NULL;
	alter->done(alter);
}

void library_alter(struct library *library, struct media_exec *exec, struct library_alter *alter)
{
	static const struct library_task_ops ops = { alter_begin, alter_make, alter_end };

	alter->next = NULL;
	library_task_submit(library, exec, &alter->task, &ops);
}
