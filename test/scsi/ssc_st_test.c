/* SPDX-License-Identifier: GPL-2.0-only */
/* What the Linux st driver sends for open, close and each operation of mt, to the byte. */
#include <string.h>

#include "ssc_world.h"

/* MODE SENSE(6) of page 0 with room for twelve bytes: header and block descriptor. */
static struct io *mode(struct vtl_nexus *nexus)
{
	return expect_len(expect_good(io_in(nexus, 12, CDB(0x1a, 0, 0, 0, 12, 0))), 12);
}

/* MODE SELECT(6) of a header and a block descriptor, as st builds them from what it has read. */
static struct io *select6(struct vtl_nexus *nexus, unsigned buffered, uint8_t density, uint32_t block)
{
	uint8_t list[12] = { 0, 0, (uint8_t)(buffered << 4), 8, density };

	put_be24(list + 9, block);
	return io_out(nexus, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 12, 0));
}

EACH_DRIVE(open_reads_protection_buffering_density_and_block_size)
{
	struct io *io = mode(w->a);

	expect_u8(io, 3, 8);
	assert_int_equal(io->in[2] & 0x80, 0);
	assert_int_not_equal(io->in[2] & 0x70, 0);	/* else st does not write filemarks with IMMED */
	expect_u8(io, 4, w->medium->density);
	expect_u24(io, 9, 0);
	ssc_eject(w);
	ssc_insert(w, &(struct ssc_cartridge){ .write_protected = true });
	assert_int_equal(mode(w->a)->in[2] & 0x80, 0x80);
}

EACH_EMPTY_DRIVE(open_of_an_empty_drive_says_no_tape_again_and_again)
{
	for (unsigned i = 0; i < 120; i++)
		expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
	expect_len(expect_good(io_in(w->a, 6, CDB(0x05, 0, 0, 0, 0, 0))), 6);
}

EACH_DRIVE(after_a_reset_the_defaults_of_the_driver_are_set_again)
{
	expect_good(select6(w->a, 1, w->medium->density, 4096));
	expect_good(ssc_write(w->a, 100, 1));
	vtl_dev_reset(w->dev, VTL_RESET_BUS);
	expect_sense(ssc_ready(w->a), 6, 0x29, 2);
	expect_good(ssc_ready(w->a));
	expect_u24(mode(w->a), 9, 0);
	expect_good(select6(w->a, 1, w->medium->density, 4096));
	expect_u24(mode(w->a), 9, 4096);
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, 100, 1);
}

EACH_DRIVE(fixed_mode_reads_and_writes_many_blocks_at_once)
{
	struct io *io;

	expect_good(select6(w->a, 1, 0, 512));
	expect_good(ssc_write_fixed(w->a, 20, 512, 1));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	io = ssc_read(w->a, RW_FIXED, 64, 64 * 512);
	expect_len(expect_info(expect_bits(expect_sense(io, 0, 0, 1), SENSE_BIT_FILEMARK), 44), 20 * 512);
	/* a block of another size, as st tells by ILI and goes back for */
	expect_good(ssc_rewind(w->a));
	expect_good(select6(w->a, 1, 0, 1024));
	io = ssc_read(w->a, RW_FIXED, 2, 2048);
	expect_info(expect_bits(expect_sense(io, 0, 0, 0), SENSE_BIT_ILI), 2);
	expect_good(ssc_space(w->a, SPACE_BLOCKS, -1));
	expect_good(select6(w->a, 1, 0, 0));
	ssc_expect_block(w->a, 512, 1);
}

EACH_DRIVE(a_variable_read_tells_a_longer_and_a_shorter_record_apart)
{
	expect_good(ssc_write(w->a, 2000, 1));
	expect_good(ssc_rewind(w->a));
	expect_len(expect_info(expect_bits(expect_sense(ssc_read(w->a, 0, 1000, 1000), 0, 0, 0), SENSE_BIT_ILI), -1000),
		   1000);
	expect_good(ssc_rewind(w->a));
	expect_len(expect_info(expect_bits(expect_sense(ssc_read(w->a, 0, 3000, 3000), 0, 0, 0), SENSE_BIT_ILI), 1000),
		   2000);
	expect_good(ssc_rewind(w->a));
	expect_len(expect_good(ssc_read(w->a, RW_SILI, 3000, 3000)), 2000);	/* mt stsetoptions sili */
}

