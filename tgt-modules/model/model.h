/* SPDX-License-Identifier: GPL-2.0-only */
/* Models as data: what a drive, a medium or a library is, loaded from files that a user can write. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media.h"
#include "why.h"

#define MODEL_NAME_LEN	32	/* [A-Za-z0-9._-], as users type it: "LTO-8", "IBM-LTO8", "STK-L700" */

/* What is different on each device, among the bytes that a model gives: to be filled in there. */
struct vtl_model_live {
	enum vtl_live { VTL_LIVE_SERIAL, VTL_LIVE_NAA, VTL_LIVE_PORT_NAA, VTL_LIVE_PORT } what;
	uint16_t at, len;		/* serial number: padded with blanks; names: 8; relative target port: 2 */
};

struct vtl_model_bytes {
	const uint8_t *data;
	unsigned len;
	const struct vtl_model_live *live;
	unsigned lives;
};

/*
 * One page that a model file gives: mode page, VPD page, log page. Overrides what core would build; of a log page, core
 * still gives the values of the parameters that it has. `len` 0: the model has no such page; but `own`: it has core's.
 */
struct vtl_model_page {
	uint8_t code, subcode;
	const uint8_t *data;		/* whole page with its header, as on the wire */
	unsigned len;
	const uint8_t *changeable;	/* mode pages: mask of the same length, or NULL: core's own */
	const struct vtl_model_live *live;
	unsigned lives;
	bool own;
};

struct vtl_model_pages {
	const struct vtl_model_page *row;	/* sorted by code, subcode */
	unsigned count;
	bool complete;			/* the model has no others, whatever core could build */
};

/* Seconds that a command takes nominally and should be waited for (SPC-5 6.35.4), where a model states them. */
struct vtl_model_timeouts {
	bool stated;
	uint32_t nominal, recommended;
};

/* Which commands a model has of those that core knows. */
struct vtl_model_commands {
	const uint16_t *unsupported;	/* operation codes that it has not */
	unsigned unsupported_count;
	const uint32_t *only;		/* operation code << 16 | service action, FFFFh: without. None: all of core's */
	unsigned only_count;
	const struct vtl_model_timeouts *timeouts;	/* of each of `only` */
};
#define VTL_ONLY_WITHOUT_SA	0xffffu

/* Standard INQUIRY (SPC-5 6.7). */
struct vtl_model_inquiry {
	char vendor[9], product[17], revision[5];	/* blank-padded on the wire, not here */
	uint8_t version;			/* byte 2 */
	uint16_t version_descriptor[8];
	struct vtl_model_bytes vendor_specific;	/* bytes from 36 on: 36..55 */
	/* Where a model gives all of it: the whole standard data. Vendor, product, revision and version go over it. */
	struct vtl_model_bytes data;
};

struct vtl_density {
	uint8_t code;			/* primary density code */
	uint8_t secondary;
	char organization[9], name[9], description[21];
	uint32_t bits_per_mm;
	uint16_t width;			/* tenths of a millimetre */
	uint16_t tracks;
	uint32_t capacity_mb;		/* 10^6 bytes */
};

/* A medium: what `vtl media create` makes. */
struct vtl_medium_model {
	char name[MODEL_NAME_LEN + 1];	/* "LTO-8", "LTO-7-M8" */
	char description[96];
	char family[16];		/* "lto", …: which cleaning cartridges belong to which media */
	uint8_t density;		/* formatted density code */
	uint8_t medium_type;		/* mode parameter header byte when data; WORM: worm_medium_type */
	uint8_t worm_medium_type;
	uint64_t capacity;		/* bytes, one partition */
	uint64_t early_warning;		/* bytes before the end of a partition */
	unsigned max_partitions;
	uint32_t mam_bytes;		/* MAM capacity */
	unsigned wraps;			/* passes over the length of the tape (serpentine); 0: not known */
	uint32_t length_m;		/* medium length, metres */
	uint16_t width;			/* tenths of a millimetre */
	char manufacturer[9];
	char suffix[4][3];		/* barcode suffixes: data ("L8"); "" where unused */
	char worm_suffix[3];		/* "LY" */
	char cleaning_suffix[3];	/* "CU" … */
	bool cleaning;			/* a cleaning cartridge */
	bool universal;			/* what a cleaning label without a suffix means: CLN001 */
};

enum vtl_access { VTL_ACCESS_NONE, VTL_ACCESS_READ, VTL_ACCESS_WRITE };

#define MODEL_MEDIUM_TYPE_LEN 56	/* bytes of a medium type descriptor (SSC-5 7.11.4) */

struct vtl_drive_medium {
	const struct vtl_medium_model *medium;
	enum vtl_access access;		/* data cartridges */
	enum vtl_access worm_access;
};

/* What takes a drive time: milliseconds. */
enum vtl_time {
	VTL_TIME_LOAD,		/* a cartridge that was put in comes down */
	VTL_TIME_THREAD,	/* its tape is threaded, before it can be used */
	VTL_TIME_UNLOAD,	/* it is unthreaded and comes up again */
	VTL_TIME_REWIND,	/* over the whole length of the tape, and for less in proportion */
	VTL_TIME_POSITION,	/* the same for LOCATE and SPACE */
	VTL_TIME_ERASE,		/* a long erase of a whole partition */
	VTL_TIME_FORMAT,
	VTL_TIME_CLEAN,
	VTL_TIMES
};
/* What the option is called, in model files and in library.conf: "load_ms". */
const char *vtl_time_name(enum vtl_time time);
#define VTL_MOST_TIME	86400000u	/* a day */

