/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes of the inventory, durable in order: moves that wait together in one write, new cartridges one by one. */
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

/* What the move changes, or why it cannot be. */
static enum library_err check(const struct library *library, struct library_move *move, struct journal_record *record)
{
	const struct table *table = &library->table;
	struct library_cartridge *c = move->from.kind == LIBRARY_SHELF && move->id ? table_find(table, move->id)
										   : table_at(table, move->from);
	char text[24];

	for (unsigned i = 0; i < 2; i++) {
		struct library_place place = i ? move->to : move->from;

		if (table_has(table, place))
			continue;
		why_set(&move->why, "there is no %s", library_place_text(place, text, sizeof(text)));
		return LIBRARY_NOT_FOUND;
	}
	if (!c || c->place.kind != move->from.kind) {
		why_set(&move->why, "%s%s is empty", move->from.kind == LIBRARY_SHELF && move->id ? move->id : "",
			library_place_text(move->from, text, sizeof(text)));
		return LIBRARY_NOT_FOUND;
	}
	if (table_at(table, move->to) && table_at(table, move->to) != c) {
		why_set(&move->why, "%s is full", library_place_text(move->to, text, sizeof(text)));
		return LIBRARY_FAILED;
	}
	record->gone = false;
	record->cartridge = *c;
	record->cartridge.place = move->to;
	if (move->from.kind == LIBRARY_SLOT || move->from.kind == LIBRARY_IO)
		record->cartridge.source = move->from;
	record->cartridge.operator_placed = move->from.kind == LIBRARY_SHELF && move->to.kind == LIBRARY_IO;
	return LIBRARY_OK;
}

/* Whether a move has to wait for one of the group to be done, since it may depend on it. */
static bool depends(const struct library *library, const struct library_move *move)
{
	for (const struct library_move *m = library->group; m; m = m->next)
		if (same(m->from, move->from) || same(m->from, move->to) || same(m->to, move->from) ||
		    same(m->to, move->to))
			return true;
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

/* Takes from the queue, in order, moves that can be made durable together, or one new cartridge. */
static void form_group(struct library *library)
{
	unsigned size = 0;

	library->records = 0;
	if (library->waiting && library->waiting->add) {
		struct library_move *move = take(library);

		append(&library->group_end, move);
		move->err = library_add_begin(library, move->add);
		return;
	}
	while (library->waiting && !library->waiting->add && size < GROUP_MAX && !depends(library, library->waiting)) {
		struct library_move *move = take(library);

		move->why.text[0] = 0;
		move->err = check(library, move, &library->record[library->records]);
		if (!move->err)
			library->records++;
		append(&library->group_end, move);
		size++;
	}
}

static void commit_work(struct media_job *job)
{
	struct library *library = (struct library *)((char *)job - offsetof(struct library, job));
	const struct library_move *first = library->group;

	/* The table does not change while a job runs. */
	library->commit_err = LIBRARY_OK;
	if (first->add && !first->err)
		library->commit_err = library_add_make(library, first->add, &library->commit_why);
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
	for (unsigned i = 0; !library->commit_err && i < library->records; i++)
		(void)table_put(&library->table, &library->record[i].cartridge);	/* known ids need no memory */
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

static void add_done(struct library_move *move)
{
	struct library_add *add = move->add;

	add->err = move->err;
	if (move->err && move->why.text[0])
		add->why = move->why;
	library_add_end(move->owner, add);
	add->done(add);
}

void library_add(struct library *library, struct media_exec *exec, struct library_add *add)
{
	add->made = NULL;
	add->why.text[0] = 0;
	add->move = (struct library_move){ .add = add, .done = add_done, .owner = library };
	submit(library, exec, &add->move);
}
