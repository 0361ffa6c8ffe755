/* SPDX-License-Identifier: GPL-2.0-only */
/* A store that fails, at every call of every kind: no crash, no lie, and what was made durable stays. */
#include <errno.h>
#include <stdio.h>

#include "store_fault.h"
#include "store_memory.h"
#include "script_check.h"

static const struct step script_steps[] = {
	{ WRITE, 100 }, { ATTR, 1, 10 }, { WRITE, 5001 }, { MARKS, 1 }, { WRITE, 70001 }, { MARKS_IMMEDIATE, 1 },
	{ LOCATE, 1 }, { WRITE, 901 }, { MARKS, 1 }, { LOCATE, 0, 1 }, { WRITE, 903 }, { ATTR, 2, 10 }, { SYNC },
	{ LOCATE, 0, 0 }, { ERASE }, { WRITE, 300001 }, { MARKS, 2 }, { FORMAT, 1 }, { WRITE, 907 }, { MARKS, 1 },
	{ END },
};

static struct script script;

/* Runs the script with a fault; returns whether the fault was met. */
static bool run_with_fault(enum media_fault_op op, unsigned nth, unsigned times, int err)
{
	struct why why = { "no reason given" };
	struct media_store *under, *fault;
	bool met;

	assert_int_equal(media_store_memory(&under), 0);
	script_create(under, 2);
	assert_int_equal(media_store_fault(under, &fault), 0);
	media_fault_fail(fault, op, nth, times, err);
	script_run(&script, fault, 2, script_steps, NULL);
	met = media_fault_calls(fault, op) >= nth;
	if (!met && script.failed)
		fail_msg("without a fault step %u failed: %s", script.marks - 1, media_strerror(script.failed));
	/* Closing has no way to tell that it failed. */
	script.mark[script.marks - 1].durable = false;
	media_fault_fail(fault, op, 0, 0, 0);
	if (!script_survives(fault, &script, 0, true, &why))
		fail_msg("kind %u, call %u, %u times, error %d, ended with \"%s\" at step %u: %s", op, nth, times, err,
			 media_strerror(script.failed), script.marks - 1, why.text);
	fault->ops->destroy(fault);
	under->ops->destroy(under);
	return met;
}

/* Calls of one kind, and what they say when they fail. */
struct fault_row {
	const char *test;
	enum media_fault_op op;
	int err;
};

static struct fault_row fault_rows[] = {
	{ "every_write_may_fail", MEDIA_FAULT_PWRITE, EIO },
	{ "every_write_may_find_the_disk_full", MEDIA_FAULT_PWRITE, ENOSPC },
	{ "every_sync_may_fail", MEDIA_FAULT_SYNC, EIO },
	{ "every_new_file_may_be_refused", MEDIA_FAULT_CREATE, ENOSPC },
	{ "every_replacement_may_fail", MEDIA_FAULT_REPLACE, EROFS },
	{ "every_allocation_may_find_the_disk_full", MEDIA_FAULT_ALLOCATE, ENOSPC },
	{ "every_truncation_may_fail", MEDIA_FAULT_TRUNCATE, EIO },
	{ "every_removal_may_fail", MEDIA_FAULT_REMOVE, EIO },
	{ "every_read_may_fail", MEDIA_FAULT_PREAD, EIO },
	{ "every_opening_of_a_file_may_fail", MEDIA_FAULT_OPEN, EACCES },
};

#define FAULT_ROWS (sizeof(fault_rows) / sizeof(fault_rows[0]))

/* Each call of a kind fails once, and then all from it on. */
static void every_call_of_a_kind_may_fail(void **state)
{
	const struct fault_row *row = *state;
	unsigned nth = 1;

	while (run_with_fault(row->op, nth, 1, row->err) && run_with_fault(row->op, nth, 0, row->err))
		nth++;
	print_message("# %u calls\n", nth - 1);
}

/* From some change on there are no more. */
static bool run_until_stop(unsigned nth, int err)
{
	struct why why = { "no reason given" };
	struct media_store *under, *fault;
	bool met;

	assert_int_equal(media_store_memory(&under), 0);
	script_create(under, 2);
	assert_int_equal(media_store_fault(under, &fault), 0);
	media_fault_stop(fault, nth, err);
	script_run(&script, fault, 2, script_steps, NULL);
	met = media_fault_stop(fault, 0, 0);
	if (!met && script.failed)
		fail_msg("without a fault step %u failed: %s", script.marks - 1, media_strerror(script.failed));
	script.mark[script.marks - 1].durable = false;
	if (!script_survives(fault, &script, 0, true, &why))
		fail_msg("change %u, error %d, ended with \"%s\" at step %u: %s", nth, err,
			 media_strerror(script.failed), script.marks - 1, why.text);
	fault->ops->destroy(fault);
	under->ops->destroy(under);
	return met;
}

static void the_file_system_may_become_read_only_at_any_change(void **state)
{
	unsigned nth = 1;

	while (run_until_stop(nth, EROFS))
		nth++;
	print_message("# %u changes\n", nth - 1);
	assert_true(nth > 20);
}

static void the_disk_may_be_gone_at_any_change(void **state)
{
	for (unsigned nth = 1; run_until_stop(nth, EIO); nth++)
		;
}

static void a_store_that_cannot_allocate_ahead_is_no_worse(void **state)
{
	assert_true(run_with_fault(MEDIA_FAULT_ALLOCATE, 1, 0, EOPNOTSUPP) || script.failed == MEDIA_OK);
	assert_int_equal(script.failed, MEDIA_OK);
}

/* A disk that is full after so many bytes, whoever writes them. */
static void a_disk_of_any_size_may_be_too_small(void **state)
{
	unsigned failed = 0, done = 0;

	for (uint64_t room = 0; !done && room < 1 << 30; room += 4096 + room / 4) {
		struct why why = { "no reason given" };
		struct media_store *under;
		uint64_t space;

		assert_int_equal(media_store_memory(&under), 0);
		script_create(under, 2);
		assert_int_equal(under->ops->space(under, &space), 0);
		media_store_memory_limit(under, (1ull << 40) - space + room);
		script_run(&script, under, 2, script_steps, NULL);
		script.mark[script.marks - 1].durable = false;
		failed += script.failed != MEDIA_OK;
		done += script.failed == MEDIA_OK;
		media_store_memory_limit(under, 1ull << 40);
		if (!script_survives(under, &script, 0, true, &why))
			fail_msg("%llu bytes, ended with \"%s\" at step %u: %s", (unsigned long long)room,
				 media_strerror(script.failed), script.marks - 1, why.text);
		under->ops->destroy(under);
	}
	assert_true(failed);
	assert_true(done);
}

int main(void)
{
	struct CMUnitTest tests[FAULT_ROWS + 4] = {
		cmocka_unit_test(the_file_system_may_become_read_only_at_any_change),
		cmocka_unit_test(the_disk_may_be_gone_at_any_change),
		cmocka_unit_test(a_store_that_cannot_allocate_ahead_is_no_worse),
		cmocka_unit_test(a_disk_of_any_size_may_be_too_small),
	};
	unsigned i;

	for (i = 0; i < FAULT_ROWS; i++)
		tests[4 + i] = (struct CMUnitTest){
			.name = fault_rows[i].test,
			.test_func = every_call_of_a_kind_may_fail,
			.initial_state = &fault_rows[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
