/* SPDX-License-Identifier: GPL-2.0-only */
/* The inventory in memory: the same rules for a move as the real one, nothing on disk. */
#include "fake_inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fake_inventory *fake_of(const struct vtl_inventory *inv)
{
	return (struct fake_inventory *)inv;
}

static unsigned fake_count(const struct vtl_inventory *inv, enum vtl_element_type type)
{
	unsigned n = 0;

	for (int t = VTL_TRANSPORT; t <= VTL_DRIVE; t++)
		if (type == VTL_ANY || type == (enum vtl_element_type)t)
			n += fake_of(inv)->type[t].count;
	return n;
}

static uint16_t fake_first(const struct vtl_inventory *inv, enum vtl_element_type type)
{
	return fake_of(inv)->type[type].start;
}

/* The type and, from 0, the number in it of an address. */
static bool find(const struct fake_inventory *fake, uint16_t address, enum vtl_element_type *type, unsigned *n)
{
	for (int t = VTL_TRANSPORT; t <= VTL_DRIVE; t++) {
		*type = (enum vtl_element_type)t;
		*n = (unsigned)address - fake->type[t].start;
		if (address >= fake->type[t].start && *n < fake->type[t].count)
			return true;
	}
	return false;
}

static bool fake_get(const struct vtl_inventory *inv, uint16_t address, struct vtl_element *element)
{
	struct fake_inventory *fake = fake_of(inv);
	const struct fake_element *from;
	enum vtl_element_type type;
	unsigned n;

	fake->gets++;
	if (!find(fake, address, &type, &n))
		return false;
	from = &fake->type[type].element[n];
	*element = (struct vtl_element){
		.type = type,
		.address = address,
		.number = n + 1,
		.full = from->full,
		.operator_placed = from->operator_placed,
		.kind = from->kind,
		.source = from->full ? from->source : VTL_NO_ADDRESS,
		.drive = type == VTL_DRIVE ? &fake->drive[n].drive : NULL,
	};
	element->hindrance = from->hindrance;
	if (type == VTL_DRIVE)
		memcpy(element->transport, "L\x3a", 2);
	if (from->full)
		memcpy(element->tag, from->tag, sizeof(element->tag));
	if (from->full && from->tag[VTL_TAG_PRIMARY].text[0])
		memcpy(element->label, "L8", 2);
	return true;
}

static struct fake_drive *drive_at(struct fake_inventory *fake, uint16_t address)
{
	enum vtl_element_type type;
	unsigned n;

	return find(fake, address, &type, &n) && type == VTL_DRIVE ? &fake->drive[n] : NULL;
}

static enum vtl_move_result check(struct fake_inventory *fake, struct vtl_move *move, uint16_t source,
				  uint16_t destination, enum vtl_move_part from_part, enum vtl_move_part to_part)
{
	struct fake_element *from = fake_element(fake, source), *to = fake_element(fake, destination);
	struct fake_drive *give = drive_at(fake, source);
	bool leaves = move->second != VTL_NO_ADDRESS &&
		      (destination == move->destination || destination == move->source);

	move->part = from_part;
	if (!from)
		return VTL_MOVE_NO_ELEMENT;
	if (!from->full)
		return VTL_MOVE_SOURCE_EMPTY;
	if (give && give->prevented)
		return VTL_MOVE_DRIVE_PREVENTED;
	move->part = to_part;
	if (!to)
		return VTL_MOVE_NO_ELEMENT;
	if (to->full && !leaves)
		return VTL_MOVE_DESTINATION_FULL;
	return fake->refuse;
}

static struct fake_element pick(struct fake_inventory *fake, uint16_t address)
{
	struct fake_element *from = fake_element(fake, address), cartridge = *from;
	struct fake_drive *drive = drive_at(fake, address);
	enum vtl_element_type type;
	unsigned n;

	cartridge.operator_placed = false;
	if (find(fake, address, &type, &n) && type == VTL_STORAGE)
		cartridge.source = address;
	*from = (struct fake_element){ .source = VTL_NO_ADDRESS, .hindrance = from->hindrance };
	if (drive)
		drive->state = VTL_DRIVE_EMPTY;
	return cartridge;
}

static void place(struct fake_inventory *fake, uint16_t address, const struct fake_element *cartridge)
{
	struct fake_element *to = fake_element(fake, address);
	struct fake_drive *drive = drive_at(fake, address);
	enum vtl_hindrance hindrance = to->hindrance;

	*to = *cartridge;
	to->hindrance = hindrance;
	if (drive)
		drive->state = VTL_DRIVE_READY;
}

