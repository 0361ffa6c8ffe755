/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* The interface between the kernel driver vtl_hba and the daemon whose logical units it shows as local SCSI devices. */
#ifndef VTL_HBA_H
#define VTL_HBA_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * DOC: What it is
 *
 * /dev/vtl_hba is opened once for each SCSI host. VTL_HBA_ATTACH makes a host of a given name, or takes over the one of
 * that name that an earlier daemon left behind; the open file then stands for the host. What mmap() gives at offset 0,
 * `map_size` bytes of it, MAP_SHARED, is:
 *
 *	struct vtl_hba_ring	the four indices
 *	submission ring		`sq_entries` × struct vtl_hba_sqe at `sq_offset`: from the driver to the daemon
 *	completion ring		`cq_entries` × struct vtl_hba_cqe at `cq_offset`: from the daemon to the driver
 *	data area		`area_size` bytes at `area_offset`: what commands carry
 *
 * Both rings have a power of two of entries. Indices run freely over all of __u32; the entry is index modulo entries.
 * Each index has one writer, who stores it with release semantics after the entries; the other reads it with acquire
 * semantics. All integers are in the byte order of the machine; nothing is a pointer; all structures have the same
 * layout for 32 and 64-bit daemons.
 *
 *	sq_head		the driver's: entries before it may be read. poll() says POLLIN while it differs from sq_tail
 *	sq_tail		the daemon's: entries before it were read, and may be written anew
 *	cq_head		the daemon's: entries before it are complete; VTL_HBA_DOORBELL makes the driver look
 *	cq_tail		the driver's: entries before it were taken
 *
 * DOC: Commands
 *
 * An entry of type VTL_HBA_COMMAND is a SCSI command. Its `seq` counts the commands of its logical unit from 0 in this
 * attachment, without a gap; the daemon starts those of one unit in this order. Data to the device lie in the area
 * at `area_off` when the entry appears; data from the device are put there. That part of the area is the daemon's
 * until it answers, even if the driver has long given the command up. The daemon answers each command once, in any
 * order: `tag` as it came, the SAM status, sense data, and in `data_used` how many bytes were taken from, or put into,
 * the area; the residual is what remains of `data_len`. Data and sense may come together. A negative `result` says that
 * the command was not carried out at all.
 *
 * Entries of the other types are task management: the daemon answers them likewise, `result` 0 for done (or: nothing
 * was there to be done), negative for failed, after the answers of all commands that they ended.
 *
 *	VTL_HBA_ABORT		of the command `ref_tag`
 *	VTL_HBA_LUN_RESET	of the unit `lun`
 *	VTL_HBA_TARGET_RESET	of all units
 *	VTL_HBA_HOST_RESET	of all units; afterwards the driver has given up all commands, answered or not
 *
 * A tag is used again only with another generation in its upper half. An answer to what is no longer waited for is
 * counted and dropped. The driver never hands the same command over twice by itself.
 *
 * DOC: Logical units
 *
 * VTL_HBA_LUN tells of them: VTL_HBA_LUN_ADD makes the driver look at the unit (INQUIRY and so on, by its own
 * thread: the call does not wait), VTL_HBA_LUN_REMOVE lets its device vanish; from then on its commands fail.
 * VTL_HBA_LUN_SCAN looks at all units that REPORT LUNS names. `identity` is any number that stays while the unit
 * is the same device: after a take-over, a unit that is added with the identity that it had goes on being the same
 * local device, another replaces it. A unit of an earlier daemon that was not added again answers no command.
 *
 * DOC: The end of a daemon
 *
 * When the file is closed for the last time, as it is when the daemon dies however it dies, every command that was not
 * answered ends with DID_NO_CONNECT, and so does every new one at once, until somebody attaches again. None is kept for
 * later or sent again. With VTL_HBA_KEEP the host and its devices stay, else they go. VTL_HBA_DETACH does the same on
 * purpose, with a choice of its own. A mapping that is still there keeps its memory, which nobody looks at any more.
 *
 * DOC: Security
 *
 * Whoever may open the device speaks for SCSI devices, which is as good as being the superuser: mode 0600. Apart
 * from that the daemon is not trusted: the driver reads of the mapping cq_head and completions, each once, into
 * memory of its own, before it checks and uses them, and keeps all that it relies on elsewhere. What is not
 * sensible (an index that is too far ahead, a tag that never was, more data than the command had) is answered with
 * EINVAL by the doorbell and noted in the kernel log, at a limited rate; the command, if there is one, ends in an
 * error.
 *
 * DOC: Versions
 *
 * VTL_HBA_VERSION changes when an old daemon could not work with a new driver any more: ATTACH then says EPROTO
 * and puts its own version there. What is added compatibly gets a bit of `features`: the daemon sets those that it
 * can make use of, the driver clears those that it does not have. Reserved fields are 0, and checked.
 */

