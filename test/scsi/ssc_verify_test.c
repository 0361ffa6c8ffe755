/* SPDX-License-Identifier: GPL-2.0-only */
/* VERIFY: by blocks, by filemarks, to end of data, and against what the initiator sends. */
#include <stdlib.h>
#include <string.h>

#include "ssc_world.h"

enum { VTE = 0x20, VBF = 0x08, IMMED = 0x04, BYTCMP = 0x02, FIXED = 0x01 };

static struct io *verify(struct vtl_nexus *nexus, unsigned flags, uint32_t length)
{
	uint8_t cdb[6] = { 0x13, (uint8_t)flags };

	put_be24(cdb + 2, length);
	return io(nexus, cdb, sizeof(cdb));
}

static struct io *compare(struct vtl_nexus *nexus, unsigned flags, uint32_t length, const uint8_t *data, uint32_t len)
{
	uint8_t cdb[6] = { 0x13, (uint8_t)(BYTCMP | flags) };

	put_be24(cdb + 2, length);
	return io_out(nexus, data, len, cdb, sizeof(cdb));
}

/* Three blocks, a filemark, two blocks, a filemark, a block; the position is the beginning. */
static void write_some(struct ssc_world *w)
{
	for (unsigned i = 0; i < 6; i++) {
		expect_good(ssc_write(w->a, 64, i));
		if (i == 2 || i == 4)
			expect_good(ssc_filemarks(w->a, 1));
	}
	expect_good(ssc_rewind(w->a));
}

EACH_DRIVE(a_block_is_verified_like_a_read_without_data)
{
	write_some(w);
	expect_good(verify(w->a, 0, 64));
	assert_int_equal(ssc_object(w->a), 1);
	expect_info(expect_bits(expect_sense(verify(w->a, 0, 100), 0, 0, 0), SENSE_BIT_ILI), 36);
	expect_good(verify(w->a, 0, 64));
	expect_info(expect_bits(expect_sense(verify(w->a, 0, 64), 0, 0, 1), SENSE_BIT_FILEMARK), 64);
	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	expect_info(expect_sense(verify(w->a, 0, 64), 8, 0, 5), 64);
	expect_good(verify(w->a, 0, 0));
	ssc_set_block(w->a, 0);
	expect_bad_cdb(verify(w->a, FIXED, 2), 1, 0);
}

EACH_DRIVE(fixed_blocks_are_verified_with_what_is_left)
{
	write_some(w);
	ssc_set_block(w->a, 64);
	expect_good(verify(w->a, FIXED, 2));
	expect_info(expect_bits(expect_sense(verify(w->a, FIXED, 3), 0, 0, 1), SENSE_BIT_FILEMARK), 2);
	assert_int_equal(ssc_object(w->a), 4);
}

EACH_DRIVE(verify_by_filemarks_ends_behind_the_last_of_them)
{
	write_some(w);
	expect_good(verify(w->a, VBF, 2));
	assert_int_equal(ssc_object(w->a), 7);
	expect_info(expect_sense(verify(w->a, VBF, 3), 8, 0, 5), 3);
	expect_good(ssc_rewind(w->a));
	expect_good(verify(w->a, VBF, 0));
	assert_int_equal(ssc_object(w->a), 0);
}

EACH_DRIVE(verify_to_end_of_data_ends_there)
{
	write_some(w);
	expect_good(verify(w->a, VTE, 0));
	assert_int_equal(ssc_object(w->a), 8);
	expect_good(verify(w->a, VTE, 5));
	expect_good(ssc_rewind(w->a));
	expect_good(verify(w->a, VTE | IMMED, 0));
	assert_int_equal(ssc_object(w->a), 8);
}

EACH_DRIVE(verify_with_immed_answers_at_once_and_tells_of_its_progress)
{
	write_some(w);
	w->sim.hold_jobs = true;
	expect_good(verify(w->a, VTE | IMMED, 0));
	expect_u16(expect_good(io_in(w->a, 18, CDB(0x03, 0, 0, 0, 18, 0))), 12, 0x001c);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	assert_int_equal(ssc_object(w->a), 8);
}

