/* SPDX-License-Identifier: GPL-2.0-only */
/* What outlives a power cycle: saved mode pages, reservations, names, log parameters; and a store that fails. */
#include <string.h>

#include "fake_dev.h"

/* Page 0F with its bytes 2 and 3; page 10. Its PS bit in MODE SENSE's answer. */
#define PAGE_0F(two, three)	0x0f, 14, two, three, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define PAGE_10(three)		0x10, 14, 0, three, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define SELECT			CDB(0x15, 0x10, 0, 0, 20, 0)
#define SELECT_AND_SAVE		CDB(0x15, 0x11, 0, 0, 20, 0)
#define TUR			CDB(FAKE_TUR, 0, 0, 0, 0, 0)

/* A world whose device keeps what it is told to keep. */
static int setup(void **state)
{
	int err = fake_setup(state);

	if (!err)
		fake_power_cycle(*state);
	return err;
}

#define kept_test(f)	cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

/* Byte 2 of page 0F as MODE SENSE shows it for a PC. */
static unsigned shown(struct vtl_nexus *nexus, unsigned pc)
{
	return (unsigned)io_uint(expect_good(io_in(nexus, 255, CDB(0x1a, 8, (uint8_t)(pc << 6 | 0x0f), 0, 255, 0))), 6,
				 1);
}

static void pages_that_can_change_show_ps(void **state)
{
	struct fake_world *w = *state;

	expect_u8(expect_good(io_in(w->a, 255, CDB(0x1a, 8, 0x0f, 0, 255, 0))), 4, 0x8f);
	expect_u8(expect_good(io_in(w->a, 255, CDB(0x1a, 8, 0x50 & 0x3f, 1, 255, 0))), 4, 0xd0);
	expect_u8(expect_good(io_in(w->a, 255, CDB(0x1a, 8, 0x01, 0, 255, 0))), 4, 0x01);
	/* and may be sent back so */
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, 0x8f, 14, 0x40, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), SELECT));
	assert_int_equal(shown(w->a, 0), 0x40);
}

static void saved_values_outlive_a_power_cycle_and_others_do_not(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), SELECT_AND_SAVE));
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x60, 0)), SELECT));
	assert_int_equal(shown(w->a, 0), 0x60);
	assert_int_equal(shown(w->a, 2), 0x20);
	assert_int_equal(shown(w->a, 3), 0x40);
	fake_power_cycle(w);
	assert_int_equal(shown(w->a, 0), 0x40);
	assert_int_equal(shown(w->a, 2), 0x20);
	assert_int_equal(shown(w->a, 3), 0x40);
	assert_int_equal(w->fake.applied, 1);
}

static void sp_saves_all_pages_as_they_are_now(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), SELECT));
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_10(0x35)), SELECT_AND_SAVE));
	assert_int_equal(shown(w->a, 3), 0x40);
	fake_power_cycle(w);
	assert_int_equal(shown(w->a, 0), 0x40);
	assert_int_equal(vtl_mode_page(&w->fake.dev, 0x10, 0)[3], 0x35);
}

static void a_reset_brings_saved_values_back(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), SELECT_AND_SAVE));
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x60, 0)), SELECT));
	vtl_dev_reset(&w->fake.dev, VTL_RESET_LOGICAL_UNIT);
	expect_sense(io(w->a, TUR), 6, 0x29, 0x03);
	assert_int_equal(shown(w->a, 0), 0x40);
}

static void saving_tells_others_once_and_only_of_a_change(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), SELECT_AND_SAVE));
	expect_sense(io(w->b, TUR), 6, 0x2a, 0x01);
	expect_good(io(w->b, TUR));
	expect_good(io(w->a, TUR));
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), SELECT_AND_SAVE));
	expect_good(io(w->b, TUR));
}

