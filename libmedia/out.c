/* SPDX-License-Identifier: GPL-2.0-only */
/* The output buffer: bytes of a log on their way to the store, in large writes that go on side by side. */
#include "out.h"

#include <string.h>

#include "err.h"
#include "format.h"
#include "pages.h"

void mout_init(struct mout *out, size_t ring, struct media_memory *memory)
{
	*out = (struct mout){ .size = MFMT_PAGE, .memory = memory };
	while (out->size < MOUT_CHUNK && out->size * MOUT_CHUNKS * 4 <= ring)
		out->size *= 2;
}

/* All of them in one piece; one does, where there is no memory for more. */
static void allocate(struct mout *out)
{
	unsigned n = mpages_allowed(MOUT_CHUNKS * out->size, out->memory) ? MOUT_CHUNKS : 1;

	out->pages = mpages_new(n * out->size, out->memory);
	if (!out->pages && n > 1) {
		n = 1;
		out->pages = mpages_new(out->size, out->memory);
	}
	if (!out->pages)
		return;
	for (out->n = 0; out->n < n; out->n++)
		out->chunk[out->n].buf = out->pages + out->n * out->size;
}

enum media_err mout_ready(struct mout *out)
{
	if (!out->n)
		allocate(out);
	return out->n ? MEDIA_OK : MEDIA_NOMEM;
}

static void begin(struct mout *out, const struct media_store_ops *ops, struct media_file *file)
{
	struct mchunk *chunk = &out->chunk[out->at];

	chunk->io.buf = chunk->buf;
	chunk->io.len = chunk->len;
	chunk->file = file;
	chunk->busy = true;
	ops->write_begin(file, &chunk->io);
	out->at = (out->at + 1) % out->n;
}

static void end(struct mout *out, const struct media_store_ops *ops, struct mchunk *chunk)
{
	int rc;

	if (!chunk->busy)
		return;
	rc = ops->write_end(chunk->file, &chunk->io);
	chunk->busy = false;
	out->unwritten -= chunk->len;
	chunk->len = 0;
	if (rc == 0)
		return;
	if (!out->err || chunk->io.off < out->failed)
		out->failed = chunk->io.off;
	if (!out->err)
		out->err = media_err_of(rc);
}

void mout_put(struct mout *out, const struct media_store_ops *ops, struct media_file *file, uint64_t off,
	      const void *data, size_t len)
{
	const uint8_t *from = data;

	while (len && !out->err) {
		struct mchunk *chunk = &out->chunk[out->at];
		size_t n;

		end(out, ops, chunk);
		if (!chunk->len) {
			chunk->io.off = off;
			chunk->end = out->size - (size_t)(off % out->size);
		}
		n = len < chunk->end - chunk->len ? len : chunk->end - chunk->len;
		if (from)
			memcpy(chunk->buf + chunk->len, from, n);
		else
			memset(chunk->buf + chunk->len, 0, n);
		from = from ? from + n : NULL;
		chunk->len += n;
		out->unwritten += n;
		off += n;
		len -= n;
		if (chunk->len == chunk->end && !out->err)
			begin(out, ops, file);
	}
}

static void end_all(struct mout *out, const struct media_store_ops *ops)
{
	/* From the oldest on. */
	for (unsigned i = 0; i < out->n; i++)
		end(out, ops, &out->chunk[(out->at + i) % out->n]);
}

enum media_err mout_flush(struct mout *out, const struct media_store_ops *ops, struct media_file *file)
{
	if (out->n && !out->chunk[out->at].busy && out->chunk[out->at].len && !out->err)
		begin(out, ops, file);
	end_all(out, ops);
	return out->err;
}

uint64_t mout_drop(struct mout *out, const struct media_store_ops *ops, uint64_t last)
{
	end_all(out, ops);
	/* What is left was never begun, and lies behind all that was. */
	last = out->err ? out->failed : last - out->unwritten;
	for (unsigned i = 0; i < out->n; i++)
		out->chunk[i].len = 0;
	out->unwritten = 0;
	out->err = MEDIA_OK;
	return last;
}

void mout_free(struct mout *out)
{
	mpages_free(out->pages, out->n * out->size, out->memory);
	out->pages = NULL;
	out->n = out->at = 0;
}
