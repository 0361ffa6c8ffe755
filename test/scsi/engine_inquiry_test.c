/* SPDX-License-Identifier: GPL-2.0-only */
/* INQUIRY, target ports and REPORT SUPPORTED OPERATION CODES in detail. */
#include <string.h>

#include "fake_dev.h"

static void standard_data_is_the_models(void **state)
{
	struct fake_world *w = *state;
	struct io *io = expect_good(io_in(w->a, 255, CDB(0x12, 0, 0, 0, 255, 0)));

	expect_len(io, 96);
	assert_memory_equal(io->in, "\x01\x80\x06\x02\x5b\x10\x00\x02VENDOR  PRODUCT-1       R1  specific\0", 45);
	expect_u16(io, 58, 0x0300);
	expect_u16(io, 60, 0x0960);
	expect_u16(io, 62, 0);
}

static void the_serial_number_page_has_the_serial_number(void **state)
{
	struct fake_world *w = *state;

	expect_data(expect_good(io_in(w->a, 255, CDB(0x12, 1, 0x80, 0, 255, 0))),
		    BYTES(0x01, 0x80, 0, 10, 'S', 'E', 'R', 'I', 'A', 'L', '0', '0', '0', '1'));
}

static void the_list_of_vpd_pages_is_complete(void **state)
{
	struct fake_world *w = *state;

	expect_data(expect_good(io_in(w->a, 255, CDB(0x12, 1, 0, 0, 255, 0))),
		    BYTES(0x01, 0, 0, 8, 0x00, 0x80, 0x83, 0x86, 0x87, 0x88, 0x90, 0xb0));
}

static void identification_names_the_unit_and_the_port(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus_id id = w->a->id;
	struct io *io = expect_good(io_in(w->a, 255, CDB(0x12, 1, 0x83, 0, 255, 0)));
	uint64_t naa = io_uint(io, 4 + 38 + 4, 8);

	expect_u32(io, 4, 0x02010022);
	assert_memory_equal(io->in + 8, "VENDOR  PRODUCT-1       SERIAL0001", 34);
	expect_u32(io, 42, 0x01030008);
	assert_int_equal(naa >> 60, 3);
	expect_u32(io, 54, 0x01130008);
	expect_u64(io, 66, 0x0114000400000001);
	expect_u64(io, 74, 0x0115000400000001);
	expect_len(io, 82);
	id.target_port = 0x1234;
	io = expect_good(io_in(vtl_nexus_new(&w->fake.dev, &id), 255, CDB(0x12, 1, 0x83, 0, 255, 0)));
	expect_u16(io, 72, 0x1234);
	expect_u64(io, 46, naa);
}

static void an_assigned_naa_is_used(void **state)
{
	struct vtl_identity id = fake_identity;
	struct sim sim;
	struct fake fake;

	id.naa = 0x5001234567890abc;
	sim_init(&sim);
	fake_init_as(&fake, &sim, &id);
	expect_u64(expect_good(io_in(sim_nexus(&fake.dev, 1), 255, CDB(0x12, 1, 0x83, 0, 255, 0))), 46, id.naa);
	fake_fini(&fake);
}

static void each_port_has_a_name_of_its_own_and_all_are_in_one_group(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus_id id = w->b->id;
	struct io *io;
	uint64_t name;

	id.target_port = 7;
	assert_non_null(vtl_nexus_new(&w->fake.dev, &id));
	name = io_uint(expect_good(io_in(w->a, 255, CDB(0x12, 1, 0x83, 0, 255, 0))), 58, 8);
	io = expect_good(io_in(w->a, 255, CDB(0x12, 1, 0x88, 0, 255, 0)));
	expect_len(io, 4 + 2 * 24);
	expect_u16(io, 6, 1);
	expect_u16(io, 14, 12);
	expect_u64(io, 20, name);
	expect_u16(io, 30, 7);
	assert_true(io_uint(io, 44, 8) != name);
	expect_data(expect_good(io_in(w->a, 255, CDB(0xa3, 0x0a, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0))),
		    BYTES(0, 0, 0, 16, 0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7));
	expect_u32(expect_good(io_in(w->a, 255, CDB(0xa3, 0x2a, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0))), 4, 0x10000000);
	expect_bad_cdb(io_in(w->a, 255, CDB(0xa3, 0x4a, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0)), 1, 7);
}

static void task_management_functions_are_those_that_tgtd_passes_on(void **state)
{
	struct fake_world *w = *state;

	expect_data(expect_good(io_in(w->a, 255, CDB(0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0))),
		    BYTES(0xd8, 0, 0, 0));
	expect_len(expect_good(io_in(w->a, 255, CDB(0xa3, 0x0d, 0x80, 0, 0, 0, 0, 0, 0, 255, 0, 0))), 16);
	/* what no drive has: aliases, priorities */
	expect_bad_cdb(io_in(w->a, 255, CDB(0xa3, 0x0b, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0)), 1, 4);
	expect_bad_cdb(io_in(w->a, 255, CDB(0xa3, 0x0e, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0)), 1, 4);
}

