/* SPDX-License-Identifier: GPL-2.0-only */
/* I_T nexuses: who is there, who was, and the unit attentions that wait for each. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Initiators whose nexus was lost, newest first: they are told so when they come again (29/07). */
#define SEEN_MAX	256

struct vtl_seen {
	struct vtl_seen *next;
	struct vtl_nexus_id id;
};

bool vtl_nexus_id_same_initiator(const struct vtl_nexus_id *a, const struct vtl_nexus_id *b)
{
	return a->transport_id_len == b->transport_id_len &&
	       !memcmp(a->transport_id, b->transport_id, a->transport_id_len);
}

bool vtl_nexus_id_equal(const struct vtl_nexus_id *a, const struct vtl_nexus_id *b)
{
	return a->target_port == b->target_port && vtl_nexus_id_same_initiator(a, b);
}

/* SPC-5 7.6.4: all are 24 bytes long but those of iSCSI, a terminated name that may be padded to any length. */
enum { ID_LEN = 24, ID_HEAD = 4, ID_ISCSI = 0x05 };

unsigned vtl_transport_id(const uint8_t *p, uint32_t room, struct vtl_nexus_id *id)
{
	unsigned len = ID_LEN, text, i;

	memset(id, 0, sizeof(*id));
	if (room < ID_LEN)
		return 0;
	if ((p[0] & 0x0f) != ID_ISCSI) {
		memcpy(id->transport_id, p, ID_LEN);
		id->transport_id_len = ID_LEN;
		return ID_LEN;
	}
	len = ID_HEAD + get_be16(p + 2);
	if (len < ID_LEN || len % 4 || len > room || len > sizeof(id->transport_id))
		return 0;
	text = (unsigned)strnlen((const char *)p + ID_HEAD, len - ID_HEAD);
	if (!text || ID_HEAD + text == len)
		return 0;
	id->transport_id[0] = p[0];
	/* names are compared without regard to case (RFC 7143 4.2.7) */
	for (i = ID_HEAD; i < ID_HEAD + text; i++)
		id->transport_id[i] = (uint8_t)tolower(p[i]);
	id->transport_id_len = (ID_HEAD + text + 1 + 3) & ~3u;
	if (id->transport_id_len < ID_LEN)
		id->transport_id_len = ID_LEN;
	put_be16(id->transport_id + 2, (uint16_t)(id->transport_id_len - ID_HEAD));
	return len;
}

static void seen_add(struct vtl_dev *dev, const struct vtl_nexus_id *id)
{
	struct vtl_seen *seen = malloc(sizeof(*seen)), **link;
	unsigned n;

	/* without memory it is taken for a new one next time: 29/00, which says no less */
	if (!seen)
		return;
	seen->id = *id;
	seen->next = dev->seen;
	dev->seen = seen;
	for (n = 0, link = &dev->seen; *link; link = &(*link)->next) {
		if (++n > SEEN_MAX) {
			free(*link);
			*link = NULL;
			return;
		}
	}
}

static bool seen_take(struct vtl_dev *dev, const struct vtl_nexus_id *id)
{
	struct vtl_seen **link;

	for (link = &dev->seen; *link; link = &(*link)->next) {
		struct vtl_seen *seen = *link;

		if (vtl_nexus_id_equal(&seen->id, id)) {
			*link = seen->next;
			free(seen);
			return true;
		}
	}
	return false;
}

void vtl_seen_free(struct vtl_dev *dev)
{
	while (dev->seen) {
		struct vtl_seen *seen = dev->seen;

		dev->seen = seen->next;
		free(seen);
	}
}

/* A nameless initiator gets a name that no other has, so that nobody shares its registrations. */
static void draw_name(struct vtl_dev *dev, struct vtl_nexus_id *id)
{
	memset(id->transport_id, 0, sizeof(id->transport_id));
	id->transport_id_len = 24;
	id->transport_id[0] = 0x0f;	/* SPC-5 7.6.1: no specific protocol */
	dev->env->random(dev->env, id->transport_id + 8, 16);
}

