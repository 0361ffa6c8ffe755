/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl tape`: the counterpart of mt and dd where there is no kernel device. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "tape.h"
#include "text.h"

#define DEFAULT_BLOCK	(256u << 10)
#define MAX_BLOCK	0xffffffu

/* The count after a verb: 1 if it is missing. */
static int count_of(struct call *call, uint64_t max, uint64_t *count)
{
	*count = 1;
	if (call->args < 3)
		return 0;
	if (!text_parse_number(call->arg[2], count) || *count > max)
		return call_usage(call, "%s %s: not a count up to %llu", call->arg[1], call->arg[2],
				  (unsigned long long)max);
	return 0;
}

static int finish(struct call *call, int err, const struct why *why)
{
	return err ? call_fail(call, err, "%s", why->text) : EXIT_DONE;
}

static int space(struct call *call, struct initiator *device, enum tape_space code, int sign)
{
	struct why why = { "" };
	uint64_t count;
	int err = count_of(call, INT64_MAX, &count);

	if (err)
		return err;
	err = tape_space(device, code, sign * (int64_t)count, &why);
	return finish(call, err, &why);
}

static int fsf(struct call *call, struct initiator *device)
{
	return space(call, device, TAPE_FILEMARKS, 1);
}

static int bsf(struct call *call, struct initiator *device)
{
	return space(call, device, TAPE_FILEMARKS, -1);
}

static int fsr(struct call *call, struct initiator *device)
{
	return space(call, device, TAPE_BLOCKS, 1);
}

static int bsr(struct call *call, struct initiator *device)
{
	return space(call, device, TAPE_BLOCKS, -1);
}

static int eod(struct call *call, struct initiator *device)
{
	struct why why = { "" };
	int err = tape_space(device, TAPE_END_OF_DATA, 0, &why);

	return finish(call, err, &why);
}

static int rewind_tape(struct call *call, struct initiator *device)
{
	struct why why = { "" };
	int err = tape_simple(device, 0x01, 0, 0, "rewind", &why);

	return finish(call, err, &why);
}

static int load(struct call *call, struct initiator *device)
{
	struct why why = { "" };
	int err = tape_simple(device, 0x1b, 0, 0x01, "load", &why);

	return finish(call, err, &why);
}

static int unload(struct call *call, struct initiator *device)
{
	struct why why = { "" };
	int err = tape_simple(device, 0x1b, 0, 0x00, "unload", &why);

	return finish(call, err, &why);
}

static int erase(struct call *call, struct initiator *device)
{
	struct why why = { "" };
	int err = tape_simple(device, 0x19, call_option(call, "long") ? 0x01 : 0, 0, "erase", &why);

	return finish(call, err, &why);
}

static int weof(struct call *call, struct initiator *device)
{
	struct why why = { "" };
	uint64_t count;
	int err = count_of(call, MAX_BLOCK, &count);

	if (err)
		return err;
	err = tape_filemarks(device, (uint32_t)count, &why);
	return finish(call, err, &why);
}

static int tell(struct call *call, struct initiator *device)
{
	struct tape_position p;
	struct why why = { "" };
	int err = tape_position(device, &p, &why);

	if (err)
		return call_fail(call, err, "%s", why.text);
	if (!p.known)
		return call_fail(call, EXIT_FAILED, "the drive does not know its position");
	if (call->json)
		return call_print_json(call, json_pack("{s:i, s:I, s:o, s:b, s:b}", "partition", (int)p.partition,
					"object", (json_int_t)p.object, "filemark",
					p.has_filemark ? json_integer((json_int_t)p.filemark) : json_null(),
					"bop", p.bop, "eop", p.eop));
	printf("partition %u, object %llu", p.partition, (unsigned long long)p.object);
	if (p.has_filemark)
		printf(", filemark %llu", (unsigned long long)p.filemark);
	putchar('\n');
	return EXIT_DONE;
}

static int seek(struct call *call, struct initiator *device)
{
	uint64_t object, partition = UINT64_MAX;
	struct why why = { "" };
	int err = call_number(call, "partition", 0, 255, &partition);

	if (err)
		return err;
	if (!text_parse_number(call->arg[2], &object))
		return call_usage(call, "seek %s: not an object number", call->arg[2]);
	err = tape_locate(device, object, partition == UINT64_MAX ? -1 : (int)partition, &why);
	return finish(call, err, &why);
}

/* Reports a transfer: on stderr, because stdout may be the data. */
static void report(struct call *call, const char *what, const struct tape_transfer *t)
{
	char size[16], rate[16];

	text_size(t->bytes, size, sizeof(size));
	text_size(t->seconds > 0 ? (uint64_t)(t->bytes / t->seconds) : 0, rate, sizeof(rate));
	if (call->json) {
		json_t *json = json_pack("{s:I, s:I, s:f, s:b, s:b, s:b}", "blocks", (json_int_t)t->blocks,
					 "bytes", (json_int_t)t->bytes, "seconds", t->seconds, "filemark", t->filemark,
					 "end_of_data", t->end_of_data, "early_warning", t->early_warning);

		json_dumpf(json, stderr, JSON_COMPACT);
		fputc('\n', stderr);
		json_decref(json);
		return;
	}
	fprintf(stderr, "%s %llu blocks, %s in %.1f s: %s/s%s\n", what, (unsigned long long)t->blocks, size, t->seconds,
		rate, t->end_of_data ? " (end of data)" : t->filemark ? " (filemark)" : "");
}

/* The file to read from or write to: --file, else the standard stream. */
static int open_file(struct call *call, int flags, int standard)
{
	const char *path = call_option(call, "file");
	int fd;

	if (!path || strcmp(path, "-") == 0)
		return standard;
	fd = open(path, flags | O_CLOEXEC, 0666);
	if (fd < 0)
		call_fail(call, EXIT_FAILED, "%s: %s", path, strerror(errno));
	return fd;
}

static int transfer_options(struct call *call, uint64_t *block, uint64_t *size)
{
	*block = DEFAULT_BLOCK;
	*size = 0;
	if (call_number(call, "block", 1, MAX_BLOCK, block) || call_number(call, "size", 0, INT64_MAX, size))
		return EXIT_USAGE;
	return 0;
}

static int write_data(struct call *call, struct initiator *device)
{
	struct tape_transfer t;
	struct why why = { "" };
	uint64_t block, size;
	struct stat st;
	int err = transfer_options(call, &block, &size), fd;

	if (err)
		return err;
	fd = open_file(call, O_RDONLY, STDIN_FILENO);
	if (fd < 0)
		return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILED;
	if (!size && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		size = st.st_size;
	err = tape_data_write(device, fd, (uint32_t)block, size, call_option(call, "progress") ? PROGRESS_ALWAYS : 0,
			      &t, &why);
	if (!err && !call_option(call, "no-filemark"))
		err = tape_filemarks(device, 1, &why);
	if (fd != STDIN_FILENO)
		close(fd);
	report(call, "wrote", &t);
	if (t.early_warning)
		call_fail(call, 0, "early warning: the end of the tape is near");
	if (err)
		call_fail(call, err, "%s (after %llu blocks)", why.text, (unsigned long long)t.blocks);
	return err;
}

static int read_data(struct call *call, struct initiator *device)
{
	struct tape_transfer t;
	struct why why = { "" };
	uint64_t block, size, count = 0;
	int err = transfer_options(call, &block, &size), fd;

	if (err || call_number(call, "count", 1, INT64_MAX, &count))
		return EXIT_USAGE;
	fd = open_file(call, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
	if (fd < 0)
		return EXIT_FAILED;
	err = tape_data_read(device, fd, (uint32_t)block, count, size,
			     call_option(call, "progress") ? PROGRESS_ALWAYS : 0, &t, &why);
	if (fd != STDOUT_FILENO && close(fd) < 0 && !err) {
		why_set(&why, "%s: %s", call_option(call, "file"), strerror(errno));
		err = EXIT_FAILED;
	}
	if (err)
		return call_fail(call, err, "%s (after %llu blocks)", why.text, (unsigned long long)t.blocks);
	report(call, "read", &t);
	if (t.end_of_data && !t.blocks)
		return call_fail(call, EXIT_NOT_FOUND, "nothing to read: end of data");
	return EXIT_DONE;
}

static const struct verb_row verbs[] = {
	{ "status", "", "the drive, its medium and its position", tape_status, 0, 0 },
	{ "write", "", "writes the standard input, or --file, as blocks, and a filemark", write_data, 0, 0 },
	{ "read", "", "reads blocks to the standard output, or --file, up to a filemark, --count or the end of data",
	  read_data, 0, 0 },
	{ "rewind", "", "to the beginning of the partition", rewind_tape, 0, 0 },
	{ "fsf", "[N]", "forward over N filemarks", fsf, 0, 1 },
	{ "bsf", "[N]", "backward over N filemarks, to before the last of them", bsf, 0, 1 },
	{ "fsr", "[N]", "forward over N blocks", fsr, 0, 1 },
	{ "bsr", "[N]", "backward over N blocks", bsr, 0, 1 },
	{ "eod", "", "to the end of data", eod, 0, 0 },
	{ "tell", "", "prints the position", tell, 0, 0 },
	{ "seek", "OBJECT", "to a logical object (block or filemark), as `tell` prints it", seek, 1, 1 },
	{ "weof", "[N]", "writes N filemarks; what was written before is then safe on disk", weof, 0, 1 },
	{ "erase", "", "makes the position the end of data", erase, 0, 0 },
	{ "load", "", "loads the cartridge that is in the drive", load, 0, 0 },
	{ "unload", "", "rewinds and unloads the cartridge", unload, 0, 0 },
	{ NULL },
};

static const struct option_row options[] = {
	{ "file", "FILE", "read from or write to FILE in place of the standard streams" },
	{ "block", "SIZE", "write: bytes of a block (256k); read: the size to begin with, others are found out" },
	{ "count", "N", "read: at most N blocks" },
	{ "no-filemark", NULL, "write: no filemark at the end" },
	{ "partition", "N", "seek: in this partition in place of the current one" },
	{ "long", NULL, "erase: to the end of the partition, as a real drive takes hours for" },
	{ "size", "SIZE", "how much there is to move, for the progress" },
	{ "progress", NULL, "show progress even where stderr is no terminal" },
	{ NULL },
};

const struct command tape_command = {
	.name = "tape",
	.synopsis = "URL VERB [ARGUMENT]",
	.summary = "use a tape drive over iSCSI, without a kernel device",
	.text = "URL is iscsi://[USER[%PASSWORD]@]HOST[:PORT]/IQN/LUN; `vtl status` shows those of the drives here. "
		"The password may be given in the environment as LIBISCSI_CHAP_PASSWORD.\n\n"
		"Blocks are of variable length. Throughput is reported on stderr.",
	.options = options,
	.verbs = verbs,
	.json = "status: `vendor`, `product`, `revision`, `serial`, `ready`, `reason` (why not, or null), "
		"`block_limits` (`min`, `max`), `write_protected`, `density`, `block` (0: variable), `position` (null, "
		"or as tell prints it). tell: `partition`, `object`, `filemark`, `bop`, `eop`. read and write, on "
		"stderr: `blocks`, `bytes`, `seconds`, `filemark`, `end_of_data`, `early_warning`.",
	.example = "  tar -c /etc | vtl tape iscsi://127.0.0.1/iqn.2026-01.org.tgt-vtl:main/2 write\n"
		   "  vtl tape iscsi://127.0.0.1/iqn.2026-01.org.tgt-vtl:main/2 rewind\n"
		   "  vtl tape iscsi://127.0.0.1/iqn.2026-01.org.tgt-vtl:main/2 read | tar -t",
	.min_args = 2,
	.max_args = 3,
	.run = call_run_verb,
};
