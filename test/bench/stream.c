/* SPDX-License-Identifier: GPL-2.0-only */
/* Streams blocks with a fixed number of commands in flight. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define MAX_DEPTH	64
#define NO_DATA		(4u << 20)	/* bytes that are made up where no file is given */

struct stream {
	struct unit *unit;
	const struct stream_args *args;
	uint64_t to_start, done, running, failed, next_block;
	uint8_t *data;			/* what is written, over and over */
	size_t data_len;
	uint8_t *buf[MAX_DEPTH];	/* what is read */
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
static int stream_cdb(const struct stream *s, unsigned char *cdb)
{
	uint32_t block = s->args->block;
	uint64_t lba = s->next_block * (block / 512);

	memset(cdb, 0, 16);
	if (s->args->disk) {
		cdb[0] = s->args->write ? 0x8a : 0x88;
		for (int i = 0; i < 8; i++)
			cdb[9 - i] = (unsigned char)(lba >> (8 * i));
		cdb[12] = (unsigned char)(block / 512 >> 8);
		cdb[13] = (unsigned char)(block / 512);
		return 16;
	}
	cdb[0] = s->args->write ? 0x0a : 0x08;
	cdb[2] = (unsigned char)(block >> 16);
	cdb[3] = (unsigned char)(block >> 8);
	cdb[4] = (unsigned char)block;
	return 6;
}

static void stream_start_one(struct stream *s)
{
	uint32_t block = s->args->block;
	struct slot *slot = malloc(sizeof(*slot));
	unsigned number = s->free_slot[--s->free_count];
	struct iscsi_data out = { .size = block };
	struct scsi_task *task;
	unsigned char cdb[16];
	int len = stream_cdb(s, cdb);

	task = scsi_create_task(len, cdb, s->args->write ? SCSI_XFER_WRITE : SCSI_XFER_READ, (int)block);
	if (!slot || !task)
		unit_die(s->unit, "no memory");
	*slot = (struct slot){ s, number };
	if (s->args->write)
		out.data = s->data + s->next_block * block % (s->data_len - block + 1);
	else
		scsi_task_add_data_in_buffer(task, (int)block, s->buf[number]);
	if (iscsi_scsi_command_async(s->unit->iscsi, s->unit->lun, task, stream_done, s->args->write ? &out : NULL,
				     slot))
		unit_die(s->unit, "cannot queue");
	s->next_block++;
	s->to_start--;
	s->running++;
}

static void stream_run(struct stream *s)
{
	struct iscsi_context *iscsi = s->unit->iscsi;

	for (unsigned i = 0; i < s->args->depth; i++)
		s->free_slot[s->free_count++] = i;
	while (s->running || (s->to_start && !s->failed)) {
		struct pollfd pfd;

		while (s->to_start && s->free_count && !s->failed)
			stream_start_one(s);
		pfd = (struct pollfd){ .fd = iscsi_get_fd(iscsi), .events = (short)iscsi_which_events(iscsi) };
		if (poll(&pfd, 1, 60000) <= 0 || iscsi_service(iscsi, pfd.revents))
			unit_die(s->unit, "the connection failed");
	}
	if (s->failed)
		exit(1);
}

/* The whole of a file, in memory before the clock starts. */
static void load_data(struct stream *s)
{
	int fd = s->args->data ? open(s->args->data, O_RDONLY) : -1;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size >= s->args->block) {
		s->data_len = (size_t)st.st_size;
		s->data = mmap(NULL, s->data_len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		close(fd);
		if (s->data == MAP_FAILED)
			unit_die(s->unit, s->args->data);
		return;
	}
	if (s->args->data)
		unit_die(s->unit, s->args->data);
	s->data_len = NO_DATA > s->args->block ? NO_DATA : s->args->block;
	s->data = malloc(s->data_len);
	if (!s->data)
		unit_die(s->unit, "no memory");
	for (size_t j = 0; j < s->data_len; j++)
		s->data[j] = (uint8_t)(j * 2654435761u >> 13);
}

/* Several of us begin at once: when they are told to. */
static void wait_for_start(void)
{
	char line[16];

	if (!getenv("BENCH_WAIT"))
		return;
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(1);
}

int bench_stream(struct unit *unit, const struct stream_args *args)
{
	static const uint8_t rewind_tape[6] = { 0x01 }, filemark[6] = { 0x10, 0, 0, 0, 1 };
	struct stream s = { .unit = unit, .args = args };
	double begin, end;

	if (!args->depth || args->depth > MAX_DEPTH || !args->block || args->block > 0xffffff)
		unit_die(unit, "block size or depth out of range");
	s.to_start = args->total / args->block;
	if (args->write)
		load_data(&s);
	for (unsigned i = 0; i < args->depth && !args->write; i++) {
		s.buf[i] = malloc(args->block);
		if (!s.buf[i])
			unit_die(unit, "no memory");
		memset(s.buf[i], 0, args->block);
	}
	if (!args->disk)
		unit_must(unit, "REWIND", rewind_tape, 6);
	wait_for_start();
	begin = unit_now();
	stream_run(&s);
	if (args->write && !args->disk)
		unit_must(unit, "WRITE FILEMARKS", filemark, 6);	/* the clock stops when it is durable */
	end = unit_now();
	printf("{\"bytes\": %llu, \"begin\": %.6f, \"end\": %.6f}\n", (unsigned long long)s.done * args->block, begin,
	       end);
	return 0;
}
