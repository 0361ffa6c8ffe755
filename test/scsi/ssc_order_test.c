/* SPDX-License-Identifier: GPL-2.0-only */
/* Where things lie: READ END OF WRAP POSITION, recommended access order; and what only some families have. */
#include <stdlib.h>
#include <string.h>

#include "ssc_world.h"

static bool has(struct ssc_world *w, uint8_t opcode, int sa)
{
	return vtl_op_get(w->dev, opcode, sa) != NULL;
}

/* `n` blocks that fill about half of the tape. */
static void fill_half(struct ssc_world *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		expect_good(ssc_write(w->a, TEST_CAPACITY / 2 / n, NOT_COMPRESSIBLE + i));
}

EACH_DRIVE(cta_reads_the_ends_of_all_wraps_to_estimate_where_files_are)
{
	const struct io *all;
	unsigned n;
	uint64_t last = 0;

	if (!has(w, 0xa3, 0x1f)) {
		expect_bad_cdb(io_in(w->a, 64, CDB(0xa3, 0x1f, 0x45, 2, 0, 0, 0, 0, 0, 64, 0, 0)), 1, 4);
		return;
	}
	fill_half(w, 40);
	all = expect_good(io_in(w->a, 8192, CDB(0xa3, 0x1f, 0x45, 2, 0, 0, 0, 0, 0x20, 0, 0, 0)));
	n = ((unsigned)io_uint(all, 0, 2) - 2) / 12;
	assert_int_equal(n, w->medium->wraps);
	assert_int_equal(all->cmd.in_used, 4 + 12 * n);
	for (unsigned i = 0; i < n; i++) {
		uint64_t object = io_uint(all, 4 + 12 * i + 6, 6);

		assert_int_equal(io_uint(all, 4 + 12 * i, 2), i);
		assert_int_equal(io_uint(all, 4 + 12 * i + 2, 2), 0);
		assert_true(object >= last && object <= 40);
		last = object;
	}
	assert_int_equal(last, 40);
	assert_in_range(io_uint(all, 4 + 12 * (n / 4) + 6, 6), 17, 23);
	all = expect_good(io_in(w->a, 64, CDB(0xa3, 0x1f, 0x45, 1, 0, (uint8_t)(n / 4), 0, 0, 0, 64, 0, 0)));
	expect_u16((struct io *)all, 0, 8);
	assert_in_range(io_uint(all, 4, 6), 17, 23);
	expect_good(io_in(w->a, 64, CDB(0xa3, 0x1f, 0x45, 0, 0, 0, 0, 0, 0, 64, 0, 0)));
	if (n <= 255)
		expect_bad_cdb(io_in(w->a, 64, CDB(0xa3, 0x1f, 0x45, 1, 0, 0xff, 0, 0, 0, 0, 0, 0)), 5, 7);
}

EACH_DRIVE(a_wrap_that_is_not_there_or_another_qualifier_is_refused)
{
	if (!has(w, 0xa3, 0x1f))
		return;
	expect_bad_cdb(io_in(w->a, 64, CDB(0xa3, 0x1f, 0x44, 2, 0, 0, 0, 0, 0, 64, 0, 0)), 2, 7);
	expect_bad_cdb(io_in(w->a, 64, CDB(0xa3, 0x1f, 0x45, 3, 0, 0, 0, 0, 0, 64, 0, 0)), 3, 0);
	expect_bad_cdb(io_in(w->a, 64, CDB(0xa3, 0x1f, 0x45, 0, 0, 1, 0, 0, 0, 64, 0, 0)), 3, 0);
}

static void put_segment(uint8_t *d, const char *name, uint64_t begin, uint64_t end)
{
	memset(d, 0, 32);
	put_be16(d, 30);
	memcpy(d + 5, name, strlen(name));
	put_be64(d + 16, begin);
	put_be64(d + 24, end);
}

static struct io *generate(struct ssc_world *w, uint8_t *list, unsigned n)
{
	uint8_t cdb[12] = { 0xa4, 0x1d, 2 };

