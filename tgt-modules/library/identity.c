/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices that say another vendor or product of themselves than their model does: a model of their own each. */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

struct library_own_model {
	struct library_own_model *next;
	struct vtl_library_model library;
	struct vtl_drive_model drive;
};

static bool is_set(const struct library_identity *identity)
{
	return identity->vendor[0] || identity->product[0] || identity->revision[0];
}

static void take(struct vtl_model_inquiry *inquiry, const struct library_identity *identity)
{
	if (identity->vendor[0])
		strcpy(inquiry->vendor, identity->vendor);
	if (identity->product[0])
		strcpy(inquiry->product, identity->product);
	if (identity->revision[0])
		strcpy(inquiry->revision, identity->revision);
}

static struct library_own_model *own_new(struct library_conf *conf, struct why *why)
{
	struct library_own_model *own = calloc(1, sizeof(*own));

	if (!own) {
		why_set(why, "no memory");
		return NULL;
	}
	own->next = conf->own;
	conf->own = own;
	return own;
}

bool library_own_identity(struct library_conf *conf, struct why *why)
{
	struct library_own_model *own;

	if (is_set(&conf->identity)) {
		own = own_new(conf, why);
		if (!own)
			return false;
		own->library = *conf->model;
		take(&own->library.inquiry, &conf->identity);
		conf->model = &own->library;
	}
	for (unsigned i = 0; i < conf->drives; i++) {
		struct library_drive *d = &conf->drive[i];

		if (!is_set(&d->identity))
			continue;
		own = own_new(conf, why);
		if (!own)
			return false;
		own->drive = *d->model;
		take(&own->drive.inquiry, &d->identity);
		d->model = &own->drive;
	}
	return true;
}

void library_own_free(struct library_conf *conf)
{
	while (conf->own) {
		struct library_own_model *own = conf->own;

		conf->own = own->next;
		free(own);
	}
}
