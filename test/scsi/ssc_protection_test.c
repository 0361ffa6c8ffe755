/* SPDX-License-Identifier: GPL-2.0-only */
/* Logical block protection: checked before anything is stored, appended to what is read, by each nexus for itself. */
#include <stdlib.h>
#include <string.h>

#include "crc.h"
#include "fake_dev.h"
#include "tape_impl.h"
#include "ssc_world.h"

enum { LBP_W = 0x80, LBP_R = 0x40, RBDP = 0x20 };
enum { VTE = 0x20, VLBPM = 0x10, BYTCMP = 0x02, FIXED = 0x01 };
#define BLOCK	1000u

static bool protects(struct ssc_world *w)
{
	return w->model->lbp_rscrc || w->model->lbp_crc32c;
}

/* The nth method of the drive; 0: there is none. */
static uint8_t method_at(struct ssc_world *w, unsigned n)
{
	if (w->model->lbp_rscrc && n-- == 0)
		return TAPE_METHOD_RSCRC;
	return w->model->lbp_crc32c && n == 0 ? w->model->lbp_crc32c_method : 0;
}

static struct io *select_protection(struct vtl_nexus *nexus, uint8_t method, uint8_t length, uint8_t when)
{
	struct io *now = expect_good(ssc_mode(nexus, 0x0a, 0xf0));
	uint32_t len = now->cmd.in_used;
	uint8_t list[64];

	memcpy(list, now->in, len);
	list[0] = list[1] = 0;
	list[16] &= 0x7f;
	list[20] = method;
	list[21] = length;
	list[22] = when;
	return io_out(nexus, list, len, CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, (uint8_t)len, 0));
}

static void protect(struct vtl_nexus *nexus, uint8_t method, uint8_t when)
{
	expect_good(select_protection(nexus, method, 4, when));
}

/* A CRC as its definition says it, bit by bit, by no table. */
static uint32_t plain_rscrc(const uint8_t *p, uint32_t len)
{
	uint32_t crc = 0;

	while (len--) {
		uint32_t row = 0x38cf3801;
		uint8_t top = (uint8_t)(crc >> 24 ^ *p++);

		crc <<= 8;
		for (; top; top >>= 1) {
			if (top & 1)
				crc ^= row;
			row = ((row & 0x7f7f7f7f) << 1) ^ ((row >> 7 & 0x01010101) * 0x1d);
		}
	}
	return crc;
}

/* Puts the protection information behind `len` bytes. */
static void put_information(uint8_t *block, uint32_t len, uint8_t method)
{
	if (method == TAPE_METHOD_RSCRC)
		put_be32(block + len, plain_rscrc(block, len));
	else
		put_be32(block + len, __builtin_bswap32(media_crc32c(0, block, len)));
}

static void fill_block(uint8_t *block, uint32_t len, unsigned fill, uint8_t method)
{
	ssc_fill(block, len, fill);
	put_information(block, len, method);
}

static struct io *write_bytes(struct vtl_nexus *nexus, const uint8_t *data, uint32_t len)
{
	return io_out(nexus, data, len, CDB(0x0a, 0, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len, 0));
}

static struct io *write_protected(struct vtl_nexus *nexus, unsigned fill, uint8_t method)
{
	uint8_t block[BLOCK + 4];

	fill_block(block, BLOCK, fill, method);
	return write_bytes(nexus, block, sizeof(block));
}

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
	assert_int_equal(plain_rscrc(primes, 54), 0x754ed37e);
	assert_int_equal(media_crc32c(0, primes, 37), 0xe8174f48);
	for (unsigned len = 0; len < 54; len++)
		assert_int_equal(rscrc(&rs, 0, primes, len), plain_rscrc(primes, len));
}

/* ---- what a drive claims ---- */

