/* SPDX-License-Identifier: GPL-2.0-only */
/* Persistent reservations: keys, types, preemption, and that they outlive a session (SPC-5 5.14). */
#include <string.h>

#include "fake_dev.h"

enum { REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, PREEMPT_AND_ABORT, REGISTER_AND_IGNORE };

#define KEY_A	0xaaaa000000000001u
#define KEY_B	0xbbbb000000000002u
#define KEY_C	0xcccc000000000003u

static struct io *out(struct vtl_nexus *nexus, uint8_t sa, uint8_t type, uint64_t key, uint64_t action_key)
{
	uint8_t list[24] = { 0 };

	put_be64(list, key);
	put_be64(list + 8, action_key);
	return io_out(nexus, list, sizeof(list), CDB(0x5f, sa, type, 0, 0, 0, 0, 0, 24, 0));
}

static struct io *in(struct vtl_nexus *nexus, uint8_t sa)
{
	return expect_good(io_in(nexus, 1024, CDB(0x5e, sa, 0, 0, 0, 0, 0, 0x04, 0, 0)));
}

static struct io *command(struct vtl_nexus *nexus, uint8_t opcode)
{
	return io_in(nexus, 64, CDB(opcode, 0, 0, 0, 0, 0));
}

static struct io *action(struct vtl_nexus *nexus)
{
	return io(nexus, CDB(FAKE_ACTION, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

/* Key and type that READ RESERVATION shows; type 0: none. */
static void expect_reservation(struct vtl_nexus *nexus, uint64_t key, uint8_t type)
{
	struct io *io = in(nexus, 1);

	expect_len(io, type ? 24 : 8);
	expect_u32(io, 4, type ? 16 : 0);
	if (!type)
		return;
	expect_u64(io, 8, key);
	expect_u8(io, 21, type);
}

static void registrations_are_listed_with_their_generation(void **state)
{
	struct fake_world *w = *state;
	struct io *io = in(w->a, 0);

	expect_len(io, 8);
	expect_u64(io, 0, 0);
	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER_AND_IGNORE, 0, 0x123, KEY_B));
	io = in(w->b, 0);
	expect_len(io, 24);
	expect_u32(io, 0, 2);
	expect_u32(io, 4, 16);
	expect_u64(io, 8, KEY_A);
	expect_u64(io, 16, KEY_B);
}

static void registering_needs_the_right_key_but_not_with_ignore(void **state)
{
	struct fake_world *w = *state;

	expect_conflict(out(w->a, REGISTER, 0, 0x99, KEY_A));
	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_conflict(out(w->a, REGISTER, 0, 0, KEY_B));
	expect_good(out(w->a, REGISTER, 0, KEY_A, KEY_B));
	expect_u64(in(w->a, 0), 8, KEY_B);
	expect_good(out(w->a, REGISTER_AND_IGNORE, 0, 0x77, KEY_C));
	expect_u64(in(w->a, 0), 8, KEY_C);
	expect_good(out(w->a, REGISTER, 0, KEY_C, 0));
	expect_len(in(w->a, 0), 8);
}

static void reserving_needs_a_registration_and_its_key(void **state)
{
	struct fake_world *w = *state;

	expect_conflict(out(w->a, RESERVE, 3, KEY_A, 0));
	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_conflict(out(w->a, RESERVE, 3, KEY_B, 0));
	expect_reservation(w->a, 0, 0);
	expect_good(out(w->a, RESERVE, 3, KEY_A, 0));
	expect_reservation(w->b, KEY_A, 3);
	expect_good(out(w->a, RESERVE, 3, KEY_A, 0));
	expect_conflict(out(w->a, RESERVE, 1, KEY_A, 0));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_conflict(out(w->b, RESERVE, 3, KEY_B, 0));
}

/* Who may do what, by type: an outsider and a registrant, with writes (W) and reads (R). */
static void each_type_refuses_whom_it_should(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus *c = sim_initiator(&w->fake.dev, 3);
	static const struct {
		uint8_t type;
		bool outsider_reads, registrant_writes;
	} rows[] = {
		{ 1, true, false }, { 3, false, false }, { 5, true, true },
		{ 6, false, true }, { 7, true, true }, { 8, false, true },
	};
	unsigned i;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool reads = rows[i].outsider_reads, writes = rows[i].registrant_writes;

		expect_good(out(w->a, RESERVE, rows[i].type, KEY_A, 0));
		expect_good(command(w->a, FAKE_READ));
		expect_conflict(command(c, FAKE_READ));
		expect_status(action(c), reads ? SAM_GOOD : SAM_RESERVATION_CONFLICT);
		expect_status(command(w->b, FAKE_READ), writes ? SAM_GOOD : SAM_RESERVATION_CONFLICT);
		expect_status(action(w->b), reads || writes ? SAM_GOOD : SAM_RESERVATION_CONFLICT);
		expect_good(command(c, FAKE_TUR));
		expect_good(command(c, 0x12));
		expect_reservation(c, rows[i].type >= 7 ? 0 : KEY_A, rows[i].type);
		expect_good(out(w->a, RELEASE, rows[i].type, KEY_A, 0));
		sim_drain_attentions(w->b);
		expect_good(command(c, FAKE_READ));
	}
}

