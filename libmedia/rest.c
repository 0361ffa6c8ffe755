/* SPDX-License-Identifier: GPL-2.0-only */
/* Gives back what a cartridge holds only for work, when there is none. */
#include "media_impl.h"

bool media_rest(struct media *media)
{
	if (media->req || !mjob_quiet(media) || mwrite_rest(media))
		return false;
	mring_free(&media->ring);
	mout_free(&media->out);
	mread_drop(media);
	mread_free(media);
	for (unsigned i = 0; i < MEDIA_MAX_PARTITIONS; i++)
		if (media->log[i].log_file)
			media->store->ops->read_ahead(media->log[i].log_file, 0, 0);
	mcrew_rest(&media->crew);
	mblock_worker_free(&media->worker);
	return true;
}
