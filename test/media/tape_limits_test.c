/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a tape ends, and what may not be written: capacity, early warning, WORM, protection, partitions. */
#include "tape.h"

#include "store_memory.h"

#define KiB 1024u

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

static void create(enum media_kind kind, uint64_t capacity, uint64_t early_warning, bool count_uncompressed)
{
	struct media_info info = tape_info();

	info.kind = kind;
	info.count_uncompressed = count_uncompressed;
	info.geometry.part[0] = (typeof(info.geometry.part[0])){ capacity, early_warning };
	tape_create(&tape, store, &info);
}

static struct media_pos tell(void)
{
	struct media_pos pos;

	media_tell(tape.media, &pos);
	return pos;
}

/* Writes blocks until one is refused; how many were taken. *warned: how many before early warning. */
static unsigned fill(uint32_t len, unsigned *warned)
{
	unsigned n = 0;

	*warned = UINT32_MAX;
	for (;;) {
		enum media_err err;

		if (*warned == UINT32_MAX && tell().early_warning)
			*warned = n;
		err = tape_write(&tape, len, n);
		if (err) {
			assert_int_equal(err, MEDIA_FULL);
			return n;
		}
		n++;
	}
}

static void early_warning_comes_before_the_end_and_never_late(void **state)
{
	unsigned n, warned, held;

	for (held = 0; held < 2; held++) {
		tape.hold = held;
		create(MEDIA_DATA, 1024 * KiB, 256 * KiB, false);
		n = fill(16 * KiB, &warned);
		assert_in_range(n, 55, 63);
		assert_in_range(warned, 43, 48);
		assert_true(tell().used <= 1024 * KiB);
		assert_int_equal(tape_sync(&tape), MEDIA_OK);
		/* What was told was never less than what it came to. */
		assert_true(tell().used <= 1024 * KiB);
		assert_int_equal(tell().capacity, 1024 * KiB);
		tape_close(&tape);
		store->ops->destroy(store);
		assert_int_equal(media_store_memory(&store), 0);
	}
}

static void a_full_tape_still_takes_filemarks_and_reads_back(void **state)
{
	unsigned n, warned;

	create(MEDIA_DATA, 1024 * KiB, 256 * KiB, false);
	n = fill(16 * KiB, &warned);
	assert_int_equal(tape_write(&tape, 16 * KiB, 1), MEDIA_FULL);
	assert_int_equal(tape_marks(&tape, 2, false), MEDIA_OK);
	expect_at(&tape, n + 2, 2);
	tape_reopen(&tape);
	for (unsigned i = 0; i < n; i++)
		expect_block(&tape, 16 * KiB, i);
	expect_read(&tape, MEDIA_FILEMARK);
	expect_read(&tape, MEDIA_FILEMARK);
	expect_read(&tape, MEDIA_EOD);
	assert_true(tell().early_warning);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 3), MEDIA_OK);
	assert_false(tell().early_warning);
	/* Overwriting gives the room back. */
	assert_int_equal(tape_write(&tape, 100 * KiB, 1), MEDIA_OK);
	assert_in_range(tell().used, 148 * KiB, 180 * KiB);
}

static void what_has_no_room_takes_nothing_away(void **state)
{
	struct media_req marks = { .op = MEDIA_OP_FILEMARKS, .count = 1, .immediate = true };
	unsigned n, warned, more = 0;

	create(MEDIA_DATA, 1024 * KiB, 256 * KiB, false);
	n = fill(16 * KiB, &warned);
	assert_int_equal(tape_marks(&tape, 2, false), MEDIA_OK);
	/* However the drive came there: by a move, and by reading. */
	for (unsigned turn = 0; turn < 2; turn++) {
		assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, n - turn), MEDIA_OK);
		if (turn)
			expect_block(&tape, 16 * KiB, n - 1);
		assert_int_equal(tape_write(&tape, 16 * KiB, 1), MEDIA_FULL);
		expect_at(&tape, n, 0);
		expect_read(&tape, MEDIA_FILEMARK);
		expect_read(&tape, MEDIA_FILEMARK);
		expect_read(&tape, MEDIA_EOD);
	}
	while (tape_do(&tape, &marks) == MEDIA_OK)
		more++;
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, n + 1 + more), MEDIA_OK);
	assert_int_equal(tape_do(&tape, &marks), MEDIA_FULL);
	expect_read(&tape, MEDIA_FILEMARK);
	expect_read(&tape, MEDIA_EOD);
}

