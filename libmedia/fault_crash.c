/* SPDX-License-Identifier: GPL-2.0-only */
/* Every state in which a crash may leave the files of a recording. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fault_log.h"
#include "store_memory.h"

#define SECTOR	512u
#define TEAR	4096u	/* bytes at either end of a write in which it is torn at every sector */
#define TAILS	2048u	/* where only the end of a write is kept, it begins at a multiple */

enum fate {
	KEPT,
	LOST,
	GROWN,			/* the file grew, but the data is lost: zeros */
	TORN_HEAD,		/* only what lies before offset `cut` is kept */
	TORN_TAIL,		/* only what lies from offset `cut` on is kept */
	FATES
};

struct pending {
	const struct fault_change *change;
	uint64_t len;		/* of a write */
	bool under_way;		/* it has not ended: no sync covers it yet */
	enum fate fate;
	uint64_t cut;		/* an offset in the file */
};

struct replay {
	const struct fault_log *log;
	const struct media_crash_sweep *sweep;
	struct media_store *durable;	/* a memory store: what no crash takes away any more */
	struct pending *pending;	/* the changes since, in order */
	size_t count;
	size_t op;
	uint64_t random;
};

/* Marsaglia's xorshift: all that is asked for is that a seed repeats a choice. */
static uint64_t draw(struct replay *r, uint64_t below)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return r->random % below;
}

static int grow(struct media_store *to, struct media_file *file, uint64_t end)
{
	uint64_t size;
	int rc = to->ops->size(file, &size);

	return rc < 0 || end <= size ? rc : to->ops->truncate(file, end);
}

static int write_part(struct media_store *to, struct media_file *file, const struct fault_change *c, uint64_t from,
		      uint64_t end)
{
	ssize_t n;

	if (from >= end)
		return 0;
	n = to->ops->pwrite(file, c->data + (from - c->off), (size_t)(end - from), from);
	return n < 0 ? (int)n : 0;
}

/* Does to a memory store what is left of an unsynced change. */
static int apply(struct media_store *to, const struct pending *p)
{
	const struct fault_change *c = p->change;
	uint64_t end = c->off + p->len;
	struct media_file *file;
	int rc;

	if (p->fate == LOST)
		return 0;
	rc = to->ops->open(to, c->name, 0, &file);
	if (rc < 0)
		return rc;
	if (c->op == MEDIA_FAULT_TRUNCATE)
		rc = to->ops->truncate(file, c->off);
	else if (c->op == MEDIA_FAULT_ALLOCATE)
		rc = to->ops->allocate(file, c->off, c->len);
	else if (p->fate == GROWN)
		rc = grow(to, file, end);
	else
		rc = write_part(to, file, c, p->fate == TORN_TAIL ? p->cut : c->off,
				p->fate == TORN_HEAD ? p->cut : end);
	to->ops->close(file);
	return rc;
}

static int visit(struct replay *r, const char *text)
{
	struct media_crash crash = { .op = r->op, .text = text };
	struct media_store *store;
	int rc = media_store_memory_clone(r->durable, &store);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < r->count && rc == 0; i++)
		rc = apply(store, &r->pending[i]);
	if (rc == 0)
		rc = r->sweep->each(r->sweep->arg, store, &crash);
	store->ops->destroy(store);
	return rc;
}

static void set_all(struct replay *r, enum fate fate)
{
	for (size_t i = 0; i < r->count; i++)
		r->pending[i].fate = fate;
}

static int visit_all(struct replay *r, enum fate fate, const char *text)
{
	set_all(r, fate);
	return visit(r, text);
}

/* Every unsynced change alone lost, and alone kept; with one of them that is what visit_all() does. */
static int visit_singles(struct replay *r)
{
	char text[160];
	int rc = 0;

	for (size_t i = 0; r->count > 1 && i < 2 * r->count && rc == 0; i++) {
		struct pending *p = &r->pending[i / 2];
		bool lost = i % 2;

		set_all(r, lost ? KEPT : LOST);
		p->fate = lost ? LOST : KEPT;
		snprintf(text, sizeof(text), "of what was not synced, only %s %llu+%llu is %s", p->change->name,
			 (unsigned long long)p->change->off, (unsigned long long)p->len,
			 lost ? "lost" : "kept");
		rc = visit(r, text);
	}
	return rc;
}

/* A write, torn at every sector near its ends. */
static int tear(struct replay *r, struct pending *p)
{
	uint64_t from = p->change->off, end = from + p->len;
	char text[160];
	int rc = 0;

	set_all(r, KEPT);
	for (uint64_t cut = from / SECTOR * SECTOR + SECTOR; cut < end && rc == 0; cut += SECTOR) {
		if (cut > from + TEAR && cut + TEAR < end)
			cut = (end - TEAR + SECTOR - 1) / SECTOR * SECTOR;
		/* What comes late on disk is mostly the end; that it comes first is tried at fewer places. */
		for (unsigned tail = 0; tail < (cut % TAILS ? 1 : 2) && rc == 0; tail++) {
			p->fate = tail ? TORN_TAIL : TORN_HEAD;
			p->cut = cut;
			snprintf(text, sizeof(text), "a write, %s %llu+%llu, kept only %s %llu", p->change->name,
				 (unsigned long long)from, (unsigned long long)p->len, tail ? "from" : "up to",
				 (unsigned long long)cut);
			rc = visit(r, text);
		}
	}
	return rc;
}

