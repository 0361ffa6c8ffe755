/* SPDX-License-Identifier: GPL-2.0-only */
/* The fault store: what it fails, and which crashes it replays. */
#include <errno.h>
#include <stdio.h>

#include "store_contract.h"
#include "store_fault.h"
#include "store_memory.h"

static struct media_store *under;

static int setup(void **state)
{
	int rc = media_store_memory(&under);

	return rc < 0 ? rc : media_store_fault(under, (struct media_store **)state);
}

static int teardown(void **state)
{
	struct media_store *s = *state;

	s->ops->destroy(s);
	under->ops->destroy(under);
	return 0;
}

static void the_nth_call_fails_as_often_as_told(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE);

	media_fault_fail(s, MEDIA_FAULT_PWRITE, 2, 1, EIO);
	assert_int_equal(s->ops->pwrite(f, "1", 1, 0), 1);
	assert_int_equal(s->ops->pwrite(f, "2", 1, 0), -EIO);
	assert_int_equal(s->ops->pwrite(f, "3", 1, 0), 1);
	assert_file(s, "a", "3");
	media_fault_fail(s, MEDIA_FAULT_PWRITE, 1, 0, ENOSPC);
	assert_int_equal(s->ops->pwrite(f, "4", 1, 0), -ENOSPC);
	assert_int_equal(s->ops->pwrite(f, "5", 1, 0), -ENOSPC);
	media_fault_fail(s, MEDIA_FAULT_PWRITE, 0, 0, 0);
	assert_int_equal(s->ops->pwrite(f, "6", 1, 0), 1);
	assert_int_equal(media_fault_calls(s, MEDIA_FAULT_PWRITE), 6);
	s->ops->close(f);
}

static void a_failed_sync_drops_what_was_not_synced(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE);

	assert_int_equal(s->ops->pwrite(f, "durable", 7, 0), 7);
	media_fault_fail(s, MEDIA_FAULT_SYNC, 2, 1, EIO);
	assert_int_equal(s->ops->sync(f), 0);
	assert_int_equal(s->ops->pwrite(f, "XXX", 3, 2), 3);
	assert_int_equal(s->ops->truncate(f, 4), 0);
	assert_int_equal(s->ops->pwrite(f, "more", 4, 9), 4);
	assert_int_equal(s->ops->sync(f), -EIO);
	assert_file(s, "a", "durable");
	assert_int_equal(s->ops->sync(f), 0);
	assert_file(s, "a", "durable");
	s->ops->close(f);
}

/* The contents that file "a" had in the crashes of one point, once each; "-": no such file. */
struct seen {
	size_t op;
	unsigned visits;
	size_t count;
	char contents[256][24];
};

static int see(void *arg, struct media_store *store, const struct media_crash *crash)
{
	struct seen *seen = arg;
	char content[24] = "-";
	uint8_t *buf;
	size_t len, i;

	if (crash->op != seen->op)
		return 0;
	seen->visits++;
	if (media_store_read(store, "a", sizeof(content) - 1, &buf, &len) == 0) {
		for (i = 0; i < len; i++)
			content[i] = buf[i] ? (char)buf[i] : '0';
		content[len] = 0;
		free(buf);
	}
	for (i = 0; i < seen->count; i++)
		if (strcmp(seen->contents[i], content) == 0)
			return 0;
	strcpy(seen->contents[seen->count++], content);
	return 0;
}

static void look(struct media_store *s, size_t op, struct seen *seen)
{
	struct media_crash_sweep sweep = { .each = see, .arg = seen };

	memset(seen, 0, sizeof(*seen));
	seen->op = op;
	assert_int_equal(media_fault_crashes(s, &sweep), 0);
	assert_true(seen->visits);
}

static bool saw(const struct seen *seen, const char *content)
{
	for (size_t i = 0; i < seen->count; i++)
		if (strcmp(seen->contents[i], content) == 0)
			return true;
	return false;
}

