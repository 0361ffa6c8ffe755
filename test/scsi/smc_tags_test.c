/* SPDX-License-Identifier: GPL-2.0-only */
/* SEND VOLUME TAG and REQUEST VOLUME ELEMENT ADDRESS: searching, and giving tags. */
#include "smc_world.h"

#include <string.h>

#define ALL	0xffff

static struct io *send_tag(struct vtl_nexus *nexus, uint16_t address, uint8_t action, const char *text, uint16_t min,
			   uint16_t max)
{
	uint8_t list[40] = { 0 }, cdb[12] = { 0xb6, 0, (uint8_t)(address >> 8), (uint8_t)address, 0, action, [9] = 40 };

	memset(list, ' ', 32);
	memcpy(list, text, strlen(text));
	put_be16(list + 34, min);
	put_be16(list + 38, max);
	return io_out(nexus, list, sizeof(list), cdb, sizeof(cdb));
}

/* Searches all tags, or by another action code, from the first address on. */
static void look_for(struct vtl_nexus *nexus, uint8_t action, const char *pattern)
{
	expect_good(send_tag(nexus, 0, action, pattern, 0, 0xffff));
}

static struct io *found(struct vtl_nexus *nexus, uint16_t count)
{
	return expect_good(io_in(nexus, 4096, CDB(0xb5, 0x10, 0, 0, (uint8_t)(count >> 8), (uint8_t)count, 0, 0, 16, 0,
						  0, 0)));
}

static unsigned found_number(struct vtl_nexus *nexus)
{
	return (unsigned)io_uint(found(nexus, ALL), 2, 2);
}

static void fill(struct smc_world *w)
{
	fake_put(&w->fake, smc_address(w, VTL_STORAGE, 0), "VTL001L8");
	fake_put(&w->fake, smc_address(w, VTL_STORAGE, 2), "VTL002L8");
	fake_put(&w->fake, smc_address(w, VTL_STORAGE, 3), "VTM003L8");
	fake_put(&w->fake, smc_address(w, VTL_DRIVE, 0), "VTL004L8");
}

EACH_LIBRARY(a_search_finds_what_fits_the_template)
{
	static const struct {
		const char *pattern;
		unsigned found;
	} rows[] = {
		{ "VTL001L8", 1 }, { "VTL*", 3 },   { "*", 4 },		{ "VT?00?L8", 4 }, { "VTL001", 0 },
		{ "V*nothing after it matters", 4 }, { "?", 0 },	{ "VTL001L8?", 0 }, { "VTL001L8*", 1 },
		{ "VTL004L8", 1 },
	};

	fill(w);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		look_for(w->a, 0, rows[i].pattern);
		assert_int_equal(found_number(w->a), rows[i].found);
	}
}

EACH_LIBRARY(what_was_found_is_told_as_element_status_and_only_once)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 2);
	const uint8_t *d;
	struct io *answer;
	unsigned size;
	uint8_t type;

	fill(w);
	look_for(w->a, 5, "VTL002L8");
	/* A header alone asks how much there is. */
	answer = expect_good(io_in(w->a, 8, CDB(0xb5, 0x10, 0, 0, 0xff, 0xff, 0, 0, 0, 8, 0, 0)));
	expect_u16(answer, 2, 1);
	answer = found(w->a, ALL);
	expect_u16(answer, 0, slot);
	expect_u16(answer, 2, 1);
	expect_u8(answer, 4, 5);
	expect_u24(answer, 5, answer->cmd.in_used - 8);
	d = smc_descriptor(answer, slot, &size, &type);
	assert_non_null(d);
	assert_int_equal(type, VTL_STORAGE);
	assert_memory_equal(d + 12, "VTL002L8 ", 9);
	assert_int_equal(found_number(w->a), 0);
}

EACH_LIBRARY(a_long_list_comes_in_pieces)
{
	unsigned pieces = 0;

	fill(w);
	look_for(w->a, 4, "VT*");
	for (uint32_t last = 0;; pieces++) {
		struct io *answer = found(w->a, 1);

		if (!io_uint(answer, 2, 2))
			break;
		assert_true(!pieces || io_uint(answer, 0, 2) > last);
		last = (uint32_t)io_uint(answer, 0, 2);
	}
	assert_int_equal(pieces, 4);
}

