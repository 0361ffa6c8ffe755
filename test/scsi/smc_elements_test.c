/* SPDX-License-Identifier: GPL-2.0-only */
/* What READ ELEMENT STATUS answers, to the byte, and INITIALIZE ELEMENT STATUS. */
#include "smc_world.h"

#include <stdlib.h>
#include <string.h>

#define ALL	0xffff

/* A cartridge of each kind of place: a drive, the first and the last slot, an import/export element. */
static void fill(struct smc_world *w)
{
	unsigned slots = w->fake.type[VTL_STORAGE].count;

	fake_put(&w->fake, smc_address(w, VTL_STORAGE, 0), "VTL001L8");
	fake_put(&w->fake, smc_address(w, VTL_STORAGE, slots - 1), "VTL002L8");
	fake_put(&w->fake, smc_address(w, VTL_DRIVE, 0), "VTL003L8");
	fake_element(&w->fake, smc_address(w, VTL_DRIVE, 0))->source = smc_address(w, VTL_STORAGE, 1);
	if (w->fake.type[VTL_IMPORT_EXPORT].count)
		fake_put(&w->fake, smc_address(w, VTL_IMPORT_EXPORT, 0), "VTL004L8");
}

static unsigned elements_of(const struct smc_world *w)
{
	const struct vtl_inventory *inv = &w->fake.inventory;

	return inv->ops->count(inv, VTL_ANY);
}

EACH_LIBRARY(an_answer_for_all_types_is_that_of_each_type_one_after_the_other)
{
	for (unsigned flags = 0; flags < 4; flags++) {
		const struct io *any = (fill(w), smc_ask(w->a, VTL_ANY, 0, ALL, flags));
		unsigned at = 8, elements = 0;

		while (at < any->cmd.in_used) {
			const struct io *one = smc_ask(w->a, any->in[at], 0, ALL, flags);
			unsigned len = one->cmd.in_used - 8;

			assert_true(at + len <= any->cmd.in_used);
			assert_memory_equal(any->in + at, one->in + 8, len);
			elements += (unsigned)io_uint(one, 2, 2);
			at += len;
		}
		expect_len((struct io *)any, at);
		expect_u16((struct io *)any, 2, elements);
		expect_u24((struct io *)any, 5, at - 8);
		assert_int_equal(elements, elements_of(w));
	}
}

EACH_LIBRARY(addresses_ascend_and_every_page_counts_its_bytes)
{
	const struct io *any = smc_ask(w->a, VTL_ANY, 0, ALL, ASK_TAGS | ASK_IDENTIFIERS);
	unsigned at = 8, last = 0;

	assert_int_equal(io_uint(any, 0, 2), io_uint(any, 16, 2));
	while (at < any->cmd.in_used) {
		unsigned len = (unsigned)io_uint(any, at + 2, 2), bytes = (unsigned)io_uint(any, at + 5, 3);

		assert_int_equal(any->in[at + 1], 0x80);
		assert_int_equal(bytes % len, 0);
		for (at += 8; bytes; bytes -= len, at += len) {
			assert_true(last == 0 || io_uint(any, at, 2) > last);
			last = (unsigned)io_uint(any, at, 2);
		}
	}
}

/* How much of an answer may be sent in `room` bytes: whole headers and descriptors. */
static unsigned whole_items(const struct io *full, unsigned room)
{
	unsigned at = 8;

	if (room < 8)
		return 0;
	while (at < full->cmd.in_used) {
		unsigned len = (unsigned)io_uint(full, at + 2, 2);
		unsigned end = at + 8 + (unsigned)io_uint(full, at + 5, 3);

		if (room < at + 8)
			return at;
		for (at += 8; at < end; at += len)
			if (room < at + len)
				return at;
	}
	return at;
}

EACH_LIBRARY(every_allocation_length_gets_whole_descriptors_and_the_full_count)
{
	fill(w);
	for (unsigned flags = 0; flags < 4; flags++) {
		const struct io *full = smc_ask(w->a, VTL_ANY, 0, ALL, flags);
		unsigned size = full->cmd.in_used;
		uint8_t *copy = malloc(size);

		memcpy(copy, full->in, size);
		for (unsigned len = 0; len <= size + 1; len++) {
			struct io *part = expect_good(smc_ask_len(w->a, VTL_ANY, 0, ALL, flags, len));

			expect_data(part, copy, whole_items(full, len));
		}
		free(copy);
	}
}

