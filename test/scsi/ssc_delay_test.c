/* SPDX-License-Identifier: GPL-2.0-only */
/* Drives that take their time: loading, positioning by distance, unloading, cleaning; what is told meanwhile. */
#include <string.h>

#include "ssc_world.h"

/* Numbers that cannot be taken for each other. */
static const unsigned times[VTL_TIMES] = {
	[VTL_TIME_LOAD] = 6000,	      [VTL_TIME_THREAD] = 4000, [VTL_TIME_UNLOAD] = 7000, [VTL_TIME_REWIND] = 60000,
	[VTL_TIME_POSITION] = 100000, [VTL_TIME_ERASE] = 400000, [VTL_TIME_FORMAT] = 30000, [VTL_TIME_CLEAN] = 120000,
};

#define TIMED(name)							\
	static void name##_in(struct ssc_world *w);			\
	static void name(void **state)					\
	{								\
		struct ssc_world *w = ssc_open_timed(ssc_some_model(), times);	\
									\
		name##_in(w);						\
		ssc_end(w);						\
	}								\
	static void name##_in(struct ssc_world *w)

static void load(struct ssc_world *w)
{
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	sim_advance(&w->sim, 10000);
	sim_drain_attentions(w->a);
	sim_drain_attentions(w->b);
}

static struct io *start(struct vtl_nexus *nexus, const uint8_t *cdb, unsigned len)
{
	return io_start(nexus, cdb, len, NULL, 0, 0);
}

/* How long a command takes, in milliseconds, to the second. */
static unsigned takes(struct ssc_world *w, struct io *io)
{
	unsigned ms = 0;

	while (!io_done(io) && ms < 1000000) {
		sim_advance(&w->sim, 1000);
		ms += 1000;
	}
	expect_good(io);
	return ms;
}

static struct io *sense(struct vtl_nexus *nexus)
{
	return expect_good(io_in(nexus, 18, CDB(0x03, 0, 0, 0, 18, 0)));
}

static void expect_told(struct vtl_nexus *nexus, unsigned key, unsigned code, unsigned progress)
{
	struct io *told = sense(nexus);

	expect_u8(told, 2, key);
	expect_u16(told, 12, code);
	expect_u8(told, 15, 0x80);
	assert_in_range(io_uint(told, 16, 2), progress > 200 ? progress - 200 : 0, progress + 200);
}

TIMED(a_load_takes_its_time_and_tells_how_far_it_is)
{
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	assert_true(w->done);		/* the robot is free again */
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_LOADING);
	sim_advance(&w->sim, 2500);
	expect_progress(expect_sense(ssc_ready(w->a), 2, 4, 1), 65536 / 4);
	expect_told(w->b, 2, 0x0401, 65536 / 4);
	expect_sense(ssc_read(w->a, 0, 10, 10), 2, 4, 1);
	expect_sense(io(w->a, CDB(0x1b, 0, 0, 0, 1, 0)), 2, 4, 1);
	sim_advance(&w->sim, 7499);
	expect_sense(ssc_ready(w->a), 2, 4, 1);
	sim_advance(&w->sim, 1);
	expect_sense(ssc_ready(w->a), 6, 0x28, 0);
	expect_good(ssc_ready(w->a));
}

TIMED(a_cartridge_is_taken_out_again_before_it_is_loaded)
{
	struct io *ready;

	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	sim_advance(&w->sim, 5000);
	ssc_eject(w);
	ready = ssc_ready(w->b);
	assert_int_equal(ready->cmd.status, SAM_CHECK_CONDITION);
	sim_advance(&w->sim, 7000);
	assert_true(w->done);
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_EMPTY);
	sim_drain_attentions(w->a);
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
	load(w);
	expect_good(ssc_ready(w->a));
}

TIMED(an_eject_waits_for_a_cartridge_that_is_being_opened)
{
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	w->sim.hold_jobs = true;
	sim_advance(&w->sim, 10000);
	ssc_eject(w);
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_LOADING);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	sim_advance(&w->sim, 7000);
	sim_run_jobs(&w->sim);
	assert_true(w->done);
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_EMPTY);
}

/* Ten blocks of the same size over half of the tape. */
static void write_half(struct ssc_world *w)
{
	for (unsigned i = 0; i < 10; i++)
		expect_good(ssc_write(w->a, TEST_CAPACITY / 20, NOT_COMPRESSIBLE + i));
}

