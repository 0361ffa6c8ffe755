// SPDX-License-Identifier: GPL-2.0-only
/* The memory that is shared with a daemon, its slots and its area; and how commands travel through it. */
#include <linux/bitmap.h>
#include <linux/poll.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <scsi/scsi.h>

#include "vtl_hba_int.h"

static_assert(sizeof(struct vtl_hba_ring) == 256);
static_assert(sizeof(struct vtl_hba_sqe) == 128);
static_assert(sizeof(struct vtl_hba_cqe) == 272);

/* ---- memory ---- */

struct vtl_hba_session *vtl_hba_session_new(void)
{
	struct vtl_hba_session *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	kref_init(&s->ref);
	mutex_init(&s->mutex);
	init_waitqueue_head(&s->readable);
	return s;
}

static void session_release(struct kref *ref)
{
	struct vtl_hba_session *s = container_of(ref, struct vtl_hba_session, ref);

	vfree(s->region);
	kvfree(s->slots);
	kvfree(s->pages);
	kfree(s);
}

void vtl_hba_session_put(struct vtl_hba_session *s)
{
	kref_put(&s->ref, session_release);
}

int vtl_hba_session_init(struct vtl_hba_session *s, u32 depth, size_t area_size)
{
	u32 i, generation = get_random_u32();

	/* Twice the commands, since those that were given up keep their slots until the daemon answers. */
	s->entries = roundup_pow_of_two(2 * depth + SLOTS_FOR_TMF);
	s->sq_offset = PAGE_ALIGN(sizeof(struct vtl_hba_ring));
	s->cq_offset = s->sq_offset + PAGE_ALIGN(s->entries * sizeof(struct vtl_hba_sqe));
	s->area_offset = s->cq_offset + PAGE_ALIGN(s->entries * sizeof(struct vtl_hba_cqe));
	s->area_size = PAGE_ALIGN(area_size);
	s->map_size = s->area_offset + s->area_size;
	s->page_count = s->area_size >> PAGE_SHIFT;
	s->region = vmalloc_user(s->map_size);
	s->slots = kvcalloc(s->entries, sizeof(*s->slots), GFP_KERNEL);
	s->pages = kvcalloc(BITS_TO_LONGS(s->page_count), sizeof(long), GFP_KERNEL);
	if (!s->region || !s->slots || !s->pages)
		return -ENOMEM;
	s->ring = s->region;
	s->sq = s->region + s->sq_offset;
	s->cq = s->region + s->cq_offset;
	s->area = s->region + s->area_offset;
	for (i = 0; i < s->entries; i++) {
		s->slots[i].next = i + 1 < s->entries ? i + 1 : SLOT_NONE;
		s->slots[i].generation = generation;
	}
	s->free = 0;
	s->free_count = s->entries;
	return 0;
}

/* ---- slots; all under host->lock ---- */

static u64 tag_of(const struct vtl_hba_session *s, const struct vtl_hba_slot *slot)
{
	return (u64)slot->generation << 32 | (u32)(slot - s->slots);
}

static struct vtl_hba_slot *take_slot(struct vtl_hba_session *s, u32 keep)
{
	struct vtl_hba_slot *slot;

	if (s->free_count <= keep)
		return NULL;
	slot = &s->slots[s->free];
	s->free = slot->next;
	s->free_count--;
	slot->generation++;
	slot->answered = false;
	return slot;
}

static void free_slot(struct vtl_hba_session *s, struct vtl_hba_slot *slot)
{
	if (slot->pages)
		bitmap_clear(s->pages, slot->page, slot->pages);
	slot->pages = 0;
	slot->scmd = NULL;
	slot->tmf = NULL;
	if (slot->state == SLOT_GIVEN_UP)
		s->given_up--;
	slot->state = SLOT_FREE;
	slot->next = s->free;
	s->free = slot - s->slots;
	s->free_count++;
}

/* Nobody waits for it any more, but the daemon may still write to its part of the area. */
static void give_up_slot(struct vtl_hba_session *s, struct vtl_hba_slot *slot)
{
	slot->scmd = NULL;
	slot->tmf = NULL;
	slot->state = SLOT_GIVEN_UP;
	s->given_up++;
}

