/* SPDX-License-Identifier: GPL-2.0-only */
/* The log of a partition: putting records, and making them durable. */
#include "log.h"

#include <stdlib.h>
#include <string.h>

#include "crc.h"
#include "err.h"
#include "log_impl.h"

/* What a flush and a new segment may add to what was put. */
#define SLACK	(3 * MFMT_PAGE)

struct mfmt_ident mlog_ident(const struct mlog *log, const struct mseg *seg)
{
	return (struct mfmt_ident){ .salt = log->salt, .segment = seg->number, .generation = seg->generation };
}

struct mpoint mlog_end(const struct mlog *log)
{
	if (!log->man.n)
		return (struct mpoint){ 0 };
	return mseg_end(&log->man.seg[log->man.n - 1]);
}

static uint64_t host_used(const struct mpoint *at)
{
	return at->host + (at->filemarks + at->setmarks) * MFMT_RECORD;
}

uint64_t mlog_stored(const struct mlog *log)
{
	const struct mseg *last = log->man.n ? &log->man.seg[log->man.n - 1] : NULL;

	return last ? last->bytes_before + last->length : 0;
}

uint64_t mlog_used(const struct mlog *log)
{
	struct mpoint end = mlog_end(log);

	return log->count_host ? host_used(&end) : mlog_stored(log);
}

uint64_t mlog_used_at(const struct mlog *log, const struct mplace *place, uint64_t host)
{
	struct mpoint at = place->at;

	at.host = host;
	if (log->count_host)
		return host_used(&at);
	return log->man.seg[place->seg].bytes_before + place->off;
}

uint64_t mlog_reserved(const struct mlog *log)
{
	const struct mseg *last;
	uint64_t here = 0, next = 0;

	if (!log->file)
		return 0;
	if (!log->allocates)
		return UINT64_MAX;
	last = &log->man.seg[log->man.n - 1];
	if (log->allocated > last->length + SLACK)
		here = log->allocated - last->length - SLACK;
	if (log->next && log->next_allocated > MFMT_FIRST + SLACK)
		next = log->next_allocated - MFMT_FIRST - SLACK;
	/* A batch does not go over the end of a segment: what is left there may be too small for it. */
	return next > here ? next : here;
}

/* The last segment is finished; the next one takes over. */
static enum media_err roll(struct mlog *log)
{
	struct mseg *last = mlog_last(log);
	enum media_err err = mlog_flush(log);

	if (err)
		return err;
	log->store->ops->truncate(log->file, last->length);
	err = mlog_sync(log);
	if (err)
		return err;
	if (!log->next) {
		err = mlog_prepare_next(log, MLOG_STEP);
		if (err)
			return err;
	}
	return mlog_adopt_next(log, mlog_end(log).object);
}

enum media_err mlog_make_room(struct mlog *log, uint64_t bytes)
{
	const struct mseg *last = mlog_last(log);
	bool full = log->next && last->length + bytes + SLACK > log->allocated;
	enum media_err err;

	if (last->length >= log->segment || full) {
		err = roll(log);
		if (err)
			return err;
	}
	return mout_ready(log->out);
}

static void put(struct mlog *log, const void *data, size_t len)
{
	struct mseg *last = mlog_last(log);

	mout_put(log->out, log->store->ops, log->file, last->length, data, len);
	last->length += len;
}

enum media_err mlog_put(struct mlog *log, struct mfmt_record *rec, const void *body)
{
	struct mseg *last = mlog_last(log);
	struct mfmt_ident ident = mlog_ident(log, last);
	size_t used = MFMT_RECORD + rec->ext_len + rec->stored_len;
	uint8_t header[MFMT_RECORD];
	struct mpoint after;

	rec->at = mseg_end(last);
	rec->offset = last->length;
	rec->durable = log->durable_off;
	mfmt_put_record(header, &ident, rec);
	put(log, header, sizeof(header));
	put(log, body, used - sizeof(header));
	put(log, NULL, (size_t)mfmt_record_size(rec->ext_len, rec->stored_len) - used);
	log->man_dirty = true;
	if (rec->type == MFMT_PAD)
		return log->out->err;
	midx_add(&log->idx, rec->offset, rec->type, &rec->at);
	after = mfmt_after(rec);
	last->in = mpoint_sub(after, &last->first);
	return log->out->err;
}

