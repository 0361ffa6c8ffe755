/* SPDX-License-Identifier: GPL-2.0-only */
/* Logical block protection as tests of drives use it: switched on, and blocks with their CRC. */
#ifndef TEST_SSC_LBP_H
#define TEST_SSC_LBP_H

#include "tape_impl.h"
#include "ssc_world.h"

enum { LBP_W = 0x80, LBP_R = 0x40, RBDP = 0x20 };
#define BLOCK	1000u

bool lbp_has(struct ssc_world *w);
/* The nth method of the drive; 0: there is none. */
uint8_t lbp_method(struct ssc_world *w, unsigned n);
/* MODE SELECT of the Control Data Protection page; the same, which has to be GOOD. */
struct io *lbp_select(struct vtl_nexus *nexus, uint8_t method, uint8_t length, uint8_t when);
void lbp_protect(struct vtl_nexus *nexus, uint8_t method, uint8_t when);
/* A CRC as its definition says it, bit by bit, by no table. */
uint32_t lbp_rscrc(const uint8_t *p, uint32_t len);
/* Puts the protection information behind `len` bytes; fills them before. */
void lbp_put(uint8_t *block, uint32_t len, uint8_t method);
void lbp_fill(uint8_t *block, uint32_t len, unsigned fill, uint8_t method);
/* WRITE(6) of these bytes; of a block of BLOCK bytes with its CRC. */
struct io *lbp_write_bytes(struct vtl_nexus *nexus, const uint8_t *data, uint32_t len);
struct io *lbp_write(struct vtl_nexus *nexus, unsigned fill, uint8_t method);

#endif
