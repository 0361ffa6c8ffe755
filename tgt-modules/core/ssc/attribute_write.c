/* SPDX-License-Identifier: GPL-2.0-only */
/* WRITE ATTRIBUTE: hosts create, change and delete their attributes in the cartridge's memory (SPC-5 6.51). */
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
static int64_t growth(const struct vtl_tape *t, unsigned partition, const uint8_t *p)
{
	const struct media_attr *old = media_attr_get(t->media, partition, get_be16(p));
	uint16_t len = get_be16(p + 3);

	return (len ? (int64_t)HEADER + len : 0) - (old ? (int64_t)HEADER + old->len : 0);
}

/* All of the list is right, or none of it is done: ends the command and returns false then. */
static bool check_list(struct vtl_cmd *cmd, const uint8_t *list, uint32_t end)
{
	struct vtl_tape *t = tape_of(cmd);
	int64_t grows = 0;
	int32_t last = -1;
	uint32_t at;

	for (at = 4; at < end;) {
		enum vtl_sense sense;
		unsigned byte;

		if (end - at < HEADER || end - at - HEADER < get_be16(list + at + 3)) {
			vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
			return false;
		}
		sense = check_attribute(list + at, &byte);
		if (sense == SENSE_NONE && (int32_t)get_be16(list + at) <= last) {	/* ascending */
			sense = SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
			byte = 0;
		}
		if (sense != SENSE_NONE) {
			vtl_cmd_bad_param_as(cmd, sense, at + byte, byte == 2 ? 7 : VTL_NO_BIT);
			return false;
		}
		last = get_be16(list + at);
		grows += growth(t, cmd->cdb[7], list + at);
		at += HEADER + get_be16(list + at + 3);
	}
	if (grows <= 0 || (uint64_t)grows <= tape_mam_space(t))
		return true;
	vtl_cmd_check(cmd, SENSE_MEMORY_FULL, NULL);
	return false;
}

static enum media_err write_one(struct vtl_tape *t, unsigned partition, const uint8_t *p)
{
	struct media_attr a = {
		.id = get_be16(p), .format = p[2] & 0x03, .len = get_be16(p + 3), .data = p + HEADER,
	};
	enum media_err err;

	if (a.len)
		return media_attr_set(t->media, partition, &a);
	err = media_attr_delete(t->media, partition, a.id);
	return err == MEDIA_NOENT ? MEDIA_OK : err;	/* deleting what is not there is no error */
}

static bool written(struct vtl_tape *t)
{
	if (t->req.err) {
		tape_fail(t, t->req.err, true, NULL);
		return false;
	}
	t->unsynced = false;
	tape_end(t, SENSE_NONE, NULL);
	return false;
}

static bool write_through(struct vtl_tape *t)
{
	tape_req(t, MEDIA_OP_SYNC);
	t->step = written;
	return true;
}

static void write_list(struct vtl_cmd *cmd, const uint8_t *list, uint32_t end)
{
	struct vtl_tape *t = tape_of(cmd);
	enum media_err err = MEDIA_OK;
	uint32_t at;

	for (at = 4; at < end && !err; at += HEADER + get_be16(list + at + 3))
		err = write_one(t, cmd->cdb[7], list + at);
	t->cmd = cmd;
	t->activity = TAPE_IDLE;
	t->unsynced = true;
	if (err)
		tape_fail(t, err, true, NULL);
	else if (cmd->cdb[1] & 0x01)	/* WTC: on the medium before status */
		tape_start_now(t, write_through);
	else
		tape_end(t, SENSE_NONE, NULL);
}

/*
 * WRITE ATTRIBUTE, SPC-5 6.51. LTFS counts the list's header in the length that stands in it, and drives take that:
 * it is the CDB that says how long the list is. Write protection is the tape's, not the memory's.
 */
void tape_write_attribute(struct vtl_cmd *cmd)
{
	uint32_t len = get_be32(cmd->cdb + 10), end;

	if (cmd->cdb[5]) {
		vtl_cmd_bad_cdb(cmd, 5, VTL_NO_BIT);
		return;
	}
	if (cmd->cdb[7] >= media_info(tape_of(cmd)->media)->geometry.partitions) {
		vtl_cmd_bad_cdb(cmd, 7, VTL_NO_BIT);
		return;
	}
	if (!vtl_cmd_has_out(cmd, len))
		return;
	if (!len) {
		vtl_cmd_good(cmd);
		return;
	}
	end = len < 4 ? len : get_be32(cmd->out);
	if (len < 4 || (end > len - 4 && end != len)) {
		vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return;
	}
	end = end == len ? len : end + 4;
	if (check_list(cmd, cmd->out, end))
		write_list(cmd, cmd->out, end);
}
