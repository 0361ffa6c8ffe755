/* SPDX-License-Identifier: GPL-2.0-only */
/* Walks the records of a segment from place to place, and finds its way again behind damage. */
#include "scan.h"

#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "err.h"

/* How much is read at once, with and without payloads. */
#define CHUNK_PAYLOADS	(1u << 20)
#define CHUNK_HEADERS	(64u << 10)

void mscan_init(struct mscan *scan, struct media_store *store, struct media_file *file, const struct mfmt_ident *ident,
		bool payloads)
{
	*scan = (struct mscan){
		.store = store,
		.file = file,
		.ident = *ident,
		.off = MFMT_FIRST,
		.payloads = payloads,
	};
}

void mscan_free(struct mscan *scan)
{
	free(scan->buf);
	scan->buf = NULL;
	scan->room = 0;
}

/*
 * Has the window hold [off, off + len), as far as file and limit go. *have: how many of these bytes there are.
 */
static enum media_err look(struct mscan *scan, uint64_t off, size_t len, const uint8_t **p, size_t *have)
{
	size_t chunk = scan->payloads ? CHUNK_PAYLOADS : CHUNK_HEADERS, want;
	ssize_t n;

	if (off >= scan->limit) {
		*have = 0;
		return MEDIA_OK;
	}
	if (len > scan->limit - off)
		len = (size_t)(scan->limit - off);
	if (off < scan->buf_off || off + len > scan->buf_off + scan->len) {
		want = len > chunk ? len : chunk;
		if (want > scan->limit - off)
			want = (size_t)(scan->limit - off);
		if (want > scan->room) {
			uint8_t *buf = realloc(scan->buf, want);

			if (!buf)
				return MEDIA_NOMEM;
			scan->buf = buf;
			scan->room = want;
		}
		scan->len = 0;
		n = scan->store->ops->pread(scan->file, scan->buf, want, off);
		if (n < 0)
			return media_err_of((int)n);
		scan->buf_off = off;
		scan->len = (size_t)n;
	}
	*p = scan->buf + (off - scan->buf_off);
	*have = scan->len - (size_t)(off - scan->buf_off);
	if (*have > len)
		*have = len;
	return MEDIA_OK;
}

enum media_err mscan_next(struct mscan *scan, enum mscan_result *result, struct mfmt_record *rec,
			  const uint8_t **payload)
{
	const uint8_t *p;
	enum media_err err;
	uint64_t size;
	size_t have;

	err = look(scan, scan->off, MFMT_RECORD, &p, &have);
	if (err)
		return err;
	if (have < MFMT_RECORD) {
		*result = MSCAN_END;
		return MEDIA_OK;
	}
	err = mfmt_get_record(p, &scan->ident, scan->off, rec);
	if (err == MEDIA_VERSION)
		return err;
	size = err ? 0 : mfmt_record_size(rec->ext_len, rec->stored_len);
	if (err || !mpoint_same(&rec->at, &scan->at) || size > scan->limit - scan->off) {
		*result = MSCAN_BAD_HEADER;
		return MEDIA_OK;
	}
	*result = MSCAN_RECORD;
	if (scan->payloads) {
		err = look(scan, scan->off, (size_t)size, &p, &have);
		if (err)
			return err;
		err = have < size ? MEDIA_CORRUPT : mblock_check(rec, p + MFMT_RECORD);
		if (err == MEDIA_VERSION)
			return err;
		if (err)
			*result = MSCAN_BAD_PAYLOAD;
		*payload = p + MFMT_RECORD + rec->ext_len;
	}
	scan->off += size;
	scan->at = mfmt_after(rec);
	return MEDIA_OK;
}

/* Whether a record may come next where the scan expects one, with damage between. */
static bool may_follow(const struct mscan *scan, const struct mfmt_record *rec, uint64_t durable)
{
	struct mpoint gap = mpoint_sub(rec->at, &scan->at);

	return rec->durable >= durable && mpoint_not_below(&rec->at, &scan->at) && gap.filemarks <= gap.object &&
	       gap.setmarks <= gap.object - gap.filemarks;
}

static bool is_zero(const uint8_t *p, size_t len)
{
	return !p[0] && memcmp(p, p + 1, len - 1) == 0;
}

enum media_err mscan_resync(struct mscan *scan, uint64_t from, uint64_t durable, bool *found)
{
	uint64_t off = from;

	*found = false;
	for (;;) {
		const uint8_t *p;
		size_t have;
		enum media_err err = look(scan, off, CHUNK_HEADERS, &p, &have);

		if (err)
			return err;
		if (have < MFMT_RECORD)
			return MEDIA_OK;
		for (size_t i = 0, step; i + MFMT_RECORD <= have; i += step, off += step) {
			struct mfmt_record rec;

			/* Most of what is searched was only allocated: zeros. */
			step = have - i >= MFMT_PAGE && is_zero(p + i, MFMT_PAGE) ? MFMT_PAGE : MFMT_UNIT;
			if (p[i] != 'V' || mfmt_get_record(p + i, &scan->ident, off, &rec) ||
			    !may_follow(scan, &rec, durable))
				continue;
			scan->off = off;
			scan->at = rec.at;
			*found = true;
			return MEDIA_OK;
		}
	}
}
