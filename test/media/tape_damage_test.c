/* SPDX-License-Identifier: GPL-2.0-only */
/* Damage: it is found, named, and contained; and an index that is lost or wrong costs nothing. */
#include "tape.h"

#include <errno.h>
#include <stdio.h>

#include "format.h"
#include "store_memory.h"

static struct tape tape;
static struct media_store *store;

static int setup(void **state)
{
	struct media_info info = tape_info();

	memset(&tape, 0, sizeof(tape));
	info.geometry.part[0] = (typeof(info.geometry.part[0])){ 8 << 20, 1 << 20 };
	tape.ring_bytes = 256 << 10;
	if (media_store_memory(&store))
		return -1;
	tape_create(&tape, store, &info);
	return 0;
}

static int teardown(void **state)
{
	if (tape.media)
		tape_close(&tape);
	store->ops->destroy(store);
	return 0;
}

static void flip(const char *name, uint64_t off)
{
	struct media_file *file;
	uint8_t b;

	assert_int_equal(store->ops->open(store, name, 0, &file), 0);
	assert_int_equal(store->ops->pread(file, &b, 1, off), 1);
	b ^= 0x10;
	assert_int_equal(store->ops->pwrite(file, &b, 1, off), 1);
	store->ops->close(file);
}

static void cut_file(const char *name, uint64_t size)
{
	struct media_file *file;

	assert_int_equal(store->ops->open(store, name, 0, &file), 0);
	assert_int_equal(store->ops->truncate(file, size), 0);
	store->ops->close(file);
}

static uint64_t size_of(const char *name)
{
	struct media_file *file;
	uint64_t size;

	assert_int_equal(store->ops->open(store, name, 0, &file), 0);
	assert_int_equal(store->ops->size(file, &size), 0);
	store->ops->close(file);
	return size;
}

#define OBJECTS 12u

/* Blocks of 100 to 1200 bytes, every fourth object a filemark: object i. */
static bool is_mark(unsigned i)
{
	return i % 4 == 3;
}

static void write_objects(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		if (is_mark(i))
			assert_int_equal(tape_marks(&tape, 1, false), MEDIA_OK);
		else
			assert_int_equal(tape_write(&tape, 100 + 100 * (i % 12), i), MEDIA_OK);
}

/* Reads on from the position to the end; returns how many objects cannot be read, *first the first of them. */
static unsigned read_objects(unsigned from, unsigned to, unsigned *first)
{
	unsigned bad = 0;

	for (unsigned i = from; i < to; i++) {
		uint8_t buf[2000], want[2000];
		struct media_pos pos;
		uint32_t len = 100 + 100 * (i % 12), actual;
		enum media_err err = tape_read(&tape, buf, sizeof(buf), &actual);

		media_tell(tape.media, &pos);
		assert_int_equal(pos.object, i + 1);
		if (err == MEDIA_CORRUPT) {
			if (!bad++)
				*first = i;
			continue;
		}
		assert_int_equal(err, is_mark(i) ? MEDIA_FILEMARK : MEDIA_OK);
		assert_int_equal(pos.filemarks, (i + 1) / 4);
		if (is_mark(i))
			continue;
		assert_int_equal(actual, len);
		tape_fill(want, len, i);
		assert_memory_equal(buf, want, len);
	}
	expect_read(&tape, MEDIA_EOD);
	return bad;
}

static void every_flipped_byte_of_the_log_is_harmless_or_costs_one_block(void **state)
{
	unsigned harmless = 0, costs[OBJECTS] = { 0 };
	char log[32];
	uint64_t size;

	write_objects(0, OBJECTS);
	tape_close(&tape);
	tape_file(store, ".log", 0, log);
	size = size_of(log);
	for (uint64_t off = 0; off < size; off++) {
		unsigned first, bad, findings;

		flip(log, off);
		findings = tape_verify(store, false);
		assert_int_equal(findings, 1);
		assert_int_equal(tape_open(&tape), MEDIA_OK);
		bad = read_objects(0, OBJECTS, &first);
		assert_in_range(bad, 0, 1);
		if (bad)
			costs[first]++;
		else
			harmless++;
		tape_close(&tape);
		flip(log, off);
	}
	assert_true(harmless > 0);
	for (unsigned i = 0; i < OBJECTS; i++)
		assert_true(costs[i] >= MFMT_RECORD);
	assert_int_equal(tape_verify(store, true), 0);
}

static void damage_without_an_index_costs_one_block_too(void **state)
{
	char log[32], idx[32];
	uint64_t size;

	write_objects(0, OBJECTS);
	tape_close(&tape);
	tape_file(store, ".log", 0, log);
	tape_file(store, ".idx", 0, idx);
	size = size_of(log);
	for (uint64_t off = MFMT_PAGE; off < size; off += off % MFMT_PAGE < 2400 ? 7 : 501) {
		unsigned first, bad;

		flip(log, off);
		store->ops->remove(store, idx);
		assert_int_equal(tape_open(&tape), MEDIA_OK);
		bad = read_objects(0, OBJECTS, &first);
		assert_in_range(bad, 0, 1);
		tape_close(&tape);
		flip(log, off);
	}
}

