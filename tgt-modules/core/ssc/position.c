/* SPDX-License-Identifier: GPL-2.0-only */
/* REWIND, SPACE, LOCATE, READ POSITION: where the medium is, and how it gets elsewhere. */
#include "tape_impl.h"

bool tape_beyond_pew(const struct vtl_tape *t, const struct media_pos *pos)
{
	uint64_t zone = (uint64_t)tape_pews(t) * 1000000;

	if (!zone)
		return false;
	if (pos->early_warning)
		return true;
	zone += media_info(t->media)->geometry.part[pos->partition].early_warning;
	return pos->eod && pos->used + zone >= pos->capacity;
}

/* ---- SPACE ---- */

static bool spaced(struct vtl_tape *t)
{
	const struct media_req *req = &t->req;
	struct vtl_sense_extra extra = { .valid = true };
	struct media_pos pos;

	if (!req->err) {
		tape_end(t, SENSE_NONE, NULL);
		return false;
	}
	media_tell(t->media, &pos);
	extra.information = req->residual > INT64_MAX ? INT64_MAX : (int64_t)req->residual;
	extra.eom = req->err == MEDIA_EOD && pos.early_warning;
	tape_fail(t, req->err, false, &extra);
	return false;
}

static bool space_first(struct vtl_tape *t)
{
	struct media_req *req = tape_req(t, t->move.op);

	req->count = t->move.count;
	t->step = spaced;
	return true;
}

static void move(struct vtl_tape *t)
{
	tape_start(t, space_first);
}

/* ---- sequential filemarks, sequential setmarks ---- */

static bool space_run(struct vtl_tape *t)
{
	tape_req(t, t->move.op)->count = t->move.count < 0 ? -1 : 1;
	return true;
}

/* Mark by mark: those in a row lie side by side. */
static bool run_spaced(struct vtl_tape *t)
{
	bool back = t->move.count < 0;
	uint64_t wanted = back ? -(uint64_t)t->move.count : (uint64_t)t->move.count;
	struct vtl_sense_extra extra = { .valid = true, .information = (int64_t)wanted };
	struct media_pos pos;

	media_tell(t->media, &pos);
	if (t->req.err) {
		extra.eom = t->req.err == MEDIA_EOD && pos.early_warning;
		tape_fail(t, t->req.err, false, &extra);
		return false;
	}
	t->run = t->run && pos.object == (back ? t->runs_at - 1 : t->runs_at + 1) ? t->run + 1 : 1;
	t->runs_at = pos.object;
	if (t->run < wanted)
		return space_run(t);
	tape_end(t, SENSE_NONE, NULL);
	return false;
}

static bool run_first(struct vtl_tape *t)
{
	t->run = 0;
	t->step = run_spaced;
	return space_run(t);
}

static void move_by_runs(struct vtl_tape *t)
{
	tape_start(t, run_first);
}

/* ---- the commands ---- */

/* SSC-3 6.6, table of the CODE field */
static const struct {
	enum media_op op;
	bool runs;			/* to the first place with so many of them in a row */
} space_codes[] = {
	{ MEDIA_OP_SPACE_BLOCKS }, { MEDIA_OP_SPACE_FILEMARKS }, { MEDIA_OP_SPACE_FILEMARKS, .runs = true },
	{ MEDIA_OP_SPACE_EOD }, { MEDIA_OP_SPACE_SETMARKS }, { MEDIA_OP_SPACE_SETMARKS, .runs = true },
};

/* LTO and 3592 drives do not space over sequential filemarks. */
static bool has_code(const struct vtl_tape *t, unsigned code)
{
	if (code >= sizeof(space_codes) / sizeof(*space_codes))
		return false;
	if (space_codes[code].op == MEDIA_OP_SPACE_SETMARKS)
		return tape_has_setmarks(&t->dev);
	return !space_codes[code].runs || (!tape_is(t->model, "lto") && !tape_is(t->model, "3592"));
}

static void space(struct vtl_cmd *cmd, int64_t count)
{
	struct vtl_tape *t = tape_of(cmd);
	unsigned code = cmd->cdb[1] & 0x0f;

	if (!has_code(t, code)) {
		vtl_cmd_bad_cdb(cmd, 1, 3);
		return;
	}
	if (!count && space_codes[code].op != MEDIA_OP_SPACE_EOD) {
		vtl_cmd_good(cmd);
		return;
	}
	t->move = (struct tape_move){ .op = space_codes[code].op, .count = count };
	tape_begin(cmd, false, TAPE_SPACING, space_codes[code].runs ? move_by_runs : move);
}

