/* SPDX-License-Identifier: GPL-2.0-only */
/* Random commands: the drive does what a list of blocks and filemarks would do, and survives whatever else is sent. */
#include <stdlib.h>
#include <string.h>

#include "ssc_world.h"

/* ---- a tape as a list ---- */

#define MODEL_OBJECTS	400
#define STEPS		1500
#define ROOM		8192

struct model {
	struct ssc_world *w;
	struct {
		uint32_t len;		/* 0: a filemark */
		unsigned fill;
	} object[MODEL_OBJECTS];
	unsigned n, at;
	uint32_t block_length;
	unsigned fill;
};

static unsigned chance(struct model *m, unsigned below)
{
	uint8_t b[4];

	m->w->sim.env.random(&m->w->sim.env, b, sizeof(b));
	return get_be32(b) % below;
}

/* Runs a command to its end; its jobs run where they are submitted, or only when nothing else is left to do. */
static struct io *run_io(struct model *m, const uint8_t *cdb, unsigned cdb_len, const void *out, uint32_t out_len,
			 uint32_t in_len)
{
	struct io *io;

	m->w->sim.hold_jobs = chance(m, 2);
	io = io_start(m->w->a, cdb, cdb_len, out, out_len, in_len);
	while (!io_done(io) && sim_run_job(&m->w->sim))
		;
	assert_true(io_done(io));
	sim_run_jobs(&m->w->sim);
	return io;
}

static void check_object(struct model *m)
{
	struct io *p = expect_good(run_io(m, CDB(0x34, 6, 0, 0, 0, 0, 0, 0, 0, 0), NULL, 0, 32));
	unsigned files = 0;

	for (unsigned i = 0; i < m->at; i++)
		files += !m->object[i].len;
	expect_u64(p, 8, m->at);
	expect_u64(p, 16, files);
}

static void model_add(struct model *m, uint32_t len, unsigned fill)
{
	m->object[m->at].len = len;
	m->object[m->at].fill = fill;
	m->n = ++m->at;
}

static void do_write(struct model *m)
{
	bool fixed = m->block_length && chance(m, 2);
	unsigned count = fixed ? 1 + chance(m, 4) : 1;
	uint32_t len = fixed ? m->block_length : 1 + chance(m, ROOM / 4);
	uint8_t buf[ROOM], cdb[6] = { 0x0a, fixed };

	if (m->at + count > MODEL_OBJECTS)
		return;
	for (unsigned i = 0; i < count; i++)
		ssc_fill(buf + i * len, len, m->fill + i);
	put_be24(cdb + 2, fixed ? count : len);
	expect_good(run_io(m, cdb, sizeof(cdb), buf, count * len, 0));
	for (unsigned i = 0; i < count; i++)
		model_add(m, len, m->fill++);
}

static void do_filemarks(struct model *m)
{
	unsigned count = chance(m, 3);

	if (m->at + count > MODEL_OBJECTS)
		return;
	expect_good(run_io(m, CDB(0x10, (uint8_t)chance(m, 2), 0, 0, (uint8_t)count, 0), NULL, 0, 0));
	while (count--)
		model_add(m, 0, 0);
}

static void do_read_variable(struct model *m)
{
	uint32_t len = 1 + chance(m, ROOM / 4), got;
	bool sili = chance(m, 2), told;
	uint8_t buf[ROOM], cdb[6] = { 0x08, sili ? 2 : 0 };
	struct io *io;

	if (chance(m, 3) == 0 && m->at < m->n && m->object[m->at].len)
		len = m->object[m->at].len;
	put_be24(cdb + 2, len);
	io = run_io(m, cdb, sizeof(cdb), NULL, 0, len);
	if (m->at == m->n) {
		expect_len(expect_info(expect_sense(io, 8, 0, 5), len), 0);
		return;
	}
	got = m->object[m->at].len;
	if (!got) {
		expect_len(expect_info(expect_bits(expect_sense(io, 0, 0, 1), SENSE_BIT_FILEMARK), len), 0);
		m->at++;
		return;
	}
	told = got != len && (!sili || (got > len && m->block_length));
	if (told)
		expect_info(expect_bits(expect_sense(io, 0, 0, 0), SENSE_BIT_ILI), (int64_t)len - got);
	else
		expect_good(io);
	ssc_fill(buf, got, m->object[m->at].fill);
	expect_data(io, buf, len < got ? len : got);
	m->at++;
}

