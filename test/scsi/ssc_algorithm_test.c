/* SPDX-License-Identifier: GPL-2.0-only */
/* What a drive says of its encryption algorithm is what it does; KADs, external mode, keys that are wrong too often. */
#include <string.h>

#include "be.h"
#include "crc.h"
#include "format.h"
#include "ssc_world.h"

static const uint8_t key_a[32] = "the first key of thirty-two byte";
static const uint8_t key_b[32] = "the second key, and another one!";

enum { UKAD = 0, AKAD = 1, NONCE = 2, MKAD = 3 };
enum { PAGE_CAPABILITIES = 0x10, PAGE_STATUS = 0x20, PAGE_NEXT = 0x21 };

/* ---- pages ---- */

struct page {
	uint8_t p[256];
	unsigned len;
};

static struct page page_of(unsigned encrypt, unsigned decrypt)
{
	struct page page = { .p = { 0x00, 0x10, [4] = SCOPE_OF_ONE << 5, [5] = 0x40, [8] = 1, [19] = 32 }, .len = 52 };

	page.p[6] = (uint8_t)encrypt;
	page.p[7] = (uint8_t)decrypt;
	memcpy(page.p + 20, key_a, 32);
	return page;
}

static void add_kad(struct page *page, uint8_t type, const void *value, unsigned len)
{
	page->p[page->len] = type;
	put_be16(page->p + page->len + 2, (uint16_t)len);
	memcpy(page->p + page->len + 4, value, len);
	page->len += 4 + len;
}

/* As many bytes of it as are told. */
static struct io *send_cut(struct vtl_nexus *nexus, const struct page *page, unsigned len)
{
	return io_out(nexus, page->p, len, CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, (uint8_t)len, 0, 0));
}

static struct io *send(struct vtl_nexus *nexus, struct page *page)
{
	put_be16(page->p + 2, (uint16_t)(page->len - 4));
	return send_cut(nexus, page, page->len);
}

static struct io *in(struct ssc_world *w, uint8_t page)
{
	return expect_good(ssc_security_in(w->a, 0x20, page));
}

/* What the drive says of its algorithm. */
struct says {
	bool nonce_by_host, kad_format, vcelb, ukad_to_decrypt, external, raw;
	unsigned ukad, akad;
};

static struct says says(struct ssc_world *w)
{
	struct io *io = in(w, PAGE_CAPABILITIES);
	const uint8_t *p = io->in + 20;
	struct says s = {
		.nonce_by_host = (p[5] >> 4 & 3) != 1, .kad_format = p[5] & 0x08, .vcelb = p[5] & 0x04,
		.ukad_to_decrypt = p[12] >> 6 == 1, .external = (p[12] >> 4 & 3) == 2, .raw = (p[12] >> 1 & 7) == 4,
		.ukad = get_be16(p + 6), .akad = get_be16(p + 8),
	};

	expect_len(io, 44);
	assert_true(s.raw || (p[12] >> 1 & 7) == 1);
	assert_int_equal(p[4] & 0x40, 0);		/* SDK_C */
	assert_int_equal(get_be16(p + 14), 0);		/* MSDK_COUNT */
	return s;
}

static bool refuses(struct io *io, unsigned byte, int bit)
{
	if (io->cmd.status == SAM_GOOD)
		return false;
	expect_bad_param(io, byte, bit);
	return true;
}

static void set_off(struct ssc_world *w)
{
	struct page page = page_of(CRYPT_OFF, CRYPT_OFF);

	expect_good(send(w->a, &page));
}

