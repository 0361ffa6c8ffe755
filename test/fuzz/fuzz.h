/* SPDX-License-Identifier: GPL-2.0-only */
/* Fuzzing: cases of many steps against one device, which can be written down, done again and made smaller. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stdio.h>

#include "scsi_chance.h"

#define FUZZ_NEXUSES	3

/* What happens to a device; a letter in files. */
enum fuzz_kind {
	FUZZ_COMMAND = 'c', FUZZ_ABORT = 'a', FUZZ_LOST = 'l', FUZZ_RESET = 'r', FUZZ_ROBOT = 'm', FUZZ_TIME = 't',
};

struct fuzz_step {
	enum fuzz_kind kind;
	unsigned arg;			/* which nexus; which reset; what the robot does; seconds */
	struct chance_step command;
};

/* A device of a model, by name, with what surrounds it. */
struct fuzz_world;
struct fuzz_world *fuzz_open(const char *model);
void fuzz_close(struct fuzz_world *w);
/* The nth model of drives and libraries, NULL at the end. */
const char *fuzz_model(unsigned n);
void fuzz_draw(struct chance *c, struct fuzz_world *w, struct fuzz_step *step);
void fuzz_do(struct fuzz_world *w, const struct fuzz_step *step);

/* A step as a line of text. */
void fuzz_write(FILE *file, const struct fuzz_step *step);
/* False: the line is none. */
bool fuzz_parse(const char *line, struct fuzz_step *step);

/* Does `count` steps of chance; `record`, if not NULL, gets each before it is done. */
void fuzz_case(const char *model, uint64_t seed, unsigned count, FILE *record);
/* Does what a file says: a line with the model's name, then steps. False, with a message: it cannot be read. */
bool fuzz_replay(const char *path);

#endif
