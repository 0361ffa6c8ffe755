/* SPDX-License-Identifier: GPL-2.0-only */
/* What must hold for every device on the engine, but for mode pages: commands, truncation, VPD and log pages. */
#include <stdlib.h>
#include <string.h>

#include "scsi_invariants.h"

/* A CDB of a row with nothing but its operation code and service action. */
static void base_cdb(const struct vtl_op *op, uint8_t cdb[16])
{
	memset(cdb, 0, 16);
	cdb[0] = op->opcode;
	if (op->sa != VTL_NO_SA)
		cdb[1] = (uint8_t)op->sa;
}

static uint8_t used_bits(const struct vtl_op *op, unsigned byte)
{
	return op->usage[byte] | (byte == 1 && op->sa != VTL_NO_SA ? 0x1f : 0);
}

void inv_reserved_bits(struct vtl_nexus *nexus)
{
	const struct vtl_op *op;

	for (op = vtl_op_next(nexus->dev, NULL); op; op = vtl_op_next(nexus->dev, op)) {
		unsigned byte;
		int bit;

		assert_int_equal(used_bits(op, op->len - 1u), 0);
		for (byte = 1; byte < op->len; byte++) {
			for (bit = 0; bit < 8; bit++) {
				uint8_t cdb[16];

				if (used_bits(op, byte) & 1u << bit)
					continue;
				base_cdb(op, cdb);
				cdb[byte] |= (uint8_t)(1u << bit);
				expect_bad_cdb(io_in(nexus, 512, cdb, op->len), byte, bit);
			}
		}
	}
}

void inv_short_cdbs(struct vtl_nexus *nexus)
{
	const struct vtl_op *op;

	for (op = vtl_op_next(nexus->dev, NULL); op; op = vtl_op_next(nexus->dev, op)) {
		unsigned len;

		for (len = 1; len < op->len; len++) {
			uint8_t cdb[16];
			bool no_sa = len == 1 && op->sa != VTL_NO_SA;

			base_cdb(op, cdb);
			expect_bad_cdb(io_in(nexus, 512, cdb, len), no_sa ? 1 : len, no_sa ? 4 : -1);
		}
	}
	expect_sense(io(nexus, NULL, 0), 5, 0x20, 0x00);
}

void inv_unknown_commands(struct vtl_nexus *nexus)
{
	unsigned opcode, sa;

	for (opcode = 0; opcode <= 0xff; opcode++) {
		uint8_t cdb[16] = { (uint8_t)opcode };
		bool has_sa = vtl_op_has_sa(nexus->dev, (uint8_t)opcode);

		if (!has_sa && !vtl_op_get(nexus->dev, (uint8_t)opcode, VTL_NO_SA))
			expect_sense(io_in(nexus, 64, cdb, 16), 5, 0x20, 0x00);
		for (sa = 0; has_sa && sa < 32; sa++) {
			cdb[1] = (uint8_t)sa;
			if (!vtl_op_get(nexus->dev, (uint8_t)opcode, (int)sa))
				expect_bad_cdb(io_in(nexus, 64, cdb, 16), 1, 4);
		}
	}
}

/* ---- REPORT SUPPORTED OPERATION CODES ---- */

static struct io *report_opcodes(struct vtl_nexus *nexus, uint8_t options, uint8_t opcode, uint16_t sa)
{
	return io_in(nexus, 8192, CDB(0xa3, 0x0c, options, opcode, (uint8_t)(sa >> 8), (uint8_t)sa, 0, 0, 0x20, 0,
				      0, 0));
}

/* One row's own answer: usage mask and timeouts; options that do not fit it. */
static void check_one(struct vtl_nexus *nexus, const struct vtl_op *op)
{
	bool sa = op->sa != VTL_NO_SA;
	uint16_t action = sa ? (uint16_t)op->sa : 0;
	struct io *io = expect_good(report_opcodes(nexus, 0x80 | (sa ? 2 : 1), op->opcode, action));
	unsigned i;

	expect_len(io, 4u + op->len + 12);
	expect_u16(io, 0, 0x0083);
	expect_u16(io, 2, op->len);
	expect_u8(io, 4, op->opcode);
	for (i = 1; i < op->len; i++) {
		uint8_t want = used_bits(op, i);

		if (i == 1 && sa)
			want = (uint8_t)((want & 0xe0) | op->sa);
		expect_u8(io, 4 + i, want);
	}
	expect_u16(io, 4u + op->len, 10);
	expect_u32(io, 4u + op->len + 8, op->recommended);
	io = expect_good(report_opcodes(nexus, 3, op->opcode, action));
	expect_u16(io, 0, 0x0003);
	expect_len(io, 4u + op->len);
	if (sa || !vtl_op_has_sa(nexus->dev, op->opcode))
		expect_bad_cdb(report_opcodes(nexus, sa ? 1 : 2, op->opcode, action), 3, 7);
}

