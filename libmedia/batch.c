/* SPDX-License-Identifier: GPL-2.0-only */
/* Batches: a stretch of the log is read, and the objects in it are found, checked and decoded. */
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "err.h"
#include "media_impl.h"
#include "pages.h"

/* Objects in a batch, at most. */
#define MAX_ITEMS	8192u
/* Decoded bytes in a batch, at most; more only for a single block. */
#define MAX_PLAIN	(8u << 20)
/* A record that begins within the stretch that is wanted is read to its end, if that takes no more than this. */
#define BEYOND		(1u << 20)

/* The work on one batch. */
struct fill {
	struct mbatch *batch;
	struct mlog *log;
	struct media_memory *memory;
	size_t want;
	struct mpoint at;		/* of the next item; `host` as far as known */
	size_t seg;			/* where it is expected */
	uint64_t off;
	bool looked_up;			/* the index has been asked for it */
};

static const struct mseg *segment(const struct fill *fill)
{
	return &fill->log->man.seg[fill->seg];
}

static bool grow(const struct fill *fill, uint8_t **buf, size_t *room, size_t len)
{
	uint8_t *p;

	if (len <= *room)
		return true;
	p = mpages_resize(*buf, *room, len, fill->memory);
	if (!p)
		return false;
	*buf = p;
	*room = len;
	return true;
}

/* Reads on behind what raw holds, up to `end` of it. Less may come. */
static enum media_err read_more(struct fill *fill, size_t end)
{
	struct mbatch *batch = fill->batch;
	struct media_file *file;
	enum media_err err = mlog_file(fill->log, segment(fill), &file);
	ssize_t n;

	if (err)
		return err == MEDIA_NOENT ? MEDIA_CORRUPT : err;
	if (!grow(fill, &batch->raw, &batch->raw_room, end))
		return MEDIA_NOMEM;
	n = fill->log->store->ops->pread(file, batch->raw + batch->raw_len, end - batch->raw_len,
					 batch->raw_off + batch->raw_len);
	if (n < 0)
		return media_err_of((int)n);
	batch->raw_len += (size_t)n;
	return MEDIA_OK;
}

/*
 * Has raw hold `len` bytes from the current place on. MEDIA_BUSY: they are for another batch; MEDIA_CORRUPT:
 * the file does not have them; MEDIA_IO, MEDIA_NOMEM.
 */
static enum media_err need(struct fill *fill, size_t len, uint8_t **p)
{
	struct mbatch *batch = fill->batch;
	uint64_t left = segment(fill)->length - fill->off;
	size_t end, want;
	enum media_err err;

	if (!batch->n && (!batch->raw_len || fill->off < batch->raw_off ||
			  fill->off > batch->raw_off + batch->raw_len)) {
		batch->raw_off = fill->off;
		batch->raw_len = 0;
	}
	if (len > left)
		return MEDIA_CORRUPT;
	end = (size_t)(fill->off - batch->raw_off) + len;
	if (end > batch->raw_len) {
		if (batch->n && end > fill->want + BEYOND)
			return MEDIA_BUSY;
		want = (size_t)(fill->off - batch->raw_off) + (size_t)(fill->want < left ? fill->want : left);
		err = read_more(fill, batch->n || end > want ? end : want);
		/* A stretch that cannot be read may have a piece that can. */
		if (err == MEDIA_IO && want > end && !batch->n)
			err = read_more(fill, end);
		if (err)
			return batch->n ? MEDIA_BUSY : err;
		if (end > batch->raw_len)
			return MEDIA_CORRUPT;
	}
	*p = batch->raw + (fill->off - batch->raw_off);
	return MEDIA_OK;
}

static bool add_item(struct fill *fill, const struct mitem *item, uint64_t off_after)
{
	struct mbatch *batch = fill->batch;
	struct mplace after = { .seg = fill->seg, .off = off_after, .at = item->after };

	if (batch->n == batch->room) {
		unsigned room = batch->room ? 4 * batch->room : 16;
		struct mitem *p = realloc(batch->item, room * sizeof(*p));

		if (!p)
			return false;
		batch->item = p;
		batch->room = room;
	}
	if (!batch->n)
		batch->ident = mlog_ident(fill->log, segment(fill));
	batch->item[batch->n] = *item;
	batch->item[batch->n++].used_after = mlog_used_at(fill->log, &after, item->after.host);
	fill->at = item->after;
	fill->off = off_after;
	fill->looked_up = false;
	return true;
}

