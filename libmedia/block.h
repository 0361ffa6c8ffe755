/* SPDX-License-Identifier: GPL-2.0-only */
/* One block, to and from the payload of a record. Stateless: may run for many blocks at once. */
#ifndef MEDIA_BLOCK_H
#define MEDIA_BLOCK_H

#include "codec.h"
#include "format.h"

/* Bytes that `dst` of mblock_encode() must have. */
size_t mblock_bound(enum media_codec codec, uint32_t len);

/* Encodes a block into `dst`, and fills type, codec, flags, lengths and CRCs of `rec`. */
void mblock_encode(struct media_codec_scratch *scratch, enum media_codec codec, int level, const void *data,
		   uint32_t len, uint8_t *dst, struct mfmt_record *rec);

/*
 * Checks extension area and payload, which follow each other at `body`, against the header.
 * MEDIA_CORRUPT, MEDIA_VERSION.
 */
enum media_err mblock_check(const struct mfmt_record *rec, const uint8_t *body) __attribute__((warn_unused_result));

/*
 * Decodes a payload that mblock_check() found good into rec->host_len bytes, and checks these. With codec none
 * and dst NULL it is checked only. MEDIA_CORRUPT, MEDIA_VERSION, MEDIA_NOMEM.
 */
enum media_err mblock_decode(struct media_codec_scratch *scratch, const struct mfmt_record *rec, const uint8_t *payload,
			     uint8_t *dst) __attribute__((warn_unused_result));

#endif
