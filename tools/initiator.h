/* SPDX-License-Identifier: GPL-2.0-only */
/* An initiator in user space: sends command blocks to one logical unit and says in words what came back. */
#ifndef TOOLS_INITIATOR_H
#define TOOLS_INITIATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "why.h"

enum { SCSI_GOOD = 0x00, SCSI_CHECK_CONDITION = 0x02, SCSI_BUSY = 0x08, SCSI_CONFLICT = 0x18, SCSI_QUEUE_FULL = 0x28 };
enum { KEY_NO_SENSE = 0, KEY_RECOVERED = 1, KEY_NOT_READY = 2, KEY_MEDIUM = 3, KEY_ILLEGAL = 5, KEY_UNIT_ATTENTION = 6,
       KEY_DATA_PROTECT = 7, KEY_BLANK_CHECK = 8, KEY_VOLUME_OVERFLOW = 13 };

/* Decoded sense data, fixed or descriptor format (SPC-5 4.4). */
struct sense {
	bool valid;			/* there is sense data at all */
	bool deferred;
	uint8_t key, asc, ascq;
	bool filemark, eom, ili;
	bool has_information;
	int64_t information;
	bool has_field;			/* sense-key specific: field pointer */
	bool field_in_cdb;
	uint16_t field;
};
/* From wire bytes; all lengths are accepted. */
void sense_decode(const uint8_t *data, unsigned len, struct sense *sense);
/* "data protect: write protected (07/27/00)", into buf. */
const char *sense_text(const struct sense *sense, char *buf, unsigned size);

enum initiator_direction { INITIATOR_NONE, INITIATOR_IN, INITIATOR_OUT };

struct initiator_command {
	uint8_t cdb[16];
	unsigned cdb_len;
	enum initiator_direction direction;
	void *data;
	uint32_t len;
	/* out */
	uint8_t status;
	uint32_t actual;		/* bytes that were transferred */
	struct sense sense;
};

/* How commands travel. */
struct initiator {
	/* One command, to its end. 0 when there is a SCSI status, or an exit code with the reason. */
	int (*send)(struct initiator *initiator, struct initiator_command *command, struct why *why);
	/* Ends the connection and frees. */
	void (*disconnect)(struct initiator *initiator);
};

/*
 * Logs in to "iscsi://[USER[%PASSWORD]@]HOST[:PORT]/IQN/LUN" and consumes the unit attentions that wait there; or opens
 * a SCSI generic device, "/dev/sgN", whose unit attentions are left to whom they are for. 0, or an exit code of vtl
 * with the reason. The session is never re-established behind the caller's back: a repeated WRITE would be a second
 * block.
 */
int initiator_connect(const char *url, struct initiator **initiator, struct why *why);
int initiator_connect_iscsi(const char *url, struct initiator **initiator, struct why *why);
int initiator_open_sg(const char *path, struct initiator **initiator, struct why *why);
void initiator_disconnect(struct initiator *initiator);

/* Sends one command and waits. 0 when there is a SCSI status, or an exit code with the reason: the session is lost. */
int initiator_send(struct initiator *initiator, struct initiator_command *command, struct why *why);
/*
 * As above, and any status but GOOD is a failure too: EXIT_BUSY for a reservation conflict, BUSY and TASK SET FULL,
 * EXIT_NOT_FOUND for a unit that is not there, else EXIT_FAILED. `what` begins the reason: "write".
 */
int initiator_do(struct initiator *initiator, struct initiator_command *command, const char *what, struct why *why);
/* The exit code and reason of a command that has a status. 0 for GOOD. */
int initiator_judge(const struct initiator_command *command, const char *what, struct why *why);

#endif
