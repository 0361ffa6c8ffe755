/* SPDX-License-Identifier: GPL-2.0-only */
/* An open cartridge, as libmedia's own files see it. */
#ifndef MEDIA_MEDIA_IMPL_H
#define MEDIA_MEDIA_IMPL_H

#include "block.h"
#include "crew.h"
#include "log.h"
#include "mam.h"
#include "media.h"
#include "meta.h"
#include "ring.h"
#include "seal.h"

/*
 * Who owns what: one job is under way at a time (`busy`). While it is, the logs, the output buffer, `worker`,
 * the batches that it fills and its arguments and results are the job's; everything else is
 * always the owner's. What the owner needs to know of a log is copied into `view` when a job is done. How far a job
 * that writes or fills has come the crew says while it runs: entries and batches before that are the owner's again.
 */

/* A job of this cartridge: what it does, and what the owner then takes over (may be NULL). */
struct mtask {
	void (*work)(struct media *media);
	void (*done)(struct media *media);
};

/* What the owner knows of a partition. */
struct mview {
	struct mpoint end;		/* end of data, with what the ring holds */
	uint64_t used;			/* bytes used as the cartridge counts them, without the ring */
	uint64_t reserved;		/* bytes that may be put without asking for space: ring included */
	uint64_t disk_limit;		/* `used` can grow to this before the file system is full */
	uint64_t durable;		/* every object below is durable */
	uint32_t generation;		/* the log's next */
	bool ready;			/* the log takes records at its end */
	bool unwritten;			/* records are in the output buffer */
};

/* Batches of objects that a drive holds: the one that is read from, and those that are filled ahead of it. */
#define MREAD_BATCHES	4u

/* An object that was read ahead. */
struct mitem {
	enum media_err err; /* OK: a block; FILEMARK, SETMARK; CORRUPT, VERSION, IO, NOMEM: what is wrong with it */
	bool todo;			/* a block not yet checked and decoded */
	bool sealed;			/* it is encrypted */
	bool raw_allowed;
	bool theirs;			/* it came encrypted */
	size_t at;			/* of its record in raw */
	bool plain;			/* its bytes are, or will be, in the batch's plain buffer, not in raw */
	size_t off;			/* of its bytes, in plain or raw */
	uint32_t len, stored;		/* bytes: of the block, and as stored */
	struct mpoint after;		/* sums behind it */
	uint64_t used_after;
};

/* Encrypted blocks that are not read: media_set_refusals(). */
enum { MREFUSE_OURS = 1, MREFUSE_THEIRS = 2 };

/* Consecutive objects that were read and decoded. */
struct mbatch {
	bool valid;			/* the owner's to read, and to set */
	uint64_t number;		/* they are counted from the first ever */
	enum media_err err;		/* why it has no items, if it has none */
	unsigned part;
	uint64_t first;			/* object of item 0 */
	struct mitem *item;
	unsigned n, room;
	uint8_t *raw, *plain;
	size_t raw_room, plain_room;
	size_t raw_len, plain_len;
	size_t work;			/* bytes of blocks to be decrypted or expanded */
	enum media_decrypt decrypt;
	uint8_t refuse;
	struct media_key *key;	/* the fill's */
	uint64_t raw_off;		/* of raw, in its segment */
	struct mfmt_ident ident;	/* of that segment */
	/* the next object, and where it is expected */
	struct mpoint next;
	size_t seg;
	uint64_t off;
	uint64_t ahead;			/* bytes of that segment that are read, or to be fetched, up to here */
};

struct mfill {				/* arguments of the job that fills batches: of the next one, as it goes on */
	uint64_t from;			/* number of the first of them */
	unsigned part;
	struct mpoint at;		/* of the first object */
	bool known;			/* seg and off are: where the object is, or a pad before it */
	size_t seg;
	uint64_t off;
	uint64_t ahead;			/* with that: what of the segment is to be fetched already, up to here */
	size_t want;			/* bytes to read */
	size_t beyond; /* bytes behind them that the store is told to fetch, because they will be next */
	enum media_decrypt decrypt;
	uint8_t refuse;
	struct media_key *key;		/* held, or NULL */
	struct media_memory *memory;	/* what batches take is counted here, or NULL */
	uint64_t setting;		/* media->decrypt_setting when it began */
};

