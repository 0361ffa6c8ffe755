/* SPDX-License-Identifier: GPL-2.0-only */
/* Reservations of elements, and REPORT ELEMENT INFORMATION. */
#include "smc_world.h"

#include <string.h>

#define ALL	0xffff

/* RESERVE(6) of `count` elements from an address, under a number. */
static struct io *reserve(struct vtl_nexus *nexus, uint8_t id, uint16_t address, uint16_t count)
{
	uint8_t list[6] = { 0 };

	put_be16(list + 2, count);
	put_be16(list + 4, address);
	return io_out(nexus, list, sizeof(list), CDB(0x16, 1, id, 0, 6, 0));
}

static struct io *release(struct vtl_nexus *nexus, uint8_t id)
{
	return io(nexus, CDB(0x17, 1, id, 0, 0, 0));
}

EACH_LIBRARY(reserved_elements_obey_their_holder_and_others_are_free)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), next = smc_address(w, VTL_STORAGE, 1);
	uint16_t third = smc_address(w, VTL_STORAGE, 2), fourth = smc_address(w, VTL_STORAGE, 3);

	fake_put(&w->fake, slot, "VTL001L8");
	fake_put(&w->fake, third, "VTL002L8");
	expect_good(reserve(w->a, 1, slot, 2));
	expect_conflict(smc_move_cartridge(w->b, slot, fourth));
	expect_conflict(smc_move_cartridge(w->b, third, next));
	expect_good(smc_move_cartridge(w->b, third, fourth));
	expect_good(smc_move_cartridge(w->a, slot, next));
	expect_good(smc_ask(w->b, VTL_ANY, 0, ALL, 0));
	expect_good(release(w->b, 1));				/* not its own: nothing happens */
	expect_conflict(smc_move_cartridge(w->b, next, slot));
	expect_good(release(w->a, 1));
	expect_good(smc_move_cartridge(w->b, next, slot));
}

EACH_LIBRARY(reservations_exclude_each_other_and_the_whole_unit)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);

	expect_good(reserve(w->a, 1, slot, 1));
	expect_conflict(reserve(w->b, 1, slot, 2));
	expect_conflict(io(w->b, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_conflict(io(w->b, CDB(0x16, 1, 0, 0, 0, 0)));	/* all elements */
	expect_good(reserve(w->b, 1, (uint16_t)(slot + 1), 1));
	expect_conflict(io(w->b, CDB(0x07, 0, 0, 0, 0, 0)));
	expect_good(release(w->a, 1));
	expect_good(io(w->b, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_conflict(reserve(w->a, 1, slot, 1));
}

EACH_LIBRARY(one_of_the_same_number_is_replaced_and_one_that_cannot_be_had_leaves_it)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), last = smc_address(w, VTL_STORAGE, 4);

	expect_good(reserve(w->b, 9, last, 1));
	expect_good(reserve(w->a, 1, slot, 1));
	expect_conflict(reserve(w->a, 1, last, 1));
	expect_conflict(reserve(w->b, 2, slot, 1));
	expect_good(reserve(w->a, 1, (uint16_t)(slot + 1), 1));
	expect_good(reserve(w->b, 2, slot, 1));
	expect_conflict(reserve(w->b, 3, (uint16_t)(slot + 1), 1));
}

EACH_LIBRARY(a_list_of_several_ranges_is_taken_as_a_whole_by_either_command)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), third = smc_address(w, VTL_STORAGE, 2);
	uint8_t list[12] = { 0 };

	put_be16(list + 2, 1);
	put_be16(list + 4, slot);
	put_be16(list + 8, 1);
	put_be16(list + 10, third);
	expect_good(io_out(w->a, list, 12, CDB(0x56, 1, 7, 0, 0, 0, 0, 0, 12, 0)));
	expect_conflict(reserve(w->b, 1, slot, 1));
	expect_good(reserve(w->b, 1, (uint16_t)(slot + 1), 1));
	expect_conflict(reserve(w->b, 1, third, 1));
	expect_good(io(w->a, CDB(0x57, 1, 7, 0, 0, 0, 0, 0, 0, 0)));
	expect_good(reserve(w->b, 1, third, 1));
	put_be16(list + 10, 0xfffe);
	expect_bad_param_as(io_out(w->a, list, 12, CDB(0x56, 1, 7, 0, 0, 0, 0, 0, 12, 0)), 0x21, 0x01, 10, -1);
	expect_sense(io_out(w->a, list, 12, CDB(0x56, 1, 7, 0, 0, 0, 0, 0, 11, 0)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, list, 6, CDB(0x56, 1, 7, 0, 0, 0, 0, 0, 12, 0)), 5, 0x1a, 0x00);
}

EACH_LIBRARY(reservations_of_elements_end_with_a_reset_and_with_their_nexus)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);
	struct vtl_nexus *c = sim_initiator(w->dev, 3);

	expect_good(reserve(c, 1, slot, 1));
	expect_conflict(reserve(w->a, 1, slot, 1));
	vtl_nexus_lost(c);
	expect_good(reserve(w->a, 1, slot, 1));
	vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
	sim_drain_attentions(w->b);
	expect_good(reserve(w->b, 1, slot, 1));
}

