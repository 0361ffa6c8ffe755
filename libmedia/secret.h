/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys, and memory for them: locked, in no core dump, wiped when it is given back. */
#ifndef MEDIA_SECRET_H
#define MEDIA_SECRET_H

#include "media.h"

/* Has libgcrypt ready, its secure memory being ours. False: there is none, and no key can be kept. Any thread. */
bool msecret_ready(void);

/* The bytes of a key: MEDIA_KEY_LEN. */
const uint8_t *media_key_bytes(const struct media_key *key);
struct mcipher_cache *media_key_ciphers(struct media_key *key);
/* Whether so much of that memory is free that something may stay in it that is only there to save time. */
bool msecret_roomy(void);

/* For tests: whether nothing is in that memory, and nothing is left of what was. */
bool msecret_is_blank(void);

#endif
