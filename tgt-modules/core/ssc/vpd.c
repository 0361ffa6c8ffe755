/* SPDX-License-Identifier: GPL-2.0-only */
/* Vital product data that only sequential-access devices have (SSC-3 8.4). */
#include <string.h>

#include "tape_impl.h"

/* Sequential-access Device Capabilities: WORM. */
static void fill_capabilities(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put8(r, tape_of_dev(dev)->model->worm ? 0x01 : 0);
	vtl_put8(r, 0);
}

/* Manufacturer-assigned Serial Number: nothing has changed the one that page 80h shows. */
static void fill_manufacturer_serial(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put_bytes(r, dev->serial, strlen(dev->serial));
}

/* Came with SSC-4 and SSC-5. */
static bool has_protection_page(const struct vtl_dev *dev)
{
	return dev->id.inquiry->version >= 6 && tape_protection_present(dev);
}

const struct vtl_vpd_page tape_vpd_pages[] = {
	{ .code = 0xb0, .name = "Sequential-access Device Capabilities", .fill = fill_capabilities },
	{ .code = 0xb1, .name = "Manufacturer-assigned Serial Number", .fill = fill_manufacturer_serial },
	{
		.code = 0xb5, .name = "Logical Block Protection", .fill = tape_protection_vpd,
		.present = has_protection_page,
	},
	{ 0 },
};