/* The write that is under way; before a sync, when most is at stake, every one. */
static int visit_torn(struct replay *r)
{
	bool all = r->op == r->log->count || r->log->changes[r->op].op == MEDIA_FAULT_SYNC;
	int rc = 0;

	for (size_t i = 0; i < r->count && rc == 0; i++) {
		struct pending *p = &r->pending[i];

		if (p->change->op == MEDIA_FAULT_PWRITE && (all || p->change == &r->log->changes[r->op - 1]))
			rc = tear(r, p);
	}
	return rc;
}

static int visit_random(struct replay *r)
{
	char text[80];
	int rc = 0;

	for (unsigned n = 0; r->count && n < r->sweep->random && rc == 0; n++) {
		for (size_t i = 0; i < r->count; i++) {
			struct pending *p = &r->pending[i];

			p->fate = (enum fate)draw(r, FATES);
			p->cut = (p->change->off + draw(r, p->len + 1)) / SECTOR * SECTOR;
			if (p->cut < p->change->off)
				p->cut = p->change->off;
		}
		snprintf(text, sizeof(text), "random choice %u of seed %llu", n, (unsigned long long)r->sweep->seed);
		rc = visit(r, text);
	}
	return rc;
}

static int visit_point(struct replay *r)
{
	int rc = visit_all(r, KEPT, "what was not synced is kept");

	if (!r->count)
		return rc;
	if (rc == 0)
		rc = visit_all(r, LOST, "what was not synced is lost");
	if (rc == 0)
		rc = visit_all(r, GROWN, "what was not synced is zeros");
	if (rc == 0)
		rc = visit_singles(r);
	if (rc == 0)
		rc = visit_torn(r);
	return rc == 0 ? visit_random(r) : rc;
}

/* Takes the unsynced changes of a file off the list: a sync does, and keeps them, or (`gone`) the end of the file. */
static int settle(struct replay *r, const char *name, bool keep, bool gone)
{
	size_t left = 0;
	int rc = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct pending p = r->pending[i];

		p.fate = KEPT;
		if (strcmp(p.change->name, name) || (p.under_way && !gone))
			r->pending[left++] = p;
		else if (keep && rc == 0)
			rc = apply(r->durable, &p);
	}
	r->count = left;
	return rc;
}

/* A write has ended: as it was begun, or shorter, or not at all. */
static void end_write(struct replay *r, const struct fault_change *c)
{
	size_t i = 0;

	while (i < r->count && r->pending[i].change->token != c->token)
		i++;
	if (i == r->count)
		return;
	r->pending[i].under_way = false;
	r->pending[i].len = c->len;
	if (c->failed) {
		r->count--;
		memmove(&r->pending[i], &r->pending[i + 1], (r->count - i) * sizeof(r->pending[i]));
	}
}

static int step(struct replay *r, const struct fault_change *c)
{
	struct media_store *d = r->durable;
	struct media_file *file;
	int rc;

	switch (c->op) {
	case MEDIA_FAULT_CREATE:
		rc = d->ops->open(d, c->name, MEDIA_STORE_CREATE, &file);
		if (rc == 0)
			d->ops->close(file);
		return rc;
	case MEDIA_FAULT_SYNC:
		return settle(r, c->name, !c->failed, false);
	case MEDIA_FAULT_REPLACE:
		settle(r, c->name, false, true);
		return d->ops->replace(d, c->name, c->data, c->len);
	case MEDIA_FAULT_REMOVE:
		settle(r, c->name, false, true);
		return d->ops->remove(d, c->name);
	case MEDIA_FAULT_WRITE_END:
		end_write(r, c);
		return 0;
	default:
		r->pending[r->count++] = (struct pending){ .change = c, .len = c->len, .under_way = c->token };
		return 0;
	}
}

int media_fault_crashes(struct media_store *store, const struct media_crash_sweep *sweep)
{
	const struct fault_log *log = media_fault_log(store);
	size_t every = sweep->every ? sweep->every : 1;
	struct replay r = { .log = log, .sweep = sweep, .random = sweep->seed | 1 };
	int rc;

	if (!log->begin)
		return -EINVAL;
	r.pending = calloc(log->count + 1, sizeof(*r.pending));
	if (!r.pending)
		return -ENOMEM;
	rc = media_store_memory_clone(log->begin, &r.durable);
	if (rc < 0) {
		free(r.pending);
		return rc;
	}
	for (r.op = 0; rc == 0; r.op++) {
		if (r.op % every == 0)
			rc = visit_point(&r);
		if (r.op == log->count || rc)
			break;
		rc = step(&r, &log->changes[r.op]);
	}
	r.durable->ops->destroy(r.durable);
	free(r.pending);
	return rc;
}
