/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands that state where: READ, WRITE, WRITE FILEMARKS, ERASE(16); READ REVERSE; RECOVER BUFFERED DATA. */
#include <stdlib.h>
#include <string.h>

#include "ssc_world.h"

/* A 16-byte CDB with partition, logical object identifier and length. */
static void explicit_cdb(uint8_t cdb[16], uint8_t opcode, unsigned flags, unsigned partition, uint64_t object,
			 uint32_t length)
{
	memset(cdb, 0, 16);
	cdb[0] = opcode;
	cdb[1] = (uint8_t)flags;
	cdb[3] = (uint8_t)partition;
	put_be64(cdb + 4, object);
	if (opcode != 0x93)
		put_be24(cdb + 12, length);
}

static struct io *at(struct vtl_nexus *nexus, uint8_t opcode, unsigned flags, uint64_t object, uint32_t length,
		     uint32_t in_len)
{
	uint8_t cdb[16];

	explicit_cdb(cdb, opcode, flags, 0, object, length);
	return io_in(nexus, in_len, cdb, sizeof(cdb));
}

static struct io *write_at(struct vtl_nexus *nexus, unsigned partition, uint64_t object, uint32_t len, unsigned fill)
{
	uint8_t cdb[16], *buf = malloc(len);
	struct io *io;

	assert_non_null(buf);
	ssc_fill(buf, len, fill);
	explicit_cdb(cdb, 0x8a, 0, partition, object, len);
	io = io_out(nexus, buf, len, cdb, sizeof(cdb));
	free(buf);
	return io;
}

static void expect_block(struct io *io, uint32_t len, unsigned fill)
{
	uint8_t *buf = malloc(len);

	assert_non_null(buf);
	ssc_fill(buf, len, fill);
	expect_data(expect_good(io), buf, len);
	free(buf);
}

EACH_DRIVE(read_16_reads_where_it_says)
{
	for (unsigned i = 0; i < 5; i++)
		expect_good(ssc_write(w->a, 100 + i, i));
	expect_block(at(w->a, 0x88, 0, 3, 103, 103), 103, 3);
	expect_block(at(w->a, 0x88, 0, 1, 101, 101), 101, 1);
	assert_int_equal(ssc_object(w->a), 2);
	expect_sense(at(w->a, 0x88, 0, 5, 10, 10), 8, 0, 5);
	expect_sense(at(w->a, 0x88, 0, 77, 10, 10), 8, 0, 5);
	expect_info(expect_bits(expect_sense(at(w->a, 0x88, 0, 0, 120, 120), 0, 0, 0), SENSE_BIT_ILI), 20);
	ssc_set_block(w->a, 50);
	expect_bad_cdb(at(w->a, 0x88, RW_FIXED | RW_SILI, 0, 1, 50), 1, 1);
}

EACH_DRIVE(write_16_writes_where_it_says_and_cuts_what_follows)
{
	for (unsigned i = 0; i < 5; i++)
		expect_good(ssc_write(w->a, 100, i));
	expect_good(write_at(w->a, 0, 2, 77, 9));
	assert_int_equal(ssc_object(w->a), 3);
	expect_sense(ssc_read(w->a, 0, 10, 10), 8, 0, 5);
	expect_block(at(w->a, 0x88, 0, 2, 77, 77), 77, 9);
	expect_sense(write_at(w->a, 0, 9, 77, 9), 8, 0, 5);
	expect_bad_cdb(write_at(w->a, 5, 0, 77, 9), 3, -1);
}

EACH_EMPTY_DRIVE(a_16_byte_command_goes_to_another_partition)
{
	uint8_t cdb[16];

	if (w->model->max_partitions < 2 || w->medium->max_partitions < 2)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .partitions = 2 });
	expect_good(ssc_write(w->a, 50, 1));
	expect_good(write_at(w->a, 1, 0, 60, 2));
	explicit_cdb(cdb, 0x88, 0, 0, 0, 50);
	expect_block(io_in(w->a, 50, cdb, sizeof(cdb)), 50, 1);
	explicit_cdb(cdb, 0x88, 0, 1, 0, 60);
	expect_block(io_in(w->a, 60, cdb, sizeof(cdb)), 60, 2);
}

EACH_DRIVE(filemarks_16_and_erase_16_work_where_they_say)
{
	for (unsigned i = 0; i < 5; i++)
		expect_good(ssc_write(w->a, 100, i));
	expect_good(at(w->a, 0x80, 0, 3, 2, 0));
	assert_int_equal(ssc_object(w->a), 5);
	expect_sense(at(w->a, 0x88, 0, 4, 10, 10), 0, 0, 1);
	expect_good(at(w->a, 0x93, 0, 1, 0, 0));
	expect_sense(at(w->a, 0x88, 0, 1, 10, 10), 8, 0, 5);
	expect_block(at(w->a, 0x88, 0, 0, 100, 100), 100, 0);
	expect_good(at(w->a, 0x80, 1, 0, 0, 0));
}

EACH_DRIVE(a_long_erase_with_immed_tells_of_itself_until_it_is_done)
{
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_rewind(w->a));
	w->sim.hold_jobs = true;
	expect_good(io(w->a, CDB(0x19, 0x03, 0, 0, 0, 0)));
	expect_u16(expect_good(io_in(w->a, 18, CDB(0x03, 0, 0, 0, 18, 0))), 12, 0x0018);
	expect_progress(expect_sense(ssc_ready(w->a), 2, 4, 7), 0);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	expect_good(ssc_ready(w->a));
	expect_u16(expect_good(io_in(w->a, 18, CDB(0x03, 0, 0, 0, 18, 0))), 12, 0);
	expect_sense(ssc_read(w->a, 0, 100, 100), 8, 0, 5);
}

