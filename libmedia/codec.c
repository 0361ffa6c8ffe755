/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of codecs, and how a block that does not shrink is found out cheaply. */
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "codec_row.h"

/* To add a codec: its value in enum media_codec (which is what is stored), and its row here. */
static const struct media_codec_row none = { .name = "none" };
static const struct media_codec_row *const rows[MEDIA_CODEC_COUNT] = {
	[MEDIA_CODEC_NONE] = &none,
	[MEDIA_CODEC_ZLIB] = &media_codec_zlib,
	[MEDIA_CODEC_LZ4] = &media_codec_lz4,
	[MEDIA_CODEC_ZSTD] = &media_codec_zstd,
	[MEDIA_CODEC_LZO] = &media_codec_lzo,
};

/*
 * From PROBE_MIN on, samples of PROBE_LEN bytes, one for every PROBE_MIN, say whether the block is worth
 * compressing: if none of them shrinks, it is not. A sample is long enough for the short repetitions of
 * test patterns, and there are several because blocks of archives hold parts of different files.
 */
#define PROBE_MIN	(64u << 10)
#define PROBE_LEN	(8u << 10)
#define PROBE_MOST	8

struct media_codec_scratch {
	void *state[MEDIA_CODEC_COUNT];
	uint8_t sample[2 * PROBE_LEN];
};

struct media_codec_scratch *media_codec_scratch_create(void)
{
	return calloc(1, sizeof(struct media_codec_scratch));
}

void media_codec_scratch_free(struct media_codec_scratch *scratch)
{
	if (!scratch)
		return;
	for (unsigned i = 0; i < MEDIA_CODEC_COUNT; i++)
		if (scratch->state[i])
			rows[i]->free(scratch->state[i]);
	free(scratch);
}

static const struct media_codec_row *row_of(enum media_codec codec)
{
	return (unsigned)codec < MEDIA_CODEC_COUNT ? rows[codec] : NULL;
}

bool media_codec_level_ok(enum media_codec codec, int level)
{
	const struct media_codec_row *row = row_of(codec);

	return row && level >= 0 && level <= row->max_level;
}

int media_codec_max_level(enum media_codec codec)
{
	const struct media_codec_row *row = row_of(codec);

	return row ? row->max_level : 0;
}

size_t media_codec_bound(enum media_codec codec, size_t len)
{
	const struct media_codec_row *row = row_of(codec);

	return row && row->bound ? row->bound(len) : len;
}

/* Whether some sample of the block shrinks, at the fastest level. */
static bool may_shrink(struct media_codec_scratch *scratch, enum media_codec codec, const uint8_t *src, size_t len)
{
	size_t count = len / PROBE_MIN < PROBE_MOST ? len / PROBE_MIN : PROBE_MOST;

	if (len < PROBE_MIN || media_codec_bound(codec, PROBE_LEN) > sizeof(scratch->sample))
		return true;
	for (size_t i = 0; i < count; i++) {
		size_t at = (len - PROBE_LEN) / (2 * count) * (2 * i + 1);

		if (rows[codec]->encode(&scratch->state[codec], 1, src + at, PROBE_LEN, scratch->sample))
			return true;
	}
	return false;
}

size_t media_encode(struct media_codec_scratch *scratch, enum media_codec codec, int level, const void *src, size_t len,
		    void *dst)
{
	const struct media_codec_row *row = row_of(codec);

	if (!row || !row->encode || len < 2 || !media_codec_level_ok(codec, level) ||
	    !may_shrink(scratch, codec, src, len))
		return 0;
	return row->encode(&scratch->state[codec], level ? level : row->preset, src, len, dst);
}

enum media_err media_decode(struct media_codec_scratch *scratch, enum media_codec codec, const void *src, size_t len,
			    void *dst, size_t dst_len)
{
	const struct media_codec_row *row = row_of(codec);
	bool good;

	if (!row)
		return MEDIA_VERSION;
	if (!row->decode) {
		if (len != dst_len)
			return MEDIA_CORRUPT;
		memcpy(dst, src, len);
		return MEDIA_OK;
	}
	good = row->decode(&scratch->state[codec], src, len, dst, dst_len);
	if (!scratch->state[codec])
		return MEDIA_NOMEM;
	return good ? MEDIA_OK : MEDIA_CORRUPT;
}

enum media_codec media_codec_by_name(const char *name)
{
	unsigned i = 0;

	while (i < MEDIA_CODEC_COUNT && strcmp(rows[i]->name, name))
		i++;
	return (enum media_codec)i;
}

const char *media_codec_name(enum media_codec codec)
{
	const struct media_codec_row *row = row_of(codec);

	return row ? row->name : "unknown";
}
