/* SPDX-License-Identifier: GPL-2.0-only */
/* The cartridge memory: attributes set, found, deleted, and kept in the file `mam`. */
#include <errno.h>

#include "be.h"
#include "crc.h"
#include "golden.h"
#include "mam.h"
#include "store_contract.h"
#include "store_fault.h"
#include "store_memory.h"

static struct media_store *store;

static int setup(void **state)
{
	*state = media_mam_create();
	return !*state || media_store_memory(&store);
}

static int teardown(void **state)
{
	media_mam_free(*state);
	store->ops->destroy(store);
	return 0;
}

static void set(struct media_mam *mam, unsigned partition, uint16_t id, enum media_attr_format format, const char *text)
{
	struct media_attr attr = { id, (uint8_t)format, (uint16_t)strlen(text), (const uint8_t *)text };

	assert_int_equal(media_mam_set(mam, partition, &attr), MEDIA_OK);
}

static void assert_attr(const struct media_mam *mam, unsigned partition, uint16_t id, enum media_attr_format format,
			const char *text)
{
	const struct media_attr *attr = media_mam_get(mam, partition, id);

	assert_non_null(attr);
	assert_int_equal(attr->id, id);
	assert_int_equal(attr->format, format);
	assert_int_equal(attr->len, strlen(text));
	assert_memory_equal(attr->data, text, attr->len);
}

static void fill(struct media_mam *mam)
{
	set(mam, 1, 0x0803, MEDIA_ATTR_TEXT, "B\xc3\xa4nder");
	set(mam, 0, 0x0401, MEDIA_ATTR_ASCII, "VTL     ");
	set(mam, 0, 0x0002, MEDIA_ATTR_BINARY, "");
}

static void assert_filled(const struct media_mam *mam)
{
	assert_attr(mam, 0, 0x0002, MEDIA_ATTR_BINARY, "");
	assert_attr(mam, 0, 0x0401, MEDIA_ATTR_ASCII, "VTL     ");
	assert_attr(mam, 1, 0x0803, MEDIA_ATTR_TEXT, "B\xc3\xa4nder");
}

static void golden(uint8_t file[8192])
{
	memset(file, 0, 8192);
	memcpy(file, golden_mam, sizeof(golden_mam));
	memcpy(file + 4096, golden_mam, sizeof(golden_mam));
}

static void attributes_are_found_by_partition_and_identifier(void **state)
{
	fill(*state);
	assert_filled(*state);
	assert_null(media_mam_get(*state, 1, 0x0401));
	assert_null(media_mam_get(*state, 2, 0x0002));
	assert_null(media_mam_get(*state, 0, 0x0400));
}

static void going_on_from_an_identifier_meets_every_attribute_once_in_order(void **state)
{
	struct media_mam *mam = *state;
	const struct media_attr *attr;
	unsigned from = 0, count = 0;

	for (unsigned i = 1000; i--;)
		set(mam, 2, (uint16_t)(i * 7919 % 1009 * 64), MEDIA_ATTR_BINARY, "x");
	set(mam, 2, 0xffff, MEDIA_ATTR_BINARY, "last");
	set(mam, 1, 0x0001, MEDIA_ATTR_BINARY, "other");
	set(mam, 3, 0x0001, MEDIA_ATTR_BINARY, "other");
	while (from <= 0xffff && (attr = media_mam_next(mam, 2, (uint16_t)from))) {
		assert_true(attr->id >= from);
		from = attr->id + 1u;
		count++;
	}
	assert_int_equal(from, 0x10000);
	assert_int_equal(count, 1001);
	assert_null(media_mam_next(mam, 0, 0));
}

static void setting_again_replaces_value_and_format(void **state)
{
	fill(*state);
	set(*state, 0, 0x0401, MEDIA_ATTR_TEXT, "a longer value than before");
	assert_attr(*state, 0, 0x0401, MEDIA_ATTR_TEXT, "a longer value than before");
	assert_attr(*state, 0, 0x0002, MEDIA_ATTR_BINARY, "");
}