/* SPACE(6), SSC-3 6.6 */
void tape_space_6(struct vtl_cmd *cmd)
{
	int32_t count = (int32_t)get_be24(cmd->cdb + 2);

	space(cmd, count & 0x800000 ? count - 0x1000000 : count);
}

/* SPACE(16), SSC-3 7.11 */
void tape_space_16(struct vtl_cmd *cmd)
{
	space(cmd, (int64_t)get_be64(cmd->cdb + 4));
}

/* ---- LOCATE, REWIND ---- */

static bool located(struct vtl_tape *t)
{
	struct media_req *req = &t->req;
	struct vtl_sense_extra extra = { 0 };
	struct media_pos pos;

	if (!req->err && t->move.after_filemark) {
		t->move.after_filemark = false;
		req = tape_req(t, MEDIA_OP_SPACE_FILEMARKS);
		req->count = 1;
		return true;
	}
	if (!req->err) {
		tape_end(t, SENSE_NONE, NULL);
		return false;
	}
	media_tell(t->media, &pos);
	extra.eom = req->err == MEDIA_EOD && pos.early_warning;
	tape_fail(t, req->err, false, &extra);
	return false;
}

static bool locate_first(struct vtl_tape *t)
{
	struct media_req *req = tape_req(t, t->move.op);

	req->count = t->move.count;
	req->partition = t->move.partition;
	t->step = located;
	return true;
}

static void locate(struct vtl_tape *t)
{
	tape_start(t, locate_first);
}

/* DEST_TYPE (SSC-3 7.3). */
enum { LOCATE_OBJECT = 0, LOCATE_FILE = 1, LOCATE_EOD = 3 };

static struct tape_move locate_target(unsigned type, uint64_t id, unsigned partition)
{
	struct tape_move m = { .op = MEDIA_OP_LOCATE_OBJECT, .partition = partition };

	/* No medium has that many: end of data is met first. */
	m.count = id > INT64_MAX ? INT64_MAX : (int64_t)id;
	if (type == LOCATE_EOD) {
		m.op = MEDIA_OP_LOCATE_EOD;
	} else if (type == LOCATE_FILE && m.count) {
		/* Logical file n begins behind the nth filemark (SSC-3, logical file identifier). */
		m.op = MEDIA_OP_LOCATE_FILEMARK;
		m.count--;
		m.after_filemark = true;
	}
	return m;
}

static void locate_begin(struct vtl_cmd *cmd, unsigned type, uint64_t id, unsigned partition_byte)
{
	struct vtl_tape *t = tape_of(cmd);
	bool change = cmd->cdb[1] & 0x02;	/* CP */
	struct media_pos pos;

	media_tell(t->media, &pos);
	if (change && cmd->cdb[partition_byte] >= media_info(t->media)->geometry.partitions) {
		vtl_cmd_bad_cdb(cmd, partition_byte, VTL_NO_BIT);
		return;
	}
	t->move = locate_target(type, id, change ? cmd->cdb[partition_byte] : pos.partition);
	tape_begin(cmd, cmd->cdb[1] & 0x01, TAPE_LOCATING, locate);
}

/*
 * LOCATE(10), SSC-3 6.3. With BT the address is device-specific, as READ POSITION's vendor-specific short form gives
 * it: here that is the logical object number, too.
 */
void tape_locate_10(struct vtl_cmd *cmd)
{
	locate_begin(cmd, LOCATE_OBJECT, get_be32(cmd->cdb + 3), 8);
}

/* LOCATE(16), SSC-3 7.3 */
void tape_locate_16(struct vtl_cmd *cmd)
{
	unsigned type = (cmd->cdb[1] >> 3) & 0x07;

	if (type != LOCATE_OBJECT && type != LOCATE_FILE && type != LOCATE_EOD)
		vtl_cmd_bad_cdb(cmd, 1, 5);
	else
		locate_begin(cmd, type, get_be64(cmd->cdb + 4), 3);
}

