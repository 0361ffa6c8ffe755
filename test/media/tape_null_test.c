/* SPDX-License-Identifier: GPL-2.0-only */
/* Null cartridges: everything about blocks and filemarks is kept but the bytes of the blocks. */
#include "tape.h"

#include "store_memory.h"

#define KiB 1024u
#define MiB (1024 * KiB)

static struct tape tape;
static struct media_store *store;

static int setup(void **state)
{
	memset(&tape, 0, sizeof(tape));
	return media_store_memory(&store);
}

static int teardown(void **state)
{
	if (tape.media)
		tape_close(&tape);
	store->ops->destroy(store);
	return 0;
}

static void create(uint64_t capacity, uint64_t early_warning)
{
	struct media_info info = tape_info();

	info.kind = MEDIA_NULL;
	info.geometry.part[0] = (typeof(info.geometry.part[0])){ capacity, early_warning };
	tape_create(&tape, store, &info);
}

static void expect_zeros(uint32_t len)
{
	uint8_t *buf = malloc(len);
	uint32_t actual;

	assert_non_null(buf);
	memset(buf, 0xff, len);
	assert_int_equal(tape_read(&tape, buf, len, &actual), MEDIA_OK);
	assert_int_equal(actual, len);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(buf[i], 0);
	free(buf);
}

static void rewind_it(void)
{
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
}

static void blocks_keep_their_length_and_read_as_zeros(void **state)
{
	static const uint32_t len[] = { 1, 2, 511, 64 * KiB, 1, MEDIA_MAX_BLOCK, 80 };

	create(1ull << 30, MiB);
	assert_int_equal(media_set_codec(tape.media, MEDIA_CODEC_ZLIB, 0), MEDIA_OK);
	for (unsigned i = 0; i < sizeof(len) / sizeof(*len); i++)
		assert_int_equal(tape_write(&tape, len[i], i), MEDIA_OK);
	assert_int_equal(tape_marks(&tape, 1, false), MEDIA_OK);
	tape_reopen(&tape);
	for (unsigned i = 0; i < sizeof(len) / sizeof(*len); i++)
		expect_zeros(len[i]);
	expect_read(&tape, MEDIA_FILEMARK);
	expect_read(&tape, MEDIA_EOD);
}

static void places_are_found_as_on_any_tape(void **state)
{
	create(1ull << 30, MiB);
	for (unsigned i = 0; i < 3000; i++) {
		assert_int_equal(tape_write(&tape, 1 + i, i), MEDIA_OK);
		if (i % 1000 == 999)
			assert_int_equal(tape_marks(&tape, 1, true), MEDIA_OK);
	}
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 1500), MEDIA_OK);
	expect_at(&tape, 1500, 1);
	expect_zeros(1500);
	assert_int_equal(tape_space(&tape, MEDIA_OP_SPACE_FILEMARKS, 1, NULL), MEDIA_OK);
	expect_at(&tape, 2002, 2);
	expect_zeros(2001);
	assert_int_equal(tape_write(&tape, 77, 0), MEDIA_OK);
	expect_read(&tape, MEDIA_EOD);
	tape_close(&tape);
	assert_int_equal(tape_verify(store, true), 0);
}

static void capacity_counts_what_was_written_and_the_disk_holds_next_to_nothing(void **state)
{
	struct media_usage usage;
	unsigned n = 0;

	create(64 * MiB, 16 * MiB);
	assert_true(media_info(tape.media)->count_uncompressed);
	media_store_memory_limit(store, 60 * MiB);	/* what is allocated ahead, and no more */
	while (tape_write(&tape, MiB, n) == MEDIA_OK)
		n++;
	assert_int_equal(n, 63);
	media_usage(tape.media, 0, &usage);
	assert_int_equal(usage.used, 63 * MiB);
	tape_close(&tape);
	media_store_memory_limit(store, MiB);
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 62), MEDIA_OK);
	expect_zeros(MiB);
}

static void counters_count_the_data_that_was_discarded(void **state)
{
	struct media_counters c;

	create(1ull << 30, MiB);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(tape_write(&tape, 100 * KiB, i), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	rewind_it();
	for (unsigned i = 0; i < 10; i++)
		expect_zeros(100 * KiB);
	media_counters(tape.media, &c);
	assert_int_equal(c.written_host, 1000 * KiB);
	assert_int_equal(c.written_store, 1000 * KiB);
	assert_int_equal(c.read_host, 1000 * KiB);
	assert_int_equal(c.read_store, 1000 * KiB);
}

static void encrypted_blocks_need_their_key_here_too(void **state)
{
	static const uint8_t bytes[MEDIA_KEY_LEN] = { 1 };
	struct media_encrypt encrypt = { .key = media_key_new(bytes) };

	assert_non_null(encrypt.key);
	create(1ull << 30, MiB);
	assert_int_equal(media_set_encrypt(tape.media, &encrypt), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 5000, 1), MEDIA_OK);
	rewind_it();
	expect_read(&tape, MEDIA_KEY_NEEDED);
	media_set_decrypt(tape.media, MEDIA_DECRYPT_KEY, encrypt.key);
	expect_zeros(5000);
	media_key_drop(encrypt.key);
}

static void a_data_cartridge_still_keeps_its_data(void **state)
{
	struct media_info info = tape_info();

	tape_create(&tape, store, &info);
	assert_false(media_info(tape.media)->count_uncompressed);
	assert_int_equal(tape_write(&tape, 5000, 7), MEDIA_OK);
	rewind_it();
	expect_block(&tape, 5000, 7);
}

#define NULL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NULL_TEST(blocks_keep_their_length_and_read_as_zeros),
		NULL_TEST(places_are_found_as_on_any_tape),
		NULL_TEST(capacity_counts_what_was_written_and_the_disk_holds_next_to_nothing),
		NULL_TEST(counters_count_the_data_that_was_discarded),
		NULL_TEST(encrypted_blocks_need_their_key_here_too),
		NULL_TEST(a_data_cartridge_still_keeps_its_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
