/* SPDX-License-Identifier: GPL-2.0-only */
/* Tape cartridges as files: the public interface of libmedia. FORMAT.md is the on-disk specification. */
#ifndef MEDIA_MEDIA_H
#define MEDIA_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exec.h"
#include "store.h"
#include "why.h"

#define MEDIA_MAX_PARTITIONS	4
#define MEDIA_MAX_BLOCK		16777215u	/* bytes */
#define MEDIA_MAX_BARCODE	32
#define MEDIA_UUID_LEN		16
#define MEDIA_FORM_LEN		32		/* name of a medium model, e.g. "LTO-8" */

/*
 * The outcome of a request or call. The first group are conditions of a sound tape; core turns each value
 * into a sense code in one place.
 */
enum media_err {
	MEDIA_OK = 0,
	/* conditions */
	MEDIA_FILEMARK,		/* a filemark was met; the position is beyond it (backward: before it) */
	MEDIA_SETMARK,		/* the same of a setmark, where they are told of */
	MEDIA_EOD,		/* end of data was met; the position is there */
	MEDIA_BOP,		/* beginning of partition was met; the position is there */
	MEDIA_FULL,		/* volume overflow: the partition's capacity is used up; nothing was written */
	MEDIA_PROTECTED,	/* write-protected; nothing was changed */
	MEDIA_WORM,		/* would change what a WORM cartridge keeps; nothing was changed */
	MEDIA_NOT_DATA,		/* a cleaning cartridge holds no data */
	/* failures */
	MEDIA_INVALID,		/* a parameter is out of range; nothing was changed */
	MEDIA_NOENT,
	MEDIA_EXISTS,
	MEDIA_BUSY,		/* open elsewhere */
	MEDIA_FOREIGN,		/* not a cartridge of ours; the reason says what it looks like */
	MEDIA_VERSION,		/* an on-disk version or a must-understand extension that we do not know */
	MEDIA_CORRUPT,		/* stored bytes fail their check; the position is beyond the damaged block */
	MEDIA_IO,		/* the store failed to read or write */
	MEDIA_NOSPACE,		/* the file system is full */
	MEDIA_RDONLY,		/* the file system is read-only */
	MEDIA_NOMEM,		/* nothing was done; it may be tried again */
	/* encryption; the position stays before the block */
	MEDIA_KEY_NEEDED,	/* the block is encrypted, and blocks are not being decrypted */
	MEDIA_KEY_WRONG,	/* the block is encrypted with another key */
	MEDIA_KEY_CLEAR,	/* the block is not encrypted, and only such are to be read */
	MEDIA_KEY_RAW,		/* the block is not to be read raw */
	MEDIA_KEY_TAMPERED,	/* it is the block's key, but what was encrypted, or its place, is another */
	MEDIA_KEY_UNUSABLE,	/* the block is encrypted, but lacks what it takes to decrypt it with any key */
	MEDIA_KEY_ORIGIN,	/* the block was encrypted by whom media_set_refusals() refuses */
	MEDIA_ERR_COUNT
};

/* A short English name, never NULL. */
const char *media_strerror(enum media_err err);

enum media_kind {
	MEDIA_DATA, MEDIA_WORM_DATA, MEDIA_CLEANING,
	MEDIA_NULL,		/* keeps lengths of blocks and filemarks, and no data: blocks read as zeros */
	MEDIA_KIND_COUNT
};

/* The values are those of a record's field `codec` (FORMAT.md). */
enum media_codec {
	MEDIA_CODEC_NONE,
	MEDIA_CODEC_ZLIB,
	MEDIA_CODEC_LZ4,
	MEDIA_CODEC_ZSTD,
	MEDIA_CODEC_LZO,
	MEDIA_CODEC_COUNT
};

/* Where things lie: one row per partition. */
struct media_geometry {
	unsigned partitions;		/* 1 to MEDIA_MAX_PARTITIONS; 0 on a cleaning cartridge */
	struct {
		uint64_t capacity;	/* bytes that may be stored */
		uint64_t early_warning;	/* bytes before capacity at which early warning begins */
	} part[MEDIA_MAX_PARTITIONS];
};

