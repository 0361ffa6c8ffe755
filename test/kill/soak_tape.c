/* SPDX-License-Identifier: GPL-2.0-only */
/* What the soak does with a drive and the cartridge in it, and what has to come of it. */
#include <inttypes.h>
#include <string.h>

#include "be.h"
#include "soak.h"

#define LONGEST_BURST	150	/* objects */
#define CUT_ABOVE	3000	/* objects: beyond, a cartridge is written again from somewhere before */

/* What a drive's lock gives. */
struct at {
	struct worker *w;
	unsigned drive;
	struct drive *d;
	struct cartridge *c;
	struct tape_record *tape;	/* of the current partition */
};

static struct at at_drive(struct worker *w, unsigned drive)
{
	struct drive *d = &w->soak->drive[drive];
	struct cartridge *c = changer_cartridge(w->soak, d);

	return (struct at){ w, drive, d, c, c ? &c->tape[d->partition] : NULL };
}

/* Not what a crash left: that is known once it was read back. */
void cartridge_durable(struct cartridge *c)
{
	for (unsigned p = 0; p < c->partitions && !c->unchecked; p++)
		record_durable(&c->tape[p]);
	if (!c->unchecked)
		c->label_durable = c->label_sent;
}

static bool send(const struct at *at, struct initiator_command *cmd)
{
	return soak_send(at->w, at->w->drive[at->drive], cmd);
}

__attribute__((noreturn))
static void fail_sense(const struct at *at, const char *what, const struct initiator_command *cmd)
{
	soak_fail("%s: %s at object %" PRIu64 " of partition %u ends with status %02x, %x/%02x/%02x", at->c->tag, what,
		  at->d->object, at->d->partition, cmd->status, cmd->sense.key, cmd->sense.asc, cmd->sense.ascq);
}

/* ---- reading ---- */

enum found { FOUND_BLOCK, FOUND_FILEMARK, FOUND_END, FOUND_GONE };

/* What is at the position, into the worker's buffer. */
static enum found read_next(const struct at *at, uint32_t *len)
{
	struct initiator_command cmd = { .cdb = { 0x08, 0x02 }, .cdb_len = 6, .direction = INITIATOR_IN,
					 .data = at->w->buf, .len = sizeof(at->w->buf) };

	put_be24(cmd.cdb + 2, sizeof(at->w->buf));
	*len = 0;
	if (!send(at, &cmd))
		return FOUND_GONE;
	if (cmd.status == SCSI_CHECK_CONDITION && cmd.sense.key == KEY_BLANK_CHECK)
		return FOUND_END;
	at->d->object++;
	soak_count(at->w->soak, &at->w->soak->state.compared, 1);
	if (cmd.status == SCSI_CHECK_CONDITION && cmd.sense.filemark)
		return FOUND_FILEMARK;
	if (cmd.status != SCSI_GOOD)
		fail_sense(at, "a read", &cmd);
	*len = cmd.actual;
	return FOUND_BLOCK;
}

/* One partition, after a crash or not. */
static bool check_partition(const struct at *at, unsigned partition)
{
	struct reading *reading = &at->w->reading;
	enum found found;
	bool fine = true;
	uint32_t len;

	if (!drive_locate(at->w, at->drive, partition, 0))
		return false;
	reading_begin(reading, &at->c->tape[partition], at->w->soak->state.seed);
	while (fine) {
		found = read_next(at, &len);
		if (found == FOUND_GONE)
			return false;
		if (found == FOUND_END)
			break;
		fine = reading_object(reading, found == FOUND_BLOCK ? at->w->buf : NULL, len);
	}
	if (!fine || !reading_end(reading))
		soak_fail("%s, partition %u: %s", at->c->tag, partition, reading->fault);
	return true;
}

static bool check_label(const struct at *at)
{
	struct cartridge *c = at->c;
	uint32_t label;

	if (!drive_read_label(at->w, at->drive, &label))
		return false;
	if (label < c->label_durable || label > c->label_sent)
		soak_fail("%s: the label is %u, not %u to %u", c->tag, label, c->label_durable, c->label_sent);
	c->label_durable = c->label_sent = label;
	return true;
}

bool tape_check(struct worker *w, unsigned drive)
{
	struct at at = at_drive(w, drive);

	if (!drive_wait_ready(w, drive))
		return false;
	for (unsigned p = 0; p < at.c->partitions; p++)
		if (!check_partition(&at, p))
			return false;
	at.c->unchecked = at.d->fresh = false;
	return check_label(&at);
}

