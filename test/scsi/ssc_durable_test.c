/* SPDX-License-Identifier: GPL-2.0-only */
/* What was acknowledged outlives a crash; what could not be written is told, once, and nothing else is lost. */
#include <errno.h>
#include <string.h>

#include "ssc_world.h"
#include "store_fault.h"

#define BLOCK	(64 * KIB)

/* A drive with a blank cartridge on a store that can fail and records what a crash could lose. */
struct fault_world {
	struct ssc_world *w;
	struct media_store *under, *store;
};

static struct fault_world insert_on_fault_store(struct ssc_world *w)
{
	struct fault_world f = { .w = w };

	f.under = ssc_cartridge(w, &(struct ssc_cartridge){ 0 });
	assert_int_equal(media_store_fault(f.under, &f.store), 0);
	ssc_insert_store(w, f.store);
	sim_drain_attentions(w->a);
	sim_drain_attentions(w->b);
	assert_int_equal(media_fault_record(f.store), 0);
	return f;
}

/* The store below is not the drive's. */
static void take_out(struct fault_world *f)
{
	ssc_eject(f->w);
	f->under->ops->destroy(f->under);
}

/* ---- crashes ---- */

/* Kept of what a crash may leave: all, nothing and zeros of what was not synced, and some of the rest. */
#define CRASHES	12

struct crashes {
	struct media_store *store[CRASHES];
	unsigned n;
	size_t last;
};

static int keep_last(void *arg, struct media_store *store, const struct media_crash *crash)
{
	struct crashes *c = arg;

	if (crash->op != c->last)
		return 0;
	if (c->n == CRASHES)
		return 1;
	assert_int_equal(media_store_memory_clone(store, &c->store[c->n++]), 0);
	return 0;
}

/*
 * The least number of objects that any crash at this moment leaves on the cartridge. Takes the cartridge out. Blocks
 * are compared, too: block i was written with fill i.
 */
static uint64_t objects_after_a_crash(struct fault_world *f, unsigned blocks)
{
	struct crashes c = { .last = media_fault_recorded(f->store) };
	struct media_crash_sweep sweep = { .every = c.last, .random = 1, .seed = 1, .each = keep_last, .arg = &c };
	uint64_t least = UINT64_MAX;

	assert_true(media_fault_crashes(f->store, &sweep) >= 0);
	assert_true(c.n > 0);
	take_out(f);
	for (unsigned i = 0; i < c.n; i++) {
		uint64_t objects;

		ssc_insert_store(f->w, c.store[i]);
		sim_drain_attentions(f->w->a);
		expect_good(ssc_space(f->w->a, SPACE_EOD, 0));
		objects = ssc_object(f->w->a);
		least = objects < least ? objects : least;
		expect_good(ssc_rewind(f->w->a));
		for (unsigned b = 0; b < blocks && b < objects; b++)
			ssc_expect_block(f->w->a, BLOCK, NOT_COMPRESSIBLE + b);
		ssc_eject(f->w);
	}
	return least;
}

static void flush(struct ssc_world *w)
{
	expect_good(ssc_filemarks(w->a, 0));
}

static void rewind_to_bop(struct ssc_world *w)
{
	expect_good(ssc_rewind(w->a));
}

static void locate(struct ssc_world *w)
{
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 1));
}

static void space(struct ssc_world *w)
{
	expect_good(ssc_space(w->a, SPACE_BLOCKS, -1));
}

static void unload(struct ssc_world *w)
{
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
}

static void nothing(struct ssc_world *w)
{
}

/* The least number of blocks, of three, that a crash after `act` leaves. */
static uint64_t after(struct ssc_world *w, unsigned buffered, void (*act)(struct ssc_world *))
{
	struct fault_world f = insert_on_fault_store(w);

	expect_good(ssc_select_block(w->a, 0, buffered));
	for (unsigned i = 0; i < 3; i++)
		expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + i));
	act(w);
	return objects_after_a_crash(&f, 3);
}

