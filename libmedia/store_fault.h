/* SPDX-License-Identifier: GPL-2.0-only */
/* A store that wraps another: it fails chosen calls, and records what a crash could lose. For tests. */
#ifndef MEDIA_STORE_FAULT_H
#define MEDIA_STORE_FAULT_H

#include "store.h"

enum media_fault_op {
	MEDIA_FAULT_OPEN,	/* without MEDIA_STORE_CREATE */
	MEDIA_FAULT_CREATE,
	MEDIA_FAULT_PREAD,
	MEDIA_FAULT_READ_AHEAD,	/* only counted: it cannot fail */
	MEDIA_FAULT_PWRITE,	/* or write_begin(), whose write_end() then tells */
	MEDIA_FAULT_WRITE_END,
	MEDIA_FAULT_SYNC,
	MEDIA_FAULT_ALLOCATE,
	MEDIA_FAULT_TRUNCATE,
	MEDIA_FAULT_REPLACE,
	MEDIA_FAULT_REMOVE,
	MEDIA_FAULT_LIST,
	MEDIA_FAULT_LOCK,
	MEDIA_FAULT_COUNT
};

/*
 * Wraps `under`, which stays the caller's and must outlive it. 0 or -ENOMEM. For a full disk, limit a memory store
 * below (media_store_memory_limit()).
 */
int media_store_fault(struct media_store *under, struct media_store **store);

/*
 * From the nth call of `op` on (1: the next), `times` calls (0: all) return -err and have no effect; nth 0 takes the
 * rule back. One rule per op. A sync() that fails drops what was not synced of that file since the rule was given,
 * as Linux does.
 */
void media_fault_fail(struct media_store *store, enum media_fault_op op, unsigned nth, unsigned times, int err);

/* From now on a replace() that a rule fails takes effect all the same, as when the folder cannot be synced. */
void media_fault_late_replace(struct media_store *store, bool late);

/*
 * The nth call from now on that would change something (1: the next), of whatever kind, and all such calls after it
 * fail with err, as on a file system that became read-only; err 0: none does any more. Whether it came to that before.
 */
bool media_fault_stop(struct media_store *store, unsigned nth, int err);

/*
 * While dead, whatever would change a file fails and has no effect: the user of the store may then be freed as if its
 * process had been killed. What was not synced is still there, as it is after a kill, and a crash may take it; of the
 * writes under way, every other one still takes effect.
 */
void media_fault_dead(struct media_store *store, bool dead);

/* Calls of `op` so far. */
unsigned media_fault_calls(const struct media_store *store, enum media_fault_op op);

/*
 * Begins recording: takes a copy of all files, which count as durable, and keeps what every successful change
 * did from now on. 0 or -errno.
 */
int media_fault_record(struct media_store *store);

/* How many changes (create, pwrite, write_begin, write_end, sync, allocate, truncate, replace, remove) have been
 * recorded. */
size_t media_fault_recorded(const struct media_store *store);

/* A crash after the first `op` recorded changes. */
struct media_crash {
	size_t op;
	const char *text;	/* which of the unsynced changes survived, for messages */
};

struct media_crash_sweep {
	unsigned random;	/* random choices per point, torn writes among them */
	uint64_t seed;
	size_t every;		/* visit every nth point only; 0 or 1: all */
	/* Gets what the crash left, a memory store, which is freed afterwards. Not 0: stop. */
	int (*each)(void *arg, struct media_store *store, const struct media_crash *crash);
	void *arg;
};

/*
 * Visits every state that a crash during the recording could have left: after each change, with the unsynced
 * writes, allocations and truncations of all files (a write from its beginning on, and not covered by a sync before its
 * end) all kept, all lost, lost but for the growth of the file
 * (zeros), each alone lost, each alone kept, the last one (before a sync: each) torn at the 512-byte boundaries of its
 * first and last 4 KiB (its end lost; at some of them its beginning), and random choices. Creating, replacing and
 * removing files is durable when it returns. Returns what each() returned, 0, or -errno.
 */
int media_fault_crashes(struct media_store *store, const struct media_crash_sweep *sweep);

#endif
