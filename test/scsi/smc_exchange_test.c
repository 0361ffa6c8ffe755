/* SPDX-License-Identifier: GPL-2.0-only */
/* EXCHANGE MEDIUM, POSITION TO ELEMENT, import/export stations, and elements that are out of reach. */
#include "smc_world.h"

#include <string.h>

#define ALL	0xffff

static struct io *exchange(struct smc_world *w, uint16_t source, uint16_t first, uint16_t second)
{
	uint8_t cdb[12] = { 0xa6 };

	put_be16(cdb + 4, source);
	put_be16(cdb + 6, first);
	put_be16(cdb + 8, second);
	return io(w->a, cdb, sizeof(cdb));
}

static void expect_refusal(struct io *io, uint8_t asc, uint8_t ascq, unsigned byte)
{
	expect_field_at(__FILE__, __LINE__, io, asc, ascq, true, byte, -1);
}

static const char *at(struct smc_world *w, uint16_t address)
{
	const struct fake_element *element = fake_element(&w->fake, address);

	return element->full ? element->barcode : "";
}

/* Whether slots exchange their cartridges with a drive, by the capabilities page. */
static bool exchanges(struct smc_world *w)
{
	const struct io *page = expect_good(io_in(w->a, 64, CDB(0x1a, 8, 0x1f, 0, 64, 0)));

	return page->in[4 + 12 + VTL_STORAGE - 1] & 1 << (VTL_DRIVE - 1);
}

EACH_LIBRARY(two_cartridges_change_places_in_one_command)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), drive = smc_address(w, VTL_DRIVE, 0);

	fake_put(&w->fake, slot, "VTL001L8");
	fake_put(&w->fake, drive, "VTL002L8");
	if (!exchanges(w)) {
		if (smc_has(w, 0xa6))
			expect_refusal(exchange(w, slot, drive, slot), 0x21, 0x01, 6);
		else
			expect_sense(exchange(w, slot, drive, slot), KEY_ILLEGAL_REQUEST, 0x20, 0x00);
		return;
	}
	expect_good(exchange(w, slot, drive, slot));
	assert_string_equal(at(w, drive), "VTL001L8");
	assert_string_equal(at(w, slot), "VTL002L8");
	assert_int_equal(w->fake.moves, 1);
}

EACH_LIBRARY(what_was_in_the_first_destination_goes_to_the_second)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), other = smc_address(w, VTL_STORAGE, 1);
	uint16_t drive = smc_address(w, VTL_DRIVE, 0);

	if (!exchanges(w))
		return;
	fake_put(&w->fake, slot, "VTL001L8");
	fake_put(&w->fake, drive, "VTL002L8");
	expect_good(exchange(w, slot, drive, other));
	assert_string_equal(at(w, slot), "");
	assert_string_equal(at(w, drive), "VTL001L8");
	assert_string_equal(at(w, other), "VTL002L8");
}

EACH_LIBRARY(an_exchange_that_cannot_be_names_the_element_and_changes_nothing)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), other = smc_address(w, VTL_STORAGE, 1);
	uint16_t drive = smc_address(w, VTL_DRIVE, 0);
	const struct io *before;

	if (!exchanges(w))
		return;
	fake_put(&w->fake, drive, "VTL002L8");
	expect_refusal(exchange(w, slot, drive, other), 0x3b, 0x0e, 4);
	fake_put(&w->fake, slot, "VTL001L8");
	fake_put(&w->fake, other, "VTL003L8");
	before = smc_ask(w->a, VTL_ANY, 0, ALL, ASK_TAGS);
	expect_refusal(exchange(w, slot, drive, other), 0x3b, 0x0d, 8);
	expect_refusal(exchange(w, slot, smc_address(w, VTL_DRIVE, 1), other), 0x3b, 0x0e, 6);
	expect_refusal(exchange(w, slot, drive, drive), 0x21, 0x01, 8);
	expect_refusal(exchange(w, 0xfffe, drive, slot), 0x21, 0x01, 4);
	expect_refusal(exchange(w, slot, 0xfffe, slot), 0x21, 0x01, 6);
	expect_refusal(exchange(w, slot, drive, 0xfffe), 0x21, 0x01, 8);
	w->fake.drive[0].prevented = true;
	expect_refusal(exchange(w, slot, drive, slot), 0x53, 0x03, 6);
	w->fake.drive[0].prevented = false;
	expect_data(smc_ask(w->a, VTL_ANY, 0, ALL, ASK_TAGS), before->in, before->cmd.in_used);
}

EACH_LIBRARY(the_transport_is_positioned_to_any_element_that_there_is)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);

	expect_good(io(w->a, CDB(0x2b, 0, 0, 0, (uint8_t)(slot >> 8), (uint8_t)slot, 0, 0, 0, 0)));
	expect_refusal(io(w->a, CDB(0x2b, 0, 0, 0, 0xff, 0xfe, 0, 0, 0, 0)), 0x21, 0x01, 4);
	expect_refusal(io(w->a, CDB(0x2b, 0, 0xff, 0xfe, (uint8_t)(slot >> 8), (uint8_t)slot, 0, 0, 0, 0)), 0x21, 0x01,
		       2);
	expect_bad_cdb(io(w->a, CDB(0x2b, 0, 0, 0, (uint8_t)(slot >> 8), (uint8_t)slot, 0, 0, 1, 0)), 8, 0);
	if (smc_has(w, 0x01))
		expect_good(io(w->a, CDB(0x01, 0, 0, 0, 0, 0)));
}