EACH_LIBRARY(an_initiator_that_expects_less_than_it_allows_gets_no_more)
{
	expect_len(expect_good(io_in(w->a, 20, CDB(0xb8, 0, 0, 0, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0, 0))), 16);
	expect_len(expect_good(io(w->a, CDB(0xb8, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0))), 0);
}

static void check_range(struct smc_world *w, enum vtl_element_type type, uint16_t start, uint16_t count)
{
	const struct io *answer = smc_ask(w->a, type, start, count, 0);
	struct vtl_element element[SMC_MAX_ELEMENTS];
	unsigned elements = smc_elements(w, element), found = 0, len;
	uint8_t of;

	for (unsigned i = 0; i < elements; i++) {
		bool wanted = (type == VTL_ANY || element[i].type == type) && element[i].address >= start &&
			      found < count;
		const uint8_t *d = smc_descriptor(answer, element[i].address, &len, &of);

		assert_int_equal(d != NULL, wanted);
		if (wanted)
			assert_int_equal(of, element[i].type);
		if (wanted && found++ == 0)
			assert_int_equal(io_uint(answer, 0, 2), element[i].address);
	}
	assert_int_equal(io_uint(answer, 2, 2), found);
	assert_int_equal(io_uint(answer, 5, 3), answer->cmd.in_used - 8);
}

EACH_LIBRARY(a_range_is_what_lies_at_or_above_its_start_and_no_more_than_its_number)
{
	static const uint16_t counts[] = { 0, 1, 3, ALL };

	for (int of = VTL_TRANSPORT; of <= VTL_DRIVE; of++) {
		unsigned n = w->fake.type[of].count;
		uint16_t first = smc_address(w, (enum vtl_element_type)of, 0);
		const uint16_t starts[] = { first ? first - 1 : 0, first, first + 1, (uint16_t)(first + n - 1),
					    (uint16_t)(first + n) };

		for (unsigned s = 0; n > 0 && s < sizeof(starts) / sizeof(starts[0]); s++)
			for (unsigned c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
				check_range(w, VTL_ANY, starts[s], counts[c]);
				check_range(w, (enum vtl_element_type)of, starts[s], counts[c]);
			}
	}
}

EACH_LIBRARY(a_range_without_elements_is_answered_by_an_empty_header)
{
	expect_data(smc_ask(w->a, VTL_DRIVE, 0xffff, ALL, 0), BYTES(0, 0, 0, 0, 0, 0, 0, 0));
}

EACH_LIBRARY(a_volume_tag_is_the_barcode_padded_with_blanks_to_36_bytes)
{
	static const uint8_t zeros[36];
	const struct io *answer = (fill(w), smc_ask(w->a, VTL_STORAGE, 0, ALL, ASK_TAGS));
	const uint8_t *d;
	unsigned len;
	uint8_t type;

	d = smc_descriptor(answer, smc_address(w, VTL_STORAGE, 0), &len, &type);
	assert_int_equal(len, 12 + 36 + 4 + (w->model.media_domain ? 4 : 0));
	assert_memory_equal(d + 12, "VTL001L8                        \0\0\0\0", 36);
	d = smc_descriptor(answer, smc_address(w, VTL_STORAGE, 1), &len, &type);
	assert_memory_equal(d + 12, zeros, 36);
	d = smc_descriptor(smc_ask(w->a, VTL_STORAGE, 0, ALL, 0), smc_address(w, VTL_STORAGE, 0), &len, &type);
	assert_int_equal(len, 12 + 4 + (w->model.media_domain ? 4 : 0));
}

EACH_LIBRARY(a_barcode_of_32_characters_fills_its_tag)
{
	static const char barcode[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);
	const uint8_t *d;
	unsigned len;
	uint8_t type;

	fake_put(&w->fake, slot, barcode);
	d = smc_descriptor(smc_ask(w->a, VTL_ANY, 0, ALL, ASK_TAGS), slot, &len, &type);
	assert_memory_equal(d + 12, barcode, 32);
}

