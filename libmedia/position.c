/* SPDX-License-Identifier: GPL-2.0-only */
/* SPACE and LOCATE: where a move ends is found through the index, never by walking the log. */
#include "media_impl.h"

/* Ends a move before an object, whose marks are looked up when it is over. */
static void arrive(struct mmove *move, uint64_t object, uint64_t residual, enum media_err err)
{
	move->to = (struct mpoint){ .object = object };
	move->residual = residual;
	move->err = err;
}

/* The sums before an object. A failure ends the move, and the position stays. */
static bool sums_at(struct mlog *log, struct mmove *move, uint64_t object, struct mpoint *at)
{
	struct mplace place;
	enum media_err err;

	*at = mlog_end(log);
	if (object >= at->object)
		return true;
	err = mlog_find(log, object, &place);
	*at = place.at;
	if (err)
		move->err = err;
	return !err;
}

/* The same before a mark. */
static bool mark_at(struct mlog *log, struct mmove *move, enum mfmt_type type, uint64_t number, struct mpoint *at)
{
	struct mplace place;
	enum media_err err = mlog_find_mark(log, type, number, &place);

	*at = place.at;
	if (err)
		move->err = err;
	return !err;
}

/* What a move would meet next of its marks. */
struct meeting {
	enum media_err err;		/* FILEMARK, SETMARK; or EOD, BOP: there is none */
	struct mpoint at;		/* before it */
};

static const struct {
	enum mfmt_type type;
	enum media_err err;
} mark_rows[] = { { MFMT_FILEMARK, MEDIA_FILEMARK }, { MFMT_SETMARK, MEDIA_SETMARK } };

/* The nearest mark that ends a move: a setmark that is told of or, unless it is what the move counts, a filemark. */
static bool meets(struct mlog *log, struct mmove *move, bool filemarks, bool back, struct meeting *met)
{
	struct mpoint end = mlog_end(log);

	*met = (struct meeting){ .err = back ? MEDIA_BOP : MEDIA_EOD };
	if (!back)
		met->at = end;
	for (size_t i = filemarks ? 0 : 1; i < (move->setmarks ? 2 : 1); i++) {
		uint64_t here = mpoint_marks(&move->from, mark_rows[i].type);
		struct mpoint at;

		if (here == (back ? 0 : mpoint_marks(&end, mark_rows[i].type)))
			continue;
		if (!mark_at(log, move, mark_rows[i].type, back ? here - 1 : here, &at))
			return false;
		if (met->err == (back ? MEDIA_BOP : MEDIA_EOD) ||
		    (back ? at.object > met->at.object : at.object < met->at.object))
			*met = (struct meeting){ mark_rows[i].err, at };
	}
	return true;
}

/* Where `count` blocks end, which there are: setmarks between them are passed over, unless they are told of. */
static bool pass_setmarks(struct mlog *log, struct mmove *move, uint64_t count, bool back, uint64_t *object)
{
	uint64_t from = move->from.object, passed = 0;

	*object = back ? from - count : from + count;
	while (!move->setmarks && mlog_end(log).setmarks) {
		struct mpoint at;
		uint64_t n;

		if (!sums_at(log, move, *object, &at))
			return false;
		n = back ? move->from.setmarks - at.setmarks : at.setmarks - move->from.setmarks;
		if (n == passed)
			break;
		*object = back ? from - count - n : from + count + n;
		passed = n;
	}
	return true;
}

/* SSC-5: spacing over blocks ends beyond the first filemark met; as it does with a setmark that is to be told of. */
static void blocks_forward(struct mlog *log, struct mmove *move, uint64_t count)
{
	struct meeting met;
	uint64_t object, blocks;

	if (!meets(log, move, true, false, &met))
		return;
	blocks = met.at.object - move->from.object;
	if (!move->setmarks)
		blocks -= met.at.setmarks - move->from.setmarks;
	if (count > blocks)
		arrive(move, met.at.object + (met.err != MEDIA_EOD), count - blocks, met.err);
	else if (pass_setmarks(log, move, count, false, &object))
		arrive(move, object, 0, MEDIA_OK);
}

/* Backward it ends before the first one met. */
static void blocks_backward(struct mlog *log, struct mmove *move, uint64_t count)
{
	bool mark;
	struct meeting met;
	uint64_t object, blocks, setmarks;

	if (!meets(log, move, true, true, &met))
		return;
	mark = met.err != MEDIA_BOP;
	setmarks = move->setmarks ? 0 : move->from.setmarks - met.at.setmarks;
	blocks = move->from.object - met.at.object - mark - setmarks;
	if (count > blocks)
		arrive(move, met.at.object, count - blocks, met.err);
	else if (pass_setmarks(log, move, count, true, &object))
		arrive(move, object, 0, MEDIA_OK);
}

