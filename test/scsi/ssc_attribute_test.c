/* SPDX-License-Identifier: GPL-2.0-only */
/* READ ATTRIBUTE: the cartridge's memory, its lists, and what the drive keeps there from load to load. */
#include <string.h>

#include "ssc_world.h"

/* READ ATTRIBUTE with a service action, from an attribute on. */
static struct io *read_attributes(struct vtl_nexus *nexus, unsigned action, unsigned partition, uint16_t first)
{
	uint8_t cdb[16] = { 0x8c, (uint8_t)action, [7] = (uint8_t)partition };

	put_be16(cdb + 8, first);
	put_be32(cdb + 10, 65536);
	return io_in(nexus, 65536, cdb, sizeof(cdb));
}

/* The value of an attribute of at most 8 bytes. */
static uint64_t number(struct ssc_world *w, unsigned partition, uint16_t id)
{
	const struct io *a = expect_good(ssc_attribute(w->a, partition, id));
	unsigned len = (unsigned)io_uint(a, 7, 2);

	assert_int_equal(io_uint(a, 4, 2), id);
	return io_uint(a, 9, len);
}

EACH_DRIVE(every_attribute_of_the_list_is_read_by_its_identifier)
{
	const struct io *list = expect_good(read_attributes(w->a, 1, 0, 0));
	const struct io *all = expect_good(read_attributes(w->a, 0, 0, 0));
	unsigned at = 4, n = (unsigned)io_uint(list, 0, 4) / 2;

	assert_int_equal(list->cmd.in_used, 4 + 2 * n);
	assert_int_equal(io_uint(all, 0, 4), all->cmd.in_used - 4);
	for (unsigned i = 0; i < n; i++) {
		const struct io *one = expect_good(ssc_attribute(w->a, 0, (uint16_t)io_uint(list, 4 + 2 * i, 2)));
		unsigned len = 5 + (unsigned)io_uint(one, 7, 2);

		assert_int_equal(io_uint(all, at, 2), io_uint(list, 4 + 2 * i, 2));
		assert_memory_equal(all->in + at, one->in + 4, len);
		at += len;
	}
	assert_int_equal(at, all->cmd.in_used);
}

EACH_DRIVE(an_attribute_that_is_not_there_is_refused_at_its_field)
{
	expect_bad_cdb(ssc_attribute(w->a, 0, 0x080c), 8, -1);
	expect_bad_cdb(ssc_attribute(w->a, 0, 0x1623), 8, -1);
	expect_bad_cdb(ssc_attribute(w->a, 0, 0xffff), 8, -1);
}

EACH_DRIVE(what_is_listed_is_supported)
{
	const struct io *list = expect_good(read_attributes(w->a, 1, 0, 0));
	const struct io *supported = expect_good(read_attributes(w->a, 5, 0, 0));
	unsigned j = 4;

	for (unsigned i = 4; i < list->cmd.in_used; i += 2) {
		while (j < supported->cmd.in_used && io_uint(supported, j, 2) < io_uint(list, i, 2))
			j += 2;
		assert_int_equal(io_uint(supported, j, 2), io_uint(list, i, 2));
	}
}

EACH_DRIVE(there_is_one_volume_and_the_partitions_of_the_cartridge)
{
	expect_data(expect_good(read_attributes(w->a, 2, 0, 0)), BYTES(0, 2, 0, 1));
	expect_data(expect_good(read_attributes(w->a, 3, 0, 0)), BYTES(0, 2, 0, 1));
	expect_bad_cdb(ssc_attribute(w->a, 1, 0), 7, -1);
	expect_bad_cdb(io_in(w->a, 64, CDB(0x8c, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0)), 5, -1);
}

EACH_EMPTY_DRIVE(capacity_is_told_by_partition)
{
	if (w->medium->max_partitions < 2 || w->model->max_partitions < 2)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .partitions = 2 });
	expect_data(expect_good(read_attributes(w->a, 3, 0, 0)), BYTES(0, 2, 0, 2));
	for (unsigned i = 0; i < 48; i++)
		expect_good(ssc_write(w->a, 64 * KIB, NOT_COMPRESSIBLE + i));
	for (unsigned p = 0; p < 2; p++)
		assert_int_equal(number(w, p, 0x0001), TEST_CAPACITY / MIB);
	assert_in_range(number(w, 0, 0x0000), 4, 5);
	assert_int_equal(number(w, 1, 0x0000), TEST_CAPACITY / MIB);
}

EACH_DRIVE(the_medium_describes_itself)
{
	const struct io *type = expect_good(ssc_attribute(w->a, 0, 0x0408));

	assert_int_equal(number(w, 0, 0x0006), w->medium->density);
	assert_int_equal(number(w, 0, 0x0405), w->medium->density);
	assert_int_equal(number(w, 0, 0x0402), w->medium->length_m);
	assert_int_equal(number(w, 0, 0x0407), w->medium->mam_bytes);
	assert_int_equal(type->in[9], 0x00);
	expect_u16(expect_good(ssc_attribute(w->a, 0, 0x0401)), 7, 32);
	assert_memory_equal(expect_good(ssc_attribute(w->a, 0, 0x0406))->in + 9, "20260101", 8);
}

EACH_DRIVE(device_and_medium_attributes_are_read_only)
{
	const struct io *all = expect_good(read_attributes(w->a, 0, 0, 0));

	for (unsigned at = 4; at < all->cmd.in_used; at += 5 + (unsigned)io_uint(all, at + 3, 2))
		assert_int_equal(all->in[at + 2] & 0x80, io_uint(all, at, 2) < 0x0800 ? 0x80 : 0);
}

