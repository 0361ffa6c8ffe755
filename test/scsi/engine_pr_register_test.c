/* SPDX-License-Identifier: GPL-2.0-only */
/* Registering for others (SPEC_I_PT), everywhere (ALL_TG_PT), to be kept (APTPL); REGISTER AND MOVE. */
#include <stdio.h>
#include <string.h>

#include "fake_dev.h"

enum { REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, PREEMPT_AND_ABORT, REGISTER_AND_IGNORE, REGISTER_AND_MOVE };
enum { SPEC_I_PT = 8, ALL_TG_PT = 4, APTPL = 1, UNREG = 2 };

#define KEY_A	0xaaaa000000000001u
#define KEY_B	0xbbbb000000000002u
#define KEY_C	0xcccc000000000003u
#define ROOM	8192

/* Three initiators; what is kept, is. */
static int setup(void **state)
{
	int err = fake_setup(state);

	if (!err)
		fake_power_cycle(*state);
	return err;
}

#define pr_test(f)	cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

static struct vtl_nexus *third(struct fake_world *w)
{
	return sim_initiator(&w->fake.dev, 3);
}

/* The same initiator port at another target port. */
static struct vtl_nexus *at_port(struct vtl_nexus *nexus, uint16_t port)
{
	struct vtl_nexus_id id = nexus->id;
	struct vtl_nexus *other;

	id.target_port = port;
	other = vtl_nexus_new(nexus->dev, &id);
	assert_non_null(other);
	sim_drain_attentions(other);
	return other;
}

/* A list with flags in byte 20, and `rest` behind it. */
static struct io *out(struct vtl_nexus *nexus, uint8_t sa, uint8_t type, uint64_t key, uint64_t action_key,
		      uint8_t flags, const void *rest, uint32_t len)
{
	uint8_t list[ROOM] = { 0 };

	assert_true(24 + len <= ROOM);
	put_be64(list, key);
	put_be64(list + 8, action_key);
	list[20] = flags;
	if (len)
		memcpy(list + 24, rest, len);
	return io_out(nexus, list, 24 + len,
		      CDB(0x5f, sa, type, 0, 0, 0, 0, (uint8_t)((24 + len) >> 8), (uint8_t)(24 + len), 0));
}

#define plain(nexus, sa, type, key, action_key)	out(nexus, sa, type, key, action_key, 0, NULL, 0)

static struct io *in(struct vtl_nexus *nexus, uint8_t sa)
{
	return expect_good(io_in(nexus, ROOM, CDB(0x5e, sa, 0, 0, 0, 0, 0, ROOM >> 8, 0, 0)));
}

static unsigned registrations(struct vtl_nexus *nexus)
{
	return (unsigned)io_uint(in(nexus, 0), 4, 4) / 8;
}

static struct io *tur(struct vtl_nexus *nexus)
{
	return io(nexus, CDB(FAKE_TUR, 0, 0, 0, 0, 0));
}

static struct io *read_block(struct vtl_nexus *nexus)
{
	return io_in(nexus, 64, CDB(FAKE_READ, 0, 0, 0, 64, 0));
}

/* ---- APTPL ---- */

static void what_aptpl_keeps_outlives_a_power_cycle(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus *c;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A, APTPL, NULL, 0));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B, APTPL, NULL, 0));
	expect_good(plain(w->a, RESERVE, 6, KEY_A, 0));
	expect_u16(in(w->a, 2), 2, 0x1d81);
	fake_power_cycle(w);
	c = third(w);
	expect_conflict(read_block(c));
	expect_good(read_block(w->b));
	assert_int_equal(registrations(c), 2);
	expect_u32(in(c, 0), 0, 0);
	expect_u64(in(c, 1), 8, KEY_A);
	expect_u8(in(c, 1), 21, 6);
	expect_u8(in(c, 2), 3, 0x81);
	expect_good(plain(w->a, RELEASE, 6, KEY_A, 0));
	fake_power_cycle(w);
	expect_good(read_block(third(w)));
	assert_int_equal(registrations(w->a), 2);
}

