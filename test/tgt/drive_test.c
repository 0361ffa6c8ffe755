/* SPDX-License-Identifier: GPL-2.0-only */
/* A drive behind the packaged tgtd: data, and what only the way through tgtd can get wrong. */
#include "served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "crc.h"

#define REWIND			CDB(0x01, 0, 0, 0, 0, 0)
#define INQUIRY			CDB(0x12, 0, 0, 0, 96, 0)
#define REQUEST_SENSE		CDB(0x03, 0, 0, 0, 252, 0)
#define WRITE_FILEMARK		CDB(0x10, 0, 0, 0, 1, 0)
#define RESERVE			CDB(0x16, 0, 0, 0, 0, 0)
#define RELEASE			CDB(0x17, 0, 0, 0, 0, 0)
#define READ(len)		CDB(0x08, 0, (len) >> 16 & 0xff, (len) >> 8 & 0xff, (len) & 0xff, 0)
#define WRITE(len)		CDB(0x0a, 0, (len) >> 16 & 0xff, (len) >> 8 & 0xff, (len) & 0xff, 0)

#define SLOT_1	1000
#define DRIVE_1	500

static struct session *open_drive(const char *name)
{
	return session_open(test_env("VTL_TEST_DRIVE1"), name, 1);
}

/* Every test has a cartridge in drive 1, at its beginning. */
static int load(void **state)
{
	struct session *changer = session_open(test_env("VTL_TEST_CHANGER"), "robot", 1), *drive;

	session_ready(changer);
	run(changer, MOVE(SLOT_1, DRIVE_1));
	session_close(changer);
	drive = open_drive("setup");
	session_ready(drive);
	expect_good(run(drive, REWIND));
	session_close(drive);
	return 0;
}

static uint8_t *pattern(uint32_t len, unsigned seed)
{
	uint8_t *p = malloc(len);
	uint32_t i;

	assert_non_null(p);
	for (i = 0; i < len; i++)
		p[i] = (uint8_t)((i * 2654435761u >> 13) + seed * 31);
	return p;
}

static void blocks_of_many_sizes_come_back_as_they_were_written(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 511, 512, 4096, 8191, 65536, 65537, 262144, 1048576, 1048577, 8388608 };
	struct session *drive = open_drive("data");
	const unsigned count = sizeof(sizes) / sizeof(sizes[0]);
	const struct reply *reply;
	uint8_t *data;
	unsigned i;

	session_drain(drive);
	for (i = 0; i < count; i++) {
		data = pattern(sizes[i], i);
		expect_good(run_out(drive, data, sizes[i], WRITE(sizes[i])));
		free(data);
	}
	expect_good(run(drive, WRITE_FILEMARK));
	expect_good(run(drive, REWIND));
	for (i = 0; i < count; i++) {
		data = pattern(sizes[i], i);
		reply = expect_good(run_in(drive, sizes[i], READ(sizes[i])));
		assert_int_equal(reply->in_len, sizes[i]);
		assert_memory_equal(reply->in, data, sizes[i]);
		free(data);
	}
	reply = expect_sense(run_in(drive, 512, READ(512)), 0, 0x00, 0x01);
	assert_true(reply->sense[2] & 0x80);
	assert_int_equal(reply->in_len, 0);
	expect_sense(run_in(drive, 512, READ(512)), 8, 0x00, 0x05);
	session_close(drive);
}

static void a_short_block_brings_its_data_and_what_is_missing(void **state)
{
	struct session *drive = open_drive("short");
	const struct reply *reply;

	session_drain(drive);
	expect_good(run_out(drive, BYTES(1, 2, 3, 4), WRITE(4)));
	expect_good(run(drive, REWIND));
	reply = expect_sense(run_in(drive, 16, READ(16)), 0, 0x00, 0x00);
	assert_int_equal(reply->sense[0], 0xf0);
	assert_int_equal(reply->sense[2], 0x20);
	assert_int_equal(reply->sense[6], 12);
	assert_int_equal(reply->in_len, 4);
	assert_memory_equal(reply->in, "\1\2\3\4\xa5", 5);
	session_close(drive);
}

static void a_write_tells_how_much_it_took(void **state)
{
	struct session *drive = open_drive("residual");
	uint8_t data[64] = { 0 };
	const struct reply *reply;

	session_drain(drive);
	reply = expect_good(run_out(drive, data, sizeof(data), WRITE(16)));
	assert_int_equal(reply->residual, sizeof(data) - 16);
	session_close(drive);
}

static void a_read_with_a_unit_attention_pending_brings_no_byte(void **state)
{
	struct session *drive = open_drive("attention");
	const struct reply *reply = expect_status(run_in(drive, 65536, READ(65536)), 0x02);
	unsigned i;

	assert_int_equal(reply->sense[12], 0x29);
	assert_int_equal(reply->in_len, 0);
	for (i = 0; i < 65536; i++)
		assert_int_equal(reply->in[i], 0xa5);
	session_close(drive);
}

