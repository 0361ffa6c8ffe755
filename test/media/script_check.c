/* SPDX-License-Identifier: GPL-2.0-only */
/* What a tape may hold, and must be good for, after a crash or a failure during a script. */
#include "script_check.h"

static bool same_object(const struct model_object *a, const struct model_object *b)
{
	return a->seed == b->seed && a->len == b->len;
}

/* How many objects of a partition two tapes have in common, from the beginning. */
static unsigned common(const struct model_tape *a, const struct model_tape *b, unsigned p)
{
	unsigned n = 0;

	while (n < a->part[p].count && n < b->part[p].count &&
	       same_object(&a->part[p].object[n], &b->part[p].object[n]))
		n++;
	return n;
}

/* The states that a crash at `op` may show: from the last durable one to the one under way. */
static void window(const struct script *s, size_t op, unsigned *first, unsigned *last)
{
	*first = *last = 0;
	for (unsigned i = 0; i < s->marks; i++) {
		const struct mark *m = &s->mark[i];

		if (m->after <= op && m->durable)
			*first = i;
		if (m->after <= op || m->before < op)
			*last = i;
	}
}

static bool partition_allowed(const struct script *s, unsigned first, unsigned last, const struct model_tape *found,
			      unsigned p, struct why *why)
{
	const struct model_tape *begin = &s->mark[first].model;
	unsigned floor = begin->formatting == found->formatting ? begin->part[p].count : 0;
	bool allowed = false;

	for (unsigned i = first; i <= last; i++) {
		const struct model_tape *m = &s->mark[i].model;
		unsigned n;

		if (m->formatting != found->formatting)
			continue;
		n = common(begin, m, p);
		if (begin->formatting == found->formatting && n < floor)
			floor = n;
		if (common(found, m, p) == found->part[p].count)
			allowed = true;
	}
	if (!allowed)
		why_set(why, "partition %u holds what it never held", p);
	else if (found->part[p].count < floor)
		why_set(why, "partition %u has %u objects, of %u that were durable", p, found->part[p].count, floor);
	else
		return true;
	return false;
}

static bool attrs_allowed(const struct script *s, unsigned first, unsigned last, const struct model_tape *found)
{
	for (unsigned i = first; i <= last; i++) {
		const struct model_tape *m = &s->mark[i].model;
		bool same = true;

		for (unsigned id = 1; id <= MODEL_ATTRS; id++)
			if (m->attr[id].set != found->attr[id].set ||
			    (m->attr[id].set && m->attr[id].len && m->attr[id].seed != found->attr[id].seed) ||
			    (m->attr[id].set && m->attr[id].len != found->attr[id].len))
				same = false;
		if (same)
			return true;
	}
	return false;
}

static bool protection_allowed(const struct script *s, unsigned first, unsigned last, const struct model_tape *found)
{
	for (unsigned i = first; i <= last; i++)
		if (s->mark[i].model.write_protected == found->write_protected)
			return true;
	return false;
}

/* Whether a tape may be what a crash after `op` changes left. */
static bool allowed(const struct script *s, size_t op, const struct model_tape *found, struct why *why)
{
	unsigned first, last;
	bool known = false;

	window(s, op, &first, &last);
	for (unsigned i = first; i <= last; i++)
		known |= s->mark[i].model.formatting == found->formatting &&
			 s->mark[i].model.partitions == found->partitions;
	if (!known) {
		why_set(why, "formatting %u with %u partitions was never made", found->formatting, found->partitions);
		return false;
	}
	for (unsigned p = 0; p < found->partitions; p++)
		if (!partition_allowed(s, first, last, found, p, why))
			return false;
	if (!protection_allowed(s, first, last, found)) {
		why_set(why, "write protection is not as it was set");
		return false;
	}
	if (!attrs_allowed(s, first, last, found)) {
		why_set(why, "the MAM is none that was set");
		return false;
	}
	return true;
}

bool script_same(const struct model_tape *a, const struct model_tape *b)
{
	for (unsigned p = 0; p < a->partitions; p++)
		if (a->part[p].count != b->part[p].count || common(a, b, p) != a->part[p].count)
			return false;
	return a->partitions == b->partitions;
}

