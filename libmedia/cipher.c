/* SPDX-License-Identifier: GPL-2.0-only */
/* Ciphers of a key: those that are idle wait with it, as many as work side by side, and are wiped with it. */
#include "cipher.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

/* Idle ones of a key, at most: as many as there are likely to be workers. */
#define IDLE_MAX	8u

struct mcipher {
	gcry_cipher_hd_t handle;
	uint8_t salt[MCIPHER_SALT], check[MCIPHER_CHECK];
	struct mcipher *next;
};

/* What is derived from the host's key, and for what. */
static const char purpose[] = "tgt-vtl block", check_purpose[] = "tgt-vtl check";

gcry_cipher_hd_t mcipher_handle(const struct mcipher *cipher)
{
	return cipher->handle;
}

const uint8_t *mcipher_check(const struct mcipher *cipher)
{
	return cipher->check;
}

static void close_one(struct mcipher *cipher)
{
	gcry_cipher_close(cipher->handle);
	free(cipher);
}

void mcipher_forget(struct mcipher_cache *cache)
{
	while (cache->idle) {
		struct mcipher *cipher = cache->idle;

		cache->idle = cipher->next;
		close_one(cipher);
	}
	cache->count = 0;
}

/* The cipher's key is HMAC-SHA256 of the host's key over what we use it for and the salt. */
static gcry_error_t set_key(const struct media_key *key, struct mcipher *cipher)
{
	gcry_md_hd_t mac;
	gcry_error_t err = gcry_md_open(&mac, GCRY_MD_SHA256, GCRY_MD_FLAG_SECURE | GCRY_MD_FLAG_HMAC);

	if (err)
		return err;
	err = gcry_md_setkey(mac, media_key_bytes(key), MEDIA_KEY_LEN);
	gcry_md_write(mac, purpose, sizeof(purpose) - 1);
	gcry_md_write(mac, cipher->salt, MCIPHER_SALT);
	if (!err)
		err = gcry_cipher_setkey(cipher->handle, gcry_md_read(mac, GCRY_MD_SHA256), MEDIA_KEY_LEN);
	gcry_md_reset(mac);
	gcry_md_write(mac, check_purpose, sizeof(check_purpose) - 1);
	gcry_md_write(mac, cipher->salt, MCIPHER_SALT);
	memcpy(cipher->check, gcry_md_read(mac, GCRY_MD_SHA256), MCIPHER_CHECK);
	gcry_md_close(mac);
	return err;
}

static struct mcipher *open_one(const struct media_key *key, const uint8_t *salt)
{
	struct mcipher *cipher = calloc(1, sizeof(*cipher));

	if (!cipher)
		return NULL;
	memcpy(cipher->salt, salt, MCIPHER_SALT);
	if (!gcry_cipher_open(&cipher->handle, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_GCM, GCRY_CIPHER_SECURE) &&
	    !set_key(key, cipher))
		return cipher;
	close_one(cipher);
	return NULL;
}

/* An idle one with that salt, or else the one that was idle longest; NULL: there is none. */
static struct mcipher *take_idle(struct mcipher_cache *cache, const uint8_t *salt)
{
	struct mcipher **link = &cache->idle, *cipher;

	if (!*link)
		return NULL;
	while ((*link)->next && memcmp((*link)->salt, salt, MCIPHER_SALT))
		link = &(*link)->next;
	cipher = *link;
	*link = cipher->next;
	cache->count--;
	return cipher;
}

struct mcipher *mcipher_take(struct media_key *key, const uint8_t salt[MCIPHER_SALT])
{
	struct mcipher_cache *cache = media_key_ciphers(key);
	struct mcipher *cipher;

	pthread_mutex_lock(&cache->lock);
	cipher = take_idle(cache, salt);
	pthread_mutex_unlock(&cache->lock);
	if (cipher && memcmp(cipher->salt, salt, MCIPHER_SALT)) {
		close_one(cipher);
		cipher = NULL;
	}
	return cipher ? cipher : open_one(key, salt);
}

void mcipher_give(struct media_key *key, struct mcipher *cipher)
{
	struct mcipher_cache *cache = media_key_ciphers(key);
	bool keep = msecret_roomy();

	pthread_mutex_lock(&cache->lock);
	if (keep && cache->count < IDLE_MAX) {
		cipher->next = cache->idle;
		cache->idle = cipher;
		cache->count++;
		cipher = NULL;
	}
	pthread_mutex_unlock(&cache->lock);
	if (cipher)
		close_one(cipher);
}
