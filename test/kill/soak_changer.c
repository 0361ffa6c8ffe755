/* SPDX-License-Identifier: GPL-2.0-only */
/* The soak's changer: where every cartridge has to be, and commands that move them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "soak.h"

/* READ ELEMENT STATUS of all; the elements in the order of types, then addresses. */
static unsigned look(struct worker *w, struct element *element)
{
	uint8_t *buf = calloc(1, 65536);
	struct initiator_command ask = {
		.cdb = { 0xb8, 0x10, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff },
		.cdb_len = 12, .direction = INITIATOR_IN, .data = buf, .len = 0xffff,
	};
	unsigned n = 0, at = 8;

	if (!buf || !soak_do(w, w->changer, &ask, "read element status"))
		soak_fail("the elements cannot be read");
	while (at + 8 <= ask.actual) {
		unsigned len = get_be16(buf + at + 2), end = at + 8 + get_be24(buf + at + 5);
		uint8_t type = buf[at];

		for (at += 8; at < end && at + len <= ask.actual; at += len, n++) {
			if (n == SOAK_ELEMENTS)
				soak_fail("more elements than expected");
			element[n] = (struct element){ .address = get_be16(buf + at), .type = type };
			if (buf[at + 2] & 1)
				memcpy(element[n].tag, buf + at + 12, SOAK_TAG);
			element[n].tag[strcspn(element[n].tag, " ")] = '\0';
			if ((buf[at + 2] & 1) && !element[n].tag[0])
				soak_fail("element %u is full of nothing", element[n].address);
		}
	}
	free(buf);
	return n;
}

static struct cartridge *named(struct soak_state *state, const char *tag)
{
	for (uint32_t i = 0; i < state->cartridges; i++)
		if (!strcmp(state->cartridge[i].tag, tag))
			return &state->cartridge[i];
	return NULL;
}

struct cartridge *changer_cartridge(struct soak *soak, const struct drive *drive)
{
	return named(&soak->state, soak->state.element[drive->element].tag);
}

/* ---- the model ---- */

/* What a command that takes place makes of the elements. */
static void apply(struct soak_state *state)
{
	char a[SOAK_TAG + 1], b[SOAK_TAG + 1];

	memcpy(a, state->element[state->from].tag, sizeof(a));
	memcpy(b, state->element[state->to].tag, sizeof(b));
	state->element[state->from].tag[0] = '\0';
	if (state->second < SOAK_NOWHERE)
		memcpy(state->element[state->second].tag, b, sizeof(b));
	memcpy(state->element[state->to].tag, a, sizeof(a));
}

static bool equal(const struct soak_state *state, const struct element *found, unsigned n)
{
	if (n != state->elements)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (found[i].address != state->element[i].address || strcmp(found[i].tag, state->element[i].tag))
			return false;
	return true;
}

/* The first time: what is there is what there is to be from now on. A WORM cartridge's barcode ends with a Y. */
static void take_stock(struct soak_state *state, const struct element *found, unsigned n)
{
	state->elements = n;
	memcpy(state->element, found, n * sizeof(*found));
	for (unsigned i = 0; i < n; i++) {
		struct cartridge *c = &state->cartridge[state->cartridges];

		if (!found[i].tag[0])
			continue;
		if (state->cartridges++ == SOAK_CARTRIDGES)
			soak_fail("more cartridges than expected");
		memcpy(c->tag, found[i].tag, sizeof(c->tag));
		c->worm = c->tag[strlen(c->tag) - 1] == 'Y';
		c->partitions = 1;
	}
}

