/* SPDX-License-Identifier: GPL-2.0-only */
/* What every implementation of the storage port must do, as tests. */
#include <errno.h>

#include "store_contract.h"
#include "store_memory.h"

struct media_file *open_file(struct media_store *store, const char *name, int flags)
{
	struct media_file *file = NULL;

	assert_int_equal(store->ops->open(store, name, flags, &file), 0);
	assert_non_null(file);
	return file;
}

void assert_file(struct media_store *store, const char *name, const char *text)
{
	uint8_t *buf;
	size_t len;

	assert_int_equal(media_store_read(store, name, 1 << 20, &buf, &len), 0);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(buf, text, len);
	free(buf);
}

void put_file(struct media_store *store, const char *name, const char *text)
{
	assert_int_equal(store->ops->replace(store, name, text, strlen(text)), 0);
}

int memory_setup(void **state)
{
	return media_store_memory((struct media_store **)state);
}

int memory_teardown(void **state)
{
	struct media_store *s = *state;

	s->ops->destroy(s);
	return 0;
}

static uint64_t size_of(struct media_store *store, struct media_file *file)
{
	uint64_t size;

	assert_int_equal(store->ops->size(file, &size), 0);
	return size;
}

void contract_reads_back_what_was_written(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT);
	char buf[16];

	assert_int_equal(s->ops->pwrite(f, "hello world", 11, 0), 11);
	assert_int_equal(s->ops->pwrite(f, "WORLD", 5, 6), 5);
	assert_int_equal(s->ops->sync(f), 0);
	assert_int_equal(s->ops->pread(f, buf, 11, 0), 11);
	assert_memory_equal(buf, "hello WORLD", 11);
	s->ops->close(f);
	assert_file(s, "a", "hello WORLD");
}

void contract_reads_short_only_at_the_end(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE);
	char buf[16];

	assert_int_equal(s->ops->pwrite(f, "0123456789", 10, 0), 10);
	assert_int_equal(s->ops->pread(f, buf, 16, 4), 6);
	assert_memory_equal(buf, "456789", 6);
	assert_int_equal(s->ops->pread(f, buf, 16, 10), 0);
	assert_int_equal(s->ops->pread(f, buf, 16, 1u << 30), 0);
	s->ops->close(f);
}

void contract_reads_zeros_where_nothing_was_written(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE);
	char buf[8];

	assert_int_equal(s->ops->pwrite(f, "ab", 2, 6), 2);
	assert_int_equal(s->ops->pread(f, buf, 8, 0), 8);
	assert_memory_equal(buf, "\0\0\0\0\0\0ab", 8);
	s->ops->close(f);
}

void contract_allocates_zeros_and_grows(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE);
	char buf[8];
	int rc;

	assert_int_equal(s->ops->pwrite(f, "ab", 2, 0), 2);
	rc = s->ops->allocate(f, 0, 4096);
	if (rc == -EOPNOTSUPP) {
		s->ops->close(f);
		skip();
	}
	assert_int_equal(rc, 0);
	assert_int_equal(size_of(s, f), 4096);
	assert_int_equal(s->ops->pread(f, buf, 4, 0), 4);
	assert_memory_equal(buf, "ab\0\0", 4);
	assert_int_equal(s->ops->pread(f, buf, 8, 4090), 6);
	assert_int_equal(s->ops->allocate(f, 0, 100), 0);
	assert_int_equal(size_of(s, f), 4096);
	s->ops->close(f);
}

void contract_truncates(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE);
	char buf[8];

	assert_int_equal(s->ops->pwrite(f, "abcdef", 6, 0), 6);
	assert_int_equal(s->ops->truncate(f, 3), 0);
	assert_int_equal(size_of(s, f), 3);
	assert_int_equal(s->ops->truncate(f, 6), 0);
	assert_int_equal(s->ops->pread(f, buf, 8, 0), 6);
	assert_memory_equal(buf, "abc\0\0\0", 6);
	s->ops->close(f);
}

void contract_creates_only_what_is_not_there(void **state)
{
	struct media_store *s = *state;
	struct media_file *f;

	assert_int_equal(s->ops->open(s, "a", 0, &f), -ENOENT);
	s->ops->close(open_file(s, "a", MEDIA_STORE_CREATE));
	assert_int_equal(s->ops->open(s, "a", MEDIA_STORE_CREATE, &f), -EEXIST);
	s->ops->close(open_file(s, "a", 0));
}

