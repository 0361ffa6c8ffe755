/* SPDX-License-Identifier: GPL-2.0-only */
/* A library that changes while it is served: its robot rests meanwhile, all else goes on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changer.h"
#include "serve_impl.h"
#include "tape.h"

#define FIRST_LUN	2	/* of drives, as `vtl targets` numbers them */

/* ---- who is told ---- */

static void tell(struct serve_library *sl, enum vtl_inventory_event event)
{
	vtl_changer_event(sl->changer.dev, event, NULL);
}

/*
 * SPC-5 5.14 and SMC-3 4.11: page 1Dh changed, the inventory did. That there are other logical units tgtd says itself,
 * in those targets where there are.
 */
static void tell_parts(struct serve_library *sl, const struct serve_alter *sa, unsigned came, unsigned went)
{
	bool elements = sl->conf->slots != sa->slots || sl->conf->import_exports != sa->import_exports ||
			sl->conf->drives != sa->bays;

	if (elements)
		tell(sl, VTL_EVENT_ELEMENTS);
	if (went)
		tell(sl, VTL_EVENT_DRIVE_OUT);
	if (came)
		tell(sl, VTL_EVENT_DRIVE_IN);
	if (elements || went || came)
		tell(sl, VTL_EVENT_INVENTORY);
}

/* ---- drives ---- */

static bool same_drive(const struct serve_library *sl, unsigned bay)
{
	return bay < sl->drives && bay < sl->conf->drives && sl->drive[bay] && !sl->conf->drive[bay].absent &&
	       !strcmp(sl->drive[bay]->id, sl->conf->drive[bay].id);
}

static void retire(struct serve_library *sl, struct serve_unit *unit)
{
	__atomic_store_n(&unit->retired, true, __ATOMIC_RELAXED);
	unit->next = sl->retired;
	sl->retired = unit;
}

static struct serve_unit *power_on(struct serve_library *sl, unsigned bay)
{
	struct serve_unit *unit = serve_make_drive(sl, bay + 1);
	char text[256];

	if (unit)
		return unit;
	snprintf(text, sizeof(text), "%s: no memory for drive %s: its bay stays empty until the library is served anew",
		 sl->conf->name, sl->conf->drive[bay].id);
	sl->serve->env->log(sl->serve->env, 3, text);
	return NULL;
}

/* The bays as the configuration has them now; those that did not change go on as they were. */
static void change_drives(struct serve_library *sl, struct serve_alter *sa, unsigned *came, unsigned *went)
{
	struct serve_unit **was = sl->drive;
	unsigned bays = sl->drives;

	*came = *went = 0;
	for (unsigned i = 0; i < bays; i++) {
		if (!was[i] || same_drive(sl, i))
			continue;
		retire(sl, was[i]);
		was[i] = NULL;
		++*went;
	}
	for (unsigned i = 0; i < sl->conf->drives; i++) {
		sa->drive[i] = i < bays ? was[i] : NULL;
		if (sa->drive[i])
			vtl_tape_set_codec(sa->drive[i]->dev, sl->conf->drive[i].codec, sl->conf->drive[i].codec_level);
		if (!sa->drive[i] && !sl->conf->drive[i].absent) {
			sa->drive[i] = power_on(sl, i);
			*came += sa->drive[i] != NULL;
		}
		sa->port[i] = sa->drive[i] ? vtl_tape_drive(sa->drive[i]->dev) : NULL;
	}
	free(sl->drive);
	free(sl->port);
	sl->drive = sa->drive;
	sl->port = sa->port;
	sl->drives = sl->conf->drives;
	sa->drive = NULL;
	sa->port = NULL;
	robot_set_drives(sl->robot, sl->port);
}

/* ---- doors ---- */

static bool is_first_of_its_target(const struct serve_unit *unit, const struct serve_door *door)
{
	for (const struct serve_door *d = unit->doors; d != door; d = d->next)
		if (d->target && d->target(d) == door->target(door))
			return false;
	return true;
}

