/* SPDX-License-Identifier: GPL-2.0-only */
/* The world of the changer's tests: libraries of every model, and commands by name. */
#include "smc_world.h"

#include <stdlib.h>
#include <string.h>

#define ROOM	(1u << 16)

static struct smc_world *open_world;
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

static void power_on(struct smc_world *w)
{
	const struct vtl_changer_config config = {
		.model = &w->model,
		.serial = "559000000001",
		.inventory = &w->fake.inventory,
		.state = w->keeps ? &w->kept.port : NULL,
	};

	w->dev = vtl_changer_new(&w->sim.env, &config);
	assert_non_null(w->dev);
	w->a = sim_initiator(w->dev, 1);
	w->b = sim_initiator(w->dev, 2);
}

static void power_off(struct smc_world *w)
{
	vtl_nexus_lost(w->a);
	vtl_nexus_lost(w->b);
	vtl_state_flush(w->dev);
	vtl_changer_free(w->dev);
}

void smc_power_cycle(struct smc_world *w)
{
	power_off(w);
	w->keeps = true;
	power_on(w);
}

struct smc_world *smc_open(const struct vtl_library_model *model, unsigned drives, unsigned slots,
			   unsigned import_exports)
{
	struct smc_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	open_world = w;
	w->model = *model;
	sim_init(&w->sim);
	fake_state_init(&w->kept);
	fake_inventory_init(&w->fake, model, drives, slots, import_exports);
	power_on(w);
	return w;
}

static void close_world(void)
{
	struct smc_world *w = open_world;

	if (w->fake.held)
		fake_inventory_finish(&w->fake);
	power_off(w);
	fake_inventory_free(&w->fake);
	free(w);
	open_world = NULL;
	io_free_all();
}

void smc_end(struct smc_world *w)
{
	assert_ptr_equal(w, open_world);
	close_world();
}

int smc_close(void **state)
{
	if (open_world) {
		print_message("# the library was a %s\n", open_world->model.name);
		close_world();
	}
	vtl_models_free(models);
	models = NULL;
	return 0;
}

bool smc_has(const struct smc_world *w, uint8_t opcode)
{
	return vtl_op_get(w->dev, opcode, VTL_NO_SA) || vtl_op_has_sa(w->dev, opcode);
}

static unsigned at_most(unsigned n, unsigned max)
{
	return n < max ? n : max;
}

/* Whether one that comes before has the same of all that the changer acts on. */
static bool like_one_before(const struct vtl_library_model *model)
{
	const struct vtl_library_model *before;

	for (unsigned n = 0; (before = vtl_models_library_at(all_models(), n)) && before != model; n++)
		if (!strcmp(before->family, model->family) && before->dvcid == model->dvcid &&
		    before->dvcid_len == model->dvcid_len && before->storage.start == model->storage.start &&
		    before->mode.count == model->mode.count &&
		    before->commands.unsupported_count == model->commands.unsupported_count &&
		    before->vpd.count == model->vpd.count && before->inquiry.version == model->inquiry.version)
			return true;
	return false;
}

void smc_each_library(void (*test)(struct smc_world *w))
{
	const struct vtl_library_model *model;
	unsigned n = 0;

	while ((model = vtl_models_library_at(all_models(), n++))) {
		if (like_one_before(model))
			continue;
		test(smc_open(model, at_most(2, model->drive.max), at_most(6, model->storage.max),
			      at_most(2, model->import_export.max)));
		close_world();
	}
	assert_true(n > 1);
}

const struct vtl_library_model *smc_some_model(void)
{
	const struct vtl_library_model *model = vtl_models_library_at(all_models(), 0);

	assert_non_null(model);
	return model;
}

uint16_t smc_address(const struct smc_world *w, enum vtl_element_type type, unsigned n)
{
	return fake_address(&w->fake, type, n);
}

