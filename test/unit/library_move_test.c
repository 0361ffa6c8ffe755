/* SPDX-License-Identifier: GPL-2.0-only */
/* Cartridges of a library: where they are, what moves them, and what a crash leaves of that. */
#include "library_world.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void cartridges_fill_the_slots_and_then_the_shelf(void **state)
{
	struct lib_world *f = *state;
	struct library *l;
	struct why why = { "" };
	char barcode[16];

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	for (unsigned i = 1; i <= 26; i++) {
		snprintf(barcode, sizeof(barcode), "VTL%03uL8", i);
		assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, barcode, NULL, &why), LIBRARY_OK);
	}
	library_close(l);
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_null(library_note(l, 0));
	assert_string_equal(lib_in(l, "slot:1"), "VTL001L8");
	assert_string_equal(lib_in(l, "slot:24"), "VTL024L8");
	assert_int_equal(library_find(l, "VTL025L8")->place.kind, LIBRARY_SHELF);
	assert_int_equal(library_find(l, "VTL026L8")->place.kind, LIBRARY_SHELF);
	assert_string_equal(library_nth(l, 25)->id, "VTL026L8");
	assert_string_equal(library_nth(l, 0)->form, "LTO-8");
	assert_null(library_nth(l, 26));
	library_close(l);
}

static void a_cartridge_is_what_its_medium_says(void **state)
{
	struct lib_world *f = *state;
	struct media_store *store;
	struct media_info info;
	struct why why = { "" };
	struct library *l;

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_WORM_DATA, "VTL001LY", "io:2", &why), LIBRARY_OK);
	assert_int_equal(lib_add(f, l, "LTO-CLN", MEDIA_CLEANING, "CLN001CU", NULL, &why), LIBRARY_OK);
	assert_int_equal(lib_add(f, l, "LTO-7-M8", MEDIA_DATA, "", NULL, &why), LIBRARY_OK);
	assert_string_equal(lib_in(l, "io:2"), "VTL001LY");
	assert_true(library_find(l, "VTL001LY")->operator_placed);
	assert_int_equal(lib_in(l, "slot:2")[0], '@');
	assert_int_equal(strlen(lib_in(l, "slot:2")), 33);
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
	struct lib_world *f = *state;
	struct library *l;
	struct why why = { "" };
	char media[2 * PATH_MAX];

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	snprintf(media, sizeof(media), "%s/media", library_conf(l)->dir);
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:1", &why), LIBRARY_OK);
	for (unsigned i = 0; i < sizeof(row) / sizeof(*row); i++) {
		assert_int_equal(lib_add(f, l, row[i].medium, row[i].kind, row[i].barcode, row[i].place, &why),
				 row[i].err);
		if (!strstr(why.text, row[i].says))
			fail_msg("\"%s\" does not say \"%s\"", why.text, row[i].says);
	}
	assert_int_equal(lib_entries(media), 1);
	assert_null(library_nth(l, 1));
	library_close(l);
	l = lib_open(f, "one", LIBRARY_READ);
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, "VTL003L8", NULL, &why), LIBRARY_FAILED);
	library_close(l);
}

static void a_move_is_there_after_opening_again(void **state)
{
	struct lib_world *f = *state;
	struct library *l, *reader;
	struct why why = { "" };

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:5", &why), LIBRARY_OK);
	assert_int_equal(lib_move(l, "slot:5", "drive:2", NULL), LIBRARY_OK);
	assert_string_equal(lib_in(l, "drive:2"), "VTL001L8");
	assert_string_equal(lib_in(l, "slot:5"), "");
	assert_int_equal(library_find(l, "VTL001L8")->source.number, 5);
	reader = lib_open(f, "one", LIBRARY_READ);
	assert_string_equal(lib_in(reader, "drive:2"), "VTL001L8");
	library_close(reader);
	assert_int_equal(lib_move(l, "drive:2", "io:1", NULL), LIBRARY_OK);
	library_close(l);
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_string_equal(lib_in(l, "io:1"), "VTL001L8");
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
	struct lib_world *f = *state;
	struct library *l;
	struct why why = { "" };

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:1", &why), LIBRARY_OK);
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, "VTL002L8", "slot:2", &why), LIBRARY_OK);
	for (unsigned i = 0; i < sizeof(row) / sizeof(*row); i++) {
		assert_int_equal(lib_move(l, row[i].from, row[i].to, &why), row[i].err);
		assert_non_null(strstr(why.text, row[i].says));
	}
	assert_string_equal(lib_in(l, "slot:1"), "VTL001L8");
	assert_string_equal(lib_in(l, "slot:2"), "VTL002L8");
	library_close(l);
}

