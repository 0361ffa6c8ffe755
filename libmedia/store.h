/* SPDX-License-Identifier: GPL-2.0-only */
/* The storage port: the files of one cartridge (or of one library), by flat name. */
#ifndef MEDIA_STORE_H
#define MEDIA_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "why.h"

/*
 * Every function may block and may be called from any thread, one at a time per file; different files of one
 * store may be used at the same time. Functions return 0 or a byte count, or -errno. Names are
 * [A-Za-z0-9._-]{1,64}, but not "." and ".."; `lock` is the store's own: no other function takes or lists it.
 * A crash may lose or tear every pwrite(), allocate() and truncate() that no later sync() of the same file
 * covered; creating a file, replace() and remove() are durable when they return (fsync of the folder).
 *
 * Implementations: posix (a directory), memory (tests), fault (wraps another: records what a crash could
 * lose, and fails the Nth call).
 */
struct media_store;
struct media_file;
struct media_memory;
struct media_writers;

/* A write under way: the caller's, who fills the first three and keeps it and the bytes until write_end(). */
struct media_io {
	const void *buf;
	size_t len;
	uint64_t off;
	/* the store's */
	void *into;			/* it is a read, to here */
	struct media_io *next;
	uint64_t token;
	ssize_t result;
	int fd;
	bool done;
};

enum {
	MEDIA_STORE_CREATE = 1,		/* the file must not exist: else -EEXIST */
	MEDIA_STORE_RDONLY = 2,
	MEDIA_STORE_DIRECT = 4,		/* O_DIRECT where it is offered, else silently buffered */
};

struct media_store_ops {
	int (*open)(struct media_store *store, const char *name, int flags, struct media_file **file);
	void (*close)(struct media_file *file);
	/* All of `len` or an error; fewer bytes only at the end of the file. */
	ssize_t (*pread)(struct media_file *file, void *buf, size_t len, uint64_t off);
	/* As pread(), if all of it is in memory: else -EAGAIN, at once. Never waits for a disk, so it may be called
	 * on a thread that must not block. NULL: not offered. */
	ssize_t (*pread_now)(struct media_file *file, void *buf, size_t len, uint64_t off);
	/*
	 * A hint: this will be read next, in a row, and may be fetched meanwhile: into memory of the file's own, if the
	 * page cache does not have it. Beyond the end of the file it means nothing. Length 0: nothing will be, and that
	 * memory is given back, without waiting for a disk.
	 */
	void (*read_ahead)(struct media_file *file, uint64_t off, uint64_t len);
	/* All of `len` or an error (-ENOSPC may have written a part). */
	ssize_t (*pwrite)(struct media_file *file, const void *buf, size_t len, uint64_t off);
	/*
	 * Begins a write that write_end() waits for: 0 (all of it is written) or -errno. Several of one file may be
	 * under way, with other calls between, if they do not overlap; when they have all ended the file may be closed.
	 * sync() covers only those that have ended.
	 */
	void (*write_begin)(struct media_file *file, struct media_io *io);
	int (*write_end)(struct media_file *file, struct media_io *io) __attribute__((warn_unused_result));
	/* Makes what was written durable, size included. After a failure nothing written since the last good
	 * sync may be assumed to be there, and repeating the call proves nothing. */
	int (*sync)(struct media_file *file);
	int (*size)(struct media_file *file, uint64_t *size);
	/* Allocates [off, off+len) and grows the file; reads there give zeros. -EOPNOTSUPP is harmless. */
	int (*allocate)(struct media_file *file, uint64_t off, uint64_t len);
	int (*truncate)(struct media_file *file, uint64_t size);
	/* Atomically replaces the whole content of `name`, durably. After a failure either content may be there. */
	int (*replace)(struct media_store *store, const char *name, const void *buf, size_t len);
	int (*remove)(struct media_store *store, const char *name);
	/* Calls `each` with every name; order is unspecified. Stops at the first non-zero return and returns it. */
	int (*list)(struct media_store *store, int (*each)(void *arg, const char *name), void *arg);
	/* Bytes that may still be written here by us. */
	int (*space)(struct media_store *store, uint64_t *bytes);
	/* One opener at a time, also within one process (open-file-description lock). -EBUSY names the holder
	 * in `why`. `owner` is one line that others will be told. */
	int (*lock)(struct media_store *store, const char *owner, struct why *why);
	void (*unlock)(struct media_store *store);
	/* Files opened from now on write by them (media.h), and remove() uses them; until unlock(), which waits for
	 * them, or NULL is given. They outlive these files. NULL: it makes no difference. */
	void (*use_writers)(struct media_store *store, struct media_writers *writers, struct media_memory *memory);
	/* Frees the store; closed files and unlock come first. */
	void (*destroy)(struct media_store *store);
};

struct media_store {
	const struct media_store_ops *ops;
};

/* Opens the directory `path` (created with mode 0700 when `create`; then it must not exist).
 * -ENOENT, -EEXIST, -ENOTDIR, -EACCES … with the path in `why`. */
int media_store_posix(const char *path, bool create, struct media_store **store, struct why *why);

/* Reads a whole small file (at most `max` bytes) into malloc'ed memory. -EFBIG if larger. */
int media_store_read(struct media_store *store, const char *name, size_t max, uint8_t **buf, size_t *len);

#endif
