/* SPDX-License-Identifier: GPL-2.0-only */
/* A library in a directory: made, opened, changed and deleted, with everything that can be asked wrongly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parts.h"

struct fixture {
	struct vtl_models *models;
	char root[64];
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct why why;

	if (!f)
		return -1;
	*state = f;
	f->models = vtl_models_load("conf/models", &why);
	strcpy(f->root, "/tmp/vtl-library-XXXXXX");
	return !f->models || !mkdtemp(f->root) || setenv("VTL_LIBRARY_ROOT", f->root, 1);
}

static int end(void **state)
{
	struct fixture *f = *state;

	vtl_models_free(f->models);
	library_remove_tree(f->root);
	unsetenv("VTL_LIBRARY_ROOT");
	free(f);
	return 0;
}

static struct library_plan plan(const char *name)
{
	return (struct library_plan){ .name = name,
				      .model = "STK-L700",
				      .drives = { { "IBM-LTO8", 2 } },
				      .drive_rows = 1,
				      .slots = 24,
				      .import_exports = 4 };
}

static void create(struct fixture *f, const char *name)
{
	struct library_plan p = plan(name);
	struct why why = { "" };

	if (library_create(f->models, &p, &why))
		fail_msg("%s", why.text);
}

static struct library *open_lib(struct fixture *f, const char *name, enum library_mode mode)
{
	struct library *l = NULL;
	struct why why = { "" };

	if (library_open(f->models, name, mode, "a test", &l, &why))
		fail_msg("%s", why.text);
	return l;
}

static unsigned entries(const char *dir)
{
	struct dirent **e;
	int n = scandir(dir, &e, NULL, NULL);

	for (int i = 0; i < n; i++)
		free(e[i]);
	free(e);
	return n < 0 ? 0 : (unsigned)n - 2;
}

static enum library_err add(struct fixture *f, struct library *l, const char *medium, enum media_kind kind,
			    const char *barcode, const char *place, struct why *why)
{
	struct library_place at = { LIBRARY_NOWHERE, 0 };

	if (place)
		assert_true(library_place_parse(place, &at));
	return library_add_cartridge(l, vtl_models_medium(f->models, medium), kind, barcode,
				     (struct library_size){ 64 << 20, false }, at, why);
}

static void moved(struct library_move *move)
{
	move->owner = move;
}

static enum library_err move(struct library *l, const char *from, const char *to, struct why *why)
{
	struct library_move m = { .done = moved };

	assert_true(library_place_parse(from, &m.from));
	assert_true(library_place_parse(to, &m.to));
	library_move(l, &media_exec_inline, &m);
	assert_ptr_equal(m.owner, &m);
	if (why)
		*why = m.why;
	return m.err;
}

static const char *in(const struct library *l, const char *place)
{
	struct library_place at;
	const struct library_cartridge *c;

	assert_true(library_place_parse(place, &at));
	c = library_at(l, at);
	return c ? c->id : "";
}

static void a_new_library_has_what_was_asked_for(void **state)
{
	struct fixture *f = *state;
	const struct library_conf *c;
	struct library *l;
	char path[2 * PATH_MAX];

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_READ);
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
	struct fixture *f = *state;
	char path[2 * PATH_MAX];

	create(f, "one");
	for (unsigned i = 0; i < 4; i++) {
		struct library *l;

		snprintf(path, sizeof(path), forms[i], f->root);
		l = open_lib(f, path, LIBRARY_READ);
		assert_string_equal(library_conf(l)->name, "one");
		library_close(l);
	}
}

static void what_cannot_be_made_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct {
		struct library_plan plan;
		enum library_err err;
		const char *says;
	} row[] = {
		{ plan("x"), LIBRARY_NOT_FOUND, "no model of a library named \"Nonesuch\"" },
		{ plan("x"), LIBRARY_NOT_FOUND, "no model of a drive named \"Nonesuch\"" },
		{ plan("x"), LIBRARY_USAGE, "501 drives: a STK-L700 takes at most 500" },
		{ plan("x"), LIBRARY_USAGE, "64536 slots: a STK-L700 takes at most 64535" },
		{ plan("x"), LIBRARY_USAGE, "491 import/export slots: a STK-L700 takes at most 490" },
		{ plan("a b"), LIBRARY_USAGE, "\"a b\" is no name" },
		{ plan(".x"), LIBRARY_USAGE, "\".x\" is no name" },
		{ plan(""), LIBRARY_USAGE, "\"\" is no name" },
		{ plan("/no/such/place/x"), LIBRARY_FAILED, "/no/such/place: No such file" },
		{ plan("there"), LIBRARY_FAILED, "there already" },
		{ plan("12345678901234567890123456789012345678901234567890123456789012345"), LIBRARY_USAGE, "no name" },
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
	assert_int_equal(entries(f->root), 1);
	assert_int_equal(entries(path), 0);
}

static void a_library_half_made_when_a_crash_came_is_in_nobodys_way(void **state)
{
	struct fixture *f = *state;
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/.new-one", f->root);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/.new-one/library.conf", f->root);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	create(f, "one");
	assert_int_equal(entries(f->root), 1);
}

static int count_dir(void *arg, const char *dir)
{
	(*(unsigned *)arg)++;
	return 0;
}

static void libraries_are_listed_and_deleted(void **state)
{
	struct fixture *f = *state;
	struct why why = { "" };
	unsigned n = 0;

	create(f, "one");
	create(f, "two");
	assert_int_equal(library_each(count_dir, &n, &why), LIBRARY_OK);
	assert_int_equal(n, 2);
	assert_int_equal(library_delete(f->models, "one", &why), LIBRARY_OK);
	assert_int_equal(library_delete(f->models, "one", &why), LIBRARY_NOT_FOUND);
	n = 0;
	assert_int_equal(library_each(count_dir, &n, &why), LIBRARY_OK);
	assert_int_equal(n, 1);
	assert_int_equal(entries(f->root), 1);
}

static void a_second_owner_is_told_who_the_first_is(void **state)
{
	struct fixture *f = *state;
	struct library *l, *other = NULL;
	struct why why = { "" };
	char line[128];

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	library_holder(library_conf(l)->dir, line, sizeof(line));
	assert_string_equal(line, "a test");
	assert_int_equal(library_open(f->models, "one", LIBRARY_OWN, "me", &other, &why), LIBRARY_BUSY);
	assert_non_null(strstr(why.text, "in use by a test"));
	assert_int_equal(library_delete(f->models, "one", &why), LIBRARY_BUSY);
	other = open_lib(f, "one", LIBRARY_READ);
	library_close(other);
	library_close(l);
	library_holder(f->root, line, sizeof(line));
	assert_string_equal(line, "");
	l = open_lib(f, "one", LIBRARY_OWN);
	library_close(l);
}

static void cartridges_fill_the_slots_and_then_the_shelf(void **state)
{
	struct fixture *f = *state;
	struct library *l;
	struct why why = { "" };
	char barcode[16];

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	for (unsigned i = 1; i <= 26; i++) {
		snprintf(barcode, sizeof(barcode), "VTL%03uL8", i);
		assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, barcode, NULL, &why), LIBRARY_OK);
	}
	library_close(l);
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_null(library_note(l, 0));
	assert_string_equal(in(l, "slot:1"), "VTL001L8");
	assert_string_equal(in(l, "slot:24"), "VTL024L8");
	assert_int_equal(library_find(l, "VTL025L8")->place.kind, LIBRARY_SHELF);
	assert_int_equal(library_find(l, "VTL026L8")->place.kind, LIBRARY_SHELF);
	assert_string_equal(library_nth(l, 25)->id, "VTL026L8");
	assert_string_equal(library_nth(l, 0)->form, "LTO-8");
	assert_null(library_nth(l, 26));
	library_close(l);
}

static void a_cartridge_is_what_its_medium_says(void **state)
{
	struct fixture *f = *state;
	struct media_store *store;
	struct media_info info;
	struct why why = { "" };
	struct library *l;

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_int_equal(add(f, l, "LTO-8", MEDIA_WORM_DATA, "VTL001LY", "io:2", &why), LIBRARY_OK);
	assert_int_equal(add(f, l, "LTO-CLN", MEDIA_CLEANING, "CLN001CU", NULL, &why), LIBRARY_OK);
	assert_int_equal(add(f, l, "LTO-7-M8", MEDIA_DATA, "", NULL, &why), LIBRARY_OK);
	assert_string_equal(in(l, "io:2"), "VTL001LY");
	assert_true(library_find(l, "VTL001LY")->operator_placed);
	assert_int_equal(in(l, "slot:2")[0], '@');
	assert_int_equal(strlen(in(l, "slot:2")), 33);
	assert_string_equal(library_at(l, (struct library_place){ LIBRARY_SLOT, 2 })->barcode, "");
	assert_int_equal(library_media_store(l, "VTL001LY", &store, &why), LIBRARY_OK);
	assert_int_equal(media_peek(store, &info, &why), MEDIA_OK);
	store->ops->destroy(store);
	assert_int_equal(info.kind, MEDIA_WORM_DATA);
	assert_int_equal(info.density, 0x5e);
	assert_int_equal(info.geometry.part[0].capacity, 64 << 20);
	assert_int_equal(info.geometry.part[0].early_warning, 4 << 20);
	assert_int_equal(library_media_store(l, "NONESUCH", &store, &why), LIBRARY_NOT_FOUND);
	assert_int_equal(library_media_store(l, "../media", &store, &why), LIBRARY_NOT_FOUND);
	library_close(l);
}

static void wrong_cartridges_are_refused_and_leave_nothing(void **state)
{
	static const struct {
		const char *medium, *barcode, *place;
		enum media_kind kind;
		enum library_err err;
		const char *says;
	} row[] = {
		{ "LTO-8", "VTL001L8", NULL, MEDIA_DATA, LIBRARY_FAILED, "VTL001L8 is there already" },
		{ "LTO-8", "vtl002L8", NULL, MEDIA_DATA, LIBRARY_USAGE, "characters" },
		{ "LTO-8", "../..", NULL, MEDIA_DATA, LIBRARY_USAGE, "characters" },
		{ "LTO-8", "A23456789012345678901234567890123", NULL, MEDIA_DATA, LIBRARY_USAGE, "longer than the 32" },
		{ "LTO-8", "VTL002L8", "slot:1", MEDIA_DATA, LIBRARY_FAILED, "slot:1 is full" },
		{ "LTO-8", "VTL002L8", "slot:25", MEDIA_DATA, LIBRARY_NOT_FOUND, "no slot:25" },
		{ "LTO-8", "VTL002L8", NULL, MEDIA_CLEANING, LIBRARY_USAGE, "no cleaning cartridge" },
		{ "LTO-CLN", "VTL002L8", NULL, MEDIA_DATA, LIBRARY_USAGE, "a cleaning cartridge" },
		{ "LTO-7-M8", "VTL002M8", NULL, MEDIA_WORM_DATA, LIBRARY_USAGE, "no WORM cartridge" },
	};
	struct fixture *f = *state;
	struct library *l;
	struct why why = { "" };
	char media[2 * PATH_MAX];

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	snprintf(media, sizeof(media), "%s/media", library_conf(l)->dir);
	assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:1", &why), LIBRARY_OK);
	for (unsigned i = 0; i < sizeof(row) / sizeof(*row); i++) {
		assert_int_equal(add(f, l, row[i].medium, row[i].kind, row[i].barcode, row[i].place, &why), row[i].err);
		if (!strstr(why.text, row[i].says))
			fail_msg("\"%s\" does not say \"%s\"", why.text, row[i].says);
	}
	assert_int_equal(entries(media), 1);
	assert_null(library_nth(l, 1));
	library_close(l);
	l = open_lib(f, "one", LIBRARY_READ);
	assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, "VTL003L8", NULL, &why), LIBRARY_FAILED);
	library_close(l);
}

static void a_move_is_there_after_opening_again(void **state)
{
	struct fixture *f = *state;
	struct library *l, *reader;
	struct why why = { "" };

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:5", &why), LIBRARY_OK);
	assert_int_equal(move(l, "slot:5", "drive:2", NULL), LIBRARY_OK);
	assert_string_equal(in(l, "drive:2"), "VTL001L8");
	assert_string_equal(in(l, "slot:5"), "");
	assert_int_equal(library_find(l, "VTL001L8")->source.number, 5);
	reader = open_lib(f, "one", LIBRARY_READ);
	assert_string_equal(in(reader, "drive:2"), "VTL001L8");
	library_close(reader);
	assert_int_equal(move(l, "drive:2", "io:1", NULL), LIBRARY_OK);
	library_close(l);
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_string_equal(in(l, "io:1"), "VTL001L8");
	assert_int_equal(library_find(l, "VTL001L8")->source.kind, LIBRARY_SLOT);
	assert_false(library_find(l, "VTL001L8")->operator_placed);
	library_close(l);
}

static void impossible_moves_say_why_and_change_nothing(void **state)
{
	static const struct {
		const char *from, *to;
		enum library_err err;
		const char *says;
	} row[] = {
		{ "slot:3", "slot:4", LIBRARY_NOT_FOUND, "slot:3 is empty" },
		{ "slot:1", "slot:2", LIBRARY_BUSY, "slot:2 is full" },
		{ "slot:1", "slot:99", LIBRARY_NOT_FOUND, "no slot:99" },
		{ "drive:3", "slot:3", LIBRARY_NOT_FOUND, "no drive:3" },
		{ "shelf", "slot:3", LIBRARY_NOT_FOUND, "shelf is empty" },
	};
	struct fixture *f = *state;
	struct library *l;
	struct why why = { "" };

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:1", &why), LIBRARY_OK);
	assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, "VTL002L8", "slot:2", &why), LIBRARY_OK);
	for (unsigned i = 0; i < sizeof(row) / sizeof(*row); i++) {
		assert_int_equal(move(l, row[i].from, row[i].to, &why), row[i].err);
		assert_non_null(strstr(why.text, row[i].says));
	}
	assert_string_equal(in(l, "slot:1"), "VTL001L8");
	assert_string_equal(in(l, "slot:2"), "VTL002L8");
	library_close(l);
}

static void a_cartridge_goes_to_the_shelf_and_comes_back_through_import_export(void **state)
{
	struct library_move m = {
		.from = { LIBRARY_SHELF, 0 }, .to = { LIBRARY_IO, 1 }, .id = "VTL001L8", .done = moved
	};
	struct fixture *f = *state;
	struct library *l;
	struct why why = { "" };

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "io:1", &why), LIBRARY_OK);
	assert_int_equal(move(l, "io:1", "shelf", NULL), LIBRARY_OK);
	assert_int_equal(library_find(l, "VTL001L8")->place.kind, LIBRARY_SHELF);
	library_move(l, &media_exec_inline, &m);
	assert_int_equal(m.err, LIBRARY_OK);
	assert_string_equal(in(l, "io:1"), "VTL001L8");
	assert_true(library_find(l, "VTL001L8")->operator_placed);
	library_close(l);
}

/* An executor that runs nothing until it is told to. */
struct held_exec {
	struct media_exec exec;
	struct media_job *job;
	unsigned submitted;
};

