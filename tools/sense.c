/* SPDX-License-Identifier: GPL-2.0-only */
/* Sense data as any tape or changer may send it: decoded, and in words. */
#include <stdio.h>
#include <string.h>

#include "be.h"
#include "initiator.h"

static const char *const key_name[16] = {
	"no sense", "recovered error", "not ready", "medium error", "hardware error", "illegal request",
	"unit attention", "data protect", "blank check", "vendor specific", "copy aborted", "aborted command",
	"reserved", "volume overflow", "miscompare", "completed",
};

/* The codes that tapes and changers send most (SPC-5 annex F). Others are shown by their numbers. */
static const struct { uint8_t asc, ascq; const char *text; } code_name[] = {
	{ 0x00, 0x01, "filemark detected" },
	{ 0x00, 0x02, "end of partition or medium" },
	{ 0x00, 0x04, "beginning of partition or medium" },
	{ 0x00, 0x05, "end of data" },
	{ 0x00, 0x16, "operation in progress" },
	{ 0x04, 0x00, "cause not reportable" },
	{ 0x04, 0x01, "becoming ready" },
	{ 0x04, 0x02, "a load command is required" },
	{ 0x04, 0x03, "manual intervention required" },
	{ 0x04, 0x07, "operation in progress" },
	{ 0x04, 0x12, "offline" },
	{ 0x08, 0x00, "communication failure" },
	{ 0x0c, 0x00, "write error" },
	{ 0x10, 0x01, "logical block guard check failed" },
	{ 0x11, 0x00, "unrecovered read error" },
	{ 0x14, 0x00, "recorded entity not found" },
	{ 0x14, 0x03, "end of data not found" },
	{ 0x1a, 0x00, "parameter list length error" },
	{ 0x20, 0x00, "the device has no such command" },
	{ 0x21, 0x01, "invalid element address" },
	{ 0x24, 0x00, "invalid field in the command" },
	{ 0x25, 0x00, "no such logical unit" },
	{ 0x26, 0x00, "invalid field in the parameter list" },
	{ 0x27, 0x00, "write protected" },
	{ 0x28, 0x00, "the medium may have changed" },
	{ 0x28, 0x01, "an import or export element was accessed" },
	{ 0x29, 0x00, "power on, reset or bus device reset" },
	{ 0x2a, 0x01, "mode parameters changed" },
	{ 0x2a, 0x03, "reservations preempted" },
	{ 0x2c, 0x00, "command sequence error" },
	{ 0x30, 0x00, "incompatible medium" },
	{ 0x30, 0x01, "the medium's format is unknown" },
	{ 0x30, 0x03, "cleaning cartridge installed" },
	{ 0x30, 0x05, "the medium's format cannot be written" },
	{ 0x31, 0x00, "the medium's format is corrupted" },
	{ 0x37, 0x00, "rounded parameter" },
	{ 0x3a, 0x00, "no medium" },
	{ 0x3b, 0x00, "sequential positioning error" },
	{ 0x3b, 0x0c, "position past beginning of medium" },
	{ 0x3b, 0x0d, "the destination element is full" },
	{ 0x3b, 0x0e, "the source element is empty" },
	{ 0x3b, 0x11, "the magazine is not accessible" },
	{ 0x3b, 0x1a, "a drive element must be unloaded first" },
	{ 0x44, 0x00, "internal target failure" },
	{ 0x47, 0x00, "SCSI parity error" },
	{ 0x51, 0x00, "erase failure" },
	{ 0x52, 0x00, "cartridge fault" },
	{ 0x53, 0x00, "load or eject failed" },
	{ 0x53, 0x02, "medium removal prevented" },
	{ 0x74, 0x00, "security error" },
};

static void decode_specific(const uint8_t *sks, struct sense *sense)
{
	if (!(sks[0] & 0x80) || sense->key != KEY_ILLEGAL)
		return;
	sense->has_field = true;
	sense->field_in_cdb = sks[0] & 0x40;
	sense->field = get_be16(sks + 1);
}

/* Fixed format: SPC-5 4.4.3. */
static void decode_fixed(const uint8_t *data, unsigned len, struct sense *sense)
{
	sense->key = data[2] & 0x0f;
	sense->filemark = data[2] & 0x80;
	sense->eom = data[2] & 0x40;
	sense->ili = data[2] & 0x20;
	if (len >= 7 && (data[0] & 0x80)) {
		sense->has_information = true;
		sense->information = (int32_t)get_be32(data + 3);
	}
	if (len >= 14) {
		sense->asc = data[12];
		sense->ascq = data[13];
	}
	if (len >= 18)
		decode_specific(data + 15, sense);
}

/* Descriptor format: SPC-5 4.4.2; descriptors 00h information, 02h sense-key specific, 04h stream commands. */
static void decode_descriptors(const uint8_t *data, unsigned len, struct sense *sense)
{
	sense->key = data[1] & 0x0f;
	sense->asc = data[2];
	sense->ascq = data[3];
	for (unsigned at = 8; at + 2 <= len && at + 2 + data[at + 1] <= len; at += 2 + data[at + 1]) {
		const uint8_t *d = data + at;

		if (d[0] == 0x00 && d[1] >= 10) {
			sense->has_information = true;
			sense->information = (int64_t)get_be64(d + 4);
		} else if (d[0] == 0x02 && d[1] >= 6) {
			decode_specific(d + 4, sense);
		} else if (d[0] == 0x04 && d[1] >= 2) {
			sense->filemark = d[3] & 0x80;
			sense->eom = d[3] & 0x40;
			sense->ili = d[3] & 0x20;
		}
	}
}

void sense_decode(const uint8_t *data, unsigned len, struct sense *sense)
{
	uint8_t code = len ? data[0] & 0x7f : 0;

	memset(sense, 0, sizeof(*sense));
	if (len < 4 || code < 0x70 || code > 0x73)
		return;
	sense->valid = true;
	sense->deferred = code & 1;
	if (code <= 0x71)
		decode_fixed(data, len, sense);
	else
		decode_descriptors(data, len, sense);
}

const char *sense_text(const struct sense *sense, char *buf, unsigned size)
{
	const char *text = "";
	char field[48] = "";

	if (!sense->valid) {
		snprintf(buf, size, "no sense data");
		return buf;
	}
	for (unsigned i = 0; i < sizeof(code_name) / sizeof(code_name[0]); i++)
		if (code_name[i].asc == sense->asc && code_name[i].ascq == sense->ascq)
			text = code_name[i].text;
	if (sense->has_field)
		snprintf(field, sizeof(field), ", byte %u of the %s", sense->field,
			 sense->field_in_cdb ? "command" : "parameters");
	snprintf(buf, size, "%s%s%s%s%s (%02X/%02X/%02X)", sense->deferred ? "deferred: " : "", key_name[sense->key],
		 *text ? ": " : "", text, field, sense->key, sense->asc, sense->ascq);
	return buf;
}