static enum vtl_move_result carry(struct fake_inventory *fake, struct vtl_move *move)
{
	bool exchange = move->second != VTL_NO_ADDRESS;
	struct fake_element a, b;
	enum vtl_move_result result = check(fake, move, move->source, move->destination, VTL_PART_SOURCE,
					    VTL_PART_DESTINATION);

	if (result == VTL_MOVE_OK && exchange)
		result = check(fake, move, move->destination, move->second, VTL_PART_DESTINATION, VTL_PART_SECOND);
	if (result != VTL_MOVE_OK)
		return result;
	a = pick(fake, move->source);
	if (exchange) {
		b = pick(fake, move->destination);
		place(fake, move->second, &b);
	}
	place(fake, move->destination, &a);
	return VTL_MOVE_OK;
}

void fake_inventory_finish(struct fake_inventory *fake)
{
	struct vtl_move *move = fake->held;

	fake->held = NULL;
	move->result = carry(fake, move);
	move->done(move);
}

static void fake_move(struct vtl_inventory *inv, struct vtl_move *move)
{
	struct fake_inventory *fake = fake_of(inv);

	fake->moves++;
	fake->cause = move->cause;
	fake->held = move;
	if (!fake->hold)
		fake_inventory_finish(fake);
}

static void end(struct fake_inventory *fake, struct vtl_inventory_change *change, enum vtl_move_result result)
{
	change->result = result != VTL_MOVE_OK ? result : fake->refuse;
	fake->cause = change->cause;
	change->done(change);
}

static void fake_set_tag(struct vtl_inventory *inv, struct vtl_inventory_change *change, enum vtl_tag which,
			 const struct vtl_volume_tag *tag)
{
	struct fake_inventory *fake = fake_of(inv);
	struct fake_element *element = fake_element(fake, change->address);

	if (element && element->full && fake->refuse == VTL_MOVE_OK)
		element->tag[which] = *tag;
	end(fake, change, !element ? VTL_MOVE_NO_ELEMENT : !element->full ? VTL_MOVE_SOURCE_EMPTY : VTL_MOVE_OK);
}

/* All import/export elements are one station. */
static void fake_set_open(struct vtl_inventory *inv, struct vtl_inventory_change *change, bool open)
{
	struct fake_inventory *fake = fake_of(inv);

	for (unsigned i = 0; fake->refuse == VTL_MOVE_OK && i < fake->type[VTL_IMPORT_EXPORT].count; i++)
		fake->type[VTL_IMPORT_EXPORT].element[i].hindrance = open ? VTL_STATION_OPEN : VTL_REACHABLE;
	end(fake, change, VTL_MOVE_OK);
}

static void fake_memory(struct vtl_inventory *inv, struct vtl_inventory_memory *asked)
{
	struct fake_inventory *fake = fake_of(inv);
	const struct fake_element *element = fake_element(fake, asked->address);
	struct vtl_memory_request *req = &asked->request;
	uint32_t len = req->len;

	fake->asked = asked->address;
	asked->result = !element ? VTL_MOVE_NO_ELEMENT : !element->full ? VTL_MOVE_SOURCE_EMPTY : fake->refuse;
	req->sense = fake->memory_sense;
	if (asked->result == VTL_MOVE_OK && req->write) {
		fake->memory_len = len < sizeof(fake->memory) ? len : sizeof(fake->memory);
		if (fake->memory_len)
			memcpy(fake->memory, req->data, fake->memory_len);
	} else if (asked->result == VTL_MOVE_OK && len) {
		req->used = len < fake->memory_len ? len : fake->memory_len;
		if (req->used)
			memcpy(req->data, fake->memory, req->used);
	}
	asked->done(asked);
}

static bool fake_has_alternates(const struct vtl_inventory *inv)
{
	struct fake_inventory *fake = fake_of(inv);

	for (int t = VTL_TRANSPORT; t <= VTL_DRIVE; t++)
		for (unsigned i = 0; i < fake->type[t].count; i++)
			if (fake->type[t].element[i].full && fake->type[t].element[i].tag[VTL_TAG_ALTERNATE].text[0])
				return true;
	return false;
}

static void fake_tick(struct vtl_inventory *inv)
{
	fake_of(inv)->ticks++;
}

