/* SPDX-License-Identifier: GPL-2.0-only */
/* One block, to and from the payload of a record. Stateless: may run for many blocks at once. */
#ifndef MEDIA_BLOCK_H
#define MEDIA_BLOCK_H

#include "codec.h"
#include "format.h"

/* Working memory for encoding and decoding: of one thread at a time. All zeros at first. */
struct mblock_worker {
	struct media_codec_scratch *scratch;
	uint8_t *buf;
	size_t room;
};
void mblock_worker_free(struct mblock_worker *worker);

/* What is to be done to a block on its way to the medium. */
struct mblock_how {
	enum media_codec codec;
	int level;
	bool discard;			/* nothing of it is kept but its length; then codec is none */
	bool sealed;			/* its payload will be encrypted: the CRCs come then */
};

/*
 * Encodes a block where it lies: its payload, never longer, takes its place. Fills type, codec, flags, lengths and
 * CRCs of `rec` (not those, if it will be encrypted). Without memory to work in, the block stays as it is.
 */
void mblock_encode(struct mblock_worker *worker, const struct mblock_how *how, uint8_t *data, uint32_t len,
		   struct mfmt_record *rec);

/*
 * Checks extension area and payload, which follow each other at `body`, against the header.
 * MEDIA_CORRUPT, MEDIA_VERSION.
 */
enum media_err mblock_check(const struct mfmt_record *rec, const uint8_t *body) __attribute__((warn_unused_result));

/*
 * Decodes a payload that mblock_check() found good into rec->host_len bytes, and checks these. With codec none
 * and dst NULL it is checked only. MEDIA_CORRUPT, MEDIA_VERSION, MEDIA_NOMEM.
 */
enum media_err mblock_decode(struct mblock_worker *worker, const struct mfmt_record *rec, const uint8_t *payload,
			     uint8_t *dst) __attribute__((warn_unused_result));

#endif
