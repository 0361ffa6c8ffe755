/* SPDX-License-Identifier: GPL-2.0-only */
/* What is in the drive: loading, unloading, cleaning, refusing; LOAD UNLOAD and the robot's port. */
#include <stdlib.h>
#include <string.h>

#include "tape_impl.h"

static const struct {
	enum vtl_sense sense;
	const char *activity;
} state_rows[] = {
	[VTL_DRIVE_EMPTY] = { SENSE_NO_MEDIUM, "empty" },
	[VTL_DRIVE_LOADING] = { SENSE_BECOMING_READY, "loading" },
	[VTL_DRIVE_READY] = { SENSE_NONE, "idle" },
	[VTL_DRIVE_UNLOADING] = { SENSE_NOT_READY, "unloading" },
	/* IBM LTO: after an unload the cartridge is ejected, and not there for the drive; with HOLD it stays seated. */
	[VTL_DRIVE_UNLOADED] = { SENSE_NO_MEDIUM, "unloaded" },
	[VTL_DRIVE_REFUSED] = { SENSE_NOT_READY_INCOMPATIBLE, "refused" },
	[VTL_DRIVE_CLEANING] = { SENSE_CLEANING_CARTRIDGE, "cleaning" },
};

/* What a cartridge that cannot be opened says: the NOT READY codes of LTO drives. */
static const enum vtl_sense open_rows[MEDIA_ERR_COUNT] = {
	[MEDIA_NOENT] = SENSE_LOAD_FAILED,
	[MEDIA_BUSY] = SENSE_HARDWARE_LOAD_FAILED,
	[MEDIA_FOREIGN] = SENSE_NOT_READY_UNKNOWN_FORMAT,
	[MEDIA_VERSION] = SENSE_NOT_READY_UNKNOWN_FORMAT,
	[MEDIA_CORRUPT] = SENSE_MEDIUM_FORMAT_CORRUPTED,
	[MEDIA_IO] = SENSE_LOAD_FAILED,
	[MEDIA_NOMEM] = SENSE_HARDWARE_LOAD_FAILED,
};

enum vtl_sense tape_not_ready(const struct vtl_tape *t)
{
	if (t->state == VTL_DRIVE_REFUSED)
		return t->refused;
	if (t->state == VTL_DRIVE_UNLOADED && t->held)
		return SENSE_NEEDS_LOAD;
	return state_rows[t->state].sense;
}

enum vtl_sense tape_not_writable(const struct vtl_tape *t)
{
	if (t->tampered)
		return SENSE_WORM_INTEGRITY;
	if (!t->writable)
		return SENSE_CANNOT_WRITE_MEDIUM;
	return media_info(t->media)->write_protected ? SENSE_WRITE_PROTECTED : tape_software_protection(t);
}

void tape_counters(const struct vtl_tape *t, struct media_counters *counters)
{
	if (t->media)
		media_counters(t->media, counters);
	else
		*counters = t->last;
}

static struct vtl_tape *tape_of_job(struct media_job *job)
{
	return (struct vtl_tape *)((char *)job - offsetof(struct vtl_tape, job));
}

static void job_done(struct media_job *job)
{
	struct vtl_tape *t = tape_of_job(job);

	t->job_after(t);
}

static void run_job(struct vtl_tape *t, void (*work)(struct media_job *), void (*after)(struct vtl_tape *))
{
	t->job.work = work;
	t->job.done = job_done;
	t->job_after = after;
	t->dev.env->exec->submit(t->dev.env->exec, &t->job);
}

/* ---- loading ---- */

static void answer_robot(struct vtl_tape *t)
{
	struct vtl_drive_req *req = t->load_req;

	if (!req)
		return;
	t->load_req = NULL;
	req->err = MEDIA_OK;
	req->done(req);
}

static void eject_begin(struct vtl_tape *t);

