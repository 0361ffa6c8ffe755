/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens a host of the kernel driver, and moves entries between its rings and the caller. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bridge.h"

#define FLAT 0x40	/* address method of SAM-5 4.7.7.3 */
#define METHOD 0xc0

void bridge_put_lun(uint8_t lun[8], uint64_t number)
{
	memset(lun, 0, 8);
	lun[0] = number > 0xff ? (uint8_t)(FLAT | number >> 8) : 0;
	lun[1] = (uint8_t)number;
}

uint64_t bridge_get_lun(const uint8_t lun[8])
{
	static const uint8_t zeros[6];

	if (memcmp(lun + 2, zeros, sizeof(zeros)))
		return BRIDGE_NO_LUN;
	if ((lun[0] & METHOD) == FLAT)
		return (uint64_t)(lun[0] & ~METHOD) << 8 | lun[1];
	return lun[0] ? BRIDGE_NO_LUN : lun[1];
}

static bool fits(const struct vtl_hba_attach *a)
{
	uint64_t size = a->map_size;

	return a->sq_entries && a->sq_entries == a->cq_entries && !(a->sq_entries & (a->sq_entries - 1)) &&
	       a->sq_offset >= sizeof(struct vtl_hba_ring) &&
	       a->sq_offset + (uint64_t)a->sq_entries * sizeof(struct vtl_hba_sqe) <= size &&
	       a->cq_offset + (uint64_t)a->cq_entries * sizeof(struct vtl_hba_cqe) <= size &&
	       a->area_offset <= size && a->area_size <= size - a->area_offset;
}

static int map(struct bridge *bridge, const struct vtl_hba_attach *a)
{
	if (!fits(a))
		return -EPROTO;
	bridge->map = mmap(NULL, a->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, bridge->fd, 0);
	if (bridge->map == MAP_FAILED)
		return -errno;
	bridge->map_size = a->map_size;
	bridge->ring = bridge->map;
	bridge->sq = (void *)((uint8_t *)bridge->map + a->sq_offset);
	bridge->cq = (void *)((uint8_t *)bridge->map + a->cq_offset);
	bridge->area = (uint8_t *)bridge->map + a->area_offset;
	bridge->area_size = a->area_size;
	bridge->entries = a->sq_entries;
	bridge->host_no = a->host_no;
	bridge->took_over = a->took_over;
	return 0;
}

int bridge_open(struct bridge *bridge, const char *device, const char *name, bool keep)
{
	struct vtl_hba_attach a = { .version = VTL_HBA_VERSION, .flags = keep ? VTL_HBA_KEEP : 0 };
	int err = 0;

	memset(bridge, 0, sizeof(*bridge));
	if (snprintf(a.name, sizeof(a.name), "%s", name) >= (int)sizeof(a.name)) {
		bridge->fd = -1;
		return -ENAMETOOLONG;
	}
	bridge->fd = open(device, O_RDWR | O_CLOEXEC);
	if (bridge->fd < 0)
		return -errno;
	if (ioctl(bridge->fd, VTL_HBA_ATTACH, &a))
		err = -errno;
	if (!err)
		err = map(bridge, &a);
	if (err) {
		close(bridge->fd);
		bridge->fd = -1;
	}
	return err;
}

void bridge_close(struct bridge *bridge, bool keep)
{
	struct vtl_hba_flags flags = { .flags = keep ? VTL_HBA_KEEP : 0 };

	if (bridge->fd < 0)
		return;
	ioctl(bridge->fd, VTL_HBA_DETACH, &flags);
	munmap(bridge->map, bridge->map_size);
	close(bridge->fd);
	bridge->fd = -1;
}

int bridge_keep(struct bridge *bridge, bool keep)
{
	struct vtl_hba_flags flags = { .flags = keep ? VTL_HBA_KEEP : 0 };

	return ioctl(bridge->fd, VTL_HBA_SET_FLAGS, &flags) ? -errno : 0;
}

bool bridge_next(struct bridge *bridge, struct vtl_hba_sqe *sqe)
{
	if (bridge->sq_tail == __atomic_load_n(&bridge->ring->sq_head, __ATOMIC_ACQUIRE))
		return false;
	*sqe = bridge->sq[bridge->sq_tail & (bridge->entries - 1)];
	bridge->sq_tail++;
	__atomic_store_n(&bridge->ring->sq_tail, bridge->sq_tail, __ATOMIC_RELEASE);
	return true;
}

void *bridge_data(const struct bridge *bridge, const struct vtl_hba_sqe *sqe)
{
	if (!sqe->data_len || sqe->area_off > bridge->area_size || sqe->data_len > bridge->area_size - sqe->area_off)
		return NULL;
	return bridge->area + sqe->area_off;
}

void bridge_answer(struct bridge *bridge, const struct vtl_hba_cqe *cqe)
{
	bridge->cq[bridge->cq_head & (bridge->entries - 1)] = *cqe;
	bridge->cq_head++;
	__atomic_store_n(&bridge->ring->cq_head, bridge->cq_head, __ATOMIC_RELEASE);
	bridge->to_ring = true;
}

int bridge_ring(struct bridge *bridge)
{
	if (!bridge->to_ring)
		return 0;
	bridge->to_ring = false;
	return ioctl(bridge->fd, VTL_HBA_DOORBELL) ? -errno : 0;
}

int bridge_lun(struct bridge *bridge, enum vtl_hba_lun_op op, uint64_t lun, uint64_t identity)
{
	struct vtl_hba_lun message = { .op = op, .identity = identity };

	if (lun > BRIDGE_LUN_MAX)
		return -ERANGE;
	bridge_put_lun(message.lun, lun);
	return ioctl(bridge->fd, VTL_HBA_LUN, &message) ? -errno : 0;
}
