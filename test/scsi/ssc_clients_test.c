/* SPDX-License-Identifier: GPL-2.0-only */
/* What LTFS, CTA, tapeinfo, btape, Amanda and inventories send beside what ssc_ltfs_test.c and others have of them. */
#include <stdlib.h>
#include <string.h>

#include "ssc_world.h"

/* ---- LTFS ---- */

/* Of IBM drives LTFS asks for a revision of at least that, as a number of four bytes. */
static const struct {
	const char *end;		/* of the product */
	const char *revision;
} ltfs_revisions[] = { { "TD5", "B170" }, { "HH5", "B170" }, { "TD8", "HB81" }, { "HH8", "HB81" } };

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool ltfs_knows(const struct vtl_model_inquiry *inquiry)
{
	static const char *const ibm[] = { "ULTRIUM-TD", "ULT3580-TD", "ULTRIUM-HH", "ULT3580-HH", "HH LTO Gen ",
					   "03592E0", "0359255", "0359260", "0359270" };

	if (!strcmp(inquiry->vendor, "HP") || !strcmp(inquiry->vendor, "HPE"))
		return begins(inquiry->product, "Ultrium ");
	for (unsigned i = 0; i < sizeof(ibm) / sizeof(*ibm); i++)
		if (!strcmp(inquiry->vendor, "IBM") && begins(inquiry->product, ibm[i]))
			return true;
	return false;
}

EACH_EMPTY_DRIVE(drives_that_are_partitioned_have_a_name_that_ltfs_knows)
{
	const struct vtl_drive_model *m;

	if (w->model != ssc_some_model())
		return;
	for (unsigned n = 0; (m = vtl_models_drive_at(w->models, n)); n++) {
		const char *product = m->inquiry.product, *end = product + strlen(product) - 3;

		if (!strcmp(m->family, "lto") && m->max_partitions > 1)
			assert_true(ltfs_knows(&m->inquiry));
		for (unsigned i = 0; i < sizeof(ltfs_revisions) / sizeof(*ltfs_revisions); i++)
			if (!strcmp(m->inquiry.vendor, "IBM") && !strcmp(end, ltfs_revisions[i].end))
				assert_true(memcmp(m->inquiry.revision, ltfs_revisions[i].revision, 4) >= 0);
	}
}

EACH_DRIVE(ltfs_takes_the_serial_number_from_vpd_80)
{
	struct io *page = expect_good(io_in(w->a, 255, CDB(0x12, 1, 0x80, 0, 255, 0)));

	assert_int_equal(page->in[0], 1);
	expect_len(page, 4 + page->in[3]);
	assert_memory_equal(page->in + 4, "10WT000001", 10);
}

EACH_EMPTY_DRIVE(ltfs_absorbs_what_a_load_raises_in_three_tries)
{
	struct vtl_nexus *ltfs = sim_nexus(w->dev, 9);
	unsigned tries = 0;

	ssc_insert_store(w, ssc_cartridge(w, &(struct ssc_cartridge){ 0 }));
	while (ssc_ready(ltfs)->cmd.status != SAM_GOOD)
		assert_true(++tries <= 3);
	vtl_nexus_lost(ltfs);
}

EACH_DRIVE(ltfs_loads_a_cartridge_that_is_only_seated)
{
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 8, 0)));
	expect_sense(ssc_ready(w->a), 2, 4, 2);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 1, 0)));
	expect_good(ssc_ready(w->a));
	assert_int_equal(ssc_object(w->a), 0);
}

static struct io *reserve_out(struct vtl_nexus *nexus, uint8_t action, uint8_t type, const char *key, const char *value)
{
	uint8_t list[24] = { 0 };

	memcpy(list, key, 8);
	memcpy(list + 8, value, 8);
	return io_out(nexus, list, sizeof(list), CDB(0x5f, action, type, 0, 0, 0, 0, 0, 24, 0));
}

static const char none[8], key_a[8] = "LTFSkeyA", key_b[8] = "LTFSkeyB";

