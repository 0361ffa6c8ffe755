/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads every stored byte of a cartridge and says what is wrong with it, to those who report or repair it. */
#ifndef MEDIA_CHECK_H
#define MEDIA_CHECK_H

#include "block.h"
#include "log.h"
#include "media.h"

#define MCHECK_NO_OBJECT	UINT64_MAX

enum mcheck_what {
	MCHECK_INFO_COPY,		/* one of the two copies of `cartridge` */
	MCHECK_INFO,			/* both: the end of the check */
	MCHECK_MAM_COPY,
	MCHECK_MAM,
	MCHECK_MANIFEST_COPY,		/* of the partition of check->log */
	MCHECK_MANIFEST,
	MCHECK_PAGE,			/* the first page of check->seg */
	MCHECK_INDEX,			/* the index of check->seg: what it is for is found without it */
	MCHECK_LOST,			/* an object, or all of a missing segment's */
	MCHECK_VERSION,			/* an object that only a newer version of this program can read */
	MCHECK_OTHER,			/* bytes between objects */
};

/* The index of a segment, compared with the records as they come. */
struct mcheck_index {
	struct media_file *file;	/* NULL: missing */
	uint64_t page;			/* the one below; UINT64_MAX: none yet */
	bool valid, keys_valid;
	uint8_t entries[MFMT_PAGE], keys[MFMT_PAGE];
	struct mfmt_page head, keys_head;
	const char *wrong;		/* the first thing that is, or NULL */
};

struct mcheck {
	struct media_store *store;
	bool read_only;
	/*
	 * Called for everything that is found; anything but MEDIA_OK ends the check with it. For MCHECK_MANIFEST it
	 * may fill in the manifest of check->log, and checking goes on with that.
	 */
	enum media_err (*found)(struct mcheck *check, enum mcheck_what what, uint64_t object, const char *text);
	void (*progress)(void *arg, uint64_t done_bytes, uint64_t all_bytes);	/* of a partition; may be NULL */
	void *arg;

	uint64_t blocks, filemarks, bytes;	/* out: what was read */

	/* Where it is. */
	struct media_meta meta;
	unsigned partition;
	struct mlog log;
	const struct mseg *seg;
	struct mout out;
	struct mblock_worker worker;
	struct mcheck_index index;
	uint8_t *plain;			/* a block, decoded */
	size_t room;
	uint64_t done, all;		/* bytes, for progress */
};

/* Checks everything. The lock is held. MEDIA_OK, whatever was found; a failure to look, with the reason. Blocks. */
enum media_err mcheck_all(struct mcheck *check, struct why *why) __attribute__((warn_unused_result));
/* The same but for `cartridge`: check->meta is what it would have said. */
enum media_err mcheck_rest(struct mcheck *check, struct why *why) __attribute__((warn_unused_result));
void mcheck_free(struct mcheck *check);

/* Says what is found, in words; the value of check->found(). */
__attribute__((format(printf, 4, 5)))
enum media_err mcheck_say(struct mcheck *check, enum mcheck_what what, uint64_t object, const char *fmt, ...);

/* Compares the index of check->seg: begin, then every object in order, then end, which says what was wrong. */
void mcheck_index_begin(struct mcheck *check);
void mcheck_index_object(struct mcheck *check, const struct mfmt_record *rec);
/* `whole`: no object of the segment was lost, so that entries can be trusted to be compared. */
enum media_err mcheck_index_end(struct mcheck *check, bool whole) __attribute__((warn_unused_result));

#endif