static struct io *door(struct vtl_nexus *nexus, uint16_t address, uint8_t action)
{
	return io(nexus, CDB(0x1b, 0, (uint8_t)(address >> 8), (uint8_t)address, action, 0));
}

EACH_LIBRARY(an_open_station_is_out_of_the_robots_reach_until_it_is_closed)
{
	uint16_t port = smc_address(w, VTL_IMPORT_EXPORT, 0), slot = smc_address(w, VTL_STORAGE, 0);
	const uint8_t *d;
	unsigned len;
	uint8_t type;

	if (!smc_has(w, 0x1b))
		return;
	if (!w->fake.type[VTL_IMPORT_EXPORT].count)
		return;
	fake_put(&w->fake, port, "VTL001L8");
	expect_good(door(w->a, port, 0));
	d = smc_descriptor(smc_ask(w->a, VTL_ANY, 0, ALL, 0), port, &len, &type);
	assert_int_equal(d[2] & 0x0d, 0x05);			/* full, exceptional, no access */
	assert_int_equal(get_be16(d + 4), 0x3a02);
	expect_sense(smc_move_cartridge(w->a, port, slot), KEY_NOT_READY, 0x3a, 0x02);
	expect_good(door(w->a, port, 1));
	expect_good(smc_move_cartridge(w->a, port, slot));
	expect_refusal(door(w->a, slot, 0), 0x21, 0x01, 2);
	expect_bad_cdb(door(w->a, port, 2), 4, 4);
}

EACH_LIBRARY(a_station_stays_closed_while_removal_is_prevented)
{
	uint16_t port = smc_address(w, VTL_IMPORT_EXPORT, 0);

	if (!smc_has(w, 0x1b))
		return;
	if (!w->fake.type[VTL_IMPORT_EXPORT].count)
		return;
	assert_false(vtl_changer_prevented(w->dev));
	expect_good(io(w->b, CDB(0x1e, 0, 0, 0, 1, 0)));
	assert_true(vtl_changer_prevented(w->dev));
	expect_refusal(door(w->a, port, 0), 0x53, 0x02, 2);
	expect_good(io(w->b, CDB(0x1e, 0, 0, 0, 0, 0)));
	expect_good(door(w->a, port, 0));
}

EACH_LIBRARY(what_hinders_the_robot_is_told_by_element_status_and_by_a_move)
{
	static const struct {
		enum vtl_hindrance hindrance;
		uint8_t asc, ascq;
	} rows[] = {
		{ VTL_MAGAZINE_OUT, 0x3b, 0x11 },
		{ VTL_ELEMENT_DISABLED, 0x3b, 0x18 },
		{ VTL_DRIVE_OUT, 0x3b, 0x1a },
	};
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), drive = smc_address(w, VTL_DRIVE, 0);
	const uint8_t *d;
	unsigned len;
	uint8_t type;

	fake_put(&w->fake, slot, "VTL001L8");
	for (unsigned i = 0; i < 3; i++) {
		fake_element(&w->fake, drive)->hindrance = rows[i].hindrance;
		d = smc_descriptor(smc_ask(w->a, VTL_ANY, 0, ALL, 0), drive, &len, &type);
		assert_int_equal(d[2], 0x04);
		assert_int_equal(d[4], rows[i].asc);
		assert_int_equal(d[5], rows[i].ascq);
		assert_int_equal(d[9] >> 3 & 1, rows[i].hindrance == VTL_ELEMENT_DISABLED);
		expect_refusal(smc_move_cartridge(w->a, slot, drive), rows[i].asc, rows[i].ascq, 6);
	}
	fake_element(&w->fake, drive)->hindrance = VTL_REACHABLE;
	fake_element(&w->fake, slot)->hindrance = VTL_ELEMENT_DISABLED;
	expect_refusal(smc_move_cartridge(w->a, slot, drive), 0x3b, 0x18, 4);
	assert_int_equal(w->fake.moves, 0);
}

EACH_LIBRARY(a_cartridge_that_a_drive_refuses_is_an_exception_with_its_reason)
{
	uint16_t drive = smc_address(w, VTL_DRIVE, 0);
	const uint8_t *d;
	unsigned len;
	uint8_t type;

	fake_put(&w->fake, drive, "VTL001L8");
	w->fake.drive[0].state = VTL_DRIVE_REFUSED;
	d = smc_descriptor(smc_ask(w->a, VTL_ANY, 0, ALL, 0), drive, &len, &type);
	assert_int_equal(d[2], 0x0d);
	assert_int_equal(get_be16(d + 4), 0x3000);
	fake_element(&w->fake, drive)->kind = MEDIA_CLEANING;
	d = smc_descriptor(smc_ask(w->a, VTL_ANY, 0, ALL, 0), drive, &len, &type);
	assert_int_equal(get_be16(d + 4), 0x3003);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMC_TEST(two_cartridges_change_places_in_one_command),
		SMC_TEST(what_was_in_the_first_destination_goes_to_the_second),
		SMC_TEST(an_exchange_that_cannot_be_names_the_element_and_changes_nothing),
		SMC_TEST(the_transport_is_positioned_to_any_element_that_there_is),
		SMC_TEST(an_open_station_is_out_of_the_robots_reach_until_it_is_closed),
		SMC_TEST(a_station_stays_closed_while_removal_is_prevented),
		SMC_TEST(what_hinders_the_robot_is_told_by_element_status_and_by_a_move),
		SMC_TEST(a_cartridge_that_a_drive_refuses_is_an_exception_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
