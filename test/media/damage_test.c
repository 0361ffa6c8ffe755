/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of every file of a small cartridge, damaged one at a time: found, never wrong data, all else reads. */
#include <stdio.h>

#include "store_memory.h"
#include "script_check.h"

static const struct step small_tape[] = {
	{ ATTR, 1, 20 }, { WRITE, 301 }, { CODEC, MEDIA_CODEC_ZLIB }, { WRITE, 600 }, { CODEC, MEDIA_CODEC_NONE },
	{ MARKS, 1 }, { WRITE, 15 }, { WRITE, 1000 }, { SYNC },
	{ WRITE, 333 }, { MARKS, 2 }, { LOCATE, 5 }, { WRITE, 77 }, { WRITE, 800 }, { MARKS, 1 }, { LOCATE, 0, 1 },
	{ WRITE, 402 }, { MARKS, 1 }, { WRITE, 403 }, { END },
};

#define ZEROS	13	/* one zero in so many is damaged; of the other bytes each one */

static struct script script;
static struct media_store *whole;

static int setup(void **state)
{
	assert_int_equal(media_store_memory(&whole), 0);
	script_create(whole, 2);
	script_run(&script, whole, 2, small_tape, NULL);
	assert_int_equal(script.failed, MEDIA_OK);
	return 0;
}

static int teardown(void **state)
{
	whole->ops->destroy(whole);
	return 0;
}

/* What became of the objects of a damaged tape. */
struct outcome {
	enum media_err opened;
	unsigned lost;		/* objects that failed to read, as they should */
	unsigned findings;	/* of verify */
	unsigned notes;		/* of it, too */
};

static void count_finding(void *arg, unsigned partition, uint64_t object, const char *text)
{
	assert_true(strlen(text) > 0);
	((struct outcome *)arg)->findings++;
}

static void count_note(void *arg, unsigned partition, const char *text)
{
	assert_true(strlen(text) > 0);
	((struct outcome *)arg)->notes++;
}

static void look_at(struct media_store *store, struct outcome *out, const char *file, size_t at)
{
	struct media_verify verify = { .report = count_finding, .note = count_note, .arg = out };
	struct why why = { "" };
	struct media *media;
	enum media_err err;

	memset(out, 0, sizeof(*out));
	err = media_verify(store, &verify, &why);
	if (err && !out->findings) {
		out->findings++;
		assert_true(strlen(why.text) > 0);
	}
	out->opened = script_open(store, &media, &why);
	if (out->opened)
		return;
	if (!script_damaged(media, &script.mark[script.marks - 1].model, &out->lost, &why))
		fail_msg("%s byte %zu: %s", file, at, why.text);
	media_close(media);
}

/* What damage may do to files of one kind. */
static const struct {
	const char *end;	/* of the name */
	bool found;		/* verify finds it, wherever it is */
	unsigned lost;		/* most objects lost */
} kinds[] = {
	{ "cartridge", true, 0 },
	{ "mam", true, 0 },
	{ ".manifest", true, 0 },
	{ ".log", true, 1 },
	{ ".idx", false, 0 },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);

	return n >= e && strcmp(name + n - e, end) == 0;
}

static int damage_file(void *arg, const char *name)
{
	size_t len, tried = 0, seen = 0, kind = 0;
	unsigned *files = arg;
	uint8_t *content;

	while (kind < KINDS && !ends_in(name, kinds[kind].end))
		kind++;
	if (kind == KINDS)
		fail_msg("a file of an unknown kind: %s", name);
	files[kind]++;
	assert_int_equal(media_store_read(whole, name, 1 << 20, &content, &len), 0);
	for (size_t at = 0; at < len; at++) {
		struct media_store *store;
		struct outcome out;

		/* Zeros are mostly of long stretches, all alike. */
		if (!content[at] && at % ZEROS)
			continue;
		tried++;
		assert_int_equal(media_store_memory_clone(whole, &store), 0);
		content[at] ^= (uint8_t)(1 << at % 8);
		assert_int_equal(store->ops->replace(store, name, content, len), 0);
		content[at] ^= (uint8_t)(1 << at % 8);
		look_at(store, &out, name, at);
		if (out.opened)
			fail_msg("%s byte %zu: does not open: %s", name, at, media_strerror(out.opened));
		if (out.lost > kinds[kind].lost)
			fail_msg("%s byte %zu: %u objects lost", name, at, out.lost);
		if (!out.findings && (out.lost || kinds[kind].found))
			fail_msg("%s byte %zu: verify finds nothing", name, at);
		seen += out.findings || out.notes;
		store->ops->destroy(store);
	}
	print_message("# %s: %zu of %zu bytes damaged, %zu found by verify\n", name, tried, len, seen);
	free(content);
	return 0;
}

static void any_damaged_byte_is_found_and_costs_one_object_at_most(void **state)
{
	unsigned files[KINDS] = { 0 };

	assert_int_equal(whole->ops->list(whole, damage_file, files), 0);
	for (size_t i = 0; i < KINDS; i++)
		assert_true(files[i]);
}

static int drop_file(void *arg, const char *name)
{
	struct media_store *store;
	struct outcome out;

	assert_int_equal(media_store_memory_clone(whole, &store), 0);
	assert_int_equal(store->ops->remove(store, name), 0);
	look_at(store, &out, name, 0);
	if (!out.findings && !(ends_in(name, ".idx") && out.notes))
		fail_msg("verify does not miss %s", name);
	if (ends_in(name, ".idx") && (out.opened || out.lost))
		fail_msg("without %s: %s, %u objects lost", name, media_strerror(out.opened), out.lost);
	store->ops->destroy(store);
	++*(unsigned *)arg;
	return 0;
}

static void a_missing_file_is_found_and_an_index_is_made_anew(void **state)
{
	unsigned files = 0;

	assert_int_equal(whole->ops->list(whole, drop_file, &files), 0);
	assert_true(files >= KINDS);
}

static int cut_file(void *arg, const char *name)
{
	uint8_t *content;
	size_t len;

	assert_int_equal(media_store_read(whole, name, 1 << 20, &content, &len), 0);
	for (size_t cut = 0; cut < len; cut += len > 4096 ? 509 : 61) {
		struct media_store *store;
		struct outcome out;

		assert_int_equal(media_store_memory_clone(whole, &store), 0);
		assert_int_equal(store->ops->replace(store, name, content, cut), 0);
		look_at(store, &out, name, cut);
		if (!out.findings && !ends_in(name, ".idx"))
			fail_msg("%s cut to %zu bytes: verify finds nothing", name, cut);
		store->ops->destroy(store);
	}
	free(content);
	return 0;
}

static void a_file_cut_short_gives_no_wrong_data(void **state)
{
	assert_int_equal(whole->ops->list(whole, cut_file, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_damaged_byte_is_found_and_costs_one_object_at_most),
		cmocka_unit_test(a_missing_file_is_found_and_an_index_is_made_anew),
		cmocka_unit_test(a_file_cut_short_gives_no_wrong_data),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
