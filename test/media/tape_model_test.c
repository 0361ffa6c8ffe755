/* SPDX-License-Identifier: GPL-2.0-only */
/* Random work on a tape, beside a model of what SSC-5 says a tape holds and where each move ends. */
#include "tape.h"

#include "store_memory.h"

#define MOST	   6000u /* objects in a model */
#define PARTITIONS 2u

enum kind { BLOCK, FILEMARK, SETMARK };

struct object {
	enum kind kind;
	uint32_t len;
	uint64_t seed;
};

struct model {
	struct object object[PARTITIONS][MOST];
	uint64_t end[PARTITIONS];
	unsigned part;
	uint64_t at;
	bool told;		/* of setmarks */
};

static struct tape tape;
static struct model model;
static uint64_t state;
static uint64_t seeds;
static uint64_t largest;	/* end of data, in any run */

static uint64_t draw(uint64_t n)
{
	return (tape_draw(&state) >> 16) % n;
}

static uint64_t marks_before(enum kind kind, uint64_t object)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < object; i++)
		n += model.object[model.part][i].kind == kind;
	return n;
}

/* The object number of a filemark; the end if there is none. */
static uint64_t filemark_at(uint64_t filemark)
{
	uint64_t i;

	for (i = 0; i < model.end[model.part]; i++)
		if (model.object[model.part][i].kind == FILEMARK && !filemark--)
			break;
	return i;
}

static void agree(void)
{
	struct media_pos pos;
	struct media_usage usage;

	media_tell(tape.media, &pos);
	assert_int_equal(pos.partition, model.part);
	assert_int_equal(pos.object, model.at);
	assert_int_equal(pos.filemarks, marks_before(FILEMARK, model.at));
	assert_int_equal(pos.setmarks, marks_before(SETMARK, model.at));
	assert_int_equal(pos.bop, model.at == 0);
	assert_int_equal(pos.eod, model.at == model.end[model.part]);
	media_usage(tape.media, model.part, &usage);
	assert_int_equal(usage.objects, model.end[model.part]);
	assert_int_equal(usage.filemarks, marks_before(FILEMARK, model.end[model.part]));
}

static void do_write(void)
{
	uint64_t n = draw(20);
	uint32_t len = (uint32_t)(draw(50) ? 1 + draw(3000) : 1 + draw(200000));

	if (draw(3) == 0)
		assert_int_equal(media_set_codec(tape.media, draw(2) ? MEDIA_CODEC_ZLIB : MEDIA_CODEC_NONE, 0),
				 MEDIA_OK);
	while (n-- && model.at < MOST) {
		assert_int_equal(tape_write(&tape, len, ++seeds), MEDIA_OK);
		model.object[model.part][model.at++] = (struct object){ .len = len, .seed = seeds };
		model.end[model.part] = model.at;
	}
}

static void write_marks(enum kind kind)
{
	uint64_t n = draw(30) ? draw(3) : draw(700);
	struct media_req req = {
		.op = MEDIA_OP_FILEMARKS,
		.count = (int64_t)n,
		.immediate = draw(2),
		.setmarks = kind == SETMARK,
	};

	if (model.at + n > MOST)
		return;
	assert_int_equal(tape_do(&tape, &req), MEDIA_OK);
	for (uint64_t i = 0; i < n; i++)
		model.object[model.part][model.at++] = (struct object){ .kind = kind };
	if (n)
		model.end[model.part] = model.at;
}

static void do_marks(void)
{
	write_marks(FILEMARK);
}

static void do_setmarks(void)
{
	write_marks(SETMARK);
}

static void do_tell(void)
{
	model.told = draw(2);
	media_set_setmarks(tape.media, model.told);
}

static void do_read(void)
{
	uint64_t n = 1 + draw(30);

	while (n--) {
		const struct object *o = &model.object[model.part][model.at];

		if (model.at < model.end[model.part] && o->kind == SETMARK && !model.told) {
			model.at++;
			n++;
			continue;
		}
		if (model.at == model.end[model.part]) {
			expect_read(&tape, MEDIA_EOD);
			return;
		}
		if (o->kind == BLOCK)
			expect_block(&tape, o->len, o->seed);
		else
			expect_read(&tape, o->kind == FILEMARK ? MEDIA_FILEMARK : MEDIA_SETMARK);
		model.at++;
	}
}

/* A mark ends a move over objects that rank below it, if it is to be told of, and does not count for others. */
static void space(enum media_op op, int64_t count)
{
	enum kind over = op == MEDIA_OP_SPACE_BLOCKS	  ? BLOCK
			 : op == MEDIA_OP_SPACE_FILEMARKS ? FILEMARK
							  : SETMARK,
		  kind;
	int64_t left = count;
	enum media_err err = MEDIA_OK;
	uint64_t residual;

	while (left && !err) {
		if (left > 0 && model.at == model.end[model.part]) {
			err = MEDIA_EOD;
		} else if (left < 0 && !model.at) {
			err = MEDIA_BOP;
		} else {
			kind = model.object[model.part][left > 0 ? model.at : model.at - 1].kind;
			if (kind == over)
				left += left > 0 ? -1 : 1;
			else if (kind > over && (kind == FILEMARK || model.told))
				err = kind == FILEMARK ? MEDIA_FILEMARK : MEDIA_SETMARK;
			model.at += count > 0 ? 1 : -1;
		}
	}
	assert_int_equal(tape_space(&tape, op, count, &residual), err);
	assert_int_equal(residual, left < 0 ? -left : left);
}

