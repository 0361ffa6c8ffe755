/* SPDX-License-Identifier: GPL-2.0-only */
/* READ and WRITE: blocks, fixed and variable, lengths that differ, and what INFORMATION says then. */
#include <stdlib.h>
#include <string.h>

#include "ssc_world.h"

EACH_DRIVE(a_block_that_was_written_is_read_back)
{
	expect_good(ssc_write(w->a, 1000, 1));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, 1000, 1);
}

EACH_DRIVE(blocks_of_every_size_are_read_back_in_order)
{
	static const uint32_t size[] = { 1, 2, 511, 512, 513, 4096, 65535, 65536, 65537, 100000 };
	unsigned n = sizeof(size) / sizeof(size[0]);

	for (unsigned i = 0; i < n; i++)
		expect_good(ssc_write(w->a, size[i], i));
	expect_good(ssc_rewind(w->a));
	for (unsigned i = 0; i < n; i++)
		ssc_expect_block(w->a, size[i], i);
}

EACH_EMPTY_DRIVE(the_largest_block_that_the_drive_claims_is_written_and_read)
{
	uint32_t max = (uint32_t)io_uint(expect_good(io_in(w->a, 6, CDB(0x05, 0, 0, 0, 0, 0))), 1, 3);

	ssc_insert(w, &(struct ssc_cartridge){ .capacity = 2 * max + TEST_EARLY_WARNING });
	expect_good(ssc_write(w->a, max, 3));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, max, 3);
}

EACH_DRIVE(a_block_larger_than_the_drive_claims_is_refused_and_nothing_is_written)
{
	uint32_t max = w->model->block_max;

	if (max == 0xffffff)
		return;
	expect_bad_cdb(ssc_write(w->a, max + 1, 3), 2, -1);
	assert_int_equal(ssc_object(w->a), 0);
}

EACH_DRIVE(a_read_may_ask_for_more_than_any_block_has)
{
	struct io *io;

	expect_good(ssc_write(w->a, 100, 3));
	expect_good(ssc_rewind(w->a));
	io = expect_sense(ssc_read(w->a, 0, 0xffffff, 200), 0, 0, 0);
	expect_info(expect_bits(io, SENSE_BIT_ILI), 0xffffff - 100);
	expect_len(io, 100);
}

static void expect_coarse_blocks(struct ssc_world *w)
{
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	expect_u8(expect_good(io_in(w->a, 6, CDB(0x05, 0, 0, 0, 0, 0))), 0, 2);
	expect_bad_cdb(ssc_write(w->a, 12, 1), 2, -1);
	expect_bad_cdb(ssc_write(w->a, 18, 1), 2, -1);
	expect_bad_param(ssc_select_block(w->a, 12, 1), 9, -1);
	expect_bad_param(ssc_select_block(w->a, 18, 1), 9, -1);
	expect_good(ssc_write(w->a, 20, 1));
}

static void blocks_smaller_or_finer_than_the_drive_writes_are_refused(void **state)
{
	/* No LTO drive has such limits; other families do. */
	struct vtl_drive_model coarse = *ssc_some_model();

	coarse.block_min = 16;
	coarse.block_granularity = 2;
	ssc_one_drive(&coarse, expect_coarse_blocks);
}

EACH_DRIVE(a_transfer_length_of_zero_moves_nothing)
{
	expect_good(io(w->a, CDB(0x0a, 0, 0, 0, 0, 0)));
	expect_len(expect_good(ssc_read(w->a, 0, 0, 0)), 0);
	ssc_set_block(w->a, 512);
	expect_good(io(w->a, CDB(0x0a, 1, 0, 0, 0, 0)));
	expect_good(ssc_read(w->a, RW_FIXED, 0, 0));
	assert_int_equal(ssc_object(w->a), 0);
}

EACH_DRIVE(fixed_blocks_are_blocks_of_the_block_length)
{
	uint8_t data[4 * 512];

	ssc_set_block(w->a, 512);
	expect_good(ssc_write_fixed(w->a, 4, 512, 10));
	assert_int_equal(ssc_object(w->a), 4);
	expect_good(ssc_rewind(w->a));
	for (unsigned i = 0; i < 4; i++)
		ssc_fill(data + 512 * i, 512, 10 + i);
	expect_data(expect_good(ssc_read(w->a, RW_FIXED, 4, sizeof(data))), data, sizeof(data));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, 512, 10);
}

