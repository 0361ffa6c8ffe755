/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes new cartridges. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "err.h"
#include "mam.h"
#include "meta.h"

static int stop_at_first(void *arg, const char *name)
{
	snprintf(arg, NAME_MAX + 1, "%s", name);
	return 1;
}

/* A store that holds anything may be someone's data. */
static enum media_err check_empty(struct media_store *store, struct why *why)
{
	char name[NAME_MAX + 1];
	int rc = store->ops->list(store, stop_at_first, name);

	if (rc <= 0)
		return media_err_why(rc, why, "cannot list the files");
	why_set(why, "it is not empty: %s is there", name);
	return MEDIA_EXISTS;
}

static int remove_file(void *arg, const char *name)
{
	struct media_store *store = arg;

	(void)store->ops->remove(store, name);
	return 0;
}

/* A random UUID (RFC 9562, version 4). */
static int draw_uuid(uint8_t uuid[MEDIA_UUID_LEN])
{
	if (getrandom(uuid, MEDIA_UUID_LEN, 0) != MEDIA_UUID_LEN)
		return -EIO;
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	return 0;
}

static enum media_err write_files(struct media_store *store, const struct media_meta *meta, struct why *why)
{
	struct media_mam *mam = media_mam_create();
	enum media_err err = MEDIA_NOMEM;

	if (mam)
		err = media_mam_save(store, mam, why);
	media_mam_free(mam);
	if (err == MEDIA_OK)
		err = media_log_create(store, meta, why);
	/* Last: from here on it is a cartridge. */
	return err ? err : media_meta_save(store, meta, why);
}

enum media_err media_create(struct media_store *store, const struct media_info *info, struct why *why)
{
	static const uint8_t no_uuid[MEDIA_UUID_LEN];
	struct media_meta meta = { .info = *info, .format = 1 };
	enum media_err err = media_info_check(info, why);

	if (err == MEDIA_OK)
		err = check_empty(store, why);
	if (err)
		return err;
	if (memcmp(info->uuid, no_uuid, MEDIA_UUID_LEN) == 0) {
		err = media_err_why(draw_uuid(meta.info.uuid), why, "cannot draw a UUID");
		if (err)
			return err;
	}
	/* Of a block that is not kept only its length can count. */
	if (info->kind == MEDIA_NULL)
		meta.info.count_uncompressed = true;
	if (!meta.info.created)
		meta.info.created = (uint64_t)time(NULL);
	err = write_files(store, &meta, why);
	if (err)
		(void)store->ops->list(store, remove_file, store);
	return err;
}
