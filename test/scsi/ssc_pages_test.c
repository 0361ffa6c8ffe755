/* SPDX-License-Identifier: GPL-2.0-only */
/* What the drive says of itself and its medium: INQUIRY, block limits, densities, mode, log and VPD pages. */
#include <string.h>

#include "scsi_invariants.h"
#include "ssc_world.h"

EACH_DRIVE(what_is_claimed_and_what_is_done_agree)
{
	invariants(w->a);
}

EACH_EMPTY_DRIVE(what_is_claimed_and_what_is_done_agree_without_a_medium)
{
	invariants(w->a);
}

EACH_DRIVE(data_in_is_cut_at_every_allocation_length)
{
	inv_truncates(w->a, CDB(0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0), 7, 2);
	inv_truncates(w->a, CDB(0x44, 1, 0, 0, 0, 0, 0, 0, 0, 0), 7, 2);
	inv_truncates(w->a, CDB(0x34, 8, 0, 0, 0, 0, 0, 0, 0, 0), 7, 2);
	for (uint8_t action = 0; action < 6; action++)
		if (action != 4)
			inv_truncates(w->a, CDB(0x8c, action, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 10, 4);
}

EACH_DRIVE(inquiry_shows_the_models_names)
{
	const struct io *inq = expect_good(io_in(w->a, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	char text[29];

	snprintf(text, sizeof(text), "%-8s%-16s%-4s", w->model->inquiry.vendor, w->model->inquiry.product,
		 w->model->inquiry.revision);
	assert_int_equal(inq->in[0], 0x01);
	assert_true(inq->in[1] & 0x80);
	assert_memory_equal(inq->in + 8, text, 28);
}

EACH_DRIVE(the_worm_claim_agrees_with_the_cartridges_that_it_takes)
{
	const struct io *page = expect_good(io_in(w->a, 64, CDB(0x12, 1, 0xb0, 0, 64, 0)));
	bool takes = false;

	for (unsigned i = 0; i < w->model->media_count; i++)
		takes |= w->model->media[i].worm_access != VTL_ACCESS_NONE;
	assert_int_equal(page->in[4] & 1, takes);
}

EACH_DRIVE(the_manufacturers_serial_number_is_the_unit_serial_number)
{
	const struct io *unit = expect_good(io_in(w->a, 64, CDB(0x12, 1, 0x80, 0, 64, 0)));
	const struct io *manufacturer = expect_good(io_in(w->a, 64, CDB(0x12, 1, 0xb1, 0, 64, 0)));

	assert_int_equal(unit->cmd.in_used, manufacturer->cmd.in_used);
	assert_memory_equal(unit->in + 4, manufacturer->in + 4, unit->cmd.in_used - 4);
}

EACH_DRIVE(read_block_limits_has_both_forms)
{
	const struct io *limits = expect_len(expect_good(io_in(w->a, 64, CDB(0x05, 0, 0, 0, 0, 0))), 6);

	assert_int_equal(io_uint(limits, 1, 3), w->model->block_max);
	assert_int_equal(io_uint(limits, 4, 2), w->model->block_min);
	expect_u64(expect_len(expect_good(io_in(w->a, 64, CDB(0x05, 1, 0, 0, 0, 0))), 20), 12, INT64_MAX);
}

/* ---- densities ---- */

EACH_DRIVE(report_density_support_lists_every_density_once_with_its_write_permission)
{
	const struct io *list = expect_good(io_in(w->a, 4096, CDB(0x44, 0, 0, 0, 0, 0, 0, 0x10, 0, 0)));
	unsigned defaults = 0;

	assert_int_equal(list->cmd.in_used, 4 + 52 * w->model->densities);
	assert_int_equal(io_uint(list, 0, 2), 2 + 52 * w->model->densities);
	for (unsigned i = 0; i < w->model->densities; i++) {
		const uint8_t *d = list->in + 4 + 52 * i;

		assert_int_equal(d[0], w->model->density[i].code);
		assert_int_equal(d[2] >> 7, w->model->density_writable[i]);
		defaults += (d[2] >> 5) & 1;
	}
	assert_int_equal(defaults, 1);
}

EACH_DRIVE(report_density_support_of_the_medium_gives_its_own_density_and_capacity)
{
	const struct io *list = expect_good(io_in(w->a, 4096, CDB(0x44, 1, 0, 0, 0, 0, 0, 0x10, 0, 0)));

	expect_len((struct io *)list, 56);
	assert_int_equal(list->in[4], w->medium->density);
	assert_int_equal(list->in[6] & 0x80, 0x80);
	assert_int_equal(io_uint(list, 16, 4), TEST_CAPACITY / 1000000);
}

EACH_EMPTY_DRIVE(a_medium_that_is_only_read_is_not_reported_as_writable)
{
	for (unsigned i = 0; i < w->model->media_count; i++) {
		const struct vtl_drive_medium *m = &w->model->media[i];

		if (m->access != VTL_ACCESS_READ || m->medium->cleaning)
			continue;
		ssc_insert(w, &(struct ssc_cartridge){ .form = m->medium->name });
		expect_u8(expect_good(io_in(w->a, 64, CDB(0x44, 1, 0, 0, 0, 0, 0, 0, 64, 0))), 6, 0);
		ssc_eject(w);
	}
}

/* ---- mode ---- */

EACH_DRIVE(pages_are_there_where_the_model_has_what_they_switch)
{
	assert_int_equal(ssc_has_mode(w, 0x0a, 0xf0), w->model->lbp_rscrc || w->model->lbp_crc32c);
	assert_int_equal(ssc_has_mode(w, 0x10, 0x01), w->model->append_only);
}

EACH_DRIVE(the_mode_header_shows_the_medium_and_buffered_mode)
{
	const struct io *mode = expect_good(ssc_mode(w->a, 0x10, 0));

	assert_int_equal(mode->in[2], w->medium->medium_type);
	assert_int_equal(mode->in[3], 0x10);
	assert_int_equal(io_uint(mode, 6, 2), 8);
	assert_int_equal(mode->in[8], w->medium->density);
	assert_int_equal(io_uint(mode, 13, 3), 0);
}

EACH_DRIVE(what_st_reads_at_open_lies_in_twelve_bytes)
{
	const struct io *mode = expect_len(expect_good(io_in(w->a, 12, CDB(0x1a, 0, 0x00, 0, 12, 0))), 12);

	assert_int_equal(mode->in[3], 8);
	assert_true(mode->in[2] & 0x70);
	assert_int_equal(mode->in[4], w->medium->density);
}

EACH_DRIVE(the_block_length_is_selected_within_the_limits)
{
	ssc_set_block(w->a, w->model->block_max);
	expect_u24(expect_good(ssc_mode(w->a, 0x10, 0)), 13, w->model->block_max);
	if (w->model->block_max < 0xffffff)
		expect_bad_param(ssc_select_block(w->a, w->model->block_max + 1, 1), 9, -1);
	expect_u24(expect_good(ssc_mode(w->a, 0x10, 0)), 13, w->model->block_max);
	ssc_set_block(w->a, 0);
	expect_u24(expect_good(ssc_mode(w->a, 0x10, 0)), 13, 0);
}

EACH_DRIVE(the_others_learn_of_a_new_block_length)
{
	ssc_set_block(w->a, 512);
	expect_good(ssc_ready(w->a));
	expect_sense(ssc_ready(w->b), 6, 0x2a, 1);
	ssc_set_block(w->a, 512);
	expect_good(ssc_ready(w->b));
}

EACH_DRIVE(buffered_mode_is_0_or_1)
{
	expect_good(ssc_select_block(w->a, 0, 0));
	expect_u8(expect_good(ssc_mode(w->a, 0x10, 0)), 3, 0x00);
	expect_good(ssc_select_block(w->a, 0, 1));
	expect_u8(expect_good(ssc_mode(w->a, 0x10, 0)), 3, 0x10);
	expect_bad_param(ssc_select_block(w->a, 0, 2), 2, 6);
}

EACH_DRIVE(a_density_that_is_not_the_mediums_is_refused)
{
	uint8_t list[12] = { 0, 0, 0x10, 8, w->medium->density };

	expect_good(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 12, 0)));
	list[4] = 0x7f;
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 12, 0)));
	list[4] = 0x01;		/* NRZI: none of these drives */
	expect_bad_param(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 12, 0)), 4, -1);
}

