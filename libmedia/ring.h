/* SPDX-License-Identifier: GPL-2.0-only */
/* The drive's buffer: blocks and filemarks that were accepted and are on their way to the log. */
#ifndef MEDIA_RING_H
#define MEDIA_RING_H

#include "block.h"

#define MRING_ENTRIES	4096u	/* a power of two */

struct mring_entry {
	enum mfmt_type type;
	uint32_t len;			/* block: bytes; marks: how many */
	size_t off;			/* block: where in buf */
	struct mblock_how how;
	struct mseal *seal;		/* NULL: not encrypted; the ring drops it with the entry */
	uint64_t seal_count;		/* the block's number under it */
	struct mpoint at;		/* its place, */
	uint32_t salt;			/* and the salt of its log */
	uint32_t lead;			/* bytes before it in buf, for the extension area */
	bool ready;			/* it is encoded: buf holds extension area and payload, `rec` says what it is */
	enum media_err err;		/* or it could not be */
	struct mfmt_record rec;
};

/*
 * The owner adds behind; jobs encode the entries, each where it lies, and write them out; the owner takes them off
 * when that is done. What was taken off stays as it is for as long as its room is not needed, or until it is known to
 * be durable: should it get lost on its way, it is put back. Memory is allocated with the first entry.
 */
struct mring {
	size_t size;			/* bytes wanted */
	struct media_memory *memory;	/* what they are taken from, or NULL */
	uint8_t *buf;
	size_t room;			/* bytes that buf has */
	size_t head, tail;		/* first free byte, first byte in use */
	struct mring_entry *entry;	/* MRING_ENTRIES */
	uint64_t first;			/* number of the oldest entry: they are counted from the first ever */
	unsigned count;
	unsigned kept;			/* entries before those that were taken off and are still here */
};

/*
 * Adds a block (copied) or filemarks (data NULL). MEDIA_BUSY: no room until something is taken off;
 * MEDIA_NOMEM.
 */
enum media_err mring_add(struct mring *ring, const struct mring_entry *entry, const void *data)
	__attribute__((warn_unused_result));

/* An entry by its number. */
static inline struct mring_entry *mring_at(const struct mring *ring, uint64_t number)
{
	return &ring->entry[number % MRING_ENTRIES];
}

/* Entry i of those there are, from the oldest. */
static inline struct mring_entry *mring_get(const struct mring *ring, unsigned i)
{
	return mring_at(ring, ring->first + i);
}

/* Takes the oldest n entries off, and keeps them. */
void mring_drop(struct mring *ring, unsigned n);
/* Puts the n entries back that were taken off last. */
void mring_restore(struct mring *ring, unsigned n);
/* Lets go of the oldest that is kept; of all that is kept. */
void mring_release(struct mring *ring);
void mring_forget(struct mring *ring);

void mring_free(struct mring *ring);

#endif
