/* SPDX-License-Identifier: GPL-2.0-only */
/* READ ELEMENT STATUS and INITIALIZE ELEMENT STATUS: the inventory as an initiator asks for it. */
#include "smc.h"

enum { CURDATA = 0x02, DVCID = 0x01, VOLTAG = 0x10, TYPE_CODE = 0x0f, RANGE = 0x01 };

/* SMC-3 6.4: the inventory is always known, there is nothing to scan. */
void smc_initialize_element_status(struct vtl_cmd *cmd)
{
	vtl_cmd_good(cmd);
}

/* SMC-3 6.5 */
void smc_initialize_element_status_with_range(struct vtl_cmd *cmd)
{
	const uint8_t *cdb = cmd->cdb;

	if ((cdb[1] & RANGE) && smc_type_of(smc_cmd(cmd)->inventory, get_be16(cdb + 2)) == VTL_ANY)
		smc_check_field(cmd, SENSE_INVALID_ELEMENT_ADDRESS, 2);
	else
		vtl_cmd_good(cmd);
}

/*
 * SMC-3 6.11. It never moves anything, with CURDATA or without; CURDATA set to one is what passes the reservations of
 * others (SMC-3 4.13).
 */
void smc_read_element_status(struct vtl_cmd *cmd)
{
	const struct smc *smc = smc_cmd(cmd);
	const uint8_t *cdb = cmd->cdb;
	const struct smc_query query = {
		.type = cdb[1] & TYPE_CODE,
		.start = get_be16(cdb + 2),
		.count = get_be16(cdb + 4),
		.volume_tags = cdb[1] & VOLTAG,
		.identifiers = cdb[6] & DVCID,
	};
	uint32_t size = get_be24(cdb + 7);

	if (!(cdb[6] & CURDATA) && vtl_res_conflict(cmd->nexus, VTL_RES_READ)) {
		vtl_cmd_conflict(cmd);
		return;
	}
	if (query.type > VTL_DRIVE) {
		vtl_cmd_bad_cdb(cmd, 1, 3);
		return;
	}
	if (size > cmd->in_len)
		size = cmd->in_len;
	cmd->in_used = smc_report_elements(smc->inventory, smc->model, &query, cmd->in, size);
	vtl_cmd_good(cmd);
}
