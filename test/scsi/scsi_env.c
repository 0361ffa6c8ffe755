/* SPDX-License-Identifier: GPL-2.0-only */
/* The world for device servers under test: clock, chance, log, jobs and initiators. */
#include <string.h>
#include <stdio.h>

#include "scsi_env.h"

static struct sim *sim_of(struct vtl_env *env)
{
	return (struct sim *)env;
}

static uint64_t sim_now_ms(struct vtl_env *env)
{
	return sim_of(env)->now;
}

static uint64_t sim_wall_ms(struct vtl_env *env)
{
	return sim_of(env)->wall;
}

/* splitmix64: any sequence will do as long as it is the same each time. */
static void sim_random(struct vtl_env *env, void *buf, size_t len)
{
	struct sim *sim = sim_of(env);
	uint8_t *p = buf;

	while (len--) {
		uint64_t z = sim->seed += 0x9e3779b97f4a7c15u;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
		*p++ = (uint8_t)(z >> 40);
	}
}

static void sim_set_timer(struct vtl_env *env, struct vtl_dev *dev, uint64_t at_ms)
{
	struct sim *sim = sim_of(env);
	unsigned i, empty = SIM_DEVICES;

	for (i = 0; i < SIM_DEVICES; i++) {
		if (sim->timer[i].dev == dev)
			break;
		if (!sim->timer[i].dev && empty == SIM_DEVICES)
			empty = i;
	}
	if (i == SIM_DEVICES)
		i = empty;
	assert_true(i < SIM_DEVICES);
	sim->timer[i].dev = at_ms == UINT64_MAX ? NULL : dev;
	sim->timer[i].at = at_ms;
}

static void sim_log(struct vtl_env *env, int level, const char *text)
{
	struct sim *sim = sim_of(env);
	size_t room = sizeof(sim->log) - sim->log_len;
	int n = snprintf(sim->log + sim->log_len, room, "<%d> %s\n", level, text);

	if (n > 0)
		sim->log_len += (size_t)n < room ? (size_t)n : room - 1;
}

static void sim_submit_job(struct media_exec *exec, struct media_job *job)
{
	struct sim *sim = (struct sim *)((char *)exec - offsetof(struct sim, exec));

	if (sim->hold_jobs) {
		job->next = NULL;
		*sim->jobs_tail = job;
		sim->jobs_tail = &job->next;
		return;
	}
	media_job_work(job);
	job->done(job);
}

bool sim_run_job(struct sim *sim)
{
	struct media_job *job = sim->jobs;

	if (!job)
		return false;
	sim->jobs = job->next;
	if (!sim->jobs)
		sim->jobs_tail = &sim->jobs;
	media_job_work(job);
	job->done(job);
	return true;
}

unsigned sim_run_jobs(struct sim *sim)
{
	unsigned n = 0;

	while (sim_run_job(sim))
		n++;
	return n;
}

void sim_init(struct sim *sim)
{
	memset(sim, 0, sizeof(*sim));
	sim->env = (struct vtl_env){
		.now_ms = sim_now_ms,
		.wall_ms = sim_wall_ms,
		.random = sim_random,
		.set_timer = sim_set_timer,
		.log = sim_log,
		.exec = &sim->exec,
	};
	sim->exec.submit = sim_submit_job;
	sim->jobs_tail = &sim->jobs;
	sim->now = 1000;
	sim->wall = 1767225600000u;
	sim->seed = 1;
}

void sim_advance(struct sim *sim, uint64_t ms)
{
	uint64_t end = sim->now + ms, begin = sim->now;

	for (;;) {
		unsigned i, first = SIM_DEVICES;
		struct vtl_dev *dev;

		for (i = 0; i < SIM_DEVICES; i++) {
			if (!sim->timer[i].dev || sim->timer[i].at > end)
				continue;
			if (first == SIM_DEVICES || sim->timer[i].at < sim->timer[first].at)
				first = i;
		}
		if (first == SIM_DEVICES)
			break;
		dev = sim->timer[first].dev;
		sim->timer[first].dev = NULL;
		if (sim->timer[first].at > sim->now)
			sim->now = sim->timer[first].at;
		vtl_dev_tick(dev);
	}
	sim->now = end;
	sim->wall += end - begin;
}

struct vtl_nexus *sim_nexus(struct vtl_dev *dev, unsigned n)
{
	struct vtl_nexus_id id = { .target_port = 1 };
	struct vtl_nexus *nexus;
	int len;

	/* SPC-5 7.6.4.6: iSCSI, format 00b; the name is terminated and padded to a multiple of four */
	id.transport_id[0] = 0x05;
	len = snprintf((char *)id.transport_id + 4, sizeof(id.transport_id) - 4, "iqn.2026-01.test:%u", n);
	len = (len + 4) & ~3;
	put_be16(id.transport_id + 2, (uint16_t)len);
	id.transport_id_len = 4 + (unsigned)len;
	nexus = vtl_nexus_new(dev, &id);
	assert_non_null(nexus);
	return nexus;
}

void sim_drain_attentions(struct vtl_nexus *nexus)
{
	struct vtl_sense_row row;

	while (vtl_ua_take(nexus, &row))
		;
}

struct vtl_nexus *sim_initiator(struct vtl_dev *dev, unsigned n)
{
	struct vtl_nexus *nexus = sim_nexus(dev, n);

	sim_drain_attentions(nexus);
	return nexus;
}