/* What a cartridge is. Given at creation; kept in its file `cartridge`. */
struct media_info {
	uint8_t uuid[MEDIA_UUID_LEN];		/* all zero at creation: one is drawn */
	char barcode[MEDIA_MAX_BARCODE + 1];	/* [A-Z0-9_-]; "" for a cartridge without one */
	char form[MEDIA_FORM_LEN + 1];		/* medium model */
	uint8_t density;			/* density code that it is formatted in */
	enum media_kind kind;
	bool write_protected;
	bool count_uncompressed;		/* capacity counts host bytes, not stored ones; so MEDIA_NULL always */
	struct media_geometry geometry;
	uint64_t created;			/* seconds since 1970 */
};

/*
 * An open cartridge. It belongs to one thread, its owner's; only media_create(), media_open(), media_close()
 * and media_verify() block, and may run on any thread as long as nothing else uses the object meanwhile.
 */
struct media;

/* Writes a new cartridge into an empty store. The MAM begins empty. Blocks. */
enum media_err media_create(struct media_store *store, const struct media_info *info, struct why *why)
	__attribute__((warn_unused_result));

/*
 * A bound on the memory that the buffers of several cartridges take together. When it is used up, whoever needs a
 * buffer gets a small one. All zeros but for the limit at first; outlives the cartridges.
 */
struct media_memory {
	size_t limit, used;	/* bytes; `used` is libmedia's */
};

/*
 * Has the writes of many cartridges under way at once, whoever waits for them: by Linux's asynchronous I/O, with one
 * context for all, and by a few threads where a file or the system does not offer that. NULL: no memory. It is freed
 * when no cartridge that uses it is open.
 */
struct media_writers *media_writers_new(void);
void media_writers_free(struct media_writers *writers);

struct media_options {
	const char *owner;	/* one line that names who has it open, told to others */
	size_t ring_bytes;	/* memory for blocks on their way to the store; 0: default (16 MiB) */
	struct media_memory *memory;	/* what it is taken from, or NULL */
	struct media_writers *writers;	/* who writes, and reads ahead; NULL: each is waited for */
	uint64_t segment_bytes;	/* size of the files that a partition is kept in; 0: default (1 GiB) */
	bool read_only;		/* take no write access at all (for list, show) */
};

/*
 * Opens a cartridge, recovers it after a crash, and rebuilds what is missing of its index. The position is
 * the beginning of partition 0. The store stays the caller's and must outlive the cartridge. Blocks.
 */
enum media_err media_open(struct media_store *store, struct media_exec *exec, const struct media_options *options,
			  struct media **media, struct why *why) __attribute__((warn_unused_result));

/*
 * Frees it. Blocks written after the last synchronous point are written out, as far as the store lets us: to
 * know whether that worked, MEDIA_OP_SYNC comes first. No request may be under way, and nothing in the background:
 * with an executor that has threads, the last request must have been a SYNC, which ends that, too. Blocks.
 */
void media_close(struct media *media);

/*
 * For a cartridge that nobody uses for now: gives back the memory that only work needs, the buffer, what was read
 * ahead, what helpers hold; the next request takes it again. False while something is under way; what waits to become
 * durable begins to be, and a failure is told as a deferred error. Never blocks.
 */
bool media_rest(struct media *media);

const struct media_info *media_info(const struct media *media);

struct media_pos {
	unsigned partition;
	uint64_t object;		/* logical object number of the next block or filemark */
	uint64_t filemarks, setmarks;	/* of them between the beginning of the partition and here */
	bool bop, eod;
	bool early_warning;		/* at or beyond the early-warning point of this partition */
	uint64_t used, capacity;	/* bytes, of this partition up to end of data; never less than what is stored */
	uint32_t buffered_objects;	/* accepted, not yet handed to the store's disk */
	uint64_t buffered_bytes;
	/* lost: accepted, but not to be written; RECOVER has them */
	uint32_t lost_objects;
	uint64_t lost_bytes;
	uint64_t durable_object;	/* every object below this one survives a crash */
};

