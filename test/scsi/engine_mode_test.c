/* SPDX-License-Identifier: GPL-2.0-only */
/* MODE SENSE and MODE SELECT in detail: headers, descriptors, lists of several pages, and nothing half done. */
#include <string.h>

#include "fake_dev.h"

/* Page 0F with its bytes 2 and 3. */
#define PAGE_0F(two, three)	0x0f, 14, two, three, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define PAGE_10(three)		0x10, 14, 0, three, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

static uint8_t compression(struct fake_world *w, unsigned byte)
{
	return vtl_mode_page(&w->fake.dev, 0x0f, 0)[byte];
}

static void mode_sense6_has_a_short_header_and_a_block_descriptor(void **state)
{
	struct fake_world *w = *state;
	struct io *io = expect_good(io_in(w->a, 255, CDB(0x1a, 0, 0x0f, 0, 255, 0)));

	expect_data(io, BYTES(27, 0x98, 0x10, 8, 0x5e, 0, 0, 0, 0, 0, 0, 0, PAGE_0F(0x20, 0)));
}

static void mode_sense10_has_a_long_header(void **state)
{
	struct fake_world *w = *state;
	struct io *io = expect_good(io_in(w->a, 255, CDB(0x5a, 0, 0x0f, 0, 0, 0, 0, 0, 255, 0)));

	expect_data(io, BYTES(0, 30, 0x98, 0x10, 0, 0, 0, 8, 0x5e, 0, 0, 0, 0, 0, 0, 0, PAGE_0F(0x20, 0)));
}

static void dbd_leaves_the_block_descriptor_out(void **state)
{
	struct fake_world *w = *state;

	expect_data(expect_good(io_in(w->a, 255, CDB(0x1a, 8, 0x0f, 0, 255, 0))),
		    BYTES(19, 0x98, 0x10, 0, PAGE_0F(0x20, 0)));
}

static void page_00_alone_is_the_header(void **state)
{
	struct fake_world *w = *state;

	expect_data(expect_good(io_in(w->a, 12, CDB(0x1a, 0, 0, 0, 12, 0))),
		    BYTES(11, 0x98, 0x10, 8, 0x5e, 0, 0, 0, 0, 0, 0, 0));
}

static void subpages_have_spf_and_a_two_byte_length(void **state)
{
	struct fake_world *w = *state;
	struct io *io = expect_good(io_in(w->a, 255, CDB(0x5a, 8, 0x10, 0x01, 0, 0, 0, 0, 255, 0)));

	expect_len(io, 8 + 32);
	expect_u32(io, 8, 0x5001001c);
	io = expect_good(io_in(w->a, 255, CDB(0x5a, 8, 0x10, 0xff, 0, 0, 0, 0, 255, 0)));
	expect_len(io, 8 + 16 + 32);
}

static void all_pages_come_in_ascending_order(void **state)
{
	struct fake_world *w = *state;
	struct io *io = expect_good(io_in(w->a, 255, CDB(0x5a, 8, 0x3f, 0, 0, 0, 0, 0, 255, 0)));

	expect_len(io, 8 + 12 + 16 + 12 + 16 + 16 + 8 + 8 + 40 + 12);
	expect_u8(io, 8, 0x01);
	expect_u8(io, 20, 0x02);
	expect_u8(io, 36, 0x0a);
	expect_u8(io, 48, 0x0f);
	expect_u8(io, 64, 0x10);
	expect_u8(io, 80, 0x18);
	expect_u8(io, 88, 0x19);
	expect_u16(io, 96, 0x1a26);
	expect_u16(io, 136, 0x1c0a);
	expect_bad_cdb(io_in(w->a, 255, CDB(0x5a, 8, 0x3f, 1, 0, 0, 0, 0, 255, 0)), 3, 7);
}

static void several_pages_change_at_once_and_others_are_told(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0x01), PAGE_10(0x35)), CDB(0x15, 0x10, 0, 0, 36, 0)));
	assert_int_equal(compression(w, 2), 0x40);
	assert_int_equal(vtl_mode_page(&w->fake.dev, 0x10, 0)[3], 0x35);
	assert_int_equal(w->fake.applied, 1);
	expect_good(io(w->a, CDB(FAKE_TUR, 0, 0, 0, 0, 0)));
	expect_sense(io(w->b, CDB(FAKE_TUR, 0, 0, 0, 0, 0)), 6, 0x2a, 0x01);
}

static void selecting_what_is_already_so_tells_nobody(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x20, 0)), CDB(0x15, 0x10, 0, 0, 20, 0)));
	expect_good(io(w->b, CDB(FAKE_TUR, 0, 0, 0, 0, 0)));
}

static void one_wrong_page_leaves_all_as_they_were(void **state)
{
	struct fake_world *w = *state;

	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 8, 0x11, 0, 0, 0, 0, 0, 0, 0, PAGE_0F(0x40, 0x01), PAGE_10(0xb3)),
				CDB(0x15, 0x10, 0, 0, 44, 0)), 12 + 16 + 3, 7);
	assert_int_equal(compression(w, 2), 0x20);
	assert_int_equal(w->fake.density, 0x5e);
	assert_int_equal(w->fake.applied, 0);
	expect_good(io(w->b, CDB(FAKE_TUR, 0, 0, 0, 0, 0)));
}

