/* SPDX-License-Identifier: GPL-2.0-only */
/* The libraries that this process serves: each composed once, of drives, a changer and a robot, for all doors. */
#ifndef GLUE_SERVE_H
#define GLUE_SERVE_H

#include <stdbool.h>

#include "dev.h"
#include "inventory.h"
#include "library.h"
#include "model.h"
#include "robot.h"
#include "state.h"
#include "tape.h"
#include "why.h"

struct serve;
struct serve_library;

enum serve_kind { SERVE_DRIVE, SERVE_CHANGER };

/* A device as its doors see it. Read only. */
struct serve_unit {
	struct serve_library *library;
	enum serve_kind kind;
	unsigned number;			/* drives: 1.. */
	struct vtl_dev *dev;
	const struct vtl_model_inquiry *inquiry;
	char id[LIBRARY_NAME_LEN + 1];		/* drives: their files' name */
	char serial[LIBRARY_SERIAL_LEN + 1];
	struct serve_door *doors;
	bool retired;				/* a drive that was taken out of the library */
	struct vtl_state state;			/* the device's port to what the library keeps for it */
	struct serve_unit *next;		/* serve's */
};

/* One way in: a logical unit of some target. The caller keeps it from serve_open() to serve_close(). */
struct serve_door {
	/* Calls back with each URL under which an initiator reaches it. */
	void (*urls)(const struct serve_door *door, void (*each)(void *arg, const char *url), void *arg);
	/* The target that it belongs to; NULL: none. Those of one target have the same. */
	const void *(*target)(const struct serve_door *door);
	/* Makes a door onto the drive whose file is `path` in that target, as logical unit `lun` if that is free. */
	bool (*beside)(const struct serve_door *door, const char *path, unsigned lun);
	/* Takes its logical unit away; it is gone then. False: a command is under way in it. */
	bool (*remove)(struct serve_door *door);
	struct serve_unit *unit;		/* NULL: not open */
	struct serve_door *next;		/* serve's */
};

/*
 * Everything of `serve` happens on one thread, that of env->exec's completions, which must come after submit() has
 * returned. `owner` is the line that the lock of each library tells to others.
 */
struct serve *serve_new(struct vtl_env *env, const char *owner);
/* Everything must have settled. */
void serve_free(struct serve *serve);

/*
 * Opens a door onto the changer (the path of a library's library.conf) or a drive (drives/ID.drive). The first door of
 * a library opens the library, powers its drives on and begins to load what they hold. Reads files, so it blocks
 * shortly.
 */
enum library_err serve_open(struct serve *serve, const char *path, enum serve_kind kind, struct serve_door *door,
			    struct why *why);
/*
 * The nexuses of this door are gone already, and none of its commands waits. After a library's last door its drives
 * write out what they hold and the library is closed: that takes its time, and is over when serve_settled().
 */
void serve_close(struct serve_door *door);

/* A library that changes while it is served: library_alter(), and all that follows from it. */
struct serve_alter {
	struct library_alter alter;		/* what is asked for; its done() and owner are serve's */
	void (*done)(struct serve_alter *sa);	/* alter.err, alter.why */
	void *owner;				/* the caller's */
	unsigned busy;				/* doors of drives that are gone, with a command under way */
	struct serve_library *library;		/* serve's */
	struct serve_unit **drive;		/* serve's */
	struct vtl_drive **port;		/* serve's */
	unsigned slots, import_exports, bays;	/* serve's: how many there were */
};
/*
 * When the robot has done what it is at: drives that are new are powered on, and get a logical unit in each target that
 * has the changer (or where none has, any drive); those that are gone lose theirs; initiators are told.
 */
void serve_alter(struct serve_library *sl, struct serve_alter *sa);

/*
 * To be called every few seconds: a drive at rest gives back memory, one at a call, for that takes its time. As
 * vtl_tape_rest(), of all; VTL_RESTED: there may be more.
 */
enum vtl_rest serve_rest(struct serve *serve);
/* Bytes that the buffers of all drives take now. */
size_t serve_buffers(const struct serve *serve);

/* Closes all, doors or not: the process ends. Nothing may be opened any more. */
void serve_stop(struct serve *serve);
/* No library is open, and nothing is under way. */
bool serve_settled(const struct serve *serve);

/* The open libraries, one after the other; NULL at the end. */
struct serve_library *serve_next(const struct serve *serve, const struct serve_library *after);
struct library *serve_library(struct serve_library *sl);
const struct vtl_models *serve_models(const struct serve_library *sl);
struct robot *serve_robot(struct serve_library *sl);
struct serve_unit *serve_changer(struct serve_library *sl);
/* 1..; NULL if there is none, or its bay is empty. */
struct serve_unit *serve_drive(struct serve_library *sl, unsigned number);
/* The drive's side that the robot knows. */
struct vtl_drive *serve_drive_port(struct serve_library *sl, unsigned number);

#endif
