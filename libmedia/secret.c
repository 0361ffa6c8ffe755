/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys, and memory for them: locked, in no core dump, wiped when it is given back. */
#include "secret.h"

#include "cipher.h"

#include <gcrypt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Room for four keys of each of 1,024 drives, and as much for the ciphers of blocks that are worked on; the other half
 * is for ciphers that are kept for the next block.
 */
#define CHUNK		64u
#define ROOM		(2u << 20)
#define CHUNKS		(ROOM / CHUNK)

struct media_key {
	uint8_t bytes[MEDIA_KEY_LEN];
	unsigned holders;
	struct mcipher_cache *ciphers;	/* not secret: in ordinary memory, as its own struct is */
};

/*
 * The one piece of state of the process: libgcrypt's handlers for memory are the process's and get no argument. Under
 * `lock`.
 */
static struct {
	pthread_mutex_t lock;
	pthread_once_t once;
	uint8_t *base;			/* ROOM bytes; NULL: could not be had */
	uint16_t taken[CHUNKS];		/* chunks of the piece that begins here; 0: none does */
	unsigned used;			/* chunks */
	bool ready;
} arena = { .lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT };

static int in_arena(const void *p)
{
	const uint8_t *q = p;

	return arena.base && q >= arena.base && q < arena.base + ROOM;
}

/* A gap of `n` chunks; CHUNKS: there is none. */
static unsigned find_gap(unsigned n)
{
	unsigned at = 0, gap = 0;

	while (at + gap < CHUNKS && gap < n) {
		if (arena.taken[at + gap]) {
			at += gap + arena.taken[at + gap];
			gap = 0;
		} else {
			gap++;
		}
	}
	return gap == n ? at : CHUNKS;
}

static void *take(size_t len)
{
	unsigned n = (unsigned)((len + CHUNK - 1) / CHUNK), at;
	void *p = NULL;

	if (!arena.base || len > ROOM / 2)
		return NULL;
	if (!n)
		n = 1;
	pthread_mutex_lock(&arena.lock);
	at = find_gap(n);
	if (at < CHUNKS) {
		arena.taken[at] = (uint16_t)n;
		arena.used += n;
		p = arena.base + (size_t)at * CHUNK;
	}
	pthread_mutex_unlock(&arena.lock);
	return p;
}

static void give_back(void *p)
{
	size_t at = (size_t)((uint8_t *)p - arena.base) / CHUNK;

	explicit_bzero(p, (size_t)arena.taken[at] * CHUNK);
	pthread_mutex_lock(&arena.lock);
	arena.used -= arena.taken[at];
	arena.taken[at] = 0;
	pthread_mutex_unlock(&arena.lock);
}

static void release(void *p)
{
	if (in_arena(p))
		give_back(p);
	else
		free(p);
}

static void *resize(void *p, size_t len)
{
	size_t had;
	void *q;

	if (!in_arena(p))
		return realloc(p, len);
	had = (size_t)arena.taken[(size_t)((uint8_t *)p - arena.base) / CHUNK] * CHUNK;
	q = take(len);
	if (!q)
		return NULL;
	memcpy(q, p, had < len ? had : len);
	give_back(p);
	return q;
}

static void set_up(void)
{
	void *p = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *probe;

	if (p == MAP_FAILED)
		return;
	if (mlock(p, ROOM) || madvise(p, ROOM, MADV_DONTDUMP) || madvise(p, ROOM, MADV_WIPEONFORK)) {
		munmap(p, ROOM);
		return;
	}
	arena.base = p;
	gcry_set_allocation_handler(malloc, take, in_arena, resize, release);
	if (!gcry_check_version(NULL))
		return;
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	/* In some modes libgcrypt takes no memory but its own: then nothing keeps keys out of a core dump. */
	probe = gcry_malloc_secure(CHUNK);
	arena.ready = in_arena(probe);
	gcry_free(probe);
}

bool msecret_ready(void)
{
	pthread_once(&arena.once, set_up);
	return arena.ready;
}

bool msecret_roomy(void)
{
	bool roomy;

	pthread_mutex_lock(&arena.lock);
	roomy = arena.used < CHUNKS / 2;
	pthread_mutex_unlock(&arena.lock);
	return roomy;
}

struct media_key *media_key_new(const uint8_t bytes[MEDIA_KEY_LEN])
{
	struct media_key *key = msecret_ready() ? take(sizeof(*key)) : NULL;

	if (!key)
		return NULL;
	key->ciphers = calloc(1, sizeof(*key->ciphers));
	if (!key->ciphers) {
		give_back(key);
		return NULL;
	}
	pthread_mutex_init(&key->ciphers->lock, NULL);
	memcpy(key->bytes, bytes, MEDIA_KEY_LEN);
	key->holders = 1;
	return key;
}

struct media_key *media_key_hold(struct media_key *key)
{
	if (key)
		__atomic_add_fetch(&key->holders, 1, __ATOMIC_RELAXED);
	return key;
}

void media_key_drop(struct media_key *key)
{
	if (!key || __atomic_sub_fetch(&key->holders, 1, __ATOMIC_ACQ_REL))
		return;
	mcipher_forget(key->ciphers);
	pthread_mutex_destroy(&key->ciphers->lock);
	free(key->ciphers);
	give_back(key);
}

bool media_key_same(const struct media_key *a, const struct media_key *b)
{
	unsigned char differ = 0;

	if (a == b || !a || !b)
		return a == b;
	for (unsigned i = 0; i < MEDIA_KEY_LEN; i++)
		differ |= a->bytes[i] ^ b->bytes[i];
	return !differ;
}

const uint8_t *media_key_bytes(const struct media_key *key)
{
	return key->bytes;
}

struct mcipher_cache *media_key_ciphers(struct media_key *key)
{
	return key->ciphers;
}

bool msecret_is_blank(void)
{
	bool blank;

	pthread_mutex_lock(&arena.lock);
	blank = !arena.used && !arena.base[0] && !memcmp(arena.base, arena.base + 1, ROOM - 1);
	pthread_mutex_unlock(&arena.lock);
	return blank;
}
