/* SPDX-License-Identifier: GPL-2.0-only */
/* The log of a partition: segments come and go, and space is allocated for them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "log.h"
#include "log_impl.h"

/* Less space than this is not worth having. */
#define LEAST_SPACE	(256u << 10)

/*
 * Allocates from *allocated on: `want` bytes, or as much of it as there is. False: none. A store that cannot
 * allocate is not asked again.
 */
static bool extend(struct mlog *log, struct media_file *file, uint64_t *allocated, uint64_t want)
{
	for (; want >= LEAST_SPACE; want = mfmt_page_up(want / 2)) {
		int rc = log->store->ops->allocate(file, *allocated, want);

		if (rc == 0) {
			*allocated += want;
			return true;
		}
		if (rc != -ENOSPC && rc != -EDQUOT) {
			log->allocates = false;
			return true;
		}
	}
	return false;
}

/* How much to allocate at once, where `bytes` are needed: a tape that is almost full needs little. */
static uint64_t step(const struct mlog *log, uint64_t bytes)
{
	uint64_t used = mlog_used(log), left = log->capacity > used ? log->capacity - used : 0;
	uint64_t want = MLOG_STEP;

	if (!log->count_host && left < want)
		want = left;
	return mfmt_page_up(want > bytes ? want : bytes);
}

void mlog_drop_next(struct mlog *log)
{
	char name[MFMT_NAME];

	if (!log->next)
		return;
	log->store->ops->close(log->next);
	log->next = NULL;
	mfmt_name(name, log->man.partition, log->next_number, "log");
	log->store->ops->remove(log->store, name);
}

enum media_err mlog_prepare_next(struct mlog *log, uint64_t bytes)
{
	char name[MFMT_NAME];
	int rc;

	if (log->next)
		return MEDIA_OK;
	log->next_number = log->man.next_segment;
	mfmt_name(name, log->man.partition, log->next_number, "log");
	rc = log->store->ops->open(log->store, name, MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT, &log->next);
	if (rc == -EEXIST) {
		/* No manifest lists it yet: a crash left it. */
		rc = log->store->ops->remove(log->store, name);
		if (rc == 0)
			rc = log->store->ops->open(log->store, name, MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT,
						   &log->next);
	}
	if (rc < 0) {
		log->next = NULL;
		return media_err_of(rc);
	}
	log->next_allocated = 0;
	if (!log->allocates || extend(log, log->next, &log->next_allocated, step(log, bytes)))
		return MEDIA_OK;
	mlog_drop_next(log);
	return MEDIA_NOSPACE;
}

void mlog_reserve(struct mlog *log, uint64_t bytes)
{
	/* Each turn allocates once; more than a few mean that there is no space. */
	for (int turn = 0; turn < 4 && log->file && mlog_reserved(log) < bytes; turn++) {
		if (log->next) {
			if (!extend(log, log->next, &log->next_allocated, step(log, bytes)))
				return;
		} else if (log->allocated < log->segment) {
			if (!extend(log, log->file, &log->allocated, step(log, bytes)))
				return;
		} else if (mlog_prepare_next(log, bytes)) {
			return;
		}
	}
}

/* Removes the files of the segments of `man` that the log no longer lists. */
static void remove_dropped(struct mlog *log, const struct mmanifest *man)
{
	char name[MFMT_NAME];

	mlog_drop_files(log);
	for (size_t i = 0; i < man->n; i++) {
		if (i < log->man.n && man->seg[i].number == log->man.seg[i].number)
			continue;
		mfmt_name(name, man->partition, man->seg[i].number, "log");
		log->store->ops->remove(log->store, name);
		mfmt_name(name, man->partition, man->seg[i].number, "idx");
		log->store->ops->remove(log->store, name);
	}
}

