/* SPDX-License-Identifier: GPL-2.0-only */
/* The tape drive from inside: its state, and what the files of ssc/ offer each other. */
#ifndef SSC_TAPE_IMPL_H
#define SSC_TAPE_IMPL_H

#include <stddef.h>
#include <string.h>

#include "engine.h"
#include "keys.h"
#include "memory.h"
#include "rscrc.h"
#include "tape.h"

#define TAPE_MAX_SERIAL	64

struct vtl_tape;

/* A READ or WRITE that is under way. */
struct tape_io {
	bool fixed, sili;
	enum media_op op;		/* READ: from the medium, or RECOVER */
	uint32_t count, done;		/* blocks asked for, and transferred */
	uint32_t len;			/* bytes of a block, as the command or the mode parameters say; with
					 * its protection information, if there is some */
	uint8_t method, information;	/* logical block protection: by what, and bytes behind each block; or 0 */
	bool in_ew;			/* READ: the position was beyond early warning before */
	bool in_pewz;			/* the position was in the programmable early warning zone before */
	uint64_t first;			/* logical object number of the first block */
	bool wait;			/* what was written must be on the medium before status */
	bool (*then)(struct vtl_tape *t);	/* at the place that the command states */
	bool other_method;		/* VERIFY: blocks are not protected as they should be */
	bool reversed;			/* READ REVERSE: bytes are to be sent in the order in which they are met */
	bool told;			/* READ REVERSE: an incorrect length is to be told */
	unsigned phase;			/* READ REVERSE, VERIFY: of the block under way; the step's own */
	enum media_err err;		/* READ REVERSE: what came of the block, while the position goes before it */
};

/* What is under way, as REQUEST SENSE and a person are told. */
enum tape_activity {
	TAPE_IDLE, TAPE_READING, TAPE_WRITING, TAPE_VERIFYING, TAPE_SPACING, TAPE_LOCATING, TAPE_REWINDING,
	TAPE_LOADING, TAPE_UNLOADING, TAPE_FORMATTING, TAPE_SETTING_CAPACITY, TAPE_ERASING,
};

/* ALLOW OVERWRITE (SSC-5 7.1) */
enum { ALLOW_NOTHING = 0, ALLOW_POSITION = 1, ALLOW_FORMAT = 2 };

/* Attributes that no host sees: what drives remember of a volume in its memory. */
enum {
	TAPE_MAM_PRIVATE = 0xf000,	/* the first of them */
	TAPE_MAM_SIZE = 0xf000,
	TAPE_MAM_PERSWP = 0xf001,	/* there: write protected by software, persistently */
	TAPE_MAM_VOLUME = 0xf002,	/* struct tape_volume, each number of 8 bytes */
	TAPE_MAM_MOUNTED = 0xf003,	/* there: mounted since, and never unloaded as it should be */
	TAPE_MAM_WORM = 0xf004,		/* of each partition: what was on it at the last unload, as worm.c has it */
	TAPE_MAM_ENCRYPTED = 0xf005,	/* of each partition: its first encrypted object, as encrypted.c has it */
};
enum {
	MAM_LOAD_COUNT = 0x0003,
	MAM_INIT_COUNT = 0x0007,
	MAM_CHANGE_REFERENCE = 0x0009,
	MAM_LAST_DEVICE = 0x020a,	/* to 020D */
	MAM_WRITTEN_LIFE = 0x0220,
	MAM_READ_LIFE = 0x0221,
	MAM_WRITTEN_LOAD = 0x0222,
	MAM_READ_LOAD = 0x0223,
	TAPE_MAM_COHERENCY = 0x080c,
};
#define MAM_DEVICE_LEN	40		/* vendor (8), serial number (32) */
/* What the makers of LTO cleaning cartridges promise. */
#define TAPE_CLEANING_USES	50u

struct tape_memory;

