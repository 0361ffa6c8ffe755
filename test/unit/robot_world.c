/* SPDX-License-Identifier: GPL-2.0-only */
/* The world of the robot's tests: a real library on disk, drives that do what a test wants, a clock to turn. */
#include "robot_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- fake drives ---- */

static struct world_drive *fake_of(const struct vtl_drive *drive)
{
	return (struct world_drive *)drive;
}

static enum vtl_drive_state fake_state(const struct vtl_drive *drive)
{
	return fake_of(drive)->state;
}

static bool fake_prevented(const struct vtl_drive *drive)
{
	return fake_of(drive)->prevented;
}

static void fake_expect(struct vtl_drive *drive)
{
	assert_int_equal(fake_of(drive)->state, VTL_DRIVE_EMPTY);
	fake_of(drive)->state = VTL_DRIVE_LOADING;
}

static void fake_load(struct vtl_drive *drive, struct media_store *store, const char *why, struct vtl_drive_req *req)
{
	struct world_drive *fake = fake_of(drive);

	assert_int_equal(fake->state, VTL_DRIVE_LOADING);
	fake->loads++;
	fake->state = store ? VTL_DRIVE_READY : VTL_DRIVE_REFUSED;
	if (store)
		store->ops->destroy(store);
	else
		snprintf(fake->why, sizeof(fake->why), "%s", why);
	req->err = MEDIA_OK;
	if (fake->mute)
		fake->waiting = req;
	else
		req->done(req);
}

static void fake_eject(struct vtl_drive *drive, struct vtl_drive_req *req)
{
	struct world_drive *fake = fake_of(drive);

	assert_int_not_equal(fake->state, VTL_DRIVE_EMPTY);
	fake->ejects++;
	fake->state = VTL_DRIVE_EMPTY;
	req->err = fake->eject_err;
	fake->eject_err = MEDIA_OK;
	if (fake->mute)
		fake->waiting = req;
	else
		req->done(req);
}

void world_fake_answer(struct world_drive *fake)
{
	struct vtl_drive_req *req = fake->waiting;

	fake->mute = false;
	fake->waiting = NULL;
	if (fake->memory)
		fake->memory->done(fake->memory);
	else
		req->done(req);
	fake->memory = NULL;
}

static void fake_memory(struct vtl_drive *drive, struct vtl_memory_request *req)
{
	struct world_drive *fake = fake_of(drive);

	fake->asked++;
	if (req->write) {
		fake->written = req->data[req->len - 1];
	} else {
		memcpy(req->data, "drive!", 6);
		req->used = 6;
	}
	if (fake->mute)
		fake->memory = req;
	else
		req->done(req);
}

static const struct vtl_drive_ops fake_ops = {
	.state = fake_state,
	.removal_prevented = fake_prevented,
	.expect = fake_expect,
	.load = fake_load,
	.eject = fake_eject,
	.memory = fake_memory,
};

/* ---- world ---- */

static void submit(struct media_exec *exec, struct media_job *job)
{
	struct robot_world *f = (struct robot_world *)((char *)exec - offsetof(struct robot_world, exec));
	struct media_job **end;

	if (!f->hold) {
		media_exec_inline.submit(&media_exec_inline, job);
		return;
	}
	for (end = &f->jobs; *end; end = &(*end)->next)
		;
	job->next = NULL;
	*end = job;
}

void world_release(struct robot_world *f)
{
	struct media_job *job;

	f->hold = false;
	while ((job = f->jobs)) {
		f->jobs = job->next;
		media_exec_inline.submit(&media_exec_inline, job);
	}
}

static void keep_log(struct vtl_env *env, int level, const char *text)
{
	struct robot_world *f = (struct robot_world *)env;

	strncat(f->log, text, sizeof(f->log) - strlen(f->log) - 1);
}

static uint64_t now_ms(struct vtl_env *env)
{
	return ((struct robot_world *)env)->now;
}

static void set_timer(struct vtl_env *env, struct vtl_dev *dev, uint64_t at_ms)
{
	((struct robot_world *)env)->timer = at_ms;
}

