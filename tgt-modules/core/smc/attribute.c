/* SPDX-License-Identifier: GPL-2.0-only */
/* READ ATTRIBUTE and WRITE ATTRIBUTE of a changer: about the cartridge in an element (SPC-5 6.17, 6.51). */
#include <string.h>

#include "smc.h"

/*
 * SMC-3 has the element in bytes that SPC leaves to it, ELEMENT ADDRESS and ELEMENT TYPE CODE, and a service action
 * ELEMENT LIST of its own. A type code of zero, as initiators send it that know only the address (sg_read_attr), is any
 * type. Source of the layout: Sony's manual of the StorStation LIB-D81 autoloader, 8.10.
 */
enum { ADDRESS_FIELD = 2, TYPE_FIELD = 4 };
enum { TYPE_CODE = 0x0f };

/* More than any cartridge's memory has. */
#define ANSWER_MAX	(2u << 20)

static void memory_done(struct vtl_inventory_memory *memory)
{
	struct vtl_cmd *cmd = memory->owner;
	const struct vtl_memory_request *req = &memory->request;

	switch (memory->result) {
	case VTL_MOVE_OK:
		break;
	case VTL_MOVE_SOURCE_EMPTY:
		vtl_cmd_check(cmd, SENSE_NO_MEDIUM, NULL);
		return;
	case VTL_MOVE_DRIVE_FAILED:
		vtl_cmd_check(cmd, SENSE_MEMORY_NOT_ACCESSIBLE, NULL);
		return;
	case VTL_MOVE_NOT_DURABLE:
		vtl_cmd_check(cmd, SENSE_INSUFFICIENT_RESOURCES, NULL);
		return;
	default:
		smc_refuse(cmd, memory->result, ADDRESS_FIELD);
		return;
	}
	if (!req->write)
		cmd->in_used = req->used;
	if (req->sense == SENSE_NONE)
		vtl_cmd_good(cmd);
	else
		vtl_cmd_check(cmd, req->sense, &req->extra);
}

/* The element is there, is of that type, and no other initiator's; false after the command has ended. */
static bool find(struct vtl_cmd *cmd)
{
	const struct vtl_inventory *inv = smc_cmd(cmd)->inventory;
	uint16_t address = get_be16(cmd->cdb + ADDRESS_FIELD);
	unsigned type = cmd->cdb[TYPE_FIELD] & TYPE_CODE;
	struct vtl_element element;

	if (type > VTL_DRIVE)
		vtl_cmd_bad_cdb(cmd, TYPE_FIELD, 3);
	else if (!inv->ops->get(inv, address, &element))
		smc_check_field(cmd, SENSE_INVALID_ELEMENT_ADDRESS, ADDRESS_FIELD);
	else if (type != VTL_ANY && type != element.type)
		vtl_cmd_bad_cdb(cmd, TYPE_FIELD, 3);
	else if (smc_elements_reserved(cmd->nexus, address, 1))
		vtl_cmd_conflict(cmd);
	else if (element.hindrance != VTL_REACHABLE)
		smc_refuse(cmd, vtl_move_hindered(element.hindrance), ADDRESS_FIELD);
	else
		return true;
	return false;
}

static void ask(struct vtl_cmd *cmd, bool write, uint8_t *data, uint32_t len)
{
	struct smc *smc = smc_cmd(cmd);

	smc->memory = (struct vtl_inventory_memory){
		.address = get_be16(cmd->cdb + ADDRESS_FIELD),
		.request = { .write = write, .data = data, .len = len },
		.done = memory_done,
		.owner = cmd,
	};
	memcpy(smc->memory.request.cdb, cmd->cdb, sizeof(cmd->cdb));
	smc->inventory->ops->memory(smc->inventory, &smc->memory);
}

void smc_read_attribute(struct vtl_cmd *cmd)
{
	uint32_t len = get_be32(cmd->cdb + 10);

	if (len > cmd->in_len)
		len = cmd->in_len;
	if (len > ANSWER_MAX)
		len = ANSWER_MAX;
	if (find(cmd))
		ask(cmd, false, cmd->in, len);
}

void smc_write_attribute(struct vtl_cmd *cmd)
{
	uint32_t len = get_be32(cmd->cdb + 10);

	if (find(cmd) && vtl_cmd_has_out(cmd, len))
		ask(cmd, true, cmd->out, len);
}

/* ELEMENT LIST: of each type, its first address and how many there are whose cartridges' memory can be asked. */
void smc_read_attribute_elements(struct vtl_cmd *cmd)
{
	const struct vtl_inventory *inv = smc_cmd(cmd)->inventory;
	unsigned asked = cmd->cdb[TYPE_FIELD] & TYPE_CODE;
	enum vtl_element_type order[SMC_TYPES];
	struct vtl_reply r;

	if (asked > VTL_DRIVE) {
		vtl_cmd_bad_cdb(cmd, TYPE_FIELD, 3);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 10));
	vtl_put32(&r, 0);
	smc_type_order(inv, order);
	for (unsigned i = 0; i < SMC_TYPES; i++) {
		if (!inv->ops->count(inv, order[i]) || (asked != VTL_ANY && asked != order[i]))
			continue;
		vtl_put8(&r, (uint8_t)order[i]);
		vtl_put16(&r, inv->ops->first(inv, order[i]));
		vtl_put16(&r, (uint16_t)inv->ops->count(inv, order[i]));
	}
	vtl_patch32(&r, 0, (uint32_t)(r.len - 4));
	vtl_cmd_reply(cmd, &r);
}
