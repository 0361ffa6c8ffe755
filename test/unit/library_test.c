/* SPDX-License-Identifier: GPL-2.0-only */
/* A library on disk: made, found, opened, listed and deleted; what its drives keep. */
#include "library_world.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_new_library_has_what_was_asked_for(void **state)
{
	struct lib_world *f = *state;
	const struct library_conf *c;
	struct library *l;
	char path[2 * PATH_MAX];

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_READ);
	c = library_conf(l);
	assert_string_equal(c->name, "one");
	assert_string_equal(c->model->name, "STK-L700");
	assert_int_equal(c->drives, 2);
	assert_int_equal(c->slots, 24);
	assert_int_equal(c->import_exports, 4);
	assert_string_equal(c->drive[1].id, "D2");
	assert_string_equal(c->drive[1].model->name, "IBM-LTO8");
	assert_int_equal(c->drive[0].address, 500);
	assert_int_equal(c->drive[1].address, 501);
	assert_int_equal(c->storage_start, 1000);
	assert_int_equal(strlen(c->drive[0].serial), 10);
	assert_string_not_equal(c->drive[0].serial, c->drive[1].serial);
	assert_int_equal(c->naa >> 60, 3);
	assert_true(c->naa != c->drive[0].naa);
	assert_null(library_nth(l, 0));
	assert_null(library_note(l, 0));
	snprintf(path, sizeof(path), "%s/drives/D2.drive", c->dir);
	assert_int_equal(access(path, R_OK), 0);
	library_close(l);
}

static void it_opens_by_name_directory_or_a_file_in_it(void **state)
{
	static const char *const forms[] = { "%s/one", "%s/one/", "%s/one/library.conf", "%s/one/drives/D1.drive" };
	struct lib_world *f = *state;
	char path[2 * PATH_MAX];

	lib_create(f, "one");
	for (unsigned i = 0; i < 4; i++) {
		struct library *l;

		snprintf(path, sizeof(path), forms[i], f->root);
		l = lib_open(f, path, LIBRARY_READ);
		assert_string_equal(library_conf(l)->name, "one");
		library_close(l);
	}
}

static void what_cannot_be_made_leaves_nothing_behind(void **state)
{
	struct lib_world *f = *state;
	struct {
		struct library_plan plan;
		enum library_err err;
		const char *says;
	} row[] = {
		{ lib_plan("x"), LIBRARY_NOT_FOUND, "no model of a library named \"Nonesuch\"" },
		{ lib_plan("x"), LIBRARY_NOT_FOUND, "no model of a drive named \"Nonesuch\"" },
		{ lib_plan("x"), LIBRARY_USAGE, "501 drives: a STK-L700 takes at most 500" },
		{ lib_plan("x"), LIBRARY_USAGE, "64536 slots: a STK-L700 takes at most 64535" },
		{ lib_plan("x"), LIBRARY_USAGE, "491 import/export slots: a STK-L700 takes at most 490" },
		{ lib_plan("a b"), LIBRARY_USAGE, "\"a b\" is no name" },
		{ lib_plan(".x"), LIBRARY_USAGE, "\".x\" is no name" },
		{ lib_plan(""), LIBRARY_USAGE, "\"\" is no name" },
		{ lib_plan("/no/such/place/x"), LIBRARY_FAILED, "/no/such/place: No such file" },
		{ lib_plan("there"), LIBRARY_FAILED, "there already" },
		{ lib_plan("12345678901234567890123456789012345678901234567890123456789012345"), LIBRARY_USAGE,
		  "no name" },
	};
	char path[2 * PATH_MAX];

	row[0].plan.model = "Nonesuch";
	row[1].plan.drives[0].model = "Nonesuch";
	row[2].plan.drives[0].count = 501;
	row[3].plan.slots = 64536;
	row[4].plan.import_exports = 491;
	snprintf(path, sizeof(path), "%s/there", f->root);
	assert_int_equal(mkdir(path, 0700), 0);
	for (unsigned i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct why why = { "" };

		assert_int_equal(library_create(f->models, &row[i].plan, &why), row[i].err);
		if (!strstr(why.text, row[i].says))
			fail_msg("\"%s\" does not say \"%s\"", why.text, row[i].says);
	}
	assert_int_equal(lib_entries(f->root), 1);
	assert_int_equal(lib_entries(path), 0);
}

