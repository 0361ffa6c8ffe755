/* SPDX-License-Identifier: GPL-2.0-only */
/* LZ4, as a bare block: level 1 is the fast one, those above are the high-compression encoder's. */
#include <lz4.h>
#include <lz4hc.h>
#include <stdlib.h>

#include "codec_row.h"

#define FAST	1

struct lz4_state {
	void *fast, *high;	/* what the encoders work in, from their first use on */
};

static struct lz4_state *state_of(void **state)
{
	if (!*state)
		*state = calloc(1, sizeof(struct lz4_state));
	return *state;
}

static void *memory(void **p, int size)
{
	if (!*p)
		*p = malloc((size_t)size);
	return *p;
}

/* The result may take at most len - 1 bytes: whoever needs more did not shrink, and stops there. */
static size_t lz4_encode(void **state, int level, const void *src, size_t len, void *dst)
{
	struct lz4_state *s = state_of(state);
	int n = 0;

	if (!s || len < 2 || len > LZ4_MAX_INPUT_SIZE)
		return 0;
	if (level <= FAST && memory(&s->fast, LZ4_sizeofState()))
		n = LZ4_compress_fast_extState(s->fast, src, dst, (int)len, (int)len - 1, 1);
	else if (level > FAST && memory(&s->high, LZ4_sizeofStateHC()))
		n = LZ4_compress_HC_extStateHC(s->high, src, dst, (int)len, (int)len - 1, level);
	return n > 0 ? (size_t)n : 0;
}

static bool lz4_decode(void **state, const void *src, size_t len, void *dst, size_t dst_len)
{
	/* No memory is needed, but its absence means that there is none. */
	if (!state_of(state) || !len || len > LZ4_MAX_INPUT_SIZE || dst_len > LZ4_MAX_INPUT_SIZE)
		return false;
	return LZ4_decompress_safe(src, dst, (int)len, (int)dst_len) == (int)dst_len;
}

static void lz4_free(void *state)
{
	struct lz4_state *s = state;

	free(s->fast);
	free(s->high);
	free(s);
}

const struct media_codec_row media_codec_lz4 = {
	.name = "lz4",
	.preset = 1,
	.max_level = LZ4HC_CLEVEL_MAX,
	.encode = lz4_encode,
	.decode = lz4_decode,
	.free = lz4_free,
};
