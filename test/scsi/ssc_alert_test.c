/* SPDX-License-Identifier: GPL-2.0-only */
/* TapeAlert: which events raise which flags, who sees them until when, and how mode page 1Ch has them told. */
#include <errno.h>
#include <string.h>

#include "ssc_world.h"
#include "store_fault.h"

#define BLOCK	(64 * KIB)

static uint64_t flag_of(struct vtl_nexus *nexus, uint16_t flag)
{
	return ssc_log_value(expect_good(ssc_log(nexus, 0x2e, 0)), flag);
}

/* How many flags are set, of which `flag` must be one. Clears them for this initiator. */
static unsigned flags_with(struct vtl_nexus *nexus, uint16_t flag)
{
	struct io *page = expect_good(ssc_log(nexus, 0x2e, 0));
	unsigned n = 0;

	assert_int_equal(ssc_log_value(page, flag), 1);
	for (uint16_t i = 1; i <= 64; i++)
		n += ssc_log_value(page, i) != 0;
	return n;
}

/* Flag 9: a write to a protected cartridge. */
static void raise_9(struct ssc_world *w, struct vtl_nexus *nexus)
{
	expect_sense(ssc_write(nexus, 10, 1), 7, 0x27, 0);
}

static void insert_protected(struct ssc_world *w)
{
	ssc_insert(w, &(struct ssc_cartridge){ .write_protected = true });
}

/* ---- who sees them ---- */

EACH_EMPTY_DRIVE(each_initiator_sees_a_flag_until_it_has_read_it)
{
	insert_protected(w);
	raise_9(w, w->a);
	assert_int_equal(flag_of(w->a, 9), 1);
	assert_int_equal(flag_of(w->a, 9), 0);
	assert_int_equal(flag_of(w->b, 9), 1);
	assert_int_equal(flag_of(w->b, 9), 0);
	raise_9(w, w->b);
	assert_int_equal(flag_of(w->a, 9), 1);
	assert_int_equal(flag_of(w->b, 9), 1);
}

EACH_EMPTY_DRIVE(the_response_page_and_the_cartridges_memory_show_flags_and_clear_none)
{
	insert_protected(w);
	if (ssc_log(w->a, 0x12, 0)->cmd.status != SAM_GOOD)
		return;
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x12, 0)), 0), 0);
	raise_9(w, w->a);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x12, 0)), 0), 1ull << (64 - 9));
		expect_u64(expect_good(ssc_attribute(w->a, 0, 0x0002)), 9, 1ull << (64 - 9));
	}
	assert_int_equal(flag_of(w->a, 9), 1);
}

EACH_EMPTY_DRIVE(who_asks_for_the_header_only_has_not_read_the_flags)
{
	insert_protected(w);
	raise_9(w, w->a);
	expect_len(expect_good(io_in(w->a, 4, CDB(0x4d, 0, 0x6e, 0, 0, 0, 0, 0, 4, 0))), 4);
	assert_int_equal(flag_of(w->a, 9), 1);
}

EACH_EMPTY_DRIVE(with_taplsd_reading_clears_nothing)
{
	insert_protected(w);
	if (!ssc_has_mode(w, 0x10, 0x01))
		return;
	raise_9(w, w->a);
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 4, 0x01));
	assert_int_equal(flag_of(w->a, 9), 1);
	assert_int_equal(flag_of(w->a, 9), 1);
	expect_good(ssc_mode_set(w->a, 0x10, 0x01, 4, 0x00));
	assert_int_equal(flag_of(w->a, 9), 1);
	assert_int_equal(flag_of(w->a, 9), 0);
}

EACH_EMPTY_DRIVE(log_select_deactivates_flags_for_all_unless_taser_is_set)
{
	insert_protected(w);
	raise_9(w, w->a);
	if (ssc_has_mode(w, 0x10, 0x01)) {
		expect_good(ssc_mode_set(w->a, 0x10, 0x01, 4, 0x04));
		expect_good(io(w->a, CDB(0x4c, 0x02, 0xc0, 0, 0, 0, 0, 0, 0, 0)));
		sim_drain_attentions(w->b);
		assert_int_equal(flag_of(w->b, 9), 1);
		raise_9(w, w->a);
		expect_good(ssc_mode_set(w->a, 0x10, 0x01, 4, 0x00));
	}
	expect_good(io(w->a, CDB(0x4c, 0x02, 0xc0, 0, 0, 0, 0, 0, 0, 0)));
	sim_drain_attentions(w->b);
	assert_int_equal(flag_of(w->a, 9), 0);
	assert_int_equal(flag_of(w->b, 9), 0);
}

