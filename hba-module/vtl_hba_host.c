// SPDX-License-Identifier: GPL-2.0-only
/* SCSI hosts: made when a daemon attaches, taken over from an earlier one, removed. */
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/dma-mapping.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <scsi/scsi_tcq.h>

#include "vtl_hba_int.h"

#define DEFAULT_DEPTH	256
#define DEFAULT_AREA	(64U << 20)
#define UNIT_DEPTH	32
#define QUEUES_MAX	4
#define MAX_LUN		0x8000		/* as int: flat addressing's two bytes */

struct workqueue_struct *vtl_hba_wq;

static DEFINE_MUTEX(vtl_hba_hosts_lock);
static LIST_HEAD(vtl_hba_hosts);

static vtl_queue_result vtl_hba_queuecommand(struct Scsi_Host *shost, struct scsi_cmnd *scmd)
{
	return vtl_hba_submit(vtl_hba_host_of(shost), scmd);
}

static VTL_HBA_TEMPLATE vtl_hba_template = {
	.module = THIS_MODULE,
	.name = "tgt-vtl local bridge",
	.proc_name = "vtl_hba",
	.queuecommand = vtl_hba_queuecommand,
	.eh_abort_handler = vtl_hba_eh_abort,
	.eh_device_reset_handler = vtl_hba_eh_device_reset,
	.eh_target_reset_handler = vtl_hba_eh_target_reset,
	.eh_host_reset_handler = vtl_hba_eh_host_reset,
	.vtl_sdev_init = vtl_hba_sdev_init,
	.vtl_sdev_destroy = vtl_hba_sdev_destroy,
	.change_queue_depth = scsi_change_queue_depth,
	.this_id = -1,
	.sg_tablesize = SG_MAX_SEGMENTS,
	.max_sectors = VTL_HBA_DATA_MAX >> SECTOR_SHIFT,
	.max_segment_size = UINT_MAX,
	.dma_boundary = ULONG_MAX,
	.cmd_per_lun = UNIT_DEPTH,
	.vtl_shost_attributes = vtl_hba_attributes,
};

bool vtl_hba_is_ours(const struct Scsi_Host *shost)
{
	return shost->hostt == &vtl_hba_template;
}

void vtl_hba_mark_devices(struct vtl_hba_host *host)
{
	struct scsi_device *sdev;

	shost_for_each_device(sdev, host->shost)
		sdev->was_reset = 1;
}

/* ---- removal ---- */

/* Never in the daemon's thread: it waits for a probe that may be under way. The daemon is detached by now. */
static void remove_host(struct work_struct *work)
{
	struct vtl_hba_host *host = container_of(work, struct vtl_hba_host, removal);
	struct platform_device *parent = host->parent;
	struct Scsi_Host *shost = host->shost;

	cancel_work_sync(&host->lun_work);
	vtl_hba_lun_drop_all(host);
	scsi_remove_host(shost);
	platform_device_unregister(parent);
	/* Only now may another be made of this name. */
	mutex_lock(&vtl_hba_hosts_lock);
	list_del(&host->list);
	mutex_unlock(&vtl_hba_hosts_lock);
	scsi_host_put(shost);
}

static void start_removal(struct vtl_hba_host *host)
{
	if (host->removing)
		return;
	WRITE_ONCE(host->removing, true);
	queue_work(vtl_hba_wq, &host->removal);
}

/* ---- making ---- */

/* A platform device of the same name is the parent, so that paths (udev's by-path) tell hosts apart for good. */
static struct platform_device *make_parent(const char *name)
{
	char full[VTL_HBA_NAME_LEN + 16];
	struct platform_device *parent;
	int err;

	snprintf(full, sizeof(full), "vtl_hba:%s", name);
	parent = platform_device_alloc(full, PLATFORM_DEVID_NONE);
	if (!parent)
		return ERR_PTR(-ENOMEM);
	/* Nothing is ever mapped for DMA, so nothing of DMA may limit what a command carries. */
	parent->dev.dma_mask = NULL;
	err = platform_device_add(parent);
	if (err) {
		platform_device_put(parent);
		return ERR_PTR(err);
	}
	parent->dev.dma_mask = NULL;
	return parent;
}

