/* SPDX-License-Identifier: GPL-2.0-only */
/* SECURITY PROTOCOL OUT: sets how data are encrypted and decrypted (SSC-5 8.5.3.2). */
#include <string.h>

#include "tape_impl.h"

#define SET_HEAD	20u		/* bytes of the Set Data Encryption page before the key */

static bool bad(struct vtl_cmd *cmd, unsigned byte, unsigned bit)
{
	vtl_cmd_bad_param(cmd, byte, bit);
	return false;
}

/*
 * Byte 5. SDK: there are no supplemental keys. RDMC 01b is reserved; 10b and 11b say how blocks are to be marked, where
 * there are raw reads. CEEM needs a mode in which encrypted blocks are read at all.
 */
static bool take_flags(struct vtl_cmd *cmd, struct tape_keys *keys)
{
	const uint8_t *p = cmd->out;
	const struct vtl_tape *t = tape_of(cmd);
	unsigned rdmc = p[5] >> 4 & 3;

	keys->check_external = p[5] >> 6;
	keys->raw_allowed = rdmc == 2;
	keys->ckod = p[5] & 0x04;
	keys->ckorp = p[5] & 0x02;
	keys->ckorl = p[5] & 0x01;
	if (rdmc == 1 || (rdmc && p[6] == ENCRYPT_ENCRYPT && !tape_algorithm(t)->raw))
		return bad(cmd, 5, 5);
	if (p[5] & 0x08)
		return bad(cmd, 5, 3);
	if (keys->check_external >= CHECK_NOT_EXTERNAL && p[7] == DECRYPT_DISABLE)
		return bad(cmd, 5, 7);
	if (keys->ckod && !t->media)
		return bad(cmd, 5, 2);
	if ((keys->ckorp || keys->ckorl) && !tape_keys_reserved(cmd->nexus))
		return bad(cmd, 5, keys->ckorp ? 1 : 0);
	return true;
}

/* Bytes 6 to 11: modes, formats. */
static bool take_modes(struct vtl_cmd *cmd, struct tape_keys *keys)
{
	const uint8_t *p = cmd->out;
	const struct vtl_tape *t = tape_of(cmd);

	keys->encrypt = p[6];
	keys->decrypt = p[7];
	keys->kads.format = p[10];
	if (p[6] > ENCRYPT_ENCRYPT || (p[6] == ENCRYPT_EXTERNAL && !t->model->external_encryption))
		return bad(cmd, 6, VTL_NO_BIT);
	if (p[7] > DECRYPT_MIXED || (p[7] == DECRYPT_RAW && !tape_algorithm(t)->raw))
		return bad(cmd, 7, VTL_NO_BIT);
	if ((p[6] || p[7]) && p[8] != TAPE_ALGORITHM)
		return bad(cmd, 8, VTL_NO_BIT);
	if (p[9])
		return bad(cmd, 9, VTL_NO_BIT);
	if (p[10] > (tape_algorithm(t)->kad_format ? 2 : 0))
		return bad(cmd, 10, VTL_NO_BIT);
	return true;
}

/*
 * A KAD of one type. No nonce is taken: which blocks one covers only the host would know, and after a crash, from a
 * copy of the cartridge or by mistake it would come again with the same key, which gives away what both blocks say.
 * Real drives make their own (NONCE_C 01b), as ours do. M-KAD belongs to external mode, and is always as long.
 */
static bool take_kad(struct vtl_cmd *cmd, unsigned at, unsigned len, struct tape_keys *keys)
{
	const struct tape_algorithm *a = tape_algorithm(tape_of(cmd));
	const uint8_t *p = cmd->out + at;
	bool metadata = p[0] == KAD_METADATA && keys->encrypt == ENCRYPT_EXTERNAL;
	unsigned most = p[0] == KAD_AUTHENTICATED ? a->akad : a->ukad;

	if (p[0] > KAD_AUTHENTICATED && !metadata)
		return bad(cmd, at, VTL_NO_BIT);
	if (metadata ? len != MEDIA_METADATA : len > most)
		return bad(cmd, at + 2, VTL_NO_BIT);
	if (metadata) {
		memcpy(keys->metadata, p + 4, len);
	} else if (p[0] == KAD_AUTHENTICATED) {
		memcpy(keys->kads.akad, p + 4, len);
		keys->kads.akad_len = (uint8_t)len;
	} else {
		memcpy(keys->kads.ukad, p + 4, len);
		keys->kads.ukad_len = (uint8_t)len;
	}
	return true;
}

