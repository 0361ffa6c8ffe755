/* SPDX-License-Identifier: GPL-2.0-only */
/* SPACE and LOCATE: where a move ends is found through the index, never by walking the log. */
#include "media_impl.h"

/* Ends a move at an object whose filemark count is known. */
static void arrive(struct mmove *move, uint64_t object, uint64_t filemarks, uint64_t residual, enum media_err err)
{
	move->to = (struct mpoint){ .object = object, .filemarks = filemarks };
	move->residual = residual;
	move->err = err;
}

static void to_end(struct mmove *move, const struct mpoint *end, uint64_t residual, enum media_err err)
{
	arrive(move, end->object, end->filemarks, residual, err);
}

/* The object number of a filemark. A failure ends the move, and the position stays. */
static bool filemark_at(struct mlog *log, struct mmove *move, uint64_t filemark, uint64_t *object)
{
	struct mplace place;
	enum media_err err = mlog_find_filemark(log, filemark, &place);

	if (err) {
		move->err = err;
		return false;
	}
	*object = place.object;
	return true;
}

/* SSC-5: spacing over blocks ends beyond the first filemark met. */
static void blocks_forward(struct mlog *log, struct mmove *move, uint64_t count)
{
	struct mpoint end = mlog_end(log), from = move->from;
	uint64_t stop = end.object;
	bool filemark = from.filemarks < end.filemarks;

	if (filemark && !filemark_at(log, move, from.filemarks, &stop))
		return;
	if (count <= stop - from.object)
		arrive(move, from.object + count, from.filemarks, 0, MEDIA_OK);
	else if (filemark)
		arrive(move, stop + 1, from.filemarks + 1, count - (stop - from.object), MEDIA_FILEMARK);
	else
		to_end(move, &end, count - (stop - from.object), MEDIA_EOD);
}

/* Backward it ends before the first filemark met. */
static void blocks_backward(struct mlog *log, struct mmove *move, uint64_t count)
{
	struct mpoint from = move->from;
	uint64_t stop = 0, object;

	if (from.filemarks) {
		if (!filemark_at(log, move, from.filemarks - 1, &object))
			return;
		stop = object + 1;
	}
	if (count <= from.object - stop)
		arrive(move, from.object - count, from.filemarks, 0, MEDIA_OK);
	else if (from.filemarks)
		arrive(move, stop - 1, from.filemarks - 1, count - (from.object - stop), MEDIA_FILEMARK);
	else
		arrive(move, 0, 0, count - from.object, MEDIA_BOP);
}

static void filemarks_forward(struct mlog *log, struct mmove *move, uint64_t count)
{
	struct mpoint end = mlog_end(log), from = move->from;
	uint64_t left = end.filemarks - from.filemarks, object;

	if (count > left)
		to_end(move, &end, count - left, MEDIA_EOD);
	else if (filemark_at(log, move, from.filemarks + count - 1, &object))
		arrive(move, object + 1, from.filemarks + count, 0, MEDIA_OK);
}

static void filemarks_backward(struct mlog *log, struct mmove *move, uint64_t count)
{
	struct mpoint from = move->from;
	uint64_t object;

	if (count > from.filemarks)
		arrive(move, 0, 0, count - from.filemarks, MEDIA_BOP);
	else if (filemark_at(log, move, from.filemarks - count, &object))
		arrive(move, object, from.filemarks - count, 0, MEDIA_OK);
}

static void to_object(struct mlog *log, struct mmove *move, uint64_t object)
{
	struct mpoint end = mlog_end(log);
	struct mplace place;
	enum media_err err;

	if (object >= end.object) {
		to_end(move, &end, 0, object > end.object ? MEDIA_EOD : MEDIA_OK);
		return;
	}
	err = mlog_find(log, object, &place);
	if (err)
		move->err = err;
	else
		arrive(move, object, place.filemarks, 0, MEDIA_OK);
}

static void to_filemark(struct mlog *log, struct mmove *move, uint64_t filemark)
{
	struct mpoint end = mlog_end(log);
	uint64_t object;

	if (filemark >= end.filemarks)
		to_end(move, &end, 0, MEDIA_EOD);
	else if (filemark_at(log, move, filemark, &object))
		arrive(move, object, filemark, 0, MEDIA_OK);
}

