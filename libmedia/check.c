/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads every stored byte of a cartridge and checks it; what is found is told, and nothing is changed here. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "log_impl.h"
#include "mam.h"
#include "seal.h"

enum media_err mcheck_say(struct mcheck *check, enum mcheck_what what, uint64_t object, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return check->found(check, what, object, text);
}

static void progress(struct mcheck *check, uint64_t bytes)
{
	check->done += bytes;
	check->bytes += bytes;
	if (check->progress)
		check->progress(check->arg, check->done, check->all);
}

/* The first page of a segment, which only a manifest that is made anew needs. */
static enum media_err check_first_page(struct mcheck *check, struct media_file *file)
{
	const struct mmanifest *man = &check->log.man;
	const struct mseg *seg = check->seg;
	struct mfmt_segment page;
	uint8_t p[MFMT_PAGE];

	if (check->store->ops->pread(file, p, sizeof(p), 0) == sizeof(p) && mfmt_get_segment(p, &page) == MEDIA_OK &&
	    page.ident.segment == seg->number && page.ident.generation == seg->generation &&
	    page.ident.salt == check->log.salt && page.first.object == seg->first.object &&
	    memcmp(page.uuid, man->uuid, MEDIA_UUID_LEN) == 0)
		return MEDIA_OK;
	return mcheck_say(check, MCHECK_PAGE, MCHECK_NO_OBJECT, "the first page of segment %08x is damaged",
			  seg->number);
}

static enum media_err plain_room(struct mcheck *check, size_t len)
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

/* A block whose payload is sound: that it is one that a reader can make something of. */
static enum media_err check_block(struct mcheck *check, const struct mfmt_record *rec, const uint8_t *payload)
{
	struct mseal_view view;
	enum media_err err;

	check->blocks++;
	/* It has no meaning without its key: the CRC over what is stored must do. */
	if (mseal_look(payload - rec->ext_len, rec->ext_len, &view)) {
		if (view.metadata || (view.nonce && view.tag))
			return MEDIA_OK;
		return mcheck_say(check, MCHECK_LOST, rec->at.object,
				  "the encrypted block lacks what it takes to decrypt it");
	}
	err = plain_room(check, rec->host_len);
	if (!err)
		err = mblock_decode(&check->worker, rec, payload, check->plain);
	if (!err || err == MEDIA_NOMEM)
		return err;
	return mcheck_say(check, err == MEDIA_VERSION ? MCHECK_VERSION : MCHECK_LOST, rec->at.object,
			  "the block does not decode: %s", media_strerror(err));
}

/* A record whose header and payload are sound: what it says must be true as well. */
static enum media_err check_record(struct mcheck *check, const struct mfmt_record *rec, const uint8_t *payload)
{
	uint64_t size = mfmt_record_size(rec->ext_len, rec->stored_len);
	size_t fill = (size_t)(size - MFMT_RECORD - rec->ext_len - rec->stored_len);
	enum media_err err = MEDIA_OK;

	for (size_t i = 0; i < fill; i++)
		if (payload[rec->stored_len + i]) {
			err = mcheck_say(check, MCHECK_OTHER, MCHECK_NO_OBJECT,
					 "bytes behind the record at object %llu are not zero",
					 (unsigned long long)rec->at.object);
			break;
		}
	mcheck_index_object(check, rec);
	if (rec->type == MFMT_FILEMARK)
		check->filemarks++;
	return err || rec->type != MFMT_BLOCK ? err : check_block(check, rec, payload);
}

/* Objects that have no valid record. */
static enum media_err say_lost(struct mcheck *check, uint64_t off, uint64_t from, uint64_t to, bool version)
{
	enum media_err err = MEDIA_OK;

	if (from == to)
		return mcheck_say(check, MCHECK_OTHER, MCHECK_NO_OBJECT,
				  "segment %08x is damaged at offset %llu, between objects", check->seg->number,
				  (unsigned long long)off);
	for (uint64_t object = from; object < to && !err; object++)
		err = mcheck_say(check, version ? MCHECK_VERSION : MCHECK_LOST, object,
				 "%s record at offset %llu of segment %08x",
				 version ? "only a newer version can read the" : "no valid",
				 (unsigned long long)off, check->seg->number);
	return err;
}

/* There is no record that we can read where one is expected: the next one that is there. */
static enum media_err check_gap(struct mcheck *check, struct mscan *scan, bool version, bool *end)
{
	uint64_t off = scan->off, from = scan->at.object, last = mseg_end(check->seg).object;
	bool found;
	enum media_err err = mscan_resync(scan, off + MFMT_UNIT, 0, &found);

	if (err)
		return err;
	*end = !found;
	return say_lost(check, off, from, found ? scan->at.object : last, version);
}

/* *whole: no object is lost. */
static enum media_err check_scanned(struct mcheck *check, struct mscan *scan, bool *whole)
{
	struct mpoint last = mseg_end(check->seg);
	bool end = false;

