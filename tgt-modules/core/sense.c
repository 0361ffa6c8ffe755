/* SPDX-License-Identifier: GPL-2.0-only */
/* Sense data: the rows, the builder of its bytes, and what a medium's outcome means. */
#include <string.h>

#include "be.h"
#include "dev.h"
#include "sense.h"

static const struct vtl_sense_row rows[] = {
#define VTL_SENSE(name, key, asc, ascq, text) [SENSE_##name] = { key, asc, ascq, text },
#include "sense.def"
#undef VTL_SENSE
};

const struct vtl_sense_row *vtl_sense_row(enum vtl_sense sense)
{
	return &rows[sense < SENSE_COUNT ? sense : SENSE_NONE];
}

static const struct vtl_sense_extra no_extra;

/* SPC-5 4.4.2.4: SKSV and the three bytes of the sense key specific field. */
static void put_sks(uint8_t *p, const struct vtl_sense_extra *x)
{
	switch (x->sks) {
	case VTL_SKS_NONE:
		return;
	case VTL_SKS_PROGRESS:
		p[0] = 0x80;
		put_be16(p + 1, x->progress);
		return;
	case VTL_SKS_CDB_FIELD:
	case VTL_SKS_PARAM_FIELD:
		p[0] = 0x80 | (x->sks == VTL_SKS_CDB_FIELD ? 0x40 : 0);
		if (x->field.bit != VTL_NO_BIT)
			p[0] |= 0x08 | (x->field.bit & 0x07);
		put_be16(p + 1, x->field.byte);
		return;
	}
}

static uint8_t stream_bits(const struct vtl_sense_extra *x)
{
	return (uint8_t)((x->filemark ? 0x80 : 0) | (x->eom ? 0x40 : 0) | (x->ili ? 0x20 : 0));
}

/* SPC-5 4.4.3 */
static unsigned build_fixed(uint8_t *s, const struct vtl_sense_row *row, const struct vtl_sense_extra *x)
{
	bool fits = x->information >= INT32_MIN && x->information <= UINT32_MAX;

	s[0] = (x->valid && fits ? 0x80 : 0) | (x->deferred ? 0x71 : 0x70);
	s[2] = stream_bits(x) | row->key;
	if (x->valid && fits)
		put_be32(s + 3, (uint32_t)x->information);
	s[7] = 10;
	put_be32(s + 8, x->command_specific);
	s[12] = row->asc;
	s[13] = row->ascq;
	s[14] = x->fru;
	put_sks(s + 15, x);
	return 18;
}

/* SPC-5 4.4.2 */
static unsigned build_descriptor(uint8_t *s, const struct vtl_sense_row *row, const struct vtl_sense_extra *x)
{
	unsigned n = 8;

	s[0] = x->deferred ? 0x73 : 0x72;
	s[1] = row->key;
	s[2] = row->asc;
	s[3] = row->ascq;
	if (x->valid) {
		s[n] = 0x00;
		s[n + 1] = 0x0a;
		s[n + 2] = 0x80;
		put_be64(s + n + 4, (uint64_t)x->information);
		n += 12;
	}
	if (x->command_specific) {
		s[n] = 0x01;
		s[n + 1] = 0x0a;
		put_be64(s + n + 4, x->command_specific);
		n += 12;
	}
	if (x->sks != VTL_SKS_NONE) {
		s[n] = 0x02;
		s[n + 1] = 0x06;
		put_sks(s + n + 4, x);
		n += 8;
	}
	if (x->fru) {
		s[n] = 0x03;
		s[n + 1] = 0x02;
		s[n + 3] = x->fru;
		n += 4;
	}
	if (stream_bits(x)) {
		s[n] = 0x04;
		s[n + 1] = 0x02;
		s[n + 3] = stream_bits(x);
		n += 4;
	}
	s[7] = (uint8_t)(n - 8);
	return n;
}

unsigned vtl_sense_build_row(uint8_t *buf, unsigned size, bool descriptor, const struct vtl_sense_row *row,
			     const struct vtl_sense_extra *extra)
{
	const struct vtl_sense_extra *x = extra ? extra : &no_extra;
	uint8_t s[64] = { 0 };
	unsigned n = descriptor ? build_descriptor(s, row, x) : build_fixed(s, row, x);

	if (n > size)
		n = size;
	memcpy(buf, s, n);
	return n;
}

unsigned vtl_sense_build(uint8_t *buf, unsigned size, bool descriptor, enum vtl_sense sense,
			 const struct vtl_sense_extra *extra)
{
	return vtl_sense_build_row(buf, size, descriptor, vtl_sense_row(sense), extra);
}

