/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands of the tape drive's tests by name: the same for a drive in this process and for one behind tgtd. */
#include "ssc_world.h"

#include <stdlib.h>
#include <string.h>

void ssc_fill(uint8_t *buf, uint32_t len, unsigned fill)
{
	uint64_t x = fill * 0x9e3779b97f4a7c15u + 1;

	if (fill < NOT_COMPRESSIBLE) {
		memset(buf, (int)fill, len);
		return;
	}
	for (uint32_t i = 0; i < len; i += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(buf + i, &x, len - i < 8 ? len - i : 8);
	}
}

static struct io *write_blocks(struct vtl_nexus *nexus, bool fixed, uint32_t count, uint32_t len, unsigned fill)
{
	uint8_t cdb[6] = { 0x0a, fixed };
	uint8_t *buf = malloc((size_t)count * len + 1);
	struct io *io;

	assert_non_null(buf);
	for (uint32_t i = 0; i < count; i++)
		ssc_fill(buf + (size_t)i * len, len, fill + i);
	put_be24(cdb + 2, fixed ? count : len);
	io = io_out(nexus, buf, count * len, cdb, sizeof(cdb));
	free(buf);
	return io;
}

struct io *ssc_write(struct vtl_nexus *nexus, uint32_t len, unsigned fill)
{
	return write_blocks(nexus, false, 1, len, fill);
}

struct io *ssc_write_fixed(struct vtl_nexus *nexus, uint32_t count, uint32_t len, unsigned fill)
{
	return write_blocks(nexus, true, count, len, fill);
}

struct io *ssc_read(struct vtl_nexus *nexus, unsigned flags, uint32_t length, uint32_t in_len)
{
	uint8_t cdb[6] = { 0x08, (uint8_t)flags };

	put_be24(cdb + 2, length);
	return io_in(nexus, in_len, cdb, sizeof(cdb));
}

void ssc_expect_block(struct vtl_nexus *nexus, uint32_t len, unsigned fill)
{
	uint8_t *buf = malloc(len);

	assert_non_null(buf);
	ssc_fill(buf, len, fill);
	expect_data(expect_good(ssc_read(nexus, 0, len, len)), buf, len);
	free(buf);
}

struct io *ssc_filemarks(struct vtl_nexus *nexus, uint32_t count)
{
	uint8_t cdb[6] = { 0x10 };

	put_be24(cdb + 2, count);
	return io(nexus, cdb, sizeof(cdb));
}

struct io *ssc_rewind(struct vtl_nexus *nexus)
{
	return io(nexus, CDB(0x01, 0, 0, 0, 0, 0));
}

struct io *ssc_space(struct vtl_nexus *nexus, unsigned code, int32_t count)
{
	uint8_t cdb[6] = { 0x11, (uint8_t)code };

	put_be24(cdb + 2, (uint32_t)count & 0xffffff);
	return io(nexus, cdb, sizeof(cdb));
}

struct io *ssc_space_16(struct vtl_nexus *nexus, unsigned code, int64_t count)
{
	uint8_t cdb[16] = { 0x91, (uint8_t)code };

	put_be64(cdb + 4, (uint64_t)count);
	return io(nexus, cdb, sizeof(cdb));
}

struct io *ssc_locate(struct vtl_nexus *nexus, unsigned type, uint64_t id)
{
	uint8_t cdb[16] = { 0x92, (uint8_t)(type << 3) };

	put_be64(cdb + 4, id);
	return io(nexus, cdb, sizeof(cdb));
}

struct io *ssc_locate_partition(struct vtl_nexus *nexus, unsigned partition, uint64_t object)
{
	uint8_t cdb[16] = { 0x92, 0x02, 0, (uint8_t)partition };

	put_be64(cdb + 4, object);
	return io(nexus, cdb, sizeof(cdb));
}

struct io *ssc_position(struct vtl_nexus *nexus)
{
	return expect_good(io_in(nexus, 32, CDB(0x34, 0x06, 0, 0, 0, 0, 0, 0, 0, 0)));
}

uint64_t ssc_object(struct vtl_nexus *nexus)
{
	return io_uint(ssc_position(nexus), 8, 8);
}

struct io *ssc_select_block(struct vtl_nexus *nexus, uint32_t block_length, unsigned buffered)
{
	uint8_t list[12] = { 0, 0, (uint8_t)(buffered << 4), 8 };

