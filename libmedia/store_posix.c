/* SPDX-License-Identifier: GPL-2.0-only */
/* The store that is a directory. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "ahead.h"
#include "foreign.h"
#include "store.h"
#include "store_name.h"
#include "writers.h"

/*
 * replace() writes NAME~ and renames it; remove() renames a large file to NAME~~ first. No name of a store ends so:
 * what a crash leaves is never listed, the next replace() uses it again, and lock() removes it.
 */
#define TEMP_SUFFIX	"~"
#define TRASH_SUFFIX	"~~"
/* Bytes of a file that is removed at once. */
#define SMALL		(1 << 20)

struct posix_store {
	struct media_store base;
	int dir;
	int lock;		/* -1: not locked by us */
	struct media_writers *writers;
	struct media_memory *memory;	/* of what is read ahead, or NULL */
	struct media_trash trash;
	atomic_uint_fast64_t version;	/* of the content of all files: changes before and after each write */
	char path[];
};

struct media_file {
	int fd;
	bool direct;		/* O_DIRECT was taken */
	struct posix_store *store;
	struct media_writers *writers;
	struct media_ahead *ahead;	/* NULL: nothing was, or nothing can be read ahead past the page cache */
	bool cached;			/* nothing can */
	char name[MEDIA_STORE_NAME_MAX + 1];
};

static struct posix_store *posix(struct media_store *store)
{
	return (struct posix_store *)store;
}

static int sync_dir(int dir)
{
	/* Some file systems have nothing to sync in a directory, and say so. */
	return fsync(dir) < 0 && errno != EINVAL ? -errno : 0;
}

