/* SPDX-License-Identifier: GPL-2.0-only */
/* Every device that users ask for is a model that we ship, by the product that backup software matches on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "model.h"

#define SHIPPED "conf/models"

/* Vendor and product of standard INQUIRY, and one medium that it writes. */
static const struct { const char *vendor, *product, *medium; } drives[] = {
	/* IBM LTO, full and half height, as old and new firmware names them */
	{ "IBM", "ULTRIUM-TD1", "LTO-1" }, { "IBM", "ULTRIUM-TD2", "LTO-2" }, { "IBM", "ULTRIUM-TD3", "LTO-3" },
	{ "IBM", "ULTRIUM-TD4", "LTO-4" }, { "IBM", "ULTRIUM-TD5", "LTO-5" }, { "IBM", "ULTRIUM-TD6", "LTO-6" },
	{ "IBM", "ULTRIUM-TD7", "LTO-7" }, { "IBM", "ULTRIUM-TD8", "LTO-8" }, { "IBM", "ULTRIUM-TD9", "LTO-9" },
	{ "IBM", "ULTRIUM-TDA", "LTO-10" }, { "IBM", "ULT3580-TD1", "LTO-1" }, { "IBM", "ULT3580-TD2", "LTO-2" },
	{ "IBM", "ULT3580-TD3", "LTO-3" }, { "IBM", "ULT3580-TD4", "LTO-4" }, { "IBM", "ULT3580-TD5", "LTO-5" },
	{ "IBM", "ULT3580-TD6", "LTO-6" }, { "IBM", "ULT3580-TD7", "LTO-7" }, { "IBM", "ULT3580-TD8", "LTO-8" },
	{ "IBM", "ULT3580-TD8", "LTO-7-M8" }, { "IBM", "ULT3580-TD9", "LTO-9" }, { "IBM", "ULT3580-TDA", "LTO-10" },
	{ "IBM", "ULTRIUM-HH2", "LTO-2" }, { "IBM", "ULTRIUM-HH3", "LTO-3" }, { "IBM", "ULTRIUM-HH4", "LTO-4" },
	{ "IBM", "ULTRIUM-HH5", "LTO-5" }, { "IBM", "ULTRIUM-HH6", "LTO-6" }, { "IBM", "ULTRIUM-HH7", "LTO-7" },
	{ "IBM", "ULTRIUM-HH8", "LTO-8" }, { "IBM", "ULTRIUM-HH9", "LTO-9" }, { "IBM", "ULT3580-HH5", "LTO-5" },
	{ "IBM", "ULT3580-HH6", "LTO-6" }, { "IBM", "ULT3580-HH7", "LTO-7" }, { "IBM", "ULT3580-HH8", "LTO-8" },
	{ "IBM", "ULT3580-HH9", "LTO-9" },
	{ "HP", "Ultrium 1-SCSI", "LTO-1" }, { "HP", "Ultrium 2-SCSI", "LTO-2" }, { "HP", "Ultrium 3-SCSI", "LTO-3" },
	{ "HP", "Ultrium 4-SCSI", "LTO-4" }, { "HP", "Ultrium 5-SCSI", "LTO-5" }, { "HP", "Ultrium 6-SCSI", "LTO-6" },
	{ "HP", "Ultrium 7-SCSI", "LTO-7" }, { "HPE", "Ultrium 8-SCSI", "LTO-8" }, { "HPE", "Ultrium 9-SCSI", "LTO-9" },
	{ "QUANTUM", "ULTRIUM 5", "LTO-5" }, { "QUANTUM", "ULTRIUM 6", "LTO-6" }, { "QUANTUM", "ULTRIUM-HH8", "LTO-8" },
	{ "IBM", "03592J1A", "3592-JA" }, { "IBM", "03592E05", "3592-JB" }, { "IBM", "03592E06", "3592-JB-E06" },
	{ "IBM", "03592E07", "3592-JC" }, { "IBM", "03592E08", "3592-JD" }, { "IBM", "0359255F", "3592-JD-55F" },
	{ "IBM", "0359260F", "3592-JE" }, { "IBM", "0359270F", "3592-JF" },
	{ "STK", "T10000A", "T10000A" }, { "STK", "T10000B", "T10000B" }, { "STK", "T10000C", "T10000C" },
	{ "STK", "T10000D", "T10000D" }, { "STK", "T9840A", "9840A" }, { "STK", "T9840B", "9840A" },
	{ "STK", "T9840C", "9840C" }, { "STK", "T9840D", "9840D" }, { "STK", "T9940A", "9940A" },
	{ "STK", "T9940B", "9940B" },
	{ "QUANTUM", "DLT7000", "DLT-IV" }, { "QUANTUM", "DLT8000", "DLT-IV-40" },
	{ "QUANTUM", "SuperDLT1", "SDLT-220" },
	{ "QUANTUM", "SDLT320", "SDLT-320" }, { "QUANTUM", "SDLT600", "SDLT-600" },
	{ "SONY", "SDX-300C", "AIT-1" }, { "SONY", "SDX-500C", "AIT-2" }, { "SONY", "SDX-500V", "AIT-2" },
	{ "SONY", "SDX-700C", "AIT-3" }, { "SONY", "SDX-700V", "AIT-3" }, { "SONY", "SDX-900V", "AIT-4" },
	{ "SONY", "SDX-1100V", "AIT-5" },
	{ "HP", "C1533A", "DDS-2" }, { "HP", "C1537A", "DDS-3" },
	{ "HP", "C5683A", "DDS-4" }, { "HP", "C7438A", "DAT-72" },
	{ "HP", "DAT160", "DAT-160" },
};

