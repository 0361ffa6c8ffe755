/* SPDX-License-Identifier: GPL-2.0-only */
/* A cartridge whose jobs run on threads: what is encoded and decoded side by side comes back in order. */
#include "tape.h"

#include <errno.h>
#include <poll.h>

#include "pool.h"
#include "store_fault.h"
#include "store_memory.h"

#define MOST	(1u << 20)

static struct pool *pool;
static struct tape tape;
static struct media_store *memory;
static struct media_key *key;
static uint8_t buf[MOST], want[MOST];

static void open_tape(void)
{
	struct media_options options = { .owner = "test", .ring_bytes = tape.ring_bytes };
	struct why why = { "" };

	assert_int_equal(media_open(tape.store, pool_exec(pool), &options, &tape.media, &why), MEDIA_OK);
	media_set_decrypt(tape.media, MEDIA_DECRYPT_MIXED, key);
}

static int setup(void **state)
{
	struct media_info info = tape_info();
	struct why why = { "" };

	memset(&tape, 0, sizeof(tape));
	key = media_key_new((const uint8_t *)"0123456789abcdef0123456789abcdef");
	pool = pool_new(4);
	if (!pool || media_store_memory(&memory) || media_store_fault(memory, &tape.store))
		return -1;
	tape.ring_bytes = 4 << 20;
	assert_int_equal(media_create(tape.store, &info, &why), MEDIA_OK);
	open_tape();
	return 0;
}

static void no_done(struct media_req *req)
{
}

/* Carries a request out; whatever ends meanwhile is taken over as the daemon does it. */
static enum media_err run(struct media_req *req)
{
	struct pollfd fd = { .fd = pool_fd(pool), .events = POLLIN };

	req->done = no_done;
	if (media_submit(tape.media, req))
		return req->err;
	while (!req->complete) {
		assert_int_equal(poll(&fd, 1, 120000), 1);
		pool_run(pool);
	}
	return req->err;
}

static void close_tape(void)
{
	struct media_req req = { .op = MEDIA_OP_SYNC };

	(void)run(&req);
	assert_false(pool_busy(pool));
	media_close(tape.media);
}

static int teardown(void **state)
{
	close_tape();
	tape.store->ops->destroy(tape.store);
	memory->ops->destroy(memory);
	pool_free(pool);
	media_key_drop(key);
	return 0;
}

static enum media_err write_block(uint32_t len, uint64_t seed)
{
	struct media_req req = { .op = MEDIA_OP_WRITE, .buf = buf, .len = len };

	tape_fill(buf, len, seed);
	return run(&req);
}

static uint32_t len_of(uint64_t i)
{
	return i % 7 == 3 ? 1 + (uint32_t)i * 131 % 5000 : i % 5 == 0 ? MOST : 30000 + (uint32_t)i * 977 % 200000;
}

/* With every codec that there is, some encrypted. */
static void write_blocks(uint64_t n)
{
	struct media_encrypt encrypt = { .key = key };

	for (uint64_t i = 0; i < n; i++) {
		struct media_req mark = { .op = MEDIA_OP_FILEMARKS, .count = 1, .immediate = true };

		if (i % 30 == 0)
			assert_int_equal(media_set_encrypt(tape.media, i / 30 % 2 ? &encrypt : NULL), MEDIA_OK);
		assert_int_equal(media_set_codec(tape.media, (enum media_codec)(i / 10 % MEDIA_CODEC_COUNT), 0), 0);
		assert_int_equal(write_block(len_of(i), i), MEDIA_OK);
		if (i % 20 == 19)
			assert_int_equal(run(&mark), MEDIA_OK);
	}
}

static void locate(int64_t object)
{
	struct media_req req = { .op = MEDIA_OP_LOCATE_OBJECT, .count = object };

	assert_int_equal(run(&req), MEDIA_OK);
}

static void rewind_tape(void)
{
	locate(0);
}

static void expect_block_number(uint64_t i)
{
	struct media_req req = { .op = MEDIA_OP_READ, .buf = buf, .len = MOST };

	assert_int_equal(run(&req), MEDIA_OK);
	assert_int_equal(req.actual, len_of(i));
	tape_fill(want, len_of(i), i);
	assert_memory_equal(buf, want, len_of(i));
}

static void expect_blocks(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		struct media_req req = { .op = MEDIA_OP_READ, .buf = buf, .len = MOST };

		expect_block_number(i);
		if (i % 20 == 19)
			assert_int_equal(run(&req), MEDIA_FILEMARK);
	}
}

static void what_is_written_and_read_on_threads_is_in_order(void **state)
{
	write_blocks(400);
	rewind_tape();
	expect_blocks(400);
}

static void it_is_the_same_after_closing_and_opening(void **state)
{
	write_blocks(200);
	close_tape();
	assert_int_equal(tape_verify(memory, true), 0);
	open_tape();
	expect_blocks(200);
}

static void whatever_comes_while_batches_are_read_ahead_finds_what_it_should(void **state)
{
	struct media_req end = { .op = MEDIA_OP_LOCATE_EOD };
	uint64_t random = 11, n = 150;

	assert_int_equal(media_set_codec(tape.media, MEDIA_CODEC_LZ4, 0), MEDIA_OK);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(write_block(len_of(i), i), MEDIA_OK);
	for (unsigned turn = 0; turn < 60; turn++) {
		uint64_t from = tape_draw(&random) % n, to = from + tape_draw(&random) % 40;

		locate((int64_t)from);
		for (uint64_t i = from; i < to && i < n; i++)
			expect_block_number(i);
		if (turn % 5 == 1)
			media_set_decrypt(tape.media, turn % 2 ? MEDIA_DECRYPT_MIXED : MEDIA_DECRYPT_NONE,
					  turn % 2 ? key : NULL);
		if (to < n && turn % 2)
			expect_block_number(to);
		/* Where the read ended, or at the end; a block that is in the ring is read back. */
		if (turn % 7 == 3) {
			assert_int_equal(run(&end), MEDIA_OK);
			assert_int_equal(write_block(len_of(n), n), MEDIA_OK);
			locate((int64_t)n);
			expect_block_number(n++);
		} else if (turn % 11 == 5 && to < n && n > 100) {
			n = to + (turn % 2 ? 1 : 0);
			assert_int_equal(write_block(len_of(n), n), MEDIA_OK);
			n++;
			locate(0);
			expect_block_number(0);
		}
	}
}

static void a_write_that_fails_while_blocks_are_encoded_loses_nothing_that_was_synced(void **state)
{
	struct media_req sync = { .op = MEDIA_OP_SYNC };
	enum media_err err = MEDIA_OK;
	uint64_t lost = 0;

	write_blocks(40);
	assert_int_equal(run(&sync), MEDIA_OK);
	media_fault_fail(tape.store, MEDIA_FAULT_PWRITE, 3, 0, EIO);
	for (unsigned i = 0; i < 400 && !err; i++) {
		struct media_req req = { .op = MEDIA_OP_WRITE, .buf = buf, .len = 100000 };

		err = run(&req);
		lost = req.lost;
		assert_true(!err || req.deferred);
	}
	assert_int_equal(err, MEDIA_IO);
	assert_true(lost >= 42);
	media_fault_fail(tape.store, MEDIA_FAULT_PWRITE, 0, 0, 0);
	rewind_tape();
	expect_blocks(40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_and_read_on_threads_is_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(it_is_the_same_after_closing_and_opening, setup, teardown),
		cmocka_unit_test_setup_teardown(whatever_comes_while_batches_are_read_ahead_finds_what_it_should, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_write_that_fails_while_blocks_are_encoded_loses_nothing_that_was_synced, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