static void do_read_fixed(struct model *m)
{
	unsigned count = 1 + chance(m, 4), done = 0;
	uint32_t len = m->block_length;
	struct io *io;

	if (!len)
		return;
	io = run_io(m, CDB(0x08, 1, 0, 0, (uint8_t)count, 0), NULL, 0, count * len);
	while (done < count && m->at < m->n && m->object[m->at].len == len) {
		uint8_t buf[ROOM];

		ssc_fill(buf, len, m->object[m->at].fill);
		assert_memory_equal(io->in + done * len, buf, len);
		done++;
		m->at++;
	}
	if (done == count) {
		expect_good(io);
	} else if (m->at == m->n) {
		expect_info(expect_sense(io, 8, 0, 5), count - done);
	} else {
		bool mark = !m->object[m->at++].len;

		expect_info(expect_bits(expect_sense(io, 0, 0, mark ? 1 : 0),
					mark ? SENSE_BIT_FILEMARK : SENSE_BIT_ILI), count - done);
	}
}

/* One object further; false where it cannot go on. */
static bool step(struct model *m, bool forward)
{
	if (forward ? m->at == m->n : m->at == 0)
		return false;
	m->at += forward ? 1 : -1;
	return true;
}

static void do_space(struct model *m)
{
	bool marks = chance(m, 2), forward = chance(m, 2);
	unsigned count = chance(m, marks ? 4 : 12), left = count;
	int64_t n = forward ? (int64_t)count : -(int64_t)count;
	uint8_t cdb[16] = { 0x91, marks };
	bool met = false, end = false;
	struct io *io;

	put_be64(cdb + 4, (uint64_t)n);
	io = run_io(m, cdb, sizeof(cdb), NULL, 0, 0);
	while (left && !met && !end) {
		bool mark;

		if (!step(m, forward)) {
			end = true;
			break;
		}
		mark = !m->object[forward ? m->at - 1 : m->at].len;
		met = mark && !marks;
		if (mark == marks)
			left--;
	}
	if (end && forward)
		expect_info(expect_sense(io, 8, 0, 5), left);
	else if (end)
		expect_info(expect_bits(expect_sense(io, 0, 0, 4), SENSE_BIT_EOM), left);
	else if (met)
		expect_info(expect_bits(expect_sense(io, 0, 0, 1), SENSE_BIT_FILEMARK), left);
	else
		expect_good(io);
}

static void do_locate(struct model *m)
{
	unsigned to = chance(m, m->n + 3);
	uint8_t cdb[16] = { 0x92 };
	struct io *io;

	put_be64(cdb + 4, to);
	io = run_io(m, cdb, sizeof(cdb), NULL, 0, 0);
	if (to <= m->n)
		expect_good(io);
	else
		expect_sense(io, 8, 0, 5);
	m->at = to <= m->n ? to : m->n;
}

static void do_end(struct model *m)
{
	expect_good(run_io(m, CDB(0x11, 3, 0, 0, 0, 0), NULL, 0, 0));
	m->at = m->n;
}

static void do_rewind(struct model *m)
{
	expect_good(run_io(m, CDB(0x01, (uint8_t)chance(m, 2), 0, 0, 0, 0), NULL, 0, 0));
	m->at = 0;
}

static void do_erase(struct model *m)
{
	if (chance(m, 4))
		return;
	expect_good(run_io(m, CDB(0x19, 0, 0, 0, 0, 0), NULL, 0, 0));
	m->n = m->at;
}

