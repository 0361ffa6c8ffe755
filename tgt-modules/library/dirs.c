/* SPDX-License-Identifier: GPL-2.0-only */
/* Where libraries lie. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parts.h"
#include "store_name.h"

bool library_path(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < size;
}

const char *library_root(void)
{
	const char *root = getenv("VTL_LIBRARY_ROOT");

	return root && *root ? root : LIBRARY_ROOT;
}

bool library_name_ok(const char *name, unsigned max)
{
	size_t len = strlen(name);

	return len && len <= max && name[0] != '.' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

int library_sync_dir(const char *path)
{
	int rc, fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	/* Some file systems have nothing to sync in a directory, and say so. */
	rc = fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
	close(fd);
	return rc;
}

/* Deletes what is in the directory `fd`, which is closed. 0 or -errno. */
static int remove_content(int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int sub, rc = 0;

	if (!dir) {
		rc = -errno;
		close(fd);
		return rc;
	}
	while (!rc && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!unlinkat(dirfd(dir), entry->d_name, 0))
			continue;
		if (errno != EISDIR && errno != EPERM) {
			rc = -errno;
			break;
		}
		sub = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		rc = sub < 0 ? -errno : remove_content(sub);
		if (!rc && unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR))
			rc = -errno;
	}
	closedir(dir);
	return rc;
}

int library_remove_tree(const char *path)
{
	int rc, fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	rc = remove_content(fd);
	if (!rc && rmdir(path))
		rc = -errno;
	return rc;
}

/* `path` may be the library's directory, its library.conf or a file in its drives/. */
static void go_up(char *path)
{
	struct stat st;
	char *slash, *file;

	if (stat(path, &st) || S_ISDIR(st.st_mode))
		return;
	slash = strrchr(path, '/');
	if (!slash)
		return;
	file = slash + 1;
	if (!strcmp(file, LIBRARY_CONF_NAME)) {
		*slash = 0;
		return;
	}
	*slash = 0;
	slash = strrchr(path, '/');
	if (slash && !strcmp(slash + 1, LIBRARY_DRIVES_NAME))
		*slash = 0;
}

enum library_err library_find_dir(const char *name, struct library_conf *conf, struct why *why)
{
	char path[PATH_MAX], *real;
	bool fits;

	if (strchr(name, '/'))
		fits = library_path(path, sizeof(path), "%s", name);
	else if (library_name_ok(name, LIBRARY_NAME_LEN))
		fits = library_path(path, sizeof(path), "%s/%s", library_root(), name);
	else {
		why_set(why, "\"%s\" is no name of a library: up to %u of A-Z a-z 0-9 . _ -", name, LIBRARY_NAME_LEN);
		return LIBRARY_USAGE;
	}
	real = fits ? realpath(path, NULL) : NULL;
	if (!real) {
		why_set(why, "%s: %s", path, strerror(fits ? errno : ENAMETOOLONG));
		return fits && (errno == ENOENT || errno == ENOTDIR) ? LIBRARY_NOT_FOUND : LIBRARY_FAILED;
	}
	go_up(real);
	fits = library_path(conf->dir, sizeof(conf->dir), "%s", real) &&
	       library_path(path, sizeof(path), "%s/" LIBRARY_CONF_NAME, real);
	free(real);
	if (!fits || access(path, F_OK)) {
		why_set(why, "%s is not a tape library: it has no " LIBRARY_CONF_NAME, conf->dir);
		return LIBRARY_NOT_FOUND;
	}
	snprintf(conf->name, sizeof(conf->name), "%s", strrchr(conf->dir, '/') + 1);
	return LIBRARY_OK;
}

enum library_err library_each(int (*each)(void *arg, const char *dir), void *arg, struct why *why)
{
	const char *root = library_root();
	struct dirent **entry;
	char path[PATH_MAX], conf[PATH_MAX];
	int n = scandir(root, &entry, NULL, alphasort), rc = 0;

	if (n < 0 && errno == ENOENT)
		return LIBRARY_OK;
	if (n < 0) {
		why_set(why, "%s: %s", root, strerror(errno));
		return LIBRARY_FAILED;
	}
	for (int i = 0; i < n; i++) {
		if (!rc && entry[i]->d_name[0] != '.' &&
		    library_path(path, sizeof(path), "%s/%s", root, entry[i]->d_name) &&
		    library_path(conf, sizeof(conf), "%s/" LIBRARY_CONF_NAME, path) && !access(conf, F_OK))
			rc = each(arg, path);
		free(entry[i]);
	}
	free(entry);
	return rc ? (enum library_err)rc : LIBRARY_OK;
}

void library_holder(const char *dir, char *line, unsigned size)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[PATH_MAX];
	ssize_t n = 0;
	int fd = -1;

	line[0] = 0;
	if (library_path(path, sizeof(path), "%s/" MEDIA_STORE_LOCK_NAME, dir))
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	if (!fcntl(fd, F_OFD_GETLK, &range) && range.l_type != F_UNLCK) {
		n = pread(fd, line, size - 1, 0);
		if (n <= 0)
			n = snprintf(line, size, "another process");
		line[n < (ssize_t)size ? n : (ssize_t)size - 1] = 0;
		line[strcspn(line, "\n")] = 0;
	}
	close(fd);
}
