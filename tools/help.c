/* SPDX-License-Identifier: GPL-2.0-only */
/* --help and the manual pages, from the rows of the commands. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

#define WIDTH	78

static const char exit_codes[] =
	"0 done; 1 failed; 2 wrong usage; 3 not found; 4 busy or reserved elsewhere.";

static const struct { const char *name, *text; } environment[] = {
	{ "VTL_LIBRARY_ROOT", "the folder of the libraries, in place of " LIBRARY_ROOT },
	{ "VTL_MODEL_PATH", "folders of model files, separated by colons" },
	{ "VTL_RUN", "the folder of the daemons' control sockets, in place of /run/tgt-vtl" },
};
#define ENVIRONMENT_ROWS (sizeof(environment) / sizeof(environment[0]))

/* Prints text wrapped to WIDTH, each line indented; the first one starts at column `at`. */
static void wrap(const char *text, unsigned indent, unsigned at)
{
	unsigned column = at;
	bool first = true;

	while (*text) {
		size_t word = strcspn(text, " \n");

		if (!first && column + 1 + word > WIDTH) {
			printf("\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		if (!first) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)word, text);
		column += word;
		first = false;
		text += word;
		if (strncmp(text, "\n\n", 2) == 0) {
			printf("\n\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		text += strspn(text, " \n");
	}
	putchar('\n');
}

/* "  left   text wrapped in its column" */
static void entry(const char *left, const char *text, unsigned indent)
{
	int n = printf("  %s", left);

	if (n + 2 > (int)indent) {
		putchar('\n');
		n = 0;
	}
	printf("%*s", (int)indent - n, "");
	wrap(text, indent, indent);
}

void help_overview(void)
{
	unsigned count;
	const struct command *const *c = commands(&count);

	puts("vtl: virtual tape libraries in the Linux SCSI target framework\n");
	puts("usage: vtl COMMAND [OPTIONS] [ARGUMENTS]\n");
	for (unsigned i = 0; i < count; i++)
		entry(c[i]->name, c[i]->summary, 20);
	entry("help COMMAND", "all about one command; `vtl help --man COMMAND` as a manual page", 20);
	printf("\n--json prints what is shown as JSON.\nExit codes: %s\n", exit_codes);
}

static void option_text(const struct option_row *row, char *buf, size_t size)
{
	snprintf(buf, size, "--%s%s%s%s", row->name, row->arg ? " " : "", row->arg ? row->arg : "",
		 row->repeatable ? " …" : "");
}

void help_command(const struct command *command)
{
	char left[96];

	printf("usage: vtl %s%s%s%s\n\n", command->name, *command->synopsis ? " " : "", command->synopsis,
	       command->options || command->json ? " [OPTIONS]" : "");
	wrap(command->summary, 0, 0);
	if (command->text) {
		putchar('\n');
		wrap(command->text, 0, 0);
	}
	if (command->verbs)
		putchar('\n');
	for (const struct verb_row *v = command->verbs; v && v->name; v++) {
		snprintf(left, sizeof(left), "%s%s%s", v->name, *v->args ? " " : "", v->args);
		entry(left, v->help, 24);
	}
	putchar('\n');
	for (const struct option_row *row = command->options; row && row->name; row++) {
		option_text(row, left, sizeof(left));
		entry(left, row->help, 24);
	}
	if (command->json) {
		entry("--json", "print as JSON", 24);
		printf("\nJSON: ");
		wrap(command->json, 0, 6);
	}
	if (command->example)
		printf("\nExamples:\n%s\n", command->example);
}

/* roff: a dot or an apostrophe begins a request, a backslash an escape, and a hyphen may be broken. */
static void roff(const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (start && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		if (*text == '\n' && text[1] == '\n') {
			fputs("\n.PP", stdout);
			text++;
		}
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
		start = *text == '\n';
	}
}

static void man_entry(const char *left, const char *text)
{
	fputs(".TP\n.B ", stdout);
	roff(left);
	putchar('\n');
	roff(text);
	putchar('\n');
}

/* "vtl-library-create" */
static void page_name(const struct command *command, char *buf, size_t size)
{
	snprintf(buf, size, "vtl-%s", command->name);
	for (char *p = buf; *p; p++)
		if (*p == ' ')
			*p = '-';
}

static void man_head(const char *page, const char *summary)
{
	printf(".TH %s 1 \"\" \"tgt-vtl " VTL_VERSION "\"\n.SH NAME\n", page);
	roff(page);
	fputs(" \\- ", stdout);
	roff(summary);
	puts("\n.SH SYNOPSIS");
}

static void man_foot(void)
{
	puts(".SH EXIT STATUS");
	roff(exit_codes);
	puts("\n.SH ENVIRONMENT");
	for (unsigned i = 0; i < ENVIRONMENT_ROWS; i++)
		man_entry(environment[i].name, environment[i].text);
}

static void man_section(const char *title)
{
	fputs(".SH ", stdout);
	roff(title);
	putchar('\n');
}

bool help_man(const struct command *command)
{
	static const struct manual manual = { man_section, man_entry };
	char text[96];

	page_name(command, text, sizeof(text));
	man_head(text, command->summary);
	fputs(".B vtl ", stdout);
	roff(command->name);
	putchar('\n');
	roff(command->synopsis);
	puts(command->options || command->json ? "\n[\\fIOPTIONS\\fR]\n.SH DESCRIPTION" : "\n.SH DESCRIPTION");
	roff(command->text ? command->text : command->summary);
	putchar('\n');
	if (command->verbs)
		puts(".SH VERBS");
	for (const struct verb_row *v = command->verbs; v && v->name; v++) {
		snprintf(text, sizeof(text), "%s%s%s", v->name, *v->args ? " " : "", v->args);
		man_entry(text, v->help);
	}
	if (command->options || command->json)
		puts(".SH OPTIONS");
	for (const struct option_row *row = command->options; row && row->name; row++) {
		option_text(row, text, sizeof(text));
		man_entry(text, row->help);
	}
	if (command->json) {
		man_entry("--json", "print as JSON");
		puts(".SH JSON");
		roff(command->json);
		putchar('\n');
	}
	if (command->example) {
		puts(".SH EXAMPLES\n.nf");
		roff(command->example);
		puts("\n.fi");
	}
	if (command->more && !command->more(&manual))
		return false;
	man_foot();
	puts(".SH SEE ALSO\n.BR vtl (1)");
	return true;
}

void help_man_overview(void)
{
	unsigned count;
	const struct command *const *c = commands(&count);

	man_head("vtl", "virtual tape libraries in the Linux SCSI target framework");
	puts(".B vtl\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n.SH COMMANDS");
	for (unsigned i = 0; i < count; i++)
		man_entry(c[i]->name, c[i]->summary);
	man_foot();
	puts(".SH SEE ALSO");
	for (unsigned i = 0; i < count; i++) {
		char page[96];

		page_name(c[i], page, sizeof(page));
		fputs(".BR ", stdout);
		roff(page);
		puts(i + 1 < count ? " (1)," : " (1)");
	}
}
