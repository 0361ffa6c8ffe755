/* SPDX-License-Identifier: GPL-2.0-only */
/* A tape drive behind an initiator: its commands as functions (SSC-5 clause 7), and the two that move data. */
#ifndef TOOLS_TAPE_H
#define TOOLS_TAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "initiator.h"

struct call;

struct tape_position {
	bool known;			/* false: the drive does not say, BPU or no medium */
	bool bop, eop;
	uint32_t partition;
	uint64_t object, filemark;
	bool has_filemark;		/* only the long form counts them */
};

/* All return 0 or an exit code with the reason. */
int tape_position(struct initiator *drive, struct tape_position *position, struct why *why);
enum tape_space { TAPE_BLOCKS = 0, TAPE_FILEMARKS = 1, TAPE_END_OF_DATA = 3 };
int tape_space(struct initiator *drive, enum tape_space code, int64_t count, struct why *why);
int tape_locate(struct initiator *drive, uint64_t object, int partition, struct why *why); /* -1: the current one */
int tape_filemarks(struct initiator *drive, uint32_t count, struct why *why);
int tape_simple(struct initiator *drive, uint8_t opcode, uint8_t byte1, uint8_t byte4, const char *what,
		struct why *why);

/* What ended a transfer, and how much it moved. */
struct tape_transfer {
	uint64_t blocks, bytes;
	double seconds;
	bool filemark, end_of_data, early_warning;
};

/* From fd until its end, in blocks of `block` bytes (the last one may be shorter). `all`: bytes, for progress; or 0. */
int tape_data_write(struct initiator *drive, int fd, uint32_t block, uint64_t all, int progress_flags,
	       struct tape_transfer *transfer, struct why *why);
/* To fd until a filemark, the end of data, or `count` blocks (0: no limit). Any block size is found out. */
int tape_data_read(struct initiator *drive, int fd, uint32_t block, uint64_t count, uint64_t all, int progress_flags,
	      struct tape_transfer *transfer, struct why *why);

/* The verb `status`. */
int tape_status(struct call *call, struct initiator *device);

#endif
