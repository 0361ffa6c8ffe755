/* SPDX-License-Identifier: GPL-2.0-only */
/* What a changer asks of a cartridge's memory becomes work of the robot: from whom, in what order, in what time. */
#include "robot_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "be.h"

struct asking {
	struct vtl_inventory_memory asked;
	uint8_t data[4096];
	unsigned ended;
};

static void ended(struct vtl_inventory_memory *asked)
{
	((struct asking *)asked)->ended++;
}

static void submit(struct robot_world *f, struct asking *a, const char *where)
{
	a->asked.address = robot_address(f->robot, world_place(where));
	a->asked.request.data = a->data;
	a->asked.done = ended;
	a->ended = 0;
	robot_inventory(f->robot)->ops->memory(robot_inventory(f->robot), &a->asked);
}

/* READ ATTRIBUTE of values from an attribute on. */
static void start_read(struct robot_world *f, struct asking *a, const char *where, uint16_t first)
{
	*a = (struct asking){ .asked.request = { .cdb = { 0x8c }, .len = sizeof(a->data) } };
	put_be16(a->asked.request.cdb + 8, first);
	submit(f, a, where);
}

/* The same, which ends at once, well. */
static const uint8_t *value(struct robot_world *f, struct asking *a, const char *where, uint16_t id)
{
	start_read(f, a, where, id);
	assert_int_equal(a->ended, 1);
	assert_int_equal(a->asked.result, VTL_MOVE_OK);
	assert_int_equal(a->asked.request.sense, SENSE_NONE);
	assert_int_equal(get_be16(a->data + 4), id);
	return a->data + 9;
}

static void start_write(struct robot_world *f, struct asking *a, const char *where, uint8_t text)
{
	*a = (struct asking){ .asked.request = { .cdb = { 0x8d }, .write = true, .len = 10 },
			      .data = { 0, 0, 0, 6, 0x08, 0x05, 0, 0, 1, text } };
	submit(f, a, where);
}

static void the_cartridge_in_a_slot_tells_its_barcode_without_a_drive(void **state)
{
	struct robot_world *f = *state;
	struct asking a;

	assert_memory_equal(value(f, &a, "slot:1", 0x0008), "ROB001L8", 8);
	assert_memory_equal(value(f, &a, "slot:3", 0x0008), "ROB003L5", 8);
	assert_memory_equal(value(f, &a, "slot:3", 0x0404), "LTO-CVE ", 8);
	assert_true(robot_idle(f->robot));
}

static void what_is_written_in_a_slot_goes_with_the_cartridge(void **state)
{
	struct robot_world *f = *state;
	struct asking a;

	start_write(f, &a, "slot:1", 0x81);
	assert_int_equal(a.asked.request.sense, SENSE_NONE);
	assert_int_equal(world_carry(f, "slot:1", "io:1"), VTL_MOVE_OK);
	assert_int_equal(value(f, &a, "io:1", 0x0805)[0], 0x81);
}

static void door_moved(struct vtl_inventory_change *change)
{
	assert_int_equal(change->result, VTL_MOVE_OK);
}

static void an_empty_place_and_one_out_of_reach_are_told(void **state)
{
	struct robot_world *f = *state;
	struct vtl_inventory_change door = { .address = robot_address(f->robot, world_place("io:1")) };
	struct asking a;

	start_read(f, &a, "slot:5", 0);
	assert_int_equal(a.asked.result, VTL_MOVE_SOURCE_EMPTY);
	start_read(f, &a, "drive:1", 0);
	assert_int_equal(a.asked.result, VTL_MOVE_SOURCE_EMPTY);
	assert_int_equal(world_carry(f, "slot:1", "io:1"), VTL_MOVE_OK);
	door.done = door_moved;
	robot_inventory(f->robot)->ops->set_open(robot_inventory(f->robot), &door, true);
	start_read(f, &a, "io:1", 0);
	assert_int_equal(a.asked.result, VTL_MOVE_STATION_OPEN);
	a.asked.address = 0xfff0;
	robot_inventory(f->robot)->ops->memory(robot_inventory(f->robot), &a.asked);
	assert_int_equal(a.asked.result, VTL_MOVE_NO_ELEMENT);
}

