/* SPDX-License-Identifier: GPL-2.0-only */
/* WRITE ATTRIBUTE: hosts create, change and delete their attributes in the cartridge's memory (SPC-5 6.51). */
#include "tape_impl.h"

static bool written(struct vtl_tape *t)
{
	if (t->req.err) {
		tape_fail(t, t->req.err, true, NULL);
		return false;
	}
	t->unsynced = false;
	tape_end(t, SENSE_NONE, NULL);
	return false;
}

static bool write_through(struct vtl_tape *t)
{
	tape_req(t, MEDIA_OP_SYNC);
	t->step = written;
	return true;
}

static void write_list(struct vtl_cmd *cmd, struct tape_memory *m, uint32_t end)
{
	struct vtl_tape *t = tape_of(cmd);
	enum media_err err = tape_memory_write(m, cmd->cdb[7], cmd->out, end);

	t->cmd = cmd;
	tape_idle(t);
	t->unsynced = true;
	if (err)
		tape_fail(t, err, true, NULL);
	else if (cmd->cdb[1] & 0x01)	/* WTC: on the medium before status */
		tape_start_now(t, write_through);
	else
		tape_end(t, SENSE_NONE, NULL);
}

/* WRITE ATTRIBUTE, SPC-5 6.51. Write protection is the tape's, not the memory's. */
void tape_write_attribute(struct vtl_cmd *cmd)
{
	struct tape_memory m = tape_memory_of(tape_of(cmd));
	uint32_t len = get_be32(cmd->cdb + 10), end;
	struct vtl_sense_extra extra = { 0 };
	enum vtl_sense sense = tape_memory_addressed(&m, cmd->cdb, &extra);

	if (sense == SENSE_NONE && !vtl_cmd_has_out(cmd, len))
		return;
	if (sense == SENSE_NONE)
		sense = tape_memory_check(&m, cmd->cdb, cmd->out, len, &end, &extra);
	if (sense != SENSE_NONE)
		vtl_cmd_check(cmd, sense, &extra);
	else if (!len)
		vtl_cmd_good(cmd);
	else
		write_list(cmd, &m, end);
}
