/* SPDX-License-Identifier: GPL-2.0-only */
/* What READ ELEMENT STATUS reports (SMC-3 6.11), decoded from any changer's bytes. */
#ifndef TOOLS_ELEMENTS_H
#define TOOLS_ELEMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "why.h"

enum element_type { ELEMENT_TRANSPORT = 1, ELEMENT_STORAGE = 2, ELEMENT_IMPORT_EXPORT = 3, ELEMENT_DRIVE = 4 };

struct element {
	enum element_type type;
	unsigned number;		/* as mtx numbers it: see below */
	uint16_t address;
	bool full, except, accessible;
	uint8_t asc, ascq;
	bool has_source;
	uint16_t source;
	char barcode[33];		/* without blanks; "" if none was sent */
	char serial[33];		/* drive: its serial number, if it was asked for and sent */
};

struct elements {
	struct element *row;		/* malloc'ed; in the order of the report */
	unsigned count;
};

/* 0, or -1 with what is wrong with the bytes. elements_free() in both cases. */
int elements_decode(const uint8_t *data, uint32_t len, struct elements *elements, struct why *why);
void elements_free(struct elements *elements);

/* The nth of a type, from 0; NULL beyond the last. */
const struct element *elements_nth(const struct elements *elements, enum element_type type, unsigned n);
unsigned elements_of_type(const struct elements *elements, enum element_type type);

/*
 * Numbers as mtx gives them: storage elements from 1, the import/export elements directly after them (both are slots),
 * drives from 0.
 */
const struct element *elements_slot(const struct elements *elements, unsigned slot);
/* The slot number of an element address; 0 if it is no slot. */
unsigned elements_slot_of(const struct elements *elements, uint16_t address);
/* The full slot with this barcode; 0 if there is none. */
unsigned elements_slot_by_barcode(const struct elements *elements, const char *barcode);

#endif