static void request_sense_reports_a_unit_attention_as_data_and_clears_it(void **state)
{
	struct session *drive = open_drive("sense");
	const struct reply *reply = expect_good(run_in(drive, 252, REQUEST_SENSE));

	assert_int_equal(reply->in[2] & 0x0f, 6);
	assert_int_equal(reply->in[12], 0x29);
	expect_good(run(drive, TEST_UNIT_READY));
	session_close(drive);
}

static void inquiry_leaves_a_unit_attention_pending(void **state)
{
	struct session *drive = open_drive("inquiry");

	expect_good(run_in(drive, 96, INQUIRY));
	expect_status(run(drive, TEST_UNIT_READY), 0x02);
	session_close(drive);
}

static void inquiry_gives_what_the_drive_is(void **state)
{
	struct session *drive = open_drive("who");
	const struct reply *reply = expect_good(run_in(drive, 96, INQUIRY));

	assert_int_equal(reply->in[0], 0x01);
	assert_memory_equal(reply->in + 8, "IBM     ULT3580-TD8", 19);
	session_close(drive);
}

static void each_session_has_unit_attentions_of_its_own(void **state)
{
	struct session *a = open_drive("a"), *b = open_drive("b");

	session_drain(a);
	expect_good(run(a, TEST_UNIT_READY));
	expect_status(run(b, TEST_UNIT_READY), 0x02);
	expect_good(run(a, TEST_UNIT_READY));
	session_drain(b);
	expect_good(run(b, TEST_UNIT_READY));
	session_close(a);
	session_close(b);
}

static void naca_is_refused_with_a_pointer_to_control(void **state)
{
	struct session *drive = open_drive("naca");
	const struct reply *reply;

	session_drain(drive);
	reply = expect_sense(run(drive, CDB(0x00, 0, 0, 0, 0, 0x04)), 5, 0x24, 0x00);
	assert_int_equal(reply->sense[15] & 0xc0, 0xc0);
	assert_int_equal(reply->sense[17], 5);
	session_close(drive);
}

static void a_reset_of_the_unit_is_told_to_every_session(void **state)
{
	struct session *a = open_drive("a"), *b = open_drive("b");

	session_drain(a);
	session_drain(b);
	session_lun_reset(a);
	expect_sense(run(b, TEST_UNIT_READY), 6, 0x29, 0x03);
	expect_sense(run(a, TEST_UNIT_READY), 6, 0x29, 0x03);
	expect_good(run(a, TEST_UNIT_READY));
	expect_good(run(b, TEST_UNIT_READY));
	session_close(a);
	session_close(b);
}

static void a_reset_ends_the_reservation_of_another(void **state)
{
	struct session *a = open_drive("a"), *b = open_drive("b");

	session_drain(a);
	session_drain(b);
	expect_good(run(a, RESERVE));
	expect_status(run(b, REWIND), 0x18);
	session_lun_reset(b);
	session_drain(b);
	expect_good(run(b, REWIND));
	session_close(a);
	session_close(b);
}

static void a_reset_by_a_session_that_has_sent_nothing_yet_is_one(void **state)
{
	static const uint8_t block_length_512[] = { 0, 0, 0x10, 8, 0, 0, 0, 0, 0, 0, 2, 0 };
	struct session *a = open_drive("a"), *b;

	session_drain(a);
	expect_good(run_out(a, block_length_512, sizeof(block_length_512), CDB(0x15, 0x10, 0, 0, 12, 0)));
	session_close(a);
	b = open_drive("b");
	session_lun_reset(b);
	session_drain(b);
	/* with the default block length, 0, a fixed read is not possible */
	expect_sense(run_in(b, 512, CDB(0x08, 1, 0, 0, 1, 0)), 5, 0x24, 0x00);
	session_close(b);
}

static void a_lost_session_gives_up_its_reservation(void **state)
{
	struct session *a = open_drive("a"), *b = open_drive("b");

	session_drain(a);
	session_drain(b);
	expect_good(run(a, RESERVE));
	expect_status(run(b, REWIND), 0x18);
	session_drop(a);
	a = open_drive("a");
	session_drain(a);
	expect_good(run(b, REWIND));
	session_close(a);
	session_close(b);
}

