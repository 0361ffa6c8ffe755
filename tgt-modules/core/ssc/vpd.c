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

/* TapeAlert Supported Flags: those that something here raises. */
static void fill_flags(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put64(r, tape_alerts_supported());
}

/* Automation Device Serial Number: of the library that the drive is in. */
static void fill_library(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	vtl_put_bytes(r, t->library_serial, strlen(t->library_serial));
}

/* Data Transfer Device Element Address. */
static void fill_element(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put48(r, tape_of_dev(dev)->element);
}

static bool in_library(const struct vtl_dev *dev)
{
	return dev->id.inquiry->version >= 5 && *((const struct vtl_tape *)dev)->library_serial;
}

/* ---- which vendor's ---- */

static bool is_family(const struct vtl_dev *dev, const char *family)
{
	return !strcmp(((const struct vtl_tape *)dev)->model->family, family);
}

/* IBM's LTO and 3592 drives, and what is built like them. */
static bool is_ibm(const struct vtl_dev *dev)
{
	return is_family(dev, "lto") || is_family(dev, "3592");
}

static bool is_hp(const struct vtl_dev *dev)
{
	return is_family(dev, "hp-lto");
}

/* SSC-3; IBM's drives do not have it. */
static bool has_flags(const struct vtl_dev *dev)
{
	return dev->id.inquiry->version >= 5 && !is_ibm(dev);
}

/* The level that standard INQUIRY shows. */
static const char *revision(const struct vtl_dev *dev)
{
	return dev->id.inquiry->revision;
}

/* IBM C0h, Drive Component Revision Levels: code name, time and date of its making, platform. */
static void fill_ibm_levels(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put_text(r, revision(dev), 12);
	vtl_put_text(r, "000000", 7);
	vtl_put_text(r, "20240101", 8);
	vtl_put_text(r, dev->id.inquiry->product, 12);
}

/* IBM C1h, Drive Serial Numbers: as made, as reported. */
static void fill_ibm_serials(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	vtl_put_text(r, dev->serial, 12);
	vtl_put_text(r, dev->serial, 12);
}

/* HP C0h to C5h: component, version, date, variant. */
static void put_hp_component(struct vtl_dev *dev, const char *component, struct vtl_reply *r)
{
	vtl_put_text(r, component, 26);
	vtl_put_text(r, revision(dev), 19);
	vtl_put_text(r, "2024/01/01 00:00", 24);
	vtl_put_text(r, "", 23);
}

#define HP_COMPONENT(function, component)								\
	static void function(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)	\
	{												\
		put_hp_component(dev, component, r);							\
	}

HP_COMPONENT(fill_hp_firmware, "Firmware")
HP_COMPONENT(fill_hp_hardware, "Hardware")
HP_COMPONENT(fill_hp_pca, "PCA")
HP_COMPONENT(fill_hp_mechanism, "Mechanism")
HP_COMPONENT(fill_hp_head, "Head Assy")
HP_COMPONENT(fill_hp_aci, "ACI")

const struct vtl_vpd_page tape_vpd_pages[] = {
	{ 0xb0, "Sequential-access Device Capabilities", fill_capabilities },
	{ 0xb1, "Manufacturer-assigned Serial Number", fill_manufacturer_serial },
	{ 0xb2, "TapeAlert Supported Flags", fill_flags, has_flags },
	{ 0xb3, "Automation Device Serial Number", fill_library, in_library },
	{ 0xb4, "Data Transfer Device Element Address", fill_element, in_library },
	{ 0xb5, "Logical Block Protection", tape_protection_vpd, has_protection_page },
	{ 0xc0, "Drive Component Revision Levels", fill_ibm_levels, is_ibm },
	{ 0xc1, "Drive Serial Numbers", fill_ibm_serials, is_ibm },
	{ 0xc0, "Firmware Revision Level", fill_hp_firmware, is_hp },
	{ 0xc1, "Hardware Revision Level", fill_hp_hardware, is_hp },
	{ 0xc2, "PCA Revision Level", fill_hp_pca, is_hp },
	{ 0xc3, "Mechanism Revision Level", fill_hp_mechanism, is_hp },
	{ 0xc4, "Head Assembly Revision Level", fill_hp_head, is_hp },
	{ 0xc5, "ACI Revision Level", fill_hp_aci, is_hp },
	{ 0 },
};
