/* SPDX-License-Identifier: GPL-2.0-only */
/* One turn of the kill test: reads back what the last one left, then writes until the daemon is killed under it. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "be.h"
#include "initiator.h"
#include "tape.h"
#include "tape_record.h"

#define CARTRIDGES	2
#define TAG_LEN		36
#define DRIVE		4		/* element type codes */
#define LOCATE_16	0x92
#define LONGEST_LOAD_S	20
#define CUT_ABOVE	1500		/* objects: beyond, a cartridge is written again from somewhere before */

struct cartridge {
	char barcode[TAG_LEN + 1];
	uint16_t address, home;
	struct tape_record tape;
};

/* What is known from turn to turn; kept in a file. */
struct state {
	uint64_t seed;
	uint32_t turn;
	uint16_t drive;
	uint64_t verified;		/* objects that were read back and equal */
	struct cartridge cartridge[CARTRIDGES];
};

struct turn {
	struct state state;
	uint64_t chance;
	struct initiator *drive, *changer;
	struct reading reading;
	uint8_t buf[RECORD_MAX_BLOCK];
};

static pid_t victim;			/* for the signal handler alone */

static void kill_victim(int signal)
{
	kill(victim, SIGKILL);
}

__attribute__((noreturn, format(printf, 1, 2)))
static void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("cycle: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static uint32_t chance(struct turn *turn, uint32_t below)
{
	turn->chance = turn->chance * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(turn->chance >> 33) % below;
}

static void load_state(struct state *state, const char *path)
{
	FILE *f = fopen(path, "r");

	if (f && fread(state, sizeof(*state), 1, f) != 1)
		fail("%s: cannot be read", path);
	if (!f && errno != ENOENT)
		fail("%s: %s", path, strerror(errno));
	if (f)
		fclose(f);
}

static void save_state(const struct state *state, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(state, sizeof(*state), 1, f) != 1 || fclose(f))
		fail("%s: %s", path, strerror(errno));
}

/* ---- the changer ---- */

static struct cartridge *cartridge_named(struct state *state, const uint8_t *tag)
{
	for (unsigned i = 0; i < CARTRIDGES; i++)
		if (!memcmp(state->cartridge[i].barcode, tag, TAG_LEN))
			return &state->cartridge[i];
	return NULL;
}

/*
 * Goes through the elements. The first time, takes the first two cartridges as ours and their slots as their homes;
 * later, each has to be where it was, in one place.
 */
static void check_places(struct turn *turn)
{
	static uint8_t status[1 << 16];
	struct initiator_command ask = {
		.cdb = { 0xb8, 0x10, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff },
		.cdb_len = 12, .direction = INITIATOR_IN, .data = status, .len = sizeof(status) - 1,
	};
	struct state *state = &turn->state;
	unsigned found = 0, at = 8;
	struct why why;

	if (initiator_do(turn->changer, &ask, "read element status", &why))
		fail("%s", why.text);
	while (at + 8 <= ask.actual) {
		uint8_t type = status[at];
		unsigned len = get_be16(status + at + 2), end = at + 8 + get_be24(status + at + 5);

		for (at += 8; at < end && at + len <= ask.actual; at += len) {
			const uint8_t *d = status + at;
			uint16_t address = get_be16(d);
			struct cartridge *c = d[2] & 1 ? cartridge_named(state, d + 12) : NULL;

			if (type == DRIVE && !state->drive)
				state->drive = address;
			if (state->turn == 0 && d[2] & 1 && type != DRIVE && found < CARTRIDGES && !c) {
				c = &state->cartridge[found];
				memcpy(c->barcode, d + 12, TAG_LEN);
				c->address = c->home = address;
			}
			if (c && c->address != address)
				fail("%.8s is in element %u and was in %u", c->barcode, address, c->address);
			found += c != NULL;
		}
	}
	if (found != CARTRIDGES)
		fail("%u of %u cartridges are in the library", found, CARTRIDGES);
}