EACH_LIBRARY(a_search_starts_where_it_is_told_and_keeps_to_a_type)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 1);
	uint8_t list[40] = "VT*";

	fill(w);
	expect_good(io_out(w->a, list, 40,
			   CDB(0xb6, VTL_STORAGE, (uint8_t)(slot >> 8), (uint8_t)slot, 0, 5, 0, 0, 0, 40, 0, 0)));
	assert_int_equal(found_number(w->a), 2);
	expect_good(io_out(w->a, list, 40, CDB(0xb6, VTL_DRIVE, 0, 0, 0, 5, 0, 0, 0, 40, 0, 0)));
	assert_int_equal(found_number(w->a), 1);
	expect_bad_cdb(io_out(w->a, list, 40, CDB(0xb6, 5, 0, 0, 0, 5, 0, 0, 0, 40, 0, 0)), 1, 3);
}

EACH_LIBRARY(every_initiator_has_a_search_of_its_own)
{
	fill(w);
	assert_int_equal(found_number(w->b), 0);
	look_for(w->a, 0, "VTL001L8");
	look_for(w->b, 0, "VT*");
	assert_int_equal(found_number(w->a), 1);
	assert_int_equal(found_number(w->b), 4);
}

EACH_LIBRARY(tags_are_asserted_replaced_and_undefined)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);
	const struct fake_element *element = fake_element(&w->fake, slot);

	fill(w);
	/* A barcode is a primary tag; there is no alternate one yet. */
	expect_sense(send_tag(w->a, slot, 0x08, "NEW001", 0, 0), KEY_ILLEGAL_REQUEST, 0x2c, 0x00);
	expect_good(send_tag(w->a, slot, 0x09, "ALT001", 7, 0));
	assert_string_equal(element->tag[VTL_TAG_ALTERNATE].text, "ALT001");
	assert_int_equal(element->tag[VTL_TAG_ALTERNATE].sequence, 7);
	expect_sense(send_tag(w->a, slot, 0x09, "ALT002", 0, 0), KEY_ILLEGAL_REQUEST, 0x2c, 0x00);
	expect_good(send_tag(w->a, slot, 0x0b, "ALT002", 8, 0));
	expect_good(send_tag(w->a, slot, 0x0a, "NEW001", 1, 0));
	assert_string_equal(element->tag[VTL_TAG_PRIMARY].text, "NEW001");
	expect_good(send_tag(w->a, slot, 0x0c, "whatever", 0, 0));
	assert_string_equal(element->tag[VTL_TAG_PRIMARY].text, "");
	expect_good(send_tag(w->a, slot, 0x08, "NEW002", 0, 0));
	expect_good(send_tag(w->a, slot, 0x0d, "", 0, 0));
	assert_string_equal(element->tag[VTL_TAG_ALTERNATE].text, "");
	assert_string_equal(element->tag[VTL_TAG_PRIMARY].text, "NEW002");
	expect_sense(io(w->b, CDB(0, 0, 0, 0, 0, 0)), KEY_UNIT_ATTENTION, 0x28, 0x00);
	expect_good(io(w->a, CDB(0, 0, 0, 0, 0, 0)));
}

