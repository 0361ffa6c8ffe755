/* SPDX-License-Identifier: GPL-2.0-only */
/* The drive's buffer: blocks and filemarks that were accepted and are on their way to the log. */
#include "ring.h"

#include <stdlib.h>
#include <string.h>

/* Has a buffer that can hold `len` bytes. One that is in use keeps its size: it must empty first. */
static enum media_err allocate(struct mring *ring, size_t len)
{
	size_t room = ring->size > len ? ring->size : len;
	uint8_t *buf;

	if (!ring->entry)
		ring->entry = malloc(MRING_ENTRIES * sizeof(*ring->entry));
	if (!ring->entry)
		return MEDIA_NOMEM;
	if (ring->buf && len <= ring->room)
		return MEDIA_OK;
	if (ring->count)
		return MEDIA_BUSY;
	buf = malloc(room);
	if (!buf)
		return MEDIA_NOMEM;
	free(ring->buf);
	ring->buf = buf;
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

enum media_err mring_add(struct mring *ring, const struct mring_entry *entry, const void *data)
{
	struct mring_entry *slot;
	size_t off;
	size_t len = data ? entry->lead + (size_t)entry->len : 0;
	enum media_err err = allocate(ring, len);

	if (err)
		return err;
	if (ring->count == MRING_ENTRIES)
		return MEDIA_BUSY;
	if (!ring->count)
		ring->head = ring->tail = 0;
	off = ring->head;
	if (data) {
		if (!place(ring, len, &off))
			return MEDIA_BUSY;
		memcpy(ring->buf + off + entry->lead, data, entry->len);
		ring->head = off + len;
	}
	slot = &ring->entry[(ring->first + ring->count) % MRING_ENTRIES];
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
	if (ring->count)
		ring->tail = mring_get(ring, 0)->off;
}

void mring_free(struct mring *ring)
{
	free(ring->buf);
	free(ring->entry);
	ring->buf = NULL;
	ring->entry = NULL;
	ring->room = 0;
	ring->count = 0;
}
