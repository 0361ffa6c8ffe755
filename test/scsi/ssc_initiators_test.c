/* SPDX-License-Identifier: GPL-2.0-only */
/* Real initiators' sequences, and two initiators at one drive. */
#include <string.h>

#include "ssc_world.h"

/* ---- the Linux st driver ---- */

EACH_EMPTY_DRIVE(st_opens_the_drive_after_a_load)
{
	struct vtl_nexus *st = sim_nexus(w->dev, 3);

	ssc_insert_store(w, ssc_cartridge(w, &(struct ssc_cartridge){ 0 }));
	for (unsigned tries = 0; ssc_ready(st)->cmd.status != SAM_GOOD; tries++)
		assert_true(tries < 10);
	expect_len(expect_good(io_in(st, 6, CDB(0x05, 0, 0, 0, 0, 0))), 6);
	expect_u8(expect_good(io_in(st, 12, CDB(0x1a, 0, 0, 0, 12, 0))), 3, 8);
	vtl_nexus_lost(st);
}

EACH_DRIVE(tar_writes_and_reads_an_archive_through_st)
{
	for (unsigned i = 0; i < 8; i++)
		expect_good(ssc_write(w->a, 10240, i));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	for (unsigned i = 0; i < 8; i++)
		ssc_expect_block(w->a, 10240, i);
	expect_bits(expect_sense(ssc_read(w->a, 0, 10240, 10240), 0, 0, 1), SENSE_BIT_FILEMARK);
	expect_info(expect_sense(ssc_read(w->a, 0, 10240, 10240), 8, 0, 5), 10240);
}

EACH_DRIVE(mt_tell_and_seek_use_the_device_specific_form)
{
	expect_good(ssc_write(w->a, 10, 1));
	expect_good(ssc_write(w->a, 10, 2));
	expect_u32(expect_good(io_in(w->a, 20, CDB(0x34, 1, 0, 0, 0, 0, 0, 0, 0, 0))), 4, 2);
	expect_good(io(w->a, CDB(0x2b, 4, 0, 0, 0, 0, 1, 0, 0, 0)));
	ssc_expect_block(w->a, 10, 2);
}

EACH_DRIVE(mt_asf_goes_to_the_files_of_a_tape)
{
	for (unsigned i = 0; i < 4; i++) {
		expect_good(ssc_write(w->a, 100, i));
		expect_good(ssc_filemarks(w->a, 1));
	}
	for (int i = 3; i >= 0; i--) {
		expect_good(ssc_rewind(w->a));
		if (i)
			expect_good(ssc_space(w->a, SPACE_FILEMARKS, i));
		ssc_expect_block(w->a, 100, (unsigned)i);
	}
}

EACH_DRIVE(mt_compression_and_setblk_change_what_st_reads_back)
{
	ssc_set_block(w->a, 32768);
	expect_u24(expect_good(io_in(w->a, 12, CDB(0x1a, 0, 0, 0, 12, 0))), 9, 32768);
	expect_good(ssc_mode_set(w->a, 0x0f, 0, 2, 0x40));
	expect_u8(expect_good(io_in(w->a, 64, CDB(0x1a, 8, 0x0f, 0, 64, 0))), 4 + 2, 0x40);
}

/* ---- LTFS ---- */