struct mmove {				/* arguments and results of the job that positions */
	enum media_op op;
	unsigned part;
	int64_t count;
	bool setmarks;			/* setmarks are told of, and end other moves */
	struct mpoint from, to;
	uint64_t residual;
	uint64_t used;
	enum media_err err;
};

struct mwrite {				/* arguments of the job that writes */
	uint64_t from, to;		/* entries of the ring to be written, by number; result: that were */
	bool again;			/* a second time, after they were lost: into a new segment */
	bool all;			/* leave nothing in the output buffer */
	bool sync;			/* then make everything durable */
	uint8_t *mam;			/* and write this MAM, or NULL */
	size_t mam_len;
	uint64_t mam_changes;
	bool mam_lost;			/* there was no memory for it */
	uint64_t stored;		/* result: bytes of payload */
	unsigned failed;		/* result: partition whose log lost something, or MEDIA_MAX_PARTITIONS */
	bool others;			/* result: another one did, too */
};

/* What was accepted and is lost, all of it in order: the entries that the ring keeps. */
struct mlost {
	struct mring ring;
	uint8_t *plain;			/* the next block of it, decoded, or NULL */
};

struct media {
	struct media_store *store;
	struct media_exec *exec;
	bool read_only;
	bool locked;
	uint64_t segment_bytes;
	bool broken;			/* a format ended half way: nothing works until it is opened again */
	struct media_meta meta;
	struct media_mam *mam;
	uint64_t mam_saved;		/* count of changes that is durable */
	struct mlog log[MEDIA_MAX_PARTITIONS];
	struct mout out;
	uint64_t free_space;		/* what the store had left when the job looked */
	struct mblock_worker worker;
	struct mcrew crew;

	/* position */
	struct mview view[MEDIA_MAX_PARTITIONS];
	unsigned part;
	struct mpoint pos;		/* without `host` */
	uint64_t pos_used;		/* bytes used up to here; at end of data the view knows better */

	/* writing */
	struct mring ring;
	uint64_t ring_store, ring_weight;	/* upper bounds of what the ring's entries take in store and capacity */
	struct mpoint ring_sum;		/* what is in it */
	unsigned ring_part;		/* the partition of what it holds and keeps */
	struct {			/* entries that it let go of before the job that wrote them ended: */
		unsigned n;
		uint64_t store, weight;	/* their parts of the sums above */
		struct mpoint sum;
	} early;
	struct mlost lost;
	struct mblock_how how;
	struct mseal *seal;		/* how blocks are encrypted; NULL: not */

	/* reading */
	struct mbatch batch[MREAD_BATCHES];
	uint64_t current;		/* number of the one that was read from last */
	uint64_t filled;		/* those below were filled, of which the last ones are there */
	uint64_t fill_to;		/* those below may be filled by the job that does it */
	enum media_decrypt decrypt;
	uint8_t refuse;
	struct media_key *read_key;
	uint64_t decrypt_setting;	/* counts changes of these three */
	bool setmarks;			/* setmarks are told of; else they are passed over */
	uint64_t streak;		/* objects read in a row */
	uint64_t streak_next;		/* the object that would go on with it */

	struct media_counters counters;

	struct {
		enum media_err err;	/* MEDIA_OK: nothing to report */
		unsigned part;
		uint64_t object;
	} deferred;

	/* the request under way, and the job */
	struct media_req *req;
	unsigned phase;			/* of the request; its meaning is its step's */
	uint64_t left;			/* FILEMARKS: not yet accepted */
	bool entered;			/* FILEMARKS: `left` is set */
	bool begun;			/* the job that makes ready, or cuts, has been started for it */
	bool tried;			/* space has been asked for */
	struct media_job job;
	const struct mtask *task;
	bool busy;			/* the job is under way */
	bool finished;			/* it is done, and its results are not taken over yet */
	bool pumping;
	enum media_err task_err;
	uint64_t cut;			/* argument of the job that cuts: the object */
	bool erase;			/* and whether nothing follows */
	struct mwrite write;
	struct mfill fill;
	struct mmove move;
	struct media_meta next_meta;	/* FORMAT, SET_INFO */
};

