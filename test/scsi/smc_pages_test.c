/* SPDX-License-Identifier: GPL-2.0-only */
/* The changer's pages and its dealings with several initiators: what it claims is what it does. */
#include "smc_world.h"

#include <string.h>

#define ALL	0xffff

/* MODE SENSE(6) of a page, current values; returns the page itself. */
static const uint8_t *mode_page(struct smc_world *w, uint8_t code)
{
	const struct io *io = expect_good(io_in(w->a, 255, CDB(0x1a, 8, code, 0, 255, 0)));

	assert_true(io->cmd.in_used > 6);
	assert_int_equal(io->in[4] & 0x3f, code);
	assert_int_equal(io->cmd.in_used, 4 + 2 + io->in[5]);
	return io->in + 4;
}

EACH_LIBRARY(the_element_addresses_page_tells_what_read_element_status_shows)
{
	static const enum vtl_element_type order[] = { VTL_TRANSPORT, VTL_STORAGE, VTL_IMPORT_EXPORT, VTL_DRIVE };
	const uint8_t *page = mode_page(w, 0x1d);

	for (unsigned i = 0; i < 4; i++) {
		const struct io *answer = smc_ask(w->a, order[i], 0, ALL, 0);

		assert_int_equal(io_uint(answer, 2, 2), get_be16(page + 4 + 4 * i));
		if (io_uint(answer, 2, 2))
			assert_int_equal(io_uint(answer, 0, 2), get_be16(page + 2 + 4 * i));
	}
}

EACH_LIBRARY(nothing_is_claimed_about_elements_that_are_not_there)
{
	const uint8_t *page = mode_page(w, 0x1f);

	for (int type = VTL_TRANSPORT; type <= VTL_DRIVE; type++) {
		unsigned bit = 1u << (type - 1);

		if (w->fake.type[type].count)
			continue;
		for (unsigned i = 2; i < 16; i++)
			assert_int_equal(page[i] & bit, 0);
		assert_int_equal(page[4 + type - 1], 0);
	}
}

EACH_LIBRARY(no_block_descriptor_is_sent_whether_it_was_disabled_or_not)
{
	expect_u8(expect_good(io_in(w->a, 255, CDB(0x1a, 0, 0x1d, 0, 255, 0))), 3, 0);
	expect_u16(expect_good(io_in(w->a, 255, CDB(0x5a, 0, 0x1d, 0, 0, 0, 0, 0, 255, 0))), 6, 0);
}

EACH_LIBRARY(there_is_one_transport_geometry_for_each_transport_element)
{
	assert_int_equal(mode_page(w, 0x1e)[1] % 2, 0);
	assert_int_not_equal(mode_page(w, 0x1e)[1], 0);
}

EACH_LIBRARY(mode_select_takes_back_what_mode_sense_gave_and_refuses_to_move_elements)
{
	uint8_t list[24] = { 0 };
	const uint8_t *page = mode_page(w, 0x1d);

	memcpy(list + 4, page, 20);
	list[4] &= 0x3f;
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 24, 0)));
	list[4 + 3] ^= 1;
	expect_sense(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 24, 0)), KEY_ILLEGAL_REQUEST, 0x26, 0x00);
}

EACH_LIBRARY(inquiry_tells_a_changer_of_the_models_name)
{
	const struct io *inquiry = expect_good(io_in(w->a, 96, CDB(0x12, 0, 0, 0, 96, 0)));

	assert_int_equal(inquiry->in[0], 0x08);
	assert_memory_equal(inquiry->in + 8, w->model.inquiry.vendor, strlen(w->model.inquiry.vendor));
	assert_memory_equal(inquiry->in + 16, w->model.inquiry.product, strlen(w->model.inquiry.product));
}

EACH_LIBRARY(what_happened_outside_is_told_to_all_but_the_cause)
{
	static const struct {
		enum vtl_inventory_event event;
		uint8_t asc, ascq;
	} told[] = {
		{ VTL_EVENT_IMPORT_EXPORT, 0x28, 0x01 },
		{ VTL_EVENT_INVENTORY, 0x28, 0x00 },
		{ VTL_EVENT_ELEMENTS, 0x2a, 0x01 },
		{ VTL_EVENT_MAGAZINE_OUT, 0x3b, 0x12 },
		{ VTL_EVENT_MAGAZINE_IN, 0x3b, 0x13 },
		{ VTL_EVENT_MAGAZINE_LOCKED, 0x3b, 0x14 },
		{ VTL_EVENT_MAGAZINE_UNLOCKED, 0x3b, 0x15 },
		{ VTL_EVENT_DISABLED, 0x3b, 0x18 },
		{ VTL_EVENT_ENABLED, 0x3b, 0x19 },
		{ VTL_EVENT_DRIVE_OUT, 0x3b, 0x1a },
		{ VTL_EVENT_DRIVE_IN, 0x3b, 0x1b },
	};

	for (unsigned i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		vtl_changer_event(w->dev, told[i].event, w->a);
		expect_good(io(w->a, CDB(0, 0, 0, 0, 0, 0)));
		expect_sense(io(w->b, CDB(0, 0, 0, 0, 0, 0)), KEY_UNIT_ATTENTION, told[i].asc, told[i].ascq);
		expect_good(io(w->b, CDB(0, 0, 0, 0, 0, 0)));
		vtl_changer_event(w->dev, told[i].event, NULL);
		expect_sense(io(w->a, CDB(0, 0, 0, 0, 0, 0)), KEY_UNIT_ATTENTION, told[i].asc, told[i].ascq);
		expect_sense(io(w->b, CDB(0, 0, 0, 0, 0, 0)), KEY_UNIT_ATTENTION, told[i].asc, told[i].ascq);
	}
}

