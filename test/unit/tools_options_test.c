/* SPDX-License-Identifier: GPL-2.0-only */
/* How a command line is sorted into options and arguments, and that the table of commands is sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "command.h"

static const struct option_row rows[] = {
	{ "count", "N", "a number" },
	{ "media", "X", "some", true },
	{ "force", NULL, "a switch" },
	{ NULL },
};
static const struct command command = {
	.name = "test", .synopsis = "A [B]", .options = rows, .json = "`a`", .min_args = 1, .max_args = 2,
};

static int parse(struct call *call, const char *const *words)
{
	int n = 0;

	while (words[n])
		n++;
	return call_parse(call, &command, n, (char **)words);
}

#define PARSE(call, ...) parse(call, (const char *const[]){ __VA_ARGS__, NULL })

static void options_may_stand_anywhere_and_take_their_value_in_two_ways(void **state)
{
	struct call call;
	uint64_t n = 0;

	assert_int_equal(PARSE(&call, "--count=3", "a", "--media", "x", "--json", "b", "--media=y=z", "--force"), 0);
	assert_int_equal(call.args, 2);
	assert_string_equal(call.arg[0], "a");
	assert_string_equal(call.arg[1], "b");
	assert_true(call.json);
	assert_int_equal(call_number(&call, "count", 1, 5, &n), 0);
	assert_int_equal(n, 3);
	assert_string_equal(call_option_nth(&call, "media", 0), "x");
	assert_string_equal(call_option_nth(&call, "media", 1), "y=z");
	assert_null(call_option_nth(&call, "media", 2));
	assert_non_null(call_option(&call, "force"));
}

static void after_two_hyphens_everything_is_an_argument(void **state)
{
	struct call call;

	assert_int_equal(PARSE(&call, "--", "--count", "--"), 0);
	assert_int_equal(call.args, 2);
	assert_string_equal(call.arg[0], "--count");
	assert_string_equal(call.arg[1], "--");
}

static void wrong_usage_is_exit_code_2(void **state)
{
	struct call call;

	assert_int_equal(PARSE(&call, "--nonsense", "a"), EXIT_USAGE);
	assert_int_equal(PARSE(&call, "a", "--count"), EXIT_USAGE);
	assert_int_equal(PARSE(&call, "a", "--count", "1", "--count", "2"), EXIT_USAGE);
	assert_int_equal(PARSE(&call, "a", "--force=1"), EXIT_USAGE);
	assert_int_equal(PARSE(&call, "--force"), EXIT_USAGE);
	assert_int_equal(PARSE(&call, "a", "b", "c"), EXIT_USAGE);
}

static void a_number_out_of_its_range_is_refused(void **state)
{
	struct call call;
	uint64_t n = 7;

	assert_int_equal(PARSE(&call, "a", "--count", "6"), 0);
	assert_int_equal(call_number(&call, "count", 1, 5, &n), EXIT_USAGE);
	assert_int_equal(n, 7);
	assert_int_equal(PARSE(&call, "a", "--count", "-1"), 0);
	assert_int_equal(call_number(&call, "count", 0, 5, &n), EXIT_USAGE);
}

static void every_command_has_a_summary_and_every_option_a_help_text(void **state)
{
	unsigned count;
	const struct command *const *c = commands(&count);

	for (unsigned i = 0; i < count; i++) {
		assert_true(c[i]->summary && *c[i]->summary && c[i]->synopsis && c[i]->run);
		assert_true(c[i]->min_args <= c[i]->max_args && c[i]->max_args <= CALL_MAX_ARGS);
		for (const struct option_row *row = c[i]->options; row && row->name; row++)
			assert_true(*row->help && row->help[strlen(row->help) - 1] != '.');
		for (const struct verb_row *v = c[i]->verbs; v && v->name; v++)
			assert_true(*v->help && v->run && 2 + v->max_args <= c[i]->max_args);
	}
}

static void no_command_hides_another_one(void **state)
{
	unsigned count;
	const struct command *const *c = commands(&count);

	for (unsigned i = 0; i < count; i++)
		for (unsigned j = i + 1; j < count; j++)
			assert_true(strcmp(c[i]->name, c[j]->name) &&
				    !(strncmp(c[i]->name, c[j]->name, strlen(c[i]->name)) == 0 &&
				      c[j]->name[strlen(c[i]->name)] == ' '));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_may_stand_anywhere_and_take_their_value_in_two_ways),
		cmocka_unit_test(after_two_hyphens_everything_is_an_argument),
		cmocka_unit_test(wrong_usage_is_exit_code_2),
		cmocka_unit_test(a_number_out_of_its_range_is_refused),
		cmocka_unit_test(every_command_has_a_summary_and_every_option_a_help_text),
		cmocka_unit_test(no_command_hides_another_one),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
