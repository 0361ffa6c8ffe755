/* SPDX-License-Identifier: GPL-2.0-only */
/* RECOVER BUFFERED DATA: what was accepted and could not be written is had back, in order, until something goes on. */
#include <errno.h>
#include <string.h>

#include "ssc_world.h"
#include "store_fault.h"

enum { BLOCK = 1000 };

/* A drive whose cartridge can fail. */
struct lost_world {
	struct ssc_world *w;
	struct media_store *under, *store;
};

static struct lost_world insert(struct ssc_world *w)
{
	struct lost_world l = { .w = w };

	l.under = ssc_cartridge(w, &(struct ssc_cartridge){ 0 });
	assert_int_equal(media_store_fault(l.under, &l.store), 0);
	ssc_insert_store(w, l.store);
	sim_drain_attentions(w->a);
	sim_drain_attentions(w->b);
	return l;
}

static void take_out(struct lost_world *l)
{
	ssc_eject(l->w);
	l->under->ops->destroy(l->under);
}

/* One block is on the medium; blocks 1 and 2, a filemark and block 3 are lost. */
static struct lost_world lose(struct ssc_world *w)
{
	struct lost_world l = insert(w);

	expect_good(ssc_write(w->a, BLOCK, 0));
	expect_good(ssc_filemarks(w->a, 0));
	media_fault_fail(l.store, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	expect_good(ssc_write(w->a, BLOCK, 1));
	expect_good(ssc_write(w->a, 2 * BLOCK, 2));
	expect_good(io(w->a, CDB(0x10, 0x01, 0, 0, 1, 0)));
	expect_good(ssc_write(w->a, BLOCK, 3));
	expect_deferred(ssc_filemarks(w->a, 0), 3, 0x0c, 0);
	media_fault_fail(l.store, MEDIA_FAULT_PWRITE, 0, 0, 0);
	return l;
}

static struct io *recover(struct ssc_world *w, unsigned flags, uint32_t length, uint32_t in_len)
{
	uint8_t cdb[6] = { 0x14, (uint8_t)flags };

	put_be24(cdb + 2, length);
	return io_in(w->a, in_len, cdb, sizeof(cdb));
}

static void expect_recovered(struct ssc_world *w, uint32_t len, unsigned fill)
{
	static uint8_t want[2 * BLOCK];

	ssc_fill(want, len, fill);
	expect_data(expect_good(recover(w, 0, len, len)), want, len);
}

static void expect_end(struct io *io, int64_t information)
{
	expect_info(expect_bits(expect_sense(io, 0, 0x00, 0x05), SENSE_BIT_EOM), information);
}

/* What the buffer holds by READ POSITION, extended form; the position, and what goes to the medium next, are one. */
static void expect_in_buffer(struct ssc_world *w, unsigned objects, unsigned bytes)
{
	const struct io *p = expect_good(io_in(w->a, 32, CDB(0x34, 0x08, 0, 0, 0, 0, 0, 0, 32, 0)));
	const struct io *s = expect_good(io_in(w->a, 20, CDB(0x34, 0x00, 0, 0, 0, 0, 0, 0, 0, 0)));

	assert_int_equal(io_uint(p, 5, 3), objects);
	assert_int_equal(io_uint(p, 24, 8), bytes);
	assert_int_equal(io_uint(p, 8, 8), 1);
	assert_int_equal(io_uint(p, 16, 8), 1);
	assert_int_equal(io_uint(s, 13, 3), objects);
	assert_int_equal(io_uint(s, 16, 4), bytes);
}

EACH_EMPTY_DRIVE(what_could_not_be_written_is_had_back_in_the_order_in_which_it_was_written)
{
	struct lost_world l = lose(w);

	expect_in_buffer(w, 4, 4 * BLOCK);
	expect_recovered(w, BLOCK, 1);
	expect_in_buffer(w, 3, 3 * BLOCK);
	expect_recovered(w, 2 * BLOCK, 2);
	expect_info(expect_bits(expect_sense(recover(w, 0, BLOCK, BLOCK), 0, 0, 1), SENSE_BIT_FILEMARK), BLOCK);
	expect_recovered(w, BLOCK, 3);
	expect_in_buffer(w, 0, 0);
	expect_end(recover(w, 0, BLOCK, BLOCK), BLOCK);
	take_out(&l);
}

EACH_EMPTY_DRIVE(recovered_blocks_of_another_length_are_told_as_reads_tell_them)
{
	struct lost_world l = lose(w);

	expect_info(expect_bits(expect_sense(recover(w, 0, 3 * BLOCK, 3 * BLOCK), 0, 0, 0), SENSE_BIT_ILI), 2 * BLOCK);
	expect_len(expect_good(recover(w, RW_SILI, 3 * BLOCK, 3 * BLOCK)), 2 * BLOCK);
	take_out(&l);
}

EACH_EMPTY_DRIVE(fixed_blocks_are_recovered_many_at_a_time)
{
	struct lost_world l = insert(w);
	static uint8_t want[3 * BLOCK];

	expect_good(ssc_write(w->a, BLOCK, 0));
	expect_good(ssc_filemarks(w->a, 0));
	ssc_set_block(w->a, BLOCK);
	media_fault_fail(l.store, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	expect_good(ssc_write_fixed(w->a, 3, BLOCK, 1));
	expect_deferred(ssc_filemarks(w->a, 0), 3, 0x0c, 0);
	media_fault_fail(l.store, MEDIA_FAULT_PWRITE, 0, 0, 0);
	for (unsigned i = 0; i < 3; i++)
		ssc_fill(want + i * BLOCK, BLOCK, 1 + i);
	expect_in_buffer(w, 3, 3 * BLOCK);
	expect_end(expect_data(recover(w, RW_FIXED, 5, 5 * BLOCK), want, sizeof(want)), 2);
	take_out(&l);
}

EACH_EMPTY_DRIVE(a_length_of_zero_recovers_nothing_and_flushing_forgets_nothing)
{
	struct lost_world l = lose(w);

	expect_len(expect_good(recover(w, 0, 0, 0)), 0);
	expect_good(ssc_filemarks(w->a, 0));
	expect_good(ssc_ready(w->a));
	expect_in_buffer(w, 4, 4 * BLOCK);
	expect_recovered(w, BLOCK, 1);
	take_out(&l);
}

EACH_EMPTY_DRIVE(moving_writing_and_reading_discard_what_was_not_recovered)
{
	for (unsigned i = 0; i < 5; i++) {
		struct lost_world l = lose(w);

		if (i == 0)
			expect_good(ssc_write(w->a, BLOCK, 9));
		else if (i == 1)
			expect_good(ssc_rewind(w->a));
		else if (i == 2)
			expect_sense(ssc_read(w->a, 0, 10, 10), 8, 0, 5);
		else if (i == 3)
			expect_good(ssc_filemarks(w->a, 1));
		else
			expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 0));
		expect_end(recover(w, 0, BLOCK, BLOCK), BLOCK);
		take_out(&l);
	}
}

