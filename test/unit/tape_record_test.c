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

/* A tape of `count` objects of generation 1 that was read back. */
static void begin(struct tape *t, uint64_t count)
{
	record_begin(&t->record, 0, 1);
	t->record.sent = t->record.durable = count;
	reading_begin(&t->reading, &t->record, SEED);
	assert_true(show(t, 1, 0, count));
	assert_true(reading_end(&t->reading));
}

/* Generation 2 wrote objects from `from` to below `sent`, of which those below `durable` were acknowledged. */
static void overwrite(struct tape *t, uint64_t from, uint64_t durable, uint64_t sent)
{
	record_begin(&t->record, from, 2);
	t->record.durable = durable;
	t->record.sent = sent;
	reading_begin(&t->reading, &t->record, SEED);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
