/* SPDX-License-Identifier: GPL-2.0-only */
/* Log pages: which drive has which, what they count of a mount and of a life, what a restart leaves of it. */
#include <errno.h>
#include <string.h>

#include "fake_dev.h"
#include "ssc_world.h"
#include "store_fault.h"

#define BLOCK	(64 * KIB)

static const struct vtl_drive_model *model(struct ssc_world *w, const char *name)
{
	const struct vtl_drive_model *m = vtl_models_drive(w->models, name);

	assert_non_null(m);
	return m;
}

static bool has(struct ssc_world *w, uint8_t page, uint8_t subpage)
{
	return ssc_log(w->a, page, subpage)->cmd.status == SAM_GOOD;
}

static uint64_t value(struct ssc_world *w, uint8_t page, uint16_t code)
{
	return ssc_log_value(expect_good(ssc_log(w->a, page, 0)), code);
}

/* ---- which drive has which ---- */

/* As sg_logs lists the pages of real drives; 10h is ours in all. */
static const struct {
	const char *drive;
	uint8_t pages[32];
} real_lists[] = {
	{ "IBM-LTO6", { 0x00, 0x02, 0x03, 0x06, 0x0c, 0x10, 0x11, 0x12, 0x14, 0x16, 0x17, 0x1a, 0x1b, 0x2e, 0x30, 0x31,
			0x32, 0x33, 0x34, 0x37, 0x38, 0x39, 0x3b } },
	{ "IBM-LTO9", { 0x00, 0x02, 0x03, 0x06, 0x0c, 0x10, 0x11, 0x12, 0x14, 0x16, 0x17, 0x1a, 0x1b, 0x2e, 0x30, 0x31,
			0x32, 0x33, 0x34, 0x37, 0x38, 0x39, 0x3b } },
	{ "HP-LTO6", { 0x00, 0x02, 0x03, 0x0c, 0x0d, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x1b, 0x2e,
		       0x30, 0x31, 0x32, 0x34, 0x3e } },
};

static void drives_list_the_pages_that_real_ones_list(void **state)
{
	for (unsigned i = 0; i < sizeof(real_lists) / sizeof(*real_lists); i++) {
		struct ssc_world *w = ssc_open(ssc_some_model(), MEDIA_CODEC_ZLIB);
		const struct vtl_drive_model *m = model(w, real_lists[i].drive);
		struct io *list;
		unsigned n = 1;

		ssc_end(w);
		w = ssc_open(m, MEDIA_CODEC_ZLIB);
		list = expect_good(ssc_log(w->a, 0, 0));
		while (real_lists[i].pages[n])
			n++;
		expect_len(list, 4 + n);
		assert_memory_equal(list->in + 4, real_lists[i].pages, n);
		ssc_end(w);
	}
}

EACH_DRIVE(every_page_of_the_list_is_read_and_no_other)
{
	struct io *list = expect_good(ssc_log(w->a, 0, 0xff));
	bool there[64][256] = { { false } };

	for (unsigned at = 4; at + 1 < list->cmd.in_used; at += 2)
		there[list->in[at]][list->in[at + 1]] = true;
	for (unsigned page = 0; page < 63; page++)
		for (unsigned sub = 0; sub < 256; sub++)
			assert_int_equal(has(w, (uint8_t)page, (uint8_t)sub), there[page][sub]);
}

