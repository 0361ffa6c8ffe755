/* SPDX-License-Identifier: GPL-2.0-only */
/* Where things lie along the tape: READ END OF WRAP POSITION, and the recommended access order (SSC-5 7.2, 7.7). */
#include <stdlib.h>
#include <string.h>

#include "tape_impl.h"

/* ---- the tape as a serpentine ---- */

/* Wraps of a partition: its share of the tape, at least one. */
static unsigned wraps_of(const struct vtl_tape *t, unsigned partition)
{
	const struct media_geometry *g = &media_info(t->media)->geometry;
	unsigned wraps = t->medium && t->medium->wraps ? t->medium->wraps : 1;
	uint64_t sum = 0, share;
	unsigned p;

	for (p = 0; p < g->partitions; p++)
		sum += g->part[p].capacity;
	share = (uint64_t)((double)wraps * (double)g->part[partition].capacity / (double)sum + 0.5);
	return share ? (unsigned)share : 1;
}

/* The first object behind a place given in bytes. Objects are taken to be of the same size: the index knows no more. */
static uint64_t object_at(const struct vtl_tape *t, unsigned partition, uint64_t byte)
{
	struct media_usage u;

	media_usage(t->media, partition, &u);
	if (byte >= u.used)
		return u.objects;
	return (uint64_t)((double)u.objects * (double)byte / (double)u.used);
}

struct tape_place tape_place_of(const struct vtl_tape *t, unsigned partition, uint64_t object)
{
	unsigned wraps = wraps_of(t, partition);
	struct tape_place place = { .partition = partition };
	struct media_usage u;
	double at;

	media_usage(t->media, partition, &u);
	if (!u.objects || !u.capacity)
		return place;
	if (object > u.objects)
		object = u.objects;
	at = (double)u.used * (double)object / (double)u.objects / (double)u.capacity * wraps;
	place.wrap = (unsigned)at < wraps ? (unsigned)at : wraps - 1;
	place.along = at - place.wrap;
	if (place.wrap & 1)	/* odd wraps run back */
		place.along = 1 - place.along;
	return place;
}

/* ---- READ END OF WRAP POSITION (LTO) ---- */

enum { WRAP_QUALIFIER = 0x45, WRAP_WNV = 0x01, WRAP_RA = 0x02 };

/* The object at the end of a wrap; of wraps behind end of data: end of data. */
static uint64_t end_of_wrap(const struct vtl_tape *t, unsigned partition, unsigned wrap)
{
	uint64_t capacity = media_info(t->media)->geometry.part[partition].capacity;

	return object_at(t, partition, (uint64_t)((double)capacity * (wrap + 1) / wraps_of(t, partition)));
}

static unsigned put_all_wraps(const struct vtl_tape *t, struct vtl_reply *r)
{
	unsigned p, wrap, n = 0;

	for (p = 0; p < media_info(t->media)->geometry.partitions; p++)
		for (wrap = 0; wrap < wraps_of(t, p); wrap++) {
			if (r) {
				vtl_put16(r, (uint16_t)n);
				vtl_put16(r, (uint16_t)p);
				vtl_put16(r, 0);
				vtl_put48(r, end_of_wrap(t, p, wrap));
			}
			n++;
		}
	return n;
}

/* The partition of a wrap of the tape; *wrap becomes that of the partition. */
static unsigned partition_of_wrap(const struct vtl_tape *t, unsigned *wrap)
{
	unsigned p = 0;

	while (*wrap >= wraps_of(t, p))
		*wrap -= wraps_of(t, p++);
	return p;
}

void tape_read_end_of_wrap(struct vtl_cmd *cmd)
{
	const struct vtl_tape *t = tape_of(cmd);
	unsigned wrap = cmd->cdb[3] & WRAP_WNV ? cmd->cdb[5] : 0, partition;
	bool all = cmd->cdb[3] & WRAP_RA;
	struct vtl_reply r;

	if (cmd->cdb[2] != WRAP_QUALIFIER) {
		vtl_cmd_bad_cdb(cmd, 2, 7);
		return;
	}
	if ((all && cmd->cdb[3] & WRAP_WNV) || (cmd->cdb[5] && !(cmd->cdb[3] & WRAP_WNV))) {
		vtl_cmd_bad_cdb(cmd, 3, 0);
		return;
	}
	if (wrap >= put_all_wraps(t, NULL)) {
		vtl_cmd_bad_cdb(cmd, 5, 7);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 6));
	vtl_put16(&r, all ? (uint16_t)(12 * put_all_wraps(t, NULL) + 2) : 8);
	vtl_put16(&r, 0);
	if (all) {
		put_all_wraps(t, &r);
	} else {
		partition = partition_of_wrap(t, &wrap);
		vtl_put48(&r, end_of_wrap(t, partition, wrap));
	}
	vtl_cmd_reply(cmd, &r);
}

/* ---- recommended access order ---- */

#define UDS_LEN		32u	/* user data segment descriptor without geometry, its length field included */
#define UDS_MOST	2730u	/* as LTO-9 */

enum { UDS_PARTITION = 15, UDS_BEGIN = 16, UDS_END = 24 };
enum { ORDER_LIMITS = 0x80 };

void tape_order_forget(struct vtl_tape *t)
{
	free(t->order);
	t->order = NULL;
	t->orders = 0;
}

