/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device keeps over a power cycle: rows of tag, length and bytes, saved as a whole, one save at a time. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Of the encoding: two bytes at its beginning. */
#define VERSION	1

void vtl_state_put(struct vtl_reply *r, uint16_t tag, const void *data, uint16_t len)
{
	vtl_put16(r, tag);
	vtl_put16(r, len);
	vtl_put_bytes(r, data, len);
}

#define INQUIRY_LEN	28

/* Bytes 8 to 35 of standard INQUIRY data (SPC-5 6.7.2): who the device is. */
static void inquiry_bytes(const struct vtl_dev *dev, uint8_t bytes[INQUIRY_LEN])
{
	struct vtl_reply r;

	vtl_reply_mem(&r, bytes, INQUIRY_LEN);
	vtl_put_text(&r, dev->id.inquiry->vendor, 8);
	vtl_put_text(&r, dev->id.inquiry->product, 16);
	vtl_put_text(&r, dev->id.inquiry->revision, 4);
}

static void put_inquiry(const struct vtl_dev *dev, struct vtl_reply *r)
{
	uint8_t bytes[INQUIRY_LEN];

	inquiry_bytes(dev, bytes);
	vtl_state_put(r, VTL_STATE_INQUIRY, bytes, sizeof(bytes));
}

/* What differs is told to whoever comes (3F/03), since it may go by what it knew. */
static void get_inquiry(struct vtl_dev *dev, const uint8_t *data, uint32_t len)
{
	uint8_t bytes[INQUIRY_LEN];

	inquiry_bytes(dev, bytes);
	dev->other_inquiry = len == sizeof(bytes) && memcmp(bytes, data, len);
}

static void encode(struct vtl_dev *dev, struct vtl_reply *r)
{
	vtl_put16(r, VERSION);
	put_inquiry(dev, r);
	vtl_mode_state_put(dev, r);
	vtl_pr_state_put(dev, r);
	vtl_name_state_put(dev, r);
	vtl_log_state_put(dev, r);
	if (dev->type->state_put)
		dev->type->state_put(dev, r);
}

bool vtl_state_fits(struct vtl_dev *dev)
{
	struct vtl_reply r;

	vtl_reply_mem(&r, NULL, 0);
	encode(dev, &r);
	return r.len <= VTL_STATE_MAX;
}

/* ---- saving ---- */

static struct vtl_dev *dev_of(struct media_job *job)
{
	return (struct vtl_dev *)((char *)job - offsetof(struct vtl_dev, saver.job));
}

static void save_work(struct media_job *job)
{
	struct vtl_dev *dev = dev_of(job);

	dev->saver.ok = dev->state->save(dev->state, dev->saver.buf, dev->saver.len, &dev->saver.why);
}

static void start(struct vtl_dev *dev);

static void finish(struct vtl_dev *dev)
{
	struct vtl_saver *s = &dev->saver;
	struct vtl_save *list = s->running;
	bool ok = s->ok;

	free(s->buf);
	s->buf = NULL;
	s->running = NULL;
	s->busy = false;
	if (!ok)
		vtl_dev_log(dev, 3, "what the device keeps over a power cycle could not be saved: %s", s->why.text);
	while (list) {
		struct vtl_save *save = list;

		list = save->next;
		save->ok = ok;
		save->done(save);
	}
	if (!s->busy && (s->waiting || s->touched))
		start(dev);
}

static void save_done(struct media_job *job)
{
	finish(dev_of(job));
}

/* What is as of now, for all who wait. */
static void start(struct vtl_dev *dev)
{
	struct vtl_saver *s = &dev->saver;
	struct vtl_reply r;

	s->busy = true;
	s->touched = false;
	s->later = false;
	s->running = s->waiting;
	s->waiting = NULL;
	s->ok = false;
	s->buf = malloc(VTL_STATE_MAX);
	vtl_reply_mem(&r, s->buf, VTL_STATE_MAX);
	encode(dev, &r);
	why_set(&s->why, s->buf ? "it is too much" : "out of memory");
	if (!s->buf || r.len > VTL_STATE_MAX) {
		finish(dev);
		return;
	}
	s->len = (uint32_t)r.len;
	s->job.work = save_work;
	s->job.done = save_done;
	dev->env->exec->submit(dev->env->exec, &s->job);
}