static void an_attribute_may_be_set_to_its_own_value(void **state)
{
	const struct media_attr *attr;

	fill(*state);
	attr = media_mam_get(*state, 0, 0x0401);
	assert_int_equal(media_mam_set(*state, 0, attr), MEDIA_OK);
	assert_filled(*state);
	assert_int_equal(media_mam_set(*state, 3, media_mam_get(*state, 0, 0x0401)), MEDIA_OK);
	assert_attr(*state, 3, 0x0401, MEDIA_ATTR_ASCII, "VTL     ");
}

static void deleting_takes_one_away(void **state)
{
	fill(*state);
	assert_int_equal(media_mam_delete(*state, 0, 0x0401), MEDIA_OK);
	assert_null(media_mam_get(*state, 0, 0x0401));
	assert_int_equal(media_mam_delete(*state, 0, 0x0401), MEDIA_NOENT);
	assert_attr(*state, 0, 0x0002, MEDIA_ATTR_BINARY, "");
	assert_attr(*state, 1, 0x0803, MEDIA_ATTR_TEXT, "B\xc3\xa4nder");
}

static void changes_are_counted_and_refusals_are_not(void **state)
{
	struct media_attr bad = { 1, 3, 0, NULL };
	struct media_attr good = { 1, MEDIA_ATTR_BINARY, 0, NULL };

	assert_int_equal(media_mam_changes(*state), 0);
	set(*state, 0, 1, MEDIA_ATTR_BINARY, "x");
	assert_int_equal(media_mam_changes(*state), 1);
	assert_int_equal(media_mam_set(*state, 0, &bad), MEDIA_INVALID);
	assert_int_equal(media_mam_set(*state, MEDIA_MAX_PARTITIONS, &good), MEDIA_INVALID);
	assert_int_equal(media_mam_delete(*state, 0, 2), MEDIA_NOENT);
	assert_int_equal(media_mam_changes(*state), 1);
	assert_int_equal(media_mam_delete(*state, 0, 1), MEDIA_OK);
	assert_int_equal(media_mam_changes(*state), 2);
}

static void a_megabyte_is_the_limit_of_all_together(void **state)
{
	static uint8_t value[65535];
	struct media_attr attr = { 0, MEDIA_ATTR_BINARY, 65528, value };
	struct media_mam *back;
	struct why why;
	bool damaged;

	for (attr.id = 0; attr.id < 15; attr.id++)
		assert_int_equal(media_mam_set(*state, 0, &attr), MEDIA_OK);
	attr.len = 65529;
	assert_int_equal(media_mam_set(*state, 0, &attr), MEDIA_NOSPACE);
	attr.len = 65528;
	assert_int_equal(media_mam_set(*state, 0, &attr), MEDIA_OK);
	attr.id++;
	attr.len = 0;
	assert_int_equal(media_mam_set(*state, 0, &attr), MEDIA_NOSPACE);
	attr.id = 3;
	attr.len = 65535;
	assert_int_equal(media_mam_set(*state, 0, &attr), MEDIA_NOSPACE);
	assert_int_equal(media_mam_get(*state, 0, 3)->len, 65528);
	assert_int_equal(media_mam_save(store, *state, &why), MEDIA_OK);
	assert_int_equal(media_mam_load(store, &back, &damaged, &why), MEDIA_OK);
	assert_int_equal(media_mam_get(back, 0, 15)->len, 65528);
	media_mam_free(back);
}

static void it_is_written_byte_for_byte_as_specified(void **state)
{
	uint8_t want[8192], *file;
	struct why why;
	size_t len;

	golden(want);
	fill(*state);
	file = media_mam_encode(*state, &len);
	assert_non_null(file);
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(file, want, sizeof(want));
	free(file);
	assert_int_equal(media_mam_save(store, *state, &why), MEDIA_OK);
	assert_int_equal(media_store_read(store, "mam", 1 << 20, &file, &len), 0);
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(file, want, sizeof(want));
	free(file);
}

static void the_golden_file_is_understood(void **state)
{
	struct media_mam *mam;
	uint8_t file[8192];
	struct why why;
	bool damaged;

	golden(file);
	assert_int_equal(store->ops->replace(store, "mam", file, sizeof(file)), 0);
	assert_int_equal(media_mam_load(store, &mam, &damaged, &why), MEDIA_OK);
	assert_false(damaged);
	assert_filled(mam);
	assert_int_equal(media_mam_changes(mam), 0);
	media_mam_free(mam);
}

