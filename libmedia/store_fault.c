/* SPDX-License-Identifier: GPL-2.0-only */
/* The store that fails on demand and records what goes through it. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fault_log.h"
#include "store_memory.h"

struct rule {
	unsigned after;		/* calls that still go well; the rule is off when !on */
	unsigned times;		/* calls that then fail; 0: all */
	int err;
	bool on;
};

/* How to take back one unsynced change of a file. */
struct undo {
	char name[MEDIA_STORE_NAME_MAX + 1];
	uint64_t off, size;	/* size: of the file before */
	size_t len;
	uint8_t *old;		/* len bytes from off */
	struct undo *next;	/* the change before it */
};

struct fault_store {
	struct media_store base;
	struct media_store *under;
	pthread_mutex_t mutex;	/* protects all below */
	struct rule rules[MEDIA_FAULT_COUNT];
	unsigned calls[MEDIA_FAULT_COUNT];
	struct undo *undo;	/* the newest first */
	bool dead;
	unsigned stop_after;		/* 0: stopped, if stop_err is set */
	int stop_err;
	bool late;		/* replace() fails after it has taken effect */
	uint64_t tokens;	/* given to writes so far */
	struct fault_log log;
};

struct media_file {
	struct fault_store *store;
	struct media_file *under;
	char name[MEDIA_STORE_NAME_MAX + 1];
};

static struct fault_store *fault(const struct media_store *store)
{
	return (struct fault_store *)store;
}

/* Counts a call; 0, or the error that it is to fail with. */
static int enter(struct fault_store *s, enum media_fault_op op)
{
	struct rule *r = &s->rules[op];
	int err = 0;

	pthread_mutex_lock(&s->mutex);
	s->calls[op]++;
	if (op != MEDIA_FAULT_OPEN && op != MEDIA_FAULT_PREAD && op != MEDIA_FAULT_LIST && op != MEDIA_FAULT_LOCK &&
	    s->stop_err && (!s->stop_after || !--s->stop_after)) {
		err = -s->stop_err;
	} else if (s->dead && op != MEDIA_FAULT_OPEN && op != MEDIA_FAULT_PREAD && op != MEDIA_FAULT_LIST) {
		err = -EIO;
	} else if (r->on && r->after) {
		r->after--;
	} else if (r->on) {
		err = -r->err;
		if (r->times && !--r->times)
			r->on = false;
	}
	pthread_mutex_unlock(&s->mutex);
	return err;
}

/* Adds to the log what went well. -ENOMEM is told to the caller: a test must not go on with a gap. */
static int record(struct fault_store *s, const struct fault_change *change, const char *name)
{
	struct fault_log *log = &s->log;
	struct fault_change *c;
	int rc = -ENOMEM;

	if (!log->begin)
		return 0;
	pthread_mutex_lock(&s->mutex);
	if (log->count == log->room) {
		size_t room = log->room ? 2 * log->room : 64;

		c = realloc(log->changes, room * sizeof(*c));
		if (!c)
			goto out;
		log->changes = c;
		log->room = room;
	}
	c = &log->changes[log->count];
	*c = *change;
	snprintf(c->name, sizeof(c->name), "%s", name);
	if (change->data) {
		c->data = malloc(change->len ? change->len : 1);
		if (!c->data)
			goto out;
		memcpy(c->data, change->data, change->len);
	}
	log->count++;
	rc = 0;
out:
	pthread_mutex_unlock(&s->mutex);
	return rc;
}

static void free_undo(struct undo *u)
{
	free(u->old);
	free(u);
}