/* Opens the log of a partition of meta, in place of what was there. Blocks. */
enum media_err media_open_log(struct media *media, const struct media_meta *meta, unsigned partition, struct why *why)
	__attribute__((warn_unused_result));

/* Starts a job; nothing must be under way. */
void mjob_start(struct media *media, const struct mtask *task);
/* Goes on with what waited for a job or for helpers; the cartridge may be gone then. */
void mjob_resume(struct media *media);
static inline bool mjob_idle(const struct media *media)
{
	return !media->busy && !media->finished;
}
/* The same, and no helper is on its way either. */
static inline bool mjob_quiet(const struct media *media)
{
	return mjob_idle(media) && !media->crew.busy && !media->crew.nudged;
}

/* Takes over what a job may have changed in a partition's log. */
void mview_refresh(struct media *media, unsigned part);
/* The bytes up to which a partition may be filled: its capacity, or what the disk allows. */
uint64_t mview_capacity(const struct media *media, unsigned part);

/*
 * One step of a request: true when it is complete, false when a job that is under way must end first. Called
 * again after every job.
 */
bool mwrite_step(struct media *media, struct media_req *req);
bool mwrite_filemarks_step(struct media *media, struct media_req *req);
bool mwrite_sync_step(struct media *media, struct media_req *req);
bool mwrite_erase_step(struct media *media, struct media_req *req);
bool mread_step(struct media *media, struct media_req *req);
bool mread_peek_step(struct media *media, struct media_req *req);
bool mmove_step(struct media *media, struct media_req *req);
bool mformat_step(struct media *media, struct media_req *req);
bool minfo_step(struct media *media, struct media_req *req);

/* The most that an entry of the ring can take in the store, and of the capacity; and what it adds to the sums. */
uint64_t mwrite_store_bound(const struct mring_entry *entry);
uint64_t mwrite_weight_bound(const struct media *media, const struct mring_entry *entry);
struct mpoint mwrite_entry_sum(const struct mring_entry *entry);
/* Takes an entry into the sums of what is in the ring, or out of them. */
void mwrite_count_entry(struct media *media, const struct mring_entry *entry, bool in);
/* Takes the oldest n off the ring, and out of the sums. */
void mwrite_ring_drop(struct media *media, unsigned n);
/*
 * Lets go of what the job under way has written, before it ends: the room can be used, but how much the log took is not
 * known yet. False: there is none; the owner will be called when there is.
 */
bool mwrite_let_go(struct media *media);
/* That job is over: what it wrote of the entries that are gone already counts no more. */
void mwrite_settle_early(struct media *media);

/* Has the ring and the output buffer written out: true when they are. */
bool mwrite_settle(struct media *media);
/* Has everything that was accepted made durable without a request; nothing is under way. False: it is already. */
bool mwrite_rest(struct media *media);
/* What goes on without a request: writing what has piled up, reading ahead. Nothing is under way. */
void mwrite_background(struct media *media);
void mread_background(struct media *media);
/*
 * Fills args->batch from a log: with as many objects as args->want bytes hold, or at least one. Its blocks are still
 * to be decoded. Blocks.
 */
void mbatch_fill(struct mbatch *batch, struct mlog *log, const struct mfill *args);
/* Checks and decodes the blocks among items from, ..., to - 1. Different items may be decoded at the same time. */
void mbatch_decode(struct mbatch *batch, unsigned from, unsigned to, struct mblock_worker *worker);

/* Keeps what the ring has, if it is all there is from object `from` on, which was lost; the ring is empty then. */
void mlost_take(struct media *media, uint64_t from);
void mlost_discard(struct media *media);
void mlost_count(const struct media *media, uint32_t *objects, uint64_t *bytes);
bool mlost_step(struct media *media, struct media_req *req);

/* Forgets what was read ahead. */
void mread_drop(struct media *media);
/* What is being read ahead is not waited for: the job ends with the batch that it is at. */
void mread_stop(struct media *media);
void mread_free(struct media *media);

#endif