SOME_EMPTY_DRIVE(a_flush_makes_what_was_written_durable)
{
	assert_int_equal(after(w, 1, flush), 3);
}

static void rest(struct ssc_world *w)
{
	/* Used since the last call; written out; given back. */
	assert_int_equal(vtl_tape_rest(w->dev), VTL_AWAKE);
	assert_int_equal(vtl_tape_rest(w->dev), VTL_AWAKE);
	assert_int_equal(vtl_tape_rest(w->dev), VTL_RESTED);
}

static void rest_less(struct ssc_world *w)
{
	assert_int_equal(vtl_tape_rest(w->dev), VTL_AWAKE);
}

SOME_EMPTY_DRIVE(what_an_idle_drive_holds_becomes_durable)
{
	assert_int_equal(after(w, 1, rest), 3);
	assert_true(after(w, 1, rest_less) < 3);
}

SOME_EMPTY_DRIVE(a_rewind_makes_what_was_written_durable)
{
	assert_int_equal(after(w, 1, rewind_to_bop), 3);
}

SOME_EMPTY_DRIVE(moving_elsewhere_makes_what_was_written_durable)
{
	assert_int_equal(after(w, 1, locate), 3);
	assert_int_equal(after(w, 1, space), 3);
}

SOME_EMPTY_DRIVE(an_unload_makes_what_was_written_durable)
{
	assert_int_equal(after(w, 1, unload), 3);
}

SOME_EMPTY_DRIVE(unbuffered_each_write_is_durable)
{
	assert_int_equal(after(w, 0, nothing), 3);
}

SOME_EMPTY_DRIVE(buffered_a_crash_may_take_what_nothing_made_durable)
{
	assert_true(after(w, 1, nothing) < 3);
}

SOME_EMPTY_DRIVE(filemarks_are_durable_and_with_immed_they_need_not_be)
{
	for (unsigned immed = 0; immed < 2; immed++) {
		struct fault_world f = insert_on_fault_store(w);
		uint64_t objects;

		expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE));
		expect_good(io(w->a, CDB(0x10, (uint8_t)immed, 0, 0, 1, 0)));
		objects = objects_after_a_crash(&f, 1);
		if (immed)
			assert_true(objects < 2);
		else
			assert_int_equal(objects, 2);
	}
}

SOME_EMPTY_DRIVE(beyond_early_warning_each_write_is_durable)
{
	struct fault_world f = insert_on_fault_store(w);
	unsigned n = ssc_write_to_early_warning(w, BLOCK);

	expect_sense(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + n), 0, 0, 2);
	assert_int_equal(objects_after_a_crash(&f, 0), n + 1);
}

/* ---- failures ---- */

EACH_EMPTY_DRIVE(a_write_that_fails_after_good_is_told_once_as_a_deferred_error)
{
	struct fault_world f = insert_on_fault_store(w);

	expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE));
	expect_good(ssc_filemarks(w->a, 1));
	media_fault_fail(f.store, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	expect_good(ssc_write(w->a, 1000, 1));
	expect_deferred(ssc_filemarks(w->a, 1), 3, 0x0c, 0);
	media_fault_fail(f.store, MEDIA_FAULT_PWRITE, 0, 0, 0);
	assert_int_equal(ssc_object(w->a), 2);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 6), 1);
	expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + 1));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, BLOCK, NOT_COMPRESSIBLE);
	expect_sense(ssc_read(w->a, 0, 10, 10), 0, 0, 1);
	ssc_expect_block(w->a, BLOCK, NOT_COMPRESSIBLE + 1);
	take_out(&f);
}