static struct io *information(struct vtl_nexus *nexus, uint8_t page, uint8_t type, uint8_t count)
{
	return io_in(nexus, 4096, CDB(0x9e, 0x10, page, type | (count ? 0x20 : 0), 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, count,
				      0));
}

EACH_LIBRARY(element_information_tells_the_state_of_each_element)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), next = smc_address(w, VTL_STORAGE, 1);
	struct io *page;

	if (!smc_has(w, 0x9e))
		return;
	fake_put(&w->fake, slot, "VTL001L8");
	fake_element(&w->fake, next)->hindrance = VTL_ELEMENT_DISABLED;
	page = expect_good(information(w->a, 3, VTL_STORAGE, 0));
	expect_u8(page, 0, 3);
	expect_u16(page, 2, 8);
	expect_u32(page, 4, 8 * w->fake.type[VTL_STORAGE].count);
	expect_len(page, 8 + 8 * w->fake.type[VTL_STORAGE].count);
	expect_u32(page, 8, slot);
	expect_u8(page, 12, VTL_STORAGE);
	expect_u8(page, 13, 0x60);			/* full, not put there by the robot */
	expect_u32(page, 16, next);
	expect_u8(page, 21, 0x80 | 0x08 | 0x04 | 0x02 | 0x01);
	expect_u16(page, 22, 0x3b18);
	page = expect_good(information(w->a, 3, VTL_STORAGE, 1));
	expect_u32(page, 4, 8);
}

EACH_LIBRARY(element_information_names_its_pages_and_refuses_others)
{
	unsigned types = 0, elements = 0;
	struct io *page;

	if (!smc_has(w, 0x9e))
		return;
	for (int type = VTL_TRANSPORT; type <= VTL_DRIVE; type++) {
		types += w->fake.type[type].count > 0;
		elements += w->fake.type[type].count;
	}
	page = expect_good(information(w->a, 0, 0, 0));
	expect_u32(page, 4, 8 * types);
	expect_u8(page, 8, VTL_TRANSPORT);
	expect_u16(page, 10, 4);
	expect_u32(page, 12, 0x0002037f);
	page = expect_good(information(w->a, 2, 0, 0));
	expect_u32(page, 4, 12 * types);
	page = expect_good(information(w->a, 0x7f, 0, 0));
	expect_len(page, 8 + 8 * types + 8 + 12 * types + 8 + 8 * elements);
	expect_bad_cdb(information(w->a, 1, 0, 0), 2, -1);
	expect_bad_cdb(information(w->a, 3, 5, 0), 3, 3);
	expect_bad_cdb(information(w->a, 0, 0, 1), 3, 5);
}

/* PERSISTENT RESERVE OUT with a key of one digit; `aptpl`: activate persist through power loss. */
static struct io *persist(struct vtl_nexus *nexus, uint8_t action, uint8_t type, uint8_t key, uint8_t new_key,
			  bool aptpl)
{
	uint8_t list[24] = { [7] = key, [15] = new_key, [20] = aptpl };

	return io_out(nexus, list, sizeof(list), CDB(0x5f, action, type, 0, 0, 0, 0, 0, sizeof(list), 0));
}

EACH_LIBRARY(a_persistent_reservation_keeps_others_from_moving_cartridges_also_after_a_power_cycle)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), next = smc_address(w, VTL_STORAGE, 1);

	smc_power_cycle(w);
	fake_put(&w->fake, slot, "VTL001L8");
	expect_good(persist(w->a, 0, 0, 0, 1, true));
	expect_good(persist(w->a, 1, 3, 1, 0, false));
	for (unsigned round = 0; round < 2; round++) {
		expect_conflict(smc_move_cartridge(w->b, slot, next));
		expect_conflict(smc_ask_len(w->b, VTL_ANY, 0, 0xffff, 0, 255));
		/* CURDATA promises to move nothing. */
		expect_good(smc_ask_len(w->b, VTL_ANY, 0, 0xffff, ASK_CURDATA, 255));
		assert_true(fake_element(&w->fake, slot)->full);
		if (!round)
			smc_power_cycle(w);
	}
	expect_good(smc_move_cartridge(w->a, slot, next));
	expect_good(persist(w->a, 2, 3, 1, 0, false));
	sim_drain_attentions(w->b);
	expect_good(smc_move_cartridge(w->b, next, slot));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMC_TEST(a_persistent_reservation_keeps_others_from_moving_cartridges_also_after_a_power_cycle),
		SMC_TEST(reserved_elements_obey_their_holder_and_others_are_free),
		SMC_TEST(reservations_exclude_each_other_and_the_whole_unit),
		SMC_TEST(one_of_the_same_number_is_replaced_and_one_that_cannot_be_had_leaves_it),
		SMC_TEST(a_list_of_several_ranges_is_taken_as_a_whole_by_either_command),
		SMC_TEST(reservations_of_elements_end_with_a_reset_and_with_their_nexus),
		SMC_TEST(element_information_tells_the_state_of_each_element),
		SMC_TEST(element_information_names_its_pages_and_refuses_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
