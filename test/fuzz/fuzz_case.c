/* SPDX-License-Identifier: GPL-2.0-only */
/* Cases as text, and doing them: by chance, or as a file says. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/* ---- text: KIND ARG, and for commands IN-LENGTH CDB DATA-OUT in hexadecimal digits, "-" for none ---- */

static void write_hex(FILE *file, const uint8_t *p, uint32_t len)
{
	uint32_t i;

	fputc(' ', file);
	for (i = 0; i < len; i++)
		fprintf(file, "%02x", p[i]);
	if (!len)
		fputc('-', file);
}

void fuzz_write(FILE *file, const struct fuzz_step *step)
{
	fprintf(file, "%c %u", (char)step->kind, step->arg);
	if (step->kind == FUZZ_COMMAND || step->kind == FUZZ_ABORT) {
		fprintf(file, " %u", step->command.in_len);
		write_hex(file, step->command.cdb, step->command.cdb_len);
		write_hex(file, step->command.out, step->command.out_len);
	}
	fputc('\n', file);
}

/* Digits up to a blank or the end of the line; -1: wrong, or more than `size` bytes. */
static int parse_hex(const char **text, uint8_t *p, unsigned size)
{
	const char *t = *text + strspn(*text, " ");
	unsigned n = 0, v;
	int used;

	if (*t == '-') {
		*text = t + 1;
		return 0;
	}
	while (sscanf(t, "%2x%n", &v, &used) == 1 && used == 2 && *t != ' ') {
		if (n == size)
			return -1;
		p[n++] = (uint8_t)v;
		t += 2;
	}
	*text = t;
	return n ? (int)n : -1;
}

bool fuzz_parse(const char *line, struct fuzz_step *step)
{
	int used = 0, cdb, out;
	char kind;

	memset(step, 0, sizeof(*step));
	if (sscanf(line, "%c %u%n", &kind, &step->arg, &used) != 2 || !strchr("calrmt", kind))
		return false;
	step->kind = (enum fuzz_kind)kind;
	if (kind != FUZZ_COMMAND && kind != FUZZ_ABORT)
		return true;
	line += used;
	if (sscanf(line, "%u%n", &step->command.in_len, &used) != 1)
		return false;
	line += used;
	cdb = parse_hex(&line, step->command.cdb, sizeof(step->command.cdb));
	out = parse_hex(&line, step->command.out, sizeof(step->command.out));
	step->command.cdb_len = (unsigned)cdb;
	step->command.out_len = (uint32_t)out;
	return cdb >= 0 && out >= 0;
}

/* ---- cases ---- */

void fuzz_case(const char *model, uint64_t seed, unsigned count, FILE *record)
{
	struct fuzz_world *w = fuzz_open(model);
	struct chance c = { .state = seed };
	struct fuzz_step step;

	if (record)
		fprintf(record, "%s\n", model);
	while (count--) {
		fuzz_draw(&c, w, &step);
		if (record) {
			fuzz_write(record, &step);
			fflush(record);
		}
		fuzz_do(w, &step);
	}
	fuzz_close(w);
}

bool fuzz_replay(const char *path)
{
	FILE *file = fopen(path, "r");
	struct fuzz_world *w = NULL;
	struct fuzz_step step;
	size_t size = 0;
	char *line = NULL;
	bool fine = file;

	while (fine && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '#' || !*line)
			continue;
		if (!w)
			w = fuzz_open(line);
		else if (fuzz_parse(line, &step))
			fuzz_do(w, &step);
		else
			fine = false;
	}
	if (!fine)
		fprintf(stderr, "%s: cannot be read: %s\n", path, line ? line : "");
	if (w)
		fuzz_close(w);
	free(line);
	if (file)
		fclose(file);
	return fine && w;
}
