/* SPDX-License-Identifier: GPL-2.0-only */
/* A store that fails: what is told, what is lost, and that the tape is usable afterwards. */
#include "tape.h"

#include <errno.h>

#include "store_fault.h"
#include "store_memory.h"

static struct tape tape;
static struct media_store *memory, *fault;

static int setup(void **state)
{
	struct media_info info = tape_info();

	memset(&tape, 0, sizeof(tape));
	tape.ring_bytes = 128 << 10;
	info.geometry.part[0] = (typeof(info.geometry.part[0])){ 1 << 20, 64 << 10 };
	if (media_store_memory(&memory) || media_store_fault(memory, &fault))
		return -1;
	tape_create(&tape, fault, &info);
	return 0;
}

static int teardown(void **state)
{
	for (int op = 0; op < MEDIA_FAULT_COUNT; op++)
		media_fault_fail(fault, op, 0, 0, 0);
	if (tape.media)
		tape_close(&tape);
	fault->ops->destroy(fault);
	memory->ops->destroy(memory);
	return 0;
}

static void hold(void)
{
	tape_close(&tape);
	tape.hold = true;
	assert_int_equal(tape_open(&tape), MEDIA_OK);
}

static void write_blocks(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		assert_int_equal(tape_write(&tape, 1000, i), MEDIA_OK);
}

static void read_blocks(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		expect_block(&tape, 1000, i);
}

static void expect_sound(unsigned blocks)
{
	tape_reopen(&tape);
	read_blocks(0, blocks);
	expect_read(&tape, MEDIA_EOD);
	tape_close(&tape);
	assert_int_equal(tape_verify(fault, true), 0);
	assert_int_equal(tape_open(&tape), MEDIA_OK);
}

/* A request that is told that everything from object `lost` on is gone. */
static void expect_deferred(struct media_req *req, enum media_err err, uint64_t lost)
{
	assert_int_equal(tape_do(&tape, req), err);
	assert_true(req->deferred);
	assert_int_equal(req->lost, lost);
	assert_int_equal(req->lost_partition, 0);
	expect_at(&tape, lost, 0);
}

/* What a crash leaves now: blocks from 0 on, and one that is `last`, if that is not 0. */
static void expect_after_crash(unsigned blocks, unsigned last)
{
	struct tape other = { .ring_bytes = 64 << 10 };
	struct media_store *copy;

	assert_int_equal(media_store_memory_clone(fault, &copy), 0);
	other.store = copy;
	assert_int_equal(tape_open(&other), MEDIA_OK);
	for (unsigned i = 0; i < blocks; i++)
		expect_block(&other, 1000, i);
	if (last)
		expect_block(&other, 1000, last);
	expect_read(&other, MEDIA_EOD);
	tape_close(&other);
	copy->ops->destroy(copy);
}

static void what_a_failed_sync_lost_is_written_again(void **state)
{
	struct media_pos pos;
	unsigned segments;

	write_blocks(0, 5);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	write_blocks(5, 9);
	segments = media_fault_calls(fault, MEDIA_FAULT_CREATE);
	media_fault_fail(fault, MEDIA_FAULT_SYNC, 1, 1, EIO);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	/* The same place is not tried again: a segment and its index are new. */
	assert_int_equal(media_fault_calls(fault, MEDIA_FAULT_CREATE), segments + 2);
	media_tell(tape.media, &pos);
	assert_int_equal(pos.durable_object, 9);
	assert_int_equal(pos.object, 9);
	assert_int_equal(pos.buffered_objects, 0);
	expect_after_crash(9, 0);
	write_blocks(9, 11);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	expect_sound(11);
}