/* The host bytes before a place, as far as they can be known. */
static uint64_t host_before(struct mlog *log, const struct mplace *place)
{
	struct mplace before;
	struct mfmt_record rec;

	if (mlog_header(log, place, &rec) == MEDIA_OK)
		return rec.at.host;
	if (place->at.object > log->man.seg[place->seg].first.object &&
	    mlog_find(log, place->at.object - 1, &before) == 0 &&
	    mlog_header(log, &before, &rec) == MEDIA_OK)
		return mfmt_after(&rec).host;
	return log->man.seg[place->seg].first.host;
}

/* Takes from `man`, a copy of the log's, everything from `object` on. */
static enum media_err trim(struct mlog *log, struct mmanifest *man, uint64_t object)
{
	struct mseg *seg;
	struct mplace place;
	enum media_err err;

	if (object < mlog_end(log).object) {
		err = mlog_find(log, object, &place);
		if (err)
			return err;
		man->n = place.seg + 1;
		seg = &man->seg[place.seg];
		place.at.host = host_before(log, &place);
		seg->in = mpoint_sub(place.at, &seg->first);
		seg->length = place.off;
	}
	if (!man->n)
		return MEDIA_OK;
	seg = &man->seg[man->n - 1];
	seg->closed = true;
	if (!seg->in.object)
		man->n--;
	return MEDIA_OK;
}

/* Gives back what a closed segment has beyond its length. */
static void give_back(struct mlog *log, const struct mseg *seg)
{
	struct media_file *file;
	char name[MFMT_NAME];
	uint64_t size;

	mfmt_name(name, log->man.partition, seg->number, "log");
	if (log->store->ops->open(log->store, name, 0, &file) < 0)
		return;
	if (log->store->ops->size(file, &size) == 0 && size > seg->length)
		log->store->ops->truncate(file, seg->length);
	log->store->ops->close(file);
}

/* Writes a changed manifest. One that failed may be there all the same: then the old one is to be written again. */
static enum media_err save(struct mlog *log, const struct mmanifest *man)
{
	enum media_err err = mmanifest_save(log->store, man, NULL);

	log->man_doubt = err;
	if (err)
		log->man_dirty = true;
	return err;
}

/* The changed manifest is on disk: it is the log's from now on. */
static void commit(struct mlog *log, struct mmanifest *man)
{
	struct mmanifest old = log->man;

	log->man = *man;
	log->man_dirty = false;
	log->damaged = false;
	log->durable = mlog_end(log);
	log->durable_off = log->man.n ? mlog_last(log)->length : 0;
	remove_dropped(log, &old);
	for (size_t i = log->man.n; i-- > 0 && i + 2 >= log->man.n;)
		if (log->man.seg[i].closed)
			give_back(log, &log->man.seg[i]);
	mmanifest_free(&old);
}

/* Begins the index of the last segment; without one, writing goes on all the same. */
static enum media_err begin_index(struct mlog *log)
{
	const struct mseg *last = mlog_last(log);
	struct mfmt_ident ident = mlog_ident(log, last);
	struct media_file *file = NULL;
	enum media_err err;
	char name[MFMT_NAME];

	mfmt_name(name, log->man.partition, last->number, "idx");
	if (log->store->ops->open(log->store, name, 0, &file) < 0 &&
	    log->store->ops->open(log->store, name, MEDIA_STORE_CREATE, &file) < 0)
		file = NULL;
	err = midx_begin(&log->idx, log->store, file, &ident, &last->first);
	if (!file)
		log->idx.broken = true;
	return err;
}

void mlog_end_writer(struct mlog *log)
{
	if (!log->file)
		return;
	midx_flush(&log->idx);
	midx_end(&log->idx);
	log->store->ops->close(log->file);
	log->file = NULL;
}

/* A manifest that has the prepared segment behind what is kept. */
static enum media_err with_next(struct mlog *log, uint64_t object, struct mmanifest *man)
{
	enum media_err err = mmanifest_copy(man, &log->man);
	struct mseg seg = { .number = log->next_number, .generation = man->next_generation, .length = MFMT_FIRST };

