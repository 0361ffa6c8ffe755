/* SPDX-License-Identifier: GPL-2.0-only */
/* Tape data encryption as an application sees it: SECURITY PROTOCOL IN and OUT, scopes, locks, read errors. */
#include <string.h>

#include "be.h"
#include "ssc_world.h"

enum { PUBLIC = SCOPE_OF_NONE, LOCAL = SCOPE_OF_ONE, ALL = SCOPE_OF_ALL };
enum { LOCK = 0x01 };
enum { OFF = CRYPT_OFF, RAW = CRYPT_RAW, ON = CRYPT_ON, MIXED = CRYPT_MIXED };

static const uint8_t key_a[32] = "the first key of thirty-two byte";
static const uint8_t key_b[32] = "the second key, and another one!";

static bool encrypts(struct ssc_world *w)
{
	return w->model->encryption;
}

static struct io *set_off(struct vtl_nexus *nexus, unsigned scope)
{
	return io_out(nexus, BYTES(0, 0x10, 0, 0x10, (uint8_t)(scope << 5), 0x40, 0, 0, 1, [19] = 0),
		      CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 20, 0, 0));
}

static void rewind_to_start(struct ssc_world *w)
{
	expect_good(ssc_rewind(w->a));
}

static unsigned next_status(struct vtl_nexus *nexus)
{
	return expect_good(ssc_security_in(nexus, 0x20, 0x21))->in[12] & 0x0f;
}

EACH_DRIVE(the_pages_of_both_protocols_list_what_there_is)
{
	struct io *io;

	if (!encrypts(w)) {
		expect_sense(ssc_security_in(w->a, 0, 0), 0x5, 0x20, 0x00);
		return;
	}
	io = expect_good(ssc_security_in(w->a, 0x00, 0x00));
	expect_len(io, 10);
	expect_u16(io, 6, 2);
	expect_u8(io, 9, 0x20);
	io = expect_good(ssc_security_in(w->a, 0x20, 0x00));
	expect_len(io, 18);
	expect_u16(io, 2, 14);
	io = expect_good(ssc_security_in(w->a, 0x20, 0x01));
	expect_u16(io, 4, 0x0010);
	io = expect_good(ssc_security_in(w->a, 0x20, 0x10));
	expect_len(io, 44);
	expect_u8(io, 20, 1);
	expect_u16(io, 30, 32);
	expect_u32(io, 40, 0x00010014);
	expect_len(expect_good(ssc_security_in(w->a, 0x20, 0x11)), 5);
	expect_len(expect_good(ssc_security_in(w->a, 0x20, 0x12)), 16);
	expect_len(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 24);
	expect_bad_cdb(ssc_security_in(w->a, 0x20, 0x30), 2, -1);
	expect_bad_cdb(ssc_security_in(w->a, 0x21, 0), 1, -1);
}

EACH_DRIVE(what_is_written_with_a_key_is_read_only_with_it)
{
	if (!encrypts(w))
		return;
	expect_good(ssc_set_key(w->a, LOCAL, 0, ON, ON, key_a));
	expect_good(ssc_write(w->a, 10000, 1));
	expect_good(set_off(w->a, LOCAL));
	expect_good(ssc_write(w->a, 5000, 2));
	rewind_to_start(w);
	expect_sense(ssc_read(w->a, 0, 10000, 10000), 0x7, 0x74, 0x01);
	assert_int_equal(ssc_object(w->a), 0);
	assert_int_equal(next_status(w->a), 6);
	expect_good(ssc_set_key(w->a, LOCAL, 0, OFF, ON, key_b));
	expect_sense(ssc_read(w->a, 0, 10000, 10000), 0x7, 0x74, 0x03);
	expect_good(ssc_set_key(w->a, LOCAL, 0, OFF, ON, key_a));
	assert_int_equal(next_status(w->a), 5);
	ssc_expect_block(w->a, 10000, 1);
	assert_int_equal(next_status(w->a), 3);
	expect_sense(ssc_read(w->a, 0, 5000, 5000), 0x7, 0x74, 0x02);
	expect_good(ssc_set_key(w->a, LOCAL, 0, OFF, MIXED, key_a));
	ssc_expect_block(w->a, 5000, 2);
	assert_int_equal(next_status(w->a), 2);
}

