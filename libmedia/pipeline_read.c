/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading: jobs fill batches with decoded objects, of which requests are served; one is filled ahead. */
#include <stdlib.h>
#include <string.h>

#include "media_impl.h"

/* What is read at once: by a single read; when reading in a row has begun; and when it goes on. */
#define READ_ONE	(64u << 10)
#define READ_SOME	(1u << 20)
#define READ_AHEAD	(4u << 20)
/* What the disk fetches beyond that, so that it is never idle. */
#define FETCH_AHEAD	(8u << 20)
#define ROW_BEGINS	2
#define ROW_GOES_ON	8
/* As many bytes to be decoded are worth more than one thread. */
#define WORTH		(512u << 10)

void mread_drop(struct media *media)
{
	media->batch[0].valid = media->batch[1].valid = false;
	media->streak = 0;
}

void mread_free(struct media *media)
{
	for (int i = 0; i < 2; i++) {
		free(media->batch[i].item);
		free(media->batch[i].raw);
		free(media->batch[i].plain);
		media->batch[i] = (struct mbatch){ 0 };
	}
}

static void fill_work(struct media *media)
{
	struct mbatch *batch = media->fill.batch;

	mbatch_fill(batch, &media->log[media->fill.part], &media->fill);
	if (batch->work < WORTH || media->exec->width < 2)
		mbatch_decode(batch, 0, batch->n, &media->worker);
}

static void decode_work(struct media *media)
{
	mcrew_decode(media, &media->worker);
}

static void batch_done(struct media *media)
{
	media_key_drop(media->fill.key);
	media->fill.key = NULL;
	/* What was decoded under another setting is of no use. */
	media->fill.batch->valid = media->fill.setting == media->decrypt_setting;
}

static const struct mtask decode_task = { decode_work, batch_done };

static void fill_done(struct media *media)
{
	struct mbatch *batch = media->fill.batch;

	if (batch->work < WORTH || media->exec->width < 2) {
		batch_done(media);
		return;
	}
	mcrew_offer(media, batch, batch->work);
	mjob_start(media, &decode_task);
}

static const struct mtask fill_task = { fill_work, fill_done };

/* How much to read next. */
static size_t read_size(const struct media *media, uint32_t len)
{
	size_t one = mfmt_record_size(0, len) + MFMT_PAGE;

	if (media->streak >= ROW_GOES_ON)
		return READ_AHEAD;
	if (media->streak >= ROW_BEGINS)
		return READ_SOME;
	return one > READ_ONE ? one : READ_ONE;
}

static struct mbatch *holding(struct media *media, uint64_t object)
{
	for (unsigned i = 0; i < 2; i++) {
		struct mbatch *batch = &media->batch[(media->current + i) % 2];

		if (batch->valid && batch->part == media->part && object >= batch->first &&
		    object - batch->first < batch->n)
			return batch;
	}
	return NULL;
}

/* Fills the batch that was not read from last, with what comes at `at`. */
static void start_fill(struct media *media, const struct mpoint *at, size_t want)
{
	struct mbatch *last = &media->batch[media->current];

	media->fill = (struct mfill){
		.batch = &media->batch[!media->current],
		.part = media->part,
		.at = *at,
		.want = want,
		.beyond = want >= READ_AHEAD ? FETCH_AHEAD : 0,
		.decrypt = media->decrypt,
		.key = media_key_hold(media->read_key),
		.setting = media->decrypt_setting,
	};
	media->fill.batch->valid = false;
	if (last->valid && last->part == media->part && at->object == last->first + last->n) {
		media->fill.known = true;
		media->fill.seg = last->seg;
		media->fill.off = last->off;
		media->fill.ahead = last->ahead;
	}
	mjob_start(media, &fill_task);
}

