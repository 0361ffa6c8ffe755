/* SPDX-License-Identifier: GPL-2.0-only */
/* Making cartridges of a library, and getting at their stores. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parts.h"

enum library_err library_media_store(const struct library *library, const char *id, struct media_store **store,
				     struct why *why)
{
	char path[PATH_MAX];
	int rc;

	if (!id[0] || id[0] == '.' || strchr(id, '/') ||
	    !library_path(path, sizeof(path), "%s/" LIBRARY_MEDIA_NAME "/%s", library->conf.dir, id)) {
		why_set(why, "\"%s\" is no cartridge", id);
		return LIBRARY_NOT_FOUND;
	}
	rc = media_store_posix(path, false, store, why);
	return rc == -ENOENT ? LIBRARY_NOT_FOUND : rc < 0 ? LIBRARY_FAILED : LIBRARY_OK;
}

/* What is asked for, before anything is made. */
static enum library_err check(struct library *library, const struct vtl_medium_model *medium, enum media_kind kind,
			      const char *barcode, struct library_place *place, struct why *why)
{
	unsigned max = library->conf.model->barcode_max;
	char text[24];

	if (library->mode != LIBRARY_OWN) {
		why_set(why, "the library is open for reading only");
		return LIBRARY_FAILED;
	}
	if (strlen(barcode) > max) {
		why_set(why, "barcode \"%s\" is longer than the %u characters of this library", barcode, max);
		return LIBRARY_USAGE;
	}
	if (strspn(barcode, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != strlen(barcode)) {
		why_set(why, "barcode \"%s\": a barcode has the characters A-Z 0-9 _ -", barcode);
		return LIBRARY_USAGE;
	}
	if (medium->cleaning != (kind == MEDIA_CLEANING)) {
		why_set(why, "%s is %s cleaning cartridge", medium->name, medium->cleaning ? "a" : "no");
		return LIBRARY_USAGE;
	}
	if (kind == MEDIA_WORM_DATA && !medium->worm_medium_type) {
		why_set(why, "there is no WORM cartridge of %s", medium->name);
		return LIBRARY_USAGE;
	}
	if (barcode[0] && table_find(&library->table, barcode)) {
		why_set(why, "cartridge %s is there already", barcode);
		return LIBRARY_FAILED;
	}
	if (place->kind == LIBRARY_NOWHERE)
		*place = table_spare(&library->table);
	if (!table_has(&library->table, *place)) {
		why_set(why, "there is no %s", library_place_text(*place, text, sizeof(text)));
		return LIBRARY_NOT_FOUND;
	}
	if (table_at(&library->table, *place)) {
		why_set(why, "%s is full", library_place_text(*place, text, sizeof(text)));
		return LIBRARY_FAILED;
	}
	return LIBRARY_OK;
}

/* A random UUID (RFC 9562, version 4), and as text. */
static bool draw_uuid(uint8_t uuid[MEDIA_UUID_LEN], char text[2 * MEDIA_UUID_LEN + 1])
{
	if (getrandom(uuid, MEDIA_UUID_LEN, 0) != MEDIA_UUID_LEN)
		return false;
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	for (unsigned i = 0; i < MEDIA_UUID_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", uuid[i]);
	return true;
}

/* Early warning comes no sooner than where a sixteenth is left, so that small cartridges for tests make sense. */
void library_media_info(struct media_info *info, const struct vtl_medium_model *medium, enum media_kind kind,
			const char *barcode, struct library_size size)
{
	strcpy(info->barcode, barcode);
	strcpy(info->form, medium->name);
	info->density = medium->density;
	info->kind = kind;
	if (kind == MEDIA_CLEANING)
		return;
	info->geometry.partitions = 1;
	info->geometry.part[0].capacity = size.bytes ? size.bytes : medium->capacity;
	info->count_uncompressed = size.uncompressed;
	info->geometry.part[0].early_warning = info->geometry.part[0].capacity / 16;
	if (info->geometry.part[0].early_warning > medium->early_warning)
		info->geometry.part[0].early_warning = medium->early_warning;
}

/* The folder of a cartridge, and the name that it has until the inventory knows it. */
struct folder {
	char dir[PATH_MAX], temp[PATH_MAX], path[PATH_MAX];
};

static bool find_folder(const struct library *library, const char *id, struct folder *f, struct why *why)
{
	if (library_path(f->dir, sizeof(f->dir), "%s/" LIBRARY_MEDIA_NAME, library->conf.dir) &&
	    library_path(f->temp, sizeof(f->temp), "%s/" LIBRARY_NEW_PREFIX "%s", f->dir, id) &&
	    library_path(f->path, sizeof(f->path), "%s/%s", f->dir, id))
		return true;
	why_set(why, "%s: the path is too long", library->conf.dir);
	return false;
}

/* All of it, under a name that means nothing without the inventory; durable. */
static enum library_err make_folder(const struct folder *f, const struct media_info *info, struct why *why)
{
	struct media_store *store = NULL;
	enum media_err err = MEDIA_IO;
	int rc;

	if (!access(f->path, F_OK)) {
		why_set(why, "%s is there already, and not in the inventory", f->path);
		return LIBRARY_FAILED;
	}
	(void)library_remove_tree(f->temp);
	if (media_store_posix(f->temp, true, &store, why) < 0)
		return LIBRARY_FAILED;
	err = media_create(store, info, why);
	store->ops->destroy(store);
	rc = err ? 0 : library_sync_dir(f->dir);
	if (rc < 0) {
		why_set(why, "%s: %s", f->dir, strerror(-rc));
		err = MEDIA_IO;
	}
	if (err)
		(void)library_remove_tree(f->temp);
	return library_media_err(err);
}

/* What is being made. */
struct library_made {
	struct media_info info;
	struct journal_record record;
};

static enum library_err prepare(struct library_made *made, const struct library_add *add, struct why *why)
{
	struct library_cartridge *c = &made->record.cartridge;
	char uuid[2 * MEDIA_UUID_LEN + 1];

	if (!draw_uuid(made->info.uuid, uuid)) {
		why_set(why, "no random numbers: %s", strerror(errno));
		return LIBRARY_FAILED;
	}
	library_media_info(&made->info, add->medium, add->kind, add->barcode, add->size);
	snprintf(c->id, sizeof(c->id), "%s%s", add->barcode[0] ? "" : "@", add->barcode[0] ? add->barcode : uuid);
	strcpy(c->barcode, add->barcode);
	strcpy(c->form, add->medium->name);
	c->kind = add->kind;
	c->place = add->place;
	c->operator_placed = add->place.kind == LIBRARY_IO;
	return LIBRARY_OK;
}

static struct library_add *add_of(struct library_task *task)
{
	return (struct library_add *)((char *)task - offsetof(struct library_add, task));
}

static enum library_err add_begin(struct library_task *task, struct why *why)
{
	struct library_add *add = add_of(task);
	enum library_err err = check(task->library, add->medium, add->kind, add->barcode, &add->place, why);

	if (err)
		return err;
	add->made = calloc(1, sizeof(*add->made));
	if (!add->made) {
		why_set(why, "no memory");
		return LIBRARY_FAILED;
	}
	err = prepare(add->made, add, why);
	if (err) {
		free(add->made);
		add->made = NULL;
	}
	return err;
}

/* Once the inventory has it, it is there: whoever finds its folder under the other name goes on where a crash came. */
static enum library_err add_make(struct library_task *task, struct why *why)
{
	struct library *library = task->library;
	struct library_made *made = add_of(task)->made;
	struct journal_record gone = made->record;
	const char *id = made->record.cartridge.id;
	struct why text = { "" };
	struct folder f;
	enum library_err err = find_folder(library, id, &f, &text) ? make_folder(&f, &made->info, &text)
								    : LIBRARY_FAILED;

	if (!err && journal_append(&library->journal, &library->table, &made->record, 1, &text) < 0) {
		(void)library_remove_tree(f.temp);
		err = LIBRARY_FAILED;
	}
	if (!err && rename(f.temp, f.path)) {
		why_set(&text, "%s: %s", f.path, strerror(errno));
		gone.what = JOURNAL_GONE;
		(void)journal_append(&library->journal, &library->table, &gone, 1, NULL);
		(void)library_remove_tree(f.temp);
		err = LIBRARY_FAILED;
	}
	if (err)
		why_set(why, "cartridge %s cannot be made: %.300s", id, text.text);
	else
		(void)library_sync_dir(f.dir);
	return err;
}

static void add_end(struct library_task *task, enum library_err err, const struct why *why)
{
	struct library_add *add = add_of(task);
	const struct library_cartridge *c = add->made ? &add->made->record.cartridge : NULL;

	add->err = err;
	add->why = *why;
	if (!err && !table_put(&task->library->table, c)) {
		why_set(&add->why,
			"no memory: cartridge %s is made, and will be there when the library is opened again", c->id);
		add->err = LIBRARY_FAILED;
	}
	free(add->made);
	add->made = NULL;
	add->done(add);
}

void library_add(struct library *library, struct media_exec *exec, struct library_add *add)
{
	static const struct library_task_ops ops = { add_begin, add_make, add_end };

	add->made = NULL;
	library_task_submit(library, exec, &add->task, &ops);
}

/*
 * Once its folder has the name of one that is being deleted, it is: whoever finds that folder goes on where a crash
 * came.
 */
enum library_err library_delete_cartridge(struct library *library, const char *id, struct why *why)
{
	struct journal_record record = { .what = JOURNAL_GONE };
	char dir[PATH_MAX], path[PATH_MAX], gone[PATH_MAX];
	int rc = 0;

	strcpy(record.cartridge.id, id);
	if (!library_path(dir, sizeof(dir), "%s/" LIBRARY_MEDIA_NAME, library->conf.dir) ||
	    !library_path(path, sizeof(path), "%s/%s", dir, id) ||
	    !library_path(gone, sizeof(gone), "%s/" LIBRARY_GONE_PREFIX "%s", dir, id))
		rc = -ENAMETOOLONG;
	if (!rc)
		rc = library_remove_tree(gone);
	/* One whose folder is missing leaves the inventory alone. */
	if (!rc && rename(path, gone) && errno != ENOENT)
		rc = -errno;
	if (!rc)
		rc = library_sync_dir(dir);
	if (rc) {
		why_set(why, "cartridge %s cannot be deleted: %s", id, strerror(-rc));
		return LIBRARY_FAILED;
	}
	if (journal_append(&library->journal, &library->table, &record, 1, why) < 0) {
		if (!rename(gone, path))
			(void)library_sync_dir(dir);
		return LIBRARY_FAILED;
	}
	(void)library_remove_tree(gone);	/* what is left is deleted when the library is opened next */
	return LIBRARY_OK;
}

static void added(struct library_add *add)
{
}

enum library_err library_add_cartridge(struct library *library, const struct vtl_medium_model *medium,
				       enum media_kind kind, const char *barcode, struct library_size size,
				       struct library_place place, struct why *why)
{
	struct library_add add = { .medium = medium, .kind = kind, .barcode = barcode, .size = size,
				   .place = place, .done = added };

	if (!library_idle(library)) {
		why_set(why, "a cartridge is being moved");
		return LIBRARY_BUSY;
	}
	library_add(library, &media_exec_inline, &add);
	if (add.err && why)
		*why = add.why;
	return add.err;
}
