/* SPDX-License-Identifier: GPL-2.0-only */
/* Decides whether the daemon watches the ring for the next command for a moment, instead of sleeping until it comes. */
#ifndef HBA_WATCH_H
#define HBA_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A program that sends a command as soon as it has the answer to the last one makes this thread sleep and wake for
 * each: by far the most of what a short command takes. So after some short commands that followed at once the next one
 * is watched for, for a moment and no longer: who pauses is slept for. What carries much data takes its time elsewhere,
 * and is not watched for. Times are CLOCK_MONOTONIC, in ns; all zero is the beginning.
 */
struct watch {
	uint64_t answered;		/* the latest command */
	unsigned at_once;		/* commands in a row that followed at once */
	bool on;
};

#define WATCH_NS	200000u		/* a moment */
#define WATCH_AFTER	8u		/* commands at once */
#define WATCH_DATA	16384u		/* bytes: more is much */

/* Commands that came at `came` with at most `data` bytes each were answered at `now`. The result: watch from now on. */
bool watch_answered(struct watch *watch, uint64_t came, uint64_t now, uint32_t data);
/* Commands are under way whose answers come later, by themselves. */
void watch_busy(struct watch *watch);
/* Nothing came yet. False: no longer. */
bool watch_goes_on(struct watch *watch, uint64_t now);

#endif
