/* SPDX-License-Identifier: GPL-2.0-only */
/* WORM cartridges whose files were changed behind the drive's back are found, told of, and only read. */
#include <errno.h>
#include <string.h>

#include "meta.h"
#include "ssc_world.h"
#include "store_fault.h"

#define BLOCK	(64 * KIB)

/* Writes three blocks and a filemark on a new WORM cartridge and unloads it; a copy of it. NULL: no WORM drive. */
static struct media_store *written_worm(struct ssc_world *w)
{
	struct media_store *copy;

	if (!w->model->worm)
		return NULL;
	ssc_insert(w, &(struct ssc_cartridge){ .kind = MEDIA_WORM_DATA });
	for (unsigned i = 0; i < 3; i++)
		expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + i));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	assert_int_equal(media_store_memory_clone(w->store, &copy), 0);
	ssc_eject(w);
	return copy;
}

static void insert(struct ssc_world *w, struct media_store *store)
{
	ssc_insert_store(w, store);
	sim_drain_attentions(w->a);
	sim_drain_attentions(w->b);
}

static uint64_t integrity_flag(struct ssc_world *w)
{
	return ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 59);
}

static void expect_whole(struct ssc_world *w, struct media_store *store)
{
	insert(w, store);
	assert_int_equal(integrity_flag(w), 0);
	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	expect_good(ssc_write(w->a, BLOCK, 9));
	expect_good(ssc_filemarks(w->a, 1));
}

/* What is left of it is read; nothing more is written. */
static void expect_tampered(struct ssc_world *w, struct media_store *store)
{
	insert(w, store);
	assert_int_equal(integrity_flag(w), 1);
	assert_int_equal(ssc_mode(w->a, 0x10, 0)->in[3] & 0x80, 0x80);
	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	expect_sense(ssc_write(w->a, BLOCK, 9), 7, 0x30, 0x0d);
	expect_sense(ssc_filemarks(w->a, 1), 7, 0x30, 0x0d);
}

/* What somebody does with the cartridge's files by libmedia, after having made another kind of cartridge of it. */
static void behind_its_back(struct ssc_world *w, struct media_store *store, void (*act)(struct media *media))
{
	struct media_options options = { .owner = "somebody" };
	struct why why = { "" };
	struct media *media;

	assert_int_equal(media_open(store, &w->sim.exec, &options, &media, &why), MEDIA_OK);
	act(media);
	media_close(media);
}

static void run(struct media *media, struct media_req *req)
{
	req->done = NULL;
	assert_true(media_submit(media, req));
	assert_int_equal(req->err, MEDIA_OK);
}

static void append_a_block(struct media *media)
{
	static uint8_t block[BLOCK];
	struct media_req eod = { .op = MEDIA_OP_LOCATE_EOD }, sync = { .op = MEDIA_OP_SYNC };
	struct media_req write = { .op = MEDIA_OP_WRITE, .buf = block, .len = BLOCK };

	run(media, &eod);
	run(media, &write);
	run(media, &sync);
}

EACH_EMPTY_DRIVE(a_worm_cartridge_that_nobody_touched_is_appended_to)
{
	struct media_store *store = written_worm(w);

	if (store) {
		expect_whole(w, store);
		ssc_reinsert(w);
		assert_int_equal(integrity_flag(w), 0);
		expect_good(ssc_space(w->a, SPACE_EOD, 0));
		assert_int_equal(ssc_object(w->a), 6);
	}
}

EACH_EMPTY_DRIVE(blocks_that_another_program_has_appended_are_found)
{
	struct media_store *store = written_worm(w);

	if (store) {
		behind_its_back(w, store, append_a_block);
		expect_tampered(w, store);
		/* and found again */
		ssc_reinsert(w);
		assert_int_equal(integrity_flag(w), 1);
	}
}

static void set_kind(struct media_store *store, enum media_kind kind)
{
	struct media_meta meta;
	struct why why = { "" };

	assert_int_equal(media_meta_load(store, &meta, NULL, &why), MEDIA_OK);
	meta.info.kind = kind;
	assert_int_equal(media_meta_save(store, &meta, &why), MEDIA_OK);
}

/* The same number of blocks and filemarks, of the same lengths: but others. */
static void rewrite_all(struct media *media)
{
	static uint8_t block[BLOCK];
	struct media_req write = { .op = MEDIA_OP_WRITE, .buf = block, .len = BLOCK };
	struct media_req filemark = { .op = MEDIA_OP_FILEMARKS, .count = 1 };

	for (unsigned i = 0; i < 3; i++) {
		struct media_req again = write;

		run(media, &again);
	}
	run(media, &filemark);
}

