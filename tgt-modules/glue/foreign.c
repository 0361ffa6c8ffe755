/* SPDX-License-Identifier: GPL-2.0-only */
/* Signatures of the files that people are most likely to give us by mistake. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "be.h"
#include "foreign.h"

/* A tape image of tgt begins with a block header of 48 bytes, then its MAM with the version of the format. */
#define TGT_TYPE_AT	12
#define TGT_TYPE_BOT	0x10
#define TGT_MAM_AT	48
#define TGT_VERSION	2

const char *foreign_kind(const char *path)
{
	uint8_t head[TGT_MAM_AT + 4];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len;

	if (fd < 0)
		return "not readable";
	len = pread(fd, head, sizeof(head), 0);
	close(fd);
	if (len == sizeof(head) && get_be32(head + TGT_TYPE_AT) == TGT_TYPE_BOT &&
	    get_be32(head + TGT_MAM_AT) == TGT_VERSION)
		return "a tape image of tgt's own ssc store, which this module does not read";
	return "no file of a library";
}
