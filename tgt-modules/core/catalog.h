/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device supports, from the tables that it answers from: for people, who are told by `vtl model commands`. */
#ifndef CORE_CATALOG_H
#define CORE_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

enum vtl_catalog {
	VTL_CATALOG_COMMAND, VTL_CATALOG_MODE_PAGE, VTL_CATALOG_LOG_PAGE, VTL_CATALOG_VPD_PAGE, VTL_CATALOG_ATTRIBUTE,
	VTL_CATALOG_COUNT
};

struct vtl_catalog_row {
	enum vtl_catalog kind;
	uint16_t code;			/* operation code, page code, identifier of the attribute */
	int sub;			/* service action, subpage; -1: none */
	const char *name;		/* "": only the model knows it */
	unsigned len;			/* bytes of CDB, mode page, attribute; 0: it differs */
	unsigned nominal, recommended;	/* timeouts of a command, seconds */
	bool writable;			/* a mode page that can be changed, an attribute that hosts write */
};

/* Calls back for every row, by kind and then code, of a device that exists only for this. False: no memory. */
bool vtl_catalog_drive(const struct vtl_models *models, const struct vtl_drive_model *model,
		       void (*each)(void *arg, const struct vtl_catalog_row *row), void *arg);
bool vtl_catalog_library(const struct vtl_library_model *model,
			 void (*each)(void *arg, const struct vtl_catalog_row *row), void *arg);

#endif