static void status_waits_until_it_is_saved_and_so_do_other_commands(void **state)
{
	struct fake_world *w = *state;
	struct io *select, *read;

	w->sim.hold_jobs = true;
	select = io_start(w->a, SELECT_AND_SAVE, BYTES(0, 0, 0, 0, PAGE_0F(0x41, 0)), 0);
	read = io_start(w->b, CDB(FAKE_READ, 0, 0, 0, 8, 0), NULL, 0, 8);
	assert_false(io_done(select) || io_done(read) || vtl_dev_idle(&w->fake.dev));
	sim_run_jobs(&w->sim);
	expect_sense(select, 1, 0x37, 0x00);
	expect_sense(read, 6, 0x2a, 0x01);
	assert_int_equal(shown(w->a, 3), 0x40);
}

static void what_cannot_be_saved_is_not_changed(void **state)
{
	struct fake_world *w = *state;

	w->kept.fail = true;
	expect_sense(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), SELECT_AND_SAVE), 4, 0x44, 0x00);
	assert_int_equal(shown(w->a, 0), 0x20);
	assert_int_equal(shown(w->a, 3), 0x20);
	expect_good(io(w->b, TUR));
	assert_non_null(strstr(w->sim.log, "could not be saved: the test says so"));
	w->kept.fail = false;
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), SELECT_AND_SAVE));
}

static void an_aborted_save_leaves_current_values(void **state)
{
	struct fake_world *w = *state;
	struct io *select;

	w->sim.hold_jobs = true;
	select = io_start(w->a, SELECT_AND_SAVE, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), 0);
	vtl_dev_abort(&w->fake.dev, &select->cmd);
	assert_false(io_done(select));
	sim_run_jobs(&w->sim);
	expect_status(select, SAM_TASK_ABORTED);
	assert_int_equal(shown(w->a, 0), 0x20);
	assert_int_equal(shown(w->a, 3), 0x40);
}

static void a_wrong_list_is_not_saved(void **state)
{
	struct fake_world *w = *state;

	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 255)), SELECT_AND_SAVE), 7, 7);
	assert_int_equal(w->kept.saves, 0);
}

static void a_saved_page_that_no_longer_fits_is_ignored(void **state)
{
	struct fake_world *w = *state;
	static const uint8_t rows[] = {
		0, 1,
		0, 1, 0, 17, 0x0f, 0, 0x0f, 14, 0x40, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,		/* too short */
		0, 1, 0, 18, 0x0f, 0, 0x0f, 14, 0x40, 0xff, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,	/* refused */
		0, 1, 0, 18, 0x3e, 0, 0x3e, 14, 0x40, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,	/* unknown */
		0, 1, 0, 18, 0x10, 0, 0x10, 14, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,	/* fixed bits */
		0, 1, 0, 1, 0x0f,
		0x7f, 0xff, 0, 2, 1, 2,
		0x80, 0x01, 0, 1, 0x77,
	};

	memcpy(w->kept.data, rows, sizeof(rows));
	w->kept.len = sizeof(rows);
	fake_power_cycle(w);
	assert_int_equal(shown(w->a, 0), 0x20);
	assert_int_equal(vtl_mode_page(&w->fake.dev, 0x10, 0)[2], 0);
	assert_int_equal(vtl_mode_page(&w->fake.dev, 0x10, 0)[3], 0x3f);
	assert_int_equal(w->fake.keepsake, 0x77);
}

static void what_another_version_kept_is_not_used_and_the_log_says_so(void **state)
{
	struct fake_world *w = *state;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), SELECT_AND_SAVE));
	w->kept.data[1] = 2;
	fake_power_cycle(w);
	assert_int_equal(shown(w->a, 0), 0x20);
	assert_non_null(strstr(w->sim.log, "another version"));
	w->kept.data[1] = 1;
	w->kept.len--;
	fake_power_cycle(w);
	assert_non_null(strstr(w->sim.log, "ends early"));
}

