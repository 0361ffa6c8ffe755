/* SPDX-License-Identifier: GPL-2.0-only */
/* The file `cartridge`: written as FORMAT.md says, read back, refused when broken or not ours. */
#include <errno.h>

#include "be.h"
#include "crc.h"
#include "golden.h"
#include "meta.h"
#include "store_contract.h"
#include "store_fault.h"
#include "store_memory.h"

static const struct media_meta example = {
	.info = {
		.uuid = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x46, 0x77,
			  0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff },
		.barcode = "VTL001L8",
		.form = "LTO-8",
		.density = 0x5e,
		.kind = MEDIA_WORM_DATA,
		.count_uncompressed = true,
		.geometry = { 2, { { 12000000000000, 500000000 }, { 1000, 10 } } },
		.created = 1700000000,
	},
	.format = 3,
};

static void assert_example(const struct media_meta *meta)
{
	const struct media_info *a = &meta->info, *b = &example.info;

	assert_memory_equal(a->uuid, b->uuid, MEDIA_UUID_LEN);
	assert_string_equal(a->barcode, b->barcode);
	assert_string_equal(a->form, b->form);
	assert_int_equal(a->density, b->density);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->write_protected, b->write_protected);
	assert_int_equal(a->count_uncompressed, b->count_uncompressed);
	assert_int_equal(a->created, b->created);
	assert_int_equal(a->geometry.partitions, b->geometry.partitions);
	for (unsigned i = 0; i < b->geometry.partitions; i++) {
		assert_int_equal(a->geometry.part[i].capacity, b->geometry.part[i].capacity);
		assert_int_equal(a->geometry.part[i].early_warning, b->geometry.part[i].early_warning);
	}
	assert_int_equal(meta->format, example.format);
}

static void golden(uint8_t file[8192])
{
	memset(file, 0, 8192);
	memcpy(file, golden_cartridge, sizeof(golden_cartridge));
	memcpy(file + 4096, golden_cartridge, sizeof(golden_cartridge));
}

static void it_is_written_byte_for_byte_as_specified(void **state)
{
	struct media_store *s = *state;
	uint8_t want[8192], *file;
	struct why why;
	size_t len;

	golden(want);
	assert_int_equal(media_meta_save(s, &example, &why), MEDIA_OK);
	assert_int_equal(media_store_read(s, "cartridge", 1 << 20, &file, &len), 0);
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(file, want, sizeof(want));
	free(file);
}

static void the_golden_file_is_understood(void **state)
{
	struct media_store *s = *state;
	struct media_meta meta;
	uint8_t file[8192];
	struct why why;
	bool damaged;

	golden(file);
	assert_int_equal(s->ops->replace(s, "cartridge", file, sizeof(file)), 0);
	assert_int_equal(media_meta_load(s, &meta, &damaged, &why), MEDIA_OK);
	assert_false(damaged);
	assert_example(&meta);
}

/* Makes the checksums of both copies right again, after a change of header or payload. */
static void reseal(uint8_t *file)
{
	for (unsigned i = 0; i < 2; i++, file += 4096) {
		uint32_t n = get_be32(file + 12);

		if (n <= 4072)
			put_be32(file + 16, media_crc32c(0, file + 24, n));
		put_be32(file + 20, media_crc32c(0, file, 20));
	}
}

#define PAYLOAD	24

/*
 * What makes a good file a broken one: cut to a length (0: whole), bytes set in both copies; checksums made right
 * again, if `sealed`.
 */
