/* SPDX-License-Identifier: GPL-2.0-only */
/* Mode parameters of a tape drive: header, block descriptor and pages (SSC-3 8.3), as LTO drives have them. */
#include <string.h>

#include "tape_impl.h"

#define BYTES(...)	((const uint8_t[]){ __VA_ARGS__ })

/* ---- header and block descriptor ---- */

enum { HEADER_WP = 0x80, HEADER_BUFFERED = 0x70, HEADER_SPEED = 0x0f };
enum { BUFFERED_SHIFT = 4, NO_DENSITY_CHANGE = 0x7f };

static uint8_t current_density(const struct vtl_tape *t)
{
	return t->media ? media_info(t->media)->density : t->model->default_density;
}

static uint8_t medium_type(const struct vtl_tape *t)
{
	if (!t->medium)
		return 0;
	return media_info(t->media)->kind == MEDIA_WORM_DATA ? t->medium->worm_medium_type : t->medium->medium_type;
}

void tape_mode_header(struct vtl_dev *dev, unsigned pc, struct vtl_mode_header *h)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	bool protected = t->media && tape_not_writable(t) != SENSE_NONE;

	memset(h, 0, sizeof(*h));
	h->has_block_descriptor = true;
	if (pc == 1) {
		h->device_specific = HEADER_BUFFERED;
		put_be24(h->block_descriptor + 5, 0xffffff);
		return;
	}
	h->medium_type = medium_type(t);
	h->device_specific = (uint8_t)((protected ? HEADER_WP : 0) | (pc ? 1 : t->buffered) << BUFFERED_SHIFT);
	h->block_descriptor[0] = current_density(t);
	put_be24(h->block_descriptor + 5, pc ? 0 : t->block_length);
}

static bool density_acceptable(const struct vtl_tape *t, uint8_t code)
{
	return code == 0 || code == NO_DENSITY_CHANGE || code == current_density(t) ||
	       code == t->model->default_density;
}

/* BLOCK LENGTH counts protection information too, where some is transferred (SSC-5 4.2.29). */
static uint32_t longest_block(const struct vtl_nexus *nexus)
{
	bool protected = tape_protection_method(nexus, TAPE_LBP_W | TAPE_LBP_R);

	return tape_of_dev(nexus->dev)->model->block_max + (protected ? TAPE_INFORMATION : 0);
}

enum vtl_sense tape_mode_header_check(const struct vtl_nexus *nexus, struct vtl_mode_header *h, struct vtl_field *bad)
{
	const struct vtl_tape *t = tape_of_dev(nexus->dev);
	const struct vtl_drive_model *m = t->model;
	uint32_t length = get_be24(h->block_descriptor + 5);

	bad->bit = VTL_NO_BIT;
	if ((h->device_specific & HEADER_BUFFERED) >> BUFFERED_SHIFT > 1 || h->device_specific & HEADER_SPEED) {
		bad->byte = 2;
		bad->bit = h->device_specific & HEADER_SPEED ? 3 : 6;
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	}
	if (!h->has_block_descriptor)
		return SENSE_NONE;
	if (!density_acceptable(t, h->block_descriptor[0]))
		bad->byte = 4;
	else if (get_be24(h->block_descriptor + 1))
		bad->byte = 5;
	else if (length && (length < m->block_min || length > longest_block(nexus) ||
			    length & ((1u << m->block_granularity) - 1)))
		bad->byte = 9;
	else
		return SENSE_NONE;
	return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
}

bool tape_mode_header_apply(struct vtl_dev *dev, const struct vtl_mode_header *h)
{
	struct vtl_tape *t = tape_of_dev(dev);
	uint8_t buffered = (h->device_specific & HEADER_BUFFERED) >> BUFFERED_SHIFT;
	uint32_t length = h->has_block_descriptor ? get_be24(h->block_descriptor + 5) : t->block_length;
	bool changed = buffered != t->buffered || length != t->block_length;

	t->buffered = buffered;
	t->block_length = length;
	return changed;
}

/* ---- pages ---- */

