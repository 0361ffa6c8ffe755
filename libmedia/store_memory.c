/* SPDX-License-Identifier: GPL-2.0-only */
/* The store in memory. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store_memory.h"
#include "store_name.h"

/* Bytes from `have` to `size` were never written: they are zeros, and take no memory. */
struct content {
	char name[MEDIA_STORE_NAME_MAX + 1];
	uint8_t *data;
	size_t have, room;
	uint64_t size;
	unsigned users;		/* its name, while it has one, and every open file */
	struct content *next;
};

struct memory_store {
	struct media_store base;
	pthread_mutex_t mutex;	/* protects everything here, and users and size of every content */
	struct content *first;
	uint64_t used, limit;
	bool locked;
	char owner[256];
};

struct media_file {
	struct memory_store *store;
	struct content *content;
	bool read_only;
};

static struct memory_store *memory(struct media_store *store)
{
	return (struct memory_store *)store;
}

/* Returns the pointer to it, or to the end of the list. */
static struct content **find(struct memory_store *s, const char *name)
{
	struct content **c = &s->first;

	while (*c && strcmp((*c)->name, name))
		c = &(*c)->next;
	return c;
}

static void put_content(struct memory_store *s, struct content *c)
{
	if (--c->users)
		return;
	s->used -= c->size;
	free(c->data);
	free(c);
}

/* Changes the size in the books; -ENOSPC beyond the limit. */
static int resize(struct memory_store *s, struct content *c, uint64_t size)
{
	int rc = 0;

	pthread_mutex_lock(&s->mutex);
	if (size > c->size && size - c->size > s->limit - (s->used < s->limit ? s->used : s->limit)) {
		rc = -ENOSPC;
	} else {
		s->used += size - c->size;
		c->size = size;
	}
	pthread_mutex_unlock(&s->mutex);
	return rc;
}

/* As far as the file may grow towards `end`. */
static uint64_t reach(struct memory_store *s, struct content *c, uint64_t end)
{
	uint64_t most;

	pthread_mutex_lock(&s->mutex);
	most = c->size + (s->used < s->limit ? s->limit - s->used : 0);
	pthread_mutex_unlock(&s->mutex);
	return end < most ? end : most;
}

static struct content *new_content(const char *name)
{
	struct content *c = calloc(1, sizeof(*c));

	if (c) {
		snprintf(c->name, sizeof(c->name), "%s", name);
		c->users = 1;
	}
	return c;
}

static int memory_open(struct media_store *store, const char *name, int flags, struct media_file **file)
{
	struct memory_store *s = memory(store);
	struct media_file *f;
	struct content **c;
	int rc = 0;

	if (!media_store_name_ok(name))
		return -EINVAL;
	f = malloc(sizeof(*f));
	if (!f)
		return -ENOMEM;
	pthread_mutex_lock(&s->mutex);
	c = find(s, name);
	if (!(flags & MEDIA_STORE_CREATE))
		rc = *c ? 0 : -ENOENT;
	else if (*c)
		rc = -EEXIST;
	else if (!(*c = new_content(name)))
		rc = -ENOMEM;
	if (rc == 0) {
		*f = (struct media_file){ .store = s, .content = *c, .read_only = flags & MEDIA_STORE_RDONLY };
		(*c)->users++;
		*file = f;
	}
	pthread_mutex_unlock(&s->mutex);
	if (rc < 0)
		free(f);
	return rc;
}

static void memory_close(struct media_file *file)
{
	pthread_mutex_lock(&file->store->mutex);
	put_content(file->store, file->content);
	pthread_mutex_unlock(&file->store->mutex);
	free(file);
}

static ssize_t memory_pread(struct media_file *file, void *buf, size_t len, uint64_t off)
{
	const struct content *c = file->content;
	size_t data;

	if (off >= c->size)
		return 0;
	if (len > c->size - off)
		len = (size_t)(c->size - off);
	data = off < c->have ? c->have - (size_t)off : 0;
	if (data > len)
		data = len;
	if (data)
		memcpy(buf, c->data + off, data);
	if (len > data)
		memset((uint8_t *)buf + data, 0, len - data);
	return (ssize_t)len;
}

