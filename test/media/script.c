/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a script of tape operations and keeps, beside, what the tape must then hold. */
#include "script.h"

#include <errno.h>

#include "store_fault.h"

/* The capacity of partition 0 tells the formattings apart. */
#define CAPACITY	(1u << 20)

/* There is one key. */
static const uint8_t the_key[MEDIA_KEY_LEN] = "a key that only these tests have";

static void geometry_of(const struct model_tape *model, struct media_geometry *g)
{
	memset(g, 0, sizeof(*g));
	g->partitions = model->partitions;
	for (unsigned i = 0; i < model->partitions; i++) {
		g->part[i].capacity = CAPACITY + model->formatting;
		g->part[i].early_warning = CAPACITY / 10;
	}
}

static void create(struct media_store *store, unsigned partitions, enum media_kind kind)
{
	struct model_tape model = { .formatting = 1, .partitions = partitions };
	struct media_info info = {
		.barcode = "CRASH1L8", .form = "LTO-8", .density = 0x5e, .uuid = { 1 }, .kind = kind
	};
	struct why why = { "" };

	info.created = 1700000000;
	geometry_of(&model, &info.geometry);
	if (media_create(store, &info, &why))
		fail_msg("create: %s", why.text);
}

void script_create(struct media_store *store, unsigned partitions)
{
	create(store, partitions, MEDIA_DATA);
}

void script_create_worm(struct media_store *store, unsigned partitions)
{
	create(store, partitions, MEDIA_WORM_DATA);
}

enum media_err script_open(struct media_store *store, struct media **media, struct why *why)
{
	struct media_options options = { .owner = "test", .ring_bytes = 64 << 10, .segment_bytes = 32 << 10 };
	enum media_err err = media_open(store, &media_exec_inline, &options, media, why);
	struct media_key *key;

	/* Compression costs time, and most scripts are not about it. */
	if (err == MEDIA_OK)
		err = media_set_codec(*media, MEDIA_CODEC_NONE, 0);
	if (err)
		return err;
	key = media_key_new(the_key);
	media_set_decrypt(*media, MEDIA_DECRYPT_MIXED, key);
	media_key_drop(key);
	if (!key)
		media_close(*media);
	return key ? MEDIA_OK : MEDIA_NOMEM;
}

static enum media_err do_key(struct media *media, bool on)
{
	struct media_encrypt encrypt = { .key = media_key_new(the_key) };
	enum media_err err = encrypt.key ? media_set_encrypt(media, on ? &encrypt : NULL) : MEDIA_NOMEM;

	media_key_drop(encrypt.key);
	return err;
}

static void not_done(struct media_req *req)
{
	fail_msg("done() was called although the request completed at once");
}

enum media_err script_do(struct media *media, struct media_req *req)
{
	req->done = not_done;
	assert_true(media_submit(media, req));
	return req->err;
}

/* Byte i of the data of a seed: half of it repeats, so that it shrinks, unless the length is odd. */
static uint8_t data_byte(uint32_t seed, uint32_t len, uint32_t i, uint32_t *x)
{
	uint32_t noise = len % 2 ? len : len / 2;

	if (i >= noise)
		return (uint8_t)(seed + i / 64);
	*x = *x * 1664525 + 1013904223;
	return (uint8_t)(*x >> 24);
}

static uint32_t data_start(uint32_t seed)
{
	return seed * 2654435761u + 1;
}

void script_data(uint8_t *buf, uint32_t seed, uint32_t len)
{
	uint32_t x = data_start(seed);

	for (uint32_t i = 0; i < len; i++)
		buf[i] = data_byte(seed, len, i, &x);
}

static bool is_data(const uint8_t *buf, uint32_t seed, uint32_t len)
{
	uint32_t x = data_start(seed), i = 0;

	while (i < len && buf[i] == data_byte(seed, len, i, &x))
		i++;
	return i == len;
}

static void add(struct model_tape *t, uint32_t seed, uint32_t len)
{
	assert_true(t->object < MODEL_OBJECTS);
	t->part[t->current].object[t->object++] = (struct model_object){ seed, len };
	t->part[t->current].count = (unsigned)t->object;
}

static enum media_err do_write(struct script *s, struct model_tape *t, uint32_t len)
{
	struct media_req req = { .op = MEDIA_OP_WRITE, .len = len };
	static uint8_t buf[MODEL_BLOCK];
	enum media_err err;

	assert_true(len <= sizeof(buf));
	script_data(buf, ++s->seed, len);
	req.buf = buf;
	err = script_do(s->media, &req);
	/* After a failure it may be there or not. */
	add(t, s->seed, len);
	return err;
}