/* The position as the next request will find it. Never blocks. */
void media_tell(const struct media *media, struct media_pos *pos);

/* Per partition, whether current or not. */
struct media_usage {
	uint64_t capacity, used;	/* bytes */
	uint64_t left;			/* what can still be written: less than the rest where the disk ends first */
	uint64_t objects, filemarks;	/* up to end of data */
	uint64_t host;			/* bytes of its blocks, as the host wrote them */
	uint32_t generation;		/* grows whenever something is cut off, and whenever a segment is begun */
};
void media_usage(const struct media *media, unsigned partition, struct media_usage *usage);

/* Live totals since the cartridge was opened, for log pages. */
struct media_counters {
	uint64_t written_host, written_store;	/* bytes before and after encoding */
	uint64_t read_host, read_store;
};
void media_counters(const struct media *media, struct media_counters *counters);

struct media_peeked;

enum media_op {
	MEDIA_OP_WRITE, /* one block from buf, len 1..MEDIA_MAX_BLOCK; what lay behind the position is gone */
	MEDIA_OP_FILEMARKS,	/* `count` marks; then, unless `immediate`, all that was accepted is made durable */
	MEDIA_OP_READ, /* one block into buf; `actual` is its whole length, min(len, actual) bytes arrive */
	/*
	 * As READ, of what a failure told of as deferred has lost, in order; MEDIA_EOD: there is nothing more. The
	 * position stays. What is not fetched is discarded when a request moves, reads, writes or formats.
	 */
	MEDIA_OP_RECOVER,
	MEDIA_OP_PEEK, /* looks at the object at the position, which stays: `peeked` */
	MEDIA_OP_SPACE_BLOCKS, /* `count` blocks, negative backward; `residual` what was not spaced over */
	MEDIA_OP_SPACE_FILEMARKS,
	MEDIA_OP_SPACE_SETMARKS,
	MEDIA_OP_SPACE_EOD,
	MEDIA_OP_LOCATE_OBJECT, /* object `count` of `partition`; beyond the end: MEDIA_EOD, position at end of data */
	MEDIA_OP_LOCATE_FILEMARK, /* filemark `count` of `partition`: see media_req.count */
	MEDIA_OP_LOCATE_EOD, /* end of data of `partition` */
	MEDIA_OP_ERASE, /* end of data is here; durable when done */
	MEDIA_OP_FORMAT, /* new geometry, all data gone; position BOP 0; durable when done */
	MEDIA_OP_SYNC, /* everything accepted, and the MAM, is durable */
	MEDIA_OP_SET_INFO, /* write_protected, density, barcode of `info` become durable */
	MEDIA_OP_COUNT
};

/*
 * A request. One at a time per cartridge. The caller fills the upper part and keeps the request and its
 * buffers until it is complete.
 */
struct media_req {
	enum media_op op;
	void *buf;			/* WRITE (not changed), READ (may be NULL when len is 0) */
	uint32_t len;
	int64_t count;			/* FILEMARKS 0..; SPACE signed; LOCATE_OBJECT, LOCATE_FILEMARK: the number
					 * (filemark n: the position directly before the (n+1)th filemark, SSC-5 7.3) */
	unsigned partition;		/* LOCATE_* */
	bool immediate;			/* FILEMARKS */
	bool setmarks;			/* FILEMARKS: they are setmarks; MEDIA_INVALID where there would be too many */
	struct media_peeked *peeked;	/* PEEK: filled when it ends with MEDIA_OK */
	const struct media_geometry *geometry;	/* FORMAT */
	const struct media_info *info;		/* SET_INFO */
	void (*done)(struct media_req *req);	/* on the owner's thread; not called if media_submit() returned true */

	enum media_err err;
	uint32_t actual;		/* READ */
	bool decrypted;			/* READ: the block was encrypted, and with the key that was set */
	uint64_t residual;		/* SPACE, FILEMARKS: how many were not done */
	/*
	 * A failure of earlier accepted writes, reported once, by the first request that ends after it is known:
	 * `err` is theirs, this request did nothing, and everything from object `lost` of partition
	 * `lost_partition` on is not on the medium; the position is there.
	 */
	bool deferred;
	uint64_t lost;
	unsigned lost_partition;