static void quality(struct ssc_world *w)
{
	static const struct { uint8_t subpage; uint16_t code[5]; unsigned n; } rows[] = {
		{ 0x80, { 0x00, 0x01, 0x11, 0x12, 0x1a }, 5 }, { 0x40, { 0x00, 0x01, 0x11, 0x12, 0x1a }, 5 },
		{ 0x91, { 0x3d0, 0x4d0 }, 2 }, { 0x51, { 0x3d0, 0x4d0 }, 2 },
	};

	expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE));
	expect_good(ssc_filemarks(w->a, 0));
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct io *page = expect_good(ssc_log(w->a, 0x37, rows[i].subpage));

		assert_true(page->cmd.in_used <= 1024);
		expect_u8(page, 0, page->in[0] | 0x40);
		expect_u8(page, 1, rows[i].subpage);
		for (unsigned j = 0; j < rows[i].n; j++)
			ssc_log_value(page, rows[i].code[j]);
	}
	/* without an error everything is at its best: 1, or a hundred per cent in 65536ths */
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x37, 0x40)), 1), 1);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x37, 0x51)), 0x4d0), 100 << 16);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x37, 0x51)), 0x3d0), 0);
}

EACH_DRIVE(cta_reads_quality_of_the_mount_and_of_the_life)
{
	if (has(w, 0x37, 0))
		quality(w);
}

EACH_DRIVE(cta_reads_a_t10000_in_its_own_page)
{
	static const uint16_t codes[] = { 0x104, 0x105, 0x106, 0x107, 0x108, 0x112, 0x203, 0x204, 0x400, 0x401, 0x402,
					  0x407 };

	if (strcmp(w->model->family, "t10000") != 0)
		return;
	expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE));
	expect_good(ssc_filemarks(w->a, 0));
	for (unsigned i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		value(w, 0x3d, codes[i]);
	assert_int_equal(value(w, 0x3d, 0x400), 1000);
	assert_int_equal(value(w, 0x3d, 0x407), 1000);
}

EACH_DRIVE(cta_reads_a_3592_in_blocks_and_kib_and_resets_them)
{
	static const uint8_t errors[] = { 0x32, 0x34, 0x36 };

	if (strcmp(w->model->family, "3592") != 0)
		return;
	for (unsigned i = 0; i < 4; i++)
		expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + i));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, BLOCK, NOT_COMPRESSIBLE);
	assert_int_equal(value(w, 0x38, 0), 4);
	assert_int_equal(value(w, 0x38, 1), 4 * BLOCK / KIB);
	assert_int_equal(value(w, 0x38, 2), 1);
	assert_int_equal(value(w, 0x38, 3), BLOCK / KIB);
	assert_in_range(value(w, 0x38, 9), 4 * BLOCK / KIB, 4 * BLOCK / KIB + 8);
	assert_int_equal(value(w, 0x38, 0x0c), TEST_CAPACITY / KIB);
	expect_good(io(w->a, CDB(0x4c, 0x02, 0xc0 | 0x38, 0, 0, 0, 0, 0, 0, 0)));
	for (uint16_t code = 0; code < 0x0c; code++)
		assert_int_equal(value(w, 0x38, code), 0);
	assert_int_equal(value(w, 0x38, 0x0c), TEST_CAPACITY / KIB);
	for (unsigned i = 0; i < sizeof(errors); i++)
		value(w, errors[i], errors[i] == 0x32 ? 8 : 0x15);
}

EACH_DRIVE(the_temperature_is_that_of_a_drive_that_is_on)
{
	struct io *page = ssc_log(w->a, 0x0d, 0);

	if (page->cmd.status == SAM_GOOD)
		assert_in_range(ssc_log_value(page, 0), 15, 50);
}

/* ---- LOG SELECT ---- */

EACH_DRIVE(log_select_resets_one_page_and_leaves_the_others)
{
	expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, BLOCK, NOT_COMPRESSIBLE);
	assert_true(value(w, 0x02, 5) >= BLOCK);
	expect_good(io(w->a, CDB(0x4c, 0x02, 0xc0 | 0x02, 0, 0, 0, 0, 0, 0, 0)));
	assert_int_equal(value(w, 0x02, 5), 0);
	assert_true(value(w, 0x03, 5) >= BLOCK);
	assert_true(value(w, 0x0c, 0) >= BLOCK);
	expect_sense(ssc_ready(w->b), 6, 0x2a, 0x02);
	expect_good(io(w->a, CDB(0x4c, 0x02, 0xc0, 0, 0, 0, 0, 0, 0, 0)));
	assert_int_equal(value(w, 0x03, 5), 0);
	expect_bad_cdb(io(w->a, CDB(0x4c, 0x02, 0xc0 | 0x01, 0, 0, 0, 0, 0, 0, 0)), 2, 5);
}

