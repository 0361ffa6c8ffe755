/* SPDX-License-Identifier: GPL-2.0-only */
/* Worker threads: one queue, one list of what is done, one eventfd; a supervisor adds threads when all are stuck. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "pool.h"

/* How long a job may wait in the queue, with nothing taken from it, before another thread starts. */
#define STUCK_NS 5000000

struct job_list {
	struct media_job *first, **end;
};

struct pool {
	struct media_exec exec;
	int fd;
	unsigned soft;			/* threads that start without asking */

	pthread_mutex_t lock;		/* all below */
	pthread_cond_t work;		/* the queue has something, or stop */
	pthread_cond_t stuck;		/* nobody is idle and something waits: for the supervisor */
	struct job_list queue, finished;
	unsigned threads, idle, queued;
	unsigned long taken;		/* jobs ever taken from the queue */
	unsigned long submitted, done;
	bool stop, supervised;
	pthread_t thread[POOL_MAX_THREADS], supervisor;
};

static void list_clear(struct job_list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

static void list_add(struct job_list *list, struct media_job *job)
{
	job->next = NULL;
	*list->end = job;
	list->end = &job->next;
}

static struct media_job *list_take(struct job_list *list)
{
	struct media_job *job = list->first;

	list->first = job->next;
	if (!list->first)
		list->end = &list->first;
	return job;
}

void pool_kick(struct pool *pool)
{
	uint64_t one = 1;

	while (write(pool->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* One wake-up for all that ends before the owner has looked. Called with the lock, which it gives up. */
static void finish(struct pool *pool, struct media_job *job)
{
	bool first = !pool->finished.first;

	list_add(&pool->finished, job);
	pthread_mutex_unlock(&pool->lock);
	if (first)
		pool_kick(pool);
}

static void *worker(void *arg)
{
	struct pool *pool = arg;
	struct media_job *job;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!pool->queue.first && !pool->stop) {
			pool->idle++;
			pthread_cond_wait(&pool->work, &pool->lock);
			pool->idle--;
		}
		if (!pool->queue.first)
			break;
		job = list_take(&pool->queue);
		pool->queued--;
		pool->taken++;
		pthread_mutex_unlock(&pool->lock);
		job->work(job);
		pthread_mutex_lock(&pool->lock);
		finish(pool, job);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/*
 * A thread with every signal blocked from its first instruction: tgtd takes its signals on its own thread, and one that
 * reached another would kill the daemon.
 */
static int start(pthread_t *thread, void *(*fn)(void *arg), void *arg)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(thread, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

static void grow(struct pool *pool)
{
	if (pool->threads < POOL_MAX_THREADS && !start(&pool->thread[pool->threads], worker, pool))
		pool->threads++;
}

/* Sleeps until the queue stands still with no thread idle; then starts one more. */
static void *supervise(void *arg)
{
	struct pool *pool = arg;
	struct timespec until;
	unsigned long taken;

	pthread_mutex_lock(&pool->lock);
	while (!pool->stop) {
		if (pool->queued <= pool->idle || pool->threads == POOL_MAX_THREADS) {
			pthread_cond_wait(&pool->stuck, &pool->lock);
			continue;
		}
		taken = pool->taken;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += STUCK_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&pool->stuck, &pool->lock, &until);
		if (pool->queued > pool->idle && taken == pool->taken)
			grow(pool);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* Nobody is idle and a job waits: called with the lock. */
static void want_thread(struct pool *pool)
{
	if (pool->threads < pool->soft)
		grow(pool);
	else if (pool->supervised)
		pthread_cond_signal(&pool->stuck);
	else
		pool->supervised = !start(&pool->supervisor, supervise, pool);
}

/* No thread at all can be had: slow is better than stuck. Called with the lock, which it gives up. */
static void work_here(struct pool *pool)
{
	struct media_job *job = list_take(&pool->queue);

	pool->queued--;
	pthread_mutex_unlock(&pool->lock);
	job->work(job);
	pthread_mutex_lock(&pool->lock);
	finish(pool, job);
}

static void submit(struct media_exec *exec, struct media_job *job)
{
	struct pool *pool = (struct pool *)((char *)exec - offsetof(struct pool, exec));
	bool wake;

	pthread_mutex_lock(&pool->lock);
	pool->submitted++;
	if (!job->work) {
		finish(pool, job);
		return;
	}
	list_add(&pool->queue, job);
	/* One that was woken for another counts as idle until it runs. */
	wake = ++pool->queued <= pool->idle;
	if (!wake)
		want_thread(pool);
	if (!pool->threads) {
		work_here(pool);
		return;
	}
	pthread_mutex_unlock(&pool->lock);
	/* Not before, or the one that wakes would find the lock taken and sleep again. */
	if (wake)
		pthread_cond_signal(&pool->work);
}

void pool_run(struct pool *pool)
{
	struct media_job *job, *next;
	uint64_t count;

	while (read(pool->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	pthread_mutex_lock(&pool->lock);
	job = pool->finished.first;
	list_clear(&pool->finished);
	pthread_mutex_unlock(&pool->lock);
	for (; job; job = next) {
		next = job->next;
		job->done(job);
		pool->done++;
	}
}

bool pool_busy(const struct pool *pool)
{
	return pool->submitted != pool->done;
}

struct media_exec *pool_exec(struct pool *pool)
{
	return &pool->exec;
}

int pool_fd(const struct pool *pool)
{
	return pool->fd;
}

struct pool *pool_new(unsigned threads)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	pthread_condattr_t attr;

	if (!pool)
		return NULL;
	pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->fd < 0) {
		free(pool);
		return NULL;
	}
	pool->exec.submit = submit;
	pool->exec.width = threads;
	pool->soft = threads < 1 ? 1 : threads > POOL_MAX_THREADS ? POOL_MAX_THREADS : threads;
	list_clear(&pool->queue);
	list_clear(&pool->finished);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->stuck, &attr);
	pthread_condattr_destroy(&attr);
	return pool;
}

void pool_free(struct pool *pool)
{
	unsigned i;

	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->work);
	pthread_cond_broadcast(&pool->stuck);
	pthread_mutex_unlock(&pool->lock);
	if (pool->supervised)
		pthread_join(pool->supervisor, NULL);
	for (i = 0; i < pool->threads; i++)
		pthread_join(pool->thread[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->stuck);
	pthread_mutex_destroy(&pool->lock);
	close(pool->fd);
	free(pool);
}
