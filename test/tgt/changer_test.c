/* SPDX-License-Identifier: GPL-2.0-only */
/* A changer and its drives behind the packaged tgtd, moved by initiators and, beside them, by an operator with vtl. */
#include "served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* READ ELEMENT STATUS of all elements of a type, with volume tags */
#define STATUS(type)   CDB(0xb8, 0x10 | (type), 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0)

enum {
	SLOT = 1000,
	DRIVE = 500,
	IMPORT_EXPORT = 10,
	STORAGE_TYPE = 2,
	IMPORT_EXPORT_TYPE = 3,
	DRIVE_TYPE = 4,
};

/* The barcode in an element, by READ ELEMENT STATUS; "" if it is empty. */
static const char *in_element(struct session *changer, unsigned type, unsigned address, char *tag)
{
	const struct reply *reply = expect_good(run_in(changer, 0xffff, STATUS(type)));
	unsigned len = reply->in[10] << 8 | reply->in[11], at;

	assert_true(reply->in_len > 16);
	for (at = 16; at + len <= reply->in_len; at += len) {
		if ((unsigned)(reply->in[at] << 8 | reply->in[at + 1]) != address)
			continue;
		memcpy(tag, reply->in + at + 12, 8);
		tag[reply->in[at + 2] & 1 ? 8 : 0] = '\0';
		return tag;
	}
	fail_msg("there is no element %u", address);
	return tag;
}

static void the_changer_shows_every_cartridge(void **state)
{
	struct robot *f = *state;
	char tag[9];

	assert_string_equal(in_element(f->changer, STORAGE_TYPE, SLOT, tag), "TST001L8");
	assert_string_equal(in_element(f->changer, STORAGE_TYPE, SLOT + 5, tag), "TST006L8");
	assert_string_equal(in_element(f->changer, STORAGE_TYPE, SLOT + 6, tag), "CLN001CU");
	assert_string_equal(in_element(f->changer, STORAGE_TYPE, SLOT + 7, tag), "");
	assert_string_equal(in_element(f->changer, DRIVE_TYPE, DRIVE, tag), "");
}

static void a_cartridge_moved_into_a_drive_is_loaded_and_told_to_its_host(void **state)
{
	struct robot *f = *state;
	char tag[9];

	expect_sense(run(f->drive, TEST_UNIT_READY), 2, 0x3a, 0x00);
	expect_good(run(f->changer, MOVE(SLOT, DRIVE)));
	expect_sense(run(f->drive, TEST_UNIT_READY), 6, 0x28, 0x00);
	expect_good(run(f->drive, TEST_UNIT_READY));
	assert_string_equal(in_element(f->changer, DRIVE_TYPE, DRIVE, tag), "TST001L8");
	assert_string_equal(in_element(f->changer, STORAGE_TYPE, SLOT, tag), "");
}

static void it_comes_back(void **state)
{
	struct robot *f = *state;
	char tag[9];

	expect_good(run(f->changer, MOVE(SLOT, DRIVE)));
	expect_good(run(f->changer, MOVE(DRIVE, SLOT)));
	session_drain(f->drive);
	expect_sense(run(f->drive, TEST_UNIT_READY), 2, 0x3a, 0x00);
	assert_string_equal(in_element(f->changer, STORAGE_TYPE, SLOT, tag), "TST001L8");
}

static void from_an_empty_place_or_to_a_full_one_nothing_moves(void **state)
{
	struct robot *f = *state;

	expect_sense(run(f->changer, MOVE(SLOT + 8, DRIVE)), 5, 0x3b, 0x0e);
	expect_sense(run(f->changer, MOVE(SLOT, SLOT + 1)), 5, 0x3b, 0x0d);
	expect_sense(run(f->changer, MOVE(SLOT, 9999)), 5, 0x21, 0x01);
}

static void a_host_that_prevents_removal_keeps_its_cartridge_until_it_is_gone(void **state)
{
	struct robot *f = *state;

	expect_good(run(f->changer, MOVE(SLOT, DRIVE)));
	session_drain(f->drive);
	expect_good(run(f->drive, PREVENT));
	expect_sense(run(f->changer, MOVE(DRIVE, SLOT)), 5, 0x53, 0x03);
	assert_int_not_equal(vtl("unload test 1"), 0);
	session_drop(f->drive);
	f->drive = session_open(test_env("VTL_TEST_DRIVE1"), "host", 2);
	session_drain(f->drive);
	expect_good(run(f->changer, MOVE(DRIVE, SLOT)));
}

static void what_an_operator_moves_is_told_to_the_changers_host(void **state)
{
	struct robot *f = *state;
	char tag[9];

	expect_good(run(f->changer, TEST_UNIT_READY));
	assert_int_equal(vtl("load test 2 TST002L8"), 0);
	expect_status(run(f->changer, TEST_UNIT_READY), 0x02);
	session_drain(f->changer);
	assert_string_equal(in_element(f->changer, DRIVE_TYPE, DRIVE + 1, tag), "TST002L8");
	assert_int_equal(vtl("unload test 2"), 0);
	session_drain(f->changer);
	assert_string_equal(in_element(f->changer, STORAGE_TYPE, SLOT + 1, tag), "TST002L8");
}