EACH_DRIVE(close_after_a_write_leaves_one_filemark_and_goes_back)
{
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(io(w->a, CDB(0x10, 0, 0, 0, 1, 0)));
	expect_good(ssc_rewind(w->a));
	expect_good(ssc_write(w->a, 100, 2));
	expect_good(io(w->a, CDB(0x10, 1, 0, 0, 1, 0)));	/* mt stsetoptions no-wait */
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, 100, 2);
	expect_sense(ssc_read(w->a, 0, 100, 100), 0, 0, 1);
	expect_sense(ssc_read(w->a, 0, 100, 100), 8, 0, 5);
	expect_sense(ssc_read(w->a, 0, 100, 100), 8, 0, 5);
}

/* ---- mt ---- */

EACH_DRIVE(mt_partseek_locates_with_a_partition)
{
	unsigned partitions = w->medium->max_partitions < w->model->max_partitions ? w->medium->max_partitions
										    : w->model->max_partitions;

	if (partitions < 2)
		return;
	ssc_eject(w);
	ssc_insert(w, &(struct ssc_cartridge){ .partitions = 2 });
	for (uint8_t p = 0; p < 2; p++) {
		expect_good(io(w->a, CDB(0x2b, 6, 0, 0, 0, 0, 0, 0, p, 0)));	/* BT and CP */
		expect_good(ssc_write(w->a, 100, p));
		expect_good(ssc_write(w->a, 100, 10 + p));
	}
	for (uint8_t p = 0; p < 2; p++) {
		struct io *at;

		expect_good(io(w->a, CDB(0x2b, 6, 0, 0, 0, 0, 1, 0, p, 0)));
		at = expect_good(io_in(w->a, 20, CDB(0x34, 1, 0, 0, 0, 0, 0, 0, 0, 0)));
		expect_u8(at, 1, p);
		expect_u32(at, 4, 1);
		ssc_expect_block(w->a, 100, 10 + p);
	}
}

EACH_DRIVE(mt_stshowopt_can_partitions_reads_page_11)
{
	struct io *page = io_in(w->a, 255, CDB(0x1a, 8, 0x11, 0, 255, 0));

	if (w->model->max_partitions < 2)
		return;
	expect_good(page);
	expect_u8(page, 4, 0x11);
	assert_true(page->in[5] >= 6);
	assert_true(page->in[4 + 2] >= 1);		/* at most so many more */
	assert_int_equal(page->in[4 + 4] & 0x04, 0x04);	/* POFM: st formats after the select */
}

EACH_DRIVE(mt_setdensity_takes_the_mediums_density_and_the_default)
{
	expect_good(select6(w->a, 1, w->medium->density, 0));
	expect_u8(mode(w->a), 4, w->medium->density);
	expect_good(select6(w->a, 1, 0, 0));
	expect_u8(mode(w->a), 4, w->medium->density);
	expect_good(select6(w->a, 1, 0x7f, 0));		/* no change of density (SSC-5 8.3) */
}

EACH_DRIVE(mt_drvbuffer_turns_buffering_off_and_on)
{
	expect_good(select6(w->a, 0, 0, 0));
	assert_int_equal(mode(w->a)->in[2] & 0x70, 0);
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(select6(w->a, 1, 0, 0));
	assert_int_equal(mode(w->a)->in[2] & 0x70, 0x10);
}