/* An object that cannot be read: the next one is where the index says. */
static bool add_bad(struct fill *fill, enum media_err err)
{
	struct mfmt_record rec = { .type = MFMT_BLOCK, .at = fill->at };
	struct mitem item = { .err = err };
	struct mplace place;
	uint64_t next = segment(fill)->length;

	if (mlog_find(fill->log, fill->at.object, &place) == MEDIA_OK)
		rec.type = place.type;
	item.after = mfmt_after(&rec);
	if (item.after.object < mseg_end(segment(fill)).object &&
	    mlog_find(fill->log, item.after.object, &place) == MEDIA_OK)
		next = place.off;
	return add_item(fill, &item, next);
}

/* A block that came encrypted as raw reads of ours are, and that is to be decrypted: of how many bytes, and where. */
static void place_inside(const struct mbatch *batch, const struct mfmt_record *rec, const uint8_t *p,
			 struct mitem *item)
{
	const uint8_t *payload = p + MFMT_RECORD + rec->ext_len;
	struct mseal_view view, in;
	struct mfmt_record inner;
	uint32_t salt;

	if (batch->decrypt < MEDIA_DECRYPT_KEY || !mseal_look(p + MFMT_RECORD, rec->ext_len, &view) ||
	    !view.metadata || !mseal_inside(&view, rec, payload, &inner, &salt, &in))
		return;
	item->len = inner.host_len;
	item->plain = inner.codec != MEDIA_CODEC_NONE;
	item->off += MFMT_RECORD + inner.ext_len;
}

/* Finds a place for the bytes of a block, whose record is at `p`. MEDIA_BUSY: the batch is full. */
static enum media_err place(struct fill *fill, const struct mfmt_record *rec, const uint8_t *p, struct mitem *item)
{
	struct mbatch *batch = fill->batch;

	item->todo = true;
	item->at = (size_t)(fill->off - batch->raw_off);
	item->plain = rec->codec != MEDIA_CODEC_NONE && batch->decrypt != MEDIA_DECRYPT_RAW;
	item->off = item->at + MFMT_RECORD + rec->ext_len;
	if (rec->ext_len)
		place_inside(batch, rec, p, item);
	if (item->plain || rec->ext_len)
		batch->work += item->len;
	if (!item->plain)
		return MEDIA_OK;
	item->off = batch->plain_len;
	if (batch->n && batch->plain_len + item->len > MAX_PLAIN)
		return MEDIA_BUSY;
	batch->plain_len += item->len;
	return MEDIA_OK;
}

/* Takes the record of the next object, whose header is `rec`. */
static enum media_err take_record(struct fill *fill, const struct mfmt_record *rec)
{
	uint64_t size = mfmt_record_size(rec->ext_len, rec->stored_len);
	struct mitem item = {
		.len = rec->host_len,
		.stored = rec->codec == MFMT_CODEC_FILL ? rec->host_len : rec->stored_len,
		.after = mfmt_after(rec),
	};
	enum media_err err;
	uint8_t *p;

	err = need(fill, (size_t)size, &p);
	if (!err && rec->type != MFMT_BLOCK) {
		err = mblock_check(rec, p + MFMT_RECORD);
		item.err = rec->type == MFMT_SETMARK ? MEDIA_SETMARK : MEDIA_FILEMARK;
	} else if (!err) {
		err = place(fill, rec, p, &item);
	}
	if (err == MEDIA_BUSY)
		return err;
	if (err)
		item.err = err;
	return add_item(fill, &item, fill->off + size) ? MEDIA_OK : MEDIA_BUSY;
}

/* The block is dealt with. */
static void finish(struct mitem *item, enum media_err err)
{
	item->err = err;
	item->todo = false;
}

