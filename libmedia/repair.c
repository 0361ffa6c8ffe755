/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes anew what can be made anew of a damaged cartridge, when told to; says what is lost. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "err.h"
#include "log_impl.h"
#include "mam.h"
#include "remake.h"

#define CHUNK	(1u << 20)	/* bytes that are copied at once */

static void say(struct mcheck *check, bool lost, uint64_t object, const char *text)
{
	struct media_repair *repair = check->arg;

	*(lost ? &repair->lost : &repair->repaired) += 1;
	repair->report(repair->arg, lost, check->partition, object, text);
}

/* ---- what is replaced is kept ---- */

static int copy(struct media_store *store, struct media_file *from, struct media_file *to, uint64_t most)
{
	uint8_t *buf = malloc(CHUNK);
	uint64_t off = 0;
	int rc = buf ? 0 : -ENOMEM;

	while (!rc && off < most) {
		ssize_t n = store->ops->pread(from, buf, most - off < CHUNK ? (size_t)(most - off) : CHUNK, off);

		if (n <= 0) {
			rc = (int)n;
			break;
		}
		rc = (int)store->ops->pwrite(to, buf, (size_t)n, off);
		rc = rc < 0 ? rc : 0;
		off += (uint64_t)n;
	}
	free(buf);
	return rc ? rc : store->ops->sync(to);
}

/* The first `most` bytes of a file, if it is there, under a name that is not used yet. */
static enum media_err keep(struct media_store *store, const char *name, uint64_t most)
{
	struct media_file *from, *to;
	char kept[64];
	int rc = store->ops->open(store, name, MEDIA_STORE_RDONLY, &from);

	if (rc == -ENOENT)
		return MEDIA_OK;
	if (rc < 0)
		return media_err_of(rc);
	for (unsigned n = 1; ; n++) {
		snprintf(kept, sizeof(kept), "kept%u-%.40s", n, name);
		rc = store->ops->open(store, kept, MEDIA_STORE_CREATE, &to);
		if (rc != -EEXIST)
			break;
	}
	if (rc == 0) {
		rc = copy(store, from, to, most);
		store->ops->close(to);
	}
	store->ops->close(from);
	return media_err_of(rc);
}

/* ---- repairs ---- */

static enum media_err save_info(struct mcheck *check)
{
	enum media_err err = keep(check->store, MEDIA_META_NAME, UINT64_MAX);

	return err ? err : media_meta_save(check->store, &check->meta, NULL);
}

static enum media_err replace_mam(struct mcheck *check, const struct media_mam *mam)
{
	enum media_err err = keep(check->store, MEDIA_MAM_NAME, UINT64_MAX);

	return err ? err : media_mam_save(check->store, mam, NULL);
}

static enum media_err save_mam(struct mcheck *check)
{
	struct media_mam *mam;
	enum media_err err = media_mam_load(check->store, &mam, NULL, NULL);

	if (err)
		return err;
	err = replace_mam(check, mam);
	media_mam_free(mam);
	return err;
}

static enum media_err empty_mam(struct mcheck *check)
{
	struct media_mam *mam = media_mam_create();
	enum media_err err = mam ? replace_mam(check, mam) : MEDIA_NOMEM;

	media_mam_free(mam);
	return err;
}

static enum media_err save_manifest(struct mcheck *check)
{
	const struct mmanifest *man = &check->log.man;
	char name[MFMT_NAME];
	enum media_err err;

	mfmt_name(name, man->partition, man->formatting, "manifest");
	err = keep(check->store, name, UINT64_MAX);
	return err ? err : mmanifest_save(check->store, man, NULL);
}

static enum media_err save_page(struct mcheck *check)
{
	const struct mmanifest *man = &check->log.man;
	struct mfmt_segment page = {
		.partition = man->partition,
		.formatting = man->formatting,
		.ident = mlog_ident(&check->log, check->seg),
		.first = check->seg->first,
	};
	struct media_file *file;
	uint8_t p[MFMT_PAGE];
	char name[MFMT_NAME];
	enum media_err err;
	int rc;

	memcpy(page.uuid, man->uuid, MEDIA_UUID_LEN);
	mfmt_put_segment(p, &page);
	mfmt_name(name, man->partition, check->seg->number, "log");
	err = keep(check->store, name, MFMT_PAGE);
	if (err)
		return err;
	rc = check->store->ops->open(check->store, name, 0, &file);
	if (rc < 0)
		return media_err_of(rc);
	rc = (int)check->store->ops->pwrite(file, p, MFMT_PAGE, 0);
	if (rc >= 0)
		rc = check->store->ops->sync(file);
	check->store->ops->close(file);
	return media_err_of(rc < 0 ? rc : 0);
}

/* A mark that is sound stays: it proves what was durable. */
static void clear_marks(struct mcheck *check, const char *name)
{
	const struct media_store_ops *ops = check->store->ops;
	struct mfmt_ident ident = mlog_ident(&check->log, check->seg);
	uint8_t p[MFMT_PAGE];
	struct media_file *file;
	struct mfmt_page mark;

	if (ops->open(check->store, name, 0, &file) < 0)
		return;
	for (uint64_t i = 0; i < 2; i++) {
		if (ops->pread(file, p, MFMT_PAGE, i * MFMT_PAGE) == MFMT_PAGE &&
		    mfmt_get_page(p, &ident, MFMT_MARK, &mark))
			continue;
		memset(p, 0, MFMT_PAGE);
		ops->pwrite(file, p, MFMT_PAGE, i * MFMT_PAGE);
	}
	ops->close(file);
}

static enum media_err save_index(struct mcheck *check)
{
	char name[MFMT_NAME];
	enum media_err err;

