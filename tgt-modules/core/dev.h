/* SPDX-License-Identifier: GPL-2.0-only */
/* A SCSI device server as its doors see it: commands and nexuses in, completions out. */
#ifndef CORE_DEV_H
#define CORE_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VTL_SENSE_MAX	250	/* iSCSI puts two bytes before it in tgtd's buffer of 252 */
#define VTL_CDB_MAX	32

/* SAM-5 5.3.1 */
enum {
	SAM_GOOD = 0x00,
	SAM_CHECK_CONDITION = 0x02,
	SAM_BUSY = 0x08,
	SAM_RESERVATION_CONFLICT = 0x18,
	SAM_TASK_SET_FULL = 0x28,
	SAM_TASK_ABORTED = 0x40,
};

struct vtl_dev;			/* a tape drive or a changer; engine.h */
struct vtl_nexus;

/*
 * What core needs of the world. One per device server process; outlives its devices. All of core runs on one
 * thread, the owner's; nothing here is called from another.
 */
struct vtl_env {
	uint64_t (*now_ms)(struct vtl_env *env);	/* monotonic, milliseconds */
	uint64_t (*wall_ms)(struct vtl_env *env);	/* since 1970, milliseconds */
	void (*random)(struct vtl_env *env, void *buf, size_t len);
	/* Calls vtl_dev_tick() of the device at or soon after `at_ms` (now_ms); one per device, the last wins;
	 * UINT64_MAX: never. */
	void (*set_timer)(struct vtl_env *env, struct vtl_dev *dev, uint64_t at_ms);
	/* One line for the operator; `level` as in syslog(3) (3 error, 4 warning, 6 info, 7 debug). */
	void (*log)(struct vtl_env *env, int level, const char *text);
	struct media_exec *exec;			/* for everything that may block */
};

/*
 * A command. The door fills the first part and keeps everything in place until complete() is called. complete() is
 * called exactly once, perhaps before vtl_dev_submit() returns. It may submit again, but not free the device.
 */
struct vtl_cmd {
	struct vtl_nexus *nexus;
	uint8_t cdb[VTL_CDB_MAX];
	unsigned cdb_len;		/* bytes received, at most VTL_CDB_MAX */
	uint8_t *out;			/* data-out as received; may be NULL when out_len is 0 */
	uint32_t out_len;
	uint8_t *in;			/* data-in; may be NULL when in_len is 0 */
	uint32_t in_len;		/* bytes that may be written there */
	void (*complete)(struct vtl_cmd *cmd);
	void *door;			/* the door's own */

	/* results, valid in complete() */
	uint8_t status;
	uint32_t in_used;		/* bytes of `in` that were produced; unless aborted, the rest was not touched */
	uint32_t out_used;		/* bytes of `out` that were consumed */
	uint8_t sense[VTL_SENSE_MAX];
	unsigned sense_len;

	/* core's own from here on: engine.h */
	const struct vtl_op *op;
	struct vtl_cmd *queue_next;
	bool aborted, ended;
	union {				/* a handler's state while the command waits */
		uint64_t u[8];
		void *p[8];
	} scratch;
};

/*
 * Starts a command. Commands of a device run one at a time, in the order in which they came through any door, but
 * for those that the standard lets run beside (INQUIRY, REQUEST SENSE, … : a flag of their row).
 */
void vtl_dev_submit(struct vtl_dev *dev, struct vtl_cmd *cmd);

/* Ends a waiting command as aborted (complete() with SAM_TASK_ABORTED) as soon as that does no harm: at once if it
 * has not started or is parked, else when its job is done. The medium may have moved (SAM-5 7.2). */
void vtl_dev_abort(struct vtl_dev *dev, struct vtl_cmd *cmd);

enum vtl_reset { VTL_RESET_POWER_ON, VTL_RESET_BUS, VTL_RESET_LOGICAL_UNIT };
/* SAM-5 6.3: unit attention 29/xx for every nexus, reservations (SPC-2) and prevents are gone, mode pages go back to
 * saved or default values, waiting commands end as aborted without complete() being skipped. */
void vtl_dev_reset(struct vtl_dev *dev, enum vtl_reset what);

/* Counts that were to be saved with whatever else is saved begin to be saved now; every few seconds, and at the end. */
void vtl_state_flush(struct vtl_dev *dev);

/* Called for set_timer(). */
void vtl_dev_tick(struct vtl_dev *dev);

/* Whether nothing is queued, running or being saved, so that it may be destroyed. */
bool vtl_dev_idle(const struct vtl_dev *dev);

/*
 * An I_T nexus: one initiator port at one target port of one door. A name (SPC-5 7.6.4 TransportID, at most 228
 * bytes) lets persistent reservations know an initiator again after its session is gone.
 */
struct vtl_nexus_id {
	uint8_t transport_id[228];
	unsigned transport_id_len;
	uint16_t target_port;		/* relative target port identifier, 1.. */
};

/* A new nexus starts with unit attention 29/00 (29/07 if `id` was here before and lost). NULL: no memory. */
struct vtl_nexus *vtl_nexus_new(struct vtl_dev *dev, const struct vtl_nexus_id *id);
/* I_T nexus loss (SAM-5 6.4): its SPC-2 reservation, prevent and unit attentions end. None of its commands may be
 * waiting: abort them first. Frees it. */
void vtl_nexus_lost(struct vtl_nexus *nexus);
/* A unit attention that the door's transport established (tgtd's own, by its ASC and ASCQ), once per code. */
void vtl_nexus_attention(struct vtl_nexus *nexus, uint8_t asc, uint8_t ascq);

/* From the opcode table: which way data goes, so that a door can set up a transfer. 0 none, 1 out, 2 in. Unknown: 0. */
int vtl_dev_direction(const struct vtl_dev *dev, const uint8_t *cdb, unsigned cdb_len);

/* Whether sense data comes in descriptor format (D_SENSE of the Control mode page). */
bool vtl_dev_descriptor_sense(const struct vtl_dev *dev);

#endif