static void do_space_blocks(void)
{
	space(MEDIA_OP_SPACE_BLOCKS, (int64_t)draw(100) - 50);
}

static void do_space_filemarks(void)
{
	space(MEDIA_OP_SPACE_FILEMARKS, (int64_t)draw(20) - 10);
}

static void do_space_setmarks(void)
{
	space(MEDIA_OP_SPACE_SETMARKS, (int64_t)draw(20) - 10);
}

static void do_locate_object(void)
{
	uint64_t to;

	model.part = (unsigned)draw(PARTITIONS);
	to = draw(model.end[model.part] + 3);
	model.at = to < model.end[model.part] ? to : model.end[model.part];
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, model.part, (int64_t)to),
			 to > model.at ? MEDIA_EOD : MEDIA_OK);
}

static void do_locate_filemark(void)
{
	uint64_t to;

	model.part = (unsigned)draw(PARTITIONS);
	to = draw(marks_before(FILEMARK, model.end[model.part]) + 2);
	model.at = filemark_at(to);
	assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_FILEMARK, model.part, (int64_t)to),
			 model.at == model.end[model.part] ? MEDIA_EOD : MEDIA_OK);
}

static void do_end(void)
{
	model.at = model.end[model.part];
	assert_int_equal(tape_space(&tape, MEDIA_OP_SPACE_EOD, 0, NULL), MEDIA_OK);
}

static void do_erase(void)
{
	/* Seldom, and mostly near the end: or the tape never grows. */
	if (draw(50) && model.at + 100 < model.end[model.part])
		return;
	assert_int_equal(tape_erase(&tape), MEDIA_OK);
	model.end[model.part] = model.at;
}

static void do_reopen(void)
{
	if (draw(4))
		return;
	tape_reopen(&tape);
	model.told = false;
	model.part = 0;
	model.at = 0;
}

static void do_sync(void)
{
	assert_int_equal(tape_sync(&tape), MEDIA_OK);
}

static void work(unsigned steps)
{
	static void (*const kinds[])(void) = {
		do_write,
		do_write,
		do_write,
		do_end,
		do_marks,
		do_setmarks,
		do_tell,
		do_read,
		do_read,
		do_space_blocks,
		do_space_blocks,
		do_space_filemarks,
		do_space_setmarks,
		do_space_filemarks,
		do_locate_object,
		do_locate_filemark,
		do_erase,
		do_reopen,
		do_sync,
	};

	for (unsigned i = 0; i < steps; i++) {
		size_t k = draw(sizeof(kinds) / sizeof(*kinds));

		/* A write in the middle cuts: most of them go to the end. */
		if ((kinds[k] == do_write || kinds[k] == do_marks || kinds[k] == do_setmarks) && draw(200))
			do_end();
		kinds[k]();
		agree();
		largest = model.at > largest ? model.at : largest;
	}
}

static void read_everything(void)
{
	for (model.part = 0; model.part < PARTITIONS; model.part++) {
		assert_int_equal(tape_locate(&tape, MEDIA_OP_LOCATE_OBJECT, model.part, 0), MEDIA_OK);
		for (model.at = 0; model.at < model.end[model.part];)
			do_read();
		agree();
	}
}

static void run(uint64_t seed, bool hold, size_t ring_bytes, uint64_t segment_bytes, unsigned steps)
{
	struct media_info info = tape_info();
	struct media_store *store;

	memset(&model, 0, sizeof(model));
	memset(&tape, 0, sizeof(tape));
	state = seed;
	seeds = 0;
	tape.hold = hold;
	tape.ring_bytes = ring_bytes;
	tape.segment_bytes = segment_bytes;
	info.geometry.partitions = PARTITIONS;
	info.geometry.part[1] = info.geometry.part[0];
	assert_int_equal(media_store_memory(&store), 0);
	tape_create(&tape, store, &info);
	work(steps);
	read_everything();
	tape_close(&tape);
	assert_int_equal(tape_verify(store, true), 0);
	store->ops->destroy(store);
}

static void random_work_agrees_with_the_model(void **unused)
{
	for (uint64_t seed = 1; seed <= 5; seed++)
		run(seed, false, 0, 0, 1200);
}

static void it_agrees_when_jobs_run_late(void **unused)
{
	for (uint64_t seed = 11; seed <= 15; seed++)
		run(seed, true, 64 << 10, 0, 1200);
}

static void it_agrees_over_many_segments(void **unused)
{
	for (uint64_t seed = 21; seed <= 25; seed++)
		run(seed, seed % 2, 64 << 10, 100 << 10, 1200);
}

static void the_tapes_were_large_enough_for_several_pages_of_index(void **unused)
{
	assert_true(largest > 3 * 504);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_work_agrees_with_the_model),
		cmocka_unit_test(it_agrees_when_jobs_run_late),
		cmocka_unit_test(it_agrees_over_many_segments),
		cmocka_unit_test(the_tapes_were_large_enough_for_several_pages_of_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
