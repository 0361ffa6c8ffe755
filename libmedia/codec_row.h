/* SPDX-License-Identifier: GPL-2.0-only */
/* What a codec is: a row of the table in codec.c. */
#ifndef MEDIA_CODEC_ROW_H
#define MEDIA_CODEC_ROW_H

#include <stdbool.h>
#include <stddef.h>

/*
 * `state` is the codec's own working memory in a scratch: NULL at first, allocated by encode() or decode(), and
 * freed by free().
 */
struct media_codec_row {
	const char *name;
	int preset, max_level;	/* levels are 1 to max_level; preset is what 0 means */
	/* Bytes that encode() may write for a block of `len`; NULL: never more than `len`. */
	size_t (*bound)(size_t len);
	/* The length of the result, 0 if it is not below `len` or there is no memory. */
	size_t (*encode)(void **state, int level, const void *src, size_t len, void *dst);
	/* Whether `src` expanded to exactly `dst_len` bytes. Any input is safe. */
	bool (*decode)(void **state, const void *src, size_t len, void *dst, size_t dst_len);
	void (*free)(void *state);
};

extern const struct media_codec_row media_codec_zlib, media_codec_lz4, media_codec_zstd, media_codec_lzo;

#endif