EACH_DRIVE(a_drive_takes_what_its_capabilities_say_and_refuses_the_rest)
{
	static const uint8_t zeros[64];
	struct page page;
	struct says s;

	if (!w->model->encryption)
		return;
	s = says(w);
	assert_false(s.nonce_by_host);
	page = page_of(CRYPT_ON, CRYPT_OFF);
	page.p[5] |= 0x08;					/* SDK */
	expect_bad_param(send(w->a, &page), 5, 3);
	page = page_of(CRYPT_ON, CRYPT_OFF);
	add_kad(&page, NONCE, zeros, 12);
	expect_bad_param(send(w->a, &page), 52, -1);
	page = page_of(CRYPT_ON, CRYPT_OFF);
	page.p[10] = 2;						/* KAD FORMAT: ASCII */
	assert_int_equal(!refuses(send(w->a, &page), 10, -1), s.kad_format);
	page = page_of(CRYPT_EXTERNAL, CRYPT_OFF);
	add_kad(&page, MKAD, zeros, 64);
	assert_int_equal(!refuses(send(w->a, &page), 6, -1), s.external);
	page = page_of(CRYPT_OFF, CRYPT_RAW);
	assert_int_equal(!refuses(send(w->a, &page), 7, -1), s.raw);
	page = page_of(CRYPT_ON, CRYPT_OFF);
	page.p[5] |= 0x20;					/* RDMC: enabled for raw reads */
	assert_int_equal(!refuses(send(w->a, &page), 5, 5), s.raw);
	page = page_of(CRYPT_OFF, CRYPT_MIXED);
	if (s.ukad_to_decrypt)
		expect_sense(send(w->a, &page), 0x5, 0x26, 0x11);
	else
		expect_good(send(w->a, &page));
	if (s.ukad) {
		add_kad(&page, UKAD, zeros, s.ukad);
		expect_good(send(w->a, &page));
	}
	page = page_of(CRYPT_ON, CRYPT_OFF);
	add_kad(&page, AKAD, zeros, s.akad + 1);
	expect_bad_param(send(w->a, &page), 54, -1);
}

EACH_DRIVE(ceem_needs_a_mode_in_which_encrypted_blocks_are_read)
{
	if (!w->model->encryption)
		return;
	for (uint8_t ceem = 2; ceem < 4; ceem++) {
		struct page page = page_of(CRYPT_ON, CRYPT_OFF);

		page.p[5] = (uint8_t)(ceem << 6);
		expect_bad_param(send(w->a, &page), 5, 7);
	}
}

EACH_EMPTY_DRIVE(the_algorithm_is_valid_for_the_media_that_can_be_encrypted)
{
	static const struct {
		const char *drive, *medium;
	} rows[] = { { "HP-LTO4", "LTO-3" }, { "IBM-LTO4", "LTO-3" } };

	if (!w->model->encryption)
		return;
	assert_int_equal(in(w, PAGE_CAPABILITIES)->in[24] >> 7, 0);
	assert_int_equal(in(w, PAGE_CAPABILITIES)->in[25] >> 6, 0);
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	assert_int_equal(in(w, PAGE_CAPABILITIES)->in[24] >> 7, 1);
	assert_int_equal(in(w, PAGE_CAPABILITIES)->in[25] >> 6, 2);
	for (unsigned i = 0; i < 2; i++) {
		if (strcmp(w->model->name, rows[i].drive))
			continue;
		ssc_eject(w);
		ssc_insert(w, &(struct ssc_cartridge){ .form = rows[i].medium });
		assert_int_equal(in(w, PAGE_CAPABILITIES)->in[24] >> 7, 0);
		assert_int_equal(in(w, PAGE_CAPABILITIES)->in[25] >> 6, 1);
		expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_ON, CRYPT_MIXED, key_a));
		expect_sense(ssc_write(w->a, 100, 1), 0x7, 0x30, 0x05);
	}
}

/* ---- the page's lengths ---- */

EACH_DRIVE(a_page_that_is_cut_anywhere_is_refused_and_changes_nothing)
{
	struct page page = page_of(CRYPT_ON, CRYPT_MIXED);
	struct says s;

	if (!w->model->encryption)
		return;
	s = says(w);
	if (s.ukad)
		add_kad(&page, UKAD, "name", 4);
	if (s.akad)
		add_kad(&page, AKAD, "authentic", 9);
	put_be16(page.p + 2, (uint16_t)(page.len - 4));
	for (unsigned n = 1; n < page.len; n++)
		expect_status(send_cut(w->a, &page, n), SAM_CHECK_CONDITION);
	/* Where a descriptor ends, the page may, but for what a drive needs. */
	for (unsigned n = 0; n < page.len; n++) {
		struct page cut = page;
		bool whole = (n == 52 && !s.ukad_to_decrypt) || (n == 60 && s.ukad);

		put_be16(cut.p + 2, (uint16_t)(n < 4 ? 0 : n - 4));
		expect_status(send_cut(w->a, &cut, page.len), whole ? SAM_GOOD : SAM_CHECK_CONDITION);
		if (whole)
			set_off(w);
	}
	assert_int_equal(in(w, PAGE_STATUS)->in[5], CRYPT_OFF);
	assert_int_equal(in(w, PAGE_STATUS)->in[6], CRYPT_OFF);
}

