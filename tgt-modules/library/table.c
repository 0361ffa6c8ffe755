/* SPDX-License-Identifier: GPL-2.0-only */
/* The inventory in memory: every cartridge, sorted by id, and what lies in every place. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

bool table_init(struct table *table, unsigned slots, unsigned drives, unsigned import_exports)
{
	memset(table, 0, sizeof(*table));
	table->places[LIBRARY_SLOT] = slots;
	table->places[LIBRARY_DRIVE] = drives;
	table->places[LIBRARY_IO] = import_exports;
	table->places[LIBRARY_TRANSPORT] = 1;
	for (unsigned k = 0; k < TABLE_KINDS; k++) {
		table->place[k] = calloc(table->places[k] + 1, sizeof(*table->place[k]));
		table->state[k] = calloc(table->places[k] + 1, 1);
		if (!table->place[k] || !table->state[k]) {
			table_free(table);
			return false;
		}
	}
	return true;
}

/* Those that an edit changes. */
static const enum library_place_kind edited[] = { LIBRARY_SLOT, LIBRARY_DRIVE, LIBRARY_IO };

bool table_reserve(struct table *table, unsigned slots, unsigned drives, unsigned import_exports)
{
	const unsigned count[] = { slots, drives, import_exports };

	for (unsigned i = 0; i < 3; i++) {
		enum library_place_kind k = edited[i];
		void *place, *state;

		if (count[i] <= table->places[k])
			continue;
		place = realloc(table->place[k], (count[i] + 1) * sizeof(*table->place[k]));
		if (!place)
			return false;
		table->place[k] = place;
		state = realloc(table->state[k], count[i] + 1);
		if (!state)
			return false;
		table->state[k] = state;
	}
	return true;
}

void table_set_places(struct table *table, unsigned slots, unsigned drives, unsigned import_exports)
{
	const unsigned count[] = { slots, drives, import_exports };

	for (unsigned i = 0; i < 3; i++) {
		enum library_place_kind k = edited[i];

		for (unsigned n = table->places[k]; n < count[i]; n++) {
			table->place[k][n] = NULL;
			table->state[k][n] = 0;
		}
		table->places[k] = count[i];
	}
}

void table_free(struct table *table)
{
	for (unsigned i = 0; i < table->count; i++)
		free(table->row[i]);
	for (unsigned k = 0; k < TABLE_KINDS; k++) {
		free(table->place[k]);
		free(table->state[k]);
	}
	free(table->row);
	memset(table, 0, sizeof(*table));
}

