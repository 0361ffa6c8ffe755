/* SPDX-License-Identifier: GPL-2.0-only */
/* WRITE ATTRIBUTE of whichever cartridge: its list is checked as a whole, then written (SPC-5 6.51). */
#include "tape_impl.h"

#define HEADER	5u	/* of an attribute: identifier, format, length */

/* Attributes of hosts: standard, and vendor specific (SPC-5 7.4.2.1). */
static bool for_hosts(uint16_t id)
{
	return (id >= 0x0800 && id < 0x0c00) || (id >= 0x1400 && id < 0x1800);
}

/* Whether this one may be written as it is; SENSE_NONE, or the reason and the byte that is wrong. */
static enum vtl_sense check_attribute(const uint8_t *p, unsigned *byte)
{
	uint16_t id = get_be16(p), len = get_be16(p + 3);
	const struct tape_attr *row = tape_attr_row(id);

	*byte = 0;
	if (!for_hosts(id) || (row && !row->host) || (!row && id < 0x0c00))
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	*byte = 2;
	if (p[2] & 0xfc || (p[2] & 0x03) > MEDIA_ATTR_TEXT)
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	if (!len || !row)
		return SENSE_NONE;
	if ((p[2] & 0x03) != row->format)
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	*byte = 3;
	return len == row->len ? SENSE_NONE : SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
}

/* Bytes that an attribute takes of the cartridge's memory, were it written. */
static int64_t growth(const struct tape_memory *m, unsigned partition, const uint8_t *p)
{
	const struct media_attr *old = media_attr_get(m->media, partition, get_be16(p));
	uint16_t len = get_be16(p + 3);

	return (len ? (int64_t)HEADER + len : 0) - (old ? (int64_t)HEADER + old->len : 0);
}

static enum vtl_sense bad_list(struct vtl_sense_extra *extra, enum vtl_sense sense, uint32_t at, unsigned byte)
{
	extra->sks = VTL_SKS_PARAM_FIELD;
	extra->field = (struct vtl_field){ (uint16_t)(at + byte), byte == 2 ? 7 : VTL_NO_BIT };
	return sense;
}

/* All of the list is right, or none of it is done. */
static enum vtl_sense check_list(const struct tape_memory *m, unsigned partition, const uint8_t *list, uint32_t end,
				 struct vtl_sense_extra *extra)
{
	int64_t grows = 0;
	int32_t last = -1;
	uint32_t at;

	for (at = 4; at < end;) {
		enum vtl_sense sense;
		unsigned byte;

		if (end - at < HEADER || end - at - HEADER < get_be16(list + at + 3))
			return SENSE_PARAMETER_LIST_LENGTH;
		sense = check_attribute(list + at, &byte);
		if (sense != SENSE_NONE)
			return bad_list(extra, sense, at, byte);
		if ((int32_t)get_be16(list + at) <= last)	/* ascending */
			return bad_list(extra, SENSE_INVALID_FIELD_IN_PARAMETER_LIST, at, 0);
		last = get_be16(list + at);
		grows += growth(m, partition, list + at);
		at += HEADER + get_be16(list + at + 3);
	}
	return grows <= 0 || (uint64_t)grows <= tape_memory_space(m) ? SENSE_NONE : SENSE_MEMORY_FULL;
}

/* LTFS counts the list's header in the length that stands in it, and drives take that: the CDB says how long it is. */
enum vtl_sense tape_memory_check(const struct tape_memory *m, const uint8_t *cdb, const uint8_t *list, uint32_t len,
				 uint32_t *end, struct vtl_sense_extra *extra)
{
	enum vtl_sense sense = tape_memory_addressed(m, cdb, extra);

	*end = 0;
	if (sense != SENSE_NONE || !len)
		return sense;
	*end = len < 4 ? len : get_be32(list);
	if (len < 4 || (*end > len - 4 && *end != len))
		return SENSE_PARAMETER_LIST_LENGTH;
	*end = *end == len ? len : *end + 4;
	return check_list(m, cdb[7], list, *end, extra);
}

static enum media_err write_one(struct media *media, unsigned partition, const uint8_t *p)
{
	struct media_attr a = {
		.id = get_be16(p), .format = p[2] & 0x03, .len = get_be16(p + 3), .data = p + HEADER,
	};
	enum media_err err;

	if (a.len)
		return media_attr_set(media, partition, &a);
	err = media_attr_delete(media, partition, a.id);
	return err == MEDIA_NOENT ? MEDIA_OK : err;	/* deleting what is not there is no error */
}

enum media_err tape_memory_write(struct tape_memory *m, unsigned partition, const uint8_t *list, uint32_t end)
{
	enum media_err err = MEDIA_OK;
	uint32_t at;

	for (at = 4; at < end && !err; at += HEADER + get_be16(list + at + 3))
		err = write_one(m->media, partition, list + at);
	return err;
}