static const struct { const char *vendor, *product; } libraries[] = {
	{ "STK", "L20" }, { "STK", "L40" }, { "STK", "L80" }, { "STK", "L180" }, { "STK", "L700" }, { "STK", "SL150" },
	{ "STK", "SL500" }, { "STK", "SL3000" }, { "STK", "SL8500" },
	{ "IBM", "3573-TL" }, { "IBM", "3572-TL" }, { "IBM", "03584L32" }, { "IBM", "03584L22" }, { "IBM", "03584L55" },
	{ "HP", "MSL G3 Series" }, { "HP", "MSL6480" }, { "HPE", "MSL6480" },
	{ "HPE", "MSL3040" }, { "HP", "EML E-Series" },
	{ "HP", "ESL E-Series" }, { "HP", "ESL G3 Series" },
	{ "ADIC", "Scalar 24" }, { "QUANTUM", "Scalar i40-i80" },
	{ "QUANTUM", "Scalar i3-i6" }, { "ADIC", "Scalar i500" },
	{ "ADIC", "Scalar i2000" }, { "QUANTUM", "Scalar i6000" },
	{ "OVERLAND", "NEO Series" },
	{ "SPECTRA", "PYTHON" }, { "SPECTRA", "GATOR" }, { "SPECTRA", "215" },
	{ "DELL", "ML6000" }, { "DELL", "ML3" },
	{ "TGT-VTL", "VTL" },
};

/* What several sizes of say the same product, or is asked for by name. */
static const char *const library_names[] = {
	"IBM-TS2900", "IBM-TS3100", "IBM-TS3200", "IBM-TS4300", "IBM-TS3500", "IBM-TS4500", "HP-MSL2024", "HP-MSL4048",
	"QUANTUM-i3", "QUANTUM-i6", "QUANTUM-i40", "QUANTUM-i80", "SPECTRA-T50", "SPECTRA-T120", "SPECTRA-T200",
	"SPECTRA-T380", "SPECTRA-T680", "SPECTRA-T950", "DELL-TL2000", "DELL-TL4000", "GENERIC",
};

/* Barcode suffixes, and what they say. */
static const struct { const char *barcode, *medium; enum media_kind kind; } labels[] = {
	{ "A00001L1", "LTO-1", MEDIA_DATA }, { "A00001L9", "LTO-9", MEDIA_DATA }, { "A00001LA", "LTO-10", MEDIA_DATA },
	{ "A00001M8", "LTO-7-M8", MEDIA_DATA }, { "A00001LT", "LTO-3", MEDIA_WORM_DATA },
	{ "A00001LU", "LTO-4", MEDIA_WORM_DATA }, { "A00001LV", "LTO-5", MEDIA_WORM_DATA },
	{ "A00001LW", "LTO-6", MEDIA_WORM_DATA }, { "A00001LX", "LTO-7", MEDIA_WORM_DATA },
	{ "A00001LY", "LTO-8", MEDIA_WORM_DATA }, { "A00001LZ", "LTO-9", MEDIA_WORM_DATA },
	{ "A00001JA", "3592-JA", MEDIA_DATA }, { "A00001JD", "3592-JD", MEDIA_DATA },
	{ "CLN001CU", "LTO-CLN", MEDIA_CLEANING }, { "CLN001", "LTO-CLN", MEDIA_CLEANING },
};