void inv_report_opcodes(struct vtl_nexus *nexus)
{
	struct io *io = expect_good(report_opcodes(nexus, 0x80, 0, 0));
	const struct vtl_op *op;
	unsigned at = 4, opcode;

	/* LTFS's buffer, and how it knows that each command has its timeouts */
	assert_true(io->cmd.in_used < 4096);
	assert_int_equal((io->cmd.in_used - 4) % 20, 0);
	expect_u32(io, 0, io->cmd.in_used - 4);
	for (op = vtl_op_next(nexus->dev, NULL); op; op = vtl_op_next(nexus->dev, op), at += 20) {
		bool sa = op->sa != VTL_NO_SA;

		expect_u8(io, at, op->opcode);
		expect_u16(io, at + 2, sa ? (uint16_t)op->sa : 0);
		expect_u8(io, at + 5, sa ? 0x03 : 0x02);
		expect_u16(io, at + 6, op->len);
		expect_u16(io, at + 8, 10);
		expect_u32(io, at + 12, op->nominal);
		expect_u32(io, at + 16, op->recommended);
		assert_true(op->recommended && op->recommended >= op->nominal);
		assert_int_equal(vtl_dev_direction(nexus->dev, (const uint8_t[]){ op->opcode, (uint8_t)op->sa }, 2),
				 op->direction);
		check_one(nexus, op);
	}
	assert_int_equal(at, io->cmd.in_used);
	for (opcode = 0; opcode <= 0xff; opcode++) {
		if (vtl_op_has_sa(nexus->dev, (uint8_t)opcode) || vtl_op_get(nexus->dev, (uint8_t)opcode, VTL_NO_SA))
			continue;
		expect_u16(expect_good(report_opcodes(nexus, 1, (uint8_t)opcode, 0)), 0, 0x0001);
		expect_u16(expect_good(report_opcodes(nexus, 3, (uint8_t)opcode, 0)), 0, 0x0001);
	}
	for (at = 4; at < 8; at++)
		expect_bad_cdb(report_opcodes(nexus, (uint8_t)at, 0, 0), 2, 2);
}

/* ---- truncation ---- */

static void set_allocation(uint8_t *cdb, unsigned at, unsigned bytes, uint32_t n)
{
	while (bytes--) {
		cdb[at + bytes] = (uint8_t)n;
		n >>= 8;
	}
}

void inv_truncates(struct vtl_nexus *nexus, const uint8_t *cdb_in, unsigned cdb_len, unsigned at, unsigned bytes)
{
	uint32_t most = bytes >= 2 ? 0xffff : 0xff, n;
	uint8_t cdb[16] = { 0 };
	struct io *whole;
	uint8_t *data;

	memcpy(cdb, cdb_in, cdb_len);
	set_allocation(cdb, at, bytes, most);
	whole = expect_good(io_in(nexus, most, cdb, cdb_len));
	most = whole->cmd.in_used;
	assert_true(most > 0);
	data = malloc(most);
	assert_non_null(data);
	memcpy(data, whole->in, most);
	for (n = 0; n <= most; n++) {
		set_allocation(cdb, at, bytes, n);
		expect_data(expect_good(io_in(nexus, most + 8, cdb, cdb_len)), data, n);
		set_allocation(cdb, at, bytes, bytes >= 2 ? 0xffff : 0xff);
		expect_data(expect_good(io_in(nexus, n, cdb, cdb_len)), data, n);
	}
	free(data);
}

/* ---- VPD ---- */

static struct io *inquiry(struct vtl_nexus *nexus, uint8_t evpd, uint8_t page)
{
	return io_in(nexus, 0xffff, CDB(0x12, evpd, page, 0xff, 0xff, 0));
}

void inv_vpd_pages(struct vtl_nexus *nexus)
{
	struct io *list = expect_good(inquiry(nexus, 1, 0x00));
	unsigned i, page;
	int last = -1;
	bool listed[256] = { false };

	for (i = 4; i < list->cmd.in_used; i++) {
		assert_true((int)io_uint(list, i, 1) > last);
		last = (int)io_uint(list, i, 1);
		listed[last] = true;
	}
	/* 83h is mandatory since SPC-3; StorageTek's L series, of SPC, has none */
	assert_true(listed[0x00] && (listed[0x83] || expect_good(inquiry(nexus, 0, 0))->in[2] < 5));
	for (page = 0; page <= 0xff; page++) {
		struct io *io = inquiry(nexus, 1, (uint8_t)page);

		if (!listed[page]) {
			expect_bad_cdb(io, 2, 7);
			continue;
		}
		expect_good(io);
		expect_u8(io, 0, nexus->dev->type->peripheral);
		expect_u8(io, 1, page);
		expect_u16(io, 2, io->cmd.in_used - 4);
		if (page)
			expect_bad_cdb(inquiry(nexus, 0, (uint8_t)page), 2, 7);
		inv_truncates(nexus, CDB(0x12, 1, (uint8_t)page, 0, 0, 0), 3, 2);
	}
	expect_u8(expect_good(inquiry(nexus, 0, 0)), 4, VTL_INQUIRY_LEN - 5);
	inv_truncates(nexus, CDB(0x12, 0, 0, 0, 0, 0), 3, 2);
}

