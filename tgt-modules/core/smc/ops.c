/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of a medium changer (SMC-3 6), beside those that all devices have. */
#include "smc.h"

/* Usage masks of fields that lie on whole bytes */
#define ADDRESS	0xff, 0xff
#define LEN24	0xff, 0xff, 0xff

const struct vtl_op smc_ops[] = {
	{
		.opcode = 0x00, .sa = VTL_NO_SA, .len = 6,
		.res = VTL_RES_SPC2,
		.name = "TEST UNIT READY",
		.nominal = 0, .recommended = 60,
		.run = vtl_spc_good,
	},
	{
		.opcode = 0x07, .sa = VTL_NO_SA, .len = 6,
		.name = "INITIALIZE ELEMENT STATUS",
		.nominal = 1, .recommended = 3600,
		.run = smc_initialize_element_status,
	},
	{
		.opcode = 0x37, .sa = VTL_NO_SA, .len = 10,
		.name = "INITIALIZE ELEMENT STATUS WITH RANGE",
		.usage = { 0, 0x03, ADDRESS, 0, 0, ADDRESS },
		.nominal = 1, .recommended = 3600,
		.run = smc_initialize_element_status_with_range,
	},
	{
		.opcode = 0xa5, .sa = VTL_NO_SA, .len = 12,
		.name = "MOVE MEDIUM",
		.usage = { 0, 0, ADDRESS, ADDRESS, ADDRESS },
		.nominal = 10, .recommended = 600,
		.run = smc_move_medium,
	},
	{
		.opcode = 0xb8, .sa = VTL_NO_SA, .len = 12, .direction = VTL_DATA_IN,
		.res = VTL_RES_OWN,
		.name = "READ ELEMENT STATUS",
		.usage = { 0, 0x1f, ADDRESS, ADDRESS, 0x03, LEN24 },
		.nominal = 1, .recommended = 60,
		.run = smc_read_element_status,
	},
	{
		/* The vendor specific code from before SMC-2 gave the command one of its own; drivers still send it. */
		.opcode = 0xe7, .sa = VTL_NO_SA, .len = 10,
		.name = "INITIALIZE ELEMENT STATUS WITH RANGE (VENDOR)",
		.usage = { 0, 0x01, ADDRESS, 0, 0, ADDRESS },
		.nominal = 1, .recommended = 3600,
		.run = smc_initialize_element_status_with_range,
	},
	{ .name = NULL },
};