EACH_DRIVE(log_select_sets_a_counter_that_counts_on_from_there)
{
	uint8_t list[4 + 12] = { 0x02, 0, 0, 12, 0x00, 0x05, 0x00, 8 };
	uint64_t before;

	put_be64(list + 8, 1000000);
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x4c, 0, 0x40, 0, 0, 0, 0, 0, sizeof(list), 0)));
	assert_int_equal(value(w, 0x02, 5), 1000000);
	expect_sense(ssc_ready(w->b), 6, 0x2a, 0x02);
	before = value(w, 0x0c, 1);
	expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE));
	expect_good(ssc_filemarks(w->a, 0));
	assert_int_equal(value(w, 0x02, 5), 1000000 + value(w, 0x0c, 1) - before);
	ssc_reinsert(w);
	assert_int_equal(value(w, 0x02, 5), 0);
	list[5] = 0x04;		/* one that nothing counts */
	list[7] = 4;
	list[3] = 8;
	expect_bad_param(io_out(w->a, list, 12, CDB(0x4c, 0, 0x40, 0, 0, 0, 0, 0, 12, 0)), 4, 7);
}

/* ---- errors ---- */

/* A cartridge on a store that can fail, with three blocks on it. */
static struct media_store *insert_fault_store(struct ssc_world *w, struct media_store **under)
{
	struct media_store *store;

	*under = ssc_cartridge(w, &(struct ssc_cartridge){ 0 });
	assert_int_equal(media_store_fault(*under, &store), 0);
	ssc_insert_store(w, store);
	sim_drain_attentions(w->a);
	sim_drain_attentions(w->b);
	for (unsigned i = 0; i < 3; i++)
		expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + i));
	expect_good(ssc_rewind(w->a));
	return store;
}

static void fail_a_read(struct ssc_world *w, struct media_store *store)
{
	media_fault_fail(store, MEDIA_FAULT_PREAD, 1, 0, EIO);
	expect_sense(ssc_read(w->a, 0, BLOCK, BLOCK), 3, 0x11, 0);
	media_fault_fail(store, MEDIA_FAULT_PREAD, 0, 0, 0);
}

static void fail_a_write(struct ssc_world *w, struct media_store *store)
{
	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	media_fault_fail(store, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	expect_good(ssc_write(w->a, 1000, 1));
	expect_deferred(ssc_filemarks(w->a, 1), 3, 0x0c, 0);
	media_fault_fail(store, MEDIA_FAULT_PWRITE, 0, 0, 0);
}

EACH_EMPTY_DRIVE(errors_are_counted_in_every_page_that_counts_them)
{
	static const struct { uint8_t page; uint16_t code; } rows[] = {
		{ 0x02, 6 }, { 0x03, 6 }, { 0x14, 0x0e }, { 0x14, 0x0f }, { 0x17, 4 }, { 0x17, 9 }, { 0x17, 0x0c },
		{ 0x17, 0x0d }, { 0x30, 4 }, { 0x30, 9 }, { 0x33, 8 }, { 0x34, 0x15 },
	};
	struct media_store *under, *store = insert_fault_store(w, &under);
	bool counted[sizeof(rows) / sizeof(*rows)];

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		counted[i] = has(w, rows[i].page, 0) && !(rows[i].page == 0x34 && strstr(w->model->family, "hp"));
		if (counted[i])
			assert_int_equal(value(w, rows[i].page, rows[i].code), 0);
	}
	fail_a_read(w, store);
	fail_a_write(w, store);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (counted[i])
			assert_int_equal(value(w, rows[i].page, rows[i].code), 1);
	ssc_eject(w);
	under->ops->destroy(under);
}

