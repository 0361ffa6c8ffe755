// SPDX-License-Identifier: GPL-2.0-only
/* Keeps a changer that nobody uses from keeping the module loaded. */
#include <linux/module.h>
#include <linux/notifier.h>

#include "vtl_hba_int.h"

/*
 * Everybody who opens a device node takes a reference of this module, and rmmod answers EBUSY: as it should. But the
 * changer driver `ch` takes one already when it is bound to a device (since 5.5), so that after the death of a daemon
 * the changer that stays would keep the module for ever. The module gives that one reference back once `ch` is bound,
 * and takes it again before `ch` lets go of it.
 */
static int on_bus_event(struct notifier_block *nb, unsigned long action, void *data)
{
	struct device *dev = data;

	if (action != BUS_NOTIFY_BOUND_DRIVER && action != BUS_NOTIFY_UNBIND_DRIVER)
		return NOTIFY_DONE;
	if (!scsi_is_sdev_device(dev) || !vtl_hba_is_ours(to_scsi_device(dev)->host))
		return NOTIFY_DONE;
	if (!dev->driver || strcmp(dev->driver->name, "ch"))
		return NOTIFY_DONE;
	if (action == BUS_NOTIFY_BOUND_DRIVER)
		module_put(THIS_MODULE);
	else
		__module_get(THIS_MODULE);
	return NOTIFY_OK;
}

static struct notifier_block vtl_hba_bus_nb = { .notifier_call = on_bus_event };

/* The bus of all SCSI devices and hosts: not declared for drivers, but a host has it. Set once. */
static typeof_member(struct device, bus) vtl_hba_bus;

int vtl_hba_ref_init(const struct Scsi_Host *shost)
{
	int err;

	if (vtl_hba_bus)
		return 0;
	err = bus_register_notifier(shost->shost_gendev.bus, &vtl_hba_bus_nb);
	if (!err)
		vtl_hba_bus = shost->shost_gendev.bus;
	return err;
}

void vtl_hba_ref_exit(void)
{
	if (vtl_hba_bus)
		bus_unregister_notifier(vtl_hba_bus, &vtl_hba_bus_nb);
}