EACH_LIBRARY(a_drive_is_identified_in_the_form_of_the_model)
{
	bool asked = w->model.dvcid != VTL_DVCID_NONE;
	const struct fake_drive *drive = &w->fake.drive[0];
	const struct io *answer = smc_ask(w->a, VTL_DRIVE, 0, ALL, ASK_IDENTIFIERS);
	uint8_t designator[64], type;
	unsigned len;
	const uint8_t *d = smc_descriptor(answer, smc_address(w, VTL_DRIVE, 0), &len, &type);

	assert_int_equal(len, 16 + (asked ? w->model.dvcid_len : 0) + (w->model.media_domain ? 4 : 0));
	if (w->model.dvcid == VTL_DVCID_T10) {
		unsigned n = drive->drive.ops->designator(&drive->drive, designator, sizeof(designator));

		assert_memory_equal(d + 12, designator, n < len - 12 ? n : len - 12);
	} else if (asked) {
		unsigned n = (unsigned)strlen(drive->serial);

		assert_int_equal(d[12], 0x02);
		assert_int_equal(d[13], 0x00);
		assert_int_equal(d[15], w->model.dvcid == VTL_DVCID_PADDED ? n : w->model.dvcid_len);
		assert_memory_equal(d + 16, drive->serial, n);
		for (; n < w->model.dvcid_len; n++)
			assert_int_equal(d[16 + n], ' ');
	} else {
		assert_memory_equal(d + 12, "\0\0\0\0", 4);
	}
}

EACH_LIBRARY(a_drive_is_not_identified_unasked_unless_the_model_always_does)
{
	const struct io *answer = smc_ask(w->a, VTL_DRIVE, 0, ALL, 0);
	unsigned len;
	uint8_t type;
	const uint8_t *d = smc_descriptor(answer, smc_address(w, VTL_DRIVE, 0), &len, &type);

	if (w->model.dvcid_always)
		assert_int_equal(len, 16 + w->model.dvcid_len);
	else
		assert_memory_equal(d + 12, "\0\0\0\0", 4);
}

/* SL500 Interface Reference Manual: bytes 12 to 15 of a descriptor without tags are those of the identifier. */
EACH_LIBRARY(some_libraries_tell_the_domain_and_type_of_cartridges_and_drives)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), empty = smc_address(w, VTL_STORAGE, 1);
	uint16_t drive = smc_address(w, VTL_DRIVE, 0), unlabelled = smc_address(w, VTL_STORAGE, 2);
	const char *serial = w->fake.drive[0].serial;
	const struct io *answer;
	const uint8_t *d;
	unsigned len;
	uint8_t type;

	if (!w->model.media_domain)
		return;
	fake_put(&w->fake, slot, "VTL001L8");
	fake_put(&w->fake, unlabelled, "");
	fake_put(&w->fake, drive, "VTL002L8");
	answer = smc_ask(w->a, VTL_ANY, 0, ALL, 0);
	d = smc_descriptor(answer, slot, &len, &type);
	assert_int_equal(len, 20);
	assert_memory_equal(d + 12, "\0\0\0\0L8\0\0", 8);
	d = smc_descriptor(answer, empty, &len, &type);
	assert_memory_equal(d + 12, "\0\0\0\0\0\0\0\0", 8);
	d = smc_descriptor(answer, unlabelled, &len, &type);
	assert_memory_equal(d + 12, "\0\0\0\0\xff\xff\0\0", 8);
	d = smc_descriptor(answer, drive, &len, &type);
	assert_int_equal(len, 52);
	assert_memory_equal(d + 12, "\0\0\0\0L8L\x3a", 8);
	assert_memory_equal(d + 20, serial, strlen(serial));
	assert_int_equal(d[51], ' ');
	d = smc_descriptor(smc_ask(w->a, VTL_DRIVE, 0, ALL, ASK_TAGS | ASK_IDENTIFIERS), drive, &len, &type);
	assert_int_equal(len, 88);
	assert_memory_equal(d + 52, serial, strlen(serial));
	assert_memory_equal(d + 84, "L8L\x3a", 4);
}

EACH_LIBRARY(every_element_says_what_is_in_it_and_where_that_came_from)
{
	const struct io *answer = (fill(w), smc_ask(w->a, VTL_ANY, 0, ALL, 0));
	uint16_t drive = smc_address(w, VTL_DRIVE, 0), slot = smc_address(w, VTL_STORAGE, 0);
	const uint8_t *d;
	unsigned len;
	uint8_t type;

	d = smc_descriptor(answer, drive, &len, &type);
	assert_int_equal(d[2], 0x09);					/* access, full */
	assert_int_equal(d[9], 0x81);					/* source valid, data medium */
	assert_int_equal(get_be16(d + 10), smc_address(w, VTL_STORAGE, 1));
	d = smc_descriptor(answer, slot, &len, &type);
	assert_int_equal(d[2], 0x09);
	assert_int_equal(d[9], 0x01);					/* no source known */
	d = smc_descriptor(answer, smc_address(w, VTL_STORAGE, 1), &len, &type);
	assert_int_equal(d[2], 0x08);
	assert_int_equal(d[9], 0x00);
	d = smc_descriptor(answer, smc_address(w, VTL_TRANSPORT, 0), &len, &type);
	assert_int_equal(d[2], 0x00);
}

