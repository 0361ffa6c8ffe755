/* SPDX-License-Identifier: GPL-2.0-only */
/* One logical unit over iSCSI: login and commands that are waited for. */
#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double unit_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void unit_die(const struct unit *unit, const char *what)
{
	fprintf(stderr, "tape_bench: %s: %s\n", what, unit->iscsi ? iscsi_get_error(unit->iscsi) : "");
	exit(1);
}

/* Unit attentions that wait for a new session. */
static void consume_attentions(struct unit *unit)
{
	bool more = true;

	for (int i = 0; i < 32 && more; i++) {
		struct scsi_task *task = iscsi_testunitready_sync(unit->iscsi, unit->lun);

		more = task && task->status == SCSI_STATUS_CHECK_CONDITION &&
		       task->sense.key == SCSI_SENSE_UNIT_ATTENTION;
		if (task)
			scsi_free_scsi_task(task);
	}
}

/* libiscsi's own look at the unit gives up on drives without a medium: not asked for one, it leaves that to us. */
void unit_open(struct unit *unit, const char *text)
{
	struct iscsi_url *url;

	unit->iscsi = iscsi_create_context("iqn.2026-01.org.tgt-vtl:bench");
	if (!unit->iscsi)
		unit_die(unit, "no memory");
	url = iscsi_parse_full_url(unit->iscsi, text);
	if (!url)
		unit_die(unit, text);
	iscsi_set_session_type(unit->iscsi, ISCSI_SESSION_NORMAL);
	iscsi_set_targetname(unit->iscsi, url->target);
	iscsi_set_header_digest(unit->iscsi, ISCSI_HEADER_DIGEST_NONE);
	iscsi_set_noautoreconnect(unit->iscsi, 1);
	unit->lun = url->lun;
	if (iscsi_full_connect_sync(unit->iscsi, url->portal, -1))
		unit_die(unit, text);
	iscsi_destroy_url(url);
	consume_attentions(unit);
}

int unit_command_out(struct unit *unit, const uint8_t *cdb, int cdb_len, uint8_t *out, unsigned len)
{
	struct iscsi_data data = { .size = len, .data = out };
	unsigned char copy[16];
	struct scsi_task *task;
	int status = -1;

	memcpy(copy, cdb, (size_t)cdb_len);
	task = scsi_create_task(cdb_len, copy, len ? SCSI_XFER_WRITE : SCSI_XFER_NONE, (int)len);
	if (task && iscsi_scsi_command_sync(unit->iscsi, unit->lun, task, len ? &data : NULL))
		status = task->status;
	if (task)
		scsi_free_scsi_task(task);
	return status;
}

void unit_must(struct unit *unit, const char *what, const uint8_t *cdb, int cdb_len)
{
	if (unit_command_out(unit, cdb, cdb_len, NULL, 0) != SCSI_STATUS_GOOD)
		unit_die(unit, what);
}

unsigned unit_in(struct unit *unit, const char *what, const uint8_t *cdb, int cdb_len, uint8_t *in, unsigned len)
{
	unsigned char copy[16];
	struct scsi_task *task;
	unsigned n;

	memcpy(copy, cdb, (size_t)cdb_len);
	task = scsi_create_task(cdb_len, copy, SCSI_XFER_READ, (int)len);
	if (!task || !iscsi_scsi_command_sync(unit->iscsi, unit->lun, task, NULL) ||
	    task->status != SCSI_STATUS_GOOD || task->datain.size < 0)
		unit_die(unit, what);
	n = (unsigned)task->datain.size < len ? (unsigned)task->datain.size : len;
	memcpy(in, task->datain.data, n);
	scsi_free_scsi_task(task);
	return n;
}

double unit_time(struct unit *unit, const uint8_t *cdb, int cdb_len)
{
	double begin = unit_now();

	unit_must(unit, "a timed command", cdb, cdb_len);
	return (unit_now() - begin) * 1e6;
}

void unit_wait_ready(struct unit *unit)
{
	static const uint8_t tur[6];
	double give_up = unit_now() + 30;

	while (unit_command_out(unit, tur, 6, NULL, 0) != SCSI_STATUS_GOOD) {
		if (unit_now() > give_up)
			unit_die(unit, "the unit does not become ready");
		poll(NULL, 0, 5);
	}
}
