/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of library_alter(): elements, drives, the name and cartridges of a library change as a whole, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parts.h"
#include "store_fault.h"

struct fixture {
	struct vtl_models *models;
	struct library *library;
	char root[64];
};

/* ---- world ---- */

static void reopen(struct fixture *f)
{
	struct why why = { "" };

	library_close(f->library);
	f->library = NULL;
	if (library_open(f->models, "main", LIBRARY_OWN, "a test", &f->library, &why))
		fail_msg("%s", why.text);
}

static int begin(void **state)
{
	const struct library_plan plan = { .name = "main", .model = "STK-L700", .drives = { { "IBM-LTO8", 3 } },
					   .drive_rows = 1, .slots = 4, .import_exports = 3 };
	struct fixture *f = calloc(1, sizeof(*f));
	struct why why = { "" };

	*state = f;
	strcpy(f->root, "/tmp/vtl-alter-XXXXXX");
	if (!mkdtemp(f->root) || setenv("VTL_LIBRARY_ROOT", f->root, 1))
		return -1;
	f->models = vtl_models_load("conf/models", &why);
	return !f->models || library_create(f->models, &plan, &why) ||
	       library_open(f->models, "main", LIBRARY_OWN, "a test", &f->library, &why);
}

static int end(void **state)
{
	struct fixture *f = *state;
	char command[128];

	library_close(f->library);
	vtl_models_free(f->models);
	snprintf(command, sizeof(command), "rm -rf %s", f->root);
	free(f);
	unsetenv("VTL_LIBRARY_ROOT");
	return system(command);
}

static void ended(struct library_alter *alter)
{
	alter->owner = alter;
}

static enum library_err alter(struct fixture *f, struct library_alter *a)
{
	a->done = ended;
	a->owner = NULL;
	library_alter(f->library, &media_exec_inline, a);
	assert_ptr_equal(a->owner, a);
	return a->err;
}

static enum library_err alter_name(struct fixture *f, struct library_alter *a, enum library_alteration what,
				   const char *text)
{
	*a = (struct library_alter){ .what = what, .text = text };
	return alter(f, a);
}

static struct library_alter *parts(void)
{
	static struct library_alter a;

	memset(&a, 0, sizeof(a));
	return &a;
}

static void add_cartridge(struct fixture *f, const char *barcode, const char *where)
{
	struct library_place place;
	struct why why = { "" };

	assert_true(library_place_parse(where, &place));
	if (library_add_cartridge(f->library, vtl_models_medium(f->models, "LTO-8"), MEDIA_DATA, barcode,
				  (struct library_size){ 64 << 20, false }, place, &why))
		fail_msg("%s", why.text);
}

static const char *at(struct fixture *f, const char *where)
{
	const struct library_cartridge *c;
	struct library_place place;

	assert_true(library_place_parse(where, &place));
	c = library_at(f->library, place);
	return c ? c->id : "";
}

static bool exists(struct fixture *f, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", f->root, name);
	return !access(path, F_OK);
}

static const struct library_conf *conf(struct fixture *f)
{
	return library_conf(f->library);
}

/* ---- slots and stations ---- */

static void slots_that_are_added_hold_cartridges_also_when_it_is_opened_again(void **state)
{
	struct fixture *f = *state;
	struct library_alter *a = parts();

	a->edit = (struct library_edit){ .set_slots = true, .slots = 7 };
	assert_int_equal(alter(f, a), LIBRARY_OK);
	assert_int_equal(conf(f)->slots, 7);
	add_cartridge(f, "ALT007L8", "slot:7");
	reopen(f);
	assert_int_equal(conf(f)->slots, 7);
	assert_string_equal(at(f, "slot:7"), "ALT007L8");
}

static void a_slot_that_is_not_empty_does_not_go_and_is_named(void **state)
{
	struct fixture *f = *state;
	struct library_alter *a = parts();

	add_cartridge(f, "ALT003L8", "slot:3");
	a->edit = (struct library_edit){ .set_slots = true, .slots = 2 };
	assert_int_equal(alter(f, a), LIBRARY_BUSY);
	assert_string_equal(a->why.text, "slot:3 is not empty: cartridge ALT003L8 is in it");
	assert_int_equal(conf(f)->slots, 4);
	reopen(f);
	assert_int_equal(conf(f)->slots, 4);
	a->edit.slots = 3;
	assert_int_equal(alter(f, a), LIBRARY_OK);
	assert_string_equal(at(f, "slot:3"), "ALT003L8");
}

