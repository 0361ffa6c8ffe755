/* SPDX-License-Identifier: GPL-2.0-only */
/* The initiator: what all ways to reach a device have in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "initiator.h"

int initiator_connect(const char *url, struct initiator **initiator, struct why *why)
{
	bool generic = !strncmp(url, "/dev/sg", 7);

	return generic ? initiator_open_sg(url, initiator, why) : initiator_connect_iscsi(url, initiator, why);
}

void initiator_disconnect(struct initiator *initiator)
{
	if (initiator)
		initiator->disconnect(initiator);
}

int initiator_send(struct initiator *initiator, struct initiator_command *command, struct why *why)
{
	return initiator->send(initiator, command, why);
}

int initiator_judge(const struct initiator_command *command, const char *what, struct why *why)
{
	static const struct { uint8_t status; int code; const char *text; } row[] = {
		{ SCSI_BUSY, EXIT_BUSY, "the device is busy" },
		{ SCSI_CONFLICT, EXIT_BUSY, "reserved by another initiator" },
		{ SCSI_QUEUE_FULL, EXIT_BUSY, "the device's queue is full" },
	};
	char text[192];

	if (command->status == SCSI_GOOD)
		return 0;
	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (row[i].status == command->status) {
			why_set(why, "%s: %s", what, row[i].text);
			return row[i].code;
		}
	}
	if (command->status != SCSI_CHECK_CONDITION)
		why_set(why, "%s: SCSI status %02Xh", what, command->status);
	else
		why_set(why, "%s: %s", what, sense_text(&command->sense, text, sizeof(text)));
	return command->sense.asc == 0x25 ? EXIT_NOT_FOUND : EXIT_FAILED;
}

int initiator_do(struct initiator *initiator, struct initiator_command *command, const char *what, struct why *why)
{
	struct why lost = { "" };
	int err = initiator_send(initiator, command, &lost);

	if (err) {
		why_set(why, "%s: %s", what, lost.text);
		return err;
	}
	return initiator_judge(command, what, why);
}