static void invalid_types_and_scopes_are_refused_with_a_pointer(void **state)
{
	struct fake_world *w = *state;
	static const uint8_t types[] = { 0, 2, 4, 9, 15 };
	unsigned i;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	for (i = 0; i < sizeof(types); i++)
		expect_bad_cdb(out(w->a, RESERVE, types[i], KEY_A, 0), 2, 3);
	expect_bad_cdb(out(w->a, RESERVE, 0x13, KEY_A, 0), 2, 7);
	expect_good(out(w->a, REGISTER, 0xff, KEY_A, KEY_A));
}

static void lists_of_a_wrong_length_are_refused(void **state)
{
	struct fake_world *w = *state;
	static const uint8_t list[32];

	expect_sense(io_out(w->a, list, 32, CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 32, 0)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, list, 20, CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 20, 0)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, list, 20, CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, NO_BYTES, CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0)), 5, 0x1a, 0x00);
}

static void what_report_capabilities_denies_is_refused(void **state)
{
	struct fake_world *w = *state;
	struct io *io = in(w->a, 2);

	expect_data(io, BYTES(0, 8, 0x1c, 0x80, 0xea, 0x01, 0, 0));
	expect_bad_param(io_out(w->a, BYTES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x01, 0, 0, 0),
				CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0)), 20, 0);
	expect_len(in(w->a, 0), 8);
}

static void a_release_by_another_type_is_refused(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(out(w->a, RELEASE, 3, KEY_A, 0));
	expect_good(out(w->a, RESERVE, 3, KEY_A, 0));
	expect_good(out(w->b, RELEASE, 3, KEY_B, 0));
	expect_sense(out(w->a, RELEASE, 1, KEY_A, 0), 5, 0x26, 0x04);
	expect_reservation(w->a, KEY_A, 3);
	expect_good(out(w->a, RELEASE, 3, KEY_A, 0));
	expect_reservation(w->a, 0, 0);
	expect_good(command(w->b, FAKE_TUR));
}

static void registrants_are_told_when_what_let_them_in_is_released(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(out(w->a, RESERVE, 6, KEY_A, 0));
	expect_good(out(w->a, RELEASE, 6, KEY_A, 0));
	expect_sense(command(w->b, FAKE_TUR), 6, 0x2a, 0x04);
	expect_good(command(w->a, FAKE_TUR));
	expect_good(out(w->a, RESERVE, 5, KEY_A, 0));
	expect_good(out(w->a, REGISTER, 0, KEY_A, 0));
	expect_sense(command(w->b, FAKE_TUR), 6, 0x2a, 0x04);
	expect_reservation(w->a, 0, 0);
}

static void an_all_registrants_reservation_lasts_until_the_last_goes(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(out(w->a, RESERVE, 8, KEY_A, 0));
	expect_good(out(w->b, RESERVE, 8, KEY_B, 0));
	expect_good(out(w->a, REGISTER, 0, KEY_A, 0));
	expect_reservation(w->a, 0, 8);
	expect_conflict(command(w->a, FAKE_READ));
	expect_good(out(w->b, REGISTER, 0, KEY_B, 0));
	expect_reservation(w->a, 0, 0);
	expect_good(command(w->a, FAKE_READ));
}

