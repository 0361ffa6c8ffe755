/* SPDX-License-Identifier: GPL-2.0-only */
/* The arguments of one invocation, sorted by the command's table of options. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "text.h"

static void complain(const struct call *call, const char *fmt, va_list ap)
{
	fflush(stdout);
	fprintf(stderr, "vtl %s: ", call->command->name);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int call_fail(const struct call *call, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(call, fmt, ap);
	va_end(ap);
	return code;
}

int call_usage(const struct call *call, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(call, fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try `vtl %s --help`.\n", call->command->name);
	return EXIT_USAGE;
}

int call_print_json(const struct call *call, json_t *value)
{
	int err = value ? json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY) : -1;

	json_decref(value);
	if (err || putchar('\n') == EOF || fflush(stdout) == EOF)
		return call_fail(call, EXIT_FAILED, "cannot write the output");
	return EXIT_DONE;
}

static const struct option_row *find_row(const struct command *command, const char *name, size_t len)
{
	for (const struct option_row *row = command->options; row && row->name; row++)
		if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
			return row;
	return NULL;
}

/* One option at *argv; takes its value from the next word when it has none of its own. How many words were used, or
 * a negative value after a message. */
static int take_option(struct call *call, int argc, char **argv)
{
	const char *name = argv[0] + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_row *row = find_row(call->command, name, len);
	const char *value = equals ? equals + 1 : NULL;

	if (!row)
		return call_usage(call, "unknown option --%.*s", (int)len, name), -1;
	if (!row->arg && value)
		return call_usage(call, "--%s takes no value", row->name), -1;
	if (row->arg && !value && argc < 2)
		return call_usage(call, "--%s needs a value: --%s %s", row->name, row->name, row->arg), -1;
	if (!row->repeatable && call_option(call, row->name))
		return call_usage(call, "--%s is given twice", row->name), -1;
	if (call->options == CALL_MAX_OPTIONS)
		return call_usage(call, "too many options"), -1;
	call->option[call->options].row = row;
	call->option[call->options++].value = !row->arg ? "" : value ? value : argv[1];
	return row->arg && !value ? 2 : 1;
}

int call_parse(struct call *call, const struct command *command, int argc, char **argv)
{
	bool only_args = false;
	int used;

	*call = (struct call){ .command = command };
	for (int i = 0; i < argc; i += used) {
		used = 1;
		if (!only_args && strcmp(argv[i], "--") == 0) {
			only_args = true;
		} else if (!only_args && strcmp(argv[i], "--json") == 0 && command->json) {
			call->json = true;
		} else if (!only_args && strncmp(argv[i], "--", 2) == 0) {
			used = take_option(call, argc - i, argv + i);
			if (used < 0)
				return EXIT_USAGE;
		} else if (call->args == CALL_MAX_ARGS) {
			return call_usage(call, "too many arguments");
		} else {
			call->arg[call->args++] = argv[i];
		}
	}
	if (call->args < command->min_args)
		return call_usage(call, "needs %s", command->synopsis);
	if (call->args > command->max_args)
		return call_usage(call, "unexpected argument %s", call->arg[command->max_args]);
	return 0;
}

const char *call_option_nth(const struct call *call, const char *name, unsigned n)
{
	for (unsigned i = 0; i < call->options; i++)
		if (strcmp(call->option[i].row->name, name) == 0 && n-- == 0)
			return call->option[i].value;
	return NULL;
}

const char *call_option(const struct call *call, const char *name)
{
	return call_option_nth(call, name, 0);
}

int call_number(const struct call *call, const char *name, uint64_t min, uint64_t max, uint64_t *value)
{
	const char *text = call_option(call, name);
	uint64_t n;

	if (!text)
		return 0;
	if (!text_parse_size(text, &n) || n < min || n > max)
		return call_usage(call, "--%s %s: not a number from %llu to %llu", name, text,
				  (unsigned long long)min, (unsigned long long)max);
	*value = n;
	return 0;
}

const struct vtl_models *call_models(struct call *call)
{
	struct why why = { "" };

	if (!call->models) {
		call->models = vtl_models_load(NULL, &why);
		if (!call->models)
			call_fail(call, EXIT_FAILED, "%s", why.text);
	}
	return call->models;
}
