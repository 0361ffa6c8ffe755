/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that know tgtd share. They alone include its headers; everything here runs on its event thread. */
#ifndef GLUE_TGT_GLUE_H
#define GLUE_TGT_GLUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <errno.h>
#include <inttypes.h>

#include "list.h"
#include "util.h"
#include "log.h"
#include "tgtd.h"
#include "driver.h"
#include "target.h"
#include "scsi.h"
#include "spc.h"
#include "tgtadm.h"

#include "dev.h"
#include "pool.h"
#include "serve.h"

struct tgt_process;

/* An I_T nexus of one of our logical units: tgtd's and core's. */
struct tgt_nexus {
	struct tgt_nexus *next;
	struct vtl_nexus *nexus;
	/* Session numbers are used again: the number, the second it began and the address together name a session. */
	uint64_t itn_id;
	long ctime;
	const struct it_nexus *itn;
};

/* A logical unit, behind lu->xxc_p. */
struct tgt_unit {
	struct tgt_unit *next;			/* of the process */
	struct scsi_lu *lu;
	struct serve_door door;			/* door.unit NULL: it has no backing store (now) */
	struct tgt_nexus *nexuses;
	bool checked;				/* tgtd's command structures were as expected */
	struct legacy *legacy;			/* it was configured for tgt's own tape or changer; else NULL */
};

/* A command of tgtd's while core has it. */
struct tgt_cmd {
	struct vtl_cmd cmd;
	struct scsi_cmd *scmd;
	struct tgt_process *process;
	struct vtl_dev *dev;
	struct tgt_cmd *next, **at;		/* waiting, or ended and not yet told */
	bool inside;				/* vtl_dev_submit() has not returned */
	bool ended, aborting;
};

/* ---- tgt_module.c ---- */

extern struct backingstore_template tgt_store;
bool tgt_is_ours(const struct scsi_lu *lu);

/* ---- tgt_process.c: what there is once in this process, made when the first logical unit comes ---- */

struct tgt_process {
	struct vtl_env env;
	struct pool *pool;
	struct serve *serve;
	struct control_server *control;
	struct tgt_unit *units;
	struct tgt_cmd *waiting;		/* core has them */
	struct tgt_cmd *ended, **ended_end;	/* core is done, tgtd is not told yet */
	unsigned inside;			/* depth of calls that tgtd made with a command in its hands */
	uint64_t swept;				/* when we last looked for lost nexuses, ms */
	pid_t pid;
	int timer_fd;
	uint64_t timer_set;			/* what it is armed for, ms; UINT64_MAX: not */
	uint64_t look_at;			/* when to look for aborts, ms; UINT64_MAX: nothing waits */
	uint64_t rest_at;			/* when drives at rest give back memory; UINT64_MAX: all have */
	struct media_job trim;			/* hands what was given back to the system */
	bool trimming;
	struct tgt_timer *timers;
	unsigned timer_count, timer_room;
};

/* NULL: it cannot be made; the log says why. */
struct tgt_process *tgt_process(void);
/* Like tgt_process(), but makes none. */
struct tgt_process *tgt_process_if_any(void);
/* A command has come: drives may have something to give back, in a while. */
void tgt_awake(struct tgt_process *process);
/* Looks for aborts of waiting commands from now on, until none waits. */
void tgt_watch(struct tgt_process *process);
__attribute__((format(printf, 2, 3)))
void tgt_log(int level, const char *fmt, ...);

/* ---- tgt_unit.c ---- */

tgtadm_err tgt_unit_init(struct scsi_lu *lu);
void tgt_unit_exit(struct scsi_lu *lu);
tgtadm_err tgt_unit_config(struct scsi_lu *lu, char *params);
tgtadm_err tgt_unit_online(struct scsi_lu *lu);
tgtadm_err tgt_unit_offline(struct scsi_lu *lu);
int tgt_store_open(struct scsi_lu *lu, char *path, int *fd, uint64_t *size);
void tgt_store_close(struct scsi_lu *lu);
void tgt_store_exit(struct scsi_lu *lu);

/* Shows in tgtadm's listings what the device behind its door is. */
void tgt_unit_show(struct tgt_unit *unit);

/* ---- tgt_legacy.c ---- */

/* Whether a unit without a door may be one of those: its path (NULL: none) is what tgt's own would have there. */
bool tgt_legacy_begin(struct tgt_unit *unit, const char *path);
/* What tgtadm says of such a unit. */
tgtadm_err tgt_legacy_config(struct tgt_unit *unit, char *params);
/* Opens, and where somebody wants to use them makes, the libraries that have been said enough of. */
void tgt_legacy_settle(struct tgt_process *process, bool wanted);

/* ---- tgt_cmd.c ---- */

/* Stands at lu->cmd_perform. */
int tgt_cmd_arrive(int tid, struct scsi_cmd *scmd);
/* Stands in all of ops[]. */
int tgt_cmd_perform(int host_no, struct scsi_cmd *scmd);
/* Tells tgtd of what has ended; only from handlers of our own. */
void tgt_cmd_deliver(struct tgt_process *process);
/* Ends those waiting commands that an initiator aborted; false: none waits. */
bool tgt_cmd_aborts(struct tgt_process *process);

/* ---- tgt_nexus.c ---- */

/* The nexus that a command came through, new or known. tgtd's unit attentions for it become core's. NULL: no memory. */
struct vtl_nexus *tgt_nexus_find(struct tgt_unit *unit, const struct scsi_cmd *scmd);
/* Hands on the resets of this unit. */
void tgt_nexus_resets(struct tgt_unit *unit);
/* Ends our nexuses whose sessions are gone, and hands on resets, of all units. */
void tgt_nexus_sweep(struct tgt_process *process);
void tgt_nexus_drop_all(struct tgt_unit *unit);

/* ---- tgt_urls.c: what a door tells and does, see struct serve_door ---- */

void tgt_door_urls(const struct serve_door *door, void (*each)(void *arg, const char *url), void *arg);
const void *tgt_door_target(const struct serve_door *door);
bool tgt_door_beside(const struct serve_door *door, const char *path, unsigned lun);
bool tgt_door_remove(struct serve_door *door);

#endif
