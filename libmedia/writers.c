/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes, reads and removals that go on while their caller does something else: asynchronous I/O, or threads. */
#include "writers.h"

#include <errno.h>
#include <libaio.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media.h"

/* Writes and reads under way in the kernel, of all cartridges; one more goes to the threads. */
#define SLOTS	512
#define THREADS	4

struct slot {
	struct iocb cb;
	struct media_io *io;
	struct slot *next;		/* of the free ones */
};

struct removal {
	struct removal *next;
	struct media_trash *trash;
	int dir;
	uint64_t bytes;
	char name[];
};

struct media_writers {
	pthread_mutex_t lock;		/* all below, `done` of every write, and the trash of every store */
	pthread_cond_t ended;		/* something has ended, or nobody looks for ends in the kernel any more */
	pthread_cond_t work;		/* there is something for a thread, or stop */
	io_context_t context;
	bool asked, refused;		/* whether there is a context */
	bool looking;			/* one of those who wait is in io_getevents() for all */
	struct slot slot[SLOTS], *free;
	struct media_io *first, **last;	/* for the threads */
	struct removal *trash;		/* the same, after them, */
	bool removing;			/* one at a time: it is long work for the disk */
	unsigned threads, idle, queued;
	pthread_t thread[THREADS];
	bool stop;
};

struct media_writers *media_writers_new(void)
{
	struct media_writers *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->ended, NULL);
	pthread_cond_init(&w->work, NULL);
	w->last = &w->first;
	for (unsigned i = 0; i < SLOTS; i++) {
		w->slot[i].next = w->free;
		w->free = &w->slot[i];
	}
	return w;
}

void media_writers_free(struct media_writers *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->work);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->threads; i++)
		pthread_join(w->thread[i], NULL);
	if (w->asked && !w->refused)
		io_destroy(w->context);
	pthread_cond_destroy(&w->work);
	pthread_cond_destroy(&w->ended);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void media_writers_refuse(struct media_writers *w)
{
	if (w->asked && !w->refused)
		io_destroy(w->context);
	w->asked = w->refused = true;
}

static void do_here(struct media_io *io)
{
	do
		io->result = io->into ? pread(io->fd, io->into, io->len, (off_t)io->off) :
					pwrite(io->fd, io->buf, io->len, (off_t)io->off);
	while (io->result < 0 && errno == EINTR);
	if (io->result < 0)
		io->result = -errno;
}

/* The two kinds of work, both called with the lock, which they give up meanwhile. */
static void do_one(struct media_writers *w)
{
	struct media_io *io = w->first;

	w->first = io->next;
	if (!w->first)
		w->last = &w->first;
	w->queued--;
	pthread_mutex_unlock(&w->lock);
	do_here(io);
	pthread_mutex_lock(&w->lock);
	io->done = true;
}

static void remove_one(struct media_writers *w)
{
	struct removal *r = w->trash;

	w->trash = r->next;
	w->removing = true;
	pthread_mutex_unlock(&w->lock);
	/* One that stays is removed by whoever opens the store next. */
	(void)unlinkat(r->dir, r->name, 0);
	pthread_mutex_lock(&w->lock);
	w->removing = false;
	r->trash->files--;
	r->trash->bytes -= r->bytes;
	free(r);
}

static void *work(void *arg)
{
	struct media_writers *w = arg;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		if (w->first) {
			do_one(w);
			pthread_cond_broadcast(&w->ended);
		} else if (w->trash && !w->removing) {
			remove_one(w);
			pthread_cond_broadcast(&w->ended);
		} else if (w->stop) {
			break;
		} else {
			w->idle++;
			pthread_cond_wait(&w->work, &w->lock);
			w->idle--;
		}
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* A thread with every signal blocked: those of the process are not for it. */
static void add_thread(struct media_writers *w)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&w->thread[w->threads], NULL, work, w) == 0)
		w->threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Leaves it to a thread; false: there is none. Called with the lock. */
static bool queue(struct media_writers *w, struct media_io *io)
{
	if (w->queued >= w->idle && w->threads < THREADS)
		add_thread(w);
	if (!w->threads)
		return false;
	io->next = NULL;
	*w->last = io;
	w->last = &io->next;
	w->queued++;
	pthread_cond_signal(&w->work);
	return true;
}