/* Who waits for a load: the robot, or a command. */
static void loaded(struct vtl_tape *t)
{
	bool eject = t->eject_waits;

	if (!t->by_robot) {
		tape_end(t, tape_not_ready(t), NULL);
		return;
	}
	t->by_robot = t->eject_waits = false;
	answer_robot(t);
	if (!eject)
		return;
	tape_wait_cut(t);	/* it may be cleaning now */
	eject_begin(t);
}

static void refuse(struct vtl_tape *t, enum vtl_sense sense)
{
	t->state = VTL_DRIVE_REFUSED;
	t->refused = sense;
	tape_failed(t, sense);
	loaded(t);
}

static void refuse_closed(struct vtl_tape *t)
{
	refuse(t, t->refused);
}

static void close_work(struct media_job *job)
{
	struct vtl_tape *t = tape_of_job(job);

	if (t->job_media)
		media_close(t->job_media);
	if (t->job_store)
		t->job_store->ops->destroy(t->job_store);
	t->job_media = NULL;
	t->job_store = NULL;
}

/* What it cleaned with comes up again, as on LTO drives. */
static void cleaned(struct vtl_tape *t)
{
	t->state = VTL_DRIVE_UNLOADED;
}

static void clean_closed(struct vtl_tape *t)
{
	t->state = VTL_DRIVE_CLEANING;
	tape_alert_for(t, SENSE_CLEANING_CARTRIDGE);
	tape_wait(t, t->time_ms[VTL_TIME_CLEAN], cleaned);
	loaded(t);
}

static void clean(struct vtl_tape *t)
{
	t->refused = tape_clean(t, t->job_media);
	if (t->refused == SENSE_CLEANING_CARTRIDGE && t->time_ms[VTL_TIME_CLEAN])
		run_job(t, close_work, clean_closed);
	else
		run_job(t, close_work, refuse_closed);
}

/* A sound cartridge that this drive does not take. */
static void close_and_refuse(struct vtl_tape *t, enum vtl_sense sense)
{
	t->refused = sense;
	run_job(t, close_work, refuse_closed);
}

static void mounted(struct vtl_tape *t)
{
	t->state = VTL_DRIVE_READY;
	vtl_ua_all(&t->dev, SENSE_MEDIUM_CHANGED, t->by_robot || !t->cmd ? NULL : t->cmd->nexus);
	loaded(t);
}

static bool marked(struct vtl_tape *t)
{
	t->writable = !t->req.err;
	if (t->req.err)
		vtl_dev_log(&t->dev, 4, "WORM cartridge %s can only be read: its memory cannot be written: %s",
			    media_info(t->media)->barcode, media_strerror(t->req.err));
	mounted(t);
	return false;
}

static bool mark_first(struct vtl_tape *t)
{
	tape_req(t, MEDIA_OP_SYNC);
	t->step = marked;
	return true;
}

static void become_ready(struct vtl_tape *t)
{
	const struct media_info *info;

	t->media = t->job_media;
	t->job_media = NULL;
	info = media_info(t->media);
	t->medium = vtl_models_medium(t->models, info->form);
	t->mounted_ms = t->dev.env->now_ms(t->dev.env);
	t->unsynced = false;
	t->changed = false;
	t->partitioning = false;
	tape_protection_loaded(t);
	t->allowed.what = ALLOW_NOTHING;
	t->life.loads++;
	vtl_state_touch(&t->dev);
	tape_apply_modes(t);
	tape_keys_loaded(t);
	tape_mam_loaded(t);
	tape_alert_mounted(t);
	if (tape_worm_marks(t))
		tape_start_now(t, mark_first);
	else
		mounted(t);
}