static void any_one_damaged_byte_costs_nothing_and_is_seen(void **state)
{
	uint8_t file[8192];
	struct why why;

	golden(file);
	for (unsigned i = 0; i < sizeof(file); i++) {
		struct media_mam *mam;
		bool damaged = false;

		file[i] ^= 1;
		assert_int_equal(store->ops->replace(store, "mam", file, sizeof(file)), 0);
		assert_int_equal(media_mam_load(store, &mam, &damaged, &why), MEDIA_OK);
		assert_true(damaged);
		assert_filled(mam);
		media_mam_free(mam);
		file[i] ^= 1;
	}
}

/* Sets two bytes in both copies and makes their checksums right. */
static void set_both(uint8_t *file, unsigned at, uint16_t value)
{
	for (unsigned i = 0; i < 2; i++, file += 4096) {
		put_be16(file + at, value);
		put_be32(file + 16, media_crc32c(0, file + 24, get_be32(file + 12)));
		put_be32(file + 20, media_crc32c(0, file, 20));
	}
}

#define PAYLOAD	24

/* What is set where. The entries begin at 0, 8 and 24 of the payload, which has 39 bytes. */
static const struct {
	const char *defect;
	unsigned at;
	uint16_t value;
	enum media_err err;
} broken[] = {
	{ "partition_4", PAYLOAD + 24, 0x0402, MEDIA_CORRUPT },
	{ "format_3", PAYLOAD + 24, 0x0103, MEDIA_CORRUPT },
	{ "same_identifier_twice", PAYLOAD + 10, 0x0002, MEDIA_CORRUPT },
	{ "descending_identifiers", PAYLOAD + 2, 0x0902, MEDIA_CORRUPT },
	{ "descending_partitions", PAYLOAD + 8, 0x0201, MEDIA_CORRUPT },
	{ "value_beyond_the_end", PAYLOAD + 28, 8, MEDIA_CORRUPT },
	{ "value_far_beyond_the_end", PAYLOAD + 28, 0xffff, MEDIA_CORRUPT },
	{ "value_shorter_than_the_rest", PAYLOAD + 28, 1, MEDIA_CORRUPT },
	{ "reserved_field_not_zero", PAYLOAD + 6, 1, MEDIA_CORRUPT },
	{ "payload_cut_in_an_entry", 14, 30, MEDIA_CORRUPT },
	{ "version_2", 10, 2, MEDIA_VERSION },
	{ "magic_of_the_cartridge", 2, 'L' << 8 | 'c', MEDIA_CORRUPT },
};

static void every_broken_file_is_refused_with_a_reason(void **state)
{
	uint8_t file[8192];

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct media_mam *mam = NULL;
		struct why why = { "" };
		enum media_err err;

		golden(file);
		set_both(file, broken[i].at, broken[i].value);
		assert_int_equal(store->ops->replace(store, "mam", file, sizeof(file)), 0);
		err = media_mam_load(store, &mam, NULL, &why);
		if (err != broken[i].err || !strstr(why.text, "mam"))
			fail_msg("%s: %s: %s", broken[i].defect, media_strerror(err), why.text);
		assert_null(mam);
	}
}

static void a_missing_file_is_damage(void **state)
{
	struct media_mam *mam;
	struct why why;

	assert_int_equal(media_mam_load(store, &mam, NULL, &why), MEDIA_CORRUPT);
	assert_non_null(strstr(why.text, "mam"));
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(attributes_are_found_by_partition_and_identifier),
		T(going_on_from_an_identifier_meets_every_attribute_once_in_order),
		T(setting_again_replaces_value_and_format),
		T(an_attribute_may_be_set_to_its_own_value),
		T(deleting_takes_one_away),
		T(changes_are_counted_and_refusals_are_not),
		T(a_megabyte_is_the_limit_of_all_together),
		T(it_is_written_byte_for_byte_as_specified),
		T(the_golden_file_is_understood),
		T(any_one_damaged_byte_costs_nothing_and_is_seen),
		T(every_broken_file_is_refused_with_a_reason),
		T(a_missing_file_is_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