	memset(list, 0, 8);
	put_be32(list + 4, 32 * n);
	put_be32(cdb + 6, 8 + 32 * n);
	return io_out(w->a, list, 8 + 32 * n, cdb, sizeof(cdb));
}

EACH_DRIVE(cta_gets_an_order_in_which_to_read_its_files)
{
	uint8_t list[8 + 4 * 32];
	const struct io *order;
	unsigned seen = 0;

	if (!has(w, 0xa4, 0x1d))
		return;
	fill_half(w, 40);
	expect_good(ssc_rewind(w->a));
	expect_data(expect_good(io_in(w->a, 64, CDB(0xa3, 0x9d, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0))),
		    BYTES(0x0a, 0xaa, 0x00, 0x20));
	expect_data(expect_good(io_in(w->a, 64, CDB(0xa3, 0x1d, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0))),
		    BYTES(0, 0, 0, 0, 0, 0, 0, 0));
	put_segment(list + 8, "3", 30, 35);
	put_segment(list + 40, "1", 0, 3);
	put_segment(list + 72, "2", 15, 20);
	put_segment(list + 104, "4", 36, 39);
	expect_good(generate(w, list, 4));
	order = expect_good(io_in(w->a, 4096, CDB(0xa3, 0x1d, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0)));
	expect_u32((struct io *)order, 4, 128);
	expect_len((struct io *)order, 8 + 128);
	assert_memory_equal(order->in + 8, list + 40, 32);
	for (unsigned i = 0; i < 4; i++)
		seen |= 1u << (order->in[8 + 32 * i + 5] - '1');
	assert_int_equal(seen, 0x0f);
	order = expect_good(io_in(w->a, 4096, CDB(0xa3, 0x1d, 0, 0, 0, 32, 0, 0, 0x10, 0, 0, 0)));
	expect_u32((struct io *)order, 4, 96);
	expect_bad_cdb(io_in(w->a, 64, CDB(0xa3, 0x1d, 0, 0, 0, 129, 0, 0, 0, 64, 0, 0)), 2, 7);
}

EACH_DRIVE(segments_that_make_no_sense_are_refused)
{
	uint8_t list[8 + 32], cdb[12] = { 0xa4, 0x1d, 2, [9] = 40 };

	if (!has(w, 0xa4, 0x1d))
		return;
	put_segment(list + 8, "1", 5, 4);
	expect_bad_param(generate(w, list, 1), 8 + 24, -1);
	put_segment(list + 8, "1", 4, 4);
	list[8 + 15] = 1;
	expect_bad_param(generate(w, list, 1), 8 + 15, -1);
	list[8 + 1] = 29;
	expect_bad_param(generate(w, list, 1), 8, -1);
	put_be32(list + 4, 64);
	expect_sense(io_out(w->a, list, 40, cdb, sizeof(cdb)), 5, 0x1a, 0);
	cdb[3] = 1;
	expect_bad_cdb(io_out(w->a, list, 40, cdb, sizeof(cdb)), 3, 2);
}

EACH_DRIVE(the_serial_number_of_the_medium_is_the_one_in_its_memory)
{
	const struct io *serial = expect_good(io_in(w->a, 64, CDB(0xab, 1, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0)));
	const struct io *a = expect_good(ssc_attribute(w->a, 0, 0x0401));

	expect_u32((struct io *)serial, 0, 32);
	assert_memory_equal(serial->in + 4, a->in + 9, 32);
}

EACH_DRIVE(the_medium_types_that_the_drive_takes_are_reported)
{
	const struct io *all = expect_good(io_in(w->a, 4096, CDB(0x44, 2, 0, 0, 0, 0, 0, 0x10, 0, 0)));
	const struct io *one = expect_good(io_in(w->a, 4096, CDB(0x44, 3, 0, 0, 0, 0, 0, 0x10, 0, 0)));
	bool found = false;

	expect_u16((struct io *)one, 0, 58);
	expect_u8((struct io *)one, 4, w->medium->medium_type);
	expect_u8((struct io *)one, 9, w->medium->density);
	assert_int_equal((io_uint(all, 0, 2) - 2) % 56, 0);
	for (unsigned at = 4; at < all->cmd.in_used; at += 56)
		found |= !memcmp(all->in + at, one->in + 4, 56);
	assert_true(found);
}

