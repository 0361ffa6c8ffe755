/* SPDX-License-Identifier: GPL-2.0-only */
/* The reason of a failure, in words for a person: names the file, line, option or element. */
#ifndef MEDIA_WHY_H
#define MEDIA_WHY_H

#include <stdarg.h>
#include <stdio.h>

struct why {
	char text[512];
};

/* Sets the reason; `why` may be NULL where the caller does not want one. Longer text is cut. */
__attribute__((format(printf, 2, 3)))
static inline void why_set(struct why *why, const char *fmt, ...)
{
	va_list ap;

	if (!why)
		return;
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
}

#endif
