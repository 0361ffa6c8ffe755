/* SPDX-License-Identifier: GPL-2.0-only */
/* SEND DIAGNOSTIC, RECEIVE DIAGNOSTIC RESULTS, READ and WRITE BUFFER, the timestamp. */
#include <stdlib.h>
#include <string.h>

#include "fake_dev.h"

#define TUR	CDB(FAKE_TUR, 0, 0, 0, 0, 0)

/* ---- self-tests and diagnostic pages ---- */

static struct io *self_test_log(struct vtl_nexus *nexus)
{
	return expect_good(io_in(nexus, 1024, CDB(0x4d, 0, 0x50, 0, 0, 0, 0, 4, 0, 0)));
}

static void self_tests_pass_and_are_logged_newest_first(void **state)
{
	struct fake_world *w = *state;
	struct io *log;

	expect_good(io(w->a, CDB(0x1d, 0x04, 0, 0, 0, 0)));
	expect_u8(self_test_log(w->a), 8, 0);
	w->sim.now += 5 * 3600000u;
	expect_good(io(w->a, CDB(0x1d, 0x20, 0, 0, 0, 0)));
	expect_good(io(w->a, CDB(0x1d, 0xc0, 0, 0, 0, 0)));
	log = self_test_log(w->a);
	expect_len(log, 4 + 20 * 20);
	expect_u32(log, 4, 0x00010310);
	expect_u16(log, 8, 0xc000);
	expect_u16(log, 10, 5);
	expect_u64(log, 12, UINT64_MAX);
	expect_u16(log, 28, 0x2000);
	expect_u8(log, 48, 0);
	expect_bad_param(io_out(w->a, (const uint8_t[24]){ 0x10, 0, 0, 20, 0, 1, 3, 16 }, 24,
				CDB(0x4c, 0, 0x40, 0, 0, 0, 0, 0, 24, 0)), 4, 7);
}

static void a_self_test_that_fails_says_so_and_is_logged(void **state)
{
	struct fake_world *w = *state;

	w->fake.self_test = SENSE_INTERNAL_FAILURE;
	expect_sense(io(w->a, CDB(0x1d, 0x04, 0, 0, 0, 0)), 4, 0x44, 0x00);
	expect_sense(io(w->a, CDB(0x1d, 0xa0, 0, 0, 0, 0)), 4, 0x44, 0x00);
	expect_good(io(w->a, CDB(0x1d, 0x40, 0, 0, 0, 0)));
	expect_u8(self_test_log(w->a), 8, 0x47);
	expect_u24(self_test_log(w->a), 20, 0x044400);
	expect_u8(self_test_log(w->a), 28, 0xa7);
}

static void self_test_fields_that_cannot_be_are_refused(void **state)
{
	struct fake_world *w = *state;

	expect_bad_cdb(io(w->a, CDB(0x1d, 0x24, 0, 0, 0, 0)), 1, 7);
	expect_bad_cdb(io(w->a, CDB(0x1d, 0x60, 0, 0, 0, 0)), 1, 7);
	expect_bad_cdb(io(w->a, CDB(0x1d, 0x80, 0, 0, 0, 0)), 1, 7);
	expect_bad_cdb(io(w->a, CDB(0x1d, 0xe0, 0, 0, 0, 0)), 1, 7);
	expect_bad_cdb(io_out(w->a, BYTES(0, 0, 0, 0), CDB(0x1d, 0x14, 0, 0, 4, 0)), 3, 7);
	expect_bad_cdb(io_out(w->a, BYTES(0, 0, 0, 0), CDB(0x1d, 0, 0, 0, 4, 0)), 1, 4);
}

static void diagnostic_pages_are_listed_and_others_refused(void **state)
{
	struct fake_world *w = *state;

	expect_data(expect_good(io_in(w->a, 64, CDB(0x1c, 1, 0, 0, 64, 0))), BYTES(0, 0, 0, 1, 0));
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0), CDB(0x1d, 0x10, 0, 0, 4, 0)));
	expect_data(expect_good(io_in(w->a, 64, CDB(0x1c, 0, 0, 0, 64, 0))), BYTES(0, 0, 0, 1, 0));
	expect_bad_cdb(io_in(w->a, 64, CDB(0x1c, 1, 0x80, 0, 64, 0)), 2, 7);
	expect_bad_param(io_out(w->a, BYTES(0x80, 0, 0, 4, 1, 0x60, 0, 0), CDB(0x1d, 0x10, 0, 0, 8, 0)), 0, 7);
	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 1, 0), CDB(0x1d, 0x10, 0, 0, 5, 0)), 2, -1);
	expect_sense(io_out(w->a, BYTES(0, 0, 0, 2), CDB(0x1d, 0x10, 0, 0, 4, 0)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, BYTES(0, 0), CDB(0x1d, 0x10, 0, 0, 2, 0)), 5, 0x1a, 0x00);
}

