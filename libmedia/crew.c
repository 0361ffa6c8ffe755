/* SPDX-License-Identifier: GPL-2.0-only */
/* The helpers of a cartridge: jobs that encode blocks of the ring, and decode those of a batch, beside its own job. */
#include "crew.h"

#include <stddef.h>

#include "media_impl.h"

/* A piece: as many blocks as reach this many bytes, each and every filemark counted as one more. */
#define PIECE		(256u << 10)
/* What a helper does before it queues again. */
#define SHARE		(4u << 20)

/* Bytes of it that are worth a helper. */
static size_t work_of(const struct mring_entry *entry)
{
	return entry->type == MFMT_BLOCK && (entry->how.codec != MEDIA_CODEC_NONE || entry->seal) ? entry->len : 0;
}

/* Has the entry's place in the ring hold extension area and payload. */
static void encode(struct media *media, struct mblock_worker *worker, struct mring_entry *entry)
{
	uint8_t *body = media->ring.buf + entry->off;

	if (entry->type != MFMT_BLOCK)
		return;
	mblock_encode(worker, &entry->how, body + entry->lead, entry->len, &entry->rec);
	if (!entry->seal)
		return;
	entry->rec.at = entry->at;
	entry->err = mseal_close(entry->seal, entry->seal_count, entry->salt, &entry->rec, body);
}

/* Encodes the next piece of the ring: its bytes, 0: none. Called with the lock, which it gives up meanwhile. */
static size_t encode_piece(struct media *media, struct mblock_worker *worker)
{
	struct mcrew *crew = &media->crew;
	uint64_t from = crew->next, to = from;
	size_t bytes = 0;

	while (!crew->stopped && to < crew->end && bytes < PIECE) {
		const struct mring_entry *entry = mring_at(&media->ring, to++);

		bytes += entry->len + 1u;
		crew->waiting -= work_of(entry);
	}
	if (to == from)
		return 0;
	crew->next = to;
	crew->encoding++;
	pthread_mutex_unlock(&crew->lock);
	for (uint64_t i = from; i < to; i++)
		encode(media, worker, mring_at(&media->ring, i));
	pthread_mutex_lock(&crew->lock);
	while (from < to)
		mring_at(&media->ring, from++)->ready = true;
	crew->encoding--;
	pthread_cond_broadcast(&crew->change);
	return bytes;
}

/* The same for the batch. */
static size_t decode_piece(struct media *media, struct mblock_worker *worker)
{
	struct mcrew *crew = &media->crew;
	struct mbatch *batch = crew->batch;
	unsigned from = crew->item, to = from;
	size_t bytes = 0;

	while (batch && to < batch->n && bytes < PIECE)
		bytes += batch->item[to++].len + 1u;
	if (to == from)
		return 0;
	crew->item = to;
	crew->decoding++;
	pthread_mutex_unlock(&crew->lock);
	mbatch_decode(batch, from, to, worker);
	pthread_mutex_lock(&crew->lock);
	crew->decoding--;
	pthread_cond_broadcast(&crew->change);
	return bytes;
}

static struct mhelper *helper_of(struct media_job *job)
{
	return (struct mhelper *)((char *)job - offsetof(struct mhelper, job));
}

static void help(struct media_job *job)
{
	struct mhelper *helper = helper_of(job);
	struct mcrew *crew = &helper->media->crew;
	size_t bytes, share = 0;

	pthread_mutex_lock(&crew->lock);
	do {
		bytes = decode_piece(helper->media, &helper->worker);
		if (!bytes)
			bytes = encode_piece(helper->media, &helper->worker);
		share += bytes;
	} while (bytes && share < SHARE);
	pthread_mutex_unlock(&crew->lock);
}

/* The next helper to be called, where `bytes` of work are worth one more; or NULL. */
static struct mhelper *next_helper(struct media *media, size_t bytes)
{
	unsigned width = media->exec->width < MCREW_MOST ? media->exec->width : MCREW_MOST;
	struct mcrew *crew = &media->crew;
	struct mhelper *helper = NULL;

	pthread_mutex_lock(&crew->lock);
	if (width > 1 && crew->busy < width && crew->busy * (size_t)PIECE < bytes) {
		for (helper = crew->helper; helper->busy; helper++)
			;
		helper->busy = true;
		crew->busy++;
	}
	pthread_mutex_unlock(&crew->lock);
	return helper;
}

static void helped(struct media_job *job);

/* Has as many helpers as `bytes` of work are worth. */
static void call_helpers(struct media *media, size_t bytes)
{
	struct mhelper *helper;

	while ((helper = next_helper(media, bytes))) {
		helper->job = (struct media_job){ .work = help, .done = helped };
		media->exec->submit(media->exec, &helper->job);
	}
}

