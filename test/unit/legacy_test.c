/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of glue/legacy.c: parameters of tgt's own changer, the models they stand for, and libraries made of them. */
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

#include "legacy.h"

static struct legacy *legacy_new(void)
{
	struct legacy *legacy = calloc(1, sizeof(*legacy));

	assert_non_null(legacy);
	return legacy;
}

static bool take(struct legacy *legacy, const char *text, struct why *why)
{
	char *copy = strdup(text);
	bool ok = legacy_take(legacy, copy, why);

	free(copy);
	return ok;
}

static void parameters_are_gathered_until_a_library_can_be_made(void **state)
{
	static const char *const lines[] = {
		"media_home=/root/tapes", "element_type=1,start_address=1,quantity=1,media_home=/root/tapes",
		"targetOps element_type=2,start_address=1000,quantity=216",
		"element_type=4,start_address=500,quantity=3",
	};
	struct legacy *legacy = legacy_new();
	struct why why = { "" };

	for (unsigned i = 0; i < 4; i++) {
		assert_false(legacy_complete(legacy));
		assert_true(take(legacy, lines[i], &why));
	}
	assert_true(legacy_complete(legacy));
	assert_string_equal(legacy->home, "/root/tapes");
	assert_int_equal(legacy->range[LEGACY_STORAGE].start, 1000);
	assert_int_equal(legacy->range[LEGACY_STORAGE].count, 216);
	assert_true(take(legacy, "element_type=4,address=501,tid=1,lun=2", &why));
	assert_int_equal(legacy->binding[0].address, 501);
	assert_int_equal(legacy->binding[0].lun, 2);
	assert_true(take(legacy, "element_type=2,address=1000,barcode=A0000001,sides=1", &why));
	assert_string_equal(legacy->tag[0].barcode, "A0000001");
	assert_true(take(legacy, "mode_page=0x1e:0:2:0:0", &why));
	legacy_free(legacy);
}

static void what_is_no_parameter_or_out_of_range_is_named_and_nothing_taken(void **state)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "colour=blue", "\"colour\"" },
		{ "element_type=2,start_address=70000,quantity=1", "start_address=70000" },
		{ "element_type=2,start_address=x,quantity=1", "start_address=x" },
		{ "element_type=2,start_address,quantity=1", "start_address=" },
		{ "element_type=5,start_address=1,quantity=1", "element_type=5" },
		{ "element_type=2,address=1,barcode=a b", "barcode=a b" },
		{ "element_type=2,address=1", "barcode=" },
		{ "element_type=2,address=1,barcode=A23456789012345678901234567890123", "at most 32" },
		{ "vendor_id=NINELETTERS", "at most 8" },
		{ "product_id=a\"b", "product_id" },
		{ "media_home=/x,quantity=-1", "quantity=-1" },
	};
	struct legacy *legacy = legacy_new(), *empty = legacy_new();

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct why why = { "" };

		assert_false(take(legacy, bad[i].text, &why));
		if (!strstr(why.text, bad[i].says))
			fail_msg("%s: %s", bad[i].text, why.text);
		assert_memory_equal(legacy, empty, sizeof(*legacy));
	}
	legacy_free(legacy);
	legacy_free(empty);
}

static void models_are_found_by_what_the_units_say_of_themselves(void **state)
{
	static const struct { const char *vendor, *product, *drive; } rows[] = {
		{ "HP", "LTO3 ULTRIUM", "HP-LTO3" }, { "HP", "Ultrium 5-SCSI", "HP-LTO5" },
		{ "IBM", "ULT3580-TD6", "IBM-LTO6" }, { "ACME", "My LTO-7", "IBM-LTO7" },
		{ "ACME", "Streamer", "IBM-LTO8" }, { "", "", "IBM-LTO8" },
	};
	struct vtl_models *models = vtl_models_load("conf/models", NULL);
	struct legacy *legacy = legacy_new();

	assert_non_null(models);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		strcpy(legacy->identity.vendor, rows[i].vendor);
		strcpy(legacy->identity.product, rows[i].product);
		assert_string_equal(legacy_drive_model(models, legacy)->name, rows[i].drive);
	}
	assert_string_equal(legacy_library_model(models, legacy)->name, "GENERIC");
	strcpy(legacy->identity.vendor, "STK");
	strcpy(legacy->identity.product, "L700");
	assert_string_equal(legacy_library_model(models, legacy)->name, "STK-L700");
	legacy_free(legacy);
	vtl_models_free(models);
}

/* As after a crash in the middle: all but library.conf may be there. */
static void a_library_is_made_in_a_folder_also_where_making_it_was_cut_short(void **state)
{
	struct vtl_models *models = vtl_models_load("conf/models", NULL);
	struct library_drive drive[2] = { { .serial = "S1" } };
	struct library_adoption a = { .transport_start = 1, .storage_start = 10, .slots = 4, .drive_start = 100,
				      .drives = 2, .drive = drive, .serial = "123:456" };
	char dir[] = "/tmp/vtl-adopt-XXXXXX", path[128], command[128];
	struct library *library;
	struct why why = { "" };

	assert_non_null(models);
	assert_non_null(mkdtemp(dir));
	a.dir = dir;
	a.model = vtl_models_library(models, "GENERIC");
	strcpy(a.identity.product, "SOMETHING");
	drive[0].model = drive[1].model = vtl_models_drive(models, "IBM-LTO8");
	strcpy(drive[1].identity.vendor, "ACME");
	for (unsigned turn = 0; turn < 2; turn++) {
		assert_int_equal(library_adopt(&a, &why), LIBRARY_OK);
		snprintf(path, sizeof(path), "%s/library.conf", dir);
		if (!turn)
			assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(library_open(models, path, LIBRARY_OWN, "a test", &library, &why), LIBRARY_OK);
	assert_string_equal(library_conf(library)->model->inquiry.product, "SOMETHING");
	assert_string_equal(library_conf(library)->model->name, "GENERIC");
	assert_string_equal(library_conf(library)->serial, "123:456");
	assert_string_equal(library_conf(library)->drive[0].serial, "S1");
	assert_string_equal(library_conf(library)->drive[1].model->inquiry.vendor, "ACME");
	assert_string_equal(library_conf(library)->drive[0].model->inquiry.vendor, "IBM");
	assert_true(library_conf(library)->drive[1].serial[0]);
	assert_int_equal(library_conf(library)->drive[1].address, 101);
	library_close(library);
	vtl_models_free(models);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_are_gathered_until_a_library_can_be_made),
		cmocka_unit_test(what_is_no_parameter_or_out_of_range_is_named_and_nothing_taken),
		cmocka_unit_test(models_are_found_by_what_the_units_say_of_themselves),
		cmocka_unit_test(a_library_is_made_in_a_folder_also_where_making_it_was_cut_short),
	};

	return cmocka_run_group_tests_name("parameters of tgt's own changer", tests, NULL, NULL);
}
