/* SPDX-License-Identifier: GPL-2.0-only */
/* The device server engine that ssc/ and smc/ stand on: devices, commands, queue, nexuses, unit attentions. */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include "be.h"
#include "dev.h"
#include "exec.h"
#include "model.h"
#include "op.h"
#include "pages.h"
#include "reply.h"
#include "sense.h"
#include "state.h"

#define VTL_INQUIRY_LEN	96

/* ---- device ---- */

struct vtl_catalog_row;			/* catalog.h */

/* Who a device is. Strings and tables outlive the device, but `serial`, which is copied. */
struct vtl_identity {
	const struct vtl_model_inquiry *inquiry;
	const char *serial;			/* unit serial number, 1..63 printable characters */
	uint64_t naa;				/* NAA designator; 0: derived from vendor and serial number */
	const struct vtl_model_pages *mode, *vpd, *log;	/* a model's own pages; NULL: none */
	const uint16_t *unsupported;		/* operation codes that this model has not; above FFh: one
						 * service action of one, e.g. A31Dh */
	unsigned unsupported_count;
	const struct vtl_model_commands *commands;	/* of these only the list of all that it has; NULL: none */
};

/*
 * What makes a tape drive of a device, or a changer. Const; hooks that are NULL do nothing. A hook gets the device; the
 * type finds its own object around it.
 */
struct vtl_dev_type {
	uint8_t peripheral;			/* PERIPHERAL DEVICE TYPE: 01h, 08h */
	const struct vtl_op *ops;		/* beside vtl_spc_ops */
	const struct vtl_mode_page *mode_pages;	/* beside vtl_spc_mode */
	const struct vtl_log_page *log_pages;
	const struct vtl_vpd_page *vpd_pages;	/* beside vtl_spc_vpd */

	/*
	 * Whether a command may run now: medium there, writable … by the flags of cmd->op. Asked after reservations,
	 * unit attentions and CDB checks. SENSE_NONE: yes. Not asked for VTL_OP_BESIDE rows.
	 */
	enum vtl_sense (*gate)(struct vtl_dev *dev, const struct vtl_cmd *cmd, struct vtl_sense_extra *extra);
	/* What REQUEST SENSE answers where no unit attention is pending (progress, say). NULL: SENSE_NONE. */
	enum vtl_sense (*request_sense)(struct vtl_dev *dev, struct vtl_sense_extra *extra);
	/* Vendor specific bytes of fixed format from byte 18 on, in REQUEST SENSE; returns how many, at most `size`. */
	unsigned (*more_sense)(struct vtl_dev *dev, uint8_t *buf, unsigned size);

	/* Changes standard INQUIRY data that follows from the type's features (PROTECT, say). */
	void (*inquiry)(struct vtl_dev *dev, uint8_t data[VTL_INQUIRY_LEN]);

	/* Fills the header for MODE SENSE; `pc` as in the CDB (1: masks of what can be changed). */
	void (*mode_header)(struct vtl_dev *dev, unsigned pc, struct vtl_mode_header *h);
	/*
	 * MODE SELECT's header from a nexus, before anything is changed; may round. `bad` counts from the start of the
	 * header as if it were MODE SELECT(6)'s: 1 medium type, 2 device-specific, 4.. block descriptor.
	 * has_block_descriptor tells whether one was sent.
	 */
	enum vtl_sense (*mode_header_check)(const struct vtl_nexus *nexus, struct vtl_mode_header *h,
					    struct vtl_field *bad);
	/* Takes it over; returns whether anything is different now. */
	bool (*mode_header_apply)(struct vtl_dev *dev, const struct vtl_mode_header *h);

	/* SEND DIAGNOSTIC with SELFTEST. NULL: always passes. */
	enum vtl_sense (*self_test)(struct vtl_dev *dev);