EACH_DRIVE(what_comes_while_an_erase_goes_on_waits_for_its_end)
{
	struct io *read;

	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_rewind(w->a));
	w->sim.hold_jobs = true;
	expect_good(io(w->a, CDB(0x19, 0x03, 0, 0, 0, 0)));
	read = io_start(w->a, CDB(0x08, 0, 0, 0, 100, 0), NULL, 0, 100);
	assert_false(io_done(read));
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	expect_sense(read, 8, 0, 5);
}

/* ---- READ REVERSE ---- */

static struct io *reverse(struct vtl_nexus *nexus, unsigned flags, uint32_t length, uint32_t in_len)
{
	uint8_t cdb[6] = { 0x0f, (uint8_t)flags };

	put_be24(cdb + 2, length);
	return io_in(nexus, in_len, cdb, sizeof(cdb));
}

enum { BYTORD = 4 };

EACH_DRIVE(read_reverse_reads_towards_the_beginning)
{
	static const uint8_t block[] = { 1, 2, 3, 4, 5 }, back[] = { 5, 4, 3, 2, 1 };

	expect_good(ssc_write(w->a, 50, 7));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(io_out(w->a, block, 5, CDB(0x0a, 0, 0, 0, 5, 0)));
	expect_data(expect_good(reverse(w->a, 0, 5, 5)), back, 5);
	assert_int_equal(ssc_object(w->a), 2);
	expect_good(ssc_space(w->a, SPACE_BLOCKS, 1));
	expect_data(expect_good(reverse(w->a, BYTORD, 5, 5)), block, 5);
	expect_info(expect_bits(expect_sense(reverse(w->a, 0, 5, 5), 0, 0, 1), SENSE_BIT_FILEMARK), 5);
	assert_int_equal(ssc_object(w->a), 1);
	expect_info(expect_bits(expect_sense(reverse(w->a, 0, 60, 60), 0, 0, 0), SENSE_BIT_ILI), 10);
	assert_int_equal(ssc_object(w->a), 0);
	expect_info(expect_bits(expect_sense(reverse(w->a, 0, 60, 60), 0, 0, 4), SENSE_BIT_EOM), 60);
	expect_good(at(w->a, 0x81, BYTORD, 3, 5, 5));
	assert_int_equal(ssc_object(w->a), 2);
}

EACH_DRIVE(read_reverse_of_fixed_blocks_brings_the_last_first)
{
	struct io *io;

	ssc_set_block(w->a, 64);
	expect_good(ssc_write_fixed(w->a, 4, 64, 10));
	io = expect_good(reverse(w->a, RW_FIXED | BYTORD, 3, 192));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(io->in[64 * i], 13 - i);
	assert_int_equal(ssc_object(w->a), 1);
	io = reverse(w->a, RW_FIXED, 3, 192);
	expect_len(expect_info(expect_bits(expect_sense(io, 0, 0, 4), SENSE_BIT_EOM), 2), 64);
	expect_good(reverse(w->a, 0, 0, 0));
}

EACH_DRIVE(of_a_block_that_is_too_long_read_reverse_brings_the_end)
{
	static const uint8_t block[] = { 1, 2, 3, 4, 5 };

	expect_good(io_out(w->a, block, 5, CDB(0x0a, 0, 0, 0, 5, 0)));
	expect_data(expect_info(expect_bits(expect_sense(reverse(w->a, 0, 3, 3), 0, 0, 0), SENSE_BIT_ILI), -2),
		    BYTES(5, 4, 3));
	assert_int_equal(ssc_object(w->a), 0);
	expect_good(ssc_space(w->a, SPACE_BLOCKS, 1));
	expect_data(expect_info(expect_sense(reverse(w->a, BYTORD, 3, 3), 0, 0, 0), -2), BYTES(3, 4, 5));
	expect_good(ssc_space(w->a, SPACE_BLOCKS, 1));
	/* told, or not, as of any other read */
	expect_data(expect_good(reverse(w->a, RW_SILI, 3, 3)), BYTES(5, 4, 3));
	ssc_set_block(w->a, 3);
	expect_good(ssc_space(w->a, SPACE_BLOCKS, 1));
	expect_data(expect_info(expect_bits(expect_sense(reverse(w->a, RW_FIXED, 1, 3), 0, 0, 0), SENSE_BIT_ILI), 1),
		    BYTES(5, 4, 3));
	expect_good(ssc_space(w->a, SPACE_BLOCKS, 1));
	/* an initiator that leaves room for less than it asks for */
	expect_data(expect_sense(reverse(w->a, 0, 4, 2), 0, 0, 0), BYTES(5, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(read_16_reads_where_it_says),
		SSC_TEST(write_16_writes_where_it_says_and_cuts_what_follows),
		SSC_TEST(a_16_byte_command_goes_to_another_partition),
		SSC_TEST(filemarks_16_and_erase_16_work_where_they_say),
		SSC_TEST(a_long_erase_with_immed_tells_of_itself_until_it_is_done),
		SSC_TEST(what_comes_while_an_erase_goes_on_waits_for_its_end),
		SSC_TEST(read_reverse_reads_towards_the_beginning),
		SSC_TEST(read_reverse_of_fixed_blocks_brings_the_last_first),
		SSC_TEST(of_a_block_that_is_too_long_read_reverse_brings_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
