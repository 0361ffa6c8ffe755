/* SPDX-License-Identifier: GPL-2.0-only */
/* The file `cartridge`: what a cartridge is, from its creation on. */
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "err.h"
#include "foreign.h"
#include "meta.h"
#include "sealed.h"

/* FORMAT.md "cartridge": offsets in the payload. */
enum {
	AT_UUID = 0,
	AT_BARCODE = 16,
	AT_FORM = 48,
	AT_CREATED = 80,
	AT_FORMAT = 88,
	AT_KIND = 92,
	AT_DENSITY = 93,
	AT_FLAGS = 94,
	AT_PARTITIONS = 95,
	AT_GEOMETRY = 96,
	GEOMETRY_LEN = 16,
	META_LEN = AT_GEOMETRY + MEDIA_MAX_PARTITIONS * GEOMETRY_LEN,
};

#define FLAG_WRITE_PROTECTED	0x01
#define FLAG_COUNT_UNCOMPRESSED 0x02

static const struct media_seal seal = {
	.name = MEDIA_META_NAME,
	.magic = "VTLcart",
	.version = 1,
	.max = META_LEN,
};

_Static_assert(AT_FORM - AT_BARCODE == MEDIA_MAX_BARCODE, "field of the barcode");
_Static_assert(AT_CREATED - AT_FORM == MEDIA_FORM_LEN, "field of the form");

static enum media_err check_geometry(const struct media_info *info, struct why *why)
{
	const struct media_geometry *g = &info->geometry;

	if (g->partitions > MEDIA_MAX_PARTITIONS || (info->kind == MEDIA_CLEANING) != (g->partitions == 0)) {
		why_set(why, "%u partitions: a cartridge for data has 1 to %u, one for cleaning none", g->partitions,
			MEDIA_MAX_PARTITIONS);
		return MEDIA_INVALID;
	}
	for (unsigned i = 0; i < g->partitions; i++) {
		if (!g->part[i].capacity || g->part[i].capacity > INT64_MAX) {
			why_set(why, "partition %u: the capacity of %llu bytes is out of range", i,
				(unsigned long long)g->part[i].capacity);
			return MEDIA_INVALID;
		}
		if (g->part[i].early_warning > g->part[i].capacity) {
			why_set(why, "partition %u: early warning begins before the partition", i);
			return MEDIA_INVALID;
		}
	}
	return MEDIA_OK;
}

enum media_err media_info_check(const struct media_info *info, struct why *why)
{
	size_t form = strnlen(info->form, sizeof(info->form));
	size_t barcode = strnlen(info->barcode, sizeof(info->barcode));

	if (barcode > MEDIA_MAX_BARCODE || strspn(info->barcode, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != barcode) {
		why_set(why, "barcode \"%.*s\": at most %u of A-Z 0-9 _ -", (int)barcode, info->barcode,
			MEDIA_MAX_BARCODE);
		return MEDIA_INVALID;
	}
	if (!form || form > MEDIA_FORM_LEN) {
		why_set(why, "the medium model has no name, or one longer than %u characters", MEDIA_FORM_LEN);
		return MEDIA_INVALID;
	}
	for (size_t i = 0; i < form; i++) {
		if (info->form[i] < ' ' || info->form[i] > '~') {
			why_set(why, "the medium model's name has characters that are not printable ASCII");
			return MEDIA_INVALID;
		}
	}
	if ((unsigned)info->kind >= MEDIA_KIND_COUNT) {
		why_set(why, "no such kind of cartridge: %u", (unsigned)info->kind);
		return MEDIA_INVALID;
	}
	return check_geometry(info, why);
}

static void encode(const struct media_meta *meta, uint8_t p[META_LEN])
{
	const struct media_info *info = &meta->info;

	memset(p, 0, META_LEN);
	memcpy(p + AT_UUID, info->uuid, MEDIA_UUID_LEN);
	memcpy(p + AT_BARCODE, info->barcode, strlen(info->barcode));
	memcpy(p + AT_FORM, info->form, strlen(info->form));
	put_be64(p + AT_CREATED, info->created);
	put_be32(p + AT_FORMAT, meta->format);
	p[AT_KIND] = (uint8_t)info->kind;
	p[AT_DENSITY] = info->density;
	p[AT_FLAGS] = (uint8_t)((info->write_protected ? FLAG_WRITE_PROTECTED : 0) |
				(info->count_uncompressed ? FLAG_COUNT_UNCOMPRESSED : 0));
	p[AT_PARTITIONS] = (uint8_t)info->geometry.partitions;
	for (unsigned i = 0; i < info->geometry.partitions; i++) {
		put_be64(p + AT_GEOMETRY + i * GEOMETRY_LEN, info->geometry.part[i].capacity);
		put_be64(p + AT_GEOMETRY + i * GEOMETRY_LEN + 8, info->geometry.part[i].early_warning);
	}
}

static enum media_err decode(const uint8_t *p, size_t len, struct media_meta *meta, struct why *why)
{
	struct media_info *info = &meta->info;
	struct why what = { "a field has a value that it never has" };
	uint8_t again[META_LEN];

