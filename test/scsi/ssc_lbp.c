/* SPDX-License-Identifier: GPL-2.0-only */
/* Logical block protection as tests of drives use it: switched on, and blocks with their CRC. */
#include "ssc_lbp.h"

#include <string.h>

#include "crc.h"

bool lbp_has(struct ssc_world *w)
{
	return w->model->lbp_rscrc || w->model->lbp_crc32c;
}

uint8_t lbp_method(struct ssc_world *w, unsigned n)
{
	if (w->model->lbp_rscrc && n-- == 0)
		return TAPE_METHOD_RSCRC;
	return w->model->lbp_crc32c && n == 0 ? w->model->lbp_crc32c_method : 0;
}

struct io *lbp_select(struct vtl_nexus *nexus, uint8_t method, uint8_t length, uint8_t when)
{
	struct io *now = expect_good(ssc_mode(nexus, 0x0a, 0xf0));
	uint32_t len = now->cmd.in_used;
	uint8_t list[64];

	memcpy(list, now->in, len);
	list[0] = list[1] = 0;
	list[16] &= 0x7f;
	list[20] = method;
	list[21] = length;
	list[22] = when;
	return io_out(nexus, list, len, CDB(0x55, 0x10, 0, 0, 0, 0, 0, 0, (uint8_t)len, 0));
}

void lbp_protect(struct vtl_nexus *nexus, uint8_t method, uint8_t when)
{
	expect_good(lbp_select(nexus, method, 4, when));
}

uint32_t lbp_rscrc(const uint8_t *p, uint32_t len)
{
	uint32_t crc = 0;

	while (len--) {
		uint32_t row = 0x38cf3801;
		uint8_t top = (uint8_t)(crc >> 24 ^ *p++);

		crc <<= 8;
		for (; top; top >>= 1) {
			if (top & 1)
				crc ^= row;
			row = ((row & 0x7f7f7f7f) << 1) ^ ((row >> 7 & 0x01010101) * 0x1d);
		}
	}
	return crc;
}

void lbp_put(uint8_t *block, uint32_t len, uint8_t method)
{
	if (method == TAPE_METHOD_RSCRC)
		put_be32(block + len, lbp_rscrc(block, len));
	else
		put_be32(block + len, __builtin_bswap32(media_crc32c(0, block, len)));
}

void lbp_fill(uint8_t *block, uint32_t len, unsigned fill, uint8_t method)
{
	ssc_fill(block, len, fill);
	lbp_put(block, len, method);
}

struct io *lbp_write_bytes(struct vtl_nexus *nexus, const uint8_t *data, uint32_t len)
{
	return io_out(nexus, data, len, CDB(0x0a, 0, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len, 0));
}

struct io *lbp_write(struct vtl_nexus *nexus, unsigned fill, uint8_t method)
{
	uint8_t block[BLOCK + 4];

	lbp_fill(block, BLOCK, fill, method);
	return lbp_write_bytes(nexus, block, sizeof(block));
}
