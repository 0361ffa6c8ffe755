/* SPDX-License-Identifier: GPL-2.0-only */
/* Preloaded into tgtd, makes a disk hang: while $VTL_TEST_HOLD exists, syncs of files whose path has its words wait. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int held(int fd)
{
	const char *hold = getenv("VTL_TEST_HOLD");
	char words[256] = "", link[64], path[4096] = "";
	int file = hold ? open(hold, O_RDONLY | O_CLOEXEC) : -1;

	if (file < 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (read(file, words, sizeof(words) - 1) < 0 || readlink(link, path, sizeof(path) - 1) < 0)
		words[0] = '\0';
	close(file);
	return strstr(path, words) != NULL;
}

int fsync(int fd)
{
	while (held(fd))
		usleep(1000);
	return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd)
{
	while (held(fd))
		usleep(1000);
	return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