/* ---- KADs ---- */

EACH_DRIVE(the_format_of_associated_data_is_kept_with_each_block)
{
	struct page page = page_of(CRYPT_ON, CRYPT_MIXED);
	unsigned type;

	if (!w->model->encryption || !says(w).kad_format)
		return;
	type = says(w).ukad ? UKAD : AKAD;
	page.p[10] = 2;
	add_kad(&page, (uint8_t)type, "a key", 5);
	expect_good(send(w->a, &page));
	expect_u8(in(w, PAGE_STATUS), 13, 2);
	expect_good(ssc_write(w->a, 100, 1));
	page.p[10] = 1;
	expect_good(send(w->a, &page));
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_rewind(w->a));
	expect_u8(in(w, PAGE_NEXT), 15, 2);
	ssc_expect_block(w->a, 100, 1);
	expect_u8(in(w, PAGE_NEXT), 15, 1);
	expect_u8(in(w, PAGE_NEXT), 16, type);
}

EACH_DRIVE(a_drive_that_needs_names_gives_its_blocks_one_of_zeros)
{
	struct page page = page_of(CRYPT_ON, CRYPT_OFF);
	struct io *io;

	if (!w->model->encryption || !says(w).ukad_to_decrypt)
		return;
	expect_good(send(w->a, &page));
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_rewind(w->a));
	io = in(w, PAGE_NEXT);
	expect_len(io, 20 + 30);
	expect_u32(io, 16, 0x0001001e);
	for (unsigned i = 20; i < 50; i++)
		assert_int_equal(io->in[i], 0);
}

/* ---- blocks that were changed on the medium ---- */

/* Changes the first record, whose checksums are put right, and mounts the cartridge anew. */
static void forge(struct ssc_world *w, void (*change)(uint8_t *head, uint8_t *area, uint8_t *payload))
{
	static uint8_t buf[65536];
	struct media_file *file;
	uint32_t area, payload;
	ssize_t n;

	expect_good(ssc_filemarks(w->a, 0));
	assert_int_equal(w->store->ops->open(w->store, "p0-00000001.log", 0, &file), 0);
	n = w->store->ops->pread(file, buf, sizeof(buf), MFMT_FIRST);
	assert_true(n > 1000);
	area = get_be32(buf + 28);
	payload = get_be32(buf + 56);
	change(buf, buf + MFMT_RECORD, buf + MFMT_RECORD + area);
	put_be32(buf + 64, media_crc32c(0, buf + MFMT_RECORD + area, payload));
	put_be32(buf + 72, media_crc32c(0, buf + MFMT_RECORD, area));
	put_be32(buf + 76, media_crc32c(0, buf, 76));
	assert_int_equal(w->store->ops->pwrite(file, buf, MFMT_RECORD + area + payload, MFMT_FIRST),
			 MFMT_RECORD + area + payload);
	w->store->ops->close(file);
	ssc_reinsert(w);
}

static void change_payload(uint8_t *head, uint8_t *area, uint8_t *payload)
{
	payload[7] ^= 1;
}

/* The tag comes second, behind 28 bytes of nonce. Its type becomes one that may be left out. */
static void change_tag(uint8_t *head, uint8_t *area, uint8_t *payload)
{
	put_be16(area + 32, 0x7f00);
}

EACH_DRIVE(a_block_that_was_changed_fails_its_validation_only_with_its_key)
{
	if (!w->model->encryption)
		return;
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_ON, CRYPT_ON, key_a));
	expect_good(ssc_write(w->a, 1000, 1));
	forge(w, change_payload);
	expect_sense(ssc_read(w->a, 0, 1000, 1000), 0x7, 0x74, 0x04);
	assert_int_equal(ssc_object(w->a), 0);
	expect_sense(io(w->a, CDB(0x13, 0, 0, 0, 1, 0)), 0x7, 0x74, 0x04);
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_ON, CRYPT_ON, key_b));
	expect_sense(ssc_read(w->a, 0, 1000, 1000), 0x7, 0x74, 0x03);
}

