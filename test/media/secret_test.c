/* SPDX-License-Identifier: GPL-2.0-only */
/* No memory that a core dump holds has a key or what derives from it; the memory that has is enough, and is wiped. */
#include "tape.h"

#include <fcntl.h>
#include <gcrypt.h>
#include <stdio.h>
#include <unistd.h>

#include "be.h"
#include "cipher.h"
#include "format.h"
#include "seal.h"
#include "secret.h"
#include "store_memory.h"

/* Secrets are kept here under this mask, so that the test itself has no copy of them. */
#define MASK	0x5a
#define HALF	16

static bool found_in(const uint8_t *p, size_t len, const uint8_t *masked)
{
	for (size_t i = 0; i + HALF <= len; i++) {
		size_t n = 0;

		while (n < HALF && p[i + n] == (masked[n] ^ MASK))
			n++;
		if (n == HALF)
			return true;
	}
	return false;
}

static bool mapping_has(int mem, unsigned long from, unsigned long to, const uint8_t *masked)
{
	static uint8_t chunk[1 << 16];

	for (; from < to; from += sizeof(chunk) - HALF) {
		size_t want = to - from < sizeof(chunk) ? to - from : sizeof(chunk);
		ssize_t n = pread(mem, chunk, want, (off_t)from);
		bool found = n > 0 && found_in(chunk, (size_t)n, masked);

		explicit_bzero(chunk, sizeof(chunk));
		if (found)
			return true;
		if (n <= 0)
			break;
	}
	return false;
}

/* Whether a core dump would hold the 16 bytes: in a writable mapping that is not marked to be left out. */
static bool in_a_core(const uint8_t *masked)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	int mem = open("/proc/self/mem", O_RDONLY);
	unsigned long from = 0, to = 0;
	bool found = false, writable = false;
	char line[512], perms[8];

	assert_non_null(maps);
	assert_true(mem >= 0);
	while (!found && fgets(line, sizeof(line), maps)) {
		unsigned long a, b;

		if (sscanf(line, "%lx-%lx %7s", &a, &b, perms) == 3) {
			from = a;
			to = b;
			writable = perms[0] == 'r' && perms[1] == 'w';
		} else if (!strncmp(line, "VmFlags:", 8) && writable && !strstr(line, " dd")) {
			found = mapping_has(mem, from, to, masked);
		}
	}
	close(mem);
	fclose(maps);
	return found;
}

static void mask(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[i] ^ MASK;
}

/* The key of the only block: as FORMAT.md derives it. Its bytes are the first round keys, too. */
static void derive(struct tape *tape, const uint8_t masked_key[32], uint8_t masked[32])
{
	char name[32];
	struct media_file *file;
	uint8_t p[256], key[32];
	gcry_md_hd_t mac;

	tape_file(tape->store, "log", 0, name);
	assert_int_equal(tape->store->ops->open(tape->store, name, 0, &file), 0);
	assert_int_equal(tape->store->ops->pread(file, p, sizeof(p), MFMT_FIRST), sizeof(p));
	tape->store->ops->close(file);
	assert_int_equal(gcry_md_open(&mac, GCRY_MD_SHA256, GCRY_MD_FLAG_SECURE | GCRY_MD_FLAG_HMAC), 0);
	mask(key, masked_key, 32);
	assert_int_equal(gcry_md_setkey(mac, key, 32), 0);
	explicit_bzero(key, sizeof(key));
	gcry_md_write(mac, "tgt-vtl block", 13);
	gcry_md_write(mac, p + MFMT_RECORD + 4, 16);
	mask(masked, gcry_md_read(mac, GCRY_MD_SHA256), 32);
	gcry_md_close(mac);
}

