/* SPDX-License-Identifier: GPL-2.0-only */
/* The robot's exchanges, time, drives that do not answer, programs, stations and tags. */
#include "robot_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void exchange(struct robot_world *f, struct vtl_move *move, const char *from, const char *to, const char *second)
{
	*move = (struct vtl_move){
		.source = robot_address(f->robot, world_place(from)),
		.destination = robot_address(f->robot, world_place(to)),
		.second = robot_address(f->robot, world_place(second)),
		.done = world_move_done,
	};
	robot_inventory(f->robot)->ops->move(robot_inventory(f->robot), move);
}

static void the_cartridge_of_a_slot_and_that_of_a_drive_change_places(void **state)
{
	struct robot_world *f = *state;
	struct vtl_move move;

	assert_int_equal(world_carry(f, "slot:1", "drive:1"), VTL_MOVE_OK);
	exchange(f, &move, "slot:2", "drive:1", "slot:2");
	assert_int_equal(move.result, VTL_MOVE_OK);
	assert_string_equal(world_at(f, "drive:1"), "ROB002L8");
	assert_string_equal(world_at(f, "slot:2"), "ROB001L8");
	assert_int_equal(f->fake[0].ejects, 1);
	assert_int_equal(f->fake[0].loads, 2);
	exchange(f, &move, "slot:2", "drive:1", "slot:4");
	assert_string_equal(world_at(f, "slot:4"), "ROB002L8");
	exchange(f, &move, "slot:4", "drive:1", "drive:2");
	assert_string_equal(world_at(f, "drive:2"), "ROB001L8");
	assert_int_equal(f->fake[1].state, VTL_DRIVE_READY);
}

static void an_exchange_that_cannot_be_leaves_both_cartridges_and_names_the_part(void **state)
{
	struct robot_world *f = *state;
	struct vtl_move move;

	assert_int_equal(world_carry(f, "slot:1", "drive:1"), VTL_MOVE_OK);
	exchange(f, &move, "slot:3", "drive:1", "slot:3");
	assert_int_equal(move.result, VTL_MOVE_INCOMPATIBLE);
	assert_int_equal(move.part, VTL_PART_DESTINATION);
	exchange(f, &move, "slot:2", "drive:1", "slot:3");
	assert_int_equal(move.result, VTL_MOVE_DESTINATION_FULL);
	assert_int_equal(move.part, VTL_PART_SECOND);
	f->fake[0].eject_err = MEDIA_IO;
	exchange(f, &move, "slot:2", "drive:1", "slot:2");
	assert_int_equal(move.result, VTL_MOVE_DRIVE_FAILED);
	assert_string_equal(world_at(f, "drive:1"), "ROB001L8");
	assert_string_equal(world_at(f, "slot:2"), "ROB002L8");
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
}

static void the_robot_takes_its_time_and_nothing_has_moved_before(void **state)
{
	struct robot_world *f = *state;
	struct vtl_move move;

	world_give_clock(f);
	world_conf_of(f)->move_ms = 5000;
	world_start(f, &move, "slot:1", "drive:1");
	assert_false(world_ended(&move));
	world_advance(f, 4999);
	assert_false(world_ended(&move));
	assert_string_equal(world_at(f, "slot:1"), "ROB001L8");
	world_advance(f, 1);
	assert_true(world_ended(&move));
	assert_int_equal(move.result, VTL_MOVE_OK);
	assert_string_equal(world_at(f, "drive:1"), "ROB001L8");
	assert_true(robot_idle(f->robot));
}

