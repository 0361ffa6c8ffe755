/* SPDX-License-Identifier: GPL-2.0-only */
/* When the ring is watched for the next command: see watch.h. */
#include "watch.h"

bool watch_answered(struct watch *watch, uint64_t came, uint64_t now, uint32_t data)
{
	/* To one who sleeps a command comes later by about as long as he takes to wake. */
	uint64_t at_once = watch->on ? WATCH_NS : 2 * WATCH_NS;

	if (data > WATCH_DATA || !watch->answered || came - watch->answered > at_once)
		watch->at_once = 0;
	else if (watch->at_once < WATCH_AFTER)
		watch->at_once++;
	watch->answered = now;
	watch->on = watch->at_once >= WATCH_AFTER;
	return watch->on;
}

void watch_busy(struct watch *watch)
{
	watch->at_once = 0;
	watch->on = false;
}

bool watch_goes_on(struct watch *watch, uint64_t now)
{
	if (watch->on && now - watch->answered > WATCH_NS)
		watch_busy(watch);
	return watch->on;
}
