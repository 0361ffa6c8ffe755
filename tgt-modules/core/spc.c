/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands that drives and changers have in common (SPC-5, and RESERVE and RELEASE of SPC-2). */
#include "internal.h"

void vtl_spc_good(struct vtl_cmd *cmd)
{
	vtl_cmd_good(cmd);
}

/* SPC-5 6.41. A unit attention is data here, and thereby reported (SAM-5 5.14.1). */
static void request_sense(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	bool descriptor = cmd->cdb[1] & 0x01;
	struct vtl_sense_extra extra = { 0 };
	uint8_t sense[VTL_SENSE_MAX];
	struct vtl_sense_row attention;
	struct vtl_reply r;
	unsigned n;

	if (vtl_ua_take(cmd->nexus, &attention)) {
		n = vtl_sense_build_row(sense, sizeof(sense), descriptor, &attention, NULL);
	} else {
		enum vtl_sense s = dev->type->request_sense ? dev->type->request_sense(dev, &extra) : SENSE_NONE;

		s = s == SENSE_NONE ? vtl_alert_asked(dev) : s;
		n = vtl_sense_build(sense, sizeof(sense), descriptor, s, &extra);
	}
	if (!descriptor && dev->type->more_sense) {
		unsigned more = dev->type->more_sense(dev, sense + n, sizeof(sense) - n);

		sense[7] += (uint8_t)more;
		n += more;
	}
	vtl_reply_cmd(&r, cmd, cmd->cdb[4]);
	vtl_put_bytes(&r, sense, n);
	vtl_cmd_reply(cmd, &r);
}

/*
 * SPC-5 6.33. A device knows of no unit but itself, at LUN 0; a target that has more answers in its place. The row is
 * here for what is derived from it.
 */
static void report_luns(struct vtl_cmd *cmd)
{
	struct vtl_reply r;

	if (cmd->cdb[2] > 2) {
		vtl_cmd_bad_cdb(cmd, 2, 7);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 6));
	/* 01h asks for well-known logical units only: there are none */
	vtl_put32(&r, cmd->cdb[2] == 1 ? 0 : 8);
	vtl_put32(&r, 0);
	if (cmd->cdb[2] != 1)
		vtl_put64(&r, 0);
	vtl_cmd_reply(cmd, &r);
}

/* SPC-5 6.18. Reservations of others let removal be allowed, and nothing else. */
static void prevent_allow(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	bool prevent = cmd->cdb[4] & 0x01, before = cmd->nexus->prevent;

	if (cmd->cdb[4] & 0x02) {
		vtl_cmd_bad_cdb(cmd, 4, 1);
		return;
	}
	if (prevent && vtl_res_conflict(cmd->nexus, VTL_RES_WRITE)) {
		vtl_cmd_conflict(cmd);
		return;
	}
	cmd->nexus->prevent = prevent;
	if (prevent != before && dev->type->prevent_changed)
		dev->type->prevent_changed(dev);
	vtl_cmd_good(cmd);
}

#define ROW(op, service_action, length, text)	.opcode = op, .sa = service_action, .len = length, .name = text
#define SECONDS(usual, most)			.nominal = usual, .recommended = most

