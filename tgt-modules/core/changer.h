/* SPDX-License-Identifier: GPL-2.0-only */
/* Making a medium changer: what smc/ offers to whoever puts a library together. */
#ifndef CORE_CHANGER_H
#define CORE_CHANGER_H

#include "dev.h"
#include "inventory.h"
#include "model.h"
#include "state.h"

struct vtl_changer_config {
	const struct vtl_library_model *model;	/* outlives the device */
	const char *serial;
	uint64_t naa;
	struct vtl_inventory *inventory;	/* outlives the device */
	struct vtl_state *state;		/* for what outlives a power cycle, or NULL; outlives the device */
};

/* NULL: no memory. */
struct vtl_dev *vtl_changer_new(struct vtl_env *env, const struct vtl_changer_config *config);
/* Something changed that this changer did not do: unit attentions for every nexus but `cause` (NULL: all). */
void vtl_changer_event(struct vtl_dev *dev, enum vtl_inventory_event event, const struct vtl_nexus *cause);
/* Whether some initiator prevents that cartridges are taken out: stations stay closed, magazines in. */
bool vtl_changer_prevented(const struct vtl_dev *dev);
/* The device must be idle and have no nexus. */
void vtl_changer_free(struct vtl_dev *dev);

#endif
