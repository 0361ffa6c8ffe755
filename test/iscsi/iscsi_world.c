/* SPDX-License-Identifier: GPL-2.0-only */
/* The world of the tape drive's tests behind the packaged tgtd: in place of ssc_world.c and core, over iSCSI. */
#include "ssc_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "door.h"

/* Programs of test/scsi are linked with it. Tests that need more of a drive than its commands are skipped. */

#define MODEL "IBM-LTO8"	/* of drive 1 of test/lib/with-tgtd */

/* An initiator: what tests take for a nexus of core. */
struct initiator {
	struct vtl_nexus nexus;		/* first */
	struct door *door;
};

struct world {
	struct ssc_world ssc;		/* first */
	struct vtl_dev dev;
	struct initiator a, b;
	bool loaded;
};

static struct world *world;
static struct vtl_models *models;
static unsigned cartridges;

__attribute__((constructor)) static void within_tgtd(void)
{
	char program[4096];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (len <= 0)
		exit(1);
	program[len] = '\0';
	door_needs_tgtd(program);
}

__attribute__((format(printf, 1, 2)))
static int vtl(const char *fmt, ...)
{
	char arguments[512], command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(arguments, sizeof(arguments), fmt, ap);
	va_end(ap);
	snprintf(command, sizeof(command), "%s/vtl %s >/dev/null", door_env("BUILD"), arguments);
	return system(command);
}

/* ---- in place of core ---- */

void vtl_dev_submit(struct vtl_dev *dev, struct vtl_cmd *cmd)
{
	if (world->ssc.sim.hold_jobs)
		skip();		/* jobs run when the daemon will, not when a test wants */
	door_run(((struct initiator *)cmd->nexus)->door, cmd);
	cmd->complete(cmd);
}

void sim_drain_attentions(struct vtl_nexus *nexus)
{
	door_drain(((struct initiator *)nexus)->door);
}

bool sim_run_job(struct sim *sim)
{
	return false;
}

unsigned sim_run_jobs(struct sim *sim)
{
	return 0;
}

/* ---- the world ---- */

static void arrive(struct initiator *initiator, const char *name)
{
	initiator->nexus.dev = &world->dev;
	initiator->door = door_open(door_env("VTL_TEST_DRIVE1"), name);
}

static void close_world(void)
{
	door_close(world->a.door);
	door_close(world->b.door);
	if (world->loaded)
		vtl("unload test 1");
	free(world);
	world = NULL;
	io_free_all();
}

/* A drive as after power on: modes are their defaults, and what was pending is taken. */
struct ssc_world *ssc_open(const struct vtl_drive_model *model, enum media_codec codec)
{
	assert_non_null(model);
	world = calloc(1, sizeof(*world));
	assert_non_null(world);
	world->ssc.models = models;
	world->ssc.model = model;
	world->ssc.medium = vtl_models_medium(models, "LTO-8");
	arrive(&world->a, "a");
	arrive(&world->b, "b");
	world->ssc.a = &world->a.nexus;
	world->ssc.b = &world->b.nexus;
	door_reset(world->a.door);
	door_drain(world->a.door);
	door_drain(world->b.door);
	return &world->ssc;
}

int ssc_close(void **state)
{
	if (world)
		close_world();
	vtl_models_free(models);
	models = NULL;
	return 0;
}

const struct vtl_drive_model *ssc_some_model(void)
{
	struct why why = { "" };

	if (!models)
		models = vtl_models_load(NULL, &why);
	if (!models)
		fail_msg("%s", why.text);
	return vtl_models_drive(models, MODEL);
}

const struct vtl_drive_model *ssc_model(void)
{
	return ssc_some_model();
}

void ssc_one_drive(const struct vtl_drive_model *model, void (*test)(struct ssc_world *w))
{
	if (model != ssc_some_model())
		skip();
	test(ssc_open(model, MEDIA_CODEC_ZLIB));
	close_world();
}

void ssc_each_drive(void (*test)(struct ssc_world *w), bool loaded)
{
	struct ssc_world *w = ssc_open(ssc_some_model(), MEDIA_CODEC_ZLIB);

	if (loaded)
		ssc_insert(w, &(struct ssc_cartridge){ 0 });
	test(w);
	close_world();
}

/* ---- the robot ---- */

static void load(const char *barcode)
{
	assert_int_equal(vtl("load test 1 %s", barcode), 0);
	world->loaded = true;
	door_drain(world->a.door);
	door_drain(world->b.door);
}

void ssc_insert(struct ssc_world *w, const struct ssc_cartridge *c)
{
	static const char *const suffix[MEDIA_KIND_COUNT] = { [MEDIA_DATA] = "L8", [MEDIA_WORM_DATA] = "LY" };
	const char *form = c->form ? c->form : w->medium->name;
	uint64_t capacity = c->capacity ? c->capacity : TEST_CAPACITY;
	char barcode[16];

	if (c->write_protected || c->partitions > 1 || c->early_warning || !suffix[c->kind] || strcmp(form, "LTO-8"))
		skip();
	snprintf(barcode, sizeof(barcode), "W%05u%s", ++cartridges, suffix[c->kind]);
	assert_int_equal(vtl("media create test %s:1:%s --capacity %llu", form, barcode,
			     (unsigned long long)capacity), 0);
	load(barcode);
}

void ssc_eject(struct ssc_world *w)
{
	assert_int_equal(vtl("unload test 1"), 0);
	world->loaded = false;
}

void ssc_reinsert(struct ssc_world *w)
{
	char barcode[16];

	snprintf(barcode, sizeof(barcode), "W%05uL8", cartridges);
	ssc_eject(w);
	load(barcode);
}

struct media_store *ssc_cartridge(struct ssc_world *w, const struct ssc_cartridge *cartridge)
{
	skip();
	return NULL;
}

void ssc_insert_store(struct ssc_world *w, struct media_store *store)
{
	skip();
}
