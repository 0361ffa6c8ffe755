/* SPDX-License-Identifier: GPL-2.0-only */
/* What only some drives have: vendors' pages, the place in a library, usage history, the buffer at the end. */
#include <string.h>

#include "fake_dev.h"
#include "ssc_world.h"

static bool family(struct ssc_world *w, const char *name)
{
	return !strcmp(w->model->family, name);
}

static struct io *vpd(struct vtl_nexus *nexus, uint8_t page)
{
	return io_in(nexus, 255, CDB(0x12, 1, page, 0, 255, 0));
}

/* ---- VPD ---- */

/* Those that are sold under another name have the same pages but for the identifier that is HP's. */
static bool by_hp(struct ssc_world *w)
{
	return family(w, "hp-lto") && !strncmp(w->model->inquiry.vendor, "HP", 2);
}

EACH_EMPTY_DRIVE(hp_drives_tell_of_six_components_with_their_revision)
{
	static const char *const components[] = { "Firmware", "Hardware", "PCA", "Mechanism", "Head Assy", "ACI" };

	if (!family(w, "hp-lto"))
		return;
	for (uint8_t i = 0; i < 6; i++) {
		const struct io *page = expect_len(expect_good(vpd(w->a, (uint8_t)(0xc0 + i))), 4 + 92);

		assert_memory_equal(page->in + 4, components[i], strlen(components[i]));
		assert_memory_equal(page->in + 30, w->model->inquiry.revision, strlen(w->model->inquiry.revision));
	}
}

EACH_EMPTY_DRIVE(ibm_drives_tell_levels_and_serial_numbers)
{
	const struct io *page;

	if (!family(w, "lto") && !family(w, "3592"))
		return;
	page = expect_len(expect_good(vpd(w->a, 0xc0)), 4 + 39);
	assert_memory_equal(page->in + 4, w->model->inquiry.revision, 4);
	page = expect_len(expect_good(vpd(w->a, 0xc1)), 4 + 24);
	assert_memory_equal(page->in + 4, "10WT000001  10WT000001  ", 24);
	expect_bad_cdb(vpd(w->a, 0xc2), 2, 7);
}

EACH_EMPTY_DRIVE(pages_that_the_list_has_not_are_refused)
{
	const struct io *list = expect_good(vpd(w->a, 0));
	bool there[256] = { false };

	for (unsigned i = 4; i < list->cmd.in_used; i++)
		there[list->in[i]] = true;
	for (unsigned page = 0; page < 256; page++) {
		if (there[page])
			expect_u8(expect_good(vpd(w->a, (uint8_t)page)), 1, page);
		else
			expect_bad_cdb(vpd(w->a, (uint8_t)page), 2, 7);
	}
	assert_int_equal(there[0x84] && there[0x85], by_hp(w) && w->model->inquiry.version >= 5);
	assert_true(there[0x83] && there[0x86] && there[0xb0] && there[0xb1]);
	assert_int_equal(there[0x87] && there[0x88] && there[0x90], w->model->inquiry.version >= 5);
}

EACH_EMPTY_DRIVE(the_common_pages_say_what_the_drive_does)
{
	const struct io *page = expect_len(expect_good(vpd(w->a, 0x86)), 64);

	assert_int_equal(page->in[5] & 0x01, 0x01);	/* SIMPSUP */
	if (w->model->inquiry.version < 5)
		return;
	/* the last descriptor of the policy: all other pages are shared */
	page = expect_good(vpd(w->a, 0x87));
	assert_memory_equal(page->in + page->cmd.in_used - 4, "\x3f\xff\0\0", 4);
	/* one port, with a name of its own */
	page = expect_good(vpd(w->a, 0x88));
	assert_int_equal(io_uint(page, 6, 2), 1);
	expect_len(expect_good(vpd(w->a, 0x90)), 4);
	if (!by_hp(w))
		return;
	expect_data(expect_good(vpd(w->a, 0x84)), BYTES(1, 0x84, 0, 6, 0x00, 0x60, 0xb0, 0, 0, 0));
	expect_len(expect_good(vpd(w->a, 0x85)), 4);
}

EACH_EMPTY_DRIVE(the_flags_that_are_claimed_are_those_that_are_raised)
{
	struct io *page = vpd(w->a, 0xb2);

	if (page->cmd.status != SAM_GOOD)
		return;
	expect_len(page, 12);
	for (unsigned i = 0; i < 12; i++) {
		static const uint8_t raised[] = { 3, 5, 6, 7, 9, 10, 11, 12, 17, 19, 55, 60 };

		assert_true(io_uint(page, 4, 8) & 1ull << (64 - raised[i]));
	}
	assert_int_equal(io_uint(page, 4, 8) & 1ull << (64 - 27), 0);
}

