/* SPDX-License-Identifier: GPL-2.0-only */
/* LZO1X-1, which tape software of old compresses with, too. */
#include <lzo/lzo1x.h>
#include <stdlib.h>

#include "codec_row.h"

static void *state_of(void **state)
{
	if (!*state && lzo_init() == LZO_E_OK)
		*state = malloc(LZO1X_1_MEM_COMPRESS);
	return *state;
}

/* What does not shrink may grow by this. */
static size_t lzo_bound(size_t len)
{
	return len + len / 16 + 64 + 3;
}

static size_t lzo_encode(void **state, int level, const void *src, size_t len, void *dst)
{
	lzo_uint n = 0;

	if (!state_of(state) || lzo1x_1_compress(src, len, dst, &n, *state) != LZO_E_OK || n >= len)
		return 0;
	return n;
}

static bool lzo_decode(void **state, const void *src, size_t len, void *dst, size_t dst_len)
{
	lzo_uint n = dst_len;

	return state_of(state) && len && lzo1x_decompress_safe(src, len, dst, &n, NULL) == LZO_E_OK && n == dst_len;
}

const struct media_codec_row media_codec_lzo = {
	.name = "lzo",
	.preset = 1,
	.max_level = 1,
	.bound = lzo_bound,
	.encode = lzo_encode,
	.decode = lzo_decode,
	.free = free,
};