/* Never follows a link, never blocks on what is not a file, and takes nothing but a file. Returns it or -errno. */
static int open_file(int dir, const char *name, int flags)
{
	struct stat st;
	int fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

/* Where O_DIRECT is not offered the file stays buffered. tmpfs takes it, and copies all the same. */
static bool make_direct(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
		return false;
	return fcntl(fd, F_SETFL, O_DIRECT) == 0;
}

static int posix_open(struct media_store *store, const char *name, int flags, struct media_file **file)
{
	int dir = posix(store)->dir;
	int mode = flags & MEDIA_STORE_RDONLY ? O_RDONLY : O_RDWR;
	struct media_file *f;
	int rc;

	if (!media_store_name_ok(name))
		return -EINVAL;
	if (flags & MEDIA_STORE_CREATE)
		mode |= O_CREAT | O_EXCL;
	f = malloc(sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->fd = open_file(dir, name, mode);
	rc = f->fd;
	if (rc >= 0 && flags & MEDIA_STORE_CREATE) {
		rc = sync_dir(dir);
		if (rc < 0) {
			unlinkat(dir, name, 0);
			close(f->fd);
		}
	}
	if (rc < 0) {
		free(f);
		return rc;
	}
	f->direct = flags & MEDIA_STORE_DIRECT && make_direct(f->fd);
	f->store = posix(store);
	f->writers = f->store->writers;
	f->ahead = NULL;
	f->cached = !f->writers;
	snprintf(f->name, sizeof(f->name), "%s", name);
	*file = f;
	return 0;
}

static void posix_close(struct media_file *file)
{
	media_ahead_free(file->ahead);
	close(file->fd);
	free(file);
}

/* After EINVAL: whether O_DIRECT was set, whose rules a buffer broke, and is no longer. */
static bool was_direct(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && flags & O_DIRECT && fcntl(fd, F_SETFL, flags & ~O_DIRECT) == 0;
}

static ssize_t posix_pread(struct media_file *file, void *buf, size_t len, uint64_t off)
{
	size_t have = 0;

	while (have < len) {
		uint8_t *p = (uint8_t *)buf + have;
		size_t gap = len - have;
		ssize_t n = 0;

		if (file->ahead)
			n = (ssize_t)media_ahead_take(file->ahead, p, len - have, off + have, file->store->version,
						      &gap);
		if (n == 0)
			n = pread(file->fd, p, gap < len - have ? gap : len - have, (off_t)(off + have));
		if (n == 0)
			break;
		if (n > 0)
			have += (size_t)n;
		else if (errno != EINTR && !(errno == EINVAL && was_direct(file->fd)))
			return -errno;
	}
	return (ssize_t)have;
}

static ssize_t posix_pread_now(struct media_file *file, void *buf, size_t len, uint64_t off)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	ssize_t n = preadv2(file->fd, &iov, 1, (off_t)off, RWF_NOWAIT);

	return n == (ssize_t)len ? n : -EAGAIN;
}

/* Opens the same file once more, to be read past the page cache; -1: that is not to be had. */
static int open_direct(const struct media_file *file)
{
	int fd = open_file(file->store->dir, file->name, O_RDONLY);
	struct stat mine, its;

	if (fd < 0)
		return -1;
	/* The name may be another file's by now. */
	if (fstat(file->fd, &mine) == 0 && fstat(fd, &its) == 0 && mine.st_dev == its.st_dev &&
	    mine.st_ino == its.st_ino && make_direct(fd))
		return fd;
	close(fd);
	return -1;
}

static void posix_read_ahead(struct media_file *file, uint64_t off, uint64_t len)
{
	if (!len) {
		if (file->ahead)
			media_ahead_rest(file->ahead);
		return;
	}
	if (!file->ahead && !file->cached) {
		int fd = open_direct(file);

		file->cached = fd < 0;
		file->ahead = fd < 0 ? NULL : media_ahead_new(fd, file->writers, file->store->memory);
	}
	if (file->ahead && media_ahead_fetch(file->ahead, off, len, file->store->version))
		return;
	(void)posix_fadvise(file->fd, (off_t)off, (off_t)len, POSIX_FADV_WILLNEED);
}

static int write_all(int fd, const void *buf, size_t len, uint64_t off)
{
	while (len) {
		ssize_t n = pwrite(fd, buf, len, (off_t)off);

		if (n >= 0) {
			buf = (const uint8_t *)buf + n;
			len -= (size_t)n;
			off += (uint64_t)n;
		} else if (errno != EINTR && !(errno == EINVAL && was_direct(fd))) {
			return -errno;
		}
	}
	return 0;
}

/* What was read ahead, of any file, may have been the content before. */
static void changed(struct media_file *file)
{
	atomic_fetch_add(&file->store->version, 1);
}

static ssize_t posix_pwrite(struct media_file *file, const void *buf, size_t len, uint64_t off)
{
	int rc;

	changed(file);
	rc = write_all(file->fd, buf, len, off);
	changed(file);
	return rc < 0 ? rc : (ssize_t)len;
}

static void posix_write_begin(struct media_file *file, struct media_io *io)
{
	io->fd = file->fd;
	io->into = NULL;
	changed(file);
	if (file->writers)
		media_writers_begin(file->writers, io, file->direct);
	else
		io->result = 0;
}

/* What the writers did not write, or were not there for, is written here. */
static int posix_write_end(struct media_file *file, struct media_io *io)
{
	ssize_t n = file->writers ? media_writers_end(file->writers, io) : io->result;
	int rc = (int)n;

	if (n == -EINVAL && was_direct(file->fd)) {
		file->direct = false;
		n = 0;
	}
	if (n >= 0)
		rc = write_all(file->fd, (const uint8_t *)io->buf + n, io->len - (size_t)n, io->off + (uint64_t)n);
	changed(file);
	return rc;
}

static int posix_sync(struct media_file *file)
{
	return fdatasync(file->fd) < 0 ? -errno : 0;
}

static int posix_size(struct media_file *file, uint64_t *size)
{
	struct stat st;

	if (fstat(file->fd, &st) < 0)
		return -errno;
	*size = (uint64_t)st.st_size;
	return 0;
}

/* After ENOSPC: whether there was something to wait for that is free now. */
static bool waited_for_space(struct media_file *file)
{
	return file->writers && media_writers_settle(file->writers, &file->store->trash);
}

static int posix_allocate(struct media_file *file, uint64_t off, uint64_t len)
{
	int rc;

	do
		rc = fallocate(file->fd, 0, (off_t)off, (off_t)len);
	while (rc < 0 && (errno == EINTR || (errno == ENOSPC && waited_for_space(file))));
	if (rc < 0)
		return -errno;
	changed(file);
	return 0;
}

static int posix_truncate(struct media_file *file, uint64_t size)
{
	int rc;

	changed(file);
	rc = ftruncate(file->fd, (off_t)size) < 0 ? -errno : 0;
	changed(file);
	return rc;
}

static int posix_replace(struct media_store *store, const char *name, const void *buf, size_t len)
{
	char temp[MEDIA_STORE_NAME_MAX + sizeof(TEMP_SUFFIX)];
	int dir = posix(store)->dir;
	int fd, rc;

	if (!media_store_name_ok(name))
		return -EINVAL;
	snprintf(temp, sizeof(temp), "%s" TEMP_SUFFIX, name);
	fd = open_file(dir, temp, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0)
		return fd;
	rc = write_all(fd, buf, len, 0);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && renameat(dir, temp, dir, name) < 0)
		rc = -errno;
	if (rc < 0) {
		unlinkat(dir, temp, 0);
		return rc;
	}
	return sync_dir(dir);
}

