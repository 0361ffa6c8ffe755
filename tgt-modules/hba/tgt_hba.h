/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the low-level driver `hba` share. They include tgtd's headers, and run on its event thread. */
#ifndef HBA_TGT_HBA_H
#define HBA_TGT_HBA_H

#include <stdbool.h>
#include <stdint.h>
#include <inttypes.h>
#include <sys/types.h>

#include "list.h"
#include "util.h"
#include "tgtd.h"
#include "driver.h"
#include "target.h"
#include "scsi.h"
#include "spc.h"
#include "tgtadm.h"

#include "bridge.h"
#include "watch.h"

/* A target of this driver: with the kernel driver's help a SCSI host, with one nexus. */
struct hba_host {
	struct list_head siblings;
	struct target *target;
	struct bridge bridge;
	uint64_t itn_id;
	char info[96];			/* of the nexus, for tgtadm */
	int failed;			/* why there is no host, and that the log has it; 0: there is one */
	bool keep;			/* devices stay when tgtd dies */
	struct list_head units;
	struct list_head tmfs;
	unsigned commands;		/* that tgtd has */
	unsigned inside;		/* depth of calls into tgtd: the driver is told of answers afterwards */
	bool may_watch;			/* there is another processor, on which whoever is watched for runs */
	struct watch watch;
	struct event_data watching;	/* each round of tgtd's loop, which waits for nothing as long as it is there */
};

/* A logical unit that the kernel was told of. tgtd says nothing when it removes one, so its lu_exit() leads here. */
struct hba_unit {
	struct list_head siblings;
	struct scsi_lu *lu;
	void (*lu_exit)(struct scsi_lu *lu);
};

struct hba_cmd {
	struct scsi_cmd scmd;
	struct hba_host *host;
	uint64_t tag;
	uint8_t cdb[VTL_HBA_CDB_LEN];
};

/* A task management function; `waits` for so many requests to tgtd. */
struct hba_tmf {
	struct list_head siblings;
	struct hba_host *host;
	uint64_t tag;
	unsigned waits;
};

__attribute__((format(printf, 2, 3)))
void hba_log(int level, const char *fmt, ...);

/* ---- tgt_hba_host.c ---- */

int hba_target_create(struct target *target);
void hba_target_destroy(int tid, int force);
int hba_lu_create(struct scsi_lu *lu);
tgtadm_err hba_update(int mode, int op, int tid, uint64_t sid, uint64_t lun, uint32_t cid, char *params);
tgtadm_err hba_show(int mode, int tid, uint64_t sid, uint32_t cid, uint64_t lun, struct concat_buf *buf);
int hba_transportid(int tid, uint64_t itn_id, char *buf, int size);
/* The host of a target; NULL: there is none. */
struct hba_host *hba_host_of(int tid);
/* Once in the life of the process, before all else. */
void hba_init(void);

/* ---- tgt_hba_unit.c ---- */

/* Tells the kernel of the logical units that it does not know. */
void hba_announce(struct hba_host *host);
/* All of them are gone. */
void hba_forget_units(struct hba_host *host);

/* ---- tgt_hba_cmd.c ---- */

/* Handler of bridge.fd. */
void hba_readable(int fd, int events, void *data);
/* Handler of watching. */
void hba_watch(struct event_data *event);
int hba_cmd_end(uint64_t itn_id, int result, struct scsi_cmd *scmd);
int hba_mgmt_end(struct mgmt_req *mreq);
uint64_t hba_get_lun(uint8_t *lun);
void hba_forget_tmfs(struct hba_host *host);

#endif
