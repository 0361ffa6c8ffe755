/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit attentions belong to each initiator, are told once, and in the order of what they mean. */
#include "fake_dev.h"

static struct io *tur(struct vtl_nexus *nexus)
{
	return io(nexus, CDB(FAKE_TUR, 0, 0, 0, 0, 0));
}

static void a_new_initiator_is_told_of_power_on_once(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus *c = sim_nexus(&w->fake.dev, 3);

	expect_sense(tur(c), 6, 0x29, 0x00);
	expect_good(tur(c));
}

static void an_initiator_that_was_lost_is_told_so(void **state)
{
	struct fake_world *w = *state;

	vtl_nexus_lost(w->b);
	w->b = sim_nexus(&w->fake.dev, 2);
	expect_sense(tur(w->b), 6, 0x29, 0x07);
	expect_good(tur(w->b));
}

static void after_a_reset_a_lost_initiator_is_told_of_power_on(void **state)
{
	struct fake_world *w = *state;

	vtl_nexus_lost(w->b);
	vtl_dev_reset(&w->fake.dev, VTL_RESET_LOGICAL_UNIT);
	w->b = sim_nexus(&w->fake.dev, 2);
	expect_sense(tur(w->b), 6, 0x29, 0x00);
}

static void the_same_initiator_at_another_port_is_another_nexus(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus_id id = w->b->id;
	struct vtl_nexus *again;

	vtl_nexus_lost(w->b);
	id.target_port = 2;
	again = vtl_nexus_new(&w->fake.dev, &id);
	expect_sense(tur(again), 6, 0x29, 0x00);
}

static void initiators_without_a_name_are_never_taken_for_each_other(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus_id id = { .target_port = 1 };
	struct vtl_nexus *x = vtl_nexus_new(&w->fake.dev, &id), *y;

	vtl_nexus_lost(x);
	y = vtl_nexus_new(&w->fake.dev, &id);
	expect_sense(tur(y), 6, 0x29, 0x00);
}

static void attentions_are_told_in_the_order_of_their_events(void **state)
{
	struct fake_world *w = *state;

	vtl_ua_all(&w->fake.dev, SENSE_MEDIUM_CHANGED, NULL);
	vtl_ua_all(&w->fake.dev, SENSE_MODE_PARAMETERS_CHANGED, w->a);
	vtl_ua_all(&w->fake.dev, SENSE_MEDIUM_CHANGED, NULL);
	expect_sense(tur(w->b), 6, 0x28, 0x00);
	expect_sense(tur(w->b), 6, 0x2a, 0x01);
	expect_good(tur(w->b));
	expect_sense(tur(w->a), 6, 0x28, 0x00);
	expect_good(tur(w->a));
}

static void a_reset_covers_what_happened_before_it(void **state)
{
	struct fake_world *w = *state;

	vtl_ua(w->a, SENSE_MEDIUM_CHANGED);
	vtl_ua(w->a, SENSE_NEXUS_LOSS);
	vtl_ua(w->a, SENSE_LUN_RESET);
	vtl_ua(w->a, SENSE_NEXUS_LOSS);
	vtl_ua(w->a, SENSE_MODE_PARAMETERS_CHANGED);
	expect_sense(tur(w->a), 6, 0x29, 0x03);
	expect_sense(tur(w->a), 6, 0x2a, 0x01);
	expect_good(tur(w->a));
}

