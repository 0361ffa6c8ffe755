/* SPDX-License-Identifier: GPL-2.0-only */
/* LOG SENSE and LOG SELECT in detail. */
#include "fake_dev.h"

static struct io *log_sense(struct vtl_nexus *nexus, unsigned pc, uint8_t page, uint8_t subpage, uint16_t from)
{
	return io_in(nexus, 255, CDB(0x4d, 0, (uint8_t)(pc << 6 | page), subpage, 0, (uint8_t)(from >> 8),
				     (uint8_t)from, 0, 255, 0));
}

static void the_lists_name_pages_and_subpages(void **state)
{
	struct fake_world *w = *state;

	expect_data(expect_good(log_sense(w->a, 1, 0, 0, 0)), BYTES(0x80, 0, 0, 4, 0x00, 0x0c, 0x10, 0x2e));
	expect_data(expect_good(log_sense(w->a, 1, 0, 0xff, 0)),
		    BYTES(0xc0, 0xff, 0, 14, 0x00, 0x00, 0x00, 0xff, 0x0c, 0x00, 0x0c, 0x42, 0x0c, 0xff, 0x10, 0x00,
			  0x2e, 0x00));
	expect_data(expect_good(log_sense(w->a, 1, 0x0c, 0xff, 0)),
		    BYTES(0xcc, 0xff, 0, 6, 0x0c, 0x00, 0x0c, 0x42, 0x0c, 0xff));
}

static void a_page_has_its_parameters_with_live_values(void **state)
{
	struct fake_world *w = *state;

	w->fake.counter = 0x01020304;
	expect_data(expect_good(log_sense(w->a, 1, 0x0c, 0, 0)),
		    BYTES(0x8c, 0, 0, 30,
			  0x00, 0x02, 0x00, 4, 0x01, 0x02, 0x03, 0x04,
			  0x00, 0x05, 0x00, 4, 0x01, 0x02, 0x06, 0xec,
			  0x01, 0x00, 0x03, 3, 0x01, 0x23, 0x45,
			  0x01, 0x01, 0x03, 3, 0xff, 0xff, 0xff));
}

static void a_parameter_pointer_leaves_lower_parameters_out(void **state)
{
	struct fake_world *w = *state;

	expect_data(expect_good(log_sense(w->a, 1, 0x0c, 0, 0x101)),
		    BYTES(0x8c, 0, 0, 7, 0x01, 0x01, 0x03, 3, 0xff, 0xff, 0xff));
	expect_u16(expect_good(log_sense(w->a, 1, 0x0c, 0, 3)), 4, 0x0005);
	expect_bad_cdb(log_sense(w->a, 1, 0x0c, 0, 0x102), 5, 7);
	expect_bad_cdb(log_sense(w->a, 1, 0x00, 0, 1), 5, 7);
}

static void default_values_are_zero_and_thresholds_are_never_met(void **state)
{
	struct fake_world *w = *state;

	w->fake.counter = 5;
	expect_u32(expect_good(log_sense(w->a, 3, 0x0c, 0, 0)), 8, 0);
	expect_u32(expect_good(log_sense(w->a, 0, 0x0c, 0, 0)), 8, 0xffffffff);
	expect_u32(expect_good(log_sense(w->a, 2, 0x0c, 0, 0)), 8, 0xffffffff);
	expect_u24(expect_good(log_sense(w->a, 3, 0x0c, 0, 0x100)), 8, 0x012345);
}

static void unknown_pages_are_pointed_at(void **state)
{
	struct fake_world *w = *state;

	expect_bad_cdb(log_sense(w->a, 1, 0x0d, 0, 0), 2, 5);
	expect_bad_cdb(log_sense(w->a, 1, 0x0c, 1, 0), 3, 7);
	expect_bad_cdb(log_sense(w->a, 1, 0x2e, 0xff, 0), 3, 7);
	expect_bad_cdb(log_sense(w->a, 1, 0x3f, 0xff, 0), 2, 5);
	expect_bad_cdb(io_in(w->a, 255, CDB(0x4d, 1, 0x4c, 0, 0, 0, 0, 0, 255, 0)), 1, 0);
	expect_bad_cdb(io_in(w->a, 255, CDB(0x4d, 2, 0x4c, 0, 0, 0, 0, 0, 255, 0)), 1, 1);
}