EACH_EMPTY_DRIVE(unbuffered_a_write_that_fails_is_told_by_itself_and_is_not_there)
{
	struct fault_world f = insert_on_fault_store(w);

	expect_good(ssc_select_block(w->a, BLOCK, 0));
	expect_good(ssc_write_fixed(w->a, 2, BLOCK, NOT_COMPRESSIBLE));
	media_fault_fail(f.store, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	expect_info(expect_sense(ssc_write_fixed(w->a, 3, BLOCK, NOT_COMPRESSIBLE + 2), 3, 0x0c, 0), 3);
	media_fault_fail(f.store, MEDIA_FAULT_PWRITE, 0, 0, 0);
	assert_int_equal(ssc_object(w->a), 2);
	expect_good(ssc_ready(w->a));
	take_out(&f);
}

EACH_EMPTY_DRIVE(an_unload_that_cannot_save_everything_says_so_and_stays_loaded)
{
	struct fault_world f = insert_on_fault_store(w);

	expect_good(ssc_filemarks(w->a, 1));
	media_fault_fail(f.store, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	expect_good(ssc_write(w->a, 1000, 1));
	expect_deferred(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)), 3, 0x0c, 0);
	media_fault_fail(f.store, MEDIA_FAULT_PWRITE, 0, 0, 0);
	expect_good(ssc_ready(w->a));
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	take_out(&f);
}

EACH_EMPTY_DRIVE(an_eject_that_cannot_save_everything_says_so_and_gives_the_cartridge_up)
{
	struct fault_world f = insert_on_fault_store(w);

	expect_good(ssc_write(w->a, 1000, 1));
	expect_good(ssc_filemarks(w->a, 0));
	media_fault_fail(f.store, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	expect_good(ssc_write(w->a, 1000, 2));
	ssc_eject(w);
	assert_int_equal(w->err, MEDIA_IO);
	assert_true(strstr(w->sim.log, "not all that was written"));
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_EMPTY);
	ssc_insert_store(w, f.under);
	sim_drain_attentions(w->a);
	ssc_expect_block(w->a, 1000, 1);
	expect_sense(ssc_read(w->a, 0, 10, 10), 8, 0, 5);
	expect_u64(expect_good(ssc_attribute(w->a, 0, 0x0003)), 9, 2);	/* loads */
}

EACH_EMPTY_DRIVE(a_block_that_cannot_be_read_is_a_medium_error_and_the_next_one_reads)
{
	struct fault_world f = insert_on_fault_store(w);
	struct io *io;

	for (unsigned i = 0; i < 3; i++)
		expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + i));
	expect_good(ssc_rewind(w->a));
	media_fault_fail(f.store, MEDIA_FAULT_PREAD, 1, 0, EIO);
	io = ssc_read(w->a, 0, BLOCK, BLOCK);
	expect_info(expect_bits(expect_sense(io, 3, 0x11, 0), 0), BLOCK);
	expect_len(io, 0);
	media_fault_fail(f.store, MEDIA_FAULT_PREAD, 0, 0, 0);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 5), 1);
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 2));
	ssc_expect_block(w->a, BLOCK, NOT_COMPRESSIBLE + 2);
	take_out(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_flush_makes_what_was_written_durable),
		SSC_TEST(what_an_idle_drive_holds_becomes_durable),
		SSC_TEST(a_rewind_makes_what_was_written_durable),
		SSC_TEST(moving_elsewhere_makes_what_was_written_durable),
		SSC_TEST(an_unload_makes_what_was_written_durable),
		SSC_TEST(unbuffered_each_write_is_durable),
		SSC_TEST(buffered_a_crash_may_take_what_nothing_made_durable),
		SSC_TEST(filemarks_are_durable_and_with_immed_they_need_not_be),
		SSC_TEST(beyond_early_warning_each_write_is_durable),
		SSC_TEST(a_write_that_fails_after_good_is_told_once_as_a_deferred_error),
		SSC_TEST(unbuffered_a_write_that_fails_is_told_by_itself_and_is_not_there),
		SSC_TEST(an_unload_that_cannot_save_everything_says_so_and_stays_loaded),
		SSC_TEST(an_eject_that_cannot_save_everything_says_so_and_gives_the_cartridge_up),
		SSC_TEST(a_block_that_cannot_be_read_is_a_medium_error_and_the_next_one_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