EACH_DRIVE(ltfs_reserves_a_drive_and_takes_it_over_from_one_that_died)
{
	expect_good(reserve_out(w->a, 6, 0, none, key_a));
	expect_good(reserve_out(w->a, 1, 3, key_a, none));
	expect_conflict(ssc_write(w->b, 10, 1));
	expect_good(reserve_out(w->b, 6, 0, none, key_b));
	expect_conflict(reserve_out(w->b, 1, 3, key_b, none));
	assert_true(io_uint(expect_good(io_in(w->b, 0xf8, CDB(0x5e, 3, 0, 0, 0, 0, 0, 0, 0xf8, 0))), 4, 4) > 0);
	expect_good(reserve_out(w->b, 5, 3, key_b, key_a));
	expect_good(ssc_write(w->b, 10, 1));
	sim_drain_attentions(w->a);
	expect_conflict(ssc_write(w->a, 10, 1));
	expect_good(reserve_out(w->b, 2, 3, key_b, none));
	expect_good(reserve_out(w->b, 6, 0, none, none));
	expect_good(ssc_write(w->a, 10, 1));
}

/* Each page goes back as it came: MODE SELECT(10) with PF, of header, block descriptor and page. */
EACH_DRIVE(ltfs_gives_back_each_mode_page_as_it_read_it)
{
	static const uint8_t page[][2] = { { 0x10, 0 }, { 0x10, 1 }, { 0x0a, 0xf0 }, { 0x0f, 0 }, { 0x11, 0 } };

	for (unsigned i = 0; i < sizeof(page) / sizeof(*page); i++) {
		struct io *now = ssc_mode(w->a, page[i][0], page[i][1]), *io;

		if (now->cmd.status != SAM_GOOD)
			continue;
		io = ssc_mode_set(w->a, page[i][0], page[i][1], 2, now->in[16 + 2]);
		if (io->cmd.status != SAM_GOOD)
			expect_sense(io, 1, 0x37, 0);
	}
}

EACH_DRIVE(ltfs_asks_for_log_pages_with_room_for_everything)
{
	struct io *page = io_in(w->a, 65535, CDB(0x4d, 0, 0x57, 0, 0, 0, 0, 0xff, 0xff, 0));

	if (page->cmd.status == SAM_GOOD)
		assert_true(io_uint(page, 2, 2) <= 1020);	/* it copies no more */
	page = io_in(w->a, 65535, CDB(0x4d, 0, 0x6e, 0, 0, 0, 0, 0xff, 0xff, 0));
	if (page->cmd.status != SAM_GOOD)
		return;
	expect_u16(page, 2, 64 * 5);
	for (unsigned i = 0; i < 64; i++) {
		expect_u16(page, 4 + 5 * i, 1 + i);
		expect_u8(page, 4 + 5 * i + 3, 1);
	}
}

EACH_DRIVE(ltfs_writes_records_of_a_mebibyte)
{
	if (w->model->block_max < MIB)
		return;
	expect_good(ssc_write(w->a, MIB, NOT_COMPRESSIBLE));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, MIB, NOT_COMPRESSIBLE);
}

EACH_DRIVE(sense_comes_in_fixed_format_unless_asked_otherwise)
{
	assert_int_equal(ssc_read(w->a, 0, 10, 10)->cmd.sense[0] & 0x7f, 0x70);
}

EACH_DRIVE(an_ltfs_dump_after_an_error_ends_where_it_begins)
{
	struct io *capacity;

	if (strcmp(w->model->inquiry.vendor, "IBM") || !vtl_op_get(w->dev, 0x3c, VTL_NO_SA))
		return;
	expect_good(io_out(w->a, BYTES(0x80, 0, 0, 4, 0x01, 0x60, 0, 0), CDB(0x1d, 0x10, 0, 0, 8, 0)));
	capacity = expect_good(io_in(w->a, 4, CDB(0x3c, 3, 1, 0, 0, 0, 0, 0, 4, 0)));
	expect_u24(capacity, 1, 0);
	expect_len(expect_good(io_in(w->a, 4096, CDB(0x3c, 2, 1, 0, 0, 0, 0, 0x10, 0, 0))), 0);
}

/* ---- CTA ---- */

static bool is_ibm_lto(const struct ssc_world *w)
{
	return !strcmp(w->model->family, "lto");
}