	struct media *media;		/* libmedia's, from here */
	bool submitting, complete;
};

/*
 * Starts a request. Returns true if it is complete already, else done() will be called. A write into a
 * buffer with room, a move that needs no disk, and everything under an inline executor complete at once.
 */
bool media_submit(struct media *media, struct media_req *req) __attribute__((warn_unused_result));

/*
 * Whether setmarks are told of, by reads and moves over blocks and filemarks, as filemarks are (RSMK, SSC-3 8.3.3); at
 * first they are passed over, and are no blocks either.
 */
void media_set_setmarks(struct media *media, bool told);

/* Forgets what MEDIA_OP_RECOVER could fetch; nothing happens while a request is under way. */
void media_discard_lost(struct media *media);

/* The codec and its level (0: the codec's default) for blocks written from now on. */
enum media_err media_set_codec(struct media *media, enum media_codec codec, int level);
/* By name ("none", "zlib", "lz4", "zstd", "lzo"); MEDIA_CODEC_COUNT if there is none. */
enum media_codec media_codec_by_name(const char *name);
const char *media_codec_name(enum media_codec codec);
/* Levels are 1 to this, and 0 for the codec's own default. */
int media_codec_max_level(enum media_codec codec);

/*
 * A key for AES-256, in memory that is locked and in no core dump; wiped when the last holder drops it. Any thread.
 * media_key_new() copies the bytes, the caller wipes his; NULL: there is no such memory.
 */
#define MEDIA_KEY_LEN	32u
#define MEDIA_MAX_KAD	64u
struct media_key;
struct media_key *media_key_new(const uint8_t bytes[MEDIA_KEY_LEN]);
struct media_key *media_key_hold(struct media_key *key);
void media_key_drop(struct media_key *key);
/* Whether they are the same bytes, in constant time. NULL is only the same as NULL. */
bool media_key_same(const struct media_key *a, const struct media_key *b);

/* Key-associated data: stored beside each block, authenticated, not secret. */
struct media_kads {
	uint8_t format;			/* what the host says that they are: any number, kept for it */
	uint8_t ukad_len, akad_len;	/* 0 to MEDIA_MAX_KAD */
	uint8_t ukad[MEDIA_MAX_KAD], akad[MEDIA_MAX_KAD];
};

/* What a host has to give beside blocks that it encrypted itself: says how (FORMAT.md). */
#define MEDIA_METADATA	64u

/* How blocks are encrypted. */
struct media_encrypt {
	struct media_key *key;
	bool raw_allowed;		/* the blocks may be read raw later */
	struct media_kads kads;
	/* They come encrypted, of these metadata: stored as they are. None of the above is needed. NULL: we encrypt. */
	const uint8_t *metadata;
};
/*
 * For blocks written from now on; NULL: they are stored in the clear. Each call begins a series of nonces of its own.
 * MEDIA_INVALID; MEDIA_NOMEM: nothing changed.
 */
enum media_err media_set_encrypt(struct media *media, const struct media_encrypt *encrypt)
	__attribute__((warn_unused_result));

enum media_decrypt {
	MEDIA_DECRYPT_NONE,		/* encrypted blocks cannot be read */
	MEDIA_DECRYPT_RAW,		/* they are read as stored: header, extension area and payload (FORMAT.md) */
	MEDIA_DECRYPT_KEY,		/* only encrypted blocks are read */
	MEDIA_DECRYPT_MIXED,		/* encrypted blocks and others */
};
/* For blocks read from now on. `key` is for the last two. */
void media_set_decrypt(struct media *media, enum media_decrypt mode, struct media_key *key);
/* Encrypted blocks that are not read from now on, whatever the key: those that we encrypted; those that came so. */
void media_set_refusals(struct media *media, bool ours, bool theirs);

