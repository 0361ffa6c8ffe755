/* SPDX-License-Identifier: GPL-2.0-only */
/* WORM cartridges (SSC-5 4.2.19): their memory knows what was written, and nothing of it may be less. */
#include "tape_impl.h"

/*
 * What a partition held when the cartridge was unloaded: objects, filemarks, bytes of the host, and the generation of
 * its log, which every cut and every repair counts up. At the next load all of it must be the same. Where the drive
 * died with the cartridge in it, more may have been written since, and filemarks at the end may have been overwritten:
 * blocks cannot have become fewer.
 */
struct left {
	uint64_t objects, filemarks, host, generation;
};
enum { LEFT_LEN = 8 * 4 };

static struct left left_now(const struct vtl_tape *t, unsigned partition)
{
	struct media_usage u;

	media_usage(t->media, partition, &u);
	return (struct left){ u.objects, u.filemarks, u.host, u.generation };
}

static bool as_left(const struct vtl_tape *t, unsigned partition, const uint8_t *kept, bool died)
{
	struct left was = { get_be64(kept), get_be64(kept + 8), get_be64(kept + 16), get_be64(kept + 24) };
	struct left is = left_now(t, partition);

	if (died)
		return is.objects - is.filemarks >= was.objects - was.filemarks && is.host >= was.host &&
		       is.generation >= was.generation;
	return is.objects == was.objects && is.filemarks == was.filemarks && is.host == was.host &&
	       is.generation == was.generation;
}

/* A cartridge that was never unloaded since it was made has nothing to compare with. */
static bool is_whole(const struct vtl_tape *t)
{
	const struct media_attr *a = media_attr_get(t->media, 0, TAPE_MAM_WORM);
	const struct media_info *info = media_info(t->media);
	bool died = media_attr_get(t->media, 0, TAPE_MAM_MOUNTED);
	unsigned p;

	if (!a)
		return true;
	if (info->kind != MEDIA_WORM_DATA || a->len != LEFT_LEN * info->geometry.partitions)
		return false;
	for (p = 0; p < info->geometry.partitions; p++) {
		if (!as_left(t, p, a->data + LEFT_LEN * p, died))
			return false;
	}
	return true;
}

void tape_worm_loaded(struct vtl_tape *t)
{
	t->tampered = !is_whole(t);
	if (!t->tampered)
		return;
	vtl_dev_log(&t->dev, 3, "WORM cartridge %s is not as it was left: it can only be read",
		    media_info(t->media)->barcode);
	tape_alert_for(t, SENSE_WORM_INTEGRITY);
}

bool tape_worm_marks(const struct vtl_tape *t)
{
	return media_info(t->media)->kind == MEDIA_WORM_DATA && t->writable && !t->tampered;
}

/* What was found to be wrong stays to be found. */
void tape_worm_unloading(struct vtl_tape *t)
{
	const struct media_info *info = media_info(t->media);
	uint8_t kept[LEFT_LEN * MEDIA_MAX_PARTITIONS];
	struct media_attr a = { TAPE_MAM_WORM, MEDIA_ATTR_BINARY, 0, kept };
	unsigned p;

	if (info->kind != MEDIA_WORM_DATA || t->tampered)
		return;
	for (p = 0; p < info->geometry.partitions; p++) {
		struct left is = left_now(t, p);

		put_be64(kept + LEFT_LEN * p, is.objects);
		put_be64(kept + LEFT_LEN * p + 8, is.filemarks);
		put_be64(kept + LEFT_LEN * p + 16, is.host);
		put_be64(kept + LEFT_LEN * p + 24, is.generation);
	}
	a.len = (uint16_t)(LEFT_LEN * info->geometry.partitions);
	if (media_attr_set(t->media, 0, &a))
		vtl_dev_log(&t->dev, 4, "what is on WORM cartridge %s could not be noted", info->barcode);
}