enum { PAGE_COMPRESSION = 0x0f, PAGE_DEVICE = 0x10, SUB_DEVICE_EXTENSION = 0x01 };
enum { COMPRESSION_DCE = 0x80 };
/* Of Device Configuration: byte 8; byte 10; byte 15. */
enum { DEVICE_RSMK = 0x20, DEVICE_REW = 0x01 };
enum { DEVICE_SEW = 0x08, DEVICE_SWP = 0x04 };
enum { DEVICE_ASOCWP = 0x04, DEVICE_PERSWP = 0x02 };
enum { DEVICE_EW_SIZE = 11 };	/* OBJECT BUFFER SIZE AT EARLY WARNING, three bytes */

bool tape_has_setmarks(const struct vtl_dev *dev)
{
	const struct vtl_drive_model *m = ((const struct vtl_tape *)dev)->model;

	return tape_is(m, "dat") || tape_is(m, "ait");
}

static bool lacks_setmarks(const struct vtl_dev *dev)
{
	return !tape_has_setmarks(dev);
}

/* Data Compression (SSC-3 8.3.2) and the older switch for the same in Device Configuration go together. */
void tape_apply_modes(struct vtl_tape *t)
{
	const uint8_t *device = vtl_mode_page(&t->dev, PAGE_DEVICE, 0);
	const uint8_t *page = vtl_mode_page(&t->dev, PAGE_COMPRESSION, 0);
	bool on = page && page[2] & COMPRESSION_DCE;
	enum media_err err;

	if (!t->media)
		return;
	media_set_setmarks(t->media, device && device[8] & DEVICE_RSMK);
	err = media_set_codec(t->media, on ? t->codec : MEDIA_CODEC_NONE, on ? t->codec_level : 0);
	if (err)
		vtl_dev_log(&t->dev, 4, "compression: %s", media_strerror(err));
}

static void refresh_compression(struct vtl_dev *dev, unsigned pc, uint8_t *page)
{
	uint8_t algorithm = tape_of_dev(dev)->model->compression_algorithm;

	put_be32(page + 4, algorithm);
	put_be32(page + 8, algorithm);
}

static void tell_device(const uint8_t *page, uint8_t *device)
{
	device[14] = page[2] & COMPRESSION_DCE ? 1 : 0;
}

static void tell_compression(const uint8_t *page, uint8_t *compression)
{
	compression[2] = (uint8_t)((compression[2] & ~COMPRESSION_DCE) | (page[14] ? COMPRESSION_DCE : 0));
}

static void apply_compression(struct vtl_dev *dev, struct vtl_nexus *nexus, const uint8_t *page)
{
	tape_apply_modes(tape_of_dev(dev));
}

/* Persistent write protection is the volume's: it lies in its memory. */
static bool is_persistent(const struct vtl_tape *t)
{
	return t->media && media_attr_get(t->media, 0, TAPE_MAM_PERSWP);
}

static void set_persistent(struct vtl_tape *t, bool on)
{
	struct media_attr a = { TAPE_MAM_PERSWP, MEDIA_ATTR_BINARY, 1, (const uint8_t *)"\1" };
	enum media_err err = on ? media_attr_set(t->media, 0, &a) : media_attr_delete(t->media, 0, a.id);

	t->unsynced = true;
	if (err)
		vtl_dev_log(&t->dev, 4, "persistent write protection: %s", media_strerror(err));
}

/* Software write protection (SSC-5 4.2.13): of the drive, of the volume while it is mounted, of the volume. */
enum vtl_sense tape_software_protection(const struct vtl_tape *t)
{
	const uint8_t *page = vtl_mode_page(&t->dev, PAGE_DEVICE, 0);

	if (page && page[10] & DEVICE_SWP)
		return SENSE_SOFTWARE_WRITE_PROTECTED;
	if (page && page[15] & DEVICE_ASOCWP)
		return SENSE_ASSOCIATED_WRITE_PROTECT;
	return is_persistent(t) ? SENSE_PERSISTENT_WRITE_PROTECT : SENSE_NONE;
}

void tape_protection_loaded(struct vtl_tape *t)
{
	uint8_t *page = vtl_mode_page_edit(&t->dev, PAGE_DEVICE, 0);

	if (page)
		page[15] &= (uint8_t)~DEVICE_ASOCWP;
}

bool tape_early_warning_on_read(const struct vtl_tape *t)
{
	const uint8_t *page = vtl_mode_page(&t->dev, PAGE_DEVICE, 0);

	return page && page[8] & DEVICE_REW;
}

