/* SPDX-License-Identifier: GPL-2.0-only */
/* MOVE MEDIUM: what goes, what does not and why, and that what does not go changes nothing. */
#include "smc_world.h"

#include <string.h>

#define ALL	0xffff

/* Puts a cartridge into an element and returns its address. */
static uint16_t with_cartridge(struct smc_world *w, enum vtl_element_type type, unsigned n)
{
	uint16_t address = smc_address(w, type, n);

	fake_put(&w->fake, address, "VTL001L8");
	return address;
}

/* The library as an initiator sees it, to compare. */
static struct io *picture(struct smc_world *w)
{
	return smc_ask(w->a, VTL_ANY, 0, ALL, ASK_TAGS | ASK_IDENTIFIERS);
}

static void assert_unchanged(struct smc_world *w, const struct io *before)
{
	expect_data(picture(w), before->in, before->cmd.in_used);
}

/* CHECK CONDITION, ILLEGAL REQUEST, pointing at the CDB field that begins at `byte`. */
static void expect_refusal(struct io *io, uint8_t asc, uint8_t ascq, unsigned byte)
{
	expect_field_at(__FILE__, __LINE__, io, asc, ascq, true, byte, -1);
}

/* An element of the type that is not `not`, or no address. */
static unsigned other_element(const struct smc_world *w, enum vtl_element_type type, unsigned not)
{
	for (unsigned n = 0; n < w->fake.type[type].count; n++)
		if (smc_address(w, type, n) != not)
			return smc_address(w, type, n);
	return VTL_NO_ADDRESS;
}

EACH_LIBRARY(a_cartridge_goes_wherever_the_capabilities_page_says_and_nowhere_else)
{
	const struct io *page = expect_good(io_in(w->a, 64, CDB(0x1a, 8, 0x1f, 0, 64, 0)));

	for (int from = VTL_TRANSPORT; from <= VTL_DRIVE; from++)
		for (int to = VTL_TRANSPORT; to <= VTL_DRIVE; to++) {
			bool claimed = page->in[4 + 4 + from - 1] & 1 << (to - 1);
			unsigned source = other_element(w, (enum vtl_element_type)from, VTL_NO_ADDRESS);
			unsigned destination = other_element(w, (enum vtl_element_type)to, source);
			struct io *move;

			if (source == VTL_NO_ADDRESS || destination == VTL_NO_ADDRESS)
				continue;
			fake_put(&w->fake, (uint16_t)source, "VTL001L8");
			move = smc_move_cartridge(w->a, (uint16_t)source, (uint16_t)destination);
			if (claimed)
				expect_good(move);
			else
				expect_refusal(move, 0x21, 0x01, 6);
			assert_int_equal(fake_element(&w->fake, (uint16_t)destination)->full, claimed);
			assert_int_equal(fake_element(&w->fake, (uint16_t)source)->full, !claimed);
			memset(fake_element(&w->fake, (uint16_t)source), 0, sizeof(struct fake_element));
			memset(fake_element(&w->fake, (uint16_t)destination), 0, sizeof(struct fake_element));
		}
}

EACH_LIBRARY(a_slot_and_a_drive_can_always_exchange_a_cartridge_both_ways)
{
	uint16_t slot = with_cartridge(w, VTL_STORAGE, 0), drive = smc_address(w, VTL_DRIVE, 0);

	expect_good(smc_move_cartridge(w->a, slot, drive));
	assert_string_equal(fake_element(&w->fake, drive)->barcode, "VTL001L8");
	assert_int_equal(fake_element(&w->fake, drive)->source, slot);
	expect_good(smc_move_cartridge(w->a, drive, slot));
	assert_string_equal(fake_element(&w->fake, slot)->barcode, "VTL001L8");
}

EACH_LIBRARY(an_empty_source_is_named)
{
	const struct io *before = picture(w);

	expect_refusal(smc_move_cartridge(w->a, smc_address(w, VTL_STORAGE, 0), smc_address(w, VTL_DRIVE, 0)),
		       0x3b, 0x0e, 4);
	assert_unchanged(w, before);
}

EACH_LIBRARY(a_full_destination_is_named)
{
	uint16_t drive = with_cartridge(w, VTL_DRIVE, 0), slot = with_cartridge(w, VTL_STORAGE, 0);
	const struct io *before = picture(w);

	expect_refusal(smc_move_cartridge(w->a, slot, drive), 0x3b, 0x0d, 6);
	assert_unchanged(w, before);
}

