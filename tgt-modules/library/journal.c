/* SPDX-License-Identifier: GPL-2.0-only */
/* The file `inventory`: a checkpoint of all cartridges and the changes since. FORMAT.md "inventory". */
#include "journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "crc.h"

#define VERSION		2		/* 1 had no tags, no states of places, no joined records */
#define MAGIC		"tgt-vtl inventory"
#define HEADS		2		/* copies of the head */
#define AHEAD		(1u << 20)	/* bytes that are allocated */
#define FILL		(1u << 18)	/* bytes of zeros that are written there at a time */

enum { TYPE_HEAD = 1, TYPE_IS = 2, TYPE_GONE = 3, TYPE_TAG = 4, TYPE_STATE = 5 };
enum { FLAG_BARCODE = 1, FLAG_OPERATOR_PLACED = 2, FLAG_SET = 1, FLAG_JOINED = 0x80 };

/* Offsets in a record; FORMAT.md has the table. */
enum {
	R_CRC = 0, R_TYPE = 4, R_KIND = 5, R_FLAGS = 6, R_PLACE_KIND = 7, R_PLACE = 8, R_SOURCE_KIND = 12,
	R_SOURCE = 16, R_TAG_SEQUENCE = 20, R_SEQ = 24, R_DURABLE = 32, R_ID = 40, R_ID_LEN = 40, R_FORM = 80,
	R_FORM_LEN = 32, H_VERSION = 8, H_MAGIC = 40, H_COUNT = 80,
};
_Static_assert(sizeof(((struct library_cartridge *)0)->id) <= R_ID_LEN, "an id and its end fit into a record");
_Static_assert(MEDIA_FORM_LEN <= R_FORM_LEN, "the name of a medium fits into a record");
_Static_assert(LIBRARY_SLOT == 1 && LIBRARY_DRIVE == 2 && LIBRARY_IO == 3 && LIBRARY_TRANSPORT == 4 &&
	       LIBRARY_SHELF == 5, "these numbers are on disk");

static void seal_record(uint8_t *r, uint64_t seq, uint64_t durable)
{
	put_be64(r + R_SEQ, seq);
	put_be64(r + R_DURABLE, durable);
	put_be32(r + R_CRC, media_crc32c(0, r + 4, JOURNAL_RECORD - 4));
}

static bool sound(const uint8_t *r)
{
	return get_be32(r + R_CRC) == media_crc32c(0, r + 4, JOURNAL_RECORD - 4) && r[R_TYPE] >= TYPE_HEAD &&
	       r[R_TYPE] <= TYPE_STATE;
}

