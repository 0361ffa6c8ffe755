/* SPDX-License-Identifier: GPL-2.0-only */
/* The robot asks a cartridge's memory: in a drive, with the drive as its owner, and where no drive has it. */
#include <errno.h>
#include <string.h>

#include "memory.h"
#include "ssc_world.h"
#include "store_fault.h"

#define ROOM	8192

struct asking {
	struct vtl_memory_request req;
	uint8_t data[ROOM];
	unsigned ended;
};

static void ended(struct vtl_memory_request *req)
{
	((struct asking *)req)->ended++;
}

static void prepare(struct asking *a, unsigned action, uint16_t first)
{
	*a = (struct asking){ .req = { .cdb = { 0x8c, (uint8_t)action }, .len = ROOM, .done = ended } };
	a->req.data = a->data;
	put_be16(a->req.cdb + 8, first);
}

/* WRITE ATTRIBUTE of one host attribute of a byte. */
static void prepare_write(struct asking *a, uint16_t id, uint8_t value)
{
	*a = (struct asking){ .req = { .cdb = { 0x8d }, .write = true, .len = 10, .done = ended } };
	a->req.data = a->data;
	put_be32(a->data, 6);
	put_be16(a->data + 4, id);
	put_be16(a->data + 7, 1);
	a->data[9] = value;
}

static void ask_drive(struct ssc_world *w, struct asking *a)
{
	w->drive->ops->memory(w->drive, &a->req);
}

static void visited(struct vtl_memory_visit *visit)
{
	visit->request->done(visit->request);
}

static void ask_store(struct ssc_world *w, struct media_store *store, struct asking *a)
{
	struct vtl_memory_visit visit = {
		.env = &w->sim.env, .models = w->models, .store = store, .owner = "a test", .request = &a->req,
		.done = visited,
	};

	vtl_memory_visit(&visit);
	assert_int_equal(a->ended, 1);
}

static struct io *read_attributes(struct vtl_nexus *nexus, unsigned action)
{
	return expect_good(io_in(nexus, ROOM, CDB(0x8c, (uint8_t)action, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ROOM >> 8, 0, 0,
						  0)));
}

EACH_DRIVE(the_robot_is_told_what_an_initiator_of_the_drive_is_told)
{
	static const unsigned actions[] = { 0, 1, 2, 3, 5 };

	expect_good(ssc_write(w->a, 1000, 1));
	for (unsigned i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		const struct io *theirs = read_attributes(w->a, actions[i]);
		struct asking a;

		prepare(&a, actions[i], 0);
		ask_drive(w, &a);
		assert_int_equal(a.ended, 1);
		assert_int_equal(a.req.sense, SENSE_NONE);
		assert_int_equal(a.req.used, theirs->cmd.in_used);
		assert_memory_equal(a.data, theirs->in, a.req.used);
	}
}

EACH_DRIVE(what_the_robot_writes_the_drive_has_and_what_is_wrong_is_refused_as_the_drive_does)
{
	struct asking a;

	prepare_write(&a, 0x0805, 0x81);
	ask_drive(w, &a);
	assert_int_equal(a.req.sense, SENSE_NONE);
	expect_u8(expect_good(ssc_attribute(w->a, 0, 0x0805)), 9, 0x81);
	prepare_write(&a, 0x0400, 1);
	ask_drive(w, &a);
	assert_int_equal(a.req.sense, SENSE_INVALID_FIELD_IN_PARAMETER_LIST);
	assert_int_equal(a.req.extra.sks, VTL_SKS_PARAM_FIELD);
	assert_int_equal(a.req.extra.field.byte, 4);
	prepare(&a, 0, 0x080c);
	ask_drive(w, &a);
	assert_int_equal(a.req.sense, SENSE_INVALID_FIELD_IN_CDB);
	assert_int_equal(a.req.extra.field.byte, 8);
	prepare(&a, 0, 0);
	a.req.cdb[7] = 1;
	ask_drive(w, &a);
	assert_int_equal(a.req.extra.field.byte, 7);
}

EACH_DRIVE(where_no_drive_has_it_the_cartridge_tells_the_same)
{
	struct media_store *copy;
	struct asking mounted, alone;

	prepare_write(&mounted, 0x0805, 0x81);
	ask_drive(w, &mounted);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 1, 0)));
	sim_drain_attentions(w->b);
	prepare(&mounted, 0, 0x0400);
	ask_drive(w, &mounted);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	assert_int_equal(media_store_memory_clone(w->store, &copy), 0);
	prepare(&alone, 0, 0x0400);
	ask_store(w, copy, &alone);
	assert_int_equal(alone.req.used, mounted.req.used);
	assert_memory_equal(alone.data, mounted.data, alone.req.used);
	prepare(&alone, 1, 0);
	ask_store(w, copy, &alone);
	assert_int_equal(alone.req.sense, SENSE_NONE);
	copy->ops->destroy(copy);
}

