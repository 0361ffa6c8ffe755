/* SPDX-License-Identifier: GPL-2.0-only */
/* MOVE MEDIUM (SMC-3 6.8): everything is checked before anything moves. */
#include "smc.h"

/* Where the CDB names elements; an error points to the one that it is about. */
enum { TRANSPORT_FIELD = 2, SOURCE_FIELD = 4, DESTINATION_FIELD = 6 };

/* What a move that the inventory refused means, and whose fault it is; field 0: no field's. */
static const struct {
	enum vtl_sense sense;
	uint16_t field;
} refusal[] = {
	[VTL_MOVE_OK] = { SENSE_NONE, 0 },
	[VTL_MOVE_SOURCE_EMPTY] = { SENSE_SOURCE_EMPTY, SOURCE_FIELD },
	[VTL_MOVE_DESTINATION_FULL] = { SENSE_DESTINATION_FULL, DESTINATION_FIELD },
	[VTL_MOVE_NO_ELEMENT] = { SENSE_INVALID_ELEMENT_ADDRESS, DESTINATION_FIELD },
	[VTL_MOVE_PREVENTED] = { SENSE_REMOVAL_PREVENTED, SOURCE_FIELD },
	[VTL_MOVE_INCOMPATIBLE] = { SENSE_INCOMPATIBLE_MEDIUM, DESTINATION_FIELD },
	[VTL_MOVE_NOT_DURABLE] = { SENSE_INTERNAL_FAILURE, 0 },
	[VTL_MOVE_DRIVE_FAILED] = { SENSE_HARDWARE_UNLOAD_FAILED, 0 },
};

bool smc_can_move(const struct smc *smc, enum vtl_element_type from, enum vtl_element_type to)
{
	/* Bytes 4 to 7 of the device capabilities page: a byte for each source type, a bit for each destination. */
	const uint8_t *page = vtl_mode_page(&smc->dev, 0x1f, 0);

	if (!page)
		page = smc_capabilities;	/* the model has no such page; it moves cartridges all the same */
	return page[4 + from - 1] & 1 << (to - 1);
}

static void refuse(struct vtl_cmd *cmd, enum vtl_move_result why)
{
	if (refusal[why].field)
		smc_check_field(cmd, refusal[why].sense, refusal[why].field);
	else
		vtl_cmd_check(cmd, refusal[why].sense, NULL);
}

static void move_done(struct vtl_move *move)
{
	struct vtl_cmd *cmd = move->owner;
	struct smc *smc = smc_cmd(cmd);

	if (move->result == VTL_MOVE_DRIVE_FAILED)
		smc->alerts |= 1u << (SMC_ALERT_DRIVE_COMMUNICATION - 1);
	if (move->result == VTL_MOVE_OK)
		vtl_cmd_good(cmd);
	else
		refuse(cmd, move->result);
}

/* Address 0 stands for the default transport element: the first. */
static bool find_transport(const struct smc *smc, uint16_t address, struct vtl_element *element)
{
	const struct vtl_inventory *inv = smc->inventory;

	if (address == 0)
		address = inv->ops->first(inv, VTL_TRANSPORT);
	return inv->ops->get(inv, address, element) && element->type == VTL_TRANSPORT;
}

void smc_move_medium(struct vtl_cmd *cmd)
{
	struct smc *smc = smc_cmd(cmd);
	struct vtl_inventory *inv = smc->inventory;
	struct vtl_element hand, from, to;

	if (!find_transport(smc, get_be16(cmd->cdb + TRANSPORT_FIELD), &hand)) {
		smc_check_field(cmd, SENSE_INVALID_ELEMENT_ADDRESS, TRANSPORT_FIELD);
	} else if (!inv->ops->get(inv, get_be16(cmd->cdb + SOURCE_FIELD), &from)) {
		smc_check_field(cmd, SENSE_INVALID_ELEMENT_ADDRESS, SOURCE_FIELD);
	} else if (!inv->ops->get(inv, get_be16(cmd->cdb + DESTINATION_FIELD), &to) ||
		   !smc_can_move(smc, from.type, to.type)) {
		smc_check_field(cmd, SENSE_INVALID_ELEMENT_ADDRESS, DESTINATION_FIELD);
	} else if (!from.full) {
		refuse(cmd, VTL_MOVE_SOURCE_EMPTY);
	} else if (from.address == to.address) {
		vtl_cmd_good(cmd);	/* it is where it is to be */
	} else if (to.full) {
		refuse(cmd, VTL_MOVE_DESTINATION_FULL);
	} else if (hand.full && hand.address != from.address) {
		smc_check_field(cmd, SENSE_DESTINATION_FULL, TRANSPORT_FIELD);
	} else if (to.type == VTL_IMPORT_EXPORT && vtl_dev_prevented(&smc->dev)) {
		/* Import goes on, export does not: from there an operator takes cartridges out. */
		smc_check_field(cmd, SENSE_REMOVAL_PREVENTED, DESTINATION_FIELD);
	} else {
		smc->move = (struct vtl_move){
			.source = from.address,
			.destination = to.address,
			.cause = cmd->nexus,
			.done = move_done,
			.owner = cmd,
		};
		inv->ops->move(inv, &smc->move);
	}
}
