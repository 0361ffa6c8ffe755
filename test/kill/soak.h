/* SPDX-License-Identifier: GPL-2.0-only */
/* The soak: two initiators that do anything with a library until its daemon ends, and what it has to hold. */
#ifndef TEST_SOAK_H
#define TEST_SOAK_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "initiator.h"
#include "tape_record.h"

#define SOAK_WORKERS	2
#define SOAK_DRIVES	2
#define SOAK_CARTRIDGES	8
#define SOAK_PARTITIONS	2
#define SOAK_ELEMENTS	32
#define SOAK_TAG	32
#define SOAK_LATEST	16	/* commands of each initiator that a fault is told with */
#define SOAK_NOWHERE	SOAK_ELEMENTS	/* in place of an element's index */

enum { ELEMENT_TRANSPORT = 1, ELEMENT_STORAGE = 2, ELEMENT_DRIVE = 4 };	/* element type codes (SMC-3 6.11) */

struct element {
	uint16_t address;
	uint8_t type;
	char tag[SOAK_TAG + 1];		/* "" if it is empty */
};

struct cartridge {
	char tag[SOAK_TAG + 1];
	bool worm;
	bool unchecked;			/* it has to be read back before anything else is done with it */
	unsigned partitions;
	struct tape_record tape[SOAK_PARTITIONS];
	uint32_t label_durable, label_sent;	/* the MAM holds one of these, or one between */
};

/* What is known from turn to turn; kept in a file. */
struct soak_state {
	uint64_t seed;
	uint32_t turn, generation;
	uint32_t elements, cartridges;
	uint8_t capabilities[20];	/* mode page 1Fh */
	struct element element[SOAK_ELEMENTS];
	struct cartridge cartridge[SOAK_CARTRIDGES];
	bool pending;			/* a move was not answered: either it took place or not */
	uint32_t from, to, second;	/* of it, indexes; second SOAK_NOWHERE: a move, else an exchange */
	uint64_t commands, moves, written, written_bytes, compared;
};

/* A drive in this turn. */
struct drive {
	pthread_mutex_t lock;		/* of all below, of its element's tag, and of the cartridge in it */
	uint32_t element;		/* index */
	bool fresh;			/* its cartridge was not looked at since it came in */
	unsigned partition;
	uint64_t object;		/* the position */
};

struct soak {
	struct soak_state state;
	/* Of the elements and what is pending. Who takes drives' locks too, takes this one first, theirs in order. */
	pthread_mutex_t changer_lock;
	pthread_mutex_t count_lock;	/* of the counters and the generation */
	struct drive drive[SOAK_DRIVES];
	unsigned changer_share;		/* of a hundred actions, how many are the changer's */
	atomic_bool enough;		/* this turn is over: it ends in peace, or the daemon is gone */
};

/* An initiator, in a thread of its own. */
struct worker {
	struct soak *soak;
	unsigned number;
	pthread_t thread;
	uint64_t chance;
	bool lost;			/* the daemon is gone */
	struct latest {			/* what was answered last, number n at n % SOAK_LATEST */
		char unit;		/* C: the changer; 0, 1: a drive */
		uint8_t cdb[16], status;
		struct sense sense;
	} latest[SOAK_LATEST];
	uint64_t answered;
	struct initiator *changer, *drive[SOAK_DRIVES];
	struct reading reading;
	uint8_t buf[RECORD_MAX_BLOCK];
};

__attribute__((noreturn, format(printf, 1, 2))) void soak_fail(const char *fmt, ...);
uint32_t soak_draw(struct worker *worker, uint32_t below);
/* Adds to one of the state's counters. */
void soak_count(struct soak *soak, uint64_t *counter, uint64_t n);
/* Sends, and again after a unit attention. False, and lost, when the daemon is gone. */
bool soak_send(struct worker *worker, struct initiator *unit, struct initiator_command *command);
/* The same, and anything but GOOD is a fault. `what` names the command. */
bool soak_do(struct worker *worker, struct initiator *unit, struct initiator_command *command, const char *what);

/* The changer, whose lock is held. One action; false when the daemon is gone. */
bool changer_action(struct worker *worker);
/* At the beginning of a turn: every cartridge is where answered commands, or the pending one, put it. */
void changer_compare(struct worker *worker);
/* Puts a cartridge into the first drive. */
bool changer_mount(struct worker *worker, const struct cartridge *cartridge);
/* The cartridge in a drive whose lock is held, or NULL. */
struct cartridge *changer_cartridge(struct soak *soak, const struct drive *drive);

/* A drive, whose lock is held. One action; false when the daemon is gone. */
bool tape_action(struct worker *worker, unsigned drive);
/* Reads back what is in it, all of it. */
bool tape_check(struct worker *worker, unsigned drive);
/* Everything that was sent to it is durable. */
void cartridge_durable(struct cartridge *cartridge);

/* How blocks of a generation are stored, and the settings of a session. False when the daemon is gone. */
bool drive_set_up(struct worker *worker, unsigned drive);
bool drive_set_writing(struct worker *worker, unsigned drive, uint32_t generation);
/* Waits until it is ready, as it says itself. */
bool drive_wait_ready(struct worker *worker, unsigned drive);
bool drive_locate(struct worker *worker, unsigned drive, unsigned partition, uint64_t object);
/* READ POSITION has to say what the model says. */
bool drive_expect_position(struct worker *worker, unsigned drive);
/* Divides the cartridge equally. */
bool drive_format(struct worker *worker, unsigned drive, unsigned partitions);
/* An attribute with a number in it: 0 if there is none. */
bool drive_write_label(struct worker *worker, unsigned drive, uint32_t label);
bool drive_read_label(struct worker *worker, unsigned drive, uint32_t *label);
/* A command without consequences. */
bool drive_ask(struct worker *worker, unsigned drive);

#endif