static bool zeros(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

/* What records of cartridges have; a record of a tag or of places uses the same bytes otherwise (FORMAT.md). */
static void encode_cartridge(const struct library_cartridge *c, uint8_t *r)
{
	r[R_KIND] = (uint8_t)c->kind;
	r[R_FLAGS] = (c->barcode[0] ? FLAG_BARCODE : 0) | (c->operator_placed ? FLAG_OPERATOR_PLACED : 0);
	r[R_PLACE_KIND] = (uint8_t)c->place.kind;
	put_be32(r + R_PLACE, c->place.number);
	r[R_SOURCE_KIND] = (uint8_t)c->source.kind;
	put_be32(r + R_SOURCE, c->source.number);
	memcpy(r + R_ID, c->id, strlen(c->id));
	memcpy(r + R_FORM, c->form, strlen(c->form));
}

static void encode(const struct journal_record *record, uint8_t *r, uint64_t seq, uint64_t durable)
{
	static const uint8_t type[] = {
		[JOURNAL_IS] = TYPE_IS, [JOURNAL_GONE] = TYPE_GONE,
		[JOURNAL_TAG] = TYPE_TAG, [JOURNAL_STATE] = TYPE_STATE,
	};
	const struct library_cartridge *c = &record->cartridge;
	const struct library_tag *tag = &c->tag[record->which];

	memset(r, 0, JOURNAL_RECORD);
	r[R_TYPE] = type[record->what];
	if (record->what == JOURNAL_TAG) {
		r[R_KIND] = (uint8_t)record->which;
		r[R_FLAGS] = tag->set ? FLAG_SET : 0;
		put_be16(r + R_TAG_SEQUENCE, tag->sequence);
		memcpy(r + R_ID, c->id, strlen(c->id));
		memcpy(r + R_FORM, tag->text, strlen(tag->text));
	} else if (record->what == JOURNAL_STATE) {
		r[R_FLAGS] = record->state;
		r[R_KIND] = record->keep;
		r[R_PLACE_KIND] = (uint8_t)c->place.kind;
		put_be32(r + R_PLACE, c->place.number);
		put_be32(r + R_SOURCE, record->count);
	} else {
		encode_cartridge(c, r);
	}
	r[R_FLAGS] |= record->joined ? FLAG_JOINED : 0;
	seal_record(r, seq, durable);
}

static struct library_place decode_place(uint8_t kind, uint32_t number)
{
	if (kind > LIBRARY_SHELF)
		return (struct library_place){ LIBRARY_NOWHERE, 0 };
	return (struct library_place){ (enum library_place_kind)kind, number };
}

/* False if the record does not name a cartridge. */
static bool decode(const uint8_t *r, struct library_cartridge *c)
{
	memset(c, 0, sizeof(*c));
	memcpy(c->id, r + R_ID, sizeof(c->id) - 1);
	memcpy(c->form, r + R_FORM, R_FORM_LEN);
	c->kind = r[R_KIND] < MEDIA_KIND_COUNT ? (enum media_kind)r[R_KIND] : MEDIA_DATA;
	c->operator_placed = r[R_FLAGS] & FLAG_OPERATOR_PLACED;
	c->place = decode_place(r[R_PLACE_KIND], get_be32(r + R_PLACE));
	c->source = decode_place(r[R_SOURCE_KIND], get_be32(r + R_SOURCE));
	if (r[R_FLAGS] & FLAG_BARCODE) {
		if (strlen(c->id) > MEDIA_MAX_BARCODE)
			return false;
		strcpy(c->barcode, c->id);
	}
	return c->id[0];
}

static void encode_head(uint8_t *r, uint64_t seq, uint64_t count)
{
	memset(r, 0, JOURNAL_RECORD);
	r[R_TYPE] = TYPE_HEAD;
	put_be32(r + H_VERSION, VERSION);
	memcpy(r + H_MAGIC, MAGIC, sizeof(MAGIC));
	put_be64(r + H_COUNT, count);
	seal_record(r, seq, seq + count);
}

static uint64_t page_up(uint64_t n)
{
	return (n + JOURNAL_PAGE - 1) / JOURNAL_PAGE * JOURNAL_PAGE;
}

/* The sound copy of the head, or NULL with the reason. */
static const uint8_t *find_head(const uint8_t *buf, size_t len, struct why *why)
{
	bool ours = false;

	for (unsigned i = 0; i < HEADS && (i + 1) * JOURNAL_RECORD <= len; i++) {
		const uint8_t *r = buf + i * JOURNAL_RECORD;

		ours |= !memcmp(r + H_MAGIC, MAGIC, sizeof(MAGIC));
		if (!sound(r) || r[R_TYPE] != TYPE_HEAD || memcmp(r + H_MAGIC, MAGIC, sizeof(MAGIC)))
			continue;
		if (get_be32(r + H_VERSION) <= VERSION)
			return r;
		why_set(why, "the inventory is of version %u, which is newer than this program",
			get_be32(r + H_VERSION));
		return NULL;
	}
	why_set(why, "%s", ours ? "the head of the inventory is damaged; when the file is removed, the library begins "
		"a new one with every cartridge of media/ in a slot" : "that is not an inventory");
	return NULL;
}

/* The newest record that some record knows to be durable: up to it, what cannot be read was damaged, not torn. */
static uint64_t find_durable(const uint8_t *buf, size_t len)
{
	uint64_t durable = 0;

	for (size_t off = 0; off + JOURNAL_RECORD <= len; off += JOURNAL_RECORD)
		if (sound(buf + off) && get_be64(buf + off + R_DURABLE) > durable)
			durable = get_be64(buf + off + R_DURABLE);
	return durable;
}

static void apply_tag(const uint8_t *r, struct table *table)
{
	struct library_tag tag = { .set = r[R_FLAGS] & FLAG_SET, .sequence = get_be16(r + R_TAG_SEQUENCE) };
	char id[R_ID_LEN + 1] = "";

	memcpy(id, r + R_ID, R_ID_LEN);
	memcpy(tag.text, r + R_FORM, R_FORM_LEN);
	if (r[R_KIND] < LIBRARY_TAGS)
		(void)table_set_tag(table, id, (enum library_tag_kind)r[R_KIND], &tag);
}

static bool apply(const uint8_t *r, struct table *table, struct why *why)
{
	struct library_cartridge c;

	if (r[R_TYPE] == TYPE_TAG) {
		apply_tag(r, table);
		return true;
	}
	if (r[R_TYPE] == TYPE_STATE) {
		table_set_state(table, decode_place(r[R_PLACE_KIND], get_be32(r + R_PLACE)), get_be32(r + R_SOURCE),
				r[R_FLAGS] & (uint8_t)~FLAG_JOINED, r[R_KIND]);
		return true;
	}
	if (!decode(r, &c))
		return true;
	if (r[R_TYPE] == TYPE_GONE) {
		table_remove(table, c.id);
		return true;
	}
	if (table_load(table, &c))
		return true;
	why_set(why, "no memory for the inventory");
	return false;
}

/* Whether the record at `off` is whole: one that is joined holds only if the next one is there. */
static bool whole(const uint8_t *buf, size_t len, size_t off)
{
	const uint8_t *r = buf + off, *next = r + JOURNAL_RECORD;

	if (!sound(r))
		return false;
	if (r[R_TYPE] == TYPE_HEAD || !(r[R_FLAGS] & FLAG_JOINED))
		return true;
	return off + 2 * JOURNAL_RECORD <= len && sound(next) && get_be64(next + R_SEQ) == get_be64(r + R_SEQ) + 1;
}

enum library_err journal_replay(const uint8_t *buf, size_t len, struct table *table, struct journal_found *found,
				struct why *why)
{
	const uint8_t *head = find_head(buf, len, why);
	uint64_t durable, next, seq;
	size_t off;

	memset(found, 0, sizeof(*found));
	if (!head)
		return LIBRARY_FAILED;
	durable = find_durable(buf, len);
	next = get_be64(head + R_SEQ) + 1;
	/* One of an older version is written anew before anything is added. */
	found->clean = sound(buf) && len >= HEADS * JOURNAL_RECORD && sound(buf + JOURNAL_RECORD) &&
		       get_be32(head + H_VERSION) == VERSION;
	found->checkpoint_end = page_up((HEADS + get_be64(head + H_COUNT)) * JOURNAL_RECORD);
	found->end = HEADS * JOURNAL_RECORD;
	for (off = HEADS * JOURNAL_RECORD; off + JOURNAL_RECORD <= len; off += JOURNAL_RECORD) {
		const uint8_t *r = buf + off;

		if (zeros(r, JOURNAL_RECORD))
			continue;
		seq = sound(r) ? get_be64(r + R_SEQ) : next;
		if (!whole(buf, len, off) || seq != next)
			found->clean = false;
		if ((!whole(buf, len, off) || seq > next) && next > durable)
			break;		/* the tail that a crash tore */
		if (seq < next)
			continue;
		found->damaged += (unsigned)(seq - next) + !sound(r);
		next = seq + 1;
		if (sound(r) && !apply(r, table, why))
			return LIBRARY_FAILED;
		found->end = off + JOURNAL_RECORD;
	}
	if (off < len && !zeros(buf + off, len - off))
		found->clean = false;
	if (next <= durable) {		/* the end of what was acknowledged is missing */
		found->damaged += (unsigned)(durable - next + 1);
		found->clean = false;
		next = durable + 1;
	}
	found->end = page_up(found->end);
	found->seq = next - 1;
	return LIBRARY_OK;
}

static int fail(struct why *why, int rc, const char *what)
{
	char text[128];

	why_set(why, "%s: %s", what, strerror_r(-rc, text, sizeof(text)));
	return rc;
}

/*
 * Overwriting what is on the disk is then all that a change costs: to make a file longer, or to write for the first
 * time where it was allocated, would be a change of the file system's own beside it.
 */
static void fill_ahead(struct journal *journal, uint64_t need)
{
	uint64_t at = journal->end > journal->filled ? journal->end : journal->filled;
	uint8_t *zeros;

	if (journal->end + need <= journal->filled || at + FILL > journal->allocated)
		return;
	zeros = calloc(1, FILL);
	if (zeros && journal->store->ops->pwrite(journal->file, zeros, FILL, at) == FILL)
		journal->filled = at + FILL;
	free(zeros);
}

/* So that a full disk does not keep cartridges from moving. Where that is not possible, writing will say so. */
static void allocate_ahead(struct journal *journal, uint64_t need)
{
	if (journal->end + need > journal->allocated &&
	    !journal->store->ops->allocate(journal->file, journal->end, AHEAD))
		journal->allocated = journal->end + AHEAD;
	fill_ahead(journal, need);
}

int journal_open(struct journal *journal, const struct journal_found *found, struct why *why)
{
	int rc = journal->store->ops->open(journal->store, journal->name, 0, &journal->file);

	if (rc < 0)
		journal->file = NULL;
	else
		rc = journal->store->ops->sync(journal->file);	/* what was read may be in memory only */
	if (rc < 0) {
		journal_close(journal);
		return fail(why, rc, "the inventory cannot be opened for writing");
	}
	journal->end = found->end;
	journal->checkpoint_end = found->checkpoint_end;
	journal->allocated = found->end;
	journal->filled = found->end;
	journal->seq = found->seq;
	journal->broken = false;
	allocate_ahead(journal, JOURNAL_PAGE);
	return 0;
}

void journal_close(struct journal *journal)
{
	if (journal->file)
		journal->store->ops->close(journal->file);
	journal->file = NULL;
}

/* A checkpoint that is being put together; with `buf` NULL it is only measured. */
struct checkpoint {
	uint8_t *buf;
	uint64_t first, count;		/* sequence number of the head, records so far */
	uint64_t durable;
};

static void put_record(struct checkpoint *cp, const struct journal_record *record)
{
	cp->count++;
	if (cp->buf)
		encode(record, cp->buf + (HEADS + cp->count - 1) * JOURNAL_RECORD, cp->first + cp->count, cp->durable);
}

static void put_table(struct checkpoint *cp, const struct table *table)
{
	struct journal_record record = { .what = JOURNAL_IS };

	for (unsigned i = 0; i < table->count; i++) {
		record.what = JOURNAL_IS;
		record.cartridge = *table->row[i];
		put_record(cp, &record);
		record.what = JOURNAL_TAG;
		for (int which = 0; which < LIBRARY_TAGS; which++) {
			record.which = (enum library_tag_kind)which;
			if (record.cartridge.tag[which].set)
				put_record(cp, &record);
		}
	}
	/* States, neighbours of one state together. */
	record = (struct journal_record){ .what = JOURNAL_STATE };
	for (int kind = 0; kind < TABLE_KINDS; kind++) {
		for (unsigned i = 0; i < table->places[kind]; i += record.count) {
			record.cartridge.place = (struct library_place){ (enum library_place_kind)kind, i + 1 };
			record.state = table->state[kind][i];
			for (record.count = 1; i + record.count < table->places[kind] &&
			     table->state[kind][i + record.count] == record.state;)
				record.count++;
			if (record.state)
				put_record(cp, &record);
		}
	}
}

int journal_checkpoint(struct journal *journal, const struct table *table, struct why *why)
{
	struct checkpoint cp = { .first = journal->seq + 1 };
	struct journal_found found;
	uint64_t len;
	int rc;

	put_table(&cp, table);
	len = page_up((HEADS + cp.count) * JOURNAL_RECORD);
	cp.durable = cp.first + cp.count;
	cp.buf = calloc(1, len);
	if (!cp.buf)
		return fail(why, -ENOMEM, "the inventory cannot be written");
	for (unsigned i = 0; i < HEADS; i++)
		encode_head(cp.buf + i * JOURNAL_RECORD, cp.first, cp.count);
	cp.count = 0;
	put_table(&cp, table);
	rc = journal->store->ops->replace(journal->store, journal->name, cp.buf, len);
	free(cp.buf);
	if (rc < 0) {
		journal->broken = true;
		return fail(why, rc, "the inventory cannot be written");
	}
	journal_close(journal);
	found = (struct journal_found){ .end = len, .checkpoint_end = len, .seq = cp.durable };
	return journal_open(journal, &found, why);
}

/* Takes back what may have been written: it was not acknowledged. */
static int undo(struct journal *journal, int rc, struct why *why)
{
	journal->broken = true;
	if (!journal->store->ops->truncate(journal->file, journal->end))
		(void)journal->store->ops->sync(journal->file);
	journal->allocated = journal->end;
	journal->filled = journal->end;
	return fail(why, rc, "the inventory cannot be written");
}

int journal_append(struct journal *journal, const struct table *table, const struct journal_record *record, unsigned n,
		   struct why *why)
{
	uint64_t len = page_up((uint64_t)n * JOURNAL_RECORD), grown = journal->end - journal->checkpoint_end;
	struct why unimportant;
	uint8_t *buf;
	ssize_t done;
	int rc;

	if (!journal->file || journal->broken) {
		rc = journal_checkpoint(journal, table, why);
		if (rc < 0)
			return rc;
	} else if (grown >= AHEAD && grown >= journal->checkpoint_end) {
		/* Due, not urgent: the journal goes on growing where there is no room for another checkpoint. */
		rc = journal_checkpoint(journal, table, &unimportant);
		/* After another failure than this we cannot know which file bears the name now. */
		journal->broken = rc < 0 && (!journal->file || (rc != -ENOSPC && rc != -EDQUOT));
		if (journal->broken)
			return fail(why, rc, "the inventory cannot be written");
	}
	buf = calloc(1, len);
	if (!buf)
		return fail(why, -ENOMEM, "the inventory cannot be written");
	for (unsigned i = 0; i < n; i++)
		encode(&record[i], buf + i * JOURNAL_RECORD, journal->seq + 1 + i, journal->seq);
	allocate_ahead(journal, len);
	done = journal->store->ops->pwrite(journal->file, buf, len, journal->end);
	rc = done < 0 ? (int)done : journal->store->ops->sync(journal->file);
	free(buf);
	if (rc < 0)
		return undo(journal, rc, why);
	journal->end += len;
	journal->seq += n;
	return 0;
}
