/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures SCSI devices in the guest: round trips of TEST UNIT READY, and streams on one device or several. */
/*
 *	bench tur PID SG COUNT IDLE-MS			average and median, in us, with as much idling before each
 *	bench write|read PID st|tape|disk BLOCK TOTAL DEVICE...
 *		TOTAL bytes on each device, a process for each; all begin together, and the slowest one's end counts.
 *		st: by write() and read() of st's device, from the tape's beginning. tape, disk: by SG_IO, a command for
 *		each block; above a drive's largest block a tape is used in its fixed mode, 256 KiB each. A write of
 *		tape ends with a synchronous filemark.
 *
 * PID is that of the daemon, whose processor time is told together with the kernel's (0: there is none).
 */
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mtio.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEVICES 8
#define FIXED (256u << 10)
#define LARGEST (8u << 20)	/* block of a tape */
#define SECTOR 512u

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- processor time ---- */

struct spent {
	double user, system;	/* the daemon's, s */
	double kernel;		/* of the whole machine in the kernel, interrupts included, s */
};

static struct spent spent_until_now(int pid)
{
	unsigned long long u = 0, s = 0, user, nice, system, idle, wait, irq, softirq;
	double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
	struct spent spent = { 0 };
	char name[64];
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	f = pid ? fopen(name, "r") : NULL;
	if (f && fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &u, &s) == 2) {
		spent.user = (double)u * tick;
		spent.system = (double)s * tick;
	}
	if (f)
		fclose(f);
	f = fopen("/proc/stat", "r");
	if (f && fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait, &irq,
			&softirq) == 7)
		spent.kernel = (double)(system + irq + softirq) * tick;
	if (f)
		fclose(f);
	return spent;
}

/* ---- commands ---- */

static int command(int fd, const uint8_t *cdb, unsigned cdb_len, int direction, void *data, unsigned len)
{
	uint8_t sense[64];
	struct sg_io_hdr io = {
		.interface_id = 'S',
		.dxfer_direction = direction,
		.cmd_len = (unsigned char)cdb_len,
		.cmdp = (uint8_t *)(uintptr_t)cdb,
		.mx_sb_len = sizeof(sense),
		.sbp = sense,
		.dxfer_len = len,
		.dxferp = data,
		.timeout = 60000,
	};

	return ioctl(fd, SG_IO, &io) || io.status || io.host_status || io.resid ? -1 : 0;
}