static bool read_some(const struct at *at)
{
	uint64_t end = record_end(at->tape);
	unsigned count = 1 + soak_draw(at->w, 40);
	uint32_t len;

	while (count-- > 0) {
		uint64_t number = at->d->object;
		struct object object = number < end ? record_object(at->tape, at->w->soak->state.seed, number)
						    : (struct object){ 0 };
		enum found found = read_next(at, &len);

		if (found == FOUND_GONE)
			return false;
		if ((found == FOUND_END) != (number == end))
			soak_fail("%s: object %" PRIu64 " of %" PRIu64 " is%s the end of data", at->c->tag, number, end,
				  found == FOUND_END ? "" : " not");
		if (found == FOUND_END)
			return true;
		if (!object_is(&object, found == FOUND_BLOCK ? at->w->buf : NULL, len))
			soak_fail("%s: object %" PRIu64 " is not what was written", at->c->tag, number);
	}
	return true;
}

/* ---- moving ---- */

static bool go_somewhere(const struct at *at)
{
	unsigned partition = soak_draw(at->w, at->c->partitions);

	return drive_locate(at->w, at->drive, partition,
			    soak_draw(at->w, (uint32_t)record_end(&at->c->tape[partition]) + 1));
}

/* SPACE over filemarks or blocks, in either direction (SSC-5 7.18): where it ends, by the model. */
static bool space(const struct at *at)
{
	bool marks = soak_draw(at->w, 2), back = soak_draw(at->w, 2);
	int32_t left = 1 + (int32_t)soak_draw(at->w, marks ? 5 : 30), count = back ? -left : left;
	struct initiator_command cmd = { .cdb = { 0x11, marks }, .cdb_len = 6 };
	uint64_t seed = at->w->soak->state.seed, end = record_end(at->tape), to = at->d->object;
	bool stopped = false;

	put_be24(cmd.cdb + 2, (uint32_t)count & 0xffffff);
	while (left > 0 && !stopped && to != (back ? 0 : end)) {
		bool mark = record_object(at->tape, seed, back ? to - 1 : to).filemark;

		to += back ? -1 : 1;
		left -= mark == marks;
		stopped = mark && !marks;
	}
	if (!send(at, &cmd))
		return false;
	if ((cmd.status == SCSI_GOOD) != (left == 0))
		fail_sense(at, marks ? "a space over filemarks" : "a space over blocks", &cmd);
	at->d->object = to;
	return true;
}

static bool space_to_end(const struct at *at)
{
	struct initiator_command cmd = { .cdb = { 0x11, 3 }, .cdb_len = 6 };

	if (!soak_do(at->w, at->w->drive[at->drive], &cmd, "space to end of data"))
		return false;
	at->d->object = record_end(at->tape);
	return true;
}

/* ---- writing ---- */

/* Everything becomes durable. */
static bool flush(const struct at *at)
{
	struct initiator_command cmd = { .cdb = { 0x10 }, .cdb_len = 6 };

	if (!send(at, &cmd))
		return false;
	if (cmd.status != SCSI_GOOD && !(cmd.sense.key == KEY_NO_SENSE && cmd.sense.eom))
		fail_sense(at, "a flush", &cmd);
	cartridge_durable(at->c);
	return true;
}

/* One object and, where it asks for it, the flush behind it. `full` when it did not fit. */
static bool write_object(const struct at *at, const struct object *object, bool *full)
{
	struct initiator_command cmd = { .cdb_len = 6 };

	if (object->filemark) {
		cmd.cdb[0] = 0x10;
		cmd.cdb[1] = object->synchronous ? 0 : 1;
		cmd.cdb[4] = 1;
	} else {
		cmd.cdb[0] = 0x0a;
		put_be24(cmd.cdb + 2, object->len);
		cmd.direction = INITIATOR_OUT;
		cmd.data = at->w->buf;
		cmd.len = object->len;
		object_fill(object, at->w->buf);
	}
	record_sent(at->tape);
	if (!send(at, &cmd))
		return false;
	*full = cmd.status == SCSI_CHECK_CONDITION && cmd.sense.key == KEY_VOLUME_OVERFLOW;
	if (*full) {
		record_refused(at->tape);
		return true;
	}
	if (cmd.status != SCSI_GOOD && !(cmd.sense.key == KEY_NO_SENSE && cmd.sense.eom && !cmd.sense.deferred))
		fail_sense(at, "a write", &cmd);
	at->d->object++;
	soak_count(at->w->soak, &at->w->soak->state.written, 1);
	soak_count(at->w->soak, &at->w->soak->state.written_bytes, object->len);
	if (object->filemark && object->synchronous)
		cartridge_durable(at->c);
	return object->filemark || !object->synchronous || flush(at);
}

/* A WORM cartridge is only written at its end; elsewhere it refuses and keeps what it has. */
static bool overwrite_worm(const struct at *at)
{
	struct initiator_command cmd = { .cdb = { 0x0a, 0, 0, 2, 0 }, .cdb_len = 6, .direction = INITIATOR_OUT,
					 .data = at->w->buf, .len = 512 };

	if (!drive_locate(at->w, at->drive, 0, 0) || !send(at, &cmd))
		return false;
	if (cmd.status != SCSI_CHECK_CONDITION || cmd.sense.key != KEY_DATA_PROTECT)
		fail_sense(at, "overwriting a WORM cartridge", &cmd);
	return true;
}

