/* SPDX-License-Identifier: GPL-2.0-only */
/* The codecs: round trips, what is left alone, and what damage does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include <zlib.h>

#include "codec.h"

#define MOST	(16u << 20)

static struct media_codec_scratch *scratch;
static uint64_t seed = 88172645463325252ull;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static int setup(void **state)
{
	scratch = media_codec_scratch_create();
	return !scratch;
}

static int teardown(void **state)
{
	media_codec_scratch_free(scratch);
	return 0;
}

/* `len` bytes that end where no more memory is mapped: ISA-L's assembly is beyond AddressSanitizer's sight. */
static uint8_t *fenced(size_t len)
{
	size_t pages = (len + 4095) / 4096 * 4096;
	uint8_t *p = mmap(NULL, pages + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p + pages, 4096, PROT_NONE), 0);
	return p + pages - len;
}

static void unfence(uint8_t *p, size_t len)
{
	size_t pages = (len + 4095) / 4096 * 4096;

	munmap(p + len - pages, pages + 4096);
}

enum content { ZEROS, TEXT, RANDOM, MIXED, CONTENTS };

static void fill(uint8_t *p, size_t len, enum content content)
{
	static const char *const words[] = { "tape ", "block ", "filemark ", "the ", "of ", "a ", "file\n", "0042 " };
	size_t i = 0;

	memset(p, 0, len);
	if (content == RANDOM || content == MIXED)
		for (i = 0; i < (content == MIXED ? len / 2 : len); i++)
			p[i] = (uint8_t)(draw() >> 24);
	while (i < len && content != ZEROS) {
		const char *w = words[draw() >> 20 & 7];
		size_t n = strlen(w) < len - i ? strlen(w) : len - i;

		memcpy(p + i, w, n);
		i += n;
	}
}

/* Returns the stored length, 0 for raw. */
static size_t round_trip(enum media_codec codec, int level, enum content content, size_t len)
{
	size_t bound = media_codec_bound(codec, len), n;
	uint8_t *src = fenced(len), *dst = fenced(bound), *stored, *back = fenced(len);

	fill(src, len, content);
	n = media_encode(scratch, codec, level, src, len, dst);
	if (n) {
		assert_true(n < len);
		stored = fenced(n);
		memcpy(stored, dst, n);
		assert_int_equal(media_decode(scratch, codec, stored, n, back, len), MEDIA_OK);
		assert_memory_equal(src, back, len);
		unfence(stored, n);
	}
	unfence(src, len);
	unfence(dst, bound);
	unfence(back, len);
	return n;
}

static void blocks_of_every_size_and_content_come_back(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 10, 100, 511, 512, 4096, 10240, 65535, 65536, 65537, 262144, 1048576,
		MEDIA_MAX_BLOCK, MOST };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (unsigned content = 0; content < CONTENTS; content++)
			for (unsigned codec = 0; codec < MEDIA_CODEC_COUNT; codec++)
				round_trip((enum media_codec)codec, 0, (enum content)content, sizes[i]);
}

static void every_level_comes_back_and_shrinks_text(void **state)
{
	for (unsigned codec = 1; codec < MEDIA_CODEC_COUNT; codec++)
		for (int level = 0; level <= media_codec_max_level((enum media_codec)codec); level++) {
			size_t n = round_trip((enum media_codec)codec, level, TEXT, 100000);

			assert_in_range(n, 1, 60000);
		}
	assert_false(media_codec_level_ok(MEDIA_CODEC_LZO, 2));
	assert_false(media_codec_level_ok(MEDIA_CODEC_ZLIB, 10));
}

