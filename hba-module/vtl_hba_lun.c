// SPDX-License-Identifier: GPL-2.0-only
/* Logical units: what the daemon tells of them is done by a thread of the kernel's, since probing asks the daemon. */
#include <linux/sched.h>
#include <linux/slab.h>
#include <scsi/scsi.h>

#include "vtl_hba_int.h"

#define LUN_OPS_MAX 4096

struct vtl_hba_lun_op_entry {
	struct list_head list;
	u64 session_id;
	u64 identity;
	u64 lun;
	u32 op;
};

/* ---- devices ---- */

int vtl_hba_sdev_init(struct scsi_device *sdev)
{
	struct vtl_hba_host *host = vtl_hba_host_of(sdev->host);
	struct vtl_hba_lu *lu = kzalloc(sizeof(*lu), GFP_KERNEL);
	unsigned long flags;

	if (!lu)
		return -ENOMEM;
	spin_lock_irqsave(&host->lock, flags);
	if (host->session)
		lu->session_id = host->session->id;
	sdev->hostdata = lu;
	spin_unlock_irqrestore(&host->lock, flags);
	return 0;
}

/* Not the last reference goes here, but the device: whoever looked it up before may still come. */
void vtl_hba_sdev_destroy(struct scsi_device *sdev)
{
	struct vtl_hba_host *host = vtl_hba_host_of(sdev->host);
	struct vtl_hba_lu *lu;
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	lu = sdev->hostdata;
	sdev->hostdata = NULL;
	spin_unlock_irqrestore(&host->lock, flags);
	kfree(lu);
}

/*
 * The device is that of this session from now on, if it is the same one. A device that error handling had set offline,
 * since an earlier daemon did not answer, works again.
 */
static bool adopt(struct vtl_hba_host *host, struct scsi_device *sdev, u64 session_id, u64 identity)
{
	struct vtl_hba_lu *lu;
	unsigned long flags;
	bool same;

	spin_lock_irqsave(&host->lock, flags);
	lu = sdev->hostdata;
	same = lu && !lu->gone && (!lu->identity || lu->identity == identity);
	if (same) {
		lu->identity = identity;
		if (lu->session_id != session_id)
			lu->next_seq = 0;
		lu->session_id = session_id;
	} else if (lu) {
		lu->gone = true;
	}
	spin_unlock_irqrestore(&host->lock, flags);
	if (same) {
		mutex_lock(&sdev->state_mutex);
		if (sdev->sdev_state == SDEV_OFFLINE)
			scsi_device_set_state(sdev, SDEV_RUNNING);
		mutex_unlock(&sdev->state_mutex);
	}
	return same;
}

static void set_gone(struct vtl_hba_host *host, u64 lun)
{
	struct scsi_device *sdev = scsi_device_lookup(host->shost, 0, 0, lun);
	struct vtl_hba_lu *lu;
	unsigned long flags;

	if (!sdev)
		return;
	spin_lock_irqsave(&host->lock, flags);
	lu = sdev->hostdata;
	if (lu)
		lu->gone = true;
	spin_unlock_irqrestore(&host->lock, flags);
	scsi_device_put(sdev);
}

/* ---- the thread's side ---- */

static void remove(struct scsi_device *sdev)
{
	scsi_remove_device(sdev);
	scsi_device_put(sdev);
}

static void add(struct vtl_hba_host *host, const struct vtl_hba_lun_op_entry *op)
{
	struct scsi_device *sdev = scsi_device_lookup(host->shost, 0, 0, op->lun);

	if (sdev && adopt(host, sdev, op->session_id, op->identity)) {
		scsi_device_put(sdev);
		return;
	}
	if (sdev)
		remove(sdev);
	scsi_add_device(host->shost, 0, 0, op->lun);
	sdev = scsi_device_lookup(host->shost, 0, 0, op->lun);
	if (!sdev)
		return;
	adopt(host, sdev, op->session_id, op->identity);
	scsi_device_put(sdev);
}

