/* SPDX-License-Identifier: GPL-2.0-only */
/* A device as it describes itself, read without changing it, and the model file from which the same is made again. */
#ifndef TOOLS_CAPTURE_H
#define TOOLS_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "initiator.h"
#include "model.h"

/* An answer: `len` bytes, NULL if the device refused the question. */
struct captured_bytes {
	uint8_t *data;
	uint32_t len;
};

struct captured_page {
	uint8_t code, subcode;
	struct captured_bytes bytes;	/* mode pages: default values; NULL: it was not read */
	struct captured_bytes mask;	/* mode pages: what can be changed */
};

struct captured_pages {
	struct captured_page *page;
	unsigned count;
	bool listed;			/* the device says which it has */
};

struct captured {
	char vendor[9], product[17], revision[5], serial[65];	/* without blanks at the end */
	bool changer;			/* else a tape drive */
	struct captured_bytes inquiry;
	struct captured_pages vpd, mode, log;
	struct captured_bytes commands;		/* REPORT SUPPORTED OPERATION CODES */
	/* drives: REPORT DENSITY SUPPORT, by density and by medium type; READ BLOCK LIMITS */
	struct captured_bytes densities, medium_types, limits;
	/* changers: READ ELEMENT STATUS of one drive, with DVCID and without */
	struct captured_bytes drives, drives_plain;
};

/*
 * Reads all that. Only commands that change nothing: INQUIRY, MODE SENSE, LOG SENSE, REPORT …, READ BLOCK LIMITS, READ
 * ELEMENT STATUS with CURDATA. Log page 2Eh, whose flags some drives clear when it is read, only if `alerts`. 0, or an
 * exit code with the reason. captured_free() in any case.
 */
int capture_read(struct initiator *device, bool alerts, struct captured *captured, struct why *why);
void captured_free(struct captured *captured);

/*
 * Writes the model file: a model called `name`, and its densities. `from` says where it was captured, in the first
 * line; NULL: the file begins with the model. `models` are those that are there already: media with its densities
 * are taken from them. 0, or an exit code with the reason.
 */
int capture_write(const struct captured *captured, const char *name, const char *from, const struct vtl_models *models,
		  FILE *file, struct why *why);

/* The page with that code; NULL: none. */
const struct captured_page *captured_page(const struct captured_pages *pages, uint8_t code, uint8_t subcode);

#endif
