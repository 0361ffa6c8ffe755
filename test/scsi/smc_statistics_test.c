/* SPDX-License-Identifier: GPL-2.0-only */
/* What a changer counts of its moves and elements, and keeps over a power cycle; alerts; temperature. */
#include "smc_world.h"

#include <string.h>

/* Bytes 4 to 7 of the nth parameter of log page 14h. */
static unsigned statistic(struct smc_world *w, unsigned n)
{
	const struct io *page = expect_good(io_in(w->a, 512, CDB(0x4d, 0, 0x54, 0, 0, 0, 0, 2, 0, 0)));

	return (unsigned)io_uint(page, 4 + 8 * n + 4, 4);
}

EACH_LIBRARY(the_statistics_page_counts_moves_picks_and_places)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), next = smc_address(w, VTL_STORAGE, 1);

	fake_put(&w->fake, slot, "VTL001L8");
	expect_good(smc_move_cartridge(w->a, slot, next));
	expect_sense(smc_move_cartridge(w->a, slot, next), 5, 0x3b, 0x0e);
	expect_good(smc_move_cartridge(w->a, next, slot));
	assert_int_equal(statistic(w, 0), 2);
	assert_int_equal(statistic(w, 1), 2);
	assert_int_equal(statistic(w, 3), 2);
	assert_int_equal(statistic(w, 10), 0);
	w->fake.refuse = VTL_MOVE_DRIVE_FAILED;
	expect_sense(smc_move_cartridge(w->a, slot, next), 4, 0x53, 0x01);
	assert_int_equal(statistic(w, 0), 2);
	assert_int_equal(statistic(w, 10), 1);
}

EACH_LIBRARY(what_the_statistics_page_counts_outlives_a_power_cycle)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), next = smc_address(w, VTL_STORAGE, 1);

	smc_power_cycle(w);
	fake_put(&w->fake, slot, "VTL001L8");
	expect_good(smc_move_cartridge(w->a, slot, next));
	expect_good(io(w->a, CDB(0x07, 0, 0, 0, 0, 0)));
	smc_power_cycle(w);
	assert_int_equal(statistic(w, 0), 1);
	assert_int_equal(statistic(w, 5), 1);
	assert_int_equal(statistic(w, 9), 1);
	expect_good(smc_move_cartridge(w->a, next, slot));
	assert_int_equal(statistic(w, 0), 2);
}

EACH_LIBRARY(a_move_costs_no_save_of_its_count_which_comes_in_seconds_or_with_what_else_is_saved)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), next = smc_address(w, VTL_STORAGE, 1);
	unsigned saves;

	smc_power_cycle(w);
	fake_put(&w->fake, slot, "VTL001L8");
	saves = w->kept.saves;
	for (unsigned i = 0; i < 10; i++)
		expect_good(smc_move_cartridge(w->a, i & 1 ? next : slot, i & 1 ? slot : next));
	assert_int_equal(w->kept.saves, saves);
	assert_false(vtl_dev_idle(w->dev));
	vtl_state_flush(w->dev);
	assert_true(vtl_dev_idle(w->dev));
	assert_int_equal(w->kept.saves, saves + 1);
	vtl_state_flush(w->dev);
	assert_int_equal(w->kept.saves, saves + 1);
	expect_good(smc_move_cartridge(w->a, slot, next));
	expect_good(io(w->a, CDB(0x07, 0, 0, 0, 0, 0)));
	assert_int_equal(w->kept.saves, saves + 2);
	vtl_state_flush(w->dev);
	assert_int_equal(w->kept.saves, saves + 2);
}

EACH_LIBRARY(log_select_sets_statistics_to_zero_and_tells_others)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), next = smc_address(w, VTL_STORAGE, 1);

	if (!smc_has(w, 0x4c))
		return;
	smc_power_cycle(w);
	fake_put(&w->fake, slot, "VTL001L8");
	expect_good(smc_move_cartridge(w->a, slot, next));
	expect_good(io(w->a, CDB(0x4c, 0x02, 0x54, 0, 0, 0, 0, 0, 0, 0)));
	assert_int_equal(statistic(w, 0), 0);
	expect_sense(io(w->b, CDB(0, 0, 0, 0, 0, 0)), KEY_UNIT_ATTENTION, 0x2a, 0x02);
	smc_power_cycle(w);
	assert_int_equal(statistic(w, 0), 0);
}

EACH_LIBRARY(a_label_that_cannot_be_read_is_counted_as_such)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), next = smc_address(w, VTL_STORAGE, 1);

	fake_put(&w->fake, slot, "");
	expect_good(smc_move_cartridge(w->a, slot, next));
	assert_int_equal(statistic(w, 5), 0);
	assert_int_equal(statistic(w, 6), 1);
}

EACH_LIBRARY(what_operators_open_is_counted)
{
	vtl_changer_event(w->dev, VTL_EVENT_MAGAZINE_OUT, NULL);
	vtl_changer_event(w->dev, VTL_EVENT_MAGAZINE_IN, NULL);
	vtl_changer_event(w->dev, VTL_EVENT_IMPORT_EXPORT, NULL);
	vtl_changer_event(w->dev, VTL_EVENT_IMPORT_EXPORT, w->a);
	sim_drain_attentions(w->a);
	assert_int_equal(statistic(w, 7), 1);
	assert_int_equal(statistic(w, 8), 1);
}

