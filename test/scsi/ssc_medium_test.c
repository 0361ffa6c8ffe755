/* SPDX-License-Identifier: GPL-2.0-only */
/* What is in the drive: loading, unloading, preventing, refusing, cleaning, and who is told of it. */
#include <string.h>

#include "ssc_world.h"

static struct io *load_unload(struct vtl_nexus *nexus, unsigned immed, unsigned what)
{
	uint8_t cdb[6] = { 0x1b, (uint8_t)immed, 0, 0, (uint8_t)what };

	return io(nexus, cdb, sizeof(cdb));
}

enum { LOAD = 1, RETEN = 2, EOT = 4, HOLD = 8 };

EACH_EMPTY_DRIVE(an_empty_drive_has_no_medium)
{
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
	expect_sense(ssc_read(w->a, 0, 10, 10), 2, 0x3a, 0);
	expect_sense(ssc_write(w->a, 10, 1), 2, 0x3a, 0);
	expect_sense(ssc_filemarks(w->a, 1), 2, 0x3a, 0);
	expect_sense(ssc_rewind(w->a), 2, 0x3a, 0);
	expect_sense(ssc_space(w->a, SPACE_EOD, 0), 2, 0x3a, 0);
	expect_sense(ssc_space_16(w->a, SPACE_EOD, 0), 2, 0x3a, 0);
	expect_sense(ssc_locate(w->a, LOCATE_TO_OBJECT, 0), 2, 0x3a, 0);
	expect_sense(io(w->a, CDB(0x2b, 0, 0, 0, 0, 0, 0, 0, 0, 0)), 2, 0x3a, 0);
	expect_sense(io_in(w->a, 32, CDB(0x34, 6, 0, 0, 0, 0, 0, 0, 0, 0)), 2, 0x3a, 0);
	expect_sense(io(w->a, CDB(0x19, 0, 0, 0, 0, 0)), 2, 0x3a, 0);
	expect_sense(ssc_attribute(w->a, 0, 0), 2, 0x3a, 0);
	expect_sense(load_unload(w->a, 0, LOAD), 2, 0x3a, 0);
	expect_sense(load_unload(w->a, 0, 0), 2, 0x3a, 0);
	expect_sense(io_in(w->a, 64, CDB(0x44, 1, 0, 0, 0, 0, 0, 0, 64, 0)), 2, 0x3a, 0);
}

EACH_EMPTY_DRIVE(an_empty_drive_tells_who_it_is)
{
	expect_good(io_in(w->a, 6, CDB(0x05, 0, 0, 0, 0, 0)));
	expect_good(io_in(w->a, 255, CDB(0x12, 0, 0, 0, 255, 0)));
	expect_good(io_in(w->a, 255, CDB(0x44, 0, 0, 0, 0, 0, 0, 0, 255, 0)));
	expect_good(ssc_mode(w->a, 0x3f, 0xff));
	expect_good(ssc_log(w->a, 0x0c, 0));
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_EMPTY);
}

EACH_EMPTY_DRIVE(every_initiator_learns_of_a_cartridge_that_was_put_in)
{
	ssc_insert_store(w, ssc_cartridge(w, &(struct ssc_cartridge){ 0 }));
	expect_sense(ssc_ready(w->a), 6, 0x28, 0);
	expect_good(ssc_ready(w->a));
	expect_sense(ssc_ready(w->b), 6, 0x28, 0);
	expect_good(ssc_ready(w->b));
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_READY);
}

