/* SPDX-License-Identifier: GPL-2.0-only */
/* What the engine's files know of each other and ssc/ and smc/ need not. */
#ifndef CORE_INTERNAL_H
#define CORE_INTERNAL_H

#include "engine.h"

/* mode.c */
#define VTL_MODE_PAGE_MAX	512	/* bytes of a mode page with its header */
int vtl_mode_init(struct vtl_dev *dev);
void vtl_mode_fini(struct vtl_dev *dev);
/* All pages back to their defaults. */
void vtl_mode_reset(struct vtl_dev *dev);

struct vtl_mode_state {
	const struct vtl_mode_page *row;	/* hooks; NULL: a model's own page, static */
	uint8_t code, subcode;
	uint16_t len;				/* as on the wire, at most VTL_MODE_PAGE_MAX */
	bool touched;				/* `next` is filled: while a MODE SELECT is checked */
	uint8_t *current, *standard, *mask, *next;	/* each at least as long as the row says */
};
struct vtl_mode_state *vtl_mode_find(const struct vtl_dev *dev, uint8_t code, uint8_t subcode);
/* The bytes that MODE SENSE shows for `pc`, into `page` (VTL_MODE_PAGE_MAX bytes). */
void vtl_mode_show(struct vtl_dev *dev, const struct vtl_mode_state *state, unsigned pc, uint8_t *page);

/* nexus.c */
bool vtl_nexus_id_equal(const struct vtl_nexus_id *a, const struct vtl_nexus_id *b);
void vtl_seen_free(struct vtl_dev *dev);

/* reserve.c, pr.c */
void vtl_pr_free(struct vtl_dev *dev);
/* A persistent reservation refuses this nexus. */
bool vtl_pr_refuses(const struct vtl_nexus *nexus, enum vtl_res_class class);
/* Someone is registered. */
bool vtl_pr_registered(const struct vtl_dev *dev);
/* This nexus holds the persistent reservation, or is registered where all or only registrants matter. */
bool vtl_pr_shares(const struct vtl_nexus *nexus);

/* dev.c: ends all waiting commands of a nexus as aborted, but for `except`. */
void vtl_dev_abort_nexus(struct vtl_dev *dev, const struct vtl_nexus *nexus, const struct vtl_cmd *except);

/* The handlers of the common rows, by file. */
void vtl_inquiry(struct vtl_cmd *cmd);				/* inquiry.c */
void vtl_mode_sense6(struct vtl_cmd *cmd);			/* mode_sense.c */
void vtl_mode_sense10(struct vtl_cmd *cmd);
void vtl_mode_select6(struct vtl_cmd *cmd);			/* mode_select.c */
void vtl_mode_select10(struct vtl_cmd *cmd);
void vtl_log_select(struct vtl_cmd *cmd);			/* log.c */
void vtl_log_sense(struct vtl_cmd *cmd);
void vtl_reserve(struct vtl_cmd *cmd);				/* reserve.c */
void vtl_release(struct vtl_cmd *cmd);
void vtl_pr_in_keys(struct vtl_cmd *cmd);			/* pr_in.c */
void vtl_pr_in_reservation(struct vtl_cmd *cmd);
void vtl_pr_in_capabilities(struct vtl_cmd *cmd);
void vtl_pr_in_full_status(struct vtl_cmd *cmd);
void vtl_pr_out(struct vtl_cmd *cmd);				/* pr_out.c */
void vtl_report_opcodes(struct vtl_cmd *cmd);			/* rsoc.c */

#endif
