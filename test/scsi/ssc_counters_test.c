/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters in log pages, as CERN CTA reads and resets them; cleaning cartridges that are used up. */
#include <string.h>

#include "ssc_world.h"

static bool has(struct ssc_world *w, uint8_t page)
{
	return ssc_log(w->a, page, 0)->cmd.status == SAM_GOOD;
}

static uint64_t value(struct ssc_world *w, uint8_t page, uint16_t code)
{
	return ssc_log_value(expect_good(ssc_log(w->a, page, 0)), code);
}

static bool tape_model_is(struct ssc_world *w, const char *family)
{
	return !strcmp(w->model->family, family);
}

static void write_and_read(struct ssc_world *w)
{
	for (unsigned i = 0; i < 32; i++)
		expect_good(ssc_write(w->a, 64 * KIB, 7));
	expect_good(ssc_rewind(w->a));
	for (unsigned i = 0; i < 16; i++)
		expect_good(ssc_read(w->a, 0, 64 * KIB, 64 * KIB));
}

EACH_DRIVE(cta_reads_compression_and_resets_it)
{
	if (!has(w, 0x32) || tape_model_is(w, "3592"))
		return;
	write_and_read(w);
	assert_int_equal(value(w, 0x32, 6), 2);
	assert_int_equal(value(w, 0x32, 7), 0);
	assert_int_equal(value(w, 0x32, 2), 1);
	assert_int_equal(value(w, 0x32, 8), 0);
	assert_true(value(w, 0x32, 9) > 0 && value(w, 0x32, 9) < 64 * KIB);
	assert_true(value(w, 0x32, 1) > 200);
	expect_good(io(w->a, CDB(0x4c, 0x02, 0xc0 | 0x32, 0, 0, 0, 0, 0, 0, 0)));
	for (uint16_t code = 0; code < 10; code++)
		assert_int_equal(value(w, 0x32, code), 0);
	expect_good(ssc_read(w->a, 0, 64 * KIB, 64 * KIB));
	assert_int_equal(value(w, 0x32, 3), 64 * KIB);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	assert_int_equal(value(w, 0x32, 3), 64 * KIB);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 1, 0)));
	assert_int_equal(value(w, 0x32, 3), 0);
}

EACH_DRIVE(every_page_that_cta_asks_for_has_its_parameters)
{
	static const struct { uint8_t page; uint16_t code[8]; } rows[] = {
		{ 0x06, { 0 } },
		{ 0x32, { 2, 3, 4, 5, 6, 7, 8, 9 } },
		{ 0x33, { 1, 2, 6, 7, 8, 8, 8, 8 } },
		{ 0x34, { 1, 2, 6, 7, 0x15, 0x15, 0x15, 0x15 } },
	};

	if (!has(w, 0x32) || !has(w, 0x33))
		return;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (unsigned j = 0; j < 8; j++)
			value(w, rows[i].page, rows[i].code[j]);
}

EACH_DRIVE(the_error_pages_count_what_went_through_in_a_mount)
{
	if (!has(w, 0x02) || !has(w, 0x03))
		return;
	write_and_read(w);
	assert_true(value(w, 0x02, 5) > 0);
	assert_true(value(w, 0x03, 5) > 0);
	assert_int_equal(value(w, 0x02, 6), 0);
	ssc_reinsert(w);
	assert_int_equal(value(w, 0x02, 5), 0);
}

EACH_DRIVE(device_statistics_count_loads)
{
	uint64_t loads;

	if (!has(w, 0x14))
		return;
	loads = value(w, 0x14, 0);
	assert_true(loads > 0);
	ssc_reinsert(w);
	assert_int_equal(value(w, 0x14, 0), loads + 1);
	assert_int_equal(value(w, 0x14, 0x0c), 1);
}

EACH_DRIVE(the_status_page_shows_medium_protection_and_prevention)
{
	struct io *page;
	unsigned len, at;

	if (!has(w, 0x11))
		return;
	page = expect_good(ssc_log(w->a, 0x11, 0));
	at = ssc_log_param(page, 0, &len);
	assert_int_equal(len, 4);
	assert_int_equal(page->in[at] & 0x88, 0);
	assert_int_equal(page->in[at + 1], 0x17);
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 1, 0)));
	page = expect_good(ssc_log(w->a, 0x11, 0));
	assert_int_equal(page->in[at] & 0x80, 0x80);
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 0, 0)));
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	page = expect_good(ssc_log(w->a, 0x11, 0));
	assert_int_equal(page->in[at + 1], 0x30);
	ssc_eject(w);
	page = expect_good(ssc_log(w->a, 0x11, 0));
	assert_int_equal(page->in[at + 1], 0x00);
	ssc_insert(w, &(struct ssc_cartridge){ .write_protected = true });
	page = expect_good(ssc_log(w->a, 0x11, 0));
	assert_int_equal(page->in[at] & 0x08, 0x08);
}

static const struct vtl_medium_model *cleaning_medium(struct ssc_world *w)
{
	const struct vtl_medium_model *m;

	for (unsigned n = 0; (m = vtl_models_medium_at(w->models, n)); n++)
		if (m->cleaning && vtl_drive_access(w->model, m->name, MEDIA_CLEANING) != VTL_ACCESS_NONE)
			return m;
	return NULL;
}

SOME_EMPTY_DRIVE(a_cleaning_cartridge_is_used_up_after_fifty_times_and_says_so)
{
	const struct vtl_medium_model *m = cleaning_medium(w);
	struct ssc_cartridge cartridge = { .form = m->name, .kind = MEDIA_CLEANING };
	struct media_store *store = ssc_cartridge(w, &cartridge);

	for (unsigned n = 0; n < 52; n++) {
		struct media_store *copy;
		bool clean = n < 50;

		ssc_insert_store(w, store);
		expect_sense(ssc_ready(w->a), 2, 0x30, clean ? 3 : 7);
		assert_int_equal(value(w, 0x2e, clean ? 11 : 22), 1);
		assert_int_equal(media_store_memory_clone(store, &copy), 0);
		ssc_eject(w);
		store = copy;
	}
	assert_int_equal(value(w, 0x14, 1), 50);
	ssc_insert_store(w, store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(cta_reads_compression_and_resets_it),
		SSC_TEST(every_page_that_cta_asks_for_has_its_parameters),
		SSC_TEST(the_error_pages_count_what_went_through_in_a_mount),
		SSC_TEST(device_statistics_count_loads),
		SSC_TEST(the_status_page_shows_medium_protection_and_prevention),
		SSC_TEST(a_cleaning_cartridge_is_used_up_after_fifty_times_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