static void hold(struct media_exec *exec, struct media_job *job)
{
	struct held_exec *held = (struct held_exec *)exec;

	assert_null(held->job);		/* one at a time */
	held->job = job;
	held->submitted++;
}

static void run(struct held_exec *held)
{
	struct media_job *job = held->job;

	held->job = NULL;
	job->work(job);
	job->done(job);
}

struct order {
	struct library_move *done[8];
	unsigned count;
};

static void in_order(struct library_move *move)
{
	struct order *order = move->owner;

	order->done[order->count++] = move;
}

static void moves_that_wait_become_durable_together_and_in_order(void **state)
{
	struct held_exec held = { .exec = { hold } };
	struct library_move m[5];
	struct fixture *f = *state;
	struct order order = { .count = 0 };
	struct why why = { "" };
	struct library *l;

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	for (unsigned i = 0; i < 3; i++) {
		char barcode[16];

		snprintf(barcode, sizeof(barcode), "VTL%03uL8", i + 1);
		assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, barcode, NULL, &why), LIBRARY_OK);
	}
	memset(m, 0, sizeof(m));
	for (unsigned i = 0; i < 5; i++) {
		m[i].from = (struct library_place){ LIBRARY_SLOT, i + 1 };
		m[i].to = (struct library_place){ LIBRARY_SLOT, i + 11 };
		m[i].done = in_order;
		m[i].owner = &order;
	}
	m[3].from = m[0].to;		/* depends on the first */
	m[4].from.number = 20;		/* empty */
	for (unsigned i = 0; i < 5; i++)
		library_move(l, &held.exec, &m[i]);
	assert_false(library_idle(l));
	assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, "VTL009L8", NULL, &why), LIBRARY_BUSY);
	run(&held);			/* the first alone: it was not waiting */
	assert_int_equal(order.count, 1);
	run(&held);			/* the rest in one */
	assert_int_equal(held.submitted, 2);
	assert_int_equal(order.count, 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_ptr_equal(order.done[i], &m[i]);
		assert_int_equal(m[i].err, i == 4 ? LIBRARY_NOT_FOUND : LIBRARY_OK);
	}
	assert_true(library_idle(l));
	assert_string_equal(in(l, "slot:14"), "VTL001L8");
	library_close(l);
}

