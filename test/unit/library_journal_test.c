/* SPDX-License-Identifier: GPL-2.0-only */
/* The inventory's journal: what a crash, a full disk or a damaged byte leaves of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "store_fault.h"
#include "store_memory.h"

#define CARTRIDGES	40u
#define SLOTS		60u
#define MOVES		18u

static struct library_cartridge cartridge(unsigned n, unsigned slot)
{
	struct library_cartridge c = { .kind = n % 2 ? MEDIA_WORM_DATA : MEDIA_DATA,
				       .place = { LIBRARY_SLOT, slot },
				       .source = { LIBRARY_IO, 3 },
				       .operator_placed = n % 3 == 0 };

	snprintf(c.id, sizeof(c.id), "VTL%03uL8", n);
	strcpy(c.barcode, c.id);
	strcpy(c.form, "LTO-8");
	return c;
}

static void fill(struct table *table)
{
	assert_true(table_init(table, SLOTS, 2, 4));
	for (unsigned i = 0; i < CARTRIDGES; i++) {
		struct library_cartridge c = cartridge(i, i + 1);

		assert_true(table_put(table, &c));
	}
}

/* The nth move: cartridge n goes to the slot behind all, the freed ones being used in turn. */
static struct journal_record nth_move(unsigned n)
{
	struct journal_record r = { .cartridge = cartridge(n, n < SLOTS - CARTRIDGES ? CARTRIDGES + 1 + n
									    : n - (SLOTS - CARTRIDGES) + 1) };

	return r;
}

/* The table as it is after the first n moves. */
static void fill_after(struct table *table, unsigned n)
{
	fill(table);
	for (unsigned i = 0; i < n; i++) {
		struct journal_record r = nth_move(i);

		assert_true(table_put(table, &r.cartridge));
	}
}

static bool same_tables(const struct table *a, const struct table *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (memcmp(a->row[i], b->row[i], sizeof(*a->row[i])))
			return false;
	return true;
}

static void keep(void *arg, const struct library_cartridge *c, struct library_place was)
{
	(*(unsigned *)arg)++;
}

/* The tables after 0 to MOVES moves. */
struct expected {
	struct table after[MOVES + 1];
};

static int expect(void **state)
{
	struct expected *e = calloc(1, sizeof(*e));

	if (!e)
		return -1;
	for (unsigned n = 0; n <= MOVES; n++)
		fill_after(&e->after[n], n);
	*state = e;
	return 0;
}

static int expect_no_more(void **state)
{
	struct expected *e = *state;

	for (unsigned n = 0; n <= MOVES; n++)
		table_free(&e->after[n]);
	free(e);
	return 0;
}

/* Replays a file: how many moves have been made in what it says, or -1 if that is no prefix of the moves. */
static int moves_in(const struct expected *e, const uint8_t *buf, size_t len, struct journal_found *found)
{
	struct table table;
	struct why why = { "" };
	unsigned unsettled = 0;
	int made = -1;

	assert_true(table_init(&table, SLOTS, 2, 4));
	assert_int_equal(journal_replay(buf, len, &table, found, &why), LIBRARY_OK);
	table_settle(&table, keep, &unsettled);
	assert_int_equal(unsettled, 0);
	for (unsigned n = 0; n <= MOVES && made < 0; n++)
		if (same_tables(&table, &e->after[n]))
			made = (int)n;
	table_free(&table);
	return made;
}

/* Writes the checkpoint and the moves, `group` at a time, applying each; returns how many were acknowledged. */
static unsigned write_all(struct media_store *store, unsigned group)
{
	struct journal journal = { .store = store, .name = "inventory" };
	struct journal_record record[MOVES] = { { .what = JOURNAL_IS } };
	struct table table;
	unsigned done = 0;

	fill(&table);
	assert_int_equal(journal_checkpoint(&journal, &table, NULL), 0);
	while (done < MOVES) {
		unsigned n = MOVES - done < group ? MOVES - done : group;

		for (unsigned i = 0; i < n; i++)
			record[i] = nth_move(done + i);
		assert_int_equal(journal_append(&journal, &table, record, n, NULL), 0);
		for (unsigned i = 0; i < n; i++)
			assert_true(table_put(&table, &record[i].cartridge));
		done += n;
	}
	journal_close(&journal);
	table_free(&table);
	return done;
}

static void read_file(struct media_store *store, uint8_t **buf, size_t *len)
{
	assert_int_equal(media_store_read(store, "inventory", 16 << 20, buf, len), 0);
}

