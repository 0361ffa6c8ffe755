/* SPDX-License-Identifier: GPL-2.0-only */
/* The opcode table: one row is everything known of a command. */
#ifndef CORE_OP_H
#define CORE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sense.h"

struct vtl_cmd;
struct vtl_dev;

#define VTL_NO_SA	(-1)

enum vtl_direction { VTL_DATA_NONE = 0, VTL_DATA_OUT = 1, VTL_DATA_IN = 2 };

/* vtl_op.flags */
enum {
	VTL_OP_MEDIUM = 1 << 0,		/* needs a loaded medium: checked by the type's gate() */
	VTL_OP_WRITE = 1 << 1,		/* changes the medium: needs write permission; gate() */
	VTL_OP_SKIP_UA = 1 << 2,	/* runs with a unit attention pending and leaves it (SAM-5 5.14) */
	VTL_OP_BESIDE = 1 << 3,		/* runs at once, beside whatever is running or queued; must not wait itself */
	VTL_OP_LOADING = 1 << 4,	/* also while a medium is loading or unloading; gate() */
};

/*
 * Which reservations of others refuse it (SPC-5 5.14.2 and the tables of SSC-5 4.2.14, SMC-3 4.13; SPC-2 5.5.1).
 * A row that says nothing is refused by all.
 */
enum vtl_res_class {
	VTL_RES_WRITE = 0,	/* any reservation of another */
	VTL_RES_READ,		/* SPC-2 reservations, and persistent ones of the exclusive access types */
	VTL_RES_SPC2,		/* only SPC-2 reservations (TEST UNIT READY) */
	VTL_RES_EXEMPT,		/* none (INQUIRY, REQUEST SENSE, LOG SENSE) */
	VTL_RES_OWN,		/* the handler asks vtl_res_conflict() itself (PREVENT ALLOW, RESERVE, RELEASE, PR) */
};

/*
 * A command that has several service actions has one row for each. The service action is in bits 4..0 of byte 1.
 */
struct vtl_op {
	uint8_t opcode;
	int16_t sa;			/* VTL_NO_SA: the command has none */
	uint8_t len;			/* CDB length in bytes: 6, 10, 12, 16 */
	uint8_t direction;		/* enum vtl_direction */
	uint8_t res;			/* enum vtl_res_class */
	uint8_t flags;
	const char *name;		/* as in the standard, capitals */
	/*
	 * The bits that mean something, as in the CDB usage data of SPC-5 6.35.3, but for the operation code, which
	 * is not written here (byte 0 stays 0), and the service action field, which is all ones or left out. A bit
	 * that is 0 here and 1 in a CDB is refused with a field pointer to it. The CONTROL byte stays 0: NACA, and
	 * everything else in it, is refused.
	 */
	uint8_t usage[16];
	/* Whether this device has it; NULL: every one of its type. Of rows of one command the first that is. */
	bool (*present)(const struct vtl_dev *dev);
	uint16_t nominal, recommended;	/* timeouts in seconds; recommended is never 0 */
	/* Ends the command (engine.h) or keeps it and ends it later. */
	void (*run)(struct vtl_cmd *cmd);
};

/* A table ends with a row whose name is NULL. */

/* The rows that drives and changers have in common (SPC-5). A row of the type's own table replaces its twin. */
extern const struct vtl_op vtl_spc_ops[];

/*
 * The row for a CDB, or NULL with the reason: SENSE_INVALID_OPCODE, or SENSE_INVALID_FIELD_IN_CDB if only the
 * service action is unknown. `cdb_len` bytes are looked at; a missing service action is unknown.
 */
const struct vtl_op *vtl_op_find(const struct vtl_dev *dev, const uint8_t *cdb, unsigned cdb_len,
				 enum vtl_sense *reason);
/* The row of an operation code and service action (VTL_NO_SA: the one without, or NULL). */
const struct vtl_op *vtl_op_get(const struct vtl_dev *dev, uint8_t opcode, int sa);
/* Every row that this device supports, in the order of operation code and service action. NULL: no more. */
const struct vtl_op *vtl_op_next(const struct vtl_dev *dev, const struct vtl_op *op);
/* What a command takes, in seconds: the model's figures, else the row's. */
void vtl_op_timeouts(const struct vtl_dev *dev, const struct vtl_op *op, uint32_t *nominal, uint32_t *recommended);
/* True if the operation code has service actions on this device. */
bool vtl_op_has_sa(const struct vtl_dev *dev, uint8_t opcode);
/* The first bit that is set in the CDB and not in the usage mask; false if there is none. */
bool vtl_op_reserved_bit(const struct vtl_op *op, const uint8_t *cdb, struct vtl_field *bad);

#endif
