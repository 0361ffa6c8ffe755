/* SPDX-License-Identifier: GPL-2.0-only */
/* Time that motion and mechanics take where a drive is told to take it: a timer ends it, and nothing else waits. */
#include "tape_impl.h"

void tape_wait(struct vtl_tape *t, uint64_t ms, void (*then)(struct vtl_tape *t))
{
	struct vtl_env *env = t->dev.env;

	if (!ms || t->hurry) {
		then(t);
		return;
	}
	t->wait.begin = env->now_ms(env);
	t->wait.end = t->wait.begin + ms;
	t->wait.then = then;
	env->set_timer(env, &t->dev, t->wait.end);
}

void tape_wait_cut(struct vtl_tape *t)
{
	void (*then)(struct vtl_tape *t) = t->wait.then;

	if (!then)
		return;
	t->wait.then = NULL;
	t->dev.env->set_timer(t->dev.env, &t->dev, UINT64_MAX);
	then(t);
}

void vtl_tape_hurry(struct vtl_dev *dev, bool hurry)
{
	struct vtl_tape *t = tape_of_dev(dev);

	t->hurry = hurry;
	if (hurry)
		tape_wait_cut(t);
}

void tape_tick(struct vtl_dev *dev)
{
	struct vtl_tape *t = tape_of_dev(dev);

	if (!t->wait.then)
		return;
	if (dev->env->now_ms(dev->env) < t->wait.end)
		dev->env->set_timer(dev->env, dev, t->wait.end);
	else
		tape_wait_cut(t);
}

/* ---- how far ---- */

static struct tape_place here(const struct vtl_tape *t)
{
	struct media_pos pos;

	media_tell(t->media, &pos);
	return tape_place_of(t, pos.partition, pos.object);
}

void tape_sets_out(struct vtl_tape *t)
{
	struct media_pos pos = { 0 };

	t->from = (struct tape_place){ 0 };
	if (t->media) {
		media_tell(t->media, &pos);
		t->from = tape_place_of(t, pos.partition, pos.object);
	}
	t->from_object = pos.object;
	t->backlog = pos.buffered_bytes;
	t->under_way = true;
}

static uint64_t share(const struct vtl_tape *t, enum vtl_time time, double part)
{
	return (uint64_t)(t->time_ms[time] * (part < 0 ? -part : part) + 0.5);
}

uint64_t tape_way_ms(const struct vtl_tape *t, enum vtl_time time)
{
	return share(t, time, here(t).along - t->from.along);
}

uint64_t tape_rewind_ms(const struct vtl_tape *t)
{
	return share(t, VTL_TIME_REWIND, here(t).along);
}

/* Everything behind the position, which is end of data now, runs by. */
static uint64_t erase_ms(const struct vtl_tape *t)
{
	struct media_usage u;
	struct media_pos pos;

	if (!t->long_erase)
		return 0;
	media_tell(t->media, &pos);
	media_usage(t->media, pos.partition, &u);
	return share(t, VTL_TIME_ERASE, u.capacity ? 1 - (double)u.used / (double)u.capacity : 0);
}

uint64_t tape_activity_ms(const struct vtl_tape *t)
{
	if (!t->media || !t->under_way)
		return 0;
	switch (t->activity) {
	case TAPE_SPACING:
	case TAPE_LOCATING:
		return tape_way_ms(t, VTL_TIME_POSITION);
	case TAPE_REWINDING:
	case TAPE_LOADING:
		return tape_way_ms(t, VTL_TIME_REWIND);
	case TAPE_FORMATTING:
	case TAPE_SETTING_CAPACITY:
		return t->time_ms[VTL_TIME_FORMAT];
	case TAPE_ERASING:
		return erase_ms(t);
	default:
		return 0;
	}
}

/* ---- how much of it is done ---- */

static uint16_t progress(uint64_t done, uint64_t all)
{
	return done < all ? (uint16_t)((unsigned __int128)done * 65536 / all) : all ? 65535 : 0;
}

/* By time where it takes time; else by what it still has to read, or to write out first. */
uint16_t tape_progress(const struct vtl_tape *t)
{
	struct media_usage u;
	struct media_pos pos;

	if (t->wait.then)
		return progress(t->dev.env->now_ms(t->dev.env) - t->wait.begin, t->wait.end - t->wait.begin);
	if (!t->media || !t->under_way)
		return 0;
	media_tell(t->media, &pos);
	if (t->activity != TAPE_VERIFYING)
		return progress(t->backlog > pos.buffered_bytes ? t->backlog - pos.buffered_bytes : 0, t->backlog);
	if (!t->to_end)
		return progress(t->io.done, t->io.count);
	media_usage(t->media, pos.partition, &u);
	return progress(pos.object - t->from_object, u.objects - t->from_object);
}
