/* SPDX-License-Identifier: GPL-2.0-only */
/* Encrypted blocks: what is on disk, which key reads them, and that no key and nonce recur. */
#include "tape.h"

#include <stdio.h>
#include <unistd.h>

#include "be.h"
#include "crc.h"
#include "format.h"
#include "store_memory.h"

static const uint8_t key_a[MEDIA_KEY_LEN] = "key A: thirty-two bytes of it..";
static const uint8_t key_b[MEDIA_KEY_LEN] = "key B: thirty-two bytes, others";
static const char plaintext[] = "nobody who has no key may ever read these words in a file";

static uint8_t buf[1 << 20];

static void encrypt_with(struct tape *tape, const uint8_t *bytes, bool raw)
{
	struct media_encrypt encrypt = {
		.key = media_key_new(bytes), .raw_allowed = raw,
		.kads = { .ukad_len = 4, .akad_len = 3, .ukad = "user", .akad = "aut" },
	};

	assert_non_null(encrypt.key);
	assert_int_equal(media_set_encrypt(tape->media, &encrypt), MEDIA_OK);
	media_key_drop(encrypt.key);
}

static void decrypt_with(struct tape *tape, enum media_decrypt mode, const uint8_t *bytes)
{
	struct media_key *key = bytes ? media_key_new(bytes) : NULL;

	media_set_decrypt(tape->media, mode, key);
	media_key_drop(key);
}

static struct tape new_tape(void)
{
	struct media_info info = tape_info();
	struct media_store *store;
	struct tape tape = { 0 };

	assert_int_equal(media_store_memory(&store), 0);
	tape_create(&tape, store, &info);
	return tape;
}

