/* SPDX-License-Identifier: GPL-2.0-only */
/* What the engine's files know of each other and ssc/ and smc/ need not. */
#ifndef CORE_INTERNAL_H
#define CORE_INTERNAL_H

#include "engine.h"

/* state.c: the tags of what is kept. They are on disk: never changed, never used again. */
enum {
	VTL_STATE_MODE_PAGE = 1,		/* code, subcode, the page as saved */
	VTL_STATE_PR = 2,			/* APTPL is in force: type of the reservation */
	VTL_STATE_PR_REGISTRATION = 3,
	VTL_STATE_NAME = 4,			/* type of identifying information, and it */
	VTL_STATE_LOG_PARAMETER = 5,		/* page, subpage, parameter code, value */
	VTL_STATE_INQUIRY = 6,			/* vendor, product, revision, as when it was saved */
};

/* model_page.c */
/* The model's bytes for a page, without any (len 0) where it has not that page; NULL: the page is core's. */
const struct vtl_model_page *vtl_model_page(const struct vtl_model_pages *pages, uint8_t code, uint8_t subcode);
/* Writes what is this device's own over a model's bytes, which begin at `at`. */
void vtl_patch_live(struct vtl_reply *r, uint64_t at, const struct vtl_dev *dev, const struct vtl_nexus *nexus,
		    const struct vtl_model_live *live, unsigned lives);
/*
 * Writes a model's log page, without the header: the parameters that the model has, with the values of those that are
 * also among core's, `core_len` bytes of parameters with their headers.
 */
void vtl_log_put_model(struct vtl_log *log, const struct vtl_model_page *model, const uint8_t *core, size_t core_len);

/* alert.c */
extern const uint8_t vtl_exceptions_page[12], vtl_exceptions_mask[12];
enum vtl_sense vtl_exceptions_check(struct vtl_dev *dev, const uint8_t *old, uint8_t *page, struct vtl_field *bad);
void vtl_exceptions_apply(struct vtl_dev *dev, struct vtl_nexus *nexus, const uint8_t *page);
/* What a command reports in place of GOOD, and what REQUEST SENSE tells: an informational exception, or SENSE_NONE. */
enum vtl_sense vtl_alert_exception(struct vtl_dev *dev, const struct vtl_cmd *cmd);
enum vtl_sense vtl_alert_asked(struct vtl_dev *dev);

/* mode.c */
void vtl_mode_state_put(const struct vtl_dev *dev, struct vtl_reply *r);
void vtl_mode_state_get(struct vtl_dev *dev, const uint8_t *data, uint32_t len);
#define VTL_MODE_PAGE_MAX	512	/* bytes of a mode page with its header */
int vtl_mode_init(struct vtl_dev *dev);
void vtl_mode_fini(struct vtl_dev *dev);
/* All pages back to their saved values, which are the defaults where nothing was saved. */
void vtl_mode_reset(struct vtl_dev *dev);
/* What a nexus has for itself. 0, or -1: no memory. */
int vtl_mode_nexus_init(struct vtl_nexus *nexus);

struct vtl_mode_state {
	const struct vtl_mode_page *row;	/* hooks; NULL: a model's own page, static */
	uint8_t code, subcode;
	uint16_t len;				/* as on the wire, at most VTL_MODE_PAGE_MAX */
	bool touched;				/* `next` is filled: while a MODE SELECT is checked */
	bool savable;				/* something in it can be changed */
	size_t own;				/* of a page per nexus: where its bytes begin in nexus->pages */
	/* each at least as long as the row says; `undo` is `saved` while a save is under way */
	uint8_t *current, *standard, *mask, *next, *saved, *undo;
};
/* Whether some page can be saved. */
bool vtl_mode_saves(const struct vtl_dev *dev);
struct vtl_mode_state *vtl_mode_find(const struct vtl_dev *dev, uint8_t code, uint8_t subcode);
/* The values that are in force for a nexus: its own, or those that all share. */
uint8_t *vtl_mode_current(const struct vtl_mode_state *state, const struct vtl_nexus *nexus);
/* The bytes that MODE SENSE shows this nexus for `pc`, into `page` (VTL_MODE_PAGE_MAX bytes). */
void vtl_mode_show(const struct vtl_nexus *nexus, const struct vtl_mode_state *state, unsigned pc, uint8_t *page);

/* log.c, inquiry.c: what a page is called, "" where only the model knows it; NULL: this device has none such */
const char *vtl_log_name(const struct vtl_dev *dev, uint8_t code, uint8_t subcode);
const char *vtl_vpd_name(const struct vtl_dev *dev, uint8_t code);