EACH_LIBRARY(an_address_where_no_element_is_is_named)
{
	uint16_t slot = with_cartridge(w, VTL_STORAGE, 0);
	const struct io *before = picture(w);

	expect_refusal(smc_move_cartridge(w->a, 0xfffe, slot), 0x21, 0x01, 4);
	expect_refusal(smc_move_cartridge(w->a, slot, 0xfffe), 0x21, 0x01, 6);
	assert_int_equal(w->fake.moves, 0);
	assert_unchanged(w, before);
}

EACH_LIBRARY(a_move_to_where_the_cartridge_is_already_is_done_at_once)
{
	uint16_t slot = with_cartridge(w, VTL_STORAGE, 0);
	const struct io *before = picture(w);

	expect_good(smc_move_cartridge(w->a, slot, slot));
	assert_int_equal(w->fake.moves, 0);
	assert_unchanged(w, before);
}

static struct io *move_by(struct smc_world *w, uint16_t hand, uint16_t source, uint16_t destination)
{
	uint8_t cdb[12] = { 0xa5 };

	put_be16(cdb + 2, hand);
	put_be16(cdb + 4, source);
	put_be16(cdb + 6, destination);
	return io(w->a, cdb, sizeof(cdb));
}

EACH_LIBRARY(the_transport_element_is_the_default_one_or_a_valid_one)
{
	uint16_t slot = with_cartridge(w, VTL_STORAGE, 0), next = smc_address(w, VTL_STORAGE, 1);

	expect_good(move_by(w, 0, slot, next));
	expect_good(move_by(w, smc_address(w, VTL_TRANSPORT, 0), next, slot));
	expect_refusal(move_by(w, 0xfffe, slot, next), 0x21, 0x01, 2);
	expect_refusal(move_by(w, slot, slot, next), 0x21, 0x01, 2);
}

EACH_LIBRARY(a_transport_element_that_holds_a_cartridge_carries_no_other)
{
	uint16_t slot = with_cartridge(w, VTL_STORAGE, 0), hand = with_cartridge(w, VTL_TRANSPORT, 0);
	const struct io *before = picture(w);

	expect_refusal(smc_move_cartridge(w->a, slot, smc_address(w, VTL_DRIVE, 0)), 0x3b, 0x0d, 2);
	assert_unchanged(w, before);
	(void)hand;
}

EACH_LIBRARY(turning_a_cartridge_over_is_refused)
{
	uint16_t slot = with_cartridge(w, VTL_STORAGE, 0);
	uint8_t cdb[12] = { 0xa5, [10] = 1 };

	put_be16(cdb + 4, slot);
	put_be16(cdb + 6, smc_address(w, VTL_STORAGE, 1));
	expect_bad_cdb(io(w->a, cdb, sizeof(cdb)), 10, 0);
}

EACH_LIBRARY(a_drive_whose_host_prevents_removal_keeps_its_cartridge)
{
	uint16_t drive = with_cartridge(w, VTL_DRIVE, 0);
	const struct io *before;

	w->fake.drive[0].prevented = true;
	before = picture(w);
	expect_refusal(smc_move_cartridge(w->a, drive, smc_address(w, VTL_STORAGE, 0)), 0x53, 0x03, 4);
	assert_unchanged(w, before);
}

EACH_LIBRARY(what_the_inventory_refuses_is_reported_with_its_reason_and_changes_nothing)
{
	static const struct {
		enum vtl_move_result result;
		uint8_t key, asc, ascq;
	} expected[] = {
		{ VTL_MOVE_SOURCE_EMPTY, 5, 0x3b, 0x0e },
		{ VTL_MOVE_DESTINATION_FULL, 5, 0x3b, 0x0d },
		{ VTL_MOVE_NO_ELEMENT, 5, 0x21, 0x01 },
		{ VTL_MOVE_PREVENTED, 5, 0x53, 0x02 },
		{ VTL_MOVE_DRIVE_PREVENTED, 5, 0x53, 0x03 },
		{ VTL_MOVE_INCOMPATIBLE, 5, 0x30, 0x00 },
		{ VTL_MOVE_CLEANING, 5, 0x30, 0x03 },
		{ VTL_MOVE_STATION_OPEN, 2, 0x3a, 0x02 },
		{ VTL_MOVE_MAGAZINE_OUT, 5, 0x3b, 0x11 },
		{ VTL_MOVE_DISABLED, 5, 0x3b, 0x18 },
		{ VTL_MOVE_DRIVE_OUT, 5, 0x3b, 0x1a },
		{ VTL_MOVE_NOT_DURABLE, 4, 0x44, 0x00 },
		{ VTL_MOVE_DRIVE_FAILED, 4, 0x53, 0x01 },
		{ VTL_MOVE_LOAD_FAILED, 4, 0x53, 0x00 },
		{ VTL_MOVE_INTERVENTION, 4, 0x04, 0x03 },
	};
	uint16_t drive = with_cartridge(w, VTL_DRIVE, 0), slot = smc_address(w, VTL_STORAGE, 0);
	const struct io *before = picture(w);

	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		w->fake.refuse = expected[i].result;
		expect_sense(smc_move_cartridge(w->a, drive, slot), expected[i].key, expected[i].asc, expected[i].ascq);
		assert_unchanged(w, before);
	}
}

