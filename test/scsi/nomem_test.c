/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that runs out, at every allocation of a device server: a proper status, and all goes on once there is some. */
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "nomem.h"
#include "smc_world.h"
#include "ssc_world.h"

#define ROOM	16384u

/* A command: data-out are `out_len` bytes, those of `out` and then others; what it returned the first time. */
struct shot {
	uint8_t cdb[16];
	unsigned cdb_len;
	uint32_t in_len, out_len;
	uint8_t out[64];
	uint8_t status;
};

static struct vtl_cmd cmd;
static uint8_t in[ROOM], out[ROOM];
static unsigned completions;

static void complete(struct vtl_cmd *c)
{
	completions++;
}

/* Nothing is allocated here: what runs out is the device server's. */
static uint8_t fire(struct vtl_nexus *nexus, const struct shot *s)
{
	cmd = (struct vtl_cmd){
		.nexus = nexus, .cdb_len = s->cdb_len, .in = s->in_len ? in : NULL, .in_len = s->in_len,
		.out = s->out_len ? out : NULL, .out_len = s->out_len, .complete = complete,
	};
	memcpy(cmd.cdb, s->cdb, s->cdb_len);
	for (uint32_t i = 0; i < s->out_len; i++)
		out[i] = i < sizeof(s->out) ? s->out[i] : (uint8_t)(i * 7);
	completions = 0;
	vtl_dev_submit(nexus->dev, &cmd);
	assert_int_equal(completions, 1);
	return cmd.status;
}

/* Sense data of commands that could not be carried out, or of earlier ones. */
static void expect_told(unsigned nth, const struct shot *s)
{
	uint8_t key = cmd.sense[2] & 0x0f;

	if (cmd.status == SAM_BUSY || cmd.status == SAM_TASK_SET_FULL)
		return;
	if (cmd.status != SAM_CHECK_CONDITION || !cmd.sense_len ||
	    !(key == 0x2 || key == 0x3 || key == 0x4 || key == 0x5 || key == 0xb))
		fail_msg("allocation %u: opcode %02x ends with status %02x, sense key %x", nth, s->cdb[0], cmd.status,
			 key);
}

#define S(...)	{ .cdb = { __VA_ARGS__ }, .cdb_len = sizeof((uint8_t[]){ __VA_ARGS__ }) }

/*
 * The same once more; WRITE FILEMARKS of those that the sense data say were not written. A cartridge that could not be
 * loaded goes out first, as from real drives.
 */
static const struct shot *again(struct vtl_nexus *nexus, const struct shot *s)
{
	static const struct shot unload = S(0x1b, 0, 0, 0, 0, 0);
	static struct shot left;

	left = *s;
	if (s->cdb[0] == 0x1b && s->cdb[4])
		assert_int_equal(fire(nexus, &unload), SAM_GOOD);
	if (s->cdb[0] == 0x10 && cmd.sense[0] & 0x80)
		put_be24(left.cdb + 2, get_be32(cmd.sense + 3) & 0xffffff);
	return &left;
}

/* Whether it came to the nth allocation. `shots` know what they return when there is memory. */
static bool fire_all(struct vtl_nexus *nexus, struct shot *shots, unsigned n, unsigned nth)
{
	bool lost = false, met;

	nomem_fail(nth, 1);
	for (unsigned i = 0; i < n; i++) {
		uint8_t status = fire(nexus, &shots[i]);

		if (!nth)
			shots[i].status = status;
		if (status == shots[i].status)
			continue;
		/* After what was accepted has been lost, later commands meet another tape. */
		if (!lost)
			expect_told(nth, &shots[i]);
		lost |= status == SAM_CHECK_CONDITION && (cmd.sense[0] & 0x7f) == 0x71;
		if (!lost && fire(nexus, again(nexus, &shots[i])) != shots[i].status)
			fail_msg("allocation %u: opcode %02x, done again, ends with status %02x, not %02x, %02x/%02x",
				 nth, shots[i].cdb[0], cmd.status, shots[i].status, cmd.sense[12], cmd.sense[13]);
	}
	met = nomem_calls() >= nth;
	nomem_fail(0, 0);
	return met;
}

#define S_IN(len, ...)	{ .cdb = { __VA_ARGS__ }, .cdb_len = sizeof((uint8_t[]){ __VA_ARGS__ }), .in_len = len }
#define S_OUT(len, bytes, ...) \
	{ .cdb = { __VA_ARGS__ }, .cdb_len = sizeof((uint8_t[]){ __VA_ARGS__ }), .out_len = len, .out = bytes }
#define B(...)	{ __VA_ARGS__ }

