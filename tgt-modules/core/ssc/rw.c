/* SPDX-License-Identifier: GPL-2.0-only */
/* READ, RECOVER BUFFERED DATA, WRITE, WRITE FILEMARKS, ERASE, READ BLOCK LIMITS: data moves, the medium changes. */
#include <stdlib.h>
#include <string.h>

#include "tape_impl.h"

/*
 * The 16-byte commands state where (explicit addresses, SSC-5 4.2.7): partition and logical object identifier; FCS and
 * LCS, which tell of sequences of commands, say nothing to a drive that takes them one by one.
 */
static bool is_explicit(const struct vtl_cmd *cmd)
{
	return cmd->op->len == 16;
}

uint32_t tape_length(const struct vtl_cmd *cmd)
{
	return get_be24(cmd->cdb + (is_explicit(cmd) ? 12 : 2));
}

/* What a drive writes: limits of its model, on what is left without protection information. */
static bool is_writable_length(const struct vtl_tape *t)
{
	const struct vtl_drive_model *m = t->model;
	uint32_t len = t->io.len - t->io.information;

	return t->io.len > t->io.information && len >= m->block_min && len <= m->block_max &&
	       !(len & ((1u << m->block_granularity) - 1));
}

/*
 * SSC-3 6.4 and 6.8; what READ, WRITE and their kin share: FIXED, the block's size. As LTO drives do, a read may ask
 * for more than any block has.
 */
bool tape_io_setup(struct vtl_cmd *cmd, uint8_t what, bool silent)
{
	struct vtl_tape *t = tape_of(cmd);
	struct tape_io *io = &t->io;
	uint32_t length = tape_length(cmd);
	bool writing = what == TAPE_LBP_W;

	memset(io, 0, sizeof(*io));
	io->method = tape_protection_method(cmd->nexus, what);
	io->information = io->method ? TAPE_INFORMATION : 0;
	io->op = MEDIA_OP_READ;
	io->fixed = cmd->cdb[1] & 0x01;
	io->sili = silent;
	io->count = io->fixed ? length : 1;
	io->len = io->fixed ? t->block_length : length;
	if (io->fixed && (io->sili || !t->block_length)) {
		vtl_cmd_bad_cdb(cmd, 1, io->sili ? 1 : 0);
		return false;
	}
	if ((uint64_t)io->len * io->count > UINT32_MAX || (writing && length && !is_writable_length(t))) {
		vtl_cmd_bad_cdb(cmd, is_explicit(cmd) ? 12 : 2, VTL_NO_BIT);
		return false;
	}
	if (is_explicit(cmd) && cmd->cdb[3] >= media_info(t->media)->geometry.partitions) {
		vtl_cmd_bad_cdb(cmd, 3, VTL_NO_BIT);
		return false;
	}
	t->cmd = cmd;
	t->activity = writing ? TAPE_WRITING : TAPE_READING;
	return true;
}

/* Notes where a transfer begins. */
static void io_here(struct vtl_tape *t)
{
	struct media_pos pos;

	media_tell(t->media, &pos);
	t->io.in_pewz = tape_beyond_pew(t, &pos);
	t->io.first = pos.object;
}

static void go_on(struct vtl_tape *t)
{
	tape_start_now(t, t->io.then);
}

static bool arrived(struct vtl_tape *t)
{
	struct vtl_sense_extra extra = { 0 };
	struct media_pos pos;

	if (!t->req.err) {
		tape_wait(t, tape_way_ms(t, VTL_TIME_POSITION), go_on);
		return false;
	}
	media_tell(t->media, &pos);
	extra.eom = t->req.err == MEDIA_EOD && pos.early_warning;
	tape_fail(t, t->req.err, false, &extra);
	return false;
}

static bool go_there(struct vtl_tape *t)
{
	struct media_req *req = tape_req(t, MEDIA_OP_LOCATE_OBJECT);
	uint64_t object = get_be64(t->cmd->cdb + 4);

	req->count = object > INT64_MAX ? INT64_MAX : (int64_t)object;
	req->partition = t->cmd->cdb[3];
	tape_sets_out(t);
	t->step = arrived;
	return true;
}