/* ---- drives of other families ---- */

static void with_family(const char *family, void (*test)(struct ssc_world *w))
{
	struct vtl_drive_model *model = calloc(1, sizeof(*model));

	assert_non_null(model);
	*model = *ssc_some_model();
	snprintf(model->family, sizeof(model->family), "%s", family);
	ssc_one_drive(model, test);
	free(model);
}

static void space_over_runs(struct ssc_world *w)
{
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	for (unsigned n = 1; n <= 3; n++) {
		expect_good(ssc_write(w->a, 10, n));
		expect_good(ssc_filemarks(w->a, n));
	}
	expect_good(ssc_rewind(w->a));
	expect_good(ssc_space(w->a, 2, 2));
	assert_int_equal(ssc_object(w->a), 5);
	expect_good(ssc_space(w->a, 2, 3));
	assert_int_equal(ssc_object(w->a), 9);
	expect_good(ssc_space(w->a, 2, -2));
	assert_int_equal(ssc_object(w->a), 7);
	expect_good(ssc_space(w->a, 2, -3 + 1));
	assert_int_equal(ssc_object(w->a), 3);
	expect_info(expect_bits(expect_sense(ssc_space(w->a, 2, -2), 0, 0, 4), SENSE_BIT_EOM), 2);
	expect_info(expect_sense(ssc_space(w->a, 2, 4), 8, 0, 5), 4);
	expect_good(ssc_space(w->a, 2, 0));
}

static void drives_that_have_it_space_over_sequential_filemarks(void **state)
{
	with_family("dlt", space_over_runs);
}

static void unload_at_end(struct ssc_world *w)
{
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	expect_bad_cdb(io(w->a, CDB(0x1b, 0, 0, 0, 5, 0)), 4, 2);
	expect_bad_cdb(io(w->a, CDB(0x1b, 0, 0, 0, 12, 0)), 4, 2);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 4, 0)));
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
}

static void drives_that_have_it_unload_at_the_end_of_the_tape(void **state)
{
	with_family("dlt", unload_at_end);
}

static void display(struct ssc_world *w)
{
	expect_good(io_out(w->a, "\0HELLO   WORLD   ", 17, CDB(0x06, 0, 0, 0, 17, 0)));
	assert_non_null(strstr(w->sim.log, "\"HELLO   \" \"WORLD   \""));
	expect_sense(io_out(w->a, "\0HELLO", 6, CDB(0x06, 0, 0, 0, 6, 0)), 5, 0x1a, 0);
}

static void drives_with_a_display_show_messages(void **state)
{
	with_family("3592", display);
}

EACH_DRIVE(lto_drives_have_no_display)
{
	if (strstr(w->model->family, "lto"))
		expect_sense(io_out(w->a, "\0HELLO   WORLD   ", 17, CDB(0x06, 0, 0, 0, 17, 0)), 5, 0x20, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(cta_reads_the_ends_of_all_wraps_to_estimate_where_files_are),
		SSC_TEST(a_wrap_that_is_not_there_or_another_qualifier_is_refused),
		SSC_TEST(cta_gets_an_order_in_which_to_read_its_files),
		SSC_TEST(segments_that_make_no_sense_are_refused),
		SSC_TEST(the_serial_number_of_the_medium_is_the_one_in_its_memory),
		SSC_TEST(the_medium_types_that_the_drive_takes_are_reported),
		SSC_TEST(drives_that_have_it_space_over_sequential_filemarks),
		SSC_TEST(drives_that_have_it_unload_at_the_end_of_the_tape),
		SSC_TEST(drives_with_a_display_show_messages),
		SSC_TEST(lto_drives_have_no_display),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