/* Serves a request of an object that was read: the position goes behind it, unless it may be had later. */
static void deliver(struct media *media, struct media_req *req, struct mbatch *batch)
{
	const struct mitem *item = &batch->item[media->pos.object - batch->first];
	uint32_t len = item->len < req->len ? item->len : req->len;

	media->current = (unsigned)(batch - media->batch);
	req->err = item->err;
	if (item->err >= MEDIA_KEY_NEEDED)
		return;
	/* Nothing is wrong with the tape: it is read again when it is asked for again. */
	if (item->err == MEDIA_NOMEM) {
		mread_drop(media);
		return;
	}
	media->streak = media->pos.object == media->streak_next ? media->streak + 1 : 1;
	media->pos = item->after;
	media->pos_used = item->used_after;
	media->streak_next = media->pos.object;
	if (item->err)
		return;
	if (len)
		memcpy(req->buf, (item->plain ? batch->plain : batch->raw) + item->off, len);
	req->actual = item->len;
	media->counters.read_host += item->len;
	media->counters.read_store += item->stored;
}

/* Has the object at the position read: its batch, or NULL, which is the end of the request if `*complete`. */
static struct mbatch *fetch(struct media *media, struct media_req *req, bool *complete)
{
	struct mbatch *batch = holding(media, media->pos.object);

	*complete = false;
	if (batch)
		return batch;
	if (media->begun && mjob_idle(media)) {
		req->err = media->fill.batch->err;
		*complete = true;
		return NULL;
	}
	if (!mwrite_settle(media))
		return NULL;
	media->begun = true;
	start_fill(media, &media->pos, read_size(media, req->len));
	return NULL;
}

/* What there is to tell of an object. */
static void describe(const struct mbatch *batch, const struct mitem *item, struct media_peeked *peeked)
{
	struct mseal_view view;

	*peeked = (struct media_peeked){ .next = MEDIA_NEXT_UNKNOWN };
	if (item->err == MEDIA_FILEMARK || item->err == MEDIA_SETMARK) {
		peeked->next = MEDIA_NEXT_NO_BLOCK;
	} else if (item->sealed) {
		peeked->next = item->err ? MEDIA_NEXT_LOCKED : MEDIA_NEXT_READABLE;
		peeked->raw_allowed = item->raw_allowed;
		mseal_look(batch->raw + item->ext_off, item->ext_len, &view);
		mseal_get_kads(&view, &peeked->kads);
	} else if (!item->err || item->err == MEDIA_KEY_CLEAR) {
		peeked->next = MEDIA_NEXT_CLEAR;
	}
}

bool mread_peek_step(struct media *media, struct media_req *req)
{
	struct mbatch *batch;
	bool complete;

	if (media->pos.object == media->view[media->part].end.object) {
		*req->peeked = (struct media_peeked){ .next = MEDIA_NEXT_NO_BLOCK };
		return true;
	}
	batch = fetch(media, req, &complete);
	if (batch)
		describe(batch, &batch->item[media->pos.object - batch->first], req->peeked);
	return batch || complete;
}

void media_set_decrypt(struct media *media, enum media_decrypt mode, struct media_key *key)
{
	if (mode == media->decrypt && key == media->read_key)
		return;
	media_key_hold(key);
	media_key_drop(media->read_key);
	media->read_key = key;
	media->decrypt = mode;
	media->decrypt_setting++;
	mread_drop(media);
}

/* Passes over setmarks that are not to be told of; true when there is an answer. */
static bool read_on(struct media *media, struct media_req *req)
{
	struct mbatch *batch;
	bool complete;

	do {
		if (media->pos.object == media->view[media->part].end.object) {
			/* Blocks that wait in the ring lie before the position: nothing to be written out for this. */
			req->err = MEDIA_EOD;
			return true;
		}
		batch = fetch(media, req, &complete);
		if (!batch)
			return complete;
		deliver(media, req, batch);
		media->begun = false;
	} while (req->err == MEDIA_SETMARK && !media->setmarks);
	return true;
}

bool mread_step(struct media *media, struct media_req *req)
{
	if (req->len && !req->buf) {
		req->err = MEDIA_INVALID;
		return true;
	}
	return read_on(media, req);
}

void mread_background(struct media *media)
{
	const struct mbatch *last = &media->batch[media->current], *other = &media->batch[!media->current];
	uint64_t next = last->first + last->n;

	if (media->streak < ROW_BEGINS || !last->valid || last->part != media->part ||
	    media->pos.object != media->streak_next || media->view[media->part].unwritten ||
	    next >= media->view[media->part].end.object)
		return;
	/* It is there; or it was tried, and there is nothing. */
	if (other->valid && other->part == media->part && other->first == next)
		return;
	start_fill(media, &last->next, read_size(media, 0));
}
