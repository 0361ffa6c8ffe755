/* SPDX-License-Identifier: GPL-2.0-only */
/* The Reed-Solomon CRC of ECMA-319, by which LTO drives protect logical blocks. */
#ifndef SSC_RSCRC_H
#define SSC_RSCRC_H

#include <stddef.h>
#include <stdint.h>

/* Tables: 8 KiB, filled once by rscrc_init() and only read after that. */
struct rscrc {
	uint32_t step[8][256];
};

void rscrc_init(struct rscrc *rs);
/*
 * The CRC of `len` bytes that follow those whose CRC is `crc` (0: none before). Its most significant byte is the first
 * one behind a block.
 */
uint32_t rscrc(const struct rscrc *rs, uint32_t crc, const void *buf, size_t len);

#endif
