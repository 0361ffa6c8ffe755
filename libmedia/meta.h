/* SPDX-License-Identifier: GPL-2.0-only */
/* The file `cartridge`: what a cartridge is. FORMAT.md "cartridge". */
#ifndef MEDIA_META_H
#define MEDIA_META_H

#include "media.h"

#define MEDIA_META_NAME	"cartridge"

struct media_meta {
	struct media_info info;
	/*
	 * The number of its formatting: 1 at creation, one more with every MEDIA_OP_FORMAT. Replacing `cartridge`
	 * is what commits a format: it changes the geometry and this number at once, so whatever else is kept
	 * per formatting (manifests) has the number in its name or content, is written before, and what bears
	 * another number is not part of the cartridge.
	 */
	uint32_t format;
};

/* Whether an info may be that of a cartridge: MEDIA_OK, or MEDIA_INVALID with the reason. */
enum media_err media_info_check(const struct media_info *info, struct why *why) __attribute__((warn_unused_result));

/*
 * Reads `cartridge`. Where it is missing, says what the store looks like instead (MEDIA_FOREIGN). `damaged`
 * (may be NULL): one of its two copies is. MEDIA_VERSION, MEDIA_CORRUPT, MEDIA_IO. Blocks.
 */
enum media_err media_meta_load(struct media_store *store, struct media_meta *meta, bool *damaged, struct why *why)
	__attribute__((warn_unused_result));

/* Replaces `cartridge`, durably; the info is checked first. Blocks. */
enum media_err media_meta_save(struct media_store *store, const struct media_meta *meta, struct why *why)
	__attribute__((warn_unused_result));

/*
 * Implemented with the log: writes what the log of a fresh formatting consists of (an empty manifest per
 * partition, of format meta->format), durably. media_create() calls it before it writes `cartridge`, which
 * makes the cartridge exist. Blocks.
 */
enum media_err media_log_create(struct media_store *store, const struct media_meta *meta, struct why *why)
	__attribute__((warn_unused_result));

#endif
