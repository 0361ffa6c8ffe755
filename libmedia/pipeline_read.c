/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading: jobs fill batches with decoded objects, of which requests are served; in a row, some ahead of them. */
#include <stdlib.h>
#include <string.h>

#include "media_impl.h"
#include "pages.h"

/* What is read at once: by a single read; when reading in a row has begun; and when it goes on. */
#define READ_ONE	(64u << 10)
#define READ_SOME	(1u << 20)
#define READ_AHEAD	(2u << 20)
/* What the disk fetches beyond that, so that it is never idle. */
#define FETCH_AHEAD	(8u << 20)
#define ROW_BEGINS	2
#define ROW_GOES_ON	8
/* Batches that one job fills before other drives have their turn. */
#define TURN		8
/* As many bytes to be decoded are worth more than one thread. */
#define WORTH		(512u << 10)

static struct mbatch *batch_at(struct media *media, uint64_t number)
{
	return &media->batch[number % MREAD_BATCHES];
}

void mread_drop(struct media *media)
{
	for (unsigned i = 0; i < MREAD_BATCHES; i++)
		media->batch[i].valid = false;
	media->streak = 0;
}

void mread_free(struct media *media)
{
	for (unsigned i = 0; i < MREAD_BATCHES; i++) {
		struct mbatch *batch = &media->batch[i];

		free(batch->item);
		mpages_resize(batch->raw, batch->raw_room, 0, media->ring.memory);
		mpages_resize(batch->plain, batch->plain_room, 0, media->ring.memory);
		*batch = (struct mbatch){ 0 };
	}
}

/* Has the fill go on behind a batch. */
static void follow(struct mfill *fill, const struct mbatch *last)
{
	fill->at = last->next;
	fill->known = true;
	fill->seg = last->seg;
	fill->off = last->off;
	fill->ahead = last->ahead;
}

static void decode(struct media *media, struct mbatch *batch)
{
	if (batch->work < WORTH || media->exec->width < 2)
		mbatch_decode(batch, 0, batch->n, &media->worker);
	else
		mcrew_decode(media, &media->worker, batch, batch->work);
}

/* Fills batches one behind the other, for as long as there is something, and room for it. */
static void fill_work(struct media *media)
{
	struct mfill *fill = &media->fill;
	struct mlog *log = &media->log[fill->part];
	uint64_t number = fill->from, to;
	struct mbatch *batch;

	do {
		batch = batch_at(media, number);
		batch->number = number++;
		mbatch_fill(batch, log, fill);
		decode(media, batch);
		follow(fill, batch);
		to = mcrew_filled(media, number);
	} while (batch->n && number < to && number < fill->from + TURN && fill->at.object < mlog_end(log).object);
}

/* Takes over what the job has filled; false: nothing new, but the owner is called when there is. */
static bool take_over(struct media *media)
{
	/* What was decoded under another setting is of no use. */
	bool valid = media->fill.setting == media->decrypt_setting;
	uint64_t before = media->filled, reached = mcrew_reached(&media->crew, MCREW_FILLED, before);

	while (media->filled < reached)
		batch_at(media, media->filled++)->valid = valid;
	return reached > before;
}

static void fill_done(struct media *media)
{
	(void)take_over(media);
	media_key_drop(media->fill.key);
	media->fill.key = NULL;
}

static const struct mtask fill_task = { fill_work, fill_done };

static bool filling(const struct media *media)
{
	return media->busy && media->task == &fill_task;
}

void mread_stop(struct media *media)
{
	if (filling(media))
		mcrew_allow(&media->crew, 0);
}

/* Whether it goes on in a row, and there is memory to be far ahead. */
static bool far_ahead(const struct media *media)
{
	return media->streak >= ROW_GOES_ON && mpages_allowed(MREAD_BATCHES * READ_AHEAD, media->ring.memory);
}

/* How much to read next. */
static size_t read_size(const struct media *media, uint32_t len)
{
	size_t one = mfmt_record_size(0, len) + MFMT_PAGE;

	if (far_ahead(media))
		return READ_AHEAD;
	if (media->streak >= ROW_BEGINS)
		return READ_SOME;
	return one > READ_ONE ? one : READ_ONE;
}

static struct mbatch *holding(struct media *media, uint64_t object)
{
	for (unsigned i = 0; i < MREAD_BATCHES; i++) {
		struct mbatch *batch = batch_at(media, media->current + i);

		if (batch->valid && batch->part == media->part && object >= batch->first &&
		    object - batch->first < batch->n)
			return batch;
	}
	return NULL;
}

/* Whether the object is the one behind a batch that is there. */
static bool comes_behind(const struct media *media, const struct mbatch *last, uint64_t object)
{
	return last->valid && last->part == media->part && object == last->first + last->n;
}

/* Up to where batches may be filled: the one that is read from stays. */
static uint64_t fill_limit(const struct media *media)
{
	return media->current + (far_ahead(media) ? MREAD_BATCHES : 2);
}

/* The job that fills batches may take those from `from` up to the limit. */
static void allow(struct media *media, uint64_t from)
{
	media->fill_to = fill_limit(media);
	for (; from < media->fill_to; from++)
		batch_at(media, from)->valid = false;
	mcrew_allow(&media->crew, media->fill_to);
}