struct io *smc_ask_len(struct vtl_nexus *nexus, enum vtl_element_type type, uint16_t start, uint16_t count,
		       unsigned flags, uint32_t len)
{
	uint8_t cdb[12] = { 0xb8, (uint8_t)type };

	if (flags & ASK_TAGS)
		cdb[1] |= 0x10;
	put_be16(cdb + 2, start);
	put_be16(cdb + 4, count);
	cdb[6] = (flags & ASK_IDENTIFIERS ? 1 : 0) | (flags & ASK_CURDATA ? 2 : 0);
	put_be24(cdb + 7, len);
	return io_in(nexus, len, cdb, sizeof(cdb));
}

struct io *smc_ask(struct vtl_nexus *nexus, enum vtl_element_type type, uint16_t start, uint16_t count, unsigned flags)
{
	return expect_good(smc_ask_len(nexus, type, start, count, flags, ROOM));
}

const uint8_t *smc_descriptor(const struct io *answer, uint16_t address, unsigned *len, uint8_t *type)
{
	unsigned at = 8;

	while (at < answer->cmd.in_used) {
		unsigned bytes = (unsigned)io_uint(answer, at + 5, 3), end = at + 8 + bytes;

		*type = answer->in[at];
		*len = (unsigned)io_uint(answer, at + 2, 2);
		for (at += 8; at < end; at += *len)
			if (io_uint(answer, at, 2) == address && at + *len <= answer->cmd.in_used)
				return answer->in + at;
	}
	return NULL;
}

struct io *smc_move_cartridge(struct vtl_nexus *nexus, uint16_t source, uint16_t destination)
{
	uint8_t cdb[12] = { 0xa5 };

	put_be16(cdb + 4, source);
	put_be16(cdb + 6, destination);
	return io(nexus, cdb, sizeof(cdb));
}

unsigned smc_elements(const struct smc_world *w, struct vtl_element element[SMC_MAX_ELEMENTS])
{
	const struct vtl_inventory *inv = &w->fake.inventory;
	unsigned n = 0, at;

	for (int type = VTL_TRANSPORT; type <= VTL_DRIVE; type++)
		for (unsigned i = 0; i < w->fake.type[type].count; i++) {
			struct vtl_element next;

			assert_true(inv->ops->get(inv, smc_address(w, (enum vtl_element_type)type, i), &next));
			assert_true(n < SMC_MAX_ELEMENTS);
			for (at = n++; at > 0 && element[at - 1].address > next.address; at--)
				element[at] = element[at - 1];
			element[at] = next;
		}
	return n;
}

unsigned smc_cartridges(const struct smc_world *w)
{
	struct vtl_element element[SMC_MAX_ELEMENTS];
	unsigned n = smc_elements(w, element), full = 0;

	for (unsigned i = 0; i < n; i++)
		full += element[i].full;
	return full;
}

void smc_aim(const struct smc_world *w, uint8_t *cdb, const uint8_t chance[SMC_AIM_CHANCE])
{
	struct vtl_element element[SMC_MAX_ELEMENTS];
	bool moves = cdb[0] == 0xa5 || cdb[0] == 0xa6;	/* begin with a transport element, which may be 0 */
	unsigned n = smc_elements(w, element);

	memset(cdb + 8, 0, 8);
	for (unsigned at = 2; at < (cdb[0] == 0xa6 ? 10 : 8); at += 2) {
		uint8_t c = chance[at / 2 - 1];

		if (c < 192)
			put_be16(cdb + at, c < (moves && at == 2 ? 160 : 16) ? 0 : element[c % n].address);
	}
	switch (cdb[0]) {
	case 0x8c:		/* no ELEMENT TYPE CODE, ALLOCATION LENGTH or PARAMETER LIST LENGTH */
	case 0x8d:
		cdb[4] = cdb[5] = cdb[6] = cdb[7] = 0;
		cdb[13] = chance[5];
		break;
	case 0xb6:		/* PARAMETER LIST LENGTH */
		cdb[9] = chance[4] < 224 ? 40 : chance[5];
		break;
	case 0xb5:		/* NUMBER OF ELEMENTS, ALLOCATION LENGTH */
	case 0xb8:
		put_be16(cdb + 4, chance[4] < 64 ? 0xffff : chance[4] % 16);
		put_be16(cdb + 8, (uint16_t)(chance[5] < 128 ? 0xffff : chance[6] * 4));
		break;
	}
}
