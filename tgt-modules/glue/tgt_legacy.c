/* SPDX-License-Identifier: GPL-2.0-only */
/* Units that were configured for tgt's own tapes and changer: from what is said of them, a library in media_home. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "changer.h"
#include "foreign.h"
#include "legacy.h"
#include "tgt_glue.h"

#define DUMMY	1024	/* bytes that are looked at */

/* A new cartridge on its way into a library that was made so. */
struct newcomer {
	struct library_add add;
	struct serve_library *library;
	char barcode[MEDIA_MAX_BARCODE + 1];
};

static bool is_blank(const char *path)
{
	char head[DUMMY];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd >= 0 ? pread(fd, head, sizeof(head), 0) : -1;

	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n; i++)
		if (head[i])
			return false;
	return n >= 0;
}

bool tgt_legacy_begin(struct tgt_unit *unit, const char *path)
{
	bool tape = unit->lu->attrs.device_type == TYPE_TAPE;

	if (unit->legacy || (path && !(tape ? media_foreign_format(path) != NULL : is_blank(path))))
		return unit->legacy;
	unit->legacy = calloc(1, sizeof(*unit->legacy));
	if (unit->legacy && path)
		tgt_log(4, "LUN %" PRIu64 " of %s: %s belongs to tgt's own %s: it stays as it is; with media_home a "
			"library is made", unit->lu->lun, unit->lu->tgt->name, path, tape ? "tape" : "changer");
	return unit->legacy;
}

static struct tgt_unit *find_unit(struct tgt_process *process, int tid, uint64_t lun)
{
	struct tgt_unit *unit;

	for (unit = process->units; unit; unit = unit->next)
		if (unit->lu->tgt->tid == tid && unit->lu->lun == lun)
			return unit;
	return NULL;
}

/* ---- making the library ---- */

/* Serial numbers that two drives have are drawn anew. */
static bool is_taken(const struct library_adoption *a, unsigned n, const char *serial)
{
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(a->drive[i].serial, serial))
			return true;
	return !strcmp(a->serial, serial);
}

static void fill_drive(struct tgt_process *process, const struct legacy *legacy, const struct vtl_models *models,
		       struct library_adoption *a, unsigned n)
{
	struct library_drive *drive = &a->drive[n];
	const struct tgt_unit *unit = NULL;

	/* The one at its address, else the one that was said at its turn: configurations repeat addresses. */
	for (unsigned i = 0; i < legacy->bindings && !unit; i++)
		if (legacy->binding[i].address == a->drive_start + n)
			unit = find_unit(process, legacy->binding[i].tid, legacy->binding[i].lun);
	if (!unit && n < legacy->bindings)
		unit = find_unit(process, legacy->binding[n].tid, legacy->binding[n].lun);
	drive->model = legacy_drive_model(models, unit ? unit->legacy : NULL);
	if (!unit || !unit->legacy)
		return;
	drive->identity = unit->legacy->identity;
	if (!is_taken(a, n, unit->legacy->serial))
		strcpy(drive->serial, unit->legacy->serial);
}

static bool make_library(struct tgt_process *process, const struct legacy *legacy, struct why *why)
{
	struct library_adoption a = {
		.dir = legacy->home,
		.identity = legacy->identity,
		.transport_start = legacy->range[LEGACY_TRANSPORT].start,
		.storage_start = legacy->range[LEGACY_STORAGE].start,
		.slots = legacy->range[LEGACY_STORAGE].count,
		.import_export_start = legacy->range[LEGACY_IMPORT_EXPORT].start,
		.import_exports = legacy->range[LEGACY_IMPORT_EXPORT].count,
		.drive_start = legacy->range[LEGACY_DRIVE].start,
		.drives = legacy->range[LEGACY_DRIVE].count,
	};
	struct vtl_models *models = vtl_models_load(NULL, why);
	enum library_err err = LIBRARY_FAILED;

	a.drive = calloc(a.drives + 1u, sizeof(*a.drive));
	if (models && a.drive) {
		strcpy(a.serial, legacy->serial);
		a.model = legacy_library_model(models, legacy);
		for (unsigned n = 0; n < a.drives; n++)
			fill_drive(process, legacy, models, &a, n);
		err = library_adopt(&a, why);
	}
	free(a.drive);
	vtl_models_free(models);
	return err == LIBRARY_OK;
}

/* ---- drives and cartridges ---- */

/* By address; where that one has a unit already, the next that has none. */
static struct serve_unit *drive_for(struct serve_library *sl, uint16_t address)
{
	const struct library_conf *conf = library_conf(serve_library(sl));
	struct serve_unit *found = NULL;

	for (unsigned i = 0; i < conf->drives; i++) {
		struct serve_unit *drive = serve_drive(sl, i + 1);

		if (drive && conf->drive[i].address == address && !drive->doors)
			return drive;
		if (drive && !drive->doors && !found)
			found = drive;
	}
	return found;
}

static void bind_drives(struct tgt_process *process, struct tgt_unit *changer)
{
	struct legacy *legacy = changer->legacy;
	struct serve_library *sl = changer->door.unit->library;
	char path[4096 + 96];

	for (unsigned i = 0; i < legacy->bindings; i++) {
		struct legacy_binding *binding = &legacy->binding[i];
		struct tgt_unit *unit = find_unit(process, binding->tid, binding->lun);
		struct serve_unit *drive = drive_for(sl, binding->address);
		struct why why = { "there is no such drive, or it has a unit" };

		if (binding->done || !unit || unit->door.unit)
			continue;
		binding->done = true;
		if (drive)
			snprintf(path, sizeof(path), "%s/drives/%s.drive", library_conf(serve_library(sl))->dir,
				 drive->id);
		if (!drive || serve_open(process->serve, path, SERVE_DRIVE, &unit->door, &why) != LIBRARY_OK)
			tgt_log(3, "LUN %" PRIu64 " of %s is no drive at address %u: %s", binding->lun,
				unit->lu->tgt->name, binding->address, why.text);
		else
			tgt_unit_show(unit);
	}
}

