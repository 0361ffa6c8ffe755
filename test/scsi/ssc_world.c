/* SPDX-License-Identifier: GPL-2.0-only */
/* The world of the tape drive's tests: drives of every model, and cartridges in memory. */
#include "ssc_world.h"

#include <stdlib.h>
#include <string.h>

static struct ssc_world *open_world;
static struct vtl_models *models;

static const struct vtl_models *all_models(void)
{
	struct why why = { "" };

	if (!models)
		models = vtl_models_load(NULL, &why);
	if (!models)
		fail_msg("%s", why.text);
	return models;
}

static const struct vtl_medium_model *first_writable(const struct vtl_drive_model *model)
{
	for (unsigned i = 0; i < model->media_count; i++)
		if (model->media[i].access == VTL_ACCESS_WRITE)
			return model->media[i].medium;
	fail_msg("%s writes no medium", model->name);
	return NULL;
}

static void open_device(struct ssc_world *w, struct vtl_state *state)
{
	struct vtl_tape_config config = {
		.model = w->model, .models = w->models, .serial = "10WT000001", .codec = w->codec, .state = state,
		.time_ms = w->time_ms,
	};

	w->dev = vtl_tape_new(&w->sim.env, &config);
	assert_non_null(w->dev);
	w->drive = vtl_tape_drive(w->dev);
	w->a = sim_initiator(w->dev, 1);
	w->b = sim_initiator(w->dev, 2);
}

static struct ssc_world *open_as(const struct vtl_drive_model *model, enum media_codec codec, const unsigned *time_ms)
{
	struct ssc_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	open_world = w;
	sim_init(&w->sim);
	w->models = all_models();
	w->model = model;
	w->medium = first_writable(model);
	w->codec = codec;
	w->time_ms = time_ms;
	open_device(w, NULL);
	return w;
}

const struct vtl_drive_model *ssc_model(void)
{
	assert_non_null(open_world);
	return open_world->model;
}

struct ssc_world *ssc_open(const struct vtl_drive_model *model, enum media_codec codec)
{
	return open_as(model, codec, NULL);
}

struct ssc_world *ssc_open_timed(const struct vtl_drive_model *model, const unsigned time_ms[VTL_TIMES])
{
	struct ssc_world *w = open_as(model, MEDIA_CODEC_NONE, time_ms);

	w->timed = true;
	return w;
}

/* More than anything takes. */
#define A_DAY	86400000u

static void close_device(struct ssc_world *w)
{
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	if (w->drive->ops->state(w->drive) != VTL_DRIVE_EMPTY)
		ssc_eject(w);
	sim_advance(&w->sim, A_DAY);
	vtl_nexus_lost(w->a);
	vtl_nexus_lost(w->b);
	assert_true(vtl_dev_idle(w->dev));
	vtl_tape_free(w->dev);
}

void ssc_power_cycle(struct ssc_world *w, struct vtl_state *state)
{
	close_device(w);
	open_device(w, state);
}

static void close_world(void)
{
	struct ssc_world *w = open_world;

	close_device(w);
	free(w);
	open_world = NULL;
	io_free_all();
}

void ssc_end(struct ssc_world *w)
{
	assert_ptr_equal(w, open_world);
	close_world();
}

int ssc_close(void **state)
{
	if (open_world) {
		print_message("# the drive was a %s\n%s", open_world->model->name, open_world->sim.log);
		close_world();
	}
	vtl_models_free(models);
	models = NULL;
	return 0;
}

/* Whether one that comes before has the same of all that the drive acts on, but for the media that it takes. */
static bool like_one_before(const struct vtl_drive_model *model)
{
	const struct vtl_drive_model *b;

	for (unsigned n = 0; (b = vtl_models_drive_at(all_models(), n)) && b != model; n++)
		if (!strcmp(b->family, model->family) && b->worm == model->worm && b->encryption == model->encryption &&
		    b->external_encryption == model->external_encryption && b->lbp_rscrc == model->lbp_rscrc &&
		    b->lbp_crc32c == model->lbp_crc32c && b->append_only == model->append_only &&
		    b->max_partitions == model->max_partitions && b->block_max == model->block_max &&
		    b->inquiry.version == model->inquiry.version)
			return true;
	return false;
}

