/* SPDX-License-Identifier: GPL-2.0-only */
/* What an operator does at import/export stations, magazines and the shelf, as changes of the inventory. */
#include <string.h>

#include "parts.h"

static const char *const names[LIBRARY_IO_ACTIONS] = {
	[LIBRARY_IO_OPEN] = "open",
	[LIBRARY_IO_CLOSE] = "close",
	[LIBRARY_IO_INSERT] = "insert",
	[LIBRARY_IO_REMOVE] = "remove",
	[LIBRARY_IO_DISABLE] = "disable",
	[LIBRARY_IO_ENABLE] = "enable",
};

enum library_io_action library_io_by_name(const char *name)
{
	enum library_io_action action = LIBRARY_IO_OPEN;

	while (action < LIBRARY_IO_ACTIONS && strcmp(names[action], name))
		action++;
	return action;
}

static void set_state(struct library_io *io, const struct library_bay *bay, uint8_t clear, uint8_t set)
{
	io->move = (struct library_move){
		.change = LIBRARY_CHANGE_STATE, .from = bay->first, .count = bay->count, .state = set,
		.keep = (uint8_t)~clear,
	};
}

/* A station opens; a magazine is unlocked, to be taken out. While that lasts, the robot does not get at it. */
static enum library_err prepare_door(const struct library *library, struct library_io *io, struct why *why)
{
	bool open = io->action == LIBRARY_IO_OPEN;
	struct library_bay bay;
	char text[24];

	if (!library_bay_parse(&library->conf, io->what, &bay)) {
		why_set(why, "%s has no \"%s\": station:N, io:N for the one that has it, or magazine:N",
			library->conf.name, io->what);
		return LIBRARY_NOT_FOUND;
	}
	if (library_place_state(library, bay.first) & LIBRARY_PLACE_OUT) {
		why_set(why, "%s is out of the library", library_bay_text(&bay, text, sizeof(text)));
		return LIBRARY_BUSY;
	}
	set_state(io, &bay, LIBRARY_PLACE_OPEN, open ? LIBRARY_PLACE_OPEN : 0);
	io->takes_out = open;
	if (!bay.station)
		io->event = open ? LIBRARY_IO_MAGAZINE_UNLOCKED : LIBRARY_IO_MAGAZINE_LOCKED;
	else	/* While it is open nobody but the operator gets at it: initiators hear of it when it is closed. */
		io->event = open ? LIBRARY_IO_SILENT : LIBRARY_IO_ACCESSED;
	return LIBRARY_OK;
}

static enum library_err prepare_magazine(const struct library *library, struct library_io *io,
					 const struct library_bay *bay, struct why *why)
{
	bool out = io->action == LIBRARY_IO_REMOVE;
	char text[24];

	library_bay_text(bay, text, sizeof(text));
	if (!bay->removable) {
		why_set(why, "%s is built into the library", text);
		return LIBRARY_USAGE;
	}
	if (!(library_place_state(library, bay->first) & LIBRARY_PLACE_OUT) != out) {
		why_set(why, "%s is %s the library", text, out ? "not in" : "in");
		return LIBRARY_FAILED;
	}
	/* In the library again, it is locked. */
	set_state(io, bay, LIBRARY_PLACE_OUT | LIBRARY_PLACE_OPEN, out ? LIBRARY_PLACE_OUT : 0);
	io->takes_out = out;
	io->event = out ? LIBRARY_IO_MAGAZINE_OUT : LIBRARY_IO_MAGAZINE_IN;
	return LIBRARY_OK;
}

static enum library_err prepare_disabled(const struct library *library, struct library_io *io, struct why *why)
{
	bool disable = io->action == LIBRARY_IO_DISABLE;
	struct library_bay one = { .count = 1 };

	if (!library_place_parse(io->what, &one.first) || one.first.kind == LIBRARY_SHELF ||
	    one.first.kind == LIBRARY_TRANSPORT || !table_has(&library->table, one.first)) {
		why_set(why, "%s has no \"%s\": slot:N, io:N or drive:N", library->conf.name, io->what);
		return LIBRARY_NOT_FOUND;
	}
	set_state(io, &one, LIBRARY_PLACE_DISABLED, disable ? LIBRARY_PLACE_DISABLED : 0);
	io->event = disable ? LIBRARY_IO_DISABLED : LIBRARY_IO_ENABLED;
	return LIBRARY_OK;
}

static struct library_place empty_slot(const struct library *library)
{
	struct library_place place = { LIBRARY_IO, 1 };

	for (; place.number <= library->conf.import_exports; place.number++)
		if (!library_at(library, place) && !(library_place_state(library, place) & LIBRARY_PLACE_OUT))
			return place;
	return (struct library_place){ LIBRARY_NOWHERE, 0 };
}

/* Through an open station silently; a closed one is opened and closed for it. */
static void pass_station(const struct library *library, struct library_io *io, struct library_place place)
{
	bool open = library_place_state(library, place) & LIBRARY_PLACE_OPEN;

	io->event = open ? LIBRARY_IO_SILENT : LIBRARY_IO_ACCESSED;
	io->takes_out = !open;
}

static enum library_err prepare_cartridge(const struct library *library, struct library_io *io, struct why *why)
{
	struct library_place from = { LIBRARY_NOWHERE, 0 }, port;
	const struct library_cartridge *c = library_place_parse(io->what, &from) ? library_at(library, from)
										  : library_find(library, io->what);
	bool insert = io->action == LIBRARY_IO_INSERT;

	if (!c) {
		why_set(why, "%s: no such cartridge in %s", io->what, library->conf.name);
		return LIBRARY_NOT_FOUND;
	}
	if (c->place.kind != (insert ? LIBRARY_SHELF : LIBRARY_IO)) {
		why_set(why, "cartridge %s is not %s", c->id, insert ? "on the shelf" : "in an import/export slot");
		return LIBRARY_FAILED;
	}
	port = !insert ? c->place : io->to.kind == LIBRARY_NOWHERE ? empty_slot(library) : io->to;
	if (port.kind != LIBRARY_IO) {
		why_set(why, "%s", io->to.kind == LIBRARY_NOWHERE ? "no import/export slot is empty" :
			"a cartridge comes in through an import/export slot");
		return LIBRARY_FAILED;
	}
	if (library_place_state(library, port) & LIBRARY_PLACE_OUT) {
		why_set(why, "the station of io:%u is out of the library", port.number);
		return LIBRARY_BUSY;
	}
	strcpy(io->id, c->id);
	io->move = (struct library_move){ .from = c->place, .to = { LIBRARY_SHELF, 0 }, .id = io->id };
	if (insert)
		io->move.to = port;
	pass_station(library, io, port);
	return LIBRARY_OK;
}

enum library_err library_io_prepare(const struct library *library, struct library_io *io, struct why *why)
{
	struct library_bay bay;

	if (io->action == LIBRARY_IO_OPEN || io->action == LIBRARY_IO_CLOSE)
		return prepare_door(library, io, why);
	if (io->action == LIBRARY_IO_DISABLE || io->action == LIBRARY_IO_ENABLE)
		return prepare_disabled(library, io, why);
	/* "io:3" is a cartridge's place here, not its station. */
	if (strncmp(io->what, "io:", 3) && library_bay_parse(&library->conf, io->what, &bay))
		return prepare_magazine(library, io, &bay, why);
	return prepare_cartridge(library, io, why);
}