EACH_EMPTY_DRIVE(a_reset_discards_what_was_not_recovered)
{
	struct lost_world l = lose(w);

	vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
	sim_drain_attentions(w->a);
	expect_in_buffer(w, 0, 0);
	expect_end(recover(w, 0, BLOCK, BLOCK), BLOCK);
	take_out(&l);
}

EACH_EMPTY_DRIVE(recovered_blocks_written_again_are_the_tape_that_should_have_been)
{
	struct lost_world l = lose(w);

	expect_recovered(w, BLOCK, 1);
	expect_recovered(w, 2 * BLOCK, 2);
	expect_good(ssc_write(w->a, BLOCK, 1));
	expect_good(ssc_write(w->a, 2 * BLOCK, 2));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, BLOCK, 0);
	ssc_expect_block(w->a, BLOCK, 1);
	ssc_expect_block(w->a, 2 * BLOCK, 2);
	take_out(&l);
}

EACH_DRIVE(where_nothing_is_lost_buffered_blocks_are_written_and_nothing_is_recovered)
{
	expect_good(ssc_write(w->a, BLOCK, 1));
	expect_end(recover(w, 0, BLOCK, BLOCK), BLOCK);
	assert_int_equal(ssc_object(w->a), 1);
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, BLOCK, 1);
}

EACH_DRIVE(the_device_configuration_page_says_that_the_buffer_can_be_recovered)
{
	const struct io *page = ssc_mode(w->a, 0x10, 0);

	assert_int_equal(io_uint(page, 16 + 8, 1) & 0x80, 0x80);
	assert_int_equal(io_uint(page, 16 + 8, 1) & 0x02, 0);	/* RBO: in the order in which it was written */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(what_could_not_be_written_is_had_back_in_the_order_in_which_it_was_written),
		SSC_TEST(recovered_blocks_of_another_length_are_told_as_reads_tell_them),
		SSC_TEST(fixed_blocks_are_recovered_many_at_a_time),
		SSC_TEST(a_length_of_zero_recovers_nothing_and_flushing_forgets_nothing),
		SSC_TEST(moving_writing_and_reading_discard_what_was_not_recovered),
		SSC_TEST(a_reset_discards_what_was_not_recovered),
		SSC_TEST(recovered_blocks_written_again_are_the_tape_that_should_have_been),
		SSC_TEST(where_nothing_is_lost_buffered_blocks_are_written_and_nothing_is_recovered),
		SSC_TEST(the_device_configuration_page_says_that_the_buffer_can_be_recovered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