static void opened(struct vtl_tape *t)
{
	const struct media_info *info;
	enum vtl_access access;

	if (t->job_err) {
		vtl_dev_log(&t->dev, 4, "cannot load the cartridge: %s", t->job_why.text);
		refuse(t, open_rows[t->job_err] ? open_rows[t->job_err] : SENSE_LOAD_FAILED);
		return;
	}
	info = media_info(t->job_media);
	access = vtl_drive_access(t->model, info->form, info->kind);
	if (access == VTL_ACCESS_NONE) {
		vtl_dev_log(&t->dev, 4, "takes no cartridge of this kind: %s (%s)", info->barcode, info->form);
		close_and_refuse(t, SENSE_NOT_READY_INCOMPATIBLE);
	} else if (info->kind == MEDIA_CLEANING) {
		clean(t);
	} else {
		t->writable = access == VTL_ACCESS_WRITE;
		become_ready(t);
	}
}

static void open_work(struct media_job *job)
{
	struct vtl_tape *t = tape_of_job(job);
	struct media_options options = {
		.owner = t->owner, .ring_bytes = t->ring_bytes, .memory = t->memory, .writers = t->writers
	};

	t->job_media = NULL;
	t->job_err = media_open(t->store, t->dev.env->exec, &options, &t->job_media, &t->job_why);
}

static void open_cartridge(struct vtl_tape *t)
{
	run_job(t, open_work, opened);
}

/* Where it takes time, the robot is free to go as soon as the drive has the cartridge. */
static void start_load(struct vtl_tape *t)
{
	uint64_t ms = t->time_ms[VTL_TIME_LOAD] + t->time_ms[VTL_TIME_THREAD];

	t->held = false;
	t->medium = NULL;
	memset(&t->last, 0, sizeof(t->last));
	memset(&t->tally, 0, sizeof(t->tally));
	memset(&t->counted, 0, sizeof(t->counted));
	memset(t->since, 0, sizeof(t->since));
	tape_alert_loading(t);
	if (!t->store) {
		refuse(t, SENSE_LOAD_FAILED);
		return;
	}
	t->state = VTL_DRIVE_LOADING;
	tape_wait(t, ms, open_cartridge);
	if (tape_waits(t))
		answer_robot(t);
}

/* ---- unloading ---- */

static void close_medium(struct vtl_tape *t, void (*after)(struct vtl_tape *))
{
	t->state = VTL_DRIVE_UNLOADING;
	if (t->media)
		tape_life_unloaded(t);
	tape_order_forget(t);
	tape_keys_demounted(t);
	t->job_media = t->media;
	t->media = NULL;
	t->medium = NULL;
	run_job(t, close_work, after);
}

static void unloaded(struct vtl_tape *t)
{
	t->state = VTL_DRIVE_UNLOADED;
	tape_end(t, SENSE_NONE, NULL);
}

static void unload_close(struct vtl_tape *t)
{
	close_medium(t, unloaded);
}

/* What it takes to give the cartridge out; none if that is done. */
static uint64_t unload_ms(const struct vtl_tape *t)
{
	if (t->state == VTL_DRIVE_UNLOADED)
		return 0;
	return t->time_ms[VTL_TIME_UNLOAD] + (t->media ? tape_rewind_ms(t) : 0);
}

static void give_out(struct vtl_tape *t, void (*then)(struct vtl_tape *t))
{
	uint64_t ms = unload_ms(t);

	t->state = t->state == VTL_DRIVE_UNLOADED ? t->state : VTL_DRIVE_UNLOADING;
	tape_wait(t, ms, then);
}

static bool unload_synced(struct vtl_tape *t)
{
	if (t->req.err) {
		tape_volume_stays(t);
		tape_fail(t, t->req.err, true, NULL);
	} else {
		give_out(t, unload_close);
	}
	return false;
}

static bool unload_memory(struct vtl_tape *t)
{
	tape_mam_unloading(t);
	tape_req(t, MEDIA_OP_SYNC);
	t->step = unload_synced;
	return true;
}

static void unload(struct vtl_tape *t)
{
	if (t->media)
		tape_start(t, unload_memory);
	else
		give_out(t, unloaded);
}