static void move(struct turn *turn, struct cartridge *c, uint16_t to)
{
	struct initiator_command cmd = { .cdb = { 0xa5 }, .cdb_len = 12 };
	struct why why;

	put_be16(cmd.cdb + 4, c->address);
	put_be16(cmd.cdb + 6, to);
	if (initiator_do(turn->changer, &cmd, "move medium", &why))
		fail("%s", why.text);
	c->address = to;
}

static struct cartridge *mounted(struct turn *turn)
{
	for (unsigned i = 0; i < CARTRIDGES; i++)
		if (turn->state.cartridge[i].address == turn->state.drive)
			return &turn->state.cartridge[i];
	return NULL;
}

/* Puts the cartridge that is not in the drive there. */
static struct cartridge *change_cartridge(struct turn *turn)
{
	struct cartridge *out = mounted(turn), *in = &turn->state.cartridge[0];

	if (out == in)
		in++;
	if (out)
		move(turn, out, out->home);
	move(turn, in, turn->state.drive);
	return in;
}

/* ---- the tape ---- */

/* Waits until the drive is ready, as it says itself with 28/00 and 02/04/01. */
static void wait_ready(struct turn *turn)
{
	time_t begin = time(NULL);

	while (time(NULL) < begin + LONGEST_LOAD_S) {
		struct initiator_command cmd = { .cdb_len = 6 };
		struct why why;

		if (initiator_send(turn->drive, &cmd, &why))
			fail("%s", why.text);
		if (cmd.status == SCSI_GOOD)
			return;
		if (cmd.sense.key != KEY_UNIT_ATTENTION && !(cmd.sense.key == KEY_NOT_READY && cmd.sense.asc == 0x04))
			fail("the drive is not ready: %x/%02x/%02x", cmd.sense.key, cmd.sense.asc, cmd.sense.ascq);
	}
	fail("the drive is not ready after %u seconds", LONGEST_LOAD_S);
}

static void read_back(struct turn *turn, struct cartridge *c)
{
	struct reading *reading = &turn->reading;
	struct why why;
	bool fine = true;

	wait_ready(turn);
	if (tape_simple(turn->drive, 0x01, 0, 0, "rewind", &why))
		fail("%s", why.text);
	reading_begin(reading, &c->tape, turn->state.seed);
	while (fine) {
		struct initiator_command cmd = {
			.cdb = { 0x08, 0x02 }, .cdb_len = 6, .direction = INITIATOR_IN,
			.data = turn->buf, .len = sizeof(turn->buf),
		};

		put_be24(cmd.cdb + 2, sizeof(turn->buf));
		if (initiator_send(turn->drive, &cmd, &why))
			fail("%s", why.text);
		if (cmd.status == SCSI_GOOD) {
			fine = reading_object(reading, turn->buf, cmd.actual);
		} else if (cmd.sense.filemark) {
			fine = reading_object(reading, NULL, 0);
		} else if (cmd.sense.key == KEY_BLANK_CHECK) {
			fine = reading_end(reading);
			break;
		} else {
			fail("object %" PRIu64 " of %.8s does not read: %x/%02x/%02x", reading->number, c->barcode,
			     cmd.sense.key, cmd.sense.asc, cmd.sense.ascq);
		}
	}
	if (!fine)
		fail("%.8s: %s", c->barcode, reading->fault);
	turn->state.verified += reading->number;
}

