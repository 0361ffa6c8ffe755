/* SPDX-License-Identifier: GPL-2.0-only */
/* An inventory in memory with drives that obey, for tests of the changer: any size, any fault, any order. */
#ifndef TEST_FAKE_INVENTORY_H
#define TEST_FAKE_INVENTORY_H

#include "inventory.h"
#include "model.h"

struct fake_drive {
	struct vtl_drive drive;		/* first */
	char vendor[9], product[17], serial[16];
	enum vtl_drive_state state;
	bool prevented;
};

struct fake_element {
	bool full, operator_placed;
	char barcode[MEDIA_MAX_BARCODE + 1];
	struct vtl_volume_tag tag[VTL_TAGS];	/* what a command set; the primary one is the barcode till then */
	enum vtl_hindrance hindrance;
	enum media_kind kind;
	uint16_t source;
};

struct fake_inventory {
	struct vtl_inventory inventory;	/* first */
	struct {
		uint16_t start;
		unsigned count;
		struct fake_element *element;
	} type[VTL_DRIVE + 1];		/* by enum vtl_element_type; [VTL_ANY] is empty */
	struct fake_drive *drive;
	/* The next moves end so, and change nothing; VTL_MOVE_OK: as their elements demand. */
	enum vtl_move_result refuse;
	/* Moves wait here for fake_inventory_finish(). */
	bool hold;
	struct vtl_move *held;
	unsigned moves, gets;		/* how often move() and get() were called */
	unsigned ticks;
	const struct vtl_nexus *cause;	/* the last one's */
	/* What every cartridge's memory answers, or the last list that was written to one; and how the asking ends. */
	uint8_t memory[64];
	uint32_t memory_len;
	enum vtl_sense memory_sense;
	uint16_t asked;			/* the address */
};

/* With so many elements of each type at the addresses of the model, and no cartridge. */
void fake_inventory_init(struct fake_inventory *fake, const struct vtl_library_model *model, unsigned drives,
			 unsigned slots, unsigned import_exports);
void fake_inventory_free(struct fake_inventory *fake);

/* The element at an address, to look at or to change; NULL if there is none. */
struct fake_element *fake_element(struct fake_inventory *fake, uint16_t address);
/* Address of the nth element of a type, from 0. */
uint16_t fake_address(const struct fake_inventory *fake, enum vtl_element_type type, unsigned n);
/* Puts a data cartridge there, from outside. */
void fake_put(struct fake_inventory *fake, uint16_t address, const char *barcode);
/* Ends the move that is held. */
void fake_inventory_finish(struct fake_inventory *fake);

#endif
