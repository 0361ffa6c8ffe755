/* SPDX-License-Identifier: GPL-2.0-only */
/* Cleaning cartridges: each cleans so many times, and counts in its own memory. */
#include "tape_impl.h"

enum vtl_sense tape_clean(struct vtl_tape *t, struct media *cartridge)
{
	const char *barcode = media_info(cartridge)->barcode;
	uint64_t uses = tape_mam_number(cartridge, MAM_LOAD_COUNT);
	uint8_t value[8];
	struct media_attr a = { MAM_LOAD_COUNT, MEDIA_ATTR_BINARY, sizeof(value), value };

	if (uses >= TAPE_CLEANING_USES) {
		vtl_dev_log(&t->dev, 4, "cleaning cartridge %s is used up after %u times", barcode, TAPE_CLEANING_USES);
		return SENSE_CLEANING_FAILURE;
	}
	put_be64(value, uses + 1);
	if (media_attr_set(cartridge, 0, &a))
		vtl_dev_log(&t->dev, 4, "cleaning cartridge %s: this use is not counted", barcode);
	t->life.cleanings++;
	t->life.motion_cleaned = t->life.motion_ms;
	vtl_state_touch(&t->dev);
	vtl_dev_log(&t->dev, 6, "cleaned with cartridge %s, %u times left", barcode,
		    (unsigned)(TAPE_CLEANING_USES - uses - 1));
	return SENSE_CLEANING_CARTRIDGE;
}