/* Media, and the native capacity of their format in GB. */
static const struct { const char *medium; unsigned gb; } media[] = {
	{ "LTO-1", 100 }, { "LTO-2", 200 }, { "LTO-3", 400 }, { "LTO-4", 800 }, { "LTO-5", 1500 }, { "LTO-6", 2500 },
	{ "LTO-7", 6000 }, { "LTO-7-M8", 9000 }, { "LTO-8", 12000 }, { "LTO-9", 18000 }, { "LTO-10", 30000 },
	{ "AIT-1", 35 }, { "AIT-2", 50 }, { "AIT-3", 100 }, { "AIT-4", 200 }, { "AIT-5", 400 },
	{ "DDS-1", 2 }, { "DDS-2", 4 }, { "DDS-3", 12 }, { "DDS-4", 20 }, { "DAT-72", 36 }, { "DAT-160", 80 },
	{ "DLT-III", 10 }, { "DLT-IV", 35 }, { "DLT-IV-40", 40 }, { "SDLT-220", 110 }, { "SDLT-320", 160 },
	{ "SDLT-600", 300 }, { "T10000A", 500 }, { "T10000B", 1000 }, { "T10000C", 5000 }, { "T10000D", 8000 },
	{ "9840A", 20 }, { "9840C", 40 }, { "9840D", 75 }, { "9940A", 60 }, { "9940B", 200 },
	{ "3592-JA", 300 }, { "3592-JB", 700 }, { "3592-JC", 4000 }, { "3592-JD", 10000 }, { "3592-JE", 20000 },
	{ "3592-JF", 50000 },
};

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

static bool says(const struct vtl_model_inquiry *inquiry, const char *vendor, const char *product)
{
	return !strcmp(inquiry->vendor, vendor) && !strcmp(inquiry->product, product);
}

static void every_drive_that_is_asked_for_is_there_and_writes_its_medium(void **state)
{
	unsigned missing = 0;

	for (unsigned i = 0; i < sizeof(drives) / sizeof(drives[0]); i++) {
		const struct vtl_drive_model *m;
		bool found = false;

		for (unsigned n = 0; (m = vtl_models_drive_at(*state, n)); n++)
			found |= says(&m->inquiry, drives[i].vendor, drives[i].product) &&
				 vtl_drive_access(m, drives[i].medium, MEDIA_DATA) == VTL_ACCESS_WRITE;
		if (!found)
			print_message("# no drive %s %s that writes %s\n", drives[i].vendor, drives[i].product,
				      drives[i].medium);
		missing += !found;
	}
	assert_int_equal(missing, 0);
}

static void every_library_that_is_asked_for_is_there(void **state)
{
	unsigned missing = 0;

	for (unsigned i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		const struct vtl_library_model *m;
		bool found = false;

		for (unsigned n = 0; (m = vtl_models_library_at(*state, n)); n++)
			found |= says(&m->inquiry, libraries[i].vendor, libraries[i].product);
		if (!found)
			print_message("# no library %s %s\n", libraries[i].vendor, libraries[i].product);
		missing += !found;
	}
	for (unsigned i = 0; i < sizeof(library_names) / sizeof(library_names[0]); i++)
		if (!vtl_models_library(*state, library_names[i])) {
			print_message("# no library model %s\n", library_names[i]);
			missing++;
		}
	assert_int_equal(missing, 0);
}

static void every_label_of_real_libraries_says_what_it_does_there(void **state)
{
	for (unsigned i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		enum media_kind kind;
		const struct vtl_medium_model *m = vtl_models_by_barcode(*state, labels[i].barcode, &kind);

		if (!m || strcmp(m->name, labels[i].medium) || kind != labels[i].kind)
			fail_msg("%s: %s", labels[i].barcode, m ? m->name : "unknown");
	}
}

static void every_medium_that_is_asked_for_has_the_native_capacity_of_its_format(void **state)
{
	for (unsigned i = 0; i < sizeof(media) / sizeof(media[0]); i++) {
		const struct vtl_medium_model *m = vtl_models_medium(*state, media[i].medium);

		if (!m || m->capacity != media[i].gb * 1000000000ull)
			fail_msg("%s: %llu bytes", media[i].medium, m ? (unsigned long long)m->capacity : 0ull);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_drive_that_is_asked_for_is_there_and_writes_its_medium),
		cmocka_unit_test(every_library_that_is_asked_for_is_there),
		cmocka_unit_test(every_medium_that_is_asked_for_has_the_native_capacity_of_its_format),
		cmocka_unit_test(every_label_of_real_libraries_says_what_it_does_there),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
