/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes a lost manifest anew from the segments that are there. */
#ifndef MEDIA_REMAKE_H
#define MEDIA_REMAKE_H

#include "log.h"

/* What came of it. */
struct mremade {
	unsigned unused;		/* files of segments that say nothing of what they are */
};

/*
 * Fills in the manifest of a log whose identity (store, salt, uuid, formatting, partition) is set. All segments are
 * closed in it. MEDIA_NOMEM, MEDIA_IO. Changes nothing in the store. Blocks.
 */
enum media_err mremake_manifest(struct mlog *log, struct mremade *made) __attribute__((warn_unused_result));

/* What the first page of some segment says: which cartridge, and the newest formatting that has data. False: none. */
bool mremake_identity(struct media_store *store, uint8_t uuid[MEDIA_UUID_LEN], uint32_t *formatting,
		      unsigned *partitions);

#endif