static void a_thousand_moves_end_where_they_should(void **state)
{
	struct fixture *f = *state;
	struct library *l;
	struct why why = { "" };

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:1", &why), LIBRARY_OK);
	for (unsigned i = 0; i < 1000; i++) {
		char from[24], to[24];

		snprintf(from, sizeof(from), "slot:%u", i % 24 + 1);
		snprintf(to, sizeof(to), "slot:%u", (i + 1) % 24 + 1);
		assert_int_equal(move(l, from, to, NULL), LIBRARY_OK);
	}
	library_close(l);
	l = open_lib(f, "one", LIBRARY_READ);
	assert_string_equal(in(l, "slot:17"), "VTL001L8");
	assert_null(library_nth(l, 1));
	library_close(l);
}

static void a_missing_inventory_is_begun_anew_from_the_cartridges(void **state)
{
	struct fixture *f = *state;
	struct library *l;
	struct why why = { "" };
	char path[2 * PATH_MAX];

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_int_equal(add(f, l, "LTO-8", MEDIA_WORM_DATA, "VTL001LY", "io:3", &why), LIBRARY_OK);
	snprintf(path, sizeof(path), "%s/inventory", library_conf(l)->dir);
	library_close(l);
	assert_int_equal(unlink(path), 0);
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_non_null(library_note(l, 0));
	assert_string_equal(in(l, "slot:1"), "VTL001LY");
	assert_int_equal(library_find(l, "VTL001LY")->kind, MEDIA_WORM_DATA);
	library_close(l);
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_null(library_note(l, 0));
	library_close(l);
}

