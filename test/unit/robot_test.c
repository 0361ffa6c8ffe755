/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of glue/robot.c: moves, and what keeps them from being. */
#include "robot_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void every_place_has_an_address_and_every_address_its_place(void **state)
{
	static const char *const places[] = { "slot:1", "slot:5", "io:1", "io:2", "drive:1", "drive:2", "transport:1" };
	struct robot_world *f = *state;
	struct library_place p, back;
	unsigned i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		p = world_place(places[i]);
		back = robot_place(f->robot, robot_address(f->robot, p));
		assert_int_equal(back.kind, p.kind);
		assert_int_equal(back.number, p.number);
	}
	assert_int_equal(robot_address(f->robot, world_place("slot:6")), VTL_NO_ADDRESS);
	assert_int_equal(robot_place(f->robot, VTL_NO_ADDRESS).kind, LIBRARY_NOWHERE);
}

static void the_inventory_shows_what_is_where(void **state)
{
	struct robot_world *f = *state;
	struct vtl_inventory *inv = robot_inventory(f->robot);
	struct vtl_element element;

	assert_int_equal(inv->ops->count(inv, VTL_STORAGE), 5);
	assert_int_equal(inv->ops->count(inv, VTL_IMPORT_EXPORT), 2);
	assert_int_equal(inv->ops->count(inv, VTL_DRIVE), DRIVES);
	assert_int_equal(inv->ops->count(inv, VTL_ANY), 5 + 2 + DRIVES + 1);
	assert_true(inv->ops->get(inv, inv->ops->first(inv, VTL_STORAGE), &element));
	assert_true(element.full);
	assert_string_equal(element.tag[VTL_TAG_PRIMARY].text, "ROB001L8");
	assert_true(inv->ops->get(inv, inv->ops->first(inv, VTL_DRIVE), &element));
	assert_false(element.full);
	assert_ptr_equal(element.drive, f->drives[0]);
	assert_false(inv->ops->get(inv, 0xfffe, &element));
}

static void a_cartridge_in_a_drive_knows_the_slot_it_came_from(void **state)
{
	struct robot_world *f = *state;
	struct vtl_inventory *inv = robot_inventory(f->robot);
	struct vtl_element element;

	assert_int_equal(world_carry(f, "slot:2", "drive:1"), VTL_MOVE_OK);
	assert_true(inv->ops->get(inv, robot_address(f->robot, world_place("drive:1")), &element));
	assert_int_equal(element.source, robot_address(f->robot, world_place("slot:2")));
}

static void a_cartridge_goes_into_a_drive_and_is_loaded(void **state)
{
	struct robot_world *f = *state;

	assert_int_equal(world_carry(f, "slot:1", "drive:1"), VTL_MOVE_OK);
	assert_string_equal(world_at(f, "drive:1"), "ROB001L8");
	assert_string_equal(world_at(f, "slot:1"), "");
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
}

static void out_of_a_drive_it_is_ejected_first(void **state)
{
	struct robot_world *f = *state;

	world_carry(f, "slot:1", "drive:1");
	assert_int_equal(world_carry(f, "drive:1", "io:1"), VTL_MOVE_OK);
	assert_int_equal(f->fake[0].ejects, 1);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_EMPTY);
	assert_string_equal(world_at(f, "io:1"), "ROB001L8");
}

static void from_drive_to_drive(void **state)
{
	struct robot_world *f = *state;

	world_carry(f, "slot:1", "drive:1");
	assert_int_equal(world_carry(f, "drive:1", "drive:2"), VTL_MOVE_OK);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_EMPTY);
	assert_int_equal(f->fake[1].state, VTL_DRIVE_READY);
	assert_string_equal(world_at(f, "drive:2"), "ROB001L8");
}

static void to_the_shelf_and_no_way_back(void **state)
{
	struct robot_world *f = *state;

	assert_int_equal(world_carry(f, "slot:1", "shelf"), VTL_MOVE_OK);
	assert_string_equal(world_at(f, "slot:1"), "");
	assert_int_equal(world_carry(f, "shelf", "slot:1"), VTL_MOVE_NO_ELEMENT);
}

static void what_cannot_be_is_refused_and_nothing_moves(void **state)
{
	struct robot_world *f = *state;

	assert_int_equal(world_carry(f, "slot:4", "slot:5"), VTL_MOVE_SOURCE_EMPTY);
	assert_int_equal(world_carry(f, "slot:1", "slot:2"), VTL_MOVE_DESTINATION_FULL);
	assert_int_equal(world_carry(f, "slot:1", "slot:1"), VTL_MOVE_DESTINATION_FULL);
	assert_int_equal(world_carry(f, "slot:1", "slot:6"), VTL_MOVE_NO_ELEMENT);
	assert_int_equal(world_carry(f, "drive:3", "slot:4"), VTL_MOVE_NO_ELEMENT);
	assert_int_equal(world_carry(f, "slot:3", "drive:1"), VTL_MOVE_INCOMPATIBLE);
	assert_string_equal(world_at(f, "slot:1"), "ROB001L8");
	assert_string_equal(world_at(f, "slot:3"), "ROB003L5");
	assert_int_equal(f->fake[0].loads, 0);
}

