/* SPDX-License-Identifier: GPL-2.0-only */
/* What the entries of the ring take of store and capacity until the log knows: upper bounds, and their sums. */
#include <string.h>

#include "media_impl.h"

uint64_t mwrite_store_bound(const struct mring_entry *entry)
{
	if (entry->type != MFMT_BLOCK)
		return (uint64_t)entry->len * MFMT_RECORD;
	return mfmt_record_size(entry->seal ? mseal_ext_len(entry->seal) : 0, entry->len);
}

uint64_t mwrite_weight_bound(const struct media *media, const struct mring_entry *entry)
{
	if (media->meta.info.count_uncompressed && entry->type == MFMT_BLOCK)
		return entry->len;
	return mwrite_store_bound(entry);
}

struct mpoint mwrite_entry_sum(const struct mring_entry *entry)
{
	if (entry->type == MFMT_FILEMARK)
		return (struct mpoint){ .object = entry->len, .filemarks = entry->len };
	if (entry->type == MFMT_SETMARK)
		return (struct mpoint){ .object = entry->len, .setmarks = entry->len };
	return (struct mpoint){ .object = 1, .host = entry->len };
}

void mwrite_count_entry(struct media *media, const struct mring_entry *entry, bool in)
{
	uint64_t sign = in ? 1 : -1ull;
	struct mpoint sum = mwrite_entry_sum(entry);

	media->ring_store += sign * mwrite_store_bound(entry);
	media->ring_weight += sign * mwrite_weight_bound(media, entry);
	media->ring_sum = in ? mpoint_add(media->ring_sum, &sum) : mpoint_sub(media->ring_sum, &sum);
}

void mwrite_ring_drop(struct media *media, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		mwrite_count_entry(media, mring_get(&media->ring, i), false);
	mring_drop(&media->ring, n);
}

void mwrite_settle_early(struct media *media)
{
	media->ring_store -= media->early.store;
	media->ring_weight -= media->early.weight;
	media->ring_sum = mpoint_sub(media->ring_sum, &media->early.sum);
	memset(&media->early, 0, sizeof(media->early));
}

bool mwrite_let_go(struct media *media)
{
	uint64_t written = mcrew_reached(&media->crew, MCREW_WRITTEN, media->ring.first);
	unsigned n = 0;

	for (; media->ring.first + n < written; n++) {
		const struct mring_entry *entry = mring_get(&media->ring, n);
		struct mpoint sum = mwrite_entry_sum(entry);

		media->early.store += mwrite_store_bound(entry);
		media->early.weight += mwrite_weight_bound(media, entry);
		media->early.sum = mpoint_add(media->early.sum, &sum);
	}
	media->early.n += n;
	mring_drop(&media->ring, n);
	return n;
}
