/* SPDX-License-Identifier: GPL-2.0-only */
/* Dividing a volume: FORMAT MEDIUM by the Medium Partition page, SET CAPACITY, append-only mode. */
#include <string.h>

#include "ssc_world.h"

enum { FDP = 0x80, SDP = 0x40, IDP = 0x20, PSUM_KB = 0x08, PSUM_MB = 0x10, PSUM_UNITS = 0x18, POFM = 0x04 };

static struct io *format(struct vtl_nexus *nexus, unsigned how)
{
	uint8_t cdb[6] = { 0x04, 0, (uint8_t)how };

	return io(nexus, cdb, sizeof(cdb));
}

/* MODE SELECT(10) of page 11h: so many partitions, by `flags`, of these sizes. */
static struct io *divide(struct vtl_nexus *nexus, unsigned n, uint8_t flags, uint8_t units, const uint16_t *sizes)
{
	const struct io *now = expect_good(ssc_mode(nexus, 0x11, 0));
	uint8_t list[32];

	assert_int_equal(now->cmd.in_used, sizeof(list));
	memcpy(list, now->in, sizeof(list));
	list[0] = list[1] = 0;
	list[16] &= 0x7f;
	list[19] = (uint8_t)(n - 1);
	list[20] = flags | POFM;
	list[22] = units;
	for (unsigned i = 0; sizes && i < n; i++)
		put_be16(list + 24 + 2 * i, sizes[i]);
	return io_out(nexus, list, sizeof(list), CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, sizeof(list), 0));
}

static unsigned most(const struct ssc_world *w)
{
	return w->medium->max_partitions < w->model->max_partitions ? w->medium->max_partitions
								     : w->model->max_partitions;
}

/* Attribute 0001h: the capacity of a partition, in MiB. */
static uint64_t capacity(struct ssc_world *w, unsigned partition)
{
	return io_uint(expect_good(ssc_attribute(w->a, partition, 0x0001)), 9, 8);
}

static unsigned partitions(struct ssc_world *w)
{
	struct io *io = expect_good(io_in(w->a, 64, CDB(0x8c, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0)));

	return (unsigned)io_uint(io, 3, 1);
}

#define BIG	((struct ssc_cartridge){ .capacity = 100000000000u, .early_warning = 1000000000u })

EACH_EMPTY_DRIVE(mkltfs_makes_an_index_partition_of_the_smallest_size_and_a_data_partition_of_the_rest)
{
	uint64_t total;

	if (most(w) < 2)
		return;
	ssc_insert(w, &BIG);
	total = capacity(w, 0);
	expect_good(io(w->a, CDB(0x0b, 0, 0, 0xff, 0xff, 0)));
	expect_good(divide(w->a, 2, IDP | PSUM_UNITS, 9, (const uint16_t[]){ 1, 0xffff }));
	expect_good(format(w->a, 1));
	assert_int_equal(partitions(w), 2);
	assert_in_range(capacity(w, 0), 900, total / 20);
	assert_in_range(capacity(w, 0) + capacity(w, 1), total - 1, total);
	expect_u8(ssc_mode(w->a, 0x11, 0), 19, 1);
	expect_good(divide(w->a, 2, IDP | PSUM_UNITS, 9, (const uint16_t[]){ 0xffff, 1 }));
	expect_good(format(w->a, 2));
	assert_in_range(capacity(w, 1), 900, total / 20);
	expect_good(format(w->a, 0));
	assert_int_equal(partitions(w), 1);
	assert_int_equal(capacity(w, 0), total);
}

EACH_EMPTY_DRIVE(mt_mkpartition_states_megabytes)
{
	if (most(w) < 2)
		return;
	ssc_insert(w, &BIG);
	expect_good(divide(w->a, 2, IDP | PSUM_MB, 0, (const uint16_t[]){ 0xffff, 40000 }));
	expect_good(format(w->a, 1));
	assert_int_equal(partitions(w), 2);
	assert_in_range(capacity(w, 1), 40000 * 1000000ull / MIB, 40000 * 1000000ull / MIB + 100000 / 20);
	assert_true(capacity(w, 0) > capacity(w, 1));
}

