/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices to be fuzzed: a drive with its robot, a changer with its inventory, three initiators, a store for state. */
#include <stdlib.h>
#include <string.h>

#include "fake_dev.h"
#include "fuzz.h"
#include "smc_world.h"
#include "ssc_world.h"

struct fuzz_world {
	struct ssc_world *drive;	/* one of the two */
	struct smc_world *changer;
	struct vtl_dev *dev;
	struct sim *sim;
	struct vtl_nexus *nexus[FUZZ_NEXUSES];
	struct fake_state kept;
};

static const struct vtl_models *all_models(void)
{
	static struct vtl_models *models;
	struct why why = { "" };

	if (!models)
		models = vtl_models_load(NULL, &why);
	if (!models)
		fail_msg("%s", why.text);
	return models;
}

const char *fuzz_model(unsigned n)
{
	unsigned drives = 0;

	while (vtl_models_drive_at(all_models(), drives))
		drives++;
	if (n < drives)
		return vtl_models_drive_at(all_models(), n)->name;
	return vtl_models_library_at(all_models(), n - drives) ? vtl_models_library_at(all_models(), n - drives)->name :
								NULL;
}

static unsigned at_most(unsigned n, unsigned max)
{
	return n < max ? n : max;
}

struct fuzz_world *fuzz_open(const char *model)
{
	const struct vtl_drive_model *drive = vtl_models_drive(all_models(), model);
	const struct vtl_library_model *library = vtl_models_library(all_models(), model);
	struct fuzz_world *w = calloc(1, sizeof(*w));
	unsigned i;

	assert_non_null(w);
	if (drive) {
		w->drive = ssc_open(drive, MEDIA_CODEC_ZLIB);
		ssc_insert(w->drive, &(struct ssc_cartridge){ 0 });
		w->dev = w->drive->dev;
		w->sim = &w->drive->sim;
	} else {
		assert_non_null(library);
		w->changer = smc_open(library, at_most(2, library->drive.max), at_most(6, library->storage.max),
				      at_most(2, library->import_export.max));
		fake_put(&w->changer->fake, smc_address(w->changer, VTL_STORAGE, 0), "VTL001L8");
		fake_put(&w->changer->fake, smc_address(w->changer, VTL_DRIVE, 0), "VTL002L8");
		w->dev = w->changer->dev;
		w->sim = &w->changer->sim;
	}
	fake_state_init(&w->kept);
	vtl_dev_power_on(w->dev, &w->kept.port);
	for (i = 0; i < FUZZ_NEXUSES; i++)
		w->nexus[i] = sim_nexus(w->dev, 3 + i);
	return w;
}

void fuzz_close(struct fuzz_world *w)
{
	unsigned i;

	for (i = 0; i < FUZZ_NEXUSES; i++)
		vtl_nexus_lost(w->nexus[i]);
	if (w->drive)
		ssc_end(w->drive);
	else
		smc_end(w->changer);
	free(w);
}

/* ---- steps ---- */

/* A robot's hand: takes the cartridge out, or puts one of some kind in. */
static void move_cartridge(struct ssc_world *w, unsigned what)
{
	struct ssc_cartridge cartridge = { .partitions = 1 + what % at_most(2, w->model->max_partitions ?: 1) };

	while (!vtl_dev_idle(w->dev)) {
		if (!sim_run_jobs(&w->sim))
			sim_advance(&w->sim, 1000);
	}
	if (w->drive->ops->state(w->drive) != VTL_DRIVE_EMPTY) {
		ssc_eject(w);
		return;
	}
	cartridge.write_protected = what % 16 == 3;
	if (what % 16 == 5 && vtl_drive_access(w->model, w->medium->name, MEDIA_WORM_DATA) == VTL_ACCESS_WRITE)
		cartridge.kind = MEDIA_WORM_DATA;
	ssc_insert(w, &cartridge);
}

