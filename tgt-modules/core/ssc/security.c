/* SPDX-License-Identifier: GPL-2.0-only */
/* SECURITY PROTOCOL IN: which protocols there are (SPC-5 7.7.2), and what there is of data encryption (SSC-5 8.5.2). */
#include <string.h>

#include "tape_impl.h"

#define AES_256_GCM	0x00010014u

/* A page of SECURITY PROTOCOL IN: fills what follows its length field. */
struct in_page {
	uint16_t code;
	void (*fill)(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r);
};

/* AUTHENTICATED of a descriptor */
enum { NOT_COVERED = 1, NOT_TRIED = 2, AUTHENTICATED = 3, FAILED = 4 };

static void put_kad(struct vtl_reply *r, enum tape_kad type, uint8_t authenticated, const uint8_t *value, uint16_t len)
{
	if (!len)
		return;
	vtl_put8(r, type);
	vtl_put8(r, authenticated);
	vtl_put16(r, len);
	vtl_put_bytes(r, value, len);
}

static void put_kads(struct vtl_reply *r, const struct media_kads *kads, uint8_t authenticated)
{
	put_kad(r, KAD_UNAUTHENTICATED, NOT_COVERED, kads->ukad, kads->ukad_len);
	put_kad(r, KAD_AUTHENTICATED, authenticated, kads->akad, kads->akad_len);
}

static void fill_in_pages(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r);

static void fill_out_pages(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put16(r, TAPE_SET_ENCRYPTION);
}

/* AVFCLP: nothing is loaded; the algorithm cannot be used to write to the volume; it can. */
enum { NOTHING_LOADED = 0, NOT_VALID = 1, VALID = 2 };
/* EEMC_C: not said; refused; taken. RDMC_C: no raw reads; of blocks that were marked for them. */
enum { EXTERNAL_UNSAID = 0, EXTERNAL_REFUSED = 1, EXTERNAL_TAKEN = 2, RAW_NEVER = 1, RAW_WHERE_MARKED = 4 };

static uint8_t external_mode(const struct vtl_tape *t)
{
	if (t->model->external_encryption)
		return EXTERNAL_TAKEN;
	return tape_algorithm(t)->raw ? EXTERNAL_REFUSED : EXTERNAL_UNSAID;
}

/*
 * Data Encryption Capabilities (SSC-5 8.5.2.4): message authentication, decryption and encryption in hardware (MAC_C,
 * DED_C, DECRYPT_C, ENCRYPT_C), nonces of our own (NONCE_C 01b), no supplemental decryption keys (SDK_C, MSDK_COUNT: no
 * maker's reference has a drive with them), the mode in which a block was encrypted is recorded (EAREM).
 */
static void fill_capabilities(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r)
{
	const struct tape_algorithm *a = tape_algorithm(t);
	uint8_t here = !t->media ? NOTHING_LOADED : tape_keys_volume(t) ? VALID : NOT_VALID;

	vtl_put8(r, (uint8_t)(a->external_control << 2 | 0x01));	/* CFG_P: can be configured */
	vtl_put_zero(r, 15);
	vtl_put8(r, TAPE_ALGORITHM);
	vtl_put8(r, 0);
	vtl_put16(r, 20);
	vtl_put8(r, (uint8_t)(0x3a | (here == VALID ? 0x80 : 0)));	/* AVFMV */
	vtl_put8(r, (uint8_t)(here << 6 | 0x10 | a->kad_format << 3 | a->encrypted_volume << 2));
	vtl_put16(r, a->ukad);
	vtl_put16(r, a->akad);
	vtl_put16(r, MEDIA_KEY_LEN);
	vtl_put8(r, (uint8_t)(a->needs_ukad << 6 | external_mode(t) << 4 |
			      (a->raw ? RAW_WHERE_MARKED : RAW_NEVER) << 1 | 0x01));
	vtl_put_zero(r, 7);
	vtl_put32(r, AES_256_GCM);
}