/* RDMC_C */
static bool reads_raw(struct ssc_world *w)
{
	unsigned rdmc = expect_good(ssc_security_in(w->a, 0x20, 0x10))->in[32] >> 1 & 7;

	assert_true(rdmc == 1 || rdmc == 4);
	return rdmc == 4;
}

EACH_DRIVE(raw_reads_are_for_blocks_that_allow_them)
{
	if (!encrypts(w))
		return;
	if (!reads_raw(w)) {
		expect_bad_param(ssc_set_key(w->a, LOCAL, 0, OFF, RAW, key_a), 7, -1);
		expect_bad_param(ssc_set_key(w->a, LOCAL, 0x20, ON, OFF, key_a), 5, 5);
		return;
	}
	expect_good(ssc_set_key(w->a, LOCAL, 0, ON, OFF, key_a));
	expect_good(ssc_write(w->a, 1000, 1));
	expect_good(ssc_set_key(w->a, LOCAL, 0x20, ON, OFF, key_a));
	expect_good(ssc_write(w->a, 1000, 2));
	rewind_to_start(w);
	expect_good(ssc_set_key(w->a, LOCAL, 0, OFF, RAW, key_a));
	expect_sense(ssc_read(w->a, 0, 2000, 2000), 0x7, 0x74, 0x0a);
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 1));
	assert_int_equal(expect_status(ssc_read(w->a, RW_SILI, 4000, 4000), SAM_GOOD)->in[0], 'V');
}

static void expect_wiped(const struct io *io)
{
	assert_true(io_done(io) && io->cmd.out_len >= 52);
	for (uint32_t i = 0; i < io->cmd.out_len; i++)
		assert_int_equal(io->cmd.out[i], 0);
}

