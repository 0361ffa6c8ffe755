/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes a lost manifest anew: each segment says what it is, and a later one cuts off what it overwrote. */
#include "remake.h"

#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "err.h"
#include "log_impl.h"

#define CHUNK	(64u << 10)	/* bytes that are searched at once */

/* A segment that was found. */
struct piece {
	struct mseg seg;
	uint64_t begin;			/* offset of the first record that is known */
	uint64_t size;			/* of the file */
};

struct pieces {
	struct mlog *log;
	struct piece *piece;
	size_t n, room;
	uint32_t numbers;		/* greater than all that were met */
	unsigned unused;
	enum media_err err;
};

/* The first record in a segment whose generation is not known: every record says it. */
static bool find_record(struct pieces *all, struct media_file *file, struct piece *piece)
{
	uint8_t *buf = malloc(CHUNK);
	bool found = false;

	if (!buf)
		all->err = MEDIA_NOMEM;
	for (uint64_t off = MFMT_FIRST; buf && !found && off < piece->size; off += CHUNK - MFMT_PAGE) {
		ssize_t have = all->log->store->ops->pread(file, buf, CHUNK, off);

		for (ssize_t i = 0; i + (ssize_t)MFMT_RECORD <= have && !found; i += MFMT_UNIT) {
			struct mfmt_ident ident = { all->log->salt, piece->seg.number, get_be32(buf + i + 24) };
			struct mfmt_record rec;

			if (buf[i] != 'V' || mfmt_get_record(buf + i, &ident, off + (uint64_t)i, &rec))
				continue;
			piece->seg.generation = ident.generation;
			piece->seg.first = rec.at;
			piece->begin = rec.offset;
			found = true;
		}
	}
	free(buf);
	return found;
}

/* What a segment says of itself. False: nothing, or that it is another formatting's. */
static bool identify(struct pieces *all, struct media_file *file, struct piece *piece)
{
	const struct mmanifest *man = &all->log->man;
	struct mfmt_segment page;
	uint8_t p[MFMT_PAGE];
	ssize_t n = all->log->store->ops->pread(file, p, sizeof(p), 0);

	if (n == sizeof(p) && mfmt_get_segment(p, &page) == MEDIA_OK && page.ident.segment == piece->seg.number) {
		piece->seg.generation = page.ident.generation;
		piece->seg.first = page.first;
		piece->begin = MFMT_FIRST;
		return page.ident.salt == all->log->salt && page.formatting == man->formatting;
	}
	if (find_record(all, file, piece))
		return true;
	all->unused += piece->size > MFMT_FIRST;
	return false;
}

static int take_piece(void *arg, const char *name)
{
	struct pieces *all = arg;
	struct piece piece = { { 0 } };
	struct media_file *file;
	unsigned partition;
	const char *suffix;

	if (!mfmt_parse_name(name, &partition, &piece.seg.number, &suffix) || partition != all->log->man.partition ||
	    !strcmp(suffix, "manifest"))
		return 0;
	if (piece.seg.number >= all->numbers)
		all->numbers = piece.seg.number + 1;
	if (strcmp(suffix, "log") || all->log->store->ops->open(all->log->store, name, MEDIA_STORE_RDONLY, &file) < 0)
		return 0;
	if (all->log->store->ops->size(file, &piece.size) == 0 && identify(all, file, &piece)) {
		if (all->n == all->room) {
			size_t room = all->room ? 2 * all->room : 16;
			struct piece *grown = realloc(all->piece, room * sizeof(*grown));

			all->err = grown ? all->err : MEDIA_NOMEM;
			all->piece = grown ? grown : all->piece;
			all->room = grown ? room : all->room;
		}
		if (all->n < all->room)
			all->piece[all->n++] = piece;
	}
	all->log->store->ops->close(file);
	return all->err;
}

static int by_generation(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return (x->seg.generation > y->seg.generation) - (x->seg.generation < y->seg.generation);
}

/* Walks the records up to object `cut`: what the segment has, and where that ends. */
static enum media_err measure(struct pieces *all, struct piece *piece, uint64_t cut)
{
	struct mfmt_ident ident = mlog_ident(all->log, &piece->seg);
	struct media_file *file;
	enum media_err err = mlog_file(all->log, &piece->seg, &file);
	struct mscan scan;
	struct mpoint end = piece->seg.first;
	bool more = true;

