/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes of the inventory, durable in order: moves that wait together in one write, all else one by one. */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

#define GROUP_MAX	(16 * JOURNAL_PAGE / JOURNAL_RECORD)

static void append(struct library_move ***end, struct library_move *move)
{
	move->next = NULL;
	**end = move;
	*end = &move->next;
}

static bool same(struct library_place a, struct library_place b)
{
	return a.kind == b.kind && a.number == b.number;
}

/* The cartridge that a change is about. NULL: there is none, `move` says why. */
static const struct library_cartridge *subject(const struct table *table, struct library_move *move)
{
	const struct library_cartridge *c = move->from.kind == LIBRARY_SHELF && move->id ? table_find(table, move->id)
											 : table_at(table, move->from);
	char text[24];

	if (c && c->place.kind == move->from.kind)
		return c;
	why_set(&move->why, "%s%s is empty", move->from.kind == LIBRARY_SHELF && move->id ? move->id : "",
		library_place_text(move->from, text, sizeof(text)));
	return NULL;
}

static void carry(struct journal_record *record, const struct library_cartridge *c, struct library_place from,
		  struct library_place to)
{
	*record = (struct journal_record){ .what = JOURNAL_IS, .cartridge = *c };
	record->cartridge.place = to;
	if (from.kind == LIBRARY_SLOT || from.kind == LIBRARY_IO)
		record->cartridge.source = from;
	record->cartridge.operator_placed = from.kind == LIBRARY_SHELF && to.kind == LIBRARY_IO;
}

/* A place that something is to go to must be empty, or become so. */
static enum library_err check_empty(const struct table *table, struct library_move *move, struct library_place place,
				    const struct library_cartridge *leaves)
{
	const struct library_cartridge *there = table_at(table, place);
	char text[24];

	if (!there || there == leaves)
		return LIBRARY_OK;
	why_set(&move->why, "%s is full", library_place_text(place, text, sizeof(text)));
	return LIBRARY_BUSY;
}

/* A drive gets only what it takes. */
static enum library_err check_taken(const struct library *library, struct library_move *move,
				    const struct library_cartridge *c, struct library_place to)
{
	const struct vtl_drive_model *model;
	char text[24];

	if (to.kind != LIBRARY_DRIVE)
		return LIBRARY_OK;
	model = library->conf.drive[to.number - 1].model;
	if (vtl_drive_access(model, c->form, c->kind) != VTL_ACCESS_NONE)
		return LIBRARY_OK;
	why_set(&move->why, "%s is a %s and does not take cartridge %s, a %s",
		library_place_text(to, text, sizeof(text)), model->name, c->id, c->form);
	return LIBRARY_FAILED;
}

static enum library_err check_move(const struct library *library, struct library_move *move,
				   struct journal_record *record, unsigned *n)
{
	const struct table *table = &library->table;
	const struct library_cartridge *c = subject(table, move), *other = NULL;
	enum library_err err;
	char text[24];

	if (!c)
		return LIBRARY_NOT_FOUND;
	if (move->second.kind != LIBRARY_NOWHERE) {
		other = table_at(table, move->to);
		if (!other || other == c) {
			why_set(&move->why, "%s is empty", library_place_text(move->to, text, sizeof(text)));
			return LIBRARY_NOT_FOUND;
		}
		err = check_empty(table, move, move->second, c);
		if (!err)
			err = check_taken(library, move, other, move->second);
	} else {
		err = check_empty(table, move, move->to, c);
	}
	if (!err)
		err = check_taken(library, move, c, move->to);
	if (err)
		return err;
	carry(&record[0], c, move->from, move->to);
	*n = 1;
	if (other) {
		record[0].joined = true;
		carry(&record[1], other, move->to, move->second);
		*n = 2;
	}
	return LIBRARY_OK;
}

/* What a change writes, at most two records, or why it cannot be. */
static enum library_err check(const struct library *library, struct library_move *move, struct journal_record *record,
			      unsigned *n)
{
	const struct table *table = &library->table;
	const struct library_place place[] = { move->from, move->to, move->second };
	const struct library_cartridge *c;
	char text[24];

	*n = 1;
	for (unsigned i = 0; i < 3; i++) {
		if ((i == 1 && move->change != LIBRARY_CHANGE_MOVE) || (i == 2 && place[i].kind == LIBRARY_NOWHERE) ||
		    table_has(table, place[i]))
			continue;
		why_set(&move->why, "there is no %s", library_place_text(place[i], text, sizeof(text)));
		return LIBRARY_NOT_FOUND;
	}
	if (move->change == LIBRARY_CHANGE_MOVE)
		return check_move(library, move, record, n);
	*record = (struct journal_record){ .what = JOURNAL_STATE, .count = move->count, .state = move->state,
					  .keep = move->keep };
	record->cartridge.place = move->from;
	if (move->change == LIBRARY_CHANGE_STATE)
		return LIBRARY_OK;
	c = subject(table, move);
	if (!c)
		return LIBRARY_NOT_FOUND;
	*record = (struct journal_record){ .what = JOURNAL_TAG, .cartridge = *c, .which = move->which };
	record->cartridge.tag[move->which] = move->tag;
	return LIBRARY_OK;
}

