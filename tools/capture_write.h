/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the writer of captured model files share. */
#ifndef TOOLS_CAPTURE_WRITE_H
#define TOOLS_CAPTURE_WRITE_H

#include "capture.h"

/* The option inquiry_data; all sections of pages. */
void capture_write_inquiry(FILE *file, const struct captured *c);
/* A drive's option medium_types, where it told them. */
void capture_write_medium_types(FILE *file, const struct captured *c);
void capture_write_pages(FILE *file, const struct captured *c);

#endif
