/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers with units, as vtl reads and writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "text.h"

static void a_size_is_a_number_with_or_without_a_unit_of_1024(void **state)
{
	static const struct { const char *text; uint64_t size; } good[] = {
		{ "0", 0 }, { "12", 12 }, { "256k", 262144 }, { "256K", 262144 }, { "8M", 8388608 },
		{ "1G", 1073741824 }, { "12T", 13194139533312 }, { "18446744073709551615", UINT64_MAX },
	};
	uint64_t size;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(text_parse_size(good[i].text, &size));
		assert_int_equal(size, good[i].size);
	}
}

static void what_is_no_size_is_refused(void **state)
{
	static const char *const bad[] = { "", "k", "-1", "+1", " 1", "1 ", "1.5k", "1kk", "0x10", "256kB",
					   "18446744073709551616", "18014398509481984k", "99999999999999999999999999" };
	uint64_t size;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_parse_size(bad[i], &size));
}

static void sizes_are_printed_with_one_decimal_in_units_of_1000(void **state)
{
	char buf[16];

	assert_string_equal(text_size(0, buf, sizeof(buf)), "0 B");
	assert_string_equal(text_size(999, buf, sizeof(buf)), "999 B");
	assert_string_equal(text_size(1000, buf, sizeof(buf)), "1.0 kB");
	assert_string_equal(text_size(999960, buf, sizeof(buf)), "1.0 MB");
	assert_string_equal(text_size(12000000000000, buf, sizeof(buf)), "12.0 TB");
	assert_string_equal(text_size(UINT64_MAX, buf, sizeof(buf)), "18.4 EB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_size_is_a_number_with_or_without_a_unit_of_1024),
		cmocka_unit_test(what_is_no_size_is_refused),
		cmocka_unit_test(sizes_are_printed_with_one_decimal_in_units_of_1000),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