static void a_drive_that_does_not_answer_ends_the_move_in_time_and_keeps_its_cartridge(void **state)
{
	struct robot_world *f = *state;
	struct vtl_move move, behind, other;

	world_give_clock(f);
	assert_int_equal(world_carry(f, "slot:1", "drive:1"), VTL_MOVE_OK);
	f->fake[0].mute = true;
	world_start(f, &move, "drive:1", "slot:1");
	world_start(f, &behind, "slot:2", "drive:1");
	world_start(f, &other, "slot:2", "slot:5");
	world_advance(f, world_conf_of(f)->drive_timeout * 1000 - 1);
	assert_false(world_ended(&move));
	world_advance(f, 1);
	assert_int_equal(move.result, VTL_MOVE_DRIVE_FAILED);
	assert_int_equal(behind.result, VTL_MOVE_DRIVE_FAILED);
	assert_int_equal(other.result, VTL_MOVE_OK);
	assert_string_equal(world_at(f, "drive:1"), "ROB001L8");
	/* Later it answers: the cartridge goes back into it, and all is as before. */
	world_fake_answer(&f->fake[0]);
	assert_int_equal(f->fake[0].state, VTL_DRIVE_READY);
	assert_true(robot_idle(f->robot));
	assert_int_equal(world_carry(f, "drive:1", "slot:1"), VTL_MOVE_OK);
}

static void a_drive_that_does_not_answer_while_it_loads_ends_the_move_with_the_cartridge_in_it(void **state)
{
	struct robot_world *f = *state;
	struct vtl_move move;

	world_give_clock(f);
	f->fake[0].mute = true;
	world_start(f, &move, "slot:1", "drive:1");
	world_advance(f, world_conf_of(f)->drive_timeout * 1000);
	assert_int_equal(move.result, VTL_MOVE_LOAD_FAILED);
	assert_string_equal(world_at(f, "drive:1"), "ROB001L8");
	world_fake_answer(&f->fake[0]);
	assert_true(robot_idle(f->robot));
}

/* A program of a test: a shell script in the library's folder, which the robot runs without a shell. */
static void set_hook(struct robot_world *f, unsigned which, const char *script)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/hook%u", f->root, which);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", script);
	fclose(file);
	assert_int_equal(chmod(path, 0755), 0);
	world_conf_of(f)->hook[which].argv[0] = strdup(path);
	world_conf_of(f)->hook[which].argv[1] = strdup("an argument; with $signs");
}

static void note_held(void *arg, bool ok)
{
	*(int *)arg = ok ? 1 : -1;
}

static void on_hold_the_robot_ends_what_it_was_at_and_begins_nothing(void **state)
{
	struct robot_world *f = *state;
	struct vtl_move before = { 0 }, after = { 0 };
	int held = 0;

	world_give_clock(f);
	f->fake[0].mute = true;
	world_start(f, &before, "slot:1", "drive:1");
	robot_hold(f->robot, note_held, &held);
	world_start(f, &after, "slot:2", "slot:4");
	assert_int_equal(held, 0);
	world_fake_answer(&f->fake[0]);
	assert_true(world_ended(&before));
	assert_int_equal(held, 1);
	assert_false(world_ended(&after));
	assert_string_equal(world_at(f, "slot:2"), "ROB002L8");
	robot_resume(f->robot);
	assert_true(world_ended(&after));
	assert_string_equal(world_at(f, "slot:4"), "ROB002L8");
}

static void a_hold_that_waits_for_a_drive_in_vain_is_given_up_in_time(void **state)
{
	struct robot_world *f = *state;
	struct vtl_move before = { 0 };
	int held = 0;

	world_give_clock(f);
	world_conf_of(f)->drive_timeout = 10;
	f->fake[0].mute = true;
	world_start(f, &before, "slot:1", "drive:1");
	robot_hold(f->robot, note_held, &held);
	world_advance(f, 9000);
	assert_int_equal(held, 0);
	world_advance(f, 2000);
	assert_int_equal(held, -1);
	world_fake_answer(&f->fake[0]);
}