static struct vtl_hba_host *make_host(const char *name, u32 depth)
{
	struct Scsi_Host *shost;
	struct vtl_hba_host *host;
	int err;

	shost = scsi_host_alloc(&vtl_hba_template, sizeof(*host));
	if (!shost)
		return ERR_PTR(-ENOMEM);
	host = shost_priv(shost);
	host->shost = shost;
	spin_lock_init(&host->lock);
	init_waitqueue_head(&host->settled);
	INIT_LIST_HEAD(&host->lun_ops);
	INIT_WORK(&host->lun_work, vtl_hba_lun_work);
	INIT_WORK(&host->removal, remove_host);
	strscpy(host->name, name, sizeof(host->name));
	/* All queues share the tags: each may use the whole ring. */
	shost->nr_hw_queues = min(vtl_hba_queues ? vtl_hba_queues : num_online_cpus(), nr_cpu_ids);
	shost->nr_hw_queues = min_t(u32, shost->nr_hw_queues, QUEUES_MAX);
	shost->host_tagset = 1;
	shost->can_queue = depth;
	shost->cmd_per_lun = min_t(u32, depth, UNIT_DEPTH);
	shost->max_id = 1;
	shost->max_channel = 0;
	shost->max_lun = MAX_LUN;
	shost->max_cmd_len = VTL_HBA_CDB_LEN;
	err = vtl_hba_ref_init(shost);
	if (err)
		goto err_put;
	host->parent = make_parent(name);
	if (IS_ERR(host->parent)) {
		err = PTR_ERR(host->parent);
		goto err_put;
	}
	err = scsi_add_host(shost, &host->parent->dev);
	if (err)
		goto err_parent;
	list_add_tail(&host->list, &vtl_hba_hosts);
	return host;

err_parent:
	platform_device_unregister(host->parent);
err_put:
	scsi_host_put(shost);
	return ERR_PTR(err);
}

/* ---- attaching ---- */

static bool valid_name(const char *name)
{
	size_t len = strnlen(name, VTL_HBA_NAME_LEN), i;

	for (i = 0; i < len; i++)
		if (!isascii(name[i]) || (!isalnum(name[i]) && !strchr(".:-_", name[i])))
			return false;
	/* "." and ".." are no names for a directory of sysfs, but they stand behind a prefix. */
	return len && len < VTL_HBA_NAME_LEN;
}

static int check(struct vtl_hba_attach *a)
{
	if (a->version != VTL_HBA_VERSION) {
		a->version = VTL_HBA_VERSION;
		return -EPROTO;
	}
	a->features = 0;
	if (!a->depth)
		a->depth = DEFAULT_DEPTH;
	if (!a->area_size)
		a->area_size = DEFAULT_AREA;
	if (a->flags & ~VTL_HBA_KEEP || a->reserved || a->depth > VTL_HBA_DEPTH_MAX ||
	    a->area_size < VTL_HBA_AREA_MIN || a->area_size > VTL_HBA_AREA_MAX || !valid_name(a->name))
		return -EINVAL;
	return 0;
}

static struct vtl_hba_host *find(const char *name)
{
	struct vtl_hba_host *host;

	list_for_each_entry(host, &vtl_hba_hosts, list)
		if (!strcmp(host->name, name))
			return host;
	return NULL;
}

/*
 * A host of that name that is about to go is waited for: its commands all fail by now. While it stands in the list it
 * has a reference; scsi_host_get() would take none of one that is being removed.
 */
static void await_removal(const char *name)
{
	struct vtl_hba_host *host;

	mutex_lock(&vtl_hba_hosts_lock);
	host = find(name);
	if (host && host->removing)
		get_device(&host->shost->shost_gendev);
	else
		host = NULL;
	mutex_unlock(&vtl_hba_hosts_lock);
	if (!host)
		return;
	flush_work(&host->removal);
	put_device(&host->shost->shost_gendev);
}

