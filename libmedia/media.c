/* SPDX-License-Identifier: GPL-2.0-only */
/* An open cartridge: requests come in, jobs go out, and one is matched with the other. */
#include "media.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "media_impl.h"

/* How each kind of request is carried out, and what it needs. */
static const struct {
	bool (*step)(struct media *media, struct media_req *req);
	bool data;			/* a data cartridge */
	bool change;			/* permission to change the data */
	bool beside;			/* what was lost can still be had afterwards */
} ops[MEDIA_OP_COUNT] = {
	[MEDIA_OP_WRITE]	   = { mwrite_step, .data = true, .change = true },
	[MEDIA_OP_FILEMARKS]	   = { mwrite_filemarks_step, .data = true },
	[MEDIA_OP_READ]		   = { mread_step, .data = true },
	[MEDIA_OP_RECOVER]	   = { mlost_step, .data = true, .beside = true },
	[MEDIA_OP_PEEK]		   = { mread_peek_step, .data = true, .beside = true },
	[MEDIA_OP_SPACE_BLOCKS]	   = { mmove_step, .data = true },
	[MEDIA_OP_SPACE_FILEMARKS] = { mmove_step, .data = true },
	[MEDIA_OP_SPACE_SETMARKS]  = { mmove_step, .data = true },
	[MEDIA_OP_SPACE_EOD]	   = { mmove_step, .data = true },
	[MEDIA_OP_LOCATE_OBJECT]   = { mmove_step, .data = true },
	[MEDIA_OP_LOCATE_FILEMARK] = { mmove_step, .data = true },
	[MEDIA_OP_LOCATE_EOD]	   = { mmove_step, .data = true },
	[MEDIA_OP_ERASE]	   = { mwrite_erase_step, .data = true, .change = true },
	[MEDIA_OP_FORMAT]	   = { mformat_step, .data = true, .change = true },
	[MEDIA_OP_SYNC]		   = { mwrite_sync_step, .beside = true },
	[MEDIA_OP_SET_INFO]	   = { minfo_step, .beside = true },
};

static void job_work(struct media_job *job)
{
	struct media *media = (struct media *)((char *)job - offsetof(struct media, job));

	media->task->work(media);
}

static void finish(struct media *media)
{
	media->req->complete = true;
	media->req = NULL;
}

/* Earlier writes failed: the request that is there hears of it and does nothing. */
static void report_deferred(struct media *media)
{
	struct media_req *req = media->req;

	req->err = media->deferred.err;
	req->deferred = true;
	req->lost = media->deferred.object;
	req->lost_partition = media->deferred.part;
	mread_drop(media);
	media->deferred.err = MEDIA_OK;
	finish(media);
}

/* A flush is no reason to forget. */
static bool goes_on(const struct media_req *req)
{
	return !ops[req->op].beside && (req->op != MEDIA_OP_FILEMARKS || req->count > 0);
}

static void advance(struct media *media)
{
	if (!media->req)
		return;
	if (!media->deferred.err && media->lost.ring.kept && goes_on(media->req))
		mlost_discard(media);
	if (media->deferred.err && (media->req->op != MEDIA_OP_SYNC || mjob_quiet(media)))
		report_deferred(media);
	else if (!media->deferred.err && ops[media->req->op].step(media, media->req))
		finish(media);
	else if (media->req->op != MEDIA_OP_READ && media->req->op != MEDIA_OP_PEEK)
		mread_stop(media);
}

/*
 * Takes over what a job did, and goes on with the request, as long as jobs end at once. A loop instead of a
 * recursion, because under an inline executor every job does.
 */
static void pump(struct media *media)
{
	media->pumping = true;
	do {
		if (media->finished) {
			media->finished = false;
			if (media->task->done)
				media->task->done(media);
		}
		advance(media);
		if (mjob_idle(media))
			mwrite_background(media);
		if (mjob_idle(media))
			mread_background(media);
	} while (media->finished);
	media->pumping = false;
}

static void job_done(struct media_job *job)
{
	struct media *media = (struct media *)((char *)job - offsetof(struct media, job));

	media->busy = false;
	media->finished = true;
	mjob_resume(media);
}

void mjob_resume(struct media *media)
{
	struct media_req *req = media->req;

	if (media->pumping)
		return;
	pump(media);
	if (req && req->complete && !req->submitting)
		req->done(req);
}

void mjob_start(struct media *media, const struct mtask *task)
{
	media->task = task;
	media->busy = true;
	media->job = (struct media_job){ .work = job_work, .done = job_done };
	media->exec->submit(media->exec, &media->job);
}

/* Whether the cartridge lets the request happen at all. */
static enum media_err permitted(const struct media *media, const struct media_req *req)
{
	bool change = ops[req->op].change || (req->op == MEDIA_OP_FILEMARKS && req->count > 0);

	if (media->broken)
		return MEDIA_IO;
	if (ops[req->op].data && media->meta.info.kind == MEDIA_CLEANING)
		return MEDIA_NOT_DATA;
	if (change && (media->read_only || media->meta.info.write_protected))
		return MEDIA_PROTECTED;
	return MEDIA_OK;
}

bool media_submit(struct media *media, struct media_req *req)
{
	req->media = media;
	req->err = MEDIA_OK;
	req->actual = 0;
	req->decrypted = false;
	req->residual = 0;
	req->deferred = false;
	req->complete = false;
	if (req->op >= MEDIA_OP_COUNT) {
		req->err = MEDIA_INVALID;
		req->complete = true;
		return true;
	}
	if (!media->deferred.err)
		req->err = permitted(media, req);
	if (req->err) {
		req->complete = true;
		return true;
	}
	req->submitting = true;
	media->req = req;
	media->phase = 0;
	media->entered = media->begun = media->tried = false;
	pump(media);
	req->submitting = false;
	return req->complete;
}
