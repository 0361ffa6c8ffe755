/* SPDX-License-Identifier: GPL-2.0-only */
/* Which commands a model has: `unsupported = { 0x1B }`, or all of them, `commands = { "12", "A3/0C", "A5:10:600" }`. */
#include <stdlib.h>

#include "build.h"

static bool read_unsupported(struct model_load *load, const struct model_source *source,
			     struct vtl_model_commands *commands)
{
	const struct conf_section *from = model_giver(source, "unsupported");
	unsigned n = from ? conf_count(from, "unsupported") : 0;
	unsigned long long opcode;
	uint16_t *to;

	if (!n)
		return true;
	to = model_alloc(load, n * sizeof(*to));
	if (!to)
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (!conf_number(from, "unsupported", conf_value(from, "unsupported", i), 0, 0xff, &opcode, load->why))
			return false;
		to[i] = (uint16_t)opcode;
	}
	commands->unsupported = to;
	commands->unsupported_count = n;
	return true;
}

/* ":1:60": nominal and recommended timeout in seconds. */
static const char *parse_timeouts(const char *text, struct vtl_model_timeouts *timeouts)
{
	uint32_t *const to[] = { &timeouts->nominal, &timeouts->recommended };

	for (unsigned i = 0; i < 2; i++) {
		unsigned long long seconds;
		char *end;

		if (*text != ':' || text[1] < '0' || text[1] > '9')
			return NULL;
		seconds = strtoull(text + 1, &end, 10);
		if (seconds > UINT32_MAX)
			return NULL;
		*to[i] = (uint32_t)seconds;
		text = end;
	}
	timeouts->stated = true;
	return text;
}

/* "12", "A3/0C" or "A5:10:600". */
static bool parse_command(const char *text, uint32_t *command, struct vtl_model_timeouts *timeouts)
{
	const char *rest;
	char *end;
	unsigned long opcode = strtoul(text, &end, 16), sa = VTL_ONLY_WITHOUT_SA;

	if (end == text || *text == '-' || opcode > 0xff)
		return false;
	if (*end == '/') {
		const char *from = end + 1;

		sa = strtoul(from, &end, 16);
		if (end == from || *from == '-' || sa > 0xfffe)
			return false;
	}
	*command = (uint32_t)(opcode << 16 | sa);
	rest = *end == ':' ? parse_timeouts(end, timeouts) : end;
	return rest && !*rest;
}

static bool read_only(struct model_load *load, const struct model_source *source, struct vtl_model_commands *commands)
{
	const struct conf_section *from = model_giver(source, "commands");
	unsigned n = from ? conf_count(from, "commands") : 0;
	struct vtl_model_timeouts *timeouts;
	uint32_t *to;

	if (!n)
		return true;
	to = model_alloc(load, n * sizeof(*to));
	timeouts = to ? model_alloc(load, n * sizeof(*timeouts)) : NULL;
	if (!timeouts)
		return false;
	for (unsigned i = 0; i < n; i++) {
		const struct conf_value *value = conf_value(from, "commands", i);

		if (!parse_command(value->text, &to[i], &timeouts[i]))
			return model_wrong(load, from, value->line,
					   "commands: '%s' is no command (like \"12\", \"A3/0C\" or \"A5:10:600\")",
					   value->text);
	}
	commands->only = to;
	commands->timeouts = timeouts;
	commands->only_count = n;
	return true;
}

bool model_command_lists(struct model_load *load, const struct model_source *source,
			 struct vtl_model_commands *commands)
{
	return read_unsupported(load, source, commands) && read_only(load, source, commands);
}