/* From now on moves take time, by the clock of the test. Whatever the changer would be is not touched. */
void world_give_clock(struct robot_world *f)
{
	f->now = 1000;
	f->timer = UINT64_MAX;
	f->env.now_ms = now_ms;
	f->env.set_timer = set_timer;
	robot_set_changer(f->robot, (struct vtl_dev *)f);
}

void world_advance(struct robot_world *f, uint64_t ms)
{
	f->now += ms;
	if (f->timer <= f->now) {
		f->timer = UINT64_MAX;
		robot_inventory(f->robot)->ops->tick(robot_inventory(f->robot));
	}
}

/* What library.conf says, to be changed for a test. */
struct library_conf *world_conf_of(struct robot_world *f)
{
	return (struct library_conf *)library_conf(f->library);
}

struct library_place world_place(const char *text)
{
	struct library_place p;

	assert_true(library_place_parse(text, &p));
	return p;
}

void world_add(struct robot_world *f, const char *medium, const char *barcode, const char *where)
{
	struct why why = { "" };

	if (library_add_cartridge(f->library, vtl_models_medium(f->models, medium), MEDIA_DATA, barcode,
				  (struct library_size){ 0, false }, world_place(where), &why) != LIBRARY_OK)
		fail_msg("%s", why.text);
}

int world_begin(void **state)
{
	const struct library_plan plan = { .name = "robot", .model = "STK-L700", .drives = { { "IBM-LTO8", DRIVES } },
					   .drive_rows = 1, .slots = 5, .import_exports = 2 };
	struct robot_world *f = calloc(1, sizeof(*f));
	struct why why = { "" };
	unsigned i;

	*state = f;
	f->env.log = keep_log;
	f->env.exec = &f->exec;
	f->exec.submit = submit;
	strcpy(f->root, "/tmp/vtl-robot-XXXXXX");
	if (!mkdtemp(f->root) || setenv("VTL_LIBRARY_ROOT", f->root, 1))
		return -1;
	f->models = vtl_models_load("conf/models", &why);
	if (!f->models || library_create(f->models, &plan, &why) ||
	    library_open(f->models, "robot", LIBRARY_OWN, "a test", &f->library, &why)) {
		print_error("%s\n", why.text);
		return -1;
	}
	world_add(f, "LTO-8", "ROB001L8", "slot:1");
	world_add(f, "LTO-8", "ROB002L8", "slot:2");
	world_add(f, "LTO-5", "ROB003L5", "slot:3");
	for (i = 0; i < DRIVES; i++) {
		f->fake[i].drive.ops = &fake_ops;
		f->drives[i] = &f->fake[i].drive;
	}
	f->robot = robot_new(f->library, &f->env, f->drives);
	return f->robot ? 0 : -1;
}

int world_end(void **state)
{
	struct robot_world *f = *state;
	char command[128];

	robot_free(f->robot);
	library_close(f->library);
	vtl_models_free(f->models);
	snprintf(command, sizeof(command), "rm -rf %s", f->root);
	free(f);
	unsetenv("VTL_LIBRARY_ROOT");
	return system(command);
}

void world_move_done(struct vtl_move *move)
{
	move->owner = move;
}

bool world_ended(const struct vtl_move *move)
{
	return move->owner == move;
}

void world_start(struct robot_world *f, struct vtl_move *move, const char *from, const char *to)
{
	*move = (struct vtl_move){ .done = world_move_done };
	robot_carry(f->robot, world_place(from), world_place(to), move);
}

enum vtl_move_result world_carry(struct robot_world *f, const char *from, const char *to)
{
	struct vtl_move move;

	world_start(f, &move, from, to);
	assert_true(world_ended(&move));
	assert_true(robot_idle(f->robot));
	return move.result;
}

const char *world_at(struct robot_world *f, const char *where)
{
	const struct library_cartridge *cartridge = library_at(f->library, world_place(where));

	return cartridge ? cartridge->barcode : "";
}