/* Keeps what the next change of [off, off+len) destroys, if a sync is going to fail. */
static int remember(struct media_file *file, uint64_t off, uint64_t len)
{
	const struct media_store_ops *ops = file->store->under->ops;
	struct undo *u;
	ssize_t n;
	int rc;

	if (!file->store->rules[MEDIA_FAULT_SYNC].on)
		return 0;
	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOMEM;
	memcpy(u->name, file->name, sizeof(u->name));
	u->off = off;
	rc = ops->size(file->under, &u->size);
	if (rc == 0 && off < u->size && len) {
		u->len = (size_t)(len < u->size - off ? len : u->size - off);
		u->old = malloc(u->len);
		n = u->old ? ops->pread(file->under, u->old, u->len, off) : -ENOMEM;
		if (n < 0)
			rc = (int)n;
	}
	if (rc < 0) {
		free_undo(u);
		return rc;
	}
	pthread_mutex_lock(&file->store->mutex);
	u->next = file->store->undo;
	file->store->undo = u;
	pthread_mutex_unlock(&file->store->mutex);
	return 0;
}

/* Forgets how to take back the unsynced changes of a file, or takes them back (`file` not NULL). */
static void settle(struct fault_store *s, const char *name, struct media_file *file)
{
	const struct media_store_ops *ops = s->under->ops;
	struct undo **at = &s->undo;

	pthread_mutex_lock(&s->mutex);
	while (*at) {
		struct undo *u = *at;

		if (strcmp(u->name, name)) {
			at = &u->next;
			continue;
		}
		*at = u->next;
		if (file) {
			if (u->len)
				(void)ops->pwrite(file, u->old, u->len, u->off);
			(void)ops->truncate(file, u->size);
		}
		free_undo(u);
	}
	pthread_mutex_unlock(&s->mutex);
}

static int fault_open(struct media_store *store, const char *name, int flags, struct media_file **file)
{
	struct fault_store *s = fault(store);
	bool create = flags & MEDIA_STORE_CREATE;
	int rc = enter(s, create ? MEDIA_FAULT_CREATE : MEDIA_FAULT_OPEN);
	struct media_file *f;

	if (rc < 0)
		return rc;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->store = s;
	rc = s->under->ops->open(s->under, name, flags, &f->under);
	if (rc < 0) {
		free(f);
		return rc;
	}
	snprintf(f->name, sizeof(f->name), "%s", name);
	*file = f;
	return create ? record(s, &(struct fault_change){ .op = MEDIA_FAULT_CREATE }, name) : 0;
}

static void fault_close(struct media_file *file)
{
	file->store->under->ops->close(file->under);
	free(file);
}

static ssize_t fault_pread(struct media_file *file, void *buf, size_t len, uint64_t off)
{
	int rc = enter(file->store, MEDIA_FAULT_PREAD);

	return rc < 0 ? rc : file->store->under->ops->pread(file->under, buf, len, off);
}

static void fault_read_ahead(struct media_file *file, uint64_t off, uint64_t len)
{
	(void)enter(file->store, MEDIA_FAULT_READ_AHEAD);
	file->store->under->ops->read_ahead(file->under, off, len);
}

static ssize_t fault_pwrite(struct media_file *file, const void *buf, size_t len, uint64_t off)
{
	const struct media_store_ops *ops = file->store->under->ops;
	struct fault_change change = { .op = MEDIA_FAULT_PWRITE, .off = off, .len = len, .data = (uint8_t *)buf };
	uint64_t size = 0;
	ssize_t n;
	int rc = enter(file->store, MEDIA_FAULT_PWRITE);

	if (rc == 0)
		rc = remember(file, off, len);
	if (rc < 0)
		return rc;
	n = ops->pwrite(file->under, buf, len, off);
	if (n < 0) {
		/* What a full store took of it is there as well. */
		if (n != -ENOSPC || ops->size(file->under, &size) < 0 || size <= off)
			return n;
		change.len = size - off < len ? size - off : len;
	}
	rc = record(file->store, &change, file->name);
	return rc < 0 ? rc : n;
}

