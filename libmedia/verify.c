/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads every stored byte of a cartridge and checks it; changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "err.h"
#include "log.h"
#include "log_impl.h"
#include "mam.h"
#include "media.h"
#include "seal.h"

#define NO_OBJECT	UINT64_MAX

struct check {
	struct media_store *store;
	struct media_verify *verify;
	struct mblock_worker worker;
	struct mlog log;
	struct mout out;
	uint8_t *plain;			/* a block, decoded */
	size_t room;
	uint64_t done, all;		/* bytes, for progress */
	bool found;
};

__attribute__((format(printf, 4, 5)))
static void report(struct check *check, unsigned partition, uint64_t object, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	check->found = true;
	check->verify->report(check->verify->arg, partition, object, text);
}

static void progress(struct check *check, uint64_t bytes)
{
	check->done += bytes;
	check->verify->bytes += bytes;
	if (check->verify->progress)
		check->verify->progress(check->verify->arg, check->done, check->all);
}

/* The first page of a segment, which only repair would need. */
static void check_first_page(struct check *check, const struct mseg *seg, struct media_file *file)
{
	const struct mmanifest *man = &check->log.man;
	struct mfmt_segment page;
	uint8_t p[MFMT_PAGE];

	if (check->store->ops->pread(file, p, sizeof(p), 0) != sizeof(p) || mfmt_get_segment(p, &page) ||
	    page.ident.segment != seg->number || page.ident.generation != seg->generation ||
	    page.ident.salt != check->log.salt || page.first.object != seg->first.object ||
	    memcmp(page.uuid, man->uuid, MEDIA_UUID_LEN))
		report(check, man->partition, NO_OBJECT, "the first page of segment %08x is damaged", seg->number);
}

static enum media_err plain_room(struct check *check, size_t len)
{
	uint8_t *plain;

	if (len <= check->room)
		return MEDIA_OK;
	plain = realloc(check->plain, len);
	if (!plain)
		return MEDIA_NOMEM;
	check->plain = plain;
	check->room = len;
	return MEDIA_OK;
}

/* A record whose header and payload are sound: what it says must be true as well. */
static void check_record(struct check *check, const struct mfmt_record *rec, const uint8_t *payload)
{
	unsigned partition = check->log.man.partition;
	uint64_t size = mfmt_record_size(rec->ext_len, rec->stored_len);
	struct mseal_view view;
	size_t fill = (size_t)(size - MFMT_RECORD - rec->ext_len - rec->stored_len);
	enum media_err err;

	for (size_t i = 0; i < fill; i++)
		if (payload[rec->stored_len + i]) {
			report(check, partition, NO_OBJECT, "bytes behind the record at object %llu are not zero",
			       (unsigned long long)rec->at.object);
			break;
		}
	if (rec->type == MFMT_FILEMARK)
		check->verify->filemarks++;
	if (rec->type != MFMT_BLOCK)
		return;
	check->verify->blocks++;
	/* It has no meaning without its key: the CRC over what is stored must do. */
	if (mseal_look(payload - rec->ext_len, rec->ext_len, &view)) {
		if (!view.nonce || !view.tag)
			report(check, partition, rec->at.object, "nonce or tag of the encrypted block is missing");
		return;
	}
	err = plain_room(check, rec->host_len);
	if (!err)
		err = mblock_decode(&check->worker, rec, payload, check->plain);
	if (err)
		report(check, partition, rec->at.object, "the block does not decode: %s", media_strerror(err));
}

/* Objects that have no valid record. */
static void report_lost(struct check *check, const struct mseg *seg, uint64_t off, uint64_t from, uint64_t to)
{
	unsigned partition = check->log.man.partition;

	if (from == to)
		report(check, partition, NO_OBJECT, "segment %08x is damaged at offset %llu, between objects",
		       seg->number, (unsigned long long)off);
	for (uint64_t object = from; object < to; object++)
		report(check, partition, object, "no valid record at offset %llu of segment %08x",
		       (unsigned long long)off, seg->number);
}

static enum media_err check_scanned(struct check *check, const struct mseg *seg, struct mscan *scan)
{
	struct mpoint end = mseg_end(seg);

