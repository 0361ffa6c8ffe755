/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes to files, reads, and removing them, that go on while their caller does something else. */
#ifndef MEDIA_WRITERS_H
#define MEDIA_WRITERS_H

#include "store.h"

/*
 * Begins to write `io` to io->fd, or to read it from there if it has `into`; `direct`: that was opened for O_DIRECT,
 * and is asynchronous. Any thread.
 */
void media_writers_begin(struct media_writers *writers, struct media_io *io, bool direct);

/* Waits for it: bytes written or read, which may be fewer than wanted, or -errno. Any thread. */
ssize_t media_writers_end(struct media_writers *writers, struct media_io *io);
/* Whether that would not have to wait. Any thread. */
bool media_writers_ended(struct media_writers *writers, struct media_io *io);

/* Files of one store that are being removed; all zeros at first. */
struct media_trash {
	unsigned files;
	uint64_t bytes;
};

/* Has a thread remove `name` of the folder, of about `bytes`; false: there is no memory, or no thread. Any thread. */
bool media_writers_remove(struct media_writers *writers, struct media_trash *trash, int dir, const char *name,
			  uint64_t bytes);
/* The bytes that will be free; and waits until they are: false, if there were none. */
uint64_t media_writers_trash(struct media_writers *writers, const struct media_trash *trash);
bool media_writers_settle(struct media_writers *writers, const struct media_trash *trash);

/* For tests: from now on there is no asynchronous I/O, as where the system refuses it. */
void media_writers_refuse(struct media_writers *writers);

#endif
