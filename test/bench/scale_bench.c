/* SPDX-License-Identifier: GPL-2.0-only */
/* Times a changer over iSCSI: READ ELEMENT STATUS of all elements, and durable moves beside fdatasync() by turns. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "be.h"
#include "initiator.h"
#include "why.h"

#define MOST	(0xffffffu)	/* bytes: ALLOCATION LENGTH has three */
#define PAGE	4096u

__attribute__((noreturn)) static void die(const char *what, const char *why)
{
	fprintf(stderr, "scale_bench: %s: %s\n", what, why);
	exit(1);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *us, unsigned n)
{
	qsort(us, n, sizeof(*us), compare);
	return us[n / 2];
}

static double run(struct initiator *changer, struct initiator_command *cmd, const char *what)
{
	struct why why = { "" };
	double begin = now_us();

	if (initiator_do(changer, cmd, what, &why))
		die(what, why.text);
	return now_us() - begin;
}

static void elements(struct initiator *changer, unsigned rounds)
{
	struct initiator_command ask = {
		.cdb = { 0xb8, 0x10, 0, 0, 0xff, 0xff, 1, 0xff, 0xff, 0xff },
		.cdb_len = 12, .direction = INITIATOR_IN, .data = malloc(MOST), .len = MOST,
	};
	double *us = calloc(rounds, sizeof(*us)), first;

	if (!us || !ask.data)
		die("elements", "no memory");
	first = run(changer, &ask, "READ ELEMENT STATUS");
	for (unsigned i = 0; i < rounds; i++)
		us[i] = run(changer, &ask, "READ ELEMENT STATUS");
	printf("{\"elements\": %u, \"bytes\": %zu, \"first_ms\": %.2f, \"median_ms\": %.2f, \"most_ms\": %.2f}\n",
	       get_be16((uint8_t *)ask.data + 2), (size_t)ask.actual, first / 1e3, median(us, rounds) / 1e3,
	       us[rounds - 1] / 1e3);
	free(us);
	free(ask.data);
}

/* To and fro between two elements; after each move a page is written to a file and made durable, as a move's is. */
static void moves(struct initiator *changer, unsigned from, unsigned to, unsigned rounds, const char *file)
{
	struct initiator_command cmd = { .cdb = { 0xa5 }, .cdb_len = 12 };
	double *move = calloc(rounds, sizeof(*move)), *sync = calloc(rounds, sizeof(*sync)), begin;
	static uint8_t page[PAGE];
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (!move || !sync || fd < 0 || posix_fallocate(fd, 0, (off_t)rounds * PAGE) || fsync(fd))
		die(file, "cannot be written");
	for (unsigned i = 0; i < rounds; i++) {
		put_be16(cmd.cdb + 4, (uint16_t)(i & 1 ? to : from));
		put_be16(cmd.cdb + 6, (uint16_t)(i & 1 ? from : to));
		move[i] = run(changer, &cmd, "MOVE MEDIUM");
		begin = now_us();
		if (pwrite(fd, page, PAGE, (off_t)i * PAGE) != PAGE || fdatasync(fd))
			die(file, "cannot be written");
		sync[i] = now_us() - begin;
	}
	printf("{\"move_us\": %.0f, \"fdatasync_us\": %.0f}\n", median(move, rounds), median(sync, rounds));
	close(fd);
	unlink(file);
	free(move);
	free(sync);
}

/* ARGUMENTS: URL elements ROUNDS, or URL move FROM TO ROUNDS FILE. */
int main(int argc, char **argv)
{
	struct initiator *changer;
	struct why why = { "" };

	if (argc != 4 && argc != 7)
		die("usage", "URL elements ROUNDS | URL move FROM TO ROUNDS FILE");
	if (initiator_connect(argv[1], &changer, &why))
		die(argv[1], why.text);
	if (argc == 4)
		elements(changer, (unsigned)atoi(argv[3]));
	else
		moves(changer, (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]), (unsigned)atoi(argv[5]), argv[6]);
	initiator_disconnect(changer);
	return 0;
}
