/* SPDX-License-Identifier: GPL-2.0-only */
/* One turn of the soak: the library must be as the last answered command made it; then moves until it is killed. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "be.h"
#include "initiator.h"
#include "why.h"

#define MAX_ELEMENTS	32
#define TAG_LEN		32

struct element {
	uint16_t address;
	uint8_t type;
	char tag[TAG_LEN + 1];		/* "" if it is empty */
};

/* What is known from turn to turn; kept in a file. */
struct state {
	uint64_t chance;
	uint32_t elements, commands;
	uint8_t capabilities[20];	/* mode page 1Fh */
	struct element element[MAX_ELEMENTS];
	bool pending;			/* a command was not answered: either it took place or not */
	uint32_t from, to, second;	/* of it, indexes; second MAX_ELEMENTS: a move */
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
	fputs("soak: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static uint32_t draw(struct state *state, uint32_t below)
{
	state->chance = state->chance * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(state->chance >> 33) % below;
}

/* READ ELEMENT STATUS of all; the elements in the order of addresses. */
static unsigned look(struct initiator *changer, struct element *element)
{
	static uint8_t buf[65536];
	struct initiator_command ask = {
		.cdb = { 0xb8, 0x10, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff },
		.cdb_len = 12, .direction = INITIATOR_IN, .data = buf, .len = 0xffff,
	};
	struct why why = { "" };
	unsigned n = 0, at = 8;

	if (initiator_do(changer, &ask, "read element status", &why))
		fail("%s", why.text);
	while (at + 8 <= ask.actual) {
		unsigned len = get_be16(buf + at + 2), end = at + 8 + get_be24(buf + at + 5);
		uint8_t type = buf[at];

		for (at += 8; at < end && at + len <= ask.actual; at += len, n++) {
			if (n == MAX_ELEMENTS)
				fail("more elements than expected");
			element[n] = (struct element){ .address = get_be16(buf + at), .type = type };
			if (buf[at + 2] & 1)
				memcpy(element[n].tag, buf + at + 12, TAG_LEN);
			element[n].tag[strcspn(element[n].tag, " ")] = '\0';
			if ((buf[at + 2] & 1) && !element[n].tag[0])
				fail("element %u is full of nothing", element[n].address);
		}
	}
	return n;
}

/* What a command that takes place makes of the elements. */
static void apply(struct state *state)
{
	char a[TAG_LEN + 1], b[TAG_LEN + 1];

	memcpy(a, state->element[state->from].tag, sizeof(a));
	memcpy(b, state->element[state->to].tag, sizeof(b));
	state->element[state->from].tag[0] = '\0';
	if (state->second < MAX_ELEMENTS)
		memcpy(state->element[state->second].tag, b, sizeof(b));
	memcpy(state->element[state->to].tag, a, sizeof(a));
}

static bool equal(const struct state *state, const struct element *found, unsigned n)
{
	if (n != state->elements)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (found[i].address != state->element[i].address || strcmp(found[i].tag, state->element[i].tag))
			return false;
	return true;
}

/* As the last answered command says, or one further where the last one was not answered. */
static void compare(struct state *state, struct initiator *changer)
{
	struct element found[MAX_ELEMENTS];
	unsigned n = look(changer, found);

	if (!state->elements) {
		state->elements = n;
		memcpy(state->element, found, sizeof(found));
		return;
	}
	if (!equal(state, found, n) && state->pending)
		apply(state);
	if (!equal(state, found, n)) {
		for (unsigned i = 0; i < n; i++)
			fprintf(stderr, "element %u: \"%s\", expected \"%s\"\n", found[i].address, found[i].tag,
				state->element[i].tag);
		fail("the inventory is not what the commands made it");
	}
	state->pending = false;
}

/* What the capabilities page says of a source and a destination, from byte `at` on. */
static bool capable(const struct state *state, unsigned at, uint32_t from, uint32_t to)
{
	return state->capabilities[at + state->element[from].type - 1u] & 1 << (state->element[to].type - 1);
}

static void read_capabilities(struct state *state, struct initiator *changer)
{
	uint8_t buf[64];
	struct initiator_command ask = {
		.cdb = { 0x1a, 8, 0x1f, 0, sizeof(buf) },
		.cdb_len = 6, .direction = INITIATOR_IN, .data = buf, .len = sizeof(buf),
	};
	struct why why = { "" };

	if (initiator_do(changer, &ask, "mode sense", &why) || ask.actual < 4 + sizeof(state->capabilities))
		fail("no device capabilities page: %s", why.text);
	memcpy(state->capabilities, buf + 4, sizeof(state->capabilities));
}

/* Whether the command that was drawn can take place. */
static bool possible(const struct state *state)
{
	const struct element *e = state->element;

	if (!e[state->from].tag[0])
		return false;
	if (!capable(state, state->second == MAX_ELEMENTS ? 4 : 12, state->from, state->to) ||
	    (state->second < MAX_ELEMENTS && !capable(state, 4, state->to, state->second)))
		return false;
	if (state->second == MAX_ELEMENTS)
		return state->from != state->to && !e[state->to].tag[0];
	return e[state->to].tag[0] && state->from != state->to &&
	       state->second != state->to && (state->second == state->from || !e[state->second].tag[0]);
}

/* Not a transport element: with a cartridge in it, it carries no other. */
static uint32_t draw_element(struct state *state)
{
	uint32_t n;

	do
		n = draw(state, state->elements);
	while (state->element[n].type == 1);
	return n;
}

/* Mostly one that is possible. */
static void draw_command(struct state *state)
{
	do {
		state->from = draw_element(state);
		state->to = draw_element(state);
		state->second = draw(state, 4) ? MAX_ELEMENTS : draw(state, 2) ? state->from : draw_element(state);
	} while (!possible(state) && draw(state, 8));
}

/* False when the daemon is gone. */
static bool command(struct state *state, struct initiator *changer)
{
	struct initiator_command cmd = { .cdb_len = 12 };
	struct why why = { "" };

	draw_command(state);
	cmd.cdb[0] = state->second < MAX_ELEMENTS ? 0xa6 : 0xa5;
	put_be16(cmd.cdb + 4, state->element[state->from].address);
	put_be16(cmd.cdb + 6, state->element[state->to].address);
	if (state->second < MAX_ELEMENTS)
		put_be16(cmd.cdb + 8, state->element[state->second].address);
	state->pending = possible(state);
	if (initiator_send(changer, &cmd, &why))
		return false;
	if (cmd.status == SCSI_GOOD && state->pending)
		apply(state);
	else if (state->pending)
		fail("a command that was possible was refused: %02x/%02x", cmd.sense.asc, cmd.sense.ascq);
	else if (cmd.status == SCSI_GOOD && state->from != state->to)
		fail("a command that was not possible was carried out");
	state->pending = false;
	state->commands++;
	return true;
}

/* ARGUMENTS: state file, seed, pid to kill (0: only compare), longest time in milliseconds, URL of the changer. */
int main(int argc, char **argv)
{
	struct state state = { 0 };
	struct initiator *changer;
	struct why why = { "" };
	struct itimerval timer = { { 0, 0 }, { 0, 0 } };
	FILE *file;

	if (argc != 6)
		fail("usage: STATE SEED PID LONGEST URL");
	state.chance = strtoull(argv[2], NULL, 10);
	file = fopen(argv[1], "r");
	if (file && fread(&state, sizeof(state), 1, file) != 1)
		fail("%s cannot be read", argv[1]);
	if (file)
		fclose(file);
	if (initiator_connect(argv[5], &changer, &why))
		fail("%s", why.text);
	compare(&state, changer);
	read_capabilities(&state, changer);
	victim = (pid_t)atoi(argv[3]);
	if (victim) {
		timer.it_value.tv_usec = 1000 + 1000 * (long)draw(&state, (uint32_t)atoi(argv[4]));
		signal(SIGALRM, kill_victim);
		setitimer(ITIMER_REAL, &timer, NULL);
		while (command(&state, changer))
			;
	}
	initiator_disconnect(changer);
	file = fopen(argv[1], "w");
	if (!file || fwrite(&state, sizeof(state), 1, file) != 1 || fclose(file))
		fail("%s cannot be written", argv[1]);
	printf("%u commands answered so far\n", state.commands);
	return 0;
}
