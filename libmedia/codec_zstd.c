/* SPDX-License-Identifier: GPL-2.0-only */
/* Zstandard: one frame a block, without a checksum of its own, since every record has one. */
#include <stdlib.h>
#include <zstd.h>

#include "codec_row.h"

#define MOST	19	/* beyond it a block gains nothing and takes hundreds of megabytes */

struct zstd_state {
	ZSTD_CCtx *encoder;
	ZSTD_DCtx *decoder;
};

static struct zstd_state *state_of(void **state)
{
	if (!*state)
		*state = calloc(1, sizeof(struct zstd_state));
	return *state;
}

/* The result may take at most len - 1 bytes: whoever needs more did not shrink, and stops there. */
static size_t zstd_encode(void **state, int level, const void *src, size_t len, void *dst)
{
	struct zstd_state *s = state_of(state);
	size_t n;

	if (!s || len < 2)
		return 0;
	if (!s->encoder)
		s->encoder = ZSTD_createCCtx();
	if (!s->encoder)
		return 0;
	n = ZSTD_compressCCtx(s->encoder, dst, len - 1, src, len, level);
	return ZSTD_isError(n) ? 0 : n;
}

static void zstd_free(void *state)
{
	struct zstd_state *s = state;

	ZSTD_freeCCtx(s->encoder);
	ZSTD_freeDCtx(s->decoder);
	free(s);
}

static bool zstd_decode(void **state, const void *src, size_t len, void *dst, size_t dst_len)
{
	struct zstd_state *s = state_of(state);
	size_t n;

	if (!s || !len)
		return false;
	if (!s->decoder)
		s->decoder = ZSTD_createDCtx();
	if (!s->decoder) {
		/* Out of memory, not damaged: that there is no state says so. */
		zstd_free(s);
		*state = NULL;
		return false;
	}
	n = ZSTD_decompressDCtx(s->decoder, dst, dst_len, src, len);
	return !ZSTD_isError(n) && n == dst_len;
}

const struct media_codec_row media_codec_zstd = {
	.name = "zstd",
	.preset = 1,
	.max_level = MOST,
	.encode = zstd_encode,
	.decode = zstd_decode,
	.free = zstd_free,
};
