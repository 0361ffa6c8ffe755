/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing: blocks are accepted into the ring, encoded by a job, and put out in order. */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "media_impl.h"

/* What is written before the owner can be told, at most; more only if a single block is larger. */
#define BATCH		(1u << 20)
/* What is written by one job that goes on with what is added meanwhile, before other drives have their turn. */
#define TURN		(16u << 20)
/* What must have piled up before a job is started that nobody waits for; in a small ring, a quarter of it. */
#define WORTH		(1u << 20)
/* Space to be allocated ahead, beside what the ring can hold. */
#define AHEAD		(20ull << 20)
/* Space beyond the capacity, for pads and the first pages of segments. */
#define MARGIN		(256ull << 10)
/* Filemarks of one entry of the ring. */
#define MARKS		1024u
/* Room within the early-warning zone that is kept for filemarks when blocks are refused already. */
#define FOR_FILEMARKS	(64ull << 10)
/* What a cut may add to what is used up to it: a pad, and the first page of a segment. */
#define CUT		(3ull * MFMT_PAGE)

/* How much space is kept allocated: what the ring can hold and more, but no more than the capacity lets us use. */
static uint64_t space_ahead(const struct media *media, const struct mlog *log)
{
	uint64_t used = mlog_used(log), left = log->capacity > used ? log->capacity - used : 0;
	uint64_t ahead = media->ring.size + AHEAD;

	return !log->count_host && left + MARGIN < ahead ? left + MARGIN : ahead;
}

static void look_at_space(struct media *media)
{
	uint64_t bytes;

	if (media->store->ops->space(media->store, &bytes) == 0)
		media->free_space = bytes;
}

static enum media_err put_entry(struct media *media, struct mlog *log, struct mring_entry *entry)
{
	if (entry->type != MFMT_BLOCK) {
		for (uint32_t i = 0; i < entry->len; i++) {
			struct mfmt_record rec = { .type = entry->type };
			enum media_err err = mlog_put(log, &rec, NULL);

			if (err)
				return err;
		}
		return MEDIA_OK;
	}
	if (entry->err)
		return entry->err;
	media->write.stored += entry->how.discard ? entry->len : entry->rec.stored_len;
	return mlog_put(log, &entry->rec, media->ring.buf + entry->off);
}

/* Writes entries from *number on, as many below `end` as make a batch; adds to *bytes what they can take. */
static enum media_err write_batch(struct media *media, struct mlog *log, uint64_t *number, uint64_t end,
				  uint64_t *bytes)
{
	uint64_t to = *number, room = 0;
	enum media_err err;

	while (to < end && (to == *number || room < BATCH))
		room += mwrite_store_bound(mring_at(&media->ring, to++));
	*bytes += room;
	err = mlog_make_room(log, room);
	for (; *number < to && !err; ++*number) {
		mcrew_encode(media, &media->worker, *number);
		err = put_entry(media, log, mring_at(&media->ring, *number));
	}
	return err;
}

static void note_failure(struct media *media, unsigned part, enum media_err err)
{
	mlog_rollback(&media->log[part], err);
	if (media->task_err) {
		media->write.others |= media->write.failed != part;
		return;
	}
	media->task_err = err;
	media->write.failed = part;
}

/* Every partition may have something that is not durable yet. */
static void sync_all(struct media *media)
{
	for (unsigned i = 0; i < media->meta.info.geometry.partitions; i++) {
		enum media_err err = mlog_sync(&media->log[i]);

		if (err)
			note_failure(media, i, err);
	}
}

/* Writes what it was told to and, unless something follows that waits for it, what has been added meanwhile. */
static enum media_err write_entries(struct media *media, struct mlog *log)
{
	struct mwrite *write = &media->write;
	uint64_t number = write->from, end, bytes = 0;
	enum media_err err = MEDIA_OK;

