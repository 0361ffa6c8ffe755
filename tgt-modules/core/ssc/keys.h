/* SPDX-License-Identifier: GPL-2.0-only */
/* Data encryption parameters of a tape drive: whose they are, how long they last, what they do (SSC-5 4.2.22). */
#ifndef SSC_KEYS_H
#define SSC_KEYS_H

#include "media.h"

struct vtl_dev;
struct vtl_nexus;
struct vtl_tape;

/* SECURITY PROTOCOL, of IN and OUT; SECURITY PROTOCOL SPECIFIC of OUT; ALGORITHM INDEX of the only algorithm */
enum { TAPE_PROTOCOL_INFORMATION = 0x00, TAPE_PROTOCOL_ENCRYPTION = 0x20 };
enum { TAPE_SET_ENCRYPTION = 0x0010 };
enum { TAPE_ALGORITHM = 1 };
/* KEY DESCRIPTOR TYPE (SSC-5 8.5.4.2) */
enum tape_kad { KAD_UNAUTHENTICATED = 0, KAD_AUTHENTICATED = 1, KAD_NONCE = 2, KAD_METADATA = 3 };
/* Data encryption scope */
enum { SCOPE_PUBLIC = 0, SCOPE_LOCAL = 1, SCOPE_ALL = 2 };
/* CEEM, check external encryption mode: which blocks, by who encrypted them, are an error to the reader. */
enum { CHECK_NOT_EXTERNAL = 2, CHECK_NOT_ENCRYPT = 3 };
/* Encryption and decryption modes */
enum { ENCRYPT_DISABLE = 0, ENCRYPT_EXTERNAL = 1, ENCRYPT_ENCRYPT = 2 };
enum { DECRYPT_DISABLE = 0, DECRYPT_RAW = 1, DECRYPT_DECRYPT = 2, DECRYPT_MIXED = 3 };

/* What families say of their algorithm (SSC-5 8.5.2.4), and do. */
struct tape_algorithm {
	const char *family;
	uint8_t external_control;	/* EXTDECC */
	uint8_t ukad, akad;		/* most bytes of each */
	bool needs_ukad;		/* DKAD_C 01b: a key to decrypt with comes with its U-KAD */
	bool raw;			/* RDMC_C 4: blocks are read raw if they allow it; else 1: never */
	bool kad_format;		/* KADF_C: KAD FORMAT is kept with a block, and told */
	bool encrypted_volume;		/* VCELB_C: tells whether a volume has encrypted blocks */
	uint8_t wrong_keys;		/* in a row, each with a read that failed: then no more is taken; 0: no limit */
};
const struct tape_algorithm *tape_algorithm(const struct vtl_tape *t);

/* A set of parameters. All zero: the default, nothing is encrypted or decrypted. */
struct tape_keys {
	uint32_t counter;		/* key instance counter */
	uint8_t encrypt, decrypt;
	struct media_key *key;		/* held; NULL: none */
	struct media_kads kads;
	uint8_t metadata[MEDIA_METADATA];	/* M-KAD; of external mode alone */
	uint8_t check_external;		/* CEEM */
	bool raw_allowed;
	bool ckod, ckorp, ckorl;	/* clear key on demount, reservation preempt, reservation loss */
	struct vtl_nexus *holder;	/* who set it; NULL: it is gone */
};

struct tape_crypt {
	struct tape_keys all;		/* of those whose scope is ALL I_T NEXUS or PUBLIC */
	uint32_t counter;		/* of the set that was established last */
	uint32_t applied;		/* counter of the set by which the medium is written; 0: none */
	bool ending;			/* it was forgotten while something was under way: goes when that ends */
	bool checks;			/* the command that reads: CEEM refuses some blocks */
	uint32_t reading;		/* counter of its set */
	unsigned wrong;			/* keys that were wrong when they were read with, in a row, in this load */
	uint32_t wrong_last;		/* counter of the last of them */
	uint64_t first[MEDIA_MAX_PARTITIONS];	/* the first encrypted object; encrypted.c */
};

/* The set that a nexus uses, and its scope. */
const struct tape_keys *tape_keys_of(const struct vtl_tape *t, const struct vtl_nexus *nexus);
uint8_t tape_keys_scope(const struct vtl_nexus *nexus);
/* Takes over a set from a nexus (not with SCOPE_PUBLIC), whose key becomes the drive's. False: no memory. */
bool tape_keys_set(struct vtl_tape *t, struct vtl_nexus *nexus, uint8_t scope, bool lock, const struct tape_keys *keys);
/* Has the medium read, or written, as the nexus of t->cmd has it. SENSE_NONE, or why it cannot be. */
enum vtl_sense tape_keys_apply(struct vtl_tape *t, bool writing);
/* Whether blocks on the loaded medium can be encrypted. */
bool tape_keys_volume(const struct vtl_tape *t);
/* Whether the nexus has a reservation of either kind. */
bool tape_keys_reserved(const struct vtl_nexus *nexus);

/* What a block that was asked for told: that its key was right, or wrong. */
void tape_keys_read(struct vtl_tape *t);
/* Whether no more keys to decrypt with are taken until another cartridge is mounted. */
bool tape_keys_exhausted(const struct vtl_tape *t);

/* encrypted.c: a cartridge is mounted; at the position it is about to be changed; t->cmd is to write blocks there */
void tape_encrypted_loaded(struct vtl_tape *t);
void tape_encrypted_changing(struct vtl_tape *t);
void tape_encrypted_writing(struct vtl_tape *t);
/* Whether any partition has an encrypted block. */
bool tape_encrypted_any(const struct vtl_tape *t);

/* Events. */
void tape_keys_ended(struct vtl_tape *t);	/* what was under way */
void tape_keys_loaded(struct vtl_tape *t);
void tape_keys_demounted(struct vtl_tape *t);
void tape_keys_forget_all(struct vtl_tape *t);
void tape_keys_nexus_lost(struct vtl_dev *dev, struct vtl_nexus *nexus);
void tape_keys_reservations_changed(struct vtl_dev *dev, bool preempted);

#endif
