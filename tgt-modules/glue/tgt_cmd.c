/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands: tgtd's to core, and what core made of them back to tgtd. */
#include <stdlib.h>
#include <string.h>

#include "op.h"
#include "tgt_glue.h"

/* Lost sessions are looked for at most this often, unless a new one comes. */
#define SWEEP_MS 100

/* CONTROL bits that tgtd refuses before any device type sees the command, without a field pointer: NACA, and linked. */
#define TGTD_CONTROL 0x05

#define OLD_LUN 0xe0
#define SECURITY_PROTOCOL_OUT 0xb5

static uint8_t *control_byte(struct scsi_cmd *scmd)
{
	int size = get_scsi_cdb_size(scmd);

	if (scmd->scb[0] == 0x7f)
		return scmd->scb + 1;
	return size > 1 && size <= scmd->scb_len ? scmd->scb + size - 1 : NULL;
}

/* The structures are as in the headers we were built with: the one thing that can only be seen on a command. */
static bool command_checked(struct tgt_unit *unit, const struct scsi_cmd *scmd)
{
	if (unit->checked)
		return true;
	if (!scmd->itn_lu_info || scmd->itn_lu_info->lu != scmd->dev || scmd->it_nexus->itn_id != scmd->cmd_itn_id) {
		tgt_log(3, "this tgtd is not the one that tgt-vtl was built for: it does not hold that a command's "
			"nexus is that of its unit. LUN %" PRIu64 " serves nothing", scmd->dev->lun);
		return false;
	}
	unit->checked = true;
	return true;
}

static bool is_known(const struct tgt_unit *unit, const struct scsi_cmd *scmd)
{
	const struct tgt_nexus *tn;

	for (tn = unit->nexuses; tn; tn = tn->next)
		if (tn->itn == scmd->it_nexus && tn->itn_id == scmd->cmd_itn_id && tn->ctime == scmd->it_nexus->ctime)
			return true;
	return false;
}

/*
 * Before tgtd's own handling: nothing that we did not produce may be sent (the buffer holds old heap); CONTROL and unit
 * attentions are core's to judge, so they are taken from tgtd's sight. The bits of CONTROL come back in
 * tgt_cmd_perform(); until then they lie in scmd->tl, which only disk stores use.
 */
int tgt_cmd_arrive(int tid, struct scsi_cmd *scmd)
{
	struct tgt_process *process = tgt_process_if_any();
	struct tgt_unit *unit = dtype_priv(scmd->dev);
	uint8_t *control = control_byte(scmd);
	int err;

	scsi_set_in_resid_by_actual(scmd, 0);
	if (!command_checked(unit, scmd))
		return -EIO;
	scmd->tl = 0;
	if (control) {
		scmd->tl = *control & TGTD_CONTROL;
		*control &= (uint8_t)~TGTD_CONTROL;
	}
	tgt_awake(process);
	process->inside++;
	if (!is_known(unit, scmd) || process->env.now_ms(&process->env) - process->swept >= SWEEP_MS)
		tgt_nexus_sweep(process);
	else
		tgt_nexus_resets(unit);
	/* One command of any of them is enough for all. */
	if (!unit->door.unit)
		tgt_legacy_settle(process, true);
	if (unit->door.unit) {
		tgt_nexus_find(unit, scmd);
		/* for what tgtd itself has to say of this unit */
		scmd->dev->attrs.sense_format = vtl_dev_descriptor_sense(unit->door.unit->dev);
	}
	err = target_cmd_perform(tid, scmd);
	process->inside--;
	return err;
}

/* ---- results ---- */

static int give_results(struct tgt_cmd *tc)
{
	struct scsi_cmd *scmd = tc->scmd;
	const struct vtl_cmd *cmd = &tc->cmd;

	if (cmd->in)
		scsi_set_in_resid_by_actual(scmd, cmd->in_used);
	if (cmd->out_len)
		scsi_set_out_resid_by_actual(scmd, cmd->out_used);
	if (cmd->sense_len) {
		memcpy(scmd->sense_buffer, cmd->sense, cmd->sense_len);
		scmd->sense_len = (int)cmd->sense_len;
	}
	return cmd->status;
}

static void unlink_cmd(struct tgt_cmd *tc)
{
	*tc->at = tc->next;
	if (tc->next)
		tc->next->at = tc->at;
}

/*
 * Core has ended a command. Within its own submit the status goes back to tgtd as a return value; else it waits for the
 * end of the handler that we are in, so that neither core nor tgtd is entered while it is busy with another.
 */
static void complete(struct vtl_cmd *cmd)
{
	struct tgt_cmd *tc = cmd->door;
	struct tgt_process *process = tc->process;

	tc->ended = true;
	if (tc->inside)
		return;
	unlink_cmd(tc);
	tc->next = NULL;
	*process->ended_end = tc;
	process->ended_end = &tc->next;
	if (process->inside)
		pool_kick(process->pool);
}

void tgt_cmd_deliver(struct tgt_process *process)
{
	struct tgt_cmd *tc;
	int status;

	while ((tc = process->ended)) {
		process->ended = tc->next;
		if (!process->ended)
			process->ended_end = &process->ended;
		status = give_results(tc);
		target_cmd_io_done(tc->scmd, status);
		free(tc);
	}
}

bool tgt_cmd_aborts(struct tgt_process *process)
{
	struct tgt_cmd *tc;

again:
	for (tc = process->waiting; tc; tc = tc->next) {
		if (!tc->scmd->mreq || tc->aborting)
			continue;
		tc->aborting = true;
		vtl_dev_abort(tc->dev, &tc->cmd);
		goto again;		/* the list may be another now */
	}
	return process->waiting;
}