void contract_refuses_names_that_lead_elsewhere(void **state)
{
	static const char *const names[] = {
		"", ".", "..", "a/b", "/etc/passwd", "../a", "a~", "a b", "lock", "\xc3\xa9",
		"12345678901234567890123456789012345678901234567890123456789012345",
	};
	struct media_store *s = *state;
	struct media_file *f;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(s->ops->open(s, names[i], 0, &f), -EINVAL);
		assert_int_equal(s->ops->open(s, names[i], MEDIA_STORE_CREATE, &f), -EINVAL);
		assert_int_equal(s->ops->replace(s, names[i], "x", 1), -EINVAL);
		assert_int_equal(s->ops->remove(s, names[i]), -EINVAL);
	}
	s->ops->close(open_file(s, "1234567890123456789012345678901234567890123456789012345678901234",
				MEDIA_STORE_CREATE));
	s->ops->close(open_file(s, "...", MEDIA_STORE_CREATE));
}

void contract_replaces_whole_files(void **state)
{
	struct media_store *s = *state;

	put_file(s, "a", "a long content");
	assert_file(s, "a", "a long content");
	put_file(s, "a", "short");
	assert_file(s, "a", "short");
	put_file(s, "a", "");
	assert_file(s, "a", "");
}

void contract_keeps_a_replaced_file_for_its_reader(void **state)
{
	struct media_store *s = *state;
	struct media_file *f;
	char buf[4];

	put_file(s, "a", "old");
	f = open_file(s, "a", MEDIA_STORE_RDONLY);
	put_file(s, "a", "new");
	assert_int_equal(s->ops->pread(f, buf, 3, 0), 3);
	assert_memory_equal(buf, "old", 3);
	assert_int_equal(s->ops->remove(s, "a"), 0);
	assert_int_equal(s->ops->pread(f, buf, 3, 0), 3);
	s->ops->close(f);
}

void contract_removes(void **state)
{
	struct media_store *s = *state;
	struct media_file *f;

	put_file(s, "a", "x");
	assert_int_equal(s->ops->remove(s, "a"), 0);
	assert_int_equal(s->ops->remove(s, "a"), -ENOENT);
	assert_int_equal(s->ops->open(s, "a", 0, &f), -ENOENT);
}

static int collect(void *arg, const char *name)
{
	unsigned *seen = arg;

	assert_int_equal(strlen(name), 1);
	*seen |= 1u << (name[0] - 'a');
	return 0;
}

static int stop(void *arg, const char *name)
{
	++*(unsigned *)arg;
	return 42;
}

void contract_lists_every_file_and_stops_when_told(void **state)
{
	struct media_store *s = *state;
	unsigned seen = 0, calls = 0;
	struct why why;

	assert_int_equal(s->ops->list(s, stop, &calls), 0);
	assert_int_equal(s->ops->lock(s, "test", &why), 0);
	put_file(s, "a", "");
	put_file(s, "b", "");
	put_file(s, "c", "");
	assert_int_equal(s->ops->list(s, collect, &seen), 0);
	assert_int_equal(seen, 7);
	assert_int_equal(s->ops->list(s, stop, &calls), 42);
	assert_int_equal(calls, 1);
	s->ops->unlock(s);
}

void contract_does_not_write_through_a_read_only_file(void **state)
{
	struct media_store *s = *state;
	struct media_file *f;

	put_file(s, "a", "x");
	f = open_file(s, "a", MEDIA_STORE_RDONLY);
	assert_true(s->ops->pwrite(f, "y", 1, 0) < 0);
	assert_true(s->ops->truncate(f, 0) < 0);
	s->ops->close(f);
	assert_file(s, "a", "x");
}

void contract_locks_once_and_names_the_holder(void **state)
{
	struct media_store *s = *state;
	struct why why = { "" };

	assert_int_equal(s->ops->lock(s, "the first, process 42", &why), 0);
	assert_int_equal(s->ops->lock(s, "the second", &why), -EBUSY);
	assert_non_null(strstr(why.text, "in use by the first, process 42"));
	s->ops->unlock(s);
	assert_int_equal(s->ops->lock(s, "the second", &why), 0);
	s->ops->unlock(s);
}

void contract_reads_whole_small_files(void **state)
{
	struct media_store *s = *state;
	uint8_t *buf;
	size_t len;

	put_file(s, "a", "12345678");
	assert_int_equal(media_store_read(s, "a", 8, &buf, &len), 0);
	assert_int_equal(len, 8);
	free(buf);
	assert_int_equal(media_store_read(s, "a", 7, &buf, &len), -EFBIG);
	assert_int_equal(media_store_read(s, "b", 7, &buf, &len), -ENOENT);
}

#define PIECES	12
#define PIECE	8192u

