/* SPDX-License-Identifier: GPL-2.0-only */
/* Logical block protection: a CRC goes with each block between initiator and drive (SSC-5 4.2.29, 8.5.9). */
#include <stdlib.h>
#include <string.h>

#include "crc.h"
#include "tape_impl.h"

enum { PAGE_CONTROL = 0x0a, SUB_DATA_PROTECTION = 0xf0 };
/* Of the Control Data Protection page. */
enum { METHOD = 4, INFORMATION_LENGTH = 5, WHEN = 6 };

/* The methods of a drive: their codes are the model's. */
struct method {
	uint8_t code;			/* LOGICAL BLOCK PROTECTION METHOD; 0: the drive has it not */
	void (*compute)(const struct vtl_tape *t, const uint8_t *block, uint32_t len, uint8_t *information);
};

static void put_rscrc(const struct vtl_tape *t, const uint8_t *block, uint32_t len, uint8_t *information)
{
	put_be32(information, rscrc(t->rscrc, 0, block, len));
}

/* As for iSCSI, the least significant byte comes first. */
static void put_crc32c(const struct vtl_tape *t, const uint8_t *block, uint32_t len, uint8_t *information)
{
	put_be32(information, __builtin_bswap32(media_crc32c(0, block, len)));
}

static struct method method_at(const struct vtl_drive_model *m, unsigned i)
{
	if (i == 0)
		return (struct method){ m->lbp_rscrc ? TAPE_METHOD_RSCRC : 0, put_rscrc };
	return (struct method){ m->lbp_crc32c ? m->lbp_crc32c_method : 0, put_crc32c };
}
#define METHODS	2u

static struct method find_method(const struct vtl_drive_model *m, uint8_t code)
{
	struct method method = { 0 };
	unsigned i;

	for (i = 0; code && i < METHODS && !method.compute; i++) {
		if (method_at(m, i).code == code)
			method = method_at(m, i);
	}
	return method;
}

bool tape_has_protection(const struct vtl_drive_model *m)
{
	return m->lbp_rscrc || m->lbp_crc32c;
}

bool tape_protection_init(struct vtl_tape *t)
{
	if (!t->model->lbp_rscrc)
		return true;
	t->rscrc = malloc(sizeof(*t->rscrc));
	if (!t->rscrc)
		return false;
	rscrc_init(t->rscrc);
	return true;
}

/* ---- blocks ---- */

uint8_t tape_protection_method(const struct vtl_nexus *nexus, uint8_t what)
{
	const uint8_t *page = vtl_nexus_mode_page(nexus, PAGE_CONTROL, SUB_DATA_PROTECTION);

	return page && page[WHEN] & what ? page[METHOD] : 0;
}

/* All are recorded with a Reed-Solomon CRC, and what was sent with another one is converted (as LTO drives do). */
bool tape_recorded_as_chosen(const struct vtl_nexus *nexus)
{
	const uint8_t *page = vtl_nexus_mode_page(nexus, PAGE_CONTROL, SUB_DATA_PROTECTION);

	return page && page[METHOD] == TAPE_METHOD_RSCRC;
}

bool tape_protected_ok(const struct vtl_tape *t)
{
	const struct tape_io *io = &t->io;
	const uint8_t *block = t->cmd->out + (size_t)io->done * io->len;
	uint32_t len = io->len - io->information;
	uint8_t information[TAPE_INFORMATION];

	if (!io->information)
		return true;
	find_method(t->model, io->method).compute(t, block, len, information);
	return !memcmp(information, block + len, sizeof(information));
}

uint32_t tape_protect(const struct vtl_tape *t, uint8_t *buf, uint32_t actual, uint32_t room)
{
	uint8_t information[TAPE_INFORMATION];
	uint32_t left;

	if (actual >= room)
		return room;
	if (!t->io.information)
		return actual;
	left = room - actual < sizeof(information) ? room - actual : sizeof(information);
	find_method(t->model, t->io.method).compute(t, buf, actual, information);
	memcpy(buf + actual, information, left);
	return actual + left;
}

/* ---- Control Data Protection page ---- */

bool tape_protection_present(const struct vtl_dev *dev)
{
	return tape_has_protection(((const struct vtl_tape *)dev)->model);
}

/* Without a method nothing is protected, whatever else the page says; with one the length is that of a CRC. */
enum vtl_sense tape_protection_check(struct vtl_dev *dev, const uint8_t *old, uint8_t *page, struct vtl_field *bad)
{
	const struct vtl_tape *t = tape_of_dev(dev);

	bad->bit = VTL_NO_BIT;
	if (page[METHOD] && !find_method(t->model, page[METHOD]).compute) {
		bad->byte = METHOD;
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	}
	if (page[INFORMATION_LENGTH] != TAPE_INFORMATION && (page[METHOD] || page[INFORMATION_LENGTH])) {
		*bad = (struct vtl_field){ INFORMATION_LENGTH, 5 };
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	}
	return SENSE_NONE;
}

/* Logical Block Protection VPD page (SSC-5 8.6.8): a descriptor for each method, and for none. */
static void put_descriptor(struct vtl_reply *r, uint8_t method, uint8_t length, uint8_t when)
{
	vtl_put8(r, 3);
	vtl_put8(r, method);
	vtl_put8(r, length);
	vtl_put8(r, when);
}

void tape_protection_vpd(struct vtl_dev *dev, const struct vtl_nexus *nexus, struct vtl_reply *r)
{
	const struct vtl_tape *t = tape_of_dev(dev);
	unsigned i;

	vtl_put32(r, 0);
	put_descriptor(r, 0, 0, 0);
	for (i = 0; i < METHODS; i++) {
		uint8_t code = method_at(t->model, i).code;

		if (code)
			put_descriptor(r, code, TAPE_INFORMATION, TAPE_LBP_W | TAPE_LBP_R | TAPE_RBDP);
	}
}
