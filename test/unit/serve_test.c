/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of glue/serve.c: libraries on disk with real drives, opened and closed through doors, on real threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pool.h"
#include "serve.h"

struct fixture {
	struct vtl_env env; /* first */
	struct pool *pool;
	struct serve *serve;
	char root[64];
	char log[4096];
};

/* ---- world ---- */

static uint64_t now_ms(struct vtl_env *env)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void fill_random(struct vtl_env *env, void *buf, size_t len)
{
	assert_int_equal(getrandom(buf, len, 0), len);
}

static void no_timer(struct vtl_env *env, struct vtl_dev *dev, uint64_t at_ms)
{
}

static void keep_log(struct vtl_env *env, int level, const char *text)
{
	struct fixture *f = (struct fixture *)env;

	strncat(f->log, text, sizeof(f->log) - strlen(f->log) - 2);
	strcat(f->log, "\n");
}

static void turn(struct fixture *f)
{
	struct pollfd pfd = { .fd = pool_fd(f->pool), .events = POLLIN };

	assert_int_equal(poll(&pfd, 1, 120000), 1);
	pool_run(f->pool);
}

static void settle(struct fixture *f)
{
	while (!serve_settled(f->serve))
		turn(f);
}

static void create(const char *name)
{
	struct library_plan plan = { .name = name,
				     .model = "STK-L700",
				     .drives = { { "IBM-LTO8", 2 } },
				     .drive_rows = 1,
				     .slots = 5,
				     .import_exports = 1 };
	struct why why = { "" };
	struct vtl_models *models = vtl_models_load("conf/models", &why);
	struct library_place place = { LIBRARY_DRIVE, 1 };
	struct library *library = NULL;

	assert_non_null(models);
	if (library_create(models, &plan, &why) || library_open(models, name, LIBRARY_OWN, "a test", &library, &why) ||
	    library_add_cartridge(library, vtl_models_medium(models, "LTO-8"), MEDIA_DATA, "SRV001L8",
				  (struct library_size){ 0, false }, place, &why))
		fail_msg("%s", why.text);
	library_close(library);
	vtl_models_free(models);
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	strcpy(f->root, "/tmp/vtl-serve-XXXXXX");
	if (!mkdtemp(f->root) || setenv("VTL_LIBRARY_ROOT", f->root, 1) || setenv("VTL_MODEL_PATH", "conf/models", 1))
		return -1;
	f->pool = pool_new(2);
	f->env = (struct vtl_env){ .now_ms = now_ms,
				   .wall_ms = now_ms,
				   .random = fill_random,
				   .set_timer = no_timer,
				   .log = keep_log,
				   .exec = pool_exec(f->pool) };
	f->serve = serve_new(&f->env, "a test of serve");
	create("one");
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	char command[128];

	settle(f);
	serve_free(f->serve);
	pool_free(f->pool);
	snprintf(command, sizeof(command), "rm -rf %s", f->root);
	free(f);
	unsetenv("VTL_LIBRARY_ROOT");
	return system(command);
}

static enum library_err open_door(struct fixture *f, const char *file, enum serve_kind kind, struct serve_door *door,
				  struct why *why)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", f->root, file);
	memset(door, 0, sizeof(*door));
	return serve_open(f->serve, path, kind, door, why);
}

static void open_well(struct fixture *f, const char *file, enum serve_kind kind, struct serve_door *door)
{
	struct why why = { "" };

	if (open_door(f, file, kind, door, &why))
		fail_msg("%s", why.text);
}

static enum vtl_drive_state drive_state(struct serve_unit *unit)
{
	const struct vtl_drive *drive = serve_drive_port(unit->library, unit->number);

	return drive->ops->state(drive);
}

static void await_state(struct fixture *f, struct serve_unit *unit, enum vtl_drive_state state)
{
	while (drive_state(unit) != state)
		turn(f);
}

