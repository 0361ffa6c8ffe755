/* SPDX-License-Identifier: GPL-2.0-only */
/* Libraries by canonical path: opened by their first door, shared by the others, closed in peace after the last. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "changer.h"
#include "foreign.h"
#include "serve_impl.h"

/* ---- one library ---- */

static void unit_free(struct serve *serve, struct serve_unit *unit)
{
	if (unit && unit->dev) {
		serve->env->set_timer(serve->env, unit->dev, UINT64_MAX);
		vtl_tape_free(unit->dev);
	}
	free(unit);
}

static void library_free(struct serve_library *sl)
{
	struct serve_unit *unit;
	unsigned i;

	if (sl->changer.dev) {
		sl->serve->env->set_timer(sl->serve->env, sl->changer.dev, UINT64_MAX);
		vtl_changer_free(sl->changer.dev);
	}
	for (i = 0; i < sl->drives; i++)
		unit_free(sl->serve, sl->drive[i]);
	while ((unit = sl->retired)) {
		sl->retired = unit->next;
		unit_free(sl->serve, unit);
	}
	robot_free(sl->robot);
	free(sl->drive);
	free(sl->port);
	if (sl->library)
		library_close(sl->library);
	vtl_models_free(sl->models);
	free(sl);
}

void serve_reap(struct serve_library *sl)
{
	struct serve_unit **at = &sl->retired, *unit;

	while ((unit = *at)) {
		if (unit->doors || !vtl_dev_idle(unit->dev)) {
			at = &unit->next;
			continue;
		}
		*at = unit->next;
		unit_free(sl->serve, unit);
	}
}

/* ---- what devices keep over a power cycle ---- */

static struct serve_unit *unit_of(struct vtl_state *state)
{
	return (struct serve_unit *)((char *)state - offsetof(struct serve_unit, state));
}

static void log_state(const struct serve_unit *unit, const char *text)
{
	struct vtl_env *env = unit->library->serve->env;
	char line[1024];

	snprintf(line, sizeof(line), "%s: %s", unit->library->conf->name, text);
	env->log(env, 4, line);
}

static const char *unit_id(const struct serve_unit *unit)
{
	return unit->kind == SERVE_DRIVE ? unit->id : NULL;
}

static uint32_t state_load(struct vtl_state *state, uint8_t *buf, uint32_t size)
{
	const struct serve_unit *unit = unit_of(state);
	struct why why = { "" };
	unsigned len = 0;
	enum library_err err = library_drive_state_load(unit->library->library, unit_id(unit), buf, size, &len, &why);

	if (err == LIBRARY_OK)
		return len;
	if (err != LIBRARY_NOT_FOUND)
		log_state(unit, why.text);
	return 0;
}

/* On a worker thread. */
static bool state_save(struct vtl_state *state, const uint8_t *data, uint32_t len, struct why *why)
{
	const struct serve_unit *unit = unit_of(state);

	/* What is kept for a drive that was taken out is kept for nobody. */
	if (__atomic_load_n(&unit->retired, __ATOMIC_RELAXED))
		return true;
	return library_drive_state_save(unit->library->library, unit_id(unit), data, len, why) == LIBRARY_OK;
}

static struct vtl_state *unit_state(struct serve_library *sl, struct serve_unit *unit, enum serve_kind kind)
{
	unit->library = sl;
	unit->kind = kind;
	unit->state = (struct vtl_state){ .load = state_load, .save = state_save };
	return &unit->state;
}

struct serve_unit *serve_make_drive(struct serve_library *sl, unsigned number)
{
	const struct library_drive *conf = &sl->conf->drive[number - 1];
	struct serve_unit *unit = calloc(1, sizeof(*unit));
	struct vtl_tape_config config = {
		.model = conf->model,
		.models = sl->models,
		.serial = conf->serial,
		.naa = conf->naa,
		.codec = conf->codec,
		.codec_level = conf->codec_level,
		.ring_bytes = (size_t)conf->buffer << 20,
		.memory = &sl->serve->memory,
		.time_ms = conf->time_ms,
		.writers = sl->serve->writers,
		.library_serial = sl->conf->serial,
		.element = conf->address,
	};