void contract_has_several_writes_under_way_at_once(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT);
	uint8_t *data = aligned_alloc(4096, PIECES * PIECE), *got = malloc(PIECES * PIECE);
	struct media_io io[PIECES];

	assert_non_null(data);
	assert_non_null(got);
	for (size_t i = 0; i < PIECES * PIECE; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 16);
	(void)s->ops->allocate(f, 0, 4 * PIECE);
	/* Begun from both ends, ended in another order. */
	for (unsigned i = 0; i < PIECES; i++) {
		size_t at = (i % 2 ? i : PIECES - 2 - i) * PIECE;

		io[i] = (struct media_io){ .buf = data + at, .len = PIECE, .off = at };
		s->ops->write_begin(f, &io[i]);
	}
	for (unsigned i = 0; i < PIECES; i++)
		assert_int_equal(s->ops->write_end(f, &io[i * 5 % PIECES]), 0);
	assert_int_equal(s->ops->sync(f), 0);
	s->ops->close(f);
	f = open_file(s, "a", MEDIA_STORE_RDONLY);
	assert_int_equal(size_of(s, f), PIECES * PIECE);
	assert_int_equal(s->ops->pread(f, got, PIECES * PIECE, 0), PIECES * PIECE);
	assert_memory_equal(got, data, PIECES * PIECE);
	s->ops->close(f);
	free(data);
	free(got);
}

void contract_tells_how_a_write_went_when_it_ends(void **state)
{
	struct media_store *s = *state;
	struct media_io io = { .buf = "y", .len = 1 };
	struct media_file *f;

	/* Of any alignment, too. */
	f = open_file(s, "a", MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT);
	s->ops->write_begin(f, &io);
	assert_int_equal(s->ops->write_end(f, &io), 0);
	s->ops->close(f);
	assert_file(s, "a", "y");
	f = open_file(s, "a", MEDIA_STORE_RDONLY);
	s->ops->write_begin(f, &io);
	assert_true(s->ops->write_end(f, &io) < 0);
	s->ops->close(f);
}

#define LONG	(4u << 20)

/* The file, in long writes that go past the page cache where there is such a way. */
static void write_long(struct media_store *s, struct media_file *f, uint8_t *data, uint8_t byte)
{
	struct media_io io = { .buf = data, .len = LONG / 2, .off = LONG / 2 };

	memset(data, byte, LONG);
	s->ops->write_begin(f, &io);
	assert_int_equal(s->ops->pwrite(f, data, LONG / 2, 0), LONG / 2);
	assert_int_equal(s->ops->write_end(f, &io), 0);
}

static void expect_long(struct media_store *s, struct media_file *f, uint8_t byte)
{
	uint8_t *got = malloc(LONG);

	assert_non_null(got);
	assert_int_equal(s->ops->pread(f, got, LONG, 0), LONG);
	for (size_t i = 0; i < LONG; i++)
		assert_int_equal(got[i], byte);
	free(got);
}

void contract_reads_what_was_written_last_whatever_was_read_ahead(void **state)
{
	struct media_store *s = *state;
	struct media_file *to = open_file(s, "a", MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT), *from;
	uint8_t *data = aligned_alloc(4096, LONG), got;

	assert_non_null(data);
	write_long(s, to, data, 'a');
	from = open_file(s, "a", MEDIA_STORE_RDONLY);
	for (uint8_t byte = 'b'; byte < 'f'; byte++) {
		s->ops->read_ahead(from, 0, LONG);
		assert_int_equal(s->ops->pread(from, &got, 1, 100), 1);
		assert_int_equal(got, byte - 1);
		write_long(s, to, data, byte);
		expect_long(s, from, byte);
	}
	s->ops->read_ahead(from, 0, LONG);
	assert_int_equal(s->ops->truncate(to, LONG / 2), 0);
	assert_int_equal(s->ops->pread(from, data, LONG, 0), LONG / 2);
	s->ops->read_ahead(from, 0, 0);
	assert_int_equal(s->ops->pread(from, data, 10, LONG / 2 - 5), 5);
	s->ops->close(from);
	s->ops->close(to);
	free(data);
}

void contract_reads_ahead_of_the_file_that_was_opened(void **state)
{
	struct media_store *s = *state;
	struct media_file *to = open_file(s, "a", MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT), *from;
	uint8_t *data = aligned_alloc(4096, LONG);

	assert_non_null(data);
	write_long(s, to, data, 'a');
	s->ops->close(to);
	from = open_file(s, "a", MEDIA_STORE_RDONLY);
	assert_int_equal(s->ops->remove(s, "a"), 0);
	to = open_file(s, "a", MEDIA_STORE_CREATE | MEDIA_STORE_DIRECT);
	write_long(s, to, data, 'b');
	s->ops->read_ahead(from, 0, LONG);
	expect_long(s, from, 'a');
	s->ops->close(from);
	s->ops->close(to);
	free(data);
}
