/* SPDX-License-Identifier: GPL-2.0-only */
/* Fills a batch: reads a stretch of the log, and checks and decodes the objects in it. */
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "err.h"
#include "media_impl.h"

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
	struct media_codec_scratch *scratch;
	size_t want;
	enum media_decrypt decrypt;
	const struct media_key *key;
	uint64_t object, filemarks;	/* of the next item */
	uint64_t host_after;		/* host bytes before it, as far as known */
	size_t seg;			/* where it is expected */
	uint64_t off;
	bool looked_up;			/* the index has been asked for it */
};

static const struct mseg *segment(const struct fill *fill)
{
	return &fill->log->man.seg[fill->seg];
}

static bool grow(uint8_t **buf, size_t *room, size_t len)
{
	uint8_t *p;

	if (len <= *room)
		return true;
	p = realloc(*buf, len);
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
	if (!grow(&batch->raw, &batch->raw_room, end))
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
	struct mplace after = { .seg = fill->seg, .off = off_after, .object = fill->object + 1 };

	if (batch->n == batch->room) {
		unsigned room = batch->room ? 4 * batch->room : 16;
		struct mitem *p = realloc(batch->item, room * sizeof(*p));

		if (!p)
			return false;
		batch->item = p;
		batch->room = room;
	}
	batch->item[batch->n] = *item;
	after.filemarks = item->filemarks_after;
	batch->item[batch->n++].used_after = mlog_used_at(fill->log, &after, fill->host_after);
	fill->object++;
	fill->filemarks = item->filemarks_after;
	fill->off = off_after;
	fill->looked_up = false;
	return true;
}

/* An object that cannot be read: the next one is where the index says. */
static bool add_bad(struct fill *fill, enum media_err err)
{
	struct mitem item = { .err = err, .filemarks_after = fill->filemarks };
	struct mplace place;
	uint64_t next = segment(fill)->length;

	if (mlog_find(fill->log, fill->object, &place) == MEDIA_OK && place.filemark)
		item.filemarks_after++;
	if (fill->object + 1 < mseg_end(segment(fill)).object &&
	    mlog_find(fill->log, fill->object + 1, &place) == MEDIA_OK)
		next = place.off;
	return add_item(fill, &item, next);
}

/*
 * What the mode of decryption says of a block whose record lies at `p`: an error, a block to be decoded, or, not
 * readable, one that is handed out as it is.
 */
static enum media_err admit(struct fill *fill, const struct mfmt_record *rec, uint8_t *p, struct mitem *item,
			    bool *readable)
{
	const uint8_t *ext = p + MFMT_RECORD;
	struct mseal_view view;

	*readable = true;
	item->sealed = mseal_look(ext, rec->ext_len, &view);
	if (!item->sealed) {
		bool any = fill->decrypt == MEDIA_DECRYPT_NONE || fill->decrypt == MEDIA_DECRYPT_MIXED;

		return any ? MEDIA_OK : MEDIA_KEY_CLEAR;
	}
	item->ext_off = (size_t)(ext - fill->batch->raw);
	item->ext_len = rec->ext_len;
	item->raw_allowed = mseal_may_read_raw(&view);
	if (fill->decrypt == MEDIA_DECRYPT_NONE)
		return MEDIA_KEY_NEEDED;
	if (fill->decrypt == MEDIA_DECRYPT_RAW) {
		*readable = false;
		item->off = (size_t)(p - fill->batch->raw);
		item->len = MFMT_RECORD + rec->ext_len + rec->stored_len;
		return item->raw_allowed ? MEDIA_OK : MEDIA_KEY_RAW;
	}
	return fill->key ? MEDIA_OK : MEDIA_KEY_WRONG;
}

/* Decrypts a payload where it lies; it is not needed as it was any more. */
static enum media_err decrypt(struct fill *fill, const struct mfmt_record *rec, uint8_t *payload,
			      const struct mitem *item)
{
	struct mseal_view view;

	if (!item->sealed)
		return MEDIA_OK;
	mseal_look(payload - rec->ext_len, rec->ext_len, &view);
	return mseal_open(fill->key, fill->log->salt, rec, &view, payload);
}

