/* SPDX-License-Identifier: GPL-2.0-only */
/* One turn of the soak: what the last one left has to be there; then two initiators do anything until it ends. */
#include "soak.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static pid_t victim;			/* for the signal handler alone; 0: the turn ends in peace */
static atomic_bool *enough;		/* the same */
static struct worker *workers[SOAK_WORKERS];	/* for soak_fail() alone */
static volatile sig_atomic_t over;	/* the same: the time of this turn is over */

static void end_turn(int signal)
{
	over = 1;
	if (victim)
		kill(victim, SIGKILL);
	else
		atomic_store(enough, true);
}

/* The other initiator may be answered meanwhile: one of its lines may be of two commands. */
static void tell_latest(const struct worker *w)
{
	for (uint64_t n = w->answered > SOAK_LATEST ? w->answered - SOAK_LATEST : 0; n < w->answered; n++) {
		const struct latest *l = &w->latest[n % SOAK_LATEST];

		fprintf(stderr, "initiator %u, unit %c:", w->number, l->unit);
		for (size_t i = 0; i < sizeof(l->cdb); i++)
			fprintf(stderr, " %02x", l->cdb[i]);
		fprintf(stderr, ": status %02x, %x/%02x/%02x%s%s%s\n", l->status, l->sense.key, l->sense.asc,
			l->sense.ascq, l->sense.filemark ? " filemark" : "", l->sense.eom ? " EOM" : "",
			l->sense.deferred ? " deferred" : "");
	}
}

void soak_fail(const char *fmt, ...)
{
	va_list ap;

	for (unsigned i = 0; i < SOAK_WORKERS; i++)
		if (workers[i])
			tell_latest(workers[i]);
	va_start(ap, fmt);
	fputs("soak: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	_exit(1);
}

uint32_t soak_draw(struct worker *w, uint32_t below)
{
	w->chance = w->chance * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(w->chance >> 33) % below;
}

void soak_count(struct soak *soak, uint64_t *counter, uint64_t n)
{
	pthread_mutex_lock(&soak->count_lock);
	*counter += n;
	pthread_mutex_unlock(&soak->count_lock);
}

static void note_answer(struct worker *w, const struct initiator *unit, const struct initiator_command *command)
{
	struct latest *l = &w->latest[w->answered % SOAK_LATEST];

	l->unit = unit == w->changer ? 'C' : unit == w->drive[0] ? '0' : '1';
	memcpy(l->cdb, command->cdb, sizeof(l->cdb));
	l->status = command->status;
	l->sense = command->sense;
	w->answered++;
	soak_count(w->soak, &w->soak->state.commands, 1);
}

bool soak_send(struct worker *w, struct initiator *unit, struct initiator_command *command)
{
	for (int i = 0; i < 10 && !w->lost; i++) {
		struct why why;

		w->lost = initiator_send(unit, command, &why);
		if (!w->lost)
			note_answer(w, unit, command);
		else
			atomic_store(&w->soak->enough, true);
		if (w->lost || command->status != SCSI_CHECK_CONDITION || command->sense.key != KEY_UNIT_ATTENTION)
			break;
	}
	return !w->lost;
}

bool soak_do(struct worker *w, struct initiator *unit, struct initiator_command *command, const char *what)
{
	struct why why = { "" };

	if (!soak_send(w, unit, command))
		return false;
	if (initiator_judge(command, what, &why))
		soak_fail("%s", why.text);
	return true;
}

/* ---- what is kept from turn to turn ---- */

static void load_state(struct soak_state *state, const char *path)
{
	FILE *f = fopen(path, "r");

	if (f && fread(state, sizeof(*state), 1, f) != 1)
		soak_fail("%s: cannot be read", path);
	if (!f && errno != ENOENT)
		soak_fail("%s: %s", path, strerror(errno));
	if (f)
		fclose(f);
}

static void save_state(const struct soak_state *state, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(state, sizeof(*state), 1, f) != 1 || fclose(f))
		soak_fail("%s: %s", path, strerror(errno));
}

/* ---- an initiator ---- */

static struct worker *worker_new(struct soak *soak, unsigned number, char *const urls[])
{
	struct worker *w = calloc(1, sizeof(*w));
	struct why why;

	if (!w)
		soak_fail("out of memory");
	w->soak = soak;
	w->number = number;
	w->chance = soak->state.seed ^ (soak->state.turn * SOAK_WORKERS + number) * 0x9e3779b97f4a7c15u;
	if (initiator_connect(urls[0], &w->changer, &why))
		soak_fail("%s", why.text);
	for (unsigned d = 0; d < SOAK_DRIVES; d++)
		if (initiator_connect(urls[1 + d], &w->drive[d], &why))
			soak_fail("%s", why.text);
	return w;
}

static void worker_free(struct worker *w)
{
	initiator_disconnect(w->changer);
	for (unsigned d = 0; d < SOAK_DRIVES; d++)
		initiator_disconnect(w->drive[d]);
	free(w);
}

/*
 * Whoever has the lock of something looks whether the turn is over before he changes what the model says of it: the
 * last one may not have had an answer.
 */
static bool locked_action(struct worker *w, pthread_mutex_t *lock, unsigned drive)
{
	bool fine;

	pthread_mutex_lock(lock);
	fine = !atomic_load(&w->soak->enough);
	if (fine)
		fine = lock == &w->soak->changer_lock ? changer_action(w) : tape_action(w, drive);
	pthread_mutex_unlock(lock);
	return fine;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct soak *soak = w->soak;
	bool fine = true;

	while (fine && !atomic_load(&soak->enough)) {
		unsigned d = soak_draw(w, SOAK_DRIVES);

		if (soak_draw(w, 100) < soak->changer_share)
			fine = locked_action(w, &soak->changer_lock, d);
		else if (soak_draw(w, 20) == 0)
			fine = drive_ask(w, d);
		else
			fine = locked_action(w, &soak->drive[d].lock, d);
	}
	return NULL;
}

