/* SPDX-License-Identifier: GPL-2.0-only */
/* CRC32C: through ISA-L where the processor has an instruction for it, else sixteen bytes at a time by tables. */
#include <stdbool.h>

#include <isa-l/crc.h>

#include "crc.h"

#define SLICE 16

/* The CRC is linear: what a byte adds is the sum of what its bits add, from the lowest on. */
#define SUM1(x, a) (x), (x) ^ (a)
#define SUM2(x, a, b) SUM1(x, a), SUM1((x) ^ (b), a)
#define SUM3(x, a, b, c) SUM2(x, a, b), SUM2((x) ^ (c), a, b)
#define SUM4(x, a, b, c, d) SUM3(x, a, b, c), SUM3((x) ^ (d), a, b, c)
#define SUM5(x, a, b, c, d, e) SUM4(x, a, b, c, d), SUM4((x) ^ (e), a, b, c, d)
#define SUM6(x, a, b, c, d, e, f) SUM5(x, a, b, c, d, e), SUM5((x) ^ (f), a, b, c, d, e)
#define SUM7(x, a, b, c, d, e, f, g) SUM6(x, a, b, c, d, e, f), SUM6((x) ^ (g), a, b, c, d, e, f)
#define ROW(a, b, c, d, e, f, g, h) { SUM7(0u, a, b, c, d, e, f, g), SUM7(0u ^ (h), a, b, c, d, e, f, g) }

/* What a byte adds that so many others follow. */
static const uint32_t after[SLICE][256] = {
	ROW(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78),
	ROW(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302, 0xff17c604, 0xfbc3faf9),
	ROW(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14, 0xc76580d9, 0x8b277743),
	ROW(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b, 0xaba65fe7, 0x52a0c93f),
	ROW(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557, 0x37516aae, 0x6ea2d55c),
	ROW(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d, 0x0e045beb, 0x1c08b7d6),
	ROW(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a, 0xf56e0ef4),
	ROW(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599, 0x1a00cb32, 0x34019664),
	ROW(0xf43ed648, 0xed91da61, 0xdecfc233, 0xb873f297, 0x750b93df, 0xea1727be, 0xd1c2398d, 0xa66805eb),
	ROW(0xcb567ba5, 0x934081bb, 0x236d7587, 0x46daeb0e, 0x8db5d61c, 0x1e87dac9, 0x3d0fb592, 0x7a1f6b24),
	ROW(0x9771f7c1, 0x2b0f9973, 0x561f32e6, 0xac3e65cc, 0x5d90bd69, 0xbb217ad2, 0x73ae8355, 0xe75d06aa),
	ROW(0x3171d430, 0x62e3a860, 0xc5c750c0, 0x8e62d771, 0x1929d813, 0x3253b026, 0x64a7604c, 0xc94ec098),
	ROW(0x30d23865, 0x61a470ca, 0xc348e194, 0x837db5d9, 0x03171d43, 0x062e3a86, 0x0c5c750c, 0x18b8ea18),
	ROW(0x54075546, 0xa80eaa8c, 0x55f123e9, 0xabe247d2, 0x5228f955, 0xa451f2aa, 0x4d4f93a5, 0x9a9f274a),
	ROW(0x678efd01, 0xcf1dfa02, 0x9bd782f5, 0x3243731b, 0x6486e636, 0xc90dcc6c, 0x97f7ee29, 0x2a03aaa3),
	ROW(0xf20c0dfe, 0xe1f46d0d, 0xc604aceb, 0x89e52f27, 0x162628bf, 0x2c4c517e, 0x5898a2fc, 0xb13145f8),
};

/* Four bytes, that so many others follow; the first byte in the lowest place. */
static inline uint32_t four(uint32_t v, unsigned follow)
{
	return after[follow + 3][v & 0xff] ^ after[follow + 2][v >> 8 & 0xff] ^ after[follow + 1][v >> 16 & 0xff] ^
	       after[follow][v >> 24];
}

static inline uint32_t load_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t media_crc32c_by_table(uint32_t crc, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	crc = ~crc;
	for (; len >= SLICE; len -= SLICE, p += SLICE)
		crc = four(load_le32(p) ^ crc, 12) ^ four(load_le32(p + 4), 8) ^ four(load_le32(p + 8), 4) ^
		      four(load_le32(p + 12), 0);
	while (len--)
		crc = crc >> 8 ^ after[0][(crc ^ *p++) & 0xff];
	return ~crc;
}

static uint32_t by_instruction(uint32_t crc, const void *buf, size_t len)
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

/* Without the instruction ISA-L goes byte by byte. */
static bool has_instruction(void)
{
#ifdef __x86_64__
	return __builtin_cpu_supports("sse4.2");
#else
	return true;
#endif
}

uint32_t media_crc32c(uint32_t crc, const void *buf, size_t len)
{
	return has_instruction() ? by_instruction(crc, buf, len) : media_crc32c_by_table(crc, buf, len);
}
