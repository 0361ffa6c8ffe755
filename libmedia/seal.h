/* SPDX-License-Identifier: GPL-2.0-only */
/* Encryption of single blocks (AES-256-GCM, FORMAT.md): stateless, safe to run for many blocks at once. */
#ifndef MEDIA_SEAL_H
#define MEDIA_SEAL_H

#include "cipher.h"
#include "format.h"

#define MSEAL_SALT	MCIPHER_SALT

/* How blocks are encrypted from a set of the key on. Const but for holders and count, which are the owner's. */
struct mseal {
	unsigned holders;
	uint64_t count;			/* blocks that were accepted under it */
	bool theirs;			/* blocks come encrypted, of these metadata, and nothing below is used */
	uint8_t metadata[MEDIA_METADATA];
	struct media_key *key;
	uint8_t salt[MSEAL_SALT];	/* drawn at random */
	bool raw;			/* the blocks may be read raw */
	uint8_t kad_format, ukad_len, akad_len;
	uint8_t kad[2 * MEDIA_MAX_KAD];	/* U-KAD, then A-KAD */
};

/* MEDIA_INVALID; MEDIA_NOMEM: nothing random, no memory. */
enum media_err mseal_new(const struct media_encrypt *encrypt, struct mseal **seal) __attribute__((warn_unused_result));
struct mseal *mseal_hold(struct mseal *seal);
void mseal_drop(struct mseal *seal);

/* Bytes of the extension area of its records. */
uint32_t mseal_ext_len(const struct mseal *seal);

/*
 * Encrypts the payload that lies behind the extension area at `body` and fills that; `rec` describes the block as
 * mblock_encode() left it, and its place but for what changes. `count` is this block's alone. MEDIA_NOMEM.
 */
enum media_err mseal_close(const struct mseal *seal, uint64_t count, uint32_t salt, struct mfmt_record *rec,
			   uint8_t *body) __attribute__((warn_unused_result));

/* What a sound record's extension area says of it; false: it is not encrypted. */
struct mseal_view {
	const uint8_t *nonce, *tag;
	const uint8_t *check;		/* NULL: it has none */
	const uint8_t *metadata;	/* NULL: we encrypted it */
	const uint8_t *kad;		/* its extension's value */
	uint16_t kad_len;
};
bool mseal_look(const uint8_t *ext, uint32_t len, struct mseal_view *view);
bool mseal_may_read_raw(const struct mseal_view *view);
/* The KADs of an encrypted block. */
void mseal_get_kads(const struct mseal_view *view, struct media_kads *kads);

/* The metadata of blocks that are raw reads of ours. */
extern const uint8_t mseal_metadata[MEDIA_METADATA];

/*
 * A block of ours in the payload of one that came encrypted: the same record, its salt, what its extension area says;
 * `payload` has rec->stored_len bytes. False: it holds none. Checksums of area and payload are not looked at.
 */
bool mseal_inside(const struct mseal_view *outer, const struct mfmt_record *rec, const uint8_t *payload,
		  struct mfmt_record *inner, uint32_t *salt, struct mseal_view *view);

/*
 * Decrypts the payload in place. MEDIA_KEY_WRONG: it is not with this key; MEDIA_KEY_TAMPERED: it is, but not that
 * block at that place; MEDIA_KEY_UNUSABLE: no nonce or no tag; MEDIA_NOMEM. After a failure the payload is undefined.
 */
enum media_err mseal_open(struct media_key *key, uint32_t salt, const struct mfmt_record *rec,
			  const struct mseal_view *view, uint8_t *payload) __attribute__((warn_unused_result));

#endif