static bool take_pages(struct vtl_hba_session *s, struct vtl_hba_slot *slot, u32 len)
{
	u32 pages = DIV_ROUND_UP(len, PAGE_SIZE);
	unsigned long at;

	if (!pages)
		return true;
	at = bitmap_find_next_zero_area(s->pages, s->page_count, 0, pages, 0);
	if (at >= s->page_count)
		return false;
	bitmap_set(s->pages, at, pages);
	slot->page = at;
	slot->pages = pages;
	return true;
}

static void *slot_data(const struct vtl_hba_session *s, const struct vtl_hba_slot *slot)
{
	return s->area + ((size_t)slot->page << PAGE_SHIFT);
}

/* ---- to the daemon ---- */

static void publish(struct vtl_hba_session *s, const struct vtl_hba_sqe *sqe)
{
	s->sq[s->sq_head & (s->entries - 1)] = *sqe;
	s->sq_head++;
	smp_store_release(&s->ring->sq_head, s->sq_head);
	wake_up_interruptible_poll(&s->readable, EPOLLIN | EPOLLRDNORM);
}

static void send_command(struct vtl_hba_session *s, struct vtl_hba_slot *slot, struct vtl_hba_lu *lu)
{
	struct scsi_cmnd *scmd = slot->scmd;
	struct vtl_hba_sqe sqe = {
		.tag = tag_of(s, slot),
		.seq = lu->next_seq++,
		.area_off = slot->pages ? (u64)slot->page << PAGE_SHIFT : 0,
		.data_len = scsi_bufflen(scmd),
		.type = VTL_HBA_COMMAND,
		.cdb_len = min_t(unsigned int, scmd->cmd_len, VTL_HBA_CDB_LEN),
	};

	if (sqe.data_len)
		sqe.direction = scmd->sc_data_direction == DMA_TO_DEVICE ? VTL_HBA_TO_DEVICE : VTL_HBA_FROM_DEVICE;
	int_to_scsilun(scmd->device->lun, (struct scsi_lun *)sqe.lun);
	memcpy(sqe.cdb, scmd->cmnd, sqe.cdb_len);
	slot->state = SLOT_SENT;
	publish(s, &sqe);
}

static int end_without_daemon(struct vtl_hba_host *host, struct scsi_cmnd *scmd)
{
	atomic64_inc(&host->stats.no_daemon);
	scmd->result = DID_NO_CONNECT << 16;
	vtl_scsi_done(scmd);
	return 0;
}

/*
 * The last step of a command, after the midlayer was told of its end and not before: what is settled, error handling
 * gives back to the midlayer, which makes a new command of the same memory, and that one would be ended in its place.
 */
static void settle(struct vtl_hba_host *host, struct vtl_hba_session *s, struct vtl_hba_slot *slot, bool free)
{
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	if (free || slot->answered)
		free_slot(s, slot);
	else
		give_up_slot(s, slot);
	wake_up_all(&host->settled);
	spin_unlock_irqrestore(&host->lock, flags);
}

/*
 * The daemon may go while the data are copied: then nobody was told of the command yet. Its number comes after the
 * copy, together with its place in the ring.
 */
static int copy_and_send(struct vtl_hba_host *host, struct vtl_hba_session *s, struct vtl_hba_slot *slot,
			 struct vtl_hba_lu *lu)
{
	struct scsi_cmnd *scmd = slot->scmd;
	unsigned long flags;
	bool alive;

	sg_copy_to_buffer(scsi_sglist(scmd), scsi_sg_count(scmd), slot_data(s, slot), scsi_bufflen(scmd));
	atomic64_add(scsi_bufflen(scmd), &host->stats.bytes_out);
	spin_lock_irqsave(&host->lock, flags);
	alive = host->session == s && !lu->gone;
	if (alive) {
		send_command(s, slot, lu);
		wake_up_all(&host->settled);
	}
	spin_unlock_irqrestore(&host->lock, flags);
	if (!alive) {
		end_without_daemon(host, scmd);
		settle(host, s, slot, true);
	}
	return 0;
}

