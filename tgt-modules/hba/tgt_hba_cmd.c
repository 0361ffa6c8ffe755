/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands and task management: from the kernel's ring to tgtd, and the answers back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "tgt_hba.h"

/* So many entries at a time, so that other targets have their turn. */
#define BATCH 64

uint64_t hba_get_lun(uint8_t *lun)
{
	return bridge_get_lun(lun);
}

static void tell(struct hba_host *host)
{
	if (!host->inside && bridge_ring(&host->bridge))
		hba_log(3, "target %d: the kernel found fault with an answer", host->target->tid);
}

/* ---- task management ---- */

static void end_tmf(struct hba_tmf *tmf, int result)
{
	struct vtl_hba_cqe cqe = { .tag = tmf->tag, .result = result };

	bridge_answer(&tmf->host->bridge, &cqe);
	list_del(&tmf->siblings);
	free(tmf);
}

/*
 * tgtd forgets a request when another one meets the same command. Once none of its commands is under way nothing can
 * be waited for any more, so what still waits has been forgotten.
 */
static void end_forgotten(struct hba_host *host)
{
	struct hba_tmf *tmf, *next;

	if (host->commands)
		return;
	list_for_each_entry_safe(tmf, next, &host->tmfs, siblings)
		end_tmf(tmf, 0);
}

void hba_forget_tmfs(struct hba_host *host)
{
	struct hba_tmf *tmf, *next;

	list_for_each_entry_safe(tmf, next, &host->tmfs, siblings) {
		list_del(&tmf->siblings);
		free(tmf);
	}
}

/* That an aborted command is not there, or had its end first, is as good as done. */
int hba_mgmt_end(struct mgmt_req *mreq)
{
	struct hba_tmf *tmf = (struct hba_tmf *)(uintptr_t)mreq->mid;
	struct hba_host *host = tmf->host;

	if (--tmf->waits)
		return 0;
	end_tmf(tmf, 0);
	tell(host);
	return 0;
}

static void request(struct hba_tmf *tmf, int function, uint8_t *lun, uint64_t tag)
{
	unsigned waits = ++tmf->waits;

	/* It fails without a word when it has no memory, and else always calls hba_mgmt_end(). */
	if (target_mgmt_request(tmf->host->target->tid, tmf->host->itn_id, (uintptr_t)tmf, function, lun, tag, 0) ==
		    MGMT_REQ_FAILED && tmf->waits == waits)
		tmf->waits--;
}

static void reset_all(struct hba_tmf *tmf)
{
	struct scsi_lu *lu;
	uint8_t lun[8];

	list_for_each_entry(lu, &tmf->host->target->device_list, device_siblings) {
		bridge_put_lun(lun, lu->lun);
		request(tmf, LOGICAL_UNIT_RESET, lun, 0);
	}
}

static void start_tmf(struct hba_host *host, struct vtl_hba_sqe *sqe)
{
	struct hba_tmf *tmf = calloc(1, sizeof(*tmf));
	struct vtl_hba_cqe cqe = { .tag = sqe->tag };

	if (!tmf) {
		cqe.result = -ENOMEM;
		bridge_answer(&host->bridge, &cqe);
		return;
	}
	tmf->host = host;
	tmf->tag = sqe->tag;
	tmf->waits = 1;		/* until all requests are made */
	list_add_tail(&tmf->siblings, &host->tmfs);
	switch (sqe->type) {
	case VTL_HBA_ABORT:
		request(tmf, ABORT_TASK, sqe->lun, sqe->ref_tag);
		break;
	case VTL_HBA_LUN_RESET:
		request(tmf, LOGICAL_UNIT_RESET, sqe->lun, 0);
		break;
	case VTL_HBA_TARGET_RESET:
	case VTL_HBA_HOST_RESET:
		reset_all(tmf);
		break;
	}
	if (!--tmf->waits)
		end_tmf(tmf, 0);
}

/* ---- commands ---- */

static uint32_t data_used(struct scsi_cmd *scmd)
{
	int32_t resid = scsi_get_out_resid(scmd);

	switch (scsi_get_data_dir(scmd)) {
	case DATA_READ:
		return scsi_get_in_transfer_len(scmd);
	case DATA_WRITE:
		return scsi_get_out_length(scmd) - (resid > 0 ? (uint32_t)resid : 0);
	default:
		return 0;
	}
}