EACH_DRIVE(a_command_of_very_many_small_blocks_lets_others_have_their_turn)
{
	static uint8_t data[10000];
	struct io *io;
	unsigned jobs;

	ssc_set_block(w->a, 1);
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	expect_good(io_out(w->a, data, sizeof(data), CDB(0x0a, 1, 0, 0x27, 0x10, 0)));
	expect_good(ssc_rewind(w->a));
	w->sim.hold_jobs = true;
	io = io_start(w->a, CDB(0x08, 1, 0, 0x27, 0x10, 0), NULL, 0, sizeof(data));
	for (jobs = 0; !io_done(io); jobs++)
		assert_true(sim_run_job(&w->sim));
	assert_true(jobs >= 9);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	expect_data(expect_good(io), data, sizeof(data));
}

EACH_DRIVE(fixed_without_a_block_length_is_refused_at_the_fixed_bit)
{
	expect_bad_cdb(ssc_read(w->a, RW_FIXED, 1, 512), 1, 0);
	expect_bad_cdb(ssc_write_fixed(w->a, 1, 512, 0), 1, 0);
}

EACH_DRIVE(fixed_and_sili_together_are_refused_at_the_sili_bit)
{
	ssc_set_block(w->a, 512);
	expect_bad_cdb(ssc_read(w->a, RW_FIXED | RW_SILI, 1, 512), 1, 1);
}

EACH_DRIVE(a_write_with_less_data_than_it_says_writes_nothing)
{
	expect_sense(io_out(w->a, BYTES(1, 2, 3), CDB(0x0a, 0, 0, 0, 4, 0)), 0x5, 0x1a, 0x00);
	expect_sense(io(w->a, CDB(0x0a, 0, 0, 0, 4, 0)), 0x5, 0x1a, 0x00);
	ssc_set_block(w->a, 4);
	expect_sense(io_out(w->a, BYTES(1, 2, 3, 4, 5), CDB(0x0a, 1, 0, 0, 2, 0)), 0x5, 0x1a, 0x00);
	assert_int_equal(ssc_object(w->a), 0);
}

EACH_DRIVE(a_read_with_room_for_less_than_it_asks_gets_what_fits_and_the_true_length)
{
	uint8_t data[1000];

	expect_good(ssc_write(w->a, 1000, 7));
	expect_good(ssc_write(w->a, 500, 8));
	expect_good(ssc_rewind(w->a));
	ssc_fill(data, sizeof(data), 7);
	expect_data(expect_good(ssc_read(w->a, 0, 1000, 300)), data, 300);
	expect_info(expect_sense(ssc_read(w->a, 0, 1000, 0), 0, 0, 0), 500);
	assert_int_equal(ssc_object(w->a), 2);
}

/* ---- the matrix of lengths (SSC-5: SILI, ILI, residuals) ---- */

enum { SHORTER = 400, AS_IS = 512, LONGER = 700 };

static void write_one(struct ssc_world *w, uint32_t block_length)
{
	ssc_set_block(w->a, block_length);
	expect_good(ssc_rewind(w->a));
	expect_good(ssc_write(w->a, AS_IS, 5));
	expect_good(ssc_write(w->a, 10, 6));
	expect_good(ssc_rewind(w->a));
}

/* Reads the 512-byte block with another length; INFORMATION is the difference, with ILI. */
static void expect_ili(struct ssc_world *w, unsigned flags, uint32_t asked)
{
	uint8_t data[AS_IS];
	uint32_t n = asked < AS_IS ? asked : AS_IS;
	struct io *io = ssc_read(w->a, flags, asked, asked);

	ssc_fill(data, sizeof(data), 5);
	expect_info(expect_bits(expect_sense(io, 0, 0, 0), SENSE_BIT_ILI), (int64_t)asked - AS_IS);
	expect_data(io, data, n);
	ssc_expect_block(w->a, 10, 6);
}

static void expect_no_ili(struct ssc_world *w, unsigned flags, uint32_t asked)
{
	uint8_t data[AS_IS];

	ssc_fill(data, sizeof(data), 5);
	expect_data(expect_good(ssc_read(w->a, flags, asked, asked)), data, asked < AS_IS ? asked : AS_IS);
	ssc_expect_block(w->a, 10, 6);
}

EACH_DRIVE(a_shorter_block_than_asked_for_is_told_with_the_positive_difference)
{
	write_one(w, 0);
	expect_ili(w, 0, LONGER);
}

EACH_DRIVE(a_longer_block_than_asked_for_is_told_with_the_negative_difference)
{
	write_one(w, 0);
	expect_ili(w, 0, SHORTER);
}