void vtl_state_save(struct vtl_dev *dev, struct vtl_save *save)
{
	struct vtl_save **link;

	save->next = NULL;
	for (link = &dev->saver.waiting; *link; link = &(*link)->next)
		;
	*link = save;
	if (!dev->saver.busy)
		start(dev);
}

void vtl_state_touch(struct vtl_dev *dev)
{
	if (!dev->state)
		return;
	dev->saver.touched = true;
	if (!dev->saver.busy)
		start(dev);
}

void vtl_state_later(struct vtl_dev *dev)
{
	dev->saver.later = dev->state;
}

void vtl_state_flush(struct vtl_dev *dev)
{
	if (dev->saver.later)
		vtl_state_touch(dev);
}

/* A command that ends when its save has: its place is in the command's own scratch, behind what is the handler's. */
struct waiting_command {
	uint8_t handler[VTL_SAVE_SCRATCH];
	struct vtl_save save;
	struct vtl_cmd *cmd;
	void (*then)(struct vtl_cmd *cmd, bool ok);
};
_Static_assert(sizeof(struct waiting_command) <= sizeof(((struct vtl_cmd *)0)->scratch), "no room in scratch");

static void command_saved(struct vtl_save *save)
{
	struct waiting_command *w =
		(struct waiting_command *)((char *)save - offsetof(struct waiting_command, save));

	w->then(w->cmd, save->ok);
}

void vtl_state_save_then(struct vtl_cmd *cmd, void (*then)(struct vtl_cmd *cmd, bool ok))
{
	struct waiting_command *w = (struct waiting_command *)&cmd->scratch;

	w->save.done = command_saved;
	w->cmd = cmd;
	w->then = then;
	vtl_state_save(vtl_cmd_dev(cmd), &w->save);
}

void vtl_state_end_saved(struct vtl_cmd *cmd, bool ok)
{
	if (ok)
		vtl_cmd_good(cmd);
	else
		vtl_cmd_check(cmd, SENSE_INTERNAL_FAILURE, NULL);
}

/* ---- loading ---- */

static const struct {
	uint16_t tag;
	void (*get)(struct vtl_dev *dev, const uint8_t *data, uint32_t len);
} sections[] = {
	{ VTL_STATE_INQUIRY, get_inquiry },
	{ VTL_STATE_MODE_PAGE, vtl_mode_state_get },
	{ VTL_STATE_PR, vtl_pr_state_get },
	{ VTL_STATE_PR_REGISTRATION, vtl_pr_state_get_registration },
	{ VTL_STATE_NAME, vtl_name_state_get },
	{ VTL_STATE_LOG_PARAMETER, vtl_log_state_get },
};

static void get_section(struct vtl_dev *dev, uint16_t tag, const uint8_t *data, uint32_t len)
{
	unsigned i;

	if (tag >= VTL_STATE_OF_TYPE) {
		if (dev->type->state_get)
			dev->type->state_get(dev, tag, data, len);
		return;
	}
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (sections[i].tag == tag)
			sections[i].get(dev, data, len);
	}
}

static void decode(struct vtl_dev *dev, const uint8_t *p, uint32_t len)
{
	uint32_t at = 2;

	if (len < 2 || get_be16(p) != VERSION) {
		vtl_dev_log(dev, 4, "what was kept over the power cycle is of another version, and not used");
		return;
	}
	while (len - at >= 4) {
		uint16_t tag = get_be16(p + at), size = get_be16(p + at + 2);

		if (size > len - at - 4)
			break;
		get_section(dev, tag, p + at + 4, size);
		at += 4u + size;
	}
	if (at != len)
		vtl_dev_log(dev, 4, "what was kept over the power cycle ends early");
}

void vtl_dev_power_on(struct vtl_dev *dev, struct vtl_state *state)
{
	uint8_t *buf;
	uint32_t len;

	dev->state = state;
	if (!state)
		return;
	buf = malloc(VTL_STATE_MAX);
	len = buf ? state->load(state, buf, VTL_STATE_MAX) : 0;
	if (len)
		decode(dev, buf, len);
	free(buf);
	vtl_mode_reset(dev);
	if (dev->other_inquiry)
		vtl_state_touch(dev);
}
