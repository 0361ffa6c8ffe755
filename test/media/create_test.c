/* SPDX-License-Identifier: GPL-2.0-only */
/* Making cartridges. */
#include <errno.h>
#include <time.h>

#include "mam.h"
#include "media.h"
#include "store_contract.h"
#include "store_fault.h"
#include "store_memory.h"

static const struct media_info lto8 = {
	.barcode = "VTL001L8",
	.form = "LTO-8",
	.density = 0x5e,
	.geometry = { 1, { { 12000000000000, 500000000 } } },
};

static void a_new_cartridge_is_what_was_asked_for(void **state)
{
	struct media_store *s = *state;
	uint64_t before = (uint64_t)time(NULL);
	struct media_info info;
	struct why why;

	assert_int_equal(media_create(s, &lto8, &why), MEDIA_OK);
	assert_int_equal(media_peek(s, &info, &why), MEDIA_OK);
	assert_string_equal(info.barcode, lto8.barcode);
	assert_string_equal(info.form, lto8.form);
	assert_int_equal(info.geometry.partitions, 1);
	assert_int_equal(info.geometry.part[0].capacity, 12000000000000);
	assert_in_range(info.created, before, time(NULL));
}

static void its_uuid_is_random_and_of_version_4(void **state)
{
	struct media_info info[2];
	struct media_store *other;
	struct why why;

	assert_int_equal(media_store_memory(&other), 0);
	assert_int_equal(media_create(*state, &lto8, &why), MEDIA_OK);
	assert_int_equal(media_create(other, &lto8, &why), MEDIA_OK);
	assert_int_equal(media_peek(*state, &info[0], &why), MEDIA_OK);
	assert_int_equal(media_peek(other, &info[1], &why), MEDIA_OK);
	assert_memory_not_equal(info[0].uuid, info[1].uuid, MEDIA_UUID_LEN);
	assert_int_equal(info[0].uuid[6] >> 4, 4);
	assert_int_equal(info[0].uuid[8] >> 6, 2);
	other->ops->destroy(other);
}

static void a_uuid_that_is_given_is_kept(void **state)
{
	struct media_info info = lto8;
	struct why why;

	info.uuid[15] = 7;
	assert_int_equal(media_create(*state, &info, &why), MEDIA_OK);
	memset(&info, 0, sizeof(info));
	assert_int_equal(media_peek(*state, &info, &why), MEDIA_OK);
	assert_int_equal(info.uuid[15], 7);
}

static void its_memory_begins_empty(void **state)
{
	struct media_mam *mam;
	struct why why;

	assert_int_equal(media_create(*state, &lto8, &why), MEDIA_OK);
	assert_int_equal(media_mam_load(*state, &mam, NULL, &why), MEDIA_OK);
	for (unsigned p = 0; p < MEDIA_MAX_PARTITIONS; p++)
		assert_null(media_mam_next(mam, p, 0));
	media_mam_free(mam);
}

static void a_store_that_holds_anything_is_left_alone(void **state)
{
	struct media_store *s = *state;
	struct why why = { "" };

	put_file(s, "data.0", "someone's");
	assert_int_equal(media_create(s, &lto8, &why), MEDIA_EXISTS);
	assert_non_null(strstr(why.text, "data.0"));
	assert_file(s, "data.0", "someone's");
	assert_int_equal(s->ops->remove(s, "data.0"), 0);
	assert_int_equal(media_create(s, &lto8, &why), MEDIA_OK);
	assert_int_equal(media_create(s, &lto8, &why), MEDIA_EXISTS);
}

static void bad_properties_write_nothing(void **state)
{
	struct media_store *s = *state;
	struct media_info info = lto8;
	struct why why = { "" };

	strcpy(info.barcode, "no good");
	assert_int_equal(media_create(s, &info, &why), MEDIA_INVALID);
	assert_non_null(strstr(why.text, "no good"));
	assert_int_equal(media_peek(s, &info, &why), MEDIA_FOREIGN);
	assert_non_null(strstr(why.text, "it is empty"));
}

static void a_cleaning_cartridge_has_no_partition(void **state)
{
	struct media_info info = { .barcode = "CLN001L1", .form = "LTO-CLN", .kind = MEDIA_CLEANING };
	struct why why = { "" };

	assert_int_equal(media_create(*state, &info, &why), MEDIA_OK);
	assert_int_equal(media_peek(*state, &info, &why), MEDIA_OK);
	assert_int_equal(info.kind, MEDIA_CLEANING);
	assert_int_equal(info.geometry.partitions, 0);
}

static void a_failure_half_way_leaves_nothing_behind(void **state)
{
	struct media_store *s = *state, *fault;
	struct media_info info;
	unsigned nth = 0;
	enum media_err err;

	assert_int_equal(media_store_fault(s, &fault), 0);
	do {
		struct why why = { "" };

		media_fault_fail(fault, MEDIA_FAULT_REPLACE, ++nth, 1, ENOSPC);
		err = media_create(fault, &lto8, &why);
		if (err) {
			assert_int_equal(err, MEDIA_NOSPACE);
			assert_non_null(strstr(why.text, "No space left"));
			assert_int_equal(media_peek(s, &info, &why), MEDIA_FOREIGN);
			assert_non_null(strstr(why.text, "it is empty"));
		}
	} while (err);
	assert_true(nth > 2);
	fault->ops->destroy(fault);
}

#define T(t) cmocka_unit_test_setup_teardown(t, memory_setup, memory_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_new_cartridge_is_what_was_asked_for),
		T(its_uuid_is_random_and_of_version_4),
		T(a_uuid_that_is_given_is_kept),
		T(its_memory_begins_empty),
		T(a_store_that_holds_anything_is_left_alone),
		T(bad_properties_write_nothing),
		T(a_cleaning_cartridge_has_no_partition),
		T(a_failure_half_way_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