static void an_all_registrants_reservation_is_kept_too(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A, APTPL, NULL, 0));
	expect_good(plain(w->a, RESERVE, 8, KEY_A, 0));
	fake_power_cycle(w);
	expect_conflict(read_block(w->b));
	expect_good(read_block(w->a));
	expect_u64(in(w->a, 1), 8, 0);
}

static void without_aptpl_nothing_is_kept(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A, APTPL, NULL, 0));
	expect_good(plain(w->a, RESERVE, 3, KEY_A, 0));
	/* the last that registers decides */
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B, 0, NULL, 0));
	expect_u8(in(w->a, 2), 3, 0x80);
	fake_power_cycle(w);
	assert_int_equal(registrations(w->a), 0);
	expect_good(read_block(w->b));
}

static void who_unregisters_does_not_end_it_for_others(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A, APTPL, NULL, 0));
	expect_good(out(w->b, REGISTER, 0, 0, KEY_B, APTPL, NULL, 0));
	expect_good(plain(w->b, REGISTER, 0, KEY_B, 0));
	fake_power_cycle(w);
	assert_int_equal(registrations(w->a), 1);
	expect_good(plain(w->a, CLEAR, 0, KEY_A, 0));
	fake_power_cycle(w);
	assert_int_equal(registrations(w->a), 0);
}

static void a_power_on_reset_keeps_what_aptpl_keeps(void **state)
{
	struct fake_world *w = *state;

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A, APTPL, NULL, 0));
	vtl_dev_reset(&w->fake.dev, VTL_RESET_POWER_ON);
	sim_drain_attentions(w->b);
	assert_int_equal(registrations(w->b), 1);
	expect_u32(in(w->b, 0), 0, 0);
}

static void status_of_a_registration_waits_until_it_is_kept(void **state)
{
	struct fake_world *w = *state;
	uint8_t list[24] = { [15] = 1, [20] = APTPL };
	struct io *io;

	w->sim.hold_jobs = true;
	io = io_start(w->a, CDB(0x5f, REGISTER, 0, 0, 0, 0, 0, 0, 24, 0), list, 24, 0);
	assert_false(io_done(io));
	sim_run_jobs(&w->sim);
	expect_good(io);
	w->kept.fail = true;
	io = io_start(w->a, CDB(0x5f, REGISTER_AND_IGNORE, 0, 0, 0, 0, 0, 0, 24, 0), list, 24, 0);
	sim_run_jobs(&w->sim);
	expect_sense(io, 4, 0x44, 0x00);
}

static void more_than_can_be_kept_is_refused_and_changes_nothing(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus_id id = { .transport_id = { 0x05, 0, 0, 224 }, .transport_id_len = 228, .target_port = 1 };
	struct vtl_nexus *nexus = NULL;
	struct io *last = NULL;
	unsigned i;

	for (i = 0; i < 400 && (!last || last->cmd.status == SAM_GOOD); i++) {
		if (nexus)
			vtl_nexus_lost(nexus);
		snprintf((char *)id.transport_id + 4, 224, "iqn.%0200u", i);
		nexus = vtl_nexus_new(&w->fake.dev, &id);
		assert_non_null(nexus);
		sim_drain_attentions(nexus);
		last = out(nexus, REGISTER, 0, 0, 1 + i, APTPL, NULL, 0);
	}
	assert_true(i > 200);
	expect_sense(last, 5, 0x55, 0x04);
	assert_int_equal(registrations(w->a), i - 1);
	/* without APTPL there is room, but not to keep it then */
	expect_good(out(nexus, REGISTER, 0, 0, KEY_A, 0, NULL, 0));
	expect_u8(in(w->a, 2), 3, 0x80);
	expect_sense(out(nexus, REGISTER, 0, KEY_A, KEY_B, APTPL, NULL, 0), 5, 0x55, 0x04);
	expect_u64(in(w->a, 0), 8 + 8 * (i - 1), KEY_A);
	expect_u8(in(w->a, 2), 3, 0x80);
}

/* ---- ALL_TG_PT ---- */

