/* SPDX-License-Identifier: GPL-2.0-only */
/* Which part of a volume has encrypted blocks, for VCELB (SSC-5 8.5.2.7): kept in the cartridge's memory. */
#include "tape_impl.h"

/*
 * Of each partition the first encrypted object. What is written cuts off all that lay behind: an object that is beyond
 * the end of data is none, and one that is written over is forgotten before.
 */
#define NONE	UINT64_MAX

void tape_encrypted_loaded(struct vtl_tape *t)
{
	const struct media_attr *kept = media_attr_get(t->media, 0, TAPE_MAM_ENCRYPTED);

	for (unsigned p = 0; p < MEDIA_MAX_PARTITIONS; p++)
		t->crypt.first[p] = kept && kept->len >= 8 * (p + 1) ? get_be64(kept->data + 8 * p) : NONE;
}

static void keep(struct vtl_tape *t)
{
	uint8_t bytes[8 * MEDIA_MAX_PARTITIONS];

	for (unsigned p = 0; p < MEDIA_MAX_PARTITIONS; p++)
		put_be64(bytes + 8 * p, t->crypt.first[p]);
	tape_mam_set_private(t, TAPE_MAM_ENCRYPTED, bytes, sizeof(bytes));
}

void tape_encrypted_changing(struct vtl_tape *t)
{
	struct media_pos pos;

	media_tell(t->media, &pos);
	if (t->crypt.first[pos.partition] == NONE || t->crypt.first[pos.partition] < pos.object)
		return;
	t->crypt.first[pos.partition] = NONE;
	keep(t);
}

void tape_encrypted_writing(struct vtl_tape *t)
{
	struct media_pos pos;

	media_tell(t->media, &pos);
	if (t->crypt.first[pos.partition] != NONE || tape_keys_of(t, t->cmd->nexus)->encrypt == ENCRYPT_DISABLE)
		return;
	t->crypt.first[pos.partition] = pos.object;
	keep(t);
}

bool tape_encrypted_any(const struct vtl_tape *t)
{
	struct media_usage usage;

	if (!t->media)
		return false;
	for (unsigned p = 0; p < media_info(t->media)->geometry.partitions; p++) {
		media_usage(t->media, p, &usage);
		if (t->crypt.first[p] < usage.objects)
			return true;
	}
	return false;
}