static void moved(struct library_move *move)
{
	move->owner = move;
}

static enum library_err carry(struct fixture *f, const char *from, const char *to, struct why *why)
{
	struct library_move move = { .done = moved };

	assert_true(library_place_parse(from, &move.from) && library_place_parse(to, &move.to));
	library_move(f->library, &media_exec_inline, &move);
	assert_ptr_equal(move.owner, &move);
	*why = move.why;
	return move.err;
}

static void a_cartridge_whose_slot_has_gone_comes_home_to_another(void **state)
{
	struct fixture *f = *state;
	struct library_alter *a = parts();
	struct library_place home;
	struct why why;

	add_cartridge(f, "ALT004L8", "slot:4");
	assert_int_equal(carry(f, "slot:4", "drive:1", &why), LIBRARY_OK);
	a->edit = (struct library_edit){ .set_slots = true, .slots = 3 };
	assert_int_equal(alter(f, a), LIBRARY_OK);
	home = library_home(f->library, library_find(f->library, "ALT004L8"));
	assert_true(home.kind == LIBRARY_SLOT && home.number == 1);
	assert_int_equal(carry(f, "drive:1", "slot:4", &why), LIBRARY_NOT_FOUND);
	assert_string_equal(why.text, "there is no slot:4");
}

static void import_export_slots_are_divided_into_other_stations_but_not_while_one_is_open(void **state)
{
	struct fixture *f = *state;
	struct library_io io = { .action = LIBRARY_IO_OPEN, .what = "station:1" };
	struct library_alter *a = parts();
	struct why why = { "" };

	a->edit = (struct library_edit){ .set_stations = true, .station = { 2, 3 } };
	assert_int_equal(alter(f, a), LIBRARY_OK);
	assert_int_equal(conf(f)->import_exports, 5);
	reopen(f);
	assert_int_equal(conf(f)->station[1], 3);
	assert_int_equal(library_io_prepare(f->library, &io, &why), LIBRARY_OK);
	io.move.done = moved;
	library_move(f->library, &media_exec_inline, &io.move);
	a->edit.station[1] = 1;
	assert_int_equal(alter(f, a), LIBRARY_BUSY);
	assert_non_null(strstr(a->why.text, "io:1"));
	assert_int_equal(conf(f)->import_exports, 5);
}

static void what_the_model_does_not_take_is_refused(void **state)
{
	struct fixture *f = *state;
	struct library_alter *a = parts();

	a->edit = (struct library_edit){ .set_slots = true, .slots = 64536 };
	assert_int_equal(alter(f, a), LIBRARY_USAGE);
	assert_non_null(strstr(a->why.text, "takes at most"));
	assert_int_equal(conf(f)->slots, 4);
}

/* ---- drives ---- */

static void drives_that_are_added_have_addresses_doors_and_serial_numbers_of_their_own(void **state)
{
	struct fixture *f = *state;
	struct library_alter *a = parts();

	a->edit = (struct library_edit){ .add = { { vtl_models_drive(f->models, "IBM-LTO9"), 2 } }, .add_rows = 1 };
	assert_int_equal(alter(f, a), LIBRARY_OK);
	reopen(f);
	assert_int_equal(conf(f)->drives, 5);
	assert_string_equal(conf(f)->drive[4].id, "D5");
	assert_string_equal(conf(f)->drive[4].model->name, "IBM-LTO9");
	assert_int_equal(conf(f)->drive[4].address, conf(f)->drive[0].address + 4);
	assert_true(conf(f)->drive[4].naa && conf(f)->drive[4].naa != conf(f)->drive[3].naa);
	for (unsigned i = 0; i < 4; i++)
		assert_string_not_equal(conf(f)->drive[4].serial, conf(f)->drive[i].serial);
	assert_true(exists(f, "main/drives/D4.drive") && exists(f, "main/drives/D5.drive"));
	add_cartridge(f, "ALT005L8", "drive:5");
}

