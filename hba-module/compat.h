/* SPDX-License-Identifier: GPL-2.0-only */
/* Every difference between kernel versions that the driver meets, 5.10 on; nowhere else is a version looked at. */
#ifndef VTL_HBA_COMPAT_H
#define VTL_HBA_COMPAT_H

#include <linux/device.h>
#include <linux/mm.h>
#include <linux/version.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_host.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0)
#define vtl_scsi_done(scmd)	((scmd)->scsi_done(scmd))
#define VTL_HBA_ATTRIBUTES	struct device_attribute *
#define VTL_HBA_ATTRIBUTES_ARE(list)	struct device_attribute *vtl_hba_attributes[] = { list NULL }
#define VTL_HBA_ATTRIBUTE(name)	&dev_attr_##name,
#define vtl_shost_attributes	shost_attrs
#else
#define vtl_scsi_done(scmd)	scsi_done(scmd)
#define VTL_HBA_ATTRIBUTES	const struct attribute_group *
#define VTL_HBA_ATTRIBUTES_ARE(list)                                                                                   \
	static struct attribute *vtl_hba_attrs[] = { list NULL };                                                      \
	static const struct attribute_group vtl_hba_group = { .attrs = vtl_hba_attrs };                                \
	const struct attribute_group *vtl_hba_attributes[] = { &vtl_hba_group, NULL }
#define VTL_HBA_ATTRIBUTE(name)	&dev_attr_##name.attr,
#define vtl_shost_attributes	shost_groups
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vtl_vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}
#else
#define vtl_vm_flags_set(vma, flags)	vm_flags_set(vma, flags)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define vtl_sdev_init		slave_alloc
#define vtl_sdev_destroy	slave_destroy
#else
#define vtl_sdev_init		sdev_init
#define vtl_sdev_destroy	sdev_destroy
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define VTL_HBA_TEMPLATE	struct scsi_host_template
#else
#define VTL_HBA_TEMPLATE	const struct scsi_host_template
#endif

/* int, and since 7.0 an enumeration. */
typedef typeof(((struct scsi_host_template *)NULL)->queuecommand(NULL, NULL)) vtl_queue_result;

#endif
