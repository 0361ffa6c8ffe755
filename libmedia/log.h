/* SPDX-License-Identifier: GPL-2.0-only */
/* The log of a partition: appending, cutting, finding, recovering. Everything here may block. */
#ifndef MEDIA_LOG_H
#define MEDIA_LOG_H

#include "codec.h"
#include "index.h"
#include "manifest.h"
#include "meta.h"
#include "out.h"

#define MLOG_SEGMENT	(1ull << 30)	/* bytes at which a segment ends and the next one begins, by default */
#define MLOG_STEP	(64ull << 20)	/* bytes by which space is allocated ahead */

/* Where a record is. */
struct mplace {
	size_t seg;			/* index in the manifest */
	uint64_t off;			/* in the segment */
	struct mpoint at;		/* sums before it, without `host` */
	enum mfmt_type type;
};

/*
 * Used by one thread at a time: the owner's, or that of the job that it has under way.
 *
 * The last segment of `man` is kept up to date with every record that is put. `durable` of it lies at a sync
 * point; segments before the last one are durable as a whole.
 */
struct mlog {
	struct media_store *store;
	uint32_t salt;
	bool read_only;
	bool count_host;		/* capacity counts host bytes */
	uint64_t capacity;
	uint64_t segment;		/* bytes at which a segment ends */
	struct mmanifest man;
	bool man_dirty;			/* differs from the file */
	bool man_doubt;			/* a save failed: the file may hold what was to be saved, not `man` */
	bool damaged;			/* one copy of its file is; it is written anew when there is an occasion */
	struct mpoint durable;		/* sums of what is durable */
	uint64_t durable_off;		/* bytes of the last segment that are */
	/* Writer, of the last segment: */
	struct media_file *file;	/* NULL: not being written */
	uint64_t allocated;		/* bytes of the segment that have their space */
	bool allocates;			/* the store can allocate */
	struct midx idx;
	struct mout *out;		/* of all partitions: only one of them is written at a time */
	struct media_file *next;	/* the segment after it, made ahead of time, or NULL */
	uint32_t next_number;
	uint64_t next_allocated;
	/* Reader: */
	struct media_file *log_file, *idx_file;
	uint32_t log_number, idx_number;	/* the segments that they belong to */
	struct midx image;		/* index in memory of a segment whose file cannot be written */
	bool now;			/* look-ups take only what is in memory; what is not, they miss */
	bool missed;
};

/* What a segment's records must say. */
struct mfmt_ident mlog_ident(const struct mlog *log, const struct mseg *seg);

/* The sums at end of data. */
struct mpoint mlog_end(const struct mlog *log);

/* Bytes of all its segments. */
uint64_t mlog_stored(const struct mlog *log);

/* Bytes used, as the cartridge counts them, up to end of data. */
uint64_t mlog_used(const struct mlog *log);
/* The same up to a place whose host bytes are `host`. */
uint64_t mlog_used_at(const struct mlog *log, const struct mplace *place, uint64_t host);

/* Bytes that may be put without asking the store for space; UINT64_MAX where it cannot allocate. */
uint64_t mlog_reserved(const struct mlog *log);

/*
 * Opens the log of a partition and recovers what a crash left: man and sums are then what can be read. Changes
 * nothing in the store. The caller has set log->store, read_only, segment and out, which outlives it.
 */
enum media_err mlog_open(struct mlog *log, const struct media_meta *meta, unsigned partition, struct why *why)
	__attribute__((warn_unused_result));

/* Makes what was put durable, gives back what was allocated ahead, and frees. */
void mlog_close(struct mlog *log);
/* Frees without touching the store: after a format, or when opening failed. */
void mlog_free(struct mlog *log);

/*
 * Makes ready for putting records at `object`: what lies behind it is cut off, and a segment with `reserve`
 * bytes of space is there. After a failure nothing has changed.
 */
enum media_err mlog_begin(struct mlog *log, uint64_t object, uint64_t reserve) __attribute__((warn_unused_result));

/* Has room for `bytes` of records in buffer and segment: begins a new segment when it is time. */
enum media_err mlog_make_room(struct mlog *log, uint64_t bytes) __attribute__((warn_unused_result));

/*
 * Puts a record, after mlog_make_room(): `body` is its extension area and payload; type, codec, flags, lengths and
 * CRCs of `rec` are set. Its writing is begun some time; a failure is that of a record put before.
 */
enum media_err mlog_put(struct mlog *log, struct mfmt_record *rec, const void *body)
	__attribute__((warn_unused_result));

/* Writes out what was put, with a pad behind it. */
enum media_err mlog_flush(struct mlog *log) __attribute__((warn_unused_result));
/* Flushes all and makes it durable. */
enum media_err mlog_sync(struct mlog *log) __attribute__((warn_unused_result));

/* Asks the store for space so that `bytes` may be put; how much there is then, mlog_reserved() says. */
void mlog_reserve(struct mlog *log, uint64_t bytes);

/*
 * After a write failed with `err`: goes back to what is certain to be there, the last sync point or, after a
 * lack of space, the last record that was written. The next mlog_begin() starts a new segment.
 */
void mlog_rollback(struct mlog *log, enum media_err err);

/* End of data is before `object` from now on, durably. Not being written to afterwards. */
enum media_err mlog_cut(struct mlog *log, uint64_t object) __attribute__((warn_unused_result));

/* Finds an object (below end of data), or the mark with `number` others of its type before it. Heals the index. */
enum media_err mlog_find(struct mlog *log, uint64_t object, struct mplace *place) __attribute__((warn_unused_result));
enum media_err mlog_find_mark(struct mlog *log, enum mfmt_type type, uint64_t number, struct mplace *place)
	__attribute__((warn_unused_result));

/* Makes a segment's index anew: in its file, or, when that cannot be, in memory. */
enum media_err mlog_index_anew(struct mlog *log, const struct mseg *seg) __attribute__((warn_unused_result));

/* The header of the record at a place. MEDIA_CORRUPT: there is no valid one of that object. */
enum media_err mlog_header(struct mlog *log, const struct mplace *place, struct mfmt_record *rec)
	__attribute__((warn_unused_result));

/* The file of a segment, for reading; the log's. */
enum media_err mlog_file(struct mlog *log, const struct mseg *seg, struct media_file **file)
	__attribute__((warn_unused_result));
/* Closes the files that are open for reading. */
void mlog_drop_files(struct mlog *log);

/* Finds where the valid records of the last, open segment end, from a known durable point on. */
enum media_err mlog_recover(struct mlog *log, struct media_file *file, uint64_t size, bool use_mark)
	__attribute__((warn_unused_result));

/* Writes the manifests of a new formatting; segment and generation numbers begin at `next`. */
enum media_err mlog_create_all(struct media_store *store, const struct media_meta *meta, uint32_t next, struct why *why)
	__attribute__((warn_unused_result));

/* Removes files that are left over from a crash or a format: not listed by any of these logs. */
void mlog_sweep(struct media_store *store, const struct mlog *const logs[], unsigned n);

#endif
