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

/* The codes that our own devices send, and some of others (SPC-5 annex F). What is not here is shown by its numbers. */
static const struct { uint8_t asc, ascq; const char *text; } code_name[] = {
#define VTL_SENSE(name, key, asc, ascq, text) { asc, ascq, text },
#include "sense.def"
#undef VTL_SENSE
	{ 0x08, 0x00, "logical unit communication failure" },
	{ 0x14, 0x00, "recorded entity not found" },
	{ 0x14, 0x03, "end-of-data not found" },
	{ 0x47, 0x00, "SCSI parity error" },
	{ 0x52, 0x00, "cartridge fault" },
	{ 0x74, 0x00, "security error" },
};

static const char *text_of(uint8_t asc, uint8_t ascq)
{
	for (unsigned i = 0; (asc || ascq) && i < sizeof(code_name) / sizeof(code_name[0]); i++)
		if (code_name[i].asc == asc && code_name[i].ascq == ascq)
			return code_name[i].text;
	return "";
}

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
	const char *text;
	char field[48] = "";

	if (!sense->valid) {
		snprintf(buf, size, "no sense data");
		return buf;
	}
	text = text_of(sense->asc, sense->ascq);
	if (sense->has_field)
		snprintf(field, sizeof(field), ", byte %u of the %s", sense->field,
			 sense->field_in_cdb ? "command" : "parameters");
	snprintf(buf, size, "%s%s%s%s%s (%02X/%02X/%02X)", sense->deferred ? "deferred: " : "", key_name[sense->key],
		 *text ? ": " : "", text, field, sense->key, sense->asc, sense->ascq);
	return buf;
}
