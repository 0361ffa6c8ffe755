/* SPDX-License-Identifier: GPL-2.0-only */
/* Target ports and what they can do: port groups and task management functions (SPC-5 6.36, 6.37), VPD 88h and 90h. */
#include "internal.h"

/* The smallest target port above `above` at which somebody is; 0: none. */
static uint16_t next_port(const struct vtl_dev *dev, uint16_t above)
{
	const struct vtl_nexus *nexus;
	uint16_t best = 0;

	for (nexus = dev->nexuses; nexus; nexus = nexus->next) {
		uint16_t port = nexus->id.target_port;

		if (port > above && (!best || port < best))
			best = port;
	}
	return best;
}

/* ---- REPORT TARGET PORT GROUPS: one group, active/optimized ---- */

enum { EXTENDED_FORMAT = 1, SUPPORTS_ACTIVE_OPTIMIZED = 0x01 };

void vtl_report_port_groups(struct vtl_cmd *cmd)
{
	const struct vtl_dev *dev = vtl_cmd_dev(cmd);
	unsigned format = cmd->cdb[1] >> 5;
	uint64_t count_at;
	uint8_t count = 0;
	struct vtl_reply r;
	uint16_t port;

	if (format > EXTENDED_FORMAT) {
		vtl_cmd_bad_cdb(cmd, 1, 7);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 6));
	vtl_put32(&r, 0);
	if (format == EXTENDED_FORMAT)
		vtl_put32(&r, (uint32_t)format << 28);
	vtl_put8(&r, 0);
	vtl_put8(&r, SUPPORTS_ACTIVE_OPTIMIZED);
	vtl_put16(&r, VTL_PORT_GROUP);
	vtl_put24(&r, 0);
	count_at = r.len;
	vtl_put8(&r, 0);
	for (port = next_port(dev, 0); port && count < 0xff; port = next_port(dev, port), count++) {
		vtl_put16(&r, 0);
		vtl_put16(&r, port);
	}
	vtl_patch8(&r, count_at, count);
	vtl_patch32(&r, 0, (uint32_t)(r.len - 4));
	vtl_cmd_reply(cmd, &r);
}

/* ---- REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS ---- */

enum { TMF_ABORT_TASK = 0x80, TMF_ABORT_TASK_SET = 0x40, TMF_CLEAR_TASK_SET = 0x10, TMF_LUN_RESET = 0x08 };

void vtl_report_task_management(struct vtl_cmd *cmd)
{
	bool extended = cmd->cdb[2] & 0x80;
	struct vtl_reply r;

	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 6));
	vtl_put8(&r, TMF_ABORT_TASK | TMF_ABORT_TASK_SET | TMF_CLEAR_TASK_SET | TMF_LUN_RESET);
	vtl_put16(&r, 0);
	vtl_put8(&r, extended ? 12 : 0);
	/* no timeouts are given */
	if (extended)
		vtl_put_zero(&r, 12);
	vtl_cmd_reply(cmd, &r);
}

/* ---- VPD pages ---- */

/* SPC-5 7.7.6.6: NAA 3h, locally assigned, from the logical unit's name and the number of the port. */
uint64_t vtl_port_naa(const struct vtl_dev *dev, uint16_t port)
{
	return 0x3000000000000000u | (vtl_naa(dev) + port) * 0x9e3779b97f4a7c15u >> 4;
}

static void put_port_name(struct vtl_reply *r, const struct vtl_dev *dev, uint16_t port)
{
	vtl_put32(r, 0x01130008);
	vtl_put64(r, vtl_port_naa(dev, port));
}

/* SPC-5 7.7.6: of the port that the question came through: its name, its number, its group. */
void vtl_put_port_designators(struct vtl_reply *r, const struct vtl_dev *dev, uint16_t port)
{
	put_port_name(r, dev, port);
	vtl_put32(r, 0x01140004);
	vtl_put32(r, port);
	vtl_put32(r, 0x01150004);
	vtl_put32(r, VTL_PORT_GROUP);
}

/* SPC-5 7.7.14 SCSI Ports */
void vtl_vpd_ports(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	uint16_t port;

	for (port = next_port(dev, 0); port; port = next_port(dev, port)) {
		vtl_put16(r, 0);
		vtl_put16(r, port);
		vtl_put16(r, 0);
		vtl_put16(r, 0);	/* no initiator port */
		vtl_put16(r, 0);
		vtl_put16(r, 12);
		put_port_name(r, dev, port);
	}
}