static void what_was_written_out_but_not_synced_is_written_again_too(void **state)
{
	struct media_key *key = media_key_new((const uint8_t *)"0123456789abcdef0123456789abcdef");
	struct media_encrypt encrypt = { .key = key };

	assert_non_null(key);
	media_set_decrypt(tape.media, MEDIA_DECRYPT_MIXED, key);
	assert_int_equal(media_set_codec(tape.media, MEDIA_CODEC_ZLIB, 0), MEDIA_OK);
	write_blocks(0, 5);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	write_blocks(5, 20);
	/* Settled, and read back, encoded in the ring. */
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 19), MEDIA_OK);
	read_blocks(19, 20);
	assert_int_equal(media_set_encrypt(tape.media, &encrypt), MEDIA_OK);
	write_blocks(20, 30);
	media_fault_fail(fault, MEDIA_FAULT_SYNC, 1, 1, EIO);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	expect_at(&tape, 30, 0);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
	read_blocks(0, 30);
	expect_read(&tape, MEDIA_EOD);
	assert_int_equal(media_set_encrypt(tape.media, NULL), MEDIA_OK);
	media_set_decrypt(tape.media, MEDIA_DECRYPT_NONE, NULL);
	media_key_drop(key);
	tape_close(&tape);
	assert_int_equal(tape_verify(fault, true), 0);
}

static void a_cut_after_a_failed_sync_waits_until_what_it_keeps_is_written_again(void **state)
{
	write_blocks(0, 5);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	write_blocks(5, 9);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 7), MEDIA_OK);
	media_fault_fail(fault, MEDIA_FAULT_SYNC, 1, 1, EIO);
	write_blocks(7, 8);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	expect_after_crash(8, 0);
	expect_sound(8);
}

static void what_cannot_be_written_again_either_is_told_as_lost(void **state)
{
	struct media_req req = { .op = MEDIA_OP_SYNC };
	struct media_pos pos;

	write_blocks(0, 5);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	write_blocks(5, 9);
	media_fault_fail(fault, MEDIA_FAULT_SYNC, 1, 2, EIO);
	expect_deferred(&req, MEDIA_IO, 5);
	/* Told once; and trying again does not make it good. */
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	media_tell(tape.media, &pos);
	assert_int_equal(pos.durable_object, 5);
	assert_true(pos.eod);
	write_blocks(5, 7);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	expect_sound(7);
}

static void what_the_ring_no_longer_holds_is_told_as_lost(void **state)
{
	struct media_req req = { .op = MEDIA_OP_SYNC };

	write_blocks(0, 5);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	/* More than the ring's 128 KiB. */
	write_blocks(5, 205);
	media_fault_fail(fault, MEDIA_FAULT_SYNC, 1, 1, EIO);
	expect_deferred(&req, MEDIA_IO, 5);
	write_blocks(5, 7);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	expect_sound(7);
}

