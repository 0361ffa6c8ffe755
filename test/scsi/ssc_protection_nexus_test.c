/* SPDX-License-Identifier: GPL-2.0-only */
/* Logical block protection is each initiator's own; and as LTFS and CERN CTA use it. */
#include <stdlib.h>
#include <string.h>

#include "fake_dev.h"
#include "ssc_lbp.h"

/* ---- whose it is ---- */

EACH_DRIVE(each_initiator_has_its_own_protection)
{
	uint8_t block[BLOCK + 4];

	if (!lbp_has(w))
		return;
	lbp_protect(w->a, lbp_method(w, 0), LBP_W | LBP_R);
	expect_good(ssc_ready(w->b));		/* no unit attention */
	expect_u24(expect_good(ssc_mode(w->b, 0x0a, 0xf0)), 20, 0);
	expect_good(lbp_write(w->a, 1, lbp_method(w, 0)));
	expect_good(ssc_write(w->b, BLOCK, 2));
	expect_good(ssc_rewind(w->b));
	ssc_expect_block(w->b, BLOCK, 1);
	lbp_fill(block, BLOCK, 2, lbp_method(w, 0));
	expect_data(expect_good(ssc_read(w->a, 0, BLOCK + 4, BLOCK + 4)), block, BLOCK + 4);
}

EACH_DRIVE(a_reset_and_the_loss_of_the_nexus_end_protection_and_an_unload_does_not)
{
	if (!lbp_has(w))
		return;
	lbp_protect(w->a, lbp_method(w, 0), LBP_W | LBP_R);
	ssc_reinsert(w);
	expect_u8(expect_good(ssc_mode(w->a, 0x0a, 0xf0)), 22, LBP_W | LBP_R);
	vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
	sim_drain_attentions(w->a);
	expect_u24(expect_good(ssc_mode(w->a, 0x0a, 0xf0)), 20, 0);
	lbp_protect(w->a, lbp_method(w, 0), LBP_W | LBP_R);
	vtl_nexus_lost(w->a);
	w->a = sim_initiator(w->dev, 1);
	expect_u24(expect_good(ssc_mode(w->a, 0x0a, 0xf0)), 20, 0);
}

EACH_DRIVE(encrypted_blocks_are_protected_too)
{
	static const uint8_t key[32] = { 1, 2, 3 };
	uint8_t block[BLOCK + 4];

	if (!lbp_has(w) || !w->model->encryption)
		return;
	expect_good(ssc_set_key(w->a, SCOPE_OF_ONE, 0, CRYPT_ON, CRYPT_ON, key));
	lbp_protect(w->a, lbp_method(w, 0), LBP_W | LBP_R);
	lbp_fill(block, BLOCK, 1, lbp_method(w, 0));
	expect_good(lbp_write_bytes(w->a, block, BLOCK + 4));
	expect_good(ssc_rewind(w->a));
	expect_data(expect_good(ssc_read(w->a, 0, BLOCK + 4, BLOCK + 4)), block, BLOCK + 4);
}

/* Saves what one initiator has, with its Data Compression page or its Control Data Protection page. */
static void save_with(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage)
{
	struct io *now = expect_good(ssc_mode(nexus, page, subpage));
	uint8_t list[64];

	memcpy(list, now->in, now->cmd.in_used);
	list[0] = list[1] = 0;
	list[16] &= 0x7f;
	expect_good(io_out(nexus, list, now->cmd.in_used,
			   CDB(0x55, 0x11, 0, 0, 0, 0, 0, 0, (uint8_t)now->cmd.in_used, 0)));
}

