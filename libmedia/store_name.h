/* SPDX-License-Identifier: GPL-2.0-only */
/* The names that a store takes. */
#ifndef MEDIA_STORE_NAME_H
#define MEDIA_STORE_NAME_H

#include <stdbool.h>

#define MEDIA_STORE_NAME_MAX	64
#define MEDIA_STORE_LOCK_NAME	"lock"

/* Whether `name` may be the name of a file in a store: see store.h. */
bool media_store_name_ok(const char *name);

#endif
