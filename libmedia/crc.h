/* SPDX-License-Identifier: GPL-2.0-only */
/* CRC32C, the checksum of everything that libmedia stores. */
#ifndef MEDIA_CRC_H
#define MEDIA_CRC_H

#include <stddef.h>
#include <stdint.h>

/*
 * The CRC32C (Castagnoli) of `len` bytes that follow those whose CRC is `crc` (0: none before), so that
 * media_crc32c(media_crc32c(0, a), b) is that of a and b together. The CRC of "123456789" is E3069283h.
 */
uint32_t media_crc32c(uint32_t crc, const void *buf, size_t len);
/* The same on a processor without an instruction for it. */
uint32_t media_crc32c_by_table(uint32_t crc, const void *buf, size_t len);

#endif
