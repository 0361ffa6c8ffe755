/* SPDX-License-Identifier: GPL-2.0-only */
/* What people read and write: numbers with units, aligned tables, progress. */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* A whole number, "12", "256k", "2M", "1G" or "1T" (1024 each). False if it is none or too large. */
bool text_parse_size(const char *text, uint64_t *size);
/* A whole number without a unit; negative if `value` may be. */
bool text_parse_number(const char *text, uint64_t *value);
/* "12.0 TB" (1000 each), into at least 16 bytes. */
const char *text_size(uint64_t bytes, char *buf, unsigned size);

/* A grid of text, whose columns are as wide as they must be. Cells are copied. */
struct grid;
struct grid *grid_new(const char *head1, ...) __attribute__((sentinel));
/* One cell per column, the last argument NULL. */
void grid_row(struct grid *grid, ...) __attribute__((sentinel));
/* Prints to stdout and frees. One without rows prints nothing. */
void grid_print(struct grid *grid);
void grid_free(struct grid *grid);

/*
 * Progress on stderr, if that is a terminal, once an operation has taken longer than a second. PROGRESS_ALWAYS: from
 * the beginning, and where there is no terminal, one line at the end. `all` is 0 where it is not known.
 */
enum { PROGRESS_ALWAYS = 1, PROGRESS_COUNT = 2 /* things, not bytes */ };
struct progress {
	const char *what;
	bool shown, live, count;
	double begin, last;
	uint64_t all;
};
void progress_begin(struct progress *progress, const char *what, uint64_t all, int flags);
void progress_step(struct progress *progress, uint64_t done);
/* Ends the line; returns the seconds that it took. */
double progress_end(struct progress *progress, uint64_t done);
double text_now(void);		/* monotonic seconds */

#endif
