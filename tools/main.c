/* SPDX-License-Identifier: GPL-2.0-only */
/* vtl: finds the row of the command that is asked for, and runs it. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static int run_help(int argc, char **argv);

/* How many words of argv name this command; 0 if they do not. */
static int words_of(const struct command *command, int argc, char **argv)
{
	const char *name = command->name;
	int words = 0;

	while (*name) {
		size_t len = strcspn(name, " ");

		if (words == argc || strlen(argv[words]) != len || memcmp(argv[words], name, len) != 0)
			return 0;
		words++;
		name += len + (name[len] == ' ');
	}
	return words;
}

static const struct command *find(int argc, char **argv, int *words)
{
	unsigned count;
	const struct command *const *c = commands(&count);

	for (unsigned i = 0; i < count; i++) {
		*words = words_of(c[i], argc, argv);
		if (*words)
			return c[i];
	}
	return NULL;
}

static int unknown(int argc, char **argv)
{
	unsigned count, near = 0;
	const struct command *const *c = commands(&count);
	size_t len = strlen(argv[0]);

	/* The first word of a group alone: show the group. */
	for (unsigned i = 0; i < count; i++) {
		if (strncmp(c[i]->name, argv[0], len) == 0 && c[i]->name[len] == ' ') {
			if (!near++)
				fprintf(stderr, "vtl %s: what of it?\n", argv[0]);
			fprintf(stderr, "  vtl %-16s %s\n", c[i]->name, c[i]->summary);
		}
	}
	if (!near)
		fprintf(stderr, "vtl: no command \"%s\"; `vtl help` lists them\n", argv[0]);
	return EXIT_USAGE;
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int run_help(int argc, char **argv)
{
	bool man = argc > 0 && strcmp(argv[0], "--man") == 0;
	const struct command *command;
	int words;

	argc -= man;
	argv += man;
	/* The names of the pages, for the build. */
	if (argc == 1 && strcmp(argv[0], "--pages") == 0) {
		unsigned count;
		const struct command *const *c = commands(&count);

		for (unsigned i = 0; i < count; i++)
			puts(c[i]->name);
		return EXIT_DONE;
	}
	if (argc == 0) {
		if (man)
			help_man_overview();
		else
			help_overview();
		return EXIT_DONE;
	}
	command = find(argc, argv, &words);
	if (!command)
		return unknown(argc, argv);
	if (man)
		return help_man(command) ? EXIT_DONE : EXIT_FAILED;
	help_command(command);
	return EXIT_DONE;
}

static int run_command(int argc, char **argv)
{
	const struct command *command;
	struct call call;
	int words, code;

	command = find(argc, argv, &words);
	if (!command)
		return unknown(argc, argv);
	if (wants_help(argc - words, argv + words)) {
		help_command(command);
		return EXIT_DONE;
	}
	code = call_parse(&call, command, argc - words, argv + words);
	if (!code)
		code = command->run(&call);
	vtl_models_free(call.models);
	if (fflush(stdout) == EOF && code == EXIT_DONE)
		code = call_fail(&call, EXIT_FAILED, "cannot write the output");
	return code;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);	/* a reader that went away is an error that we report, not our end */
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return run_help(0, NULL);
	if (strcmp(argv[1], "--version") == 0) {
		puts("vtl " VTL_VERSION);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "help") == 0)
		return run_help(argc - 2, argv + 2);
	return run_command(argc - 1, argv + 1);
}