static void filemarks_end_with_the_capacity_and_say_how_many_are_left(void **state)
{
	struct media_req req = { .op = MEDIA_OP_FILEMARKS, .count = 100000, .immediate = true };

	create(MEDIA_DATA, 256 * KiB, 16 * KiB, false);
	assert_int_equal(tape_do(&tape, &req), MEDIA_FULL);
	assert_in_range(req.residual, 90000, 99999);
	expect_at(&tape, 100000 - req.residual, 100000 - req.residual);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
}

static void compression_stretches_the_tape(void **state)
{
	unsigned n, warned;

	create(MEDIA_DATA, 1024 * KiB, 256 * KiB, false);
	assert_int_equal(media_set_codec(tape.media, MEDIA_CODEC_ZLIB, 0), MEDIA_OK);
	n = fill(16 * KiB, &warned);
	assert_in_range(n, 80, 130);
}

static void compression_does_not_stretch_a_tape_that_counts_what_the_host_wrote(void **state)
{
	unsigned n, warned;

	create(MEDIA_DATA, 1024 * KiB, 256 * KiB, true);
	assert_int_equal(media_set_codec(tape.media, MEDIA_CODEC_ZLIB, 0), MEDIA_OK);
	n = fill(16 * KiB, &warned);
	assert_int_equal(n, (1024 - 64) / 16);
	assert_int_equal(warned, (1024 - 256) / 16);
	assert_int_equal(tell().used, n * 16 * KiB);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 50), MEDIA_OK);
	assert_true(tell().early_warning);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 40), MEDIA_OK);
	assert_false(tell().early_warning);
	assert_int_equal(tape_write(&tape, 10, 10), MEDIA_OK);
	assert_int_equal(tell().used, 40 * 16 * KiB + 10);
	tape_reopen(&tape);
	assert_int_equal(tape_space(&tape, MEDIA_OP_SPACE_EOD, 0, NULL), MEDIA_OK);
	assert_int_equal(tell().used, 40 * 16 * KiB + 10);
}

static void a_disk_that_fills_is_an_early_end_of_the_tape(void **state)
{
	struct media_usage usage;
	unsigned n = 0;
	enum media_err err;
	bool warned = false;

	create(MEDIA_DATA, 64 << 20, 256 * KiB, false);
	media_store_memory_limit(store, 2 << 20);
	while ((err = tape_write(&tape, 16 * KiB, n)) == MEDIA_OK) {
		n++;
		warned |= tell().early_warning;
		assert_true(n < 200);
	}
	assert_int_equal(err, MEDIA_NOSPACE);
	assert_true(warned);
	assert_in_range(n, 60, 128);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	/* What can still be written ends with the disk; the tape is as long as it ever was. */
	media_usage(tape.media, 0, &usage);
	assert_true(usage.capacity == 64 << 20 && usage.left < 256 * KiB);
	tape_reopen(&tape);
	for (unsigned i = 0; i < n; i++)
		expect_block(&tape, 16 * KiB, i);
	expect_read(&tape, MEDIA_EOD);
	/* With room, it goes on. */
	media_store_memory_limit(store, 8 << 20);
	assert_int_equal(tape_write(&tape, 16 * KiB, n), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	tape_close(&tape);
	assert_int_equal(tape_verify(store, true), 0);
}

static void no_room_to_begin_changes_nothing(void **state)
{
	create(MEDIA_DATA, 64 << 20, 256 * KiB, false);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(tape_write(&tape, 1000, i), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	media_store_memory_limit(store, 0);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 2), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 1000, 9), MEDIA_NOSPACE);
	expect_at(&tape, 2, 0);
	for (unsigned i = 2; i < 5; i++)
		expect_block(&tape, 1000, i);
}

static void a_worm_tape_takes_blocks_at_its_end_only(void **state)
{
	struct media_req format = { .op = MEDIA_OP_FORMAT };

	create(MEDIA_WORM_DATA, 64 << 20, 1 << 20, false);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(tape_write(&tape, 1000, i), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 1), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 1000, 9), MEDIA_WORM);
	assert_int_equal(tape_marks(&tape, 1, false), MEDIA_WORM);
	assert_int_equal(tape_erase(&tape), MEDIA_WORM);
	assert_int_equal(tape_do(&tape, &format), MEDIA_WORM);
	expect_at(&tape, 1, 0);
	expect_block(&tape, 1000, 1);
	expect_block(&tape, 1000, 2);
	assert_int_equal(tape_write(&tape, 1000, 3), MEDIA_OK);
	tape_reopen(&tape);
	assert_int_equal(tape_write(&tape, 1000, 9), MEDIA_WORM);
	for (unsigned i = 0; i < 4; i++)
		expect_block(&tape, 1000, i);
}

