/* SPDX-License-Identifier: GPL-2.0-only */
/* A changer on an inventory in memory, with two initiators, for each library model that there is. */
#ifndef TEST_SMC_WORLD_H
#define TEST_SMC_WORLD_H

#include "scsi_env.h"

#include "changer.h"
#include "fake_dev.h"
#include "fake_inventory.h"

struct smc_world {
	struct sim sim;
	struct fake_inventory fake;
	struct vtl_library_model model;
	struct vtl_dev *dev;
	struct vtl_nexus *a, *b;	/* no unit attention pending */
	struct fake_state kept;		/* used from smc_power_cycle() on */
	bool keeps;
};

#define SMC_MAX_ELEMENTS	16

/* The elements of a small library in the order of addresses; returns how many. */
unsigned smc_elements(const struct smc_world *w, struct vtl_element element[SMC_MAX_ELEMENTS]);

/* Whether this model has a command. */
bool smc_has(const struct smc_world *w, uint8_t opcode);

/* How many of them are full. */
unsigned smc_cartridges(const struct smc_world *w);

/*
 * Makes a CDB of chance name elements that there are, mostly, where commands of changers have addresses, and little
 * else; of SEND VOLUME TAG, the length that a list has.
 */
#define SMC_AIM_CHANCE	8
void smc_aim(const struct smc_world *w, uint8_t *cdb, const uint8_t chance[SMC_AIM_CHANCE]);

/* A library of a model with so many elements, and no cartridge. */
struct smc_world *smc_open(const struct vtl_library_model *model, unsigned drives, unsigned slots,
			   unsigned import_exports);
/* The changer ends, and is made anew with what it kept; its inventory stays. Nexuses are new ones. */
void smc_power_cycle(struct smc_world *w);
/* Ends what smc_open() began. */
void smc_end(struct smc_world *w);
/* In every test's teardown: closes what a test, perhaps a failed one, left, and says of which model it was. */
int smc_close(void **state);

/* Calls back for each kind of library model: 2 drives, 6 slots, 2 import/export elements (fewer if it takes fewer). */
void smc_each_library(void (*test)(struct smc_world *w));
/* Some library model, for tests of sizes. */
const struct vtl_library_model *smc_some_model(void);

/* A test that is run with each library model. */
#define EACH_LIBRARY(name)						\
	static void name##_of(struct smc_world *w);			\
	static void name(void **state)					\
	{								\
		smc_each_library(name##_of);				\
	}								\
	static void name##_of(struct smc_world *w)

#define SMC_TEST(name)	cmocka_unit_test_teardown(name, smc_close)

/* Address of the nth element of a type, from 0. */
uint16_t smc_address(const struct smc_world *w, enum vtl_element_type type, unsigned n);

/* READ ELEMENT STATUS, good, with room for all of it. `flags`: bits below. */
enum { ASK_TAGS = 1, ASK_IDENTIFIERS = 2, ASK_CURDATA = 4 };
struct io *smc_ask(struct vtl_nexus *nexus, enum vtl_element_type type, uint16_t start, uint16_t count, unsigned flags);
/* The same with an allocation length. */
struct io *smc_ask_len(struct vtl_nexus *nexus, enum vtl_element_type type, uint16_t start, uint16_t count,
		       unsigned flags, uint32_t len);
/* The descriptor of an element in an answer, NULL if it is not there; `len` its length, `type` its page's. */
const uint8_t *smc_descriptor(const struct io *answer, uint16_t address, unsigned *len, uint8_t *type);

/* MOVE MEDIUM by the default transport element. */
struct io *smc_move_cartridge(struct vtl_nexus *nexus, uint16_t source, uint16_t destination);

#endif
