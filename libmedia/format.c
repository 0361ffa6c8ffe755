/* SPDX-License-Identifier: GPL-2.0-only */
/* The log's bytes on disk: records, segment pages and index pages, to and from structures. FORMAT.md. */
#include "format.h"

#include <stdio.h>
#include <string.h>

#include "be.h"
#include "crc.h"

static const uint8_t record_magic[4] = { 'V', 'T', 'L', 'R' };
static const uint8_t segment_magic[4] = { 'V', 'T', 'L', 'S' };
static const uint8_t page_magic[4] = { 'V', 'T', 'L', 'X' };

/* Of a page of the index: its header, which its content follows. */
#define PAGE_HEADER	64u
#define ENTRY		8u
#define KEY		4u
#define IS_FILEMARK	0x80000000u
#define IS_SETMARK	0x40000000u
#define MUST_UNDERSTAND	0x8000u

_Static_assert(PAGE_HEADER + MFMT_PAGE_ENTRIES * ENTRY == MFMT_PAGE, "entries fill a page");
_Static_assert(PAGE_HEADER + MFMT_GROUP * KEY == MFMT_PAGE, "keys fill a page");

uint32_t mfmt_salt(const uint8_t uuid[MEDIA_UUID_LEN], unsigned partition, uint32_t formatting)
{
	uint8_t p[MEDIA_UUID_LEN + 5];

	memcpy(p, uuid, MEDIA_UUID_LEN);
	p[MEDIA_UUID_LEN] = (uint8_t)partition;
	put_be32(p + MEDIA_UUID_LEN + 1, formatting);
	return media_crc32c(0, p, sizeof(p));
}

struct mpoint mpoint_add(struct mpoint a, const struct mpoint *b)
{
	a.object += b->object;
	a.filemarks += b->filemarks;
	a.setmarks += b->setmarks;
	a.host += b->host;
	return a;
}

struct mpoint mpoint_sub(struct mpoint a, const struct mpoint *b)
{
	a.object -= b->object;
	a.filemarks -= b->filemarks;
	a.setmarks -= b->setmarks;
	a.host -= b->host;
	return a;
}

bool mpoint_same(const struct mpoint *a, const struct mpoint *b)
{
	return a->object == b->object && a->filemarks == b->filemarks && a->setmarks == b->setmarks &&
	       a->host == b->host;
}

bool mpoint_not_below(const struct mpoint *a, const struct mpoint *b)
{
	return a->object >= b->object && a->filemarks >= b->filemarks && a->setmarks >= b->setmarks &&
	       a->host >= b->host;
}

static void put_marks(uint8_t *p, const struct mpoint *at)
{
	put_be64(p, mpoint_pack_marks(at));
}

static void get_marks(const uint8_t *p, struct mpoint *at)
{
	at->setmarks = get_be16(p);
	at->filemarks = get_be48(p + 2);
}

struct mpoint mfmt_after(const struct mfmt_record *rec)
{
	struct mpoint after = rec->at;

	if (rec->type == MFMT_PAD)
		return after;
	after.object++;
	after.host += rec->host_len;
	after.filemarks += rec->type == MFMT_FILEMARK;
	after.setmarks += rec->type == MFMT_SETMARK;
	return after;
}

void mfmt_put_record(uint8_t p[MFMT_RECORD], const struct mfmt_ident *ident, const struct mfmt_record *rec)
{
	memcpy(p, record_magic, 4);
	p[4] = MFMT_VERSION;
	p[5] = (uint8_t)rec->type;
	p[6] = rec->codec;
	p[7] = rec->flags;
	put_be32(p + 8, ident->salt);
	put_be32(p + 12, ident->segment);
	put_be32(p + 16, (uint32_t)(rec->offset / MFMT_UNIT));
	put_be32(p + 20, (uint32_t)(rec->durable / MFMT_UNIT));
	put_be32(p + 24, ident->generation);
	put_be32(p + 28, rec->ext_len);
	put_be64(p + 32, rec->at.object);
	put_marks(p + 40, &rec->at);
	put_be64(p + 48, rec->at.host);
	put_be32(p + 56, rec->stored_len);
	put_be32(p + 60, rec->host_len);
	put_be32(p + 64, rec->crc_stored);
	put_be32(p + 68, rec->crc_host);
	put_be32(p + 72, rec->crc_ext);
	put_be32(p + 76, media_crc32c(0, p, 76));
}

