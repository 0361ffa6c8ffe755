/* SPDX-License-Identifier: GPL-2.0-only */
/* Doors as their library sees them: the URLs that lead there, and logical units that are made and taken away. */
#include <stdlib.h>
#include <string.h>

#include "tgt_glue.h"

#define ALL_INTERFACES_4 "0.0.0.0:"
#define ALL_INTERFACES_6 "[::]:"

/* tgtd shows a portal as "Portal: 192.0.2.1:3260,1". */
static void each_portal(char *text, const struct scsi_lu *lu, void (*each)(void *arg, const char *url), void *arg)
{
	char url[1024], *line, *rest = text, *at, *end;

	while ((line = strsep(&rest, "\n"))) {
		at = strstr(line, "Portal: ");
		if (!at)
			continue;
		at += strlen("Portal: ");
		end = strrchr(at, ',');
		if (end)
			*end = '\0';
		/* A wildcard is no address to connect to: this host's loopback is one that surely works from here. */
		if (!strncmp(at, ALL_INTERFACES_6, strlen(ALL_INTERFACES_6)))
			snprintf(url, sizeof(url), "iscsi://[::1]:%s/%s/%" PRIu64, at + strlen(ALL_INTERFACES_6),
				 lu->tgt->name, lu->lun);
		else if (!strncmp(at, ALL_INTERFACES_4, strlen(ALL_INTERFACES_4)))
			snprintf(url, sizeof(url), "iscsi://127.0.0.1:%s/%s/%" PRIu64, at + strlen(ALL_INTERFACES_4),
				 lu->tgt->name, lu->lun);
		else
			snprintf(url, sizeof(url), "iscsi://%s/%s/%" PRIu64, at, lu->tgt->name, lu->lun);
		each(arg, url);
	}
}

static const struct tgt_unit *unit_of(const struct serve_door *door)
{
	return (const struct tgt_unit *)((const char *)door - offsetof(struct tgt_unit, door));
}

const void *tgt_door_target(const struct serve_door *door)
{
	return unit_of(door)->lu->tgt;
}

static bool is_free(const struct target *target, uint64_t lun)
{
	const struct scsi_lu *lu;

	list_for_each_entry(lu, &target->device_list, device_siblings)
		if (lu->lun == lun)
			return false;
	return true;
}

/*
 * As `tgtadm --op new --mode logicalunit` does, on the same thread; tgtd tells the target's initiators that there are
 * other logical units (3Fh/0Eh).
 */
bool tgt_door_beside(const struct serve_door *door, const char *path, unsigned lun)
{
	const struct target *target = unit_of(door)->lu->tgt;
	char params[4096 + 160];
	tgtadm_err err;

	while (!is_free(target, lun))
		lun++;
	snprintf(params, sizeof(params), "path=%s,bstype=ssc", path);
	/* A comma would end the path in tgtd's parameters. */
	err = strchr(path, ',') ? TGTADM_INVALID_REQUEST :
				  tgt_device_create(target->tid, TYPE_TAPE, lun, params, 1);
	if (err == TGTADM_SUCCESS)
		return true;
	tgt_log(3, "target %s: no logical unit %u for %s, error %d of tgtd's; tgtadm may make one", target->name, lun,
		path, (int)err);
	return false;
}

bool tgt_door_remove(struct serve_door *door)
{
	const struct scsi_lu *lu = unit_of(door)->lu;
	int tid = lu->tgt->tid;
	uint64_t lun = lu->lun;

	if (tgt_device_destroy(tid, lun, 0) == TGTADM_SUCCESS)
		return true;
	tgt_log(4, "LUN %" PRIu64 " of target %d: its drive is no more, and a command is under way: tgtadm may delete "
		"it later", lun, tid);
	return false;
}

void tgt_door_urls(const struct serve_door *door, void (*each)(void *arg, const char *url), void *arg)
{
	const struct scsi_lu *lu = unit_of(door)->lu;
	const struct tgt_driver *driver = tgt_drivers[lu->tgt->lid];
	struct concat_buf buf;

	if (strcmp(driver->name, "iscsi") || !driver->show)
		return;
	concat_buf_init(&buf);
	if (driver->show(MODE_PORTAL, lu->tgt->tid, 0, 0, 0, &buf) == TGTADM_SUCCESS && !concat_buf_finish(&buf) &&
	    buf.buf)
		each_portal(buf.buf, lu, each, arg);
	concat_buf_release(&buf);
}
