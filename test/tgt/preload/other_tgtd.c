/* SPDX-License-Identifier: GPL-2.0-only */
/* Preloaded into tgtd, makes it another one than our headers say: built-in types answer INQUIRY otherwise. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int another_inquiry(int host_no, void *cmd)
{
	int (*inquiry)(int, void *) = (int (*)(int, void *))dlsym(RTLD_DEFAULT, "spc_inquiry");

	return inquiry(host_no, cmd);
}

__attribute__((constructor)) static void change_inquiry(void)
{
	uintptr_t old = (uintptr_t)dlsym(RTLD_DEFAULT, "spc_inquiry"), *p;
	unsigned long from, to;
	char line[512], access[8];
	FILE *maps = fopen("/proc/self/maps", "r");

	while (old && maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, access) != 3 || strncmp(access, "rw", 2) ||
		    !strstr(line, "/tgtd"))
			continue;
		for (p = (uintptr_t *)from; p < (uintptr_t *)to; p++)
			if (*p == old)
				*p = (uintptr_t)another_inquiry;
	}
	if (maps)
		fclose(maps);
}
