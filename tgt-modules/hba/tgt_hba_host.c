/* SPDX-License-Identifier: GPL-2.0-only */
/* Targets of this driver, each with a SCSI host in the kernel as long as there is a kernel driver. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "tgt_hba.h"

/* What there is once in this process. */
static struct {
	struct list_head hosts;
	struct event_data look;		/* at units that tgtd has by then in its list */
	uint64_t itn_id;		/* the latest */
} process;

struct hba_host *hba_host_of(int tid)
{
	struct hba_host *host;

	list_for_each_entry(host, &process.hosts, siblings)
		if (host->target->tid == tid)
			return host;
	return NULL;
}

/* ---- with the kernel ---- */

static const char *reason(int err)
{
	switch (-err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return "the kernel module vtl_hba is not loaded";
	case EBUSY:
		return "another daemon has a host of this name";
	case EPROTO:
		return "the kernel module vtl_hba is of another version than tgtd's module vtl_hba.so";
	default:
		return strerror(-err);
	}
}

static int begin_nexus(struct hba_host *host)
{
	int err;

	host->itn_id = ++process.itn_id;
	/* By the second line tgt-admin knows that the target is in use. */
	snprintf(host->info, sizeof(host->info),
		 _TAB3 "Initiator: this machine, host%" PRIu32 "\n" _TAB3 "Connection: 0\n", host->bridge.host_no);
	err = it_nexus_create(host->target->tid, host->itn_id, 0, host->info);
	if (err)
		return err;
	err = tgt_event_add(host->bridge.fd, EPOLLIN, hba_readable, host);
	if (err)
		it_nexus_destroy(host->target->tid, host->itn_id);
	return err;
}

/* The driver may be loaded after the target was made: each new unit is another chance. */
static bool attach(struct hba_host *host)
{
	int err;

	if (host->bridge.fd >= 0)
		return true;
	err = bridge_open(&host->bridge, VTL_HBA_DEVICE, host->target->name, host->keep);
	if (!err) {
		err = begin_nexus(host);
		if (err)
			bridge_close(&host->bridge, false);
	}
	if (err && err != host->failed)
		hba_log(3, "target %d (%s) has no local devices: %s", host->target->tid, host->target->name,
			reason(err));
	if (!err)
		hba_log(6, "target %d (%s) %s host%" PRIu32, host->target->tid, host->target->name,
			host->bridge.took_over ? "took over" : "is", host->bridge.host_no);
	host->failed = err;
	return !err;
}

/* ---- tgtd's calls ---- */

static void look(struct event_data *event)
{
	struct hba_host *host;

	list_for_each_entry(host, &process.hosts, siblings)
		if (attach(host))
			hba_announce(host);
}

void hba_init(void)
{
	INIT_LIST_HEAD(&process.hosts);
	tgt_init_sched_event(&process.look, look, NULL);
}

static bool has_processors(void)
{
	cpu_set_t set;

	return !sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) > 1;
}

/* tgtd looks at no result, and the target is there in any case. */
int hba_target_create(struct target *target)
{
	struct hba_host *host = calloc(1, sizeof(*host));

	if (!host)
		return -ENOMEM;
	host->target = target;
	host->bridge.fd = -1;
	host->keep = true;
	host->may_watch = has_processors();
	tgt_init_sched_event(&host->watching, hba_watch, host);
	INIT_LIST_HEAD(&host->units);
	INIT_LIST_HEAD(&host->tmfs);
	list_add_tail(&host->siblings, &process.hosts);
	tgt_add_sched_event(&process.look);
	return 0;
}

/* Before it stands in tgtd's list: the kernel would look for it at once, so it is told later. */
int hba_lu_create(struct scsi_lu *lu)
{
	tgt_add_sched_event(&process.look);
	return 0;
}

/* All of its units are gone by now, and with them all commands. */
void hba_target_destroy(int tid, int force)
{
	struct hba_host *host = hba_host_of(tid);

	if (!host)
		return;
	if (host->bridge.fd >= 0) {
		tgt_remove_sched_event(&host->watching);
		tgt_event_del(host->bridge.fd);
		bridge_close(&host->bridge, false);
		it_nexus_destroy(tid, host->itn_id);
	}
	hba_forget_tmfs(host);
	hba_forget_units(host);
	list_del(&host->siblings);
	free(host);
}

/* --name DevicesStay --value Yes or No */
tgtadm_err hba_update(int mode, int op, int tid, uint64_t sid, uint64_t lun, uint32_t cid, char *params)
{
	struct hba_host *host = hba_host_of(tid);
	const char *value;

	if (mode != MODE_TARGET || !host)
		return TGTADM_UNSUPPORTED_OPERATION;
	/* tgtd has put a NUL where the equal sign was. */
	value = params + strlen(params) + 1;
	if (strcmp(params, "DevicesStay") || (strcasecmp(value, "yes") && strcasecmp(value, "no")))
		return TGTADM_INVALID_REQUEST;
	host->keep = !strcasecmp(value, "yes");
	if (host->bridge.fd >= 0 && bridge_keep(&host->bridge, host->keep))
		return TGTADM_UNKNOWN_ERR;
	return TGTADM_SUCCESS;
}

tgtadm_err hba_show(int mode, int tid, uint64_t sid, uint32_t cid, uint64_t lun, struct concat_buf *buf)
{
	const struct hba_host *host;

	if (mode != MODE_TARGET)
		return TGTADM_SUCCESS;
	host = hba_host_of(tid);
	if (!host)
		return TGTADM_NO_TARGET;
	concat_printf(buf, "DevicesStay=%s\n", host->keep ? "Yes" : "No");
	if (host->bridge.fd >= 0)
		concat_printf(buf, "Host=host%" PRIu32 "\n", host->bridge.host_no);
	else
		concat_printf(buf, "Host=none: %s\n", reason(host->failed));
	return TGTADM_SUCCESS;
}

/*
 * SPC-5 7.6.4.7, as of a SAS port: the one transport whose initiators have a plain 64-bit name. Locally assigned
 * (NAA 3h), made from the target's name, so that it is the same after a restart.
 */
int hba_transportid(int tid, uint64_t itn_id, char *buf, int size)
{
	const struct hba_host *host = hba_host_of(tid);
	uint8_t id[24] = { 0x06 };
	uint64_t h = 0xcbf29ce484222325;
	const char *p;
	unsigned i;

	if (!host || size < (int)sizeof(id))
		return 0;
	for (p = host->target->name; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3;
	h = (h & 0x0fffffffffffffff) | 0x3000000000000000;
	for (i = 0; i < 8; i++)
		id[4 + i] = (uint8_t)(h >> (56 - 8 * i));
	memcpy(buf, id, sizeof(id));
	return sizeof(id);
}
