/* SPDX-License-Identifier: GPL-2.0-only */
/* READ ELEMENT STATUS, INITIALIZE ELEMENT STATUS, OPEN/CLOSE IMPORT/EXPORT ELEMENT. */
#include "smc.h"

enum { CURDATA = 0x02, DVCID = 0x01, VOLTAG = 0x10, TYPE_CODE = 0x0f, RANGE = 0x01 };

/* SMC-3 6.4: the inventory is always known, there is nothing to scan. */
void smc_initialize_element_status(struct vtl_cmd *cmd)
{
	struct smc *smc = smc_cmd(cmd);

	if (smc_elements_reserved(cmd->nexus, 0, UINT16_MAX + 1u)) {
		vtl_cmd_conflict(cmd);
		return;
	}
	smc_count(smc, SMC_SCANS, 1);
	vtl_cmd_good(cmd);
}

/* SMC-3 6.5 */
void smc_initialize_element_status_with_range(struct vtl_cmd *cmd)
{
	struct smc *smc = smc_cmd(cmd);
	const uint8_t *cdb = cmd->cdb;
	bool range = cdb[1] & RANGE;
	uint16_t first = range ? get_be16(cdb + 2) : 0;
	uint32_t count = range && get_be16(cdb + 6) ? get_be16(cdb + 6) : UINT16_MAX + 1u;

	if (range && smc_type_of(smc->inventory, first) == VTL_ANY) {
		smc_check_field(cmd, SENSE_INVALID_ELEMENT_ADDRESS, 2);
	} else if (smc_elements_reserved(cmd->nexus, first, count)) {
		vtl_cmd_conflict(cmd);
	} else {
		smc_count(smc, SMC_SCANS, 1);
		vtl_cmd_good(cmd);
	}
}

/*
 * SMC-3 6.11. It never moves anything, with CURDATA or without; CURDATA set to one is what passes the reservations of
 * others (SMC-3 4.13). Late drafts of SMC-3 know a MIXED bit; no reference at hand says where in the CDB it is, none of
 * a maker has it, and every bit that means nothing here is refused with a pointer to it.
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
	struct smc_report report;

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
	smc_report_elements(smc->inventory, smc->model, &query, cmd->in, size, &report);
	cmd->in_used = report.used;
	vtl_cmd_good(cmd);
}

static void door_done(struct vtl_inventory_change *change)
{
	struct vtl_cmd *cmd = change->owner;

	if (change->result == VTL_MOVE_OK)
		vtl_cmd_good(cmd);
	else
		smc_check_field(cmd, smc_sense_of(change->result), 2);
}

/* SMC-3 6.9. A station opens and closes as a whole, and not while any initiator prevents removal. */
void smc_open_close_import_export(struct vtl_cmd *cmd)
{
	struct smc *smc = smc_cmd(cmd);
	uint16_t address = get_be16(cmd->cdb + 2);
	uint8_t action = cmd->cdb[4] & 0x1f;

	if (action > 1) {
		vtl_cmd_bad_cdb(cmd, 4, 4);
	} else if (smc_type_of(smc->inventory, address) != VTL_IMPORT_EXPORT) {
		smc_check_field(cmd, SENSE_INVALID_ELEMENT_ADDRESS, 2);
	} else if (smc_elements_reserved(cmd->nexus, address, 1)) {
		vtl_cmd_conflict(cmd);
	} else if (action == 0 && vtl_dev_prevented(&smc->dev)) {
		smc_check_field(cmd, SENSE_REMOVAL_PREVENTED, 2);
	} else {
		smc_count(smc, SMC_STATION_OPENS, action == 0);
		smc->change = (struct vtl_inventory_change){ address, cmd->nexus, door_done, .owner = cmd };
		smc->inventory->ops->set_open(smc->inventory, &smc->change, action == 0);
	}
}
