/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of outcomes, and their relation to error numbers. */
#include <errno.h>

#include "err.h"

static const char *const names[MEDIA_ERR_COUNT] = {
	[MEDIA_OK] = "done",
	[MEDIA_FILEMARK] = "a filemark was met",
	[MEDIA_SETMARK] = "a setmark was met",
	[MEDIA_EOD] = "end of data",
	[MEDIA_BOP] = "beginning of partition",
	[MEDIA_FULL] = "the partition is full",
	[MEDIA_PROTECTED] = "the cartridge is write-protected",
	[MEDIA_WORM] = "the cartridge is WORM: what is written stays",
	[MEDIA_NOT_DATA] = "a cleaning cartridge holds no data",
	[MEDIA_INVALID] = "invalid parameter",
	[MEDIA_NOENT] = "not found",
	[MEDIA_EXISTS] = "it exists already",
	[MEDIA_BUSY] = "in use elsewhere",
	[MEDIA_FOREIGN] = "not a cartridge of ours",
	[MEDIA_VERSION] = "made by a newer version",
	[MEDIA_CORRUPT] = "damaged: checksums do not match",
	[MEDIA_IO] = "reading or writing failed",
	[MEDIA_NOSPACE] = "no space left",
	[MEDIA_RDONLY] = "read-only file system",
	[MEDIA_NOMEM] = "out of memory",
	[MEDIA_KEY_NEEDED] = "the block is encrypted",
	[MEDIA_KEY_WRONG] = "the block is encrypted with another key",
	[MEDIA_KEY_CLEAR] = "the block is not encrypted",
	[MEDIA_KEY_RAW] = "the block must not be read without its key",
	[MEDIA_KEY_TAMPERED] = "the encrypted block was changed",
	[MEDIA_KEY_UNUSABLE] = "the encrypted block cannot be decrypted by any key",
	[MEDIA_KEY_ORIGIN] = "the block was encrypted elsewhere than is wanted",
};

const char *media_strerror(enum media_err err)
{
	return (unsigned)err < MEDIA_ERR_COUNT ? names[err] : "unknown error";
}

static const struct {
	int number;
	enum media_err err;
} numbers[] = {
	{ EINVAL, MEDIA_INVALID }, { ENOENT, MEDIA_NOENT },   { EEXIST, MEDIA_EXISTS },	 { EBUSY, MEDIA_BUSY },
	{ ENOSPC, MEDIA_NOSPACE }, { EDQUOT, MEDIA_NOSPACE }, { EFBIG, MEDIA_NOSPACE },	 { EROFS, MEDIA_RDONLY },
	{ EACCES, MEDIA_RDONLY },  { EPERM, MEDIA_RDONLY },   { ENOTDIR, MEDIA_FOREIGN }, { ENOMEM, MEDIA_NOMEM },
};

enum media_err media_err_of(int rc)
{
	if (rc >= 0)
		return MEDIA_OK;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].number == -rc)
			return numbers[i].err;
	return MEDIA_IO;
}

enum media_err media_err_why(int rc, struct why *why, const char *what)
{
	if (rc < 0) {
		errno = -rc;
		why_set(why, "%s: %m", what);
	}
	return media_err_of(rc);
}
