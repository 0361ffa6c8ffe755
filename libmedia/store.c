/* SPDX-License-Identifier: GPL-2.0-only */
/* What all stores share. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "store_name.h"

bool media_store_name_ok(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return len && len <= MEDIA_STORE_NAME_MAX && !name[len] && strcmp(name, ".") && strcmp(name, "..") &&
	       strcmp(name, MEDIA_STORE_LOCK_NAME);
}

int media_store_read(struct media_store *store, const char *name, size_t max, uint8_t **buf, size_t *len)
{
	struct media_file *file;
	uint64_t size;
	uint8_t *p;
	ssize_t n;
	int rc = store->ops->open(store, name, MEDIA_STORE_RDONLY, &file);

	if (rc < 0)
		return rc;
	rc = store->ops->size(file, &size);
	if (rc < 0)
		goto out;
	rc = -EFBIG;
	if (size > max)
		goto out;
	rc = -ENOMEM;
	p = malloc(size ? size : 1);
	if (!p)
		goto out;
	n = store->ops->pread(file, p, size, 0);
	if (n < 0) {
		free(p);
		rc = (int)n;
		goto out;
	}
	*buf = p;
	*len = (size_t)n;
	rc = 0;
out:
	store->ops->close(file);
	return rc;
}