/* Asks the index where the next object is; false: it has been asked, or says nothing new. */
static bool look_up(struct fill *fill)
{
	struct mplace place;

	if (fill->looked_up || mlog_find(fill->log, fill->at.object, &place))
		return false;
	fill->looked_up = true;
	if (place.seg == fill->seg && place.off == fill->off)
		return false;
	if (place.seg != fill->seg && !fill->batch->n)
		fill->batch->raw_len = 0;
	fill->seg = place.seg;
	fill->off = place.off;
	return true;
}

/* Goes one step: an item more, or over a pad, or into the next segment. MEDIA_BUSY: the batch is complete. */
static enum media_err step(struct fill *fill)
{
	const struct mseg *seg = segment(fill);
	struct mfmt_ident ident = mlog_ident(fill->log, seg);
	struct mfmt_record rec;
	enum media_err err;
	uint8_t *p;

	if (fill->batch->n && fill->off >= fill->batch->raw_off + fill->want)
		return MEDIA_BUSY;
	if (fill->at.object >= mseg_end(seg).object) {
		/* A batch is of one segment. */
		if (fill->batch->n)
			return MEDIA_BUSY;
		fill->seg++;
		fill->off = MFMT_FIRST;
		fill->batch->raw_len = 0;
		return MEDIA_OK;
	}
	err = fill->off < seg->length ? need(fill, MFMT_RECORD, &p) : MEDIA_CORRUPT;
	if (!err)
		err = mfmt_get_record(p, &ident, fill->off, &rec);
	if (!err && rec.type == MFMT_PAD) {
		fill->off += mfmt_record_size(rec.ext_len, rec.stored_len);
		return MEDIA_OK;
	}
	if (!err && rec.at.object == fill->at.object)
		return take_record(fill, &rec);
	if (!err)
		err = MEDIA_CORRUPT;
	if (err == MEDIA_BUSY || err == MEDIA_NOMEM)
		return MEDIA_BUSY;
	if (err == MEDIA_CORRUPT && look_up(fill)) {
		if (fill->batch->n)
			return MEDIA_BUSY;
		return MEDIA_OK;
	}
	return add_bad(fill, err) ? MEDIA_OK : MEDIA_BUSY;
}

/* Has the store fetch what comes behind the batch that is about to be read. */
static void fetch_ahead(const struct fill *fill, const struct mfill *args)
{
	uint64_t from = fill->off, to = fill->off + args->want + args->beyond;
	struct media_file *file;

	fill->batch->ahead = args->known ? args->ahead : 0;
	/* A few large fetches are better than many small ones. */
	if (fill->batch->ahead >= from + args->want + args->beyond / 2)
		return;
	if (to > segment(fill)->length)
		to = segment(fill)->length;
	if (from < fill->batch->ahead)
		from = fill->batch->ahead;
	if (!args->beyond || from >= to || mlog_file(fill->log, segment(fill), &file))
		return;
	fill->log->store->ops->read_ahead(file, from, to - from);
	fill->batch->ahead = to;
}

void mbatch_fill(struct mbatch *batch, struct mlog *log, const struct mfill *args)
{
	struct fill fill = {
		.batch = batch,
		.log = log,
		.memory = args->memory,
		.want = args->want,
		.at = args->at,
		.seg = args->seg,
		.off = args->off,
	};
	uint64_t end = mlog_end(log).object;
	struct mplace place;
	size_t began;

	batch->part = args->part;
	batch->first = args->at.object;
	batch->n = 0;
	batch->raw_len = batch->plain_len = batch->work = 0;
	batch->decrypt = args->decrypt;
	batch->refuse = args->refuse;
	batch->key = args->key;
	batch->err = MEDIA_NOMEM;
	if (!args->known) {
		batch->err = mlog_find(log, args->at.object, &place);
		if (batch->err)
			return;
		batch->err = MEDIA_NOMEM;
		fill.seg = place.seg;
		fill.off = place.off;
		fill.looked_up = true;
	}
	batch->raw_off = fill.off;
	began = fill.seg;
	fetch_ahead(&fill, args);
	while (fill.at.object < end && batch->n < MAX_ITEMS && step(&fill) == MEDIA_OK)
		;
	batch->next = fill.at;
	if (began != fill.seg)
		batch->ahead = 0;
	batch->seg = fill.seg;
	batch->off = fill.off;
	if (grow(&fill, &batch->plain, &batch->plain_room, batch->plain_len))
		return;
	for (unsigned i = 0; i < batch->n; i++)
		if (batch->item[i].plain)
			finish(&batch->item[i], MEDIA_NOMEM);
	batch->plain_len = 0;
}