static void a_failed_synchronous_filemark_is_told_to_its_request(void **state)
{
	struct media_req req = { .op = MEDIA_OP_FILEMARKS, .count = 1 };

	hold();
	write_blocks(0, 3);
	media_fault_fail(fault, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	expect_deferred(&req, MEDIA_IO, 0);
	media_fault_fail(fault, MEDIA_FAULT_PWRITE, 0, 0, 0);
	write_blocks(0, 2);
	expect_sound(2);
}

static void a_synchronous_filemark_whose_writes_fail_once_is_good(void **state)
{
	static const enum media_fault_op ops[] = { MEDIA_FAULT_PWRITE, MEDIA_FAULT_WRITE_END, MEDIA_FAULT_SYNC };

	hold();
	for (unsigned i = 0; i < 3; i++) {
		write_blocks(3 * i, 3 * i + 3);
		media_fault_fail(fault, ops[i], 1, 1, EIO);
		assert_int_equal(tape_sync(&tape), MEDIA_OK);
		expect_after_crash(3 * i + 3, 0);
	}
	expect_sound(9);
}

static void no_done(struct media_req *req)
{
}

static void a_write_that_fails_later_is_told_to_the_next_request(void **state)
{
	uint8_t buf[1000] = { 0 };
	struct media_req req = { .op = MEDIA_OP_WRITE, .buf = buf, .len = sizeof(buf), .done = no_done };

	hold();
	write_blocks(0, 5);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	media_fault_fail(fault, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	/* What piles up starts a job by itself; that its writes failed is known when their memory is needed again. */
	for (unsigned i = 5; !media_submit(tape.media, &req) || !req.err; i++) {
		while (tape_run_job(&tape))
			;
		assert_true(i < 500);
	}
	assert_int_equal(req.err, MEDIA_IO);
	assert_true(req.deferred);
	assert_int_equal(req.lost, 5);
	expect_at(&tape, 5, 0);
	media_fault_fail(fault, MEDIA_FAULT_PWRITE, 0, 0, 0);
	assert_int_equal(tape_write(&tape, 1000, 5), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	expect_sound(6);
}

static void lost_blocks_do_not_come_back_after_a_crash(void **state)
{
	struct media_req req = { .op = MEDIA_OP_SYNC };

	write_blocks(0, 5);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	write_blocks(5, 9);
	media_fault_fail(fault, MEDIA_FAULT_SYNC, 1, 2, EIO);
	expect_deferred(&req, MEDIA_IO, 5);
	write_blocks(100, 101);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	expect_after_crash(5, 100);
}

static void no_space_for_a_write_loses_only_what_was_not_written(void **state)
{
	struct media_req req = { .op = MEDIA_OP_SYNC };

	/* A store that cannot allocate ahead finds out when it writes. */
	media_fault_fail(fault, MEDIA_FAULT_ALLOCATE, 1, 0, EOPNOTSUPP);
	write_blocks(0, 5);
	assert_int_equal(tape_space(&tape, MEDIA_OP_SPACE_EOD, 0, NULL), MEDIA_OK);
	write_blocks(5, 9);
	media_store_memory_limit(memory, 0);
	expect_deferred(&req, MEDIA_NOSPACE, 5);
	media_store_memory_limit(memory, 1 << 30);
	write_blocks(5, 6);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	expect_sound(6);
}

static void a_cut_that_cannot_be_written_changes_nothing(void **state)
{
	static const enum media_fault_op ops[] = { MEDIA_FAULT_CREATE, MEDIA_FAULT_REPLACE, MEDIA_FAULT_PWRITE,
						   MEDIA_FAULT_SYNC };

	write_blocks(0, 9);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 4), MEDIA_OK);
		media_fault_fail(fault, ops[i], 1, 1, EIO);
		assert_int_equal(tape_write(&tape, 1000, 50), MEDIA_IO);
		expect_at(&tape, 4, 0);
		read_blocks(4, 9);
		expect_read(&tape, MEDIA_EOD);
	}
	expect_sound(9);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 4), MEDIA_OK);
	media_fault_fail(fault, MEDIA_FAULT_REPLACE, 1, 1, EIO);
	assert_int_equal(tape_erase(&tape), MEDIA_IO);
	expect_sound(9);
}

/* The next write, in the middle, fails, and yet its manifest is in place; then the tape is written to at its end. */
static void what_is_synced_after_a_cut_failed_late_is_there_after_a_crash(void **state)
{
	struct media_store *copy;
	struct tape other = { .ring_bytes = 64 << 10 };

	write_blocks(0, 9);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 4), MEDIA_OK);
	media_fault_late_replace(fault, true);
	media_fault_fail(fault, MEDIA_FAULT_REPLACE, 1, 1, EIO);
	assert_int_equal(tape_write(&tape, 1000, 50), MEDIA_IO);
	assert_int_equal(tape_space(&tape, MEDIA_OP_SPACE_EOD, 0, NULL), MEDIA_OK);
	write_blocks(9, 12);
	assert_int_equal(tape_marks(&tape, 1, false), MEDIA_OK);
	assert_int_equal(media_store_memory_clone(fault, &copy), 0);
	other.store = copy;
	assert_int_equal(tape_open(&other), MEDIA_OK);
	for (unsigned i = 0; i < 12; i++)
		expect_block(&other, 1000, i);
	expect_read(&other, MEDIA_FILEMARK);
	expect_read(&other, MEDIA_EOD);
	tape_close(&other);
	copy->ops->destroy(copy);
}

