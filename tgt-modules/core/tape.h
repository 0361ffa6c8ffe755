/* SPDX-License-Identifier: GPL-2.0-only */
/* Making a tape drive: what ssc/ offers to whoever puts a library together. */
#ifndef CORE_TAPE_H
#define CORE_TAPE_H

#include "dev.h"
#include "drive.h"
#include "model.h"
#include "state.h"

struct vtl_identity;

struct vtl_tape_config {
	const struct vtl_drive_model *model;	/* outlives the device */
	const struct vtl_models *models;	/* to look up media by name */
	const char *serial;			/* unit serial number */
	uint64_t naa;				/* NAA identifier (VPD 83h), 0: derived from the serial number */
	enum media_codec codec;			/* what data compression means here */
	int codec_level;
	size_t ring_bytes;			/* buffer for blocks being written, 0: as libmedia has it */
	struct media_memory *memory;		/* what buffers are taken from, or NULL; outlives the device */
	const unsigned *time_ms;		/* [VTL_TIMES], copied; NULL: nothing takes time */
	struct media_writers *writers;		/* who writes, or NULL; outlives the device */
	const char *library_serial;		/* of the library that it is in, or NULL: VPD B3h */
	uint16_t element;			/* its element address there; 0: none: VPD B4h */
	struct vtl_state *state;		/* for what outlives a power cycle, or NULL; outlives the device */
};

/* A powered-on, empty drive. NULL: no memory. The config's strings are copied. */
struct vtl_dev *vtl_tape_new(struct vtl_env *env, const struct vtl_tape_config *config);
/* Its robot's side. Lives as long as the device. */
struct vtl_drive *vtl_tape_drive(struct vtl_dev *dev);
/* What data compression means from now on; what is on its way is stored as it was. */
void vtl_tape_set_codec(struct vtl_dev *dev, enum media_codec codec, int level);
enum vtl_rest {
	VTL_RESTS,		/* there is nothing to be given back */
	VTL_RESTED,		/* it was given back now */
	VTL_AWAKE,		/* a call is wanted again, also if no command comes meanwhile */
};
/* To be called every few seconds: where the medium was not used since the last call, its memory is given back. */
enum vtl_rest vtl_tape_rest(struct vtl_dev *dev);
/* With `hurry` nothing takes time any more, and what waits only for time goes on at once. */
void vtl_tape_hurry(struct vtl_dev *dev, bool hurry);
/* The device must be idle and empty (ejected) and have no nexus. */
void vtl_tape_free(struct vtl_dev *dev);

#endif