/* ---- LOAD UNLOAD ---- */

enum { LU_LOAD = 0x01, LU_EOT = 0x04, LU_HOLD = 0x08 };

static bool rewound(struct vtl_tape *t)
{
	if (t->req.err)
		tape_fail(t, t->req.err, false, NULL);
	else
		tape_end(t, SENSE_NONE, NULL);
	return false;
}

static bool rewind_first(struct vtl_tape *t)
{
	tape_req(t, MEDIA_OP_LOCATE_OBJECT);
	t->step = rewound;
	return true;
}

/* A load of what is loaded goes to the beginning of partition 0. */
static void load(struct vtl_tape *t)
{
	if (t->media)
		tape_start(t, rewind_first);
	else
		start_load(t);
}

/* Only seated: with HOLD, LOAD does not thread. */
static void seat(struct vtl_tape *t)
{
	tape_end(t, SENSE_NONE, NULL);
}

/*
 * LOAD UNLOAD, SSC-3 7.2. EOT, to unload at the end of the tape, is refused by LTO drives, as with LOAD or HOLD by
 * all; RETEN has nothing to do. After an unload the cartridge can be loaded again, until the robot takes it.
 */
void tape_load_unload(struct vtl_cmd *cmd)
{
	struct vtl_tape *t = tape_of(cmd);
	bool hold = cmd->cdb[4] & LU_HOLD;
	bool immediate = cmd->cdb[1] & 0x01;
	enum vtl_sense sense = tape_not_ready(t);

	if (cmd->cdb[4] & LU_EOT && (cmd->cdb[4] & (LU_LOAD | LU_HOLD) || tape_is(t->model, "lto"))) {
		vtl_cmd_bad_cdb(cmd, 4, 2);
		return;
	}
	if (t->state == VTL_DRIVE_EMPTY || t->state == VTL_DRIVE_LOADING || t->state == VTL_DRIVE_UNLOADING ||
	    t->state == VTL_DRIVE_CLEANING || (t->state == VTL_DRIVE_REFUSED && cmd->cdb[4] & LU_LOAD)) {
		vtl_cmd_check(cmd, sense, NULL);
		return;
	}
	if (cmd->cdb[4] & LU_LOAD) {
		if (hold && t->state == VTL_DRIVE_UNLOADED)
			t->held = true;
		tape_begin(cmd, immediate, TAPE_LOADING, hold && t->state == VTL_DRIVE_UNLOADED ? seat : load);
		return;
	}
	if (vtl_dev_prevented(&t->dev)) {
		tape_alert_for(t, SENSE_REMOVAL_PREVENTED);
		vtl_cmd_check(cmd, SENSE_REMOVAL_PREVENTED, NULL);
		return;
	}
	t->held = hold;
	tape_begin(cmd, immediate, TAPE_UNLOADING, unload);
}

/* ---- the robot's port ---- */

static struct vtl_tape *tape_of_drive(const struct vtl_drive *drive)
{
	return (struct vtl_tape *)((char *)(uintptr_t)drive - offsetof(struct vtl_tape, drive));
}

static enum vtl_drive_state drive_state(const struct vtl_drive *drive)
{
	return tape_of_drive(drive)->state;
}

static const char *drive_activity(const struct vtl_drive *drive)
{
	const struct vtl_tape *t = tape_of_drive(drive);

	return t->activity ? tape_activity_name(t->activity) : state_rows[t->state].activity;
}

static bool drive_removal_prevented(const struct vtl_drive *drive)
{
	return vtl_dev_prevented(&tape_of_drive(drive)->dev);
}

static void drive_expect(struct vtl_drive *drive)
{
	tape_of_drive(drive)->state = VTL_DRIVE_LOADING;
}