static void what_is_synced_after_an_erase_failed_late_is_there_after_a_crash(void **state)
{
	struct media_store *copy;
	struct tape other = { .ring_bytes = 64 << 10 };

	write_blocks(0, 9);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 4), MEDIA_OK);
	media_fault_late_replace(fault, true);
	media_fault_fail(fault, MEDIA_FAULT_REPLACE, 1, 1, EIO);
	assert_int_equal(tape_erase(&tape), MEDIA_IO);
	assert_int_equal(tape_space(&tape, MEDIA_OP_SPACE_EOD, 0, NULL), MEDIA_OK);
	write_blocks(9, 12);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	assert_int_equal(media_store_memory_clone(fault, &copy), 0);
	other.store = copy;
	assert_int_equal(tape_open(&other), MEDIA_OK);
	for (unsigned i = 0; i < 12; i++)
		expect_block(&other, 1000, i);
	expect_read(&other, MEDIA_EOD);
	tape_close(&other);
	copy->ops->destroy(copy);
}

static void what_a_cartridge_is_stays_where_changing_it_failed_late(void **state)
{
	struct media_info info = *media_info(tape.media);
	struct media_req set = { .op = MEDIA_OP_SET_INFO, .info = &info };

	info.write_protected = true;
	media_fault_late_replace(fault, true);
	media_fault_fail(fault, MEDIA_FAULT_REPLACE, 1, 1, EIO);
	assert_int_equal(tape_do(&tape, &set), MEDIA_IO);
	assert_false(media_info(tape.media)->write_protected);
	tape_reopen(&tape);
	assert_false(media_info(tape.media)->write_protected);
}

/* Call 1 of replace() writes the new manifest, call 2 what the cartridge is. */
static void a_format_that_failed_late_takes_nothing_that_is_written_later(void **state)
{
	struct media_req format = { .op = MEDIA_OP_FORMAT };

	write_blocks(0, 5);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
	media_fault_late_replace(fault, true);
	media_fault_fail(fault, MEDIA_FAULT_REPLACE, 2, 1, EIO);
	assert_int_equal(tape_do(&tape, &format), MEDIA_IO);
	assert_int_equal(tape_space(&tape, MEDIA_OP_SPACE_EOD, 0, NULL), MEDIA_OK);
	write_blocks(5, 9);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	expect_sound(9);
}

/* It cannot be put back either: then nothing is taken that would be lost. */
static void a_format_that_cannot_be_taken_back_ends_all_writing(void **state)
{
	struct media_req format = { .op = MEDIA_OP_FORMAT };

	write_blocks(0, 5);
	media_fault_late_replace(fault, true);
	media_fault_fail(fault, MEDIA_FAULT_REPLACE, 2, 1, EIO);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	media_fault_fail(fault, MEDIA_FAULT_OPEN, 1, 0, EIO);
	media_fault_fail(fault, MEDIA_FAULT_REPLACE, 2, 2, EIO);
	assert_int_equal(tape_do(&tape, &format), MEDIA_IO);
	media_fault_fail(fault, MEDIA_FAULT_OPEN, 0, 0, 0);
	assert_int_equal(tape_write(&tape, 1000, 9), MEDIA_IO);
}

static void a_read_only_file_system_is_told(void **state)
{
	write_blocks(0, 3);
	tape_reopen(&tape);
	media_fault_fail(fault, MEDIA_FAULT_CREATE, 1, 0, EROFS);
	assert_int_equal(tape_write(&tape, 1000, 50), MEDIA_RDONLY);
	read_blocks(0, 3);
}

static void an_unreadable_place_costs_one_read(void **state)
{
	unsigned failed = 0;

	write_blocks(0, 6);
	tape_reopen(&tape);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 2), MEDIA_OK);
	media_fault_fail(fault, MEDIA_FAULT_PREAD, 1, 0, EIO);
	for (unsigned i = 2; i < 4; i++) {
		uint32_t len;

		failed += tape_read(&tape, NULL, 0, &len) == MEDIA_IO;
	}
	assert_int_equal(failed, 2);
	media_fault_fail(fault, MEDIA_FAULT_PREAD, 0, 0, 0);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
	read_blocks(0, 6);
	expect_read(&tape, MEDIA_EOD);
}

