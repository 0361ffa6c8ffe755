/* SPDX-License-Identifier: GPL-2.0-only */
/* What may be overwritten: append-only mode and ALLOW OVERWRITE, and the same question for WORM (SSC-5 4.2.17). */
#include "tape_impl.h"

enum { PAGE_DEVICE = 0x10, SUB_EXTENSION = 0x01 };

bool tape_append_only(const struct vtl_tape *t)
{
	const uint8_t *page = vtl_mode_page(&t->dev, PAGE_DEVICE, SUB_EXTENSION);

	return page && page[5] >> 4 == 1;
}

/* Behind the position lies nothing, or nothing but the filemarks that end what was written before. */
static bool at_end(const struct vtl_tape *t, const struct media_pos *pos)
{
	struct media_usage usage;

	media_usage(t->media, pos->partition, &usage);
	return pos->eod || usage.objects - pos->object == usage.filemarks - pos->filemarks;
}

enum vtl_sense tape_may_change(struct vtl_tape *t)
{
	struct media_pos pos;

	if (!tape_append_only(t))
		return SENSE_NONE;
	media_tell(t->media, &pos);
	if (at_end(t, &pos))
		return SENSE_NONE;
	if (t->allowed.what != ALLOW_POSITION || t->allowed.partition != pos.partition ||
	    t->allowed.object != pos.object)
		return SENSE_WORM_OVERWRITE;
	t->allowed.what = ALLOW_NOTHING;	/* for one change */
	return SENSE_NONE;
}

enum vtl_sense tape_may_format(const struct vtl_tape *t)
{
	if (media_info(t->media)->kind == MEDIA_WORM_DATA)
		return SENSE_WORM_OVERWRITE;
	return tape_append_only(t) && t->allowed.what != ALLOW_FORMAT ? SENSE_WORM_OVERWRITE : SENSE_NONE;
}

/* ALLOW OVERWRITE, SSC-5 7.1 */
void tape_allow_overwrite(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);
	unsigned what = cmd->cdb[2] & 0x0f, partition = cmd->cdb[3];
	uint64_t object = get_be64(cmd->cdb + 4);
	struct media_pos pos;

	if (!tape_append_only(t)) {
		vtl_cmd_check(cmd, SENSE_NOT_APPEND_ONLY, NULL);
		return;
	}
	if (what > ALLOW_FORMAT) {
		vtl_cmd_bad_cdb(cmd, 2, 3);
		return;
	}
	media_tell(t->media, &pos);
	if (what == ALLOW_POSITION && (partition != pos.partition || object != pos.object)) {
		vtl_cmd_check(cmd, SENSE_ILLEGAL_POSITION, NULL);
		return;
	}
	t->allowed.what = (uint8_t)what;
	t->allowed.partition = pos.partition;
	t->allowed.object = pos.object;
	vtl_cmd_good(cmd);
}

static bool holds_data(const struct vtl_tape *t)
{
	struct media_usage usage;
	unsigned p;

	for (p = 0; t->media && p < media_info(t->media)->geometry.partitions; p++) {
		media_usage(t->media, p, &usage);
		if (usage.objects)
			return true;
	}
	return false;
}

/*
 * Device Configuration Extension, WRITE MODE: overwriting cannot be allowed again while a volume is mounted whose data
 * were protected from it (LTFS unloads first).
 */
enum vtl_sense tape_extension_check(struct vtl_dev *dev, const uint8_t *old, uint8_t *page, struct vtl_field *bad)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	unsigned mode = page[5] >> 4;

	if (mode <= 1 && (mode || !(old[5] >> 4) || !holds_data(t)))
		return SENSE_NONE;
	*bad = (struct vtl_field){ .byte = 5, .bit = 7 };
	return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
}
