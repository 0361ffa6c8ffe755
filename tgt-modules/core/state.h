/* SPDX-License-Identifier: GPL-2.0-only */
/* The port through which a device keeps what outlives a power cycle: one small blob, opaque to whoever stores it. */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "why.h"

#define VTL_STATE_MAX	(64u << 10)

struct vtl_state {
	/* What was saved last, into `buf`, and its length; 0 if there is nothing. Once, while the device is made; may
	 * block shortly. */
	uint32_t (*load)(struct vtl_state *state, uint8_t *buf, uint32_t size);
	/* Replaces it; true when that is durable, else what was saved before is still there and `why` says more.
	 * Blocks: it is called on a worker thread (env->exec), one at a time for a device. */
	bool (*save)(struct vtl_state *state, const uint8_t *data, uint32_t len, struct why *why);
};

#endif