/* Decodes a block whose record lies at `p`. MEDIA_BUSY: the batch is full. */
static enum media_err decode(struct fill *fill, const struct mfmt_record *rec, uint8_t *p, struct mitem *item)
{
	struct mbatch *batch = fill->batch;
	uint8_t *payload = p + MFMT_RECORD + rec->ext_len;
	bool readable;
	enum media_err err;

	err = admit(fill, rec, p, item, &readable);
	if (err || !readable)
		return err;

	if (rec->codec == MEDIA_CODEC_NONE) {
		item->off = (size_t)(payload - batch->raw);
		err = decrypt(fill, rec, payload, item);
		return err ? err : mblock_decode(fill->scratch, rec, payload, NULL);
	}
	if (batch->n && batch->plain_len + rec->host_len > MAX_PLAIN)
		return MEDIA_BUSY;
	if (!grow(&batch->plain, &batch->plain_room, batch->plain_len + rec->host_len))
		return MEDIA_NOMEM;
	err = decrypt(fill, rec, payload, item);
	if (!err)
		err = mblock_decode(fill->scratch, rec, payload, batch->plain + batch->plain_len);
	if (err)
		return err;
	item->plain = true;
	item->off = batch->plain_len;
	batch->plain_len += rec->host_len;
	return MEDIA_OK;
}

/* Takes the record of the next object, whose header is `rec`. */
static enum media_err take_record(struct fill *fill, const struct mfmt_record *rec)
{
	uint64_t size = mfmt_record_size(rec->ext_len, rec->stored_len);
	struct mpoint after = mfmt_after(rec);
	struct mitem item = {
		.err = rec->type == MFMT_FILEMARK ? MEDIA_FILEMARK : MEDIA_OK,
		.len = rec->host_len,
		.stored = rec->stored_len,
		.filemarks_after = after.filemarks,
	};
	enum media_err err;
	uint8_t *p;

	err = need(fill, (size_t)size, &p);
	if (!err)
		err = mblock_check(rec, p + MFMT_RECORD);
	if (!err && rec->type == MFMT_BLOCK)
		err = decode(fill, rec, p, &item);
	if (err == MEDIA_BUSY)
		return err;
	if (err)
		item.err = err;
	fill->host_after = after.host;
	return add_item(fill, &item, fill->off + size) ? MEDIA_OK : MEDIA_BUSY;
}

/* Asks the index where the next object is; false: it has been asked, or says nothing new. */
static bool look_up(struct fill *fill)
{
	struct mplace place;

	if (fill->looked_up || mlog_find(fill->log, fill->object, &place))
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
	if (fill->object >= mseg_end(seg).object) {
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
	if (!err && rec.at.object == fill->object)
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

void mbatch_fill(struct mbatch *batch, struct mlog *log, struct media_codec_scratch *scratch, const struct mfill *args)
{
	struct fill fill = {
		.batch = batch,
		.log = log,
		.scratch = scratch,
		.want = args->want,
		.decrypt = args->decrypt,
		.key = args->key,
		.object = args->object,
		.filemarks = args->filemarks,
		.seg = args->seg,
		.off = args->off,
	};
	uint64_t end = mlog_end(log).object;
	struct mplace place;

	batch->part = args->part;
	batch->first = args->object;
	batch->n = 0;
	batch->raw_len = batch->plain_len = 0;
	batch->err = MEDIA_NOMEM;
	if (!args->known) {
		batch->err = mlog_find(log, args->object, &place);
		if (batch->err)
			return;
		batch->err = MEDIA_NOMEM;
		fill.seg = place.seg;
		fill.off = place.off;
		fill.looked_up = true;
	}
	batch->raw_off = fill.off;
	while (fill.object < end && batch->n < MAX_ITEMS && step(&fill) == MEDIA_OK)
		;
	batch->filemarks = fill.filemarks;
	batch->seg = fill.seg;
	batch->off = fill.off;
}
