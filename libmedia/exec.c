/* SPDX-License-Identifier: GPL-2.0-only */
/* The executor without threads. */
#include "exec.h"

static void inline_submit(struct media_exec *exec, struct media_job *job)
{
	media_job_work(job);
	job->done(job);
}

struct media_exec media_exec_inline = { .submit = inline_submit };