int vtl_hba_submit(struct vtl_hba_host *host, struct scsi_cmnd *scmd)
{
	struct vtl_hba_lu *lu = scmd->device->hostdata;
	struct vtl_hba_session *s;
	struct vtl_hba_slot *slot;
	unsigned long flags;
	bool hopeless;

	spin_lock_irqsave(&host->lock, flags);
	s = host->session;
	if (!s || lu->gone || lu->session_id != s->id) {
		spin_unlock_irqrestore(&host->lock, flags);
		return end_without_daemon(host, scmd);
	}
	slot = take_slot(s, SLOTS_FOR_TMF);
	if (slot && !take_pages(s, slot, scsi_bufflen(scmd))) {
		free_slot(s, slot);
		slot = NULL;
	}
	if (!slot) {
		/* A daemon that never answers has it all: room will not come. */
		hopeless = s->entries - s->free_count == s->given_up;
		spin_unlock_irqrestore(&host->lock, flags);
		if (hopeless)
			return end_without_daemon(host, scmd);
		atomic64_inc(&host->stats.busy);
		/*
		 * It comes again some milliseconds later. A busy host would keep all other units waiting until a
		 * command ends, even those that need no room, and a busy device is not asked again while nothing of
		 * it is under way.
		 */
		return SCSI_MLQUEUE_TARGET_BUSY;
	}
	slot->scmd = scmd;
	atomic64_inc(&host->stats.commands);
	if (scmd->sc_data_direction != DMA_TO_DEVICE || !scsi_bufflen(scmd)) {
		send_command(s, slot, lu);
		spin_unlock_irqrestore(&host->lock, flags);
		return 0;
	}
	slot->state = SLOT_FILLING;
	spin_unlock_irqrestore(&host->lock, flags);
	return copy_and_send(host, s, slot, lu);
}

bool vtl_hba_has_daemon(struct vtl_hba_host *host)
{
	return READ_ONCE(host->session);
}

/* ---- from the daemon ---- */

/* An answer that makes no sense ends the command in an error, and not one that is tried again. */
static bool sensible(const struct vtl_hba_cqe *cqe, struct scsi_cmnd *scmd)
{
	return cqe->data_used <= scsi_bufflen(scmd) && cqe->sense_len <= VTL_HBA_SENSE_LEN && cqe->result <= 0 &&
	       !cqe->reserved[0] && !cqe->reserved[1];
}

/*
 * st writes nothing to a device that was reset until it has positioned the tape; but it takes a unit attention at open
 * for a new tape, and then leaves the mark to spoil a later close. A tape that was positioned is in order again.
 */
static void note_positioning(struct scsi_cmnd *scmd)
{
	struct scsi_device *sdev = scmd->device;

	if (!sdev->was_reset || sdev->type != TYPE_TAPE || scmd->result)
		return;
	switch (scmd->cmnd[0]) {
	case REZERO_UNIT:	/* REWIND, for a tape */
	case START_STOP:	/* LOAD UNLOAD */
	case SEEK_10:		/* LOCATE(10) */
	case 0x92:		/* LOCATE(16) */
		sdev->was_reset = 0;
	}
}

static int fill_result(struct vtl_hba_host *host, struct scsi_cmnd *scmd, const struct vtl_hba_cqe *cqe, void *data)
{
	if (!sensible(cqe, scmd)) {
		scmd->result = DID_ABORT << 16;
		scsi_set_resid(scmd, scsi_bufflen(scmd));
		return -EINVAL;
	}
	if (cqe->result) {
		scmd->result = DID_ABORT << 16;
		scsi_set_resid(scmd, scsi_bufflen(scmd));
		return 0;
	}
	if (scmd->sc_data_direction == DMA_FROM_DEVICE && cqe->data_used) {
		sg_copy_from_buffer(scsi_sglist(scmd), scsi_sg_count(scmd), data, cqe->data_used);
		atomic64_add(cqe->data_used, &host->stats.bytes_in);
	}
	scsi_set_resid(scmd, scsi_bufflen(scmd) - cqe->data_used);
	if (cqe->sense_len)
		memcpy(scmd->sense_buffer, cqe->sense, min_t(u32, cqe->sense_len, SCSI_SENSE_BUFFERSIZE));
	scmd->result = cqe->status;
	note_positioning(scmd);
	return 0;
}

static int answer_command(struct vtl_hba_host *host, struct vtl_hba_session *s, struct vtl_hba_slot *slot,
			  const struct vtl_hba_cqe *cqe)
{
	struct scsi_cmnd *scmd = slot->scmd;
	int err = fill_result(host, scmd, cqe, slot_data(s, slot));

	vtl_scsi_done(scmd);
	settle(host, s, slot, true);
	return err;
}