static void clear_removes_everything_and_tells_the_others(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(out(w->a, RESERVE, 3, KEY_A, 0));
	expect_good(out(w->b, CLEAR, 0, KEY_B, 0));
	expect_sense(command(w->a, FAKE_TUR), 6, 0x2a, 0x03);
	expect_good(command(w->b, FAKE_TUR));
	expect_len(in(w->a, 0), 8);
	expect_u32(in(w->a, 0), 0, 3);
	expect_reservation(w->a, 0, 0);
}

static void preempting_the_holder_takes_its_reservation(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(out(w->a, RESERVE, 3, KEY_A, 0));
	expect_good(out(w->b, PREEMPT, 1, KEY_B, KEY_A));
	expect_reservation(w->b, KEY_B, 1);
	expect_len(in(w->b, 0), 16);
	expect_u32(in(w->b, 0), 0, 3);
	expect_sense(command(w->a, FAKE_TUR), 6, 0x2a, 0x05);
	expect_conflict(command(w->a, FAKE_READ));
	expect_good(command(w->b, FAKE_READ));
}

static void preempting_another_registrant_leaves_the_reservation(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus *c = sim_initiator(&w->fake.dev, 3);

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(out(c, REGISTER, 0, 0, KEY_C));
	expect_good(out(w->a, RESERVE, 3, KEY_A, 0));
	expect_good(out(c, PREEMPT, 3, KEY_C, KEY_B));
	expect_reservation(c, KEY_A, 3);
	expect_sense(command(w->b, FAKE_TUR), 6, 0x2a, 0x05);
	expect_good(command(w->a, FAKE_TUR));
	expect_conflict(out(c, PREEMPT, 3, KEY_C, KEY_B));
	expect_bad_param(out(c, PREEMPT, 3, KEY_C, 0), 8, -1);
	expect_conflict(out(w->b, PREEMPT, 3, KEY_B, KEY_A));
}

static void preempting_all_registrants_with_key_zero_leaves_only_the_caller(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(out(w->a, RESERVE, 7, KEY_A, 0));
	expect_good(out(w->b, PREEMPT, 3, KEY_B, 0));
	expect_reservation(w->b, KEY_B, 3);
	expect_len(in(w->b, 0), 16);
	expect_sense(command(w->a, FAKE_TUR), 6, 0x2a, 0x05);
}

static void a_holder_may_preempt_itself_to_another_type(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(out(w->a, RESERVE, 5, KEY_A, 0));
	expect_good(out(w->a, PREEMPT, 3, KEY_A, KEY_A));
	expect_reservation(w->a, KEY_A, 3);
	expect_len(in(w->a, 0), 24);
	expect_sense(command(w->b, FAKE_TUR), 6, 0x2a, 0x04);
}

static void preempt_and_abort_ends_commands_and_prevents(void **state)
{
	struct fake_world *w = *state;
	struct io *mine, *theirs;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 1, 0)));
	/* while a command of B's runs, its PREEMPT AND ABORT and a READ of A's line up */
	io_start(w->b, CDB(FAKE_WAIT, 0, 0, 0, 0, 0), NULL, 0, 0);
	mine = io_start(w->b, CDB(0x5f, PREEMPT_AND_ABORT, 3, 0, 0, 0, 0, 0, 24, 0),
			BYTES(0xbb, 0xbb, 0, 0, 0, 0, 0, 2, 0xaa, 0xaa, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0), 0);
	theirs = io_start(w->a, CDB(FAKE_READ, 0, 0, 0, 8, 0), NULL, 0, 8);
	fake_finish(&w->fake);
	expect_good(mine);
	expect_status(theirs, SAM_TASK_ABORTED);
	assert_int_equal(w->fake.reads, 0);
	assert_false(vtl_dev_prevented(&w->fake.dev));
	expect_sense(command(w->a, FAKE_TUR), 6, 0x2a, 0x05);
}

static void preempting_ones_own_key_ends_ones_registration(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(out(w->a, RESERVE, 3, KEY_A, 0));
	expect_good(out(w->b, PREEMPT, 3, KEY_B, KEY_B));
	expect_len(in(w->b, 0), 16);
	expect_good(command(w->b, FAKE_TUR));
	expect_conflict(command(w->b, FAKE_READ));
	expect_reservation(w->a, KEY_A, 3);
}

