/* SPDX-License-Identifier: GPL-2.0-only */
/* library.conf: stations, the robot's times, and the programs that run at a move. FORMAT.md "library.conf". */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "parts.h"

static const char *const hook_option[LIBRARY_HOOKS] = { "move_hook_before", "move_hook_after" };

static bool read_number(const struct conf_section *top, const char *option, unsigned max, unsigned *n, struct why *why)
{
	const struct conf_value *value = conf_value(top, option, 0);
	unsigned long long number = 0;

	if (!value)
		return true;
	if (!conf_number(top, option, value, 0, max, &number, why))
		return false;
	*n = (unsigned)number;
	return true;
}

/* They must be all import/export slots, no more and no fewer; where nothing is said there is one. */
static bool read_stations(const struct conf_section *top, struct library_conf *conf, struct why *why)
{
	const struct conf_value *value = NULL;
	unsigned long long number, sum = 0;
	unsigned n;

	for (n = 0; (value = conf_value(top, "stations", n)); n++) {
		if (n == LIBRARY_STATIONS) {
			why_set(why, "%s:%u: there are more than %u stations", conf_section_path(top), value->line,
				LIBRARY_STATIONS);
			return false;
		}
		if (!conf_number(top, "stations", value, 1, 0xffff, &number, why))
			return false;
		conf->station[n] = (unsigned)number;
		sum += number;
	}
	if (!n)
		conf->station[0] = conf->import_exports;
	if (!n || sum == conf->import_exports)
		return true;
	why_set(why, "%s:%u: the stations have %llu slots, import_exports is %u", conf_section_path(top),
		conf_value(top, "stations", 0)->line, sum, conf->import_exports);
	return false;
}

static bool read_hook(const struct conf_section *top, const char *option, struct library_hook *hook, struct why *why)
{
	const struct conf_value *value;

	for (unsigned n = 0; (value = conf_value(top, option, n)); n++) {
		if (n == LIBRARY_HOOK_ARGS) {
			why_set(why, "%s:%u: %s: more than %u arguments", conf_section_path(top), value->line, option,
				LIBRARY_HOOK_ARGS);
			return false;
		}
		hook->argv[n] = strdup(value->text);
		if (!hook->argv[n]) {
			why_set(why, "no memory");
			return false;
		}
	}
	return true;
}

bool library_conf_robot(const struct conf_section *top, struct library_conf *conf, struct why *why)
{
	const struct conf_value *value = conf_value(top, "station_magazines", 0);

	conf->drive_timeout = LIBRARY_DRIVE_TIMEOUT;
	conf->hook_timeout = LIBRARY_HOOK_TIMEOUT;
	if (value && !conf_bool(top, "station_magazines", value, &conf->station_magazines, why))
		return false;
	if (!read_stations(top, conf, why) || !read_number(top, "magazine_slots", 0xffff, &conf->magazine_slots, why) ||
	    !read_number(top, "move_ms", LIBRARY_MOST_MOVE_MS, &conf->move_ms, why) ||
	    !read_number(top, "drive_timeout", 3600, &conf->drive_timeout, why) ||
	    !read_number(top, "hook_timeout", 3600, &conf->hook_timeout, why))
		return false;
	for (unsigned i = 0; i < LIBRARY_HOOKS; i++)
		if (!read_hook(top, hook_option[i], &conf->hook[i], why))
			return false;
	return true;
}

static void write_string(FILE *f, const char *text)
{
	fputc('"', f);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', f);
		fputc(*text, f);
	}
	fputc('"', f);
}

void library_conf_robot_write(FILE *f, const struct library_conf *conf)
{
	if (conf->import_exports) {
		fprintf(f, "stations = {");
		for (unsigned i = 0; i < LIBRARY_STATIONS && conf->station[i]; i++)
			fprintf(f, "%s%u", i ? ", " : " ", conf->station[i]);
		fprintf(f, " }\nstation_magazines = %s\n", conf->station_magazines ? "true" : "false");
	}
	fprintf(f, "magazine_slots = %u\nmove_ms = %u\ndrive_timeout = %u\nhook_timeout = %u\n", conf->magazine_slots,
		conf->move_ms, conf->drive_timeout, conf->hook_timeout);
	for (unsigned i = 0; i < LIBRARY_HOOKS; i++) {
		if (!conf->hook[i].argv[0])
			continue;
		fprintf(f, "%s = { ", hook_option[i]);
		for (char *const *arg = conf->hook[i].argv; *arg; arg++) {
			if (arg != conf->hook[i].argv)
				fputs(", ", f);
			write_string(f, *arg);
		}
		fputs(" }\n", f);
	}
}

void library_conf_free(struct library_conf *conf)
{
	for (unsigned i = 0; i < LIBRARY_HOOKS; i++) {
		for (char **arg = conf->hook[i].argv; *arg; arg++)
			free(*arg);
		memset(&conf->hook[i], 0, sizeof(conf->hook[i]));
	}
	library_own_free(conf);
	free(conf->drive);
	conf->drive = NULL;
}