/* REWIND, SSC-3 7.9: to the beginning of the current partition. */
void tape_rewind(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);
	struct media_pos pos;

	media_tell(t->media, &pos);
	t->move = locate_target(LOCATE_OBJECT, 0, pos.partition);
	tape_begin(cmd, cmd->cdb[1] & 0x01, TAPE_REWINDING, locate);
}

/* ---- READ POSITION ---- */

/* Byte 0 of the forms (SSC-3 7.6): what all forms have, and the short and extended forms' own. */
enum {
	POSITION_BOP = 0x80, POSITION_EOP = 0x40, POSITION_LOCU = 0x20, POSITION_BYCU = 0x10, POSITION_PERR = 0x02,
	POSITION_BPEW = 0x01,
};

static uint8_t position_flags(const struct vtl_tape *t, const struct media_pos *pos)
{
	return (uint8_t)((pos->bop ? POSITION_BOP : 0) | (pos->early_warning ? POSITION_EOP : 0) |
			 (tape_beyond_pew(t, pos) ? POSITION_BPEW : 0));
}

/* What the buffer holds: on its way, or what could not be written and can be recovered. */
static uint32_t objects_in_buffer(const struct media_pos *pos)
{
	return pos->buffered_objects + pos->lost_objects;
}

static uint64_t bytes_in_buffer(const struct media_pos *pos)
{
	return pos->buffered_bytes + pos->lost_bytes;
}

/* The next object that goes from the buffer to the medium: the position, if nothing waits there. */
static uint64_t last_object(const struct media_pos *pos)
{
	return pos->object - pos->buffered_objects;
}

static void put_short(const struct vtl_tape *t, const struct media_pos *pos, struct vtl_reply *r)
{
	uint8_t flags = position_flags(t, pos);

	if (pos->object > UINT32_MAX) {	/* does not fit: the long form tells */
		vtl_put8(r, flags | POSITION_PERR);
		vtl_put8(r, (uint8_t)pos->partition);
		vtl_put_zero(r, 18);
		return;
	}
	flags |= objects_in_buffer(pos) > 0xffffff ? POSITION_LOCU : 0;
	flags |= bytes_in_buffer(pos) > UINT32_MAX ? POSITION_BYCU : 0;
	vtl_put8(r, flags);
	vtl_put8(r, (uint8_t)pos->partition);
	vtl_put16(r, 0);
	vtl_put32(r, (uint32_t)pos->object);
	vtl_put32(r, (uint32_t)last_object(pos));
	vtl_put8(r, 0);
	vtl_put24(r, flags & POSITION_LOCU ? 0 : objects_in_buffer(pos));
	vtl_put32(r, flags & POSITION_BYCU ? 0 : (uint32_t)bytes_in_buffer(pos));
}

static void put_long(const struct vtl_tape *t, const struct media_pos *pos, struct vtl_reply *r)
{
	vtl_put8(r, position_flags(t, pos));
	vtl_put24(r, 0);
	vtl_put32(r, pos->partition);
	vtl_put64(r, pos->object);
	vtl_put64(r, pos->filemarks);
	vtl_put64(r, pos->setmarks);	/* SSC-2: set number */
}

static void put_extended(const struct vtl_tape *t, const struct media_pos *pos, struct vtl_reply *r)
{
	uint8_t flags = position_flags(t, pos);

	flags |= objects_in_buffer(pos) > 0xffffff ? POSITION_LOCU : 0;
	vtl_put8(r, flags);
	vtl_put8(r, (uint8_t)pos->partition);
	vtl_put16(r, 28);
	vtl_put8(r, 0);
	vtl_put24(r, flags & POSITION_LOCU ? 0 : objects_in_buffer(pos));
	vtl_put64(r, pos->object);
	vtl_put64(r, last_object(pos));
	vtl_put64(r, bytes_in_buffer(pos));
}

/* READ POSITION, SSC-3 7.6. Only the extended form has an allocation length; LTFS sends 0 in the others. */
void tape_read_position(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);
	unsigned form = cmd->cdb[1] & 0x1f;
	struct media_pos pos;
	struct vtl_reply r;

	media_tell(t->media, &pos);
	vtl_reply_cmd(&r, cmd, form == 0x08 ? get_be16(cmd->cdb + 7) : UINT32_MAX);
	if (form == 0x08)
		put_extended(t, &pos, &r);
	else if (form == 0x06)
		put_long(t, &pos, &r);
	else
		put_short(t, &pos, &r);
	vtl_cmd_reply(cmd, &r);
}
