/* SPDX-License-Identifier: GPL-2.0-only */
/* The index of one segment as it is made: pages of entries, pages of keys, and marks. FORMAT.md "index". */
#include "index.h"

#include <stdlib.h>
#include <string.h>

enum media_err midx_begin(struct midx *idx, struct media_store *store, struct media_file *file,
			  const struct mfmt_ident *ident, const struct mpoint *first)
{
	*idx = (struct midx){
		.store = store,
		.file = file,
		.ident = *ident,
		.first = *first,
		.page = *first,
		.group = *first,
		.entries = calloc(1, MFMT_PAGE),
		.keys = calloc(1, MFMT_PAGE),
	};
	if (idx->entries && idx->keys)
		return MEDIA_OK;
	midx_end(idx);
	return MEDIA_NOMEM;
}

void midx_end(struct midx *idx)
{
	if (idx->file)
		idx->store->ops->close(idx->file);
	idx->file = NULL;
	free(idx->image);
	free(idx->entries);
	free(idx->keys);
	idx->image = idx->entries = idx->keys = NULL;
}

static bool into_image(struct midx *idx, uint64_t page, const uint8_t *p)
{
	size_t end = (size_t)(page + 1) * MFMT_PAGE;

	if (end > idx->image_room) {
		size_t room = end + end / 2;
		uint8_t *image = realloc(idx->image, room);

		if (!image)
			return false;
		idx->image = image;
		idx->image_room = room;
	}
	if (end > idx->image_len) {
		memset(idx->image + idx->image_len, 0, end - idx->image_len);
		idx->image_len = end;
	}
	memcpy(idx->image + end - MFMT_PAGE, p, MFMT_PAGE);
	return true;
}

static void write_page(struct midx *idx, uint64_t page, const uint8_t *p)
{
	if (idx->broken)
		return;
	if (!idx->file)
		idx->broken = !into_image(idx, page, p);
	else
		idx->broken = idx->store->ops->pwrite(idx->file, p, MFMT_PAGE, page * MFMT_PAGE) < 0;
}

/* Writes the last page of entries; it has at least one. */
static void write_entries(struct midx *idx)
{
	uint64_t page = (idx->count - 1) / MFMT_PAGE_ENTRIES;
	struct mfmt_page head = {
		.kind = MFMT_ENTRIES,
		.count = (unsigned)((idx->count - 1) % MFMT_PAGE_ENTRIES) + 1,
		.at = idx->page,
	};

	mfmt_put_page(idx->entries, &idx->ident, &head);
	write_page(idx, midx_entries_page(page), idx->entries);
}

static void write_keys(struct midx *idx)
{
	uint64_t page = (idx->count - 1) / MFMT_PAGE_ENTRIES;
	uint64_t group = page / MFMT_GROUP;
	struct mfmt_page head = {
		.kind = MFMT_KEYS,
		.count = (unsigned)(page % MFMT_GROUP) + 1,
		.at = idx->group,
	};

	mfmt_put_page(idx->keys, &idx->ident, &head);
	write_page(idx, midx_keys_page(group), idx->keys);
}

/* The first entry of a page is about to be added: its page becomes the last one. */
static void begin_page(struct midx *idx, const struct mpoint *at)
{
	uint64_t page = idx->count / MFMT_PAGE_ENTRIES;

	memset(idx->entries, 0, MFMT_PAGE);
	idx->page = *at;
	if (page % MFMT_GROUP == 0) {
		memset(idx->keys, 0, MFMT_PAGE);
		idx->group = *at;
	}
	mfmt_put_key(idx->keys, page % MFMT_GROUP, (uint32_t)(at->filemarks - idx->group.filemarks));
}