static void what_was_written_is_read_back(void **state)
{
	struct journal_found found;
	struct media_store *store;
	uint8_t *buf;
	size_t len;

	assert_int_equal(media_store_memory(&store), 0);
	write_all(store, 1);
	read_file(store, &buf, &len);
	assert_int_equal(moves_in(*state, buf, len, &found), MOVES);
	assert_true(found.clean);
	assert_int_equal(found.damaged, 0);
	free(buf);
	store->ops->destroy(store);
}

static void cut_at_any_byte_it_is_as_after_one_of_the_moves(void **state)
{
	struct journal_found found;
	struct media_store *store;
	uint8_t *buf;
	size_t len, checkpoint;
	int last = 0;

	assert_int_equal(media_store_memory(&store), 0);
	write_all(store, 8);
	read_file(store, &buf, &len);
	moves_in(*state, buf, len, &found);
	checkpoint = found.checkpoint_end;
	for (size_t cut = checkpoint; cut <= found.end; cut++) {
		struct journal_found now;
		/* from the heap and of the exact size, so that the sanitizer sees a read behind the end */
		uint8_t *copy = malloc(cut);
		int made;

		memcpy(copy, buf, cut);
		made = moves_in(*state, copy, cut, &now);
		assert_true(made >= last);
		assert_int_equal(now.damaged, 0);
		last = made;
		free(copy);
	}
	assert_int_equal(last, MOVES);
	free(buf);
	store->ops->destroy(store);
}

struct crash_check {
	const struct expected *expected;
	unsigned seen[MOVES + 1];
	size_t acknowledged[MOVES + 1];	/* after how many changes of the store the nth move was */
};

static int check_crash(void *arg, struct media_store *store, const struct media_crash *crash)
{
	struct crash_check *check = arg;
	struct journal_found found;
	uint8_t *buf;
	size_t len;
	int made;

	read_file(store, &buf, &len);
	made = moves_in(check->expected, buf, len, &found);
	free(buf);
	if (made < 0)
		print_error("crash after %zu: %s\n", crash->op, crash->text);
	assert_true(made >= 0);
	for (unsigned n = 1; n <= MOVES; n++)
		if (crash->op >= check->acknowledged[n])
			assert_true(made >= (int)n);
	assert_int_equal(found.damaged, 0);
	check->seen[made]++;
	return 0;
}

static void after_a_crash_at_any_point_every_acknowledged_move_is_there_and_they_are_a_prefix(void **state)
{
	struct crash_check check = { .expected = *state };
	struct media_crash_sweep sweep = { .random = 4, .seed = 7, .each = check_crash, .arg = &check };
	struct journal journal = { .name = "inventory" };
	struct media_store *under, *store;
	struct journal_record record[40] = { { .what = JOURNAL_IS } };
	struct table table;

	assert_int_equal(media_store_memory(&under), 0);
	assert_int_equal(media_store_fault(under, &store), 0);
	journal.store = store;
	fill(&table);
	assert_int_equal(journal_checkpoint(&journal, &table, NULL), 0);
	assert_int_equal(media_fault_record(store), 0);
	for (unsigned done = 0, n; done < MOVES; done += n) {
		n = done % 4 + 1 < MOVES - done ? done % 4 + 1 : MOVES - done;
		for (unsigned i = 0; i < n; i++)
			record[i] = nth_move(done + i);
		assert_int_equal(journal_append(&journal, &table, record, n, NULL), 0);
		for (unsigned i = 0; i < n; i++)
			assert_true(table_put(&table, &record[i].cartridge));
		for (unsigned i = 1; i <= n; i++)
			check.acknowledged[done + i] = media_fault_recorded(store);
	}
	assert_int_equal(media_fault_crashes(store, &sweep), 0);
	assert_true(check.seen[0] && check.seen[MOVES]);
	journal_close(&journal);
	table_free(&table);
	store->ops->destroy(store);
	under->ops->destroy(under);
}

static void a_damaged_record_costs_only_itself_and_is_told(void **state)
{
	struct journal_found found;
	struct media_store *store;
	struct table table;
	uint8_t *buf;
	size_t len;

	assert_int_equal(media_store_memory(&store), 0);
	write_all(store, 1);
	read_file(store, &buf, &len);
	moves_in(*state, buf, len, &found);
	for (size_t off = 2 * JOURNAL_RECORD; off < found.end - JOURNAL_PAGE; off += 37) {
		buf[off] ^= 0x40;
		assert_true(table_init(&table, SLOTS, 2, 4));
		assert_int_equal(journal_replay(buf, len, &table, &found, NULL), LIBRARY_OK);
		/* what was damaged may be in the padding */
		if (found.damaged || !found.clean)
			assert_true(table.count >= CARTRIDGES - 1);
		else
			assert_int_equal(table.count, CARTRIDGES);
		assert_false(found.clean);
		assert_true(found.damaged <= 1);
		table_free(&table);
		buf[off] ^= 0x40;
	}
	free(buf);
	store->ops->destroy(store);
}

