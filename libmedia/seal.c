/* SPDX-License-Identifier: GPL-2.0-only */
/* Encryption of single blocks (AES-256-GCM, FORMAT.md). */
#include "seal.h"

#include <gcrypt.h>
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "cipher.h"
#include "crc.h"
#include "secret.h"

/* Extensions of an encrypted record, and their lengths. */
#define NONCE_LEN	(MSEAL_SALT + GCM_NONCE)
#define GCM_NONCE	12u
#define TAG_LEN		16u
#define KAD_HEAD	4u
#define AAD_LEN		44u
#define RAW_ALLOWED	0x01

const uint8_t mseal_metadata[MEDIA_METADATA] = "tgt-vtl record";

enum media_err mseal_new(const struct media_encrypt *encrypt, struct mseal **out)
{
	struct mseal *seal;

	if (!encrypt->metadata && (!encrypt->key || encrypt->kads.ukad_len > MEDIA_MAX_KAD ||
				   encrypt->kads.akad_len > MEDIA_MAX_KAD))
		return MEDIA_INVALID;
	seal = calloc(1, sizeof(*seal));
	if (!seal || (!encrypt->metadata && !msecret_ready())) {
		free(seal);
		return MEDIA_NOMEM;
	}
	seal->holders = 1;
	if (encrypt->metadata) {
		seal->theirs = true;
		memcpy(seal->metadata, encrypt->metadata, MEDIA_METADATA);
		*out = seal;
		return MEDIA_OK;
	}
	seal->key = media_key_hold(encrypt->key);
	gcry_randomize(seal->salt, MSEAL_SALT, GCRY_STRONG_RANDOM);
	seal->raw = encrypt->raw_allowed;
	seal->kad_format = encrypt->kads.format;
	seal->ukad_len = encrypt->kads.ukad_len;
	seal->akad_len = encrypt->kads.akad_len;
	memcpy(seal->kad, encrypt->kads.ukad, seal->ukad_len);
	memcpy(seal->kad + seal->ukad_len, encrypt->kads.akad, seal->akad_len);
	*out = seal;
	return MEDIA_OK;
}

struct mseal *mseal_hold(struct mseal *seal)
{
	if (seal)
		seal->holders++;
	return seal;
}

void mseal_drop(struct mseal *seal)
{
	if (!seal || --seal->holders)
		return;
	media_key_drop(seal->key);
	free(seal);
}

/* ---- the extension area ---- */

static uint32_t padded(uint32_t len)
{
	return 4 + ((len + 3) & ~3u);
}

static uint32_t kad_value(const struct mseal *seal)
{
	return KAD_HEAD + seal->ukad_len + seal->akad_len;
}

uint32_t mseal_ext_len(const struct mseal *seal)
{
	uint32_t len = padded(NONCE_LEN) + padded(TAG_LEN) + padded(kad_value(seal)) + padded(MCIPHER_CHECK);

	if (seal->theirs)
		len = padded(MEDIA_METADATA);
	return (len + MFMT_UNIT - 1) & ~(MFMT_UNIT - 1);
}

static uint8_t *put_ext(uint8_t **p, uint16_t type, uint32_t len)
{
	uint8_t *value = *p + 4;

	put_be16(*p, type);
	put_be16(*p + 2, (uint16_t)len);
	*p += padded(len);
	return value;
}

/* Fills the area but for the tag, and says where that goes. */
static uint8_t *put_area(const struct mseal *seal, uint64_t count, const uint8_t *check, uint8_t *area,
			 struct mseal_view *view)
{
	uint8_t *nonce, *tag, *kad;

