/* SPDX-License-Identifier: GPL-2.0-only */
/* Repair: what can be made anew is, what cannot is named, and nothing is changed unless told to. */
#include <stdio.h>

#include "script_check.h"
#include "store_memory.h"
#include "tape.h"

/* Several segments in two partitions, of a second formatting; cut in the middle, by overwriting and by erasing. */
static const struct step steps[] = {
	{ WRITE, 500 }, { MARKS, 1 }, { FORMAT, 2 }, { ATTR, 1, 20 }, { WRITE, 20001 }, { WRITE, 20002 }, { MARKS, 1 },
	{ WRITE, 20003 }, { WRITE, 300 }, { MARKS, 2 }, { WRITE, 30000 }, { WRITE, 100 }, { LOCATE, 5 },
	{ WRITE, 20004 }, { WRITE, 70 }, { MARKS, 1 }, { WRITE, 20005 }, { WRITE, 90 }, { LOCATE, 9 }, { ERASE },
	{ WRITE, 2000 }, { LOCATE, 0, 1 }, { WRITE, 402 }, { MARKS, 1 }, { WRITE, 403 }, { END },
};

static struct script script;
static struct media_store *whole;

static int setup_whole(void **state)
{
	assert_int_equal(media_store_memory(&whole), 0);
	script_create(whole, 1);
	script_run(&script, whole, 1, steps, NULL);
	assert_int_equal(script.failed, MEDIA_OK);
	return 0;
}

static int teardown_whole(void **state)
{
	whole->ops->destroy(whole);
	return 0;
}

static int setup(void **state)
{
	return media_store_memory_clone(whole, (struct media_store **)state);
}

static int teardown(void **state)
{
	struct media_store *store = *state;

	store->ops->destroy(store);
	return 0;
}

static const struct model_tape *model(void)
{
	return &script.mark[script.marks - 1].model;
}

/* ---- damage ---- */

static uint8_t *read_file(struct media_store *store, const char *name, size_t *len)
{
	uint8_t *content;

	assert_int_equal(media_store_read(store, name, 1 << 20, &content, len), 0);
	return content;
}

static void flip(struct media_store *store, const char *name, size_t at)
{
	size_t len;
	uint8_t *content = read_file(store, name, &len);

	content[at % len] ^= 0x20;
	assert_int_equal(store->ops->replace(store, name, content, len), 0);
	free(content);
}

static void flip_both(struct media_store *store, const char *name)
{
	size_t len;

	free(read_file(store, name, &len));
	flip(store, name, 30);
	flip(store, name, len / 2 + 30);
}

/* The name of the nth file with such an end. */
static const char *file(struct media_store *store, const char *suffix, unsigned nth)
{
	static char name[32];

	tape_file(store, suffix, nth, name);
	return name;
}

/* ---- repair ---- */

struct told {
	unsigned repaired, lost, objects;
	bool print;
};

static void tell(void *arg, bool lost, unsigned partition, uint64_t object, const char *text)
{
	struct told *told = arg;

	assert_true(strlen(text) > 0);
	told->repaired += !lost;
	told->lost += lost;
	told->objects += lost && object != UINT64_MAX;
	if (told->print)
		print_message("# %s partition %u object %lld: %s\n", lost ? "lost" : "repaired", partition,
			      (long long)object, text);
}

static enum media_err repair(struct media_store *store, bool apply, const struct media_info *info, struct told *told)
{
	struct media_repair job = { .apply = apply, .info = info, .report = tell, .arg = told };
	struct why why = { "" };
	enum media_err err;

	*told = (struct told){ .print = getenv("REPAIR_PRINT") };
	err = media_repair(store, &job, &why);
	assert_int_equal(job.repaired, told->repaired);
	assert_int_equal(job.lost, told->lost);
	return err;
}

/* How many objects of the model cannot be read. */
static unsigned lost(struct media_store *store)
{
	struct media *media;
	struct why why = { "" };
	unsigned n = 0;

	if (script_open(store, &media, &why))
		fail_msg("does not open: %s", why.text);
	if (!script_damaged(media, model(), &n, &why))
		fail_msg("%s", why.text);
	media_close(media);
	return n;
}

static void expect_whole(struct media_store *store)
{
	struct why why = { "" };

	if (!script_sound(store, &why))
		fail_msg("%s", why.text);
	assert_int_equal(lost(store), 0);
}

static int add_to_sum(void *arg, const char *name)
{
	struct media_store *store = *(struct media_store **)arg;
	uint64_t *sum = (uint64_t *)((void **)arg + 1);
	size_t len;
	uint8_t *content = read_file(store, name, &len);

	for (const char *c = name; *c; c++)
		*sum = *sum * 31 + (uint8_t)*c;
	for (size_t i = 0; i < len; i++)
		*sum = *sum * 1099511628211u + content[i];
	free(content);
	return 0;
}

/* Of all files with their names. */
static uint64_t sum_of(struct media_store *store)
{
	struct { struct media_store *store; uint64_t sum; } arg = { store, 0 };

	assert_int_equal(store->ops->list(store, add_to_sum, &arg), 0);
	return arg.sum;
}

