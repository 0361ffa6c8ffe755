/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of glue/robot.c: a real library on disk, and drives that do what a test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "robot.h"

#define DRIVES 2

struct fake_drive {
	struct vtl_drive drive;
	enum vtl_drive_state state;
	bool prevented;
	enum media_err eject_err;
	unsigned loads, ejects;
	char why[128];			/* of the last load that came without a store */
};

struct fixture {
	struct vtl_env env;		/* first */
	struct media_exec exec;
	bool hold;			/* jobs wait in `jobs` */
	struct media_job *jobs;
	char root[64];
	char log[4096];
	struct vtl_models *models;
	struct library *library;
	struct robot *robot;
	struct fake_drive fake[DRIVES];
	struct vtl_drive *drives[DRIVES];
};

/* ---- fake drives ---- */

static struct fake_drive *fake_of(const struct vtl_drive *drive)
{
	return (struct fake_drive *)drive;
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
	struct fake_drive *fake = fake_of(drive);

	assert_int_equal(fake->state, VTL_DRIVE_LOADING);
	fake->loads++;
	fake->state = store ? VTL_DRIVE_READY : VTL_DRIVE_REFUSED;
	if (store)
		store->ops->destroy(store);
	else
		snprintf(fake->why, sizeof(fake->why), "%s", why);
	req->err = MEDIA_OK;
	req->done(req);
}

static void fake_eject(struct vtl_drive *drive, struct vtl_drive_req *req)
{
	struct fake_drive *fake = fake_of(drive);

	assert_int_not_equal(fake->state, VTL_DRIVE_EMPTY);
	fake->ejects++;
	fake->state = VTL_DRIVE_EMPTY;
	req->err = fake->eject_err;
	fake->eject_err = MEDIA_OK;
	req->done(req);
}

static const struct vtl_drive_ops fake_ops = {
	.state = fake_state,
	.removal_prevented = fake_prevented,
	.expect = fake_expect,
	.load = fake_load,
	.eject = fake_eject,
};

/* ---- world ---- */

static void submit(struct media_exec *exec, struct media_job *job)
{
	struct fixture *f = (struct fixture *)((char *)exec - offsetof(struct fixture, exec));
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

static void release(struct fixture *f)
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
	struct fixture *f = (struct fixture *)env;

	strncat(f->log, text, sizeof(f->log) - strlen(f->log) - 1);
}

static struct library_place place(const char *text)
{
	struct library_place p;

	assert_true(library_place_parse(text, &p));
	return p;
}

static void add(struct fixture *f, const char *medium, const char *barcode, const char *where)
{
	struct why why = { "" };

	if (library_add_cartridge(f->library, vtl_models_medium(f->models, medium), MEDIA_DATA, barcode, 0,
				  place(where), &why) != LIBRARY_OK)
		fail_msg("%s", why.text);
}

static int begin(void **state)
{
	const struct library_plan plan = { .name = "robot", .model = "STK-L700", .drives = { { "IBM-LTO8", DRIVES } },
					   .drive_rows = 1, .slots = 5, .import_exports = 2 };
	struct fixture *f = calloc(1, sizeof(*f));
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
	add(f, "LTO-8", "ROB001L8", "slot:1");
	add(f, "LTO-8", "ROB002L8", "slot:2");
	add(f, "LTO-5", "ROB003L5", "slot:3");
	for (i = 0; i < DRIVES; i++) {
		f->fake[i].drive.ops = &fake_ops;
		f->drives[i] = &f->fake[i].drive;
	}
	f->robot = robot_new(f->library, &f->env, f->drives);
	return f->robot ? 0 : -1;
}

static int end(void **state)
{
	struct fixture *f = *state;
	char command[128];

	robot_free(f->robot);
	library_close(f->library);
	vtl_models_free(f->models);
	snprintf(command, sizeof(command), "rm -rf %s", f->root);
	free(f);
	unsetenv("VTL_LIBRARY_ROOT");
	return system(command);
}

static void move_done(struct vtl_move *move)
{
	move->owner = move;
}

static bool ended(const struct vtl_move *move)
{
	return move->owner == move;
}

static void start(struct fixture *f, struct vtl_move *move, const char *from, const char *to)
{
	*move = (struct vtl_move){ .done = move_done };
	robot_carry(f->robot, place(from), place(to), move);
}

static enum vtl_move_result carry(struct fixture *f, const char *from, const char *to)
{
	struct vtl_move move;

	start(f, &move, from, to);
	assert_true(ended(&move));
	assert_true(robot_idle(f->robot));
	return move.result;
}

static const char *at(struct fixture *f, const char *where)
{
	const struct library_cartridge *cartridge = library_at(f->library, place(where));

	return cartridge ? cartridge->barcode : "";
}

/* ---- tests ---- */