	/* The running command is to end as aborted. Ends it now if it is parked where that does no harm; else leaves
	 * it: whatever it ends with becomes TASK ABORTED. */
	void (*abort)(struct vtl_dev *dev, struct vtl_cmd *cmd);
	/* After the engine has reset its own part. */
	void (*reset)(struct vtl_dev *dev, enum vtl_reset what);
	void (*tick)(struct vtl_dev *dev);
	/* Reservations of either kind ended or changed hands; `preempted`: another took them away. */
	void (*reservations_changed)(struct vtl_dev *dev, bool preempted);
	/* A nexus goes; nexus->own is freed here. */
	void (*nexus_lost)(struct vtl_dev *dev, struct vtl_nexus *nexus);
	/* Some nexus began or ended preventing removal. */
	void (*prevent_changed)(struct vtl_dev *dev);

	/* What the type has beside commands and pages (attributes, say): catalog.h. */
	void (*catalog)(struct vtl_dev *dev, void (*each)(void *arg, const struct vtl_catalog_row *row), void *arg);

	/* What the type itself keeps over a power cycle: rows through vtl_state_put(), tags from VTL_STATE_OF_TYPE on;
	 * at power on each comes back, before any command. Unknown tags and lengths are to be ignored. */
	void (*state_put)(struct vtl_dev *dev, struct vtl_reply *r);
	void (*state_get)(struct vtl_dev *dev, uint16_t tag, const uint8_t *data, uint32_t len);
};

/* Somebody who waits until what the device keeps is saved. */
struct vtl_save {
	void (*done)(struct vtl_save *save);
	bool ok;
	struct vtl_save *next;		/* the engine's */
};

/* The engine's: the save that is under way, and who waits for the next. */
struct vtl_saver {
	struct media_job job;
	struct vtl_save *running, *waiting;
	uint8_t *buf;
	uint32_t len;
	bool busy, touched, ok;
	bool later;			/* something is to be saved with the next that is */
	struct why why;
};

struct vtl_name;			/* identify.c */
struct vtl_buffers;			/* buffer.c */
struct vtl_mode_state;			/* mode.c */
struct vtl_pr;				/* pr.c */
struct vtl_seen;			/* nexus.c */

/* Embedded as the first member of the tape's and the changer's own struct. Only engine files touch what is marked. */
struct vtl_dev {
	const struct vtl_dev_type *type;
	struct vtl_env *env;
	struct vtl_identity id;
	char serial[64];

	/* the engine's */
	struct vtl_cmd *running;		/* holds the queue */
	struct vtl_cmd *queue, **queue_tail;	/* waiting, in order */
	bool pumping;
	struct vtl_nexus *nexuses;
	struct vtl_nexus *reserved;		/* SPC-2 reservation holder */
	struct vtl_pr *pr;			/* persistent reservations */
	struct vtl_seen *seen;			/* initiators that were here before */
	struct vtl_mode_state *mode;
	unsigned mode_count;
	size_t mode_own;			/* bytes of nexus->pages */
	struct vtl_name *names;			/* identifying information that was set: identify.c */
	bool clock_set;				/* SET TIMESTAMP: the clock runs from there, else by wall_ms() */
	uint64_t clock, clock_since;		/* its time then, and now_ms() then */
	struct vtl_buffers *buffers;		/* buffer.c; NULL until one is written to */
	uint8_t diagnostic_page;		/* what RECEIVE DIAGNOSTIC RESULTS without PCV shows */
	uint8_t self_test[20][16];		/* parameters of log page 10h, newest first */
	uint64_t powered_on;			/* now_ms() */
	bool other_inquiry;			/* INQUIRY data are not those of the power cycle before */
	struct {				/* TapeAlert: alert.c */
		uint64_t flags;			/* flag 1 in the most significant bit */
		bool due, test;			/* an informational exception is to be told; it is a false one */
		uint32_t reports;		/* how often it was told, and when it may be again (now_ms()) */
		uint64_t at;
	} alert;
	struct vtl_state *state;		/* NULL: nothing is kept over a power cycle */
	struct vtl_saver saver;
};