EACH_DRIVE(with_sili_a_shorter_block_is_no_error)
{
	write_one(w, 0);
	expect_no_ili(w, RW_SILI, LONGER);
	write_one(w, 1024);
	expect_no_ili(w, RW_SILI, LONGER);
}

EACH_DRIVE(with_sili_a_longer_block_is_no_error_while_the_block_length_is_zero)
{
	write_one(w, 0);
	expect_no_ili(w, RW_SILI, SHORTER);
}

EACH_DRIVE(with_sili_a_longer_block_is_told_while_a_block_length_is_set)
{
	write_one(w, 1024);
	expect_ili(w, RW_SILI, SHORTER);
}

EACH_DRIVE(in_fixed_mode_a_block_of_another_length_ends_the_read_and_does_not_count)
{
	static const uint32_t other[] = { 100, 600 };

	for (unsigned i = 0; i < 2; i++) {
		uint32_t part = other[i] < 512 ? other[i] : 512;
		uint8_t data[3 * 512];
		struct io *io;

		expect_good(ssc_rewind(w->a));
		ssc_set_block(w->a, 512);
		expect_good(ssc_write_fixed(w->a, 2, 512, 1));
		expect_good(ssc_write(w->a, other[i], 9));
		expect_good(ssc_write_fixed(w->a, 2, 512, 3));
		expect_good(ssc_rewind(w->a));
		io = ssc_read(w->a, RW_FIXED, 5, 5 * 512);
		expect_info(expect_bits(expect_sense(io, 0, 0, 0), SENSE_BIT_ILI), 3);
		ssc_fill(data, 512, 1);
		ssc_fill(data + 512, 512, 2);
		ssc_fill(data + 1024, part, 9);
		expect_data(io, data, 1024 + part);
		assert_int_equal(ssc_object(w->a), 3);
	}
}

/* ---- what ends a read ---- */

EACH_DRIVE(a_filemark_ends_a_variable_read_with_the_full_length_as_residual)
{
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_write(w->a, 10, 1));
	expect_good(ssc_rewind(w->a));
	expect_info(expect_bits(expect_sense(ssc_read(w->a, 0, 1000, 1000), 0, 0, 0x01), SENSE_BIT_FILEMARK), 1000);
	assert_int_equal(ssc_object(w->a), 1);
	ssc_expect_block(w->a, 10, 1);
}

EACH_DRIVE(a_filemark_ends_a_variable_read_even_with_sili)
{
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	expect_info(expect_bits(expect_sense(ssc_read(w->a, RW_SILI, 77, 77), 0, 0, 0x01), SENSE_BIT_FILEMARK), 77);
}

EACH_DRIVE(a_filemark_ends_a_fixed_read_with_the_blocks_that_are_missing_as_residual)
{
	struct io *io;

	ssc_set_block(w->a, 512);
	expect_good(ssc_write_fixed(w->a, 3, 512, 1));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	io = ssc_read(w->a, RW_FIXED, 10, 5120);
	expect_info(expect_bits(expect_sense(io, 0, 0, 0x01), SENSE_BIT_FILEMARK), 7);
	expect_len(io, 3 * 512);
	assert_int_equal(ssc_object(w->a), 4);
}

EACH_DRIVE(at_end_of_data_a_read_gets_blank_check_and_no_byte)
{
	struct io *io;

	expect_good(ssc_write(w->a, 10, 1));
	io = ssc_read(w->a, 0, 1000, 1000);
	expect_info(expect_bits(expect_sense(io, 0x8, 0, 0x05), 0), 1000);
	expect_len(io, 0);
	assert_int_equal(ssc_object(w->a), 1);
}

EACH_DRIVE(end_of_data_ends_a_fixed_read_with_the_blocks_that_are_missing_as_residual)
{
	struct io *io;

	ssc_set_block(w->a, 512);
	expect_good(ssc_write_fixed(w->a, 3, 512, 1));
	expect_good(ssc_rewind(w->a));
	io = ssc_read(w->a, RW_FIXED, 5, 5 * 512);
	expect_info(expect_bits(expect_sense(io, 0x8, 0, 0x05), 0), 2);
	expect_len(io, 3 * 512);
}

EACH_DRIVE(a_blank_cartridge_reads_as_end_of_data)
{
	expect_sense(ssc_read(w->a, 0, 512, 512), 0x8, 0, 0x05);
}

/* ---- writing over ---- */

