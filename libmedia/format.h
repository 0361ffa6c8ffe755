/* SPDX-License-Identifier: GPL-2.0-only */
/* The log's bytes on disk: records, segment pages and index pages, to and from structures. FORMAT.md. */
#ifndef MEDIA_FORMAT_H
#define MEDIA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media.h"

#define MFMT_VERSION	1
#define MFMT_PAGE	4096u		/* of writes and of the index */
#define MFMT_UNIT	16u		/* records begin at multiples of it */
#define MFMT_RECORD	80u		/* header of a record */
#define MFMT_MAX_EXT	65520u
#define MFMT_FIRST	MFMT_PAGE	/* where the first record of a segment is */
#define MFMT_NAME	32		/* room for any file name, its NUL included */

enum mfmt_type { MFMT_BLOCK = 1, MFMT_FILEMARK = 2, MFMT_PAD = 3, MFMT_SETMARK = 4 };

#define MFMT_MAX_SETMARKS	65535u	/* of a partition */

#define MFMT_FLAG_HOST_CRC	0x01
/* Extensions */
#define MFMT_EXT_KAD	0x0003
#define MFMT_EXT_CHECK	0x0005
#define MFMT_EXT_NONCE	0x8001
#define MFMT_EXT_TAG	0x8002
#define MFMT_EXT_METADATA	0x8006

#define MFMT_FLAGS_MUST		0xf0	/* of these, version 1 knows none */

/* Sums over all objects of a partition before a position. */
struct mpoint {
	uint64_t object;		/* their number, which is the number of the next one */
	uint64_t filemarks;
	uint64_t host;			/* bytes of blocks, as the host wrote them */
	uint64_t setmarks;
};

struct mpoint mpoint_add(struct mpoint a, const struct mpoint *b);
struct mpoint mpoint_sub(struct mpoint a, const struct mpoint *b);
bool mpoint_same(const struct mpoint *a, const struct mpoint *b);
/* Whether no sum of a is less than that of b. */
bool mpoint_not_below(const struct mpoint *a, const struct mpoint *b);
/* How many marks of a type there are before it. */
static inline uint64_t mpoint_marks(const struct mpoint *at, enum mfmt_type type)
{
	return type == MFMT_SETMARK ? at->setmarks : at->filemarks;
}
/* Both counts of marks, as one number of eight bytes has them. */
static inline uint64_t mpoint_pack_marks(const struct mpoint *at)
{
	return at->setmarks << 48 | at->filemarks;
}

/* Which segment a record or page belongs to. */
struct mfmt_ident {
	uint32_t salt;
	uint32_t segment;
	uint32_t generation;
};

/* Beside those of enum media_codec: the payload is one byte, and the block consists of that byte. */
enum { MFMT_CODEC_FILL = 0xff };

struct mfmt_record {
	enum mfmt_type type;
	uint8_t codec;
	uint8_t flags;
	uint64_t offset;		/* bytes, in the segment */
	uint64_t durable;		/* bytes */
	uint32_t ext_len;
	struct mpoint at;
	uint32_t stored_len, host_len;
	uint32_t crc_stored, crc_host, crc_ext;
};

/* The number that ties records to cartridge, partition and formatting. */
uint32_t mfmt_salt(const uint8_t uuid[MEDIA_UUID_LEN], unsigned partition, uint32_t formatting);

/* Bytes that a record takes, with its filling up to a whole unit. */
static inline uint64_t mfmt_record_size(uint32_t ext_len, uint32_t stored_len)
{
	return ((uint64_t)MFMT_RECORD + ext_len + stored_len + MFMT_UNIT - 1) & ~(uint64_t)(MFMT_UNIT - 1);
}

static inline uint64_t mfmt_page_up(uint64_t off)
{
	return (off + MFMT_PAGE - 1) & ~(uint64_t)(MFMT_PAGE - 1);
}

/* Sums after the object of a record (a pad changes none). */
struct mpoint mfmt_after(const struct mfmt_record *rec);

void mfmt_put_record(uint8_t p[MFMT_RECORD], const struct mfmt_ident *ident, const struct mfmt_record *rec);

/*
 * Whether a valid header lies at `p`, which was read at `offset`. MEDIA_OK; MEDIA_CORRUPT: none;
 * MEDIA_VERSION: one that this version must not interpret.
 */
enum media_err mfmt_get_record(const uint8_t p[MFMT_RECORD], const struct mfmt_ident *ident, uint64_t offset,
			       struct mfmt_record *rec) __attribute__((warn_unused_result));

/* Where the record, if it is one, says that it belongs. */
void mfmt_get_place(const uint8_t p[MFMT_RECORD], struct mfmt_ident *ident, uint64_t *offset);

/* MEDIA_OK; MEDIA_CORRUPT: malformed; MEDIA_VERSION: holds what we do not know and must understand. */
enum media_err mfmt_check_ext(const uint8_t *ext, uint32_t len) __attribute__((warn_unused_result));

/* The first page of a segment. */
struct mfmt_segment {
	uint8_t uuid[MEDIA_UUID_LEN];
	unsigned partition;
	uint32_t formatting;
	struct mfmt_ident ident;
	struct mpoint first;
};
void mfmt_put_segment(uint8_t p[MFMT_PAGE], const struct mfmt_segment *segment);
enum media_err mfmt_get_segment(const uint8_t p[MFMT_PAGE], struct mfmt_segment *segment)
	__attribute__((warn_unused_result));

/* Pages of the index. */
enum mfmt_page_kind { MFMT_MARK = 1, MFMT_KEYS = 2, MFMT_ENTRIES = 3 };

#define MFMT_PAGE_ENTRIES	504u	/* entries in a page of entries */
#define MFMT_GROUP		1008u	/* pages of entries that a page of keys describes */

struct mfmt_page {
	enum mfmt_page_kind kind;
	unsigned count;
	struct mpoint at;		/* host: mark only */
	uint64_t durable;		/* mark only; bytes */
	uint32_t sequence;		/* mark only */
};
/* Writes header and CRC around the entries or keys that are there already. */
void mfmt_put_page(uint8_t p[MFMT_PAGE], const struct mfmt_ident *ident, const struct mfmt_page *page);
/* Whether it is a valid page of this segment and kind. */
bool mfmt_get_page(const uint8_t p[MFMT_PAGE], const struct mfmt_ident *ident, enum mfmt_page_kind kind,
		   struct mfmt_page *page);

struct mfmt_entry {
	uint64_t offset;		/* bytes, in the segment */
	uint32_t filemarks, setmarks;	/* between the page's first object and this one */
	enum mfmt_type type;
};
void mfmt_put_entry(uint8_t p[MFMT_PAGE], unsigned i, const struct mfmt_entry *entry);
void mfmt_get_entry(const uint8_t p[MFMT_PAGE], unsigned i, struct mfmt_entry *entry);
void mfmt_put_key(uint8_t p[MFMT_PAGE], unsigned i, uint32_t filemarks);
uint32_t mfmt_get_key(const uint8_t p[MFMT_PAGE], unsigned i);

/* Names of files. `suffix` is "log", "idx" or "manifest". */
void mfmt_name(char name[MFMT_NAME], unsigned partition, uint32_t number, const char *suffix);
/* Whether it is such a name, of which partition and number; *suffix points into it. */
bool mfmt_parse_name(const char *name, unsigned *partition, uint32_t *number, const char **suffix);

#endif
