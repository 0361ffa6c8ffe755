/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the parameters of tgt's own changer, and finds models for what they say. */
#include "legacy.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_LIBRARY	"GENERIC"
#define DEFAULT_DRIVE	"IBM-LTO8"

/* One update. */
struct update {
	unsigned long element_type, start_address, quantity, address, tid, lun, unused;
	bool starts, stands;
	char barcode[MEDIA_MAX_BARCODE + 1], home[4096];
	struct library_identity identity;
	char serial[LIBRARY_SERIAL_LEN + 1];
};

#define AT(field)	offsetof(struct update, field), sizeof(((struct update *)0)->field)
#define NUMBER(field)	0, offsetof(struct update, field), 0

/* What the built-in types know; what has no effect here is read and left. */
static const struct param {
	const char *name;
	bool ignored;
	size_t off, size;		/* size 0: a number */
} params_known[] = {
	{ "element_type", NUMBER(element_type) }, { "start_address", NUMBER(start_address) },
	{ "quantity", NUMBER(quantity) }, { "address", NUMBER(address) },
	{ "tid", NUMBER(tid) }, { "lun", NUMBER(lun) },
	{ "barcode", 0, AT(barcode) }, { "media_home", 0, AT(home) },
	{ "vendor_id", 0, AT(identity.vendor) }, { "product_id", 0, AT(identity.product) },
	{ "product_rev", 0, AT(identity.revision) }, { "scsi_sn", 0, AT(serial) },
	{ "sides", true }, { "volume_tag", true }, { "scsi_id", true }, { "removable", true }, { "online", true },
	{ "mode_page", true }, { "readonly", true }, { "sense_format", true }, { "dump", true },
};

static bool take_number(const char *name, const char *value, unsigned long *number, struct why *why)
{
	char *end;

	*number = strtoul(value, &end, 10);
	if (isdigit((unsigned char)*value) && !*end && *number <= 0xffff)
		return true;
	why_set(why, "%s=%s: a number from 0 to 65535", name, value);
	return false;
}

static bool take_text(const char *name, const char *value, char *to, size_t size, struct why *why)
{
	size_t len = strlen(value);

	for (const char *p = value; *p; p++)
		if (*p < ' ' || *p > '~' || *p == '"' || *p == '\\')
			len = size;
	if (len < size) {
		strcpy(to, value);
		return true;
	}
	why_set(why, "%s=%s: at most %zu printable characters", name, value, size - 1);
	return false;
}

static bool take_one(struct update *update, char *text, struct why *why)
{
	char *value = strchr(text, '=');

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < sizeof(params_known) / sizeof(params_known[0]); i++) {
		const struct param *param = &params_known[i];

		if (strcmp(param->name, text))
			continue;
		if (param->ignored)
			return true;
		update->starts |= !strcmp(text, "start_address");
		update->stands |= !strcmp(text, "address");
		if (param->size)
			return take_text(text, value ? value : "", (char *)update + param->off, param->size, why);
		return take_number(text, value ? value : "", (unsigned long *)((char *)update + param->off), why);
	}
	why_set(why, "\"%s\" is no parameter that a library can be made from", text);
	return false;
}

/* One more row behind n; NULL: no memory. */
static void *one_more(void *rows, unsigned n, size_t size)
{
	return realloc(rows, (n + 1) * size);
}

static bool bind_drive(struct legacy *legacy, const struct update *update, struct why *why)
{
	struct legacy_binding *rows = one_more(legacy->binding, legacy->bindings, sizeof(*rows));

	if (!rows) {
		why_set(why, "no memory");
		return false;
	}
	legacy->binding = rows;
	rows[legacy->bindings++] = (struct legacy_binding){ (uint16_t)update->address, (int)update->tid, update->lun,
							    false };
	return true;
}

