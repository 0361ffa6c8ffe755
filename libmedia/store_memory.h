/* SPDX-License-Identifier: GPL-2.0-only */
/* A store in memory, for tests and for cartridges that need not outlive their process. */
#ifndef MEDIA_STORE_MEMORY_H
#define MEDIA_STORE_MEMORY_H

#include "store.h"

/* An empty store. 0 or -ENOMEM. */
int media_store_memory(struct media_store **store);

/* A copy of the files of any store (as readers see them now), without its lock. 0 or -errno. */
int media_store_memory_clone(struct media_store *from, struct media_store **store);

/* Limits what space() reports and writing may use, in bytes of all files together. Beginning: 1 TiB. */
void media_store_memory_limit(struct media_store *store, uint64_t bytes);

#endif