	while (!err && number < write->to) {
		err = write_batch(media, log, &number, write->to, &bytes);
		if (err)
			break;
		end = mcrew_wrote(media, number);
		if (!write->all && bytes < TURN)
			write->to = end;
	}
	return err;
}

static void write_work(struct media *media)
{
	struct mwrite *write = &media->write;
	struct mlog *log = &media->log[media->part];
	enum media_err err = MEDIA_OK;

	media->task_err = MEDIA_OK;
	write->failed = MEDIA_MAX_PARTITIONS;
	if (write->again)
		err = mlog_begin(log, mlog_end(log).object, space_ahead(media, log));
	if (!err)
		err = write_entries(media, log);
	if (!err && write->all)
		err = mlog_flush(log);
	if (err)
		note_failure(media, media->part, err);
	else
		mlog_reserve(log, space_ahead(media, log));
	if (write->sync)
		sync_all(media);
	if (write->failed < MEDIA_MAX_PARTITIONS)
		mcrew_stop(&media->crew);
	if (write->mam && !media->task_err)
		media->task_err = media_err_of(media->store->ops->replace(media->store, MEDIA_MAM_NAME, write->mam,
									  write->mam_len));
	if (write->mam_lost && !media->task_err)
		media->task_err = MEDIA_NOMEM;
	look_at_space(media);
}

/* Something that was accepted is not on the medium: the position is where it would have been. */
static void take_loss(struct media *media)
{
	unsigned part = media->write.failed;

	mwrite_ring_drop(media, media->ring.count);
	media->deferred.err = media->task_err;
	media->deferred.part = part;
	media->deferred.object = mlog_end(&media->log[part]).object;
	if (part == media->ring_part && !media->write.others)
		mlost_take(media, media->deferred.object);
	mring_forget(&media->ring);
	mcrew_forget(&media->crew);
	media->part = part;
	mview_refresh(media, part);
	media->pos = media->view[part].end;
	mread_drop(media);
}

/*
 * What the log has lost is all still in the ring: how many of the entries that it keeps. False: it is not, or there is
 * no use in writing it again.
 */
static bool still_there(const struct media *media, unsigned *kept)
{
	uint64_t from = mlog_end(&media->log[media->write.failed]).object;
	const struct mring *ring = &media->ring;

	if (media->write.again || media->write.others || media->task_err == MEDIA_NOSPACE ||
	    media->write.failed != media->ring_part || media->part != media->ring_part)
		return false;
	for (*kept = 0; *kept <= ring->kept; ++*kept)
		if (*kept + ring->count &&
		    mring_at(ring, ring->first - *kept)->at.object == from)
			return true;
	return false;
}

static void start_writing(struct media *media);

/* Has all that was lost written again, and made durable at once. */
static void write_again(struct media *media, unsigned kept)
{
	mring_restore(&media->ring, kept);
	for (unsigned i = 0; i < kept; i++) {
		const struct mring_entry *entry = mring_get(&media->ring, i);

		mwrite_count_entry(media, entry, true);
		media->counters.written_store -= entry->type == MFMT_BLOCK ? entry->rec.stored_len : 0;
	}
	mcrew_go_on(&media->crew);
	media->write.to = media->ring.first + media->ring.count;
	media->write.stored = 0;
	media->write.again = media->write.all = media->write.sync = true;
	mview_refresh(media, media->write.failed);
	start_writing(media);
}

static void write_done(struct media *media)
{
	struct mwrite *write = &media->write;
	uint64_t n = write->to - write->from - media->early.n;
	unsigned kept;

	mwrite_settle_early(media);
	if (write->failed < MEDIA_MAX_PARTITIONS && still_there(media, &kept)) {
		write_again(media, kept);
		return;
	}
	if (write->failed == MEDIA_MAX_PARTITIONS)
		mwrite_ring_drop(media, (unsigned)n);
	media->counters.written_store += write->stored;
	for (unsigned i = 0; i < media->meta.info.geometry.partitions; i++)
		mview_refresh(media, i);
	if (write->failed < MEDIA_MAX_PARTITIONS)
		take_loss(media);
	else if (write->sync)
		mring_forget(&media->ring);
	if (write->failed == MEDIA_MAX_PARTITIONS && write->mam && !media->task_err)
		media->mam_saved = write->mam_changes;
	free(write->mam);
	write->mam = NULL;
}