/* An attribute that is known by its row: computed, or kept in the cartridge's memory. */
struct tape_attr {
	uint16_t id;
	const char *name;
	uint8_t format;			/* enum media_attr_format */
	uint16_t len;
	bool host;			/* the application client's: is there when it was written */
	/* Puts `len` bytes (zeroed before). NULL: what is stored. */
	void (*get)(const struct tape_memory *m, unsigned partition, struct vtl_reply *r);
	bool of_tape;			/* cleaning cartridges, which have no tape for data, have it not */
};

/* A motion that is under way: SPACE, LOCATE. */
struct tape_move {
	enum media_op op;
	int64_t count;
	unsigned partition;
	bool after_filemark;		/* LOCATE by file: one filemark further than LOCATE_FILEMARK goes */
};

/* How far along the tape something lies, 0 to 1, with the number of its wrap. */
struct tape_place {
	unsigned partition, wrap;
	double along;
};

/* Time that passes, as on a real drive, before something goes on. */
struct tape_wait {
	uint64_t begin, end;		/* now_ms() */
	void (*then)(struct vtl_tape *t);	/* NULL: nothing waits */
};

/* What the drive counts over its life: numbers only, kept in this order on disk; new ones come last. */
struct tape_life {
	uint64_t born_ms;		/* since 1970; 0: not known */
	uint64_t power_cycles, loads, cleanings;
	uint64_t written, read;		/* bytes on media, of cartridges that are out again */
	uint64_t write_errors, read_errors;
	uint64_t motion_ms, write_ms, read_ms;	/* commands that move the tape; of these writes and reads */
	uint64_t millimetres;		/* of tape processed, of cartridges that are out again */
	uint64_t motion_cleaned;	/* motion_ms at the last cleaning */
	uint64_t incompatible_ms;	/* motion_ms when a cartridge was refused as incompatible */
	uint64_t other_errors;
};

/* What is counted on a cartridge over its life, without the load that goes on: kept in its memory, as above. */
struct tape_volume {
	uint64_t written, read;		/* bytes as stored */
	uint64_t written_host, read_host;
	uint64_t write_errors, read_errors;
	uint64_t last_written, last_read, last_write_errors, last_read_errors;	/* of the mount before this one */
	uint64_t part_written[MEDIA_MAX_PARTITIONS], part_read[MEDIA_MAX_PARTITIONS];	/* of written and read */
};

/* What a cartridge's memory has to tell, with what is known beside it of the cartridge. */
struct tape_memory {
	struct media *media;
	const struct vtl_medium_model *medium;	/* NULL: its model is not known */
	const struct vtl_density *density;	/* as it is formatted; NULL: not known */
	uint64_t alerts;			/* of the drive that it is in */
	struct tape_volume life, before;	/* over its life, and without the load that goes on */
};

/* What is counted of a load; some of it stays to be seen until the next. */
struct tape_tally {
	struct media_counters bytes;
	uint64_t blocks_written, blocks_read;
	uint64_t reverse_bytes, verify_bytes;	/* of bytes.read_store */
	uint64_t part_written[MEDIA_MAX_PARTITIONS], part_read[MEDIA_MAX_PARTITIONS];	/* of bytes.*_store */
	uint64_t write_errors, read_errors, reverse_errors, verify_errors, other_errors;
};

#define TAPE_DATA_SET	2472960u	/* LTO counts data sets: so many bytes from LTO-5 on */

/* What LOG SELECT resets together: a page each. */
enum tape_since {
	SINCE_LOAD,			/* never reset */
	SINCE_WRITE, SINCE_READ, SINCE_REVERSE, SINCE_VERIFY, SINCE_OTHER, SINCE_COMPRESSION, SINCE_COMPRESSION_LTO,
	SINCE_LTO_WRITE, SINCE_LTO_READ, SINCE_TRANSFERRED, TAPE_SINCES,
};

/* Log page 16h: parameters, newest first. */
enum { TAPE_FAULTS = 12, TAPE_FAULT_LEN = 68 };