void ssc_each_drive(void (*test)(struct ssc_world *w), bool loaded)
{
	const struct vtl_drive_model *model;
	unsigned n = 0;

	while ((model = vtl_models_drive_at(all_models(), n++))) {
		struct ssc_world *w;

		if (like_one_before(model))
			continue;
		w = ssc_open(model, MEDIA_CODEC_ZLIB);
		if (loaded)
			ssc_insert(w, &(struct ssc_cartridge){ 0 });
		test(w);
		close_world();
	}
	assert_true(n > 1);
}

const struct vtl_drive_model *ssc_some_model(void)
{
	return vtl_models_drive(all_models(), "IBM-LTO8");
}

void ssc_one_drive(const struct vtl_drive_model *model, void (*test)(struct ssc_world *w))
{
	test(ssc_open(model, MEDIA_CODEC_ZLIB));
	close_world();
}

/* ---- the robot ---- */

struct media_store *ssc_cartridge(struct ssc_world *w, const struct ssc_cartridge *c)
{
	const char *form = c->form ? c->form : w->medium->name;
	const struct vtl_medium_model *medium = vtl_models_medium(w->models, form);
	struct media_info info = { .barcode = "TST001", .kind = c->kind, .write_protected = c->write_protected };
	struct media_store *store;
	struct why why = { "" };

	assert_non_null(medium);
	snprintf(info.form, sizeof(info.form), "%s", form);
	info.density = medium->density;
	info.created = 1767225600;
	if (c->kind != MEDIA_CLEANING)
		info.geometry.partitions = c->partitions ? c->partitions : 1;
	for (unsigned i = 0; i < info.geometry.partitions; i++) {
		info.geometry.part[i].capacity = c->capacity ? c->capacity : TEST_CAPACITY;
		info.geometry.part[i].early_warning = c->early_warning ? c->early_warning : TEST_EARLY_WARNING;
	}
	assert_int_equal(media_store_memory(&store), 0);
	if (media_create(store, &info, &why))
		fail_msg("%s", why.text);
	return store;
}

static struct {
	struct vtl_drive_req req;
	struct ssc_world *w;
} robot;

static void robot_done(struct vtl_drive_req *req)
{
	robot.w->done = true;
	robot.w->err = req->err;
}

void ssc_insert_store(struct ssc_world *w, struct media_store *store)
{
	w->store = store;
	w->done = false;
	robot.w = w;
	memset(&robot.req, 0, sizeof(robot.req));
	robot.req.done = robot_done;
	w->drive->ops->load(w->drive, store, store ? NULL : "test: no such cartridge", &robot.req);
	if (!w->sim.hold_jobs)
		assert_true(w->done);
}

void ssc_insert(struct ssc_world *w, const struct ssc_cartridge *c)
{
	ssc_insert_store(w, ssc_cartridge(w, c));
	sim_drain_attentions(w->a);
	sim_drain_attentions(w->b);
}

void ssc_eject(struct ssc_world *w)
{
	w->done = false;
	w->store = NULL;
	robot.w = w;
	memset(&robot.req, 0, sizeof(robot.req));
	robot.req.done = robot_done;
	w->drive->ops->eject(w->drive, &robot.req);
	if (!w->sim.hold_jobs && !w->timed)
		assert_true(w->done);
}

void ssc_reinsert(struct ssc_world *w)
{
	struct media_store *copy;

	expect_good(io(w->a, CDB(0x1b, 0, 0, 0, 0, 0)));
	assert_int_equal(media_store_memory_clone(w->store, &copy), 0);
	ssc_eject(w);
	ssc_insert_store(w, copy);
	sim_drain_attentions(w->a);
	sim_drain_attentions(w->b);
}