/* 0 also for an answer that is late. */
static int answer(struct vtl_hba_host *host, struct vtl_hba_session *s, const struct vtl_hba_cqe *cqe)
{
	struct vtl_hba_slot *slot;
	unsigned long flags;
	bool command = false;
	u32 index = (u32)cqe->tag;

	if (index >= s->entries)
		return -EINVAL;
	slot = &s->slots[index];
	spin_lock_irqsave(&host->lock, flags);
	if (slot->generation != (u32)(cqe->tag >> 32) || slot->state == SLOT_FREE || slot->state == SLOT_FILLING) {
		atomic64_inc(&host->stats.late);
	} else if (slot->state == SLOT_ENDING) {
		atomic64_inc(&host->stats.late);
		slot->answered = true;
	} else if (slot->state == SLOT_GIVEN_UP) {
		atomic64_inc(&host->stats.late);
		free_slot(s, slot);
	} else if (slot->tmf) {
		slot->tmf->result = cqe->result;
		complete(&slot->tmf->answered);
		free_slot(s, slot);
	} else {
		slot->state = SLOT_ENDING;
		command = true;
	}
	spin_unlock_irqrestore(&host->lock, flags);
	return command ? answer_command(host, s, slot, cqe) : 0;
}

int vtl_hba_doorbell(struct vtl_hba_session *s)
{
	struct vtl_hba_host *host = s->host;
	u32 head = smp_load_acquire(&s->ring->cq_head);
	struct vtl_hba_cqe cqe;
	int err = 0;

	if (head - s->cq_tail > s->entries) {
		err = -EINVAL;
	} else {
		while (s->cq_tail != head) {
			memcpy(&cqe, &s->cq[s->cq_tail & (s->entries - 1)], sizeof(cqe));
			barrier();	/* the copy is made once, whatever the compiler thinks of it */
			s->cq_tail++;
			if (answer(host, s, &cqe)) {
				atomic64_inc(&host->stats.malformed);
				err = -EINVAL;
			}
			cond_resched();
		}
		smp_store_release(&s->ring->cq_tail, s->cq_tail);
	}
	if (err)
		dev_warn_ratelimited(&host->parent->dev, "malformed answer from process %d\n", task_tgid_nr(current));
	return err;
}

/* ---- giving up ---- */

/*
 * Nobody copies data of this command, or ends it, or (NULL) of any. What waits for this waits without a limit: a copy
 * always ends, and the memory that it is made to may not be given back before.
 */
static bool is_settled(struct vtl_hba_host *host, struct vtl_hba_session *s, const struct scsi_cmnd *scmd)
{
	const struct vtl_hba_slot *slot;
	unsigned long flags;
	bool settled = true;

	spin_lock_irqsave(&host->lock, flags);
	for (slot = s->slots; settled && slot < s->slots + s->entries; slot++)
		settled = (slot->state != SLOT_FILLING && slot->state != SLOT_ENDING) || (scmd && slot->scmd != scmd);
	spin_unlock_irqrestore(&host->lock, flags);
	return settled;
}

/* The next command that the daemon has, now to be ended; or NULL. */
static struct vtl_hba_slot *take_back(struct vtl_hba_host *host, struct vtl_hba_session *s)
{
	struct vtl_hba_slot *found = NULL, *slot;
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	for (slot = s->slots; !found && slot < s->slots + s->entries; slot++)
		if (slot->state == SLOT_SENT && !slot->tmf)
			found = slot;
	if (found)
		found->state = SLOT_ENDING;
	spin_unlock_irqrestore(&host->lock, flags);
	return found;
}

/* `forget`: the daemon will never answer. */
static void end_all(struct vtl_hba_host *host, struct vtl_hba_session *s, int host_byte, bool forget)
{
	struct vtl_hba_slot *slot;

	while ((slot = take_back(host, s))) {
		slot->scmd->result = host_byte << 16;
		scsi_set_resid(slot->scmd, scsi_bufflen(slot->scmd));
		vtl_scsi_done(slot->scmd);
		settle(host, s, slot, forget);
	}
}

static void end_tmfs(struct vtl_hba_host *host, struct vtl_hba_session *s)
{
	struct vtl_hba_slot *slot;
	unsigned long flags;
	u32 i;

	spin_lock_irqsave(&host->lock, flags);
	for (i = 0; i < s->entries; i++) {
		slot = &s->slots[i];
		if (slot->state != SLOT_SENT || !slot->tmf)
			continue;
		slot->tmf->result = -ENODEV;
		complete(&slot->tmf->answered);
		free_slot(s, slot);
	}
	spin_unlock_irqrestore(&host->lock, flags);
}