static void come(struct library_add *add)
{
	struct newcomer *n = add->owner;

	if (add->err != LIBRARY_OK)
		tgt_log(3, "cartridge %s: %s", n->barcode, add->why.text);
	else
		vtl_changer_event(serve_changer(n->library)->dev, VTL_EVENT_INVENTORY, NULL);
	free(n);
}

/* By the barcode's end, else what the first drive writes as its own. */
static const struct vtl_medium_model *medium_for(struct serve_library *sl, const char *barcode, enum media_kind *kind)
{
	const struct library_conf *conf = library_conf(serve_library(sl));
	const struct vtl_medium_model *medium = vtl_models_by_barcode(serve_models(sl), barcode, kind);
	const struct vtl_drive_model *drive = conf->drives ? conf->drive[0].model : NULL;

	if (medium && drive && vtl_drive_access(drive, medium->name, *kind) != VTL_ACCESS_NONE)
		return medium;
	*kind = MEDIA_DATA;
	for (unsigned n = 0; drive && (medium = vtl_models_medium_at(serve_models(sl), n)); n++)
		if (!medium->cleaning && medium->density == drive->default_density &&
		    vtl_drive_access(drive, medium->name, *kind) == VTL_ACCESS_WRITE)
			return medium;
	return NULL;
}

static void add_cartridge(struct tgt_process *process, struct serve_library *sl, const struct legacy_tag *tag)
{
	struct robot *robot = serve_robot(sl);
	struct newcomer *n = calloc(1, sizeof(*n));

	if (!n)
		return;
	strcpy(n->barcode, tag->barcode);
	n->library = sl;
	n->add = (struct library_add){ .barcode = n->barcode, .place = robot_place(robot, tag->address), .done = come,
				       .owner = n };
	n->add.medium = medium_for(sl, tag->barcode, &n->add.kind);
	if (n->add.medium && n->add.place.kind != LIBRARY_NOWHERE) {
		library_add(serve_library(sl), process->env.exec, &n->add);
		return;
	}
	tgt_log(3, "cartridge %s: %s", tag->barcode, n->add.medium ? "no element has that address" :
		"no model of a medium that the drives take");
	free(n);
}

static void put_cartridges(struct tgt_process *process, struct tgt_unit *changer)
{
	struct legacy *legacy = changer->legacy;
	struct serve_library *sl = changer->door.unit->library;
	char path[4096 + 96];

	for (unsigned i = 0; i < legacy->tags; i++) {
		struct legacy_tag *tag = &legacy->tag[i];
		const char *format;

		if (tag->done)
			continue;
		tag->done = true;
		if (library_find(serve_library(sl), tag->barcode))
			continue;	/* where it is now, the inventory knows */
		snprintf(path, sizeof(path), "%s/%s", library_conf(serve_library(sl))->dir, tag->barcode);
		format = media_foreign_format(path);
		if (format)
			tgt_log(4, "%s: %s is %s: it stays as it is, and its slot empty", changer->lu->tgt->name,
				tag->barcode, format);
		else
			add_cartridge(process, sl, tag);
	}
}

/* ---- when ---- */

static bool has_library(const struct legacy *legacy)
{
	char path[4096 + 32];

	snprintf(path, sizeof(path), "%s/library.conf", legacy->home);
	return !access(path, F_OK);
}

static void open_changer(struct tgt_process *process, struct tgt_unit *unit)
{
	struct legacy *legacy = unit->legacy;
	char path[4096 + 32];
	struct why why = { "" };

	snprintf(path, sizeof(path), "%s/library.conf", legacy->home);
	if ((has_library(legacy) || make_library(process, legacy, &why)) &&
	    serve_open(process->serve, path, SERVE_CHANGER, &unit->door, &why) == LIBRARY_OK) {
		tgt_unit_show(unit);
		return;
	}
	tgt_log(3, "LUN %" PRIu64 " of %s: no library in %s: %s", unit->lu->lun, unit->lu->tgt->name, legacy->home,
		why.text);
	legacy->home[0] = '\0';		/* not again before it is said anew */
}

/* Nothing tells that the last parameter has come: that is when somebody wants to use the library. */
void tgt_legacy_settle(struct tgt_process *process, bool wanted)
{
	struct tgt_unit *unit;

	for (unit = process->units; unit; unit = unit->next) {
		if (!unit->legacy || unit->lu->attrs.device_type == TYPE_TAPE)
			continue;
		if (!unit->door.unit && unit->legacy->home[0] &&
		    (has_library(unit->legacy) || (wanted && legacy_complete(unit->legacy))))
			open_changer(process, unit);
		if (!unit->door.unit)
			continue;
		bind_drives(process, unit);
		put_cartridges(process, unit);
	}
}

tgtadm_err tgt_legacy_config(struct tgt_unit *unit, char *params)
{
	struct why why = { "" };

	if (legacy_take(unit->legacy, params, &why)) {
		tgt_legacy_settle(tgt_process(), false);
		return TGTADM_SUCCESS;
	}
	tgt_log(3, "LUN %" PRIu64 " of %s: %s", unit->lu->lun, unit->lu->tgt->name, why.text);
	return TGTADM_INVALID_REQUEST;
}
