// SPDX-License-Identifier: GPL-2.0-only
/* The module and its character device, by which a daemon makes SCSI hosts out of its logical units. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "vtl_hba_int.h"

unsigned int vtl_hba_tmf_timeout = 10;
module_param_named(tmf_timeout, vtl_hba_tmf_timeout, uint, 0644);
MODULE_PARM_DESC(tmf_timeout, "Seconds that a daemon has to answer an abort or a reset");

unsigned int vtl_hba_queues;
module_param_named(queues, vtl_hba_queues, uint, 0644);
MODULE_PARM_DESC(queues, "Hardware queues of a new host (0: as many as there are processors, up to 4)");

static int hba_open(struct inode *inode, struct file *file)
{
	file->private_data = vtl_hba_session_new();
	return file->private_data ? nonseekable_open(inode, file) : -ENOMEM;
}

/* The last reference to the file is gone, and with it all mappings. */
static int hba_release(struct inode *inode, struct file *file)
{
	struct vtl_hba_session *s = file->private_data;

	vtl_hba_detach(s, s->flags & VTL_HBA_KEEP);
	vtl_hba_session_put(s);
	return 0;
}

static __poll_t hba_poll(struct file *file, poll_table *wait)
{
	struct vtl_hba_session *s = file->private_data;
	__poll_t ready = EPOLLHUP | EPOLLERR;

	poll_wait(file, &s->readable, wait);
	mutex_lock(&s->mutex);
	if (s->host)
		ready = READ_ONCE(s->ring->sq_head) == READ_ONCE(s->ring->sq_tail) ? 0 : EPOLLIN | EPOLLRDNORM;
	mutex_unlock(&s->mutex);
	return ready;
}

static int hba_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vtl_hba_session *s = file->private_data;
	int err = -ENODEV;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	mutex_lock(&s->mutex);
	if (s->host)
		err = remap_vmalloc_range(vma, s->region, vma->vm_pgoff);
	mutex_unlock(&s->mutex);
	/* A child of the daemon is not the daemon. */
	if (!err)
		vtl_vm_flags_set(vma, VM_DONTCOPY);
	return err;
}

static long attach(struct vtl_hba_session *s, void __user *arg)
{
	struct vtl_hba_attach a;
	int err;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;
	err = vtl_hba_attach(s, &a);
	if ((!err || err == -EPROTO) && copy_to_user(arg, &a, sizeof(a)))
		return -EFAULT;		/* attached all the same; the file is good for nothing but closing */
	return err;
}

static long with_flags(struct vtl_hba_session *s, unsigned int cmd, const void __user *arg)
{
	struct vtl_hba_flags f;
	int err = -ENODEV;

	if (copy_from_user(&f, arg, sizeof(f)))
		return -EFAULT;
	if (f.flags & ~VTL_HBA_KEEP || f.reserved)
		return -EINVAL;
	if (cmd == VTL_HBA_DETACH) {
		err = vtl_hba_detach(s, f.flags & VTL_HBA_KEEP);
		wake_up_interruptible_poll(&s->readable, EPOLLHUP | EPOLLERR);
		return err;
	}
	mutex_lock(&s->mutex);
	if (s->host) {
		s->flags = f.flags;
		err = 0;
	}
	mutex_unlock(&s->mutex);
	return err;
}

static long tell_lun(struct vtl_hba_session *s, const void __user *arg)
{
	struct vtl_hba_lun lun;
	int err = -ENODEV;

	if (copy_from_user(&lun, arg, sizeof(lun)))
		return -EFAULT;
	mutex_lock(&s->mutex);
	if (s->host)
		err = vtl_hba_lun(s, &lun);
	mutex_unlock(&s->mutex);
	return err;
}

static long doorbell(struct vtl_hba_session *s)
{
	int err = -ENODEV;

	mutex_lock(&s->mutex);
	if (s->host)
		err = vtl_hba_doorbell(s);
	mutex_unlock(&s->mutex);
	return err;
}

static long hba_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vtl_hba_session *s = file->private_data;
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case VTL_HBA_DOORBELL:
		return doorbell(s);
	case VTL_HBA_LUN:
		return tell_lun(s, p);
	case VTL_HBA_ATTACH:
		return attach(s, p);
	case VTL_HBA_DETACH:
	case VTL_HBA_SET_FLAGS:
		return with_flags(s, cmd, p);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations vtl_hba_fops = {
	.owner = THIS_MODULE,
	.open = hba_open,
	.release = hba_release,
	.poll = hba_poll,
	.mmap = hba_mmap,
	.unlocked_ioctl = hba_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice vtl_hba_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vtl_hba",
	.mode = 0600,
	.fops = &vtl_hba_fops,
};

static int __init vtl_hba_init(void)
{
	int err = vtl_hba_hosts_init();

	if (err)
		return err;
	err = misc_register(&vtl_hba_device);
	if (err)
		vtl_hba_hosts_exit();
	return err;
}

static void __exit vtl_hba_exit(void)
{
	misc_deregister(&vtl_hba_device);
	vtl_hba_hosts_exit();
	vtl_hba_ref_exit();
}

module_init(vtl_hba_init);
module_exit(vtl_hba_exit);

MODULE_DESCRIPTION("Local SCSI devices out of a tgtd's logical units");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
