/* SPDX-License-Identifier: GPL-2.0-only */
/* Captures a device server in this process: the tool on one side, the core on the other, which share no names. */
#ifndef TEST_CAPTURE_DIRECT_H
#define TEST_CAPTURE_DIRECT_H

#include <stdint.h>

#include "model.h"

/* What a command came to; the core's side. */
struct direct_answer {
	uint8_t status, sense[252];
	unsigned sense_len;
	uint32_t actual;
};
void direct_command(void *nexus, const uint8_t *cdb, unsigned cdb_len, void *in, uint32_t in_len,
		    struct direct_answer *answer);

/*
 * The model file, a model called CAPTURED, that is captured there; to be freed. NULL: `why` says what failed. Commands
 * that begin with the two bytes of `refused` (NULL: none) the device refuses as an invalid field.
 */
char *capture_directly(void *nexus, const struct vtl_models *models, const uint8_t *refused, struct why *why);

#endif