/* ---- tests ---- */

static void of_a_sound_cartridge_nothing_is_repaired(void **state)
{
	struct media_store *store = *state;
	uint64_t before = sum_of(store);
	struct told told;

	assert_int_equal(repair(store, true, NULL, &told), MEDIA_OK);
	assert_int_equal(told.repaired, 0);
	assert_true(sum_of(store) == before);
}

/* What one copy, an index, or a first page is damaged of. */
static const struct {
	const char *suffix;
	size_t at;
} harmless[] = {
	{ "cartridge", 30 }, { "cartridge", 4096 + 30 }, { "mam", 40 }, { "manifest", 50 }, { "manifest", 4096 + 70 },
	{ "log", 10 }, { "log", 4095 }, { "idx", 2 * 4096 + 70 }, { "idx", 3 * 4096 + 64 },
};

static const char *harmless_file(struct media_store *store, size_t i)
{
	const char *suffix = harmless[i].suffix;

	return !strcmp(suffix, "cartridge") || !strcmp(suffix, "mam") ? suffix : file(store, suffix, 1);
}

static void nothing_is_changed_unless_told_to(void **state)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		struct media_store *store;
		struct told told;
		uint64_t before;

		assert_int_equal(media_store_memory_clone(whole, &store), 0);
		flip(store, harmless_file(store, i), harmless[i].at);
		before = sum_of(store);
		assert_int_equal(repair(store, false, NULL, &told), MEDIA_OK);
		assert_int_equal(told.repaired, 1);
		assert_true(sum_of(store) == before);
		store->ops->destroy(store);
	}
}

static void what_is_kept_twice_or_can_be_derived_is_made_anew(void **state)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		struct media_store *store;
		struct told told;

		assert_int_equal(media_store_memory_clone(whole, &store), 0);
		flip(store, harmless_file(store, i), harmless[i].at);
		assert_int_equal(repair(store, true, NULL, &told), MEDIA_OK);
		assert_int_equal(told.repaired, 1);
		expect_whole(store);
		assert_int_equal(repair(store, true, NULL, &told), MEDIA_OK);
		assert_int_equal(told.repaired, 0);
		store->ops->destroy(store);
	}
}

static void what_is_replaced_is_kept(void **state)
{
	struct media_store *store = *state;
	size_t before_len, after_len;
	uint8_t *before, *after;
	struct told told;

	flip(store, "cartridge", 30);
	before = read_file(store, "cartridge", &before_len);
	assert_int_equal(repair(store, true, NULL, &told), MEDIA_OK);
	after = read_file(store, "kept1-cartridge", &after_len);
	assert_int_equal(after_len, before_len);
	assert_memory_equal(after, before, before_len);
	free(after);
	flip(store, "cartridge", 31);
	assert_int_equal(repair(store, true, NULL, &told), MEDIA_OK);
	after = read_file(store, "kept2-cartridge", &after_len);
	free(after);
	free(before);
	expect_whole(store);
}

static void a_lost_manifest_is_made_anew_from_the_segments(void **state)
{
	for (unsigned p = 0; p < 2; p++) {
		struct media_store *store;
		struct told told;

		assert_int_equal(media_store_memory_clone(whole, &store), 0);
		flip_both(store, file(store, "manifest", p));
		assert_int_equal(repair(store, false, NULL, &told), MEDIA_CORRUPT);
		assert_int_equal(told.repaired, 1);
		assert_int_equal(repair(store, true, NULL, &told), MEDIA_CORRUPT);
		assert_int_equal(told.objects, 0);
		expect_whole(store);
		store->ops->destroy(store);
	}
}

static void what_was_cut_off_does_not_come_back_by_it(void **state)
{
	struct media_store *store = *state;
	struct media_req eod = { .op = MEDIA_OP_LOCATE_EOD };
	struct media *media;
	struct media_pos pos;
	struct told told;
	struct why why;

	assert_int_equal(store->ops->remove(store, file(store, "manifest", 0)), 0);
	repair(store, true, NULL, &told);
	assert_int_equal(script_open(store, &media, &why), MEDIA_OK);
	script_do(media, &eod);
	media_tell(media, &pos);
	assert_int_equal(pos.object, model()->part[0].count);
	media_close(media);
}

static void a_segment_whose_first_page_is_gone_too_is_known_by_its_records(void **state)
{
	struct media_store *store = *state;
	struct told told;

	flip(store, file(store, "log", 1), 33);
	assert_int_equal(store->ops->remove(store, file(store, "manifest", 0)), 0);
	assert_int_equal(repair(store, true, NULL, &told), MEDIA_CORRUPT);
	assert_int_equal(told.objects, 0);
	expect_whole(store);
}

