/* SPDX-License-Identifier: GPL-2.0-only */
/* The manifest of a partition: the list of its segments. FORMAT.md "manifest". */
#ifndef MEDIA_MANIFEST_H
#define MEDIA_MANIFEST_H

#include "format.h"
#include "store.h"

struct mseg {
	uint32_t number;
	uint32_t generation;
	uint64_t length;		/* valid bytes */
	struct mpoint first;		/* sums before its first object */
	struct mpoint in;		/* sums of what is in it */
	bool closed;
	uint64_t bytes_before;		/* lengths of all segments before it; not on disk */
};

struct mmanifest {
	uint8_t uuid[MEDIA_UUID_LEN];
	uint32_t formatting;
	unsigned partition;
	uint32_t next_segment;
	uint32_t next_generation;
	struct mseg *seg;		/* n of them, room for `room` */
	size_t n, room;
};

/* The sums behind the last object of a segment. */
struct mpoint mseg_end(const struct mseg *seg);

/* Appends a segment; *seg is taken over. MEDIA_NOMEM. */
enum media_err mmanifest_add(struct mmanifest *man, const struct mseg *seg) __attribute__((warn_unused_result));

/* A copy of its own. MEDIA_NOMEM. */
enum media_err mmanifest_copy(struct mmanifest *to, const struct mmanifest *from) __attribute__((warn_unused_result));
void mmanifest_free(struct mmanifest *man);

/* The index of the segment that holds the object; man->n if none does. */
size_t mmanifest_find(const struct mmanifest *man, uint64_t object);
/* The index of the segment that holds the mark with this many of its type before it; man->n if none does. */
size_t mmanifest_find_mark(const struct mmanifest *man, enum mfmt_type type, uint64_t number);

/* Writes it durably. Blocks. */
enum media_err mmanifest_save(struct media_store *store, const struct mmanifest *man, struct why *why)
	__attribute__((warn_unused_result));

/*
 * Reads the one of man->uuid, man->formatting and man->partition, which the caller has set; a missing one is
 * MEDIA_CORRUPT. MEDIA_VERSION, MEDIA_IO, MEDIA_NOMEM. `damaged` as in sealed.h. Blocks.
 */
enum media_err mmanifest_load(struct media_store *store, struct mmanifest *man, bool *damaged, struct why *why)
	__attribute__((warn_unused_result));

#endif
