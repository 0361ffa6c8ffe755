/* SPDX-License-Identifier: GPL-2.0-only */
/* What a file that is not ours looks like, for an error message that helps. */
#ifndef GLUE_FOREIGN_H
#define GLUE_FOREIGN_H

/* "a tape image of tgt's own ssc store", … : never NULL. */
const char *foreign_kind(const char *path);

#endif