/* A device that was reset, or whose medium is new, says so first. */
static int settle(int fd)
{
	static const uint8_t tur[6];
	int n;

	for (n = 0; n < 10; n++)
		if (!command(fd, tur, 6, SG_DXFER_NONE, NULL, 0))
			return 0;
	return -1;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int round_trips(const char *device, unsigned count, unsigned idle_ms)
{
	struct timespec pause = { .tv_sec = idle_ms / 1000, .tv_nsec = idle_ms % 1000 * 1000000L };
	static const uint8_t tur[6];
	double *took = calloc(count, sizeof(*took)), sum = 0;
	int fd = open(device, O_RDWR | O_NONBLOCK);
	unsigned i;

	if (fd < 0 || !took || settle(fd)) {
		perror(device);
		return 1;
	}
	for (i = 0; i < count; i++) {
		if (idle_ms)
			nanosleep(&pause, NULL);
		took[i] = now();
		if (command(fd, tur, 6, SG_DXFER_NONE, NULL, 0)) {
			fprintf(stderr, "%s: TEST UNIT READY failed\n", device);
			return 1;
		}
		took[i] = now() - took[i];
		sum += took[i];
	}
	qsort(took, count, sizeof(*took), by_value);
	printf("%.1f %.1f\n", sum / count * 1e6, took[count / 2] * 1e6);
	return 0;
}

/* ---- streams ---- */

enum kind { ST, TAPE, DISK };

struct stream {
	const char *device;
	enum kind kind;
	bool write;
	uint32_t block;
	uint64_t total;
	int fd;
	uint8_t *data;
	uint32_t sectors;	/* of a disk */
};

static int tape_op(int fd, short op, int count)
{
	struct mtop mt = { .mt_op = op, .mt_count = count };

	return ioctl(fd, MTIOCTOP, &mt);
}

static int rewind_tape(struct stream *s)
{
	static const uint8_t rewind[6] = { 0x01 };

	if (s->kind == ST)
		return tape_op(s->fd, MTREW, 1) || tape_op(s->fd, MTSETBLK, 0);
	return settle(s->fd) || command(s->fd, rewind, 6, SG_DXFER_NONE, NULL, 0);
}

/* MODE SELECT(6) of nothing but a block descriptor: the size of blocks in fixed mode. */
static int set_fixed(struct stream *s)
{
	uint8_t list[12] = { 0, 0, 0x10, 8, [9] = FIXED >> 16 & 0xff, [10] = FIXED >> 8 & 0xff, [11] = FIXED & 0xff };
	static const uint8_t select[6] = { 0x15, 0x10, 0, 0, sizeof(list) };

	return command(s->fd, select, 6, SG_DXFER_TO_DEV, list, sizeof(list));
}

static int measure_disk(struct stream *s)
{
	static const uint8_t read_capacity[10] = { 0x25 };
	uint8_t answer[8];

	if (settle(s->fd) || command(s->fd, read_capacity, 10, SG_DXFER_FROM_DEV, answer, sizeof(answer)))
		return -1;
	s->sectors = ((uint32_t)answer[0] << 24 | answer[1] << 16 | answer[2] << 8 | answer[3]) + 1;
	return s->sectors < s->block / SECTOR ? -1 : 0;
}

static int prepare(struct stream *s)
{
	int n;

	s->data = mmap(NULL, s->block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (s->data == MAP_FAILED)
		return -1;
	for (n = 0; s->write && (uint32_t)n < s->block; n += 256)
		if (getrandom(s->data + n, 256, 0) != 256)
			return -1;
	/* A cartridge that another door knows already is new at this one. */
	for (n = 0; n < 5 && s->kind == ST; n++) {
		s->fd = open(s->device, O_RDWR);
		if (s->fd >= 0 && !rewind_tape(s))
			return 0;
		close(s->fd);
	}
	s->fd = s->kind == ST ? -1 : open(s->device, O_RDWR | O_NONBLOCK);
	if (s->fd < 0)
		return -1;
	if (s->kind == DISK)
		return measure_disk(s);
	return rewind_tape(s) || (s->block > LARGEST && set_fixed(s)) ? -1 : 0;
}

static int one_block(struct stream *s, uint64_t at)
{
	uint32_t blocks = s->block > LARGEST ? s->block / FIXED : s->block, count = s->block / SECTOR;
	uint32_t lba = s->sectors ? (uint32_t)(at / s->block % (s->sectors / count)) * count : 0;
	uint8_t tape[6] = { s->write ? 0x0a : 0x08, s->block > LARGEST, (uint8_t)(blocks >> 16), (uint8_t)(blocks >> 8),
			    (uint8_t)blocks };
	uint8_t disk[10] = { s->write ? 0x2a : 0x28, 0, (uint8_t)(lba >> 24), (uint8_t)(lba >> 16), (uint8_t)(lba >> 8),
			     (uint8_t)lba, 0, (uint8_t)(count >> 8), (uint8_t)count };

	if (s->kind == ST)
		return (s->write ? write(s->fd, s->data, s->block) : read(s->fd, s->data, s->block)) !=
		       (ssize_t)s->block;
	return command(s->fd, s->kind == TAPE ? tape : disk, s->kind == TAPE ? 6 : 10,
		       s->write ? SG_DXFER_TO_DEV : SG_DXFER_FROM_DEV, s->data, s->block);
}

static int stream(struct stream *s)
{
	static const uint8_t filemark[6] = { 0x10, 0, 0, 0, 1 };
	uint64_t at;

	for (at = 0; at < s->total; at += s->block)
		if (one_block(s, at))
			return -1;
	if (!s->write || s->kind == DISK)
		return 0;
	return s->kind == ST ? tape_op(s->fd, MTWEOF, 1) : command(s->fd, filemark, 6, SG_DXFER_NONE, NULL, 0);
}

static void child(struct stream *s, int ready, int go)
{
	char c = (char)(prepare(s) ? '-' : '+');

	if (write(ready, &c, 1) != 1 || c != '+' || read(go, &c, 1) != 0 || stream(s)) {
		perror(s->device);
		_exit(1);
	}
	_exit(0);
}

static int streams(const struct stream *model, int pid, char **devices, unsigned count)
{
	struct spent before, after;
	int ready[2], go[2], status, bad = 0;
	double begin, end;
	unsigned n;
	char c;

	if (pipe(ready) || pipe(go))
		return 1;
	for (n = 0; n < count; n++) {
		struct stream s = *model;

		s.device = devices[n];
		if (!fork()) {
			close(go[1]);
			child(&s, ready[1], go[0]);
		}
	}
	for (n = 0; n < count; n++)
		bad += read(ready[0], &c, 1) != 1 || c != '+';
	before = spent_until_now(pid);
	begin = now();
	close(go[1]);
	while (wait(&status) > 0)
		bad += status != 0;
	end = now();
	after = spent_until_now(pid);
	if (bad)
		return 1;
	printf("%.1f %.2f %.2f %.2f\n", (double)(model->total * count) / (end - begin) / 1e6,
	       (after.user - before.user) / (end - begin), (after.system - before.system) / (end - begin),
	       (after.kernel - before.kernel) / (end - begin));
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = { "st", "tape", "disk" };
	struct stream s = { 0 };
	unsigned kind;

	if (argc == 6 && !strcmp(argv[1], "tur"))
		return round_trips(argv[3], (unsigned)atoi(argv[4]), (unsigned)atoi(argv[5]));
	if (argc < 7 || argc > 6 + MAX_DEVICES)
		return 2;
	for (kind = 0; kind < 3 && strcmp(argv[3], kinds[kind]); kind++)
		;
	s.kind = kind;
	s.write = !strcmp(argv[1], "write");
	s.block = (uint32_t)strtoul(argv[4], NULL, 0);
	s.total = strtoull(argv[5], NULL, 0);
	return kind == 3 || !s.block || s.block % SECTOR ? 2 : streams(&s, atoi(argv[2]), argv + 6, (unsigned)argc - 6);
}
