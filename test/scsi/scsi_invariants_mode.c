/* SPDX-License-Identifier: GPL-2.0-only */
/* What must hold for the mode pages of every device on the engine. */
#include <stdlib.h>
#include <string.h>

#include "scsi_invariants.h"

#define PAGE_MAX	512

/* One page as MODE SENSE(10) has it: current bytes, mask, defaults. */
struct page {
	uint8_t code, subcode, bytes[PAGE_MAX], mask[PAGE_MAX], standard[PAGE_MAX];
	unsigned len, header;
};

static struct io *mode_sense10(struct vtl_nexus *nexus, unsigned pc, uint8_t page, uint8_t subpage, bool dbd)
{
	return io_in(nexus, 4096, CDB(0x5a, dbd ? 0x08 : 0, (uint8_t)(pc << 6 | page), subpage, 0, 0, 0, 0x10, 0, 0));
}

/* All pages and subpages as one PC has them: a copy, since many commands follow. */
struct pages {
	uint8_t *data;
	unsigned len;
};

static struct pages all_pages(struct vtl_nexus *nexus, unsigned pc, uint8_t subpage)
{
	struct io *io = expect_good(mode_sense10(nexus, pc, 0x3f, subpage, true));
	struct pages pages = { malloc(io->cmd.in_used), io->cmd.in_used };

	expect_u16(io, 0, io->cmd.in_used - 2);
	expect_u16(io, 6, 0);
	assert_non_null(pages.data);
	memcpy(pages.data, io->in, pages.len);
	return pages;
}

/* Takes the page at an offset. */
static void take_page(const struct pages *from, unsigned at, uint8_t *bytes, struct page *page)
{
	const uint8_t *p = from->data + at;
	bool spf = p[0] & 0x40;

	assert_true(at + 4 <= from->len);
	page->header = spf ? 4 : 2;
	page->len = page->header + (spf ? get_be16(p + 2) : p[1]);
	assert_true(page->len <= PAGE_MAX && at + page->len <= from->len);
	memcpy(bytes, p, page->len);
	page->code = p[0] & 0x3f;
	page->subcode = spf ? p[1] : 0;
}

/* A parameter list of one page, no block descriptor; data-in of MODE SENSE serves as header. */
static struct io *mode_select10(struct vtl_nexus *nexus, const uint8_t *bytes, unsigned len)
{
	struct io *now = expect_good(mode_sense10(nexus, 0, 0x3f, 0, true));
	uint8_t list[8 + PAGE_MAX] = { 0 };
	unsigned n = 8 + len;

	list[2] = now->in[2];
	list[3] = now->in[3];
	memcpy(list + 8, bytes, len);
	return io_out(nexus, list, n, CDB(0x55, 0x10, 0, 0, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n, 0));
}

/* The page alone, in all three forms and both commands, is what it is among all. */
static void check_alone(struct vtl_nexus *nexus, const struct page *page)
{
	const uint8_t *bytes[3] = { page->bytes, page->mask, page->standard };
	unsigned pc;

	for (pc = 0; pc < 3; pc++) {
		struct io *ten = expect_good(mode_sense10(nexus, pc, page->code, page->subcode, true)), *six;

		expect_len(ten, 8 + page->len);
		expect_u16(ten, 0, 6 + page->len);
		assert_memory_equal(ten->in + 8, bytes[pc], page->len);
		six = expect_good(io_in(nexus, 255,
					CDB(0x1a, 8, (uint8_t)(pc << 6 | page->code), page->subcode, 255, 0)));
		if (page->len > 251)
			continue;
		expect_len(six, 4 + page->len);
		expect_u8(six, 0, 3 + page->len);
		assert_memory_equal(six->in + 4, bytes[pc], page->len);
	}
	expect_sense(mode_sense10(nexus, 3, page->code, page->subcode, true), 5, 0x39, 0x00);
	inv_truncates(nexus, CDB(0x5a, 0, page->code, page->subcode, 0, 0, 0, 0, 0, 0), 7, 2);
}

static struct io *current(struct vtl_nexus *nexus, const struct page *page)
{
	return expect_good(mode_sense10(nexus, 0, page->code, page->subcode, true));
}

/* A bit that cannot change is refused by name, and nothing has changed. */
static void check_fixed_bit(struct vtl_nexus *nexus, const struct page *page, unsigned byte, int bit)
{
	uint8_t bytes[PAGE_MAX];

	memcpy(bytes, page->bytes, page->len);
	bytes[byte] ^= (uint8_t)(1u << bit);
	expect_bad_param(mode_select10(nexus, bytes, page->len), 8 + byte, bit);
	assert_memory_equal(current(nexus, page)->in + 8, page->bytes, page->len);
}

