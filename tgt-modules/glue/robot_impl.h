/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the robot share. */
#ifndef GLUE_ROBOT_IMPL_H
#define GLUE_ROBOT_IMPL_H

#include <stddef.h>

#include "program.h"
#include "robot.h"

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

enum robot_kind { ROBOT_MOVE, ROBOT_MOUNT, ROBOT_DISMOUNT, ROBOT_HOLD, ROBOT_MEMORY };

/* How far an operation has come. Drives at work, and operations before this one, are what may be waited for in vain. */
enum robot_phase { ROBOT_QUEUED, ROBOT_PREPARING, ROBOT_EJECTING, ROBOT_CHANGING, ROBOT_LOADING, ROBOT_ASKING };

/* One cartridge on its way. An exchange has two. */
struct robot_leg {
	struct library_place from, to;		/* both the drive's for mount and dismount */
	bool ejected;				/* its drive has given it up */
};

/* One thing that the robot does. Those that share no place go on side by side; others wait for those before them. */
struct robot_op {
	struct robot *robot;
	struct robot_op *next;
	enum robot_kind kind;
	enum robot_phase phase;
	struct robot_leg leg[2];
	unsigned legs;
	enum vtl_move_result result;
	enum vtl_move_part part;
	struct vtl_move *move;			/* ROBOT_MOVE, until it was told how it ended */
	void (*done)(void *arg);		/* ROBOT_DISMOUNT */
	void (*held)(void *arg, bool ok);	/* ROBOT_HOLD, until it was called */
	void *arg;
	struct vtl_inventory_memory *asked;	/* ROBOT_MEMORY, until it was told */
	struct robot_memory *memory;		/* ROBOT_MEMORY: what is asked; the operation's own */

	uint64_t wake;				/* when the arm has got there; 0: it does not wait */
	uint64_t deadline;			/* when a drive should have answered; UINT64_MAX: never */

	struct library_move change;
	struct vtl_drive_req request;
	unsigned step;				/* leg whose drive is at work */
	struct library_place loading;		/* drive that is about to get a cartridge */
	char cartridge[MEDIA_MAX_BARCODE + 8];	/* and which */
	struct media_job job;
	struct media_store *store;
	struct why why;
};

struct robot {
	struct vtl_inventory inventory;
	struct library *library;
	const struct library_conf *conf;
	struct vtl_env *env;
	struct vtl_drive *const *drives;
	struct vtl_dev *changer;		/* whose timer is the robot's clock; NULL: none yet */
	struct robot_op *ops;			/* in order */
	bool pumping;
	const struct vtl_medium_model *known;	/* of the cartridge that was looked at last: most are alike */
};

static inline struct robot *robot_of(const struct vtl_inventory *inv)
{
	return container_of(inv, struct robot, inventory);
}

/* NULL: its bay is empty. */
static inline struct vtl_drive *robot_drive(const struct robot *robot, struct library_place place)
{
	return place.number <= robot->conf->drives ? robot->drives[place.number - 1] : NULL;
}

/* robot_check.c */
/* Why a move cannot be; op->part is the element of which that is told. */
enum vtl_move_result robot_check(struct robot_op *op);

__attribute__((format(printf, 3, 4)))
void robot_say(struct robot *robot, int level, const char *fmt, ...);

/* robot_inventory.c */
extern const struct vtl_inventory_ops robot_inventory_ops;
/* What keeps the robot from a place. */
enum vtl_hindrance robot_hindrance(const struct robot *robot, struct library_place place);

/* robot.c: core's inventory port */
void robot_inventory_move(struct vtl_inventory *inv, struct vtl_move *move);
void robot_inventory_tick(struct vtl_inventory *inv);
/* What its files have in common. NULL: no memory. */
struct robot_op *robot_op_new(struct robot *robot, enum robot_kind kind, struct library_place from,
			      struct library_place to);
void robot_op_submit(struct robot_op *op);
void robot_op_enter(struct robot_op *op, enum robot_phase phase);
void robot_op_finish(struct robot_op *op, enum vtl_move_result result);
/* Whether there is no cartridge in the drive of a place, whatever the inventory says. */
bool robot_drive_empty(const struct robot *robot, struct library_place place);

/* robot_memory.c: ROBOT_MEMORY */
void robot_inventory_memory(struct vtl_inventory *inv, struct vtl_inventory_memory *memory);
void robot_memory_begin(struct robot_op *op);
/* Tells whoever asked. */
void robot_memory_answer(struct robot_op *op, enum vtl_move_result result);
void robot_memory_free(struct robot_memory *memory);

/*
 * robot_hook.c: runs the program that library.conf names for before or after a move, if there is one. done() is called
 * with `op->result` VTL_MOVE_OK or VTL_MOVE_INTERVENTION, perhaps before this returns.
 */
enum robot_hook_time { ROBOT_BEFORE, ROBOT_AFTER };
void robot_hook_run(struct robot_op *op, enum robot_hook_time time, void (*done)(struct robot_op *op, bool ok));

#endif
