/* SPDX-License-Identifier: GPL-2.0-only */
/* The helpers of a cartridge: jobs that encode blocks of the ring, and decode those of a batch, beside its own job. */
#ifndef MEDIA_CREW_H
#define MEDIA_CREW_H

#include <pthread.h>

#include "block.h"
#include "exec.h"
#include "ring.h"

struct mbatch;
struct media;

#define MCREW_MOST	16u	/* helpers of one cartridge */

/* What a job counts on while it runs, so that the owner can go on with what is before that. */
enum mcrew_count {
	MCREW_WRITTEN,			/* entries of the ring: those below are in the log's hands */
	MCREW_FILLED,			/* batches: those below are there */
	MCREW_COUNTS
};

struct mhelper {
	struct media_job job;
	struct media *media;
	struct mblock_worker worker;
	bool busy;			/* submitted */
};

/*
 * Helpers take pieces, groups of blocks, in order, and so does the cartridge's own job, for as long as what it needs
 * is not there: so work goes on however few threads there are, and nobody waits but for a piece that is being done.
 * A helper that has done its share goes to the end of the executor's queue: the drives take turns.
 */
struct mcrew {
	unsigned busy;			/* helpers submitted; both change with the lock */
	struct mhelper helper[MCREW_MOST];

	struct media_job nudge;

	pthread_mutex_t lock;		/* all below, and `ready` of the ring's entries */
	pthread_cond_t change;		/* a piece is done */
	uint64_t next, end;		/* entries of the ring not yet taken, by number */
	size_t waiting;			/* bytes of blocks among them that are to be compressed or encrypted */
	unsigned encoding;		/* pieces under way */
	uint64_t reached[MCREW_COUNTS];	/* how far the job is */
	uint64_t allowed;		/* batches below may be filled */
	bool wanted;			/* the owner waits for that */
	bool nudged;			/* and is being told */
	bool stopped;			/* none is taken any more */
	struct mbatch *batch;		/* what is to be decoded, or NULL */
	unsigned item;			/* the next of it */
	unsigned decoding;		/* pieces under way */
};

void mcrew_init(struct mcrew *crew, struct media *media);
/* No helper is busy. */
void mcrew_free(struct mcrew *crew);
/* Frees the helpers' memory, of those that are not busy. */
void mcrew_rest(struct mcrew *crew);

/* The owner has added an entry to the ring. Calls helpers when it is worth it. */
void mcrew_added(struct media *media, const struct mring_entry *entry);
/* The owner takes entries from the ring that were never encoded, after mcrew_stop(): all that it has. */
void mcrew_forget(struct mcrew *crew);

/* A job begins to write the ring's entries, or to fill batches, from `number` on. */
void mcrew_begin(struct mcrew *crew, enum mcrew_count count, uint64_t number);
/* How far it is; if not beyond `seen`, the owner is called when it is. */
uint64_t mcrew_reached(struct mcrew *crew, enum mcrew_count count, uint64_t seen);
/* For the job: it is as far as that. Returns the entries that there are by now; the batches that it may fill. */
uint64_t mcrew_wrote(struct media *media, uint64_t number);
uint64_t mcrew_filled(struct media *media, uint64_t number);
/* The owner has the job fill batches below `to`; 0: no more than the one that it is at. */
void mcrew_allow(struct mcrew *crew, uint64_t to);

/* For the job: has entry `number` encoded, and helps until it is. */
void mcrew_encode(struct media *media, struct mblock_worker *worker, uint64_t number);
/* For the job: nothing in the ring is being encoded from here on, until mcrew_forget() or mcrew_go_on(). */
void mcrew_stop(struct mcrew *crew);
void mcrew_go_on(struct mcrew *crew);

/* For the job: has a batch with `bytes` to decode decoded, by helpers and itself. */
void mcrew_decode(struct media *media, struct mblock_worker *worker, struct mbatch *batch, size_t bytes);

#endif