EACH_LIBRARY(an_import_export_element_tells_what_an_operator_placed)
{
	uint16_t io = smc_address(w, VTL_IMPORT_EXPORT, 0), slot = smc_address(w, VTL_STORAGE, 1);
	unsigned len;
	uint8_t type;

	if (!w->fake.type[VTL_IMPORT_EXPORT].count)
		return;
	fill(w);
	/* import and export enabled, access, placed from outside, full; then back by the robot */
	assert_int_equal(smc_descriptor(smc_ask(w->a, VTL_ANY, 0, ALL, 0), io, &len, &type)[2], 0x3b);
	expect_good(smc_move_cartridge(w->a, io, slot));
	assert_int_equal(smc_descriptor(smc_ask(w->a, VTL_ANY, 0, ALL, 0), io, &len, &type)[2], 0x38);
	expect_good(smc_move_cartridge(w->a, slot, io));
	assert_int_equal(smc_descriptor(smc_ask(w->a, VTL_ANY, 0, ALL, 0), io, &len, &type)[2], 0x39);
}

EACH_LIBRARY(the_medium_type_tells_data_cleaning_and_worm)
{
	static const uint8_t expected[] = {
		[MEDIA_DATA] = 1, [MEDIA_WORM_DATA] = 4, [MEDIA_CLEANING] = 2, [MEDIA_NULL] = 1,
	};
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);
	const uint8_t *d;
	unsigned len;
	uint8_t type;

	fake_put(&w->fake, slot, "VTL001L8");
	for (unsigned kind = 0; kind < MEDIA_KIND_COUNT; kind++) {
		fake_element(&w->fake, slot)->kind = (enum media_kind)kind;
		d = smc_descriptor(smc_ask(w->a, VTL_ANY, 0, ALL, 0), slot, &len, &type);
		assert_int_equal(d[9], expected[kind]);
	}
}

EACH_LIBRARY(a_drive_that_loads_or_prevents_removal_cannot_be_accessed)
{
	uint16_t drive = smc_address(w, VTL_DRIVE, 0);
	unsigned len;
	uint8_t type;

	w->fake.drive[0].state = VTL_DRIVE_LOADING;
	assert_int_equal(smc_descriptor(smc_ask(w->a, VTL_ANY, 0, ALL, 0), drive, &len, &type)[2], 0x00);
	w->fake.drive[0].state = VTL_DRIVE_READY;
	w->fake.drive[0].prevented = true;
	assert_int_equal(smc_descriptor(smc_ask(w->a, VTL_ANY, 0, ALL, 0), drive, &len, &type)[2], 0x00);
}

EACH_LIBRARY(an_element_type_that_is_none_and_reserved_bits_are_refused)
{
	expect_bad_cdb(io_in(w->a, 64, CDB(0xb8, 5, 0, 0, 0, 1, 0, 0, 0, 64, 0, 0)), 1, 3);
	expect_bad_cdb(io_in(w->a, 64, CDB(0xb8, 0x20, 0, 0, 0, 1, 0, 0, 0, 64, 0, 0)), 1, 5);
	expect_bad_cdb(io_in(w->a, 64, CDB(0xb8, 0, 0, 0, 0, 1, 0x08, 0, 0, 64, 0, 0)), 6, 3);
	expect_bad_cdb(io_in(w->a, 64, CDB(0xb8, 0, 0, 0, 0, 1, 0, 0, 0, 64, 1, 0)), 10, 0);
}

