/* SPDX-License-Identifier: GPL-2.0-only */
/* One block, to and from the payload of a record. */
#include "block.h"

#include <string.h>

#include "crc.h"

size_t mblock_bound(enum media_codec codec, uint32_t len)
{
	size_t bound = media_codec_bound(codec, len);

	return bound > len ? bound : len;
}

void mblock_encode(struct media_codec_scratch *scratch, enum media_codec codec, int level, const void *data,
		   uint32_t len, uint8_t *dst, struct mfmt_record *rec)
{
	size_t stored = 0;

	if (codec != MEDIA_CODEC_NONE)
		stored = media_encode(scratch, codec, level, data, len, dst);
	*rec = (struct mfmt_record){
		.type = MFMT_BLOCK,
		.codec = stored ? (uint8_t)codec : MEDIA_CODEC_NONE,
		.flags = MFMT_FLAG_HOST_CRC,
		.stored_len = stored ? (uint32_t)stored : len,
		.host_len = len,
	};
	if (stored) {
		rec->crc_stored = media_crc32c(0, dst, stored);
		rec->crc_host = media_crc32c(0, data, len);
		return;
	}
	memcpy(dst, data, len);
	rec->crc_host = rec->crc_stored = media_crc32c(0, dst, len);
}

enum media_err mblock_check(const struct mfmt_record *rec, const uint8_t *body)
{
	if (media_crc32c(0, body, rec->ext_len) != rec->crc_ext ||
	    media_crc32c(0, body + rec->ext_len, rec->stored_len) != rec->crc_stored)
		return MEDIA_CORRUPT;
	return mfmt_check_ext(body, rec->ext_len);
}

enum media_err mblock_decode(struct media_codec_scratch *scratch, const struct mfmt_record *rec, const uint8_t *payload,
			     uint8_t *dst)
{
	bool sum = rec->flags & MFMT_FLAG_HOST_CRC;
	enum media_err err;

	if (rec->codec == MEDIA_CODEC_NONE) {
		if (dst)
			memcpy(dst, payload, rec->host_len);
		/* Stored and host bytes are the same: so must their CRCs be. */
		return sum && rec->crc_host != rec->crc_stored ? MEDIA_CORRUPT : MEDIA_OK;
	}
	err = media_decode(scratch, rec->codec, payload, rec->stored_len, dst, rec->host_len);
	if (!err && sum && media_crc32c(0, dst, rec->host_len) != rec->crc_host)
		err = MEDIA_CORRUPT;
	return err;
}