/* The name goes at once; giving back the space of a large file takes its time. */
static int posix_remove(struct media_store *store, const char *name)
{
	char temp[MEDIA_STORE_NAME_MAX + sizeof(TRASH_SUFFIX)];
	struct posix_store *s = posix(store);
	struct stat st;
	int rc;

	if (!media_store_name_ok(name))
		return -EINVAL;
	if (!s->writers || fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_size < SMALL)
		return unlinkat(s->dir, name, 0) < 0 ? -errno : sync_dir(s->dir);
	snprintf(temp, sizeof(temp), "%s" TRASH_SUFFIX, name);
	if (renameat(s->dir, name, s->dir, temp) < 0)
		return -errno;
	rc = sync_dir(s->dir);
	if (!media_writers_remove(s->writers, &s->trash, s->dir, temp, (uint64_t)st.st_blocks * 512))
		unlinkat(s->dir, temp, 0);
	return rc;
}

/* Calls `each` with every entry but "." and "..". */
static int each_entry(int dir, int (*each)(void *arg, const char *name), void *arg)
{
	/* A description of its own: the position in a directory belongs to the description. */
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	DIR *d;
	int rc = 0;

	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d) {
		rc = -errno;
		close(fd);
		return rc;
	}
	while (rc == 0) {
		errno = 0;
		entry = readdir(d);
		if (!entry) {
			rc = -errno;
			break;
		}
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			rc = each(arg, entry->d_name);
	}
	closedir(d);
	return rc;
}

struct lister {
	int (*each)(void *arg, const char *name);
	void *arg;
};

static int list_entry(void *arg, const char *name)
{
	struct lister *l = arg;

	return media_store_name_ok(name) ? l->each(l->arg, name) : 0;
}

static int posix_list(struct media_store *store, int (*each)(void *arg, const char *name), void *arg)
{
	struct lister l = { .each = each, .arg = arg };

	return each_entry(posix(store)->dir, list_entry, &l);
}

static int posix_space(struct media_store *store, uint64_t *bytes)
{
	struct posix_store *s = posix(store);
	struct statvfs st;

	if (fstatvfs(s->dir, &st) < 0)
		return -errno;
	*bytes = (uint64_t)st.f_bavail * st.f_frsize;
	if (s->writers)
		*bytes += media_writers_trash(s->writers, &s->trash);
	return 0;
}

static int remove_temp(void *arg, const char *name)
{
	size_t len = strlen(name);

	if (len > strlen(TEMP_SUFFIX) && strcmp(name + len - strlen(TEMP_SUFFIX), TEMP_SUFFIX) == 0)
		unlinkat(*(int *)arg, name, 0);
	return 0;
}