static void the_last_filemarks_of_a_worm_tape_may_be_overwritten(void **state)
{
	create(MEDIA_WORM_DATA, 64 << 20, 1 << 20, false);
	assert_int_equal(tape_write(&tape, 1000, 0), MEDIA_OK);
	assert_int_equal(tape_marks(&tape, 2, false), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 2), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 1000, 1), MEDIA_OK);
	expect_at(&tape, 3, 1);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 1), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 1000, 2), MEDIA_WORM);
}

static void a_protected_tape_is_read_and_not_changed(void **state)
{
	struct media_info info;
	struct media_req set = { .op = MEDIA_OP_SET_INFO, .info = &info };
	struct media_req format = { .op = MEDIA_OP_FORMAT };

	create(MEDIA_DATA, 64 << 20, 1 << 20, false);
	assert_int_equal(tape_write(&tape, 1000, 0), MEDIA_OK);
	info = *media_info(tape.media);
	info.write_protected = true;
	assert_int_equal(tape_do(&tape, &set), MEDIA_OK);
	assert_true(media_info(tape.media)->write_protected);
	tape_reopen(&tape);
	assert_true(media_info(tape.media)->write_protected);
	assert_int_equal(tape_write(&tape, 1000, 1), MEDIA_PROTECTED);
	assert_int_equal(tape_marks(&tape, 1, false), MEDIA_PROTECTED);
	assert_int_equal(tape_marks(&tape, 0, false), MEDIA_OK);
	assert_int_equal(tape_erase(&tape), MEDIA_PROTECTED);
	assert_int_equal(tape_do(&tape, &format), MEDIA_PROTECTED);
	expect_block(&tape, 1000, 0);
	info.write_protected = false;
	assert_int_equal(tape_do(&tape, &set), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 1000, 1), MEDIA_OK);
}

static void a_cleaning_cartridge_holds_no_data(void **state)
{
	struct media_info info = tape_info();

	info.kind = MEDIA_CLEANING;
	memset(&info.geometry, 0, sizeof(info.geometry));
	tape_create(&tape, store, &info);
	assert_int_equal(tape_write(&tape, 10, 0), MEDIA_NOT_DATA);
	expect_read(&tape, MEDIA_NOT_DATA);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_NOT_DATA);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	assert_true(tell().bop);
	tape_reopen(&tape);
	tape_close(&tape);
	assert_int_equal(tape_verify(store, true), 0);
}

static void partitions_keep_apart(void **state)
{
	struct media_info info = tape_info();
	struct media_usage usage;

	info.geometry.partitions = 4;
	for (unsigned i = 0; i < 4; i++)
		info.geometry.part[i] = (typeof(info.geometry.part[0])){ (i + 1) << 20, 64 * KiB };
	tape_create(&tape, store, &info);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, i, 0), MEDIA_OK);
		for (unsigned k = 0; k <= i; k++)
			assert_int_equal(tape_write(&tape, 1000 + i, 10 * i + k), MEDIA_OK);
	}
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	for (int turn = 0; turn < 2; turn++) {
		for (unsigned i = 0; i < 4; i++) {
			media_usage(tape.media, i, &usage);
			assert_int_equal(usage.objects, i + 1);
			assert_int_equal(usage.capacity, (i + 1) << 20);
			assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, i, 0), MEDIA_OK);
			assert_int_equal(tell().partition, i);
			for (unsigned k = 0; k <= i; k++)
				expect_block(&tape, 1000 + i, 10 * i + k);
			expect_read(&tape, MEDIA_EOD);
		}
		tape_reopen(&tape);
	}
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_EOD, 2, 0), MEDIA_OK);
	expect_at(&tape, 3, 0);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 4, 0), MEDIA_INVALID);
}

