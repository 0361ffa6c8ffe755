/* SPDX-License-Identifier: GPL-2.0-only */
/* TapeAlert: the flags that real events raise (SSC-5, TapeAlert; names in its annex). */
#include "tape_impl.h"

/* Which flags go with which sense code. */
static const struct {
	enum vtl_sense sense;
	uint8_t flag[2];
} alert_rows[] = {
	{ SENSE_READ_ERROR, { ALERT_HARD_ERROR, ALERT_READ_FAILURE } },
	{ SENSE_WRITE_ERROR, { ALERT_HARD_ERROR, ALERT_WRITE_FAILURE } },
	{ SENSE_WRITE_PROTECTED, { ALERT_WRITE_PROTECT } },
	{ SENSE_CANNOT_WRITE_MEDIUM, { ALERT_WRITE_PROTECT } },
	{ SENSE_SOFTWARE_WRITE_PROTECTED, { ALERT_WRITE_PROTECT } },
	{ SENSE_ASSOCIATED_WRITE_PROTECT, { ALERT_WRITE_PROTECT } },
	{ SENSE_PERSISTENT_WRITE_PROTECT, { ALERT_WRITE_PROTECT } },
	{ SENSE_REMOVAL_PREVENTED, { ALERT_NO_REMOVAL } },
	{ SENSE_CLEANING_CARTRIDGE, { ALERT_CLEANING_MEDIUM } },
	{ SENSE_CLEANING_FAILURE, { ALERT_CLEANING_EXPIRED } },
	{ SENSE_NOT_READY_INCOMPATIBLE, { ALERT_UNSUPPORTED_FORMAT } },
	{ SENSE_NOT_READY_UNKNOWN_FORMAT, { ALERT_UNSUPPORTED_FORMAT } },
	{ SENSE_MEDIUM_FORMAT_CORRUPTED, { ALERT_UNSUPPORTED_FORMAT, ALERT_LOAD_FAILURE } },
	{ SENSE_LOAD_FAILED, { ALERT_LOAD_FAILURE } },
	{ SENSE_WORM_OVERWRITE, { ALERT_WORM_OVERWRITE } },
};

/* Flags that a drive keeps when a cartridge goes in: those that tell of the drive, not of a cartridge. */
#define ALERTS_OF_DRIVE	0x0000000ffffff000ull	/* 29 to 52 */

static uint64_t alert_bit(unsigned flag)
{
	return 1ull << (64 - flag);
}

void tape_alert(struct vtl_tape *t, unsigned flag)
{
	t->alerts |= alert_bit(flag);
}

bool tape_alert_is_set(const struct vtl_tape *t, unsigned flag)
{
	return t->alerts & alert_bit(flag);
}

void tape_alert_for(struct vtl_tape *t, enum vtl_sense sense)
{
	unsigned i, j;

	for (i = 0; i < sizeof(alert_rows) / sizeof(alert_rows[0]); i++) {
		if (alert_rows[i].sense != sense)
			continue;
		for (j = 0; j < 2; j++)
			if (alert_rows[i].flag[j])
				tape_alert(t, alert_rows[i].flag[j]);
	}
}

void tape_alert_loaded(struct vtl_tape *t)
{
	t->alerts &= ALERTS_OF_DRIVE & ~alert_bit(ALERT_LOAD_FAILURE);
}
