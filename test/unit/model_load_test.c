/* SPDX-License-Identifier: GPL-2.0-only */
/* The models that we ship load and say what the real devices say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "model.h"

#define SHIPPED "conf/models"

static int load(void **state)
{
	struct why why = { "" };

	*state = vtl_models_load(SHIPPED, &why);
	if (!*state)
		print_error("%s\n", why.text);
	return !*state;
}

static int unload(void **state)
{
	vtl_models_free(*state);
	return 0;
}

static void an_ibm_lto_8_drive_has_the_identity_and_limits_of_a_real_one(void **state)
{
	const struct vtl_drive_model *d = vtl_models_drive(*state, "ibm-lto8");

	assert_non_null(d);
	assert_string_equal(d->name, "IBM-LTO8");
	assert_string_equal(d->inquiry.vendor, "IBM");
	assert_string_equal(d->inquiry.product, "ULT3580-TD8");
	assert_true(memcmp(d->inquiry.revision, "HB81", 4) >= 0);
	assert_int_equal(d->block_min, 1);
	assert_int_equal(d->block_max, 8388608);
	assert_int_equal(d->default_density, 0x5e);
	assert_int_equal(d->max_partitions, 4);
	assert_true(d->worm && d->lbp_crc32c && d->lbp_rscrc);
}

static void densities_are_listed_in_the_order_of_their_codes(void **state)
{
	const struct vtl_drive_model *d = vtl_models_drive(*state, "IBM-LTO8");

	assert_int_equal(d->densities, 3);
	assert_int_equal(d->density[0].code, 0x5c);
	assert_int_equal(d->density[1].code, 0x5d);
	assert_int_equal(d->density[2].code, 0x5e);
	assert_int_equal(d->density[2].secondary, 0x5e);
	assert_int_equal(d->density[2].capacity_mb, 12000000);
	assert_string_equal(d->density[2].organization, "LTO-CVE");
	assert_true(d->density_writable[0] && d->density_writable[1] && d->density_writable[2]);
	d = vtl_models_drive(*state, "IBM-LTO6");
	assert_int_equal(d->density[0].code, 0x46);
	assert_false(d->density_writable[0]);
	assert_int_equal(d->default_density, 0x5a);
}

static void a_drive_takes_the_media_of_its_generation_and_those_before(void **state)
{
	static const struct {
		const char *drive, *medium;
		enum media_kind kind;
		enum vtl_access access;
	} rows[] = {
		{ "IBM-LTO8", "LTO-8", MEDIA_DATA, VTL_ACCESS_WRITE },
		{ "IBM-LTO8", "LTO-8", MEDIA_WORM_DATA, VTL_ACCESS_WRITE },
		{ "IBM-LTO8", "LTO-7-M8", MEDIA_DATA, VTL_ACCESS_WRITE },
		{ "IBM-LTO8", "LTO-7-M8", MEDIA_WORM_DATA, VTL_ACCESS_NONE },
		{ "IBM-LTO8", "LTO-7", MEDIA_DATA, VTL_ACCESS_WRITE },
		{ "IBM-LTO8", "LTO-6", MEDIA_DATA, VTL_ACCESS_NONE },
		{ "IBM-LTO8", "LTO-9", MEDIA_DATA, VTL_ACCESS_NONE },
		{ "IBM-LTO8", "LTO-CLN", MEDIA_CLEANING, VTL_ACCESS_READ },
		{ "IBM-LTO8", "LTO-8", MEDIA_CLEANING, VTL_ACCESS_NONE },
		{ "IBM-LTO8", "no such", MEDIA_DATA, VTL_ACCESS_NONE },
		{ "IBM-LTO7", "LTO-7-M8", MEDIA_DATA, VTL_ACCESS_NONE },
		{ "IBM-LTO7", "LTO-5", MEDIA_DATA, VTL_ACCESS_READ },
		{ "IBM-LTO9", "LTO-8", MEDIA_DATA, VTL_ACCESS_WRITE },
		{ "IBM-LTO9", "LTO-7-M8", MEDIA_DATA, VTL_ACCESS_NONE },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(vtl_drive_access(vtl_models_drive(*state, rows[i].drive), rows[i].medium,
						  rows[i].kind), rows[i].access);
}

static void media_carry_the_medium_types_and_densities_that_ltfs_pairs(void **state)
{
	static const struct {
		const char *name;
		uint8_t density, type, worm;
		uint64_t capacity;
	} rows[] = {
		{ "LTO-5", 0x58, 0x58, 0x5c, 1500000000000 },  { "LTO-6", 0x5a, 0x68, 0x6c, 2500000000000 },
		{ "LTO-7", 0x5c, 0x78, 0x7c, 6000000000000 },  { "LTO-7-M8", 0x5d, 0x78, 0x00, 9000000000000 },
		{ "LTO-8", 0x5e, 0x88, 0x8c, 12000000000000 }, { "LTO-9", 0x60, 0x98, 0x9c, 18000000000000 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct vtl_medium_model *m = vtl_models_medium(*state, rows[i].name);

		assert_non_null(m);
		assert_int_equal(m->density, rows[i].density);
		assert_int_equal(m->medium_type, rows[i].type);
		assert_int_equal(m->worm_medium_type, rows[i].worm);
		assert_int_equal(m->capacity, rows[i].capacity);
		assert_true(m->early_warning && m->early_warning < m->capacity);
	}
}

static void a_drive_of_another_family_takes_its_own_and_reads_what_came_before(void **state)
{
	static const struct {
		const char *drive, *medium;
		enum media_kind kind;
		enum vtl_access access;
	} rows[] = {
		{ "IBM-LTO10", "LTO-10", MEDIA_WORM_DATA, VTL_ACCESS_WRITE },
		{ "IBM-LTO10", "LTO-10P", MEDIA_DATA, VTL_ACCESS_WRITE },
		{ "IBM-LTO10", "LTO-9", MEDIA_DATA, VTL_ACCESS_NONE },
		{ "IBM-3592-E07", "3592-JC", MEDIA_WORM_DATA, VTL_ACCESS_WRITE },
		{ "IBM-3592-E07", "3592-JB", MEDIA_DATA, VTL_ACCESS_READ },
		{ "IBM-3592-E08", "3592-JB-E07", MEDIA_DATA, VTL_ACCESS_NONE },
		{ "IBM-3592-60F", "3592-JC", MEDIA_DATA, VTL_ACCESS_READ },
		{ "IBM-3592-70F", "3592-JE", MEDIA_DATA, VTL_ACCESS_NONE },
		{ "STK-T10000D", "T10000A", MEDIA_DATA, VTL_ACCESS_READ },
		{ "STK-T10000D", "T10000D", MEDIA_WORM_DATA, VTL_ACCESS_WRITE },
		{ "STK-T9940B", "9940A", MEDIA_DATA, VTL_ACCESS_READ },
		{ "STK-T9940B", "9840A", MEDIA_DATA, VTL_ACCESS_NONE },
		{ "QUANTUM-SDLT600", "SDLT-320", MEDIA_DATA, VTL_ACCESS_READ },
		{ "QUANTUM-DLT8000", "DLT-III", MEDIA_DATA, VTL_ACCESS_READ },
		{ "SONY-AIT4", "AIT-2", MEDIA_DATA, VTL_ACCESS_READ },
		{ "HP-DAT160", "DDS-3", MEDIA_DATA, VTL_ACCESS_NONE },
		{ "HP-LTO3", "LTO-1", MEDIA_DATA, VTL_ACCESS_READ },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(vtl_drive_access(vtl_models_drive(*state, rows[i].drive), rows[i].medium,
						  rows[i].kind), rows[i].access);
}

static void an_l700_has_the_element_addresses_of_its_family(void **state)
{
	const struct vtl_library_model *l = vtl_models_library(*state, "STK-L700");

	assert_non_null(l);
	assert_string_equal(l->inquiry.vendor, "STK");
	assert_string_equal(l->inquiry.product, "L700");
	assert_int_equal(l->transport.start, 1);
	assert_int_equal(l->transport.max, 1);
	assert_int_equal(l->import_export.start, 10);
	assert_int_equal(l->import_export.max, 490);
	assert_int_equal(l->drive.start, 500);
	assert_int_equal(l->drive.max, 500);
	assert_int_equal(l->storage.start, 1000);
	assert_int_equal(l->storage.max, 64535);
	assert_int_equal(l->dvcid, VTL_DVCID_T10);
	assert_int_equal(l->dvcid_len, 34);
	assert_false(l->dvcid_always);
	assert_int_equal(l->inquiry.vendor_specific.len, 20);
}

static void a_barcode_says_which_medium_it_is(void **state)
{
	static const struct {
		const char *barcode, *medium;
		enum media_kind kind;
	} rows[] = {
		{ "VTL001L8", "LTO-8", MEDIA_DATA },	      { "VTL001LY", "LTO-8", MEDIA_WORM_DATA },
		{ "VTL001M8", "LTO-7-M8", MEDIA_DATA },	      { "VTL001L7", "LTO-7", MEDIA_DATA },
		{ "VTL001LX", "LTO-7", MEDIA_WORM_DATA },     { "VTL001LZ", "LTO-9", MEDIA_WORM_DATA },
		{ "CLN001CU", "LTO-CLN", MEDIA_CLEANING },    { "CLNU01L8", "LTO-CLN", MEDIA_CLEANING },
		{ "CLN001", "LTO-CLN", MEDIA_CLEANING },      { "ABC001CU", "LTO-CLN", MEDIA_CLEANING },
		{ "VTL001C1", "LTO-CLN", MEDIA_CLEANING },    { "A00001L1", "LTO-1", MEDIA_DATA },
		{ "A00001LA", "LTO-10", MEDIA_DATA },	      { "A00001LH", "LTO-10", MEDIA_WORM_DATA },
		{ "A00001PA", "LTO-10P", MEDIA_DATA },	      { "A00001LT", "LTO-3", MEDIA_WORM_DATA },
		{ "A00001LV", "LTO-5", MEDIA_WORM_DATA },     { "J00001JA", "3592-JA", MEDIA_DATA },
		{ "J00001JW", "3592-JA", MEDIA_WORM_DATA },   { "J00001JR", "3592-JJ", MEDIA_WORM_DATA },
		{ "J00001JC", "3592-JC", MEDIA_DATA },	      { "J00001JZ", "3592-JD", MEDIA_WORM_DATA },
		{ "J00001JV", "3592-JE", MEDIA_WORM_DATA },   { "J00001JF", "3592-JF", MEDIA_DATA },
		{ "CLN001JA", "3592-CLN", MEDIA_CLEANING },   { "A00001T2", "T10000C", MEDIA_DATA },
		{ "A00001TS", "T10000A-SPORT", MEDIA_DATA },  { "A00001CT", "T10000-CLN", MEDIA_CLEANING },
		{ "A00001D7", "DLT-IV", MEDIA_DATA },	      { "A00001S3", "SDLT-600", MEDIA_DATA },
		{ "CLN001S3", "SDLT-CLN", MEDIA_CLEANING },   { "A00001X4", "AIT-4", MEDIA_DATA },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZ1234L9", "LTO-9", MEDIA_DATA },
		{ "NOBAR1L8", "LTO-8", MEDIA_DATA },
	};
	enum media_kind kind;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct vtl_medium_model *m = vtl_models_by_barcode(*state, rows[i].barcode, &kind);

		assert_non_null(m);
		assert_string_equal(m->name, rows[i].medium);
		assert_int_equal(kind, rows[i].kind);
	}
	assert_null(vtl_models_by_barcode(*state, "VTL00199", &kind));
	assert_null(vtl_models_by_barcode(*state, "L8", &kind));
	assert_null(vtl_models_by_barcode(*state, "", &kind));
}

static void every_model_is_listed_once_in_the_order_of_names(void **state)
{
	unsigned n = 0;

	for (const struct vtl_drive_model *d; (d = vtl_models_drive_at(*state, n)); n++) {
		assert_ptr_equal(vtl_models_drive(*state, d->name), d);
		if (n)
			assert_true(strcasecmp(vtl_models_drive_at(*state, n - 1)->name, d->name) < 0);
	}
	assert_true(n >= 5);
	assert_null(vtl_models_drive(*state, "ibm-lto"));	/* abstract */
	assert_non_null(vtl_models_medium_at(*state, 0));
	assert_non_null(vtl_models_library_at(*state, 0));
}