EACH_LIBRARY(commands_wait_for_a_move_but_inquiry_does_not)
{
	uint16_t slot = with_cartridge(w, VTL_STORAGE, 0), drive = smc_address(w, VTL_DRIVE, 0);
	uint8_t cdb[12] = { 0xa5 };
	struct io *move, *ask;
	unsigned len;
	uint8_t type;

	w->fake.hold = true;
	put_be16(cdb + 4, slot);
	put_be16(cdb + 6, drive);
	move = io_start(w->a, cdb, sizeof(cdb), NO_BYTES, 0);
	ask = io_start(w->b, CDB(0xb8, 0, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0), NO_BYTES, 0xffff);
	assert_false(io_done(move) || io_done(ask));
	expect_good(io_in(w->b, 36, CDB(0x12, 0, 0, 0, 36, 0)));
	assert_ptr_equal(w->fake.cause, w->a);
	fake_inventory_finish(&w->fake);
	expect_good(move);
	expect_good(ask);
	assert_int_equal(smc_descriptor(ask, drive, &len, &type)[2] & 1, 1);
}

EACH_LIBRARY(an_aborted_move_ends_as_aborted_when_the_cartridge_has_arrived)
{
	uint16_t slot = with_cartridge(w, VTL_STORAGE, 0), drive = smc_address(w, VTL_DRIVE, 0);
	uint8_t cdb[12] = { 0xa5 };
	struct io *move;

	w->fake.hold = true;
	put_be16(cdb + 4, slot);
	put_be16(cdb + 6, drive);
	move = io_start(w->a, cdb, sizeof(cdb), NO_BYTES, 0);
	vtl_dev_abort(w->dev, &move->cmd);
	assert_false(io_done(move));
	fake_inventory_finish(&w->fake);
	expect_status(move, SAM_TASK_ABORTED);
	assert_true(fake_element(&w->fake, drive)->full);
	w->fake.hold = false;
	expect_good(smc_move_cartridge(w->a, drive, slot));
}

EACH_LIBRARY(a_short_cdb_is_refused)
{
	expect_sense(io(w->a, CDB(0xa5, 0, 0, 0, 0, 1)), KEY_ILLEGAL_REQUEST, 0x24, 0x00);
	assert_int_equal(w->fake.moves, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMC_TEST(a_cartridge_goes_wherever_the_capabilities_page_says_and_nowhere_else),
		SMC_TEST(a_slot_and_a_drive_can_always_exchange_a_cartridge_both_ways),
		SMC_TEST(an_empty_source_is_named),
		SMC_TEST(a_full_destination_is_named),
		SMC_TEST(an_address_where_no_element_is_is_named),
		SMC_TEST(a_move_to_where_the_cartridge_is_already_is_done_at_once),
		SMC_TEST(the_transport_element_is_the_default_one_or_a_valid_one),
		SMC_TEST(a_transport_element_that_holds_a_cartridge_carries_no_other),
		SMC_TEST(turning_a_cartridge_over_is_refused),
		SMC_TEST(a_drive_whose_host_prevents_removal_keeps_its_cartridge),
		SMC_TEST(what_the_inventory_refuses_is_reported_with_its_reason_and_changes_nothing),
		SMC_TEST(commands_wait_for_a_move_but_inquiry_does_not),
		SMC_TEST(an_aborted_move_ends_as_aborted_when_the_cartridge_has_arrived),
		SMC_TEST(a_short_cdb_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
