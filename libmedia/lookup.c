/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds objects and filemarks through the index, and makes the index anew where it fails. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "log.h"
#include "log_impl.h"

/* A page of the index that is wanted. */
struct want {
	const struct mseg *seg;
	enum mfmt_page_kind kind;
	uint64_t at;			/* its number in the file */
	uint64_t object;		/* that it must begin with */
	unsigned count;			/* entries or keys that it must have at least */
};

static enum media_err open_cached(struct mlog *log, const struct mseg *seg, const char *suffix,
				  struct media_file **cached, uint32_t *number)
{
	char name[MFMT_NAME];
	int rc;

	if (*cached && *number == seg->number)
		return MEDIA_OK;
	if (*cached)
		log->store->ops->close(*cached);
	*cached = NULL;
	mfmt_name(name, log->man.partition, seg->number, suffix);
	rc = log->store->ops->open(log->store, name, MEDIA_STORE_RDONLY, cached);
	if (rc < 0) {
		*cached = NULL;
		return media_err_of(rc);
	}
	*number = seg->number;
	return MEDIA_OK;
}

enum media_err mlog_file(struct mlog *log, const struct mseg *seg, struct media_file **file)
{
	enum media_err err = open_cached(log, seg, "log", &log->log_file, &log->log_number);

	*file = log->log_file;
	return err;
}

void mlog_drop_files(struct mlog *log)
{
	if (log->log_file)
		log->store->ops->close(log->log_file);
	if (log->idx_file)
		log->store->ops->close(log->idx_file);
	log->log_file = log->idx_file = NULL;
}

static enum media_err index_scanned(struct mscan *scan, const struct mseg *seg, struct midx *idx)
{
	struct mpoint end = mseg_end(seg);

	while (scan->at.object < end.object) {
		struct mpoint from = scan->at;
		uint64_t off = scan->off;
		enum mscan_result result;
		struct mfmt_record rec;
		enum media_err err = mscan_next(scan, &result, &rec, NULL);
		bool found = false;

		/* What we must not interpret has a place all the same: reading it will say so. */
		if (err && err != MEDIA_VERSION)
			return err;
		if (!err && result == MSCAN_RECORD) {
			if (rec.type != MFMT_PAD)
				midx_add(idx, rec.offset, rec.type, &rec.at);
			continue;
		}
		err = mscan_resync(scan, off + MFMT_UNIT, 0, &found);
		if (err)
			return err;
		if (!found || scan->at.object > end.object)
			scan->at = end;
		midx_add_lost(idx, off, &from, &scan->at);
	}
	return MEDIA_OK;
}

enum media_err mlog_index_segment(struct mlog *log, const struct mseg *seg, struct midx *idx)
{
	struct mfmt_ident ident = mlog_ident(log, seg);
	struct mpoint end = mseg_end(seg);
	struct media_file *file;
	enum media_err err = mlog_file(log, seg, &file);
	struct mscan scan;

	if (err == MEDIA_NOENT) {
		midx_add_lost(idx, MFMT_FIRST, &seg->first, &end);
	} else if (err) {
		return err;
	} else {
		mscan_init(&scan, log->store, file, &ident, false);
		scan.limit = seg->length;
		scan.at = seg->first;
		err = index_scanned(&scan, seg, idx);
		mscan_free(&scan);
		if (err)
			return err;
	}
	midx_flush(idx);
	return MEDIA_OK;
}

enum media_err mlog_index_anew(struct mlog *log, const struct mseg *seg)
{
	struct mfmt_ident ident = mlog_ident(log, seg);
	struct media_file *file = NULL;
	enum media_err err;
	struct midx idx;
	char name[MFMT_NAME];

	mfmt_name(name, log->man.partition, seg->number, "idx");
	mlog_drop_files(log);
	if (!log->read_only && log->store->ops->open(log->store, name, 0, &file) < 0 &&
	    log->store->ops->open(log->store, name, MEDIA_STORE_CREATE, &file) < 0)
		file = NULL;
	if (file) {
		err = midx_begin(&idx, log->store, file, &ident, &seg->first);
		if (!err)
			err = mlog_index_segment(log, seg, &idx);
		if (!err && !idx.broken) {
			midx_end(&idx);
			return MEDIA_OK;
		}
		midx_end(&idx);
		if (err)
			return err;
	}
	midx_end(&log->image);
	err = midx_begin(&log->image, log->store, NULL, &ident, &seg->first);
	if (!err)
		err = mlog_index_segment(log, seg, &log->image);
	return !err && log->image.broken ? MEDIA_NOMEM : err;
}

/* Whether the page is what is wanted. */
static bool page_ok(const struct mlog *log, const struct want *want, const uint8_t *p, struct mfmt_page *page)
{
	struct mfmt_ident ident = mlog_ident(log, want->seg);

	return mfmt_get_page(p, &ident, want->kind, page) && page->at.object == want->object &&
	       page->count >= want->count;
}