static void move_over(struct mlog *log, struct mmove *move)
{
	struct mpoint end = mlog_end(log);
	uint64_t count = move->count < 0 ? -(uint64_t)move->count : (uint64_t)move->count;

	switch (move->op) {
	case MEDIA_OP_SPACE_BLOCKS:
		(move->count < 0 ? blocks_backward : blocks_forward)(log, move, count);
		break;
	case MEDIA_OP_SPACE_FILEMARKS:
		(move->count < 0 ? filemarks_backward : filemarks_forward)(log, move, count);
		break;
	case MEDIA_OP_LOCATE_OBJECT:
		to_object(log, move, count);
		break;
	case MEDIA_OP_LOCATE_FILEMARK:
		to_filemark(log, move, count);
		break;
	default:
		to_end(move, &end, 0, MEDIA_OK);
	}
}

/* How much of the partition is used up to where the move ended; at end of data the view knows. */
static uint64_t used_there(struct mlog *log, const struct mmove *move)
{
	struct mplace place;
	struct mfmt_record rec = { 0 };

	if (move->to.object >= mlog_end(log).object || mlog_find(log, move->to.object, &place))
		return mlog_used(log);
	/* Only the record itself knows the host bytes before it. */
	if (log->count_host && mlog_header(log, &place, &rec))
		rec.at.host = log->man.seg[place.seg].first.host;
	return mlog_used_at(log, &place, rec.at.host);
}

static void move_work(struct media *media)
{
	struct mmove *move = &media->move;
	struct mlog *log = &media->log[move->part];

	move_over(log, move);
	if (move->err <= MEDIA_BOP)
		move->used = used_there(log, move);
}

/*
 * The same without a job, for what it needs is mostly in memory; costs no more than a look where it is not. Only while
 * no job of the cartridge runs. False: nothing has happened.
 */
static bool move_now(struct media *media)
{
	struct mlog *log = &media->log[media->move.part];
	struct mmove wanted = media->move;

	if (log->count_host)	/* the records themselves would have to be read */
		return false;
	log->now = true;
	log->missed = false;
	move_work(media);
	log->now = false;
	if (!log->missed && media->move.err <= MEDIA_BOP)
		return true;
	media->move = wanted;
	return false;
}

static const struct mtask move_task = { .work = move_work };

/* Whether the move ends where nothing needs to be looked up. */
static bool at_once(struct mmove *move, const struct mpoint *end)
{
	bool end_wanted = move->op == MEDIA_OP_SPACE_EOD || move->op == MEDIA_OP_LOCATE_EOD;
	bool spacing = move->op == MEDIA_OP_SPACE_BLOCKS || move->op == MEDIA_OP_SPACE_FILEMARKS;

	if (end_wanted) {
		to_end(move, end, 0, MEDIA_OK);
		return true;
	}
	if (spacing && !move->count) {
		arrive(move, move->from.object, move->from.filemarks, 0, MEDIA_OK);
		return true;
	}
	if (move->op == MEDIA_OP_LOCATE_OBJECT && !move->count) {
		arrive(move, 0, 0, 0, MEDIA_OK);
		move->used = 0;
		return true;
	}
	return false;
}

/* The position is where the move ended. */
static void take_over(struct media *media, struct media_req *req)
{
	const struct mmove *move = &media->move;

	req->err = move->err;
	if (move->err > MEDIA_BOP)
		return;
	if (media->pos.object != move->to.object || media->part != move->part)
		media->streak = 0;
	media->part = move->part;
	media->pos = move->to;
	media->pos_used = move->used;
	req->residual = move->residual;
}

bool mmove_step(struct media *media, struct media_req *req)
{
	bool locate = req->op == MEDIA_OP_LOCATE_OBJECT || req->op == MEDIA_OP_LOCATE_FILEMARK ||
		      req->op == MEDIA_OP_LOCATE_EOD;
	unsigned part = locate ? req->partition : media->part;

	if (media->begun) {
		take_over(media, req);
		return true;
	}
	if (part >= media->meta.info.geometry.partitions || (locate && req->count < 0)) {
		req->err = MEDIA_INVALID;
		return true;
	}
	/* A move writes out what was accepted, as a drive does: from here on it can be read. */
	if (!mwrite_settle(media))
		return false;
	media->move = (struct mmove){
		.op = req->op,
		.part = part,
		.count = req->count,
		.from = media->pos,
		.used = media->pos_used,
	};
	if (at_once(&media->move, &media->view[part].end) || move_now(media)) {
		take_over(media, req);
		return true;
	}
	media->begun = true;
	mjob_start(media, &move_task);
	return false;
}