	if (len != META_LEN || p[AT_FLAGS] & ~(FLAG_WRITE_PROTECTED | FLAG_COUNT_UNCOMPRESSED)) {
		why_set(why, "%s: it has properties that this program does not know", MEDIA_META_NAME);
		return MEDIA_VERSION;
	}
	memset(meta, 0, sizeof(*meta));
	memcpy(info->uuid, p + AT_UUID, MEDIA_UUID_LEN);
	memcpy(info->barcode, p + AT_BARCODE, MEDIA_MAX_BARCODE);
	memcpy(info->form, p + AT_FORM, MEDIA_FORM_LEN);
	info->created = get_be64(p + AT_CREATED);
	meta->format = get_be32(p + AT_FORMAT);
	info->kind = (enum media_kind)p[AT_KIND];
	info->density = p[AT_DENSITY];
	info->write_protected = p[AT_FLAGS] & FLAG_WRITE_PROTECTED;
	info->count_uncompressed = p[AT_FLAGS] & FLAG_COUNT_UNCOMPRESSED;
	info->geometry.partitions = p[AT_PARTITIONS];
	for (unsigned i = 0; i < MEDIA_MAX_PARTITIONS; i++) {
		info->geometry.part[i].capacity = get_be64(p + AT_GEOMETRY + i * GEOMETRY_LEN);
		info->geometry.part[i].early_warning = get_be64(p + AT_GEOMETRY + i * GEOMETRY_LEN + 8);
	}
	if (media_info_check(info, &what) == MEDIA_OK && meta->format) {
		/* There is one way to write an info; what differs from it has bytes where none belong. */
		encode(meta, again);
		if (memcmp(again, p, META_LEN) == 0)
			return MEDIA_OK;
	}
	why_set(why, "%s: it makes no sense: %.300s", MEDIA_META_NAME, what.text);
	return MEDIA_CORRUPT;
}

enum media_err media_meta_load(struct media_store *store, struct media_meta *meta, bool *damaged, struct why *why)
{
	const uint8_t *payload;
	uint8_t *file;
	size_t len;
	enum media_err err = media_sealed_read(store, MEDIA_META_NAME, &seal, &file, &payload, &len, damaged, why);

	if (err == MEDIA_NOENT) {
		int rc = media_foreign_store(store, why);

		return rc < 0 ? media_err_why(rc, why, MEDIA_META_NAME) : MEDIA_FOREIGN;
	}
	if (err)
		return err;
	err = decode(payload, len, meta, why);
	free(file);
	return err;
}

enum media_err media_meta_save(struct media_store *store, const struct media_meta *meta, struct why *why)
{
	uint8_t payload[META_LEN];
	enum media_err err = media_info_check(&meta->info, why);

	if (err)
		return err;
	encode(meta, payload);
	return media_sealed_write(store, MEDIA_META_NAME, &seal, payload, META_LEN, why);
}

enum media_err media_peek(struct media_store *store, struct media_info *info, struct why *why)
{
	struct media_meta meta;
	enum media_err err = media_meta_load(store, &meta, NULL, why);

	if (err == MEDIA_OK)
		*info = meta.info;
	return err;
}