static void rewind_tape(struct tape *tape)
{
	assert_int_equal(tape_locate(tape, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
}

static void end(struct tape *tape)
{
	tape_close(tape);
	assert_int_equal(tape_verify(tape->store, true), 0);
	tape->store->ops->destroy(tape->store);
}

static void what_is_written_with_a_key_is_read_with_it(void **state)
{
	struct tape tape = new_tape();

	assert_int_equal(media_set_codec(tape.media, MEDIA_CODEC_ZLIB, 0), MEDIA_OK);
	encrypt_with(&tape, key_a, false);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(tape_write(&tape, 1 + i * 3001, i), MEDIA_OK);
	assert_int_equal(media_set_codec(tape.media, MEDIA_CODEC_NONE, 0), MEDIA_OK);
	for (unsigned i = 40; i < 80; i++)
		assert_int_equal(tape_write(&tape, 1 + i * 3001, i), MEDIA_OK);
	tape_reopen(&tape);
	decrypt_with(&tape, MEDIA_DECRYPT_KEY, key_a);
	rewind_tape(&tape);
	for (unsigned i = 0; i < 80; i++)
		expect_block(&tape, 1 + i * 3001, i);
	end(&tape);
}

static void without_a_key_and_with_another_it_is_not_read_and_the_position_stays(void **state)
{
	struct tape tape = new_tape();

	encrypt_with(&tape, key_a, false);
	assert_int_equal(tape_write(&tape, 5000, 1), MEDIA_OK);
	assert_int_equal(tape_marks(&tape, 1, false), MEDIA_OK);
	rewind_tape(&tape);
	expect_read(&tape, MEDIA_KEY_NEEDED);
	expect_at(&tape, 0, 0);
	decrypt_with(&tape, MEDIA_DECRYPT_MIXED, key_b);
	expect_read(&tape, MEDIA_KEY_WRONG);
	expect_at(&tape, 0, 0);
	decrypt_with(&tape, MEDIA_DECRYPT_RAW, NULL);
	expect_read(&tape, MEDIA_KEY_RAW);
	expect_at(&tape, 0, 0);
	decrypt_with(&tape, MEDIA_DECRYPT_MIXED, key_a);
	expect_block(&tape, 5000, 1);
	expect_read(&tape, MEDIA_FILEMARK);
	end(&tape);
}

static void blocks_in_the_clear_are_read_mixed_but_not_where_only_encrypted_ones_are_asked_for(void **state)
{
	struct tape tape = new_tape();

	assert_int_equal(tape_write(&tape, 700, 1), MEDIA_OK);
	encrypt_with(&tape, key_a, false);
	assert_int_equal(tape_write(&tape, 800, 2), MEDIA_OK);
	encrypt_with(&tape, key_b, false);
	assert_int_equal(tape_write(&tape, 900, 3), MEDIA_OK);
	assert_int_equal(media_set_encrypt(tape.media, NULL), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 1000, 4), MEDIA_OK);
	rewind_tape(&tape);
	decrypt_with(&tape, MEDIA_DECRYPT_KEY, key_a);
	expect_read(&tape, MEDIA_KEY_CLEAR);
	decrypt_with(&tape, MEDIA_DECRYPT_MIXED, key_a);
	expect_block(&tape, 700, 1);
	expect_block(&tape, 800, 2);
	expect_read(&tape, MEDIA_KEY_WRONG);
	decrypt_with(&tape, MEDIA_DECRYPT_MIXED, key_b);
	expect_block(&tape, 900, 3);
	expect_block(&tape, 1000, 4);
	end(&tape);
}

/* What somebody changes who can write the cartridge's files: the payload of the first record, and its CRCs. */
static void forge(struct tape *tape)
{
	struct media_file *file;
	uint8_t head[MFMT_RECORD];
	uint64_t payload;
	uint32_t len;
	char name[32];

	tape_file(tape->store, "log", 0, name);
	assert_int_equal(tape->store->ops->open(tape->store, name, 0, &file), 0);
	assert_int_equal(tape->store->ops->pread(file, head, sizeof(head), MFMT_FIRST), sizeof(head));
	payload = MFMT_FIRST + MFMT_RECORD + get_be32(head + 28);
	len = get_be32(head + 56);
	assert_int_equal(tape->store->ops->pread(file, buf, len, payload), len);
	buf[0] ^= 1;
	put_be32(head + 64, media_crc32c(0, buf, len));
	put_be32(head + 76, media_crc32c(0, head, 76));
	assert_int_equal(tape->store->ops->pwrite(file, buf, 1, payload), 1);
	assert_int_equal(tape->store->ops->pwrite(file, head, sizeof(head), MFMT_FIRST), sizeof(head));
	tape->store->ops->close(file);
}

static void a_block_that_was_changed_is_told_from_one_with_another_key(void **state)
{
	struct tape tape = new_tape();

	encrypt_with(&tape, key_a, false);
	assert_int_equal(tape_write(&tape, 5000, 1), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	forge(&tape);
	tape_reopen(&tape);
	decrypt_with(&tape, MEDIA_DECRYPT_KEY, key_b);
	expect_read(&tape, MEDIA_KEY_WRONG);
	decrypt_with(&tape, MEDIA_DECRYPT_KEY, key_a);
	expect_read(&tape, MEDIA_KEY_TAMPERED);
	expect_at(&tape, 0, 0);
	end(&tape);
}

static size_t load_file(struct media_store *store, const char *name)
{
	struct media_file *file;
	ssize_t n;

	assert_int_equal(store->ops->open(store, name, 0, &file), 0);
	n = store->ops->pread(file, buf, sizeof(buf), 0);
	assert_true(n > 0);
	store->ops->close(file);
	return (size_t)n;
}

struct hunt {
	struct media_store *store;
	unsigned files;
};

static bool holds(const uint8_t *p, size_t len, const void *what, size_t n)
{
	return memmem(p, len, what, n) != NULL;
}

static int hunt_file(void *arg, const char *name)
{
	struct hunt *hunt = arg;
	size_t len = load_file(hunt->store, name);

	hunt->files++;
	assert_false(holds(buf, len, plaintext, sizeof(plaintext) - 1));
	assert_false(holds(buf, len, key_a, 16));
	assert_false(holds(buf, len, key_a + 16, 16));
	return 0;
}

static void the_files_of_a_cartridge_hold_neither_key_nor_plaintext(void **state)
{
	struct tape tape = new_tape();
	struct media_req req = { .op = MEDIA_OP_WRITE, .buf = (void *)plaintext, .len = sizeof(plaintext) };
	struct hunt hunt = { 0 };

	encrypt_with(&tape, key_a, false);
	assert_int_equal(tape_do(&tape, &req), MEDIA_OK);
	tape_close(&tape);
	hunt.store = tape.store;
	assert_int_equal(tape.store->ops->list(tape.store, hunt_file, &hunt), 0);
	assert_true(hunt.files >= 3);
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	end(&tape);
}

/* The nonces of all records of a log, one after another. */
static unsigned nonces(struct tape *tape, unsigned nth, uint8_t (*to)[28], unsigned room)
{
	char name[32];
	size_t len;
	unsigned n = 0;

	tape_file(tape->store, "log", nth, name);
	len = load_file(tape->store, name);
	for (size_t at = MFMT_FIRST; at + MFMT_RECORD < len && n < room; at += 16)
		if (!memcmp(buf + at, "VTLR", 4) && get_be32(buf + at + 28))
			memcpy(to[n++], buf + at + MFMT_RECORD + 4, 28);
	return n;
}

static void nonces_do_not_recur_after_overwriting_a_crash_and_in_a_copy(void **state)
{
	struct tape tape = new_tape();
	static uint8_t nonce[64][28];
	unsigned n;

	/* Overwritten under the same setting; then as after a crash or in a copy: the same key is set again. */
	encrypt_with(&tape, key_a, false);
	for (unsigned round = 0; round < 3; round++) {
		rewind_tape(&tape);
		for (unsigned i = 0; i < 5; i++)
			assert_int_equal(tape_write(&tape, 100, i), MEDIA_OK);
		assert_int_equal(tape_sync(&tape), MEDIA_OK);
	}
	n = nonces(&tape, 0, nonce, 5);
	assert_int_equal(n, 5);
	/* The third writing of object 0 is the eleventh block under this salt. */
	assert_int_equal(get_be64(nonce[0] + 20), 10);
	tape_reopen(&tape);
	encrypt_with(&tape, key_a, false);
	rewind_tape(&tape);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(tape_write(&tape, 100, i), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	n += nonces(&tape, 0, nonce + n, 5);
	assert_int_equal(n, 10);
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(nonce[i], nonce[j], 28);
	end(&tape);
}

/* A cartridge as it lies there when its daemon is killed, and the cartridge itself, go on with the same key. */
static void two_copies_of_a_cartridge_share_no_nonce_though_the_key_is_the_same(void **state)
{
	static uint8_t nonce[64][28];
	struct tape tape = new_tape(), copy = { 0 };
	struct media_store *store;
	unsigned n;

	encrypt_with(&tape, key_a, false);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(tape_write(&tape, 100, i), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	assert_int_equal(tape_write(&tape, 100, 3), MEDIA_OK);
	assert_int_equal(media_store_memory_clone(tape.store, &store), 0);
	copy.store = store;
	assert_int_equal(tape_open(&copy), MEDIA_OK);
	encrypt_with(&copy, key_a, false);
	assert_int_equal(tape_locate(&copy, MEDIA_OP_LOCATE_EOD, 0, 0), MEDIA_OK);
	for (unsigned i = 3; i < 6; i++) {
		assert_int_equal(tape_write(&tape, 100, i + 10), MEDIA_OK);
		assert_int_equal(tape_write(&copy, 100, i + 20), MEDIA_OK);
	}
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	assert_int_equal(tape_sync(&copy), MEDIA_OK);
	n = nonces(&tape, 0, nonce, 16);
	assert_int_equal(n, 7);
	/* the last segment is what was written to the copy */
	n += nonces(&copy, 1, nonce + n, 16);
	assert_int_equal(n, 10);
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(nonce[i], nonce[j], 28);
	end(&copy);
	end(&tape);
}

static void a_peek_tells_what_is_next_and_what_comes_with_the_key(void **state)
{
	struct tape tape = new_tape();
	struct media_peeked peeked;
	struct media_req req = { .op = MEDIA_OP_PEEK, .peeked = &peeked };

	encrypt_with(&tape, key_a, true);
	assert_int_equal(tape_write(&tape, 100, 1), MEDIA_OK);
	rewind_tape(&tape);
	assert_int_equal(tape_do(&tape, &req), MEDIA_OK);
	assert_int_equal(peeked.next, MEDIA_NEXT_LOCKED);
	assert_int_equal(peeked.kads.ukad_len, 4);
	assert_memory_equal(peeked.kads.ukad, "user", 4);
	assert_memory_equal(peeked.kads.akad, "aut", 3);
	decrypt_with(&tape, MEDIA_DECRYPT_MIXED, key_a);
	assert_int_equal(tape_do(&tape, &req), MEDIA_OK);
	assert_int_equal(peeked.next, MEDIA_NEXT_READABLE);
	expect_at(&tape, 0, 0);
	expect_block(&tape, 100, 1);
	assert_int_equal(tape_do(&tape, &req), MEDIA_OK);
	assert_int_equal(peeked.next, MEDIA_NEXT_NO_BLOCK);
	end(&tape);
}

static void a_raw_read_hands_out_the_record_as_stored(void **state)
{
	struct tape tape = new_tape();
	uint32_t len = 0;

	encrypt_with(&tape, key_a, true);
	assert_int_equal(tape_write(&tape, 5000, 1), MEDIA_OK);
	rewind_tape(&tape);
	decrypt_with(&tape, MEDIA_DECRYPT_RAW, NULL);
	assert_int_equal(tape_read(&tape, buf, sizeof(buf), &len), MEDIA_OK);
	assert_memory_equal(buf, "VTLR", 4);
	assert_int_equal(len, MFMT_RECORD + get_be32(buf + 28) + get_be32(buf + 56));
	assert_int_equal(get_be32(buf + 60), 5000);
	end(&tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_with_a_key_is_read_with_it),
		cmocka_unit_test(without_a_key_and_with_another_it_is_not_read_and_the_position_stays),
		cmocka_unit_test(blocks_in_the_clear_are_read_mixed_but_not_where_only_encrypted_ones_are_asked_for),
		cmocka_unit_test(a_block_that_was_changed_is_told_from_one_with_another_key),
		cmocka_unit_test(the_files_of_a_cartridge_hold_neither_key_nor_plaintext),
		cmocka_unit_test(nonces_do_not_recur_after_overwriting_a_crash_and_in_a_copy),
		cmocka_unit_test(two_copies_of_a_cartridge_share_no_nonce_though_the_key_is_the_same),
		cmocka_unit_test(a_peek_tells_what_is_next_and_what_comes_with_the_key),
		cmocka_unit_test(a_raw_read_hands_out_the_record_as_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