void changer_compare(struct worker *w)
{
	struct soak *soak = w->soak;
	struct soak_state *state = &soak->state;
	struct element found[SOAK_ELEMENTS];
	unsigned n = look(w, found), drives = 0;

	if (!state->elements)
		take_stock(state, found, n);
	if (!equal(state, found, n) && state->pending)
		apply(state);
	if (!equal(state, found, n)) {
		for (unsigned i = 0; i < n; i++)
			fprintf(stderr, "soak: element %u: \"%s\", expected \"%s\"\n", found[i].address, found[i].tag,
				state->element[i].tag);
		soak_fail("the inventory is not what the commands made it");
	}
	state->pending = false;
	for (unsigned i = 0; i < n && drives < SOAK_DRIVES; i++)
		if (found[i].type == ELEMENT_DRIVE)
			soak->drive[drives++].element = i;
	if (drives != SOAK_DRIVES)
		soak_fail("%u drives instead of %u", drives, SOAK_DRIVES);
}

/* ---- what is possible ---- */

/* What the capabilities page says of a source and a destination, from byte `at` on. */
static bool capable(const struct soak_state *state, unsigned at, uint32_t from, uint32_t to)
{
	return state->capabilities[at + state->element[from].type - 1u] & 1 << (state->element[to].type - 1);
}

static bool read_capabilities(struct worker *w)
{
	struct soak_state *state = &w->soak->state;
	uint8_t buf[64];
	struct initiator_command ask = {
		.cdb = { 0x1a, 8, 0x1f, 0, sizeof(buf) },
		.cdb_len = 6, .direction = INITIATOR_IN, .data = buf, .len = sizeof(buf),
	};

	if (!soak_do(w, w->changer, &ask, "mode sense"))
		return false;
	if (ask.actual < 4 + sizeof(state->capabilities))
		soak_fail("the device capabilities page has %u bytes", ask.actual);
	memcpy(state->capabilities, buf + 4, sizeof(state->capabilities));
	return true;
}

/* Whether the command that was drawn can take place. */
static bool possible(const struct soak_state *state)
{
	const struct element *e = state->element;

	if (!e[state->from].tag[0])
		return false;
	if (!capable(state, state->second == SOAK_NOWHERE ? 4 : 12, state->from, state->to) ||
	    (state->second < SOAK_NOWHERE && !capable(state, 4, state->to, state->second)))
		return false;
	if (state->second == SOAK_NOWHERE)
		return state->from != state->to && !e[state->to].tag[0];
	return e[state->to].tag[0] && state->from != state->to && state->second != state->to &&
	       (state->second == state->from || !e[state->second].tag[0]);
}

/* Not a transport element: with a cartridge in it, it carries no other. */
static uint32_t draw_element(struct worker *w)
{
	const struct soak_state *state = &w->soak->state;
	uint32_t n;

	do
		n = soak_draw(w, state->elements);
	while (state->element[n].type == ELEMENT_TRANSPORT);
	return n;
}

/* Every other time a drive is where it goes, so that drives are full most of the time. */
static void draw_command(struct worker *w)
{
	struct soak_state *state = &w->soak->state;
	unsigned tries = 0;

	do {
		state->from = draw_element(w);
		state->to = soak_draw(w, 2) ? draw_element(w) : w->soak->drive[soak_draw(w, SOAK_DRIVES)].element;
		state->second = SOAK_NOWHERE;
		if (soak_draw(w, 4) == 0)
			state->second = soak_draw(w, 2) ? state->from : draw_element(w);
	} while (!possible(state) && ++tries < 40);
}

/* ---- commands ---- */

static bool involved(const struct soak *soak, const struct drive *drive)
{
	const struct soak_state *state = &soak->state;

	return drive->element == state->from || drive->element == state->to || drive->element == state->second;
}

static void lock_drives(struct soak *soak)
{
	for (unsigned d = 0; d < SOAK_DRIVES; d++)
		if (involved(soak, &soak->drive[d]))
			pthread_mutex_lock(&soak->drive[d].lock);
}

static void unlock_drives(struct soak *soak)
{
	for (unsigned d = 0; d < SOAK_DRIVES; d++)
		if (involved(soak, &soak->drive[d]))
			pthread_mutex_unlock(&soak->drive[d].lock);
}

static struct initiator_command medium_command(const struct soak_state *state)
{
	struct initiator_command cmd = { .cdb_len = 12 };

