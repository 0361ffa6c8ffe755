/* SPDX-License-Identifier: GPL-2.0-only */
/* Sessions of the tests over libiscsi: each has one context, and one command at a time. */
#include "session.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

struct session {
	struct iscsi_context *iscsi;
	int lun;
	struct reply reply;
	int sent_status;		/* of session_send()'s command */
};

#define SENT_WAITING	(-2)
#define LONGEST_S	300	/* of what ends well: the machine may be slow, and busy with others */

const char *test_env(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		fail_msg("%s is not set: run this by test/lib/with-tgtd", name);
	return value;
}

void test_needs_tgtd(char **argv, const char *preload)
{
	if (getenv("VTL_TEST_TARGET"))
		return;
	if (preload)
		execl("test/lib/with-tgtd", "test/lib/with-tgtd", "--preload", preload, argv[0], (char *)NULL);
	else
		execl("test/lib/with-tgtd", "test/lib/with-tgtd", argv[0], (char *)NULL);
	perror("test/lib/with-tgtd");
	exit(1);
}

struct session *session_open(const char *url_text, const char *name, uint32_t isid)
{
	struct session *session = calloc(1, sizeof(*session));
	char initiator[128];
	struct iscsi_url *url;

	assert_non_null(session);
	snprintf(initiator, sizeof(initiator), "iqn.2026-01.test:%s", name);
	session->iscsi = iscsi_create_context(initiator);
	assert_non_null(session->iscsi);
	url = iscsi_parse_full_url(session->iscsi, url_text);
	if (!url)
		fail_msg("%s: %s", url_text, iscsi_get_error(session->iscsi));
	session->lun = url->lun;
	iscsi_set_targetname(session->iscsi, url->target);
	iscsi_set_session_type(session->iscsi, ISCSI_SESSION_NORMAL);
	iscsi_set_header_digest(session->iscsi, ISCSI_HEADER_DIGEST_NONE);
	iscsi_set_isid_en(session->iscsi, isid, 0);
	iscsi_set_timeout(session->iscsi, LONGEST_S);
	iscsi_set_noautoreconnect(session->iscsi, 1);
	/* Not iscsi_full_connect_sync(): that one takes unit attentions away before the test sees them. */
	if (iscsi_connect_sync(session->iscsi, url->portal) || iscsi_login_sync(session->iscsi))
		fail_msg("%s: %s", url_text, iscsi_get_error(session->iscsi));
	iscsi_destroy_url(url);
	return session;
}

static void session_free(struct session *session)
{
	iscsi_destroy_context(session->iscsi);
	free(session->reply.in);
	free(session);
}

void session_close(struct session *session)
{
	if (!session)
		return;
	iscsi_logout_sync(session->iscsi);
	session_free(session);
}

void session_cut(struct session *session)
{
	iscsi_disconnect(session->iscsi);
	session_free(session);
}

/* What comes is not looked at: tgtd closes its end when it has read all that was sent, and all of it has ended. */
void session_drop(struct session *session)
{
	struct pollfd pfd = { .fd = iscsi_get_fd(session->iscsi), .events = POLLIN };
	char data[4096];

	shutdown(pfd.fd, SHUT_WR);
	do
		assert_int_equal(poll(&pfd, 1, LONGEST_S * 1000), 1);
	while (recv(pfd.fd, data, sizeof(data), 0) > 0);
	session_cut(session);
}

static struct scsi_task *new_task(const uint8_t *cdb, unsigned cdb_len, uint32_t out_len, uint32_t in_len)
{
	unsigned char bytes[SCSI_CDB_MAX_SIZE] = { 0 };
	struct scsi_task *task;

	memcpy(bytes, cdb, cdb_len);
	task = scsi_create_task((int)cdb_len, bytes,
				out_len ? SCSI_XFER_WRITE : in_len ? SCSI_XFER_READ : SCSI_XFER_NONE,
				(int)(out_len ? out_len : in_len));
	assert_non_null(task);
	return task;
}

/* libiscsi keeps the sense data of a CHECK CONDITION with its length in front. */
static void keep_sense(struct reply *reply, const struct scsi_task *task)
{
	reply->sense_len = 0;
	if (reply->status != SCSI_STATUS_CHECK_CONDITION || task->datain.size < 2)
		return;
	reply->sense_len = (unsigned)task->datain.size - 2;
	assert_true(reply->sense_len <= sizeof(reply->sense));
	memcpy(reply->sense, task->datain.data + 2, reply->sense_len);
}

const struct reply *session_run(struct session *session, const uint8_t *cdb, unsigned cdb_len, const void *out,
				uint32_t out_len, uint32_t in_len)
{
	struct scsi_task *task = new_task(cdb, cdb_len, out_len, in_len);
	struct iscsi_data data = { .size = out_len, .data = (unsigned char *)out };
	struct reply *reply = &session->reply;

	free(reply->in);
	reply->in = malloc(in_len + 1);
	memset(reply->in, 0xa5, in_len + 1);
	if (in_len)
		scsi_task_add_data_in_buffer(task, (int)in_len, reply->in);
	if (!iscsi_scsi_command_sync(session->iscsi, session->lun, task, out_len ? &data : NULL))
		fail_msg("command %02x: %s", cdb[0], iscsi_get_error(session->iscsi));
	reply->status = (uint8_t)task->status;
	reply->residual = task->residual_status == SCSI_RESIDUAL_UNDERFLOW ? (uint32_t)task->residual : 0;
	reply->in_len = in_len - (in_len ? reply->residual : 0);
	assert_int_equal(reply->in[in_len], 0xa5);
	keep_sense(reply, task);
	scsi_free_scsi_task(task);
	return reply;
}

