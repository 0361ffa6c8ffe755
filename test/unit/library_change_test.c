/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of the inventory's other changes: exchanges, tags, states of places; each durable, and whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "crc.h"
#include "journal.h"
#include "store_fault.h"
#include "store_memory.h"

#define SLOTS	8u

static struct library_cartridge cartridge(unsigned n, unsigned slot)
{
	struct library_cartridge c = { .place = { LIBRARY_SLOT, slot } };

	snprintf(c.id, sizeof(c.id), "VTL%03uL8", n);
	strcpy(c.barcode, c.id);
	strcpy(c.form, "LTO-8");
	return c;
}

/* Four cartridges in the first slots. */
static void fill(struct table *table)
{
	assert_true(table_init(table, SLOTS, 2, 4));
	for (unsigned i = 1; i <= 4; i++) {
		struct library_cartridge c = cartridge(i, i);

		assert_true(table_put(table, &c));
	}
}

/* What the file says, in a table of its own. */
static void read_back(struct media_store *store, struct table *table, struct journal_found *found)
{
	struct why why = { "" };
	uint8_t *buf;
	size_t len;

	assert_int_equal(media_store_read(store, "inventory", 8 << 20, &buf, &len), 0);
	assert_true(table_init(table, SLOTS, 2, 4));
	if (journal_replay(buf, len, table, found, &why))
		fail_msg("%s", why.text);
	free(buf);
}

static struct journal_record tag(unsigned n, enum library_tag_kind which, const char *text, uint16_t sequence)
{
	struct journal_record r = { .what = JOURNAL_TAG, .cartridge = cartridge(n, n), .which = which };

	r.cartridge.tag[which] = (struct library_tag){ .set = true, .sequence = sequence };
	strcpy(r.cartridge.tag[which].text, text);
	return r;
}

static struct journal_record state_of(enum library_place_kind kind, unsigned first, unsigned count, uint8_t state)
{
	struct journal_record r = { .what = JOURNAL_STATE, .count = count, .state = state };

	r.cartridge.place = (struct library_place){ kind, first };
	return r;
}