/* What it costs to get from one place to another: tape that runs by, and a little for each change of wraps. */
static double cost(const struct tape_place *from, const struct tape_place *to)
{
	double run = from->along > to->along ? from->along - to->along : to->along - from->along;

	return run + (from->wrap != to->wrap || from->partition != to->partition ? 0.05 : 0);
}

struct segment {
	const uint8_t *descriptor;
	struct tape_place begin, end;
};

/* From where the tape is, always the nearest that is left. */
static void put_in_order(const struct vtl_tape *t, struct segment *seg, unsigned n, uint8_t *out)
{
	struct media_pos pos;
	struct tape_place here;
	unsigned i;

	media_tell(t->media, &pos);
	here = tape_place_of(t, pos.partition, pos.object);
	for (; n; n--, out += UDS_LEN) {
		unsigned best = 0;

		for (i = 1; i < n; i++)
			if (cost(&here, &seg[i].begin) < cost(&here, &seg[best].begin))
				best = i;
		memcpy(out, seg[best].descriptor, UDS_LEN);
		here = seg[best].end;
		seg[best] = seg[n - 1];
	}
}

/* Whether a descriptor makes sense; else the byte in it that does not. */
static bool sound(const struct vtl_tape *t, const uint8_t *d, unsigned *byte)
{
	*byte = 0;
	if (get_be16(d) != UDS_LEN - 2)
		return false;
	*byte = UDS_PARTITION;
	if (d[UDS_PARTITION] >= media_info(t->media)->geometry.partitions)
		return false;
	*byte = UDS_END;
	return get_be64(d + UDS_BEGIN) <= get_be64(d + UDS_END);
}

/* The list's descriptors; 0 and the command ended if something is wrong with it. */
static unsigned check_list(struct vtl_cmd *cmd, uint32_t len)
{
	unsigned n, i, byte;

	if (len < 8 || get_be32(cmd->out + 4) > len - 8 || get_be32(cmd->out + 4) % UDS_LEN ||
	    !get_be32(cmd->out + 4)) {
		vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return 0;
	}
	n = get_be32(cmd->out + 4) / UDS_LEN;
	if (n > UDS_MOST) {
		vtl_cmd_bad_param(cmd, 4, VTL_NO_BIT);
		return 0;
	}
	for (i = 0; i < n; i++) {
		if (sound(tape_of(cmd), cmd->out + 8 + i * UDS_LEN, &byte))
			continue;
		vtl_cmd_bad_param(cmd, 8 + i * UDS_LEN + byte, VTL_NO_BIT);
		return 0;
	}
	return n;
}

static bool generate(struct vtl_tape *t, const uint8_t *list, unsigned n)
{
	struct segment *seg = calloc(n, sizeof(*seg));
	uint8_t *order = calloc(n, UDS_LEN);
	unsigned i;

	if (!seg || !order) {
		free(seg);
		free(order);
		return false;
	}
	for (i = 0; i < n; i++) {
		const uint8_t *d = list + i * UDS_LEN;

		seg[i].descriptor = d;
		seg[i].begin = tape_place_of(t, d[UDS_PARTITION], get_be64(d + UDS_BEGIN));
		seg[i].end = tape_place_of(t, d[UDS_PARTITION], get_be64(d + UDS_END));
	}
	put_in_order(t, seg, n, order);
	free(seg);
	tape_order_forget(t);
	t->order = order;
	t->orders = n;
	return true;
}

/* GENERATE RECOMMENDED ACCESS ORDER, SSC-5 7.2: of segments without geometry. */
void tape_generate_order(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);
	uint32_t len = get_be32(cmd->cdb + 6);
	unsigned n;

	if ((cmd->cdb[2] & 0x07) > 2 || cmd->cdb[3] & 0x07) {
		vtl_cmd_bad_cdb(cmd, cmd->cdb[3] & 0x07 ? 3 : 2, 2);
		return;
	}
	if (!vtl_cmd_has_out(cmd, len))
		return;
	if (!len) {
		vtl_cmd_good(cmd);
		return;
	}
	n = check_list(cmd, len);
	if (!n)
		return;
	t->order_process = cmd->cdb[2] & 0x07;
	if (generate(t, cmd->out + 8, n))
		vtl_cmd_good(cmd);
	else
		vtl_cmd_check(cmd, SENSE_INSUFFICIENT_RESOURCES, NULL);
}

/* RECEIVE RECOMMENDED ACCESS ORDER, SSC-5 7.7: the limits, or the list from an offset on. */
void tape_receive_order(struct vtl_cmd *cmd)
{
	const struct vtl_tape *t = tape_of(cmd);
	uint32_t offset = get_be32(cmd->cdb + 2), all = t->orders * UDS_LEN;
	struct vtl_reply r;

	if (cmd->cdb[10] & 0x07) {
		vtl_cmd_bad_cdb(cmd, 10, 2);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be32(cmd->cdb + 6));
	if (cmd->cdb[1] & ORDER_LIMITS) {
		vtl_put16(&r, UDS_MOST);
		vtl_put16(&r, UDS_LEN);
		vtl_cmd_reply(cmd, &r);
		return;
	}
	if (offset > all) {
		vtl_cmd_bad_cdb(cmd, 2, 7);
		return;
	}
	vtl_put8(&r, t->orders ? t->order_process : 0);
	vtl_put8(&r, t->orders ? 0x02 : 0);	/* the list is complete */
	vtl_put16(&r, 0);
	vtl_put32(&r, all - offset);
	if (all > offset)
		vtl_put_bytes(&r, t->order + offset, all - offset);
	vtl_cmd_reply(cmd, &r);
}
