/* SPDX-License-Identifier: GPL-2.0-only */
/* A cartridge under test: requests in one call each, jobs run when the test wants them to. */
#include "tape.h"

#include <stdio.h>

uint64_t tape_draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void hold_job(struct media_exec *exec, struct media_job *job)
{
	struct held_exec *held = (struct held_exec *)exec;
	struct media_job **p = &held->first;

	while (*p)
		p = &(*p)->next;
	job->next = NULL;
	*p = job;
}

bool tape_run_job(struct tape *tape)
{
	struct media_job *job = tape->held.first;

	if (!job)
		return false;
	tape->held.first = job->next;
	tape->jobs++;
	media_job_work(job);
	job->done(job);
	return true;
}

struct media_info tape_info(void)
{
	struct media_info info = {
		.barcode = "TAPE01L8",
		.form = "LTO-8",
		.kind = MEDIA_DATA,
		.created = 1700000000,
		.geometry = { .partitions = 1, .part = { { .capacity = 1 << 30, .early_warning = 1 << 20 } } },
	};

	memcpy(info.uuid, "0123456789abcdef", MEDIA_UUID_LEN);
	return info;
}

enum media_err tape_open(struct tape *tape)
{
	struct media_options options = { .owner = "test",
					 .ring_bytes = tape->ring_bytes,
					 .memory = tape->memory,
					 .writers = tape->writers,
					 .segment_bytes = tape->segment_bytes };
	struct why why = { "" };
	enum media_err err;

	tape->held.base.submit = hold_job;
	err = media_open(tape->store, tape->hold ? &tape->held.base : &media_exec_inline, &options, &tape->media, &why);
	if (err)
		tape->media = NULL;
	return err;
}

void tape_create(struct tape *tape, struct media_store *store, const struct media_info *info)
{
	struct why why = { "" };

	tape->store = store;
	assert_int_equal(media_create(store, info, &why), MEDIA_OK);
	assert_int_equal(tape_open(tape), MEDIA_OK);
}

void tape_close(struct tape *tape)
{
	while (tape_run_job(tape))
		;
	media_close(tape->media);
	tape->media = NULL;
}

void tape_reopen(struct tape *tape)
{
	tape_close(tape);
	assert_int_equal(tape_open(tape), MEDIA_OK);
}

static void no_done(struct media_req *req)
{
}

enum media_err tape_do(struct tape *tape, struct media_req *req)
{
	req->done = no_done;
	if (!media_submit(tape->media, req))
		while (!req->complete)
			assert_true(tape_run_job(tape));
	return req->err;
}

void tape_fill(uint8_t *buf, uint32_t len, uint64_t seed)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15ull | 1;

	for (uint32_t i = 0; i < len; i += 8) {
		uint64_t v = i / 64 % 2 ? seed : tape_draw(&state);

		memcpy(buf + i, &v, len - i < 8 ? len - i : 8);
	}
}

enum media_err tape_write(struct tape *tape, uint32_t len, uint64_t seed)
{
	uint8_t *buf = malloc(len ? len : 1);
	struct media_req req = { .op = MEDIA_OP_WRITE, .buf = buf, .len = len };
	enum media_err err;

	assert_non_null(buf);
	tape_fill(buf, len, seed);
	err = tape_do(tape, &req);
	free(buf);
	return err;
}

enum media_err tape_marks(struct tape *tape, int64_t count, bool immediate)
{
	struct media_req req = { .op = MEDIA_OP_FILEMARKS, .count = count, .immediate = immediate };

	return tape_do(tape, &req);
}

enum media_err tape_sync(struct tape *tape)
{
	struct media_req req = { .op = MEDIA_OP_SYNC };

	return tape_do(tape, &req);
}

enum media_err tape_erase(struct tape *tape)
{
	struct media_req req = { .op = MEDIA_OP_ERASE };

	return tape_do(tape, &req);
}

enum media_err tape_space(struct tape *tape, enum media_op op, int64_t count, uint64_t *residual)
{
	struct media_req req = { .op = op, .count = count };
	enum media_err err = tape_do(tape, &req);

	if (residual)
		*residual = req.residual;
	return err;
}

enum media_err tape_locate(struct tape *tape, enum media_op op, unsigned partition, int64_t count)
{
	struct media_req req = { .op = op, .partition = partition, .count = count };

	return tape_do(tape, &req);
}

enum media_err tape_read(struct tape *tape, uint8_t *buf, uint32_t room, uint32_t *len)
{
	struct media_req req = { .op = MEDIA_OP_READ, .buf = buf, .len = room };
	enum media_err err = tape_do(tape, &req);

	*len = req.actual;
	return err;
}

void expect_block(struct tape *tape, uint32_t len, uint64_t seed)
{
	uint8_t *got = malloc(len), *want = malloc(len);
	uint32_t actual;

	assert_non_null(got);
	assert_non_null(want);
	assert_int_equal(tape_read(tape, got, len, &actual), MEDIA_OK);
	assert_int_equal(actual, len);
	tape_fill(want, len, seed);
	assert_memory_equal(got, want, len);
	free(got);
	free(want);
}

void expect_read(struct tape *tape, enum media_err err)
{
	uint32_t actual;

	assert_int_equal(tape_read(tape, NULL, 0, &actual), err);
}

void expect_at(struct tape *tape, uint64_t object, uint64_t filemarks)
{
	struct media_pos pos;

	media_tell(tape->media, &pos);
	assert_int_equal(pos.object, object);
	assert_int_equal(pos.filemarks, filemarks);
}

struct findings {
	unsigned count;
	bool print;
};

static void found(void *arg, unsigned partition, uint64_t object, const char *text)
{
	struct findings *findings = arg;

	findings->count++;
	if (findings->print)
		print_message("partition %u object %lld: %s\n", partition, (long long)object, text);
}

unsigned tape_verify(struct media_store *store, bool print)
{
	struct findings findings = { .print = print };
	struct media_verify verify = { .report = found, .arg = &findings };
	struct why why = { "" };
	enum media_err err = media_verify(store, &verify, &why);

	assert_true(err == MEDIA_OK || err == MEDIA_CORRUPT);
	assert_int_equal(err == MEDIA_CORRUPT, findings.count != 0);
	return findings.count;
}

struct pick {
	const char *suffix;
	unsigned nth;
	char (*names)[32];
	unsigned n;
};

static int pick_one(void *arg, const char *name)
{
	struct pick *pick = arg;
	size_t len = strlen(name), s = strlen(pick->suffix);

	if (pick->n < 64 && len > s && !strcmp(name + len - s, pick->suffix))
		snprintf(pick->names[pick->n++], 32, "%s", name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

void tape_file(struct media_store *store, const char *suffix, unsigned nth, char name[32])
{
	char names[64][32];
	struct pick pick = { .suffix = suffix, .names = names };

	store->ops->list(store, pick_one, &pick);
	assert_true(nth < pick.n);
	qsort(names, pick.n, 32, by_name);
	memcpy(name, names[nth], 32);
}
