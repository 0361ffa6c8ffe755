/* SPDX-License-Identifier: GPL-2.0-only */
/* Who talks to us: tgtd tells a device type neither of new nor of lost sessions nor of resets, so we look. */
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "tgt_glue.h"

/* TransportID of an iSCSI initiator port (SPC-5 7.6.4.6): format code and protocol identifier in byte 0. */
#define ISCSI_PROTOCOL	0x05
#define FORMAT_NAME	0x00
#define FORMAT_PORT	0x40
#define ISID_LEN	6
#define ID_HEAD		4
#define ID_LEN		24	/* at least */

/*
 * tgtd's iSCSI driver puts the name, a NUL, ",i,0x" and the ISID as it is; the standard wants one string with the ISID
 * in hexadecimal digits. A name too long for that stands alone.
 */
static unsigned standard_iscsi_id(uint8_t *id, unsigned size, const char *raw, unsigned raw_len)
{
	const char *name = raw + ID_HEAD, *isid;
	unsigned name_len = (unsigned)strnlen(name, raw_len - ID_HEAD), text, len;
	char digits[2 * ISID_LEN + 1];
	unsigned i;

	isid = name + name_len + 1 + strlen(",i,0x");
	if (isid + ISID_LEN > raw + raw_len)
		return 0;
	for (i = 0; i < ISID_LEN; i++)
		snprintf(digits + 2 * i, 3, "%02x", (uint8_t)isid[i]);
	memset(id, 0, size);
	text = name_len + 5 + 2 * ISID_LEN;
	if (ID_HEAD + text + 1 <= size) {
		id[0] = ISCSI_PROTOCOL | FORMAT_PORT;
		snprintf((char *)id + ID_HEAD, size - ID_HEAD, "%.*s,i,0x%s", (int)name_len, name, digits);
	} else {
		id[0] = ISCSI_PROTOCOL | FORMAT_NAME;
		text = name_len < size - ID_HEAD - 1 ? name_len : size - ID_HEAD - 1;
		memcpy(id + ID_HEAD, name, text);
	}
	len = (ID_HEAD + text + 1 + 3) & ~3u;
	if (len < ID_LEN)
		len = ID_LEN;
	if (len > size)
		len = size;
	put_be16(id + 2, (uint16_t)(len - ID_HEAD));
	return len;
}

static void nexus_id(const struct scsi_cmd *scmd, struct vtl_nexus_id *id)
{
	const struct target *target = scmd->c_target;
	char raw[512];
	int len = 0;

	memset(id, 0, sizeof(*id));
	id->target_port = (uint16_t)target->tid;
	if (tgt_drivers[target->lid]->transportid)
		len = tgt_drivers[target->lid]->transportid(target->tid, scmd->cmd_itn_id, raw, sizeof(raw));
	if (len <= ID_HEAD || len > (int)sizeof(raw))
		return;
	if ((raw[0] & 0x0f) == ISCSI_PROTOCOL) {
		id->transport_id_len =
			standard_iscsi_id(id->transport_id, sizeof(id->transport_id), raw, (unsigned)len);
	} else if (len <= (int)sizeof(id->transport_id)) {
		memcpy(id->transport_id, raw, (size_t)len);
		id->transport_id_len = (unsigned)len;
	}
}

static struct it_nexus_lu_info *info_of(const struct tgt_unit *unit, uint64_t itn_id)
{
	struct it_nexus_lu_info *info;

	list_for_each_entry(info, &unit->lu->lu_itl_info_list, lu_itl_info_siblings)
		if (info->itn_id == itn_id)
			return info;
	return NULL;
}

static bool alive(const struct tgt_unit *unit, const struct tgt_nexus *tn)
{
	const struct it_nexus *itn = it_nexus_lookup(unit->lu->tgt->tid, tn->itn_id);

	return itn && itn == tn->itn && itn->ctime == tn->ctime && info_of(unit, tn->itn_id);
}

static void sweep_unit(struct tgt_unit *unit)
{
	struct tgt_nexus **at = &unit->nexuses, *tn;

	while ((tn = *at)) {
		if (alive(unit, tn)) {
			at = &tn->next;
			continue;
		}
		*at = tn->next;
		vtl_nexus_lost(tn->nexus);
		free(tn);
	}
}

void tgt_nexus_sweep(struct tgt_process *process)
{
	struct tgt_unit *unit;

	process->swept = process->env.now_ms(&process->env);
	for (unit = process->units; unit; unit = unit->next) {
		sweep_unit(unit);
		tgt_nexus_resets(unit);
	}
}

