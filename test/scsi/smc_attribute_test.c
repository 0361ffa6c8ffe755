/* SPDX-License-Identifier: GPL-2.0-only */
/* READ ATTRIBUTE and WRITE ATTRIBUTE of a changer: which cartridge they are about, and what stands in the way. */
#include "smc_world.h"

#include <string.h>

static struct io *read_at(struct vtl_nexus *nexus, unsigned action, uint16_t address, uint8_t type)
{
	uint8_t cdb[16] = { 0x8c, (uint8_t)action, [4] = type };

	put_be16(cdb + 2, address);
	put_be32(cdb + 10, 4096);
	return io_in(nexus, 4096, cdb, sizeof(cdb));
}

static struct io *write_at(struct vtl_nexus *nexus, uint16_t address, const uint8_t *list, uint32_t len)
{
	uint8_t cdb[16] = { 0x8d };

	put_be16(cdb + 2, address);
	put_be32(cdb + 10, len);
	return io_out(nexus, list, len, cdb, sizeof(cdb));
}

/* A test with the models that have the commands. */
#define EACH_READER(name)						\
	static void name##_has(struct smc_world *w);			\
	EACH_LIBRARY(name)						\
	{								\
		if (smc_has(w, 0x8c))					\
			name##_has(w);					\
	}								\
	static void name##_has(struct smc_world *w)

EACH_READER(the_cartridge_of_any_element_answers)
{
	static const uint8_t answer[] = { 0, 0, 0, 2, 0x04, 0x00 };

	memcpy(w->fake.memory, answer, sizeof(answer));
	w->fake.memory_len = sizeof(answer);
	for (int type = VTL_TRANSPORT; type <= VTL_DRIVE; type++) {
		uint16_t address = smc_address(w, (enum vtl_element_type)type, 0);

		fake_put(&w->fake, address, "VTL001L8");
		expect_data(expect_good(read_at(w->a, 1, address, (uint8_t)type)), answer, sizeof(answer));
		expect_data(expect_good(read_at(w->a, 1, address, 0)), answer, sizeof(answer));
		assert_int_equal(w->fake.asked, address);
		fake_element(&w->fake, address)->full = false;
	}
}

EACH_READER(what_is_written_goes_to_the_cartridge_of_the_element)
{
	static const uint8_t list[] = { 0, 0, 0, 6, 0x08, 0x05, 0, 0, 1, 0x81 };
	uint16_t address = smc_address(w, VTL_STORAGE, 1);

	fake_put(&w->fake, address, "VTL001L8");
	expect_good(write_at(w->a, address, list, sizeof(list)));
	assert_int_equal(w->fake.asked, address);
	assert_memory_equal(w->fake.memory, list, sizeof(list));
	w->fake.memory_sense = SENSE_MEMORY_WRITE_ERROR;
	expect_sense(write_at(w->a, address, list, sizeof(list)), 0x3, 0x0c, 0x0b);
	expect_sense(io(w->a, CDB(0x8d, 0, (uint8_t)(address >> 8), (uint8_t)address, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0,
				  0)), 0x5, 0x1a, 0x00);
}

EACH_READER(what_is_no_element_or_of_another_type_or_empty_is_named)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);

	expect_sense(read_at(w->a, 0, slot, VTL_STORAGE), 0x2, 0x3a, 0x00);
	fake_put(&w->fake, slot, "VTL001L8");
	expect_bad_cdb(read_at(w->a, 0, slot, VTL_DRIVE), 4, 3);
	expect_bad_cdb(read_at(w->a, 0, slot, 5), 4, 3);
	expect_field_at(__FILE__, __LINE__, read_at(w->a, 0, 0xfff0, 0), 0x21, 0x01, true, 2, -1);
	expect_bad_cdb(read_at(w->a, 6, slot, 0), 1, 4);
	w->fake.refuse = VTL_MOVE_DRIVE_FAILED;
	expect_sense(read_at(w->a, 0, slot, 0), 0x3, 0x04, 0x10);
}

EACH_READER(where_the_robot_does_not_get_at_it_the_reason_is_told)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), io = smc_address(w, VTL_IMPORT_EXPORT, 0);

	fake_put(&w->fake, slot, "VTL001L8");
	fake_element(&w->fake, slot)->hindrance = VTL_MAGAZINE_OUT;
	expect_sense(read_at(w->a, 0, slot, 0), 0x5, 0x3b, 0x11);
	fake_element(&w->fake, slot)->hindrance = VTL_ELEMENT_DISABLED;
	expect_sense(read_at(w->a, 0, slot, 0), 0x5, 0x3b, 0x18);
	fake_put(&w->fake, io, "VTL002L8");
	fake_element(&w->fake, io)->hindrance = VTL_STATION_OPEN;
	expect_sense(read_at(w->a, 0, io, 0), 0x2, 0x3a, 0x02);
}

EACH_READER(an_element_that_another_has_reserved_is_not_asked)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);
	uint8_t list[6] = { 0, 0, 0, 1, (uint8_t)(slot >> 8), (uint8_t)slot };

	fake_put(&w->fake, slot, "VTL001L8");
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x16, 0x01, 1, 0, 6, 0)));
	expect_conflict(read_at(w->b, 1, slot, 0));
	expect_conflict(write_at(w->b, slot, NULL, 0));
	expect_good(read_at(w->a, 1, slot, 0));
}

EACH_READER(the_element_list_has_each_type_with_its_addresses)
{
	const struct io *all = expect_good(read_at(w->a, 4, 0, 0));
	const struct io *one = expect_good(read_at(w->a, 4, 0, VTL_STORAGE));
	unsigned n = 0;

	assert_int_equal(io_uint(all, 0, 4), all->cmd.in_used - 4);
	for (unsigned at = 4; at < all->cmd.in_used; at += 5) {
		enum vtl_element_type type = (enum vtl_element_type)io_uint(all, at, 1);

		assert_int_equal(io_uint(all, at + 1, 2), smc_address(w, type, 0));
		assert_int_equal(io_uint(all, at + 3, 2), w->fake.type[type].count);
		n++;
	}
	assert_int_equal(n, 4);
	expect_u32(expect_len((struct io *)one, 9), 0, 5);
	expect_u8((struct io *)one, 4, VTL_STORAGE);
	expect_bad_cdb(read_at(w->a, 4, 0, 7), 4, 3);
}

EACH_LIBRARY(a_library_whose_reference_has_no_such_command_refuses_it)
{
	assert_int_equal(smc_has(w, 0x8c), !strcmp(w->model.family, "generic"));
	if (!smc_has(w, 0x8c))
		expect_sense(read_at(w->a, 0, smc_address(w, VTL_STORAGE, 0), 0), 0x5, 0x20, 0x00);
	assert_int_equal(smc_has(w, 0x8d), smc_has(w, 0x8c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMC_TEST(the_cartridge_of_any_element_answers),
		SMC_TEST(what_is_written_goes_to_the_cartridge_of_the_element),
		SMC_TEST(what_is_no_element_or_of_another_type_or_empty_is_named),
		SMC_TEST(where_the_robot_does_not_get_at_it_the_reason_is_told),
		SMC_TEST(an_element_that_another_has_reserved_is_not_asked),
		SMC_TEST(the_element_list_has_each_type_with_its_addresses),
		SMC_TEST(a_library_whose_reference_has_no_such_command_refuses_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