static void the_codec_of_a_drive_changes_and_what_it_has_not_is_refused(void **state)
{
	struct fixture *f = *state;
	struct library_alter *a = parts();
	enum media_codec codec;
	int level;

	assert_true(library_codec_parse("zstd:19", &codec, &level) && codec == MEDIA_CODEC_ZSTD && level == 19);
	assert_false(library_codec_parse("zstd:", &codec, &level) || library_codec_parse("zlib:10", &codec, &level) ||
		     library_codec_parse("rar", &codec, &level) || library_codec_parse("", &codec, &level));
	a->edit = (struct library_edit){ .codec = { { "drive:2", MEDIA_CODEC_ZSTD, 19 }, { "D1", MEDIA_CODEC_LZ4, 0 } },
					 .codecs = 2 };
	assert_int_equal(alter(f, a), LIBRARY_OK);
	reopen(f);
	assert_int_equal(conf(f)->drive[0].codec, MEDIA_CODEC_LZ4);
	assert_int_equal(conf(f)->drive[1].codec, MEDIA_CODEC_ZSTD);
	assert_int_equal(conf(f)->drive[1].codec_level, 19);
	a->edit.codec[0].drive = "D9";
	assert_int_equal(alter(f, a), LIBRARY_NOT_FOUND);
	assert_int_equal(conf(f)->drive[0].codec, MEDIA_CODEC_LZ4);
}

static void the_last_drive_goes_with_its_bay_and_one_in_between_leaves_it_empty(void **state)
{
	struct fixture *f = *state;
	struct library_alter *a = parts();
	struct why why;

	assert_int_equal(library_drive_state_save(f->library, "D3", "kept", 4, NULL), LIBRARY_OK);
	add_cartridge(f, "ALT001L8", "slot:1");
	a->edit = (struct library_edit){ .remove = { "D3" }, .removes = 1 };
	assert_int_equal(alter(f, a), LIBRARY_OK);
	assert_int_equal(conf(f)->drives, 2);
	assert_false(exists(f, "main/drives/D3.drive") || exists(f, "main/drives/D3.state"));
	a->edit.remove[0] = "drive:1";
	assert_int_equal(alter(f, a), LIBRARY_OK);
	assert_int_equal(conf(f)->drives, 2);
	for (unsigned turn = 0; turn < 2; turn++) {
		assert_true(conf(f)->drive[0].absent);
		assert_int_equal(library_place_state(f->library, (struct library_place){ LIBRARY_DRIVE, 1 }),
				 LIBRARY_PLACE_OUT);
		assert_int_equal(carry(f, "slot:1", "drive:1", &why), LIBRARY_NOT_FOUND);
		reopen(f);
	}
	assert_int_equal(carry(f, "slot:1", "drive:2", &why), LIBRARY_OK);
	a->edit.remove[0] = "D1";
	assert_int_equal(alter(f, a), LIBRARY_NOT_FOUND);
	a->edit.remove[0] = "D2";
	assert_int_equal(alter(f, a), LIBRARY_BUSY);
	assert_string_equal(a->why.text, "drive:2 is not empty: cartridge ALT001L8 is in it");
}

static void a_new_drive_goes_into_the_empty_bay_and_keeps_nothing_of_the_one_before(void **state)
{
	struct fixture *f = *state;
	uint16_t address = conf(f)->drive[1].address;
	struct library_alter *a = parts();
	char serial[LIBRARY_SERIAL_LEN + 1], kept[8];
	unsigned len;

	strcpy(serial, conf(f)->drive[1].serial);
	assert_int_equal(library_drive_state_save(f->library, "D2", "old", 3, NULL), LIBRARY_OK);
	a->edit = (struct library_edit){ .remove = { "D2" }, .removes = 1 };
	assert_int_equal(alter(f, a), LIBRARY_OK);
	/* It was still saving when it was taken out. */
	assert_int_equal(library_drive_state_save(f->library, "D2", "old", 3, NULL), LIBRARY_OK);
	a->edit = (struct library_edit){ .add = { { vtl_models_drive(f->models, "IBM-LTO9"), 1 } }, .add_rows = 1 };
	assert_int_equal(alter(f, a), LIBRARY_OK);
	reopen(f);
	assert_int_equal(conf(f)->drives, 3);
	assert_false(conf(f)->drive[1].absent);
	assert_int_equal(conf(f)->drive[1].address, address);
	assert_string_not_equal(conf(f)->drive[1].serial, serial);
	assert_int_equal(library_drive_state_load(f->library, conf(f)->drive[1].id, kept, sizeof(kept), &len, NULL),
			 LIBRARY_NOT_FOUND);
}