static void what_does_not_shrink_is_left_alone(void **state)
{
	static const size_t sizes[] = { 1, 2, 100, 65536, 262144, 1048576 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (unsigned codec = 0; codec < MEDIA_CODEC_COUNT; codec++)
			for (int level = 0; level <= media_codec_max_level((enum media_codec)codec); level += 6)
				assert_int_equal(round_trip((enum media_codec)codec, level, RANDOM, sizes[i]), 0);
	assert_int_equal(round_trip(MEDIA_CODEC_NONE, 0, ZEROS, 4096), 0);
}

static void a_block_whose_second_half_shrinks_is_compressed(void **state)
{
	for (unsigned codec = 1; codec < MEDIA_CODEC_COUNT; codec++)
		assert_in_range(round_trip((enum media_codec)codec, 0, MIXED, 262144), 1, 220000);
}

static void what_zlib_wrote_is_read_and_zlib_reads_what_is_written(void **state)
{
	enum { LEN = 200000 };
	uint8_t *src = malloc(LEN), *dst = malloc(2 * LEN), *back = malloc(LEN);
	uLongf n = 2 * LEN;

	fill(src, LEN, MIXED);
	for (int level = 0; level <= 9; level++) {
		n = 2 * LEN;
		assert_int_equal(compress2(dst, &n, src, LEN, level), Z_OK);
		assert_int_equal(media_decode(scratch, MEDIA_CODEC_ZLIB, dst, n, back, LEN), MEDIA_OK);
		assert_memory_equal(src, back, LEN);
	}
	n = media_encode(scratch, MEDIA_CODEC_ZLIB, 0, src, LEN, dst);
	assert_true(n);
	memset(back, 0, LEN);
	assert_int_equal(uncompress(back, &(uLongf){ LEN }, dst, n), Z_OK);
	assert_memory_equal(src, back, LEN);
	free(src);
	free(dst);
	free(back);
}

/* Only zlib checks what it expands: for the others, the record's CRC of the block does. */
static void damaged_blocks_of_other_codecs_do_no_harm(void **state)
{
	enum { LEN = 20000 };
	uint8_t *src = malloc(LEN), *dst = malloc(2 * LEN), *back = fenced(LEN);

	fill(src, LEN, TEXT);
	for (unsigned codec = MEDIA_CODEC_LZ4; codec < MEDIA_CODEC_COUNT; codec++) {
		size_t n = media_encode(scratch, (enum media_codec)codec, 0, src, LEN, dst);

		assert_true(n);
		for (unsigned round = 0; round < 2000; round++) {
			size_t cut = round % 3 == 0 ? draw() % n + 1 : n;
			uint8_t *stored = fenced(cut);

			memcpy(stored, dst, cut);
			for (unsigned flips = 1 + draw() % 4; flips; flips--)
				stored[draw() % cut] ^= (uint8_t)(1u << draw() % 8);
			(void)!media_decode(scratch, (enum media_codec)codec, stored, cut, back, LEN);
			unfence(stored, cut);
		}
	}
	free(src);
	free(dst);
	unfence(back, LEN);
}

static void another_length_than_expected_is_damage(void **state)
{
	uint8_t src[5000], dst[5000], *back = fenced(4999);
	size_t n;

	fill(src, sizeof(src), TEXT);
	n = media_encode(scratch, MEDIA_CODEC_ZLIB, 0, src, sizeof(src), dst);
	assert_true(n);
	assert_int_equal(media_decode(scratch, MEDIA_CODEC_ZLIB, dst, n, back, 4999), MEDIA_CORRUPT);
	unfence(back, 4999);
	back = fenced(5001);
	assert_int_equal(media_decode(scratch, MEDIA_CODEC_ZLIB, dst, n, back, 5001), MEDIA_CORRUPT);
	assert_int_equal(media_decode(scratch, MEDIA_CODEC_ZLIB, dst, n - 1, back, 5000), MEDIA_CORRUPT);
	dst[n] = 0;
	assert_int_equal(media_decode(scratch, MEDIA_CODEC_ZLIB, dst, n + 1, back, 5000), MEDIA_CORRUPT);
	assert_int_equal(media_decode(scratch, MEDIA_CODEC_ZLIB, dst, 0, back, 5000), MEDIA_CORRUPT);
	assert_int_equal(media_decode(scratch, MEDIA_CODEC_NONE, dst, 100, back, 99), MEDIA_CORRUPT);
	assert_int_equal(media_decode(scratch, MEDIA_CODEC_NONE, dst, 99, back, 100), MEDIA_CORRUPT);
	unfence(back, 5001);
}

/* Damages a stored block in many ways; it either fails or gives what was written. */
static void damage(int level, size_t len)
{
	uint8_t *src = malloc(len), *dst = malloc(len), *back = fenced(len);

	fill(src, len, TEXT);
	size_t n = media_encode(scratch, MEDIA_CODEC_ZLIB, level, src, len, dst);

	assert_true(n);
	for (unsigned round = 0; round < 3000; round++) {
		size_t cut = round % 3 == 0 ? draw() % n + 1 : n;
		uint8_t *stored = fenced(cut);
		enum media_err err;

		memcpy(stored, dst, cut);
		for (unsigned flips = draw() % 4; flips; flips--)
			stored[draw() % cut] ^= (uint8_t)(1u << draw() % 8);
		err = media_decode(scratch, MEDIA_CODEC_ZLIB, stored, cut, back, len);
		assert_true(err == MEDIA_CORRUPT || (err == MEDIA_OK && memcmp(back, src, len) == 0));
		unfence(stored, cut);
	}
	free(src);
	free(dst);
	unfence(back, len);
}

static void damaged_blocks_never_crash_and_never_give_wrong_data(void **state)
{
	damage(1, 300);
	damage(1, 5000);
	damage(3, 70000);
	damage(6, 5000);
}

static void garbage_never_crashes(void **state)
{
	uint8_t *stored = fenced(600), *back = fenced(1000);

	for (unsigned round = 0; round < 20000; round++) {
		size_t len = draw() % 600 + 1;
		uint8_t *p = stored + 600 - len;

		for (size_t i = 0; i < len; i++)
			p[i] = (uint8_t)(draw() >> 30);
		if (round % 2 && len > 2) {
			p[0] = 0x78;
			p[1] = 0x01;
		}
		assert_int_equal(media_decode(scratch, MEDIA_CODEC_ZLIB, p, len, back, 1000), MEDIA_CORRUPT);
	}
	unfence(stored, 600);
	unfence(back, 1000);
}

static void an_unknown_codec_is_of_another_version(void **state)
{
	uint8_t byte = 0;

	assert_int_equal(media_decode(scratch, (enum media_codec)77, &byte, 1, &byte, 1), MEDIA_VERSION);
	assert_int_equal(media_encode(scratch, (enum media_codec)77, 0, &byte, 1, &byte), 0);
}

static void names_and_levels_are_known(void **state)
{
	assert_int_equal(media_codec_by_name("none"), MEDIA_CODEC_NONE);
	assert_int_equal(media_codec_by_name("zlib"), MEDIA_CODEC_ZLIB);
	assert_int_equal(media_codec_by_name("arithmetic"), MEDIA_CODEC_COUNT);
	assert_string_equal(media_codec_name(MEDIA_CODEC_ZLIB), "zlib");
	assert_string_equal(media_codec_name(MEDIA_CODEC_COUNT), "unknown");
	assert_true(media_codec_level_ok(MEDIA_CODEC_ZLIB, 9));
	assert_false(media_codec_level_ok(MEDIA_CODEC_ZLIB, 10));
	assert_false(media_codec_level_ok(MEDIA_CODEC_ZLIB, -1));
	assert_true(media_codec_level_ok(MEDIA_CODEC_NONE, 0));
	assert_false(media_codec_level_ok(MEDIA_CODEC_NONE, 1));
	assert_false(media_codec_level_ok(MEDIA_CODEC_COUNT, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_of_every_size_and_content_come_back),
		cmocka_unit_test(every_level_comes_back_and_shrinks_text),
		cmocka_unit_test(what_does_not_shrink_is_left_alone),
		cmocka_unit_test(a_block_whose_second_half_shrinks_is_compressed),
		cmocka_unit_test(what_zlib_wrote_is_read_and_zlib_reads_what_is_written),
		cmocka_unit_test(damaged_blocks_of_other_codecs_do_no_harm),
		cmocka_unit_test(another_length_than_expected_is_damage),
		cmocka_unit_test(damaged_blocks_never_crash_and_never_give_wrong_data),
		cmocka_unit_test(garbage_never_crashes),
		cmocka_unit_test(an_unknown_codec_is_of_another_version),
		cmocka_unit_test(names_and_levels_are_known),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
