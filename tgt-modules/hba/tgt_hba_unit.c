/* SPDX-License-Identifier: GPL-2.0-only */
/* Logical units: the kernel is told of those that came and, by way of their lu_exit(), of those that go. */
#include <stdlib.h>
#include <string.h>

#include "tgt_hba.h"

static struct hba_unit *unit_of(struct hba_host *host, const struct scsi_lu *lu)
{
	struct hba_unit *unit;

	list_for_each_entry(unit, &host->units, siblings)
		if (unit->lu == lu)
			return unit;
	return NULL;
}

/* In the place of a unit's own lu_exit(). */
static void unit_exit(struct scsi_lu *lu)
{
	struct hba_host *host = hba_host_of(lu->tgt->tid);
	struct hba_unit *unit = host ? unit_of(host, lu) : NULL;
	int err;

	if (!unit)
		return;
	lu->dev_type_template.lu_exit = unit->lu_exit;
	err = bridge_lun(&host->bridge, VTL_HBA_LUN_REMOVE, lu->lun, 0);
	if (err)
		hba_log(3, "target %d: LUN %" PRIu64 " stays in the kernel: %s", lu->tgt->tid, lu->lun, strerror(-err));
	list_del(&unit->siblings);
	free(unit);
	if (lu->dev_type_template.lu_exit)
		lu->dev_type_template.lu_exit(lu);
}

static uint64_t hash(uint64_t h, const char *text)
{
	for (; text && *text; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001b3;	/* FNV-1a */
	return h * 0x100000001b3;
}

/* The same number for the same device, in this process and the next. */
static uint64_t identity(const struct scsi_lu *lu)
{
	char type[4] = { 'T', (char)(lu->attrs.device_type + '0') };
	uint64_t h = 0xcbf29ce484222325;

	h = hash(h, type);
	h = hash(h, lu->attrs.scsi_id);
	h = hash(h, lu->attrs.scsi_sn);
	h = hash(h, lu->path);
	return h ? h : 1;
}

/* tgtd gives power on or reset only to those nexuses that come after the unit. */
static void greet(struct hba_host *host, struct scsi_lu *lu)
{
	const struct it_nexus_lu_info *info;

	list_for_each_entry(info, &lu->lu_itl_info_list, lu_itl_info_siblings)
		if (info->itn_id == host->itn_id && list_empty(&info->pending_ua_sense_list))
			ua_sense_add_it_nexus(host->itn_id, lu, ASC_POWERON_RESET);
}

static void announce(struct hba_host *host, struct scsi_lu *lu)
{
	struct hba_unit *unit = calloc(1, sizeof(*unit));
	int err = -ENOMEM;

	if (unit) {
		greet(host, lu);
		err = bridge_lun(&host->bridge, VTL_HBA_LUN_ADD, lu->lun, identity(lu));
	}
	if (err) {
		hba_log(3, "target %d: LUN %" PRIu64 " is not seen locally: %s", lu->tgt->tid, lu->lun, strerror(-err));
		free(unit);
		return;
	}
	unit->lu = lu;
	unit->lu_exit = lu->dev_type_template.lu_exit;
	lu->dev_type_template.lu_exit = unit_exit;
	list_add_tail(&unit->siblings, &host->units);
}

void hba_announce(struct hba_host *host)
{
	struct scsi_lu *lu;

	list_for_each_entry(lu, &host->target->device_list, device_siblings)
		if (!unit_of(host, lu))
			announce(host, lu);
}

void hba_forget_units(struct hba_host *host)
{
	struct hba_unit *unit, *next;

	list_for_each_entry_safe(unit, next, &host->units, siblings) {
		list_del(&unit->siblings);
		free(unit);
	}
}
