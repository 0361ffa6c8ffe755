/* SPDX-License-Identifier: GPL-2.0-only */
/* A bounded writer for data-in: counts all that is put, stores only what the initiator left room for. */
#ifndef CORE_REPLY_H
#define CORE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vtl_cmd;

/* `len` is the virtual length: length fields are computed from it, whatever was truncated. */
struct vtl_reply {
	uint8_t *buf;		/* may be NULL if size is 0 */
	uint32_t size;		/* bytes that may be stored */
	uint64_t len;		/* bytes put so far */
};

/* Into a command's data-in, at most `allocation` bytes. UINT32_MAX: the command has no allocation length. */
void vtl_reply_cmd(struct vtl_reply *r, struct vtl_cmd *cmd, uint32_t allocation);
/* Into any memory. (NULL, 0): only measures. */
void vtl_reply_mem(struct vtl_reply *r, void *buf, uint32_t size);

void vtl_put_bytes(struct vtl_reply *r, const void *data, size_t len);
void vtl_put_zero(struct vtl_reply *r, size_t len);
void vtl_put8(struct vtl_reply *r, uint8_t v);
void vtl_put16(struct vtl_reply *r, uint16_t v);
void vtl_put24(struct vtl_reply *r, uint32_t v);
void vtl_put32(struct vtl_reply *r, uint32_t v);
void vtl_put48(struct vtl_reply *r, uint64_t v);
void vtl_put64(struct vtl_reply *r, uint64_t v);
/* `text` left-aligned in `width` bytes, cut or blank-padded (SPC-5 4.3.1). */
void vtl_put_text(struct vtl_reply *r, const char *text, size_t width);

/* Overwrites what was put at `at` before, as far as it was stored: for length fields written afterwards. */
void vtl_patch_bytes(struct vtl_reply *r, uint64_t at, const void *data, size_t len);
void vtl_patch8(struct vtl_reply *r, uint64_t at, uint8_t v);
void vtl_patch16(struct vtl_reply *r, uint64_t at, uint16_t v);
void vtl_patch24(struct vtl_reply *r, uint64_t at, uint32_t v);
void vtl_patch32(struct vtl_reply *r, uint64_t at, uint32_t v);

/* Bytes really stored: min(size, len). */
uint32_t vtl_reply_stored(const struct vtl_reply *r);

#endif
