/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks that come encrypted: raw copies of ours are read with their key, and whatever else comes harms nobody. */
#include "tape.h"

#include "be.h"
#include "crc.h"
#include "format.h"
#include "store_memory.h"

static const uint8_t key_a[MEDIA_KEY_LEN] = "key A: thirty-two bytes of it..";
static const uint8_t key_b[MEDIA_KEY_LEN] = "key B: thirty-two bytes, others";

#define ROOM	(1u << 18)

static struct tape new_tape(enum media_kind kind)
{
	struct media_info info = tape_info();
	struct media_store *store;
	struct tape tape = { 0 };

	info.kind = kind;
	assert_int_equal(media_store_memory(&store), 0);
	tape_create(&tape, store, &info);
	return tape;
}

static void end(struct tape *tape)
{
	tape_close(tape);
	assert_int_equal(tape_verify(tape->store, true), 0);
	tape->store->ops->destroy(tape->store);
}

static void go_to(struct tape *tape, int64_t object)
{
	assert_int_equal(tape_locate(tape, MEDIA_OP_LOCATE_OBJECT, 0, object), MEDIA_OK);
}

static void decrypt_with(struct tape *tape, enum media_decrypt mode, const uint8_t *bytes)
{
	struct media_key *key = bytes ? media_key_new(bytes) : NULL;

	media_set_decrypt(tape->media, mode, key);
	media_key_drop(key);
}

static void encrypt_with(struct tape *tape, const uint8_t *bytes)
{
	struct media_encrypt encrypt = {
		.key = media_key_new(bytes), .raw_allowed = true,
		.kads = { .format = 2, .ukad_len = 4, .ukad = "user" },
	};

	assert_int_equal(media_set_encrypt(tape->media, &encrypt), MEDIA_OK);
	media_key_drop(encrypt.key);
}

static void write_as(struct tape *tape, const uint8_t *metadata, void *data, uint32_t len)
{
	struct media_encrypt encrypt = { .metadata = metadata };
	struct media_req req = { .op = MEDIA_OP_WRITE, .buf = data, .len = len };

	assert_int_equal(media_set_encrypt(tape->media, &encrypt), MEDIA_OK);
	assert_int_equal(tape_do(tape, &req), MEDIA_OK);
}

static struct media_peeked peek(struct tape *tape)
{
	struct media_peeked peeked;
	struct media_req req = { .op = MEDIA_OP_PEEK, .peeked = &peeked };

	assert_int_equal(tape_do(tape, &req), MEDIA_OK);
	return peeked;
}

/* The raw bytes of a block of 5000, encrypted by ours, and the metadata that go with them. */
static uint32_t raw_block(uint8_t *raw, uint8_t metadata[MEDIA_METADATA])
{
	struct tape tape = new_tape(MEDIA_DATA);
	uint32_t len;

	encrypt_with(&tape, key_a);
	assert_int_equal(tape_write(&tape, 5000, 1), MEDIA_OK);
	go_to(&tape, 0);
	memcpy(metadata, peek(&tape).metadata, MEDIA_METADATA);
	decrypt_with(&tape, MEDIA_DECRYPT_RAW, NULL);
	assert_int_equal(tape_read(&tape, raw, ROOM, &len), MEDIA_OK);
	end(&tape);
	return len;
}

static void copy_raw(struct tape *from, struct tape *to, unsigned blocks)
{
	static uint8_t raw[ROOM];
	uint32_t len;

	go_to(from, 0);
	decrypt_with(from, MEDIA_DECRYPT_RAW, NULL);
	for (unsigned i = 0; i < blocks; i++) {
		struct media_peeked peeked = peek(from);

		assert_int_equal(tape_read(from, raw, ROOM, &len), MEDIA_OK);
		write_as(to, peeked.metadata, raw, len);
	}
}