static bool put_cartridge(struct legacy *legacy, const struct update *update, struct why *why)
{
	struct legacy_tag *rows;

	if (strspn(update->barcode, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != strlen(update->barcode) ||
	    !update->barcode[0]) {
		why_set(why, "barcode=%s: a barcode has the characters A-Z 0-9 _ -", update->barcode);
		return false;
	}
	rows = one_more(legacy->tag, legacy->tags, sizeof(*rows));
	if (!rows) {
		why_set(why, "no memory");
		return false;
	}
	legacy->tag = rows;
	rows[legacy->tags] = (struct legacy_tag){ .address = (uint16_t)update->address };
	strcpy(rows[legacy->tags++].barcode, update->barcode);
	return true;
}

static bool take_elements(struct legacy *legacy, const struct update *update, struct why *why)
{
	unsigned long type = update->element_type;

	if (!update->starts && !update->stands)
		return true;
	if (type < LEGACY_TRANSPORT || type >= LEGACY_TYPES) {
		why_set(why, "element_type=%lu: 1 transport, 2 storage, 3 import/export, 4 drive", type);
		return false;
	}
	if (update->starts) {
		legacy->range[type].set = true;
		legacy->range[type].start = (uint16_t)update->start_address;
		legacy->range[type].count = (unsigned)update->quantity;
		return true;
	}
	if (type == LEGACY_DRIVE)
		return bind_drive(legacy, update, why);
	return type == LEGACY_TRANSPORT || put_cartridge(legacy, update, why);
}

static void keep(char *to, const char *text)
{
	if (*text)
		strcpy(to, text);
}

bool legacy_take(struct legacy *legacy, char *params, struct why *why)
{
	struct update *update = calloc(1, sizeof(*update));
	bool ok = update;
	char *one;

	if (params && !strncmp(params, "targetOps ", 10))
		params += 10;
	while (ok && (one = strsep(&params, ",")))
		ok = !*one || take_one(update, one, why);
	if (ok && (ok = take_elements(legacy, update, why))) {
		keep(legacy->home, update->home);
		keep(legacy->identity.vendor, update->identity.vendor);
		keep(legacy->identity.product, update->identity.product);
		keep(legacy->identity.revision, update->identity.revision);
		keep(legacy->serial, update->serial);
	}
	free(update);
	return ok;
}

bool legacy_complete(const struct legacy *legacy)
{
	return legacy->home[0] && legacy->range[LEGACY_TRANSPORT].set && legacy->range[LEGACY_STORAGE].set &&
	       legacy->range[LEGACY_DRIVE].set;
}

void legacy_free(struct legacy *legacy)
{
	if (!legacy)
		return;
	free(legacy->binding);
	free(legacy->tag);
	free(legacy);
}

/* ---- models ---- */

static bool is_of(const struct vtl_model_inquiry *inquiry, const struct library_identity *identity)
{
	return !strcasecmp(inquiry->vendor, identity->vendor) && !strcasecmp(inquiry->product, identity->product);
}

const struct vtl_library_model *legacy_library_model(const struct vtl_models *models, const struct legacy *legacy)
{
	const struct vtl_library_model *m;

	for (unsigned n = 0; (m = vtl_models_library_at(models, n)); n++)
		if (is_of(&m->inquiry, &legacy->identity))
			return m;
	m = vtl_models_library(models, DEFAULT_LIBRARY);
	return m ? m : vtl_models_library_at(models, 0);
}

/* "LTO3 ULTRIUM", "Ultrium LTO-5": the generation; 0: it names none. */
static unsigned generation(const char *product)
{
	const char *at = strcasestr(product, "LTO");

	if (!at)
		return 0;
	at += 3;
	at += *at == '-' || *at == ' ';
	return (unsigned)strtoul(at, NULL, 10);
}

const struct vtl_drive_model *legacy_drive_model(const struct vtl_models *models, const struct legacy *legacy)
{
	unsigned lto = legacy ? generation(legacy->identity.product) : 0;
	const struct vtl_drive_model *m;
	char name[32];

	for (unsigned n = 0; legacy && (m = vtl_models_drive_at(models, n)); n++)
		if (is_of(&m->inquiry, &legacy->identity))
			return m;
	snprintf(name, sizeof(name), "%s-LTO%u",
		 legacy && !strncasecmp(legacy->identity.vendor, "HP", 2) ? "HP" : "IBM", lto);
	m = lto ? vtl_models_drive(models, name) : NULL;
	if (!m)
		m = vtl_models_drive(models, DEFAULT_DRIVE);
	return m ? m : vtl_models_drive_at(models, 0);
}
