/* SPDX-License-Identifier: GPL-2.0-only */
/* The world of the robot's tests: a real library on disk, drives that do what a test wants, a clock to turn. */
#ifndef TEST_ROBOT_WORLD_H
#define TEST_ROBOT_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "robot.h"

#define DRIVES 2

struct world_drive {
	struct vtl_drive drive;
	enum vtl_drive_state state;
	bool prevented;
	bool mute;			/* does not answer until world_fake_answer() */
	struct vtl_drive_req *waiting;
	enum media_err eject_err;
	unsigned loads, ejects;
	unsigned asked;			/* how often its cartridge's memory was */
	uint8_t written;		/* the last byte of what was written to it */
	struct vtl_memory_request *memory;	/* waits for world_fake_answer() */
	char why[128];			/* of the last load that came without a store */
};

struct robot_world {
	struct vtl_env env;		/* first */
	struct media_exec exec;
	bool hold;			/* jobs wait in `jobs` */
	struct media_job *jobs;
	char root[64];
	char log[4096];
	uint64_t now, timer;		/* milliseconds */
	struct vtl_models *models;
	struct library *library;
	struct robot *robot;
	struct world_drive fake[DRIVES];
	struct vtl_drive *drives[DRIVES];
};

void world_fake_answer(struct world_drive *fake);
void world_release(struct robot_world *f);
void world_give_clock(struct robot_world *f);
void world_advance(struct robot_world *f, uint64_t ms);
struct library_conf *world_conf_of(struct robot_world *f);
struct library_place world_place(const char *text);
void world_add(struct robot_world *f, const char *medium, const char *barcode, const char *where);
int world_begin(void **state);
int world_end(void **state);
void world_move_done(struct vtl_move *move);
bool world_ended(const struct vtl_move *move);
void world_start(struct robot_world *f, struct vtl_move *move, const char *from, const char *to);
enum vtl_move_result world_carry(struct robot_world *f, const char *from, const char *to);
const char *world_at(struct robot_world *f, const char *where);

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

#endif