/* A full disk is an early end of the medium: the application goes on to another cartridge, as with a real one. */
static const struct {
	enum vtl_sense reading, writing;
	bool filemark, eom;
} of_media[MEDIA_ERR_COUNT] = {
	[MEDIA_OK] = { SENSE_NONE, SENSE_NONE },
	[MEDIA_FILEMARK] = { SENSE_FILEMARK, SENSE_FILEMARK, .filemark = true },
	[MEDIA_SETMARK] = { SENSE_SETMARK, SENSE_SETMARK, .filemark = true },
	[MEDIA_EOD] = { SENSE_EOD, SENSE_EOD },
	[MEDIA_BOP] = { SENSE_BOP, SENSE_BOP, .eom = true },
	[MEDIA_FULL] = { SENSE_VOLUME_OVERFLOW, SENSE_VOLUME_OVERFLOW, .eom = true },
	[MEDIA_PROTECTED] = { SENSE_WRITE_PROTECTED, SENSE_WRITE_PROTECTED },
	[MEDIA_WORM] = { SENSE_WORM_OVERWRITE, SENSE_WORM_OVERWRITE },
	[MEDIA_NOT_DATA] = { SENSE_CLEANING_CARTRIDGE, SENSE_CLEANING_CARTRIDGE },
	[MEDIA_INVALID] = { SENSE_INVALID_FIELD_IN_CDB, SENSE_INVALID_FIELD_IN_CDB },
	[MEDIA_NOENT] = { SENSE_INTERNAL_FAILURE, SENSE_INTERNAL_FAILURE },
	[MEDIA_EXISTS] = { SENSE_INTERNAL_FAILURE, SENSE_INTERNAL_FAILURE },
	[MEDIA_BUSY] = { SENSE_HARDWARE_LOAD_FAILED, SENSE_HARDWARE_LOAD_FAILED },
	[MEDIA_FOREIGN] = { SENSE_UNKNOWN_FORMAT, SENSE_UNKNOWN_FORMAT },
	[MEDIA_VERSION] = { SENSE_INCOMPATIBLE_FORMAT, SENSE_INCOMPATIBLE_FORMAT },
	[MEDIA_CORRUPT] = { SENSE_READ_ERROR, SENSE_READ_ERROR },
	[MEDIA_IO] = { SENSE_READ_ERROR, SENSE_WRITE_ERROR },
	[MEDIA_NOSPACE] = { SENSE_VOLUME_OVERFLOW, SENSE_VOLUME_OVERFLOW, .eom = true },
	[MEDIA_RDONLY] = { SENSE_HARDWARE_WRITE_PROTECTED, SENSE_HARDWARE_WRITE_PROTECTED },
	[MEDIA_KEY_NEEDED] = { SENSE_UNABLE_TO_DECRYPT, SENSE_UNABLE_TO_DECRYPT },
	[MEDIA_KEY_WRONG] = { SENSE_INCORRECT_KEY, SENSE_INCORRECT_KEY },
	[MEDIA_KEY_CLEAR] = { SENSE_UNENCRYPTED_DATA, SENSE_UNENCRYPTED_DATA },
	[MEDIA_KEY_RAW] = { SENSE_NOT_RAW_READ_ENABLED, SENSE_NOT_RAW_READ_ENABLED },
	[MEDIA_KEY_TAMPERED] = { SENSE_CRYPTOGRAPHIC_INTEGRITY, SENSE_CRYPTOGRAPHIC_INTEGRITY },
	[MEDIA_KEY_UNUSABLE] = { SENSE_DECRYPTION_ERROR, SENSE_DECRYPTION_ERROR },
	[MEDIA_KEY_ORIGIN] = { SENSE_UNABLE_TO_DECRYPT, SENSE_UNABLE_TO_DECRYPT },
	[MEDIA_NOMEM] = { SENSE_INSUFFICIENT_RESOURCES, SENSE_INSUFFICIENT_RESOURCES },
};

enum vtl_sense vtl_sense_of_media(enum media_err err, bool writing, struct vtl_sense_extra *extra)
{
	if ((unsigned)err >= MEDIA_ERR_COUNT)
		return SENSE_INTERNAL_FAILURE;
	if (extra) {
		extra->filemark |= of_media[err].filemark;
		extra->eom |= of_media[err].eom;
	}
	return writing ? of_media[err].writing : of_media[err].reading;
}
