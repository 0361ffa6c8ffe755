/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of hba/watch.c: whom the daemon watches for, and that it never does so for longer than a moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "watch.h"

#define TOOK 3000u	/* ns, a command */

/* A command of `data` bytes comes `pause` ns after the answer to the last one; `time` becomes that of its answer. */
static bool command(struct watch *watch, uint64_t *time, uint64_t pause, uint32_t data)
{
	uint64_t came = *time + pause;

	*time = came + TOOK;
	return watch_answered(watch, came, *time, data);
}

/* As many as it takes: all but the last are slept for. */
static struct watch watched_for(uint64_t *time)
{
	struct watch watch = { 0 };
	unsigned n;

	*time = 1000000000;
	assert_false(command(&watch, time, 0, 0));
	for (n = 1; n < WATCH_AFTER; n++)
		assert_false(command(&watch, time, WATCH_NS, 0));
	assert_true(command(&watch, time, WATCH_NS, 0));
	return watch;
}

static void after_some_commands_at_once_the_next_is_watched_for(void **state)
{
	uint64_t time;
	struct watch watch = watched_for(&time);
	unsigned n;

	for (n = 0; n < 100; n++)
		assert_true(command(&watch, &time, WATCH_NS, 0));
}

static void it_ends_after_a_moment_in_which_nothing_came(void **state)
{
	uint64_t time;
	struct watch watch = watched_for(&time);

	assert_true(watch_goes_on(&watch, time));
	assert_true(watch_goes_on(&watch, time + WATCH_NS));
	assert_false(watch_goes_on(&watch, time + WATCH_NS + 1));
	assert_false(watch_goes_on(&watch, time));
}

static void whoever_paused_is_slept_for_until_some_commands_followed_at_once_again(void **state)
{
	uint64_t time;
	struct watch watch = watched_for(&time);
	unsigned n;

	assert_false(watch_goes_on(&watch, time + WATCH_NS + 1));
	for (n = 1; n < WATCH_AFTER; n++)
		assert_false(command(&watch, &time, WATCH_NS, 0));
	assert_true(command(&watch, &time, WATCH_NS, 0));
}

static void commands_with_pauses_between_them_are_never_watched_for(void **state)
{
	struct watch watch = { 0 };
	uint64_t time = 1000000000;
	unsigned n;

	for (n = 0; n < 100; n++)
		assert_false(command(&watch, &time, 2 * WATCH_NS + 1, 0));
}

static void what_carries_much_data_is_not_watched_for(void **state)
{
	uint64_t time;
	struct watch watch = watched_for(&time);
	unsigned n;

	assert_true(command(&watch, &time, 1, WATCH_DATA));
	for (n = 0; n < 100; n++)
		assert_false(command(&watch, &time, 1, WATCH_DATA + 1));
}

static void what_is_answered_later_is_not_watched_for(void **state)
{
	uint64_t time;
	struct watch watch = watched_for(&time);

	watch_busy(&watch);
	assert_false(watch_goes_on(&watch, time));
	assert_false(command(&watch, &time, 1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_some_commands_at_once_the_next_is_watched_for),
		cmocka_unit_test(it_ends_after_a_moment_in_which_nothing_came),
		cmocka_unit_test(whoever_paused_is_slept_for_until_some_commands_followed_at_once_again),
		cmocka_unit_test(commands_with_pauses_between_them_are_never_watched_for),
		cmocka_unit_test(what_carries_much_data_is_not_watched_for),
		cmocka_unit_test(what_is_answered_later_is_not_watched_for),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
