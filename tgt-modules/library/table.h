/* SPDX-License-Identifier: GPL-2.0-only */
/* The inventory in memory: every cartridge, sorted by id, and what lies in every place. */
#ifndef LIBRARY_TABLE_H
#define LIBRARY_TABLE_H

#include "library.h"

#define TABLE_KINDS (LIBRARY_SHELF + 1)

struct table {
	struct library_cartridge **row;		/* sorted by id */
	unsigned count, room;
	struct library_cartridge **place[TABLE_KINDS];	/* by kind and number - 1 */
	uint8_t *state[TABLE_KINDS];		/* the same for LIBRARY_PLACE_… */
	unsigned places[TABLE_KINDS];
	unsigned alternates;			/* cartridges with an alternate volume tag */
	unsigned empty_hint;			/* no slot below this number - 1 is empty */
};

/* Places that the table has: slots, drives, import/export, one transport. */
bool table_init(struct table *table, unsigned slots, unsigned drives, unsigned import_exports);
void table_free(struct table *table);

/* Memory for so many places; false: there is none. */
bool table_reserve(struct table *table, unsigned slots, unsigned drives, unsigned import_exports);
/* There are so many from now on, after table_reserve(). Those that go are empty. */
void table_set_places(struct table *table, unsigned slots, unsigned drives, unsigned import_exports);

struct library_cartridge *table_find(const struct table *table, const char *id);
/* NULL if it is empty, does not exist, or is the shelf. */
struct library_cartridge *table_at(const struct table *table, struct library_place place);
/* Whether there is such a place for a cartridge: not the bay of a drive that is out. The shelf has no number. */
bool table_has(const struct table *table, struct library_place place);
/* The first empty slot, else the shelf. */
struct library_place table_spare(struct table *table);

/* LIBRARY_PLACE_…; 0 also for what is no place. */
uint8_t table_state(const struct table *table, struct library_place place);
/* Of `count` places from `first` on; those that do not exist are passed over. */
void table_set_state(struct table *table, struct library_place first, unsigned count, uint8_t state,
		     uint8_t keep);
/* False if there is no such cartridge. */
bool table_set_tag(struct table *table, const char *id, enum library_tag_kind which, const struct library_tag *tag);

/* Inserts the cartridge, or replaces what is known of that id. Its place must be empty or its own, and exist. The id
 * is known or there is memory: false if there is none. */
bool table_put(struct table *table, const struct library_cartridge *cartridge);
/* Two cartridges, both known, that change places at the same time. */
void table_put_both(struct table *table, const struct library_cartridge *a, const struct library_cartridge *b);
void table_remove(struct table *table, const char *id);

/*
 * While loading, places are not looked at: table_load() only notes the cartridge (its tags stay, if it is known).
 * table_settle() then gives each its place; one whose place does not exist or is taken gets a spare one, which `moved`
 * is told.
 */
bool table_load(struct table *table, const struct library_cartridge *cartridge);
void table_settle(struct table *table,
		  void (*moved)(void *arg, const struct library_cartridge *cartridge, struct library_place was),
		  void *arg);

#endif
