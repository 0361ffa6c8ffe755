/* SPDX-License-Identifier: GPL-2.0-only */
/* REPORT DENSITY SUPPORT: what the drive, or the medium in it, reads and writes. */
#include <stdio.h>

#include "tape_impl.h"

enum { DENSITY_WRTOK = 0x80, DENSITY_DEFLT = 0x20 };

const struct vtl_density *tape_density(const struct vtl_tape *t, uint8_t code)
{
	unsigned i;

	for (i = 0; i < t->model->densities; i++)
		if (t->model->density[i].code == code)
			return &t->model->density[i];
	return NULL;
}

/* Density support data block descriptor (SSC-3 7.8): 52 bytes. */
static void put_descriptor(const struct vtl_density *d, uint8_t flags, uint64_t capacity_mb, struct vtl_reply *r)
{
	vtl_put8(r, d->code);
	vtl_put8(r, d->secondary);
	vtl_put8(r, flags);
	vtl_put16(r, 0);
	vtl_put24(r, d->bits_per_mm);
	vtl_put16(r, d->width);
	vtl_put16(r, d->tracks);
	vtl_put32(r, capacity_mb > UINT32_MAX ? UINT32_MAX : (uint32_t)capacity_mb);
	vtl_put_text(r, d->organization, 8);
	vtl_put_text(r, d->name, 8);
	vtl_put_text(r, d->description, 20);
}

static void put_drive(const struct vtl_tape *t, struct vtl_reply *r)
{
	const struct vtl_drive_model *m = t->model;
	unsigned i;

	for (i = 0; i < m->densities; i++) {
		const struct vtl_density *d = &m->density[i];
		uint8_t flags = m->density_writable[i] ? DENSITY_WRTOK : 0;

		if (d->code == m->default_density)
			flags |= DENSITY_DEFLT;
		put_descriptor(d, flags, d->capacity_mb, r);
	}
}

static void put_medium(const struct vtl_tape *t, struct vtl_reply *r)
{
	const struct media_info *info = media_info(t->media);
	const struct vtl_density *d = tape_density(t, info->density);
	struct media_usage usage;
	uint64_t capacity = 0;
	unsigned p;

	if (!d)
		return;
	for (p = 0; p < info->geometry.partitions; p++) {
		media_usage(t->media, p, &usage);
		capacity += usage.capacity;
	}
	put_descriptor(d, (uint8_t)((t->writable ? DENSITY_WRTOK : 0) |
				    (d->code == t->model->default_density ? DENSITY_DEFLT : 0)),
		       capacity / 1000000, r);
}

/* Medium type descriptor (SSC-5, REPORT DENSITY SUPPORT): 56 bytes. */
static void put_medium_type(const struct vtl_medium_model *m, bool worm, const char *organization, struct vtl_reply *r)
{
	char name[9];

	snprintf(name, sizeof(name), "%.8s", m->name);
	vtl_put8(r, worm ? m->worm_medium_type : m->medium_type);
	vtl_put8(r, 0);
	vtl_put16(r, 52);
	vtl_put8(r, 1);			/* one density */
	vtl_put8(r, m->density);
	vtl_put_zero(r, 8);
	vtl_put16(r, m->width);
	vtl_put16(r, m->length_m > UINT16_MAX ? UINT16_MAX : (uint16_t)m->length_m);
	vtl_put16(r, 0);
	vtl_put_text(r, organization, 8);
	vtl_put_text(r, name, 8);
	vtl_put_text(r, m->description, 20);
}

static void put_type_of(const struct vtl_tape *t, const struct vtl_medium_model *m, bool worm, struct vtl_reply *r)
{
	const struct vtl_density *d = tape_density(t, m->density);

	put_medium_type(m, worm, d ? d->organization : "", r);
}

static void put_medium_types(const struct vtl_tape *t, struct vtl_reply *r)
{
	const struct vtl_model_bytes *own = &t->model->medium_types;
	unsigned i;

	if (own->len) {
		vtl_put_bytes(r, own->data, own->len);
		return;
	}
	for (i = 0; i < t->model->media_count; i++) {
		const struct vtl_drive_medium *m = &t->model->media[i];

		if (m->medium->cleaning)
			continue;
		if (m->access != VTL_ACCESS_NONE)
			put_type_of(t, m->medium, false, r);
		if (m->worm_access != VTL_ACCESS_NONE)
			put_type_of(t, m->medium, true, r);
	}
}

enum { REPORT_MEDIA = 0x01, REPORT_MEDIUM_TYPE = 0x02 };

static void put_report(const struct vtl_tape *t, uint8_t what, struct vtl_reply *r)
{
	if (!(what & REPORT_MEDIUM_TYPE))
		(what & REPORT_MEDIA ? put_medium : put_drive)(t, r);
	else if (!(what & REPORT_MEDIA))
		put_medium_types(t, r);
	else if (t->medium)
		put_type_of(t, t->medium, media_info(t->media)->kind == MEDIA_WORM_DATA, r);
}

/* REPORT DENSITY SUPPORT, SSC-5 7.11: densities or medium types, of the drive or of the medium that is mounted. */
void tape_report_density_support(struct vtl_cmd *cmd)
{
	const struct vtl_tape *t = tape_of(cmd);
	enum vtl_sense sense = cmd->cdb[1] & REPORT_MEDIA ? tape_not_ready(t) : SENSE_NONE;
	struct vtl_reply r;

	if (sense != SENSE_NONE) {
		vtl_cmd_check(cmd, sense, NULL);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be16(cmd->cdb + 7));
	vtl_put32(&r, 0);
	put_report(t, cmd->cdb[1], &r);
	vtl_patch16(&r, 0, (uint16_t)(r.len - 2));
	vtl_cmd_reply(cmd, &r);
}