/* Writes a compressible megabyte and tells how many bytes it took. */
static uint64_t stored_of_a_megabyte(struct ssc_world *w)
{
	const struct io *before = expect_good(ssc_log(w->a, 0x0c, 0)), *after;

	for (unsigned i = 0; i < 16; i++)
		expect_good(ssc_write(w->a, 64 * KIB, i));
	expect_good(ssc_filemarks(w->a, 0));
	after = expect_good(ssc_log(w->a, 0x0c, 0));
	assert_int_equal(ssc_log_value(after, 0) - ssc_log_value(before, 0), MIB);
	return ssc_log_value(after, 1) - ssc_log_value(before, 1);
}

EACH_DRIVE(compression_is_switched_by_either_page_and_both_show_it)
{
	assert_int_equal(io_uint(ssc_mode(w->a, 0x0f, 0), 16 + 2, 1), 0xc0);
	assert_int_equal(io_uint(ssc_mode(w->a, 0x10, 0), 16 + 14, 1), 1);
	assert_true(stored_of_a_megabyte(w) < MIB / 4);
	expect_good(ssc_mode_set(w->a, 0x0f, 0, 2, 0x40));
	assert_int_equal(io_uint(ssc_mode(w->a, 0x10, 0), 16 + 14, 1), 0);
	assert_true(stored_of_a_megabyte(w) >= MIB);
	expect_good(ssc_mode_set(w->a, 0x10, 0, 14, 1));
	assert_int_equal(io_uint(ssc_mode(w->a, 0x0f, 0), 16 + 2, 1), 0xc0);
	assert_true(stored_of_a_megabyte(w) < MIB / 4);
	expect_bad_param(ssc_mode_set(w->a, 0x10, 0, 14, 2), 16 + 14, -1);
}

