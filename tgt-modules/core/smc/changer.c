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

static const struct vtl_dev_type smc_type = {
	.peripheral = 0x08,
	.ops = smc_ops,
	.mode_pages = smc_mode_pages,
	.log_pages = smc_log_pages,
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
	vtl_dev_fini(dev);
	free(smc_of(dev));
}

/* What initiators are told of a change that they did not order (SMC-3 4.11; SPC-5 on page changes). */
static const enum vtl_sense event_attention[] = {
	[VTL_EVENT_IMPORT_EXPORT] = SENSE_IMPORT_EXPORT_ACCESSED,
	[VTL_EVENT_INVENTORY] = SENSE_MEDIUM_CHANGED,
	[VTL_EVENT_ELEMENTS] = SENSE_MODE_PARAMETERS_CHANGED,	/* page 1Dh is different now */
};

void vtl_changer_event(struct vtl_dev *dev, enum vtl_inventory_event event, const struct vtl_nexus *cause)
{
	vtl_ua_all(dev, event_attention[event], cause);
}