	if (!unit)
		return NULL;
	config.state = unit_state(sl, unit, SERVE_DRIVE);
	unit->number = number;
	unit->inquiry = &conf->model->inquiry;
	strcpy(unit->id, conf->id);
	strcpy(unit->serial, conf->serial);
	unit->dev = vtl_tape_new(sl->serve->env, &config);
	if (unit->dev)
		return unit;
	free(unit);
	return NULL;
}

static bool make_changer(struct serve_library *sl)
{
	const struct vtl_changer_config config = {
		.model = sl->conf->model,
		.serial = sl->conf->serial,
		.naa = sl->conf->naa,
		.inventory = robot_inventory(sl->robot),
		.state = unit_state(sl, &sl->changer, SERVE_CHANGER),
	};

	sl->changer.inquiry = &sl->conf->model->inquiry;
	strcpy(sl->changer.serial, sl->conf->serial);
	sl->changer.dev = vtl_changer_new(sl->serve->env, &config);
	robot_set_changer(sl->robot, sl->changer.dev);
	return sl->changer.dev;
}

static bool power_on(struct serve_library *sl)
{
	sl->drive = calloc(sl->conf->drives + 1, sizeof(*sl->drive));
	sl->port = calloc(sl->conf->drives + 1, sizeof(*sl->port));
	if (!sl->drive || !sl->port)
		return false;
	for (sl->drives = 0; sl->drives < sl->conf->drives; sl->drives++) {
		if (sl->conf->drive[sl->drives].absent)
			continue;
		sl->drive[sl->drives] = serve_make_drive(sl, sl->drives + 1);
		if (!sl->drive[sl->drives])
			return false;
		sl->port[sl->drives] = vtl_tape_drive(sl->drive[sl->drives]->dev);
	}
	sl->robot = robot_new(sl->library, sl->serve->env, sl->port);
	return sl->robot && make_changer(sl);
}

/* What was found and set right when the library was opened. */
static void log_notes(struct serve_library *sl)
{
	struct vtl_env *env = sl->serve->env;
	char text[1024];
	const char *note;
	unsigned n;

	for (n = 0; (note = library_note(sl->library, n)); n++) {
		snprintf(text, sizeof(text), "%s: %s", sl->conf->name, note);
		env->log(env, 4, text);
	}
}

static void mount_all(struct serve_library *sl)
{
	unsigned i;

	for (i = 1; i <= sl->drives; i++)
		if (library_at(sl->library, (struct library_place){ LIBRARY_DRIVE, i }))
			robot_mount(sl->robot, i);
}

static enum library_err library_start(struct serve *serve, const char *dir, struct serve_library **out, struct why *why)
{
	struct serve_library *sl = calloc(1, sizeof(*sl));
	enum library_err err = LIBRARY_FAILED;

	if (!sl) {
		why_set(why, "out of memory");
		return LIBRARY_FAILED;
	}
	sl->serve = serve;
	sl->models = vtl_models_load(NULL, why);
	if (!sl->models)
		goto err_free;
	err = library_open(sl->models, dir, LIBRARY_OWN, serve->owner, &sl->library, why);
	if (err != LIBRARY_OK)
		goto err_free;
	sl->conf = library_conf(sl->library);
	log_notes(sl);
	if (!power_on(sl)) {
		why_set(why, "out of memory");
		err = LIBRARY_FAILED;
		goto err_free;
	}
	sl->next = serve->libraries;
	serve->libraries = sl;
	mount_all(sl);
	*out = sl;
	return LIBRARY_OK;

err_free:
	library_free(sl);
	return err;
}

/* ---- closing ---- */

static void reap_work(struct media_job *job)
{
}

static bool wanted(const struct serve_library *sl)
{
	return sl->doors && !sl->serve->stopped;
}

static void library_stop(struct serve_library *sl);

static void hurry(struct serve_library *sl, bool on)
{
	for (unsigned i = 0; i < sl->drives; i++)
		if (sl->drive[i] && sl->drive[i]->dev)
			vtl_tape_hurry(sl->drive[i]->dev, on);
}

