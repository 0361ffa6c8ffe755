/* SPDX-License-Identifier: GPL-2.0-only */
/* From the error numbers of a store to the outcomes of libmedia. */
#ifndef MEDIA_ERR_H
#define MEDIA_ERR_H

#include "media.h"

/* `rc` is 0 or positive (MEDIA_OK) or -errno; an error number without a meaning of its own is MEDIA_IO. */
enum media_err media_err_of(int rc);

/* The same, and on a failure the reason becomes "WHAT: text of the error number". */
enum media_err media_err_why(int rc, struct why *why, const char *what);

#endif