EACH_EMPTY_DRIVE(errors_of_a_cartridge_stay_on_it_and_those_of_a_mount_do_not)
{
	struct media_store *under, *store = insert_fault_store(w, &under);
	bool life = has(w, 0x17, 0);

	fail_a_read(w, store);
	assert_int_equal(value(w, 0x03, 6), 1);
	ssc_eject(w);
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	assert_int_equal(value(w, 0x03, 6), 0);
	if (life)
		assert_int_equal(value(w, 0x17, 9), 0);
	ssc_eject(w);
	ssc_insert_store(w, under);
	sim_drain_attentions(w->a);
	assert_int_equal(value(w, 0x03, 6), 0);
	if (life) {
		assert_int_equal(value(w, 0x17, 9), 1);
		assert_int_equal(value(w, 0x17, 0x0d), 0);
	}
	if (has(w, 0x30, 0))
		assert_int_equal(value(w, 0x30, 9), 1);
}

EACH_EMPTY_DRIVE(the_last_failures_are_kept_with_command_and_cartridge)
{
	struct media_store *under, *store = insert_fault_store(w, &under);
	const struct io *page;
	unsigned len, at;

	if (has(w, 0x16, 0)) {
		fail_a_read(w, store);
		page = expect_good(ssc_log(w->a, 0x16, 0));
		at = ssc_log_param(page, 0, &len);
		assert_int_equal(len, 68);
		assert_int_equal(page->in[at + 2], w->medium->density);
		assert_int_equal(io_uint(page, at + 9, 3), 0x031100);
		assert_int_equal(page->in[at + 24], 0x08);
		assert_int_equal(page->in[ssc_log_param(page, 1, &len) + 9], 0);
		expect_good(ssc_rewind(w->a));
		fail_a_read(w, store);
		page = expect_good(ssc_log(w->a, 0x16, 0));
		assert_int_equal(io_uint(page, at + 9, 3), 0x831100);	/* REPEAT */
		fail_a_write(w, store);
		page = expect_good(ssc_log(w->a, 0x16, 0));
		assert_int_equal(io_uint(page, at + 9, 3), 0x030c00);
		assert_int_equal(io_uint(page, ssc_log_param(page, 1, &len) + 9, 3), 0x831100);
	}
	ssc_eject(w);
	under->ops->destroy(under);
}

/* ---- restarts ---- */

static const struct { uint8_t page; uint16_t code; } life_rows[] = {
	{ 0x14, 0x00 }, { 0x14, 0x01 }, { 0x14, 0x04 }, { 0x14, 0x0e }, { 0x14, 0x0f }, { 0x17, 0x01 }, { 0x17, 0x02 },
	{ 0x17, 0x04 }, { 0x17, 0x07 }, { 0x17, 0x09 }, { 0x17, 0x10 }, { 0x17, 0x11 }, { 0x30, 0x02 }, { 0x30, 0x04 },
	{ 0x30, 0x07 }, { 0x30, 0x09 },
};
#define LIFE_ROWS	(sizeof(life_rows) / sizeof(*life_rows))

static void fill_and_read(struct ssc_world *w)
{
	for (unsigned i = 0; i < 96; i++)
		expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE + i));
	expect_good(ssc_rewind(w->a));
	for (unsigned i = 0; i < 48; i++)
		ssc_expect_block(w->a, BLOCK, NOT_COMPRESSIBLE + i);
}

