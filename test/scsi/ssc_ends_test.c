/* SPDX-License-Identifier: GPL-2.0-only */
/* Early warning, programmable early warning, both ends of a partition: in every command that can meet them. */
#include <stdlib.h>
#include <string.h>

#include "ssc_world.h"

#define BLOCK	(64 * KIB)

/* A command of any form at the position: a CDB with its length field filled in. */
struct form {
	uint8_t opcode, flags;		/* byte 1 */
	bool fixed;
};

static struct io *start_form(struct vtl_nexus *nexus, const struct form *form, uint32_t length, uint32_t out_len,
			     uint32_t in_len)
{
	uint8_t cdb[16] = { form->opcode, form->flags };
	bool is_long = form->opcode & 0x80;
	uint8_t *out = calloc(1, out_len ? out_len : 1);
	struct io *io;

	assert_non_null(out);
	if (is_long) {
		struct io *p = ssc_position(nexus);

		cdb[3] = (uint8_t)io_uint(p, 4, 4);
		put_be64(cdb + 4, io_uint(p, 8, 8));
	}
	put_be24(cdb + (is_long ? 12 : 2), length);
	ssc_fill(out, out_len, NOT_COMPRESSIBLE);
	io = io_start(nexus, cdb, is_long ? 16 : 6, out, out_len, in_len);
	assert_true(io_done(io));
	free(out);
	return io;
}

/* ---- what writes ---- */

static const struct form writes[] = {
	{ /* WRITE(6) */ 0x0a }, { /* WRITE(6), fixed */ 0x0a, 1, true }, { /* WRITE(16) */ 0x8a },
	{ /* WRITE(16), fixed */ 0x8a, 1, true },
};
static const struct form marks[] = { { /* WRITE FILEMARKS(6) */ 0x10 }, { /* WRITE FILEMARKS(16) */ 0x80 } };

#define COUNT(row) (sizeof(row) / sizeof(*(row)))

static struct io *write_form(struct vtl_nexus *nexus, const struct form *form)
{
	return start_form(nexus, form, form->fixed ? 1 : BLOCK, BLOCK, 0);
}

static struct io *mark_form(struct vtl_nexus *nexus, const struct form *form, uint32_t count)
{
	return start_form(nexus, form, count, 0, 0);
}

EACH_DRIVE(everything_that_writes_tells_early_warning)
{
	unsigned n = ssc_write_to_early_warning(w, BLOCK);

	ssc_set_block(w->a, BLOCK);
	for (unsigned i = 0; i < COUNT(writes); i++, n++)
		expect_info(expect_bits(expect_sense(write_form(w->a, &writes[i]), 0, 0, 2), SENSE_BIT_EOM), 0);
	for (unsigned i = 0; i < COUNT(marks); i++, n++) {
		expect_info(expect_bits(expect_sense(mark_form(w->a, &marks[i], 1), 0, 0, 2), SENSE_BIT_EOM), 0);
		expect_good(mark_form(w->a, &marks[i], 0));
	}
	assert_int_equal(ssc_object(w->a), n);
}

/* Fills the cartridge and starts again; what is left behind is where programmable early warning begins. */
static void before_the_zone(struct ssc_world *w)
{
	expect_good(ssc_rewind(w->a));
	/* PEWS is 1 MB before the last 1 MiB of 8: 5.9 MiB are before the zone */
	for (unsigned i = 0; i < (6 * MIB - 256 * KIB) / BLOCK; i++)
		expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + i));
}

