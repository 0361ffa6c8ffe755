/* SPDX-License-Identifier: GPL-2.0-only */
/* RESERVE and RELEASE keep others out, and only others; persistent registrations come first. */
#include "fake_dev.h"

static struct io *command(struct vtl_nexus *nexus, uint8_t opcode)
{
	return io_in(nexus, 255, CDB(opcode, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

static void a_reservation_keeps_others_out_but_for_what_does_no_harm(void **state)
{
	struct fake_world *w = *state;

	expect_good(command(w->a, 0x16));
	expect_conflict(command(w->b, FAKE_TUR));
	expect_conflict(command(w->b, FAKE_READ));
	expect_conflict(command(w->b, 0x1a));
	expect_conflict(command(w->b, 0x16));
	expect_good(command(w->b, 0x12));
	expect_good(command(w->b, 0x03));
	expect_good(command(w->b, 0x4d));
	expect_good(command(w->a, FAKE_TUR));
	expect_good(command(w->a, 0x16));
	assert_int_equal(w->fake.reads, 0);
}

static void only_its_holder_releases_a_reservation(void **state)
{
	struct fake_world *w = *state;

	expect_good(command(w->a, 0x56));
	expect_good(command(w->b, 0x17));
	expect_conflict(command(w->b, FAKE_TUR));
	expect_good(command(w->a, 0x17));
	expect_good(command(w->b, FAKE_TUR));
	expect_good(command(w->b, 0x16));
	expect_conflict(command(w->a, FAKE_TUR));
}

static void a_reservation_ends_with_its_nexus(void **state)
{
	struct fake_world *w = *state;

	expect_good(command(w->a, 0x16));
	vtl_nexus_lost(w->a);
	expect_good(command(w->b, FAKE_TUR));
}

static void a_reservation_ends_with_a_reset(void **state)
{
	struct fake_world *w = *state;

	expect_good(command(w->a, 0x16));
	vtl_dev_reset(&w->fake.dev, VTL_RESET_LOGICAL_UNIT);
	sim_drain_attentions(w->b);
	expect_good(command(w->b, FAKE_TUR));
}

static void others_may_allow_removal_but_not_prevent_it(void **state)
{
	struct fake_world *w = *state;

	expect_good(io(w->b, CDB(0x1e, 0, 0, 0, 1, 0)));
	expect_good(command(w->a, 0x16));
	expect_good(io(w->b, CDB(0x1e, 0, 0, 0, 0, 0)));
	assert_false(vtl_dev_prevented(&w->fake.dev));
	expect_conflict(io(w->b, CDB(0x1e, 0, 0, 0, 1, 0)));
	assert_false(vtl_dev_prevented(&w->fake.dev));
}

static void persistent_reservations_are_out_of_reach_while_reserved(void **state)
{
	struct fake_world *w = *state;

	expect_good(command(w->a, 0x16));
	expect_conflict(command(w->a, 0x5e));
	expect_conflict(command(w->b, 0x5e));
	expect_conflict(io_out(w->a, BYTES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
			       CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0)));
}

static void a_conflict_is_told_before_an_attention_and_leaves_it(void **state)
{
	struct fake_world *w = *state;

	expect_good(command(w->a, 0x16));
	vtl_ua(w->b, SENSE_MEDIUM_CHANGED);
	expect_conflict(command(w->b, FAKE_TUR));
	expect_good(command(w->a, 0x17));
	expect_sense(command(w->b, FAKE_TUR), 6, 0x28, 0x00);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fake_test(a_reservation_keeps_others_out_but_for_what_does_no_harm),
		fake_test(only_its_holder_releases_a_reservation),
		fake_test(a_reservation_ends_with_its_nexus),
		fake_test(a_reservation_ends_with_a_reset),
		fake_test(others_may_allow_removal_but_not_prevent_it),
		fake_test(persistent_reservations_are_out_of_reach_while_reserved),
		fake_test(a_conflict_is_told_before_an_attention_and_leaves_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
