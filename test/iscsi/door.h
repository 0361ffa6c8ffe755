/* SPDX-License-Identifier: GPL-2.0-only */
/* What test/iscsi/iscsi_world.c needs of a session, without the names that test/tgt/session.h has for tests. */
#ifndef TEST_ISCSI_DOOR_H
#define TEST_ISCSI_DOOR_H

#include <stdint.h>

struct vtl_cmd;
struct door;

/* Makes sure of a daemon as test_needs_tgtd() does; `program` is run again within it. */
void door_needs_tgtd(char *program);
const char *door_env(const char *name);
struct door *door_open(const char *url, const char *name);
void door_close(struct door *door);
void door_reset(struct door *door);
/* Takes unit attentions; door_ready() waits until the unit is ready, too. */
void door_drain(struct door *door);
void door_ready(struct door *door);
/* Runs it and fills its results. */
void door_run(struct door *door, struct vtl_cmd *cmd);

#endif
