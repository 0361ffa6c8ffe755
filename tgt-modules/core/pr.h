/* SPDX-License-Identifier: GPL-2.0-only */
/* Persistent reservations: who is registered with which key, and who holds what (SPC-5 5.14). */
#ifndef CORE_PR_H
#define CORE_PR_H

#include "internal.h"

/* SPC-5 table 67 */
enum {
	PR_WRITE_EXCLUSIVE = 1,
	PR_EXCLUSIVE_ACCESS = 3,
	PR_WRITE_EXCLUSIVE_RO = 5,
	PR_EXCLUSIVE_ACCESS_RO = 6,
	PR_WRITE_EXCLUSIVE_AR = 7,
	PR_EXCLUSIVE_ACCESS_AR = 8,
};

/* An initiator port at a target port, whether it has a nexus now or not. */
struct vtl_pr_reg {
	struct vtl_pr_reg *next;
	struct vtl_nexus_id id;
	bool all_ports;			/* ALL_TG_PT: at every target port, whatever id says */
	uint64_t key;
};

struct vtl_pr {
	struct vtl_pr_reg *regs;	/* in the order of registration */
	unsigned count;
	uint32_t generation;		/* PRGENERATION */
	uint8_t type;			/* 0: no reservation is held */
	struct vtl_pr_reg *holder;	/* NULL with the all registrants types: each is a holder */
	bool aptpl;			/* all of this survives a power cycle */
	uint8_t kept_type;		/* while it is loaded */
};

bool vtl_pr_type_valid(uint8_t type);
/* Types that let every registrant in: registrants only, all registrants. */
bool vtl_pr_type_registrants(uint8_t type);
bool vtl_pr_type_all(uint8_t type);

/* The registration of a nexus, or of an initiator port at a target port, or NULL. */
struct vtl_pr_reg *vtl_pr_reg(const struct vtl_nexus *nexus);
struct vtl_pr_reg *vtl_pr_find(const struct vtl_dev *dev, const struct vtl_nexus_id *id);
/* Whether a registration is that of an initiator port at a target port. */
bool vtl_pr_covers(const struct vtl_pr_reg *reg, const struct vtl_nexus_id *id);
/* Whether a registration holds the reservation, alone or as one of all. */
bool vtl_pr_holds(const struct vtl_pr *pr, const struct vtl_pr_reg *reg);
/* The device's state, allocated at the first registration; NULL: no memory. */
struct vtl_pr *vtl_pr_get(struct vtl_dev *dev);
/* A new registration; NULL: too many, or no memory. */
struct vtl_pr_reg *vtl_pr_add(struct vtl_dev *dev, const struct vtl_nexus_id *id, uint64_t key);
/* Removes and frees it. Ends the reservation if it was the holder, or the last of all registrants. */
void vtl_pr_remove(struct vtl_dev *dev, struct vtl_pr_reg *reg);
/* The registration is for all target ports from now on: takes over those of its initiator port at single ones. */
void vtl_pr_widen(struct vtl_dev *dev, struct vtl_pr_reg *reg);
/* A unit attention for the nexuses of all registrants but one nexus. */
void vtl_pr_attention(struct vtl_dev *dev, enum vtl_sense sense, const struct vtl_nexus *except);

#endif