/* Sets up a zeroed device. 0, or -1: no memory (nothing is left behind). */
int vtl_dev_init(struct vtl_dev *dev, struct vtl_env *env, const struct vtl_dev_type *type,
		 const struct vtl_identity *id) __attribute__((warn_unused_result));
/*
 * Once, when the type has set up its own part and before any command: takes over what was kept in `state`, which
 * outlives the device. NULL: nothing is ever kept, and what needs that is refused.
 */
void vtl_dev_power_on(struct vtl_dev *dev, struct vtl_state *state);
/* Idle, no nexus. Frees what vtl_dev_init() allocated, not the device itself. */
void vtl_dev_fini(struct vtl_dev *dev);
__attribute__((format(printf, 3, 4)))
void vtl_dev_log(struct vtl_dev *dev, int level, const char *fmt, ...);

/* ---- nexus ---- */

#define VTL_UA_MAX	16

struct vtl_nexus {
	struct vtl_dev *dev;
	struct vtl_nexus *next;
	struct vtl_nexus_id id;
	bool prevent;				/* PREVENT ALLOW MEDIUM REMOVAL */
	uint64_t alerts_read;			/* TapeAlert flags that it has read since they were raised */
	struct { uint8_t asc, ascq; } ua[VTL_UA_MAX];	/* pending, first to be reported first */
	unsigned uas;
	uint8_t *pages;				/* mode.c: its own values of the pages that are not shared */
	bool echo_overwritten;			/* what it wrote to the echo buffer is another's now */
	void *own;				/* the type's (encryption scope, say); it frees it in nexus_lost() */
};

/* A pending unit attention for one nexus; once per code. 29/xx removes what was pending before (SAM-5 5.14.3). */
void vtl_ua(struct vtl_nexus *nexus, enum vtl_sense sense);
/* For all nexuses but `except` (NULL: all). */
void vtl_ua_all(struct vtl_dev *dev, enum vtl_sense sense, const struct vtl_nexus *except);
/* Takes the first pending one; false if there is none. */
bool vtl_ua_take(struct vtl_nexus *nexus, struct vtl_sense_row *row);
/* Whether any nexus prevents removal. */
bool vtl_dev_prevented(const struct vtl_dev *dev);

/* ---- command life ---- */

/*
 * Exactly one of these ends a command; it is the door's afterwards and must not be touched. The next one may start
 * before the call returns, so a handler's call is the last that it does. If it was aborted meanwhile, the
 * status becomes TASK ABORTED whatever is said here.
 */
void vtl_cmd_good(struct vtl_cmd *cmd);
/* GOOD with what the reply holds. */
void vtl_cmd_reply(struct vtl_cmd *cmd, const struct vtl_reply *r);
/* CHECK CONDITION. cmd->in_used and out_used stay as they are set: data may go with it. `extra` may be NULL. */
void vtl_cmd_check(struct vtl_cmd *cmd, enum vtl_sense sense, const struct vtl_sense_extra *extra);
/* 05/24/00 with a pointer to the field's first byte, and its most significant bit or VTL_NO_BIT. */
void vtl_cmd_bad_cdb(struct vtl_cmd *cmd, unsigned byte, unsigned bit);
/* 05/26/00, into the parameter list. */
void vtl_cmd_bad_param(struct vtl_cmd *cmd, unsigned byte, unsigned bit);
/* Another illegal-request code with a pointer into the parameter list. */
void vtl_cmd_bad_param_as(struct vtl_cmd *cmd, enum vtl_sense sense, unsigned byte, unsigned bit);
void vtl_cmd_conflict(struct vtl_cmd *cmd);
/* Any status without sense. */
void vtl_cmd_status(struct vtl_cmd *cmd, uint8_t status);
void vtl_cmd_busy(struct vtl_cmd *cmd);
/*
 * A parameter list shorter than the CDB says (or out is NULL): ends with 05/1A/00 and returns false. `len` 0 is
 * always fine. Call it before cmd->out is read.
 */
