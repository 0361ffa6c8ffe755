/* SPDX-License-Identifier: GPL-2.0-only */
/* Logical block protection: checked before anything is stored, appended to what is read, and in VERIFY. */
#include <stdlib.h>
#include <string.h>

#include "crc.h"
#include "ssc_lbp.h"

enum { VTE = 0x20, VLBPM = 0x10, BYTCMP = 0x02, FIXED = 0x01 };

static struct io *verify(struct vtl_nexus *nexus, unsigned flags, uint32_t length)
{
	return io(nexus, CDB(0x13, (uint8_t)flags, 0, (uint8_t)(length >> 8), (uint8_t)length, 0));
}

/* ---- the codes ---- */

/* The numbers of CERN's test of both codes. */
static void both_codes_are_those_of_others(void **state)
{
	static const uint8_t primes[] = {
		2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
		103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199,
		211, 223, 227, 229, 233, 239, 241, 251,
	};
	struct rscrc rs;

	rscrc_init(&rs);
	assert_int_equal(rscrc(&rs, 0, primes, 37), 0x733d4dca);
	assert_int_equal(rscrc(&rs, 0x733d4dca, primes + 37, 17), 0x754ed37e);
	assert_int_equal(rscrc(&rs, 0, primes, 54), 0x754ed37e);
	assert_int_equal(lbp_rscrc(primes, 54), 0x754ed37e);
	assert_int_equal(media_crc32c(0, primes, 37), 0xe8174f48);
	for (unsigned len = 0; len < 54; len++)
		assert_int_equal(rscrc(&rs, 0, primes, len), lbp_rscrc(primes, len));
}

/* ---- what a drive claims ---- */

