/* SPDX-License-Identifier: GPL-2.0-only */
/* SPACE, LOCATE, REWIND and READ POSITION: where they go, where they stop, and what they say of it. */
#include <string.h>

#include "ssc_world.h"

/* Objects 0 to 9: blocks 0 1 2, a filemark 3, blocks 4 5, filemarks 6 7, block 8, filemark 9; end of data at 10. */
static void write_files(struct ssc_world *w)
{
	static const char what[] = "bbbmbbmmbm";

	for (unsigned i = 0; what[i]; i++)
		expect_good(what[i] == 'b' ? ssc_write(w->a, 100, i) : ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
}

static void assert_at(struct ssc_world *w, uint64_t object, uint64_t file)
{
	const struct io *p = ssc_position(w->a);

	assert_int_equal(io_uint(p, 8, 8), object);
	assert_int_equal(io_uint(p, 16, 8), file);
	assert_int_equal(p->in[0] & 0x80, object ? 0 : 0x80);
}

/* SPACE in both lengths from an object on; what is expected of both is the same. */
static struct io *space_from(struct ssc_world *w, bool long_form, uint64_t from, unsigned code, int32_t count)
{
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, from));
	return long_form ? ssc_space_16(w->a, code, count) : ssc_space(w->a, code, count);
}

EACH_DRIVE(space_over_blocks_goes_both_ways)
{
	write_files(w);
	for (int form = 0; form < 2; form++) {
		expect_good(space_from(w, form, 0, SPACE_BLOCKS, 2));
		assert_at(w, 2, 0);
		expect_good(space_from(w, form, 3, SPACE_BLOCKS, -3));
		assert_at(w, 0, 0);
		expect_good(space_from(w, form, 5, SPACE_BLOCKS, 0));
		assert_at(w, 5, 1);
	}
}

EACH_DRIVE(a_filemark_stops_a_space_over_blocks)
{
	write_files(w);
	for (int form = 0; form < 2; form++) {
		expect_info(expect_bits(expect_sense(space_from(w, form, 1, SPACE_BLOCKS, 7), 0, 0, 1),
					SENSE_BIT_FILEMARK), 5);
		assert_at(w, 4, 1);
		expect_info(expect_bits(expect_sense(space_from(w, form, 6, SPACE_BLOCKS, -4), 0, 0, 1),
					SENSE_BIT_FILEMARK), 2);
		assert_at(w, 3, 0);
	}
}

EACH_DRIVE(the_beginning_of_the_partition_stops_a_space_backward)
{
	write_files(w);
	for (int form = 0; form < 2; form++) {
		expect_info(expect_bits(expect_sense(space_from(w, form, 2, SPACE_BLOCKS, -9), 0, 0, 4),
					SENSE_BIT_EOM), 7);
		assert_at(w, 0, 0);
		expect_info(expect_bits(expect_sense(space_from(w, form, 5, SPACE_FILEMARKS, -3), 0, 0, 4),
					SENSE_BIT_EOM), 2);
		assert_at(w, 0, 0);
	}
}

EACH_DRIVE(end_of_data_stops_a_space_forward_with_blank_check)
{
	write_files(w);
	for (int form = 0; form < 2; form++) {
		expect_info(expect_bits(expect_sense(space_from(w, form, 10, SPACE_BLOCKS, 4), 8, 0, 5), 0), 4);
		assert_at(w, 10, 4);
		expect_info(expect_bits(expect_sense(space_from(w, form, 0, SPACE_FILEMARKS, 100), 8, 0, 5), 0), 96);
		assert_at(w, 10, 4);
	}
}

EACH_DRIVE(space_over_filemarks_stops_behind_them_forward_and_before_them_backward)
{
	write_files(w);
	for (int form = 0; form < 2; form++) {
		expect_good(space_from(w, form, 0, SPACE_FILEMARKS, 1));
		assert_at(w, 4, 1);
		expect_good(space_from(w, form, 0, SPACE_FILEMARKS, 3));
		assert_at(w, 8, 3);
		expect_good(space_from(w, form, 10, SPACE_FILEMARKS, -1));
		assert_at(w, 9, 3);
		expect_good(space_from(w, form, 10, SPACE_FILEMARKS, -4));
		assert_at(w, 3, 0);
	}
}

EACH_DRIVE(space_to_end_of_data_ignores_the_count)
{
	write_files(w);
	for (int form = 0; form < 2; form++) {
		expect_good(space_from(w, form, 0, SPACE_EOD, 0));
		assert_at(w, 10, 4);
		expect_good(space_from(w, form, 3, SPACE_EOD, -7));
		assert_at(w, 10, 4);
	}
}

EACH_DRIVE(a_code_of_space_that_its_family_has_not_is_refused)
{
	bool runs = !strstr(w->model->family, "lto") && strcmp(w->model->family, "3592") != 0;
	bool setmarks = !strcmp(w->model->family, "dat") || !strcmp(w->model->family, "ait");

	write_files(w);
	for (unsigned code = 2; code < 16; code++) {
		if (code == 3 || (code == 2 && runs) || ((code == 4 || code == 5) && setmarks))
			continue;
		expect_bad_cdb(ssc_space(w->a, code, 1), 1, 3);
		expect_bad_cdb(ssc_space_16(w->a, code, 1), 1, 3);
	}
	assert_at(w, 0, 0);
}