/* Whether another process could open the library now. */
static enum library_err try_to_own(const char *name, struct why *why)
{
	struct vtl_models *models = vtl_models_load("conf/models", why);
	struct library *library = NULL;
	enum library_err err = library_open(models, name, LIBRARY_OWN, "another", &library, why);

	if (!err)
		library_close(library);
	vtl_models_free(models);
	return err;
}

/* ---- commands ---- */

static void ended(struct vtl_cmd *cmd)
{
	cmd->door = cmd;
}

/* A six-byte command with a length in bytes 2 to 4, run to its end. */
static uint8_t command(struct fixture *f, struct serve_unit *unit, struct vtl_nexus *nexus, uint8_t opcode,
		       uint8_t *out, uint8_t *in, uint32_t len)
{
	struct vtl_cmd cmd = { .nexus = nexus,
			       .cdb = { opcode, 0, len >> 16 & 0xff, len >> 8 & 0xff, len & 0xff, 0 },
			       .cdb_len = 6,
			       .out = out,
			       .out_len = out ? len : 0,
			       .in = in,
			       .in_len = in ? len : 0,
			       .complete = ended };

	vtl_dev_submit(unit->dev, &cmd);
	while (!cmd.door)
		turn(f);
	return cmd.status;
}

/* ---- tests ---- */

static void doors_of_one_library_share_it(void **state)
{
	struct fixture *f = *state;
	struct serve_door changer, drive, again;

	open_well(f, "one/library.conf", SERVE_CHANGER, &changer);
	open_well(f, "one/drives/D1.drive", SERVE_DRIVE, &drive);
	open_well(f, "one/../one/drives/D1.drive", SERVE_DRIVE, &again);
	assert_ptr_equal(changer.unit->library, drive.unit->library);
	assert_ptr_equal(drive.unit, again.unit);
	assert_string_equal(drive.unit->inquiry->product, "ULT3580-TD8");
	serve_close(&changer);
	serve_close(&drive);
	assert_false(serve_settled(f->serve));
	assert_non_null(serve_next(f->serve, NULL));
	serve_close(&again);
	assert_null(serve_next(f->serve, NULL));
}

static void a_drive_is_loaded_with_what_the_inventory_has_in_it(void **state)
{
	struct fixture *f = *state;
	struct serve_door one, two;

	open_well(f, "one/drives/D1.drive", SERVE_DRIVE, &one);
	open_well(f, "one/drives/D2.drive", SERVE_DRIVE, &two);
	await_state(f, one.unit, VTL_DRIVE_READY);
	assert_int_equal(drive_state(two.unit), VTL_DRIVE_EMPTY);
	serve_close(&one);
	serve_close(&two);
}

static void a_served_library_is_nobody_elses(void **state)
{
	struct fixture *f = *state;
	struct serve_door door;
	struct why why = { "" };

	open_well(f, "one/library.conf", SERVE_CHANGER, &door);
	assert_int_equal(try_to_own("one", &why), LIBRARY_BUSY);
	assert_non_null(strstr(why.text, "a test of serve"));
	serve_close(&door);
	settle(f);
	assert_int_equal(try_to_own("one", &why), LIBRARY_OK);
}

static void a_library_that_another_holds_is_refused(void **state)
{
	struct fixture *f = *state;
	struct vtl_models *models = vtl_models_load("conf/models", NULL);
	struct library *library = NULL;
	struct serve_door door;
	struct why why = { "" };

	assert_int_equal(library_open(models, "one", LIBRARY_OWN, "somebody else", &library, &why), LIBRARY_OK);
	assert_int_equal(open_door(f, "one/library.conf", SERVE_CHANGER, &door, &why), LIBRARY_BUSY);
	assert_non_null(strstr(why.text, "somebody else"));
	assert_null(door.unit);
	library_close(library);
	vtl_models_free(models);
}