EACH_EMPTY_DRIVE(the_drive_divides_by_itself_equally_or_with_one_large_partition)
{
	uint64_t total;

	if (most(w) < 2)
		return;
	ssc_insert(w, &BIG);
	total = capacity(w, 0);
	for (unsigned n = 2; n <= most(w); n++) {
		expect_good(divide(w->a, n, SDP | PSUM_UNITS, 9, NULL));
		expect_good(format(w->a, 1));
		assert_int_equal(partitions(w), n);
		for (unsigned p = 0; p < n; p++)
			assert_in_range(capacity(w, p), total / n - 1, total / n + 1);
		expect_good(divide(w->a, n, FDP | PSUM_UNITS, 9, NULL));
		expect_good(format(w->a, 1));
		assert_true(capacity(w, 0) > total / 2);
		for (unsigned p = 2; p < n; p++)
			assert_int_equal(capacity(w, p), capacity(w, 1));
	}
}

EACH_EMPTY_DRIVE(what_cannot_be_divided_so_is_refused_and_nothing_changes)
{
	if (most(w) < 2)
		return;
	ssc_insert(w, &BIG);
	expect_sense(format(w->a, 1), 5, 0x26, 2);
	expect_bad_param(divide(w->a, most(w) + 1, SDP | PSUM_UNITS, 9, NULL), 19, -1);
	expect_bad_param(divide(w->a, 2, SDP | IDP | PSUM_UNITS, 9, NULL), 20, 7);
	expect_bad_param(divide(w->a, 2, IDP | PSUM_UNITS, 9, (const uint16_t[]){ 0xffff, 0xffff }), 26, -1);
	expect_good(divide(w->a, 2, IDP | PSUM_UNITS, 9, (const uint16_t[]){ 101, 0xffff }));
	expect_sense(format(w->a, 1), 5, 0x26, 2);
	expect_good(divide(w->a, 2, IDP | PSUM_UNITS, 9, (const uint16_t[]){ 100, 0xffff }));
	expect_sense(format(w->a, 2), 5, 0x26, 2);
	expect_bad_cdb(format(w->a, 3), 2, 3);
	assert_int_equal(partitions(w), 1);
}

EACH_EMPTY_DRIVE(a_format_needs_the_beginning_of_the_volume_and_permission)
{
	if (most(w) < 2)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .partitions = 2 });
	expect_good(ssc_write(w->a, 100, 1));
	expect_sense(format(w->a, 0), 5, 0x3b, 0x0c);
	expect_good(ssc_locate_partition(w->a, 1, 0));
	expect_sense(format(w->a, 0), 5, 0x3b, 0x0c);
	expect_sense(io(w->a, CDB(0x0b, 0, 0, 0xff, 0xff, 0)), 5, 0x3b, 0x0c);
	expect_good(ssc_locate_partition(w->a, 0, 0));
	ssc_expect_block(w->a, 100, 1);
	ssc_eject(w);
	ssc_insert(w, &(struct ssc_cartridge){ .write_protected = true });
	expect_sense(format(w->a, 0), 7, 0x27, 0);
	expect_sense(io(w->a, CDB(0x0b, 0, 0, 0xff, 0xff, 0)), 7, 0x27, 0);
	ssc_eject(w);
	if (vtl_drive_access(w->model, w->medium->name, MEDIA_WORM_DATA) != VTL_ACCESS_WRITE)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .kind = MEDIA_WORM_DATA });
	expect_sense(format(w->a, 0), 7, 0x30, 0x0c);
	expect_sense(io(w->a, CDB(0x0b, 0, 0, 0xff, 0xff, 0)), 7, 0x30, 0x0c);
}

EACH_EMPTY_DRIVE(a_division_lives_on_the_cartridge_and_each_partition_has_its_own_data)
{
	if (most(w) < 2)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	expect_good(divide(w->a, 2, SDP | PSUM_UNITS, 9, NULL));
	expect_good(format(w->a, 1));
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_locate_partition(w->a, 1, 0));
	expect_good(ssc_write(w->a, 200, 2));
	ssc_reinsert(w);
	assert_int_equal(partitions(w), 2);
	ssc_expect_block(w->a, 100, 1);
	expect_good(ssc_locate_partition(w->a, 1, 0));
	ssc_expect_block(w->a, 200, 2);
}

EACH_DRIVE(set_capacity_keeps_the_proportion_until_it_is_set_again)
{
	uint64_t total = capacity(w, 0);

	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_rewind(w->a));
	expect_good(io(w->a, CDB(0x0b, 0, 0, 0x80, 0x00, 0)));
	assert_in_range(capacity(w, 0), total / 2, total / 2 + 1);
	expect_sense(ssc_read(w->a, 0, 100, 100), 8, 0, 5);
	ssc_reinsert(w);
	assert_in_range(capacity(w, 0), total / 2, total / 2 + 1);
	if (most(w) > 1) {
		expect_good(format(w->a, 0));
		assert_in_range(capacity(w, 0), total / 2, total / 2 + 1);
	}
	expect_good(io(w->a, CDB(0x0b, 1, 0, 0xff, 0xff, 0)));
	assert_int_equal(capacity(w, 0), total);
	expect_good(io(w->a, CDB(0x0b, 0, 0, 0, 0, 0)));
	assert_true(capacity(w, 0) < total);
}

