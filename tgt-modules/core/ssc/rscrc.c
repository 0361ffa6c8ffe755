/* SPDX-License-Identifier: GPL-2.0-only */
/* The Reed-Solomon CRC of ECMA-319, eight bytes at a time. */
/*
 * A block's bytes are the coefficients of a polynomial over GF(256), and the CRC is
 * its remainder by x^4 + 38h x^3 + CFh x^2 + 38h x + 1. The field's own polynomial is 11Dh.
 */
#include "rscrc.h"

#include "be.h"

#define FIELD		0x11du
#define GENERATOR	0x38cf3801u	/* without x^4 */

/* The product with x of four elements of the field at once. */
static uint32_t doubled(uint32_t v)
{
	return ((v & 0x7f7f7f7fu) << 1) ^ ((v >> 7 & 0x01010101u) * (FIELD & 0xff));
}

/*
 * step[k][b]: what a byte b becomes in the remainder when k more bytes follow it. All is linear: sums of the rows of
 * single bits.
 */
void rscrc_init(struct rscrc *rs)
{
	uint32_t row = GENERATOR;
	unsigned b, k;

	rs->step[0][0] = 0;
	for (b = 1; b < 256; b <<= 1, row = doubled(row)) {
		unsigned i;

		for (i = 0; i < b; i++)
			rs->step[0][b + i] = rs->step[0][i] ^ row;
	}
	for (k = 1; k < 8; k++) {
		for (b = 0; b < 256; b++) {
			uint32_t v = rs->step[k - 1][b];

			rs->step[k][b] = v << 8 ^ rs->step[0][v >> 24];
		}
	}
}

uint32_t rscrc(const struct rscrc *rs, uint32_t crc, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	for (; len >= 8; len -= 8, p += 8) {
		uint32_t a = crc ^ get_be32(p), b = get_be32(p + 4);

		crc = rs->step[7][a >> 24] ^ rs->step[6][a >> 16 & 0xff] ^ rs->step[5][a >> 8 & 0xff] ^
		      rs->step[4][a & 0xff] ^ rs->step[3][b >> 24] ^ rs->step[2][b >> 16 & 0xff] ^
		      rs->step[1][b >> 8 & 0xff] ^ rs->step[0][b & 0xff];
	}
	for (; len; len--)
		crc = crc << 8 ^ rs->step[0][crc >> 24 ^ *p++];
	return crc;
}