static void inquiry_leaves_an_attention_pending(void **state)
{
	struct fake_world *w = *state;

	vtl_ua(w->a, SENSE_MEDIUM_CHANGED);
	expect_good(io_in(w->a, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	expect_sense(tur(w->a), 6, 0x28, 0x00);
}

static void request_sense_tells_an_attention_as_data_and_clears_it(void **state)
{
	struct fake_world *w = *state;
	struct io *io;

	vtl_ua(w->a, SENSE_MEDIUM_CHANGED);
	io = expect_good(io_in(w->a, 96, CDB(0x03, 0, 0, 0, 96, 0)));
	expect_u8(io, 0, 0x70);
	expect_u8(io, 2, 6);
	expect_u16(io, 12, 0x2800);
	expect_good(tur(w->a));
}

static void unknown_and_malformed_commands_tell_an_attention_first(void **state)
{
	struct fake_world *w = *state;

	vtl_ua(w->a, SENSE_MEDIUM_CHANGED);
	expect_sense(io(w->a, CDB(0xfe, 0, 0, 0, 0, 0)), 6, 0x28, 0x00);
	expect_sense(io(w->a, CDB(0xfe, 0, 0, 0, 0, 0)), 5, 0x20, 0x00);
	vtl_ua(w->a, SENSE_MEDIUM_CHANGED);
	expect_sense(io(w->a, CDB(FAKE_TUR, 0xff, 0, 0, 0, 0)), 6, 0x28, 0x00);
	expect_bad_cdb(io(w->a, CDB(FAKE_TUR, 0xff, 0, 0, 0, 0)), 1, 7);
}

static void an_attention_of_the_transport_is_told_once(void **state)
{
	struct fake_world *w = *state;

	vtl_nexus_attention(w->a, 0x3f, 0x0e);
	vtl_nexus_attention(w->a, 0x3f, 0x0e);
	expect_sense(tur(w->a), 6, 0x3f, 0x0e);
	expect_good(tur(w->a));
}

static void more_attentions_than_there_is_room_for_do_no_harm(void **state)
{
	struct fake_world *w = *state;
	unsigned i;

	for (i = 0; i < 100; i++)
		vtl_nexus_attention(w->a, 0x80, (uint8_t)i);
	for (i = 0; i < VTL_UA_MAX; i++)
		expect_sense(tur(w->a), 6, 0x80, i);
	expect_good(tur(w->a));
}

static void more_initiators_than_are_remembered_do_no_harm(void **state)
{
	struct fake_world *w = *state;
	unsigned i;

	for (i = 0; i < 1000; i++)
		vtl_nexus_lost(sim_nexus(&w->fake.dev, 100 + i));
	expect_sense(tur(sim_nexus(&w->fake.dev, 1099)), 6, 0x29, 0x07);
	expect_sense(tur(sim_nexus(&w->fake.dev, 100)), 6, 0x29, 0x00);
}

static void removal_is_prevented_while_any_initiator_says_so(void **state)
{
	struct fake_world *w = *state;

	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 1, 0)));
	expect_good(io(w->b, CDB(0x1e, 0, 0, 0, 1, 0)));
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 0, 0)));
	assert_true(vtl_dev_prevented(&w->fake.dev));
	expect_good(io(w->b, CDB(0x1e, 0, 0, 0, 0, 0)));
	assert_false(vtl_dev_prevented(&w->fake.dev));
	assert_int_equal(w->fake.prevent_changes, 4);
	expect_bad_cdb(io(w->a, CDB(0x1e, 0, 0, 0, 2, 0)), 4, 1);
	expect_bad_cdb(io(w->a, CDB(0x1e, 0, 0, 0, 3, 0)), 4, 1);
}

static void a_prevent_ends_with_its_nexus_and_with_a_reset(void **state)
{
	struct fake_world *w = *state;

	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 1, 0)));
	vtl_nexus_lost(w->a);
	assert_false(vtl_dev_prevented(&w->fake.dev));
	expect_good(io(w->b, CDB(0x1e, 0, 0, 0, 1, 0)));
	vtl_dev_reset(&w->fake.dev, VTL_RESET_BUS);
	assert_false(vtl_dev_prevented(&w->fake.dev));
	assert_int_equal(w->fake.prevent_changes, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fake_test(a_new_initiator_is_told_of_power_on_once),
		fake_test(an_initiator_that_was_lost_is_told_so),
		fake_test(after_a_reset_a_lost_initiator_is_told_of_power_on),
		fake_test(the_same_initiator_at_another_port_is_another_nexus),
		fake_test(initiators_without_a_name_are_never_taken_for_each_other),
		fake_test(attentions_are_told_in_the_order_of_their_events),
		fake_test(a_reset_covers_what_happened_before_it),
		fake_test(inquiry_leaves_an_attention_pending),
		fake_test(request_sense_tells_an_attention_as_data_and_clears_it),
		fake_test(unknown_and_malformed_commands_tell_an_attention_first),
		fake_test(an_attention_of_the_transport_is_told_once),
		fake_test(more_attentions_than_there_is_room_for_do_no_harm),
		fake_test(more_initiators_than_are_remembered_do_no_harm),
		fake_test(removal_is_prevented_while_any_initiator_says_so),
		fake_test(a_prevent_ends_with_its_nexus_and_with_a_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
