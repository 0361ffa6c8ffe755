/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's end of the kernel driver vtl_hba: one open character device and its rings for each SCSI host. */
#ifndef HBA_BRIDGE_H
#define HBA_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vtl_hba.h"

struct bridge {
	int fd;				/* readable when bridge_next() has something; -1: not open */
	void *map;
	size_t map_size;
	uint64_t area_size;
	struct vtl_hba_ring *ring;
	struct vtl_hba_sqe *sq;
	struct vtl_hba_cqe *cq;
	uint8_t *area;
	uint32_t entries;		/* of each ring */
	uint32_t sq_tail, cq_head;
	bool to_ring;			/* answers lie there that the driver was not told of */
	uint32_t host_no;
	bool took_over;			/* the host was there already */
};

/*
 * Opens `device` (VTL_HBA_DEVICE) and makes the host `name`, or takes it over. `keep`: its devices stay when this
 * process dies. 0 or a negative error number: -ENOENT no driver is loaded, -EBUSY another daemon has this host,
 * -EPROTO the driver speaks another version.
 */
int bridge_open(struct bridge *bridge, const char *device, const char *name, bool keep);
/* Removes the host with its devices, unless `keep`. Does nothing when it is not open. */
void bridge_close(struct bridge *bridge, bool keep);
int bridge_keep(struct bridge *bridge, bool keep);

/* Takes the next entry; false: there is none. */
bool bridge_next(struct bridge *bridge, struct vtl_hba_sqe *sqe);
/* Where the data of a command lie; NULL: it has none, or says so of what lies outside the area. */
void *bridge_data(const struct bridge *bridge, const struct vtl_hba_sqe *sqe);
/* Puts an answer there; bridge_ring() tells the driver of all of them. */
void bridge_answer(struct bridge *bridge, const struct vtl_hba_cqe *cqe);
int bridge_ring(struct bridge *bridge);

/* VTL_HBA_LUN; `lun` is a number, 0 to 16383. */
int bridge_lun(struct bridge *bridge, enum vtl_hba_lun_op op, uint64_t lun, uint64_t identity);

/* Numbers of logical units and their 8 bytes (SAM-5 4.7.3): one byte below 256, else flat addressing. */
#define BRIDGE_LUN_MAX 0x3fff
#define BRIDGE_NO_LUN UINT64_MAX
void bridge_put_lun(uint8_t lun[8], uint64_t number);
/* BRIDGE_NO_LUN: of another form. */
uint64_t bridge_get_lun(const uint8_t lun[8]);

#endif
