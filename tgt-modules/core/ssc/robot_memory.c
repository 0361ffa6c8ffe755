/* SPDX-License-Identifier: GPL-2.0-only */
/* The robot asks the memory of the cartridge in the drive, in the queue of the drive, which is its one owner. */
#include "tape_impl.h"

static void end(struct vtl_tape *t)
{
	struct vtl_memory_request *req = t->memory_req;

	t->memory_req = NULL;
	vtl_task_end(&t->memory_task);
	req->done(req);
}

/* A failure of earlier writes that comes up here is the initiators': it waits for their next command. */
static bool synced(struct vtl_tape *t)
{
	if (t->req.err && t->req.deferred && !t->told_deferred) {
		t->told_deferred = true;
		t->deferred_extra = (struct vtl_sense_extra){ .deferred = true };
		t->deferred = vtl_sense_of_media(t->req.err, true, &t->deferred_extra);
		tape_failed(t, t->deferred);
		tape_req(t, MEDIA_OP_SYNC);
		return true;
	}
	if (t->req.err)
		t->memory_req->sense = SENSE_MEMORY_WRITE_ERROR;
	else
		t->unsynced = false;
	end(t);
	return false;
}

static bool sync_first(struct vtl_tape *t)
{
	tape_req(t, MEDIA_OP_SYNC);
	t->step = synced;
	return true;
}

static void ask_mounted(struct vtl_tape *t)
{
	struct vtl_memory_request *req = t->memory_req;
	struct tape_memory m = tape_memory_of(t);
	struct vtl_reply r;
	uint32_t last;

	if (!req->write) {
		vtl_reply_mem(&r, req->data, req->len);
		req->sense = tape_memory_read(&m, req->cdb, &r, &req->extra);
		req->used = vtl_reply_stored(&r);
		end(t);
		return;
	}
	req->sense = tape_memory_check(&m, req->cdb, req->data, req->len, &last, &req->extra);
	if (req->sense == SENSE_NONE && req->len)
		req->sense = vtl_sense_of_media(tape_memory_write(&m, req->cdb[7], req->data, last), true, &req->extra);
	if (req->sense != SENSE_NONE || !req->len) {
		end(t);
		return;
	}
	t->cmd = NULL;
	tape_idle(t);
	t->unsynced = true;
	t->told_deferred = false;
	tape_start_now(t, sync_first);
}

static void visited(struct vtl_memory_visit *visit)
{
	end((struct vtl_tape *)((char *)visit - offsetof(struct vtl_tape, visit)));
}

static void ask(struct vtl_task *task)
{
	struct vtl_tape *t = tape_of_dev(task->dev);

	if (t->media) {
		ask_mounted(t);
	} else if (t->store && (t->state == VTL_DRIVE_UNLOADED || t->state == VTL_DRIVE_REFUSED)) {
		t->visit = (struct vtl_memory_visit){
			.env = t->dev.env, .models = t->models, .store = t->store, .owner = t->owner,
			.request = t->memory_req, .done = visited,
		};
		vtl_memory_visit(&t->visit);
	} else {
		t->memory_req->sense = SENSE_MEMORY_NOT_ACCESSIBLE;	/* it is on its way, or cleans */
		end(t);
	}
}

void tape_drive_memory(struct vtl_drive *drive, struct vtl_memory_request *req)
{
	struct vtl_tape *t = (struct vtl_tape *)((char *)drive - offsetof(struct vtl_tape, drive));

	t->memory_req = req;
	t->memory_task.run = ask;
	vtl_task_submit(&t->dev, &t->memory_task);
}