TIMED(the_way_to_an_object_takes_as_long_as_it_is)
{
	unsigned wraps = w->medium->wraps, half, tenth;

	load(w);
	write_half(w);
	assert_int_equal(takes(w, start(w->a, CDB(1, 0, 0, 0, 0, 0))) > 60000, 0);
	assert_int_equal(wraps, 208);
	half = takes(w, start(w->a, CDB(0x92, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0)));
	takes(w, start(w->a, CDB(1, 0, 0, 0, 0, 0)));
	tenth = takes(w, start(w->a, CDB(0x11, 0, 0, 0, 1, 0)));
	/* A twentieth of 208 wraps ends after 0.4 of one, a half at the beginning of one, but for what headers take. */
	assert_in_range(tenth, 39000, 43000);
	assert_in_range(half, 1000, 25000);
}

TIMED(nothing_takes_time_where_the_tape_does_not_move)
{
	load(w);
	expect_good(io(w->a, CDB(1, 0, 0, 0, 0, 0)));
	expect_good(ssc_write(w->a, 1000, 1));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	assert_int_equal(ssc_object(w->a), 2);
}

TIMED(an_address_in_the_command_is_gone_to_first)
{
	static uint8_t in[TEST_CAPACITY / 20];
	struct io *read;

	load(w);
	write_half(w);
	takes(w, start(w->a, CDB(1, 0, 0, 0, 0, 0)));
	read = io_start(w->a, CDB(0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x06, 0x66, 0x66, 0), NULL, 0,
			TEST_CAPACITY / 20);
	assert_false(io_done(read));
	assert_in_range(takes(w, read), 39000, 43000);
	ssc_fill(in, sizeof(in), NOT_COMPRESSIBLE + 1);
	expect_data(read, in, sizeof(in));
}

TIMED(a_rewind_with_immed_tells_how_far_it_is_and_others_wait_for_it)
{
	struct io *position;
	unsigned progress;

	load(w);
	expect_good(ssc_write(w->a, TEST_CAPACITY / 20, NOT_COMPRESSIBLE));
	expect_good(io(w->a, CDB(1, 1, 0, 0, 0, 0)));
	position = io_start(w->b, CDB(0x34, 6, 0, 0, 0, 0, 0, 0, 0, 0), NULL, 0, 32);
	sim_advance(&w->sim, 6000);
	progress = (unsigned)io_uint(sense(w->a), 16, 2);
	assert_in_range(progress, 65536 * 6 / 35, 65536 * 6 / 28);
	expect_u16(sense(w->a), 12, 0x001a);
	expect_good(ssc_ready(w->a));
	assert_false(io_done(position));
	sim_advance(&w->sim, 30000);
	expect_u64(expect_good(position), 8, 0);
	expect_u16(sense(w->a), 12, 0);
}

TIMED(an_unload_rewinds_and_gives_out)
{
	struct io *unload;

	load(w);
	expect_good(ssc_write(w->a, TEST_CAPACITY / 20, NOT_COMPRESSIBLE));
	unload = start(w->a, CDB(0x1b, 0, 0, 0, 0, 0));
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_UNLOADING);
	expect_sense(ssc_ready(w->b), 2, 4, 0);
	assert_in_range(takes(w, unload), 7000 + 28000, 7000 + 35000);
	expect_sense(ssc_ready(w->b), 2, 0x3a, 0);
	ssc_eject(w);			/* it is out already */
	assert_true(w->done);
}

TIMED(load_and_unload_with_immed_tell_how_far_they_are)
{
	load(w);
	expect_good(io(w->a, CDB(0x1b, 1, 0, 0, 0, 0)));
	sim_advance(&w->sim, 3500);
	expect_told(w->a, 2, 0x0400, 32768);
	expect_progress(expect_sense(ssc_ready(w->b), 2, 4, 0), 32768);
	sim_advance(&w->sim, 3500);
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
	expect_good(io(w->a, CDB(0x1b, 1, 0, 0, 1, 0)));
	sim_advance(&w->sim, 5000);
	expect_told(w->a, 2, 0x0401, 32768);
	expect_progress(expect_sense(ssc_ready(w->b), 2, 4, 1), 32768);
	sim_advance(&w->sim, 5000);
	sim_drain_attentions(w->a);
	expect_good(ssc_ready(w->a));
}

TIMED(a_long_erase_tells_how_far_it_is_and_a_short_one_takes_no_time)
{
	load(w);
	expect_good(io(w->a, CDB(0x19, 0, 0, 0, 0, 0)));
	expect_good(io(w->a, CDB(0x19, 3, 0, 0, 0, 0)));
	sim_advance(&w->sim, 100000);
	expect_told(w->a, 0, 0x0018, 16384);
	expect_progress(expect_sense(ssc_ready(w->b), 2, 4, 7), 16384);
	sim_advance(&w->sim, 300000);
	expect_good(ssc_ready(w->a));
	write_half(w);
	assert_in_range(takes(w, start(w->a, CDB(0x19, 1, 0, 0, 0, 0))), 190000, 200000);
}