static void serial_numbers_come_out_of_the_format(void **state)
{
	char buf[33];

	assert_true(vtl_model_serial("10WT%06u", 1234567, buf, sizeof(buf)));
	assert_string_equal(buf, "10WT234567");
	assert_true(vtl_model_serial("A%04Xz", 0xbeef, buf, sizeof(buf)));
	assert_string_equal(buf, "ABEEFz");
	assert_false(vtl_model_serial("10WT%06u", 1, buf, 10));
	assert_false(vtl_model_serial("plain", 1, buf, sizeof(buf)));
	assert_false(vtl_model_serial("%s", 1, buf, sizeof(buf)));
	assert_false(vtl_model_serial("%06u%n", 1, buf, sizeof(buf)));
	assert_false(vtl_model_serial("%06", 1, buf, sizeof(buf)));
}

static void every_drive_writes_a_medium_of_its_default_density(void **state)
{
	const struct vtl_drive_model *d;

	for (unsigned n = 0; (d = vtl_models_drive_at(*state, n)); n++) {
		bool found = false;

		for (unsigned i = 0; i < d->media_count; i++)
			found |= d->media[i].access == VTL_ACCESS_WRITE && !d->media[i].medium->cleaning &&
				 d->media[i].medium->density == d->default_density;
		if (!found)
			fail_msg("%s", d->name);
	}
}