/* What the mode of decryption says of a block with a sound record at `p`: whether it can be read at all. */
static enum media_err admit(const struct mbatch *batch, const struct mfmt_record *rec, const uint8_t *p,
			    struct mitem *item, struct mseal_view *view)
{
	const uint8_t *ext = p + MFMT_RECORD;

	item->sealed = mseal_look(ext, rec->ext_len, view);
	if (!item->sealed) {
		bool any = batch->decrypt == MEDIA_DECRYPT_NONE || batch->decrypt == MEDIA_DECRYPT_MIXED;

		return any ? MEDIA_OK : MEDIA_KEY_CLEAR;
	}
	item->raw_allowed = mseal_may_read_raw(view);
	item->theirs = view->metadata;
	if (batch->refuse & (item->theirs ? MREFUSE_THEIRS : MREFUSE_OURS))
		return MEDIA_KEY_ORIGIN;
	if (batch->decrypt == MEDIA_DECRYPT_NONE)
		return MEDIA_KEY_NEEDED;
	if (batch->decrypt == MEDIA_DECRYPT_RAW)
		return item->raw_allowed ? MEDIA_OK : MEDIA_KEY_RAW;
	return batch->key ? MEDIA_OK : MEDIA_KEY_WRONG;
}

/* Goes on to the block in the payload of one that came encrypted: what is to be decrypted from here on is that. */
static enum media_err go_inside(const struct mitem *item, struct mfmt_record *rec, struct mseal_view *view,
				uint32_t *salt, uint8_t **payload)
{
	struct mfmt_record inner;
	struct mseal_view in;

	if (!mseal_inside(view, rec, *payload, &inner, salt, &in) || inner.host_len != item->len ||
	    mblock_check(&inner, *payload + MFMT_RECORD))
		return MEDIA_KEY_UNUSABLE;
	*payload += MFMT_RECORD + inner.ext_len;
	*rec = inner;
	*view = in;
	return MEDIA_OK;
}

/* A block that came encrypted is read raw as it came. A medium that keeps no data has not kept it. */
static enum media_err decode_raw(struct mitem *item, const struct mfmt_record *rec)
{
	if (item->theirs)
		return rec->codec == MEDIA_CODEC_NONE ? MEDIA_OK : MEDIA_KEY_UNUSABLE;
	item->off = item->at;
	item->len = MFMT_RECORD + rec->ext_len + rec->stored_len;
	return MEDIA_OK;
}

/* Checks a block, and decrypts and expands it; or leaves it as it is stored, if it is to be read so. */
static enum media_err decode(const struct mbatch *batch, struct mitem *item, struct mblock_worker *worker)
{
	uint8_t *p = batch->raw + item->at, *payload;
	uint32_t salt = batch->ident.salt;
	struct mseal_view view;
	struct mfmt_record rec;
	enum media_err err = mfmt_get_record(p, &batch->ident, batch->raw_off + item->at, &rec);

	if (!err)
		err = mblock_check(&rec, p + MFMT_RECORD);
	if (!err)
		err = admit(batch, &rec, p, item, &view);
	if (err)
		return err;
	payload = p + MFMT_RECORD + rec.ext_len;
	if (item->sealed && batch->decrypt == MEDIA_DECRYPT_RAW)
		return decode_raw(item, &rec);
	if (item->theirs)
		err = go_inside(item, &rec, &view, &salt, &payload);
	/* It is not needed as it was any more. */
	if (item->sealed && !err)
		err = mseal_open(batch->key, salt, &rec, &view, payload);
	if (!err)
		err = mblock_decode(worker, &rec, payload, item->plain ? batch->plain + item->off : NULL);
	return err;
}

void mbatch_decode(struct mbatch *batch, unsigned from, unsigned to, struct mblock_worker *worker)
{
	for (unsigned i = from; i < to; i++)
		if (batch->item[i].todo)
			finish(&batch->item[i], decode(batch, &batch->item[i], worker));
}
