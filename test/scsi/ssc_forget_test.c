/* SPDX-License-Identifier: GPL-2.0-only */
/* When a drive forgets a key: with the cartridge, a reservation, a reset; and what is under way then. */
#include <string.h>

#include "secret.h"
#include "ssc_world.h"

enum { LOCAL = SCOPE_OF_ONE, ALL = SCOPE_OF_ALL };
enum { CKOD = 0x04, CKORL = 0x01, CKORP = 0x02 };
enum { OFF = CRYPT_OFF, ON = CRYPT_ON };

static const uint8_t key_a[32] = "the first key of thirty-two byte";
static const uint8_t key_b[32] = "the second key, and another one!";

static bool encrypts(struct ssc_world *w)
{
	return w->model->encryption;
}

EACH_DRIVE(a_key_is_forgotten_when_the_cartridge_leaves_if_ckod_says_so)
{
	if (!encrypts(w))
		return;
	expect_good(ssc_set_key(w->a, LOCAL, 0, ON, ON, key_a));
	ssc_reinsert(w);
	expect_u8(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 6, ON);
	expect_good(ssc_set_key(w->a, LOCAL, CKOD, ON, ON, key_a));
	ssc_reinsert(w);
	sim_drain_attentions(w->a);
	expect_u8(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 6, OFF);
}

