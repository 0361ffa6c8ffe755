/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of a tape drive, one row each (SSC-5 table of commands; timeouts as LTO drives recommend them). */
#include "tape_impl.h"

/* Bytes 2 to 4 of READ(6) and its kin. */
#define LENGTH_24	0xff, 0xff, 0xff
#define ALL_32		0xff, 0xff, 0xff, 0xff
#define ALL_64		ALL_32, ALL_32

#define POSITION_ROW(action, title)							\
	{										\
		.opcode = 0x34, .sa = action, .len = 10, .direction = VTL_DATA_IN,	\
		.res = VTL_RES_READ, .flags = VTL_OP_MEDIUM, .name = title,		\
		.usage = { 0, 0x1f, 0, 0, 0, 0, 0, 0xff, 0xff },			\
		.nominal = 1, .recommended = 60, .run = tape_read_position,		\
	}

#define ATTRIBUTE_ROW(action, title)							\
	{										\
		.opcode = 0x8c, .sa = action, .len = 16, .direction = VTL_DATA_IN,	\
		.res = VTL_RES_READ, .flags = VTL_OP_MEDIUM, .name = title,		\
		.usage = { 0, 0x1f, 0, 0, 0, 0xff, 0, 0xff, 0xff, 0xff, ALL_32, 0x01 },	\
		.nominal = 1, .recommended = 60, .run = tape_read_attribute,		\
	}

#define FILEMARKS_6_ROW(byte_1, ...)							\
	{										\
		.opcode = 0x10, .sa = VTL_NO_SA, .len = 6, .flags = VTL_OP_MEDIUM,	\
		.name = "WRITE FILEMARKS(6)", .usage = { 0, byte_1, LENGTH_24 },	\
		.nominal = 1, .recommended = 1680, .run = tape_write_filemarks, __VA_ARGS__ \
	}

#define FILEMARKS_16_ROW(byte_1, ...)							\
	{										\
		.opcode = 0x80, .sa = VTL_NO_SA, .len = 16, .flags = VTL_OP_MEDIUM,	\
		.name = "WRITE FILEMARKS(16)",						\
		.usage = { 0, byte_1, 0, 0xff, ALL_64, LENGTH_24 },			\
		.nominal = 1, .recommended = 1680, .run = tape_write_filemarks, __VA_ARGS__ \
	}

