/* SPDX-License-Identifier: GPL-2.0-only */
/* A library on disk: its configuration, its inventory, its cartridges, and the lock of whoever serves it. */
#ifndef LIBRARY_LIBRARY_H
#define LIBRARY_LIBRARY_H

#include <stdbool.h>
#include <stdint.h>

#include "exec.h"
#include "media.h"
#include "model.h"
#include "why.h"

#define LIBRARY_ROOT		"/var/lib/tgt-vtl"	/* or $VTL_LIBRARY_ROOT */
#define LIBRARY_NAME_LEN	64
#define LIBRARY_SERIAL_LEN	32

/* Places are counted from 1 within their kind, as a person does; element addresses are in the configuration. */
enum library_place_kind { LIBRARY_NOWHERE, LIBRARY_SLOT, LIBRARY_DRIVE, LIBRARY_IO, LIBRARY_TRANSPORT, LIBRARY_SHELF };
struct library_place {
	enum library_place_kind kind;
	unsigned number;
};
/* "slot:3" "drive:1" "io:2" "shelf"; false if it is none. */
bool library_place_parse(const char *text, struct library_place *place);
/* Into a static-size buffer of at least 24 bytes. */
const char *library_place_text(struct library_place place, char *buf, unsigned size);

/* What keeps the robot from a place; bits that are on disk. */
enum {
	LIBRARY_PLACE_OPEN = 1,		/* its import/export station is open */
	LIBRARY_PLACE_OUT = 2,		/* its magazine, or the drive, is not in the library */
	LIBRARY_PLACE_DISABLED = 4,
};

/* What a device says of itself in INQUIRY in place of its model's; "": as the model does. */
struct library_identity {
	char vendor[9], product[17], revision[5];
};

#define LIBRARY_MOST_MOVE_MS 3600000u
#define LIBRARY_MOST_BUFFER 4096u		/* MiB */

struct library_drive {
	char id[LIBRARY_NAME_LEN + 1];		/* "D1": drives/D1.drive is its door's name */
	char serial[LIBRARY_SERIAL_LEN + 1];
	const struct vtl_drive_model *model;	/* with `identity` in it */
	struct library_identity identity;
	uint64_t naa;
	enum media_codec codec;
	int codec_level;
	unsigned buffer;			/* MiB for blocks being written; 0: as libmedia has it */
	unsigned time_ms[VTL_TIMES];		/* how long things take; 0: no time */
	uint16_t address;			/* element address, frozen at creation */
	bool absent;				/* it was taken out: its bay is empty, and keeps its address */
};

#define LIBRARY_STATIONS	8
#define LIBRARY_HOOK_ARGS	16

/* A program that runs at every move (PROGRAM ARGUMENTS… before|after LIBRARY {FROM TO CARTRIDGE}…). */
enum { LIBRARY_HOOK_BEFORE, LIBRARY_HOOK_AFTER, LIBRARY_HOOKS };
struct library_hook {
	char *argv[LIBRARY_HOOK_ARGS + 1];	/* NULL-terminated; argv[0] NULL: none */
};

struct library_conf {
	char name[LIBRARY_NAME_LEN + 1];
	char dir[4096];				/* canonical path */
	const struct vtl_library_model *model;	/* with `identity` in it */
	struct library_identity identity;
	struct library_own_model *own;		/* models that are not the models' files' */
	char serial[LIBRARY_SERIAL_LEN + 1];
	uint64_t naa;
	unsigned drives, slots, import_exports;
	struct library_drive *drive;		/* [drives] */
	uint16_t transport_start, storage_start, import_export_start, drive_start;	/* frozen at creation */
	unsigned station[LIBRARY_STATIONS];	/* import/export slots of each station, in order; 0: no more */
	bool station_magazines;			/* stations are magazines that can be taken out */
	unsigned magazine_slots;		/* slots of each magazine; 0: slots are built in */
	unsigned move_ms;			/* how long the robot takes for a cartridge */
	unsigned drive_timeout;			/* seconds after which a drive that does not answer ends a move */
	struct library_hook hook[LIBRARY_HOOKS];
	unsigned hook_timeout;			/* seconds */
};

/* How many drives there are in the bays. */
unsigned library_drives(const struct library_conf *conf);

/* A station (import/export slots behind one door) or a magazine (slots that are taken out together). */
struct library_bay {
	bool station;
	unsigned number;			/* 1.. */
	struct library_place first;
	unsigned count;
	bool removable;
};
/* The one that a place belongs to; false if it belongs to none. */
bool library_bay_of(const struct library_conf *conf, struct library_place place, struct library_bay *bay);
/* The nth station (station) or magazine; false if there is none. */
bool library_bay_nth(const struct library_conf *conf, bool station, unsigned number, struct library_bay *bay);
/* "station:2", "magazine:1", or "io:3" for the station that has it. */
bool library_bay_parse(const struct library_conf *conf, const char *text, struct library_bay *bay);
const char *library_bay_text(const struct library_bay *bay, char *buf, unsigned size);

