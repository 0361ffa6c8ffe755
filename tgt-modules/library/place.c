/* SPDX-License-Identifier: GPL-2.0-only */
/* Places of a library and kinds of cartridges as text, and where a cartridge is at home. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

static const char *const names[] = {
	[LIBRARY_NOWHERE] = "nowhere", [LIBRARY_SLOT] = "slot",		  [LIBRARY_DRIVE] = "drive",
	[LIBRARY_IO] = "io",	       [LIBRARY_TRANSPORT] = "transport", [LIBRARY_SHELF] = "shelf",
};

bool library_place_parse(const char *text, struct library_place *place)
{
	unsigned long number;
	char *end;

	if (!strcmp(text, names[LIBRARY_SHELF])) {
		*place = (struct library_place){ LIBRARY_SHELF, 0 };
		return true;
	}
	for (unsigned k = LIBRARY_SLOT; k <= LIBRARY_TRANSPORT; k++) {
		size_t len = strlen(names[k]);

		if (strncmp(text, names[k], len) || text[len] != ':' || text[len + 1] < '0' || text[len + 1] > '9')
			continue;
		number = strtoul(text + len + 1, &end, 10);
		if (*end || !number || number > 0xffff)
			return false;
		*place = (struct library_place){ (enum library_place_kind)k, (unsigned)number };
		return true;
	}
	return false;
}

const char *library_place_text(struct library_place place, char *buf, unsigned size)
{
	if (place.kind == LIBRARY_NOWHERE || place.kind == LIBRARY_SHELF)
		snprintf(buf, size, "%s", names[place.kind]);
	else
		snprintf(buf, size, "%s:%u", names[place.kind], place.number);
	return buf;
}

enum library_err library_reach(const struct library *library, struct library_place place, struct why *why)
{
	uint8_t state = library_place_state(library, place);
	const char *what = NULL;
	char text[24];

	if (state & LIBRARY_PLACE_OUT)
		what = place.kind == LIBRARY_DRIVE ? "the drive is not in the library" :
						     "the magazine is not in the library";
	else if (state & LIBRARY_PLACE_DISABLED)
		what = "the element is disabled";
	else if (state & LIBRARY_PLACE_OPEN)
		what = place.kind == LIBRARY_IO ? "the import/export station is open" : "the magazine is unlocked";
	if (!what)
		return LIBRARY_OK;
	why_set(why, "%s: %s", library_place_text(place, text, sizeof(text)), what);
	return LIBRARY_BUSY;
}

static const char *const kinds[MEDIA_KIND_COUNT] = {
	[MEDIA_DATA] = "data",
	[MEDIA_WORM_DATA] = "worm",
	[MEDIA_CLEANING] = "cleaning",
	[MEDIA_NULL] = "null",
};

const char *library_kind_name(enum media_kind kind)
{
	return kind < MEDIA_KIND_COUNT ? kinds[kind] : "unknown";
}

enum media_kind library_kind_by_name(const char *name)
{
	enum media_kind kind = MEDIA_DATA;

	while (kind < MEDIA_KIND_COUNT && strcmp(kinds[kind], name))
		kind++;
	return kind;
}

struct library_place library_home(const struct library *library, const struct library_cartridge *cartridge)
{
	struct library_place place = { LIBRARY_SLOT, 1 };

	if (cartridge->source.kind == LIBRARY_SLOT && cartridge->source.number <= library_conf(library)->slots &&
	    !library_at(library, cartridge->source))
		return cartridge->source;
	for (; place.number <= library_conf(library)->slots; place.number++)
		if (!library_at(library, place))
			return place;
	return (struct library_place){ LIBRARY_NOWHERE, 0 };
}
