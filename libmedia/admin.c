/* SPDX-License-Identifier: GPL-2.0-only */
/* FORMAT and SET_INFO: what the cartridge is changes, all at once. */
#include "media_impl.h"

/* The first segment number and generation that no partition has used. */
static uint32_t next_number(const struct media *media)
{
	uint32_t next = 1;

	for (unsigned i = 0; i < media->meta.info.geometry.partitions; i++) {
		const struct mmanifest *man = &media->log[i].man;

		next = man->next_segment > next ? man->next_segment : next;
		next = man->next_generation > next ? man->next_generation : next;
	}
	return next;
}

/* The new formatting is committed: its logs take the places of the old ones. */
static enum media_err reopen_logs(struct media *media)
{
	unsigned before = media->meta.info.geometry.partitions, n = media->next_meta.info.geometry.partitions;
	const struct mlog *logs[MEDIA_MAX_PARTITIONS];

	(void)mout_drop(&media->out, media->store->ops, 0);
	for (unsigned i = 0; i < before; i++)
		mlog_free(&media->log[i]);
	for (unsigned i = 0; i < n; i++) {
		enum media_err err = media_open_log(media, &media->next_meta, i, NULL);

		if (err)
			return err;
		logs[i] = &media->log[i];
	}
	mlog_sweep(media->store, logs, n);
	return MEDIA_OK;
}

/*
 * A save that failed may have taken effect all the same (the folder could not be synced): what is written from now on
 * would be gone at the next load. Then the old one is put back, or nothing is written any more.
 */
static void take_back(struct media *media)
{
	struct media_meta there;
	bool old = !media_meta_load(media->store, &there, NULL, NULL) && there.format == media->meta.format;

	media->broken = !old && media_meta_save(media->store, &media->meta, NULL);
}

static void format_work(struct media *media)
{
	media->task_err = mlog_create_all(media->store, &media->next_meta, next_number(media), NULL);
	if (media->task_err)
		return;
	media->task_err = media_meta_save(media->store, &media->next_meta, NULL);
	if (media->task_err) {
		take_back(media);
		return;
	}
	media->task_err = reopen_logs(media);
	media->broken = media->task_err;
}

static void format_done(struct media *media)
{
	if (media->task_err)
		return;
	media->meta = media->next_meta;
	media->part = 0;
	media->pos = (struct mpoint){ 0 };
	media->pos_used = 0;
	mread_drop(media);
	mring_forget(&media->ring);
	for (unsigned i = 0; i < media->meta.info.geometry.partitions; i++)
		mview_refresh(media, i);
}

static const struct mtask format_task = { format_work, format_done };

bool mformat_step(struct media *media, struct media_req *req)
{
	if (media->begun) {
		req->err = media->task_err;
		return true;
	}
	media->next_meta = media->meta;
	media->next_meta.format++;
	if (req->geometry)
		media->next_meta.info.geometry = *req->geometry;
	if (media->meta.info.kind == MEDIA_WORM_DATA)
		req->err = MEDIA_WORM;
	else
		req->err = media_info_check(&media->next_meta.info, NULL);
	if (req->err)
		return true;
	if (!mwrite_settle(media))
		return false;
	media->begun = true;
	mjob_start(media, &format_task);
	return false;
}

static void info_work(struct media *media)
{
	enum media_err back;

	media->task_err = media_meta_save(media->store, &media->next_meta, NULL);
	/* It may be there all the same: what holds is put back. */
	back = media->task_err ? media_meta_save(media->store, &media->meta, NULL) : MEDIA_OK;
	if (back)
		media->task_err = back;
}

static void info_done(struct media *media)
{
	if (!media->task_err)
		media->meta.info = media->next_meta.info;
}

static const struct mtask info_task = { info_work, info_done };

bool minfo_step(struct media *media, struct media_req *req)
{
	struct media_info *info = &media->next_meta.info;

	if (media->begun) {
		req->err = media->task_err;
		return true;
	}
	if (!req->info || media->read_only) {
		req->err = req->info ? MEDIA_RDONLY : MEDIA_INVALID;
		return true;
	}
	if (!mwrite_settle(media))
		return false;
	media->next_meta = media->meta;
	info->write_protected = req->info->write_protected;
	info->density = req->info->density;
	for (size_t i = 0; i < sizeof(info->barcode); i++)
		info->barcode[i] = req->info->barcode[i];
	req->err = media_info_check(info, NULL);
	if (req->err)
		return true;
	media->begun = true;
	mjob_start(media, &info_task);
	return false;
}
