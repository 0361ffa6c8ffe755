/* SPDX-License-Identifier: GPL-2.0-only */
/* Compares the index of a segment with its records. */
#include <string.h>

#include "check.h"

static void wrong(struct mcheck_index *index, const char *what)
{
	if (!index->wrong)
		index->wrong = what;
}

static bool read_page(struct mcheck *check, uint64_t page, enum mfmt_page_kind kind, uint8_t *p, struct mfmt_page *head)
{
	struct mfmt_ident ident = mlog_ident(&check->log, check->seg);

	return check->store->ops->pread(check->index.file, p, MFMT_PAGE, page * MFMT_PAGE) == MFMT_PAGE &&
	       mfmt_get_page(p, &ident, kind, head);
}

/* A mark that was never written is zeros. */
static void check_marks(struct mcheck *check)
{
	struct mcheck_index *index = &check->index;
	static const uint8_t zero[MFMT_PAGE];
	struct mfmt_page head;

	for (uint64_t i = 0; i < 2; i++)
		if (!read_page(check, i, MFMT_MARK, index->entries, &head) &&
		    memcmp(index->entries, zero, MFMT_PAGE) != 0)
			wrong(index, "is damaged");
}

void mcheck_index_begin(struct mcheck *check)
{
	struct mcheck_index *index = &check->index;
	char name[MFMT_NAME];

	*index = (struct mcheck_index){ .page = UINT64_MAX };
	mfmt_name(name, check->partition, check->seg->number, "idx");
	if (check->store->ops->open(check->store, name, MEDIA_STORE_RDONLY, &index->file) < 0) {
		index->file = NULL;
		if (check->seg->in.object)
			wrong(index, "is missing");
		return;
	}
	check_marks(check);
}

/* The page that has the entry of an object, and the page of keys that describes it. */
static void turn_to(struct mcheck *check, uint64_t page, const struct mfmt_record *rec)
{
	struct mcheck_index *index = &check->index;
	uint64_t group = page / MFMT_GROUP, first = check->seg->first.object;

	index->valid = read_page(check, midx_entries_page(page), MFMT_ENTRIES, index->entries, &index->head) &&
		       index->head.at.object == first + page * MFMT_PAGE_ENTRIES;
	if (index->page == UINT64_MAX || group != index->page / MFMT_GROUP)
		index->keys_valid = read_page(check, midx_keys_page(group), MFMT_KEYS, index->keys,
					      &index->keys_head) &&
				    index->keys_head.at.object == first + group * MFMT_GROUP * MFMT_PAGE_ENTRIES;
	index->page = page;
	if (!index->valid || !index->keys_valid || index->keys_head.count <= page % MFMT_GROUP)
		wrong(index, "is damaged or incomplete");
	else if (index->keys_head.at.filemarks + mfmt_get_key(index->keys, page % MFMT_GROUP) !=
		 index->head.at.filemarks)
		wrong(index, "contradicts itself");
}

void mcheck_index_object(struct mcheck *check, const struct mfmt_record *rec)
{
	struct mcheck_index *index = &check->index;
	uint64_t n = rec->at.object - check->seg->first.object, i = n % MFMT_PAGE_ENTRIES;
	struct mfmt_entry entry;

	if (!index->file || rec->type == MFMT_PAD)
		return;
	if (n / MFMT_PAGE_ENTRIES != index->page)
		turn_to(check, n / MFMT_PAGE_ENTRIES, rec);
	if (!index->valid)
		return;
	if (i >= index->head.count) {
		wrong(index, "is damaged or incomplete");
		return;
	}
	mfmt_get_entry(index->entries, (unsigned)i, &entry);
	if (entry.offset != rec->offset || entry.type != rec->type ||
	    index->head.at.filemarks + entry.filemarks != rec->at.filemarks ||
	    index->head.at.setmarks + entry.setmarks != rec->at.setmarks)
		wrong(index, "contradicts the log");
}

enum media_err mcheck_index_end(struct mcheck *check, bool whole)
{
	struct mcheck_index *index = &check->index;
	bool contradicts = index->wrong && !strcmp(index->wrong, "contradicts the log");

	if (index->file)
		check->store->ops->close(index->file);
	index->file = NULL;
	if (!index->wrong || (contradicts && !whole))
		return MEDIA_OK;
	return mcheck_say(check, MCHECK_INDEX, MCHECK_NO_OBJECT, "the index of segment %08x %s", check->seg->number,
			  index->wrong);
}