static void a_cartridge_goes_to_the_shelf_and_comes_back_through_import_export(void **state)
{
	struct library_move m = {
		.from = { LIBRARY_SHELF, 0 }, .to = { LIBRARY_IO, 1 }, .id = "VTL001L8", .done = lib_moved
	};
	struct lib_world *f = *state;
	struct library *l;
	struct why why = { "" };

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "io:1", &why), LIBRARY_OK);
	assert_int_equal(lib_move(l, "io:1", "shelf", NULL), LIBRARY_OK);
	assert_int_equal(library_find(l, "VTL001L8")->place.kind, LIBRARY_SHELF);
	library_move(l, &media_exec_inline, &m);
	assert_int_equal(m.err, LIBRARY_OK);
	assert_string_equal(lib_in(l, "io:1"), "VTL001L8");
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
	struct lib_world *f = *state;
	struct order order = { .count = 0 };
	struct why why = { "" };
	struct library *l;

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	for (unsigned i = 0; i < 3; i++) {
		char barcode[16];

		snprintf(barcode, sizeof(barcode), "VTL%03uL8", i + 1);
		assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, barcode, NULL, &why), LIBRARY_OK);
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
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, "VTL009L8", NULL, &why), LIBRARY_BUSY);
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
	assert_string_equal(lib_in(l, "slot:14"), "VTL001L8");
	library_close(l);
}

static void a_thousand_moves_end_where_they_should(void **state)
{
	struct lib_world *f = *state;
	struct library *l;
	struct why why = { "" };

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:1", &why), LIBRARY_OK);
	for (unsigned i = 0; i < 1000; i++) {
		char from[24], to[24];

		snprintf(from, sizeof(from), "slot:%u", i % 24 + 1);
		snprintf(to, sizeof(to), "slot:%u", (i + 1) % 24 + 1);
		assert_int_equal(lib_move(l, from, to, NULL), LIBRARY_OK);
	}
	library_close(l);
	l = lib_open(f, "one", LIBRARY_READ);
	assert_string_equal(lib_in(l, "slot:17"), "VTL001L8");
	assert_null(library_nth(l, 1));
	library_close(l);
}

static void a_missing_inventory_is_begun_anew_from_the_cartridges(void **state)
{
	struct lib_world *f = *state;
	struct library *l;
	struct why why = { "" };
	char path[2 * PATH_MAX];

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_WORM_DATA, "VTL001LY", "io:3", &why), LIBRARY_OK);
	snprintf(path, sizeof(path), "%s/inventory", library_conf(l)->dir);
	library_close(l);
	assert_int_equal(unlink(path), 0);
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_non_null(library_note(l, 0));
	assert_string_equal(lib_in(l, "slot:1"), "VTL001LY");
	assert_int_equal(library_find(l, "VTL001LY")->kind, MEDIA_WORM_DATA);
	library_close(l);
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_null(library_note(l, 0));
	library_close(l);
}

static void a_cartridge_without_its_folder_keeps_its_place_and_is_told(void **state)
{
	struct lib_world *f = *state;
	struct library *l;
	struct why why = { "" };
	char path[2 * PATH_MAX];

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:3", &why), LIBRARY_OK);
	snprintf(path, sizeof(path), "%s/media/VTL001L8", library_conf(l)->dir);
	library_close(l);
	assert_int_equal(library_remove_tree(path), 0);
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_non_null(strstr(library_note(l, 0), "VTL001L8 has no folder"));
	assert_string_equal(lib_in(l, "slot:3"), "VTL001L8");
	library_close(l);
}

static void a_cartridge_of_a_slot_that_is_no_more_goes_to_an_empty_one(void **state)
{
	struct lib_world *f = *state;
	struct library *l;
	struct why why = { "" };

	lib_create(f, "one");
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_int_equal(lib_add(f, l, "LTO-8", MEDIA_DATA, "VTL001L8", "slot:24", &why), LIBRARY_OK);
	l->conf.slots = 10;
	assert_int_equal(library_conf_save(l->store, &l->conf, &why), LIBRARY_OK);
	library_close(l);
	l = lib_open(f, "one", LIBRARY_READ);
	assert_string_equal(lib_in(l, "slot:1"), "VTL001L8");
	library_close(l);
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_non_null(strstr(library_note(l, 0), "was in slot:24"));
	assert_string_equal(lib_in(l, "slot:1"), "VTL001L8");
	library_close(l);
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_null(library_note(l, 0));
	library_close(l);
}

static void a_cartridge_half_made_when_a_crash_came_is_gone(void **state)
{
	struct lib_world *f = *state;
	struct library *l;
	char path[2 * PATH_MAX];

	lib_create(f, "one");
	snprintf(path, sizeof(path), "%s/one/media/.new-VTL001L8", f->root);
	assert_int_equal(mkdir(path, 0700), 0);
	l = lib_open(f, "one", LIBRARY_OWN);
	assert_int_equal(access(path, F_OK), -1);
	assert_null(library_nth(l, 0));
	library_close(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIB_TEST(cartridges_fill_the_slots_and_then_the_shelf),
		LIB_TEST(a_cartridge_is_what_its_medium_says),
		LIB_TEST(wrong_cartridges_are_refused_and_leave_nothing),
		LIB_TEST(a_move_is_there_after_opening_again),
		LIB_TEST(impossible_moves_say_why_and_change_nothing),
		LIB_TEST(a_cartridge_goes_to_the_shelf_and_comes_back_through_import_export),
		LIB_TEST(moves_that_wait_become_durable_together_and_in_order),
		LIB_TEST(a_thousand_moves_end_where_they_should),
		LIB_TEST(a_missing_inventory_is_begun_anew_from_the_cartridges),
		LIB_TEST(a_cartridge_without_its_folder_keeps_its_place_and_is_told),
		LIB_TEST(a_cartridge_of_a_slot_that_is_no_more_goes_to_an_empty_one),
		LIB_TEST(a_cartridge_half_made_when_a_crash_came_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