/* Exit codes of `vtl`, and so the classes of failure of everything below: library_err maps one to one. */
enum library_err {
	LIBRARY_OK = 0,
	LIBRARY_FAILED = 1,
	LIBRARY_USAGE = 2,
	LIBRARY_NOT_FOUND = 3,
	LIBRARY_BUSY = 4,
};

/* What `vtl library create` asks for. Nothing is left behind when it fails. */
struct library_plan {
	const char *name;			/* or a path with a slash in it */
	const char *model;
	struct { const char *model; unsigned count; } drives[256];
	unsigned drive_rows;
	unsigned slots, import_exports;
	unsigned move_ms;			/* how long the robot takes for a cartridge */
	bool robot_time_of_model;		/* as long as a real one of the model */
	bool drive_times_of_model;		/* drives, too */
};
enum library_err library_create(const struct vtl_models *models, const struct library_plan *plan, struct why *why);

/* A library in a folder that is there, as a configuration of tgt's own changer has it (media_home). */
struct library_adoption {
	const char *dir;
	const struct vtl_library_model *model;
	struct library_identity identity;
	char serial[LIBRARY_SERIAL_LEN + 1];	/* "": one is drawn */
	uint16_t transport_start, storage_start, import_export_start, drive_start;
	unsigned slots, import_exports, drives;
	/* [drives]: model, identity, serial ("": one is drawn); the rest is filled. */
	struct library_drive *drive;
};
/* library.conf comes last: without it there is no library, and what is there is made anew. Blocks. */
enum library_err library_adopt(const struct library_adoption *adoption, struct why *why);

struct library;

enum library_mode {
	LIBRARY_READ,		/* no lock: for list and show; the inventory as it was on disk at that moment */
	LIBRARY_OWN,		/* for whoever changes or serves it; LIBRARY_BUSY names the holder */
};

/* `name` is a name under LIBRARY_ROOT, a directory, or a file in one (library.conf, drives/ID.drive).
 * `owner`: one line for the lock, e.g. "tgtd pid 4711 /run/tgt-vtl/0.sock". Blocks. */
enum library_err library_open(const struct vtl_models *models, const char *name, enum library_mode mode,
			      const char *owner, struct library **library, struct why *why);
/* No move may be under way. */
void library_close(struct library *library);
const struct library_conf *library_conf(const struct library *library);
/* Those that it was opened with. */
const struct vtl_models *library_models(const struct library *library);
/* What was found at opening and set right (or, with LIBRARY_READ, would be), a sentence each, for the log; NULL at the
 * end. */
const char *library_note(const struct library *library, unsigned n);
/* Who holds it, when library_open() said LIBRARY_BUSY or for status: the lock's line; "" if nobody. */
void library_holder(const char *dir, char *line, unsigned size);
/* Libraries under the root, sorted; calls back with each directory. */
enum library_err library_each(int (*each)(void *arg, const char *dir), void *arg, struct why *why);
/* Deletes a library that nobody holds, cartridges included. Blocks. */
enum library_err library_delete(const struct vtl_models *models, const char *name, struct why *why);

/* "data", "worm", "cleaning", "null"; never NULL. The kind of a name: MEDIA_KIND_COUNT if there is none. */
const char *library_kind_name(enum media_kind kind);
enum media_kind library_kind_by_name(const char *name);

enum library_tag_kind { LIBRARY_TAG_PRIMARY, LIBRARY_TAG_ALTERNATE, LIBRARY_TAGS };
/* A volume tag that an initiator has given to a cartridge (SMC-3 4.9). */
struct library_tag {
	bool set;			/* else: primary its barcode, alternate undefined */
	uint16_t sequence;
	char text[MEDIA_MAX_BARCODE + 1];	/* "": made undefined */
};

/* What the inventory knows of a cartridge. */
struct library_cartridge {
	char id[MEDIA_MAX_BARCODE + 8];		/* its folder under media/: the barcode, or "@UUID" */
	char barcode[MEDIA_MAX_BARCODE + 1];
	char form[MEDIA_FORM_LEN + 1];
	enum media_kind kind;
	struct library_place place;
	struct library_place source;		/* slot it last came from; LIBRARY_NOWHERE if unknown */
	bool operator_placed;
	struct library_tag tag[LIBRARY_TAGS];
};
/* In place: NULL if empty. Valid until the next change. */
const struct library_cartridge *library_at(const struct library *library, struct library_place place);
/* By barcode or id; NULL if there is none. */
const struct library_cartridge *library_find(const struct library *library, const char *id);
/* The nth cartridge, sorted by id; NULL at the end. */
const struct library_cartridge *library_nth(const struct library *library, unsigned n);

