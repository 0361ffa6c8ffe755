/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints the frequency of the time stamp counter in kHz, which is the guest's too: see test/kernel/guest. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define MILLION 1000000

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000 * MILLION + (uint64_t)t.tv_nsec;
}

/* Both clocks at one moment: of many tries, the one that nothing came between. */
static void moment(uint64_t *ns, uint64_t *ticks)
{
	uint64_t before, after, at, best = UINT64_MAX;
	int i;

	for (i = 0; i < 200; i++) {
		before = now();
		at = __rdtsc();
		after = now();
		if (after - before >= best)
			continue;
		best = after - before;
		*ns = before + best / 2;
		*ticks = at;
	}
}

int main(void)
{
	uint64_t ns, ticks, end_ns, end_ticks;
	struct timespec pause = { .tv_nsec = 100 * MILLION };

	moment(&ns, &ticks);
	nanosleep(&pause, NULL);
	moment(&end_ns, &end_ticks);
	printf("%" PRIu64 "\n", (end_ticks - ticks) * MILLION / (end_ns - ns));
	return 0;
}