/* The list of KAD descriptors from `at` on, in the order of their types, each at most once. *last: the last one's. */
static bool take_kads(struct vtl_cmd *cmd, unsigned at, unsigned end, struct tape_keys *keys, int *last)
{
	*last = -1;
	while (at < end) {
		const uint8_t *p = cmd->out + at;
		uint16_t len = end - at >= 4 ? get_be16(p + 2) : 0;

		if (end - at < 4 || p[0] <= *last)
			return bad(cmd, at, VTL_NO_BIT);
		if (len > end - at - 4)
			return bad(cmd, at + 2, VTL_NO_BIT);
		if (!take_kad(cmd, at, len, keys))
			return false;
		*last = p[0];
		at += 4u + len;
	}
	return true;
}

/* What must come with a key, or with blocks that come encrypted; what T10000 drives put in if it does not. */
static bool complete_kads(struct vtl_cmd *cmd, struct tape_keys *keys, int last)
{
	const struct tape_algorithm *a = tape_algorithm(tape_of(cmd));

	if (keys->encrypt == ENCRYPT_EXTERNAL && last != KAD_METADATA)
		return bad(cmd, 6, VTL_NO_BIT);
	if (!a->needs_ukad || keys->kads.ukad_len)
		return true;
	if (keys->decrypt >= DECRYPT_DECRYPT) {
		vtl_cmd_check(cmd, SENSE_INCOMPLETE_KADS, NULL);
		return false;
	}
	if (keys->encrypt)
		keys->kads.ukad_len = a->ukad;
	return true;
}

static bool needs_key(const struct tape_keys *keys)
{
	return keys->encrypt == ENCRYPT_ENCRYPT || keys->decrypt >= DECRYPT_DECRYPT;
}

/* The page but for its key. */
static bool take_parameters(struct vtl_cmd *cmd, unsigned end, struct tape_keys *keys)
{
	unsigned len = get_be16(cmd->out + 18);
	int last;

	if (!take_flags(cmd, keys) || !take_modes(cmd, keys))
		return false;
	if (len > end - SET_HEAD || (len && len != MEDIA_KEY_LEN) || (!len && needs_key(keys)))
		return bad(cmd, 18, VTL_NO_BIT);
	return take_kads(cmd, SET_HEAD + len, end, keys, &last) && complete_kads(cmd, keys, last);
}

static void take_page(struct vtl_cmd *cmd, uint8_t scope, bool lock, unsigned end)
{
	struct vtl_tape *t = tape_of(cmd);
	struct tape_keys keys = { 0 };

	if (!take_parameters(cmd, end, &keys))
		return;
	if (keys.decrypt >= DECRYPT_DECRYPT && tape_keys_exhausted(t)) {
		vtl_cmd_check(cmd, SENSE_KEY_FAIL_LIMIT, NULL);
		return;
	}
	if (needs_key(&keys)) {
		keys.key = media_key_new(cmd->out + SET_HEAD);
		if (!keys.key) {
			vtl_cmd_check(cmd, SENSE_INSUFFICIENT_RESOURCES, NULL);
			return;
		}
	}
	if (tape_keys_set(t, cmd->nexus, scope, lock, &keys)) {
		vtl_cmd_good(cmd);
		return;
	}
	media_key_drop(keys.key);
	vtl_cmd_check(cmd, SENSE_INSUFFICIENT_RESOURCES, NULL);
}

static void set_encryption(struct vtl_cmd *cmd, uint32_t len)
{
	const uint8_t *p = cmd->out;
	uint8_t scope = p[4] >> 5;
	static const struct tape_keys none;

	if (get_be16(p) != TAPE_SET_ENCRYPTION)
		bad(cmd, 0, VTL_NO_BIT);
	else if (get_be16(p + 2) < SET_HEAD - 4 || get_be16(p + 2) > len - 4)
		bad(cmd, 2, VTL_NO_BIT);
	else if (scope > SCOPE_ALL)
		bad(cmd, 4, 7);
	else if (scope != SCOPE_PUBLIC)
		take_page(cmd, scope, p[4] & 0x01, get_be16(p + 2) + 4u);
	else if (tape_keys_set(tape_of(cmd), cmd->nexus, scope, p[4] & 0x01, &none))
		vtl_cmd_good(cmd);
	else
		vtl_cmd_check(cmd, SENSE_INSUFFICIENT_RESOURCES, NULL);
}

/* SECURITY PROTOCOL OUT, SPC-5 6.41. The engine wipes the parameter list. */
void tape_security_out(struct vtl_cmd *cmd)
{
	uint32_t len = get_be32(cmd->cdb + 6);

	if (cmd->cdb[1] != TAPE_PROTOCOL_ENCRYPTION)
		vtl_cmd_bad_cdb(cmd, 1, VTL_NO_BIT);
	else if (get_be16(cmd->cdb + 2) != TAPE_SET_ENCRYPTION)
		vtl_cmd_bad_cdb(cmd, 2, VTL_NO_BIT);
	else if (!len)
		vtl_cmd_good(cmd);
	else if (len < SET_HEAD)
		vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
	else if (vtl_cmd_has_out(cmd, len))
		set_encryption(cmd, len);
}