/* ---- commands ---- */

/* A unit without a backing store: SPC-5 6.7 "not connected", and LOGICAL UNIT NOT CONFIGURED for all else. */
static int no_device(struct scsi_cmd *scmd)
{
	uint8_t inquiry[36] = { 0x20 | scmd->dev->attrs.device_type, 0, 6, 2, sizeof(inquiry) - 5 };
	uint32_t len = scsi_get_in_length(scmd);

	if (scmd->scb[0] != INQUIRY || (scmd->scb[1] & 1) || !scsi_get_in_buffer(scmd)) {
		sense_data_build(scmd, NOT_READY, ASC_LOGICAL_UNIT_NOT_CONFIG);
		return SAM_STAT_CHECK_CONDITION;
	}
	memset(inquiry + 8, ' ', sizeof(inquiry) - 8);
	if (len > sizeof(inquiry))
		len = sizeof(inquiry);
	memcpy(scsi_get_in_buffer(scmd), inquiry, len);
	scsi_set_in_resid_by_actual(scmd, len);
	return SAM_STAT_GOOD;
}

/*
 * Initiators of SCSI-2's days (mtx is one) repeat the LUN in bits 7..5 of byte 1, where later standards have reserved
 * bits. It says nothing that we do not know, so it is left out where a command has no other use for these bits.
 */
static void drop_old_lun(const struct vtl_dev *dev, const struct scsi_cmd *scmd, struct vtl_cmd *cmd)
{
	enum vtl_sense reason;
	const struct vtl_op *op = vtl_op_find(dev, cmd->cdb, cmd->cdb_len, &reason);

	if (op && op->len <= 12 && op->sa == VTL_NO_SA && !(op->usage[1] & OLD_LUN) &&
	    cmd->cdb[1] >> 5 == (scmd->dev->lun & 7))
		cmd->cdb[1] &= (uint8_t)~OLD_LUN;
}

static void fill(struct tgt_cmd *tc, struct scsi_cmd *scmd)
{
	struct vtl_cmd *cmd = &tc->cmd;
	enum data_direction dir = scsi_get_data_dir(scmd);
	uint8_t *control = control_byte(scmd);

	if (control)
		*control |= (uint8_t)scmd->tl;
	tc->scmd = scmd;
	cmd->cdb_len = scmd->scb_len < VTL_CDB_MAX ? (unsigned)scmd->scb_len : VTL_CDB_MAX;
	memcpy(cmd->cdb, scmd->scb, cmd->cdb_len);
	drop_old_lun(tc->dev, scmd, cmd);
	if (dir == DATA_WRITE || dir == DATA_BIDIRECTIONAL) {
		cmd->out = scsi_get_out_buffer(scmd);
		cmd->out_len = cmd->out ? scsi_get_out_length(scmd) : 0;
	}
	if (dir == DATA_READ || dir == DATA_BIDIRECTIONAL) {
		cmd->in = scsi_get_in_buffer(scmd);
		cmd->in_len = cmd->in ? scsi_get_in_length(scmd) : 0;
	}
	cmd->complete = complete;
	cmd->door = tc;
}

static void link_waiting(struct tgt_process *process, struct tgt_cmd *tc)
{
	tc->next = process->waiting;
	tc->at = &process->waiting;
	if (tc->next)
		tc->next->at = &tc->next;
	process->waiting = tc;
}

/* Core wipes the data of what it takes, a key among them. What does not get there, tgtd would free as it is. */
static int not_taken(struct scsi_cmd *scmd, int status)
{
	if (scmd->scb[0] == SECURITY_PROTOCOL_OUT && scsi_get_data_dir(scmd) == DATA_WRITE && scsi_get_out_buffer(scmd))
		explicit_bzero(scsi_get_out_buffer(scmd), scsi_get_out_length(scmd));
	return status;
}

/*
 * tgtd calls this within tgt_cmd_arrive(), and for a command that it had held back (ORDERED, HEAD OF QUEUE) whenever
 * another ends.
 */
int tgt_cmd_perform(int host_no, struct scsi_cmd *scmd)
{
	struct tgt_process *process = tgt_process_if_any();
	struct tgt_unit *unit = dtype_priv(scmd->dev);
	struct vtl_nexus *nexus;
	struct tgt_cmd *tc;
	int status;

	scsi_set_in_resid_by_actual(scmd, 0);
	if (!unit->door.unit)
		return not_taken(scmd, no_device(scmd));
	/* What units there are is the target's to know; well-known ones it has none, though tgtd would tell of all. */
	if (scmd->scb[0] == REPORT_LUNS && (scmd->scb[2] == 0 || scmd->scb[2] == 2))
		return spc_report_luns(host_no, scmd);
	nexus = tgt_nexus_find(unit, scmd);
	tc = nexus ? calloc(1, sizeof(*tc)) : NULL;
	if (!tc)
		return not_taken(scmd, SAM_STAT_BUSY);
	tc->process = process;
	tc->dev = unit->door.unit->dev;
	tc->cmd.nexus = nexus;
	fill(tc, scmd);
	tc->inside = true;
	process->inside++;
	vtl_dev_submit(tc->dev, &tc->cmd);
	process->inside--;
	tc->inside = false;
	if (tc->ended) {
		status = give_results(tc);
		free(tc);
		return status;
	}
	link_waiting(process, tc);
	tgt_watch(process);
	set_cmd_async(scmd);
	return SAM_STAT_GOOD;
}
