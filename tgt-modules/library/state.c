/* SPDX-License-Identifier: GPL-2.0-only */
/* What drives and changer keep over a power cycle: drives/ID.state, a sealed file. FORMAT.md "drives/". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"
#include "sealed.h"

static const struct media_seal seal = { "state of a drive", "vtldrive", 1, 64 << 10 };

/* `drive`: NULL for the changer. */
static void file_name(const char *drive, char *name, unsigned size)
{
	if (drive)
		snprintf(name, size, "%s" LIBRARY_STATE_SUFFIX, drive);
	else
		snprintf(name, size, LIBRARY_CHANGER_STATE);
}

enum library_err library_drive_state_load(const struct library *library, const char *drive, void *buf, unsigned size,
					  unsigned *len, struct why *why)
{
	char name[LIBRARY_NAME_LEN + sizeof(LIBRARY_STATE_SUFFIX)];
	const uint8_t *payload;
	uint8_t *file;
	size_t n;
	enum media_err err;

	file_name(drive, name, sizeof(name));
	err = media_sealed_read(library->drives, name, &seal, &file, &payload, &n, NULL, why);
	if (err)
		return library_media_err(err);
	if (n <= size) {
		memcpy(buf, payload, n);
		*len = (unsigned)n;
	} else {
		why_set(why, "%s is longer than expected", name);
		err = MEDIA_INVALID;
	}
	free(file);
	return err ? LIBRARY_FAILED : LIBRARY_OK;
}

enum library_err library_drive_state_save(struct library *library, const char *drive, const void *buf, unsigned len,
					  struct why *why)
{
	char name[LIBRARY_NAME_LEN + sizeof(LIBRARY_STATE_SUFFIX)];

	file_name(drive, name, sizeof(name));
	return library_media_err(media_sealed_write(library->drives, name, &seal, buf, len, why));
}
