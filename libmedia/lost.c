/* SPDX-License-Identifier: GPL-2.0-only */
/* What was accepted and could not be written: it stays in memory, to be had back in order, until something goes on. */
#include <stdlib.h>
#include <string.h>

#include "media_impl.h"

void mlost_discard(struct media *media)
{
	mring_free(&media->lost.ring);
	free(media->lost.plain);
	media->lost = (struct mlost){ 0 };
}

static struct mring_entry *next_entry(const struct media *media)
{
	return mring_at(&media->lost.ring, media->lost.ring.first - media->lost.ring.kept);
}

/* Takes n objects of the oldest entry off, which is let go with the last of them. */
static void take_off(struct media *media, uint32_t n)
{
	struct mring_entry *entry = next_entry(media);

	if (entry->type != MFMT_BLOCK && n < entry->len) {
		entry->len -= n;
		entry->at.object += n;
		return;
	}
	mring_release(&media->lost.ring);
	free(media->lost.plain);
	media->lost.plain = NULL;
}

void mlost_take(struct media *media, uint64_t from)
{
	struct mring *ring = &media->lost.ring;

	mlost_discard(media);
	*ring = media->ring;
	media->ring = (struct mring){ .size = ring->size, .memory = ring->memory, .first = ring->first };
	while (ring->kept && next_entry(media)->at.object < from) {
		uint64_t before = from - next_entry(media)->at.object;

		take_off(media, before < UINT32_MAX ? (uint32_t)before : UINT32_MAX);
	}
	/* The first is gone: who wrote the others where it should be would not know. */
	if (!ring->kept || next_entry(media)->at.object != from)
		mlost_discard(media);
}

void mlost_count(const struct media *media, uint32_t *objects, uint64_t *bytes)
{
	const struct mring *ring = &media->lost.ring;
	struct mpoint sum = { 0 };

	for (uint64_t i = ring->first - ring->kept; i < ring->first; i++) {
		struct mpoint one = mwrite_entry_sum(mring_at(ring, i));

		sum = mpoint_add(sum, &one);
	}
	*objects = (uint32_t)sum.object;
	*bytes = sum.host;
}

/* Whether the block may be given out as decryption is set: as if it were read. */
static enum media_err admit(const struct media *media, const struct mring_entry *entry)
{
	if (!entry->seal)
		return media->decrypt == MEDIA_DECRYPT_NONE || media->decrypt == MEDIA_DECRYPT_MIXED ? MEDIA_OK :
			MEDIA_KEY_CLEAR;
	if (media->decrypt == MEDIA_DECRYPT_NONE)
		return MEDIA_KEY_NEEDED;
	if (media->decrypt == MEDIA_DECRYPT_RAW)
		return MEDIA_KEY_RAW;
	return media_key_same(entry->seal->key, media->read_key) ? MEDIA_OK : MEDIA_KEY_WRONG;
}

/* Back from what it had become on its way; the ring keeps that, for the block may be asked for again. */
static enum media_err decode(struct media *media, const struct mring_entry *entry, uint8_t *plain)
{
	const uint8_t *body = media->lost.ring.buf + entry->off;
	const struct mfmt_record *rec = &entry->rec;
	struct mseal_view view;
	enum media_err err = MEDIA_OK;
	uint8_t *payload;

	if (!entry->ready) {
		memcpy(plain, body + entry->lead, entry->len);
		return MEDIA_OK;
	}
	if (entry->err)
		return entry->err;
	payload = malloc(rec->stored_len);
	if (!payload)
		return MEDIA_NOMEM;
	memcpy(payload, body + rec->ext_len, rec->stored_len);
	if (entry->seal)
		err = mseal_look(body, rec->ext_len, &view) ?
			mseal_open(entry->seal->key, entry->salt, rec, &view, payload) : MEDIA_CORRUPT;
	if (!err && rec->codec == MEDIA_CODEC_NONE)
		memcpy(plain, payload, entry->len);
	if (!err)
		err = mblock_decode(&media->worker, rec, payload, rec->codec == MEDIA_CODEC_NONE ? NULL : plain);
	free(payload);
	return err;
}

static void recover_work(struct media *media)
{
	const struct mring_entry *entry = next_entry(media);
	uint8_t *plain = malloc(entry->len);

	media->task_err = plain ? decode(media, entry, plain) : MEDIA_NOMEM;
	if (media->task_err)
		free(plain);
	else
		media->lost.plain = plain;
}

static const struct mtask recover_task = { .work = recover_work };

static void deliver(struct media *media, struct media_req *req)
{
	uint32_t len = next_entry(media)->len;

	req->err = media->task_err;
	/* What failed now may be had when it is asked for again; a block that is damaged stays it. */
	if (req->err)
		return;
	req->actual = len;
	len = len < req->len ? len : req->len;
	if (len)
		memcpy(req->buf, media->lost.plain, len);
	take_off(media, 1);
}

/* The next object is a mark: told as a read does. False: it was passed over. */
static bool tell_mark(struct media *media, struct media_req *req)
{
	bool setmark = next_entry(media)->type == MFMT_SETMARK;

	take_off(media, 1);
	req->err = setmark ? MEDIA_SETMARK : MEDIA_FILEMARK;
	return !setmark || media->setmarks;
}

bool mlost_step(struct media *media, struct media_req *req)
{
	if (media->begun) {
		deliver(media, req);
		return true;
	}
	/* What nothing keeps from being written is, first. */
	if (!mwrite_settle(media))
		return false;
	while (media->lost.ring.kept) {
		if (next_entry(media)->type == MFMT_BLOCK) {
			req->err = admit(media, next_entry(media));
			if (req->err)
				return true;
			media->begun = true;
			mjob_start(media, &recover_task);
			return false;
		}
		if (tell_mark(media, req))
			return true;
	}
	req->err = MEDIA_EOD;
	return true;
}

void media_discard_lost(struct media *media)
{
	if (!media->req && mjob_quiet(media))
		mlost_discard(media);
}