static void either_copy_of_the_head_is_enough(void **state)
{
	struct journal_found found;
	struct media_store *store;
	struct table table;
	struct why why;
	uint8_t *buf;
	size_t len;

	assert_int_equal(media_store_memory(&store), 0);
	write_all(store, 1);
	read_file(store, &buf, &len);
	buf[50] ^= 1;
	assert_int_equal(moves_in(*state, buf, len, &found), MOVES);
	assert_false(found.clean);
	buf[50] ^= 1;
	buf[JOURNAL_RECORD] ^= 1;
	assert_int_equal(moves_in(*state, buf, len, &found), MOVES);
	buf[60] ^= 1;
	assert_true(table_init(&table, SLOTS, 2, 4));
	assert_int_equal(journal_replay(buf, len, &table, &found, &why), LIBRARY_FAILED);
	assert_non_null(strstr(why.text, "damaged"));
	table_free(&table);
	free(buf);
	store->ops->destroy(store);
}

static void what_is_not_an_inventory_is_refused(void **state)
{
	static const uint8_t text[] = "some other file, longer than two records of an inventory … ";
	struct journal_found found;
	struct table table;
	struct why why;

	assert_true(table_init(&table, 1, 1, 1));
	assert_int_equal(journal_replay(text, sizeof(text), &table, &found, &why), LIBRARY_FAILED);
	assert_string_equal(why.text, "that is not an inventory");
	assert_int_equal(journal_replay(text, 0, &table, &found, &why), LIBRARY_FAILED);
	table_free(&table);
}

static void a_failed_write_changes_nothing_and_the_next_succeeds(void **state)
{
	static const enum media_fault_op ops[] = { MEDIA_FAULT_PWRITE, MEDIA_FAULT_SYNC };
	struct journal_record record = { .what = JOURNAL_IS };
	struct journal_found found;
	uint8_t *buf;
	size_t len;

	for (unsigned i = 0; i < 2; i++) {
		struct journal journal = { .name = "inventory" };
		struct media_store *under, *store;
		struct table table;
		struct why why = { "" };

		assert_int_equal(media_store_memory(&under), 0);
		assert_int_equal(media_store_fault(under, &store), 0);
		journal.store = store;
		fill(&table);
		assert_int_equal(journal_checkpoint(&journal, &table, NULL), 0);
		media_fault_fail(store, ops[i], 1, 1, ENOSPC);
		record = nth_move(0);
		assert_int_equal(journal_append(&journal, &table, &record, 1, &why), -ENOSPC);
		assert_non_null(strstr(why.text, "No space left"));
		read_file(store, &buf, &len);
		assert_int_equal(moves_in(*state, buf, len, &found), 0);
		free(buf);
		assert_int_equal(journal_append(&journal, &table, &record, 1, &why), 0);
		read_file(store, &buf, &len);
		assert_int_equal(moves_in(*state, buf, len, &found), 1);
		assert_true(found.clean);
		free(buf);
		journal_close(&journal);
		table_free(&table);
		store->ops->destroy(store);
		under->ops->destroy(under);
	}
}