/* The device whose doors show in which targets the library is. */
static const struct serve_unit *guide(const struct serve_library *sl)
{
	if (sl->changer.doors)
		return &sl->changer;
	for (unsigned i = 0; i < sl->drives; i++)
		if (sl->drive[i] && sl->drive[i]->doors)
			return sl->drive[i];
	return &sl->changer;
}

static void open_doors(struct serve_library *sl, unsigned bay)
{
	const struct serve_unit *unit = guide(sl);
	char path[4096 + 96];

	snprintf(path, sizeof(path), "%s/drives/%s.drive", sl->conf->dir, sl->drive[bay]->id);
	for (const struct serve_door *door = unit->doors; door; door = door->next)
		if (door->beside && door->target && is_first_of_its_target(unit, door))
			(void)door->beside(door, path, FIRST_LUN + bay);
}

/* Each is gone when its target has no logical unit of it any more. How many are left, in use. */
static unsigned close_doors(struct serve_library *sl)
{
	struct serve_unit *unit, *next_unit;
	unsigned busy = 0;

	for (unit = sl->retired; unit; unit = next_unit) {
		struct serve_door *door = unit->doors, *next;

		next_unit = unit->next;		/* the last door may take the unit along */
		for (; door; door = next) {
			next = door->next;
			busy += !door->remove || !door->remove(door);
		}
	}
	serve_reap(sl);
	return busy;
}

/* ---- the change ---- */

static void finish(struct serve_alter *sa)
{
	free(sa->drive);
	free(sa->port);
	sa->drive = NULL;
	sa->port = NULL;
	sa->done(sa);
}

static void parts_changed(struct serve_library *sl, struct serve_alter *sa)
{
	unsigned came, went;

	change_drives(sl, sa, &came, &went);
	tell_parts(sl, sa, came, went);
	for (unsigned i = 0; came && i < sl->drives; i++)
		if (sl->drive[i] && !sl->drive[i]->doors)
			open_doors(sl, i);
	sa->busy = close_doors(sl);
}

static void altered(struct library_alter *alter)
{
	struct serve_alter *sa = alter->owner;
	struct serve_library *sl = sa->library;

	if (alter->err == LIBRARY_OK && alter->what == LIBRARY_ALTER_PARTS)
		parts_changed(sl, sa);
	else if (alter->err == LIBRARY_OK && alter->what == LIBRARY_ALTER_DELETE)
		tell(sl, VTL_EVENT_INVENTORY);
	robot_resume(sl->robot);
	finish(sa);
}

static void refuse(struct serve_alter *sa, enum library_err err, const char *why)
{
	sa->alter.err = err;
	why_set(&sa->alter.why, "%s", why);
	finish(sa);
}

static void held(void *arg, bool ok)
{
	struct serve_alter *sa = arg;
	struct serve_library *sl = sa->library;
	size_t most = sl->conf->drives + 1u;

	if (!ok)
		return refuse(sa, LIBRARY_BUSY, "a drive does not answer, and the robot waits for it");
	for (unsigned i = 0; sa->alter.what == LIBRARY_ALTER_PARTS && i < sa->alter.edit.add_rows; i++)
		most += sa->alter.edit.add[i].count;
	sa->drive = calloc(most, sizeof(*sa->drive));
	sa->port = calloc(most, sizeof(*sa->port));
	if (!sa->drive || !sa->port) {
		robot_resume(sl->robot);
		return refuse(sa, LIBRARY_FAILED, "out of memory");
	}
	sa->slots = sl->conf->slots;
	sa->import_exports = sl->conf->import_exports;
	sa->bays = sl->conf->drives;
	library_alter(sl->library, sl->serve->env->exec, &sa->alter);
}

void serve_alter(struct serve_library *sl, struct serve_alter *sa)
{
	sa->library = sl;
	sa->alter.done = altered;
	sa->alter.owner = sa;
	sa->drive = NULL;
	sa->port = NULL;
	sa->busy = 0;
	robot_hold(sl->robot, held, sa);
}