/* Whether the lengths of a record are possible for its type. */
static bool lengths_ok(const struct mfmt_record *rec)
{
	if (rec->ext_len > MFMT_MAX_EXT || rec->ext_len % MFMT_UNIT)
		return false;
	switch (rec->type) {
	case MFMT_BLOCK:
		return rec->host_len >= 1 && rec->host_len <= MEDIA_MAX_BLOCK && rec->stored_len >= 1 &&
		       rec->stored_len <= MEDIA_MAX_BLOCK &&
		       (rec->codec != MEDIA_CODEC_NONE || rec->stored_len == rec->host_len);
	case MFMT_FILEMARK:
	case MFMT_SETMARK:
		return rec->host_len == 0 && rec->stored_len == 0;
	case MFMT_PAD:
		return rec->host_len == 0 && rec->stored_len <= 2 * MFMT_PAGE;
	}
	return false;
}

void mfmt_get_place(const uint8_t p[MFMT_RECORD], struct mfmt_ident *ident, uint64_t *offset)
{
	*ident = (struct mfmt_ident){
		.salt = get_be32(p + 8), .segment = get_be32(p + 12), .generation = get_be32(p + 24),
	};
	*offset = (uint64_t)get_be32(p + 16) * MFMT_UNIT;
}

enum media_err mfmt_get_record(const uint8_t p[MFMT_RECORD], const struct mfmt_ident *ident, uint64_t offset,
			       struct mfmt_record *rec)
{
	struct mfmt_ident has;
	uint64_t place;

	if (memcmp(p, record_magic, 4) || get_be32(p + 76) != media_crc32c(0, p, 76))
		return MEDIA_CORRUPT;
	mfmt_get_place(p, &has, &place);
	if (has.salt != ident->salt || has.segment != ident->segment || has.generation != ident->generation ||
	    place != offset)
		return MEDIA_CORRUPT;
	if (p[4] != MFMT_VERSION || p[5] < MFMT_BLOCK || p[5] > MFMT_SETMARK || p[7] & MFMT_FLAGS_MUST)
		return MEDIA_VERSION;
	rec->type = p[5];
	rec->codec = p[6];
	rec->flags = p[7];
	rec->offset = offset;
	rec->durable = (uint64_t)get_be32(p + 20) * MFMT_UNIT;
	rec->ext_len = get_be32(p + 28);
	rec->at.object = get_be64(p + 32);
	get_marks(p + 40, &rec->at);
	rec->at.host = get_be64(p + 48);
	rec->stored_len = get_be32(p + 56);
	rec->host_len = get_be32(p + 60);
	rec->crc_stored = get_be32(p + 64);
	rec->crc_host = get_be32(p + 68);
	rec->crc_ext = get_be32(p + 72);
	return lengths_ok(rec) ? MEDIA_OK : MEDIA_CORRUPT;
}

enum media_err mfmt_check_ext(const uint8_t *ext, uint32_t len)
{
	uint32_t off = 0;

	while (off + 4 <= len) {
		uint16_t type = get_be16(ext + off);
		uint32_t size = ((uint32_t)get_be16(ext + off + 2) + 3u) & ~3u;

		if (!type)
			return MEDIA_OK;
		if (type & MUST_UNDERSTAND && type != MFMT_EXT_NONCE && type != MFMT_EXT_TAG &&
		    type != MFMT_EXT_METADATA)
			return MEDIA_VERSION;
		if (size > len - off - 4)
			return MEDIA_CORRUPT;
		off += 4 + size;
	}
	return MEDIA_OK;
}

void mfmt_put_segment(uint8_t p[MFMT_PAGE], const struct mfmt_segment *segment)
{
	memset(p, 0, MFMT_PAGE);
	memcpy(p, segment_magic, 4);
	p[4] = MFMT_VERSION;
	p[5] = (uint8_t)segment->partition;
	memcpy(p + 8, segment->uuid, MEDIA_UUID_LEN);
	put_be32(p + 24, segment->formatting);
	put_be32(p + 28, segment->ident.segment);
	put_be32(p + 32, segment->ident.generation);
	put_be32(p + 36, segment->ident.salt);
	put_be64(p + 40, segment->first.object);
	put_marks(p + 48, &segment->first);
	put_be64(p + 56, segment->first.host);
	put_be32(p + MFMT_PAGE - 4, media_crc32c(0, p, MFMT_PAGE - 4));
}

enum media_err mfmt_get_segment(const uint8_t p[MFMT_PAGE], struct mfmt_segment *segment)
{
	if (memcmp(p, segment_magic, 4) || get_be32(p + MFMT_PAGE - 4) != media_crc32c(0, p, MFMT_PAGE - 4))
		return MEDIA_CORRUPT;
	if (p[4] != MFMT_VERSION)
		return MEDIA_VERSION;
	segment->partition = p[5];
	memcpy(segment->uuid, p + 8, MEDIA_UUID_LEN);
	segment->formatting = get_be32(p + 24);
	segment->ident.segment = get_be32(p + 28);
	segment->ident.generation = get_be32(p + 32);
	segment->ident.salt = get_be32(p + 36);
	segment->first.object = get_be64(p + 40);
	get_marks(p + 48, &segment->first);
	segment->first.host = get_be64(p + 56);
	return MEDIA_OK;
}

