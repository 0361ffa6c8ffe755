/* SPDX-License-Identifier: GPL-2.0-only */
/* The file `inventory`: a checkpoint of all cartridges and the changes since. FORMAT.md "inventory". */
#ifndef LIBRARY_JOURNAL_H
#define LIBRARY_JOURNAL_H

#include "library.h"
#include "store.h"
#include "table.h"

#define JOURNAL_RECORD	128u	/* bytes of a record */
#define JOURNAL_PAGE	4096u	/* what was synced ends at such a boundary, and is not written again */

enum journal_what {
	JOURNAL_IS,			/* what is known of a cartridge from now on, but for its tags */
	JOURNAL_GONE,			/* it is no more */
	JOURNAL_TAG,			/* a tag of it from now on: cartridge.id, cartridge.tag[which] */
	JOURNAL_STATE,			/* of `count` places from cartridge.place on */
};

struct journal_record {
	enum journal_what what;
	bool joined;			/* it holds only together with the next one */
	struct library_cartridge cartridge;
	enum library_tag_kind which;
	unsigned count;
	uint8_t state, keep;			/* flags that are set, and those that stay as they are */
};

/* An inventory that is open for writing. */
struct journal {
	struct media_store *store;
	const char *name;		/* of the file */
	struct media_file *file;
	uint64_t end;			/* where the next page begins */
	uint64_t checkpoint_end;
	uint64_t allocated;
	uint64_t filled;		/* up to here the disk has zeros to be overwritten */
	uint64_t seq;			/* of the last record */
	bool broken;			/* a write failed: nothing is appended before a new checkpoint */
};

/* What journal_replay() found. */
struct journal_found {
	uint64_t end, checkpoint_end, seq;
	unsigned damaged;		/* acknowledged records that could not be read */
	bool clean;			/* nothing lies behind the last record */
};

/*
 * Applies the content of the file to an empty table (table_load() only). A tail that was being written when a crash
 * came is not applied: the table is then as after the last change that is there as a whole. LIBRARY_FAILED: it is not
 * an inventory, of a newer version, or no memory.
 */
enum library_err journal_replay(const uint8_t *buf, size_t len, struct table *table, struct journal_found *found,
				struct why *why);

/* Replaces the file by a checkpoint of the table and opens it for appending. 0 or -errno. Blocks. */
int journal_checkpoint(struct journal *journal, const struct table *table, struct why *why);
/* Opens a file for appending behind what journal_replay() found; it must have been clean. 0 or -errno. Blocks. */
int journal_open(struct journal *journal, const struct journal_found *found, struct why *why);
/*
 * Makes changes durable. They are in the file as a whole, or (-errno) the table must be left as it is. `table` holds
 * the state without them: a checkpoint is written first where one is due. Blocks.
 */
int journal_append(struct journal *journal, const struct table *table, const struct journal_record *record, unsigned n,
		   struct why *why);
void journal_close(struct journal *journal);

#endif
