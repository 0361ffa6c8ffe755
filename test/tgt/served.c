/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of a library behind tgtd share: its commands, an operator with vtl, a session with changer and drive. */
#include "served.h"

#include <stdio.h>
#include <stdlib.h>

int vtl(const char *arguments)
{
	char command[512];

	snprintf(command, sizeof(command), "%s/vtl %s >%s/out 2>&1", test_env("BUILD"), arguments,
		 test_env("TGTD_DIR"));
	return system(command) >> 8;
}

void vtl_well(const char *arguments)
{
	char command[256];

	if (!vtl(arguments))
		return;
	snprintf(command, sizeof(command), "sed 's/^/# /' %s/out >&2", test_env("TGTD_DIR"));
	(void)!system(command);
	fail_msg("vtl %s", arguments);
}

bool vtl_said(const char *text)
{
	char command[512];

	snprintf(command, sizeof(command), "grep -qF -- '%s' %s/out", text, test_env("TGTD_DIR"));
	return system(command) == 0;
}

int robot_begin(void **state)
{
	struct robot *r = calloc(1, sizeof(*r));

	r->changer = session_open(test_env("VTL_TEST_CHANGER"), "robot", 1);
	r->drive = session_open(test_env("VTL_TEST_DRIVE1"), "host", 1);
	session_ready(r->changer);
	session_drain(r->drive);
	*state = r;
	return 0;
}

int robot_end(void **state)
{
	struct robot *r = *state;

	session_close(r->changer);
	session_close(r->drive);
	free(r);
	vtl("unload test 1");
	vtl("unload test 2");
	return 0;
}
