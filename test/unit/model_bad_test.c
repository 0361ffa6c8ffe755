/* SPDX-License-Identifier: GPL-2.0-only */
/* Wrong model files, each named after its defect: its first line is the line and the reason that must be given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "model.h"

#define SHIPPED "conf/models"
#define BAD	"test/unit/models-bad"

/* "# LINE: reason" */
static void expected(const char *path, char *text, size_t size)
{
	char line[512] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_int_equal(line[0], '#');
	line[strcspn(line, "\n")] = 0;
	snprintf(text, size, "%s%s%s", path, line[1] ? ":" : "", line[1] ? line + 2 : "");
}

static void every_defect_is_refused_with_file_line_and_reason(void **state)
{
	struct dirent **entry;
	char path[600], models[700], text[1200];
	int n = scandir(BAD, &entry, NULL, alphasort), tried = 0, wrong = 0;

	assert_true(n > 2);
	for (int i = 0; i < n; i++) {
		struct why why = { "" };

		if (entry[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), BAD "/%s", entry[i]->d_name);
			snprintf(models, sizeof(models), SHIPPED ":%s", path);
			expected(path, text, sizeof(text));
			assert_null(vtl_models_load(models, &why));
			if (!strstr(why.text, text)) {
				print_error("\"%s\" does not say\n\"%s\"\n", why.text, text);
				wrong++;
			}
			tried++;
		}
		free(entry[i]);
	}
	free(entry);
	assert_int_equal(wrong, 0);
	assert_true(tried > 50);
}

static void no_cut_of_a_model_file_does_harm(void **state)
{
	static const struct conf_schema option[] = { { .name = "a" }, { .name = "b", .list = true }, { 0 } };
	static const struct conf_schema schema[] = { { .name = "s", .section = option }, { .name = "c" }, { 0 } };
	static const char text[] = "# remark\nc = 1\ns \"one\" {\n\ta = \"x\\\"y\" /* r */ b = { p, 'q', }\n}\n"
				   "s two {\n\tb += { \"${HOME}\" }\n}\n";

	for (size_t len = 0; len <= strlen(text); len++) {
		struct why why = { "" };
		char *copy = malloc(len + 1);
		struct conf *conf;

		memcpy(copy, text, len);
		conf = conf_parse("cut", copy, len, schema, &why);
		assert_int_equal(!conf, !!why.text[0]);
		conf_free(conf);
		free(copy);
	}
}

static void no_changed_byte_of_a_model_file_does_harm(void **state)
{
	char path[] = "/tmp/vtl-model-XXXXXX", *text;
	FILE *f = fopen(SHIPPED "/ibm-lto.conf", "r");
	unsigned seed = 1;
	size_t len;
	int fd = mkstemp(path);
	char models[128];

	assert_non_null(f);
	assert_true(fd >= 0);
	text = malloc(65536);
	len = fread(text, 1, 65536, f);
	fclose(f);
	snprintf(models, sizeof(models), SHIPPED "/lto-media.conf:%s", path);
	for (unsigned i = 0; i < 300; i++) {
		size_t at = (size_t)rand_r(&seed) % len;
		struct why why = { "" };
		struct vtl_models *m;
		char was = text[at];

		text[at] = (char)rand_r(&seed);
		assert_int_equal(pwrite(fd, text, len, 0), len);
		text[at] = was;
		m = vtl_models_load(models, &why);
		assert_int_equal(!m, !!why.text[0]);
		vtl_models_free(m);
	}
	free(text);
	close(fd);
	unlink(path);
}

static struct vtl_models *load_with(const char *text)
{
	char path[] = "/tmp/vtl-model-XXXXXX", models[128];
	struct vtl_models *m;
	struct why why = { "" };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(models, sizeof(models), SHIPPED ":%s", path);
	m = vtl_models_load(models, &why);
	unlink(path);
	if (!m)
		fail_msg("%s", why.text);
	return m;
}