EACH_DRIVE(a_write_in_the_middle_makes_that_the_end_of_data)
{
	for (unsigned i = 0; i < 5; i++)
		expect_good(ssc_write(w->a, 100, i));
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 2));
	expect_good(ssc_write(w->a, 200, 9));
	expect_sense(ssc_read(w->a, 0, 100, 100), 0x8, 0, 0x05);
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, 100, 0);
	ssc_expect_block(w->a, 100, 1);
	ssc_expect_block(w->a, 200, 9);
	expect_sense(ssc_read(w->a, 0, 100, 100), 0x8, 0, 0x05);
}

EACH_DRIVE(filemarks_in_the_middle_make_that_the_end_of_data)
{
	for (unsigned i = 0; i < 5; i++)
		expect_good(ssc_write(w->a, 100, i));
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 1));
	expect_good(ssc_filemarks(w->a, 2));
	assert_int_equal(ssc_object(w->a), 3);
	expect_sense(ssc_read(w->a, 0, 100, 100), 0x8, 0, 0x05);
}

EACH_DRIVE(no_filemarks_are_a_flush_and_change_nothing)
{
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_write(w->a, 100, 2));
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 1));
	expect_good(ssc_filemarks(w->a, 0));
	ssc_expect_block(w->a, 100, 2);
}

EACH_DRIVE(filemarks_can_be_written_with_immed)
{
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(io(w->a, CDB(0x10, 1, 0, 0, 3, 0)));
	assert_int_equal(ssc_object(w->a), 4);
	expect_good(ssc_rewind(w->a));
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, 3));
}

EACH_DRIVE(an_erase_makes_this_the_end_of_data)
{
	for (unsigned erase = 0; erase < 4; erase++) {
		for (unsigned i = 0; i < 3; i++)
			expect_good(ssc_write(w->a, 100, i));
		expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 1));
		expect_good(io(w->a, CDB(0x19, (uint8_t)erase, 0, 0, 0, 0)));
		assert_int_equal(ssc_object(w->a), 1);
		expect_sense(ssc_read(w->a, 0, 100, 100), 0x8, 0, 0x05);
		expect_good(ssc_rewind(w->a));
		ssc_expect_block(w->a, 100, 0);
		expect_good(ssc_rewind(w->a));
	}
}

EACH_DRIVE(what_was_written_is_there_after_the_cartridge_was_out)
{
	expect_good(ssc_write(w->a, 5000, 1));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_write(w->a, 6000, 2));
	ssc_reinsert(w);
	assert_int_equal(ssc_object(w->a), 0);
	ssc_expect_block(w->a, 5000, 1);
	expect_sense(ssc_read(w->a, 0, 10, 10), 0, 0, 0x01);
	ssc_expect_block(w->a, 6000, 2);
}

EACH_DRIVE(unbuffered_a_write_is_on_the_medium_when_it_ends)
{
	struct io *io;

	expect_good(ssc_select_block(w->a, 0, 0));
	expect_good(ssc_write(w->a, 1000, 1));
	io = expect_good(io_in(w->a, 32, CDB(0x34, 0x08, 0, 0, 0, 0, 0, 0, 32, 0)));
	expect_u64(io, 8, 1);
	expect_u64(io, 16, 1);
	expect_u24(io, 5, 0);
	expect_u64(io, 24, 0);
}

/* ---- what does not let itself be written ---- */

static void expect_nothing_writes(struct ssc_world *w, uint8_t asc, uint8_t ascq)
{
	expect_sense(ssc_write(w->a, 100, 1), 0x7, asc, ascq);
	expect_sense(ssc_filemarks(w->a, 1), 0x7, asc, ascq);
	expect_sense(io(w->a, CDB(0x19, 0, 0, 0, 0, 0)), 0x7, asc, ascq);
	expect_good(ssc_filemarks(w->a, 0));
	assert_int_equal(ssc_object(w->a), 0);
	expect_sense(ssc_read(w->a, 0, 100, 100), 0x8, 0, 0x05);
	assert_int_equal(io_uint(ssc_mode(w->a, 0x10, 0), 3, 1) & 0x80, 0x80);
}

EACH_EMPTY_DRIVE(a_write_protected_cartridge_is_not_written)
{
	ssc_insert(w, &(struct ssc_cartridge){ .write_protected = true });
	expect_nothing_writes(w, 0x27, 0x00);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 9), 1);
}

