/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the driver share. */
#ifndef VTL_HBA_INT_H
#define VTL_HBA_INT_H

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include "compat.h"
#include "vtl_hba.h"

/*
 * Lock order: vtl_hba_hosts_lock (a mutex: which hosts there are, who attaches), session->mutex (calls on one open
 * file), host->lock (a spinlock: all that queuecommand, answers and error handling share). User memory is never touched
 * with one of them held.
 */

struct vtl_hba_host;

enum vtl_hba_slot_state {
	SLOT_FREE,
	SLOT_FILLING,		/* queuecommand copies its data into the area, without the lock */
	SLOT_SENT,		/* the daemon has it */
	SLOT_ENDING,		/* its data are copied out of the area and the midlayer is told, without the lock */
	SLOT_GIVEN_UP,		/* nobody waits any more, but its part of the area is still the daemon's */
};

/* A task management function that somebody waits for, on his stack. */
struct vtl_hba_tmf {
	struct completion answered;
	int result;
};

/* What one tag stands for. */
struct vtl_hba_slot {
	struct scsi_cmnd *scmd;
	struct vtl_hba_tmf *tmf;
	u32 generation;
	u32 page, pages;	/* of the area */
	u16 next;		/* free */
	u8 state;		/* enum vtl_hba_slot_state */
	bool answered;		/* while it was ENDING */
};

/*
 * The attachment of one daemon to one host, and what an open file is. It lives as long as the file, and as long as
 * error handling looks at it; the memory that is mapped, only as long as it is attached.
 */
struct vtl_hba_session {
	struct kref ref;
	struct mutex mutex;
	wait_queue_head_t readable;
	struct vtl_hba_host *host;	/* NULL: not yet, or no more. Under mutex; holds a reference */
	bool used;			/* a file attaches once */
	u64 id;				/* of those of its host: 1, 2, ... */
	u32 flags;
	pid_t pid;

	/* Mapped by the daemon. */
	void *region;
	struct vtl_hba_ring *ring;
	struct vtl_hba_sqe *sq;
	struct vtl_hba_cqe *cq;
	void *area;
	size_t map_size, area_size;
	u32 sq_offset, cq_offset, area_offset;
	u32 entries;			/* of each ring: as many as there are slots, so no ring overflows */
	u32 cq_tail;			/* under mutex */

	/* Under host->lock. */
	u32 sq_head;
	struct vtl_hba_slot *slots;
	u16 free;			/* SLOT_NONE: none */
	u32 free_count;
	unsigned long *pages;		/* of the area: in use */
	u32 page_count;
	u32 given_up;			/* slots */
};

#define SLOT_NONE	0xffff
#define SLOTS_FOR_TMF	16

struct vtl_hba_stats {
	atomic64_t commands, tmfs, late, malformed, busy, no_daemon;
	atomic64_t bytes_out, bytes_in;
};

struct vtl_hba_host {
	struct list_head list;		/* under vtl_hba_hosts_lock */
	struct Scsi_Host *shost;
	struct platform_device *parent;
	char name[VTL_HBA_NAME_LEN];
	spinlock_t lock;
	struct vtl_hba_session *session;	/* NULL: no daemon */
	u64 session_id;			/* of the latest session */
	bool ending;			/* the latest session goes, its commands with it */
	wait_queue_head_t settled;	/* a slot leaves FILLING or ENDING, or a session has ended */
	struct list_head lun_ops;
	u32 lun_op_count;
	bool removing;			/* under vtl_hba_hosts_lock; once */
	struct work_struct lun_work;
	struct work_struct removal;
	struct vtl_hba_stats stats;
};

/* Behind sdev->hostdata. Under host->lock. */
struct vtl_hba_lu {
	u64 next_seq;
	u64 identity;			/* 0: found by a scan, not told */
	u64 session_id;			/* whose it is */
	bool gone;
};

/* vtl_hba_main.c */
extern unsigned int vtl_hba_tmf_timeout;	/* s */
extern unsigned int vtl_hba_queues;		/* of a new host; 0: one for each processor, at most QUEUES_MAX */

/* vtl_hba_session.c */
struct vtl_hba_session *vtl_hba_session_new(void);
void vtl_hba_session_put(struct vtl_hba_session *s);
int vtl_hba_session_init(struct vtl_hba_session *s, u32 depth, size_t area_size);
int vtl_hba_submit(struct vtl_hba_host *host, struct scsi_cmnd *scmd);
int vtl_hba_doorbell(struct vtl_hba_session *s);
bool vtl_hba_has_daemon(struct vtl_hba_host *host);
/* The daemon is gone or goes: everything that it has not answered ends. The mutex of the session is held. */
void vtl_hba_session_end(struct vtl_hba_session *s);
/* For error handling; all may sleep, none for ever. */
struct vtl_hba_session *vtl_hba_session_get(struct vtl_hba_host *host);	/* NULL: no daemon */
/* False: the command is not with the daemon any more. */
bool vtl_hba_tag_of(struct vtl_hba_host *host, struct vtl_hba_session *s, struct scsi_cmnd *scmd, u64 *tag);
/* Whether the daemon has a command of a device, or (NULL) any. */
bool vtl_hba_busy(struct vtl_hba_host *host, struct vtl_hba_session *s, const struct scsi_device *sdev);
/* Sends a task management function and waits for its answer. 0, or negative: no daemon, failed, not answered. */
int vtl_hba_tmf(struct vtl_hba_host *host, struct vtl_hba_session *s, enum vtl_hba_type type, u64 lun, u64 ref_tag);
/* Ends all commands that the daemon did not answer. */
void vtl_hba_give_up(struct vtl_hba_host *host, struct vtl_hba_session *s);

/* vtl_hba_host.c */
extern struct workqueue_struct *vtl_hba_wq;
bool vtl_hba_is_ours(const struct Scsi_Host *shost);
int vtl_hba_hosts_init(void);
/* No file is open any more. */
void vtl_hba_hosts_exit(void);
int vtl_hba_attach(struct vtl_hba_session *s, struct vtl_hba_attach *a);
/* -ENODEV: it was not attached (any more). */
int vtl_hba_detach(struct vtl_hba_session *s, bool keep);
int vtl_hba_lun(struct vtl_hba_session *s, const struct vtl_hba_lun *lun);
/* Notes for st that the positions of all tapes are lost, so that it writes nothing before it is positioned again. */
void vtl_hba_mark_devices(struct vtl_hba_host *host);

/* vtl_hba_lun.c */
void vtl_hba_lun_work(struct work_struct *work);
void vtl_hba_lun_drop_all(struct vtl_hba_host *host);
int vtl_hba_sdev_init(struct scsi_device *sdev);
void vtl_hba_sdev_destroy(struct scsi_device *sdev);

/* vtl_hba_eh.c */
int vtl_hba_eh_abort(struct scsi_cmnd *scmd);
int vtl_hba_eh_device_reset(struct scsi_cmnd *scmd);
int vtl_hba_eh_target_reset(struct scsi_cmnd *scmd);
int vtl_hba_eh_host_reset(struct scsi_cmnd *scmd);

/* vtl_hba_ref.c */
/* Called for each new host, one at a time. */
int vtl_hba_ref_init(const struct Scsi_Host *shost);
void vtl_hba_ref_exit(void);

/* vtl_hba_sysfs.c */
extern VTL_HBA_ATTRIBUTES vtl_hba_attributes[];

static inline struct vtl_hba_host *vtl_hba_host_of(struct Scsi_Host *shost)
{
	return shost_priv(shost);
}

#endif
