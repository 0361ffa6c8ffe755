/* SPDX-License-Identifier: GPL-2.0-only */
/* Small files that are replaced as a whole, checksummed, and stored twice in one file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "crc.h"
#include "err.h"
#include "sealed.h"

#define HEADER	24
#define ALIGN	4096	/* both copies begin at a multiple: no sector holds a part of both */

static size_t copy_len(size_t payload)
{
	return (HEADER + payload + ALIGN - 1) / ALIGN * ALIGN;
}

uint8_t *media_seal(const struct media_seal *seal, const void *payload, size_t len, size_t *file_len)
{
	size_t half = copy_len(len);
	uint8_t *p = calloc(2, half);

	if (!p)
		return NULL;
	memcpy(p, seal->magic, 8);
	put_be32(p + 8, seal->version);
	put_be32(p + 12, (uint32_t)len);
	put_be32(p + 16, media_crc32c(0, payload, len));
	put_be32(p + 20, media_crc32c(0, p, 20));
	if (len)
		memcpy(p + HEADER, payload, len);
	memcpy(p + half, p, half);
	*file_len = 2 * half;
	return p;
}

static bool is_zero(const uint8_t *p, size_t len)
{
	return !len || (!p[0] && memcmp(p, p + 1, len - 1) == 0);
}

/* Checks one copy, of which `room` bytes are there. MEDIA_VERSION only if it is sound but for its version. */
static enum media_err check_copy(const struct media_seal *seal, const uint8_t *p, size_t room, size_t *len)
{
	size_t n;

	if (room < HEADER || get_be32(p + 20) != media_crc32c(0, p, 20) || memcmp(p, seal->magic, 8))
		return MEDIA_CORRUPT;
	if (get_be32(p + 8) != seal->version)
		return get_be32(p + 8) > seal->version ? MEDIA_VERSION : MEDIA_CORRUPT;
	n = get_be32(p + 12);
	if (n > seal->max || copy_len(n) > room || get_be32(p + 16) != media_crc32c(0, p + HEADER, n) ||
	    !is_zero(p + HEADER + n, copy_len(n) - HEADER - n))
		return MEDIA_CORRUPT;
	*len = n;
	return MEDIA_OK;
}

enum media_err media_unseal(const struct media_seal *seal, const uint8_t *file, size_t file_len,
			    const uint8_t **payload, size_t *len, bool *damaged, struct why *why)
{
	size_t half = file_len / 2, n[2] = { 0 };
	bool even = file_len && file_len % (2 * ALIGN) == 0;
	enum media_err err[2];
	unsigned good;

	err[0] = check_copy(seal, file, file_len, &n[0]);
	err[1] = even ? check_copy(seal, file + half, half, &n[1]) : MEDIA_CORRUPT;
	if (err[0] == MEDIA_VERSION || err[1] == MEDIA_VERSION) {
		why_set(why, "%s: its format is newer than this program", seal->name);
		return MEDIA_VERSION;
	}
	if (err[0] && err[1]) {
		why_set(why, "%s: damaged: both of its copies fail their checks", seal->name);
		return MEDIA_CORRUPT;
	}
	good = err[0] ? 1 : 0;
	*payload = file + good * half + HEADER;
	*len = n[good];
	if (damaged)
		*damaged = err[0] || err[1] || file_len != 2 * copy_len(n[good]) || memcmp(file, file + half, half);
	return MEDIA_OK;
}

enum media_err media_sealed_read(struct media_store *store, const char *name, const struct media_seal *seal,
				 uint8_t **file, const uint8_t **payload, size_t *len, bool *damaged, struct why *why)
{
	enum media_err err;
	size_t file_len;
	/* Twice the largest that we would write: a file that something was appended to still has a sound copy. */
	int rc = media_store_read(store, name, 4 * copy_len(seal->max), file, &file_len);

	if (rc == -EFBIG) {
		*file = NULL;
		why_set(why, "%s: damaged: far too long", name);
		return MEDIA_CORRUPT;
	}
	if (rc < 0) {
		*file = NULL;
		return media_err_why(rc, why, name);
	}
	err = media_unseal(seal, *file, file_len, payload, len, damaged, why);
	if (err) {
		free(*file);
		*file = NULL;
	}
	return err;
}

enum media_err media_sealed_write(struct media_store *store, const char *name, const struct media_seal *seal,
				  const void *payload, size_t len, struct why *why)
{
	size_t file_len;
	uint8_t *file;
	int rc;

	if (len > seal->max) {
		why_set(why, "%s: too large", name);
		return MEDIA_INVALID;
	}
	file = media_seal(seal, payload, len, &file_len);
	rc = file ? store->ops->replace(store, name, file, file_len) : -ENOMEM;
	free(file);
	return media_err_why(rc, why, name);
}
