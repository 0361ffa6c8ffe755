/* SPDX-License-Identifier: GPL-2.0-only */
/* The medium changer as its own files see it: the object, and what each file gives to the tables. */
#ifndef SMC_SMC_H
#define SMC_SMC_H

#include "engine.h"
#include "inventory.h"
#include "status.h"

struct smc {
	struct vtl_dev dev;		/* first */
	const struct vtl_library_model *model;
	struct vtl_inventory *inventory;
	struct vtl_move move;		/* of the running command: the queue has one at a time */
	uint64_t alerts;		/* TapeAlert flags: flag n is bit n - 1 */
};

static inline struct smc *smc_of(struct vtl_dev *dev)
{
	return (struct smc *)dev;
}

static inline struct smc *smc_cmd(const struct vtl_cmd *cmd)
{
	return smc_of(vtl_cmd_dev(cmd));
}

/* TapeAlert flags of media changers (SMC-3 annex A) */
enum { SMC_ALERT_DRIVE_COMMUNICATION = 1 };

/* CHECK CONDITION with a pointer to the CDB field that begins at `byte`. */
void smc_check_field(struct vtl_cmd *cmd, enum vtl_sense sense, uint16_t byte);

extern const struct vtl_op smc_ops[];
extern const struct vtl_mode_page smc_mode_pages[];
extern const struct vtl_log_page smc_log_pages[];
/* The device capabilities page where a model says nothing of its own. */
extern const uint8_t smc_capabilities[20];

/* move.c */
void smc_move_medium(struct vtl_cmd *cmd);
/* Whether the device capabilities page says that a cartridge goes from one type of element to the other. */
bool smc_can_move(const struct smc *smc, enum vtl_element_type from, enum vtl_element_type to);

/* elements.c */
void smc_initialize_element_status(struct vtl_cmd *cmd);
void smc_initialize_element_status_with_range(struct vtl_cmd *cmd);
void smc_read_element_status(struct vtl_cmd *cmd);

#endif