/* ---- log pages ---- */

#define LOG_ROOM	0xffff

static struct io *log_sense(struct vtl_nexus *nexus, uint32_t room, unsigned pc, uint8_t page, uint8_t subpage,
			    uint16_t from)
{
	return io_in(nexus, room, CDB(0x4d, 0, (uint8_t)(pc << 6 | page), subpage, 0, (uint8_t)(from >> 8),
					(uint8_t)from, 0xff, 0xff, 0));
}

/* Parameters are whole and ascend; from each one on, the rest is the same; beyond the last there is nothing. */
static void check_params(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage)
{
	struct io *io = expect_good(log_sense(nexus, LOG_ROOM, 1, page, subpage, 0));
	unsigned at = 4, pc;
	int last = -1;

	while (at < io->cmd.in_used) {
		int code = (int)io_uint(io, at, 2);
		struct io *rest;

		assert_true(code > last);
		last = code;
		rest = expect_good(log_sense(nexus, LOG_ROOM, 1, page, subpage, (uint16_t)code));
		expect_len(rest, io->cmd.in_used - at + 4);
		assert_int_equal(io_uint(rest, 4, 2), code);
		at += 4 + (unsigned)io_uint(io, at + 3, 1);
	}
	assert_int_equal(at, io->cmd.in_used);
	if (last >= 0 && last < 0xffff)
		expect_bad_cdb(log_sense(nexus, LOG_ROOM, 1, page, subpage, (uint16_t)(last + 1)), 5, 7);
	for (pc = 0; pc < 4; pc++)
		expect_len(expect_good(log_sense(nexus, LOG_ROOM, pc, page, subpage, 0)), io->cmd.in_used);
}

static void check_log_page(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage)
{
	struct io *io = expect_good(log_sense(nexus, LOG_ROOM, 1, page, subpage, 0));

	expect_u8(io, 0, 0x80u | (subpage ? 0x40 : 0) | page);
	expect_u8(io, 1, subpage);
	expect_u16(io, 2, io->cmd.in_used - 4);
	if (subpage != 0xff && (page || subpage))
		check_params(nexus, page, subpage);
	inv_truncates(nexus, CDB(0x4d, 0, 0x40 | page, subpage, 0, 0, 0, 0, 0, 0), 7, 2);
}

void inv_log_pages(struct vtl_nexus *nexus)
{
	struct io *pages = expect_good(log_sense(nexus, LOG_ROOM, 1, 0, 0, 0));
	struct io *all = expect_good(log_sense(nexus, LOG_ROOM, 1, 0, 0xff, 0));
	bool listed[0x40][0x100];
	unsigned i, page, subpage, plain = 0;
	int last = -1;

	memset(listed, 0, sizeof(listed));
	for (i = 4; i + 1 < all->cmd.in_used; i += 2) {
		page = (unsigned)io_uint(all, i, 1);
		assert_true((int)io_uint(all, i, 2) > last && page < 0x40);
		if ((int)page != last >> 8) {
			assert_int_equal(io_uint(pages, 4 + plain, 1), page);
			plain++;
		}
		last = (int)io_uint(all, i, 2);
		listed[page][last & 0xff] = true;
	}
	expect_len(pages, 4 + plain);
	assert_true(listed[0][0] && listed[0][0xff]);
	for (page = 0; page < 0x40; page++) {
		for (subpage = 0; subpage < 0x100; subpage++) {
			if (listed[page][subpage])
				check_log_page(nexus, (uint8_t)page, (uint8_t)subpage);
			else
				expect_sense(log_sense(nexus, 64, 1, (uint8_t)page, (uint8_t)subpage, 0), 5, 0x24, 0);
		}
	}
}

void invariants(struct vtl_nexus *nexus)
{
	sim_drain_attentions(nexus);
	inv_reserved_bits(nexus);
	inv_short_cdbs(nexus);
	inv_unknown_commands(nexus);
	inv_report_opcodes(nexus);
	inv_vpd_pages(nexus);
	inv_log_pages(nexus);
	inv_mode_pages(nexus);
	inv_truncates(nexus, CDB(0x03, 0, 0, 0, 0, 0), 4, 1);
	inv_truncates(nexus, CDB(0xa3, 0x0c, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0), 6, 4);
	inv_truncates(nexus, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 6, 4);
	inv_truncates(nexus, CDB(0x5e, 0x00, 0, 0, 0, 0, 0, 0, 0, 0), 7, 2);
	inv_truncates(nexus, CDB(0x5e, 0x02, 0, 0, 0, 0, 0, 0, 0, 0), 7, 2);
}