EACH_DRIVE(a_drive_claims_the_protection_that_it_has)
{
	const struct io *io = expect_good(io_in(w->a, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	unsigned n = 0;

	assert_int_equal(io->in[5] & 1, protects(w));
	if (w->model->inquiry.version < 6)
		return;
	expect_u8(expect_good(io_in(w->a, 64, CDB(0x12, 1, 0x86, 0, 64, 0))), 4, protects(w) ? 0x08 : 0);
	io = io_in(w->a, 64, CDB(0x12, 1, 0xb5, 0, 64, 0));
	if (!protects(w)) {
		expect_bad_cdb((struct io *)io, 2, 7);
		return;
	}
	expect_good((struct io *)io);
	expect_u32((struct io *)io, 8, 0x03000000);
	for (; method_at(w, n); n++)
		expect_u32((struct io *)io, 12 + 4 * n, 0x030004e0u | (uint32_t)method_at(w, n) << 16);
	expect_len((struct io *)io, 12 + 4 * n);
	expect_good((struct io *)(io = io_in(w->a, 64, CDB(0x12, 1, 0x87, 0, 64, 0))));
	expect_u32((struct io *)io, 4, 0x0af00300);
}

EACH_DRIVE(the_longest_block_and_its_crc_fit_into_a_transfer_length)
{
	const struct io *io = expect_good(io_in(w->a, 6, CDB(0x05, 0, 0, 0, 0, 0)));

	if (protects(w))
		assert_true(io_uint(io, 1, 3) + 4 <= 0xffffff);
}

EACH_DRIVE(a_method_or_length_that_is_none_is_refused)
{
	uint8_t method = method_at(w, 0);

	if (!protects(w))
		return;
	expect_bad_param(select_protection(w->a, 0x55, 4, LBP_W), 20, -1);
	expect_bad_param(select_protection(w->a, method, 8, LBP_W), 21, 5);
	expect_bad_param(select_protection(w->a, method, 0, LBP_W), 21, 5);
	if (!w->model->lbp_crc32c)
		expect_bad_param(select_protection(w->a, TAPE_METHOD_CRC32C, 4, LBP_W), 20, -1);
	expect_u24(expect_good(ssc_mode(w->a, 0x0a, 0xf0)), 20, 0);
	expect_good(select_protection(w->a, 0, 4, LBP_W | LBP_R));
	expect_good(ssc_write(w->a, BLOCK, 1));
}

/* ---- WRITE ---- */

EACH_DRIVE(a_protected_block_is_stored_without_its_crc)
{
	for (unsigned n = 0; method_at(w, n); n++) {
		expect_good(ssc_rewind(w->a));
		protect(w->a, method_at(w, n), LBP_W);
		expect_good(write_protected(w->a, n, method_at(w, n)));
		expect_good(ssc_rewind(w->a));
		ssc_expect_block(w->a, BLOCK, n);
	}
}

EACH_DRIVE(a_block_that_is_not_what_its_crc_says_leaves_the_medium_as_it_was)
{
	for (unsigned n = 0; method_at(w, n); n++) {
		uint8_t block[BLOCK + 4];

		expect_good(select_protection(w->a, 0, 0, 0));
		expect_good(ssc_rewind(w->a));
		expect_good(ssc_write(w->a, BLOCK, 7));
		expect_good(ssc_write(w->a, BLOCK, 8));
		expect_good(ssc_rewind(w->a));
		protect(w->a, method_at(w, n), LBP_W);
		fill_block(block, BLOCK, 1, method_at(w, n));
		block[500] ^= 0x10;
		expect_info(expect_sense(write_bytes(w->a, block, sizeof(block)), 4, 0x10, 1), BLOCK + 4);
		assert_int_equal(ssc_object(w->a), 0);
		ssc_expect_block(w->a, BLOCK, 7);
		ssc_expect_block(w->a, BLOCK, 8);
	}
}

EACH_DRIVE(a_block_one_byte_too_short_or_too_long_is_refused)
{
	uint8_t block[BLOCK + 5] = { 0 };

	if (!protects(w))
		return;
	protect(w->a, method_at(w, 0), LBP_W);
	fill_block(block, BLOCK, 1, method_at(w, 0));
	block[BLOCK + 4] = 1;		/* a zero behind it would leave a Reed-Solomon CRC sound */
	expect_sense(write_bytes(w->a, block, BLOCK + 3), 4, 0x10, 1);
	expect_sense(write_bytes(w->a, block, BLOCK + 5), 4, 0x10, 1);
	expect_sense(ssc_write(w->a, BLOCK, 1), 4, 0x10, 1);
	expect_bad_cdb(write_bytes(w->a, block, 4), 2, -1);
	expect_bad_cdb(write_bytes(w->a, block, 1), 2, -1);
	expect_good(io(w->a, CDB(0x0a, 0, 0, 0, 0, 0)));
	assert_int_equal(ssc_object(w->a), 0);
	fill_block(block, 1, 1, method_at(w, 0));
	expect_good(write_bytes(w->a, block, 5));
	assert_int_equal(ssc_object(w->a), 1);
}

EACH_EMPTY_DRIVE(the_longest_block_is_written_with_its_crc_and_none_longer)
{
	uint32_t max = w->model->block_max;
	uint8_t *block;

	if (!protects(w) || max > 8 * MIB)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .capacity = 2 * max + TEST_EARLY_WARNING });
	block = malloc(max + 5);
	assert_non_null(block);
	protect(w->a, method_at(w, 0), LBP_W | LBP_R);
	fill_block(block, max, 3, method_at(w, 0));
	expect_good(write_bytes(w->a, block, max + 4));
	expect_bad_cdb(write_bytes(w->a, block, max + 5), 2, -1);
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
	uint8_t method = method_at(w, 0);

	if (!protects(w))
		return;
	ssc_set_block(w->a, LEN + 4);
	protect(w->a, method, LBP_W);
	for (unsigned i = 0; i < COUNT; i++)
		fill_block(data + i * (LEN + 4), LEN, i, method);
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
	if (!protects(w) || !w->model->append_only)
		return;
	expect_good(ssc_write(w->a, BLOCK, 1));
	expect_good(ssc_write(w->a, BLOCK, 2));
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 5, 0x10));
	expect_good(ssc_rewind(w->a));
	expect_good(io(w->a, CDB(0x82, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)));
	protect(w->a, method_at(w, 0), LBP_W);
	expect_sense(ssc_write(w->a, BLOCK, 3), 4, 0x10, 1);
	expect_good(write_protected(w->a, 4, method_at(w, 0)));
	expect_sense(ssc_read(w->a, 0, BLOCK, BLOCK), 8, 0, 5);
}

