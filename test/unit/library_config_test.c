/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration of a library: what is wrong with it is said by line; places as text. */
#include "library_world.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_conf(struct lib_world *f, const char *text)
{
	char path[2 * PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/one/library.conf", f->root);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

#define TOP	"version = 1\nmodel = \"STK-L700\"\nserial = \"S\"\nnaa = 0x3000000000000001\nslots = 10\n" \
		"import_exports = 2\ntransport_address = 1\nimport_export_address = 10\ndrive_address = 500\n"
#define DRIVE	"model = \"IBM-LTO8\"\nserial = \"A\"\nnaa = 0x3000000000000002\naddress = 500\n"

static void a_malformed_configuration_is_refused_with_file_line_and_option(void **state)
{
	static const struct {
		const char *text, *says;
	} row[] = {
		{ TOP "slot_address = 1000\ncolour = \"red\"\n", "library.conf:11: no such option 'colour'" },
		{ TOP, "library.conf:9: the option 'slot_address' is missing" },
		{ TOP "slot_address = 70000\n", "library.conf:10: slot_address: 70000 is out of range" },
		{ TOP "slot_address = many\n", "library.conf:10: slot_address: 'many' is not a number" },
		{ TOP "slot_address = 1000\nslots = 5\n", "library.conf:11: option 'slots' is given twice" },
		{ TOP "slot_address = 65530\n", "slots: element addresses end at 65534" },
		{ TOP "slot_address = 5\n",
		  "the element addresses of slots (5 and on) and import_exports (10 and on) overlap" },
		{ TOP "slot_address = 1000\ndrive \"D1\" {\n" DRIVE "}\ndrive \"D2\" {\n" DRIVE "}\n",
		  "drives D1 and D2 have the same address" },
		{ TOP "slot_address = 1000\ndrive \"D1\" {\n" DRIVE "}\ndrive \"D1\" {\n" DRIVE "}\n",
		  "library.conf:17: found duplicate title 'D1'" },
		{ TOP "slot_address = 495\ndrive \"D1\" {\n" DRIVE "}\n", "overlap" },
		{ TOP "slot_address = 1000\ndrive \"../D1\" {\n" DRIVE "}\n", "\"../D1\" is no name of a drive" },
		{ TOP "slot_address = 1000\ndrive \"D1\" {\nmodel = \"IBM-LTO99\"\n}\n",
		  "library.conf:12: model: 'IBM-LTO99' is no known model" },
		{ TOP "slot_address = 1000\ndrive \"D1\" {\n", "library.conf:11: a section is not closed" },
		{ "version = 2\n", "library.conf:1: version: '2' is newer than this program" },
		{ "", "library.conf:1: the option 'version' is missing" },
	};
	struct lib_world *f = *state;
	struct library *l;
	struct why why;

	lib_create(f, "one");
	for (unsigned i = 0; i < sizeof(row) / sizeof(*row); i++) {
		why.text[0] = 0;
		write_conf(f, row[i].text);
		assert_int_equal(library_open(f->models, "one", LIBRARY_READ, "", &l, &why), LIBRARY_FAILED);
		if (!strstr(why.text, row[i].says))
			fail_msg("\"%s\" does not say \"%s\"", why.text, row[i].says);
	}
}

/* A named pipe would keep tgtd's thread, and all disks with it, for ever. */
static void a_configuration_that_is_no_file_is_refused_and_not_waited_for(void **state)
{
	struct lib_world *f = *state;
	char path[2 * PATH_MAX];
	struct library *l;
	struct why why = { "" };

	lib_create(f, "one");
	snprintf(path, sizeof(path), "%s/one/library.conf", f->root);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(120);
	assert_int_equal(library_open(f->models, "one", LIBRARY_READ, "", &l, &why), LIBRARY_FAILED);
	alarm(0);
	assert_non_null(strstr(why.text, "library.conf: not a file"));
}

static void what_is_no_library_is_not_found(void **state)
{
	struct lib_world *f = *state;
	struct library *l;
	struct why why;

	assert_int_equal(library_open(f->models, "nonesuch", LIBRARY_READ, "", &l, &why), LIBRARY_NOT_FOUND);
	assert_int_equal(library_open(f->models, f->root, LIBRARY_READ, "", &l, &why), LIBRARY_NOT_FOUND);
	assert_non_null(strstr(why.text, "is not a tape library"));
	assert_int_equal(library_open(f->models, "a b", LIBRARY_READ, "", &l, &why), LIBRARY_USAGE);
}

static void the_configuration_survives_being_written_and_read(void **state)
{
	struct lib_world *f = *state;
	struct library *a, *b;
	struct why why = { "" };

	lib_create(f, "one");
	a = lib_open(f, "one", LIBRARY_OWN);
	a->conf.drive[1].codec = MEDIA_CODEC_ZSTD;
	a->conf.drive[1].codec_level = 3;
	a->conf.drive[1].buffer = 64;
	for (enum vtl_time t = 0; t < VTL_TIMES; t++)
		a->conf.drive[1].time_ms[t] = 100 + t;
	assert_int_equal(library_conf_save(a->store, &a->conf, &why), LIBRARY_OK);
	b = lib_open(f, "one", LIBRARY_READ);
	assert_memory_equal(a->conf.drive, b->conf.drive, 2 * sizeof(*a->conf.drive));
	a->conf.drive = (free(a->conf.drive), NULL);
	struct library_drive *drive = b->conf.drive;
	b->conf.drive = NULL;
	assert_memory_equal(&a->conf, &b->conf, sizeof(a->conf));
	free(drive);
	library_close(a);
	library_close(b);
}

static void places_are_read_and_written_as_text(void **state)
{
	static const char *const good[] = { "slot:3", "drive:1", "io:2", "transport:1", "shelf" };
	static const char *const bad[] = { "slot", "slot:", "slot:0", "slot:-1", "slot:1x", "slot:99999999999",
					   "bay:1", "" };
	struct library_place place;
	char text[24];

	for (unsigned i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(library_place_parse(good[i], &place));
		assert_string_equal(library_place_text(place, text, sizeof(text)), good[i]);
	}
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(library_place_parse(bad[i], &place));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIB_TEST(a_malformed_configuration_is_refused_with_file_line_and_option),
		LIB_TEST(a_configuration_that_is_no_file_is_refused_and_not_waited_for),
		LIB_TEST(what_is_no_library_is_not_found),
		LIB_TEST(the_configuration_survives_being_written_and_read),
		cmocka_unit_test(places_are_read_and_written_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