static void a_cartridge_without_its_folder_keeps_its_place_and_is_told(void **state)
{
	struct fixture *f = *state;
	struct library *l;
	struct why why = { "" };
	char path[2 * PATH_MAX];

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:3", &why), LIBRARY_OK);
	snprintf(path, sizeof(path), "%s/media/VTL001L8", library_conf(l)->dir);
	library_close(l);
	assert_int_equal(library_remove_tree(path), 0);
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_non_null(strstr(library_note(l, 0), "VTL001L8 has no folder"));
	assert_string_equal(in(l, "slot:3"), "VTL001L8");
	library_close(l);
}

static void a_cartridge_of_a_slot_that_is_no_more_goes_to_an_empty_one(void **state)
{
	struct fixture *f = *state;
	struct library *l;
	struct why why = { "" };

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_int_equal(add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:24", &why), LIBRARY_OK);
	l->conf.slots = 10;
	assert_int_equal(library_conf_save(l->store, &l->conf, &why), LIBRARY_OK);
	library_close(l);
	l = open_lib(f, "one", LIBRARY_READ);
	assert_string_equal(in(l, "slot:1"), "VTL001L8");
	library_close(l);
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_non_null(strstr(library_note(l, 0), "was in slot:24"));
	assert_string_equal(in(l, "slot:1"), "VTL001L8");
	library_close(l);
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_null(library_note(l, 0));
	library_close(l);
}

static void a_cartridge_half_made_when_a_crash_came_is_gone(void **state)
{
	struct fixture *f = *state;
	struct library *l;
	char path[2 * PATH_MAX];

	create(f, "one");
	snprintf(path, sizeof(path), "%s/one/media/.new-VTL001L8", f->root);
	assert_int_equal(mkdir(path, 0700), 0);
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_int_equal(access(path, F_OK), -1);
	assert_null(library_nth(l, 0));
	library_close(l);
}

static void what_a_drive_keeps_is_there_again(void **state)
{
	struct fixture *f = *state;
	struct library *l;
	struct why why = { "" };
	char buf[16];
	unsigned len = 0;

	create(f, "one");
	l = open_lib(f, "one", LIBRARY_OWN);
	assert_int_equal(library_drive_state_load(l, "D1", buf, sizeof(buf), &len, &why), LIBRARY_NOT_FOUND);
	assert_int_equal(library_drive_state_save(l, "D1", "counters", 8, &why), LIBRARY_OK);
	assert_int_equal(library_drive_state_load(l, "D1", buf, sizeof(buf), &len, &why), LIBRARY_OK);
	assert_int_equal(len, 8);
	assert_memory_equal(buf, "counters", 8);
	assert_int_equal(library_drive_state_load(l, "D2", buf, sizeof(buf), &len, &why), LIBRARY_NOT_FOUND);
	assert_int_equal(library_drive_state_load(l, "D1", buf, 4, &len, &why), LIBRARY_FAILED);
	library_close(l);
}

static void write_conf(struct fixture *f, const char *text)
{
	char path[2 * PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/one/library.conf", f->root);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

#define TOP	"version = 1\nmodel = \"STK-L700\"\nserial = \"S\"\nnaa = 0x3000000000000001\nslots = 10\n" \
		"import_exports = 2\ntransport_address = 1\nimport_export_address = 10\ndrive_address = 500\n"
#define DRIVE	"model = \"IBM-LTO8\"\nserial = \"A\"\nnaa = 0x3000000000000002\naddress = 500\n"

static void a_malformed_configuration_is_refused_with_file_line_and_option(void **state)
{
	static const struct {
		const char *text, *says;
	} row[] = {
		{ TOP "slot_address = 1000\ncolour = \"red\"\n", "library.conf:11: no such option 'colour'" },
		{ TOP, "library.conf:9: the option 'slot_address' is missing" },
		{ TOP "slot_address = 70000\n", "library.conf:10: slot_address: 70000 is out of range" },
		{ TOP "slot_address = many\n", "library.conf:10: slot_address: 'many' is not a number" },
		{ TOP "slot_address = 1000\nslots = 5\n", "library.conf:11: option 'slots' is given twice" },
		{ TOP "slot_address = 65530\n", "slots: element addresses end at 65534" },
		{ TOP "slot_address = 5\n",
		  "the element addresses of slots (5 and on) and import_exports (10 and on) overlap" },
		{ TOP "slot_address = 1000\ndrive \"D1\" {\n" DRIVE "}\ndrive \"D2\" {\n" DRIVE "}\n",
		  "drives D1 and D2 have the same address" },
		{ TOP "slot_address = 1000\ndrive \"D1\" {\n" DRIVE "}\ndrive \"D1\" {\n" DRIVE "}\n",
		  "library.conf:17: found duplicate title 'D1'" },
		{ TOP "slot_address = 495\ndrive \"D1\" {\n" DRIVE "}\n", "overlap" },
		{ TOP "slot_address = 1000\ndrive \"../D1\" {\n" DRIVE "}\n", "\"../D1\" is no name of a drive" },
		{ TOP "slot_address = 1000\ndrive \"D1\" {\nmodel = \"IBM-LTO99\"\n}\n",
		  "library.conf:12: model: 'IBM-LTO99' is no known model" },
		{ TOP "slot_address = 1000\ndrive \"D1\" {\n", "library.conf:11: a section is not closed" },
		{ "version = 2\n", "library.conf:1: version: '2' is newer than this program" },
		{ "", "library.conf:1: the option 'version' is missing" },
	};
	struct fixture *f = *state;
	struct library *l;
	struct why why;

	create(f, "one");
	for (unsigned i = 0; i < sizeof(row) / sizeof(*row); i++) {
		why.text[0] = 0;
		write_conf(f, row[i].text);
		assert_int_equal(library_open(f->models, "one", LIBRARY_READ, "", &l, &why), LIBRARY_FAILED);
		if (!strstr(why.text, row[i].says))
			fail_msg("\"%s\" does not say \"%s\"", why.text, row[i].says);
	}
}

/* A named pipe would keep tgtd's thread, and all disks with it, for ever. */
static void a_configuration_that_is_no_file_is_refused_and_not_waited_for(void **state)
{
	struct fixture *f = *state;
	char path[2 * PATH_MAX];
	struct library *l;
	struct why why = { "" };

	create(f, "one");
	snprintf(path, sizeof(path), "%s/one/library.conf", f->root);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10);
	assert_int_equal(library_open(f->models, "one", LIBRARY_READ, "", &l, &why), LIBRARY_FAILED);
	alarm(0);
	assert_non_null(strstr(why.text, "library.conf: not a file"));
}

static void what_is_no_library_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct library *l;
	struct why why;

	assert_int_equal(library_open(f->models, "nonesuch", LIBRARY_READ, "", &l, &why), LIBRARY_NOT_FOUND);
	assert_int_equal(library_open(f->models, f->root, LIBRARY_READ, "", &l, &why), LIBRARY_NOT_FOUND);
	assert_non_null(strstr(why.text, "is not a tape library"));
	assert_int_equal(library_open(f->models, "a b", LIBRARY_READ, "", &l, &why), LIBRARY_USAGE);
}

static void the_configuration_survives_being_written_and_read(void **state)
{
	struct fixture *f = *state;
	struct library *a, *b;
	struct why why = { "" };

	create(f, "one");
	a = open_lib(f, "one", LIBRARY_OWN);
	a->conf.drive[1].codec = MEDIA_CODEC_ZSTD;
	a->conf.drive[1].codec_level = 3;
	a->conf.drive[1].buffer = 64;
	for (enum vtl_time t = 0; t < VTL_TIMES; t++)
		a->conf.drive[1].time_ms[t] = 100 + t;
	assert_int_equal(library_conf_save(a->store, &a->conf, &why), LIBRARY_OK);
	b = open_lib(f, "one", LIBRARY_READ);
	assert_memory_equal(a->conf.drive, b->conf.drive, 2 * sizeof(*a->conf.drive));
	a->conf.drive = (free(a->conf.drive), NULL);
	struct library_drive *drive = b->conf.drive;
	b->conf.drive = NULL;
	assert_memory_equal(&a->conf, &b->conf, sizeof(a->conf));
	free(drive);
	library_close(a);
	library_close(b);
}

static void places_are_read_and_written_as_text(void **state)
{
	static const char *const good[] = { "slot:3", "drive:1", "io:2", "transport:1", "shelf" };
	static const char *const bad[] = { "slot", "slot:", "slot:0", "slot:-1", "slot:1x", "slot:99999999999",
					   "bay:1", "" };
	struct library_place place;
	char text[24];

	for (unsigned i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(library_place_parse(good[i], &place));
		assert_string_equal(library_place_text(place, text, sizeof(text)), good[i]);
	}
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(library_place_parse(bad[i], &place));
}

#define T(f)	cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_new_library_has_what_was_asked_for),
		T(it_opens_by_name_directory_or_a_file_in_it),
		T(what_cannot_be_made_leaves_nothing_behind),
		T(a_library_half_made_when_a_crash_came_is_in_nobodys_way),
		T(libraries_are_listed_and_deleted),
		T(a_second_owner_is_told_who_the_first_is),
		T(cartridges_fill_the_slots_and_then_the_shelf),
		T(a_cartridge_is_what_its_medium_says),
		T(wrong_cartridges_are_refused_and_leave_nothing),
		T(a_move_is_there_after_opening_again),
		T(impossible_moves_say_why_and_change_nothing),
		T(a_cartridge_goes_to_the_shelf_and_comes_back_through_import_export),
		T(moves_that_wait_become_durable_together_and_in_order),
		T(a_thousand_moves_end_where_they_should),
		T(a_missing_inventory_is_begun_anew_from_the_cartridges),
		T(a_cartridge_without_its_folder_keeps_its_place_and_is_told),
		T(a_cartridge_of_a_slot_that_is_no_more_goes_to_an_empty_one),
		T(a_cartridge_half_made_when_a_crash_came_is_gone),
		T(what_a_drive_keeps_is_there_again),
		T(a_malformed_configuration_is_refused_with_file_line_and_option),
		T(a_configuration_that_is_no_file_is_refused_and_not_waited_for),
		T(what_is_no_library_is_not_found),
		T(the_configuration_survives_being_written_and_read),
		cmocka_unit_test(places_are_read_and_written_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
