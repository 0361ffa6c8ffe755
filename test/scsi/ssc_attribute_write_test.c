/* SPDX-License-Identifier: GPL-2.0-only */
/* WRITE ATTRIBUTE: hosts create, change and delete attributes; whatever is wrong changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "ssc_world.h"

#define ROOM	40000u

/* A parameter list in the making. */
struct list {
	uint8_t bytes[ROOM];
	uint32_t len;
};

static struct list *list_new(void)
{
	static struct list list;

	memset(&list, 0, sizeof(list));
	list.len = 4;
	return &list;
}

static struct list *add(struct list *l, uint16_t id, unsigned format, uint16_t len, uint8_t fill)
{
	put_be16(l->bytes + l->len, id);
	l->bytes[l->len + 2] = (uint8_t)format;
	put_be16(l->bytes + l->len + 3, len);
	memset(l->bytes + l->len + 5, fill, len);
	l->len += 5u + len;
	return l;
}

/* `counted`: the list's header counts itself, as LTFS has it. */
static struct io *write_list(struct ssc_world *w, unsigned partition, struct list *l, bool counted)
{
	uint8_t cdb[16] = { 0x8d, 0x01, [7] = (uint8_t)partition };

	put_be32(l->bytes, counted ? l->len : l->len - 4);
	put_be32(cdb + 10, l->len);
	return io_out(w->a, l->bytes, l->len, cdb, sizeof(cdb));
}

static void expect_absent(struct ssc_world *w, unsigned partition, uint16_t id)
{
	expect_bad_cdb(ssc_attribute(w->a, partition, id), 8, -1);
}

static void expect_attr(struct ssc_world *w, unsigned partition, uint16_t id, uint16_t len, uint8_t fill)
{
	const struct io *a = expect_good(ssc_attribute(w->a, partition, id));

	expect_u16((struct io *)a, 4, id);
	expect_u16((struct io *)a, 7, len);
	assert_int_equal(a->in[6] & 0x80, 0);
	for (unsigned i = 0; i < len; i++)
		assert_int_equal(a->in[9 + i], fill);
}

EACH_DRIVE(an_attribute_is_created_changed_and_deleted)
{
	expect_good(write_list(w, 0, add(list_new(), 0x0806, 1, 32, 'A'), false));
	expect_attr(w, 0, 0x0806, 32, 'A');
	expect_good(write_list(w, 0, add(list_new(), 0x0806, 1, 32, 'B'), false));
	expect_attr(w, 0, 0x0806, 32, 'B');
	expect_good(write_list(w, 0, add(list_new(), 0x0806, 1, 0, 0), false));
	expect_absent(w, 0, 0x0806);
	expect_good(write_list(w, 0, add(list_new(), 0x0806, 1, 0, 0), false));
}

EACH_DRIVE(ltfs_counts_the_header_of_its_list_and_locks_the_volume)
{
	expect_good(write_list(w, 0, add(list_new(), 0x0801, 1, 32, 'L'), true));
	expect_attr(w, 0, 0x0801, 32, 'L');
	expect_good(write_list(w, 0, add(list_new(), 0x1623, 0, 1, 2), true));
	expect_attr(w, 0, 0x1623, 1, 2);
}

EACH_EMPTY_DRIVE(each_partition_has_its_own_coherency)
{
	if (w->model->max_partitions < 2 || w->medium->max_partitions < 2)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .partitions = 2 });
	expect_good(write_list(w, 0, add(list_new(), 0x080c, 0, 70, 1), true));
	expect_absent(w, 1, 0x080c);
	expect_good(write_list(w, 1, add(list_new(), 0x080c, 0, 70, 2), true));
	ssc_reinsert(w);
	expect_attr(w, 0, 0x080c, 70, 1);
	expect_attr(w, 1, 0x080c, 70, 2);
	expect_bad_cdb(write_list(w, 2, add(list_new(), 0x080c, 0, 70, 2), true), 7, -1);
}

EACH_DRIVE(several_attributes_are_written_in_order_and_survive)
{
	struct list *l = add(add(add(list_new(), 0x0800, 1, 8, 'v'), 0x0803, 2, 160, 't'), 0x1500, 0, 300, 9);

	expect_good(write_list(w, 0, l, false));
	ssc_reinsert(w);
	expect_attr(w, 0, 0x0800, 8, 'v');
	expect_attr(w, 0, 0x0803, 160, 't');
	expect_attr(w, 0, 0x1500, 300, 9);
}

EACH_DRIVE(what_hosts_may_not_write_is_refused_and_nothing_of_the_list_is_written)
{
	static const uint16_t ids[] = {
		0x0000, 0x0009, 0x0220, 0x0400, 0x07ff, 0x0bff, 0x0c00, 0x1000, 0x1800, 0xf000,
	};

	for (unsigned i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		struct list *l = list_new();
		unsigned at = 4;

		if (ids[i] > 0x0800) {
			add(l, 0x0800, 1, 8, 'x');
			at = l->len;
		}
		add(l, ids[i], 0, 4, 1);
		expect_bad_param(write_list(w, 0, l, false), at, -1);
		expect_absent(w, 0, 0x0800);
	}
}

