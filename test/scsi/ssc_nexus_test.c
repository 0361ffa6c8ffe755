/* SPDX-License-Identifier: GPL-2.0-only */
/* Three initiators at a drive: what one does is told to the others; what becomes of the work of one that goes. */
#include <string.h>

#include "ssc_world.h"

/* ---- unit attentions ---- */

struct three {
	struct ssc_world *w;
	struct vtl_nexus *a, *b, *c;
};

/* b and c are told, each once; a, who did it, is not. */
static void expect_told(struct three *t, uint8_t asc, uint8_t ascq)
{
	/* what lets a command run beside a pending attention does not take it */
	expect_good(io_in(t->b, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	expect_good(ssc_ready(t->a));
	expect_sense(ssc_ready(t->b), 6, asc, ascq);
	expect_good(ssc_ready(t->b));
	expect_u16(expect_good(io_in(t->c, 18, CDB(0x03, 0, 0, 0, 18, 0))), 12, (unsigned)asc << 8 | ascq);
	expect_good(ssc_ready(t->c));
}

static struct io *reserve_out(struct vtl_nexus *nexus, uint8_t action, uint8_t type, uint8_t key, uint8_t value)
{
	uint8_t list[24] = { [7] = key, [15] = value };

	return io_out(nexus, list, sizeof(list), CDB(0x5f, action, type, 0, 0, 0, 0, 0, 24, 0));
}

static void load(struct three *t)
{
	expect_good(io(t->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	expect_good(io(t->a, CDB(0x1b, 0, 0, 0, 1, 0)));
}

static void select_mode(struct three *t)
{
	ssc_set_block(t->a, 512);
	ssc_set_block(t->a, 512);	/* no change: nothing to tell */
}

static void reset_log(struct three *t)
{
	expect_good(io(t->a, CDB(0x4c, 0x02, 0xc0, 0, 0, 0, 0, 0, 0, 0)));
}

static void set_timestamp(struct three *t)
{
	expect_good(io_out(t->a, BYTES(0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0),
			   CDB(0xa4, 0x0f, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0)));
}

static void load_firmware(struct three *t)
{
	expect_good(io_out(t->a, BYTES(1, 2, 3), CDB(0x3b, 5, 0, 0, 0, 0, 0, 0, 3, 0)));
}

static void release(struct three *t)
{
	for (unsigned i = 0; i < 3; i++)
		expect_good(reserve_out(i == 0 ? t->a : i == 1 ? t->b : t->c, 0, 0, 0, (uint8_t)(1 + i)));
	expect_good(reserve_out(t->a, 1, 5, 1, 0));	/* write exclusive, registrants only */
	expect_good(reserve_out(t->a, 2, 5, 1, 0));
}

static void clear(struct three *t)
{
	expect_good(reserve_out(t->a, 3, 0, 1, 0));
}

static void preempt_all(struct three *t)
{
	for (unsigned i = 0; i < 3; i++)
		expect_good(reserve_out(i == 0 ? t->a : i == 1 ? t->b : t->c, 6, 0, 0, i ? 2 : 1));
	expect_good(reserve_out(t->a, 4, 0, 1, 2));
}

static void encrypt(struct three *t)
{
	static const uint8_t key[32] = { 1, 2, 3 };

	expect_good(ssc_set_key(t->a, SCOPE_OF_ALL, 0, CRYPT_ON, CRYPT_MIXED, key));
}

static const struct {
	void (*happens)(struct three *t);
	uint8_t opcode;			/* of what makes it happen */
	uint8_t asc, ascq;
} events[] = {
	{ load, 0x1b, 0x28, 0x00 },	    { select_mode, 0x15, 0x2a, 0x01 }, { reset_log, 0x4c, 0x2a, 0x02 },
	{ set_timestamp, 0xa4, 0x2a, 0x10 }, { load_firmware, 0x3b, 0x3f, 0x01 }, { release, 0x5f, 0x2a, 0x04 },
	{ clear, 0x5f, 0x2a, 0x03 },	    { preempt_all, 0x5f, 0x2a, 0x05 }, { encrypt, 0xb5, 0x2a, 0x11 },
};

EACH_DRIVE(what_one_of_three_initiators_changes_is_told_to_the_other_two_once)
{
	struct three t = { w, w->a, w->b, sim_initiator(w->dev, 3) };

	for (unsigned i = 0; i < sizeof(events) / sizeof(*events); i++) {
		if (!vtl_op_get(w->dev, events[i].opcode, VTL_NO_SA) && events[i].opcode != 0xa4)
			continue;
		if (events[i].opcode == 0xa4 && !vtl_op_get(w->dev, 0xa4, 0x0f))
			continue;
		events[i].happens(&t);
		expect_told(&t, events[i].asc, events[i].ascq);
	}
	vtl_nexus_lost(t.c);
}

EACH_DRIVE(a_reset_is_told_to_all_three_and_what_came_before_is_not)
{
	static const struct { enum vtl_reset what; uint8_t ascq; } resets[] = {
		{ VTL_RESET_POWER_ON, 0 }, { VTL_RESET_BUS, 2 }, { VTL_RESET_LOGICAL_UNIT, 3 },
	};
	struct vtl_nexus *nexus[] = { w->a, w->b, sim_initiator(w->dev, 3) };

	for (unsigned r = 0; r < 3; r++) {
		ssc_set_block(w->a, 1024);
		vtl_dev_reset(w->dev, resets[r].what);
		for (unsigned i = 0; i < 3; i++) {
			expect_sense(ssc_ready(nexus[i]), 6, 0x29, resets[r].ascq);
			expect_good(ssc_ready(nexus[i]));
		}
	}
	vtl_nexus_lost(nexus[2]);
}

EACH_EMPTY_DRIVE(a_cartridge_that_the_robot_brings_is_told_to_all_three)
{
	struct vtl_nexus *nexus[] = { w->a, w->b, sim_initiator(w->dev, 3) };

	ssc_insert_store(w, ssc_cartridge(w, &(struct ssc_cartridge){ 0 }));
	for (unsigned i = 0; i < 3; i++) {
		expect_sense(ssc_ready(nexus[i]), 6, 0x28, 0);
		expect_good(ssc_ready(nexus[i]));
	}
	vtl_nexus_lost(nexus[2]);
}

/* ---- work of an initiator that goes ---- */

static void expect_blocks(struct ssc_world *w, struct vtl_nexus *nexus, unsigned n)
{
	expect_good(ssc_rewind(nexus));
	for (unsigned i = 0; i < n; i++)
		ssc_expect_block(nexus, 1000, i);
	expect_sense(ssc_read(nexus, 0, 10, 10), 8, 0, 5);
}

static struct io *start_write(struct vtl_nexus *nexus, unsigned fill)
{
	uint8_t block[1000];

	ssc_fill(block, sizeof(block), fill);
	return io_start(nexus, CDB(0x0a, 0, 0, 0x03, 0xe8, 0), block, sizeof(block), 0);
}

EACH_DRIVE(an_aborted_write_that_waited_in_the_queue_has_written_nothing)
{
	struct io *mark, *write, *behind;

	expect_good(ssc_write(w->a, 1000, 0));
	w->sim.hold_jobs = true;
	mark = io_start(w->a, CDB(0x10, 0, 0, 0, 0, 0), NULL, 0, 0);
	write = start_write(w->b, 77);
	behind = start_write(w->a, 1);
	assert_false(io_done(mark) || io_done(write) || io_done(behind));
	vtl_dev_abort(w->dev, &write->cmd);
	expect_status(write, SAM_TASK_ABORTED);
	assert_false(io_done(mark) || io_done(behind));
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	expect_good(mark);
	expect_good(behind);
	expect_blocks(w, w->b, 2);
}

EACH_DRIVE(the_writes_of_an_initiator_that_is_lost_end_and_the_drive_is_sound)
{
	struct vtl_nexus *gone = sim_initiator(w->dev, 3);
	struct io *write, *queued;

	expect_good(ssc_select_block(w->a, 0, 0));	/* unbuffered: a write waits for the disk */
	sim_drain_attentions(gone);
	sim_drain_attentions(w->b);
	expect_good(io(gone, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_good(io(gone, CDB(0x1e, 0, 0, 0, 1, 0)));
	w->sim.hold_jobs = true;
	write = start_write(gone, 0);
	queued = start_write(gone, 77);
	assert_false(io_done(write) || io_done(queued));
	vtl_dev_abort(w->dev, &queued->cmd);
	vtl_dev_abort(w->dev, &write->cmd);
	expect_status(queued, SAM_TASK_ABORTED);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	expect_status(write, SAM_TASK_ABORTED);
	vtl_nexus_lost(gone);
	/* neither reserved nor locked any more; the block that was under way is there as a whole */
	expect_blocks(w, w->b, 1);
	expect_good(io(w->b, CDB(0x1b, 0, 0, 0, 0, 0)));
}

EACH_DRIVE(a_reset_in_the_middle_of_a_write_ends_it_and_the_medium_is_sound)
{
	struct io *write;

	expect_good(ssc_write(w->a, 1000, 0));
	expect_good(ssc_select_block(w->a, 0, 0));
	w->sim.hold_jobs = true;
	write = start_write(w->a, 1);
	vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	expect_status(write, SAM_TASK_ABORTED);
	sim_drain_attentions(w->b);
	expect_blocks(w, w->b, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(what_one_of_three_initiators_changes_is_told_to_the_other_two_once),
		SSC_TEST(a_reset_is_told_to_all_three_and_what_came_before_is_not),
		SSC_TEST(a_cartridge_that_the_robot_brings_is_told_to_all_three),
		SSC_TEST(an_aborted_write_that_waited_in_the_queue_has_written_nothing),
		SSC_TEST(the_writes_of_an_initiator_that_is_lost_end_and_the_drive_is_sound),
		SSC_TEST(a_reset_in_the_middle_of_a_write_ends_it_and_the_medium_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