EACH_DRIVE(authenticated_data_of_a_changed_block_are_told_to_have_failed)
{
	struct page page = page_of(CRYPT_ON, CRYPT_ON);

	if (!w->model->encryption || !says(w).akad)
		return;
	add_kad(&page, AKAD, "twelve bytes", 12);
	expect_good(send(w->a, &page));
	expect_good(ssc_write(w->a, 1000, 1));
	forge(w, change_payload);
	expect_u32(in(w, PAGE_NEXT), 16, 0x0104000c);
}

EACH_DRIVE(a_block_without_what_it_takes_to_decrypt_it_is_an_error_of_decryption_with_any_key)
{
	if (!w->model->encryption)
		return;
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_ON, CRYPT_MIXED, key_a));
	expect_good(ssc_write(w->a, 1000, 1));
	forge(w, change_tag);
	expect_sense(ssc_read(w->a, 0, 1000, 1000), 0x7, 0x74, 0x05);
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_ON, CRYPT_MIXED, key_b));
	expect_sense(ssc_read(w->a, 0, 1000, 1000), 0x7, 0x74, 0x05);
	set_off(w);
	expect_sense(ssc_read(w->a, 0, 1000, 1000), 0x7, 0x74, 0x01);
}

/* ---- external mode ---- */

/* Writes a block that may be read raw, reads it so, and sets external mode with the M-KAD that came with it. */
static unsigned copy_raw(struct ssc_world *w, uint8_t *raw, uint32_t room, struct page *external)
{
	struct io *io;
	struct page page = page_of(CRYPT_OFF, CRYPT_RAW);
	unsigned len, at = 16;

	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0x20, CRYPT_ON, CRYPT_OFF, key_a));
	expect_good(ssc_write(w->a, 3000, 1));
	expect_good(ssc_rewind(w->a));
	expect_good(send(w->a, &page));
	io = in(w, PAGE_NEXT);
	expect_u8(io, 12, 6);
	expect_u8(io, 14, 0);
	while (io->in[at] != MKAD)
		at += 4u + get_be16(io->in + at + 2);
	assert_int_equal(get_be16(io->in + at + 2), 64);
	*external = page_of(CRYPT_EXTERNAL, CRYPT_MIXED);
	add_kad(external, MKAD, io->in + at + 4, 64);
	io = expect_status(ssc_read(w->a, RW_SILI, room, room), SAM_GOOD);
	len = io->cmd.in_used;
	memcpy(raw, io->in, len);
	return len;
}

static void write_raw(struct ssc_world *w, const uint8_t *raw, unsigned len)
{
	expect_good(io_out(w->a, raw, len, CDB(0x0a, 0, 0, (uint8_t)(len >> 8), (uint8_t)len, 0)));
}

EACH_DRIVE(a_raw_copy_that_is_written_in_external_mode_is_read_with_the_key_and_told_apart)
{
	static uint8_t raw[8192];
	struct page external;
	unsigned len;

	if (!w->model->external_encryption)
		return;
	len = copy_raw(w, raw, sizeof(raw), &external);
	expect_good(send(w->a, &external));
	expect_u8(in(w, PAGE_STATUS), 5, CRYPT_EXTERNAL);
	expect_u32(in(w, PAGE_STATUS), 24, 0x03010040);
	write_raw(w, raw, len);
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	expect_u8(in(w, PAGE_NEXT), 14, 0);	/* EMES */
	ssc_expect_block(w->a, 3000, 1);
	expect_u8(in(w, PAGE_NEXT), 12, 5);
	expect_u8(in(w, PAGE_NEXT), 14, 2);
	ssc_expect_block(w->a, 3000, 1);
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_OFF, CRYPT_ON, key_b));
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 1));
	expect_sense(ssc_read(w->a, 0, 3000, 3000), 0x7, 0x74, 0x03);
	/* CEEM 10b refuses what came encrypted, 11b what the drive encrypted; both pass what is the other's. */
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0x80, CRYPT_OFF, CRYPT_MIXED, key_a));
	expect_sense(ssc_read(w->a, 0, 3000, 3000), 0x7, 0x74, 0x09);
	assert_int_equal(ssc_object(w->a), 1);
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, 3000, 1);
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0xc0, CRYPT_OFF, CRYPT_MIXED, key_a));
	ssc_expect_block(w->a, 3000, 1);
	expect_good(ssc_rewind(w->a));
	expect_sense(ssc_read(w->a, 0, 3000, 3000), 0x7, 0x74, 0x09);
	set_off(w);
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 1));
	expect_sense(ssc_read(w->a, 0, 3000, 3000), 0x7, 0x74, 0x01);
}

