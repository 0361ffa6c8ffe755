/* SPDX-License-Identifier: GPL-2.0-only */
/* Element status data (SMC-3 6.11): which elements a request is about, and their descriptors. */
#ifndef SMC_STATUS_H
#define SMC_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "inventory.h"
#include "model.h"

#define SMC_VOLUME_TAG_LEN	36

/* Which volume tags SEND VOLUME TAG looks for. */
struct smc_search {
	char pattern[MEDIA_MAX_BARCODE + 1];	/* "?": any character; "*": any rest */
	bool in[VTL_TAGS];			/* among primary ones, among alternate ones */
	bool any_sequence;
	uint16_t min, max;			/* sequence numbers */
};
bool smc_search_finds(const struct smc_search *search, const struct vtl_element *element);

/* What READ ELEMENT STATUS asks for. */
struct smc_query {
	enum vtl_element_type type;	/* VTL_ANY: all */
	uint32_t start;			/* elements at this address or above */
	uint32_t count;			/* at most so many */
	bool volume_tags, identifiers;	/* VOLTAG, DVCID */
	const struct smc_search *search;	/* NULL: all elements */
	uint8_t header4;		/* byte 4 of the header: REQUEST VOLUME ELEMENT ADDRESS has something there */
};

struct smc_report {
	uint32_t used;			/* bytes written */
	uint32_t elements;		/* that the whole report is about */
	uint32_t last;			/* the highest address of them, if there are any */
};

/*
 * Writes the report into `buf` of `size` bytes: the header, then for each element type in the order of addresses a
 * page. Only whole headers and descriptors are written, as SMC-3 has it; what the headers count is the whole report
 * all the same. Costs time for what is written, none for what does not fit (but a search looks at every element).
 */
void smc_report_elements(const struct vtl_inventory *inventory, const struct vtl_library_model *model,
			 const struct smc_query *query, uint8_t *buf, uint32_t size, struct smc_report *result);

#define SMC_TYPES	4
/* The element types in the order of their addresses. */
void smc_type_order(const struct vtl_inventory *inventory, enum vtl_element_type order[SMC_TYPES]);

/* The element type that an address belongs to; VTL_ANY if there is no such element. */
enum vtl_element_type smc_type_of(const struct vtl_inventory *inventory, uint16_t address);

/* ASC << 8 | ASCQ of what is exceptional about an element; 0: nothing. */
uint16_t smc_exception(const struct vtl_element *element);
/* Whether a transport element can put something in or take it out now. */
bool smc_accessible(const struct vtl_element *element);

#endif