static void registrations_outlive_a_session_but_not_a_power_cycle(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->a, RESERVE, 3, KEY_A, 0));
	vtl_nexus_lost(w->a);
	expect_conflict(command(w->b, FAKE_READ));
	vtl_dev_reset(&w->fake.dev, VTL_RESET_LOGICAL_UNIT);
	sim_drain_attentions(w->b);
	expect_conflict(command(w->b, FAKE_READ));
	w->a = sim_initiator(&w->fake.dev, 1);
	expect_good(command(w->a, FAKE_READ));
	expect_good(out(w->a, RESERVE, 3, KEY_A, 0));
	vtl_dev_reset(&w->fake.dev, VTL_RESET_POWER_ON);
	sim_drain_attentions(w->b);
	expect_good(command(w->b, FAKE_READ));
}

static void full_status_names_each_initiator_and_port(void **state)
{
	struct fake_world *w = *state;
	struct io *io;
	unsigned len = w->a->id.transport_id_len;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(out(w->a, RESERVE, 3, KEY_A, 0));
	io = in(w->b, 3);
	expect_len(io, 8 + 2 * (24 + len));
	expect_u64(io, 8, KEY_A);
	expect_u16(io, 8 + 12, 0x0103);
	expect_u16(io, 8 + 18, 1);
	expect_u32(io, 8 + 20, len);
	assert_memory_equal(io->in + 8 + 24, w->a->id.transport_id, len);
	expect_u64(io, 8 + 24 + len, KEY_B);
	expect_u16(io, 8 + 24 + len + 12, 0);
}

static void reserve_and_release_by_a_holder_are_good_and_without_effect(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A));
	expect_conflict(command(w->a, 0x16));
	expect_conflict(command(w->b, 0x16));
	expect_conflict(command(w->b, 0x17));
	expect_good(out(w->a, RESERVE, 1, KEY_A, 0));
	expect_good(command(w->a, 0x16));
	expect_good(command(w->a, 0x17));
	expect_conflict(command(w->b, 0x16));
	expect_reservation(w->b, KEY_A, 1);
	assert_null(w->fake.dev.reserved);
}

static void more_registrations_than_there_is_room_for_are_refused(void **state)
{
	struct fake_world *w = *state;
	unsigned i;

	for (i = 0; i < 1024; i++) {
		struct vtl_nexus *nexus = sim_initiator(&w->fake.dev, 10 + i);

		expect_good(out(nexus, REGISTER, 0, 0, 1 + i));
		vtl_nexus_lost(nexus);
	}
	expect_sense(out(w->a, REGISTER, 0, 0, KEY_A), 5, 0x55, 0x04);
	expect_u32(in(w->a, 0), 4, 1024 * 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fake_test(registrations_are_listed_with_their_generation),
		fake_test(registering_needs_the_right_key_but_not_with_ignore),
		fake_test(reserving_needs_a_registration_and_its_key),
		fake_test(each_type_refuses_whom_it_should),
		fake_test(invalid_types_and_scopes_are_refused_with_a_pointer),
		fake_test(lists_of_a_wrong_length_are_refused),
		fake_test(what_report_capabilities_denies_is_refused),
		fake_test(a_release_by_another_type_is_refused),
		fake_test(registrants_are_told_when_what_let_them_in_is_released),
		fake_test(an_all_registrants_reservation_lasts_until_the_last_goes),
		fake_test(clear_removes_everything_and_tells_the_others),
		fake_test(preempting_the_holder_takes_its_reservation),
		fake_test(preempting_another_registrant_leaves_the_reservation),
		fake_test(preempting_all_registrants_with_key_zero_leaves_only_the_caller),
		fake_test(a_holder_may_preempt_itself_to_another_type),
		fake_test(preempt_and_abort_ends_commands_and_prevents),
		fake_test(preempting_ones_own_key_ends_ones_registration),
		fake_test(registrations_outlive_a_session_but_not_a_power_cycle),
		fake_test(full_status_names_each_initiator_and_port),
		fake_test(reserve_and_release_by_a_holder_are_good_and_without_effect),
		fake_test(more_registrations_than_there_is_room_for_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
