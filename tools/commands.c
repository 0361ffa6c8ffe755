/* SPDX-License-Identifier: GPL-2.0-only */
/* All commands in the order of the help, and how a verb of a device is run. */
#include <string.h>

#include "command.h"
#include "initiator.h"

static const struct command *const all[] = {
	&library_commands[0], &library_commands[1], &library_commands[2],
	&alter_commands[0], &alter_commands[1], &library_commands[3],
	&media_commands[0], &media_commands[1], &media_commands[2], &media_commands[3], &repair_command,
	&protect_command,
	&alter_commands[2],
	&status_command,
	&move_commands[0], &move_commands[1], &move_commands[2],
	&io_commands[0], &io_commands[1], &io_commands[2], &io_commands[3], &io_commands[4],
	&io_commands[5], &io_commands[6],
	&targets_command,
	&tape_command, &changer_command,
	&model_commands[0], &model_commands[1], &model_commands[2], &model_commands[3], &model_commands[4],
};

const struct command *const *commands(unsigned *count)
{
	*count = sizeof(all) / sizeof(all[0]);
	return all;
}

int call_run_verb(struct call *call)
{
	const struct verb_row *verb = call->command->verbs;
	struct initiator *device;
	struct why why = { "" };
	int code;

	while (verb->name && strcmp(verb->name, call->arg[1]) != 0)
		verb++;
	if (!verb->name)
		return call_usage(call, "no verb \"%s\"", call->arg[1]);
	if (call->args - 2 < verb->min_args || call->args - 2 > verb->max_args)
		return call_usage(call, "%s takes %s", verb->name, *verb->args ? verb->args : "no argument");
	code = initiator_connect(call->arg[0], &device, &why);
	if (code)
		return call_fail(call, code, "%s", why.text);
	code = verb->run(call, device);
	initiator_disconnect(device);
	return code;
}