EACH_DRIVE(external_mode_needs_metadata_of_their_length_and_no_other_mode_takes_them)
{
	static const uint8_t zeros[65];
	struct page page = page_of(CRYPT_EXTERNAL, CRYPT_OFF);

	if (!w->model->external_encryption)
		return;
	expect_bad_param(send(w->a, &page), 6, -1);
	add_kad(&page, UKAD, "name", 4);
	expect_bad_param(send(w->a, &page), 6, -1);
	for (unsigned len = 63; len < 66; len += 2) {
		page = page_of(CRYPT_EXTERNAL, CRYPT_OFF);
		add_kad(&page, MKAD, zeros, len);
		expect_bad_param(send(w->a, &page), 54, -1);
	}
	page = page_of(CRYPT_ON, CRYPT_OFF);
	add_kad(&page, MKAD, zeros, 64);
	expect_bad_param(send(w->a, &page), 52, -1);
	/* No key is needed; and whatever was written so is given back raw. */
	page = (struct page){ .p = { 0, 0x10, [4] = 0x20, [5] = 0x40, [6] = 1, [7] = 1, [8] = 1 }, .len = 20 };
	add_kad(&page, MKAD, zeros, 64);
	expect_good(send(w->a, &page));
	expect_good(ssc_write(w->a, 777, 5));
	expect_good(ssc_rewind(w->a));
	expect_u8(in(w, PAGE_NEXT), 14, 2);
	ssc_expect_block(w->a, 777, 5);
	/* It is no block of ours to be decrypted. */
	expect_good(ssc_rewind(w->a));
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_OFF, CRYPT_MIXED, key_a));
	expect_u8(in(w, PAGE_NEXT), 12, 4);
	expect_sense(ssc_read(w->a, 0, 777, 777), 0x7, 0x74, 0x05);
}

/* An encrypted block is bound to its place; what came encrypted is not, and would be the way around that. */
static void a_drive_without_external_mode_decrypts_no_block_that_came_encrypted(void **state)
{
	struct ssc_world *w = ssc_open(ssc_some_model(), MEDIA_CODEC_ZLIB);
	const struct vtl_models *models = w->models;
	static uint8_t raw[8192];
	struct media_store *store;
	struct page external;
	unsigned len;

	ssc_end(w);
	w = ssc_open(vtl_models_drive(models, "QUANTUM-LTO6"), MEDIA_CODEC_ZLIB);
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	len = copy_raw(w, raw, sizeof(raw), &external);
	expect_good(send(w->a, &external));
	expect_good(ssc_rewind(w->a));
	write_raw(w, raw, len);
	expect_good(ssc_filemarks(w->a, 1));
	assert_int_equal(media_store_memory_clone(w->store, &store), 0);
	ssc_end(w);
	w = ssc_open(vtl_models_drive(models, "IBM-LTO6"), MEDIA_CODEC_ZLIB);
	ssc_insert_store(w, store);
	sim_drain_attentions(w->a);
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_OFF, CRYPT_MIXED, key_a));
	expect_u8(in(w, PAGE_NEXT), 12, 4);
	expect_sense(ssc_read(w->a, 0, 3000, 3000), 0x7, 0x74, 0x01);
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0x80, CRYPT_OFF, CRYPT_MIXED, key_a));
	expect_sense(ssc_read(w->a, 0, 3000, 3000), 0x7, 0x74, 0x09);
	ssc_end(w);
}

/* ---- keys that are wrong ---- */

static struct io *try_key(struct ssc_world *w, unsigned n)
{
	uint8_t key[32] = "not the key, number   of several";

	key[20] = (uint8_t)n;
	return ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_OFF, CRYPT_MIXED, key);
}

static void try_wrong_keys(struct ssc_world *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		expect_good(try_key(w, i));
		for (unsigned again = 0; again < 2; again++)
			expect_sense(ssc_read(w->a, 0, 100, 100), 0x7, 0x74, 0x03);
	}
}

