/* SPDX-License-Identifier: GPL-2.0-only */
/* A daemon gone mad: fuzz SECONDS SEED writes anything into the rings and calls anything, and tells how often. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bridge.h"

#define LIVES_MIN 10
#define PATIENCE 600	/* s: on a slow machine they take longer than they are given */

struct chance {
	uint64_t state;
};

/* SplitMix64's step: any seed will do. */
static uint64_t draw(struct chance *c)
{
	uint64_t z = c->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void scribble(struct chance *c, void *at, size_t len)
{
	uint8_t *p = at;
	size_t n = draw(c) % len + 1;

	while (n--)
		p[draw(c) % len] = (uint8_t)draw(c);
}

/* An answer that is nearly right. */
static void odd_answer(struct chance *c, struct bridge *b, const struct vtl_hba_sqe *sqe)
{
	struct vtl_hba_cqe cqe = { .tag = sqe->tag, .data_used = sqe->data_len };

	switch (draw(c) % 8) {
	case 0: cqe.tag ^= 1ULL << draw(c) % 64; break;
	case 1: cqe.data_used += (uint32_t)draw(c); break;
	case 2: cqe.sense_len = (uint8_t)draw(c); cqe.status = 2; break;
	case 3: cqe.result = (int32_t)draw(c); break;
	case 4: scribble(c, &cqe, sizeof(cqe)); break;
	case 5: bridge_answer(b, &cqe); break;
	case 6: cqe.status = (uint8_t)draw(c); break;
	}
	bridge_answer(b, &cqe);
}

static void odd_index(struct chance *c, struct bridge *b)
{
	switch (draw(c) % 4) {
	case 0: b->ring->cq_head = (uint32_t)draw(c); break;
	case 1: b->ring->sq_tail = (uint32_t)draw(c); break;
	case 2: b->ring->cq_tail = (uint32_t)draw(c); break;
	case 3: b->ring->sq_head = (uint32_t)draw(c); break;
	}
	ioctl(b->fd, VTL_HBA_DOORBELL);
	b->ring->cq_head = b->cq_head;
}

static void odd_call(struct chance *c, struct bridge *b)
{
	static const unsigned long calls[] = { VTL_HBA_ATTACH, VTL_HBA_LUN, VTL_HBA_DOORBELL, VTL_HBA_SET_FLAGS };
	uint8_t argument[512] = { VTL_HBA_VERSION };
	unsigned long call = calls[draw(c) % 4];
	struct vtl_hba_lun lun = { .op = (uint32_t)draw(c) % 5, .lun = { 0, (uint8_t)(draw(c) % 4) } };
	size_t size;
	void *map;

	switch (draw(c) % 6) {
	case 0:
		ioctl(b->fd, VTL_HBA_LUN, &lun);
		return;
	case 1:
		ioctl(b->fd, draw(c), argument);
		return;
	case 2:
		ioctl(b->fd, call, (void *)(uintptr_t)draw(c));
		return;
	case 3:
		size = draw(c) % (1 << 28) + 1;
		map = mmap(NULL, size, PROT_READ, draw(c) % 2 ? MAP_SHARED : MAP_PRIVATE, b->fd,
			   (off_t)(draw(c) % 65536 * 4096));
		if (map != MAP_FAILED)
			munmap(map, size);
		return;
	default:
		scribble(c, argument, sizeof(argument));
		ioctl(b->fd, call, argument);
	}
}

/* A life of a daemon, of a hundred or so odd things, and its end: in peace, or sudden. */
static void live(struct chance *c, unsigned deeds)
{
	struct bridge b;
	struct vtl_hba_sqe sqe;
	struct pollfd p = { .events = POLLIN };
	unsigned n;

	if (bridge_open(&b, VTL_HBA_DEVICE, draw(c) % 2 ? "fuzz" : "fuzz2", draw(c) % 2))
		_exit(1);
	p.fd = b.fd;
	bridge_lun(&b, VTL_HBA_LUN_ADD, 1, draw(c) % 2 + 1);
	for (n = 0; n < deeds; n++) {
		poll(&p, 1, 1);
		while (draw(c) % 4 && bridge_next(&b, &sqe))
			odd_answer(c, &b, &sqe);
		if (draw(c) % 2)
			bridge_ring(&b);
		if (draw(c) % 8 == 0)
			odd_index(c, &b);
		if (draw(c) % 2)
			odd_call(c, &b);
		if (draw(c) % 16 == 0)
			scribble(c, b.map, b.map_size - b.area_size);
	}
	if (draw(c) % 4 == 0)
		bridge_close(&b, draw(c) % 2);
	else if (draw(c) % 2)
		close(b.fd);	/* but the mapping stays for a while, and keeps the file */
	_exit(0);
}

int main(int argc, char **argv)
{
	struct chance c = { .state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1 };
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	unsigned long lives = 0, refused = 0, deeds = 0;
	unsigned todo;
	int status;
	pid_t pid;

	while (time(NULL) < end || (lives < LIVES_MIN && time(NULL) < end + PATIENCE)) {
		todo = (unsigned)(draw(&c) % 200) + 1;
		pid = fork();
		if (pid == 0)
			live(&c, todo);
		if (pid < 0 || waitpid(pid, &status, 0) < 0)
			return 1;
		if (WIFEXITED(status) && WEXITSTATUS(status)) {
			refused++;
		} else {
			lives++;
			deeds += todo;
		}
		c.state += todo;
	}
	printf("# %lu daemons did up to %lu odd things; %lu were refused\n", lives, deeds, refused);
	return lives < LIVES_MIN;
}
