/* SPDX-License-Identifier: GPL-2.0-only */
/* Logical units: from tgtd's lu_init to its bs_exit, each a door onto a drive or a changer. */
#include <stdlib.h>
#include <string.h>

#include "legacy.h"
#include "tgt_glue.h"

static struct tgt_unit *unit_of(const struct scsi_lu *lu)
{
	return dtype_priv(lu);
}

/* ---- device type ---- */

/*
 * The first that is called. When it fails nothing else is; when something later fails, only bs_exit. The store changes
 * here to ours, since a changer's unit comes with any.
 */
tgtadm_err tgt_unit_init(struct scsi_lu *lu)
{
	struct tgt_process *process;
	struct tgt_unit *unit;

	if (lu->cmd_perform != target_cmd_perform) {
		tgt_log(3, "this tgtd is not the one that tgt-vtl was built for: it does not hold that a new unit's "
			"commands go to target_cmd_perform. No logical unit");
		return TGTADM_INVALID_REQUEST;
	}
	if (!tgt_is_ours(lu)) {
		tgt_log(3, "this tgtd is not the one that tgt-vtl was built for: it does not hold that a new unit has "
			"a copy of its type. No logical unit");
		return TGTADM_INVALID_REQUEST;
	}
	process = tgt_process();
	unit = process ? calloc(1, sizeof(*unit)) : NULL;
	if (!unit)
		return TGTADM_NOMEM;
	unit->lu = lu;
	unit->door.urls = tgt_door_urls;
	unit->door.target = tgt_door_target;
	unit->door.beside = tgt_door_beside;
	unit->door.remove = tgt_door_remove;
	unit->next = process->units;
	process->units = unit;
	dtype_priv(lu) = unit;
	lu->bst = &tgt_store;
	lu->cmd_perform = tgt_cmd_arrive;
	lu->attrs.device_type = lu->dev_type_template.type;
	lu->attrs.removable = 1;
	return TGTADM_SUCCESS;
}

/* bs_close and bs_exit follow, and do it. */
void tgt_unit_exit(struct scsi_lu *lu)
{
}

tgtadm_err tgt_unit_online(struct scsi_lu *lu)
{
	lu->attrs.online = unit_of(lu)->door.unit != NULL;
	return TGTADM_SUCCESS;
}

/* A unit without a door is offline; one with a door stays online until it is deleted. */
tgtadm_err tgt_unit_offline(struct scsi_lu *lu)
{
	if (unit_of(lu)->door.unit)
		return TGTADM_INVALID_REQUEST;
	lu->attrs.online = 0;
	return TGTADM_SUCCESS;
}

/* What a device says of itself comes from its model, and cartridges are moved by the changer: nothing for tgtadm. */
tgtadm_err tgt_unit_config(struct scsi_lu *lu, char *params)
{
	struct tgt_unit *unit = unit_of(lu);
	char *one;

	if (!unit->door.unit && params && strstr(params, "media_home=") && !tgt_legacy_begin(unit, NULL))
		return TGTADM_NOMEM;
	if (unit->legacy)
		return tgt_legacy_config(unit, params);
	if (params && !strncmp(params, "targetOps ", 10))
		params += 10;
	while ((one = strsep(&params, ","))) {
		/* tgt-admin may say these of any removable unit, and they hold. */
		if (!*one || !strcmp(one, "online=1") || !strcmp(one, "removable=1"))
			continue;
		tgt_log(4, "LUN %" PRIu64 " of %s: \"%s\" cannot be set: what a drive or changer is comes from its "
			"model and its library.conf", lu->lun, lu->tgt->name, one);
		return TGTADM_INVALID_REQUEST;
	}
	return TGTADM_SUCCESS;
}

/* ---- backing store ---- */

static void copy_field(char *dst, size_t size, const char *src)
{
	snprintf(dst, size, "%s", src);
}

/* Initiators are answered by core. */
void tgt_unit_show(struct tgt_unit *unit)
{
	const struct serve_unit *su = unit->door.unit;
	struct lu_phy_attr *attrs = &unit->lu->attrs;

	copy_field(attrs->vendor_id, sizeof(attrs->vendor_id), su->inquiry->vendor);
	copy_field(attrs->product_id, sizeof(attrs->product_id), su->inquiry->product);
	copy_field(attrs->product_rev, sizeof(attrs->product_rev), su->inquiry->revision);
	copy_field(attrs->scsi_sn, sizeof(attrs->scsi_sn), su->serial);
	copy_field(attrs->scsi_id, sizeof(attrs->scsi_id), su->serial);
	attrs->online = 1;
}

int tgt_store_open(struct scsi_lu *lu, char *path, int *fd, uint64_t *size)
{
	struct tgt_process *process = tgt_process();
	struct tgt_unit *unit = unit_of(lu);
	enum serve_kind kind = lu->attrs.device_type == TYPE_TAPE ? SERVE_DRIVE : SERVE_CHANGER;
	struct why why = { "" };

	*fd = -1;
	if (unit->door.unit) {
		tgt_log(3, "LUN %" PRIu64 " of %s is open already", lu->lun, lu->tgt->name);
		return -1;
	}
	if (serve_open(process->serve, path, kind, &unit->door, &why) == LIBRARY_OK) {
		tgt_unit_show(unit);
	} else if (!tgt_legacy_begin(unit, path)) {
		tgt_log(3, "LUN %" PRIu64 " of %s: %s", lu->lun, lu->tgt->name, why.text);
		return -1;
	}
	*fd = 0;	/* nothing that tgtd would close */
	*size = 0;
	return 0;
}

void tgt_store_close(struct scsi_lu *lu)
{
	struct tgt_unit *unit = unit_of(lu);

	tgt_nexus_drop_all(unit);
	serve_close(&unit->door);
}

void tgt_store_exit(struct scsi_lu *lu)
{
	struct tgt_unit *unit = unit_of(lu);
	struct tgt_process *process = tgt_process_if_any();
	struct tgt_unit **at;

	if (!unit)
		return;
	tgt_store_close(lu);
	for (at = &process->units; *at != unit; at = &(*at)->next)
		;
	*at = unit->next;
	dtype_priv(lu) = NULL;
	legacy_free(unit->legacy);
	free(unit);
}