	mfmt_name(name, check->log.man.partition, check->seg->number, "idx");
	err = keep(check->store, name, UINT64_MAX);
	if (err)
		return err;
	clear_marks(check, name);
	return mlog_index_anew(&check->log, check->seg);
}

/* A segment that says nothing of itself is no part of a manifest, and would be removed as a leftover. */
static int keep_unlisted(void *arg, const char *name)
{
	struct mcheck *check = arg;
	const struct mmanifest *man = &check->log.man;
	unsigned partition;
	const char *suffix;
	uint32_t number;

	if (!mfmt_parse_name(name, &partition, &number, &suffix) || partition != man->partition ||
	    strcmp(suffix, "log"))
		return 0;
	for (size_t i = 0; i < man->n; i++)
		if (man->seg[i].number == number)
			return 0;
	return (int)keep(check->store, name, UINT64_MAX);
}

/* Whatever is lost of it, the check that goes on with it says. */
static enum media_err remake_manifest(struct mcheck *check, const char *text)
{
	struct media_repair *repair = check->arg;
	struct mremade made;
	enum media_err err = mremake_manifest(&check->log, &made);
	struct mpoint end = mlog_end(&check->log);
	char what[256];

	if (!err && repair->apply && made.unused)
		err = (enum media_err)check->store->ops->list(check->store, keep_unlisted, check);
	if (!err && repair->apply)
		err = save_manifest(check);
	if (err)
		return err;
	snprintf(what, sizeof(what), "%s: it is made anew from %zu segments with %llu objects", text, check->log.man.n,
		 (unsigned long long)end.object);
	say(check, false, MCHECK_NO_OBJECT, what);
	say(check, true, MCHECK_NO_OBJECT, "whether there was more behind the last object cannot be known");
	if (made.unused)
		say(check, true, MCHECK_NO_OBJECT, "files of segments say nothing of what they are: not used");
	return MEDIA_OK;
}

/* What is made anew, by what was found. */
static const struct {
	const char *how;		/* NULL: nothing can be */
	enum media_err (*save)(struct mcheck *check);
	bool lost;			/* something of it is */
} repairs[] = {
	[MCHECK_INFO_COPY] = { "it is written anew from the other", save_info },
	[MCHECK_INFO] = { .lost = true },
	[MCHECK_MAM_COPY] = { "it is written anew from the other", save_mam },
	[MCHECK_MAM] = { "it begins anew, without attributes", empty_mam, .lost = true },
	[MCHECK_MANIFEST_COPY] = { "it is written anew from the other", save_manifest },
	[MCHECK_PAGE] = { "it is made anew", save_page },
	[MCHECK_INDEX] = { "it is made anew", save_index },
	[MCHECK_LOST] = { .lost = true },
	[MCHECK_VERSION] = { .lost = true },
	[MCHECK_OTHER] = { .lost = true },
};

static enum media_err found(struct mcheck *check, enum mcheck_what what, uint64_t object, const char *text)
{
	struct media_repair *repair = check->arg;
	enum media_err err = MEDIA_OK;
	char line[400];

	if (what == MCHECK_MANIFEST)
		return remake_manifest(check, text);
	if (repairs[what].how) {
		err = repair->apply ? repairs[what].save(check) : MEDIA_OK;
		snprintf(line, sizeof(line), "%s: %s", text, repairs[what].how);
		if (!err)
			say(check, false, object, line);
	}
	if (!err && repairs[what].lost)
		say(check, true, object, text);
	return err;
}

/* ---- what the cartridge is ---- */

/*
 * `cartridge` is gone, or both its copies: what the caller knows of it, and what the segments say. Partitions share the
 * capacity equally: how they did cannot be known.
 */
static enum media_err remake_info(struct mcheck *check, struct why *why)
{
	struct media_repair *repair = check->arg;
	struct media_meta *meta = &check->meta;
	struct media_info *info = &meta->info;
	unsigned partitions;
	enum media_err err;

	*meta = (struct media_meta){ 0 };
	if (repair->info)
		*info = *repair->info;
	if (!repair->info || !mremake_identity(check->store, info->uuid, &meta->format, &partitions))
		return MEDIA_CORRUPT;
	for (unsigned p = partitions; p-- > 0;) {
		info->geometry.part[p] = info->geometry.part[0];
		info->geometry.part[p].capacity /= partitions;
		info->geometry.part[p].early_warning /= partitions;
	}
	info->geometry.partitions = partitions;
	err = media_info_check(info, why);
	if (!err && repair->apply)
		err = save_info(check);
	if (!err)
		say(check, false, MCHECK_NO_OBJECT,
		    "the file `cartridge` is damaged: it is made anew from what the library knows of it");
	return err;
}

static void progress(void *arg, uint64_t done, uint64_t all)
{
	struct media_repair *repair = arg;

	if (repair->progress)
		repair->progress(repair->arg, done, all);
}

static enum media_err repair_all(struct mcheck *check, struct why *why)
{
	enum media_err err = media_meta_load(check->store, &check->meta, NULL, why);

	if (err != MEDIA_CORRUPT && err != MEDIA_FOREIGN)
		return mcheck_all(check, why);
	if (remake_info(check, NULL))
		return err;
	return mcheck_rest(check, why);
}

enum media_err media_repair(struct media_store *store, struct media_repair *repair, struct why *why)
{
	struct mcheck check = {
		.store = store, .read_only = !repair->apply, .found = found, .progress = progress, .arg = repair,
	};
	int rc = store->ops->lock(store, "repair", why);
	enum media_err err;

	repair->repaired = repair->lost = 0;
	if (rc < 0)
		return media_err_of(rc);
	err = repair_all(&check, why);
	repair->bytes = check.bytes;
	mcheck_free(&check);
	store->ops->unlock(store);
	return !err && repair->lost ? MEDIA_CORRUPT : err;
}