static void a_library_opened_while_it_closes_goes_on(void **state)
{
	struct fixture *f = *state;
	struct serve_door door;
	unsigned i;

	for (i = 0; i < 20; i++) {
		open_well(f, "one/drives/D1.drive", SERVE_DRIVE, &door);
		if (i % 3 == 0)
			await_state(f, door.unit, VTL_DRIVE_READY);
		serve_close(&door);
		if (i % 4 == 0)
			turn(f);
	}
	open_well(f, "one/drives/D1.drive", SERVE_DRIVE, &door);
	await_state(f, door.unit, VTL_DRIVE_READY);
	serve_close(&door);
}

static void libraries_live_side_by_side(void **state)
{
	struct fixture *f = *state;
	struct serve_door one, two;

	create("two");
	open_well(f, "one/drives/D1.drive", SERVE_DRIVE, &one);
	open_well(f, "two/drives/D1.drive", SERVE_DRIVE, &two);
	assert_ptr_not_equal(one.unit->library, two.unit->library);
	await_state(f, one.unit, VTL_DRIVE_READY);
	await_state(f, two.unit, VTL_DRIVE_READY);
	serve_close(&one);
	await_state(f, two.unit, VTL_DRIVE_READY);
	serve_close(&two);
}

#define BLOCK  65536
#define BLOCKS 600

static void what_a_drive_writes_on_its_threads_it_reads_back(void **state)
{
	static uint8_t block[BLOCK], back[BLOCK];
	const struct vtl_nexus_id id = { .target_port = 1 };
	struct fixture *f = *state;
	struct vtl_nexus *nexus;
	struct serve_door door;
	unsigned i;

	open_well(f, "one/drives/D1.drive", SERVE_DRIVE, &door);
	await_state(f, door.unit, VTL_DRIVE_READY);
	nexus = vtl_nexus_new(door.unit->dev, &id);
	while (command(f, door.unit, nexus, 0x00, NULL, NULL, 0) == SAM_CHECK_CONDITION)
		;
	for (i = 0; i < BLOCKS; i++) {
		memset(block, (int)i, sizeof(block));
		block[i] = 0xff;
		assert_int_equal(command(f, door.unit, nexus, 0x0a, block, NULL, BLOCK), SAM_GOOD);
	}
	assert_int_equal(command(f, door.unit, nexus, 0x10, NULL, NULL, 1), SAM_GOOD);
	assert_int_equal(command(f, door.unit, nexus, 0x01, NULL, NULL, 0), SAM_GOOD);
	for (i = 0; i < BLOCKS; i++) {
		memset(block, (int)i, sizeof(block));
		block[i] = 0xff;
		assert_int_equal(command(f, door.unit, nexus, 0x08, NULL, back, BLOCK), SAM_GOOD);
		assert_memory_equal(block, back, BLOCK);
	}
	vtl_nexus_lost(nexus);
	serve_close(&door);
}

/* The additional sense code of a TEST UNIT READY; 0: it is ready. */
static unsigned ready_code(struct fixture *f, struct serve_unit *unit, struct vtl_nexus *nexus)
{
	struct vtl_cmd cmd = { .nexus = nexus, .cdb_len = 6, .complete = ended };

	vtl_dev_submit(unit->dev, &cmd);
	while (!cmd.door)
		turn(f);
	return cmd.status == SAM_CHECK_CONDITION ? (unsigned)(cmd.sense[12] << 8 | cmd.sense[13]) : cmd.status;
}

/* Writes to the drive, tells so through the pipe, and waits to be killed. */
__attribute__((noreturn)) static void write_and_wait(struct fixture *f, int tell)
{
	static uint8_t block[BLOCK];
	const struct vtl_nexus_id id = { .target_port = 1 };
	struct vtl_nexus *nexus;
	struct serve_door door;

	f->pool = pool_new(2);	/* threads are not forked */
	f->env.exec = pool_exec(f->pool);
	f->serve = serve_new(&f->env, "a process to be killed");
	open_well(f, "one/drives/D1.drive", SERVE_DRIVE, &door);
	await_state(f, door.unit, VTL_DRIVE_READY);
	nexus = vtl_nexus_new(door.unit->dev, &id);
	while (ready_code(f, door.unit, nexus))
		;
	for (block[0] = 0; block[0] < 10; block[0]++)
		assert_int_equal(command(f, door.unit, nexus, 0x0a, block, NULL, BLOCK), SAM_GOOD);
	assert_int_equal(command(f, door.unit, nexus, 0x10, NULL, NULL, 1), SAM_GOOD);
	assert_int_equal(command(f, door.unit, nexus, 0x0a, block, NULL, BLOCK), SAM_GOOD);
	assert_int_equal(write(tell, "w", 1), 1);
	for (;;)
		pause();
}