EACH_DRIVE(cta_reads_wrap_and_position_along_the_tape_from_sense)
{
	unsigned wraps = w->medium->wraps;
	struct io *io = expect_good(io_in(w->a, 34, CDB(0x03, 0, 0, 0, 34, 0)));

	if (!is_ibm_lto(w)) {
		expect_len(io, 18);
		return;
	}
	expect_len(io, 34);
	expect_u8(io, 7, 34 - 8);
	expect_u8(io, 29, 0);
	expect_u32(io, 30, 0);
	if (!wraps)
		return;
	for (unsigned i = 0; i < 10; i++)
		expect_good(ssc_write(w->a, TEST_CAPACITY / 20, NOT_COMPRESSIBLE + i));
	io = expect_good(io_in(w->a, 34, CDB(0x03, 0, 0, 0, 34, 0)));
	assert_in_range(io_uint(io, 29, 1), wraps / 2, wraps / 2 + 2);
	assert_true(io_uint(io, 30, 4) <= w->medium->length_m * 1000u / 7);
	expect_good(ssc_rewind(w->a));
	io = expect_good(io_in(w->a, 34, CDB(0x03, 0, 0, 0, 34, 0)));
	expect_u8(io, 29, 0);
	expect_u32(io, 30, 0);
}

EACH_DRIVE(cta_locates_and_reads_the_short_form)
{
	struct io *io;

	expect_good(ssc_write(w->a, 1000, 1));
	expect_good(ssc_write(w->a, 1000, 2));
	expect_good(io(w->a, CDB(0x2b, 0, 0, 0, 0, 0, 1, 0, 0, 0)));
	io = expect_len(expect_good(io_in(w->a, 20, CDB(0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0))), 20);
	assert_int_equal(io->in[0] & 0x02, 0);		/* PERR */
	expect_u32(io, 4, 1);
	expect_u32(io, 8, 1);
	expect_u24(io, 13, 0);
	expect_u32(io, 16, 0);
}

/* MODE SENSE(6) and MODE SELECT(6) of page 10h: the algorithm, and the density in the block descriptor. */
EACH_DRIVE(cta_selects_compression_by_page_10)
{
	for (unsigned on = 2; on-- > 0;) {
		struct io *now = expect_good(io_in(w->a, 28, CDB(0x1a, 0, 0x10, 0, 28, 0)));
		uint8_t list[28];

		memcpy(list, now->in, sizeof(list));
		list[0] = 0;
		list[12] &= 0x7f;
		list[12 + 14] = (uint8_t)on;
		expect_good(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 28, 0)));
		expect_u8(expect_good(io_in(w->a, 28, CDB(0x1a, 0, 0x10, 0, 28, 0))), 12 + 14, on);
	}
}

EACH_DRIVE(cta_flushes_by_a_count_of_zero)
{
	struct io *io;

	expect_good(ssc_write(w->a, 1000, 1));
	expect_good(io(w->a, CDB(0x10, 0, 0, 0, 0, 0)));
	io = expect_good(io_in(w->a, 32, CDB(0x34, 8, 0, 0, 0, 0, 0, 0, 32, 0)));
	expect_u64(io, 16, 1);
	assert_int_equal(ssc_object(w->a), 1);
}

/* ---- everyday tools ---- */

EACH_DRIVE(tapeinfo_gets_all_that_it_prints)
{
	static const uint8_t pages[] = { 0x0f, 0x10, 0x11 };
	struct io *io = expect_good(io_in(w->a, 128, CDB(0x12, 0, 0, 0, 128, 0)));

	assert_int_equal(io->in[0], 1);
	expect_good(io_in(w->a, 64, CDB(0x12, 1, 0x80, 0, 64, 0)));
	expect_good(ssc_ready(w->a));
	expect_len(expect_good(io_in(w->a, 6, CDB(0x05, 0, 0, 0, 0, 0))), 6);
	expect_good(io_in(w->a, 255, CDB(0x1a, 0, 0, 0, 255, 0)));
	for (unsigned i = 0; i < sizeof(pages); i++) {
		io = io_in(w->a, 255, CDB(0x1a, 8, pages[i], 0, 255, 0));
		if (io->cmd.status == SAM_GOOD)
			assert_int_equal(io->in[4] & 0x3f, pages[i]);
		else
			expect_bad_cdb(io, 2, 5);
	}
	expect_len(expect_good(io_in(w->a, 20, CDB(0x34, 1, 0, 0, 0, 0, 0, 0, 0, 0))), 20);
	io = io_in(w->a, 4096, CDB(0x4d, 0, 0x71, 0, 0, 0, 0, 0x10, 0, 0));
	if (io->cmd.status == SAM_GOOD)	/* page 31h: it prints negative numbers for what is above 2^31 */
		for (unsigned code = 1; code <= 4; code++)
			assert_true(ssc_log_value(io, (uint16_t)code) < 0x80000000u);
	expect_good(io_in(w->a, 324, CDB(0x4d, 0, 0x6e, 0, 0, 0, 0, 1, 68, 0)));
}

