/* SPDX-License-Identifier: GPL-2.0-only */
/* The mode pages of a medium changer (SMC-3 7.3). */
#include <string.h>

#include "smc.h"

/* Element address assignment (SMC-3 7.3.3): the inventory's, whatever a model file says. */
static void refresh_addresses(struct vtl_dev *dev, unsigned pc, uint8_t *page)
{
	static const enum vtl_element_type order[] = { VTL_TRANSPORT, VTL_STORAGE, VTL_IMPORT_EXPORT, VTL_DRIVE };
	const struct vtl_inventory *inv = smc_of(dev)->inventory;

	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		unsigned count = inv->ops->count(inv, order[i]);

		put_be16(page + 2 + 4 * i, count ? inv->ops->first(inv, order[i]) : 0);
		put_be16(page + 4 + 4 * i, (uint16_t)count);
	}
}

/*
 * Device capabilities (SMC-3 7.3.2): bit 0 to 3 stand for transport, storage, import/export and data transfer
 * elements. Byte 2 what can store a cartridge, bytes 4 to 7 from where a move goes to what, bytes 12 to 15 the same for
 * exchanges, in which the transport element has no part: it would have to hold two.
 */
const uint8_t smc_capabilities[20] = { 0x1f, 18, 0x0f, 0, 0x0f, 0x0f, 0x0f, 0x0f, [12] = 0, 0x0e, 0x0e, 0x0e };

enum { EXCHANGE_MEDIUM = 0xa6 };

/* What a library has no elements of, it claims nothing about; nor exchanges without the command. */
static void refresh_capabilities(struct vtl_dev *dev, unsigned pc, uint8_t *page)
{
	const struct vtl_inventory *inv = smc_of(dev)->inventory;
	uint8_t there = 0;

	for (int type = VTL_TRANSPORT; type <= VTL_DRIVE; type++)
		if (inv->ops->count(inv, (enum vtl_element_type)type) > 0)
			there |= (uint8_t)(1 << (type - 1));
	page[2] &= there;
	if (!vtl_op_get(dev, EXCHANGE_MEDIUM, VTL_NO_SA))
		memset(page + 12, 0, 4);
	for (unsigned i = 0; i < 4; i++) {
		uint8_t mask = there & 1 << i ? there : 0;

		page[4 + i] &= mask;
		page[12 + i] &= mask;
	}
}

/*
 * Extended device capabilities (SMC-3 7.3.4): prevented removal keeps cartridges from import/export elements, which an
 * operator opens and closes; their station is locked meanwhile.
 */
static const uint8_t extended_capabilities[20] = { 0, 0x41, 0, 16, 0x20 | 0x04 | 0x02, 0, 0x02 };

/* Disconnect-Reconnect (SPC-5 7.5.10): no limits. Informational Exceptions Control (SPC-5 7.5.11): none reported. */
static const uint8_t disconnect_reconnect[16] = { 0x02, 14 };
static const uint8_t informational_exceptions[12] = { 0x1c, 10, 0x08, 0x03 };	/* DEXCPT, MRIE */

const struct vtl_mode_page smc_mode_pages[] = {
	{ .code = 0x02, .len = sizeof(disconnect_reconnect), .bytes = disconnect_reconnect },
	{ .code = 0x1c, .len = sizeof(informational_exceptions), .bytes = informational_exceptions },
	{ .code = 0x1d, .name = "Element Address Assignment", .len = 20, .refresh = refresh_addresses },
	{ .code = 0x1e,
	  .name = "Transport Geometry Parameters",
	  .len = 4 }, /* transport geometry: one set, one member that does not rotate */
	{ .code = 0x1f,
	  .name = "Device Capabilities",
	  .len = sizeof(smc_capabilities),
	  .bytes = smc_capabilities,
	  .refresh = refresh_capabilities },
	{ .code = 0x1f,
	  .subcode = 0x41,
	  .name = "Extended Device Capabilities",
	  .len = sizeof(extended_capabilities),
	  .bytes = extended_capabilities },
	{ .len = 0 },
};