EACH_DRIVE(ltfs_opens_and_loads_the_drive)
{
	const struct io *opcodes = expect_good(io_in(w->a, 4096, CDB(0xa3, 0x0c, 0x80, 0, 0, 0, 0, 0, 0x10, 0, 0, 0)));
	const struct io *mode;

	if (!ssc_has_mode(w, 0x10, 0x01) || !ssc_has_mode(w, 0x0a, 0xf0))
		return;		/* older than LTFS */
	assert_true(opcodes->cmd.in_used < 4096);
	assert_int_equal(io_uint(opcodes, 0, 4) % 20, 0);
	expect_good(ssc_ready(w->a));
	expect_good(io_in(w->a, 255, CDB(0x12, 0, 0, 0, 255, 0)));
	expect_good(io_in(w->a, 255, CDB(0x12, 1, 0x80, 0, 255, 0)));
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0),
			   CDB(0x5f, 6, 0, 0, 0, 0, 0, 0, 24, 0)));
	expect_good(io_out(w->a, BYTES(1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			   CDB(0x5f, 1, 3, 0, 0, 0, 0, 0, 24, 0)));
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 1, 0)));
	expect_len(ssc_position(w->a), 32);
	assert_true(io_uint(expect_good(io_in(w->a, 6, CDB(0x05, 0, 0, 0, 0, 0))), 1, 3) >= 524288);
	mode = expect_good(io_in(w->a, 255, CDB(0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 255, 0)));
	assert_int_equal(mode->in[2], w->medium->medium_type);
	assert_int_equal(mode->in[8], w->medium->density);
	expect_len(expect_good(io_in(w->a, 48, CDB(0x5a, 0, 0x10, 0x01, 0, 0, 0, 0, 48, 0))), 48);
	expect_len(expect_good(io_in(w->a, 48, CDB(0x5a, 0, 0x0a, 0xf0, 0, 0, 0, 0, 48, 0))), 48);
	expect_len(expect_good(io_in(w->a, 32, CDB(0x5a, 0, 0x0f, 0, 0, 0, 0, 0, 32, 0))), 32);
	expect_good(ssc_attribute(w->a, 0, 0x0009));
	expect_good(io(w->a, CDB(0x1e, 0, 0, 0, 1, 0)));
}

EACH_DRIVE(ltfs_switches_logical_block_protection_off_at_every_load)
{
	const struct io *now = ssc_mode(w->a, 0x0a, 0xf0);
	uint8_t list[48];

	if (!ssc_has_mode(w, 0x0a, 0xf0))
		return;
	if (now->cmd.in_used != sizeof(list))
		return;		/* none that LTFS knows */
	memcpy(list, now->in, sizeof(list));
	list[0] = list[1] = 0;
	list[16] &= 0x7f;
	list[20] = list[21] = list[22] = 0;
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, 48, 0)));
	list[21] = 4;
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, 48, 0)));
}

EACH_DRIVE(ltfs_reads_its_labels_by_unusual_sizes)
{
	struct io *io;

	if (w->model->block_max < 524288)
		return;		/* none that LTFS knows */
	expect_good(ssc_write(w->a, 80, 1));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	io = ssc_read(w->a, 0, 524288, 524288);
	expect_len(expect_info(expect_bits(expect_sense(io, 0, 0, 0), SENSE_BIT_ILI), 524288 - 80), 80);
	expect_good(ssc_rewind(w->a));
	expect_len(expect_good(ssc_read(w->a, RW_SILI, 524288, 524288)), 80);
}

EACH_DRIVE(ltfs_locates_end_of_data_with_all_ones)
{
	expect_good(ssc_write(w->a, 80, 1));
	expect_good(ssc_rewind(w->a));
	expect_sense(ssc_locate(w->a, LOCATE_TO_OBJECT, UINT64_MAX), 8, 0, 5);
	assert_int_equal(ssc_object(w->a), 1);
}

/* ---- two initiators ---- */

EACH_DRIVE(the_position_is_the_drives_not_the_initiators)
{
	expect_good(ssc_write(w->a, 10, 1));
	expect_good(ssc_write(w->b, 10, 2));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->b, 10, 1);
	ssc_expect_block(w->a, 10, 2);
}

/* Commands of each reservation class, as another initiator sends them. */
static void expect_reserved(struct ssc_world *w, bool read_refused, bool ready_refused)
{
	uint8_t read = read_refused ? SAM_RESERVATION_CONFLICT : SAM_GOOD;

	expect_conflict(ssc_write(w->b, 10, 1));
	expect_conflict(ssc_filemarks(w->b, 1));
	expect_conflict(io(w->b, CDB(0x19, 0, 0, 0, 0, 0)));
	expect_conflict(io(w->b, CDB(0x1b, 0, 0, 0, 0, 0)));
	expect_conflict(ssc_select_block(w->b, 0, 1));
	expect_status(ssc_rewind(w->b), read);
	expect_status(ssc_locate(w->b, LOCATE_TO_OBJECT, 0), read);
	expect_status(io_in(w->b, 32, CDB(0x34, 6, 0, 0, 0, 0, 0, 0, 0, 0)), read);
	expect_status(ssc_read(w->b, 0, 10, 10), read);
	expect_status(ssc_ready(w->b), ready_refused ? SAM_RESERVATION_CONFLICT : SAM_GOOD);
	expect_good(io_in(w->b, 6, CDB(0x05, 0, 0, 0, 0, 0)));
	expect_good(io_in(w->b, 64, CDB(0x44, 0, 0, 0, 0, 0, 0, 0, 64, 0)));
	expect_good(io_in(w->b, 96, CDB(0x12, 0, 0, 0, 96, 0)));
	expect_good(ssc_log(w->b, 0x2e, 0));
	assert_int_equal(ssc_object(w->a), 1);
}

