/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of library/ share. FORMAT.md is the specification of what lies on disk. */
#ifndef LIBRARY_PARTS_H
#define LIBRARY_PARTS_H

#include <stdio.h>

#include "journal.h"
#include "library.h"
#include "table.h"

#define LIBRARY_CONF_NAME	"library.conf"
#define LIBRARY_INVENTORY_NAME	"inventory"
#define LIBRARY_DRIVES_NAME	"drives"
#define LIBRARY_MEDIA_NAME	"media"
#define LIBRARY_DRIVE_SUFFIX	".drive"
#define LIBRARY_STATE_SUFFIX	".state"
#define LIBRARY_CHANGER_STATE	"changer.kept"	/* no name that a drive's files can have */
#define LIBRARY_NEW_PREFIX	".new-"		/* a library, or a cartridge, that is being made */
#define LIBRARY_GONE_PREFIX	".gone-"	/* a library that is being deleted */
#define LIBRARY_DRIVE_ID_LEN	48		/* its files' names must fit into a store */

#define LIBRARY_DRIVE_TIMEOUT	240		/* seconds: less than initiators give a move */
#define LIBRARY_HOOK_TIMEOUT	30

struct library {
	struct library_conf conf;
	const struct vtl_models *models;
	enum library_mode mode;
	bool locked;
	struct media_store *store;		/* of its directory */
	struct media_store *drives;		/* of drives/ */
	struct table table;
	struct journal journal;
	char **note;
	unsigned notes;

	/* moves: those that wait, and those that the running job makes durable */
	struct library_move *waiting, **waiting_end;
	struct library_move *group, **group_end;
	struct journal_record *record;
	unsigned records;
	enum library_err commit_err;
	struct why commit_why;
	struct media_job job;
	struct media_exec *exec;
	bool busy;
};

/* Adds a sentence for library_note(); lost when out of memory. */
__attribute__((format(printf, 2, 3)))
void library_add_note(struct library *library, const char *fmt, ...);

/* config.c */
/* Reads library.conf of the directory conf->dir, which is set with conf->name; the rest is filled. */
enum library_err library_conf_load(const struct vtl_models *models, struct library_conf *conf, struct why *why);
/* Frees what library_conf_load() allocated, not the struct. */
void library_conf_free(struct library_conf *conf);
/* Stations, robot and programs; options that may be missing have their defaults then. */
struct conf_section;
bool library_conf_robot(const struct conf_section *top, struct library_conf *conf, struct why *why);
void library_conf_robot_write(FILE *f, const struct library_conf *conf);
/* Replaces library.conf, durably. */
enum library_err library_conf_save(struct media_store *store, const struct library_conf *conf, struct why *why);
/* Whether addresses and serial numbers differ. */
bool library_conf_check(const struct library_conf *conf, struct why *why);
/* Calls back with every serial number of a library's configuration; does nothing if that cannot be read. */
void library_conf_serials(const char *dir, void (*each)(void *arg, const char *serial), void *arg);
bool library_name_ok(const char *name, unsigned max);

/* dirs.c */
/* The directory of a library by name, directory or file in it, canonical; conf->dir and conf->name are filled. */
enum library_err library_find_dir(const char *name, struct library_conf *conf, struct why *why);
const char *library_root(void);
/* Deletes a directory and everything in it, links as links. 0 or -errno. */
int library_remove_tree(const char *path);
/* fsync of a directory. 0 or -errno. */
int library_sync_dir(const char *path);
/* Joins; false if it does not fit. */
__attribute__((format(printf, 3, 4)))
bool library_path(char *buf, size_t size, const char *fmt, ...);

/* inventory.c */
/* Loads the inventory, compares it with the configuration and (LIBRARY_OWN) with media/, and sets right. */
enum library_err library_inventory_load(struct library *library, struct why *why);

/* move.c */
/*
 * What changes alone: begin() and end() on the owner's thread, make() as a job in between, while nothing else changes.
 * end() is always called; `err` is LIBRARY_OK where make() has made it durable.
 */
struct library_task_ops {
	enum library_err (*begin)(struct library_task *task, struct why *why);
	enum library_err (*make)(struct library_task *task, struct why *why);
	void (*end)(struct library_task *task, enum library_err err, const struct why *why);
};
void library_task_submit(struct library *library, struct media_exec *exec, struct library_task *task,
			 const struct library_task_ops *ops);

/* create.c */
/* Draws serial number and NAA identifier of each drive of the configuration that has none. Reads files. */
bool library_draw_drives(struct library_conf *conf, struct why *why);
/* Whether the model takes so many of everything. */
bool library_check_counts(const struct library_conf *conf, struct why *why);
/* The file that is the drive's door's name. 0 or -errno. */
int library_make_door(struct media_store *drives, const struct library_conf *conf, unsigned number);

int library_make_parts(const char *dir, struct media_store *store, const struct library_conf *conf, struct why *why);
bool library_draw_changer(struct library_conf *conf, struct why *why);
/* Import/export slots into stations, as the model has them. */
void library_divide_stations(struct library_conf *conf);

/* identity.c */
/* Models of the configuration's own, where the identity is not the model's. */
bool library_own_identity(struct library_conf *conf, struct why *why);
void library_own_free(struct library_conf *conf);

/* edit.c */
/*
 * What the edit makes of the library, into a new configuration whose drives are its own and all else the library's;
 * drives that are new have no id, serial number and NAA identifier yet. Elements that go are empty, or LIBRARY_BUSY.
 */
enum library_err library_edit_conf(const struct library *library, const struct library_edit *edit,
				   struct library_conf **next, struct why *why);
void library_edit_free(struct library_conf *next);

/* cartridge.c */
/* Takes the cartridge out of the inventory, and its folder away, for good. */
enum library_err library_delete_cartridge(struct library *library, const char *id, struct why *why);

/* open.c */
/* Drives that are absent are out, the others are not, whatever the inventory said. */
void library_mark_bays(struct library *library);
/* Errors of libmedia and of the store, as ours. */
enum library_err library_media_err(enum media_err err);

#endif