EACH_EMPTY_DRIVE(the_partition_page_shows_the_cartridge)
{
	unsigned most = w->medium->max_partitions < w->model->max_partitions ? w->medium->max_partitions
									     : w->model->max_partitions;

	for (unsigned n = 1; n <= most; n++) {
		const struct io *page;

		ssc_insert(w, &(struct ssc_cartridge){ .partitions = n, .capacity = 3000000000u });
		page = expect_good(ssc_mode(w->a, 0x11, 0));
		assert_int_equal(page->in[16 + 2], most - 1);
		assert_int_equal(page->in[16 + 3], n - 1);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(io_uint(page, 16 + 8 + 2 * i, 2), 3);
		ssc_eject(w);
	}
}

/* ---- log ---- */

EACH_DRIVE(every_page_that_ltfs_asks_for_has_its_shape)
{
	unsigned len;
	const struct io *page = ssc_log(w->a, 0x17, 0);

	if (page->cmd.status != SAM_GOOD)
		return;
	assert_true(page->cmd.in_used <= 1020);
	for (uint16_t code = 0x202; code <= 0x204; code++) {
		unsigned at = ssc_log_param(page, code, &len);

		assert_int_equal(len, 8);
		assert_int_equal(io_uint(page, at, 2), 0x0700);
		assert_int_equal(io_uint(page, at + 2, 2), 0);
	}
	page = expect_good(ssc_log(w->a, 0x2e, 0));
	assert_int_equal(page->cmd.in_used, 4 + 64 * 5);
	page = expect_good(ssc_log(w->a, 0x31, 0));
	for (uint16_t code = 1; code <= 4; code++) {
		ssc_log_param(page, code, &len);
		assert_int_equal(len, 4);
	}
}

EACH_DRIVE(the_capacity_pages_follow_what_is_written)
{
	const struct io *before = ssc_log(w->a, 0x17, 0), *after;
	unsigned len;

	if (before->cmd.status != SAM_GOOD)
		return;
	assert_int_equal(io_uint(before, ssc_log_param(before, 0x202, &len) + 4, 4), TEST_CAPACITY / 1000000);
	assert_int_equal(io_uint(before, ssc_log_param(before, 0x203, &len) + 4, 4), 0);
	for (unsigned i = 0; i < 4 * 16; i++)
		expect_good(ssc_write(w->a, 64 * KIB, NOT_COMPRESSIBLE + i));
	after = expect_good(ssc_log(w->a, 0x17, 0));
	assert_in_range(io_uint(after, ssc_log_param(after, 0x203, &len) + 4, 4), 4, 5);
	assert_in_range(io_uint(after, ssc_log_param(after, 0x204, &len) + 4, 4), 3, 4);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x31, 0)), 3), 8);
	assert_in_range(ssc_log_value(expect_good(ssc_log(w->a, 0x31, 0)), 1), 3, 4);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x31, 0)), 2), 0);
	expect_good(ssc_rewind(w->a));
	expect_good(io(w->a, CDB(0x19, 0, 0, 0, 0, 0)));
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x31, 0)), 1), 8);
}

EACH_DRIVE(the_counters_of_a_load_begin_at_zero_and_stay_after_an_unload)
{
	const struct io *page;

	expect_good(ssc_write(w->a, 100000, 1));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, 100000, 1);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	page = expect_good(ssc_log(w->a, 0x0c, 0));
	assert_int_equal(ssc_log_value(page, 0), 100000);
	assert_int_equal(ssc_log_value(page, 3), 100000);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 1, 0)));
	page = expect_good(ssc_log(w->a, 0x0c, 0));
	assert_int_equal(ssc_log_value(page, 0), 0);
	assert_int_equal(ssc_log_value(page, 3), 0);
}

