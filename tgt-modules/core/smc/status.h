/* SPDX-License-Identifier: GPL-2.0-only */
/* Element status data (SMC-3 6.11): which elements a request is about, and their descriptors. */
#ifndef SMC_STATUS_H
#define SMC_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory.h"
#include "model.h"

#define SMC_VOLUME_TAG_LEN	36

/* What READ ELEMENT STATUS asks for. */
struct smc_query {
	enum vtl_element_type type;	/* VTL_ANY: all */
	uint16_t start;			/* elements at this address or above */
	uint32_t count;			/* at most so many */
	bool volume_tags, identifiers;	/* VOLTAG, DVCID */
};

/*
 * Writes the report into `buf` of `size` bytes: the header, then for each element type in the order of addresses a
 * page. Only whole headers and descriptors are written, as SMC-3 has it; what the headers count is the whole report
 * all the same. Returns the bytes written. Costs time for what is written, none for what does not fit.
 */
uint32_t smc_report_elements(const struct vtl_inventory *inventory, const struct vtl_library_model *model,
			     const struct smc_query *query, uint8_t *buf, uint32_t size);

/* The element type that an address belongs to; VTL_ANY if there is no such element. */
enum vtl_element_type smc_type_of(const struct vtl_inventory *inventory, uint16_t address);

#endif