/* ---- which events raise which ---- */

EACH_EMPTY_DRIVE(a_write_protected_cartridge_raises_9_and_a_prevented_removal_10)
{
	insert_protected(w);
	raise_9(w, w->a);
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 1, 0)));
	expect_sense(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)), 5, 0x53, 2);
	assert_int_equal(flag_of(w->b, 9), 1);
	assert_int_equal(flags_with(w->a, 10), 2);
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 0, 0)));
}

/* The store works again; then a block is accepted that it will not take. */
static void fail_what_follows(struct ssc_world *w, struct media_store *store)
{
	media_fault_fail(store, MEDIA_FAULT_PWRITE, 0, 0, 0);
	expect_good(ssc_filemarks(w->a, 1));
	media_fault_fail(store, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	expect_good(ssc_write(w->a, 1000, 1));
}

EACH_EMPTY_DRIVE(failures_of_the_medium_raise_3_with_5_or_6)
{
	struct media_store *under = ssc_cartridge(w, &(struct ssc_cartridge){ 0 }), *store;

	assert_int_equal(media_store_fault(under, &store), 0);
	ssc_insert_store(w, store);
	sim_drain_attentions(w->a);
	sim_drain_attentions(w->b);
	expect_good(ssc_write(w->a, BLOCK, NOT_COMPRESSIBLE));
	expect_good(ssc_rewind(w->a));
	media_fault_fail(store, MEDIA_FAULT_PREAD, 1, 0, EIO);
	expect_sense(ssc_read(w->a, 0, BLOCK, BLOCK), 3, 0x11, 0);
	media_fault_fail(store, MEDIA_FAULT_PREAD, 0, 0, 0);
	assert_int_equal(flags_with(w->a, 5), 2);
	assert_int_equal(flags_with(w->b, 3), 2);
	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	media_fault_fail(store, MEDIA_FAULT_PWRITE, 1, 0, EIO);
	expect_good(ssc_write(w->a, 1000, 1));
	expect_deferred(ssc_filemarks(w->a, 1), 3, 0x0c, 0);
	assert_int_equal(flags_with(w->a, 6), 2);
	fail_what_follows(w, store);
	expect_deferred(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)), 3, 0x0c, 0);
	assert_int_equal(flags_with(w->a, 56), 3);	/* 3, 6, and the unload that failed */
	fail_what_follows(w, store);
	ssc_eject(w);
	assert_int_equal(flag_of(w->a, 51), 1);
	under->ops->destroy(under);
}

EACH_EMPTY_DRIVE(what_cannot_be_loaded_raises_55_and_an_unknown_format_12)
{
	struct media_store *empty;

	ssc_insert_store(w, NULL);
	assert_int_equal(flags_with(w->a, 55), 1);
	ssc_eject(w);
	assert_int_equal(media_store_memory(&empty), 0);
	ssc_insert_store(w, empty);
	assert_int_equal(flag_of(w->a, 12), 1);
	ssc_eject(w);
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	assert_int_equal(flag_of(w->b, 12) + flag_of(w->b, 55), 0);
}

EACH_EMPTY_DRIVE(a_cartridge_that_is_only_read_raises_17)
{
	for (unsigned i = 0; i < w->model->media_count; i++) {
		const struct vtl_drive_medium *m = &w->model->media[i];

		if (m->medium->cleaning)
			continue;
		ssc_insert(w, &(struct ssc_cartridge){ .form = m->medium->name });
		assert_int_equal(flag_of(w->a, 17), m->access == VTL_ACCESS_READ);
		ssc_eject(w);
	}
}

EACH_EMPTY_DRIVE(an_overwritten_worm_cartridge_raises_60)
{
	if (!w->model->worm)
		return;
	ssc_insert(w, &(struct ssc_cartridge){ .kind = MEDIA_WORM_DATA });
	expect_good(ssc_write(w->a, BLOCK, 1));
	expect_good(ssc_rewind(w->a));
	expect_sense(ssc_write(w->a, BLOCK, 2), 7, 0x30, 0x0c);
	assert_int_equal(flags_with(w->a, 60), 1);
}

/* A cartridge with that load count. */
static struct media_store *worn(struct ssc_world *w, uint64_t loads)
{
	struct media_store *store = ssc_cartridge(w, &(struct ssc_cartridge){ 0 });
	struct media_options options = { .owner = "test" };
	struct why why = { "" };
	struct media *media;
	uint8_t value[8];
	struct media_attr a = { 0x0003, MEDIA_ATTR_BINARY, 8, value };