EACH_LIBRARY(a_move_by_an_initiator_is_no_unit_attention_for_another)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);

	fake_put(&w->fake, slot, "VTL001L8");
	expect_good(smc_move_cartridge(w->a, slot, smc_address(w, VTL_DRIVE, 0)));
	expect_good(io(w->b, CDB(0, 0, 0, 0, 0, 0)));
}

EACH_LIBRARY(while_any_initiator_prevents_removal_nothing_is_exported_and_all_else_goes)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), next = smc_address(w, VTL_STORAGE, 1);
	uint16_t port = smc_address(w, VTL_IMPORT_EXPORT, 0);

	if (!w->fake.type[VTL_IMPORT_EXPORT].count)
		return;
	fake_put(&w->fake, slot, "VTL001L8");
	expect_good(io(w->b, CDB(0x1e, 0, 0, 0, 1, 0)));
	expect_field_at(__FILE__, __LINE__, smc_move_cartridge(w->a, slot, port), 0x53, 0x02, true, 6, -1);
	assert_true(fake_element(&w->fake, slot)->full);
	expect_good(smc_move_cartridge(w->a, slot, next));
	expect_good(io(w->b, CDB(0x1e, 0, 0, 0, 0, 0)));
	expect_good(smc_move_cartridge(w->a, next, port));
	expect_good(io(w->b, CDB(0x1e, 0, 0, 0, 1, 0)));
	expect_good(smc_move_cartridge(w->a, port, slot));
}

EACH_LIBRARY(a_reserved_changer_obeys_its_holder_only)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), next = smc_address(w, VTL_STORAGE, 1);

	fake_put(&w->fake, slot, "VTL001L8");
	expect_good(io(w->a, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_conflict(smc_move_cartridge(w->b, slot, next));
	expect_conflict(io(w->b, CDB(0x07, 0, 0, 0, 0, 0)));
	expect_conflict(smc_ask_len(w->b, VTL_ANY, 0, ALL, 0, 255));
	assert_true(fake_element(&w->fake, slot)->full);
	/* CURDATA promises to move nothing, so that it may look. */
	expect_good(smc_ask_len(w->b, VTL_ANY, 0, ALL, ASK_CURDATA, 255));
	expect_good(smc_move_cartridge(w->a, slot, next));
	expect_good(io(w->a, CDB(0x17, 0, 0, 0, 0, 0)));
	expect_good(smc_move_cartridge(w->b, next, slot));
}

EACH_LIBRARY(every_command_of_the_changer_is_reported_as_supported)
{
	static const uint8_t opcodes[] = { 0x00, 0x01, 0x03, 0x07, 0x12, 0x15, 0x16, 0x17, 0x1a, 0x1b, 0x1d, 0x1e, 0x2b,
					   0x37, 0x4d, 0x55, 0x56, 0x57, 0x5a, 0x5e, 0x5f, 0x9e, 0xa3, 0xa5, 0xa6, 0xb5,
					   0xb6, 0xb8, 0xe7 };
	const struct io *all = expect_good(io_in(w->a, 4096, CDB(0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0)));

	for (unsigned i = 0; i < sizeof(opcodes); i++) {
		bool found = false;

		for (unsigned at = 4; at < all->cmd.in_used; at += 8)
			found |= all->in[at] == opcodes[i];
		for (unsigned n = 0; n < w->model.commands.unsupported_count; n++)
			found |= w->model.commands.unsupported[n] == opcodes[i];
		if (!found)
			fail_msg("%02xh is not reported", opcodes[i]);
	}
}

EACH_LIBRARY(the_changers_timer_is_that_of_its_inventory)
{
	w->sim.env.set_timer(&w->sim.env, w->dev, w->sim.now + 10);
	sim_advance(&w->sim, 9);
	assert_int_equal(w->fake.ticks, 0);
	sim_advance(&w->sim, 1);
	assert_int_equal(w->fake.ticks, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMC_TEST(the_changers_timer_is_that_of_its_inventory),
		SMC_TEST(the_element_addresses_page_tells_what_read_element_status_shows),
		SMC_TEST(nothing_is_claimed_about_elements_that_are_not_there),
		SMC_TEST(no_block_descriptor_is_sent_whether_it_was_disabled_or_not),
		SMC_TEST(there_is_one_transport_geometry_for_each_transport_element),
		SMC_TEST(mode_select_takes_back_what_mode_sense_gave_and_refuses_to_move_elements),
		SMC_TEST(inquiry_tells_a_changer_of_the_models_name),
		SMC_TEST(what_happened_outside_is_told_to_all_but_the_cause),
		SMC_TEST(a_move_by_an_initiator_is_no_unit_attention_for_another),
		SMC_TEST(while_any_initiator_prevents_removal_nothing_is_exported_and_all_else_goes),
		SMC_TEST(a_reserved_changer_obeys_its_holder_only),
		SMC_TEST(every_command_of_the_changer_is_reported_as_supported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
