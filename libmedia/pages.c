/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for the bytes of blocks. */
#include "pages.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "format.h"

/*
 * From here on memory is mapped: an allocator that is told to keep much, as the daemon's is, would keep what idle
 * drives gave back. Huge pages, because the kernel looks up every page of a direct write.
 */
#define MAPPED	(1u << 20)

uint8_t *mpages_new(size_t len, struct media_memory *memory)
{
	void *p;

	if (len < MAPPED) {
		if (posix_memalign(&p, MFMT_PAGE, len))
			return NULL;
	} else {
		p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return NULL;
		(void)madvise(p, len, MADV_HUGEPAGE);
	}
	if (memory)
		__atomic_add_fetch(&memory->used, len, __ATOMIC_RELAXED);
	return p;
}

void mpages_free(uint8_t *pages, size_t len, struct media_memory *memory)
{
	if (!pages)
		return;
	if (len < MAPPED)
		free(pages);
	else
		munmap(pages, len);
	if (memory)
		__atomic_sub_fetch(&memory->used, len, __ATOMIC_RELAXED);
}

void *mpages_resize(void *p, size_t from, size_t to, struct media_memory *memory)
{
	void *q = NULL;

	if (to)
		q = realloc(p, to);
	else
		free(p);
	/* Without memory for more, `p` stays as it is. */
	if (memory && (q || !to))
		__atomic_add_fetch(&memory->used, to - from, __ATOMIC_RELAXED);
	return q;
}

bool mpages_allowed(size_t len, const struct media_memory *memory)
{
	return !memory || __atomic_load_n(&memory->used, __ATOMIC_RELAXED) + len <= memory->limit;
}