struct vtl_tape {
	struct vtl_dev dev;		/* first: a vtl_dev of this type is a vtl_tape */
	struct vtl_drive drive;
	const struct vtl_drive_model *model;
	const struct vtl_models *models;
	uint16_t *lacks;		/* operation codes that it has not */
	char library_serial[33];	/* "": it is in none */
	uint16_t element;
	enum media_codec codec;
	int codec_level;
	size_t ring_bytes;
	struct media_memory *memory;
	unsigned time_ms[VTL_TIMES];
	bool used;				/* the medium, since vtl_tape_rest() was called last */
	bool rests;				/* what it holds for work was given back */
	struct media_writers *writers;

	/* mode parameters that are in no page */
	uint32_t block_length;		/* 0: variable */
	uint8_t buffered;		/* BUFFERED MODE: 0 or 1 */

	struct tape_crypt crypt;
	struct rscrc *rscrc;		/* NULL: the model does not protect blocks so */

	/* the cartridge */
	enum vtl_drive_state state;
	enum vtl_sense refused;		/* in VTL_DRIVE_REFUSED: what it says */
	bool held;			/* in VTL_DRIVE_UNLOADED: seated (HOLD), not ejected */
	struct media_store *store;	/* while a cartridge is there, but for one whose store could not be opened */
	struct media *media;		/* in VTL_DRIVE_READY */
	const struct vtl_medium_model *medium;	/* in VTL_DRIVE_READY; NULL if its model is not known */
	bool writable;			/* this drive writes such cartridges */
	bool tampered;			/* a WORM cartridge that is not as it was left */
	bool unsynced;			/* something was accepted since the last synchronous point */
	bool changed;			/* volume change reference was counted up in this load */
	struct tape_volume volume;	/* before this load */
	uint64_t mounted_ms;		/* now_ms() when it became ready */
	bool partitioning;		/* MODE SELECT has changed the Medium Partition page since load or format */
	struct media_geometry geometry;	/* of a format that is under way */
	struct {			/* ALLOW OVERWRITE */
		uint8_t what;
		unsigned partition;
		uint64_t object;
	} allowed;
	struct media_counters last;	/* counters of the last cartridge, while none is loaded */

	/* what is running: a command, or the rest of one that was answered already, or an eject */
	struct vtl_cmd *cmd;		/* NULL: a task */
	struct vtl_task task;		/* after IMMED */
	void (*begin)(struct vtl_tape *t);	/* what the task has to do */
	struct media_req req;
	struct media_peeked peeked;
	bool (*step)(struct vtl_tape *t);
	bool (*then)(struct vtl_tape *t);	/* after the synchronous point */
	struct media_job pause;		/* between many small requests */
	bool pausing;			/* it is being submitted */
	struct tape_io io;
	struct tape_move move;
	uint64_t run, runs_at;		/* SPACE over sequential filemarks: found in a row, and where the last ends */
	uint8_t *whole;			/* READ REVERSE: a block and its protection information, while it is read */
	uint8_t *compare;		/* VERIFY: a block to be compared with what the initiator sent */
	uint8_t *order;			/* recommended access order: descriptors of 32 bytes each, NULL: none */
	unsigned orders;
	uint8_t order_process;
	enum tape_activity activity;
	bool under_way;			/* begun, all checks behind it */
	struct tape_place from;		/* where the tape was then */
	uint64_t from_object;
	uint64_t backlog;		/* bytes that were to be written out then */
	bool long_erase;
	bool to_end;			/* VERIFY to end of data */
	struct tape_wait wait;
	bool hurry;			/* nothing takes time */
	enum vtl_sense late;		/* what it ends with when the time has passed */
	bool late_with;
	struct vtl_sense_extra late_extra;

	/* a failure after GOOD, for the next command: sense NONE if there is none */
	enum vtl_sense deferred;
	struct vtl_sense_extra deferred_extra;

