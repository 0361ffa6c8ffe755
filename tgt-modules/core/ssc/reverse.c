/* SPDX-License-Identifier: GPL-2.0-only */
/* READ REVERSE (SSC-5 6.5, 5.4). */
#include <stdlib.h>

#include "tape_impl.h"

enum { REVERSE_BYTORD = 0x04, REVERSE_SILI = 0x02 };
/* A block that is read backward: the position goes before it, it is read, the position goes before it again. */
enum { BACK, READ, BACK_AGAIN };

static bool space_back(struct vtl_tape *t, unsigned phase)
{
	tape_req(t, MEDIA_OP_SPACE_BLOCKS)->count = -1;
	t->io.phase = phase;
	return true;
}

#define MOST	(MEDIA_MAX_BLOCK + TAPE_INFORMATION)

/* All of it, whatever its length: its end is met first. */
static bool read_block(struct vtl_tape *t)
{
	struct media_req *req = tape_req(t, MEDIA_OP_READ);

	t->whole = malloc(MOST);
	if (!t->whole) {
		tape_end(t, SENSE_INSUFFICIENT_RESOURCES, NULL);
		return false;
	}
	req->len = MOST;
	req->buf = t->whole;
	t->io.phase = READ;
	return true;
}

static void reverse_bytes(uint8_t *p, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len / 2; i++) {
		uint8_t b = p[i];

		p[i] = p[len - 1 - i];
		p[len - 1 - i] = b;
	}
}

static void forget_block(struct vtl_tape *t)
{
	free(t->whole);
	t->whole = NULL;
}

/* Of a block that is longer than what is asked for, the end is sent: what a tape that runs back meets first. */
static void take_block(struct vtl_tape *t)
{
	struct tape_io *io = &t->io;
	struct vtl_cmd *cmd = t->cmd;
	uint32_t len, room = cmd->in_len - cmd->in_used;
	uint8_t *tail;

	io->err = t->req.err;
	if (!io->err) {
		io->first = tape_protect(t, t->whole, t->req.actual, MOST);
		io->told = tape_tells_length(t, (uint32_t)io->first);
		len = io->first < io->len ? (uint32_t)io->first : io->len;
		tail = t->whole + io->first - len;
		if (io->reversed)
			reverse_bytes(tail, len);
		len = len < room ? len : room;
		if (len)
			memcpy(cmd->in + cmd->in_used, tail, len);
		cmd->in_used += len;
	}
	forget_block(t);
}

/* The position is before the block again. */
static bool block_done(struct vtl_tape *t)
{
	struct tape_io *io = &t->io;
	struct vtl_sense_extra extra = { .valid = true, .information = tape_io_residual(io) };

	if (!io->err)
		io->err = t->req.err;
	if (io->err) {
		tape_fail(t, io->err, false, &extra);
		return false;
	}
	if (io->told) {
		extra.ili = true;
		if (!io->fixed)
			extra.information = (int64_t)io->len - (int64_t)io->first;
		tape_end(t, SENSE_NONE, &extra);
		return false;
	}
	if (++io->done < io->count)
		return space_back(t, BACK);
	tape_end(t, SENSE_NONE, NULL);
	return false;
}

static bool reverse_step(struct vtl_tape *t)
{
	struct vtl_sense_extra extra = { .valid = true, .information = tape_io_residual(&t->io) };

	switch (t->io.phase) {
	case READ:
		take_block(t);
		return space_back(t, BACK_AGAIN);
	case BACK_AGAIN:
		return block_done(t);
	default:
		if (!t->req.err)
			return read_block(t);
		tape_fail(t, t->req.err, false, &extra);
		return false;
	}
}

static bool reverse_first(struct vtl_tape *t)
{
	t->step = reverse_step;
	return space_back(t, BACK);
}

static bool reverse_begin(struct vtl_tape *t)
{
	tape_start(t, reverse_first);
	return false;
}

/*
 * READ REVERSE(6), SSC-5 6.5; (16), 5.4. Without BYTORD the last byte of a block, which is one of its protection
 * information, comes first.
 */
void tape_read_reverse(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);

	/* left there if the one before was ended by something else than its blocks */
	forget_block(t);
	if (!tape_io_setup(cmd, TAPE_LBP_R, cmd->cdb[1] & REVERSE_SILI))
		return;
	t->io.reversed = !(cmd->cdb[1] & REVERSE_BYTORD);
	if (!tape_length(cmd))
		tape_end(t, SENSE_NONE, NULL);
	else
		tape_io_start(t, reverse_begin);
}