static void protection_of_one_is_saved_for_others_only_if_its_page_says_so(void **state)
{
	struct ssc_world *w = ssc_open(ssc_some_model(), MEDIA_CODEC_ZLIB);
	static struct fake_state kept;
	struct vtl_nexus *c;

	memset(&kept, 0, sizeof(kept));
	fake_state_init(&kept);
	ssc_power_cycle(w, &kept.port);
	lbp_protect(w->a, TAPE_METHOD_CRC32C, LBP_W | LBP_R);
	save_with(w->a, 0x0f, 0);
	c = sim_initiator(w->dev, 7);
	expect_u8(expect_good(ssc_mode(c, 0x0a, 0xf0)), 22, 0);
	vtl_nexus_lost(c);
	save_with(w->a, 0x0a, 0xf0);
	c = sim_initiator(w->dev, 8);
	expect_u8(expect_good(ssc_mode(c, 0x0a, 0xf0)), 22, LBP_W | LBP_R);
	vtl_nexus_lost(c);
	ssc_power_cycle(w, &kept.port);
	expect_u8(expect_good(ssc_mode(w->b, 0x0a, 0xf0)), 20, TAPE_METHOD_CRC32C);
	ssc_end(w);
}

/* ---- what initiators send ---- */

static bool knows_ltfs(struct ssc_world *w)
{
	return lbp_has(w) && w->model->append_only && w->model->block_max >= 524288;
}

/* LTFS with scsi_lbprotect=on: CRC32C where the drive has it; its labels, an index, and how it reads both. */
EACH_DRIVE(ltfs_writes_its_labels_with_a_crc_each)
{
	enum { RECORD = 524288 };
	uint8_t method = w->model->lbp_crc32c ? w->model->lbp_crc32c_method : TAPE_METHOD_RSCRC;
	uint8_t label[84], *record;
	struct io *io;

	if (!knows_ltfs(w))
		return;
	record = malloc(RECORD + 4);
	assert_non_null(record);
	lbp_protect(w->a, method, LBP_W | LBP_R);
	lbp_fill(label, 80, 1, method);
	lbp_fill(record, RECORD, 2, method);
	expect_good(lbp_write_bytes(w->a, label, 84));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(lbp_write_bytes(w->a, record, RECORD + 4));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	io = expect_sense(ssc_read(w->a, 0, RECORD + 4, RECORD + 4), 0, 0, 0);
	expect_data(expect_info(expect_bits(io, SENSE_BIT_ILI), RECORD + 4 - 84), label, 84);
	expect_good(ssc_space(w->a, SPACE_FILEMARKS, 1));
	expect_data(expect_good(ssc_read(w->a, 0, RECORD + 4, RECORD + 4)), record, RECORD + 4);
	expect_good(lbp_select(w->a, 0, 0, 0));		/* at close */
	free(record);
}

/* CERN CTA: by the six-byte commands, CRC32C in both directions; blocks of 256 KiB; and off again. */
EACH_DRIVE(cta_protects_its_blocks_by_crc32c)
{
	enum { DATA = 262144 };
	struct io *now = io_in(w->a, 44, CDB(0x1a, 0, 0x0a, 0xf0, 44, 0));
	uint8_t list[44], *block;

	if (!w->model->lbp_crc32c || w->model->lbp_crc32c_method != TAPE_METHOD_CRC32C)
		return;
	expect_len(expect_good(now), 44);
	memcpy(list, now->in, sizeof(list));
	list[0] = 0;
	list[12] &= 0x7f;
	list[16] = TAPE_METHOD_CRC32C;
	list[17] = 4;
	list[18] = LBP_W | LBP_R;
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 44, 0)));
	block = malloc(DATA + 4);
	assert_non_null(block);
	lbp_fill(block, DATA, 3, TAPE_METHOD_CRC32C);
	expect_good(lbp_write_bytes(w->a, block, DATA + 4));
	expect_good(ssc_filemarks(w->a, 1));
	expect_good(ssc_rewind(w->a));
	expect_data(expect_good(ssc_read(w->a, 0, DATA + 4, DATA + 4)), block, DATA + 4);
	list[16] = list[17] = list[18] = 0;
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 44, 0)));
	expect_good(ssc_rewind(w->a));
	ssc_expect_block(w->a, DATA, 3);
	free(block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(each_initiator_has_its_own_protection),
		SSC_TEST(a_reset_and_the_loss_of_the_nexus_end_protection_and_an_unload_does_not),
		SSC_TEST(protection_of_one_is_saved_for_others_only_if_its_page_says_so),
		SSC_TEST(ltfs_writes_its_labels_with_a_crc_each),
		SSC_TEST(cta_protects_its_blocks_by_crc32c),
		SSC_TEST(encrypted_blocks_are_protected_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