/* LIBRARY_PLACE_…; 0 also for what is no place. */
uint8_t library_place_state(const struct library *library, struct library_place place);
/* Whether a robot gets at a place now; else LIBRARY_BUSY with the reason. */
enum library_err library_reach(const struct library *library, struct library_place place, struct why *why);
/* Whether any cartridge has an alternate volume tag. */
bool library_has_alternates(const struct library *library);

/* Where an unloaded cartridge goes: the slot that it came from, else the first empty one, else LIBRARY_NOWHERE. */
struct library_place library_home(const struct library *library, const struct library_cartridge *cartridge);

/* How much a new cartridge holds. */
struct library_size {
	uint64_t bytes;			/* 0: the medium's */
	bool uncompressed;		/* counted as hosts write them, however well they compress */
};

/*
 * Makes a cartridge and puts it into `place` (LIBRARY_NOWHERE: the first empty
 * slot, else the shelf). Blocks. Refuses a barcode that is there already, is too long, or has other characters than
 * [A-Z0-9_-]; "" makes one without. LIBRARY_BUSY while something is moved or added.
 */
enum library_err library_add_cartridge(struct library *library, const struct vtl_medium_model *medium,
				       enum media_kind kind, const char *barcode, struct library_size size,
				       struct library_place place, struct why *why);

/*
 * What changes alone, without moves beside it. The caller of library_add(), library_alter() keeps it; all is the
 * library's.
 */
struct library_task;

enum library_change {
	LIBRARY_CHANGE_MOVE,
	LIBRARY_CHANGE_TAG,		/* the cartridge in `from` gets a tag */
	LIBRARY_CHANGE_STATE,		/* `count` places from `from` on are in another state */
};

/*
 * A durable change of the inventory: the cartridge of `from` is in `to` when done() is called with LIBRARY_OK; else
 * nothing has changed. Several may be under way; they become durable in order. A crash leaves each cartridge in
 * exactly one place, and an exchange done as a whole or not at all.
 */
struct library_move {
	struct library_place from, to;
	struct library_place second;		/* exchange: what was in `to` goes there; LIBRARY_NOWHERE: a move */
	const char *id;				/* from LIBRARY_SHELF: which cartridge; else NULL */
	enum library_change change;
	enum library_tag_kind which;		/* LIBRARY_CHANGE_TAG */
	struct library_tag tag;
	unsigned count;				/* LIBRARY_CHANGE_STATE */
	uint8_t state, keep;			/* flags that are set, and those that stay as they are */
	void (*done)(struct library_move *move);
	enum library_err err;
	struct why why;
	struct library_move *next;		/* the library's */
	struct library_task *task;		/* the library's; NULL */
	void *owner;				/* the caller's */
};
void library_move(struct library *library, struct media_exec *exec, struct library_move *move);

/* Calls back with each tape of another program in the library's folder and in its media/, and what it is. */
void library_each_foreign(const struct library *library, void (*each)(void *arg, const char *name, const char *format),
			  void *arg);

struct library_task_ops;
struct library_task {
	const struct library_task_ops *ops;
	struct library *library;
	struct library_move move;
};

/* What an operator does at stations, magazines and the shelf. */
enum library_io_action {
	LIBRARY_IO_OPEN,		/* a station; a magazine is unlocked */
	LIBRARY_IO_CLOSE,
	LIBRARY_IO_INSERT,		/* a cartridge of the shelf into a station, or a magazine into the library */
	LIBRARY_IO_REMOVE,		/* a cartridge to the shelf, or a magazine out of the library */
	LIBRARY_IO_DISABLE,		/* a place: the robot keeps off it */
	LIBRARY_IO_ENABLE,
	LIBRARY_IO_ACTIONS
};
/* "open" …; LIBRARY_IO_ACTIONS if it is none. */
enum library_io_action library_io_by_name(const char *name);
/* What initiators are to hear of it. */
enum library_io_event {
	LIBRARY_IO_SILENT,
	LIBRARY_IO_ACCESSED,
	LIBRARY_IO_MAGAZINE_OUT,
	LIBRARY_IO_MAGAZINE_IN,
	LIBRARY_IO_MAGAZINE_LOCKED,
	LIBRARY_IO_MAGAZINE_UNLOCKED,
	LIBRARY_IO_DISABLED,
	LIBRARY_IO_ENABLED,
};