static void a_crash_takes_every_choice_of_what_was_not_synced(void **state)
{
	struct media_store *s = *state;
	struct media_file *f;
	struct seen seen;

	put_file(s, "a", "....");
	assert_int_equal(media_fault_record(s), 0);
	f = open_file(s, "a", 0);
	assert_int_equal(s->ops->pwrite(f, "1", 1, 0), 1);
	assert_int_equal(s->ops->pwrite(f, "2", 1, 1), 1);
	assert_int_equal(s->ops->pwrite(f, "34", 2, 3), 2);
	assert_int_equal(s->ops->sync(f), 0);
	s->ops->close(f);
	assert_int_equal(media_fault_recorded(s), 4);

	look(s, 0, &seen);
	assert_int_equal(seen.count, 1);
	assert_true(saw(&seen, "...."));
	look(s, 3, &seen);
	assert_true(saw(&seen, "12.34"));
	assert_true(saw(&seen, "...."));
	assert_true(saw(&seen, "....0"));
	assert_true(saw(&seen, ".2.34"));
	assert_true(saw(&seen, "1..34"));
	assert_true(saw(&seen, "12.."));
	assert_true(saw(&seen, "1..."));
	assert_true(saw(&seen, ".2.."));
	assert_true(saw(&seen, "...34"));
	assert_int_equal(seen.count, 9);
	look(s, 4, &seen);
	assert_int_equal(seen.count, 1);
	assert_true(saw(&seen, "12.34"));
}

static void a_sync_does_not_cover_a_write_that_has_not_ended(void **state)
{
	struct media_store *s = *state;
	struct media_io first = { .buf = "1", .len = 1 }, second = { .buf = "2", .len = 1, .off = 1 };
	struct media_file *f;
	struct seen seen;

	put_file(s, "a", "..");
	assert_int_equal(media_fault_record(s), 0);
	f = open_file(s, "a", 0);
	s->ops->write_begin(f, &first);
	s->ops->write_begin(f, &second);
	assert_int_equal(s->ops->write_end(f, &second), 0);
	assert_int_equal(s->ops->sync(f), 0);
	assert_int_equal(s->ops->write_end(f, &first), 0);
	assert_int_equal(s->ops->sync(f), 0);
	s->ops->close(f);

	look(s, 1, &seen);
	assert_true(seen.count == 2 && saw(&seen, "..") && saw(&seen, "1."));
	look(s, 4, &seen);
	assert_true(seen.count == 2 && saw(&seen, ".2") && saw(&seen, "12"));
	look(s, 5, &seen);
	assert_int_equal(seen.count, 2);
	look(s, 6, &seen);
	assert_true(seen.count == 1 && saw(&seen, "12"));
}

static void a_write_that_fails_when_it_ends_is_not_there(void **state)
{
	struct media_store *s = *state;
	struct media_io io = { .buf = "1", .len = 1 };
	struct media_file *f;
	struct seen seen;

	put_file(s, "a", "..");
	assert_int_equal(media_fault_record(s), 0);
	f = open_file(s, "a", 0);
	media_fault_fail(s, MEDIA_FAULT_WRITE_END, 1, 1, EIO);
	s->ops->write_begin(f, &io);
	assert_int_equal(s->ops->write_end(f, &io), -EIO);
	media_fault_fail(s, MEDIA_FAULT_PWRITE, 1, 1, ENOSPC);
	s->ops->write_begin(f, &io);
	assert_int_equal(s->ops->write_end(f, &io), -ENOSPC);
	assert_int_equal(s->ops->sync(f), 0);
	s->ops->close(f);
	assert_file(s, "a", "..");
	look(s, 1, &seen);
	assert_true(saw(&seen, "1."));
	look(s, 3, &seen);
	assert_true(seen.count == 1 && saw(&seen, ".."));
}

static void creating_replacing_and_removing_are_durable_at_once(void **state)
{
	struct media_store *s = *state;
	struct seen seen;

	assert_int_equal(media_fault_record(s), 0);
	s->ops->close(open_file(s, "a", MEDIA_STORE_CREATE));
	put_file(s, "a", "new");
	assert_int_equal(s->ops->remove(s, "a"), 0);
	look(s, 0, &seen);
	assert_true(seen.count == 1 && saw(&seen, "-"));
	look(s, 1, &seen);
	assert_true(seen.count == 1 && saw(&seen, ""));
	look(s, 2, &seen);
	assert_true(seen.count == 1 && saw(&seen, "new"));
	look(s, 3, &seen);
	assert_true(seen.count == 1 && saw(&seen, "-"));
}