static void a_page_knows_that_it_was_reported(void **state)
{
	struct fake_world *w = *state;

	expect_good(log_sense(w->a, 1, 0x0c, 0, 0));
	expect_bad_cdb(log_sense(w->a, 1, 0x0c, 0, 0x200), 5, 7);
	expect_good(log_sense(w->a, 1, 0x2e, 0, 0));
	assert_int_equal(w->fake.log_reports, 1);
}

static void log_select_resets_one_page_or_all_and_tells_the_others(void **state)
{
	struct fake_world *w = *state;

	w->fake.counter = 9;
	expect_good(io(w->a, CDB(0x4c, 0x02, 0xcc, 0, 0, 0, 0, 0, 0, 0)));
	assert_int_equal(w->fake.counter, 0);
	expect_sense(io(w->b, CDB(FAKE_TUR, 0, 0, 0, 0, 0)), 6, 0x2a, 0x02);
	expect_good(io(w->a, CDB(0x4c, 0x02, 0xc0, 0, 0, 0, 0, 0, 0, 0)));
	assert_int_equal(w->fake.log_resets, 2);
	expect_bad_cdb(io(w->a, CDB(0x4c, 0x02, 0xcd, 0, 0, 0, 0, 0, 0, 0)), 2, 5);
	expect_bad_cdb(io(w->a, CDB(0x4c, 0x02, 0xcc, 7, 0, 0, 0, 0, 0, 0)), 3, 7);
	assert_int_equal(w->fake.log_resets, 2);
}

#define SELECT(flags, two, len)	CDB(0x4c, flags, two, 0, 0, 0, 0, 0, len, 0)

static void log_select_sets_parameters_that_can_be_set(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0x0c, 0, 0, 8, 0, 2, 0, 4, 0, 0, 1, 0), SELECT(0, 0x40, 12)));
	assert_int_equal(w->fake.counter, 0x100);
	expect_sense(io(w->b, CDB(FAKE_TUR, 0, 0, 0, 0, 0)), 6, 0x2a, 0x02);
	expect_good(io(w->a, CDB(FAKE_TUR, 0, 0, 0, 0, 0)));
	expect_good(io(w->a, SELECT(0, 0x40, 0)));
	expect_good(io(w->b, CDB(FAKE_TUR, 0, 0, 0, 0, 0)));
}

static void a_wrong_log_list_is_pointed_at_and_sets_nothing(void **state)
{
	struct fake_world *w = *state;

	/* unknown page; SUBPAGE CODE without SPF; a parameter that is not there, one that cannot be set */
	expect_bad_param(io_out(w->a, BYTES(0x0d, 0, 0, 0), SELECT(0, 0x40, 4)), 0, -1);
	expect_bad_param(io_out(w->a, BYTES(0x0c, 1, 0, 0), SELECT(0, 0x40, 4)), 1, 7);
	expect_bad_param(io_out(w->a, BYTES(0x4c, 1, 0, 0), SELECT(0, 0x40, 4)), 1, -1);
	expect_bad_param(io_out(w->a, BYTES(0x0c, 0, 0, 8, 0, 3, 0, 4, 0, 0, 1, 0), SELECT(0, 0x40, 12)), 4, 7);
	expect_bad_param(io_out(w->a, BYTES(0x0c, 0, 0, 8, 0, 5, 0, 4, 0, 0, 1, 0), SELECT(0, 0x40, 12)), 4, 7);
	/* a length that is not the parameter's; a value that it does not take */
	expect_bad_param(io_out(w->a, BYTES(0x0c, 0, 0, 7, 0, 2, 0, 3, 0, 0, 1), SELECT(0, 0x40, 11)), 7, 7);
	expect_bad_param(io_out(w->a, BYTES(0x0c, 0, 0, 8, 0, 2, 0, 4, 0xff, 0, 0, 0), SELECT(0, 0x40, 12)), 8, 7);
	/* the first is right, the second is not: neither is set. Pages and parameters ascend. */
	expect_bad_param(io_out(w->a, BYTES(0x0c, 0, 0, 16, 0, 2, 0, 4, 0, 0, 1, 0, 0, 2, 0, 4, 0, 0, 1, 0),
				SELECT(0, 0x40, 20)), 12, 7);
	expect_bad_param(io_out(w->a, BYTES(0x0c, 0, 0, 8, 0, 2, 0, 4, 0, 0, 1, 0, 0x0c, 0, 0, 0),
				SELECT(0, 0x40, 16)), 12, 5);
	/* lists that end early */
	expect_sense(io_out(w->a, BYTES(0x0c, 0, 0), SELECT(0, 0x40, 3)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, BYTES(0x0c, 0, 0, 8, 0, 2, 0, 4, 0, 0, 1), SELECT(0, 0x40, 11)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, BYTES(0x0c, 0, 0, 7, 0, 2, 0, 4, 0, 0, 1), SELECT(0, 0x40, 11)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, BYTES(0x0c, 0), SELECT(0, 0x40, 4)), 5, 0x1a, 0x00);
	assert_int_equal(w->fake.counter, 0);
	expect_good(io(w->b, CDB(FAKE_TUR, 0, 0, 0, 0, 0)));
}

