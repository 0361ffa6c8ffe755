/* SPDX-License-Identifier: GPL-2.0-only */
/* A world for device servers under test: a clock to turn, chance that repeats, commands that read like sentences. */
#ifndef TEST_SCSI_ENV_H
#define TEST_SCSI_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine.h"

/* ---- the world ---- */

#define SIM_DEVICES	8

struct sim {
	struct vtl_env env;		/* first: the env that devices get */
	struct media_exec exec;
	uint64_t now, wall;		/* milliseconds */
	uint64_t seed;
	struct {
		struct vtl_dev *dev;
		uint64_t at;		/* UINT64_MAX: not set */
	} timer[SIM_DEVICES];
	bool hold_jobs;			/* jobs wait for sim_run_jobs() instead of running where they are submitted */
	struct media_job *jobs, **jobs_tail;
	char log[8192];			/* what devices said, a line each */
	size_t log_len;
};

/* now 1000 ms, wall clock 2026-01-01 00:00 UTC. */
void sim_init(struct sim *sim);
/* Turns the clock; timers that fall due are called in order, at their time. */
void sim_advance(struct sim *sim, uint64_t ms);
/* Runs jobs that were held, and those that they submit; returns how many. */
unsigned sim_run_jobs(struct sim *sim);
/* Runs one held job; false if there is none. */
bool sim_run_job(struct sim *sim);

/* ---- initiators ---- */

/* The nth initiator (iSCSI name, iqn.2026-01.test:n) at target port 1. Unit attention 29/00 is pending. */
struct vtl_nexus *sim_nexus(struct vtl_dev *dev, unsigned n);
/* The same, its unit attentions taken. */
struct vtl_nexus *sim_initiator(struct vtl_dev *dev, unsigned n);
void sim_drain_attentions(struct vtl_nexus *nexus);

/* ---- commands ---- */

/*
 * A command and what came of it. Data-in lies in memory of exactly the size that was allowed, so that a byte too
 * much is found by AddressSanitizer.
 */
struct io {
	struct vtl_cmd cmd;
	uint8_t *in;			/* in_len bytes, filled with 5Ah before */
	unsigned completions;
	struct io *next;
	const char *file;
	int line;
};

/* A CDB as an argument pair: io(nexus, CDB(0x12, 0, 0, 0, 96, 0)). */
#define CDB(...)	(const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })
/* Data-out as an argument pair. */
#define BYTES(...)	(const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })
#define NO_BYTES	NULL, 0

/*
 * Starts a command that may take in_len bytes in (0: data-in is NULL) and brings out_len bytes (copied). It stays valid
 * until io_free_all(), or the next 1024.
 */
struct io *io_start_at(const char *file, int line, struct vtl_nexus *nexus, const uint8_t *cdb, unsigned cdb_len,
		       const void *out, uint32_t out_len, uint32_t in_len);
#define io_start(...)	io_start_at(__FILE__, __LINE__, __VA_ARGS__)
/* Starts it and requires it to end at once (jobs that it submits run inline unless held). */
struct io *io_run_at(const char *file, int line, struct vtl_nexus *nexus, const uint8_t *cdb, unsigned cdb_len,
		     const void *out, uint32_t out_len, uint32_t in_len);
/* No data: io(nexus, CDB(...)). */
#define io(nexus, ...)			io_run_at(__FILE__, __LINE__, nexus, __VA_ARGS__, NULL, 0, 0)
/* Up to in_len bytes of data-in: io_in(nexus, 96, CDB(...)). */
#define io_in(nexus, in_len, ...)	io_run_at(__FILE__, __LINE__, nexus, __VA_ARGS__, NULL, 0, in_len)
/* Data-out: io_out(nexus, data, len, CDB(...)), or io_out(nexus, BYTES(...), CDB(...)). */
#define io_out(nexus, ...)		io_out_at(__FILE__, __LINE__, nexus, __VA_ARGS__)
struct io *io_out_at(const char *file, int line, struct vtl_nexus *nexus, const void *out, uint32_t out_len,
		     const uint8_t *cdb, unsigned cdb_len);
bool io_done(const struct io *io);
/* In every test's teardown. */
void io_free_all(void);

/* ---- expectations; all return the io ---- */

