/* SPDX-License-Identifier: GPL-2.0-only */
/* What an operator does at import/export stations, magazines and the shelf, as changes of the inventory. */
#include <string.h>

#include "parts.h"

static const char *const names[LIBRARY_IO_ACTIONS] = {
	[LIBRARY_IO_OPEN] = "open",
	[LIBRARY_IO_CLOSE] = "close",
	[LIBRARY_IO_INSERT] = "insert",
	[LIBRARY_IO_REMOVE] = "remove",
};

enum library_io_action library_io_by_name(const char *name)
{
	enum library_io_action action = LIBRARY_IO_OPEN;

	while (action < LIBRARY_IO_ACTIONS && strcmp(names[action], name))
		action++;
	return action;
}

static void set_state(const struct library *library, struct library_io *io, const struct library_bay *bay, uint8_t bit,
		      bool on)
{
	uint8_t state = library_place_state(library, bay->first);

	io->move = (struct library_move){ .change = LIBRARY_CHANGE_STATE, .from = bay->first, .count = bay->count };
	io->move.state = on ? state | bit : state & (uint8_t)~bit;
}

static enum library_err prepare_door(const struct library *library, struct library_io *io, struct why *why)
{
	bool open = io->action == LIBRARY_IO_OPEN;
	struct library_bay bay;

	if (!library_bay_parse(&library->conf, io->what, &bay) || !bay.station) {
		why_set(why, "%s has no station \"%s\": station:N, or io:N for the one that has it", library->conf.name,
			io->what);
		return LIBRARY_NOT_FOUND;
	}
	if (library_place_state(library, bay.first) & LIBRARY_PLACE_OUT) {
		why_set(why, "station:%u is out of the library", bay.number);
		return LIBRARY_BUSY;
	}
	set_state(library, io, &bay, LIBRARY_PLACE_OPEN, open);
	io->takes_out = open;
	/* While it is open nobody but the operator gets at it: initiators hear of it when it is closed. */
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
	set_state(library, io, bay, LIBRARY_PLACE_OUT, out);
	io->takes_out = out;
	io->event = out ? LIBRARY_IO_MAGAZINE_OUT : LIBRARY_IO_MAGAZINE_IN;
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
	/* "io:3" is a cartridge's place here, not its station. */
	if (strncmp(io->what, "io:", 3) && library_bay_parse(&library->conf, io->what, &bay))
		return prepare_magazine(library, io, &bay, why);
	return prepare_cartridge(library, io, why);
}
