/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of a cartridge (MAM) for whoever has the cartridge: what READ and WRITE ATTRIBUTE ask of it. */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include "dev.h"
#include "model.h"
#include "sense.h"
#include "store.h"

/*
 * READ ATTRIBUTE or WRITE ATTRIBUTE (SPC-5 6.17, 6.51), about a cartridge that is found already: what the CDB says of
 * an element is not looked at. done() comes on the owner's thread, perhaps before the call returns; what was written is
 * durable then.
 */
struct vtl_memory_request {
	uint8_t cdb[VTL_CDB_MAX];
	bool write;
	uint8_t *data;			/* room for the answer, or the parameter list */
	uint32_t len;
	void (*done)(struct vtl_memory_request *req);

	uint32_t used;			/* bytes of the answer */
	enum vtl_sense sense;		/* SENSE_NONE: GOOD */
	struct vtl_sense_extra extra;
};

/* A cartridge that no drive has open: opened, asked and closed again as jobs. The caller keeps it until done(). */
struct vtl_memory_visit {
	struct vtl_env *env;
	const struct vtl_models *models;
	struct media_store *store;
	bool destroys;			/* the store goes with the visit; else it is the caller's */
	const char *owner;		/* who has it open meanwhile, told to others */
	struct vtl_memory_request *request;
	void (*done)(struct vtl_memory_visit *visit);

	/* the visit's */
	struct media_job job;
	struct media *media;
	struct media_req sync;
	enum media_err err;
	struct why why;
};
void vtl_memory_visit(struct vtl_memory_visit *visit);

/* The attributes that are known, for a device that has READ ATTRIBUTE: a type's catalog(). */
struct vtl_catalog_row;
void vtl_memory_catalog(struct vtl_dev *dev, void (*each)(void *arg, const struct vtl_catalog_row *row), void *arg);

#endif