EACH_LIBRARY(a_tag_that_cannot_be_given_is_refused_and_none_is_changed)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), empty = smc_address(w, VTL_STORAGE, 1);
	uint8_t list[40] = "NEW001", bad[40] = "NEW001";

	fill(w);
	expect_field_at(__FILE__, __LINE__, send_tag(w->a, 0xfffe, 0x0a, "NEW001", 0, 0), 0x21, 0x01, true, 2, -1);
	expect_field_at(__FILE__, __LINE__, send_tag(w->a, empty, 0x0a, "NEW001", 0, 0), 0x3b, 0x0e, true, 2, -1);
	expect_bad_param(send_tag(w->a, slot, 0x0a, "NEW?01", 0, 0), 0, -1);
	expect_bad_param(send_tag(w->a, slot, 0x0a, "NEW*", 0, 0), 0, -1);
	expect_bad_param(send_tag(w->a, slot, 0x0a, "", 0, 0), 0, -1);
	expect_bad_param(send_tag(w->a, slot, 0x00, "V*", 5, 4), 38, -1);
	expect_bad_cdb(send_tag(w->a, slot, 0x03, "NEW001", 0, 0), 5, 4);
	expect_sense(io_out(w->a, list, 39, CDB(0xb6, 0, 0, 0, 0, 5, 0, 0, 0, 39, 0, 0)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, list, 39, CDB(0xb6, 0, 0, 0, 0, 5, 0, 0, 0, 40, 0, 0)), 5, 0x1a, 0x00);
	bad[36] = 1;
	expect_bad_param(io_out(w->a, bad, 40, CDB(0xb6, 0, 0, 0, 0, 5, 0, 0, 0, 40, 0, 0)), 36, -1);
	expect_good(io(w->a, CDB(0xb6, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0)));
	w->fake.refuse = VTL_MOVE_NOT_DURABLE;
	expect_sense(send_tag(w->a, slot, 0x0a, "NEW001", 0, 0), KEY_HARDWARE_ERROR, 0x44, 0x00);
	assert_string_equal(fake_element(&w->fake, slot)->tag[VTL_TAG_PRIMARY].text, "VTL001L8");
}

EACH_LIBRARY(sequence_numbers_and_the_kind_of_tag_narrow_a_search)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);

	fill(w);
	expect_good(send_tag(w->a, slot, 0x09, "SEQ", 7, 0));
	expect_good(send_tag(w->a, 0, 0x00, "SEQ", 7, 7));
	assert_int_equal(found_number(w->a), 1);
	expect_good(send_tag(w->a, 0, 0x00, "SEQ", 8, 9));
	assert_int_equal(found_number(w->a), 0);
	expect_good(send_tag(w->a, 0, 0x04, "SEQ", 8, 9));
	assert_int_equal(found_number(w->a), 1);
	expect_good(send_tag(w->a, 0, 0x05, "SEQ", 0, 0));
	assert_int_equal(found_number(w->a), 0);
	expect_good(send_tag(w->a, 0, 0x06, "SEQ", 0, 0));
	assert_int_equal(found_number(w->a), 1);
}

EACH_LIBRARY(alternate_tags_are_shown_behind_the_primary_ones_once_there_are_any)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);
	struct io *answer;
	const uint8_t *d;
	unsigned len;
	uint8_t type;

	fill(w);
	expect_u8(smc_ask(w->a, VTL_STORAGE, 0, ALL, ASK_TAGS), 9, 0x80);
	expect_good(send_tag(w->a, slot, 0x09, "ALT001", 513, 0));
	answer = smc_ask(w->a, VTL_STORAGE, 0, ALL, ASK_TAGS);
	expect_u8(answer, 9, 0xc0);
	d = smc_descriptor(answer, slot, &len, &type);
	assert_int_equal(len, 12 + 36 + 36 + 4 + (w->model.media_domain ? 4 : 0));
	assert_memory_equal(d + 12, "VTL001L8                        \0\0\0\0", 36);
	assert_memory_equal(d + 48, "ALT001                          \0\0\2\1", 36);
	expect_u8(smc_ask(w->a, VTL_STORAGE, 0, ALL, 0), 9, 0x00);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMC_TEST(a_search_finds_what_fits_the_template),
		SMC_TEST(what_was_found_is_told_as_element_status_and_only_once),
		SMC_TEST(a_long_list_comes_in_pieces),
		SMC_TEST(a_search_starts_where_it_is_told_and_keeps_to_a_type),
		SMC_TEST(every_initiator_has_a_search_of_its_own),
		SMC_TEST(tags_are_asserted_replaced_and_undefined),
		SMC_TEST(a_tag_that_cannot_be_given_is_refused_and_none_is_changed),
		SMC_TEST(sequence_numbers_and_the_kind_of_tag_narrow_a_search),
		SMC_TEST(alternate_tags_are_shown_behind_the_primary_ones_once_there_are_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
