/* SPDX-License-Identifier: GPL-2.0-only */
/* The robot of a library: carries cartridges between the inventory on disk and the drives; core's inventory port. */
#ifndef GLUE_ROBOT_H
#define GLUE_ROBOT_H

#include <stdbool.h>

#include "dev.h"
#include "drive.h"
#include "inventory.h"
#include "library.h"

struct robot;

/*
 * `drives`: one per drive of the configuration, in its order; it and the others outlive the robot. NULL: no memory.
 * Everything of a robot happens on one thread.
 */
struct robot *robot_new(struct library *library, struct vtl_env *env, struct vtl_drive *const *drives);
/* Nothing may be under way. */
void robot_free(struct robot *robot);
/* The changer: its timer is the robot's clock, its initiators hear of stations. Until then moves take no time. */
void robot_set_changer(struct robot *robot, struct vtl_dev *changer);
/* The drives are others than before; NULL: an empty bay. Only at rest, or on hold. */
void robot_set_drives(struct robot *robot, struct vtl_drive *const *drives);
/*
 * Waits until the robot has done what it was told before, and begins nothing more until robot_resume(). `held` may be
 * called before this returns; with false when a drive does not answer in time: the robot goes on then.
 */
void robot_hold(struct robot *robot, void (*held)(void *arg, bool ok), void *arg);
void robot_resume(struct robot *robot);
bool robot_idle(const struct robot *robot);

/* How a changer sees the library. */
struct vtl_inventory *robot_inventory(struct robot *robot);

/*
 * As the inventory's move(), from place to place: `source` and `destination` of `move` are not looked at. To the shelf
 * it goes, but not from there, where no robot reaches.
 */
void robot_carry(struct robot *robot, struct library_place from, struct library_place to, struct vtl_move *move);

/* Gives the drive (1..) the cartridge that the inventory has there already, as after a start, if there is one. */
void robot_mount(struct robot *robot, unsigned drive);
/*
 * Takes a mounted cartridge out of the drive and leaves it there in the inventory, as before a stop. `done` is called
 * also when there was none, perhaps before this returns.
 */
void robot_dismount(struct robot *robot, unsigned drive, void (*done)(void *arg), void *arg);

/* Element addresses of places and back; VTL_NO_ADDRESS and LIBRARY_NOWHERE where there is none. */
uint16_t robot_address(const struct robot *robot, struct library_place place);
struct library_place robot_place(const struct robot *robot, uint16_t address);

/* A sentence about a move that did not succeed. */
const char *robot_strerror(enum vtl_move_result result);

#endif
