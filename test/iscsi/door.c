/* SPDX-License-Identifier: GPL-2.0-only */
/* A core command through a session of test/tgt/session.h. */
#include <stdlib.h>
#include <string.h>

#include "dev.h"
#include "door.h"
#include "session.h"

void door_needs_tgtd(char *program)
{
	char *argv[] = { program, NULL };

	test_needs_tgtd(argv, NULL);
}

const char *door_env(const char *name)
{
	return test_env(name);
}

struct door *door_open(const char *url, const char *name)
{
	return (struct door *)session_open(url, name, 1);
}

void door_close(struct door *door)
{
	session_close((struct session *)door);
}

void door_reset(struct door *door)
{
	session_lun_reset((struct session *)door);
}

void door_drain(struct door *door)
{
	session_drain((struct session *)door);
}

void door_ready(struct door *door)
{
	session_ready((struct session *)door);
}

void door_run(struct door *door, struct vtl_cmd *cmd)
{
	const struct reply *reply;

	reply = session_run((struct session *)door, cmd->cdb, cmd->cdb_len, cmd->out, cmd->out_len, cmd->in_len);
	cmd->status = reply->status;
	cmd->sense_len = reply->sense_len < VTL_SENSE_MAX ? reply->sense_len : VTL_SENSE_MAX;
	memcpy(cmd->sense, reply->sense, cmd->sense_len);
	cmd->out_used = cmd->out_len ? cmd->out_len - reply->residual : 0;
	cmd->in_used = reply->in_len;
	if (cmd->in_used)
		memcpy(cmd->in, reply->in, cmd->in_used);
}
