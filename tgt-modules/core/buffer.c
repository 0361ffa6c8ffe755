/* SPDX-License-Identifier: GPL-2.0-only */
/* READ BUFFER and WRITE BUFFER (SPC-5 6.21, 6.49): data and echo buffers, and firmware that is accepted and dropped. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define DATA_LEN	65536u
#define ECHO_LEN	4096u

/* Buffer 1 of a tape drive is its dump: there is never one. */
enum { BUFFER_DATA = 0, BUFFER_DUMP = 1 };

struct vtl_buffers {
	uint8_t data[DATA_LEN];
	uint8_t echo[ECHO_LEN];
	uint32_t echo_len;
	const struct vtl_nexus *echo_of;	/* whose it is */
};

void vtl_buffers_free(struct vtl_dev *dev)
{
	free(dev->buffers);
	dev->buffers = NULL;
}

void vtl_buffers_nexus_lost(struct vtl_nexus *nexus)
{
	struct vtl_buffers *b = nexus->dev->buffers;

	if (b && b->echo_of == nexus)
		b->echo_of = NULL;
}

/* NULL, the command ended: no memory. */
static struct vtl_buffers *need_buffers(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);

	if (!dev->buffers)
		dev->buffers = calloc(1, sizeof(*dev->buffers));
	if (!dev->buffers)
		vtl_cmd_check(cmd, SENSE_INSUFFICIENT_RESOURCES, NULL);
	return dev->buffers;
}

/* Fields of both CDBs. */
static uint8_t buffer_id(const struct vtl_cmd *cmd)
{
	return cmd->cdb[2];
}

static uint32_t offset(const struct vtl_cmd *cmd)
{
	return get_be24(cmd->cdb + 3);
}

static uint32_t length(const struct vtl_cmd *cmd)
{
	return get_be24(cmd->cdb + 6);
}

/* How many bytes a buffer holds; -1: there is no such. */
static int capacity(const struct vtl_dev *dev, uint8_t id)
{
	if (id == BUFFER_DATA)
		return (int)DATA_LEN;
	return id == BUFFER_DUMP && dev->type->peripheral == 0x01 ? 0 : -1;
}

/* ---- READ BUFFER ---- */

static void put_data(struct vtl_cmd *cmd, struct vtl_reply *r)
{
	const struct vtl_dev *dev = vtl_cmd_dev(cmd);
	uint32_t from = offset(cmd), size = (uint32_t)capacity(dev, buffer_id(cmd));

	if (dev->buffers && size)
		vtl_put_bytes(r, dev->buffers->data + from, size - from);
	else
		vtl_put_zero(r, size - from);
	vtl_cmd_reply(cmd, r);
}

/* Mode 02h, and 00h with a header before. */
static void read_data(struct vtl_cmd *cmd)
{
	int size = capacity(vtl_cmd_dev(cmd), buffer_id(cmd));
	struct vtl_reply r;

	if (size < 0) {
		vtl_cmd_bad_cdb(cmd, 2, 7);
		return;
	}
	if (offset(cmd) > (uint32_t)size) {
		vtl_cmd_bad_cdb(cmd, 3, 7);
		return;
	}
	vtl_reply_cmd(&r, cmd, length(cmd));
	if ((cmd->cdb[1] & 0x1f) == 0)
		vtl_put32(&r, (uint32_t)size);
	put_data(cmd, &r);
}

/* Mode 03h: OFFSET BOUNDARY 0, any byte. A buffer that is not there has a capacity of zero. */
static void read_descriptor(struct vtl_cmd *cmd)
{
	int size = capacity(vtl_cmd_dev(cmd), buffer_id(cmd));
	struct vtl_reply r;

	if (offset(cmd)) {
		vtl_cmd_bad_cdb(cmd, 3, 7);
		return;
	}
	vtl_reply_cmd(&r, cmd, length(cmd));
	vtl_put32(&r, size > 0 ? (uint32_t)size : 0);
	vtl_cmd_reply(cmd, &r);
}

/* Mode 0Ah */
static void read_echo(struct vtl_cmd *cmd)
{
	const struct vtl_buffers *b = vtl_cmd_dev(cmd)->buffers;
	struct vtl_reply r;

	if (b && b->echo_of == cmd->nexus) {
		vtl_reply_cmd(&r, cmd, length(cmd));
		vtl_put_bytes(&r, b->echo, b->echo_len);
		vtl_cmd_reply(cmd, &r);
		return;
	}
	vtl_cmd_check(cmd, cmd->nexus->echo_overwritten ? SENSE_ECHO_BUFFER_OVERWRITTEN : SENSE_COMMAND_SEQUENCE, NULL);
	cmd->nexus->echo_overwritten = false;
}

