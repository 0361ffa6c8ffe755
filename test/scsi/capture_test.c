/* SPDX-License-Identifier: GPL-2.0-only */
/* Capture: the device that is made from a captured model file is the one that was captured, for every model. */
#include "smc_world.h"
#include "ssc_world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture_direct.h"

static char *capture_text(struct vtl_nexus *nexus, const struct vtl_models *models, const uint8_t *refused)
{
	struct why why = { "" };
	char *text = capture_directly(nexus, models, refused, &why);

	if (!text)
		fail_msg("%s", why.text);
	io_free_all();
	return text;
}

/* Everything there is with the captured model beside it. */
static struct vtl_models *models_with(const char *text)
{
	char path[] = "/tmp/vtl-captured-XXXXXX", dirs[256];
	int fd = mkstemp(path);
	struct why why = { "" };
	struct vtl_models *models;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(dirs, sizeof(dirs), "%s:%s", vtl_models_path(), path);
	models = vtl_models_load(dirs, &why);
	unlink(path);
	if (!models)
		fail_msg("%s\n%s", why.text, text);
	return models;
}

/* Says where they part. */
static void expect_same(const char *name, char *a, char *b)
{
	size_t at = 0, line;

	while (a[at] && a[at] == b[at])
		at++;
	for (line = at; line && a[line - 1] != '\n'; line--)
		;
	if (a[at] || b[at])
		fail_msg("%s: captured\n%.*s\nmade from it\n%.*s", name, (int)strcspn(a + line, "\n"), a + line,
			 (int)strcspn(b + line, "\n"), b + line);
	free(a);
	free(b);
}

static char *capture_less(const struct vtl_drive_model *model, const struct vtl_models *models, const char *serial,
			  const struct vtl_models *known, const uint8_t *refused)
{
	struct vtl_tape_config config = { .model = model, .models = models, .serial = serial,
					  .codec = MEDIA_CODEC_ZLIB };
	struct sim sim;
	struct vtl_dev *dev;
	struct vtl_nexus *nexus;
	char *text;

	sim_init(&sim);
	dev = vtl_tape_new(&sim.env, &config);
	assert_non_null(dev);
	nexus = sim_initiator(dev, 1);
	text = capture_text(nexus, known, refused);
	vtl_nexus_lost(nexus);
	vtl_tape_free(dev);
	return text;
}

static char *capture_drive(const struct vtl_drive_model *model, const struct vtl_models *models, const char *serial,
			   const struct vtl_models *known)
{
	return capture_less(model, models, serial, known, NULL);
}

static void a_drive_made_from_a_captured_model_is_the_same_to_the_byte(void **state)
{
	struct why why = { "" };
	struct vtl_models *known = vtl_models_load(NULL, &why), *made;
	const struct vtl_drive_model *model;
	char serial[40], *text, *again;

	assert_non_null(known);
	for (unsigned n = 0; (model = vtl_models_drive_at(known, n)); n++) {
		assert_true(vtl_model_serial(model->serial_format, 7654321, serial, sizeof(serial)));
		text = capture_drive(model, known, serial, known);
		made = models_with(text);
		assert_non_null(vtl_models_drive(made, "CAPTURED"));
		assert_true(vtl_model_serial(vtl_models_drive(made, "CAPTURED")->serial_format, 1234567, serial,
					     sizeof(serial)));
		again = capture_drive(vtl_models_drive(made, "CAPTURED"), made, serial, known);
		vtl_models_free(made);
		expect_same(model->name, text, again);
	}
	vtl_models_free(known);
}

static char *capture_changer(const struct vtl_library_model *model, const char *serial, const struct vtl_models *known)
{
	struct vtl_changer_config config = { .model = model, .serial = serial };
	struct fake_inventory fake;
	struct sim sim;
	struct vtl_dev *dev;
	struct vtl_nexus *nexus;
	char *text;

	sim_init(&sim);
	fake_inventory_init(&fake, model, 2, 6, model->import_export.max > 2 ? 2 : model->import_export.max);
	config.inventory = &fake.inventory;
	dev = vtl_changer_new(&sim.env, &config);
	assert_non_null(dev);
	nexus = sim_initiator(dev, 1);
	text = capture_text(nexus, known, NULL);
	vtl_nexus_lost(nexus);
	vtl_changer_free(dev);
	fake_inventory_free(&fake);
	return text;
}