EACH_DRIVE(an_unloaded_cartridge_is_asked_in_its_drive_and_a_load_waits_for_it)
{
	struct asking a;
	struct io *load;

	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	prepare_write(&a, 0x0805, 0x42);
	w->sim.hold_jobs = true;
	ask_drive(w, &a);
	load = io_start(w->a, CDB(0x1b, 0, 0, 0, 1, 0), NULL, 0, 0);
	assert_int_equal(a.ended, 0);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	assert_int_equal(a.ended, 1);
	assert_int_equal(a.req.sense, SENSE_NONE);
	assert_true(io_done(load));
	expect_good(load);
	expect_u8(expect_good(ssc_attribute(w->a, 0, 0x0805)), 9, 0x42);
}

EACH_EMPTY_DRIVE(a_cartridge_that_cannot_be_opened_has_no_memory_that_can_be_asked)
{
	struct media_store *store = ssc_cartridge(w, &(struct ssc_cartridge){ 0 });
	struct asking a;

	assert_int_equal(store->ops->remove(store, "cartridge"), 0);
	prepare(&a, 0, 0);
	ask_store(w, store, &a);
	assert_int_equal(a.req.sense, SENSE_MEMORY_NOT_ACCESSIBLE);
	ssc_insert_store(w, store);
	prepare(&a, 0, 0);
	ask_drive(w, &a);
	assert_int_equal(a.req.sense, SENSE_MEMORY_NOT_ACCESSIBLE);
}

/* So that it is there after a crash, it waits for the disk. */
SOME_EMPTY_DRIVE(what_was_written_is_durable_when_it_is_answered)
{
	struct media_store *under = ssc_cartridge(w, &(struct ssc_cartridge){ 0 }), *store;
	struct asking a;

	for (unsigned in_drive = 0; in_drive < 2; in_drive++) {
		assert_int_equal(media_store_fault(under, &store), 0);
		if (in_drive)
			ssc_insert_store(w, store);
		media_fault_fail(store, MEDIA_FAULT_REPLACE, 1, 0, EIO);
		prepare_write(&a, 0x0805, 1);
		if (in_drive)
			ask_drive(w, &a);
		else
			ask_store(w, store, &a);
		assert_int_equal(a.req.sense, SENSE_MEMORY_WRITE_ERROR);
		media_fault_fail(store, MEDIA_FAULT_REPLACE, 0, 0, 0);
		if (in_drive)
			ssc_eject(w);
		else
			store->ops->destroy(store);
	}
	under->ops->destroy(under);
}

SOME_EMPTY_DRIVE(a_failure_of_earlier_writes_waits_for_the_initiator_who_wrote)
{
	struct media_store *under = ssc_cartridge(w, &(struct ssc_cartridge){ 0 }), *store;
	struct asking a;

	assert_int_equal(media_store_fault(under, &store), 0);
	ssc_insert_store(w, store);
	sim_drain_attentions(w->a);
	expect_good(ssc_write(w->a, 1000, 1));
	expect_good(ssc_filemarks(w->a, 1));
	media_fault_fail(store, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	expect_good(ssc_write(w->a, 1000, 1));
	prepare_write(&a, 0x0805, 1);
	ask_drive(w, &a);
	media_fault_fail(store, MEDIA_FAULT_PWRITE, 0, 0, 0);
	assert_int_equal(a.ended, 1);
	expect_deferred(ssc_ready(w->a), 3, 0x0c, 0);
	expect_good(ssc_ready(w->a));
	ssc_eject(w);
	under->ops->destroy(under);
}

SOME_EMPTY_DRIVE(a_cleaning_cartridge_says_that_it_is_one)
{
	struct media_store *store = ssc_cartridge(w, &(struct ssc_cartridge){ .form = "LTO-CLN",
									      .kind = MEDIA_CLEANING });
	struct asking a;

	prepare(&a, 0, 0x0408);
	ask_store(w, store, &a);
	assert_int_equal(a.req.sense, SENSE_NONE);
	assert_int_equal(get_be16(a.data + 4), 0x0408);
	assert_int_equal(a.data[9], 0x01);
	assert_int_equal(get_be16(a.data + 15), 50);
	prepare(&a, 0, 0x0000);		/* it has no capacity */
	ask_store(w, store, &a);
	assert_int_equal(a.req.sense, SENSE_INVALID_FIELD_IN_CDB);
	prepare(&a, 1, 0);
	ask_store(w, store, &a);
	assert_int_equal(a.req.sense, SENSE_NONE);
	store->ops->destroy(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(the_robot_is_told_what_an_initiator_of_the_drive_is_told),
		SSC_TEST(what_the_robot_writes_the_drive_has_and_what_is_wrong_is_refused_as_the_drive_does),
		SSC_TEST(where_no_drive_has_it_the_cartridge_tells_the_same),
		SSC_TEST(an_unloaded_cartridge_is_asked_in_its_drive_and_a_load_waits_for_it),
		SSC_TEST(a_cartridge_that_cannot_be_opened_has_no_memory_that_can_be_asked),
		SSC_TEST(what_was_written_is_durable_when_it_is_answered),
		SSC_TEST(a_failure_of_earlier_writes_waits_for_the_initiator_who_wrote),
		SSC_TEST(a_cleaning_cartridge_says_that_it_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