EACH_EMPTY_DRIVE(while_a_cartridge_is_loading_the_drive_is_becoming_ready)
{
	w->sim.hold_jobs = true;
	ssc_insert_store(w, ssc_cartridge(w, &(struct ssc_cartridge){ 0 }));
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_LOADING);
	expect_sense(ssc_ready(w->a), 2, 4, 1);
	expect_sense(ssc_read(w->a, 0, 10, 10), 2, 4, 1);
	expect_sense(load_unload(w->a, 0, LOAD), 2, 4, 1);
	expect_sense(load_unload(w->a, 0, 0), 2, 4, 1);
	expect_good(io_in(w->a, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	expect_u16(expect_good(io_in(w->a, 18, CDB(0x03, 0, 0, 0, 18, 0))), 12, 0x0401);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	assert_true(w->done);
	expect_sense(ssc_ready(w->a), 6, 0x28, 0);
	expect_good(ssc_ready(w->a));
}

EACH_DRIVE(after_an_unload_there_is_no_medium_until_a_load)
{
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(load_unload(w->a, 0, 0));
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_UNLOADED);
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
	expect_good(load_unload(w->a, 0, LOAD));
	expect_good(ssc_ready(w->a));
	ssc_expect_block(w->a, 100, 1);
}

EACH_DRIVE(an_unload_with_hold_keeps_the_cartridge_and_asks_for_a_load)
{
	expect_good(load_unload(w->a, 0, HOLD));
	expect_sense(ssc_ready(w->a), 2, 4, 2);
	expect_good(load_unload(w->a, 0, LOAD | HOLD));
	expect_sense(ssc_ready(w->a), 2, 4, 2);
	expect_good(load_unload(w->a, 0, LOAD));
	expect_good(ssc_ready(w->a));
}

EACH_DRIVE(the_others_learn_of_a_load_and_who_asked_for_it_does_not)
{
	expect_good(load_unload(w->a, 0, 0));
	expect_good(load_unload(w->a, 0, LOAD));
	expect_good(ssc_ready(w->a));
	expect_sense(ssc_ready(w->b), 6, 0x28, 0);
}

EACH_DRIVE(a_load_of_what_is_loaded_goes_to_the_beginning_of_partition_0)
{
	expect_good(ssc_write(w->a, 100, 1));
	expect_good(load_unload(w->a, 0, LOAD | RETEN));
	assert_int_equal(ssc_object(w->a), 0);
	expect_good(ssc_ready(w->b));
}

EACH_DRIVE(an_unload_of_what_is_unloaded_is_good)
{
	expect_good(load_unload(w->a, 0, 0));
	expect_good(load_unload(w->a, 0, 0));
}

EACH_DRIVE(load_and_unload_take_immed)
{
	expect_good(load_unload(w->a, 1, 0));
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
	expect_good(load_unload(w->a, 1, LOAD));
	sim_drain_attentions(w->a);
	expect_good(ssc_ready(w->a));
}

EACH_DRIVE(lto_drives_refuse_eot)
{
	if (!strstr(w->model->family, "lto"))
		return;
	expect_bad_cdb(load_unload(w->a, 0, EOT), 4, 2);
	expect_good(ssc_ready(w->a));
}

static struct io *prevent(struct vtl_nexus *nexus, unsigned how)
{
	uint8_t cdb[6] = { 0x1e, 0, 0, 0, (uint8_t)how };

	return expect_good(io(nexus, cdb, sizeof(cdb)));
}

EACH_DRIVE(no_one_unloads_while_some_initiator_prevents_removal)
{
	prevent(w->a, 1);
	assert_true(w->drive->ops->removal_prevented(w->drive));
	expect_sense(load_unload(w->b, 0, 0), 5, 0x53, 2);
	expect_sense(load_unload(w->a, 0, 0), 5, 0x53, 2);
	expect_good(ssc_ready(w->a));
	prevent(w->b, 1);
	prevent(w->a, 0);
	expect_sense(load_unload(w->a, 0, 0), 5, 0x53, 2);
	prevent(w->b, 0);
	assert_false(w->drive->ops->removal_prevented(w->drive));
	expect_good(load_unload(w->a, 0, 0));
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 10), 1);
}

EACH_EMPTY_DRIVE(a_drive_that_expects_its_cartridge_is_becoming_ready)
{
	w->drive->ops->expect(w->drive);
	expect_sense(ssc_ready(w->a), 2, 0x04, 1);
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	expect_good(ssc_ready(w->a));
}