static void an_index_that_cannot_be_written_stops_nothing(void **state)
{
	struct media_store *copy;

	write_blocks(0, 3);
	tape_close(&tape);
	/* The log is there already; the index of the next segment cannot be created. */
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 1), MEDIA_OK);
	media_fault_fail(fault, MEDIA_FAULT_CREATE, 2, 0, EIO);
	write_blocks(1, 700);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 600), MEDIA_OK);
	read_blocks(600, 700);
	assert_int_equal(media_store_memory_clone(fault, &copy), 0);
	copy->ops->destroy(copy);
	media_fault_fail(fault, MEDIA_FAULT_CREATE, 0, 0, 0);
	expect_sound(700);
}

/* Whatever call fails, once: a clear answer, no crash, and a tape that holds what was durable. */
static void one_failing_call_anywhere_never_damages_the_tape(void **state)
{
	for (int op = 0; op < MEDIA_FAULT_COUNT; op++) {
		for (unsigned nth = 1; nth < 40; nth++) {
			unsigned durable = 0, n = 0, found = 0;
			struct media_pos pos;

			if (op == MEDIA_FAULT_LOCK)
				continue;
			assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
			assert_int_equal(tape_erase(&tape), MEDIA_OK);
			media_fault_fail(fault, op, nth, 1, EIO);
			for (unsigned i = 0; i < 40; i++) {
				enum media_err err;

				media_tell(tape.media, &pos);
				n = (unsigned)pos.object;
				err = i % 8 == 7 ? tape_sync(&tape) : tape_write(&tape, 1000, n);
				media_tell(tape.media, &pos);
				n = (unsigned)pos.object;
				if (!err && i % 8 == 7)
					durable = n;
				assert_true(n >= durable);
			}
			media_fault_fail(fault, op, 0, 0, 0);
			tape_close(&tape);
			assert_int_equal(tape_verify(fault, true), 0);
			assert_int_equal(tape_open(&tape), MEDIA_OK);
			for (;; found++) {
				uint8_t buf[1000], want[1000];
				uint32_t len;

				if (tape_read(&tape, buf, sizeof(buf), &len) != MEDIA_OK)
					break;
				tape_fill(want, 1000, found);
				assert_memory_equal(buf, want, 1000);
			}
			assert_int_equal(found, n);
			expect_read(&tape, MEDIA_EOD);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_a_failed_sync_lost_is_written_again, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_written_out_but_not_synced_is_written_again_too, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_cut_after_a_failed_sync_waits_until_what_it_keeps_is_written_again,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_written_again_either_is_told_as_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_ring_no_longer_holds_is_told_as_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(a_synchronous_filemark_whose_writes_fail_once_is_good, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_synchronous_filemark_is_told_to_its_request, setup, teardown),
		cmocka_unit_test_setup_teardown(a_write_that_fails_later_is_told_to_the_next_request, setup, teardown),
		cmocka_unit_test_setup_teardown(lost_blocks_do_not_come_back_after_a_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(no_space_for_a_write_loses_only_what_was_not_written, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cut_that_cannot_be_written_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_synced_after_a_cut_failed_late_is_there_after_a_crash, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_synced_after_an_erase_failed_late_is_there_after_a_crash, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_a_cartridge_is_stays_where_changing_it_failed_late, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_format_that_failed_late_takes_nothing_that_is_written_later, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_format_that_cannot_be_taken_back_ends_all_writing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_read_only_file_system_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unreadable_place_costs_one_read, setup, teardown),
		cmocka_unit_test_setup_teardown(an_index_that_cannot_be_written_stops_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(one_failing_call_anywhere_never_damages_the_tape, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