static void fill_answer(const struct vtl_hba_session *s, struct vtl_hba_attach *a, bool took_over)
{
	a->depth = s->host->shost->can_queue;
	a->area_size = s->area_size;
	a->map_size = s->map_size;
	a->area_offset = s->area_offset;
	a->sq_offset = s->sq_offset;
	a->cq_offset = s->cq_offset;
	a->sq_entries = s->entries;
	a->cq_entries = s->entries;
	a->host_no = s->host->shost->host_no;
	a->took_over = took_over;
}

/* vtl_hba_hosts_lock and the mutex of the session are held. */
static int attach_to(struct vtl_hba_session *s, struct vtl_hba_attach *a)
{
	struct vtl_hba_host *host = find(a->name);
	bool took_over = host;
	unsigned long flags;
	int err;

	if (host && (host->session || host->removing))
		return -EBUSY;
	if (!host)
		host = make_host(a->name, a->depth);
	if (IS_ERR(host))
		return PTR_ERR(host);
	err = vtl_hba_session_init(s, host->shost->can_queue, a->area_size);
	if (err) {
		if (!took_over)
			start_removal(host);
		return err;
	}
	scsi_host_get(host->shost);
	s->host = host;
	s->flags = a->flags;
	s->pid = task_tgid_nr(current);
	spin_lock_irqsave(&host->lock, flags);
	s->id = ++host->session_id;
	host->session = s;
	spin_unlock_irqrestore(&host->lock, flags);
	fill_answer(s, a, took_over);
	dev_dbg(&host->parent->dev, "process %d %s host%u\n", s->pid, took_over ? "took over" : "made", a->host_no);
	return 0;
}

int vtl_hba_attach(struct vtl_hba_session *s, struct vtl_hba_attach *a)
{
	u32 version = a->version;
	int err = check(a);

	if (err) {
		pr_warn_ratelimited("vtl_hba: process %d is refused: version %u, what it wants is %s\n",
				    task_tgid_nr(current), version, err == -EPROTO ? "not known" : "not sensible");
		return err;
	}
	await_removal(a->name);
	mutex_lock(&vtl_hba_hosts_lock);
	mutex_lock(&s->mutex);
	err = -EINVAL;
	if (!s->used) {
		s->used = true;
		err = attach_to(s, a);
	}
	mutex_unlock(&s->mutex);
	mutex_unlock(&vtl_hba_hosts_lock);
	return err;
}

int vtl_hba_detach(struct vtl_hba_session *s, bool keep)
{
	struct vtl_hba_host *host;

	mutex_lock(&vtl_hba_hosts_lock);
	mutex_lock(&s->mutex);
	host = s->host;
	if (host) {
		dev_dbg(&host->parent->dev, "process %d let go, devices %s\n", s->pid, keep ? "stay" : "go");
		vtl_hba_session_end(s);
		if (!keep)
			start_removal(host);
		s->host = NULL;
		scsi_host_put(host->shost);
	}
	mutex_unlock(&s->mutex);
	mutex_unlock(&vtl_hba_hosts_lock);
	return host ? 0 : -ENODEV;
}

/* ---- the module ---- */

int vtl_hba_hosts_init(void)
{
	vtl_hba_wq = alloc_workqueue("vtl_hba", WQ_UNBOUND, 0);
	return vtl_hba_wq ? 0 : -ENOMEM;
}

void vtl_hba_hosts_exit(void)
{
	struct vtl_hba_host *host;

	mutex_lock(&vtl_hba_hosts_lock);
	list_for_each_entry(host, &vtl_hba_hosts, list)
		start_removal(host);
	mutex_unlock(&vtl_hba_hosts_lock);
	destroy_workqueue(vtl_hba_wq);
}
