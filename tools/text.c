/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers with units, aligned tables, and progress, as people read and write them. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

#define MAX_COLUMNS	12

bool text_parse_number(const char *text, uint64_t *value)
{
	char *end;
	unsigned long long n;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *end)
		return false;
	*value = n;
	return true;
}

bool text_parse_size(const char *text, uint64_t *size)
{
	static const char units[] = "kMGT";
	size_t len = strlen(text);
	const char *unit;
	char number[24];
	uint64_t value;

	if (!len || len >= sizeof(number))
		return false;
	memcpy(number, text, len + 1);
	unit = strchr(units, number[len - 1] == 'K' ? 'k' : number[len - 1]);
	if (unit)
		number[len - 1] = '\0';
	if (!text_parse_number(number, &value))
		return false;
	for (const char *u = units; unit && u <= unit; u++) {
		if (value > UINT64_MAX / 1024)
			return false;
		value *= 1024;
	}
	*size = value;
	return true;
}

const char *text_size(uint64_t bytes, char *buf, unsigned size)
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = bytes;
	unsigned u = 0;

	while (value >= 999.95 && u < 6) {
		value /= 1000;
		u++;
	}
	snprintf(buf, size, u ? "%.1f %s" : "%.0f %s", value, unit[u]);
	return buf;
}

struct grid {
	unsigned columns, rows;
	char **cell;		/* [rows * columns], the head first */
};

static void grid_add(struct grid *t, const char *first, va_list ap)
{
	char **cell = realloc(t->cell, (t->rows + 1) * t->columns * sizeof(*cell));

	if (!cell)
		abort();
	t->cell = cell;
	cell += t->rows++ * t->columns;
	for (unsigned c = 0; c < t->columns; c++) {
		cell[c] = strdup(first ? first : "");
		if (!cell[c])
			abort();
		if (first)
			first = va_arg(ap, const char *);
	}
}

struct grid *grid_new(const char *head1, ...)
{
	struct grid *t = calloc(1, sizeof(*t));
	va_list ap;

	if (!t)
		abort();
	va_start(ap, head1);
	for (const char *head = head1; head; head = va_arg(ap, const char *))
		t->columns++;
	va_end(ap);
	va_start(ap, head1);
	grid_add(t, head1, ap);
	va_end(ap);
	return t;
}

void grid_row(struct grid *grid, ...)
{
	va_list ap;

	va_start(ap, grid);
	grid_add(grid, va_arg(ap, const char *), ap);
	va_end(ap);
}

void grid_free(struct grid *grid)
{
	for (unsigned i = 0; i < grid->rows * grid->columns; i++)
		free(grid->cell[i]);
	free(grid->cell);
	free(grid);
}

/* Columns of a terminal that UTF-8 text takes: its characters. */
static unsigned columns_of(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* Whether a column holds numbers, and dashes where there are none: it is then set flush right. */
static bool is_numeric(const struct grid *t, unsigned column)
{
	bool digits = false;

	for (unsigned r = 1; r < t->rows; r++) {
		const char *text = t->cell[r * t->columns + column];

		if (isdigit((unsigned char)*text))
			digits = true;
		else if (*text && strcmp(text, "-") != 0)
			return false;
	}
	return digits;
}

/* One row, without blanks at its end. */
static void print_row(const struct grid *t, char *const *cell, const unsigned *width, const bool *right)
{
	unsigned owed = 0;	/* blanks that are printed once there is something behind them */

	for (unsigned c = 0; c < t->columns; c++) {
		unsigned pad = width[c] - columns_of(cell[c]);

		if (*cell[c]) {
			printf("%*s%s", (int)(owed + (right[c] ? pad : 0)), "", cell[c]);
			owed = right[c] ? 0 : pad;
		} else {
			owed += pad;
		}
		owed += 2;
	}
	putchar('\n');
}

void grid_print(struct grid *grid)
{
	struct grid *t = grid;
	unsigned width[MAX_COLUMNS] = { 0 };
	bool right[MAX_COLUMNS];

	for (unsigned c = 0; c < t->columns; c++) {
		right[c] = is_numeric(t, c);
		for (unsigned r = 0; r < t->rows; r++) {
			unsigned w = columns_of(t->cell[r * t->columns + c]);

			width[c] = w > width[c] ? w : width[c];
		}
	}
	for (unsigned r = 0; r < t->rows && t->rows > 1; r++)
		print_row(t, t->cell + r * t->columns, width, right);
	grid_free(t);
}

double text_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

void progress_begin(struct progress *progress, const char *what, uint64_t all, int flags)
{
	*progress = (struct progress){ .what = what, .all = all, .count = flags & PROGRESS_COUNT,
				       .live = isatty(STDERR_FILENO), .shown = flags & PROGRESS_ALWAYS };
	progress->begin = text_now();
	progress->last = progress->begin + (progress->shown ? 0 : 0.8);	/* else the first line after a second */
}

static void progress_draw(struct progress *p, uint64_t done, double now)
{
	/* What is no terminal gets one line, at the end. */
	const char *begin = p->live ? "\r" : "", *end = p->live ? "\033[K" : "";
	char bar[31], have[16], rate[16];
	double seconds = now - p->begin;

	if (p->count) {
		fprintf(stderr, "%s%s %llu of %llu%s", begin, p->what, (unsigned long long)done,
			(unsigned long long)p->all, end);
		p->shown = true;
		return;
	}
	text_size(done, have, sizeof(have));
	text_size(seconds > 0 ? (uint64_t)(done / seconds) : 0, rate, sizeof(rate));
	if (p->all) {
		unsigned filled = done >= p->all ? 30 : done * 30.0 / p->all;

		memset(bar, '.', 30);
		memset(bar, '#', filled);
		bar[30] = '\0';
		fprintf(stderr, "%s%s [%s] %3u%%  %s  %s/s%s", begin, p->what, bar,
			done >= p->all ? 100 : (unsigned)(done * 100.0 / p->all), have, rate, end);
	} else {
		fprintf(stderr, "%s%s %s  %s/s%s", begin, p->what, have, rate, end);
	}
	fflush(stderr);
	p->shown = true;
}

void progress_step(struct progress *progress, uint64_t done)
{
	double now;

	if (!progress->live)
		return;
	now = text_now();
	if (now - progress->last < 0.2)
		return;
	progress->last = now;
	progress_draw(progress, done, now);
}

double progress_end(struct progress *progress, uint64_t done)
{
	double now = text_now();

	if (progress->shown) {
		progress_draw(progress, done, now);
		fputc('\n', stderr);
	}
	return now - progress->begin;
}