/* The teardown of the test closes this library. */
static void sixty_five_thousand_elements_are_answered_in_one_pass(void **state)
{
	struct vtl_library_model model = *smc_some_model();
	struct smc_world *w;
	struct io *answer;
	uint32_t expected;

	model.transport.start = 1;
	model.import_export.start = 10;
	model.drive.start = 100;
	model.storage.start = 500;
	model.dvcid = VTL_DVCID_T10;
	model.dvcid_len = 34;
	model.dvcid_always = false;
	w = smc_open(&model, 64, 65000, 32);
	expected = 4 * 8 + (1 + 65000 + 32) * 52 + 64 * (52 + 34);
	w->fake.gets = 0;
	answer = expect_good(smc_ask_len(w->a, VTL_ANY, 0, ALL, ASK_TAGS | ASK_IDENTIFIERS, 0xffffff));
	expect_len(answer, 8 + expected);
	expect_u24(answer, 5, expected);
	expect_u16(answer, 2, 65000 + 64 + 32 + 1);
	assert_int_equal(w->fake.gets, 65000 + 64 + 32 + 1);
	/* The size alone costs nothing. */
	w->fake.gets = 0;
	expect_u24(expect_good(smc_ask_len(w->a, VTL_ANY, 0, ALL, ASK_TAGS | ASK_IDENTIFIERS, 8)), 5, expected);
	assert_int_equal(w->fake.gets, 0);
}

EACH_LIBRARY(the_inventory_is_known_so_that_initialising_it_takes_no_time)
{
	static const uint8_t with_range[] = { 0x37, 0xe7 };
	uint16_t slot = smc_address(w, VTL_STORAGE, 0);

	expect_good(io(w->a, CDB(0x07, 0, 0, 0, 0, 0)));
	for (unsigned i = 0; i < sizeof(with_range); i++) {
		uint8_t code = with_range[i];

		if (!smc_has(w, code))
			continue;
		expect_good(io(w->a, CDB(code, 0, 0xff, 0xff, 0, 0, 0, 1, 0, 0)));
		expect_good(io(w->a, CDB(code, 1, (uint8_t)(slot >> 8), (uint8_t)slot, 0, 0, 0, 1, 0, 0)));
		expect_sense(io(w->a, CDB(code, 1, 0xff, 0xff, 0, 0, 0, 1, 0, 0)), KEY_ILLEGAL_REQUEST, 0x21, 0x01);
	}
	if (smc_has(w, 0x37))
		expect_good(io(w->a, CDB(0x37, 3, (uint8_t)(slot >> 8), (uint8_t)slot, 0, 0, 0, 1, 0, 0)));
}

EACH_LIBRARY(every_bit_beside_curdata_and_dvcid_is_refused_where_it_stands_also_what_may_be_mixed)
{
	for (int bit = 0; bit < 8; bit++) {
		struct io *answer = io_in(w->a, 64, CDB(0xb8, 0, 0, 0, 0, 1, (uint8_t)(1 << bit), 0, 0, 64, 0, 0));

		if (bit < 2)
			expect_good(answer);
		else
			expect_bad_cdb(answer, 6, bit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMC_TEST(an_answer_for_all_types_is_that_of_each_type_one_after_the_other),
		SMC_TEST(addresses_ascend_and_every_page_counts_its_bytes),
		SMC_TEST(every_allocation_length_gets_whole_descriptors_and_the_full_count),
		SMC_TEST(an_initiator_that_expects_less_than_it_allows_gets_no_more),
		SMC_TEST(a_range_is_what_lies_at_or_above_its_start_and_no_more_than_its_number),
		SMC_TEST(a_range_without_elements_is_answered_by_an_empty_header),
		SMC_TEST(a_volume_tag_is_the_barcode_padded_with_blanks_to_36_bytes),
		SMC_TEST(a_barcode_of_32_characters_fills_its_tag),
		SMC_TEST(a_drive_is_identified_in_the_form_of_the_model),
		SMC_TEST(a_drive_is_not_identified_unasked_unless_the_model_always_does),
		SMC_TEST(some_libraries_tell_the_domain_and_type_of_cartridges_and_drives),
		SMC_TEST(every_element_says_what_is_in_it_and_where_that_came_from),
		SMC_TEST(an_import_export_element_tells_what_an_operator_placed),
		SMC_TEST(the_medium_type_tells_data_cleaning_and_worm),
		SMC_TEST(a_drive_that_loads_or_prevents_removal_cannot_be_accessed),
		SMC_TEST(an_element_type_that_is_none_and_reserved_bits_are_refused),
		SMC_TEST(every_bit_beside_curdata_and_dvcid_is_refused_where_it_stands_also_what_may_be_mixed),
		SMC_TEST(sixty_five_thousand_elements_are_answered_in_one_pass),
		SMC_TEST(the_inventory_is_known_so_that_initialising_it_takes_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
