/* SPDX-License-Identifier: GPL-2.0-only */
/* One logical unit over iSCSI, to be measured. */
#ifndef BENCH_UNIT_H
#define BENCH_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

struct unit {
	struct iscsi_context *iscsi;
	int lun;
};

double unit_now(void);			/* monotonic seconds */
__attribute__((noreturn)) void unit_die(const struct unit *unit, const char *what);
void unit_open(struct unit *unit, const char *url);
void unit_wait_ready(struct unit *unit);

/* One command, with data-out if there is any; its status, or -1 if there was none. */
int unit_command_out(struct unit *unit, const uint8_t *cdb, int cdb_len, uint8_t *out, unsigned len);
/* The same without data, and it has to end well. */
void unit_must(struct unit *unit, const char *what, const uint8_t *cdb, int cdb_len);
/* The same with data-in of at most `len` bytes: how many came. */
unsigned unit_in(struct unit *unit, const char *what, const uint8_t *cdb, int cdb_len, uint8_t *in, unsigned len);
/* How long it takes, in microseconds. */
double unit_time(struct unit *unit, const uint8_t *cdb, int cdb_len);

/* What the command line names; each prints one line of JSON, and returns an exit code. */
struct stream_args {
	bool write, disk;
	uint32_t block;
	unsigned depth;
	uint64_t total;			/* bytes */
	const char *data;		/* a file whose content the blocks get, or NULL */
};
int bench_stream(struct unit *unit, const struct stream_args *args);
/* `count` times each: TEST UNIT READY, LOCATE, LOCATE to filemarks, SPACE among so many objects and filemarks. */
int bench_places(struct unit *unit, uint64_t objects, uint64_t filemarks, unsigned count);
/* Writes so many blocks of 64 bytes from the beginning on, and behind them so many filemarks. */
int bench_fill(struct unit *unit, uint64_t blocks, uint64_t filemarks);
/* READ ELEMENT STATUS of all, and a cartridge moved to and fro between two empty storage elements. */
int bench_changer(struct unit *unit, unsigned count);

#endif