/* ---- name ---- */

static void a_library_is_renamed_while_it_is_held(void **state)
{
	struct fixture *f = *state;
	struct library_alter a;
	char line[64];

	add_cartridge(f, "ALT001L8", "slot:1");
	assert_int_equal(alter_name(f, &a, LIBRARY_ALTER_NAME, "other"), LIBRARY_OK);
	assert_string_equal(conf(f)->name, "other");
	assert_true(exists(f, "other/library.conf") && !exists(f, "main"));
	library_holder(conf(f)->dir, line, sizeof(line));
	assert_string_equal(line, "a test");
	add_cartridge(f, "ALT002L8", "slot:2");
	assert_true(exists(f, "other/media/ALT002L8"));
	assert_int_equal(alter_name(f, &a, LIBRARY_ALTER_NAME, "main"), LIBRARY_OK);
	reopen(f);
	assert_string_equal(at(f, "slot:2"), "ALT002L8");
}

static void a_name_that_is_taken_or_is_none_is_refused(void **state)
{
	struct fixture *f = *state;
	struct library_alter a;
	char path[128];

	snprintf(path, sizeof(path), "%s/taken", f->root);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(alter_name(f, &a, LIBRARY_ALTER_NAME, "taken"), LIBRARY_FAILED);
	assert_non_null(strstr(a.why.text, "taken"));
	assert_int_equal(alter_name(f, &a, LIBRARY_ALTER_NAME, "../main"), LIBRARY_USAGE);
	assert_string_equal(conf(f)->name, "main");
	assert_true(exists(f, "main/library.conf"));
}

/* ---- cartridges ---- */

static void a_deleted_cartridge_is_gone_also_when_it_is_opened_again(void **state)
{
	struct fixture *f = *state;
	struct library_alter a;
	struct why why;

	add_cartridge(f, "ALT001L8", "slot:1");
	add_cartridge(f, "ALT002L8", "slot:2");
	assert_int_equal(alter_name(f, &a, LIBRARY_ALTER_DELETE, "ALT001L8"), LIBRARY_OK);
	assert_string_equal(at(f, "slot:1"), "");
	assert_false(exists(f, "main/media/ALT001L8"));
	reopen(f);
	assert_null(library_find(f->library, "ALT001L8"));
	assert_null(library_note(f->library, 0));
	assert_int_equal(alter_name(f, &a, LIBRARY_ALTER_DELETE, "ALT001L8"), LIBRARY_NOT_FOUND);
	assert_int_equal(carry(f, "slot:2", "drive:1", &why), LIBRARY_OK);
	assert_int_equal(alter_name(f, &a, LIBRARY_ALTER_DELETE, "ALT002L8"), LIBRARY_BUSY);
	assert_string_equal(a.why.text, "cartridge ALT002L8 is in drive:1");
}

static void a_deletion_that_a_crash_cut_short_goes_on_when_it_is_opened(void **state)
{
	struct fixture *f = *state;
	char from[128], to[128];

	add_cartridge(f, "ALT001L8", "slot:1");
	snprintf(from, sizeof(from), "%s/main/media/ALT001L8", f->root);
	snprintf(to, sizeof(to), "%s/main/media/.gone-ALT001L8", f->root);
	assert_int_equal(rename(from, to), 0);
	reopen(f);
	assert_null(library_find(f->library, "ALT001L8"));
	assert_non_null(strstr(library_note(f->library, 0), "ALT001L8 was being deleted"));
	assert_false(exists(f, "main/media/.gone-ALT001L8"));
	/* A cartridge of that name that was made since is another. */
	add_cartridge(f, "ALT001L8", "slot:1");
	assert_int_equal(mkdir(to, 0700), 0);
	reopen(f);
	assert_string_equal(at(f, "slot:1"), "ALT001L8");
	assert_false(exists(f, "main/media/.gone-ALT001L8"));
}

