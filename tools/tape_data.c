/* SPDX-License-Identifier: GPL-2.0-only */
/* Moves data between a file and a tape drive, in variable-length blocks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "be.h"
#include "command.h"
#include "tape.h"
#include "text.h"

#define MAX_BLOCK	0xffffff

/* Fills a block from a file or pipe; fewer bytes only at its end. */
static ssize_t read_full(int fd, uint8_t *buf, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(fd, buf + have, len - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += n;
	}
	return have;
}

static int write_full(int fd, const uint8_t *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf += n;
		len -= n;
	}
	return 0;
}

static int write_block(struct initiator *drive, uint8_t *buf, uint32_t len, struct tape_transfer *t, struct why *why)
{
	struct initiator_command c = {
		.cdb = { 0x0a }, .cdb_len = 6, .direction = INITIATOR_OUT, .data = buf, .len = len
	};
	int err;

	put_be24(c.cdb + 2, len);
	err = initiator_do(drive, &c, "write", why);
	/* Early warning (SSC-5 4.2.7): the block is on the tape, and there is room to end the volume. */
	if (err && c.sense.valid && !c.sense.deferred && c.sense.key == KEY_NO_SENSE && c.sense.eom) {
		t->early_warning = true;
		err = 0;
	}
	if (!err) {
		t->blocks++;
		t->bytes += len;
	}
	return err;
}

int tape_data_write(struct initiator *drive, int fd, uint32_t block, uint64_t all, int progress_flags,
	       struct tape_transfer *t, struct why *why)
{
	struct progress progress;
	uint8_t *buf = malloc(block);
	ssize_t n = 0;
	int err = 0;

	memset(t, 0, sizeof(*t));
	if (!buf) {
		why_set(why, "out of memory");
		return EXIT_FAILED;
	}
	progress_begin(&progress, "writing", all, progress_flags);
	while (!err && (n = read_full(fd, buf, block)) > 0) {
		err = write_block(drive, buf, (uint32_t)n, t, why);
		progress_step(&progress, t->bytes);
	}
	if (!err && n < 0) {
		why_set(why, "cannot read the input: %s", strerror((int)-n));
		err = EXIT_FAILED;
	}
	t->seconds = progress_end(&progress, t->bytes);
	free(buf);
	return err;
}

/* The state of reading: the buffer is as large as the blocks have been until now. */
struct reader {
	struct initiator *drive;
	uint8_t *buf;
	uint32_t size, ask;
	struct tape_transfer *t;
	bool end;
};

static int reader_grow(struct reader *r, uint32_t size, struct why *why)
{
	uint8_t *buf = size <= MAX_BLOCK ? realloc(r->buf, size) : NULL;

	if (!buf) {
		why_set(why, "read: no memory for a block of %u bytes", size);
		return EXIT_FAILED;
	}
	r->buf = buf;
	r->size = r->ask = size;
	return 0;
}

/*
 * Reads one block. *len is its length; 0 at an end, or when the block was longer than the buffer: the tape is then
 * before it again, and the buffer has grown.
 */
static int read_block(struct reader *r, uint32_t *len, struct why *why)
{
	struct initiator_command c = { .cdb = { 0x08 }, .cdb_len = 6, .direction = INITIATOR_IN,
				       .data = r->buf, .len = r->ask };
	const struct sense *s = &c.sense;
	int err;

	*len = 0;
	put_be24(c.cdb + 2, r->ask);
	err = initiator_do(r->drive, &c, "read", why);
	if (err && (c.status != SCSI_CHECK_CONDITION || !s->valid || s->deferred))
		return err;
	if (err && s->key == KEY_NO_SENSE && s->filemark) {
		r->t->filemark = r->end = true;
		return 0;
	}
	if (err && s->key == KEY_BLANK_CHECK) {
		r->t->end_of_data = r->end = true;
		return 0;
	}
	if (err && s->key == KEY_NO_SENSE && s->ili && s->has_information) {
		if (s->information < 0) {
			/* Longer than asked for: back over it, and again with room (SSC-5 7.4: INFORMATION). */
			err = tape_space(r->drive, TAPE_BLOCKS, -1, why);
			return err ? err : reader_grow(r, r->ask - (int32_t)s->information, why);
		}
		*len = s->information < r->ask ? r->ask - (uint32_t)s->information : 0;
		err = 0;
	} else if (!err || (s->key <= KEY_RECOVERED && !s->ili)) {
		*len = c.actual;
		err = 0;
	}
	if (!err && *len > c.actual) {
		why_set(why, "read: the block has %u bytes, of which %u came", *len, c.actual);
		return EXIT_FAILED;
	}
	/* The next one is most likely as long: ask for that, and the drive has nothing to remark. */
	if (!err && *len)
		r->ask = *len;
	return err;
}

int tape_data_read(struct initiator *drive, int fd, uint32_t block, uint64_t count, uint64_t all, int progress_flags,
	      struct tape_transfer *t, struct why *why)
{
	struct reader r = { .drive = drive, .t = t };
	struct progress progress;
	uint32_t len;
	int err;

	memset(t, 0, sizeof(*t));
	err = reader_grow(&r, block, why);
	if (err)
		return err;
	progress_begin(&progress, "reading", all, progress_flags);
	while (!r.end && (!count || t->blocks < count)) {
		err = read_block(&r, &len, why);
		if (err)
			break;
		if (!len)
			continue;
		t->blocks++;
		t->bytes += len;
		err = -write_full(fd, r.buf, len);
		if (err) {
			why_set(why, "cannot write the output: %s", strerror(err));
			err = EXIT_FAILED;
			break;
		}
		progress_step(&progress, t->bytes);
	}
	t->seconds = progress_end(&progress, t->bytes);
	free(r.buf);
	return err;
}