static void programs_run_before_and_after_a_move_and_are_told_what_moves(void **state)
{
	struct robot_world *f = *state;

	set_hook(f, LIBRARY_HOOK_BEFORE, "echo \"<$1|$2|$3|$4|$5|$6>\"");
	set_hook(f, LIBRARY_HOOK_AFTER, "echo \"<$*>\" >&2; exit 3");
	assert_int_equal(world_carry(f, "slot:1", "drive:1"), VTL_MOVE_OK);
	assert_non_null(strstr(f->log, "<an argument; with $signs|before|robot|slot:1|drive:1|ROB001L8>"));
	assert_non_null(strstr(f->log, "<an argument; with $signs after robot slot:1 drive:1 ROB001L8>"));
	assert_non_null(strstr(f->log, "exit code 3"));
	assert_true(robot_idle(f->robot));
}

static void a_program_that_fails_before_a_move_keeps_it_from_taking_place(void **state)
{
	struct robot_world *f = *state;

	set_hook(f, LIBRARY_HOOK_BEFORE, "exit 1");
	assert_int_equal(world_carry(f, "slot:1", "drive:1"), VTL_MOVE_INTERVENTION);
	assert_string_equal(world_at(f, "slot:1"), "ROB001L8");
	assert_int_equal(f->fake[0].loads, 0);
}

static void a_program_that_does_not_end_is_ended(void **state)
{
	struct robot_world *f = *state;

	set_hook(f, LIBRARY_HOOK_BEFORE, "echo begins; sleep 600");
	world_conf_of(f)->hook_timeout = 0;
	assert_int_equal(world_carry(f, "slot:1", "drive:1"), VTL_MOVE_INTERVENTION);
	assert_non_null(strstr(f->log, "did not end within"));
}

static void change_done(struct vtl_inventory_change *change)
{
	change->owner = NULL;
}

static void open_station(struct robot_world *f, const char *where, bool open)
{
	struct vtl_inventory_change change = {
		.address = robot_address(f->robot, world_place(where)), .done = change_done, .owner = f,
	};

	robot_inventory(f->robot)->ops->set_open(robot_inventory(f->robot), &change, open);
	assert_null(change.owner);
	assert_int_equal(change.result, VTL_MOVE_OK);
}

static void a_station_opens_as_a_whole_and_the_others_stay_closed(void **state)
{
	struct robot_world *f = *state;

	world_conf_of(f)->station[0] = world_conf_of(f)->station[1] = 1;
	open_station(f, "io:2", true);
	assert_int_equal(world_carry(f, "slot:1", "io:2"), VTL_MOVE_STATION_OPEN);
	assert_int_equal(world_carry(f, "slot:1", "io:1"), VTL_MOVE_OK);
	open_station(f, "io:2", false);
	assert_int_equal(world_carry(f, "io:1", "io:2"), VTL_MOVE_OK);
	world_conf_of(f)->station[0] = 2;
	world_conf_of(f)->station[1] = 0;
	open_station(f, "io:1", true);
	assert_int_equal(world_carry(f, "io:2", "slot:1"), VTL_MOVE_STATION_OPEN);
}

static void a_tag_that_an_initiator_gave_is_shown_in_place_of_the_barcode(void **state)
{
	struct robot_world *f = *state;
	struct vtl_inventory *inv = robot_inventory(f->robot);
	const struct vtl_volume_tag tag = { "TAG", 5 }, none = { "" };
	struct vtl_inventory_change change = {
		.address = robot_address(f->robot, world_place("slot:1")), .done = change_done, .owner = f,
	};
	struct vtl_element element;

	inv->ops->set_tag(inv, &change, VTL_TAG_PRIMARY, &tag);
	assert_int_equal(change.result, VTL_MOVE_OK);
	assert_int_equal(world_carry(f, "slot:1", "slot:4"), VTL_MOVE_OK);
	assert_true(inv->ops->get(inv, robot_address(f->robot, world_place("slot:4")), &element));
	assert_string_equal(element.tag[VTL_TAG_PRIMARY].text, "TAG");
	assert_int_equal(element.tag[VTL_TAG_PRIMARY].sequence, 5);
	change.address = element.address;
	inv->ops->set_tag(inv, &change, VTL_TAG_PRIMARY, &none);
	assert_true(inv->ops->get(inv, element.address, &element));
	assert_string_equal(element.tag[VTL_TAG_PRIMARY].text, "");
	assert_false(inv->ops->has_alternates(inv));
	inv->ops->set_tag(inv, &change, VTL_TAG_ALTERNATE, &tag);
	assert_true(inv->ops->has_alternates(inv));
}