	/* loading and unloading */
	struct media_job job;
	struct media *job_media;	/* the job's */
	struct media_store *job_store;	/* the job destroys it; NULL: it stays */
	enum media_err job_err;
	struct why job_why;
	void (*job_after)(struct vtl_tape *t);
	bool by_robot;			/* the load under way is the robot's, not a command's */
	bool eject_waits;		/* for that load to end */
	struct vtl_task eject;
	struct vtl_drive_req *load_req, *eject_req;	/* the robot's, under way */
	enum media_err eject_err;
	struct vtl_task memory_task;		/* the robot asks the cartridge's memory */
	struct vtl_memory_request *memory_req;
	struct vtl_memory_visit visit;		/* of a cartridge that is in the drive and not mounted */
	bool told_deferred;			/* a failure of what was accepted before came up with that */
	char owner[TAPE_MAX_SERIAL + 32];

	struct tape_life life;
	struct tape_tally tally;	/* of this load, but for bytes */
	struct tape_tally since[TAPE_SINCES];	/* what LOG SELECT has reset of it, for each page */
	uint8_t fault[TAPE_FAULTS][TAPE_FAULT_LEN];
	uint64_t begun;			/* when the command that runs began: now_ms(), partition */
	unsigned begun_partition;
	struct media_counters counted;	/* what of this load's bytes is in the tally by partition and kind */
};

static inline struct vtl_tape *tape_of_dev(struct vtl_dev *dev)
{
	return (struct vtl_tape *)dev;
}

static inline struct vtl_tape *tape_of(const struct vtl_cmd *cmd)
{
	return tape_of_dev(vtl_cmd_dev(cmd));
}

/* request.c: one request to the medium after another, and how a command ends */

/*
 * Runs the requests of the command (or task) that is under way: `then` prepares the first with tape_req() and sets
 * t->step; each time one is complete t->step decides: true if it has prepared another, false if it has ended the
 * command. tape_start() first makes durable what was written, if there is something: motion does that.
 */
void tape_start(struct vtl_tape *t, bool (*then)(struct vtl_tape *t));
void tape_start_now(struct vtl_tape *t, bool (*then)(struct vtl_tape *t));
struct media_req *tape_req(struct vtl_tape *t, enum media_op op);
/* With IMMED: answers GOOD, and goes on as a task that holds the queue; else begins. */
void tape_begin(struct vtl_cmd *cmd, bool immediate, enum tape_activity activity, void (*begin)(struct vtl_tape *t));
const char *tape_activity_name(enum tape_activity activity);
/* What goes on after IMMED, as REQUEST SENSE tells it; SENSE_NONE: nothing. */
enum vtl_sense tape_in_progress(const struct vtl_tape *t);
/* What keeps the medium from being used meanwhile, as TEST UNIT READY tells it. */
enum vtl_sense tape_busy(const struct vtl_tape *t);
/* How much of it is done, n/65536. */
uint16_t tape_progress(const struct vtl_tape *t);
/* Ends what is under way. SENSE_NONE without `extra`: GOOD. After IMMED a failure becomes a deferred error. */
void tape_end(struct vtl_tape *t, enum vtl_sense sense, const struct vtl_sense_extra *extra);
/* Ends it with a medium's outcome; `extra` (may be NULL) holds what is known of INFORMATION. */
void tape_fail(struct vtl_tape *t, enum media_err err, bool writing, const struct vtl_sense_extra *extra);

/* delay.c: time that motion and mechanics take, where they are told to */

/* Goes on with `then` after so many milliseconds; at once, before it returns, if there are none. */
void tape_wait(struct vtl_tape *t, uint64_t ms, void (*then)(struct vtl_tape *t));
/* The time is over now, if something waits. */
void tape_wait_cut(struct vtl_tape *t);
static inline bool tape_waits(const struct vtl_tape *t)
{
	return t->wait.then;
}
void tape_tick(struct vtl_dev *dev);
/* Notes where the tape is, to measure how far it will have gone. */
void tape_sets_out(struct vtl_tape *t);
/* What the way from there to where it is now takes, as a share of the time for the whole length. */
uint64_t tape_way_ms(const struct vtl_tape *t, enum vtl_time time);
/* What the way from here to the beginning of the tape takes. */
uint64_t tape_rewind_ms(const struct vtl_tape *t);
/* Nothing is under way any more. */
void tape_idle(struct vtl_tape *t);
/* What is under way takes, in all, now that it is done but for the time. */
uint64_t tape_activity_ms(const struct vtl_tape *t);