void tape_io_start(struct vtl_tape *t, bool (*then)(struct vtl_tape *t))
{
	const struct vtl_cmd *cmd = t->cmd;
	enum vtl_sense sense = tape_keys_apply(t, t->activity == TAPE_WRITING);
	struct media_pos pos;

	if (sense != SENSE_NONE) {
		free(t->compare);
		t->compare = NULL;
		tape_end(t, sense, NULL);
		return;
	}
	media_tell(t->media, &pos);
	t->io.then = then;
	if (is_explicit(cmd) && (pos.partition != cmd->cdb[3] || pos.object != get_be64(cmd->cdb + 4)))
		tape_start(t, go_there);
	else
		tape_start_now(t, then);
}

/* INFORMATION: blocks in fixed mode, bytes in variable mode. */
int64_t tape_io_residual(const struct tape_io *io)
{
	return io->fixed ? (int64_t)io->count - io->done : io->done ? 0 : (int64_t)io->len;
}

/* ---- READ ---- */

static void read_prepare(struct vtl_tape *t)
{
	struct vtl_cmd *cmd = t->cmd;
	struct media_req *req = tape_req(t, t->io.op);
	uint32_t room = cmd->in_len - cmd->in_used;

	/* The initiator may have left room for less than it asks for: the rest of the block is not sent. */
	req->len = t->io.len < room ? t->io.len : room;
	req->buf = req->len ? cmd->in + cmd->in_used : NULL;
}

/* Of a block that was read into cmd->in. */
static uint32_t take_read(struct vtl_tape *t)
{
	uint32_t len = tape_protect(t, t->req.buf, t->req.actual, t->req.len);

	t->cmd->in_used += len;
	return t->req.actual + t->io.information;
}

/* SSC-3 6.4: when SILI is set, an incorrect length is told only if it is an overlength and a block length is set. */
bool tape_tells_length(const struct vtl_tape *t, uint32_t actual)
{
	if (actual == t->io.len)
		return false;
	return !t->io.sili || (actual > t->io.len && t->block_length);
}

/* With REW, the read that gets beyond early warning tells it. */
static void end_read(struct vtl_tape *t)
{
	struct vtl_sense_extra extra = { .eom = true, .valid = true };
	struct media_pos pos;

	media_tell(t->media, &pos);
	if (pos.early_warning && !t->io.in_ew && tape_early_warning_on_read(t))
		tape_end(t, SENSE_EARLY_WARNING, &extra);
	else
		tape_end(t, SENSE_NONE, NULL);
}

static bool read_step(struct vtl_tape *t)
{
	const struct media_req *req = &t->req;
	struct tape_io *io = &t->io;
	struct vtl_sense_extra extra = { .valid = true, .information = tape_io_residual(io) };
	struct media_pos pos;
	uint32_t actual;

	if (req->err == MEDIA_EOD && io->op == MEDIA_OP_RECOVER) {
		extra.eom = true;
		tape_end(t, SENSE_BUFFER_END, &extra);
		return false;
	}
	if (req->err) {
		media_tell(t->media, &pos);
		extra.eom = req->err == MEDIA_EOD && pos.early_warning;
		tape_fail(t, req->err, false, &extra);
		return false;
	}
	actual = take_read(t);
	t->tally.blocks_read += io->op == MEDIA_OP_READ;
	if (tape_tells_length(t, actual)) {
		/* In fixed mode the block of wrong length does not count, though what there is of it is sent. */
		extra.ili = true;
		if (!io->fixed)
			extra.information = (int64_t)io->len - actual;
		tape_end(t, SENSE_NONE, &extra);
		return false;
	}
	if (++io->done < io->count) {
		read_prepare(t);
		return true;
	}
	end_read(t);
	return false;
}

static bool read_first(struct vtl_tape *t)
{
	struct media_pos pos;

	media_tell(t->media, &pos);
	t->io.in_ew = pos.early_warning;
	t->step = read_step;
	read_prepare(t);
	return true;
}

/* READ(6), SSC-3 6.4; READ(16), 5.2 */
void tape_read(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);

	if (!tape_io_setup(cmd, TAPE_LBP_R, cmd->cdb[1] & 0x02))
		return;
	if (!tape_length(cmd))
		tape_end(t, SENSE_NONE, NULL);
	else
		tape_io_start(t, read_first);
}

/*
 * RECOVER BUFFERED DATA, SSC-5 6.7: what the last deferred error told of as lost, in the order in which it was written,
 * until something else is done with the medium. READ POSITION counts it as what the buffer holds.
 */
