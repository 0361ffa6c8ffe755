/* SPDX-License-Identifier: GPL-2.0-only */
/* Cartridges that were written once and are read forever after: a sound one, and those named after their defect. */
#include "tape.h"

#include <stdio.h>

#include "store_memory.h"

#define NONE UINT64_MAX

/* What comes of opening it; and which object of partition 0 then reads how. All others read as they should. */
static const struct {
	const char *name;
	enum media_err open;
	uint64_t object;
	enum media_err read;
	unsigned bad; /* so many objects from there on */
	bool verified; /* media_verify() has no fault to find, or cannot look */
} cartridges[] = {
	{ "sound", MEDIA_OK, NONE, .verified = true },
	{ "cartridge-missing", MEDIA_FOREIGN, .verified = true },
	{ "manifest-missing", MEDIA_CORRUPT },
	{ "manifest-of-another-cartridge", MEDIA_CORRUPT },
	{ "manifest-of-version-2", MEDIA_VERSION, .verified = true },
	{ "log-missing", MEDIA_OK, 0, MEDIA_CORRUPT, 6 },
	{ "log-of-another-cartridge", MEDIA_OK, 0, MEDIA_CORRUPT, 6 },
	{ "log-truncated-in-object-2", MEDIA_OK, 2, MEDIA_CORRUPT, 4 },
	{ "header-damaged-of-object-1", MEDIA_OK, 1, MEDIA_CORRUPT, 1 },
	{ "payload-damaged-of-object-1", MEDIA_OK, 1, MEDIA_CORRUPT, 1 },
	{ "filemark-damaged", MEDIA_OK, 3, MEDIA_CORRUPT, 1 },
	{ "codec-unknown", MEDIA_OK, 1, MEDIA_VERSION, 1, .verified = true },
	{ "flag-must-be-understood", MEDIA_OK, 1, MEDIA_VERSION, 1, .verified = true },
	{ "record-of-version-2", MEDIA_OK, 1, MEDIA_VERSION, 1, .verified = true },
	{ "extension-must-be-understood", MEDIA_OK, 1, MEDIA_VERSION, 1, .verified = true },
	{ "host-crc-wrong", MEDIA_OK, 1, MEDIA_CORRUPT, 1 },
	{ "host-length-wrong", MEDIA_OK, 1, MEDIA_CORRUPT, 1 },
};

static const struct {
	uint32_t len; /* 0: a filemark */
	uint64_t seed;
} objects[] = { { 100, 1 }, { 2000, 2 }, { 3000, 3 }, { 0 }, { 70, 4 }, { 0 } };

/* A copy in memory: the golden ones are never touched. */
static struct media_store *copy_of(const char *name)
{
	struct media_store *store, *copy;
	struct why why = { "" };
	char path[256];

	snprintf(path, sizeof(path), "test/media/golden/%s", name);
	if (media_store_posix(path, false, &store, &why))
		fail_msg("%s: %s (run it at the top of the tree)", path, why.text);
	assert_int_equal(media_store_memory_clone(store, &copy), 0);
	store->ops->destroy(store);
	return copy;
}

static void read_tape(struct tape *tape, size_t row)
{
	for (unsigned i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		if (i >= cartridges[row].object && i - cartridges[row].object < cartridges[row].bad)
			expect_read(tape, cartridges[row].read);
		else if (objects[i].len)
			expect_block(tape, objects[i].len, objects[i].seed);
		else
			expect_read(tape, MEDIA_FILEMARK);
	}
	expect_at(tape, 6, 2);
	expect_read(tape, MEDIA_EOD);
	assert_int_equal(tape_locate(tape, MEDIA_OP_LOCATE_OBJECT, 1, 0), MEDIA_OK);
	expect_block(tape, 5, 5);
	expect_read(tape, MEDIA_EOD);
}

static void check(size_t row)
{
	struct tape tape = { .store = copy_of(cartridges[row].name) };
	enum media_err err = tape_open(&tape);

	if (err != cartridges[row].open)
		fail_msg("%s opens with %s", cartridges[row].name, media_strerror(err));
	print_message("# %s\n", cartridges[row].name);
	if (!err) {
		const struct media_attr *attr = media_attr_get(tape.media, 0, 0x0803);

		assert_non_null(attr);
		assert_memory_equal(attr->data, "golden", 6);
		assert_string_equal(media_info(tape.media)->barcode, "TAPE01L8");
		read_tape(&tape, row);
		tape_close(&tape);
	}
	tape.store->ops->destroy(tape.store);
}

static void golden_cartridges_read_as_they_always_did(void **state)
{
	for (size_t i = 0; i < sizeof(cartridges) / sizeof(*cartridges); i++)
		check(i);
}

static void found(void *arg, unsigned partition, uint64_t object, const char *text)
{
	uint64_t *first = arg;

	if (*first == NONE && partition == 0)
		*first = object;
}

static void verify_names_the_defect(void **state)
{
	for (size_t i = 0; i < sizeof(cartridges) / sizeof(*cartridges); i++) {
		struct media_store *store = copy_of(cartridges[i].name);
		uint64_t first = NONE;
		struct media_verify verify = { .report = found, .arg = &first };
		struct why why = { "" };
		enum media_err err = media_verify(store, &verify, &why);

		print_message("# %s: %s\n", cartridges[i].name, media_strerror(err));
		if (!cartridges[i].verified)
			assert_int_equal(err, MEDIA_CORRUPT);
		else if (cartridges[i].open)
			assert_int_equal(err, cartridges[i].open);
		else
			assert_int_equal(err, cartridges[i].bad ? MEDIA_VERSION : MEDIA_OK);
		if (cartridges[i].bad == 1)
			assert_int_equal(first, cartridges[i].object);
		store->ops->destroy(store);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_cartridges_read_as_they_always_did),
		cmocka_unit_test(verify_names_the_defect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
