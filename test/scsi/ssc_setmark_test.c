/* SPDX-License-Identifier: GPL-2.0-only */
/* Setmarks, which DDS, DAT and AIT drives have: WSMK, RSMK, and where reads and moves end by them. */
#include <string.h>

#include "ssc_world.h"

enum { PAGE_DEVICE = 0x10, RSMK_BYTE = 8, RSMK = 0x20 };
enum { SPACE_SETMARKS = 4, SPACE_SEQUENTIAL_SETMARKS = 5 };

static bool has_setmarks(const struct ssc_world *w)
{
	return !strcmp(w->model->family, "dat") || !strcmp(w->model->family, "ait");
}

static struct io *write_setmarks(struct ssc_world *w, uint32_t count)
{
	return io(w->a, CDB(0x10, 0x02, 0, 0, (uint8_t)count, 0));
}

static struct io *tell(struct ssc_world *w, bool told)
{
	const struct io *page = ssc_mode(w->a, PAGE_DEVICE, 0);
	uint8_t byte = page->in[16 + RSMK_BYTE];

	return ssc_mode_set(w->a, PAGE_DEVICE, 0, RSMK_BYTE, (uint8_t)(told ? byte | RSMK : byte & ~RSMK));
}

/* Objects 0 to 9: blocks 0 1, a setmark 2, block 3, a filemark 4, block 5, setmarks 6 7, block 8, a filemark 9. */
static bool write_sets(struct ssc_world *w)
{
	static const char what[] = "bbsbfbssbf";

	if (!has_setmarks(w))
		return false;
	for (unsigned i = 0; what[i]; i++)
		expect_good(what[i] == 'b' ? ssc_write(w->a, 100, i) :
			    what[i] == 's' ? write_setmarks(w, 1) : ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	return true;
}

static void assert_at(struct ssc_world *w, uint64_t object, uint64_t file, uint64_t set)
{
	const struct io *p = ssc_position(w->a);

	assert_int_equal(io_uint(p, 8, 8), object);
	assert_int_equal(io_uint(p, 16, 8), file);
	assert_int_equal(io_uint(p, 24, 8), set);
}

static struct io *space_from(struct ssc_world *w, uint64_t from, unsigned code, int32_t count)
{
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, from));
	return ssc_space(w->a, code, count);
}

static void expect_setmark(struct io *io, int64_t information)
{
	expect_info(expect_bits(expect_sense(io, 0, 0x00, 0x03), SENSE_BIT_FILEMARK), information);
}

EACH_DRIVE(a_family_without_setmarks_refuses_all_that_asks_for_them)
{
	if (has_setmarks(w))
		return;
	expect_bad_cdb(write_setmarks(w, 1), 1, 1);
	expect_bad_cdb(io(w->a, CDB(0x80, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0)), 1, 1);
	expect_bad_cdb(ssc_space(w->a, SPACE_SETMARKS, 1), 1, 3);
	expect_bad_cdb(ssc_space(w->a, SPACE_SEQUENTIAL_SETMARKS, 1), 1, 3);
	expect_bad_param(tell(w, true), 24, 5);
	assert_at(w, 0, 0, 0);
}

EACH_DRIVE(a_family_with_setmarks_says_so_in_its_supported_commands_and_mode_page)
{
	const struct io *usage = expect_good(io_in(w->a, 64, CDB(0xa3, 0x0c, 0x01, 0x10, 0, 0, 0, 0, 0, 64, 0, 0)));
	const struct io *page;
	uint8_t mode[] = { 0x5a, 0, 0x40 | PAGE_DEVICE, 0, 0, 0, 0, 0, 255, 0 };

	assert_int_equal(io_uint(usage, 5, 1) & 0x02, has_setmarks(w) ? 0x02 : 0);
	page = expect_good(io_in(w->a, 255, mode, sizeof(mode)));
	assert_int_equal(io_uint(page, 16 + RSMK_BYTE, 1) & RSMK, has_setmarks(w) ? RSMK : 0);
	assert_int_equal(io_uint(ssc_mode(w->a, PAGE_DEVICE, 0), 16 + RSMK_BYTE, 1) & RSMK, 0);
}

EACH_DRIVE(setmarks_that_are_not_to_be_reported_are_passed_over_by_reads_and_spaces)
{
	if (!write_sets(w))
		return;
	ssc_expect_block(w->a, 100, 0);
	ssc_expect_block(w->a, 100, 1);
	ssc_expect_block(w->a, 100, 3);
	assert_at(w, 4, 0, 1);
	expect_good(space_from(w, 0, SPACE_BLOCKS, 3));
	assert_at(w, 4, 0, 1);
	expect_good(space_from(w, 9, SPACE_BLOCKS, -2));
	assert_at(w, 5, 1, 1);
	expect_info(expect_bits(expect_sense(space_from(w, 0, SPACE_BLOCKS, 9), 0, 0, 1), SENSE_BIT_FILEMARK), 6);
	assert_at(w, 5, 1, 1);
	expect_good(space_from(w, 0, SPACE_FILEMARKS, 2));
	assert_at(w, 10, 2, 3);
}