/* Begins a burst of a generation of its own where the drive is, or anew where the model has no room for another. */
static bool begin_burst(struct at *at, uint32_t *generation)
{
	struct soak *soak = at->w->soak;
	uint64_t end = record_end(at->tape);
	bool fine = true;

	if (at->c->worm && at->d->object != end)
		fine = drive_locate(at->w, at->drive, 0, end);
	else if (!at->c->worm && at->d->object > CUT_ABOVE)
		fine = drive_locate(at->w, at->drive, at->d->partition, soak_draw(at->w, CUT_ABOVE));
	if (fine && !record_has_room(at->tape, at->d->object))
		fine = flush(at);
	if (fine && !record_has_room(at->tape, at->d->object))
		fine = drive_locate(at->w, at->drive, at->d->partition, 0);
	pthread_mutex_lock(&soak->count_lock);
	*generation = ++soak->state.generation;
	pthread_mutex_unlock(&soak->count_lock);
	return fine && drive_set_writing(at->w, at->drive, *generation);
}

static bool write_some(struct at *at)
{
	unsigned count = 1 + soak_draw(at->w, LONGEST_BURST);
	uint32_t generation;
	bool full = false;

	if (at->c->worm && record_end(at->tape) > 4 && soak_draw(at->w, 4) == 0)
		return overwrite_worm(at);
	if (!begin_burst(at, &generation))
		return false;
	record_begin(at->tape, at->d->object, generation);
	while (count-- > 0 && !full) {
		struct object object = object_of(at->w->soak->state.seed, generation, record_end(at->tape));

		if (!write_object(at, &object, &full))
			return false;
	}
	return true;
}

static bool erase(const struct at *at)
{
	struct initiator_command cmd = { .cdb = { 0x19 }, .cdb_len = 6 };

	if (at->c->worm || (!record_has_room(at->tape, at->d->object) && !flush(at)))
		return at->c->worm;
	if (!record_has_room(at->tape, at->d->object))
		return true;
	record_begin(at->tape, at->d->object, 0);
	if (!send(at, &cmd))
		return false;
	if (cmd.status != SCSI_GOOD)
		fail_sense(at, "an erase", &cmd);
	cartridge_durable(at->c);
	return true;
}

static bool format(const struct at *at)
{
	if (at->c->partitions < 2 || soak_draw(at->w, 4) || !flush(at))
		return !at->w->lost;
	for (unsigned p = 0; p < at->c->partitions; p++)
		record_begin(&at->c->tape[p], 0, 0);
	if (!drive_format(at->w, at->drive, at->c->partitions))
		return false;
	cartridge_durable(at->c);
	at->d->partition = 0;
	at->d->object = 0;
	return true;
}

static bool write_label(const struct at *at)
{
	return drive_write_label(at->w, at->drive, ++at->c->label_sent);
}

/* ---- one action ---- */

static bool reload(const struct at *at)
{
	struct initiator_command unload = { .cdb = { 0x1b }, .cdb_len = 6 };
	struct initiator_command load = { .cdb = { 0x1b, 0, 0, 0, 1 }, .cdb_len = 6 };

	if (!soak_do(at->w, at->w->drive[at->drive], &unload, "unload"))
		return false;
	cartridge_durable(at->c);
	at->d->fresh = true;
	return soak_do(at->w, at->w->drive[at->drive], &load, "load");
}

static bool act(struct at *at)
{
	static const struct {
		unsigned share;		/* of 100 */
		bool (*run)(const struct at *at);
	} row[] = {
		{ 20, read_some }, { 12, go_somewhere }, { 8, space }, { 5, space_to_end }, { 3, flush }, { 2, erase },
		{ 2, format }, { 4, write_label }, { 4, check_label }, { 1, reload },
	};
	unsigned draw = soak_draw(at->w, 100);

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (draw < row[i].share)
			return row[i].run(at) && (at->d->fresh || drive_expect_position(at->w, at->drive));
		draw -= row[i].share;
	}
	return write_some(at);
}

bool tape_action(struct worker *w, unsigned drive)
{
	struct at at = at_drive(w, drive);

	if (!at.c)
		return drive_ask(w, drive);
	if (at.d->fresh) {
		at.d->fresh = false;
		at.d->partition = 0;
		at.d->object = 0;
		if (!drive_wait_ready(w, drive))
			return false;
		if ((at.c->unchecked || soak_draw(w, 8) == 0) && !tape_check(w, drive))
			return false;
		at = at_drive(w, drive);
	}
	return act(&at);
}
