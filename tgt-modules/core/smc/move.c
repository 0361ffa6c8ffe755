/* SPDX-License-Identifier: GPL-2.0-only */
/* MOVE MEDIUM, EXCHANGE MEDIUM, POSITION TO ELEMENT (SMC-3 6.8, 6.3, 6.9): all is checked before anything moves. */
#include "smc.h"

/* Where the CDB names elements; an error points to the one that it is about. */
enum { TRANSPORT_FIELD = 2, SOURCE_FIELD = 4, DESTINATION_FIELD = 6, SECOND_FIELD = 8 };

static const uint16_t part_field[] = {
	[VTL_PART_SOURCE] = SOURCE_FIELD,
	[VTL_PART_DESTINATION] = DESTINATION_FIELD,
	[VTL_PART_SECOND] = SECOND_FIELD,
};

/* What a refusal of the inventory means; whether some field of the CDB is to blame. */
static const struct {
	enum vtl_sense sense;
	bool field;
} refusal[VTL_MOVE_RESULTS] = {
	[VTL_MOVE_OK] = { SENSE_NONE, false },
	[VTL_MOVE_SOURCE_EMPTY] = { SENSE_SOURCE_EMPTY, true },
	[VTL_MOVE_DESTINATION_FULL] = { SENSE_DESTINATION_FULL, true },
	[VTL_MOVE_NO_ELEMENT] = { SENSE_INVALID_ELEMENT_ADDRESS, true },
	[VTL_MOVE_PREVENTED] = { SENSE_REMOVAL_PREVENTED, true },
	[VTL_MOVE_DRIVE_PREVENTED] = { SENSE_REMOVAL_PREVENTED_BY_DRIVE, true },
	[VTL_MOVE_INCOMPATIBLE] = { SENSE_INCOMPATIBLE_MEDIUM, true },
	[VTL_MOVE_CLEANING] = { SENSE_CLEANING_IN_USE, true },
	[VTL_MOVE_STATION_OPEN] = { SENSE_TRAY_OPEN, false },
	[VTL_MOVE_MAGAZINE_OUT] = { SENSE_MAGAZINE_NOT_ACCESSIBLE, true },
	[VTL_MOVE_DISABLED] = { SENSE_ELEMENT_DISABLED, true },
	[VTL_MOVE_DRIVE_OUT] = { SENSE_DRIVE_REMOVED, true },
	[VTL_MOVE_NOT_DURABLE] = { SENSE_INTERNAL_FAILURE, false },
	[VTL_MOVE_DRIVE_FAILED] = { SENSE_HARDWARE_UNLOAD_FAILED, false },
	[VTL_MOVE_LOAD_FAILED] = { SENSE_HARDWARE_LOAD_FAILED, false },
	[VTL_MOVE_INTERVENTION] = { SENSE_HARDWARE_INTERVENTION, false },
};

enum vtl_sense smc_sense_of(enum vtl_move_result result)
{
	return refusal[result].sense;
}

enum vtl_move_result vtl_move_hindered(enum vtl_hindrance hindrance)
{
	static const enum vtl_move_result of[] = {
		[VTL_REACHABLE] = VTL_MOVE_OK,
		[VTL_STATION_OPEN] = VTL_MOVE_STATION_OPEN,
		[VTL_MAGAZINE_OUT] = VTL_MOVE_MAGAZINE_OUT,
		[VTL_ELEMENT_DISABLED] = VTL_MOVE_DISABLED,
		[VTL_DRIVE_OUT] = VTL_MOVE_DRIVE_OUT,
	};

	return of[hindrance];
}

/* A bit for each type of destination in the byte for the type of source, from `at` on in the capabilities page. */
static bool capable(const struct smc *smc, unsigned at, enum vtl_element_type from, enum vtl_element_type to)
{
	const uint8_t *page = vtl_mode_page(&smc->dev, 0x1f, 0);

	if (!page)
		page = smc_capabilities;	/* the model has no such page; it moves cartridges all the same */
	return page[at + from - 1] & 1 << (to - 1);
}

bool smc_can_move(const struct smc *smc, enum vtl_element_type from, enum vtl_element_type to)
{
	return capable(smc, 4, from, to);
}

bool smc_can_exchange(const struct smc *smc, enum vtl_element_type from, enum vtl_element_type to)
{
	return capable(smc, 12, from, to);
}