static bool read_page(struct mlog *log, const struct want *want, uint8_t p[MFMT_PAGE], struct mfmt_page *page)
{
	const struct midx *image = &log->image;

	if (image->image && image->ident.segment == want->seg->number &&
	    (want->at + 1) * MFMT_PAGE <= image->image_len) {
		memcpy(p, image->image + want->at * MFMT_PAGE, MFMT_PAGE);
		if (page_ok(log, want, p, page))
			return true;
	}
	if (open_cached(log, want->seg, "idx", &log->idx_file, &log->idx_number))
		return false;
	return log->store->ops->pread(log->idx_file, p, MFMT_PAGE, want->at * MFMT_PAGE) == MFMT_PAGE &&
	       page_ok(log, want, p, page);
}

/* The page, if it can be had without waiting for anything. */
static bool read_page_now(struct mlog *log, const struct want *want, uint8_t p[MFMT_PAGE], struct mfmt_page *page)
{
	const struct media_store_ops *ops = log->store->ops;

	if (log->file && want->seg == mlog_last(log) && log->idx.dirty)
		return false;
	return ops->pread_now && log->idx_file && log->idx_number == want->seg->number &&
	       ops->pread_now(log->idx_file, p, MFMT_PAGE, want->at * MFMT_PAGE) == MFMT_PAGE &&
	       page_ok(log, want, p, page);
}

static enum media_err get_page(struct mlog *log, const struct want *want, uint8_t p[MFMT_PAGE], struct mfmt_page *page)
{
	enum media_err err;

	if (log->now) {
		if (!log->missed && read_page_now(log, want, p, page))
			return MEDIA_OK;
		log->missed = true;
		return MEDIA_BUSY;
	}
	/* What the writer of this segment has not written yet must be there to be read. */
	if (log->file && want->seg == mlog_last(log))
		midx_flush(&log->idx);
	if (read_page(log, want, p, page))
		return MEDIA_OK;
	err = mlog_index_anew(log, want->seg);
	if (err)
		return err;
	return read_page(log, want, p, page) ? MEDIA_OK : MEDIA_IO;
}

/* How many entries of its segment a page of entries has. */
static unsigned entries_of(const struct mseg *seg, uint64_t page)
{
	uint64_t left = seg->in.object - page * MFMT_PAGE_ENTRIES;

	return left < MFMT_PAGE_ENTRIES ? (unsigned)left : MFMT_PAGE_ENTRIES;
}

static enum media_err get_entries(struct mlog *log, const struct mseg *seg, uint64_t number, uint8_t p[MFMT_PAGE],
				  struct mfmt_page *page)
{
	struct want want = {
		.seg = seg,
		.kind = MFMT_ENTRIES,
		.at = midx_entries_page(number),
		.object = seg->first.object + number * MFMT_PAGE_ENTRIES,
		.count = entries_of(seg, number),
	};

	return get_page(log, &want, p, page);
}

static void set_place(struct mplace *place, const struct mlog *log, const struct mseg *seg, const uint8_t *p,
		      const struct mfmt_page *page, unsigned i)
{
	struct mfmt_entry entry;

	mfmt_get_entry(p, i, &entry);
	place->seg = (size_t)(seg - log->man.seg);
	place->off = entry.offset;
	place->at = (struct mpoint){
		.object = page->at.object + i,
		.filemarks = page->at.filemarks + entry.filemarks,
		.setmarks = page->at.setmarks + entry.setmarks,
	};
	place->type = entry.type;
}

enum media_err mlog_find(struct mlog *log, uint64_t object, struct mplace *place)
{
	size_t i = mmanifest_find(&log->man, object);
	const struct mseg *seg;
	uint8_t p[MFMT_PAGE];
	struct mfmt_page page;
	enum media_err err;
	uint64_t n;

	if (i == log->man.n)
		return MEDIA_INVALID;
	seg = &log->man.seg[i];
	n = object - seg->first.object;
	err = get_entries(log, seg, n / MFMT_PAGE_ENTRIES, p, &page);
	if (!err)
		set_place(place, log, seg, p, &page, (unsigned)(n % MFMT_PAGE_ENTRIES));
	return err;
}

static enum media_err get_keys(struct mlog *log, const struct mseg *seg, uint64_t group, uint8_t p[MFMT_PAGE],
			       struct mfmt_page *page, unsigned *count)
{
	uint64_t pages = (seg->in.object + MFMT_PAGE_ENTRIES - 1) / MFMT_PAGE_ENTRIES - group * MFMT_GROUP;
	struct want want = {
		.seg = seg,
		.kind = MFMT_KEYS,
		.at = midx_keys_page(group),
		.object = seg->first.object + group * MFMT_GROUP * MFMT_PAGE_ENTRIES,
		.count = pages < MFMT_GROUP ? (unsigned)pages : MFMT_GROUP,
	};