EACH_EMPTY_DRIVE(a_cartridge_of_a_generation_that_is_only_read_is_not_written)
{
	for (unsigned i = 0; i < w->model->media_count; i++) {
		const struct vtl_drive_medium *m = &w->model->media[i];

		if (m->access != VTL_ACCESS_READ || m->medium->cleaning)
			continue;
		ssc_insert(w, &(struct ssc_cartridge){ .form = m->medium->name });
		expect_nothing_writes(w, 0x30, 0x05);
		ssc_eject(w);
	}
}

EACH_EMPTY_DRIVE(a_worm_cartridge_is_appended_and_never_overwritten)
{
	if (vtl_drive_access(w->model, w->medium->name, MEDIA_WORM_DATA) != VTL_ACCESS_WRITE)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .kind = MEDIA_WORM_DATA });
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_write(w->a, 100, 2));
	expect_good(ssc_rewind(w->a));
	expect_sense(ssc_write(w->a, 100, 3), 0x7, 0x30, 0x0c);
	expect_sense(io(w->a, CDB(0x19, 0, 0, 0, 0, 0)), 0x7, 0x30, 0x0c);
	ssc_expect_block(w->a, 100, 1);
	ssc_expect_block(w->a, 100, 2);
	expect_good(ssc_write(w->a, 100, 4));
	assert_int_equal(io_uint(ssc_mode(w->a, 0x1d, 0), 16 + 2, 1) & 0x01, 0x01);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 60), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_block_that_was_written_is_read_back),
		SSC_TEST(blocks_of_every_size_are_read_back_in_order),
		SSC_TEST(the_largest_block_that_the_drive_claims_is_written_and_read),
		SSC_TEST(a_block_larger_than_the_drive_claims_is_refused_and_nothing_is_written),
		SSC_TEST(a_read_may_ask_for_more_than_any_block_has),
		SSC_TEST(blocks_smaller_or_finer_than_the_drive_writes_are_refused),
		SSC_TEST(a_transfer_length_of_zero_moves_nothing),
		SSC_TEST(fixed_blocks_are_blocks_of_the_block_length),
		SSC_TEST(a_command_of_very_many_small_blocks_lets_others_have_their_turn),
		SSC_TEST(fixed_without_a_block_length_is_refused_at_the_fixed_bit),
		SSC_TEST(fixed_and_sili_together_are_refused_at_the_sili_bit),
		SSC_TEST(a_write_with_less_data_than_it_says_writes_nothing),
		SSC_TEST(a_read_with_room_for_less_than_it_asks_gets_what_fits_and_the_true_length),
		SSC_TEST(a_shorter_block_than_asked_for_is_told_with_the_positive_difference),
		SSC_TEST(a_longer_block_than_asked_for_is_told_with_the_negative_difference),
		SSC_TEST(with_sili_a_shorter_block_is_no_error),
		SSC_TEST(with_sili_a_longer_block_is_no_error_while_the_block_length_is_zero),
		SSC_TEST(with_sili_a_longer_block_is_told_while_a_block_length_is_set),
		SSC_TEST(in_fixed_mode_a_block_of_another_length_ends_the_read_and_does_not_count),
		SSC_TEST(a_filemark_ends_a_variable_read_with_the_full_length_as_residual),
		SSC_TEST(a_filemark_ends_a_variable_read_even_with_sili),
		SSC_TEST(a_filemark_ends_a_fixed_read_with_the_blocks_that_are_missing_as_residual),
		SSC_TEST(at_end_of_data_a_read_gets_blank_check_and_no_byte),
		SSC_TEST(end_of_data_ends_a_fixed_read_with_the_blocks_that_are_missing_as_residual),
		SSC_TEST(a_blank_cartridge_reads_as_end_of_data),
		SSC_TEST(a_write_in_the_middle_makes_that_the_end_of_data),
		SSC_TEST(filemarks_in_the_middle_make_that_the_end_of_data),
		SSC_TEST(no_filemarks_are_a_flush_and_change_nothing),
		SSC_TEST(filemarks_can_be_written_with_immed),
		SSC_TEST(an_erase_makes_this_the_end_of_data),
		SSC_TEST(what_was_written_is_there_after_the_cartridge_was_out),
		SSC_TEST(unbuffered_a_write_is_on_the_medium_when_it_ends),
		SSC_TEST(a_write_protected_cartridge_is_not_written),
		SSC_TEST(a_cartridge_of_a_generation_that_is_only_read_is_not_written),
		SSC_TEST(a_worm_cartridge_is_appended_and_never_overwritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