static uint32_t page_crc(const uint8_t p[MFMT_PAGE])
{
	return media_crc32c(media_crc32c(0, p, PAGE_HEADER - 4), p + PAGE_HEADER, MFMT_PAGE - PAGE_HEADER);
}

void mfmt_put_page(uint8_t p[MFMT_PAGE], const struct mfmt_ident *ident, const struct mfmt_page *page)
{
	memset(p, 0, PAGE_HEADER);
	memcpy(p, page_magic, 4);
	p[4] = MFMT_VERSION;
	p[5] = (uint8_t)page->kind;
	put_be16(p + 6, (uint16_t)page->count);
	put_be32(p + 8, ident->salt);
	put_be32(p + 12, ident->segment);
	put_be64(p + 16, page->at.object);
	put_marks(p + 24, &page->at);
	if (page->kind == MFMT_MARK) {
		put_be64(p + 32, page->at.host);
		put_be32(p + 40, (uint32_t)(page->durable / MFMT_UNIT));
		put_be32(p + 44, page->sequence);
	}
	put_be32(p + 60, page_crc(p));
}

bool mfmt_get_page(const uint8_t p[MFMT_PAGE], const struct mfmt_ident *ident, enum mfmt_page_kind kind,
		   struct mfmt_page *page)
{
	static const unsigned most[] = {
		[MFMT_MARK] = 0, [MFMT_KEYS] = MFMT_GROUP, [MFMT_ENTRIES] = MFMT_PAGE_ENTRIES
	};

	if (memcmp(p, page_magic, 4) || p[4] != MFMT_VERSION || p[5] != kind || get_be32(p + 60) != page_crc(p))
		return false;
	page->kind = kind;
	page->count = get_be16(p + 6);
	page->at.object = get_be64(p + 16);
	get_marks(p + 24, &page->at);
	page->at.host = get_be64(p + 32);
	page->durable = (uint64_t)get_be32(p + 40) * MFMT_UNIT;
	page->sequence = get_be32(p + 44);
	return get_be32(p + 8) == ident->salt && get_be32(p + 12) == ident->segment && page->count <= most[kind];
}

void mfmt_put_entry(uint8_t p[MFMT_PAGE], unsigned i, const struct mfmt_entry *entry)
{
	uint32_t mark = entry->type == MFMT_FILEMARK ? IS_FILEMARK : entry->type == MFMT_SETMARK ? IS_SETMARK : 0;

	put_be32(p + PAGE_HEADER + i * ENTRY, (uint32_t)(entry->offset / MFMT_UNIT) | mark);
	put_be16(p + PAGE_HEADER + i * ENTRY + 4, (uint16_t)entry->setmarks);
	put_be16(p + PAGE_HEADER + i * ENTRY + 6, (uint16_t)entry->filemarks);
}

void mfmt_get_entry(const uint8_t p[MFMT_PAGE], unsigned i, struct mfmt_entry *entry)
{
	uint32_t v = get_be32(p + PAGE_HEADER + i * ENTRY);

	entry->offset = (uint64_t)(v & ~(IS_FILEMARK | IS_SETMARK)) * MFMT_UNIT;
	entry->type = v & IS_FILEMARK ? MFMT_FILEMARK : v & IS_SETMARK ? MFMT_SETMARK : MFMT_BLOCK;
	entry->setmarks = get_be16(p + PAGE_HEADER + i * ENTRY + 4);
	entry->filemarks = get_be16(p + PAGE_HEADER + i * ENTRY + 6);
}

void mfmt_put_key(uint8_t p[MFMT_PAGE], unsigned i, uint32_t filemarks)
{
	put_be32(p + PAGE_HEADER + i * KEY, filemarks);
}

uint32_t mfmt_get_key(const uint8_t p[MFMT_PAGE], unsigned i)
{
	return get_be32(p + PAGE_HEADER + i * KEY);
}

void mfmt_name(char name[MFMT_NAME], unsigned partition, uint32_t number, const char *suffix)
{
	snprintf(name, MFMT_NAME, "p%u-%08x.%.8s", partition % 10, number, suffix);
}

bool mfmt_parse_name(const char *name, unsigned *partition, uint32_t *number, const char **suffix)
{
	static const char *const suffixes[] = { "log", "idx", "manifest" };
	char again[MFMT_NAME];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		if (sscanf(name, "p%1u-%8x.", partition, number) != 2)
			return false;
		/* Only the one spelling that we write is ours. */
		mfmt_name(again, *partition, *number, suffixes[i]);
		if (!strcmp(name, again)) {
			*suffix = suffixes[i];
			return true;
		}
	}
	return false;
}