EACH_DRIVE(the_volume_change_reference_changes_with_the_first_change_of_a_load_and_no_more)
{
	uint64_t before = number(w, 0, 0x0009), after;

	assert_in_range(before, 1, UINT32_MAX - 1);
	expect_sense(ssc_read(w->a, 0, 10, 10), 8, 0, 5);
	expect_good(ssc_filemarks(w->a, 0));
	assert_int_equal(number(w, 0, 0x0009), before);
	expect_good(ssc_write(w->a, 10, 1));
	after = number(w, 0, 0x0009);
	assert_int_not_equal(after, before);
	expect_good(ssc_write(w->a, 10, 1));
	expect_good(ssc_filemarks(w->a, 1));
	assert_int_equal(number(w, 0, 0x0009), after);
	ssc_reinsert(w);
	assert_int_equal(number(w, 0, 0x0009), after);
	expect_good(ssc_filemarks(w->a, 1));
	assert_int_not_equal(number(w, 0, 0x0009), after);
}

EACH_DRIVE(an_erase_is_a_change_of_the_volume)
{
	uint64_t before = number(w, 0, 0x0009);

	expect_good(io(w->a, CDB(0x19, 0, 0, 0, 0, 0)));
	assert_int_not_equal(number(w, 0, 0x0009), before);
}

/* Puts a host attribute into the memory of a cartridge that is in no drive. */
static void put_attribute(struct ssc_world *w, struct media_store *store, unsigned partition, uint16_t id,
			  uint8_t value)
{
	const struct media_options options = { .owner = "test" };
	const struct media_attr a = { .id = id, .format = MEDIA_ATTR_BINARY, .len = 1, .data = &value };
	struct media *media;
	struct why why = { "" };

	assert_int_equal(media_open(store, &media_exec_inline, &options, &media, &why), MEDIA_OK);
	assert_int_equal(media_attr_set(media, partition, &a), MEDIA_OK);
	media_close(media);
}

EACH_EMPTY_DRIVE(what_hosts_wrote_is_kept_by_partition_also_where_no_standard_knows_it)
{
	struct media_store *store;

	if (w->medium->max_partitions < 2 || w->model->max_partitions < 2)
		return;
	store = ssc_cartridge(w, &(struct ssc_cartridge){ .partitions = 2 });
	put_attribute(w, store, 0, 0x0805, 1);
	put_attribute(w, store, 1, 0x0805, 2);
	put_attribute(w, store, 1, 0x1623, 3);
	put_attribute(w, store, 1, 0x17fe, 4);
	ssc_insert_store(w, store);
	sim_drain_attentions(w->a);
	assert_int_equal(number(w, 0, 0x0805), 1);
	assert_int_equal(number(w, 1, 0x0805), 2);
	assert_int_equal(number(w, 1, 0x1623), 3);
	assert_int_equal(number(w, 1, 0x17fe), 4);
	expect_u8(expect_good(ssc_attribute(w->a, 1, 0x1623)), 6, 0);
	expect_bad_cdb(ssc_attribute(w->a, 0, 0x1623), 8, -1);
}

EACH_DRIVE(the_cartridge_remembers_loads_and_what_went_through)
{
	assert_int_equal(number(w, 0, 0x0003), 1);
	for (unsigned i = 0; i < 48; i++)
		expect_good(ssc_write(w->a, 64 * KIB, NOT_COMPRESSIBLE + i));
	ssc_reinsert(w);
	assert_int_equal(number(w, 0, 0x0003), 2);
	assert_int_equal(number(w, 0, 0x0222), 0);
	assert_int_equal(number(w, 0, 0x0220), 3);
	for (unsigned i = 0; i < 48; i++)
		ssc_expect_block(w->a, 64 * KIB, NOT_COMPRESSIBLE + i);
	ssc_reinsert(w);
	assert_int_equal(number(w, 0, 0x0220), 3);
	assert_int_equal(number(w, 0, 0x0221), 3);
}

EACH_DRIVE(the_last_drives_are_named_with_vendor_and_serial_number)
{
	char text[41];
	const struct io *a = expect_good(ssc_attribute(w->a, 0, 0x020a));

	snprintf(text, sizeof(text), "%-8s%-32s", w->model->inquiry.vendor, "10WT000001");
	assert_memory_equal(a->in + 9, text, 40);
	expect_bad_cdb(ssc_attribute(w->a, 0, 0x020b), 8, -1);
	ssc_reinsert(w);
	assert_memory_equal(expect_good(ssc_attribute(w->a, 0, 0x020b))->in + 9, text, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(every_attribute_of_the_list_is_read_by_its_identifier),
		SSC_TEST(an_attribute_that_is_not_there_is_refused_at_its_field),
		SSC_TEST(what_is_listed_is_supported),
		SSC_TEST(there_is_one_volume_and_the_partitions_of_the_cartridge),
		SSC_TEST(capacity_is_told_by_partition),
		SSC_TEST(the_medium_describes_itself),
		SSC_TEST(device_and_medium_attributes_are_read_only),
		SSC_TEST(the_volume_change_reference_changes_with_the_first_change_of_a_load_and_no_more),
		SSC_TEST(an_erase_is_a_change_of_the_volume),
		SSC_TEST(what_hosts_wrote_is_kept_by_partition_also_where_no_standard_knows_it),
		SSC_TEST(the_cartridge_remembers_loads_and_what_went_through),
		SSC_TEST(the_last_drives_are_named_with_vendor_and_serial_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