EACH_DRIVE(the_parameter_list_is_wiped_before_status_whatever_that_is)
{
	uint8_t page[52] = { 0x00, 0x10, 0x00, 0x30, 0x20, 0x40, 2, 2, 1, [19] = 32 };
	struct io *mark, *waits;

	memcpy(page + 20, key_a, 32);
	expect_wiped(ssc_set_key(w->a, ALL, 0, ON, ON, key_a));
	expect_wiped(ssc_set_key(w->b, ALL, 0, ON, ON, key_a));		/* unit attention */
	sim_drain_attentions(w->b);
	expect_wiped(ssc_set_key(w->a, 7, 0, ON, ON, key_a));
	expect_wiped(io_out(w->a, page, sizeof(page), CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 19, 0, 0)));
	expect_wiped(io_out(w->a, page, sizeof(page), CDB(0xb5, 0x21, 0, 0x10, 0, 0, 0, 0, 0, 52, 0, 0)));
	expect_good(ssc_write(w->a, 100, 1));
	w->sim.hold_jobs = true;
	mark = io_start(w->a, CDB(0x10, 0, 0, 0, 1, 0), NULL, 0, 0);
	waits = io_start(w->a, CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 52, 0, 0), page, sizeof(page), 0);
	assert_false(io_done(mark) || io_done(waits));
	vtl_dev_abort(w->dev, &waits->cmd);
	expect_wiped(waits);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	expect_good(mark);
	expect_good(io(w->a, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_wiped(ssc_set_key(w->b, ALL, 0, ON, ON, key_a));		/* reservation conflict */
}

EACH_DRIVE(scopes_of_three_initiators_are_kept_apart)
{
	struct vtl_nexus *c;

	if (!encrypts(w))
		return;
	c = sim_initiator(w->dev, 7);
	expect_good(ssc_set_key(c, LOCAL, 0, ON, ON, key_b));
	expect_good(ssc_set_key(w->a, ALL, 0, ON, MIXED, key_a));
	expect_sense(ssc_ready(w->b), 0x6, 0x2a, 0x11);
	expect_good(ssc_ready(w->b));
	expect_good(ssc_ready(c));
	expect_u8(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 4, 0x42);
	expect_u8(expect_good(ssc_security_in(w->b, 0x20, 0x20)), 4, 0x02);
	expect_u8(expect_good(ssc_security_in(c, 0x20, 0x20)), 4, 0x21);
	expect_good(ssc_write(w->b, 4000, 1));
	expect_good(ssc_write(c, 4000, 2));
	rewind_to_start(w);
	ssc_expect_block(w->a, 4000, 1);
	expect_sense(ssc_read(w->a, 0, 4000, 4000), 0x7, 0x74, 0x03);
	ssc_expect_block(c, 4000, 2);
	/* The set for all is another's now. */
	expect_good(ssc_set_key(w->b, ALL, 0, ON, MIXED, key_b));
	expect_sense(ssc_ready(w->a), 0x6, 0x2a, 0x11);
	expect_u8(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 4, 0x02);
	rewind_to_start(w);
	expect_sense(ssc_read(w->a, 0, 4000, 4000), 0x7, 0x74, 0x03);
	/* Nothing is left when those who set it go back to the public. */
	expect_good(set_off(w->b, PUBLIC));
	expect_sense(ssc_ready(w->a), 0x6, 0x2a, 0x11);
	expect_u8(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 6, OFF);
	vtl_nexus_lost(c);
}

EACH_DRIVE(a_locked_nexus_hears_that_its_key_has_changed_and_reads_nothing_until_it_sets_it)
{
	uint8_t lock[20] = { 0, 0x10, 0, 0x10, LOCK, 0x40 };

	if (!encrypts(w))
		return;
	expect_good(ssc_write(w->a, 100, 1));
	rewind_to_start(w);
	expect_good(io_out(w->a, lock, sizeof(lock), CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 20, 0, 0)));
	expect_good(ssc_set_key(w->b, ALL, 0, ON, MIXED, key_a));
	expect_sense(ssc_ready(w->a), 0x6, 0x2a, 0x11);
	expect_sense(ssc_ready(w->a), 0x6, 0x2a, 0x13);
	expect_sense(ssc_read(w->a, 0, 100, 100), 0x7, 0x2a, 0x13);
	expect_sense(ssc_write(w->a, 100, 2), 0x7, 0x2a, 0x13);
	expect_good(io_out(w->a, lock, sizeof(lock), CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 20, 0, 0)));
	ssc_expect_block(w->a, 100, 1);
}

/* ---- CEEM ---- */

EACH_DRIVE(blocks_that_a_drive_encrypted_are_an_error_if_ceem_says_so)
{
	if (!encrypts(w))
		return;
	expect_good(ssc_write(w->a, 80, 1));
	expect_good(ssc_set_key(w->a, LOCAL, 0, ON, MIXED, key_a));
	expect_good(ssc_write(w->a, 80, 2));
	rewind_to_start(w);
	expect_good(ssc_set_key(w->a, LOCAL, 0xc0, OFF, MIXED, key_a));
	assert_int_equal(expect_good(ssc_security_in(w->a, 0x20, 0x20))->in[12] & 0x06, 0x06);
	ssc_expect_block(w->a, 80, 1);
	expect_sense(ssc_read(w->a, 0, 80, 80), 0x7, 0x74, 0x09);
	assert_int_equal(ssc_object(w->a), 1);
	/* 10b is for blocks that were written in external mode: there are none */
	expect_good(ssc_set_key(w->a, LOCAL, 0x80, OFF, MIXED, key_a));
	ssc_expect_block(w->a, 80, 2);
}

