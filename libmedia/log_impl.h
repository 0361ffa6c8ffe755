/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the log share among themselves. */
#ifndef MEDIA_LOG_IMPL_H
#define MEDIA_LOG_IMPL_H

#include "log.h"
#include "scan.h"

/* The last segment; the manifest has one. */
static inline struct mseg *mlog_last(struct mlog *log)
{
	return &log->man.seg[log->man.n - 1];
}

/* Makes the file of the segment after the last one, with space for `bytes` of records or, if there is less, less. */
enum media_err mlog_prepare_next(struct mlog *log, uint64_t bytes) __attribute__((warn_unused_result));
/* Removes it again. */
void mlog_drop_next(struct mlog *log);

/*
 * Cuts the log at `object` and has it continue in the segment that mlog_prepare_next() made: one change of the
 * manifest. What is kept must be durable. After a failure nothing has changed.
 */
enum media_err mlog_adopt_next(struct mlog *log, uint64_t object) __attribute__((warn_unused_result));

/* Goes on writing the last segment, which is open. */
enum media_err mlog_continue(struct mlog *log) __attribute__((warn_unused_result));

/* Stops writing the last segment; what the index file lacks is written. */
void mlog_end_writer(struct mlog *log);

/* Puts the entries of all objects of a segment into a begun index. */
enum media_err mlog_index_segment(struct mlog *log, const struct mseg *seg, struct midx *idx)
	__attribute__((warn_unused_result));

#endif