/* By blocks as they were asked for, and to end of data by what lies before it. */
EACH_DRIVE(the_progress_of_a_verify_grows_with_what_was_verified)
{
	enum { BLOCKS = 4000 };

	ssc_set_block(w->a, 16);
	expect_good(ssc_write_fixed(w->a, BLOCKS, 16, 0));
	for (unsigned how = 0; how < 2; how++) {
		unsigned last = 0, between = 0;

		expect_good(ssc_rewind(w->a));
		w->sim.hold_jobs = true;
		expect_good(verify(w->a, IMMED | (how ? VTE : RW_FIXED), how ? 0 : BLOCKS));
		do {
			struct io *io = expect_good(io_in(w->a, 18, CDB(0x03, 0, 0, 0, 18, 0)));
			unsigned progress = (unsigned)io_uint(io, 16, 2);

			if (io_uint(io, 12, 2) != 0x001c)
				break;
			assert_true(progress >= last);
			between += progress > 0x2000 && progress < 0xe000;
			last = progress;
		} while (sim_run_job(&w->sim));
		assert_true(between > 0);
		w->sim.hold_jobs = false;
		sim_run_jobs(&w->sim);
		assert_int_equal(ssc_object(w->a), BLOCKS);
	}
}

EACH_DRIVE(bytes_are_compared)
{
	uint8_t data[128];

	write_some(w);
	ssc_fill(data, 64, 0);
	ssc_fill(data + 64, 64, 1);
	expect_good(compare(w->a, 0, 64, data, 64));
	expect_good(compare(w->a, 0, 64, data + 64, 64));
	expect_info(expect_sense(compare(w->a, 0, 64, data, 64), 0xe, 0x1d, 0), 64);
	expect_good(ssc_rewind(w->a));
	ssc_set_block(w->a, 64);
	expect_good(compare(w->a, FIXED | IMMED, 2, data, 128));
	expect_good(ssc_rewind(w->a));
	data[127] ^= 1;
	expect_info(expect_sense(compare(w->a, FIXED, 2, data, 128), 0xe, 0x1d, 0), 1);
	expect_sense(compare(w->a, FIXED, 2, data, 127), 5, 0x1a, 0);
}

EACH_DRIVE(what_excludes_each_other_is_refused)
{
	write_some(w);
	expect_bad_cdb(verify(w->a, VTE | VBF, 1), 1, 3);
	expect_bad_cdb(verify(w->a, VTE | BYTCMP, 1), 1, 1);
	expect_bad_cdb(verify(w->a, VBF | BYTCMP, 1), 1, 1);
	assert_int_equal(ssc_object(w->a), 0);
}

EACH_DRIVE(verify_16_goes_where_it_says)
{
	uint8_t data[64];

	write_some(w);
	ssc_fill(data, 64, 4);
	expect_good(io_out(w->a, data, 64, CDB(0x8f, BYTCMP, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 64, 0)));
	expect_good(io(w->a, CDB(0x8f, VTE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0)));
	assert_int_equal(ssc_object(w->a), 8);
	expect_bad_cdb(io(w->a, CDB(0x8f, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 64, 0)), 3, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_block_is_verified_like_a_read_without_data),
		SSC_TEST(fixed_blocks_are_verified_with_what_is_left),
		SSC_TEST(verify_by_filemarks_ends_behind_the_last_of_them),
		SSC_TEST(verify_to_end_of_data_ends_there),
		SSC_TEST(verify_with_immed_answers_at_once_and_tells_of_its_progress),
		SSC_TEST(the_progress_of_a_verify_grows_with_what_was_verified),
		SSC_TEST(bytes_are_compared),
		SSC_TEST(what_excludes_each_other_is_refused),
		SSC_TEST(verify_16_goes_where_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