static void formatting_makes_other_partitions_and_takes_all_data(void **state)
{
	struct media_geometry geometry = { .partitions = 3 };
	struct media_req req = { .op = MEDIA_OP_FORMAT, .geometry = &geometry };

	create(MEDIA_DATA, 64 << 20, 1 << 20, false);
	for (unsigned i = 0; i < 3; i++) {
		geometry.part[i].capacity = 8 << 20;
		geometry.part[i].early_warning = 1 << 20;
		assert_int_equal(tape_write(&tape, 1000, i), MEDIA_OK);
	}
	assert_int_equal(tape_do(&tape, &req), MEDIA_OK);
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(media_info(tape.media)->geometry.partitions, 3);
		assert_true(tell().bop && tell().eod);
		expect_read(&tape, MEDIA_EOD);
		tape_reopen(&tape);
	}
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 2, 0), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 5, 5), MEDIA_OK);
	geometry.partitions = 5;
	assert_int_equal(tape_do(&tape, &req), MEDIA_INVALID);
	geometry.partitions = 1;
	assert_int_equal(tape_do(&tape, &req), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 5, 6), MEDIA_OK);
	tape_reopen(&tape);
	expect_block(&tape, 5, 6);
	tape_close(&tape);
	assert_int_equal(tape_verify(store, true), 0);
}

static void the_mam_is_kept_by_a_sync(void **state)
{
	struct media_attr attr = {
		.id = 0x0800, .format = MEDIA_ATTR_ASCII, .len = 4, .data = (const uint8_t *)"VTL "
	};
	const struct media_attr *got;

	create(MEDIA_DATA, 64 << 20, 1 << 20, false);
	assert_int_equal(media_attr_set(tape.media, 0, &attr), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	tape_reopen(&tape);
	got = media_attr_get(tape.media, 0, 0x0800);
	assert_non_null(got);
	assert_int_equal(got->len, 4);
	assert_memory_equal(got->data, "VTL ", 4);
	assert_ptr_equal(media_attr_next(tape.media, 0, 0), got);
	assert_int_equal(media_attr_delete(tape.media, 0, 0x0800), MEDIA_OK);
	tape_reopen(&tape);
	assert_null(media_attr_get(tape.media, 0, 0x0800));
}

static void the_buffers_of_all_tapes_together_are_bounded(void **state)
{
	struct media_memory memory = { .limit = 4u << 20 };
	struct tape other = { .ring_bytes = 2u << 20, .memory = &memory };
	struct media_info info = tape_info();
	struct media_store *more;

	tape.ring_bytes = 2u << 20;
	tape.memory = &memory;
	create(MEDIA_DATA, 1u << 30, 0, false);
	assert_int_equal(media_store_memory(&more), 0);
	tape_create(&other, more, &info);
	assert_int_equal(memory.used, 0);
	assert_int_equal(tape_write(&tape, 1000, 0), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	/* A ring, and half as much on its way out. */
	assert_int_equal(memory.used, 3u << 20);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(tape_write(&other, 300000, i), MEDIA_OK);
	/* The least of either. */
	assert_int_equal(memory.used, (4u << 20) + (128u << 10));
	tape_reopen(&other);
	for (unsigned i = 0; i < 20; i++)
		expect_block(&other, 300000, i);
	tape_close(&other);
	tape_close(&tape);
	assert_int_equal(memory.used, 0);
	more->ops->destroy(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(early_warning_comes_before_the_end_and_never_late, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_tape_still_takes_filemarks_and_reads_back, setup, teardown),
		cmocka_unit_test_setup_teardown(what_has_no_room_takes_nothing_away, setup, teardown),
		cmocka_unit_test_setup_teardown(filemarks_end_with_the_capacity_and_say_how_many_are_left, setup,
						teardown),
		cmocka_unit_test_setup_teardown(compression_stretches_the_tape, setup, teardown),
		cmocka_unit_test_setup_teardown(compression_does_not_stretch_a_tape_that_counts_what_the_host_wrote,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_disk_that_fills_is_an_early_end_of_the_tape, setup, teardown),
		cmocka_unit_test_setup_teardown(no_room_to_begin_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_worm_tape_takes_blocks_at_its_end_only, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_filemarks_of_a_worm_tape_may_be_overwritten, setup, teardown),
		cmocka_unit_test_setup_teardown(a_protected_tape_is_read_and_not_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cleaning_cartridge_holds_no_data, setup, teardown),
		cmocka_unit_test_setup_teardown(partitions_keep_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(formatting_makes_other_partitions_and_takes_all_data, setup, teardown),
		cmocka_unit_test_setup_teardown(the_buffers_of_all_tapes_together_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(the_mam_is_kept_by_a_sync, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