static void objects_of_a_missing_segment_keep_their_numbers(void **state)
{
	for (unsigned n = 0; n < 2; n++) {
		struct media_store *store;
		struct told told;
		unsigned gone;

		assert_int_equal(media_store_memory_clone(whole, &store), 0);
		assert_int_equal(store->ops->remove(store, file(store, "log", n)), 0);
		gone = lost(store);
		assert_true(gone > 0);
		assert_int_equal(store->ops->remove(store, file(store, "manifest", 0)), 0);
		assert_int_equal(repair(store, true, NULL, &told), MEDIA_CORRUPT);
		assert_int_equal(told.objects, gone);
		assert_int_equal(lost(store), gone);
		store->ops->destroy(store);
	}
}

static void a_lost_cartridge_memory_begins_anew(void **state)
{
	struct media_store *store = *state;
	struct told told;

	assert_int_equal(store->ops->remove(store, "mam"), 0);
	assert_int_equal(repair(store, true, NULL, &told), MEDIA_CORRUPT);
	assert_int_equal(told.repaired, 1);
	expect_whole(store);
}

static void a_lost_description_is_made_anew_from_what_the_caller_knows(void **state)
{
	struct media_store *store = *state;
	struct media_info info;
	struct told told;
	struct why why;

	assert_int_equal(media_peek(store, &info, &why), MEDIA_OK);
	memset(info.uuid, 0, sizeof(info.uuid));
	info.geometry.partitions = 1;
	flip_both(store, "cartridge");
	assert_int_equal(repair(store, true, NULL, &told), MEDIA_CORRUPT);
	assert_int_equal(told.repaired, 0);
	assert_int_equal(repair(store, true, &info, &told), MEDIA_OK);
	expect_whole(store);
	assert_int_equal(store->ops->remove(store, "cartridge"), 0);
	assert_int_equal(repair(store, true, &info, &told), MEDIA_OK);
	expect_whole(store);
}

static void a_damaged_block_is_named_and_stays_so(void **state)
{
	struct media_store *store = *state;
	struct told told;

	flip(store, file(store, "log", 0), 4096 + 200);
	assert_int_equal(repair(store, true, NULL, &told), MEDIA_CORRUPT);
	assert_int_equal(told.lost, 1);
	assert_int_equal(told.objects, 1);
	assert_int_equal(lost(store), 1);
}

/* ---- anything ---- */

struct pick {
	unsigned left;
	char name[64];
};

static int pick_file(void *arg, const char *name)
{
	struct pick *pick = arg;

	snprintf(pick->name, sizeof(pick->name), "%s", name);
	return pick->left-- == 0;
}

static void damage_something(struct media_store *store, uint64_t *random)
{
	struct pick pick = { .left = (unsigned)(tape_draw(random) % 12) };
	size_t len;
	uint8_t *content;

	store->ops->list(store, pick_file, &pick);
	content = read_file(store, pick.name, &len);
	free(content);
	switch (tape_draw(random) % 4) {
	case 0:
		store->ops->remove(store, pick.name);
		break;
	case 1:
		content = read_file(store, pick.name, &len);
		store->ops->replace(store, pick.name, content, (size_t)(tape_draw(random) % (len + 1)));
		free(content);
		break;
	default:
		for (unsigned i = 0; i < 3 && len; i++)
			flip(store, pick.name, (size_t)tape_draw(random));
	}
}

static void whatever_is_damaged_a_repaired_cartridge_has_no_wrong_data(void **state)
{
	uint64_t random = 20240229;
	struct media_info info;
	struct why why;

	assert_int_equal(media_peek(whole, &info, &why), MEDIA_OK);
	for (unsigned turn = 0; turn < 400; turn++) {
		struct media_store *store;
		struct told told;
		unsigned before;

		assert_int_equal(media_store_memory_clone(whole, &store), 0);
		for (unsigned n = 0; n < 1 + turn % 3; n++)
			damage_something(store, &random);
		info.geometry.partitions = 1;
		repair(store, true, &info, &told);
		before = lost(store);
		assert_true(before == 0 || told.lost > 0);
		/* What was left alone stays as it is. */
		info.geometry.partitions = 1;
		repair(store, true, &info, &told);
		assert_int_equal(told.repaired, 0);
		assert_int_equal(lost(store), before);
		store->ops->destroy(store);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		T(of_a_sound_cartridge_nothing_is_repaired),
		cmocka_unit_test(nothing_is_changed_unless_told_to),
		cmocka_unit_test(what_is_kept_twice_or_can_be_derived_is_made_anew),
		T(what_is_replaced_is_kept),
		cmocka_unit_test(a_lost_manifest_is_made_anew_from_the_segments),
		T(what_was_cut_off_does_not_come_back_by_it),
		T(a_segment_whose_first_page_is_gone_too_is_known_by_its_records),
		cmocka_unit_test(objects_of_a_missing_segment_keep_their_numbers),
		T(a_lost_cartridge_memory_begins_anew),
		T(a_lost_description_is_made_anew_from_what_the_caller_knows),
		T(a_damaged_block_is_named_and_stays_so),
		cmocka_unit_test(whatever_is_damaged_a_repaired_cartridge_has_no_wrong_data),
#undef T
	};

	return cmocka_run_group_tests(tests, setup_whole, teardown_whole);
}
