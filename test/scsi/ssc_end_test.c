/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a cartridge: early warning, programmable early warning, volume overflow, a full disk. */
#include <string.h>

#include "ssc_world.h"

#define BLOCK	(64 * KIB)

EACH_DRIVE(early_warning_is_told_and_the_block_is_written)
{
	unsigned n = ssc_write_to_early_warning(w, BLOCK);
	struct io *io = ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + n);

	expect_info(expect_bits(expect_sense(io, 0, 0, 2), SENSE_BIT_EOM), 0);
	assert_int_equal(ssc_object(w->a), n + 1);
	expect_good(ssc_rewind(w->a));
	for (unsigned i = 0; i <= n; i++)
		ssc_expect_block(w->a, BLOCK, NOT_COMPRESSIBLE + i);
}

EACH_DRIVE(early_warning_comes_where_the_cartridge_says)
{
	unsigned n = ssc_write_to_early_warning(w, BLOCK);

	assert_in_range((uint64_t)n * BLOCK, TEST_CAPACITY - TEST_EARLY_WARNING - 4 * BLOCK,
			TEST_CAPACITY - TEST_EARLY_WARNING + BLOCK);
}

EACH_DRIVE(in_fixed_mode_early_warning_comes_after_all_blocks_with_residual_zero)
{
	unsigned status, blocks = 0;
	struct io *io;

	ssc_set_block(w->a, BLOCK);
	do {
		io = ssc_write_fixed(w->a, 2, BLOCK, NOT_COMPRESSIBLE + blocks);
		blocks += 2;
		status = io->cmd.status;
	} while (status == SAM_GOOD);
	expect_info(expect_bits(expect_sense(io, 0, 0, 2), SENSE_BIT_EOM), 0);
	assert_int_equal(ssc_object(w->a), blocks);
}

EACH_DRIVE(filemarks_are_written_after_early_warning_and_tell_it)
{
	unsigned n = ssc_write_to_early_warning(w, BLOCK);

	expect_info(expect_bits(expect_sense(ssc_filemarks(w->a, 2), 0, 0, 2), SENSE_BIT_EOM), 0);
	assert_int_equal(ssc_object(w->a), n + 2);
	expect_good(ssc_filemarks(w->a, 0));
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, -2));
	assert_int_equal(ssc_object(w->a), n);
}

EACH_DRIVE(after_early_warning_each_write_is_on_the_medium_when_it_ends)
{
	unsigned n = ssc_write_to_early_warning(w, BLOCK);
	struct io *p = expect_good(io_in(w->a, 32, CDB(0x34, 8, 0, 0, 0, 0, 0, 0, 32, 0)));

	expect_u64(p, 8, n);
	expect_u64(p, 16, n);
	expect_u8(p, 0, 0x40);
}

/* Writes until nothing more goes in; returns the blocks that were written. */
static unsigned write_to_the_end(struct ssc_world *w)
{
	unsigned n = ssc_write_to_early_warning(w, BLOCK);
	struct io *io;

	while ((io = ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + n))->cmd.sense[2] == 0x40) {
		assert_true(n * BLOCK <= TEST_CAPACITY);
		n++;
	}
	expect_info(expect_bits(expect_sense(io, 0xd, 0, 2), SENSE_BIT_EOM), BLOCK);
	return n;
}

EACH_DRIVE(volume_overflow_says_that_nothing_was_written_and_nothing_was)
{
	unsigned n = write_to_the_end(w);

	assert_int_equal(ssc_object(w->a), n);
	expect_sense(ssc_read(w->a, 0, BLOCK, BLOCK), 8, 0, 5);
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, n - 1));
	ssc_expect_block(w->a, BLOCK, NOT_COMPRESSIBLE + n - 1);
}

EACH_DRIVE(in_fixed_mode_volume_overflow_tells_how_many_blocks_were_not_written)
{
	struct io *io;
	unsigned at = ssc_write_to_early_warning(w, BLOCK), count = 2 * TEST_EARLY_WARNING / BLOCK;
	int64_t residual;

	ssc_set_block(w->a, BLOCK);
	io = ssc_write_fixed(w->a, count, BLOCK, NOT_COMPRESSIBLE);
	expect_bits(expect_sense(io, 0xd, 0, 2), SENSE_BIT_EOM);
	residual = get_be32(io->cmd.sense + 3);
	assert_in_range(residual, 1, count - 1);
	assert_int_equal(ssc_object(w->a), at + count - residual);
}

EACH_DRIVE(there_is_room_for_a_filemark_and_a_label_after_early_warning)
{
	ssc_write_to_early_warning(w, BLOCK);
	expect_sense(ssc_filemarks(w->a, 1), 0, 0, 2);
	expect_sense(ssc_write(w->a, 80, 1), 0, 0, 2);
	expect_sense(ssc_filemarks(w->a, 2), 0, 0, 2);
}

EACH_DRIVE(end_of_data_beyond_early_warning_is_told_with_eom_and_the_full_residual)
{
	ssc_write_to_early_warning(w, BLOCK);
	expect_info(expect_bits(expect_sense(ssc_read(w->a, 0, 100, 100), 8, 0, 5), SENSE_BIT_EOM), 100);
}

EACH_DRIVE(a_read_over_early_warning_does_not_tell_it)
{
	unsigned n = ssc_write_to_early_warning(w, BLOCK);

	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, n - 1));
	ssc_expect_block(w->a, BLOCK, NOT_COMPRESSIBLE + n - 1);
}

