/* SPDX-License-Identifier: GPL-2.0-only */
/* Stations and magazines: places that are opened, or taken out, together; bays with drives in them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

unsigned library_drives(const struct library_conf *conf)
{
	unsigned drives = 0;

	for (unsigned i = 0; i < conf->drives; i++)
		drives += !conf->drive[i].absent;
	return drives;
}

bool library_bay_nth(const struct library_conf *conf, bool station, unsigned number, struct library_bay *bay)
{
	unsigned first = 1;

	*bay = (struct library_bay){ .station = station, .number = number };
	if (station) {
		if (!number || number > LIBRARY_STATIONS || !conf->station[number - 1])
			return false;
		for (unsigned i = 0; i + 1 < number; i++)
			first += conf->station[i];
		bay->first = (struct library_place){ LIBRARY_IO, first };
		bay->count = conf->station[number - 1];
		bay->removable = conf->station_magazines;
		return true;
	}
	if (!number || !conf->magazine_slots || (number - 1) * (unsigned long long)conf->magazine_slots >= conf->slots)
		return false;
	first = (number - 1) * conf->magazine_slots + 1;
	bay->first = (struct library_place){ LIBRARY_SLOT, first };
	bay->count = conf->slots - first + 1 < conf->magazine_slots ? conf->slots - first + 1 : conf->magazine_slots;
	bay->removable = true;
	return true;
}

bool library_bay_of(const struct library_conf *conf, struct library_place place, struct library_bay *bay)
{
	bool station = place.kind == LIBRARY_IO;

	if (!station && place.kind != LIBRARY_SLOT)
		return false;
	for (unsigned n = 1; library_bay_nth(conf, station, n, bay); n++)
		if (place.number >= bay->first.number && place.number < bay->first.number + bay->count)
			return true;
	return false;
}

bool library_bay_parse(const struct library_conf *conf, const char *text, struct library_bay *bay)
{
	static const char *const names[] = { "magazine:", "station:" };
	struct library_place place;
	unsigned long number;
	char *end;

	for (unsigned station = 0; station < 2; station++) {
		size_t len = strlen(names[station]);

		if (strncmp(text, names[station], len) || text[len] < '0' || text[len] > '9')
			continue;
		number = strtoul(text + len, &end, 10);
		return !*end && number <= 0xffff && library_bay_nth(conf, station, (unsigned)number, bay);
	}
	return library_place_parse(text, &place) && place.kind == LIBRARY_IO && library_bay_of(conf, place, bay);
}

const char *library_bay_text(const struct library_bay *bay, char *buf, unsigned size)
{
	snprintf(buf, size, "%s:%u", bay->station ? "station" : "magazine", bay->number);
	return buf;
}
