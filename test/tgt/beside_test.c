/* SPDX-License-Identifier: GPL-2.0-only */
/* What lives beside a drive in the same tgtd: a stock disk under load, other units that come and go. */
#include "session.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DISK_COMMANDS	2000
#define DISK_BYTES	4096
#define TAPE_BLOCKS	400
#define TAPE_BLOCK	65536

/* What tgtadm is told: of a unit that comes and goes, and of a drive that stays */
#define NEW_UNIT	"--lld iscsi --op new --mode logicalunit --tid 2 --lun 7"
#define DELETE_UNIT	"--lld iscsi --op delete --mode logicalunit --tid 2 --lun 7"
#define UPDATE_UNIT	"--lld iscsi --op update --mode logicalunit --tid 1 --lun 2"

static int adm(const char *fmt, ...)
{
	char command[2048];
	int n = snprintf(command, sizeof(command), "%s ", test_env("VTL_TEST_ADM"));
	va_list ap;

	va_start(ap, fmt);
	n += vsnprintf(command + n, sizeof(command) - (size_t)n, fmt, ap);
	va_end(ap);
	snprintf(command + n, sizeof(command) - (size_t)n, " >/dev/null 2>&1");
	return system(command);
}

static int load(void **state)
{
	struct session *changer = session_open(test_env("VTL_TEST_CHANGER"), "robot", 1), *drive;

	session_ready(changer);
	run(changer, CDB(0xa5, 0, 0, 0, 1000 >> 8, 1000 & 0xff, 500 >> 8, 500 & 0xff, 0, 0, 0, 0));
	session_close(changer);
	drive = session_open(test_env("VTL_TEST_DRIVE1"), "setup", 1);
	session_ready(drive);
	expect_good(run(drive, CDB(0x01, 0, 0, 0, 0, 0)));
	session_close(drive);
	return 0;
}

/* Writes and reads the disk, in a process of its own: tgt's own store completes each command by a signal. */
static void disk_load(void)
{
	struct session *disk = session_open(test_env("VTL_TEST_DISK"), "disk", 1);
	uint8_t data[DISK_BYTES];
	const struct reply *reply;
	unsigned i, lba;

	session_drain(disk);
	for (i = 0; i < DISK_COMMANDS; i++) {
		lba = i * 7 % 10000;
		memset(data, (int)i, sizeof(data));
		expect_good(run_out(disk, data, sizeof(data), CDB(0x2a, 0, 0, 0, lba >> 8, lba & 0xff, 0, 0, 8, 0)));
		reply = expect_good(run_in(disk, sizeof(data), CDB(0x28, 0, 0, 0, lba >> 8, lba & 0xff, 0, 0, 8, 0)));
		assert_memory_equal(reply->in, data, sizeof(data));
	}
	session_close(disk);
}

static void a_stock_disk_under_load_and_a_drive_live_side_by_side(void **state)
{
	struct session *drive = session_open(test_env("VTL_TEST_DRIVE1"), "tape", 1);
	static uint8_t block[TAPE_BLOCK];
	const struct reply *reply;
	int status;
	pid_t pid;
	unsigned i;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		disk_load();
		_exit(0);
	}
	session_drain(drive);
	for (i = 0; i < TAPE_BLOCKS; i++) {
		memset(block, (int)i, sizeof(block));
		expect_good(run_out(drive, block, sizeof(block), CDB(0x0a, 0, 1, 0, 0, 0)));
		if (i % 20 == 19)
			expect_good(run(drive, CDB(0x10, 0, 0, 0, 1, 0)));
	}
	expect_good(run(drive, CDB(0x01, 0, 0, 0, 0, 0)));
	for (i = 0; i < TAPE_BLOCKS; i++) {
		memset(block, (int)i, sizeof(block));
		reply = expect_good(run_in(drive, sizeof(block), CDB(0x08, 0, 1, 0, 0, 0)));
		assert_memory_equal(reply->in, block, sizeof(block));
		if (i % 20 == 19)
			expect_sense(run_in(drive, sizeof(block), CDB(0x08, 0, 1, 0, 0, 0)), 0, 0x00, 0x01);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	session_close(drive);
}

static unsigned count_files(void)
{
	char path[64];
	unsigned count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", test_env("TGTD_PID"));
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* tgtd closes tgtadm's connection a moment after tgtadm has its answer: so it is looked until there are no more. */
static void expect_files(unsigned wanted)
{
	unsigned n;

	for (n = 0; n < 6000 && count_files() > wanted; n++)
		poll(NULL, 0, 10);
	assert_true(count_files() <= wanted);
}

static void a_unit_made_and_deleted_200_times_leaves_no_file_open(void **state)
{
	const char *library = test_env("VTL_TEST_LIBRARY");
	unsigned before, i;

	assert_int_equal(adm(NEW_UNIT " --device-type changer -b %s/library.conf",
			     library), 0);
	assert_int_equal(adm(DELETE_UNIT), 0);
	before = count_files();
	for (i = 0; i < 200; i++) {
		assert_int_equal(adm(NEW_UNIT " --device-type %s -b %s/%s",
				     i % 2 ? "tape" : "changer", library,
				     i % 2 ? "drives/D2.drive" : "library.conf"), 0);
		assert_int_equal(adm(DELETE_UNIT), 0);
	}
	expect_files(before);
}

static void a_refused_unit_200_times_leaves_no_file_open(void **state)
{
	unsigned before = count_files(), i;

	for (i = 0; i < 200; i++)
		assert_int_not_equal(adm(NEW_UNIT " --device-type tape -b "
					 "%s/drives/D77.drive", test_env("VTL_TEST_LIBRARY")), 0);
	expect_files(before);
}

static void what_a_device_is_cannot_be_changed_by_tgtadm(void **state)
{
	assert_int_not_equal(adm(UPDATE_UNIT " --params vendor_id=ACME"), 0);
	assert_int_not_equal(adm(UPDATE_UNIT " --params mode_page=8:0:18:0"), 0);
	assert_int_not_equal(adm(UPDATE_UNIT " --params path=/tmp"), 0);
	assert_int_equal(adm(UPDATE_UNIT " --params online=1"), 0);
	assert_int_equal(adm("--lld iscsi --op show --mode target"), 0);
}

static void a_drive_can_be_deleted_while_a_session_has_it(void **state)
{
	const char *library = test_env("VTL_TEST_LIBRARY");
	char url[512];
	struct session *session;

	assert_int_equal(adm(NEW_UNIT " --device-type tape -b %s/drives/D2.drive",
			     library), 0);
	snprintf(url, sizeof(url), "%.*s7", (int)strlen(test_env("VTL_TEST_DOOR2")) - 1, test_env("VTL_TEST_DOOR2"));
	session = session_open(url, "left", 1);
	session_drain(session);
	assert_int_equal(adm(DELETE_UNIT), 0);
	expect_sense(run(session, CDB(0x00, 0, 0, 0, 0, 0)), 5, 0x25, 0x00);
	session_close(session);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_stock_disk_under_load_and_a_drive_live_side_by_side, load),
		cmocka_unit_test(a_unit_made_and_deleted_200_times_leaves_no_file_open),
		cmocka_unit_test(a_refused_unit_200_times_leaves_no_file_open),
		cmocka_unit_test(what_a_device_is_cannot_be_changed_by_tgtadm),
		cmocka_unit_test(a_drive_can_be_deleted_while_a_session_has_it),
	};

	test_needs_tgtd(argv, NULL);
	return cmocka_run_group_tests_name("what lives beside a drive", tests, NULL, NULL);
}