	put_be24(list + 9, block_length);
	return io_out(nexus, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 12, 0));
}

void ssc_set_block(struct vtl_nexus *nexus, uint32_t block_length)
{
	expect_good(ssc_select_block(nexus, block_length, 1));
}

struct io *ssc_ready(struct vtl_nexus *nexus)
{
	return io(nexus, CDB(0x00, 0, 0, 0, 0, 0));
}

struct io *ssc_mode(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage)
{
	return io_in(nexus, 4096, CDB(0x5a, 0, page, subpage, 0, 0, 0, 0x10, 0, 0));
}

bool ssc_has_mode(struct ssc_world *w, uint8_t page, uint8_t subpage)
{
	return ssc_mode(w->a, page, subpage)->cmd.status == SAM_GOOD;
}

struct io *ssc_mode_set(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage, unsigned at, uint8_t value)
{
	const struct io *now = expect_good(ssc_mode(nexus, page, subpage));
	uint8_t list[256], cdb[10] = { 0x55, 0x10 };
	uint32_t len = now->cmd.in_used;

	assert_true(len <= sizeof(list) && 16 + at < len);
	memcpy(list, now->in, len);
	list[0] = list[1] = 0;
	list[16] &= 0x7f;	/* PS */
	list[16 + at] = value;
	put_be16(cdb + 7, (uint16_t)len);
	return io_out(nexus, list, len, cdb, sizeof(cdb));
}

struct io *ssc_log(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage)
{
	return io_in(nexus, 4096, CDB(0x4d, 0, (uint8_t)(0x40 | page), subpage, 0, 0, 0, 0x10, 0, 0));
}

unsigned ssc_log_param(const struct io *page, uint16_t code, unsigned *len)
{
	unsigned at = 4;

	while (at + 4 <= page->cmd.in_used) {
		*len = page->in[at + 3];
		if (io_uint(page, at, 2) == code)
			return at + 4;
		at += 4 + *len;
	}
	fail_msg("no parameter %04x in log page %02x", code, page->in[0]);
	return 0;
}

uint64_t ssc_log_value(const struct io *page, uint16_t code)
{
	unsigned len, at = ssc_log_param(page, code, &len);

	return io_uint(page, at, len);
}

struct io *ssc_attribute(struct vtl_nexus *nexus, unsigned partition, uint16_t id)
{
	uint8_t cdb[16] = { 0x8c, [7] = (uint8_t)partition };

	put_be16(cdb + 8, id);
	put_be32(cdb + 10, 4096);
	return io_in(nexus, 4096, cdb, sizeof(cdb));
}

unsigned ssc_write_to_early_warning(struct ssc_world *w, uint32_t len)
{
	unsigned n = 0;

	for (;;) {
		struct io *io = ssc_write(w->a, len, NOT_COMPRESSIBLE + n);

		n++;
		if (io->cmd.status == SAM_GOOD) {
			assert_true((uint64_t)n * len <= TEST_CAPACITY);
			continue;
		}
		expect_sense(io, 0x0, 0x00, 0x02);
		return n;
	}
}

struct io *ssc_set_key(struct vtl_nexus *nexus, unsigned scope, uint8_t flags, unsigned encrypt, unsigned decrypt,
		       const uint8_t *key)
{
	/* Drives of this family decrypt only with a key that has a name. */
	uint8_t len = strcmp(ssc_model()->family, "t10000") ? 52 : 57;
	uint8_t p[57] = { 0x00, 0x10, [8] = 1, [19] = 32, [55] = 1, [56] = 'k' };

	p[3] = (uint8_t)(len - 4);
	p[4] = (uint8_t)(scope << 5);
	p[5] = (uint8_t)(flags & 0xc0 ? flags : 0x40 | flags);
	p[6] = (uint8_t)encrypt;
	p[7] = (uint8_t)decrypt;
	memcpy(p + 20, key, 32);
	return io_out(nexus, p, len, CDB(0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, len, 0, 0));
}

struct io *ssc_security_in(struct vtl_nexus *nexus, uint8_t protocol, uint8_t page)
{
	return io_in(nexus, 1024, CDB(0xa2, protocol, 0, page, 0, 0, 0, 0, 4, 0, 0, 0));
}
