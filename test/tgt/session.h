/* SPDX-License-Identifier: GPL-2.0-only */
/* An initiator of the tests that go through tgtd: sessions, commands and what came of them, over libiscsi. */
#ifndef TEST_TGT_SESSION_H
#define TEST_TGT_SESSION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define SESSION_SENSE_MAX 252

struct session;
struct scsi_task;

/* What came of a command. Valid until the session's next command. */
struct reply {
	uint8_t status;
	uint8_t sense[SESSION_SENSE_MAX];
	unsigned sense_len;
	uint8_t *in;			/* as long as was allowed; filled with A5h before */
	uint32_t in_len;		/* bytes that arrived, by the residual */
	uint32_t residual;		/* bytes of either direction that were allowed and not used */
};

/* A CDB, or bytes, as an argument pair. */
#define CDB(...)	(const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })
#define BYTES(...)	CDB(__VA_ARGS__)

/*
 * A session of its own with the unit of a URL. `name` is the initiator's last word ("iqn.2026-01.test:NAME"); the same
 * name and `isid` are the same initiator port again. Fails the test when it cannot be had.
 */
struct session *session_open(const char *url, const char *name, uint32_t isid);
/* Logs out. */
void session_close(struct session *session);
/* Cuts the connection. */
void session_cut(struct session *session);
/* The same, and waits until tgtd has noticed and nothing of the session runs there any more. */
void session_drop(struct session *session);

/* Runs a command; fails the test when no status comes. */
const struct reply *session_run(struct session *session, const uint8_t *cdb, unsigned cdb_len, const void *out,
				uint32_t out_len, uint32_t in_len);
#define run(session, ...)		session_run(session, __VA_ARGS__, NULL, 0, 0)
#define run_in(session, len, ...)	session_run(session, __VA_ARGS__, NULL, 0, len)
const struct reply *run_out(struct session *session, const void *out, uint32_t out_len, const uint8_t *cdb,
			    unsigned cdb_len);
/* Sends a command without data and waits for nothing; one at a time per session. */
struct scsi_task *session_send(struct session *session, const uint8_t *cdb, unsigned cdb_len);
/* Begins to send a command with data-out, which must live on, in at most so many turns of the socket. */
void session_begin(struct session *session, const uint8_t *cdb, unsigned cdb_len, const void *out, uint32_t out_len,
		   unsigned turns);
/* Waits for what was sent; its status, or one of libiscsi's. */
int session_await(struct session *session);
/* Whether nothing has come of it yet. */
bool session_waits(struct session *session);
/* ABORT TASK of what was sent; that has to have ended when the answer comes. Its status: 40h is TASK ABORTED. */
int session_abort(struct session *session, struct scsi_task *task);
/* LOGICAL UNIT RESET; fails the test when it is refused. */
void session_lun_reset(struct session *session);

#define expect_good(reply)			expect_status(reply, 0x00)
#define expect_status(reply, status)		reply_status_at(reply, status, __FILE__, __LINE__)
/* CHECK CONDITION with this key and code. */
#define expect_sense(reply, key, asc, ascq)	reply_sense_at(reply, key, asc, ascq, __FILE__, __LINE__)
const struct reply *reply_status_at(const struct reply *reply, uint8_t status, const char *file, int line);
const struct reply *reply_sense_at(const struct reply *reply, uint8_t key, uint8_t asc, uint8_t ascq,
				    const char *file, int line);
/* Takes all unit attentions, and waits (minutes, if it has to) until the unit is ready. */
void session_ready(struct session *session);
/* Takes unit attentions until TEST UNIT READY says something else. */
void session_drain(struct session *session);

/* From the environment that test/lib/with-tgtd gives: "VTL_TEST_CHANGER", "VTL_TEST_DRIVE1" …; fails if unset. */
const char *test_env(const char *name);
/*
 * To be called first in main(): where no daemon of test/lib/with-tgtd is there, runs the program again with one.
 * Returns only inside it. `preload`: a C file that becomes a library preloaded into tgtd, or NULL.
 */
void test_needs_tgtd(char **argv, const char *preload);

#endif
