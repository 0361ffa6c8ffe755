/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures one logical unit over iSCSI, or sets it up to be measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "unit.h"

/* Data compression (SSC-5 8.5.2), set as a driver does: what MODE SENSE(6) told goes back with DCE changed. */
static int set_compression(struct unit *unit, bool on)
{
	static const uint8_t select[6] = { 0x15, 0x10, 0, 0, 28 }, sense[6] = { 0x1a, 0, 0x0f, 0, 28 };
	uint8_t list[28];

	if (unit_in(unit, "MODE SENSE", sense, 6, list, sizeof(list)) != sizeof(list))
		unit_die(unit, "MODE SENSE");
	list[0] = 0;
	list[12] &= 0x3f;
	list[14] = (uint8_t)((list[14] & 0x7f) | (on ? 0x80 : 0));
	if (unit_command_out(unit, select, 6, list, sizeof(list)) != SCSI_STATUS_GOOD)
		unit_die(unit, "MODE SELECT");
	return 0;
}

/* A Set Data Encryption page for all I_T nexuses, so that it outlives this session (SSC-5 8.5.3.2). */
static int set_encryption(struct unit *unit, bool on)
{
	enum { PAGE = 52, ALL = 2 << 5, ENCRYPT = 2, MIXED = 3 };
	static const uint8_t cdb[12] = { 0xb5, 0x20, 0, 0x10, [9] = PAGE };
	uint8_t page[PAGE] = { 0, 0x10, 0, PAGE - 4, ALL, 0x40, on ? ENCRYPT : 0, on ? MIXED : 0, 1, [19] = 32 };

	memcpy(page + 20, "a key for figures, and no secret", 32);
	if (unit_command_out(unit, cdb, 12, page, PAGE) != SCSI_STATUS_GOOD)
		unit_die(unit, "SECURITY PROTOCOL OUT");
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: tape_bench URL write|read|disk-write|disk-read BLOCK DEPTH BYTES [DATA-FILE]\n"
			"       tape_bench URL fill BLOCKS FILEMARKS\n"
			"       tape_bench URL places OBJECTS FILEMARKS COUNT\n"
			"       tape_bench URL changer COUNT\n"
			"       tape_bench URL load|unload\n"
			"       tape_bench URL compression|encryption on|off\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const uint8_t unload[6] = { 0x1b }, load[6] = { 0x1b, 0, 0, 0, 1 };
	struct stream_args args = { 0 };
	struct unit unit = { 0 };
	const char *what = argc > 2 ? argv[2] : "";
	uint64_t n[3] = { 0 };

	if (argc < 3)
		return usage();
	for (int i = 3; i < argc && i < 6; i++)
		n[i - 3] = strtoull(argv[i], NULL, 0);
	unit_open(&unit, argv[1]);
	if (!strcmp(what, "changer") && argc == 4)
		return bench_changer(&unit, (unsigned)n[0]);
	if (!strcmp(what, "places") && argc == 6)
		return bench_places(&unit, n[0], n[1], (unsigned)n[2]);
	if (!strcmp(what, "load"))
		unit_must(&unit, "LOAD", load, 6);
	unit_wait_ready(&unit);
	if (!strcmp(what, "load"))
		return 0;
	if (!strcmp(what, "fill") && argc == 5)
		return bench_fill(&unit, n[0], n[1]);
	if (!strcmp(what, "compression") && argc == 4)
		return set_compression(&unit, !strcmp(argv[3], "on"));
	if (!strcmp(what, "encryption") && argc == 4)
		return set_encryption(&unit, !strcmp(argv[3], "on"));
	if (!strcmp(what, "unload")) {
		unit_must(&unit, "UNLOAD", unload, 6);
		return 0;
	}
	args.disk = !strncmp(what, "disk-", 5);
	args.write = !strcmp(what + (args.disk ? 5 : 0), "write");
	if (argc < 6 || (!args.write && strcmp(what + (args.disk ? 5 : 0), "read")))
		return usage();
	args.block = (uint32_t)n[0];
	args.depth = (unsigned)n[1];
	args.total = n[2];
	args.data = argc > 6 ? argv[6] : NULL;
	return bench_stream(&unit, &args);
}