static enum media_err do_marks(struct script *s, struct model_tape *t, const struct step *step)
{
	struct media_req req = { .op = MEDIA_OP_FILEMARKS, .count = step->a, .immediate = step->op == MARKS_IMMEDIATE,
				.setmarks = step->op == SETMARKS };
	enum media_err err = script_do(s->media, &req);

	for (uint32_t i = 0; i < step->a; i++)
		add(t, step->op == SETMARKS ? MODEL_SETMARK : 0, 0);
	return err;
}

static enum media_err do_move(struct script *s, struct model_tape *t, const struct step *step)
{
	struct media_req req = { .op = MEDIA_OP_SPACE_EOD };
	enum media_err err;

	if (step->op == LOCATE) {
		req = (struct media_req){ .op = MEDIA_OP_LOCATE_OBJECT, .count = step->a, .partition = step->b };
		t->current = step->b;
		t->object = step->a;
	} else {
		t->object = t->part[t->current].count;
	}
	err = script_do(s->media, &req);
	return err == MEDIA_EOD ? MEDIA_OK : err;
}

static enum media_err do_erase(struct script *s, struct model_tape *t)
{
	struct media_req req = { .op = MEDIA_OP_ERASE };
	enum media_err err = script_do(s->media, &req);

	if (err == MEDIA_OK)
		t->part[t->current].count = (unsigned)t->object;
	return err;
}

static enum media_err do_format(struct script *s, struct model_tape *t, unsigned partitions)
{
	struct media_geometry geometry;
	struct media_req req = { .op = MEDIA_OP_FORMAT, .geometry = &geometry };
	struct model_tape fresh = *t;

	memset(fresh.part, 0, sizeof(fresh.part));
	fresh.formatting++;
	fresh.partitions = partitions;
	fresh.current = 0;
	fresh.object = 0;
	geometry_of(&fresh, &geometry);
	/* In flight, either may be found. */
	*t = fresh;
	return script_do(s->media, &req);
}

static enum media_err do_attr(struct script *s, struct model_tape *t, const struct step *step)
{
	uint8_t buf[65536];
	struct media_attr attr = { (uint16_t)step->a, MEDIA_ATTR_BINARY, (uint16_t)step->b, buf };

	t->attr[step->a].set = step->op == ATTR;
	if (step->op == ATTR_DELETE)
		return media_attr_delete(s->media, 0, (uint16_t)step->a);
	script_data(buf, ++s->seed, step->b);
	t->attr[step->a].seed = s->seed;
	t->attr[step->a].len = step->b;
	return media_attr_set(s->media, 0, &attr);
}

static enum media_err do_protect(struct script *s, struct model_tape *t, bool on)
{
	struct media_info info = *media_info(s->media);
	struct media_req req = { .op = MEDIA_OP_SET_INFO, .info = &info };

	info.write_protected = t->write_protected = on;
	return script_do(s->media, &req);
}

static enum media_err do_reopen(struct script *s, struct model_tape *t, bool kill)
{
	struct why why = { "" };
	struct media *media;
	enum media_err err;

	if (kill)
		media_fault_dead(s->store, true);
	media_close(s->media);
	s->media = NULL;
	if (kill)
		media_fault_dead(s->store, false);
	err = script_open(s->store, &media, &why);
	t->current = 0;
	t->object = 0;
	if (err)
		return err;
	s->media = media;
	/* What is found after a kill is told to hosts, and from then on must be durable. */
	if (kill && !script_read(media, s->seed, t, &why))
		fail_msg("after a kill: %s", why.text);
	return MEDIA_OK;
}

static enum media_err do_step(struct script *s, struct model_tape *t, const struct step *step)
{
	struct media_req sync = { .op = MEDIA_OP_SYNC };

	switch (step->op) {
	case WRITE:
		return do_write(s, t, step->a);
	case MARKS:
	case MARKS_IMMEDIATE:
	case SETMARKS:
		return do_marks(s, t, step);
	case SYNC:
		return script_do(s->media, &sync);
	case LOCATE:
	case SPACE_END:
		return do_move(s, t, step);
	case ERASE:
		return do_erase(s, t);
	case FORMAT:
		return do_format(s, t, step->a);
	case ATTR:
	case ATTR_DELETE:
		return do_attr(s, t, step);
	case PROTECT:
		return do_protect(s, t, step->a);
	case CODEC:
		return media_set_codec(s->media, (enum media_codec)step->a, 0);
	case KEY:
		return do_key(s->media, step->a);
	case REOPEN:
	case KILL:
		return do_reopen(s, t, step->op == KILL);
	case FAIL:
		media_fault_fail(s->store, (enum media_fault_op)step->a, 1, 1, EIO);
		break;
	case END:
		break;
	}
	return MEDIA_OK;
}