/* As LTFS asks an IBM drive after an error: the page, the buffer's capacity, the buffer. */
static void an_ibm_drive_takes_the_request_for_a_dump_and_has_none(void **state)
{
	struct vtl_model_inquiry ibm = *fake_identity.inquiry;
	struct vtl_identity id = fake_identity;
	struct sim sim;
	struct fake fake;
	struct vtl_nexus *a;

	strcpy(ibm.vendor, "IBM");
	id.inquiry = &ibm;
	sim_init(&sim);
	fake_init_as(&fake, &sim, &id);
	a = sim_initiator(&fake.dev, 1);
	expect_good(io_out(a, BYTES(0x80, 0, 0, 4, 1, 0x60, 0, 0), CDB(0x1d, 0x10, 0, 0, 8, 0)));
	expect_data(expect_good(io_in(a, 4, CDB(0x3c, 3, 1, 0, 0, 0, 0, 0, 4, 0))), BYTES(0, 0, 0, 0));
	expect_len(expect_good(io_in(a, 64, CDB(0x3c, 2, 1, 0, 0, 0, 0, 0, 64, 0))), 0);
	expect_data(expect_good(io_in(a, 64, CDB(0x1c, 1, 0, 0, 64, 0))), BYTES(0, 0, 0, 2, 0, 0x80));
	fake_fini(&fake);
}

/* ---- buffers ---- */