static const struct mtask write_task = { write_work, write_done };

/* As media->write says, from the first entry of the ring on. */
static void start_writing(struct media *media)
{
	media->write.from = media->ring.first;
	mcrew_begin(&media->crew, MCREW_WRITTEN, media->ring.first);
	mjob_start(media, &write_task);
}

/* Starts writing the first n entries of the ring. */
static void start_write(struct media *media, unsigned n, bool all, bool sync)
{
	media->write = (struct mwrite){ .to = media->ring.first + n, .all = all || sync, .sync = sync };
	start_writing(media);
}

static void start_batch(struct media *media)
{
	uint64_t bytes = 0;
	unsigned n = 0;

	while (n < media->ring.count && bytes < BATCH)
		bytes += mwrite_store_bound(mring_get(&media->ring, n++));
	start_write(media, n, false, false);
}

/* Writes everything that was accepted, makes it durable, and the MAM with it. */
static void start_sync(struct media *media)
{
	uint64_t changes = media_mam_changes(media->mam);
	uint8_t *mam = NULL;
	size_t len = 0;

	bool save = changes != media->mam_saved && !media->read_only;

	if (save)
		mam = media_mam_encode(media->mam, &len);
	media->write = (struct mwrite){
		.to = media->ring.first + media->ring.count,
		.all = true,
		.sync = true,
		.mam = mam,
		.mam_len = len,
		.mam_changes = changes,
		.mam_lost = save && !mam,
	};
	start_writing(media);
}

bool mwrite_settle(struct media *media)
{
	if (!mjob_quiet(media))
		return false;
	if (!media->ring.count && !media->view[media->part].unwritten)
		return true;
	start_write(media, media->ring.count, true, false);
	return false;
}

bool mwrite_rest(struct media *media)
{
	/* What is kept is not known to be durable. */
	if (media->broken || !(media->ring.count + media->ring.kept || media->view[media->part].unwritten))
		return false;
	start_write(media, media->ring.count, true, true);
	return true;
}

void mwrite_background(struct media *media)
{
	size_t worth = media->ring.size / 4 < WORTH ? media->ring.size / 4 : WORTH;

	if (!media->ring.count)
		return;
	if (media->ring_store >= worth || media->ring.count >= MRING_ENTRIES / 4)
		start_batch(media);
}

/* Makes the log ready to go on at the position. */
static void begin_work(struct media *media)
{
	struct mlog *log = &media->log[media->part];
	enum media_err err = MEDIA_OK;

	media->task_err = MEDIA_OK;
	media->write = (struct mwrite){ .failed = MEDIA_MAX_PARTITIONS };
	/* A cut keeps only what is durable. */
	if (media->cut != mlog_end(log).object)
		err = mlog_sync(log);
	if (err)
		note_failure(media, media->part, err);
	else if (media->erase)
		media->task_err = mlog_cut(log, media->cut);
	else
		media->task_err = mlog_begin(log, media->cut, space_ahead(media, log));
	look_at_space(media);
}

static void begin_done(struct media *media)
{
	unsigned kept;

	mread_drop(media);
	if (media->write.failed < MEDIA_MAX_PARTITIONS && still_there(media, &kept)) {
		/* The request asks for it once more when that is done. */
		media->begun = false;
		write_again(media, kept);
		return;
	}
	mview_refresh(media, media->part);
	if (media->write.failed < MEDIA_MAX_PARTITIONS)
		take_loss(media);
	else if (!media->task_err)
		mring_forget(&media->ring);
}

static const struct mtask begin_task = { begin_work, begin_done };

