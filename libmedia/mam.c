/* SPDX-License-Identifier: GPL-2.0-only */
/* The cartridge memory: attributes by partition and identifier. */
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "err.h"
#include "mam.h"
#include "sealed.h"

#define ENTRY	8	/* bytes before each attribute's value: FORMAT.md "mam" */

static const struct media_seal seal = {
	.name = MEDIA_MAM_NAME,
	.magic = "VTLmam",
	.version = 1,
	.max = MEDIA_MAM_MAX,
};

struct entry {
	unsigned partition;
	struct media_attr attr;	/* its data is malloc'ed */
};

struct media_mam {
	struct entry *entries;	/* ascending by partition and identifier */
	size_t count, room;
	size_t bytes;		/* of the payload */
	uint64_t changes;
};

struct media_mam *media_mam_create(void)
{
	return calloc(1, sizeof(struct media_mam));
}

void media_mam_free(struct media_mam *mam)
{
	if (!mam)
		return;
	for (size_t i = 0; i < mam->count; i++)
		free((void *)mam->entries[i].attr.data);
	free(mam->entries);
	free(mam);
}

/* The index of the first entry that is not before it. */
static size_t lower_bound(const struct media_mam *mam, unsigned partition, uint16_t id)
{
	size_t low = 0, high = mam->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct entry *e = &mam->entries[mid];

		if (e->partition < partition || (e->partition == partition && e->attr.id < id))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct media_attr *media_mam_next(const struct media_mam *mam, unsigned partition, uint16_t from)
{
	size_t i = lower_bound(mam, partition, from);

	return i < mam->count && mam->entries[i].partition == partition ? &mam->entries[i].attr : NULL;
}

const struct media_attr *media_mam_get(const struct media_mam *mam, unsigned partition, uint16_t id)
{
	const struct media_attr *attr = media_mam_next(mam, partition, id);

	return attr && attr->id == id ? attr : NULL;
}

static enum media_err grow(struct media_mam *mam)
{
	size_t room = mam->room ? 2 * mam->room : 16;
	struct entry *entries;

	if (mam->count < mam->room)
		return MEDIA_OK;
	entries = realloc(mam->entries, room * sizeof(*entries));
	if (!entries)
		return MEDIA_NOMEM;
	mam->entries = entries;
	mam->room = room;
	return MEDIA_OK;
}

enum media_err media_mam_set(struct media_mam *mam, unsigned partition, const struct media_attr *attr)
{
	size_t i = lower_bound(mam, partition, attr->id);
	const struct media_attr *old = media_mam_get(mam, partition, attr->id);
	size_t bytes = mam->bytes - (old ? ENTRY + old->len : 0) + ENTRY + attr->len;
	uint8_t *data;

	if (partition >= MEDIA_MAX_PARTITIONS || attr->format > MEDIA_ATTR_TEXT)
		return MEDIA_INVALID;
	if (bytes > MEDIA_MAM_MAX)
		return MEDIA_NOSPACE;
	data = malloc(attr->len ? attr->len : 1);
	if (!data || (!old && grow(mam))) {
		free(data);
		return MEDIA_NOMEM;
	}
	if (attr->len)
		memcpy(data, attr->data, attr->len);
	if (old) {
		free((void *)old->data);
	} else {
		memmove(&mam->entries[i + 1], &mam->entries[i], (mam->count - i) * sizeof(*mam->entries));
		mam->count++;
	}
	mam->entries[i] = (struct entry){ .partition = partition,
					  .attr = { attr->id, attr->format, attr->len, data } };
	mam->bytes = bytes;
	mam->changes++;
	return MEDIA_OK;
}

enum media_err media_mam_delete(struct media_mam *mam, unsigned partition, uint16_t id)
{
	size_t i = lower_bound(mam, partition, id);
	const struct media_attr *old = media_mam_get(mam, partition, id);

	if (!old)
		return MEDIA_NOENT;
	mam->bytes -= ENTRY + old->len;
	free((void *)old->data);
	mam->count--;
	memmove(&mam->entries[i], &mam->entries[i + 1], (mam->count - i) * sizeof(*mam->entries));
	mam->changes++;
	return MEDIA_OK;
}

uint64_t media_mam_changes(const struct media_mam *mam)
{
	return mam->changes;
}

/* The payload, malloc'ed. */
static uint8_t *encode(const struct media_mam *mam)
{
	uint8_t *payload = malloc(mam->bytes ? mam->bytes : 1), *p = payload;

	for (size_t i = 0; payload && i < mam->count; i++) {
		const struct entry *e = &mam->entries[i];

		p[0] = (uint8_t)e->partition;
		p[1] = e->attr.format;
		put_be16(p + 2, e->attr.id);
		put_be16(p + 4, e->attr.len);
		put_be16(p + 6, 0);
		if (e->attr.len)
			memcpy(p + ENTRY, e->attr.data, e->attr.len);
		p += ENTRY + e->attr.len;
	}
	return payload;
}

uint8_t *media_mam_encode(const struct media_mam *mam, size_t *len)
{
	uint8_t *payload = encode(mam);
	uint8_t *file = payload ? media_seal(&seal, payload, mam->bytes, len) : NULL;

	free(payload);
	return file;
}

/* Takes what encode() made, and nothing else: ascending, complete, with the reserved fields zero. */
static enum media_err decode(struct media_mam *mam, const uint8_t *p, size_t len)
{
	long last = -1;

	while (len) {
		struct media_attr attr;
		enum media_err err;
		long key;

		if (len < ENTRY || get_be16(p + 6))
			return MEDIA_CORRUPT;
		attr = (struct media_attr){ get_be16(p + 2), p[1], get_be16(p + 4), p + ENTRY };
		key = (long)p[0] << 16 | attr.id;
		if (attr.len > len - ENTRY || key <= last)
			return MEDIA_CORRUPT;
		err = media_mam_set(mam, p[0], &attr);
		if (err)
			return err == MEDIA_NOMEM ? err : MEDIA_CORRUPT;
		last = key;
		p += ENTRY + attr.len;
		len -= ENTRY + attr.len;
	}
	mam->changes = 0;
	return MEDIA_OK;
}

enum media_err media_mam_load(struct media_store *store, struct media_mam **mam, bool *damaged, struct why *why)
{
	const uint8_t *payload;
	struct media_mam *m;
	uint8_t *file;
	size_t len;
	enum media_err err = media_sealed_read(store, MEDIA_MAM_NAME, &seal, &file, &payload, &len, damaged, why);

	if (err)
		return err == MEDIA_NOENT ? MEDIA_CORRUPT : err;
	m = media_mam_create();
	err = m ? decode(m, payload, len) : MEDIA_NOMEM;
	free(file);
	if (err) {
		why_set(why, "%s: %s", MEDIA_MAM_NAME,
			err == MEDIA_CORRUPT ? "its attributes make no sense" : media_strerror(err));
		media_mam_free(m);
		return err;
	}
	*mam = m;
	return MEDIA_OK;
}

enum media_err media_mam_save(struct media_store *store, const struct media_mam *mam, struct why *why)
{
	uint8_t *payload = encode(mam);
	enum media_err err = MEDIA_NOMEM;

	if (payload)
		err = media_sealed_write(store, MEDIA_MAM_NAME, &seal, payload, mam->bytes, why);
	free(payload);
	return err;
}