static void log_select_fields_that_contradict_each_other_are_refused(void **state)
{
	struct fake_world *w = *state;

	expect_bad_cdb(io_out(w->a, BYTES(0x0c, 0, 0, 0), SELECT(0x02, 0x40, 4)), 1, 1);
	expect_bad_cdb(io_out(w->a, BYTES(0x0c, 0, 0, 0), SELECT(0, 0x4c, 4)), 2, 5);
	expect_bad_cdb(io_out(w->a, BYTES(0x0c, 0, 0, 0), CDB(0x4c, 0, 0x40, 1, 0, 0, 0, 0, 4, 0)), 3, 7);
	expect_bad_cdb(io_out(w->a, BYTES(0x0c, 0, 0, 0), SELECT(0, 0xc0, 4)), 2, 7);
	expect_bad_cdb(io(w->a, SELECT(0x01, 0x40, 0)), 1, 0);
}

/* One page replaced by the model's bytes, one added, one taken away. */
static void a_model_brings_and_takes_log_pages(void **state)
{
	static const uint8_t flags[] = { 0x2e, 0, 0, 1, 0xaa }, own[] = { 0x77, 0x21, 0, 2, 0xbb, 0xcc };
	static const struct vtl_model_page rows[] = {
		{ 0x0c, 0x42, NULL, 0, NULL }, { 0x2e, 0, flags, 5, NULL }, { 0x37, 0x21, own, 6, NULL },
	};
	static const struct vtl_model_pages pages = { rows, 3 };
	struct vtl_identity id = fake_identity;
	struct sim sim;
	struct fake fake;
	struct vtl_nexus *a;

	id.log = &pages;
	sim_init(&sim);
	fake_init_as(&fake, &sim, &id);
	a = sim_initiator(&fake.dev, 1);
	expect_data(expect_good(log_sense(a, 1, 0, 0xff, 0)),
		    BYTES(0xc0, 0xff, 0, 14, 0, 0, 0, 0xff, 0x0c, 0, 0x10, 0, 0x2e, 0, 0x37, 0x21, 0x37, 0xff));
	expect_data(expect_good(log_sense(a, 1, 0x2e, 0, 0)), BYTES(0xae, 0, 0, 1, 0xaa));
	expect_data(expect_good(log_sense(a, 1, 0x37, 0x21, 0)), BYTES(0xf7, 0x21, 0, 2, 0xbb, 0xcc));
	expect_bad_cdb(log_sense(a, 1, 0x0c, 0x42, 0), 3, 7);
	fake_fini(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fake_test(the_lists_name_pages_and_subpages),
		fake_test(a_page_has_its_parameters_with_live_values),
		fake_test(a_parameter_pointer_leaves_lower_parameters_out),
		fake_test(default_values_are_zero_and_thresholds_are_never_met),
		fake_test(unknown_pages_are_pointed_at),
		fake_test(a_page_knows_that_it_was_reported),
		fake_test(log_select_resets_one_page_or_all_and_tells_the_others),
		fake_test(log_select_sets_parameters_that_can_be_set),
		fake_test(a_wrong_log_list_is_pointed_at_and_sets_nothing),
		fake_test(log_select_fields_that_contradict_each_other_are_refused),
		cmocka_unit_test(a_model_brings_and_takes_log_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
