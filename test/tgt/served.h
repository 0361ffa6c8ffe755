/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of a library behind tgtd share: its commands, an operator with vtl, a session with changer and drive. */
#ifndef TEST_TGT_SERVED_H
#define TEST_TGT_SERVED_H

#include "session.h"

#define TEST_UNIT_READY CDB(0x00, 0, 0, 0, 0, 0)
#define PREVENT		CDB(0x1e, 0, 0, 0, 1, 0)
#define ALLOW		CDB(0x1e, 0, 0, 0, 0, 0)
#define MOVE(from, to)	CDB(0xa5, 0, 0, 0, (from) >> 8, (from) & 0xff, (to) >> 8, (to) & 0xff, 0, 0, 0, 0)

/* Runs vtl with these arguments, as a shell reads them: its exit status. */
int vtl(const char *arguments);
/* The same; fails the test, with what vtl said, unless it ends well. */
void vtl_well(const char *arguments);
/* Whether the last vtl said this. */
bool vtl_said(const char *text);

struct robot {
	struct session *changer, *drive;
};

/* Setup and teardown: changer and first drive of the library `test`, ready; its drives are empty at the end. */
int robot_begin(void **state);
int robot_end(void **state);

#endif