	*count = want.count;
	return get_page(log, &want, p, page);
}

/* The page of entries of a segment that holds a filemark, and the filemarks before that page. */
static enum media_err find_page(struct mlog *log, const struct mseg *seg, uint64_t filemark, uint64_t *number,
				uint64_t *before)
{
	uint64_t entries = (uint64_t)MFMT_GROUP * MFMT_PAGE_ENTRIES;
	uint64_t lo = 0, hi = (seg->in.object + entries - 1) / entries;
	uint8_t p[MFMT_PAGE];
	struct mfmt_page page;
	enum media_err err;
	unsigned count, from = 0, to;

	/* The last group that does not begin beyond it; there is but one, unless blocks are tiny. */
	while (hi - lo > 1) {
		uint64_t mid = lo + (hi - lo) / 2;

		err = get_keys(log, seg, mid, p, &page, &count);
		if (err)
			return err;
		if (page.at.filemarks <= filemark)
			lo = mid;
		else
			hi = mid;
	}
	err = get_keys(log, seg, lo, p, &page, &count);
	if (err)
		return err;
	for (to = count; to - from > 1;) {
		unsigned mid = from + (to - from) / 2;

		if (page.at.filemarks + mfmt_get_key(p, mid) <= filemark)
			from = mid;
		else
			to = mid;
	}
	*number = lo * MFMT_GROUP + from;
	*before = page.at.filemarks + mfmt_get_key(p, from);
	return MEDIA_OK;
}

/* The same of a setmark: keys do not count them, so the pages of entries themselves are asked. */
static enum media_err find_setmark_page(struct mlog *log, const struct mseg *seg, uint64_t setmark, uint64_t *number)
{
	uint64_t lo = 0, hi = (seg->in.object + MFMT_PAGE_ENTRIES - 1) / MFMT_PAGE_ENTRIES;

	while (hi - lo > 1) {
		uint64_t mid = lo + (hi - lo) / 2;
		uint8_t p[MFMT_PAGE];
		struct mfmt_page page;
		enum media_err err = get_entries(log, seg, mid, p, &page);

		if (err)
			return err;
		if (page.at.setmarks <= setmark)
			lo = mid;
		else
			hi = mid;
	}
	*number = lo;
	return MEDIA_OK;
}

/* MEDIA_CORRUPT: pages of the index that are valid contradict each other. */
static enum media_err find_in(struct mlog *log, const struct mseg *seg, enum mfmt_type type, uint64_t mark,
			      struct mplace *place)
{
	uint8_t p[MFMT_PAGE];
	struct mfmt_page page;
	uint64_t number, before;
	enum media_err err;
	unsigned from = 0, to;

	err = type == MFMT_SETMARK ? find_setmark_page(log, seg, mark, &number) :
				     find_page(log, seg, mark, &number, &before);
	if (!err)
		err = get_entries(log, seg, number, p, &page);
	if (err)
		return err;
	for (to = entries_of(seg, number); to - from > 1;) {
		unsigned mid = from + (to - from) / 2;

		set_place(place, log, seg, p, &page, mid);
		if (mpoint_marks(&place->at, type) <= mark)
			from = mid;
		else
			to = mid;
	}
	set_place(place, log, seg, p, &page, from);
	if ((type == MFMT_SETMARK || page.at.filemarks == before) && place->type == type &&
	    mpoint_marks(&place->at, type) == mark)
		return MEDIA_OK;
	return MEDIA_CORRUPT;
}

enum media_err mlog_find_mark(struct mlog *log, enum mfmt_type type, uint64_t number, struct mplace *place)
{
	size_t i = mmanifest_find_mark(&log->man, type, number);
	enum media_err err;

	if (i == log->man.n)
		return MEDIA_INVALID;
	err = find_in(log, &log->man.seg[i], type, number, place);
	if (err != MEDIA_CORRUPT || log->now)
		return err;
	err = mlog_index_anew(log, &log->man.seg[i]);
	return err ? err : find_in(log, &log->man.seg[i], type, number, place);
}

enum media_err mlog_header(struct mlog *log, const struct mplace *place, struct mfmt_record *rec)
{
	const struct mseg *seg = &log->man.seg[place->seg];
	struct mfmt_ident ident = mlog_ident(log, seg);
	uint8_t p[MFMT_RECORD];
	struct media_file *file;
	enum media_err err = mlog_file(log, seg, &file);
	ssize_t n;

	if (err)
		return err == MEDIA_NOENT ? MEDIA_CORRUPT : err;
	n = log->store->ops->pread(file, p, sizeof(p), place->off);
	if (n < 0)
		return media_err_of((int)n);
	if ((size_t)n < sizeof(p))
		return MEDIA_CORRUPT;
	err = mfmt_get_record(p, &ident, place->off, rec);
	if (!err && (rec->at.object != place->at.object || rec->type == MFMT_PAD))
		return MEDIA_CORRUPT;
	return err;
}