static void a_changer_made_from_a_captured_model_is_the_same_to_the_byte(void **state)
{
	struct why why = { "" };
	struct vtl_models *known = vtl_models_load(NULL, &why), *made;
	const struct vtl_library_model *model;
	char serial[40], *text, *again;

	assert_non_null(known);
	for (unsigned n = 0; (model = vtl_models_library_at(known, n)); n++) {
		assert_true(vtl_model_serial(model->serial_format, 7654321, serial, sizeof(serial)));
		text = capture_changer(model, serial, known);
		made = models_with(text);
		assert_non_null(vtl_models_library(made, "CAPTURED"));
		assert_true(vtl_model_serial(vtl_models_library(made, "CAPTURED")->serial_format, 1234567, serial,
					     sizeof(serial)));
		again = capture_changer(vtl_models_library(made, "CAPTURED"), serial, known);
		vtl_models_free(made);
		expect_same(model->name, text, again);
	}
	vtl_models_free(known);
}

static void medium_types_that_a_drive_reports_are_captured_and_reported_again(void **state)
{
	struct why why = { "" };
	char own[512], bytes[2 * MODEL_MEDIUM_TYPE_LEN + 1];
	struct vtl_models *known = vtl_models_load(NULL, &why), *models, *made;
	char *text, *again;

	for (unsigned i = 0; i < MODEL_MEDIUM_TYPE_LEN; i++)
		snprintf(bytes + 2 * i, 3, "%02X", i + 1);
	snprintf(own, sizeof(own), "drive \"OWN\" {\n\tinherit = \"IBM-LTO8\"\n\tmedium_types = \"%s\"\n}\n", bytes);
	models = models_with(own);
	text = capture_drive(vtl_models_drive(models, "OWN"), models, "10WT000001", known);
	assert_non_null(strstr(text, "medium_types = \"01020304 05060708"));
	made = models_with(text);
	again = capture_drive(vtl_models_drive(made, "CAPTURED"), made, "10WT000002", known);
	expect_same("OWN", text, again);
	vtl_models_free(made);
	vtl_models_free(models);
	vtl_models_free(known);
}

/* Older drives know no MEDIUM TYPE in REPORT DENSITY SUPPORT, or do not say which commands they have. */
static void what_a_drive_refuses_to_tell_is_left_out_and_the_rest_is_the_same(void **state)
{
	static const struct {
		uint8_t command[2];
		const char *absent;
	} rows[] = { { { 0x44, 0x02 }, "medium_types" }, { { 0xa3, 0x0c }, "commands = " } };
	struct why why = { "" };
	struct vtl_models *known = vtl_models_load(NULL, &why), *made;
	const struct vtl_drive_model *model;
	char *text, *again;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (unsigned n = 0; (model = vtl_models_drive_at(known, n)); n += 7) {
			text = capture_less(model, known, "10WT000001", known, rows[i].command);
			assert_null(strstr(text, rows[i].absent));
			made = models_with(text);
			again = capture_less(vtl_models_drive(made, "CAPTURED"), made, "10WT000001", known,
					     rows[i].command);
			expect_same(model->name, text, again);
			vtl_models_free(made);
		}
	}
	vtl_models_free(known);
}

static void timeouts_that_a_device_reports_are_captured_and_reported_again(void **state)
{
	static const char own[] = "library \"OWN\" {\n\tinherit = \"GENERIC\"\n"
				  "\tcommands = { \"00:3:33\", \"03\", \"12\", \"1A:70000:80000\", \"4D\", \"A3/0C\", "
				  "\"B8:1:2\" }\n}\n";
	struct why why = { "" };
	struct vtl_models *known = vtl_models_load(NULL, &why), *models = models_with(own), *made;
	char *text = capture_changer(vtl_models_library(models, "OWN"), "559000000001", known), *again;

	assert_non_null(strstr(text, "\"00:3:33\""));
	assert_non_null(strstr(text, "\"1A:70000:80000\""));
	assert_non_null(strstr(text, "\"B8:1:2\""));
	made = models_with(text);
	again = capture_changer(vtl_models_library(made, "CAPTURED"), "559000000001", known);
	expect_same("OWN", text, again);
	vtl_models_free(made);
	vtl_models_free(models);
	vtl_models_free(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drive_made_from_a_captured_model_is_the_same_to_the_byte),
		cmocka_unit_test(a_changer_made_from_a_captured_model_is_the_same_to_the_byte),
		cmocka_unit_test(medium_types_that_a_drive_reports_are_captured_and_reported_again),
		cmocka_unit_test(what_a_drive_refuses_to_tell_is_left_out_and_the_rest_is_the_same),
		cmocka_unit_test(timeouts_that_a_device_reports_are_captured_and_reported_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
