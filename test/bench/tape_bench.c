/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures one logical unit over iSCSI: streams blocks with a fixed number of commands in flight, or times commands. */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

#define MAX_DEPTH 64

struct unit {
	struct iscsi_context *iscsi;
	int lun;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

__attribute__((noreturn)) static void die(const struct unit *unit, const char *what)
{
	fprintf(stderr, "tape_bench: %s: %s\n", what, unit->iscsi ? iscsi_get_error(unit->iscsi) : "");
	exit(1);
}

static void unit_open(struct unit *unit, const char *text)
{
	struct iscsi_url *url;

	unit->iscsi = iscsi_create_context("iqn.2026-01.org.tgt-vtl:bench");
	if (!unit->iscsi)
		die(unit, "no memory");
	url = iscsi_parse_full_url(unit->iscsi, text);
	if (!url)
		die(unit, text);
	iscsi_set_session_type(unit->iscsi, ISCSI_SESSION_NORMAL);
	iscsi_set_targetname(unit->iscsi, url->target);
	iscsi_set_header_digest(unit->iscsi, ISCSI_HEADER_DIGEST_NONE);
	iscsi_set_noautoreconnect(unit->iscsi, 1);
	unit->lun = url->lun;
	if (iscsi_full_connect_sync(unit->iscsi, url->portal, url->lun))
		die(unit, text);
	iscsi_destroy_url(url);
}

/* One command, with data-out if there is any; its status, or -1 if there was none. */
static int command_out(struct unit *unit, const uint8_t *cdb, int cdb_len, uint8_t *out, unsigned len)
{
	struct iscsi_data data = { .size = len, .data = out };
	unsigned char copy[16];
	struct scsi_task *task;
	int status = -1;

	memcpy(copy, cdb, (size_t)cdb_len);
	task = scsi_create_task(cdb_len, copy, len ? SCSI_XFER_WRITE : SCSI_XFER_NONE, (int)len);
	if (task && iscsi_scsi_command_sync(unit->iscsi, unit->lun, task, len ? &data : NULL))
		status = task->status;
	if (task)
		scsi_free_scsi_task(task);
	return status;
}

static int command(struct unit *unit, const uint8_t *cdb, int cdb_len)
{
	return command_out(unit, cdb, cdb_len, NULL, 0);
}

static void must(struct unit *unit, const char *what, const uint8_t *cdb, int cdb_len)
{
	if (command(unit, cdb, cdb_len) != SCSI_STATUS_GOOD)
		die(unit, what);
}

static void wait_ready(struct unit *unit)
{
	static const uint8_t tur[6];
	double give_up = now() + 30;

	while (command(unit, tur, 6) != SCSI_STATUS_GOOD) {
		if (now() > give_up)
			die(unit, "the unit does not become ready");
		poll(NULL, 0, 5);
	}
}

struct stream {
	struct unit *unit;
	bool write, disk;
	uint32_t block;
	uint64_t to_start, done, running, failed, next_block;
	uint8_t *buf[MAX_DEPTH];
	unsigned free_slot[MAX_DEPTH], free_count;
};

struct slot {
	struct stream *stream;
	unsigned number;
};

static void stream_done(struct iscsi_context *iscsi, int status, void *data, void *arg)
{
	struct slot *slot = arg;
	struct stream *s = slot->stream;

	if (status == SCSI_STATUS_GOOD)
		s->done++;
	else if (!s->failed++)
		fprintf(stderr, "tape_bench: status %d, %s\n", status, iscsi_get_error(iscsi));
	s->running--;
	s->free_slot[s->free_count++] = slot->number;
	scsi_free_scsi_task(data);
	free(slot);
}

/* READ(6) and WRITE(6) of one variable block, or READ(16) and WRITE(16) on a disk. */
static int stream_cdb(struct stream *s, unsigned char *cdb)
{
	uint64_t lba = s->next_block++ * (s->block / 512);

	memset(cdb, 0, 16);
	if (s->disk) {
		cdb[0] = s->write ? 0x8a : 0x88;
		for (int i = 0; i < 8; i++)
			cdb[9 - i] = (unsigned char)(lba >> (8 * i));
		cdb[12] = (unsigned char)(s->block / 512 >> 8);
		cdb[13] = (unsigned char)(s->block / 512);
		return 16;
	}
	cdb[0] = s->write ? 0x0a : 0x08;
	cdb[2] = (unsigned char)(s->block >> 16);
	cdb[3] = (unsigned char)(s->block >> 8);
	cdb[4] = (unsigned char)s->block;
	return 6;
}

static void stream_start_one(struct stream *s)
{
	struct slot *slot = malloc(sizeof(*slot));
	unsigned number = s->free_slot[--s->free_count];
	struct iscsi_data out = { .size = s->block, .data = s->buf[number] };
	struct scsi_task *task;
	unsigned char cdb[16];
	int len = stream_cdb(s, cdb);

	task = scsi_create_task(len, cdb, s->write ? SCSI_XFER_WRITE : SCSI_XFER_READ, (int)s->block);
	if (!slot || !task)
		die(s->unit, "no memory");
	*slot = (struct slot){ s, number };
	if (!s->write)
		scsi_task_add_data_in_buffer(task, (int)s->block, s->buf[number]);
	if (iscsi_scsi_command_async(s->unit->iscsi, s->unit->lun, task, stream_done, s->write ? &out : NULL, slot))
		die(s->unit, "cannot queue");
	s->to_start--;
	s->running++;
}

static void stream_run(struct stream *s, unsigned depth)
{
	struct iscsi_context *iscsi = s->unit->iscsi;

	for (unsigned i = 0; i < depth; i++)
		s->free_slot[s->free_count++] = i;
	while (s->running || (s->to_start && !s->failed)) {
		struct pollfd pfd;

		while (s->to_start && s->free_count && !s->failed)
			stream_start_one(s);
		pfd = (struct pollfd){ .fd = iscsi_get_fd(iscsi), .events = (short)iscsi_which_events(iscsi) };
		if (poll(&pfd, 1, 60000) <= 0 || iscsi_service(iscsi, pfd.revents))
			die(s->unit, "the connection failed");
	}
	if (s->failed)
		exit(1);
}

/* From a file if one is given, so that codecs have something real to do. */
static void fill(struct stream *s, unsigned depth, const char *path)
{
	FILE *f = path ? fopen(path, "r") : NULL;

	for (unsigned i = 0; i < depth; i++) {
		s->buf[i] = malloc(s->block);
		if (!s->buf[i])
			die(s->unit, "no memory");
		for (uint32_t j = 0; j < s->block; j++)
			s->buf[i][j] = (uint8_t)(j * 2654435761u >> 13);
		if (f && s->write && fread(s->buf[i], 1, s->block, f) < s->block)
			rewind(f);
	}
	if (f)
		fclose(f);
}

static int stream(struct unit *unit, bool write, bool disk, uint32_t block, unsigned depth, uint64_t total,
		  const char *data)
{
	static const uint8_t rewind_tape[6] = { 0x01 }, filemark[6] = { 0x10, 0, 0, 0, 1 };
	struct stream s = { .unit = unit, .write = write, .disk = disk, .block = block };
	double begin, seconds;

	if (!depth || depth > MAX_DEPTH || !block || block > 0xffffff)
		die(unit, "block size or depth out of range");
	s.to_start = total / block;
	fill(&s, depth, data);
	if (!disk)
		must(unit, "REWIND", rewind_tape, 6);
	begin = now();
	stream_run(&s, depth);
	if (write && !disk)
		must(unit, "WRITE FILEMARKS", filemark, 6);	/* the clock stops when it is durable */
	seconds = now() - begin;
	printf("{\"blocks\": %llu, \"block\": %u, \"depth\": %u, \"seconds\": %.4f, \"mb_per_s\": %.1f}\n",
	       (unsigned long long)s.done, block, depth, seconds, (double)s.done * block / 1e6 / seconds);
	for (unsigned i = 0; i < depth; i++)
		free(s.buf[i]);
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double time_command(struct unit *unit, const uint8_t *cdb, int len)
{
	double begin = now();

	must(unit, "a timed command", cdb, len);
	return (now() - begin) * 1e6;
}

/*
 * LOCATE(16) to random objects below `objects`, by turns with TEST UNIT READY; microseconds. By turns, because a round
 * trip on loopback takes 25 or 80 us by where the scheduler has just put the two ends: both must see the same.
 */
static int locate(struct unit *unit, uint64_t objects, unsigned count)
{
	static const uint8_t tur[6], unload[6] = { 0x1b }, load[6] = { 0x1b, 0, 0, 0, 1 };
	double *t = calloc(count, sizeof(*t)), *l = calloc(count, sizeof(*l)), loaded, first;
	uint64_t seed = 88172645463325252u;
	uint8_t cdb[16] = { 0x92 };

	if (!t || !l || !count || !objects)
		die(unit, "nothing to measure");
	must(unit, "UNLOAD", unload, 6);
	loaded = time_command(unit, load, 6);
	wait_ready(unit);
	for (unsigned i = 0; i < count; i++) {
		uint64_t object;

		t[i] = time_command(unit, tur, 6);
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		object = seed % objects;
		for (int j = 0; j < 8; j++)
			cdb[11 - j] = (uint8_t)(object >> (8 * j));
		l[i] = time_command(unit, cdb, 16);
	}
	first = l[0];
	qsort(t, count, sizeof(*t), compare);
	qsort(l, count, sizeof(*l), compare);
	printf("{\"objects\": %llu, \"load_us\": %.0f, \"first_locate_us\": %.0f, \"locate_median_us\": %.1f, "
	       "\"locate_max_us\": %.0f, \"tur_median_us\": %.1f, \"ratio\": %.2f}\n",
	       (unsigned long long)objects, loaded, first, l[count / 2], l[count - 1], t[count / 2],
	       l[count / 2] / t[count / 2]);
	free(t);
	free(l);
	return 0;
}

/* Data compression (SSC-5 8.5.2), set as a driver does: what MODE SENSE(6) told goes back with DCE changed. */
static int compression(struct unit *unit, bool on)
{
	static const uint8_t select[6] = { 0x15, 0x10, 0, 0, 28 };
	unsigned char sense[6] = { 0x1a, 0, 0x0f, 0, 28 };
	struct scsi_task *task = scsi_create_task(6, sense, SCSI_XFER_READ, 28);
	uint8_t list[28];

	if (!task || !iscsi_scsi_command_sync(unit->iscsi, unit->lun, task, NULL) ||
	    task->status != SCSI_STATUS_GOOD || task->datain.size != sizeof(list))
		die(unit, "MODE SENSE");
	memcpy(list, task->datain.data, sizeof(list));
	scsi_free_scsi_task(task);
	list[0] = 0;
	list[12] &= 0x3f;
	list[14] = (uint8_t)((list[14] & 0x7f) | (on ? 0x80 : 0));
	if (command_out(unit, select, 6, list, sizeof(list)) != SCSI_STATUS_GOOD)
		die(unit, "MODE SELECT");
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: tape_bench URL write|read|disk-write|disk-read BLOCK DEPTH BYTES [DATA-FILE]\n"
			"       tape_bench URL locate OBJECTS COUNT\n"
			"       tape_bench URL compression on|off 0\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct unit unit = { 0 };
	bool disk, write;

	if (argc < 5)
		return usage();
	unit_open(&unit, argv[1]);
	wait_ready(&unit);
	if (!strcmp(argv[2], "locate"))
		return locate(&unit, strtoull(argv[3], NULL, 0), (unsigned)strtoul(argv[4], NULL, 0));
	if (!strcmp(argv[2], "compression"))
		return compression(&unit, !strcmp(argv[3], "on"));
	if (argc < 6)
		return usage();
	disk = !strncmp(argv[2], "disk-", 5);
	write = !strcmp(argv[2] + (disk ? 5 : 0), "write");
	return stream(&unit, write, disk, (uint32_t)strtoul(argv[3], NULL, 0), (unsigned)strtoul(argv[4], NULL, 0),
		      strtoull(argv[5], NULL, 0), argc > 6 ? argv[6] : NULL);
}
