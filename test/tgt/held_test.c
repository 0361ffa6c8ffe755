/* SPDX-License-Identifier: GPL-2.0-only */
/* A disk that hangs under one drive: what else goes on, what can be aborted, and what is refused meanwhile. */
#include "served.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REWIND		CDB(0x01, 0, 0, 0, 0, 0)
#define INQUIRY		CDB(0x12, 0, 0, 0, 96, 0)
#define WRITE_FILEMARK	CDB(0x10, 0, 0, 0, 1, 0)
#define WRITE_3		CDB(0x0a, 0, 0, 0, 3, 0)

#define HELD "/TST001L8" /* the cartridge of drive 1 */

struct fixture {
	struct session *drive, *other, *queued;
	struct scsi_task *filemark;
};

static void hold(void)
{
	char file[256];
	int fd;

	snprintf(file, sizeof(file), "%s.new", test_env("VTL_TEST_HOLD"));
	fd = open(file, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	assert_int_equal(write(fd, HELD, strlen(HELD)), strlen(HELD));
	close(fd);
	assert_int_equal(rename(file, test_env("VTL_TEST_HOLD")), 0);
}

static void release(void)
{
	assert_int_equal(unlink(test_env("VTL_TEST_HOLD")), 0);
}

static struct session *ready(const char *url, const char *name)
{
	struct session *session = session_open(test_env(url), name, 1);

	session_ready(session);
	return session;
}

static void load(unsigned slot, unsigned drive)
{
	struct session *changer = session_open(test_env("VTL_TEST_CHANGER"), "robot", 1);

	session_ready(changer);
	run(changer, CDB(0xa5, 0, 0, 0, slot >> 8, slot & 0xff, drive >> 8, drive & 0xff, 0, 0, 0, 0));
	session_close(changer);
}

/* Both drives loaded, and drive 1 hangs in a synchronous WRITE FILEMARKS. */
static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	load(1000, 500);
	load(1001, 501);
	f->drive = ready("VTL_TEST_DRIVE1", "held");
	f->other = ready("VTL_TEST_DRIVE2", "other");
	f->queued = ready("VTL_TEST_DRIVE1", "queued");
	expect_good(run(f->drive, REWIND));
	expect_good(run(f->other, REWIND));
	expect_good(run_out(f->drive, BYTES(1, 2, 3), WRITE_3));
	hold();
	f->filemark = session_send(f->drive, WRITE_FILEMARK);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	unlink(test_env("VTL_TEST_HOLD"));
	session_close(f->drive);
	session_close(f->other);
	session_close(f->queued);
	free(f);
	return 0;
}

static void another_drive_and_a_disk_go_on(void **state)
{
	struct fixture *f = *state;
	struct session *disk = ready("VTL_TEST_DISK", "disk");
	unsigned i;

	for (i = 0; i < 100; i++) {
		expect_good(run_out(f->other, BYTES(4, 5, 6), WRITE_3));
		expect_good(run_in(disk, 512, CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0)));
	}
	expect_good(run(f->other, REWIND));
	assert_true(session_waits(f->drive));
	release();
	assert_int_equal(session_await(f->drive), 0);
	session_close(disk);
}

static void the_drive_itself_still_says_who_it_is(void **state)
{
	struct fixture *f = *state;

	expect_good(run_in(f->queued, 96, INQUIRY));
	assert_true(session_waits(f->drive));
	release();
	assert_int_equal(session_await(f->drive), 0);
}

static void a_command_that_waits_behind_it_can_be_aborted(void **state)
{
	struct fixture *f = *state;
	struct scsi_task *task = session_send(f->queued, REWIND);

	assert_int_equal(session_abort(f->queued, task), 0x40);
	assert_true(session_waits(f->drive));
	release();
	assert_int_equal(session_await(f->drive), 0);
	expect_good(run(f->queued, TEST_UNIT_READY));
}

/* In the background: lets the disk go when tgtd's log tells that it has got the request. */
static void release_when_tgtd_heard_of_the_abort(void)
{
	char script[1024];

	snprintf(script, sizeof(script),
		 "log=%s/log hold=%s; n=$(grep -c abort_cmd $log); "
		 "(while [ -e $hold ] && [ $(grep -c abort_cmd $log) = $n ]; do sleep 0.01; done; rm -f $hold) &",
		 test_env("TGTD_DIR"), test_env("VTL_TEST_HOLD"));
	assert_int_equal(system(script), 0);
}

static void an_abort_of_what_runs_is_over_when_the_disk_lets_go(void **state)
{
	struct fixture *f = *state;

	release_when_tgtd_heard_of_the_abort();
	session_abort(f->drive, f->filemark);
	expect_good(run(f->drive, TEST_UNIT_READY));
}

static void its_unit_cannot_be_deleted(void **state)
{
	struct fixture *f = *state;
	char command[512];

	snprintf(command, sizeof(command), "%s --lld iscsi --op delete --mode logicalunit --tid 1 --lun 2 2>/dev/null",
		 test_env("VTL_TEST_ADM"));
	assert_int_not_equal(system(command), 0);
	release();
	assert_int_equal(session_await(f->drive), 0);
	expect_good(run(f->drive, TEST_UNIT_READY));
}

static void a_session_that_is_lost_meanwhile_leaves_a_sound_drive(void **state)
{
	struct fixture *f = *state;

	session_cut(f->drive);
	expect_good(run_in(f->queued, 96, INQUIRY));
	release();
	f->drive = ready("VTL_TEST_DRIVE1", "held");
	expect_good(run(f->drive, REWIND));
	assert_memory_equal(expect_good(run_in(f->drive, 3, CDB(0x08, 0, 0, 0, 3, 0)))->in, "\1\2\3", 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(another_drive_and_a_disk_go_on),
		TEST(the_drive_itself_still_says_who_it_is),
		TEST(a_command_that_waits_behind_it_can_be_aborted),
		TEST(an_abort_of_what_runs_is_over_when_the_disk_lets_go),
		TEST(its_unit_cannot_be_deleted),
		TEST(a_session_that_is_lost_meanwhile_leaves_a_sound_drive),
	};

	test_needs_tgtd(argv, "test/tgt/preload/held_sync.c");
	return cmocka_run_group_tests_name("a disk that hangs", tests, NULL, NULL);
}