/* The kill comes after the inventory has it, and before its folder has its name; or before both. */
static void a_cartridge_that_was_being_made_is_where_it_was_wanted_or_not_there_at_all(void **state)
{
	struct fixture *f = *state;
	char from[128], to[128];

	add_cartridge(f, "ALT001L8", "slot:3");
	snprintf(from, sizeof(from), "%s/main/media/ALT001L8", f->root);
	snprintf(to, sizeof(to), "%s/main/media/.new-ALT001L8", f->root);
	assert_int_equal(rename(from, to), 0);
	snprintf(to, sizeof(to), "%s/main/media/.new-ALT002L8", f->root);
	assert_int_equal(mkdir(to, 0700), 0);
	reopen(f);
	assert_string_equal(at(f, "slot:3"), "ALT001L8");
	assert_null(library_note(f->library, 0));
	assert_true(exists(f, "main/media/ALT001L8/cartridge"));
	assert_null(library_find(f->library, "ALT002L8"));
	assert_false(exists(f, "main/media/.new-ALT001L8") || exists(f, "main/media/.new-ALT002L8"));
}

static void a_deletion_that_the_inventory_cannot_take_leaves_the_cartridge(void **state)
{
	struct fixture *f = *state;
	struct media_store *under = f->library->store;
	struct library_alter a;

	add_cartridge(f, "ALT001L8", "slot:1");
	assert_int_equal(media_store_fault(under, &f->library->store), 0);
	journal_close(&f->library->journal);
	f->library->journal.store = f->library->store;
	media_fault_fail(f->library->store, MEDIA_FAULT_REPLACE, 1, 0, 5);
	assert_int_equal(alter_name(f, &a, LIBRARY_ALTER_DELETE, "ALT001L8"), LIBRARY_FAILED);
	assert_true(exists(f, "main/media/ALT001L8"));
	f->library->store->ops->destroy(f->library->store);
	f->library->store = f->library->journal.store = under;
	reopen(f);
	assert_string_equal(at(f, "slot:1"), "ALT001L8");
}

/* ---- crashes and failures ---- */

/* Old: three drives and four slots. New: D2 out, two more of another kind, nine slots, two stations. */
static void big_edit(struct fixture *f, struct library_alter *a)
{
	*a = (struct library_alter){ .what = LIBRARY_ALTER_PARTS };
	a->edit = (struct library_edit){ .set_slots = true, .slots = 9, .set_stations = true, .station = { 1, 1 },
					 .add = { { vtl_models_drive(f->models, "IBM-LTO9"), 2 } }, .add_rows = 1,
					 .remove = { "D2" }, .removes = 1 };
}

static bool is_new(struct fixture *f)
{
	return conf(f)->slots == 9;
}

static void expect_whole(struct fixture *f)
{
	const struct library_conf *c = conf(f);
	char door[128];

	assert_int_equal(c->slots, is_new(f) ? 9 : 4);
	assert_int_equal(c->import_exports, is_new(f) ? 2 : 3);
	assert_int_equal(c->drives, is_new(f) ? 4 : 3);
	for (unsigned i = 0; i < c->drives; i++) {
		assert_string_equal(c->drive[i].model->name,
				    is_new(f) && (i == 1 || i == 3) ? "IBM-LTO9" : "IBM-LTO8");
		snprintf(door, sizeof(door), "main/drives/%s.drive", c->drive[i].id);
		assert_true(exists(f, door));
	}
	assert_string_equal(at(f, "slot:1"), "ALT001L8");
	assert_string_equal(at(f, "drive:3"), "ALT003L8");
}