/* Mode 0Bh; EBOS: what another overwrote is told */
static void read_echo_descriptor(struct vtl_cmd *cmd)
{
	struct vtl_reply r;

	vtl_reply_cmd(&r, cmd, length(cmd));
	vtl_put32(&r, 0x01000000 | ECHO_LEN);
	vtl_cmd_reply(cmd, &r);
}

/*
 * Mode 1Ch, error history (SPC-5 6.21.9). Buffers 00h to 03h are the directory, which has no entry; FEh and FFh give up
 * what was never taken.
 */
static void read_error_history(struct vtl_cmd *cmd)
{
	const struct vtl_dev *dev = vtl_cmd_dev(cmd);
	uint8_t id = buffer_id(cmd);
	struct vtl_reply r;

	if (id > 0x03 && id < 0xfe) {
		vtl_cmd_bad_cdb(cmd, 2, 7);
		return;
	}
	if (offset(cmd)) {
		vtl_cmd_bad_cdb(cmd, 3, 7);
		return;
	}
	vtl_reply_cmd(&r, cmd, length(cmd));
	if (id <= 0x03) {
		vtl_put_text(&r, dev->id.inquiry->vendor, 8);
		vtl_put8(&r, 1);
		vtl_put_zero(&r, 23);
	}
	vtl_cmd_reply(cmd, &r);
}

/* ---- WRITE BUFFER ---- */

static void write_data(struct vtl_cmd *cmd)
{
	uint32_t from = offset(cmd), len = length(cmd);
	struct vtl_buffers *b;

	if (buffer_id(cmd) != BUFFER_DATA) {
		vtl_cmd_bad_cdb(cmd, 2, 7);
		return;
	}
	if (from > DATA_LEN || len > DATA_LEN - from) {
		vtl_cmd_bad_cdb(cmd, from > DATA_LEN ? 3 : 6, 7);
		return;
	}
	if (!vtl_cmd_has_out(cmd, len))
		return;
	b = need_buffers(cmd);
	if (!b)
		return;
	if (len)
		memcpy(b->data + from, cmd->out, len);
	vtl_cmd_good(cmd);
}

static void write_echo(struct vtl_cmd *cmd)
{
	uint32_t len = length(cmd);
	struct vtl_buffers *b;
	struct vtl_nexus *nexus;

	if (len > ECHO_LEN) {
		vtl_cmd_bad_cdb(cmd, 6, 7);
		return;
	}
	if (!vtl_cmd_has_out(cmd, len))
		return;
	b = need_buffers(cmd);
	if (!b)
		return;
	for (nexus = cmd->nexus->dev->nexuses; nexus; nexus = nexus->next)
		nexus->echo_overwritten |= nexus == b->echo_of && nexus != cmd->nexus;
	if (len)
		memcpy(b->echo, cmd->out, len);
	b->echo_len = len;
	b->echo_of = cmd->nexus;
	cmd->nexus->echo_overwritten = false;
	vtl_cmd_good(cmd);
}

/*
 * Modes 04h to 07h and 0Dh to 0Fh. The image is dropped: this drive's firmware is its model. With offsets the first
 * piece stands for the whole, since nothing says which is the last.
 */
static void download(struct vtl_cmd *cmd)
{
	unsigned mode = cmd->cdb[1] & 0x1f;
	bool in_pieces = mode == 0x06 || mode == 0x07, deferred = mode == 0x0d || mode == 0x0e;

	if (!vtl_cmd_has_out(cmd, length(cmd)))
		return;
	if (!deferred && !(in_pieces && offset(cmd)))
		vtl_ua_all(vtl_cmd_dev(cmd), SENSE_MICROCODE_CHANGED, cmd->nexus);
	vtl_cmd_good(cmd);
}

/* ---- modes ---- */

struct mode {
	uint8_t code;
	void (*run)(struct vtl_cmd *cmd);
};

static const struct mode read_modes[] = {
	{ 0x00, read_data }, { 0x02, read_data }, { 0x03, read_descriptor }, { 0x0a, read_echo },
	{ 0x0b, read_echo_descriptor }, { 0x1c, read_error_history }, { 0 }
};

static const struct mode write_modes[] = {
	{ 0x02, write_data }, { 0x04, download }, { 0x05, download }, { 0x06, download }, { 0x07, download },
	{ 0x0a, write_echo }, { 0x0d, download }, { 0x0e, download }, { 0x0f, download }, { 0 }
};

static void dispatch(struct vtl_cmd *cmd, const struct mode *mode)
{
	for (; mode->run; mode++) {
		if (mode->code == (cmd->cdb[1] & 0x1f)) {
			mode->run(cmd);
			return;
		}
	}
	vtl_cmd_bad_cdb(cmd, 1, 4);
}

void vtl_read_buffer(struct vtl_cmd *cmd)
{
	dispatch(cmd, read_modes);
}

void vtl_write_buffer(struct vtl_cmd *cmd)
{
	dispatch(cmd, write_modes);
}