/* Whether what lies behind the position may go: on a WORM cartridge only filemarks at the very end may. */
static bool may_cut(const struct media *media)
{
	const struct mpoint *end = &media->view[media->part].end;

	return media->meta.info.kind != MEDIA_WORM_DATA ||
	       end->object - media->pos.object == end->filemarks - media->pos.filemarks;
}

/* Has the log end at the position: MEDIA_BUSY until the job has done it. */
static enum media_err start_begin(struct media *media, bool erase)
{
	if (!may_cut(media))
		return MEDIA_WORM;
	if (!mwrite_settle(media))
		return MEDIA_BUSY;
	media->cut = media->pos.object;
	media->erase = erase;
	media->begun = true;
	mjob_start(media, &begin_task);
	return MEDIA_BUSY;
}

/* The entry has no room behind a position within the data: what is there stays, as nothing can take its place. */
static bool never_fits(const struct media *media, const struct mring_entry *entry, uint64_t keep)
{
	return media->pos.object < media->view[media->part].end.object &&
	       media->pos_used + CUT + mwrite_weight_bound(media, entry) + keep >
		       media->meta.info.geometry.part[media->part].capacity;
}

/* Whether records can be added at the position, the entry first; MEDIA_BUSY: not yet. */
static enum media_err ready(struct media *media, const struct mring_entry *entry, uint64_t keep)
{
	const struct mview *view = &media->view[media->part];

	if (view->ready && media->pos.object == view->end.object)
		return MEDIA_OK;
	if (media->begun)
		return media->task_err ? media->task_err : MEDIA_IO;
	if (may_cut(media) && never_fits(media, entry, keep))
		return MEDIA_FULL;
	return start_begin(media, false);
}

/* Whether the entry can be added at the position, within the capacity less `keep` bytes and on the disk. */
static enum media_err admit(struct media *media, const struct mring_entry *entry, uint64_t keep)
{
	const struct mview *view = &media->view[media->part];
	uint64_t capacity = media->meta.info.geometry.part[media->part].capacity;
	enum media_err err = ready(media, entry, keep);

	if (err)
		return err;
	if (view->used + media->ring_weight + mwrite_weight_bound(media, entry) + keep > capacity) {
		/* What waits in the ring may take less than it could. */
		if (!media->ring_weight)
			return MEDIA_FULL;
		if (mjob_idle(media))
			start_write(media, media->ring.count, false, false);
		return MEDIA_BUSY;
	}
	if (media->ring_store + mwrite_store_bound(entry) <= view->reserved)
		return MEDIA_OK;
	if (!mjob_idle(media))
		return MEDIA_BUSY;
	if (media->tried && !media->ring.count)
		return MEDIA_NOSPACE;
	/* Every write asks for space ahead; what is left when that fails is used up. */
	media->tried = true;
	start_write(media, media->ring.count, false, false);
	return MEDIA_BUSY;
}

/* Puts the entry into the ring, and the position behind it. */
static enum media_err accept(struct media *media, const struct mring_entry *entry, const void *data)
{
	struct mview *view = &media->view[media->part];
	struct mpoint sum = mwrite_entry_sum(entry);
	struct mring_entry slot = *entry;
	enum media_err err;

	slot.at = view->end;
	if (slot.seal) {
		slot.seal_count = slot.seal->count;
		slot.salt = media->log[media->part].salt;
		slot.lead = mseal_ext_len(slot.seal);
	}
	if (media->ring_part != media->part)
		mring_forget(&media->ring);
	media->ring_part = media->part;
	do
		err = mring_add(&media->ring, &slot, data);
	while (err == MEDIA_BUSY && media->busy && mwrite_let_go(media));
	if (err == MEDIA_BUSY && mjob_idle(media))
		start_batch(media);
	if (err)
		return err;
	if (slot.seal)
		mseal_hold(slot.seal)->count++;
	mcrew_added(media, &slot);
	mwrite_count_entry(media, entry, true);
	view->end = mpoint_add(view->end, &sum);
	media->pos = view->end;
	media->counters.written_host += sum.host;
	return MEDIA_OK;
}