/* Everything can be found as before. */
static void expect_sound(unsigned n)
{
	unsigned first;

	assert_int_equal(tape_open(&tape), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, n - 1), MEDIA_OK);
	expect_at(&tape, n - 1, (n - 1) / 4);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_FILEMARK, 0, n / 8), MEDIA_OK);
	expect_at(&tape, n / 8 * 4 + 3, n / 8);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
	assert_int_equal(read_objects(0, n, &first), 0);
	tape_close(&tape);
}

static void a_missing_index_is_made_anew(void **state)
{
	char idx[32];

	write_objects(0, 1200);
	tape_close(&tape);
	tape_file(store, ".idx", 0, idx);
	assert_int_equal(store->ops->remove(store, idx), 0);
	expect_sound(1200);
	/* And it is there again. */
	assert_true(size_of(idx) > 5 * MFMT_PAGE);
}

static void every_flipped_byte_of_the_index_is_healed(void **state)
{
	char idx[32];
	uint64_t size;

	write_objects(0, 16);
	tape_close(&tape);
	tape_file(store, ".idx", 0, idx);
	size = size_of(idx);
	for (uint64_t off = 0; off < size; off += off % MFMT_PAGE < 256 ? 1 : 61) {
		flip(idx, off);
		expect_sound(16);
	}
}

static void a_flipped_byte_in_a_large_index_is_healed(void **state)
{
	char idx[32];
	uint64_t size, state64 = 99;

	write_objects(0, 1200);
	tape_close(&tape);
	tape_file(store, ".idx", 0, idx);
	size = size_of(idx);
	for (unsigned i = 0; i < 20; i++) {
		flip(idx, tape_draw(&state64) % size);
		expect_sound(1200);
	}
}

static void writing_goes_on_behind_a_lost_index(void **state)
{
	unsigned first;
	char idx[32];

	write_objects(0, 600);
	tape_close(&tape);
	tape_file(store, ".idx", 0, idx);
	cut_file(idx, 3 * MFMT_PAGE + 100);
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	assert_int_equal(tape_space(&tape, MEDIA_OP_SPACE_EOD, 0, NULL), MEDIA_OK);
	write_objects(600, 700);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
	assert_int_equal(read_objects(0, 700, &first), 0);
	tape_close(&tape);
	expect_sound(700);
}

static void a_truncated_log_loses_its_end_and_says_so(void **state)
{
	unsigned first;
	char log[32];

	write_objects(0, OBJECTS);
	tape_close(&tape);
	tape_file(store, ".log", 0, log);
	cut_file(log, size_of(log) / 2);
	assert_true(tape_verify(store, false) > 0);
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	assert_in_range(read_objects(0, OBJECTS, &first), 3, OBJECTS - 1);
	/* What is appended goes behind all of it. */
	assert_int_equal(tape_write(&tape, 50, 50), MEDIA_OK);
	expect_at(&tape, OBJECTS + 1, OBJECTS / 4);
	tape_reopen(&tape);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, OBJECTS), MEDIA_OK);
	expect_block(&tape, 50, 50);
}

static void a_missing_log_loses_its_blocks_and_says_so(void **state)
{
	unsigned first;
	char log[32];

	write_objects(0, OBJECTS);
	tape_close(&tape);
	tape_file(store, ".log", 0, log);
	assert_int_equal(store->ops->remove(store, log), 0);
	assert_true(tape_verify(store, false) >= OBJECTS);
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	assert_int_equal(read_objects(0, OBJECTS, &first), OBJECTS);
}

static void a_manifest_with_a_flipped_byte_is_read_and_reported(void **state)
{
	char man[32];
	uint64_t size;

	write_objects(0, OBJECTS);
	tape_close(&tape);
	tape_file(store, ".manifest", 0, man);
	size = size_of(man);
	for (uint64_t off = 0; off < size; off++) {
		flip(man, off);
		assert_int_equal(tape_verify(store, false), 1);
		flip(man, off);
	}
	flip(man, size / 4);
	expect_sound(OBJECTS);
	/* Opened with write access, it is whole again. */
	assert_int_equal(tape_verify(store, true), 0);
}

static void a_missing_manifest_is_refused(void **state)
{
	char man[32];

	write_objects(0, OBJECTS);
	tape_close(&tape);
	tape_file(store, ".manifest", 0, man);
	assert_int_equal(store->ops->remove(store, man), 0);
	assert_int_equal(tape_open(&tape), MEDIA_CORRUPT);
}