struct vtl_drive_model {
	char name[MODEL_NAME_LEN + 1];
	char description[96];
	char family[16];		/* "lto", "3592", "t10000" …: what vendor specific behaviour core has */
	struct vtl_model_inquiry inquiry;
	unsigned serial_len;		/* characters that this family's serial numbers have */
	char serial_format[17];		/* e.g. "10WT%06u": how `vtl` draws serial numbers */
	uint32_t block_min, block_max;	/* bytes */
	uint8_t block_granularity;	/* READ BLOCK LIMITS byte 0 */
	const struct vtl_density *density;	/* what it reads or writes, in REPORT DENSITY SUPPORT order */
	const bool *density_writable;
	unsigned densities;
	uint8_t default_density;
	struct vtl_model_bytes medium_types;	/* descriptors of REPORT DENSITY SUPPORT; none: those of the media */
	const struct vtl_drive_medium *media;
	unsigned media_count;
	unsigned max_partitions;
	bool worm, encryption, external_encryption, lbp_rscrc, lbp_crc32c, append_only;
	uint8_t lbp_crc32c_method;	/* its code: 02h, or a vendor's own */
	struct vtl_model_bytes transport;	/* what such descriptors call it: domain, type; none: unknown */
	uint8_t compression_algorithm;	/* mode page 0Fh bytes 4-7, low byte: FFh on IBM LTO, 01h on HP LTO */
	unsigned time_ms[VTL_TIMES];	/* how long a real one takes; ours does if it is told to */
	struct vtl_model_pages mode, vpd, log;
	struct vtl_model_commands commands;
};

/* What a library reports for a drive under DVCID (SMC-3 6.11.5). */
enum vtl_dvcid {
	VTL_DVCID_NONE,
	VTL_DVCID_T10,
	VTL_DVCID_SERIAL,		/* vendor specific: the serial number and blanks */
	VTL_DVCID_PADDED,		/* the same, its length without the blanks that follow */
};

struct vtl_element_range {
	uint16_t start;
	unsigned max;			/* how many this model takes at most */
};

struct vtl_library_model {
	char name[MODEL_NAME_LEN + 1];
	char description[96];
	char family[16];		/* "stk-l", … */
	struct vtl_model_inquiry inquiry;
	unsigned serial_len;
	char serial_format[17];
	struct vtl_element_range transport, storage, import_export, drive;
	enum vtl_dvcid dvcid;
	unsigned dvcid_len;		/* bytes in each drive's descriptor */
	bool dvcid_always;		/* sent even when DVCID is 0 */
	bool media_domain;		/* element descriptors end with what kind of cartridge and drive there is */
	unsigned barcode_max;
	uint16_t stations[8];		/* import/export slots of each station; 0: no more; none given: one station */
	bool station_magazines;		/* a station is a magazine that can be taken out */
	unsigned magazine_slots;	/* slots of each magazine; 0: slots are built in */
	unsigned move_ms;		/* how long a real one takes for a cartridge; ours does if it is told to */
	struct vtl_model_pages mode, vpd, log;
	struct vtl_model_commands commands;
};

/* All models that were found. Const after loading; freed as a whole. */
struct vtl_models;

/*
 * Loads every *.conf of each directory of `path` (colon-separated; a file stands for a directory with it; NULL:
 * $VTL_MODEL_PATH, else /usr/share/tgt-vtl/models:/etc/tgt-vtl/models). A model of a later directory replaces one of
 * the same name. NULL on the first error; `why` names file and line.
 */
struct vtl_models *vtl_models_load(const char *path, struct why *why);
void vtl_models_free(struct vtl_models *models);
/* The path that NULL stands for. */
const char *vtl_models_path(void);

/* By name, without regard to case; NULL if there is none. */
const struct vtl_drive_model *vtl_models_drive(const struct vtl_models *models, const char *name);
const struct vtl_medium_model *vtl_models_medium(const struct vtl_models *models, const char *name);
const struct vtl_library_model *vtl_models_library(const struct vtl_models *models, const char *name);
/* The nth of each kind by name; NULL at the end. */
const struct vtl_drive_model *vtl_models_drive_at(const struct vtl_models *models, unsigned n);
const struct vtl_medium_model *vtl_models_medium_at(const struct vtl_models *models, unsigned n);
const struct vtl_library_model *vtl_models_library_at(const struct vtl_models *models, unsigned n);

/* What a drive does with a medium: NONE if it takes it not at all. */
enum vtl_access vtl_drive_access(const struct vtl_drive_model *drive, const char *medium, enum media_kind kind);

/* The medium and kind that a barcode's suffix stands for; NULL if it says nothing. */
const struct vtl_medium_model *vtl_models_by_barcode(const struct vtl_models *models, const char *barcode,
						     enum media_kind *kind);

/*
 * Serial number `n` after a model's serial_format: text with one "%0Nu" (decimal) or "%0NX" (hexadecimal), which
 * becomes the last N digits of `n`. False if that is not such a format or does not fit.
 */
bool vtl_model_serial(const char *format, uint64_t n, char *buf, size_t size);

#endif
