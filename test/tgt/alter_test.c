/* SPDX-License-Identifier: GPL-2.0-only */
/* A library that changes behind the packaged tgtd while initiators use it: what they hear, and that nothing stops. */
#include "served.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REWIND		CDB(0x01, 0, 0, 0, 0, 0)
#define INQUIRY		CDB(0x12, 0, 0, 0, 96, 0)
#define ADDRESSES	CDB(0x1a, 8, 0x1d, 0, 255, 0)
#define LUNS		CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0)
#define WRITE(len)	CDB(0x0a, 0, (len) >> 16, (len) >> 8 & 0xff, (len) & 0xff, 0)
#define READ(len)	CDB(0x08, 0, (len) >> 16, (len) >> 8 & 0xff, (len) & 0xff, 0)
#define BLOCK		4096

enum { SLOT = 1000, DRIVE = 500 };	/* element addresses of an L700 */

static const char *unit_url(unsigned lun)
{
	static char url[256];

	snprintf(url, sizeof(url), "iscsi://127.0.0.1:%s/%s/%u", test_env("TGTD_PORT"), test_env("VTL_TEST_TARGET"),
		 lun);
	return url;
}

static unsigned drives_in_page_1d(struct session *changer)
{
	const struct reply *reply;

	session_drain(changer);
	reply = expect_good(run_in(changer, 255, ADDRESSES));

	return reply->in[4 + 16] << 8 | reply->in[4 + 17];
}

static unsigned slots_in_page_1d(struct session *changer)
{
	const struct reply *reply = expect_good(run_in(changer, 255, ADDRESSES));

	return reply->in[4 + 8] << 8 | reply->in[4 + 9];
}

static bool has_lun(struct session *session, unsigned lun)
{
	const struct reply *reply = expect_good(run_in(session, 256, LUNS));

	for (unsigned at = 8; at + 8 <= reply->in_len; at += 8)
		if (reply->in[at + 1] == lun)
			return true;
	return false;
}

/* Takes the unit attentions; whether all of these were among them (0: no more). */
static void expect_attentions(struct session *session, const uint16_t *wanted)
{
	uint16_t seen[16];
	unsigned n = 0;

	for (;;) {
		const struct reply *reply = run(session, TEST_UNIT_READY);

		if (reply->status != 0x02 || (reply->sense[2] & 0x0f) != 6 || n == 16)
			break;
		seen[n++] = (uint16_t)(reply->sense[12] << 8 | reply->sense[13]);
	}
	for (; *wanted; wanted++) {
		unsigned i = 0;

		while (i < n && seen[i] != *wanted)
			i++;
		if (i == n)
			fail_msg("no unit attention %04x among %u", *wanted, n);
	}
}

/* One of those that wait is this. */
static void expect_attention(struct session *session, uint16_t wanted)
{
	for (unsigned i = 0; i < 16; i++) {
		const struct reply *reply = run(session, TEST_UNIT_READY);

		if (!reply->status)
			break;
		if (reply->sense[12] == wanted >> 8 && reply->sense[13] == (wanted & 0xff))
			return;
	}
	fail_msg("unit attention %04X did not come", wanted);
}

static void slots_come_and_go_and_initiators_hear_of_it(void **state)
{
	struct robot *f = *state;

	assert_int_equal(slots_in_page_1d(f->changer), 200);
	vtl_well("library change test --slots 250");
	expect_attentions(f->changer, (const uint16_t[]){ 0x2a01, 0x2800, 0 });
	assert_int_equal(slots_in_page_1d(f->changer), 250);
	vtl_well("move test slot:1 slot:250");
	expect_attentions(f->changer, (const uint16_t[]){ 0x2800, 0 });
	assert_int_not_equal(vtl("library change test --slots 200"), 0);
	assert_true(vtl_said("slot:250 is not empty: cartridge TST001L8 is in it"));
	assert_int_equal(slots_in_page_1d(f->changer), 250);
	vtl_well("move test slot:250 slot:1");
	vtl_well("library change test --slots 200");
	expect_attentions(f->changer, (const uint16_t[]){ 0x2a01, 0x2800, 0 });
	assert_int_equal(slots_in_page_1d(f->changer), 200);
}

/* Writes blocks, each filled with its number, until it is told to stop. */
struct writer {
	struct session *session;
	bool stop;			/* atomic */
	unsigned blocks, failed;
};

static void *write_on(void *arg)
{
	struct writer *w = arg;
	uint8_t block[BLOCK];

	do {
		memset(block, (int)(w->blocks & 0xff), sizeof(block));
		if (run_out(w->session, block, sizeof(block), WRITE(BLOCK))->status)
			w->failed++;
		w->blocks++;
	} while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED) && !w->failed);
	return NULL;
}