bool vtl_cmd_has_out(struct vtl_cmd *cmd, uint32_t len);
static inline struct vtl_dev *vtl_cmd_dev(const struct vtl_cmd *cmd)
{
	return cmd->nexus->dev;
}

/* ---- work in the queue that is no command ---- */

/*
 * Something that must not overlap with a command: a robot's eject, the rest of a command that answered with IMMED.
 * run() when its turn has come; until vtl_task_end() nothing else of the queue runs. Resets and aborts do not end it.
 */
struct vtl_task {
	struct vtl_cmd cmd;		/* its place in the queue; the engine's */
	struct vtl_dev *dev;
	void (*run)(struct vtl_task *task);
};

/* After what is queued already. run() may be called before this returns. */
void vtl_task_submit(struct vtl_dev *dev, struct vtl_task *task);
/* Before everything that waits. From a handler, before it ends its command: nothing comes between. */
void vtl_task_next(struct vtl_dev *dev, struct vtl_task *task);
void vtl_task_end(struct vtl_task *task);

/* ---- TapeAlert ---- */

uint64_t vtl_alert_bit(unsigned flag);	/* 1..64 */
/* Flags (bits) become active, for each initiator until it has read log page 2Eh; mode page 1Ch says what else. */
void vtl_alert_raise(struct vtl_dev *dev, uint64_t flags);
/* What they told of is over. */
void vtl_alert_clear(struct vtl_dev *dev, uint64_t flags);
/* Those that are active and that this initiator (NULL: whoever) has not read. */
uint64_t vtl_alerts(const struct vtl_dev *dev, const struct vtl_nexus *nexus);
/* For a row of log page 2Eh, which a type has with a presence of its own. */
void vtl_alert_fill(struct vtl_dev *dev, struct vtl_log *log);
void vtl_alert_reported(struct vtl_dev *dev, struct vtl_nexus *nexus);
void vtl_alert_reset(struct vtl_dev *dev);

/* ---- what outlives a power cycle ---- */

#define VTL_STATE_OF_TYPE	0x8000u		/* tags below are the engine's */

/* One row of what is kept. */
void vtl_state_put(struct vtl_reply *r, uint16_t tag, const void *data, uint16_t len);
/* Whether what is to be kept, as it is now, is not too much. */
bool vtl_state_fits(struct vtl_dev *dev);
/* Saves all as it is now; done() perhaps before this returns. dev->state must be there. */
void vtl_state_save(struct vtl_dev *dev, struct vtl_save *save);
/* The same with nobody waiting: something changed that should not be lost. Nothing without dev->state. */
void vtl_state_touch(struct vtl_dev *dev);
/* The same for what may be lost of the last seconds: with what is saved next, at the latest by vtl_state_flush(). */
void vtl_state_later(struct vtl_dev *dev);
/* For a handler: saves, then calls back to end the command. Of its scratch the first VTL_SAVE_SCRATCH bytes stay. */
#define VTL_SAVE_SCRATCH	24
void vtl_state_save_then(struct vtl_cmd *cmd, void (*then)(struct vtl_cmd *cmd, bool ok));
/* A `then` that ends it: GOOD, or 04/44/00 if it could not be saved. */
void vtl_state_end_saved(struct vtl_cmd *cmd, bool ok);

/* ---- reservations ---- */

/* Whether some reservation of another refuses a command of that class from this nexus. */
bool vtl_res_conflict(const struct vtl_nexus *nexus, enum vtl_res_class class);
/* Whether it holds the persistent reservation, alone or as one of the registrants. */
bool vtl_res_holds(const struct vtl_nexus *nexus);

/* ---- what spc.c has for the types' tables ---- */

/* GOOD: for a TEST UNIT READY row with VTL_OP_MEDIUM, and other commands for which the gate is all there is. */
void vtl_spc_good(struct vtl_cmd *cmd);
/* RESERVE and RELEASE of the whole unit. */
void vtl_reserve(struct vtl_cmd *cmd);
void vtl_release(struct vtl_cmd *cmd);

#endif