EACH_DRIVE(everything_that_writes_tells_programmable_early_warning_once)
{
	struct io *io;

	if (!ssc_has_mode(w, 0x10, 1))
		return;
	expect_good(ssc_mode_set(w->a, 0x10, 1, 7, 1));
	ssc_set_block(w->a, BLOCK);
	for (unsigned i = 0; i < COUNT(writes); i++) {
		unsigned told = 0;

		before_the_zone(w);
		for (unsigned k = 0; k < 10; k++) {
			io = write_form(w->a, &writes[i]);
			if (io->cmd.status == SAM_GOOD)
				continue;
			expect_info(expect_bits(expect_sense(io, 0, 0, 7), SENSE_BIT_EOM), 0);
			told++;
		}
		assert_int_equal(told, 1);
	}
	for (unsigned i = 0; i < COUNT(marks); i++) {
		before_the_zone(w);
		io = mark_form(w->a, &marks[i], 6000);	/* of 80 bytes each */
		expect_info(expect_bits(expect_sense(io, 0, 0, 7), SENSE_BIT_EOM), 0);
		expect_good(mark_form(w->a, &marks[i], 1));
	}
}

EACH_DRIVE(what_does_not_fit_is_a_volume_overflow_with_what_is_missing)
{
	unsigned n = ssc_write_to_early_warning(w, BLOCK), room;
	struct io *io;

	while ((io = ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + n))->cmd.sense[2] == SENSE_BIT_EOM)
		n++;
	expect_info(expect_bits(expect_sense(io, 0xd, 0, 2), SENSE_BIT_EOM), BLOCK);
	ssc_set_block(w->a, BLOCK);
	for (unsigned i = 0; i < COUNT(writes); i++)
		expect_info(expect_bits(expect_sense(write_form(w->a, &writes[i]), 0xd, 0, 2), SENSE_BIT_EOM),
			    writes[i].fixed ? 1 : BLOCK);
	assert_int_equal(ssc_object(w->a), n);
	io = expect_bits(expect_sense(mark_form(w->a, &marks[0], 100000), 0xd, 0, 2), SENSE_BIT_EOM);
	room = (unsigned)ssc_object(w->a) - n;
	assert_true(room > 0 && room < 100000);
	expect_info(io, 100000 - room);
	expect_info(expect_sense(mark_form(w->a, &marks[1], 3), 0xd, 0, 2), 3);
	assert_int_equal(ssc_object(w->a), n + room);
}

/* ---- what reads and moves ---- */

/* At end of data, and what INFORMATION then is. */
static const struct {
	struct form form;
	uint32_t length;
	uint32_t in_len;
	int64_t information;
} at_end[] = {
	{ { /* READ(6) */ 0x08 }, 1000, 1000, 1000 },
	{ { /* READ(6), fixed */ 0x08, 1, true }, 3, 3 * 1024, 3 },
	{ { /* READ(16) */ 0x88 }, 1000, 1000, 1000 },
	{ { /* VERIFY(6) */ 0x13 }, 1000, 0, 1000 },
	{ { /* VERIFY(6), filemarks */ 0x13, 0x08 }, 2, 0, 2 },
	{ { /* VERIFY(16) */ 0x8f }, 1000, 0, 1000 },
	{ { /* SPACE(6), blocks */ 0x11, 0 }, 5, 0, 5 },
	{ { /* SPACE(6), filemarks */ 0x11, 1 }, 5, 0, 5 },
};

static void expect_at_end(struct ssc_world *w, uint8_t bits)
{
	uint64_t end;

	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	end = ssc_object(w->a);
	for (unsigned i = 0; i < COUNT(at_end); i++) {
		struct io *io = start_form(w->a, &at_end[i].form, at_end[i].length, 0, at_end[i].in_len);

		expect_info(expect_bits(expect_sense(io, 8, 0, 5), bits), at_end[i].information);
		expect_len(io, 0);
		assert_int_equal(ssc_object(w->a), end);
	}
	expect_info(expect_bits(expect_sense(ssc_space_16(w->a, SPACE_BLOCKS, 7), 8, 0, 5), bits), 7);
	expect_info(expect_bits(expect_sense(ssc_space_16(w->a, SPACE_FILEMARKS, 7), 8, 0, 5), bits), 7);
	expect_bits(expect_sense(io(w->a, CDB(0x2b, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0)), 8, 0, 5), bits);
	expect_bits(expect_sense(ssc_locate(w->a, LOCATE_TO_OBJECT, 1 << 30), 8, 0, 5), bits);
	assert_int_equal(ssc_object(w->a), end);
}