static void a_core_dump_holds_neither_key_nor_round_keys(void **state)
{
	struct media_info info = tape_info();
	struct tape tape = { 0 };
	struct media_store *store;
	struct media_encrypt encrypt = { 0 };
	uint8_t masked[32], derived[32], key[32], *canary = malloc(HALF);

	for (unsigned i = 0; i < 32; i++)
		masked[i] = (uint8_t)(i * 37 + 11);
	assert_int_equal(media_store_memory(&store), 0);
	tape_create(&tape, store, &info);
	mask(key, masked, 32);
	encrypt.key = media_key_new(key);
	explicit_bzero(key, sizeof(key));
	assert_non_null(encrypt.key);
	assert_int_equal(media_set_encrypt(tape.media, &encrypt), MEDIA_OK);
	media_set_decrypt(tape.media, MEDIA_DECRYPT_KEY, encrypt.key);
	assert_int_equal(tape_write(&tape, 100000, 1), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
	expect_block(&tape, 100000, 1);
	derive(&tape, masked, derived);
	assert_false(in_a_core(masked));
	assert_false(in_a_core(masked + HALF));
	assert_false(in_a_core(derived));
	assert_false(in_a_core(derived + HALF));
	/* The search finds what there is. */
	assert_non_null(canary);
	mask(canary, masked, HALF);
	assert_true(in_a_core(masked));
	explicit_bzero(canary, HALF);
	free(canary);
	media_key_drop(encrypt.key);
	tape_close(&tape);
	store->ops->destroy(store);
}

/* ---- many drives ---- */

enum { DRIVES = 1024, KEYS = 4, AT_ONCE = 64, LEN = 1000 };

static struct media_key *numbered_key(unsigned n)
{
	uint8_t bytes[MEDIA_KEY_LEN] = { 0 };

	put_be32(bytes, n);
	return media_key_new(bytes);
}

/* A record as mblock_encode() leaves it, sealed and opened again; `body` has room for what comes with it. */
static void seal_and_open(struct mseal *seal, struct media_key *key, uint64_t count)
{
	struct mfmt_record rec = { .type = MFMT_BLOCK, .stored_len = LEN, .host_len = LEN };
	uint8_t body[LEN + 256] = { 0 };
	uint8_t *payload = body + mseal_ext_len(seal);
	uint8_t sevens[HALF];
	struct mseal_view view;

	memset(sevens, 7 ^ MASK, HALF);
	memset(payload, 7, LEN);
	assert_int_equal(mseal_close(seal, count, 1, &rec, body), MEDIA_OK);
	assert_false(found_in(payload, LEN, sevens));
	assert_true(mseal_look(body, rec.ext_len, &view));
	assert_int_equal(mseal_open(key, 1, &rec, &view, payload), MEDIA_OK);
	assert_int_equal(payload[LEN - 1], 7);
}

static void four_keys_of_each_of_1024_drives_are_kept_and_all_encrypt(void **state)
{
	static struct media_key *key[DRIVES * KEYS];
	static struct mseal *seal[DRIVES];
	struct mcipher *busy[AT_ONCE];

	for (unsigned i = 0; i < DRIVES * KEYS; i++) {
		key[i] = numbered_key(i);
		assert_non_null(key[i]);
	}
	for (unsigned i = 0; i < DRIVES; i++)
		assert_int_equal(mseal_new(&(struct media_encrypt){ .key = key[i] }, &seal[i]), MEDIA_OK);
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < DRIVES; i++)
			seal_and_open(seal[i], key[i], round);
	for (unsigned i = 0; i < AT_ONCE; i++) {
		busy[i] = mcipher_take(key[DRIVES + i], seal[0]->salt);
		assert_non_null(busy[i]);
	}
	for (unsigned i = 0; i < AT_ONCE; i++)
		mcipher_give(key[DRIVES + i], busy[i]);
	for (unsigned i = 0; i < DRIVES; i++)
		mseal_drop(seal[i]);
	for (unsigned i = 0; i < DRIVES * KEYS; i++)
		media_key_drop(key[i]);
}

static void a_cipher_is_kept_for_the_next_block_and_wiped_with_its_key(void **state)
{
	uint8_t salt[MCIPHER_SALT] = { 1 }, other[MCIPHER_SALT] = { 2 };
	struct media_key *key = numbered_key(1);
	struct mcipher *a = mcipher_take(key, salt), *b = mcipher_take(key, other);

	assert_ptr_not_equal(a, b);
	mcipher_give(key, a);
	mcipher_give(key, b);
	assert_ptr_equal(mcipher_take(key, salt), a);
	assert_ptr_equal(mcipher_take(key, other), b);
	mcipher_give(key, a);
	mcipher_give(key, b);
	media_key_drop(key);
	assert_true(msecret_is_blank());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_core_dump_holds_neither_key_nor_round_keys),
		cmocka_unit_test(four_keys_of_each_of_1024_drives_are_kept_and_all_encrypt),
		cmocka_unit_test(a_cipher_is_kept_for_the_next_block_and_wiped_with_its_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