	cmd.cdb[0] = state->second < SOAK_NOWHERE ? 0xa6 : 0xa5;
	put_be16(cmd.cdb + 4, state->element[state->from].address);
	put_be16(cmd.cdb + 6, state->element[state->to].address);
	if (state->second < SOAK_NOWHERE)
		put_be16(cmd.cdb + 8, state->element[state->second].address);
	return cmd;
}

/* What left a drive was written out before; what came into one is to be looked at. */
static void carried_out(struct soak *soak)
{
	for (unsigned d = 0; d < SOAK_DRIVES; d++) {
		struct drive *drive = &soak->drive[d];
		struct cartridge *c = changer_cartridge(soak, drive);

		if (!involved(soak, drive))
			continue;
		if (c)
			cartridge_durable(c);
		drive->fresh = true;
	}
	apply(&soak->state);
	soak_count(soak, &soak->state.moves, 1);
}

/* The command in the state, with all locks. */
static bool command(struct worker *w)
{
	struct soak *soak = w->soak;
	struct soak_state *state = &soak->state;
	struct initiator_command cmd = medium_command(state);

	state->pending = possible(state);
	if (!soak_send(w, w->changer, &cmd))
		return false;
	if (cmd.status == SCSI_GOOD && state->pending)
		carried_out(soak);
	else if (state->pending)
		soak_fail("a move that was possible was refused: %02x/%02x", cmd.sense.asc, cmd.sense.ascq);
	else if (cmd.status == SCSI_GOOD && state->from != state->to)
		soak_fail("a move that was not possible was carried out");
	state->pending = false;
	return true;
}

/* A drive that was told to keep its cartridge does not give it to the changer. */
static bool prevented(struct worker *w)
{
	struct soak_state *state = &w->soak->state;
	struct initiator_command prevent = { .cdb = { 0x1e, 0, 0, 0, 1 }, .cdb_len = 6 };
	struct initiator_command allow = { .cdb = { 0x1e }, .cdb_len = 6 };
	struct initiator_command move = medium_command(state);
	unsigned d = 0;

	while (d < SOAK_DRIVES && w->soak->drive[d].element != state->from)
		d++;
	if (d == SOAK_DRIVES)
		return command(w);
	if (!drive_wait_ready(w, d) || !soak_do(w, w->drive[d], &prevent, "prevent") ||
	    !soak_send(w, w->changer, &move))
		return false;
	if (move.status != SCSI_CHECK_CONDITION || move.sense.asc != 0x53)
		soak_fail("a prevented move ends with status %02x, %02x/%02x", move.status, move.sense.asc,
			  move.sense.ascq);
	return soak_do(w, w->drive[d], &allow, "allow") && command(w);
}

bool changer_action(struct worker *w)
{
	struct soak *soak = w->soak;
	bool fine;

	if (!soak->state.capabilities[0] && !read_capabilities(w))
		return false;
	draw_command(w);
	lock_drives(soak);
	fine = possible(&soak->state) && soak_draw(w, 4) == 0 ? prevented(w) : command(w);
	unlock_drives(soak);
	return fine;
}

static uint32_t element_of(const struct soak_state *state, const char *tag)
{
	uint32_t n = 0;

	while (strcmp(state->element[n].tag, tag))
		n++;
	return n;
}

static bool move(struct worker *w, uint32_t from, uint32_t to)
{
	struct soak_state *state = &w->soak->state;

	state->from = from;
	state->to = to;
	state->second = SOAK_NOWHERE;
	return command(w);
}

bool changer_mount(struct worker *w, const struct cartridge *c)
{
	struct soak_state *state = &w->soak->state;
	uint32_t drive = w->soak->drive[0].element, from = element_of(state, c->tag), n = 0;

	if (from == drive)
		return true;
	if (!state->capabilities[0] && !read_capabilities(w))
		return false;
	while (state->element[n].type != ELEMENT_STORAGE || state->element[n].tag[0])
		n++;
	if (state->element[drive].tag[0] && !move(w, drive, n))
		return false;
	return move(w, from, drive);
}