void smc_refuse(struct vtl_cmd *cmd, enum vtl_move_result why, uint16_t field)
{
	if (refusal[why].field)
		smc_check_field(cmd, refusal[why].sense, field);
	else
		vtl_cmd_check(cmd, refusal[why].sense, NULL);
}

static void refuse(struct vtl_cmd *cmd, enum vtl_move_result why, enum vtl_move_part part)
{
	smc_refuse(cmd, why, part_field[part]);
}

static void move_done(struct vtl_move *move)
{
	struct vtl_cmd *cmd = move->owner;
	struct smc *smc = smc_cmd(cmd);

	if (move->result == VTL_MOVE_DRIVE_FAILED || move->result == VTL_MOVE_LOAD_FAILED) {
		vtl_alert_raise(&smc->dev, vtl_alert_bit(SMC_ALERT_DRIVE_COMMUNICATION));
		smc_count(smc, SMC_ERRORS_UNRECOVERED, 1);
	}
	if (move->result != VTL_MOVE_OK) {
		refuse(cmd, move->result, move->part);
		return;
	}
	smc_count_carried(smc, move->source, move->destination);
	if (move->second != VTL_NO_ADDRESS)
		smc_count_carried(smc, move->destination, move->second);
	smc_count_move(smc);
	vtl_cmd_good(cmd);
}

bool smc_find_transport(const struct smc *smc, uint16_t address, struct vtl_element *element)
{
	const struct vtl_inventory *inv = smc->inventory;

	if (address == 0)
		address = inv->ops->first(inv, VTL_TRANSPORT);
	return inv->ops->get(inv, address, element) && element->type == VTL_TRANSPORT;
}

/* The elements that a command names, as they are; `second` only for EXCHANGE MEDIUM. */
struct elements {
	struct vtl_element hand, from, to, second;
};

static bool reserved(const struct vtl_cmd *cmd, const struct vtl_element *element)
{
	return smc_elements_reserved(cmd->nexus, element->address, 1);
}

/* Finds them; false after the command has ended. */
static bool find(struct vtl_cmd *cmd, struct elements *e, bool exchange)
{
	struct smc *smc = smc_cmd(cmd);
	struct vtl_inventory *inv = smc->inventory;
	const uint8_t *cdb = cmd->cdb;

	if (!smc_find_transport(smc, get_be16(cdb + TRANSPORT_FIELD), &e->hand))
		smc_check_field(cmd, SENSE_INVALID_ELEMENT_ADDRESS, TRANSPORT_FIELD);
	else if (!inv->ops->get(inv, get_be16(cdb + SOURCE_FIELD), &e->from))
		refuse(cmd, VTL_MOVE_NO_ELEMENT, VTL_PART_SOURCE);
	else if (!inv->ops->get(inv, get_be16(cdb + DESTINATION_FIELD), &e->to) ||
		 !(exchange ? smc_can_exchange : smc_can_move)(smc, e->from.type, e->to.type))
		refuse(cmd, VTL_MOVE_NO_ELEMENT, VTL_PART_DESTINATION);
	else if (exchange && (!inv->ops->get(inv, get_be16(cdb + SECOND_FIELD), &e->second) ||
			      !smc_can_move(smc, e->to.type, e->second.type)))
		refuse(cmd, VTL_MOVE_NO_ELEMENT, VTL_PART_SECOND);
	else if (reserved(cmd, &e->hand) || reserved(cmd, &e->from) || reserved(cmd, &e->to) ||
		 (exchange && reserved(cmd, &e->second)))
		vtl_cmd_conflict(cmd);
	else
		return true;
	return false;
}

static void start(struct vtl_cmd *cmd, const struct elements *e, uint16_t second)
{
	struct smc *smc = smc_cmd(cmd);

	smc->move = (struct vtl_move){
		.source = e->from.address,
		.destination = e->to.address,
		.second = second,
		.cause = cmd->nexus,
		.done = move_done,
		.owner = cmd,
	};
	smc->inventory->ops->move(smc->inventory, &smc->move);
}

/* An import/export element takes nothing while removal is prevented: from there an operator takes cartridges out. */
static bool exports(const struct smc *smc, const struct vtl_element *to)
{
	return to->type == VTL_IMPORT_EXPORT && vtl_dev_prevented(&smc->dev);
}

