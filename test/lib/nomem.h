/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocations that fail: in programs whose name ends in nomem_test, by the linker. */
#ifndef TEST_NOMEM_H
#define TEST_NOMEM_H

#include <stdbool.h>

/* From the nth allocation on (1: the next), `times` of them (0: all) fail; nth 0: none does. Counts anew. */
void nomem_fail(unsigned nth, unsigned times);
/* Allocations since then. */
unsigned nomem_calls(void);

#endif