static void a_log_copied_to_the_tape_as_data_is_not_taken_for_records(void **state)
{
	struct media_req req = { .op = MEDIA_OP_WRITE };
	struct media_file *file;
	uint32_t actual;
	uint8_t *copy;
	char log[32], idx[32];
	uint64_t size;

	write_objects(0, OBJECTS);
	tape_reopen(&tape);
	tape_file(store, ".log", 0, log);
	tape_file(store, ".idx", 0, idx);
	size = size_of(log);
	copy = malloc(size);
	assert_non_null(copy);
	assert_int_equal(store->ops->open(store, log, MEDIA_STORE_RDONLY, &file), 0);
	assert_int_equal(store->ops->pread(file, copy, size, 0), size);
	store->ops->close(file);
	assert_int_equal(tape_space(&tape, MEDIA_OP_SPACE_EOD, 0, NULL), MEDIA_OK);
	req.buf = copy;
	req.len = (uint32_t)size;
	assert_int_equal(tape_do(&tape, &req), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 10, 10), MEDIA_OK);
	tape_close(&tape);
	/* The header before the copy is damaged, and there is no index: the search goes through the copy. */
	flip(log, size + 40);
	store->ops->remove(store, idx);
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, OBJECTS), MEDIA_OK);
	assert_int_equal(tape_read(&tape, copy, (uint32_t)size, &actual), MEDIA_CORRUPT);
	expect_block(&tape, 10, 10);
	expect_read(&tape, MEDIA_EOD);
	free(copy);
}

/* A crash leaves three synced stretches of four objects each; then a byte of object `damaged` flips. */
static void crash_and_damage(unsigned damaged, size_t at, bool lose_index, unsigned expected, unsigned first_bad)
{
	struct media_store *copy, *own = store;
	unsigned first = UINT32_MAX, bad = 0, n;
	struct media_usage usage;
	char log[32], idx[32];
	uint64_t off = MFMT_PAGE * (1 + damaged / 4);

	for (unsigned i = damaged / 4 * 4; i < damaged; i++)
		off += mfmt_record_size(0, 100 + 100 * (i % 12));
	write_objects(0, OBJECTS);
	assert_int_equal(media_store_memory_clone(store, &copy), 0);
	tape_close(&tape);
	store = copy;
	tape.store = copy;
	tape_file(store, ".log", 0, log);
	tape_file(store, ".idx", 0, idx);
	flip(log, off + at);
	if (lose_index)
		store->ops->remove(store, idx);
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	media_usage(tape.media, 0, &usage);
	n = (unsigned)usage.objects;
	assert_int_equal(n, expected);
	bad = read_objects(0, n, &first);
	assert_int_equal(bad, first_bad < n);
	if (bad)
		assert_int_equal(first, first_bad);
	tape_close(&tape);
	store = own;
	tape.store = own;
	copy->ops->destroy(copy);
}

static void damage_in_what_was_durable_is_no_end_of_data_after_a_crash(void **state)
{
	crash_and_damage(1, 200, false, OBJECTS, 1);
}

static void later_records_prove_that_it_was_durable(void **state)
{
	crash_and_damage(1, 200, true, OBJECTS, 1);
}

static void a_damaged_header_in_it_is_no_end_of_data_either(void **state)
{
	crash_and_damage(5, 40, true, OBJECTS, 5);
}

static void what_nothing_proves_durable_is_the_end_of_data(void **state)
{
	crash_and_damage(9, 200, true, 9, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_flipped_byte_of_the_log_is_harmless_or_costs_one_block, setup,
						teardown),
		cmocka_unit_test_setup_teardown(damage_without_an_index_costs_one_block_too, setup, teardown),
		cmocka_unit_test_setup_teardown(a_missing_index_is_made_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(every_flipped_byte_of_the_index_is_healed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flipped_byte_in_a_large_index_is_healed, setup, teardown),
		cmocka_unit_test_setup_teardown(writing_goes_on_behind_a_lost_index, setup, teardown),
		cmocka_unit_test_setup_teardown(a_truncated_log_loses_its_end_and_says_so, setup, teardown),
		cmocka_unit_test_setup_teardown(a_missing_log_loses_its_blocks_and_says_so, setup, teardown),
		cmocka_unit_test_setup_teardown(a_manifest_with_a_flipped_byte_is_read_and_reported, setup, teardown),
		cmocka_unit_test_setup_teardown(a_missing_manifest_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_in_what_was_durable_is_no_end_of_data_after_a_crash, setup,
						teardown),
		cmocka_unit_test_setup_teardown(later_records_prove_that_it_was_durable, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_header_in_it_is_no_end_of_data_either, setup, teardown),
		cmocka_unit_test_setup_teardown(what_nothing_proves_durable_is_the_end_of_data, setup, teardown),
		cmocka_unit_test_setup_teardown(a_log_copied_to_the_tape_as_data_is_not_taken_for_records, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