EACH_DRIVE(a_drive_claims_the_protection_that_it_has)
{
	const struct io *io = expect_good(io_in(w->a, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	unsigned n = 0;

	assert_int_equal(io->in[5] & 1, lbp_has(w));
	if (w->model->inquiry.version < 6)
		return;
	expect_u8(expect_good(io_in(w->a, 64, CDB(0x12, 1, 0x86, 0, 64, 0))), 4, lbp_has(w) ? 0x08 : 0);
	io = io_in(w->a, 64, CDB(0x12, 1, 0xb5, 0, 64, 0));
	if (!lbp_has(w)) {
		expect_bad_cdb((struct io *)io, 2, 7);
		return;
	}
	expect_good((struct io *)io);
	expect_u32((struct io *)io, 8, 0x03000000);
	for (; lbp_method(w, n); n++)
		expect_u32((struct io *)io, 12 + 4 * n, 0x030004e0u | (uint32_t)lbp_method(w, n) << 16);
	expect_len((struct io *)io, 12 + 4 * n);
	expect_good((struct io *)(io = io_in(w->a, 64, CDB(0x12, 1, 0x87, 0, 64, 0))));
	expect_u32((struct io *)io, 4, 0x0af00300);
}

EACH_DRIVE(the_longest_block_and_its_crc_fit_into_a_transfer_length)
{
	const struct io *io = expect_good(io_in(w->a, 6, CDB(0x05, 0, 0, 0, 0, 0)));

	if (lbp_has(w))
		assert_true(io_uint(io, 1, 3) + 4 <= 0xffffff);
}

EACH_DRIVE(a_method_or_length_that_is_none_is_refused)
{
	uint8_t method = lbp_method(w, 0);

	if (!lbp_has(w))
		return;
	expect_bad_param(lbp_select(w->a, 0x55, 4, LBP_W), 20, -1);
	expect_bad_param(lbp_select(w->a, method, 8, LBP_W), 21, 5);
	expect_bad_param(lbp_select(w->a, method, 0, LBP_W), 21, 5);
	if (!w->model->lbp_crc32c)
		expect_bad_param(lbp_select(w->a, TAPE_METHOD_CRC32C, 4, LBP_W), 20, -1);
	expect_u24(expect_good(ssc_mode(w->a, 0x0a, 0xf0)), 20, 0);
	expect_good(lbp_select(w->a, 0, 4, LBP_W | LBP_R));
	expect_good(ssc_write(w->a, BLOCK, 1));
}

/* ---- WRITE ---- */

EACH_DRIVE(a_protected_block_is_stored_without_its_crc)
{
	for (unsigned n = 0; lbp_method(w, n); n++) {
		expect_good(ssc_rewind(w->a));
		lbp_protect(w->a, lbp_method(w, n), LBP_W);
		expect_good(lbp_write(w->a, n, lbp_method(w, n)));
		expect_good(ssc_rewind(w->a));
		ssc_expect_block(w->a, BLOCK, n);
	}
}

EACH_DRIVE(a_block_that_is_not_what_its_crc_says_leaves_the_medium_as_it_was)
{
	for (unsigned n = 0; lbp_method(w, n); n++) {
		uint8_t block[BLOCK + 4];

		expect_good(lbp_select(w->a, 0, 0, 0));
		expect_good(ssc_rewind(w->a));
		expect_good(ssc_write(w->a, BLOCK, 7));
		expect_good(ssc_write(w->a, BLOCK, 8));
		expect_good(ssc_rewind(w->a));
		lbp_protect(w->a, lbp_method(w, n), LBP_W);
		lbp_fill(block, BLOCK, 1, lbp_method(w, n));
		block[500] ^= 0x10;
		expect_info(expect_sense(lbp_write_bytes(w->a, block, sizeof(block)), 4, 0x10, 1), BLOCK + 4);
		assert_int_equal(ssc_object(w->a), 0);
		ssc_expect_block(w->a, BLOCK, 7);
		ssc_expect_block(w->a, BLOCK, 8);
	}
}

EACH_DRIVE(a_block_one_byte_too_short_or_too_long_is_refused)
{
	uint8_t block[BLOCK + 5] = { 0 };

	if (!lbp_has(w))
		return;
	lbp_protect(w->a, lbp_method(w, 0), LBP_W);
	lbp_fill(block, BLOCK, 1, lbp_method(w, 0));
	block[BLOCK + 4] = 1;		/* a zero behind it would leave a Reed-Solomon CRC sound */
	expect_sense(lbp_write_bytes(w->a, block, BLOCK + 3), 4, 0x10, 1);
	expect_sense(lbp_write_bytes(w->a, block, BLOCK + 5), 4, 0x10, 1);
	expect_sense(ssc_write(w->a, BLOCK, 1), 4, 0x10, 1);
	expect_bad_cdb(lbp_write_bytes(w->a, block, 4), 2, -1);
	expect_bad_cdb(lbp_write_bytes(w->a, block, 1), 2, -1);
	expect_good(io(w->a, CDB(0x0a, 0, 0, 0, 0, 0)));
	assert_int_equal(ssc_object(w->a), 0);
	lbp_fill(block, 1, 1, lbp_method(w, 0));
	expect_good(lbp_write_bytes(w->a, block, 5));
	assert_int_equal(ssc_object(w->a), 1);
}

EACH_EMPTY_DRIVE(the_longest_block_is_written_with_its_crc_and_none_longer)
{
	uint32_t max = w->model->block_max;
	uint8_t *block;

	if (!lbp_has(w) || max > 8 * MIB)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .capacity = 2 * max + TEST_EARLY_WARNING });
	block = malloc(max + 5);
	assert_non_null(block);
	lbp_protect(w->a, lbp_method(w, 0), LBP_W | LBP_R);
	lbp_fill(block, max, 3, lbp_method(w, 0));
	expect_good(lbp_write_bytes(w->a, block, max + 4));
	expect_bad_cdb(lbp_write_bytes(w->a, block, max + 5), 2, -1);
	expect_good(ssc_rewind(w->a));
	expect_data(expect_good(ssc_read(w->a, 0, max + 4, max + 4)), block, max + 4);
	expect_good(ssc_select_block(w->a, max + 4, 1));
	expect_bad_param(ssc_select_block(w->a, max + 5, 1), 9, -1);
	free(block);
}

EACH_DRIVE(of_fixed_blocks_those_before_a_bad_one_are_written)
{
	enum { LEN = 64, COUNT = 3 };
	uint8_t data[COUNT * (LEN + 4)];
	uint8_t method = lbp_method(w, 0);

	if (!lbp_has(w))
		return;
	ssc_set_block(w->a, LEN + 4);
	lbp_protect(w->a, method, LBP_W);
	for (unsigned i = 0; i < COUNT; i++)
		lbp_fill(data + i * (LEN + 4), LEN, i, method);
	expect_good(io_out(w->a, data, sizeof(data), CDB(0x0a, 1, 0, 0, COUNT, 0)));
	assert_int_equal(ssc_object(w->a), 3);
	data[2 * (LEN + 4)] ^= 1;
	expect_info(expect_sense(io_out(w->a, data, sizeof(data), CDB(0x0a, 1, 0, 0, COUNT, 0)), 4, 0x10, 1), 1);
	assert_int_equal(ssc_object(w->a), 5);
	expect_good(ssc_rewind(w->a));
	for (unsigned i = 0; i < 5; i++)
		ssc_expect_block(w->a, LEN, i % COUNT);
	expect_sense(ssc_read(w->a, 0, LEN, LEN), 8, 0, 5);
}