/* What MEDIA_OP_PEEK tells of the object at the position. */
enum media_next {
	MEDIA_NEXT_UNKNOWN,		/* it cannot be read */
	MEDIA_NEXT_NO_BLOCK,		/* a filemark, or end of data */
	MEDIA_NEXT_CLEAR,
	MEDIA_NEXT_READABLE,		/* encrypted, and can be decrypted as it is set now */
	MEDIA_NEXT_LOCKED,		/* encrypted, and cannot */
};
struct media_peeked {
	enum media_next next;
	/* of an encrypted block */
	enum media_err err;		/* of MEDIA_NEXT_LOCKED: why */
	bool raw_allowed;
	bool theirs;			/* it came encrypted */
	struct media_kads kads;
	uint8_t metadata[MEDIA_METADATA];	/* with which its raw bytes, written again, are the same block */
};

/*
 * The cartridge memory (MAM): attributes by partition and 16-bit identifier, any content. Changed in memory;
 * MEDIA_OP_SYNC, MEDIA_OP_FILEMARKS without `immediate` and media_close() make it durable, atomically.
 */
enum media_attr_format { MEDIA_ATTR_BINARY = 0, MEDIA_ATTR_ASCII = 1, MEDIA_ATTR_TEXT = 2 };
struct media_attr {
	uint16_t id;
	uint8_t format;			/* enum media_attr_format */
	uint16_t len;
	const uint8_t *data;		/* the cartridge's; valid until the next change of the MAM */
};
/* NULL if it is not there. */
const struct media_attr *media_attr_get(const struct media *media, unsigned partition, uint16_t id);
/* The attribute with the smallest id >= `from`, or NULL. */
const struct media_attr *media_attr_next(const struct media *media, unsigned partition, uint16_t from);
enum media_err media_attr_set(struct media *media, unsigned partition, const struct media_attr *attr);
enum media_err media_attr_delete(struct media *media, unsigned partition, uint16_t id);

/* Reads what a cartridge is without opening it: no lock is taken, so a mounted one can be shown. Blocks. */
enum media_err media_peek(struct media_store *store, struct media_info *info, struct why *why)
	__attribute__((warn_unused_result));

/*
 * Reads every stored byte and checks it against its checksums; changes nothing. `report` is called for each
 * finding with the partition, the logical object number (UINT64_MAX: not a block's) and a sentence, `note` for what
 * costs nothing: an index that will be made anew when it is needed. Returns MEDIA_OK when nothing is wrong,
 * MEDIA_CORRUPT after findings, MEDIA_VERSION when they all are of a newer version. Needs the cartridge's lock. Blocks.
 */
struct media_verify {
	void (*report)(void *arg, unsigned partition, uint64_t object, const char *text);
	void (*note)(void *arg, unsigned partition, const char *text);	/* may be NULL */
	void (*progress)(void *arg, uint64_t done_bytes, uint64_t all_bytes);	/* may be NULL */
	void *arg;
	uint64_t blocks, filemarks, bytes;	/* out: what was read */
};
enum media_err media_verify(struct media_store *store, struct media_verify *verify, struct why *why)
	__attribute__((warn_unused_result));

/*
 * Makes anew what can be: a file of which one copy is damaged, the cartridge memory (empty), a manifest from its
 * segments, first pages of segments, indexes, and `cartridge` itself from what the caller knows of it. Objects that
 * are damaged stay so. Changes nothing unless told to apply; what it replaces is kept, under names that begin "kept".
 * Returns MEDIA_OK when nothing is lost, MEDIA_CORRUPT when something is. Needs the cartridge's lock. Blocks.
 */
struct media_repair {
	bool apply;			/* do it; else only say what would be done */
	const struct media_info *info;	/* what the cartridge is, should it not say so itself any more; or NULL */
	/* For everything that is repaired, and (lost) that cannot be; arguments as in media_verify.report(). */
	void (*report)(void *arg, bool lost, unsigned partition, uint64_t object, const char *text);
	void (*progress)(void *arg, uint64_t done_bytes, uint64_t all_bytes);	/* may be NULL */
	void *arg;
	unsigned repaired, lost;	/* out: how many were reported */
	uint64_t bytes;			/* out: what was read */
};
enum media_err media_repair(struct media_store *store, struct media_repair *repair, struct why *why)
	__attribute__((warn_unused_result));

#endif