static bool object_right(struct media *media, const struct model_object *want, unsigned *lost)
{
	static uint8_t buf[MODEL_BLOCK], expect[MODEL_BLOCK];
	struct media_req req = { .op = MEDIA_OP_READ, .buf = buf, .len = sizeof(buf) };
	enum media_err err = script_do(media, &req);

	if (err == MEDIA_CORRUPT || err == MEDIA_EOD) {
		++*lost;
		return true;
	}
	if (!want->len)
		return err == (want->seed == MODEL_SETMARK ? MEDIA_SETMARK : MEDIA_FILEMARK);
	script_data(expect, want->seed, want->len);
	return err == MEDIA_OK && req.actual == want->len && memcmp(buf, expect, want->len) == 0;
}

bool script_damaged(struct media *media, const struct model_tape *want, unsigned *lost, struct why *why)
{
	for (unsigned p = 0; p < want->partitions; p++) {
		struct media_req locate = { .op = MEDIA_OP_LOCATE_OBJECT, .partition = p };
		struct media_req eod = { .op = MEDIA_OP_READ };

		if (script_do(media, &locate) != MEDIA_OK && locate.err != MEDIA_EOD) {
			why_set(why, "partition %u: %s", p, media_strerror(locate.err));
			return false;
		}
		for (unsigned n = 0; n < want->part[p].count; n++)
			if (!object_right(media, &want->part[p].object[n], lost)) {
				why_set(why, "partition %u object %u is wrong", p, n);
				return false;
			}
		if (script_do(media, &eod) != MEDIA_EOD) {
			why_set(why, "partition %u has no end: %s", p, media_strerror(eod.err));
			return false;
		}
	}
	return true;
}

static void report(void *arg, unsigned partition, uint64_t object, const char *text)
{
	why_set(arg, "verify: partition %u object %lld: %s", partition, (long long)object, text);
}

bool script_sound(struct media_store *store, struct why *why)
{
	struct media_verify verify = { .report = report, .arg = why };

	return media_verify(store, &verify, why) == MEDIA_OK;
}

/* Writes at the end of every partition. */
static bool append(struct media *media, uint32_t *seeds, struct model_tape *tape, struct why *why)
{
	static uint8_t buf[3000];

	for (unsigned p = 0; p < tape->partitions; p++) {
		struct media_req eod = { .op = MEDIA_OP_LOCATE_EOD, .partition = p };
		struct media_req write = { .op = MEDIA_OP_WRITE, .buf = buf, .len = sizeof(buf) };
		struct media_req marks = { .op = MEDIA_OP_FILEMARKS, .count = 1 };
		unsigned n = tape->part[p].count;

		script_data(buf, ++*seeds, sizeof(buf));
		if ((script_do(media, &eod) && eod.err != MEDIA_EOD) || script_do(media, &write) ||
		    script_do(media, &marks)) {
			why_set(why, "cannot write to partition %u afterwards: %s, %s, %s", p, media_strerror(eod.err),
				media_strerror(write.err), media_strerror(marks.err));
			return false;
		}
		tape->part[p].object[n] = (struct model_object){ *seeds, sizeof(buf) };
		tape->part[p].object[n + 1] = (struct model_object){ 0, 0 };
		tape->part[p].count += 2;
	}
	return true;
}

bool script_reopen(struct media_store *store, uint32_t seeds, struct media **media,
		     struct model_tape *tape, struct why *why)
{
	if (script_open(store, media, why))
		return false;
	if (script_read(*media, seeds, tape, why))
		return true;
	media_close(*media);
	return false;
}

bool script_survives(struct media_store *store, const struct script *script, size_t op, bool thorough,
		     struct why *why)
{
	uint32_t seeds = script->seed;
	struct model_tape first, again;
	struct media *media;
	bool good;

	if (!script_sound(store, why) || !script_reopen(store, seeds, &media, &first, why))
		return false;
	media_close(media);
	if (!allowed(script, op, &first, why))
		return false;
	if (!thorough)
		return script_sound(store, why);
	if (!script_reopen(store, seeds, &media, &again, why))
		return false;
	good = script_same(&first, &again);
	if (!good)
		why_set(why, "opened again, the tape is another");
	if (good && !first.write_protected)
		good = append(media, &seeds, &first, why);
	media_close(media);
	if (!good || !script_reopen(store, seeds, &media, &again, why))
		return false;
	media_close(media);
	if (!script_same(&first, &again)) {
		why_set(why, "what was written afterwards is not there");
		return false;
	}
	return script_sound(store, why);
}