EACH_DRIVE(a_refused_block_does_not_use_up_what_allow_overwrite_allows)
{
	if (!lbp_has(w) || !w->model->append_only)
		return;
	expect_good(ssc_write(w->a, BLOCK, 1));
	expect_good(ssc_write(w->a, BLOCK, 2));
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 5, 0x10));
	expect_good(ssc_rewind(w->a));
	expect_good(io(w->a, CDB(0x82, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)));
	lbp_protect(w->a, lbp_method(w, 0), LBP_W);
	expect_sense(ssc_write(w->a, BLOCK, 3), 4, 0x10, 1);
	expect_good(lbp_write(w->a, 4, lbp_method(w, 0)));
	expect_sense(ssc_read(w->a, 0, BLOCK, BLOCK), 8, 0, 5);
}

/* An error, but none of the medium. */
EACH_DRIVE(a_refused_block_counts_as_an_error_that_is_not_the_mediums)
{
	uint64_t before;

	if (!lbp_has(w) || ssc_log(w->a, 0x06, 0)->cmd.status != SAM_GOOD)
		return;
	before = ssc_log_value(expect_good(ssc_log(w->a, 0x06, 0)), 0);
	lbp_protect(w->a, lbp_method(w, 0), LBP_W);
	expect_sense(ssc_write(w->a, BLOCK, 3), 4, 0x10, 1);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x06, 0)), 0), before + 1);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x02, 0)), 6), 0);
}

EACH_EMPTY_DRIVE(a_write_protected_medium_is_told_of_first)
{
	if (!lbp_has(w))
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .write_protected = true });
	lbp_protect(w->a, lbp_method(w, 0), LBP_W);
	expect_sense(ssc_write(w->a, BLOCK, 3), 7, 0x27, 0);
}

EACH_DRIVE(write_16_is_checked_as_well)
{
	uint8_t block[BLOCK + 4];

	if (!lbp_has(w))
		return;
	expect_good(ssc_write(w->a, BLOCK, 1));
	lbp_protect(w->a, lbp_method(w, 0), LBP_W);
	lbp_fill(block, BLOCK, 2, lbp_method(w, 0));
	expect_good(io_out(w->a, block, BLOCK + 4, CDB(0x8a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x03, 0xec, 0)));
	block[0] ^= 1;
	expect_sense(io_out(w->a, block, BLOCK + 4, CDB(0x8a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x03, 0xec, 0)),
		     4, 0x10, 1);
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, BLOCK, 1);
	ssc_expect_block(w->a, BLOCK, 2);
}

/* ---- READ ---- */

EACH_DRIVE(a_crc_comes_behind_each_block_that_is_read)
{
	uint8_t block[BLOCK + 4];

	expect_good(ssc_write(w->a, BLOCK, 5));
	for (unsigned n = 0; lbp_method(w, n); n++) {
		lbp_protect(w->a, lbp_method(w, n), LBP_R);
		expect_good(ssc_rewind(w->a));
		lbp_fill(block, BLOCK, 5, lbp_method(w, n));
		expect_data(expect_good(ssc_read(w->a, 0, BLOCK + 4, BLOCK + 4)), block, BLOCK + 4);
		expect_sense(ssc_read(w->a, 0, BLOCK + 4, BLOCK + 4), 8, 0, 5);
	}
}

