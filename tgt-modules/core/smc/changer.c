/* SPDX-License-Identifier: GPL-2.0-only */
/* The medium changer device: its making, its end, and what it tells initiators of changes from outside. */
#include "changer.h"

#include <stdlib.h>

#include "smc.h"

void smc_check_field(struct vtl_cmd *cmd, enum vtl_sense sense, uint16_t byte)
{
	const struct vtl_sense_extra extra = {
		.sks = VTL_SKS_CDB_FIELD,
		.field = { .byte = byte, .bit = VTL_NO_BIT },
	};

	vtl_cmd_check(cmd, sense, &extra);
}

static void smc_nexus_lost(struct vtl_dev *dev, struct vtl_nexus *nexus)
{
	smc_reservations_end(smc_of(dev), nexus);
	free(nexus->own);
	nexus->own = NULL;
}

static void smc_reset(struct vtl_dev *dev, enum vtl_reset what)
{
	smc_reservations_end(smc_of(dev), NULL);
}

static void smc_tick(struct vtl_dev *dev)
{
	struct vtl_inventory *inv = smc_of(dev)->inventory;

	inv->ops->tick(inv);
}

static const struct vtl_dev_type smc_type = {
	.peripheral = 0x08,
	.ops = smc_ops,
	.mode_pages = smc_mode_pages,
	.log_pages = smc_log_pages,
	.nexus_lost = smc_nexus_lost,
	.reset = smc_reset,
	.tick = smc_tick,
	.catalog = vtl_memory_catalog,
};

struct vtl_dev *vtl_changer_new(struct vtl_env *env, const struct vtl_changer_config *config)
{
	const struct vtl_library_model *model = config->model;
	const struct vtl_identity id = {
		.inquiry = &model->inquiry,
		.serial = config->serial,
		.naa = config->naa,
		.mode = &model->mode,
		.vpd = &model->vpd,
		.log = &model->log,
		.unsupported = model->commands.unsupported,
		.unsupported_count = model->commands.unsupported_count,
		.commands = &model->commands,
	};
	struct smc *smc = calloc(1, sizeof(*smc));

	if (!smc)
		return NULL;
	smc->model = model;
	smc->inventory = config->inventory;
	if (vtl_dev_init(&smc->dev, env, &smc_type, &id) < 0) {
		free(smc);
		return NULL;
	}
	vtl_dev_power_on(&smc->dev, config->state);
	return &smc->dev;
}

void vtl_changer_free(struct vtl_dev *dev)
{
	smc_reservations_end(smc_of(dev), NULL);
	smc_statistics_free(smc_of(dev));
	vtl_dev_fini(dev);
	free(smc_of(dev));
}

/* What initiators are told of a change that they did not order (SMC-3 4.11; SPC-5 on what changes). */
static const enum vtl_sense event_attention[] = {
	[VTL_EVENT_IMPORT_EXPORT] = SENSE_IMPORT_EXPORT_ACCESSED,
	[VTL_EVENT_INVENTORY] = SENSE_MEDIUM_CHANGED,
	[VTL_EVENT_ELEMENTS] = SENSE_MODE_PARAMETERS_CHANGED,	/* page 1Dh is different now */
	[VTL_EVENT_MAGAZINE_OUT] = SENSE_MAGAZINE_REMOVED,
	[VTL_EVENT_MAGAZINE_IN] = SENSE_MAGAZINE_INSERTED,
	[VTL_EVENT_MAGAZINE_LOCKED] = SENSE_MAGAZINE_LOCKED,
	[VTL_EVENT_MAGAZINE_UNLOCKED] = SENSE_MAGAZINE_UNLOCKED,
	[VTL_EVENT_DISABLED] = SENSE_ELEMENT_NOW_DISABLED,
	[VTL_EVENT_ENABLED] = SENSE_ELEMENT_NOW_ENABLED,
	[VTL_EVENT_DRIVE_OUT] = SENSE_DRIVE_NOW_REMOVED,
	[VTL_EVENT_DRIVE_IN] = SENSE_DRIVE_NOW_INSERTED,
};

void vtl_changer_event(struct vtl_dev *dev, enum vtl_inventory_event event, const struct vtl_nexus *cause)
{
	/* What initiators open is counted with their command. */
	if (event == VTL_EVENT_MAGAZINE_OUT)
		smc_count(smc_of(dev), SMC_DOOR_OPENS, 1);
	else if (event == VTL_EVENT_IMPORT_EXPORT && !cause)
		smc_count(smc_of(dev), SMC_STATION_OPENS, 1);
	vtl_ua_all(dev, event_attention[event], cause);
}

bool vtl_changer_prevented(const struct vtl_dev *dev)
{
	return vtl_dev_prevented(dev);
}