static void a_value_that_the_page_refuses_is_pointed_at(void **state)
{
	struct fake_world *w = *state;

	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x20, 255)), CDB(0x15, 0x10, 0, 0, 20, 0)), 7, 7);
	expect_bad_param_as(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(202, 0)), CDB(0x15, 0x10, 0, 0, 20, 0)),
			    0x26, 0x02, 6, -1);
}

static void a_rounded_value_is_taken_and_told(void **state)
{
	struct fake_world *w = *state;

	expect_sense(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x41, 0)), CDB(0x15, 0x10, 0, 0, 20, 0)), 1, 0x37, 0x00);
	assert_int_equal(compression(w, 2), 0x40);
	expect_sense(io(w->b, CDB(FAKE_TUR, 0, 0, 0, 0, 0)), 6, 0x2a, 0x01);
}

static void the_same_page_twice_is_taken_in_order(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0), PAGE_0F(0x42, 0)), CDB(0x15, 0x10, 0, 0, 36, 0)));
	assert_int_equal(compression(w, 2), 0x42);
}

static void a_block_descriptor_is_taken_by_both_commands(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 8, 0x5c, 0, 0, 0, 0, 0, 0, 0), CDB(0x15, 0, 0, 0, 12, 0)));
	assert_int_equal(w->fake.density, 0x5c);
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, 0, 0, 0, 8, 0x5a, 0, 0, 0, 0, 0, 0, 0),
			   CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, 16, 0)));
	assert_int_equal(w->fake.density, 0x5a);
	expect_sense(io(w->b, CDB(FAKE_TUR, 0, 0, 0, 0, 0)), 6, 0x2a, 0x01);
}

static void a_wrong_header_or_descriptor_is_pointed_at(void **state)
{
	struct fake_world *w = *state;

	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 8, 0xff, 0, 0, 0, 0, 0, 0, 0),
				CDB(0x15, 0x10, 0, 0, 12, 0)), 4, 7);
	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 0, 0, 0, 0, 8, 0xff, 0, 0, 0, 0, 0, 0, 0),
				CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, 16, 0)), 8, 7);
	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 4, 0, 0, 0, 0), CDB(0x15, 0x10, 0, 0, 8, 0)), 3, -1);
	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 0, 1, 0, 0, 0), CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, 8, 0)), 4, 0);
	expect_sense(io_out(w->a, BYTES(0, 0, 0, 8, 0, 0), CDB(0x15, 0x10, 0, 0, 6, 0)), 5, 0x1a, 0x00);
}

static void a_list_that_ends_too_early_is_refused_at_every_length(void **state)
{
	struct fake_world *w = *state;
	static const uint8_t list[] = { 0, 0, 0, 8, 0x5c, 0, 0, 0, 0, 0, 0, 0, PAGE_0F(0x40, 0),
					0x50, 0x01, 0, 28, [29 + 4] = 0x80, [59] = 0 };
	uint8_t len;

	for (len = 1; len < sizeof(list); len++) {
		/* the list is a whole one after the descriptor and after the page */
		if (len == 12 || len == 28)
			continue;
		expect_sense(io_out(w->a, list, len, CDB(0x15, 0x10, 0, 0, len, 0)), 5, 0x1a, 0x00);
		assert_int_equal(w->fake.density, 0x5e);
	}
	expect_good(io_out(w->a, list, 28, CDB(0x15, 0x10, 0, 0, 28, 0)));
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, sizeof(list), 0)));
}

static void data_shorter_than_the_cdb_says_is_refused(void **state)
{
	struct fake_world *w = *state;

	expect_sense(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), CDB(0x15, 0x10, 0, 0, 21, 0)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, NO_BYTES, CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, 8, 0)), 5, 0x1a, 0x00);
	expect_good(io_out(w->a, NO_BYTES, CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, 0, 0)));
	assert_int_equal(compression(w, 2), 0x20);
}

static void unknown_pages_and_lengths_are_pointed_at(void **state)
{
	struct fake_world *w = *state;

	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 0, 0x2f, 2, 0, 0), CDB(0x15, 0x10, 0, 0, 8, 0)), 4, 5);
	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 0, 0x50, 2, 0, 0), CDB(0x15, 0x10, 0, 0, 8, 0)), 5, 7);
	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 0, 0x50, 0, 0, 0), CDB(0x15, 0x10, 0, 0, 8, 0)), 5, 7);
	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 0, 0x0f, 13, 0, 0), CDB(0x15, 0x10, 0, 0, 8, 0)), 5, -1);
	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 0, 0x50, 1, 0, 29), CDB(0x15, 0x10, 0, 0, 8, 0)), 6, -1);
}