	if (err)
		return err;
	mscan_init(&scan, all->log->store, file, &ident, false);
	scan.off = piece->begin;
	scan.limit = piece->size;
	scan.at = piece->seg.first;
	piece->seg.length = piece->begin;
	while (more) {
		enum mscan_result result;
		struct mfmt_record rec;
		uint64_t off = scan.off;

		err = mscan_next(&scan, &result, &rec, NULL);
		if (!err && result == MSCAN_RECORD && scan.at.object <= cut) {
			piece->seg.length = scan.off;
			end = scan.at;
			continue;
		}
		more = false;
		if (err == MEDIA_VERSION || (!err && result == MSCAN_BAD_HEADER))
			err = mscan_resync(&scan, off + MFMT_UNIT, 0, &more);
		more = more && !err && scan.at.object <= cut;
	}
	mscan_free(&scan);
	piece->seg.in = mpoint_sub(end, &piece->seg.first);
	return err;
}

/* Objects `from` to below `to` are in no segment: they are damaged ones of the segment before them, or of none. */
static enum media_err bridge(struct mmanifest *man, const struct mpoint *to, uint32_t number)
{
	struct mseg none = { .number = number, .length = MFMT_FIRST, .closed = true };
	struct mseg *last;
	uint64_t least;

	if (!man->n && mmanifest_add(man, &none))
		return MEDIA_NOMEM;
	last = &man->seg[man->n - 1];
	last->in = mpoint_sub(*to, &last->first);
	least = MFMT_FIRST + last->in.object * MFMT_RECORD;
	if (last->length < least)
		last->length = mfmt_page_up(least);
	return MEDIA_OK;
}

static enum media_err chain(struct pieces *all)
{
	struct mmanifest *man = &all->log->man;

	for (size_t i = 0; i < all->n; i++) {
		struct piece *piece = &all->piece[i];
		uint64_t cut = UINT64_MAX, end = man->n ? mseg_end(&man->seg[man->n - 1]).object : 0;
		enum media_err err;

		/* What a crash left of a segment that was never written to cuts nothing off. */
		for (size_t j = i + 1; j < all->n; j++)
			if (all->piece[j].seg.in.object && all->piece[j].seg.first.object < cut)
				cut = all->piece[j].seg.first.object;
		if (!piece->seg.in.object || cut <= piece->seg.first.object)
			continue;
		if (piece->seg.first.object > end) {
			err = bridge(man, &piece->seg.first, piece->seg.number - 1);
			if (err)
				return err;
		}
		err = measure(all, piece, cut);
		piece->seg.closed = true;
		if (!err)
			err = mmanifest_add(man, &piece->seg);
		if (err)
			return err;
	}
	return MEDIA_OK;
}

enum media_err mremake_manifest(struct mlog *log, struct mremade *made)
{
	struct pieces all = { .log = log, .numbers = 1 };
	uint32_t generations = 1;

	mmanifest_free(&log->man);
	if (log->store->ops->list(log->store, take_piece, &all) < 0 && !all.err)
		all.err = MEDIA_IO;
	if (all.n)
		qsort(all.piece, all.n, sizeof(*all.piece), by_generation);
	for (size_t i = 0; i < all.n && !all.err; i++) {
		all.err = measure(&all, &all.piece[i], UINT64_MAX);
		if (all.piece[i].seg.generation >= generations)
			generations = all.piece[i].seg.generation + 1;
	}
	log->man.next_segment = all.numbers;
	log->man.next_generation = generations;
	if (!all.err)
		all.err = chain(&all);
	made->unused = all.unused;
	mlog_drop_files(log);
	free(all.piece);
	return all.err;
}

/* ---- which cartridge it is ---- */

struct identity {
	struct media_store *store;
	uint8_t uuid[MEDIA_UUID_LEN];
	uint32_t formatting;
	unsigned partitions;
	bool found;
};

static int take_identity(void *arg, const char *name)
{
	struct identity *id = arg;
	struct media_file *file;
	struct mfmt_segment page;
	uint8_t p[MFMT_PAGE];
	unsigned partition;
	const char *suffix;
	uint32_t number;
	bool fine;

	if (!mfmt_parse_name(name, &partition, &number, &suffix))
		return 0;
	if (partition >= id->partitions)
		id->partitions = partition + 1;
	if (strcmp(suffix, "log") || id->store->ops->open(id->store, name, MEDIA_STORE_RDONLY, &file) < 0)
		return 0;
	fine = id->store->ops->pread(file, p, sizeof(p), 0) == sizeof(p) && mfmt_get_segment(p, &page) == MEDIA_OK;
	id->store->ops->close(file);
	if (!fine || (id->found && page.formatting <= id->formatting))
		return 0;
	memcpy(id->uuid, page.uuid, MEDIA_UUID_LEN);
	id->formatting = page.formatting;
	id->found = true;
	return 0;
}

bool mremake_identity(struct media_store *store, uint8_t uuid[MEDIA_UUID_LEN], uint32_t *formatting,
		      unsigned *partitions)
{
	struct identity id = { .store = store };

	store->ops->list(store, take_identity, &id);
	memcpy(uuid, id.uuid, MEDIA_UUID_LEN);
	*formatting = id.formatting;
	*partitions = id.partitions;
	return id.found;
}
