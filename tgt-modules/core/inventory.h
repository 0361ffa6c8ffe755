/* SPDX-License-Identifier: GPL-2.0-only */
/* The port through which a changer sees and changes the inventory of its library. */
#ifndef CORE_INVENTORY_H
#define CORE_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "drive.h"
#include "media.h"
#include "memory.h"

/* SMC-3 6.11, table "element type code" */
enum vtl_element_type { VTL_ANY = 0, VTL_TRANSPORT = 1, VTL_STORAGE = 2, VTL_IMPORT_EXPORT = 3, VTL_DRIVE = 4 };

#define VTL_NO_ADDRESS	0xffffu

enum vtl_tag { VTL_TAG_PRIMARY, VTL_TAG_ALTERNATE, VTL_TAGS };

/* Volume tag information (SMC-3 4.9). */
struct vtl_volume_tag {
	char text[MEDIA_MAX_BARCODE + 1];	/* "": undefined */
	uint16_t sequence;
};

/* Why an element is out of the robot's reach. */
enum vtl_hindrance {
	VTL_REACHABLE,
	VTL_STATION_OPEN,		/* its import/export station is open */
	VTL_MAGAZINE_OUT,
	VTL_ELEMENT_DISABLED,
	VTL_DRIVE_OUT,			/* the drive was taken out of its bay */
};

struct vtl_element {
	enum vtl_element_type type;
	uint16_t address;
	unsigned number;		/* 1.. within its type, as a person counts (VTL_TRANSPORT: 1) */
	bool full;
	bool operator_placed;		/* ImpExp: put there from outside, not by the robot */
	enum vtl_hindrance hindrance;
	struct vtl_volume_tag tag[VTL_TAGS];	/* the primary one is its barcode where no command set another */
	enum media_kind kind;
	uint16_t source;		/* storage element it was last taken from, or VTL_NO_ADDRESS */
	struct vtl_drive *drive;	/* VTL_DRIVE only */
	/* Where the library's model tells media domains; zeros: not known. */
	char label[2];			/* the last two characters of such a cartridge's label: "L8" */
	uint8_t transport[2];		/* VTL_DRIVE: domain and type of the drive */
};

/* What initiators are told of (SMC-3 4.11, and SPC-5 on what changes). */
enum vtl_inventory_event {
	VTL_EVENT_IMPORT_EXPORT,	/* an import/export element was accessed */
	VTL_EVENT_INVENTORY,		/* cartridges came, went or were moved from outside */
	VTL_EVENT_ELEMENTS,		/* there are other elements than before: mode page 1Dh */
	VTL_EVENT_MAGAZINE_OUT,
	VTL_EVENT_MAGAZINE_IN,
	VTL_EVENT_MAGAZINE_LOCKED,
	VTL_EVENT_MAGAZINE_UNLOCKED,
	VTL_EVENT_DISABLED,
	VTL_EVENT_ENABLED,
	VTL_EVENT_DRIVE_OUT,
	VTL_EVENT_DRIVE_IN,
};

enum vtl_move_result {
	VTL_MOVE_OK,
	VTL_MOVE_SOURCE_EMPTY,
	VTL_MOVE_DESTINATION_FULL,
	VTL_MOVE_NO_ELEMENT,
	VTL_MOVE_PREVENTED,		/* an initiator of the changer prevents removal */
	VTL_MOVE_DRIVE_PREVENTED,	/* an initiator of the drive does */
	VTL_MOVE_INCOMPATIBLE,		/* this drive takes no such cartridge */
	VTL_MOVE_CLEANING,		/* nor such a cleaning cartridge */
	VTL_MOVE_STATION_OPEN,		/* the four hindrances */
	VTL_MOVE_MAGAZINE_OUT,
	VTL_MOVE_DISABLED,
	VTL_MOVE_DRIVE_OUT,
	VTL_MOVE_NOT_DURABLE,		/* the inventory could not be written: nothing moved */
	VTL_MOVE_DRIVE_FAILED,		/* the drive did not give the cartridge up: nothing moved */
	VTL_MOVE_LOAD_FAILED,		/* the drive has the cartridge, and does not answer */
	VTL_MOVE_INTERVENTION,		/* the program that runs before a move said no: nothing moved */
	VTL_MOVE_RESULTS
};
/* What a hindrance makes of a move. */
enum vtl_move_result vtl_move_hindered(enum vtl_hindrance hindrance);

/* Which of its elements a refusal is about. */
enum vtl_move_part { VTL_PART_SOURCE, VTL_PART_DESTINATION, VTL_PART_SECOND };

struct vtl_move {
	uint16_t source, destination;
	uint16_t second;		/* exchange: what was in `destination` goes there. VTL_NO_ADDRESS: a move */
	const struct vtl_nexus *cause;	/* NULL: from outside SCSI */
	void (*done)(struct vtl_move *move);
	enum vtl_move_result result;
	enum vtl_move_part part;	/* where it is not VTL_MOVE_OK */
	void *owner;			/* the caller's */
};

/* A durable change of what is known of an element. */
struct vtl_inventory_change {
	uint16_t address;
	const struct vtl_nexus *cause;
	void (*done)(struct vtl_inventory_change *change);
	enum vtl_move_result result;	/* VTL_MOVE_OK, SOURCE_EMPTY, NO_ELEMENT, PREVENTED or NOT_DURABLE */
	void *owner;			/* the caller's */
};

/* What is asked of the memory of the cartridge at an address. */
struct vtl_inventory_memory {
	uint16_t address;
	struct vtl_memory_request request;	/* all but its done() */
	void (*done)(struct vtl_inventory_memory *memory);
	/* VTL_MOVE_OK: request.sense tells; SOURCE_EMPTY, NO_ELEMENT, a hindrance; DRIVE_FAILED: its drive does not
	 * answer; NOT_DURABLE: no memory for it */
	enum vtl_move_result result;
	void *owner;				/* the caller's */
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
	/* Sets a volume tag of the cartridge at an address ("": it becomes undefined). Done when that is on disk. */
	void (*set_tag)(struct vtl_inventory *inv, struct vtl_inventory_change *change, enum vtl_tag which,
			const struct vtl_volume_tag *tag);
	/* Opens or closes the import/export station that an address belongs to. Done when that is on disk. */
	void (*set_open)(struct vtl_inventory *inv, struct vtl_inventory_change *change, bool open);
	/* Asks the memory of the cartridge at an address: the drive that has it, or else the cartridge itself. No
	 * move of it comes between. What was written is on disk when it is done. */
	void (*memory)(struct vtl_inventory *inv, struct vtl_inventory_memory *memory);
	/* Whether any cartridge has an alternate volume tag. */
	bool (*has_alternates)(const struct vtl_inventory *inv);
	/* Called at the time that the changer's timer was set to. */
	void (*tick)(struct vtl_inventory *inv);
};

struct vtl_inventory {
	const struct vtl_inventory_ops *ops;
};

#endif