bool mwrite_step(struct media *media, struct media_req *req)
{
	uint64_t keep = media->meta.info.geometry.part[media->part].early_warning / 2;
	struct mring_entry entry = {
		.type = MFMT_BLOCK,
		.len = req->len,
		.how = media->how,
		.seal = media->seal,
	};
	enum media_err err = MEDIA_INVALID;

	if (entry.seal && entry.seal->theirs && !entry.how.discard)
		entry.how = (struct mblock_how){ .codec = MEDIA_CODEC_NONE };
	entry.how.sealed = entry.seal && !entry.seal->theirs;
	if (req->len && req->len <= MEDIA_MAX_BLOCK && req->buf)
		err = admit(media, &entry, keep < FOR_FILEMARKS ? keep : FOR_FILEMARKS);
	if (!err)
		err = accept(media, &entry, req->buf);
	req->err = err == MEDIA_BUSY ? MEDIA_OK : err;
	return err != MEDIA_BUSY;
}

/* Accepts what is left of the marks of a request. */
static enum media_err accept_marks(struct media *media, enum mfmt_type type)
{
	enum media_err err = MEDIA_OK;

	while (media->left && !err) {
		struct mring_entry entry = {
			.type = type,
			.len = media->left < MARKS ? (uint32_t)media->left : MARKS,
		};

		err = admit(media, &entry, 0);
		/* The last ones that fit are written one by one. */
		if (err == MEDIA_FULL && entry.len > 1) {
			entry.len = 1;
			err = admit(media, &entry, 0);
		}
		if (!err)
			err = accept(media, &entry, NULL);
		if (!err)
			media->left -= entry.len;
	}
	return err;
}

/* The end of a request that makes everything durable. */
static enum media_err sync_up(struct media *media)
{
	if (!mjob_quiet(media))
		return MEDIA_BUSY;
	if (media->phase)
		return media->task_err;
	media->phase = 1;
	/* Nothing goes on in the background behind a sync point. */
	mread_drop(media);
	start_sync(media);
	return MEDIA_BUSY;
}

/* Setmarks behind the position do not count: they go. */
static bool too_many(const struct media *media, uint64_t count)
{
	return count > MFMT_MAX_SETMARKS || media->pos.setmarks + count > MFMT_MAX_SETMARKS;
}

bool mwrite_filemarks_step(struct media *media, struct media_req *req)
{
	enum media_err err = MEDIA_OK;

	if (req->count < 0 || (req->setmarks && !media->entered && too_many(media, (uint64_t)req->count))) {
		req->err = MEDIA_INVALID;
		return true;
	}
	if (!media->entered) {
		media->entered = true;
		media->left = (uint64_t)req->count;
	}
	if (!media->phase)
		err = accept_marks(media, req->setmarks ? MFMT_SETMARK : MFMT_FILEMARK);
	else if (media->left)
		err = MEDIA_FULL;
	if (err != MEDIA_BUSY)
		req->residual = media->left;
	/* Those that fit are made durable even where not all of them do. */
	if ((!err || err == MEDIA_FULL) && !req->immediate) {
		enum media_err sync = sync_up(media);

		err = sync ? sync : err;
	}
	req->err = err == MEDIA_BUSY ? MEDIA_OK : err;
	return err != MEDIA_BUSY;
}

bool mwrite_sync_step(struct media *media, struct media_req *req)
{
	enum media_err err = sync_up(media);

	req->err = err == MEDIA_BUSY ? MEDIA_OK : err;
	return err != MEDIA_BUSY;
}

bool mwrite_erase_step(struct media *media, struct media_req *req)
{
	enum media_err err = media->begun ? media->task_err : start_begin(media, true);

	req->err = err == MEDIA_BUSY ? MEDIA_OK : err;
	return err != MEDIA_BUSY;
}