/* The nth change of the library's files, and all after it, find the disk gone, as when the process was killed there. */
static void whatever_moment_a_kill_comes_at_leaves_the_old_library_or_the_new_one(void **state)
{
	static const enum media_fault_op ops[] = { MEDIA_FAULT_REPLACE, MEDIA_FAULT_REMOVE, MEDIA_FAULT_CREATE };
	struct fixture *f = *state;
	unsigned seen[2] = { 0, 0 };
	struct library_alter a;

	add_cartridge(f, "ALT001L8", "slot:1");
	add_cartridge(f, "ALT003L8", "drive:3");
	for (unsigned n = 1; n < 12 && !seen[1]; n++) {
		struct media_store *store = f->library->store, *drives = f->library->drives;

		assert_int_equal(media_store_fault(store, &f->library->store), 0);
		assert_int_equal(media_store_fault(drives, &f->library->drives), 0);
		/* Doors come first, then library.conf, then what goes: a kill within the nth door, or after them. */
		for (unsigned i = 0; i < 3; i++) {
			media_fault_fail(f->library->drives, ops[i], n <= 2 ? n : n == 3 ? 3 : n - 3, 0, 5);
			if (n <= 3)
				media_fault_fail(f->library->store, ops[i], 1, 0, 5);
		}
		big_edit(f, &a);
		(void)alter(f, &a);
		f->library->store->ops->destroy(f->library->store);
		f->library->drives->ops->destroy(f->library->drives);
		f->library->store = store;
		f->library->drives = drives;
		reopen(f);
		expect_whole(f);
		seen[is_new(f)]++;
	}
	assert_true(seen[0] && seen[1]);
}

static void a_configuration_that_cannot_be_written_is_put_back_even_where_it_was_there_already(void **state)
{
	struct fixture *f = *state;
	struct media_store *store = f->library->store;
	struct library_alter a;

	add_cartridge(f, "ALT001L8", "slot:1");
	add_cartridge(f, "ALT003L8", "drive:3");
	assert_int_equal(media_store_fault(store, &f->library->store), 0);
	media_fault_fail(f->library->store, MEDIA_FAULT_REPLACE, 1, 1, 5);
	media_fault_late_replace(f->library->store, true);
	big_edit(f, &a);
	assert_int_equal(alter(f, &a), LIBRARY_FAILED);
	f->library->store->ops->destroy(f->library->store);
	f->library->store = store;
	expect_whole(f);
	assert_false(is_new(f));
	reopen(f);
	expect_whole(f);
	assert_false(is_new(f));
	assert_false(exists(f, "main/drives/D4.drive"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(slots_that_are_added_hold_cartridges_also_when_it_is_opened_again),
		TEST(a_slot_that_is_not_empty_does_not_go_and_is_named),
		TEST(a_cartridge_whose_slot_has_gone_comes_home_to_another),
		TEST(import_export_slots_are_divided_into_other_stations_but_not_while_one_is_open),
		TEST(what_the_model_does_not_take_is_refused),
		TEST(drives_that_are_added_have_addresses_doors_and_serial_numbers_of_their_own),
		TEST(the_codec_of_a_drive_changes_and_what_it_has_not_is_refused),
		TEST(the_last_drive_goes_with_its_bay_and_one_in_between_leaves_it_empty),
		TEST(a_new_drive_goes_into_the_empty_bay_and_keeps_nothing_of_the_one_before),
		TEST(a_library_is_renamed_while_it_is_held),
		TEST(a_name_that_is_taken_or_is_none_is_refused),
		TEST(a_deleted_cartridge_is_gone_also_when_it_is_opened_again),
		TEST(a_deletion_that_a_crash_cut_short_goes_on_when_it_is_opened),
		TEST(a_cartridge_that_was_being_made_is_where_it_was_wanted_or_not_there_at_all),
		TEST(a_deletion_that_the_inventory_cannot_take_leaves_the_cartridge),
		TEST(whatever_moment_a_kill_comes_at_leaves_the_old_library_or_the_new_one),
		TEST(a_configuration_that_cannot_be_written_is_put_back_even_where_it_was_there_already),
	};

	return cmocka_run_group_tests_name("library_alter", tests, NULL, NULL);
}
