/* SPDX-License-Identifier: GPL-2.0-only */
/* A PERSISTENT RESERVE OUT command that is being done. */
#ifndef CORE_PR_REQUEST_H
#define CORE_PR_REQUEST_H

#include "pr.h"

/* Service actions. */
enum {
	PR_REGISTER = 0, PR_RESERVE, PR_RELEASE, PR_CLEAR, PR_PREEMPT, PR_PREEMPT_AND_ABORT, PR_REGISTER_AND_IGNORE,
	PR_REGISTER_AND_MOVE,
};

#define PR_LIST_LEN	24u		/* the fixed part of the parameter list */

struct vtl_pr_request {
	struct vtl_cmd *cmd;
	struct vtl_nexus *nexus;
	struct vtl_dev *dev;
	struct vtl_pr *pr;
	struct vtl_pr_reg *reg;		/* of the nexus, or NULL */
	uint64_t key, action_key;	/* RESERVATION KEY, SERVICE ACTION RESERVATION KEY */
	const uint8_t *list;
	uint32_t len;			/* at least PR_LIST_LEN */
	uint8_t sa, type;
	bool was_kept;			/* APTPL was in force */
};

/* Done: GOOD, after it has been saved where APTPL is or was in force. */
void vtl_pr_good(struct vtl_pr_request *q);
void vtl_pr_end_reservation(struct vtl_pr_request *q);

/* pr_register.c */
void vtl_pr_register(struct vtl_pr_request *q);
void vtl_pr_move(struct vtl_pr_request *q);

#endif
