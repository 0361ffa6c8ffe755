/* SPDX-License-Identifier: GPL-2.0-only */
/* What an operator does at a library's stations, magazines and elements with vtl, as two initiators see it. */
#include "served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS(address) CDB(0xb8, 0, (address) >> 8, (address) & 0xff, 0, 1, 0, 0, 0, 255, 0, 0)

/* Element addresses of an MSL */
enum { SLOT = 0x20, MAIL_SLOT = 0x1c0, DRIVE = 0x1e0 };

struct fixture {
	struct session *a, *b;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->a = session_open(test_env("VTL_TEST_MAGAZINES"), "robot", 1);
	f->b = session_open(test_env("VTL_TEST_MAGAZINES"), "other", 1);
	session_ready(f->a);
	session_ready(f->b);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	session_close(f->a);
	session_close(f->b);
	free(f);
	return 0;
}

/* Both hear of it, once. */
static void told(struct fixture *f, uint8_t asc, uint8_t ascq)
{
	expect_sense(run(f->a, TEST_UNIT_READY), 6, asc, ascq);
	expect_sense(run(f->b, TEST_UNIT_READY), 6, asc, ascq);
	expect_good(run(f->a, TEST_UNIT_READY));
	expect_good(run(f->b, TEST_UNIT_READY));
}

/* Byte 2 and the exception of an element's descriptor: FULL 01h, EXCEPT 04h, ACCESS 08h. */
static void shown(struct fixture *f, unsigned address, uint8_t flags, unsigned exception)
{
	const struct reply *reply = expect_good(run_in(f->b, 255, STATUS(address)));

	assert_int_equal(reply->in[16] << 8 | reply->in[17], address);
	assert_int_equal(reply->in[18] & 0x0d, flags);
	assert_int_equal(reply->in[20] << 8 | reply->in[21], exception);
}

static void an_unlocked_magazine_is_out_of_reach_until_it_is_locked(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(vtl("io open magazines magazine:1"), 0);
	told(f, 0x3b, 0x15);
	expect_sense(run(f->a, MOVE(SLOT, SLOT + 23)), 5, 0x3b, 0x11);
	expect_sense(run(f->a, MOVE(SLOT + 12, SLOT)), 5, 0x3b, 0x11);
	shown(f, SLOT, 0x05, 0x3b11);
	assert_int_equal(vtl("io close magazines magazine:1"), 0);
	told(f, 0x3b, 0x14);
	shown(f, SLOT, 0x09, 0);
	expect_good(run(f->a, MOVE(SLOT, SLOT + 23)));
	expect_good(run(f->a, MOVE(SLOT + 23, SLOT)));
}

static void a_magazine_comes_back_with_what_was_in_it(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(vtl("io remove magazines magazine:2"), 0);
	told(f, 0x3b, 0x12);
	expect_sense(run(f->a, MOVE(SLOT + 12, DRIVE)), 5, 0x3b, 0x11);
	expect_sense(run(f->a, MOVE(SLOT, SLOT + 23)), 5, 0x3b, 0x11);
	shown(f, SLOT + 12, 0x05, 0x3b11);
	shown(f, SLOT, 0x09, 0);
	assert_int_not_equal(vtl("load magazines 1 MAG013L8"), 0);
	assert_int_equal(vtl("io insert magazines magazine:2"), 0);
	told(f, 0x3b, 0x13);
	expect_good(run(f->a, MOVE(SLOT + 12, DRIVE)));
	expect_good(run(f->a, MOVE(DRIVE, SLOT + 12)));
}

static void a_disabled_element_is_out_of_reach_until_it_is_enabled(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(vtl("io disable magazines slot:3"), 0);
	told(f, 0x3b, 0x18);
	expect_sense(run(f->a, MOVE(SLOT + 2, SLOT + 23)), 5, 0x3b, 0x18);
	shown(f, SLOT + 2, 0x05, 0x3b18);
	assert_int_equal(vtl("io enable magazines slot:3"), 0);
	told(f, 0x3b, 0x19);
	assert_int_equal(vtl("io disable magazines drive:1"), 0);
	told(f, 0x3b, 0x18);
	expect_sense(run(f->a, MOVE(SLOT, DRIVE)), 5, 0x3b, 0x18);
	assert_int_equal(vtl("io enable magazines drive:1"), 0);
	told(f, 0x3b, 0x19);
	expect_good(run(f->a, MOVE(SLOT, DRIVE)));
	expect_good(run(f->a, MOVE(DRIVE, SLOT)));
}