EACH_DRIVE(read_position_without_room_for_its_answer_does_no_harm)
{
	expect_len(expect_good(io(w->a, CDB(0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0))), 0);
	expect_len(expect_good(io_in(w->a, 3, CDB(0x34, 6, 0, 0, 0, 0, 0, 0, 0, 0))), 3);
}

/* btape test: write ten blocks and a filemark twice, forward and back over them, append behind the end. */
EACH_DRIVE(btape_test_finds_its_blocks_again)
{
	for (unsigned f = 0; f < 2; f++) {
		for (unsigned i = 0; i < 10; i++)
			expect_good(ssc_write(w->a, 64512, 100 * f + i));
		expect_good(ssc_filemarks(w->a, 1));
	}
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, -1));
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, -1));
	expect_good(ssc_space(w->a, SPACE_BLOCKS, -1));
	ssc_expect_block(w->a, 64512, 109);		/* the last block is read again */
	expect_good(ssc_rewind(w->a));
	for (unsigned n = 0; n < 4; n++) {		/* positioning: 5 and 201 blocks into either file */
		uint32_t object = n % 2 * 11 + n;

		expect_good(io(w->a, CDB(0x2b, 4, 0, 0, 0, 0, (uint8_t)object, 0, 0, 0)));
		ssc_expect_block(w->a, 64512, n % 2 * 100 + object - n % 2 * 11);
	}
	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	expect_u64(ssc_position(w->a), 16, 3);		/* MTIOCGET says file 3 */
	expect_good(ssc_write(w->a, 64512, 200));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, 3));
	ssc_expect_block(w->a, 64512, 200);
}

/* btape fill: to the end of the volume, two filemarks, and everything is there. */
EACH_DRIVE(btape_fill_ends_the_volume_at_early_warning)
{
	unsigned n = ssc_write_to_early_warning(w, 64512);

	expect_sense(ssc_filemarks(w->a, 1), 0, 0, 2);
	expect_sense(ssc_filemarks(w->a, 1), 0, 0, 2);
	expect_good(ssc_rewind(w->a));
	for (unsigned i = 0; i < n; i++)
		ssc_expect_block(w->a, 64512, NOT_COMPRESSIBLE + i);
	expect_sense(ssc_read(w->a, 0, 64512, 64512), 0, 0, 1);
}

/* amtapetype: noise to the end in files, once as one and once as many; it fills as much either time. */
EACH_DRIVE(amtapetype_measures_the_same_capacity_twice)
{
	unsigned n[2] = { 0 };

	for (unsigned pass = 0; pass < 2; pass++) {
		struct io *io;

		expect_good(ssc_rewind(w->a));
		do {
			io = ssc_write(w->a, 32768, NOT_COMPRESSIBLE + n[pass]++);
			if (pass && n[pass] % 16 == 0 && io->cmd.status == SAM_GOOD)
				expect_good(ssc_filemarks(w->a, 1));
		} while (io->cmd.status == SAM_GOOD);
		expect_sense(io, 0, 0, 2);
	}
	assert_in_range(n[1], n[0] - 2, n[0]);
}

/* Amanda restores dumps in any order: by files, forward and back. */
EACH_DRIVE(amanda_seeks_files_out_of_order)
{
	static const uint8_t order[] = { 3, 1, 4, 0, 2 };
	unsigned at = 0;

	for (unsigned f = 0; f < 5; f++) {
		expect_good(ssc_write(w->a, 32768, f));
		expect_good(ssc_filemarks(w->a, 1));
	}
	expect_good(ssc_rewind(w->a));
	for (unsigned i = 0; i < sizeof(order); i++) {
		int move = order[i] - (int)at;

		if (move > 0)
			expect_good(ssc_space(w->a, SPACE_FILEMARKS, move));
		else if (!order[i])
			expect_good(ssc_rewind(w->a));
		else {
			expect_good(ssc_space(w->a, SPACE_FILEMARKS, move - 1));
			expect_good(ssc_space(w->a, SPACE_FILEMARKS, 1));
		}
		ssc_expect_block(w->a, 32768, order[i]);
		at = order[i];
	}
}

