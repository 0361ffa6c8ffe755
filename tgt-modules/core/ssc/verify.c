/* SPDX-License-Identifier: GPL-2.0-only */
/* VERIFY: what is on the medium is read and checked, and compared, without being sent (SSC-5 6.11, 5.7). */
#include <stdlib.h>
#include <string.h>

#include "tape_impl.h"

enum {
	VERIFY_VTE = 0x20,
	VERIFY_VLBPM = 0x10,
	VERIFY_VBF = 0x08,
	VERIFY_IMMED = 0x04,
	VERIFY_BYTCMP = 0x02,
	VERIFY_FIXED = 0x01
};

static void end(struct vtl_tape *t, enum vtl_sense sense, const struct vtl_sense_extra *extra)
{
	free(t->compare);
	t->compare = NULL;
	tape_end(t, sense, extra);
}

static void fail(struct vtl_tape *t, int64_t left)
{
	struct vtl_sense_extra extra = { .valid = true, .information = left };
	struct media_pos pos;

	free(t->compare);
	t->compare = NULL;
	media_tell(t->media, &pos);
	extra.eom = t->req.err == MEDIA_EOD && pos.early_warning;
	tape_fail(t, t->req.err, false, &extra);
}

static bool next_block(struct vtl_tape *t)
{
	struct media_req *req = tape_req(t, MEDIA_OP_READ);

	if (t->compare) {
		req->buf = t->compare;
		req->len = t->io.len;
	}
	return true;
}

/* ---- by filemarks, and to end of data ---- */

static bool passed(struct vtl_tape *t)
{
	struct tape_io *io = &t->io;
	bool to_end = io->phase == VERIFY_VTE;
	struct vtl_sense_extra extra = { .valid = true, .information = to_end ? 0 : (int64_t)io->count - io->done };

	if (t->req.err == MEDIA_EOD && to_end) {
		end(t, SENSE_NONE, NULL);
	} else if (t->req.err && t->req.err != MEDIA_FILEMARK) {
		fail(t, extra.information);
	} else if (!t->req.err && io->other_method) {
		end(t, SENSE_PROTECTION_METHOD_ERROR, &extra);
	} else if (t->req.err && !to_end && ++io->done == io->count) {
		end(t, SENSE_NONE, NULL);
	} else {
		return next_block(t);
	}
	return false;
}

/* ---- by blocks ---- */

/* What is wrong with a block beside its length: its kind of protection, or what the initiator sent says so. */
static enum vtl_sense compared(const struct vtl_tape *t)
{
	uint32_t len;

	if (t->io.other_method)
		return SENSE_PROTECTION_METHOD_ERROR;
	if (!t->compare)
		return SENSE_NONE;
	if (!tape_protected_ok(t))
		return SENSE_GUARD_CHECK_FAILED;
	len = tape_protect(t, t->compare, t->req.actual, t->io.len);
	if (memcmp(t->compare, t->cmd->out + (size_t)t->io.done * t->io.len, len))
		return SENSE_MISCOMPARE;
	return SENSE_NONE;
}

static bool checked(struct vtl_tape *t)
{
	struct tape_io *io = &t->io;
	struct vtl_sense_extra extra = { .valid = true, .information = tape_io_residual(io) };
	uint32_t actual = t->req.actual + io->information;
	enum vtl_sense sense;

	if (t->req.err) {
		fail(t, extra.information);
		return false;
	}
	sense = compared(t);
	if (sense != SENSE_NONE) {
		tape_failed(t, sense);
		end(t, sense, &extra);
		return false;
	}
	if (tape_tells_length(t, actual)) {
		extra.ili = true;
		if (!io->fixed)
			extra.information = (int64_t)io->len - actual;
		end(t, SENSE_NONE, &extra);
		return false;
	}
	if (++io->done < io->count)
		return next_block(t);
	end(t, SENSE_NONE, NULL);
	return false;
}

/* ---- the command ---- */

static bool verify_first(struct vtl_tape *t)
{
	t->step = t->io.phase & (VERIFY_VTE | VERIFY_VBF) ? passed : checked;
	return next_block(t);
}

static void verify(struct vtl_tape *t)
{
	tape_start_now(t, verify_first);
}

static bool verify_begin(struct vtl_tape *t)
{
	struct vtl_cmd *cmd = t->cmd;

	/* What is to be compared lies in the command: it cannot end before. */
	tape_begin(cmd, cmd->cdb[1] & VERIFY_IMMED && !(cmd->cdb[1] & VERIFY_BYTCMP), TAPE_VERIFYING, verify);
	return false;
}

/* VTE, VBF and BYTCMP exclude each other; the bit that is one too many, or 0. */
static unsigned excess(uint8_t flags)
{
	if (flags & VERIFY_VTE)
		return flags & (VERIFY_VBF | VERIFY_BYTCMP);
	return flags & VERIFY_VBF ? flags & VERIFY_BYTCMP : 0;
}

/* VERIFY(6), SSC-5 6.11; VERIFY(16), 5.7 */
void tape_verify(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);
	unsigned how = cmd->cdb[1] & (VERIFY_VTE | VERIFY_VBF), wrong = excess(cmd->cdb[1]);

	/* left there if the one before failed on its way to the medium */
	free(t->compare);
	t->compare = NULL;
	if (wrong) {
		vtl_cmd_bad_cdb(cmd, 1, wrong & VERIFY_VBF ? 3 : 1);
		return;
	}
	if (cmd->cdb[1] & VERIFY_VLBPM && !tape_has_protection(t->model)) {
		vtl_cmd_bad_cdb(cmd, 1, 4);
		return;
	}
	if (how) {
		memset(&t->io, 0, sizeof(t->io));
		t->io.count = tape_length(cmd);
		t->cmd = cmd;
	} else if (!tape_io_setup(cmd, TAPE_LBP_R, false)) {
		return;
	}
	t->io.other_method = cmd->cdb[1] & VERIFY_VLBPM && !tape_recorded_as_chosen(cmd->nexus);
	t->activity = TAPE_VERIFYING;
	t->to_end = how == VERIFY_VTE;
	t->io.phase = how;
	if (!tape_length(cmd) && how != VERIFY_VTE) {
		tape_end(t, SENSE_NONE, NULL);
		return;
	}
	if (cmd->cdb[1] & VERIFY_BYTCMP) {
		if (!vtl_cmd_has_out(cmd, t->io.len * t->io.count))
			return;
		t->compare = malloc(t->io.len);
		if (!t->compare) {
			tape_end(t, SENSE_INSUFFICIENT_RESOURCES, NULL);
			return;
		}
	}
	tape_io_start(t, verify_begin);
}
