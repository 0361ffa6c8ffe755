/* SPDX-License-Identifier: GPL-2.0-only */
/* Data compression: hosts switch it on and off, and what it means can change while a cartridge is in the drive. */
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "ssc_world.h"

#define BLOCK	(16 * KIB)

/* The codecs of the blocks in the first segment, in order (FORMAT.md "Record"); returns how many there are. */
static unsigned codecs(struct ssc_world *w, uint8_t *codec, unsigned most)
{
	uint8_t *log;
	size_t len;
	unsigned n = 0;

	expect_good(ssc_filemarks(w->a, 0));
	assert_int_equal(media_store_read(w->store, "p0-00000001.log", 64 << 20, &log, &len), 0);
	for (size_t at = 4096; at + 80 <= len && n < most && !memcmp(log + at, "VTLR", 4);) {
		if (log[at + 5] == 1)
			codec[n++] = log[at + 6];
		at += (80 + get_be32(log + at + 28) + get_be32(log + at + 56) + 15) & ~(size_t)15;
	}
	free(log);
	return n;
}

/* Data Compression (0Fh): DCE. */
static void switch_compression(struct ssc_world *w, bool on)
{
	const struct io *now = expect_good(ssc_mode(w->a, 0x0f, 0));
	uint8_t list[32];

	assert_int_equal(now->cmd.in_used, sizeof(list));
	memcpy(list, now->in, sizeof(list));
	list[0] = list[1] = 0;
	list[16] &= 0x7f;
	list[18] = (uint8_t)((list[18] & 0x7f) | (on ? 0x80 : 0));
	expect_good(io_out(w->a, list, sizeof(list), CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, sizeof(list), 0)));
}

SOME_EMPTY_DRIVE(a_codec_is_for_blocks_that_are_written_from_then_on)
{
	static const enum media_codec order[] = { MEDIA_CODEC_ZLIB, MEDIA_CODEC_LZ4, MEDIA_CODEC_ZSTD, MEDIA_CODEC_LZO,
						  MEDIA_CODEC_NONE };
	uint8_t codec[8];

	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	for (unsigned i = 0; i < 5; i++) {
		vtl_tape_set_codec(w->dev, order[i], 0);
		expect_good(ssc_write(w->a, BLOCK, i + 1));
	}
	assert_int_equal(codecs(w, codec, 8), 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(codec[i], order[i]);
	expect_good(ssc_rewind(w->a));
	for (unsigned i = 0; i < 5; i++)
		ssc_expect_block(w->a, BLOCK, i + 1);
}

SOME_EMPTY_DRIVE(hosts_switch_whatever_codec_it_is)
{
	uint8_t codec[4];

	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	switch_compression(w, false);
	vtl_tape_set_codec(w->dev, MEDIA_CODEC_LZ4, 0);
	expect_good(ssc_write(w->a, BLOCK, 1));
	switch_compression(w, true);
	expect_good(ssc_write(w->a, BLOCK, 2));
	assert_int_equal(codecs(w, codec, 4), 2);
	assert_int_equal(codec[0], MEDIA_CODEC_NONE);
	assert_int_equal(codec[1], MEDIA_CODEC_LZ4);
}

SOME_EMPTY_DRIVE(an_empty_drive_keeps_it_for_the_next_cartridge)
{
	uint8_t codec[2];

	vtl_tape_set_codec(w->dev, MEDIA_CODEC_ZSTD, 3);
	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	expect_good(ssc_write(w->a, BLOCK, 1));
	assert_int_equal(codecs(w, codec, 2), 1);
	assert_int_equal(codec[0], MEDIA_CODEC_ZSTD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_codec_is_for_blocks_that_are_written_from_then_on),
		SSC_TEST(hosts_switch_whatever_codec_it_is),
		SSC_TEST(an_empty_drive_keeps_it_for_the_next_cartridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