static void say_holder(const char *path, int fd, struct why *why)
{
	char owner[256];
	ssize_t n = pread(fd, owner, sizeof(owner) - 1, 0);

	owner[n > 0 ? n : 0] = 0;
	for (char *p = owner; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = p[1] ? ' ' : 0;
	why_set(why, "%s is in use by %s", path, *owner ? owner : "another process");
}

static int posix_lock(struct media_store *store, const char *owner, struct why *why)
{
	struct posix_store *s = posix(store);
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int rc, fd = open_file(s->dir, MEDIA_STORE_LOCK_NAME, O_RDWR | O_CREAT);

	if (fd < 0) {
		errno = -fd;
		why_set(why, "%s/" MEDIA_STORE_LOCK_NAME ": %m", s->path);
		return fd;
	}
	if (fcntl(fd, F_OFD_SETLK, &range) < 0) {
		rc = errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
		if (rc == -EBUSY)
			say_holder(s->path, fd, why);
		else
			why_set(why, "%s/" MEDIA_STORE_LOCK_NAME ": cannot lock: %m", s->path);
		close(fd);
		return rc;
	}
	/* The line is for people: the lock holds without it, on a full disk for instance. */
	if (ftruncate(fd, 0) == 0)
		(void)write_all(fd, owner, strlen(owner), 0);
	s->lock = fd;
	(void)each_entry(s->dir, remove_temp, &s->dir);
	return 0;
}

static void posix_use_writers(struct media_store *store, struct media_writers *writers, struct media_memory *memory)
{
	struct posix_store *s = posix(store);

	if (s->writers)
		(void)media_writers_settle(s->writers, &s->trash);
	s->writers = writers;
	s->memory = memory;
}

static void posix_unlock(struct media_store *store)
{
	struct posix_store *s = posix(store);

	posix_use_writers(store, NULL, NULL);
	if (s->lock < 0)
		return;
	/* The file stays: removing it could let two in, each with a lock on another file of that name. */
	(void)!ftruncate(s->lock, 0);
	close(s->lock);
	s->lock = -1;
}

static void posix_destroy(struct media_store *store)
{
	posix_unlock(store);
	close(posix(store)->dir);
	free(store);
}

static const struct media_store_ops posix_ops = {
	.open = posix_open,
	.close = posix_close,
	.pread = posix_pread,
	.pread_now = posix_pread_now,
	.read_ahead = posix_read_ahead,
	.pwrite = posix_pwrite,
	.write_begin = posix_write_begin,
	.write_end = posix_write_end,
	.sync = posix_sync,
	.size = posix_size,
	.allocate = posix_allocate,
	.truncate = posix_truncate,
	.replace = posix_replace,
	.remove = posix_remove,
	.list = posix_list,
	.space = posix_space,
	.lock = posix_lock,
	.unlock = posix_unlock,
	.use_writers = posix_use_writers,
	.destroy = posix_destroy,
};

/* Makes a directory, and its entry in its parent durable. */
static int create_dir(const char *path)
{
	int fd, rc;

	if (mkdir(path, 0700) < 0)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd < 0 ? -errno : 0;
	if (fd >= 0) {
		int parent = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		rc = parent < 0 ? -errno : sync_dir(parent);
		if (parent >= 0)
			close(parent);
		close(fd);
	}
	if (rc < 0)
		rmdir(path);
	return rc;
}

int media_store_posix(const char *path, bool create, struct media_store **store, struct why *why)
{
	size_t len = strlen(path) + 1;
	struct posix_store *s = malloc(sizeof(*s) + len);
	int rc = -ENOMEM;

	if (!s)
		goto err;
	rc = create ? create_dir(path) : 0;
	if (rc < 0)
		goto err;
	s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0) {
		rc = -errno;
		goto err;
	}
	s->base.ops = &posix_ops;
	s->lock = -1;
	s->writers = NULL;
	s->memory = NULL;
	s->trash = (struct media_trash){ 0 };
	s->version = 0;
	memcpy(s->path, path, len);
	*store = &s->base;
	return 0;
err:
	free(s);
	if (rc == -ENOTDIR && media_foreign_path(path, why))
		return rc;
	errno = -rc;
	why_set(why, "%s: %m", path);
	return rc;
}
