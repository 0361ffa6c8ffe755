/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes to files that go on while their caller does something else. */
#ifndef MEDIA_WRITERS_H
#define MEDIA_WRITERS_H

#include "store.h"

/* Begins to write `io` to io->fd; `direct`: it was opened for O_DIRECT, and is asynchronous. Any thread. */
void media_writers_begin(struct media_writers *writers, struct media_io *io, bool direct);

/* Waits for it: bytes written, which may be fewer than wanted, or -errno. Any thread. */
ssize_t media_writers_end(struct media_writers *writers, struct media_io *io);

/* For tests: from now on there is no asynchronous I/O, as where the system refuses it. */
void media_writers_refuse(struct media_writers *writers);

#endif