/* nexus.c */
bool vtl_nexus_id_equal(const struct vtl_nexus_id *a, const struct vtl_nexus_id *b);
/* The same initiator port, at whatever target port. */
bool vtl_nexus_id_same_initiator(const struct vtl_nexus_id *a, const struct vtl_nexus_id *b);
void vtl_seen_free(struct vtl_dev *dev);
/*
 * The TransportID (SPC-5 7.6.4) at `p`, of at most `room` bytes, in the one form in which two of the same port are
 * equal. Returns the bytes that it took; 0: it is none.
 */
unsigned vtl_transport_id(const uint8_t *p, uint32_t room, struct vtl_nexus_id *id);

/* reserve.c, pr.c */
void vtl_pr_free(struct vtl_dev *dev);
/* At a power on: registrations that APTPL keeps stay, others end. */
void vtl_pr_power_on(struct vtl_dev *dev);
void vtl_pr_state_put(const struct vtl_dev *dev, struct vtl_reply *r);
void vtl_pr_state_get(struct vtl_dev *dev, const uint8_t *data, uint32_t len);
void vtl_pr_state_get_registration(struct vtl_dev *dev, const uint8_t *data, uint32_t len);
/* A persistent reservation refuses this nexus. */
bool vtl_pr_refuses(const struct vtl_nexus *nexus, enum vtl_res_class class);
/* Tells the type. */
void vtl_reservations_changed(struct vtl_dev *dev, bool preempted);
/* Someone is registered. */
bool vtl_pr_registered(const struct vtl_dev *dev);
/* This nexus holds the persistent reservation, or is registered where all or only registrants matter. */
bool vtl_pr_shares(const struct vtl_nexus *nexus);

/* identify.c: identifying information and timestamp */
void vtl_name_state_put(const struct vtl_dev *dev, struct vtl_reply *r);
void vtl_name_state_get(struct vtl_dev *dev, const uint8_t *data, uint32_t len);
void vtl_names_free(struct vtl_dev *dev);

/* ports.c: all ports are in one group */
#define VTL_PORT_GROUP	1
void vtl_put_port_designators(struct vtl_reply *r, const struct vtl_dev *dev, uint16_t port);
uint64_t vtl_port_naa(const struct vtl_dev *dev, uint16_t port);
void vtl_vpd_ports(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r);
/* inquiry.c: the NAA name, assigned or derived */
uint64_t vtl_naa(const struct vtl_dev *dev);

/* log.c: core's page, unless the model takes it away; NULL: none */
const struct vtl_log_page *vtl_log_find(const struct vtl_dev *dev, uint8_t code, uint8_t subcode);
/* Every row that may be found, in no order. NULL: no more. */
const struct vtl_log_page *vtl_log_next(const struct vtl_dev *dev, const struct vtl_log_page *row);
/* The field of a CDB (as of LOG SENSE) that asks for a page which is not there. */
struct vtl_field vtl_log_bad_page(const struct vtl_dev *dev, uint8_t code);
void vtl_log_state_put(struct vtl_dev *dev, struct vtl_reply *r);
void vtl_log_state_get(struct vtl_dev *dev, const uint8_t *data, uint32_t len);

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
void vtl_pr_in_keys(struct vtl_cmd *cmd);			/* pr_in.c */
void vtl_pr_in_reservation(struct vtl_cmd *cmd);
void vtl_pr_in_capabilities(struct vtl_cmd *cmd);
void vtl_pr_in_full_status(struct vtl_cmd *cmd);
void vtl_pr_out(struct vtl_cmd *cmd);				/* pr_out.c */
void vtl_report_opcodes(struct vtl_cmd *cmd);			/* rsoc.c */
void vtl_send_diagnostic(struct vtl_cmd *cmd);			/* diagnostic.c */
void vtl_receive_diagnostic(struct vtl_cmd *cmd);
void vtl_read_buffer(struct vtl_cmd *cmd);			/* buffer.c */
void vtl_write_buffer(struct vtl_cmd *cmd);
void vtl_buffers_free(struct vtl_dev *dev);
void vtl_buffers_nexus_lost(struct vtl_nexus *nexus);
void vtl_report_information(struct vtl_cmd *cmd);		/* identify.c */
void vtl_set_information(struct vtl_cmd *cmd);
void vtl_report_timestamp(struct vtl_cmd *cmd);
void vtl_set_timestamp(struct vtl_cmd *cmd);
void vtl_report_port_groups(struct vtl_cmd *cmd);		/* ports.c */
void vtl_report_task_management(struct vtl_cmd *cmd);

#endif