	while (!end) {
		uint64_t off = scan->off, from = scan->at.object;
		enum mscan_result result;
		struct mfmt_record rec;
		const uint8_t *payload;
		enum media_err err = mscan_next(scan, &result, &rec, &payload);
		bool version = err == MEDIA_VERSION;

		if (err && !version)
			return err;
		if (!err && result == MSCAN_END && off == check->seg->length && from == last.object)
			return MEDIA_OK;
		*whole = *whole && !err && result == MSCAN_RECORD;
		if (!err && result == MSCAN_RECORD)
			err = check_record(check, &rec, payload);
		else if (!err && result == MSCAN_BAD_PAYLOAD)
			err = mcheck_say(check, rec.type == MFMT_PAD ? MCHECK_OTHER : MCHECK_LOST,
					 rec.type == MFMT_PAD ? MCHECK_NO_OBJECT : rec.at.object,
					 "stored bytes fail their check at offset %llu of segment %08x",
					 (unsigned long long)off, check->seg->number);
		else
			err = check_gap(check, scan, version, &end);
		if (err)
			return err;
		progress(check, scan->off - off);
	}
	return MEDIA_OK;
}

static enum media_err check_segment(struct mcheck *check)
{
	const struct mseg *seg = check->seg;
	struct mfmt_ident ident = mlog_ident(&check->log, seg);
	struct media_file *file;
	enum media_err err = mlog_file(&check->log, seg, &file);
	struct mscan scan;
	bool whole = true;

	if (err == MEDIA_NOENT) {
		err = mcheck_say(check, MCHECK_LOST, MCHECK_NO_OBJECT, "segment %08x is missing", seg->number);
		return err ? err : say_lost(check, 0, seg->first.object, mseg_end(seg).object, false);
	}
	if (!err)
		err = check_first_page(check, file);
	if (err)
		return err;
	mcheck_index_begin(check);
	mscan_init(&scan, check->store, file, &ident, true);
	scan.limit = seg->length;
	scan.at = seg->first;
	err = check_scanned(check, &scan, &whole);
	mscan_free(&scan);
	if (!err)
		return mcheck_index_end(check, whole);
	if (check->index.file)
		check->store->ops->close(check->index.file);
	return err;
}

/* The manifest of a partition, and what a crash left behind it. *there: there is a manifest. */
static enum media_err open_log(struct mcheck *check, bool *there, struct why *why)
{
	enum media_err err;

	check->log = (struct mlog){ .store = check->store, .read_only = check->read_only, .out = &check->out };
	err = mlog_open(&check->log, &check->meta, check->partition, why);
	*there = !err;
	if (err == MEDIA_CORRUPT) {
		check->log.man.n = 0;
		err = mcheck_say(check, MCHECK_MANIFEST, MCHECK_NO_OBJECT, "%s",
				 why && why->text[0] ? why->text : "the manifest is damaged");
		*there = check->log.man.n;
		return err;
	}
	if (!err && check->log.damaged)
		err = mcheck_say(check, MCHECK_MANIFEST_COPY, MCHECK_NO_OBJECT,
				 "one of the two copies of the manifest is damaged");
	return err;
}

static enum media_err check_partition(struct mcheck *check, struct why *why)
{
	bool there;
	enum media_err err = open_log(check, &there, why);

	if (there) {
		check->done = 0;
		check->all = mlog_stored(&check->log);
		for (size_t i = 0; i < check->log.man.n && !err; i++) {
			check->seg = &check->log.man.seg[i];
			err = check_segment(check);
		}
		check->seg = NULL;
		mlog_free(&check->log);
	}
	if (err)
		why_set(why, "partition %u: %s", check->partition, media_strerror(err));
	return err;
}

static enum media_err check_mam(struct mcheck *check, struct why *why)
{
	struct media_mam *mam;
	bool damaged = false;
	enum media_err err = media_mam_load(check->store, &mam, &damaged, why);

	if (err == MEDIA_CORRUPT)
		return mcheck_say(check, MCHECK_MAM, MCHECK_NO_OBJECT, "the cartridge memory is damaged");
	if (err)
		return err;
	media_mam_free(mam);
	if (!damaged)
		return MEDIA_OK;
	return mcheck_say(check, MCHECK_MAM_COPY, MCHECK_NO_OBJECT,
			  "one of the two copies of the cartridge memory is damaged");
}

static enum media_err check_info(struct mcheck *check, struct why *why)
{
	bool damaged = false;
	enum media_err err = media_meta_load(check->store, &check->meta, &damaged, why);

	check->partition = 0;
	if (err == MEDIA_CORRUPT) {
		memset(&check->meta, 0, sizeof(check->meta));
		return mcheck_say(check, MCHECK_INFO, MCHECK_NO_OBJECT, "%s",
				  why && why->text[0] ? why->text : "the file `cartridge` is damaged");
	}
	if (!err && damaged)
		err = mcheck_say(check, MCHECK_INFO_COPY, MCHECK_NO_OBJECT,
				 "one of the two copies of the file `cartridge` is damaged");
	return err;
}

enum media_err mcheck_all(struct mcheck *check, struct why *why)
{
	enum media_err err = check_info(check, why);

	/* Without it nothing else has a meaning. */
	return err || !check->meta.format ? err : mcheck_rest(check, why);
}

enum media_err mcheck_rest(struct mcheck *check, struct why *why)
{
	enum media_err err = check_mam(check, why);

	check->partition = 0;
	for (; check->partition < check->meta.info.geometry.partitions && !err; check->partition++)
		err = check_partition(check, why);
	return err;
}

void mcheck_free(struct mcheck *check)
{
	free(check->plain);
	mblock_worker_free(&check->worker);
	mout_free(&check->out);
}