static void all_tg_pt_registers_at_every_port(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus *a2 = at_port(w->a, 2), *b2 = at_port(w->b, 2);
	struct io *io;

	expect_good(out(a2, REGISTER, 0, 0, KEY_B, 0, NULL, 0));
	expect_good(out(w->a, REGISTER, 0, 0, KEY_A, ALL_TG_PT | APTPL, NULL, 0));
	assert_int_equal(registrations(w->b), 1);
	expect_good(plain(w->a, RESERVE, 3, KEY_A, 0));
	expect_good(read_block(a2));
	expect_conflict(read_block(b2));
	io = in(w->b, 3);
	expect_u16(io, 8 + 12, 0x0303);
	expect_u16(io, 8 + 18, 0);
	fake_power_cycle(w);
	expect_good(read_block(at_port(w->a, 5)));
	expect_conflict(read_block(w->b));
}

static void a_registration_may_be_widened_and_takes_over_what_others_of_its_initiator_hold(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus *a2 = at_port(w->a, 2);

	expect_good(plain(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(plain(a2, REGISTER, 0, 0, KEY_B));
	expect_good(plain(a2, RESERVE, 3, KEY_B, 0));
	expect_conflict(read_block(w->a));
	expect_good(out(w->a, REGISTER, 0, KEY_A, KEY_C, ALL_TG_PT, NULL, 0));
	assert_int_equal(registrations(w->b), 1);
	expect_u64(in(w->b, 1), 8, KEY_C);
	expect_good(read_block(w->a));
	expect_good(read_block(a2));
	expect_conflict(read_block(w->b));
}

static void preempting_it_tells_all_its_nexuses(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus *a2 = at_port(w->a, 2);

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A, ALL_TG_PT, NULL, 0));
	expect_good(plain(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(plain(w->b, PREEMPT, 3, KEY_B, KEY_A));
	expect_sense(tur(w->a), 6, 0x2a, 0x05);
	expect_sense(tur(a2), 6, 0x2a, 0x05);
	assert_int_equal(registrations(w->b), 1);
}

/* ---- SPEC_I_PT ---- */

/* The additional list: its length, then the TransportIDs of these. */
static uint32_t ids(uint8_t *p, struct vtl_nexus *x, struct vtl_nexus *y)
{
	uint32_t len = 4;

	memcpy(p + len, x->id.transport_id, x->id.transport_id_len);
	len += x->id.transport_id_len;
	if (y) {
		memcpy(p + len, y->id.transport_id, y->id.transport_id_len);
		len += y->id.transport_id_len;
	}
	put_be32(p, len - 4);
	return len;
}

static void spec_i_pt_registers_the_initiators_that_it_lists(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus *c = third(w);
	uint8_t rest[512];
	uint32_t len = ids(rest, w->b, c);

	expect_good(out(w->a, REGISTER, 0, 0, KEY_A, SPEC_I_PT, rest, len));
	assert_int_equal(registrations(w->a), 3);
	expect_u32(in(w->a, 0), 0, 1);
	expect_good(plain(c, RESERVE, 3, KEY_A, 0));
	expect_conflict(read_block(w->b));
	expect_good(plain(w->b, REGISTER, 0, KEY_A, KEY_B));
}

static void spec_i_pt_registers_all_or_none(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus *c = third(w);
	uint8_t rest[512];
	uint32_t len;

	expect_good(plain(c, REGISTER, 0, 0, KEY_C));
	len = ids(rest, w->b, c);
	expect_bad_param(out(w->a, REGISTER, 0, 0, KEY_A, SPEC_I_PT, rest, len),
			 28 + w->b->id.transport_id_len, -1);
	len = ids(rest, w->b, w->a);
	expect_bad_param(out(w->a, REGISTER, 0, 0, KEY_A, SPEC_I_PT, rest, len),
			 28 + w->b->id.transport_id_len, -1);
	assert_int_equal(registrations(w->a), 1);
	len = ids(rest, w->b, NULL);
	expect_sense(out(w->a, REGISTER, 0, 0, KEY_A, SPEC_I_PT, rest, len - 4), 5, 0x1a, 0x00);
	expect_sense(out(w->a, REGISTER, 0, 0, KEY_A, SPEC_I_PT, NULL, 0), 5, 0x1a, 0x00);
	expect_bad_param(out(w->a, REGISTER_AND_IGNORE, 0, 0, KEY_A, SPEC_I_PT, NULL, 0), 20, 3);
	expect_bad_param(out(c, REGISTER, 0, KEY_C, KEY_A, SPEC_I_PT, rest, len), 20, 3);
	expect_sense(out(w->a, REGISTER, 0, 0, KEY_A, 0, rest, len), 5, 0x1a, 0x00);
	rest[4 + 2] = 0xff;
	expect_bad_param(out(w->a, REGISTER, 0, 0, KEY_A, SPEC_I_PT, rest, len), 28, -1);
	assert_int_equal(registrations(w->a), 1);
	expect_u32(in(w->a, 0), 0, 1);
}

static void names_of_iscsi_are_the_same_in_any_padding_and_case(void **state)
{
	struct fake_world *w = *state;
	uint8_t rest[68] = { 0, 0, 0, 64, 0x05, 0, 0, 60 };

	memcpy(rest + 8, "IQN.2026-01.test:2", 18);
	expect_good(out(w->a, REGISTER, 0, 0, KEY_A, SPEC_I_PT, rest, sizeof(rest)));
	expect_good(plain(w->b, REGISTER, 0, KEY_A, KEY_B));
	assert_int_equal(registrations(w->a), 2);
}

/* ---- REGISTER AND MOVE ---- */

static struct io *move(struct vtl_nexus *nexus, uint64_t key, uint64_t new_key, uint8_t flags, struct vtl_nexus *to)
{
	uint8_t list[512] = { 0 };
	uint32_t len = to->id.transport_id_len;

	put_be64(list, key);
	put_be64(list + 8, new_key);
	list[17] = flags;
	put_be16(list + 18, to->id.target_port);
	put_be32(list + 20, len);
	memcpy(list + 24, to->id.transport_id, len);
	return io_out(nexus, list, 24 + len, CDB(0x5f, REGISTER_AND_MOVE, 0, 0, 0, 0, 0, 0, (uint8_t)(24 + len), 0));
}

static void a_holder_hands_its_reservation_on(void **state)
{
	struct fake_world *w = *state;

	expect_good(plain(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(plain(w->a, RESERVE, 3, KEY_A, 0));
	expect_good(move(w->a, KEY_A, KEY_B, APTPL, w->b));
	assert_int_equal(registrations(w->a), 2);
	expect_u32(in(w->a, 0), 0, 2);
	expect_u64(in(w->a, 1), 8, KEY_B);
	expect_conflict(read_block(w->a));
	expect_good(read_block(w->b));
	fake_power_cycle(w);
	expect_conflict(read_block(w->a));
	/* to one that is registered already, giving up one's own */
	expect_good(move(w->b, KEY_B, KEY_C, UNREG, w->a));
	assert_int_equal(registrations(w->a), 1);
	expect_u64(in(w->a, 1), 8, KEY_C);
	expect_good(read_block(w->a));
}

static void moves_that_cannot_be_are_refused(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus_id id = w->b->id;
	struct vtl_nexus *c = third(w), *nowhere;

	expect_conflict(move(w->a, KEY_A, KEY_B, 0, w->b));
	expect_good(plain(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(plain(w->b, REGISTER, 0, 0, KEY_B));
	expect_conflict(move(w->a, KEY_A, KEY_B, 0, w->b));
	expect_good(plain(w->a, RESERVE, 3, KEY_A, 0));
	expect_conflict(move(w->a, KEY_B, KEY_B, 0, w->b));
	expect_conflict(move(w->b, KEY_B, KEY_C, 0, c));
	expect_bad_param(move(w->a, KEY_A, 0, 0, w->b), 8, -1);
	expect_bad_param(move(w->a, KEY_A, KEY_B, 0, w->a), 24, -1);
	id.target_port = 0;
	nowhere = vtl_nexus_new(&w->fake.dev, &id);
	expect_bad_param(move(w->a, KEY_A, KEY_B, 0, nowhere), 18, -1);
	expect_sense(plain(w->a, REGISTER_AND_MOVE, 0, KEY_A, KEY_B), 5, 0x26, 0x00);
	expect_sense(out(w->a, REGISTER_AND_MOVE, 0, KEY_A, KEY_B, 0, "abcd", 4), 5, 0x1a, 0x00);
	expect_u64(in(c, 1), 8, KEY_A);
	expect_good(plain(w->a, RELEASE, 3, KEY_A, 0));
	expect_good(plain(w->a, RESERVE, 7, KEY_A, 0));
	expect_conflict(move(w->a, KEY_A, KEY_B, 0, w->b));
}

/* ---- three initiators ---- */

static void preempt_and_clear_tell_each_who_lost_something_and_nobody_else(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus *c = third(w);

	expect_good(plain(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(plain(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(plain(c, REGISTER, 0, 0, KEY_B));
	expect_good(plain(w->a, RESERVE, 5, KEY_A, 0));
	/* B and C share a key: A preempts both */
	expect_good(plain(w->a, PREEMPT, 5, KEY_A, KEY_B));
	expect_sense(tur(w->b), 6, 0x2a, 0x05);
	expect_sense(tur(c), 6, 0x2a, 0x05);
	expect_good(tur(w->a));
	expect_good(plain(w->b, REGISTER, 0, 0, KEY_B));
	expect_good(plain(c, REGISTER, 0, 0, KEY_C));
	/* B takes A's reservation with another type: A lost its registration, C what let it in */
	expect_good(plain(w->b, PREEMPT, 3, KEY_B, KEY_A));
	expect_sense(tur(w->a), 6, 0x2a, 0x05);
	expect_sense(tur(c), 6, 0x2a, 0x04);
	expect_good(tur(w->b));
	expect_good(plain(c, CLEAR, 0, KEY_C, 0));
	expect_sense(tur(w->b), 6, 0x2a, 0x03);
	expect_good(tur(w->a));
	expect_good(tur(c));
}

static void unregistering_nobody_is_good_and_changes_nothing(void **state)
{
	struct fake_world *w = *state;

	expect_good(plain(w->a, REGISTER, 0, 0, 0));
	expect_good(plain(w->a, REGISTER_AND_IGNORE, 0, 5, 0));
	expect_u32(in(w->a, 0), 0, 0);
}

static void the_two_kinds_of_reservation_exclude_each_other(void **state)
{
	struct fake_world *w = *state;
	struct vtl_nexus *c = third(w);

	expect_good(io(w->a, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_conflict(plain(w->a, REGISTER, 0, 0, KEY_A));
	expect_conflict(plain(w->b, REGISTER, 0, 0, KEY_B));
	expect_conflict(io_in(w->b, 64, CDB(0x5e, 0, 0, 0, 0, 0, 0, 0, 64, 0)));
	expect_good(io(w->a, CDB(0x17, 0, 0, 0, 0, 0)));
	expect_good(plain(w->a, REGISTER, 0, 0, KEY_A));
	expect_good(plain(w->b, REGISTER, 0, 0, KEY_B));
	expect_conflict(io(w->a, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_good(plain(w->a, RESERVE, 6, KEY_A, 0));
	expect_good(io(w->a, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_good(io(w->b, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_conflict(io(c, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_good(read_block(w->b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pr_test(what_aptpl_keeps_outlives_a_power_cycle),
		pr_test(an_all_registrants_reservation_is_kept_too),
		pr_test(without_aptpl_nothing_is_kept),
		pr_test(who_unregisters_does_not_end_it_for_others),
		pr_test(a_power_on_reset_keeps_what_aptpl_keeps),
		pr_test(status_of_a_registration_waits_until_it_is_kept),
		pr_test(more_than_can_be_kept_is_refused_and_changes_nothing),
		pr_test(all_tg_pt_registers_at_every_port),
		pr_test(a_registration_may_be_widened_and_takes_over_what_others_of_its_initiator_hold),
		pr_test(preempting_it_tells_all_its_nexuses),
		pr_test(spec_i_pt_registers_the_initiators_that_it_lists),
		pr_test(spec_i_pt_registers_all_or_none),
		pr_test(names_of_iscsi_are_the_same_in_any_padding_and_case),
		pr_test(a_holder_hands_its_reservation_on),
		pr_test(moves_that_cannot_be_are_refused),
		pr_test(preempt_and_clear_tell_each_who_lost_something_and_nobody_else),
		pr_test(unregistering_nobody_is_good_and_changes_nothing),
		pr_test(the_two_kinds_of_reservation_exclude_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