void tgt_nexus_drop_all(struct tgt_unit *unit)
{
	struct tgt_nexus *tn;

	while ((tn = unit->nexuses)) {
		unit->nexuses = tn->next;
		vtl_nexus_lost(tn->nexus);
		free(tn);
	}
}

static struct tgt_nexus *known(const struct tgt_unit *unit, uint64_t itn_id)
{
	struct tgt_nexus *tn;

	for (tn = unit->nexuses; tn && tn->itn_id != itn_id; tn = tn->next)
		;
	return tn;
}

static uint16_t attention_code(const struct ua_sense *uas)
{
	const unsigned char *sense = uas->ua_sense_buffer;

	return get_be16((sense[0] & 0x7f) >= 0x72 ? sense + 2 : sense + 12);
}

static unsigned attentions_29(const struct it_nexus_lu_info *info)
{
	const struct ua_sense *uas;
	unsigned count = 0;

	list_for_each_entry(uas, &info->pending_ua_sense_list, ua_sense_siblings)
		count += attention_code(uas) == ASC_POWERON_RESET;
	return count;
}

/*
 * tgtd tells all logical units of a target that there are others now. Drives of a library are targets of their own in
 * hardware, where only the changer's hears of that; a drive in use that did would end the backup that runs on it.
 */
static bool concerns(const struct tgt_unit *unit, uint16_t code)
{
	const struct serve_unit *su = unit->door.unit;
	const struct vtl_drive *drive;

	if (code != ASC_REPORTED_LUNS_DATA_HAS_CHANGED || !su || su->kind != SERVE_DRIVE || su->retired)
		return true;
	drive = serve_drive_port(su->library, su->number);
	return !drive || drive->ops->state(drive) == VTL_DRIVE_EMPTY;
}

/*
 * Takes tgtd's unit attentions of one nexus: power on or reset always (their number is returned), others only where a
 * core nexus is given to hand them to; until a command comes they stay, for tgtd may withdraw them.
 */
static unsigned take_attentions(const struct tgt_unit *unit, struct it_nexus_lu_info *info, struct vtl_nexus *nexus)
{
	struct ua_sense *uas, *next;
	unsigned resets = 0;
	uint16_t code;

	list_for_each_entry_safe(uas, next, &info->pending_ua_sense_list, ua_sense_siblings) {
		code = attention_code(uas);
		if (code == ASC_POWERON_RESET)
			resets++;
		else if (nexus && !concerns(unit, code))
			;
		else if (nexus)
			vtl_nexus_attention(nexus, (uint8_t)(code >> 8), (uint8_t)code);
		else
			continue;
		list_del(&uas->ua_sense_siblings);
		free(uas);
	}
	return resets;
}

/*
 * tgtd notes 29h once when a session comes, and once more, for each nexus of a unit, when the unit is reset; it tells
 * of a reset in no other way. The reset is the device's, whichever door it came through.
 */
void tgt_nexus_resets(struct tgt_unit *unit)
{
	struct it_nexus_lu_info *info;
	bool reset = false;

	list_for_each_entry(info, &unit->lu->lu_itl_info_list, lu_itl_info_siblings) {
		if (list_empty(&info->pending_ua_sense_list))
			continue;
		if (known(unit, info->itn_id))
			reset |= take_attentions(unit, info, NULL) > 0;
		else
			reset |= attentions_29(info) > 1 && take_attentions(unit, info, NULL);
	}
	if (reset && unit->door.unit)
		vtl_dev_reset(unit->door.unit->dev, VTL_RESET_LOGICAL_UNIT);
}

struct vtl_nexus *tgt_nexus_find(struct tgt_unit *unit, const struct scsi_cmd *scmd)
{
	struct tgt_nexus *tn = known(unit, scmd->cmd_itn_id);
	struct vtl_nexus_id id;

	if (tn) {
		take_attentions(unit, scmd->itn_lu_info, tn->nexus);
		return tn->nexus;
	}
	tn = calloc(1, sizeof(*tn));
	if (!tn)
		return NULL;
	nexus_id(scmd, &id);
	tn->nexus = vtl_nexus_new(unit->door.unit->dev, &id);
	if (!tn->nexus) {
		free(tn);
		return NULL;
	}
	tn->itn_id = scmd->cmd_itn_id;
	tn->itn = scmd->it_nexus;
	tn->ctime = scmd->it_nexus->ctime;
	tn->next = unit->nexuses;
	unit->nexuses = tn;
	/* Core gives a new nexus its own 29h. */
	take_attentions(unit, scmd->itn_lu_info, tn->nexus);
	return tn->nexus;
}