/* Of a block and its CRC an initiator gets what it asked for; what is left over or wanting counts both. */
EACH_DRIVE(an_incorrect_length_counts_the_crc)
{
	static const uint32_t lengths[] = { BLOCK + 10, BLOCK + 5, BLOCK + 3, BLOCK + 1, BLOCK, BLOCK - 1, 3 };
	uint8_t block[BLOCK + 4];

	if (!lbp_has(w))
		return;
	lbp_fill(block, BLOCK, 5, lbp_method(w, 0));
	expect_good(ssc_write(w->a, BLOCK, 5));
	lbp_protect(w->a, lbp_method(w, 0), LBP_R);
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint32_t asked = lengths[i], got = asked < BLOCK + 4 ? asked : BLOCK + 4;
		struct io *io;

		expect_good(ssc_rewind(w->a));
		io = expect_bits(expect_sense(ssc_read(w->a, 0, asked, asked), 0, 0, 0), SENSE_BIT_ILI);
		expect_info(io, (int64_t)asked - (BLOCK + 4));
		expect_data(io, block, got);
		assert_int_equal(ssc_object(w->a), 1);
	}
	expect_good(ssc_rewind(w->a));
	expect_data(expect_good(ssc_read(w->a, RW_SILI, BLOCK + 100, BLOCK + 100)), block, BLOCK + 4);
	/* room for less than was asked for */
	expect_good(ssc_rewind(w->a));
	expect_data(expect_good(ssc_read(w->a, 0, BLOCK + 4, BLOCK + 2)), block, BLOCK + 2);
}

EACH_DRIVE(fixed_blocks_are_read_with_a_crc_each)
{
	uint8_t data[2 * 68];

	if (!lbp_has(w))
		return;
	expect_good(ssc_write(w->a, 64, 0));
	expect_good(ssc_write(w->a, 64, 1));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	ssc_set_block(w->a, 68);
	lbp_protect(w->a, lbp_method(w, 0), LBP_R);
	lbp_fill(data, 64, 0, lbp_method(w, 0));
	lbp_fill(data + 68, 64, 1, lbp_method(w, 0));
	expect_data(expect_good(ssc_read(w->a, RW_FIXED, 2, 136)), data, 136);
	expect_good(ssc_rewind(w->a));
	expect_info(expect_bits(expect_sense(ssc_read(w->a, RW_FIXED, 3, 204), 0, 0, 1), SENSE_BIT_FILEMARK), 1);
	ssc_set_block(w->a, 64);
	expect_good(ssc_rewind(w->a));
	expect_info(expect_bits(expect_sense(ssc_read(w->a, RW_FIXED, 2, 128), 0, 0, 0), SENSE_BIT_ILI), 2);
}

EACH_DRIVE(a_block_read_backward_comes_with_its_crc)
{
	uint8_t block[BLOCK + 4];
	struct io *io;

	if (!lbp_has(w))
		return;
	lbp_fill(block, BLOCK, 5, lbp_method(w, 0));
	expect_good(ssc_write(w->a, BLOCK, 5));
	lbp_protect(w->a, lbp_method(w, 0), LBP_R);
	io = io_in(w->a, BLOCK + 4, CDB(0x0f, 0x04, 0, 0x03, 0xec, 0));
	expect_data(expect_good(io), block, BLOCK + 4);
	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	io = expect_good(io_in(w->a, BLOCK + 4, CDB(0x0f, 0, 0, 0x03, 0xec, 0)));
	for (unsigned i = 0; i < BLOCK + 4; i++)
		assert_int_equal(io->in[i], block[BLOCK + 3 - i]);
	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	io = expect_sense(io_in(w->a, BLOCK, CDB(0x0f, 0x04, 0, 0x03, 0xe8, 0)), 0, 0, 0);
	expect_info(expect_bits(io, SENSE_BIT_ILI), -4);
}

EACH_DRIVE(the_buffer_has_nothing_to_recover_with_protection_either)
{
	if (!lbp_has(w))
		return;
	lbp_protect(w->a, lbp_method(w, 0), RBDP);
	expect_good(ssc_write(w->a, BLOCK, 5));
	expect_info(expect_sense(io_in(w->a, BLOCK + 4, CDB(0x14, 0, 0, 0x03, 0xec, 0)), 0, 0, 5), BLOCK + 4);
}

/* ---- VERIFY ---- */

EACH_DRIVE(verify_counts_the_crc_as_a_read_does)
{
	if (!lbp_has(w))
		return;
	expect_good(ssc_write(w->a, BLOCK, 5));
	lbp_protect(w->a, lbp_method(w, 0), LBP_R);
	expect_good(ssc_rewind(w->a));
	expect_good(verify(w->a, 0, BLOCK + 4));
	expect_good(ssc_rewind(w->a));
	expect_info(expect_bits(expect_sense(verify(w->a, 0, BLOCK), 0, 0, 0), SENSE_BIT_ILI), -4);
	expect_good(ssc_rewind(w->a));
	expect_good(verify(w->a, VTE, 0));
}