const struct vtl_op tape_ops[] = {
	{
		.opcode = 0x00, .sa = VTL_NO_SA, .len = 6, .res = VTL_RES_SPC2,
		.flags = VTL_OP_MEDIUM | VTL_OP_BESIDE, .name = "TEST UNIT READY",
		.nominal = 1, .recommended = 60, .run = tape_test_unit_ready,
	},
	{
		.opcode = 0x01, .sa = VTL_NO_SA, .len = 6, .res = VTL_RES_READ, .flags = VTL_OP_MEDIUM,
		.name = "REWIND", .usage = { 0, 0x01 },
		.nominal = 1, .recommended = 660, .run = tape_rewind,
	},
	{
		.opcode = 0x04, .sa = VTL_NO_SA, .len = 6, .flags = VTL_OP_MEDIUM | VTL_OP_WRITE,
		.name = "FORMAT MEDIUM", .usage = { 0, 0x03, 0x0f, 0xff, 0xff },
		.nominal = 1, .recommended = 3000, .run = tape_format_medium,
	},
	{
		.opcode = 0x05, .sa = VTL_NO_SA, .len = 6, .direction = VTL_DATA_IN, .res = VTL_RES_EXEMPT,
		.name = "READ BLOCK LIMITS", .usage = { 0, 0x01 },
		.nominal = 1, .recommended = 60, .run = tape_read_block_limits,
	},
	{
		.opcode = 0x06, .sa = VTL_NO_SA, .len = 6, .direction = VTL_DATA_OUT, .res = VTL_RES_EXEMPT,
		.flags = VTL_OP_LOADING, .name = "LOAD DISPLAY",
		.usage = { 0, 0, 0, 0, 0xff },
		.nominal = 1, .recommended = 60, .run = tape_load_display,
	},
	{
		.opcode = 0x08, .sa = VTL_NO_SA, .len = 6, .direction = VTL_DATA_IN, .res = VTL_RES_READ,
		.flags = VTL_OP_MEDIUM, .name = "READ(6)", .usage = { 0, 0x03, LENGTH_24 },
		.nominal = 1, .recommended = 2340, .run = tape_read,
	},
	{	/* the handler asks for write permission: a length of zero needs none */
		.opcode = 0x0a, .sa = VTL_NO_SA, .len = 6, .direction = VTL_DATA_OUT,
		.flags = VTL_OP_MEDIUM, .name = "WRITE(6)", .usage = { 0, 0x01, LENGTH_24 },
		.nominal = 1, .recommended = 1560, .run = tape_write,
	},
	{
		.opcode = 0x0b, .sa = VTL_NO_SA, .len = 6, .flags = VTL_OP_MEDIUM | VTL_OP_WRITE,
		.name = "SET CAPACITY", .usage = { 0, 0x01, 0, 0xff, 0xff },
		.nominal = 1, .recommended = 3000, .run = tape_set_capacity,
	},
	{
		.opcode = 0x0f, .sa = VTL_NO_SA, .len = 6, .direction = VTL_DATA_IN, .res = VTL_RES_READ,
		.flags = VTL_OP_MEDIUM, .name = "READ REVERSE(6)",
		.usage = { 0, 0x07, LENGTH_24 },
		.nominal = 1, .recommended = 2340, .run = tape_read_reverse,
	},
	/* the same; with WSMK */
	FILEMARKS_6_ROW(0x03, .present = tape_has_setmarks),
	FILEMARKS_6_ROW(0x01),
	{
		.opcode = 0x11, .sa = VTL_NO_SA, .len = 6, .res = VTL_RES_READ, .flags = VTL_OP_MEDIUM,
		.name = "SPACE(6)", .usage = { 0, 0x0f, LENGTH_24 },
		.nominal = 1, .recommended = 2940, .run = tape_space_6,
	},
	{
		.opcode = 0x13, .sa = VTL_NO_SA, .len = 6, .direction = VTL_DATA_OUT, .res = VTL_RES_READ,
		.flags = VTL_OP_MEDIUM, .name = "VERIFY(6)",
		.usage = { 0, 0x3f, LENGTH_24 },
		.nominal = 1, .recommended = 2940, .run = tape_verify,
	},
	{
		.opcode = 0x14, .sa = VTL_NO_SA, .len = 6, .direction = VTL_DATA_IN, .res = VTL_RES_READ,
		.flags = VTL_OP_MEDIUM, .name = "RECOVER BUFFERED DATA",
		.usage = { 0, 0x03, LENGTH_24 },
		.nominal = 1, .recommended = 60, .run = tape_recover_buffered_data,
	},
	{
		.opcode = 0x19, .sa = VTL_NO_SA, .len = 6, .flags = VTL_OP_MEDIUM | VTL_OP_WRITE,
		.name = "ERASE(6)", .usage = { 0, 0x03 },
		.nominal = 1, .recommended = 1680, .run = tape_erase,
	},
	{
		.opcode = 0x1b, .sa = VTL_NO_SA, .len = 6,
		.name = "LOAD UNLOAD", .usage = { 0, 0x01, 0, 0, 0x0f },
		.nominal = 1, .recommended = 840, .run = tape_load_unload,
	},
	{
		.opcode = 0x2b, .sa = VTL_NO_SA, .len = 10, .res = VTL_RES_READ, .flags = VTL_OP_MEDIUM,
		.name = "LOCATE(10)", .usage = { 0, 0x07, 0, ALL_32, 0, 0xff },
		.nominal = 1, .recommended = 2940, .run = tape_locate_10,
	},
	POSITION_ROW(0x00, "READ POSITION (short form, block address)"),
	POSITION_ROW(0x01, "READ POSITION (short form, vendor specific)"),
	POSITION_ROW(0x06, "READ POSITION (long form)"),
	POSITION_ROW(0x08, "READ POSITION (extended form)"),
	{
		.opcode = 0x44, .sa = VTL_NO_SA, .len = 10, .direction = VTL_DATA_IN, .res = VTL_RES_EXEMPT,
		.name = "REPORT DENSITY SUPPORT", .usage = { 0, 0x03, 0, 0, 0, 0, 0, 0xff, 0xff },
		.nominal = 1, .recommended = 60, .run = tape_report_density_support,
	},
	FILEMARKS_16_ROW(0x0f, .present = tape_has_setmarks),
	FILEMARKS_16_ROW(0x0d),
	{
		.opcode = 0x81, .sa = VTL_NO_SA, .len = 16, .direction = VTL_DATA_IN, .res = VTL_RES_READ,
		.flags = VTL_OP_MEDIUM, .name = "READ REVERSE(16)",
		.usage = { 0, 0x07, 0, 0xff, ALL_64, LENGTH_24 },
		.nominal = 1, .recommended = 2340, .run = tape_read_reverse,
	},
	{
		.opcode = 0x82, .sa = VTL_NO_SA, .len = 16, .flags = VTL_OP_MEDIUM | VTL_OP_WRITE,
		.name = "ALLOW OVERWRITE", .usage = { 0, 0, 0x0f, 0xff, ALL_64 },
		.nominal = 1, .recommended = 60, .run = tape_allow_overwrite,
	},
	{
		.opcode = 0x88, .sa = VTL_NO_SA, .len = 16, .direction = VTL_DATA_IN, .res = VTL_RES_READ,
		.flags = VTL_OP_MEDIUM, .name = "READ(16)",
		.usage = { 0, 0x03, 0, 0xff, ALL_64, LENGTH_24 },
		.nominal = 1, .recommended = 2340, .run = tape_read,
	},
	{	/* as WRITE(6) */
		.opcode = 0x8a, .sa = VTL_NO_SA, .len = 16, .direction = VTL_DATA_OUT,
		.flags = VTL_OP_MEDIUM, .name = "WRITE(16)",
		.usage = { 0, 0x0d, 0, 0xff, ALL_64, LENGTH_24 },
		.nominal = 1, .recommended = 1560, .run = tape_write,
	},
	ATTRIBUTE_ROW(0x00, "READ ATTRIBUTE (attribute values)"),
	ATTRIBUTE_ROW(0x01, "READ ATTRIBUTE (attribute list)"),
	ATTRIBUTE_ROW(0x02, "READ ATTRIBUTE (logical volume list)"),
	ATTRIBUTE_ROW(0x03, "READ ATTRIBUTE (partition list)"),
	ATTRIBUTE_ROW(0x05, "READ ATTRIBUTE (supported attributes)"),
	{
		.opcode = 0x8d, .sa = VTL_NO_SA, .len = 16, .direction = VTL_DATA_OUT, .flags = VTL_OP_MEDIUM,
		.name = "WRITE ATTRIBUTE", .usage = { 0, 0x01, 0, 0, 0, 0xff, 0, 0xff, 0, 0, ALL_32 },
		.nominal = 1, .recommended = 60, .run = tape_write_attribute,
	},
	{
		.opcode = 0x8f, .sa = VTL_NO_SA, .len = 16, .direction = VTL_DATA_OUT, .res = VTL_RES_READ,
		.flags = VTL_OP_MEDIUM, .name = "VERIFY(16)",
		.usage = { 0, 0x3f, 0, 0xff, ALL_64, LENGTH_24 },
		.nominal = 1, .recommended = 2940, .run = tape_verify,
	},
	{
		.opcode = 0x91, .sa = VTL_NO_SA, .len = 16, .res = VTL_RES_READ, .flags = VTL_OP_MEDIUM,
		.name = "SPACE(16)", .usage = { 0, 0x0f, 0, 0, ALL_64 },
		.nominal = 1, .recommended = 2940, .run = tape_space_16,
	},
	{
		.opcode = 0x92, .sa = VTL_NO_SA, .len = 16, .res = VTL_RES_READ, .flags = VTL_OP_MEDIUM,
		.name = "LOCATE(16)", .usage = { 0, 0x3b, 0, 0xff, ALL_64 },
		.nominal = 1, .recommended = 2940, .run = tape_locate_16,
	},
	{
		.opcode = 0x93, .sa = VTL_NO_SA, .len = 16,
		.flags = VTL_OP_MEDIUM | VTL_OP_WRITE, .name = "ERASE(16)",
		.usage = { 0, 0x0f, 0, 0xff, ALL_64 },
		.nominal = 1, .recommended = 1680, .run = tape_erase,
	},
	{
		.opcode = 0xa3, .sa = 0x1d, .len = 12, .direction = VTL_DATA_IN, .res = VTL_RES_READ,
		.flags = VTL_OP_MEDIUM, .name = "RECEIVE RECOMMENDED ACCESS ORDER",
		.usage = { 0, 0x80, ALL_32, ALL_32, 0x07 },
		.nominal = 1, .recommended = 60, .run = tape_receive_order,
	},
	{
		.opcode = 0xa3, .sa = 0x1f, .len = 12, .direction = VTL_DATA_IN, .res = VTL_RES_READ,
		.flags = VTL_OP_MEDIUM, .name = "READ END OF WRAP POSITION",
		.usage = { 0, 0, 0xff, 0x03, 0, 0xff, ALL_32 },
		.nominal = 1, .recommended = 60, .run = tape_read_end_of_wrap,
	},
	{
		.opcode = 0xa4, .sa = 0x1d, .len = 12, .direction = VTL_DATA_OUT, .res = VTL_RES_READ,
		.flags = VTL_OP_MEDIUM, .name = "GENERATE RECOMMENDED ACCESS ORDER",
		.usage = { 0, 0, 0x07, 0x07, 0, 0, ALL_32 },
		.nominal = 1, .recommended = 60, .run = tape_generate_order,
	},
	{
		.opcode = 0xab, .sa = 0x01, .len = 12, .direction = VTL_DATA_IN, .res = VTL_RES_READ,
		.flags = VTL_OP_MEDIUM, .name = "READ MEDIA SERIAL NUMBER",
		.usage = { 0, 0, 0, 0, 0, 0, ALL_32 },
		.nominal = 1, .recommended = 60, .run = tape_read_serial_number,
	},
	{
		.opcode = 0xa2, .sa = VTL_NO_SA, .len = 12, .direction = VTL_DATA_IN, .res = VTL_RES_READ,
		.name = "SECURITY PROTOCOL IN", .usage = { 0, 0xff, 0xff, 0xff, 0, 0, ALL_32 },
		.nominal = 1, .recommended = 60, .run = tape_security_in,
	},
	{
		.opcode = 0xb5, .sa = VTL_NO_SA, .len = 12, .direction = VTL_DATA_OUT,
		.name = "SECURITY PROTOCOL OUT", .usage = { 0, 0xff, 0xff, 0xff, 0, 0, ALL_32 },
		.nominal = 1, .recommended = 60, .run = tape_security_out,
	},
	{ 0 },
};