void tape_recover_buffered_data(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);

	if (!tape_io_setup(cmd, TAPE_RBDP, cmd->cdb[1] & 0x02))
		return;
	t->io.op = MEDIA_OP_RECOVER;
	if (!tape_length(cmd))
		tape_end(t, SENSE_NONE, NULL);
	else
		tape_io_start(t, read_first);
}

/* ---- what changes the medium ---- */

/* Ends a command that has written: reports early warning and programmable early warning (SSC-4). */
static void end_written(struct vtl_tape *t)
{
	struct vtl_sense_extra extra = { .eom = true, .valid = true };
	struct media_pos pos;

	media_tell(t->media, &pos);
	if (pos.early_warning)
		tape_end(t, SENSE_EARLY_WARNING, &extra);
	else if (!t->io.in_pewz && tape_beyond_pew(t, &pos))
		tape_end(t, SENSE_PROGRAMMABLE_EARLY_WARNING, &extra);
	else
		tape_end(t, SENSE_NONE, NULL);
}

/* Whether a write's blocks must be on the medium before its status (unbuffered mode; SEW beyond early warning). */
static bool must_wait(const struct vtl_tape *t)
{
	struct media_pos pos;

	media_tell(t->media, &pos);
	return !t->buffered || (pos.early_warning && tape_sync_at_early_warning(t, pos.buffered_bytes));
}

static bool write_synced(struct vtl_tape *t)
{
	const struct media_req *req = &t->req;
	struct tape_io *io = &t->io;
	struct vtl_sense_extra extra = { .valid = true };

	if (!req->err) {
		t->unsynced = false;
		end_written(t);
		return false;
	}
	/* Everything from object `lost` on is gone; what of it came before this command is deferred. */
	if (req->deferred && req->lost < io->first) {
		extra.deferred = true;
		io->done = 0;
	} else {
		io->done = req->deferred ? (uint32_t)(req->lost - io->first) : 0;
	}
	extra.information = tape_io_residual(io);
	tape_fail(t, req->err, true, &extra);
	return false;
}

static bool write_wait(struct vtl_tape *t)
{
	t->io.wait = true;
	t->step = write_synced;
	tape_req(t, MEDIA_OP_SYNC);
	return true;
}

static void write_prepare(struct vtl_tape *t)
{
	struct media_req *req = tape_req(t, MEDIA_OP_WRITE);

	req->buf = t->cmd->out + (size_t)t->io.done * t->io.len;
	req->len = t->io.len - t->io.information;
}

static bool write_step(struct vtl_tape *t)
{
	struct tape_io *io = &t->io;
	struct vtl_sense_extra extra = { .valid = true, .information = tape_io_residual(io) };

	if (t->req.err) {
		t->cmd->out_used = io->done * io->len;
		tape_fail(t, t->req.err, true, &extra);
		return false;
	}
	t->unsynced = true;
	t->tally.blocks_written++;
	if (++io->done < io->count) {
		if (tape_protected_ok(t)) {
			write_prepare(t);
			return true;
		}
		extra.information = tape_io_residual(io);
		t->cmd->out_used = io->done * io->len;
		tape_failed(t, SENSE_GUARD_CHECK_FAILED);
		tape_end(t, SENSE_GUARD_CHECK_FAILED, &extra);
		return false;
	}
	if (must_wait(t))
		return write_wait(t);
	end_written(t);
	return false;
}

static bool write_first(struct vtl_tape *t)
{
	t->step = write_step;
	write_prepare(t);
	return true;
}

/*
 * Ends the command and returns false if the medium cannot be written, or a WRITE's first block is not what its CRC
 * says: nothing has changed then, not even what ALLOW OVERWRITE allowed.
 */
static bool may_write(struct vtl_cmd *cmd)
{
	struct vtl_sense_extra extra = { .valid = true, .information = tape_io_residual(&tape_of(cmd)->io) };
	struct vtl_tape *t = tape_of(cmd);
	enum vtl_sense sense = tape_not_writable(t);

	if (sense == SENSE_NONE && !tape_protected_ok(t)) {
		cmd->out_used = 0;
		tape_failed(t, SENSE_GUARD_CHECK_FAILED);
		tape_end(t, SENSE_GUARD_CHECK_FAILED, &extra);
		return false;
	}
	if (sense == SENSE_NONE)
		sense = tape_may_change(t);
	if (sense == SENSE_NONE) {
		tape_mam_changing(t);
		tape_encrypted_changing(t);
		return true;
	}
	t->cmd = cmd;
	tape_alert_for(t, sense);
	tape_end(t, sense, NULL);
	return false;
}