static void a_drive_in_a_library_tells_its_serial_number_and_element(void **state)
{
	struct ssc_world *w = ssc_open(ssc_some_model(), MEDIA_CODEC_NONE);
	struct vtl_tape_config config = {
		.model = w->model, .models = w->models, .serial = "10WT000002", .library_serial = "LIB0000042",
		.element = 0x0101,
	};
	struct vtl_dev *dev;
	struct vtl_nexus *nexus;

	expect_bad_cdb(vpd(w->a, 0xb3), 2, 7);
	expect_bad_cdb(vpd(w->a, 0xb4), 2, 7);
	dev = vtl_tape_new(&w->sim.env, &config);
	nexus = sim_initiator(dev, 1);
	expect_data(expect_good(vpd(nexus, 0xb3)),
		    BYTES(1, 0xb3, 0, 10, 'L', 'I', 'B', '0', '0', '0', '0', '0', '4', '2'));
	expect_data(expect_good(vpd(nexus, 0xb4)), BYTES(1, 0xb4, 0, 6, 0, 0, 0, 0, 1, 1));
	vtl_nexus_lost(nexus);
	vtl_tape_free(dev);
	ssc_end(w);
}

/* ---- mode pages ---- */

EACH_EMPTY_DRIVE(ltfs_reads_the_pages_of_a_3592_at_their_length)
{
	static const struct { uint8_t page; unsigned len; } rows[] = { { 0x23, 76 }, { 0x24, 40 }, { 0x25, 48 } };

	for (unsigned i = 0; i < 3; i++) {
		if (family(w, "3592"))
			expect_len(expect_good(ssc_mode(w->a, rows[i].page, 0)), rows[i].len);
		else if (rows[i].page != 0x24 || !family(w, "lto") || !w->model->append_only)
			expect_bad_cdb(ssc_mode(w->a, rows[i].page, 0), 2, 5);
	}
	if (!family(w, "3592"))
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .write_protected = true });
	assert_int_equal(ssc_mode(w->a, 0x23, 0)->in[26], 0x80);
	ssc_eject(w);
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	assert_int_equal(ssc_mode(w->a, 0x23, 0)->in[26], 0x00);
	expect_good(ssc_mode_set(w->a, 0x10, 0, 15, 0x82));	/* PERSWP */
	assert_int_equal(ssc_mode(w->a, 0x23, 0)->in[26], 0x10);
}

EACH_EMPTY_DRIVE(ibm_lto_drives_have_pages_of_their_own)
{
	bool own = family(w, "lto") && w->model->append_only;

	assert_int_equal(ssc_has_mode(w, 0x2f, 0), own);
	assert_int_equal(ssc_has_mode(w, 0x30, 0x20), own);
	if (own)
		expect_u8(expect_good(ssc_mode(w->a, 0x30, 0x20)), 16 + 4, w->model->encryption);
}

EACH_EMPTY_DRIVE(a_saved_page_is_there_after_a_restart_and_one_that_was_not_saved_is_not)
{
	static struct fake_state kept;
	uint8_t list[8 + 16] = { [8] = 0x0f, 0x0e, 0x40, 0x80 };

	memset(&kept, 0, sizeof(kept));
	fake_state_init(&kept);
	ssc_power_cycle(w, &kept.port);
	list[3] = 0x10;
	memcpy(list + 12, ssc_mode(w->a, 0x0f, 0)->in + 20, 12);
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x55, 0x11, 0, 0, 0, 0, 0, 0, sizeof(list), 0)));
	expect_good(ssc_mode_set(w->a, 0x1c, 0, 2, 0x00));
	ssc_power_cycle(w, &kept.port);
	assert_int_equal(ssc_mode(w->a, 0x0f, 0)->in[16 + 2], 0x40);
	assert_int_equal(ssc_mode(w->a, 0x10, 0)->in[16 + 14], 0);
	assert_int_equal(ssc_mode(w->a, 0x1c, 0)->in[16 + 2], 0x08);
}

/* READ POSITION short form: bytes in the buffer. */
static uint64_t buffered(struct vtl_nexus *nexus)
{
	return io_uint(expect_good(io_in(nexus, 20, CDB(0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0))), 16, 4);
}