int hba_cmd_end(uint64_t itn_id, int result, struct scsi_cmd *scmd)
{
	struct hba_cmd *cmd = container_of(scmd, struct hba_cmd, scmd);
	struct hba_host *host = cmd->host;
	struct vtl_hba_cqe cqe = { .tag = cmd->tag, .status = (uint8_t)result, .data_used = data_used(scmd) };

	if (scmd->sense_len > 0) {
		cqe.sense_len = scmd->sense_len < VTL_HBA_SENSE_LEN ? (uint8_t)scmd->sense_len : VTL_HBA_SENSE_LEN;
		memcpy(cqe.sense, scmd->sense_buffer, cqe.sense_len);
	}
	bridge_answer(&host->bridge, &cqe);
	host->inside++;
	target_cmd_done(scmd);
	host->inside--;
	free(cmd);
	host->commands--;
	end_forgotten(host);
	tell(host);
	return 0;
}

static void set_data(struct scsi_cmd *scmd, const struct vtl_hba_sqe *sqe, void *data)
{
	if (!data) {
		scsi_set_data_dir(scmd, DATA_NONE);
	} else if (sqe->direction == VTL_HBA_TO_DEVICE) {
		scsi_set_data_dir(scmd, DATA_WRITE);
		scsi_set_out_length(scmd, sqe->data_len);
		scsi_set_out_buffer(scmd, data);
	} else {
		scsi_set_data_dir(scmd, DATA_READ);
		scsi_set_in_length(scmd, sqe->data_len);
		scsi_set_in_buffer(scmd, data);
	}
}

/* tgtd's own device types send the whole buffer with a CHECK CONDITION: it shall not be another command's data. */
static void clear_for_stock(struct hba_host *host, const struct scsi_cmd *scmd, void *data, uint32_t len)
{
	const struct scsi_lu *lu;

	if (scmd->data_dir != DATA_READ)
		return;
	list_for_each_entry(lu, &host->target->device_list, device_siblings)
		if (lu->lun == bridge_get_lun(scmd->lun) && lu->cmd_perform != target_cmd_perform)
			return;
	memset(data, 0, len);
}

static int queue(struct hba_host *host, const struct vtl_hba_sqe *sqe)
{
	void *data = bridge_data(&host->bridge, sqe);
	struct hba_cmd *cmd;
	struct scsi_cmd *scmd;
	int err;

	if ((sqe->data_len && !data) || sqe->cdb_len > VTL_HBA_CDB_LEN)
		return -EPROTO;
	cmd = calloc(1, sizeof(*cmd));
	if (!cmd)
		return -ENOMEM;
	cmd->host = host;
	cmd->tag = sqe->tag;
	memcpy(cmd->cdb, sqe->cdb, sizeof(cmd->cdb));
	scmd = &cmd->scmd;
	scmd->cmd_itn_id = host->itn_id;
	scmd->scb = cmd->cdb;
	scmd->scb_len = sqe->cdb_len;
	memcpy(scmd->lun, sqe->lun, sizeof(scmd->lun));
	scmd->attribute = MSG_SIMPLE_TAG;
	scmd->tag = sqe->tag;
	set_data(scmd, sqe, data);
	clear_for_stock(host, scmd, data, sqe->data_len);
	host->commands++;
	err = target_cmd_queue(host->target->tid, scmd);
	if (err) {
		host->commands--;
		free(cmd);
	}
	return err;
}

static void start(struct hba_host *host, struct vtl_hba_sqe *sqe)
{
	struct vtl_hba_cqe cqe = { .tag = sqe->tag };

	if (sqe->type != VTL_HBA_COMMAND) {
		start_tmf(host, sqe);
		return;
	}
	cqe.result = queue(host, sqe);
	if (cqe.result)
		bridge_answer(&host->bridge, &cqe);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* False: there was nothing to be done. */
static bool serve(struct hba_host *host)
{
	uint64_t came = now();
	struct vtl_hba_sqe sqe;
	uint32_t data = 0;
	unsigned n;

	host->inside++;
	for (n = 0; n < BATCH && bridge_next(&host->bridge, &sqe); n++) {
		if (sqe.data_len > data)
			data = sqe.data_len;
		start(host, &sqe);
	}
	host->inside--;
	tell(host);
	if (host->commands)
		watch_busy(&host->watch);
	else if (n && host->may_watch && watch_answered(&host->watch, came, now(), data))
		tgt_add_sched_event(&host->watching);
	return n;
}

/* Other events have their turn in each round, as ever. */
void hba_watch(struct event_data *event)
{
	struct hba_host *host = event->data;

	if (!serve(host) && watch_goes_on(&host->watch, now()))
		tgt_add_sched_event(event);
}

void hba_readable(int fd, int events, void *data)
{
	struct hba_host *host = data;

	if (events & (EPOLLHUP | EPOLLERR)) {
		hba_log(3, "target %d: the kernel let its host go", host->target->tid);
		tgt_remove_sched_event(&host->watching);
		tgt_event_del(fd);
		return;
	}
	serve(host);
}
