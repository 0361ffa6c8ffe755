/* SPDX-License-Identifier: GPL-2.0-only */
/* Crashes at every point of short scenarios: what was durable is there, and nothing comes back that was cut off. */
#include "tape.h"

#include <stdio.h>

#include "store_fault.h"
#include "store_memory.h"

#define MOST 64u /* objects on the tape, and steps of a scenario */

/* The tape as its user knows it after a step. */
struct moment {
	uint32_t len[MOST]; /* 0: a filemark */
	uint64_t seed[MOST];
	unsigned n;
	unsigned cut; /* where the step began to write: what was before it must stay */
	bool durable; /* the step made everything durable */
	size_t begun, done; /* changes recorded when it began, and when it was done */
};

struct history {
	struct media_store *memory, *fault;
	struct tape tape;
	struct moment moment[MOST];
	unsigned n;
	unsigned at;
	uint64_t seed;
	unsigned crashes;
};

static struct history h;

static void begin(size_t ring_bytes, uint64_t segment_bytes, unsigned partitions)
{
	struct media_info info = tape_info();

	memset(&h, 0, sizeof(h));
	h.tape.ring_bytes = ring_bytes;
	h.tape.segment_bytes = segment_bytes;
	info.geometry.partitions = partitions;
	for (unsigned i = 0; i < partitions; i++)
		info.geometry.part[i] = (typeof(info.geometry.part[i])){ 256 << 10, 1 << 10 };
	assert_int_equal(media_store_memory(&h.memory), 0);
	assert_int_equal(media_store_fault(h.memory, &h.fault), 0);
	tape_create(&h.tape, h.fault, &info);
	assert_int_equal(media_fault_record(h.fault), 0);
	h.n = 1;
	h.moment[0].durable = true;
}

static void end(void)
{
	if (h.tape.media)
		tape_close(&h.tape);
	h.fault->ops->destroy(h.fault);
	h.memory->ops->destroy(h.memory);
}

/* The moment that a step leads to; it begins where the position is. */
static struct moment *step(void)
{
	struct moment *m = &h.moment[h.n];

	assert_true(h.n < MOST);
	*m = h.moment[h.n - 1];
	m->cut = m->n;
	m->durable = false;
	m->begun = media_fault_recorded(h.fault);
	return m;
}

static void done(struct moment *m)
{
	m->done = media_fault_recorded(h.fault);
	h.n++;
}

static void put(struct moment *m, uint32_t len, uint64_t seed)
{
	assert_true(h.at < MOST);
	m->len[h.at] = len;
	m->seed[h.at] = seed;
	m->n = ++h.at;
}

static void write_block(uint32_t len)
{
	struct moment *m = step();

	m->cut = h.at;
	put(m, len, ++h.seed);
	assert_int_equal(tape_write(&h.tape, len, h.seed), MEDIA_OK);
	done(m);
}

static void write_marks(unsigned n, bool immediate)
{
	struct moment *m = step();

	if (n)
		m->cut = h.at;
	for (unsigned i = 0; i < n; i++)
		put(m, 0, 0);
	m->durable = !immediate;
	assert_int_equal(tape_marks(&h.tape, n, immediate), MEDIA_OK);
	done(m);
}

static void locate(unsigned object)
{
	struct moment *m = step();

	h.at = object;
	assert_int_equal(tape_locate(&h.tape, MEDIA_OP_LOCATE_OBJECT, 0, object), MEDIA_OK);
	done(m);
}

static void erase(void)
{
	struct moment *m = step();

	m->cut = m->n = h.at;
	m->durable = true;
	assert_int_equal(tape_erase(&h.tape), MEDIA_OK);
	done(m);
}

static void reopen(void)
{
	struct moment *m = step();

	m->durable = true;
	h.at = 0;
	tape_reopen(&h.tape);
	done(m);
}

/* What a tape holds after a crash; false: more than any moment did, or what cannot be read. */
static bool read_all(struct tape *tape, struct moment *m)
{
	static uint8_t buf[32 << 10];

	m->n = 0;
	for (;;) {
		uint32_t len;
		enum media_err err = tape_read(tape, buf, sizeof(buf), &len);

		if (err == MEDIA_EOD)
			return true;
		if (m->n == MOST || (err && err != MEDIA_FILEMARK))
			return false;
		m->len[m->n] = len;
		m->seed[m->n] = 0;
		/* Which block it is: the seeds are few. */
		for (uint64_t seed = 1; len && seed <= h.seed + 1 && !m->seed[m->n]; seed++) {
			static uint8_t want[32 << 10];

			tape_fill(want, len, seed);
			if (!memcmp(want, buf, len))
				m->seed[m->n] = seed;
		}
		if (len && !m->seed[m->n])
			return false;
		m->n++;
	}
}

/* Whether `found` is what `m` was, up to some object not below `least`. */
static bool begins(const struct moment *found, const struct moment *m, unsigned least)
{
	return found->n >= least && found->n <= m->n && !memcmp(found->len, m->len, found->n * sizeof(*m->len)) &&
	       !memcmp(found->seed, m->seed, found->n * sizeof(*m->seed));
}

/* Whether a crash after `changes` changes may have left this. */
static bool possible(const struct moment *found, size_t changes)
{
	unsigned durable = 0, least;

	for (unsigned i = 0; i < h.n; i++)
		if (h.moment[i].durable && h.moment[i].done <= changes)
			durable = i;
	least = h.moment[durable].n;
	if (begins(found, &h.moment[durable], least))
		return true;
	for (unsigned i = durable + 1; i < h.n && h.moment[i].begun <= changes; i++) {
		least = h.moment[i].cut < least ? h.moment[i].cut : least;
		if (begins(found, &h.moment[i], least))
			return true;
	}
	return false;
}

