/* SPDX-License-Identifier: GPL-2.0-only */
/* A daemon that does what no good daemon does: fake NAME KIND, with two logical units, until it is killed. */
/*
 * To the kernel LUNs 1 and 2 are processor devices. They answer all commands well, but for these operation codes:
 *	c0h	never
 *	c1h	after it was told to abort it, and had said that this is done
 *	c2h	with more data than the command has
 *	c3h	twice, and under tags that never were
 *	c4h	the number that the command had, as four bytes, big-endian
 *	c5h	with 252 bytes of sense and four bytes of data
 *	c6h	after all that wait, which end well
 *	c7h	how many aborts, unit, target and host resets there were, as four bytes
 * KIND `polite` ends a command that it is told to abort; `deaf` hears of no abort and no reset.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge.h"

#define TASK_ABORTED 0x40
#define MAX_HELD 64

struct fake {
	struct bridge bridge;
	bool deaf;
	uint64_t held[MAX_HELD];	/* tags that wait for an abort */
	unsigned held_count;
	uint8_t tmfs[4];
	uint64_t late;			/* a tag that is answered after its time */
	bool late_due;
};

static void reply(struct fake *f, uint64_t tag, uint8_t status, uint32_t used)
{
	struct vtl_hba_cqe cqe = { .tag = tag, .status = status, .data_used = used };

	bridge_answer(&f->bridge, &cqe);
}

static void end_held(struct fake *f, uint64_t tag, bool all, uint8_t status)
{
	unsigned i, kept = 0;

	for (i = 0; i < f->held_count; i++) {
		if (all || f->held[i] == tag)
			reply(f, f->held[i], status, 0);
		else
			f->held[kept++] = f->held[i];
	}
	f->held_count = kept;
}

static void task_management(struct fake *f, const struct vtl_hba_sqe *sqe)
{
	if (f->deaf)
		return;
	f->tmfs[(sqe->type - VTL_HBA_ABORT) & 3]++;
	end_held(f, sqe->ref_tag, sqe->type != VTL_HBA_ABORT, TASK_ABORTED);
	reply(f, sqe->tag, 0, 0);
	f->late_due = f->late_due || sqe->ref_tag == f->late;
}

static uint32_t put(void *data, uint32_t room, const void *what, uint32_t len)
{
	if (len > room)
		len = room;
	if (data)
		memcpy(data, what, len);
	return data ? len : 0;
}

/* INVALID FIELD IN CDB */
static void refuse(struct fake *f, uint64_t tag)
{
	struct vtl_hba_cqe cqe = { .tag = tag, .status = 2, .sense_len = 18,
				   .sense = { 0x70, 0, 0x05, 0, 0, 0, 0, 10, [12] = 0x24 } };

	bridge_answer(&f->bridge, &cqe);
}

static uint32_t inquiry(const struct vtl_hba_sqe *sqe, void *data)
{
	uint8_t answer[36] = { 0x03, 0, 6, 2, 31 };

	if (sqe->lun[1] != 1 && sqe->lun[1] != 2)
		answer[0] = 0x7f;
	memcpy(answer + 8, "FAKE    DAEMON          1   ", 28);
	return put(data, sqe->data_len, answer, sizeof(answer));
}

static uint32_t report_luns(const struct vtl_hba_sqe *sqe, void *data)
{
	static const uint8_t answer[24] = { 0, 0, 0, 16, [9] = 1, [17] = 2 };

	return put(data, sqe->data_len, answer, sizeof(answer));
}

static void odd_command(struct fake *f, const struct vtl_hba_sqe *sqe, void *data)
{
	struct vtl_hba_cqe sense = { .tag = sqe->tag, .status = 2, .sense_len = VTL_HBA_SENSE_LEN };
	uint8_t seq[4] = { (uint8_t)(sqe->seq >> 24), (uint8_t)(sqe->seq >> 16), (uint8_t)(sqe->seq >> 8),
			   (uint8_t)sqe->seq };

	switch (sqe->cdb[0]) {
	case 0xc0:
		if (f->held_count < MAX_HELD)
			f->held[f->held_count++] = sqe->tag;
		break;
	case 0xc1:
		f->late = sqe->tag;
		break;
	case 0xc2:
		reply(f, sqe->tag, 0, sqe->data_len + 1);
		break;
	case 0xc3:
		reply(f, sqe->tag ^ (1ULL << 40), 0, 0);
		reply(f, UINT64_MAX, 0, 0);
		reply(f, sqe->tag, 0, sqe->data_len);
		reply(f, sqe->tag, 0, sqe->data_len);
		break;
	case 0xc4:
		reply(f, sqe->tag, 0, put(data, sqe->data_len, seq, sizeof(seq)));
		break;
	case 0xc5:
		memset(sense.sense, 0xa5, sizeof(sense.sense));
		memcpy(sense.sense, (const uint8_t[]){ 0x70, 0, 0x05, 0, 0, 0, 0, 244 }, 8);
		sense.data_used = put(data, sqe->data_len, "data", 4);
		bridge_answer(&f->bridge, &sense);
		break;
	case 0xc6:
		end_held(f, 0, true, 0);
		reply(f, sqe->tag, 0, 0);
		break;
	case 0xc7:
		reply(f, sqe->tag, 0, put(data, sqe->data_len, f->tmfs, sizeof(f->tmfs)));
		break;
	}
}

static void command(struct fake *f, const struct vtl_hba_sqe *sqe)
{
	void *data = bridge_data(&f->bridge, sqe);

	if (sqe->type != VTL_HBA_COMMAND)
		task_management(f, sqe);
	else if (sqe->cdb[0] >= 0xc0)
		odd_command(f, sqe, data);
	else if (sqe->cdb[0] == 0x12 && sqe->cdb[1] & 1)
		refuse(f, sqe->tag);	/* no pages of vital product data, which the kernel would all read */
	else if (sqe->cdb[0] == 0x12)
		reply(f, sqe->tag, 0, inquiry(sqe, data));
	else if (sqe->cdb[0] == 0xa0)
		reply(f, sqe->tag, 0, report_luns(sqe, data));
	else
		reply(f, sqe->tag, 0, sqe->direction == VTL_HBA_TO_DEVICE ? sqe->data_len : 0);
}

static void tick(struct fake *f)
{
	if (!f->late_due)
		return;
	f->late_due = false;
	reply(f, f->late, 0, 0);
	bridge_ring(&f->bridge);
}

int main(int argc, char **argv)
{
	struct fake f = { .deaf = argc > 2 && !strcmp(argv[2], "deaf") };
	struct vtl_hba_sqe sqe;
	struct pollfd p;
	int err;

	if (argc != 3)
		return 2;
	err = bridge_open(&f.bridge, VTL_HBA_DEVICE, argv[1], false);
	if (!err)
		err = bridge_lun(&f.bridge, VTL_HBA_LUN_ADD, 1, 12345);
	if (!err)
		err = bridge_lun(&f.bridge, VTL_HBA_LUN_ADD, 2, 12346);
	if (err) {
		fprintf(stderr, "fake: %s\n", strerror(-err));
		return 1;
	}
	p.fd = f.bridge.fd;
	p.events = POLLIN;
	for (;;) {
		if (poll(&p, 1, 100) == 0)
			tick(&f);
		if (p.revents & (POLLHUP | POLLERR))
			return 1;
		while (bridge_next(&f.bridge, &sqe))
			command(&f, &sqe);
		bridge_ring(&f.bridge);
	}
}