/* An error, but none of the medium. */
EACH_DRIVE(a_refused_block_counts_as_an_error_that_is_not_the_mediums)
{
	uint64_t before;

	if (!protects(w) || ssc_log(w->a, 0x06, 0)->cmd.status != SAM_GOOD)
		return;
	before = ssc_log_value(expect_good(ssc_log(w->a, 0x06, 0)), 0);
	protect(w->a, method_at(w, 0), LBP_W);
	expect_sense(ssc_write(w->a, BLOCK, 3), 4, 0x10, 1);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x06, 0)), 0), before + 1);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x02, 0)), 6), 0);
}

EACH_EMPTY_DRIVE(a_write_protected_medium_is_told_of_first)
{
	if (!protects(w))
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .write_protected = true });
	protect(w->a, method_at(w, 0), LBP_W);
	expect_sense(ssc_write(w->a, BLOCK, 3), 7, 0x27, 0);
}

EACH_DRIVE(write_16_is_checked_as_well)
{
	uint8_t block[BLOCK + 4];

	if (!protects(w))
		return;
	expect_good(ssc_write(w->a, BLOCK, 1));
	protect(w->a, method_at(w, 0), LBP_W);
	fill_block(block, BLOCK, 2, method_at(w, 0));
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
	for (unsigned n = 0; method_at(w, n); n++) {
		protect(w->a, method_at(w, n), LBP_R);
		expect_good(ssc_rewind(w->a));
		fill_block(block, BLOCK, 5, method_at(w, n));
		expect_data(expect_good(ssc_read(w->a, 0, BLOCK + 4, BLOCK + 4)), block, BLOCK + 4);
		expect_sense(ssc_read(w->a, 0, BLOCK + 4, BLOCK + 4), 8, 0, 5);
	}
}