TIMED(a_format_tells_how_far_it_is)
{
	load(w);
	expect_good(io(w->a, CDB(0x04, 1, 0, 0, 0, 0)));
	sim_advance(&w->sim, 15000);
	expect_told(w->a, 2, 0x0404, 32768);
	expect_progress(expect_sense(ssc_ready(w->b), 2, 4, 4), 32768);
	sim_advance(&w->sim, 15000);
	expect_good(ssc_ready(w->a));
}

TIMED(a_cleaning_goes_from_loading_over_cleaning_to_unloaded)
{
	struct ssc_cartridge cleaner = { .form = "LTO-CLN", .kind = MEDIA_CLEANING };

	ssc_insert(w, &cleaner);
	expect_sense(ssc_ready(w->a), 2, 4, 1);
	sim_advance(&w->sim, 10000);
	expect_sense(ssc_ready(w->a), 2, 0x30, 3);
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_CLEANING);
	assert_string_equal(w->drive->ops->activity(w->drive), "cleaning");
	sim_advance(&w->sim, 60000);
	expect_told(w->a, 2, 0x3003, 32768);
	expect_sense(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)), 2, 0x30, 3);
	sim_advance(&w->sim, 60000);
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 11), 1);
	ssc_eject(w);
	assert_true(w->done);
	load(w);
	expect_good(ssc_ready(w->a));
}

TIMED(a_cleaning_cartridge_may_be_taken_out_while_it_cleans)
{
	struct ssc_cartridge cleaner = { .form = "LTO-CLN", .kind = MEDIA_CLEANING };

	ssc_insert(w, &cleaner);
	sim_advance(&w->sim, 20000);
	ssc_eject(w);
	assert_true(w->done);
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
}