	memset(area, 0, mseal_ext_len(seal));
	nonce = put_ext(&area, MFMT_EXT_NONCE, NONCE_LEN);
	memcpy(nonce, seal->salt, MSEAL_SALT);
	put_be64(nonce + NONCE_LEN - 8, count);
	tag = put_ext(&area, MFMT_EXT_TAG, TAG_LEN);
	kad = put_ext(&area, MFMT_EXT_KAD, kad_value(seal));
	kad[0] = seal->raw ? RAW_ALLOWED : 0;
	kad[1] = seal->ukad_len;
	kad[2] = seal->akad_len;
	kad[3] = seal->kad_format;
	memcpy(kad + KAD_HEAD, seal->kad, (size_t)seal->ukad_len + seal->akad_len);
	memcpy(put_ext(&area, MFMT_EXT_CHECK, MCIPHER_CHECK), check, MCIPHER_CHECK);
	*view = (struct mseal_view){ .nonce = nonce, .tag = tag, .kad = kad, .kad_len = (uint16_t)kad_value(seal) };
	return tag;
}

bool mseal_look(const uint8_t *ext, uint32_t len, struct mseal_view *view)
{
	uint32_t off = 0;

	memset(view, 0, sizeof(*view));
	while (off + 4 <= len) {
		uint16_t type = get_be16(ext + off), size = get_be16(ext + off + 2);

		if (!type || size > len - off - 4)
			break;
		if (type == MFMT_EXT_NONCE && size == NONCE_LEN)
			view->nonce = ext + off + 4;
		if (type == MFMT_EXT_TAG && size == TAG_LEN)
			view->tag = ext + off + 4;
		if (type == MFMT_EXT_CHECK && size == MCIPHER_CHECK)
			view->check = ext + off + 4;
		if (type == MFMT_EXT_METADATA && size == MEDIA_METADATA)
			view->metadata = ext + off + 4;
		if (type == MFMT_EXT_KAD) {
			view->kad = ext + off + 4;
			view->kad_len = size;
		}
		off += padded(size);
	}
	return view->nonce || view->tag || view->metadata;
}

bool mseal_may_read_raw(const struct mseal_view *view)
{
	/* Who encrypted it himself has nothing to hide from the one who reads what he wrote. */
	return view->metadata || (view->kad_len >= KAD_HEAD && view->kad[0] & RAW_ALLOWED);
}

void mseal_get_kads(const struct mseal_view *view, struct media_kads *kads)
{
	memset(kads, 0, sizeof(*kads));
	if (view->kad_len < KAD_HEAD || view->kad[1] > MEDIA_MAX_KAD || view->kad[2] > MEDIA_MAX_KAD ||
	    KAD_HEAD + view->kad[1] + view->kad[2] > view->kad_len)
		return;
	kads->format = view->kad[3];
	kads->ukad_len = view->kad[1];
	kads->akad_len = view->kad[2];
	memcpy(kads->ukad, view->kad + KAD_HEAD, kads->ukad_len);
	memcpy(kads->akad, view->kad + KAD_HEAD + kads->ukad_len, kads->akad_len);
}

/* ---- the cipher ---- */

/* What of a header stays as it is from the time that its block is accepted. */
static void put_aad(uint32_t salt, const struct mfmt_record *rec, uint8_t aad[AAD_LEN])
{
	memset(aad, 0, AAD_LEN);
	aad[0] = MFMT_VERSION;
	aad[1] = (uint8_t)rec->type;
	aad[2] = rec->codec;
	aad[3] = rec->flags;
	put_be32(aad + 4, salt);
	put_be64(aad + 8, rec->at.object);
	put_be64(aad + 16, mpoint_pack_marks(&rec->at));
	put_be64(aad + 24, rec->at.host);
	put_be32(aad + 32, rec->stored_len);
	put_be32(aad + 36, rec->host_len);
	put_be32(aad + 40, rec->ext_len);
}

/* Has a cipher ready for one block. */
static gcry_error_t begin(const struct mcipher *cipher, uint32_t salt, const struct mfmt_record *rec,
			  const struct mseal_view *view)
{
	gcry_cipher_hd_t handle = mcipher_handle(cipher);
	uint8_t aad[AAD_LEN];
	gcry_error_t err;

	put_aad(salt, rec, aad);
	err = gcry_cipher_setiv(handle, view->nonce + MSEAL_SALT, GCM_NONCE);
	if (!err)
		err = gcry_cipher_authenticate(handle, aad, sizeof(aad));
	if (!err && view->kad_len)
		err = gcry_cipher_authenticate(handle, view->kad, view->kad_len);
	return err;
}

