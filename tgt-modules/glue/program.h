/* SPDX-License-Identifier: GPL-2.0-only */
/* Running a program of the administrator's: an argument vector, no shell, a time limit, its output kept. */
#ifndef GLUE_PROGRAM_H
#define GLUE_PROGRAM_H

#include <stdbool.h>

#define PROGRAM_OUTPUT	4096

struct program_result {
	bool ok;			/* it ended in time, with exit code 0 */
	char why[160];			/* else: how it did not */
	char output[PROGRAM_OUTPUT];	/* what it wrote to stdout and stderr, cut */
};

/*
 * Runs argv (NULL-terminated; argv[0] is a path, or is looked for in PATH) with stdin at /dev/null and no other open
 * files, in a process group of its own, which is killed after `timeout_ms`. Blocks: a worker calls it.
 */
void program_run(char *const argv[], unsigned timeout_ms, struct program_result *result);

#endif