static void a_later_directory_replaces_a_model_and_may_inherit_from_what_it_replaces(void **state)
{
	struct vtl_models *m = load_with("drive \"ibm-lto8\" {\n inherit = \"IBM-LTO8\"\n revision = \"N9M1\"\n}\n");
	const struct vtl_drive_model *d = vtl_models_drive(m, "IBM-LTO8");

	assert_string_equal(d->inquiry.revision, "N9M1");
	assert_string_equal(d->inquiry.product, "ULT3580-TD8");
	assert_int_equal(d->densities, 3);
	vtl_models_free(m);
}

static void pages_nearer_in_the_chain_of_inheritance_win(void **state)
{
	struct vtl_models *m = load_with("drive \"base\" {\n inherit = \"IBM-LTO8\"\n abstract = true\n"
					 " mode \"2F\" { data = \"2F 02 01 01\" }\n"
					 " vpd \"C9\" { data = \"00C90000\" }\n}\n"
					 "drive \"X\" {\n inherit = \"base\"\n"
					 " mode \"2F\" { data = \"2F 02 02 02\" changeable = \"0000 00FF\" }\n"
					 " mode \"0A/F1\" { data = \"4A F1 0001 07\" }\n}\n");
	const struct vtl_drive_model *d = vtl_models_drive(m, "X");

	assert_null(vtl_models_drive(m, "base"));
	assert_int_equal(d->mode.count, 2);
	assert_int_equal(d->mode.row[0].code, 0x0a);
	assert_int_equal(d->mode.row[0].subcode, 0xf1);
	assert_int_equal(d->mode.row[0].len, 5);
	assert_null(d->mode.row[0].changeable);
	assert_int_equal(d->mode.row[1].data[2], 2);
	assert_int_equal(d->mode.row[1].changeable[3], 0xff);
	assert_int_equal(d->vpd.count, 1);
	vtl_models_free(m);
}

static void numbers_take_units(void **state)
{
	static const struct {
		const char *text;
		unsigned long long n;
	} row[] = {
		{ "0", 0 }, { "0x5E", 0x5e }, { "12TB", 12000000000000 }, { "8MiB", 8388608 }, { "1kB", 1000 },
		{ "1KiB", 1024 }, { "2G", 2000000000 }, { "7B", 7 }, { "18446744073709551615", 18446744073709551615u },
	};
	static const char *const bad[] = { "", "x", "-1", "1 2", "1.5GB", "8MiBs", "18446744073709551616",
					   "16777216TiB" };
	unsigned long long n;

	for (unsigned i = 0; i < sizeof(row) / sizeof(*row); i++) {
		assert_true(conf_parse_number(row[i].text, &n));
		assert_true(n == row[i].n);
	}
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(conf_parse_number(bad[i], &n));
}

static void a_file_that_is_no_text_is_refused(void **state)
{
	static const struct conf_schema schema[] = { { .name = "c" }, { 0 } };
	struct why why = { "" };

	assert_null(conf_parse("x.conf", "c = 1\n\0\n", 8, schema, &why));
	assert_string_equal(why.text, "x.conf: not a text file");
}

static void a_path_without_models_is_an_error(void **state)
{
	struct why why = { "" };

	assert_null(vtl_models_load("/no/such/place", &why));
	assert_string_equal(why.text, "no models in /no/such/place");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_defect_is_refused_with_file_line_and_reason),
		cmocka_unit_test(no_cut_of_a_model_file_does_harm),
		cmocka_unit_test(no_changed_byte_of_a_model_file_does_harm),
		cmocka_unit_test(a_later_directory_replaces_a_model_and_may_inherit_from_what_it_replaces),
		cmocka_unit_test(pages_nearer_in_the_chain_of_inheritance_win),
		cmocka_unit_test(numbers_take_units),
		cmocka_unit_test(a_file_that_is_no_text_is_refused),
		cmocka_unit_test(a_path_without_models_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