static void an_open_station_is_out_of_reach_and_told_of_when_it_is_closed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(vtl("io open magazines station:1"), 0);
	expect_sense(run(f->a, MOVE(SLOT, MAIL_SLOT)), 2, 0x3a, 0x02);
	assert_int_equal(vtl("io close magazines station:1"), 0);
	told(f, 0x28, 0x01);
	expect_good(run(f->a, MOVE(SLOT, MAIL_SLOT)));
	expect_good(run(f->a, MOVE(MAIL_SLOT, SLOT)));
}

static void what_goes_to_the_shelf_and_comes_back_is_told_as_an_import(void **state)
{
	struct fixture *f = *state;

	expect_good(run(f->a, MOVE(SLOT, MAIL_SLOT)));
	assert_int_equal(vtl("io remove magazines MAG001L8"), 0);
	told(f, 0x28, 0x01);
	shown(f, MAIL_SLOT, 0x08, 0);
	expect_sense(run(f->a, MOVE(MAIL_SLOT, SLOT)), 5, 0x3b, 0x0e);
	assert_int_equal(vtl("io insert magazines MAG001L8"), 0);
	told(f, 0x28, 0x01);
	expect_good(run(f->a, MOVE(MAIL_SLOT, SLOT)));
}

static void while_a_host_prevents_removal_nothing_is_taken_out(void **state)
{
	struct fixture *f = *state;

	expect_good(run(f->b, PREVENT));
	assert_int_not_equal(vtl("io open magazines station:1"), 0);
	assert_int_not_equal(vtl("io open magazines magazine:1"), 0);
	assert_int_not_equal(vtl("io remove magazines magazine:1"), 0);
	expect_sense(run(f->a, MOVE(SLOT, MAIL_SLOT)), 5, 0x53, 0x02);
	expect_good(run(f->a, TEST_UNIT_READY));
	expect_good(run(f->b, ALLOW));
	expect_good(run(f->a, MOVE(SLOT, MAIL_SLOT)));
	expect_good(run(f->a, MOVE(MAIL_SLOT, SLOT)));
}

static void a_cartridge_that_a_drive_does_not_take_stays_where_it_is(void **state)
{
	struct fixture *f = *state;

	expect_sense(run(f->a, MOVE(SLOT + 18, DRIVE)), 5, 0x30, 0x03);
	expect_sense(run(f->a, MOVE(SLOT + 19, DRIVE)), 5, 0x30, 0x00);
	shown(f, SLOT + 18, 0x09, 0);
	shown(f, SLOT + 19, 0x09, 0);
	shown(f, DRIVE, 0x08, 0);
}

static void a_program_that_refuses_a_move_is_told_as_an_operators_intervention(void **state)
{
	struct fixture *f = *state;
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/refuse", test_env("TGTD_DIR"));
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	expect_sense(run(f->a, MOVE(SLOT, SLOT + 23)), 4, 0x04, 0x03);
	shown(f, SLOT, 0x09, 0);
	assert_int_equal(remove(path), 0);
	expect_good(run(f->a, MOVE(SLOT, SLOT + 23)));
	expect_good(run(f->a, MOVE(SLOT + 23, SLOT)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unlocked_magazine_is_out_of_reach_until_it_is_locked),
		TEST(a_magazine_comes_back_with_what_was_in_it),
		TEST(a_disabled_element_is_out_of_reach_until_it_is_enabled),
		TEST(an_open_station_is_out_of_reach_and_told_of_when_it_is_closed),
		TEST(what_goes_to_the_shelf_and_comes_back_is_told_as_an_import),
		TEST(while_a_host_prevents_removal_nothing_is_taken_out),
		TEST(a_cartridge_that_a_drive_does_not_take_stays_where_it_is),
		TEST(a_program_that_refuses_a_move_is_told_as_an_operators_intervention),
	};

	test_needs_tgtd(argv, NULL);
	return cmocka_run_group_tests_name("an operator beside initiators", tests, NULL, NULL);
}