/* From cartridge to cartridge to cartridge, by a host that has no key; compressed or not makes no difference to it. */
static void raw_copies_are_read_with_the_key_that_their_host_never_had(void **state)
{
	struct tape tape = new_tape(MEDIA_DATA), copy = new_tape(MEDIA_DATA), second = new_tape(MEDIA_DATA);

	encrypt_with(&tape, key_a);
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(media_set_codec(tape.media, i % 2 ? MEDIA_CODEC_ZLIB : MEDIA_CODEC_NONE, 0), MEDIA_OK);
		assert_int_equal(tape_write(&tape, 1 + i * 3001, i), MEDIA_OK);
	}
	assert_int_equal(media_set_codec(copy.media, MEDIA_CODEC_ZLIB, 0), MEDIA_OK);
	assert_int_equal(tape_write(&copy, 100, 100), MEDIA_OK);
	copy_raw(&tape, &copy, 40);
	tape_reopen(&copy);
	decrypt_with(&copy, MEDIA_DECRYPT_MIXED, key_a);
	expect_block(&copy, 100, 100);
	for (unsigned i = 0; i < 40; i++)
		expect_block(&copy, 1 + i * 3001, i);
	go_to(&copy, 1);
	assert_int_equal(media_set_encrypt(copy.media, NULL), MEDIA_OK);
	assert_int_equal(tape_write(&copy, 1, 1), MEDIA_OK);
	go_to(&copy, 0);
	copy_raw(&tape, &second, 40);
	decrypt_with(&second, MEDIA_DECRYPT_KEY, key_a);
	go_to(&second, 0);
	for (unsigned i = 0; i < 40; i++)
		expect_block(&second, 1 + i * 3001, i);
	end(&tape);
	end(&copy);
	end(&second);
}

static void a_block_that_came_encrypted_is_read_raw_as_it_came_and_not_at_all_where_it_is_refused(void **state)
{
	struct tape tape = new_tape(MEDIA_DATA);
	static uint8_t raw[ROOM], back[ROOM];
	uint8_t metadata[MEDIA_METADATA];
	uint32_t len = raw_block(raw, metadata), got;

	write_as(&tape, metadata, raw, len);
	encrypt_with(&tape, key_a);
	assert_int_equal(tape_write(&tape, 700, 2), MEDIA_OK);
	go_to(&tape, 0);
	expect_read(&tape, MEDIA_KEY_NEEDED);
	assert_true(peek(&tape).theirs);
	assert_int_equal(peek(&tape).next, MEDIA_NEXT_LOCKED);
	assert_int_equal(peek(&tape).kads.format, 2);
	assert_memory_equal(peek(&tape).kads.ukad, "user", 4);
	decrypt_with(&tape, MEDIA_DECRYPT_KEY, key_b);
	expect_read(&tape, MEDIA_KEY_WRONG);
	decrypt_with(&tape, MEDIA_DECRYPT_RAW, NULL);
	assert_int_equal(tape_read(&tape, back, ROOM, &got), MEDIA_OK);
	assert_int_equal(got, len);
	assert_memory_equal(back, raw, len);
	assert_false(peek(&tape).theirs);
	decrypt_with(&tape, MEDIA_DECRYPT_KEY, key_a);
	go_to(&tape, 0);
	media_set_refusals(tape.media, false, true);
	expect_read(&tape, MEDIA_KEY_ORIGIN);
	expect_at(&tape, 0, 0);
	media_set_refusals(tape.media, true, false);
	expect_block(&tape, 5000, 1);
	expect_read(&tape, MEDIA_KEY_ORIGIN);
	media_set_refusals(tape.media, false, false);
	expect_block(&tape, 700, 2);
	end(&tape);
}

/* Writes it as encrypted of the metadata; reading it with the key says this. */
static void expect_judged(uint8_t *data, uint32_t len, const uint8_t *metadata, enum media_err err)
{
	struct tape tape = new_tape(MEDIA_DATA);

	write_as(&tape, metadata, data, len);
	go_to(&tape, 0);
	decrypt_with(&tape, MEDIA_DECRYPT_MIXED, key_a);
	assert_int_equal(peek(&tape).next, err ? MEDIA_NEXT_LOCKED : MEDIA_NEXT_READABLE);
	expect_read(&tape, err);
	end(&tape);
}

