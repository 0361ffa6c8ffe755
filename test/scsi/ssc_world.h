/* SPDX-License-Identifier: GPL-2.0-only */
/* A tape drive of each model with a cartridge in memory, two initiators, and commands by name. */
#ifndef TEST_SSC_WORLD_H
#define TEST_SSC_WORLD_H

#include "scsi_env.h"

#include "store_memory.h"
#include "tape.h"

#define KIB	1024u
#define MIB	(1024u * KIB)

/* What the cartridges of the tests hold: small, so that their ends are near. */
#define TEST_CAPACITY		(8 * MIB)
#define TEST_EARLY_WARNING	(1 * MIB)

struct ssc_world {
	struct sim sim;
	const struct vtl_models *models;
	const struct vtl_drive_model *model;
	const struct vtl_medium_model *medium;	/* of the first kind that this drive writes */
	enum media_codec codec;			/* what compression means */
	struct vtl_dev *dev;
	struct vtl_drive *drive;
	struct vtl_nexus *a, *b;		/* no unit attention pending */
	struct media_store *store;		/* of the cartridge that ssc_insert() put in; the drive's */
	bool timed;				/* things take time */
	const unsigned *time_ms;		/* NULL: none */
	bool done;				/* the drive called back */
	enum media_err err;
};

/* What a cartridge is to be; zero: what the tests usually need. */
struct ssc_cartridge {
	const char *form;			/* NULL: w->medium */
	enum media_kind kind;
	bool write_protected;
	unsigned partitions;			/* 0: 1 */
	uint64_t capacity, early_warning;	/* of each partition; 0: TEST_* */
};

/* An empty drive; `codec` is what its compression means. */
struct ssc_world *ssc_open(const struct vtl_drive_model *model, enum media_codec codec);
/* The same, where things take time; compression is off. */
struct ssc_world *ssc_open_timed(const struct vtl_drive_model *model, const unsigned time_ms[VTL_TIMES]);
/* Of the drive that is open. */
const struct vtl_drive_model *ssc_model(void);
/* Ends what ssc_open() began; a cartridge may still be there. */
void ssc_end(struct ssc_world *w);
/* Takes the cartridge out, if there is one, ends the drive, and makes it anew with what was kept in `state`. */
void ssc_power_cycle(struct ssc_world *w, struct vtl_state *state);
/* In every test's teardown: closes what a test, perhaps a failed one, left, and says of which model it was. */
int ssc_close(void **state);
/* Calls back for each kind of drive model, with a blank data cartridge or empty; no unit attention is pending. */
void ssc_each_drive(void (*test)(struct ssc_world *w), bool loaded);

/* Calls back for one drive, empty. */
const struct vtl_drive_model *ssc_some_model(void);
void ssc_one_drive(const struct vtl_drive_model *model, void (*test)(struct ssc_world *w));

