/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a program before and after a move, as PROGRAM ARGUMENTS… before|after LIBRARY {FROM TO CARTRIDGE}…. */
#include <stdlib.h>
#include <string.h>

#include "robot_impl.h"

#define OWN_ARGUMENTS	(2 + 2 * 3)

struct robot_hook {
	struct robot_op *op;
	struct media_job job;
	enum robot_hook_time time;
	void (*done)(struct robot_op *op, bool ok);
	unsigned timeout_ms;
	char *argv[LIBRARY_HOOK_ARGS + OWN_ARGUMENTS + 1];
	struct program_result result;
};

static void hook_free(struct robot_hook *hook)
{
	for (unsigned i = 0; hook->argv[i]; i++)
		free(hook->argv[i]);
	free(hook);
}

static void hook_work(struct media_job *job)
{
	struct robot_hook *hook = container_of(job, struct robot_hook, job);

	program_run(hook->argv, hook->timeout_ms, &hook->result);
}

static void hook_done(struct media_job *job)
{
	struct robot_hook *hook = container_of(job, struct robot_hook, job);
	struct robot_op *op = hook->op;
	void (*done)(struct robot_op *op, bool ok) = hook->done;
	bool ok = hook->result.ok;
	char *rest = hook->result.output, *line;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			robot_say(op->robot, 6, "%s: %s", hook->argv[0], line);
	if (!ok)
		robot_say(op->robot, 3, "%s, run %s a move: %s", hook->argv[0],
			  hook->time == ROBOT_BEFORE ? "before" : "after", hook->result.why);
	hook_free(hook);
	done(op, ok);
}

static bool add(struct robot_hook *hook, unsigned *n, const char *text)
{
	hook->argv[*n] = strdup(text);
	return hook->argv[(*n)++];
}

static bool fill_arguments(struct robot_hook *hook, const struct library_hook *conf)
{
	const struct robot_op *op = hook->op;
	bool ok = true;
	unsigned n = 0;
	char text[24];

	for (unsigned i = 0; ok && i < LIBRARY_HOOK_ARGS && conf->argv[i]; i++)
		ok = add(hook, &n, conf->argv[i]);
	ok = ok && add(hook, &n, hook->time == ROBOT_BEFORE ? "before" : "after") &&
	     add(hook, &n, op->robot->conf->name);
	for (unsigned i = 0; ok && i < op->legs; i++) {
		const struct robot_leg *leg = &op->leg[i];
		const struct library_cartridge *c =
			library_at(op->robot->library, hook->time == ROBOT_BEFORE ? leg->from : leg->to);

		ok = add(hook, &n, library_place_text(leg->from, text, sizeof(text))) &&
		     add(hook, &n, library_place_text(leg->to, text, sizeof(text))) && add(hook, &n, c ? c->id : "");
	}
	return ok;
}

void robot_hook_run(struct robot_op *op, enum robot_hook_time time, void (*done)(struct robot_op *op, bool ok))
{
	const struct library_hook *conf = &op->robot->conf->hook[time == ROBOT_BEFORE ? LIBRARY_HOOK_BEFORE
										       : LIBRARY_HOOK_AFTER];
	struct robot_hook *hook;

	if (!conf->argv[0]) {
		done(op, true);
		return;
	}
	hook = calloc(1, sizeof(*hook));
	if (hook) {
		hook->op = op;
		hook->time = time;
		hook->done = done;
		hook->timeout_ms = op->robot->conf->hook_timeout * 1000;
	}
	if (!hook || !fill_arguments(hook, conf)) {
		robot_say(op->robot, 3, "no memory to run %s", conf->argv[0]);
		if (hook)
			hook_free(hook);
		done(op, false);
		return;
	}
	hook->job.work = hook_work;
	hook->job.done = hook_done;
	op->robot->env->exec->submit(op->robot->env->exec, &hook->job);
}
