/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of glue/pool.c: where jobs run, where they end, and that a stuck one holds up no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pool.h"

struct probe {
	struct media_job job;
	pthread_t worked_on, ended_on;
	bool worked, ended;
	sigset_t mask;
	pthread_mutex_t *gate;		/* held by the test: work() waits for it */
	struct pool *pool;
	unsigned again;			/* done() submits it so many times more */
};

static void probe_work(struct media_job *job)
{
	struct probe *probe = (struct probe *)job;

	probe->worked_on = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &probe->mask);
	if (probe->gate) {
		pthread_mutex_lock(probe->gate);
		pthread_mutex_unlock(probe->gate);
	}
	probe->worked = true;
}

static void probe_done(struct media_job *job)
{
	struct probe *probe = (struct probe *)job;
	struct media_exec *exec = pool_exec(probe->pool);

	assert_true(probe->worked);
	probe->ended_on = pthread_self();
	if (probe->again) {
		probe->again--;
		probe->worked = false;
		exec->submit(exec, job);
		return;
	}
	probe->ended = true;
}

static void submit(struct pool *pool, struct probe *probe)
{
	struct media_exec *exec = pool_exec(pool);

	probe->pool = pool;
	probe->job.work = probe_work;
	probe->job.done = probe_done;
	exec->submit(exec, &probe->job);
}

/* Runs completions until the probe has ended; fails after two minutes. */
static void await(struct pool *pool, const struct probe *probe)
{
	struct pollfd pfd = { .fd = pool_fd(pool), .events = POLLIN };

	while (!probe->ended) {
		assert_int_equal(poll(&pfd, 1, 120000), 1);
		pool_run(pool);
	}
}

static void a_job_works_on_another_thread_and_ends_on_ours(void **state)
{
	struct pool *pool = pool_new(2);
	struct probe probe = { 0 };

	submit(pool, &probe);
	assert_true(pool_busy(pool));
	await(pool, &probe);
	assert_false(pthread_equal(probe.worked_on, pthread_self()));
	assert_true(pthread_equal(probe.ended_on, pthread_self()));
	assert_false(pool_busy(pool));
	pool_free(pool);
}

static void every_signal_is_blocked_on_a_worker(void **state)
{
	struct pool *pool = pool_new(1);
	struct probe probe = { 0 };

	submit(pool, &probe);
	await(pool, &probe);
	assert_int_equal(sigismember(&probe.mask, SIGUSR2), 1);
	assert_int_equal(sigismember(&probe.mask, SIGTERM), 1);
	assert_int_equal(sigismember(&probe.mask, SIGSEGV), 1);
	pool_free(pool);
}

static void our_own_signal_mask_stays_as_it_was(void **state)
{
	struct pool *pool = pool_new(1);
	struct probe probe = { 0 };
	sigset_t mask;

	submit(pool, &probe);
	await(pool, &probe);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGUSR2), 0);
	pool_free(pool);
}

static void a_job_may_be_submitted_again_from_its_own_end(void **state)
{
	struct pool *pool = pool_new(2);
	struct probe probe = { .again = 1000 };

	submit(pool, &probe);
	await(pool, &probe);
	assert_int_equal(probe.again, 0);
	pool_free(pool);
}

static void ended(struct media_job *job)
{
	((struct probe *)job)->ended = true;
}

static void a_job_without_work_ends_on_our_thread_and_needs_no_worker(void **state)
{
	struct pool *pool = pool_new(1);
	struct probe probe = { .job.done = ended };

	pool_exec(pool)->submit(pool_exec(pool), &probe.job);
	assert_false(probe.ended);
	assert_true(pool_busy(pool));
	/* It is there at once: nothing needs to happen on another thread. */
	pool_run(pool);
	assert_true(probe.ended);
	assert_false(pool_busy(pool));
	pool_free(pool);
}

static void stuck_jobs_hold_up_no_other(void **state)
{
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	struct pool *pool = pool_new(2);
	struct probe stuck[8], free_one = { 0 };
	unsigned i;

	pthread_mutex_lock(&gate);
	for (i = 0; i < 8; i++) {
		stuck[i] = (struct probe){ .gate = &gate };
		submit(pool, &stuck[i]);
	}
	submit(pool, &free_one);
	await(pool, &free_one);
	for (i = 0; i < 8; i++)
		assert_false(stuck[i].ended);
	pthread_mutex_unlock(&gate);
	for (i = 0; i < 8; i++)
		await(pool, &stuck[i]);
	pool_free(pool);
}

static void all_jobs_end_once_when_many_are_submitted_together(void **state)
{
	struct pool *pool = pool_new(4);
	struct probe *probes = calloc(5000, sizeof(*probes));
	unsigned i;

	for (i = 0; i < 5000; i++)
		submit(pool, &probes[i]);
	for (i = 0; i < 5000; i++)
		await(pool, &probes[i]);
	assert_false(pool_busy(pool));
	free(probes);
	pool_free(pool);
}

static void a_kick_makes_the_descriptor_readable(void **state)
{
	struct pool *pool = pool_new(1);
	struct pollfd pfd = { .fd = pool_fd(pool), .events = POLLIN };

	assert_int_equal(poll(&pfd, 1, 0), 0);
	pool_kick(pool);
	assert_int_equal(poll(&pfd, 1, 0), 1);
	pool_run(pool);
	assert_int_equal(poll(&pfd, 1, 0), 0);
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_works_on_another_thread_and_ends_on_ours),
		cmocka_unit_test(every_signal_is_blocked_on_a_worker),
		cmocka_unit_test(our_own_signal_mask_stays_as_it_was),
		cmocka_unit_test(a_job_may_be_submitted_again_from_its_own_end),
		cmocka_unit_test(a_job_without_work_ends_on_our_thread_and_needs_no_worker),
		cmocka_unit_test(stuck_jobs_hold_up_no_other),
		cmocka_unit_test(all_jobs_end_once_when_many_are_submitted_together),
		cmocka_unit_test(a_kick_makes_the_descriptor_readable),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