#define expect_good(x)				expect_status_at(__FILE__, __LINE__, x, SAM_GOOD)
#define expect_conflict(x)			expect_status_at(__FILE__, __LINE__, x, SAM_RESERVATION_CONFLICT)
#define expect_status(x, status)		expect_status_at(__FILE__, __LINE__, x, status)
/* CHECK CONDITION, current, with this key and code. */
#define expect_sense(x, key, asc, ascq)		expect_sense_at(__FILE__, __LINE__, x, key, asc, ascq, false)
#define expect_deferred(x, key, asc, ascq)	expect_sense_at(__FILE__, __LINE__, x, key, asc, ascq, true)
/* 05/24/00 pointing at this byte and bit (-1: no bit pointer). */
#define expect_bad_cdb(x, byte, bit)		expect_field_at(__FILE__, __LINE__, x, 0x24, 0x00, true, byte, bit)
/* 05/26/00 pointing into the parameter list. */
#define expect_bad_param(x, byte, bit)		expect_field_at(__FILE__, __LINE__, x, 0x26, 0x00, false, byte, bit)
#define expect_bad_param_as(x, asc, ascq, byte, bit) \
						expect_field_at(__FILE__, __LINE__, x, asc, ascq, false, byte, bit)
/* VALID and this INFORMATION (as a signed 32-bit number in fixed format). */
#define expect_info(x, information)		expect_info_at(__FILE__, __LINE__, x, information)
#define expect_no_info(x)			expect_no_info_at(__FILE__, __LINE__, x)
/* Exactly these of SENSE_BIT_*. */
#define expect_bits(x, bits)			expect_bits_at(__FILE__, __LINE__, x, bits)
enum { SENSE_BIT_FILEMARK = 0x80, SENSE_BIT_EOM = 0x40, SENSE_BIT_ILI = 0x20 };
#define expect_progress(x, progress)		expect_progress_at(__FILE__, __LINE__, x, progress)
/* Exactly these bytes of data-in. */
#define expect_data(x, ...)			expect_data_at(__FILE__, __LINE__, x, __VA_ARGS__)
/* Exactly so many bytes of data-in. */
#define expect_len(x, len)			expect_len_at(__FILE__, __LINE__, x, len)
/* One byte, a big-endian field of data-in. */
#define expect_u8(x, at, v)			expect_uint_at(__FILE__, __LINE__, x, at, 1, v)
#define expect_u16(x, at, v)			expect_uint_at(__FILE__, __LINE__, x, at, 2, v)
#define expect_u24(x, at, v)			expect_uint_at(__FILE__, __LINE__, x, at, 3, v)
#define expect_u32(x, at, v)			expect_uint_at(__FILE__, __LINE__, x, at, 4, v)
#define expect_u48(x, at, v)			expect_uint_at(__FILE__, __LINE__, x, at, 6, v)
#define expect_u64(x, at, v)			expect_uint_at(__FILE__, __LINE__, x, at, 8, v)

/* What holds for every ended command; part of all the others. */
#define expect_sane(x)				expect_sane_at(__FILE__, __LINE__, x)

struct io *expect_sane_at(const char *file, int line, struct io *io);
struct io *expect_status_at(const char *file, int line, struct io *io, uint8_t status);
struct io *expect_sense_at(const char *file, int line, struct io *io, uint8_t key, uint8_t asc, uint8_t ascq,
			   bool deferred);
struct io *expect_field_at(const char *file, int line, struct io *io, uint8_t asc, uint8_t ascq, bool cdb,
			   unsigned byte, int bit);
struct io *expect_info_at(const char *file, int line, struct io *io, int64_t information);
struct io *expect_no_info_at(const char *file, int line, struct io *io);
struct io *expect_bits_at(const char *file, int line, struct io *io, uint8_t bits);
struct io *expect_progress_at(const char *file, int line, struct io *io, uint16_t progress);
struct io *expect_data_at(const char *file, int line, struct io *io, const void *data, uint32_t len);
struct io *expect_len_at(const char *file, int line, struct io *io, uint32_t len);
struct io *expect_uint_at(const char *file, int line, struct io *io, unsigned at, unsigned bytes, uint64_t v);
/* data-in as numbers, the test failing if it is not there */
uint64_t io_uint(const struct io *io, unsigned at, unsigned bytes);

#endif