static void memory_read_ahead(struct media_file *file, uint64_t off, uint64_t len)
{
}

static int put_data(struct content *c, const void *buf, size_t len, size_t off)
{
	if (!len)
		return 0;
	if (off + len > c->room) {
		size_t room = off + len + (off + len) / 2;
		uint8_t *p = realloc(c->data, room);

		if (!p)
			return -ENOMEM;
		c->data = p;
		c->room = room;
	}
	if (off > c->have)
		memset(c->data + c->have, 0, off - c->have);
	memcpy(c->data + off, buf, len);
	if (off + len > c->have)
		c->have = off + len;
	return 0;
}

static ssize_t memory_pwrite(struct media_file *file, const void *buf, size_t len, uint64_t off)
{
	struct content *c = file->content;
	uint64_t end = off + len;
	int rc;

	if (file->read_only)
		return -EBADF;
	if (!len)
		return 0;
	if (end > c->size)
		end = reach(file->store, c, end);
	if (end <= off)
		return -ENOSPC;
	rc = put_data(c, buf, (size_t)(end - off), (size_t)off);
	if (rc == 0 && end > c->size)
		rc = resize(file->store, c, end);
	if (rc < 0)
		return rc;
	return end == off + len ? (ssize_t)len : -ENOSPC;
}

/* Takes effect as late as it may, so that tests find who relies on it earlier. */
static void memory_write_begin(struct media_file *file, struct media_io *io)
{
}

static int memory_write_end(struct media_file *file, struct media_io *io)
{
	ssize_t n = memory_pwrite(file, io->buf, io->len, io->off);

	return n < 0 ? (int)n : 0;
}

static int memory_sync(struct media_file *file)
{
	return 0;
}

static int memory_size(struct media_file *file, uint64_t *size)
{
	*size = file->content->size;
	return 0;
}

static int memory_allocate(struct media_file *file, uint64_t off, uint64_t len)
{
	if (file->read_only)
		return -EBADF;
	return off + len > file->content->size ? resize(file->store, file->content, off + len) : 0;
}

static int memory_truncate(struct media_file *file, uint64_t size)
{
	if (file->read_only)
		return -EBADF;
	if (size < file->content->have)
		file->content->have = (size_t)size;
	return resize(file->store, file->content, size);
}

/* Takes the content's name away, in the list and from itself. */
static void unlink_content(struct memory_store *s, struct content **at)
{
	struct content *c = *at;

	*at = c->next;
	put_content(s, c);
}

static int memory_replace(struct media_store *store, const char *name, const void *buf, size_t len)
{
	struct memory_store *s = memory(store);
	struct content **old, *c;
	int rc;

	if (!media_store_name_ok(name))
		return -EINVAL;
	c = new_content(name);
	if (!c)
		return -ENOMEM;
	rc = put_data(c, buf, len, 0);
	if (rc == 0)
		rc = resize(s, c, len);
	pthread_mutex_lock(&s->mutex);
	if (rc < 0) {
		put_content(s, c);
	} else {
		old = find(s, name);
		if (*old)
			unlink_content(s, old);
		c->next = s->first;
		s->first = c;
	}
	pthread_mutex_unlock(&s->mutex);
	return rc;
}

static int memory_remove(struct media_store *store, const char *name)
{
	struct memory_store *s = memory(store);
	struct content **c;
	int rc = -ENOENT;

	if (!media_store_name_ok(name))
		return -EINVAL;
	pthread_mutex_lock(&s->mutex);
	c = find(s, name);
	if (*c) {
		unlink_content(s, c);
		rc = 0;
	}
	pthread_mutex_unlock(&s->mutex);
	return rc;
}

/* Goes through a copy of the names, so that `each` may use the store. */
static int memory_list(struct media_store *store, int (*each)(void *arg, const char *name), void *arg)
{
	struct memory_store *s = memory(store);
	char (*names)[MEDIA_STORE_NAME_MAX + 1];
	size_t n = 0, count = 0;
	int rc = 0;

	pthread_mutex_lock(&s->mutex);
	for (const struct content *c = s->first; c; c = c->next)
		count++;
	names = malloc(count ? count * sizeof(*names) : 1);
	for (const struct content *c = s->first; names && c; c = c->next)
		memcpy(names[n++], c->name, sizeof(c->name));
	pthread_mutex_unlock(&s->mutex);
	if (!names)
		return -ENOMEM;
	for (n = 0; n < count && rc == 0; n++)
		rc = each(arg, names[n]);
	free(names);
	return rc;
}