EACH_DRIVE(a_read_that_meets_a_setmark_tells_it_with_the_filemark_bit)
{
	if (!write_sets(w))
		return;
	expect_good(tell(w, true));
	ssc_expect_block(w->a, 100, 0);
	ssc_expect_block(w->a, 100, 1);
	expect_setmark(ssc_read(w->a, 0, 100, 100), 100);
	assert_at(w, 3, 0, 1);
	ssc_expect_block(w->a, 100, 3);
	ssc_set_block(w->a, 100);
	expect_good(ssc_rewind(w->a));
	expect_setmark(expect_len(ssc_read(w->a, RW_FIXED, 5, 500), 200), 3);
	assert_at(w, 3, 0, 1);
}

EACH_DRIVE(a_setmark_that_is_reported_ends_a_space_over_blocks_and_over_filemarks)
{
	if (!write_sets(w))
		return;
	expect_good(tell(w, true));
	expect_setmark(space_from(w, 0, SPACE_BLOCKS, 5), 3);
	assert_at(w, 3, 0, 1);
	expect_setmark(space_from(w, 9, SPACE_BLOCKS, -5), 4);
	assert_at(w, 7, 1, 2);
	expect_setmark(space_from(w, 3, SPACE_FILEMARKS, 3), 2);
	assert_at(w, 7, 1, 2);
	expect_setmark(space_from(w, 10, SPACE_FILEMARKS, -2), 1);
	assert_at(w, 7, 1, 2);
	expect_good(space_from(w, 8, SPACE_FILEMARKS, 1));
	assert_at(w, 10, 2, 3);
}

EACH_DRIVE(a_read_backward_that_meets_a_setmark_stays_before_it)
{
	if (!write_sets(w))
		return;
	expect_good(tell(w, true));
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 3));
	expect_setmark(io_in(w->a, 100, CDB(0x0f, 0x04, 0, 0, 100, 0)), 100);
	assert_at(w, 2, 0, 0);
}

EACH_DRIVE(a_verify_that_meets_a_setmark_tells_it)
{
	if (!write_sets(w))
		return;
	expect_good(tell(w, true));
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 2));
	expect_setmark(io(w->a, CDB(0x13, 0x00, 0, 0, 100, 0)), 100);
	assert_at(w, 3, 0, 1);
}

EACH_DRIVE(space_over_setmarks_ends_behind_them_forward_and_before_them_backward)
{
	if (!write_sets(w))
		return;
	expect_good(space_from(w, 0, SPACE_SETMARKS, 2));
	assert_at(w, 7, 1, 2);
	expect_good(space_from(w, 9, SPACE_SETMARKS, -3));
	assert_at(w, 2, 0, 0);
	expect_info(expect_bits(expect_sense(space_from(w, 4, SPACE_SETMARKS, 9), 8, 0, 5), 0), 7);
	assert_at(w, 10, 2, 3);
	expect_info(expect_bits(expect_sense(space_from(w, 4, SPACE_SETMARKS, -3), 0, 0, 4), SENSE_BIT_EOM), 2);
	assert_at(w, 0, 0, 0);
}

EACH_DRIVE(space_over_sequential_setmarks_finds_as_many_in_a_row)
{
	if (!write_sets(w))
		return;
	expect_good(space_from(w, 0, SPACE_SEQUENTIAL_SETMARKS, 2));
	assert_at(w, 8, 1, 3);
	expect_good(space_from(w, 10, SPACE_SEQUENTIAL_SETMARKS, -2));
	assert_at(w, 6, 1, 1);
	expect_info(expect_sense(space_from(w, 0, SPACE_SEQUENTIAL_SETMARKS, 3), 8, 0, 5), 3);
}

EACH_DRIVE(setmarks_are_on_the_cartridge)
{
	if (!write_sets(w))
		return;
	ssc_reinsert(w);
	expect_good(space_from(w, 0, SPACE_SETMARKS, 3));
	assert_at(w, 8, 1, 3);
	ssc_expect_block(w->a, 100, 8);
}

EACH_DRIVE(what_is_reported_of_setmarks_is_the_drives_and_stays_with_the_next_cartridge)
{
	if (!write_sets(w))
		return;
	expect_good(tell(w, true));
	ssc_reinsert(w);
	expect_setmark(ssc_space(w->a, SPACE_BLOCKS, 5), 3);
}

EACH_DRIVE(more_setmarks_than_a_partition_holds_are_refused)
{
	if (!has_setmarks(w))
		return;
	expect_sense(io(w->a, CDB(0x10, 0x02, 0x01, 0x00, 0x00, 0)), 5, 0x24, 0);
	assert_at(w, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_family_without_setmarks_refuses_all_that_asks_for_them),
		SSC_TEST(a_family_with_setmarks_says_so_in_its_supported_commands_and_mode_page),
		SSC_TEST(setmarks_that_are_not_to_be_reported_are_passed_over_by_reads_and_spaces),
		SSC_TEST(a_read_that_meets_a_setmark_tells_it_with_the_filemark_bit),
		SSC_TEST(a_setmark_that_is_reported_ends_a_space_over_blocks_and_over_filemarks),
		SSC_TEST(a_read_backward_that_meets_a_setmark_stays_before_it),
		SSC_TEST(a_verify_that_meets_a_setmark_tells_it),
		SSC_TEST(space_over_setmarks_ends_behind_them_forward_and_before_them_backward),
		SSC_TEST(space_over_sequential_setmarks_finds_as_many_in_a_row),
		SSC_TEST(setmarks_are_on_the_cartridge),
		SSC_TEST(what_is_reported_of_setmarks_is_the_drives_and_stays_with_the_next_cartridge),
		SSC_TEST(more_setmarks_than_a_partition_holds_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