static void a_drive_whose_removal_is_prevented_keeps_its_cartridge(void **state)
{
	struct robot_world *f = *state;

	world_carry(f, "slot:1", "drive:1");
	f->fake[0].prevented = true;
	assert_int_equal(world_carry(f, "drive:1", "slot:1"), VTL_MOVE_DRIVE_PREVENTED);
	assert_int_equal(f->fake[0].ejects, 0);
	assert_string_equal(world_at(f, "drive:1"), "ROB001L8");
}

static void what_a_drive_cannot_store_keeps_the_cartridge_in_it(void **state)
{
	struct robot_world *f = *state;

	world_carry(f, "slot:1", "drive:1");
	f->fake[0].eject_err = MEDIA_NOSPACE;
	assert_int_equal(world_carry(f, "drive:1", "slot:1"), VTL_MOVE_DRIVE_FAILED);
	assert_string_equal(world_at(f, "drive:1"), "ROB001L8");
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
	assert_non_null(strstr(f->log, "could not be stored"));
	assert_int_equal(world_carry(f, "drive:1", "slot:1"), VTL_MOVE_OK);
}

static void an_inventory_that_cannot_be_written_puts_the_cartridge_back(void **state)
{
	struct robot_world *f = *state;
	struct rlimit before, none;
	enum vtl_move_result result;

	world_carry(f, "slot:1", "drive:1");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	result = world_carry(f, "drive:1", "slot:1");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(result, VTL_MOVE_NOT_DURABLE);
	assert_string_equal(world_at(f, "drive:1"), "ROB001L8");
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
	assert_int_equal(f->fake[0].loads, 2);
}

static void a_cartridge_whose_folder_is_gone_is_in_the_drive_all_the_same(void **state)
{
	struct robot_world *f = *state;
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s/robot/media/ROB001L8", f->root);
	assert_int_equal(system(command), 0);
	assert_int_equal(world_carry(f, "slot:1", "drive:1"), VTL_MOVE_OK);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_REFUSED);
	assert_non_null(strstr(f->fake[0].why, "ROB001L8"));
	assert_string_equal(world_at(f, "drive:1"), "ROB001L8");
}

static void moves_that_share_a_place_wait_for_each_other(void **state)
{
	struct robot_world *f = *state;
	struct vtl_move in, out;

	f->hold = true;
	world_start(f, &in, "slot:1", "drive:1");
	world_start(f, &out, "drive:1", "slot:1");
	assert_false(world_ended(&in));
	assert_false(world_ended(&out));
	world_release(f);
	assert_true(world_ended(&in));
	assert_true(world_ended(&out));
	assert_int_equal(in.result, VTL_MOVE_OK);
	assert_int_equal(out.result, VTL_MOVE_OK);
	assert_string_equal(world_at(f, "slot:1"), "ROB001L8");
	assert_true(robot_idle(f->robot));
}

static void two_moves_to_one_place_leave_one_of_them_undone(void **state)
{
	struct robot_world *f = *state;
	struct vtl_move one, two;

	f->hold = true;
	world_start(f, &one, "slot:1", "slot:4");
	world_start(f, &two, "slot:2", "slot:4");
	world_release(f);
	assert_int_equal(one.result, VTL_MOVE_OK);
	assert_int_equal(two.result, VTL_MOVE_DESTINATION_FULL);
	assert_string_equal(world_at(f, "slot:2"), "ROB002L8");
}

static void after_a_start_drives_get_what_the_inventory_has_in_them(void **state)
{
	struct robot_world *f = *state;

	world_carry(f, "slot:1", "drive:1");
	f->fake[0].state = VTL_DRIVE_EMPTY;		/* as after power on */
	robot_mount(f->robot, 1);
	robot_mount(f->robot, 2);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
	assert_int_equal(f->fake[1].loads, 0);
}

static void a_drive_is_becoming_ready_while_its_cartridge_is_on_the_way(void **state)
{
	struct robot_world *f = *state;

	world_carry(f, "slot:1", "drive:1");
	f->fake[0].state = VTL_DRIVE_EMPTY;
	f->hold = true;
	robot_mount(f->robot, 1);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_LOADING);
	world_release(f);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
}

static void count(void *arg)
{
	++*(unsigned *)arg;
}

static void before_a_stop_a_drive_gives_up_its_cartridge_and_the_inventory_keeps_it_there(void **state)
{
	struct robot_world *f = *state;
	unsigned done = 0;

	world_carry(f, "slot:1", "drive:1");
	robot_dismount(f->robot, 1, count, &done);
	robot_dismount(f->robot, 2, count, &done);
	assert_int_equal(done, 2);
	assert_int_equal(f->fake[0].ejects, 1);
	assert_int_equal(f->fake[1].ejects, 0);
	assert_string_equal(world_at(f, "drive:1"), "ROB001L8");
}

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
