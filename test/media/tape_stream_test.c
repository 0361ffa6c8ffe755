/* SPDX-License-Identifier: GPL-2.0-only */
/* Streams: what a drive does ahead of its host, and what it keeps behind it. */
#include "tape.h"

#include <errno.h>

#include "store_fault.h"
#include "store_memory.h"

#define BLOCK	(64u << 10)

static struct tape tape;
static struct media_store *memory, *fault;

static int setup(void **state)
{
	struct media_info info = tape_info();

	memset(&tape, 0, sizeof(tape));
	tape.ring_bytes = 1 << 20;
	if (media_store_memory(&memory) || media_store_fault(memory, &fault))
		return -1;
	tape_create(&tape, fault, &info);
	return 0;
}

static int teardown(void **state)
{
	if (tape.media)
		tape_close(&tape);
	fault->ops->destroy(fault);
	memory->ops->destroy(memory);
	return 0;
}

static void write_blocks(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		assert_int_equal(tape_write(&tape, BLOCK, i), MEDIA_OK);
}

static void reading_in_a_row_has_the_store_fetch_ahead(void **state)
{
	unsigned preads;

	write_blocks(0, 600);
	tape_reopen(&tape);
	for (unsigned i = 0; i < 600; i++)
		expect_block(&tape, BLOCK, i);
	/* Once for every few megabytes of 39. */
	assert_in_range(media_fault_calls(fault, MEDIA_FAULT_READ_AHEAD), 5, 12);
	/* What is fetched is not read piece by piece. */
	preads = media_fault_calls(fault, MEDIA_FAULT_PREAD);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
	for (unsigned i = 0; i < 600; i++)
		expect_block(&tape, BLOCK, i);
	assert_in_range(media_fault_calls(fault, MEDIA_FAULT_PREAD) - preads, 10, 80);
}

static void reading_here_and_there_fetches_nothing_else(void **state)
{
	uint64_t random = 7;
	unsigned preads;

	write_blocks(0, 600);
	tape_reopen(&tape);
	preads = media_fault_calls(fault, MEDIA_FAULT_PREAD);
	for (unsigned i = 0; i < 200; i++) {
		unsigned to = (unsigned)(tape_draw(&random) % 600);

		assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, to), MEDIA_OK);
		expect_block(&tape, BLOCK, to);
	}
	assert_int_equal(media_fault_calls(fault, MEDIA_FAULT_READ_AHEAD), 0);
	/* One for each block, and what the index takes. */
	assert_in_range(media_fault_calls(fault, MEDIA_FAULT_PREAD) - preads, 1, 1000);
}

/* Reads of the store that a single block elsewhere takes. */
static unsigned preads_elsewhere(unsigned to)
{
	unsigned preads = media_fault_calls(fault, MEDIA_FAULT_PREAD);

	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, to), MEDIA_OK);
	expect_block(&tape, BLOCK, to);
	return media_fault_calls(fault, MEDIA_FAULT_PREAD) - preads;
}

static void a_row_that_ends_leaves_no_reading_ahead_behind(void **state)
{
	unsigned alone, fetches;

	write_blocks(0, 600);
	for (unsigned to = 500; to < 600; to += 9) {
		(void)preads_elsewhere(0);
		alone = preads_elsewhere(to);
		/* Long enough to be read ahead of. */
		assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
		for (unsigned i = 0; i < 20; i++)
			expect_block(&tape, BLOCK, i);
		fetches = media_fault_calls(fault, MEDIA_FAULT_READ_AHEAD);
		assert_int_equal(preads_elsewhere(to), alone);
		assert_int_equal(media_fault_calls(fault, MEDIA_FAULT_READ_AHEAD), fetches);
	}
}

static void what_cannot_be_made_durable_at_rest_is_told_to_the_next_request(void **state)
{
	struct media_req req = { .op = MEDIA_OP_READ };

	write_blocks(0, 4);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	write_blocks(4, 8);
	media_fault_fail(fault, MEDIA_FAULT_SYNC, 1, 0, EIO);
	assert_false(media_rest(tape.media));
	/* It is over, as far as it can be. */
	assert_true(media_rest(tape.media));
	assert_int_equal(tape_do(&tape, &req), MEDIA_IO);
	assert_true(req.deferred);
	assert_int_equal(req.lost, 4);
	media_fault_fail(fault, MEDIA_FAULT_SYNC, 0, 0, 0);
	write_blocks(4, 6);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(reading_in_a_row_has_the_store_fetch_ahead),
		T(reading_here_and_there_fetches_nothing_else),
		T(a_row_that_ends_leaves_no_reading_ahead_behind),
		T(what_cannot_be_made_durable_at_rest_is_told_to_the_next_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