EACH_DRIVE(what_verify_compares_with_is_checked_by_its_crc)
{
	for (unsigned n = 0; lbp_method(w, n); n++) {
		uint8_t block[BLOCK + 4];

		expect_good(lbp_select(w->a, 0, 0, 0));
		expect_good(ssc_rewind(w->a));
		expect_good(ssc_write(w->a, BLOCK, 5));
		lbp_protect(w->a, lbp_method(w, n), LBP_R);
		expect_good(ssc_rewind(w->a));
		lbp_fill(block, BLOCK, 5, lbp_method(w, n));
		expect_good(io_out(w->a, block, BLOCK + 4, CDB(0x13, BYTCMP, 0, 0x03, 0xec, 0)));
		expect_good(ssc_rewind(w->a));
		block[3] ^= 1;
		expect_info(expect_sense(io_out(w->a, block, BLOCK + 4, CDB(0x13, BYTCMP, 0, 0x03, 0xec, 0)),
					 4, 0x10, 1), BLOCK + 4);
		expect_good(ssc_rewind(w->a));
		lbp_put(block, BLOCK, lbp_method(w, n));
		expect_sense(io_out(w->a, block, BLOCK + 4, CDB(0x13, BYTCMP, 0, 0x03, 0xec, 0)), 0xe, 0x1d, 0);
	}
}

EACH_DRIVE(verify_tells_of_another_method_than_the_chosen_one)
{
	if (!lbp_has(w)) {
		expect_bad_cdb(verify(w->a, VLBPM, BLOCK), 1, 4);
		return;
	}
	expect_good(ssc_write(w->a, BLOCK, 5));
	expect_good(ssc_filemarks(w->a, 1));
	lbp_protect(w->a, TAPE_METHOD_RSCRC, LBP_W);
	expect_good(ssc_rewind(w->a));
	expect_good(verify(w->a, VLBPM, BLOCK));
	expect_good(ssc_rewind(w->a));
	expect_good(verify(w->a, VLBPM | VTE, 0));
	if (!w->model->lbp_crc32c)
		return;
	lbp_protect(w->a, w->model->lbp_crc32c_method, LBP_W);
	expect_good(ssc_rewind(w->a));
	expect_info(expect_sense(verify(w->a, VLBPM, BLOCK), 4, 0x10, 5), BLOCK);
	expect_good(ssc_rewind(w->a));
	expect_info(expect_sense(verify(w->a, VLBPM | VTE, 0), 4, 0x10, 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_codes_are_those_of_others),
		SSC_TEST(a_drive_claims_the_protection_that_it_has),
		SSC_TEST(the_longest_block_and_its_crc_fit_into_a_transfer_length),
		SSC_TEST(a_method_or_length_that_is_none_is_refused),
		SSC_TEST(a_protected_block_is_stored_without_its_crc),
		SSC_TEST(a_block_that_is_not_what_its_crc_says_leaves_the_medium_as_it_was),
		SSC_TEST(a_block_one_byte_too_short_or_too_long_is_refused),
		SSC_TEST(the_longest_block_is_written_with_its_crc_and_none_longer),
		SSC_TEST(of_fixed_blocks_those_before_a_bad_one_are_written),
		SSC_TEST(a_refused_block_does_not_use_up_what_allow_overwrite_allows),
		SSC_TEST(a_refused_block_counts_as_an_error_that_is_not_the_mediums),
		SSC_TEST(a_write_protected_medium_is_told_of_first),
		SSC_TEST(write_16_is_checked_as_well),
		SSC_TEST(a_crc_comes_behind_each_block_that_is_read),
		SSC_TEST(an_incorrect_length_counts_the_crc),
		SSC_TEST(fixed_blocks_are_read_with_a_crc_each),
		SSC_TEST(a_block_read_backward_comes_with_its_crc),
		SSC_TEST(the_buffer_has_nothing_to_recover_with_protection_either),
		SSC_TEST(verify_counts_the_crc_as_a_read_does),
		SSC_TEST(what_verify_compares_with_is_checked_by_its_crc),
		SSC_TEST(verify_tells_of_another_method_than_the_chosen_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
