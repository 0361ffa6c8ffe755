/* SPDX-License-Identifier: GPL-2.0-only */
/* Ciphers of a key, set up once for many blocks: deriving a key and expanding it costs more than a small block. */
#ifndef MEDIA_CIPHER_H
#define MEDIA_CIPHER_H

#include <gcrypt.h>
#include <pthread.h>

#include "media.h"

#define MCIPHER_SALT	16u
#define MCIPHER_CHECK	8u

struct mcipher;

/* What a key has of idle ciphers. All zero: none. Under `lock`. */
struct mcipher_cache {
	pthread_mutex_t lock;
	struct mcipher *idle;
	unsigned count;
};

/*
 * AES-256-GCM with the key that is derived from `key` and `salt` (FORMAT.md), the caller's alone until it gives it
 * back; the nonce comes next. NULL: no memory. Any thread.
 */
struct mcipher *mcipher_take(struct media_key *key, const uint8_t salt[MCIPHER_SALT]);
void mcipher_give(struct media_key *key, struct mcipher *cipher);
gcry_cipher_hd_t mcipher_handle(const struct mcipher *cipher);
/* What shows that key and salt are these (FORMAT.md), MCIPHER_CHECK bytes; not secret. */
const uint8_t *mcipher_check(const struct mcipher *cipher);

/* secret.c calls it for a key that nobody holds any more. */
void mcipher_forget(struct mcipher_cache *cache);

#endif
