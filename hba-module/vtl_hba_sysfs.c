// SPDX-License-Identifier: GPL-2.0-only
/* What /sys/class/scsi_host/hostN shows of a host. */
#include <linux/sysfs.h>

#include "vtl_hba_int.h"

static struct vtl_hba_host *host_of(struct device *dev)
{
	return vtl_hba_host_of(class_to_shost(dev));
}

static ssize_t vtl_name_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", host_of(dev)->name);
}
static DEVICE_ATTR_RO(vtl_name);

/* "attached" or "no daemon". */
static ssize_t vtl_state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", vtl_hba_has_daemon(host_of(dev)) ? "attached" : "no daemon");
}
static DEVICE_ATTR_RO(vtl_state);

/* Process id of the daemon, 0 without one. */
static ssize_t vtl_daemon_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vtl_hba_host *host = host_of(dev);
	unsigned long flags;
	pid_t pid;

	spin_lock_irqsave(&host->lock, flags);
	pid = host->session ? host->session->pid : 0;
	spin_unlock_irqrestore(&host->lock, flags);
	return sysfs_emit(buf, "%d\n", pid);
}
static DEVICE_ATTR_RO(vtl_daemon);

/* Since the host is there: `late` are answers that nobody waited for, `busy` commands that had to come again. */
#define COUNTER(field)                                                                                                 \
	static ssize_t vtl_##field##_show(struct device *dev, struct device_attribute *attr, char *buf)                \
	{                                                                                                              \
		return sysfs_emit(buf, "%lld\n", (long long)atomic64_read(&host_of(dev)->stats.field));                \
	}                                                                                                              \
	static DEVICE_ATTR_RO(vtl_##field)

COUNTER(commands);
COUNTER(tmfs);
COUNTER(late);
COUNTER(malformed);
COUNTER(busy);
COUNTER(no_daemon);
COUNTER(bytes_out);
COUNTER(bytes_in);

VTL_HBA_ATTRIBUTES_ARE(
	VTL_HBA_ATTRIBUTE(vtl_name)
	VTL_HBA_ATTRIBUTE(vtl_state)
	VTL_HBA_ATTRIBUTE(vtl_daemon)
	VTL_HBA_ATTRIBUTE(vtl_commands)
	VTL_HBA_ATTRIBUTE(vtl_tmfs)
	VTL_HBA_ATTRIBUTE(vtl_late)
	VTL_HBA_ATTRIBUTE(vtl_malformed)
	VTL_HBA_ATTRIBUTE(vtl_busy)
	VTL_HBA_ATTRIBUTE(vtl_no_daemon)
	VTL_HBA_ATTRIBUTE(vtl_bytes_out)
	VTL_HBA_ATTRIBUTE(vtl_bytes_in)
);
