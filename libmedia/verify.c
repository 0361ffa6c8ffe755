/* SPDX-License-Identifier: GPL-2.0-only */
/* Says what is wrong with a cartridge; changes nothing. */
#include "check.h"
#include "err.h"

struct verifying {
	struct media_verify *verify;
	bool found, version;
};

/* A damaged index costs no data and is made anew when it is needed: that is worth a note, no more. */
static enum media_err found(struct mcheck *check, enum mcheck_what what, uint64_t object, const char *text)
{
	struct verifying *v = check->arg;

	if (what == MCHECK_INDEX) {
		if (v->verify->note)
			v->verify->note(v->verify->arg, check->partition, text);
		return MEDIA_OK;
	}
	*(what == MCHECK_VERSION ? &v->version : &v->found) = true;
	v->verify->report(v->verify->arg, check->partition, object, text);
	return MEDIA_OK;
}

static void progress(void *arg, uint64_t done, uint64_t all)
{
	struct verifying *v = arg;

	if (v->verify->progress)
		v->verify->progress(v->verify->arg, done, all);
}

enum media_err media_verify(struct media_store *store, struct media_verify *verify, struct why *why)
{
	struct verifying v = { .verify = verify };
	struct mcheck check = { .store = store, .read_only = true, .found = found, .progress = progress, .arg = &v };
	int rc = store->ops->lock(store, "verify", why);
	enum media_err err;

	verify->blocks = verify->filemarks = verify->bytes = 0;
	if (rc < 0)
		return media_err_of(rc);
	err = mcheck_all(&check, why);
	verify->blocks = check.blocks;
	verify->filemarks = check.filemarks;
	verify->bytes = check.bytes;
	mcheck_free(&check);
	store->ops->unlock(store);
	if (err)
		return err;
	return v.found ? MEDIA_CORRUPT : v.version ? MEDIA_VERSION : MEDIA_OK;
}
