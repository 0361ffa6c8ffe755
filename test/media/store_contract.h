/* SPDX-License-Identifier: GPL-2.0-only */
/* What every implementation of the storage port must do, as tests. */
#ifndef TEST_STORE_CONTRACT_H
#define TEST_STORE_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store.h"

/* The tests take a store without files in *state. */
void contract_reads_back_what_was_written(void **state);
void contract_reads_short_only_at_the_end(void **state);
void contract_reads_zeros_where_nothing_was_written(void **state);
void contract_allocates_zeros_and_grows(void **state);
void contract_truncates(void **state);
void contract_creates_only_what_is_not_there(void **state);
void contract_refuses_names_that_lead_elsewhere(void **state);
void contract_replaces_whole_files(void **state);
void contract_keeps_a_replaced_file_for_its_reader(void **state);
void contract_removes(void **state);
void contract_lists_every_file_and_stops_when_told(void **state);
void contract_does_not_write_through_a_read_only_file(void **state);
void contract_locks_once_and_names_the_holder(void **state);
void contract_reads_whole_small_files(void **state);
void contract_has_several_writes_under_way_at_once(void **state);
void contract_tells_how_a_write_went_when_it_ends(void **state);
void contract_reads_what_was_written_last_whatever_was_read_ahead(void **state);
void contract_reads_ahead_of_the_file_that_was_opened(void **state);

/* Fixtures: *state is an empty store in memory. */
int memory_setup(void **state);
int memory_teardown(void **state);

#define CONTRACT(t, setup, teardown) cmocka_unit_test_setup_teardown(contract_##t, setup, teardown)
#define CONTRACTS(setup, teardown)								\
	CONTRACT(reads_back_what_was_written, setup, teardown),					\
	CONTRACT(reads_short_only_at_the_end, setup, teardown),					\
	CONTRACT(reads_zeros_where_nothing_was_written, setup, teardown),			\
	CONTRACT(allocates_zeros_and_grows, setup, teardown),					\
	CONTRACT(truncates, setup, teardown),							\
	CONTRACT(creates_only_what_is_not_there, setup, teardown),				\
	CONTRACT(refuses_names_that_lead_elsewhere, setup, teardown),				\
	CONTRACT(replaces_whole_files, setup, teardown),					\
	CONTRACT(keeps_a_replaced_file_for_its_reader, setup, teardown),			\
	CONTRACT(removes, setup, teardown),							\
	CONTRACT(lists_every_file_and_stops_when_told, setup, teardown),			\
	CONTRACT(does_not_write_through_a_read_only_file, setup, teardown),			\
	CONTRACT(locks_once_and_names_the_holder, setup, teardown),				\
	CONTRACT(reads_whole_small_files, setup, teardown),					\
	CONTRACT(has_several_writes_under_way_at_once, setup, teardown),			\
	CONTRACT(tells_how_a_write_went_when_it_ends, setup, teardown),				\
	CONTRACT(reads_what_was_written_last_whatever_was_read_ahead, setup, teardown),		\
	CONTRACT(reads_ahead_of_the_file_that_was_opened, setup, teardown)

/* The whole file equals the text. */
void assert_file(struct media_store *store, const char *name, const char *text);
void put_file(struct media_store *store, const char *name, const char *text);
struct media_file *open_file(struct media_store *store, const char *name, int flags);

#endif
