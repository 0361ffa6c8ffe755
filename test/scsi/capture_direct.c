/* SPDX-License-Identifier: GPL-2.0-only */
/* The tool's side of a capture without a transport between. */
#include "capture_direct.h"

#include <stdlib.h>
#include <string.h>

#include "capture.h"

struct direct {
	struct initiator base;		/* first */
	void *nexus;
	const uint8_t *refused;		/* bytes 0 and 1 of what the device is to refuse; NULL: nothing */
};

/* INVALID FIELD IN CDB, in fixed format */
static const uint8_t refusal[18] = { 0x70, 0, 0x05, [7] = 10, [12] = 0x24 };

/* Only what changes nothing may be sent, and log page 2Eh not unasked. */
static bool harmless(const uint8_t *cdb)
{
	switch (cdb[0]) {
	case 0x05:
	case 0x12:
	case 0x1a:
	case 0x44:
	case 0x5a:
		return true;
	case 0x4d:
		return (cdb[2] & 0x3f) != 0x2e;
	case 0xa3:
		return cdb[1] == 0x0c;
	case 0xb8:
		return cdb[6] & 0x02;	/* CURDATA */
	default:
		return false;
	}
}

static int direct_send(struct initiator *initiator, struct initiator_command *command, struct why *why)
{
	const struct direct *direct = (const struct direct *)initiator;
	struct direct_answer answer = { 0 };

	if (!harmless(command->cdb)) {
		why_set(why, "command %02Xh changes something", command->cdb[0]);
		return 1;
	}
	if (direct->refused && !memcmp(command->cdb, direct->refused, 2)) {
		answer.status = SCSI_CHECK_CONDITION;
		answer.sense_len = sizeof(refusal);
		memcpy(answer.sense, refusal, sizeof(refusal));
	} else {
		direct_command(direct->nexus, command->cdb, command->cdb_len, command->data, command->len, &answer);
	}
	command->status = answer.status;
	command->actual = answer.actual;
	memset(&command->sense, 0, sizeof(command->sense));
	if (answer.status == SCSI_CHECK_CONDITION)
		sense_decode(answer.sense, answer.sense_len, &command->sense);
	return 0;
}

char *capture_directly(void *nexus, const struct vtl_models *models, const uint8_t *refused, struct why *why)
{
	struct direct direct = { .base = { .send = direct_send }, .nexus = nexus, .refused = refused };
	struct captured captured;
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);
	int err;

	if (!file)
		return NULL;
	err = capture_read(&direct.base, false, &captured, why);
	if (!err)
		err = capture_write(&captured, "CAPTURED", NULL, models, file, why);
	captured_free(&captured);
	fclose(file);
	if (!err)
		return text;
	free(text);
	return NULL;
}
