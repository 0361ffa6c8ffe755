/* SPDX-License-Identifier: GPL-2.0-only */
/* Sense data byte by byte, and what each outcome of a medium becomes. */
#include <string.h>

#include "fake_dev.h"

static void fixed_format_carries_code_bits_and_information(void **state)
{
	struct vtl_sense_extra x = { .valid = true, .information = 0x01020304, .ili = true, .eom = true, .fru = 7 };
	static const uint8_t want[18] = { 0xf0, 0, 0x68, 1, 2, 3, 4, 10, 0, 0, 0, 0, 0x00, 0x05, 7 };
	uint8_t s[VTL_SENSE_MAX];

	assert_int_equal(vtl_sense_build(s, sizeof(s), false, SENSE_EOD, &x), 18);
	assert_memory_equal(s, want, 18);
}

static void a_negative_residual_is_in_twos_complement(void **state)
{
	struct vtl_sense_extra x = { .valid = true, .information = -5, .ili = true };
	uint8_t s[18];

	vtl_sense_build(s, sizeof(s), false, SENSE_NONE, &x);
	assert_int_equal(s[0], 0xf0);
	assert_int_equal(get_be32(s + 3), 0xfffffffb);
}

static void a_residual_beyond_32_bits_clears_valid(void **state)
{
	static const int64_t wide[] = { 0x100000000, -0x80000001LL };
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct vtl_sense_extra x = { .valid = true, .information = wide[i] };
		uint8_t s[18];

		vtl_sense_build(s, sizeof(s), false, SENSE_NONE, &x);
		assert_int_equal(s[0], 0x70);
		assert_int_equal(get_be32(s + 3), 0);
	}
}

static void a_deferred_error_says_so(void **state)
{
	struct vtl_sense_extra x = { .deferred = true };
	uint8_t s[18];

	vtl_sense_build(s, sizeof(s), false, SENSE_WRITE_ERROR, &x);
	assert_int_equal(s[0], 0x71);
	vtl_sense_build(s, sizeof(s), true, SENSE_WRITE_ERROR, &x);
	assert_int_equal(s[0], 0x73);
}

static void a_field_pointer_tells_cdb_from_parameter_list(void **state)
{
	struct vtl_sense_extra x = { .sks = VTL_SKS_CDB_FIELD, .field = { 0x102, 3 } };
	uint8_t s[18];

	vtl_sense_build(s, sizeof(s), false, SENSE_INVALID_FIELD_IN_CDB, &x);
	assert_memory_equal(s + 15, "\xcb\x01\x02", 3);
	x.sks = VTL_SKS_PARAM_FIELD;
	x.field.bit = VTL_NO_BIT;
	vtl_sense_build(s, sizeof(s), false, SENSE_INVALID_FIELD_IN_PARAMETER_LIST, &x);
	assert_memory_equal(s + 15, "\x80\x01\x02", 3);
}

static void progress_is_in_the_sense_key_specific_field(void **state)
{
	struct vtl_sense_extra x = { .sks = VTL_SKS_PROGRESS, .progress = 0x8000 };
	uint8_t s[18];

	vtl_sense_build(s, sizeof(s), false, SENSE_ERASE_OPERATION_IN_PROGRESS, &x);
	assert_memory_equal(s + 15, "\x80\x80\x00", 3);
}

static void descriptor_format_carries_the_same(void **state)
{
	struct vtl_sense_extra x = {
		.valid = true, .information = -5, .filemark = true, .ili = true, .sks = VTL_SKS_PROGRESS,
		.progress = 0x1234, .fru = 9, .command_specific = 0x55,
	};
	static const uint8_t want[] = {
		0x72, 0x0, 0x00, 0x01, 0, 0, 0, 40,
		0x00, 0x0a, 0x80, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfb,
		0x01, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x55,
		0x02, 0x06, 0, 0, 0x80, 0x12, 0x34, 0,
		0x03, 0x02, 0, 9,
		0x04, 0x02, 0, 0xa0,
	};
	uint8_t s[VTL_SENSE_MAX];

	assert_int_equal(vtl_sense_build(s, sizeof(s), true, SENSE_FILEMARK, &x), sizeof(want));
	assert_memory_equal(s, want, sizeof(want));
}

static void sense_is_cut_to_the_room_for_it(void **state)
{
	uint8_t s[18];

	memset(s, 0xaa, sizeof(s));
	assert_int_equal(vtl_sense_build(s, 13, false, SENSE_POWER_ON, NULL), 13);
	assert_int_equal(s[12], 0x29);
	assert_int_equal(s[13], 0xaa);
}

