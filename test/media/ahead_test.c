/* SPDX-License-Identifier: GPL-2.0-only */
/* What is read ahead of a file, past the page cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ahead.h"
#include "media.h"

#define SIZE	((5u << 20) + 777)

static struct media_writers *writers;
static struct media_memory memory;
static struct media_ahead *ahead;
static uint8_t *data, *got;
static int fd;				/* the file, through the page cache */

/* A file on a disk, of which the page cache has nothing; skips where that, or reading past it, is not to be had. */
static void open_cold(bool refuse)
{
	char path[] = "/var/tmp/ahead-XXXXXX";
	size_t pages = SIZE / (size_t)sysconf(_SC_PAGESIZE) + 1;
	unsigned char *in = calloc(1, pages);
	bool cached = false;
	int direct;
	void *p;

	fd = mkstemp(path);
	assert_true(fd >= 0);
	direct = open(path, O_RDONLY | O_DIRECT);
	unlink(path);
	assert_int_equal(write(fd, data, SIZE), SIZE);
	fdatasync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	p = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	assert_int_equal(mincore(p, SIZE, in), 0);
	for (size_t i = 0; i < pages; i++)
		cached = cached || in[i] & 1;
	munmap(p, SIZE);
	free(in);
	if (direct < 0 || cached) {
		if (direct >= 0)
			close(direct);
		skip();
	}
	if (refuse)
		media_writers_refuse(writers);
	ahead = media_ahead_new(direct, writers, &memory);
	assert_non_null(ahead);
}

static int setup(void **state)
{
	writers = media_writers_new();
	memory = (struct media_memory){ .limit = 64 << 20 };
	data = malloc(SIZE);
	got = malloc(SIZE);
	ahead = NULL;
	fd = -1;
	if (!writers || !data || !got)
		return -1;
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 16);
	return 0;
}

static int teardown(void **state)
{
	media_ahead_free(ahead);
	media_writers_free(writers);
	if (fd >= 0)
		close(fd);
	free(data);
	free(got);
	return 0;
}

/* All of it, in pieces that fit nothing. */
static void take_all(void)
{
	size_t at = 0, gap = 0;

	while (at < SIZE) {
		size_t n = media_ahead_take(ahead, got + at, SIZE - at < 333333 ? SIZE - at : 333333, at, 1, &gap);

		assert_true(n > 0);
		at += n;
	}
	assert_memory_equal(got, data, SIZE);
	assert_int_equal(media_ahead_take(ahead, got, 100, SIZE, 1, &gap), 0);
}

static void what_is_fetched_is_what_the_file_has(void **state)
{
	open_cold(false);
	assert_true(media_ahead_fetch(ahead, 5, SIZE - 5, 1));
	take_all();
}

static void threads_fetch_where_there_is_no_asynchronous_io(void **state)
{
	open_cold(true);
	assert_true(media_ahead_fetch(ahead, 0, SIZE, 1));
	take_all();
}

static void what_was_fetched_before_a_change_is_not_used(void **state)
{
	size_t gap = 0;

	open_cold(false);
	assert_true(media_ahead_fetch(ahead, 0, SIZE, 1));
	assert_int_equal(media_ahead_take(ahead, got, 100, 0, 2, &gap), 0);
	assert_true(gap >= 100);
	assert_int_equal(media_ahead_take(ahead, got, 100, 0, 1, &gap), 100);
	/* Fetched once more it is, and the one before is gone. */
	assert_true(media_ahead_fetch(ahead, 0, 100, 2));
	assert_int_equal(media_ahead_take(ahead, got, 100, 0, 2, &gap), 100);
	assert_int_equal(media_ahead_take(ahead, got, 100, 0, 1, &gap), 0);
}

static void what_was_not_fetched_is_told_up_to_where_it_was(void **state)
{
	size_t gap = 0;

	open_cold(false);
	assert_true(media_ahead_fetch(ahead, 3 << 20, 100, 1));
	assert_int_equal(media_ahead_take(ahead, got, SIZE, 10, 1, &gap), 0);
	assert_int_equal(gap, (3 << 20) - 10);
	assert_int_equal(media_ahead_take(ahead, got, SIZE, 3 << 20, 1, &gap), 1 << 20);
	assert_memory_equal(got, data + (3 << 20), 1 << 20);
}

static void what_the_page_cache_has_is_left_to_it(void **state)
{
	size_t gap = 0;
	void *p;

	open_cold(false);
	p = mmap(NULL, 2 << 20, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	/* So that it stays there; the sanitizers' mlock() does nothing. */
	if (syscall(SYS_mlock, p, 2 << 20)) {
		munmap(p, 2 << 20);
		skip();
	}
	assert_false(media_ahead_fetch(ahead, 0, 2 << 20, 1));
	assert_int_equal(media_ahead_take(ahead, got, 100, 0, 1, &gap), 0);
	munmap(p, 2 << 20);
}

static void at_rest_nothing_is_kept(void **state)
{
	size_t gap = 0;

	open_cold(false);
	assert_true(media_ahead_fetch(ahead, 0, SIZE, 1));
	take_all();
	assert_int_equal(memory.used, 6 << 20);
	media_ahead_rest(ahead);
	assert_int_equal(memory.used, 0);
	assert_int_equal(media_ahead_take(ahead, got, 100, 0, 1, &gap), 0);
	/* While it is being fetched, too; and it goes on. */
	assert_true(media_ahead_fetch(ahead, 0, SIZE, 1));
	media_ahead_rest(ahead);
	assert_true(media_ahead_fetch(ahead, 0, SIZE, 1));
	take_all();
}

static void no_more_memory_is_taken_than_is_allowed(void **state)
{
	size_t gap = 0;

	open_cold(false);
	memory.limit = 2 << 20;
	assert_true(media_ahead_fetch(ahead, 0, SIZE, 1));
	assert_int_equal(memory.used, 2 << 20);
	assert_int_equal(media_ahead_take(ahead, got, 100, 1 << 20, 1, &gap), 100);
	assert_int_equal(media_ahead_take(ahead, got, 100, 2 << 20, 1, &gap), 0);
	memory.limit = 0;
	media_ahead_rest(ahead);
	assert_false(media_ahead_fetch(ahead, 0, 100, 1));
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_fetched_is_what_the_file_has),
		T(threads_fetch_where_there_is_no_asynchronous_io),
		T(what_was_fetched_before_a_change_is_not_used),
		T(what_was_not_fetched_is_told_up_to_where_it_was),
		T(what_the_page_cache_has_is_left_to_it),
		T(at_rest_nothing_is_kept),
		T(no_more_memory_is_taken_than_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
