/* SPDX-License-Identifier: GPL-2.0-only */
/* Data encryption parameters of a tape drive: whose they are, how long they last, what they do (SSC-5 4.2.22). */
#ifndef SSC_KEYS_H
#define SSC_KEYS_H

#include "media.h"

struct vtl_dev;
struct vtl_nexus;
struct vtl_tape;

/* Data encryption scope */
enum { SCOPE_PUBLIC = 0, SCOPE_LOCAL = 1, SCOPE_ALL = 2 };
/* CEEM, check external encryption mode: blocks that were encrypted by a drive are an error to the reader. No block is
 * ever written in external mode, of which no drive of ours is capable, as none of their real ones is. */
enum { CHECK_NOT_ENCRYPT = 3 };
/* Encryption and decryption modes */
enum { ENCRYPT_DISABLE = 0, ENCRYPT_EXTERNAL = 1, ENCRYPT_ENCRYPT = 2 };
enum { DECRYPT_DISABLE = 0, DECRYPT_RAW = 1, DECRYPT_DECRYPT = 2, DECRYPT_MIXED = 3 };

/* A set of parameters. All zero: the default, nothing is encrypted or decrypted. */
struct tape_keys {
	uint32_t counter;		/* key instance counter */
	uint8_t encrypt, decrypt;
	struct media_key *key;		/* held; NULL: none */
	struct media_kads kads;
	uint8_t check_external;		/* CEEM */
	bool raw_allowed;
	bool ckod, ckorp, ckorl;	/* clear key on demount, reservation preempt, reservation loss */
	struct vtl_nexus *holder;	/* who set it; NULL: it is gone */
};

struct tape_crypt {
	struct tape_keys all;		/* of those whose scope is ALL I_T NEXUS or PUBLIC */
	uint32_t counter;		/* of the set that was established last */
	uint32_t applied;		/* counter of the set by which the medium is written; 0: none */
	bool refuses_encrypted;		/* the command that reads: CEEM says so */
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

/* Events. */
void tape_keys_loaded(struct vtl_tape *t);
void tape_keys_demounted(struct vtl_tape *t);
void tape_keys_forget_all(struct vtl_tape *t);
void tape_keys_nexus_lost(struct vtl_dev *dev, struct vtl_nexus *nexus);
void tape_keys_reservations_changed(struct vtl_dev *dev, bool preempted);

#endif
