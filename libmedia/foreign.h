/* SPDX-License-Identifier: GPL-2.0-only */
/* Recognises tapes that are not ours. */
#ifndef MEDIA_FOREIGN_H
#define MEDIA_FOREIGN_H

#include "store.h"

/* What kind of tape of another program the file at `path` is, in words; NULL: none that is known. */
const char *media_foreign_format(const char *path);

/* Whether the file at `path` looks like a tape of another program; then the reason says of which. */
bool media_foreign_path(const char *path, struct why *why);

/* Says in the reason what a store without the file `cartridge` looks like. 0 or -errno. */
int media_foreign_store(struct media_store *store, struct why *why);

#endif
