/* SPDX-License-Identifier: GPL-2.0-only */
/* Whatever an initiator sends, the changer answers it once, within bounds, and loses no cartridge. */
#include "smc_world.h"

#include <string.h>

#define COMMANDS	8000

static uint8_t byte(struct smc_world *w)
{
	uint8_t b;

	w->sim.env.random(&w->sim.env, &b, 1);
	return b;
}

/* Mostly zeros and small numbers: what gets past the first checks. */
static uint8_t likely_byte(struct smc_world *w)
{
	uint8_t b = byte(w);

	return b < 160 ? 0 : b < 208 ? b & 0x0f : byte(w);
}

EACH_LIBRARY(any_command_ends_once_within_its_buffers_and_loses_no_cartridge)
{
	static const uint8_t opcodes[] = { 0x00, 0x01, 0x03, 0x07, 0x12, 0x15, 0x16, 0x17, 0x1a, 0x1b, 0x1d,
					   0x1e, 0x2b, 0x37, 0x4c, 0x4d, 0x55, 0x56, 0x57, 0x5a, 0x5e, 0x5f,
					   0x9e, 0xa3, 0xa4, 0x8c, 0x8c, 0x8d, 0xa5, 0xa5, 0xa5, 0xa6, 0xa6,
					   0xb5, 0xb5, 0xb6, 0xb6, 0xb6, 0xb8, 0xb8, 0xe7 };

	fake_put(&w->fake, smc_address(w, VTL_STORAGE, 0), "VTL001L8");
	fake_put(&w->fake, smc_address(w, VTL_STORAGE, 1), "VTL002L8");
	fake_put(&w->fake, smc_address(w, VTL_DRIVE, 0), "VTL003L8");
	for (unsigned n = 0; n < COMMANDS; n++) {
		static const unsigned lengths[] = { 6, 10, 12, 16 };
		uint8_t cdb[16], out[256];
		unsigned len = byte(w) < 16 ? byte(w) % 17 : lengths[byte(w) % 4];
		struct io *io;

		if (n % 64 == 0)	/* else reservations would soon stop everything */
			vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
		for (unsigned i = 0; i < sizeof(cdb); i++)
			cdb[i] = likely_byte(w);
		cdb[0] = byte(w) < 240 ? opcodes[byte(w) % sizeof(opcodes)] : byte(w);
		if (byte(w) < 208) {
			uint8_t chance[SMC_AIM_CHANCE];

			w->sim.env.random(&w->sim.env, chance, sizeof(chance));
			smc_aim(w, cdb, chance);
		}
		for (unsigned i = 0; i < sizeof(out); i++)
			out[i] = likely_byte(w);
		if (cdb[0] == 0xb6)	/* a list of the one right length, mostly */
			cdb[9] = byte(w) < 200 ? 40 : cdb[9];
		io = io_run_at(__FILE__, __LINE__, n & 1 ? w->a : w->b, cdb, len, out, byte(w), byte(w) * 4u);
		assert_int_equal(io->completions, 1);
		assert_true(io->cmd.in_used <= io->cmd.in_len && io->cmd.sense_len <= VTL_SENSE_MAX);
		assert_int_equal(io->cmd.status == SAM_CHECK_CONDITION, io->cmd.sense_len != 0);
		assert_int_equal(smc_cartridges(w), 3);
	}
	assert_true(w->fake.moves > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMC_TEST(any_command_ends_once_within_its_buffers_and_loses_no_cartridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