/* Fills batches from number `from` on with what comes at `at`. */
static void start_fill(struct media *media, uint64_t from, const struct mpoint *at, size_t want)
{
	const struct mbatch *last = batch_at(media, from - 1);

	media->fill = (struct mfill){
		.from = from,
		.part = media->part,
		.at = *at,
		.want = want,
		.beyond = want >= READ_AHEAD ? FETCH_AHEAD : 0,
		.decrypt = media->decrypt,
		.refuse = media->refuse,
		.key = media_key_hold(media->read_key),
		.memory = media->ring.memory,
		.setting = media->decrypt_setting,
	};
	if (comes_behind(media, last, at->object))
		follow(&media->fill, last);
	media->filled = from;
	allow(media, from);
	mcrew_begin(&media->crew, MCREW_FILLED, from);
	mjob_start(media, &fill_task);
}

/* The batch is the one that is read from: a job under way may fill those that are done with. */
static void make_current(struct media *media, const struct mbatch *batch)
{
	uint64_t allowed = media->fill_to;

	media->current = batch->number;
	if (filling(media) && fill_limit(media) > allowed)
		allow(media, allowed);
}

/* Serves a request of an object that was read: the position goes behind it, unless it may be had later. */
static void deliver(struct media *media, struct media_req *req, struct mbatch *batch)
{
	const struct mitem *item = &batch->item[media->pos.object - batch->first];
	uint32_t len = item->len < req->len ? item->len : req->len;

	make_current(media, batch);
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
	req->decrypted = item->sealed && batch->decrypt != MEDIA_DECRYPT_RAW;
	media->counters.read_host += item->len;
	media->counters.read_store += item->stored;
}

/* What a job that is under way has filled, or will have, if the object at the position is in it. */
static struct mbatch *await(struct media *media)
{
	struct mbatch *batch = NULL;

	while (!batch && take_over(media))
		batch = holding(media, media->pos.object);
	if (!batch && !media->begun &&
	    !comes_behind(media, batch_at(media, media->filled - 1), media->pos.object))
		mread_stop(media);
	return batch;
}

/* Has the object at the position read: its batch, or NULL, which is the end of the request if `*complete`. */
static struct mbatch *fetch(struct media *media, struct media_req *req, bool *complete)
{
	struct mbatch *batch = holding(media, media->pos.object);

	*complete = false;
	if (!batch && filling(media))
		batch = await(media);
	if (batch)
		return batch;
	if (media->begun && mjob_idle(media)) {
		req->err = batch_at(media, media->fill.from)->err;
		*complete = true;
		return NULL;
	}
	if (!mwrite_settle(media))
		return NULL;
	media->begun = true;
	/* Only what was read last may be wanted once more. */
	for (unsigned i = 1; i < MREAD_BATCHES; i++)
		batch_at(media, media->current + i)->valid = false;
	start_fill(media, media->current + 1, &media->pos, read_size(media, req->len));
	return NULL;
}

static void describe_sealed(const struct mbatch *batch, const struct mitem *item, struct media_peeked *peeked)
{
	const uint8_t *p = batch->raw + item->at, *area = p + MFMT_RECORD;
	struct mfmt_record outer, inner;
	struct mseal_view view, in;
	uint32_t salt;

	if (mfmt_get_record(p, &batch->ident, batch->raw_off + item->at, &outer))
		return;
	mseal_look(area, outer.ext_len, &view);
	memcpy(peeked->metadata, item->theirs ? view.metadata : mseal_metadata, MEDIA_METADATA);
	if (!item->theirs)
		mseal_get_kads(&view, &peeked->kads);
	else if (mseal_inside(&view, &outer, area + outer.ext_len, &inner, &salt, &in))
		mseal_get_kads(&in, &peeked->kads);
}

/* What there is to tell of an object. */
static void describe(const struct mbatch *batch, const struct mitem *item, struct media_peeked *peeked)
{
	*peeked = (struct media_peeked){ .next = MEDIA_NEXT_UNKNOWN };
	if (item->err == MEDIA_FILEMARK || item->err == MEDIA_SETMARK) {
		peeked->next = MEDIA_NEXT_NO_BLOCK;
	} else if (item->sealed) {
		peeked->next = item->err ? MEDIA_NEXT_LOCKED : MEDIA_NEXT_READABLE;
		peeked->raw_allowed = item->raw_allowed;
		peeked->err = item->err;
		peeked->theirs = item->theirs;
		describe_sealed(batch, item, peeked);
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

void media_set_refusals(struct media *media, bool ours, bool theirs)
{
	uint8_t refuse = (uint8_t)((ours ? MREFUSE_OURS : 0) | (theirs ? MREFUSE_THEIRS : 0));

	if (refuse == media->refuse)
		return;
	media->refuse = refuse;
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
	const struct mbatch *last = batch_at(media, media->filled - 1);
	uint64_t next = last->first + last->n;

	if (media->streak < ROW_BEGINS || media->pos.object != media->streak_next ||
	    media->view[media->part].unwritten || next >= media->view[media->part].end.object)
		return;
	/* None: it was tried, and there is nothing. */
	if (!last->valid || last->part != media->part || !last->n)
		return;
	/* A job is worth more than one batch, if there may be more. */
	if (media->filled >= fill_limit(media) || media->filled > media->current + MREAD_BATCHES / 2)
		return;
	start_fill(media, media->filled, &last->next, read_size(media, 0));
}