EACH_EMPTY_DRIVE(what_drive_and_cartridge_count_of_their_lives_is_the_same_after_a_restart)
{
	static struct fake_state kept;
	uint64_t before[LIFE_ROWS] = { 0 };
	struct media_store *under, *store, *copy;

	memset(&kept, 0, sizeof(kept));
	fake_state_init(&kept);
	ssc_power_cycle(w, &kept.port);
	store = insert_fault_store(w, &under);
	fail_a_read(w, store);
	fail_a_write(w, store);
	expect_good(ssc_rewind(w->a));
	fill_and_read(w);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	assert_int_equal(media_store_memory_clone(under, &copy), 0);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 1, 0)));
	for (unsigned i = 0; i < LIFE_ROWS; i++)
		if (has(w, life_rows[i].page, 0))
			before[i] = value(w, life_rows[i].page, life_rows[i].code);
	ssc_power_cycle(w, &kept.port);
	under->ops->destroy(under);
	ssc_insert_store(w, copy);
	sim_drain_attentions(w->a);
	for (unsigned i = 0; i < LIFE_ROWS; i++) {
		/* the load by which it is seen again is one more of the drive; for the cartridge it is the same */
		unsigned more = life_rows[i].page == 0x14 && life_rows[i].code == 0x00;

		if (has(w, life_rows[i].page, 0))
			assert_int_equal(value(w, life_rows[i].page, life_rows[i].code), before[i] + more);
	}
	if (has(w, 0x17, 0)) {
		assert_int_equal(value(w, 0x17, 0x10), 6);
		assert_int_equal(value(w, 0x17, 0x11), 3);
		assert_int_equal(value(w, 0x17, 0x09), 1);
	}
	if (has(w, 0x16, 0))
		assert_int_equal(value(w, 0x14, 0x0c), 2);
}

EACH_EMPTY_DRIVE(a_drive_that_died_with_a_cartridge_has_lost_statistics)
{
	struct media_store *under, *store = insert_fault_store(w, &under), *killed;

	assert_int_equal(value(w, 0x2e, 50), 0);
	assert_int_equal(media_store_memory_clone(under, &killed), 0);
	ssc_eject(w);
	ssc_insert_store(w, killed);
	sim_drain_attentions(w->a);
	assert_int_equal(value(w, 0x2e, 50), 1);
	ssc_reinsert(w);
	assert_int_equal(value(w, 0x2e, 50), 0);
	(void)store;
	under->ops->destroy(under);
}

EACH_DRIVE(times_of_reading_and_writing_are_told_as_shares_of_its_life)
{
	if (!has(w, 0x14, 0))
		return;
	assert_int_equal(value(w, 0x14, 0x11), 0);
	w->sim.hold_jobs = true;
	io_start(w->a, CDB(0x0a, 0, 0, 0, 1, 0), "x", 1, 0);
	io_start(w->a, CDB(0x10, 0, 0, 0, 1, 0), NULL, 0, 0);
	sim_advance(&w->sim, 3600000);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	assert_int_equal(value(w, 0x14, 0x03), 1);
	assert_int_equal(value(w, 0x14, 0x12), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(drives_list_the_pages_that_real_ones_list),
		SSC_TEST(every_page_of_the_list_is_read_and_no_other),
		SSC_TEST(cta_reads_quality_of_the_mount_and_of_the_life),
		SSC_TEST(cta_reads_a_t10000_in_its_own_page),
		SSC_TEST(cta_reads_a_3592_in_blocks_and_kib_and_resets_them),
		SSC_TEST(the_temperature_is_that_of_a_drive_that_is_on),
		SSC_TEST(log_select_resets_one_page_and_leaves_the_others),
		SSC_TEST(log_select_sets_a_counter_that_counts_on_from_there),
		SSC_TEST(errors_are_counted_in_every_page_that_counts_them),
		SSC_TEST(errors_of_a_cartridge_stay_on_it_and_those_of_a_mount_do_not),
		SSC_TEST(the_last_failures_are_kept_with_command_and_cartridge),
		SSC_TEST(what_drive_and_cartridge_count_of_their_lives_is_the_same_after_a_restart),
		SSC_TEST(a_drive_that_died_with_a_cartridge_has_lost_statistics),
		SSC_TEST(times_of_reading_and_writing_are_told_as_shares_of_its_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