/* tape.c: what keeps a command from running, by the flags of its row. */
enum vtl_sense tape_gate(struct vtl_dev *dev, const struct vtl_cmd *cmd, struct vtl_sense_extra *extra);
/* Whether a model is of a family, or of some vendor's ("hp-lto" is "lto"). */
static inline bool tape_is(const struct vtl_drive_model *m, const char *family)
{
	const char *vendor = strchr(m->family, '-');

	return strcmp(m->family, family) == 0 || (vendor && strcmp(vendor + 1, family) == 0);
}

/* medium.c: what is in the drive */
extern const struct vtl_drive_ops tape_drive_ops;
/* What a command that needs a medium gets; SENSE_NONE if it is ready. */
enum vtl_sense tape_not_ready(const struct vtl_tape *t);
/* Why the medium cannot be written; SENSE_NONE if it can. */
enum vtl_sense tape_not_writable(const struct vtl_tape *t);
/* The counters of the cartridge that is or was in the drive. */
void tape_counters(const struct vtl_tape *t, struct media_counters *counters);
void tape_load_unload(struct vtl_cmd *cmd);

/* rw.c: the 6-byte and the 16-byte forms */
void tape_read(struct vtl_cmd *cmd);
void tape_recover_buffered_data(struct vtl_cmd *cmd);
void tape_write(struct vtl_cmd *cmd);
void tape_write_filemarks(struct vtl_cmd *cmd);
void tape_erase(struct vtl_cmd *cmd);
/* What they share with verify.c and reverse.c. `what`: TAPE_LBP_*. Sets up t->io; false: the command has ended. */
bool tape_io_setup(struct vtl_cmd *cmd, uint8_t what, bool silent);
/* TRANSFER LENGTH of either form. */
uint32_t tape_length(const struct vtl_cmd *cmd);
/* Begins with `then` at the place that a 16-byte command states. */
void tape_io_start(struct vtl_tape *t, bool (*then)(struct vtl_tape *t));
/* INFORMATION: blocks in fixed mode, bytes in variable mode. */
int64_t tape_io_residual(const struct tape_io *io);
/* Whether a block of this length, with its protection information, is told of as one of incorrect length. */
bool tape_tells_length(const struct vtl_tape *t, uint32_t actual);
/* protection.c: logical block protection. What protects: bits of the Control Data Protection page. */
enum { TAPE_LBP_W = 0x80, TAPE_LBP_R = 0x40, TAPE_RBDP = 0x20 };
enum { TAPE_METHOD_RSCRC = 0x01, TAPE_METHOD_CRC32C = 0x02 };
#define TAPE_INFORMATION	4u	/* bytes behind a block, by all methods */
bool tape_has_protection(const struct vtl_drive_model *m);
/* False: no memory. */
bool tape_protection_init(struct vtl_tape *t);
/* The method by which a nexus has blocks protected in such commands; 0: not. */
uint8_t tape_protection_method(const struct vtl_nexus *nexus, uint8_t what);
/* Whether blocks on the medium are protected by the method that a nexus has chosen. */
bool tape_recorded_as_chosen(const struct vtl_nexus *nexus);
/* Whether the block that the initiator sent, number t->io.done of its command, is what its CRC says, if it has one. */
bool tape_protected_ok(const struct vtl_tape *t);
/*
 * Puts the protection information, if some is wanted, behind a block of `actual` bytes that was read to `buf`, as far
 * as that has `room`. Returns the bytes that are there then, block and all.
 */
