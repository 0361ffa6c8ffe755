/* SPDX-License-Identifier: GPL-2.0-only */
/* Random bytes of a larger cartridge, damaged one at a time: the right block is lost, told rightly, and no other. */
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "ssc_world.h"

#define OBJECTS		500u
#define TURNS		150u
#define MAX_RECORDS	1024u

/* Where the records of a segment lie: object n of the tape from `from` to below `to`. */
struct extent {
	size_t from, to;
	int64_t object;		/* -1: a pad */
};

static bool is_mark(unsigned n)
{
	return n % 16 == 15;
}

static uint32_t length(unsigned n)
{
	return 200 + n * 7919u % 20000;
}

static void write_all(struct ssc_world *w)
{
	for (unsigned n = 0; n < OBJECTS; n++)
		expect_good(is_mark(n) ? ssc_filemarks(w->a, 1) : ssc_write(w->a, length(n), n | NOT_COMPRESSIBLE));
	expect_good(ssc_filemarks(w->a, 0));
}

static unsigned find_records(struct ssc_world *w, struct extent *extent)
{
	uint8_t *log;
	size_t len;
	unsigned n = 0;

	assert_int_equal(media_store_read(w->store, "p0-00000001.log", 64 << 20, &log, &len), 0);
	for (size_t at = 4096; at + 80 <= len && n < MAX_RECORDS && !memcmp(log + at, "VTLR", 4); n++) {
		size_t size = (80 + get_be32(log + at + 28) + get_be32(log + at + 56) + 15) & ~(size_t)15;

		extent[n].from = at;
		extent[n].to = at + size;
		extent[n].object = log[at + 5] == 3 ? -1 : (int64_t)get_be64(log + at + 32);
		at += size;
	}
	free(log);
	return n;
}

static void flip(struct ssc_world *w, const char *name, uint64_t at)
{
	struct media_file *file;
	uint8_t b;

	assert_int_equal(w->store->ops->open(w->store, name, 0, &file), 0);
	assert_int_equal(w->store->ops->pread(file, &b, 1, at), 1);
	b ^= (uint8_t)(1 << at % 8);
	assert_int_equal(w->store->ops->pwrite(file, &b, 1, at), 1);
	w->store->ops->close(file);
}

/* Reads to the end; returns how many objects are lost, *which the last of them. */
static unsigned read_all(struct ssc_world *w, int64_t *which)
{
	unsigned lost = 0;

	expect_good(ssc_rewind(w->a));
	for (unsigned n = 0; n < OBJECTS; n++) {
		struct io *io = ssc_read(w->a, RW_SILI, 32 * KIB, 32 * KIB);
		uint8_t *want;

		if (io->cmd.status == SAM_CHECK_CONDITION && (io->cmd.sense[2] & 0x0f) == 3) {
			expect_sense(io, 0x3, 0x11, 0x00);
			*which = n;
			lost++;
			assert_int_equal(ssc_object(w->a), n + 1);
			continue;
		}
		if (is_mark(n)) {
			expect_sense(io, 0x0, 0x00, 0x01);
			continue;
		}
		expect_good(io);
		expect_len(io, length(n));
		want = malloc(length(n));
		ssc_fill(want, length(n), n | NOT_COMPRESSIBLE);
		assert_memory_equal(io->in, want, length(n));
		free(want);
	}
	expect_sense(ssc_read(w->a, RW_SILI, 32 * KIB, 32 * KIB), 0x8, 0x00, 0x05);
	return lost;
}

static uint64_t draw(struct ssc_world *w, uint64_t below)
{
	uint8_t b[8];

	w->sim.env.random(&w->sim.env, b, sizeof(b));
	return get_be64(b) % below;
}

SOME_EMPTY_DRIVE(a_damaged_byte_costs_the_block_that_it_is_of)
{
	static struct extent extent[MAX_RECORDS];
	unsigned records;

	ssc_insert(w, &(struct ssc_cartridge){ .capacity = 64 * MIB });
	write_all(w);
	records = find_records(w, extent);
	assert_true(records >= OBJECTS);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		const struct extent *e = &extent[draw(w, records)];
		uint64_t at = e->from + draw(w, e->to - e->from);
		int64_t which = -1;
		unsigned lost;

		flip(w, "p0-00000001.log", at);
		ssc_reinsert(w);
		lost = read_all(w, &which);
		/* Zeros behind a record, and pads, are of no block. */
		if (lost != (e->object >= 0) && !(lost == 0 && at + 16 >= e->to))
			fail_msg("byte %llu of object %lld: %u lost", (unsigned long long)at, (long long)e->object,
				 lost);
		if (lost)
			assert_int_equal(which, e->object);
		flip(w, "p0-00000001.log", at);
	}
	ssc_reinsert(w);
	assert_int_equal(read_all(w, &(int64_t){ 0 }), 0);
}

SOME_EMPTY_DRIVE(damage_beside_the_blocks_costs_none)
{
	static const struct { const char *name; uint64_t len; } file[] = {
		{ "cartridge", 8192 }, { "mam", 8192 }, { "p0-00000001.manifest", 8192 }, { "p0-00000001.idx", 16384 },
		{ "p0-00000001.log", 4096 },
	};

	ssc_insert(w, &(struct ssc_cartridge){ .capacity = 64 * MIB });
	write_all(w);
	for (unsigned turn = 0; turn < TURNS / 2; turn++) {
		unsigned n = turn % 5;
		uint64_t at = draw(w, file[n].len);
		uint8_t *whole;
		size_t len;

		assert_int_equal(media_store_read(w->store, file[n].name, 64 << 20, &whole, &len), 0);
		flip(w, file[n].name, at);
		ssc_reinsert(w);
		assert_int_equal(read_all(w, &(int64_t){ 0 }), 0);
		expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 400));
		ssc_expect_block(w->a, length(400), 400 | NOT_COMPRESSIBLE);
		expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
		assert_int_equal(w->store->ops->replace(w->store, file[n].name, whole, len), 0);
		expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 1, 0)));
		free(whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_damaged_byte_costs_the_block_that_it_is_of),
		SSC_TEST(damage_beside_the_blocks_costs_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
