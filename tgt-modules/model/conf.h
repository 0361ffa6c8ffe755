/* SPDX-License-Identifier: GPL-2.0-only */
/* Configuration files in libconfuse's language, read against a schema, with the line of every value. */
#ifndef MODEL_CONF_H
#define MODEL_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "why.h"

/* One name that a section may hold: an option, or a section of its own. Arrays end with a row without a name. */
struct conf_schema {
	const char *name;
	bool list;				/* an option that may have several values: { a, b } */
	const struct conf_schema *section;	/* what is in it; NULL: an option. Sections have a title, once each */
};

struct conf_value {
	char *text;				/* as written, quotes removed */
	unsigned line;
};

/* A file that was read. The values and sections below are its, until it is freed. */
struct conf;
struct conf_section;

/* NULL: `why` names file and line. libconfuse has one scanner per process: other threads that read wait. */
struct conf *conf_read(const char *path, const struct conf_schema *schema, struct why *why);
/* The same from memory; `path` only names the text in errors. */
struct conf *conf_parse(const char *path, const char *text, size_t len, const struct conf_schema *schema,
			struct why *why);
void conf_free(struct conf *conf);

const char *conf_path(const struct conf *conf);
const struct conf_section *conf_top(const struct conf *conf);

/* The nth section of that name inside; NULL at the end. */
const struct conf_section *conf_sub(const struct conf_section *section, const char *name, unsigned n);
const char *conf_title(const struct conf_section *section);
/* The line in which the section ends. */
unsigned conf_end_line(const struct conf_section *section);
const char *conf_section_path(const struct conf_section *section);

/* How often an option has a value here (0 or 1; lists more). */
unsigned conf_count(const struct conf_section *section, const char *name);
/* The nth value of an option; NULL at the end. */
const struct conf_value *conf_value(const struct conf_section *section, const char *name, unsigned n);

/*
 * What a value says. False with `why` (file, line, option) if it says something else or is out of range.
 * Numbers: decimal, 0x…; with a unit: 12TB (10^12), 8MiB (2^20), kB to PB and KiB to PiB.
 */
bool conf_number(const struct conf_section *section, const char *name, const struct conf_value *value,
		 unsigned long long min, unsigned long long max, unsigned long long *number, struct why *why);
bool conf_bool(const struct conf_section *section, const char *name, const struct conf_value *value, bool *yes,
	       struct why *why);
/* At most `max` characters of printable ASCII, into max + 1 bytes. */
bool conf_text(const struct conf_section *section, const char *name, const struct conf_value *value, unsigned max,
	       char *text, struct why *why);

/* A number with a unit, as above, from anywhere. */
bool conf_parse_number(const char *text, unsigned long long *number);

#endif
