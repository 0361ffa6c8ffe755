/* SPDX-License-Identifier: GPL-2.0-only */
/* The manifest of a partition: the list of its segments. FORMAT.md "manifest". */
#include "manifest.h"

#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "sealed.h"

#define HEAD		40u
#define ENTRY		72u
#define FLAG_CLOSED	0x01

static const struct media_seal seal = {
	.name = "manifest",
	.magic = { 'V', 'T', 'L', 'M', 'A', 'N', 'I', 'F' },
	.version = MFMT_VERSION,
	.max = 64u << 20,
};

struct mpoint mseg_end(const struct mseg *seg)
{
	return mpoint_add(seg->first, &seg->in);
}

static enum media_err grow(struct mmanifest *man, size_t room)
{
	struct mseg *seg;

	if (room <= man->room)
		return MEDIA_OK;
	room = room < 16 ? 16 : room + room / 2;
	seg = realloc(man->seg, room * sizeof(*seg));
	if (!seg)
		return MEDIA_NOMEM;
	man->seg = seg;
	man->room = room;
	return MEDIA_OK;
}

enum media_err mmanifest_add(struct mmanifest *man, const struct mseg *seg)
{
	const struct mseg *last;

	if (grow(man, man->n + 1))
		return MEDIA_NOMEM;
	man->seg[man->n] = *seg;
	last = man->n ? &man->seg[man->n - 1] : NULL;
	man->seg[man->n].bytes_before = last ? last->bytes_before + last->length : 0;
	man->n++;
	return MEDIA_OK;
}

enum media_err mmanifest_copy(struct mmanifest *to, const struct mmanifest *from)
{
	*to = *from;
	to->seg = NULL;
	to->room = 0;
	if (grow(to, from->n))
		return MEDIA_NOMEM;
	if (from->n)
		memcpy(to->seg, from->seg, from->n * sizeof(*from->seg));
	return MEDIA_OK;
}

void mmanifest_free(struct mmanifest *man)
{
	free(man->seg);
	man->seg = NULL;
	man->n = man->room = 0;
}

/*
 * The last segment whose first sum is not greater than `value`, by object (a block) or by mark: they never fall from
 * one segment to the next.
 */
static size_t last_not_above(const struct mmanifest *man, uint64_t value, enum mfmt_type type)
{
	size_t lo = 0, hi = man->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct mpoint *first = &man->seg[mid].first;

		if ((type == MFMT_BLOCK ? first->object : mpoint_marks(first, type)) <= value)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? lo - 1 : man->n;
}

size_t mmanifest_find(const struct mmanifest *man, uint64_t object)
{
	size_t i = last_not_above(man, object, MFMT_BLOCK);

	return i < man->n && object < mseg_end(&man->seg[i]).object ? i : man->n;
}

size_t mmanifest_find_mark(const struct mmanifest *man, enum mfmt_type type, uint64_t number)
{
	size_t i = last_not_above(man, number, type);
	struct mpoint end;

	if (i == man->n)
		return i;
	end = mseg_end(&man->seg[i]);
	return number < mpoint_marks(&end, type) ? i : man->n;
}

static void put_entry(uint8_t *p, const struct mseg *seg)
{
	memset(p, 0, ENTRY);
	put_be32(p, seg->number);
	put_be32(p + 4, seg->generation);
	put_be64(p + 8, seg->length);
	put_be64(p + 16, seg->first.object);
	put_be64(p + 24, seg->in.object);
	put_be64(p + 32, mpoint_pack_marks(&seg->first));
	put_be64(p + 40, mpoint_pack_marks(&seg->in));
	put_be64(p + 48, seg->first.host);
	put_be64(p + 56, seg->in.host);
	p[64] = seg->closed ? FLAG_CLOSED : 0;
}