static void what_is_in_a_drive_the_drive_is_asked(void **state)
{
	struct robot_world *f = *state;
	struct asking a;

	assert_int_equal(world_carry(f, "slot:1", "drive:1"), VTL_MOVE_OK);
	start_read(f, &a, "drive:1", 0x0008);
	assert_int_equal(a.ended, 1);
	assert_int_equal(f->fake[0].asked, 1);
	assert_int_equal(a.asked.request.used, 6);
	assert_memory_equal(a.data, "drive!", 6);
	start_write(f, &a, "drive:1", 7);
	assert_int_equal(f->fake[0].asked, 2);
	assert_int_equal(f->fake[0].written, 7);
}

static void a_move_waits_until_the_cartridge_has_answered_and_the_other_way_round(void **state)
{
	struct robot_world *f = *state;
	struct vtl_move move;
	struct asking a;

	f->hold = true;
	start_write(f, &a, "slot:1", 1);
	world_start(f, &move, "slot:1", "drive:1");
	assert_int_equal(a.ended, 0);
	assert_false(world_ended(&move));
	assert_int_equal(f->fake[0].state, VTL_DRIVE_EMPTY);
	world_release(f);
	assert_int_equal(a.ended, 1);
	assert_int_equal(move.result, VTL_MOVE_OK);
	f->hold = true;
	world_start(f, &move, "drive:1", "slot:1");
	start_read(f, &a, "slot:1", 0x0805);
	assert_int_equal(a.ended, 0);
	world_release(f);
	assert_int_equal(a.asked.result, VTL_MOVE_OK);
	assert_int_equal(a.data[9], 1);
}

static void a_drive_that_does_not_answer_ends_it_in_time_and_may_answer_late(void **state)
{
	struct robot_world *f = *state;
	struct vtl_move move;
	struct asking a;

	assert_int_equal(world_carry(f, "slot:1", "drive:1"), VTL_MOVE_OK);
	world_give_clock(f);
	f->fake[0].mute = true;
	start_read(f, &a, "drive:1", 0);
	assert_int_equal(a.ended, 0);
	world_advance(f, world_conf_of(f)->drive_timeout * 1000ull);
	assert_int_equal(a.ended, 1);
	assert_int_equal(a.asked.result, VTL_MOVE_DRIVE_FAILED);
	assert_int_equal(a.asked.request.used, 0);
	world_start(f, &move, "drive:1", "slot:1");
	assert_false(world_ended(&move));
	world_fake_answer(&f->fake[0]);
	assert_int_equal(a.ended, 1);
	assert_int_equal(move.result, VTL_MOVE_OK);
}

static void a_cartridge_whose_folder_is_gone_has_no_memory_that_can_be_asked(void **state)
{
	struct robot_world *f = *state;
	char command[256];
	struct asking a;

	snprintf(command, sizeof(command), "rm -rf %s/robot/media/ROB001L8", f->root);
	assert_int_equal(system(command), 0);
	start_read(f, &a, "slot:1", 0);
	assert_int_equal(a.asked.request.sense, SENSE_MEMORY_NOT_ACCESSIBLE);
	assert_non_null(strstr(f->log, "ROB001L8"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_cartridge_in_a_slot_tells_its_barcode_without_a_drive),
		TEST(what_is_written_in_a_slot_goes_with_the_cartridge),
		TEST(an_empty_place_and_one_out_of_reach_are_told),
		TEST(what_is_in_a_drive_the_drive_is_asked),
		TEST(a_move_waits_until_the_cartridge_has_answered_and_the_other_way_round),
		TEST(a_drive_that_does_not_answer_ends_it_in_time_and_may_answer_late),
		TEST(a_cartridge_whose_folder_is_gone_has_no_memory_that_can_be_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
