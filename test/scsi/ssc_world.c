/* SPDX-License-Identifier: GPL-2.0-only */
/* The world of the tape drive's tests: drives of every model, cartridges in memory, and commands by name. */
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

struct ssc_world *ssc_open(const struct vtl_drive_model *model, enum media_codec codec)
{
	struct ssc_world *w = calloc(1, sizeof(*w));
	struct vtl_tape_config config = { .model = model, .serial = "10WT000001", .codec = codec };

	assert_non_null(w);
	open_world = w;
	sim_init(&w->sim);
	w->models = config.models = all_models();
	w->model = model;
	w->medium = first_writable(model);
	w->dev = vtl_tape_new(&w->sim.env, &config);
	assert_non_null(w->dev);
	w->drive = vtl_tape_drive(w->dev);
	w->a = sim_initiator(w->dev, 1);
	w->b = sim_initiator(w->dev, 2);
	return w;
}

static void close_world(void)
{
	struct ssc_world *w = open_world;

	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	if (w->drive->ops->state(w->drive) != VTL_DRIVE_EMPTY)
		ssc_eject(w);
	vtl_nexus_lost(w->a);
	vtl_nexus_lost(w->b);
	assert_true(vtl_dev_idle(w->dev));
	vtl_tape_free(w->dev);
	free(w);
	open_world = NULL;
	io_free_all();
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

void ssc_each_drive(void (*test)(struct ssc_world *w), bool loaded)
{
	const struct vtl_drive_model *model;
	unsigned n = 0;

	while ((model = vtl_models_drive_at(all_models(), n++))) {
		struct ssc_world *w = ssc_open(model, MEDIA_CODEC_ZLIB);

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
	if (!w->sim.hold_jobs)
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

/* ---- commands ---- */

void ssc_fill(uint8_t *buf, uint32_t len, unsigned fill)
{
	uint64_t x = fill * 0x9e3779b97f4a7c15u + 1;

	if (fill < NOT_COMPRESSIBLE) {
		memset(buf, (int)fill, len);
		return;
	}
	for (uint32_t i = 0; i < len; i += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(buf + i, &x, len - i < 8 ? len - i : 8);
	}
}

static struct io *write_blocks(struct vtl_nexus *nexus, bool fixed, uint32_t count, uint32_t len, unsigned fill)
{
	uint8_t cdb[6] = { 0x0a, fixed };
	uint8_t *buf = malloc((size_t)count * len + 1);
	struct io *io;

	assert_non_null(buf);
	for (uint32_t i = 0; i < count; i++)
		ssc_fill(buf + (size_t)i * len, len, fill + i);
	put_be24(cdb + 2, fixed ? count : len);
	io = io_out(nexus, buf, count * len, cdb, sizeof(cdb));
	free(buf);
	return io;
}

struct io *ssc_write(struct vtl_nexus *nexus, uint32_t len, unsigned fill)
{
	return write_blocks(nexus, false, 1, len, fill);
}

struct io *ssc_write_fixed(struct vtl_nexus *nexus, uint32_t count, uint32_t len, unsigned fill)
{
	return write_blocks(nexus, true, count, len, fill);
}

struct io *ssc_read(struct vtl_nexus *nexus, unsigned flags, uint32_t length, uint32_t in_len)
{
	uint8_t cdb[6] = { 0x08, (uint8_t)flags };

	put_be24(cdb + 2, length);
	return io_in(nexus, in_len, cdb, sizeof(cdb));
}

void ssc_expect_block(struct vtl_nexus *nexus, uint32_t len, unsigned fill)
{
	uint8_t *buf = malloc(len);

	assert_non_null(buf);
	ssc_fill(buf, len, fill);
	expect_data(expect_good(ssc_read(nexus, 0, len, len)), buf, len);
	free(buf);
}

struct io *ssc_filemarks(struct vtl_nexus *nexus, uint32_t count)
{
	uint8_t cdb[6] = { 0x10 };

	put_be24(cdb + 2, count);
	return io(nexus, cdb, sizeof(cdb));
}

struct io *ssc_rewind(struct vtl_nexus *nexus)
{
	return io(nexus, CDB(0x01, 0, 0, 0, 0, 0));
}

struct io *ssc_space(struct vtl_nexus *nexus, unsigned code, int32_t count)
{
	uint8_t cdb[6] = { 0x11, (uint8_t)code };

	put_be24(cdb + 2, (uint32_t)count & 0xffffff);
	return io(nexus, cdb, sizeof(cdb));
}

struct io *ssc_space_16(struct vtl_nexus *nexus, unsigned code, int64_t count)
{
	uint8_t cdb[16] = { 0x91, (uint8_t)code };

	put_be64(cdb + 4, (uint64_t)count);
	return io(nexus, cdb, sizeof(cdb));
}

struct io *ssc_locate(struct vtl_nexus *nexus, unsigned type, uint64_t id)
{
	uint8_t cdb[16] = { 0x92, (uint8_t)(type << 3) };

	put_be64(cdb + 4, id);
	return io(nexus, cdb, sizeof(cdb));
}

struct io *ssc_locate_partition(struct vtl_nexus *nexus, unsigned partition, uint64_t object)
{
	uint8_t cdb[16] = { 0x92, 0x02, 0, (uint8_t)partition };

	put_be64(cdb + 4, object);
	return io(nexus, cdb, sizeof(cdb));
}

struct io *ssc_position(struct vtl_nexus *nexus)
{
	return expect_good(io_in(nexus, 32, CDB(0x34, 0x06, 0, 0, 0, 0, 0, 0, 0, 0)));
}

uint64_t ssc_object(struct vtl_nexus *nexus)
{
	return io_uint(ssc_position(nexus), 8, 8);
}

struct io *ssc_select_block(struct vtl_nexus *nexus, uint32_t block_length, unsigned buffered)
{
	uint8_t list[12] = { 0, 0, (uint8_t)(buffered << 4), 8 };

	put_be24(list + 9, block_length);
	return io_out(nexus, list, sizeof(list), CDB(0x15, 0x10, 0, 0, 12, 0));
}

void ssc_set_block(struct vtl_nexus *nexus, uint32_t block_length)
{
	expect_good(ssc_select_block(nexus, block_length, 1));
}

struct io *ssc_ready(struct vtl_nexus *nexus)
{
	return io(nexus, CDB(0x00, 0, 0, 0, 0, 0));
}

struct io *ssc_mode(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage)
{
	return io_in(nexus, 4096, CDB(0x5a, 0, page, subpage, 0, 0, 0, 0x10, 0, 0));
}

bool ssc_has_mode(struct ssc_world *w, uint8_t page, uint8_t subpage)
{
	return ssc_mode(w->a, page, subpage)->cmd.status == SAM_GOOD;
}

struct io *ssc_mode_set(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage, unsigned at, uint8_t value)
{
	const struct io *now = expect_good(ssc_mode(nexus, page, subpage));
	uint8_t list[256], cdb[10] = { 0x55, 0x10 };
	uint32_t len = now->cmd.in_used;

	assert_true(len <= sizeof(list) && 16 + at < len);
	memcpy(list, now->in, len);
	list[0] = list[1] = 0;
	list[16] &= 0x7f;	/* PS */
	list[16 + at] = value;
	put_be16(cdb + 7, (uint16_t)len);
	return io_out(nexus, list, len, cdb, sizeof(cdb));
}

struct io *ssc_log(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage)
{
	return io_in(nexus, 4096, CDB(0x4d, 0, (uint8_t)(0x40 | page), subpage, 0, 0, 0, 0x10, 0, 0));
}

unsigned ssc_log_param(const struct io *page, uint16_t code, unsigned *len)
{
	unsigned at = 4;

	while (at + 4 <= page->cmd.in_used) {
		*len = page->in[at + 3];
		if (io_uint(page, at, 2) == code)
			return at + 4;
		at += 4 + *len;
	}
	fail_msg("no parameter %04x in log page %02x", code, page->in[0]);
	return 0;
}

uint64_t ssc_log_value(const struct io *page, uint16_t code)
{
	unsigned len, at = ssc_log_param(page, code, &len);

	return io_uint(page, at, len);
}

struct io *ssc_attribute(struct vtl_nexus *nexus, unsigned partition, uint16_t id)
{
	uint8_t cdb[16] = { 0x8c, [7] = (uint8_t)partition };

	put_be16(cdb + 8, id);
	put_be32(cdb + 10, 4096);
	return io_in(nexus, 4096, cdb, sizeof(cdb));
}

unsigned ssc_write_to_early_warning(struct ssc_world *w, uint32_t len)
{
	unsigned n = 0;

	for (;;) {
		struct io *io = ssc_write(w->a, len, NOT_COMPRESSIBLE + n);

		n++;
		if (io->cmd.status == SAM_GOOD) {
			assert_true((uint64_t)n * len <= TEST_CAPACITY);
			continue;
		}
		expect_sense(io, 0x0, 0x00, 0x02);
		return n;
	}
}
