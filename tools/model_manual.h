/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of models for the manual page of `vtl model list`. */
#ifndef TOOLS_MODEL_MANUAL_H
#define TOOLS_MODEL_MANUAL_H

#include "command.h"

/* False after a message when the model files cannot be read. */
bool model_manual(const struct manual *manual);

#endif