uint32_t tape_protect(const struct vtl_tape *t, uint8_t *buf, uint32_t actual, uint32_t room);
bool tape_protection_present(const struct vtl_dev *dev);
enum vtl_sense tape_protection_check(struct vtl_dev *dev, const uint8_t *old, uint8_t *page, struct vtl_field *bad);
void tape_protection_vpd(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r);
/* verify.c, reverse.c */
void tape_verify(struct vtl_cmd *cmd);
void tape_read_reverse(struct vtl_cmd *cmd);
/* order.c: where an object lies; READ END OF WRAP POSITION, recommended access order */
void tape_read_end_of_wrap(struct vtl_cmd *cmd);
void tape_generate_order(struct vtl_cmd *cmd);
void tape_receive_order(struct vtl_cmd *cmd);
struct tape_place tape_place_of(const struct vtl_tape *t, unsigned partition, uint64_t object);
void tape_order_forget(struct vtl_tape *t);
/* report.c */
void tape_read_serial_number(struct vtl_cmd *cmd);
void tape_load_display(struct vtl_cmd *cmd);
void tape_test_unit_ready(struct vtl_cmd *cmd);
unsigned tape_more_sense(struct vtl_dev *dev, uint8_t *buf, unsigned size);
void tape_read_block_limits(struct vtl_cmd *cmd);

/* position.c */
void tape_rewind(struct vtl_cmd *cmd);
void tape_space_6(struct vtl_cmd *cmd);
void tape_space_16(struct vtl_cmd *cmd);
void tape_locate_10(struct vtl_cmd *cmd);
void tape_locate_16(struct vtl_cmd *cmd);
void tape_read_position(struct vtl_cmd *cmd);
/* Whether the position is in the programmable early warning zone (SSC-4) or beyond. */
bool tape_beyond_pew(const struct vtl_tape *t, const struct media_pos *pos);

/* density.c, attribute.c */
void tape_report_density_support(struct vtl_cmd *cmd);
void tape_read_attribute(struct vtl_cmd *cmd);
/* Of the mounted cartridge. */
struct tape_memory tape_memory_of(const struct vtl_tape *t);
/* robot_memory.c: what the robot asks of the memory of the cartridge in the drive */
void tape_drive_memory(struct vtl_drive *drive, struct vtl_memory_request *req);
/* The cartridge's memory at load, at the first change, and at unload. */
void tape_mam_loaded(struct vtl_tape *t);
void tape_mam_changing(struct vtl_tape *t);
void tape_mam_unloading(struct vtl_tape *t);
/* The drive's row for a density code, or NULL. */
const struct vtl_density *tape_density(const struct vtl_tape *t, uint8_t code);

/* memory.c: any cartridge's memory */
const struct tape_attr *tape_attr_row(uint16_t id);
/* Bytes that are free; each attribute takes its value and five bytes of header. */
uint64_t tape_memory_space(const struct tape_memory *m);
/* Whether a CDB's volume and partition are there; else what is wrong with it. */
enum vtl_sense tape_memory_addressed(const struct tape_memory *m, const uint8_t *cdb, struct vtl_sense_extra *extra);
/* READ ATTRIBUTE; SENSE_NONE: the answer is in the reply. */
enum vtl_sense tape_memory_read(const struct tape_memory *m, const uint8_t *cdb, struct vtl_reply *r,
				struct vtl_sense_extra *extra);
/* A number that is stored there; 0 if it is not. */
uint64_t tape_mam_number(const struct media *media, uint16_t id);
/* Serial number, and the day it was made (YYYYMMDD). */
void tape_medium_serial(const struct media *media, char serial[2 * MEDIA_UUID_LEN + 1]);
void tape_medium_date(const struct media *media, char date[16]);

/* memory_write.c */
/*
 * What stands in the way of a parameter list of WRITE ATTRIBUTE, `len` bytes as the CDB has it; SENSE_NONE: nothing,
 * and `end` is where its last attribute ends. Nothing is changed.
 */
enum vtl_sense tape_memory_check(const struct tape_memory *m, const uint8_t *cdb, const uint8_t *list, uint32_t len,
				 uint32_t *end, struct vtl_sense_extra *extra);
/* Writes it, to be made durable by a SYNC. */
enum media_err tape_memory_write(struct tape_memory *m, unsigned partition, const uint8_t *list, uint32_t end);

/* attribute_write.c */
void tape_write_attribute(struct vtl_cmd *cmd);

