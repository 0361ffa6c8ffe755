/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of a cartridge that no drive has mounted: the cartridge is opened for as long as it takes to ask. */
#include "tape_impl.h"

/* Nothing of the tape is read or written. */
#define RING_BYTES	65536u

static struct vtl_memory_visit *visit_of(struct media_job *job)
{
	return (struct vtl_memory_visit *)((char *)job - offsetof(struct vtl_memory_visit, job));
}

static struct vtl_memory_visit *visit_of_sync(struct media_req *sync)
{
	return (struct vtl_memory_visit *)((char *)sync - offsetof(struct vtl_memory_visit, sync));
}

static void run(struct vtl_memory_visit *v, void (*work)(struct media_job *), void (*done)(struct media_job *))
{
	v->job.work = work;
	v->job.done = done;
	v->env->exec->submit(v->env->exec, &v->job);
}

static void close_work(struct media_job *job)
{
	struct vtl_memory_visit *v = visit_of(job);

	media_close(v->media);
	v->media = NULL;
	if (v->destroys)
		v->store->ops->destroy(v->store);
}

static void closed(struct media_job *job)
{
	struct vtl_memory_visit *v = visit_of(job);

	v->done(v);
}

/* The first drive model that takes such cartridges tells what their formatting is. */
static const struct vtl_density *density_of(const struct vtl_models *models, const struct media_info *info)
{
	const struct vtl_drive_model *model;

	for (unsigned n = 0; (model = vtl_models_drive_at(models, n)); n++) {
		if (vtl_drive_access(model, info->form, info->kind) == VTL_ACCESS_NONE)
			continue;
		for (unsigned i = 0; i < model->densities; i++)
			if (model->density[i].code == info->density)
				return &model->density[i];
	}
	return NULL;
}

static void synced(struct media_req *sync)
{
	struct vtl_memory_visit *v = visit_of_sync(sync);

	if (sync->err)
		v->request->sense = SENSE_MEMORY_WRITE_ERROR;
	run(v, close_work, closed);
}

static void write_list(struct vtl_memory_visit *v, struct tape_memory *m)
{
	struct vtl_memory_request *req = v->request;
	enum media_err err;
	uint32_t end;

	req->sense = tape_memory_check(m, req->cdb, req->data, req->len, &end, &req->extra);
	if (req->sense != SENSE_NONE || !req->len) {
		run(v, close_work, closed);
		return;
	}
	err = tape_memory_write(m, req->cdb[7], req->data, end);
	if (err) {
		req->sense = vtl_sense_of_media(err, true, &req->extra);
		run(v, close_work, closed);
		return;
	}
	v->sync = (struct media_req){ .op = MEDIA_OP_SYNC, .done = synced };
	if (media_submit(v->media, &v->sync))
		synced(&v->sync);
}

static void opened(struct media_job *job)
{
	struct vtl_memory_visit *v = visit_of(job);
	struct vtl_memory_request *req = v->request;
	struct tape_memory m = { .media = v->media };
	struct vtl_reply r;

	if (v->err) {
		req->sense = SENSE_MEMORY_NOT_ACCESSIBLE;
		run(v, close_work, closed);
		return;
	}
	m.medium = vtl_models_medium(v->models, media_info(v->media)->form);
	m.density = density_of(v->models, media_info(v->media));
	tape_volume_kept(v->media, &m.life);
	m.before = m.life;
	if (req->write) {
		write_list(v, &m);
		return;
	}
	vtl_reply_mem(&r, req->data, req->len);
	req->sense = tape_memory_read(&m, req->cdb, &r, &req->extra);
	req->used = vtl_reply_stored(&r);
	run(v, close_work, closed);
}

static void open_work(struct media_job *job)
{
	struct vtl_memory_visit *v = visit_of(job);
	struct media_options options = {
		.owner = v->owner, .ring_bytes = RING_BYTES, .read_only = !v->request->write,
	};

	v->media = NULL;
	v->err = media_open(v->store, v->env->exec, &options, &v->media, &v->why);
}

void vtl_memory_visit(struct vtl_memory_visit *v)
{
	run(v, open_work, opened);
}
