/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands of a device run in order, one at a time, and end exactly once, whatever comes between. */
#include <string.h>

#include "fake_dev.h"

static struct io *start_wait(struct vtl_nexus *nexus)
{
	return io_start(nexus, CDB(FAKE_WAIT, 0, 0, 0, 0, 0), NULL, 0, 0);
}

static struct io *start_read(struct vtl_nexus *nexus)
{
	return io_start(nexus, CDB(FAKE_READ, 0, 0, 0, 8, 0), NULL, 0, 8);
}

static void commands_of_all_doors_wait_for_the_one_that_runs(void **state)
{
	struct fake_world *w = *state;
	struct io *wait = start_wait(w->a), *mine = start_read(w->a), *other = start_read(w->b);

	assert_false(io_done(wait) || io_done(mine) || io_done(other));
	assert_false(vtl_dev_idle(&w->fake.dev));
	fake_finish(&w->fake);
	expect_good(wait);
	expect_good(mine);
	expect_good(other);
	assert_int_equal(w->fake.reads, 2);
	assert_true(vtl_dev_idle(&w->fake.dev));
}

static void inquiry_and_request_sense_do_not_wait(void **state)
{
	struct fake_world *w = *state;
	struct io *wait = start_wait(w->a);

	expect_good(io_in(w->b, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	expect_good(io_in(w->a, 96, CDB(0x03, 0, 0, 0, 96, 0)));
	assert_false(io_done(wait));
	fake_finish(&w->fake);
}

static void what_waits_sees_the_device_as_it_is_when_its_turn_comes(void **state)
{
	struct fake_world *w = *state;
	struct io *read;

	start_wait(w->a);
	read = start_read(w->b);
	w->fake.loaded = false;
	fake_finish(&w->fake);
	expect_sense(read, 2, 0x3a, 0x00);
}

static void commands_that_need_a_medium_or_write_permission_are_gated(void **state)
{
	struct fake_world *w = *state;

	w->fake.write_protected = true;
	expect_sense(io_out(w->a, BYTES(1, 2), CDB(FAKE_WRITE, 0, 0, 0, 2, 0)), 7, 0x27, 0x00);
	expect_good(io(w->a, CDB(FAKE_TUR, 0, 0, 0, 0, 0)));
	w->fake.loaded = false;
	expect_sense(io(w->a, CDB(FAKE_TUR, 0, 0, 0, 0, 0)), 2, 0x3a, 0x00);
	assert_int_equal(w->fake.writes, 0);
}

/* The door of this test submits the next command from complete(), as tgtd does. */
struct chain {
	struct vtl_cmd cmd;
	unsigned left, depth, deepest;
};

static void chain_complete(struct vtl_cmd *cmd)
{
	struct chain *chain = cmd->door;

	if (!chain->left--)
		return;
	chain->depth++;
	if (chain->depth > chain->deepest)
		chain->deepest = chain->depth;
	vtl_dev_submit(cmd->nexus->dev, cmd);
	chain->depth--;
}

static void complete_may_submit_again_without_end(void **state)
{
	struct fake_world *w = *state;
	struct chain chain = { .left = 100000 };

	chain.cmd = (struct vtl_cmd){ .nexus = w->a, .cdb = { FAKE_TUR }, .cdb_len = 6, .complete = chain_complete,
				      .door = &chain };
	vtl_dev_submit(&w->fake.dev, &chain.cmd);
	assert_int_equal(chain.left, UINT32_MAX);
	assert_true(chain.deepest <= 2);
}

static void what_complete_submits_comes_after_what_waits(void **state)
{
	struct fake_world *w = *state;
	struct chain chain = { .left = 1 };
	struct io *wait;

	chain.cmd = (struct vtl_cmd){ .nexus = w->a, .cdb = { FAKE_WAIT }, .cdb_len = 6, .complete = chain_complete,
				      .door = &chain };
	vtl_dev_submit(&w->fake.dev, &chain.cmd);
	wait = start_wait(w->b);
	fake_finish(&w->fake);
	assert_ptr_equal(w->fake.parked, &wait->cmd);
	fake_finish(&w->fake);
	fake_finish(&w->fake);
	assert_int_equal(w->fake.waits, 3);
}

static void a_waiting_command_is_aborted_at_once(void **state)
{
	struct fake_world *w = *state;
	struct io *wait = start_wait(w->a), *first = start_read(w->a), *second = start_read(w->a);

	vtl_dev_abort(&w->fake.dev, &second->cmd);
	expect_status(second, SAM_TASK_ABORTED);
	assert_false(io_done(first));
	fake_finish(&w->fake);
	expect_good(wait);
	expect_good(first);
	assert_int_equal(w->fake.reads, 1);
	expect_good(start_read(w->a));
}

static void a_running_command_ends_as_aborted_when_it_ends(void **state)
{
	struct fake_world *w = *state;
	struct io *wait = start_wait(w->a), *next = start_read(w->a);

	vtl_dev_abort(&w->fake.dev, &wait->cmd);
	assert_int_equal(w->fake.aborts, 1);
	assert_false(io_done(wait) || io_done(next));
	fake_finish(&w->fake);
	expect_status(wait, SAM_TASK_ABORTED);
	expect_good(next);
}

static void a_parked_command_may_end_in_its_abort(void **state)
{
	struct fake_world *w = *state;
	struct io *wait = start_wait(w->a), *next = start_read(w->a);

	w->fake.end_on_abort = true;
	vtl_dev_abort(&w->fake.dev, &wait->cmd);
	expect_status(wait, SAM_TASK_ABORTED);
	expect_good(next);
}

static void aborting_what_has_ended_does_nothing(void **state)
{
	struct fake_world *w = *state;
	struct io *read = start_read(w->a);

	vtl_dev_abort(&w->fake.dev, &read->cmd);
	expect_good(read);
	assert_int_equal(w->fake.aborts, 0);
}

static void a_reset_ends_all_commands_and_runs_none(void **state)
{
	struct fake_world *w = *state;
	struct io *wait = start_wait(w->a), *mine = start_read(w->a), *other = start_read(w->b);

	vtl_dev_reset(&w->fake.dev, VTL_RESET_LOGICAL_UNIT);
	expect_status(mine, SAM_TASK_ABORTED);
	expect_status(other, SAM_TASK_ABORTED);
	assert_false(io_done(wait));
	fake_finish(&w->fake);
	expect_status(wait, SAM_TASK_ABORTED);
	assert_int_equal(w->fake.reads, 0);
	assert_int_equal(w->fake.resets, 1);
	expect_sense(io(w->b, CDB(FAKE_TUR, 0, 0, 0, 0, 0)), 6, 0x29, 0x03);
	expect_good(io(w->b, CDB(FAKE_TUR, 0, 0, 0, 0, 0)));
}

static void the_rest_of_an_immediate_command_holds_the_queue(void **state)
{
	struct fake_world *w = *state;
	struct io *wait = start_wait(w->a);
	struct io *immed = io_start(w->a, CDB(FAKE_IMMED, 0, 0, 0, 0, 0), NULL, 0, 0), *read = start_read(w->b);

	fake_finish(&w->fake);
	expect_good(wait);
	expect_good(immed);
	assert_true(w->fake.task_running);
	assert_false(io_done(read));
	expect_good(io_in(w->b, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	fake_finish_task(&w->fake);
	expect_good(read);
}

/* The door of an immediate command submits a TEST UNIT READY from complete(). */
static void immed_complete(struct vtl_cmd *cmd)
{
	struct chain *chain = cmd->door;

	if (!chain->left--)
		return;
	cmd->cdb[0] = FAKE_TUR;
	vtl_dev_submit(cmd->nexus->dev, cmd);
}

static void what_comes_when_an_immediate_command_ends_waits_for_its_rest(void **state)
{
	struct fake_world *w = *state;
	struct chain chain = { .left = 1 };

	chain.cmd = (struct vtl_cmd){ .nexus = w->a, .cdb = { FAKE_IMMED }, .cdb_len = 6, .complete = immed_complete,
				      .door = &chain };
	vtl_dev_submit(&w->fake.dev, &chain.cmd);
	assert_true(w->fake.task_running);
	assert_int_equal(chain.left, 0);
	fake_finish_task(&w->fake);
	assert_int_equal(chain.left, UINT32_MAX);
}

static void a_task_is_not_ended_by_a_reset(void **state)
{
	struct fake_world *w = *state;
	struct io *read;

	expect_good(io(w->a, CDB(FAKE_IMMED, 0, 0, 0, 0, 0)));
	read = start_read(w->b);
	vtl_dev_reset(&w->fake.dev, VTL_RESET_BUS);
	expect_status(read, SAM_TASK_ABORTED);
	assert_true(w->fake.task_running);
	assert_false(vtl_dev_idle(&w->fake.dev));
	fake_finish_task(&w->fake);
	assert_true(vtl_dev_idle(&w->fake.dev));
}

static void a_task_waits_its_turn(void **state)
{
	struct fake_world *w = *state;
	struct io *read;

	/* borrow the task's run() from an immediate command */
	expect_good(io(w->a, CDB(FAKE_IMMED, 0, 0, 0, 0, 0)));
	fake_finish_task(&w->fake);
	start_wait(w->a);
	read = start_read(w->a);
	vtl_task_submit(&w->fake.dev, &w->fake.task);
	assert_false(w->fake.task_running);
	fake_finish(&w->fake);
	expect_good(read);
	assert_true(w->fake.task_running);
	fake_finish_task(&w->fake);
}

static void a_parameter_list_shorter_than_the_cdb_says_is_refused(void **state)
{
	struct fake_world *w = *state;

	expect_sense(io_out(w->a, BYTES(1, 2, 3), CDB(FAKE_WRITE, 0, 0, 0, 4, 0)), 5, 0x1a, 0x00);
	expect_sense(io_out(w->a, NO_BYTES, CDB(FAKE_WRITE, 0, 0, 0, 1, 0)), 5, 0x1a, 0x00);
	expect_good(io_out(w->a, NO_BYTES, CDB(FAKE_WRITE, 0, 0, 0, 0, 0)));
	assert_int_equal(w->fake.writes, 1);
}

static void a_null_buffer_with_a_length_is_no_buffer(void **state)
{
	struct fake_world *w = *state;
	struct chain chain = { .left = 0 };

	chain.cmd = (struct vtl_cmd){ .nexus = w->a, .cdb = { FAKE_READ, 0, 0, 0, 64 }, .cdb_len = 6, .in_len = 64,
				      .complete = chain_complete, .door = &chain };
	vtl_dev_submit(&w->fake.dev, &chain.cmd);
	assert_int_equal(chain.cmd.status, SAM_GOOD);
	assert_int_equal(chain.cmd.in_used, 0);
	assert_int_equal(chain.cmd.in_len, 0);
	chain = (struct chain){ .cmd = { .nexus = w->a, .cdb = { FAKE_WRITE, 0, 0, 0, 4 }, .cdb_len = 6, .out_len = 4,
					 .complete = chain_complete, .door = &chain } };
	vtl_dev_submit(&w->fake.dev, &chain.cmd);
	assert_int_equal(chain.cmd.status, SAM_CHECK_CONDITION);
}

static void ending_a_command_twice_is_logged_and_ignored(void **state)
{
	struct fake_world *w = *state;
	struct io *read = start_read(w->a);

	vtl_cmd_good(&read->cmd);
	assert_int_equal(read->completions, 1);
	assert_non_null(strstr(w->sim.log, "READ ended twice"));
}

static void the_direction_of_data_is_the_rows(void **state)
{
	struct fake_world *w = *state;

	assert_int_equal(vtl_dev_direction(&w->fake.dev, CDB(FAKE_READ, 0, 0, 0, 0, 0)), 2);
	assert_int_equal(vtl_dev_direction(&w->fake.dev, CDB(FAKE_WRITE, 0, 0, 0, 0, 0)), 1);
	assert_int_equal(vtl_dev_direction(&w->fake.dev, CDB(FAKE_TUR, 0, 0, 0, 0, 0)), 0);
	assert_int_equal(vtl_dev_direction(&w->fake.dev, CDB(0x5e, 0x03)), 2);
	assert_int_equal(vtl_dev_direction(&w->fake.dev, CDB(0x5e, 0x1f)), 0);
	assert_int_equal(vtl_dev_direction(&w->fake.dev, CDB(0xee)), 0);
	assert_int_equal(vtl_dev_direction(&w->fake.dev, NULL, 0), 0);
}

static void a_due_timer_ticks_the_device(void **state)
{
	struct fake_world *w = *state;

	w->sim.env.set_timer(&w->sim.env, &w->fake.dev, w->sim.now + 10);
	sim_advance(&w->sim, 9);
	assert_int_equal(w->fake.ticks, 0);
	sim_advance(&w->sim, 1);
	assert_int_equal(w->fake.ticks, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fake_test(commands_of_all_doors_wait_for_the_one_that_runs),
		fake_test(inquiry_and_request_sense_do_not_wait),
		fake_test(what_waits_sees_the_device_as_it_is_when_its_turn_comes),
		fake_test(commands_that_need_a_medium_or_write_permission_are_gated),
		fake_test(complete_may_submit_again_without_end),
		fake_test(what_complete_submits_comes_after_what_waits),
		fake_test(a_waiting_command_is_aborted_at_once),
		fake_test(a_running_command_ends_as_aborted_when_it_ends),
		fake_test(a_parked_command_may_end_in_its_abort),
		fake_test(aborting_what_has_ended_does_nothing),
		fake_test(a_reset_ends_all_commands_and_runs_none),
		fake_test(the_rest_of_an_immediate_command_holds_the_queue),
		fake_test(what_comes_when_an_immediate_command_ends_waits_for_its_rest),
		fake_test(a_task_is_not_ended_by_a_reset),
		fake_test(a_task_waits_its_turn),
		fake_test(a_parameter_list_shorter_than_the_cdb_says_is_refused),
		fake_test(a_null_buffer_with_a_length_is_no_buffer),
		fake_test(ending_a_command_twice_is_logged_and_ignored),
		fake_test(the_direction_of_data_is_the_rows),
		fake_test(a_due_timer_ticks_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