EACH_DRIVE(a_residual_that_does_not_fit_32_bits_is_not_claimed)
{
	write_files(w);
	expect_no_info(expect_sense(ssc_space_16(w->a, SPACE_FILEMARKS, 0x300000000), 8, 0, 5));
	expect_no_info(expect_sense(ssc_space_16(w->a, SPACE_BLOCKS, INT64_MIN), 0, 0, 1));
}

EACH_DRIVE(slow_mt_eod_finds_the_true_file_number)
{
	write_files(w);
	expect_info(expect_sense(ssc_space(w->a, SPACE_FILEMARKS, 0x7fffff), 8, 0, 5), 0x7fffff - 4);
}

EACH_DRIVE(locate_goes_to_every_object_and_read_position_says_so)
{
	write_files(w);
	for (int object = 10; object >= 0; object--) {
		expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, (uint64_t)object));
		assert_int_equal(ssc_object(w->a), object);
		expect_good(io(w->a, CDB(0x2b, 0, 0, 0, 0, 0, (uint8_t)(10 - object), 0, 0, 0)));
		assert_int_equal(ssc_object(w->a), 10 - object);
	}
}

EACH_DRIVE(locate_takes_back_what_the_vendor_specific_short_form_gave)
{
	const struct io *p;
	uint8_t cdb[10] = { 0x2b, 0x04 };

	write_files(w);
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 5));
	p = expect_len(expect_good(io_in(w->a, 64, CDB(0x34, 0x01, 0, 0, 0, 0, 0, 0, 0, 0))), 20);
	memcpy(cdb + 3, p->in + 4, 4);
	expect_good(ssc_rewind(w->a));
	expect_good(io(w->a, cdb, sizeof(cdb)));
	assert_int_equal(ssc_object(w->a), 5);
}

EACH_DRIVE(locate_by_file_goes_to_where_read_position_gives_that_file)
{
	static const uint64_t first[] = { 0, 4, 7, 8, 10 };

	write_files(w);
	for (unsigned file = 0; file < 5; file++) {
		expect_good(ssc_locate(w->a, LOCATE_TO_FILE, file));
		assert_at(w, first[file], file);
	}
	expect_sense(ssc_locate(w->a, LOCATE_TO_FILE, 5), 8, 0, 5);
	assert_at(w, 10, 4);
}

EACH_DRIVE(locate_to_end_of_data_goes_there)
{
	write_files(w);
	expect_good(ssc_locate(w->a, LOCATE_TO_EOD, 0));
	assert_at(w, 10, 4);
}

EACH_DRIVE(locate_beyond_end_of_data_is_blank_check_and_stays_there)
{
	static const uint64_t far[] = { 11, UINT32_MAX, 1ull << 40, INT64_MAX, UINT64_MAX };

	write_files(w);
	for (unsigned i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		expect_good(ssc_rewind(w->a));
		expect_sense(ssc_locate(w->a, LOCATE_TO_OBJECT, far[i]), 8, 0, 5);
		assert_at(w, 10, 4);
	}
}

EACH_DRIVE(an_unknown_destination_type_is_refused)
{
	for (unsigned type = 2; type < 8; type++)
		if (type != LOCATE_TO_EOD)
			expect_bad_cdb(ssc_locate(w->a, type, 0), 1, 5);
}

EACH_EMPTY_DRIVE(locate_changes_the_partition_only_when_cp_is_set)
{
	if (w->medium->max_partitions < 2 || w->model->max_partitions < 2)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .partitions = 2 });
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_locate_partition(w->a, 1, 0));
	expect_u32(ssc_position(w->a), 4, 1);
	expect_good(ssc_write(w->a, 200, 2));
	expect_good(ssc_write(w->a, 200, 3));
	expect_good(ssc_rewind(w->a));
	expect_u32(ssc_position(w->a), 4, 1);
	ssc_expect_block(w->a, 200, 2);
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 2));
	expect_u32(ssc_position(w->a), 4, 1);
	expect_good(io(w->a, CDB(0x2b, 0x02, 0, 0, 0, 0, 0, 0, 0, 0)));
	expect_u32(ssc_position(w->a), 4, 0);
	ssc_expect_block(w->a, 100, 1);
	expect_bad_cdb(ssc_locate_partition(w->a, 2, 0), 3, -1);
	expect_bad_cdb(io(w->a, CDB(0x2b, 0x02, 0, 0, 0, 0, 0, 0, 2, 0)), 8, -1);
	expect_u32(ssc_position(w->a), 4, 0);
}

EACH_DRIVE(rewind_goes_to_the_beginning_also_with_immed)
{
	write_files(w);
	for (unsigned immed = 0; immed < 2; immed++) {
		expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 5));
		expect_good(io(w->a, CDB(0x01, (uint8_t)immed, 0, 0, 0, 0)));
		assert_at(w, 0, 0);
	}
}