static void expect_written(const struct writer *w)
{
	expect_good(run(w->session, REWIND));
	for (unsigned n = 0; n < w->blocks; n++) {
		const struct reply *reply = expect_good(run_in(w->session, BLOCK, READ(BLOCK)));

		assert_int_equal(reply->in_len, BLOCK);
		assert_int_equal(reply->in[0], n & 0xff);
		assert_int_equal(reply->in[BLOCK - 1], n & 0xff);
	}
}

static void drives_come_and_go_while_another_writes(void **state)
{
	struct robot *f = *state;
	struct writer writer = { .session = f->drive };
	const struct reply *reply;
	struct session *added;
	pthread_t thread;

	vtl_well("load test 1 TST002L8");
	session_ready(f->drive);
	assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
	vtl_well("library change test --add-drives 2xIBM-LTO9");
	assert_true(vtl_said("D4"));
	/* LUN 4 and 5 are others: the first ones free behind them. */
	expect_attentions(f->changer, (const uint16_t[]){ 0x3f0e, 0x2a01, 0 });
	assert_int_equal(drives_in_page_1d(f->changer), 4);
	assert_true(has_lun(f->changer, 6) && has_lun(f->changer, 7));
	added = session_open(unit_url(7), "guest", 1);
	reply = expect_good(run_in(added, 96, INQUIRY));
	assert_memory_equal(reply->in + 8, "IBM     ULT3580-TD9", 19);
	session_drain(added);
	vtl_well("load test 4 TST003L8");
	session_ready(added);
	expect_good(run_out(added, "a new drive writes", 18, WRITE(18)));
	session_close(added);
	/* It has a cartridge, so it does not go. */
	assert_int_not_equal(vtl("library change test --remove-drive D4"), 0);
	assert_true(vtl_said("drive:4 is not empty: cartridge TST003L8 is in it"));
	vtl_well("unload test 4");
	vtl_well("library change test --remove-drive D4 --remove-drive drive:3");
	expect_attentions(f->changer, (const uint16_t[]){ 0x3f0e, 0x2a01, 0 });
	assert_int_equal(drives_in_page_1d(f->changer), 2);
	assert_false(has_lun(f->changer, 6) || has_lun(f->changer, 7));
	__atomic_store_n(&writer.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_int_equal(writer.failed, 0);
	assert_true(writer.blocks > 0);
	expect_written(&writer);
}

static void a_drive_in_between_leaves_an_empty_bay_for_the_next(void **state)
{
	struct robot *f = *state;

	vtl_well("library change test --add-drives IBM-LTO8");
	vtl_well("library change test --remove-drive D2");
	assert_int_equal(drives_in_page_1d(f->changer), 3);
	assert_int_not_equal(vtl("load test 2 TST002L8"), 0);
	vtl_well("status test");
	/* The robot finds no drive there. */
	session_drain(f->changer);
	expect_sense(run(f->changer, MOVE(SLOT + 1, DRIVE + 1)), 5, 0x3b, 0x1a);
	vtl_well("library change test --add-drives IBM-LTO8");
	expect_attention(f->changer, 0x3b1b);
	vtl_well("load test 2 TST002L8");
	vtl_well("unload test 2");
	vtl_well("library change test --remove-drive drive:3");
	assert_int_equal(drives_in_page_1d(f->changer), 2);
}

static void a_library_is_renamed_while_a_drive_writes(void **state)
{
	struct robot *f = *state;
	struct writer writer = { .session = f->drive };
	pthread_t thread;

	vtl_well("load test 1 TST004L8");
	session_ready(f->drive);
	assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
	vtl_well("library rename test other");
	vtl_well("load other 2 TST005L8");
	assert_int_not_equal(vtl("status test"), 0);
	__atomic_store_n(&writer.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	expect_written(&writer);
	vtl_well("unload other 1");
	vtl_well("unload other 2");
	vtl_well("library rename other test");
	vtl_well("media verify test TST004L8");
}

static void a_cartridge_is_deleted_unless_it_is_in_a_drive(void **state)
{
	struct robot *f = *state;

	vtl_well("load test 1 TST006L8");
	assert_int_not_equal(vtl("media delete test TST006L8 --yes"), 0);
	assert_true(vtl_said("in drive:1"));
	vtl_well("unload test 1");
	session_drain(f->changer);
	assert_int_not_equal(vtl("media delete test TST006L8"), 0);
	vtl_well("media delete test TST006L8 --yes");
	expect_attentions(f->changer, (const uint16_t[]){ 0x2800, 0 });
	assert_int_not_equal(vtl("media show test TST006L8"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, robot_begin, robot_end)

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		TEST(slots_come_and_go_and_initiators_hear_of_it),
		TEST(drives_come_and_go_while_another_writes),
		TEST(a_drive_in_between_leaves_an_empty_bay_for_the_next),
		TEST(a_library_is_renamed_while_a_drive_writes),
		TEST(a_cartridge_is_deleted_unless_it_is_in_a_drive),
	};

	test_needs_tgtd(argv, NULL);
	return cmocka_run_group_tests_name("a library that changes", tests, NULL, NULL);
}
