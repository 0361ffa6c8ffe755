/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks and filemarks: written, read back, found again. */
#include "tape.h"

#include "store_memory.h"

#define MiB (1u << 20)

static struct tape tape;

static int setup(void **state)
{
	struct media_store *store;
	struct media_info info = tape_info();

	memset(&tape, 0, sizeof(tape));
	if (media_store_memory(&store))
		return -1;
	tape_create(&tape, store, &info);
	return 0;
}

static int teardown(void **state)
{
	if (tape.media)
		tape_close(&tape);
	tape.store->ops->destroy(tape.store);
	return 0;
}

static void rewind_tape(void)
{
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
}

static const uint32_t sizes[] = { 1,	2,    15,    16,     17,  511,	   512,	    4015,	    4016,
				  4017, 4096, 65536, 262144, MiB, MiB + 1, 8 * MiB, MEDIA_MAX_BLOCK };
#define SIZES (sizeof(sizes) / sizeof(*sizes))

static void round_trips(enum media_codec codec)
{
	assert_int_equal(media_set_codec(tape.media, codec, 0), MEDIA_OK);
	for (size_t i = 0; i < SIZES; i++)
		assert_int_equal(tape_write(&tape, sizes[i], i), MEDIA_OK);
	rewind_tape();
	for (size_t i = 0; i < SIZES; i++)
		expect_block(&tape, sizes[i], i);
	expect_read(&tape, MEDIA_EOD);
	tape_reopen(&tape);
	for (size_t i = 0; i < SIZES; i++)
		expect_block(&tape, sizes[i], i);
	for (size_t i = SIZES; i-- > 0;) {
		assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, (int64_t)i), MEDIA_OK);
		expect_block(&tape, sizes[i], i);
	}
	tape_close(&tape);
	assert_int_equal(tape_verify(tape.store, true), 0);
}

static void blocks_of_every_size_come_back(void **state)
{
	round_trips(MEDIA_CODEC_NONE);
}

static void compressed_blocks_of_every_size_come_back(void **state)
{
	struct media_counters counters;

	assert_int_equal(media_set_codec(tape.media, MEDIA_CODEC_ZLIB, 0), MEDIA_OK);
	assert_int_equal(tape_write(&tape, MiB, 1), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	media_counters(tape.media, &counters);
	assert_int_equal(counters.written_host, MiB);
	assert_in_range(counters.written_store, 1, MiB * 3 / 4);
	rewind_tape();
	assert_int_equal(tape_erase(&tape), MEDIA_OK);
	round_trips(MEDIA_CODEC_ZLIB);
}

static void a_block_longer_than_the_buffer_is_cut_and_its_length_told(void **state)
{
	uint8_t got[100], want[1000];
	uint32_t actual;

	assert_int_equal(tape_write(&tape, 1000, 7), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 10, 8), MEDIA_OK);
	rewind_tape();
	assert_int_equal(tape_read(&tape, got, sizeof(got), &actual), MEDIA_OK);
	assert_int_equal(actual, 1000);
	tape_fill(want, 1000, 7);
	assert_memory_equal(got, want, sizeof(got));
	assert_int_equal(tape_read(&tape, got, sizeof(got), &actual), MEDIA_OK);
	assert_int_equal(actual, 10);
}

static void lengths_out_of_range_change_nothing(void **state)
{
	struct media_req req = { .op = MEDIA_OP_WRITE, .buf = &req, .len = 0 };

	assert_int_equal(tape_do(&tape, &req), MEDIA_INVALID);
	req.len = MEDIA_MAX_BLOCK + 1;
	assert_int_equal(tape_do(&tape, &req), MEDIA_INVALID);
	assert_int_equal(tape_marks(&tape, -1, true), MEDIA_INVALID);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 1, 0), MEDIA_INVALID);
	expect_at(&tape, 0, 0);
}

static void a_filemark_is_met_and_passed(void **state)
{
	assert_int_equal(tape_write(&tape, 10, 0), MEDIA_OK);
	assert_int_equal(tape_marks(&tape, 2, false), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 20, 1), MEDIA_OK);
	expect_at(&tape, 4, 2);
	rewind_tape();
	expect_block(&tape, 10, 0);
	expect_read(&tape, MEDIA_FILEMARK);
	expect_at(&tape, 2, 1);
	expect_read(&tape, MEDIA_FILEMARK);
	expect_block(&tape, 20, 1);
	expect_read(&tape, MEDIA_EOD);
	expect_read(&tape, MEDIA_EOD);
	expect_at(&tape, 4, 2);
}

static void many_filemarks_in_one_request_are_all_there(void **state)
{
	assert_int_equal(tape_marks(&tape, 5000, true), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 5, 5), MEDIA_OK);
	expect_at(&tape, 5001, 5000);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_FILEMARK, 0, 4999), MEDIA_OK);
	expect_at(&tape, 4999, 4999);
	expect_read(&tape, MEDIA_FILEMARK);
	expect_block(&tape, 5, 5);
	tape_close(&tape);
	assert_int_equal(tape_verify(tape.store, true), 0);
}