static const struct {
	const char *defect;
	size_t len;
	struct {
		unsigned at;
		uint8_t byte;
	} set[4];
	bool sealed;
	enum media_err err;
} broken[] = {
	{ "cut_in_the_header", 20, .err = MEDIA_CORRUPT },
	{ "cut_in_the_first_copy", 4000, .err = MEDIA_CORRUPT },
	{ "both_payloads_changed", 0, { { 100, 0xff } }, false, MEDIA_CORRUPT },
	{ "both_paddings_not_zero", 0, { { 4095, 1 } }, false, MEDIA_CORRUPT },
	{ "magic_of_the_mam", 0, { { 3, 'm' } }, true, MEDIA_CORRUPT },
	{ "version_0", 0, { { 11, 0 } }, true, MEDIA_CORRUPT },
	{ "version_2", 0, { { 11, 2 } }, true, MEDIA_VERSION },
	{ "version_2_and_longer", 0, { { 11, 2 }, { 15, 200 } }, true, MEDIA_VERSION },
	{ "length_of_4_gib", 0, { { 12, 0xff }, { 13, 0xff }, { 14, 0xff }, { 15, 0xff } }, true, MEDIA_CORRUPT },
	{ "length_shorter", 0, { { 15, 100 } }, true, MEDIA_CORRUPT },
	{ "unknown_flag", 0, { { PAYLOAD + 94, 0x82 } }, true, MEDIA_VERSION },
	{ "formatting_0", 0, { { PAYLOAD + 91, 0 } }, true, MEDIA_CORRUPT },
	{ "kind_9", 0, { { PAYLOAD + 92, 9 } }, true, MEDIA_CORRUPT },
	{ "no_partitions", 0, { { PAYLOAD + 95, 0 } }, true, MEDIA_CORRUPT },
	{ "five_partitions", 0, { { PAYLOAD + 95, 5 } }, true, MEDIA_CORRUPT },
	{ "a_partition_without_capacity", 0, { { PAYLOAD + 95, 3 } }, true, MEDIA_CORRUPT },
	{ "capacity_of_a_partition_that_is_not_there", 0, { { PAYLOAD + 150, 1 } }, true, MEDIA_CORRUPT },
	{ "early_warning_beyond_capacity", 0, { { PAYLOAD + 104, 1 } }, true, MEDIA_CORRUPT },
	{ "barcode_in_lower_case", 0, { { PAYLOAD + 16, 'v' } }, true, MEDIA_CORRUPT },
	{ "barcode_with_a_slash", 0, { { PAYLOAD + 17, '/' } }, true, MEDIA_CORRUPT },
	{ "barcode_with_a_hole", 0, { { PAYLOAD + 18, 0 } }, true, MEDIA_CORRUPT },
	{ "form_with_an_escape", 0, { { PAYLOAD + 48, 27 } }, true, MEDIA_CORRUPT },
	{ "form_empty", 0, { { PAYLOAD + 48, 0 } }, true, MEDIA_CORRUPT },
};

static void break_file(uint8_t *file, size_t i)
{
	for (unsigned n = 0; n < 4 && broken[i].set[n].at; n++) {
		file[broken[i].set[n].at] = broken[i].set[n].byte;
		file[broken[i].set[n].at + 4096] = broken[i].set[n].byte;
	}
	if (broken[i].sealed)
		reseal(file);
}

static void every_broken_file_is_refused_with_a_reason(void **state)
{
	struct media_store *s = *state;
	struct media_meta meta;
	uint8_t file[8192];

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct why why = { "" };
		size_t len = broken[i].len ? broken[i].len : sizeof(file);
		enum media_err err;

		golden(file);
		break_file(file, i);
		assert_int_equal(s->ops->replace(s, "cartridge", file, len), 0);
		err = media_meta_load(s, &meta, NULL, &why);
		if (err != broken[i].err || !strstr(why.text, "cartridge"))
			fail_msg("%s: %s: %s", broken[i].defect, media_strerror(err), why.text);
	}
}

static void any_one_damaged_byte_costs_nothing_and_is_seen(void **state)
{
	struct media_store *s = *state;
	struct media_meta meta;
	uint8_t file[8192];
	struct why why;

	golden(file);
	for (unsigned i = 0; i < sizeof(file); i++) {
		bool damaged = false;

		file[i] ^= 0x40;
		assert_int_equal(s->ops->replace(s, "cartridge", file, sizeof(file)), 0);
		assert_int_equal(media_meta_load(s, &meta, &damaged, &why), MEDIA_OK);
		assert_true(damaged);
		file[i] ^= 0x40;
	}
	assert_example(&meta);
}

static void a_file_that_lost_its_second_half_or_grew_is_read_and_seen(void **state)
{
	struct media_store *s = *state;
	struct media_meta meta;
	uint8_t file[16384] = { 0 };
	static const size_t lens[] = { 4096, 5000, 8191, 8193, 12288, 16384 };
	struct why why;

	golden(file);
	for (unsigned i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		bool damaged = false;

		assert_int_equal(s->ops->replace(s, "cartridge", file, lens[i]), 0);
		assert_int_equal(media_meta_load(s, &meta, &damaged, &why), MEDIA_OK);
		assert_true(damaged);
		assert_example(&meta);
	}
}

/* Files that make a store look like something, and what the reason must say. */
static const struct {
	const char *files[3];
	const char *says;
} foreign[] = {
	{ { NULL }, "it is empty" },
	{ { "notes.txt" }, "no file `cartridge` (but notes.txt)" },
	{ { "data.0", "indx.0", "mam" }, "a cartridge of mhVTL" },
	{ { "data", "indx", "meta" }, "a cartridge of an old mhVTL" },
	{ { "tape" }, "tape is a tape image of tgt's own (tgtimg)" },
};

static void what_is_not_ours_is_named(void **state)
{
	static const char text[] = "some text that is long enough to be looked at: 64 bytes and more";
	uint8_t image[1500] = { 0 };

	put_be32(image + 12, 0x10);
	put_be32(image + 48, 2);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		struct why why = { "" };
		struct media_info info;
		struct media_store *s;

		assert_int_equal(media_store_memory(&s), 0);
		for (unsigned n = 0; n < 3 && foreign[i].files[n]; n++)
			if (strcmp(foreign[i].files[n], "tape"))
				put_file(s, foreign[i].files[n], text);
			else
				assert_int_equal(s->ops->replace(s, "tape", image, sizeof(image)), 0);
		assert_int_equal(media_peek(s, &info, &why), MEDIA_FOREIGN);
		if (!strstr(why.text, foreign[i].says))
			fail_msg("\"%s\" does not say \"%s\"", why.text, foreign[i].says);
		s->ops->destroy(s);
	}
}