/* Of a block and its CRC an initiator gets what it asked for; what is left over or wanting counts both. */
EACH_DRIVE(an_incorrect_length_counts_the_crc)
{
	static const uint32_t lengths[] = { BLOCK + 10, BLOCK + 5, BLOCK + 3, BLOCK + 1, BLOCK, BLOCK - 1, 3 };
	uint8_t block[BLOCK + 4];

	if (!protects(w))
		return;
	fill_block(block, BLOCK, 5, method_at(w, 0));
	expect_good(ssc_write(w->a, BLOCK, 5));
	protect(w->a, method_at(w, 0), LBP_R);
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

	if (!protects(w))
		return;
	expect_good(ssc_write(w->a, 64, 0));
	expect_good(ssc_write(w->a, 64, 1));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	ssc_set_block(w->a, 68);
	protect(w->a, method_at(w, 0), LBP_R);
	fill_block(data, 64, 0, method_at(w, 0));
	fill_block(data + 68, 64, 1, method_at(w, 0));
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

	if (!protects(w))
		return;
	fill_block(block, BLOCK, 5, method_at(w, 0));
	expect_good(ssc_write(w->a, BLOCK, 5));
	protect(w->a, method_at(w, 0), LBP_R);
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
	if (!protects(w))
		return;
	protect(w->a, method_at(w, 0), RBDP);
	expect_good(ssc_write(w->a, BLOCK, 5));
	expect_info(expect_sense(io_in(w->a, BLOCK + 4, CDB(0x14, 0, 0, 0x03, 0xec, 0)), 0, 0, 5), BLOCK + 4);
}

/* ---- VERIFY ---- */

EACH_DRIVE(verify_counts_the_crc_as_a_read_does)
{
	if (!protects(w))
		return;
	expect_good(ssc_write(w->a, BLOCK, 5));
	protect(w->a, method_at(w, 0), LBP_R);
	expect_good(ssc_rewind(w->a));
	expect_good(verify(w->a, 0, BLOCK + 4));
	expect_good(ssc_rewind(w->a));
	expect_info(expect_bits(expect_sense(verify(w->a, 0, BLOCK), 0, 0, 0), SENSE_BIT_ILI), -4);
	expect_good(ssc_rewind(w->a));
	expect_good(verify(w->a, VTE, 0));
}

EACH_DRIVE(what_verify_compares_with_is_checked_by_its_crc)
{
	for (unsigned n = 0; method_at(w, n); n++) {
		uint8_t block[BLOCK + 4];

		expect_good(select_protection(w->a, 0, 0, 0));
		expect_good(ssc_rewind(w->a));
		expect_good(ssc_write(w->a, BLOCK, 5));
		protect(w->a, method_at(w, n), LBP_R);
		expect_good(ssc_rewind(w->a));
		fill_block(block, BLOCK, 5, method_at(w, n));
		expect_good(io_out(w->a, block, BLOCK + 4, CDB(0x13, BYTCMP, 0, 0x03, 0xec, 0)));
		expect_good(ssc_rewind(w->a));
		block[3] ^= 1;
		expect_info(expect_sense(io_out(w->a, block, BLOCK + 4, CDB(0x13, BYTCMP, 0, 0x03, 0xec, 0)),
					 4, 0x10, 1), BLOCK + 4);
		expect_good(ssc_rewind(w->a));
		put_information(block, BLOCK, method_at(w, n));
		expect_sense(io_out(w->a, block, BLOCK + 4, CDB(0x13, BYTCMP, 0, 0x03, 0xec, 0)), 0xe, 0x1d, 0);
	}
}