const struct reply *run_out(struct session *session, const void *out, uint32_t out_len, const uint8_t *cdb,
			    unsigned cdb_len)
{
	return session_run(session, cdb, cdb_len, out, out_len, 0);
}

static void sent_done(struct iscsi_context *iscsi, int status, void *command_data, void *private_data)
{
	struct session *session = private_data;

	session->sent_status = status;
	if (command_data)
		scsi_free_scsi_task(command_data);
}

static void service(struct session *session, short events)
{
	struct pollfd pfd = { .fd = iscsi_get_fd(session->iscsi), .events = events };

	assert_int_equal(poll(&pfd, 1, LONGEST_S * 1000), 1);
	if (iscsi_service(session->iscsi, pfd.revents))
		fail_msg("%s", iscsi_get_error(session->iscsi));
}

struct scsi_task *session_send(struct session *session, const uint8_t *cdb, unsigned cdb_len)
{
	struct scsi_task *task = new_task(cdb, cdb_len, 0, 0);

	session->sent_status = SENT_WAITING;
	assert_int_equal(iscsi_scsi_command_async(session->iscsi, session->lun, task, sent_done, NULL, session), 0);
	while (iscsi_which_events(session->iscsi) & POLLOUT)
		service(session, POLLOUT);
	return task;
}

void session_begin(struct session *session, const uint8_t *cdb, unsigned cdb_len, const void *out, uint32_t out_len,
		   unsigned turns)
{
	struct scsi_task *task = new_task(cdb, cdb_len, out_len, 0);
	struct iscsi_data data = { .size = out_len, .data = (unsigned char *)out };

	session->sent_status = SENT_WAITING;
	assert_int_equal(iscsi_scsi_command_async(session->iscsi, session->lun, task, sent_done, &data, session), 0);
	while (turns-- && session->sent_status == SENT_WAITING)
		service(session, (short)iscsi_which_events(session->iscsi));
}

int session_await(struct session *session)
{
	while (session->sent_status == SENT_WAITING)
		service(session, POLLIN);
	return session->sent_status;
}

bool session_waits(struct session *session)
{
	struct pollfd pfd = { .fd = iscsi_get_fd(session->iscsi), .events = POLLIN };

	while (session->sent_status == SENT_WAITING && poll(&pfd, 1, 0) == 1)
		service(session, POLLIN);
	return session->sent_status == SENT_WAITING;
}

int session_abort(struct session *session, struct scsi_task *task)
{
	/* tgtd says "no such task" of one that it has aborted: what counts is that the command has ended. */
	iscsi_task_mgmt_abort_task_sync(session->iscsi, task);
	assert_int_not_equal(session->sent_status, SENT_WAITING);
	return session->sent_status;
}

void session_lun_reset(struct session *session)
{
	assert_int_equal(iscsi_task_mgmt_lun_reset_sync(session->iscsi, (uint32_t)session->lun), 0);
}

/* ---- expectations ---- */

static void show(const struct reply *reply, const char *file, int line)
{
	const uint8_t *s = reply->sense;

	print_error("# %s:%d: status %02xh", file, line, reply->status);
	if (reply->sense_len >= 14)
		print_error(", sense %02x key %xh code %02xh/%02xh", s[0], s[2] & 0x0f, s[12], s[13]);
	print_error(", %u bytes in\n", reply->in_len);
}

const struct reply *reply_status_at(const struct reply *reply, uint8_t status, const char *file, int line)
{
	if (reply->status != status) {
		show(reply, file, line);
		_fail(file, line);
	}
	return reply;
}

const struct reply *reply_sense_at(const struct reply *reply, uint8_t key, uint8_t asc, uint8_t ascq,
				    const char *file, int line)
{
	if (reply->status != SCSI_STATUS_CHECK_CONDITION || reply->sense_len < 14 ||
	    (reply->sense[2] & 0x0f) != key || reply->sense[12] != asc || reply->sense[13] != ascq) {
		show(reply, file, line);
		_fail(file, line);
	}
	return reply;
}

void session_drain(struct session *session)
{
	const struct reply *reply;
	unsigned n = 0;

	do
		reply = run(session, CDB(0, 0, 0, 0, 0, 0));
	while (reply->status == SCSI_STATUS_CHECK_CONDITION && (reply->sense[2] & 0x0f) == 6 && ++n < 50);
}

void session_ready(struct session *session)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	unsigned n;

	for (n = 0; n < LONGEST_S * 100; n++) {
		session_drain(session);
		if (session->reply.status == 0)
			return;
		nanosleep(&pause, NULL);
	}
	show(&session->reply, __FILE__, __LINE__);
	fail_msg("the unit does not become ready");
}
