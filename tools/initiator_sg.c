/* SPDX-License-Identifier: GPL-2.0-only */
/* The initiator on a SCSI generic device of Linux: SG_IO. */
#include <errno.h>
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "initiator.h"

#define TIMEOUT_MS	(3600 * 1000)
#define SENSE_MAX	252

struct node {
	struct initiator base;		/* first */
	int fd;
};

static int send(struct initiator *initiator, struct initiator_command *command, struct why *why)
{
	static const int direction[] = {
		[INITIATOR_NONE] = SG_DXFER_NONE, [INITIATOR_IN] = SG_DXFER_FROM_DEV, [INITIATOR_OUT] = SG_DXFER_TO_DEV
	};
	struct node *node = (struct node *)initiator;
	uint8_t sense[SENSE_MAX] = { 0 };
	struct sg_io_hdr io = {
		.interface_id = 'S', .dxfer_direction = direction[command->direction], .timeout = TIMEOUT_MS,
		.cmd_len = (unsigned char)command->cdb_len, .cmdp = command->cdb,
		.mx_sb_len = sizeof(sense), .sbp = sense, .dxfer_len = command->len, .dxferp = command->data,
	};

	command->actual = 0;
	memset(&command->sense, 0, sizeof(command->sense));
	if (ioctl(node->fd, SG_IO, &io) < 0) {
		why_set(why, "the device does not take commands: %s", strerror(errno));
		return EXIT_FAILED;
	}
	/* the driver's status says that there is sense data (08h), which is no failure of the transport */
	if (io.host_status || (io.driver_status & 0x0f & ~0x08)) {
		why_set(why, "the command did not reach the device (host status %02Xh, driver status %02Xh)",
			io.host_status, io.driver_status);
		return EXIT_FAILED;
	}
	command->status = io.status;
	if (command->len && io.resid >= 0 && (uint32_t)io.resid <= command->len)
		command->actual = command->len - (uint32_t)io.resid;
	if (io.status == SCSI_CHECK_CONDITION)
		sense_decode(sense, io.sb_len_wr, &command->sense);
	return 0;
}

static void disconnect(struct initiator *initiator)
{
	struct node *node = (struct node *)initiator;

	close(node->fd);
	free(node);
}

int initiator_open_sg(const char *path, struct initiator **out, struct why *why)
{
	struct node *node = calloc(1, sizeof(*node));
	int version = 0, err;

	if (!node) {
		why_set(why, "out of memory");
		return EXIT_FAILED;
	}
	node->base = (struct initiator){ .send = send, .disconnect = disconnect };
	node->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (node->fd >= 0 && !ioctl(node->fd, SG_GET_VERSION_NUM, &version) && version >= 30000) {
		*out = &node->base;
		return 0;
	}
	err = node->fd < 0 && errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILED;
	why_set(why, "%s: %s", path, node->fd < 0 ? strerror(errno) : "not a SCSI generic device");
	if (node->fd >= 0)
		close(node->fd);
	free(node);
	return err;
}
