/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening and closing a cartridge. */
#include <errno.h>
#include <stdlib.h>

#include "err.h"
#include "media_impl.h"

#define RING_BYTES	(16u << 20)

/* A cartridge memory that is lost costs its attributes, never the data: they begin anew. */
static enum media_err open_mam(struct media *media, struct why *why)
{
	bool damaged = false;
	enum media_err err = media_mam_load(media->store, &media->mam, &damaged, why);

	if (err == MEDIA_CORRUPT) {
		media->mam = media_mam_create();
		err = media->mam ? MEDIA_OK : MEDIA_NOMEM;
		damaged = true;
	}
	/* What is damaged is written anew at the next occasion. */
	if (!err)
		media->mam_saved = damaged ? UINT64_MAX : media_mam_changes(media->mam);
	return err;
}

enum media_err media_open_log(struct media *media, const struct media_meta *meta, unsigned partition, struct why *why)
{
	media->log[partition] = (struct mlog){
		.store = media->store,
		.read_only = media->read_only,
		.segment = media->segment_bytes,
		.out = &media->out,
	};
	return mlog_open(&media->log[partition], meta, partition, why);
}

static enum media_err open_logs(struct media *media, struct why *why)
{
	unsigned n = media->meta.info.geometry.partitions;
	const struct mlog *logs[MEDIA_MAX_PARTITIONS];

	for (unsigned i = 0; i < n; i++) {
		enum media_err err = media_open_log(media, &media->meta, i, why);

		if (err) {
			while (i-- > 0)
				mlog_free(&media->log[i]);
			return err;
		}
		logs[i] = &media->log[i];
	}
	if (!media->read_only)
		mlog_sweep(media->store, logs, n);
	if (media->store->ops->space(media->store, &media->free_space) < 0)
		media->free_space = INT64_MAX;
	for (unsigned i = 0; i < n; i++)
		mview_refresh(media, i);
	return MEDIA_OK;
}

static enum media_err open_all(struct media *media, const char *owner, struct why *why)
{
	int rc = media->store->ops->lock(media->store, owner, why);
	enum media_err err;

	media->locked = rc == 0;
	/* What is only looked at may lie where no lock can be taken. */
	if (rc < 0 && !(media->read_only && (rc == -EROFS || rc == -EACCES)))
		return media_err_of(rc);
	err = media_meta_load(media->store, &media->meta, NULL, why);
	if (err)
		return err;
	err = open_mam(media, why);
	return err ? err : open_logs(media, why);
}

/* Everything but the logs. */
static void release(struct media *media)
{
	mseal_drop(media->seal);
	media_key_drop(media->read_key);
	media_key_drop(media->fill.key);
	mread_free(media);
	mring_free(&media->ring);
	mlost_discard(media);
	mout_free(&media->out);
	media_mam_free(media->mam);
	mblock_worker_free(&media->worker);
	mcrew_free(&media->crew);
	if (media->locked)
		media->store->ops->unlock(media->store);
	free(media);
}

enum media_err media_open(struct media_store *store, struct media_exec *exec, const struct media_options *options,
			  struct media **opened, struct why *why)
{
	struct media *media = calloc(1, sizeof(*media));
	enum media_err err;

	if (!media) {
		why_set(why, "out of memory");
		return MEDIA_NOMEM;
	}
	media->store = store;
	media->exec = exec;
	mcrew_init(&media->crew, media);
	media->read_only = options->read_only;
	media->ring.size = options->ring_bytes ? options->ring_bytes : RING_BYTES;
	media->ring.memory = options->memory;
	mout_init(&media->out, media->ring.size, options->memory);
	if (options->writers && store->ops->use_writers)
		store->ops->use_writers(store, options->writers, options->memory);
	media->segment_bytes = options->segment_bytes ? options->segment_bytes : MLOG_SEGMENT;
	err = open_all(media, options->owner ? options->owner : "", why);
	if (err) {
		release(media);
		return err;
	}
	media->how.discard = media->meta.info.kind == MEDIA_NULL;
	*opened = media;
	return MEDIA_OK;
}

/* What the ring still holds goes out, without the executor: closing may happen where it does not run any more. */
void media_close(struct media *media)
{
	struct media_req req = { .op = MEDIA_OP_SYNC };

	if (!media)
		return;
	media->exec = &media_exec_inline;
	media->deferred.err = MEDIA_OK;
	if (!media->broken)
		(void)!media_submit(media, &req);
	else
		(void)mout_drop(&media->out, media->store->ops, 0);
	for (unsigned i = 0; i < MEDIA_MAX_PARTITIONS; i++)
		if (i < media->meta.info.geometry.partitions && !media->broken)
			mlog_close(&media->log[i]);
		else
			mlog_free(&media->log[i]);
	release(media);
}
