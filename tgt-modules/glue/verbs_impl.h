/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the control protocol's verbs share. */
#ifndef GLUE_VERBS_IMPL_H
#define GLUE_VERBS_IMPL_H

#include "verbs.h"

/* A request on its way through a verb. */
struct verb_call {
	struct serve *serve;
	struct vtl_env *env;
	int control_port;
	struct control_request *request;
	json_t *params;
	struct serve_library *library;		/* verbs that are about one */
};

/* A parameter that is text; NULL if it is missing. */
const char *verb_text(const struct verb_call *call, const char *key);
/* The URLs of all doors of a device. */
json_t *verb_unit_urls(const struct serve_unit *unit);

/* verbs_alter.c: each answers the request, now or later. */
void verb_change(struct verb_call *call);
void verb_rename(struct verb_call *call);
void verb_delete(struct verb_call *call);

#endif