static void pages_need_pf_and_saving_is_refused_where_nothing_is_kept(void **state)
{
	struct fake_world *w = *state;

	expect_bad_cdb(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), CDB(0x15, 0, 0, 0, 20, 0)), 1, 4);
	expect_bad_cdb(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), CDB(0x15, 0x11, 0, 0, 20, 0)), 1, 0);
	expect_sense(io_in(w->a, 255, CDB(0x1a, 0, 0xcf, 0, 255, 0)), 5, 0x39, 0x00);
	assert_int_equal(compression(w, 2), 0x20);
}

static void a_reset_brings_the_defaults_back(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), CDB(0x15, 0x10, 0, 0, 20, 0)));
	vtl_dev_reset(&w->fake.dev, VTL_RESET_LOGICAL_UNIT);
	assert_int_equal(compression(w, 2), 0x20);
	assert_int_equal(w->fake.applied, 2);
}

static void a_page_of_an_earlier_list_is_not_applied_again(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), CDB(0x15, 0x10, 0, 0, 20, 0)));
	vtl_mode_page_edit(&w->fake.dev, 0x0f, 0)[2] = 0x60;
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_10(0x35)), CDB(0x15, 0x10, 0, 0, 20, 0)));
	assert_int_equal(compression(w, 2), 0x60);
	assert_int_equal(w->fake.applied, 1);
}

static void more_pages_than_mode_sense6_can_count_are_cut(void **state)
{
	static const uint8_t bytes[200];
	static const struct vtl_model_page rows[] = { { 0x24, 0, bytes, 200, NULL }, { 0x25, 0, bytes, 200, NULL } };
	static const struct vtl_model_pages pages = { rows, 2 };
	struct vtl_identity id = fake_identity;
	struct sim sim;
	struct fake fake;
	struct io *io;

	id.mode = &pages;
	sim_init(&sim);
	fake_init_as(&fake, &sim, &id);
	io = expect_good(io_in(sim_initiator(&fake.dev, 1), 4096, CDB(0x1a, 8, 0x3f, 0, 255, 0)));
	expect_len(io, 255);
	expect_u8(io, 0, 255);
	fake_fini(&fake);
}

static void a_live_field_shows_in_current_values_only(void **state)
{
	struct fake_world *w = *state;

	w->fake.applied = 77;
	expect_u8(expect_good(io_in(w->a, 255, CDB(0x1a, 8, 0x01, 0, 255, 0))), 4 + 11, 77);
	expect_u8(expect_good(io_in(w->a, 255, CDB(0x1a, 8, 0x81, 0, 255, 0))), 4 + 11, 0);
	expect_u8(expect_good(io_in(w->a, 255, CDB(0x1a, 8, 0x41, 0, 255, 0))), 4 + 11, 0);
}

static void an_impossible_page_of_a_model_is_left_out_and_logged(void **state)
{
	static const uint8_t bytes[600] = { 0x24 };
	static const struct vtl_model_page rows[] = { { 0x24, 0, bytes, 600, NULL }, { 0x25, 0, bytes, 2, NULL } };
	static const struct vtl_model_pages pages = { rows, 2 };
	struct vtl_identity id = fake_identity;
	struct sim sim;
	struct fake fake;

	id.mode = &pages;
	sim_init(&sim);
	fake_init_as(&fake, &sim, &id);
	assert_null(vtl_mode_page(&fake.dev, 0x24, 0));
	assert_null(vtl_mode_page(&fake.dev, 0x25, 0));
	assert_non_null(strstr(sim.log, "mode page 24/00"));
	fake_fini(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fake_test(mode_sense6_has_a_short_header_and_a_block_descriptor),
		fake_test(mode_sense10_has_a_long_header),
		fake_test(dbd_leaves_the_block_descriptor_out),
		fake_test(page_00_alone_is_the_header),
		fake_test(subpages_have_spf_and_a_two_byte_length),
		fake_test(all_pages_come_in_ascending_order),
		fake_test(several_pages_change_at_once_and_others_are_told),
		fake_test(selecting_what_is_already_so_tells_nobody),
		fake_test(one_wrong_page_leaves_all_as_they_were),
		fake_test(a_value_that_the_page_refuses_is_pointed_at),
		fake_test(a_rounded_value_is_taken_and_told),
		fake_test(the_same_page_twice_is_taken_in_order),
		fake_test(a_block_descriptor_is_taken_by_both_commands),
		fake_test(a_wrong_header_or_descriptor_is_pointed_at),
		fake_test(a_list_that_ends_too_early_is_refused_at_every_length),
		fake_test(data_shorter_than_the_cdb_says_is_refused),
		fake_test(unknown_pages_and_lengths_are_pointed_at),
		fake_test(pages_need_pf_and_saving_is_refused_where_nothing_is_kept),
		fake_test(a_reset_brings_the_defaults_back),
		fake_test(a_page_of_an_earlier_list_is_not_applied_again),
		cmocka_unit_test(more_pages_than_mode_sense6_can_count_are_cut),
		fake_test(a_live_field_shows_in_current_values_only),
		cmocka_unit_test(an_impossible_page_of_a_model_is_left_out_and_logged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