static void peeking_takes_no_lock(void **state)
{
	struct media_store *s = *state;
	struct media_info info;
	struct why why;

	assert_int_equal(media_meta_save(s, &example, &why), MEDIA_OK);
	assert_int_equal(s->ops->lock(s, "test", &why), 0);
	assert_int_equal(media_peek(s, &info, &why), MEDIA_OK);
	assert_string_equal(info.barcode, "VTL001L8");
	s->ops->unlock(s);
}

static void assert_refused(const struct media_info *info, const char *says)
{
	struct why why = { "" };

	assert_int_equal(media_info_check(info, &why), MEDIA_INVALID);
	if (!strstr(why.text, says))
		fail_msg("\"%s\" does not say \"%s\"", why.text, says);
}

static void properties_out_of_range_are_refused_with_a_reason(void **state)
{
	struct media_info good = example.info, info = good;
	struct why why;

	assert_int_equal(media_info_check(&good, &why), MEDIA_OK);
	strcpy(info.barcode, "vtl001l8");
	assert_refused(&info, "barcode \"vtl001l8\"");
	strcpy(info.barcode, "../../x");
	assert_refused(&info, "barcode");
	memset(info.barcode, 'A', sizeof(info.barcode));
	assert_refused(&info, "barcode");
	info = good;
	strcpy(info.barcode, "");
	assert_int_equal(media_info_check(&info, &why), MEDIA_OK);
	info = good;
	info.form[0] = 0;
	assert_refused(&info, "medium model");
	info = good;
	info.kind = MEDIA_KIND_COUNT;
	assert_refused(&info, "kind");
	info = good;
	info.geometry.partitions = 5;
	assert_refused(&info, "5 partitions");
	info.geometry.partitions = 0;
	assert_refused(&info, "0 partitions");
	info.kind = MEDIA_CLEANING;
	assert_int_equal(media_info_check(&info, &why), MEDIA_OK);
	info = good;
	info.geometry.part[1].capacity = 0;
	assert_refused(&info, "partition 1: the capacity");
	info = good;
	info.geometry.part[0].early_warning = info.geometry.part[0].capacity + 1;
	assert_refused(&info, "partition 0: early warning");
}

static void a_store_that_fails_is_reported_and_keeps_the_old_file(void **state)
{
	struct media_store *under = *state, *s;
	struct media_meta meta = example;
	struct why why = { "" };

	assert_int_equal(media_store_fault(under, &s), 0);
	assert_int_equal(media_meta_save(s, &meta, &why), MEDIA_OK);
	meta.format = 4;
	media_fault_fail(s, MEDIA_FAULT_REPLACE, 1, 1, EROFS);
	assert_int_equal(media_meta_save(s, &meta, &why), MEDIA_RDONLY);
	assert_non_null(strstr(why.text, "cartridge: Read-only file system"));
	media_fault_fail(s, MEDIA_FAULT_REPLACE, 1, 1, ENOSPC);
	assert_int_equal(media_meta_save(s, &meta, &why), MEDIA_NOSPACE);
	media_fault_fail(s, MEDIA_FAULT_PREAD, 1, 1, EIO);
	assert_int_equal(media_meta_load(s, &meta, NULL, &why), MEDIA_IO);
	assert_non_null(strstr(why.text, "cartridge: Input/output error"));
	assert_int_equal(media_meta_load(s, &meta, NULL, &why), MEDIA_OK);
	assert_example(&meta);
	s->ops->destroy(s);
}

static void every_outcome_has_a_name(void **state)
{
	for (unsigned i = 0; i < MEDIA_ERR_COUNT; i++)
		assert_non_null(media_strerror((enum media_err)i));
	assert_string_equal(media_strerror(MEDIA_ERR_COUNT), "unknown error");
}

#define T(t) cmocka_unit_test_setup_teardown(t, memory_setup, memory_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_is_written_byte_for_byte_as_specified),
		T(the_golden_file_is_understood),
		T(every_broken_file_is_refused_with_a_reason),
		T(any_one_damaged_byte_costs_nothing_and_is_seen),
		T(a_file_that_lost_its_second_half_or_grew_is_read_and_seen),
		cmocka_unit_test(what_is_not_ours_is_named),
		T(peeking_takes_no_lock),
		cmocka_unit_test(properties_out_of_range_are_refused_with_a_reason),
		T(a_store_that_fails_is_reported_and_keeps_the_old_file),
		cmocka_unit_test(every_outcome_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
