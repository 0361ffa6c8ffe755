/* SPDX-License-Identifier: GPL-2.0-only */
/* Stretches of a file that are read ahead of a reader in a row, past the page cache. */
#ifndef MEDIA_AHEAD_H
#define MEDIA_AHEAD_H

#include "pages.h"
#include "writers.h"

/* One file's; used by one thread at a time. */
struct media_ahead;

/*
 * fd: the same file, opened with O_DIRECT; closed by free(), or here on failure. NULL: there is no memory. The writers
 * do the reading, and outlive it. `memory`: what the bytes read are counted in, or NULL; where it allows no more, the
 * page cache reads ahead.
 */
struct media_ahead *media_ahead_new(int fd, struct media_writers *writers, struct media_memory *memory);
/* Waits for what is under way. NULL: nothing. */
void media_ahead_free(struct media_ahead *ahead);

/*
 * Begins to read [off, off+len), which is what will be read next, without waiting; what the page cache has is left to
 * it. False: it has all of it, or no memory is left, and nothing was begun. `version`: changes whenever the file may
 * have; what was read under another is not used.
 */
bool media_ahead_fetch(struct media_ahead *ahead, uint64_t off, uint64_t len, uint64_t version);

/*
 * Takes the bytes from `off` on, if they were fetched, and waits for them: how many came, at most `len`. 0: none, to be
 * read otherwise; `*gap` is then how many bytes at most until there are some again.
 */
size_t media_ahead_take(struct media_ahead *ahead, void *buf, size_t len, uint64_t off, uint64_t version, size_t *gap);

/* Gives the memory back of all that is not under way. Does not wait. */
void media_ahead_rest(struct media_ahead *ahead);

#endif