struct library_io {
	enum library_io_action action;
	const char *what;		/* "station:1" "io:3" "magazine:2", a cartridge by barcode or id, "slot:3" */
	struct library_place to;	/* insert: where to; LIBRARY_NOWHERE: the first empty import/export slot */
	/* filled by library_io_prepare() */
	enum library_io_event event;
	bool takes_out;			/* not while an initiator of the changer prevents removal */
	char id[MEDIA_MAX_BARCODE + 8];
	struct library_move move;	/* for library_move(); its done() and owner are the caller's */
};
/* Nothing is changed. LIBRARY_USAGE, NOT_FOUND, BUSY with the reason. `io` stays where it is until its move is done. */
enum library_err library_io_prepare(const struct library *library, struct library_io *io, struct why *why);

/*
 * As library_add_cartridge(), without blocking: the folder is made and the inventory written as a job, after the moves
 * that wait already. What the caller fills stays valid until done().
 */
struct library_add {
	const struct vtl_medium_model *medium;
	enum media_kind kind;
	const char *barcode;
	struct library_size size;
	struct library_place place;		/* when done: where it is */
	void (*done)(struct library_add *add);
	enum library_err err;
	struct why why;
	void *owner;				/* the caller's */
	struct library_task task;		/* the library's */
	struct library_made *made;		/* the library's */
};
void library_add(struct library *library, struct media_exec *exec, struct library_add *add);

/* What a library is to consist of from now on. What is not set stays as it is. */
#define LIBRARY_EDIT_ROWS 256
struct library_edit {
	bool set_slots, set_stations;
	unsigned slots;
	unsigned station[LIBRARY_STATIONS];	/* as in library_conf; all 0: no import/export slots */
	/* Drives, into bays that are empty first, then behind the last. */
	struct { const struct vtl_drive_model *model; unsigned count; } add[LIBRARY_EDIT_ROWS];
	unsigned add_rows;
	/* Drives by id or "drive:N". The last one goes with its bay, others leave an empty bay, so that no drive's
	 * number and address change. */
	const char *remove[LIBRARY_EDIT_ROWS];
	unsigned removes;
	/* What data compression means from now on in a drive that stays, by id or "drive:N". */
	struct { const char *drive; enum media_codec codec; int level; } codec[LIBRARY_EDIT_ROWS];
	unsigned codecs;
};
/* "lz4" or "zlib:9": a codec of libmedia, and its level (0: its own). False: there is none. */
bool library_codec_parse(const char *text, enum media_codec *codec, int *level);

enum library_alteration {
	LIBRARY_ALTER_PARTS,		/* `edit` */
	LIBRARY_ALTER_NAME,		/* the library is called `text` from now on, in the same folder */
	LIBRARY_ALTER_DELETE,		/* the cartridge `text` is no more, with all that is on it */
};

/*
 * A change of the library itself, done alone, after the moves that wait already: durable as a whole when done() is
 * called with LIBRARY_OK, else nothing has changed; a crash leaves the old library or the new one. Elements that go
 * must be empty (LIBRARY_BUSY names the one that is not). What the caller fills stays valid until done(). The robot
 * must be at rest meanwhile. library_conf() is the same object afterwards, with other contents.
 */
struct library_alter {
	enum library_alteration what;
	struct library_edit edit;
	const char *text;
	void (*done)(struct library_alter *alter);
	enum library_err err;
	struct why why;
	void *owner;				/* the caller's */
	struct library_task task;		/* the library's */
	struct library_conf *next;		/* the library's */
};
void library_alter(struct library *library, struct media_exec *exec, struct library_alter *alter);

/* Whether nothing is being moved or added, so that the library may be closed. */
bool library_idle(const struct library *library);

/* Fills in, in zeros, what a new cartridge of a medium is. */
void library_media_info(struct media_info *info, const struct vtl_medium_model *medium, enum media_kind kind,
			const char *barcode, struct library_size size);

/* The store of a cartridge's folder; the caller destroys it. Blocks. */
enum library_err library_media_store(const struct library *library, const char *id, struct media_store **store,
				     struct why *why);

/* The small state that survives (options, counters) of a drive by its id, or the changer (NULL): a checksummed blob of
 * at most 64 KiB, replaced atomically. Blocks; any thread, one at a time for each drive. -> LIBRARY_NOT_FOUND when
 * never saved. */
enum library_err library_drive_state_load(const struct library *library, const char *drive, void *buf, unsigned size,
					  unsigned *len, struct why *why);
enum library_err library_drive_state_save(struct library *library, const char *drive, const void *buf, unsigned len,
					  struct why *why);

#endif
