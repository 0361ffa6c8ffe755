/* SPDX-License-Identifier: GPL-2.0-only */
/* RESERVE and RELEASE (SPC-2 7.17, 7.21), and the one place that says whom a reservation refuses. */
#include "internal.h"

bool vtl_res_conflict(const struct vtl_nexus *nexus, enum vtl_res_class class)
{
	const struct vtl_dev *dev = nexus->dev;

	if (class == VTL_RES_EXEMPT || class == VTL_RES_OWN)
		return false;
	if (dev->reserved && dev->reserved != nexus)
		return true;
	return class != VTL_RES_SPC2 && vtl_pr_refuses(nexus, class);
}

/*
 * With persistent registrations about (SPC-5 5.14.3, what CRH promises): who shares the persistent reservation is
 * answered GOOD and nothing happens; for all others the two kinds exclude each other. True if that ended the command.
 */
static bool persistent_first(struct vtl_cmd *cmd)
{
	if (!vtl_pr_registered(vtl_cmd_dev(cmd)))
		return false;
	if (vtl_pr_shares(cmd->nexus))
		vtl_cmd_good(cmd);
	else
		vtl_cmd_conflict(cmd);
	return true;
}

void vtl_reserve(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);

	if (persistent_first(cmd))
		return;
	if (dev->reserved && dev->reserved != cmd->nexus) {
		vtl_cmd_conflict(cmd);
		return;
	}
	dev->reserved = cmd->nexus;
	vtl_cmd_good(cmd);
}

void vtl_release(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);

	if (persistent_first(cmd))
		return;
	if (dev->reserved == cmd->nexus) {
		dev->reserved = NULL;
		vtl_reservations_changed(dev, false);
	}
	vtl_cmd_good(cmd);
}

void vtl_reservations_changed(struct vtl_dev *dev, bool preempted)
{
	if (dev->type->reservations_changed)
		dev->type->reservations_changed(dev, preempted);
}

bool vtl_res_holds(const struct vtl_nexus *nexus)
{
	return vtl_pr_registered(nexus->dev) && vtl_pr_shares(nexus);
}