/* A test that is run with each drive model: a blank cartridge is loaded; compression means zlib, as shipped. */
#define EACH_DRIVE(name)						\
	static void name##_of(struct ssc_world *w);			\
	static void name(void **state)					\
	{								\
		ssc_each_drive(name##_of, true);			\
	}								\
	static void name##_of(struct ssc_world *w)

/* The same with an empty drive. */
#define EACH_EMPTY_DRIVE(name)						\
	static void name##_of(struct ssc_world *w);			\
	static void name(void **state)					\
	{								\
		ssc_each_drive(name##_of, false);			\
	}								\
	static void name##_of(struct ssc_world *w)

/* The same with one drive model, for what no model changes and what takes long. */
#define SOME_EMPTY_DRIVE(name)						\
	static void name##_of(struct ssc_world *w);			\
	static void name(void **state)					\
	{								\
		ssc_one_drive(ssc_some_model(), name##_of);		\
	}								\
	static void name##_of(struct ssc_world *w)

#define SSC_TEST(name)	cmocka_unit_test_teardown(name, ssc_close)

/* ---- the robot ---- */

struct media_store *ssc_cartridge(struct ssc_world *w, const struct ssc_cartridge *cartridge);
/* Puts it in and waits for the drive (unless jobs are held); unit attentions stay. */
void ssc_insert_store(struct ssc_world *w, struct media_store *store);
/* Makes a cartridge, puts it in, takes the unit attentions. */
void ssc_insert(struct ssc_world *w, const struct ssc_cartridge *cartridge);
void ssc_eject(struct ssc_world *w);
/* Takes the cartridge out and puts it in again, as it is on its store; takes the unit attentions. */
void ssc_reinsert(struct ssc_world *w);

/* ---- commands ---- */

enum { RW_FIXED = 1, RW_SILI = 2 };
enum { SPACE_BLOCKS = 0, SPACE_FILEMARKS = 1, SPACE_EOD = 3 };
enum { LOCATE_TO_OBJECT = 0, LOCATE_TO_FILE = 1, LOCATE_TO_EOD = 3 };

#define NOT_COMPRESSIBLE	0x100u	/* `fill`: the block looks like noise */

/* What a block of these holds: bytes of `fill`, or the noise of that number. */
void ssc_fill(uint8_t *buf, uint32_t len, unsigned fill);
/* WRITE(6) of one variable block. */
struct io *ssc_write(struct vtl_nexus *nexus, uint32_t len, unsigned fill);
/* WRITE(6) of `count` fixed blocks of `len` bytes each; block i is filled with fill + i. */
struct io *ssc_write_fixed(struct vtl_nexus *nexus, uint32_t count, uint32_t len, unsigned fill);
/* READ(6): `length` as in the CDB, room for `in_len` bytes. */
struct io *ssc_read(struct vtl_nexus *nexus, unsigned flags, uint32_t length, uint32_t in_len);
/* Reads a variable block of exactly this length and content. */
void ssc_expect_block(struct vtl_nexus *nexus, uint32_t len, unsigned fill);
struct io *ssc_filemarks(struct vtl_nexus *nexus, uint32_t count);
struct io *ssc_rewind(struct vtl_nexus *nexus);
struct io *ssc_space(struct vtl_nexus *nexus, unsigned code, int32_t count);
struct io *ssc_space_16(struct vtl_nexus *nexus, unsigned code, int64_t count);
struct io *ssc_locate(struct vtl_nexus *nexus, unsigned type, uint64_t id);
struct io *ssc_locate_partition(struct vtl_nexus *nexus, unsigned partition, uint64_t object);
/* READ POSITION, long form. */
struct io *ssc_position(struct vtl_nexus *nexus);
uint64_t ssc_object(struct vtl_nexus *nexus);
/* MODE SELECT(6) of the block length, buffered mode as given. */
struct io *ssc_select_block(struct vtl_nexus *nexus, uint32_t block_length, unsigned buffered);
void ssc_set_block(struct vtl_nexus *nexus, uint32_t block_length);
struct io *ssc_ready(struct vtl_nexus *nexus);
enum { SCOPE_OF_NONE = 0, SCOPE_OF_ONE = 1, SCOPE_OF_ALL = 2 };
enum { CRYPT_OFF = 0, CRYPT_RAW = 1, CRYPT_EXTERNAL = 1, CRYPT_ON = 2, CRYPT_MIXED = 3 };
/*
 * SECURITY PROTOCOL OUT of a Set Data Encryption page with a key, and what must come with it; `flags` is byte 5, 0 of
 * CEEM standing for 01b.
 */
struct io *ssc_set_key(struct vtl_nexus *nexus, unsigned scope, uint8_t flags, unsigned encrypt, unsigned decrypt,
		       const uint8_t *key);
/* SECURITY PROTOCOL IN of a page. */
struct io *ssc_security_in(struct vtl_nexus *nexus, uint8_t protocol, uint8_t page);
/* MODE SENSE(10) of a page with its block descriptor: page at byte 16. */
struct io *ssc_mode(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage);
/* Whether the drive has a page. */
bool ssc_has_mode(struct ssc_world *w, uint8_t page, uint8_t subpage);
/* MODE SELECT(10) of what ssc_mode() brought, with one byte of the page set to `value`. */
struct io *ssc_mode_set(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage, unsigned at, uint8_t value);
/* LOG SENSE, cumulative values. */
struct io *ssc_log(struct vtl_nexus *nexus, uint8_t page, uint8_t subpage);
/* Where the value of a parameter begins in a log page, and its length; fails the test if it is not there. */
unsigned ssc_log_param(const struct io *page, uint16_t code, unsigned *len);
uint64_t ssc_log_value(const struct io *page, uint16_t code);
/* READ ATTRIBUTE of one attribute's value. */
struct io *ssc_attribute(struct vtl_nexus *nexus, unsigned partition, uint16_t id);

/* Fills the partition up to and over its early warning; returns the blocks of `len` bytes that were written. */
unsigned ssc_write_to_early_warning(struct ssc_world *w, uint32_t len);

#endif