	put_be64(value, loads);
	assert_int_equal(media_open(store, &w->sim.exec, &options, &media, &why), MEDIA_OK);
	assert_int_equal(media_attr_set(media, 0, &a), MEDIA_OK);
	media_close(media);
	return store;
}

EACH_EMPTY_DRIVE(a_cartridge_near_the_end_of_its_life_raises_19_and_beyond_it_7)
{
	static const struct { uint64_t loads; uint16_t flag; } rows[] = { { 18000, 0 }, { 18999, 19 }, { 19999, 7 } };

	if (!strstr(w->model->family, "lto"))
		return;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ssc_insert_store(w, worn(w, rows[i].loads));
		sim_drain_attentions(w->a);
		sim_drain_attentions(w->b);
		assert_int_equal(flag_of(w->a, 19), rows[i].flag == 19);
		assert_int_equal(flag_of(w->b, 7), rows[i].flag == 7);
		ssc_eject(w);
	}
}

/* ---- mode page 1Ch ---- */

/* MODE SELECT(10) of page 1Ch. */
static struct io *exceptions(struct vtl_nexus *nexus, uint8_t flags, uint8_t mrie, uint32_t interval, uint32_t number)
{
	uint8_t list[8 + 12] = { [8] = 0x1c, 0x0a, flags, mrie };

	list[3] = 0x10;
	put_be32(list + 12, interval);
	put_be32(list + 16, number);
	return io_out(nexus, list, sizeof(list), CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, sizeof(list), 0));
}

static void tell(struct ssc_world *w, uint8_t mrie, uint32_t interval, uint32_t count)
{
	expect_good(exceptions(w->a, 0, mrie, interval, count));
	sim_drain_attentions(w->b);
}

EACH_EMPTY_DRIVE(by_default_flags_are_told_by_nobody)
{
	insert_protected(w);
	assert_int_equal(ssc_mode(w->a, 0x1c, 0)->in[16 + 2], 0x08);
	raise_9(w, w->a);
	expect_good(ssc_rewind(w->a));
	expect_good(ssc_ready(w->b));
}

EACH_EMPTY_DRIVE(mrie_says_as_what_a_flag_is_told)
{
	static const struct { uint8_t mrie, key; } rows[] = { { 4, 1 }, { 5, 0 } };

	insert_protected(w);
	for (unsigned i = 0; i < 2; i++) {
		tell(w, rows[i].mrie, 0, 0);
		raise_9(w, w->a);
		expect_sense(ssc_rewind(w->a), rows[i].key, 0x5d, 0);
		expect_good(ssc_rewind(w->a));
	}
	tell(w, 0, 0, 0);
	raise_9(w, w->a);
	expect_good(ssc_rewind(w->a));
}

EACH_EMPTY_DRIVE(mrie_2_is_a_unit_attention_for_every_initiator)
{
	insert_protected(w);
	tell(w, 2, 0, 0);
	raise_9(w, w->a);
	expect_sense(ssc_ready(w->a), 6, 0x5d, 0);
	expect_sense(ssc_ready(w->b), 6, 0x5d, 0);
	expect_good(ssc_ready(w->b));
}

EACH_EMPTY_DRIVE(mrie_3_needs_per)
{
	insert_protected(w);
	tell(w, 3, 0, 0);
	raise_9(w, w->a);
	expect_good(ssc_rewind(w->a));
	expect_good(ssc_mode_set(w->a, 0x01, 0, 2, 0x04));
	expect_sense(ssc_rewind(w->a), 1, 0x5d, 0);
	expect_good(ssc_rewind(w->a));
}

EACH_EMPTY_DRIVE(mrie_6_is_told_by_request_sense_alone)
{
	insert_protected(w);
	tell(w, 6, 0, 0);
	raise_9(w, w->a);
	expect_good(ssc_rewind(w->a));
	expect_u16(expect_good(io_in(w->b, 96, CDB(0x03, 0, 0, 0, 96, 0))), 12, 0x5d00);
	expect_u16(expect_good(io_in(w->b, 96, CDB(0x03, 0, 0, 0, 96, 0))), 12, 0x0000);
}

EACH_EMPTY_DRIVE(the_interval_timer_and_the_report_count_say_when_and_how_often)
{
	insert_protected(w);
	tell(w, 4, 50, 3);	/* three times, five seconds apart */
	raise_9(w, w->a);
	for (unsigned i = 0; i < 3; i++) {
		expect_sense(ssc_rewind(w->a), 1, 0x5d, 0);
		expect_good(ssc_rewind(w->a));
		sim_advance(&w->sim, 4999);
		expect_good(ssc_rewind(w->a));
		sim_advance(&w->sim, 1);
	}
	expect_good(ssc_rewind(w->a));
}

