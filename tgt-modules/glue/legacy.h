/* SPDX-License-Identifier: GPL-2.0-only */
/* What tgtadm says of a unit that was configured for tgt's own changer, gathered until a library can be made of it. */
#ifndef GLUE_LEGACY_H
#define GLUE_LEGACY_H

#include <stdbool.h>
#include <stdint.h>

#include "library.h"

/* Element type codes, as tgt's parameters have them: those of SMC-3. */
enum { LEGACY_TRANSPORT = 1, LEGACY_STORAGE, LEGACY_IMPORT_EXPORT, LEGACY_DRIVE, LEGACY_TYPES };

/* A logical unit that stands at the address of a drive. */
struct legacy_binding {
	uint16_t address;
	int tid;
	uint64_t lun;
	bool done;
};

/* A cartridge that is at an address. */
struct legacy_tag {
	uint16_t address;
	char barcode[MEDIA_MAX_BARCODE + 1];
	bool done;
};

struct legacy {
	char home[4096];			/* "": not said yet */
	struct { bool set; uint16_t start; unsigned count; } range[LEGACY_TYPES];
	struct legacy_binding *binding;
	unsigned bindings;
	struct legacy_tag *tag;
	unsigned tags;
	struct library_identity identity;
	char serial[LIBRARY_SERIAL_LEN + 1];
};

/*
 * Takes what one update says ("element_type=2,address=1000,barcode=A00001"), which is cut up. False with the reason
 * where it says what tgt's own tapes and changers do not know, or what is out of range; then nothing is taken.
 */
bool legacy_take(struct legacy *legacy, char *params, struct why *why);
/* Whether it says all that a library needs. */
bool legacy_complete(const struct legacy *legacy);
void legacy_free(struct legacy *legacy);

/* The models that come nearest to what such a unit says of itself; never NULL where the models have any. */
const struct vtl_library_model *legacy_library_model(const struct vtl_models *models, const struct legacy *legacy);
const struct vtl_drive_model *legacy_drive_model(const struct vtl_models *models, const struct legacy *legacy);

#endif
