/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands of chance: drawn from what a device supports, as steps that can be written down and done again. */
#ifndef TEST_SCSI_CHANCE_H
#define TEST_SCSI_CHANCE_H

#include "scsi_env.h"

#define CHANCE_DATA_MAX	4096

struct chance {
	uint64_t state;			/* the seed, to begin with */
};

/* Below `below`, which is not 0. */
uint32_t chance_below(struct chance *c, uint32_t below);

/* One command. */
struct chance_step {
	uint8_t cdb[16];
	unsigned cdb_len;
	uint32_t in_len, out_len;
	uint8_t out[CHANCE_DATA_MAX];
};

/* Draws one that the device of this nexus has a row for, mostly. Its mode pages are looked at from inside. */
void chance_draw(struct chance *c, struct vtl_nexus *nexus, struct chance_step *step);
/* Does it and waits for its end; `abort`: it is aborted at once. Fails the test if it does not end well-formed. */
struct io *chance_do(struct sim *sim, struct vtl_nexus *nexus, const struct chance_step *step, bool abort);

#endif
