/* SPDX-License-Identifier: GPL-2.0-only */
/* SECURITY PROTOCOL IN and OUT: which protocols there are (SPC-5 7.7.2), and tape data encryption (SSC-5 8.5). */
#include <string.h>

#include "tape_impl.h"

enum { PROTOCOL_INFORMATION = 0x00, PROTOCOL_TAPE = 0x20 };
enum { OUT_SET_ENCRYPTION = 0x0010 };
#define ALGORITHM	1u		/* ALGORITHM INDEX of the only one */
#define AES_256_GCM	0x00010014u
#define SET_HEAD	20u		/* bytes of the Set Data Encryption page before the key */

/* Key-associated data as families take them. */
static const struct {
	const char *family;
	uint8_t ukad, akad;
} kad_rows[] = {
	{ "3592", 0, 12 },
	{ "t10000", 30, 0 },
	{ "lto", 32, 12 },
};

static uint8_t most_kad(const struct vtl_tape *t, bool authenticated)
{
	unsigned i = 0;

	while (i < 2 && !tape_is(t->model, kad_rows[i].family))
		i++;
	return authenticated ? kad_rows[i].akad : kad_rows[i].ukad;
}

/* ---- SECURITY PROTOCOL IN ---- */

/* A page of SECURITY PROTOCOL IN: fills what follows its length field. */
struct in_page {
	uint16_t code;
	void (*fill)(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r);
};

/* AUTHENTICATED of an A-KAD: nobody has tried; it has been. */
enum { NOT_TRIED = 2, AUTHENTICATED = 3 };

static void put_kads(struct vtl_reply *r, const struct media_kads *kads, uint8_t authenticated)
{
	if (kads->ukad_len) {
		vtl_put16(r, 0x0001);		/* U-KAD, which no authentication covers */
		vtl_put16(r, kads->ukad_len);
		vtl_put_bytes(r, kads->ukad, kads->ukad_len);
	}
	if (kads->akad_len) {
		vtl_put8(r, 0x01);		/* A-KAD */
		vtl_put8(r, authenticated);
		vtl_put16(r, kads->akad_len);
		vtl_put_bytes(r, kads->akad, kads->akad_len);
	}
}

static void fill_in_pages(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r);

static void fill_out_pages(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put16(r, OUT_SET_ENCRYPTION);
}

/*
 * Data Encryption Capabilities: what LTO drives say: message authentication, decryption and encryption in hardware
 * (MAC_C, DED_C, DECRYPT_C, ENCRYPT_C), nonces of our own, no external mode, raw reads disabled unless RDMC allows
 * them (RDMC_C 4), the mode in which a block was encrypted is recorded (EAREM).
 */