static bool makes_durable(enum step_op op)
{
	return op == MARKS || op == SETMARKS || op == SYNC || op == ERASE || op == FORMAT || op == REOPEN ||
	       op == KILL || op == END;
}

static size_t recorded_none(const struct media_store *store)
{
	return 0;
}

void script_run(struct script *s, struct media_store *store, unsigned partitions, const struct step *steps,
		size_t (*recorded)(const struct media_store *store))
{
	struct why why = { "" };
	struct mark *m = s->mark;

	memset(s, 0, sizeof(*s));
	s->store = store;
	if (!recorded)
		recorded = recorded_none;
	m->before = recorded(store);
	s->failed = script_open(store, &s->media, &why);
	m->after = recorded(store);
	m->durable = true;
	m->model.formatting = 1;
	m->model.partitions = partitions;
	s->marks = 1;
	if (s->failed)
		return;
	for (;; steps++) {
		assert_true(s->marks < SCRIPT_MAX + 2);
		m++;
		m->before = recorded(store);
		m->model = m[-1].model;
		s->failed = do_step(s, &m->model, steps);
		if (steps->op == END || s->failed) {
			if (s->media)
				media_close(s->media);
			s->media = NULL;
		}
		m->after = recorded(store);
		/* A changed info is durable at once, but says nothing of the data. */
		m->durable = !s->failed && (makes_durable(steps->op) || (steps->op == PROTECT && m[-1].durable));
		s->marks++;
		if (steps->op == END || s->failed)
			return;
	}
}

/* Which object it is that was read: one of all that were ever written. */
static bool identify(uint32_t seeds, const uint8_t *buf, uint32_t len, struct model_object *object)
{
	for (uint32_t seed = 1; seed <= seeds; seed++) {
		if (is_data(buf, seed, len)) {
			*object = (struct model_object){ seed, len };
			return true;
		}
	}
	return false;
}

static bool read_partition(struct media *media, unsigned p, uint32_t seeds, struct model_tape *found,
			   struct why *why)
{
	static uint8_t buf[MODEL_BLOCK];
	struct media_req locate = { .op = MEDIA_OP_LOCATE_OBJECT, .partition = p };
	struct media_pos pos;

	media_set_setmarks(media, true);
	if (script_do(media, &locate) && locate.err != MEDIA_EOD) {
		why_set(why, "cannot locate in partition %u: %s", p, media_strerror(locate.err));
		return false;
	}
	for (;;) {
		struct media_req req = { .op = MEDIA_OP_READ, .buf = buf, .len = sizeof(buf) };
		unsigned n = found->part[p].count;
		enum media_err err = script_do(media, &req);

		if (err == MEDIA_EOD)
			break;
		if (n == MODEL_OBJECTS || (err && err != MEDIA_FILEMARK && err != MEDIA_SETMARK)) {
			why_set(why, "partition %u object %u: %s", p, n, media_strerror(err));
			return false;
		}
		found->part[p].object[n] = (struct model_object){ err == MEDIA_SETMARK ? MODEL_SETMARK : 0, 0 };
		if (!err && !identify(seeds, buf, req.actual, &found->part[p].object[n])) {
			why_set(why, "partition %u object %u: %u bytes that nobody wrote", p, n, req.actual);
			return false;
		}
		found->part[p].count++;
	}
	media_tell(media, &pos);
	if (pos.object != found->part[p].count || !pos.eod || pos.partition != p) {
		why_set(why, "partition %u: end of data is told at %llu after %u objects", p,
			(unsigned long long)pos.object, found->part[p].count);
		return false;
	}
	return true;
}

static bool read_attr(struct media *media, uint16_t id, uint32_t seeds, struct model_tape *found)
{
	const struct media_attr *attr = media_attr_get(media, 0, id);
	struct model_object object = { 0, 0 };

	found->attr[id].set = attr;
	if (!attr)
		return true;
	if (attr->len && !identify(seeds, attr->data, attr->len, &object))
		return false;
	found->attr[id].seed = object.seed;
	found->attr[id].len = attr->len;
	return true;
}

bool script_read(struct media *media, uint32_t seeds, struct model_tape *found, struct why *why)
{
	const struct media_info *info = media_info(media);
	bool good = true;

	memset(found, 0, sizeof(*found));
	found->partitions = info->geometry.partitions;
	found->formatting = (unsigned)(info->geometry.part[0].capacity - CAPACITY);
	found->write_protected = info->write_protected;
	for (unsigned p = 0; p < found->partitions && good; p++)
		good = read_partition(media, p, seeds, found, why);
	for (uint16_t id = 1; id <= MODEL_ATTRS && good; id++) {
		good = read_attr(media, id, seeds, found);
		if (!good)
			why_set(why, "attribute %u has a value that nobody set", id);
	}
	return good;
}
