/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands under test, and what is expected of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scsi_env.h"

#define IO_KEPT	1024

static struct io *kept, **kept_tail = &kept;
static unsigned kept_count;

static void io_free(struct io *io)
{
	free(io->cmd.out);
	free(io->in);
	free(io);
}

/* Forgets the oldest that is complete, so that loops over thousands of commands stay small. */
static void io_keep(struct io *io)
{
	io->next = NULL;
	*kept_tail = io;
	kept_tail = &io->next;
	if (++kept_count > IO_KEPT && kept->completions) {
		struct io *oldest = kept;

		kept = oldest->next;
		kept_count--;
		io_free(oldest);
	}
}

void io_free_all(void)
{
	while (kept) {
		struct io *io = kept;

		kept = io->next;
		io_free(io);
	}
	kept_tail = &kept;
	kept_count = 0;
}

static void io_complete(struct vtl_cmd *cmd)
{
	struct io *io = cmd->door;

	io->completions++;
}

static void describe(const struct io *io, char *text, size_t size)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < io->cmd.cdb_len && n + 4 < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%02x ", io->cmd.cdb[i]);
	n += (size_t)snprintf(text + n, size - n, "-> status %02x, in %u of %u", io->cmd.status, io->cmd.in_used,
			      io->cmd.in_len);
	if (n < size && io->cmd.sense_len)
		n += (size_t)snprintf(text + n, size - n, ", sense");
	for (i = 0; i < io->cmd.sense_len && n + 4 < size; i++)
		n += (size_t)snprintf(text + n, size - n, " %02x", io->cmd.sense[i]);
}

__attribute__((format(printf, 4, 5)))
static void unexpected(const char *file, int line, const struct io *io, const char *fmt, ...)
{
	char text[512], what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	describe(io, text, sizeof(text));
	print_error("%s\n    command of %s:%d: %s\n", what, io->file, io->line, text);
	_fail(file, line);
}

struct io *io_start_at(const char *file, int line, struct vtl_nexus *nexus, const uint8_t *cdb, unsigned cdb_len,
		       const void *out, uint32_t out_len, uint32_t in_len)
{
	struct io *io = calloc(1, sizeof(*io));

	assert_non_null(io);
	assert_true(cdb_len <= VTL_CDB_MAX);
	io->file = file;
	io->line = line;
	if (cdb_len)
		memcpy(io->cmd.cdb, cdb, cdb_len);
	io->cmd.cdb_len = cdb_len;
	if (out_len) {
		io->cmd.out = malloc(out_len);
		assert_non_null(io->cmd.out);
		memcpy(io->cmd.out, out, out_len);
		io->cmd.out_len = out_len;
	}
	if (in_len) {
		io->in = malloc(in_len);
		assert_non_null(io->in);
		memset(io->in, 0x5a, in_len);
	}
	io->cmd.in = io->in;
	io->cmd.in_len = in_len;
	io->cmd.nexus = nexus;
	io->cmd.complete = io_complete;
	io->cmd.door = io;
	io_keep(io);
	vtl_dev_submit(nexus->dev, &io->cmd);
	return io;
}

bool io_done(const struct io *io)
{
	return io->completions;
}

struct io *io_run_at(const char *file, int line, struct vtl_nexus *nexus, const uint8_t *cdb, unsigned cdb_len,
		     const void *out, uint32_t out_len, uint32_t in_len)
{
	struct io *io = io_start_at(file, line, nexus, cdb, cdb_len, out, out_len, in_len);

	if (!io_done(io))
		unexpected(file, line, io, "the command has not ended");
	return io;
}

struct io *io_out_at(const char *file, int line, struct vtl_nexus *nexus, const void *out, uint32_t out_len,
		     const uint8_t *cdb, unsigned cdb_len)
{
	return io_run_at(file, line, nexus, cdb, cdb_len, out, out_len, 0);
}

struct io *expect_sane_at(const char *file, int line, struct io *io)
{
	uint32_t rest;