static void drive_load(struct vtl_drive *drive, struct media_store *store, const char *why, struct vtl_drive_req *req)
{
	struct vtl_tape *t = tape_of_drive(drive);

	t->load_req = req;
	t->by_robot = true;
	t->store = store;
	if (!store)
		vtl_dev_log(&t->dev, 4, "cannot load the cartridge: %s", why ? why : "");
	start_load(t);
}

static void ejected(struct vtl_tape *t)
{
	struct vtl_drive_req *req = t->eject_req;

	t->state = VTL_DRIVE_EMPTY;
	t->held = false;
	t->eject_req = NULL;
	tape_idle(t);
	req->err = t->eject_err;
	vtl_task_end(&t->eject);
	req->done(req);
}

static void eject_close(struct vtl_tape *t)
{
	t->job_store = t->store;
	t->store = NULL;
	close_medium(t, ejected);
}

static void eject_out(struct vtl_tape *t)
{
	give_out(t, eject_close);
}

static bool eject_synced(struct vtl_tape *t)
{
	t->eject_err = t->req.err;
	if (t->eject_err)
		tape_alert(t, ALERT_DIRECTORY_INVALID_AT_UNLOAD);
	if (t->eject_err)
		vtl_dev_log(&t->dev, 3, "not all that was written is on the cartridge: %s",
			    media_strerror(t->eject_err));
	eject_out(t);
	return false;
}

static bool eject_memory(struct vtl_tape *t)
{
	tape_mam_unloading(t);
	tape_req(t, MEDIA_OP_SYNC);
	t->step = eject_synced;
	return true;
}

static bool eject_data_synced(struct vtl_tape *t)
{
	return t->req.err ? eject_synced(t) : eject_memory(t);
}

/* What is noted in the cartridge's memory is what is on the medium: that comes first. */
static bool eject_first(struct vtl_tape *t)
{
	if (!t->unsynced)
		return eject_memory(t);
	tape_req(t, MEDIA_OP_SYNC);
	t->step = eject_data_synced;
	return true;
}

static void eject_begin(struct vtl_tape *t)
{
	t->activity = TAPE_UNLOADING;
	t->eject_err = MEDIA_OK;
	if (t->media)
		tape_start_now(t, eject_first);
	else
		eject_out(t);
}

/* A load or a cleaning that only takes its time is over then. */
static void eject_run(struct vtl_task *task)
{
	struct vtl_tape *t = tape_of_dev(task->dev);

	bool loading = t->state == VTL_DRIVE_LOADING;

	t->cmd = NULL;
	t->eject_waits = loading;
	tape_wait_cut(t);
	if (!loading)
		eject_begin(t);
}

static void drive_eject(struct vtl_drive *drive, struct vtl_drive_req *req)
{
	struct vtl_tape *t = tape_of_drive(drive);

	t->eject_req = req;
	t->eject.run = eject_run;
	vtl_task_submit(&t->dev, &t->eject);
}

static unsigned drive_designator(const struct vtl_drive *drive, uint8_t *buf, unsigned size)
{
	struct vtl_reply r;

	vtl_reply_mem(&r, buf, size);
	vtl_put_t10_designator(&r, &tape_of_drive(drive)->dev);
	return vtl_reply_stored(&r);
}

static const char *drive_serial(const struct vtl_drive *drive)
{
	return tape_of_drive(drive)->dev.serial;
}

static bool drive_mounted(const struct vtl_drive *drive, struct media_pos *pos, struct media_counters *counters)
{
	const struct vtl_tape *t = tape_of_drive(drive);

	if (!t->media)
		return false;
	media_tell(t->media, pos);
	media_counters(t->media, counters);
	return true;
}

const struct vtl_drive_ops tape_drive_ops = {
	.state = drive_state,
	.activity = drive_activity,
	.removal_prevented = drive_removal_prevented,
	.expect = drive_expect,
	.load = drive_load,
	.eject = drive_eject,
	.memory = tape_drive_memory,
	.designator = drive_designator,
	.serial = drive_serial,
	.mounted = drive_mounted,
};
