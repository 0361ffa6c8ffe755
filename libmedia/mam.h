/* SPDX-License-Identifier: GPL-2.0-only */
/* The cartridge memory: attributes by partition and identifier, and the file `mam`. FORMAT.md "mam". */
#ifndef MEDIA_MAM_H
#define MEDIA_MAM_H

#include "media.h"

#define MEDIA_MAM_NAME	"mam"
#define MEDIA_MAM_MAX	(1u << 20)	/* bytes of the file's payload: 8 and its length for every attribute */

/* Belongs to one thread. */
struct media_mam;

/* An empty one; NULL when out of memory. */
struct media_mam *media_mam_create(void);
void media_mam_free(struct media_mam *mam);

/* As media_attr_get(), media_attr_next(), media_attr_set() and media_attr_delete() of media.h say. Setting copies
 * the data. MEDIA_INVALID: no such partition or format; MEDIA_NOSPACE: more than MEDIA_MAM_MAX in all. */
const struct media_attr *media_mam_get(const struct media_mam *mam, unsigned partition, uint16_t id);
const struct media_attr *media_mam_next(const struct media_mam *mam, unsigned partition, uint16_t from);
enum media_err media_mam_set(struct media_mam *mam, unsigned partition, const struct media_attr *attr);
enum media_err media_mam_delete(struct media_mam *mam, unsigned partition, uint16_t id);

/* Counts the changes since it was created or loaded (0: none). What was encoded at count n is still true at count n. */
uint64_t media_mam_changes(const struct media_mam *mam);

/* The content of the file `mam`, malloc'ed, for store->ops->replace() on any thread. NULL: no memory. */
uint8_t *media_mam_encode(const struct media_mam *mam, size_t *len);

/*
 * Reads the file `mam`. MEDIA_CORRUPT (missing, too), MEDIA_VERSION, MEDIA_IO, MEDIA_NOMEM. `damaged` as in
 * sealed.h. Blocks.
 */
enum media_err media_mam_load(struct media_store *store, struct media_mam **mam, bool *damaged, struct why *why)
	__attribute__((warn_unused_result));

/* Encodes and writes it, durably. Blocks. */
enum media_err media_mam_save(struct media_store *store, const struct media_mam *mam, struct why *why)
	__attribute__((warn_unused_result));

#endif