	if (io->completions != 1)
		unexpected(file, line, io, "ended %u times", io->completions);
	if (io->cmd.in_used > io->cmd.in_len)
		unexpected(file, line, io, "more data-in than allowed");
	if (io->cmd.out_used > io->cmd.out_len)
		unexpected(file, line, io, "more data-out consumed than there is");
	/* nothing of an aborted command's data-in is ever sent */
	rest = io->cmd.status == SAM_TASK_ABORTED ? 0 : io->cmd.in_len - io->cmd.in_used;
	if (rest && (io->in[io->cmd.in_used] != 0x5a ||
		     memcmp(io->in + io->cmd.in_used, io->in + io->cmd.in_used + 1, rest - 1)))
		unexpected(file, line, io, "bytes beyond in_used were touched");
	if ((io->cmd.status == SAM_CHECK_CONDITION) != (io->cmd.sense_len != 0))
		unexpected(file, line, io, "sense without CHECK CONDITION, or the reverse");
	return io;
}

struct io *expect_status_at(const char *file, int line, struct io *io, uint8_t status)
{
	expect_sane_at(file, line, io);
	if (io->cmd.status != status)
		unexpected(file, line, io, "expected status %02x", status);
	return io;
}

struct io *expect_sense_at(const char *file, int line, struct io *io, uint8_t key, uint8_t asc, uint8_t ascq,
			   bool deferred)
{
	const uint8_t *s = io->cmd.sense;

	expect_status_at(file, line, io, SAM_CHECK_CONDITION);
	if (io->cmd.sense_len < 18 || (s[0] & 0x7f) != (deferred ? 0x71 : 0x70) || (s[2] & 0x0f) != key ||
	    s[12] != asc || s[13] != ascq)
		unexpected(file, line, io, "expected %ssense %x/%02x/%02x", deferred ? "deferred " : "", key, asc,
			   ascq);
	return io;
}

struct io *expect_field_at(const char *file, int line, struct io *io, uint8_t asc, uint8_t ascq, bool cdb,
			   unsigned byte, int bit)
{
	const uint8_t *s = io->cmd.sense;
	uint8_t sks = 0x80 | (cdb ? 0x40 : 0) | (bit < 0 ? 0 : 0x08 | (uint8_t)bit);

	expect_sense_at(file, line, io, KEY_ILLEGAL_REQUEST, asc, ascq, false);
	if (s[15] != sks || get_be16(s + 16) != byte)
		unexpected(file, line, io, "expected the field pointer at %s byte %u bit %d",
			   cdb ? "CDB" : "parameter", byte, bit);
	return io;
}

struct io *expect_info_at(const char *file, int line, struct io *io, int64_t information)
{
	const uint8_t *s = io->cmd.sense;

	if (!(s[0] & 0x80) || get_be32(s + 3) != (uint32_t)information)
		unexpected(file, line, io, "expected INFORMATION %" PRId64, information);
	return io;
}

struct io *expect_no_info_at(const char *file, int line, struct io *io)
{
	if (io->cmd.sense[0] & 0x80)
		unexpected(file, line, io, "expected VALID to be 0");
	return io;
}

struct io *expect_bits_at(const char *file, int line, struct io *io, uint8_t bits)
{
	if ((io->cmd.sense[2] & 0xe0) != bits)
		unexpected(file, line, io, "expected FILEMARK, EOM, ILI as in %02x", bits);
	return io;
}

struct io *expect_progress_at(const char *file, int line, struct io *io, uint16_t progress)
{
	if (io->cmd.sense[15] != 0x80 || get_be16(io->cmd.sense + 16) != progress)
		unexpected(file, line, io, "expected progress %u", progress);
	return io;
}

struct io *expect_len_at(const char *file, int line, struct io *io, uint32_t len)
{
	if (io->cmd.in_used != len)
		unexpected(file, line, io, "expected %u bytes of data-in", len);
	return io;
}

struct io *expect_data_at(const char *file, int line, struct io *io, const void *data, uint32_t len)
{
	expect_len_at(file, line, io, len);
	_assert_memory_equal(io->in, data, len, file, line);
	return io;
}

uint64_t io_uint(const struct io *io, unsigned at, unsigned bytes)
{
	uint64_t v = 0;

	if (at + bytes > io->cmd.in_used)
		unexpected(__FILE__, __LINE__, io, "there is no data-in at %u", at);
	while (bytes--)
		v = v << 8 | io->in[at++];
	return v;
}

struct io *expect_uint_at(const char *file, int line, struct io *io, unsigned at, unsigned bytes, uint64_t v)
{
	if (io_uint(io, at, bytes) != v)
		unexpected(file, line, io, "expected %" PRIx64 " at byte %u, there is %" PRIx64, v, at,
			   io_uint(io, at, bytes));
	return io;
}