static void the_data_buffer_gives_back_what_was_written(void **state)
{
	struct fake_world *w = *state;
	uint8_t *data = malloc(65536);
	unsigned i;

	assert_non_null(data);
	for (i = 0; i < 65536; i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	expect_data(expect_good(io_in(w->a, 4, CDB(0x3c, 3, 0, 0, 0, 0, 0, 0, 4, 0))), BYTES(0, 1, 0, 0));
	expect_data(expect_good(io_in(w->a, 4, CDB(0x3c, 2, 0, 0, 0xff, 0xfe, 0, 0, 4, 0))), BYTES(0, 0));
	expect_good(io_out(w->a, data, 65536, CDB(0x3b, 2, 0, 0, 0, 0, 1, 0, 0, 0)));
	expect_data(expect_good(io_in(w->b, 70000, CDB(0x3c, 2, 0, 0, 0, 0, 1, 0, 0, 0))), data, 65536);
	expect_good(io_out(w->a, BYTES(1, 2, 3), CDB(0x3b, 2, 0, 0, 0xff, 0xfd, 0, 0, 3, 0)));
	expect_data(expect_good(io_in(w->b, 16, CDB(0x3c, 2, 0, 0, 0xff, 0xfc, 0, 0, 16, 0))),
		    BYTES(data[65532], 1, 2, 3));
	expect_data(expect_good(io_in(w->b, 8, CDB(0x3c, 0, 0, 0, 0xff, 0xfe, 0, 0, 8, 0))),
		    BYTES(0, 1, 0, 0, 2, 3));
	expect_len(expect_good(io_in(w->b, 8, CDB(0x3c, 2, 0, 1, 0, 0, 0, 0, 8, 0))), 0);
	free(data);
}

static void what_lies_outside_a_buffer_is_refused(void **state)
{
	struct fake_world *w = *state;

	expect_bad_cdb(io_in(w->a, 8, CDB(0x3c, 2, 0, 1, 0, 1, 0, 0, 8, 0)), 3, 7);
	expect_bad_cdb(io_out(w->a, BYTES(1, 2), CDB(0x3b, 2, 0, 0, 0xff, 0xff, 0, 0, 2, 0)), 6, 7);
	expect_bad_cdb(io_out(w->a, BYTES(1, 2), CDB(0x3b, 2, 0, 1, 0, 1, 0, 0, 2, 0)), 3, 7);
	expect_bad_cdb(io_in(w->a, 8, CDB(0x3c, 2, 9, 0, 0, 0, 0, 0, 8, 0)), 2, 7);
	expect_bad_cdb(io_out(w->a, BYTES(1, 2), CDB(0x3b, 2, 1, 0, 0, 0, 0, 0, 2, 0)), 2, 7);
	expect_data(expect_good(io_in(w->a, 8, CDB(0x3c, 3, 9, 0, 0, 0, 0, 0, 8, 0))), BYTES(0, 0, 0, 0));
	expect_bad_cdb(io_in(w->a, 8, CDB(0x3c, 3, 0, 0, 0, 1, 0, 0, 8, 0)), 3, 7);
	expect_bad_cdb(io_in(w->a, 8, CDB(0x3c, 1, 0, 0, 0, 0, 0, 0, 8, 0)), 1, 4);
	expect_bad_cdb(io_in(w->a, 8, CDB(0x3b, 1, 0, 0, 0, 0, 0, 0, 0, 0)), 1, 4);
	expect_sense(io_out(w->a, BYTES(1, 2), CDB(0x3b, 2, 0, 0, 0, 0, 0, 0, 3, 0)), 5, 0x1a, 0x00);
}

static void the_error_history_is_empty(void **state)
{
	struct fake_world *w = *state;
	struct io *io = expect_good(io_in(w->a, 64, CDB(0x3c, 0x1c, 1, 0, 0, 0, 0, 0, 64, 0)));

	expect_len(io, 32);
	assert_memory_equal(io->in, "VENDOR  \1", 9);
	expect_u16(io, 30, 0);
	expect_len(expect_good(io_in(w->a, 64, CDB(0x3c, 0x1c, 0xfe, 0, 0, 0, 0, 0, 64, 0))), 0);
	expect_bad_cdb(io_in(w->a, 64, CDB(0x3c, 0x1c, 0x10, 0, 0, 0, 0, 0, 64, 0)), 2, 7);
	expect_bad_cdb(io_in(w->a, 64, CDB(0x3c, 0x1c, 0, 0, 0, 1, 0, 0, 64, 0)), 3, 7);
}

static void the_echo_buffer_is_its_writers(void **state)
{
	struct fake_world *w = *state;

	expect_sense(io_in(w->a, 8, CDB(0x3c, 0x0a, 0, 0, 0, 0, 0, 0, 8, 0)), 5, 0x2c, 0x00);
	expect_data(expect_good(io_in(w->a, 8, CDB(0x3c, 0x0b, 0, 0, 0, 0, 0, 0, 8, 0))), BYTES(1, 0, 0x10, 0));
	expect_good(io_out(w->a, BYTES(1, 2, 3), CDB(0x3b, 0x0a, 0, 0, 0, 0, 0, 0, 3, 0)));
	expect_data(expect_good(io_in(w->a, 8, CDB(0x3c, 0x0a, 0, 0, 0, 0, 0, 0, 8, 0))), BYTES(1, 2, 3));
	expect_sense(io_in(w->b, 8, CDB(0x3c, 0x0a, 0, 0, 0, 0, 0, 0, 8, 0)), 5, 0x2c, 0x00);
	expect_good(io_out(w->b, BYTES(9), CDB(0x3b, 0x0a, 0, 0, 0, 0, 0, 0, 1, 0)));
	expect_sense(io_in(w->a, 8, CDB(0x3c, 0x0a, 0, 0, 0, 0, 0, 0, 8, 0)), 0xb, 0x3f, 0x0f);
	expect_data(expect_good(io_in(w->b, 8, CDB(0x3c, 0x0a, 0, 0, 0, 0, 0, 0, 8, 0))), BYTES(9));
	expect_bad_cdb(io_out(w->b, BYTES(9), CDB(0x3b, 0x0a, 0, 0, 0, 0, 0, 0x10, 1, 0)), 6, 7);
	vtl_nexus_lost(w->b);
	w->b = sim_initiator(&w->fake.dev, 2);
	expect_sense(io_in(w->b, 8, CDB(0x3c, 0x0a, 0, 0, 0, 0, 0, 0, 8, 0)), 5, 0x2c, 0x00);
}

static void firmware_is_taken_and_others_are_told(void **state)
{
	struct fake_world *w = *state;
	static const uint8_t modes[] = { 0x04, 0x05, 0x07, 0x0f };
	unsigned i;

	for (i = 0; i < sizeof(modes); i++) {
		expect_good(io_out(w->a, BYTES(1, 2, 3), CDB(0x3b, modes[i], 0, 0, 0, 0, 0, 0, 3, 0)));
		expect_sense(io(w->b, TUR), 6, 0x3f, 0x01);
		expect_good(io(w->a, TUR));
	}
	expect_good(io_out(w->a, BYTES(1, 2, 3), CDB(0x3b, 0x07, 0, 0, 0, 3, 0, 0, 3, 0)));
	expect_good(io_out(w->a, BYTES(1, 2, 3), CDB(0x3b, 0x0e, 0, 0, 0, 0, 0, 0, 3, 0)));
	expect_good(io(w->b, TUR));
	expect_sense(io_out(w->a, BYTES(1, 2, 3), CDB(0x3b, 0x05, 0, 0, 0, 0, 0, 0, 4, 0)), 5, 0x1a, 0x00);
}

/* ---- timestamp ---- */

static void the_timestamp_is_the_clock_until_it_is_set(void **state)
{
	struct fake_world *w = *state;
	struct io *io = expect_good(io_in(w->a, 64, CDB(0xa3, 0x0f, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0)));

	expect_len(io, 12);
	expect_u32(io, 0, 0x000a0300);
	expect_u48(io, 4, 1767225600000u);
	sim_advance(&w->sim, 5000);
	expect_u48(io_in(w->a, 64, CDB(0xa3, 0x0f, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0)), 4, 1767225605000u);
}

static void a_timestamp_that_is_set_runs_on_and_others_are_told(void **state)
{
	struct fake_world *w = *state;
	struct io *io;

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0),
			   CDB(0xa4, 0x0f, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0)));
	expect_sense(io(w->b, TUR), 6, 0x2a, 0x10);
	expect_good(io(w->a, TUR));
	sim_advance(&w->sim, 0x100);
	/* the wall clock may be turned: this one is not */
	w->sim.wall += 86400000;
	io = expect_good(io_in(w->a, 64, CDB(0xa3, 0x0f, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0)));
	expect_u8(io, 2, 2);
	expect_u48(io, 4, 0x000102030505u);
	vtl_dev_reset(&w->fake.dev, VTL_RESET_LOGICAL_UNIT);
	sim_drain_attentions(w->a);
	expect_u8(io_in(w->a, 64, CDB(0xa3, 0x0f, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0)), 2, 2);
	vtl_dev_reset(&w->fake.dev, VTL_RESET_POWER_ON);
	sim_drain_attentions(w->a);
	expect_u8(io_in(w->a, 64, CDB(0xa3, 0x0f, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0)), 2, 3);
}

