// SPDX-License-Identifier: GPL-2.0-only
/* Error handling: the daemon is told and asked, and nothing that timed out is ever good. */
#include "vtl_hba_int.h"

/*
 * SUCCESS means that the command is not with the daemon any more; the midlayer then ends it with DID_TIME_OUT. That is
 * so as well when its answer came meanwhile, since for the midlayer it had timed out.
 */
int vtl_hba_eh_abort(struct scsi_cmnd *scmd)
{
	struct vtl_hba_host *host = vtl_hba_host_of(scmd->device->host);
	struct vtl_hba_session *s = vtl_hba_session_get(host);
	int result = SUCCESS;
	u64 tag;

	if (!s)
		return SUCCESS;
	if (vtl_hba_tag_of(host, s, scmd, &tag)) {
		vtl_hba_tmf(host, s, VTL_HBA_ABORT, scmd->device->lun, tag);
		if (vtl_hba_tag_of(host, s, scmd, &tag))
			result = FAILED;
	}
	dev_dbg(&scmd->device->sdev_gendev, "abort of %#04x: %#x\n", scmd->cmnd[0], result);
	vtl_hba_session_put(s);
	return result;
}

int vtl_hba_eh_device_reset(struct scsi_cmnd *scmd)
{
	struct vtl_hba_host *host = vtl_hba_host_of(scmd->device->host);
	struct vtl_hba_session *s = vtl_hba_session_get(host);
	int result = SUCCESS;

	if (!s)
		return FAILED;
	if (vtl_hba_tmf(host, s, VTL_HBA_LUN_RESET, scmd->device->lun, 0) ||
	    vtl_hba_busy(host, s, scmd->device))
		result = FAILED;
	dev_dbg(&scmd->device->sdev_gendev, "unit reset: %#x\n", result);
	vtl_hba_session_put(s);
	return result;
}

int vtl_hba_eh_target_reset(struct scsi_cmnd *scmd)
{
	struct vtl_hba_host *host = vtl_hba_host_of(scmd->device->host);
	struct vtl_hba_session *s = vtl_hba_session_get(host);
	int result;

	if (!s)
		return FAILED;
	result = vtl_hba_tmf(host, s, VTL_HBA_TARGET_RESET, 0, 0) || vtl_hba_busy(host, s, NULL) ? FAILED : SUCCESS;
	dev_dbg(&scmd->device->sdev_gendev, "target reset: %#x\n", result);
	vtl_hba_session_put(s);
	return result;
}

/* The last resort: whatever the daemon does, its commands end. */
int vtl_hba_eh_host_reset(struct scsi_cmnd *scmd)
{
	struct vtl_hba_host *host = vtl_hba_host_of(scmd->device->host);
	struct vtl_hba_session *s = vtl_hba_session_get(host);

	if (!s)
		return FAILED;
	vtl_hba_tmf(host, s, VTL_HBA_HOST_RESET, 0, 0);
	vtl_hba_give_up(host, s);
	dev_dbg(&scmd->device->sdev_gendev, "host reset\n");
	vtl_hba_session_put(s);
	return SUCCESS;
}
