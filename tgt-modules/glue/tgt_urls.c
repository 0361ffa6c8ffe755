/* SPDX-License-Identifier: GPL-2.0-only */
/* Under which URLs a logical unit is reached: iscsi://PORTAL/NAME/LUN for each portal of its target. */
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

void tgt_door_urls(const struct serve_door *door, void (*each)(void *arg, const char *url), void *arg)
{
	const struct tgt_unit *unit = (const struct tgt_unit *)((const char *)door - offsetof(struct tgt_unit, door));
	const struct scsi_lu *lu = unit->lu;
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