/* SELECT DATA COMPRESSION ALGORITHM: 0 none, 1 the drive's. */
static enum vtl_sense check_device(struct vtl_dev *dev, const uint8_t *old, uint8_t *page, struct vtl_field *bad)
{
	if (page[14] > 1) {
		*bad = (struct vtl_field){ .byte = 14, .bit = VTL_NO_BIT };
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	}
	/* What protects a volume needs one. */
	if (page[15] & (DEVICE_ASOCWP | DEVICE_PERSWP) && !tape_of_dev(dev)->media) {
		*bad = (struct vtl_field){ .byte = 15, .bit = page[15] & DEVICE_ASOCWP ? 2 : 1 };
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	}
	return SENSE_NONE;
}

static void refresh_device(struct vtl_dev *dev, unsigned pc, uint8_t *page)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	struct media_pos pos;

	if (!t->media)
		return;
	if (!pc)
		page[15] = (uint8_t)((page[15] & ~DEVICE_PERSWP) | (is_persistent(t) ? DEVICE_PERSWP : 0));
	media_tell(t->media, &pos);
	page[3] = (uint8_t)pos.partition;
}

static void apply_device(struct vtl_dev *dev, struct vtl_nexus *nexus, const uint8_t *page)
{
	struct vtl_tape *t = tape_of_dev(dev);
	bool persistent = page[15] & DEVICE_PERSWP;

	if (nexus && t->media && persistent != is_persistent(t))
		set_persistent(t, persistent);
	tape_apply_modes(t);
}

/* Came with the drives that know an append-only mode: LTO-5. */
static bool has_extension(const struct vtl_dev *dev)
{
	return ((const struct vtl_tape *)dev)->model->append_only;
}

uint16_t tape_pews(const struct vtl_tape *t)
{
	const uint8_t *page = vtl_mode_page(&t->dev, PAGE_DEVICE, SUB_DEVICE_EXTENSION);

	return page ? get_be16(page + 6) : 0;
}

/* Beyond early warning: with SEW everything goes to the medium at once; else what is more than the size that is set. */
bool tape_sync_at_early_warning(const struct vtl_tape *t, uint64_t buffered)
{
	const uint8_t *page = vtl_mode_page(&t->dev, PAGE_DEVICE, 0);
	uint32_t size = page ? get_be24(page + DEVICE_EW_SIZE) : 0;

	return page && (page[10] & DEVICE_SEW || (size && buffered > size));
}

/* Medium Configuration (SSC-3 8.3.7): WORMM while a WORM cartridge is loaded. */
static void refresh_medium(struct vtl_dev *dev, unsigned pc, uint8_t *page)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	page[2] = t->media && media_info(t->media)->kind == MEDIA_WORM_DATA ? 0x01 : 0;
}

/* ---- vendors' own ---- */

static bool is_family(const struct vtl_dev *dev, const char *family)
{
	return !strcmp(((const struct vtl_tape *)dev)->model->family, family);
}

static bool is_3592(const struct vtl_dev *dev)
{
	return is_family(dev, "3592");
}

static bool is_ibm_lto(const struct vtl_dev *dev)
{
	return is_family(dev, "lto") && ((const struct vtl_tape *)dev)->model->append_only;
}

/* 3592 Medium Sense: what protects the volume, as LTFS reads it in byte 10. */
enum { SENSE_PHYSICAL = 0x80, SENSE_PERSISTENT = 0x10 };

static void refresh_medium_sense(struct vtl_dev *dev, unsigned pc, uint8_t *page)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	if (!t->media)
		return;
	page[2] = medium_type(t);
	page[10] = (uint8_t)((media_info(t->media)->write_protected ? SENSE_PHYSICAL : 0) |
			     (is_persistent(t) ? SENSE_PERSISTENT : 0));
}

/* Encryption Mode (IBM LTO): who manages keys: 1, the application. */
static void refresh_encryption_mode(struct vtl_dev *dev, unsigned pc, uint8_t *page)
{
	page[4] = tape_of_dev(dev)->model->encryption ? 0x01 : 0x00;
}