/* Whatever is there instead: cut at any length, or with any byte wrong. */
static void damaged_state_does_no_harm(void **state)
{
	struct fake_world *w = *state;
	static uint8_t whole[4096];
	uint32_t len, i;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, PAGE_0F(0x40, 0)), SELECT_AND_SAVE));
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0),
			   CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0)));
	expect_good(io_out(w->a, "name", 4, CDB(0xa4, 0x06, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0)));
	len = w->kept.len;
	assert_true(len < sizeof(whole));
	memcpy(whole, w->kept.data, len);
	for (i = 0; i < len; i++) {
		memcpy(w->kept.data, whole, len);
		w->kept.len = i;
		fake_power_cycle(w);
		w->kept.len = len;
		w->kept.data[i] ^= 0xff;
		fake_power_cycle(w);
		expect_good(io(w->a, CDB(0x03, 0, 0, 0, 0, 0)));
		w->sim.log_len = 0;
	}
}

/* The device ends, and another stands in its place with what it kept. */
static void replace(struct fake_world *w, const struct vtl_identity *id)
{
	fake_fini(&w->fake);
	fake_init_as(&w->fake, &w->sim, id);
	vtl_dev_power_on(&w->fake.dev, &w->kept.port);
	w->a = sim_nexus(&w->fake.dev, 1);
}

static void other_inquiry_data_than_before_the_power_cycle_are_told_to_whoever_comes(void **state)
{
	struct fake_world *w = *state;
	struct vtl_model_inquiry inquiry = *fake_identity.inquiry;
	struct vtl_identity id = fake_identity;

	id.inquiry = &inquiry;
	expect_good(io_out(w->a, "drive one", 9, CDB(0xa4, 0x06, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0)));
	replace(w, &id);
	expect_sense(io(w->a, TUR), 6, 0x29, 0x00);
	expect_good(io(w->a, TUR));
	strcpy(inquiry.revision, "NEW1");
	replace(w, &id);
	expect_sense(io(w->a, TUR), 6, 0x29, 0x00);
	expect_sense(io(w->a, TUR), 6, 0x3f, 0x03);
	expect_good(io(w->a, TUR));
	/* Who was told is not told again, and the next power cycle finds nothing new. */
	vtl_nexus_lost(w->a);
	w->a = sim_nexus(&w->fake.dev, 1);
	expect_sense(io(w->a, TUR), 6, 0x29, 0x07);
	expect_good(io(w->a, TUR));
	replace(w, &id);
	expect_sense(io(w->a, TUR), 6, 0x29, 0x00);
	expect_good(io(w->a, TUR));
}

static void names_are_kept_and_told(void **state)
{
	struct fake_world *w = *state;

	expect_data(expect_good(io_in(w->a, 255, CDB(0xa3, 0x05, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0))), BYTES(0, 0, 0, 0));
	expect_good(io_out(w->a, "drive one", 9, CDB(0xa4, 0x06, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0)));
	expect_sense(io(w->b, TUR), 6, 0x3f, 0x05);
	expect_good(io(w->a, TUR));
	fake_power_cycle(w);
	expect_data(expect_good(io_in(w->b, 255, CDB(0xa3, 0x05, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0))),
		    BYTES(0, 0, 0, 9, 'd', 'r', 'i', 'v', 'e', ' ', 'o', 'n', 'e'));
	/* type 02h is another; 7Fh lists both */
	expect_len(expect_good(io_in(w->b, 255, CDB(0xa3, 0x05, 0, 0, 0, 0, 0, 0, 0, 255, 0x04, 0))), 4);
	expect_data(expect_good(io_in(w->b, 255, CDB(0xa3, 0x05, 0, 0, 0, 0, 0, 0, 0, 255, 0xfe, 0))),
		    BYTES(0, 0, 0, 8, 0, 0, 0, 64, 4, 0, 1, 0));
	expect_good(io(w->a, CDB(0xa4, 0x06, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)));
	expect_len(expect_good(io_in(w->a, 255, CDB(0xa3, 0x05, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0))), 4);
}