EACH_EMPTY_DRIVE(a_volume_that_was_reduced_ends_where_it_now_ends)
{
	unsigned n = 0;
	struct io *io;

	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	expect_good(io(w->a, CDB(0x0b, 0, 0, 0x40, 0x00, 0)));
	do {
		io = ssc_write(w->a, 64 * KIB, NOT_COMPRESSIBLE + n++);
	} while (io->cmd.status == SAM_GOOD);
	expect_sense(io, 0, 0, 2);
	while (io->cmd.sense[2] != 0x4d) {
		io = ssc_write(w->a, 64 * KIB, NOT_COMPRESSIBLE + n++);
		assert_true(n < 64);
	}
	expect_sense(io, 0x0d, 0, 2);
	assert_in_range(n, 30, 33);
}

EACH_EMPTY_DRIVE(a_format_forgets_what_the_memory_tells_of_the_data)
{
	static const uint8_t coherency[] = { 0, 0, 0, 75, 0x08, 0x0c, 0, 0, 70, [78] = 0 };

	if (most(w) < 2)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .partitions = 2 });
	for (uint8_t p = 0; p < 2; p++)
		expect_good(io_out(w->a, coherency, sizeof(coherency),
				   CDB(0x8d, 1, 0, 0, 0, 0, 0, p, 0, 0, 0, 0, 0, sizeof(coherency), 0, 0)));
	expect_good(format(w->a, 0));
	expect_bad_cdb(ssc_attribute(w->a, 0, 0x080c), 8, -1);
	expect_good(divide(w->a, 2, SDP | PSUM_UNITS, 9, NULL));
	expect_good(format(w->a, 1));
	expect_bad_cdb(ssc_attribute(w->a, 1, 0x080c), 8, -1);
}

EACH_DRIVE(a_format_with_immed_answers_at_once_and_tells_of_its_progress)
{
	if (most(w) < 2)
		return;
	w->sim.hold_jobs = true;
	expect_good(io(w->a, CDB(0x04, 1, 0, 0, 0, 0)));
	expect_u16(expect_good(io_in(w->a, 18, CDB(0x03, 0, 0, 0, 18, 0))), 12, 0x0404);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	expect_u16(expect_good(io_in(w->a, 18, CDB(0x03, 0, 0, 0, 18, 0))), 12, 0);
	expect_good(ssc_ready(w->a));
}

/* ---- append-only mode ---- */

static struct io *allow(struct vtl_nexus *nexus, unsigned what, unsigned partition, uint64_t object)
{
	uint8_t cdb[16] = { 0x82, 0, (uint8_t)what, (uint8_t)partition };

	put_be64(cdb + 4, object);
	return io(nexus, cdb, sizeof(cdb));
}

EACH_DRIVE(in_append_only_mode_nothing_is_overwritten_unless_it_was_allowed_there)
{
	if (!w->model->append_only)
		return;
	expect_sense(allow(w->a, 1, 0, 0), 5, 0x20, 0x0c);
	for (unsigned i = 0; i < 3; i++)
		expect_good(ssc_write(w->a, 100, i));
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 5, 0x10));
	sim_drain_attentions(w->b);
	expect_good(ssc_write(w->a, 100, 3));
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 1));
	expect_sense(ssc_write(w->a, 100, 9), 7, 0x30, 0x0c);
	expect_sense(ssc_filemarks(w->a, 1), 7, 0x30, 0x0c);
	expect_sense(io(w->a, CDB(0x19, 0, 0, 0, 0, 0)), 7, 0x30, 0x0c);
	ssc_expect_block(w->a, 100, 1);
	expect_sense(allow(w->a, 1, 0, 1), 5, 0x3b, 0x00);
	expect_bad_cdb(allow(w->a, 3, 0, 2), 2, 3);
	expect_good(allow(w->a, 1, 0, 2));
	expect_good(ssc_write(w->a, 100, 7));
	expect_sense(ssc_read(w->a, 0, 100, 100), 8, 0, 5);
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 0));
	expect_sense(ssc_write(w->a, 100, 7), 7, 0x30, 0x0c);
}