EACH_DRIVE(what_is_wrong_in_the_page_is_pointed_at_and_changes_nothing)
{
	static const struct { unsigned at; uint8_t value; unsigned byte; int bit; } rows[] = {
		{ 1, 0x11, 0, -1 }, { 3, 0x40, 2, -1 }, { 4, 0x60, 4, 7 }, { 5, 0x10, 5, 5 }, { 5, 0x08, 5, 3 },
		{ 6, 1, 6, -1 }, { 6, 3, 6, -1 }, { 7, 4, 7, -1 }, { 8, 0, 8, -1 }, { 9, 1, 9, -1 }, { 10, 3, 10, -1 },
		{ 19, 16, 18, -1 }, { 19, 0, 18, -1 }, { 19, 33, 18, -1 },
	};

	if (!encrypts(w))
		return;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t p[52] = { 0x00, 0x10, 0x00, 0x30, 0x40, 0x40, 2, 2, 1, [19] = 32 };

		p[rows[i].at] = rows[i].value;
		expect_bad_param(io_out(w->a, p, sizeof(p), CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 52, 0, 0)),
				 rows[i].byte, rows[i].bit);
	}
	expect_sense(io_out(w->a, BYTES(0, 0x10, 0, 0), CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 4, 0, 0)),
		     0x5, 0x1a, 0x00);
	expect_u32(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 8, 0);
}

/* stenc without more than the drive, before and after a key is set: INQUIRY, status, capabilities, next block. */
EACH_DRIVE(stenc_shows_the_drive)
{
	struct io *io;

	if (!encrypts(w))
		return;
	expect_good(io_in(w->a, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	io = expect_good(io_in(w->a, 8192, CDB(0xa2, 0x20, 0, 0x20, 0, 0, 0, 0, 0x20, 0, 0, 0)));
	expect_u16(io, 2, 20);
	expect_u24(io, 4, 0);			/* scopes public, modes disable */
	io = expect_good(io_in(w->a, 8192, CDB(0xa2, 0x20, 0, 0x10, 0, 0, 0, 0, 0x20, 0, 0, 0)));
	expect_u8(io, 20, 1);			/* the algorithm that -a would name */
	expect_u16(io, 22, 20);
	assert_int_equal(io->in[24] & 0x0f, 0x0a);	/* DECRYPT_C, ENCRYPT_C: in hardware */
	expect_u32(io, 40, 0x00010014);
	io = expect_good(io_in(w->a, 8192, CDB(0xa2, 0x20, 0, 0x21, 0, 0, 0, 0, 0x20, 0, 0, 0)));
	expect_u8(io, 12, 2);			/* nothing is written */
	expect_good(ssc_set_key(w->a, ALL, 0, ON, ON, key_a));
	io = expect_good(io_in(w->a, 8192, CDB(0xa2, 0x20, 0, 0x20, 0, 0, 0, 0, 0x20, 0, 0, 0)));
	expect_u32(io, 4, 0x42020201);
	expect_u32(io, 8, 1);			/* key instance counter */
}

/* stenc -e on -d on -k file: all I_T nexuses, CEEM 1, a key and its name. */
EACH_DRIVE(stenc_sets_a_key_with_a_name_and_reads_both_back)
{
	uint8_t p[61] = { 0x00, 0x10, 0x00, 57, 0x40, 0x40, 2, 2, 1, [19] = 32 };
	struct io *io;

	if (!encrypts(w))
		return;
	memcpy(p + 20, key_a, 32);
	put_be16(p + 54, 5);
	memcpy(p + 56, "vault", 5);
	io = io_out(w->a, p, sizeof(p), CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 61, 0, 0));
	if (!get_be16(expect_good(ssc_security_in(w->a, 0x20, 0x10))->in + 26)) {
		expect_bad_param(io, 54, -1);
		return;
	}
	expect_good(io);
	io = expect_good(io_in(w->a, 8192, CDB(0xa2, 0x20, 0, 0x20, 0, 0, 0, 0, 0x20, 0, 0, 0)));
	expect_len(io, 33);
	expect_u16(io, 26, 5);
	assert_memory_equal(io->in + 28, "vault", 5);
	expect_good(ssc_write(w->a, 3000, 1));
	rewind_to_start(w);
	io = expect_good(io_in(w->a, 8192, CDB(0xa2, 0x20, 0, 0x21, 0, 0, 0, 0, 0x20, 0, 0, 0)));
	expect_u8(io, 12, 5);
	expect_u8(io, 14, reads_raw(w));
	assert_memory_equal(io->in + 20, "vault", 5);
}

EACH_DRIVE(associated_data_is_as_long_as_the_drive_says_and_authenticated_with_its_block)
{
	uint8_t p[72] = { 0x00, 0x10, 0x00, 64, 0x20, 0x40, 2, 2, 1, [19] = 32 };
	const struct io *capabilities;
	struct io *io;

	if (!encrypts(w))
		return;
	capabilities = expect_good(ssc_security_in(w->a, 0x20, 0x10));
	memcpy(p + 20, key_a, 32);
	p[52] = 1;
	p[55] = 12;
	memcpy(p + 56, "twelve bytes", 12);
	io = io_out(w->a, p, 68, CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 68, 0, 0));
	if (!io_uint(capabilities, 28, 2)) {
		expect_bad_param(io, 54, -1);
		return;
	}
	expect_good(io);
	expect_good(ssc_write(w->a, 100, 1));
	rewind_to_start(w);
	io = expect_good(ssc_security_in(w->a, 0x20, 0x21));
	expect_u32(io, 16, 0x0103000c);
	assert_memory_equal(io->in + 20, "twelve bytes", 12);
	expect_good(ssc_set_key(w->a, LOCAL, 0, OFF, MIXED, key_b));
	expect_u32(expect_good(ssc_security_in(w->a, 0x20, 0x21)), 16, 0x0102000c);
	/* one byte more; an A-KAD before a U-KAD; a nonce, which the drive makes itself; metadata */
	p[55] = 13;
	p[3] = 65;
	expect_bad_param(io_out(w->a, p, 69, CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 69, 0, 0)), 54, -1);
	p[55] = 12;
	p[3] = 68;
	p[68] = 0;
	expect_bad_param(io_out(w->a, p, 72, CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 72, 0, 0)), 68, -1);
	p[3] = 64;
	for (p[52] = 2; p[52] < 5; p[52]++)
		expect_bad_param(io_out(w->a, p, 68, CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 68, 0, 0)), 52, -1);
}

