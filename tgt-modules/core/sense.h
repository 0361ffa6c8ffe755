/* SPDX-License-Identifier: GPL-2.0-only */
/* Sense data: codes as rows (sense.def), and the one builder of its bytes (SPC-5 4.4). */
#ifndef CORE_SENSE_H
#define CORE_SENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media.h"

enum vtl_sense {
#define VTL_SENSE(name, key, asc, ascq, text) SENSE_##name,
#include "sense.def"
#undef VTL_SENSE
	SENSE_COUNT
};

/* Sense keys (SPC-5 table 49). */
enum {
	KEY_NO_SENSE = 0x0,
	KEY_RECOVERED = 0x1,
	KEY_NOT_READY = 0x2,
	KEY_MEDIUM_ERROR = 0x3,
	KEY_HARDWARE_ERROR = 0x4,
	KEY_ILLEGAL_REQUEST = 0x5,
	KEY_UNIT_ATTENTION = 0x6,
	KEY_DATA_PROTECT = 0x7,
	KEY_BLANK_CHECK = 0x8,
	KEY_ABORTED = 0xb,
	KEY_VOLUME_OVERFLOW = 0xd,
	KEY_MISCOMPARE = 0xe,
};

struct vtl_sense_row {
	uint8_t key, asc, ascq;
	const char *text;
};
const struct vtl_sense_row *vtl_sense_row(enum vtl_sense sense);

/* Which bit of which byte is wrong; bit VTL_NO_BIT: the whole byte or field that begins there. */
#define VTL_NO_BIT	0xffu

struct vtl_field {
	uint16_t byte;
	uint8_t bit;		/* the field's most significant bit, 7..0, or VTL_NO_BIT */
};

enum vtl_sks { VTL_SKS_NONE, VTL_SKS_CDB_FIELD, VTL_SKS_PARAM_FIELD, VTL_SKS_PROGRESS };

/* What comes with a sense code. All zero: nothing. */
struct vtl_sense_extra {
	bool deferred;			/* response code 71h/73h: of an earlier command (SPC-5 4.4.7) */
	bool filemark, eom, ili;
	bool valid;			/* `information` means something. Fixed format carries 32 bits: negative values
					 * in two's complement; what does not fit clears VALID (SSC-5 4.2.18). */
	int64_t information;
	uint32_t command_specific;
	uint8_t fru;
	enum vtl_sks sks;
	struct vtl_field field;		/* VTL_SKS_*_FIELD */
	uint16_t progress;		/* VTL_SKS_PROGRESS: n/65536 */
};

/*
 * Writes sense data of at most `size` bytes, in fixed or descriptor format, and returns its length (never more
 * than VTL_SENSE_MAX). `extra` may be NULL.
 */
unsigned vtl_sense_build(uint8_t *buf, unsigned size, bool descriptor, enum vtl_sense sense,
			 const struct vtl_sense_extra *extra);
/* The same for codes that are not in the table (a transport's unit attentions). */
unsigned vtl_sense_build_row(uint8_t *buf, unsigned size, bool descriptor, const struct vtl_sense_row *row,
			     const struct vtl_sense_extra *extra);

/*
 * The one translation of a medium's outcome. `writing`: the request was to change the medium (MEDIA_IO becomes a
 * write error). Sets in `extra` the bits that belong to the condition (FILEMARK, EOM); VALID, INFORMATION and ILI
 * stay the caller's. MEDIA_OK: SENSE_NONE.
 */
enum vtl_sense vtl_sense_of_media(enum media_err err, bool writing, struct vtl_sense_extra *extra);

#endif
