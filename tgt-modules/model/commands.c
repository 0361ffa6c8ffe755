/* SPDX-License-Identifier: GPL-2.0-only */
/* Which commands a model has: `unsupported = { 0x1B }`, or all of them, `commands = { "12", "A3/0C" }`. */
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

/* "12" or "A3/0C". */
static bool parse_command(const char *text, uint32_t *command)
{
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
	return !*end;
}

static bool read_only(struct model_load *load, const struct model_source *source, struct vtl_model_commands *commands)
{
	const struct conf_section *from = model_giver(source, "commands");
	unsigned n = from ? conf_count(from, "commands") : 0;
	uint32_t *to;

	if (!n)
		return true;
	to = model_alloc(load, n * sizeof(*to));
	if (!to)
		return false;
	for (unsigned i = 0; i < n; i++) {
		const struct conf_value *value = conf_value(from, "commands", i);

		if (!parse_command(value->text, &to[i]))
			return model_wrong(load, from, value->line,
					   "commands: '%s' is no command (like \"12\" or \"A3/0C\")", value->text);
	}
	commands->only = to;
	commands->only_count = n;
	return true;
}

bool model_command_lists(struct model_load *load, const struct model_source *source,
			 struct vtl_model_commands *commands)
{
	return read_unsupported(load, source, commands) && read_only(load, source, commands);
}