static const struct vtl_inventory_ops inventory_ops = {
	.count = fake_count,
	.first = fake_first,
	.get = fake_get,
	.move = fake_move,
	.set_tag = fake_set_tag,
	.set_open = fake_set_open,
	.memory = fake_memory,
	.has_alternates = fake_has_alternates,
	.tick = fake_tick,
};

static const struct fake_drive *fake_drive_of(const struct vtl_drive *drive)
{
	return (const struct fake_drive *)drive;
}

static enum vtl_drive_state drive_state(const struct vtl_drive *drive)
{
	return fake_drive_of(drive)->state;
}

static const char *drive_activity(const struct vtl_drive *drive)
{
	return "idle";
}

static bool drive_prevented(const struct vtl_drive *drive)
{
	return fake_drive_of(drive)->prevented;
}

static void pad(uint8_t *to, const char *from, size_t len)
{
	memset(to, ' ', len);
	memcpy(to, from, strnlen(from, len));
}

/* T10 vendor identification (SPC-5 7.7.6.4): vendor, product, ten characters of serial number */
static unsigned drive_designator(const struct vtl_drive *drive, uint8_t *buf, unsigned size)
{
	const struct fake_drive *fake = fake_drive_of(drive);

	if (size < 38)
		return 0;
	buf[0] = 0x02;
	buf[1] = 0x01;
	buf[2] = 0;
	buf[3] = 34;
	pad(buf + 4, fake->vendor, 8);
	pad(buf + 12, fake->product, 16);
	pad(buf + 28, fake->serial, 10);
	return 38;
}

static const char *drive_serial(const struct vtl_drive *drive)
{
	return fake_drive_of(drive)->serial;
}

static const struct vtl_drive_ops drive_ops = {
	.state = drive_state,
	.activity = drive_activity,
	.removal_prevented = drive_prevented,
	.designator = drive_designator,
	.serial = drive_serial,
};

static void add_type(struct fake_inventory *fake, enum vtl_element_type type, uint16_t start, unsigned count)
{
	fake->type[type].start = start;
	fake->type[type].count = count;
	fake->type[type].element = calloc(count ? count : 1, sizeof(struct fake_element));
	for (unsigned i = 0; i < count; i++)
		fake->type[type].element[i].source = VTL_NO_ADDRESS;
}

void fake_inventory_init(struct fake_inventory *fake, const struct vtl_library_model *model, unsigned drives,
			 unsigned slots, unsigned import_exports)
{
	memset(fake, 0, sizeof(*fake));
	fake->inventory.ops = &inventory_ops;
	add_type(fake, VTL_TRANSPORT, model->transport.start, 1);
	add_type(fake, VTL_STORAGE, model->storage.start, slots);
	add_type(fake, VTL_IMPORT_EXPORT, model->import_export.start, import_exports);
	add_type(fake, VTL_DRIVE, model->drive.start, drives);
	fake->drive = calloc(drives ? drives : 1, sizeof(*fake->drive));
	for (unsigned i = 0; i < drives; i++) {
		struct fake_drive *drive = &fake->drive[i];

		drive->drive.ops = &drive_ops;
		strcpy(drive->vendor, "IBM");
		strcpy(drive->product, "ULT3580-TD8");
		snprintf(drive->serial, sizeof(drive->serial), "10WT%06u", i % 1000000);
	}
}

void fake_inventory_free(struct fake_inventory *fake)
{
	for (int t = VTL_TRANSPORT; t <= VTL_DRIVE; t++)
		free(fake->type[t].element);
	free(fake->drive);
}

struct fake_element *fake_element(struct fake_inventory *fake, uint16_t address)
{
	enum vtl_element_type type;
	unsigned n;

	return find(fake, address, &type, &n) ? &fake->type[type].element[n] : NULL;
}

uint16_t fake_address(const struct fake_inventory *fake, enum vtl_element_type type, unsigned n)
{
	return (uint16_t)(fake->type[type].start + n);
}

void fake_put(struct fake_inventory *fake, uint16_t address, const char *barcode)
{
	struct fake_element *element = fake_element(fake, address);
	struct fake_drive *drive = drive_at(fake, address);

	*element = (struct fake_element){
		.full = true, .operator_placed = true, .source = VTL_NO_ADDRESS, .hindrance = element->hindrance,
	};
	snprintf(element->barcode, sizeof(element->barcode), "%s", barcode);
	snprintf(element->tag[VTL_TAG_PRIMARY].text, sizeof(element->barcode), "%s", barcode);
	if (drive)
		drive->state = VTL_DRIVE_READY;
}
