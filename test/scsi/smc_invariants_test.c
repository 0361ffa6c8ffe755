/* SPDX-License-Identifier: GPL-2.0-only */
/* The invariants of every device hold for the changer of every library model. */
#include "scsi_invariants.h"
#include "smc_world.h"

EACH_LIBRARY(every_changer_keeps_the_invariants)
{
	invariants(w->a);
}

EACH_LIBRARY(no_changer_is_harmed_by_commands_of_chance)
{
	inv_chance(w->a, &w->sim, 5000, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMC_TEST(every_changer_keeps_the_invariants),
		SMC_TEST(no_changer_is_harmed_by_commands_of_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
