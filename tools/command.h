/* SPDX-License-Identifier: GPL-2.0-only */
/* What a subcommand of vtl is: one row, from which parsing, --help and the manual page are made. */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "library.h"
#include "model.h"
#include "why.h"

/* Exit codes; the same as enum library_err and enum control_code. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NOT_FOUND = 3, EXIT_BUSY = 4 };

#define CALL_MAX_OPTIONS	256
#define CALL_MAX_ARGS		64

struct option_row {
	const char *name;		/* "slots": --slots; NULL ends the table */
	const char *arg;		/* "N"; NULL for a switch */
	const char *help;		/* one sentence, without a full stop */
	bool repeatable;
};

struct call;
struct initiator;

/* A verb that follows the operand of a command, as in `vtl tape URL rewind`. */
struct verb_row {
	const char *name;		/* NULL ends the table */
	const char *args;		/* "[COUNT]"; "" for none */
	const char *help;
	int (*run)(struct call *call, struct initiator *device);
	unsigned min_args, max_args;
};

/* Where a command's own sections of its manual page go. */
struct manual {
	void (*section)(const char *title);
	void (*entry)(const char *name, const char *text);
};

struct command {
	const char *name;		/* "library create" */
	const char *synopsis;		/* without options: "NAME" */
	const char *summary;		/* one line */
	const char *text;		/* paragraphs, separated by blank lines; NULL if the summary says it all */
	const struct option_row *options;	/* NULL for none; --json and --help are understood everywhere */
	const struct verb_row *verbs;
	const char *json;		/* the keys that --json prints, each in backquotes; NULL: it prints none */
	const char *example;		/* lines; NULL for none */
	unsigned min_args, max_args;
	int (*run)(struct call *call);
	/* What else its manual page has; false after a message when it cannot be told. NULL for nothing. */
	bool (*more)(const struct manual *manual);
};

/* One invocation. */
struct call {
	const struct command *command;
	struct { const struct option_row *row; const char *value; } option[CALL_MAX_OPTIONS];
	unsigned options;
	const char *arg[CALL_MAX_ARGS];
	unsigned args;
	bool json;
	struct vtl_models *models;	/* loaded on first use by call_models() */
};

/* All commands, in the order of the help. */
const struct command *const *commands(unsigned *count);
/* The rows of each file of commands. */
extern const struct command library_commands[4], media_commands[4], repair_command, protect_command, model_commands[5],
	status_command, move_commands[3], io_commands[7], alter_commands[3], targets_command, tape_command,
	changer_command;

/*
 * Sorts argv (without program and command name) into options and arguments; options may stand anywhere, "--" ends
 * them. 0, or EXIT_USAGE after a message.
 */
int call_parse(struct call *call, const struct command *command, int argc, char **argv);
/* The value of the nth use of an option; NULL if it was not given (a switch gives ""). */
const char *call_option_nth(const struct call *call, const char *name, unsigned n);
const char *call_option(const struct call *call, const char *name);
/* A number within [min, max] into *value, untouched if the option is missing. 0, or EXIT_USAGE after a message. */
int call_number(const struct call *call, const char *name, uint64_t min, uint64_t max, uint64_t *value);
/* Runs `COMMAND URL VERB …`: connects to the URL and calls the verb's function with the initiator. */
int call_run_verb(struct call *call);
/* The models, or NULL after a message. */
const struct vtl_models *call_models(struct call *call);

/* Messages on stderr, "vtl COMMAND: …"; both return the code to leave with. */
int call_fail(const struct call *call, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int call_usage(const struct call *call, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints a JSON value as the whole output of a command; takes it. EXIT_DONE, or EXIT_FAILED if stdout takes no more. */
int call_print_json(const struct call *call, json_t *value);

/* Help and manual pages from the rows. */
void help_overview(void);
void help_command(const struct command *command);
/* False after a message when what the page is to tell cannot be found out. */
bool help_man(const struct command *command);
void help_man_overview(void);

#endif