static void do_block_length(struct model *m)
{
	m->block_length = chance(m, 2) ? 0 : 1 + chance(m, 600);
	m->w->sim.hold_jobs = false;
	ssc_set_block(m->w->a, m->block_length);
}

static void do_reload(struct model *m)
{
	if (chance(m, 2)) {
		expect_good(run_io(m, CDB(0x1b, 0, 0, 0, 0, 0), NULL, 0, 0));
		expect_good(run_io(m, CDB(0x1b, 0, 0, 0, 1, 0), NULL, 0, 0));
	} else {
		m->w->sim.hold_jobs = false;
		ssc_reinsert(m->w);
	}
	m->at = 0;
}

EACH_DRIVE(a_drive_does_what_a_list_of_blocks_and_filemarks_would_do)
{
	static void (*const act[])(struct model *) = {
		do_write, do_write, do_write, do_filemarks, do_read_variable, do_read_variable, do_read_fixed,
		do_space, do_space, do_locate, do_end, do_end, do_rewind, do_erase, do_block_length, do_reload,
	};
	struct model m = { .w = w };

	for (unsigned i = 0; i < STEPS; i++) {
		act[chance(&m, sizeof(act) / sizeof(act[0]))](&m);
		check_object(&m);
	}
	w->sim.hold_jobs = false;
}

/* ---- anything ---- */

#define COMMANDS	3000

static uint8_t byte(struct ssc_world *w)
{
	uint8_t b;

	w->sim.env.random(&w->sim.env, &b, 1);
	return b;
}

/* Mostly zeros and small numbers: what gets past the first checks. */
static uint8_t likely_byte(struct ssc_world *w)
{
	uint8_t b = byte(w);

	return b < 160 ? 0 : b < 208 ? b & 0x0f : byte(w);
}

EACH_DRIVE(any_command_ends_once_within_its_buffers)
{
	static const uint8_t opcode[] = {
		0x00, 0x01, 0x03, 0x05, 0x08, 0x0a, 0x10, 0x11, 0x12, 0x15, 0x16, 0x17, 0x19, 0x1a, 0x1b, 0x1d, 0x1e,
		0x2b, 0x34, 0x44, 0x4c, 0x4d, 0x55, 0x5a, 0x5e, 0x5f, 0x8c, 0x91, 0x92, 0xa3,
	};

	for (unsigned n = 0; n < COMMANDS; n++) {
		static const unsigned lengths[] = { 6, 10, 12, 16 };
		uint8_t cdb[16], out[1024];
		unsigned len = byte(w) < 16 ? byte(w) % 17 : lengths[byte(w) % 4];
		struct io *io;

		for (unsigned i = 0; i < sizeof(cdb); i++)
			cdb[i] = likely_byte(w);
		for (unsigned i = 0; i < sizeof(out); i++)
			out[i] = likely_byte(w);
		cdb[0] = byte(w) < 240 ? opcode[byte(w) % sizeof(opcode)] : byte(w);
		w->sim.hold_jobs = byte(w) < 64;
		io = io_start(n & 1 ? w->a : w->b, cdb, len, out, byte(w) * 4u, byte(w) * 16u);
		if (byte(w) < 16)
			vtl_dev_abort(w->dev, &io->cmd);
		if (byte(w) < 4)
			vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
		while (!io_done(io) && sim_run_job(&w->sim))
			;
		sim_run_jobs(&w->sim);
		assert_int_equal(io->completions, 1);
		assert_true(io->cmd.in_used <= io->cmd.in_len && io->cmd.sense_len <= VTL_SENSE_MAX);
		assert_int_equal(io->cmd.status == SAM_CHECK_CONDITION, io->cmd.sense_len != 0);
	}
	w->sim.hold_jobs = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_drive_does_what_a_list_of_blocks_and_filemarks_would_do),
		SSC_TEST(any_command_ends_once_within_its_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
