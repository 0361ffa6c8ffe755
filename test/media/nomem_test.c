/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that runs out, at every allocation: it is told, nothing is damaged, and all goes on once there is some. */
#include <stdio.h>

#include "nomem.h"
#include "script_check.h"
#include "store_memory.h"

static const struct step script_steps[] = {
	{ WRITE, 100 }, { ATTR, 1, 10 }, { CODEC, MEDIA_CODEC_ZLIB }, { WRITE, 5002 }, { MARKS, 1 },
	{ CODEC, MEDIA_CODEC_LZ4 }, { WRITE, 70002 }, { MARKS_IMMEDIATE, 1 }, { CODEC, MEDIA_CODEC_ZSTD },
	{ WRITE, 902 }, { CODEC, MEDIA_CODEC_LZO }, { WRITE, 904 }, { CODEC, MEDIA_CODEC_NONE }, { LOCATE, 1 },
	{ WRITE, 901 }, { MARKS, 1 }, { LOCATE, 0, 1 }, { WRITE, 903 }, { ATTR, 2, 10 }, { SYNC }, { LOCATE, 0, 0 },
	{ ERASE }, { WRITE, 300001 }, { MARKS, 2 }, { FORMAT, 1 }, { WRITE, 907 }, { MARKS, 1 }, { REOPEN },
	{ SPACE_END }, { WRITE, 909 }, { END },
};

static struct script script;

/* Returns whether it came to the nth allocation. */
static bool run_without(unsigned nth, unsigned times)
{
	struct why why = { "no reason given" };
	struct media_store *store;
	bool met;

	assert_int_equal(media_store_memory(&store), 0);
	script_create(store, 2);
	nomem_fail(nth, times);
	script_run(&script, store, 2, script_steps, NULL);
	met = nomem_calls() >= nth;
	nomem_fail(0, 0);
	if (script.failed && (!met || script.failed != MEDIA_NOMEM))
		fail_msg("allocation %u: step %u failed: %s", nth, script.marks - 1, media_strerror(script.failed));
	/* Closing has no way to tell that it failed. */
	script.mark[script.marks - 1].durable = false;
	if (!script_survives(store, &script, 0, true, &why))
		fail_msg("allocation %u, %u times, ended with \"%s\" at step %u: %s", nth, times,
			 media_strerror(script.failed), script.marks - 1, why.text);
	store->ops->destroy(store);
	return met;
}

static void every_allocation_may_fail(void **state)
{
	unsigned nth = 1;

	while (run_without(nth, 1))
		nth++;
	print_message("# %u allocations\n", nth - 1);
	assert_true(nth > 50);
}

static void memory_may_be_gone_for_good_at_every_allocation(void **state)
{
	for (unsigned nth = 1; run_without(nth, 0); nth++)
		;
}

/* ---- going on ---- */

#define BLOCKS	12u
#define LENGTH	9000u

/* Does a request, again if there was no memory for it. */
static enum media_err do_twice(struct media *media, struct media_req *req)
{
	struct media_req again = *req;

	if (script_do(media, req) != MEDIA_NOMEM)
		return req->err;
	assert_false(req->deferred);
	*req = again;
	return script_do(media, req);
}

/* Blocks 1 to BLOCKS and a filemark. What had been accepted is lost only if it says so, and the position is there. */
static void write_all(struct media *media)
{
	static uint8_t buf[LENGTH];
	struct media_pos pos;

	for (;;) {
		struct media_req req = { .op = MEDIA_OP_WRITE, .buf = buf, .len = LENGTH };

		media_tell(media, &pos);
		if (pos.object == BLOCKS + 1)
			return;
		if (pos.object == BLOCKS)
			req = (struct media_req){ .op = MEDIA_OP_FILEMARKS, .count = 1 };
		script_data(buf, (uint32_t)pos.object + 1, LENGTH);
		if (script_do(media, &req) == MEDIA_OK)
			continue;
		assert_int_equal(req.err, MEDIA_NOMEM);
		if (!req.deferred)
			continue;
		media_tell(media, &pos);
		assert_int_equal(pos.object, req.lost);
	}
}