static void names_that_cannot_be_are_refused(void **state)
{
	struct fake_world *w = *state;
	uint8_t name[65] = { 0 };

	expect_bad_cdb(io_out(w->a, name, 65, CDB(0xa4, 0x06, 0, 0, 0, 0, 0, 0, 0, 65, 0, 0)), 6, 7);
	expect_bad_cdb(io_out(w->a, name, 4, CDB(0xa4, 0x06, 0, 0, 0, 0, 0, 0, 0, 4, 0x02, 0)), 10, 7);
	expect_bad_cdb(io_in(w->a, 255, CDB(0xa3, 0x05, 0, 0, 0, 0, 0, 0, 0, 255, 0x02, 0)), 10, 7);
	expect_sense(io_out(w->a, name, 3, CDB(0xa4, 0x06, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0)), 5, 0x1a, 0x00);
}

static void log_parameters_are_kept_with_what_the_type_keeps(void **state)
{
	struct fake_world *w = *state;

	w->fake.counter = 77;
	w->fake.keepsake = 9;
	expect_u8(expect_good(io_in(w->a, 255, CDB(0x4d, 0, 0x4c, 0, 0, 0, 0, 0, 255, 0))), 0, 0x0c);
	expect_u8(expect_good(io_in(w->a, 255, CDB(0x4d, 0, 0x6e, 0, 0, 0, 0, 0, 255, 0))), 0, 0xae);
	expect_good(io(w->a, CDB(0x4c, 0x01, 0x40, 0, 0, 0, 0, 0, 0, 0)));
	fake_power_cycle(w);
	assert_int_equal(w->fake.counter, 77);
	assert_int_equal(w->fake.keepsake, 9);
	/* without SP what a reset does is kept all the same */
	expect_good(io(w->a, CDB(0x4c, 0x02, 0xcc, 0, 0, 0, 0, 0, 0, 0)));
	fake_power_cycle(w);
	assert_int_equal(w->fake.counter, 0);
	w->kept.fail = true;
	expect_sense(io(w->a, CDB(0x4c, 0x01, 0x40, 0, 0, 0, 0, 0, 0, 0)), 4, 0x44, 0x00);
}

static void touches_while_a_save_is_under_way_end_in_one_more(void **state)
{
	struct fake_world *w = *state;

	w->sim.hold_jobs = true;
	w->fake.counter = 1;
	vtl_state_touch(&w->fake.dev);
	w->fake.counter = 2;
	vtl_state_touch(&w->fake.dev);
	w->fake.counter = 3;
	vtl_state_touch(&w->fake.dev);
	sim_run_jobs(&w->sim);
	assert_int_equal(w->kept.saves, 2);
	fake_power_cycle(w);
	assert_int_equal(w->fake.counter, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kept_test(pages_that_can_change_show_ps),
		kept_test(saved_values_outlive_a_power_cycle_and_others_do_not),
		kept_test(sp_saves_all_pages_as_they_are_now),
		kept_test(a_reset_brings_saved_values_back),
		kept_test(saving_tells_others_once_and_only_of_a_change),
		kept_test(status_waits_until_it_is_saved_and_so_do_other_commands),
		kept_test(what_cannot_be_saved_is_not_changed),
		kept_test(an_aborted_save_leaves_current_values),
		kept_test(a_wrong_list_is_not_saved),
		kept_test(a_saved_page_that_no_longer_fits_is_ignored),
		kept_test(what_another_version_kept_is_not_used_and_the_log_says_so),
		kept_test(damaged_state_does_no_harm),
		kept_test(other_inquiry_data_than_before_the_power_cycle_are_told_to_whoever_comes),
		kept_test(names_are_kept_and_told),
		kept_test(names_that_cannot_be_are_refused),
		kept_test(log_parameters_are_kept_with_what_the_type_keeps),
		kept_test(touches_while_a_save_is_under_way_end_in_one_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