static void get_entry(const uint8_t *p, struct mseg *seg)
{
	*seg = (struct mseg){
		.number = get_be32(p),
		.generation = get_be32(p + 4),
		.length = get_be64(p + 8),
		.first = { get_be64(p + 16), get_be48(p + 34), get_be64(p + 48), get_be16(p + 32) },
		.in = { get_be64(p + 24), get_be48(p + 42), get_be64(p + 56), get_be16(p + 40) },
		.closed = p[64] & FLAG_CLOSED,
	};
}

enum media_err mmanifest_save(struct media_store *store, const struct mmanifest *man, struct why *why)
{
	size_t len = HEAD + man->n * ENTRY;
	char name[MFMT_NAME];
	enum media_err err;
	uint8_t *p = calloc(1, len);

	if (!p) {
		why_set(why, "out of memory");
		return MEDIA_NOMEM;
	}
	memcpy(p, man->uuid, MEDIA_UUID_LEN);
	put_be32(p + 16, man->formatting);
	p[20] = (uint8_t)man->partition;
	put_be32(p + 24, man->next_segment);
	put_be32(p + 28, man->next_generation);
	put_be32(p + 32, (uint32_t)man->n);
	put_be32(p + 36, ENTRY);
	for (size_t i = 0; i < man->n; i++)
		put_entry(p + HEAD + i * ENTRY, &man->seg[i]);
	mfmt_name(name, man->partition, man->formatting, "manifest");
	err = media_sealed_write(store, name, &seal, p, len, why);
	free(p);
	return err;
}

/* Whether an entry can follow what comes before it. */
static bool entry_ok(const struct mmanifest *man, const struct mseg *seg, bool last)
{
	struct mpoint before = { 0 };

	if (man->n)
		before = mseg_end(&man->seg[man->n - 1]);
	return mpoint_same(&seg->first, &before) && seg->in.filemarks <= seg->in.object &&
	       seg->in.setmarks <= seg->in.object - seg->in.filemarks && seg->length >= MFMT_FIRST &&
	       seg->length % MFMT_UNIT == 0 && seg->length / MFMT_UNIT <= INT32_MAX &&
	       seg->in.object <= seg->length / MFMT_RECORD && seg->number < man->next_segment &&
	       seg->generation < man->next_generation && (seg->closed || last);
}

static enum media_err parse(struct mmanifest *man, const uint8_t *p, size_t len)
{
	uint32_t n;

	if (len < HEAD || memcmp(p, man->uuid, MEDIA_UUID_LEN) || get_be32(p + 16) != man->formatting ||
	    p[20] != man->partition || get_be32(p + 36) != ENTRY)
		return MEDIA_CORRUPT;
	man->next_segment = get_be32(p + 24);
	man->next_generation = get_be32(p + 28);
	n = get_be32(p + 32);
	if (len - HEAD != (size_t)n * ENTRY)
		return MEDIA_CORRUPT;
	for (uint32_t i = 0; i < n; i++) {
		struct mseg seg;

		get_entry(p + HEAD + i * ENTRY, &seg);
		if (!entry_ok(man, &seg, i == n - 1))
			return MEDIA_CORRUPT;
		if (mmanifest_add(man, &seg))
			return MEDIA_NOMEM;
	}
	return MEDIA_OK;
}

enum media_err mmanifest_load(struct media_store *store, struct mmanifest *man, bool *damaged, struct why *why)
{
	char name[MFMT_NAME];
	const uint8_t *payload;
	enum media_err err;
	uint8_t *file;
	size_t len;

	mfmt_name(name, man->partition, man->formatting, "manifest");
	err = media_sealed_read(store, name, &seal, &file, &payload, &len, damaged, why);
	if (err == MEDIA_NOENT) {
		why_set(why, "%s is missing", name);
		return MEDIA_CORRUPT;
	}
	if (err)
		return err;
	man->seg = NULL;
	man->n = man->room = 0;
	err = parse(man, payload, len);
	free(file);
	if (err) {
		mmanifest_free(man);
		if (err == MEDIA_CORRUPT)
			why_set(why, "%s is not this cartridge's, or contradicts itself", name);
		else
			why_set(why, "out of memory");
	}
	return err;
}