void vtl_hba_session_end(struct vtl_hba_session *s)
{
	struct vtl_hba_host *host = s->host;
	unsigned long flags;

	/* Before any command fails, so that st knows by then that its position is lost. */
	vtl_hba_mark_devices(host);
	spin_lock_irqsave(&host->lock, flags);
	host->session = NULL;
	host->ending = true;
	spin_unlock_irqrestore(&host->lock, flags);
	wait_event(host->settled, is_settled(host, s, NULL));
	end_all(host, s, DID_NO_CONNECT, true);
	end_tmfs(host, s);
	/* A host reset may be ending some of them. */
	wait_event(host->settled, is_settled(host, s, NULL));
	spin_lock_irqsave(&host->lock, flags);
	host->ending = false;
	wake_up_all(&host->settled);
	spin_unlock_irqrestore(&host->lock, flags);
	/* Pages that are still mapped live on until they are unmapped. */
	vfree(s->region);
	s->region = NULL;
}

/* ---- error handling ---- */

static bool is_ending(struct vtl_hba_host *host)
{
	unsigned long flags;
	bool ending;

	spin_lock_irqsave(&host->lock, flags);
	ending = host->ending;
	spin_unlock_irqrestore(&host->lock, flags);
	return ending;
}

struct vtl_hba_session *vtl_hba_session_get(struct vtl_hba_host *host)
{
	struct vtl_hba_session *s;
	unsigned long flags;

	/* Who is told that there is no daemon takes its commands for his own. */
	wait_event(host->settled, !is_ending(host));
	spin_lock_irqsave(&host->lock, flags);
	s = host->session;
	if (s)
		kref_get(&s->ref);
	spin_unlock_irqrestore(&host->lock, flags);
	return s;
}

bool vtl_hba_tag_of(struct vtl_hba_host *host, struct vtl_hba_session *s, struct scsi_cmnd *scmd, u64 *tag)
{
	unsigned long flags;
	bool found = false;
	u32 i;

	wait_event(host->settled, !is_ending(host) && is_settled(host, s, scmd));
	spin_lock_irqsave(&host->lock, flags);
	for (i = 0; i < s->entries && !found; i++) {
		found = s->slots[i].state != SLOT_FREE && s->slots[i].scmd == scmd;
		if (found)
			*tag = tag_of(s, &s->slots[i]);
	}
	spin_unlock_irqrestore(&host->lock, flags);
	return found;
}

bool vtl_hba_busy(struct vtl_hba_host *host, struct vtl_hba_session *s, const struct scsi_device *sdev)
{
	unsigned long flags;
	bool found = false;
	u32 i;

	spin_lock_irqsave(&host->lock, flags);
	for (i = 0; i < s->entries && !found; i++)
		found = s->slots[i].scmd && (!sdev || s->slots[i].scmd->device == sdev);
	spin_unlock_irqrestore(&host->lock, flags);
	return found;
}

int vtl_hba_tmf(struct vtl_hba_host *host, struct vtl_hba_session *s, enum vtl_hba_type type, u64 lun, u64 ref_tag)
{
	struct vtl_hba_sqe sqe = { .type = type, .ref_tag = ref_tag };
	struct vtl_hba_tmf tmf = { .result = -ETIMEDOUT };
	struct vtl_hba_slot *slot = NULL;
	unsigned long flags;

	init_completion(&tmf.answered);
	int_to_scsilun(lun, (struct scsi_lun *)sqe.lun);
	spin_lock_irqsave(&host->lock, flags);
	if (host->session == s)
		slot = take_slot(s, 0);
	if (slot) {
		slot->tmf = &tmf;
		slot->state = SLOT_SENT;
		sqe.tag = tag_of(s, slot);
		publish(s, &sqe);
	}
	spin_unlock_irqrestore(&host->lock, flags);
	if (!slot)
		return -ENODEV;
	atomic64_inc(&host->stats.tmfs);
	wait_for_completion_timeout(&tmf.answered, vtl_hba_tmf_timeout * HZ);
	spin_lock_irqsave(&host->lock, flags);
	if (slot->tmf == &tmf)
		give_up_slot(s, slot);
	spin_unlock_irqrestore(&host->lock, flags);
	return tmf.result;
}

/*
 * Those that the midlayer has timed out already are its own to finish; for those that somebody's reset interrupts this
 * is the end.
 */
void vtl_hba_give_up(struct vtl_hba_host *host, struct vtl_hba_session *s)
{
	wait_event(host->settled, is_settled(host, s, NULL));
	end_all(host, s, DID_ABORT, false);
}
