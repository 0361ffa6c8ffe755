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

void mout_free(struct mout *out)
{
	free(out->buf);
	*out = (struct mout){ 0 };
}

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
	return at->host + at->filemarks * MFMT_RECORD;
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
	struct mpoint at = { .object = place->object, .filemarks = place->filemarks, .host = host };

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

static enum media_err out_room(struct mout *out, size_t bytes)
{
	size_t room = out->len + bytes + SLACK;
	void *buf;

	if (room <= out->room)
		return MEDIA_OK;
	if (posix_memalign(&buf, MFMT_PAGE, room))
		return MEDIA_NOMEM;
	if (out->len)
		memcpy(buf, out->buf, out->len);
	free(out->buf);
	out->buf = buf;
	out->room = room;
	return MEDIA_OK;
}

/* The last segment is finished; the next one takes over. */
static enum media_err roll(struct mlog *log)
{
	struct mseg *last = mlog_last(log);
	enum media_err err = mlog_flush(log, true);

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
	return out_room(log->out, (size_t)bytes);
}

uint8_t *mlog_payload(struct mlog *log)
{
	return log->out->buf + log->out->len + MFMT_RECORD;
}

void mlog_put(struct mlog *log, struct mfmt_record *rec)
{
	struct mseg *last = mlog_last(log);
	struct mfmt_ident ident = mlog_ident(log, last);
	struct mout *out = log->out;
	size_t size = (size_t)mfmt_record_size(rec->ext_len, rec->stored_len);
	size_t used = MFMT_RECORD + rec->ext_len + rec->stored_len;
	struct mpoint after;

	rec->at = mseg_end(last);
	rec->offset = last->length;
	rec->durable = log->durable_off;
	mfmt_put_record(out->buf + out->len, &ident, rec);
	memset(out->buf + out->len + used, 0, size - used);
	out->len += size;
	last->length += size;
	log->man_dirty = true;
	if (rec->type == MFMT_PAD)
		return;
	midx_add(&log->idx, rec->offset, rec->type == MFMT_FILEMARK, rec->at.filemarks);
	after = mfmt_after(rec);
	last->in.object = after.object - last->first.object;
	last->in.filemarks = after.filemarks - last->first.filemarks;
	last->in.host = after.host - last->first.host;
}

/* Fills what was put up to a whole page; there is room for it. */
static void put_pad(struct mlog *log)
{
	struct mout *out = log->out;
	struct mfmt_record rec = { .type = MFMT_PAD };

	rec.stored_len = (uint32_t)(mfmt_page_up(out->len + MFMT_RECORD) - out->len - MFMT_RECORD);
	memset(mlog_payload(log), 0, rec.stored_len);
	rec.crc_stored = media_crc32c(0, mlog_payload(log), rec.stored_len);
	mlog_put(log, &rec);
}

enum media_err mlog_flush(struct mlog *log, bool all)
{
	struct mout *out = log->out;
	size_t whole;
	ssize_t n;

	if (!log->file)
		return MEDIA_OK;
	if (all && out->len % MFMT_PAGE)
		put_pad(log);
	whole = out->len - out->len % MFMT_PAGE;
	if (!whole)
		return MEDIA_OK;
	n = log->store->ops->pwrite(log->file, out->buf, whole, mlog_last(log)->length - out->len);
	if (n < 0)
		return media_err_of((int)n);
	out->len -= whole;
	memmove(out->buf, out->buf + whole, out->len);
	return MEDIA_OK;
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
	err = mlog_flush(log, true);
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
	last->in.object = log->durable.object - last->first.object;
	last->in.filemarks = log->durable.filemarks - last->first.filemarks;
	last->in.host = log->durable.host - last->first.host;
}

void mlog_rollback(struct mlog *log, enum media_err err)
{
	uint64_t written;

	if (!log->file)
		return;
	written = mlog_last(log)->length - log->out->len;
	log->out->len = 0;
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
		err = mlog_flush(log, true);
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
