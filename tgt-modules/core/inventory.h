/* SPDX-License-Identifier: GPL-2.0-only */
/* The port through which a changer sees and changes the inventory of its library. */
#ifndef CORE_INVENTORY_H
#define CORE_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "drive.h"
#include "media.h"

/* SMC-3 6.11, table "element type code" */
enum vtl_element_type { VTL_ANY = 0, VTL_TRANSPORT = 1, VTL_STORAGE = 2, VTL_IMPORT_EXPORT = 3, VTL_DRIVE = 4 };

#define VTL_NO_ADDRESS	0xffffu

struct vtl_element {
	enum vtl_element_type type;
	uint16_t address;
	unsigned number;		/* 1.. within its type, as a person counts (VTL_TRANSPORT: 1) */
	bool full;
	bool operator_placed;		/* ImpExp: put there from outside, not by the robot */
	char barcode[MEDIA_MAX_BARCODE + 1];	/* "" if it has none, or the element is empty */
	enum media_kind kind;
	uint16_t source;		/* storage element it was last taken from, or VTL_NO_ADDRESS */
	struct vtl_drive *drive;	/* VTL_DRIVE only */
};

/* What changed from outside the robot (an operator, a command of the control socket). */
enum vtl_inventory_event { VTL_EVENT_IMPORT_EXPORT, VTL_EVENT_INVENTORY, VTL_EVENT_ELEMENTS };

enum vtl_move_result {
	VTL_MOVE_OK,
	VTL_MOVE_SOURCE_EMPTY,
	VTL_MOVE_DESTINATION_FULL,
	VTL_MOVE_NO_ELEMENT,
	VTL_MOVE_PREVENTED,
	VTL_MOVE_INCOMPATIBLE,		/* this drive takes no such cartridge */
	VTL_MOVE_NOT_DURABLE,		/* the inventory could not be written: nothing moved */
	VTL_MOVE_DRIVE_FAILED,		/* the drive did not give the cartridge up: nothing moved */
};

struct vtl_move {
	uint16_t source, destination;
	const struct vtl_nexus *cause;	/* NULL: from outside SCSI */
	void (*done)(struct vtl_move *move);
	enum vtl_move_result result;
	void *owner;			/* the caller's */
	void *state[4];			/* the inventory's */
};

struct vtl_inventory;

struct vtl_inventory_ops {
	/* How many elements of a type (VTL_ANY: of all); their first address and the range are contiguous per type. */
	unsigned (*count)(const struct vtl_inventory *inv, enum vtl_element_type type);
	uint16_t (*first)(const struct vtl_inventory *inv, enum vtl_element_type type);
	/* The element at an address; false if there is none. */
	bool (*get)(const struct vtl_inventory *inv, uint16_t address, struct vtl_element *element);
	/* Carries a cartridge from one element to another, through the drives' load and eject where they are drives.
	 * Done when the new place is on disk (and the drive has loaded or refused it). Whatever does not succeed
	 * changes nothing. */
	void (*move)(struct vtl_inventory *inv, struct vtl_move *move);
};

struct vtl_inventory {
	const struct vtl_inventory_ops *ops;
};

#endif