EACH_EMPTY_DRIVE(a_cartridge_that_was_written_anew_as_another_kind_is_found)
{
	struct media_store *store = written_worm(w);

	if (store) {
		set_kind(store, MEDIA_DATA);
		behind_its_back(w, store, rewrite_all);
		set_kind(store, MEDIA_WORM_DATA);
		expect_tampered(w, store);
	}
}

EACH_EMPTY_DRIVE(a_worm_cartridge_that_is_made_a_data_cartridge_is_found)
{
	struct media_store *store = written_worm(w);

	if (store) {
		set_kind(store, MEDIA_DATA);
		expect_tampered(w, store);
	}
}

/* ---- the drive dies ---- */

/* The cartridge as it is on its store while it is mounted. */
static struct media_store *die(struct ssc_world *w)
{
	struct media_store *copy;

	assert_int_equal(media_store_memory_clone(w->store, &copy), 0);
	ssc_eject(w);
	return copy;
}

EACH_EMPTY_DRIVE(a_drive_that_dies_while_it_appends_leaves_a_whole_cartridge)
{
	struct media_store *store = written_worm(w);

	if (!store)
		return;
	insert(w, store);
	store = die(w);
	insert(w, store);
	assert_int_equal(integrity_flag(w), 0);
	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	for (unsigned i = 0; i < 5; i++)
		expect_good(ssc_write(w->a, BLOCK, i));
	expect_good(ssc_filemarks(w->a, 0));
	expect_good(ssc_write(w->a, BLOCK, 7));
	expect_whole(w, die(w));
}

EACH_EMPTY_DRIVE(a_drive_that_dies_after_overwriting_the_last_filemark_leaves_a_whole_cartridge)
{
	struct media_store *store = written_worm(w);

	if (!store)
		return;
	insert(w, store);
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 3));
	expect_good(ssc_write(w->a, BLOCK, 7));
	expect_good(ssc_filemarks(w->a, 0));
	expect_whole(w, die(w));
}

static void erase_all(struct media *media)
{
	struct media_req erase = { .op = MEDIA_OP_ERASE };

	run(media, &erase);
}

EACH_EMPTY_DRIVE(what_was_cut_off_after_the_drive_died_is_found)
{
	struct media_store *store = written_worm(w);

	if (!store)
		return;
	insert(w, store);
	store = die(w);
	set_kind(store, MEDIA_DATA);
	behind_its_back(w, store, erase_all);
	set_kind(store, MEDIA_WORM_DATA);
	insert(w, store);
	assert_int_equal(integrity_flag(w), 1);
	expect_sense(ssc_write(w->a, BLOCK, 9), 7, 0x30, 0x0d);
}

/* Every moment at which a crash of the machine may take what was not durable. */
enum { CRASHES = 4096 };

struct crashes {
	struct media_store *store[CRASHES];
	char text[CRASHES][64];
	unsigned n;
};

static int keep(void *arg, struct media_store *store, const struct media_crash *crash)
{
	struct crashes *c = arg;

	assert_true(c->n < CRASHES);
	assert_int_equal(media_store_memory_clone(store, &c->store[c->n]), 0);
	snprintf(c->text[c->n++], sizeof(c->text[0]), "crash after change %zu, %s", crash->op, crash->text);
	return 0;
}

SOME_EMPTY_DRIVE(no_crash_at_any_moment_of_a_mount_is_taken_for_tampering)
{
	static struct crashes c;
	struct media_crash_sweep sweep = { .random = 1, .seed = 1, .each = keep, .arg = &c };
	struct media_store *under = written_worm(w), *store;

	c.n = 0;
	assert_int_equal(media_store_fault(under, &store), 0);
	assert_int_equal(media_fault_record(store), 0);
	insert(w, store);
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 3));
	expect_good(ssc_write(w->a, 1000, 7));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_write(w->a, 1000, 8));
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	assert_true(media_fault_crashes(store, &sweep) >= 0);
	assert_true(c.n > 20);
	ssc_eject(w);
	under->ops->destroy(under);
	for (unsigned i = 0; i < c.n; i++) {
		insert(w, c.store[i]);
		if (integrity_flag(w))
			fail_msg("%s: taken for tampering", c.text[i]);
		ssc_eject(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_worm_cartridge_that_nobody_touched_is_appended_to),
		SSC_TEST(blocks_that_another_program_has_appended_are_found),
		SSC_TEST(a_cartridge_that_was_written_anew_as_another_kind_is_found),
		SSC_TEST(a_worm_cartridge_that_is_made_a_data_cartridge_is_found),
		SSC_TEST(a_drive_that_dies_while_it_appends_leaves_a_whole_cartridge),
		SSC_TEST(a_drive_that_dies_after_overwriting_the_last_filemark_leaves_a_whole_cartridge),
		SSC_TEST(what_was_cut_off_after_the_drive_died_is_found),
		SSC_TEST(no_crash_at_any_moment_of_a_mount_is_taken_for_tampering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