static void every_medium_is_taken_by_some_drive(void **state)
{
	const struct vtl_medium_model *m;
	const struct vtl_drive_model *d;

	for (unsigned n = 0; (m = vtl_models_medium_at(*state, n)); n++) {
		enum vtl_access best = VTL_ACCESS_NONE;

		for (unsigned i = 0; (d = vtl_models_drive_at(*state, i)); i++) {
			enum vtl_access a = vtl_drive_access(d, m->name, m->cleaning ? MEDIA_CLEANING : MEDIA_DATA);

			best = a > best ? a : best;
		}
		if (best != (m->cleaning ? VTL_ACCESS_READ : VTL_ACCESS_WRITE))
			fail_msg("%s", m->name);
	}
}

static void no_two_media_share_a_barcode_suffix(void **state)
{
	const struct vtl_medium_model *a;
	char all[128][3], barcode[8];
	enum media_kind kind;
	unsigned count = 0;

	for (unsigned n = 0; (a = vtl_models_medium_at(*state, n)); n++) {
		const char *own[] = { a->suffix[0], a->suffix[1], a->suffix[2], a->suffix[3], a->worm_suffix,
				      a->cleaning_suffix };

		for (unsigned i = 0; i < 6; i++) {
			if (!own[i][0])
				continue;
			for (unsigned k = 0; k < count; k++)
				assert_string_not_equal(all[k], own[i]);
			assert_true(count < 128);
			strcpy(all[count++], own[i]);
			snprintf(barcode, sizeof(barcode), "ABC%s", own[i]);
			assert_ptr_equal(vtl_models_by_barcode(*state, barcode, &kind), a);
		}
	}
}