/* CERN CTA: the protocols, then scope local, encrypt, decrypt mixed, algorithm 1; and off again. */
EACH_DRIVE(cta_sets_its_key_for_itself_and_clears_it)
{
	if (!encrypts(w))
		return;
	assert_true(get_be16(expect_good(ssc_security_in(w->a, 0, 0))->in + 6) > 1);
	expect_good(ssc_write(w->a, 80, 1));
	expect_good(ssc_set_key(w->a, LOCAL, 0, ON, MIXED, key_a));
	expect_good(ssc_write(w->a, 1000, 2));
	rewind_to_start(w);
	ssc_expect_block(w->a, 80, 1);
	ssc_expect_block(w->a, 1000, 2);
	expect_good(set_off(w->a, LOCAL));
	expect_good(ssc_write(w->a, 80, 3));
	expect_good(ssc_ready(w->b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(the_pages_of_both_protocols_list_what_there_is),
		SSC_TEST(what_is_written_with_a_key_is_read_only_with_it),
		SSC_TEST(raw_reads_are_for_blocks_that_allow_them),
		SSC_TEST(the_parameter_list_is_wiped_before_status_whatever_that_is),
		SSC_TEST(scopes_of_three_initiators_are_kept_apart),
		SSC_TEST(a_locked_nexus_hears_that_its_key_has_changed_and_reads_nothing_until_it_sets_it),
		SSC_TEST(blocks_that_a_drive_encrypted_are_an_error_if_ceem_says_so),
		SSC_TEST(what_is_wrong_in_the_page_is_pointed_at_and_changes_nothing),
		SSC_TEST(stenc_shows_the_drive),
		SSC_TEST(stenc_sets_a_key_with_a_name_and_reads_both_back),
		SSC_TEST(associated_data_is_as_long_as_the_drive_says_and_authenticated_with_its_block),
		SSC_TEST(cta_sets_its_key_for_itself_and_clears_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