void midx_add(struct midx *idx, uint64_t offset, enum mfmt_type type, const struct mpoint *at)
{
	unsigned i = (unsigned)(idx->count % MFMT_PAGE_ENTRIES);
	struct mfmt_entry entry = { .offset = offset, .type = type };

	if (!i)
		begin_page(idx, at);
	entry.filemarks = (uint32_t)(at->filemarks - idx->page.filemarks);
	entry.setmarks = (uint32_t)(at->setmarks - idx->page.setmarks);
	mfmt_put_entry(idx->entries, i, &entry);
	idx->count++;
	idx->dirty = true;
	if (i < MFMT_PAGE_ENTRIES - 1)
		return;
	write_entries(idx);
	if (idx->count % (MFMT_GROUP * MFMT_PAGE_ENTRIES) == 0)
		write_keys(idx);
}

void midx_add_lost(struct midx *idx, uint64_t offset, const struct mpoint *from, const struct mpoint *to)
{
	struct mpoint lost = mpoint_sub(*to, from);
	struct mfmt_record rec = { .at = *from };

	for (uint64_t i = 0; i < lost.object; i++) {
		rec.type = i < lost.object - lost.filemarks - lost.setmarks ? MFMT_BLOCK :
			   i < lost.object - lost.setmarks ? MFMT_FILEMARK : MFMT_SETMARK;
		midx_add(idx, offset, rec.type, &rec.at);
		rec.at = mfmt_after(&rec);
	}
}

void midx_flush(struct midx *idx)
{
	if (!idx->dirty || !idx->count)
		return;
	write_entries(idx);
	write_keys(idx);
	idx->dirty = false;
}

void midx_mark(struct midx *idx, const struct mpoint *at, uint64_t durable)
{
	uint8_t p[MFMT_PAGE] = { 0 };
	struct mfmt_page head = {
		.kind = MFMT_MARK,
		.at = *at,
		.durable = durable,
		.sequence = ++idx->sequence,
	};

	midx_flush(idx);
	mfmt_put_page(p, &idx->ident, &head);
	write_page(idx, head.sequence % 2, p);
}

bool midx_read_mark(struct media_store *store, struct media_file *file, const struct mfmt_ident *ident,
		    struct mfmt_page *mark)
{
	uint8_t p[MFMT_PAGE];
	bool found = false;

	for (uint64_t i = 0; i < 2; i++) {
		struct mfmt_page page;

		if (store->ops->pread(file, p, MFMT_PAGE, i * MFMT_PAGE) != MFMT_PAGE ||
		    !mfmt_get_page(p, ident, MFMT_MARK, &page))
			continue;
		if (!found || page.sequence > mark->sequence)
			*mark = page;
		found = true;
	}
	return found;
}

static bool read_page(struct midx *idx, uint64_t at, enum mfmt_page_kind kind, uint8_t *p, struct mfmt_page *page)
{
	return idx->store->ops->pread(idx->file, p, MFMT_PAGE, at * MFMT_PAGE) == MFMT_PAGE &&
	       mfmt_get_page(p, &idx->ident, kind, page);
}

bool midx_resume(struct midx *idx, uint64_t count)
{
	uint64_t page, group;
	struct mfmt_page entries, keys, mark;

	if (idx->file && midx_read_mark(idx->store, idx->file, &idx->ident, &mark))
		idx->sequence = mark.sequence;
	if (!count || !idx->file)
		return !count;
	page = (count - 1) / MFMT_PAGE_ENTRIES;
	group = page / MFMT_GROUP;
	if (!read_page(idx, midx_entries_page(page), MFMT_ENTRIES, idx->entries, &entries) ||
	    !read_page(idx, midx_keys_page(group), MFMT_KEYS, idx->keys, &keys) ||
	    entries.at.object != idx->first.object + page * MFMT_PAGE_ENTRIES ||
	    keys.at.object != idx->first.object + group * MFMT_GROUP * MFMT_PAGE_ENTRIES ||
	    entries.count < (count - 1) % MFMT_PAGE_ENTRIES + 1 || keys.count < page % MFMT_GROUP + 1)
		return false;
	idx->count = count;
	idx->page = entries.at;
	idx->group = keys.at;
	return true;
}