TIMED(an_abort_ends_the_waiting)
{
	struct io *locate;

	load(w);
	expect_good(ssc_write(w->a, TEST_CAPACITY / 20, NOT_COMPRESSIBLE));
	locate = start(w->a, CDB(0x2b, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	assert_false(io_done(locate));
	vtl_dev_abort(w->dev, &locate->cmd);
	expect_status(locate, SAM_TASK_ABORTED);
	expect_good(ssc_ready(w->a));
	assert_int_equal(ssc_object(w->a), 0);
}

TIMED(in_a_hurry_nothing_takes_time_and_what_waits_goes_on)
{
	struct io *rewind;

	load(w);
	expect_good(ssc_write(w->a, TEST_CAPACITY / 20, NOT_COMPRESSIBLE));
	rewind = start(w->a, CDB(1, 0, 0, 0, 0, 0));
	assert_false(io_done(rewind));
	vtl_tape_hurry(w->dev, true);
	expect_good(rewind);
	ssc_eject(w);
	assert_true(w->done);
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	expect_good(ssc_ready(w->a));
	vtl_tape_hurry(w->dev, false);
	assert_false(io_done(start(w->a, CDB(0x1b, 0, 0, 0, 0, 0))));
}

TIMED(a_reset_ends_a_command_that_waits)
{
	struct io *unload;

	load(w);
	unload = start(w->a, CDB(0x1b, 0, 0, 0, 0, 0));
	vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
	expect_status(unload, SAM_TASK_ABORTED);
	sim_drain_attentions(w->a);
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
}

/* ---- by chance ---- */

static unsigned chance(struct ssc_world *w, unsigned below)
{
	uint8_t b[4];

	w->sim.env.random(&w->sim.env, b, sizeof(b));
	return get_be32(b) % below;
}

/* The robot puts a cartridge in or takes it out, when what it did before has ended. */
static void robot_moves(struct ssc_world *w, struct ssc_cartridge *cleaner)
{
	if (!w->done)
		return;
	if (w->drive->ops->state(w->drive) != VTL_DRIVE_EMPTY)
		ssc_eject(w);
	else
		ssc_insert_store(w, ssc_cartridge(w, chance(w, 4) ? &(struct ssc_cartridge){ 0 } : cleaner));
}

TIMED(whatever_comes_while_a_drive_takes_its_time_ends)
{
	static const uint8_t cdb[][6] = {
		{ 0x00 }, { 0x01 }, { 0x01, 1 }, { 0x0a, 0, 0, 4, 0 }, { 0x08, 0, 0, 4, 0 }, { 0x11, 0, 0, 0, 3 },
		{ 0x11, 3 }, { 0x11, 0, 0xff, 0xff, 0xfe }, { 0x19, 3 }, { 0x19, 1 }, { 0x1b, 0 }, { 0x1b, 1 },
		{ 0x1b, 0, 0, 0, 1 }, { 0x1b, 1, 0, 0, 1 }, { 0x1b, 1, 0, 0, 9 }, { 0x04, 1 }, { 0x10, 0, 0, 0, 1 },
	};
	struct ssc_cartridge cleaner = { .form = "LTO-CLN", .kind = MEDIA_CLEANING };
	static const uint8_t block[1024];
	struct io *sent[8] = { NULL };

	w->done = true;
	for (unsigned n = 0; n < 4000; n++) {
		unsigned what = chance(w, 20), i = chance(w, 8);
		const uint8_t *c = cdb[chance(w, sizeof(cdb) / sizeof(*cdb))];

		w->sim.hold_jobs = chance(w, 2);
		if (what < 10 && (!sent[i] || io_done(sent[i])))
			sent[i] = io_start(chance(w, 2) ? w->a : w->b, c, 6, block, c[0] == 0x0a ? 1024 : 0,
					   c[0] == 0x08 ? 1024 : 0);
		else if (what < 13)
			sim_advance(&w->sim, chance(w, 30000));
		else if (what < 15)
			sim_run_jobs(&w->sim);
		else if (what < 17 && sent[i])
			vtl_dev_abort(w->dev, &sent[i]->cmd);
		else if (what == 17 && !chance(w, 20))
			vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
		else if (what > 17)
			robot_moves(w, &cleaner);
		io_in(w->a, 18, CDB(0x03, 0, 0, 0, 18, 0));
	}
	w->sim.hold_jobs = false;
	for (unsigned n = 0; n < 100; n++) {
		sim_run_jobs(&w->sim);
		sim_advance(&w->sim, 1000000);
	}
	for (unsigned i = 0; i < 8; i++)
		if (sent[i])
			expect_sane(sent[i]);
	assert_true(w->done);
	assert_true(vtl_dev_idle(w->dev));
	sim_drain_attentions(w->a);
	assert_true(ssc_log_value(expect_good(ssc_log(w->a, 0x14, 0)), 0) > 10);	/* loads */
	assert_true(ssc_log_value(expect_good(ssc_log(w->a, 0x14, 0)), 1) > 1);		/* cleanings */
}

static void a_drive_that_takes_its_time_holds_up_no_other(void **state)
{
	const struct vtl_drive_model *model = ssc_some_model();
	struct ssc_world *w = ssc_open_timed(model, times);
	struct vtl_tape_config config = { .model = model, .models = w->models, .serial = "10WT000002" };
	struct vtl_dev *other = vtl_tape_new(&w->sim.env, &config);
	struct vtl_nexus *nexus = sim_initiator(other, 1);
	struct io *rewind;

	load(w);
	expect_good(ssc_write(w->a, TEST_CAPACITY / 20, NOT_COMPRESSIBLE));
	rewind = start(w->a, CDB(1, 0, 0, 0, 0, 0));
	expect_sense(ssc_ready(nexus), 2, 0x3a, 0);
	expect_good(io_in(nexus, 6, CDB(0x05, 0, 0, 0, 0, 0)));
	assert_false(io_done(rewind));
	vtl_nexus_lost(nexus);
	vtl_tape_free(other);
	takes(w, rewind);
	ssc_end(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_load_takes_its_time_and_tells_how_far_it_is),
		SSC_TEST(a_cartridge_is_taken_out_again_before_it_is_loaded),
		SSC_TEST(an_eject_waits_for_a_cartridge_that_is_being_opened),
		SSC_TEST(the_way_to_an_object_takes_as_long_as_it_is),
		SSC_TEST(nothing_takes_time_where_the_tape_does_not_move),
		SSC_TEST(an_address_in_the_command_is_gone_to_first),
		SSC_TEST(a_rewind_with_immed_tells_how_far_it_is_and_others_wait_for_it),
		SSC_TEST(an_unload_rewinds_and_gives_out),
		SSC_TEST(load_and_unload_with_immed_tell_how_far_they_are),
		SSC_TEST(a_long_erase_tells_how_far_it_is_and_a_short_one_takes_no_time),
		SSC_TEST(a_format_tells_how_far_it_is),
		SSC_TEST(a_cleaning_goes_from_loading_over_cleaning_to_unloaded),
		SSC_TEST(a_cleaning_cartridge_may_be_taken_out_while_it_cleans),
		SSC_TEST(an_abort_ends_the_waiting),
		SSC_TEST(in_a_hurry_nothing_takes_time_and_what_waits_goes_on),
		SSC_TEST(a_reset_ends_a_command_that_waits),
		SSC_TEST(whatever_comes_while_a_drive_takes_its_time_ends),
		SSC_TEST(a_drive_that_takes_its_time_holds_up_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