/* One object and, where it asks for it, the flush behind it. False: the session is lost. */
static bool write_object(struct turn *turn, struct tape_record *tape, const struct object *object)
{
	struct initiator_command cmd = { .cdb_len = 6 };
	struct why why;

	if (object->filemark) {
		cmd.cdb[0] = 0x10;
		cmd.cdb[1] = object->synchronous ? 0 : 1;
		cmd.cdb[4] = 1;
	} else {
		cmd.cdb[0] = 0x0a;
		put_be24(cmd.cdb + 2, object->len);
		cmd.direction = INITIATOR_OUT;
		cmd.data = turn->buf;
		cmd.len = object->len;
		object_fill(object, turn->buf);
	}
	tape->sent++;
	if (initiator_send(turn->drive, &cmd, &why))
		return false;
	if (!object->filemark && object->synchronous && cmd.status == SCSI_GOOD) {
		cmd = (struct initiator_command){ .cdb = { 0x10 }, .cdb_len = 6 };
		if (initiator_send(turn->drive, &cmd, &why))
			return false;
	}
	if (cmd.status != SCSI_GOOD)
		fail("writing object %" PRIu64 " ends with %x/%02x/%02x", tape->sent - 1, cmd.sense.key, cmd.sense.asc,
		     cmd.sense.ascq);
	if (object->synchronous)
		tape->durable = tape->sent;
	return true;
}

/* Goes on at the end, or somewhere before it, or anew. */
static uint64_t choose_place(struct turn *turn, const struct tape_record *tape)
{
	if (tape->runs > RECORD_RUNS - 2)
		return 0;
	if (tape->end > 0 && (tape->end > CUT_ABOVE || chance(turn, 3) == 0))
		return chance(turn, (uint32_t)(tape->end < CUT_ABOVE ? tape->end : CUT_ABOVE));
	return tape->end;
}

static void write_until_killed(struct turn *turn, struct cartridge *c, unsigned longest_ms)
{
	struct initiator_command locate = { .cdb = { LOCATE_16 }, .cdb_len = 16 };
	uint64_t from = choose_place(turn, &c->tape);
	struct itimerval timer = { 0 };
	struct why why;
	bool there = true;

	put_be64(locate.cdb + 4, from);
	if (initiator_do(turn->drive, &locate, "locate", &why))
		fail("%s", why.text);
	record_begin(&c->tape, from, turn->state.turn);
	signal(SIGALRM, kill_victim);
	timer.it_value.tv_usec = 1 + chance(turn, longest_ms * 1000);
	setitimer(ITIMER_REAL, &timer, NULL);
	while (there) {
		struct object object = object_of(turn->state.seed, turn->state.turn, c->tape.sent);

		there = write_object(turn, &c->tape, &object);
	}
}

/* cycle STATE SEED TGTD-PID LONGEST-MS DRIVE-URL CHANGER-URL; TGTD-PID 0: reads back only */
int main(int argc, char **argv)
{
	struct turn *turn = calloc(1, sizeof(*turn));
	struct cartridge *c;
	struct why why;

	if (argc != 7 || !turn)
		fail("usage: cycle STATE SEED TGTD-PID LONGEST-MS DRIVE-URL CHANGER-URL");
	load_state(&turn->state, argv[1]);
	turn->state.seed = strtoull(argv[2], NULL, 0);
	turn->chance = turn->state.seed ^ (uint64_t)turn->state.turn * 0x9e3779b97f4a7c15u;
	victim = (pid_t)strtol(argv[3], NULL, 0);
	signal(SIGPIPE, SIG_IGN);
	if (initiator_connect(argv[5], &turn->drive, &why) || initiator_connect(argv[6], &turn->changer, &why))
		fail("%s", why.text);

	check_places(turn);
	turn->state.turn++;
	c = mounted(turn);
	if (c)
		read_back(turn, c);
	if (!c || !victim || chance(turn, 4) == 0) {
		c = change_cartridge(turn);
		read_back(turn, c);
	}
	if (victim) {
		write_until_killed(turn, c, (unsigned)strtoul(argv[4], NULL, 0));
		printf("turn %" PRIu32 ": killed with object %" PRIu64 " of %.8s on its way, %" PRIu64
		       " of them durable\n", turn->state.turn, c->tape.sent - 1, c->barcode, c->tape.durable);
	} else {
		printf("%" PRIu64 " objects read back and equal in %" PRIu32 " turns\n", turn->state.verified,
		       turn->state.turn);
	}
	save_state(&turn->state, argv[1]);
	initiator_disconnect(turn->drive);
	initiator_disconnect(turn->changer);
	free(turn);
	return 0;
}
