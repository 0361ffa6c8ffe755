/* SPDX-License-Identifier: GPL-2.0-only */
/* Sense data of both formats, whole, cut and malformed, as vtl's initiator decodes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "initiator.h"

static void fixed_format_gives_key_code_and_stream_bits(void **state)
{
	static const uint8_t data[18] = { 0xf0, 0,   0x80 | 0x40 | 0x20, 0xff, 0xff, 0xff, 0xfe, 10, 0, 0, 0, 0,
					  0x00, 0x01 };
	struct sense s;

	sense_decode(data, sizeof(data), &s);
	assert_true(s.valid && !s.deferred && s.filemark && s.eom && s.ili && s.has_information);
	assert_int_equal(s.key, 0);
	assert_int_equal(s.information, -2);
	assert_int_equal(s.asc << 8 | s.ascq, 0x0001);
}

static void descriptor_format_gives_the_same(void **state)
{
	static const uint8_t data[] = { 0x72, 0x05, 0x24, 0x00, 0, 0, 0, 24,
					0x00, 0x0a, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 7,
					0x02, 0x06, 0, 0, 0xc0, 0, 3, 0,
					0x04, 0x02, 0, 0x20 };
	struct sense s;
	char text[128];

	sense_decode(data, sizeof(data), &s);
	assert_true(s.valid && s.ili && !s.eom && s.has_information && s.has_field && s.field_in_cdb);
	assert_int_equal(s.information, 7);
	assert_int_equal(s.field, 3);
	assert_string_equal(sense_text(&s, text, sizeof(text)),
			    "illegal request: invalid field in cdb, byte 3 of the command (05/24/00)");
}

static void a_deferred_error_is_called_so(void **state)
{
	static const uint8_t data[18] = { 0x71, 0, 0x03, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x0c, 0x00 };
	struct sense s;
	char text[128];

	sense_decode(data, sizeof(data), &s);
	assert_true(s.deferred);
	assert_string_equal(sense_text(&s, text, sizeof(text)), "deferred: medium error: write error (03/0C/00)");
}

static void data_of_every_shorter_length_is_read_within_its_bounds(void **state)
{
	static const uint8_t fixed[18] = { 0xf0, 0, 0x05, 1, 2, 3, 4, 10, 0, 0, 0, 0, 0x24, 0x00, 0, 0xc0, 0, 1 };
	static const uint8_t descriptor[20] = { 0x72, 5, 0x24, 0, 0, 0, 0, 12, 0, 10, 0x80 };

	for (unsigned len = 0; len <= sizeof(fixed); len++) {
		uint8_t *copy = malloc(len + !len);	/* exactly as long: the sanitizer sees a byte too far */
		struct sense s;

		memcpy(copy, fixed, len);
		sense_decode(copy, len, &s);
		assert_int_equal(s.valid, len >= 4);
		memcpy(copy, descriptor, len);
		sense_decode(copy, len, &s);
		free(copy);
	}
}

static void what_is_no_sense_data_is_not_taken_for_it(void **state)
{
	static const uint8_t vendor[18] = { 0x7f, 0, 5 }, zero[18] = { 0 };
	struct sense s;
	char text[64];

	sense_decode(vendor, sizeof(vendor), &s);
	assert_false(s.valid);
	sense_decode(zero, sizeof(zero), &s);
	assert_false(s.valid);
	assert_string_equal(sense_text(&s, text, sizeof(text)), "no sense data");
}

static void a_status_becomes_an_exit_code_and_a_reason(void **state)
{
	struct initiator_command c = { .status = SCSI_CONFLICT };
	struct why why;

	assert_int_equal(initiator_judge(&c, "write", &why), 4);
	assert_string_equal(why.text, "write: reserved by another initiator");
	c.status = SCSI_BUSY;
	assert_int_equal(initiator_judge(&c, "write", &why), 4);
	c.status = 0x40;
	assert_int_equal(initiator_judge(&c, "write", &why), 1);
	assert_string_equal(why.text, "write: SCSI status 40h");
	c.status = SCSI_CHECK_CONDITION;
	c.sense = (struct sense){ .valid = true, .key = 7, .asc = 0x27 };
	assert_int_equal(initiator_judge(&c, "write", &why), 1);
	assert_string_equal(why.text, "write: data protect: write protected (07/27/00)");
	c.status = SCSI_GOOD;
	assert_int_equal(initiator_judge(&c, "write", &why), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_format_gives_key_code_and_stream_bits),
		cmocka_unit_test(descriptor_format_gives_the_same),
		cmocka_unit_test(a_deferred_error_is_called_so),
		cmocka_unit_test(data_of_every_shorter_length_is_read_within_its_bounds),
		cmocka_unit_test(what_is_no_sense_data_is_not_taken_for_it),
		cmocka_unit_test(a_status_becomes_an_exit_code_and_a_reason),
	};

	return cmocka_run_group_tests_name("sense", tests, NULL, NULL);
}
