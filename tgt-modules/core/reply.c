/* SPDX-License-Identifier: GPL-2.0-only */
/* The bounded writer for data-in. */
#include <string.h>

#include "be.h"
#include "dev.h"
#include "reply.h"

void vtl_reply_mem(struct vtl_reply *r, void *buf, uint32_t size)
{
	r->buf = buf;
	r->size = buf ? size : 0;
	r->len = 0;
}

void vtl_reply_cmd(struct vtl_reply *r, struct vtl_cmd *cmd, uint32_t allocation)
{
	vtl_reply_mem(r, cmd->in, allocation < cmd->in_len ? allocation : cmd->in_len);
}

uint32_t vtl_reply_stored(const struct vtl_reply *r)
{
	return r->len < r->size ? (uint32_t)r->len : r->size;
}

/* How many of `len` bytes at `at` are inside the buffer. */
static size_t room_at(const struct vtl_reply *r, uint64_t at, size_t len)
{
	if (at >= r->size)
		return 0;
	return len < r->size - at ? len : (size_t)(r->size - at);
}

void vtl_put_bytes(struct vtl_reply *r, const void *data, size_t len)
{
	size_t n = room_at(r, r->len, len);

	if (n)
		memcpy(r->buf + r->len, data, n);
	r->len += len;
}

void vtl_put_zero(struct vtl_reply *r, size_t len)
{
	size_t n = room_at(r, r->len, len);

	if (n)
		memset(r->buf + r->len, 0, n);
	r->len += len;
}

void vtl_put8(struct vtl_reply *r, uint8_t v)
{
	vtl_put_bytes(r, &v, 1);
}

void vtl_put16(struct vtl_reply *r, uint16_t v)
{
	uint8_t b[2];

	put_be16(b, v);
	vtl_put_bytes(r, b, sizeof(b));
}

void vtl_put24(struct vtl_reply *r, uint32_t v)
{
	uint8_t b[3];

	put_be24(b, v);
	vtl_put_bytes(r, b, sizeof(b));
}

void vtl_put32(struct vtl_reply *r, uint32_t v)
{
	uint8_t b[4];

	put_be32(b, v);
	vtl_put_bytes(r, b, sizeof(b));
}

void vtl_put48(struct vtl_reply *r, uint64_t v)
{
	uint8_t b[6];

	put_be48(b, v);
	vtl_put_bytes(r, b, sizeof(b));
}

void vtl_put64(struct vtl_reply *r, uint64_t v)
{
	uint8_t b[8];

	put_be64(b, v);
	vtl_put_bytes(r, b, sizeof(b));
}

void vtl_put_text(struct vtl_reply *r, const char *text, size_t width)
{
	size_t len = strnlen(text, width);

	vtl_put_bytes(r, text, len);
	while (len++ < width)
		vtl_put8(r, ' ');
}

void vtl_patch_bytes(struct vtl_reply *r, uint64_t at, const void *data, size_t len)
{
	size_t n = room_at(r, at, len);

	if (n)
		memcpy(r->buf + at, data, n);
}

void vtl_patch8(struct vtl_reply *r, uint64_t at, uint8_t v)
{
	vtl_patch_bytes(r, at, &v, 1);
}

void vtl_patch16(struct vtl_reply *r, uint64_t at, uint16_t v)
{
	uint8_t b[2];

	put_be16(b, v);
	vtl_patch_bytes(r, at, b, sizeof(b));
}

void vtl_patch24(struct vtl_reply *r, uint64_t at, uint32_t v)
{
	uint8_t b[3];

	put_be24(b, v);
	vtl_patch_bytes(r, at, b, sizeof(b));
}

void vtl_patch32(struct vtl_reply *r, uint64_t at, uint32_t v)
{
	uint8_t b[4];

	put_be32(b, v);
	vtl_patch_bytes(r, at, b, sizeof(b));
}
