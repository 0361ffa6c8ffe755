/* SPDX-License-Identifier: GPL-2.0-only */
/* Element status data, whole, cut and malformed, as vtl's changer commands decode it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "elements.h"

/* Appends a page with `count` descriptors of `size` bytes at `*len`; returns the first descriptor. */
static uint8_t *add_page(uint8_t *data, uint32_t *len, uint8_t type, uint8_t flags, uint16_t size, unsigned count,
			 uint16_t address)
{
	uint8_t *page = data + *len;

	memset(page, 0, 8 + size * count);
	page[0] = type;
	page[1] = flags;
	put_be16(page + 2, size);
	put_be24(page + 5, size * count);
	for (unsigned i = 0; i < count; i++)
		put_be16(page + 8 + i * size, (uint16_t)(address + i));
	*len += 8 + size * count;
	put_be24(data + 5, *len - 8);
	return page + 8;
}

/* One arm, two slots (the second full), one import/export slot, one drive loaded from slot 1, with identifier. */
static uint32_t sample(uint8_t data[512])
{
	uint32_t len = 8;
	uint8_t *d;

	memset(data, 0, 512);
	add_page(data, &len, ELEMENT_TRANSPORT, 0x80, 52, 1, 1);
	d = add_page(data, &len, ELEMENT_STORAGE, 0x80, 52, 2, 1000) + 52;
	d[2] = 0x09;
	memcpy(d + 12, "VTL002L8                        ", 32);
	add_page(data, &len, ELEMENT_IMPORT_EXPORT, 0x80, 52, 1, 10);
	d = add_page(data, &len, ELEMENT_DRIVE, 0x80, 64, 1, 500);
	d[2] = 0x01;
	d[9] = 0x80;
	put_be16(d + 10, 1000);
	memcpy(d + 12, "VTL001L8                        ", 32);
	d[51] = 10;
	memcpy(d + 52, "10WT000001", 10);
	return len;
}

static void a_report_gives_each_element_with_barcode_source_and_serial(void **state)
{
	uint8_t data[512];
	uint32_t len = sample(data);
	struct elements e;

	assert_int_equal(elements_decode(data, len, &e, NULL), 0);
	assert_int_equal(e.count, 5);
	assert_int_equal(elements_of_type(&e, ELEMENT_STORAGE), 2);
	assert_string_equal(elements_nth(&e, ELEMENT_STORAGE, 1)->barcode, "VTL002L8");
	assert_true(elements_nth(&e, ELEMENT_DRIVE, 0)->has_source);
	assert_int_equal(elements_nth(&e, ELEMENT_DRIVE, 0)->source, 1000);
	assert_string_equal(elements_nth(&e, ELEMENT_DRIVE, 0)->serial, "10WT000001");
	elements_free(&e);
}

static void a_serial_number_is_found_behind_the_names_of_the_t10_form(void **state)
{
	uint8_t data[256] = { 0 }, *d;
	struct elements e;
	uint32_t len = 8;

	d = add_page(data, &len, ELEMENT_DRIVE, 0x80, 86, 1, 500);
	d[48] = 2;
	d[49] = 1;
	d[51] = 34;
	memcpy(d + 52, "IBM     ULT3580-TD8     10WT000001", 34);
	assert_int_equal(elements_decode(data, len, &e, NULL), 0);
	assert_string_equal(elements_nth(&e, ELEMENT_DRIVE, 0)->serial, "10WT000001");
	elements_free(&e);
}

static void slots_are_numbered_as_mtx_numbers_them(void **state)
{
	uint8_t data[512];
	uint32_t len = sample(data);
	struct elements e;

	assert_int_equal(elements_decode(data, len, &e, NULL), 0);
	assert_int_equal(elements_slot(&e, 1)->address, 1000);
	assert_int_equal(elements_slot(&e, 2)->address, 1001);
	assert_int_equal(elements_slot(&e, 3)->address, 10);
	assert_null(elements_slot(&e, 0));
	assert_null(elements_slot(&e, 4));
	assert_int_equal(elements_slot_of(&e, 10), 3);
	assert_int_equal(elements_slot_of(&e, 500), 0);
	assert_int_equal(elements_slot_by_barcode(&e, "vtl002l8"), 2);
	assert_int_equal(elements_slot_by_barcode(&e, "VTL001L8"), 0);
	elements_free(&e);
}

static void a_report_cut_at_any_byte_is_refused_and_never_read_beyond(void **state)
{
	uint8_t data[512];
	uint32_t len = sample(data);
	struct elements e;

	for (uint32_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut + !cut);
		struct why why = { "" };

		memcpy(copy, data, cut);
		assert_int_equal(elements_decode(copy, cut, &e, &why), -1);
		assert_string_not_equal(why.text, "");
		elements_free(&e);
		free(copy);
	}
}

static void every_wrong_byte_in_a_page_header_is_survived(void **state)
{
	uint8_t data[512];
	uint32_t len = sample(data);
	struct elements e;

	for (uint32_t at = 0; at < len; at++) {
		for (unsigned value = 0; value < 256; value += 17) {
			uint8_t *copy = malloc(len);

			memcpy(copy, data, len);
			copy[at] = (uint8_t)value;
			(void)elements_decode(copy, len, &e, NULL);
			elements_free(&e);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_gives_each_element_with_barcode_source_and_serial),
		cmocka_unit_test(a_serial_number_is_found_behind_the_names_of_the_t10_form),
		cmocka_unit_test(slots_are_numbered_as_mtx_numbers_them),
		cmocka_unit_test(a_report_cut_at_any_byte_is_refused_and_never_read_beyond),
		cmocka_unit_test(every_wrong_byte_in_a_page_header_is_survived),
	};

	return cmocka_run_group_tests_name("elements", tests, NULL, NULL);
}