EACH_EMPTY_DRIVE(a_flag_that_is_gone_is_told_no_more)
{
	insert_protected(w);
	tell(w, 4, 10, 0);
	raise_9(w, w->a);
	expect_sense(ssc_rewind(w->a), 1, 0x5d, 0);
	expect_good(io(w->a, CDB(0x4c, 0x02, 0xc0 | 0x2e, 0, 0, 0, 0, 0, 0, 0)));
	sim_advance(&w->sim, 10000);
	expect_good(ssc_rewind(w->a));
}

EACH_DRIVE(test_flag_numbers_set_and_clear_flags)
{
	expect_good(exceptions(w->a, 0x04, 0, 0, 20));
	assert_int_equal(flag_of(w->a, 20), 1);
	assert_int_equal(ssc_mode(w->a, 0x1c, 0)->in[16 + 2], 0);
	expect_good(exceptions(w->a, 0x04, 0, 0, (uint32_t)-20));
	sim_drain_attentions(w->b);
	assert_int_equal(flag_of(w->b, 20), 0);
	expect_good(exceptions(w->a, 0x04, 0, 0, 32767));
	assert_int_equal(flags_with(w->a, 1), 64);
}

EACH_DRIVE(test_without_a_number_is_a_false_exception)
{
	expect_good(exceptions(w->a, 0x04, 4, 0, 0));
	expect_sense(ssc_rewind(w->a), 1, 0x5d, 0xff);
	expect_good(ssc_rewind(w->a));
	expect_good(exceptions(w->a, 0x04, 2, 0, 0));
	expect_sense(ssc_ready(w->a), 6, 0x5d, 0xff);
	expect_good(ssc_ready(w->a));
	assert_int_equal(flag_of(w->a, 1), 0);
}

EACH_DRIVE(what_page_1c_cannot_be_is_refused_at_its_field)
{
	expect_bad_param(exceptions(w->a, 0x0c, 3, 0, 0), 8 + 2, 3);
	expect_bad_param(exceptions(w->a, 0x10, 3, 0, 0), 8 + 2, 4);	/* EWASC: no warnings are ever given */
	expect_bad_param(exceptions(w->a, 0x00, 1, 0, 0), 8 + 3, 3);
	expect_bad_param(exceptions(w->a, 0x00, 7, 0, 0), 8 + 3, 3);
	expect_bad_param(exceptions(w->a, 0x04, 0, 0, 65), 8 + 8, -1);
	expect_bad_param(exceptions(w->a, 0x04, 0, 0, (uint32_t)-65), 8 + 8, -1);
	assert_int_equal(ssc_mode(w->a, 0x1c, 0)->in[16 + 2], 0x08);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(each_initiator_sees_a_flag_until_it_has_read_it),
		SSC_TEST(the_response_page_and_the_cartridges_memory_show_flags_and_clear_none),
		SSC_TEST(who_asks_for_the_header_only_has_not_read_the_flags),
		SSC_TEST(with_taplsd_reading_clears_nothing),
		SSC_TEST(log_select_deactivates_flags_for_all_unless_taser_is_set),
		SSC_TEST(a_write_protected_cartridge_raises_9_and_a_prevented_removal_10),
		SSC_TEST(failures_of_the_medium_raise_3_with_5_or_6),
		SSC_TEST(what_cannot_be_loaded_raises_55_and_an_unknown_format_12),
		SSC_TEST(a_cartridge_that_is_only_read_raises_17),
		SSC_TEST(an_overwritten_worm_cartridge_raises_60),
		SSC_TEST(a_cartridge_near_the_end_of_its_life_raises_19_and_beyond_it_7),
		SSC_TEST(by_default_flags_are_told_by_nobody),
		SSC_TEST(mrie_says_as_what_a_flag_is_told),
		SSC_TEST(mrie_2_is_a_unit_attention_for_every_initiator),
		SSC_TEST(mrie_3_needs_per),
		SSC_TEST(mrie_6_is_told_by_request_sense_alone),
		SSC_TEST(the_interval_timer_and_the_report_count_say_when_and_how_often),
		SSC_TEST(a_flag_that_is_gone_is_told_no_more),
		SSC_TEST(test_flag_numbers_set_and_clear_flags),
		SSC_TEST(test_without_a_number_is_a_false_exception),
		SSC_TEST(what_page_1c_cannot_be_is_refused_at_its_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