static int memory_space(struct media_store *store, uint64_t *bytes)
{
	struct memory_store *s = memory(store);

	pthread_mutex_lock(&s->mutex);
	*bytes = s->used < s->limit ? s->limit - s->used : 0;
	pthread_mutex_unlock(&s->mutex);
	return 0;
}

static int memory_lock(struct media_store *store, const char *owner, struct why *why)
{
	struct memory_store *s = memory(store);
	int rc = 0;

	pthread_mutex_lock(&s->mutex);
	if (s->locked) {
		why_set(why, "in use by %s", s->owner);
		rc = -EBUSY;
	} else {
		s->locked = true;
		snprintf(s->owner, sizeof(s->owner), "%s", owner);
	}
	pthread_mutex_unlock(&s->mutex);
	return rc;
}

static void memory_unlock(struct media_store *store)
{
	struct memory_store *s = memory(store);

	pthread_mutex_lock(&s->mutex);
	s->locked = false;
	pthread_mutex_unlock(&s->mutex);
}

static void memory_destroy(struct media_store *store)
{
	struct memory_store *s = memory(store);

	while (s->first)
		unlink_content(s, &s->first);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

static const struct media_store_ops memory_ops = {
	.open = memory_open,
	.close = memory_close,
	.pread = memory_pread,
	.pread_now = memory_pread,
	.read_ahead = memory_read_ahead,
	.pwrite = memory_pwrite,
	.write_begin = memory_write_begin,
	.write_end = memory_write_end,
	.sync = memory_sync,
	.size = memory_size,
	.allocate = memory_allocate,
	.truncate = memory_truncate,
	.replace = memory_replace,
	.remove = memory_remove,
	.list = memory_list,
	.space = memory_space,
	.lock = memory_lock,
	.unlock = memory_unlock,
	.destroy = memory_destroy,
};

int media_store_memory(struct media_store **store)
{
	struct memory_store *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->base.ops = &memory_ops;
	s->limit = 1ull << 40;
	pthread_mutex_init(&s->mutex, NULL);
	*store = &s->base;
	return 0;
}

struct cloner {
	struct media_store *from, *to;
};

static int clone_file(void *arg, const char *name)
{
	const struct cloner *cl = arg;
	uint8_t *buf;
	size_t len;
	int rc = media_store_read(cl->from, name, SIZE_MAX / 2, &buf, &len);

	if (rc < 0)
		return rc;
	rc = cl->to->ops->replace(cl->to, name, buf, len);
	free(buf);
	return rc;
}

/* The same from a memory store, without writing out the zeros of what was only allocated. */
static int clone_memory(struct memory_store *from, struct memory_store *to)
{
	int rc = 0;

	pthread_mutex_lock(&from->mutex);
	for (const struct content *c = from->first; c && rc == 0; c = c->next) {
		struct content *copy = new_content(c->name);

		rc = copy ? put_data(copy, c->data, c->have, 0) : -ENOMEM;
		if (!copy)
			break;
		copy->size = c->size;
		copy->next = to->first;
		to->first = copy;
		to->used += c->size;
	}
	pthread_mutex_unlock(&from->mutex);
	return rc;
}

int media_store_memory_clone(struct media_store *from, struct media_store **store)
{
	struct cloner cl = { .from = from };
	int rc = media_store_memory(&cl.to);

	if (rc < 0)
		return rc;
	if (from->ops == &memory_ops)
		rc = clone_memory(memory(from), memory(cl.to));
	else
		rc = from->ops->list(from, clone_file, &cl);
	if (rc < 0) {
		memory_destroy(cl.to);
		return rc;
	}
	*store = cl.to;
	return 0;
}

void media_store_memory_limit(struct media_store *store, uint64_t bytes)
{
	struct memory_store *s = memory(store);

	pthread_mutex_lock(&s->mutex);
	s->limit = bytes;
	pthread_mutex_unlock(&s->mutex);
}