static void serial_numbers_fill_their_length(void **state)
{
	const struct vtl_library_model *l;
	const struct vtl_drive_model *d;
	char buf[64];

	for (unsigned n = 0; (d = vtl_models_drive_at(*state, n)); n++) {
		assert_true(vtl_model_serial(d->serial_format, 1, buf, sizeof(buf)));
		assert_int_equal(strlen(buf), d->serial_len);
	}
	for (unsigned n = 0; (l = vtl_models_library_at(*state, n)); n++) {
		assert_true(vtl_model_serial(l->serial_format, 1, buf, sizeof(buf)));
		assert_int_equal(strlen(buf), l->serial_len);
	}
}

static void every_library_has_room_for_all_kinds_of_element(void **state)
{
	const struct vtl_library_model *l;

	for (unsigned n = 0; (l = vtl_models_library_at(*state, n)); n++)
		assert_true(l->transport.max == 1 && l->storage.max >= 24 && l->drive.max >= 2);
}

static void a_model_says_how_long_a_real_drive_takes(void **state)
{
	char path[] = "/tmp/model_load.XXXXXX", search[64];
	const struct vtl_drive_model *d;
	struct vtl_models *models;
	struct why why = { "" };
	int fd = mkstemp(path);
	FILE *f;

	for (unsigned n = 0; (d = vtl_models_drive_at(*state, n)); n++)
		if (strstr(d->family, "lto"))
			assert_true(d->time_ms[VTL_TIME_LOAD] && d->time_ms[VTL_TIME_POSITION]);
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_non_null(f);
	fputs("drive \"SLOW\" {\n\tinherit = \"IBM-LTO8\"\n", f);
	for (enum vtl_time t = 0; t < VTL_TIMES; t++)
		fprintf(f, "\t%s = %u\n", vtl_time_name(t), 1000 + t);
	fputs("}\n", f);
	fclose(f);
	snprintf(search, sizeof(search), SHIPPED ":%s", path);
	models = vtl_models_load(search, &why);
	unlink(path);
	if (!models)
		fail_msg("%s", why.text);
	d = vtl_models_drive(models, "SLOW");
	for (enum vtl_time t = 0; t < VTL_TIMES; t++)
		assert_int_equal(d->time_ms[t], 1000 + t);
	vtl_models_free(models);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ibm_lto_8_drive_has_the_identity_and_limits_of_a_real_one),
		cmocka_unit_test(densities_are_listed_in_the_order_of_their_codes),
		cmocka_unit_test(a_drive_takes_the_media_of_its_generation_and_those_before),
		cmocka_unit_test(media_carry_the_medium_types_and_densities_that_ltfs_pairs),
		cmocka_unit_test(a_drive_of_another_family_takes_its_own_and_reads_what_came_before),
		cmocka_unit_test(an_l700_has_the_element_addresses_of_its_family),
		cmocka_unit_test(a_barcode_says_which_medium_it_is),
		cmocka_unit_test(every_model_is_listed_once_in_the_order_of_names),
		cmocka_unit_test(serial_numbers_come_out_of_the_format),
		cmocka_unit_test(every_drive_writes_a_medium_of_its_default_density),
		cmocka_unit_test(every_medium_is_taken_by_some_drive),
		cmocka_unit_test(no_two_media_share_a_barcode_suffix),
		cmocka_unit_test(serial_numbers_fill_their_length),
		cmocka_unit_test(every_library_has_room_for_all_kinds_of_element),
		cmocka_unit_test(a_model_says_how_long_a_real_drive_takes),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
