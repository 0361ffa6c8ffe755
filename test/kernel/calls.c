/* SPDX-License-Identifier: GPL-2.0-only */
/* What no good daemon calls, one by one: each gets its error number. Speaks TAP. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bridge.h"

static unsigned count, failed;

static bool check(const char *what, bool good)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++count, what);
	failed += !good;
	return good;
}

static int result_of(int rc)
{
	return rc < 0 ? -errno : 0;
}

static int attach_as(int fd, struct vtl_hba_attach *a)
{
	return result_of(ioctl(fd, VTL_HBA_ATTACH, a));
}

/* ---- of an open file that stands for no host ---- */

struct refusal {
	const char *what;
	struct vtl_hba_attach a;
	int err;
};

static const struct refusal refusals[] = {
	{ "a daemon of an older version is refused", { .version = 0, .name = "calls" }, -EPROTO },
	{ "a daemon of a newer version is refused", { .version = VTL_HBA_VERSION + 1, .name = "calls" }, -EPROTO },
	{ "a flag that there is not is refused", { .version = 1, .flags = 1U << 31, .name = "calls" }, -EINVAL },
	{ "a reserved field that is not 0 is refused", { .version = 1, .reserved = 1, .name = "calls" }, -EINVAL },
	{ "a host without a name is refused", { .version = 1 }, -EINVAL },
	{ "a name with a slash is refused", { .version = 1, .name = "a/b" }, -EINVAL },
	{ "a name with a byte beyond ASCII is refused", { .version = 1, .name = "a\xe4" }, -EINVAL },
	{ "an area that is smaller than a command's data is refused",
	  { .version = 1, .area_size = VTL_HBA_AREA_MIN - 1, .name = "calls" }, -EINVAL },
	{ "an area beyond the limit is refused",
	  { .version = 1, .area_size = VTL_HBA_AREA_MAX + 1, .name = "calls" }, -EINVAL },
	{ "more commands than the limit are refused",
	  { .version = 1, .depth = VTL_HBA_DEPTH_MAX + 1, .name = "calls" }, -EINVAL },
};

static void before_attaching(int fd)
{
	struct vtl_hba_attach a;
	struct vtl_hba_lun lun = { .op = VTL_HBA_LUN_SCAN };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		a = refusals[i].a;
		check(refusals[i].what, attach_as(fd, &a) == refusals[i].err);
	}
	a = refusals[0].a;
	attach_as(fd, &a);
	check("the driver tells its own version", a.version == VTL_HBA_VERSION);
	memset(&a, 0, sizeof(a));
	a.version = VTL_HBA_VERSION;
	memset(a.name, 'n', sizeof(a.name));
	check("a name without an end is refused", attach_as(fd, &a) == -EINVAL);
	check("an address that is not the caller's is refused",
	      result_of(ioctl(fd, VTL_HBA_ATTACH, (void *)8)) == -EFAULT);
	check("a doorbell without a host is refused", result_of(ioctl(fd, VTL_HBA_DOORBELL)) == -ENODEV);
	check("a unit without a host is refused", result_of(ioctl(fd, VTL_HBA_LUN, &lun)) == -ENODEV);
	check("there is no memory without a host",
	      mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == ENODEV);
	check("a call that there is not is refused", result_of(ioctl(fd, _IO(0xb7, 99))) == -ENOTTY);
	check("poll says that there is no host", poll(&p, 1, 0) == 1 && (p.revents & POLLHUP));
}

/* ---- of one that does ---- */

static void odd_units(int fd)
{
	static const struct {
		const char *what;
		struct vtl_hba_lun lun;
	} rows[] = {
		{ "an operation on units that there is not is refused", { .op = 9 } },
		{ "a reserved field of a unit is refused", { .op = VTL_HBA_LUN_ADD, .reserved = 1 } },
		{ "a scan of one unit is refused", { .op = VTL_HBA_LUN_SCAN, .lun = { 0, 1 } } },
		{ "a unit in a second level is refused", { .op = VTL_HBA_LUN_ADD, .lun = { 0, 1, 0, 1 } } },
	};
	unsigned i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(rows[i].what, result_of(ioctl(fd, VTL_HBA_LUN, &rows[i].lun)) == -EINVAL);
}

