/* SPDX-License-Identifier: GPL-2.0-only */
/* What LTFS sends, in its order: open, mkltfs, mount, unmount (its Linux back-end). */
#include <string.h>

#include "ssc_world.h"

/* REPORT SUPPORTED OPERATION CODES with RCTD: LTFS takes its timeouts from it. */
static void open_device(struct ssc_world *w)
{
	const struct io *all;

	ssc_ready(w->a);
	all = expect_good(io_in(w->a, 4096, CDB(0xa3, 0x0c, 0x80, 0, 0, 0, 0, 0, 0x10, 0, 0, 0)));
	assert_true(io_uint(all, 0, 4) + 4 < 4096);
	assert_int_equal(io_uint(all, 0, 4) % 20, 0);
	for (unsigned at = 4; at < all->cmd.in_used; at += 20)
		assert_true(io_uint(all, at + 16, 4) > 0);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 1, 0)));
	assert_true(io_uint(expect_good(io_in(w->a, 6, CDB(0x05, 0, 0, 0, 0, 0))), 1, 3) >= 524288);
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 1, 0)));
}

static void partition(struct ssc_world *w)
{
	const struct io *now = expect_good(ssc_mode(w->a, 0x11, 0));
	uint8_t list[32];

	memcpy(list, now->in, sizeof(list));
	list[0] = list[1] = 0;
	list[16] &= 0x7f;
	list[19] = 1;
	list[20] = 0x20 | (list[20] & 0x1f);
	list[22] = 9;
	memcpy(list + 24, "\0\1\377\377", 4);
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, sizeof(list), 0)));
	expect_good(io(w->a, CDB(0x04, 0, 1, 0, 0, 0)));
}

static void write_coherency(struct ssc_world *w, uint8_t p, uint64_t reference, uint64_t block)
{
	uint8_t list[79] = { 0, 0, 0, 79, 0x08, 0x0c, 0, 0, 70, 8 };

	put_be64(list + 10, reference);
	put_be64(list + 18, 1);
	put_be64(list + 26, block);
	put_be16(list + 34, 43);
	memcpy(list + 36, "LTFS", 4);
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x8d, 1, 0, 0, 0, 0, 0, p, 0, 0, 0, 0, 0, 79, 0, 0)));
}

static uint64_t reference(struct ssc_world *w)
{
	return io_uint(expect_good(ssc_attribute(w->a, 0, 0x0009)), 9, 4);
}

/* A label, a filemark, an index, a filemark, as at the beginning of each partition. */
static void write_label(struct ssc_world *w, unsigned p)
{
	expect_good(ssc_locate_partition(w->a, p, 0));
	expect_good(ssc_write(w->a, 80, p));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_write(w->a, 4000, p));
	expect_good(ssc_filemarks(w->a, 1));
}

EACH_EMPTY_DRIVE(mkltfs_mount_and_unmount)
{
	struct io *end;
	uint64_t before;

	if (w->medium->max_partitions < 2 || w->model->max_partitions < 2 || !vtl_op_get(w->dev, 0x8d, VTL_NO_SA) ||
	    !vtl_op_get(w->dev, 0x0b, VTL_NO_SA) || !vtl_op_get(w->dev, 0x04, VTL_NO_SA))
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .capacity = 100000000000u, .early_warning = 1000000000u });
	open_device(w);
	expect_good(io(w->a, CDB(0x0b, 0, 0, 0xff, 0xff, 0)));
	partition(w);
	for (unsigned p = 0; p < 2; p++)
		write_label(w, p);
	for (uint8_t p = 0; p < 2; p++)
		write_coherency(w, p, reference(w), 2);
	before = reference(w);
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 0, 0)));
	ssc_reinsert(w);
	open_device(w);
	assert_int_equal(reference(w), before);
	for (unsigned p = 0; p < 2; p++) {
		expect_u64(expect_good(ssc_attribute(w->a, p, 0x080c)), 9 + 1, before);
		expect_good(ssc_locate_partition(w->a, p, 0));
		expect_good(ssc_read(w->a, RW_SILI, 512 * KIB, 512 * KIB));
		expect_sense(ssc_read(w->a, RW_SILI, 512 * KIB, 512 * KIB), 0, 0, 1);
		end = ssc_locate_partition(w->a, p, UINT64_MAX);
		if (end->cmd.status != SAM_GOOD)
			expect_sense(end, 8, 0, 5);
		assert_int_equal(ssc_object(w->a), 4);
		expect_u32(ssc_position(w->a), 4, p);
	}
	expect_good(ssc_write(w->a, 512 * KIB, 9));
	assert_int_not_equal(reference(w), before);
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 0, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(mkltfs_mount_and_unmount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
