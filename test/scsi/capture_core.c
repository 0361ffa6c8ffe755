/* SPDX-License-Identifier: GPL-2.0-only */
/* The core's side of a capture without a transport between. */
#include "capture_direct.h"

#include <string.h>

#include "scsi_env.h"

void direct_command(void *nexus, const uint8_t *cdb, unsigned cdb_len, void *in, uint32_t in_len,
		    struct direct_answer *answer)
{
	struct io *io = io_in(nexus, in_len, cdb, cdb_len);

	answer->status = io->cmd.status;
	answer->actual = io->cmd.in_used;
	memcpy(in, io->in, io->cmd.in_used);
	answer->sense_len = io->cmd.sense_len;
	memcpy(answer->sense, io->cmd.sense, io->cmd.sense_len);
}