/* As a drive that lost its power: power on, and the medium that it found may be another. */
static void a_killed_process_leaves_the_cartridge_in_its_drive_at_its_beginning_and_initiators_hear_29h(void **st)
{
	static uint8_t back[BLOCK];
	const struct vtl_nexus_id id = { .target_port = 1 };
	struct fixture *f = *st;
	struct vtl_nexus *nexus;
	struct serve_door door;
	int tell[2];
	pid_t child;
	char c;

	assert_int_equal(pipe(tell), 0);
	child = fork();
	if (!child)
		write_and_wait(f, tell[1]);
	assert_int_equal(read(tell[0], &c, 1), 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(tell[0]);
	close(tell[1]);

	open_well(f, "one/drives/D1.drive", SERVE_DRIVE, &door);
	await_state(f, door.unit, VTL_DRIVE_READY);
	nexus = vtl_nexus_new(door.unit->dev, &id);
	assert_int_equal(ready_code(f, door.unit, nexus), 0x2900);
	assert_int_equal(ready_code(f, door.unit, nexus), 0);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(command(f, door.unit, nexus, 0x08, NULL, back, BLOCK), SAM_GOOD);
		assert_int_equal(back[0], i);
	}
	vtl_nexus_lost(nexus);
	serve_close(&door);
}

/* SET IDENTIFYING INFORMATION, REPORT IDENTIFYING INFORMATION; unit attentions are passed over. */
static uint8_t name_command(struct fixture *f, struct serve_unit *unit, struct vtl_nexus *nexus, uint8_t *out,
			    uint8_t *in, uint8_t len)
{
	struct vtl_cmd cmd = { .nexus = nexus, .cdb = { out ? 0xa4 : 0xa3, out ? 0x06 : 0x05, [9] = len },
			       .cdb_len = 12, .out = out, .out_len = out ? len : 0, .in = in, .in_len = in ? len : 0,
			       .complete = ended };

	do {
		cmd.door = NULL;
		vtl_dev_submit(unit->dev, &cmd);
		while (!cmd.door)
			turn(f);
	} while (cmd.status == SAM_CHECK_CONDITION && cmd.sense[2] == 0x06);
	return cmd.status;
}

static void what_drives_and_changer_keep_outlives_the_daemon(void **state)
{
	static const char *const door_of[] = { "one/library.conf", "one/drives/D1.drive", "one/drives/D2.drive" };
	const struct vtl_nexus_id id = { .target_port = 1 };
	struct fixture *f = *state;
	struct vtl_nexus *nexus;
	struct serve_door door;
	uint8_t name[5] = "own ", back[9] = { 0 };
	unsigned i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 3; i++) {
			open_well(f, door_of[i], i ? SERVE_DRIVE : SERVE_CHANGER, &door);
			nexus = vtl_nexus_new(door.unit->dev, &id);
			name[4] = (uint8_t)('0' + i);
			if (round)
				assert_int_equal(name_command(f, door.unit, nexus, NULL, back, sizeof(back)), SAM_GOOD);
			else
				assert_int_equal(name_command(f, door.unit, nexus, name, NULL, sizeof(name)), SAM_GOOD);
			if (round)
				assert_memory_equal(back + 4, name, sizeof(name));
			vtl_nexus_lost(nexus);
			serve_close(&door);
			settle(f);
		}
	}
	assert_string_equal(f->log, "");
}