static struct shot drive_shots[] = {
	S_IN(255, 0x12, 0, 0, 0, 255, 0), S_IN(255, 0x1a, 8, 0x3f, 0, 255, 0),
	S_IN(4096, 0x4d, 0, 0x40, 0, 0, 0, 0, 16, 0, 0), S_IN(4096, 0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0),
	S_OUT(24, B([15] = 7), 0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0), S_IN(255, 0x5e, 0, 0, 0, 0, 0, 0, 0, 255, 0),
	S_OUT(24, B([7] = 7), 0x5f, 3, 0, 0, 0, 0, 0, 0, 24, 0),
	S_OUT(8, B(0), 0x3b, 2, 0, 0, 0, 0, 0, 0, 8, 0), S_IN(8, 0x3c, 2, 0, 0, 0, 0, 0, 0, 8, 0),
	S_OUT(16, B(0, 0, 0, 12, 'n'), 0xa4, 6, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0),
	S_OUT(9000, B(1), 0x0a, 0, 0, 0x23, 0x28, 0), S_OUT(9000, B(2), 0x0a, 0, 0, 0x23, 0x28, 0),
	S(0x10, 0, 0, 0, 1, 0), S_OUT(5000, B(3), 0x0a, 0, 0, 0x13, 0x88, 0),
	S_OUT(41, B(0, 0, 0, 37, 8, 6, 1, 0, 32, 'a'), 0x8d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0),
	S_OUT(52, B(0, 0x10, 0, 48, 0x20, 0x40, 2, 3, 1, [19] = 32), 0xb5, 0x20, 0, 0x10, 0, 0, 0, 0, 0, 52, 0, 0),
	S_OUT(7000, B(4), 0x0a, 0, 0, 0x1b, 0x58, 0), S(0x10, 0, 0, 0, 2, 0), S(0x01, 0, 0, 0, 0, 0),
	S_IN(9000, 0x08, 0, 0, 0x23, 0x28, 0), S_OUT(9000, B(2), 0x13, 2, 0, 0x23, 0x28, 0),
	S_IN(9000, 0x08, 2, 0, 0x23, 0x28, 0), S_IN(9000, 0x08, 2, 0, 0x23, 0x28, 0),
	S_IN(9000, 0x08, 2, 0, 0x23, 0x28, 0), S(0x2b, 0, 0, 0, 0, 0, 1, 0, 0, 0), S(0x11, 1, 0, 0, 1, 0),
	S_IN(5000, 0x0f, 2, 0, 0x13, 0x88, 0), S_IN(4096, 0x8c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0),
	S_OUT(28, B(0), 0xa4, 0x1d, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0), S(0x1b, 0, 0, 0, 0, 0), S(0x1b, 0, 0, 0, 1, 0),
	S(0x00, 0, 0, 0, 0, 0), S(0x11, 3, 0, 0, 0, 0), S_OUT(9000, B(5), 0x0a, 0, 0, 0x23, 0x28, 0),
	S(0x19, 0, 0, 0, 0, 0), S(0x10, 0, 0, 0, 0, 0),
};

/* The cartridge is one that can be loaded, read to its end and written. */
static void expect_usable(struct ssc_world *w)
{
	unsigned n = 0;

	ssc_reinsert(w);
	do
		n++;
	while (n < 100 && io_in(w->a, 9000, CDB(0x08, 2, 0, 0x23, 0x28, 0))->cmd.status != SAM_CHECK_CONDITION);
	expect_good(ssc_space(w->a, SPACE_EOD, 0));
	expect_good(ssc_write(w->a, 1000, 1));
	expect_good(ssc_filemarks(w->a, 1));
}

static void a_drive_goes_on(void **state)
{
	unsigned nth = 0;
	bool met = true;

	for (; met; nth++) {
		struct ssc_world *w = ssc_open(ssc_some_model(), MEDIA_CODEC_ZLIB);

		ssc_insert(w, &(struct ssc_cartridge){ 0 });
		met = fire_all(w->a, drive_shots, sizeof(drive_shots) / sizeof(drive_shots[0]), nth);
		sim_drain_attentions(w->a);
		expect_usable(w);
		ssc_end(w);
	}
	print_message("# %u allocations\n", nth - 1);
	assert_true(nth > 20);
}

static struct shot changer_shots[] = {
	S_IN(255, 0x12, 0, 0, 0, 255, 0), S_IN(255, 0x1a, 8, 0x3f, 0, 255, 0),
	S_IN(4096, 0x4d, 0, 0x40, 0, 0, 0, 0, 16, 0, 0),
	S_OUT(24, B([15] = 7), 0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0),
	S_OUT(24, B([7] = 7), 0x5f, 3, 0, 0, 0, 0, 0, 0, 24, 0),
	S(0x07, 0, 0, 0, 0, 0), S_IN(4096, 0xb8, 0x10, 0, 0, 0xff, 0xff, 1, 0, 16, 0, 0, 0),
	S_OUT(40, B('T', '*'), 0xb6, 0, 0, 0, 0, 5, 0, 0, 0, 40, 0, 0),
	S_IN(4096, 0xb5, 0, 0, 0, 0xff, 0xff, 0, 0, 16, 0, 0, 0), S(0x16, 0, 0, 0, 0, 0), S(0x17, 0, 0, 0, 0, 0),
};

static void a_changer_goes_on(void **state)
{
	unsigned nth = 0;
	bool met = true;

	for (; met; nth++) {
		struct smc_world *w = smc_open(smc_some_model(), 2, 6, 2);

		fake_put(&w->fake, fake_address(&w->fake, VTL_STORAGE, 0), "TST001L8");
		met = fire_all(w->a, changer_shots, sizeof(changer_shots) / sizeof(changer_shots[0]), nth);
		smc_end(w);
	}
	print_message("# %u allocations\n", nth - 1);
	assert_true(nth > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_drive_goes_on),
		SMC_TEST(a_changer_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