void smc_move_medium(struct vtl_cmd *cmd)
{
	struct smc *smc = smc_cmd(cmd);
	struct elements e;

	if (!find(cmd, &e, false))
		return;
	if (e.from.hindrance != VTL_REACHABLE)
		refuse(cmd, vtl_move_hindered(e.from.hindrance), VTL_PART_SOURCE);
	else if (e.to.hindrance != VTL_REACHABLE)
		refuse(cmd, vtl_move_hindered(e.to.hindrance), VTL_PART_DESTINATION);
	else if (!e.from.full)
		refuse(cmd, VTL_MOVE_SOURCE_EMPTY, VTL_PART_SOURCE);
	else if (e.from.address == e.to.address)
		vtl_cmd_good(cmd);	/* it is where it is to be */
	else if (e.to.full)
		refuse(cmd, VTL_MOVE_DESTINATION_FULL, VTL_PART_DESTINATION);
	else if (e.hand.full && e.hand.address != e.from.address)
		smc_check_field(cmd, SENSE_DESTINATION_FULL, TRANSPORT_FIELD);
	else if (exports(smc, &e.to))
		refuse(cmd, VTL_MOVE_PREVENTED, VTL_PART_DESTINATION);
	else
		start(cmd, &e, VTL_NO_ADDRESS);
}

/*
 * The cartridge of the source goes to the first destination, and what was there to the second, which may be the source.
 */
void smc_exchange_medium(struct vtl_cmd *cmd)
{
	struct smc *smc = smc_cmd(cmd);
	struct elements e;

	if (!find(cmd, &e, true))
		return;
	if (e.from.hindrance != VTL_REACHABLE)
		refuse(cmd, vtl_move_hindered(e.from.hindrance), VTL_PART_SOURCE);
	else if (e.to.hindrance != VTL_REACHABLE)
		refuse(cmd, vtl_move_hindered(e.to.hindrance), VTL_PART_DESTINATION);
	else if (e.second.hindrance != VTL_REACHABLE)
		refuse(cmd, vtl_move_hindered(e.second.hindrance), VTL_PART_SECOND);
	else if (!e.from.full)
		refuse(cmd, VTL_MOVE_SOURCE_EMPTY, VTL_PART_SOURCE);
	else if (!e.to.full)
		refuse(cmd, VTL_MOVE_SOURCE_EMPTY, VTL_PART_DESTINATION);
	else if (e.from.address == e.to.address)	/* one cartridge cannot be in both */
		refuse(cmd, VTL_MOVE_NO_ELEMENT, VTL_PART_DESTINATION);
	else if (e.second.address == e.to.address)
		refuse(cmd, VTL_MOVE_NO_ELEMENT, VTL_PART_SECOND);
	else if (e.second.full && e.second.address != e.from.address)
		refuse(cmd, VTL_MOVE_DESTINATION_FULL, VTL_PART_SECOND);
	else if (e.hand.full)
		smc_check_field(cmd, SENSE_DESTINATION_FULL, TRANSPORT_FIELD);
	else if (exports(smc, &e.to))
		refuse(cmd, VTL_MOVE_PREVENTED, VTL_PART_DESTINATION);
	else if (exports(smc, &e.second))
		refuse(cmd, VTL_MOVE_PREVENTED, VTL_PART_SECOND);
	else
		start(cmd, &e, e.second.address);
}

/* The transport element has no place of its own: wherever it goes, it is there. */
void smc_position_to_element(struct vtl_cmd *cmd)
{
	struct smc *smc = smc_cmd(cmd);
	struct vtl_element hand, to;
	uint16_t address = get_be16(cmd->cdb + 4);

	if (!smc_find_transport(smc, get_be16(cmd->cdb + 2), &hand))
		smc_check_field(cmd, SENSE_INVALID_ELEMENT_ADDRESS, 2);
	else if (!smc->inventory->ops->get(smc->inventory, address, &to))
		smc_check_field(cmd, SENSE_INVALID_ELEMENT_ADDRESS, 4);
	else if (reserved(cmd, &hand) || reserved(cmd, &to))
		vtl_cmd_conflict(cmd);
	else
		vtl_cmd_good(cmd);
}
