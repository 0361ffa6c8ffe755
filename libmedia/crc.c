/* SPDX-License-Identifier: GPL-2.0-only */
/* CRC32C through ISA-L. */
#include <isa-l/crc.h>

#include "crc.h"

uint32_t media_crc32c(uint32_t crc, const void *buf, size_t len)
{
	/* ISA-L takes an int, and a buffer that it does not change as not const. */
	const size_t most = 1u << 30;
	unsigned char *p = (unsigned char *)buf;

	crc = ~crc;
	while (len) {
		size_t n = len < most ? len : most;

		crc = crc32_iscsi(p, (int)n, crc);
		p += n;
		len -= n;
	}
	return ~crc;
}