/*
 * A bit that can change does: at once, or rounded; or its new value is refused with a pointer, and then nothing has
 * changed. The page is put back.
 */
static bool check_changeable_bit(struct vtl_nexus *nexus, const struct page *page, unsigned byte, int bit)
{
	uint8_t bytes[PAGE_MAX];
	struct io *io;
	bool taken;

	memcpy(bytes, page->bytes, page->len);
	bytes[byte] ^= (uint8_t)(1u << bit);
	io = mode_select10(nexus, bytes, page->len);
	if (io->cmd.status == SAM_GOOD) {
		taken = true;
		assert_int_equal(current(nexus, page)->in[8 + byte] & 1u << bit, bytes[byte] & 1u << bit);
	} else if ((io->cmd.sense[2] & 0x0f) == KEY_RECOVERED) {
		taken = true;
		expect_sense(io, 1, 0x37, 0x00);
	} else {
		taken = false;
		expect_status(io, SAM_CHECK_CONDITION);
		assert_int_equal(io->cmd.sense[2] & 0x0f, KEY_ILLEGAL_REQUEST);
		assert_int_equal(io->cmd.sense[12], 0x26);
		assert_memory_equal(current(nexus, page)->in + 8, page->bytes, page->len);
	}
	io = mode_select10(nexus, page->bytes, page->len);
	if (io->cmd.status != SAM_GOOD)
		expect_sense(io, 1, 0x37, 0x00);
	return taken;
}

static void check_select(struct vtl_nexus *nexus, const struct page *page)
{
	unsigned byte, offered = 0, taken = 0;
	uint8_t bytes[PAGE_MAX + 1] = { 0 };
	int bit;

	expect_good(mode_select10(nexus, page->bytes, page->len));
	for (byte = page->header; byte < page->len; byte++) {
		for (bit = 0; bit < 8; bit++) {
			if (!(page->mask[byte] & 1u << bit)) {
				check_fixed_bit(nexus, page, byte, bit);
				continue;
			}
			offered++;
			taken += check_changeable_bit(nexus, page, byte, bit);
		}
	}
	if (offered)
		assert_true(taken > 0);
	memcpy(bytes, page->bytes, page->len);
	expect_sense(mode_select10(nexus, bytes, page->len - 1), 5, 0x1a, 0x00);
	bytes[page->header - 1]++;
	expect_bad_param(mode_select10(nexus, bytes, page->len + 1), 8 + page->header / 2, -1);
}

/* Subpages that a page has not. */
static void check_no_subpages(struct vtl_nexus *nexus, const struct page *page)
{
	unsigned i;

	for (i = 1; i < 0xff && !page->subcode; i++) {
		if (!vtl_mode_page(nexus->dev, page->code, (uint8_t)i))
			expect_bad_cdb(mode_sense10(nexus, 0, page->code, (uint8_t)i, true), 3, 7);
	}
}

void inv_mode_pages(struct vtl_nexus *nexus)
{
	struct pages all[3], plain = all_pages(nexus, 0, 0);
	unsigned at, pc, plain_at = 8;
	bool there[0x40] = { [0] = true };
	int last = -1;

	for (pc = 0; pc < 3; pc++) {
		all[pc] = all_pages(nexus, pc, 0xff);
		assert_int_equal(all[pc].len, all[0].len);
	}
	for (at = 8; at < all[0].len;) {
		struct page page = { 0 };

		take_page(&all[1], at, page.mask, &page);
		take_page(&all[2], at, page.standard, &page);
		take_page(&all[0], at, page.bytes, &page);
		assert_memory_equal(page.mask, page.bytes, page.header);
		assert_memory_equal(page.standard, page.bytes, page.header);
		assert_true((page.code ? page.code : 0x40) * 256 + page.subcode > last);
		last = (page.code ? page.code : 0x40) * 256 + page.subcode;
		there[page.code] = true;
		if (!page.subcode) {
			assert_memory_equal(plain.data + plain_at, page.bytes, page.len);
			plain_at += page.len;
		}
		at += page.len;
		check_alone(nexus, &page);
		check_select(nexus, &page);
		check_no_subpages(nexus, &page);
	}
	assert_int_equal(plain.len, plain_at);
	for (at = 0; at < 0x3f; at++) {
		if (!there[at])
			expect_bad_cdb(mode_sense10(nexus, 0, (uint8_t)at, 0xff, true), 2, 5);
	}
	for (pc = 0; pc < 3; pc++)
		free(all[pc].data);
	free(plain.data);
}
