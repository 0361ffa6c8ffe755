/* SPDX-License-Identifier: GPL-2.0-only */
/* CRC32C against the values of RFC 3720 appendix B.4, and in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crc.h"

static void the_published_vectors_agree(void **state)
{
	uint8_t buf[32];

	assert_int_equal(media_crc32c(0, "123456789", 9), 0xe3069283);
	memset(buf, 0, sizeof(buf));
	assert_int_equal(media_crc32c(0, buf, 32), 0x8a9136aa);
	memset(buf, 0xff, sizeof(buf));
	assert_int_equal(media_crc32c(0, buf, 32), 0x62a8ab43);
	for (unsigned i = 0; i < 32; i++)
		buf[i] = (uint8_t)i;
	assert_int_equal(media_crc32c(0, buf, 32), 0x46dd794e);
	assert_int_equal(media_crc32c(0, buf, 0), 0);
}

static void pieces_make_the_whole(void **state)
{
	for (unsigned i = 0; i <= 9; i++)
		assert_int_equal(media_crc32c(media_crc32c(0, "123456789", i), &"123456789"[i], 9 - i), 0xe3069283);
}

static void tables_say_the_same_as_the_instruction(void **state)
{
	uint8_t buf[331];

	for (unsigned i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * i * 31 + i * 7 + 3);
	for (unsigned from = 0; from < 17; from++)
		for (unsigned len = 0; from + len <= sizeof(buf); len++)
			assert_int_equal(media_crc32c_by_table(len * 2654435761u, buf + from, len),
					 media_crc32c(len * 2654435761u, buf + from, len));
	assert_int_equal(media_crc32c_by_table(0, "123456789", 9), 0xe3069283);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vectors_agree),
		cmocka_unit_test(pieces_make_the_whole),
		cmocka_unit_test(tables_say_the_same_as_the_instruction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
