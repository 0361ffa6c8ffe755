/* SPDX-License-Identifier: GPL-2.0-only */
/* Preloaded into a program of the field: its SG_IO goes to the unit that an iscsi:// URL names as the device. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <scsi/scsi.h>
#include <scsi/scsi_ioctl.h>
#include <scsi/sg.h>

#define INITIATOR	"iqn.2026-01.org.tgt-vtl:sg"
#define SG_VERSION	30536		/* of the sg driver that is played */
#define ATTENTIONS	32

/* A program has one device open. */
static struct {
	int fd;				/* something that can be polled and closed */
	struct iscsi_context *iscsi;
	int lun;
} device = { .fd = -1 };

/* The attentions of a new session, as the kernel consumes them when it finds a device. */
static int settle(void)
{
	for (int i = 0; i < ATTENTIONS; i++) {
		struct scsi_task *task = iscsi_testunitready_sync(device.iscsi, device.lun);
		int more;

		if (!task)
			return -1;
		more = task->status == SCSI_STATUS_CHECK_CONDITION && task->sense.key == SCSI_SENSE_UNIT_ATTENTION;
		scsi_free_scsi_task(task);
		if (!more)
			return 0;
	}
	return -1;
}

static int open_url(const char *name)
{
	struct iscsi_url *url;
	int failed;

	device.iscsi = iscsi_create_context(INITIATOR);
	url = iscsi_parse_full_url(device.iscsi, name);
	if (!url) {
		errno = ENOENT;
		return -1;
	}
	device.lun = url->lun;
	iscsi_set_session_type(device.iscsi, ISCSI_SESSION_NORMAL);
	iscsi_set_targetname(device.iscsi, url->target);
	iscsi_set_header_digest(device.iscsi, ISCSI_HEADER_DIGEST_NONE);
	iscsi_set_noautoreconnect(device.iscsi, 1);
	iscsi_set_timeout(device.iscsi, 300);
	failed = iscsi_full_connect_sync(device.iscsi, url->portal, -1);
	iscsi_destroy_url(url);
	if (failed || settle() < 0) {
		fprintf(stderr, "%s: %s\n", name, iscsi_get_error(device.iscsi));
		errno = ENXIO;
		return -1;
	}
	device.fd = ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open"))("/dev/null", O_RDWR);
	return device.fd;
}

/* What a response carried, into the header of SG_IO. */
static void take(const struct scsi_task *task, struct sg_io_hdr *hdr)
{
	hdr->status = (unsigned char)task->status;
	hdr->masked_status = hdr->status >> 1 & 0x1f;
	hdr->resid = task->residual_status == SCSI_RESIDUAL_UNDERFLOW ? (int)task->residual : 0;
	hdr->info = hdr->status ? SG_INFO_CHECK : SG_INFO_OK;
	/* Sense data come behind two bytes of length (RFC 7143 11.4.7.2). */
	if (task->status == SCSI_STATUS_CHECK_CONDITION && task->datain.size > 2) {
		int len = task->datain.size - 2;

		hdr->driver_status = 0x08;	/* DRIVER_SENSE */
		hdr->sb_len_wr = (unsigned char)(len < hdr->mx_sb_len ? len : hdr->mx_sb_len);
		memcpy(hdr->sbp, task->datain.data + 2, hdr->sb_len_wr);
	}
}

static int sg_io(struct sg_io_hdr *hdr)
{
	bool in = hdr->dxfer_direction == SG_DXFER_FROM_DEV || hdr->dxfer_direction == SG_DXFER_TO_FROM_DEV;
	bool out = hdr->dxfer_direction == SG_DXFER_TO_DEV;
	struct iscsi_data data = { .size = hdr->dxfer_len, .data = hdr->dxferp };
	struct scsi_task *task = scsi_create_task(hdr->cmd_len, hdr->cmdp,
						  in ? SCSI_XFER_READ : out ? SCSI_XFER_WRITE : SCSI_XFER_NONE,
						  in || out ? (int)hdr->dxfer_len : 0);

	hdr->sb_len_wr = 0;
	hdr->host_status = hdr->driver_status = 0;
	hdr->duration = 0;
	if (in && hdr->dxfer_len)
		scsi_task_add_data_in_buffer(task, (int)hdr->dxfer_len, hdr->dxferp);
	if (!iscsi_scsi_command_sync(device.iscsi, device.lun, task, out ? &data : NULL) || task->status < 0 ||
	    task->status > 0xff) {
		fprintf(stderr, "session lost: %s\n", iscsi_get_error(device.iscsi));
		errno = EIO;
		return -1;
	}
	take(task, hdr);
	scsi_free_scsi_task(task);
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, ...) = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	void *arg;
	va_list ap;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (fd < 0 || fd != device.fd)
		return next(fd, request, arg);
	switch (request) {
	case SG_IO:
		return sg_io(arg);
	case SG_GET_VERSION_NUM:
		*(int *)arg = SG_VERSION;
		return 0;
	case SCSI_IOCTL_GET_IDLUN:	/* host, channel, identifier, unit; then a number of the host */
		memset(arg, 0, 2 * sizeof(int));
		return 0;
	case SG_SET_TIMEOUT:
	case SG_SET_RESERVED_SIZE:
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}

/* All ways to open a file end here. */
static int open_any(const char *call, const char *name, int flags, va_list ap)
{
	int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, call);
	int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, int) : 0;

	return strncmp(name, "iscsi://", 8) ? next(name, flags, mode) : open_url(name);
}

#define OPEN(call)					\
	int call(const char *name, int flags, ...)	\
	{						\
		va_list ap;				\
		int fd;					\
							\
		va_start(ap, flags);			\
		fd = open_any(#call, name, flags, ap);	\
		va_end(ap);				\
		return fd;				\
	}
OPEN(open)
OPEN(open64)

int __open_2(const char *name, int flags)
{
	return open(name, flags);
}

int __open64_2(const char *name, int flags)
{
	return open64(name, flags);
}

int close(int fd)
{
	int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");

	if (fd >= 0 && fd == device.fd) {
		device.fd = -1;
		if (iscsi_is_logged_in(device.iscsi))
			iscsi_logout_sync(device.iscsi);
		iscsi_destroy_context(device.iscsi);
	}
	return next(fd);
}