static void every_place_has_an_address_and_every_address_its_place(void **state)
{
	static const char *const places[] = { "slot:1", "slot:5", "io:1", "io:2", "drive:1", "drive:2", "transport:1" };
	struct fixture *f = *state;
	struct library_place p, back;
	unsigned i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		p = place(places[i]);
		back = robot_place(f->robot, robot_address(f->robot, p));
		assert_int_equal(back.kind, p.kind);
		assert_int_equal(back.number, p.number);
	}
	assert_int_equal(robot_address(f->robot, place("slot:6")), VTL_NO_ADDRESS);
	assert_int_equal(robot_place(f->robot, VTL_NO_ADDRESS).kind, LIBRARY_NOWHERE);
}

static void the_inventory_shows_what_is_where(void **state)
{
	struct fixture *f = *state;
	struct vtl_inventory *inv = robot_inventory(f->robot);
	struct vtl_element element;

	assert_int_equal(inv->ops->count(inv, VTL_STORAGE), 5);
	assert_int_equal(inv->ops->count(inv, VTL_IMPORT_EXPORT), 2);
	assert_int_equal(inv->ops->count(inv, VTL_DRIVE), DRIVES);
	assert_int_equal(inv->ops->count(inv, VTL_ANY), 5 + 2 + DRIVES + 1);
	assert_true(inv->ops->get(inv, inv->ops->first(inv, VTL_STORAGE), &element));
	assert_true(element.full);
	assert_string_equal(element.barcode, "ROB001L8");
	assert_true(inv->ops->get(inv, inv->ops->first(inv, VTL_DRIVE), &element));
	assert_false(element.full);
	assert_ptr_equal(element.drive, f->drives[0]);
	assert_false(inv->ops->get(inv, 0xfffe, &element));
}

static void a_cartridge_in_a_drive_knows_the_slot_it_came_from(void **state)
{
	struct fixture *f = *state;
	struct vtl_inventory *inv = robot_inventory(f->robot);
	struct vtl_element element;

	assert_int_equal(carry(f, "slot:2", "drive:1"), VTL_MOVE_OK);
	assert_true(inv->ops->get(inv, robot_address(f->robot, place("drive:1")), &element));
	assert_int_equal(element.source, robot_address(f->robot, place("slot:2")));
}

static void a_cartridge_goes_into_a_drive_and_is_loaded(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(carry(f, "slot:1", "drive:1"), VTL_MOVE_OK);
	assert_string_equal(at(f, "drive:1"), "ROB001L8");
	assert_string_equal(at(f, "slot:1"), "");
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
}

static void out_of_a_drive_it_is_ejected_first(void **state)
{
	struct fixture *f = *state;

	carry(f, "slot:1", "drive:1");
	assert_int_equal(carry(f, "drive:1", "io:1"), VTL_MOVE_OK);
	assert_int_equal(f->fake[0].ejects, 1);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_EMPTY);
	assert_string_equal(at(f, "io:1"), "ROB001L8");
}

static void from_drive_to_drive(void **state)
{
	struct fixture *f = *state;

	carry(f, "slot:1", "drive:1");
	assert_int_equal(carry(f, "drive:1", "drive:2"), VTL_MOVE_OK);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_EMPTY);
	assert_int_equal(f->fake[1].state, VTL_DRIVE_READY);
	assert_string_equal(at(f, "drive:2"), "ROB001L8");
}

static void to_the_shelf_and_no_way_back(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(carry(f, "slot:1", "shelf"), VTL_MOVE_OK);
	assert_string_equal(at(f, "slot:1"), "");
	assert_int_equal(carry(f, "shelf", "slot:1"), VTL_MOVE_NO_ELEMENT);
}

static void what_cannot_be_is_refused_and_nothing_moves(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(carry(f, "slot:4", "slot:5"), VTL_MOVE_SOURCE_EMPTY);
	assert_int_equal(carry(f, "slot:1", "slot:2"), VTL_MOVE_DESTINATION_FULL);
	assert_int_equal(carry(f, "slot:1", "slot:1"), VTL_MOVE_DESTINATION_FULL);
	assert_int_equal(carry(f, "slot:1", "slot:6"), VTL_MOVE_NO_ELEMENT);
	assert_int_equal(carry(f, "drive:3", "slot:4"), VTL_MOVE_NO_ELEMENT);
	assert_int_equal(carry(f, "slot:3", "drive:1"), VTL_MOVE_INCOMPATIBLE);
	assert_string_equal(at(f, "slot:1"), "ROB001L8");
	assert_string_equal(at(f, "slot:3"), "ROB003L5");
	assert_int_equal(f->fake[0].loads, 0);
}

static void a_drive_whose_removal_is_prevented_keeps_its_cartridge(void **state)
{
	struct fixture *f = *state;

	carry(f, "slot:1", "drive:1");
	f->fake[0].prevented = true;
	assert_int_equal(carry(f, "drive:1", "slot:1"), VTL_MOVE_PREVENTED);
	assert_int_equal(f->fake[0].ejects, 0);
	assert_string_equal(at(f, "drive:1"), "ROB001L8");
}

static void what_a_drive_cannot_store_keeps_the_cartridge_in_it(void **state)
{
	struct fixture *f = *state;

	carry(f, "slot:1", "drive:1");
	f->fake[0].eject_err = MEDIA_NOSPACE;
	assert_int_equal(carry(f, "drive:1", "slot:1"), VTL_MOVE_DRIVE_FAILED);
	assert_string_equal(at(f, "drive:1"), "ROB001L8");
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
	assert_non_null(strstr(f->log, "could not be stored"));
	assert_int_equal(carry(f, "drive:1", "slot:1"), VTL_MOVE_OK);
}