static void a_cartridge_that_an_operator_adds_is_there(void **state)
{
	struct robot *f = *state;
	char tag[9];

	assert_int_equal(vtl("media create test LTO-8:1:NEW001L8"), 0);
	expect_status(run(f->changer, TEST_UNIT_READY), 0x02);
	session_drain(f->changer);
	assert_string_equal(in_element(f->changer, STORAGE_TYPE, SLOT + 7, tag), "NEW001L8");
	assert_int_not_equal(vtl("media create test LTO-8:1:NEW001L8"), 0);
}

/* What waits for the changer's host, which then has nothing more to hear of. */
static void expect_attention(struct robot *f, uint8_t asc, uint8_t ascq)
{
	expect_sense(run(f->changer, TEST_UNIT_READY), 6, asc, ascq);
	expect_good(run(f->changer, TEST_UNIT_READY));
}

static void what_an_operator_does_at_a_station_is_told_when_it_is_closed(void **state)
{
	struct robot *f = *state;
	char tag[9];

	expect_good(run(f->changer, TEST_UNIT_READY));
	assert_int_equal(vtl("move test slot:3 shelf"), 0);
	session_drain(f->changer);
	assert_int_equal(vtl("io open test station:1"), 0);
	assert_int_equal(vtl("io insert test TST003L8"), 0);
	expect_good(run(f->changer, TEST_UNIT_READY));
	assert_int_equal(vtl("io close test station:1"), 0);
	expect_attention(f, 0x28, 0x01);
	assert_string_equal(in_element(f->changer, IMPORT_EXPORT_TYPE, IMPORT_EXPORT, tag), "TST003L8");
	expect_good(run(f->changer, PREVENT));
	assert_int_not_equal(vtl("io open test station:1"), 0);
	assert_int_not_equal(vtl("io remove test io:1"), 0);
	expect_good(run(f->changer, ALLOW));
	assert_int_equal(vtl("io remove test io:1"), 0);
	expect_attention(f, 0x28, 0x01);
	assert_int_equal(vtl("io insert test TST003L8 io:1"), 0);
	expect_attention(f, 0x28, 0x01);
	expect_good(run(f->changer, MOVE(IMPORT_EXPORT, SLOT + 2)));
}

static void a_tape_without_a_backing_store_says_that_it_is_not_configured(void **state)
{
	char command[512], url[512];
	const struct reply *reply;
	struct session *unit;

	snprintf(command, sizeof(command),
		 "%s --lld iscsi --op new --mode logicalunit --tid 2 --lun 8 --device-type tape",
		 test_env("VTL_TEST_ADM"));
	assert_int_equal(system(command), 0);
	snprintf(url, sizeof(url), "%.*s8", (int)strlen(test_env("VTL_TEST_DOOR2")) - 1, test_env("VTL_TEST_DOOR2"));
	unit = session_open(url, "nothing", 1);
	session_drain(unit);
	expect_sense(run(unit, TEST_UNIT_READY), 2, 0x3e, 0x00);
	reply = expect_good(run_in(unit, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	assert_int_equal(reply->in[0], 0x21);
	assert_int_equal(reply->in_len, 36);
	expect_sense(run_in(unit, 64, CDB(0x08, 0, 0, 0, 64, 0)), 2, 0x3e, 0x00);
	session_close(unit);
}

/* tgtd says it, and our device delivers it as it does its own. */
static void a_logical_unit_that_comes_or_goes_is_told_to_hosts_of_the_target(void **state)
{
	struct robot *f = *state;
	char command[512];

	snprintf(command, sizeof(command),
		 "%s --lld iscsi --op new --mode logicalunit --tid 1 --lun 9 --device-type tape "
		 "-b %s/drives/D2.drive",
		 test_env("VTL_TEST_ADM"), test_env("VTL_TEST_LIBRARY"));
	assert_int_equal(system(command), 0);
	expect_sense(run(f->changer, TEST_UNIT_READY), 6, 0x3f, 0x0e);
	expect_good(run(f->changer, TEST_UNIT_READY));
	snprintf(command, sizeof(command), "%s --lld iscsi --op delete --mode logicalunit --tid 1 --lun 9",
		 test_env("VTL_TEST_ADM"));
	assert_int_equal(system(command), 0);
	expect_sense(run(f->changer, TEST_UNIT_READY), 6, 0x3f, 0x0e);
	expect_good(run(f->changer, TEST_UNIT_READY));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, robot_begin, robot_end)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(the_changer_shows_every_cartridge),
		TEST(a_cartridge_moved_into_a_drive_is_loaded_and_told_to_its_host),
		TEST(it_comes_back),
		TEST(from_an_empty_place_or_to_a_full_one_nothing_moves),
		TEST(a_host_that_prevents_removal_keeps_its_cartridge_until_it_is_gone),
		TEST(what_an_operator_moves_is_told_to_the_changers_host),
		TEST(a_cartridge_that_an_operator_adds_is_there),
		TEST(what_an_operator_does_at_a_station_is_told_when_it_is_closed),
		TEST(a_logical_unit_that_comes_or_goes_is_told_to_hosts_of_the_target),
		TEST(a_tape_without_a_backing_store_says_that_it_is_not_configured),
	};

	test_needs_tgtd(argv, NULL);
	return cmocka_run_group_tests_name("a changer over iSCSI", tests, NULL, NULL);
}