EACH_DRIVE(an_eject_leaves_an_empty_drive)
{
	expect_good(ssc_write(w->a, 100, 1));
	ssc_eject(w);
	assert_int_equal(w->err, MEDIA_OK);
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_EMPTY);
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
}

EACH_DRIVE(commands_behind_an_eject_find_an_empty_drive)
{
	struct io *rewind;

	w->sim.hold_jobs = true;
	ssc_eject(w);
	rewind = io_start(w->a, CDB(1, 0, 0, 0, 0, 0), NULL, 0, 0);
	assert_false(io_done(rewind));
	assert_string_equal(w->drive->ops->activity(w->drive), "unloading");
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	assert_true(w->done);
	expect_sense(rewind, 2, 0x3a, 0);
}

EACH_EMPTY_DRIVE(a_cartridge_of_another_generation_is_refused_and_comes_out_again)
{
	const struct vtl_medium_model *m;
	unsigned refused = 0;

	for (unsigned n = 0; (m = vtl_models_medium_at(w->models, n)); n++) {
		if (m->cleaning || vtl_drive_access(w->model, m->name, MEDIA_DATA) != VTL_ACCESS_NONE)
			continue;
		refused++;
		ssc_insert_store(w, ssc_cartridge(w, &(struct ssc_cartridge){ .form = m->name }));
		assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_REFUSED);
		expect_sense(ssc_ready(w->a), 2, 0x30, 0);
		expect_sense(ssc_read(w->a, 0, 10, 10), 2, 0x30, 0);
		expect_sense(load_unload(w->a, 0, LOAD), 2, 0x30, 0);
		assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 12), 1);
		ssc_eject(w);
		assert_int_equal(w->err, MEDIA_OK);
	}
	assert_true(refused > 0);
}

static const char *cleaning_form(const struct vtl_drive_model *model)
{
	for (unsigned i = 0; i < model->media_count; i++)
		if (model->media[i].medium->cleaning)
			return model->media[i].medium->name;
	fail_msg("%s takes no cleaning cartridge", model->name);
	return NULL;
}

EACH_EMPTY_DRIVE(a_cleaning_cartridge_cleans_and_is_no_medium)
{
	ssc_insert_store(w, ssc_cartridge(w, &(struct ssc_cartridge){ .form = cleaning_form(w->model),
								     .kind = MEDIA_CLEANING }));
	expect_sense(ssc_ready(w->a), 2, 0x30, 3);
	expect_sense(ssc_write(w->a, 10, 1), 2, 0x30, 3);
	assert_int_equal(ssc_log_value(expect_good(ssc_log(w->a, 0x2e, 0)), 11), 1);
	ssc_eject(w);
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
}

EACH_EMPTY_DRIVE(what_is_no_cartridge_of_ours_is_refused_as_an_unknown_format)
{
	struct media_store *store;
	static const char zeros[4096];

	assert_int_equal(media_store_memory(&store), 0);
	assert_int_equal(store->ops->replace(store, "cartridge", zeros, sizeof(zeros)), 0);
	ssc_insert_store(w, store);
	assert_int_equal(w->drive->ops->state(w->drive), VTL_DRIVE_REFUSED);
	assert_int_not_equal(ssc_ready(w->a)->cmd.status, SAM_GOOD);
	assert_true(strstr(w->sim.log, "cannot load the cartridge"));
	ssc_eject(w);
}

EACH_EMPTY_DRIVE(a_cartridge_whose_store_cannot_be_opened_is_refused)
{
	ssc_insert_store(w, NULL);
	expect_sense(ssc_ready(w->a), 3, 0x53, 0);
	assert_true(strstr(w->sim.log, "no such cartridge"));
	ssc_eject(w);
	expect_sense(ssc_ready(w->a), 2, 0x3a, 0);
}

