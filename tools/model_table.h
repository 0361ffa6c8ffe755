/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl model commands`: what a drive or a library of a model supports. */
#ifndef TOOLS_MODEL_TABLE_H
#define TOOLS_MODEL_TABLE_H

#include "command.h"

int model_table(struct call *call);
/* The tables of one drive for the manual page; false after a message. */
bool model_table_manual(const struct manual *manual);

#endif