/* More objects than one page of keys describes: 1008 pages of 504 entries. */
static void places_are_found_among_a_million_objects(void **state)
{
	static const uint64_t at[] = { 0, 503, 504, 300000, 508031, 508032, 508033, 508536, 999998, 999999 };

	assert_int_equal(tape_write(&tape, 7, 7), MEDIA_OK);
	assert_int_equal(tape_marks(&tape, 508030, true), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 8, 8), MEDIA_OK);
	assert_int_equal(tape_marks(&tape, 491968, true), MEDIA_OK);
	for (int turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
			uint64_t filemarks = at[i] - (at[i] > 0) - (at[i] > 508031);

			assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, (int64_t)at[i]), MEDIA_OK);
			expect_at(&tape, at[i], filemarks);
			if (at[i] == 0 || at[i] == 508031)
				continue;
			assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_FILEMARK, 0, (int64_t)filemarks), MEDIA_OK);
			expect_at(&tape, at[i], filemarks);
		}
		assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 508031), MEDIA_OK);
		expect_block(&tape, 8, 8);
		tape_reopen(&tape);
	}
}

static void overwriting_in_the_middle_ends_the_tape_there(void **state)
{
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(tape_write(&tape, 1000, i), MEDIA_OK);
	assert_int_equal(tape_marks(&tape, 1, false), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 4), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 3000, 100), MEDIA_OK);
	expect_at(&tape, 5, 0);
	expect_read(&tape, MEDIA_EOD);
	for (int turn = 0; turn < 2; turn++) {
		rewind_tape();
		for (unsigned i = 0; i < 4; i++)
			expect_block(&tape, 1000, i);
		expect_block(&tape, 3000, 100);
		expect_read(&tape, MEDIA_EOD);
		tape_reopen(&tape);
	}
}

static void erasing_ends_the_tape_there(void **state)
{
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(tape_write(&tape, 1000, i), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 6), MEDIA_OK);
	assert_int_equal(tape_erase(&tape), MEDIA_OK);
	expect_read(&tape, MEDIA_EOD);
	assert_int_equal(tape_write(&tape, 77, 77), MEDIA_OK);
	tape_reopen(&tape);
	for (unsigned i = 0; i < 6; i++)
		expect_block(&tape, 1000, i);
	expect_block(&tape, 77, 77);
	expect_read(&tape, MEDIA_EOD);
	rewind_tape();
	assert_int_equal(tape_erase(&tape), MEDIA_OK);
	tape_reopen(&tape);
	expect_read(&tape, MEDIA_EOD);
	expect_at(&tape, 0, 0);
}

static void a_block_larger_than_the_ring_is_written(void **state)
{
	tape_close(&tape);
	tape.ring_bytes = 4096;
	tape.hold = true;
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(tape_write(&tape, i % 3 ? 3000 : 100000, i), MEDIA_OK);
	rewind_tape();
	for (unsigned i = 0; i < 20; i++)
		expect_block(&tape, i % 3 ? 3000 : 100000, i);
}

static void a_write_that_fits_the_ring_completes_at_once(void **state)
{
	uint8_t buf[1000];
	struct media_req req = { .op = MEDIA_OP_WRITE, .buf = buf, .len = sizeof(buf) };
	struct media_pos pos;

	tape_close(&tape);
	tape.hold = true;
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 1000, 0), MEDIA_OK);
	tape_fill(buf, sizeof(buf), 1);
	assert_true(media_submit(tape.media, &req));
	assert_int_equal(req.err, MEDIA_OK);
	media_tell(tape.media, &pos);
	assert_int_equal(pos.buffered_objects, 2);
	assert_int_equal(pos.buffered_bytes, 2000);
	assert_int_equal(pos.durable_object, 0);
	assert_int_equal(tape_marks(&tape, 0, false), MEDIA_OK);
	media_tell(tape.media, &pos);
	assert_int_equal(pos.buffered_objects, 0);
	assert_int_equal(pos.durable_object, 2);
}

static void a_move_completes_at_once_when_the_index_is_in_memory(void **state)
{
	struct media_req req = { .op = MEDIA_OP_LOCATE_OBJECT, .count = 700 };
	uint8_t buf[100];

	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(i % 10 == 9 ? tape_marks(&tape, 1, true) : tape_write(&tape, 100, i), MEDIA_OK);
	tape_close(&tape);
	tape.hold = true;
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 10), MEDIA_OK);
	assert_true(media_submit(tape.media, &req));
	assert_int_equal(req.err, MEDIA_OK);
	expect_at(&tape, 700, 70);
	req = (struct media_req){ .op = MEDIA_OP_SPACE_FILEMARKS, .count = -30 };
	assert_true(media_submit(tape.media, &req));
	expect_at(&tape, 409, 40);
	tape_fill(buf, 100, 1);
	req = (struct media_req){ .op = MEDIA_OP_WRITE, .buf = buf, .len = 100 };
	assert_int_equal(tape_do(&tape, &req), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 408), MEDIA_OK);
	expect_block(&tape, 100, 408);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(blocks_of_every_size_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(compressed_blocks_of_every_size_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_block_longer_than_the_buffer_is_cut_and_its_length_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(lengths_out_of_range_change_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_filemark_is_met_and_passed, setup, teardown),
		cmocka_unit_test_setup_teardown(many_filemarks_in_one_request_are_all_there, setup, teardown),
		cmocka_unit_test_setup_teardown(places_are_found_among_a_million_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(overwriting_in_the_middle_ends_the_tape_there, setup, teardown),
		cmocka_unit_test_setup_teardown(erasing_ends_the_tape_there, setup, teardown),
		cmocka_unit_test_setup_teardown(a_block_larger_than_the_ring_is_written, setup, teardown),
		cmocka_unit_test_setup_teardown(a_write_that_fits_the_ring_completes_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_move_completes_at_once_when_the_index_is_in_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