static void helped(struct media_job *job)
{
	struct mhelper *helper = helper_of(job);
	struct media *media = helper->media;
	struct mcrew *crew = &media->crew;
	size_t waiting;
	bool last;

	pthread_mutex_lock(&crew->lock);
	helper->busy = false;
	crew->busy--;
	waiting = crew->stopped ? 0 : crew->waiting;
	pthread_mutex_unlock(&crew->lock);
	call_helpers(media, waiting);
	pthread_mutex_lock(&crew->lock);
	last = !crew->busy;
	pthread_mutex_unlock(&crew->lock);
	if (last)
		mjob_resume(media);
}

void mcrew_added(struct media *media, const struct mring_entry *entry)
{
	struct mcrew *crew = &media->crew;
	size_t waiting;

	pthread_mutex_lock(&crew->lock);
	crew->end++;
	crew->waiting += work_of(entry);
	waiting = crew->waiting;
	pthread_mutex_unlock(&crew->lock);
	if (waiting >= PIECE)
		call_helpers(media, waiting);
}

void mcrew_begin(struct mcrew *crew, enum mcrew_count count, uint64_t number)
{
	pthread_mutex_lock(&crew->lock);
	crew->reached[count] = number;
	crew->wanted = false;
	pthread_mutex_unlock(&crew->lock);
}

uint64_t mcrew_reached(struct mcrew *crew, enum mcrew_count count, uint64_t seen)
{
	uint64_t reached;

	pthread_mutex_lock(&crew->lock);
	reached = crew->reached[count];
	crew->wanted = reached <= seen;
	pthread_mutex_unlock(&crew->lock);
	return reached;
}

static void nudged(struct media_job *job)
{
	struct mcrew *crew = (struct mcrew *)((char *)job - offsetof(struct mcrew, nudge));
	struct media *media = (struct media *)((char *)crew - offsetof(struct media, crew));

	pthread_mutex_lock(&crew->lock);
	crew->nudged = false;
	pthread_mutex_unlock(&crew->lock);
	mjob_resume(media);
}

/* The job is as far as that, which the owner is told if it waits. Returns what *more is by now. */
static uint64_t reach(struct media *media, enum mcrew_count count, uint64_t number, const uint64_t *more)
{
	struct mcrew *crew = &media->crew;
	uint64_t end;
	bool nudge;

	pthread_mutex_lock(&crew->lock);
	crew->reached[count] = number;
	nudge = crew->wanted && !crew->nudged;
	if (nudge) {
		crew->wanted = false;
		crew->nudged = true;
	}
	end = *more;
	pthread_mutex_unlock(&crew->lock);
	if (nudge) {
		crew->nudge = (struct media_job){ .done = nudged };
		media->exec->submit(media->exec, &crew->nudge);
	}
	return end;
}

uint64_t mcrew_wrote(struct media *media, uint64_t number)
{
	return reach(media, MCREW_WRITTEN, number, &media->crew.end);
}

uint64_t mcrew_filled(struct media *media, uint64_t number)
{
	return reach(media, MCREW_FILLED, number, &media->crew.allowed);
}

void mcrew_allow(struct mcrew *crew, uint64_t to)
{
	pthread_mutex_lock(&crew->lock);
	crew->allowed = to;
	pthread_mutex_unlock(&crew->lock);
}

void mcrew_forget(struct mcrew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->next = crew->end;
	crew->waiting = 0;
	crew->stopped = false;
	pthread_mutex_unlock(&crew->lock);
}

void mcrew_go_on(struct mcrew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->stopped = false;
	pthread_mutex_unlock(&crew->lock);
}

void mcrew_encode(struct media *media, struct mblock_worker *worker, uint64_t number)
{
	struct mcrew *crew = &media->crew;

	pthread_mutex_lock(&crew->lock);
	while (!mring_at(&media->ring, number)->ready)
		if (!encode_piece(media, worker))
			pthread_cond_wait(&crew->change, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
}

void mcrew_stop(struct mcrew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->stopped = true;
	while (crew->encoding)
		pthread_cond_wait(&crew->change, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
}

void mcrew_decode(struct media *media, struct mblock_worker *worker, struct mbatch *batch, size_t bytes)
{
	struct mcrew *crew = &media->crew;

	pthread_mutex_lock(&crew->lock);
	crew->batch = batch;
	crew->item = 0;
	pthread_mutex_unlock(&crew->lock);
	call_helpers(media, bytes);
	pthread_mutex_lock(&crew->lock);
	while (decode_piece(media, worker))
		;
	while (crew->decoding)
		pthread_cond_wait(&crew->change, &crew->lock);
	crew->batch = NULL;
	pthread_mutex_unlock(&crew->lock);
}

void mcrew_init(struct mcrew *crew, struct media *media)
{
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->change, NULL);
	for (unsigned i = 0; i < MCREW_MOST; i++)
		crew->helper[i].media = media;
}

void mcrew_rest(struct mcrew *crew)
{
	for (unsigned i = 0; i < MCREW_MOST; i++)
		if (!crew->helper[i].busy)
			mblock_worker_free(&crew->helper[i].worker);
}

void mcrew_free(struct mcrew *crew)
{
	mcrew_rest(crew);
	pthread_cond_destroy(&crew->change);
	pthread_mutex_destroy(&crew->lock);
}
