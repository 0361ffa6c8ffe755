/* SPDX-License-Identifier: GPL-2.0-only */
/* The zlib format (RFC 1950): ISA-L for speed, zlib for the levels that ISA-L has not. */
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <zlib.h>

#include "codec_row.h"

#define IGZIP_LEVELS	3	/* 1 to 3 are ISA-L's, above are zlib's */

struct zlib_state {
	struct isal_zstream deflate;
	uint8_t level_buf[ISAL_DEF_LVL3_DEFAULT];
	struct inflate_state inflate;
	z_stream slow;		/* zlib's encoder, at slow_level; 0: not set up */
	int slow_level;
	z_stream slow_inflate;
	bool slow_inflate_ready;
};

static struct zlib_state *state_of(void **state)
{
	if (!*state)
		*state = calloc(1, sizeof(struct zlib_state));
	return *state;
}

/* The result may take at most len - 1 bytes: whoever needs more did not shrink, and stops there. */
static size_t igzip_encode(struct zlib_state *s, int level, const void *src, size_t len, void *dst)
{
	struct isal_zstream *z = &s->deflate;

	isal_deflate_init(z);
	z->level = (uint32_t)level;
	z->level_buf = s->level_buf;
	z->level_buf_size = sizeof(s->level_buf);
	z->gzip_flag = IGZIP_ZLIB;
	z->end_of_stream = 1;
	z->next_in = (uint8_t *)src;
	z->avail_in = (uint32_t)len;
	z->next_out = dst;
	z->avail_out = (uint32_t)len - 1;
	if (isal_deflate(z) != COMP_OK || z->internal_state.state != ZSTATE_END)
		return 0;
	return z->total_out;
}

static size_t zlib_encode_slowly(struct zlib_state *s, int level, const void *src, size_t len, void *dst)
{
	z_stream *z = &s->slow;

	if (s->slow_level && s->slow_level != level) {
		deflateEnd(z);
		s->slow_level = 0;
	}
	if (!s->slow_level) {
		if (deflateInit(z, level) != Z_OK)
			return 0;
		s->slow_level = level;
	} else if (deflateReset(z) != Z_OK) {
		return 0;
	}
	z->next_in = (Bytef *)src;
	z->avail_in = (uInt)len;
	z->next_out = dst;
	z->avail_out = (uInt)len - 1;
	return deflate(z, Z_FINISH) == Z_STREAM_END ? z->total_out : 0;
}

static size_t zlib_encode(void **state, int level, const void *src, size_t len, void *dst)
{
	struct zlib_state *s = state_of(state);

	if (!s || len < 2 || len > UINT32_MAX)
		return 0;
	return level <= IGZIP_LEVELS ? igzip_encode(s, level, src, len, dst) :
				       zlib_encode_slowly(s, level, src, len, dst);
}

static bool igzip_decode(struct zlib_state *s, const void *src, size_t len, void *dst, size_t dst_len)
{
	struct inflate_state *z = &s->inflate;

	isal_inflate_init(z);
	z->crc_flag = ISAL_ZLIB;
	z->next_in = (uint8_t *)src;
	z->avail_in = (uint32_t)len;
	z->next_out = dst;
	z->avail_out = (uint32_t)dst_len;
	/* Bytes behind the end may have gone into its bit buffer already. */
	return isal_inflate(z) == ISAL_DECOMP_OK && z->block_state == ISAL_BLOCK_FINISH && z->avail_in == 0 &&
	       z->read_in_length < 8 && z->total_out == dst_len;
}

static bool zlib_decode_slowly(struct zlib_state *s, const void *src, size_t len, void *dst, size_t dst_len)
{
	z_stream *z = &s->slow_inflate;

	if (s->slow_inflate_ready ? inflateReset(z) != Z_OK : inflateInit(z) != Z_OK)
		return false;
	s->slow_inflate_ready = true;
	z->next_in = (Bytef *)src;
	z->avail_in = (uInt)len;
	z->next_out = dst;
	z->avail_out = (uInt)dst_len;
	return inflate(z, Z_FINISH) == Z_STREAM_END && z->avail_in == 0 && z->total_out == dst_len;
}

/* A block whose checksum is right but which ISA-L cannot expand gets a second opinion: it may be the only copy. */
static bool zlib_decode(void **state, const void *src, size_t len, void *dst, size_t dst_len)
{
	struct zlib_state *s = state_of(state);

	if (!s || !len || len > UINT32_MAX || !dst_len || dst_len > UINT32_MAX)
		return false;
	return igzip_decode(s, src, len, dst, dst_len) || zlib_decode_slowly(s, src, len, dst, dst_len);
}

static void zlib_free(void *state)
{
	struct zlib_state *s = state;

	if (s->slow_level)
		deflateEnd(&s->slow);
	if (s->slow_inflate_ready)
		inflateEnd(&s->slow_inflate);
	free(s);
}

const struct media_codec_row media_codec_zlib = {
	.name = "zlib",
	.preset = 1,
	.max_level = 9,
	.encode = zlib_encode,
	.decode = zlib_decode,
	.free = zlib_free,
};