EACH_DRIVE(overwriting_from_the_beginning_makes_the_whole_cartridge_free_again)
{
	unsigned n = ssc_write_to_early_warning(w, BLOCK), again;

	expect_good(ssc_rewind(w->a));
	again = ssc_write_to_early_warning(w, BLOCK);
	assert_int_equal(n, again);
}

/* ---- programmable early warning ---- */

EACH_DRIVE(programmable_early_warning_is_told_once_where_pews_says)
{
	uint64_t pew = TEST_CAPACITY - TEST_EARLY_WARNING - 2 * 1000000;
	unsigned n = 0;
	struct io *io;

	if (!ssc_has_mode(w, 0x10, 0x01))
		return;
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 7, 2));
	do {
		io = ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + n++);
	} while (io->cmd.status == SAM_GOOD);
	expect_info(expect_bits(expect_sense(io, 0, 0, 7), SENSE_BIT_EOM), 0);
	assert_in_range((uint64_t)n * BLOCK, pew - 4 * BLOCK, pew + BLOCK);
	expect_u8(ssc_position(w->a), 0, 0x01);
	expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + n));
	expect_good(ssc_filemarks(w->a, 1));
	ssc_write_to_early_warning(w, BLOCK);
	expect_u8(ssc_position(w->a), 0, 0x41);
}

EACH_DRIVE(without_pews_there_is_no_programmable_early_warning)
{
	ssc_write_to_early_warning(w, BLOCK);
	expect_u8(ssc_position(w->a), 0, 0x40);
}

/* ---- partitions ---- */

EACH_EMPTY_DRIVE(each_partition_has_its_own_early_warning)
{
	unsigned n;

	if (w->medium->max_partitions < 2 || w->model->max_partitions < 2)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .partitions = 2 });
	n = ssc_write_to_early_warning(w, BLOCK);
	expect_good(ssc_locate_partition(w->a, 1, 0));
	expect_good(ssc_write(w->a, BLOCK, 1));
	expect_u8(ssc_position(w->a), 0, 0);
	expect_good(ssc_locate_partition(w->a, 0, n));
	expect_u8(ssc_position(w->a), 0, 0x40);
}

/* ---- a full disk ---- */

EACH_DRIVE(a_full_disk_is_a_volume_overflow_and_what_was_acknowledged_stays)
{
	struct io *io;
	unsigned n = 0;

	expect_good(ssc_write(w->a, BLOCK, 1));
	expect_good(ssc_filemarks(w->a, 1));
	media_store_memory_limit(w->store, 2 * MIB);
	do {
		io = ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + n++);
		if (io->cmd.status == SAM_GOOD)
			io = ssc_filemarks(w->a, 0);
	} while (io->cmd.status == SAM_GOOD || io->cmd.sense[2] == 0x40);
	assert_int_equal(io->cmd.sense[2] & 0x0f, 0xd);
	media_store_memory_limit(w->store, 1ull << 40);
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, BLOCK, 1);
	expect_sense(ssc_read(w->a, 0, 10, 10), 0, 0, 1);
	ssc_expect_block(w->a, BLOCK, NOT_COMPRESSIBLE);
}

EACH_DRIVE(with_rew_the_read_that_gets_beyond_early_warning_tells_it_once)
{
	unsigned n = ssc_write_to_early_warning(w, BLOCK), told = 0;

	if (!(expect_good(io_in(w->a, 255, CDB(0x1a, 8, 0x50, 0, 255, 0)))->in[4 + 8] & 1))
		return;		/* this drive has no such choice */
	expect_sense(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + n), 0, 0, 2);
	expect_good(ssc_mode_set(w->a, 0x10, 0, 8, ssc_mode(w->a, 0x10, 0)->in[16 + 8] | 1));
	expect_good(ssc_rewind(w->a));
	for (unsigned i = 0; i <= n; i++) {
		struct io *io = ssc_read(w->a, 0, BLOCK, BLOCK);

		if (io->cmd.status == SAM_GOOD)
			continue;
		expect_len(expect_info(expect_bits(expect_sense(io, 0, 0, 2), SENSE_BIT_EOM), 0), BLOCK);
		told++;
	}
	assert_int_equal(told, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(early_warning_is_told_and_the_block_is_written),
		SSC_TEST(early_warning_comes_where_the_cartridge_says),
		SSC_TEST(in_fixed_mode_early_warning_comes_after_all_blocks_with_residual_zero),
		SSC_TEST(filemarks_are_written_after_early_warning_and_tell_it),
		SSC_TEST(after_early_warning_each_write_is_on_the_medium_when_it_ends),
		SSC_TEST(volume_overflow_says_that_nothing_was_written_and_nothing_was),
		SSC_TEST(in_fixed_mode_volume_overflow_tells_how_many_blocks_were_not_written),
		SSC_TEST(there_is_room_for_a_filemark_and_a_label_after_early_warning),
		SSC_TEST(end_of_data_beyond_early_warning_is_told_with_eom_and_the_full_residual),
		SSC_TEST(a_read_over_early_warning_does_not_tell_it),
		SSC_TEST(overwriting_from_the_beginning_makes_the_whole_cartridge_free_again),
		SSC_TEST(programmable_early_warning_is_told_once_where_pews_says),
		SSC_TEST(without_pews_there_is_no_programmable_early_warning),
		SSC_TEST(each_partition_has_its_own_early_warning),
		SSC_TEST(with_rew_the_read_that_gets_beyond_early_warning_tells_it_once),
		SSC_TEST(a_full_disk_is_a_volume_overflow_and_what_was_acknowledged_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