/* Reservation classes as in SPC-5 table 66. */
const struct vtl_op vtl_spc_ops[] = {
	{ ROW(0x03, VTL_NO_SA, 6, "REQUEST SENSE"), .usage = { 0, 0x01, 0, 0, 0xff }, .direction = VTL_DATA_IN,
	  .res = VTL_RES_EXEMPT, .flags = VTL_OP_SKIP_UA | VTL_OP_BESIDE, SECONDS(1, 60), .run = request_sense },
	{ ROW(0x12, VTL_NO_SA, 6, "INQUIRY"), .usage = { 0, 0x01, 0xff, 0xff, 0xff }, .direction = VTL_DATA_IN,
	  .res = VTL_RES_EXEMPT, .flags = VTL_OP_SKIP_UA | VTL_OP_BESIDE, SECONDS(1, 60), .run = vtl_inquiry },
	{ ROW(0x15, VTL_NO_SA, 6, "MODE SELECT(6)"), .usage = { 0, 0x11, 0, 0, 0xff }, .direction = VTL_DATA_OUT,
	  .res = VTL_RES_WRITE, .flags = VTL_OP_LOADING, SECONDS(1, 60), .run = vtl_mode_select6 },
	{ ROW(0x16, VTL_NO_SA, 6, "RESERVE(6)"), .res = VTL_RES_OWN, .flags = VTL_OP_LOADING, SECONDS(1, 60),
	  .run = vtl_reserve },
	{ ROW(0x17, VTL_NO_SA, 6, "RELEASE(6)"), .res = VTL_RES_OWN, .flags = VTL_OP_LOADING, SECONDS(1, 60),
	  .run = vtl_release },
	{ ROW(0x1a, VTL_NO_SA, 6, "MODE SENSE(6)"), .usage = { 0, 0x08, 0xff, 0xff, 0xff }, .direction = VTL_DATA_IN,
	  .res = VTL_RES_WRITE, .flags = VTL_OP_LOADING, SECONDS(1, 60), .run = vtl_mode_sense6 },
	{ ROW(0x1c, VTL_NO_SA, 6, "RECEIVE DIAGNOSTIC RESULTS"), .usage = { 0, 0x01, 0xff, 0xff, 0xff },
	  .direction = VTL_DATA_IN, .res = VTL_RES_READ, .flags = VTL_OP_LOADING, SECONDS(1, 60),
	  .run = vtl_receive_diagnostic },
	{ ROW(0x1d, VTL_NO_SA, 6, "SEND DIAGNOSTIC"), .usage = { 0, 0xf7, 0, 0xff, 0xff }, .direction = VTL_DATA_OUT,
	  .res = VTL_RES_WRITE, .flags = VTL_OP_LOADING, SECONDS(1, 1800), .run = vtl_send_diagnostic },
	{ ROW(0x1e, VTL_NO_SA, 6, "PREVENT ALLOW MEDIUM REMOVAL"), .usage = { 0, 0, 0, 0, 0x03 }, .res = VTL_RES_OWN,
	  .flags = VTL_OP_LOADING, SECONDS(1, 60), .run = prevent_allow },
	{ ROW(0x3b, VTL_NO_SA, 10, "WRITE BUFFER"),
	  .usage = { 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, .direction = VTL_DATA_OUT,
	  .res = VTL_RES_WRITE, .flags = VTL_OP_LOADING, SECONDS(1, 600), .run = vtl_write_buffer },
	{ ROW(0x3c, VTL_NO_SA, 10, "READ BUFFER"),
	  .usage = { 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, .direction = VTL_DATA_IN,
	  .res = VTL_RES_READ, .flags = VTL_OP_LOADING, SECONDS(1, 600), .run = vtl_read_buffer },
	{ ROW(0x4c, VTL_NO_SA, 10, "LOG SELECT"), .usage = { 0, 0x03, 0xff, 0xff, 0, 0, 0, 0xff, 0xff },
	  .direction = VTL_DATA_OUT, .res = VTL_RES_WRITE, .flags = VTL_OP_LOADING, SECONDS(1, 60),
	  .run = vtl_log_select },
	{ ROW(0x4d, VTL_NO_SA, 10, "LOG SENSE"), .usage = { 0, 0, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0xff },
	  .direction = VTL_DATA_IN, .res = VTL_RES_EXEMPT, .flags = VTL_OP_LOADING, SECONDS(1, 60),
	  .run = vtl_log_sense },
	{ ROW(0x55, VTL_NO_SA, 10, "MODE SELECT(10)"), .usage = { 0, 0x11, 0, 0, 0, 0, 0, 0xff, 0xff },
	  .direction = VTL_DATA_OUT, .res = VTL_RES_WRITE, .flags = VTL_OP_LOADING, SECONDS(1, 60),
	  .run = vtl_mode_select10 },
	{ ROW(0x56, VTL_NO_SA, 10, "RESERVE(10)"), .res = VTL_RES_OWN, .flags = VTL_OP_LOADING, SECONDS(1, 60),
	  .run = vtl_reserve },
	{ ROW(0x57, VTL_NO_SA, 10, "RELEASE(10)"), .res = VTL_RES_OWN, .flags = VTL_OP_LOADING, SECONDS(1, 60),
	  .run = vtl_release },
	{ ROW(0x5a, VTL_NO_SA, 10, "MODE SENSE(10)"), .usage = { 0, 0x08, 0xff, 0xff, 0, 0, 0, 0xff, 0xff },
	  .direction = VTL_DATA_IN, .res = VTL_RES_WRITE, .flags = VTL_OP_LOADING, SECONDS(1, 60),
	  .run = vtl_mode_sense10 },

#define PR_IN(action, text, handler) \
	{ ROW(0x5e, action, 10, "PERSISTENT RESERVE IN - " text), .usage = { 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, \
	  .direction = VTL_DATA_IN, .res = VTL_RES_OWN, .flags = VTL_OP_LOADING, SECONDS(1, 60), .run = handler }
	PR_IN(0, "READ KEYS", vtl_pr_in_keys),
	PR_IN(1, "READ RESERVATION", vtl_pr_in_reservation),
	PR_IN(2, "REPORT CAPABILITIES", vtl_pr_in_capabilities),
	PR_IN(3, "READ FULL STATUS", vtl_pr_in_full_status),
#undef PR_IN

#define PR_OUT(action, text) \
	{ ROW(0x5f, action, 10, "PERSISTENT RESERVE OUT - " text), \
	  .usage = { 0, 0, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff }, .direction = VTL_DATA_OUT, .res = VTL_RES_OWN, \
	  .flags = VTL_OP_LOADING, SECONDS(1, 60), .run = vtl_pr_out }
	PR_OUT(0, "REGISTER"),
	PR_OUT(1, "RESERVE"),
	PR_OUT(2, "RELEASE"),
	PR_OUT(3, "CLEAR"),
	PR_OUT(4, "PREEMPT"),
	PR_OUT(5, "PREEMPT AND ABORT"),
	PR_OUT(6, "REGISTER AND IGNORE EXISTING KEY"),
	PR_OUT(7, "REGISTER AND MOVE"),
#undef PR_OUT

	{ ROW(0xa0, VTL_NO_SA, 12, "REPORT LUNS"), .usage = { 0, 0, 0xff, 0, 0, 0, 0xff, 0xff, 0xff, 0xff },
	  .direction = VTL_DATA_IN, .res = VTL_RES_EXEMPT, .flags = VTL_OP_SKIP_UA | VTL_OP_BESIDE, SECONDS(1, 60),
	  .run = report_luns },
	{ ROW(0xa3, 0x05, 12, "REPORT IDENTIFYING INFORMATION"),
	  .usage = { 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe }, .direction = VTL_DATA_IN,
	  .res = VTL_RES_EXEMPT, .flags = VTL_OP_LOADING, SECONDS(1, 60), .run = vtl_report_information },
	{ ROW(0xa3, 0x0a, 12, "REPORT TARGET PORT GROUPS"),
	  .usage = { 0, 0xe0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff }, .direction = VTL_DATA_IN,
	  .res = VTL_RES_EXEMPT, .flags = VTL_OP_LOADING, SECONDS(1, 60), .run = vtl_report_port_groups },
	{ ROW(0xa3, 0x0c, 12, "REPORT SUPPORTED OPERATION CODES"),
	  .usage = { 0, 0, 0x87, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, .direction = VTL_DATA_IN,
	  .res = VTL_RES_READ, .flags = VTL_OP_LOADING, SECONDS(1, 60), .run = vtl_report_opcodes },
	{ ROW(0xa3, 0x0d, 12, "REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS"),
	  .usage = { 0, 0, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff }, .direction = VTL_DATA_IN,
	  .res = VTL_RES_READ, .flags = VTL_OP_LOADING, SECONDS(1, 60), .run = vtl_report_task_management },
	{ ROW(0xa3, 0x0f, 12, "REPORT TIMESTAMP"), .usage = { 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff },
	  .direction = VTL_DATA_IN, .res = VTL_RES_EXEMPT, .flags = VTL_OP_LOADING, SECONDS(1, 60),
	  .run = vtl_report_timestamp },
	{ ROW(0xa4, 0x06, 12, "SET IDENTIFYING INFORMATION"),
	  .usage = { 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe }, .direction = VTL_DATA_OUT,
	  .res = VTL_RES_WRITE, .flags = VTL_OP_LOADING, SECONDS(1, 60), .run = vtl_set_information },
	{ ROW(0xa4, 0x0f, 12, "SET TIMESTAMP"), .usage = { 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff },
	  .direction = VTL_DATA_OUT, .res = VTL_RES_WRITE, .flags = VTL_OP_LOADING, SECONDS(1, 60),
	  .run = vtl_set_timestamp },
	{ 0 }
};