static void what_was_not_encrypted_as_its_metadata_say_cannot_be_decrypted_by_any_key(void **state)
{
	static uint8_t raw[ROOM], zeros[ROOM];
	uint8_t metadata[MEDIA_METADATA], foreign[MEDIA_METADATA] = "by somebody else";
	uint32_t len = raw_block(raw, metadata);

	expect_judged(raw, len, foreign, MEDIA_KEY_UNUSABLE);
	for (uint32_t n = 1; n < 300; n++)
		expect_judged(raw, n, metadata, MEDIA_KEY_UNUSABLE);
	expect_judged(raw, len - 1, metadata, MEDIA_KEY_UNUSABLE);
	expect_judged(zeros, sizeof(zeros), metadata, MEDIA_KEY_UNUSABLE);
}

/* Who has no key changes a field of the header of a raw copy, and its checksum. */
static void of_a_raw_copy_nothing_can_be_changed_that_matters(void **state)
{
	static const struct { unsigned from, to; enum media_err err; } rows[] = {
		{ 4, 6, MEDIA_KEY_UNUSABLE },		/* version, type */
		{ 6, 7, MEDIA_KEY_TAMPERED },		/* codec */
		{ 7, 8, MEDIA_KEY_UNUSABLE },		/* flags: one that must be understood */
		{ 8, 12, MEDIA_KEY_TAMPERED },		/* which cartridge it is of */
		{ 12, 28, MEDIA_OK },			/* where it was in its log */
		{ 28, 32, MEDIA_KEY_UNUSABLE },		/* length of the extension area */
		{ 32, 56, MEDIA_KEY_TAMPERED },		/* which block it is */
		{ 56, 68, MEDIA_KEY_UNUSABLE },		/* lengths; checksum of what is stored */
		{ 68, 72, MEDIA_OK },			/* that of the block: an encrypted one has none */
		{ 72, 76, MEDIA_KEY_UNUSABLE },
	};
	static uint8_t raw[ROOM], other[ROOM];
	uint8_t metadata[MEDIA_METADATA];
	uint32_t len = raw_block(raw, metadata);

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned at = rows[i].from; at < rows[i].to; at++) {
			memcpy(other, raw, len);
			other[at] ^= 0x11;
			put_be32(other + 76, media_crc32c(0, other, 76));
			expect_judged(other, len, metadata, rows[i].err);
		}
	}
}

/* A medium that keeps no data keeps none of these. */
static void a_medium_that_keeps_no_data_has_nothing_to_decrypt(void **state)
{
	struct tape tape = new_tape(MEDIA_NULL);
	static uint8_t raw[ROOM];
	uint8_t metadata[MEDIA_METADATA];
	uint32_t len = raw_block(raw, metadata);

	write_as(&tape, metadata, raw, len);
	go_to(&tape, 0);
	decrypt_with(&tape, MEDIA_DECRYPT_KEY, key_a);
	expect_read(&tape, MEDIA_KEY_UNUSABLE);
	decrypt_with(&tape, MEDIA_DECRYPT_RAW, NULL);
	expect_read(&tape, MEDIA_KEY_UNUSABLE);
	assert_true(peek(&tape).theirs);
	end(&tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_copies_are_read_with_the_key_that_their_host_never_had),
		cmocka_unit_test(a_block_that_came_encrypted_is_read_raw_as_it_came_and_not_at_all_where_it_is_refused),
		cmocka_unit_test(what_was_not_encrypted_as_its_metadata_say_cannot_be_decrypted_by_any_key),
		cmocka_unit_test(of_a_raw_copy_nothing_can_be_changed_that_matters),
		cmocka_unit_test(a_medium_that_keeps_no_data_has_nothing_to_decrypt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
