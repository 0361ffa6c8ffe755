/* SPDX-License-Identifier: GPL-2.0-only */
/* What was accepted and lost is had back from memory as it was written, whatever had become of it on its way. */
#include <errno.h>

#include "store_fault.h"
#include "store_memory.h"
#include "tape.h"

enum { BLOCK = 5000 };

static const uint8_t key_a[MEDIA_KEY_LEN] = "key A: thirty-two bytes of it..";
static const uint8_t key_b[MEDIA_KEY_LEN] = "key B: thirty-two bytes, others";

static struct media_store *memory, *fault;
static struct tape tape;

static int setup(void **state)
{
	struct media_info info = tape_info();

	tape = (struct tape){ .ring_bytes = 64 << 10 };
	if (media_store_memory(&memory) || media_store_fault(memory, &fault))
		return -1;
	tape_create(&tape, fault, &info);
	return tape_write(&tape, BLOCK, 100) || tape_sync(&tape);
}

static int teardown(void **state)
{
	media_fault_fail(fault, MEDIA_FAULT_PWRITE, 0, 0, 0);
	tape_close(&tape);
	fault->ops->destroy(fault);
	memory->ops->destroy(memory);
	return 0;
}

static void decrypt_with(enum media_decrypt mode, const uint8_t *bytes)
{
	struct media_key *key = bytes ? media_key_new(bytes) : NULL;

	media_set_decrypt(tape.media, mode, key);
	media_key_drop(key);
}

/* Blocks `from` to below `to` are accepted, and cannot be written. */
static void lose(unsigned from, unsigned to)
{
	struct media_req sync = { .op = MEDIA_OP_SYNC };

	media_fault_fail(fault, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	for (unsigned i = from; i < to; i++)
		assert_int_equal(tape_write(&tape, BLOCK, i), MEDIA_OK);
	assert_int_equal(tape_do(&tape, &sync), MEDIA_IO);
	assert_true(sync.deferred);
	media_fault_fail(fault, MEDIA_FAULT_PWRITE, 0, 0, 0);
}

static enum media_err recover(uint8_t *buf, uint32_t *len)
{
	struct media_req req = { .op = MEDIA_OP_RECOVER, .buf = buf, .len = BLOCK };
	enum media_err err = tape_do(&tape, &req);

	*len = req.actual;
	return err;
}

static void expect_recovered(unsigned seed)
{
	uint8_t want[BLOCK], buf[BLOCK];
	uint32_t len;

	tape_fill(want, BLOCK, seed);
	assert_int_equal(recover(buf, &len), MEDIA_OK);
	assert_int_equal(len, BLOCK);
	assert_memory_equal(buf, want, BLOCK);
}

static void expect_none(enum media_err err)
{
	uint8_t buf[BLOCK];
	uint32_t len;

	assert_int_equal(recover(buf, &len), err);
}

static void compressed_blocks_are_had_back_as_they_were_written(void **state)
{
	struct media_pos pos;

	assert_int_equal(media_set_codec(tape.media, MEDIA_CODEC_ZLIB, 0), MEDIA_OK);
	lose(0, 4);
	media_tell(tape.media, &pos);
	assert_int_equal(pos.lost_objects, 4);
	assert_int_equal(pos.lost_bytes, 4 * BLOCK);
	for (unsigned i = 0; i < 4; i++)
		expect_recovered(i);
	expect_none(MEDIA_EOD);
}

static void encrypted_blocks_are_had_back_by_who_has_the_key(void **state)
{
	struct media_encrypt encrypt = { .key = media_key_new(key_a) };

	assert_int_equal(media_set_encrypt(tape.media, &encrypt), MEDIA_OK);
	media_key_drop(encrypt.key);
	lose(0, 2);
	expect_none(MEDIA_KEY_NEEDED);
	decrypt_with(MEDIA_DECRYPT_KEY, key_b);
	expect_none(MEDIA_KEY_WRONG);
	decrypt_with(MEDIA_DECRYPT_MIXED, key_a);
	expect_recovered(0);
	expect_recovered(1);
	expect_none(MEDIA_EOD);
}

static void nothing_is_had_back_when_the_first_of_it_is_gone(void **state)
{
	struct media_pos pos;

	/* More than the buffer holds is in the store, not durable, when the next write fails. */
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(tape_write(&tape, BLOCK, i), MEDIA_OK);
	lose(40, 42);
	media_tell(tape.media, &pos);
	assert_int_equal(pos.object, 1);
	assert_int_equal(pos.lost_objects, 0);
	expect_none(MEDIA_EOD);
}

static void resting_keeps_what_can_be_had_back(void **state)
{
	lose(0, 2);
	assert_true(media_rest(tape.media));
	expect_recovered(0);
	expect_recovered(1);
}

static void what_is_written_next_is_not_mixed_with_what_was_lost(void **state)
{
	lose(0, 3);
	assert_int_equal(tape_write(&tape, BLOCK, 7), MEDIA_OK);
	expect_none(MEDIA_EOD);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	lose(8, 9);
	expect_recovered(8);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 1), MEDIA_OK);
	expect_block(&tape, BLOCK, 7);
	expect_read(&tape, MEDIA_EOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(compressed_blocks_are_had_back_as_they_were_written, setup, teardown),
		cmocka_unit_test_setup_teardown(encrypted_blocks_are_had_back_by_who_has_the_key, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_had_back_when_the_first_of_it_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(resting_keeps_what_can_be_had_back, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_written_next_is_not_mixed_with_what_was_lost, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
