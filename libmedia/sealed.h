/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files that are replaced as a whole, checksummed, and stored twice in one file: FORMAT.md "Sealed files". */
#ifndef MEDIA_SEALED_H
#define MEDIA_SEALED_H

#include "media.h"

/* What kind of file it is. */
struct media_seal {
	const char *name;	/* for messages, e.g. "cartridge" */
	char magic[8];
	uint32_t version;	/* the newest that is understood, and the one that is written */
	size_t max;		/* largest payload, in bytes */
};

/* The whole content of the file for this payload, malloc'ed, for store->ops->replace(). NULL: no memory. */
uint8_t *media_seal(const struct media_seal *seal, const void *payload, size_t len, size_t *file_len);

/*
 * Finds the payload in the content of a file: *payload points into `file`. `damaged` (may be NULL) says that
 * one of the two copies, or the file's length, is damaged: the payload is that of the sound copy.
 * MEDIA_CORRUPT, MEDIA_VERSION: no sound copy; a newer version.
 */
enum media_err media_unseal(const struct media_seal *seal, const uint8_t *file, size_t file_len,
			    const uint8_t **payload, size_t *len, bool *damaged, struct why *why)
	__attribute__((warn_unused_result));

/*
 * Reads and unseals file `name`. *file is malloc'ed and the caller's (NULL after a failure); *payload points
 * into it. Errors of media_unseal(), MEDIA_NOENT, MEDIA_IO, MEDIA_NOMEM. Blocks.
 */
enum media_err media_sealed_read(struct media_store *store, const char *name, const struct media_seal *seal,
				 uint8_t **file, const uint8_t **payload, size_t *len, bool *damaged, struct why *why)
	__attribute__((warn_unused_result));

/* Seals and replaces file `name`, atomically and durably. Blocks. */
enum media_err media_sealed_write(struct media_store *store, const char *name, const struct media_seal *seal,
				  const void *payload, size_t len, struct why *why) __attribute__((warn_unused_result));

#endif