EACH_DRIVE(append_only_mode_lets_filemarks_at_the_end_be_written_over)
{
	if (!w->model->append_only)
		return;
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 5, 0x10));
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_filemarks(w->a, 2));
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, -1));
	expect_good(ssc_write(w->a, 100, 2));
}

EACH_DRIVE(append_only_mode_ends_only_without_a_volume_that_holds_data)
{
	if (!w->model->append_only)
		return;
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 5, 0x10));
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 5, 0x00));
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 5, 0x10));
	expect_bad_param(ssc_mode_set(w->a, 0x10, 0x01, 5, 0x00), 16 + 5, 7);
	expect_bad_param(ssc_mode_set(w->a, 0x10, 0x01, 5, 0x20), 16 + 5, 7);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 5, 0x00));
}

EACH_DRIVE(in_append_only_mode_a_format_must_be_allowed)
{
	if (!w->model->append_only || most(w) < 2)
		return;
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 5, 0x10));
	expect_sense(format(w->a, 0), 7, 0x30, 0x0c);
	expect_good(allow(w->a, 2, 0, 0));
	expect_good(format(w->a, 0));
	expect_sense(format(w->a, 0), 7, 0x30, 0x0c);
}

/* ---- software write protection ---- */

static bool can_protect(struct ssc_world *w)
{
	const struct io *mask = expect_good(io_in(w->a, 255, CDB(0x1a, 8, 0x50, 0, 255, 0)));

	return mask->in[4 + 10] & 0x04 && mask->in[4 + 15] & 0x06;
}

static void protect(struct ssc_world *w, unsigned at, uint8_t bit)
{
	expect_good(ssc_mode_set(w->a, 0x10, 0, at, ssc_mode(w->a, 0x10, 0)->in[16 + at] | bit));
	sim_drain_attentions(w->b);
}

EACH_DRIVE(software_write_protection_is_of_the_drive_or_of_the_volume)
{
	if (!can_protect(w))
		return;
	protect(w, 10, 0x04);
	expect_sense(ssc_write(w->a, 10, 1), 7, 0x27, 2);
	expect_u8(ssc_mode(w->a, 0x10, 0), 3, 0x90);
	expect_good(ssc_mode_set(w->a, 0x10, 0, 10, ssc_mode(w->a, 0x10, 0)->in[16 + 10] & (uint8_t)~0x04));
	expect_good(ssc_write(w->a, 10, 1));
	protect(w, 15, 0x04);
	expect_sense(ssc_write(w->b, 10, 1), 7, 0x27, 3);
	ssc_reinsert(w);
	expect_good(ssc_write(w->a, 10, 1));
	protect(w, 15, 0x02);
	expect_sense(ssc_write(w->a, 10, 1), 7, 0x27, 4);
	ssc_reinsert(w);
	expect_sense(ssc_write(w->a, 10, 1), 7, 0x27, 4);
	expect_good(ssc_mode_set(w->a, 0x10, 0, 15, ssc_mode(w->a, 0x10, 0)->in[16 + 15] & (uint8_t)~0x02));
	expect_good(ssc_write(w->a, 10, 1));
	ssc_eject(w);
	expect_bad_param(ssc_mode_set(w->a, 0x10, 0, 15, ssc_mode(w->a, 0x10, 0)->in[16 + 15] | 0x02), 16 + 15, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(mkltfs_makes_an_index_partition_of_the_smallest_size_and_a_data_partition_of_the_rest),
		SSC_TEST(mt_mkpartition_states_megabytes),
		SSC_TEST(the_drive_divides_by_itself_equally_or_with_one_large_partition),
		SSC_TEST(what_cannot_be_divided_so_is_refused_and_nothing_changes),
		SSC_TEST(a_format_needs_the_beginning_of_the_volume_and_permission),
		SSC_TEST(a_division_lives_on_the_cartridge_and_each_partition_has_its_own_data),
		SSC_TEST(set_capacity_keeps_the_proportion_until_it_is_set_again),
		SSC_TEST(a_volume_that_was_reduced_ends_where_it_now_ends),
		SSC_TEST(a_format_forgets_what_the_memory_tells_of_the_data),
		SSC_TEST(a_format_with_immed_answers_at_once_and_tells_of_its_progress),
		SSC_TEST(in_append_only_mode_nothing_is_overwritten_unless_it_was_allowed_there),
		SSC_TEST(append_only_mode_lets_filemarks_at_the_end_be_written_over),
		SSC_TEST(append_only_mode_ends_only_without_a_volume_that_holds_data),
		SSC_TEST(in_append_only_mode_a_format_must_be_allowed),
		SSC_TEST(software_write_protection_is_of_the_drive_or_of_the_volume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