static void odd_answers(struct bridge *b)
{
	struct vtl_hba_cqe cqe = { .tag = UINT64_MAX };

	__atomic_store_n(&b->ring->cq_head, b->cq_head + b->entries + 1, __ATOMIC_RELEASE);
	check("an index that is too far ahead is refused", result_of(ioctl(b->fd, VTL_HBA_DOORBELL)) == -EINVAL);
	__atomic_store_n(&b->ring->cq_head, b->cq_head - 1, __ATOMIC_RELEASE);
	check("an index that goes back is refused", result_of(ioctl(b->fd, VTL_HBA_DOORBELL)) == -EINVAL);
	__atomic_store_n(&b->ring->cq_head, b->cq_head, __ATOMIC_RELEASE);
	check("with a good index the doorbell works again", !ioctl(b->fd, VTL_HBA_DOORBELL));
	bridge_answer(b, &cqe);
	check("a tag that cannot be is refused", bridge_ring(b) == -EINVAL);
	cqe.tag = 1;
	bridge_answer(b, &cqe);
	check("one that nobody waits for is only counted", bridge_ring(b) == 0);
}

static void odd_mappings(const struct bridge *b)
{
	int prot = PROT_READ | PROT_WRITE;

	check("memory is not mapped privately",
	      mmap(NULL, b->map_size, prot, MAP_PRIVATE, b->fd, 0) == MAP_FAILED && errno == EINVAL);
	check("nothing is mapped beyond its end",
	      mmap(NULL, b->map_size + 4096, prot, MAP_SHARED, b->fd, 0) == MAP_FAILED);
	check("nor from there on", mmap(NULL, 4096, prot, MAP_SHARED, b->fd, (off_t)b->map_size) == MAP_FAILED);
}

/* The host goes, and its memory stays with whom it is mapped to. */
static void outlive(struct bridge *b)
{
	struct vtl_hba_flags flags = { 0 };
	struct bridge next;
	size_t at;

	check("a host is let go", !ioctl(b->fd, VTL_HBA_DETACH, &flags));
	check("only once", result_of(ioctl(b->fd, VTL_HBA_DETACH, &flags)) == -ENODEV);
	check("another may be made of the same name, while its memory is still mapped",
	      !bridge_open(&next, VTL_HBA_DEVICE, "calls", false) && !next.took_over);
	memset(next.map, 0x11, next.map_size);
	for (at = 0; at < b->map_size; at += 4096)
		((volatile uint8_t *)b->map)[at] = 0x22;
	check("which is memory of its own", *((uint8_t *)next.map + next.map_size / 2) == 0x11);
	check("a file attaches once", attach_as(b->fd, &(struct vtl_hba_attach){ .version = 1, .name = "calls2" }) ==
	      -EINVAL);
	bridge_close(&next, false);
	munmap(b->map, b->map_size);
	close(b->fd);
}

/* The next daemon asks for the same name at any moment of a removal, which takes some hundredths of a second. */
static bool come_and_go(void)
{
	struct timespec pause = { 0 };
	struct bridge b;
	unsigned i;

	for (i = 0; i < 60; i++) {
		if (bridge_open(&b, VTL_HBA_DEVICE, "calls", false) || b.took_over)
			return false;
		bridge_close(&b, false);
		pause.tv_nsec = i * 1500000;
		nanosleep(&pause, NULL);
	}
	return true;
}

int main(void)
{
	int fd = open(VTL_HBA_DEVICE, O_RDWR);
	struct bridge b, second;

	if (fd < 0)
		return 1;
	before_attaching(fd);
	close(fd);
	if (!check("a host is made", !bridge_open(&b, VTL_HBA_DEVICE, "calls", false)))
		return 1;
	check("a second daemon does not get it", bridge_open(&second, VTL_HBA_DEVICE, "calls", false) == -EBUSY);
	odd_units(b.fd);
	odd_answers(&b);
	odd_mappings(&b);
	outlive(&b);
	check("a host goes and comes again, sixty times", come_and_go());
	return failed != 0;
}