/* An operator's hand: cartridges come and go, and elements get out of reach and back. */
static void change_element(struct smc_world *w, unsigned what)
{
	static const enum vtl_hindrance hindrances[] = { VTL_REACHABLE, VTL_STATION_OPEN, VTL_MAGAZINE_OUT,
							 VTL_ELEMENT_DISABLED, VTL_DRIVE_OUT };
	struct vtl_element element[SMC_MAX_ELEMENTS];
	uint16_t address = element[what % smc_elements(w, element)].address;
	struct fake_element *e = fake_element(&w->fake, address);
	char barcode[16];

	if (what % 3) {
		e->hindrance = hindrances[what / 3 % 5];
		vtl_changer_event(w->dev, what & 1 ? VTL_EVENT_MAGAZINE_OUT : VTL_EVENT_DISABLED, NULL);
	} else if (e->full) {
		memset(e, 0, sizeof(*e));
		e->source = VTL_NO_ADDRESS;
		vtl_changer_event(w->dev, VTL_EVENT_INVENTORY, NULL);
	} else {
		snprintf(barcode, sizeof(barcode), "VTL%03uL8", what);
		fake_put(&w->fake, address, what % 5 ? barcode : "");
		vtl_changer_event(w->dev, VTL_EVENT_IMPORT_EXPORT, NULL);
	}
}

/* A command loses no cartridge, and makes none. */
static void do_command(struct fuzz_world *w, struct vtl_nexus *nexus, const struct fuzz_step *step)
{
	unsigned before = w->changer ? smc_cartridges(w->changer) : 0;

	chance_do(w->sim, nexus, &step->command, step->kind == FUZZ_ABORT);
	if (w->changer)
		assert_int_equal(smc_cartridges(w->changer), before);
}

void fuzz_do(struct fuzz_world *w, const struct fuzz_step *step)
{
	static const enum vtl_reset resets[] = { VTL_RESET_LOGICAL_UNIT, VTL_RESET_BUS, VTL_RESET_POWER_ON };
	unsigned n = step->arg % FUZZ_NEXUSES;

	switch (step->kind) {
	case FUZZ_COMMAND:
	case FUZZ_ABORT:
		do_command(w, w->nexus[n], step);
		break;
	case FUZZ_LOST:
		vtl_nexus_lost(w->nexus[n]);
		w->nexus[n] = sim_nexus(w->dev, 3 + n);
		break;
	case FUZZ_RESET:
		vtl_dev_reset(w->dev, resets[step->arg % 3]);
		break;
	case FUZZ_ROBOT:
		if (w->drive)
			move_cartridge(w->drive, step->arg);
		else
			change_element(w->changer, step->arg);
		break;
	case FUZZ_TIME:
		w->kept.fail = step->arg & 1;
		sim_advance(w->sim, step->arg * 1000u);
		break;
	}
	w->sim->log_len = 0;
}

/* Of the changer's own commands most name elements; a tag is made of what tags and templates are made of. */
static void aim(struct chance *c, struct smc_world *w, struct chance_step *command)
{
	static const char tag[] = "VTL001L8*? -";
	uint8_t chance[SMC_AIM_CHANCE];
	unsigned i;

	for (i = 0; i < sizeof(chance); i++)
		chance[i] = (uint8_t)chance_below(c, 256);
	smc_aim(w, command->cdb, chance);
	if (command->cdb[0] != 0xb6 || !command->cdb[9])
		return;
	command->out_len = command->cdb[9];
	memset(command->out, 0, command->out_len);
	for (i = 0; i < chance[6] % 12u && i < command->out_len; i++)
		command->out[i] = (uint8_t)tag[chance_below(c, 3) ? i : chance_below(c, sizeof(tag))];
	if (command->out_len >= 40 && chance[7] & 1)
		put_be16(command->out + 38, 0xffff);	/* maximum sequence number */
}

static bool of_changers(uint8_t opcode)
{
	static const uint8_t codes[] = { 0x1b, 0x2b, 0x37, 0xa5, 0xa6, 0xb5, 0xb6, 0xb8, 0xe7 };

	return memchr(codes, opcode, sizeof(codes));
}

void fuzz_draw(struct chance *c, struct fuzz_world *w, struct fuzz_step *step)
{
	static const enum fuzz_kind rare[] = { FUZZ_LOST, FUZZ_RESET, FUZZ_ROBOT, FUZZ_TIME };

	memset(step, 0, sizeof(*step));
	step->arg = chance_below(c, 256);
	step->kind = chance_below(c, 32) ? FUZZ_COMMAND : chance_below(c, 4) ? FUZZ_ABORT : rare[chance_below(c, 4)];
	if (step->kind == FUZZ_COMMAND || step->kind == FUZZ_ABORT)
		chance_draw(c, w->nexus[step->arg % FUZZ_NEXUSES], &step->command);
	if (w->changer && of_changers(step->command.cdb[0]) && chance_below(c, 8))
		aim(c, w->changer, &step->command);
}