static void a_library_half_made_when_a_crash_came_is_in_nobodys_way(void **state)
{
	struct lib_world *f = *state;
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/.new-one", f->root);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/.new-one/library.conf", f->root);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	lib_create(f, "one");
	assert_int_equal(lib_entries(f->root), 1);
}

static int count_dir(void *arg, const char *dir)
{
	(*(unsigned *)arg)++;
	return 0;
}

static void libraries_are_listed_and_deleted(void **state)
{
	struct lib_world *f = *state;
	struct why why = { "" };
	unsigned n = 0;

	lib_create(f, "one");
	lib_create(f, "two");
	assert_int_equal(library_each(count_dir, &n, &why), LIBRARY_OK);
	assert_int_equal(n, 2);
	assert_int_equal(library_delete(f->models, "one", &why), LIBRARY_OK);
	assert_int_equal(library_delete(f->models, "one", &why), LIBRARY_NOT_FOUND);
	n = 0;
	assert_int_equal(library_each(count_dir, &n, &why), LIBRARY_OK);
	assert_int_equal(n, 1);
	assert_int_equal(lib_entries(f->root), 1);
}

static void a_second_owner_is_told_who_the_first_is(void **state)
{
	struct lib_world *f = *state;
	struct library *l, *other = NULL;
	struct why why = { "" };
	char line[128];

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	library_holder(library_conf(l)->dir, line, sizeof(line));
	assert_string_equal(line, "a test");
	assert_int_equal(library_open(f->models, "one", LIBRARY_OWN, "me", &other, &why), LIBRARY_BUSY);
	assert_non_null(strstr(why.text, "in use by a test"));
	assert_int_equal(library_delete(f->models, "one", &why), LIBRARY_BUSY);
	other = lib_open(f, "one", LIBRARY_READ);
	library_close(other);
	library_close(l);
	library_holder(f->root, line, sizeof(line));
	assert_string_equal(line, "");
	l = lib_open(f, "one", LIBRARY_OWN);
	library_close(l);
}

static void what_a_drive_keeps_is_there_again(void **state)
{
	struct lib_world *f = *state;
	struct library *l;
	struct why why = { "" };
	char buf[16];
	unsigned len = 0;

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_int_equal(library_drive_state_load(l, "D1", buf, sizeof(buf), &len, &why), LIBRARY_NOT_FOUND);
	assert_int_equal(library_drive_state_save(l, "D1", "counters", 8, &why), LIBRARY_OK);
	assert_int_equal(library_drive_state_load(l, "D1", buf, sizeof(buf), &len, &why), LIBRARY_OK);
	assert_int_equal(len, 8);
	assert_memory_equal(buf, "counters", 8);
	assert_int_equal(library_drive_state_load(l, "D2", buf, sizeof(buf), &len, &why), LIBRARY_NOT_FOUND);
	assert_int_equal(library_drive_state_load(l, "D1", buf, 4, &len, &why), LIBRARY_FAILED);
	library_close(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIB_TEST(a_new_library_has_what_was_asked_for),
		LIB_TEST(it_opens_by_name_directory_or_a_file_in_it),
		LIB_TEST(what_cannot_be_made_leaves_nothing_behind),
		LIB_TEST(a_library_half_made_when_a_crash_came_is_in_nobodys_way),
		LIB_TEST(libraries_are_listed_and_deleted),
		LIB_TEST(a_second_owner_is_told_who_the_first_is),
		LIB_TEST(what_a_drive_keeps_is_there_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