EACH_DRIVE(everything_that_meets_end_of_data_tells_it_with_eom_beyond_early_warning)
{
	unsigned n;

	ssc_set_block(w->a, 1024);
	expect_good(ssc_write(w->a, 10, 1));
	expect_at_end(w, 0);
	expect_good(ssc_rewind(w->a));
	n = ssc_write_to_early_warning(w, BLOCK);
	expect_sense(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + n), 0, 0, 2);
	expect_at_end(w, SENSE_BIT_EOM);
}

EACH_DRIVE(everything_that_goes_back_stops_at_the_beginning_with_what_is_left)
{
	static const struct form reverse[] = { { /* READ REVERSE(6) */ 0x0f }, { /* READ REVERSE(16) */ 0x81 } };

	for (unsigned i = 0; i < 2; i++)
		expect_good(ssc_write(w->a, 10, i));
	expect_info(expect_bits(expect_sense(ssc_space(w->a, SPACE_BLOCKS, -5), 0, 0, 4), SENSE_BIT_EOM), 3);
	assert_int_equal(ssc_object(w->a), 0);
	expect_good(ssc_space(w->a, SPACE_BLOCKS, 2));
	expect_info(expect_bits(expect_sense(ssc_space_16(w->a, SPACE_BLOCKS, -5), 0, 0, 4), SENSE_BIT_EOM), 3);
	expect_good(ssc_space(w->a, SPACE_BLOCKS, 2));
	expect_info(expect_bits(expect_sense(ssc_space(w->a, SPACE_FILEMARKS, -2), 0, 0, 4), SENSE_BIT_EOM), 2);
	expect_info(expect_sense(ssc_space_16(w->a, SPACE_FILEMARKS, -1), 0, 0, 4), 1);
	for (unsigned i = 0; i < COUNT(reverse); i++) {
		struct io *io = start_form(w->a, &reverse[i], 10, 0, 10);

		expect_len(expect_info(expect_bits(expect_sense(io, 0, 0, 4), SENSE_BIT_EOM), 10), 0);
	}
	assert_int_equal(ssc_object(w->a), 0);
}

/* ---- room to close a volume ---- */

EACH_EMPTY_DRIVE(after_early_warning_each_partition_has_room_to_close_the_volume)
{
	unsigned partitions = w->model->max_partitions;

	ssc_insert(w, &(struct ssc_cartridge){ .partitions = partitions, .capacity = 2 * MIB,
					       .early_warning = 512 * KIB });
	for (unsigned p = 0; p < partitions; p++) {
		unsigned n;

		expect_good(ssc_locate_partition(w->a, p, 0));
		n = ssc_write_to_early_warning(w, 16 * KIB);
		/* as LTFS closes one: a filemark, an index, a filemark; and a backup's trailing labels */
		expect_sense(ssc_filemarks(w->a, 1), 0, 0, 2);
		for (unsigned i = 0; i < 16; i++)
			expect_sense(ssc_write(w->a, 16 * KIB, NOT_COMPRESSIBLE + i), 0, 0, 2);
		expect_sense(ssc_filemarks(w->a, 1), 0, 0, 2);
		expect_sense(ssc_write(w->a, 80, 1), 0, 0, 2);
		expect_sense(ssc_filemarks(w->a, 2), 0, 0, 2);
		expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, n + 1));
		for (unsigned i = 0; i < 16; i++)
			ssc_expect_block(w->a, 16 * KIB, NOT_COMPRESSIBLE + i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(everything_that_writes_tells_early_warning),
		SSC_TEST(everything_that_writes_tells_programmable_early_warning_once),
		SSC_TEST(what_does_not_fit_is_a_volume_overflow_with_what_is_missing),
		SSC_TEST(everything_that_meets_end_of_data_tells_it_with_eom_beyond_early_warning),
		SSC_TEST(everything_that_goes_back_stops_at_the_beginning_with_what_is_left),
		SSC_TEST(after_early_warning_each_partition_has_room_to_close_the_volume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
