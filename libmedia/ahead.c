/* SPDX-License-Identifier: GPL-2.0-only */
/* Stretches of a file that are read ahead of a reader in a row, past the page cache. */
#include "ahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * A tape is read from one end to the other, and seldom twice: through the page cache each of its pages would be
 * allocated, filled, copied and thrown out again, together with what others have there.
 *
 * The file is divided into windows; window n is held by slot n % SLOTS.
 */
#define WINDOW	(1u << 20)
#define SLOTS	16u
/* What memory and place of direct reads must be a multiple of, on all disks. */
#define ALIGN	4096u

struct slot {
	struct media_io io;		/* into: memory of a window, or NULL; off: of the window */
	uint64_t version;
	bool busy;			/* not waited for yet */
	size_t have;			/* bytes of it; 0: nothing */
};

struct media_ahead {
	int fd;
	struct media_writers *writers;
	struct media_memory *memory;	/* or NULL */
	struct slot slot[SLOTS];
};

struct media_ahead *media_ahead_new(int fd, struct media_writers *writers, struct media_memory *memory)
{
	struct media_ahead *ahead = calloc(1, sizeof(*ahead));

	if (!ahead) {
		close(fd);
		return NULL;
	}
	ahead->fd = fd;
	ahead->writers = writers;
	ahead->memory = memory;
	return ahead;
}

/* What could not be read has no bytes: whoever wants them is told when they are read otherwise. */
static void settle(struct media_ahead *ahead, struct slot *slot)
{
	ssize_t n;

	if (!slot->busy)
		return;
	n = media_writers_end(ahead->writers, &slot->io);
	slot->have = n > 0 ? (size_t)n : 0;
	slot->busy = false;
}

static void let_go(struct media_ahead *ahead, struct slot *slot)
{
	mpages_free(slot->io.into, WINDOW, ahead->memory);
	slot->io.into = NULL;
	slot->have = 0;
}

void media_ahead_free(struct media_ahead *ahead)
{
	if (!ahead)
		return;
	for (unsigned i = 0; i < SLOTS; i++) {
		settle(ahead, &ahead->slot[i]);
		let_go(ahead, &ahead->slot[i]);
	}
	close(ahead->fd);
	free(ahead);
}

static struct slot *slot_of(struct media_ahead *ahead, uint64_t off)
{
	return &ahead->slot[off / WINDOW % SLOTS];
}

/* Whether the slot has, or will have, the window at `off`. */
static bool holds(const struct slot *slot, uint64_t off, uint64_t version)
{
	return (slot->busy || slot->have) && slot->io.off == off && slot->version == version;
}

/* Whether the page cache has all of a window; where that is not told, yes. */
static bool cached(int fd, uint64_t off)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = WINDOW / page;
	unsigned char in[WINDOW / ALIGN];
	bool all = true;
	void *p;

	if (page < ALIGN)
		return true;
	p = mmap(NULL, WINDOW, PROT_READ, MAP_SHARED, fd, (off_t)off);
	if (p == MAP_FAILED)
		return true;
	if (mincore(p, WINDOW, in) == 0)
		for (size_t i = 0; i < pages && all; i++)
			all = in[i] & 1;
	munmap(p, WINDOW);
	return all;
}

static bool begin(struct media_ahead *ahead, struct slot *slot, uint64_t off, uint64_t version)
{
	settle(ahead, slot);
	slot->have = 0;
	if (!slot->io.into && mpages_allowed(WINDOW, ahead->memory))
		slot->io.into = mpages_new(WINDOW, ahead->memory);
	if (!slot->io.into)
		return false;
	slot->io.fd = ahead->fd;
	slot->io.off = off;
	slot->io.len = WINDOW;
	slot->version = version;
	slot->busy = true;
	media_writers_begin(ahead->writers, &slot->io, true);
	return true;
}

bool media_ahead_fetch(struct media_ahead *ahead, uint64_t off, uint64_t len, uint64_t version)
{
	uint64_t at = off - off % WINDOW, end = off + len;
	bool begun = false;

	/* No more than there are slots: the first would be lost to the last. */
	if (end > at + SLOTS * WINDOW)
		end = at + SLOTS * WINDOW;
	for (; at < end; at += WINDOW) {
		struct slot *slot = slot_of(ahead, at);

		if (holds(slot, at, version))
			begun = true;
		else if (!cached(ahead->fd, at) && begin(ahead, slot, at, version))
			begun = true;
	}
	return begun;
}

/* From `off` to the next window that is held, or that another fetch would begin with. */
static size_t gap_at(struct media_ahead *ahead, uint64_t off, uint64_t version)
{
	uint64_t at = off - off % WINDOW;

	for (unsigned i = 1; i < SLOTS; i++)
		if (holds(slot_of(ahead, at + i * WINDOW), at + i * WINDOW, version))
			return (size_t)(at + i * WINDOW - off);
	return SIZE_MAX;
}

size_t media_ahead_take(struct media_ahead *ahead, void *buf, size_t len, uint64_t off, uint64_t version, size_t *gap)
{
	uint64_t at = off - off % WINDOW;
	struct slot *slot = slot_of(ahead, at);
	size_t skip = (size_t)(off - at);

	if (holds(slot, at, version)) {
		settle(ahead, slot);
		if (slot->have > skip) {
			if (len > slot->have - skip)
				len = slot->have - skip;
			memcpy(buf, (uint8_t *)slot->io.into + skip, len);
			return len;
		}
	}
	*gap = gap_at(ahead, off, version);
	return 0;
}

void media_ahead_rest(struct media_ahead *ahead)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *slot = &ahead->slot[i];

		if (slot->busy && !media_writers_ended(ahead->writers, &slot->io))
			continue;
		slot->busy = false;
		let_go(ahead, slot);
	}
}
