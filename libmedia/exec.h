/* SPDX-License-Identifier: GPL-2.0-only */
/* The port through which everything that may block leaves the owner's thread, and comes back. */
#ifndef MEDIA_EXEC_H
#define MEDIA_EXEC_H

/*
 * A piece of work that may block. It is embedded in the state that it works on.
 *
 * work() runs on some worker thread and touches only what the job owns until done() is called. done() runs on
 * the owner's thread (tgtd's event thread in the daemon), once, after work() returned. A job may be submitted
 * again from its own done(), and another one also from work(). Two submitted jobs may run at once and end in any
 * order: whoever needs an order submits the next one from done(). A job without work() only has done() called: it
 * tells the owner something, and takes no worker's time.
 *
 * An executor without threads (exec_inline, for tools) calls work() and done() before submit() returns, so
 * callers must be ready for done() inside submit().
 */
struct media_job {
	void (*work)(struct media_job *job);
	void (*done)(struct media_job *job);
	struct media_job *next;		/* the executor's */
};

/* For executors: the job's work, if it has any. */
static inline void media_job_work(struct media_job *job)
{
	if (job->work)
		job->work(job);
}

struct media_exec {
	void (*submit)(struct media_exec *exec, struct media_job *job);
	unsigned width;	/* jobs that it is worth having under way at once: threads that can run; 0: no threads */
};

/* The executor that runs a job where it is submitted. It has no state and is never freed. */
extern struct media_exec media_exec_inline;

#endif