static void fill_formats(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put8(r, 0);				/* plain text */
}

static void fill_management(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put8(r, 0x01);			/* LOCK_C */
	vtl_put8(r, 0x07);			/* CKOD_C, CKORP_C, CKORL_C */
	vtl_put8(r, 0);
	vtl_put8(r, 0x07);			/* AITN_C, LOCAL_C, PUBLIC_C */
	vtl_put_zero(r, 8);
}

static void fill_status(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r)
{
	const struct tape_keys *keys = tape_keys_of(t, nexus);
	uint8_t scope = tape_keys_scope(nexus), key_scope = keys == &t->crypt.all ? SCOPE_ALL : SCOPE_LOCAL;
	bool on = keys->encrypt || keys->decrypt, external = keys->encrypt == ENCRYPT_EXTERNAL;
	const struct tape_algorithm *a = tape_algorithm(t);
	bool marks = a->raw && keys->encrypt == ENCRYPT_ENCRYPT && !keys->raw_allowed;

	vtl_put8(r, (uint8_t)(scope << 5 | (keys->counter ? key_scope : SCOPE_PUBLIC)));
	vtl_put8(r, keys->encrypt);
	vtl_put8(r, keys->decrypt);
	vtl_put8(r, on ? TAPE_ALGORITHM : 0);
	vtl_put32(r, keys->counter);
	vtl_put8(r, (uint8_t)((a->encrypted_volume && tape_encrypted_any(t)) << 3 | keys->check_external << 1 | marks));
	vtl_put8(r, keys->kads.format);
	vtl_put_zero(r, 10);
	put_kads(r, &keys->kads, NOT_TRIED);
	put_kad(r, KAD_METADATA, NOT_COVERED, keys->metadata, external ? MEDIA_METADATA : 0);
}

static const struct in_page in_pages[] = {
	{ 0x0000, fill_in_pages },
	{ 0x0001, fill_out_pages },
	{ 0x0010, fill_capabilities },
	{ 0x0011, fill_formats },
	{ 0x0012, fill_management },
	{ 0x0020, fill_status },
	{ 0x0021, NULL },			/* needs a look at the medium */
};
#define IN_PAGES	(sizeof(in_pages) / sizeof(in_pages[0]))

static void fill_in_pages(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r)
{
	for (unsigned i = 0; i < IN_PAGES; i++)
		vtl_put16(r, in_pages[i].code);
}

static void reply_page(struct vtl_cmd *cmd, uint16_t code, void (*fill)(struct vtl_tape *, struct vtl_nexus *,
									 struct vtl_reply *))
{
	struct vtl_reply r;

	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 6));
	vtl_put16(&r, code);
	vtl_put16(&r, 0);
	fill(tape_of(cmd), cmd->nexus, &r);
	vtl_patch16(&r, 2, (uint16_t)(r.len - 4));
	vtl_cmd_reply(cmd, &r);
}

/* ENCRYPTION STATUS. Where only other drives take blocks that come encrypted, these are of an unknown algorithm. */
static uint8_t next_status(const struct vtl_tape *t, bool raw)
{
	static const uint8_t status[] = {
		[MEDIA_NEXT_UNKNOWN] = 1, [MEDIA_NEXT_NO_BLOCK] = 2, [MEDIA_NEXT_CLEAR] = 3,
		[MEDIA_NEXT_READABLE] = 5, [MEDIA_NEXT_LOCKED] = 6,
	};

	if (t->peeked.theirs && (!t->model->external_encryption || t->peeked.err == MEDIA_KEY_UNUSABLE))
		return 4;
	return raw ? status[MEDIA_NEXT_LOCKED] : status[t->peeked.next];
}