/* The connection is cut while the data of a write is on its way: all of the block is there, or nothing. */
static void a_session_that_is_lost_in_the_middle_of_a_write_leaves_no_half_block(void **state)
{
	enum { LEN = 4 << 20 };
	struct session *b = open_drive("b");
	uint8_t *block = malloc(LEN);
	unsigned whole = 0;

	assert_non_null(block);
	memset(block, 0x77, LEN);
	for (unsigned turns = 1; turns <= 24; turns++) {
		struct session *a = open_drive("a");
		const struct reply *reply;

		session_drain(a);
		session_drain(b);
		expect_good(run(b, REWIND));
		expect_good(run_out(b, BYTES(1, 2, 3), CDB(0x0a, 0, 0, 0, 3, 0)));
		session_begin(a, CDB(0x0a, 0, 0x40, 0, 0, 0), block, LEN, turns);
		session_drop(a);
		session_ready(b);
		expect_good(run(b, REWIND));
		assert_memory_equal(expect_good(run_in(b, 3, CDB(0x08, 0, 0, 0, 3, 0)))->in, "\1\2\3", 3);
		reply = run_in(b, LEN, CDB(0x08, 0, 0x40, 0, 0, 0));
		if (reply->status == 0) {
			assert_memory_equal(reply->in, block, LEN);
			whole++;
		} else {
			expect_sense(reply, 8, 0, 5);
		}
	}
	assert_true(whole < 24);
	free(block);
	session_close(b);
}

static void an_initiator_that_comes_back_is_told_that_its_nexus_was_lost(void **state)
{
	struct session *a = session_open(test_env("VTL_TEST_DRIVE1"), "returns", 7);

	expect_sense(run(a, TEST_UNIT_READY), 6, 0x29, 0x00);
	session_close(a);
	a = session_open(test_env("VTL_TEST_DRIVE1"), "returns", 7);
	expect_sense(run(a, TEST_UNIT_READY), 6, 0x29, 0x07);
	expect_good(run(a, TEST_UNIT_READY));
	session_close(a);
}

/* D_SENSE of the Control page; what tgtd says itself (REPORT LUNS with an allocation length below 16) follows it. */
static void sense_comes_in_the_format_that_the_control_page_says(void **state)
{
	struct session *drive = open_drive("format"), *other = open_drive("beside");
	const struct reply *reply;

	session_drain(drive);
	session_drain(other);
	expect_good(run_out(drive, BYTES(0, 0, 0x10, 0, 0x0a, 0x0a, 0x04, 0, 0, 0x40, 0, 0, 0, 0, 0, 0),
			    CDB(0x15, 0x10, 0, 0, 16, 0)));
	reply = expect_status(run(drive, CDB(0xc7, 0, 0, 0, 0, 0, 0, 0, 0, 0)), 0x02);
	assert_int_equal(reply->sense[0], 0x72);
	assert_int_equal(reply->sense[1], 5);
	assert_int_equal(reply->sense[2], 0x20);
	reply = expect_status(run(other, TEST_UNIT_READY), 0x02);
	assert_memory_equal(reply->sense, "\x72\x06\x2a\x01", 4);
	reply = expect_status(run_in(drive, 8, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0)), 0x02);
	assert_int_equal(reply->sense[0], 0x72);
	expect_good(run_out(drive, BYTES(0, 0, 0x10, 0, 0x0a, 0x0a, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0),
			    CDB(0x15, 0x10, 0, 0, 16, 0)));
	reply = expect_status(run_in(drive, 8, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0)), 0x02);
	assert_int_equal(reply->sense[0] & 0x7f, 0x70);
	session_close(drive);
	session_close(other);
}

static void two_doors_lead_to_one_drive(void **state)
{
	struct session *a = open_drive("a"), *b = session_open(test_env("VTL_TEST_DOOR2"), "b", 1);
	const struct reply *reply;

	session_drain(a);
	expect_status(run(b, TEST_UNIT_READY), 0x02);
	session_drain(b);
	expect_good(run_out(a, BYTES(7, 7, 7), WRITE(3)));
	expect_good(run(b, REWIND));
	reply = expect_good(run_in(b, 3, READ(3)));
	assert_memory_equal(reply->in, "\7\7\7", 3);
	session_close(a);
	session_close(b);
}

static void a_reservation_holds_at_the_other_door(void **state)
{
	struct session *a = open_drive("a"), *b = session_open(test_env("VTL_TEST_DOOR2"), "b", 1);

	session_drain(a);
	session_drain(b);
	expect_good(run(a, RESERVE));
	expect_status(run(b, REWIND), 0x18);
	expect_good(run(a, RELEASE));
	expect_good(run(b, REWIND));
	session_close(a);
	session_close(b);
}

static void a_reset_through_one_door_is_told_at_the_other(void **state)
{
	struct session *a = open_drive("a"), *b = session_open(test_env("VTL_TEST_DOOR2"), "b", 1);

	session_drain(a);
	session_drain(b);
	session_lun_reset(a);
	expect_good(run_in(a, 96, INQUIRY));
	expect_sense(run(b, TEST_UNIT_READY), 6, 0x29, 0x03);
	session_close(a);
	session_close(b);
}

