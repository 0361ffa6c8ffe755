/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions that allocate, with a countdown before them; which programs have them, the Makefile says. */
#include "nomem.h"

#include <errno.h>
#include <stddef.h>

/* What the linker calls the real ones; in other programs there are none, and nobody calls us. */
extern void *__real_malloc(size_t size) __attribute__((weak));
extern void *__real_calloc(size_t n, size_t size) __attribute__((weak));
extern void *__real_realloc(void *p, size_t size) __attribute__((weak));
extern int __real_posix_memalign(void **p, size_t align, size_t size) __attribute__((weak));
extern char *__real_strdup(const char *s) __attribute__((weak));

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
int __wrap_posix_memalign(void **p, size_t align, size_t size);
char *__wrap_strdup(const char *s);

static struct {
	unsigned calls, nth, times;
} plan;

void nomem_fail(unsigned nth, unsigned times)
{
	plan.calls = 0;
	plan.nth = nth;
	plan.times = times;
}

unsigned nomem_calls(void)
{
	return plan.calls;
}

static bool fails(void)
{
	plan.calls++;
	return plan.nth && plan.calls >= plan.nth && (!plan.times || plan.calls < plan.nth + plan.times);
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

int __wrap_posix_memalign(void **p, size_t align, size_t size)
{
	return fails() ? ENOMEM : __real_posix_memalign(p, align, size);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}