static void timestamp_lists_of_a_wrong_length_are_refused(void **state)
{
	struct fake_world *w = *state;

	expect_sense(io_out(w->a, BYTES(0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0),
			    CDB(0xa4, 0x0f, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, BYTES(0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0),
			    CDB(0xa4, 0x0f, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0)), 5, 0x1a, 0x00);
	expect_good(io(w->a, CDB(0xa4, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)));
	expect_good(io(w->b, TUR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fake_test(self_tests_pass_and_are_logged_newest_first),
		fake_test(a_self_test_that_fails_says_so_and_is_logged),
		fake_test(self_test_fields_that_cannot_be_are_refused),
		fake_test(diagnostic_pages_are_listed_and_others_refused),
		cmocka_unit_test(an_ibm_drive_takes_the_request_for_a_dump_and_has_none),
		fake_test(the_data_buffer_gives_back_what_was_written),
		fake_test(what_lies_outside_a_buffer_is_refused),
		fake_test(the_error_history_is_empty),
		fake_test(the_echo_buffer_is_its_writers),
		fake_test(firmware_is_taken_and_others_are_told),
		fake_test(the_timestamp_is_the_clock_until_it_is_set),
		fake_test(a_timestamp_that_is_set_runs_on_and_others_are_told),
		fake_test(timestamp_lists_of_a_wrong_length_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
