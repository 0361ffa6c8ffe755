/* SPDX-License-Identifier: GPL-2.0-only */
/* The narrow port where a robot and a tape drive meet: the changer knows a drive only by this. */
#ifndef CORE_DRIVE_H
#define CORE_DRIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "media.h"

struct vtl_memory_request;	/* memory.h */
struct vtl_nexus;
struct vtl_drive;

enum vtl_drive_state {
	VTL_DRIVE_EMPTY,
	VTL_DRIVE_LOADING,
	VTL_DRIVE_READY,
	VTL_DRIVE_UNLOADING,
	VTL_DRIVE_UNLOADED,	/* a cartridge is there, not threaded: the robot may take it */
	VTL_DRIVE_REFUSED,	/* a cartridge is there and cannot be used: 30/xx */
	VTL_DRIVE_CLEANING,
};

/*
 * load() and eject() end by calling back on the owner's thread, perhaps before they return; one at a time per drive.
 */
struct vtl_drive_req {
	void (*done)(struct vtl_drive_req *req);
	enum media_err err;		/* eject(): what could not be written before the cartridge came out */
	void *next;			/* the drive's */
};

struct vtl_drive_ops {
	enum vtl_drive_state (*state)(const struct vtl_drive *drive);
	/* What it is doing, in a word or two for a person: "idle", "writing", "locating" … */
	const char *(*activity)(const struct vtl_drive *drive);
	/* Some initiator prevents removal (SSC-5 4.2.6; SPC-5 6.12). */
	bool (*removal_prevented)(const struct vtl_drive *drive);
	/* A cartridge is on its way into the empty drive, load() will follow: it is becoming ready from now on, so that
	 * nobody takes it for an empty one meanwhile. */
	void (*expect)(struct vtl_drive *drive);
	/* A cartridge was put in. The drive takes over `store` (NULL: the medium's store could not be opened, `why`
	 * tells; the drive then reports a medium that it cannot read), loads it, and raises 28/00. done() comes
	 * when the medium is ready or refused, or, where a drive takes its time, as soon as it has the cartridge:
	 * one that is refused is in the drive all the same. */
	void (*load)(struct vtl_drive *drive, struct media_store *store, const char *why, struct vtl_drive_req *req);
	/* Waits for the running command, writes out what was accepted, closes the cartridge and gives it up. */
	void (*eject)(struct vtl_drive *drive, struct vtl_drive_req *req);
	/* Asks the memory of the cartridge that is in the drive, mounted or not, after the commands that wait there.
	 * One at a time, and none beside an eject. */
	void (*memory)(struct vtl_drive *drive, struct vtl_memory_request *req);
	/* For DVCID and VPD: a designation descriptor of the logical unit (SPC-5 7.7.6), returns its length. */
	unsigned (*designator)(const struct vtl_drive *drive, uint8_t *buf, unsigned size);
	const char *(*serial)(const struct vtl_drive *drive);
	/* Where the mounted cartridge stands and what went through it since it was loaded; false if none is mounted. */
	bool (*mounted)(const struct vtl_drive *drive, struct media_pos *pos, struct media_counters *counters);
};

struct vtl_drive {
	const struct vtl_drive_ops *ops;
};

#endif
