/* SPDX-License-Identifier: GPL-2.0-only */
/* The judge of the kill test finds every loss that it is there to find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "tape_record.h"

#define SEED	7

struct tape {
	struct tape_record record;
	struct reading reading;
	uint8_t buf[RECORD_MAX_BLOCK];
};

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct tape));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

/* Shows the judge objects from `from` to below `to` as `generation` wrote them. */
static bool show(struct tape *t, uint32_t generation, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n < to; n++) {
		struct object object = object_of(SEED, generation, n);

		object_fill(&object, t->buf);
		if (!reading_object(&t->reading, object.filemark ? NULL : t->buf, object.len))
			return false;
	}
	return true;
}

/* A generation writes objects from `from` to below `sent`; those below `durable` (0: none) are acknowledged. */
static void burst(struct tape *t, uint32_t generation, uint64_t from, uint64_t durable, uint64_t sent)
{
	record_begin(&t->record, from, generation);
	while (record_end(&t->record) < sent) {
		record_sent(&t->record);
		if (record_end(&t->record) == durable)
			record_durable(&t->record);
	}
	reading_begin(&t->reading, &t->record, SEED);
}

/* A tape of `count` objects of generation 1 that was read back. */
static void begin(struct tape *t, uint64_t count)
{
	burst(t, 1, 0, count, count);
	assert_true(show(t, 1, 0, count));
	assert_true(reading_end(&t->reading));
}

/* Generation 2 overwrote them from `from` on. */
static void overwrite(struct tape *t, uint64_t from, uint64_t durable, uint64_t sent)
{
	burst(t, 2, from, durable, sent);
}

static void objects_after_the_last_flush_may_be_missing(void **state)
{
	struct tape *t = *state;

	begin(t, 100);
	overwrite(t, 100, 110, 120);
	assert_true(show(t, 1, 0, 100) && show(t, 2, 100, 115));
	assert_true(reading_end(&t->reading));
	reading_begin(&t->reading, &t->record, SEED);
	assert_true(show(t, 1, 0, 100) && show(t, 2, 100, 115));
	assert_true(reading_end(&t->reading));
}

static void a_durable_object_that_is_missing_is_found(void **state)
{
	struct tape *t = *state;

	begin(t, 100);
	overwrite(t, 100, 110, 120);
	assert_true(show(t, 1, 0, 100) && show(t, 2, 100, 109));
	assert_false(reading_end(&t->reading));
}

static void an_object_before_the_cut_that_is_missing_is_found(void **state)
{
	struct tape *t = *state;

	begin(t, 100);
	overwrite(t, 50, 0, 60);
	assert_true(show(t, 1, 0, 49));
	assert_false(reading_end(&t->reading));
}

static void a_changed_byte_is_found(void **state)
{
	struct tape *t = *state;
	struct object object = object_of(SEED, 1, 1);

	begin(t, 100);
	assert_false(object.filemark);
	reading_begin(&t->reading, &t->record, SEED);
	assert_true(show(t, 1, 0, 1));
	object_fill(&object, t->buf);
	t->buf[object.len - 1] ^= 1;
	assert_false(reading_object(&t->reading, t->buf, object.len));
}

static void before_the_first_flush_the_old_objects_or_the_new_ones_are_there(void **state)
{
	struct tape *t = *state;

	begin(t, 100);
	overwrite(t, 50, 0, 60);
	assert_true(show(t, 1, 0, 100) && reading_end(&t->reading));
	overwrite(t, 50, 0, 60);
	assert_true(show(t, 1, 0, 50) && show(t, 2, 50, 60) && reading_end(&t->reading));
}

static void old_objects_behind_new_ones_are_found(void **state)
{
	struct tape *t = *state;

	begin(t, 100);
	overwrite(t, 50, 0, 60);
	assert_true(show(t, 1, 0, 50) && show(t, 2, 50, 55));
	assert_false(show(t, 1, 55, 56));
}

static void old_objects_are_found_once_new_ones_were_acknowledged(void **state)
{
	struct tape *t = *state;

	begin(t, 100);
	overwrite(t, 50, 51, 60);
	assert_true(show(t, 1, 0, 50));
	assert_false(show(t, 1, 50, 51));
}

static void an_object_that_was_never_sent_is_found(void **state)
{
	struct tape *t = *state;

	begin(t, 100);
	overwrite(t, 100, 101, 102);
	assert_true(show(t, 1, 0, 100) && show(t, 2, 100, 102));
	assert_false(show(t, 2, 102, 103));
}

static void of_several_bursts_any_may_be_the_last(void **state)
{
	struct tape *t = *state;

	for (int cut = 0; cut < 4; cut++) {
		static const struct {
			uint32_t generation;
			uint64_t to;
		} end[] = { { 1, 100 }, { 2, 55 }, { 2, 60 }, { 3, 43 } };

		t->record = (struct tape_record){ 0 };
		begin(t, 100);
		overwrite(t, 50, 0, 60);
		burst(t, 3, 40, 0, 45);
		assert_true(show(t, 1, 0, 40));
		assert_true(end[cut].generation == 3 || show(t, 1, 40, 50));
		assert_true(show(t, end[cut].generation, end[cut].generation == 3 ? 40 : 50, end[cut].to));
		assert_true(reading_end(&t->reading));
		assert_int_equal(record_end(&t->record), end[cut].to);
	}
}

static void bursts_are_not_mixed(void **state)
{
	struct tape *t = *state;

	begin(t, 100);
	overwrite(t, 50, 0, 60);
	burst(t, 3, 55, 0, 70);
	assert_true(show(t, 1, 0, 51));
	assert_false(show(t, 2, 51, 52));
}

static void what_was_erased_and_acknowledged_is_not_there(void **state)
{
	struct tape *t = *state;

	begin(t, 100);
	record_begin(&t->record, 50, 2);
	reading_begin(&t->reading, &t->record, SEED);
	assert_true(show(t, 1, 0, 100));
	record_durable(&t->record);
	reading_begin(&t->reading, &t->record, SEED);
	assert_true(show(t, 1, 0, 50));
	assert_false(show(t, 1, 50, 51));
}

static void a_living_tape_has_all_of_every_burst(void **state)
{
	struct tape *t = *state;
	static const struct { uint64_t number; uint32_t generation; } at[] = { { 39, 1 }, { 40, 3 }, { 44, 3 } };

	begin(t, 100);
	overwrite(t, 50, 55, 60);
	burst(t, 3, 40, 0, 45);
	assert_int_equal(record_end(&t->record), 45);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(record_object(&t->record, SEED, at[i].number).key,
				 object_of(SEED, at[i].generation, at[i].number).key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(objects_after_the_last_flush_may_be_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_durable_object_that_is_missing_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(an_object_before_the_cut_that_is_missing_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(a_changed_byte_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(before_the_first_flush_the_old_objects_or_the_new_ones_are_there,
						setup, teardown),
		cmocka_unit_test_setup_teardown(old_objects_behind_new_ones_are_found, setup, teardown),
		cmocka_unit_test_setup_teardown(old_objects_are_found_once_new_ones_were_acknowledged, setup, teardown),
		cmocka_unit_test_setup_teardown(an_object_that_was_never_sent_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(of_several_bursts_any_may_be_the_last, setup, teardown),
		cmocka_unit_test_setup_teardown(bursts_are_not_mixed, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_erased_and_acknowledged_is_not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(a_living_tape_has_all_of_every_burst, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
