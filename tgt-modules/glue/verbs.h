/* SPDX-License-Identifier: GPL-2.0-only */
/* The verbs of the control protocol (control/PROTOCOL.md), done on the libraries that this process serves. */
#ifndef GLUE_VERBS_H
#define GLUE_VERBS_H

#include "control.h"
#include "serve.h"

/* Answers the request, now or when what it asks for is done. */
void verbs_handle(struct serve *serve, struct vtl_env *env, int control_port, struct control_request *request);

#endif
