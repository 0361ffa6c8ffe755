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
	{ SENSE_HARDWARE_LOAD_FAILED, { ALERT_HARDWARE_A, ALERT_LOAD_FAILURE } },
	{ SENSE_INTERNAL_FAILURE, { ALERT_HARDWARE_A } },
	{ SENSE_WORM_OVERWRITE, { ALERT_WORM_OVERWRITE } },
	{ SENSE_WORM_INTEGRITY, { ALERT_WORM_INTEGRITY } },
};

/* Flags that a drive keeps when a cartridge goes in: those that tell of the drive, not of a cartridge. */
enum { FIRST_OF_DRIVE = 25, LAST_OF_DRIVE = 49 };

void tape_alert(struct vtl_tape *t, unsigned flag)
{
	vtl_alert_raise(&t->dev, vtl_alert_bit(flag));
}

void tape_alert_for(struct vtl_tape *t, enum vtl_sense sense)
{
	uint64_t flags = 0;
	unsigned i, j;

	for (i = 0; i < sizeof(alert_rows) / sizeof(alert_rows[0]); i++) {
		if (alert_rows[i].sense != sense)
			continue;
		for (j = 0; j < 2; j++)
			flags |= alert_rows[i].flag[j] ? vtl_alert_bit(alert_rows[i].flag[j]) : 0;
	}
	vtl_alert_raise(&t->dev, flags);
}

uint64_t tape_alerts_supported(void)
{
	static const uint8_t others[] = {
		ALERT_READ_ONLY_FORMAT, ALERT_NEARING_MEDIUM_LIFE, ALERT_MEDIUM_LIFE, ALERT_LOST_STATISTICS,
		ALERT_DIRECTORY_INVALID_AT_UNLOAD, ALERT_UNLOAD_FAILURE,
	};
	uint64_t flags = 0;
	unsigned i, j;

	for (i = 0; i < sizeof(others); i++)
		flags |= vtl_alert_bit(others[i]);
	for (i = 0; i < sizeof(alert_rows) / sizeof(alert_rows[0]); i++) {
		for (j = 0; j < 2; j++)
			flags |= alert_rows[i].flag[j] ? vtl_alert_bit(alert_rows[i].flag[j]) : 0;
	}
	return flags;
}

void tape_alert_loading(struct vtl_tape *t)
{
	uint64_t flags = UINT64_MAX;
	unsigned flag;

	for (flag = FIRST_OF_DRIVE; flag <= LAST_OF_DRIVE; flag++)
		flags &= ~vtl_alert_bit(flag);
	vtl_alert_clear(&t->dev, flags);
}

/* ---- what a cartridge is found to be when it is mounted ---- */

/* What the LTO program promises of a cartridge: loads and unloads, and full writes or reads of all of it. */
enum { LIFE_LOADS = 20000, LIFE_PASSES = 200 };

/* Per cent of what it lasts that is used up; 0: not known. */
static uint64_t life_used(const struct vtl_tape *t)
{
	struct tape_volume life = tape_volume_life(t);
	uint64_t loads = tape_mam_number(t->media, MAM_LOAD_COUNT) * 100 / LIFE_LOADS, passes = 0;

	if (!tape_is(t->model, "lto"))
		return 0;
	if (t->medium && t->medium->capacity)
		passes = (life.written + life.read) / t->medium->capacity * 100 / LIFE_PASSES;
	return loads > passes ? loads : passes;
}

void tape_alert_mounted(struct vtl_tape *t)
{
	uint64_t used = life_used(t);

	if (!t->writable)
		tape_alert(t, ALERT_READ_ONLY_FORMAT);
	if (used >= 100)
		tape_alert(t, ALERT_MEDIUM_LIFE);
	else if (used >= 95)
		tape_alert(t, ALERT_NEARING_MEDIUM_LIFE);
}