/* Logical block protection by CRC32C, in both directions: each block is four bytes longer than a round number. */
static void blocks_with_a_crc_each_go_through_tgtd(void **state)
{
	enum { LEN = 1048576 };
	uint8_t list[40] = { [8] = 0x4a, 0xf0, 0, 0x1c, 2, 4, 0xc0 };
	struct session *drive = open_drive("protected");
	uint8_t *block = pattern(LEN + 4, 9);
	const struct reply *reply;

	put_be32(block + LEN, __builtin_bswap32(media_crc32c(0, block, LEN)));
	session_drain(drive);
	expect_good(run_out(drive, list, sizeof(list), CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, sizeof(list), 0)));
	for (unsigned i = 0; i < 8; i++)
		expect_good(run_out(drive, block, LEN + 4, WRITE(LEN + 4)));
	block[LEN / 2] ^= 1;
	expect_sense(run_out(drive, block, LEN + 4, WRITE(LEN + 4)), 4, 0x10, 0x01);
	block[LEN / 2] ^= 1;
	expect_good(run(drive, WRITE_FILEMARK));
	expect_good(run(drive, REWIND));
	for (unsigned i = 0; i < 8; i++) {
		reply = expect_good(run_in(drive, LEN + 4, READ(LEN + 4)));
		assert_int_equal(reply->residual, 0);
		assert_memory_equal(reply->in, block, LEN + 4);
	}
	reply = expect_status(run_in(drive, LEN + 4, READ(LEN + 4)), 0x02);
	assert_int_equal(reply->sense[2], 0x80);
	free(block);
	session_close(drive);
}

static void report_luns_is_the_targets(void **state)
{
	struct session *drive = open_drive("luns");
	const struct reply *reply = expect_good(run_in(drive, 256, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0)));

	assert_int_equal(reply->in[3], 6 * 8);	/* the unit that tgtd makes itself among them */
	session_close(drive);
}

static void a_unit_without_a_backing_store_is_not_configured(void **state)
{
	char command[512], url[512];
	struct session *unit;

	snprintf(command, sizeof(command),
		 "%s --lld iscsi --op new --mode logicalunit --tid 2 --lun 9 --device-type tape "
		 "-b /nonexistent >/dev/null 2>&1",
		 test_env("VTL_TEST_ADM"));
	assert_int_not_equal(system(command), 0);
	snprintf(url, sizeof(url), "%.*s9", (int)strlen(test_env("VTL_TEST_DOOR2")) - 1, test_env("VTL_TEST_DOOR2"));
	unit = session_open(url, "nothing", 1);
	expect_sense(run(unit, TEST_UNIT_READY), 5, 0x25, 0x00);
	session_close(unit);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(blocks_of_many_sizes_come_back_as_they_were_written, load),
		cmocka_unit_test_setup(a_short_block_brings_its_data_and_what_is_missing, load),
		cmocka_unit_test_setup(a_write_tells_how_much_it_took, load),
		cmocka_unit_test_setup(a_read_with_a_unit_attention_pending_brings_no_byte, load),
		cmocka_unit_test_setup(request_sense_reports_a_unit_attention_as_data_and_clears_it, load),
		cmocka_unit_test_setup(inquiry_leaves_a_unit_attention_pending, load),
		cmocka_unit_test_setup(inquiry_gives_what_the_drive_is, load),
		cmocka_unit_test_setup(each_session_has_unit_attentions_of_its_own, load),
		cmocka_unit_test_setup(naca_is_refused_with_a_pointer_to_control, load),
		cmocka_unit_test_setup(a_reset_of_the_unit_is_told_to_every_session, load),
		cmocka_unit_test_setup(a_reset_ends_the_reservation_of_another, load),
		cmocka_unit_test_setup(a_reset_by_a_session_that_has_sent_nothing_yet_is_one, load),
		cmocka_unit_test_setup(a_lost_session_gives_up_its_reservation, load),
		cmocka_unit_test_setup(a_session_that_is_lost_in_the_middle_of_a_write_leaves_no_half_block, load),
		cmocka_unit_test_setup(an_initiator_that_comes_back_is_told_that_its_nexus_was_lost, load),
		cmocka_unit_test_setup(sense_comes_in_the_format_that_the_control_page_says, load),
		cmocka_unit_test_setup(two_doors_lead_to_one_drive, load),
		cmocka_unit_test_setup(a_reservation_holds_at_the_other_door, load),
		cmocka_unit_test_setup(a_reset_through_one_door_is_told_at_the_other, load),
		cmocka_unit_test_setup(blocks_with_a_crc_each_go_through_tgtd, load),
		cmocka_unit_test_setup(report_luns_is_the_targets, load),
		cmocka_unit_test(a_unit_without_a_backing_store_is_not_configured),
	};

	test_needs_tgtd(argv, NULL);
	return cmocka_run_group_tests_name("a drive over iSCSI", tests, NULL, NULL);
}