/* Next Block Encryption Status (SSC-5 8.5.2.8). With its M-KAD, what is read raw can be written again. */
static void fill_next(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r)
{
	const struct media_peeked *peeked = &t->peeked;
	bool encrypted = peeked->next == MEDIA_NEXT_READABLE || peeked->next == MEDIA_NEXT_LOCKED;
	bool raw = tape_keys_of(t, nexus)->decrypt == DECRYPT_RAW && encrypted && !peeked->err;
	bool marked = tape_algorithm(t)->raw && encrypted && !peeked->raw_allowed;
	uint8_t authenticated = peeked->err == MEDIA_KEY_TAMPERED ? FAILED : NOT_TRIED;
	struct media_pos pos;

	if (peeked->next == MEDIA_NEXT_READABLE && !raw)
		authenticated = AUTHENTICATED;
	media_tell(t->media, &pos);
	vtl_put64(r, pos.object);
	vtl_put8(r, next_status(t, raw));
	vtl_put8(r, encrypted ? TAPE_ALGORITHM : 0);
	vtl_put8(r, (uint8_t)((encrypted && peeked->theirs) << 1 | marked));	/* EMES, RDMDS */
	vtl_put8(r, peeked->kads.format);
	put_kads(r, &peeked->kads, authenticated);
	put_kad(r, KAD_METADATA, NOT_COVERED, peeked->metadata,
		raw && t->model->external_encryption ? MEDIA_METADATA : 0);
}

static bool peeked(struct vtl_tape *t)
{
	struct vtl_cmd *cmd = t->cmd;

	if (t->req.err) {
		tape_fail(t, t->req.err, false, NULL);
		return false;
	}
	t->cmd = NULL;
	tape_idle(t);
	reply_page(cmd, 0x0021, fill_next);
	return false;
}

static bool peek_first(struct vtl_tape *t)
{
	tape_req(t, MEDIA_OP_PEEK)->peeked = &t->peeked;
	t->step = peeked;
	return true;
}

static void look_at_next(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);
	enum vtl_sense sense = tape_not_ready(t);

	if (sense != SENSE_NONE) {
		vtl_cmd_check(cmd, sense, NULL);
		return;
	}
	memset(&t->io, 0, sizeof(t->io));
	t->cmd = cmd;
	t->activity = TAPE_READING;
	sense = tape_keys_apply(t, false);
	if (sense != SENSE_NONE)
		tape_end(t, sense, NULL);
	else
		tape_start_now(t, peek_first);
}

/* Security protocol information (SPC-5 7.7.2): the protocols; no certificate. */
static void put_protocols(struct vtl_cmd *cmd)
{
	uint16_t what = get_be16(cmd->cdb + 2);
	struct vtl_reply r;

	if (what > 1) {
		vtl_cmd_bad_cdb(cmd, 2, VTL_NO_BIT);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 6));
	if (what == 0) {
		vtl_put_zero(&r, 6);
		vtl_put16(&r, 2);
		vtl_put8(&r, TAPE_PROTOCOL_INFORMATION);
		vtl_put8(&r, TAPE_PROTOCOL_ENCRYPTION);
	} else {
		vtl_put_zero(&r, 4);
	}
	vtl_cmd_reply(cmd, &r);
}

/* SECURITY PROTOCOL IN, SPC-5 6.40 */
void tape_security_in(struct vtl_cmd *cmd)
{
	uint16_t code = get_be16(cmd->cdb + 2);
	unsigned i = 0;

	if (cmd->cdb[1] == TAPE_PROTOCOL_INFORMATION) {
		put_protocols(cmd);
		return;
	}
	if (cmd->cdb[1] != TAPE_PROTOCOL_ENCRYPTION) {
		vtl_cmd_bad_cdb(cmd, 1, VTL_NO_BIT);
		return;
	}
	while (i < IN_PAGES && in_pages[i].code != code)
		i++;
	if (i == IN_PAGES)
		vtl_cmd_bad_cdb(cmd, 2, VTL_NO_BIT);
	else if (in_pages[i].fill)
		reply_page(cmd, code, in_pages[i].fill);
	else
		look_at_next(cmd);
}