static void what_a_failed_sync_dropped_stays_lost(void **state)
{
	struct media_store *s = *state;
	struct media_file *f;
	struct seen seen;

	put_file(s, "a", "ok");
	assert_int_equal(media_fault_record(s), 0);
	f = open_file(s, "a", 0);
	assert_int_equal(s->ops->pwrite(f, "xx", 2, 0), 2);
	media_fault_fail(s, MEDIA_FAULT_SYNC, 1, 1, EIO);
	assert_int_equal(s->ops->sync(f), -EIO);
	assert_int_equal(s->ops->sync(f), 0);
	s->ops->close(f);
	look(s, 1, &seen);
	assert_true(saw(&seen, "xx"));
	look(s, 3, &seen);
	assert_true(seen.count == 1 && saw(&seen, "ok"));
}

struct cuts {
	unsigned heads, tails;
};

static int see_cut(void *arg, struct media_store *store, const struct media_crash *crash)
{
	struct cuts *cuts = arg;
	size_t len, i = 0;
	uint8_t *buf;

	assert_int_equal(media_store_read(store, "a", 1 << 20, &buf, &len), 0);
	while (i < len && buf[i] == 'x')
		i++;
	if (i && i == len && len < 20000)
		cuts->heads++;
	if (!i && len == 20000 && buf[len - 1] == 'x')
		cuts->tails++;
	free(buf);
	return 0;
}

static void the_write_under_way_is_torn_at_the_sectors_of_both_ends(void **state)
{
	struct media_store *s = *state;
	struct cuts cuts = { 0 };
	struct media_crash_sweep sweep = { .each = see_cut, .arg = &cuts };
	static char buf[20000];
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE);

	memset(buf, 'x', sizeof(buf));
	assert_int_equal(media_fault_record(s), 0);
	assert_int_equal(s->ops->pwrite(f, buf, 20000, 0), 20000);
	s->ops->close(f);
	assert_int_equal(media_fault_crashes(s, &sweep), 0);
	/* At 512 to 4096, and at 16384 to 19968: eight each; two of each also the other way round. */
	assert_int_equal(cuts.heads, 16);
	assert_int_equal(cuts.tails, 4);
}

static int count(void *arg, struct media_store *store, const struct media_crash *crash)
{
	return ++*(int *)arg == 5 ? 77 : 0;
}

static void a_sweep_stops_when_told(void **state)
{
	struct media_store *s = *state;
	int calls = 0;
	struct media_crash_sweep sweep = { .each = count, .arg = &calls, .random = 10, .seed = 1 };
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE);

	assert_int_equal(media_fault_record(s), 0);
	assert_int_equal(s->ops->pwrite(f, "1", 1, 0), 1);
	s->ops->close(f);
	assert_int_equal(media_fault_crashes(s, &sweep), 77);
	assert_int_equal(calls, 5);
}

static void a_full_disk_below_leaves_a_part_that_a_crash_may_keep(void **state)
{
	struct media_store *s = *state;
	struct media_file *f = open_file(s, "a", MEDIA_STORE_CREATE);
	struct seen seen;

	assert_int_equal(media_fault_record(s), 0);
	media_store_memory_limit(under, 3);
	assert_int_equal(s->ops->pwrite(f, "12345", 5, 0), -ENOSPC);
	s->ops->close(f);
	look(s, 1, &seen);
	assert_true(saw(&seen, "123"));
	assert_true(saw(&seen, ""));
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRACTS(setup, teardown),
		T(the_nth_call_fails_as_often_as_told),
		T(a_failed_sync_drops_what_was_not_synced),
		T(a_crash_takes_every_choice_of_what_was_not_synced),
		T(a_sync_does_not_cover_a_write_that_has_not_ended),
		T(a_write_that_fails_when_it_ends_is_not_there),
		T(creating_replacing_and_removing_are_durable_at_once),
		T(what_a_failed_sync_dropped_stays_lost),
		T(the_write_under_way_is_torn_at_the_sectors_of_both_ends),
		T(a_sweep_stops_when_told),
		T(a_full_disk_below_leaves_a_part_that_a_crash_may_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