	for (;;) {
		uint64_t off = scan->off, from = scan->at.object;
		enum mscan_result result;
		struct mfmt_record rec;
		const uint8_t *payload;
		bool found;
		enum media_err err = mscan_next(scan, &result, &rec, &payload);

		if (err)
			return err;
		if (result == MSCAN_END && off == seg->length && from == end.object)
			return MEDIA_OK;
		if (result == MSCAN_RECORD) {
			check_record(check, &rec, payload);
		} else if (result == MSCAN_BAD_PAYLOAD) {
			report(check, check->log.man.partition, rec.type == MFMT_PAD ? NO_OBJECT : rec.at.object,
			       "stored bytes fail their check at offset %llu of segment %08x", (unsigned long long)off,
			       seg->number);
		} else {
			err = mscan_resync(scan, off + MFMT_UNIT, 0, &found);
			if (err)
				return err;
			report_lost(check, seg, off, from, found ? scan->at.object : end.object);
			if (!found)
				return MEDIA_OK;
		}
		progress(check, scan->off - off);
	}
}

static enum media_err check_segment(struct check *check, const struct mseg *seg)
{
	struct mfmt_ident ident = mlog_ident(&check->log, seg);
	struct media_file *file;
	enum media_err err = mlog_file(&check->log, seg, &file);
	struct mscan scan;

	if (err == MEDIA_NOENT) {
		report(check, check->log.man.partition, NO_OBJECT, "segment %08x is missing", seg->number);
		report_lost(check, seg, 0, seg->first.object, mseg_end(seg).object);
		return MEDIA_OK;
	}
	if (err)
		return err;
	check_first_page(check, seg, file);
	mscan_init(&scan, check->store, file, &ident, true);
	scan.limit = seg->length;
	scan.at = seg->first;
	err = check_scanned(check, seg, &scan);
	mscan_free(&scan);
	return err;
}

static enum media_err check_partition(struct check *check, const struct media_meta *meta, unsigned partition,
				      struct why *why)
{
	enum media_err err;

	check->log = (struct mlog){ .store = check->store, .read_only = true, .out = &check->out };
	err = mlog_open(&check->log, meta, partition, why);
	if (err == MEDIA_CORRUPT) {
		report(check, partition, NO_OBJECT, "%s", why && why->text[0] ? why->text : "the manifest is damaged");
		return MEDIA_OK;
	}
	if (err)
		return err;
	if (check->log.damaged)
		report(check, partition, NO_OBJECT, "one of the two copies of the manifest is damaged");
	check->done = 0;
	check->all = mlog_stored(&check->log);
	for (size_t i = 0; i < check->log.man.n && !err; i++)
		err = check_segment(check, &check->log.man.seg[i]);
	if (err)
		why_set(why, "partition %u: %s", partition, media_strerror(err));
	mlog_free(&check->log);
	return err;
}

static enum media_err check_mam(struct check *check, struct why *why)
{
	struct media_mam *mam;
	bool damaged = false;
	enum media_err err = media_mam_load(check->store, &mam, &damaged, why);

	if (err && err != MEDIA_CORRUPT)
		return err;
	if (err)
		report(check, 0, NO_OBJECT, "the cartridge memory is damaged");
	else if (damaged)
		report(check, 0, NO_OBJECT, "one of the two copies of the cartridge memory is damaged");
	if (!err)
		media_mam_free(mam);
	return MEDIA_OK;
}

static enum media_err check_all(struct check *check, struct why *why)
{
	struct media_meta meta;
	bool damaged = false;
	enum media_err err = media_meta_load(check->store, &meta, &damaged, why);

	if (err == MEDIA_CORRUPT) {
		report(check, 0, NO_OBJECT, "%s", why && why->text[0] ? why->text : "the file `cartridge` is damaged");
		return MEDIA_OK;
	}
	if (err)
		return err;
	if (damaged)
		report(check, 0, NO_OBJECT, "one of the two copies of the file `cartridge` is damaged");
	err = check_mam(check, why);
	for (unsigned i = 0; i < meta.info.geometry.partitions && !err; i++)
		err = check_partition(check, &meta, i, why);
	return err;
}

enum media_err media_verify(struct media_store *store, struct media_verify *verify, struct why *why)
{
	struct check check = { .store = store, .verify = verify };
	enum media_err err;
	int rc;

	verify->blocks = verify->filemarks = verify->bytes = 0;
	rc = store->ops->lock(store, "verify", why);
	if (rc < 0)
		return media_err_of(rc);
	err = check_all(&check, why);
	free(check.plain);
	mblock_worker_free(&check.worker);
	store->ops->unlock(store);
	return !err && check.found ? MEDIA_CORRUPT : err;
}