/* ---- inventories by name: NetBackup, Veeam ---- */

/* Length of a designator of that type in VPD 83h, 0: there is none. *at: where it begins. */
static unsigned designator(const struct io *page, unsigned type, unsigned *at)
{
	for (*at = 4; *at + 4 <= page->cmd.in_used; *at += 4u + page->in[*at + 3])
		if ((page->in[*at + 1] & 0x3f) == type) {
			unsigned len = page->in[*at + 3];

			*at += 4;
			return len;
		}
	return 0;
}

EACH_EMPTY_DRIVE(an_inventory_finds_the_same_names_each_time_and_in_each_page)
{
	struct io *standard = expect_good(io_in(w->a, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	struct io *serial = expect_good(io_in(w->a, 252, CDB(0x12, 1, 0x80, 0, 252, 0)));
	struct io *names = expect_good(io_in(w->a, 252, CDB(0x12, 1, 0x83, 0, 252, 0)));
	unsigned at, len;

	assert_int_equal(standard->in[0] & 0x1f, 1);
	assert_int_equal(standard->in[1] & 0x80, 0x80);		/* removable */
	len = designator(names, 1, &at);			/* vendor, product, serial number */
	assert_true(len >= 24);
	assert_memory_equal(names->in + at, standard->in + 8, 24);
	assert_memory_equal(names->in + at + len - serial->in[3], serial->in + 4, serial->in[3]);
	len = designator(names, 3, &at);
	assert_int_equal(len, 8);
	expect_data(io_in(w->b, 252, CDB(0x12, 1, 0x83, 0, 252, 0)), names->in, names->cmd.in_used);
	expect_data(io_in(w->b, 96, CDB(0x12, 0, 0, 0, 96, 0)), standard->in, standard->cmd.in_used);
	/* the bytes by which NetBackup sees a drive's density, and that Veeam sees no medium */
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
	expect_good(io_in(w->a, 4096, CDB(0x44, 0, 0, 0, 0, 0, 0, 0x10, 0, 0)));
	expect_good(io_in(w->a, 255, CDB(0x12, 1, 0, 0, 255, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(drives_that_are_partitioned_have_a_name_that_ltfs_knows),
		SSC_TEST(ltfs_takes_the_serial_number_from_vpd_80),
		SSC_TEST(ltfs_absorbs_what_a_load_raises_in_three_tries),
		SSC_TEST(ltfs_loads_a_cartridge_that_is_only_seated),
		SSC_TEST(ltfs_reserves_a_drive_and_takes_it_over_from_one_that_died),
		SSC_TEST(ltfs_gives_back_each_mode_page_as_it_read_it),
		SSC_TEST(ltfs_asks_for_log_pages_with_room_for_everything),
		SSC_TEST(ltfs_writes_records_of_a_mebibyte),
		SSC_TEST(sense_comes_in_fixed_format_unless_asked_otherwise),
		SSC_TEST(an_ltfs_dump_after_an_error_ends_where_it_begins),
		SSC_TEST(cta_reads_wrap_and_position_along_the_tape_from_sense),
		SSC_TEST(cta_locates_and_reads_the_short_form),
		SSC_TEST(cta_selects_compression_by_page_10),
		SSC_TEST(cta_flushes_by_a_count_of_zero),
		SSC_TEST(tapeinfo_gets_all_that_it_prints),
		SSC_TEST(read_position_without_room_for_its_answer_does_no_harm),
		SSC_TEST(btape_test_finds_its_blocks_again),
		SSC_TEST(btape_fill_ends_the_volume_at_early_warning),
		SSC_TEST(amtapetype_measures_the_same_capacity_twice),
		SSC_TEST(amanda_seeks_files_out_of_order),
		SSC_TEST(an_inventory_finds_the_same_names_each_time_and_in_each_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