/* Nothing is under way, in no device either: what one keeps may still be on its way to disk. */
static bool idle(const struct serve_library *sl)
{
	const struct serve_unit *unit;
	unsigned i;

	for (i = 0; i < sl->drives; i++)
		if (sl->drive[i] && !vtl_dev_idle(sl->drive[i]->dev))
			return false;
	for (unit = sl->retired; unit; unit = unit->next)
		if (!vtl_dev_idle(unit->dev))
			return false;
	return vtl_dev_idle(sl->changer.dev) && robot_idle(sl->robot) && library_idle(sl->library);
}

static void reap_done(struct media_job *job)
{
	struct serve_library *sl = (struct serve_library *)((char *)job - offsetof(struct serve_library, reap));
	struct serve_library **at;

	if (wanted(sl)) {
		sl->closing = false;
		hurry(sl, false);
		mount_all(sl);
		return;
	}
	if (!idle(sl)) {
		library_stop(sl);
		return;
	}
	for (at = &sl->serve->libraries; *at != sl; at = &(*at)->next)
		;
	*at = sl->next;
	library_free(sl);
}

static void dismounted(void *arg)
{
	struct serve_library *sl = arg;

	if (--sl->dismounting)
		return;
	sl->reap.work = reap_work;
	sl->reap.done = reap_done;
	sl->serve->env->exec->submit(sl->serve->env->exec, &sl->reap);
}

/* The drives give up their cartridges, each after what its robot is doing; the inventory leaves them there. */
static void library_stop(struct serve_library *sl)
{
	unsigned i, drives = sl->drives;

	sl->closing = true;
	sl->dismounting = drives + 1;
	/* tgtd may be about to end, and nobody watches any more. */
	hurry(sl, true);
	vtl_state_flush(sl->changer.dev);
	for (i = 1; i <= drives; i++)
		robot_dismount(sl->robot, i, dismounted, sl);
	dismounted(sl);
}

/* ---- doors ---- */

/* Splits the canonical path of a door's file into the library's directory and, for a drive, its id. */
static bool split_path(char *path, enum serve_kind *kind, const char **id)
{
	char *slash = strrchr(path, '/'), *folder, *dot;

	if (!strcmp(slash, "/library.conf")) {
		*kind = SERVE_CHANGER;
		*slash = '\0';
		return *path;
	}
	dot = strrchr(slash, '.');
	*slash = '\0';
	folder = strrchr(path, '/');
	if (!dot || strcmp(dot, ".drive") || !folder || folder == path || strcmp(folder, "/drives"))
		return false;
	*dot = '\0';
	*folder = '\0';
	*kind = SERVE_DRIVE;
	*id = slash + 1;
	return true;
}

static struct serve_unit *find_drive(struct serve_library *sl, const char *id)
{
	unsigned i;

	for (i = 0; i < sl->drives; i++)
		if (sl->drive[i] && !strcmp(sl->drive[i]->id, id))
			return sl->drive[i];
	return NULL;
}

/* The library's directory and, for a drive, its id, from what an administrator gave as backing store. */
static enum library_err resolve(const char *path, enum serve_kind kind, char real[PATH_MAX], const char **id,
				struct why *why)
{
	enum serve_kind found;
	struct stat st;

	if (!realpath(path, real)) {
		why_set(why, "%s: %s", path, strerror(errno));
		return errno == ENOENT || errno == ENOTDIR ? LIBRARY_NOT_FOUND : LIBRARY_FAILED;
	}
	if (stat(real, &st) || !S_ISREG(st.st_mode)) {
		why_set(why, "%s is not a file; a changer's is library.conf, a drive's drives/ID.drive, in the library",
			path);
		return LIBRARY_USAGE;
	}
	if (!split_path(real, &found, id)) {
		if (!media_foreign_path(path, why))
			why_set(why,
				"%s is no file of a library; a changer's is library.conf, a drive's drives/ID.drive, "
				"in it",
				path);
		return LIBRARY_USAGE;
	}
	if (found != kind) {
		why_set(why, found == SERVE_CHANGER ? "%s is a changer: its device type is changer" :
						      "%s is a drive: its device type is tape", path);
		return LIBRARY_USAGE;
	}
	return LIBRARY_OK;
}

enum library_err serve_open(struct serve *serve, const char *path, enum serve_kind kind, struct serve_door *door,
			    struct why *why)
{
	char real[PATH_MAX];
	const char *id = NULL;
	struct serve_library *sl;
	struct serve_unit *unit;
	enum library_err err = resolve(path, kind, real, &id, why);