EACH_DRIVE(verify_tells_of_another_method_than_the_chosen_one)
{
	if (!protects(w)) {
		expect_bad_cdb(verify(w->a, VLBPM, BLOCK), 1, 4);
		return;
	}
	expect_good(ssc_write(w->a, BLOCK, 5));
	expect_good(ssc_filemarks(w->a, 1));
	protect(w->a, TAPE_METHOD_RSCRC, LBP_W);
	expect_good(ssc_rewind(w->a));
	expect_good(verify(w->a, VLBPM, BLOCK));
	expect_good(ssc_rewind(w->a));
	expect_good(verify(w->a, VLBPM | VTE, 0));
	if (!w->model->lbp_crc32c)
		return;
	protect(w->a, w->model->lbp_crc32c_method, LBP_W);
	expect_good(ssc_rewind(w->a));
	expect_info(expect_sense(verify(w->a, VLBPM, BLOCK), 4, 0x10, 5), BLOCK);
	expect_good(ssc_rewind(w->a));
	expect_info(expect_sense(verify(w->a, VLBPM | VTE, 0), 4, 0x10, 5), 0);
}

/* ---- whose it is ---- */

EACH_DRIVE(each_initiator_has_its_own_protection)
{
	uint8_t block[BLOCK + 4];

	if (!protects(w))
		return;
	protect(w->a, method_at(w, 0), LBP_W | LBP_R);
	expect_good(ssc_ready(w->b));		/* no unit attention */
	expect_u24(expect_good(ssc_mode(w->b, 0x0a, 0xf0)), 20, 0);
	expect_good(write_protected(w->a, 1, method_at(w, 0)));
	expect_good(ssc_write(w->b, BLOCK, 2));
	expect_good(ssc_rewind(w->b));
	ssc_expect_block(w->b, BLOCK, 1);
	fill_block(block, BLOCK, 2, method_at(w, 0));
	expect_data(expect_good(ssc_read(w->a, 0, BLOCK + 4, BLOCK + 4)), block, BLOCK + 4);
}

EACH_DRIVE(a_reset_and_the_loss_of_the_nexus_end_protection_and_an_unload_does_not)
{
	if (!protects(w))
		return;
	protect(w->a, method_at(w, 0), LBP_W | LBP_R);
	ssc_reinsert(w);
	expect_u8(expect_good(ssc_mode(w->a, 0x0a, 0xf0)), 22, LBP_W | LBP_R);
	vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
	sim_drain_attentions(w->a);
	expect_u24(expect_good(ssc_mode(w->a, 0x0a, 0xf0)), 20, 0);
	protect(w->a, method_at(w, 0), LBP_W | LBP_R);
	vtl_nexus_lost(w->a);
	w->a = sim_initiator(w->dev, 1);
	expect_u24(expect_good(ssc_mode(w->a, 0x0a, 0xf0)), 20, 0);
}

EACH_DRIVE(encrypted_blocks_are_protected_too)
{
	static const uint8_t key[32] = { 1, 2, 3 };
	uint8_t block[BLOCK + 4];

	if (!protects(w) || !w->model->encryption)
		return;
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_ON, CRYPT_ON, key));
	protect(w->a, method_at(w, 0), LBP_W | LBP_R);
	fill_block(block, BLOCK, 1, method_at(w, 0));
	expect_good(write_bytes(w->a, block, BLOCK + 4));
	expect_good(ssc_rewind(w->a));
	expect_data(expect_good(ssc_read(w->a, 0, BLOCK + 4, BLOCK + 4)), block, BLOCK + 4);
}

/* Saves what one initiator has, with its Data Compression page or its Control Data Protection page. */
static void save_with(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage)
{
	struct io *now = expect_good(ssc_mode(nexus, page, subpage));
	uint8_t list[64];

	memcpy(list, now->in, now->cmd.in_used);
	list[0] = list[1] = 0;
	list[16] &= 0x7f;
	expect_good(io_out(nexus, list, now->cmd.in_used,
			   CDB(0x55, 0x11, 0, 0, 0, 0, 0, 0, (uint8_t)now->cmd.in_used, 0)));
}

