/* SPDX-License-Identifier: GPL-2.0-only */
/* The invariants of every device hold for a small one, with and without a model's own pages. */
#include "fake_dev.h"
#include "scsi_invariants.h"

static void a_device_keeps_the_invariants(void **state)
{
	struct sim sim;
	struct fake fake;

	sim_init(&sim);
	fake_init(&fake, &sim);
	invariants(sim_initiator(&fake.dev, 1));
	fake_fini(&fake);
}

/* One page replaced, one replaced by a shorter one with its own mask, one added, one taken away. */
static void a_device_with_pages_from_its_model_keeps_the_invariants(void **state)
{
	static const uint8_t page01[] = { 0x01, 0x0a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0 };
	static const uint8_t page10[] = { 0x10, 0x06, 1, 2, 3, 4, 5, 6 };
	static const uint8_t mask10[] = { 0xff, 0xff, 0, 0x80, 0, 0, 0, 1 };
	static const uint8_t page0f[] = { 0x0f, 0x04, 0x20, 0, 0, 0 }, mask0f[] = { 0, 0, 0xff, 0xff, 0, 0 };
	static const uint8_t page24[] = { 0x24, 0x02, 0xab, 0xcd };
	static const struct vtl_model_page mode_rows[] = {
		{ 0x01, 0, page01, sizeof(page01), NULL },
		{ 0x0f, 0, page0f, sizeof(page0f), mask0f },
		{ 0x10, 0, page10, sizeof(page10), mask10 },
		{ 0x10, 1, NULL, 0, NULL },
		{ 0x24, 0, page24, sizeof(page24), NULL },
	};
	static const uint8_t vpd_c0[] = { 0x01, 0xc0, 0x00, 0x03, 'a', 'b', 'c' };
	static const struct vtl_model_page vpd_rows[] = { { 0x86, 0, NULL, 0, NULL }, { 0xc0, 0, vpd_c0, 7, NULL } };
	static const struct vtl_model_pages mode = { mode_rows, 5 }, vpd = { vpd_rows, 2 };
	static const uint16_t unsupported[] = { 0x56, 0x57, FAKE_ACTION };
	struct vtl_identity id = fake_identity;
	struct sim sim;
	struct fake fake;

	id.mode = &mode;
	id.vpd = &vpd;
	id.unsupported = unsupported;
	id.unsupported_count = 3;
	sim_init(&sim);
	fake_init_as(&fake, &sim, &id);
	invariants(sim_initiator(&fake.dev, 1));
	assert_true(fake.applied);
	assert_int_equal(fake.last_byte, 0);
	assert_null(vtl_mode_page(&fake.dev, 0x10, 1));
	assert_memory_equal(vtl_mode_page(&fake.dev, 0x24, 0), page24, sizeof(page24));
	fake_fini(&fake);
}

/* WAIT is not among them: it ends only when the test says so. */
static void commands_of_chance_do_no_harm(void **state)
{
	static const uint16_t unsupported[] = { FAKE_WAIT, FAKE_IMMED };
	struct vtl_identity id = fake_identity;
	struct sim sim;
	struct fake fake;

	id.unsupported = unsupported;
	id.unsupported_count = 2;
	sim_init(&sim);
	fake_init_as(&fake, &sim, &id);
	inv_chance(sim_nexus(&fake.dev, 1), &sim, 50000, 1);
	assert_true(fake.reads && fake.writes && fake.applied && fake.log_resets && fake.prevent_changes);
	fake_fini(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_keeps_the_invariants),
		cmocka_unit_test(a_device_with_pages_from_its_model_keeps_the_invariants),
		cmocka_unit_test(commands_of_chance_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