static void what_is_no_door_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *file;
		enum serve_kind kind;
		enum library_err err;
		const char *says;
	} rows[] = {
		{ "one/drives/D1.drive", SERVE_CHANGER, LIBRARY_USAGE, "is a drive" },
		{ "one/library.conf", SERVE_DRIVE, LIBRARY_USAGE, "is a changer" },
		{ "one/drives/D9.drive", SERVE_DRIVE, LIBRARY_NOT_FOUND, "No such file" },
		{ "one", SERVE_CHANGER, LIBRARY_USAGE, "is not a file" },
		{ "one/inventory", SERVE_DRIVE, LIBRARY_USAGE, "no file of a library" },
		{ "one/library.conf/x", SERVE_CHANGER, LIBRARY_NOT_FOUND, "Not a directory" },
		{ "", SERVE_CHANGER, LIBRARY_USAGE, "is not a file" },
	};
	struct fixture *f = *state;
	struct serve_door door;
	struct why why;
	unsigned i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		why.text[0] = '\0';
		assert_int_equal(open_door(f, rows[i].file, rows[i].kind, &door, &why), rows[i].err);
		if (!strstr(why.text, rows[i].says))
			fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].file, why.text, rows[i].says);
		assert_null(door.unit);
	}
	assert_true(serve_settled(f->serve));
}

static void a_drive_file_that_the_configuration_has_not_is_refused_and_the_library_let_go(void **state)
{
	struct fixture *f = *state;
	struct serve_door door;
	struct why why = { "" };
	char command[128];

	snprintf(command, sizeof(command), "touch %s/one/drives/D7.drive", f->root);
	assert_int_equal(system(command), 0);
	assert_int_equal(open_door(f, "one/drives/D7.drive", SERVE_DRIVE, &door, &why), LIBRARY_NOT_FOUND);
	assert_non_null(strstr(why.text, "has no drive D7"));
	settle(f);
	assert_int_equal(try_to_own("one", &why), LIBRARY_OK);
}

static void a_broken_configuration_is_refused_with_its_line(void **state)
{
	struct fixture *f = *state;
	struct serve_door door;
	struct why why = { "" };
	char command[256];

	snprintf(command, sizeof(command), "echo 'nonsense {' > %s/one/library.conf", f->root);
	assert_int_equal(system(command), 0);
	assert_int_not_equal(open_door(f, "one/library.conf", SERVE_CHANGER, &door, &why), LIBRARY_OK);
	assert_non_null(strstr(why.text, "library.conf"));
	assert_true(serve_settled(f->serve));
}

static void the_end_of_the_process_closes_what_still_has_doors(void **state)
{
	struct fixture *f = *state;
	struct serve_door door;
	struct why why = { "" };

	open_well(f, "one/drives/D1.drive", SERVE_DRIVE, &door);
	await_state(f, door.unit, VTL_DRIVE_READY);
	serve_stop(f->serve);
	settle(f);
	assert_int_equal(try_to_own("one", &why), LIBRARY_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(doors_of_one_library_share_it),
		TEST(a_drive_is_loaded_with_what_the_inventory_has_in_it),
		TEST(a_served_library_is_nobody_elses),
		TEST(a_library_that_another_holds_is_refused),
		TEST(a_library_opened_while_it_closes_goes_on),
		TEST(libraries_live_side_by_side),
		TEST(what_a_drive_writes_on_its_threads_it_reads_back),
		TEST(a_killed_process_leaves_the_cartridge_in_its_drive_at_its_beginning_and_initiators_hear_29h),
		TEST(what_drives_and_changer_keep_outlives_the_daemon),
		TEST(what_is_no_door_is_refused_with_a_reason),
		TEST(a_drive_file_that_the_configuration_has_not_is_refused_and_the_library_let_go),
		TEST(a_broken_configuration_is_refused_with_its_line),
		TEST(the_end_of_the_process_closes_what_still_has_doors),
	};

	return cmocka_run_group_tests_name("serving libraries", tests, NULL, NULL);
}
