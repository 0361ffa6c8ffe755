/* SPDX-License-Identifier: GPL-2.0-only */
/* The invariants of every device hold for the changer of every library model. */
#include "scsi_invariants.h"
#include "smc_world.h"

EACH_LIBRARY(every_changer_keeps_the_invariants)
{
	invariants(w->a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMC_TEST(every_changer_keeps_the_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