static void expect_tags_and_states(const struct table *table)
{
	const struct library_cartridge *c = table_find(table, "VTL002L8");

	assert_string_equal(c->tag[LIBRARY_TAG_PRIMARY].text, "PRIMARY-OF-TWO");
	assert_int_equal(c->tag[LIBRARY_TAG_PRIMARY].sequence, 513);
	assert_string_equal(c->tag[LIBRARY_TAG_ALTERNATE].text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345");
	assert_true(table_find(table, "VTL003L8")->tag[LIBRARY_TAG_PRIMARY].set);
	assert_string_equal(table_find(table, "VTL003L8")->tag[LIBRARY_TAG_PRIMARY].text, "");
	assert_false(table_find(table, "VTL001L8")->tag[LIBRARY_TAG_PRIMARY].set);
	assert_int_equal(table->alternates, 1);
	assert_int_equal(table_state(table, (struct library_place){ LIBRARY_IO, 1 }), 0);
	assert_int_equal(table_state(table, (struct library_place){ LIBRARY_IO, 2 }), LIBRARY_PLACE_OPEN);
	assert_int_equal(table_state(table, (struct library_place){ LIBRARY_IO, 3 }), LIBRARY_PLACE_OPEN);
	assert_int_equal(table_state(table, (struct library_place){ LIBRARY_DRIVE, 2 }), LIBRARY_PLACE_OUT);
}

static void tags_and_states_are_read_back_from_changes_and_from_a_checkpoint(void **state)
{
	const struct journal_record records[] = {
		tag(2, LIBRARY_TAG_PRIMARY, "PRIMARY-OF-TWO", 513),
		tag(2, LIBRARY_TAG_ALTERNATE, "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", 0),
		tag(3, LIBRARY_TAG_PRIMARY, "", 0),
		state_of(LIBRARY_IO, 2, 2, LIBRARY_PLACE_OPEN),
		state_of(LIBRARY_DRIVE, 2, 1, LIBRARY_PLACE_OUT),
		{ .what = JOURNAL_IS, .cartridge = cartridge(2, 8) },	/* a move leaves the tags */
	};
	struct journal journal = { .name = "inventory" };
	struct journal_found found;
	struct media_store *store;
	struct table table, back;

	assert_int_equal(media_store_memory(&store), 0);
	journal.store = store;
	fill(&table);
	assert_int_equal(journal_checkpoint(&journal, &table, NULL), 0);
	assert_int_equal(journal_append(&journal, &table, records, 6, NULL), 0);
	read_back(store, &back, &found);
	assert_true(found.clean);
	expect_tags_and_states(&back);
	assert_int_equal(table_find(&back, "VTL002L8")->place.number, 8);
	/* Once more, from a checkpoint of what was read. */
	journal.seq = found.seq;
	assert_int_equal(journal_checkpoint(&journal, &back, NULL), 0);
	table_free(&back);
	read_back(store, &back, &found);
	assert_true(found.clean);
	assert_int_equal(found.damaged, 0);
	expect_tags_and_states(&back);
	table_free(&back);
	table_free(&table);
	journal_close(&journal);
	store->ops->destroy(store);
}

/* One of the two cartridges in a crash's image: both where they were, or both where they go. */
static int check_crash(void *arg, struct media_store *store, const struct media_crash *crash)
{
	unsigned *seen = arg;
	struct journal_found found;
	struct table back;
	unsigned one, two;

	read_back(store, &back, &found);
	one = table_find(&back, "VTL001L8")->place.number;
	two = table_find(&back, "VTL002L8")->place.number;
	assert_true((one == 1 && two == 2) || (one == 2 && two == 1));
	seen[one - 1]++;
	table_free(&back);
	return 0;
}

static void an_exchange_is_there_as_a_whole_or_not_at_all_after_a_crash_at_any_point(void **state)
{
	struct journal_record pair[] = {
		{ .what = JOURNAL_IS, .joined = true, .cartridge = cartridge(1, 2) },
		{ .what = JOURNAL_IS, .cartridge = cartridge(2, 1) },
	};
	unsigned seen[2] = { 0, 0 };
	struct media_crash_sweep sweep = { .random = 64, .seed = 11, .each = check_crash, .arg = seen };
	struct journal journal = { .name = "inventory" };
	struct media_store *under, *store;
	struct table table;

	assert_int_equal(media_store_memory(&under), 0);
	assert_int_equal(media_store_fault(under, &store), 0);
	journal.store = store;
	fill(&table);
	assert_int_equal(journal_checkpoint(&journal, &table, NULL), 0);
	assert_int_equal(media_fault_record(store), 0);
	assert_int_equal(journal_append(&journal, &table, pair, 2, NULL), 0);
	assert_int_equal(media_fault_crashes(store, &sweep), 0);
	assert_true(seen[0] && seen[1]);
	journal_close(&journal);
	table_free(&table);
	store->ops->destroy(store);
	under->ops->destroy(under);
}

static void half_an_exchange_is_none(void **state)
{
	struct journal_record pair[] = {
		{ .what = JOURNAL_IS, .joined = true, .cartridge = cartridge(1, 2) },
		{ .what = JOURNAL_IS, .cartridge = cartridge(2, 1) },
	};
	struct journal journal = { .name = "inventory" };
	struct journal_found found;
	struct media_store *store;
	struct table table, back;
	uint8_t zeros[JOURNAL_RECORD] = { 0 };
	uint64_t at;

	assert_int_equal(media_store_memory(&store), 0);
	journal.store = store;
	fill(&table);
	assert_int_equal(journal_checkpoint(&journal, &table, NULL), 0);
	at = journal.end;
	assert_int_equal(journal_append(&journal, &table, pair, 2, NULL), 0);
	assert_int_equal(store->ops->pwrite(journal.file, zeros, sizeof(zeros), at + JOURNAL_RECORD), sizeof(zeros));
	read_back(store, &back, &found);
	assert_false(found.clean);
	assert_int_equal(table_find(&back, "VTL001L8")->place.number, 1);
	assert_int_equal(table_find(&back, "VTL002L8")->place.number, 2);
	table_free(&back);
	table_free(&table);
	journal_close(&journal);
	store->ops->destroy(store);
}

static void an_inventory_of_version_1_is_read_and_written_anew_before_it_is_changed(void **state)
{
	struct journal journal = { .name = "inventory" };
	struct journal_found found;
	struct media_store *store;
	struct table table, back;
	uint8_t *buf;
	size_t len;

	assert_int_equal(media_store_memory(&store), 0);
	journal.store = store;
	fill(&table);
	assert_int_equal(journal_checkpoint(&journal, &table, NULL), 0);
	journal_close(&journal);
	assert_int_equal(media_store_read(store, "inventory", 8 << 20, &buf, &len), 0);
	for (unsigned i = 0; i < 2; i++) {
		put_be32(buf + i * JOURNAL_RECORD + 8, 1);
		put_be32(buf + i * JOURNAL_RECORD, media_crc32c(0, buf + i * JOURNAL_RECORD + 4, JOURNAL_RECORD - 4));
	}
	assert_int_equal(store->ops->replace(store, "inventory", buf, len), 0);
	free(buf);
	read_back(store, &back, &found);
	assert_int_equal(back.count, 4);
	assert_false(found.clean);
	table_free(&back);
	table_free(&table);
	store->ops->destroy(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_and_states_are_read_back_from_changes_and_from_a_checkpoint),
		cmocka_unit_test(an_exchange_is_there_as_a_whole_or_not_at_all_after_a_crash_at_any_point),
		cmocka_unit_test(half_an_exchange_is_none),
		cmocka_unit_test(an_inventory_of_version_1_is_read_and_written_anew_before_it_is_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
