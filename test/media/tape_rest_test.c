/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of media_rest(): a cartridge that nobody uses gives its memory back, and goes on as if it had not. */
#include "tape.h"

#include "store_memory.h"

#define BLOCK	(256u << 10)

struct fixture {
	struct tape tape;		/* first */
	struct media_store *store;
	struct media_memory memory;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct media_info info = tape_info();

	*state = f;
	if (media_store_memory(&f->store))
		return -1;
	f->memory.limit = 1u << 30;
	f->tape.memory = &f->memory;
	tape_create(&f->tape, f->store, &info);
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	tape_close(&f->tape);
	assert_int_equal(f->memory.used, 0);
	f->store->ops->destroy(f->store);
	free(f);
	return 0;
}

static void its_buffers_are_given_back_and_taken_again(void **state)
{
	struct fixture *f = *state;
	struct tape *t = &f->tape;

	for (unsigned turn = 0; turn < 3; turn++) {
		for (unsigned i = 0; i < 8; i++)
			assert_int_equal(tape_write(t, BLOCK, 8 * turn + i), MEDIA_OK);
		assert_int_equal(tape_sync(t), MEDIA_OK);
		assert_true(f->memory.used > BLOCK);
		assert_true(media_rest(t->media));
		assert_int_equal(f->memory.used, 0);
		assert_true(media_rest(t->media));
	}
	assert_int_equal(tape_locate(t, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
	for (unsigned i = 0; i < 24; i++) {
		expect_block(t, BLOCK, i);
		if (i % 5 == 0)
			assert_true(media_rest(t->media));
		expect_at(t, i + 1, 0);
	}
}

static void blocks_that_are_not_durable_yet_keep_them_until_they_are(void **state)
{
	struct fixture *f = *state;
	struct tape *t = &f->tape;
	struct media_pos pos;

	t->hold = true;
	tape_reopen(t);
	assert_int_equal(tape_write(t, BLOCK, 1), MEDIA_OK);
	assert_false(media_rest(t->media));
	assert_true(f->memory.used > 0);
	while (tape_run_job(t))
		;
	media_tell(t->media, &pos);
	assert_int_equal(pos.durable_object, 1);
	assert_true(media_rest(t->media));
	assert_int_equal(f->memory.used, 0);
	/* Written out, and not synced: should that fail, they are written again. */
	assert_int_equal(tape_write(t, BLOCK, 2), MEDIA_OK);
	assert_int_equal(tape_locate(t, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
	assert_false(media_rest(t->media));
	while (tape_run_job(t))
		;
	assert_true(media_rest(t->media));
	assert_int_equal(f->memory.used, 0);
	expect_block(t, BLOCK, 1);
	expect_block(t, BLOCK, 2);
}

static void reading_in_a_row_takes_little_where_little_is_allowed(void **state)
{
	struct fixture *f = *state;
	struct tape *t = &f->tape;
	size_t much = 0;

	for (unsigned i = 0; i < 96; i++)
		assert_int_equal(tape_write(t, BLOCK, i), MEDIA_OK);
	assert_int_equal(tape_sync(t), MEDIA_OK);
	for (unsigned turn = 0; turn < 2; turn++) {
		assert_int_equal(tape_locate(t, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
		assert_true(media_rest(t->media));
		for (unsigned i = 0; i < 96; i++)
			expect_block(t, BLOCK, i);
		if (turn == 0)
			much = f->memory.used;
		f->memory.limit = 0;
	}
	assert_true(much >= 8 << 20);
	assert_true(f->memory.used > 0 && f->memory.used <= much / 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(its_buffers_are_given_back_and_taken_again, begin, end),
		cmocka_unit_test_setup_teardown(reading_in_a_row_takes_little_where_little_is_allowed, begin, end),
		cmocka_unit_test_setup_teardown(blocks_that_are_not_durable_yet_keep_them_until_they_are,
						begin, end),
	};

	return cmocka_run_group_tests_name("a cartridge at rest", tests, NULL, NULL);
}