static void fault_write_begin(struct media_file *file, struct media_io *io)
{
	struct fault_store *s = file->store;
	struct fault_change change = {
		.op = MEDIA_FAULT_PWRITE, .off = io->off, .len = io->len, .data = (uint8_t *)io->buf
	};

	io->result = enter(s, MEDIA_FAULT_PWRITE);
	if (io->result < 0)
		return;
	change.token = io->token = __atomic_add_fetch(&s->tokens, 1, __ATOMIC_RELAXED);
	io->result = record(s, &change, file->name);
}

static int fault_write_end(struct media_file *file, struct media_io *io)
{
	struct fault_store *s = file->store;
	struct fault_change change = { .op = MEDIA_FAULT_WRITE_END, .len = io->len, .token = io->token };
	int rc = (int)io->result, rc2;
	uint64_t size;

	if (rc < 0)
		return rc;
	rc = enter(s, MEDIA_FAULT_WRITE_END);
	/* Of the writes that were under way when the process was killed, every other one still takes effect. */
	if (s->dead && io->token % 2)
		rc = 0;
	if (rc == 0)
		rc = remember(file, io->off, io->len);
	if (rc == 0) {
		ssize_t n = s->under->ops->pwrite(file->under, io->buf, io->len, io->off);

		rc = n < 0 ? (int)n : 0;
	}
	change.failed = rc < 0;
	/* What a full store took of it is there as well. */
	if (rc == -ENOSPC && s->under->ops->size(file->under, &size) == 0 && size > io->off) {
		change.failed = false;
		change.len = size - io->off < io->len ? size - io->off : io->len;
	}
	rc2 = record(s, &change, file->name);
	return rc < 0 ? rc : rc2;
}

static int fault_sync(struct media_file *file)
{
	struct fault_store *s = file->store;
	int rc = enter(s, MEDIA_FAULT_SYNC);
	int rc2;

	if (s->dead)
		return rc;
	if (rc == 0)
		rc = s->under->ops->sync(file->under);
	settle(s, file->name, rc < 0 ? file->under : NULL);
	rc2 = record(s, &(struct fault_change){ .op = MEDIA_FAULT_SYNC, .failed = rc < 0 }, file->name);
	return rc < 0 ? rc : rc2;
}

static int fault_size(struct media_file *file, uint64_t *size)
{
	return file->store->under->ops->size(file->under, size);
}

static int fault_allocate(struct media_file *file, uint64_t off, uint64_t len)
{
	int rc = enter(file->store, MEDIA_FAULT_ALLOCATE);

	if (rc == 0)
		rc = remember(file, off, 0);
	if (rc == 0)
		rc = file->store->under->ops->allocate(file->under, off, len);
	if (rc < 0)
		return rc;
	return record(file->store, &(struct fault_change){ .op = MEDIA_FAULT_ALLOCATE, .off = off, .len = len },
		      file->name);
}

static int fault_truncate(struct media_file *file, uint64_t size)
{
	int rc = enter(file->store, MEDIA_FAULT_TRUNCATE);

	if (rc == 0)
		rc = remember(file, size, UINT64_MAX);
	if (rc == 0)
		rc = file->store->under->ops->truncate(file->under, size);
	if (rc < 0)
		return rc;
	return record(file->store, &(struct fault_change){ .op = MEDIA_FAULT_TRUNCATE, .off = size }, file->name);
}

static int fault_replace(struct media_store *store, const char *name, const void *buf, size_t len)
{
	struct fault_change change = { .op = MEDIA_FAULT_REPLACE, .len = len, .data = (uint8_t *)buf };
	struct fault_store *s = fault(store);
	int rc = enter(s, MEDIA_FAULT_REPLACE), done = rc;

	if (rc == 0 || (s->late && !s->dead))
		done = s->under->ops->replace(s->under, name, buf, len);
	if (done < 0)
		return done;
	settle(s, name, NULL);
	done = record(s, &change, name);
	return rc < 0 ? rc : done;
}