/* partition.c */
void tape_format_medium(struct vtl_cmd *cmd);
void tape_set_capacity(struct vtl_cmd *cmd);
void tape_partition_refresh(struct vtl_dev *dev, unsigned pc, uint8_t *page);
enum vtl_sense tape_partition_check(struct vtl_dev *dev, const uint8_t *old, uint8_t *page, struct vtl_field *bad);
void tape_partition_apply(struct vtl_dev *dev, struct vtl_nexus *nexus, const uint8_t *page);

/* append.c */
bool tape_append_only(const struct vtl_tape *t);
/* Whether append-only mode lets the medium be changed at the position; takes what ALLOW OVERWRITE allowed. */
enum vtl_sense tape_may_change(struct vtl_tape *t);
enum vtl_sense tape_may_format(const struct vtl_tape *t);
void tape_allow_overwrite(struct vtl_cmd *cmd);
enum vtl_sense tape_extension_check(struct vtl_dev *dev, const uint8_t *old, uint8_t *page, struct vtl_field *bad);

/* alert.c: TapeAlert flags (SSC-5 annex A, TapeAlert applications) */
enum {
	ALERT_READ_WARNING = 1, ALERT_WRITE_WARNING, ALERT_HARD_ERROR, ALERT_MEDIUM, ALERT_READ_FAILURE,
	ALERT_WRITE_FAILURE, ALERT_MEDIUM_LIFE, ALERT_NOT_DATA_GRADE, ALERT_WRITE_PROTECT, ALERT_NO_REMOVAL,
	ALERT_CLEANING_MEDIUM, ALERT_UNSUPPORTED_FORMAT,
	ALERT_READ_ONLY_FORMAT = 17, ALERT_NEARING_MEDIUM_LIFE = 19, ALERT_CLEANING_EXPIRED = 22,
	ALERT_HARDWARE_A = 30, ALERT_LOST_STATISTICS = 50, ALERT_DIRECTORY_INVALID_AT_UNLOAD = 51,
	ALERT_LOAD_FAILURE = 55, ALERT_UNLOAD_FAILURE = 56, ALERT_WORM_INTEGRITY = 59, ALERT_WORM_OVERWRITE = 60,
};
void tape_alert(struct vtl_tape *t, unsigned flag);
/* The flags that go with a sense code, if any. */
void tape_alert_for(struct vtl_tape *t, enum vtl_sense sense);
/* A cartridge goes in: flags that tell of the one before are gone. It is mounted: what is to be told of it. */
void tape_alert_loading(struct vtl_tape *t);
void tape_alert_mounted(struct vtl_tape *t);
/* The flags that something raises. */
uint64_t tape_alerts_supported(void);

/* mode_pages.c */
extern const struct vtl_mode_page tape_mode_pages[];
void tape_mode_header(struct vtl_dev *dev, unsigned pc, struct vtl_mode_header *h);
enum vtl_sense tape_mode_header_check(const struct vtl_nexus *nexus, struct vtl_mode_header *h, struct vtl_field *bad);
bool tape_mode_header_apply(struct vtl_dev *dev, const struct vtl_mode_header *h);
/* Sets the medium's codec, and what is told of setmarks, as the mode pages say. */
void tape_apply_modes(struct vtl_tape *t);
/* Whether the drive's family has setmarks: DDS and DAT, AIT. */
bool tape_has_setmarks(const struct vtl_dev *dev);
uint16_t tape_pews(const struct vtl_tape *t);
bool tape_sync_at_early_warning(const struct vtl_tape *t, uint64_t buffered);
/* Whether a read that gets beyond early warning tells it (REW). */
bool tape_early_warning_on_read(const struct vtl_tape *t);
/* Protection that software set; SENSE_NONE: none. What was set for the last volume ends when one is loaded. */
enum vtl_sense tape_software_protection(const struct vtl_tape *t);
void tape_protection_loaded(struct vtl_tape *t);

/* cleaning.c: cleans with what is open; what the drive says from then on. Not yet durable: the close makes it so. */
enum vtl_sense tape_clean(struct vtl_tape *t, struct media *cartridge);