EACH_EMPTY_DRIVE(the_device_page_measures_the_partition)
{
	const struct io *page;

	ssc_insert(w, &(struct ssc_cartridge){ .capacity = 20 * MIB, .early_warning = 4 * MIB });
	for (unsigned i = 0; i < 96; i++)
		expect_good(ssc_write(w->a, 64 * KIB, NOT_COMPRESSIBLE + i));
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 48));
	page = expect_good(ssc_log(w->a, 0x0c, 0));
	assert_in_range(ssc_log_value(page, 4), 6, 7);
	assert_int_equal(ssc_log_value(page, 5), 16 * MIB / 1000000);
	assert_int_equal(ssc_log_value(page, 6), 4 * MIB / 1000000);
	assert_in_range(ssc_log_value(page, 7), 3, 4);
}

EACH_DRIVE(the_compression_ratio_of_a_load_is_told_in_hundredths)
{
	const struct io *device, *volume;

	if (ssc_log(w->a, 0x17, 0)->cmd.status != SAM_GOOD)
		return;
	for (unsigned i = 0; i < 16; i++)
		expect_good(ssc_write(w->a, 64 * KIB, i & 1 ? i : NOT_COMPRESSIBLE));
	expect_good(ssc_filemarks(w->a, 0));
	device = expect_good(ssc_log(w->a, 0x0c, 0));
	volume = expect_good(ssc_log(w->a, 0x17, 0));
	assert_int_equal(ssc_log_value(volume, 0x0012), ssc_log_value(device, 0) * 100 / ssc_log_value(device, 1));
	assert_in_range(ssc_log_value(volume, 0x0012), 150, 200);
}

EACH_EMPTY_DRIVE(another_cartridge_takes_the_flags_of_the_last_away)
{
	ssc_insert(w, &(struct ssc_cartridge){ .write_protected = true });
	expect_sense(ssc_write(w->a, 10, 1), 7, 0x27, 0);
	ssc_eject(w);
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 9), 0);
}

EACH_EMPTY_DRIVE(reading_the_tapealert_page_clears_its_flags)
{
	ssc_insert(w, &(struct ssc_cartridge){ .write_protected = true });
	expect_sense(ssc_write(w->a, 10, 1), 7, 0x27, 0);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 9), 1);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 9), 0);
}

EACH_DRIVE(loads_are_counted_on_the_cartridge)
{
	uint64_t first;

	if (ssc_log(w->a, 0x17, 0)->cmd.status != SAM_GOOD)
		return;
	first = ssc_log_value(expect_good(ssc_log(w->a, 0x17, 0)), 0x0001);
	assert_int_equal(first, 1);
	ssc_reinsert(w);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x17, 0)), 0x0001), first + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(what_is_claimed_and_what_is_done_agree),
		SSC_TEST(what_is_claimed_and_what_is_done_agree_without_a_medium),
		SSC_TEST(data_in_is_cut_at_every_allocation_length),
		SSC_TEST(inquiry_shows_the_models_names),
		SSC_TEST(the_worm_claim_agrees_with_the_cartridges_that_it_takes),
		SSC_TEST(the_manufacturers_serial_number_is_the_unit_serial_number),
		SSC_TEST(read_block_limits_has_both_forms),
		SSC_TEST(report_density_support_lists_every_density_once_with_its_write_permission),
		SSC_TEST(report_density_support_of_the_medium_gives_its_own_density_and_capacity),
		SSC_TEST(a_medium_that_is_only_read_is_not_reported_as_writable),
		SSC_TEST(pages_are_there_where_the_model_has_what_they_switch),
		SSC_TEST(the_mode_header_shows_the_medium_and_buffered_mode),
		SSC_TEST(what_st_reads_at_open_lies_in_twelve_bytes),
		SSC_TEST(the_block_length_is_selected_within_the_limits),
		SSC_TEST(the_others_learn_of_a_new_block_length),
		SSC_TEST(buffered_mode_is_0_or_1),
		SSC_TEST(a_density_that_is_not_the_mediums_is_refused),
		SSC_TEST(compression_is_switched_by_either_page_and_both_show_it),
		SSC_TEST(the_partition_page_shows_the_cartridge),
		SSC_TEST(every_page_that_ltfs_asks_for_has_its_shape),
		SSC_TEST(the_capacity_pages_follow_what_is_written),
		SSC_TEST(the_counters_of_a_load_begin_at_zero_and_stay_after_an_unload),
		SSC_TEST(the_device_page_measures_the_partition),
		SSC_TEST(the_compression_ratio_of_a_load_is_told_in_hundredths),
		SSC_TEST(another_cartridge_takes_the_flags_of_the_last_away),
		SSC_TEST(reading_the_tapealert_page_clears_its_flags),
		SSC_TEST(loads_are_counted_on_the_cartridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