/* Write delay 10 s; OBR, LOIS; EEG, SEW; WTRE. */
#define DEVICE_ROW(byte_8, has)									\
	{											\
		.code = 0x10,									\
		.name = "Device Configuration",							\
		.len = 16,									\
		.bytes = BYTES(0x10, 0x0e, 0, 0, 0, 0, 0, 0x64, 0xc0, 0, 0x18, 0, 0, 0, 0x01, 0x80), \
		.changeable = BYTES([8] = byte_8, [10] = DEVICE_SEW | DEVICE_SWP,		\
				    [11 ... 13] = 0xff, [14] = 0xff, [15] = 0x06),		\
		.refresh = refresh_device,							\
		.present = has,									\
		.check = check_device,								\
		.apply = apply_device,								\
		.tell_twin = tell_compression,							\
		.twin = PAGE_COMPRESSION,							\
	}

const struct vtl_mode_page tape_mode_pages[] = {
	{
		/* PER */
		.code = 0x01,
		.name = "Read-Write Error Recovery",
		.len = 12,
		.changeable = BYTES(0, 0, 0x04, [11] = 0),
	},
	{
		.code = 0x0a,
		.subcode = 0xf0,
		.name = "Control Data Protection",
		.len = 32,
		.bytes = BYTES(0x4a, 0xf0, 0, 0x1c, [31] = 0),
		.changeable = BYTES(0, 0, 0, 0, 0xff, 0x3f, TAPE_LBP_W | TAPE_LBP_R | TAPE_RBDP, [31] = 0),
		.per_nexus = true,
		.present = tape_protection_present,
		.check = tape_protection_check,
	},
	{
		.code = 0x0f,
		.name = "Data Compression",
		.len = 16, /* DCE, DCC; DDE */
		.bytes = BYTES(0x0f, 0x0e, 0xc0, 0x80, [15] = 0),
		.changeable = BYTES(0, 0, COMPRESSION_DCE, [15] = 0),
		.refresh = refresh_compression,
		.apply = apply_compression,
		.tell_twin = tell_device,
		.twin = PAGE_DEVICE,
	},
	DEVICE_ROW(DEVICE_REW | DEVICE_RSMK, tape_has_setmarks),
	DEVICE_ROW(DEVICE_REW, lacks_setmarks),
	{
		.code = 0x10,
		.subcode = 0x01,
		.name = "Device Configuration Extension",
		.len = 32,
		.bytes = BYTES(0x50, 0x01, 0, 0x1c, [31] = 0),
		.changeable = BYTES([4] = 0x05, [5] = 0xf0, [6] = 0xff, [7] = 0xff, [31] = 0), /* TASER, TAPLSD */
		.present = has_extension,
		.check = tape_extension_check,
	},
	{
		/* PSUM 11b, POFM; format and partition recognition */
		.code = 0x11,
		.name = "Medium Partition",
		.len = 16,
		.bytes = BYTES(0x11, 0x0e, 0, 0, 0x1c, 0x03, 0x09, [15] = 0),
		.changeable = BYTES([3] = 0xff, 0xf8, 0, 0x0f, [8 ... 15] = 0xff),
		.refresh = tape_partition_refresh,
		.check = tape_partition_check,
		.apply = tape_partition_apply,
	},
	{
		/* WORM lets no block be overwritten, but filemarks right before end of data */
		.code = 0x1d,
		.name = "Medium Configuration",
		.len = 32,
		.bytes = BYTES(0x1d, 0x1e, 0, 0, 0x00, 0x03, [31] = 0),
		.refresh = refresh_medium,
	},
	{
		.code = 0x23,
		.name = "Medium Sense (3592)",
		.len = 60,
		.refresh = refresh_medium_sense,
		.present = is_3592,
	},
	{ .code = 0x24, .name = "Initiator-Specific Extensions (3592)", .len = 24, .present = is_3592 },
	{ .code = 0x25, .name = "Read/Write Control (3592)", .len = 32, .present = is_3592 },
	{ .code = 0x24, .name = "Vendor-Specific (IBM LTO)", .len = 8, .present = is_ibm_lto },
	{ .code = 0x2f, .name = "Behavior Configuration (IBM LTO)", .len = 10, .present = is_ibm_lto },
	{
		.code = 0x30,
		.subcode = 0x20,
		.name = "Encryption Mode (IBM LTO)",
		.len = 12,
		.refresh = refresh_encryption_mode,
		.present = is_ibm_lto,
	},
	{ 0 },
};