static bool write_begin(struct vtl_tape *t)
{
	io_here(t);
	if (!may_write(t->cmd))
		return false;
	tape_encrypted_writing(t);
	return write_first(t);
}

/* WRITE(6), SSC-3 6.8; WRITE(16), 5.8 */
void tape_write(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);

	if (!tape_io_setup(cmd, TAPE_LBP_W, false))
		return;
	if (!tape_length(cmd))
		tape_end(t, SENSE_NONE, NULL);
	else if (vtl_cmd_has_out(cmd, t->io.len * t->io.count))
		tape_io_start(t, write_begin);
}

static bool filemarks_step(struct vtl_tape *t)
{
	const struct media_req *req = &t->req;
	struct vtl_sense_extra extra = { .valid = true, .information = (int64_t)req->residual };

	if (req->err) {
		tape_fail(t, req->err, true, &extra);
		return false;
	}
	t->unsynced = req->immediate;
	if (req->count)
		end_written(t);
	else
		tape_end(t, SENSE_NONE, NULL);
	return false;
}

static bool filemarks_first(struct vtl_tape *t)
{
	struct media_req *req = tape_req(t, MEDIA_OP_FILEMARKS);

	req->count = tape_length(t->cmd);
	req->immediate = t->cmd->cdb[1] & 0x01;
	req->setmarks = t->cmd->cdb[1] & 0x02;	/* WSMK */
	t->step = filemarks_step;
	return true;
}

static bool filemarks_begin(struct vtl_tape *t)
{
	io_here(t);
	return (!tape_length(t->cmd) || may_write(t->cmd)) && filemarks_first(t);
}

static bool bad_partition(struct vtl_cmd *cmd)
{
	if (!is_explicit(cmd) || cmd->cdb[3] < media_info(tape_of(cmd)->media)->geometry.partitions)
		return false;
	vtl_cmd_bad_cdb(cmd, 3, VTL_NO_BIT);
	return true;
}

/* WRITE FILEMARKS(6), SSC-3 6.9; (16), 5.9. A count of zero is a flush, and needs no permission to write. */
void tape_write_filemarks(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);

	if (bad_partition(cmd))
		return;
	memset(&t->io, 0, sizeof(t->io));
	t->cmd = cmd;
	t->activity = TAPE_WRITING;
	if (tape_length(cmd))
		tape_io_start(t, filemarks_begin);
	else
		tape_start_now(t, filemarks_begin);
}

static bool erased(struct vtl_tape *t)
{
	if (t->req.err)
		tape_fail(t, t->req.err, true, NULL);
	else
		tape_end(t, SENSE_NONE, NULL);
	return false;
}

static bool erase_first(struct vtl_tape *t)
{
	tape_req(t, MEDIA_OP_ERASE);
	t->step = erased;
	return true;
}

static void erase(struct vtl_tape *t)
{
	tape_start(t, erase_first);
}

/* The position is where the command says: the rest may go on after status. */
static bool erase_begin(struct vtl_tape *t)
{
	struct vtl_cmd *cmd = t->cmd;

	if (may_write(cmd))
		tape_begin(cmd, cmd->cdb[1] & 0x02, TAPE_ERASING, erase);
	return false;
}

/*
 * ERASE(6), SSC-3 6.2; ERASE(16), 5.1. A long erase has nothing more to do: what end of data cuts off is given back
 * to the store.
 */
void tape_erase(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);

	if (bad_partition(cmd))
		return;
	memset(&t->io, 0, sizeof(t->io));
	t->cmd = cmd;
	t->activity = TAPE_ERASING;
	t->long_erase = cmd->cdb[1] & 0x01;
	tape_io_start(t, erase_begin);
}

/* READ BLOCK LIMITS, SSC-3 7.5; with MLOI, SSC-4 */
void tape_read_block_limits(struct vtl_cmd *cmd)
{
	const struct vtl_drive_model *m = tape_of(cmd)->model;
	struct vtl_reply r;

	vtl_reply_cmd(&r, cmd, UINT32_MAX);
	if (cmd->cdb[1] & 0x01) {	/* MLOI */
		vtl_put_zero(&r, 12);
		vtl_put64(&r, INT64_MAX);
	} else {
		vtl_put8(&r, m->block_granularity);
		vtl_put24(&r, m->block_max);
		vtl_put16(&r, (uint16_t)m->block_min);
	}
	vtl_cmd_reply(cmd, &r);
}