/* Where an id is or belongs. */
static unsigned position(const struct table *table, const char *id, bool *there)
{
	unsigned low = 0, high = table->count;

	*there = false;
	/* Checkpoints are sorted, so most come at the end. */
	if (high && strcmp(table->row[high - 1]->id, id) < 0)
		return high;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		int order = strcmp(table->row[middle]->id, id);

		if (order == 0) {
			*there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct library_cartridge *table_find(const struct table *table, const char *id)
{
	bool there;
	unsigned i = position(table, id, &there);

	return there ? table->row[i] : NULL;
}

static bool numbered(const struct table *table, struct library_place place)
{
	return (unsigned)place.kind < TABLE_KINDS && place.number >= 1 && place.number <= table->places[place.kind];
}

bool table_has(const struct table *table, struct library_place place)
{
	if (place.kind == LIBRARY_SHELF)
		return true;
	return numbered(table, place) &&
	       (place.kind != LIBRARY_DRIVE || !(table->state[LIBRARY_DRIVE][place.number - 1] & LIBRARY_PLACE_OUT));
}

struct library_cartridge *table_at(const struct table *table, struct library_place place)
{
	if (place.kind == LIBRARY_SHELF || !table_has(table, place))
		return NULL;
	return table->place[place.kind][place.number - 1];
}

uint8_t table_state(const struct table *table, struct library_place place)
{
	if (place.kind == LIBRARY_SHELF || !numbered(table, place))
		return 0;
	return table->state[place.kind][place.number - 1];
}

void table_set_state(struct table *table, struct library_place first, unsigned count, uint8_t state,
		     uint8_t keep)
{
	for (; count && first.kind != LIBRARY_SHELF && numbered(table, first); count--, first.number++) {
		uint8_t *is = &table->state[first.kind][first.number - 1];

		*is = (*is & keep) | state;
	}
}

static bool has_alternate(const struct library_cartridge *cartridge)
{
	return cartridge->tag[LIBRARY_TAG_ALTERNATE].text[0];
}

bool table_set_tag(struct table *table, const char *id, enum library_tag_kind which, const struct library_tag *tag)
{
	struct library_cartridge *c = table_find(table, id);

	if (!c)
		return false;
	table->alternates -= has_alternate(c);
	c->tag[which] = *tag;
	table->alternates += has_alternate(c);
	return true;
}

struct library_place table_spare(struct table *table)
{
	unsigned i = table->empty_hint;

	while (i < table->places[LIBRARY_SLOT] && table->place[LIBRARY_SLOT][i])
		i++;
	table->empty_hint = i;
	if (i < table->places[LIBRARY_SLOT])
		return (struct library_place){ LIBRARY_SLOT, i + 1 };
	return (struct library_place){ LIBRARY_SHELF, 0 };
}

static void leave(struct table *table, const struct library_cartridge *cartridge)
{
	struct library_place place = cartridge->place;

	if (table_at(table, place) != cartridge)
		return;
	table->place[place.kind][place.number - 1] = NULL;
	if (place.kind == LIBRARY_SLOT && place.number - 1 < table->empty_hint)
		table->empty_hint = place.number - 1;
}

static void enter(struct table *table, struct library_cartridge *cartridge)
{
	if (cartridge->place.kind != LIBRARY_SHELF)
		table->place[cartridge->place.kind][cartridge->place.number - 1] = cartridge;
}

bool table_load(struct table *table, const struct library_cartridge *cartridge)
{
	struct library_cartridge *c;
	bool there;
	unsigned i = position(table, cartridge->id, &there);

	if (there) {
		struct library_tag tag[LIBRARY_TAGS];

		memcpy(tag, table->row[i]->tag, sizeof(tag));
		*table->row[i] = *cartridge;
		memcpy(table->row[i]->tag, tag, sizeof(tag));
		return true;
	}
	if (table->count == table->room) {
		unsigned room = table->room ? table->room * 2 : 64;
		struct library_cartridge **row = realloc(table->row, room * sizeof(*row));

		if (!row)
			return false;
		table->row = row;
		table->room = room;
	}
	c = malloc(sizeof(*c));
	if (!c)
		return false;
	*c = *cartridge;
	memmove(table->row + i + 1, table->row + i, (table->count - i) * sizeof(*table->row));
	memset(c->tag, 0, sizeof(c->tag));
	table->row[i] = c;
	table->count++;
	return true;
}

void table_settle(struct table *table,
		  void (*moved)(void *arg, const struct library_cartridge *cartridge, struct library_place was),
		  void *arg)
{
	for (unsigned i = 0; i < table->count; i++) {
		struct library_cartridge *c = table->row[i];

		if (table_has(table, c->place) && !table_at(table, c->place))
			enter(table, c);
	}
	for (unsigned i = 0; i < table->count; i++) {
		struct library_cartridge *c = table->row[i];
		struct library_place was = c->place;

		if (c->place.kind == LIBRARY_SHELF || table_at(table, c->place) == c)
			continue;
		c->place = table_spare(table);
		c->source = (struct library_place){ LIBRARY_NOWHERE, 0 };
		enter(table, c);
		moved(arg, c, was);
	}
}

bool table_put(struct table *table, const struct library_cartridge *cartridge)
{
	struct library_cartridge *c = table_find(table, cartridge->id);

	if (c)
		leave(table, c);
	if (!table_load(table, cartridge))
		return false;
	enter(table, table_find(table, cartridge->id));
	return true;
}

void table_put_both(struct table *table, const struct library_cartridge *a, const struct library_cartridge *b)
{
	leave(table, table_find(table, a->id));
	leave(table, table_find(table, b->id));
	(void)table_put(table, a);	/* known ids need no memory */
	(void)table_put(table, b);
}

void table_remove(struct table *table, const char *id)
{
	bool there;
	unsigned i = position(table, id, &there);

	if (!there)
		return;
	leave(table, table->row[i]);
	table->alternates -= has_alternate(table->row[i]);
	free(table->row[i]);
	table->count--;
	memmove(table->row + i, table->row + i + 1, (table->count - i) * sizeof(*table->row));
}