static void a_barcode_that_begins_with_nobar_is_a_name_without_a_label(void **state)
{
	struct robot_world *f = *state;
	struct vtl_inventory *inv = robot_inventory(f->robot);
	struct vtl_element element;

	world_add(f, "LTO-8", "NOBAR1L8", "slot:4");
	assert_true(inv->ops->get(inv, robot_address(f->robot, world_place("slot:4")), &element));
	assert_true(element.full);
	assert_string_equal(element.tag[VTL_TAG_PRIMARY].text, "");
}

static void a_library_that_tells_media_domains_has_them_from_labels_and_drive_models(void **state)
{
	struct robot_world *f = *state;
	struct vtl_inventory *inv = robot_inventory(f->robot);
	struct vtl_element element;

	world_add(f, "LTO-8", "NOBAR1", "slot:4");
	assert_true(inv->ops->get(inv, robot_address(f->robot, world_place("slot:1")), &element));
	assert_int_equal(element.label[0], 0);
	world_conf_of(f)->model = vtl_models_library(f->models, "STK-SL500");
	world_conf_of(f)->drive[1].model = vtl_models_drive(f->models, "HP-LTO4");
	assert_true(inv->ops->get(inv, robot_address(f->robot, world_place("slot:1")), &element));
	assert_memory_equal(element.label, "L8", 2);
	assert_true(inv->ops->get(inv, robot_address(f->robot, world_place("slot:3")), &element));
	assert_memory_equal(element.label, "L5", 2);
	assert_true(inv->ops->get(inv, robot_address(f->robot, world_place("slot:4")), &element));
	assert_int_equal(element.label[0], 0);
	assert_true(inv->ops->get(inv, robot_address(f->robot, world_place("drive:1")), &element));
	assert_int_equal(element.transport[0], 0);	/* the manuals know no LTO-8 */
	assert_true(inv->ops->get(inv, robot_address(f->robot, world_place("drive:2")), &element));
	assert_memory_equal(element.transport, "L\x39", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_cartridge_of_a_slot_and_that_of_a_drive_change_places),
		TEST(an_exchange_that_cannot_be_leaves_both_cartridges_and_names_the_part),
		TEST(a_library_that_tells_media_domains_has_them_from_labels_and_drive_models),
		TEST(the_robot_takes_its_time_and_nothing_has_moved_before),
		TEST(a_drive_that_does_not_answer_ends_the_move_in_time_and_keeps_its_cartridge),
		TEST(a_drive_that_does_not_answer_while_it_loads_ends_the_move_with_the_cartridge_in_it),
		TEST(on_hold_the_robot_ends_what_it_was_at_and_begins_nothing),
		TEST(a_hold_that_waits_for_a_drive_in_vain_is_given_up_in_time),
		TEST(programs_run_before_and_after_a_move_and_are_told_what_moves),
		TEST(a_program_that_fails_before_a_move_keeps_it_from_taking_place),
		TEST(a_program_that_does_not_end_is_ended),
		TEST(a_station_opens_as_a_whole_and_the_others_stay_closed),
		TEST(a_tag_that_an_initiator_gave_is_shown_in_place_of_the_barcode),
		TEST(a_barcode_that_begins_with_nobar_is_a_name_without_a_label),
	};

	return cmocka_run_group_tests_name("the robot's time", tests, NULL, NULL);
}