EACH_DRIVE(locate_with_immed_gets_there_before_the_next_command)
{
	write_files(w);
	expect_good(io(w->a, CDB(0x2b, 0x01, 0, 0, 0, 0, 5, 0, 0, 0)));
	assert_at(w, 5, 1);
}

EACH_DRIVE(a_failure_after_immed_is_told_by_the_next_command_as_deferred)
{
	write_files(w);
	expect_good(io(w->a, CDB(0x2b, 0x01, 0, 0, 0, 0, 99, 0, 0, 0)));
	expect_deferred(ssc_ready(w->a), 8, 0, 5);
	expect_good(ssc_ready(w->a));
	assert_at(w, 10, 4);
}

/* ---- READ POSITION ---- */

EACH_DRIVE(read_position_at_the_beginning_says_bop_in_every_form)
{
	static const uint8_t form[] = { 0x00, 0x01, 0x06, 0x08 };
	static const uint32_t len[] = { 20, 20, 32, 32 };

	for (unsigned i = 0; i < 4; i++) {
		struct io *p = expect_good(io_in(w->a, 64, CDB(0x34, form[i], 0, 0, 0, 0, 0, 0, 32, 0)));

		expect_len(p, len[i]);
		expect_u8(p, 0, 0x80);
	}
}

EACH_DRIVE(all_forms_of_read_position_agree)
{
	const struct io *s, *l, *x;

	write_files(w);
	for (uint64_t object = 0; object <= 10; object++) {
		expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, object));
		s = expect_good(io_in(w->a, 20, CDB(0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0)));
		l = ssc_position(w->a);
		x = expect_good(io_in(w->a, 32, CDB(0x34, 8, 0, 0, 0, 0, 0, 0, 32, 0)));
		assert_int_equal(io_uint(s, 4, 4), object);
		assert_int_equal(io_uint(s, 8, 4), object);
		assert_int_equal(io_uint(l, 8, 8), object);
		assert_int_equal(io_uint(x, 8, 8), object);
		assert_int_equal(io_uint(x, 16, 8), object);
		assert_int_equal(io_uint(x, 2, 2), 28);
	}
}

EACH_DRIVE(only_the_extended_form_of_read_position_has_an_allocation_length)
{
	expect_len(expect_good(io_in(w->a, 64, CDB(0x34, 6, 0, 0, 0, 0, 0, 0, 0, 0))), 32);
	expect_len(expect_good(io_in(w->a, 64, CDB(0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0))), 20);
	expect_len(expect_good(io_in(w->a, 64, CDB(0x34, 8, 0, 0, 0, 0, 0, 0, 9, 0))), 9);
	expect_len(expect_good(io(w->a, CDB(0x34, 6, 0, 0, 0, 0, 0, 0, 0, 0))), 0);
	expect_sense(io_in(w->a, 64, CDB(0x34, 2, 0, 0, 0, 0, 0, 0, 0, 0)), 5, 0x24, 0);
}

EACH_DRIVE(moving_makes_durable_what_was_written)
{
	struct io *p;

	expect_good(ssc_write(w->a, 1000, 1));
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 1));
	p = expect_good(io_in(w->a, 32, CDB(0x34, 8, 0, 0, 0, 0, 0, 0, 32, 0)));
	expect_u64(p, 16, 1);
	expect_u64(p, 24, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(space_over_blocks_goes_both_ways),
		SSC_TEST(a_filemark_stops_a_space_over_blocks),
		SSC_TEST(the_beginning_of_the_partition_stops_a_space_backward),
		SSC_TEST(end_of_data_stops_a_space_forward_with_blank_check),
		SSC_TEST(space_over_filemarks_stops_behind_them_forward_and_before_them_backward),
		SSC_TEST(space_to_end_of_data_ignores_the_count),
		SSC_TEST(a_code_of_space_that_its_family_has_not_is_refused),
		SSC_TEST(a_residual_that_does_not_fit_32_bits_is_not_claimed),
		SSC_TEST(slow_mt_eod_finds_the_true_file_number),
		SSC_TEST(locate_goes_to_every_object_and_read_position_says_so),
		SSC_TEST(locate_takes_back_what_the_vendor_specific_short_form_gave),
		SSC_TEST(locate_by_file_goes_to_where_read_position_gives_that_file),
		SSC_TEST(locate_to_end_of_data_goes_there),
		SSC_TEST(locate_beyond_end_of_data_is_blank_check_and_stays_there),
		SSC_TEST(an_unknown_destination_type_is_refused),
		SSC_TEST(locate_changes_the_partition_only_when_cp_is_set),
		SSC_TEST(rewind_goes_to_the_beginning_also_with_immed),
		SSC_TEST(locate_with_immed_gets_there_before_the_next_command),
		SSC_TEST(a_failure_after_immed_is_told_by_the_next_command_as_deferred),
		SSC_TEST(read_position_at_the_beginning_says_bop_in_every_form),
		SSC_TEST(all_forms_of_read_position_agree),
		SSC_TEST(only_the_extended_form_of_read_position_has_an_allocation_length),
		SSC_TEST(moving_makes_durable_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