EACH_DRIVE(beyond_early_warning_no_more_is_buffered_than_the_size_that_is_set)
{
	if (!ssc_has_mode(w, 0x10, 0))
		return;
	expect_good(ssc_mode_set(w->a, 0x10, 0, 10, 0x10));	/* SEW off */
	ssc_write_to_early_warning(w, 64 * KIB);
	expect_good(ssc_filemarks(w->a, 0));
	expect_sense(ssc_write(w->a, 1000, 1), 0, 0, 2);
	assert_int_equal(buffered(w->a), 1000);
	expect_good(ssc_mode_set(w->a, 0x10, 0, 12, 0x08));	/* 2048 bytes */
	expect_sense(ssc_write(w->a, 1000, 2), 0, 0, 2);
	assert_int_equal(buffered(w->a), 2000);
	expect_sense(ssc_write(w->a, 1000, 3), 0, 0, 2);
	assert_int_equal(buffered(w->a), 0);
}

/* ---- usage history ---- */

/* The numbers of attribute 0340h or 0341h, each of so many bytes. */
static void expect_usage(struct io *io, unsigned width, const uint64_t want[15])
{
	expect_u16(expect_good(io), 7, 15 * width);
	for (unsigned i = 0; i < 15; i++)
		assert_int_equal(io_uint(io, 9 + i * width, width), want[i]);
}

static void write_mib(struct ssc_world *w, unsigned mib)
{
	for (unsigned i = 0; i < 16 * mib; i++)
		expect_good(ssc_write(w->a, 64 * KIB, NOT_COMPRESSIBLE + i));
	expect_good(ssc_filemarks(w->a, 0));
}

EACH_DRIVE(the_memory_tells_what_this_mount_the_last_and_all_have_moved)
{
	write_mib(w, 3);
	expect_usage(ssc_attribute(w->a, 0, 0x0340), 6, (uint64_t[15]){ 3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1 });
	ssc_reinsert(w);
	for (unsigned i = 0; i < 32; i++)
		ssc_expect_block(w->a, 64 * KIB, NOT_COMPRESSIBLE + i);
	expect_usage(ssc_attribute(w->a, 0, 0x0340), 6, (uint64_t[15]){ 0, 0, 2, 0, 3, 0, 0, 0, 3, 0, 2, 0, 2 });
	expect_usage(ssc_attribute(w->a, 0, 0x0341), 4, (uint64_t[15]){ 0, 0, 2, 0, 3, 0, 0, 0, 3, 0, 2, 0, 2 });
}

EACH_EMPTY_DRIVE(each_partition_has_a_history_of_its_own)
{
	if (w->medium->max_partitions < 2 || w->model->max_partitions < 2)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .partitions = 2 });
	write_mib(w, 1);
	expect_good(ssc_locate_partition(w->a, 1, 0));
	write_mib(w, 2);
	expect_u32(expect_good(ssc_attribute(w->a, 0, 0x0341)), 9, 1);
	expect_u32(expect_good(ssc_attribute(w->a, 1, 0x0341)), 9, 2);
	ssc_reinsert(w);
	expect_u32(expect_good(ssc_attribute(w->a, 0, 0x0341)), 9 + 32, 1);
	expect_u32(expect_good(ssc_attribute(w->a, 1, 0x0341)), 9 + 32, 2);
}

EACH_DRIVE(the_volume_identifier_is_the_barcode)
{
	const struct io *a = expect_u16(expect_good(ssc_attribute(w->a, 0, 0x0008)), 7, 32);

	assert_memory_equal(a->in + 9, "TST001                          ", 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(hp_drives_tell_of_six_components_with_their_revision),
		SSC_TEST(ibm_drives_tell_levels_and_serial_numbers),
		SSC_TEST(pages_that_the_list_has_not_are_refused),
		SSC_TEST(the_common_pages_say_what_the_drive_does),
		SSC_TEST(the_flags_that_are_claimed_are_those_that_are_raised),
		SSC_TEST(a_drive_in_a_library_tells_its_serial_number_and_element),
		SSC_TEST(ltfs_reads_the_pages_of_a_3592_at_their_length),
		SSC_TEST(ibm_lto_drives_have_pages_of_their_own),
		SSC_TEST(a_saved_page_is_there_after_a_restart_and_one_that_was_not_saved_is_not),
		SSC_TEST(beyond_early_warning_no_more_is_buffered_than_the_size_that_is_set),
		SSC_TEST(the_memory_tells_what_this_mount_the_last_and_all_have_moved),
		SSC_TEST(each_partition_has_a_history_of_its_own),
		SSC_TEST(the_volume_identifier_is_the_barcode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
