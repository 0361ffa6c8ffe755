/* SPDX-License-Identifier: GPL-2.0-only */
/* What a library is to consist of after an edit, and whether that can be: whatever goes must be empty. */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

/* A place that is to go: nothing may be in it, and it is where it belongs. */
static enum library_err check_gone(const struct library *library, struct library_place place, struct why *why)
{
	const struct library_cartridge *c = table_at(&library->table, place);
	char text[24];

	library_place_text(place, text, sizeof(text));
	if (c) {
		why_set(why, "%s is not empty: cartridge %s is in it", text, c->id);
		return LIBRARY_BUSY;
	}
	if (table_state(&library->table, place)) {
		why_set(why, "%s is open, or out of the library", text);
		return LIBRARY_BUSY;
	}
	return LIBRARY_OK;
}

static enum library_err check_range(const struct library *library, enum library_place_kind kind, unsigned from,
				    unsigned to, struct why *why)
{
	enum library_err err = LIBRARY_OK;

	for (unsigned n = from; !err && n <= to; n++)
		err = check_gone(library, (struct library_place){ kind, n }, why);
	return err;
}

static enum library_err edit_slots(const struct library *library, const struct library_edit *edit,
				   struct library_conf *next, struct why *why)
{
	if (!edit->set_slots)
		return LIBRARY_OK;
	next->slots = edit->slots;
	return check_range(library, LIBRARY_SLOT, edit->slots + 1, library->conf.slots, why);
}

static enum library_err edit_stations(const struct library *library, const struct library_edit *edit,
				      struct library_conf *next, struct why *why)
{
	if (!edit->set_stations)
		return LIBRARY_OK;
	/* One that is open or out would not know its slots any more. */
	for (unsigned n = 1; n <= library->conf.import_exports; n++) {
		if (!table_state(&library->table, (struct library_place){ LIBRARY_IO, n }))
			continue;
		why_set(why, "the station of io:%u is open, or out of the library", n);
		return LIBRARY_BUSY;
	}
	memcpy(next->station, edit->station, sizeof(next->station));
	next->import_exports = 0;
	for (unsigned i = 0; i < LIBRARY_STATIONS && edit->station[i]; i++)
		next->import_exports += edit->station[i];
	return check_range(library, LIBRARY_IO, next->import_exports + 1, library->conf.import_exports, why);
}

/* By id or "drive:N"; 0: there is none. */
static unsigned find_drive(const struct library_conf *conf, const char *text)
{
	struct library_place place;

	if (library_place_parse(text, &place) && place.kind == LIBRARY_DRIVE)
		return place.number <= conf->drives && !conf->drive[place.number - 1].absent ? place.number : 0;
	for (unsigned i = 0; i < conf->drives; i++)
		if (!conf->drive[i].absent && !strcmp(conf->drive[i].id, text))
			return i + 1;
	return 0;
}

static enum library_err remove_drives(const struct library *library, const struct library_edit *edit,
				      struct library_conf *next, struct why *why)
{
	for (unsigned i = 0; i < edit->removes; i++) {
		unsigned number = find_drive(next, edit->remove[i]);
		enum library_err err;

		if (!number) {
			why_set(why, "library %s has no drive %s", next->name, edit->remove[i]);
			return LIBRARY_NOT_FOUND;
		}
		err = check_gone(library, (struct library_place){ LIBRARY_DRIVE, number }, why);
		if (err)
			return err;
		next->drive[number - 1].absent = true;
	}
	return LIBRARY_OK;
}

bool library_codec_parse(const char *text, enum media_codec *codec, int *level)
{
	char name[16], *end;
	size_t len = strcspn(text, ":");
	long n = 0;

	if (len >= sizeof(name))
		return false;
	memcpy(name, text, len);
	name[len] = '\0';
	*codec = media_codec_by_name(name);
	if (*codec == MEDIA_CODEC_COUNT)
		return false;
	if (text[len]) {
		n = strtol(text + len + 1, &end, 10);
		if (end == text + len + 1 || *end || n < 0 || n > media_codec_max_level(*codec))
			return false;
	}
	*level = (int)n;
	return true;
}

static enum library_err change_codecs(const struct library_edit *edit, struct library_conf *next, struct why *why)
{
	for (unsigned i = 0; i < edit->codecs; i++) {
		unsigned number = find_drive(next, edit->codec[i].drive);

		if (!number) {
			why_set(why, "library %s has no drive %s", next->name, edit->codec[i].drive);
			return LIBRARY_NOT_FOUND;
		}
		next->drive[number - 1].codec = edit->codec[i].codec;
		next->drive[number - 1].codec_level = edit->codec[i].level;
	}
	return LIBRARY_OK;
}

/* Into the first empty bay, else behind the last; without names. */
static void add_drive(struct library_conf *next, const struct vtl_drive_model *model, unsigned *bay)
{
	struct library_drive *d;
	uint16_t address;

	while (*bay < next->drives && !next->drive[*bay].absent)
		++*bay;
	d = &next->drive[*bay];
	if (*bay < next->drives)
		address = d->address;
	else
		address = (uint16_t)(*bay ? next->drive[*bay - 1].address + 1 : next->drive_start);
	*d = (struct library_drive){ .model = model, .codec = MEDIA_CODEC_ZLIB, .address = address };
	if (*bay == next->drives)
		next->drives++;
}

/* Bays are removed from the end, those in between stay for the next drive. */
static void drop_bays(struct library_conf *next)
{
	while (next->drives && next->drive[next->drives - 1].absent)
		next->drives--;
}

static enum library_err edit_drives(const struct library *library, const struct library_edit *edit,
				    struct library_conf *next, struct why *why)
{
	unsigned bay = 0, added = 0, last;
	enum library_err err;

	for (unsigned i = 0; i < edit->add_rows; i++)
		added += edit->add[i].count <= UINT16_MAX ? edit->add[i].count : UINT16_MAX;
	next->drive = calloc(next->drives + added + 1, sizeof(*next->drive));
	if (!next->drive) {
		why_set(why, "no memory");
		return LIBRARY_FAILED;
	}
	memcpy(next->drive, library->conf.drive, next->drives * sizeof(*next->drive));
	err = remove_drives(library, edit, next, why);
	if (!err)
		err = change_codecs(edit, next, why);
	for (unsigned i = 0; !err && i < edit->add_rows; i++)
		for (unsigned k = 0; k < edit->add[i].count && k < UINT16_MAX; k++)
			add_drive(next, edit->add[i].model, &bay);
	drop_bays(next);
	last = next->drives ? next->drives - 1 : 0;
	if (!err && next->drives && next->drive_start + last > UINT16_MAX) {
		why_set(why, "%u drives are too many", next->drives);
		err = LIBRARY_USAGE;
	}
	return err;
}

enum library_err library_edit_conf(const struct library *library, const struct library_edit *edit,
				   struct library_conf **out, struct why *why)
{
	struct library_conf *next = malloc(sizeof(*next));
	enum library_err err;

	if (!next) {
		why_set(why, "no memory");
		return LIBRARY_FAILED;
	}
	*next = library->conf;
	next->drive = NULL;
	err = edit_slots(library, edit, next, why);
	if (!err)
		err = edit_stations(library, edit, next, why);
	if (!err)
		err = edit_drives(library, edit, next, why);
	if (!err && !library_check_counts(next, why))
		err = LIBRARY_USAGE;
	if (err)
		library_edit_free(next);
	else
		*out = next;
	return err;
}

void library_edit_free(struct library_conf *next)
{
	if (next)
		free(next->drive);
	free(next);
}