static void an_inventory_that_cannot_be_written_puts_the_cartridge_back(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, none;
	enum vtl_move_result result;

	carry(f, "slot:1", "drive:1");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	result = carry(f, "drive:1", "slot:1");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(result, VTL_MOVE_NOT_DURABLE);
	assert_string_equal(at(f, "drive:1"), "ROB001L8");
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
	assert_int_equal(f->fake[0].loads, 2);
}

static void a_cartridge_whose_folder_is_gone_is_in_the_drive_all_the_same(void **state)
{
	struct fixture *f = *state;
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s/robot/media/ROB001L8", f->root);
	assert_int_equal(system(command), 0);
	assert_int_equal(carry(f, "slot:1", "drive:1"), VTL_MOVE_OK);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_REFUSED);
	assert_non_null(strstr(f->fake[0].why, "ROB001L8"));
	assert_string_equal(at(f, "drive:1"), "ROB001L8");
}

static void moves_that_share_a_place_wait_for_each_other(void **state)
{
	struct fixture *f = *state;
	struct vtl_move in, out;

	f->hold = true;
	start(f, &in, "slot:1", "drive:1");
	start(f, &out, "drive:1", "slot:1");
	assert_false(ended(&in));
	assert_false(ended(&out));
	release(f);
	assert_true(ended(&in));
	assert_true(ended(&out));
	assert_int_equal(in.result, VTL_MOVE_OK);
	assert_int_equal(out.result, VTL_MOVE_OK);
	assert_string_equal(at(f, "slot:1"), "ROB001L8");
	assert_true(robot_idle(f->robot));
}

static void two_moves_to_one_place_leave_one_of_them_undone(void **state)
{
	struct fixture *f = *state;
	struct vtl_move one, two;

	f->hold = true;
	start(f, &one, "slot:1", "slot:4");
	start(f, &two, "slot:2", "slot:4");
	release(f);
	assert_int_equal(one.result, VTL_MOVE_OK);
	assert_int_equal(two.result, VTL_MOVE_DESTINATION_FULL);
	assert_string_equal(at(f, "slot:2"), "ROB002L8");
}

static void after_a_start_drives_get_what_the_inventory_has_in_them(void **state)
{
	struct fixture *f = *state;

	carry(f, "slot:1", "drive:1");
	f->fake[0].state = VTL_DRIVE_EMPTY;		/* as after power on */
	robot_mount(f->robot, 1);
	robot_mount(f->robot, 2);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
	assert_int_equal(f->fake[1].loads, 0);
}

static void a_drive_is_becoming_ready_while_its_cartridge_is_on_the_way(void **state)
{
	struct fixture *f = *state;

	carry(f, "slot:1", "drive:1");
	f->fake[0].state = VTL_DRIVE_EMPTY;
	f->hold = true;
	robot_mount(f->robot, 1);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_LOADING);
	release(f);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
}

static void count(void *arg)
{
	++*(unsigned *)arg;
}

static void before_a_stop_a_drive_gives_up_its_cartridge_and_the_inventory_keeps_it_there(void **state)
{
	struct fixture *f = *state;
	unsigned done = 0;

	carry(f, "slot:1", "drive:1");
	robot_dismount(f->robot, 1, count, &done);
	robot_dismount(f->robot, 2, count, &done);
	assert_int_equal(done, 2);
	assert_int_equal(f->fake[0].ejects, 1);
	assert_int_equal(f->fake[1].ejects, 0);
	assert_string_equal(at(f, "drive:1"), "ROB001L8");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_place_has_an_address_and_every_address_its_place),
		TEST(the_inventory_shows_what_is_where),
		TEST(a_cartridge_in_a_drive_knows_the_slot_it_came_from),
		TEST(a_cartridge_goes_into_a_drive_and_is_loaded),
		TEST(out_of_a_drive_it_is_ejected_first),
		TEST(from_drive_to_drive),
		TEST(to_the_shelf_and_no_way_back),
		TEST(what_cannot_be_is_refused_and_nothing_moves),
		TEST(a_drive_is_becoming_ready_while_its_cartridge_is_on_the_way),
		TEST(a_drive_whose_removal_is_prevented_keeps_its_cartridge),
		TEST(what_a_drive_cannot_store_keeps_the_cartridge_in_it),
		TEST(an_inventory_that_cannot_be_written_puts_the_cartridge_back),
		TEST(a_cartridge_whose_folder_is_gone_is_in_the_drive_all_the_same),
		TEST(moves_that_share_a_place_wait_for_each_other),
		TEST(two_moves_to_one_place_leave_one_of_them_undone),
		TEST(after_a_start_drives_get_what_the_inventory_has_in_them),
		TEST(before_a_stop_a_drive_gives_up_its_cartridge_and_the_inventory_keeps_it_there),
	};

	return cmocka_run_group_tests_name("the robot", tests, NULL, NULL);
}