/* SSC-3 6.6: a setmark that is to be told of ends a move over filemarks; nothing but its end one over setmarks. */
static void marks_forward(struct mlog *log, struct mmove *move, uint64_t count, enum mfmt_type type)
{
	struct mpoint end = mlog_end(log), at;
	uint64_t here = mpoint_marks(&move->from, type), left = mpoint_marks(&end, type) - here;
	struct meeting met = { .err = MEDIA_EOD };

	if (type == MFMT_FILEMARK && !meets(log, move, false, false, &met))
		return;
	if (count <= left && !mark_at(log, move, type, here + count - 1, &at))
		return;
	if (met.err == MEDIA_SETMARK && (count > left || met.at.object < at.object))
		arrive(move, met.at.object + 1, count - (met.at.filemarks - here), MEDIA_SETMARK);
	else if (count > left)
		arrive(move, end.object, count - left, MEDIA_EOD);
	else
		arrive(move, at.object + 1, 0, MEDIA_OK);
}

static void marks_backward(struct mlog *log, struct mmove *move, uint64_t count, enum mfmt_type type)
{
	uint64_t here = mpoint_marks(&move->from, type);
	struct meeting met = { .err = MEDIA_BOP };
	struct mpoint at;

	if (type == MFMT_FILEMARK && !meets(log, move, false, true, &met))
		return;
	if (count <= here && !mark_at(log, move, type, here - count, &at))
		return;
	if (met.err == MEDIA_SETMARK && (count > here || met.at.object > at.object))
		arrive(move, met.at.object, count - (here - met.at.filemarks), MEDIA_SETMARK);
	else if (count > here)
		arrive(move, 0, count - here, MEDIA_BOP);
	else
		arrive(move, at.object, 0, MEDIA_OK);
}

static void to_object(struct mlog *log, struct mmove *move, uint64_t object)
{
	uint64_t end = mlog_end(log).object;

	arrive(move, object < end ? object : end, 0, object > end ? MEDIA_EOD : MEDIA_OK);
}

static void to_filemark(struct mlog *log, struct mmove *move, uint64_t filemark)
{
	struct mpoint end = mlog_end(log), at;

	if (filemark >= end.filemarks)
		arrive(move, end.object, 0, MEDIA_EOD);
	else if (mark_at(log, move, MFMT_FILEMARK, filemark, &at))
		arrive(move, at.object, 0, MEDIA_OK);
}

static void move_over(struct mlog *log, struct mmove *move)
{
	uint64_t count = move->count < 0 ? -(uint64_t)move->count : (uint64_t)move->count;

	switch (move->op) {
	case MEDIA_OP_SPACE_BLOCKS:
		(move->count < 0 ? blocks_backward : blocks_forward)(log, move, count);
		break;
	case MEDIA_OP_SPACE_FILEMARKS:
		(move->count < 0 ? marks_backward : marks_forward)(log, move, count, MFMT_FILEMARK);
		break;
	case MEDIA_OP_SPACE_SETMARKS:
		(move->count < 0 ? marks_backward : marks_forward)(log, move, count, MFMT_SETMARK);
		break;
	case MEDIA_OP_LOCATE_OBJECT:
		to_object(log, move, count);
		break;
	case MEDIA_OP_LOCATE_FILEMARK:
		to_filemark(log, move, count);
		break;
	default:
		arrive(move, mlog_end(log).object, 0, MEDIA_OK);
	}
}

/* How much of the partition is used up to where the move ended, and the sums there; the view knows those of its end. */
static void look_around(struct mlog *log, struct mmove *move)
{
	struct mpoint end = mlog_end(log);
	struct mplace place;
	struct mfmt_record rec = { 0 };
	enum media_err err;

	if (move->to.object >= end.object) {
		move->to = end;
		move->used = mlog_used(log);
		return;
	}
	err = mlog_find(log, move->to.object, &place);
	if (err) {
		move->err = err;
		return;
	}
	move->to = place.at;
	/* Only the record itself knows the host bytes before it. */
	if (log->count_host && mlog_header(log, &place, &rec))
		rec.at.host = log->man.seg[place.seg].first.host;
	move->used = mlog_used_at(log, &place, rec.at.host);
}

static void move_work(struct media *media)
{
	struct mmove *move = &media->move;
	struct mlog *log = &media->log[move->part];

	move_over(log, move);
	if (move->err <= MEDIA_BOP)
		look_around(log, move);
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
	bool spacing = move->op == MEDIA_OP_SPACE_BLOCKS || move->op == MEDIA_OP_SPACE_FILEMARKS ||
		       move->op == MEDIA_OP_SPACE_SETMARKS;

	if (end_wanted) {
		move->to = *end;
		return true;
	}
	if (spacing && !move->count) {
		move->to = move->from;
		return true;
	}
	if (move->op == MEDIA_OP_LOCATE_OBJECT && !move->count) {
		move->to = (struct mpoint){ 0 };
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
		.setmarks = media->setmarks,
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
