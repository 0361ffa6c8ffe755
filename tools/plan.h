/* SPDX-License-Identifier: GPL-2.0-only */
/* What the words of `vtl library create` and `vtl media create` ask for. */
#ifndef TOOLS_PLAN_H
#define TOOLS_PLAN_H

#include <stdbool.h>

#include "media.h"
#include "model.h"
#include "why.h"

/* "2xIBM-LTO8", "2×IBM-LTO8" or "IBM-LTO8" (one). *model points into `text`. */
bool plan_drives(const char *text, unsigned *count, const char **model, struct why *why);

/* "TYPE:COUNT:BARCODE" or "TYPE:COUNT:BARCODE:data|worm|cleaning|null". */
struct plan_media {
	const struct vtl_medium_model *medium;
	enum media_kind kind;
	unsigned count;
	char first[MEDIA_MAX_BARCODE + 1];
	unsigned suffix;			/* characters at the end that name the kind of medium, not a number */
};
bool plan_media(const struct vtl_models *models, const char *text, struct plan_media *media, struct why *why);
/*
 * The nth barcode, from 0: the first one with its last run of digits before the suffix counted up. False when the
 * digits do not suffice.
 */
bool plan_barcode(const struct plan_media *media, unsigned n, char barcode[MEDIA_MAX_BARCODE + 1], struct why *why);

#endif