EACH_DRIVE(a_wrong_format_length_or_order_is_refused_where_it_stands)
{
	expect_bad_param(write_list(w, 0, add(list_new(), 0x0800, 0, 8, 'x'), false), 6, 7);
	expect_bad_param(write_list(w, 0, add(list_new(), 0x0800, 3, 8, 'x'), false), 6, 7);
	expect_bad_param(write_list(w, 0, add(list_new(), 0x0800, 0x81, 8, 'x'), false), 6, 7);
	expect_bad_param(write_list(w, 0, add(list_new(), 0x0800, 1, 9, 'x'), false), 7, -1);
	expect_bad_param(write_list(w, 0, add(add(list_new(), 0x0801, 1, 32, 'x'), 0x0800, 1, 8, 'x'), false), 41, -1);
	expect_bad_param(write_list(w, 0, add(add(list_new(), 0x0800, 1, 8, 'x'), 0x0800, 1, 8, 'x'), false), 17, -1);
	expect_absent(w, 0, 0x0800);
	expect_absent(w, 0, 0x0801);
}

EACH_DRIVE(a_list_that_ends_early_is_refused)
{
	struct list *l = add(list_new(), 0x0800, 1, 8, 'x');
	uint8_t cdb[16] = { 0x8d, 0x01, [13] = 17 };

	put_be32(l->bytes, 13);
	expect_sense(io_out(w->a, l->bytes, 16, cdb, sizeof(cdb)), 5, 0x1a, 0);
	for (unsigned len = 1; len < 17; len++) {
		cdb[13] = (uint8_t)len;
		expect_sense(io_out(w->a, l->bytes, len, cdb, sizeof(cdb)), 5, 0x1a, 0);
	}
	cdb[13] = 0;
	expect_good(io(w->a, cdb, sizeof(cdb)));
	put_be32(l->bytes, 0xffffffff);
	cdb[13] = 17;
	expect_sense(io_out(w->a, l->bytes, 17, cdb, sizeof(cdb)), 5, 0x1a, 0);
	expect_absent(w, 0, 0x0800);
}

EACH_DRIVE(a_memory_that_is_full_says_so_and_keeps_what_it_has)
{
	uint64_t room = io_uint(expect_good(ssc_attribute(w->a, 0, 0x0004)), 9, 8);

	assert_true(room > 2000 && room < ROOM);
	expect_good(write_list(w, 0, add(list_new(), 0x1400, 0, (uint16_t)(room - 5 - 100), 1), false));
	expect_u64(expect_good(ssc_attribute(w->a, 0, 0x0004)), 9, 100);
	expect_sense(write_list(w, 0, add(list_new(), 0x1401, 0, 96, 1), false), 5, 0x55, 6);
	expect_absent(w, 0, 0x1401);
	expect_good(write_list(w, 0, add(list_new(), 0x1401, 0, 95, 1), false));
	expect_u64(expect_good(ssc_attribute(w->a, 0, 0x0004)), 9, 0);
	expect_good(write_list(w, 0, add(list_new(), 0x1400, 0, 50, 1), false));
}

EACH_EMPTY_DRIVE(the_memory_of_a_write_protected_cartridge_can_be_written)
{
	ssc_insert(w, &(struct ssc_cartridge){ .write_protected = true });
	expect_good(write_list(w, 0, add(list_new(), 0x0800, 1, 8, 'x'), false));
	expect_attr(w, 0, 0x0800, 8, 'x');
}

EACH_DRIVE(writing_an_attribute_is_no_change_of_the_volume)
{
	uint64_t before = io_uint(expect_good(ssc_attribute(w->a, 0, 0x0009)), 9, 4);

	expect_good(write_list(w, 0, add(list_new(), 0x0800, 1, 8, 'x'), false));
	expect_u32(expect_good(ssc_attribute(w->a, 0, 0x0009)), 9, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(an_attribute_is_created_changed_and_deleted),
		SSC_TEST(ltfs_counts_the_header_of_its_list_and_locks_the_volume),
		SSC_TEST(each_partition_has_its_own_coherency),
		SSC_TEST(several_attributes_are_written_in_order_and_survive),
		SSC_TEST(what_hosts_may_not_write_is_refused_and_nothing_of_the_list_is_written),
		SSC_TEST(a_wrong_format_length_or_order_is_refused_where_it_stands),
		SSC_TEST(a_list_that_ends_early_is_refused),
		SSC_TEST(a_memory_that_is_full_says_so_and_keeps_what_it_has),
		SSC_TEST(the_memory_of_a_write_protected_cartridge_can_be_written),
		SSC_TEST(writing_an_attribute_is_no_change_of_the_volume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