static int check_crash(void *arg, struct media_store *store, const struct media_crash *crash)
{
	struct tape tape = { .store = store, .segment_bytes = h.tape.segment_bytes, .ring_bytes = 64 << 10 };
	static struct moment found;
	unsigned n;

	h.crashes++;
	if (tape_verify(store, true)) {
		print_message("after %zu changes, %s: verify finds fault\n", crash->op, crash->text);
		return 1;
	}
	if (tape_open(&tape)) {
		print_message("after %zu changes, %s: does not open\n", crash->op, crash->text);
		return 1;
	}
	if (!read_all(&tape, &found) || !possible(&found, crash->op)) {
		print_message("after %zu changes, %s: %u objects that cannot be\n", crash->op, crash->text, found.n);
		for (unsigned i = 0; i < found.n; i++)
			print_message("  %u: %u bytes, seed %llu\n", i, found.len[i],
				      (unsigned long long)found.seed[i]);
		return 1;
	}
	/* It can be written on, and nothing old comes up behind. */
	n = found.n;
	assert_int_equal(tape_write(&tape, 700, h.seed + 1), MEDIA_OK);
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
	tape_reopen(&tape);
	assert_true(read_all(&tape, &found));
	assert_int_equal(found.n, n + 1);
	assert_int_equal(found.seed[n], h.seed + 1);
	tape_close(&tape);
	assert_int_equal(tape_verify(store, true), 0);
	return 0;
}

static void crash_everywhere(void)
{
	struct media_crash_sweep sweep = { .random = 8, .seed = 4711, .each = check_crash };

	assert_int_equal(media_fault_crashes(h.fault, &sweep), 0);
	assert_true(h.crashes > 50);
	print_message("# %u crashes\n", h.crashes);
	end();
}

static void appending(void **state)
{
	begin(0, 0, 1);
	for (unsigned i = 0; i < 4; i++) {
		write_block(5000 + i);
		write_block(300);
		write_marks(1, i == 1);
	}
	write_block(20000);
	write_marks(0, false);
	write_block(9000);
	locate(2);
	crash_everywhere();
}

static void overwriting_in_the_middle(void **state)
{
	begin(0, 0, 1);
	for (unsigned i = 0; i < 6; i++)
		write_block(3000);
	write_marks(1, false);
	locate(3);
	write_block(3000);
	write_block(3000);
	locate(1);
	write_block(3000);
	write_marks(1, false);
	locate(0);
	write_block(100);
	write_marks(1, false);
	crash_everywhere();
}

static void erasing(void **state)
{
	begin(0, 0, 1);
	for (unsigned i = 0; i < 4; i++)
		write_block(3000);
	write_marks(2, false);
	locate(2);
	erase();
	write_block(5000);
	write_marks(1, false);
	locate(0);
	erase();
	write_block(10);
	crash_everywhere();
}

static void going_over_segments(void **state)
{
	begin(16 << 10, 16 << 10, 1);
	for (unsigned i = 0; i < 8; i++)
		write_block(7000);
	write_marks(1, true);
	for (unsigned i = 0; i < 4; i++)
		write_block(9000);
	write_marks(1, false);
	write_block(9000);
	locate(5);
	write_block(4000);
	write_marks(1, false);
	crash_everywhere();
}

static void closing_and_opening(void **state)
{
	begin(0, 0, 1);
	write_block(3000);
	write_marks(1, false);
	reopen();
	locate(2);
	write_block(4000);
	write_marks(1, false);
	write_block(5000);
	reopen();
	locate(2);
	write_block(100);
	reopen();
	crash_everywhere();
}

/* Formatting leaves the old tape or the new one. */
static int check_format(void *arg, struct media_store *store, const struct media_crash *crash)
{
	struct tape tape = { .store = store, .ring_bytes = 64 << 10 };
	static struct moment found;
	unsigned partitions;

	h.crashes++;
	assert_int_equal(tape_verify(store, true), 0);
	assert_int_equal(tape_open(&tape), MEDIA_OK);
	partitions = media_info(tape.media)->geometry.partitions;
	assert_true(read_all(&tape, &found));
	if (partitions == 1 ? found.n != 3 : found.n != 0) {
		print_message("after %zu changes, %s: %u partitions and %u objects\n", crash->op, crash->text,
			      partitions, found.n);
		return 1;
	}
	if (partitions == 2) {
		assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, 1, 0), MEDIA_OK);
		expect_read(&tape, MEDIA_EOD);
	}
	assert_int_equal(tape_write(&tape, 10, 1), MEDIA_OK);
	tape_close(&tape);
	assert_int_equal(tape_verify(store, true), 0);
	return 0;
}

static void formatting(void **state)
{
	struct media_geometry geometry = { .partitions = 2, .part = { { 64 << 10, 1 << 10 }, { 32 << 10, 1 << 10 } } };
	struct media_req req = { .op = MEDIA_OP_FORMAT, .geometry = &geometry };
	struct media_crash_sweep sweep = { .random = 8, .seed = 1, .each = check_format };

	begin(0, 0, 1);
	write_block(3000);
	write_block(3000);
	write_marks(1, false);
	assert_int_equal(media_fault_record(h.fault), 0);
	assert_int_equal(tape_do(&h.tape, &req), MEDIA_OK);
	assert_int_equal(media_info(h.tape.media)->geometry.partitions, 2);
	assert_int_equal(media_fault_crashes(h.fault, &sweep), 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appending),
		cmocka_unit_test(overwriting_in_the_middle),
		cmocka_unit_test(erasing),
		cmocka_unit_test(going_over_segments),
		cmocka_unit_test(closing_and_opening),
		cmocka_unit_test(formatting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
