/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of a medium changer (SMC-3 6), beside those that all devices have. */
#include "smc.h"

/* Usage masks of fields that lie on whole bytes */
#define ADDRESS	0xff, 0xff
#define LEN24	0xff, 0xff, 0xff
#define LEN32	0xff, LEN24

/* One service action of READ ATTRIBUTE each. */
#define ATTRIBUTE_IN(action, title, handler)									\
	{													\
		.opcode = 0x8c, .sa = action, .len = 16, .direction = VTL_DATA_IN,				\
		.res = VTL_RES_READ, .name = title,								\
		.usage = { 0, 0x1f, ADDRESS, 0x0f, 0xff, 0, 0xff, 0xff, 0xff, LEN32, 0x01 },			\
		.nominal = 1, .recommended = 60, .run = handler,						\
	}

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
		.opcode = 0x01, .sa = VTL_NO_SA, .len = 6,
		.name = "REZERO UNIT",
		.nominal = 1, .recommended = 600,
		.run = vtl_spc_good,	/* the transport element has no place of its own */
	},
	{
		.opcode = 0x16, .sa = VTL_NO_SA, .len = 6, .direction = VTL_DATA_OUT,
		.res = VTL_RES_OWN,
		.name = "RESERVE ELEMENT(6)",
		.usage = { 0, 0x01, 0xff, 0xff, 0xff },
		.nominal = 1, .recommended = 60,
		.run = smc_reserve6,
	},
	{
		.opcode = 0x17, .sa = VTL_NO_SA, .len = 6,
		.res = VTL_RES_OWN,
		.name = "RELEASE ELEMENT(6)",
		.usage = { 0, 0x01, 0xff },
		.nominal = 1, .recommended = 60,
		.run = smc_release6,
	},
	{
		.opcode = 0x1b, .sa = VTL_NO_SA, .len = 6,
		.name = "OPEN/CLOSE IMPORT/EXPORT ELEMENT",
		.usage = { 0, 0, ADDRESS, 0x1f },
		.nominal = 10, .recommended = 600,
		.run = smc_open_close_import_export,
	},
	{
		.opcode = 0x2b, .sa = VTL_NO_SA, .len = 10,
		.name = "POSITION TO ELEMENT",
		.usage = { 0, 0, ADDRESS, ADDRESS },
		.nominal = 10, .recommended = 600,
		.run = smc_position_to_element,
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
		.opcode = 0x56, .sa = VTL_NO_SA, .len = 10, .direction = VTL_DATA_OUT,
		.res = VTL_RES_OWN,
		.name = "RESERVE ELEMENT(10)",
		.usage = { 0, 0x01, 0xff, 0, 0, 0, 0, 0xff, 0xff },
		.nominal = 1, .recommended = 60,
		.run = smc_reserve10,
	},
	{
		.opcode = 0x57, .sa = VTL_NO_SA, .len = 10,
		.res = VTL_RES_OWN,
		.name = "RELEASE ELEMENT(10)",
		.usage = { 0, 0x01, 0xff },
		.nominal = 1, .recommended = 60,
		.run = smc_release10,
	},
	ATTRIBUTE_IN(0x00, "READ ATTRIBUTE (attribute values)", smc_read_attribute),
	ATTRIBUTE_IN(0x01, "READ ATTRIBUTE (attribute list)", smc_read_attribute),
	ATTRIBUTE_IN(0x02, "READ ATTRIBUTE (logical volume list)", smc_read_attribute),
	ATTRIBUTE_IN(0x03, "READ ATTRIBUTE (partition list)", smc_read_attribute),
	ATTRIBUTE_IN(0x04, "READ ATTRIBUTE (element list)", smc_read_attribute_elements),
	ATTRIBUTE_IN(0x05, "READ ATTRIBUTE (supported attributes)", smc_read_attribute),
	{
		.opcode = 0x8d, .sa = VTL_NO_SA, .len = 16, .direction = VTL_DATA_OUT,
		.name = "WRITE ATTRIBUTE",
		.usage = { 0, 0x01, ADDRESS, 0x0f, 0xff, 0, 0xff, 0, 0, LEN32 },
		.nominal = 1, .recommended = 60,
		.run = smc_write_attribute,
	},
	{
		.opcode = 0x9e, .sa = 0x10, .len = 16, .direction = VTL_DATA_IN,
		.res = VTL_RES_READ,
		.name = "REPORT ELEMENT INFORMATION",
		.usage = { 0, 0, 0xff, 0x3f, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		.nominal = 1, .recommended = 60,
		.run = smc_report_element_information,
	},
	{
		.opcode = 0xa6, .sa = VTL_NO_SA, .len = 12,
		.name = "EXCHANGE MEDIUM",
		.usage = { 0, 0, ADDRESS, ADDRESS, ADDRESS, ADDRESS },
		.nominal = 20, .recommended = 1200,
		.run = smc_exchange_medium,
	},
	{
		.opcode = 0xb5, .sa = VTL_NO_SA, .len = 12, .direction = VTL_DATA_IN,
		.res = VTL_RES_READ,
		.name = "REQUEST VOLUME ELEMENT ADDRESS",
		.usage = { 0, 0x1f, ADDRESS, ADDRESS, 0, LEN24 },
		.nominal = 1, .recommended = 60,
		.run = smc_request_volume_element_address,
	},
	{
		.opcode = 0xb6, .sa = VTL_NO_SA, .len = 12, .direction = VTL_DATA_OUT,
		.name = "SEND VOLUME TAG",
		.usage = { 0, 0x0f, ADDRESS, 0, 0x1f, 0, 0, 0xff, 0xff },
		.nominal = 1, .recommended = 60,
		.run = smc_send_volume_tag,
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