static void fill_capabilities(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put8(r, 0x01);			/* CFG_P: can be configured */
	vtl_put_zero(r, 15);
	vtl_put8(r, ALGORITHM);
	vtl_put8(r, 0);
	vtl_put16(r, 20);
	vtl_put8(r, (uint8_t)(0x3a | (tape_keys_volume(t) ? 0x80 : 0)));	/* AVFMV */
	vtl_put8(r, 0x10);			/* NONCE_C */
	vtl_put16(r, most_kad(t, false));
	vtl_put16(r, most_kad(t, true));
	vtl_put16(r, MEDIA_KEY_LEN);
	vtl_put8(r, 0x19);			/* EEMC_C, RDMC_C, EAREM */
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
	bool on = keys->encrypt || keys->decrypt;

	vtl_put8(r, (uint8_t)(scope << 5 | (keys->counter ? key_scope : SCOPE_PUBLIC)));
	vtl_put8(r, keys->encrypt);
	vtl_put8(r, keys->decrypt);
	vtl_put8(r, on ? ALGORITHM : 0);
	vtl_put32(r, keys->counter);
	vtl_put8(r, (uint8_t)(keys->check_external << 1 | (keys->encrypt && !keys->raw_allowed)));
	vtl_put_zero(r, 11);
	put_kads(r, &keys->kads, NOT_TRIED);
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

/* Next Block Encryption Status. */
static void fill_next(struct vtl_tape *t, struct vtl_nexus *nexus, struct vtl_reply *r)
{
	static const uint8_t status[] = {
		[MEDIA_NEXT_UNKNOWN] = 1, [MEDIA_NEXT_NO_BLOCK] = 2, [MEDIA_NEXT_CLEAR] = 3,
		[MEDIA_NEXT_READABLE] = 5, [MEDIA_NEXT_LOCKED] = 6,
	};
	const struct media_peeked *peeked = &t->peeked;
	bool encrypted = peeked->next == MEDIA_NEXT_READABLE || peeked->next == MEDIA_NEXT_LOCKED;
	struct media_pos pos;

	media_tell(t->media, &pos);
	vtl_put64(r, pos.object);
	vtl_put8(r, status[peeked->next]);
	vtl_put8(r, encrypted ? ALGORITHM : 0);
	vtl_put8(r, encrypted && !peeked->raw_allowed ? 0x01 : 0);	/* RDMDS */
	vtl_put8(r, 0);
	put_kads(r, &peeked->kads, peeked->next == MEDIA_NEXT_READABLE ? AUTHENTICATED : NOT_TRIED);
}

static bool peeked(struct vtl_tape *t)
{
	struct vtl_cmd *cmd = t->cmd;

	if (t->req.err) {
		tape_fail(t, t->req.err, false, NULL);
		return false;
	}
	t->cmd = NULL;
	t->activity = TAPE_IDLE;
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
		vtl_put8(&r, PROTOCOL_INFORMATION);
		vtl_put8(&r, PROTOCOL_TAPE);
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

	if (cmd->cdb[1] == PROTOCOL_INFORMATION) {
		put_protocols(cmd);
		return;
	}
	if (cmd->cdb[1] != PROTOCOL_TAPE) {
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

/* ---- SECURITY PROTOCOL OUT: Set Data Encryption (SSC-5 8.5.3.2) ---- */

static bool bad(struct vtl_cmd *cmd, unsigned byte, unsigned bit)
{
	vtl_cmd_bad_param(cmd, byte, bit);
	return false;
}

/* Bytes 5 to 11: flags, modes, formats. */
static bool take_modes(struct vtl_cmd *cmd, struct tape_keys *keys)
{
	const uint8_t *p = cmd->out;
	const struct vtl_tape *t = tape_of(cmd);
	unsigned rdmc = p[5] >> 4 & 3;

	keys->check_external = p[5] >> 6;
	keys->raw_allowed = rdmc == 2;
	keys->ckod = p[5] & 0x04;
	keys->ckorp = p[5] & 0x02;
	keys->ckorl = p[5] & 0x01;
	keys->encrypt = p[6];
	keys->decrypt = p[7];
	if (rdmc == 1)
		return bad(cmd, 5, 5);
	if (p[5] & 0x08)		/* SDK: there are no supplemental keys */
		return bad(cmd, 5, 3);
	if (keys->ckod && !t->media)
		return bad(cmd, 5, 2);
	if ((keys->ckorp || keys->ckorl) && !tape_keys_reserved(cmd->nexus))
		return bad(cmd, 5, keys->ckorp ? 1 : 0);
	if (p[6] > ENCRYPT_ENCRYPT || p[6] == ENCRYPT_EXTERNAL)
		return bad(cmd, 6, VTL_NO_BIT);
	if (p[7] > DECRYPT_MIXED)
		return bad(cmd, 7, VTL_NO_BIT);
	if ((p[6] || p[7]) && p[8] != ALGORITHM)
		return bad(cmd, 8, VTL_NO_BIT);
	if (p[9])
		return bad(cmd, 9, VTL_NO_BIT);
	if (p[10] > 2)
		return bad(cmd, 10, VTL_NO_BIT);
	return true;
}

/* The list of KAD descriptors from `at` on: U-KAD, then A-KAD, each at most once. */
static bool take_kads(struct vtl_cmd *cmd, unsigned at, unsigned end, struct media_kads *kads)
{
	const struct vtl_tape *t = tape_of(cmd);
	int before = -1;

	while (at < end) {
		const uint8_t *p = cmd->out + at;
		uint16_t len = end - at >= 4 ? get_be16(p + 2) : 0;

		if (end - at < 4 || p[0] > 1 || p[0] <= before)
			return bad(cmd, at, VTL_NO_BIT);
		if (len > most_kad(t, p[0]) || len > end - at - 4)
			return bad(cmd, at + 2, VTL_NO_BIT);
		memcpy(p[0] ? kads->akad : kads->ukad, p + 4, len);
		*(p[0] ? &kads->akad_len : &kads->ukad_len) = (uint8_t)len;
		before = p[0];
		at += 4u + len;
	}
	return true;
}

static void take_page(struct vtl_cmd *cmd, uint8_t scope, bool lock, unsigned end)
{
	struct vtl_tape *t = tape_of(cmd);
	unsigned len = get_be16(cmd->out + 18);
	struct tape_keys keys = { 0 };

	if (!take_modes(cmd, &keys))
		return;
	if (len > end - SET_HEAD || (len && len != MEDIA_KEY_LEN) ||
	    (!len && (keys.encrypt || keys.decrypt >= DECRYPT_DECRYPT))) {
		bad(cmd, 18, VTL_NO_BIT);
		return;
	}
	if (!take_kads(cmd, SET_HEAD + len, end, &keys.kads))
		return;
	if (keys.encrypt || keys.decrypt >= DECRYPT_DECRYPT) {
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

	if (get_be16(p) != OUT_SET_ENCRYPTION)
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

	if (cmd->cdb[1] != PROTOCOL_TAPE)
		vtl_cmd_bad_cdb(cmd, 1, VTL_NO_BIT);
	else if (get_be16(cmd->cdb + 2) != OUT_SET_ENCRYPTION)
		vtl_cmd_bad_cdb(cmd, 2, VTL_NO_BIT);
	else if (!len)
		vtl_cmd_good(cmd);
	else if (len < SET_HEAD)
		vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
	else if (vtl_cmd_has_out(cmd, len))
		set_encryption(cmd, len);
}
