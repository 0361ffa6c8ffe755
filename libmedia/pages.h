/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for the bytes of blocks: at a page, and back with the system as soon as it is freed. */
#ifndef MEDIA_PAGES_H
#define MEDIA_PAGES_H

#include <stdint.h>
#include <stddef.h>

#include "media.h"

/* Takes `len` bytes, and counts them in `memory` if that is not NULL. NULL: there are none. */
uint8_t *mpages_new(size_t len, struct media_memory *memory);
void mpages_free(uint8_t *pages, size_t len, struct media_memory *memory);

/* As realloc() from `from` to `to` bytes, which are not at a page, counted the same way. To 0 they are freed. */
void *mpages_resize(void *p, size_t from, size_t to, struct media_memory *memory);

/* Whether `len` bytes more are within what `memory` allows. */
bool mpages_allowed(size_t len, const struct media_memory *memory);

#endif