/* Fills what was put up to a whole page. */
static enum media_err put_pad(struct mlog *log)
{
	static const uint8_t zeros[MFMT_PAGE];
	uint64_t from = mlog_last(log)->length + MFMT_RECORD;
	struct mfmt_record rec = { .type = MFMT_PAD, .stored_len = (uint32_t)(mfmt_page_up(from) - from) };

	rec.crc_stored = media_crc32c(0, zeros, rec.stored_len);
	return mlog_put(log, &rec, zeros);
}

enum media_err mlog_flush(struct mlog *log)
{
	enum media_err err = MEDIA_OK;

	if (!log->file)
		return MEDIA_OK;
	if (mlog_last(log)->length % MFMT_PAGE)
		err = put_pad(log);
	return err ? err : mout_flush(log->out, log->store->ops, log->file);
}

/*
 * A cut that failed may be in the manifest's file all the same. What is written behind it must not be told to be
 * durable before the file is what it was: a crash would take it.
 */
static enum media_err make_sure(struct mlog *log)
{
	enum media_err err;

	if (!log->man_doubt)
		return MEDIA_OK;
	err = mmanifest_save(log->store, &log->man, NULL);
	if (!err)
		log->man_doubt = false;
	return err;
}

enum media_err mlog_sync(struct mlog *log)
{
	struct mseg *last;
	enum media_err err;
	int rc;

	if (!log->file)
		return MEDIA_OK;
	err = mlog_flush(log);
	if (err)
		return err;
	last = mlog_last(log);
	if (log->durable_off == last->length)
		return make_sure(log);
	rc = log->store->ops->sync(log->file);
	if (rc < 0)
		return media_err_of(rc);
	log->durable = mseg_end(last);
	log->durable_off = last->length;
	midx_mark(&log->idx, &log->durable, log->durable_off);
	return make_sure(log);
}

/* The last segment, as it was when it had been made durable. */
static void back_to_durable(struct mlog *log)
{
	struct mseg *last = mlog_last(log);

	last->length = log->durable_off;
	last->in = mpoint_sub(log->durable, &last->first);
}

void mlog_rollback(struct mlog *log, enum media_err err)
{
	uint64_t written;

	if (!log->file)
		return;
	written = mout_drop(log->out, log->store->ops, mlog_last(log)->length);
	back_to_durable(log);
	/* No space for a write takes nothing from those before it. */
	if (err == MEDIA_NOSPACE && log->store->ops->sync(log->file) == 0 &&
	    mlog_recover(log, log->file, written, false) == MEDIA_OK) {
		log->durable = mlog_end(log);
		log->durable_off = mlog_last(log)->length;
	}
	mlog_last(log)->closed = true;
	mlog_end_writer(log);
	mlog_drop_next(log);
	if (!mlog_last(log)->in.object)
		log->man.n--;
	log->man_dirty = true;
}

void mlog_close(struct mlog *log)
{
	struct mseg *last;
	enum media_err err;

	if (log->read_only) {
		mlog_free(log);
		return;
	}
	if (log->file) {
		last = mlog_last(log);
		err = mlog_flush(log);
		if (!err) {
			log->store->ops->truncate(log->file, last->length);
			err = mlog_sync(log);
		}
		if (err)
			mlog_rollback(log, err);
		else if (log->idx.file && !log->idx.broken)
			log->store->ops->sync(log->idx.file);
	}
	mlog_end_writer(log);
	mlog_drop_next(log);
	if (log->man_dirty || log->damaged)
		/* Without it, what follows the last manifest is found again as after a crash. */
		(void)!mmanifest_save(log->store, &log->man, NULL);
	mlog_free(log);
}

void mlog_free(struct mlog *log)
{
	if (log->file)
		log->store->ops->close(log->file);
	if (log->next)
		log->store->ops->close(log->next);
	log->file = log->next = NULL;
	midx_end(&log->idx);
	midx_end(&log->image);
	mlog_drop_files(log);
	mmanifest_free(&log->man);
}
