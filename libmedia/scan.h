/* SPDX-License-Identifier: GPL-2.0-only */
/* Walks the records of a segment from place to place, and finds its way again behind damage. */
#ifndef MEDIA_SCAN_H
#define MEDIA_SCAN_H

#include "format.h"
#include "store.h"

struct mscan {
	/* The caller's, set by mscan_init(). */
	struct media_store *store;
	struct media_file *file;
	struct mfmt_ident ident;
	uint64_t off;			/* where the next record is expected */
	uint64_t limit;			/* the segment ends here */
	struct mpoint at;		/* sums that it is expected to have */
	bool payloads;			/* read and check payloads, too */
	/* A window on the file. */
	uint8_t *buf;
	size_t room, len;
	uint64_t buf_off;
};

enum mscan_result {
	MSCAN_RECORD,			/* valid (without payloads: its header is); gone beyond it */
	MSCAN_BAD_PAYLOAD,		/* its header is valid, its payload or extension area is not; gone beyond it */
	MSCAN_BAD_HEADER,		/* no valid header of the expected object; gone nowhere */
	MSCAN_END,			/* nothing more fits before the limit or the end of the file */
};

/* `file` stays the caller's. Nothing is allocated yet. */
void mscan_init(struct mscan *scan, struct media_store *store, struct media_file *file, const struct mfmt_ident *ident,
		bool payloads);
void mscan_free(struct mscan *scan);

/*
 * Looks at the next record. *payload (with scan->payloads) is valid until the next call, and is followed by the
 * rest of the record. MEDIA_OK with a result; MEDIA_VERSION, MEDIA_IO, MEDIA_NOMEM.
 */
enum media_err mscan_next(struct mscan *scan, enum mscan_result *result, struct mfmt_record *rec,
			  const uint8_t **payload) __attribute__((warn_unused_result));

/*
 * Searches from offset `from` on (a multiple of MFMT_UNIT) for a valid header whose sums are not below the
 * expected ones and whose `durable` is at least `durable` bytes. *found: scan->off and scan->at are its own, and
 * the next mscan_next() meets it. Otherwise the scan stays where it is.
 */
enum media_err mscan_resync(struct mscan *scan, uint64_t from, uint64_t durable, bool *found)
	__attribute__((warn_unused_result));

#endif
