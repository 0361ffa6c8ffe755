/* SPDX-License-Identifier: GPL-2.0-only */
/* Compression of single blocks: stateless between calls, and safe to run on many threads at once. */
#ifndef MEDIA_CODEC_H
#define MEDIA_CODEC_H

#include "media.h"

/* Working memory of the codecs. One thread at a time may use it; a worker keeps its own. */
struct media_codec_scratch;

/* NULL when out of memory. What a codec needs is allocated at its first use and kept. */
struct media_codec_scratch *media_codec_scratch_create(void);
void media_codec_scratch_free(struct media_codec_scratch *scratch);

/* Whether `codec` exists and has this level; 0 is always the default. */
bool media_codec_level_ok(enum media_codec codec, int level);

/* Bytes that `dst` of media_encode() must have for a block of `len` bytes. */
size_t media_codec_bound(enum media_codec codec, size_t len);

/*
 * Compresses `len` bytes into `dst`. Returns the length of the result, which is smaller than `len`; or 0 when
 * the block is to be stored as it is (MEDIA_CODEC_NONE): it does not shrink, or there was no memory. That a
 * block does not shrink is found out by a sample, in a fraction of the time of compressing it.
 */
size_t media_encode(struct media_codec_scratch *scratch, enum media_codec codec, int level, const void *src, size_t len,
		    void *dst);

/*
 * Expands a stored block of `len` bytes into exactly `dst_len` bytes. MEDIA_CORRUPT: it does not expand to
 * exactly that; MEDIA_VERSION: no such codec here; MEDIA_NOMEM. Any input is safe; after a failure the
 * content of `dst` is undefined.
 */
enum media_err media_decode(struct media_codec_scratch *scratch, enum media_codec codec, const void *src, size_t len,
			    void *dst, size_t dst_len) __attribute__((warn_unused_result));

#endif