static void a_change_costs_one_write_and_one_sync(void **state)
{
	static const enum media_fault_op none[] = { MEDIA_FAULT_OPEN, MEDIA_FAULT_CREATE, MEDIA_FAULT_ALLOCATE,
						    MEDIA_FAULT_TRUNCATE, MEDIA_FAULT_REPLACE, MEDIA_FAULT_REMOVE };
	struct journal journal = { .name = "inventory" };
	unsigned before[MEDIA_FAULT_COUNT];
	struct media_store *under, *store;
	struct table table;

	assert_int_equal(media_store_memory(&under), 0);
	assert_int_equal(media_store_fault(under, &store), 0);
	journal.store = store;
	fill(&table);
	assert_int_equal(journal_checkpoint(&journal, &table, NULL), 0);
	for (int op = 0; op < MEDIA_FAULT_COUNT; op++)
		before[op] = media_fault_calls(store, (enum media_fault_op)op);
	for (unsigned n = 0; n < MOVES; n++) {
		struct journal_record record = nth_move(n);

		assert_int_equal(journal_append(&journal, &table, &record, 1, NULL), 0);
		assert_true(table_put(&table, &record.cartridge));
	}
	assert_int_equal(media_fault_calls(store, MEDIA_FAULT_PWRITE) - before[MEDIA_FAULT_PWRITE], MOVES);
	assert_int_equal(media_fault_calls(store, MEDIA_FAULT_SYNC) - before[MEDIA_FAULT_SYNC], MOVES);
	for (unsigned i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_int_equal(media_fault_calls(store, none[i]), before[none[i]]);
	journal_close(&journal);
	table_free(&table);
	store->ops->destroy(store);
	under->ops->destroy(under);
}

static void it_does_not_grow_without_end(void **state)
{
	struct journal journal = { .name = "inventory" };
	struct journal_record record = { .what = JOURNAL_IS };
	struct media_store *store;
	struct table table;
	uint64_t most = 0;

	assert_int_equal(media_store_memory(&store), 0);
	journal.store = store;
	fill(&table);
	assert_int_equal(journal_checkpoint(&journal, &table, NULL), 0);
	for (unsigned i = 0; i < 2000; i++) {
		record.what = JOURNAL_IS;
		record.cartridge = cartridge(0, i % 2 ? 1 : CARTRIDGES + 1);
		assert_int_equal(journal_append(&journal, &table, &record, 1, NULL), 0);
		assert_true(table_put(&table, &record.cartridge));
		if (journal.end > most)
			most = journal.end;
	}
	assert_true(most < 2 << 20);
	journal_close(&journal);
	table_free(&table);
	store->ops->destroy(store);
}

static void a_cartridge_that_is_gone_stays_gone(void **state)
{
	struct journal journal = { .name = "inventory" };
	struct journal_record record = { .what = JOURNAL_GONE, .cartridge = cartridge(5, 6) };
	struct journal_found found;
	struct media_store *store;
	struct table table;
	uint8_t *buf;
	size_t len;

	assert_int_equal(media_store_memory(&store), 0);
	journal.store = store;
	fill(&table);
	assert_int_equal(journal_checkpoint(&journal, &table, NULL), 0);
	assert_int_equal(journal_append(&journal, &table, &record, 1, NULL), 0);
	journal_close(&journal);
	table_free(&table);
	read_file(store, &buf, &len);
	assert_true(table_init(&table, SLOTS, 2, 4));
	assert_int_equal(journal_replay(buf, len, &table, &found, NULL), LIBRARY_OK);
	assert_int_equal(table.count, CARTRIDGES - 1);
	assert_null(table_find(&table, "VTL005L8"));
	table_free(&table);
	free(buf);
	store->ops->destroy(store);
}

static void a_place_that_is_taken_or_missing_is_replaced_by_a_spare_one(void **state)
{
	struct table table;
	unsigned moved = 0;
	struct library_cartridge c;

	assert_true(table_init(&table, 2, 1, 0));
	c = cartridge(1, 1);
	assert_true(table_load(&table, &c));
	c = cartridge(2, 1);
	assert_true(table_load(&table, &c));
	c = cartridge(3, 99);
	assert_true(table_load(&table, &c));
	table_settle(&table, keep, &moved);
	assert_int_equal(moved, 2);
	assert_string_equal(table_at(&table, (struct library_place){ LIBRARY_SLOT, 1 })->id, "VTL001L8");
	assert_string_equal(table_at(&table, (struct library_place){ LIBRARY_SLOT, 2 })->id, "VTL002L8");
	assert_int_equal(table_find(&table, "VTL003L8")->place.kind, LIBRARY_SHELF);
	table_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(cut_at_any_byte_it_is_as_after_one_of_the_moves),
		cmocka_unit_test(after_a_crash_at_any_point_every_acknowledged_move_is_there_and_they_are_a_prefix),
		cmocka_unit_test(a_damaged_record_costs_only_itself_and_is_told),
		cmocka_unit_test(either_copy_of_the_head_is_enough),
		cmocka_unit_test(what_is_not_an_inventory_is_refused),
		cmocka_unit_test(a_failed_write_changes_nothing_and_the_next_succeeds),
		cmocka_unit_test(a_change_costs_one_write_and_one_sync),
		cmocka_unit_test(it_does_not_grow_without_end),
		cmocka_unit_test(a_cartridge_that_is_gone_stays_gone),
		cmocka_unit_test(a_place_that_is_taken_or_missing_is_replaced_by_a_spare_one),
	};

	return cmocka_run_group_tests(tests, expect, expect_no_more);
}