/* ---- a turn ---- */

/* What may have lost something has to be read back before anything is known of it again. */
static void mark_unchecked(struct soak *soak)
{
	for (uint32_t i = 0; i < soak->state.cartridges; i++) {
		struct cartridge *c = &soak->state.cartridge[i];

		for (unsigned p = 0; p < c->partitions; p++)
			c->unchecked |= !record_is_durable(&c->tape[p]);
		c->unchecked |= c->label_durable != c->label_sent;
	}
}

/* What is in the drives is read back at once, all else when it comes into one. */
static void check_mounted(struct soak *soak, struct worker *w)
{
	for (unsigned d = 0; d < SOAK_DRIVES; d++) {
		if (!changer_cartridge(soak, &soak->drive[d]))
			soak->drive[d].fresh = true;
		else if (!tape_check(w, d))
			soak_fail("the daemon ended while a cartridge was read back");
	}
}

/* The first cartridge has two partitions. */
static void divide_first(struct soak *soak, struct worker *w)
{
	struct cartridge *c = &soak->state.cartridge[0];

	if (!changer_mount(w, c) || !drive_wait_ready(w, 0) || !drive_format(w, 0, 2))
		soak_fail("the daemon ended before the first kill");
	c->partitions = 2;
}

static void check_all(struct soak *soak, struct worker *w)
{
	for (uint32_t i = 0; i < soak->state.cartridges; i++)
		if (!changer_mount(w, &soak->state.cartridge[i]) || !tape_check(w, 0))
			soak_fail("the daemon ended while a cartridge was read back");
}

static void run(struct soak *soak, struct worker *const worker[], unsigned longest_ms)
{
	struct itimerval timer = { 0 };
	unsigned ms = 1 + soak_draw(worker[0], longest_ms);

	timer.it_value.tv_sec = ms / 1000;
	timer.it_value.tv_usec = ms % 1000 * 1000;
	signal(SIGALRM, end_turn);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (unsigned i = 0; i < SOAK_WORKERS; i++)
		if (pthread_create(&worker[i]->thread, NULL, work, worker[i]))
			soak_fail("no thread");
	for (unsigned i = 0; i < SOAK_WORKERS; i++)
		pthread_join(worker[i]->thread, NULL);
	for (unsigned i = 0; i < SOAK_WORKERS; i++)
		if (worker[i]->lost && (!victim || !over))
			soak_fail("the daemon ended by itself");
	/* A daemon that ends in peace loses nothing. */
	for (uint32_t i = 0; i < soak->state.cartridges && !victim; i++)
		cartridge_durable(&soak->state.cartridge[i]);
}

static void turn(struct soak *soak, char *const urls[], bool last, unsigned longest_ms)
{
	struct worker *worker[SOAK_WORKERS];

	for (unsigned i = 0; i < SOAK_WORKERS; i++)
		workers[i] = worker[i] = worker_new(soak, i, urls);
	changer_compare(worker[0]);
	mark_unchecked(soak);
	for (unsigned i = 0; i < SOAK_WORKERS; i++)
		for (unsigned d = 0; d < SOAK_DRIVES; d++)
			drive_set_up(worker[i], d);
	if (soak->state.turn++ == 0)
		divide_first(soak, worker[0]);
	if (last)
		check_all(soak, worker[0]);
	else
		check_mounted(soak, worker[0]);
	if (!last)
		run(soak, worker, longest_ms);
	for (unsigned i = 0; i < SOAK_WORKERS; i++) {
		workers[i] = NULL;
		worker_free(worker[i]);
	}
}

/* kill_soak STATE SEED PID|peace|last LONGEST-MS CHANGER-SHARE CHANGER-URL DRIVE-URL DRIVE-URL */
int main(int argc, char **argv)
{
	struct soak *soak = calloc(1, sizeof(*soak));
	const struct soak_state *state = &soak->state;

	if (argc != 9 || !soak)
		soak_fail("usage: STATE SEED PID|peace|last LONGEST-MS CHANGER-SHARE CHANGER-URL DRIVE-URL DRIVE-URL");
	load_state(&soak->state, argv[1]);
	soak->state.seed = strtoull(argv[2], NULL, 0);
	soak->changer_share = (unsigned)strtoul(argv[5], NULL, 0);
	pthread_mutex_init(&soak->changer_lock, NULL);
	pthread_mutex_init(&soak->count_lock, NULL);
	for (unsigned d = 0; d < SOAK_DRIVES; d++)
		pthread_mutex_init(&soak->drive[d].lock, NULL);
	victim = (pid_t)strtol(argv[3], NULL, 10);
	enough = &soak->enough;
	signal(SIGPIPE, SIG_IGN);
	turn(soak, argv + 6, !strcmp(argv[3], "last"), (unsigned)strtoul(argv[4], NULL, 0));
	save_state(&soak->state, argv[1]);
	printf("%" PRIu32 " turns, %" PRIu64 " commands, %" PRIu64 " moves, %" PRIu64 " objects (%" PRIu64
	       " MB) written, %" PRIu64 " read and compared\n", state->turn, state->commands, state->moves,
	       state->written, state->written_bytes / 1000000, state->compared);
	free(soak);
	return 0;
}
