/* SPDX-License-Identifier: GPL-2.0-only */
/* What `vtl library create` and `vtl media create` understand of their words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "plan.h"

static int load_models(void **state)
{
	*state = vtl_models_load(NULL, NULL);
	return *state ? 0 : -1;
}

static int free_models(void **state)
{
	vtl_models_free(*state);
	return 0;
}

static void drives_are_a_count_and_a_model(void **state)
{
	static const struct { const char *text; unsigned count; const char *model; } good[] = {
		{ "2×IBM-LTO8", 2, "IBM-LTO8" }, { "2xIBM-LTO8", 2, "IBM-LTO8" }, { "12*IBM-LTO8", 12, "IBM-LTO8" },
		{ "IBM-LTO8", 1, "IBM-LTO8" }, { "3592-E07", 1, "3592-E07" }, { "2x3592-E07", 2, "3592-E07" },
		{ "x", 1, "x" },
	};
	const char *model;
	unsigned count;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(plan_drives(good[i].text, &count, &model, NULL));
		assert_int_equal(count, good[i].count);
		assert_string_equal(model, good[i].model);
	}
}

static void drives_without_a_model_or_in_an_impossible_number_are_refused(void **state)
{
	static const char *const bad[] = { "", "2x", "2×", "0xIBM-LTO8", "65536xIBM-LTO8", "99999999999xIBM-LTO8" };
	const char *model;
	unsigned count;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct why why = { "" };

		assert_false(plan_drives(bad[i], &count, &model, &why));
		assert_string_not_equal(why.text, "");
	}
}

static void media_are_type_count_and_first_barcode(void **state)
{
	struct plan_media media;

	assert_true(plan_media(*state, "lto-8:20:VTL001L8", &media, NULL));
	assert_string_equal(media.medium->name, "LTO-8");
	assert_int_equal(media.count, 20);
	assert_int_equal(media.kind, MEDIA_DATA);
	assert_string_equal(media.first, "VTL001L8");
}

static void the_kind_comes_from_the_suffix_or_from_a_word(void **state)
{
	static const struct { const char *text; enum media_kind kind; const char *medium; } row[] = {
		{ "LTO-8:1:VTL001LY", MEDIA_WORM_DATA, "LTO-8" },
		{ "LTO-8:1:VTL001L8:worm", MEDIA_WORM_DATA, "LTO-8" },
		{ "LTO-8:1:VTL001LY:data", MEDIA_DATA, "LTO-8" },
		{ "LTO-CLN:1:CLN001CU", MEDIA_CLEANING, "LTO-CLN" },
		{ "LTO-8:1:CLN001CU:cleaning", MEDIA_CLEANING, "LTO-CLN" },
		{ "LTO-8:1:ANYTHING", MEDIA_DATA, "LTO-8" },
		{ "LTO-8:1:NUL001L8:null", MEDIA_NULL, "LTO-8" },
	};
	struct plan_media media;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_true(plan_media(*state, row[i].text, &media, NULL));
		assert_int_equal(media.kind, row[i].kind);
		assert_string_equal(media.medium->name, row[i].medium);
	}
}

static void malformed_media_are_refused_with_a_reason(void **state)
{
	static const struct { const char *text, *reason; } bad[] = {
		{ "", "form" }, { "LTO-8", "form" }, { "LTO-8:20", "form" }, { ":1:A", "form" },
		{ "LTO-88:1:VTL001L8", "no medium LTO-88" }, { "LTO-8:0:VTL001L8", "count" },
		{ "LTO-8:x:VTL001L8", "count" }, { "LTO-8:-1:VTL001L8", "count" }, { "LTO-8::VTL001L8", "count" },
		{ "LTO-8:99999999999999999999:VTL001L8", "count" }, { "LTO-8:1:", "barcode" },
		{ "LTO-8:1:vtl001L8", "barcode" }, { "LTO-8:1:VTL 01L8", "barcode" }, { "LTO-8:1:../../L8", "barcode" },
		{ "LTO-8:1:A23456789012345678901234567890123", "barcode" }, { "LTO-8:1:A:", "no kind" },
		{ "LTO-8:1:A:nil", "no kind" }, { "LTO-CLN:1:CLN001CU:null", "is a cleaning cartridge" },
		{ "LTO-CLN:1:CLN001CU:data", "is a cleaning cartridge" },
		{ "LTO-8:1:VTL001L8:cleaning", "no cleaning cartridge" },
	};
	struct plan_media media;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct why why = { "" };

		assert_false(plan_media(*state, bad[i].text, &media, &why));
		assert_non_null(strstr(why.text, bad[i].reason));
	}
}

static void barcodes_count_up_in_the_digits_before_the_suffix(void **state)
{
	static const struct { const char *text; unsigned n; const char *barcode; } row[] = {
		{ "LTO-8:20:VTL001L8", 0, "VTL001L8" }, { "LTO-8:20:VTL001L8", 1, "VTL002L8" },
		{ "LTO-8:20:VTL001L8", 19, "VTL020L8" }, { "LTO-8:200:VTL099L8", 1, "VTL100L8" },
		{ "LTO-8:2:A1B2CL8", 1, "A1B3CL8" }, { "LTO-8:2:000001", 1, "000002" },
		{ "LTO-8:3:VTL001LY", 2, "VTL003LY" }, { "LTO-CLN:2:CLN009CU", 1, "CLN010CU" },
		{ "LTO-8:2:CLN009CU:cleaning", 1, "CLN010CU" },
	};
	char barcode[MEDIA_MAX_BARCODE + 1];
	struct plan_media media;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_true(plan_media(*state, row[i].text, &media, NULL));
		assert_true(plan_barcode(&media, row[i].n, barcode, NULL));
		assert_string_equal(barcode, row[i].barcode);
	}
}

static void digits_that_do_not_suffice_are_refused(void **state)
{
	char barcode[MEDIA_MAX_BARCODE + 1];
	struct why why = { "" };
	struct plan_media media;

	assert_true(plan_media(*state, "LTO-8:2:VTL999L8", &media, NULL));
	assert_false(plan_barcode(&media, 1, barcode, &why));
	assert_non_null(strstr(why.text, "VTL999L8"));
	assert_true(plan_media(*state, "LTO-8:2:VTLL8", &media, NULL));
	assert_true(plan_barcode(&media, 0, barcode, NULL));
	assert_false(plan_barcode(&media, 1, barcode, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drives_are_a_count_and_a_model),
		cmocka_unit_test(drives_without_a_model_or_in_an_impossible_number_are_refused),
		cmocka_unit_test(media_are_type_count_and_first_barcode),
		cmocka_unit_test(the_kind_comes_from_the_suffix_or_from_a_word),
		cmocka_unit_test(malformed_media_are_refused_with_a_reason),
		cmocka_unit_test(barcodes_count_up_in_the_digits_before_the_suffix),
		cmocka_unit_test(digits_that_do_not_suffice_are_refused),
	};

	return cmocka_run_group_tests_name("plan", tests, load_models, free_models);
}
