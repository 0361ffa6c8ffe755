/* SPDX-License-Identifier: GPL-2.0-only */
/* The initiator over libiscsi. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

#include "command.h"
#include "initiator.h"

#define INITIATOR_NAME	"iqn.2026-01.org.tgt-vtl:vtl"
#define TIMEOUT_S	3600	/* a command may position over a whole tape, or erase it */
#define MAX_ATTENTIONS	32

struct session {
	struct initiator base;		/* first */
	struct iscsi_context *iscsi;
	int lun;
};

/* Login failures that say that there is no such target, by libiscsi's words for status class 2. */
static int login_code(const char *error)
{
	static const struct { const char *text; int code; } row[] = {
		{ "not found", EXIT_NOT_FOUND },
		{ "Target not found", EXIT_NOT_FOUND },
		{ "Authentication", EXIT_FAILED },
	};

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (strstr(error, row[i].text))
			return row[i].code;
	return EXIT_FAILED;
}

/* Unit attentions that wait for a new session are news of the past: nobody has asked yet (SAM-5 5.14). */
static int consume_attentions(struct session *session, struct why *why)
{
	for (int i = 0; i < MAX_ATTENTIONS; i++) {
		struct initiator_command tur = { .cdb = { SCSI_OPCODE_TESTUNITREADY }, .cdb_len = 6 };
		int err = initiator_send(&session->base, &tur, why);

		if (err)
			return err;
		if (tur.status == SCSI_CHECK_CONDITION && tur.sense.asc == 0x25) {
			why_set(why, "no logical unit %d there", session->lun);
			return EXIT_NOT_FOUND;
		}
		if (tur.status != SCSI_CHECK_CONDITION || tur.sense.key != KEY_UNIT_ATTENTION)
			return 0;
	}
	why_set(why, "the device does not stop to report unit attentions");
	return EXIT_FAILED;
}

static int login(struct session *session, const char *text, struct why *why)
{
	struct iscsi_url *url = iscsi_parse_full_url(session->iscsi, text);
	int err;

	if (!url) {
		why_set(why, "%s: not of the form iscsi://[USER[%%PASSWORD]@]HOST[:PORT]/IQN/LUN", text);
		return EXIT_USAGE;
	}
	session->lun = url->lun;
	iscsi_set_session_type(session->iscsi, ISCSI_SESSION_NORMAL);
	iscsi_set_targetname(session->iscsi, url->target);
	iscsi_set_header_digest(session->iscsi, ISCSI_HEADER_DIGEST_NONE);
	iscsi_set_initial_r2t(session->iscsi, ISCSI_INITIAL_R2T_NO);
	iscsi_set_immediate_data(session->iscsi, ISCSI_IMMEDIATE_DATA_YES);
	iscsi_set_noautoreconnect(session->iscsi, 1);
	iscsi_set_timeout(session->iscsi, 30);
	/* Without a unit number libiscsi leaves the unit alone: its own check gives up on drives without a medium. */
	err = iscsi_full_connect_sync(session->iscsi, url->portal, -1);
	if (err)
		why_set(why, "%s, target %s: %s", url->portal, url->target, iscsi_get_error(session->iscsi));
	iscsi_destroy_url(url);
	if (err)
		return login_code(iscsi_get_error(session->iscsi));
	iscsi_set_timeout(session->iscsi, TIMEOUT_S);
	return 0;
}

/* libiscsi keeps sense data as it came in the response: after a length of two bytes (RFC 7143 11.4.7.2). */
static void take_sense(const struct scsi_task *task, struct sense *sense)
{
	sense_decode(task->datain.data ? task->datain.data + 2 : NULL,
		     task->datain.size > 2 ? task->datain.size - 2 : 0, sense);
}

static int send(struct initiator *initiator, struct initiator_command *command, struct why *why)
{
	struct session *session = (struct session *)initiator;
	static const int direction[] = { SCSI_XFER_NONE, SCSI_XFER_READ, SCSI_XFER_WRITE };
	struct iscsi_data out = { .size = command->len, .data = command->data };
	struct scsi_task *task = scsi_create_task(command->cdb_len, command->cdb, direction[command->direction],
						  command->len);
	int err = EXIT_FAILED;

	command->actual = 0;
	memset(&command->sense, 0, sizeof(command->sense));
	if (!task) {
		why_set(why, "out of memory");
		return EXIT_FAILED;
	}
	if (command->direction == INITIATOR_IN && command->len)
		scsi_task_add_data_in_buffer(task, command->len, command->data);
	if (!iscsi_scsi_command_sync(session->iscsi, session->lun, task,
				     command->direction == INITIATOR_OUT ? &out : NULL) ||
	    task->status < 0 || task->status > 0xff) {
		why_set(why, "the session is lost: %s", iscsi_get_error(session->iscsi));
	} else {
		command->status = task->status;
		command->actual = command->len;
		if (task->residual_status == SCSI_RESIDUAL_UNDERFLOW)
			command->actual -= task->residual < command->len ? task->residual : command->len;
		if (task->status == SCSI_CHECK_CONDITION)
			take_sense(task, &command->sense);
		err = 0;
	}
	scsi_free_scsi_task(task);
	return err;
}

static void disconnect(struct initiator *initiator)
{
	struct session *session = (struct session *)initiator;

	if (iscsi_is_logged_in(session->iscsi))
		iscsi_logout_sync(session->iscsi);
	iscsi_destroy_context(session->iscsi);
	free(session);
}

int initiator_connect_iscsi(const char *url, struct initiator **out, struct why *why)
{
	struct session *session = calloc(1, sizeof(*session));
	int err;

	if (session)
		session->iscsi = iscsi_create_context(INITIATOR_NAME);
	if (!session || !session->iscsi) {
		free(session);
		why_set(why, "out of memory");
		return EXIT_FAILED;
	}
	session->base = (struct initiator){ .send = send, .disconnect = disconnect };
	err = login(session, url, why);
	if (!err)
		err = consume_attentions(session, why);
	if (err) {
		disconnect(&session->base);
		return err;
	}
	*out = &session->base;
	return 0;
}
