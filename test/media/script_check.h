/* SPDX-License-Identifier: GPL-2.0-only */
/* What a tape may hold, and must be good for, after a crash or a failure during a script. */
#ifndef TEST_SCRIPT_CHECK_H
#define TEST_SCRIPT_CHECK_H

#include "script.h"

/* Whether two tapes have the same partitions with the same objects. */
bool script_same(const struct model_tape *a, const struct model_tape *b);

/*
 * Reads all of a damaged tape: each object is that of `want`, or fails as a damaged one does, or is behind the end; how
 * many there are of these. False, with the reason: one is wrong.
 */
bool script_damaged(struct media *media, const struct model_tape *want, unsigned *lost, struct why *why);

/* Whether media_verify() finds nothing; else the reason is a finding. */
bool script_sound(struct media_store *store, struct why *why);

/* Opens a cartridge and reads it all. False: it is closed. */
bool script_reopen(struct media_store *store, uint32_t seeds, struct media **media, struct model_tape *tape,
		   struct why *why);

/*
 * Whether the store, found after `op` recorded changes of the script, is one that a crash there may leave, and a good
 * one: verify finds nothing, before it was ever opened and afterwards; what was durable is there, and nothing that
 * was cut off before that; and, if `thorough`, opened again it is the same, and what is appended then is kept.
 * Changes the store.
 */
bool script_survives(struct media_store *store, const struct script *script, size_t op, bool thorough,
		     struct why *why);

#endif