/*
 * Hands it to the kernel, which its token says then; false: that does not take it. Called with the lock, which it gives
 * up meanwhile.
 */
static bool submit(struct media_writers *w, struct media_io *io)
{
	struct slot *slot;
	struct iocb *cb;
	int n;

	if (!w->asked) {
		w->asked = true;
		w->refused = io_setup(SLOTS, &w->context) < 0;
	}
	slot = w->free;
	if (w->refused || !slot)
		return false;
	w->free = slot->next;
	slot->io = io;
	io->token = 1;
	cb = &slot->cb;
	if (io->into)
		io_prep_pread(cb, io->fd, io->into, io->len, (long long)io->off);
	else
		io_prep_pwrite(cb, io->fd, (void *)io->buf, io->len, (long long)io->off);
	cb->data = slot;
	pthread_mutex_unlock(&w->lock);
	n = io_submit(w->context, 1, &cb);
	pthread_mutex_lock(&w->lock);
	if (n == 1)
		return true;
	io->token = 0;
	slot->next = w->free;
	w->free = slot;
	return false;
}

bool media_writers_remove(struct media_writers *w, struct media_trash *trash, int dir, const char *name, uint64_t bytes)
{
	size_t len = strlen(name) + 1;
	struct removal *r = malloc(sizeof(*r) + len);

	if (!r)
		return false;
	*r = (struct removal){ .trash = trash, .dir = dir, .bytes = bytes };
	memcpy(r->name, name, len);
	pthread_mutex_lock(&w->lock);
	if (!w->idle && w->threads < THREADS)
		add_thread(w);
	if (!w->threads) {
		pthread_mutex_unlock(&w->lock);
		free(r);
		return false;
	}
	r->next = w->trash;
	w->trash = r;
	trash->files++;
	trash->bytes += bytes;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	return true;
}

uint64_t media_writers_trash(struct media_writers *w, const struct media_trash *trash)
{
	uint64_t bytes;

	pthread_mutex_lock(&w->lock);
	bytes = trash->bytes;
	pthread_mutex_unlock(&w->lock);
	return bytes;
}

bool media_writers_settle(struct media_writers *w, const struct media_trash *trash)
{
	bool any;

	pthread_mutex_lock(&w->lock);
	any = trash->files;
	while (trash->files)
		pthread_cond_wait(&w->ended, &w->lock);
	pthread_mutex_unlock(&w->lock);
	return any;
}

void media_writers_begin(struct media_writers *w, struct media_io *io, bool direct)
{
	bool begun;

	io->done = false;
	io->token = 0;
	pthread_mutex_lock(&w->lock);
	begun = (direct && submit(w, io)) || queue(w, io);
	pthread_mutex_unlock(&w->lock);
	if (begun)
		return;
	do_here(io);
	io->done = true;
}

/*
 * Takes over what the kernel has ended, of whomever, and waits for one if it is to. Called with the lock, which it
 * gives up meanwhile.
 */
static void look(struct media_writers *w, bool wait)
{
	struct timespec now = { 0 };
	struct io_event event[32];
	int n;

	w->looking = true;
	pthread_mutex_unlock(&w->lock);
	n = io_getevents(w->context, wait, sizeof(event) / sizeof(*event), event, wait ? NULL : &now);
	pthread_mutex_lock(&w->lock);
	w->looking = false;
	for (int i = 0; i < n; i++) {
		struct slot *slot = event[i].data;

		slot->io->result = (ssize_t)event[i].res;
		slot->io->done = true;
		slot->next = w->free;
		w->free = slot;
	}
	pthread_cond_broadcast(&w->ended);
}

ssize_t media_writers_end(struct media_writers *w, struct media_io *io)
{
	pthread_mutex_lock(&w->lock);
	while (!io->done) {
		if (io->token && !w->looking)
			look(w, true);
		else
			pthread_cond_wait(&w->ended, &w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return io->result;
}

bool media_writers_ended(struct media_writers *w, struct media_io *io)
{
	bool done;

	pthread_mutex_lock(&w->lock);
	if (!io->done && io->token && !w->looking)
		look(w, false);
	done = io->done;
	pthread_mutex_unlock(&w->lock);
	return done;
}