static void protection_of_one_is_saved_for_others_only_if_its_page_says_so(void **state)
{
	struct ssc_world *w = ssc_open(ssc_some_model(), MEDIA_CODEC_ZLIB);
	static struct fake_state kept;
	struct vtl_nexus *c;

	memset(&kept, 0, sizeof(kept));
	fake_state_init(&kept);
	ssc_power_cycle(w, &kept.port);
	protect(w->a, TAPE_METHOD_CRC32C, LBP_W | LBP_R);
	save_with(w->a, 0x0f, 0);
	c = sim_initiator(w->dev, 7);
	expect_u8(expect_good(ssc_mode(c, 0x0a, 0xf0)), 22, 0);
	vtl_nexus_lost(c);
	save_with(w->a, 0x0a, 0xf0);
	c = sim_initiator(w->dev, 8);
	expect_u8(expect_good(ssc_mode(c, 0x0a, 0xf0)), 22, LBP_W | LBP_R);
	vtl_nexus_lost(c);
	ssc_power_cycle(w, &kept.port);
	expect_u8(expect_good(ssc_mode(w->b, 0x0a, 0xf0)), 20, TAPE_METHOD_CRC32C);
	ssc_end(w);
}

/* ---- what initiators send ---- */

static bool knows_ltfs(struct ssc_world *w)
{
	return protects(w) && w->model->append_only && w->model->block_max >= 524288;
}

/* LTFS with scsi_lbprotect=on: CRC32C where the drive has it; its labels, an index, and how it reads both. */
EACH_DRIVE(ltfs_writes_its_labels_with_a_crc_each)
{
	enum { RECORD = 524288 };
	uint8_t method = w->model->lbp_crc32c ? w->model->lbp_crc32c_method : TAPE_METHOD_RSCRC;
	uint8_t label[84], *record;
	struct io *io;

	if (!knows_ltfs(w))
		return;
	record = malloc(RECORD + 4);
	assert_non_null(record);
	protect(w->a, method, LBP_W | LBP_R);
	fill_block(label, 80, 1, method);
	fill_block(record, RECORD, 2, method);
	expect_good(write_bytes(w->a, label, 84));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(write_bytes(w->a, record, RECORD + 4));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	io = expect_sense(ssc_read(w->a, 0, RECORD + 4, RECORD + 4), 0, 0, 0);
	expect_data(expect_info(expect_bits(io, SENSE_BIT_ILI), RECORD + 4 - 84), label, 84);
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, 1));
	expect_data(expect_good(ssc_read(w->a, 0, RECORD + 4, RECORD + 4)), record, RECORD + 4);
	expect_good(select_protection(w->a, 0, 0, 0));		/* at close */
	free(record);
}

/* CERN CTA: by the six-byte commands, CRC32C in both directions; blocks of 256 KiB; and off again. */
EACH_DRIVE(cta_protects_its_blocks_by_crc32c)
{
	enum { DATA = 262144 };
	struct io *now = io_in(w->a, 44, CDB(0x1a, 0, 0x0a, 0xf0, 44, 0));
	uint8_t list[44], *block;

	if (!w->model->lbp_crc32c || w->model->lbp_crc32c_method != TAPE_METHOD_CRC32C)
		return;
	expect_len(expect_good(now), 44);
	memcpy(list, now->in, sizeof(list));
	list[0] = 0;
	list[12] &= 0x7f;
	list[16] = TAPE_METHOD_CRC32C;
	list[17] = 4;
	list[18] = LBP_W | LBP_R;
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 44, 0)));
	block = malloc(DATA + 4);
	assert_non_null(block);
	fill_block(block, DATA, 3, TAPE_METHOD_CRC32C);
	expect_good(write_bytes(w->a, block, DATA + 4));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	expect_data(expect_good(ssc_read(w->a, 0, DATA + 4, DATA + 4)), block, DATA + 4);
	list[16] = list[17] = list[18] = 0;
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 44, 0)));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, DATA, 3);
	free(block);
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
		SSC_TEST(each_initiator_has_its_own_protection),
		SSC_TEST(a_reset_and_the_loss_of_the_nexus_end_protection_and_an_unload_does_not),
		SSC_TEST(protection_of_one_is_saved_for_others_only_if_its_page_says_so),
		SSC_TEST(ltfs_writes_its_labels_with_a_crc_each),
		SSC_TEST(cta_protects_its_blocks_by_crc32c),
		SSC_TEST(encrypted_blocks_are_protected_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
