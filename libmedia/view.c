/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be asked of an open cartridge without a request: position, usage, counters, attributes. */
#include "media_impl.h"

uint64_t mview_capacity(const struct media *media, unsigned part)
{
	uint64_t capacity = media->meta.info.geometry.part[part].capacity;
	uint64_t disk = media->view[part].disk_limit;

	return disk < capacity ? disk : capacity;
}

void mview_refresh(struct media *media, unsigned part)
{
	const struct mlog *log = &media->log[part];
	struct mview *view = &media->view[part];
	uint64_t space = media->free_space;

	view->end = mlog_end(log);
	if (part == media->part)
		view->end = mpoint_add(view->end, &media->ring_sum);
	view->used = mlog_used(log);
	view->reserved = mlog_reserved(log);
	if (view->reserved == UINT64_MAX) {
		/* Not reserved at all: what the store has left is all that is known. */
		view->reserved = space;
		space = 0;
	}
	view->durable = log->durable.object;
	view->generation = log->man.next_generation;
	view->ready = log->file;
	view->unwritten = log->file && media->out.unwritten;
	view->disk_limit = view->used + view->reserved + space;
}

const struct media_info *media_info(const struct media *media)
{
	return &media->meta.info;
}

/* Bytes used up to end of data, those in the ring at their full length. */
static uint64_t used(const struct media *media, unsigned part)
{
	return media->view[part].used + (part == media->part ? media->ring_weight : 0);
}

void media_tell(const struct media *media, struct media_pos *pos)
{
	const struct mview *view = &media->view[media->part];
	uint64_t warning, here;

	*pos = (struct media_pos){ .bop = true, .eod = true };
	if (media->part >= media->meta.info.geometry.partitions)
		return;
	pos->partition = media->part;
	pos->object = media->pos.object;
	pos->filemarks = media->pos.filemarks;
	pos->setmarks = media->pos.setmarks;
	pos->bop = !media->pos.object;
	pos->eod = media->pos.object == view->end.object;
	pos->used = used(media, media->part);
	pos->capacity = mview_capacity(media, media->part);
	pos->buffered_objects = (uint32_t)media->ring_sum.object;
	pos->buffered_bytes = media->ring_sum.host;
	mlost_count(media, &pos->lost_objects, &pos->lost_bytes);
	pos->durable_object = view->durable;
	warning = media->meta.info.geometry.part[media->part].early_warning;
	/* Only who is about to write needs to know that the disk ends before the tape does. */
	here = pos->eod ? pos->used : media->pos_used;
	pos->early_warning = here + warning >= (pos->eod ? pos->capacity :
						media->meta.info.geometry.part[media->part].capacity);
}

void media_usage(const struct media *media, unsigned partition, struct media_usage *usage)
{
	uint64_t limit;

	*usage = (struct media_usage){ 0 };
	if (partition >= media->meta.info.geometry.partitions)
		return;
	usage->capacity = media->meta.info.geometry.part[partition].capacity;
	usage->used = used(media, partition);
	limit = mview_capacity(media, partition);
	usage->left = limit > usage->used ? limit - usage->used : 0;
	usage->objects = media->view[partition].end.object;
	usage->filemarks = media->view[partition].end.filemarks;
	usage->host = media->view[partition].end.host;
	usage->generation = media->view[partition].generation;
}

void media_set_setmarks(struct media *media, bool told)
{
	media->setmarks = told;
}

void media_counters(const struct media *media, struct media_counters *counters)
{
	*counters = media->counters;
}

enum media_err media_set_codec(struct media *media, enum media_codec codec, int level)
{
	if (codec >= MEDIA_CODEC_COUNT || !media_codec_level_ok(codec, level))
		return MEDIA_INVALID;
	if (!media->how.discard)
		media->how = (struct mblock_how){ .codec = codec, .level = level };
	return MEDIA_OK;
}

enum media_err media_set_encrypt(struct media *media, const struct media_encrypt *encrypt)
{
	struct mseal *seal = NULL;
	enum media_err err = encrypt ? mseal_new(encrypt, &seal) : MEDIA_OK;

	if (err)
		return err;
	mseal_drop(media->seal);
	media->seal = seal;
	return MEDIA_OK;
}

const struct media_attr *media_attr_get(const struct media *media, unsigned partition, uint16_t id)
{
	return media_mam_get(media->mam, partition, id);
}

const struct media_attr *media_attr_next(const struct media *media, unsigned partition, uint16_t from)
{
	return media_mam_next(media->mam, partition, from);
}

enum media_err media_attr_set(struct media *media, unsigned partition, const struct media_attr *attr)
{
	return media_mam_set(media->mam, partition, attr);
}

enum media_err media_attr_delete(struct media *media, unsigned partition, uint16_t id)
{
	return media_mam_delete(media->mam, partition, id);
}