EACH_DRIVE(a_reserved_drive_lets_no_other_in)
{
	expect_good(ssc_write(w->a, 10, 1));
	expect_good(io(w->a, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_reserved(w, true, true);
	expect_good(io(w->a, CDB(0x17, 0, 0, 0, 0, 0)));
	expect_good(ssc_write(w->b, 10, 1));
}

static void reserve_persistently(struct ssc_world *w, unsigned type)
{
	uint8_t cdb[10] = { 0x5f, 1, (uint8_t)type, [8] = 24 };

	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0),
			   CDB(0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0)));
	expect_good(io_out(w->a, BYTES(0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			   cdb, sizeof(cdb)));
}

EACH_DRIVE(exclusive_access_lets_no_other_read_or_write)
{
	expect_good(ssc_write(w->a, 10, 1));
	reserve_persistently(w, 3);
	expect_reserved(w, true, false);
}

EACH_DRIVE(write_exclusive_lets_others_read)
{
	expect_good(ssc_write(w->a, 10, 1));
	reserve_persistently(w, 1);
	expect_reserved(w, false, false);
}

EACH_DRIVE(commands_of_two_initiators_run_in_the_order_in_which_they_came)
{
	struct io *unload, *write, *rewind;

	expect_good(ssc_write(w->a, 10, 1));
	w->sim.hold_jobs = true;
	unload = io_start(w->a, CDB(0x1b, 0, 0, 0, 0, 0), NULL, 0, 0);
	write = io_start(w->b, CDB(0x0a, 0, 0, 0, 1, 0), BYTES(7), 0);
	rewind = io_start(w->a, CDB(1, 0, 0, 0, 0, 0), NULL, 0, 0);
	assert_false(io_done(unload) || io_done(write) || io_done(rewind));
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	expect_good(unload);
	expect_sense(write, 2, 0x3a, 0);
	expect_sense(rewind, 2, 0x3a, 0);
}

EACH_DRIVE(an_aborted_command_ends_when_its_work_has_ended)
{
	struct io *unload;

	w->sim.hold_jobs = true;
	unload = io_start(w->a, CDB(0x1b, 0, 0, 0, 0, 0), NULL, 0, 0);
	vtl_dev_abort(w->dev, &unload->cmd);
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	expect_status(unload, SAM_TASK_ABORTED);
	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 1, 0)));
	expect_good(ssc_ready(w->a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(st_opens_the_drive_after_a_load),
		SSC_TEST(tar_writes_and_reads_an_archive_through_st),
		SSC_TEST(mt_tell_and_seek_use_the_device_specific_form),
		SSC_TEST(mt_asf_goes_to_the_files_of_a_tape),
		SSC_TEST(mt_compression_and_setblk_change_what_st_reads_back),
		SSC_TEST(ltfs_opens_and_loads_the_drive),
		SSC_TEST(ltfs_switches_logical_block_protection_off_at_every_load),
		SSC_TEST(ltfs_reads_its_labels_by_unusual_sizes),
		SSC_TEST(ltfs_locates_end_of_data_with_all_ones),
		SSC_TEST(the_position_is_the_drives_not_the_initiators),
		SSC_TEST(a_reserved_drive_lets_no_other_in),
		SSC_TEST(exclusive_access_lets_no_other_read_or_write),
		SSC_TEST(write_exclusive_lets_others_read),
		SSC_TEST(commands_of_two_initiators_run_in_the_order_in_which_they_came),
		SSC_TEST(an_aborted_command_ends_when_its_work_has_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