EACH_DRIVE(a_reset_keeps_the_cartridge_and_its_position_and_gives_default_mode_parameters)
{
	expect_good(ssc_write(w->a, 100, 1));
	ssc_set_block(w->a, 512);
	prevent(w->a, 1);
	vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
	expect_sense(ssc_ready(w->a), 6, 0x29, 3);
	sim_drain_attentions(w->a);
	assert_int_equal(ssc_object(w->a), 1);
	expect_u24(expect_good(ssc_mode(w->a, 0x10, 0)), 13, 0);
	expect_good(load_unload(w->a, 0, 0));
}

EACH_DRIVE(the_drive_tells_what_it_is_doing)
{
	assert_string_equal(w->drive->ops->activity(w->drive), "idle");
	expect_good(ssc_write(w->a, 100, 1));
	assert_string_equal(w->drive->ops->activity(w->drive), "idle");
	expect_good(load_unload(w->a, 0, 0));
	assert_string_equal(w->drive->ops->activity(w->drive), "unloaded");
	ssc_eject(w);
	assert_string_equal(w->drive->ops->activity(w->drive), "empty");
	assert_string_equal(w->drive->ops->serial(w->drive), "10WT000001");
}

EACH_EMPTY_DRIVE(a_null_cartridge_keeps_positions_and_no_data)
{
	static uint8_t zeros[60000];

	ssc_insert(w, &(struct ssc_cartridge){ .kind = MEDIA_NULL });
	for (unsigned i = 1; i <= 20; i++)
		expect_good(ssc_write(w->a, 1000 * i, NOT_COMPRESSIBLE + i));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_write(w->a, 500, 1));
	expect_good(ssc_locate(w->a, LOCATE_TO_OBJECT, 7));
	expect_data(expect_good(ssc_read(w->a, 0, 8000, 8000)), zeros, 8000);
	expect_info(expect_bits(ssc_read(w->a, 0, 60000, 60000), SENSE_BIT_ILI), 60000 - 9000);
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, 1));
	assert_int_equal(ssc_object(w->a), 21);
	ssc_reinsert(w);
	expect_data(expect_good(ssc_read(w->a, 0, 1000, 1000)), zeros, 1000);
	expect_good(ssc_rewind(w->a));
	assert_in_range(ssc_write_to_early_warning(w, 65536), (TEST_CAPACITY - TEST_EARLY_WARNING) / 65536,
			(TEST_CAPACITY - TEST_EARLY_WARNING) / 65536 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(an_empty_drive_has_no_medium),
		SSC_TEST(an_empty_drive_tells_who_it_is),
		SSC_TEST(a_drive_that_expects_its_cartridge_is_becoming_ready),
		SSC_TEST(every_initiator_learns_of_a_cartridge_that_was_put_in),
		SSC_TEST(while_a_cartridge_is_loading_the_drive_is_becoming_ready),
		SSC_TEST(after_an_unload_there_is_no_medium_until_a_load),
		SSC_TEST(an_unload_with_hold_keeps_the_cartridge_and_asks_for_a_load),
		SSC_TEST(the_others_learn_of_a_load_and_who_asked_for_it_does_not),
		SSC_TEST(a_load_of_what_is_loaded_goes_to_the_beginning_of_partition_0),
		SSC_TEST(an_unload_of_what_is_unloaded_is_good),
		SSC_TEST(load_and_unload_take_immed),
		SSC_TEST(lto_drives_refuse_eot),
		SSC_TEST(no_one_unloads_while_some_initiator_prevents_removal),
		SSC_TEST(an_eject_leaves_an_empty_drive),
		SSC_TEST(commands_behind_an_eject_find_an_empty_drive),
		SSC_TEST(a_cartridge_of_another_generation_is_refused_and_comes_out_again),
		SSC_TEST(a_cleaning_cartridge_cleans_and_is_no_medium),
		SSC_TEST(a_null_cartridge_keeps_positions_and_no_data),
		SSC_TEST(what_is_no_cartridge_of_ours_is_refused_as_an_unknown_format),
		SSC_TEST(a_cartridge_whose_store_cannot_be_opened_is_refused),
		SSC_TEST(a_reset_keeps_the_cartridge_and_its_position_and_gives_default_mode_parameters),
		SSC_TEST(the_drive_tells_what_it_is_doing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