/* What became durable becomes true. */
static void apply(struct table *table, const struct journal_record *record)
{
	const struct library_cartridge *c = &record->cartridge;

	if (record->joined)
		table_put_both(table, c, &record[1].cartridge);
	else if (record->what == JOURNAL_IS)
		(void)table_put(table, c);	/* known ids need no memory */
	else if (record->what == JOURNAL_TAG)
		(void)table_set_tag(table, c->id, record->which, &c->tag[record->which]);
	else if (record->what == JOURNAL_STATE)
		table_set_state(table, c->place, record->count, record->state, record->keep);
}

/* Whether a move has to wait for one of the group to be done, since it may depend on it. */
static bool depends(const struct library *library, const struct library_move *move)
{
	for (const struct library_move *m = library->group; m; m = m->next) {
		const struct library_place mine[] = { move->from, move->to, move->second };
		const struct library_place theirs[] = { m->from, m->to, m->second };

		for (unsigned i = 0; i < 9; i++)
			if (mine[i / 3].kind != LIBRARY_NOWHERE && same(mine[i / 3], theirs[i % 3]))
				return true;
	}
	return false;
}

static struct library_move *take(struct library *library)
{
	struct library_move *move = library->waiting;

	library->waiting = move->next;
	if (!library->waiting)
		library->waiting_end = &library->waiting;
	return move;
}

/* Takes from the queue, in order, moves that can be made durable together, or one task. */
static void form_group(struct library *library)
{
	unsigned size = 0, n;

	library->records = 0;
	if (library->waiting && library->waiting->task) {
		struct library_move *move = take(library);

		append(&library->group_end, move);
		move->why.text[0] = 0;
		move->err = move->task->ops->begin(move->task, &move->why);
		return;
	}
	while (library->waiting && !library->waiting->task && size + 1 < GROUP_MAX &&
	       !depends(library, library->waiting)) {
		struct library_move *move = take(library);

		move->why.text[0] = 0;
		move->err = check(library, move, &library->record[library->records], &n);
		if (!move->err)
			library->records += n;
		append(&library->group_end, move);
		size += 2;
	}
}

static void commit_work(struct media_job *job)
{
	struct library *library = (struct library *)((char *)job - offsetof(struct library, job));
	const struct library_move *first = library->group;

	/* The table does not change while a job runs. */
	library->commit_err = LIBRARY_OK;
	library->commit_why.text[0] = 0;
	if (first->task && !first->err)
		library->commit_err = first->task->ops->make(first->task, &library->commit_why);
	else if (library->records && journal_append(&library->journal, &library->table, library->record,
						    library->records, &library->commit_why) < 0)
		library->commit_err = LIBRARY_FAILED;
}

static void start(struct library *library)
{
	form_group(library);
	library->busy = library->group;
	if (library->busy)
		library->exec->submit(library->exec, &library->job);
}

static void commit_done(struct media_job *job)
{
	struct library *library = (struct library *)((char *)job - offsetof(struct library, job));
	struct library_move *move = library->group;

	library->group = NULL;
	library->group_end = &library->group;
	for (unsigned i = 0; !library->commit_err && i < library->records; i++) {
		apply(&library->table, &library->record[i]);
		i += library->record[i].joined;
	}
	while (move) {
		struct library_move *next = move->next;

		if (!move->err && library->commit_err) {
			move->err = library->commit_err;
			move->why = library->commit_why;
		}
		move->done(move);	/* may submit more, or free `move`; `busy` keeps those waiting */
		move = next;
	}
	start(library);
}

static void submit(struct library *library, struct media_exec *exec, struct library_move *move)
{
	append(&library->waiting_end, move);
	library->exec = exec;
	library->job.work = commit_work;
	library->job.done = commit_done;
	if (!library->busy)
		start(library);
}

bool library_idle(const struct library *library)
{
	return !library->busy && !library->waiting;
}

void library_move(struct library *library, struct media_exec *exec, struct library_move *move)
{
	if (library->mode != LIBRARY_OWN || (!library->record &&
	    !(library->record = calloc(GROUP_MAX, sizeof(*library->record))))) {
		move->err = LIBRARY_FAILED;
		why_set(&move->why, "%s",
			library->mode == LIBRARY_OWN ? "no memory" : "the library is open for reading only");
		move->done(move);
		return;
	}
	submit(library, exec, move);
}

static void task_done(struct library_move *move)
{
	move->task->ops->end(move->task, move->err, &move->why);
}

void library_task_submit(struct library *library, struct media_exec *exec, struct library_task *task,
			 const struct library_task_ops *ops)
{
	task->ops = ops;
	task->library = library;
	task->move = (struct library_move){ .task = task, .done = task_done };
	submit(library, exec, &task->move);
}