/* A field of an element's parameter of log page 15h; -1: it is not on the page. */
static long used(struct smc_world *w, uint16_t address, unsigned at)
{
	const struct io *page = expect_good(io_in(w->a, 4096, CDB(0x4d, 0, 0x55, 0, 0, 0, 0, 0x10, 0, 0)));

	assert_int_equal(page->cmd.in_used, 4 + io_uint(page, 2, 2));
	for (unsigned p = 4; p < page->cmd.in_used; p += 28)
		if (io_uint(page, p, 2) == address)
			return (long)io_uint(page, p + at, 4);
	return -1;
}

EACH_LIBRARY(element_statistics_count_picks_and_places_of_every_element)
{
	uint16_t slot = smc_address(w, VTL_STORAGE, 0), drive = smc_address(w, VTL_DRIVE, 0);
	struct vtl_element element[SMC_MAX_ELEMENTS];
	unsigned n = smc_elements(w, element);

	fake_put(&w->fake, slot, "VTL001L8");
	expect_good(smc_move_cartridge(w->a, slot, drive));
	expect_good(smc_move_cartridge(w->a, drive, slot));
	expect_good(smc_move_cartridge(w->a, slot, drive));
	for (unsigned i = 0; i < n; i++) {
		uint16_t at = element[i].address;

		assert_int_equal(used(w, at, 4), at == drive ? 2 : at == slot ? 1 : 0);
		assert_int_equal(used(w, at, 12), at == drive ? 1 : at == slot ? 2 : 0);
		assert_int_equal(used(w, at, 20), at == drive ? 1 : at == slot ? 2 : 0);
	}
	if (!smc_has(w, 0x4c))
		return;
	expect_good(io(w->a, CDB(0x4c, 0x02, 0x55, 0, 0, 0, 0, 0, 0, 0)));
	assert_int_equal(used(w, drive, 4), 0);
}

static void element_statistics_of_a_large_library_come_page_by_page(void **state)
{
	struct smc_world *w = smc_open(smc_some_model(), 2, 5000, 0);
	unsigned from = 0, seen = 0;

	for (;;) {
		const struct io *page = io_in(w->a, 0xffff, CDB(0x4d, 0, 0x55, 0, 0, (uint8_t)(from >> 8),
								(uint8_t)from, 0xff, 0xff, 0));
		unsigned n;

		if (page->cmd.status)	/* no parameter at or beyond the pointer */
			break;
		n = (unsigned)io_uint(page, 2, 2) / 28;
		assert_int_equal(page->cmd.in_used, 4 + 28 * n);
		seen += n;
		from = (unsigned)io_uint(page, 4 + 28 * (n - 1), 2) + 1;
	}
	assert_int_equal(seen, 1 + 5000 + 2);
	smc_end(w);
}

EACH_LIBRARY(no_temperature_is_claimed)
{
	const struct io *page = expect_good(io_in(w->a, 64, CDB(0x4d, 0, 0x4d, 0, 0, 0, 0, 0, 64, 0)));

	assert_int_equal(page->in[9], 0xff);
}

EACH_LIBRARY(a_drive_that_fails_raises_a_tape_alert_until_it_is_read)
{
	uint16_t drive = smc_address(w, VTL_DRIVE, 0);
	const struct io *log;

	fake_put(&w->fake, drive, "VTL001L8");
	log = expect_good(io_in(w->a, 512, CDB(0x4d, 0, 0x6e, 0, 0, 0, 0, 2, 0, 0)));
	expect_len((struct io *)log, 4 + 64 * 5);
	assert_int_equal(log->in[4 + 4], 0);
	w->fake.refuse = VTL_MOVE_DRIVE_FAILED;
	expect_sense(smc_move_cartridge(w->a, drive, smc_address(w, VTL_STORAGE, 0)), 4, 0x53, 0x01);
	log = expect_good(io_in(w->a, 512, CDB(0x4d, 0, 0x6e, 0, 0, 0, 0, 2, 0, 0)));
	assert_int_equal(log->in[4 + 4], 1);
	log = expect_good(io_in(w->a, 512, CDB(0x4d, 0, 0x6e, 0, 0, 0, 0, 2, 0, 0)));
	assert_int_equal(log->in[4 + 4], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMC_TEST(the_statistics_page_counts_moves_picks_and_places),
		SMC_TEST(what_the_statistics_page_counts_outlives_a_power_cycle),
		SMC_TEST(a_move_costs_no_save_of_its_count_which_comes_in_seconds_or_with_what_else_is_saved),
		SMC_TEST(log_select_sets_statistics_to_zero_and_tells_others),
		SMC_TEST(a_label_that_cannot_be_read_is_counted_as_such),
		SMC_TEST(what_operators_open_is_counted),
		SMC_TEST(element_statistics_count_picks_and_places_of_every_element),
		SMC_TEST(element_statistics_of_a_large_library_come_page_by_page),
		SMC_TEST(no_temperature_is_claimed),
		SMC_TEST(a_drive_that_fails_raises_a_tape_alert_until_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