struct vtl_nexus *vtl_nexus_new(struct vtl_dev *dev, const struct vtl_nexus_id *id)
{
	struct vtl_nexus *nexus = calloc(1, sizeof(*nexus));
	bool seen;

	if (!nexus)
		return NULL;
	nexus->dev = dev;
	if (vtl_mode_nexus_init(nexus)) {
		free(nexus);
		return NULL;
	}
	if (!vtl_transport_id(id->transport_id, id->transport_id_len, &nexus->id))
		draw_name(dev, &nexus->id);
	nexus->id.target_port = id->target_port;
	nexus->next = dev->nexuses;
	dev->nexuses = nexus;
	seen = seen_take(dev, &nexus->id);
	vtl_ua(nexus, seen ? SENSE_NEXUS_LOSS : SENSE_POWER_ON);
	if (!seen && dev->other_inquiry)
		vtl_ua(nexus, SENSE_INQUIRY_DATA_CHANGED);
	return nexus;
}

void vtl_nexus_lost(struct vtl_nexus *nexus)
{
	struct vtl_dev *dev = nexus->dev;
	struct vtl_nexus **link;
	bool prevent = nexus->prevent;

	if (dev->type->nexus_lost)
		dev->type->nexus_lost(dev, nexus);
	for (link = &dev->nexuses; *link != nexus; link = &(*link)->next)
		;
	*link = nexus->next;
	if (dev->reserved == nexus) {
		dev->reserved = NULL;
		vtl_reservations_changed(dev, false);
	}
	vtl_buffers_nexus_lost(nexus);
	seen_add(dev, &nexus->id);
	free(nexus->pages);
	free(nexus);
	if (prevent && dev->type->prevent_changed)
		dev->type->prevent_changed(dev);
}

bool vtl_dev_prevented(const struct vtl_dev *dev)
{
	const struct vtl_nexus *nexus;

	for (nexus = dev->nexuses; nexus; nexus = nexus->next) {
		if (nexus->prevent)
			return true;
	}
	return false;
}

/*
 * SAM-5 5.14: a reset or power on covers all that happened before it, and of two such the lower ASCQ, which says more,
 * stays. What happens afterwards waits behind it.
 */
void vtl_nexus_attention(struct vtl_nexus *nexus, uint8_t asc, uint8_t ascq)
{
	unsigned i;

	if (asc == 0x29) {
		if (nexus->uas && nexus->ua[0].asc == 0x29 && nexus->ua[0].ascq < ascq)
			ascq = nexus->ua[0].ascq;
		nexus->uas = 0;
	}
	for (i = 0; i < nexus->uas; i++) {
		if (nexus->ua[i].asc == asc && nexus->ua[i].ascq == ascq)
			return;
	}
	if (nexus->uas == VTL_UA_MAX)
		return;
	nexus->ua[nexus->uas].asc = asc;
	nexus->ua[nexus->uas].ascq = ascq;
	nexus->uas++;
}

void vtl_ua(struct vtl_nexus *nexus, enum vtl_sense sense)
{
	const struct vtl_sense_row *row = vtl_sense_row(sense);

	vtl_nexus_attention(nexus, row->asc, row->ascq);
}

void vtl_ua_all(struct vtl_dev *dev, enum vtl_sense sense, const struct vtl_nexus *except)
{
	struct vtl_nexus *nexus;

	for (nexus = dev->nexuses; nexus; nexus = nexus->next) {
		if (nexus != except)
			vtl_ua(nexus, sense);
	}
}

bool vtl_ua_take(struct vtl_nexus *nexus, struct vtl_sense_row *row)
{
	if (!nexus->uas)
		return false;
	*row = (struct vtl_sense_row){ KEY_UNIT_ATTENTION, nexus->ua[0].asc, nexus->ua[0].ascq, NULL };
	nexus->uas--;
	memmove(nexus->ua, nexus->ua + 1, nexus->uas * sizeof(nexus->ua[0]));
	return true;
}
