/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of serve share. */
#ifndef GLUE_SERVE_IMPL_H
#define GLUE_SERVE_IMPL_H

#include "serve.h"

struct serve_library {
	struct serve *serve;
	struct serve_library *next;
	struct vtl_models *models;
	struct library *library;
	const struct library_conf *conf;
	struct robot *robot;
	struct serve_unit changer;
	unsigned drives;			/* bays, as in conf */
	struct serve_unit **drive;		/* of each; NULL: it is empty */
	struct vtl_drive **port;		/* the same */
	struct serve_unit *retired;		/* were taken out, and still have doors, or something under way */
	unsigned doors;
	unsigned dismounting;			/* drives that are giving up their cartridges before we close */
	bool closing;
	struct media_job reap;			/* frees it on a clean stack */
};

struct serve {
	struct vtl_env *env;
	char owner[256];
	struct serve_library *libraries;
	bool stopped;
	struct media_memory memory;	/* of all drives' buffers */
	struct media_writers *writers;	/* of all drives */
};

/* serve.c */
/* Powers on the drive of a bay that is not empty. NULL: no memory. */
struct serve_unit *serve_make_drive(struct serve_library *sl, unsigned number);
/* Frees those drives that were taken out and are at rest, without doors. */
void serve_reap(struct serve_library *sl);

#endif
