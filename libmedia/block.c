/* SPDX-License-Identifier: GPL-2.0-only */
/* One block, to and from the payload of a record. */
#include "block.h"

#include <stdlib.h>
#include <string.h>

#include "crc.h"

void mblock_worker_free(struct mblock_worker *worker)
{
	media_codec_scratch_free(worker->scratch);
	free(worker->buf);
	*worker = (struct mblock_worker){ 0 };
}

static bool has_scratch(struct mblock_worker *worker)
{
	if (!worker->scratch)
		worker->scratch = media_codec_scratch_create();
	return worker->scratch;
}

static bool has_room(struct mblock_worker *worker, size_t room)
{
	if (worker->room >= room)
		return true;
	free(worker->buf);
	worker->buf = malloc(room);
	worker->room = worker->buf ? room : 0;
	return worker->buf;
}

/* The length of the compressed block in the worker's buffer; 0: there is none. */
static size_t compress(struct mblock_worker *worker, const struct mblock_how *how, const uint8_t *data, uint32_t len)
{
	if (how->codec == MEDIA_CODEC_NONE || !has_scratch(worker) ||
	    !has_room(worker, media_codec_bound(how->codec, len)))
		return 0;
	return media_encode(worker->scratch, how->codec, how->level, data, len, worker->buf);
}

/* What is kept of a block that is not: it reads as zeros. */
static void discard(uint8_t *data, uint32_t len, struct mfmt_record *rec)
{
	data[0] = 0;
	*rec = (struct mfmt_record){
		.type = MFMT_BLOCK,
		.codec = MFMT_CODEC_FILL,
		.stored_len = 1,
		.host_len = len,
		.crc_stored = media_crc32c(0, data, 1),
	};
}

void mblock_encode(struct mblock_worker *worker, const struct mblock_how *how, uint8_t *data, uint32_t len,
		   struct mfmt_record *rec)
{
	size_t stored;

	if (how->discard) {
		discard(data, len, rec);
		return;
	}
	stored = compress(worker, how, data, len);
	*rec = (struct mfmt_record){
		.type = MFMT_BLOCK,
		.codec = stored ? (uint8_t)how->codec : MEDIA_CODEC_NONE,
		.flags = how->sealed ? 0 : MFMT_FLAG_HOST_CRC,
		.stored_len = stored ? (uint32_t)stored : len,
		.host_len = len,
	};
	if (!how->sealed)
		rec->crc_host = rec->crc_stored = media_crc32c(0, data, len);
	if (!stored)
		return;
	if (!how->sealed)
		rec->crc_stored = media_crc32c(0, worker->buf, stored);
	memcpy(data, worker->buf, stored);
}

enum media_err mblock_check(const struct mfmt_record *rec, const uint8_t *body)
{
	if (media_crc32c(0, body, rec->ext_len) != rec->crc_ext ||
	    media_crc32c(0, body + rec->ext_len, rec->stored_len) != rec->crc_stored)
		return MEDIA_CORRUPT;
	return mfmt_check_ext(body, rec->ext_len);
}

enum media_err mblock_decode(struct mblock_worker *worker, const struct mfmt_record *rec, const uint8_t *payload,
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
	if (rec->codec == MFMT_CODEC_FILL) {
		if (rec->stored_len != 1)
			return MEDIA_CORRUPT;
		memset(dst, payload[0], rec->host_len);
		return MEDIA_OK;
	}
	if (!has_scratch(worker))
		return MEDIA_NOMEM;
	err = media_decode(worker->scratch, rec->codec, payload, rec->stored_len, dst, rec->host_len);
	if (!err && sum && media_crc32c(0, dst, rec->host_len) != rec->crc_host)
		err = MEDIA_CORRUPT;
	return err;
}