EACH_DRIVE(mt_compression_asks_page_0f_and_then_page_10)
{
	uint8_t list[12 + 16];
	struct io *page;

	page = io_in(w->a, 28, CDB(0x1a, 0, 0x0f, 0, 28, 0));
	if (page->cmd.status != SAM_GOOD)
		page = expect_good(io_in(w->a, 28, CDB(0x1a, 0, 0x10, 0, 28, 0)));
	expect_len(page, 28);
	memcpy(list, page->in, sizeof(list));
	list[0] = 0;
	list[2] &= 0x70;
	list[12] &= 0x7f;
	for (unsigned on = 0; on < 2; on++) {
		if ((list[12] & 0x3f) == 0x0f)
			list[12 + 2] = (uint8_t)((list[12 + 2] & 0x7f) | on << 7);
		else
			list[12 + 14] = (uint8_t)on;
		expect_good(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 28, 0)));
	}
}

EACH_DRIVE(mt_erase_and_mt_retension_and_mt_load)
{
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_write(w->a, 100, 2));
	expect_good(ssc_space(w->a, SPACE_BLOCKS, -1));
	expect_good(io(w->a, CDB(0x19, 1, 0, 0, 0, 0)));		/* mt erase: long, from here on */
	expect_sense(ssc_read(w->a, 0, 100, 100), 8, 0, 5);
	assert_int_equal(ssc_object(w->a), 1);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 3, 0)));		/* mt retension: LOAD and RETEN */
	ssc_expect_block(w->a, 100, 1);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));		/* mt offline */
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 1, 0)));		/* mt load */
	expect_good(ssc_ready(w->a));
}

EACH_DRIVE(mt_lock_keeps_the_cartridge_until_mt_unlock)
{
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 1, 0)));
	expect_sense(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)), 5, 0x53, 2);
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 0, 0)));
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
}

EACH_DRIVE(mt_fsr_bsr_bsfm_and_fsfm_stop_where_st_counts_on)
{
	for (unsigned f = 0; f < 3; f++) {
		for (unsigned i = 0; i < 3; i++)
			expect_good(ssc_write(w->a, 100, 10 * f + i));
		expect_good(ssc_filemarks(w->a, 1));
	}
	expect_good(ssc_rewind(w->a));
	expect_good(ssc_space(w->a, SPACE_BLOCKS, 2));
	expect_info(expect_bits(expect_sense(ssc_space(w->a, SPACE_BLOCKS, 3), 0, 0, 1), SENSE_BIT_FILEMARK), 2);
	ssc_expect_block(w->a, 100, 10);
	expect_good(ssc_space(w->a, SPACE_BLOCKS, -1));
	expect_info(expect_bits(expect_sense(ssc_space(w->a, SPACE_BLOCKS, -2), 0, 0, 1), SENSE_BIT_FILEMARK), 2);
	assert_int_equal(ssc_object(w->a), 3);
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, 2));
	ssc_expect_block(w->a, 100, 20);
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, -1));	/* mt bsf, then bsfm goes over it again */
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, 1));
	ssc_expect_block(w->a, 100, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(open_reads_protection_buffering_density_and_block_size),
		SSC_TEST(open_of_an_empty_drive_says_no_tape_again_and_again),
		SSC_TEST(after_a_reset_the_defaults_of_the_driver_are_set_again),
		SSC_TEST(fixed_mode_reads_and_writes_many_blocks_at_once),
		SSC_TEST(a_variable_read_tells_a_longer_and_a_shorter_record_apart),
		SSC_TEST(close_after_a_write_leaves_one_filemark_and_goes_back),
		SSC_TEST(mt_partseek_locates_with_a_partition),
		SSC_TEST(mt_stshowopt_can_partitions_reads_page_11),
		SSC_TEST(mt_setdensity_takes_the_mediums_density_and_the_default),
		SSC_TEST(mt_drvbuffer_turns_buffering_off_and_on),
		SSC_TEST(mt_compression_asks_page_0f_and_then_page_10),
		SSC_TEST(mt_erase_and_mt_retension_and_mt_load),
		SSC_TEST(mt_lock_keeps_the_cartridge_until_mt_unlock),
		SSC_TEST(mt_fsr_bsr_bsfm_and_fsfm_stop_where_st_counts_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