	if (err)
		return err;
	err = trim(log, man, object);
	if (err)
		return err;
	if (man->n)
		seg.first = mseg_end(&man->seg[man->n - 1]);
	man->next_segment = log->next_number + 1;
	man->next_generation++;
	return mmanifest_add(man, &seg);
}

static enum media_err write_first_page(struct mlog *log, const struct mmanifest *man)
{
	const struct mseg *seg = &man->seg[man->n - 1];
	struct mfmt_segment page = {
		.partition = man->partition,
		.formatting = man->formatting,
		.ident = mlog_ident(log, seg),
		.first = seg->first,
	};
	uint8_t p[MFMT_PAGE] __attribute__((aligned(MFMT_PAGE)));
	ssize_t n;

	memcpy(page.uuid, man->uuid, MEDIA_UUID_LEN);
	mfmt_put_segment(p, &page);
	n = log->store->ops->pwrite(log->next, p, MFMT_PAGE, 0);
	/* The manifest will say that this page is there. */
	return media_err_of(n < 0 ? (int)n : log->store->ops->sync(log->next));
}

enum media_err mlog_adopt_next(struct mlog *log, uint64_t object)
{
	struct mmanifest man;
	enum media_err err = with_next(log, object, &man);

	if (!err)
		err = write_first_page(log, &man);
	if (!err)
		err = save(log, &man);
	if (err) {
		mmanifest_free(&man);
		return err;
	}
	mlog_end_writer(log);
	log->file = log->next;
	log->allocated = log->next_allocated;
	log->next = NULL;
	commit(log, &man);
	err = begin_index(log);
	if (err) {
		/* The new segment is there and empty: the next mlog_begin() tries again. */
		log->store->ops->close(log->file);
		log->file = NULL;
	}
	return err;
}

enum media_err mlog_continue(struct mlog *log)
{
	const struct mseg *last = mlog_last(log);
	enum media_err err;
	char name[MFMT_NAME];
	int rc;

	mfmt_name(name, log->man.partition, last->number, "log");
	rc = log->store->ops->open(log->store, name, MEDIA_STORE_DIRECT, &log->file);
	if (rc < 0) {
		log->file = NULL;
		return media_err_of(rc);
	}
	log->allocated = last->length;
	err = begin_index(log);
	if (!err && !midx_resume(&log->idx, last->in.object))
		err = mlog_index_segment(log, last, &log->idx);
	if (err) {
		midx_end(&log->idx);
		log->store->ops->close(log->file);
		log->file = NULL;
	}
	return err;
}

enum media_err mlog_begin(struct mlog *log, uint64_t object, uint64_t reserve)
{
	enum media_err err = MEDIA_OK;

	if (object == mlog_end(log).object && log->file)
		goto reserve;
	err = mlog_sync(log);
	if (err)
		return err;
	if (object == mlog_end(log).object && log->man.n && !mlog_last(log)->closed) {
		err = mlog_continue(log);
	} else {
		err = mlog_prepare_next(log, reserve);
		if (!err)
			err = mlog_adopt_next(log, object);
		if (err)
			mlog_drop_next(log);
	}
	if (err)
		return err;
reserve:
	mlog_reserve(log, reserve);
	return MEDIA_OK;
}

enum media_err mlog_cut(struct mlog *log, uint64_t object)
{
	struct mmanifest man;
	enum media_err err = mlog_sync(log);

	if (err || object == mlog_end(log).object)
		return err;
	err = mmanifest_copy(&man, &log->man);
	if (!err)
		err = trim(log, &man, object);
	if (!err)
		err = save(log, &man);
	if (err) {
		mmanifest_free(&man);
		return err;
	}
	mlog_end_writer(log);
	mlog_drop_next(log);
	commit(log, &man);
	return MEDIA_OK;
}