EACH_DRIVE(after_ten_wrong_keys_in_a_row_no_more_is_taken_until_a_cartridge_is_mounted)
{
	bool limited = strcmp(w->model->family, "t10000");

	if (!w->model->encryption)
		return;
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_ON, CRYPT_MIXED, key_a));
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(ssc_rewind(w->a));
	try_wrong_keys(w, 9);
	/* The right one ends the row. */
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_OFF, CRYPT_MIXED, key_a));
	ssc_expect_block(w->a, 100, 1);
	expect_good(ssc_rewind(w->a));
	try_wrong_keys(w, 10);
	if (!limited) {
		expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_OFF, CRYPT_MIXED, key_a));
		return;
	}
	expect_sense(try_key(w, 99), 0x7, 0x26, 0x10);
	expect_sense(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_OFF, CRYPT_MIXED, key_a), 0x7, 0x26, 0x10);
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_ON, CRYPT_OFF, key_a));
	set_off(w);
	expect_sense(ssc_set_key(w->b, SCOPE_OF_ALL, 0, CRYPT_OFF, CRYPT_MIXED, key_a), 0x7, 0x26, 0x10);
	ssc_reinsert(w);
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_OFF, CRYPT_MIXED, key_a));
	ssc_expect_block(w->a, 100, 1);
}

/* ---- VCELB ---- */

static bool any_encrypted(struct ssc_world *w)
{
	return in(w, PAGE_STATUS)->in[12] & 0x08;
}

EACH_DRIVE(whether_the_volume_has_encrypted_blocks_is_told_over_mounts_until_they_are_written_over)
{
	bool tells;

	if (!w->model->encryption)
		return;
	tells = says(w).vcelb;
	assert_false(any_encrypted(w));
	for (unsigned i = 0; i < 3; i++)
		expect_good(ssc_write(w->a, 100, i));
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_ON, CRYPT_MIXED, key_a));
	expect_good(ssc_filemarks(w->a, 1));
	assert_false(any_encrypted(w));
	expect_good(ssc_write(w->a, 100, 4));
	assert_int_equal(any_encrypted(w), tells);
	set_off(w);
	expect_good(ssc_write(w->a, 100, 5));
	ssc_reinsert(w);
	assert_int_equal(any_encrypted(w), tells);
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 5));
	expect_good(ssc_write(w->a, 100, 6));
	assert_int_equal(any_encrypted(w), tells);
	/* Filemarks over all of it, and beyond where it was. */
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 2));
	expect_good(ssc_filemarks(w->a, 9));
	assert_false(any_encrypted(w));
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_ON, CRYPT_MIXED, key_a));
	expect_good(ssc_write(w->a, 100, 7));
	assert_int_equal(any_encrypted(w), tells);
	expect_good(ssc_rewind(w->a));
	expect_good(io(w->a, CDB(0x19, 0, 0, 0, 0, 0)));
	assert_false(any_encrypted(w));
	ssc_reinsert(w);
	assert_false(any_encrypted(w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_drive_takes_what_its_capabilities_say_and_refuses_the_rest),
		SSC_TEST(ceem_needs_a_mode_in_which_encrypted_blocks_are_read),
		SSC_TEST(the_algorithm_is_valid_for_the_media_that_can_be_encrypted),
		SSC_TEST(a_page_that_is_cut_anywhere_is_refused_and_changes_nothing),
		SSC_TEST(the_format_of_associated_data_is_kept_with_each_block),
		SSC_TEST(a_drive_that_needs_names_gives_its_blocks_one_of_zeros),
		SSC_TEST(a_block_that_was_changed_fails_its_validation_only_with_its_key),
		SSC_TEST(authenticated_data_of_a_changed_block_are_told_to_have_failed),
		SSC_TEST(a_block_without_what_it_takes_to_decrypt_it_is_an_error_of_decryption_with_any_key),
		SSC_TEST(a_raw_copy_that_is_written_in_external_mode_is_read_with_the_key_and_told_apart),
		SSC_TEST(external_mode_needs_metadata_of_their_length_and_no_other_mode_takes_them),
		SSC_TEST(a_drive_without_external_mode_decrypts_no_block_that_came_encrypted),
		SSC_TEST(after_ten_wrong_keys_in_a_row_no_more_is_taken_until_a_cartridge_is_mounted),
		SSC_TEST(whether_the_volume_has_encrypted_blocks_is_told_over_mounts_until_they_are_written_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
