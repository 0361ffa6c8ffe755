/* SPDX-License-Identifier: GPL-2.0-only */
/* The index of one segment as it is made: pages of entries, pages of keys, and marks. FORMAT.md "index". */
#ifndef MEDIA_INDEX_H
#define MEDIA_INDEX_H

#include "format.h"
#include "store.h"

/* Where pages lie in the file, in pages. */
static inline uint64_t midx_keys_page(uint64_t group)
{
	return 2 + group * (MFMT_GROUP + 1);
}

static inline uint64_t midx_entries_page(uint64_t page)
{
	return midx_keys_page(page / MFMT_GROUP) + 1 + page % MFMT_GROUP;
}

/*
 * Collects the entries of a segment and writes full pages where they go: into a file, or, without one, into an
 * image in memory. Only the last page of each kind is kept. An index is a cache: when it cannot be written, it
 * is `broken` and the rest of it is not written either; whoever looks something up makes it anew.
 */
struct midx {
	struct media_store *store;
	struct media_file *file;	/* ours; NULL: into the image */
	uint8_t *image;			/* ours */
	size_t image_len, image_room;
	struct mfmt_ident ident;
	struct mpoint first;		/* sums before the segment */
	uint64_t count;			/* entries so far */
	struct mpoint page, group;	/* sums before the last page of entries, and the last group; without `host` */
	uint8_t *entries, *keys;	/* the last pages, MFMT_PAGE each */
	bool dirty;
	bool broken;
	uint32_t sequence;		/* of the last mark */
};

/* Begins an empty index. `file` (may be NULL) becomes the index's; after a failure it is closed. MEDIA_NOMEM. */
enum media_err midx_begin(struct midx *idx, struct media_store *store, struct media_file *file,
			  const struct mfmt_ident *ident, const struct mpoint *first)
	__attribute__((warn_unused_result));

/*
 * Goes on behind the first `count` entries of what the file of a begun index holds. False: the file does not
 * hold them; the index is as it was begun.
 */
bool midx_resume(struct midx *idx, uint64_t count);

/* Adds the entry of the next object. */
void midx_add(struct midx *idx, uint64_t offset, enum mfmt_type type, const struct mpoint *at);

/*
 * Adds entries for objects of which nothing is known but how many there are, from..to: those in a gap that
 * damage tore. Their marks are taken to be the last of them.
 */
void midx_add_lost(struct midx *idx, uint64_t offset, const struct mpoint *from, const struct mpoint *to);

/* Writes the last pages, too. */
void midx_flush(struct midx *idx);

/* Notes that the log is durable up to `durable` bytes, where the sums are `at`. Flushes. */
void midx_mark(struct midx *idx, const struct mpoint *at, uint64_t durable);

/* Reads the better mark of an index file. False: there is none. */
bool midx_read_mark(struct media_store *store, struct media_file *file, const struct mfmt_ident *ident,
		    struct mfmt_page *mark);

/* Frees everything, the file included. May be called again, and on zeros. */
void midx_end(struct midx *idx);

#endif