/* Writes, overwrites, reads, finds and erases, with one allocation missing. */
static bool go_on_without(unsigned nth)
{
	static uint8_t buf[LENGTH], expect[LENGTH];
	struct media_req first = { .op = MEDIA_OP_LOCATE_OBJECT };
	struct media_req eod = { .op = MEDIA_OP_SPACE_EOD }, back = { .op = MEDIA_OP_SPACE_FILEMARKS, .count = -1 };
	struct media_store *store;
	struct media *media;
	struct why why;
	bool met;

	assert_int_equal(media_store_memory(&store), 0);
	script_create(store, 1);
	assert_int_equal(script_open(store, &media, &why), MEDIA_OK);
	assert_int_equal(media_set_codec(media, MEDIA_CODEC_ZLIB, 0), MEDIA_OK);
	nomem_fail(nth, 1);
	write_all(media);
	assert_int_equal(do_twice(media, &first), MEDIA_OK);
	for (unsigned i = 1; i <= BLOCKS; i++) {
		struct media_req read = { .op = MEDIA_OP_READ, .buf = buf, .len = LENGTH };

		assert_int_equal(do_twice(media, &read), MEDIA_OK);
		script_data(expect, i, LENGTH);
		assert_memory_equal(buf, expect, LENGTH);
	}
	assert_int_equal(do_twice(media, &eod), MEDIA_OK);
	assert_int_equal(do_twice(media, &back), MEDIA_OK);
	met = nomem_calls() >= nth;
	nomem_fail(0, 0);
	media_close(media);
	if (!script_sound(store, &why))
		fail_msg("allocation %u: %s", nth, why.text);
	store->ops->destroy(store);
	return met;
}

static void what_there_was_no_memory_for_can_be_done_again(void **state)
{
	unsigned nth = 1;

	while (go_on_without(nth))
		nth++;
	print_message("# %u allocations\n", nth - 1);
	assert_true(nth > 10);
}

/* ---- the others ---- */

static void found(void *arg, unsigned partition, uint64_t object, const char *text)
{
}

static void repaired(void *arg, bool lost, unsigned partition, uint64_t object, const char *text)
{
}

static struct media_store *small_store(void)
{
	static const struct step steps[] = { { WRITE, 100 }, { MARKS, 1 }, { WRITE, 70002 }, { ATTR, 1, 9 }, { END } };
	struct media_store *store;

	assert_int_equal(media_store_memory(&store), 0);
	script_create(store, 1);
	script_run(&script, store, 1, steps, NULL);
	assert_int_equal(script.failed, MEDIA_OK);
	return store;
}

static void verifying_says_so(void **state)
{
	struct media_store *store = small_store();
	enum media_err err = MEDIA_NOMEM;

	for (unsigned nth = 1; err; nth++) {
		struct media_verify verify = { .report = found };
		struct why why;

		nomem_fail(nth, 1);
		err = media_verify(store, &verify, &why);
		nomem_fail(0, 0);
		assert_true(err == MEDIA_OK || err == MEDIA_NOMEM);
	}
	store->ops->destroy(store);
}

static void a_repair_can_be_begun_anew(void **state)
{
	enum media_err err = MEDIA_NOMEM;

	for (unsigned nth = 1; err == MEDIA_NOMEM; nth++) {
		struct media_store *store = small_store();
		struct media_repair repair = { .apply = true, .report = repaired };
		struct why why;
		struct media *media;
		struct model_tape tape;

		assert_int_equal(store->ops->remove(store, "p0-00000001.manifest"), 0);
		assert_int_equal(store->ops->remove(store, "p0-00000001.idx"), 0);
		nomem_fail(nth, 1);
		err = media_repair(store, &repair, &why);
		nomem_fail(0, 0);
		assert_true(err == MEDIA_CORRUPT || err == MEDIA_NOMEM);
		assert_true(media_repair(store, &repair, &why) != MEDIA_NOMEM);
		assert_true(script_reopen(store, script.seed, &media, &tape, &why));
		assert_true(script_same(&tape, &script.mark[script.marks - 1].model));
		media_close(media);
		store->ops->destroy(store);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(memory_may_be_gone_for_good_at_every_allocation),
		cmocka_unit_test(what_there_was_no_memory_for_can_be_done_again),
		cmocka_unit_test(verifying_says_so),
		cmocka_unit_test(a_repair_can_be_begun_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
