/* SPDX-License-Identifier: GPL-2.0-only */
/* One SCSI command by SG_IO: sgio DEVICE none|in|out LENGTH FILE CDB-BYTE...; says in one line how it ended. */
/*
 * FILE gives the data or gets them (- for none). `in` and `out` with a trailing `s` spread the buffer over pages that
 * do not lie beside one another. SGIO_SECONDS: its time, else 60. Exit status 0: GOOD; 1: anything else.
 */
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u

static int transfer(const char *file, uint8_t *data, size_t len, int save)
{
	size_t done = 0;
	ssize_t n = 1;
	int fd = strcmp(file, "-") ? open(file, save ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0600) : -1;

	while (fd >= 0 && done < len && n > 0) {
		n = save ? write(fd, data + done, len - done) : read(fd, data + done, len - done);
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	return n > 0 ? 0 : -1;
}

/* Pages are touched backwards, with another between each two, so that neighbours in memory are none to the device. */
static uint8_t *scatter(size_t len)
{
	uint8_t *data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t at = (len + PAGE - 1) / PAGE * PAGE;

	if (data == MAP_FAILED)
		return NULL;
	while (at) {
		at -= PAGE;
		data[at] = 1;
		free(malloc(PAGE * 3));
	}
	return data;
}

int main(int argc, char **argv)
{
	uint8_t cdb[32] = { 0 }, sense[252] = { 0 }, *data;
	const char *seconds = getenv("SGIO_SECONDS");
	struct sg_io_hdr io = { .interface_id = 'S' };
	int fd, i, n = argc - 5, in;
	size_t len;

	if (n < 1 || n > (int)sizeof(cdb))
		return 2;
	for (i = 0; i < n; i++)
		cdb[i] = (uint8_t)strtoul(argv[5 + i], NULL, 16);
	in = !strncmp(argv[2], "in", 2);
	len = strtoul(argv[3], NULL, 0);
	data = argv[2][strlen(argv[2]) - 1] == 's' ? scatter(len + 1) : calloc(1, len + 1);
	fd = open(argv[1], O_RDWR | O_NONBLOCK);
	if (fd < 0 || !data || (!in && transfer(argv[4], data, len, 0))) {
		perror(argv[1]);
		return 2;
	}
	io.dxfer_direction = !len ? SG_DXFER_NONE : in ? SG_DXFER_FROM_DEV : SG_DXFER_TO_DEV;
	io.timeout = 1000 * (seconds ? (unsigned)atoi(seconds) : 60);
	io.cmd_len = (unsigned char)n;
	io.cmdp = cdb;
	io.mx_sb_len = sizeof(sense);
	io.sbp = sense;
	io.dxfer_len = (unsigned)len;
	io.dxferp = data;
	if (ioctl(fd, SG_IO, &io)) {
		perror("SG_IO");
		return 2;
	}
	printf("status %02x host %02x sense %x/%02x/%02x resid %d", io.status, io.host_status, sense[2] & 15,
	       sense[12], sense[13], io.resid);
	if (io.sb_len_wr)
		printf(" sense-bytes %u last %02x", io.sb_len_wr, sense[io.sb_len_wr - 1]);
	putchar('\n');
	if (in)
		transfer(argv[4], data, len - (size_t)io.resid, 1);
	return io.status || io.host_status;
}
