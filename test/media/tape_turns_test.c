/* SPDX-License-Identifier: GPL-2.0-only */
/* Turns: what goes on while a job of a drive is in the middle of its work, and that it lets others have theirs. */
#include "tape.h"

#include "store_memory.h"

#define KIB	1024u
#define MIB	(1024u * KIB)
#define BLOCK	(64 * KIB)
#define FLOOD	(96 * MIB)	/* what the busy drive's host has to move: far more than one turn */

static struct tape busy, other;
static struct media_store *store[2];
static struct media_store_ops ops;		/* of the busy drive's store */
static const struct media_store_ops *plain;	/* what they are instead of */
static struct media_req req;			/* of the busy drive's host */
static uint8_t block[BLOCK];
static uint64_t moved, accepted;
static bool going;				/* its host has more to do */

static void no_done(struct media_req *done)
{
}

static void host_goes_on(struct media_req *done)
{
	enum media_op op = done->op;

	if (!going)
		return;
	do {
		assert_int_equal(done->err, MEDIA_OK);
		req = (struct media_req){ .op = op, .buf = block, .len = BLOCK, .done = host_goes_on };
		moved += BLOCK;
		going = moved < FLOOD;
	} while (media_submit(busy.media, &req) && going);
}

/* The host of the busy drive sends one command after the other. */
static void host_begins(enum media_op op)
{
	req = (struct media_req){ .op = op };
	going = true;
	host_goes_on(&req);
}

/* While a job works, the owner's thread takes what it is told. */
static void owner_looks(void)
{
	struct media_job **p = &busy.held.first, *job;

	while ((job = *p)) {
		if (job->work) {
			p = &job->next;
			continue;
		}
		*p = job->next;
		job->done(job);
		p = &busy.held.first;
	}
}

static void write_begin(struct media_file *file, struct media_io *io)
{
	plain->write_begin(file, io);
	owner_looks();
}

static ssize_t look_and_read(struct media_file *file, void *buf, size_t len, uint64_t off)
{
	owner_looks();
	return plain->pread(file, buf, len, off);
}

static void accept_blocks(unsigned n)
{
	for (; n; n--) {
		struct media_req more = { .op = MEDIA_OP_WRITE, .buf = block, .len = BLOCK, .done = no_done };

		assert_true(media_submit(busy.media, &more));
		assert_int_equal(more.err, MEDIA_OK);
		accepted++;
	}
}

/* A segment is being closed. */
static int write_and_truncate(struct media_file *file, uint64_t size)
{
	if (going)
		accept_blocks(8);
	going = false;
	return plain->truncate(file, size);
}

/* Two drives with one executor, which runs jobs one by one when the test says so. */
static int setup(void **state)
{
	struct media_info info = tape_info();

	memset(&busy, 0, sizeof(busy));
	memset(&other, 0, sizeof(other));
	req = (struct media_req){ 0 };
	moved = accepted = 0;
	going = false;
	if (media_store_memory(&store[0]) || media_store_memory(&store[1]))
		return -1;
	plain = store[0]->ops;
	ops = *plain;
	store[0]->ops = &ops;
	busy.hold = true;
	busy.ring_bytes = other.ring_bytes = 4 * MIB;
	tape_create(&busy, store[0], &info);
	tape_create(&other, store[1], &info);
	return 0;
}

static int teardown(void **state)
{
	going = false;
	while (tape_run_job(&busy))
		;
	tape_close(&other);
	tape_close(&busy);
	store[0]->ops = plain;
	store[0]->ops->destroy(store[0]);
	store[1]->ops->destroy(store[1]);
	return 0;
}

/* The other drive's jobs wait in the same queue. */
static void share_the_executor(void)
{
	struct media_options options = { .owner = "test", .ring_bytes = other.ring_bytes };
	struct why why = { "" };

	tape_close(&other);
	assert_int_equal(media_open(store[1], &busy.held.base, &options, &other.media, &why), MEDIA_OK);
}

/* Has the other drive make something durable, behind what the busy one has in the queue: jobs run until it was. */
static void run_until_the_other_is_durable(void)
{
	struct media_req write = { .op = MEDIA_OP_WRITE, .buf = block, .len = 1000, .done = no_done };
	struct media_req sync = { .op = MEDIA_OP_SYNC, .done = no_done };

	if (!media_submit(other.media, &write))
		while (!write.complete)
			assert_true(tape_run_job(&busy));
	if (!media_submit(other.media, &sync))
		while (!sync.complete)
			assert_true(tape_run_job(&busy));
	assert_int_equal(write.err, MEDIA_OK);
	assert_int_equal(sync.err, MEDIA_OK);
}

static void a_drive_that_is_flooded_with_writes_lets_another_have_its_turn(void **state)
{
	share_the_executor();
	assert_int_equal(tape_write(&busy, BLOCK, 0), MEDIA_OK);
	ops.write_begin = write_begin;
	host_begins(MEDIA_OP_WRITE);
	run_until_the_other_is_durable();
	/* It has had a turn or two meanwhile, and has not ended. */
	assert_in_range(moved, 16 * MIB, FLOOD / 2);
	while (moved < FLOOD)
		assert_true(tape_run_job(&busy));
}

static void a_drive_that_reads_without_end_lets_another_have_its_turn(void **state)
{
	for (unsigned i = 0; i < FLOOD / BLOCK; i++)
		assert_int_equal(tape_write(&busy, BLOCK, i), MEDIA_OK);
	assert_int_equal(tape_locate(&busy, MEDIA_OP_LOCATE_OBJECT, 0, 0), MEDIA_OK);
	share_the_executor();
	ops.pread = look_and_read;
	host_begins(MEDIA_OP_READ);
	while (moved < 4 * MIB)
		assert_true(tape_run_job(&busy));
	run_until_the_other_is_durable();
	assert_in_range(moved, 8 * MIB, FLOOD / 2);
	while (moved < FLOOD)
		assert_true(tape_run_job(&busy));
}

static void blocks_are_accepted_while_a_segment_is_closed(void **state)
{
	tape_close(&busy);
	busy.segment_bytes = 2 * MIB;
	assert_int_equal(tape_open(&busy), MEDIA_OK);
	assert_int_equal(tape_write(&busy, BLOCK, 0), MEDIA_OK);
	accepted = 1;
	ops.truncate = write_and_truncate;
	for (going = true; going && accepted < 200;) {
		accept_blocks(20);
		while (tape_run_job(&busy))
			;
	}
	assert_false(going);
	assert_int_equal(tape_sync(&busy), MEDIA_OK);
	expect_at(&busy, accepted, 0);
	tape_reopen(&busy);
	assert_int_equal(tape_locate(&busy, MEDIA_OP_LOCATE_EOD, 0, 0), MEDIA_OK);
	expect_at(&busy, accepted, 0);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_drive_that_is_flooded_with_writes_lets_another_have_its_turn),
		T(a_drive_that_reads_without_end_lets_another_have_its_turn),
		T(blocks_are_accepted_while_a_segment_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
