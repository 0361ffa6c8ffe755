/* SPDX-License-Identifier: GPL-2.0-only */
/* The output buffer: bytes of a log on their way to the store, in large writes that go on side by side. */
#ifndef MEDIA_OUT_H
#define MEDIA_OUT_H

#include "media.h"

#define MOUT_CHUNKS	8u	/* enough for a disk that makes room for new data while it writes */
#define MOUT_CHUNK	(1u << 20)	/* bytes of one, in a large buffer */

struct mchunk {
	uint8_t *buf;
	size_t len, end;		/* bytes in it, and how many it takes */
	bool busy;			/* its write is under way */
	struct media_io io;
	struct media_file *file;	/* for that */
};

/*
 * Chunks are filled one after the other, and each begins to be written when it is full: at a multiple of its size, so
 * that all but the first are large and aligned. Who fills one that is still being written waits for it. A failure is
 * kept until mout_drop(), and nothing is put or written until then.
 */
struct mout {
	size_t size;			/* bytes of a chunk: MFMT_PAGE times a power of two */
	struct media_memory *memory;	/* what they are taken from, or NULL */
	uint8_t *pages;			/* their memory */
	struct mchunk chunk[MOUT_CHUNKS];
	unsigned n;			/* that have their memory */
	unsigned at;			/* the one being filled */
	uint64_t unwritten;		/* bytes put, and not yet known to be written */
	enum media_err err;
	uint64_t failed;		/* the lowest offset of a write that failed */
};

/* For a drive whose ring has `ring` bytes: small rings have small chunks. */
void mout_init(struct mout *out, size_t ring, struct media_memory *memory);

/* Has memory to put something, if only little. */
enum media_err mout_ready(struct mout *out) __attribute__((warn_unused_result));

/* Puts bytes (`data` NULL: zeros) that belong at `off` of the file, behind those put before; ready. May wait. */
void mout_put(struct mout *out, const struct media_store_ops *ops, struct media_file *file, uint64_t off,
	      const void *data, size_t len);

/* Writes what was put and waits for it all. What is put next belongs at a page. */
enum media_err mout_flush(struct mout *out, const struct media_store_ops *ops, struct media_file *file)
	__attribute__((warn_unused_result));

/*
 * Waits for what is under way and forgets the rest and the failure. Returns the offset before which all that was put,
 * up to `end`, has been written.
 */
uint64_t mout_drop(struct mout *out, const struct media_store_ops *ops, uint64_t end);

/* Nothing is in it. */
void mout_free(struct mout *out);

#endif
