/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of size: 65,000 elements in a library, 1,024 drives and 100,000 cartridges in a process. Times: make bench. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "be.h"
#include "journal.h"
#include "robot.h"
#include "serve.h"
#include "status.h"
#include "store_memory.h"

#define CARTRIDGES	100000u
#define DRIVES		256u	/* of a library */
#define LIBRARIES	4u
#define SLOTS		64511u	/* what a GENERIC library has addresses for */
#define IMPORT_EXPORTS	256u
#define ELEMENTS	(SLOTS + IMPORT_EXPORTS + DRIVES + 1)

static void no_timer(struct vtl_env *env, struct vtl_dev *dev, uint64_t at_ms)
{
}

static uint64_t no_time(struct vtl_env *env)
{
	return 1;
}

static void no_random(struct vtl_env *env, void *buf, size_t len)
{
	memset(buf, 7, len);
}

static void no_log(struct vtl_env *env, int level, const char *text)
{
}

static struct vtl_env env = {
	.now_ms = no_time, .wall_ms = no_time, .random = no_random, .set_timer = no_timer, .log = no_log,
	.exec = &media_exec_inline,
};

static int begin(void **state)
{
	char *root = strdup("/tmp/vtl-scale-XXXXXX");

	*state = root;
	return !mkdtemp(root) || setenv("VTL_LIBRARY_ROOT", root, 1) || setenv("VTL_MODEL_PATH", "conf/models", 1);
}

static int end(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	free(*state);
	unsetenv("VTL_LIBRARY_ROOT");
	return system(command);
}

static void create(const struct vtl_models *models, const char *name, unsigned slots)
{
	struct library_plan plan = { .name = name, .model = "GENERIC", .drives = { { "IBM-LTO8", DRIVES } },
				     .drive_rows = 1, .slots = slots, .import_exports = IMPORT_EXPORTS };
	struct why why = { "" };

	if (library_create(models, &plan, &why))
		fail_msg("%s", why.text);
}

static void the_inventory_of_100000_cartridges_is_written_and_read_back_and_finds_each(void **state)
{
	struct library_cartridge c = { .kind = MEDIA_DATA, .form = "LTO-8" };
	struct journal journal = { .name = "inventory" };
	struct journal_found found;
	struct media_store *store;
	struct table table, back;
	uint8_t *buf;
	size_t len;

	assert_int_equal(media_store_memory(&store), 0);
	journal.store = store;
	assert_true(table_init(&table, CARTRIDGES, 1, 1) && table_init(&back, CARTRIDGES, 1, 1));
	for (unsigned n = 1; n <= CARTRIDGES; n++) {
		snprintf(c.id, sizeof(c.id), "S%06uL8", n);
		strcpy(c.barcode, c.id);
		c.place = (struct library_place){ LIBRARY_SLOT, n };
		assert_true(table_put(&table, &c));
	}
	assert_int_equal(journal_checkpoint(&journal, &table, NULL), 0);
	assert_int_equal(media_store_read(store, "inventory", 1u << 30, &buf, &len), 0);
	assert_int_equal(journal_replay(buf, len, &back, &found, NULL), LIBRARY_OK);
	table_settle(&back, NULL, NULL);
	assert_int_equal(back.count, CARTRIDGES);
	for (unsigned n = 1; n <= CARTRIDGES; n += 999) {
		snprintf(c.id, sizeof(c.id), "S%06uL8", n);
		assert_ptr_equal(table_at(&back, (struct library_place){ LIBRARY_SLOT, n }), table_find(&back, c.id));
		assert_non_null(table_find(&back, c.id));
	}
	free(buf);
	table_free(&table);
	table_free(&back);
	journal_close(&journal);
	store->ops->destroy(store);
}

/* Counts the descriptors of a report, and looks that each address comes once, in order. */
static unsigned count_elements(const uint8_t *report, uint32_t len)
{
	unsigned elements = 0;
	uint32_t at = 8, last = 0;

	while (at + 8 <= len) {
		uint32_t stop = at + 8 + get_be24(report + at + 5), size = get_be16(report + at + 2);

		for (at += 8; at < stop; at += size, elements++) {
			assert_true(get_be16(report + at) > last || !elements);
			last = get_be16(report + at);
		}
	}
	return elements;
}

static void all_of_65000_elements_are_in_one_report(void **state)
{
	const struct smc_query query = { .count = 0xffff, .volume_tags = true, .identifiers = true };
	struct vtl_models *models = vtl_models_load("conf/models", NULL);
	struct vtl_drive **drives = calloc(DRIVES, sizeof(*drives));
	struct library *library;
	struct smc_report report;
	struct robot *robot;
	struct why why = { "" };
	uint32_t size = 16u << 20;
	uint8_t *buf = calloc(1, size);

	assert_true(models && drives && buf);
	create(models, "big", SLOTS);
	if (library_open(models, "big", LIBRARY_OWN, "a test", &library, &why) ||
	    library_add_cartridge(library, vtl_models_medium(models, "LTO-8"), MEDIA_DATA, "BIG001L8",
				  (struct library_size){ 0 }, (struct library_place){ LIBRARY_SLOT, SLOTS }, &why))
		fail_msg("%s", why.text);
	robot = robot_new(library, &env, drives);
	smc_report_elements(robot_inventory(robot), library_conf(library)->model, &query, buf, size, &report);
	assert_int_equal(get_be16(buf + 2), ELEMENTS);
	assert_true(ELEMENTS > 65000);
	assert_int_equal(count_elements(buf, report.used), ELEMENTS);
	assert_int_equal(robot_place(robot, 0x400 + SLOTS - 1).number, SLOTS);
	robot_free(robot);
	library_close(library);
	vtl_models_free(models);
	free(drives);
	free(buf);
}

static void a_process_serves_1024_drives(void **state)
{
	struct vtl_models *models = vtl_models_load("conf/models", NULL);
	struct serve *serve = serve_new(&env, "a test of size");
	struct serve_door *door = calloc(LIBRARIES * DRIVES, sizeof(*door));
	char path[256], name[16];
	unsigned doors = 0;
	struct why why = { "" };

	assert_true(models && serve && door);
	for (unsigned l = 0; l < LIBRARIES; l++) {
		snprintf(name, sizeof(name), "lib%u", l);
		create(models, name, 1);
		for (unsigned d = 1; d <= DRIVES; d++) {
			snprintf(path, sizeof(path), "%s/%s/drives/D%u.drive", (char *)*state, name, d);
			if (serve_open(serve, path, SERVE_DRIVE, &door[doors++], &why))
				fail_msg("%s", why.text);
		}
	}
	assert_int_equal(doors, 1024);
	for (unsigned i = 0; i < doors; i++)
		assert_int_equal(door[i].unit->number, i % DRIVES + 1);
	for (unsigned i = 0; i < doors; i++)
		serve_close(&door[i]);
	assert_true(serve_settled(serve));
	serve_free(serve);
	vtl_models_free(models);
	free(door);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_inventory_of_100000_cartridges_is_written_and_read_back_and_finds_each),
		cmocka_unit_test_setup_teardown(all_of_65000_elements_are_in_one_report, begin, end),
		cmocka_unit_test_setup_teardown(a_process_serves_1024_drives, begin, end),
	};

	return cmocka_run_group_tests_name("size", tests, NULL, NULL);
}
