/* SPDX-License-Identifier: GPL-2.0-only */
/* What `vtl model commands` lists is what a drive or a changer of that model says of itself, and nothing else. */
#include <string.h>

#include "catalog.h"
#include "smc_world.h"
#include "ssc_world.h"

/* What the catalog lists of one kind: code << 16 | service action or subpage, FFFFh where there is none. */
struct listed {
	enum vtl_catalog kind;
	uint32_t row[512];
	unsigned n;
};

static void collect(void *arg, const struct vtl_catalog_row *row)
{
	struct listed *l = arg;

	assert_non_null(row->name);
	if (row->kind != l->kind)
		return;
	assert_true(l->n < sizeof(l->row) / sizeof(*l->row));
	l->row[l->n++] = (uint32_t)row->code << 16 | (row->sub < 0 ? 0xffff : (uint32_t)row->sub);
}

static struct listed catalog_of(struct ssc_world *w, enum vtl_catalog kind)
{
	struct listed l = { .kind = kind };

	assert_true(vtl_catalog_drive(w->models, w->model, collect, &l));
	assert_true(l.n > 0);
	return l;
}

static void expect_rows(const struct listed *l, const struct io *io, unsigned at, unsigned step,
			uint32_t (*row)(const uint8_t *p))
{
	unsigned n = 0;

	for (; at + step <= io->cmd.in_used; at += step, n++) {
		assert_true(n < l->n);
		assert_int_equal(l->row[n], row(io->in + at));
	}
	assert_int_equal(n, l->n);
}

static uint32_t command_row(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (p[5] & 0x01 ? get_be16(p + 2) : 0xffff);
}

static void expect_commands(const struct listed *l, struct vtl_nexus *nexus)
{
	expect_rows(l, expect_good(io_in(nexus, 8192, CDB(0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0))), 4, 8,
		    command_row);
}

EACH_DRIVE(commands_are_those_of_report_supported_operation_codes)
{
	struct listed l = catalog_of(w, VTL_CATALOG_COMMAND);

	expect_commands(&l, w->a);
}

static uint32_t log_row(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (p[1] ? p[1] : 0xffff);
}

EACH_DRIVE(log_pages_are_those_of_the_list_of_pages_and_subpages)
{
	struct listed l = catalog_of(w, VTL_CATALOG_LOG_PAGE);

	expect_rows(&l, expect_good(ssc_log(w->a, 0, 0xff)), 4, 2, log_row);
}

static uint32_t vpd_row(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | 0xffff;
}

EACH_DRIVE(vpd_pages_are_those_of_page_00)
{
	struct listed l = catalog_of(w, VTL_CATALOG_VPD_PAGE);

	expect_rows(&l, expect_good(io_in(w->a, 255, CDB(0x12, 1, 0, 0, 255, 0))), 4, 1, vpd_row);
}

EACH_DRIVE(mode_pages_are_those_of_mode_sense_of_all)
{
	struct listed l = catalog_of(w, VTL_CATALOG_MODE_PAGE);
	const struct io *io = expect_good(io_in(w->a, 4096, CDB(0x5a, 8, 0x3f, 0xff, 0, 0, 0, 0x10, 0, 0)));
	unsigned at = 8, n = 0;

	while (at < io->cmd.in_used) {
		const uint8_t *p = io->in + at;
		bool spf = p[0] & 0x40;

		assert_true(n < l.n);
		assert_int_equal(l.row[n++], (uint32_t)(p[0] & 0x3f) << 16 | (spf ? p[1] : 0xffff));
		at += spf ? 4u + get_be16(p + 2) : 2u + p[1];
	}
	assert_int_equal(n, l.n);
}

static uint32_t attribute_row(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | 0xffff;
}

EACH_DRIVE(attributes_are_those_that_read_attribute_calls_supported)
{
	struct listed l = catalog_of(w, VTL_CATALOG_ATTRIBUTE);

	expect_rows(&l, expect_good(io_in(w->a, 4096, CDB(0x8c, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0))), 4, 2,
		    attribute_row);
}

EACH_LIBRARY(a_changers_commands_are_those_of_report_supported_operation_codes)
{
	struct listed l = { .kind = VTL_CATALOG_COMMAND };

	assert_true(vtl_catalog_library(&w->model, collect, &l));
	expect_commands(&l, w->a);
}

/* Of a cartridge in a slot it tells what a drive that has the cartridge tells. */
EACH_LIBRARY(a_changer_that_reads_attributes_lists_those_of_drives)
{
	struct listed l = { .kind = VTL_CATALOG_ATTRIBUTE };

	assert_true(vtl_catalog_library(&w->model, collect, &l));
	assert_int_equal(l.n > 0, smc_has(w, 0x8c));
	assert_true(!l.n || l.row[0] == 0x0000ffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(commands_are_those_of_report_supported_operation_codes),
		SSC_TEST(log_pages_are_those_of_the_list_of_pages_and_subpages),
		SSC_TEST(vpd_pages_are_those_of_page_00),
		SSC_TEST(mode_pages_are_those_of_mode_sense_of_all),
		SSC_TEST(attributes_are_those_that_read_attribute_calls_supported),
		SMC_TEST(a_changer_that_reads_attributes_lists_those_of_drives),
		SMC_TEST(a_changers_commands_are_those_of_report_supported_operation_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