static void vpd_b0_comes_from_the_type(void **state)
{
	struct fake_world *w = *state;

	expect_data(expect_good(io_in(w->a, 255, CDB(0x12, 1, 0xb0, 0, 255, 0))), BYTES(0x01, 0xb0, 0, 2, 0x01, 0x00));
}

static void a_page_code_without_evpd_is_refused(void **state)
{
	struct fake_world *w = *state;

	expect_bad_cdb(io_in(w->a, 255, CDB(0x12, 0, 0x80, 0, 255, 0)), 2, 7);
	expect_bad_cdb(io_in(w->a, 255, CDB(0x12, 2, 0, 0, 255, 0)), 1, 1);
	expect_bad_cdb(io_in(w->a, 255, CDB(0x12, 0, 0, 0, 255, 0x04)), 5, 2);
}

static void a_device_alone_reports_lun_0_and_leaves_attentions(void **state)
{
	struct fake_world *w = *state;

	vtl_ua(w->a, SENSE_MEDIUM_CHANGED);
	expect_data(expect_good(io_in(w->a, 64, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0))),
		    BYTES(0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	expect_data(expect_good(io_in(w->a, 64, CDB(0xa0, 0, 1, 0, 0, 0, 0, 0, 0, 64, 0, 0))),
		    BYTES(0, 0, 0, 0, 0, 0, 0, 0));
	expect_bad_cdb(io_in(w->a, 64, CDB(0xa0, 0, 3, 0, 0, 0, 0, 0, 0, 64, 0, 0)), 2, 7);
	expect_sense(io(w->a, CDB(FAKE_TUR, 0, 0, 0, 0, 0)), 6, 0x28, 0x00);
}

static void a_command_that_the_model_has_not_is_unknown(void **state)
{
	static const uint16_t unsupported[] = { FAKE_READ, 0x5e };
	struct vtl_identity id = fake_identity;
	struct sim sim;
	struct fake fake;
	struct vtl_nexus *a;

	id.unsupported = unsupported;
	id.unsupported_count = 2;
	sim_init(&sim);
	fake_init_as(&fake, &sim, &id);
	a = sim_initiator(&fake.dev, 1);
	expect_sense(io_in(a, 8, CDB(FAKE_READ, 0, 0, 0, 8, 0)), 5, 0x20, 0x00);
	expect_sense(io_in(a, 8, CDB(0x5e, 0, 0, 0, 0, 0, 0, 0, 8, 0)), 5, 0x20, 0x00);
	expect_u16(expect_good(io_in(a, 255, CDB(0xa3, 0x0c, 1, FAKE_READ, 0, 0, 0, 0, 0, 255, 0, 0))), 0, 0x0001);
	fake_fini(&fake);
}

static void a_question_that_does_not_fit_the_command_is_refused(void **state)
{
	struct fake_world *w = *state;

	/* without service action, of a command that has them; with one, of a command that has none */
	expect_bad_cdb(io_in(w->a, 255, CDB(0xa3, 0x0c, 1, FAKE_ACTION, 0, 1, 0, 0, 0, 255, 0, 0)), 3, 7);
	expect_bad_cdb(io_in(w->a, 255, CDB(0xa3, 0x0c, 2, FAKE_READ, 0, 0, 0, 0, 0, 255, 0, 0)), 3, 7);
	expect_u16(expect_good(io_in(w->a, 255, CDB(0xa3, 0x0c, 2, FAKE_ACTION, 0, 2, 0, 0, 0, 255, 0, 0))), 0, 1);
	expect_u16(expect_good(io_in(w->a, 255, CDB(0xa3, 0x0c, 3, FAKE_ACTION, 0, 3, 0, 0, 0, 255, 0, 0))), 0, 3);
	expect_u16(expect_good(io_in(w->a, 255, CDB(0xa3, 0x0c, 3, FAKE_ACTION, 1, 3, 0, 0, 0, 255, 0, 0))), 0, 1);
	expect_u16(expect_good(io_in(w->a, 255, CDB(0xa3, 0x0c, 3, FAKE_READ, 0, 9, 0, 0, 0, 255, 0, 0))), 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fake_test(standard_data_is_the_models),
		fake_test(the_serial_number_page_has_the_serial_number),
		fake_test(the_list_of_vpd_pages_is_complete),
		fake_test(identification_names_the_unit_and_the_port),
		cmocka_unit_test(an_assigned_naa_is_used),
		fake_test(each_port_has_a_name_of_its_own_and_all_are_in_one_group),
		fake_test(task_management_functions_are_those_that_tgtd_passes_on),
		fake_test(vpd_b0_comes_from_the_type),
		fake_test(a_page_code_without_evpd_is_refused),
		fake_test(a_device_alone_reports_lun_0_and_leaves_attentions),
		cmocka_unit_test(a_command_that_the_model_has_not_is_unknown),
		fake_test(a_question_that_does_not_fit_the_command_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