#define VTL_HBA_VERSION		1
#define VTL_HBA_DEVICE		"/dev/vtl_hba"

#define VTL_HBA_NAME_LEN	224	/* with the NUL; letters, digits, and . : - _ */
#define VTL_HBA_CDB_LEN		32
#define VTL_HBA_SENSE_LEN	252
#define VTL_HBA_DATA_MAX	(16U << 20)	/* of one command */
#define VTL_HBA_DEPTH_MAX	1024U	/* commands of one host at a time */
#define VTL_HBA_AREA_MIN	VTL_HBA_DATA_MAX
#define VTL_HBA_AREA_MAX	(1ULL << 30)

/* struct vtl_hba_attach flags */
#define VTL_HBA_KEEP		(1U << 0)	/* devices stay when the daemon ends */

struct vtl_hba_attach {
	__u32 version;			/* VTL_HBA_VERSION */
	__u32 flags;
	__u64 features;			/* none yet */
	__u64 area_size;		/* wanted, 0: the driver chooses; what it is */
	__u32 depth;			/* commands at a time: as area_size; a host that is taken over keeps its own */
	__u32 reserved;
	char name[VTL_HBA_NAME_LEN];
	/* From here on the driver's answer. */
	__u64 map_size;
	__u64 area_offset;
	__u32 sq_offset;
	__u32 sq_entries;
	__u32 cq_offset;
	__u32 cq_entries;
	__u32 host_no;			/* N of /sys/class/scsi_host/hostN */
	__u32 took_over;		/* 1: the host was there */
};

enum vtl_hba_lun_op {
	VTL_HBA_LUN_ADD = 1,
	VTL_HBA_LUN_REMOVE = 2,
	VTL_HBA_LUN_SCAN = 3		/* lun and identity are 0 */
};

struct vtl_hba_lun {
	__u32 op;			/* enum vtl_hba_lun_op */
	__u32 reserved;
	__u64 identity;
	__u8 lun[8];			/* SAM-5 4.7 */
};

struct vtl_hba_flags {
	__u32 flags;			/* VTL_HBA_KEEP */
	__u32 reserved;
};

#define VTL_HBA_ATTACH		_IOWR(0xb7, 1, struct vtl_hba_attach)
#define VTL_HBA_DETACH		_IOW(0xb7, 2, struct vtl_hba_flags)
#define VTL_HBA_LUN		_IOW(0xb7, 3, struct vtl_hba_lun)
#define VTL_HBA_DOORBELL	_IO(0xb7, 4)
#define VTL_HBA_SET_FLAGS	_IOW(0xb7, 5, struct vtl_hba_flags)	/* instead of those of ATTACH */

struct vtl_hba_ring {
	__u32 sq_head;
	__u32 pad0[15];
	__u32 sq_tail;
	__u32 pad1[15];
	__u32 cq_head;
	__u32 pad2[15];
	__u32 cq_tail;
	__u32 pad3[15];
};

enum vtl_hba_type {
	VTL_HBA_COMMAND = 1,
	VTL_HBA_ABORT = 2,
	VTL_HBA_LUN_RESET = 3,
	VTL_HBA_TARGET_RESET = 4,
	VTL_HBA_HOST_RESET = 5
};

enum vtl_hba_direction {
	VTL_HBA_NO_DATA = 0,
	VTL_HBA_TO_DEVICE = 1,
	VTL_HBA_FROM_DEVICE = 2
};

struct vtl_hba_sqe {
	__u64 tag;
	__u64 ref_tag;
	__u64 seq;
	__u8 lun[8];			/* SAM-5 4.7 */
	__u64 area_off;			/* from the start of the area */
	__u32 data_len;
	__u16 type;			/* enum vtl_hba_type */
	__u8 direction;			/* enum vtl_hba_direction */
	__u8 cdb_len;
	__u8 cdb[VTL_HBA_CDB_LEN];
	__u8 reserved[48];
};

struct vtl_hba_cqe {
	__u64 tag;
	__u32 data_used;
	__s32 result;			/* 0 or a negative error number */
	__u8 status;			/* SAM-5 5.3.1 */
	__u8 sense_len;
	__u8 sense[VTL_HBA_SENSE_LEN];
	__u8 reserved[2];
};

#endif