	if (err != LIBRARY_OK)
		return err;
	for (sl = serve->libraries; sl && strcmp(sl->conf->dir, real); sl = sl->next)
		;
	if (!sl) {
		err = library_start(serve, real, &sl, why);
		if (err != LIBRARY_OK)
			return err;
	}
	unit = kind == SERVE_CHANGER ? &sl->changer : find_drive(sl, id);
	if (!unit) {
		why_set(why, "%s: library %s has no drive %s", path, sl->conf->name, id);
		if (!sl->doors && !sl->closing)
			library_stop(sl);
		return LIBRARY_NOT_FOUND;
	}
	sl->doors++;
	door->unit = unit;
	door->next = unit->doors;
	unit->doors = door;
	return LIBRARY_OK;
}

void serve_close(struct serve_door *door)
{
	struct serve_unit *unit = door->unit;
	struct serve_library *sl;
	struct serve_door **at;

	if (!unit)
		return;
	sl = unit->library;
	for (at = &unit->doors; *at != door; at = &(*at)->next)
		;
	*at = door->next;
	door->unit = NULL;
	serve_reap(sl);
	if (!--sl->doors && !sl->closing)
		library_stop(sl);
}

/* ---- all ---- */

enum vtl_rest serve_rest(struct serve *serve)
{
	enum vtl_rest all = VTL_RESTS, one;
	struct serve_library *sl;
	unsigned i;

	for (sl = serve->libraries; sl; sl = sl->next) {
		vtl_state_flush(sl->changer.dev);
		if (!vtl_dev_idle(sl->changer.dev))	/* what it is at may be to be saved, too */
			all = VTL_AWAKE;
	}
	for (sl = serve->libraries; sl; sl = sl->next) {
		for (i = 0; i < sl->drives; i++) {
			one = sl->drive[i] ? vtl_tape_rest(sl->drive[i]->dev) : VTL_RESTS;
			if (one == VTL_RESTED)
				return one;
			if (one == VTL_AWAKE)
				all = one;
		}
	}
	return all;
}

size_t serve_buffers(const struct serve *serve)
{
	return __atomic_load_n(&serve->memory.used, __ATOMIC_RELAXED);
}

void serve_stop(struct serve *serve)
{
	struct serve_library *sl;

	serve->stopped = true;
	for (sl = serve->libraries; sl; sl = sl->next)
		if (!sl->closing)
			library_stop(sl);
}

bool serve_settled(const struct serve *serve)
{
	return !serve->libraries;
}

struct serve *serve_new(struct vtl_env *env, const char *owner)
{
	struct serve *serve = calloc(1, sizeof(*serve));

	if (!serve)
		return NULL;
	serve->writers = media_writers_new();
	if (!serve->writers) {
		free(serve);
		return NULL;
	}
	serve->env = env;
	serve->memory.limit = (size_t)sysconf(_SC_PHYS_PAGES) / 4 * (size_t)sysconf(_SC_PAGESIZE);
	snprintf(serve->owner, sizeof(serve->owner), "%s", owner);
	return serve;
}

void serve_free(struct serve *serve)
{
	if (serve)
		media_writers_free(serve->writers);
	free(serve);
}

struct serve_library *serve_next(const struct serve *serve, const struct serve_library *after)
{
	struct serve_library *sl = after ? after->next : serve->libraries;

	while (sl && sl->closing)
		sl = sl->next;
	return sl;
}

struct library *serve_library(struct serve_library *sl)
{
	return sl->library;
}

const struct vtl_models *serve_models(const struct serve_library *sl)
{
	return sl->models;
}

struct robot *serve_robot(struct serve_library *sl)
{
	return sl->robot;
}

struct serve_unit *serve_changer(struct serve_library *sl)
{
	return &sl->changer;
}

struct serve_unit *serve_drive(struct serve_library *sl, unsigned number)
{
	return number && number <= sl->drives ? sl->drive[number - 1] : NULL;
}

struct vtl_drive *serve_drive_port(struct serve_library *sl, unsigned number)
{
	return number && number <= sl->drives ? sl->port[number - 1] : NULL;
}