bool mseal_inside(const struct mseal_view *outer, const struct mfmt_record *rec, const uint8_t *payload,
		  struct mfmt_record *inner, uint32_t *salt, struct mseal_view *view)
{
	struct mfmt_ident ident;
	uint64_t offset;

	if (memcmp(outer->metadata, mseal_metadata, MEDIA_METADATA) || rec->stored_len < MFMT_RECORD)
		return false;
	mfmt_get_place(payload, &ident, &offset);
	if (mfmt_get_record(payload, &ident, offset, inner) || inner->type != MFMT_BLOCK ||
	    (uint64_t)MFMT_RECORD + inner->ext_len + inner->stored_len != rec->stored_len)
		return false;
	*salt = ident.salt;
	return mseal_look(payload + MFMT_RECORD, inner->ext_len, view) && !view->metadata;
}

static void close_theirs(const struct mseal *seal, struct mfmt_record *rec, uint8_t *body)
{
	uint8_t *area = body;

	rec->ext_len = mseal_ext_len(seal);
	memset(body, 0, rec->ext_len);
	memcpy(put_ext(&area, MFMT_EXT_METADATA, MEDIA_METADATA), seal->metadata, MEDIA_METADATA);
	rec->crc_ext = media_crc32c(0, body, rec->ext_len);
}

static enum media_err close_ours(const struct mseal *seal, uint64_t count, uint32_t salt, struct mfmt_record *rec,
				 uint8_t *body)
{
	struct mseal_view view;
	struct mcipher *cipher = mcipher_take(seal->key, seal->salt);
	gcry_error_t err;
	uint8_t *tag;

	rec->ext_len = mseal_ext_len(seal);
	rec->flags &= (uint8_t)~MFMT_FLAG_HOST_CRC;
	rec->crc_host = 0;
	if (!cipher)
		return MEDIA_NOMEM;
	tag = put_area(seal, count, mcipher_check(cipher), body, &view);
	err = begin(cipher, salt, rec, &view);
	if (!err)
		err = gcry_cipher_encrypt(mcipher_handle(cipher), body + rec->ext_len, rec->stored_len, NULL, 0);
	if (!err)
		err = gcry_cipher_gettag(mcipher_handle(cipher), tag, TAG_LEN);
	mcipher_give(seal->key, cipher);
	if (err)
		return MEDIA_NOMEM;
	rec->crc_ext = media_crc32c(0, body, rec->ext_len);
	rec->crc_stored = media_crc32c(0, body + rec->ext_len, rec->stored_len);
	return MEDIA_OK;
}

enum media_err mseal_close(const struct mseal *seal, uint64_t count, uint32_t salt, struct mfmt_record *rec,
			   uint8_t *body)
{
	if (!seal->theirs)
		return close_ours(seal, count, salt, rec, body);
	close_theirs(seal, rec, body);
	return MEDIA_OK;
}

enum media_err mseal_open(struct media_key *key, uint32_t salt, const struct mfmt_record *rec,
			  const struct mseal_view *view, uint8_t *payload)
{
	struct mcipher *cipher;
	gcry_error_t err;

	if (!view->nonce || !view->tag)
		return MEDIA_KEY_UNUSABLE;
	cipher = mcipher_take(key, view->nonce);
	if (!cipher)
		return MEDIA_NOMEM;
	if (view->check && memcmp(view->check, mcipher_check(cipher), MCIPHER_CHECK)) {
		mcipher_give(key, cipher);
		return MEDIA_KEY_WRONG;
	}
	err = begin(cipher, salt, rec, view);
	if (!err)
		err = gcry_cipher_decrypt(mcipher_handle(cipher), payload, rec->stored_len, NULL, 0);
	if (!err)
		err = gcry_cipher_checktag(mcipher_handle(cipher), view->tag, TAG_LEN);
	mcipher_give(key, cipher);
	if (gcry_err_code(err) == GPG_ERR_CHECKSUM)
		return view->check ? MEDIA_KEY_TAMPERED : MEDIA_KEY_WRONG;
	return err ? MEDIA_NOMEM : MEDIA_OK;
}
