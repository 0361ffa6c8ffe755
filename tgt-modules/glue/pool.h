/* SPDX-License-Identifier: GPL-2.0-only */
/* Worker threads behind the executor port: jobs run on them, and end on the owner's thread. */
#ifndef GLUE_POOL_H
#define GLUE_POOL_H

#include <stdbool.h>

#include "exec.h"

#define POOL_MAX_THREADS 64

struct pool;

/*
 * `threads` start as work comes; more, up to POOL_MAX_THREADS, only while all of them are stuck in jobs and others
 * wait: a slow disk under one drive keeps no other from its own. NULL: no memory or no descriptor. Starts no thread.
 */
struct pool *pool_new(unsigned threads);
/* Ends the threads; no job may be under way. */
void pool_free(struct pool *pool);

/* Its executor: submit() from any thread. */
struct media_exec *pool_exec(struct pool *pool);

/* Readable when pool_run() has something to do. */
int pool_fd(const struct pool *pool);
/* Calls done() of all jobs whose work has ended, on the caller's thread: the owner's. */
void pool_run(struct pool *pool);
/* Makes pool_fd() readable. */
void pool_kick(struct pool *pool);
/* Whether a job was submitted whose done() has not returned. Owner's thread. */
bool pool_busy(const struct pool *pool);

#endif
