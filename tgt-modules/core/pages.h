/* SPDX-License-Identifier: GPL-2.0-only */
/* Mode, log and VPD pages as rows; the engines that serve them. */
#ifndef CORE_PAGES_H
#define CORE_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "reply.h"
#include "sense.h"

struct vtl_dev;
struct vtl_nexus;

/*
 * A mode page. All byte strings are the whole page with its header (PAGE CODE, [SUBPAGE CODE,] PAGE LENGTH) as on the
 * wire; PS and SPF are set by the engine: what can be changed can be saved. Subpage 0 has the short header (page_0
 * format), others the long one with SPF.
 */
struct vtl_mode_page {
	uint8_t code, subcode;
	const char *name;
	uint16_t len;			/* bytes of the whole page, at most 512; the tables end with len 0 */
	const uint8_t *bytes;		/* defaults; header bytes may be 0. NULL: all zero */
	const uint8_t *changeable;	/* mask; NULL: nothing can be changed */
	/* Each I_T nexus has values of its own (mode page policy, SPC-5 7.7.9), which begin as the saved ones. */
	bool per_nexus;
	/* Whether this device has the page; asked once, while the device is set up. NULL: every device of its type. */
	bool (*present)(const struct vtl_dev *dev);
	/*
	 * Puts live values into a copy of the page before it is shown. `pc` 0 current, 2 default, 3 saved. NULL: the
	 * stored bytes are the truth. This and the other hooks find `len` bytes, even where a model's page is shorter.
	 */
	void (*refresh)(struct vtl_dev *dev, unsigned pc, uint8_t *page);
	/*
	 * Looks at new bytes (only changeable bits differ from `old`) before anything is changed. SENSE_NONE: fine.
	 * SENSE_ROUNDED_PARAMETER: `page` was rounded. Else refused; `bad` is relative to the page's start.
	 */
	enum vtl_sense (*check)(struct vtl_dev *dev, const uint8_t *old, uint8_t *page, struct vtl_field *bad);
	/*
	 * Another page (subpage 0) that says one thing of this one too: makes it say the same, in current values and in
	 * saved ones. Its apply() is not called. NULL: there is none.
	 */
	void (*tell_twin)(const uint8_t *page, uint8_t *twin);
	uint8_t twin;
	/* The page has changed to `page` (MODE SELECT by `nexus`; reset: NULL); acts on it. Cannot fail. */
	void (*apply)(struct vtl_dev *dev, struct vtl_nexus *nexus, const uint8_t *page);
};

/* MEDIUM TYPE, DEVICE-SPECIFIC PARAMETER and block descriptor (SPC-5 7.5.6, SSC-5 8.5). */
struct vtl_mode_header {
	uint8_t medium_type, device_specific;
	bool has_block_descriptor;
	uint8_t block_descriptor[8];	/* short format, SSC-5: density, number of blocks, reserved, block length */
};

/* The bytes of a page as they are now (header included), or NULL if this device has none. Valid until it is freed. */
const uint8_t *vtl_mode_page(const struct vtl_dev *dev, uint8_t code, uint8_t subcode);
/* The same of a page whose values each nexus has for itself. */
const uint8_t *vtl_nexus_mode_page(const struct vtl_nexus *nexus, uint8_t code, uint8_t subcode);
/* A shared page to change from inside (a density change sets a page, say). Raises no unit attention. */
uint8_t *vtl_mode_page_edit(struct vtl_dev *dev, uint8_t code, uint8_t subcode);

/* Where log parameters are written: keeps what LOG SENSE asked for (PARAMETER POINTER, PC). */
struct vtl_log {
	struct vtl_reply *reply;
	uint16_t from;			/* parameters below are left out */
	uint8_t pc;			/* 0 threshold, 1 cumulative, 2 default threshold, 3 default cumulative */
	const struct vtl_nexus *nexus;	/* who asks; NULL: what all would be told */
};

/* Control bytes (SPC-5 7.3.2.2): DU, TSD, FORMAT AND LINKING. */
enum {
	VTL_LOG_COUNTER = 0x00,		/* bounded data counter */
	VTL_LOG_LIST_ASCII = 0x01,
	VTL_LOG_UNBOUNDED = 0x02,
	VTL_LOG_LIST = 0x03,		/* binary list */
};

struct vtl_log_param {
	uint16_t code;
	uint8_t control;
	uint8_t len;			/* bytes of the value; the tables end with len 0 */
	/* The value as on the wire (`len` bytes, zeroed before). NULL: zero. */
	void (*get)(struct vtl_dev *dev, const struct vtl_log_param *param, uint8_t *value);
	uint32_t arg;			/* the getter's own */
	/* Sets it: LOG SELECT, and what was kept over a power cycle. False: it cannot be that. NULL: cannot be set. */
	bool (*set)(struct vtl_dev *dev, const struct vtl_log_param *param, const uint8_t *value);
};

struct vtl_log_page {
	uint8_t code, subcode;
	const char *name;		/* the tables end with NULL */
	const struct vtl_log_param *params;	/* ascending codes; may be NULL */
	/* Further parameters, after those, ascending: through vtl_log_put(). May be NULL. */
	void (*fill)(struct vtl_dev *dev, struct vtl_log *log);
	/* Resets what LOG SELECT with PCR may reset. NULL: nothing. */
	void (*reset)(struct vtl_dev *dev);
	/* Called after more than the page's header was reported (TapeAlert clears flags so). May be NULL. */
	void (*reported)(struct vtl_dev *dev, struct vtl_nexus *nexus);
	/* Parameters with set() are kept over a power cycle: whenever something is saved (vtl_state_touch()). */
	bool saved;
	bool fixed;			/* LOG SELECT sets nothing here, set() or not */
	/* Whether this device has it; NULL: every one of its type. Of rows with the same codes the first that is. */
	bool (*present)(const struct vtl_dev *dev, const struct vtl_log_page *row);
};

/* The value of a number for a get(): all ones if it does not fit into the parameter. */
void vtl_log_number(const struct vtl_log_param *param, uint8_t *value, uint64_t n);
/* One parameter: header and value; left out if below the parameter pointer. */
void vtl_log_put(struct vtl_log *log, uint16_t code, uint8_t control, const void *value, uint8_t len);
/* The same for a number of `len` (1..8) bytes, all ones if it does not fit. */
void vtl_log_put_number(struct vtl_log *log, uint16_t code, uint8_t control, uint64_t value, uint8_t len);

/* A VPD page: the engine writes the four bytes of header, fill() what follows. Tables end with name NULL. */
struct vtl_vpd_page {
	uint8_t code;
	const char *name;
	void (*fill)(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r);
	/* Whether this device has it; NULL: every one. */
	bool (*present)(const struct vtl_dev *dev);
};

/* VPD 00, 80, 83 to 88, 90: common to all. A type's own row replaces its twin. */
extern const struct vtl_vpd_page vtl_spc_vpd[];
/* Mode pages that are common: 02, 0A, 0A/01, 18, 19, 1A, 1C. A type's own row replaces its twin. */
extern const struct vtl_mode_page vtl_spc_mode[];
/* Log pages that are common: 10 Self-Test Results. 00, 00/FF and xx/FF come from the engine. */
extern const struct vtl_log_page vtl_spc_log[];

/* Designation descriptors (SPC-5 7.7.6) of the logical unit: T10 vendor ID and NAA. For VPD 83h, DVCID, PR. */
void vtl_put_t10_designator(struct vtl_reply *r, const struct vtl_dev *dev);
void vtl_put_naa_designator(struct vtl_reply *r, const struct vtl_dev *dev);

#endif
