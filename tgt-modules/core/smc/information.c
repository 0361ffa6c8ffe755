/* SPDX-License-Identifier: GPL-2.0-only */
/* REPORT ELEMENT INFORMATION (SMC-3 6.15): what elements are, and in what state, in pages of their own. */
#include "smc.h"

enum { NEV = 0x20, TYPE_CODE = 0x0f };
enum { PAGE_SUPPORTED = 0x00, PAGE_STATIC = 0x02, PAGE_STATE = 0x03, PAGE_ALL = 0x7f };

static const uint8_t pages[] = { PAGE_SUPPORTED, PAGE_STATIC, PAGE_STATE, PAGE_ALL };

/* What a command asks for. */
struct selection {
	const struct vtl_inventory *inventory;
	enum vtl_element_type type;
	uint32_t start, count;
};

/* The part of a type's range that is selected; the rest of the count goes on to the next type. */
static uint32_t select_range(struct selection *left, enum vtl_element_type type, uint32_t *first)
{
	const struct vtl_inventory *inv = left->inventory;
	uint32_t end = inv->ops->first(inv, type) + inv->ops->count(inv, type), count;

	*first = inv->ops->first(inv, type);
	if (left->type != VTL_ANY && left->type != type)
		return 0;
	if (*first < left->start)
		*first = left->start;
	if (*first >= end)
		return 0;
	count = end - *first < left->count ? end - *first : left->count;
	left->count -= count;
	return count;
}

static void put_supported(const struct selection *selection, struct vtl_reply *r)
{
	uint64_t head = r->len;

	vtl_put8(r, PAGE_SUPPORTED);
	vtl_put_zero(r, 7);
	for (int type = VTL_TRANSPORT; type <= VTL_DRIVE; type++) {
		if (selection->type != VTL_ANY && selection->type != (enum vtl_element_type)type)
			continue;
		if (!selection->inventory->ops->count(selection->inventory, (enum vtl_element_type)type))
			continue;
		vtl_put8(r, (uint8_t)type);
		vtl_put8(r, 0);
		vtl_put16(r, sizeof(pages));
		vtl_put_bytes(r, pages, sizeof(pages));
	}
	vtl_patch32(r, head + 4, (uint32_t)(r->len - head - 8));
}

#define STATIC_LEN	12
#define STATIC_EDC	0x01	/* elements can be disabled */

/* All elements of a type are alike, and in one row. */
static void put_static(const struct selection *selection, struct vtl_reply *r)
{
	struct selection left = *selection;
	enum vtl_element_type order[SMC_TYPES];
	uint64_t head = r->len;

	smc_type_order(left.inventory, order);
	vtl_put8(r, PAGE_STATIC);
	vtl_put8(r, 0);
	vtl_put16(r, STATIC_LEN);
	vtl_put32(r, 0);
	for (unsigned i = 0; i < SMC_TYPES; i++) {
		uint32_t first, count = select_range(&left, order[i], &first);

		if (!count)
			continue;
		vtl_put32(r, first);
		vtl_put32(r, count);
		vtl_put8(r, (uint8_t)order[i]);
		vtl_put8(r, order[i] == VTL_TRANSPORT ? 0 : STATIC_EDC);
		vtl_put16(r, 0);
	}
	vtl_patch32(r, head + 4, (uint32_t)(r->len - head - 8));
}

#define STATE_LEN	8

static uint8_t state_bits(const struct vtl_element *element)
{
	uint8_t bits = element->full ? 0x40 : 0x80;	/* VOLUME PRESENT */

	if (element->full)
		bits |= element->operator_placed ? 0x20 : 0x10;		/* IMPORT */
	if (element->hindrance != VTL_REACHABLE)
		bits |= 0x08;						/* OIR */
	if (element->hindrance == VTL_ELEMENT_DISABLED)
		bits |= 0x04;						/* ED */
	if (!smc_accessible(element))
		bits |= 0x02;						/* MTAP */
	if (smc_exception(element))
		bits |= 0x01;						/* SDV */
	return bits;
}

static void put_state(const struct selection *selection, struct vtl_reply *r)
{
	struct selection left = *selection;
	enum vtl_element_type order[SMC_TYPES];
	uint64_t head = r->len;

	smc_type_order(left.inventory, order);
	vtl_put8(r, PAGE_STATE);
	vtl_put8(r, 0);
	vtl_put16(r, STATE_LEN);
	vtl_put32(r, 0);
	for (unsigned i = 0; i < SMC_TYPES; i++) {
		uint32_t first, count = select_range(&left, order[i], &first);

		for (uint32_t k = 0; k < count; k++) {
			struct vtl_element element = { .type = order[i] };

			(void)left.inventory->ops->get(left.inventory, (uint16_t)(first + k), &element);
			vtl_put32(r, first + k);
			vtl_put8(r, (uint8_t)order[i]);
			vtl_put8(r, state_bits(&element));
			vtl_put16(r, smc_exception(&element));
		}
	}
	vtl_patch32(r, head + 4, (uint32_t)(r->len - head - 8));
}

static const struct {
	uint8_t code;
	void (*put)(const struct selection *selection, struct vtl_reply *r);
} page_rows[] = {
	{ PAGE_SUPPORTED, put_supported },
	{ PAGE_STATIC, put_static },
	{ PAGE_STATE, put_state },
};

void smc_report_element_information(struct vtl_cmd *cmd)
{
	const uint8_t *cdb = cmd->cdb;
	struct selection selection = {
		.inventory = smc_cmd(cmd)->inventory,
		.type = cdb[3] & TYPE_CODE,
		.start = get_be32(cdb + 6),
		.count = cdb[3] & NEV ? cdb[14] : UINT32_MAX,
	};
	struct vtl_reply r;
	bool known = false;

	if (selection.type > VTL_DRIVE) {
		vtl_cmd_bad_cdb(cmd, 3, 3);
		return;
	}
	if (cdb[2] == PAGE_SUPPORTED && (cdb[3] & NEV)) {
		vtl_cmd_bad_cdb(cmd, 3, 5);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be32(cdb + 10));
	for (unsigned i = 0; i < sizeof(page_rows) / sizeof(page_rows[0]); i++) {
		if (cdb[2] != PAGE_ALL && cdb[2] != page_rows[i].code)
			continue;
		page_rows[i].put(&selection, &r);
		known = true;
	}
	if (known)
		vtl_cmd_reply(cmd, &r);
	else
		vtl_cmd_bad_cdb(cmd, 2, VTL_NO_BIT);
}