EACH_DRIVE(a_key_is_forgotten_with_the_reservation_and_at_a_reset)
{
	if (!encrypts(w))
		return;
	expect_bad_param(ssc_set_key(w->a, LOCAL, CKORL, ON, ON, key_a), 5, 0);
	expect_good(io(w->a, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_good(ssc_set_key(w->a, LOCAL, CKORL, ON, ON, key_a));
	expect_u8(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 6, ON);
	expect_good(io(w->a, CDB(0x17, 0, 0, 0, 0, 0)));
	sim_drain_attentions(w->a);
	expect_u8(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 6, OFF);
	expect_good(ssc_set_key(w->a, ALL, 0, ON, ON, key_a));
	vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
	sim_drain_attentions(w->a);
	expect_u8(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 6, OFF);
}

/* ---- reservations ---- */

static const uint8_t res_key_a[8] = "initia.a", res_key_b[8] = "initia.b";

/* PERSISTENT RESERVE OUT, of type write exclusive. */
static struct io *pr_out(struct vtl_nexus *nexus, uint8_t action, const uint8_t *key, const uint8_t *service_key)
{
	uint8_t list[24] = { 0 };

	if (key)
		memcpy(list, key, 8);
	if (service_key)
		memcpy(list + 8, service_key, 8);
	return io_out(nexus, list, sizeof(list), CDB(0x5f, action, 0x01, 0, 0, 0, 0, 0, 24, 0));
}
enum { REGISTER = 0, RESERVE = 1, RELEASE = 2, CLEAR = 3, PREEMPT = 4 };

static unsigned encryption_mode(struct vtl_nexus *nexus)
{
	sim_drain_attentions(nexus);
	return expect_good(ssc_security_in(nexus, 0x20, 0x20))->in[5];
}

/* Both are registered, `a` holds a persistent reservation. */
static void reserve(struct ssc_world *w)
{
	expect_good(pr_out(w->a, REGISTER, NULL, res_key_a));
	expect_good(pr_out(w->b, REGISTER, NULL, res_key_b));
	expect_good(pr_out(w->a, RESERVE, res_key_a, NULL));
}

EACH_DRIVE(a_key_is_forgotten_when_the_reservation_is_preempted_if_ckorp_says_so)
{
	if (!encrypts(w))
		return;
	expect_bad_param(ssc_set_key(w->a, ALL, CKORP, ON, ON, key_a), 5, 1);
	reserve(w);
	expect_good(ssc_set_key(w->a, ALL, CKORP, ON, ON, key_a));
	sim_drain_attentions(w->b);
	assert_int_equal(encryption_mode(w->a), ON);
	expect_good(pr_out(w->b, PREEMPT, res_key_b, res_key_a));
	expect_sense(ssc_ready(w->b), 6, 0x2a, 0x11);
	assert_int_equal(encryption_mode(w->b), OFF);
	assert_int_equal(encryption_mode(w->a), OFF);
}

EACH_DRIVE(a_preemption_is_a_loss_too_and_a_release_is_no_preemption)
{
	if (!encrypts(w))
		return;
	reserve(w);
	expect_good(ssc_set_key(w->a, LOCAL, CKORP, ON, ON, key_a));
	expect_good(pr_out(w->a, RELEASE, res_key_a, NULL));
	assert_int_equal(encryption_mode(w->a), ON);
	expect_good(pr_out(w->a, RESERVE, res_key_a, NULL));
	expect_good(ssc_set_key(w->a, LOCAL, CKORL, ON, ON, key_a));
	expect_good(pr_out(w->b, PREEMPT, res_key_b, res_key_a));
	assert_int_equal(encryption_mode(w->a), OFF);
}

EACH_DRIVE(a_key_is_forgotten_with_a_persistent_reservation_however_it_ends)
{
	static const uint8_t ends[] = { RELEASE, CLEAR, REGISTER };

	if (!encrypts(w))
		return;
	for (unsigned i = 0; i < sizeof(ends); i++) {
		reserve(w);
		expect_good(ssc_set_key(w->a, LOCAL, CKORL, ON, ON, key_a));
		assert_int_equal(encryption_mode(w->a), ON);
		expect_good(pr_out(w->a, ends[i], res_key_a, NULL));
		assert_int_equal(encryption_mode(w->a), OFF);
		pr_out(w->a, CLEAR, res_key_a, NULL);
		sim_drain_attentions(w->b);
		pr_out(w->b, CLEAR, res_key_b, NULL);
		sim_drain_attentions(w->a);
	}
}

EACH_DRIVE(a_key_for_all_is_forgotten_when_who_reserved_for_it_is_gone)
{
	if (!encrypts(w))
		return;
	expect_good(io(w->a, CDB(0x16, 0, 0, 0, 0, 0)));
	expect_good(ssc_set_key(w->a, ALL, CKORL, ON, ON, key_a));
	sim_drain_attentions(w->b);
	vtl_nexus_lost(w->a);
	w->a = sim_initiator(w->dev, 1);
	assert_int_equal(encryption_mode(w->b), OFF);
}

/* More blocks than are done at once: the rest is done when the test lets it. */
enum { MANY = 3000, SMALL = 512 };

static struct io *begin_long_write(struct ssc_world *w)
{
	static uint8_t data[MANY * SMALL];
	struct io *write;

	for (unsigned i = 0; i < MANY; i++)
		ssc_fill(data + i * SMALL, SMALL, NOT_COMPRESSIBLE + i);
	ssc_set_block(w->a, SMALL);
	expect_good(ssc_set_key(w->a, LOCAL, 0, ON, ON, key_a));
	w->sim.hold_jobs = true;
	write = io_start(w->a, CDB(0x0a, 1, 0, MANY >> 8, MANY & 0xff, 0), data, sizeof(data), 0);
	assert_false(io_done(write));
	return write;
}

static void go_on(struct ssc_world *w)
{
	w->sim.hold_jobs = false;
	sim_run_jobs(&w->sim);
	sim_drain_attentions(w->a);
	sim_drain_attentions(w->b);
}

/* Who has no key can read none of them. */
static void expect_all_encrypted(struct ssc_world *w, uint64_t blocks)
{
	assert_true(blocks > 0);
	for (uint64_t i = 0; i < blocks; i += i + 100 < blocks ? 100 : 1) {
		expect_good(ssc_locate(w->b, LOCATE_TO_OBJECT, i));
		expect_sense(ssc_read(w->b, RW_SILI, SMALL, SMALL), 0x7, 0x74, 0x01);
	}
}

EACH_DRIVE(no_block_of_a_write_is_stored_in_the_clear_because_a_reset_forgets_its_key_meanwhile)
{
	struct io *write;

	if (!encrypts(w))
		return;
	write = begin_long_write(w);
	vtl_dev_reset(w->dev, VTL_RESET_LOGICAL_UNIT);
	go_on(w);
	expect_status(write, SAM_TASK_ABORTED);
	expect_u8(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 5, OFF);
	expect_good(ssc_space(w->b, SPACE_EOD, 0));
	expect_all_encrypted(w, ssc_object(w->b));
	assert_true(msecret_is_blank());
	/* What comes next is not encrypted: nobody says that it is to be. */
	expect_good(ssc_write(w->b, 100, 1));
	expect_good(ssc_space(w->b, SPACE_BLOCKS, -1));
	ssc_expect_block(w->b, 100, 1);
}

EACH_DRIVE(a_key_that_is_forgotten_while_another_looks_at_the_next_block_is_gone)
{
	struct vtl_nexus *c;
	struct io *look;

	if (!encrypts(w))
		return;
	c = sim_initiator(w->dev, 7);
	expect_good(ssc_set_key(c, LOCAL, 0, ON, ON, key_a));
	expect_good(ssc_write(c, 100, 1));
	expect_good(ssc_filemarks(c, 1));
	expect_good(ssc_rewind(w->a));
	assert_false(msecret_is_blank());
	w->sim.hold_jobs = true;
	look = io_start(w->a, CDB(0xa2, 0x20, 0, 0x21, 0, 0, 0, 0, 4, 0, 0, 0), NULL, 0, 1024);
	assert_false(io_done(look));
	vtl_nexus_lost(c);
	go_on(w);
	expect_u8(expect_good(look), 12, 6);
	assert_true(msecret_is_blank());
}

EACH_DRIVE(a_write_goes_on_as_it_began_when_the_key_of_another_is_forgotten)
{
	struct vtl_nexus *c;
	struct io *write;

	if (!encrypts(w))
		return;
	c = sim_initiator(w->dev, 7);
	expect_good(ssc_set_key(c, LOCAL, 0, ON, ON, key_b));
	write = begin_long_write(w);
	vtl_nexus_lost(c);
	go_on(w);
	expect_good(write);
	expect_all_encrypted(w, MANY);
	expect_u8(expect_good(ssc_security_in(w->a, 0x20, 0x20)), 5, ON);
}

EACH_DRIVE(a_read_goes_on_as_it_began_when_the_key_of_another_is_forgotten)
{
	struct vtl_nexus *c;
	struct io *read;

	if (!encrypts(w))
		return;
	c = sim_initiator(w->dev, 7);
	expect_good(ssc_set_key(c, LOCAL, 0, ON, ON, key_b));
	begin_long_write(w);
	go_on(w);
	expect_good(ssc_rewind(w->a));
	w->sim.hold_jobs = true;
	read = io_start(w->a, CDB(0x08, 1, 0, MANY >> 8, MANY & 0xff, 0), NULL, 0, MANY * SMALL);
	assert_false(io_done(read));
	vtl_nexus_lost(c);
	go_on(w);
	expect_good(read);
}

static void no_key_is_left_when_the_drive_is_taken_away(void **state)
{
	struct ssc_world *w = ssc_open(ssc_some_model(), MEDIA_CODEC_ZLIB);

	ssc_insert(w, &(struct ssc_cartridge){ 0 });
	expect_good(ssc_set_key(w->a, ALL, 0, ON, ON, key_a));
	sim_drain_attentions(w->b);
	expect_good(ssc_set_key(w->b, LOCAL, 0, ON, ON, key_b));
	expect_good(ssc_write(w->b, 100, 1));
	assert_false(msecret_is_blank());
	ssc_end(w);
	assert_true(msecret_is_blank());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SSC_TEST(a_key_is_forgotten_when_the_cartridge_leaves_if_ckod_says_so),
		SSC_TEST(a_key_is_forgotten_with_the_reservation_and_at_a_reset),
		SSC_TEST(a_key_is_forgotten_when_the_reservation_is_preempted_if_ckorp_says_so),
		SSC_TEST(a_preemption_is_a_loss_too_and_a_release_is_no_preemption),
		SSC_TEST(a_key_is_forgotten_with_a_persistent_reservation_however_it_ends),
		SSC_TEST(a_key_for_all_is_forgotten_when_who_reserved_for_it_is_gone),
		SSC_TEST(no_block_of_a_write_is_stored_in_the_clear_because_a_reset_forgets_its_key_meanwhile),
		SSC_TEST(a_key_that_is_forgotten_while_another_looks_at_the_next_block_is_gone),
		SSC_TEST(a_write_goes_on_as_it_began_when_the_key_of_another_is_forgotten),
		SSC_TEST(a_read_goes_on_as_it_began_when_the_key_of_another_is_forgotten),
		SSC_TEST(no_key_is_left_when_the_drive_is_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