static int fault_remove(struct media_store *store, const char *name)
{
	struct fault_store *s = fault(store);
	int rc = enter(s, MEDIA_FAULT_REMOVE);

	if (rc == 0)
		rc = s->under->ops->remove(s->under, name);
	if (rc < 0)
		return rc;
	settle(s, name, NULL);
	return record(s, &(struct fault_change){ .op = MEDIA_FAULT_REMOVE }, name);
}

static int fault_list(struct media_store *store, int (*each)(void *arg, const char *name), void *arg)
{
	struct fault_store *s = fault(store);
	int rc = enter(s, MEDIA_FAULT_LIST);

	return rc < 0 ? rc : s->under->ops->list(s->under, each, arg);
}

static int fault_space(struct media_store *store, uint64_t *bytes)
{
	return fault(store)->under->ops->space(fault(store)->under, bytes);
}

static int fault_lock(struct media_store *store, const char *owner, struct why *why)
{
	struct fault_store *s = fault(store);
	int rc = enter(s, MEDIA_FAULT_LOCK);

	if (rc < 0) {
		errno = -rc;
		why_set(why, "cannot lock: %m");
		return rc;
	}
	return s->under->ops->lock(s->under, owner, why);
}

static void fault_unlock(struct media_store *store)
{
	fault(store)->under->ops->unlock(fault(store)->under);
}

static void clear_log(struct fault_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		free(log->changes[i].data);
	free(log->changes);
	if (log->begin)
		log->begin->ops->destroy(log->begin);
	memset(log, 0, sizeof(*log));
}

static void fault_destroy(struct media_store *store)
{
	struct fault_store *s = fault(store);

	clear_log(&s->log);
	while (s->undo) {
		struct undo *u = s->undo;

		s->undo = u->next;
		free_undo(u);
	}
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

static const struct media_store_ops fault_ops = {
	.open = fault_open,
	.close = fault_close,
	.pread = fault_pread,
	.read_ahead = fault_read_ahead,
	.pwrite = fault_pwrite,
	.write_begin = fault_write_begin,
	.write_end = fault_write_end,
	.sync = fault_sync,
	.size = fault_size,
	.allocate = fault_allocate,
	.truncate = fault_truncate,
	.replace = fault_replace,
	.remove = fault_remove,
	.list = fault_list,
	.space = fault_space,
	.lock = fault_lock,
	.unlock = fault_unlock,
	.destroy = fault_destroy,
};

int media_store_fault(struct media_store *under, struct media_store **store)
{
	struct fault_store *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->base.ops = &fault_ops;
	s->under = under;
	pthread_mutex_init(&s->mutex, NULL);
	*store = &s->base;
	return 0;
}

void media_fault_late_replace(struct media_store *store, bool late)
{
	fault(store)->late = late;
}

void media_fault_fail(struct media_store *store, enum media_fault_op op, unsigned nth, unsigned times, int err)
{
	struct fault_store *s = fault(store);

	pthread_mutex_lock(&s->mutex);
	s->rules[op] = (struct rule){ .after = nth ? nth - 1 : 0, .times = times, .err = err, .on = nth };
	pthread_mutex_unlock(&s->mutex);
}

bool media_fault_stop(struct media_store *store, unsigned nth, int err)
{
	struct fault_store *s = fault(store);
	bool met = s->stop_err && !s->stop_after;

	s->stop_after = nth;
	s->stop_err = err;
	return met;
}

void media_fault_dead(struct media_store *store, bool dead)
{
	fault(store)->dead = dead;
}

unsigned media_fault_calls(const struct media_store *store, enum media_fault_op op)
{
	return fault(store)->calls[op];
}

int media_fault_record(struct media_store *store)
{
	struct fault_store *s = fault(store);

	clear_log(&s->log);
	return media_store_memory_clone(s->under, &s->log.begin);
}

size_t media_fault_recorded(const struct media_store *store)
{
	return fault(store)->log.count;
}

const struct fault_log *media_fault_log(const struct media_store *store)
{
	return &fault(store)->log;
}