/* worm.c: whether a WORM cartridge is as it was left. At load, before the mark of a mount is set; at unload. */
void tape_worm_loaded(struct vtl_tape *t);
void tape_worm_unloading(struct vtl_tape *t);
/* Whether the mark of this mount has to be on the medium before anything is written. */
bool tape_worm_marks(const struct vtl_tape *t);

/* stats.c: what drive and cartridge count and keep */
void tape_life_state_put(struct vtl_dev *dev, struct vtl_reply *r);
void tape_life_state_get(struct vtl_dev *dev, uint16_t tag, const uint8_t *data, uint32_t len);
/* Of this load, or the last one while none is loaded, since that page was reset. */
struct tape_tally tape_tally(const struct vtl_tape *t, enum tape_since since);
void tape_tally_reset(struct vtl_tape *t, enum tape_since since);
/* The life of the cartridge that is loaded, with this load. All zero without one. */
struct tape_volume tape_volume_life(const struct vtl_tape *t);
/* Of `whole`, the share of what was done without failing: `failed` failures among `done` bytes. 0: nothing was done. */
uint64_t tape_efficiency(uint64_t done, uint64_t failed, uint64_t whole);
/* Bytes between the beginning of the partition and the position, as far as objects tell; 0 without a medium. */
uint64_t tape_bytes_here(const struct vtl_tape *t);
/* Metres of tape that so many stored bytes take, in millimetres. */
uint64_t tape_millimetres(const struct vtl_tape *t, uint64_t bytes);
/* A command, or what was accepted before, has failed with this sense code: counts it, and raises what goes with it. */
void tape_failed(struct vtl_tape *t, enum vtl_sense sense);
/* A command begins, and one ends that may have moved the tape. */
void tape_moving(struct vtl_tape *t);
void tape_moved(struct vtl_tape *t);
void tape_volume_loaded(struct vtl_tape *t);
/* What was kept of a cartridge's life in its memory. */
void tape_volume_kept(const struct media *media, struct tape_volume *volume);
/* Sets an attribute that no host sees; it is in memory until the next synchronous point. */
void tape_mam_set_private(struct vtl_tape *t, uint16_t id, const uint8_t *data, unsigned len);
void tape_volume_unloading(struct vtl_tape *t);
/* It could not be unloaded, after all. */
void tape_volume_stays(struct vtl_tape *t);
/* After the last unload, before anything else is loaded: the drive's part of what the cartridge counted. */
void tape_life_unloaded(struct vtl_tape *t);

/* log_errors.c, log_volume.c, log_drive.c */
extern const struct vtl_log_param tape_write_error_params[], tape_read_error_params[], tape_reverse_error_params[],
	tape_verify_error_params[], tape_non_medium_params[], tape_fault_params[], tape_lto_write_params[],
	tape_lto_read_params[], tape_3592_write_params[], tape_3592_read_params[], tape_transferred_params[],
	tape_host_error_params[], tape_t10000_params[];
extern const struct vtl_log_param tape_volume_params[], tape_usage_params[];
void tape_volume_fill(struct vtl_dev *dev, struct vtl_log *log);
extern const struct vtl_log_param tape_status_params[], tape_response_params[], tape_recovery_params[],
	tape_statistics_params[], tape_compression_params[], tape_compression_lto_params[], tape_temperature_params[],
	tape_buffer_params[], tape_port_params[], tape_power_params[], tape_device_params[], tape_performance_params[];
extern const struct vtl_log_param tape_quality_mount_params[], tape_quality_life_params[], tape_hosts_mount_params[],
	tape_hosts_life_params[], tape_capacity_loss_params[];

/* security.c, security_out.c */
void tape_security_in(struct vtl_cmd *cmd);
void tape_security_out(struct vtl_cmd *cmd);

/* log_pages.c, vpd.c, ops.c */
extern const struct vtl_log_page tape_log_pages[];
extern const struct vtl_vpd_page tape_vpd_pages[];
extern const struct vtl_op tape_ops[];

#endif
