/* SPDX-License-Identifier: GPL-2.0-only */
/* What a fault store recorded: the seam between recording and replaying. */
#ifndef MEDIA_FAULT_LOG_H
#define MEDIA_FAULT_LOG_H

#include "store_fault.h"
#include "store_name.h"

struct fault_change {
	enum media_fault_op op;		/* one that changes something, or SYNC */
	char name[MEDIA_STORE_NAME_MAX + 1];
	uint64_t off, len;		/* TRUNCATE: the new size in off */
	uint8_t *data;			/* PWRITE, REPLACE: len bytes */
	uint64_t token;			/* PWRITE: it ends later; WRITE_END: which; 0: at once */
	bool failed;			/* SYNC: what was not synced is lost; WRITE_END: the write is */
};

struct fault_log {
	struct media_store *begin;	/* a memory store: the files when recording began; NULL: not recording */
	struct fault_change *changes;
	size_t count, room;
};

const struct fault_log *media_fault_log(const struct media_store *store);

#endif