static bool is_current(struct vtl_hba_host *host, u64 session_id)
{
	unsigned long flags;
	bool current_one;

	spin_lock_irqsave(&host->lock, flags);
	current_one = host->session && host->session->id == session_id;
	spin_unlock_irqrestore(&host->lock, flags);
	return current_one;
}

static void perform(struct vtl_hba_host *host, const struct vtl_hba_lun_op_entry *op)
{
	struct scsi_device *sdev;

	dev_dbg(&host->parent->dev, "operation %u on unit %llu\n", op->op, op->lun);
	switch (op->op) {
	case VTL_HBA_LUN_REMOVE:
		sdev = scsi_device_lookup(host->shost, 0, 0, op->lun);
		if (sdev)
			remove(sdev);
		break;
	case VTL_HBA_LUN_ADD:
		if (is_current(host, op->session_id))
			add(host, op);
		break;
	case VTL_HBA_LUN_SCAN:
		if (is_current(host, op->session_id))
			scsi_scan_target(&host->shost->shost_gendev, 0, 0, SCAN_WILD_CARD, SCSI_SCAN_MANUAL);
		break;
	}
}

static struct vtl_hba_lun_op_entry *next_op(struct vtl_hba_host *host)
{
	struct vtl_hba_lun_op_entry *op;
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	op = list_first_entry_or_null(&host->lun_ops, struct vtl_hba_lun_op_entry, list);
	if (op) {
		list_del(&op->list);
		host->lun_op_count--;
	}
	spin_unlock_irqrestore(&host->lock, flags);
	return op;
}

void vtl_hba_lun_work(struct work_struct *work)
{
	struct vtl_hba_host *host = container_of(work, struct vtl_hba_host, lun_work);
	struct vtl_hba_lun_op_entry *op;

	while (!READ_ONCE(host->removing) && (op = next_op(host))) {
		perform(host, op);
		kfree(op);
	}
}

void vtl_hba_lun_drop_all(struct vtl_hba_host *host)
{
	struct vtl_hba_lun_op_entry *op;

	while ((op = next_op(host)))
		kfree(op);
}

/* ---- the daemon's side ---- */

static int check(const struct vtl_hba_lun *lun)
{
	static const u8 no_lun[8];

	if (lun->op < VTL_HBA_LUN_ADD || lun->op > VTL_HBA_LUN_SCAN || lun->reserved)
		return -EINVAL;
	if (lun->op == VTL_HBA_LUN_SCAN && (lun->identity || memcmp(lun->lun, no_lun, sizeof(no_lun))))
		return -EINVAL;
	/* Only one level of addressing, so that what the midlayer calls the unit is below max_lun. */
	return memchr_inv(lun->lun + 2, 0, 6) ? -EINVAL : 0;
}

/* A removed unit answers no more at once, though its device goes later. */
int vtl_hba_lun(struct vtl_hba_session *s, const struct vtl_hba_lun *lun)
{
	struct vtl_hba_host *host = s->host;
	struct vtl_hba_lun_op_entry *op;
	unsigned long flags;
	int err = check(lun);

	if (err) {
		dev_warn_ratelimited(&host->parent->dev, "malformed unit from process %d\n", task_tgid_nr(current));
		return err;
	}
	op = kzalloc(sizeof(*op), GFP_KERNEL);
	if (!op)
		return -ENOMEM;
	op->session_id = s->id;
	op->op = lun->op;
	op->identity = lun->identity;
	op->lun = scsilun_to_int((struct scsi_lun *)lun->lun);
	spin_lock_irqsave(&host->lock, flags);
	if (host->lun_op_count < LUN_OPS_MAX) {
		host->lun_op_count++;
		list_add_tail(&op->list, &host->lun_ops);
	} else {
		err = -EAGAIN;
	}
	spin_unlock_irqrestore(&host->lock, flags);
	if (err) {
		kfree(op);
		return err;
	}
	if (lun->op == VTL_HBA_LUN_REMOVE)
		set_gone(host, scsilun_to_int((struct scsi_lun *)lun->lun));
	queue_work(vtl_hba_wq, &host->lun_work);
	return 0;
}
