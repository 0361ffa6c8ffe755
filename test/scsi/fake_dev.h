/* SPDX-License-Identifier: GPL-2.0-only */
/* A small device on the engine, to test the engine itself: a few commands, pages and hooks that tell what they saw. */
#ifndef TEST_FAKE_DEV_H
#define TEST_FAKE_DEV_H

#include "scsi_env.h"

/* Its own commands, beside those of vtl_spc_ops. */
#define FAKE_TUR	0x00	/* needs the medium */
#define FAKE_WAIT	0x01	/* is parked until fake_finish() */
#define FAKE_READ	0x08	/* needs the medium; byte 4 allocation length; 0, 1, 2 … */
#define FAKE_WRITE	0x0a	/* needs the medium, writable; byte 4 bytes out */
#define FAKE_IMMED	0x1b	/* GOOD at once, the rest is a task in front of the queue until fake_finish_task() */
#define FAKE_ACTION	0x9e	/* service actions 1 and 3; RES_READ */

struct fake {
	struct vtl_dev dev;
	bool loaded, write_protected;
	struct vtl_cmd *parked;
	struct vtl_task task;
	bool task_running;
	unsigned reads, writes, waits, aborts, resets, ticks, prevent_changes, applied, log_resets, log_reports;
	bool end_on_abort;		/* the abort hook ends the parked command itself */
	uint8_t density;		/* block descriptor */
	uint8_t last_byte;		/* of page 0F when it was applied */
	uint32_t counter;		/* log page 0C */
	enum vtl_sense idle_sense;	/* what REQUEST SENSE tells */
	uint16_t progress;
	enum vtl_sense self_test;	/* how a self-test ends */
	uint8_t keepsake;		/* what the type itself keeps */
};

/* What a device keeps, in memory. */
struct fake_state {
	struct vtl_state port;		/* first */
	uint8_t data[VTL_STATE_MAX];
	uint32_t len;			/* 0: nothing yet */
	unsigned saves;
	bool fail;			/* saving does not work */
};
void fake_state_init(struct fake_state *state);

/* Loaded and writable. */
void fake_init(struct fake *fake, struct sim *sim);
void fake_init_as(struct fake *fake, struct sim *sim, const struct vtl_identity *id);
/* Every nexus goes, then the device. */
void fake_fini(struct fake *fake);
extern const struct vtl_identity fake_identity;

/* For cmocka_unit_test_setup_teardown(): *state is a struct fake_world with two initiators that nothing pends for. */
struct fake_world {
	struct sim sim;
	struct fake fake;
	struct vtl_nexus *a, *b;
	struct fake_state kept;		/* used from fake_power_cycle() on */
};
int fake_setup(void **state);
int fake_teardown(void **state);
#define fake_test(f)	cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

/* The device ends, and is made anew with what was kept. All nexuses are new ones, a and b the same initiators. */
void fake_power_cycle(struct fake_world *w);

void fake_finish(struct fake *fake);
void fake_finish_task(struct fake *fake);

#endif
