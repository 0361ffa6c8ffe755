/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens the log of a partition: what a crash left is found, and leftovers are removed. */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "log.h"
#include "log_impl.h"

/* Where to begin: the manifest's point, or a better one from the marks of the index. */
static void start(struct mlog *log, struct mscan *scan, bool use_mark)
{
	const struct mseg *last = mlog_last(log);
	struct media_file *file;
	struct mfmt_page mark;
	char name[MFMT_NAME];

	scan->off = last->length;
	scan->at = mseg_end(last);
	mfmt_name(name, log->man.partition, last->number, "idx");
	if (!use_mark || log->store->ops->open(log->store, name, MEDIA_STORE_RDONLY, &file) < 0)
		return;
	if (midx_read_mark(log->store, file, &scan->ident, &mark) && mark.durable > scan->off &&
	    mpoint_not_below(&mark.at, &scan->at)) {
		scan->off = mark.durable;
		scan->at = mark.at;
	}
	log->store->ops->close(file);
}

/*
 * Walks to the end of the valid records. *off and *at are where it is. A record that fails is the end, unless
 * a later one proves that it once was durable.
 */
static enum media_err walk(struct mscan *scan, uint64_t *off, struct mpoint *at)
{
	for (;;) {
		enum mscan_result result;
		struct mfmt_record rec;
		const uint8_t *payload;
		struct mpoint after;
		uint64_t from, next;
		bool found;
		enum media_err err;

		*off = scan->off;
		*at = scan->at;
		err = mscan_next(scan, &result, &rec, &payload);
		if (err)
			return err;
		if (result == MSCAN_RECORD)
			continue;
		after = scan->at;
		next = scan->off;
		from = result == MSCAN_BAD_PAYLOAD ? next : next + MFMT_UNIT;
		err = mscan_resync(scan, from, *off + 1, &found);
		if (err || !found)
			return err;
		if (result == MSCAN_BAD_PAYLOAD) {
			scan->off = next;
			scan->at = after;
		}
	}
}

enum media_err mlog_recover(struct mlog *log, struct media_file *file, uint64_t size, bool use_mark)
{
	struct mseg *last = mlog_last(log);
	struct mfmt_ident ident = mlog_ident(log, last);
	struct mscan scan;
	struct mpoint at;
	uint64_t off;
	enum media_err err = MEDIA_OK;

	mscan_init(&scan, log->store, file, &ident, true);
	start(log, &scan, use_mark);
	scan.limit = size;
	off = scan.off;
	at = scan.at;
	log->durable = at;
	log->durable_off = off;
	if (size > off)
		err = walk(&scan, &off, &at);
	mscan_free(&scan);
	if (err)
		return err;
	last->length = off;
	last->in = mpoint_sub(at, &last->first);
	last->closed = true;
	log->man_dirty = true;
	return MEDIA_OK;
}

/* Looks at the last segment, which is open. */
static enum media_err recover_last(struct mlog *log, struct why *why)
{
	struct mseg *last = mlog_last(log);
	struct media_file *file;
	uint64_t size = 0;
	enum media_err err;
	char name[MFMT_NAME];
	int rc = 0;

	mfmt_name(name, log->man.partition, last->number, "log");
	err = mlog_file(log, last, &file);
	if (!err)
		rc = log->store->ops->size(file, &size);
	if (err && err != MEDIA_NOENT) {
		why_set(why, "%s: %s", name, media_strerror(err));
		return err;
	}
	if (rc < 0)
		return media_err_why(rc, why, name);
	if (size == last->length)
		return MEDIA_OK;
	err = mlog_recover(log, file, size, true);
	/* What was found may be in the page cache only; nothing is told to be there that is not on disk. */
	if (!err && log->durable_off != last->length && !log->read_only)
		err = media_err_of(log->store->ops->sync(file));
	if (err)
		why_set(why, "%s: %s", name, media_strerror(err));
	if (!err && !last->in.object)
		log->man.n--;
	return err;
}

enum media_err mlog_open(struct mlog *log, const struct media_meta *meta, unsigned partition, struct why *why)
{
	enum media_err err;

	log->salt = mfmt_salt(meta->info.uuid, partition, meta->format);
	log->count_host = meta->info.count_uncompressed;
	log->capacity = meta->info.geometry.part[partition].capacity;
	log->man = (struct mmanifest){ .formatting = meta->format, .partition = partition };
	log->allocates = true;
	memcpy(log->man.uuid, meta->info.uuid, MEDIA_UUID_LEN);
	err = mmanifest_load(log->store, &log->man, &log->damaged, why);
	if (err)
		return err;
	if (log->man.n && !mlog_last(log)->closed)
		err = recover_last(log, why);
	if (err) {
		mlog_free(log);
		return err;
	}
	log->durable = mlog_end(log);
	log->durable_off = log->man.n ? mlog_last(log)->length : 0;
	return MEDIA_OK;
}

enum media_err mlog_create_all(struct media_store *store, const struct media_meta *meta, uint32_t next, struct why *why)
{
	enum media_err err = MEDIA_OK;

	for (unsigned i = 0; i < meta->info.geometry.partitions && !err; i++) {
		struct mmanifest man = {
			.formatting = meta->format,
			.partition = i,
			.next_segment = next,
			.next_generation = next,
		};

		memcpy(man.uuid, meta->info.uuid, MEDIA_UUID_LEN);
		err = mmanifest_save(store, &man, why);
	}
	return err;
}

enum media_err media_log_create(struct media_store *store, const struct media_meta *meta, struct why *why)
{
	return mlog_create_all(store, meta, 1, why);
}

/* Files to be removed: collected first, because the store may not like changes while it lists. */
struct sweep {
	const struct mlog *const *logs;
	unsigned n;
	char (*names)[MFMT_NAME];
	size_t count, room;
};

static bool is_listed(const struct mmanifest *man, uint32_t number)
{
	size_t lo = 0, hi = man->n;

	/* Numbers only grow. */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (man->seg[mid].number == number)
			return true;
		if (man->seg[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static int sweep_one(void *arg, const char *name)
{
	struct sweep *sweep = arg;
	unsigned partition;
	uint32_t number;
	const char *suffix;
	bool keep = false;

	if (!mfmt_parse_name(name, &partition, &number, &suffix))
		return 0;
	if (partition < sweep->n) {
		const struct mmanifest *man = &sweep->logs[partition]->man;

		keep = strcmp(suffix, "manifest") ? is_listed(man, number) : number == man->formatting;
	}
	if (keep)
		return 0;
	if (sweep->count == sweep->room) {
		size_t room = sweep->room ? 2 * sweep->room : 16;
		char (*names)[MFMT_NAME] = realloc(sweep->names, room * sizeof(*names));

		if (!names)
			return -1;
		sweep->names = names;
		sweep->room = room;
	}
	snprintf(sweep->names[sweep->count++], MFMT_NAME, "%s", name);
	return 0;
}

void mlog_sweep(struct media_store *store, const struct mlog *const logs[], unsigned n)
{
	struct sweep sweep = { .logs = logs, .n = n };

	store->ops->list(store, sweep_one, &sweep);
	for (size_t i = 0; i < sweep.count; i++)
		store->ops->remove(store, sweep.names[i]);
	free(sweep.names);
}