static void every_outcome_of_a_medium_has_its_sense(void **state)
{
	static const struct {
		enum media_err err;
		bool writing;
		uint8_t key, asc, ascq, bits;
	} rows[] = {
		{ MEDIA_OK, false, 0x0, 0x00, 0x00, 0 },
		{ MEDIA_FILEMARK, false, 0x0, 0x00, 0x01, SENSE_BIT_FILEMARK },
		{ MEDIA_EOD, false, 0x8, 0x00, 0x05, 0 },
		{ MEDIA_BOP, false, 0x0, 0x00, 0x04, SENSE_BIT_EOM },
		{ MEDIA_FULL, true, 0xd, 0x00, 0x02, SENSE_BIT_EOM },
		{ MEDIA_NOSPACE, true, 0xd, 0x00, 0x02, SENSE_BIT_EOM },
		{ MEDIA_PROTECTED, true, 0x7, 0x27, 0x00, 0 },
		{ MEDIA_WORM, true, 0x7, 0x30, 0x0c, 0 },
		{ MEDIA_CORRUPT, false, 0x3, 0x11, 0x00, 0 },
		{ MEDIA_IO, false, 0x3, 0x11, 0x00, 0 },
		{ MEDIA_IO, true, 0x3, 0x0c, 0x00, 0 },
		{ MEDIA_FOREIGN, false, 0x3, 0x30, 0x01, 0 },
		{ MEDIA_VERSION, false, 0x3, 0x30, 0x02, 0 },
	};
	unsigned i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vtl_sense_extra x = { 0 };
		enum vtl_sense sense = vtl_sense_of_media(rows[i].err, rows[i].writing, &x);
		uint8_t s[18];

		vtl_sense_build(s, sizeof(s), false, sense, &x);
		assert_int_equal(s[2], rows[i].key | rows[i].bits);
		assert_int_equal(s[12], rows[i].asc);
		assert_int_equal(s[13], rows[i].ascq);
	}
	for (i = MEDIA_OK + 1; i < MEDIA_ERR_COUNT; i++) {
		assert_int_not_equal(vtl_sense_of_media((enum media_err)i, false, NULL), SENSE_NONE);
		assert_int_not_equal(vtl_sense_of_media((enum media_err)i, true, NULL), SENSE_NONE);
	}
}

static void request_sense_without_news_is_no_sense(void **state)
{
	struct fake_world *w = *state;
	struct io *io = expect_good(io_in(w->a, 252, CDB(0x03, 0, 0, 0, 252, 0)));

	expect_len(io, 18);
	expect_u8(io, 0, 0x70);
	expect_u8(io, 2, 0);
	expect_u16(io, 12, 0x0000);
}

static void request_sense_tells_of_progress(void **state)
{
	struct fake_world *w = *state;
	struct io *io;

	w->fake.idle_sense = SENSE_ERASE_OPERATION_IN_PROGRESS;
	w->fake.progress = 0x4000;
	io = expect_good(io_in(w->a, 252, CDB(0x03, 0, 0, 0, 252, 0)));
	expect_u16(io, 12, 0x0018);
	expect_u24(io, 15, 0x804000);
}

static void request_sense_with_desc_answers_in_descriptor_format(void **state)
{
	struct fake_world *w = *state;
	struct io *io = expect_good(io_in(w->a, 252, CDB(0x03, 1, 0, 0, 252, 0)));

	expect_u8(io, 0, 0x72);
}

static void d_sense_of_the_control_page_turns_sense_to_descriptors(void **state)
{
	struct fake_world *w = *state;
	struct io *io;

	assert_false(vtl_dev_descriptor_sense(&w->fake.dev));
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, 0x0a, 0x0a, 0x04, 0, 0, 0x40, 0, 0, 0, 0, 0, 0),
			   CDB(0x15, 0x10, 0, 0, 16, 0)));
	assert_true(vtl_dev_descriptor_sense(&w->fake.dev));
	io = expect_status(io(w->a, CDB(0xfe, 0, 0, 0, 0, 0)), SAM_CHECK_CONDITION);
	assert_memory_equal(io->cmd.sense, "\x72\x05\x20\x00", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_format_carries_code_bits_and_information),
		cmocka_unit_test(a_negative_residual_is_in_twos_complement),
		cmocka_unit_test(a_residual_beyond_32_bits_clears_valid),
		cmocka_unit_test(a_deferred_error_says_so),
		cmocka_unit_test(a_field_pointer_tells_cdb_from_parameter_list),
		cmocka_unit_test(progress_is_in_the_sense_key_specific_field),
		cmocka_unit_test(descriptor_format_carries_the_same),
		cmocka_unit_test(sense_is_cut_to_the_room_for_it),
		cmocka_unit_test(every_outcome_of_a_medium_has_its_sense),
		fake_test(request_sense_without_news_is_no_sense),
		fake_test(request_sense_tells_of_progress),
		fake_test(request_sense_with_desc_answers_in_descriptor_format),
		fake_test(d_sense_of_the_control_page_turns_sense_to_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
