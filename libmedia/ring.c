/* SPDX-License-Identifier: GPL-2.0-only */
/* The drive's buffer: blocks and filemarks that were accepted and are on their way to the log. */
#include "ring.h"

#include <stdlib.h>
#include <string.h>

#include "pages.h"
#include "seal.h"

/* What there is at least, however little memory is left for all. */
#define LEAST	(1u << 20)

/* How large the buffer is to be: as wanted, or if that is too much for all of them together, as small as possible. */
static size_t size_now(const struct mring *ring, size_t len)
{
	size_t room = ring->size > len ? ring->size : len;
	size_t least = ring->size < LEAST ? ring->size : LEAST;

	if (!mpages_allowed(room, ring->memory))
		room = least > len ? least : len;
	return room;
}

static void drop_buffer(struct mring *ring)
{
	mpages_free(ring->buf, ring->room, ring->memory);
	ring->buf = NULL;
	ring->room = 0;
}

/* Has a buffer that can hold `len` bytes. One that is in use keeps its size: it must empty first. */
static enum media_err allocate(struct mring *ring, size_t len)
{
	size_t room;

	if (!ring->entry)
		ring->entry = malloc(MRING_ENTRIES * sizeof(*ring->entry));
	if (!ring->entry)
		return MEDIA_NOMEM;
	if (ring->buf && len <= ring->room)
		return MEDIA_OK;
	if (ring->count)
		return MEDIA_BUSY;
	mring_forget(ring);
	drop_buffer(ring);
	room = size_now(ring, len);
	ring->buf = mpages_new(room, ring->memory);
	if (!ring->buf)
		return MEDIA_NOMEM;
	ring->room = room;
	return MEDIA_OK;
}

/* Finds a place for `len` bytes in one piece: behind the head, or, when there is none, at the beginning. */
static bool place(const struct mring *ring, size_t len, size_t *off)
{
	if (ring->head >= ring->tail) {
		if (ring->room - ring->head >= len) {
			*off = ring->head;
			return true;
		}
		*off = 0;
		return ring->tail > len;
	}
	*off = ring->head;
	return ring->tail - ring->head > len;
}

static struct mring_entry *oldest(const struct mring *ring)
{
	return mring_at(ring, ring->first - ring->kept);
}

void mring_release(struct mring *ring)
{
	mseal_drop(oldest(ring)->seal);
	ring->kept--;
	if (ring->kept + ring->count)
		ring->tail = oldest(ring)->off;
}

void mring_forget(struct mring *ring)
{
	while (ring->kept)
		mring_release(ring);
}

/* Finds room for an entry of `len` bytes, if need be where others are kept. */
static bool make_room(struct mring *ring, size_t len, size_t *off)
{
	for (;;) {
		if (!(ring->kept + ring->count))
			ring->head = ring->tail = 0;
		*off = ring->head;
		if (ring->kept + ring->count < MRING_ENTRIES && (!len || place(ring, len, off)))
			return true;
		if (!ring->kept)
			return false;
		mring_release(ring);
	}
}

enum media_err mring_add(struct mring *ring, const struct mring_entry *entry, const void *data)
{
	struct mring_entry *slot;
	size_t off;
	size_t len = data ? entry->lead + (size_t)entry->len : 0;
	enum media_err err = allocate(ring, len);

	if (err)
		return err;
	if (!make_room(ring, len, &off))
		return MEDIA_BUSY;
	if (data) {
		memcpy(ring->buf + off + entry->lead, data, entry->len);
		ring->head = off + len;
	}
	slot = mring_at(ring, ring->first + ring->count);
	*slot = *entry;
	slot->off = off;
	slot->ready = false;
	slot->err = MEDIA_OK;
	ring->count++;
	return MEDIA_OK;
}

void mring_drop(struct mring *ring, unsigned n)
{
	ring->first += n;
	ring->count -= n;
	ring->kept += n;
}

void mring_restore(struct mring *ring, unsigned n)
{
	ring->first -= n;
	ring->count += n;
	ring->kept -= n;
}

void mring_free(struct mring *ring)
{
	mring_drop(ring, ring->count);
	mring_forget(ring);
	drop_buffer(ring);
	free(ring->entry);
	ring->entry = NULL;
}
